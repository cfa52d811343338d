/* test_face.c: what the face does with keys, events and answers, seen from both of its ends. */
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
#define BOB "bob@example.com"

static struct face face;

static int
open_face(void **state)
{
	(void)state;
	fixture_open(&face, 24, 80);
	fixture_people(&face);
	fixture_core(&face);
	return 0;
}

static int64_t
number(json_t *request, const char *name)
{
	return json_integer_value(json_object_get(json_object_get(request, "params"), name));
}

/* --- the model --- */

static void
newer_revisions_only(void **state)
{
	(void)state;
	fixture_event(&face, true, "{'type':'account','account':'home','rev':90,'jid':'mira@example.net',"
	    "'state':'waiting','enabled':true}");
	fixture_event(&face, false, "{'type':'account','account':'home','rev':80,'jid':'mira@example.net',"
	    "'state':'online','enabled':true}");
	assert_int_equal(model_account(face.model, "home")->state, ACCOUNT_WAITING);
	fixture_event(&face, false, "{'type':'account','account':'home','rev':90,'jid':'mira@example.net',"
	    "'state':'online','enabled':true}");
	assert_int_equal(model_account(face.model, "home")->state, ACCOUNT_WAITING);
	fixture_event(&face, true, "{'type':'account','account':'home','rev':91,'gone':true}");
	assert_null(model_account(face.model, "home"));
}

/* A list that is older than an event must not bring back what the event took away. */
static void
gone_stays_gone(void **state)
{
	enum presence_show show;
	const char *status;

	(void)state;
	model_list_begins(face.model);
	fixture_event(&face, true, "{'type':'contact','account':'home','rev':70,'jid':'" BOB "','gone':true}");
	fixture_event(&face, true, "{'type':'presence','account':'home','rev':71,'jid':'" BOB "/x','gone':true}");
	fixture_event(&face, true, "{'type':'prompt','rev':72,'id':9,'gone':true}");
	fixture_event(&face, false, "{'type':'contact','account':'home','rev':60,'jid':'" BOB "','name':'old'}");
	fixture_event(&face, false, "{'type':'presence','account':'home','rev':61,'jid':'" BOB "/x','show':'away'}");
	fixture_event(&face, false, "{'type':'prompt','rev':62,'id':9,'kind':'text','scope':'everyone'}");
	model_list_ended(face.model);
	assert_null(model_contact(face.model, "home", BOB));
	assert_false(model_presence(face.model, "home", BOB, &show, &status));
	assert_null(model_prompt(face.model, 9));
}

static void
presence_of_the_best_resource(void **state)
{
	enum presence_show show;
	const char *status;

	(void)state;
	assert_true(model_presence(face.model, "home", ALICE, &show, &status));
	assert_int_equal(show, SHOW_ONLINE);
	fixture_event(&face, true, "{'type':'presence','account':'home','rev':80,'jid':'" ALICE "/phone','gone':true}");
	assert_true(model_presence(face.model, "home", ALICE, &show, &status));
	assert_int_equal(show, SHOW_AWAY);
}

static void
dropped_events(void **state)
{
	(void)state;
	fixture_event(&face, true, "{'type':'prompt','rev':72,'id':9,'kind':'text','title':'Q','scope':'everyone'}");
	model_doubt(face.model);
	fixture_event(&face, false, "{'type':'contact','account':'home','rev':6,'jid':'" ALICE "','name':'alice'}");
	model_drop_doubted(face.model, EVENT_contact);
	model_drop_doubted(face.model, EVENT_prompt);
	model_drop_doubted(face.model, EVENT_account);
	assert_non_null(model_contact(face.model, "home", ALICE));
	assert_null(model_prompt(face.model, 9));
	assert_false(fixture_shows(&face, "to be answered"));
	assert_int_equal(model_accounts(face.model)->len, 0);
}

static void
a_queued_message_moves_once(void **state)
{
	(void)state;
	fixture_go(&face, "home", ALICE);
	fixture_event(&face, true, "{'type':'message','account':'home','chat':'" ALICE "','rev':100,'id':1,'order':0,"
	    "'said':'2026-11-20T20:00:00.000Z','direction':'out','state':'queued','body':'mine'}");
	fixture_message(&face, ALICE, 2, "2026-11-20T20:05:00.000Z", false, "received", "theirs");
	assert_int_equal(face.front->window->entries[1]->id, 1);
	fixture_event(&face, true, "{'type':'message','account':'home','chat':'" ALICE "','rev':101,'id':1,'order':10,"
	    "'said':'2026-11-20T20:00:00.000Z','direction':'out','state':'sent','body':'mine'}");
	assert_int_equal(face.front->window->entries[0]->id, 1);
	assert_int_equal(face.front->window->n, 2);
}

/* --- pages --- */

static json_t *
page(int from, int to, bool more)
{
	json_t *messages = json_array();

	for (int id = from; id <= to; id++) {
		g_autofree char *body = g_strdup_printf("number %d.", id);

		json_array_append_new(messages, json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:s, s:s, s:s, s:s}", "type",
		    "message", "account", "home", "chat", ALICE, "rev", id, "id", id, "order", id * 10, "said",
		    "2026-11-20T20:00:00.000Z", "direction", "in", "state", "received", "body", body));
	}
	return json_pack("{s:o, s:b, s:[]}", "messages", messages, "more", more, "gaps");
}

