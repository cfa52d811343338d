/* Keys in the database: made, kept, changed with the message that spends them, forgotten without a trace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "faultvfs.h"
#include "onering.h"
#include "store/db.h"
#include "store/recover.h"

static void
test_made_once(void **state)
{
	uint32_t device = keyring_device(ring);
	struct identity identity = *keyring_identity(ring);
	struct bundle bundle, again;

	(void)state;
	assert_true(device > 0 && device <= KEY_DEVICE_MAX);
	assert_true(keyring_exists(t.store, t.account));
	assert_false(keyring_exists(t.store, t.account + 1));
	assert_true(keyring_bundle(ring, &bundle, NULL));
	assert_true(bundle_verify(&bundle));
	assert_int_equal(bundle.prekeys->len, LIMIT_PREKEYS_OWN);
	onering_reopen();
	assert_int_equal(keyring_device(ring), device);
	assert_memory_equal(keyring_identity(ring), &identity, sizeof identity);
	assert_true(keyring_bundle(ring, &again, NULL));
	assert_memory_equal(bundle.prekeys->data, again.prekeys->data,
	    LIMIT_PREKEYS_OWN * sizeof(struct bundle_prekey));
	assert_memory_equal(&bundle.signed_key, &again.signed_key, sizeof bundle.signed_key);
	bundle_clear(&bundle);
	bundle_clear(&again);
	identity_clear(&identity);
}

/* The savepoint in which the ratchet moved is taken back: the same message is read again. */
static void
test_savepoint(void **state)
{
	struct ratchet_sealed first, second;
	struct device_row *row;

	(void)state;
	onering_you_begin();
	onering_you_say("one", &first);
	onering_you_say("two", &second);
	assert_int_equal(onering_hear(&first, false), RATCHET_OK);
	assert_null(device_row_load(t.store, t.account, you.name, you.device));
	assert_int_equal(onering_hear(&first, true), RATCHET_OK);
	assert_int_equal(onering_hear(&first, true), RATCHET_DUPLICATE);
	assert_int_equal(onering_hear(&second, false), RATCHET_OK);
	tempstore_commit(&t);
	onering_reopen();
	assert_int_equal(onering_hear(&first, true), RATCHET_DUPLICATE);
	assert_int_equal(onering_hear(&second, true), RATCHET_OK);
	assert_int_equal(onering_hear(&second, true), RATCHET_DUPLICATE);
	row = device_row_load(t.store, t.account, you.name, you.device);
	assert_true(row->has_key && row->has_session && !row->active && !row->announced);
	assert_int_equal(row->trust, TRUST_UNDECIDED);
	assert_memory_equal(row->key, you.identity.key.bytes, KEYS_PUBLIC);
	assert_int_equal(row->first_ms, ONERING_NOW_MS);
	device_row_free(row);
	ratchet_sealed_clear(&first);
	ratchet_sealed_clear(&second);
	tempstore_commit(&t);
}

/* The disk refuses the commit: all is kept, and is there once it takes it. */
static void
test_refused_commit(void **state)
{
	struct ratchet_sealed first, second;
	g_autoptr(GError) error = NULL;

	(void)state;
	keyring_free(ring);
	store_close(t.store);
	t.store = store_open(t.path, faultvfs_register(), NULL);
	assert_non_null(t.store);
	onering_open();
	onering_you_begin();
	onering_you_say("one", &first);
	onering_you_say("two", &second);
	assert_int_equal(onering_hear(&first, true), RATCHET_OK);
	faultvfs_fail_at(1, FAULT_FULL, true);
	assert_false(store_commit(t.store, &error));
	assert_true(g_error_matches(error, STORE_ERROR, STORE_ERROR_FULL));
	assert_int_equal(onering_hear(&first, true), RATCHET_DUPLICATE);
	faultvfs_reset();
	assert_int_equal(onering_hear(&second, true), RATCHET_OK);
	tempstore_commit(&t);
	onering_reopen();
	assert_int_equal(onering_hear(&first, true), RATCHET_DUPLICATE);
	assert_int_equal(onering_hear(&second, true), RATCHET_DUPLICATE);
	ratchet_sealed_clear(&first);
	ratchet_sealed_clear(&second);
	tempstore_commit(&t);
}

