/*
 * A scripted session on a disk that fails: at each single write, truncation and sync in turn, until none is left to
 * fail. What must hold afterwards: the database is sound; every turn whose commit succeeded is there, whole; the one
 * whose commit failed is there whole or not at all; nothing else is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/log.h"
#include "faultvfs.h"
#include "store/chats.h"
#include "store/streams.h"
#include "tempstore.h"

/* messages a turn: STANZAS come, one is queued, the last turn's is sent */
enum { TURNS = 3, STANZAS = 3, TRIES = 4 };

static struct tempstore t;
static const char *vfs;

static int
setup(void **state)
{
	(void)state;
	tempstore_init(&t);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	faultvfs_reset();
	tempstore_clear(&t);
	return 0;
}

static bool
hear(struct store *store, int64_t chat, int number, GError **error)
{
	g_autofree char *id = g_strdup_printf("id%d", number), *body = g_strdup_printf("body %d", number);
	struct message_arrival a = { .chat = chat, .author = TEMPSTORE_YOU, .counts = true, .origin_id = id,
	    .server_id = id, .body = body, .raw = "<message/>" };
	struct message_row *row;
	enum message_fate fate = message_arrive(store, &a, &row, error);

	message_row_free(row);
	return fate != MESSAGE_FATE_ERROR && chat_touch(store, chat, error);
}

/* One savepoint of the script: the number says what it does. */
static bool
stanza(struct store *store, int number, GError **error)
{
	int64_t account, chat;
	bool ok;

	if (!store_begin(store, error))
		return false;
	account = store_account(store, TEMPSTORE_ME, error);
	chat = account != 0 ? chat_find(store, account, TEMPSTORE_YOU, CHAT_PERSON, true, error) : 0;
	ok = chat != 0 && hear(store, chat, number, error);
	if (ok && number % STANZAS == STANZAS - 1) {
		struct stream_row stream = { .h = (uint32_t)number };
		g_autofree char *id = g_strdup_printf("out%d", number);
		struct message_row *row = message_queue(store, chat, TEMPSTORE_ME, NULL, id, "out", ENCRYPTION_NONE,
		    error);
		struct message_row *sent = row != NULL ? message_mark_sent(store, row->id, number, 0, "<m/>", error) :
		    NULL;

		ok = sent != NULL && stream_row_save(store, account, &stream, error);
		message_row_free(row);
		message_row_free(sent);
	}
	return store_end(store, ok, ok ? error : NULL) && ok;
}

/* Does fn up to TRIES times, as the core does each second; each failure must say something. */
static bool
patiently(bool (*fn)(struct store *, int, GError **), int number)
{
	for (int i = 0; i < TRIES; i++) {
		g_autoptr(GError) error = NULL;

		if (fn(t.store, number, &error))
			return true;
		assert_non_null(error);
		assert_true(error->domain == STORE_ERROR);
		assert_non_null(strstr(error->message, t.path));
	}
	return false;
}

static bool
commit(struct store *store, int number, GError **error)
{
	(void)number;
	return store_commit(store, error);
}

/* The session; returns how many turns were committed, *doubt: one more was tried. */
static int
session(bool *doubt)
{
	int turns = 0;

	*doubt = false;
	t.store = store_open(t.path, vfs, NULL);
	if (t.store == NULL)
		return 0;
	for (; turns < TURNS; turns++) {
		bool ok = true;

		for (int i = 0; ok && i < STANZAS; i++)
			ok = patiently(stanza, turns * STANZAS + i);
		if (!ok)
			break;
		*doubt = true;
		if (!patiently(commit, 0))
			break;
		*doubt = false;
	}
	store_close(t.store);
	t.store = NULL;
	return turns;
}

