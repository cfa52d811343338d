/* test_face_mouse.c: the wheel and clicks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "face_fixture.h"

#define ALICE "alice@example.org"
#define BOB "bob@example.com"

static struct face face;

static int
open_face(void **state)
{
	(void)state;
	fixture_open(&face, 24, 120);
	fixture_people(&face);
	fixture_core(&face);
	fixture_go(&face, "home", ALICE);
	for (int i = 1; i <= 60; i++) {
		g_autofree char *body = g_strdup_printf("number %d", i);

		fixture_message(&face, ALICE, i, "2026-11-20T08:00:00.000Z", i % 2 == 0,
		    i % 2 == 0 ? "displayed" : "received", body);
	}
	g_free(fixture_dump(&face));
	return 0;
}

static void
mouse(const char *bytes)
{
	struct key_token token = { .kind = KEY_MOUSE, .bytes = bytes, .len = strlen(bytes) };

	face_token(&face, &token);
	g_free(fixture_dump(&face));
}

/* At the row that this text stands in, and the column. */
static void
mouse_at(int button, const char *text, int column)
{
	g_autofree char *dump = fixture_dump(&face), *bytes = NULL;
	g_auto(GStrv) rows = g_strsplit(dump, "\n", -1);
	int row = 0;

	while (rows[row] != NULL && strstr(rows[row], text) == NULL)
		row++;
	if (rows[row] == NULL)
		fail_msg("\"%s\" is not in\n%s", text, dump);
	bytes = g_strdup_printf("\033[<%d;%d;%dM", button, column + 1, row + 1);
	mouse(bytes);
}

static void
the_wheel(void **state)
{
	(void)state;
	assert_true(fixture_shows(&face, "number 60"));
	mouse_at(64, "number 50", 60);
	assert_true(fixture_shows(&face, "scrolled back"));
	assert_false(fixture_shows(&face, "number 60"));
	/* Held Ctrl and Shift change nothing. */
	mouse_at(65 + 16 + 4, "number 50", 60);
	mouse_at(65, "number 50", 60);
	assert_true(fixture_shows(&face, "number 60"));
	assert_false(fixture_shows(&face, "scrolled back"));
	/* Over the list of chats nothing scrolls. */
	mouse_at(64, "number 50", 2);
	assert_true(fixture_shows(&face, "number 60"));
	fixture_key(&face, "\030");
	fixture_key(&face, "?");
	mouse("\033[<65;60;10M");
	assert_int_equal(face.page.top, 3);
}

static void
clicks(void **state)
{
	(void)state;
	fixture_type(&face, "half a line");
	mouse_at(0, "number 55", 60);
	assert_int_equal(face.select.rows.at, 55);
	mouse_at(0, "number 52", 60);
	assert_int_equal(face.select.rows.at, 52);
	fixture_type(&face, "k");
	assert_int_equal(face.select.rows.at, 51);
	/* A chat, the console, and where there is none. */
	mouse_at(0, "  7 ", 5);
	assert_string_equal(face.front->jid, BOB);
	assert_int_equal(face.select.rows.at, 0);
	mouse_at(0, "console", 5);
	assert_true(chat_is_console(face.front));
	mouse("\033[<0;5;20M");
	mouse("\033[<0;5;3M");
	assert_true(chat_is_console(face.front));
	fixture_go(&face, "home", ALICE);
	assert_string_equal(input_line(face.input), "half a line");
}

static void
other_split(void **state)
{
	struct split *first = face.focus;

	(void)state;
	fixture_key(&face, "\030");
	fixture_key(&face, "2");
	g_free(fixture_dump(&face));
	assert_ptr_not_equal(face.focus, first);
	mouse("\033[<0;60;4M");
	mouse("\033[<0;60;4M");
	assert_int_equal(split_index(face.splits, face.focus), 0);
}

/* What is no click of ours does nothing, and nothing is typed. */
static void
other_bytes(void **state)
{
	static const char *const all[] = {
		"\033[<0;60;10m", "\033[<0;0;0M", "\033[<0;9999999999999999999999;1M", "\033[<;;M", "\033[<M",
		    "\033[<0;1M",
		"\033[<0;1;1;1M", "\033[<-1;-1;-1M", "\033[<1;60;10M", "\033[<2;60;10M", "\033[<35;60;10M",
		    "\033[<128;60;10M",
		"\033[<0;1;1024M", "\033[<64;1;1M",
	};

	(void)state;
	fixture_type(&face, "x");
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
		mouse(all[i]);
		assert_int_equal(face.select.rows.at, 0);
	}
	assert_string_equal(input_line(face.input), "x");
	/* Not while something is asked. */
	fixture_paste(&face, "1\n2\n3\n4\n5\n6");
	mouse("\033[<0;60;10M");
	assert_int_equal(face.select.rows.at, 0);
	assert_non_null(face.paste.text);
	fixture_key(&face, "\033");
	/* On every size of a screen, at every place. */
	for (int rows = 1; rows < 30; rows += 7)
		for (int columns = 1; columns < 130; columns += 31) {
			fixture_resize(&face, rows, columns);
			for (int y = 1; y <= rows; y++)
				for (int x = 1; x <= columns; x += 10) {
					g_autofree char *bytes = g_strdup_printf("\033[<%d;%d;%dM",
					    y % 3 == 0 ? 0 : 63 + y % 3, x, y);

					mouse(bytes);
				}
		}
}

#define test(name) cmocka_unit_test_setup_teardown(name, open_face, fixture_end)

int
main(void)
{
	const struct CMUnitTest tests[] = { test(the_wheel), test(clicks), test(other_split), test(other_bytes) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
