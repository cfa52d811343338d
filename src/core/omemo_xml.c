/* omemo_xml.c: see omemo_xml.h.  Whatever others wrote is read here, so nothing in it is believed to be there. */
#include "core/omemo_xml.h"

#include <string.h>

#include "base/limits.h"

/* 0: it is no number from 1 to most. */
static uint32_t
number(const char *text, uint32_t most)
{
	guint64 n;

	return text != NULL && g_ascii_string_to_unsigned(text, 10, 1, most, &n, NULL) ? (uint32_t)n : 0;
}

/* NULL: nothing, not base64, or more than most bytes. */
static GBytes *
bytes_of(const struct stanza *s, size_t most)
{
	g_autoptr(GString) digits = g_string_new(NULL);
	const char *text = s != NULL ? stanza_text(s) : "";
	guchar *bytes;
	gsize n;

	if (strlen(text) > most / 3 * 8 + 16)
		return NULL;
	for (const char *p = text; *p != '\0'; p++) {
		if (g_ascii_isalnum(*p) || *p == '+' || *p == '/' || *p == '=')
			g_string_append_c(digits, *p);
		else if (!g_ascii_isspace(*p))
			return NULL;
	}
	bytes = g_base64_decode(digits->str, &n);
	if (n == 0 || n > most) {
		g_free(bytes);
		return NULL;
	}
	return g_bytes_new_take(bytes, n);
}

static void
add_bytes(struct stanza *parent, const char *name, const void *bytes, size_t n)
{
	g_autofree char *text = g_base64_encode(bytes, n);

	stanza_add_with_text(parent, name, NULL, text);
}

/* What the item in force holds under this name: "current", as everybody calls it, or the first. */
static const struct stanza *
find_payload(const struct stanza *items, const char *name)
{
	const struct stanza *found = NULL, *payload;

	for (struct stanza *i = items != NULL ? stanza_first(items) : NULL; i != NULL; i = stanza_next(i)) {
		payload = strcmp(stanza_name(i), "item") == 0 ? stanza_child(i, name, NS_OMEMO) : NULL;
		if (payload != NULL && (found == NULL || g_strcmp0(stanza_get(i, "id"), "current") == 0))
			found = payload;
	}
	return found;
}

GArray *
omemo_read_list(const struct stanza *items)
{
	const struct stanza *list = find_payload(items, "list");
	GArray *devices;

	if (list == NULL)
		return NULL;
	devices = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	for (struct stanza *d = stanza_first(list); d != NULL && devices->len < LIMIT_DEVICES; d = stanza_next(d)) {
		uint32_t id = stanza_is(d, "device", NS_OMEMO) ? number(stanza_get(d, "id"), KEY_DEVICE_MAX) : 0;
		bool here = id == 0;

		for (guint i = 0; !here && i < devices->len; i++)
			here = g_array_index(devices, uint32_t, i) == id;
		if (!here)
			g_array_append_val(devices, id);
	}
	return devices;
}

struct stanza *
omemo_write_list(const uint32_t *devices, size_t n)
{
	struct stanza *list = stanza_new("list", NS_OMEMO);

	for (size_t i = 0; i < n; i++) {
		g_autofree char *id = g_strdup_printf("%u", devices[i]);

		stanza_set(stanza_add(list, "device", NULL), "id", id);
	}
	return list;
}

/* --- bundles --- */

bool
omemo_read_bundle(const struct stanza *items, struct bundle *bundle)
{
	const struct stanza *b = find_payload(items, "bundle"), *prekeys;
	const struct stanza *signed_key = b != NULL ? stanza_child(b, "signedPreKeyPublic", NS_OMEMO) : NULL;
	g_autoptr(GBytes) key = NULL, signature = NULL, identity = NULL;
	unsigned read = 0;

	if (signed_key == NULL)
		return false;
	key = bytes_of(signed_key, KEY_SIZE);
	signature = bytes_of(stanza_child(b, "signedPreKeySignature", NS_OMEMO), KEY_SIGNATURE_SIZE);
	identity = bytes_of(stanza_child(b, "identityKey", NS_OMEMO), KEY_SIZE);
	if (key == NULL || signature == NULL || identity == NULL ||
	    !bundle_set_identity(bundle, g_bytes_get_data(identity, NULL), g_bytes_get_size(identity)) ||
	    !bundle_set_signed(bundle, number(stanza_get(signed_key, "signedPreKeyId"), KEY_ID_MAX),
	    g_bytes_get_data(key, NULL), g_bytes_get_size(key), g_bytes_get_data(signature, NULL),
	    g_bytes_get_size(signature)))
		return false;
	prekeys = stanza_child(b, "prekeys", NS_OMEMO);
	for (struct stanza *p = prekeys != NULL ? stanza_first(prekeys) : NULL; p != NULL && read < LIMIT_PREKEYS;
	    p = stanza_next(p), read++) {
		g_autoptr(GBytes) one = stanza_is(p, "preKeyPublic", NS_OMEMO) ? bytes_of(p, KEY_SIZE) : NULL;

		/* One that is none is passed over. */
		if (one != NULL)
			bundle_add(bundle, number(stanza_get(p, "preKeyId"), KEY_ID_MAX), g_bytes_get_data(one, NULL),
			    g_bytes_get_size(one));
	}
	return bundle_verify(bundle);
}