/* Through ten thousand messages to the first one and back, never holding more than the limit. */
static void
paging(void **state)
{
	int total = 10000, first = total - 99;
	json_t *request;

	(void)state;
	face_go(&face, model_chat(face.model, "home", ALICE));
	request = fixture_request(&face, "history");
	assert_null(json_object_get(json_object_get(request, "params"), "before"));
	fixture_answer(&face, request, page(first, total, true));
	assert_true(fixture_shows(&face, "number 10000."));
	for (int i = 0; i < 2000 && !face.front->window->at_start; i++) {
		fixture_key(&face, "\033[5~");
		g_free(fixture_dump(&face));
		if (face.front->window->asked[WINDOW_BEFORE] == 0)
			continue;
		request = fixture_request(&face, "history");
		assert_int_equal(number(request, "before"), face.front->window->entries[0]->id);
		first = MAX(1, (int)number(request, "before") - 100);
		fixture_answer(&face, request, page(first, (int)number(request, "before") - 1, first > 1));
		assert_true(face.front->window->messages <= LIMIT_FACE_MESSAGES * 5 / 4);
	}
	assert_true(face.front->window->at_start);
	fixture_key(&face, "\033[1;5H");
	assert_true(fixture_shows(&face, "number 1."));
	assert_true(fixture_shows(&face, "End returns"));
	/* A message that comes meanwhile does not move the view, and is not lost. */
	assert_false(face.front->window->at_end);
	fixture_message(&face, ALICE, total + 1, "2026-11-20T20:01:00.000Z", false, "received", "while away");
	assert_true(fixture_shows(&face, "number 1."));
	/* Forwards again by pages. */
	for (int i = 0; i < 3000 && face.front->bottom != 0; i++) {
		fixture_key(&face, "\033[6~");
		g_free(fixture_dump(&face));
		if (face.front->window->asked[WINDOW_AFTER] == 0)
			continue;
		request = fixture_request(&face, "history");
		first = (int)number(request, "after") + 1;
		fixture_answer(&face, request, page(first, MIN(total + 1, first + 99), first + 99 < total + 1));
		assert_true(face.front->window->messages <= LIMIT_FACE_MESSAGES * 5 / 4);
	}
	assert_int_equal(face.front->bottom, 0);
	assert_true(face.front->window->at_end);
	assert_true(fixture_shows(&face, "number 10001."));
}

static void
end_returns_at_once(void **state)
{
	json_t *request;

	(void)state;
	face_go(&face, model_chat(face.model, "home", ALICE));
	fixture_answer(&face, fixture_request(&face, "history"), page(9901, 10000, true));
	for (int i = 0; i < 60; i++) {
		fixture_key(&face, "\033[5~");
		g_free(fixture_dump(&face));
		if (face.front->window->asked[WINDOW_BEFORE] == 0)
			continue;
		request = fixture_request(&face, "history");
		fixture_answer(&face, request, page((int)number(request, "before") - 100,
		    (int)number(request, "before") - 1, true));
	}
	assert_false(face.front->window->at_end);
	fixture_key(&face, "\033[F");
	request = fixture_request(&face, "history");
	assert_null(json_object_get(json_object_get(request, "params"), "before"));
	fixture_answer(&face, request, page(9901, 10000, true));
	assert_true(fixture_shows(&face, "number 10000."));
	assert_false(fixture_shows(&face, "scrolled back"));
}

/* An answer to a question that was asked before the view jumped would leave a hole. */
static void
a_stale_page_is_dropped(void **state)
{
	json_t *before, *end;

	(void)state;
	face_go(&face, model_chat(face.model, "home", ALICE));
	fixture_answer(&face, fixture_request(&face, "history"), page(901, 1000, true));
	for (int i = 0; i < 10 && face.front->window->asked[WINDOW_BEFORE] == 0; i++) {
		fixture_key(&face, "\033[5~");
		g_free(fixture_dump(&face));
	}
	before = fixture_request(&face, "history");
	fixture_event(&face, true,
	    "{'type':'message','account':'home','chat':'" ALICE "','rev':5000,'id':1000,'gone':true}");
	model_doubt(face.model);
	link_page(&face, face.front, WINDOW_BEFORE);
	end = fixture_request(&face, "history");
	fixture_answer(&face, before, page(801, 900, true));
	assert_int_equal(face.front->window->n, 0);
	fixture_answer(&face, end, page(1101, 1200, true));
	assert_int_equal(face.front->window->n, 100);
	assert_int_equal(face.front->window->entries[0]->id, 1101);
}

/* 20,000 messages come while one looks: memory stays. */
static void
a_flood(void **state)
{
	(void)state;
	fixture_go(&face, "home", ALICE);
	for (int i = 1; i <= 20000; i++) {
		fixture_message(&face, ALICE, i, "2026-11-20T20:00:00.000Z", false, "received", "flood");
		assert_true(face.front->window->messages <= LIMIT_FACE_MESSAGES * 5 / 4);
	}
	fixture_message(&face, ALICE, 20001, "2026-11-20T20:00:00.000Z", false, "received", "the last");
	assert_true(fixture_shows(&face, "the last"));
}

static void
notes_are_bounded(void **state)
{
	(void)state;
	for (int i = 0; i < 3 * LIMIT_FACE_NOTES; i++)
		face_note(&face, face.front, SEVERITY_INFO, "note %d", i);
	assert_true(face.front->window->n <= LIMIT_FACE_NOTES + 1);
	assert_true(fixture_shows(&face, "note 599"));
}

static void
a_cut_message_is_fetched_once(void **state)
{
	json_t *request;

	(void)state;
	fixture_go(&face, "home", ALICE);
	fixture_event(&face, true, "{'type':'message','account':'home','chat':'" ALICE "','rev':100,'id':1,'order':10,"
	    "'said':'2026-11-20T20:00:00.000Z','direction':'in','state':'received','body':'the begin','cut':true}");
	assert_true(fixture_shows(&face, "the begin"));
	request = fixture_request(&face, "message");
	assert_int_equal(number(request, "id"), 1);
	fixture_answer(&face, request, json_pack("{s:{s:s,s:s,s:s,s:i,s:i,s:i,s:s,s:s,s:s}}", "message", "type",
	    "message", "account", "home", "chat", ALICE, "rev", 100, "id", 1, "order", 10, "direction", "in", "state",
	    "received", "body", "the beginning and the end"));
	assert_true(fixture_shows(&face, "the beginning and the end"));
}

