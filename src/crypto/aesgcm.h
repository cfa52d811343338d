/*
 * aesgcm.h: files that are encrypted before they are put on a server (XEP-0454): AES-256-GCM, the tag behind the bytes,
 * key and iv in the fragment of an aesgcm:// link, which is as secret as the file.
 */
#ifndef CRYPTO_AESGCM_H
#define CRYPTO_AESGCM_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum { AESGCM_KEY_SIZE = 32, AESGCM_IV_SIZE = 12, AESGCM_IV_MAX = 16, AESGCM_TAG_SIZE = 16 };

struct aesgcm_key {
	uint8_t	 key[AESGCM_KEY_SIZE];
	uint8_t	 iv[AESGCM_IV_MAX];
	size_t	 iv_n;		/* AESGCM_IV_SIZE; AESGCM_IV_MAX from old clients */
};
bool	 aesgcm_key_make(struct aesgcm_key *, GError **error);
void	 aesgcm_key_clear(struct aesgcm_key *);

/*
 * The https address and the key of a link; the address is the caller's.  NULL: it is no such link.  Strict: a host, no
 * user, no fragment but the key, nothing that is not printable ASCII.
 */
char	*aesgcm_parse_link(const char *link, struct aesgcm_key *);
/* NULL: the address is not https, or has a fragment.  A secret. */
char	*aesgcm_link(const char *https, const struct aesgcm_key *);

/*
 * One file, piece by piece.  aesgcm_update() writes to out, which has room for n bytes and is not in, and returns how
 * many it wrote; -1: the library failed.  Nothing that was decrypted may be believed or shown before aesgcm_finish()
 * returned true: write it under another name until then.
 *
 * aesgcm_finish() makes the tag, which goes behind the bytes, or compares it: false then means that the file is not
 * whole or was changed.
 */
struct aesgcm;
struct aesgcm *aesgcm_encrypt_new(const struct aesgcm_key *, GError **error);
struct aesgcm *aesgcm_decrypt_new(const struct aesgcm_key *, GError **error);
void	 aesgcm_free(struct aesgcm *);	/* NULL is fine */
gssize	 aesgcm_update(struct aesgcm *, const void *in, size_t n, void *out);
bool	 aesgcm_finish(struct aesgcm *, uint8_t tag[AESGCM_TAG_SIZE]);	/* tag: NULL when decrypting */

#endif