static bool
refill(void)
{
	bool changed = false;

	tempstore_begin(&t);
	assert_true(keyring_refill(ring, &changed, NULL));
	tempstore_end(&t);
	tempstore_commit(&t);
	return changed;
}

/* A prekey that was used is in no bundle, is good until the catch-up is done, and its number does not come again. */
static void
test_prekeys(void **state)
{
	struct ratchet_sealed first;
	struct bundle before, after;
	GBytes *record;
	uint32_t id = 0;

	(void)state;
	assert_false(refill());
	onering_you_begin();
	onering_you_say("one", &first);
	assert_true(keyring_bundle(ring, &before, NULL));
	assert_int_equal(onering_hear(&first, true), RATCHET_OK);
	tempstore_commit(&t);
	assert_int_equal(onering_prekeys(), LIMIT_PREKEYS_OWN - 1);
	assert_true(refill());
	assert_false(refill());
	assert_true(keyring_bundle(ring, &after, NULL));
	assert_int_equal(after.prekeys->len, LIMIT_PREKEYS_OWN);
	for (guint i = 0; i < after.prekeys->len; i++) {
		uint32_t here = g_array_index(after.prekeys, struct bundle_prekey, i).id;
		uint32_t there = g_array_index(before.prekeys, struct bundle_prekey, i).id;

		if (here != there && id == 0)
			id = there;
	}
	assert_int_equal(g_array_index(after.prekeys, struct bundle_prekey, after.prekeys->len - 1).id,
	    LIMIT_PREKEYS_OWN + 1);
	assert_int_equal(prekey_load(t.store, t.account, id, &record), 1);
	g_bytes_unref(record);
	tempstore_begin(&t);
	assert_true(keyring_settle(ring, NULL));
	tempstore_end(&t);
	tempstore_commit(&t);
	assert_int_equal(prekey_load(t.store, t.account, id, &record), 0);
	bundle_clear(&before);
	bundle_clear(&after);
	ratchet_sealed_clear(&first);
}

static uint32_t
signed_id(void)
{
	struct bundle bundle;
	uint32_t id;

	assert_true(keyring_bundle(ring, &bundle, NULL));
	id = bundle.signed_id;
	bundle_clear(&bundle);
	return id;
}

static void
test_signed_prekey(void **state)
{
	struct ratchet_sealed late;
	GBytes *record;

	(void)state;
	onering_you_begin();
	onering_you_say("late", &late);
	clock_fake_advance(LIMIT_SIGNED_AGE * ONERING_DAY_MS - 1000);
	assert_false(refill());
	assert_int_equal(signed_id(), 1);
	clock_fake_advance(2000);
	assert_true(refill());
	assert_int_equal(signed_id(), 2);
	assert_int_equal(onering_hear(&late, true), RATCHET_OK);
	tempstore_commit(&t);
	/* Away for two months: what was written meanwhile was written to the second one. */
	clock_fake_advance(60 * ONERING_DAY_MS);
	assert_true(refill());
	assert_int_equal(signed_id(), 3);
	assert_int_equal(signed_prekey_load(t.store, t.account, 1, &record), 0);
	assert_int_equal(signed_prekey_load(t.store, t.account, 2, &record), 1);
	g_bytes_unref(record);
	clock_fake_advance((LIMIT_SIGNED_KEPT - 1) * ONERING_DAY_MS);
	assert_true(refill());
	assert_int_equal(signed_prekey_load(t.store, t.account, 2, &record), 1);
	g_bytes_unref(record);
	clock_fake_advance((LIMIT_SIGNED_AGE + 1) * ONERING_DAY_MS);
	assert_true(refill());
	assert_int_equal(signed_prekey_load(t.store, t.account, 2, &record), 0);
	assert_int_equal(signed_prekey_load(t.store, t.account, 3, &record), 1);
	g_bytes_unref(record);
	ratchet_sealed_clear(&late);
}

