/* test_face_links.c: links of messages, and the program that opens one. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "base/limits.h"
#include "face_fixture.h"
#include "remove_tree.h"

#define ALICE "alice@example.org"

static struct face face;
static char *folder, *seen;

static int
open_face(void **state)
{
	(void)state;
	fixture_open(&face, 24, 80);
	fixture_people(&face);
	fixture_core(&face);
	fixture_go(&face, "home", ALICE);
	fixture_message(&face, ALICE, 1, "2026-11-20T08:00:00.000Z", false, "received",
	    "see https://a.example/one, and (http://b.example/two)");
	fixture_message(&face, ALICE, 2, "2026-11-20T08:10:00.000Z", false, "received", "no link");
	fixture_message(&face, ALICE, 3, "2026-11-20T08:20:00.000Z", true, "displayed",
	    "https://a'b;$(id).example/\xc3\xa4");
	folder = g_dir_make_tmp("confab-XXXXXX", NULL);
	seen = g_build_filename(folder, "seen", NULL);
	return 0;
}

static int
close_face(void **state)
{
	(void)state;
	fixture_close(&face);
	remove_tree(folder);
	g_clear_pointer(&folder, g_free);
	g_clear_pointer(&seen, g_free);
	return 0;
}

static void
opener(const char *setting)
{
	static int rev = 500;
	g_autoptr(GString) quoted = g_string_new(setting);

	g_string_replace(quoted, "\\", "\\\\", 0);
	g_string_replace(quoted, "\"", "\\\"", 0);
	g_string_replace(quoted, "'", "\\u0027", 0);
	fixture_event(&face, true, "{'type':'setting','rev':%d,'name':'ui.opener','value':'%s'}", rev++, quoted->str);
}

/* A program that writes down what it was given, one argument a line. */
static void
writes_it_down(void)
{
	g_autofree char *command = g_strdup_printf("/bin/sh -c 'printf \"%%s\\\\n\" \"$@\" > \"$0\"' %s -a", seen);

	opener(command);
}

/* Until no program runs any more. */
static void
let_them_end(void)
{
	gint64 until = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

	while (face.links.openers != NULL && face.links.openers->len > 0) {
		assert_true(g_get_monotonic_time() < until);
		g_main_context_iteration(NULL, TRUE);
	}
}

static void
assert_opened(const char *arguments)
{
	g_autofree char *text = NULL;

	let_them_end();
	assert_true(g_file_get_contents(seen, &text, NULL, NULL));
	assert_string_equal(text, arguments);
	g_unlink(seen);
}

static void
of_a_message(void **state)
{
	(void)state;
	writes_it_down();
	fixture_key(&face, "\033s");
	fixture_type(&face, "o");
	/* One argument, whatever stands in it. */
	assert_opened("-a\nhttps://a'b;$(id).example/%C3%A4\n");
	assert_true(fixture_shows(&face, "opened with sh"));
	assert_int_equal(face.select.rows.at, 3);
	fixture_type(&face, "ko");
	assert_true(fixture_shows(&face, "open a link: no link in it"));
	assert_false(g_file_test(seen, G_FILE_TEST_EXISTS));
	/* Several: which one. */
	fixture_type(&face, "ko");
	assert_true(fixture_shows(&face, "https://a.example/one"));
	fixture_golden(&face, "links");
	fixture_type(&face, "j\r");
	assert_opened("-a\nhttp://b.example/two\n");
	assert_false(face.page.on);
	assert_true(fixture_shows(&face, "opened with sh: b.example."));
}

