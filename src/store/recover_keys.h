/* recover_keys.h: the part of recovering (store/recover.h) that brings keys back. */
#ifndef STORE_RECOVER_KEYS_H
#define STORE_RECOVER_KEYS_H

#include "store/recover.h"
#include "store/wreck.h"

/*
 * In an open savepoint.  accounts: number there (int64_t) → address.  An account that has a device of its own here
 * keeps it, and nothing of the one in the wreck is taken, for two of them cannot go on in one session; what is known
 * and believed of other people's devices is taken where it is not known here.  Counts identities and devices.  False
 * with an error.
 */
bool	 recover_keys(struct store *, struct wreck *, GHashTable *accounts, struct recovered *, GError **error);

#endif
