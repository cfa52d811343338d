/*
 * ratchet.h: sessions with devices (X3DH and the Double Ratchet, as libsignal speaks them: version 3).  One struct
 * ratchet for each device of ours.  It holds the identity and no session: each call loads what it needs through the
 * store's functions and saves it before it returns, so that a savepoint of the caller holds all or nothing of it.
 *
 * name: whose device, a bare address; opaque here.  The caller takes it from who really sent the stanza: a session
 * belongs to (name, device).  device: 1 to KEY_DEVICE_MAX, else RATCHET_BROKEN.
 *
 * Whether a device is to be trusted is not asked here; only that it stays who it was: another identity than the one
 * that the store knows of this (name, device) is refused and changes nothing.
 *
 * Not from within the store's functions.
 */
#ifndef CRYPTO_RATCHET_H
#define CRYPTO_RATCHET_H

#include "crypto/key.h"

enum ratchet_result {
	RATCHET_OK,
	RATCHET_DUPLICATE,	/* the key of this message is spent: it was decrypted before */
	RATCHET_NO_SESSION,	/* there is none with this device */
	RATCHET_NO_PREKEY,	/* it names a prekey that we do not have (any more); the bundle has none left */
	RATCHET_IDENTITY,	/* not the one that the device had: somebody took its place, or it was set up anew */
	RATCHET_BROKEN,		/* not what it should be: garbled, forged, or for a session that is not the one here */
	RATCHET_FAR,		/* more messages are missing before it than are bridged (2000, libsignal), or kept */
	RATCHET_STORE,		/* the store could not: take the savepoint back */
	RATCHET_LIBRARY,	/* no memory, no random bytes */
};
/* "duplicate": for logs. */
const char *ratchet_result_name(enum ratchet_result);

/*
 * Where keys are.  Loading: 1 and *record (the ratchet's then) or *key, 0: there is none, -1: the store could not.
 * Saving: false when the store could not.  ctx is that of ratchet_new().
 */
struct ratchet_store {
	int	 (*load_session)(void *ctx, const char *name, uint32_t device, GBytes **record);
	bool	 (*save_session)(void *ctx, const char *name, uint32_t device, const void *record, size_t n);
	int	 (*load_identity)(void *ctx, const char *name, uint32_t device, struct key *key);
	bool	 (*save_identity)(void *ctx, const char *name, uint32_t device, const struct key *key);
	int	 (*load_prekey)(void *ctx, uint32_t id, GBytes **record);
	/*
	 * It began a session.  It may stay for a while: before a catch-up is done, others may have begun with it too.
	 */
	bool	 (*use_prekey)(void *ctx, uint32_t id);
	int	 (*load_signed_prekey)(void *ctx, uint32_t id, GBytes **record);
};

struct ratchet;
/* Copies all but ctx.  device: ours, told to others as the registration id.  NULL with an error. */
struct ratchet *ratchet_new(const struct ratchet_store *, void *ctx, const struct identity *, uint32_t device,
    GError **error);
void	 ratchet_free(struct ratchet *);	/* NULL is fine */

/*
 * Begins a session with a bundle that was verified, and with one of its prekeys by chance; a session that was there is
 * kept for what is on its way.  The first message goes on the wire as a prekey message, and so do those after it until
 * something came back.
 */
enum ratchet_result ratchet_start(struct ratchet *, const char *name, uint32_t device, const struct bundle *);

/* For one device. */
struct ratchet_sealed {
	GBytes	*bytes;
	bool	 prekey;
};
void	 ratchet_sealed_clear(struct ratchet_sealed *);
/* plain: some ten bytes, a key (payload.h). */
enum ratchet_result ratchet_encrypt(struct ratchet *, const char *name, uint32_t device, const void *plain, size_t n,
	    struct ratchet_sealed *);

struct ratchet_opened {
	GBytes		*plain;		/* a secret */
	struct key	 identity;	/* of the device that wrote it, for sure */
	bool		 fresh;		/* it began a session: an empty message back ends their prekey messages */
	uint32_t	 counter;	/* its number since they heard of us: above fifty, an empty message helps */
};
void	 ratchet_opened_clear(struct ratchet_opened *);
/* prekey: as the stanza says.  Only RATCHET_OK changes anything. */
enum ratchet_result ratchet_decrypt(struct ratchet *, const char *name, uint32_t device, bool prekey, const void *bytes,
	    size_t n, struct ratchet_opened *);

/*
 * What another client kept: a record of a session, of which *identity is the other side's key, with our identity.
 * False: it is none, or somebody else's.
 */
bool	 ratchet_check_session(struct ratchet *, GBytes *record, struct key *identity);

#endif
