/* test_face_search.c: the search view: what is asked of the core while one types, what is shown, and where it leads. */
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
	fixture_open(&face, 24, 80);
	fixture_people(&face);
	fixture_core(&face);
	fixture_go(&face, "home", ALICE);
	return 0;
}

/* found: pairs, "4-7 10-13"; NULL: none. */
static json_t *
message(const char *chat, int id, const char *said, bool out, const char *body, int previous, int next,
    const char *found)
{
	json_t *object = json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:s, s:s, s:s, s:s, s:s}", "type", "message",
	    "account", "home", "chat", chat, "rev", 1000 + id, "id", id, "order", id * 10, "said", said, "direction",
	    out ? "out" : "in", "from", out ? "mira@example.net" : chat, "state", out ? "displayed" : "received",
	    "body", body);
	g_auto(GStrv) pairs = found != NULL ? g_strsplit(found, " ", -1) : NULL;
	json_t *list = json_array();

	for (int i = 0; pairs != NULL && pairs[i] != NULL; i++) {
		int from = 0, to = 0;

		sscanf(pairs[i], "%d-%d", &from, &to);
		json_array_append_new(list, json_pack("[i,i]", from, to));
	}
	json_object_set_new(object, "found", list);
	if (previous != 0)
		json_object_set_new(object, "previous", json_integer(previous));
	if (next != 0)
		json_object_set_new(object, "next", json_integer(next));
	return object;
}

static json_t *
some_hits(void)
{
	return json_pack("{s:[o,o,o], s:[o,o,o,o], s:b, s:b, s:i, s:{s:s, s:i, s:[{s:s, s:s, s:s, s:s}]}}", "messages",
	    message(ALICE, 30, "2026-11-20T12:30:00.000Z", false,
		"Great. I will switch the mount tomorrow, then we can retire the NAS. It has been humming since 2014.",
		    29, 31,
		"64-67"),
	    message(ALICE, 20, "2026-07-12T10:02:00.000Z", false, "The fan of the NAS is loud again.", 0, 21, "15-18"),
	    message(BOB, 10, "2026-03-03T09:11:00.000Z", true, "the NAS at 10.0.0.7 answers again, that NAS", 0, 0,
		"4-7 40-43"),
	    "context",
	    message(ALICE, 29, "2026-11-20T12:29:00.000Z", true, "Finished at 22:30, 412 GB. The log is clean.", 0, 0,
	    NULL), message(ALICE, 31, "2026-11-20T12:31:00.000Z", false,
	    "And the labels come off the cupboard at last.", 0, 0, NULL),
	    message(ALICE, 21, "2026-07-12T10:05:00.000Z", true, "I can bring a spare one.", 0, 0, NULL),
	    message(BOB, 5, "2026-03-03T09:05:00.000Z", true, "nobody's neighbour", 0, 0, NULL), "more", 0, "partial",
	    0, "took_us", 3400, "searched", "from", "2019-04-02T10:00:00.000Z", "gaps", 1, "holes", "account", "home",
	    "from", "2026-11-16T18:02:00.000Z", "to", "2026-11-17T09:10:00.000Z", "reason",
	    "the archive said \"timed out\"");
}

/* The search for these words, which is asked for now or behind others. */
static json_t *
asked_for(const char *words)
{
	json_t *request = fixture_request(&face, "search");

	while (strcmp(fixture_param(request, "words"), words) != 0) {
		json_decref(request);
		request = fixture_request(&face, "search");
	}
	return request;
}

static void
search_nas(void)
{
	json_t *first, *second;

	fixture_key(&face, "\030");
	fixture_key(&face, "s");
	assert_true(fixture_shows(&face, "has:link"));
	fixture_type(&face, "n");
	first = asked_for("n");
	fixture_type(&face, "as");
	/* The former is ended, and what it says does not count. */
	second = asked_for("nas*");
	fixture_answer(&face, first, json_pack("{s:[]}", "messages"));
	assert_false(fixture_shows(&face, "0 found"));
	fixture_answer(&face, second, some_hits());
}

