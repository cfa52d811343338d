/*
 * What of an archive is here: spans that grow and meet, what is missing between them, and places for what comes late.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "store/db.h"
#include "store/order.h"
#include "store/spans.h"
#include "tempstore.h"

static struct tempstore t;
static int64_t archive;

static int
setup(void **state)
{
	(void)state;
	clock_fake_start(1795200000000000);
	tempstore_open(&t);
	tempstore_begin(&t);
	archive = archive_row_find(t.store, t.account, TEMPSTORE_ME, "", true, NULL);
	tempstore_end(&t);
	assert_true(archive > 0);
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
add(int64_t of, int64_t low, int64_t high, const char *first, const char *last)
{
	struct span span = { .low = low, .high = high, .first = (char *)(uintptr_t)first,
	    .last = (char *)(uintptr_t)last };

	tempstore_begin(&t);
	assert_true(span_add(t.store, of, &span, NULL));
	tempstore_end(&t);
}

static void
grow(int64_t at, int64_t low, const char *first, int64_t high, const char *last)
{
	struct span span;

	assert_true(span_find(t.store, archive, at, &span));
	tempstore_begin(&t);
	if (low != 0)
		assert_true(span_grow_down(t.store, archive, &span, low, first, NULL));
	else
		assert_true(span_grow_up(t.store, archive, &span, high, last, NULL));
	tempstore_end(&t);
	span_clear(&span);
}

/* "10-20 a b" of each. */
static void
assert_spans(const char *expected)
{
	g_autoptr(GPtrArray) spans = span_list(t.store, archive);
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < spans->len; i++) {
		const struct span *span = spans->pdata[i];

		g_string_append_printf(text, "%s%d-%d %s %s", i > 0 ? ", " : "", (int)span->low, (int)span->high,
		    span->first != NULL ? span->first : ".", span->last != NULL ? span->last : ".");
	}
	assert_string_equal(text->str, expected);
}

static void
assert_gaps(const char *peer, const char *expected)
{
	g_autoptr(GPtrArray) gaps = span_gaps(t.store, t.account, TEMPSTORE_ME, peer);
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < gaps->len; i++) {
		const struct gap *gap = gaps->pdata[i];

		g_string_append_printf(text, "%s%d-%d%s%s", i > 0 ? ", " : "", (int)gap->low, (int)gap->high,
		    gap->why != NULL ? " " : "", gap->why != NULL ? gap->why : "");
	}
	assert_string_equal(text->str, expected);
}

static void
test_spans_grow_and_meet(void **state)
{
	(void)state;
	assert_spans("");
	add(archive, 100, 200, "c", "d");
	add(archive, 500, 600, "m", "n");
	assert_spans("100-200 c d, 500-600 m n");
	grow(150, 0, NULL, 250, "e");
	grow(150, 0, NULL, 250, "f");
	grow(150, 0, NULL, 250, NULL);
	assert_spans("100-250 c f, 500-600 m n");
	grow(INT64_MAX, 400, "k", 0, NULL);
	grow(INT64_MAX, 400, "j", 0, NULL);
	assert_spans("100-250 c f, 400-600 j n");
	grow(INT64_MAX, 250, "g", 0, NULL);
	assert_spans("100-600 c n");
	grow(INT64_MAX, 100, NULL, 0, NULL);
	assert_spans("100-600 . n");
	add(archive, 900, 950, "x", "y");
	grow(300, 0, NULL, 920, "w");
	assert_spans("100-950 . y");
	tempstore_commit(&t);
	tempstore_reopen(&t);
	assert_spans("100-950 . y");
}

