/* test_face_revised.c: answers, reactions, what was taken back, and styled text; and the keys that make them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "face_fixture.h"

#define ALICE "alice@example.org"

static struct face face;

/* more: further fields, with a comma before them. */
static void
message(int id, bool out, const char *minute, const char *body, const char *more)
{
	fixture_event(&face, true, "{'type':'message','account':'home','chat':'" ALICE "','rev':%d,'id':%d,'order':%d,"
	    "'said':'2026-11-20T20:%s:00.000Z','direction':'%s','from':'%s','state':'%s'%s%s%s%s}", 100 + id, id,
	    id * 10, minute,
	    out ? "out" : "in", out ? "mira@example.net" : ALICE, out ? "delivered" : "received", *body != '\0' ?
	    ",'body':'" : "",
	    body, *body != '\0' ? "'" : "", more);
}

static void
fill(void)
{
	message(1, false, "01", "Are you bringing the serial adapter on Saturday? The one with the long cable, and the "
	    "box.",
	    ",'reactions':[{'emoji':'👍','count':2,'own':true,'by':['alice']},{'emoji':'🎉','count':4,'own':false,'by':['alice']}]");
	message(2, true, "02", "Yes, *both* of them.",
	    ",'reply_to':{'id':1,'direction':'in','from':'" ALICE "','body':'Are you bringing the serial adapter on "
	    "Saturday? The one with the long cable, and the box.','retracted':false}");
	message(3, false, "03", "", ",'retracted':true,'reactions':[]");
	message(4, false, "04", "good", ",'reply_to':{'id':3,'direction':'in','from':'" ALICE "','retracted':true}");
	message(5, true, "05", "",
	    ",'retracted':true,'moderated':true,'retracted_by':'lena','retracted_for':'contained a token'");
	message(6, false, "06", "/me answers what nobody sees", ",'reply_to':{}");
	message(7, false, "07", "_one_ ~two~ `three` *a _b_*\\n> *four*\\n```\\n*five*\\n```\\n>_<", "");
	message(8, false, "08", "*plain*", ",'unstyled':true");
	message(9, true, "09", "And the null modem.", ",'reply_to':{'id':2,'direction':'out','from':'mira@example.net',"
	    "'body':'Yes, *both* of them.','retracted':false}");
}

static int
open_face(void **state)
{
	(void)state;
	fixture_open(&face, 30, 80);
	fixture_people(&face);
	fixture_core(&face);
	fixture_go(&face, "home", ALICE);
	fill();
	return 0;
}

static void
screens(void **state)
{
	(void)state;
	fixture_golden(&face, "revised");
	fixture_event(&face, true, "{'type':'setting','rev':9,'name':'ui.signs','value':'ascii'}");
	fixture_resize(&face, 24, 40);
	fixture_golden(&face, "revised-40x24");
	fixture_resize(&face, 5, 20);
	g_free(fixture_dump(&face));
}

