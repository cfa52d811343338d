/* What is erased is gone: row, stanza, index, bytes of the file; what is under way is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/limits.h"
#include "store/db.h"
#include "store/erase.h"
#include "store/lines.h"
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
number(const char *sql)
{
	int64_t n = -1;

	assert_true(db_number(t.store, NULL, &n, sql, ""));
	return n;
}

static void
row_free(void *row)
{
	message_row_free(row);
}

static int64_t
hear(const char *body)
{
	struct message_arrival a = { .chat = t.chat, .author = TEMPSTORE_YOU, .body = body, .raw = "<message/>",
	    .counts = true };
	enum message_fate fate;
	struct message_row *row = tempstore_arrive(&t, &a, &fate);
	int64_t id = row->id;

	message_row_free(row);
	return id;
}

static void
one(void **state)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(row_free);
	int64_t id = hear("remarkable words");
	struct message_row *own = tempstore_say(&t, "o1", "under way");

	(void)state;
	hear("others");
	tempstore_begin(&t);
	assert_true(message_erase_one(t.store, id, rows, NULL));
	assert_false(message_erase_one(t.store, own->id, rows, NULL));
	assert_false(message_erase_one(t.store, 999, rows, NULL));
	tempstore_end(&t);
	tempstore_commit(&t);
	assert_int_equal(rows->len, 1);
	assert_int_equal(((struct message_row *)rows->pdata[0])->id, id);
	assert_int_equal(((struct message_row *)rows->pdata[0])->flags, MESSAGE_GONE);
	assert_int_equal(message_erased_rev(t.store), ((struct message_row *)rows->pdata[0])->rev);
	assert_null(message_load(t.store, id));
	assert_int_equal(number("SELECT count(*) FROM raw"), 1);
	assert_int_equal(number("SELECT count(*) FROM message_text WHERE message_text MATCH 'remarkable'"), 0);
	assert_true(store_check(t.store, NULL));
	message_row_free(own);
}

/* The file does not hold the text any more. */
static void
bytes(void **state)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(row_free);
	g_autoptr(GString) body = g_string_new(NULL);
	g_autofree char *data = NULL;
	gsize len;

	(void)state;
	/* Longer than a page, so that it has pages of its own, which are given back. */
	for (int i = 0; i < 1000; i++)
		g_string_append(body, "unmistakable ");
	hear(body->str);
	hear("something else");
	tempstore_commit(&t);
	tempstore_begin(&t);
	assert_true(message_erase(t.store, t.chat, INT64_MAX, 1, rows, NULL));
	tempstore_end(&t);
	tempstore_commit(&t);
	tempstore_reopen(&t);
	store_close(t.store);
	t.store = NULL;
	assert_true(g_file_get_contents(t.path, &data, &len, NULL));
	assert_null(memmem(data, len, "unmistakable unmistakable", 25));
	assert_non_null(memmem(data, len, "something else", 14));
}

static void
by_place(void **state)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(row_free);
	struct message_row *middle;
	int64_t ids[5];

	(void)state;
	for (int i = 0; i < 5; i++)
		ids[i] = hear("again and again");
	middle = message_load(t.store, ids[3]);
	assert_int_equal(message_erasable(t.store, t.chat, middle->ord, 100), 3);
	assert_int_equal(message_erasable(t.store, t.chat, middle->ord, 2), 2);
	assert_int_equal(message_erasable(t.store, t.chat + 1, middle->ord, 100), 0);
	tempstore_begin(&t);
	assert_true(message_erase(t.store, 0, middle->ord, 2, rows, NULL));
	assert_int_equal(rows->len, 2);
	assert_true(message_erase(t.store, t.chat, middle->ord, 2, rows, NULL));
	assert_int_equal(rows->len, 3);
	tempstore_end(&t);
	tempstore_commit(&t);
	assert_int_equal(number("SELECT count(*) FROM message"), 2);
	assert_int_equal(number("SELECT count(*) FROM message_text WHERE message_text MATCH 'again'"), 2);
	assert_true(store_check(t.store, NULL));
	message_row_free(middle);
}

/* The last lines of each chat; deleting what was said deletes what was typed. */
static void
typed(void **state)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(row_free), lines = NULL, others = NULL, left = NULL;

	(void)state;
	hear("something");
	tempstore_begin(&t);
	for (int i = 0; i < LIMIT_LINES + 50; i++) {
		g_autofree char *line = g_strdup_printf("line %d", i);

		assert_true(line_keep(t.store, t.chat, line, NULL));
		assert_true(line_keep(t.store, t.chat, line, NULL));
	}
	assert_true(line_keep(t.store, 0, "/help", NULL));
	tempstore_end(&t);
	lines = line_list(t.store, t.chat);
	assert_int_equal(lines->len, LIMIT_LINES);
	assert_string_equal(lines->pdata[0], "line 50");
	assert_string_equal(lines->pdata[LIMIT_LINES - 1], "line 249");
	tempstore_begin(&t);
	assert_true(message_erase(t.store, t.chat, INT64_MAX, 10, rows, NULL));
	tempstore_end(&t);
	left = line_list(t.store, t.chat);
	others = line_list(t.store, 0);
	assert_int_equal(left->len, 0);
	assert_int_equal(others->len, 1);
}

/* A savepoint that is taken back brings everything back. */
static void
taken_back(void **state)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(row_free);

	(void)state;
	hear("stays after all");
	tempstore_commit(&t);
	assert_true(store_begin(t.store, NULL));
	assert_true(message_erase(t.store, 0, INT64_MAX, 10, rows, NULL));
	assert_true(store_end(t.store, false, NULL));
	assert_int_equal(number("SELECT count(*) FROM raw"), 1);
	assert_int_equal(number("SELECT count(*) FROM message_text WHERE message_text MATCH 'stays'"), 1);
	assert_int_equal(message_erased_rev(t.store), 0);
	assert_true(store_check(t.store, NULL));
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = { TEST(one), TEST(bytes), TEST(by_place), TEST(typed), TEST(taken_back) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