static void
test_gaps_are_what_is_between(void **state)
{
	int64_t peer;

	(void)state;
	assert_gaps(NULL, "");
	add(archive, 100, 200, "c", "d");
	add(archive, 500, 600, "m", "n");
	tempstore_begin(&t);
	assert_true(span_set_why(t.store, archive, 500, "broken", NULL));
	assert_true(archive_row_set_behind(t.store, archive, 700, NULL));
	peer = archive_row_find(t.store, t.account, TEMPSTORE_ME, TEMPSTORE_YOU, true, NULL);
	tempstore_end(&t);
	assert_gaps(NULL, "0-100, 200-500 broken, 600-700");
	assert_gaps(TEMPSTORE_YOU, "0-100, 200-500 broken, 600-700");
	add(peer, 300, 400, "p", NULL);
	assert_gaps(TEMPSTORE_YOU, "0-100, 200-300 broken, 400-500 broken, 600-700");
	assert_gaps("x@example.net", "0-100, 200-500 broken, 600-700");
	add(peer, 50, 100, NULL, NULL);
	add(peer, 200, 500, "p", NULL);
	assert_gaps(TEMPSTORE_YOU, "600-700");
	grow(150, 100, NULL, 0, NULL);
	assert_gaps(NULL, "200-500 broken, 600-700");
}

static void
assert_order(int64_t floor, int64_t ceil, const int64_t *wanted, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_true(wanted[i] > (i > 0 ? wanted[i - 1] : floor));
		if (ceil - floor > (int64_t)n)
			assert_true(wanted[i] < ceil);
	}
}

static void
test_places_between(void **state)
{
	GRand *rand = g_rand_new_with_seed(1);

	(void)state;
	for (int turn = 0; turn < 20000; turn++) {
		int64_t wanted[40], said[40];
		int64_t floor = g_rand_int_range(rand, 0, 100000), ceil;
		size_t n = (size_t)g_rand_int_range(rand, 1, 40);
		bool kept = true;

		ceil = turn % 5 == 0 ? INT64_MAX : floor + g_rand_int_range(rand, 1, turn % 2 ? 100000 : 300);
		for (size_t i = 0; i < n; i++)
			said[i] = wanted[i] = turn % 7 == 0 ? INT64_MAX : turn % 11 == 0 ? INT64_MIN :
			    (int64_t)g_rand_int_range(rand, 0, 200000);
		order_between(floor, ceil, wanted, n);
		assert_order(floor, ceil, wanted, n);
		/* A time that fits its neighbours is its place. */
		for (size_t i = 0; i < n; i++)
			kept &= said[i] > floor + 256 && said[i] < ceil - 256 && said[i] < INT64_MAX &&
			    (i == 0 || said[i] > said[i - 1] + 256);
		for (size_t i = 0; kept && i < n; i++)
			assert_int_equal(wanted[i], said[i]);
	}
	g_rand_free(rand);
}

static void
test_a_taken_place_is_not_given_again(void **state)
{
	struct message_row *row = tempstore_hear(&t, "here"), *rows[3];
	enum message_fate fate;

	(void)state;
	for (int i = 0; i < 3; i++) {
		g_autofree char *id = g_strdup_printf("s%d", i);
		struct message_arrival a = { .chat = t.chat, .author = TEMPSTORE_YOU, .via = VIA_ARCHIVE,
		    .server_id = id, .body = id, .ord = row->ord };

		rows[i] = tempstore_arrive(&t, &a, &fate);
		assert_int_equal(rows[i]->ord, row->ord + 1 + i);
		message_row_free(rows[i]);
	}
	struct message_row *next = tempstore_hear(&t, "next");
	assert_true(next->ord >= row->ord + 3 + 256);
	assert_int_equal(message_next_place(t.store, t.account, NULL, row->ord + 3), next->ord);
	assert_int_equal(message_next_place(t.store, t.account, NULL, next->ord), INT64_MAX);
	message_row_free(next);
	message_row_free(row);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_spans_grow_and_meet, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gaps_are_what_is_between, setup, teardown),
		cmocka_unit_test(test_places_between),
		cmocka_unit_test_setup_teardown(test_a_taken_place_is_not_given_again, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
