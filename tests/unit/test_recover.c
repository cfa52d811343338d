/* Damaged databases: set aside, mended where only indexes are broken, and what can be read brought into another one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib/gstdio.h>
#include <string.h>

#include "base/clock.h"
#include "store/aside.h"
#include "store/chats.h"
#include "store/db.h"
#include "store/erase.h"
#include "store/recover.h"
#include "store/revisions.h"
#include "store/versions.h"
#include "tempstore.h"

enum { PAGE = 4096, MANY = 1500 };

static struct tempstore t;

static int
setup(void **state)
{
	(void)state;
	clock_fake_start(1795200000000000);
	tempstore_init(&t);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	tempstore_clear(&t);
	clock_fake_stop();
	return 0;
}

static void
hear(int n)
{
	g_autofree char *body = g_strdup_printf("message %d of those that are here, with some words behind it", n);
	g_autofree char *id = g_strdup_printf("id%d", n), *server = g_strdup_printf("s%d", n);
	struct message_arrival a = { .chat = t.chat, .author = TEMPSTORE_YOU, .counts = true, .body = body,
	    .origin_id = id, .server_id = server, .raw = "<message/>" };
	enum message_fate fate;

	message_row_free(tempstore_arrive(&t, &a, &fate));
}

static void
close_store(void)
{
	store_close(t.store);
	t.store = NULL;
}

static void
fill(int n)
{
	tempstore_open(&t);
	for (int i = 0; i < n; i++) {
		hear(i);
		if (i % 100 == 0)
			tempstore_commit(&t);
	}
	tempstore_commit(&t);
}

static int64_t
messages(void)
{
	int64_t n = -1;

	db_number(t.store, NULL, &n, "SELECT count(*) FROM message", "");
	return n;
}

/* The file with noise over one page; 1 is the first. */
static void
break_page(guint32 page)
{
	g_autofree char *bytes = NULL;
	gsize len;

	assert_true(g_file_get_contents(t.path, &bytes, &len, NULL));
	assert_true(page * PAGE <= len);
	for (gsize i = 0; i < PAGE; i++)
		bytes[(page - 1) * PAGE + i] = (char)(i * 31 + page);
	assert_true(g_file_set_contents(t.path, bytes, (gssize)len, NULL));
}

static guint32
pages(void)
{
	GStatBuf st;

	assert_int_equal(g_stat(t.path, &st), 0);
	return (guint32)(st.st_size / PAGE);
}

/* Aside, a new one in its place, and the merge; the count is given back. */
static struct recovered
recover(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *aside = aside_put(t.path, &error);
	struct recovered count;

	if (aside == NULL)
		fail_msg("%s", error->message);
	tempstore_open(&t);
	if (!recover_merge(t.store, aside, &count, &error))
		fail_msg("%s", error->message);
	if (!store_check(t.store, &error))
		fail_msg("%s", error->message);
	return count;
}

