/* test_face_select.c: walking over messages, and what is done with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
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
	fixture_message(&face, ALICE, 1, "2026-11-19T22:41:00.000Z", false, "received", "Did the backup finish?");
	fixture_message(&face, ALICE, 2, "2026-11-19T22:43:00.000Z", true, "displayed", "Yes.\n> and more");
	fixture_message(&face, ALICE, 3, "2026-11-20T08:59:00.000Z", false, "received", "Morning.");
	fixture_message(&face, ALICE, 4, "2026-11-20T08:59:30.000Z", false, "received", "Everything mounts.");
	fixture_message(&face, ALICE, 5, "2026-11-20T09:02:00.000Z", true, "failed", "Good.");
	fixture_message(&face, ALICE, 6, "2026-11-20T09:03:00.000Z", true, "queued", "Very good.");
	return 0;
}

static void
at(int64_t id)
{
	g_free(fixture_dump(&face));
	assert_int_equal(face.select.rows.at, id);
}

static void
walking(void **state)
{
	(void)state;
	fixture_type(&face, "half a line");
	fixture_key(&face, "\033s");
	at(6);
	fixture_key(&face, "j");
	at(6);
	fixture_type(&face, "kk");
	at(4);
	/* Joined to the one above, it shows time and name while it is selected. */
	assert_true(fixture_shows(&face, "08:59>alice       Everything mounts."));
	fixture_type(&face, "k");
	assert_true(fixture_shows(&face, "08:59>alice       Morning."));
	assert_false(fixture_shows(&face, "08:59 alice       Everything"));
	fixture_type(&face, "[");
	at(2);
	fixture_type(&face, "]");
	at(3);
	fixture_type(&face, ")");
	at(5);
	fixture_type(&face, "((");
	at(2);
	fixture_type(&face, "g");
	at(1);
	fixture_key(&face, "\033[6~");
	fixture_type(&face, "G");
	at(6);
	/* No letter is typed, known or not. */
	fixture_type(&face, "zZ1");
	assert_string_equal(input_line(face.input), "half a line");
	assert_true(fixture_shows(&face, "SELECT"));
	fixture_golden(&face, "select");
	fixture_type(&face, "q");
	at(0);
	assert_false(fixture_shows(&face, "SELECT"));
	fixture_type(&face, "s");
	assert_string_equal(input_line(face.input), "half a lines");
	/* Esc, C-g and C-c end it too, and so does another chat. */
	for (const char *const *key = (const char *const[]){ "\033", "\007", "\003", "\0331", NULL }; *key != NULL;
	    key++) {
		fixture_go(&face, "home", ALICE);
		fixture_key(&face, "\033s");
		assert_int_not_equal(face.select.rows.at, 0);
		fixture_key(&face, *key);
		if (strcmp(*key, "\0331") == 0)
			face_go(&face, model_console(face.model));
		at(0);
	}
}

static void
copying_and_quoting(void **state)
{
	(void)state;
	fixture_key(&face, "\033s");
	fixture_type(&face, "gjy");
	assert_true(fixture_shows(&face, "copied"));
	fixture_type(&face, "q");
	fixture_key(&face, "\031");
	assert_string_equal(input_line(face.input), "Yes.\n> and more");
	fixture_key(&face, "\003");
	/* Marked ones go together, in their order. */
	fixture_key(&face, "\033s");
	fixture_type(&face, "g   ");
	at(4);
	assert_true(fixture_shows(&face, "*alice       Did the backup"));
	fixture_type(&face, "Y");
	fixture_type(&face, "q");
	fixture_key(&face, "\031");
	assert_string_equal(input_line(face.input),
	    "22:41 alice: Did the backup finish?\n22:43 mira: Yes.\n> and more\n08:59 alice: Morning.");
	fixture_key(&face, "\003");
	fixture_key(&face, "\033s");
	fixture_type(&face, "gj>");
	at(0);
	assert_string_equal(input_line(face.input), "> Yes.\n> > and more\n");
}

static void
sending_again_and_dropping(void **state)
{
	(void)state;
	fixture_key(&face, "\033s");
	fixture_type(&face, "kR");
	fixture_runs(&face, "/retry 5");
	fixture_type(&face, "D");
	fixture_runs(&face, "/cancel 5");
	fixture_type(&face, "jR");
	assert_true(fixture_shows(&face, "neither failed nor"));
	fixture_type(&face, "D");
	fixture_runs(&face, "/cancel 6");
	fixture_type(&face, "gD");
	assert_true(fixture_shows(&face, "not yours"));
	fixture_type(&face, "w");
	assert_true(fixture_shows(&face, "alice is alice@example.org"));
	/* What was refused is said; the line is not touched. */
	fixture_type(&face, "kkjjjjR");
	fixture_refuse(&face, fixture_request(&face, "run"), "usage", "It has moved on.");
	assert_true(fixture_shows(&face, "It has moved on."));
	assert_string_equal(input_line(face.input), "");
}

