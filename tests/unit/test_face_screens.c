/* test_face_screens.c: whole screens, as text, for sizes, states and hostile content. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "face_fixture.h"

#define ALICE "alice@example.org"

static void
fill_alice(struct face *face)
{
	fixture_message(face, ALICE, 1, "2026-11-19T22:41:00.000Z", false, "received",
	    "Did the backup on the old box finish?");
	fixture_message(face, ALICE, 2, "2026-11-19T22:43:00.000Z", true, "displayed",
	    "Finished at 22:30, 412 GB. The log is clean.");
	fixture_message(face, ALICE, 3, "2026-11-19T22:44:00.000Z", false, "received",
	    "Great. I will switch the mount tomorrow, then we can retire the NAS. It has been humming since 2014.\n"
	    "And the labels come off the cupboard at last.");
	fixture_message(face, ALICE, 4, "2026-11-20T08:59:00.000Z", false, "received",
	    "Morning. Switched, everything mounts.");
	fixture_message(face, ALICE, 5, "2026-11-20T09:02:00.000Z", true, "delivered", "/me raises a coffee");
	fixture_message(face, ALICE, 6, "2026-11-20T12:30:00.000Z", false, "received",
	    "the line that mattered:\n```\n/dev/sdb1 /srv/old ext4 ro,nofail 0 2\n```");
	fixture_message(face, ALICE, 7, "2026-11-20T21:12:00.000Z", false, "received",
	    "Are you bringing the serial adapter on Saturday?\nThe one with the long cable, see "
	    "https://example.org/rs232");
	fixture_message(face, ALICE, 8, "2026-11-20T21:14:00.000Z", true, "delivered", "Yes, both of them.");
	fixture_message(face, ALICE, 9, "2026-11-20T21:15:00.000Z", true, "stored",
	    "And the null modem, if I find it.");
}

static void
open_alice(struct face *face, int rows, int columns)
{
	fixture_open(face, rows, columns);
	fixture_people(face);
	fixture_event(face, false,
	    "{'type':'chat','account':'home','chat':'" ALICE "','rev':9,'kind':'chat','name':'alice','open':true,'number':2,'unread':1,'read':60,'last':70}");
	fixture_go(face, "home", ALICE);
	fill_alice(face);
	fixture_type(face, "I will look in the blue box first");
}

static void
sizes(void **state)
{
	static const struct { int rows, columns; const char *name; } each[] = {
		{ 24, 80, "chat-80x24" }, { 30, 100, "chat-100x30" }, { 24, 60, "chat-60x24" },
		    { 12, 40, "chat-40x12" },
		{ 5, 20, "chat-20x5" }, { 8, 80, "chat-80x8" }, { 1, 1, "chat-1x1" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(each); i++) {
		struct face face;

		open_alice(&face, each[i].rows, each[i].columns);
		fixture_golden(&face, each[i].name);
		fixture_close(&face);
	}
}

/* A screen that was resized is the screen that would have been drawn. */
static void
resize(void **state)
{
	struct face face;

	(void)state;
	open_alice(&face, 24, 80);
	for (int rows = 1; rows < 60; rows += 7)
		for (int columns = 1; columns < 140; columns += 13) {
			fixture_resize(&face, rows, columns);
			g_free(fixture_dump(&face));
		}
	fixture_resize(&face, 30, 100);
	fixture_golden(&face, "chat-100x30");
	fixture_resize(&face, 24, 80);
	fixture_golden(&face, "chat-80x24");
	fixture_close(&face);
}

/*
 * What is missing is drawn where it is missing, with its span and the reason; and it goes when it is not missing any
 * more.
 */