/* The clock was a year ahead for a while: the key that was made then is not published for a year. */
static void
test_wrong_clock(void **state)
{
	(void)state;
	clock_fake_advance(365 * ONERING_DAY_MS);
	assert_true(refill());
	clock_fake_stop();
	clock_fake_start(ONERING_NOW_MS * 1000);
	assert_true(refill());
	assert_false(refill());
}

static bool
file_has(const char *path, const void *bytes, gsize n)
{
	g_autofree char *text = NULL;
	gsize len = 0;

	return g_file_get_contents(path, &text, &len, NULL) && memmem(text, len, bytes, n) != NULL;
}

/* What is deleted or replaced is not in the file any more, once the log went into it. */
static void
test_wiped(void **state)
{
	static uint8_t filler[9000];
	struct own_row own;
	GBytes *record;
	g_autofree uint8_t *prekey = NULL;

	(void)state;
	assert_true(own_load(t.store, t.account, &own, NULL));
	assert_int_equal(prekey_load(t.store, t.account, 50, &record), 1);
	prekey = g_memdup2(g_bytes_get_data(record, NULL), g_bytes_get_size(record));
	memset(filler, 'Q', sizeof filler);
	tempstore_begin(&t);
	assert_true(ratchet_row_save(t.store, t.account, "x@y", 1, filler, sizeof filler, NULL));
	assert_true(ratchet_row_save(t.store, t.account, "x@y", 2, filler, 200, NULL));
	tempstore_end(&t);
	tempstore_commit(&t);
	db_exec(t.store, "PRAGMA wal_checkpoint(TRUNCATE)", NULL);
	assert_true(file_has(t.path, own.secret, sizeof own.secret));
	assert_true(file_has(t.path, prekey, g_bytes_get_size(record)));
	assert_true(file_has(t.path, filler, 1000));
	tempstore_begin(&t);
	assert_true(ratchet_row_save(t.store, t.account, "x@y", 1, "short", 5, NULL));
	assert_true(ratchet_row_save(t.store, t.account, "x@y", 2, "short", 5, NULL));
	assert_true(own_forget(t.store, t.account, NULL));
	tempstore_end(&t);
	tempstore_commit(&t);
	db_exec(t.store, "PRAGMA wal_checkpoint(TRUNCATE)", NULL);
	assert_false(file_has(t.path, own.secret, sizeof own.secret));
	assert_false(file_has(t.path, prekey, g_bytes_get_size(record)));
	assert_false(file_has(t.path, filler, 50));
	assert_false(keyring_exists(t.store, t.account));
	g_bytes_unref(record);
	own_clear(&own);
}

static void
assert_devices(const char *jid, const char *wanted)
{
	g_autoptr(GPtrArray) rows = device_rows(t.store, t.account, jid);
	GString *found = g_string_new(NULL);

	for (guint i = 0; i < rows->len; i++) {
		const struct device_row *row = rows->pdata[i];

		g_string_append_printf(found, "%s%u%s", i > 0 ? " " : "", row->device, row->active ? "" : "-");
	}
	assert_string_equal(found->str, wanted);
	g_string_free(found, TRUE);
}

