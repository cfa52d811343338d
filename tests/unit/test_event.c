/* Events as JSON, and the tables that they are made from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>
#include <string.h>

#include "proto/error.h"
#include "proto/event.h"

/* Fills each field with something of its own. */
static void
fill(struct event *event, enum event_type type)
{
	static const size_t offsets[] = {
#define EVENT(name, nature, when, ...) offsetof(struct event, name),
#include "proto/event.def"
#undef EVENT
	};
	size_t n;
	const struct event_field *fields;

	memset(event, 0, sizeof *event);
	event->type = type;
	event->time = 1795209363512;
	event->account_name = g_strdup("home");
	event->chat_jid = g_strdup("you@example.net");
	event->rev = event_is_object(type) ? 77 : 0;
	fields = event_fields(type, &n);
	for (size_t i = 0; i < n; i++) {
		void *member = (char *)event + offsets[type] + fields[i].offset;

		switch (fields[i].kind) {
		case KIND_STR:
			*(char **)member = g_strdup_printf("%s \"\n\xe2\x82\xac", fields[i].name);
			break;
		case KIND_INT:
			*(int64_t *)member = 1000000000000 + (int64_t)i;
			break;
		case KIND_FLAG:
			*(bool *)member = true;
			break;
		case KIND_TIME:
			*(int64_t *)member = 1795209363000 + (int64_t)i;
			break;
		case KIND_WORD:
			*(int *)member = 1;
			break;
		case KIND_JSON:
			*(json_t **)member = json_pack("[s, i]", fields[i].name, (int)i);
			break;
		}
	}
}

static void
test_every_event_goes_there_and_back(void **state)
{
	(void)state;
	for (int type = 0; type < EVENT_TYPES; type++) {
		struct event event, copy, back;

		fill(&event, (enum event_type)type);
		event_copy(&copy, &event);
		json_t *first = event_to_json(&event);
		event_clear(&event);
		json_t *second = event_to_json(&copy);
		assert_true(json_equal(first, second));
		event_clear(&copy);
		/* as text, as on the socket */
		char *text = json_dumps(first, JSON_COMPACT);
		json_t *parsed = json_loads(text, 0, NULL);
		assert_true(event_from_json(parsed, &back));
		json_t *third = event_to_json(&back);
		if (!json_equal(first, third))
			fail_msg("%s: %s", event_type_name((enum event_type)type), text);
		size_t n;
		event_fields((enum event_type)type, &n);
		assert_true(json_object_size(first) >= n + 4);		/* nothing was left out */
		event_clear(&back);
		free(text);
		json_decref(first);
		json_decref(second);
		json_decref(third);
		json_decref(parsed);
	}
}

static void
test_gone_has_only_its_key(void **state)
{
	struct event event;

	(void)state;
	fill(&event, EVENT_contact);
	event.gone = true;
	json_t *json = event_to_json(&event);
	assert_true(json_is_true(json_object_get(json, "gone")));
	assert_non_null(json_object_get(json, "jid"));
	assert_null(json_object_get(json, "name"));
	assert_int_equal(json_object_size(json), 7);	/* type time account chat rev gone jid */
	json_decref(json);
	event_clear(&event);
}

static void
test_unset_is_left_out(void **state)
{
	struct event event = { .type = EVENT_message };

	(void)state;
	json_t *json = event_to_json(&event);
	assert_null(json_object_get(json, "body"));
	assert_null(json_object_get(json, "said"));
	assert_null(json_object_get(json, "account"));
	assert_string_equal(json_string_value(json_object_get(json, "state")), "held");
	json_decref(json);
}

