/*
 * key.h: the keys of a device (X3DH): identity, signed prekey, prekeys; and the bundle of them that others begin a
 * session with.  Bytes only; what comes from others is parsed here and nowhere else.
 *
 * A public key is 33 bytes: the type 5 and the key (libsignal).  Private parts are in records for the store, which
 * nobody else reads: GBytes that are wiped when they are freed (base/secret.h).
 */
#ifndef CRYPTO_KEY_H
#define CRYPTO_KEY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum { KEY_SIZE = 33, KEY_PRIVATE_SIZE = 32, KEY_SIGNATURE_SIZE = 64 };
/* Numbers of devices: 1 to this one.  Numbers of our prekeys: 1 to the other; others may have any of 32 bits. */
#define KEY_DEVICE_MAX	0x7fffffffu
#define KEY_ID_MAX	0xfffffeu

#define CRYPTO_ERROR crypto_error_quark()
GQuark	 crypto_error_quark(void);
enum crypto_error {
	CRYPTO_ERROR_LIBRARY,	/* no random bytes, no memory, a library without an algorithm */
	CRYPTO_ERROR_REFUSED,	/* what was given is not what it should be */
};

/* A public key. */
struct key {
	uint8_t	 bytes[KEY_SIZE];
};
/* False: these are not the 33 bytes of a key. */
bool	 key_parse(struct key *, const void *bytes, size_t n);
bool	 key_equal(const struct key *, const struct key *);

/* Who a device is.  For as long as the device is one of the account's. */
struct identity {
	struct key	 key;
	uint8_t		 secret[KEY_PRIVATE_SIZE];
};
bool	 identity_make(struct identity *, GError **error);
/* From what the store, or another client, kept.  False: it is none, or the two are no pair. */
bool	 identity_parse(struct identity *, const void *key, size_t key_n, const void *secret, size_t secret_n);
void	 identity_clear(struct identity *);
/* What the identity signs is signed by its key (XEdDSA); 64 bytes. */
bool	 identity_sign(const struct identity *, const void *bytes, size_t n, uint8_t signature[KEY_SIGNATURE_SIZE],
	    GError **error);
bool	 key_verify(const struct key *, const void *bytes, size_t n, const uint8_t signature[KEY_SIGNATURE_SIZE]);

/* The number of a new device, by chance; it must be none that the account has.  0 with an error. */
uint32_t key_device_id(GError **error);

/*
 * Records; NULL with an error.  A signed prekey is changed from time to time, and the ones before are kept for a while:
 * what others sent to them may be on its way.
 */
GBytes	*prekey_make(uint32_t id, GError **error);
GBytes	*signed_prekey_make(const struct identity *, uint32_t id, int64_t now_ms, GError **error);
/* What another client kept.  False: it is no such record; its number in *id. */
bool	 prekey_check(GBytes *record, uint32_t *id);
bool	 signed_prekey_check(GBytes *record, uint32_t *id);

struct bundle_prekey {
	uint32_t	 id;
	struct key	 key;
};
struct bundle {
	struct key	 identity;
	uint32_t	 signed_id;
	struct key	 signed_key;
	uint8_t		 signature[KEY_SIGNATURE_SIZE];
	GArray		*prekeys;	/* of struct bundle_prekey */
};
void	 bundle_init(struct bundle *);
void	 bundle_clear(struct bundle *);
/* Of others, as it came.  False: it is no key, or its number is too great or there; or there are LIMIT_PREKEYS. */
bool	 bundle_add(struct bundle *, uint64_t id, const void *key, size_t n);
bool	 bundle_set_signed(struct bundle *, uint64_t id, const void *key, size_t n, const void *signature,
	    size_t signature_n);
bool	 bundle_set_identity(struct bundle *, const void *key, size_t n);
/*
 * The signature is the identity's; where it is not, nothing may begin with it.  A bundle without prekeys may be fine.
 */
bool	 bundle_verify(const struct bundle *);
/* Ours, from records; false: that is none. */
bool	 bundle_add_record(struct bundle *, GBytes *prekey);
bool	 bundle_set_signed_record(struct bundle *, GBytes *signed_prekey);

#endif
