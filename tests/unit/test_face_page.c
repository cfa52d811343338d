/* test_face_page.c: the views in the chat's place: help, the legend, and what a key does. */
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
	fixture_type(&face, "half a line");
	return 0;
}

static void
answer_help(void)
{
	fixture_answer(&face, fixture_request(&face, "run"), json_pack("{s:[], s:[{s:s, s:s, s:s, s:s, s:n}, "
	    "{s:s, s:s, s:s, s:s, s:s}, {s:s, s:s, s:s, s:s, s:n}]}", "output", "data",
	    "name", "account", "args", "[list]", "group", "account", "help", "lists the accounts", "detail",
	    "name", "msg", "args", "JID [TEXT...]", "group", "talking", "help", "opens the chat with somebody",
	    "detail", "TEXT is sent at once. Without it the chat is opened and nothing is sent, which is how one begins.",
	    "name", "say", "args", "TEXT...", "group", "talking", "help", "says TEXT", "detail"));
}

static void
help(void **state)
{
	(void)state;
	fixture_key(&face, "\033OP");
	answer_help();
	fixture_golden(&face, "help");
	assert_false(fixture_shows(&face, "half a line"));
	fixture_type(&face, "jj");
	fixture_key(&face, "\r");
	fixture_golden(&face, "help-command");
	fixture_key(&face, "\r");
	assert_true(fixture_shows(&face, "help  /say"));
	fixture_key(&face, "\x7f");
	assert_string_equal(face.page.at, "/say");
	/* What is looked for; letters and digits are its own then. */
	fixture_type(&face, "/SOMEbody");
	assert_true(fixture_shows(&face, "/msg JID"));
	assert_false(fixture_shows(&face, "/say TEXT"));
	fixture_key(&face, "\x7f");
	assert_string_equal(face.page.filter->str, "SOMEbod");
	fixture_key(&face, "\r");
	fixture_key(&face, "\r");
	assert_true(fixture_shows(&face, "help  /msg"));
	fixture_key(&face, "\033");
	assert_false(face.page.on);
	assert_true(fixture_shows(&face, "alice> half a line"));
}

/* What everybody knows works from here, and leaves it. */
static void
other_keys(void **state)
{
	(void)state;
	fixture_key(&face, "\033OP");
	answer_help();
	fixture_type(&face, "xzy");
	fixture_key(&face, "\0332");
	assert_false(face.page.on);
	assert_true(fixture_shows(&face, "alice> half a line"));
	fixture_key(&face, "\033OP");
	fixture_key(&face, "\030");
	fixture_key(&face, "9");
	assert_true(chat_is_console(face.front));
	assert_false(face.page.on);
	/* It is not asked for twice, and a paste goes where one would have typed. */
	fixture_go(&face, "home", ALICE);
	fixture_key(&face, "\033OP");
	assert_true(fixture_shows(&face, "opens the chat with somebody"));
	fixture_paste(&face, " and more");
	assert_true(fixture_shows(&face, "alice> half a line and more"));
	/* What comes while one reads is not seen. */
	fixture_key(&face, "\033OP");
	fixture_message(&face, ALICE, 1, "2026-11-20T21:16:00.000Z", false, "received", "unseen");
	assert_false(fixture_shows(&face, "unseen"));
	assert_null(face.shown.last);
}

static void
legend(void **state)
{
	(void)state;
	fixture_key(&face, "\030");
	fixture_key(&face, "?");
	fixture_golden(&face, "legend");
	fixture_type(&face, "G");
	assert_true(fixture_shows(&face, "muted"));
	fixture_type(&face, "/delivered");
	assert_true(fixture_shows(&face, "a device of theirs said so"));
	fixture_key(&face, "\007");
	for (int rows = 1; rows < 30; rows += 3)
		for (int columns = 1; columns < 100; columns += 9) {
			fixture_resize(&face, rows, columns);
			g_free(fixture_dump(&face));
		}
}

static void
describe(const char *const keys[], const char *text)
{
	fixture_key(&face, "\033k");
	assert_true(fixture_shows(&face, "which key?"));
	for (int i = 0; keys[i] != NULL; i++)
		fixture_key(&face, keys[i]);
	if (!fixture_shows(&face, text)) {
		g_autofree char *dump = fixture_dump(&face);

		fail_msg("%s is not in:\n%s", text, dump);
	}
	assert_false(fixture_shows(&face, "which key?"));
}

#define keys(...) (const char *const[]){ __VA_ARGS__, NULL }

