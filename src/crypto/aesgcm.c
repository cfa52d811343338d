/*
 * aesgcm.c: see aesgcm.h.  What decrypts holds the last bytes back: the tag is among them, and only the end says
 * where.
 */
#include "crypto/aesgcm.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "base/secret.h"
#include "crypto/library.h"

/* More than this under one key is not secret (NIST SP 800-38D, section 5.2.1.1). */
static const uint64_t FILE_MAX = (UINT64_C(1) << 36) - 32;

struct aesgcm {
	EVP_CIPHER_CTX	*ctx;
	bool		 encrypts;
	uint8_t		 held[AESGCM_TAG_SIZE];
	size_t		 held_n;
	uint64_t	 passed;
};

bool
aesgcm_key_make(struct aesgcm_key *key, GError **error)
{
	memset(key, 0, sizeof *key);
	key->iv_n = AESGCM_IV_SIZE;
	if (RAND_bytes(key->key, AESGCM_KEY_SIZE) == 1 && RAND_bytes(key->iv, AESGCM_IV_SIZE) == 1)
		return true;
	library_error(error, "OpenSSL has no random bytes for keys.");
	return false;
}

void
aesgcm_key_clear(struct aesgcm_key *key)
{
	OPENSSL_cleanse(key, sizeof *key);
}

/* --- links --- */

