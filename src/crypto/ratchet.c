/*
 * ratchet.c: see ratchet.h.
 *
 * The library saves things as it goes: the identity of a prekey message before it knows that the message is whole, the
 * session before the prekey.  Here all of it waits until the session is saved, which is last and only after the message
 * authentication code was right (on_save_session).
 */
#include "crypto/ratchet.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

#include "base/limits.h"
#include "base/secret.h"
#include "crypto/library.h"

/*
 * Earlier sessions with a device that are kept for messages on their way: both sides may have begun at once, some times
 * over.  Each of them is tried on a message that fits none, and a forged one may cost thousands of hashes.
 */
enum { EARLIER_KEPT = 5, SKIPPED_MAX = 2000 /* the library's */ };

struct ratchet {
	struct ratchet_store	 store;
	void			*ctx;
	struct library		*library;
	signal_protocol_store_context *stores;
	struct identity		 identity;
	uint32_t		 device;
	/* Of the call that is under way: */
	GBytes			*loaded;	/* the session; NULL: there is none */
	enum ratchet_result	 refused;	/* what a function of ours refused; RATCHET_OK: nothing */
	bool			 encrypts;
	bool			 began;		/* a session, with a message of theirs */
};

const char *
ratchet_result_name(enum ratchet_result result)
{
	static const char *const names[] = {
		[RATCHET_OK] = "ok", [RATCHET_DUPLICATE] = "duplicate", [RATCHET_NO_SESSION] = "no session",
		[RATCHET_NO_PREKEY] = "no prekey", [RATCHET_IDENTITY] = "another identity", [RATCHET_BROKEN] = "broken",
		[RATCHET_FAR] = "too many missing", [RATCHET_STORE] = "store", [RATCHET_LIBRARY] = "library",
	};

	return names[result];
}

/* The library goes on its way out with this. */
static int
refuse(struct ratchet *ratchet, enum ratchet_result why)
{
	if (ratchet->refused == RATCHET_OK)
		ratchet->refused = why;
	return why == RATCHET_NO_PREKEY ? SG_ERR_INVALID_KEY_ID : SG_ERR_UNKNOWN;
}

/* --- sessions --- */

static int
on_load_session(signal_buffer **record, signal_buffer **user, const signal_protocol_address *address, void *ctx)
{
	struct ratchet *ratchet = ctx;

	(void)address;
	*user = NULL;
	if (ratchet->loaded == NULL)
		return 0;
	*record = library_buffer(ratchet->loaded);
	return *record != NULL ? 1 : SG_ERR_NOMEM;
}

static int
on_contains_session(const signal_protocol_address *address, void *ctx)
{
	const struct ratchet *ratchet = ctx;

	(void)address;
	return ratchet->loaded != NULL;
}

/* Unreferenced by who asked; NULL: it is none. */
static session_record *
read_record(const struct ratchet *ratchet, const void *bytes, size_t n)
{
	session_record *record = NULL;

	if (session_record_deserialize(&record, bytes, n, library_context(ratchet->library)) != 0)
		return NULL;
	return record;
}

/* Keeps so many of the earlier sessions, the newest. */
static bool
drop_earlier(session_record *record, unsigned keep)
{
	session_record_state_node *node = session_record_get_previous_states_head(record);
	bool dropped = false;

	while (node != NULL && keep-- > 0)
		node = session_record_get_previous_states_next(node);
	while (node != NULL) {
		node = session_record_get_previous_states_remove(record, node);
		dropped = true;
	}
	return dropped;
}

static bool
record_identity(session_record *record, struct key *key)
{
	session_state *state = session_record_get_state(record);

	return state != NULL && library_key_bytes(session_state_get_remote_identity_key(state), key);
}

/* The identity that the session has is the one that is known, or becomes that. */
static int
settle_identity(struct ratchet *ratchet, const signal_protocol_address *address, session_record *record)
{
	uint32_t device = (uint32_t)address->device_id;
	struct key known, key;
	int there;

	if (!record_identity(record, &key))
		return refuse(ratchet, RATCHET_BROKEN);
	there = ratchet->store.load_identity(ratchet->ctx, address->name, device, &known);
	if (there == 1)
		return key_equal(&known, &key) ? 0 : refuse(ratchet, RATCHET_IDENTITY);
	if (there == 0 && ratchet->store.save_identity(ratchet->ctx, address->name, device, &key))
		return 0;
	return refuse(ratchet, RATCHET_STORE);
}

