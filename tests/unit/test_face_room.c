/* test_face_room.c: a room: who is in it, who comes and goes, what is for us. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "face_fixture.h"

#define OPS "ops@conference.work.example"

static struct face face;
static int rev;

static void
occupant(const char *nick, const char *affiliation, const char *role, const char *more)
{
	fixture_event(&face, true,
	    "{'type':'occupant','account':'work','chat':'" OPS "','rev':%d,'nick':'%s','affiliation':'%s','role':'%s','show':'online'%s}", ++rev, nick, affiliation, role, more);
}

static void
gone(const char *nick)
{
	fixture_event(&face, true,
	    "{'type':'occupant','account':'work','chat':'" OPS "','rev':%d,'nick':'%s','gone':true}", ++rev, nick);
}

static void
passage(const char *kind, const char *nick, const char *more)
{
	fixture_event(&face, true,
	    "{'type':'passage','time':'2026-11-20T20:50:00.000Z','account':'work','chat':'" OPS "','kind':'%s','nick':'%s'%s}", kind, nick, more);
}

static void
said(int id, const char *at, const char *nick, bool out, const char *more, const char *body)
{
	fixture_event(&face, true,
	    "{'type':'message','account':'work','chat':'" OPS "','rev':%d,'id':%d,'order':%d,'said':'2026-11-20T%s:00.000Z','direction':'%s','from':'" OPS "/%s','nick':'%s','state':'%s','body':'%s'%s}", ++rev, id,
	    id * 10, at, out ? "out" : "in", nick, nick, out ? "displayed" : "received", body, more);
}

static json_t *
occupant_json(int i)
{
	g_autofree char *nick = g_strdup_printf("guest%04d", i);

	return json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:s}", "type", "occupant", "account", "work", "chat", OPS,
	    "rev", ++rev, "nick", nick, "affiliation", i % 3 == 0 ? "member" : "none", "role",
	    i % 2 == 0 ? "participant" : "visitor", "show", "online");
}

static json_t *
room_json(const char *state)
{
	return json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:i}", "type", "room", "account", "work",
	    "chat", OPS, "rev", ++rev, "state", state, "nick", "mira", "affiliation", "member", "role", "participant",
	    "subject", "Deploy freeze until Monday. Ask lena before touching db*", "occupants", 6);
}

static int
open_face(void **state)
{
	(void)state;
	rev = 100;
	fixture_open(&face, 40, 120);
	fixture_people(&face);
	fixture_core(&face);
	fixture_event(&face, false,
	    "{'type':'chat','account':'work','chat':'" OPS "','rev':9,'kind':'room','name':'ops','open':true,'number':5,'read':40}");
	fixture_go(&face, "work", OPS);
	g_free(fixture_dump(&face));
	return 0;
}

static void
enter(void)
{
	fixture_answer(&face, fixture_request(&face, "room"), json_pack("{s:o, s:[], s:b}", "room", room_json("in"),
	    "occupants", "more", 0));
	occupant("lena", "owner", "moderator", ",'hats':['sre']");
	occupant("zoltan_the_deployer", "admin", "moderator", "");
	occupant("ada", "member", "participant", ",'hats':['on-call','night']");
	occupant("Ben", "member", "participant", ",'status':'busy'");
	occupant("mira", "member", "participant", ",'self':true");
	occupant("kai_", "member", "participant", ",'like':'kai'");
	occupant("kai", "member", "participant", "");
	occupant("anna", "none", "visitor", "");
	occupant("cq", "none", "participant", "");
}

static void
talk(void)
{
	said(1, "20:31", "lena", false, "", "The canary is at 5 percent, error rate flat.");
	said(2, "20:40", "kai", false, "", "Disk on db3 fills up: 91 percent.");
	said(3, "20:44", "zoltan_the_deployer", false, "",
	    "Done with the load balancer. The new pool takes traffic, the old one drains until midnight.");
	for (int i = 0; i < 9; i++) {
		g_autofree char *nick = g_strdup_printf("guest%d", i);

		passage(i < 5 ? "came" : "left", nick, "");
	}
	passage("left", "guest0", "");
	passage("came", "guest8", "");
	said(4, "20:57", "mira", true, "", "I take the pager at 22:00.");
	said(5, "21:03", "lena", false, "", "db3 is down to 62 percent.");
	said(6, "21:05", "ada", false, ",'mention':true",
	    "mira: could you look at the queue on mx2 before you start? It has 4,000 deferred, all to one domain.");
	said(7, "21:06", "lena", false, "", "Backtrace from the worker.");
}

static void
screens(void **state)
{
	(void)state;
	enter();
	talk();
	fixture_golden(&face, "room-120x40");
	fixture_resize(&face, 24, 80);
	fixture_golden(&face, "room");
	fixture_key(&face, "\033[19~");
	assert_true(fixture_shows(&face, "│owners 1"));
	fixture_key(&face, "\033[19~");
	assert_false(fixture_shows(&face, "owners"));
	fixture_resize(&face, 20, 60);
	g_free(fixture_dump(&face));
	fixture_key(&face, "\033[19~");
	assert_true(fixture_shows(&face, "needs 69 columns; there"));
	fixture_resize(&face, 12, 40);
	fixture_golden(&face, "room-40x12");
	fixture_resize(&face, 5, 20);
	fixture_golden(&face, "room-20x5");
	for (int rows = 1; rows < 7; rows++)
		for (int columns = 1; columns < 140; columns += 9) {
			fixture_resize(&face, rows, columns);
			g_free(fixture_dump(&face));
		}
}

/* Who comes takes a place, who goes leaves one; what is older than what is known changes nothing. */
static void
increments(void **state)
{
	(void)state;
	enter();
	assert_true(fixture_shows(&face, "owners 1"));
	assert_true(fixture_shows(&face, "members 5"));
	assert_true(fixture_shows(&face, "participants 1"));
	assert_true(fixture_shows(&face, "visitors 1"));
	occupant("anna", "none", "participant", "");
	assert_false(fixture_shows(&face, "visitors"));
	assert_true(fixture_shows(&face, "participants 2"));
	gone("lena");
	assert_false(fixture_shows(&face, "owners"));
	rev -= 5;
	occupant("cq", "owner", "moderator", "");
	assert_false(fixture_shows(&face, "owners"));
	rev += 5;
	occupant("lena", "owner", "moderator", "");
	assert_true(fixture_shows(&face, "owners 1"));
	assert_true(fixture_shows(&face, "9 here"));
	/* Out, and in again: nobody is there until the room says who. */
	fixture_event(&face, true,
	    "{'type':'room','account':'work','chat':'" OPS "','rev':%d,'state':'out','reason':'network'}", ++rev);
	assert_false(fixture_shows(&face, "owners"));
	assert_true(fixture_shows(&face, "not joined"));
	fixture_event(&face, true, "{'type':'room','account':'work','chat':'" OPS "','rev':%d,'state':'joining'}",
	    ++rev);
	assert_true(fixture_shows(&face, "joining"));
	fixture_event(&face, true,
	    "{'type':'room','account':'work','chat':'" OPS "','rev':%d,'state':'in','nick':'mira'}", ++rev);
	g_free(fixture_dump(&face));
	fixture_answer(&face, fixture_request(&face, "room"), json_pack("{s:o, s:[o], s:b}", "room", room_json("in"),
	    "occupants", occupant_json(0), "more", 0));
	assert_true(fixture_shows(&face, "1 here"));
	assert_true(fixture_shows(&face, "guest0000"));
}

