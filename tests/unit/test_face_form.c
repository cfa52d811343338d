/* test_face_form.c: a question that is a form: filled in on a page, sent, refused, left and dropped. */
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

static void
form(int id, const char *scope)
{
	fixture_event(&face, true, "{'type':'prompt','rev':%d,'id':%d,'account':'work','chat':'" OPS "','kind':'form','scope':'%s',"
	    "'title':'configure " OPS "','text':'The words are those of the service.','facts':[['Title','x=y']],'fields':["
	    "{'type':'fixed','values':['General']},"
	    "{'var':'muc#roomconfig_roomname','type':'text-single','label':'Title','required':false,'range':'text','values':['Ops']},"
	    "{'var':'muc#roomconfig_roomdesc','type':'text-multi','label':'Description','required':false,'range':'text of several "
	    "lines','values':['On-call','and deployments']},"
	    "{'var':'muc#roomconfig_membersonly','type':'boolean','label':'Only members may enter','meaning':'Everybody else is put "
	    "out.','required':true,'range':'yes or no','values':['0']},"
	    "{'var':'muc#roomconfig_whois','type':'list-single','label':'Who may see real addresses','required':false,'range':'one "
	    "of: anyone, moderators','values':['moderators'],'options':[['moderators','Moderators only'],['anyone','Anyone']]},"
	    "{'var':'muc#roomconfig_presencebroadcast','type':'list-multi','label':'Roles whose presence is told to everybody in "
	    "the room','required':false,'range':'any of: moderator, visitor','values':['moderator','visitor'],'options':["
	    "['moderator','Moderator'],['visitor','Visitor']]},"
	    "{'var':'muc#roomconfig_roomsecret','type':'text-private','label':'Password','required':false,'range':'text',"
	    "'values':[]},"
	    "{'var':'x-vendor_level','type':'list-single','label':'x-vendor_level','required':false,'range':'one of: ','values':[]}"
	    "]}", 50 + id, id, scope);
}

static void
gone(int id)
{
	fixture_event(&face, true, "{'type':'prompt','rev':%d,'id':%d,'gone':true}", 60 + id, id);
}

static int
open_face(void **state)
{
	(void)state;
	fixture_open(&face, 24, 80);
	fixture_people(&face);
	fixture_core(&face);
	fixture_event(&face, false, "{'type':'chat','account':'work','chat':'" OPS "','rev':9,'kind':'room','name':'ops',"
	    "'open':true,'number':5,'read':40}");
	fixture_go(&face, "work", OPS);
	return 0;
}

/* What is sent; the request is the caller's. */
static json_t *
sent(const char *expected)
{
	json_t *request = fixture_request(&face, "answer"), *params = json_object_get(request, "params"), *value,
	    *wanted;

	value = json_loads(json_string_value(json_object_get(params, "value")), 0, NULL);
	wanted = json_loads(expected, 0, NULL);
	assert_non_null(wanted);
	if (!json_equal(value, wanted))
		fail_msg("%s", json_string_value(json_object_get(params, "value")));
	json_decref(value);
	json_decref(wanted);
	return request;
}

/* It opens by itself where it was asked for, at the first field. */
static void
filled_in(void **state)
{
	json_t *request;

	(void)state;
	form(3, "session");
	assert_true(fixture_shows(&face, "Esc back to ops"));
	assert_true(fixture_shows(&face, "muc#roomconfig_roomname  text"));
	fixture_key(&face, "\r");
	assert_true(fixture_shows(&face, "Title> Ops█"));
	fixture_type(&face, " room");
	fixture_key(&face, "\r");
	assert_true(fixture_shows(&face, "[Ops room]"));
	assert_true(fixture_shows(&face, "was: Ops"));
	fixture_key(&face, "\t");
	fixture_type(&face, "j ");
	assert_true(fixture_shows(&face, "(x) yes   ( ) no"));
	assert_true(fixture_shows(&face, "was: no"));
	assert_true(fixture_shows(&face, "it must be filled in"));
	fixture_type(&face, "j ");
	assert_true(fixture_shows(&face, "[Anyone  v]"));
	assert_true(fixture_shows(&face, "3 changes"));
	fixture_golden(&face, "form");
	/* The list goes round; what is as it was is no change. */
	fixture_type(&face, " ");
	assert_true(fixture_shows(&face, "2 changes"));
	fixture_type(&face, " ");
	/* One step of two is taken back. */
	fixture_type(&face, "ku");
	assert_true(fixture_shows(&face, "( ) yes   (x) no"));
	fixture_type(&face, "s");
	request = sent("{\"muc#roomconfig_roomname\":\"Ops room\",\"muc#roomconfig_whois\":\"anyone\"}");
	fixture_answer(&face, request, json_object());
	gone(3);
	assert_false(fixture_shows(&face, "Esc back"));
	assert_true(fixture_shows(&face, "ops> █"));
}

/* Only some fields: the cursor is on the first of them, with what is known of it. */
static void
filtered(void **state)
{
	(void)state;
	form(3, "session");
	fixture_type(&face, "/ADDRESSES");
	fixture_key(&face, "\r");
	assert_true(fixture_shows(&face, ">  Who may see real addresses"));
	assert_true(fixture_shows(&face, "muc#roomconfig_whois  one of"));
	assert_false(fixture_shows(&face, "Title"));
	fixture_type(&face, " ");
	assert_true(fixture_shows(&face, "was: Moderators only"));
	fixture_key(&face, "\033");
	assert_true(fixture_shows(&face, "Title"));
	assert_true(fixture_shows(&face, "[Anyone  v]"));
	fixture_type(&face, "/nothing of that");
	fixture_key(&face, "\r");
	assert_true(fixture_shows(&face, "Nothing here has that."));
	fixture_type(&face, " u");
	fixture_key(&face, "\r");
}

