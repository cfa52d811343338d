/* The clocks, timers, and times as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"

static GString *rang;

static int
setup(void **state)
{
	(void)state;
	rang = g_string_new(NULL);
	clock_fake_start(1795200000000000);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	clock_fake_stop();
	g_string_free(rang, TRUE);
	return 0;
}

static void
ring(void *name)
{
	g_string_append(rang, name);
}

static char a[] = "a", b[] = "b", c[] = "c";

static void
test_both_clocks_stand_and_move_together(void **state)
{
	int64_t boot = clock_boot_ms();

	(void)state;
	assert_int_equal(clock_real_us(), 1795200000000000);
	clock_fake_advance(1500);
	assert_int_equal(clock_real_us(), 1795200001500000);
	assert_int_equal(clock_boot_ms(), boot + 1500);
}

static void
test_timers_ring_in_order_and_once(void **state)
{
	(void)state;
	clock_timer_start(300, ring, c);
	clock_timer_start(100, ring, a);
	clock_timer_start(100, ring, b);		/* same time: the older first */
	clock_fake_advance(99);
	assert_string_equal(rang->str, "");
	clock_fake_advance(1);
	assert_string_equal(rang->str, "ab");
	clock_fake_advance(10000);
	assert_string_equal(rang->str, "abc");
	clock_fake_advance(10000);
	assert_string_equal(rang->str, "abc");
}

static void
test_cancel(void **state)
{
	struct clock_timer *timer = clock_timer_start(100, ring, a), *none = NULL;

	(void)state;
	clock_timer_start(100, ring, b);
	clock_timer_cancel(&timer);
	assert_null(timer);
	clock_timer_cancel(&timer);
	clock_timer_cancel(&none);
	clock_fake_advance(200);
	assert_string_equal(rang->str, "b");
}

static void
again(void *ctx)
{
	int *left = ctx;

	g_string_append_printf(rang, "%d@%d ", *left, (int)(clock_real_us() / 1000 % 1000));
	if (--*left > 0)
		clock_timer_start(100, again, left);
}

static void
test_timer_that_starts_itself_anew(void **state)
{
	int left = 3;

	(void)state;
	clock_timer_start(-5, again, &left);		/* the past is now */
	clock_fake_advance(0);
	assert_string_equal(rang->str, "3@0 ");
	clock_fake_advance(1000);			/* each sees the time that it was due */
	assert_string_equal(rang->str, "3@0 2@100 1@200 ");
}

static struct clock_timer *other;

static void
cancel_other(void *ctx)
{
	ring(ctx);
	clock_timer_cancel(&other);
}

static void
test_cancel_from_within_another(void **state)
{
	(void)state;
	clock_timer_start(100, cancel_other, a);
	other = clock_timer_start(100, ring, b);
	clock_fake_advance(100);
	assert_string_equal(rang->str, "a");
}

static void
quit(void *loop)
{
	g_main_loop_quit(loop);
}

static void
test_real_timers_run_on_the_main_loop(void **state)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	int64_t start;

	(void)state;
	clock_fake_stop();
	start = clock_boot_ms();
	clock_timer_start(20, quit, loop);
	struct clock_timer *far = clock_timer_start(3600000, quit, loop);
	g_main_loop_run(loop);
	assert_true(clock_boot_ms() - start >= 20);
	assert_true(clock_boot_ms() - start < 3600000);
	clock_timer_cancel(&far);
}

static void
test_format(void **state)
{
	static const struct { int64_t ms; const char *text; } rows[] = {
		{ 0, "1970-01-01T00:00:00.000Z" }, { 1795209363512, "2026-11-20T21:16:03.512Z" },
		{ 253402300799999, "9999-12-31T23:59:59.999Z" }, { 253402300800000, "1970-01-01T00:00:00.000Z" },
		{ -1, "1970-01-01T00:00:00.000Z" }, { INT64_MAX, "1970-01-01T00:00:00.000Z" },
		{ INT64_MIN, "1970-01-01T00:00:00.000Z" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = clock_format_utc(rows[i].ms);

		assert_string_equal(text, rows[i].text);
	}
}

static void
test_parse(void **state)
{
	static const struct { const char *text; int64_t ms; } good[] = {
		{ "1970-01-01T00:00:00Z", 0 }, { "2026-11-20T21:16:03.512Z", 1795209363512 },
		{ "2026-11-20T21:16:03.512999Z", 1795209363512 }, { "2026-11-20T22:16:03.512+01:00", 1795209363512 },
		{ "2026-11-20T15:46:03.512-05:30", 1795209363512 }, { "9999-12-31T23:59:59Z", 253402300799000 },
		{ "2024-02-29T00:00:00Z", 1709164800000 },
	};
	static const char *const bad[] = {
		NULL, "", "yesterday", "2026-11-20", "2026-11-20T21:16:03", "20261120T21:16:03Z",
		    "2026-11-20 21:16:03Z",
		"2026-13-20T21:16:03Z", "2026-02-29T21:16:03Z", "2026-11-20T25:16:03Z",
		"0000-00-00T00:00:00Z", "1969-12-31T23:59:59Z", "+292277026596-12-04T15:30:07Z", "2026-W01-5T10:00:00Z",
		"2026-11-20T21:16:03.51299999999999999999999999Z", "2026-11-20T21:16:03Zx", "99999-11-20T21:16:03Z",
	};
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
		ms = -7;
		if (!clock_parse_utc(good[i].text, &ms) || ms != good[i].ms)
			fail_msg("%s: %ld", good[i].text, (long)ms);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		ms = -7;
		if (clock_parse_utc(bad[i], &ms) || ms != -7)
			fail_msg("%s was taken", bad[i]);
	}
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_both_clocks_stand_and_move_together), TEST(test_timers_ring_in_order_and_once),
		TEST(test_cancel), TEST(test_timer_that_starts_itself_anew), TEST(test_cancel_from_within_another),
		TEST(test_real_timers_run_on_the_main_loop), TEST(test_format), TEST(test_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
