/* form_json.c: see form_json.h. */
#include "core/form_json.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "proto/error.h"

static json_t *
clean_string(const char *text)
{
	g_autofree char *clean = text_clean(text, -1, TEXT_BODY, 0);

	return json_string(clean);
}

json_t *
form_json(const struct form *form)
{
	json_t *fields = json_array();

	for (guint i = 0; i < form->fields->len; i++) {
		const struct form_field *field = form->fields->pdata[i];
		g_autofree char *range = NULL;
		json_t *o, *list;

		if (field->type == FORM_FIXED) {
			g_autofree char *text = form_field_text(field);

			json_array_append_new(fields, json_pack("{s:s, s:[s]}", "type", form_type_name(field->type), "values", text));
		}
		if (!form_is_asked(field))
			continue;
		range = form_field_range(field);
		o = json_pack("{s:o, s:s, s:s, s:s*, s:b, s:s}", "var", clean_string(field->var), "type",
		    form_type_name(field->type),
		    "label", field->label, "meaning", field->meaning, "required", (int)field->required, "range", range);
		list = json_array();
		for (guint j = 0; j < field->values->len && field->type != FORM_TEXT_PRIVATE; j++)
			json_array_append_new(list, clean_string(field->values->pdata[j]));
		json_object_set_new(o, "values", list);
		if (field->options->len > 0) {
			list = json_array();
			for (guint j = 0; j < field->options->len; j++) {
				const struct form_option *option = field->options->pdata[j];

				json_array_append_new(list, json_pack("[o,s]", clean_string(option->value),
				    option->label));
			}
			json_object_set_new(o, "options", list);
		}
		json_array_append_new(fields, o);
	}
	return fields;
}

struct form_field *
form_json_find(const struct form *form, const char *word)
{
	struct form_field *field = form_find(form, word);

	for (guint i = 0; field == NULL && i < form->fields->len; i++) {
		struct form_field *one = form->fields->pdata[i];
		const char *hash = one->var != NULL ? strchr(one->var, '#') : NULL, *tail = hash != NULL ?
		    strchr(hash, '_') : NULL;

		if (!form_is_asked(one))
			continue;
		if (g_ascii_strcasecmp(one->label, word) == 0 ||
		    (hash != NULL && g_ascii_strcasecmp(hash + 1, word) == 0) ||
		    (tail != NULL && g_ascii_strcasecmp(tail + 1, word) == 0))
			field = one;
	}
	return field;
}

static bool
fill_one(struct form *form, const char *name, const char *value, GError **error)
{
	struct form_field *field = form_json_find(form, name);

	if (field == NULL) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, "The form has no field \"%s\".", name);
		return false;
	}
	return form_field_set(field, value, error);
}

/* true, 5, "text", ["several"] as one types them; NULL: none of these.  The caller's. */
static char *
as_typed(const json_t *value, bool lines)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const json_t *one;
	size_t i;

	if (json_is_boolean(value))
		return g_strdup(json_is_true(value) ? "yes" : "no");
	if (json_is_integer(value))
		return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	if (json_is_string(value))
		return g_strdup(json_string_value(value));
	if (!json_is_array(value))
		return NULL;
	json_array_foreach(value, i, one) {
		if (!json_is_string(one))
			return NULL;
		g_string_append_printf(text, "%s%s", i == 0 ? "" : lines ? "\n" : ",", json_string_value(one));
	}
	return g_strdup(text->str);
}

static bool
fill_object(struct form *form, json_t *object, GError **error)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value) {
		const struct form_field *field = form_json_find(form, name);
		g_autofree char *typed = as_typed(value, field != NULL && field->type == FORM_TEXT_MULTI);

		if (typed == NULL) {
			g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, "\"%s\" is given as nothing that a field can hold.", name);
			return false;
		}
		if (!fill_one(form, name, typed, error))
			return false;
	}
	return true;
}

static bool
fill_lines(struct form *form, const char *answer, GError **error)
{
	g_auto(GStrv) lines = g_strsplit(answer, "\n", -1);

	for (char **line = lines; *line != NULL; line++) {
		char *equals = strchr(*line, '=');
		g_autofree char *name = equals != NULL ? g_strndup(*line, (gsize)(equals - *line)) : NULL;

		if (*g_strstrip(*line) == '\0')
			continue;
		if (name == NULL) {
			g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, "A form is answered with lines FIELD=VALUE; \"%s\" is none.", *line);
			return false;
		}
		if (!fill_one(form, g_strstrip(name), equals + 1, error))
			return false;
	}
	return true;
}

bool
form_json_fill(struct form *form, const char *answer, GError **error)
{
	json_t *object;
	bool ok;

	if (*answer != '{')
		return fill_lines(form, answer, error) && form_check(form, error);
	object = json_loads(answer, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(object)) {
		json_decref(object);
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, "That is no JSON object.");
		return false;
	}
	ok = fill_object(form, object, error) && form_check(form, error);
	json_decref(object);
	return ok;
}