static void
found(void **state)
{
	(void)state;
	search_nas();
	fixture_golden(&face, "search");
	/* What is typed goes into the words until Enter; then letters are keys. */
	assert_true(fixture_shows(&face, "search> nas"));
	fixture_key(&face, "\r");
	fixture_golden(&face, "search-walking");
	fixture_type(&face, "n");
	assert_true(fixture_shows(&face, "10:02>alice       The fan of the [NAS] is loud again."));
	fixture_type(&face, "nn");
	assert_true(fixture_shows(&face, "09:11>mira     ✓✓ the [NAS] at 10.0.0.7 answers again, that [NAS]"));
	fixture_type(&face, "N");
	assert_true(fixture_shows(&face, "10:02>alice "));
	fixture_type(&face, "xyzq");
	assert_false(face.page.on);
	assert_true(fixture_shows(&face, "alice> █"));
}

static void
small(void **state)
{
	(void)state;
	search_nas();
	fixture_resize(&face, 20, 60);
	fixture_golden(&face, "search-60x20");
	fixture_resize(&face, 12, 40);
	fixture_golden(&face, "search-40x12");
	fixture_resize(&face, 5, 20);
	fixture_golden(&face, "search-20x5");
	for (int rows = 1; rows < 6; rows++)
		for (int columns = 1; columns < 12; columns++) {
			fixture_resize(&face, rows, columns);
			g_free(fixture_dump(&face));
		}
}

/* The next page that is asked for, around a message or not; others are passed over. */
static json_t *
page_asked_for(bool around)
{
	json_t *request = fixture_request(&face, "history");

	while ((json_object_get(json_object_get(request, "params"), "around") != NULL) != around ||
	    (!around && json_object_size(json_object_get(request, "params")) > 3)) {
		json_decref(request);
		request = fixture_request(&face, "history");
	}
	return request;
}

/* Enter goes there: a page around it, with the message selected, and n goes on from there. */
static void
going_there(void **state)
{
	json_t *request, *params;
	int64_t older = 20;

	(void)state;
	search_nas();
	fixture_key(&face, "\r");
	fixture_key(&face, "\r");
	assert_false(face.page.on);
	request = fixture_request(&face, "history");
	params = json_object_get(request, "params");
	assert_int_equal(json_integer_value(json_object_get(params, "around")), 30);
	/* A key on the way is typed nowhere, and what comes live leaves no hole. */
	fixture_message(&face, ALICE, 99, "2026-11-20T21:16:00.000Z", false, "received", "newest");
	fixture_answer(&face, request, json_pack("{s:[o,o,o], s:b, s:[]}", "messages",
	    message(ALICE, 29, "2026-11-20T12:29:00.000Z", true, "Finished at 22:30.", 0, 0, NULL),
	    message(ALICE, 30, "2026-11-20T12:30:00.000Z", false, "Great. The NAS.", 0, 0, NULL),
	    message(ALICE, 31, "2026-11-20T12:31:00.000Z", false, "And the labels.", 0, 0, NULL), "more", 1, "gaps"));
	assert_int_equal(face.select.rows.at, 30);
	assert_true(fixture_shows(&face, "12:30>alice       Great. The NAS."));
	assert_true(fixture_shows(&face, "scrolled back: more than 0 newer below, End returns") ||
	    fixture_shows(&face, "scrolled back: more than 1 newer"));
	assert_false(fixture_shows(&face, "newest"));
	assert_false(face.front->window->at_end);
	/* On to the next one in this chat, which is not held. */
	fixture_key(&face, "n");
	request = page_asked_for(true);
	params = json_object_get(request, "params");
	assert_int_equal(json_integer_value(json_object_get(params, "around")), older);
	fixture_type(&face, "kkk");
	assert_string_equal(input_line(face.input), "");
	fixture_answer(&face, request, json_pack("{s:[o,o], s:b, s:[]}", "messages",
	    message(ALICE, 20, "2026-07-12T10:02:00.000Z", false, "The fan of the NAS.", 0, 0, NULL),
	    message(ALICE, 21, "2026-07-12T10:05:00.000Z", true, "A spare one.", 0, 0, NULL), "more", 1, "gaps"));
	assert_int_equal(face.select.rows.at, older);
	assert_true(fixture_shows(&face, "nas*: 2 of 3"));
	fixture_key(&face, "n");
	assert_true(fixture_shows(&face, "no older one of those found"));
	fixture_key(&face, "N");
	/* Back at the end. */
	fixture_key(&face, "\033");
	fixture_key(&face, "\033[F");
	request = page_asked_for(false);
	fixture_answer(&face, request, json_pack("{s:[o], s:b, s:[]}", "messages",
	    message(ALICE, 99, "2026-11-20T21:16:00.000Z", false, "newest", 0, 0, NULL), "more", 1, "gaps"));
	assert_true(fixture_shows(&face, "newest"));
	assert_false(fixture_shows(&face, "scrolled back"));
}