/* --- sending --- */

static void
a_message_goes_and_the_line_is_free(void **state)
{
	json_t *request;

	(void)state;
	fixture_go(&face, "home", ALICE);
	fixture_type(&face, "hello");
	fixture_key(&face, "\r");
	assert_string_equal(input_line(face.input), "");
	fixture_type(&face, "typed ahead");
	request = fixture_request(&face, "run");
	assert_string_equal(fixture_param(request, "line"), "hello");
	assert_string_equal(fixture_param(request, "account"), "home");
	assert_string_equal(fixture_param(request, "chat"), ALICE);
	fixture_answer(&face, request, json_pack("{s:[], s:i}", "output", "message", 5));
	assert_string_equal(input_line(face.input), "typed ahead");
	fixture_key(&face, "\025");
	fixture_key(&face, "\033[A");
	assert_string_equal(input_line(face.input), "hello");
}

static void
a_refused_line_comes_back(void **state)
{
	json_t *request;

	(void)state;
	fixture_go(&face, "home", ALICE);
	fixture_type(&face, "/frobnicate now");
	fixture_key(&face, "\r");
	request = fixture_request(&face, "run");
	fixture_refuse(&face, request, "unknown_command", "/frobnicate: there is no such command.");
	assert_string_equal(input_line(face.input), "/frobnicate now");
	assert_true(fixture_shows(&face, "!!        "));
	assert_true(fixture_shows(&face, "there is no such command"));
	/* Refused while something else stands in the line: neither is lost. */
	fixture_key(&face, "\r");
	request = fixture_request(&face, "run");
	fixture_type(&face, "half");
	fixture_refuse(&face, request, "unknown_command", "/frobnicate: there is no such command.");
	assert_string_equal(input_line(face.input), "half");
	assert_true(fixture_shows(&face, "Up brings it back"));
	fixture_key(&face, "\025");
	fixture_key(&face, "\033[A");
	assert_string_equal(input_line(face.input), "/frobnicate now");
}

/* What is refused goes to the chat that it was typed in, wherever one is by then. */
static void
a_refusal_finds_its_chat(void **state)
{
	json_t *request;

	(void)state;
	fixture_go(&face, "home", ALICE);
	fixture_type(&face, "for alice");
	fixture_key(&face, "\r");
	request = fixture_request(&face, "run");
	fixture_go(&face, "home", BOB);
	fixture_refuse(&face, request, "store", "The disk is full.");
	assert_string_equal(input_line(face.input), "half a thought");
	fixture_go(&face, "home", ALICE);
	assert_string_equal(input_line(face.input), "for alice");
	assert_true(fixture_shows(&face, "The disk is full."));
}

static void
a_core_that_goes_away(void **state)
{
	g_autofree char *left = NULL;

	(void)state;
	fixture_go(&face, "home", ALICE);
	fixture_type(&face, "under way");
	fixture_key(&face, "\r");
	fixture_event(&face, false,
	    "{'type':'prompt','rev':50,'id':4,'kind':'confirm','title':'a question','text':'?'}");
	fixture_core_gone(&face);
	/* It stays, shows nothing as true that is not known any more, and keeps what was typed. */
	assert_false(face.ending);
	assert_null(face.client);
	assert_true(fixture_shows(&face, "The core ended"));
	assert_true(fixture_shows(&face, "took this line or did not"));
	assert_true(fixture_shows(&face, "alice> under way"));
	assert_true(fixture_shows(&face, "home ○"));
	assert_false(fixture_shows(&face, "Req"));
	/* A line that nobody takes stays where it is. */
	fixture_key(&face, "\r");
	assert_true(fixture_shows(&face, "There is no core now"));
	assert_string_equal(input_line(face.input), "under way");
	left = send_left(&face);
	assert_non_null(left);
	assert_non_null(strstr(left, "under way"));
}

/* The next core: everything is asked for anew, what it knows counts, and what was typed meanwhile is told to it. */
static void
the_next_core(void **state)
{
	json_t *request;

	(void)state;
	fixture_go(&face, "home", ALICE);
	fixture_message(&face, ALICE, 1, "2026-11-20T20:00:00.000Z", true, "queued", "still here");
	fixture_core_gone(&face);
	assert_true(fixture_shows(&face, "still here"));
	fixture_type(&face, "typed alone");
	fixture_core(&face);
	link_attach(&face);
	fixture_answer(&face, fixture_request(&face, "hello"), json_object());
	request = fixture_request(&face, "accounts");
	fixture_answer(&face, request, json_pack("{s:[{s:s,s:s,s:i,s:s,s:s,s:s,s:b}]}", "accounts", "type", "account",
	    "account", "home", "rev", 9000, "jid", "mira@example.net", "state", "online", "show", "online", "enabled",
	    1));
	request = fixture_request(&face, "history");
	fixture_answer(&face, request, json_pack("{s:[{s:s,s:s,s:s,s:i,s:i,s:i,s:s,s:s,s:s,s:s}], s:b}", "messages",
	    "type", "message", "account", "home", "chat", ALICE, "rev", 9001, "id", 1, "order", 10, "said",
	    "2026-11-20T20:00:00.000Z", "direction", "out", "state", "stored", "body", "still here", "more", 0));
	request = fixture_request(&face, "draft");
	assert_string_equal(fixture_param(request, "text"), "typed alone");
	json_decref(request);
	assert_true(fixture_shows(&face, "home ●"));
	assert_true(fixture_shows(&face, "·  still here"));
	assert_string_equal(input_line(face.input), "typed alone");
}