static void
test_whole(void **state)
{
	g_autoptr(GPtrArray) list = NULL, rows = NULL;
	struct recovered count;
	bool more;

	(void)state;
	fill(50);
	message_row_free(tempstore_say(&t, "q1", "waits"));
	struct message_row *row = tempstore_say(&t, "s1", "sent"), *now;
	tempstore_begin(&t);
	now = message_mark_sent(t.store, row->id, 7, 0, "<sent/>", NULL);
	message_row_free(row);
	int64_t sent_id = now->id;
	message_row_free(now);
	now = message_correct(t.store, 3, "corrected", "c1", 0, NULL);
	assert_non_null(now);
	message_row_free(now);
	struct revision gone_by = { REVISION_RETRACTION, TEMPSTORE_YOU, NULL, 5000, "r1", NULL };
	now = message_retract(t.store, 7, &gone_by, false, true, NULL);
	assert_non_null(now);
	message_row_free(now);
	struct revision likes = { REVISION_REACTION, TEMPSTORE_YOU, NULL, 5000, "e1", "👍\n🎉" };
	now = message_react(t.store, 8, &likes, NULL);
	assert_non_null(now);
	message_row_free(now);
	assert_true(message_set_reply(t.store, 9, "id7", "t1", NULL));
	assert_true(chat_set_read(t.store, t.chat, store_last_ord(t.store), NULL));
	assert_true(chat_set_draft(t.store, t.chat, "a draft", NULL));
	g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))message_row_free);
	assert_true(message_erase_one(t.store, 5, gone, NULL));
	tempstore_end(&t);
	tempstore_commit(&t);
	close_store();
	count = recover();
	assert_int_equal(count.expected, 51);
	assert_int_equal(count.read, 51);
	assert_int_equal(count.added, 51);
	assert_int_equal(count.homeless, 0);
	assert_int_equal(messages(), 51);
	row = message_load(t.store, sent_id);
	assert_int_equal(row->state, MESSAGE_UNKNOWN);
	g_autofree char *raw = message_raw(t.store, sent_id);
	assert_string_equal(raw, "<sent/>");
	message_row_free(row);
	row = message_load(t.store, sent_id - 1);
	assert_string_equal(row->body, "waits");
	assert_int_equal(row->state, MESSAGE_FAILED);
	message_row_free(row);
	row = message_load(t.store, 3);
	assert_string_equal(row->body, "corrected");
	message_row_free(row);
	rows = message_versions(t.store, 3);
	assert_int_equal(rows->len, 1);
	row = message_load(t.store, 7);
	assert_null(row->body);
	assert_int_equal(row->flags & MESSAGE_RETRACTED, MESSAGE_RETRACTED);
	message_row_free(row);
	struct retraction *retraction = message_retraction(t.store, 7);
	assert_true(g_str_has_prefix(retraction->body, "message 6 "));
	retraction_free(retraction);
	g_autofree char *liked = message_reactions_of(t.store, 8, TEMPSTORE_YOU);
	assert_string_equal(liked, "👍\n🎉");
	row = message_load(t.store, 9);
	assert_string_equal(row->reply, "id7");
	assert_string_equal(row->thread, "t1");
	message_row_free(row);
	assert_true(message_was_erased(t.store, t.chat, "id4", NULL));
	struct chat_row *chat = chat_load(t.store, t.chat);
	assert_string_equal(chat->draft, "a draft");
	assert_int_equal(chat->unread, 0);
	chat_row_free(chat);
	g_autoptr(GPtrArray) page = message_page(t.store, t.chat, PAGE_END, 0, 100, &more);
	assert_int_equal(page->len, 51);
	/* Again: all are here. */
	list = aside_list(t.path);
	assert_int_equal(list->len, 1);
	assert_int_equal(((struct aside *)list->pdata[0])->kind, ASIDE_DAMAGED);
	assert_true(recover_merge(t.store, ((struct aside *)list->pdata[0])->path, &count, NULL));
	assert_int_equal(count.read, 51);
	assert_int_equal(count.added, 0);
	assert_true(aside_recovered(((struct aside *)list->pdata[0])->path, NULL));
	g_ptr_array_unref(list);
	list = aside_list(t.path);
	assert_int_equal(list->len, 1);
	assert_int_equal(((struct aside *)list->pdata[0])->kind, ASIDE_RECOVERED);
}