static int
save_bytes(struct ratchet *ratchet, const signal_protocol_address *address, const void *bytes, size_t n)
{
	if (n > LIMIT_SESSION)
		return refuse(ratchet, RATCHET_FAR);
	if (ratchet->store.save_session(ratchet->ctx, address->name, (uint32_t)address->device_id, bytes, n))
		return 0;
	return refuse(ratchet, RATCHET_STORE);
}

static int
save_record(struct ratchet *ratchet, const signal_protocol_address *address, session_record *record, const void *bytes,
    size_t n)
{
	signal_buffer *smaller = NULL;
	int rc = settle_identity(ratchet, address, record);

	if (rc != 0)
		return rc;
	if (!drop_earlier(record, n > LIMIT_SESSION ? 0 : EARLIER_KEPT))
		return save_bytes(ratchet, address, bytes, n);
	if (session_record_serialize(&smaller, record) != 0)
		return refuse(ratchet, RATCHET_LIBRARY);
	rc = save_bytes(ratchet, address, signal_buffer_data(smaller), signal_buffer_len(smaller));
	signal_buffer_bzero_free(smaller);
	return rc;
}

static int
on_save_session(const signal_protocol_address *address, uint8_t *bytes, size_t n, uint8_t *user, size_t user_n,
    void *ctx)
{
	struct ratchet *ratchet = ctx;
	session_record *record;
	int rc;

	(void)user;
	(void)user_n;
	/* Nothing but a counter is new. */
	if (ratchet->encrypts)
		return save_bytes(ratchet, address, bytes, n);
	record = read_record(ratchet, bytes, n);
	if (record == NULL)
		return refuse(ratchet, RATCHET_LIBRARY);
	rc = save_record(ratchet, address, record, bytes, n);
	SIGNAL_UNREF(record);
	return rc;
}

/* --- identities --- */

static int
on_identity_pair(signal_buffer **public, signal_buffer **private, void *ctx)
{
	const struct ratchet *ratchet = ctx;

	*public = signal_buffer_create(ratchet->identity.key.bytes, KEY_SIZE);
	*private = signal_buffer_create(ratchet->identity.secret, KEY_PRIVATE_SIZE);
	return *public != NULL && *private != NULL ? 0 : SG_ERR_NOMEM;
}

static int
on_registration_id(void *ctx, uint32_t *id)
{
	*id = ((const struct ratchet *)ctx)->device;
	return 0;
}

/* settle_identity() does it, once the message is known to be whole. */
static int
on_save_identity(const signal_protocol_address *address, uint8_t *bytes, size_t n, void *ctx)
{
	(void)address;
	(void)bytes;
	(void)n;
	(void)ctx;
	return 0;
}

static int
on_is_trusted(const signal_protocol_address *address, uint8_t *bytes, size_t n, void *ctx)
{
	struct ratchet *ratchet = ctx;
	struct key known, key;
	int there = ratchet->store.load_identity(ratchet->ctx, address->name, (uint32_t)address->device_id, &known);

	if (there < 0)
		return refuse(ratchet, RATCHET_STORE);
	if (!key_parse(&key, bytes, n))
		return refuse(ratchet, RATCHET_BROKEN);
	return there == 0 || key_equal(&known, &key) ? 1 : refuse(ratchet, RATCHET_IDENTITY);
}

/* --- prekeys --- */

static int
give_prekey(struct ratchet *ratchet, int there, GBytes *record, signal_buffer **out)
{
	if (there < 0)
		return refuse(ratchet, RATCHET_STORE);
	if (there == 0)
		return refuse(ratchet, RATCHET_NO_PREKEY);
	*out = library_buffer(record);
	g_bytes_unref(record);
	return *out != NULL ? 0 : SG_ERR_NOMEM;
}

static int
on_load_prekey(signal_buffer **out, uint32_t id, void *ctx)
{
	struct ratchet *ratchet = ctx;
	GBytes *record = NULL;
	int there = ratchet->store.load_prekey(ratchet->ctx, id, &record);

	return give_prekey(ratchet, there, record, out);
}

static int
on_use_prekey(uint32_t id, void *ctx)
{
	struct ratchet *ratchet = ctx;

	return ratchet->store.use_prekey(ratchet->ctx, id) ? 0 : refuse(ratchet, RATCHET_STORE);
}