/* The message was deleted meanwhile. */
static void
gone_meanwhile(void **state)
{
	(void)state;
	search_nas();
	fixture_key(&face, "\r");
	fixture_key(&face, "\r");
	fixture_answer(&face, fixture_request(&face, "history"), json_pack("{s:[], s:b, s:[]}", "messages", "more", 0,
	    "gaps"));
	assert_true(fixture_shows(&face, "Message 30 is not here any more."));
	assert_int_equal(face.select.rows.at, 0);
	assert_int_equal(face.front->bottom, 0);
}

static void
context(void **state)
{
	json_t *request;

	(void)state;
	search_nas();
	fixture_key(&face, "\r");
	fixture_key(&face, "\t");
	request = fixture_request(&face, "history");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(request, "params"), "limit")), 9);
	fixture_answer(&face, request, json_pack("{s:[o,o,o], s:b}", "messages",
	    message(ALICE, 28, "2026-11-20T12:28:00.000Z", false, "Did the backup finish?", 0, 0, NULL),
	    message(ALICE, 30, "2026-11-20T12:30:00.000Z", false, "itself", 0, 0, NULL),
	    message(ALICE, 32, "2026-11-20T12:33:00.000Z", true, "Good.", 0, 0, NULL), "more", 1));
	assert_true(fixture_shows(&face, "Did the backup finish?"));
	assert_true(fixture_shows(&face, "Good."));
	assert_false(fixture_shows(&face, "itself"));
	/* An answer for one that is not shown any more. */
	fixture_key(&face, "\t");
	request = fixture_request(&face, "history");
	fixture_key(&face, "q");
	fixture_key(&face, "\023");
	fixture_answer(&face, request, json_pack("{s:[], s:b}", "messages", "more", 1));
	assert_true(fixture_shows(&face, "search in alice"));
}

static void
honest(void **state)
{
	json_t *request;

	(void)state;
	/* In one chat; what the core refuses is said in the view. */
	fixture_key(&face, "\023");
	fixture_type(&face, "after:x");
	request = asked_for("after:x");
	assert_string_equal(fixture_param(request, "chat"), ALICE);
	fixture_refuse(&face, request, "usage", "A date is 2026, not \"x\".");
	assert_true(fixture_shows(&face, "A date is 2026, not \"x\"."));
	assert_true(fixture_shows(&face, "search in alice  after:x"));
	/* A word that is done, nothing found, and nothing here. */
	fixture_key(&face, "\025");
	assert_true(fixture_shows(&face, "has:link"));
	fixture_type(&face, "nas ");
	fixture_answer(&face, asked_for("nas"), json_pack("{s:[], s:[], s:b, s:b, s:i, s:{s:i, s:[]}}", "messages",
	    "context", "more", 0, "partial", 1, "took_us", 2000000, "searched", "gaps", 0, "holes"));
	assert_true(fixture_shows(&face, "0 or more found in 2000 ms"));
	assert_true(fixture_shows(&face, "The time was up"));
	assert_true(fixture_shows(&face, "where there is nothing yet, alice."));
	fixture_key(&face, "\033");
	assert_false(face.page.on);
	/* The words come back with Up. */
	fixture_key(&face, "\023");
	fixture_type(&face, "\"a b\"");
	fixture_key(&face, "\r");
	fixture_key(&face, "q");
	fixture_key(&face, "\023");
	fixture_key(&face, "\033[A");
	assert_string_equal(input_line(face.input), "\"a b\"");
}

