/* test_face_bind.c: keys that people bound for the selection and for views. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "face_fixture.h"

#define ALICE "alice@example.org"

static struct face face;

static int
open_face(void **state)
{
	(void)state;
	fixture_open(&face, 24, 80);
	fixture_people(&face);
	fixture_core(&face);
	fixture_go(&face, "home", ALICE);
	fixture_message(&face, ALICE, 1, "2026-11-20T08:00:00.000Z", false, "received", "one");
	fixture_message(&face, ALICE, 2, "2026-11-20T08:10:00.000Z", false, "received", "two");
	return 0;
}

static void
bound(const char *binds)
{
	static int rev = 900;

	fixture_event(&face, true, "{'type':'setting','rev':%d,'name':'bind','value':{%s}}", rev++, binds);
}

static void
in_the_selection(void **state)
{
	(void)state;
	bound("'select C-t':'select-previous','select k':'none','select T':'/theme ','select Space':'copy-text'");
	fixture_key(&face, "\033s");
	fixture_key(&face, "\024");
	assert_int_equal(face.select.rows.at, 1);
	fixture_type(&face, "jk");
	assert_int_equal(face.select.rows.at, 2);
	/* What it did by itself it does no longer. */
	fixture_type(&face, " ");
	assert_int_equal(g_hash_table_size(face.select.rows.marked), 0);
	assert_true(fixture_shows(&face, "copied"));
	/* The menu and the legend say what holds now. */
	fixture_type(&face, "m");
	assert_true(fixture_shows(&face, "Space copy text"));
	fixture_key(&face, "\033");
	fixture_type(&face, "T");
	assert_int_equal(face.select.rows.at, 0);
	assert_string_equal(input_line(face.input), "/theme ");
	fixture_key(&face, "\003");
	fixture_resize(&face, 200, 80);
	fixture_key(&face, "\030");
	fixture_key(&face, "?");
	assert_true(fixture_shows(&face, "C-t, Up    select-previous"));
	assert_true(fixture_shows(&face, "Space, y   copy-text"));
	fixture_type(&face, "q");
	/* Elsewhere the keys are what they were. */
	fixture_type(&face, "kT ");
	assert_string_equal(input_line(face.input), "kT ");
}

static void
in_the_views(void **state)
{
	(void)state;
	fixture_resize(&face, 24, 200);
	bound("'contacts z':'leave-view','views C-t':'next-line','inbox j':'none','contacts C-n':'/win 1','contacts m':'none'");
	fixture_key(&face, "\033[20~");
	assert_true(face.page.on && face.page.kind == PAGE_CONTACTS);
	g_free(fixture_dump(&face));
	fixture_key(&face, "\024");
	assert_non_null(face.page.at);
	assert_false(fixture_shows(&face, "m groups"));
	fixture_type(&face, "z");
	assert_false(face.page.on);
	/* Only there, and before what the key does everywhere. */
	fixture_key(&face, "\033[20~");
	fixture_key(&face, "\016");
	assert_false(face.page.on);
	assert_true(chat_is_console(face.front));
	fixture_key(&face, "\033[20~");
	fixture_type(&face, "q");
	assert_false(face.page.on);
}

static void
by_command(void **state)
{
	static const struct { const char *typed, *line; } each[] = {
		{ "/bind select T copy-text", "/set \"bind.select T\" \"copy-text\"" },
		{ "/bind contacts = '/sub '", "/set \"bind.contacts Equals\" \"/sub \"" },
		{ "/bind views C-t next-line", "/set \"bind.views C-t\" \"next-line\"" },
		{ "/unbind select k", "/set \"bind.select k\" \"none\"" },
		{ "/unbind select U", "/unset \"bind.select U\"" },
	};
	static const struct { const char *typed, *said; } said[] = {
		{ "/bind select F7", "select F7 does nothing." }, { "/bind select y", "select y is copy-text." },
		{ "/bind select U", "select U is copy-line." }, { "/bind contacts j", "contacts j is next-line." },
		{ "/bind select T copy-txet", "near to it: copy-text" },
		    { "/bind select C-x C-y copy-text", "is one key alone" },
		{ "/bind select Qup copy-text", "There is no key" }, { "/bind contacts T copy-text",
		    "There is no action" },
		{ "/unbind select Z", "select Z does nothing." }, { "/bind select", "There is no key \"select\"" },
	};

	(void)state;
	fixture_resize(&face, 60, 200);
	bound("'select U':'copy-line','select V':'cpoy-line'");
	assert_true(fixture_shows(&face, "select V: There is no action"));
	for (size_t i = 0; i < G_N_ELEMENTS(each); i++) {
		json_t *request;

		fixture_type(&face, each[i].typed);
		fixture_key(&face, "\r");
		request = fixture_request(&face, "run");
		assert_string_equal(fixture_param(request, "line"),
		    each[i].line);
		fixture_answer(&face, request, json_pack("{s:[s]}", "output", "kept"));
	}
	for (size_t i = 0; i < G_N_ELEMENTS(said); i++) {
		fixture_type(&face, said[i].typed);
		fixture_key(&face, "\r");
		if (!fixture_shows(&face, said[i].said))
			fail_msg("%s:\n%s", said[i].typed, fixture_dump(&face));
	}
}

#define test(name) cmocka_unit_test_setup_teardown(name, open_face, fixture_end)

int
main(void)
{
	const struct CMUnitTest tests[] = { test(in_the_selection), test(in_the_views), test(by_command) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
