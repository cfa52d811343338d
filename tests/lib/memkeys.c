/* memkeys.c: see memkeys.h. */
#include "memkeys.h"

#include <string.h>

static bool
fails(struct memkeys *keys)
{
	return ++keys->calls == keys->fail_at;
}

static char *
name_of(const char *name, uint32_t device)
{
	return g_strdup_printf("%s/%u", name, device);
}

static int
give(struct memkeys *keys, GBytes *record, GBytes **out)
{
	if (fails(keys))
		return -1;
	if (record == NULL)
		return 0;
	if (keys->garble > 0 && keys->garble <= g_bytes_get_size(record)) {
		gsize n;
		g_autofree uint8_t *bytes = NULL;

		n = g_bytes_get_size(record);
		bytes = g_memdup2(g_bytes_get_data(record, NULL), n);
		bytes[keys->garble - 1] ^= 0x55;
		*out = g_bytes_new(bytes, n);
	} else {
		*out = g_bytes_ref(record);
	}
	return 1;
}

static int
load_session(void *ctx, const char *name, uint32_t device, GBytes **record)
{
	struct memkeys *keys = ctx;
	g_autofree char *key = name_of(name, device);

	return give(keys, g_hash_table_lookup(keys->sessions, key), record);
}

static bool
save_session(void *ctx, const char *name, uint32_t device, const void *record, size_t n)
{
	struct memkeys *keys = ctx;

	if (fails(keys))
		return false;
	g_hash_table_replace(keys->sessions, name_of(name, device), g_bytes_new(record, n));
	return true;
}

static int
load_identity(void *ctx, const char *name, uint32_t device, struct key *key)
{
	struct memkeys *keys = ctx;
	g_autofree char *who = name_of(name, device);
	GBytes *known = g_hash_table_lookup(keys->identities, who);

	if (fails(keys))
		return -1;
	return known != NULL && key_parse(key, g_bytes_get_data(known, NULL), g_bytes_get_size(known));
}

static bool
save_identity(void *ctx, const char *name, uint32_t device, const struct key *key)
{
	struct memkeys *keys = ctx;

	if (fails(keys))
		return false;
	g_hash_table_replace(keys->identities, name_of(name, device), g_bytes_new(key->bytes, KEY_SIZE));
	return true;
}

static int
load_prekey(void *ctx, uint32_t id, GBytes **record)
{
	struct memkeys *keys = ctx;

	return give(keys, g_hash_table_lookup(keys->prekeys, GUINT_TO_POINTER(id)), record);
}

static bool
use_prekey(void *ctx, uint32_t id)
{
	struct memkeys *keys = ctx;

	if (fails(keys))
		return false;
	g_hash_table_add(keys->used, GUINT_TO_POINTER(id));
	return true;
}

static int
load_signed(void *ctx, uint32_t id, GBytes **record)
{
	struct memkeys *keys = ctx;

	return give(keys, id == keys->signed_id ? keys->signed_prekey : NULL, record);
}

static const struct ratchet_store functions = {
	load_session, save_session, load_identity, save_identity, load_prekey, use_prekey, load_signed,
};

static GHashTable *
table(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)(void (*)(void))g_bytes_unref);
}

void
memkeys_init(struct memkeys *keys, const char *name, uint32_t device, unsigned prekeys)
{
	memset(keys, 0, sizeof *keys);
	keys->name = g_strdup(name);
	keys->device = device;
	g_assert(identity_make(&keys->identity, NULL));
	keys->sessions = table();
	keys->identities = table();
	keys->prekeys = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)(void (*)(void))g_bytes_unref);
	keys->used = g_hash_table_new(NULL, NULL);
	for (unsigned i = 1; i <= prekeys; i++)
		g_hash_table_insert(keys->prekeys, GUINT_TO_POINTER(i), prekey_make(i, NULL));
	keys->signed_id = 1;
	keys->signed_prekey = signed_prekey_make(&keys->identity, 1, 1790000000000, NULL);
	g_assert(keys->signed_prekey != NULL);
	keys->ratchet = ratchet_new(&functions, keys, &keys->identity, device, NULL);
	g_assert(keys->ratchet != NULL);
}

void
memkeys_become(struct memkeys *keys, const struct identity *identity)
{
	keys->identity = *identity;
	ratchet_free(keys->ratchet);
	keys->ratchet = ratchet_new(&functions, keys, &keys->identity, keys->device, NULL);
	g_assert(keys->ratchet != NULL);
}