static bool
has_turn(int turn, int64_t chat, int *rows)
{
	int found = 0;
	bool several;

	for (int i = 0; i < STANZAS; i++) {
		g_autofree char *id = g_strdup_printf("id%d", turn * STANZAS + i);
		g_autofree char *body = g_strdup_printf("body %d", turn * STANZAS + i), *raw = NULL;
		struct message_row *row = message_by_stanza_id(t.store, chat, id, &several);

		assert_false(several);
		if (row == NULL)
			continue;
		assert_string_equal(row->body, body);
		raw = message_raw(t.store, row->id);
		assert_string_equal(raw, "<message/>");
		found++;
		message_row_free(row);
	}
	g_autofree char *out = g_strdup_printf("out%d", turn * STANZAS + STANZAS - 1);
	struct message_row *row = message_find_out(t.store, chat, out);
	if (row != NULL) {
		assert_int_equal(row->state, MESSAGE_SENT);
		found++;
	}
	message_row_free(row);
	*rows += found;
	assert_true(found == 0 || found == STANZAS + 1);
	return found != 0;
}

static void
examine(unsigned n, int turns, bool doubt)
{
	GError *error = NULL;
	int rows = 0, there = 0;
	int64_t account, chat;
	bool more;

	t.store = store_open(t.path, vfs, &error);
	if (t.store == NULL)
		fail_msg("fault %u: %s", n, error->message);
	if (!store_check(t.store, &error))
		fail_msg("fault %u: %s", n, error->message);
	tempstore_begin(&t);
	account = store_account(t.store, TEMPSTORE_ME, NULL);
	chat = chat_find(t.store, account, TEMPSTORE_YOU, CHAT_PERSON, true, NULL);
	tempstore_end(&t);
	while (there < TURNS && has_turn(there, chat, &rows))
		there++;
	if (there != turns && !(doubt && there == turns + 1))
		fail_msg("fault %u: %d turns were committed, %d are there", n, turns, there);
	g_autoptr(GPtrArray) all = message_page(t.store, chat, PAGE_END, 0, 1000, &more);
	assert_int_equal(all->len, rows);
	if (there > 0) {
		struct stream_row stream;

		assert_true(stream_row_load(t.store, account, &stream));
		assert_int_equal(stream.h, there * STANZAS - 1);
		stream_row_clear(&stream);
	}
	/* and it works again */
	assert_true(patiently(stanza, 1000));
	tempstore_commit(&t);
	store_close(t.store);
	t.store = NULL;
}

/* Runs the session with a fault at 1, 2, 3... until none fires. */
static void
at_every_write(enum fault fault, bool for_ever, bool power)
{
	unsigned n;

	for (n = 1; ; n++) {
		bool doubt, fired;
		int turns;

		tempstore_clear(&t);
		tempstore_init(&t);
		faultvfs_fail_at(n, fault, for_ever);
		turns = session(&doubt);
		fired = faultvfs_fired();
		if (power)
			faultvfs_lose_power(0);
		faultvfs_reset();
		examine(n, turns, doubt);
		if (!fired)
			break;
	}
	assert_true(n > 20 * TURNS);		/* else nothing was tested */
}

/* What fails once is tried again, and then all of it is there: also what was kept before the transaction broke. */
static void
once(enum fault fault)
{
	unsigned n;

	for (n = 1; ; n++) {
		bool doubt, opened;
		int turns;

		tempstore_clear(&t);
		tempstore_init(&t);
		faultvfs_fail_at(n, fault, false);
		opened = (t.store = store_open(t.path, vfs, NULL)) != NULL;
		store_close(t.store);
		t.store = NULL;
		turns = session(&doubt);
		if (turns != TURNS)
			fail_msg("fault %u: only %d turns (opened: %d)", n, turns, opened);
		bool fired = faultvfs_fired();
		faultvfs_reset();
		examine(n, TURNS, false);
		if (!fired)
			break;
	}
	assert_true(n > 20 * TURNS);		/* else nothing was tested */
}

static void
test_disk_is_full_and_stays_so(void **state)
{
	(void)state;
	at_every_write(FAULT_FULL, true, false);
}

static void
test_half_a_write_then_full(void **state)
{
	(void)state;
	at_every_write(FAULT_SHORT, true, false);
}

static void
test_disk_breaks(void **state)
{
	(void)state;
	at_every_write(FAULT_IO, true, false);
}

static void
test_killed(void **state)
{
	(void)state;
	at_every_write(FAULT_DEATH, true, false);
}

static void
test_power_is_lost(void **state)
{
	(void)state;
	at_every_write(FAULT_DEATH, true, true);
}