/* Someone goes while the list is on its way: the list is older. */
static void
older_list(void **state)
{
	json_t *request, *list, *early = NULL;

	(void)state;
	request = fixture_request(&face, "room");
	early = occupant_json(7);
	list = json_pack("{s:o, s:[o,o], s:b}", "room", room_json("in"), "occupants", early, occupant_json(8), "more",
	    0);
	gone("guest0007");
	fixture_answer(&face, request, list);
	assert_true(fixture_shows(&face, "guest0008"));
	assert_false(fixture_shows(&face, "guest0007"));
	/* Left and entered anew while the list is on its way: it was another stay. */
	fixture_event(&face, true, "{'type':'room','account':'work','chat':'" OPS "','rev':%d,'state':'out'}", ++rev);
	fixture_event(&face, true, "{'type':'room','account':'work','chat':'" OPS "','rev':%d,'state':'in'}", ++rev);
	g_free(fixture_dump(&face));
	request = fixture_request(&face, "room");
	list = json_pack("{s:o, s:[o], s:b}", "room", room_json("in"), "occupants", occupant_json(3), "more", 0);
	fixture_event(&face, true, "{'type':'room','account':'work','chat':'" OPS "','rev':%d,'state':'out'}", ++rev);
	fixture_event(&face, true, "{'type':'room','account':'work','chat':'" OPS "','rev':%d,'state':'in'}", ++rev);
	g_free(fixture_dump(&face));
	fixture_answer(&face, request, list);
	assert_false(fixture_shows(&face, "guest0003"));
	/* Who comes before the answer is newer than it. */
	occupant("early", "none", "participant", "");
	fixture_answer(&face, fixture_request(&face, "room"), json_pack("{s:o, s:[o], s:b}", "room", room_json("in"),
	    "occupants", occupant_json(4), "more", 0));
	assert_true(fixture_shows(&face, "early"));
	assert_true(fixture_shows(&face, "guest0004"));
	/* A room that the core does not know is not asked for at each frame. */
	fixture_event(&face, true, "{'type':'room','account':'work','chat':'" OPS "','rev':%d,'state':'out'}", ++rev);
	fixture_event(&face, true, "{'type':'room','account':'work','chat':'" OPS "','rev':%d,'state':'in'}", ++rev);
	g_free(fixture_dump(&face));
	fixture_refuse(&face, fixture_request(&face, "room"), "not_found", "That is no room.");
	g_free(fixture_dump(&face));
	assert_int_equal(face.front->room_asked, -1);
}

