/* Requests: which parameters are taken, and what the others are told.  Limits: a table in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "proto/error.h"
#include "proto/method.h"

static void
assert_check(enum method method, const char *params, const char *complaint)
{
	g_autoptr(GError) error = NULL;
	json_t *json = params != NULL ? json_loads(params, JSON_DECODE_ANY, NULL) : NULL;
	bool ok = method_check(method, json, &error);

	assert_true(params == NULL || json != NULL);
	if (ok != (complaint == NULL) || (error == NULL) != ok || (!ok && strstr(error->message, complaint) == NULL))
		fail_msg("%s: %s", params, error != NULL ? error->message : "taken");
	if (!ok)
		assert_true(g_error_matches(error, RPC_ERROR, RPC_ERROR_PARAMS));
	json_decref(json);
}

static void
test_check(void **state)
{
	(void)state;
	assert_check(METHOD_accounts, NULL, NULL);
	assert_check(METHOD_accounts, "{}", NULL);
	assert_check(METHOD_accounts, "[]", "not an object");
	assert_check(METHOD_accounts, "5", "not an object");
	assert_check(METHOD_accounts, "{\"x\": 1}", "no parameter \"x\"");
	assert_check(METHOD_run, NULL, "run needs line");
	assert_check(METHOD_run, "{\"line\": \"hi\"}", NULL);
	assert_check(METHOD_run, "{\"line\": \"hi\", \"chat\": \"a@x\"}", NULL);
	assert_check(METHOD_run, "{\"line\": 5}", "line of run must be a string");
	assert_check(METHOD_run, "{\"line\": null}", "must be a string");
	assert_check(METHOD_run, "{\"line\": \"hi\", \"Chat\": \"a@x\"}", "\"Chat\"");
	assert_check(METHOD_message, "{\"id\": 1.0}", "whole number");
	assert_check(METHOD_active, "{\"focused\": 1}", "true or false");
	assert_check(METHOD_subscribe, "{\"types\": \"message\"}", "an array");
}

static void
test_every_method_wants_what_its_row_says(void **state)
{
	(void)state;
	for (int i = 0; i < METHODS; i++) {
		json_t *all = json_object();

		for (const struct method_param *p = method_table[i].params; p->name != NULL; p++)
			json_object_set_new(all, p->name, p->kind == PARAM_INTEGER ? json_integer(1) :
			    p->kind == PARAM_BOOLEAN ? json_true() : p->kind == PARAM_ARRAY ? json_array() :
			    json_string("x"));
		assert_true(method_check((enum method)i, all, NULL));
		for (const struct method_param *p = method_table[i].params; p->name != NULL; p++) {
			json_t *without = json_copy(all);

			json_object_del(without, p->name);
			assert_int_equal(method_check((enum method)i, without, NULL), !p->needed);
			json_decref(without);
		}
		json_decref(all);
	}
}

static void
test_table_is_unique_and_documented(void **state)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	enum method found;

	(void)state;
	for (int i = 0; i < METHODS; i++) {
		const struct method_row *row = &method_table[i];
		g_autoptr(GHashTable) params = g_hash_table_new(g_str_hash, g_str_equal);

		assert_true(g_hash_table_add(names, (char *)(uintptr_t)row->name));
		assert_true(strlen(row->what) > 5 && strlen(row->result) > 2);
		assert_true(method_find(row->name, &found));
		assert_int_equal(found, i);
		for (const struct method_param *p = row->params; p->name != NULL; p++) {
			assert_true(g_hash_table_add(params, (char *)(uintptr_t)p->name));
			assert_true(p->meaning[0] != '\0');
		}
	}
	assert_false(method_find("unheard", &found));
	assert_false(method_find("", &found));
	assert_false(method_find(NULL, &found));
}

static void
test_limits_are_sorted_and_have_reasons(void **state)
{
	static const struct { const char *name; long value; const char *unit, *reason; } rows[] = {
#define LIMIT(name, value, unit, reason) { #name, value, unit, reason },
#include "base/limits.def"
#undef LIMIT
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (i > 0 && strcmp(rows[i - 1].name, rows[i].name) >= 0)
			fail_msg("%s stands after %s", rows[i].name, rows[i - 1].name);
		assert_true(rows[i].value > 0);
		assert_true(rows[i].unit[0] != '\0');
		assert_true(strlen(rows[i].reason) > 10);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check), cmocka_unit_test(test_every_method_wants_what_its_row_says),
		cmocka_unit_test(test_table_is_unique_and_documented),
		    cmocka_unit_test(test_limits_are_sorted_and_have_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