static int
on_load_signed(signal_buffer **out, uint32_t id, void *ctx)
{
	struct ratchet *ratchet = ctx;
	GBytes *record = NULL;
	int there = ratchet->store.load_signed_prekey(ratchet->ctx, id, &record);

	ratchet->began = true;
	return give_prekey(ratchet, there, record, out);
}

/* --- one of it --- */

static bool
connect_stores(struct ratchet *ratchet)
{
	const signal_protocol_session_store sessions = {
		.load_session_func = on_load_session, .store_session_func = on_save_session,
		.contains_session_func = on_contains_session, .user_data = ratchet,
	};
	const signal_protocol_pre_key_store prekeys = {
		.load_pre_key = on_load_prekey, .remove_pre_key = on_use_prekey, .user_data = ratchet,
	};
	const signal_protocol_signed_pre_key_store signed_prekeys = {
		.load_signed_pre_key = on_load_signed, .user_data = ratchet,
	};
	const signal_protocol_identity_key_store identities = {
		.get_identity_key_pair = on_identity_pair, .get_local_registration_id = on_registration_id,
		.save_identity = on_save_identity, .is_trusted_identity = on_is_trusted, .user_data = ratchet,
	};

	return signal_protocol_store_context_create(&ratchet->stores, library_context(ratchet->library)) == 0 &&
	    signal_protocol_store_context_set_session_store(ratchet->stores, &sessions) == 0 &&
	    signal_protocol_store_context_set_pre_key_store(ratchet->stores, &prekeys) == 0 &&
	    signal_protocol_store_context_set_signed_pre_key_store(ratchet->stores, &signed_prekeys) == 0 &&
	    signal_protocol_store_context_set_identity_key_store(ratchet->stores, &identities) == 0;
}

struct ratchet *
ratchet_new(const struct ratchet_store *store, void *ctx, const struct identity *identity, uint32_t device,
    GError **error)
{
	struct ratchet *ratchet = g_new0(struct ratchet, 1);

	ratchet->store = *store;
	ratchet->ctx = ctx;
	ratchet->identity = *identity;
	ratchet->device = device;
	ratchet->library = library_new(error);
	if (ratchet->library != NULL && connect_stores(ratchet))
		return ratchet;
	if (ratchet->library != NULL)
		library_error(error, "There is no memory for encryption.");
	ratchet_free(ratchet);
	return NULL;
}

void
ratchet_free(struct ratchet *ratchet)
{
	if (ratchet == NULL)
		return;
	if (ratchet->stores != NULL)
		signal_protocol_store_context_destroy(ratchet->stores);
	library_free(ratchet->library);
	secret_free(ratchet, sizeof *ratchet);
}

/* --- a call --- */

static enum ratchet_result
begin(struct ratchet *ratchet, const char *name, uint32_t device, signal_protocol_address *address)
{
	*address = (signal_protocol_address){ .name = name, .name_len = strlen(name), .device_id = (int32_t)device };
	ratchet->refused = RATCHET_OK;
	ratchet->encrypts = ratchet->began = false;
	if (device == 0 || device > KEY_DEVICE_MAX)
		return RATCHET_BROKEN;
	if (ratchet->store.load_session(ratchet->ctx, name, device, &ratchet->loaded) < 0)
		return RATCHET_STORE;
	return RATCHET_OK;
}

/* What the library's number means. */
static enum ratchet_result
end(struct ratchet *ratchet, int rc)
{
	g_clear_pointer(&ratchet->loaded, g_bytes_unref);
	if (rc >= 0)
		return RATCHET_OK;
	if (ratchet->refused != RATCHET_OK)
		return ratchet->refused;
	switch (rc) {
	case SG_ERR_NOMEM:
		return RATCHET_LIBRARY;
	case SG_ERR_DUPLICATE_MESSAGE:
		return RATCHET_DUPLICATE;
	case SG_ERR_NO_SESSION:
		return RATCHET_NO_SESSION;
	default:
		return RATCHET_BROKEN;
	}
}

static int
make_cipher(struct ratchet *ratchet, const signal_protocol_address *address, session_cipher **cipher)
{
	int rc = session_cipher_create(cipher, ratchet->stores, address, library_context(ratchet->library));

#ifdef WITH_OMEMO_C
	if (rc == 0)
		session_cipher_set_version(*cipher, LIBRARY_VERSION);
#endif
	return rc;
}