static void
of_the_chat(void **state)
{
	(void)state;
	writes_it_down();
	fixture_type(&face, "half a line");
	fixture_key(&face, "\033o");
	fixture_key(&face, "\r");
	assert_opened("-a\nhttps://a'b;$(id).example/%C3%A4\n");
	assert_string_equal(input_line(face.input), "half a line");
	/* The oldest is the last one. */
	fixture_key(&face, "\033o");
	fixture_type(&face, "G");
	fixture_type(&face, "y");
	assert_true(fixture_shows(&face, "copied"));
	fixture_key(&face, "\031");
	assert_string_equal(input_line(face.input), "half a linehttp://b.example/two");
	fixture_key(&face, "\003");
	face_go(&face, model_console(face.model));
	fixture_key(&face, "\033o");
	assert_true(fixture_shows(&face, "There is no link in what"));
}

static void
what_misleads_is_shown_first(void **state)
{
	(void)state;
	writes_it_down();
	/* A Cyrillic letter, and a name before an '@'. */
	fixture_message(&face, ALICE, 4, "2026-11-20T08:30:00.000Z", false, "received",
	    "https://p\xd0\xb0ypal.example/");
	fixture_message(&face, ALICE, 5, "2026-11-20T08:40:00.000Z", false, "received",
	    "https://bank.example@evil.example");
	fixture_key(&face, "\033s");
	fixture_type(&face, "o");
	assert_true(fixture_shows(&face, "leads to evil.example"));
	fixture_key(&face, "\033");
	fixture_key(&face, "\033s");
	fixture_type(&face, "ko");
	assert_true(fixture_shows(&face, "leads to xn--pypal-4ve.example"));
	assert_false(g_file_test(seen, G_FILE_TEST_EXISTS));
	fixture_key(&face, "\r");
	assert_opened("-a\nhttps://xn--pypal-4ve.example/\n");
}

static void
one_of_several(void **state)
{
	(void)state;
	writes_it_down();
	fixture_message(&face, ALICE, 4, "2026-11-20T09:00:00.000Z", false, "received",
	    "look: (https://a.example/$(id);x), or file:///etc/passwd");
	fixture_key(&face, "\033o");
	assert_true(fixture_shows(&face, "  2  alice"));
	fixture_key(&face, "j");
	fixture_key(&face, "\r");
	assert_true(fixture_shows(&face, "No program opens"));
}

static void
what_is_not_opened(void **state)
{
	static const char *const urls[] = { "file:///etc/passwd", "aesgcm://h.example/f#00",
	    "ssh://-oProxyCommand=x/" };

	(void)state;
	writes_it_down();
	for (size_t i = 0; i < G_N_ELEMENTS(urls); i++) {
		fixture_message(&face, ALICE, 10 + (int)i, "2026-11-20T09:00:00.000Z", false, "received", urls[i]);
		fixture_key(&face, "\033s");
		fixture_type(&face, "o");
		assert_true(fixture_shows(&face, "No program opens"));
		assert_false(g_file_test(seen, G_FILE_TEST_EXISTS));
		fixture_key(&face, "\033");
	}
}

static void
of_this_network(void **state)
{
	(void)state;
	fixture_message(&face, ALICE, 4, "2026-11-20T09:00:00.000Z", false, "received", "xmpp:Ops@rooms.example?join");
	fixture_message(&face, ALICE, 5, "2026-11-20T09:01:00.000Z", false, "received",
	    "xmpp:bob@b.example?message;body=x");
	fixture_key(&face, "\033s");
	fixture_type(&face, "o");
	assert_string_equal(input_line(face.input), "/msg bob@b.example x");
	fixture_key(&face, "\033s");
	fixture_type(&face, "ko");
	assert_string_equal(input_line(face.input), "/join ops@rooms.example ");
}

