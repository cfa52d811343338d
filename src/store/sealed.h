/*
 * sealed.h: of a message that was encrypted end to end: which device wrote it, and how far that was trusted then.  As
 * messages.h says: changes run in an open savepoint, reading logs what the disk said.
 */
#ifndef STORE_SEALED_H
#define STORE_SEALED_H

#include "proto/event.h"
#include "store/store.h"

struct sealed_row {
	int64_t	 device;
	char	*key;		/* its fingerprint in hexadecimal digits; NULL: not known */
	enum trust trust;
};
void	 sealed_row_free(struct sealed_row *);

bool	 sealed_save(struct store *, int64_t message, int64_t device, const char *key, enum trust, GError **error);
/* NULL: nothing is known of it.  The caller's. */
struct sealed_row *sealed_load(struct store *, int64_t message);

#endif
