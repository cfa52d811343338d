/* test_face_request.c: questions in the console, turned to and answered by a key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "face_fixture.h"

static struct face face;

static int
open_face(void **state)
{
	(void)state;
	fixture_open(&face, 24, 80);
	fixture_people(&face);
	fixture_core(&face);
	fixture_event(&face, true,
	    "{'type':'prompt','rev':50,'id':3,'account':'home','chat':'dave@example.com','kind':'choice','scope':'everyone','time':'2026-11-20T21:07:00.000Z','title':'dave@example.com asks to be a contact','text':'He "
	    "asks.','facts':[['before','no message before']],'choices':[['add','let them see you, and ask to see them too','a'],"
	    "['allow','let them see you','o'],['deny','refuse; they are told','d']]}");
	fixture_event(&face, true,
	    "{'type':'prompt','rev':51,'id':4,'account':'work','kind':'certificate','scope':'everyone','time':'2026-11-20T21:08:00.000Z','title':'certificate','text':'It ended.','default_choice':'refuse',"
	    "'choices':[['refuse','do not log in'],['pin','trust this one from now on']]}");
	fixture_event(&face, true,
	    "{'type':'prompt','rev':52,'id':5,'account':'work','kind':'password','scope':'everyone','time':'2026-11-20T21:09:00.000Z','title':'Password for work','secret':true}");
	return 0;
}

static void
assert_answer(int id, const char *value)
{
	json_t *request = fixture_request(&face, "answer"), *params = json_object_get(request, "params");

	assert_int_equal(json_integer_value(json_object_get(params, "id")), id);
	assert_string_equal(json_string_value(json_object_get(params, "value")), value);
	fixture_answer(&face, request, json_object());
}

static void
gone(int id)
{
	fixture_event(&face, true, "{'type':'prompt','rev':%d,'id':%d,'gone':true}", 60 + id, id);
}

static void
by_key(void **state)
{
	(void)state;
	assert_true(fixture_shows(&face, "M-s selects the question"));
	assert_false(fixture_shows(&face, "a  /answer 3 add"));
	fixture_key(&face, "\033s");
	fixture_type(&face, "kk");
	fixture_golden(&face, "request");
	/* A letter that answers nothing does nothing. */
	fixture_type(&face, "z");
	fixture_type(&face, "o");
	assert_answer(3, "allow");
	gone(3);
	/* On to the next one. */
	assert_true(fixture_shows(&face, "r  /answer 4 refuse"));
	assert_true(fixture_shows(&face, "p  /answer 4 pin"));
	fixture_type(&face, "r");
	assert_answer(4, "refuse");
	gone(4);
	assert_true(fixture_shows(&face, "Enter  /answer 5 asks for it"));
	fixture_key(&face, "\r");
	assert_int_equal(face.select.rows.at, 0);
	assert_true(fixture_shows(&face, "password for work> █"));
	gone(5);
	assert_true(fixture_shows(&face, "console> █"));
	assert_false(fixture_shows(&face, "M-s selects"));
}

/* What lets somebody in for ever is typed, not slipped into. */
static void
pinning(void **state)
{
	(void)state;
	fixture_key(&face, "\033s");
	fixture_type(&face, "kp");
	assert_true(fixture_shows(&face, "type pin to do it> █"));
	fixture_type(&face, "pin");
	fixture_key(&face, "\r");
	assert_answer(4, "pin");
	/* Or not. */
	fixture_key(&face, "\033s");
	fixture_type(&face, "kp");
	fixture_key(&face, "\007");
	assert_true(fixture_shows(&face, "console> █"));
	fixture_key(&face, "\030");
	fixture_key(&face, "q");
	fixture_type(&face, "deny");
	fixture_key(&face, "\r");
	assert_answer(3, "deny");
}

/* Another face was faster: the key is meant for nothing else, and typed nowhere. */
static void
elsewhere(void **state)
{
	json_t *request;

	(void)state;
	fixture_key(&face, "\033s");
	fixture_type(&face, "kk");
	gone(3);
	assert_true(fixture_shows(&face, "that one is gone"));
	fixture_type(&face, "a");
	assert_string_equal(input_line(face.input), "");
	assert_int_equal(face.select.rows.at, 0);
	/* At the same time: the core says who was first. */
	fixture_key(&face, "\033s");
	fixture_type(&face, "kr");
	request = fixture_request(&face, "answer");
	fixture_refuse(&face, request, "not_found", "The question was answered already.");
	assert_true(fixture_shows(&face, "The question was answered already."));
}

static void
their_chat(void **state)
{
	json_t *request;

	(void)state;
	fixture_key(&face, "\033s");
	fixture_type(&face, "kk");
	fixture_key(&face, "\r");
	request = fixture_request(&face, "run");
	assert_string_equal(fixture_param(request, "line"),
	    "/msg dave@example.com");
	json_decref(request);
}

/* Letters are given in order, and none twice; what has none left is answered by its command. */
static void
keys(void **state)
{
	struct event event;
	json_t *object = json_pack("{s:s, s:i, s:i, s:[[s,s],[s,s],[s,s],[s,s,s],[s,s],[i,s]]}", "type", "prompt", "id",
	    9, "rev", 1, "choices", "yes", "", "yea", "", "ye", "", "no", "", "x", "1", "", 5, "");
	const char *const wanted[] = { "y", "e", "", "x", "", "", "" };

	(void)state;
	assert_true(event_from_json(object, &event));
	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
		g_autofree char *key = window_prompt_key(&event.prompt, i);

		assert_string_equal(key, wanted[i]);
	}
	event_clear(&event);
	json_decref(object);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, open_face, fixture_end)
	const struct CMUnitTest tests[] = {
		TEST(by_key), TEST(pinning), TEST(elsewhere), TEST(their_chat), TEST(keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
