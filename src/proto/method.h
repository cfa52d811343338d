/* method.h: method.def as a table. */
#ifndef PROTO_METHOD_H
#define PROTO_METHOD_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

enum method {
#define METHOD(name, what, result, ...) METHOD_##name,
#include "proto/method.def"
#undef METHOD
	METHODS
};

enum param_kind { PARAM_STRING, PARAM_INTEGER, PARAM_BOOLEAN, PARAM_ARRAY, PARAM_ANY };

struct method_param {
	const char	*name;
	enum param_kind	 kind;
	bool		 needed;
	const char	*meaning;
};

struct method_row {
	const char	*name, *what, *result;
	const struct method_param *params;	/* ends with a NULL name */
};

extern const struct method_row method_table[METHODS];

bool	 method_find(const char *name, enum method *);
/* RPC_ERROR_PARAMS with the parameter's name when params (an object or NULL) do not fit the row. */
bool	 method_check(enum method, const json_t *params, GError **error);

#endif