static void
gaps(void **state)
{
	static const char *const bodies[] = { "ok, see you tomorrow", "morning, all quiet in the night", "and now" };
	struct face face;
	json_t *page;

	(void)state;
	fixture_open(&face, 12, 80);
	fixture_people(&face);
	fixture_go(&face, "home", ALICE);
	for (int i = 0; i < 3; i++)
		fixture_event(&face, true,
		    "{'type':'message','account':'home','chat':'" ALICE "','rev':%d,'id':%d,'order':%d,'said':'2026-11-20T20:%02d:00.000Z','direction':'in','body':'%s','state':'received'}", 100 + i, 1 + i,
		    100 * (i + 1), 10 + 20 * i, bodies[i]);
	page = json_pack("{s:[], s:b, s:[{s:i, s:i, s:s}, {s:i, s:i, s:s, s:s}, "
	    "{s:i, s:i, s:s, s:s, s:s}]}", "messages", "more", 0, "gaps", "after", 0, "before", 50, "to",
	    "2026-11-01T00:00:00.000Z", "after", 120, "before", 180, "from", "2026-11-20T20:11:00.000Z", "to",
	    "2026-11-20T20:29:00.000Z", "after", 220, "before", 280, "from", "2026-11-16T18:02:00.000Z", "to",
	    "2026-11-20T20:49:00.000Z", "reason", "the connection breaks each time this part is fetched");
	link_took_page(&face, face.front, WINDOW_BEFORE, page);
	fixture_golden(&face, "gaps");
	json_object_set_new(page, "gaps", json_array());
	link_took_page(&face, face.front, WINDOW_BEFORE, page);
	json_decref(page);
	fixture_golden(&face, "gaps-closed");
	fixture_close(&face);
}

/* A face opens where the reader left, however soon the core answers: also before anything was drawn. */
static void
unread_before_the_first_frame(void **state)
{
	struct face face;
	json_t *page = json_pack("{s:[], s:b}", "messages", "more", 0);
	g_autofree char *screen = NULL;

	(void)state;
	fixture_open(&face, 12, 80);
	fixture_people(&face);
	for (int i = 1; i <= 40; i++)
		json_array_append_new(json_object_get(page, "messages"), json_pack(
		    "{s:s, s:s, s:s, s:i, s:i, s:i, s:s, s:s, s:s, s:s}", "type", "message", "account", "home", "chat",
		    "bob@example.com", "rev", 100 + i, "id", i, "order", i, "said", "2026-11-20T20:00:00.000Z",
		    "direction", "in", "state", "received", "body", i == 6 ? "the first that is new" : "one of many"));
	face_go(&face, model_chat(face.model, "home", "bob@example.com"));
	link_took_page(&face, face.front, WINDOW_BEFORE, page);
	json_decref(page);
	screen = fixture_dump(&face);
	assert_non_null(strstr(screen, "the first that is new"));
	fixture_close(&face);
}

static void
signs(void **state)
{
	static const char *const states[] = {
		"held", "queued", "sent", "unknown", "stored", "delivered", "displayed", "failed", "cancelled",
	};
	struct face face;

	(void)state;
	fixture_open(&face, 20, 80);
	fixture_people(&face);
	fixture_go(&face, "home", ALICE);
	for (int i = 0; i < (int)G_N_ELEMENTS(states); i++)
		fixture_event(&face, true,
		    "{'type':'message','account':'home','chat':'" ALICE "','rev':%d,'id':%d,'order':%d,'said':'2026-11-20T20:%02d:00.000Z','direction':'out','body':'this is %s','state':'%s'%s}", 100 + i, 1 + i,
		    i == 1 ? 0 : 10 + i, 10 + 6 * i, states[i], states[i], strcmp(states[i], "failed") == 0 ?
		    ",'reason':'example.org: \\\"User session not found\\\" (service-unavailable)'" :
		    strcmp(states[i], "unknown") == 0 ? ",'reason':'The connection broke under way.'" : "");
	fixture_golden(&face, "signs");
	fixture_close(&face);
}

