/* key.c: see key.h. */
#include "crypto/key.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

#include "base/limits.h"
#include "base/secret.h"
#include "crypto/library.h"

enum { KEY_TYPE = 5 };

static const char no_random[] = "OpenSSL has no random bytes for keys.";

bool
key_parse(struct key *key, const void *bytes, size_t n)
{
	if (n != KEY_SIZE || ((const uint8_t *)bytes)[0] != KEY_TYPE)
		return false;
	memcpy(key->bytes, bytes, KEY_SIZE);
	return true;
}

bool
key_equal(const struct key *a, const struct key *b)
{
	return memcmp(a->bytes, b->bytes, KEY_SIZE) == 0;
}

/* --- identity --- */

static bool
take_pair(struct identity *identity, const ec_key_pair *pair)
{
	signal_buffer *secret = NULL;
	bool ok = library_key_bytes(ec_key_pair_get_public(pair), &identity->key) &&
	    ec_private_key_serialize(&secret, ec_key_pair_get_private(pair)) == 0 &&
	    signal_buffer_len(secret) == KEY_PRIVATE_SIZE;

	if (ok)
		memcpy(identity->secret, signal_buffer_data(secret), KEY_PRIVATE_SIZE);
	signal_buffer_bzero_free(secret);
	return ok;
}

bool
identity_make(struct identity *identity, GError **error)
{
	struct library *library = library_new(error);
	ec_key_pair *pair = NULL;
	bool ok;

	if (library == NULL)
		return false;
	ok = curve_generate_key_pair(library_context(library), &pair) == 0 && take_pair(identity, pair);
	SIGNAL_UNREF(pair);
	if (!ok)
		library_error(error, no_random);
	library_free(library);
	return ok;
}

static bool
is_pair(const struct library *library, const struct identity *identity, ec_private_key **secret)
{
	ec_public_key *key = NULL;
	struct key made;
	signal_context *context = library_context(library);
	bool ok = curve_decode_private_point(secret, identity->secret, KEY_PRIVATE_SIZE, context) == 0 &&
	    curve_generate_public_key(&key, *secret) == 0 && library_key_bytes(key, &made) &&
	    key_equal(&made, &identity->key);

	SIGNAL_UNREF(key);
	return ok;
}

bool
identity_parse(struct identity *identity, const void *key, size_t key_n, const void *secret, size_t secret_n)
{
	struct library *library;
	ec_private_key *private = NULL;
	bool ok;

	if (!key_parse(&identity->key, key, key_n) || secret_n != KEY_PRIVATE_SIZE)
		return false;
	memcpy(identity->secret, secret, KEY_PRIVATE_SIZE);
	library = library_new(NULL);
	ok = library != NULL && is_pair(library, identity, &private);
	SIGNAL_UNREF(private);
	if (!ok)
		identity_clear(identity);
	library_free(library);
	return ok;
}

void
identity_clear(struct identity *identity)
{
	OPENSSL_cleanse(identity, sizeof *identity);
}

bool
identity_sign(const struct identity *identity, const void *bytes, size_t n, uint8_t signature[KEY_SIGNATURE_SIZE],
    GError **error)
{
	struct library *library = library_new(error);
	ec_private_key *private = NULL;
	signal_buffer *made = NULL;
	bool ok;

	if (library == NULL)
		return false;
	ok = curve_decode_private_point(&private, identity->secret, KEY_PRIVATE_SIZE, library_context(library)) == 0 &&
	    curve_calculate_signature(library_context(library), &made, private, bytes, n) == 0 &&
	    signal_buffer_len(made) == KEY_SIGNATURE_SIZE;
	if (ok)
		memcpy(signature, signal_buffer_data(made), KEY_SIGNATURE_SIZE);
	else
		library_error(error, no_random);
	signal_buffer_free(made);
	SIGNAL_UNREF(private);
	library_free(library);
	return ok;
}

bool
key_verify(const struct key *key, const void *bytes, size_t n, const uint8_t signature[KEY_SIGNATURE_SIZE])
{
	struct library *library = library_new(NULL);
	ec_public_key *public = NULL;
	bool ok = library != NULL && library_key(library, key, &public) &&
	    curve_verify_signature(public, bytes, n, signature, KEY_SIGNATURE_SIZE) == 1;

	SIGNAL_UNREF(public);
	library_free(library);
	return ok;
}

uint32_t
key_device_id(GError **error)
{
	uint32_t id;

	do {
		if (RAND_bytes((unsigned char *)&id, sizeof id) != 1) {
			library_error(error, no_random);
			return 0;
		}
		id &= KEY_DEVICE_MAX;
	} while (id == 0);
	return id;
}

/* --- prekeys --- */

GBytes *
prekey_make(uint32_t id, GError **error)
{
	struct library *library = library_new(error);
	session_pre_key *prekey = NULL;
	signal_buffer *record = NULL;
	ec_key_pair *pair = NULL;

	if (library == NULL)
		return NULL;
	if (curve_generate_key_pair(library_context(library), &pair) != 0 ||
	    session_pre_key_create(&prekey, id, pair) != 0 || session_pre_key_serialize(&record, prekey) != 0)
		library_error(error, no_random);
	SIGNAL_UNREF(prekey);
	SIGNAL_UNREF(pair);
	library_free(library);
	return library_take(record);
}

