/* test_face_digest.c: what came while nobody was there. */
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
#define OPS "ops@conference.work.example"

static struct face face;

static int
open_face(void **state)
{
	(void)state;
	fixture_open(&face, 24, 80);
	fixture_people(&face);
	fixture_event(&face, false,
	    "{'type':'chat','account':'work','chat':'" OPS "','rev':9,'kind':'room','name':'ops','open':true,'number':5,'unread':3,'mentions':1,'read':40}");
	fixture_core(&face);
	fixture_go(&face, "home", ALICE);
	return 0;
}

static json_t *
one(const char *account, const char *jid, const char *kind, int number, int came, int mentions, const char *said,
    const char *nick, const char *body)
{
	return json_pack("{s:i, s:i, s:{s:s, s:s, s:s, s:s, s:i}, s:{s:s, s:s, s:s, s:i, s:s, s:s, s:s}}", "came", came,
	    "mentions", mentions, "chat", "type", "chat", "account", account, "chat", jid, "kind", kind, "number",
	    number, "message", "type", "message", "account", account, "chat", jid, "id", 70 + number, "said", said,
	    "nick", nick, "body", body);
}

static json_t *
digest(bool told, const char *from)
{
	return json_pack("{s:s, s:s, s:b, s:[o,o,o], s:[{s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:s}], s:[{s:s, s:s, s:s, s:s, s:s}], "
	    "s:i}", "from", from, "to", "2026-11-20T21:16:00.000Z", "told", told, "chats",
	    one("work", OPS, "room", 5, 3, 1, "2026-11-20T21:05:00.000Z", "ada",
	    "mira: could you look at the queue on mx2 before you start? It has 4,000 deferred."),
	    one("work", "releases@conference.work.example", "room", 8, 41, 0, "2026-11-19T11:00:00.000Z", "bot",
	    "4.2\nis out"), one("home", BOB, "chat", 7, 2, 2, "2026-11-20T20:17:00.000Z", "",
	    "the build on arm is broken again"), "failed", "type", "message", "account", "home", "chat",
	    "dave@example.com", "id", 12, "said", "2026-11-20T12:58:00.000Z", "body",
	    "are you in the office tomorrow, or does the whole thing wait?", "state", "failed", "reason",
	    "User session not found", "happened", "type", "notice", "time", "2026-11-20T13:40:00.000Z", "account",
	    "work", "severity", "warning", "text", "connection lost; back after 41 s", "forgotten", 2);
}

static void
attach(json_t *answer)
{
	digest_first(&face);
	fixture_answer(&face, fixture_request(&face, "digest"), answer);
}

static void
welcome_back(void **state)
{
	(void)state;
	fixture_event(&face, true,
	    "{'type':'prompt','rev':50,'id':3,'account':'home','kind':'choice','scope':'everyone','title':'dave@example.com asks to be a contact'}");
	input_set(face.input, "half a thought", -1);
	attach(digest(false, "2026-11-20T13:02:00.000Z"));
	fixture_golden(&face, "digest");
	fixture_resize(&face, 12, 40);
	fixture_golden(&face, "digest-40x12");
	for (int rows = 1; rows < 6; rows++)
		for (int columns = 1; columns < 12; columns++) {
			fixture_resize(&face, rows, columns);
			g_free(fixture_dump(&face));
		}
	fixture_resize(&face, 24, 80);
	/* No letter is a key of it: one goes on where one was. */
	fixture_type(&face, "q goes on");
	assert_false(face.page.on);
	assert_string_equal(input_line(face.input), "half a thoughtq goes on");
}

static void
opening(void **state)
{
	json_t *request;

	(void)state;
	attach(digest(false, "2026-11-20T13:02:00.000Z"));
	fixture_key(&face, "\033[B");
	fixture_key(&face, "\r");
	assert_string_equal(face.front->jid, BOB);
	/* By hand it has letters; Del is done with one. */
	fixture_key(&face, "\030");
	fixture_key(&face, "a");
	fixture_answer(&face, fixture_request(&face, "digest"), digest(true, "2026-11-20T13:02:00.000Z"));
	assert_true(fixture_shows(&face, "inbox"));
	fixture_key(&face, "\033[3~");
	request = fixture_request(&face, "seen");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(request, "params"), "id")), 75);
	json_decref(request);
	assert_false(fixture_shows(&face, "could you look"));
	fixture_type(&face, "xj");
	assert_true(face.page.on);
	fixture_type(&face, "q");
	assert_false(face.page.on);
	/* A question is turned to in the console. */
	fixture_event(&face, true,
	    "{'type':'prompt','rev':50,'id':3,'account':'home','kind':'choice','scope':'everyone','title':'dave asks','choices':[['allow','yes'],['deny','no']]}");
	fixture_go(&face, "home", ALICE);
	fixture_type(&face, "/inbox");
	fixture_key(&face, "\r");
	fixture_answer(&face, fixture_request(&face, "digest"), json_pack("{s:[], s:[], s:[], s:i, s:b}", "chats",
	    "failed", "happened", "forgotten", 0, "told", 1));
	assert_true(fixture_shows(&face, "to decide"));
	fixture_key(&face, "\r");
	assert_true(chat_is_console(face.front));
	assert_true(face.select.rows.at != 0);
	fixture_key(&face, "\033");
	fixture_event(&face, true, "{'type':'prompt','rev':51,'id':3,'gone':true}");
	fixture_key(&face, "\030");
	fixture_key(&face, "a");
	fixture_answer(&face, fixture_request(&face, "digest"), json_pack("{s:[], s:[], s:[], s:i, s:b}", "chats",
	    "failed", "happened", "forgotten", 0, "told", 1));
	assert_true(fixture_shows(&face, "Nothing came that you have not seen."));
}

/* Not after a moment, not twice, not over what somebody does already, and not where there is nothing. */
static void
not_then(void **state)
{
	(void)state;
	attach(digest(false, "2026-11-20T21:10:00.000Z"));
	assert_false(face.page.on);
	attach(digest(true, "2026-11-20T13:02:00.000Z"));
	assert_false(face.page.on);
	attach(json_pack("{s:s, s:s, s:b, s:[], s:[], s:[], s:i}", "from", "2026-11-20T13:02:00.000Z", "to",
	    "2026-11-20T21:16:00.000Z", "told", 0, "chats", "failed", "happened", "forgotten", 0));
	assert_false(face.page.on);
	fixture_type(&face, "x");
	attach(digest(false, "2026-11-20T13:02:00.000Z"));
	assert_false(face.page.on);
	digest_first(&face);
	fixture_refuse(&face, fixture_request(&face, "digest"), "unknown_method", "There is no such request.");
	assert_false(face.page.on);
	digest_open(&face);
	fixture_refuse(&face, fixture_request(&face, "digest"), "unknown_method", "There is no such request.");
	assert_true(fixture_shows(&face, "There is no such request."));
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, open_face, fixture_end)
	const struct CMUnitTest tests[] = { TEST(welcome_back), TEST(opening), TEST(not_then) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