void
memkeys_clear(struct memkeys *keys)
{
	ratchet_free(keys->ratchet);
	g_hash_table_unref(keys->sessions);
	g_hash_table_unref(keys->identities);
	g_hash_table_unref(keys->prekeys);
	g_hash_table_unref(keys->used);
	g_bytes_unref(keys->signed_prekey);
	identity_clear(&keys->identity);
	g_free(keys->name);
}

static void
put_table(GString *text, GHashTable *hash)
{
	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(hash), (GCompareFunc)(void (*)(void))strcmp);

	for (GList *l = names; l != NULL; l = l->next) {
		GBytes *bytes = g_hash_table_lookup(hash, l->data);
		g_autofree char *sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);

		g_string_append_printf(text, "%s %s\n", (const char *)l->data, sum);
	}
}

char *
memkeys_state(const struct memkeys *keys)
{
	GString *text = g_string_new(NULL);

	put_table(text, keys->sessions);
	put_table(text, keys->identities);
	g_string_append_printf(text, "%u used\n", g_hash_table_size(keys->used));
	return g_string_free(text, FALSE);
}

static GHashTable *
copy(GHashTable *from)
{
	GHashTable *to = table();
	gpointer name, value;
	GHashTableIter iter;

	g_hash_table_iter_init(&iter, from);
	while (g_hash_table_iter_next(&iter, &name, &value))
		g_hash_table_insert(to, g_strdup(name), g_bytes_ref(value));
	return to;
}

void
memkeys_keep(const struct memkeys *keys, struct memkeys_copy *kept)
{
	gpointer id;
	GHashTableIter iter;

	kept->sessions = copy(keys->sessions);
	kept->identities = copy(keys->identities);
	kept->used = g_hash_table_new(NULL, NULL);
	g_hash_table_iter_init(&iter, keys->used);
	while (g_hash_table_iter_next(&iter, &id, NULL))
		g_hash_table_add(kept->used, id);
}

void
memkeys_restore(struct memkeys *keys, struct memkeys_copy *kept)
{
	g_hash_table_unref(keys->sessions);
	g_hash_table_unref(keys->identities);
	g_hash_table_unref(keys->used);
	keys->sessions = kept->sessions;
	keys->identities = kept->identities;
	keys->used = kept->used;
}

void
memkeys_bundle(const struct memkeys *keys, struct bundle *bundle)
{
	GHashTableIter iter;
	gpointer id, record;

	bundle_init(bundle);
	bundle->identity = keys->identity.key;
	g_assert(bundle_set_signed_record(bundle, keys->signed_prekey));
	g_hash_table_iter_init(&iter, keys->prekeys);
	while (g_hash_table_iter_next(&iter, &id, &record))
		if (!g_hash_table_contains(keys->used, id))
			g_assert(bundle_add_record(bundle, record));
}

enum ratchet_result
memkeys_start(struct memkeys *a, const struct memkeys *b)
{
	enum ratchet_result result;
	struct bundle bundle;

	memkeys_bundle(b, &bundle);
	g_assert(bundle_verify(&bundle));
	result = ratchet_start(a->ratchet, b->name, b->device, &bundle);
	bundle_clear(&bundle);
	return result;
}

enum ratchet_result
memkeys_send(struct memkeys *a, const struct memkeys *b, const char *text, struct ratchet_sealed *sealed)
{
	return ratchet_encrypt(a->ratchet, b->name, b->device, text, strlen(text), sealed);
}

enum ratchet_result
memkeys_receive(struct memkeys *b, const struct memkeys *a, const struct ratchet_sealed *sealed, char **text)
{
	struct ratchet_opened opened;
	gsize n;
	const void *bytes = g_bytes_get_data(sealed->bytes, &n);
	enum ratchet_result result = ratchet_decrypt(b->ratchet, a->name, a->device, sealed->prekey, bytes, n, &opened);

	*text = NULL;
	if (result == RATCHET_OK) {
		bytes = g_bytes_get_data(opened.plain, &n);
		*text = g_strndup(bytes, n);
		g_assert(key_equal(&opened.identity, &a->identity.key));
	}
	ratchet_opened_clear(&opened);
	return result;
}