static void
quit_ends_quietly(void **state)
{
	json_t *request;

	(void)state;
	fixture_type(&face, "/quit");
	fixture_key(&face, "\r");
	request = fixture_request(&face, "run");
	assert_string_equal(fixture_param(request, "line"), "/quit");
	fixture_answer(&face, request, json_pack("{s:[]}", "output"));
	fixture_core_gone(&face);
	assert_true(face.ending);
	assert_int_equal(face.status, 0);
	assert_null(face.farewell);
	assert_null(send_left(&face));
}

static void
the_console_takes_no_messages(void **state)
{
	(void)state;
	fixture_type(&face, "hello?");
	fixture_key(&face, "\r");
	assert_string_equal(input_line(face.input), "hello?");
	assert_int_equal(face.running, 0);
	assert_true(fixture_shows(&face, "The console is no chat"));
}

/* --- pastes --- */

static void
a_pasted_slash_is_no_command(void **state)
{
	json_t *request;

	(void)state;
	fixture_go(&face, "home", ALICE);
	fixture_paste(&face, "/quit");
	fixture_key(&face, "\r");
	request = fixture_request(&face, "run");
	assert_string_equal(fixture_param(request, "line"), "//quit");
	fixture_refuse(&face, request, "store", "The disk is full.");
	/* It comes back as what it was. */
	assert_string_equal(input_line(face.input), "/quit");
	fixture_key(&face, "\r");
	request = fixture_request(&face, "run");
	assert_string_equal(fixture_param(request, "line"), "//quit");
	json_decref(request);
	/* The face's own commands neither. */
	fixture_paste(&face, "/detach\n");
	fixture_key(&face, "\r");
	assert_false(face.ending);
	request = fixture_request(&face, "run");
	assert_string_equal(fixture_param(request, "line"), "//detach\n");
	json_decref(request);
}

static void
a_long_paste_asks(void **state)
{
	json_t *request;

	(void)state;
	fixture_go(&face, "home", ALICE);
	fixture_type(&face, "see: ");
	fixture_paste(&face, "one\rtwo\r\nthree\nfour \033[31mfive\a");
	assert_true(fixture_shows(&face, "pasted: 4 lines"));
	assert_true(fixture_shows(&face, "2 control characters removed"));
	fixture_key(&face, "\r");
	fixture_key(&face, "x");
	assert_non_null(face.paste.text);
	assert_string_equal(input_line(face.input), "see: ");
	fixture_key(&face, "i");
	assert_string_equal(input_line(face.input), "see: one\ntwo\nthree\nfour [31mfive");
	fixture_key(&face, "\037");
	assert_string_equal(input_line(face.input), "see: ");
	fixture_paste(&face, "/a\nb\nc\nd");
	fixture_key(&face, "s");
	request = fixture_request(&face, "run");
	assert_string_equal(fixture_param(request, "line"), "//a\nb\nc\nd");
	json_decref(request);
	assert_string_equal(input_line(face.input), "see: ");
	fixture_paste(&face, "a\nb\nc\nd\n");
	fixture_key(&face, "q");
	assert_string_equal(input_line(face.input), "see: > a\n> b\n> c\n> d\n");
	fixture_key(&face, "\037");
	fixture_paste(&face, "a\nb\nc\nd\n");
	fixture_key(&face, "\033");
	assert_null(face.paste.text);
	assert_string_equal(input_line(face.input), "see: ");
	fixture_key(&face, "\031");
	assert_string_equal(input_line(face.input), "see: a\nb\nc\nd\n");
}

/* --- candidates --- */

static json_t *
words(int from, int to, const char *a, const char *b)
{
	json_t *list = json_array();

	json_array_append_new(list, json_pack("{s:s, s:s}", "word", a, "help", "the first"));
	if (b != NULL)
		json_array_append_new(list, json_pack("{s:s, s:s}", "word", b, "help", "the second"));
	return json_pack("{s:i, s:i, s:o}", "from", from, "to", to, "words", list);
}

static void
candidates(void **state)
{
	json_t *request;

	(void)state;
	fixture_go(&face, "home", ALICE);
	fixture_type(&face, "/msg al");
	fixture_key(&face, "\t");
	request = fixture_request(&face, "complete");
	assert_string_equal(fixture_param(request, "line"), "/msg al");
	assert_int_equal(number(request, "cursor"), 7);
	fixture_answer(&face, request, words(5, 7, "alice@example.org", "alan@example.org"));
	assert_string_equal(input_line(face.input), "/msg alice@example.org");
	assert_true(fixture_shows(&face, "the second"));
	fixture_key(&face, "\t");
	assert_string_equal(input_line(face.input), "/msg alan@example.org");
	fixture_key(&face, "\033");
	assert_string_equal(input_line(face.input), "/msg al");
	assert_false(fixture_shows(&face, "the second"));
	/* Enter takes the candidate and sends nothing. */
	fixture_key(&face, "\t");
	fixture_answer(&face, fixture_request(&face, "complete"), words(5, 7, "alice@example.org", "alan@example.org"));
	fixture_key(&face, "\r");
	assert_int_equal(face.running, 0);
	assert_string_equal(input_line(face.input), "/msg alice@example.org");
	/* Typing goes on behind it. */
	fixture_type(&face, " x");
	assert_string_equal(input_line(face.input), "/msg alice@example.org x");
	/* One alone opens nothing. */
	fixture_key(&face, "\025");
	fixture_type(&face, "/msg al");
	fixture_key(&face, "\t");
	fixture_answer(&face, fixture_request(&face, "complete"), words(5, 7, "alice@example.org", NULL));
	assert_string_equal(input_line(face.input), "/msg alice@example.org ");
	assert_false(face.complete.open);
}