static void
test_full_once(void **state)
{
	(void)state;
	once(FAULT_SHORT);
}

static void
test_error_once(void **state)
{
	(void)state;
	once(FAULT_IO);
}

/*
 * More than the cache holds is written in the middle of a transaction.  When that fails SQLite may throw the
 * transaction away, with the savepoints that were kept: they must come back.
 */
static void
test_full_in_the_middle_of_a_big_turn(void **state)
{
	g_autofree char *big = g_strnfill(900000, 'x');
	GError *error = NULL;
	int kept = 0, failed = 0;
	bool more;

	(void)state;
	t.store = store_open(t.path, vfs, NULL);
	tempstore_begin(&t);
	t.account = store_account(t.store, TEMPSTORE_ME, NULL);
	t.chat = chat_find(t.store, t.account, TEMPSTORE_YOU, CHAT_PERSON, true, NULL);
	tempstore_end(&t);
	tempstore_commit(&t);
	faultvfs_fail_at(300, FAULT_FULL, false);
	for (int i = 0; i < 20; i++) {
		g_autofree char *id = g_strdup_printf("id%d", i);
		struct message_arrival a = { .chat = t.chat, .author = TEMPSTORE_YOU, .origin_id = id, .body = big };
		struct message_row *row;
		bool ok;

		tempstore_begin(&t);
		ok = message_arrive(t.store, &a, &row, &error) == MESSAGE_FATE_NEW;
		g_clear_error(&error);
		message_row_free(row);
		ok = store_end(t.store, ok, &error) && ok;
		g_clear_error(&error);
		kept += ok;
		failed += !ok;
	}
	assert_true(faultvfs_fired());
	assert_int_equal(failed, 1);
	tempstore_commit(&t);
	assert_true(store_check(t.store, NULL));
	store_close(t.store);
	t.store = store_open(t.path, vfs, NULL);
	g_autoptr(GPtrArray) rows = message_page(t.store, t.chat, PAGE_END, 0, 100, &more);
	assert_int_equal(rows->len, kept);
}

/* While nothing can be committed, what is kept is seen, and ids stay what they are. */
static void
test_waiting_for_the_disk(void **state)
{
	GError *error = NULL;

	(void)state;
	t.store = store_open(t.path, vfs, NULL);
	tempstore_begin(&t);
	t.account = store_account(t.store, TEMPSTORE_ME, NULL);
	t.chat = chat_find(t.store, t.account, TEMPSTORE_YOU, CHAT_PERSON, true, NULL);
	tempstore_end(&t);
	tempstore_commit(&t);
	struct message_row *one = tempstore_hear(&t, "one");
	faultvfs_fail_at(1, FAULT_FULL, true);
	for (int i = 0; i < 3; i++) {
		assert_false(store_commit(t.store, &error));
		assert_true(g_error_matches(error, STORE_ERROR, STORE_ERROR_FULL));
		assert_non_null(strstr(error->message, "the disk is full"));
		g_clear_error(&error);
		assert_true(store_dirty(t.store));
		struct message_row *seen = message_load(t.store, one->id);
		assert_string_equal(seen->body, "one");
		assert_int_equal(seen->ord, one->ord);
		message_row_free(seen);
	}
	struct message_row *two = tempstore_hear(&t, "two");
	assert_true(two->id > one->id);
	faultvfs_reset();
	tempstore_commit(&t);
	store_close(t.store);
	t.store = store_open(t.path, vfs, NULL);
	struct message_row *again = message_load(t.store, two->id);
	assert_string_equal(again->body, "two");
	message_row_free(again);
	message_row_free(one);
	message_row_free(two);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_disk_is_full_and_stays_so),
		TEST(test_half_a_write_then_full),
		TEST(test_disk_breaks),
		TEST(test_killed),
		TEST(test_power_is_lost),
		TEST(test_full_once),
		TEST(test_error_once),
		TEST(test_full_in_the_middle_of_a_big_turn),
		TEST(test_waiting_for_the_disk),
	};

	/* Hundreds of complaints that are wanted here would hide the one that is not. */
	log_open("/dev/null", LOG_ERROR, NULL);
	vfs = faultvfs_register();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
