/* The log: one line a call, whatever is in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"

static char *folder, *path;

static int
setup(void **state)
{
	(void)state;
	folder = g_dir_make_tmp("confab-test-XXXXXX", NULL);
	path = g_build_filename(folder, "log", NULL);
	clock_fake_start(1795209363512000);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	log_open(NULL, LOG_NOTICE, NULL);
	clock_fake_stop();
	g_unlink(path);
	g_rmdir(folder);
	g_free(path);
	g_free(folder);
	return 0;
}

static void
assert_log(const char *expected)
{
	g_autofree char *text = NULL;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	assert_string_equal(text, expected);
}

static void
test_lines(void **state)
{
	struct stat st;

	(void)state;
	assert_true(log_open(path, LOG_NOTICE, NULL));
	log_notice("core", "one %d", 1);
	log_debug("core", "not wanted");
	assert_true(log_wants(LOG_ERROR));
	assert_false(log_wants(LOG_DEBUG));
	log_error("xmpp", "two");
	assert_log("2026-11-20T21:16:03.512Z notice core: one 1\n2026-11-20T21:16:03.512Z error xmpp: two\n");
	assert_int_equal(g_stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
test_no_text_makes_a_second_line_or_moves_a_cursor(void **state)
{
	(void)state;
	assert_true(log_open(path, LOG_TRACE, NULL));
	log_write(LOG_TRACE, "x", "a\nb\rc\x1b[2Jd\x7f" "e\xc2\x9b" "f\xc3\xa9g\x01");
	assert_log("2026-11-20T21:16:03.512Z trace x: a b c [2Jd e  f\xc3\xa9g \n");
}

static void
test_quote(void **state)
{
	static const struct { const char *text, *quoted; } rows[] = {
		{ NULL, "\"\"" }, { "plain", "\"plain\"" }, { "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "l1\nl2", "\"l1\\nl2\"" }, { "\x1b]0;t\x07", "\"\\033]0;t\\007\"" },
	};
	g_autofree char *huge = g_strnfill(100000, 'x'), *cut = log_quote(huge), *bad = log_quote("a\xff" "b");

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *quoted = log_quote(rows[i].text);

		assert_string_equal(quoted, rows[i].quoted);
	}
	assert_int_equal(strlen(cut), 202);
	assert_true(g_str_is_ascii(bad));
}

static void
test_levels(void **state)
{
	static const char *const names[] = { "error", "warning", "notice", "debug", "trace" };
	enum log_level level;

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_true(log_level_parse(names[i], &level));
		assert_int_equal(level, i);
	}
	assert_false(log_level_parse("loud", &level));
	assert_false(log_level_parse("", &level));
}

static void
test_appends_and_takes_in_glib(void **state)
{
	(void)state;
	assert_true(log_open(path, LOG_NOTICE, NULL));
	log_notice("a", "first");
	log_close();
	assert_true(log_open(path, LOG_NOTICE, NULL));
	g_warning("from\nGLib");
	assert_log("2026-11-20T21:16:03.512Z notice a: first\n2026-11-20T21:16:03.512Z warning glib: from GLib\n");
}

static void
test_places_that_are_no_file(void **state)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *none = g_build_filename(folder, "none", "log", NULL);

	(void)state;
	assert_false(log_open(none, LOG_NOTICE, &error));
	assert_non_null(strstr(error->message, none));
	g_clear_error(&error);
	/* a FIFO without a reader must not hold the program */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_false(log_open(path, LOG_NOTICE, &error));
	assert_non_null(error);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_lines), TEST(test_no_text_makes_a_second_line_or_moves_a_cursor), TEST(test_quote),
		    TEST(test_levels),
		TEST(test_appends_and_takes_in_glib), TEST(test_places_that_are_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