static void
a_late_answer_changes_nothing(void **state)
{
	json_t *request;

	(void)state;
	fixture_go(&face, "home", ALICE);
	fixture_type(&face, "/msg al");
	fixture_key(&face, "\t");
	request = fixture_request(&face, "complete");
	fixture_type(&face, "b");
	fixture_answer(&face, request, words(5, 7, "alice@example.org", NULL));
	assert_string_equal(input_line(face.input), "/msg alb");
	/* Nonsense from the other end is not followed. */
	fixture_key(&face, "\t");
	fixture_answer(&face, fixture_request(&face, "complete"), words(900, 2, "x", NULL));
	assert_non_null(input_line(face.input));
	/* The face's own commands are among the candidates. */
	fixture_key(&face, "\025");
	fixture_type(&face, "/wi");
	fixture_key(&face, "\t");
	fixture_answer(&face, fixture_request(&face, "complete"), json_pack("{s:i, s:i, s:[]}", "from", 0, "to", 3,
	    "words"));
	assert_string_equal(input_line(face.input), "/win ");
}

/* --- questions --- */

static void
a_password(void **state)
{
	json_t *request;

	(void)state;
	fixture_go(&face, "home", ALICE);
	fixture_type(&face, "half a sentence");
	fixture_event(&face, true, "{'type':'prompt','account':'home','rev':72,'id':4,'kind':'password',"
	    "'title':'Password','secret':true,'scope':'everyone'}");
	assert_true(fixture_shows(&face, "Req 1"));
	assert_string_equal(input_line(face.input), "half a sentence");
	fixture_key(&face, "\030");
	fixture_key(&face, "q");
	assert_true(fixture_shows(&face, "password for home>"));
	fixture_type(&face, "s3cr\xc3\xa9tx");
	fixture_key(&face, "\x7f");
	assert_false(fixture_shows(&face, "s3cr"));
	assert_true(fixture_shows(&face, "******"));
	fixture_key(&face, "\r");
	fixture_key(&face, "n");
	fixture_key(&face, "\r");
	request = fixture_request(&face, "answer");
	assert_int_equal(number(request, "id"), 4);
	assert_string_equal(fixture_param(request, "value"), "s3cr\xc3\xa9t");
	assert_false(json_is_true(json_object_get(json_object_get(request, "params"), "keep")));
	fixture_answer(&face, request, json_object());
	for (size_t i = 0; i < sizeof face.ask.text; i++)
		assert_int_equal(face.ask.text[i] | face.ask.held[i], 0);
	assert_string_equal(input_line(face.input), "half a sentence");
	/* In no history and no kill ring. */
	fixture_key(&face, "\025");
	fixture_key(&face, "\033[A");
	assert_string_equal(input_line(face.input), "");
}

static void
a_secret_is_no_argument(void **state)
{
	(void)state;
	fixture_event(&face, true, "{'type':'prompt','account':'home','rev':72,'id':4,'kind':'password',"
	    "'title':'Password','secret':true,'scope':'everyone'}");
	fixture_type(&face, "/answer 4 hunter2");
	fixture_key(&face, "\r");
	assert_int_equal(face.running, 0);
	fixture_key(&face, "\033[A");
	assert_null(strstr(input_line(face.input), "hunter2"));
	fixture_key(&face, "\025");
	fixture_type(&face, "/answer 4");
	fixture_key(&face, "\r");
	assert_true(face.ask.open && face.ask.secret);
	/* Another face answered. */
	fixture_event(&face, true, "{'type':'prompt','account':'home','rev':73,'id':4,'gone':true}");
	assert_false(face.ask.open);
}

static void
a_question_of_ones_own(void **state)
{
	json_t *run, *answer;

	(void)state;
	fixture_go(&face, "home", ALICE);
	fixture_type(&face, "/quit");
	fixture_key(&face, "\r");
	run = fixture_request(&face, "run");
	fixture_event(&face, true, "{'type':'prompt','rev':72,'id':8,'kind':'confirm','title':'end the core',"
	    "'text':'2 messages are not on the server yet.','choices':[['no','go on'],['yes','end it']],"
	    "'default_choice':'no','scope':'session'}");
	assert_true(fixture_shows(&face, "end the core (no, yes)>"));
	fixture_key(&face, "\r");
	answer = fixture_request(&face, "answer");
	assert_string_equal(fixture_param(answer, "value"), "no");
	fixture_answer(&face, answer, json_object());
	fixture_refuse(&face, run, "cancelled", "The core goes on.");
	assert_string_equal(input_line(face.input), "");
	assert_false(face.quitting);
	/* Who types meanwhile is not interrupted. */
	fixture_type(&face, "/quit");
	fixture_key(&face, "\r");
	json_decref(fixture_request(&face, "run"));
	fixture_type(&face, "x");
	fixture_event(&face, true, "{'type':'prompt','rev':74,'id':9,'kind':'confirm','title':'end the core',"
	    "'choices':[['no','go on'],['yes','end it']],'scope':'session'}");
	assert_false(face.ask.open);
	assert_string_equal(input_line(face.input), "x");
}

/* --- attention --- */