static void
the_menu(void **state)
{
	(void)state;
	fixture_key(&face, "\033s");
	fixture_type(&face, "g");
	fixture_key(&face, "\r");
	fixture_golden(&face, "select-menu");
	fixture_key(&face, "\033");
	assert_false(fixture_shows(&face, "copy text"));
	at(1);
	/* On every size of a screen. */
	fixture_key(&face, "\r");
	for (int rows = 1; rows < 30; rows += 3)
		for (int columns = 1; columns < 100; columns += 9) {
			fixture_resize(&face, rows, columns);
			g_free(fixture_dump(&face));
		}
}

static void
folding(void **state)
{
	g_autoptr(GString) body = g_string_new("row 1");

	(void)state;
	for (int i = 2; i <= 30; i++)
		g_string_append_printf(body, "\nrow %d", i);
	fixture_message(&face, ALICE, 7, "2026-11-20T10:00:00.000Z", false, "received", body->str);
	assert_true(fixture_shows(&face, "row 8"));
	assert_false(fixture_shows(&face, "row 9"));
	assert_true(fixture_shows(&face, "22 more rows, Enter"));
	fixture_key(&face, "\033s");
	fixture_key(&face, "\r");
	assert_true(fixture_shows(&face, "row 30"));
	assert_false(fixture_shows(&face, "more rows"));
	/* It stays open when it is told again. */
	fixture_event(&face, true, "{'type':'message','account':'home','chat':'" ALICE "','rev':2000,'id':7,'order':70,"
	    "'said':'2026-11-20T10:00:00.000Z','direction':'in','state':'received','body':'short\\n2\\n3\\n4\\n5\\n6\\n7\\n8\\n9\\n"
	    "10\\n11\\n12\\n13\\nlast'}");
	assert_true(fixture_shows(&face, "last"));
	/* Own ones do not fold, and 12 rows are not worth it. */
	fixture_type(&face, "q");
	fixture_message(&face, ALICE, 8, "2026-11-20T10:01:00.000Z", true, "stored", body->str);
	assert_true(fixture_shows(&face, "row 30"));
	assert_false(fixture_shows(&face, "more rows"));
	fixture_message(&face, ALICE, 9, "2026-11-20T10:02:00.000Z", false, "received",
	    "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\ntwelfth");
	assert_true(fixture_shows(&face, "twelfth"));
}

/* A body as long as one can be costs what is shown of it. */
static void
the_longest_body(void **state)
{
	g_autofree char *body = g_malloc(LIMIT_BODY);
	int64_t begin;

	(void)state;
	for (int i = 0; i < LIMIT_BODY - 1; i++)
		body[i] = i % 7 == 6 ? ' ' : 'a';
	body[LIMIT_BODY - 1] = '\0';
	fixture_message(&face, ALICE, 7, "2026-11-20T10:00:00.000Z", true, "stored", body);
	fixture_message(&face, ALICE, 8, "2026-11-20T10:00:00.000Z", false, "received", body);
	begin = g_get_monotonic_time();
	for (int i = 0; i < 10; i++) {
		face_mark(&face, DIRTY_ALL);
		g_free(fixture_dump(&face));
	}
	print_message("a redraw with bodies of 1 MiB: %.1f ms\n", (double)(g_get_monotonic_time() - begin) / 10000);
	assert_true(fixture_shows(&face, "many more rows"));
	fixture_key(&face, "\033s");
	fixture_key(&face, "\r");
	fixture_key(&face, "\r");
	assert_int_equal(face.front->window->entries[window_find(face.front->window, 8)]->unfolded, 2);
	g_free(fixture_dump(&face));
}

/* With its text in the line, and by its number: also one that is not the last. */
static void
correcting(void **state)
{
	(void)state;
	fixture_key(&face, "\033s");
	at(6);
	fixture_type(&face, "kkc");
	assert_true(fixture_shows(&face, "correct: not yours"));
	fixture_type(&face, "jc");
	assert_true(fixture_shows(&face, "correcting> Good."));
	fixture_type(&face, " Indeed.");
	fixture_key(&face, "\r");
	fixture_runs(&face, "/correct @5 Good. Indeed.");
	fixture_message(&face, ALICE, 8, "2026-11-20T09:06:00.000Z", true, "cancelled", "no");
	fixture_key(&face, "\033s");
	fixture_type(&face, "Gc");
	assert_true(fixture_shows(&face, "correct: it was dropped"));
}