struct stanza *
omemo_write_bundle(const struct bundle *bundle)
{
	struct stanza *b = stanza_new("bundle", NS_OMEMO), *prekeys, *signed_key;
	g_autofree char *id = g_strdup_printf("%u", bundle->signed_id);
	g_autofree char *key = g_base64_encode(bundle->signed_key.bytes, KEY_SIZE);

	signed_key = stanza_add(b, "signedPreKeyPublic", NULL);
	stanza_set(signed_key, "signedPreKeyId", id);
	stanza_add_text(signed_key, key, -1);
	add_bytes(b, "signedPreKeySignature", bundle->signature, KEY_SIGNATURE_SIZE);
	add_bytes(b, "identityKey", bundle->identity.bytes, KEY_SIZE);
	prekeys = stanza_add(b, "prekeys", NULL);
	for (guint i = 0; i < bundle->prekeys->len; i++) {
		const struct bundle_prekey *p = &g_array_index(bundle->prekeys, struct bundle_prekey, i);
		g_autofree char *number_text = g_strdup_printf("%u", p->id);
		g_autofree char *text = g_base64_encode(p->key.bytes, KEY_SIZE);
		struct stanza *one = stanza_add(prekeys, "preKeyPublic", NULL);

		stanza_set(one, "preKeyId", number_text);
		stanza_add_text(one, text, -1);
	}
	return b;
}

/* --- messages --- */

bool
omemo_read_message(const struct stanza *encrypted, uint32_t own_device, struct omemo_message *m)
{
	const struct stanza *header = stanza_child(encrypted, "header", NS_OMEMO), *ours = NULL;
	const struct stanza *payload = stanza_child(encrypted, "payload", NS_OMEMO);
	unsigned read = 0;

	memset(m, 0, sizeof *m);
	m->text = bytes_of(payload, LIMIT_STANZA);
	if (header == NULL)
		return false;
	m->sender = number(stanza_get(header, "sid"), KEY_DEVICE_MAX);
	for (struct stanza *k = stanza_first(header); k != NULL && ours == NULL && read < LIMIT_OMEMO_KEYS;
	    k = stanza_next(k), read++)
		if (stanza_is(k, "key", NS_OMEMO) && number(stanza_get(k, "rid"), KEY_DEVICE_MAX) == own_device)
			ours = k;
	if (m->sender == 0)
		return false;
	if (ours == NULL)
		return true;
	m->key = bytes_of(ours, LIMIT_OMEMO_KEY);
	m->iv = bytes_of(stanza_child(header, "iv", NS_OMEMO), 64);
	m->prekey = g_strcmp0(stanza_get(ours, "prekey"), "true") == 0 || g_strcmp0(stanza_get(ours, "prekey"),
	    "1") == 0;
	return m->key != NULL && (payload == NULL || (m->text != NULL && m->iv != NULL));
}

void
omemo_message_clear(struct omemo_message *m)
{
	g_clear_pointer(&m->key, g_bytes_unref);
	g_clear_pointer(&m->iv, g_bytes_unref);
	g_clear_pointer(&m->text, g_bytes_unref);
}

struct stanza *
omemo_write_message(uint32_t own_device, const void *iv, size_t iv_n, GBytes *text)
{
	struct stanza *encrypted = stanza_new("encrypted", NS_OMEMO), *header = stanza_add(encrypted, "header", NULL);
	g_autofree char *sid = g_strdup_printf("%u", own_device);

	stanza_set(header, "sid", sid);
	add_bytes(header, "iv", iv, iv_n);
	if (text != NULL)
		add_bytes(encrypted, "payload", g_bytes_get_data(text, NULL), g_bytes_get_size(text));
	return encrypted;
}

void
omemo_add_key(struct stanza *encrypted, uint32_t device, bool prekey, GBytes *key)
{
	struct stanza *k = stanza_add(stanza_child(encrypted, "header", NS_OMEMO), "key", NULL);
	g_autofree char *rid = g_strdup_printf("%u", device);
	g_autofree char *text = g_base64_encode(g_bytes_get_data(key, NULL), g_bytes_get_size(key));

	stanza_set(k, "rid", rid);
	if (prekey)
		stanza_set(k, "prekey", "true");
	stanza_add_text(k, text, -1);
}