static bool
take_hex(const char *hex, size_t digits, uint8_t *to)
{
	for (size_t i = 0; i < digits; i += 2) {
		int high = g_ascii_xdigit_value(hex[i]), low = g_ascii_xdigit_value(hex[i + 1]);

		if (high < 0 || low < 0)
			return false;
		to[i / 2] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool
take_fragment(const char *hex, struct aesgcm_key *key)
{
	size_t n = strlen(hex);

	key->iv_n = n / 2 - AESGCM_KEY_SIZE;
	return (n == 2 * (AESGCM_IV_SIZE + AESGCM_KEY_SIZE) || n == 2 * (AESGCM_IV_MAX + AESGCM_KEY_SIZE)) &&
	    take_hex(hex, 2 * key->iv_n, key->iv) && take_hex(hex + 2 * key->iv_n, 2 * AESGCM_KEY_SIZE, key->key);
}

/* "host[:port]/path", all of it printable, and nothing in it that means something to who passes it on. */
static bool
is_place(const char *text)
{
	size_t host = strcspn(text, "/?#"), brackets = strspn(text, "[0123456789abcdefABCDEF:.]");

	if (host == 0 || text[host] != '/' || text[0] == ':')
		return false;
	for (size_t i = 0; i < host; i++)
		if (!g_ascii_isalnum(text[i]) && strchr("-.:", text[i]) == NULL && !(text[0] == '[' && i < brackets))
			return false;
	for (const char *p = text; *p != '\0'; p++)
		if (!g_ascii_isgraph(*p) || strchr("\"<>\\^`{|}#", *p) != NULL)
			return false;
	return true;
}

char *
aesgcm_parse_link(const char *link, struct aesgcm_key *key)
{
	static const char scheme[] = "aesgcm://";
	const char *hash = strchr(link, '#');
	g_autofree char *place = NULL;

	memset(key, 0, sizeof *key);
	if (g_ascii_strncasecmp(link, scheme, strlen(scheme)) != 0 || hash == NULL)
		return NULL;
	link += strlen(scheme);
	if (hash < link)
		return NULL;
	place = g_strndup(link, (gsize)(hash - link));
	if (is_place(place) && take_fragment(hash + 1, key))
		return g_strconcat("https://", place, NULL);
	aesgcm_key_clear(key);
	return NULL;
}

static void
put_hex(GString *text, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		g_string_append_printf(text, "%02x", bytes[i]);
}

char *
aesgcm_link(const char *https, const struct aesgcm_key *key)
{
	static const char scheme[] = "https://";
	GString *text;

	if (g_ascii_strncasecmp(https, scheme, strlen(scheme)) != 0 || !is_place(https + strlen(scheme)))
		return NULL;
	/* Long enough at once: no copy without an end is left behind. */
	text = g_string_sized_new(strlen(https) + 2 * (AESGCM_IV_MAX + AESGCM_KEY_SIZE) + 16);
	g_string_append_printf(text, "aesgcm://%s#", https + strlen(scheme));
	put_hex(text, key->iv, key->iv_n);
	put_hex(text, key->key, AESGCM_KEY_SIZE);
	return g_string_free(text, FALSE);
}

/* --- files --- */

static struct aesgcm *
file_new(const struct aesgcm_key *key, bool encrypts, GError **error)
{
	struct aesgcm *file = g_new0(struct aesgcm, 1);

	file->encrypts = encrypts;
	file->ctx = EVP_CIPHER_CTX_new();
	if (file->ctx != NULL && EVP_CipherInit_ex(file->ctx, EVP_aes_256_gcm(), NULL, NULL, NULL, encrypts) == 1 &&
	    EVP_CIPHER_CTX_ctrl(file->ctx, EVP_CTRL_GCM_SET_IVLEN, (int)key->iv_n, NULL) == 1 &&
	    EVP_CipherInit_ex(file->ctx, NULL, NULL, key->key, key->iv, encrypts) == 1)
		return file;
	aesgcm_free(file);
	library_error(error, "OpenSSL cannot encrypt files (AES-256-GCM).");
	return NULL;
}

struct aesgcm *
aesgcm_encrypt_new(const struct aesgcm_key *key, GError **error)
{
	return file_new(key, true, error);
}

struct aesgcm *
aesgcm_decrypt_new(const struct aesgcm_key *key, GError **error)
{
	return file_new(key, false, error);
}

void
aesgcm_free(struct aesgcm *file)
{
	if (file == NULL)
		return;
	EVP_CIPHER_CTX_free(file->ctx);
	secret_free(file, sizeof *file);
}

static bool
pass(struct aesgcm *file, const uint8_t *in, size_t n, uint8_t *out)
{
	int wrote = 0;

	if (n == 0)
		return true;
	if (n > INT_MAX || file->passed > FILE_MAX - n)
		return false;
	file->passed += n;
	return EVP_CipherUpdate(file->ctx, out, &wrote, in, (int)n) == 1 && (size_t)wrote == n;
}

gssize
aesgcm_update(struct aesgcm *file, const void *in, size_t n, void *out)
{
	size_t whole = file->held_n + n, ready, old;

	if (file->encrypts)
		return pass(file, in, n, out) ? (gssize)n : -1;
	ready = whole > AESGCM_TAG_SIZE ? whole - AESGCM_TAG_SIZE : 0;
	old = MIN(ready, file->held_n);
	if (!pass(file, file->held, old, out) || !pass(file, in, ready - old, (uint8_t *)out + old))
		return -1;
	memmove(file->held, file->held + old, file->held_n - old);
	file->held_n -= old;
	memcpy(file->held + file->held_n, (const uint8_t *)in + (ready - old), n - (ready - old));
	file->held_n += n - (ready - old);
	return (gssize)ready;
}

bool
aesgcm_finish(struct aesgcm *file, uint8_t tag[AESGCM_TAG_SIZE])
{
	uint8_t none[EVP_MAX_BLOCK_LENGTH];
	int n = 0;

	if (file->encrypts)
		return EVP_CipherFinal_ex(file->ctx, none, &n) == 1 &&
		    EVP_CIPHER_CTX_ctrl(file->ctx, EVP_CTRL_GCM_GET_TAG, AESGCM_TAG_SIZE, tag) == 1;
	return file->held_n == AESGCM_TAG_SIZE &&
	    EVP_CIPHER_CTX_ctrl(file->ctx, EVP_CTRL_GCM_SET_TAG, AESGCM_TAG_SIZE, file->held) == 1 &&
	    EVP_CipherFinal_ex(file->ctx, none, &n) == 1;
}