static void
unread_from_here(void **state)
{
	(void)state;
	fixture_key(&face, "\033s");
	fixture_type(&face, "u");
	assert_true(fixture_shows(&face, "unread from here: yours"));
	fixture_type(&face, "kku");
	fixture_runs(&face, "/unread 4");
	assert_int_equal(face.select.rows.at, 0);
	/* It stands in front of somebody, and is not seen at once. */
	fixture_event(&face, true,
	    "{'type':'chat','account':'home','chat':'" ALICE "','rev':900,'kind':'chat','name':'alice','open':true,'number':2,'unread':1,'read':35,'last':60}");
	attention_key(&face);
	g_free(fixture_dump(&face));
	assert_int_equal(face.attention.linger_id, 0);
	fixture_go(&face, "home", "bob@example.com");
	fixture_go(&face, "home", ALICE);
	attention_key(&face);
	g_free(fixture_dump(&face));
	assert_true(face.attention.linger_id != 0);
	fixture_key(&face, "\033v");
	fixture_runs(&face, "/unread");
}

static void
forwarding(void **state)
{
	json_t *request;

	(void)state;
	fixture_type(&face, "half");
	fixture_key(&face, "\033s");
	fixture_type(&face, "gjf");
	fixture_type(&face, "lena");
	fixture_key(&face, "\r");
	request = fixture_request(&face, "run");
	assert_string_equal(fixture_param(request, "line"),
	    "Yes.\n> and more");
	assert_string_equal(fixture_param(request, "chat"),
	    "lena@work.example");
	assert_string_equal(fixture_param(request, "account"), "work");
	json_decref(request);
	assert_string_equal(face.front->jid, "lena@work.example");
	/* To an address; what begins like a command is text. */
	fixture_go(&face, "home", ALICE);
	fixture_message(&face, ALICE, 7, "2026-11-20T09:05:00.000Z", false, "received", "/quit");
	fixture_key(&face, "\033s");
	fixture_type(&face, "gjjjjjf");
	fixture_type(&face, "new@example.org");
	fixture_key(&face, "\r");
	fixture_runs(&face, "/msg new@example.org Very good.");
	fixture_key(&face, "\033s");
	fixture_type(&face, "kjf7");
	fixture_key(&face, "\r");
	request = fixture_request(&face, "run");
	assert_true(strstr(fixture_param(request, "line"),
	    "//quit") != NULL);
	json_decref(request);
	/* Nowhere, and not at all: nothing is sent. */
	fixture_go(&face, "home", ALICE);
	fixture_key(&face, "\033s");
	fixture_type(&face, "fnobody");
	fixture_key(&face, "\r");
	assert_true(fixture_shows(&face, "No open chat is called \"nobody\""));
	fixture_key(&face, "\033s");
	fixture_type(&face, "f");
	fixture_key(&face, "\007");
	assert_true(fixture_shows(&face, "alice> half"));
}

static void
explaining(void **state)
{
	json_t *request;

	(void)state;
	fixture_key(&face, "\033s");
	fixture_type(&face, "gi");
	request = fixture_request(&face, "run");
	assert_string_equal(fixture_param(request, "line"),
	    "/explain 1");
	assert_true(fixture_shows(&face, "message 1"));
	fixture_answer(&face, request, json_pack("{s:[s,s,s]}", "output", "Message 1 in the chat", "",
	    "from         alice"));
	assert_true(fixture_shows(&face, "Message 1 in the chat"));
	assert_true(fixture_shows(&face, "from         alice"));
	fixture_type(&face, "q");
	assert_true(fixture_shows(&face, "alice> █"));
	fixture_key(&face, "\033s");
	fixture_type(&face, "Gi");
	fixture_refuse(&face, fixture_request(&face, "run"), "not_found", "There is no message 6.");
	assert_true(fixture_shows(&face, "There is no message 6."));
}

#define test(name) cmocka_unit_test_setup_teardown(name, open_face, fixture_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(walking), test(copying_and_quoting), test(sending_again_and_dropping), test(the_menu),
		    test(folding),
		test(the_longest_body), test(correcting), test(unread_from_here), test(forwarding), test(explaining),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