static void
fifteen_hundred(void **state)
{
	json_t *list = json_array();
	int64_t before;

	(void)state;
	for (int i = 0; i < 1500; i++)
		json_array_append_new(list, occupant_json(i));
	fixture_answer(&face, fixture_request(&face, "room"), json_pack("{s:o, s:o, s:b}", "room", room_json("in"),
	    "occupants", list, "more", 0));
	assert_true(fixture_shows(&face, "1500 here"));
	/* Members who may not speak are visitors too: they stand where it says what they may. */
	assert_true(fixture_shows(&face, "members 250"));
	assert_int_equal(occupants_count(face.front->occupants,
	    STANDING_MEMBER) + occupants_count(face.front->occupants,
	    STANDING_PARTICIPANT) + occupants_count(face.front->occupants, STANDING_VISITOR), 1500);
	for (guint i = 1; i < occupants_all(face.front->occupants); i++) {
		const struct event_occupant *a = occupants_at(face.front->occupants, i - 1);
		const struct event_occupant *b = occupants_at(face.front->occupants, i);

		assert_true(occupants_standing(a) < occupants_standing(b) ||
		    (occupants_standing(a) == occupants_standing(b) && strcmp(a->nick, b->nick) < 0));
	}
	assert_true(fixture_shows(&face, "more"));
	/* The list is longer than the pane: it moves by itself, and ends at its end. */
	for (int i = 0; i < 60; i++)
		fixture_key(&face, "\033[6;3~");
	assert_true(fixture_shows(&face, "guest1499"));
	for (int i = 0; i < 60; i++)
		fixture_key(&face, "\033[5;3~");
	assert_true(fixture_shows(&face, "members 250"));
	before = g_get_monotonic_time();
	for (int i = 0; i < 1500; i++) {
		g_autofree char *nick = g_strdup_printf("guest%04d", i);

		gone(nick);
	}
	assert_int_equal(occupants_all(face.front->occupants), 0);
	print_message("1500 went in %" G_GINT64_FORMAT " us\n", g_get_monotonic_time() - before);
}