/* What confab was started with: a line that somebody sends or not, and never one that goes by itself. */
static void
started_with(void **state)
{
	static const char *const links[][2] = {
		{ "xmpp:bob@b.example", "/msg bob@b.example " },
		{ "XMPP:Bob@B.example/Phone?message", "/msg bob@b.example " },
		{ "xmpp:bob@b.example?message;subject=no;body=one%0A/quit%1b[2J%C3%A4",
		    "/msg bob@b.example one /quit[2J\xc3\xa4" },
		{ "xmpp:bob@b.example?message;body=%00%ff", "/msg bob@b.example " },
		{ "xmpp:bob@b.example?remove;body=x", "/msg bob@b.example " },
		{ "xmpp:room@c.example?join;password=secret#top", "/join room@c.example " },
		{ "xmpp:a%26b@c.example?join", NULL },
		{ "xmpp:a%20b@c.example", NULL },
		{ "xmpp:a%0A/quit", NULL },
		{ "xmpp:%00", NULL },
		{ "xmpp:%ff@c.example", NULL },
		{ "xmpp:", NULL },
		{ "xmpp:?join", NULL },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(links); i++) {
		fixture_go(&face, "home", ALICE);
		fixture_type(&face, "mine");
		face.uri = links[i][0];
		links_started(&face);
		assert_null(face.uri);
		if (links[i][1] != NULL) {
			assert_true(chat_is_console(face.front));
			assert_string_equal(input_line(face.input), links[i][1]);
			fixture_go(&face, "home", ALICE);
		}
		/* What stood in another chat stays there. */
		assert_string_equal(input_line(face.input), "mine");
		fixture_key(&face, "\025");
	}
}

static void
without_a_program(void **state)
{
	(void)state;
	unsetenv("DISPLAY");
	unsetenv("WAYLAND_DISPLAY");
	opener("");
	fixture_key(&face, "\033s");
	fixture_type(&face, "o");
	assert_true(fixture_shows(&face, "there is no display here: copied"));
	fixture_type(&face, "q");
	fixture_key(&face, "\031");
	assert_string_equal(input_line(face.input), "https://a'b;$(id).example/%C3%A4");
	fixture_key(&face, "\003");
	/* One that is not there, and one that fails. */
	opener("/nowhere/at-all");
	fixture_key(&face, "\033s");
	fixture_type(&face, "o");
	assert_true(fixture_shows(&face, "\"/nowhere/at-all\" did not start"));
	fixture_type(&face, "q");
	opener("/bin/sh -c 'exit 3'");
	fixture_key(&face, "\033o");
	fixture_key(&face, "\r");
	let_them_end();
	assert_true(fixture_shows(&face, "\"sh\" did not open a link"));
}

/* Programs that do not end are not started without end, and do not hold up the face. */
static void
programs_that_stay(void **state)
{
	g_autofree char *pipe = g_build_filename(folder, "pipe", NULL), *lines = g_strnfill(LIMIT_OPENERS, '\n');
	g_autofree char *command = g_strdup_printf("/bin/sh -c 'read -r line < \"$0\"' %s", pipe);
	int fd;

	(void)state;
	assert_int_equal(mkfifo(pipe, 0600), 0);
	fd = open(pipe, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	opener(command);
	for (int i = 0; i <= LIMIT_OPENERS; i++) {
		fixture_key(&face, "\033o");
		fixture_key(&face, "\r");
	}
	assert_int_equal(face.links.openers->len, LIMIT_OPENERS);
	assert_true(fixture_shows(&face, "programs that open links still run"));
	/* Each takes one of them, whenever it gets there. */
	assert_int_equal(write(fd, lines, LIMIT_OPENERS), LIMIT_OPENERS);
	let_them_end();
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(of_a_message, open_face, close_face),
		cmocka_unit_test_setup_teardown(of_the_chat, open_face, close_face),
		cmocka_unit_test_setup_teardown(what_misleads_is_shown_first, open_face, close_face),
		cmocka_unit_test_setup_teardown(one_of_several, open_face, close_face),
		cmocka_unit_test_setup_teardown(what_is_not_opened, open_face, close_face),
		cmocka_unit_test_setup_teardown(of_this_network, open_face, close_face),
		cmocka_unit_test_setup_teardown(started_with, open_face, close_face),
		cmocka_unit_test_setup_teardown(without_a_program, open_face, close_face),
		cmocka_unit_test_setup_teardown(programs_that_stay, open_face, close_face),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
