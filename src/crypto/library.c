/*
 * library.c: see library.h.  OpenSSL looks algorithms up by name each time that one is begun, which costs more than to
 * hash some ten bytes: so the ones that the ratchet needs thousands of times are looked up once per struct library.
 */
#include "crypto/library.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "base/secret.h"

struct library {
	signal_context	*context;
	EVP_MAC_CTX	*hmac;		/* HMAC-SHA256 without a key, to be copied */
	EVP_MD		*sha512;
};

G_DEFINE_QUARK(confab-crypto-error, crypto_error)

void
library_error(GError **error, const char *sentence)
{
	g_set_error_literal(error, CRYPTO_ERROR, CRYPTO_ERROR_LIBRARY, sentence);
}

/* --- what the library asks for --- */

static int
fill_random(uint8_t *data, size_t n, void *ctx)
{
	(void)ctx;
	return n <= INT_MAX && RAND_bytes(data, (int)n) == 1 ? 0 : SG_ERR_UNKNOWN;
}

static int
hmac_init(void **hmac, const uint8_t *key, size_t n, void *ctx)
{
	const struct library *library = ctx;
	EVP_MAC_CTX *mac = EVP_MAC_CTX_dup(library->hmac);
	/* NULL would be "the key that it had". */
	bool ok = mac != NULL && EVP_MAC_init(mac, n > 0 ? key : (const uint8_t *)"", n, NULL) == 1;

	if (!ok) {
		EVP_MAC_CTX_free(mac);
		return SG_ERR_NOMEM;
	}
	*hmac = mac;
	return 0;
}

static int
hmac_update(void *hmac, const uint8_t *data, size_t n, void *ctx)
{
	(void)ctx;
	return EVP_MAC_update(hmac, data, n) == 1 ? 0 : SG_ERR_UNKNOWN;
}

/* The result is the library's to free. */
static int
give(signal_buffer **output, const uint8_t *bytes, size_t n)
{
	*output = signal_buffer_create(bytes, n);
	return *output != NULL ? 0 : SG_ERR_NOMEM;
}

static int
hmac_final(void *hmac, signal_buffer **output, void *ctx)
{
	uint8_t bytes[32];
	size_t n = 0;
	int rc = SG_ERR_UNKNOWN;

	(void)ctx;
	if (EVP_MAC_final(hmac, bytes, &n, sizeof bytes) == 1)
		rc = give(output, bytes, n);
	OPENSSL_cleanse(bytes, sizeof bytes);
	return rc;
}

static void
hmac_cleanup(void *hmac, void *ctx)
{
	(void)ctx;
	EVP_MAC_CTX_free(hmac);
}

static int
digest_init(void **digest, void *ctx)
{
	const struct library *library = ctx;
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	if (md == NULL || EVP_DigestInit_ex(md, library->sha512, NULL) != 1) {
		EVP_MD_CTX_free(md);
		return SG_ERR_NOMEM;
	}
	*digest = md;
	return 0;
}

static int
digest_update(void *digest, const uint8_t *data, size_t n, void *ctx)
{
	(void)ctx;
	return EVP_DigestUpdate(digest, data, n) == 1 ? 0 : SG_ERR_UNKNOWN;
}

static int
digest_final(void *digest, signal_buffer **output, void *ctx)
{
	const struct library *library = ctx;
	uint8_t bytes[64];
	unsigned n = 0;
	int rc = SG_ERR_UNKNOWN;

	if (EVP_DigestFinal_ex(digest, bytes, &n) == 1 && EVP_DigestInit_ex(digest, library->sha512, NULL) == 1)
		rc = give(output, bytes, n);
	OPENSSL_cleanse(bytes, sizeof bytes);
	return rc;
}

static void
digest_cleanup(void *digest, void *ctx)
{
	(void)ctx;
	EVP_MD_CTX_free(digest);
}

static const EVP_CIPHER *
aes(int cipher, size_t key_n)
{
	bool cbc = cipher == SG_CIPHER_AES_CBC_PKCS5;

	if (!cbc && cipher != SG_CIPHER_AES_CTR_NOPADDING)
		return NULL;
	switch (key_n) {
	case 16:
		return cbc ? EVP_aes_128_cbc() : EVP_aes_128_ctr();
	case 24:
		return cbc ? EVP_aes_192_cbc() : EVP_aes_192_ctr();
	case 32:
		return cbc ? EVP_aes_256_cbc() : EVP_aes_256_ctr();
	default:
		return NULL;
	}
}