static void
test_lists(void **state)
{
	static const uint32_t first[] = { 5, 3, 5, 0, 0xffffffff, 0x80000000, 9 }, second[] = { 9, 4 };
	const char *jid = "z@example.org";
	struct device_row *row;
	int64_t came;

	(void)state;
	assert_false(device_list_known(t.store, t.account, jid, NULL));
	onering_list(jid, NULL, 0);
	assert_true(device_list_known(t.store, t.account, jid, &came));
	assert_int_equal(came, ONERING_NOW_MS);
	onering_list(jid, first, G_N_ELEMENTS(first));
	assert_devices(jid, "3 5 9");
	tempstore_begin(&t);
	assert_true(device_key_save(t.store, t.account, jid, 3, you.identity.key.bytes, 1, NULL));
	assert_true(device_trust_save(t.store, t.account, jid, 3, TRUST_VERIFIED, NULL));
	assert_true(device_seen(t.store, t.account, jid, 9, 12345, NULL));
	tempstore_end(&t);
	/* 5 is forgotten: nothing is known of it; 3 is not. */
	onering_list(jid, second, G_N_ELEMENTS(second));
	assert_devices(jid, "3- 9 4");
	row = device_row_load(t.store, t.account, jid, 3);
	assert_int_equal(row->trust, TRUST_VERIFIED);
	assert_true(row->has_key);
	device_row_free(row);
	/* The same list again writes nothing. */
	tempstore_begin(&t);
	assert_true(device_list_save(t.store, t.account, jid, second, 2, 999, NULL));
	tempstore_end(&t);
	assert_false(store_dirty(t.store));
	onering_list(jid, first, G_N_ELEMENTS(first));
	row = device_row_load(t.store, t.account, jid, 3);
	assert_true(row->active && row->trust == TRUST_VERIFIED);
	device_row_free(row);
	row = device_row_load(t.store, t.account, jid, 9);
	assert_int_equal(row->last_ms, 12345);
	device_row_free(row);
	assert_null(device_row_load(t.store, t.account, "other@example.org", 9));
	assert_null(device_row_load(t.store, t.account + 1, jid, 9));
}

/* Somebody publishes other devices each day, with keys: the oldest go, but none about which somebody decided. */
static void
test_many_devices(void **state)
{
	const char *jid = "z@example.org";
	g_autoptr(GPtrArray) rows = NULL;
	struct device_row *row;
	uint32_t ids[LIMIT_DEVICES + 10];

	(void)state;
	for (uint32_t round = 0; round < 6; round++) {
		for (uint32_t i = 0; i < G_N_ELEMENTS(ids); i++)
			ids[i] = round * 1000 + i + 1;
		onering_list(jid, ids, G_N_ELEMENTS(ids));
		tempstore_begin(&t);
		for (uint32_t i = 0; i < LIMIT_DEVICES; i++) {
			assert_true(device_key_save(t.store, t.account, jid, ids[i], you.identity.key.bytes, 1, NULL));
			assert_true(ratchet_row_save(t.store, t.account, jid, ids[i], "r", 1, NULL));
		}
		if (round == 0)
			assert_true(device_trust_save(t.store, t.account, jid, 7, TRUST_DISTRUSTED, NULL));
		tempstore_end(&t);
	}
	rows = device_rows(t.store, t.account, jid);
	assert_int_equal(rows->len, LIMIT_DEVICES_KEPT);
	row = device_row_load(t.store, t.account, jid, 7);
	assert_int_equal(row->trust, TRUST_DISTRUSTED);
	device_row_free(row);
	assert_null(device_row_load(t.store, t.account, jid, 8));
	assert_null(device_row_load(t.store, t.account, jid, 5000 + LIMIT_DEVICES + 1));
	tempstore_commit(&t);
}

/* Or writes from one device after another, without any list. */
static void
test_many_senders(void **state)
{
	const char *jid = "z@example.org";
	g_autoptr(GPtrArray) rows = NULL;

	(void)state;
	tempstore_begin(&t);
	for (uint32_t device = 1; device <= LIMIT_DEVICES_KEPT + 50; device++) {
		assert_true(device_key_save(t.store, t.account, jid, device, you.identity.key.bytes, device, NULL));
		assert_true(ratchet_row_save(t.store, t.account, jid, device, "r", 1, NULL));
	}
	tempstore_end(&t);
	tempstore_commit(&t);
	rows = device_rows(t.store, t.account, jid);
	assert_int_equal(rows->len, LIMIT_DEVICES_KEPT);
	assert_int_equal(((const struct device_row *)rows->pdata[0])->device, 51);
	assert_true(((const struct device_row *)rows->pdata[0])->has_session);
}

