/*
 * payload.h: the text of a message, encrypted once for all devices (AES-128-GCM); its key goes to each of them
 * through the ratchet.  The tag travels with the key: 16 bytes of key, 16 of tag (XEP-0384 as deployed, since 2017),
 * so that none who can read a message can make another one of it for the rest.
 */
#ifndef CRYPTO_PAYLOAD_H
#define CRYPTO_PAYLOAD_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum { PAYLOAD_KEY_SIZE = 32, PAYLOAD_IV_SIZE = 12, PAYLOAD_IV_LONG = 16 };

struct payload {
	uint8_t	 key[PAYLOAD_KEY_SIZE];	/* with the tag */
	uint8_t	 iv[PAYLOAD_IV_SIZE];
	GBytes	*bytes;			/* as long as the text; a message without one (key transport) leaves it out */
};
/* False with a CRYPTO_ERROR. */
bool	 payload_encrypt(struct payload *, const void *text, size_t n, GError **error);
void	 payload_clear(struct payload *);
/*
 * The text, a secret (base/secret.h), which is any bytes; NULL: it is not whole, or not of this key; nothing of it was
 * used.  A key without a tag in it is refused (2016's form); an iv has 12 or, from old clients, 16 bytes.
 */
GBytes	*payload_decrypt(const void *key, size_t key_n, const void *iv, size_t iv_n, const void *bytes, size_t n);

#endif