/* Any one page: what is lost is at most what stood on it, and what is found was said. */
static void
test_any_page(void **state)
{
	g_autofree char *whole = NULL;
	gsize len;
	int64_t least = MANY;
	unsigned all = 0, n;

	(void)state;
	fill(MANY);
	close_store();
	assert_true(g_file_get_contents(t.path, &whole, &len, NULL));
	n = pages();
	for (guint32 page = 1; page <= n; page += page < 50 ? 1 : 17) {
		struct recovered count;
		int64_t wrong = -1;

		assert_true(g_file_set_contents(t.path, whole, (gssize)len, NULL));
		break_page(page);
		count = recover();
		assert_int_equal(count.added + count.homeless, count.read);
		assert_int_equal(messages(), count.added);
		assert_true(db_number(t.store, NULL, &wrong,
		    "SELECT count(*) FROM message m JOIN author a ON a.id = m.author WHERE m.body <> 'message ' || substr(m.origin_id, 3) || ' of those that are here, with some words behind it' "
		    "OR a.key <> '" TEMPSTORE_YOU "'", ""));
		assert_int_equal(wrong, 0);
		least = MIN(least, count.added);
		all += count.added == MANY;
		close_store();
		g_autoptr(GPtrArray) list = aside_list(t.path);
		for (guint i = 0; i < list->len; i++)
			g_remove(((struct aside *)list->pdata[i])->path);
	}
	/* An inner page of the table leads to a few hundred leaves: of these nothing is found. */
	print_message("at least %d of %d, all with %u pages of %u broken\n", (int)least, MANY, all, n);
	assert_true(all > 10);
}

static void
test_truncated(void **state)
{
	g_autofree char *whole = NULL;
	g_autoptr(GError) error = NULL;
	gsize len;

	(void)state;
	fill(MANY);
	close_store();
	assert_true(g_file_get_contents(t.path, &whole, &len, NULL));
	assert_true(g_file_set_contents(t.path, whole, (gssize)(len / 2 / PAGE * PAGE), NULL));
	assert_null(store_open(t.path, NULL, &error));
	assert_true(g_error_matches(error, STORE_ERROR, STORE_ERROR_DAMAGED));
	assert_non_null(strstr(error->message, "its end is missing"));
	struct recovered count = recover();
	assert_true(count.added > MANY / 4);
	assert_true(count.added < MANY);
}

static void
test_nothing_in_it(void **state)
{
	static const char noise[] = "nothing that was ever a database";
	struct recovered count;
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_true(g_file_set_contents(t.path, noise, -1, NULL));
	g_autofree char *aside = aside_put(t.path, NULL), *kept = NULL;
	tempstore_open(&t);
	assert_false(recover_merge(t.store, aside, &count, &error));
	assert_non_null(strstr(error->message, "nothing in it that could be read"));
	assert_true(g_file_get_contents(aside, &kept, NULL, NULL));
	assert_string_equal(kept, noise);
	/* No copy stays. */
	g_autofree char *part = g_strconcat(aside, ".part", NULL);
	assert_false(g_file_test(part, G_FILE_TEST_EXISTS));
}