static void
seen_after_a_second(void **state)
{
	json_t *request;

	(void)state;
	face_go(&face, model_chat(face.model, "home", BOB));
	request = fixture_request(&face, "history");
	fixture_answer(&face, request, json_pack("{s:[{s:s,s:s,s:s,s:i,s:i,s:i,s:s,s:s,s:s,s:s}], s:b}", "messages",
	    "type", "message", "account", "home", "chat", BOB, "rev", 30, "id", 3, "order", 30, "direction", "in",
	    "state", "received", "body", "look", "said", "2026-11-20T20:00:00.000Z", "more", false));
	g_free(fixture_dump(&face));
	clock_fake_advance(5000);
	/* Nobody is there: no key, no focus. */
	assert_null(face.attention.linger);
	fixture_key(&face, "\033[5~");
	g_free(fixture_dump(&face));
	assert_non_null(face.attention.linger);
	clock_fake_advance(999);
	assert_non_null(face.attention.linger);
	clock_fake_advance(2);
	request = fixture_request(&face, "seen");
	assert_int_equal(number(request, "id"), 3);
	assert_string_equal(fixture_param(request, "chat"), BOB);
	json_decref(request);
}

static void
the_clock_goes_to_sleep(void **state)
{
	(void)state;
	fixture_key(&face, "x");
	assert_true(fixture_shows(&face, " 21:16"));
	clock_fake_advance(31000);
	assert_true(fixture_shows(&face, " 21:17"));
	for (int i = 0; i < 6; i++) {
		clock_fake_advance(60000);
		g_free(fixture_dump(&face));
	}
	assert_false(fixture_shows(&face, " 21:2"));
	assert_null(face.attention.minute);
}

static void
the_unread_line_stays(void **state)
{
	(void)state;
	fixture_event(&face, false,
	    "{'type':'chat','account':'home','chat':'" ALICE "','rev':20,'kind':'chat','name':'alice','open':true,'number':2,'unread':2,'read':10,'last':30}");
	fixture_go(&face, "home", ALICE);
	fixture_message(&face, ALICE, 1, "2026-11-20T20:00:00.000Z", false, "received", "old");
	fixture_message(&face, ALICE, 2, "2026-11-20T20:01:00.000Z", false, "received", "new a");
	fixture_message(&face, ALICE, 3, "2026-11-20T20:02:00.000Z", false, "received", "new b");
	assert_true(fixture_shows(&face, "── 2 new since 20:00 ──"));
	fixture_event(&face, true,
	    "{'type':'chat','account':'home','chat':'" ALICE "','rev':21,'kind':'chat','name':'alice','open':true,'number':2,'unread':0,'read':30,'last':30}");
	fixture_key(&face, "x");
	fixture_message(&face, ALICE, 4, "2026-11-20T20:03:00.000Z", false, "received", "newer");
	assert_true(fixture_shows(&face, "── 2 new since 20:00 ──"));
	fixture_go(&face, "home", BOB);
	fixture_go(&face, "home", ALICE);
	assert_false(fixture_shows(&face, " new since"));
}

static void
walking(void **state)
{
	(void)state;
	fixture_key(&face, "\033a");
	assert_string_equal(face.front->jid, BOB);
	fixture_key(&face, "\0332");
	assert_string_equal(face.front->jid, ALICE);
	fixture_key(&face, "\0332");
	assert_string_equal(face.front->jid, ALICE);
	fixture_key(&face, "\033/");
	assert_string_equal(face.front->jid, BOB);
	fixture_key(&face, "\033j");
	fixture_type(&face, "10");
	assert_string_equal(face.front->jid, "lena@work.example");
	assert_string_equal(input_line(face.input), "");
	fixture_key(&face, "\016");
	assert_true(chat_is_console(face.front));
	fixture_type(&face, "/win ali");
	fixture_key(&face, "\r");
	assert_string_equal(face.front->jid, ALICE);
	fixture_type(&face, "/win nobody");
	fixture_key(&face, "\r");
	assert_true(fixture_shows(&face, "No open chat is called \"nobody\"."));
	fixture_key(&face, "\030");
	fixture_key(&face, "k");
	json_decref(fixture_request(&face, "close"));
	assert_string_not_equal(face.front->jid, ALICE);
	/* Detach: twice on the empty line, with nothing between. */
	fixture_key(&face, "\0331");
	fixture_key(&face, "\004");
	fixture_type(&face, "a");
	fixture_key(&face, "\x7f");
	fixture_key(&face, "\004");
	assert_false(face.ending);
	fixture_key(&face, "\004");
	assert_true(face.ending);
	assert_int_equal(face.status, 0);
}

static void
drafts_reach_the_core(void **state)
{
	json_t *request;

	(void)state;
	fixture_go(&face, "home", BOB);
	assert_string_equal(input_line(face.input), "half a thought");
	fixture_type(&face, "!");
	clock_fake_advance(1001);
	request = fixture_request(&face, "draft");
	assert_string_equal(fixture_param(request, "text"), "half a thought!");
	assert_string_equal(fixture_param(request, "chat"), BOB);
	json_decref(request);
	/* It stays with the core until the message is taken. */
	fixture_key(&face, "\r");
	request = fixture_request(&face, "run");
	clock_fake_advance(5000);
	fixture_answer(&face, request, json_pack("{s:[], s:i}", "output", "message", 5));
	request = fixture_request(&face, "draft");
	assert_string_equal(fixture_param(request, "text"), "");
	json_decref(request);
}

#define DRAFT(rev, text) "{'type':'chat','account':'home','chat':'" BOB "','rev':" #rev ",'kind':'chat','name':'bob'," \
	"'open':true,'number':7,'draft':'" text "'}"