/* A key that is known does not change, whoever says another. */
static void
test_key_stays(void **state)
{
	uint8_t other[KEYS_PUBLIC] = { 5, 1 }, found[KEYS_PUBLIC];
	const char *jid = "z@example.org";
	struct device_row *row;

	(void)state;
	tempstore_begin(&t);
	assert_true(device_key_save(t.store, t.account, jid, 3, you.identity.key.bytes, 1, NULL));
	assert_true(device_key_save(t.store, t.account, jid, 3, other, 1, NULL));
	assert_int_equal(device_key_load(t.store, t.account, jid, 3, found), 1);
	assert_memory_equal(found, you.identity.key.bytes, KEYS_PUBLIC);
	assert_int_equal(device_key_load(t.store, t.account, jid, 4, found), 0);
	row = device_row_load(t.store, t.account, jid, 3);
	row->label = g_strdup("desk");
	row->announced = true;
	row->repaired_ms = 99;
	assert_true(device_row_save(t.store, t.account, row, NULL));
	device_row_free(row);
	row = device_row_load(t.store, t.account, jid, 3);
	assert_string_equal(row->label, "desk");
	assert_true(row->announced && row->has_key && row->repaired_ms == 99);
	device_row_free(row);
	assert_true(device_row_delete(t.store, t.account, jid, 3, NULL));
	assert_null(device_row_load(t.store, t.account, jid, 3));
	tempstore_end(&t);
	tempstore_commit(&t);
}

/* Damage is said, and no new identity takes the place of the one that cannot be read. */
static void
test_damaged(void **state)
{
	g_autoptr(GError) error = NULL;
	struct keyring *none;

	(void)state;
	db_exec(t.store, "UPDATE own SET secret = zeroblob(32)", NULL);
	tempstore_begin(&t);
	none = keyring_open(t.store, t.account, &error);
	tempstore_end(&t);
	assert_null(none);
	assert_non_null(strstr(error->message, "damaged"));
	g_clear_error(&error);
	db_exec(t.store, "UPDATE own SET secret = zeroblob(31)", NULL);
	tempstore_begin(&t);
	none = keyring_open(t.store, t.account, &error);
	tempstore_end(&t);
	assert_null(none);
	assert_true(g_error_matches(error, STORE_ERROR, STORE_ERROR_DAMAGED));
}

/* The database set aside as damaged, and a new one in its place. */
static char *
put_aside(void)
{
	char *aside = g_strconcat(t.path, ".damaged-x", NULL);

	keyring_free(ring);
	ring = NULL;
	tempstore_commit(&t);
	store_close(t.store);
	assert_int_equal(rename(t.path, aside), 0);
	t.store = store_open(t.path, NULL, NULL);
	assert_non_null(t.store);
	return aside;
}

static void
test_recovered(void **state)
{
	uint32_t device = keyring_device(ring);
	struct ratchet_sealed first, second;
	g_autofree char *aside = NULL;
	struct recovered n;
	struct device_row *row;

	(void)state;
	onering_you_begin();
	onering_you_say("one", &first);
	onering_you_say("two", &second);
	assert_int_equal(onering_hear(&first, true), RATCHET_OK);
	tempstore_begin(&t);
	assert_true(device_trust_save(t.store, t.account, you.name, you.device, TRUST_VERIFIED, NULL));
	tempstore_end(&t);
	aside = put_aside();
	assert_true(recover_merge(t.store, aside, &n, NULL));
	assert_int_equal(n.identities, 1);
	assert_int_equal(n.devices, 1);
	onering_open();
	assert_int_equal(keyring_device(ring), device);
	assert_int_equal(onering_hear(&first, true), RATCHET_DUPLICATE);
	assert_int_equal(onering_hear(&second, true), RATCHET_OK);
	row = device_row_load(t.store, t.account, you.name, you.device);
	assert_int_equal(row->trust, TRUST_VERIFIED);
	device_row_free(row);
	assert_int_equal(onering_prekeys(), LIMIT_PREKEYS_OWN - 1);
	/* Once more: nothing goes back to what it was. */
	tempstore_commit(&t);
	assert_true(recover_merge(t.store, aside, &n, NULL));
	assert_int_equal(n.identities + n.devices, 0);
	assert_int_equal(onering_hear(&second, true), RATCHET_DUPLICATE);
	tempstore_commit(&t);
	ratchet_sealed_clear(&first);
	ratchet_sealed_clear(&second);
}

