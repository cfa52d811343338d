/* payload.c: see payload.h. */
#include "crypto/payload.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "base/secret.h"
#include "crypto/library.h"

enum { KEY = 16, TAG = 16 };

static bool
seal(struct payload *payload, const void *text, size_t n, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int some = 0, rest = 0;
	bool ok = ctx != NULL && n <= INT_MAX &&
	    EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, payload->key, payload->iv) == 1 &&
	    (n == 0 || EVP_EncryptUpdate(ctx, out, &some, text, (int)n) == 1) &&
	    EVP_EncryptFinal_ex(ctx, out + some, &rest) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG, payload->key + KEY) == 1;

	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

bool
payload_encrypt(struct payload *payload, const void *text, size_t n, GError **error)
{
	uint8_t *out = g_malloc(n + 1);

	memset(payload, 0, sizeof *payload);
	if (RAND_bytes(payload->key, KEY) != 1 || RAND_bytes(payload->iv, PAYLOAD_IV_SIZE) != 1 ||
	    !seal(payload, text, n, out)) {
		g_free(out);
		payload_clear(payload);
		library_error(error, "OpenSSL cannot encrypt (AES-128-GCM).");
		return false;
	}
	payload->bytes = g_bytes_new_take(out, n);
	return true;
}

void
payload_clear(struct payload *payload)
{
	g_clear_pointer(&payload->bytes, g_bytes_unref);
	OPENSSL_cleanse(payload, sizeof *payload);
}

static bool
unseal(const uint8_t *key, const uint8_t *iv, size_t iv_n, const void *bytes, size_t n, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int some = 0, rest = 0;
	uint8_t tag[TAG];
	bool ok;

	memcpy(tag, key + KEY, TAG);
	ok = ctx != NULL && EVP_DecryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, NULL, NULL) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_IVLEN, (int)iv_n, NULL) == 1 &&
	    EVP_DecryptInit_ex(ctx, NULL, NULL, key, iv) == 1 &&
	    (n == 0 || EVP_DecryptUpdate(ctx, out, &some, bytes, (int)n) == 1) &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG, tag) == 1 &&
	    EVP_DecryptFinal_ex(ctx, out + some, &rest) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

GBytes *
payload_decrypt(const void *key, size_t key_n, const void *iv, size_t iv_n, const void *bytes, size_t n)
{
	GBytes *text = NULL;
	uint8_t *out;

	if (key_n != PAYLOAD_KEY_SIZE || (iv_n != PAYLOAD_IV_SIZE && iv_n != PAYLOAD_IV_LONG) || n > INT_MAX)
		return NULL;
	out = g_malloc(n + 1);
	if (unseal(key, iv, iv_n, bytes, n, out))
		text = secret_bytes(out, n);
	secret_free(out, n + 1);
	return text;
}