/* Another face types in the same chat. */
static void
drafts_from_elsewhere(void **state)
{
	(void)state;
	fixture_go(&face, "home", BOB);
	fixture_event(&face, true, DRAFT(80, "typed elsewhere"));
	assert_string_equal(input_line(face.input), "typed elsewhere");
	fixture_type(&face, "!");
	fixture_event(&face, true, DRAFT(81, "and more"));
	assert_string_equal(input_line(face.input), "typed elsewhere!");
}

static void
leaving_a_question(void **state)
{
	(void)state;
	start_begin(&face);
	assert_true(face.ask.open && face.start.on);
	fixture_key(&face, "\0332");
	assert_false(face.ask.open || face.start.on);
	assert_string_equal(face.front->jid, ALICE);
	assert_string_equal(input_line(face.input), "");
}

static void
rows_of_the_line(void **state)
{
	(void)state;
	fixture_go(&face, "home", ALICE);
	fixture_type(&face, "one");
	fixture_key(&face, "\033\r");
	fixture_type(&face, "two");
	assert_string_equal(input_line(face.input), "one\ntwo");
	assert_true(fixture_shows(&face, "alice> one\n       two"));
	fixture_key(&face, "\033[A");
	assert_int_equal(input_point(face.input), 3);
	fixture_key(&face, "\033[B");
	assert_int_equal(input_point(face.input), 7);
	for (int i = 0; i < 40; i++)
		fixture_key(&face, "\017");
	g_free(fixture_dump(&face));
	assert_int_equal(face.layout.input.rows, 8);
}

/* What was typed in another face comes by Up; what is typed here goes to the core, but no answer. */
static void
typed_elsewhere(void **state)
{
	json_t *request, *params;

	(void)state;
	face_go(&face, model_chat(face.model, "home", "alice@example.org"));
	request = fixture_request(&face, "typed");
	params = json_object_get(request, "params");
	assert_string_equal(json_string_value(json_object_get(params, "chat")), "alice@example.org");
	assert_null(json_object_get(params, "line"));
	fixture_answer(&face, request, json_pack("{s:[s,s,i]}", "lines", "long ago", "lately", 7));
	fixture_key(&face, "\033[A");
	assert_string_equal(input_line(face.input), "lately");
	fixture_key(&face, "\033[A");
	assert_string_equal(input_line(face.input), "long ago");
	fixture_key(&face, "\r");
	request = fixture_request(&face, "typed");
	assert_string_equal(fixture_param(request, "line"), "long ago");
	fixture_answer(&face, request, json_object());
	/* Asked for once only. */
	assert_true(face.front->recalled);
	recall_keep(&face, face.front, "/answer 1 secret");
	recall_keep(&face, face.front, "after it");
	request = fixture_request(&face, "typed");
	assert_string_equal(fixture_param(request, "line"), "after it");
	fixture_answer(&face, request, json_object());
}

/* /bind asks the core to keep it; what the core then tells counts, in every face. */
static void
keys_are_bound(void **state)
{
	static const struct { const char *typed, *line; } each[] = {
		{ "/bind F12 go-next-chat", "/set \"bind.F12\" \"go-next-chat\"" },
		{ "/bind C-x  I '/invite '", "/set \"bind.C-x I\" \"/invite \"" },
		{ "/bind M-q /say \"a\\b\"", "/set \"bind.M-q\" \"/say \\\"a\\\\b\\\"\"" },
		{ "/bind C-] go-next-unread", "/set \"bind.C-BracketRight\" \"go-next-unread\"" },
		{ "/unbind C-n", "/set \"bind.C-n\" \"none\"" },
		{ "/unbind F11", "/unset \"bind.F11\"" },
	};
	json_t *request;

	(void)state;
	fixture_event(&face, true, "{'type':'setting','rev':70,'name':'bind','value':{'F11':'/win 7','F10':'opne-help',"
	    "'C-x J':'/search ','C-n':'none'}}");
	assert_true(fixture_shows(&face, "F10: There is no action"));
	fixture_go(&face, "home", ALICE);
	fixture_key(&face, "\033[23~");
	assert_string_equal(face.front->jid, BOB);
	fixture_go(&face, "home", ALICE);
	fixture_key(&face, "\030");
	fixture_key(&face, "J");
	assert_string_equal(input_line(face.input), "/search ");
	fixture_key(&face, "\025");
	fixture_key(&face, "\016");
	assert_string_equal(face.front->jid, ALICE);
	fixture_event(&face, true, "{'type':'setting','rev':71,'name':'bind','value':{'F11':'/win 7'}}");
	fixture_key(&face, "\016");
	assert_string_not_equal(face.front->jid, ALICE);
	fixture_go(&face, "home", ALICE);
	for (size_t i = 0; i < G_N_ELEMENTS(each); i++) {
		fixture_type(&face, each[i].typed);
		fixture_key(&face, "\r");
		request = fixture_request(&face, "run");
		assert_string_equal(fixture_param(request, "line"), each[i].line);
		fixture_answer(&face, request, json_pack("{s:[s]}", "output", "kept"));
	}
	fixture_type(&face, "/bind C-a bee");
	fixture_key(&face, "\r");
	assert_true(fixture_shows(&face, "There is no action \"bee\""));
	fixture_type(&face, "/bind M-a");
	fixture_key(&face, "\r");
	assert_true(fixture_shows(&face, "M-a is go-next-unread."));
	fixture_type(&face, "/unbind F12");
	fixture_key(&face, "\r");
	assert_true(fixture_shows(&face, "F12 does nothing."));
	fixture_type(&face, "/bind");
	fixture_key(&face, "\r");
	assert_true(fixture_shows(&face, "F11          /win 7"));
}

#define test(name) cmocka_unit_test_setup_teardown(name, open_face, fixture_end)

/* --- what a face keeps --- */

