/* fuzz_event.c: a line of the socket: any JSON is an event or none, is a request that fits or a sentence. */
#include <jansson.h>
#include <stdlib.h>

#include "fuzz.h"
#include "proto/event.h"
#include "proto/method.h"

#include <glib.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *json = json_loadb((const char *)data, size, 0, NULL);
	struct event event;
	enum method method;

	if (json == NULL)
		return 0;
	if (event_from_json(json, &event)) {
		json_t *back = event_to_json(&event);
		struct event again;

		g_assert_true(event_from_json(back, &again));
		json_t *twice = event_to_json(&again);
		g_assert_true(json_equal(back, twice));
		json_decref(back);
		json_decref(twice);
		event_clear(&event);
		event_clear(&again);
	}
	if (method_find(json_string_value(json_object_get(json, "method")), &method)) {
		g_autoptr(GError) error = NULL;

		if (!method_check(method, json_object_get(json, "params"), &error))
			g_assert_true(error != NULL && *error->message != '\0');
	}
	json_decref(json);
	return 0;
}