static int
pass(bool encrypts, signal_buffer **output, int cipher, const uint8_t *key, size_t key_n, const uint8_t *iv,
    size_t iv_n, const uint8_t *in, size_t n)
{
	const EVP_CIPHER *type = aes(cipher, key_n);
	EVP_CIPHER_CTX *ctx = NULL;
	int rc = SG_ERR_UNKNOWN, some = 0, rest = 0;
	uint8_t *out = NULL;

	if (type == NULL || iv_n != 16 || n > INT_MAX - EVP_MAX_BLOCK_LENGTH)
		return SG_ERR_INVAL;
	out = g_try_malloc(n + EVP_MAX_BLOCK_LENGTH);
	ctx = EVP_CIPHER_CTX_new();
	if (out == NULL || ctx == NULL)
		rc = SG_ERR_NOMEM;
	else if (EVP_CipherInit_ex(ctx, type, NULL, key, iv, encrypts) == 1 &&
	    EVP_CIPHER_CTX_set_padding(ctx, cipher == SG_CIPHER_AES_CBC_PKCS5) == 1 &&
	    EVP_CipherUpdate(ctx, out, &some, in, (int)n) == 1 && EVP_CipherFinal_ex(ctx, out + some, &rest) == 1)
		rc = give(output, out, (size_t)some + (size_t)rest);
	EVP_CIPHER_CTX_free(ctx);
	secret_free(out, n + EVP_MAX_BLOCK_LENGTH);
	return rc;
}

static int
encrypt(signal_buffer **output, int cipher, const uint8_t *key, size_t key_n, const uint8_t *iv, size_t iv_n,
    const uint8_t *in, size_t n, void *ctx)
{
	(void)ctx;
	return pass(true, output, cipher, key, key_n, iv, iv_n, in, n);
}

static int
decrypt(signal_buffer **output, int cipher, const uint8_t *key, size_t key_n, const uint8_t *iv, size_t iv_n,
    const uint8_t *in, size_t n, void *ctx)
{
	(void)ctx;
	return pass(false, output, cipher, key, key_n, iv, iv_n, in, n);
}

/* --- one of it --- */

static bool
find_algorithms(struct library *library)
{
	char name[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0), OSSL_PARAM_construct_end()
	};
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	library->sha512 = EVP_MD_fetch(NULL, "SHA512", NULL);
	library->hmac = hmac != NULL ? EVP_MAC_CTX_new(hmac) : NULL;
	EVP_MAC_free(hmac);
	return library->sha512 != NULL && library->hmac != NULL && EVP_MAC_CTX_set_params(library->hmac, params) == 1;
}

struct library *
library_new(GError **error)
{
	struct library *library = g_new0(struct library, 1);
	const signal_crypto_provider provider = {
		.random_func = fill_random,
		.hmac_sha256_init_func = hmac_init,
		.hmac_sha256_update_func = hmac_update,
		.hmac_sha256_final_func = hmac_final,
		.hmac_sha256_cleanup_func = hmac_cleanup,
		.sha512_digest_init_func = digest_init,
		.sha512_digest_update_func = digest_update,
		.sha512_digest_final_func = digest_final,
		.sha512_digest_cleanup_func = digest_cleanup,
		.encrypt_func = encrypt,
		.decrypt_func = decrypt,
		.user_data = library,
	};

	if (find_algorithms(library) && signal_context_create(&library->context, NULL) == 0 &&
	    signal_context_set_crypto_provider(library->context, &provider) == 0)
		return library;
	library_error(error, "OpenSSL lacks what encryption needs (HMAC-SHA256, SHA-512).");
	library_free(library);
	return NULL;
}

void
library_free(struct library *library)
{
	if (library == NULL)
		return;
	if (library->context != NULL)
		signal_context_destroy(library->context);
	EVP_MAC_CTX_free(library->hmac);
	EVP_MD_free(library->sha512);
	g_free(library);
}

signal_context *
library_context(const struct library *library)
{
	return library->context;
}

/* --- bytes --- */

GBytes *
library_take(signal_buffer *buffer)
{
	GBytes *bytes = NULL;

	if (buffer != NULL)
		bytes = secret_bytes(signal_buffer_data(buffer), signal_buffer_len(buffer));
	signal_buffer_bzero_free(buffer);
	return bytes;
}

signal_buffer *
library_buffer(GBytes *bytes)
{
	gsize n;
	const uint8_t *data = g_bytes_get_data(bytes, &n);

	return signal_buffer_create(data, n);
}

bool
library_key(const struct library *library, const struct key *key, ec_public_key **found)
{
	return curve_decode_point(found, key->bytes, KEY_SIZE, library->context) == 0;
}

bool
library_key_bytes(const ec_public_key *from, struct key *key)
{
	signal_buffer *buffer = NULL;
	bool ok = from != NULL && ec_public_key_serialize(&buffer, from) == 0 &&
	    key_parse(key, signal_buffer_data(buffer), signal_buffer_len(buffer));

	signal_buffer_free(buffer);
	return ok;
}