static void
the_layout_is_kept(void **state)
{
	json_t *request;

	(void)state;
	face.name = g_strdup("desk");
	link_attach(&face);
	/* Nothing is kept over what is not here yet. */
	fixture_resize(&face, 24, 120);
	g_free(fixture_dump(&face));
	assert_int_not_equal(face.layout.list.rows, 0);
	request = fixture_request(&face, "layout");
	assert_string_equal(fixture_param(request, "name"), "desk");
	assert_null(fixture_param(request, "text"));
	fixture_answer(&face, request, json_pack("{s:s}", "text", "from.another 1 2\n\nlist.wide\nlist.wide hidden\n"
	    "list.normal often\n"));
	g_free(fixture_dump(&face));
	assert_int_equal(face.layout.list.rows, 0);
	fixture_key(&face, "\033[18~");
	request = fixture_request(&face, "layout");
	assert_string_equal(fixture_param(request, "name"), "desk");
	assert_string_equal(fixture_param(request, "text"), "list.narrow auto\nlist.normal auto\nlist.wide shown\n");
	json_decref(request);
	/* Another size has a wish of its own. */
	fixture_resize(&face, 24, 90);
	g_free(fixture_dump(&face));
	assert_int_equal(face.layout.list.rows, 0);
}

static void
what_waits_and_what_protects(void **state)
{
	(void)state;
	fixture_go(&face, "home", ALICE);
	assert_false(fixture_shows(&face, "Out "));
	fixture_event(&face, true, "{'type':'account','account':'home','rev':90,'jid':'mira@example.net',"
	    "'state':'waiting','enabled':true,'queued':2,'tls':true}");
	assert_true(fixture_shows(&face, "Out 2"));
	assert_true(fixture_shows(&face, "TLS only"));
	fixture_event(&face, true, "{'type':'account','account':'home','rev':91,'jid':'mira@example.net',"
	    "'state':'online','enabled':true,'queued':0,'tls':false}");
	assert_false(fixture_shows(&face, "Out "));
	assert_false(fixture_shows(&face, "TLS only"));
	assert_true(fixture_shows(&face, "no TLS"));
}

static void
late_messages_say_when_they_were_sent(void **state)
{
	(void)state;
	fixture_go(&face, "home", ALICE);
	/* The order of what comes live is the time of its coming, in microseconds: 21:14. */
	fixture_event(&face, true, "{'type':'message','account':'home','chat':'" ALICE "','rev':100,'id':1,"
	    "'order':1795209240000000,'said':'2026-11-20T18:02:00.000Z','direction':'in','state':'received',"
	    "'via':'offline','body':'late'}");
	assert_true(fixture_shows(&face, "21:14 alice       late (sent 18:02)"));
	fixture_event(&face, true, "{'type':'message','account':'home','chat':'" ALICE "','rev':101,'id':2,"
	    "'order':1795209241000000,'said':'2026-11-19T18:02:00.000Z','direction':'in','state':'received',"
	    "'via':'offline','body':'later'}");
	assert_true(fixture_shows(&face, "later (sent Thu 19 Nov 2026, 18:02)"));
	fixture_event(&face, true, "{'type':'message','account':'home','chat':'" ALICE "','rev':102,'id':3,"
	    "'order':1795209242000000,'said':'2026-11-20T21:13:00.000Z','direction':'in','state':'received',"
	    "'via':'offline','body':'in time'}");
	assert_true(fixture_shows(&face, "in time"));
	assert_false(fixture_shows(&face, "in time (sent"));
}

/* A face that has drawn something already, as after a slow start, is listed to by the core: where somebody was last. */
static void
chats_come(void)
{
	link_attach(&face);
	fixture_answer(&face, fixture_request(&face, "chats"), json_pack("{s:[], s:b, s:{s:s, s:s}}", "chats", "more",
	    true, "front", "account", "home", "chat", BOB));
}

static void
where_one_was_last(void **state)
{
	(void)state;
	face.settled = false;
	assert_true(fixture_shows(&face, "console"));
	chats_come();
	assert_string_equal(face.front->jid, BOB);
	/* Once: the next core finds somebody where they are. */
	face_go(&face, model_console(face.model));
	chats_come();
	assert_true(chat_is_console(face.front));
}

static void
not_where_somebody_types(void **state)
{
	(void)state;
	face.settled = false;
	fixture_type(&face, "/h");
	chats_come();
	assert_true(chat_is_console(face.front));
	assert_true(fixture_shows(&face, "/h"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(where_one_was_last), test(not_where_somebody_types), test(newer_revisions_only),
		    test(gone_stays_gone), test(presence_of_the_best_resource), test(dropped_events),
		test(a_queued_message_moves_once), test(paging), test(end_returns_at_once),
		    test(a_stale_page_is_dropped), test(a_flood),
		test(notes_are_bounded), test(a_cut_message_is_fetched_once), test(a_message_goes_and_the_line_is_free),
		test(a_refused_line_comes_back), test(a_refusal_finds_its_chat), test(a_core_that_goes_away),
		    test(the_next_core), test(keys_are_bound),
		test(quit_ends_quietly), test(the_console_takes_no_messages), test(a_pasted_slash_is_no_command),
		test(a_long_paste_asks), test(candidates), test(a_late_answer_changes_nothing), test(a_password),
		test(a_secret_is_no_argument), test(a_question_of_ones_own), test(seen_after_a_second),
		test(the_clock_goes_to_sleep), test(the_unread_line_stays), test(walking), test(drafts_reach_the_core),
		test(rows_of_the_line), test(drafts_from_elsewhere), test(leaving_a_question), test(typed_elsewhere),
		test(the_layout_is_kept), test(what_waits_and_what_protects),
		    test(late_messages_say_when_they_were_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