static void
keys(void **state)
{
	(void)state;
	/* An answer: what it is to stands above the line; Esc drops it, and the chat's own line comes back. */
	fixture_type(&face, "half a line");
	fixture_key(&face, "\033s");
	fixture_type(&face, "gr");
	assert_true(fixture_shows(&face, "replying to: Are you bringing"));
	assert_true(fixture_shows(&face, "reply to alice"));
	fixture_type(&face, "dropped");
	fixture_key(&face, "\033");
	assert_true(fixture_shows(&face, "half a line"));
	assert_false(fixture_shows(&face, "replying to"));
	fixture_key(&face, "\033s");
	fixture_type(&face, "gryes, both");
	fixture_key(&face, "\r");
	fixture_runs(&face, "/reply 1 yes, both");
	assert_true(fixture_shows(&face, "half a line"));
	/* A reaction, and none. */
	fixture_key(&face, "\033s");
	fixture_type(&face, "ge+1");
	assert_true(fixture_shows(&face, "reacting to: Are you"));
	fixture_key(&face, "\r");
	fixture_runs(&face, "/react 1 +1");
	fixture_key(&face, "\033s");
	fixture_type(&face, "ge");
	fixture_key(&face, "\r");
	fixture_runs(&face, "/react 1");
	/* Taking back asks; anything but yes leaves it. */
	fixture_key(&face, "\033s");
	fixture_type(&face, "gjx");
	assert_true(fixture_shows(&face, "taking back: Yes, *both* of them."));
	fixture_type(&face, "n");
	fixture_key(&face, "\r");
	fixture_key(&face, "\033s");
	fixture_type(&face, "gjxy");
	fixture_key(&face, "\r");
	fixture_runs(&face, "/retract 2");
	/* To what it answers. */
	fixture_key(&face, "\033s");
	fixture_type(&face, "t");
	assert_int_equal(face.select.rows.at, 2);
	fixture_type(&face, "t");
	assert_int_equal(face.select.rows.at, 1);
	/* What cannot be done says why. */
	fixture_type(&face, "t");
	assert_true(fixture_shows(&face, "it answers none"));
	fixture_type(&face, "x");
	assert_true(fixture_shows(&face, "not yours"));
	fixture_type(&face, "jjr");
	assert_true(fixture_shows(&face, "it was taken back"));
	fixture_type(&face, "e");
	assert_true(fixture_shows(&face, "it was taken back"));
	fixture_type(&face, "jjjt");
	assert_true(fixture_shows(&face, "that is not here"));
}

/* All that the rows of an entry say. */
static char *
said(const struct entry *entry, bool plain, int columns)
{
	struct text_policy policy = { 0 };
	struct rows_style style = { .sender_width = ROWS_SENDER_WIDTH, .plain = plain };
	struct rows_look look = { .columns = columns, .policy = &policy, .style = &style, .own = "mira", .own_jid =
	    "m@x",
	    .other = "alice", .other_jid = ALICE };
	struct rows_unread none = { 0 };
	g_autoptr(GPtrArray) rows = rows_build(&look, &none, NULL, entry);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < rows->len; i++) {
		const struct row *row = rows->pdata[i];
		int end = 0;

		for (int k = 0; k < row->n; k++) {
			/* Each piece begins where the one before it ends, or further. */
			assert_true(row->span[k].column >= end);
			end = row->span[k].column + text_columns(row->span[k].text, &policy);
			g_string_append(text, row->span[k].text);
		}
		g_string_append_c(text, '\n');
	}
	return g_string_free(text, FALSE);
}

/* Styled or not, it says the same in the same rows, whatever stands in it. */
static void
nothing_is_swallowed(void **state)
{
	static const char *const pieces[] = { "*", "_", "~", "`", "```", "> ", ">", " ", "\n", "a", "word", "é",
	    "e\xcc\x81",
	    "*\xcc\x81", "👨‍👩‍👧", "漢字", "ש", "\t" };
	g_autoptr(GRand) random = g_rand_new_with_seed(42);

	(void)state;
	for (int round = 0; round < 300; round++) {
		g_autoptr(GString) body = g_string_new("x");
		struct entry entry = { .kind = ENTRY_MESSAGE, .id = 1, .order = 1, .time = 1795176000000 };
		int n = g_rand_int_range(random, 1, 120), columns = g_rand_int_range(random, 8, 120);

		for (int i = 0; i < n; i++)
			g_string_append(body, pieces[g_rand_int_range(random, 0, G_N_ELEMENTS(pieces))]);
		entry.event.type = EVENT_message;
		entry.event.message.body = body->str;
		entry.event.message.direction = DIRECTION_OUT;
		entry.event.message.state = MESSAGE_STORED;
		g_autofree char *styled = said(&entry, false, columns), *plain = said(&entry, true, columns);
		assert_string_equal(styled, plain);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(screens, open_face, fixture_end),
		cmocka_unit_test_setup_teardown(keys, open_face, fixture_end),
		cmocka_unit_test(nothing_is_swallowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
