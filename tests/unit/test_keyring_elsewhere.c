/* Keys that come from elsewhere: from Profanity, by links, in files of a team. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/limits.h"
#include "core/keyring_profanity.h"
#include "core/keyring_vouch.h"
#include "crypto/fingerprint.h"
#include "crypto/team.h"
#include "onering.h"

/* --- from Profanity --- */

static void
put_base64(GKeyFile *file, const char *group, const char *key, const void *bytes, gsize n)
{
	g_autofree char *text = g_base64_encode(bytes, n);

	g_key_file_set_string(file, group, key, text);
}

static void
put_record(GKeyFile *file, const char *group, unsigned number, GBytes *record)
{
	g_autofree char *key = g_strdup_printf("%u", number);

	put_base64(file, group, key, g_bytes_get_data(record, NULL), g_bytes_get_size(record));
}

static void
put_file(GKeyFile *file, const char *name)
{
	g_autofree char *path = g_build_filename(t.folder, name, NULL);

	assert_true(g_key_file_save_to_file(file, path, NULL));
	g_key_file_free(file);
}

/* What Profanity would have on its disk with these keys, who has a session with you. */
static void
be_profanity(const struct memkeys *prof)
{
	GKeyFile *identity = g_key_file_new(), *sessions = g_key_file_new(), *trust = g_key_file_new();
	GKeyFile *known = g_key_file_new();
	g_autofree char *print = fingerprint_text(&you.identity.key), *other = NULL;
	GHashTableIter iter;
	gpointer id, record;

	g_key_file_set_uint64(identity, "identity", "device_id", prof->device);
	g_key_file_set_uint64(identity, "identity", "registration_id", 1234);
	put_base64(identity, "identity", "identity_key_public", prof->identity.key.bytes, KEY_SIZE);
	put_base64(identity, "identity", "identity_key_private", prof->identity.secret, KEY_PRIVATE_SIZE);
	g_hash_table_iter_init(&iter, prof->prekeys);
	while (g_hash_table_iter_next(&iter, &id, &record))
		if (!g_hash_table_contains(prof->used, id))
			put_record(identity, "prekeys", GPOINTER_TO_UINT(id), record);
	put_record(identity, "signed_prekeys", prof->signed_id, prof->signed_prekey);
	g_key_file_set_string(identity, "prekeys", "70", "bm90IGEga2V5");
	put_file(identity, "identity.txt");
	put_record(sessions, you.name, you.device, g_hash_table_lookup(prof->sessions, "you@example.net/77"));
	put_record(sessions, "garbled@example.net", 8, prof->signed_prekey);
	put_file(sessions, "sessions.txt");
	put_base64(trust, you.name, "77", you.identity.key.bytes, KEY_SIZE);
	put_base64(trust, "nobody@example.net", "0", you.identity.key.bytes, KEY_SIZE);
	put_base64(trust, "@", "5", you.identity.key.bytes, KEY_SIZE);
	put_file(trust, "trust.txt");
	g_key_file_set_string(known, you.name, "77", print);
	other = fingerprint_text(&prof->identity.key);
	g_key_file_set_string(known, "other@example.net", "9", other);
	put_file(known, "known_devices.txt");
}

static bool
move_in(bool replace, struct keyring_moved *moved)
{
	g_autoptr(GError) error = NULL;
	bool ok;

	keyring_free(ring);
	ring = NULL;
	tempstore_begin(&t);
	ok = keyring_move_profanity(t.store, t.account, t.folder, TRUST_VERIFIED, replace, moved, &error);
	assert_true(ok == (error == NULL));
	assert_true(store_end(t.store, ok, NULL) || !ok);
	tempstore_commit(&t);
	onering_open();
	return ok;
}