/* The new one has a device of its own by now: it stays, and does not speak in the sessions of the other. */
static void
test_recovered_beside(void **state)
{
	struct ratchet_sealed first, second;
	g_autofree char *aside = NULL;
	struct recovered n;
	struct device_row *row;
	uint32_t device;

	(void)state;
	onering_you_begin();
	onering_you_say("one", &first);
	onering_you_say("two", &second);
	assert_int_equal(onering_hear(&first, true), RATCHET_OK);
	aside = put_aside();
	tempstore_begin(&t);
	t.account = store_account(t.store, TEMPSTORE_ME, NULL);
	tempstore_end(&t);
	onering_open();
	device = keyring_device(ring);
	assert_true(recover_merge(t.store, aside, &n, NULL));
	assert_int_equal(n.identities, 0);
	assert_int_equal(n.devices, 1);
	keyring_free(ring);
	onering_open();
	assert_int_equal(keyring_device(ring), device);
	assert_int_equal(onering_hear(&second, true), RATCHET_BROKEN);
	row = device_row_load(t.store, t.account, you.name, you.device);
	assert_true(row->has_key && !row->has_session);
	device_row_free(row);
	ratchet_sealed_clear(&first);
	ratchet_sealed_clear(&second);
	tempstore_commit(&t);
}

/* Any page garbled: what is brought back is what was there, or nothing. */
static void
test_recovered_pages(void **state)
{
	struct identity identity = *keyring_identity(ring);
	g_autofree char *aside = NULL, *bytes = NULL, *path = NULL;
	gsize n = 0, restored = 0;
	g_autoptr(GRand) rand = g_rand_new_with_seed(11);

	(void)state;
	aside = put_aside();
	path = g_strconcat(aside, ".garbled", NULL);
	assert_true(g_file_get_contents(aside, &bytes, &n, NULL));
	for (gsize page = 1; page < n / 4096; page++) {
		g_autofree char *copy = g_memdup2(bytes, n), *fresh = g_strdup_printf("%s-%zu", t.path, (size_t)page);
		struct store *store = store_open(fresh, NULL, NULL);
		struct recovered count;
		struct own_row own;

		for (int i = 0; i < 4096; i++)
			copy[page * 4096 + (gsize)i] = (char)g_rand_int_range(rand, 0, 256);
		assert_true(g_file_set_contents(path, copy, (gssize)n, NULL));
		if (recover_merge(store, path, &count, NULL) && own_load(store, 1, &own, NULL)) {
			assert_memory_equal(own.key, identity.key.bytes, KEYS_PUBLIC);
			assert_memory_equal(own.secret, identity.secret, KEYS_PRIVATE);
			own_clear(&own);
			restored++;
		}
		store_close(store);
	}
	assert_true(restored > n / 4096 / 2);
	identity_clear(&identity);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, onering_setup, onering_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_made_once), TEST(test_savepoint), TEST(test_refused_commit), TEST(test_prekeys),
		TEST(test_signed_prekey), TEST(test_wrong_clock), TEST(test_wiped), TEST(test_lists),
		TEST(test_many_devices), TEST(test_many_senders), TEST(test_key_stays), TEST(test_damaged),
		TEST(test_recovered),
		TEST(test_recovered_beside), TEST(test_recovered_pages),
	};

	return cmocka_run_group_tests_name("keyring", tests, NULL, NULL);
}