/* What the service asks is kept from the screen, and from the line's history. */
static void
secret(void **state)
{
	json_t *request;

	(void)state;
	form(3, "session");
	fixture_key(&face, "G");
	fixture_type(&face, "k");
	assert_true(fixture_shows(&face, "muc#roomconfig_roomsecret"));
	fixture_type(&face, " ");
	fixture_type(&face, "xyzzy");
	assert_true(fixture_shows(&face, "Password> *****█"));
	fixture_key(&face, "\r");
	assert_true(fixture_shows(&face, "[****]"));
	assert_false(fixture_shows(&face, "was:"));
	assert_false(fixture_shows(&face, "xyzzy"));
	fixture_type(&face, "s");
	request = sent("{\"muc#roomconfig_roomsecret\":\"xyzzy\"}");
	fixture_answer(&face, request, json_object());
	gone(3);
}

/* The cursor goes to what was not taken, and the question stays. */
static void
refused(void **state)
{
	(void)state;
	form(3, "session");
	fixture_type(&face, "s");
	fixture_refuse(&face, sent("{}"), "usage", "Only members may enter must be filled in.");
	assert_true(fixture_shows(&face, "muc#roomconfig_membersonly  yes or no"));
	assert_true(fixture_shows(&face, "    Only members may enter must be filled in."));
	fixture_type(&face, " ");
	assert_false(fixture_shows(&face, "must be filled in."));
	fixture_type(&face, "s");
	fixture_refuse(&face, sent("{\"muc#roomconfig_membersonly\":\"yes\"}"), "usage", "x-vendor_level is one of: ; \"\" is not.");
	assert_true(fixture_shows(&face, "x-vendor_level is one of"));
	/* A list without a word is edited as text. */
	fixture_type(&face, " ");
	assert_true(fixture_shows(&face, "x-vendor_level> █"));
	fixture_key(&face, "\007");
	/* Refused after the page was left: where one is. */
	fixture_type(&face, "s");
	fixture_key(&face, "\033");
	fixture_refuse(&face, sent("{\"muc#roomconfig_membersonly\":\"yes\"}"), "failed", "The disk is full.");
	assert_true(fixture_shows(&face, "The disk is full."));
}

/* Esc loses nothing: the question stays, and what was changed. */
static void
left(void **state)
{
	json_t *request;

	(void)state;
	form(3, "session");
	fixture_type(&face, "jj ");
	fixture_key(&face, "\033");
	assert_true(fixture_shows(&face, "ops> █"));
	fixture_key(&face, "\030");
	fixture_key(&face, "q");
	assert_true(fixture_shows(&face, "1 change"));
	/* No answer asks, since something was changed. */
	fixture_type(&face, "d");
	fixture_type(&face, "n");
	fixture_key(&face, "\r");
	assert_true(fixture_shows(&face, "1 change"));
	fixture_type(&face, "d");
	fixture_type(&face, "y");
	fixture_key(&face, "\r");
	request = fixture_request(&face, "answer");
	assert_true(json_is_true(json_object_get(json_object_get(request, "params"), "cancel")));
	fixture_answer(&face, request, json_object());
	gone(3);
	assert_false(fixture_shows(&face, "Esc back"));
	/* The next form begins without them. */
	form(4, "session");
	assert_false(fixture_shows(&face, "change "));
	fixture_type(&face, "d");
	request = fixture_request(&face, "answer");
	assert_true(json_is_true(json_object_get(json_object_get(request, "params"), "cancel")));
	json_decref(request);
}

/* One for everybody waits in the console; what was begun to be typed is left alone. */
static void
waits(void **state)
{
	(void)state;
	fixture_type(&face, "half a line");
	form(3, "session");
	assert_true(fixture_shows(&face, "ops> half a line█"));
	gone(3);
	fixture_key(&face, "\025");
	form(4, "everyone");
	assert_false(fixture_shows(&face, "Esc back"));
	fixture_key(&face, "\030");
	fixture_key(&face, "q");
	assert_true(fixture_shows(&face, "Only members may enter"));
	/* Somebody answers elsewhere, in the middle of an edit. */
	fixture_key(&face, "\r");
	fixture_type(&face, " x");
	gone(4);
	assert_true(fixture_shows(&face, "ops> █"));
}

static void
small(void **state)
{
	(void)state;
	fixture_resize(&face, 12, 40);
	form(3, "session");
	fixture_type(&face, "jj ");
	fixture_golden(&face, "form-40x12");
	for (int rows = 1; rows < 7; rows++)
		for (int columns = 1; columns < 140; columns += 9) {
			fixture_resize(&face, rows, columns);
			g_free(fixture_dump(&face));
			fixture_type(&face, "j");
		}
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, open_face, fixture_end)
	const struct CMUnitTest tests[] = {
		TEST(filled_in), TEST(filtered), TEST(secret), TEST(refused), TEST(left), TEST(waits), TEST(small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
