/* test_face_palette.c: the palette: what it finds, in which order, and what Enter does with it. */
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
	fixture_event(&face, false,
	    "{'type':'chat','account':'work','chat':'releases@conference.work.example','rev':11,'kind':'room','name':'releases','open':true,'number':8}");
	fixture_event(&face, false, "{'type':'contact','account':'home','rev':12,'jid':'malik@example.com','name':"
	    "'Malik Aldana','subscription':'both'}");
	face.page.commands = json_pack("[{s:s,s:s,s:s,s:s},{s:s,s:s,s:s,s:s}]", "name", "alias", "args", "[ALIAS]",
	    "group", "the rest", "help", "lists the aliases, shows one, or makes one", "name", "answer", "args", "N",
	    "group", "the rest", "help", "answers a question");
	return 0;
}

static void
what_it_finds(void **state)
{
	(void)state;
	fixture_go(&face, "home", ALICE);
	fixture_type(&face, "half a line");
	/* Chats and contacts: what has commands changes with each of them. */
	fixture_key(&face, "\033g");
	fixture_golden(&face, "palette");
	fixture_type(&face, "al");
	fixture_golden(&face, "palette-al");
	fixture_resize(&face, 12, 40);
	fixture_golden(&face, "palette-40x12");
	fixture_resize(&face, 5, 20);
	fixture_golden(&face, "palette-20x5");
	fixture_resize(&face, 24, 80);
	fixture_key(&face, "\007");
	fixture_key(&face, "\033x");
	fixture_type(&face, "alia");
	assert_true(fixture_shows(&face, " >    /alias                command  lists the aliases"));
	fixture_key(&face, "\025");
	fixture_type(&face, "nothing like it");
	assert_true(fixture_shows(&face, "Nothing is called \"nothing like it\""));
	fixture_key(&face, "\033");
	assert_true(fixture_shows(&face, "alice> half a line"));
}

static void
kinds(void **state)
{
	static const struct { const char *typed, *has, *has_not; } each[] = {
		{ "#", "releases", "alice" }, { "@", "Malik", "releases" }, { "/", "/alias", "Malik" },
		{ ">", "balance-splits", "/alias" }, { "/cl", "/clear", "close-chat" },
		    { ">close", "C-x k: ", "/close" },
		{ "RELEASES", "room", "Malik" }, { "example.com", "malik@example.com", "releases" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(each); i++) {
		fixture_key(&face, "\033OQ");
		fixture_type(&face, each[i].typed);
		assert_true(fixture_shows(&face, each[i].has));
		assert_false(fixture_shows(&face, each[i].has_not));
		fixture_key(&face, "\007");
	}
	/* M-g has chats and contacts only. */
	fixture_key(&face, "\033g");
	assert_true(fixture_shows(&face, "chat> "));
	assert_true(fixture_shows(&face, "Malik"));
	assert_false(fixture_shows(&face, "/alias"));
	fixture_key(&face, "\003");
}

static void
what_enter_does(void **state)
{
	json_t *request;

	(void)state;
	fixture_core(&face);
	fixture_key(&face, "\033x");
	fixture_type(&face, "bob");
	fixture_key(&face, "\r");
	assert_string_equal(face.front->jid, "bob@example.com");
	assert_false(face.palette.on);
	/* An action is done. */
	fixture_key(&face, "\033x");
	fixture_type(&face, "open-cons");
	fixture_key(&face, "\r");
	assert_true(chat_is_console(face.front));
	/* A command comes into the line; what was there is not lost. */
	fixture_type(&face, "typed before");
	fixture_key(&face, "\033x");
	fixture_type(&face, "/ali");
	fixture_key(&face, "\r");
	assert_string_equal(input_line(face.input), "/alias ");
	fixture_key(&face, "\031");
	assert_string_equal(input_line(face.input), "/alias typed before");
	/* A contact without a chat is asked for; an address that nobody has comes into the line. */
	fixture_key(&face, "\033x");
	fixture_type(&face, "malik");
	fixture_key(&face, "\r");
	request = fixture_request(&face, "run");
	assert_string_equal(fixture_param(request, "line"),
	    "/msg malik@example.com");
	fixture_answer(&face, request, json_pack("{s:[]}", "output"));
	fixture_key(&face, "\033x");
	fixture_type(&face, "new@example.org");
	fixture_key(&face, "\r");
	assert_string_equal(input_line(face.input), "/msg new@example.org ");
}

/* What was taken lately comes first, also after the next attach. */
static void
recent(void **state)
{
	struct face *other = &face;
	g_autofree char *kept = NULL, *dump = NULL;

	(void)state;
	fixture_key(&face, "\033x");
	fixture_type(&face, "open-cons");
	fixture_key(&face, "\r");
	fixture_key(&face, "\033x");
	fixture_type(&face, "lena");
	fixture_key(&face, "\r");
	kept = keep_text(other);
	palette_free(&face);
	memset(&face.palette, 0, sizeof face.palette);
	keep_take(&face, kept);
	fixture_key(&face, "\033x");
	assert_true(fixture_shows(&face, " > 10 lena "));
	dump = fixture_dump(&face);
	assert_non_null(strstr(dump, "\n      open-console "));
	assert_true(strstr(dump, "open-console") < strstr(dump, "alice "));
	fixture_key(&face, "\033[B");
	fixture_key(&face, "\r");
	assert_true(chat_is_console(face.front));
}

int
main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, open_face, fixture_end)
	const struct CMUnitTest tests[] = { test(what_it_finds), test(kinds), test(what_enter_does), test(recent) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