static void
describing(void **state)
{
	(void)state;
	describe(keys("\033a"), "M-a is go-next-unread: the next chat");
	describe(keys("\030", "d"), "C-x d is detach-face: leave");
	describe(keys("\001"), "C-a is readline's beginning-of-line.");
	describe(keys("x"), "x is typed.");
	describe(keys("\033"), "Esc leaves what is open");
	describe(keys("\030", "\006"), "C-x C-f does nothing.");
	describe(keys("\006"), "C-f is readline's forward-char.");
	/* Nothing was done, and the next key is done again. */
	assert_false(face.ending);
	assert_string_equal(input_line(face.input), "half a line");
	fixture_type(&face, "s");
	assert_string_equal(input_line(face.input), "half a lines");
}

static void
themes(void **state)
{
	(void)state;
	face.themes = g_strdup("themes");
	fixture_key(&face, "\003");
	fixture_type(&face, "/theme nosuch\r");
	assert_true(fixture_shows(&face, "There is no theme \"nosuch\""));
	fixture_type(&face, "/theme ../themes/light\r");
	assert_null(face.theme);
	fixture_type(&face, "/theme\r");
	assert_true(fixture_shows(&face, "dark, high-contrast, light, mono, sixteen,"));
	face.kept = true;
	fixture_type(&face, "/theme solarized\r");
	assert_string_equal(face.theme, "solarized");
	g_autofree char *kept = keep_text(&face);
	assert_non_null(strstr(kept, "theme solarized\n"));
	fixture_type(&face, "/theme li");
	fixture_key(&face, "\t");
	fixture_answer(&face, fixture_request(&face, "complete"), json_pack("{s:i, s:i, s:[]}", "from", 9, "to", 9,
	    "words"));
	assert_string_equal(input_line(face.input), "/theme light ");
}

static void
assert_run(const char *account, const char *line)
{
	json_t *request = fixture_request(&face, "run"), *params = json_object_get(request, "params");

	assert_string_equal(json_string_value(json_object_get(params, "line")), line);
	assert_string_equal(json_string_value(json_object_get(params, "account")), account);
	assert_null(json_object_get(params, "chat"));
	json_decref(request);
}

/* Groups fold and unfold; what is looked for is found in folded ones too. */
static void
folding(void **state)
{
	(void)state;
	fixture_event(&face, false, "{'type':'contact','account':'home','rev':20,'jid':'bob@example.com','name':'Bob',"
	    "'subscription':'both','groups':['family']}");
	fixture_event(&face, false,
	    "{'type':'presence','account':'home','rev':21,'jid':'bob@example.com/phone','show':'away','status':'train','priority':3}");
	fixture_event(&face, false,
	    "{'type':'presence','account':'home','rev':22,'jid':'bob@example.com/desk','show':'online','priority':9}");
	fixture_key(&face, "\033[20~");
	fixture_type(&face, "k");
	assert_string_equal(face.page.at, "home\n\nfamily");
	fixture_type(&face, " ");
	assert_true(fixture_shows(&face, "family (1)  1 online"));
	assert_false(fixture_shows(&face, "● Bob"));
	fixture_type(&face, "/bob\r");
	assert_true(fixture_shows(&face, "● Bob"));
	fixture_key(&face, "\033");
	assert_false(fixture_shows(&face, "● Bob"));
	fixture_type(&face, "g\r");
	assert_true(fixture_shows(&face, "● Bob"));
	/* A key that means a person does nothing on a group. */
	fixture_type(&face, "xi");
	assert_true(fixture_shows(&face, "contacts  by account"));
	fixture_type(&face, "ji");
	assert_true(fixture_shows(&face, "you see each other"));
	assert_true(fixture_shows(&face, "desk                 online  priority 9"));
	assert_true(fixture_shows(&face, "phone                away  \"train\"  priority 3"));
	fixture_type(&face, "q");
	assert_false(face.page.on);
}

/* However long the list is, it is drawn and walked at once. */
static void
many_contacts(void **state)
{
	int64_t begin;

	(void)state;
	for (int i = 0; i < 2000; i++)
		fixture_event(&face, false,
		    "{'type':'contact','account':'home','rev':%d,'jid':'c%d@example.org','name':'Contact %d','subscription':'both','groups':['group %d']}", 100 + i, i, i, i % 40);
	fixture_key(&face, "\033[20~");
	begin = g_get_monotonic_time();
	for (int i = 0; i < 20; i++) {
		fixture_type(&face, "j");
		g_free(fixture_dump(&face));
	}
	print_message("a key and a frame over 2000 contacts: %" G_GINT64_FORMAT " us\n",
	    (g_get_monotonic_time() - begin) / 20);
	fixture_type(&face, "/contact 1999\r");
	assert_true(fixture_shows(&face, "Contact 1999"));
}