/* Coming and going is one row as long as nothing else is said; what the room does is told. */
static void
passages(void **state)
{
	(void)state;
	enter();
	passage("came", "ada", "");
	assert_true(fixture_shows(&face, "1 joined: ada"));
	passage("came", "ben", "");
	passage("lost", "kai", "");
	assert_true(fixture_shows(&face, "2 joined, 1 left: ada, ben, kai"));
	passage("left", "ada", "");
	assert_true(fixture_shows(&face, "1 joined, 1 left, 1 came and went: ada, ben, kai"));
	passage("kicked", "eve", ",'by':'lena','text':'spam'");
	assert_true(fixture_shows(&face, "eve was kicked out by lena: \"spam\""));
	passage("renamed", "kai", ",'new_nick':'kai2'");
	assert_true(fixture_shows(&face, "kai is now called kai2"));
	passage("came", "zoe", "");
	assert_true(fixture_shows(&face, "1 joined: zoe"));
	said(9, "21:15", "lena", false, "", "hello");
	passage("left", "zoe", "");
	assert_true(fixture_shows(&face, "1 left: zoe"));
	/* A flood of them costs one row, and another one when it has grown too long. */
	for (int i = 0; i < 5000; i++) {
		g_autofree char *nick = g_strdup_printf("bot%d", i);

		passage("came", nick, "");
	}
	assert_true(face.front->window->n < 20);
	assert_true(fixture_shows(&face, "1999 joined, 1 left: zoe, bot0, bot1, and 1997 more"));
	assert_true(fixture_shows(&face, "1001 joined: bot3999"));
	/* Of a room that nobody looks at nothing is counted. */
	passage("came", "", "");
	fixture_event(&face, true, "{'type':'passage','account':'work','chat':'no@such','kind':'came','nick':'x'}");
	fixture_event(&face, true, "{'type':'passage','account':'work','chat':'" OPS "','kind':'came'}");
}

static void
for_us(void **state)
{
	(void)state;
	enter();
	talk();
	assert_true(fixture_shows(&face, "3 new, 1 for you, since 20:57"));
	assert_true(fixture_shows(&face, "21:05 ada      @  mira"));
	assert_true(fixture_shows(&face, "#ops> █"));
	fixture_event(&face, true,
	    "{'type':'chat','account':'work','chat':'" OPS "','rev':%d,'kind':'room','name':'ops','open':true,'number':5,'unread':3,'mentions':1,'read':40}", ++rev);
	fixture_go(&face, "home", "alice@example.org");
	assert_true(fixture_shows(&face, "@1"));
	assert_true(fixture_shows(&face, "@5:ops(3)"));
	/* Who has no voice is told before they type. */
	fixture_event(&face, true,
	    "{'type':'room','account':'work','chat':'" OPS "','rev':%d,'state':'in','nick':'mira','role':'visitor'}",
	    ++rev);
	fixture_go(&face, "work", OPS);
	assert_true(fixture_shows(&face, "read-only: no voice"));
}

static void
at(const char *jid)
{
	g_free(fixture_dump(&face));
	assert_string_equal(face.front->jid, jid);
}

static void
chat(const char *account, const char *jid, const char *kind, int number, int unread, int mentions, int read, int last)
{
	fixture_event(&face, true,
	    "{'type':'chat','account':'%s','chat':'%s','rev':%d,'kind':'%s','open':true,'number':%d,'unread':%d,'mentions':%d,'read':%d,'last':%d}", account, jid, ++rev, kind, number, unread, mentions, read, last);
}

/*
 * People and what is for us first, the longest waiting first; each once, however fast one walks, and back at the end.
 */
static void
walking(void **state)
{
	(void)state;
	chat("work", "dev@conference.work.example", "room", 6, 14, 0, 1, 90);
	chat("work", OPS, "room", 5, 3, 1, 40, 70);
	chat("home", "bob@example.com", "chat", 7, 2, 2, 50, 80);
	chat("work", "lena@work.example", "chat", 10, 1, 1, 60, 65);
	fixture_go(&face, "home", "alice@example.org");
	fixture_key(&face, "\033a");
	at(OPS);
	fixture_key(&face, "\033a");
	at("bob@example.com");
	/* New there: it comes again. */
	chat("work", OPS, "room", 5, 4, 2, 40, 95);
	fixture_key(&face, "\033a");
	at(OPS);
	fixture_key(&face, "\033a");
	at("lena@work.example");
	fixture_key(&face, "\033a");
	at("dev@conference.work.example");
	fixture_key(&face, "\033a");
	at("alice@example.org");
	assert_true(fixture_shows(&face, "what was not looked at long enough stays unread"));
	/* Only what is for us. */
	fixture_key(&face, "\033m");
	at(OPS);
	fixture_key(&face, "\033m");
	at("bob@example.com");
	fixture_key(&face, "\033m");
	at("lena@work.example");
	fixture_key(&face, "\033m");
	at("alice@example.org");
	/* Who leaves the route begins another. */
	fixture_key(&face, "\033a");
	at(OPS);
	fixture_go(&face, "work", "lena@work.example");
	fixture_key(&face, "\033a");
	at(OPS);
	chat("work", "dev@conference.work.example", "room", 6, 0, 0, 90, 90);
	chat("work", OPS, "room", 5, 0, 0, 95, 95);
	chat("home", "bob@example.com", "chat", 7, 0, 0, 80, 80);
	chat("work", "lena@work.example", "chat", 10, 0, 0, 65, 65);
	fixture_key(&face, "\033a");
	at("lena@work.example");
	assert_true(fixture_shows(&face, "All read."));
}