/* Another schema: what it has of it. */
static void
test_of_another_schema(void **state)
{
	sqlite3 *db;

	(void)state;
	fill(20);
	close_store();
	assert_int_equal(sqlite3_open(t.path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
	    "ALTER TABLE message DROP COLUMN corrects; ALTER TABLE chat DROP COLUMN notify;ALTER TABLE message ADD COLUMN future TEXT; DROP TABLE version", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_null(store_open(t.path, NULL, NULL));
	struct recovered count = recover();
	assert_int_equal(count.added, 20);
}

/* What is far ahead would make everything that comes look old. */
static void
test_values_that_cannot_be(void **state)
{
	sqlite3 *db;
	int64_t bad = -1;

	(void)state;
	fill(20);
	close_store();
	assert_int_equal(sqlite3_open(t.path, &db), SQLITE_OK);
	if (sqlite3_exec(db,
	    "UPDATE message SET ord = 9223372036854775807, state = 77, via = -3, encryption = 99 WHERE id = 7;UPDATE message SET said = -5 WHERE id = 8; UPDATE chat SET read = 9000000000000000000, kind = 12", NULL, NULL, NULL) !=
	    SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	sqlite3_close(db);
	struct recovered count = recover();
	assert_int_equal(count.added, 20);
	assert_true(db_number(t.store, NULL, &bad,
	    "SELECT count(*) FROM message WHERE ord > 1795300000000000 OR state > 9 OR via < 0 OR encryption > 1 OR said < 0", ""));
	assert_int_equal(bad, 0);
	assert_true(db_number(t.store, NULL, &bad,
	    "SELECT count(*) FROM chat WHERE read > 1795300000000000 OR kind > 2", ""));
	assert_int_equal(bad, 0);
	hear(100);
}

static void
outside(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(t.path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}

static guint32
root_of(const char *name)
{
	int64_t page = 0;
	g_autofree char *sql = g_strdup_printf("SELECT rootpage FROM sqlite_schema WHERE name = '%s'", name);

	tempstore_open(&t);
	sqlite3_stmt *stmt;
	assert_int_equal(sqlite3_prepare_v2(t.store->db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	page = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	close_store();
	return (guint32)page;
}

/* A start does not look through all of it; who meets damage sees to it that the next one does. */
static void
test_damage_is_found_at_the_next_start(void **state)
{
	static const char *const tables[] = { "message", "message_rev" };
	g_autofree char *doubt = db_doubt_path(t.path);

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
		g_autoptr(GError) error = NULL;
		bool more;

		fill(300);
		close_store();
		break_page(root_of(tables[i]));
		tempstore_open(&t);
		assert_false(g_file_test(doubt, G_FILE_TEST_EXISTS));
		g_ptr_array_unref(message_changed_since(t.store, 0, 10, &more));
		assert_true(g_file_test(doubt, G_FILE_TEST_EXISTS));
		close_store();
		assert_null(store_open(t.path, NULL, &error));
		assert_true(g_error_matches(error, STORE_ERROR, STORE_ERROR_DAMAGED));
		struct recovered count = recover();
		assert_int_equal(count.added, 300);
		/* The doubt goes with the file. */
		assert_false(g_file_test(doubt, G_FILE_TEST_EXISTS));
		close_store();
		g_remove(t.path);
	}
}

/* What turns out to be whole is used on. */
static void
test_doubt_without_damage(void **state)
{
	g_autofree char *doubt = db_doubt_path(t.path);

	(void)state;
	fill(30);
	close_store();
	assert_true(g_file_set_contents(doubt, "", 0, NULL));
	tempstore_open(&t);
	assert_false(g_file_test(doubt, G_FILE_TEST_EXISTS));
	assert_int_equal(messages(), 30);
}

static void
test_the_search_index_is_made_anew(void **state)
{
	g_autofree char *doubt = db_doubt_path(t.path);
	g_autoptr(GError) error = NULL;

	(void)state;
	fill(300);
	close_store();
	outside("UPDATE message_text_data SET block = x'00' WHERE id > 10");
	assert_true(g_file_set_contents(doubt, "", 0, NULL));
	tempstore_open(&t);
	assert_false(g_file_test(doubt, G_FILE_TEST_EXISTS));
	if (!store_check(t.store, &error))
		fail_msg("%s", error->message);
}

static void
test_names_do_not_meet(void **state)
{
	(void)state;
	for (int i = 1; i <= 3; i++) {
		assert_true(g_file_set_contents(t.path, "x", 1, NULL));
		g_autofree char *name = aside_put(t.path, NULL);
		g_autoptr(GPtrArray) list = aside_list(t.path);
		assert_non_null(name);
		assert_null(strchr(strrchr(name, '/'), ':'));
		assert_int_equal(list->len, i);
	}
	g_autoptr(GError) error = NULL;
	assert_null(aside_put(t.path, &error));
	assert_non_null(error);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_whole),
		TEST(test_any_page),
		TEST(test_truncated),
		TEST(test_nothing_in_it),
		TEST(test_of_another_schema),
		TEST(test_values_that_cannot_be),
		TEST(test_damage_is_found_at_the_next_start),
		TEST(test_doubt_without_damage),
		TEST(test_the_search_index_is_made_anew),
		TEST(test_names_do_not_meet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
