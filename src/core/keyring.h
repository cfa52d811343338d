/*
 * keyring.h: an account's own device of end-to-end encryption: its identity, made on first use, its prekeys, and the
 * ratchet on the account's tables (crypto/ratchet.h on store/keys.h).  What makes or changes something runs in an open
 * savepoint (turn_begin).
 */
#ifndef CORE_KEYRING_H
#define CORE_KEYRING_H

#include "crypto/ratchet.h"
#include "store/keys.h"

struct keyring;

/*
 * The keys of this account; all of them are made where there are none (in a savepoint, some 10 ms).  NULL with an
 * error: the disk, or the library.  Holds no state but the identity: what a savepoint takes back needs nothing here,
 * but that one in which it was made: then free it and open it again.
 */
struct keyring *keyring_open(struct store *, int64_t account, GError **error);
void	 keyring_free(struct keyring *);	/* NULL is fine */
/* There are keys; nothing is made. */
bool	 keyring_exists(struct store *, int64_t account);

struct store *keyring_store(const struct keyring *);
int64_t	 keyring_account(const struct keyring *);
uint32_t keyring_device(const struct keyring *);
const struct identity *keyring_identity(const struct keyring *);
struct ratchet *keyring_ratchet(struct keyring *);

/* What is to be published now; bundle_clear() it. */
bool	 keyring_bundle(struct keyring *, struct bundle *, GError **error);
/*
 * Prekeys up to LIMIT_PREKEYS_OWN, and another signed prekey where the newest is older than LIMIT_SIGNED_AGE; those
 * before it go when they are older than LIMIT_SIGNED_KEPT.  *changed: the bundle is another one.
 */
bool	 keyring_refill(struct keyring *, bool *changed, GError **error);
/* After a catch-up: prekeys that were used go. */
bool	 keyring_settle(struct keyring *, GError **error);

#endif
