/* How the index cuts words, and that it always says what the messages say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/db.h"
#include "store/search.h"
#include "tempstore.h"

static struct tempstore t;

static int
setup(void **state)
{
	(void)state;
	tempstore_open(&t);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	tempstore_clear(&t);
	return 0;
}

static int64_t
hits(const char *question)
{
	int64_t n = -1;

	/* Words are found from the commit on. */
	tempstore_commit(&t);
	assert_true(db_number(t.store, NULL, &n, "SELECT count(*) FROM message_text WHERE message_text MATCH ?1", "t",
	    question));
	return n;
}

static int64_t
hear(const char *body)
{
	struct message_row *row = tempstore_hear(&t, body);
	int64_t ord = row->ord;

	message_row_free(row);
	return ord;
}

static void
test_words(void **state)
{
	static const struct { const char *text, *question; int64_t hits; } rows[] = {
		{ "Crème brûlée, please", "creme", 1 },
		{ "Crème brûlée, please", "BRÛLÉE", 1 },
		{ "Crème brûlée, please", "plea", 0 },
		{ "Crème brûlée, please", "plea*", 1 },
		/* Two characters inside a sentence without blanks. */
		{ "我们明天去北京吃饭", "北京", 1 },
		{ "我们明天去北京吃饭", "京北", 0 },
		{ "我们明天去北京吃饭", "天", 1 },
		{ "mixed北京text", "北京", 1 },
		{ "mixed北京text", "text", 1 },
		{ "mixed北京text", "mixed", 1 },
		{ "ありがとうございます", "ござい", 1 },
		{ "カタカナ", "タカ", 1 },
		{ "안녕하세요 여러분", "녕하", 1 },
		{ "สวัสดีครับ", "ครับ", 1 },
		{ "ສະບາຍດີ", "ບາຍ", 1 },
		{ "សួស្តី", "ស្តី", 1 },
		{ "𠀀𠀁𠀂", "𠀁", 1 },
		{ "", "a", 0 },
		{ "…!?", "a", 0 },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		int64_t before = hits(rows[i].question);

		hear(rows[i].text);
		if (hits(rows[i].question) - before != rows[i].hits)
			fail_msg("%s in %s", rows[i].question, rows[i].text);
	}
	assert_true(store_check(t.store, NULL));
}

static void
test_snippets_point_at_the_right_bytes(void **state)
{
	(void)state;
	hear("mixed北京text é 京");
	tempstore_commit(&t);
	sqlite3_stmt *stmt = db_ask(t.store, "SELECT highlight(message_text, 0, '[', ']') FROM message_text "
	    "WHERE message_text MATCH ?1", "t", "text OR 京");
	assert_true(db_row(t.store, stmt, NULL));
	assert_string_equal(sqlite3_column_text(stmt, 0), "mixed北[京][text] é [京]");
	db_done(stmt);
}