/* The list says where we are not, and the title why. */
static void
signs(void **state)
{
	static const struct { const char *room, *sign, *title; } stands[] = {
		{ "'state':'joining'", "5>#…ops", "joining" },
		{ "'state':'in','role':'participant'", "5># ops", "" },
		{ "'state':'in','role':'visitor'", "5># ops", "read-only: no voice" },
		{ "'state':'failed','reason':'banned'", "5>#!ops", "not joined: banned" },
		{ "'state':'failed','reason':'network','retry':'2026-11-20T21:17:00.000Z'", "5>#!ops",
		    "not joined: network, tried again" },
		{ "'state':'out'", "5>#○ops", "not joined" },
	};

	(void)state;
	/* Nothing was said of it yet; then all rooms were told, and it is none of them. */
	assert_true(fixture_shows(&face, "5># ops"));
	model_rooms_told(face.model);
	face_mark(&face, DIRTY_ALL);
	assert_true(fixture_shows(&face, "5>#○ops"));
	for (size_t i = 0; i < G_N_ELEMENTS(stands); i++) {
		fixture_event(&face, true, "{'type':'room','account':'work','chat':'" OPS "','rev':%d,%s}", ++rev,
		    stands[i].room);
		assert_true(fixture_shows(&face, stands[i].sign));
		assert_true(fixture_shows(&face, stands[i].title));
	}
	fixture_event(&face, true, "{'type':'room','account':'work','chat':'" OPS "','rev':%d,'state':'in'}", ++rev);
	fixture_event(&face, true, "{'type':'account','account':'work','rev':%d,'jid':'mk@work.example','state':'waiting'}", ++rev);
	assert_true(fixture_shows(&face, "5>#○ops"));
}

/* The last one who began is shown, as long as they type. */
static void
typing(void **state)
{
	static const struct { const char *nick, *what, *shown, *not_shown; } steps[] = {
		{ "ada", "composing", "ada is typing", "ops is typing" }, { "kai", "composing", "kai is typing", "ada is typing" },
		{ "ada", "paused", "kai is typing", "ada is typing" }, { "kai", "active", "", "is typing" },
	};

	(void)state;
	enter();
	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		fixture_event(&face, true, "{'type':'typing','account':'work','chat':'" OPS "','nick':'%s','state':'%s'}", steps[i].nick,
		    steps[i].what);
		assert_true(fixture_shows(&face, steps[i].shown));
		assert_false(fixture_shows(&face, steps[i].not_shown));
	}
}

/* What somebody says whom we ignore is not drawn, nor counted, whatever it is. */
static void
ignored(void **state)
{
	(void)state;
	enter();
	said(1, "20:31", "ada", false, ",'ignored':true", "buy my stones");
	said(2, "20:32", "ada", false, ",'ignored':true", "/me sells stones");
	assert_true(fixture_shows(&face, "(you ignore them)"));
	assert_false(fixture_shows(&face, "stones"));
	said(3, "20:33", "lena", false, "", "stones?");
	assert_true(fixture_shows(&face, "stones?"));
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, open_face, fixture_end)
	const struct CMUnitTest tests[] = {
		TEST(typing), TEST(ignored), TEST(signs), TEST(screens), TEST(increments), TEST(older_list),
		    TEST(fifteen_hundred), TEST(passages), TEST(for_us),
		    TEST(walking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
