/*
 * lock.h: exactly one core per profile.  The lock is the kernel's, so it ends with the process however that ends; the
 * file says who has it.
 */
#ifndef ADMIN_LOCK_H
#define ADMIN_LOCK_H

#include <glib.h>

/* The descriptor that holds it; keep it open.  -1 with a sentence; *taken: another core has it. */
int	 lock_take(const char *path, gboolean *taken, GError **error);
/* Only looks: 0: nobody has it.  -1 with a sentence: as above. */
int	 lock_look(const char *path, gboolean *taken, GError **error);

#endif