static void
test_profanity(void **state)
{
	uint32_t before = keyring_device(ring);
	struct ratchet_sealed first, second, back;
	struct keyring_moved moved;
	struct memkeys prof;
	struct device_row *row;
	g_autofree char *text = NULL;

	(void)state;
	memkeys_init(&prof, TEMPSTORE_ME, 4711, 5);
	assert_int_equal(memkeys_start(&you, &prof), RATCHET_OK);
	assert_int_equal(memkeys_send(&you, &prof, "one", &first), RATCHET_OK);
	assert_int_equal(memkeys_receive(&prof, &you, &first, &text), RATCHET_OK);
	g_clear_pointer(&text, g_free);
	assert_int_equal(memkeys_send(&you, &prof, "two", &second), RATCHET_OK);
	be_profanity(&prof);

	assert_false(move_in(false, &moved));
	assert_int_equal(keyring_device(ring), before);
	assert_int_equal(onering_prekeys(), LIMIT_PREKEYS_OWN);
	assert_true(move_in(true, &moved));
	assert_int_equal(moved.device, 4711);
	assert_int_equal(keyring_device(ring), 4711);
	assert_memory_equal(keyring_identity(ring), &prof.identity, sizeof prof.identity);
	assert_int_equal(moved.prekeys, 4);
	assert_int_equal(moved.sessions, 1);
	assert_int_equal(moved.devices, 2);
	assert_int_equal(moved.trusted, 1);
	/* A prekey and a session that are none, device 0, an address that is none. */
	assert_int_equal(moved.refused, 4);
	assert_int_equal(onering_prekeys(), LIMIT_PREKEYS_OWN);
	row = device_row_load(t.store, t.account, you.name, 77);
	assert_true(row->has_key && row->has_session && row->trust == TRUST_VERIFIED);
	device_row_free(row);
	row = device_row_load(t.store, t.account, "other@example.net", 9);
	assert_true(row->has_key && !row->has_session && row->trust == TRUST_UNDECIDED);
	device_row_free(row);
	/* It goes on where Profanity was. */
	assert_int_equal(onering_hear(&first, true), RATCHET_DUPLICATE);
	assert_int_equal(onering_hear(&second, true), RATCHET_OK);
	tempstore_begin(&t);
	assert_int_equal(ratchet_encrypt(keyring_ratchet(ring), you.name, you.device, "back", 4, &back), RATCHET_OK);
	tempstore_end(&t);
	tempstore_commit(&t);
	assert_int_equal(memkeys_receive(&you, &prof, &back, &text), RATCHET_OK);
	assert_string_equal(text, "back");
	ratchet_sealed_clear(&first);
	ratchet_sealed_clear(&second);
	ratchet_sealed_clear(&back);
	memkeys_clear(&prof);
}

/* Nothing there, half of it, another file: what is here stays. */
static void
test_profanity_refused(void **state)
{
	static const char *const texts[] = {
		"", "[identity]\n", "no key file", "[identity]\ndevice_id=5\nidentity_key_public=AAAA\n",
		"[identity]\ndevice_id=-1\nidentity_key_public=AAAA\nidentity_key_private=AAAA\n",
	};
	uint32_t before = keyring_device(ring);
	g_autofree char *path = g_build_filename(t.folder, "identity.txt", NULL);
	struct keyring_moved moved;

	(void)state;
	assert_false(move_in(true, &moved));
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		assert_true(g_file_set_contents(path, texts[i], -1, NULL));
		assert_false(move_in(true, &moved));
		assert_int_equal(keyring_device(ring), before);
		assert_int_equal(onering_prekeys(), LIMIT_PREKEYS_OWN);
	}
}

static void
test_profanity_folder(void **state)
{
	g_autofree char *folder = keyring_profanity_folder("alice@example.org");

	(void)state;
	assert_true(g_str_has_suffix(folder, "/profanity/omemo/alice_at_example.org"));
}

/* --- fingerprints that somebody compared elsewhere --- */

static enum trust
trust_in(const char *jid, uint32_t device)
{
	struct device_row *row = device_row_load(t.store, t.account, jid, device);
	enum trust trust = row != NULL ? row->trust : TRUST_UNDECIDED;

	device_row_free(row);
	return trust;
}

static void
assert_vouched(const struct vouched *n, unsigned verified, unsigned known, unsigned refused, unsigned differ)
{
	assert_int_equal(n->verified, verified);
	assert_int_equal(n->known, known);
	assert_int_equal(n->refused, refused);
	assert_int_equal(n->differ, differ);
}

static void
test_link(void **state)
{
	struct fingerprint list[2] = { { 77, you.identity.key }, { 78, you.identity.key } };
	g_autofree char *link = fingerprint_link("You@Example.net", list, 2), *ours = NULL, *jid = NULL;
	g_autoptr(GError) error = NULL;
	struct vouched n;
	GArray *found;

	(void)state;
	ours = keyring_link(ring, TEMPSTORE_ME);
	found = fingerprint_parse_link(ours, &jid);
	assert_string_equal(jid, TEMPSTORE_ME);
	assert_int_equal(g_array_index(found, struct fingerprint, 0).device, keyring_device(ring));
	g_array_unref(found);
	g_clear_pointer(&jid, g_free);

	tempstore_begin(&t);
	assert_true(device_key_save(t.store, t.account, TEMPSTORE_YOU, 78, keyring_identity(ring)->key.bytes, 1, NULL));
	assert_true(keyring_take_link(t.store, t.account, link, &jid, &n, NULL));
	assert_string_equal(jid, TEMPSTORE_YOU);
	assert_vouched(&n, 1, 0, 0, 1);
	assert_int_equal(trust_in(TEMPSTORE_YOU, 77), TRUST_VERIFIED);
	assert_int_equal(trust_in(TEMPSTORE_YOU, 78), TRUST_UNDECIDED);
	g_clear_pointer(&jid, g_free);
	assert_true(device_trust_save(t.store, t.account, TEMPSTORE_YOU, 77, TRUST_DISTRUSTED, NULL));
	assert_true(keyring_take_link(t.store, t.account, link, &jid, &n, NULL));
	assert_vouched(&n, 0, 0, 1, 1);
	assert_int_equal(trust_in(TEMPSTORE_YOU, 77), TRUST_DISTRUSTED);
	g_clear_pointer(&jid, g_free);
	assert_false(keyring_take_link(t.store, t.account, "xmpp:you@example.net", &jid, &n, &error));
	assert_null(jid);
	assert_non_null(error);
	tempstore_end(&t);
	tempstore_commit(&t);
}

