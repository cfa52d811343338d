/* erase.h: messages that are to be gone from this machine, with the events that say so. */
#ifndef CORE_ERASE_H
#define CORE_ERASE_H

#include "core/core.h"

/* The place before which everything is older than so many days. */
int64_t	 erase_before(int days);
/*
 * The oldest ones of a chat (0: of all) with a place before this, as many as one turn of the main loop may take: *n
 * more. *left: there are more.  A savepoint of its own; false: nothing of it was done.
 */
bool	 erase_some(struct core *, int64_t chat, int64_t before, unsigned *n, bool *left, GError **error);
/* One, by its number.  RPC_ERROR_FAILED when it is under way. */
bool	 erase_message(struct core *, int64_t id, GError **error);

/* The revision at which something was deleted last; 0: nothing ever was.  Who knows less holds what is gone. */
int64_t	 erase_rev(const struct core *);

#endif