/* --- beginning --- */

/* One of the bundle's prekeys, by chance: two who begin at once had better not take the same. */
static const struct bundle_prekey *
choose(const struct bundle *bundle)
{
	uint32_t n;

	if (bundle->prekeys->len == 0 || RAND_bytes((unsigned char *)&n, sizeof n) != 1)
		return NULL;
	return &g_array_index(bundle->prekeys, struct bundle_prekey, n % bundle->prekeys->len);
}

static int
make_bundle(struct ratchet *ratchet, uint32_t device, const struct bundle *from, const struct bundle_prekey *prekey,
    session_pre_key_bundle **bundle)
{
	ec_public_key *one = NULL, *signed_one = NULL, *identity = NULL;
	int rc = SG_ERR_INVALID_KEY;

	if (library_key(ratchet->library, &prekey->key, &one) &&
	    library_key(ratchet->library, &from->signed_key, &signed_one) &&
	    library_key(ratchet->library, &from->identity, &identity))
		rc = session_pre_key_bundle_create(bundle, device, (int)device, prekey->id, one, from->signed_id,
		    signed_one, from->signature, KEY_SIGNATURE_SIZE, identity);
	SIGNAL_UNREF(one);
	SIGNAL_UNREF(signed_one);
	SIGNAL_UNREF(identity);
	return rc;
}

enum ratchet_result
ratchet_start(struct ratchet *ratchet, const char *name, uint32_t device, const struct bundle *from)
{
	const struct bundle_prekey *prekey = choose(from);
	session_pre_key_bundle *bundle = NULL;
	session_builder *builder = NULL;
	signal_protocol_address address;
	enum ratchet_result result;
	int rc;

	if (prekey == NULL)
		return from->prekeys->len == 0 ? RATCHET_NO_PREKEY : RATCHET_LIBRARY;
	result = begin(ratchet, name, device, &address);
	if (result != RATCHET_OK)
		return result;
	rc = make_bundle(ratchet, device, from, prekey, &bundle);
	if (rc == 0)
		rc = session_builder_create(&builder, ratchet->stores, &address, library_context(ratchet->library));
#ifdef WITH_OMEMO_C
	if (rc == 0)
		session_builder_set_version(builder, LIBRARY_VERSION);
#endif
	if (rc == 0)
		rc = session_builder_process_pre_key_bundle(builder, bundle);
	session_builder_free(builder);
	SIGNAL_UNREF(bundle);
	return end(ratchet, rc);
}

/* --- out --- */

void
ratchet_sealed_clear(struct ratchet_sealed *sealed)
{
	g_clear_pointer(&sealed->bytes, g_bytes_unref);
}

enum ratchet_result
ratchet_encrypt(struct ratchet *ratchet, const char *name, uint32_t device, const void *plain, size_t n,
    struct ratchet_sealed *sealed)
{
	signal_protocol_address address;
	session_cipher *cipher = NULL;
	ciphertext_message *message = NULL;
	enum ratchet_result result = begin(ratchet, name, device, &address);
	int rc;

	memset(sealed, 0, sizeof *sealed);
	if (result != RATCHET_OK)
		return result;
	if (ratchet->loaded == NULL)
		return RATCHET_NO_SESSION;
	ratchet->encrypts = true;
	rc = make_cipher(ratchet, &address, &cipher);
	if (rc == 0)
		rc = session_cipher_encrypt(cipher, plain, n, &message);
	if (rc == 0) {
		signal_buffer *bytes = ciphertext_message_get_serialized(message);

		sealed->bytes = g_bytes_new(signal_buffer_data(bytes), signal_buffer_len(bytes));
		sealed->prekey = ciphertext_message_get_type(message) == CIPHERTEXT_PREKEY_TYPE;
	}
	SIGNAL_UNREF(message);
	session_cipher_free(cipher);
	return end(ratchet, rc);
}

/* --- in --- */

void
ratchet_opened_clear(struct ratchet_opened *opened)
{
	g_clear_pointer(&opened->plain, g_bytes_unref);
}

struct incoming {
	pre_key_signal_message *prekey;	/* NULL: it is a plain one */
	signal_message *message;	/* in prekey, if there is one */
};