/* A colleague's file: not believed before the colleague is. */
static void
test_team_file(void **state)
{
	struct memkeys carol, dave;
	struct team team;
	g_autofree char *text = NULL, *mine = NULL;
	g_autoptr(GError) error = NULL;
	struct vouched n;

	(void)state;
	memkeys_init(&carol, "carol@example.net", 5, 0);
	memkeys_init(&dave, "dave@example.net", 6, 0);
	team_init(&team);
	team.by.jid = g_strdup(TEMPSTORE_YOU);
	team.by.device = you.device;
	team.at_ms = ONERING_NOW_MS;
	team_add(&team, carol.name, carol.device, &carol.identity.key);
	team_add(&team, dave.name, dave.device, &dave.identity.key);
	team_add(&team, TEMPSTORE_ME, keyring_device(ring), &keyring_identity(ring)->key);
	text = team_sign(&team, &you.identity, NULL);
	team_clear(&team);

	tempstore_begin(&t);
	assert_false(keyring_take_team(ring, text, strlen(text), &n, &error));
	assert_non_null(strstr(error->message, "device 77 of you@example.net"));
	assert_int_equal(trust_in(carol.name, 5), TRUST_UNDECIDED);
	/* Known and not compared is not enough; nor is another key that was compared. */
	assert_true(device_key_save(t.store, t.account, TEMPSTORE_YOU, 77, you.identity.key.bytes, 1, NULL));
	assert_true(device_trust_save(t.store, t.account, TEMPSTORE_YOU, 77, TRUST_BLIND, NULL));
	assert_false(keyring_take_team(ring, text, strlen(text), &n, NULL));
	assert_true(device_trust_save(t.store, t.account, TEMPSTORE_YOU, 77, TRUST_VERIFIED, NULL));
	assert_true(device_key_save(t.store, t.account, dave.name, 6, carol.identity.key.bytes, 1, NULL));
	assert_true(keyring_take_team(ring, text, strlen(text), &n, NULL));
	assert_vouched(&n, 1, 0, 0, 1);
	assert_int_equal(trust_in(carol.name, 5), TRUST_VERIFIED);
	assert_int_equal(trust_in(dave.name, 6), TRUST_UNDECIDED);
	assert_true(keyring_take_team(ring, text, strlen(text), &n, NULL));
	assert_vouched(&n, 0, 1, 0, 1);
	assert_null(device_row_load(t.store, t.account, TEMPSTORE_ME, keyring_device(ring)));
	tempstore_end(&t);

	/* Ours has those that are verified and on their lists, and we believe ourselves. */
	onering_list(TEMPSTORE_YOU, &you.device, 1);
	mine = keyring_team(ring, TEMPSTORE_ME, NULL);
	team_init(&team);
	assert_true(team_parse(&team, mine, strlen(mine), NULL));
	assert_int_equal(team.members->len, 1);
	assert_string_equal(g_array_index(team.members, struct team_member, 0).jid, TEMPSTORE_YOU);
	team_clear(&team);
	tempstore_begin(&t);
	assert_true(device_trust_save(t.store, t.account, TEMPSTORE_YOU, 77, TRUST_BLIND, NULL));
	assert_true(keyring_take_team(ring, mine, strlen(mine), &n, NULL));
	assert_vouched(&n, 1, 0, 0, 0);
	tempstore_end(&t);
	tempstore_commit(&t);
	memkeys_clear(&carol);
	memkeys_clear(&dave);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, onering_setup, onering_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_profanity), TEST(test_profanity_refused), TEST(test_profanity_folder), TEST(test_link),
		TEST(test_team_file),
	};

	return cmocka_run_group_tests_name("keyring from elsewhere", tests, NULL, NULL);
}
