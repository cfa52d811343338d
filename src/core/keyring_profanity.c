/*
 * keyring_profanity.c: see keyring_profanity.h.  Four key files (GLib's): identity.txt with the keys of the device
 * itself, sessions.txt, trust.txt and known_devices.txt with a group for each address and a line for each device.
 */
#include "core/keyring_profanity.h"

#include <string.h>

#include "base/clock.h"
#include "base/jid.h"
#include "base/limits.h"
#include "base/secret.h"
#include "crypto/fingerprint.h"

struct move {
	struct store	*store;
	int64_t		 account;
	const char	*folder;
	enum trust	 trusted;
	struct keyring	*ring;
	struct keyring_moved *moved;
	GError		**error;
};

char *
keyring_profanity_folder(const char *jid)
{
	g_auto(GStrv) parts = g_strsplit(jid, "@", -1);
	g_autofree char *name = g_strjoinv("_at_", parts);

	return g_build_filename(g_get_user_data_dir(), "profanity", "omemo", name, NULL);
}

/* NULL with an error; one that is not there is empty, unless it must be. */
static GKeyFile *
open_file(struct move *move, const char *name, bool must)
{
	g_autofree char *path = g_build_filename(move->folder, name, NULL), *text = NULL;
	GKeyFile *file = g_key_file_new();
	g_autoptr(GError) error = NULL;
	gsize n = 0;
	bool ok = g_file_get_contents(path, &text, &n, &error);

	if (!ok && !must && g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		return file;
	if (ok && n > 0)
		ok = g_key_file_load_from_data(file, text, n, G_KEY_FILE_NONE, &error);
	secret_free(g_steal_pointer(&text), n);
	if (ok)
		return file;
	g_set_error(move->error, CRYPTO_ERROR, CRYPTO_ERROR_REFUSED, "%s cannot be read: %s", path, error->message);
	g_key_file_free(file);
	return NULL;
}

/* The bytes of a line in base64; NULL: there are none. */
static GBytes *
value(GKeyFile *file, const char *group, const char *key)
{
	g_autofree char *text = g_key_file_get_string(file, group, key, NULL);
	GBytes *bytes;
	guchar *raw;
	gsize n = 0;

	if (text == NULL || *text == '\0')
		return NULL;
	raw = g_base64_decode(text, &n);
	explicit_bzero(text, strlen(text));
	bytes = n > 0 ? secret_bytes(raw, n) : NULL;
	secret_free(raw, n);
	return bytes;
}

static bool
number(const char *text, uint32_t most, uint32_t *n)
{
	guint64 found;

	if (!g_ascii_string_to_unsigned(text, 10, 1, most, &found, NULL))
		return false;
	*n = (uint32_t)found;
	return true;
}

/* --- identity.txt --- */

static bool
take_identity(struct move *move, GKeyFile *file)
{
	g_autoptr(GBytes) key = value(file, "identity", "identity_key_public");
	g_autoptr(GBytes) secret = value(file, "identity", "identity_key_private");
	g_autofree char *device = g_key_file_get_string(file, "identity", "device_id", NULL);
	struct own_row own = { .made_ms = clock_real_us() / 1000, .next_prekey = 1, .next_signed = 1 };
	struct identity identity;
	bool ok;

	if (key == NULL || secret == NULL || device == NULL || !number(device, KEY_DEVICE_MAX, &own.device) ||
	    !identity_parse(&identity, g_bytes_get_data(key, NULL), g_bytes_get_size(key),
	    g_bytes_get_data(secret, NULL), g_bytes_get_size(secret))) {
		g_set_error(move->error, CRYPTO_ERROR, CRYPTO_ERROR_REFUSED, "%s has no whole identity of Profanity.",
		    move->folder);
		return false;
	}
	memcpy(own.key, identity.key.bytes, KEYS_PUBLIC);
	memcpy(own.secret, identity.secret, KEYS_PRIVATE);
	move->moved->device = own.device;
	ok = own_forget(move->store, move->account, move->error) &&
	    own_save(move->store, move->account, &own, move->error);
	identity_clear(&identity);
	own_clear(&own);
	return ok;
}

static bool
take_prekey(struct move *move, GKeyFile *file, const char *name, uint32_t *next)
{
	g_autoptr(GBytes) record = value(file, "prekeys", name);
	uint32_t id, said;

	if (record == NULL || !number(name, KEY_ID_MAX, &said) || !prekey_check(record, &id) || id != said) {
		move->moved->refused++;
		return true;
	}
	*next = MAX(*next, id + 1);
	move->moved->prekeys++;
	return prekey_save(move->store, move->account, id, record, move->error);
}

static bool
take_signed(struct move *move, GKeyFile *file, const char *name, uint32_t *next)
{
	g_autoptr(GBytes) record = value(file, "signed_prekeys", name);
	uint32_t id, said;

	if (record == NULL || !number(name, KEY_ID_MAX, &said) || !signed_prekey_check(record, &id) || id != said) {
		move->moved->refused++;
		return true;
	}
	*next = MAX(*next, id + 1);
	return signed_prekey_save(move->store, move->account, id, clock_real_us() / 1000, record, move->error);
}

static bool
take_records(struct move *move, GKeyFile *file)
{
	g_auto(GStrv) prekeys = g_key_file_get_keys(file, "prekeys", NULL, NULL);
	g_auto(GStrv) signed_ones = g_key_file_get_keys(file, "signed_prekeys", NULL, NULL);
	struct own_row own;
	bool ok = own_load(move->store, move->account, &own, move->error);

	for (char **name = prekeys; ok && name != NULL && *name != NULL; name++)
		ok = take_prekey(move, file, *name, &own.next_prekey);
	for (char **name = signed_ones; ok && name != NULL && *name != NULL; name++)
		ok = take_signed(move, file, *name, &own.next_signed);
	own.next_prekey = MIN(own.next_prekey, KEY_ID_MAX);
	own.next_signed = MIN(own.next_signed, KEY_ID_MAX);
	ok = ok && own_save(move->store, move->account, &own, move->error);
	own_clear(&own);
	return ok;
}

/* --- the others: a group for each address, a line for each device --- */

static bool
each_device(struct move *move, const char *name, bool (*fn)(struct move *, GKeyFile *, const char *group,
    const char *jid, const char *key, uint32_t device))
{
	GKeyFile *file = open_file(move, name, false);
	g_auto(GStrv) groups = file != NULL ? g_key_file_get_groups(file, NULL) : NULL;
	bool ok = file != NULL;

	for (char **group = groups; ok && *group != NULL; group++) {
		g_auto(GStrv) keys = g_key_file_get_keys(file, *group, NULL, NULL);
		g_autofree char *jid = jid_normalise(*group, NULL);

		for (char **key = keys; ok && *key != NULL; key++) {
			uint32_t device;

			if (jid == NULL || jid_resource(jid) != NULL || !number(*key, KEY_DEVICE_MAX, &device))
				move->moved->refused++;
			else
				ok = fn(move, file, *group, jid, *key, device);
		}
	}
	if (file != NULL)
		g_key_file_free(file);
	return ok;
}

/* The key of a device; one that is known here and another is refused. */
static bool
know(struct move *move, const char *jid, uint32_t device, const struct key *key, bool *fits)
{
	uint8_t known[KEYS_PUBLIC];
	int there = device_key_load(move->store, move->account, jid, device, known);

	*fits = there != 1 || memcmp(known, key->bytes, KEYS_PUBLIC) == 0;
	if (there == 1) {
		move->moved->refused += !*fits;
		return true;
	}
	move->moved->devices++;
	return device_key_save(move->store, move->account, jid, device, key->bytes, clock_real_us() / 1000,
	    move->error);
}

static bool
on_known(struct move *move, GKeyFile *file, const char *group, const char *jid, const char *name, uint32_t device)
{
	g_autofree char *text = g_key_file_get_string(file, group, name, NULL);
	struct key key;
	bool fits;

	if (text != NULL && fingerprint_parse(&key, text))
		return know(move, jid, device, &key, &fits);
	move->moved->refused++;
	return true;
}

static bool
on_trust(struct move *move, GKeyFile *file, const char *group, const char *jid, const char *name, uint32_t device)
{
	g_autoptr(GBytes) bytes = value(file, group, name);
	struct device_row *row;
	struct key key;
	bool fits, ok = true;

	if (bytes == NULL || !key_parse(&key, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes))) {
		move->moved->refused++;
		return true;
	}
	if (!know(move, jid, device, &key, &fits))
		return false;
	row = fits ? device_row_load(move->store, move->account, jid, device) : NULL;
	if (row != NULL && row->trust == TRUST_UNDECIDED) {
		move->moved->trusted++;
		ok = device_trust_save(move->store, move->account, jid, device, move->trusted, move->error);
	}
	device_row_free(row);
	return ok;
}