/* Two chats side by side: each with its title and its own scroll; one line, of the one that has the keys. */
static void
splits(void **state)
{
	struct face face;

	(void)state;
	open_alice(&face, 24, 120);
	for (int i = 0; i < 30; i++)
		fixture_event(&face, true,
		    "{'type':'message','account':'home','chat':'bob@example.com','rev':%d,'id':%d,'order':%d,'said':'2026-11-20T20:%02d:00.000Z','direction':'in','body':'message %d of many','state':"
		    "'received'}", 2000 + i, 100 + i, 1000 + i, i, i + 1);
	g_free(fixture_dump(&face));
	fixture_key(&face, "\030");
	fixture_key(&face, "3");
	g_free(fixture_dump(&face));
	/* The same chat twice: one of them goes back. */
	fixture_key(&face, "\033[5~");
	fixture_golden(&face, "splits-same");
	fixture_key(&face, "\030");
	fixture_key(&face, "o");
	fixture_go(&face, "home", "bob@example.com");
	for (int i = 0; i < 30; i++)
		fixture_message(&face, "bob@example.com", 200 + i, "2026-11-20T20:30:00.000Z", false, "received",
		    "and one more");
	fixture_golden(&face, "splits-120x24");
	/* Less than both can be read in: the one with the keys; and both again. */
	fixture_resize(&face, 24, 40);
	fixture_golden(&face, "splits-40x24");
	fixture_resize(&face, 24, 60);
	fixture_golden(&face, "splits-60x24");
	fixture_resize(&face, 8, 120);
	fixture_golden(&face, "splits-120x8");
	fixture_resize(&face, 24, 120);
	fixture_golden(&face, "splits-120x24");
	fixture_key(&face, "\030");
	fixture_key(&face, "2");
	fixture_key(&face, "\030");
	fixture_key(&face, "\033[D");
	fixture_golden(&face, "splits-three");
	fixture_key(&face, "\033z");
	fixture_golden(&face, "splits-zoomed");
	fixture_key(&face, "\033z");
	/* With room for all of them at 50 columns the list comes back. */
	fixture_resize(&face, 20, 140);
	fixture_golden(&face, "splits-140x20");
	fixture_key(&face, "\030");
	fixture_key(&face, "1");
	assert_int_equal(split_count(face.splits), 1);
	assert_string_equal(face.front->jid, ALICE);
	fixture_close(&face);
}

/* Settings of the core that are for faces: what is older, unknown or of another kind changes nothing. */
static void
preferences(void **state)
{
	struct face face;

	(void)state;
	open_alice(&face, 24, 80);
	fixture_event(&face, true, "{'type':'setting','rev':9,'name':'ui.signs','value':'ascii'}");
	fixture_event(&face, true, "{'type':'setting','rev':9,'name':'ui.sender_width','value':0}");
	fixture_event(&face, true, "{'type':'setting','rev':9,'name':'time.format','value':'%%d.%%m. %%H:%%M:%%S'}");
	fixture_event(&face, true, "{'type':'setting','rev':8,'name':'time.format','value':'%%H'}");
	fixture_event(&face, true, "{'type':'setting','rev':10,'name':'time.format','value':7}");
	fixture_event(&face, true, "{'type':'setting','rev':9,'name':'ui.unheard_of','value':true}");
	fixture_golden(&face, "preferences");
	fixture_event(&face, true, "{'type':'setting','rev':11,'name':'ui.signs','value':'auto'}");
	fixture_event(&face, true, "{'type':'setting','rev':11,'name':'ui.sender_width','value':12}");
	fixture_event(&face, true, "{'type':'setting','rev':11,'name':'time.format','value':'%%H:%%M'}");
	fixture_golden(&face, "chat-80x24");
	fixture_close(&face);
}