static void
test_bytes_that_are_no_text(void **state)
{
	static const char *const bad[] = { "\xff\xfe", "a\xe5\x8c", "\xe5\x8c\x97\x80\x80", "\xf0\x9f", "\xed\xa0\x80x",
	    "\xe4\xba\xe4\xba\xac" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		hear(bad[i]);
	assert_true(store_check(t.store, NULL));
}

static void
test_index_follows_changes(void **state)
{
	GError *error = NULL;

	(void)state;
	int64_t ord = hear("first wording");
	hear("another");
	hear(NULL);						/* no body: still a row of the index */
	tempstore_begin(&t);
	assert_true(search_remove(t.store, ord, "first wording", &error));
	assert_true(db_change(t.store, &error, "UPDATE message SET body = 'second wording' WHERE ord = ?1", "i", ord));
	assert_true(search_add(t.store, ord, "second wording", &error));
	tempstore_end(&t);
	assert_int_equal(hits("first"), 0);
	assert_int_equal(hits("second"), 1);
	assert_true(store_check(t.store, &error));
	tempstore_begin(&t);
	assert_true(search_remove(t.store, ord, "second wording", &error));
	assert_true(db_change(t.store, &error, "DELETE FROM message WHERE ord = ?1", "i", ord));
	tempstore_end(&t);
	assert_true(store_check(t.store, &error));
	/* a savepoint that is taken back takes its words along */
	tempstore_begin(&t);
	struct message_row *row;
	struct message_arrival a = { .chat = t.chat, .author = TEMPSTORE_YOU, .body = "unsaid" };
	assert_int_equal(message_arrive(t.store, &a, &row, &error), MESSAGE_FATE_NEW);
	message_row_free(row);
	assert_true(store_end(t.store, false, &error));
	assert_int_equal(hits("unsaid"), 0);
	tempstore_commit(&t);
	assert_true(store_check(t.store, &error));
}

static void
change(int64_t ord, const char *from, const char *to, bool keep)
{
	GError *error = NULL;

	tempstore_begin(&t);
	assert_true(search_remove(t.store, ord, from, &error));
	assert_true(db_change(t.store, &error, "UPDATE message SET body = ?2 WHERE ord = ?1", "it", ord, to));
	assert_true(search_add(t.store, ord, to, &error));
	assert_true(store_end(t.store, keep, &error));
}

/* Words of one commit that change before it, and those that were there already; also when a change is taken back. */
static void
test_changes_within_one_commit(void **state)
{
	GError *error = NULL;

	(void)state;
	for (int committed = 0; committed < 2; committed++) {
		int64_t ord = hear("apple");

		if (committed)
			tempstore_commit(&t);
		change(ord, "apple", "banana", true);
		change(ord, "banana", "cherry", false);
		change(ord, "banana", "damson", true);
		change(ord, "damson", "elder", true);
		assert_int_equal(hits("apple OR banana OR cherry OR damson"), 0);
		assert_int_equal(hits("elder"), committed + 1);
		assert_true(store_check(t.store, &error));
	}
	/* gone before it was ever written */
	int64_t ord = hear("fig");
	tempstore_begin(&t);
	assert_true(search_remove(t.store, ord, "fig", &error));
	assert_true(db_change(t.store, &error, "DELETE FROM message WHERE ord = ?1", "i", ord));
	tempstore_end(&t);
	assert_int_equal(hits("fig"), 0);
	assert_true(store_check(t.store, &error));
}

static void
test_waiting_message_is_not_in_the_index(void **state)
{
	GError *error = NULL;

	(void)state;
	struct message_row *out = tempstore_say(&t, "o", "waiting");
	assert_int_equal(hits("waiting"), 0);
	assert_true(store_check(t.store, &error));
	tempstore_begin(&t);
	struct message_row *sent = message_mark_sent(t.store, out->id, 1, 0, NULL, &error);
	assert_non_null(sent);
	tempstore_end(&t);
	assert_int_equal(hits("waiting"), 1);
	assert_true(store_check(t.store, &error));
	message_row_free(out);
	message_row_free(sent);
}

static void
test_check_sees_an_index_that_lies(void **state)
{
	GError *error = NULL;

	(void)state;
	int64_t ord = hear("true");
	tempstore_begin(&t);
	assert_true(db_change(t.store, &error, "UPDATE message SET body = 'false' WHERE ord = ?1", "i", ord));
	tempstore_end(&t);
	assert_false(store_check(t.store, &error));
	assert_true(g_error_matches(error, STORE_ERROR, STORE_ERROR_DAMAGED));
	g_clear_error(&error);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_words),
		TEST(test_snippets_point_at_the_right_bytes),
		TEST(test_bytes_that_are_no_text),
		TEST(test_index_follows_changes),
		TEST(test_changes_within_one_commit),
		TEST(test_waiting_message_is_not_in_the_index),
		TEST(test_check_sees_an_index_that_lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
