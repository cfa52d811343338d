/* keyring_vouch.c: see keyring_vouch.h. */
#include "core/keyring_vouch.h"

#include <string.h>

#include "base/clock.h"
#include "base/jid.h"
#include "crypto/fingerprint.h"
#include "crypto/team.h"

/* False: the disk. */
static bool
vouch(struct store *store, int64_t account, const char *jid, uint32_t device, const struct key *key,
    struct vouched *count, GError **error)
{
	struct device_row *row = device_row_load(store, account, jid, device);
	bool differs = row != NULL && row->has_key && memcmp(row->key, key->bytes, KEYS_PUBLIC) != 0;
	enum trust trust = row != NULL ? row->trust : TRUST_UNDECIDED;

	device_row_free(row);
	if (differs)
		count->differ++;
	else if (trust == TRUST_DISTRUSTED)
		count->refused++;
	else if (trust == TRUST_VERIFIED)
		count->known++;
	else
		count->verified++;
	if (differs || trust == TRUST_DISTRUSTED || trust == TRUST_VERIFIED)
		return true;
	return device_key_save(store, account, jid, device, key->bytes, clock_real_us() / 1000, error) &&
	    device_trust_save(store, account, jid, device, TRUST_VERIFIED, error);
}

/* The bare address in its one form; NULL: it is none. */
static char *
bare(const char *text)
{
	g_autofree char *jid = jid_normalise(text, NULL);

	return jid != NULL && jid_resource(jid) == NULL ? g_steal_pointer(&jid) : NULL;
}

static bool
refused(GError **error, const char *sentence)
{
	g_set_error_literal(error, CRYPTO_ERROR, CRYPTO_ERROR_REFUSED, sentence);
	return false;
}

/* --- links --- */

char *
keyring_link(const struct keyring *ring, const char *jid)
{
	struct fingerprint one = { keyring_device(ring), keyring_identity(ring)->key };

	return fingerprint_link(jid, &one, 1);
}

bool
keyring_take_link(struct store *store, int64_t account, const char *link, char **jid, struct vouched *count,
    GError **error)
{
	g_autofree char *address = NULL;
	GArray *list = fingerprint_parse_link(link, &address);
	bool ok = true;

	memset(count, 0, sizeof *count);
	*jid = address != NULL ? bare(address) : NULL;
	for (guint i = 0; ok && list != NULL && *jid != NULL && i < list->len; i++) {
		const struct fingerprint *one = &g_array_index(list, struct fingerprint, i);

		ok = vouch(store, account, *jid, one->device, &one->key, count, error);
	}
	if (list != NULL)
		g_array_unref(list);
	if (*jid == NULL)
		return refused(error, "This is no link with a fingerprint. One begins with xmpp: and has ?omemo-sid- "
		    "in it.");
	if (!ok)
		g_clear_pointer(jid, g_free);
	return ok;
}

/* --- files --- */

char *
keyring_team(const struct keyring *ring, const char *jid, GError **error)
{
	g_autoptr(GPtrArray) rows = device_rows(keyring_store(ring), keyring_account(ring), NULL);
	struct team team;
	char *text;

	team_init(&team);
	team.by.jid = g_strdup(jid);
	team.by.device = keyring_device(ring);
	team.at_ms = clock_real_us() / 1000;
	for (guint i = 0; i < rows->len; i++) {
		const struct device_row *row = rows->pdata[i];
		struct key key;

		if (row->trust == TRUST_VERIFIED && row->active && row->has_key && key_parse(&key, row->key,
		    KEYS_PUBLIC))
			team_add(&team, row->jid, row->device, &key);
	}
	text = team_sign(&team, keyring_identity(ring), error);
	team_clear(&team);
	return text;
}

/* Is the key that signed it one that somebody here compared? */
static bool
is_believed(const struct keyring *ring, const struct team_member *by, const char *jid)
{
	struct device_row *row;
	bool ok;

	if (key_equal(&by->key, &keyring_identity(ring)->key))
		return true;
	row = device_row_load(keyring_store(ring), keyring_account(ring), jid, by->device);
	ok = row != NULL && row->has_key && row->trust == TRUST_VERIFIED &&
	    memcmp(row->key, by->key.bytes, KEYS_PUBLIC) == 0;
	device_row_free(row);
	return ok;
}

static bool
take_members(struct keyring *ring, const struct team *team, struct vouched *count, GError **error)
{
	for (guint i = 0; i < team->members->len; i++) {
		const struct team_member *member = &g_array_index(team->members, struct team_member, i);
		g_autofree char *jid = bare(member->jid);

		if (jid == NULL)
			return refused(error, "The file of fingerprints has an address that is none.");
		/* Ours is ours, whatever others say of it. */
		if (key_equal(&member->key, &keyring_identity(ring)->key))
			continue;
		if (!vouch(keyring_store(ring), keyring_account(ring), jid, member->device, &member->key, count, error))
			return false;
	}
	return true;
}

bool
keyring_take_team(struct keyring *ring, const char *text, gsize n, struct vouched *count, GError **error)
{
	g_autofree char *jid = NULL;
	struct team team;
	bool ok;

	memset(count, 0, sizeof *count);
	team_init(&team);
	ok = team_parse(&team, text, n, error);
	jid = ok ? bare(team.by.jid) : NULL;
	if (ok && jid == NULL) {
		ok = refused(error, "The file of fingerprints says no address of who made it.");
	} else if (ok && !is_believed(ring, &team.by, jid)) {
		g_autofree char *blocks = fingerprint_blocks(&team.by.key);

		g_set_error(error, CRYPTO_ERROR, CRYPTO_ERROR_REFUSED, "The file is signed by device %u of %s, which "
		    "nobody verified here: %s. Compare that with them first.", team.by.device, jid, blocks);
		ok = false;
	}
	ok = ok && take_members(ring, &team, count, error);
	team_clear(&team);
	return ok;
}
