/* method.c: see method.h. */
#include "proto/method.h"

#include <stdint.h>
#include <string.h>

#include "proto/error.h"

#define NEED(name, kind, meaning) { #name, PARAM_##kind, true, meaning },
#define MAY(name, kind, meaning) { #name, PARAM_##kind, false, meaning },
#define METHOD(name, what, result, ...) \
	static const struct method_param params_of_##name[] = { __VA_ARGS__ { NULL, PARAM_ANY, false, NULL } };
#include "proto/method.def"
#undef METHOD
#undef NEED
#undef MAY

const struct method_row method_table[METHODS] = {
#define METHOD(name, what, result, ...) { #name, what, result, params_of_##name },
#include "proto/method.def"
#undef METHOD
};

bool
method_find(const char *name, enum method *method)
{
	for (size_t i = 0; name != NULL && i < METHODS; i++) {
		if (strcmp(name, method_table[i].name) == 0) {
			*method = (enum method)i;
			return true;
		}
	}
	return false;
}

static bool
kind_ok(enum param_kind kind, const json_t *value)
{
	switch (kind) {
	case PARAM_STRING:
		return json_is_string(value);
	case PARAM_INTEGER:
		return json_is_integer(value);
	case PARAM_BOOLEAN:
		return json_is_boolean(value);
	case PARAM_ARRAY:
		return json_is_array(value);
	case PARAM_ANY:
		break;
	}
	return true;
}

bool
method_check(enum method method, const json_t *params, GError **error)
{
	static const char *const kinds[] = { "a string", "a whole number", "true or false", "an array", "anything" };
	const struct method_row *row = &method_table[method];
	const struct method_param *p;
	const char *name;
	json_t *value;

	if (params != NULL && !json_is_object(params)) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_PARAMS, "The parameters of %s are not an object.", row->name);
		return false;
	}
	for (p = row->params; p->name != NULL; p++) {
		value = json_object_get(params, p->name);
		if (value == NULL && p->needed) {
			g_set_error(error, RPC_ERROR, RPC_ERROR_PARAMS, "%s needs %s: %s.", row->name, p->name,
			    p->meaning);
			return false;
		}
		if (value != NULL && !kind_ok(p->kind, value)) {
			g_set_error(error, RPC_ERROR, RPC_ERROR_PARAMS, "%s of %s must be %s.", p->name, row->name,
			    kinds[p->kind]);
			return false;
		}
	}
	/* Jansson's iterators take a non-const object but change nothing. */
	json_object_foreach((json_t *)(uintptr_t)params, name, value) {
		for (p = row->params; p->name != NULL && strcmp(p->name, name) != 0; p++)
			;
		if (p->name == NULL) {
			g_set_error(error, RPC_ERROR, RPC_ERROR_PARAMS, "%s has no parameter \"%s\".", row->name, name);
			return false;
		}
	}
	return true;
}