static void
contacts(void **state)
{
	(void)state;
	fixture_event(&face, false, "{'type':'contact','account':'home','rev':20,'jid':'bob@example.com','name':'Bob',"
	    "'subscription':'to','groups':['family','friends']}");
	fixture_event(&face, false, "{'type':'contact','account':'home','rev':21,'jid':'erin@example.org',"
	    "'subscription':'none','ask':true}");
	fixture_event(&face, false,
	    "{'type':'contact','account':'work','rev':22,'jid':'lena@work.example','name':'lena','subscription':'both','groups':['team']}");
	fixture_event(&face, false,
	    "{'type':'presence','account':'work','rev':23,'jid':'lena@work.example/x','show':'dnd'}");
	fixture_event(&face, false,
	    "{'type':'contact','account':'work','rev':24,'jid':'malik@example.com','name':'Malik','subscription':'from','groups':['team']}");
	fixture_key(&face, "\033[20~");
	fixture_golden(&face, "contacts");
	/* It follows what comes. */
	fixture_event(&face, true,
	    "{'type':'presence','account':'work','rev':25,'jid':'lena@work.example/x','show':'away'}");
	assert_true(fixture_shows(&face, "◐ lena         away"));
	fixture_type(&face, "o");
	assert_false(fixture_shows(&face, "Malik"));
	assert_true(fixture_shows(&face, "lena"));
	/* Somebody in two groups has two rows, and one gets past them. */
	fixture_type(&face, "ogjjjjj");
	assert_string_equal(face.page.at, "home\nalice@example.org\n");
	fixture_type(&face, "/malik\r");
	fixture_type(&face, "r");
	assert_true(fixture_shows(&face, "name for malik@example"));
	fixture_type(&face, "Malik A.\r");
	assert_run("work", "/roster name malik@example.com Malik A.");
	fixture_type(&face, "m-team\r");
	assert_run("work", "/roster group remove malik@example.com team");
	fixture_type(&face, "mfriends\r");
	assert_run("work", "/roster group add malik@example.com friends");
	fixture_type(&face, "x");
	assert_run("work", "/roster remove malik@example.com");
	fixture_type(&face, "anew@example.org\r");
	assert_run("work", "/roster add new@example.org");
	fixture_key(&face, "\r");
	assert_run("work", "/msg malik@example.com");
	assert_true(face.page.on);
	/* An open chat is gone to at once; the line is still there. */
	fixture_key(&face, "\033");
	fixture_type(&face, "/alice\r\r");
	assert_false(face.page.on);
	assert_true(fixture_shows(&face, "alice> half a line"));
	/* A name in the list can be anything. */
	fixture_event(&face, false, "{'type':'contact','account':'home','rev':30,'jid':'evil@example.org',"
	    "'name':'\\u001b[2Jx\\ny','subscription':'both','groups':['\\u001b]0;','']}");
	fixture_key(&face, "\030");
	fixture_key(&face, "c");
	for (int rows = 1; rows < 30; rows += 3)
		for (int columns = 1; columns < 100; columns += 9) {
			g_autofree char *dump = NULL;

			fixture_resize(&face, rows, columns);
			dump = fixture_dump(&face);
			assert_null(strchr(dump, '\033'));
		}
}

static void
muting(void **state)
{
	json_t *request;

	(void)state;
	fixture_key(&face, "\030");
	fixture_key(&face, "m");
	request = fixture_request(&face, "run");
	assert_string_equal(fixture_param(request, "line"),
	    "/notify none");
	json_decref(request);
	fixture_event(&face, true, "{'type':'chat','account':'home','chat':'bob@example.com','rev':50,'kind':'chat',"
	    "'name':'bob','open':true,'number':7,'unread':2,'read':5,'muted':true}");
	/* It counts, greyed, and is no stop. */
	fixture_resize(&face, 24, 120);
	assert_true(fixture_shows(&face, "7 ? bob         -    2"));
	assert_false(fixture_shows(&face, "Act"));
	assert_null(model_next_unread(face.model, face.front, 0, false));
	fixture_event(&face, true,
	    "{'type':'chat','account':'home','chat':'bob@example.com','rev':902,'kind':'chat','name':'bob','open':true,'number':7,'unread':2,'read':5,'muted':true,'draft':'x'}");
	assert_true(fixture_shows(&face, "7 ? bob         ✎-   2"));
	fixture_event(&face, true,
	    "{'type':'chat','account':'home','chat':'bob@example.com','rev':903,'kind':'chat','name':'bob','open':true,'number':7,'unread':2,'read':5,'muted':true,'draft':'x','failed':1}");
	assert_true(fixture_shows(&face, "7 ? bob         !✎   2"));
}

#define test(name) cmocka_unit_test_setup_teardown(name, open_face, fixture_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(help), test(other_keys), test(legend), test(describing), test(themes), test(contacts),
		    test(folding),
		test(many_contacts), test(muting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
