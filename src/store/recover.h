/* recover.h: as much of a damaged database as can be read (store/wreck.h) is put into another one. */
#ifndef STORE_RECOVER_H
#define STORE_RECOVER_H

#include "store/store.h"

struct recovered {
	int64_t	 expected;	/* messages that were in it, as far as its indexes tell; -1: nobody knows */
	int64_t	 read;		/* could be read */
	int64_t	 added;		/* and were not here */
	int64_t	 homeless;	/* and were not added: with whom they were said is lost */
	int64_t	 identities;	/* devices of our own with their keys; see recover_keys.h */
	int64_t	 devices;	/* of others, with what was believed of them */
};
/*
 * Puts accounts, keys, chats, messages with their stanzas, states and earlier texts, and what people deleted, of the
 * damaged file into the store, in commits of their own: done again, it adds nothing.  What waited to be sent there
 * has failed, what was sent and not acknowledged is unknown.  False with an error of the store's own disk, or when
 * there is nothing in the file that could be read; what was added until then stays.
 */
bool	 recover_merge(struct store *, const char *file, struct recovered *, GError **error);

#endif