static int
read_message(struct ratchet *ratchet, bool prekey, const void *bytes, size_t n, struct incoming *in)
{
	signal_context *context = library_context(ratchet->library);
	int rc;

	if (!prekey)
		return signal_message_deserialize(&in->message, bytes, n, context);
	rc = pre_key_signal_message_deserialize(&in->prekey, bytes, n, context);
	if (rc == 0)
		in->message = pre_key_signal_message_get_signal_message(in->prekey);
	return rc;
}

/* Why nothing fits: more are missing before it than the library would step over? */
static bool
is_far(struct ratchet *ratchet, signal_message *message)
{
	gsize n;
	const uint8_t *bytes = g_bytes_get_data(ratchet->loaded, &n);
	session_record *record = read_record(ratchet, bytes, n);
	session_state *state = record != NULL ? session_record_get_state(record) : NULL;
	ratchet_chain_key *chain = NULL;
	uint32_t at = 0;

	if (state != NULL)
		chain = session_state_get_receiver_chain_key(state, signal_message_get_sender_ratchet_key(message));
	if (chain != NULL)
		at = ratchet_chain_key_get_index(chain);
	SIGNAL_UNREF(record);
	return signal_message_get_counter(message) > (uint64_t)at + SKIPPED_MAX;
}

static void
give_opened(struct ratchet *ratchet, struct incoming *in, signal_buffer *plain, struct ratchet_opened *opened)
{
	opened->plain = library_take(plain);
	opened->fresh = ratchet->began;
	opened->counter = signal_message_get_counter(in->message);
}

static int
open_message(struct ratchet *ratchet, const signal_protocol_address *address, struct incoming *in,
    struct ratchet_opened *opened)
{
	session_cipher *cipher = NULL;
	signal_buffer *plain = NULL;
	int rc = make_cipher(ratchet, address, &cipher);

	if (rc == 0 && in->prekey != NULL)
		rc = session_cipher_decrypt_pre_key_signal_message(cipher, in->prekey, NULL, &plain);
	else if (rc == 0)
		rc = session_cipher_decrypt_signal_message(cipher, in->message, NULL, &plain);
	if (rc >= 0)
		give_opened(ratchet, in, plain, opened);
	else if (rc == SG_ERR_INVALID_MESSAGE && ratchet->loaded != NULL && is_far(ratchet, in->message))
		refuse(ratchet, RATCHET_FAR);
	session_cipher_free(cipher);
	return rc;
}

enum ratchet_result
ratchet_decrypt(struct ratchet *ratchet, const char *name, uint32_t device, bool prekey, const void *bytes, size_t n,
    struct ratchet_opened *opened)
{
	signal_protocol_address address;
	struct incoming in = { NULL, NULL };
	enum ratchet_result result;

	memset(opened, 0, sizeof *opened);
	if (n > LIMIT_SEALED || read_message(ratchet, prekey, bytes, n, &in) != 0)
		return RATCHET_BROKEN;
	result = begin(ratchet, name, device, &address);
	if (result == RATCHET_OK && !prekey && ratchet->loaded == NULL)
		result = RATCHET_NO_SESSION;
	if (result == RATCHET_OK)
		result = end(ratchet, open_message(ratchet, &address, &in, opened));
	/* Saved with the session, so it is that of the session. */
	if (result == RATCHET_OK && ratchet->store.load_identity(ratchet->ctx, name, device, &opened->identity) != 1)
		result = RATCHET_STORE;
	if (result != RATCHET_OK)
		ratchet_opened_clear(opened);
	if (in.prekey != NULL)
		SIGNAL_UNREF(in.prekey);
	else
		SIGNAL_UNREF(in.message);
	return result;
}

/* --- from elsewhere --- */

bool
ratchet_check_session(struct ratchet *ratchet, GBytes *bytes, struct key *identity)
{
	gsize n;
	const uint8_t *data = g_bytes_get_data(bytes, &n);
	session_record *record = n <= LIMIT_SESSION ? read_record(ratchet, data, n) : NULL;
	session_state *state = record != NULL ? session_record_get_state(record) : NULL;
	struct key ours;
	bool ok = state != NULL && session_state_get_session_version(state) == LIBRARY_VERSION &&
	    session_state_has_sender_chain(state) == 1 &&
	    library_key_bytes(session_state_get_local_identity_key(state), &ours) &&
	    key_equal(&ours, &ratchet->identity.key) && record_identity(record, identity);

	SIGNAL_UNREF(record);
	return ok;
}