static void
fetching(void **state)
{
	json_t *request;

	(void)state;
	search_nas();
	fixture_key(&face, "\r");
	fixture_key(&face, "G");
	assert_true(fixture_shows(&face, "Press g to fetch it and search again."));
	assert_true(fixture_shows(&face, "what home has and is not here, Mon 16 Nov 2026 to Tue 17 Nov 2026"));
	assert_true(fixture_shows(&face, "archive said \"timed out\")"));
	fixture_key(&face, "g");
	request = fixture_request(&face, "run");
	assert_string_equal(fixture_param(request, "line"),
	    "/sync now");
	assert_string_equal(fixture_param(request, "account"), "home");
	fixture_answer(&face, request, json_pack("{s:[]}", "output"));
	assert_true(fixture_shows(&face, "It is being fetched."));
	fixture_event(&face, true, "{'type':'sync','account':'home','state':'fetching'}");
	fixture_event(&face, true, "{'type':'sync','account':'home','state':'complete'}");
	fixture_answer(&face, asked_for("nas*"), some_hits());
	assert_true(fixture_shows(&face, "3 found"));
	fixture_key(&face, "g");
	fixture_refuse(&face, fixture_request(&face, "run"), "offline", "home is not on line.");
	assert_true(fixture_shows(&face, "home is not on line."));
}

/* What is long shows the place where it was found; what a body says cannot pass for a mark. */
static void
long_ones(void **state)
{
	GString *body = g_string_new("\xee\x80\x80 pose ");
	g_autofree char *places = NULL;
	json_t *request;

	(void)state;
	for (int i = 0; i < 400; i++)
		g_string_append(body, "ähnlich ");
	places = g_strdup_printf("%zu-%zu 900000-900004", body->len, body->len + 3);
	g_string_append(body, "nas and the rest");
	fixture_key(&face, "\023");
	fixture_type(&face, "n");
	request = asked_for("n");
	fixture_answer(&face, request, json_pack("{s:[o,o,o], s:[], s:b, s:b, s:i, s:{s:i, s:[]}}", "messages",
	    message(ALICE, 30, "2026-11-20T12:30:00.000Z", false, body->str, 0, 0, places),
	    message(ALICE, 29, "2026-11-20T12:29:00.000Z", false, "\xee\x80\x80 pose ähnlich", 0, 0, NULL),
	    message(ALICE, 28, "2026-11-20T12:29:00.000Z", false, "\xee\x80\x80 ähnlich", 0, 0, "0-3 1-2 5-6 9-4 2-80"),
	    "context", "more", 1, "partial", 0, "took_us", 10, "searched", "gaps", 0, "holes"));
	assert_true(fixture_shows(&face, "… ähnlich"));
	assert_true(fixture_shows(&face, "[nas]"));
	assert_true(fixture_shows(&face, "3 or more found in under 1 ms"));
	assert_true(fixture_shows(&face, " pose ähnlich"));
	g_string_free(body, TRUE);
}

static void
places(void **state)
{
	json_t *request;

	(void)state;
	fixture_type(&face, "/goto 2026-03");
	fixture_key(&face, "\r");
	request = fixture_request(&face, "place");
	assert_string_equal(fixture_param(request, "where"), "2026-03");
	fixture_answer(&face, request, json_pack("{s:s, s:s, s:i}", "account", "home", "chat", BOB, "id", 10));
	assert_string_equal(face.front->jid, BOB);
	request = page_asked_for(true);
	fixture_answer(&face, request, json_pack("{s:[o], s:b, s:[]}", "messages",
	    message(BOB, 10, "2026-03-03T09:11:00.000Z", true, "the first of March", 0, 0, NULL), "more", 0, "gaps"));
	assert_true(fixture_shows(&face, "09:11>mira     ✓✓ the first of March"));
	fixture_key(&face, "\033");
	fixture_key(&face, "\030");
	fixture_key(&face, "g");
	fixture_type(&face, "soon");
	fixture_key(&face, "\r");
	fixture_refuse(&face, fixture_request(&face, "place"), "usage", "A message is named by its number.");
	assert_true(fixture_shows(&face, "A message is named by its number."));
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, open_face, fixture_end)
	const struct CMUnitTest tests[] = {
		TEST(found), TEST(small), TEST(going_there), TEST(gone_meanwhile), TEST(context), TEST(honest),
		    TEST(fetching),
		TEST(long_ones), TEST(places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