static bool
on_session(struct move *move, GKeyFile *file, const char *group, const char *jid, const char *name, uint32_t device)
{
	g_autoptr(GBytes) record = value(file, group, name);
	struct key key;
	bool fits;

	if (record == NULL || !ratchet_check_session(keyring_ratchet(move->ring), record, &key)) {
		move->moved->refused++;
		return true;
	}
	if (!know(move, jid, device, &key, &fits))
		return false;
	if (!fits)
		return true;
	move->moved->sessions++;
	return ratchet_row_save(move->store, move->account, jid, device, g_bytes_get_data(record, NULL),
	    g_bytes_get_size(record), move->error);
}

static bool
take_all(struct move *move)
{
	GKeyFile *file = open_file(move, "identity.txt", true);
	bool ok = file != NULL && take_identity(move, file) && take_records(move, file), changed;

	if (file != NULL)
		g_key_file_free(file);
	return ok && (move->ring = keyring_open(move->store, move->account, move->error)) != NULL &&
	    keyring_refill(move->ring, &changed, move->error) && each_device(move, "known_devices.txt", on_known) &&
	    each_device(move, "trust.txt", on_trust) && each_device(move, "sessions.txt", on_session);
}

bool
keyring_move_profanity(struct store *store, int64_t account, const char *folder, enum trust trusted, bool replace,
    struct keyring_moved *moved, GError **error)
{
	GError *failure = NULL;
	struct move move = { store, account, folder, trusted, NULL, moved, &failure };
	bool ok;

	memset(moved, 0, sizeof *moved);
	if (!replace && keyring_exists(store, account)) {
		g_set_error_literal(error, CRYPTO_ERROR, CRYPTO_ERROR_REFUSED,
		    "This account has a device of its own here; moving in would give it up.");
		return false;
	}
	ok = take_all(&move);
	keyring_free(move.ring);
	if (failure == NULL && !ok)
		g_set_error_literal(&failure, CRYPTO_ERROR, CRYPTO_ERROR_REFUSED, "What is known here cannot be read.");
	if (failure != NULL)
		g_propagate_error(error, failure);
	return ok;
}