/* As the library has it, unreferenced by who asked; NULL: it is none. */
static ratchet_identity_key_pair *
identity_pair(const struct library *library, const struct identity *identity)
{
	ratchet_identity_key_pair *pair = NULL;
	ec_private_key *private = NULL;
	ec_public_key *public = NULL;

	if (library_key(library, &identity->key, &public) &&
	    curve_decode_private_point(&private, identity->secret, KEY_PRIVATE_SIZE, library_context(library)) == 0)
		ratchet_identity_key_pair_create(&pair, public, private);
	SIGNAL_UNREF(public);
	SIGNAL_UNREF(private);
	return pair;
}

GBytes *
signed_prekey_make(const struct identity *identity, uint32_t id, int64_t now_ms, GError **error)
{
	struct library *library = library_new(error);
	ratchet_identity_key_pair *pair;
	session_signed_pre_key *prekey = NULL;
	signal_buffer *record = NULL;

	if (library == NULL)
		return NULL;
	pair = identity_pair(library, identity);
	if (pair == NULL || signal_protocol_key_helper_generate_signed_pre_key(&prekey, pair, id, (uint64_t)now_ms,
	    library_context(library)) != 0 || session_signed_pre_key_serialize(&record, prekey) != 0)
		library_error(error, no_random);
	SIGNAL_UNREF(prekey);
	SIGNAL_UNREF(pair);
	library_free(library);
	return library_take(record);
}

/* Unreferenced by who asked; NULL: it is none. */
static session_pre_key *
read_prekey(const struct library *library, GBytes *record)
{
	gsize n;
	const uint8_t *bytes = g_bytes_get_data(record, &n);
	session_pre_key *prekey = NULL;

	if (library == NULL || session_pre_key_deserialize(&prekey, bytes, n, library_context(library)) != 0)
		return NULL;
	return prekey;
}

static session_signed_pre_key *
read_signed(const struct library *library, GBytes *record)
{
	gsize n;
	const uint8_t *bytes = g_bytes_get_data(record, &n);
	session_signed_pre_key *prekey = NULL;

	if (library == NULL || session_signed_pre_key_deserialize(&prekey, bytes, n, library_context(library)) != 0)
		return NULL;
	return prekey;
}

/* --- bundles --- */

void
bundle_init(struct bundle *bundle)
{
	memset(bundle, 0, sizeof *bundle);
	bundle->prekeys = g_array_new(FALSE, FALSE, sizeof(struct bundle_prekey));
}

void
bundle_clear(struct bundle *bundle)
{
	g_clear_pointer(&bundle->prekeys, g_array_unref);
}

bool
bundle_add(struct bundle *bundle, uint64_t id, const void *key, size_t n)
{
	struct bundle_prekey prekey = { .id = (uint32_t)id };

	if (id > UINT32_MAX || bundle->prekeys->len >= LIMIT_PREKEYS || !key_parse(&prekey.key, key, n))
		return false;
	for (guint i = 0; i < bundle->prekeys->len; i++)
		if (g_array_index(bundle->prekeys, struct bundle_prekey, i).id == prekey.id)
			return false;
	g_array_append_val(bundle->prekeys, prekey);
	return true;
}

bool
bundle_set_signed(struct bundle *bundle, uint64_t id, const void *key, size_t n, const void *signature,
    size_t signature_n)
{
	if (id > UINT32_MAX || signature_n != KEY_SIGNATURE_SIZE || !key_parse(&bundle->signed_key, key, n))
		return false;
	bundle->signed_id = (uint32_t)id;
	memcpy(bundle->signature, signature, KEY_SIGNATURE_SIZE);
	return true;
}

bool
bundle_set_identity(struct bundle *bundle, const void *key, size_t n)
{
	return key_parse(&bundle->identity, key, n);
}

bool
bundle_verify(const struct bundle *bundle)
{
	return key_verify(&bundle->identity, bundle->signed_key.bytes, KEY_SIZE, bundle->signature);
}

bool
bundle_add_record(struct bundle *bundle, GBytes *record)
{
	struct library *library = library_new(NULL);
	session_pre_key *prekey = read_prekey(library, record);
	struct key key;
	bool ok = prekey != NULL &&
	    library_key_bytes(ec_key_pair_get_public(session_pre_key_get_key_pair(prekey)), &key) &&
	    bundle_add(bundle, session_pre_key_get_id(prekey), key.bytes, KEY_SIZE);

	SIGNAL_UNREF(prekey);
	library_free(library);
	return ok;
}

bool
bundle_set_signed_record(struct bundle *bundle, GBytes *record)
{
	struct library *library = library_new(NULL);
	session_signed_pre_key *prekey = read_signed(library, record);
	struct key key;
	bool ok = prekey != NULL &&
	    library_key_bytes(ec_key_pair_get_public(session_signed_pre_key_get_key_pair(prekey)), &key) &&
	    bundle_set_signed(bundle, session_signed_pre_key_get_id(prekey), key.bytes, KEY_SIZE,
	    session_signed_pre_key_get_signature(prekey), session_signed_pre_key_get_signature_len(prekey));

	SIGNAL_UNREF(prekey);
	library_free(library);
	return ok;
}

/* A bundle of one is what a record has to be good for. */
bool
prekey_check(GBytes *record, uint32_t *id)
{
	struct bundle bundle;
	bool ok;

	bundle_init(&bundle);
	ok = bundle_add_record(&bundle, record);
	if (ok)
		*id = g_array_index(bundle.prekeys, struct bundle_prekey, 0).id;
	bundle_clear(&bundle);
	return ok;
}

bool
signed_prekey_check(GBytes *record, uint32_t *id)
{
	struct bundle bundle;
	bool ok;

	bundle_init(&bundle);
	ok = bundle_set_signed_record(&bundle, record);
	if (ok)
		*id = bundle.signed_id;
	bundle_clear(&bundle);
	return ok;
}