static void
test_what_others_might_send(void **state)
{
	static const char *const refused[] = { "{}", "[]", "{\"type\": 5}", "{\"type\": \"unheard\"}",
	    "{\"type\": null}" };
	struct event event;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		json_t *json = json_loads(refused[i], 0, NULL);

		assert_false(event_from_json(json, &event));
		json_decref(json);
	}
	json_t *json =
	    json_loads("{\"type\": \"message\", \"rev\": \"x\", \"id\": 1.5, \"said\": \"now\", \"body\": [1], \"state\": \"new\", \"cut\": 1, \"from\": null, \"via\": 3, \"more\": {}, \"time\": 4}", 0, NULL);
	assert_true(event_from_json(json, &event));
	assert_int_equal(event.rev, 0);
	assert_int_equal(event.message.id, 0);
	assert_int_equal(event.message.said, 0);
	assert_null(event.message.body);
	assert_false(event.message.cut);
	json_decref(json);
	event_clear(&event);
}

static void
test_words(void **state)
{
	enum message_state value;

	(void)state;
	for (int i = MESSAGE_HELD; i <= MESSAGE_RECEIVED; i++) {
		assert_true(message_state_find(message_state_name((enum message_state)i), &value));
		assert_int_equal(value, i);
	}
	assert_false(message_state_find("?", &value));
	assert_false(message_state_find(NULL, &value));
	assert_string_equal(message_state_name((enum message_state)99), "?");
	assert_string_equal(message_state_name((enum message_state)-1), "?");
	/* These numbers are in people's databases. */
	assert_int_equal(MESSAGE_QUEUED, 1);
	assert_int_equal(MESSAGE_SENT, 2);
	assert_int_equal(MESSAGE_UNKNOWN, 3);
	assert_int_equal(MESSAGE_RECEIVED, 9);
	assert_int_equal(CHAT_PRIVATE, 2);
	assert_int_equal(VIA_OFFLINE, 4);
	assert_int_equal(ENCRYPTION_OMEMO, 1);
}

static void
test_words_are_unique(void **state)
{
	(void)state;
#define V(constant, word) assert_true(g_hash_table_add(seen, (char *)(uintptr_t)word));
#define ENUM(type, values) \
	{ \
		GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal); \
		values \
		g_hash_table_unref(seen); \
	}
#include "proto/enum.def"
#undef ENUM
#undef V
}

static void
test_table_is_unique_and_documented(void **state)
{
	static const char *const common[] = { "type", "time", "account", "chat", "rev", "gone" };
	enum event_type found;

	(void)state;
	for (int type = 0; type < EVENT_TYPES; type++) {
		g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
		size_t n;
		const struct event_field *fields = event_fields((enum event_type)type, &n);

		assert_true(event_type_find(event_type_name((enum event_type)type), &found));
		assert_int_equal(found, type);
		assert_true(strlen(event_meaning((enum event_type)type)) > 10);
		for (size_t i = 0; i < G_N_ELEMENTS(common); i++)
			g_hash_table_add(seen, (char *)(uintptr_t)common[i]);
		for (size_t i = 0; i < n; i++) {
			if (!g_hash_table_add(seen, (char *)(uintptr_t)fields[i].name))
				fail_msg("%s has %s twice", event_type_name((enum event_type)type), fields[i].name);
			assert_true(strlen(fields[i].meaning) > 5);
			assert_true((fields[i].kind == KIND_WORD) == (fields[i].word_type != NULL));
		}
	}
	assert_false(event_type_find("unheard", &found));
	assert_false(event_type_find(NULL, &found));
}

static void
test_error_words(void **state)
{
	(void)state;
	for (int i = 0; i < RPC_ERRORS; i++)
		assert_int_equal(rpc_error_find(rpc_error_word((enum rpc_error)i)), i);
	assert_int_equal(rpc_error_find("unheard"), RPC_ERROR_FAILED);
	assert_int_equal(rpc_error_find(NULL), RPC_ERROR_FAILED);
	assert_string_equal(rpc_error_word(RPC_ERRORS), "failed");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_event_goes_there_and_back), cmocka_unit_test(test_gone_has_only_its_key),
		cmocka_unit_test(test_unset_is_left_out), cmocka_unit_test(test_what_others_might_send),
		cmocka_unit_test(test_words), cmocka_unit_test(test_words_are_unique),
		cmocka_unit_test(test_table_is_unique_and_documented), cmocka_unit_test(test_error_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