static void
hostile(void **state)
{
	struct face face;
	g_autofree char *dump = NULL;
	g_autoptr(GString) marks = g_string_new("Zalgo ");

	(void)state;
	fixture_open(&face, 24, 80);
	fixture_people(&face);
	for (int i = 0; i < 100; i++)
		g_string_append(marks, "e\xcc\x81\xcc\x82\xcc\x83");
	fixture_event(&face, false, "{'type':'contact','account':'home','rev':50,'jid':'" ALICE "',"
	    "'name':'a\\u001b]0;evil\\u0007 name that goes on and on and does not end before the row does, nor after\\nx'}");
	fixture_go(&face, "home", ALICE);
	fixture_message(&face, ALICE, 1, "2026-11-20T20:00:00.000Z", false, "received",
	    "\033[2J\033[31mred\a \xe2\x80\xae"
	    "gnp.exe \xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7 \xe6\xbc\xa2\xe5\xad\x97\xe3\x81\xae\xe9\x95\xb7\xe3\x81\x84\xe8\xa1\x8c\xe3\x81\xaf\xe4\xba\x8c\xe5\x88\x97"
	    "\xe3\x81\xae\xe5\xb9\x85\xe3\x81\xa7\xe6\x8a\x98\xe3\x82\x8a\xe8\xbf\x94\xe3\x81\x95\xe3\x82\x8c\xe3\x82\x8b");
	fixture_message(&face, ALICE, 2, "2026-11-20T20:01:00.000Z", false, "received", marks->str);
	fixture_message(&face, ALICE, 3, "2026-11-20T20:02:00.000Z", false, "received",
	    "https://example.org/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	fixture_message(&face, ALICE, 4, "2026-11-20T20:02:00.000Z", false, "received", "");
	fixture_message(&face, ALICE, 5, "2026-11-20T20:03:00.000Z", false, "received", "/me ");
	dump = fixture_dump(&face);
	for (const char *at = dump; *at != '\0'; at++)
		assert_true((unsigned char)*at >= 0x20 || *at == '\n');
	assert_null(strstr(dump, "\xe2\x80\xae"));
	assert_non_null(strstr(dump, "gnp.exe"));
	fixture_golden(&face, "hostile");
	/* In every narrow form too. */
	for (int columns = 1; columns < 100; columns++) {
		fixture_resize(&face, 24, columns);
		g_free(fixture_dump(&face));
	}
	fixture_close(&face);
}

static void
console(void **state)
{
	struct face face;

	(void)state;
	fixture_open(&face, 24, 80);
	fixture_people(&face);
	fixture_event(&face, true, "{'type':'notice','time':'2026-11-20T20:58:00.000Z','severity':'info',"
	    "'text':'home is online as mira@example.net/confab.7c1.'}");
	fixture_event(&face, true,
	    "{'type':'notice','severity':'error','text':'example.net refused the log-in. Its words: \\\"Your account has been locked.\\\" (account-disabled)\\nThe password was not the reason.'}");
	fixture_event(&face, true,
	    "{'type':'account','account':'work','rev':60,'jid':'mk@work.example','state':'failed','reason':'password','enabled':true}");
	fixture_event(&face, true,
	    "{'type':'prompt','time':'2026-11-20T21:07:00.000Z','account':'home','rev':61,'id':3,'kind':'choice','title':'dave@example.com asks to be a contact','text':'The words: \\\"Hi, we met\\\"',"
	    "'facts':[['New to you','no message before']],'choices':[['allow','sees when you are online'],"
	    "['deny','is told no']],'scope':'everyone'}");
	fixture_event(&face, true,
	    "{'type':'prompt','time':'2026-11-20T21:08:00.000Z','account':'work','rev':62,'id':4,'kind':'password','title':'Password for mk@work.example','secret':true,'scope':'everyone'}");
	fixture_golden(&face, "console");
	fixture_close(&face);
}

static void
first_start(void **state)
{
	struct face face;

	(void)state;
	fixture_open(&face, 24, 80);
	start_begin(&face);
	fixture_type(&face, "Mira@Example.net");
	fixture_golden(&face, "first-start");
	fixture_key(&face, "\r");
	assert_string_equal(face.start.jid, "mira@example.net");
	assert_string_equal(input_line(face.input), "example");
	/* What is no address is asked for again, with what was typed. */
	fixture_key(&face, "\033");
	assert_false(face.start.on);
	start_begin(&face);
	fixture_type(&face, "nobody");
	fixture_key(&face, "\r");
	assert_true(face.start.on);
	assert_int_equal(face.start.step, 1);
	assert_non_null(face.start.trouble);
	assert_string_equal(input_line(face.input), "nobody");
	fixture_close(&face);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes), cmocka_unit_test(resize), cmocka_unit_test(splits), cmocka_unit_test(gaps),
		cmocka_unit_test(unread_before_the_first_frame), cmocka_unit_test(signs),
		cmocka_unit_test(preferences), cmocka_unit_test(hostile),
		cmocka_unit_test(console), cmocka_unit_test(first_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
