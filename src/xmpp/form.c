/*
 * form.c: see form.h.  A pattern that XEP-0122 lets a form demand is left to who sent it: it would run over our text.
 */
#include "xmpp/form.h"

#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/text.h"
#include "proto/error.h"
#include "xmpp/ns.h"

static const char *const type_names[] = {
	[FORM_TEXT_SINGLE] = "text-single", [FORM_TEXT_MULTI] = "text-multi", [FORM_TEXT_PRIVATE] = "text-private",
	[FORM_BOOLEAN] = "boolean", [FORM_FIXED] = "fixed", [FORM_HIDDEN] = "hidden", [FORM_JID_SINGLE] = "jid-single",
	[FORM_JID_MULTI] = "jid-multi", [FORM_LIST_SINGLE] = "list-single", [FORM_LIST_MULTI] = "list-multi",
};

const char *
form_type_name(enum form_type type)
{
	return type_names[type];
}

static enum form_type
type_of(const char *name)
{
	for (size_t i = 0; name != NULL && i < G_N_ELEMENTS(type_names); i++)
		if (strcmp(type_names[i], name) == 0)
			return (enum form_type)i;
	return FORM_TEXT_SINGLE;
}

/* --- reading --- */

static void
option_free(void *p)
{
	struct form_option *option = p;

	g_free(option->label);
	g_free(option->value);
	g_free(option);
}

static void
field_free(void *p)
{
	struct form_field *field = p;

	g_free(field->var);
	g_free(field->label);
	g_free(field->meaning);
	g_free(field->datatype);
	g_free(field->min);
	g_free(field->max);
	g_ptr_array_unref(field->values);
	g_ptr_array_unref(field->options);
	g_free(field);
}

void
form_free(struct form *form)
{
	if (form == NULL)
		return;
	g_free(form->title);
	g_free(form->instructions);
	g_ptr_array_unref(form->fields);
	g_free(form);
}

/* Text of theirs to show; NULL for none. */
static char *
shown(const char *text, enum text_kind kind)
{
	g_autofree char *clean = text != NULL ? text_clean(text, -1, kind,
	    kind == TEXT_LINE ? LIMIT_NAME : LIMIT_BODY) : NULL;

	return clean != NULL && *g_strstrip(clean) != '\0' ? g_steal_pointer(&clean) : NULL;
}

static void
read_option(struct form_field *field, const struct stanza *s)
{
	const char *value = stanza_text(stanza_child(s, "value", NS_DATA));
	struct form_option *option;

	if (value == NULL)
		return;
	option = g_new0(struct form_option, 1);
	option->value = g_strdup(value);
	option->label = shown(stanza_get(s, "label"), TEXT_LINE);
	if (option->label == NULL)
		option->label = text_clean(value, -1, TEXT_LINE, LIMIT_NAME);
	g_ptr_array_add(field->options, option);
}

static void
read_validate(struct form_field *field, const struct stanza *s)
{
	const struct stanza *range = stanza_child(s, "range", NS_DATA_VALIDATE);

	g_free(field->datatype);
	g_free(field->min);
	g_free(field->max);
	field->datatype = g_strdup(stanza_get(s, "datatype"));
	field->min = range != NULL ? g_strdup(stanza_get(range, "min")) : NULL;
	field->max = range != NULL ? g_strdup(stanza_get(range, "max")) : NULL;
	field->open = stanza_child(s, "open", NS_DATA_VALIDATE) != NULL;
}

static struct form_field *
read_field(const struct stanza *s)
{
	struct form_field *field = g_new0(struct form_field, 1);
	const char *desc = stanza_text(stanza_child(s, "desc", NS_DATA));

	field->var = g_strdup(stanza_get(s, "var"));
	field->type = type_of(stanza_get(s, "type"));
	field->label = shown(stanza_get(s, "label"), TEXT_LINE);
	if (field->label == NULL)
		field->label = text_clean(field->var != NULL ? field->var : "", -1, TEXT_LINE, LIMIT_NAME);
	field->meaning = shown(desc, TEXT_BODY);
	field->required = stanza_child(s, "required", NS_DATA) != NULL;
	field->values = g_ptr_array_new_with_free_func(g_free);
	field->options = g_ptr_array_new_with_free_func(option_free);
	for (struct stanza *c = stanza_first(s); c != NULL; c = stanza_next(c)) {
		if (stanza_is(c, "value", NS_DATA))
			g_ptr_array_add(field->values, g_strdup(stanza_text(c)));
		else if (stanza_is(c, "option", NS_DATA))
			read_option(field, c);
		else if (stanza_is(c, "validate", NS_DATA_VALIDATE))
			read_validate(field, c);
	}
	return field;
}

struct form *
form_parse(const struct stanza *x, GError **error)
{
	struct form *form;

	if (x == NULL || !stanza_is(x, "x", NS_DATA)) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_FAILED, "There is no form in the answer.");
		return NULL;
	}
	form = g_new0(struct form, 1);
	form->title = shown(stanza_text(stanza_child(x, "title", NS_DATA)), TEXT_LINE);
	form->instructions = shown(stanza_text(stanza_child(x, "instructions", NS_DATA)), TEXT_BODY);
	form->fields = g_ptr_array_new_with_free_func(field_free);
	for (struct stanza *c = stanza_first(x); c != NULL; c = stanza_next(c)) {
		/* What has no name can be shown, but not be sent back. */
		if (!stanza_is(c, "field", NS_DATA) ||
		    (stanza_get(c, "var") == NULL && g_strcmp0(stanza_get(c, "type"), "fixed") != 0))
			continue;
		if (form->fields->len == LIMIT_FORM_FIELDS) {
			g_set_error(error, RPC_ERROR, RPC_ERROR_FAILED, "The form has more than %d fields.",
			    LIMIT_FORM_FIELDS);
			form_free(form);
			return NULL;
		}
		g_ptr_array_add(form->fields, read_field(c));
	}
	return form;
}

const struct stanza *
form_among(const struct stanza *parent, const char *form_type)
{
	for (struct stanza *x = parent != NULL ? stanza_first(parent) : NULL; x != NULL; x = stanza_next(x)) {
		unsigned types = 0;
		const char *type = NULL;

		if (!stanza_is(x, "x", NS_DATA))
			continue;
		for (struct stanza *f = stanza_first(x); f != NULL; f = stanza_next(f))
			if (stanza_is(f, "field", NS_DATA) && g_strcmp0(stanza_get(f, "var"), "FORM_TYPE") == 0) {
				types += stanza_count(f, "value", NS_DATA);
				type = stanza_text(stanza_child(f, "value", NS_DATA));
			}
		if (types == 1 && strcmp(type, form_type) == 0)
			return x;
	}
	return NULL;
}

struct form_field *
form_find(const struct form *form, const char *var)
{
	for (guint i = 0; i < form->fields->len; i++) {
		struct form_field *field = form->fields->pdata[i];

		if (field->var != NULL && g_ascii_strcasecmp(field->var, var) == 0)
			return field;
	}
	return NULL;
}

const char *
form_value(const struct form *form, const char *var)
{
	const struct form_field *field = form_find(form, var);

	return field != NULL && field->values->len > 0 ? field->values->pdata[0] : NULL;
}

static bool
is_true(const char *value)
{
	return strcmp(value, "1") == 0 || strcmp(value, "true") == 0;
}

bool
form_is(const struct form *form, const char *var)
{
	const char *value = form_value(form, var);

	return value != NULL && is_true(value);
}

bool
form_is_asked(const struct form_field *field)
{
	return field->type != FORM_FIXED && field->type != FORM_HIDDEN;
}

/* --- in words --- */

static const char *
label_of(const struct form_field *field, const char *value)
{
	for (guint i = 0; i < field->options->len; i++) {
		const struct form_option *option = field->options->pdata[i];

		if (strcmp(option->value, value) == 0)
			return option->label;
	}
	return value;
}

char *
form_field_text(const struct form_field *field)
{
	g_autoptr(GString) text = g_string_new(NULL);
	bool lines = field->type == FORM_TEXT_MULTI || field->type == FORM_FIXED;

	if (field->type == FORM_TEXT_PRIVATE)
		return g_strdup(field->values->len > 0 && *(const char *)field->values->pdata[0] != '\0' ?
		    "(not shown)" : "");
	if (field->type == FORM_BOOLEAN)
		return g_strdup(field->values->len > 0 && is_true(field->values->pdata[0]) ? "yes" : "no");
	for (guint i = 0; i < field->values->len; i++)
		g_string_append_printf(text, "%s%s", i == 0 ? "" : lines ? "\n" : ", ",
		    label_of(field, field->values->pdata[i]));
	return text_clean(text->str, -1, lines ? TEXT_BODY : TEXT_LINE, LIMIT_BODY);
}

static bool
is_list(const struct form_field *field)
{
	return field->type == FORM_LIST_SINGLE || field->type == FORM_LIST_MULTI;
}

static bool
is_whole_number(const struct form_field *field)
{
	static const char *const types[] = { "xs:integer", "xs:int", "xs:long", "xs:short", "xs:byte",
	    "xs:nonNegativeInteger", "xs:positiveInteger", "xs:unsignedInt", "xs:unsignedLong", "xs:unsignedShort",
	    NULL };

	return field->datatype != NULL && g_strv_contains(types, field->datatype);
}

char *
form_field_range(const struct form_field *field)
{
	GString *text = g_string_new(NULL);

	if (field->type == FORM_BOOLEAN) {
		g_string_append(text, "yes or no");
	} else if (is_list(field)) {
		g_string_append(text, field->type == FORM_LIST_MULTI ? "any of: " : "one of: ");
		for (guint i = 0; i < field->options->len; i++) {
			const struct form_option *option = field->options->pdata[i];
			g_autofree char *value = text_clean(option->value, -1, TEXT_LINE, LIMIT_NAME);

			g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", value);
			if (strcmp(value, option->label) != 0)
				g_string_append_printf(text, " (%s)", option->label);
		}
		if (field->open)
			g_string_append(text, ", or another one");
	} else if (is_whole_number(field)) {
		g_string_append(text, "a whole number");
	} else {
		g_string_append(text, field->type == FORM_JID_SINGLE ? "an address" : field->type == FORM_JID_MULTI ?
		    "addresses with commas between" : field->type == FORM_TEXT_MULTI ? "text of several lines" :
		    "text");
	}
	if (field->min != NULL || field->max != NULL) {
		g_autofree char *range = g_strdup_printf("%s%s%s%s", field->min != NULL ? " from " : "",
		    field->min != NULL ? field->min : "", field->max != NULL ? " to " : "",
		    field->max != NULL ? field->max : "");
		g_autofree char *clean = text_clean(range, -1, TEXT_LINE, LIMIT_NAME);

		g_string_append(text, clean);
	}
	return g_string_free(text, FALSE);
}

/* --- filling in --- */

static void
not_allowed(const struct form_field *field, const char *text, GError **error)
{
	g_autofree char *range = form_field_range(field), *clean = text_clean(text, -1, TEXT_LINE, LIMIT_NAME);
	g_autofree char *var = text_clean(field->var, -1, TEXT_LINE, LIMIT_NAME);

	g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, "%s is %s; \"%s\" is not.", var, range,
	    field->type == FORM_TEXT_PRIVATE ? "what was given" : clean);
}

/* The value that was meant by this word of a list; the caller's; NULL. */
static char *
listed(const struct form_field *field, const char *word)
{
	for (guint i = 0; i < field->options->len; i++) {
		const struct form_option *option = field->options->pdata[i];

		if (strcmp(option->value, word) == 0)
			return g_strdup(option->value);
	}
	for (guint i = 0; i < field->options->len; i++) {
		const struct form_option *option = field->options->pdata[i];

		if (g_ascii_strcasecmp(option->label, word) == 0 || g_ascii_strcasecmp(option->value, word) == 0)
			return g_strdup(option->value);
	}
	return field->open ? g_strdup(word) : NULL;
}

static char *
truth(const char *word)
{
	static const char *const yes[] = { "yes", "true", "1", "on", NULL },
	    *const no[] = { "no", "false", "0", "off", NULL };
	g_autofree char *lower = g_ascii_strdown(word, -1);

	return g_strv_contains(yes, lower) ? g_strdup("1") : g_strv_contains(no, lower) ? g_strdup("0") : NULL;
}

static bool
in_range(const struct form_field *field, const char *word)
{
	gint64 n, low = G_MININT64, high = G_MAXINT64, bound;

	if (!is_whole_number(field))
		return true;
	if (field->min != NULL && g_ascii_string_to_signed(field->min, 10, G_MININT64, G_MAXINT64, &bound, NULL))
		low = bound;
	if (field->max != NULL && g_ascii_string_to_signed(field->max, 10, G_MININT64, G_MAXINT64, &bound, NULL))
		high = bound;
	return low <= high && g_ascii_string_to_signed(word, 10, low, high, &n, NULL);
}

/* One value as it is sent; the caller's; NULL: it cannot be that. */
static char *
value_of(const struct form_field *field, const char *word)
{
	switch (field->type) {
	case FORM_BOOLEAN:
		return truth(word);
	case FORM_JID_SINGLE:
	case FORM_JID_MULTI:
		return jid_from_person(word, false, NULL);
	case FORM_LIST_SINGLE:
	case FORM_LIST_MULTI:
		return listed(field, word);
	default:
		return in_range(field, word) ? text_clean(word, -1, field->type == FORM_TEXT_MULTI ? TEXT_BODY :
		    TEXT_LINE, LIMIT_BODY) : NULL;
	}
}

static bool
has_value(const GPtrArray *values, const char *value)
{
	for (guint i = 0; i < values->len; i++)
		if (strcmp(values->pdata[i], value) == 0)
			return true;
	return false;
}

/* The words of what was typed. */
static char **
words_of(const struct form_field *field, const char *text)
{
	switch (field->type) {
	case FORM_TEXT_MULTI:
		return g_strsplit(text, "\n", -1);
	case FORM_JID_MULTI:
	case FORM_LIST_MULTI:
		return g_strsplit_set(text, ",\n", -1);
	default:
		return g_strsplit(text, "\n", 1);
	}
}

bool
form_field_set(struct form_field *field, const char *text, GError **error)
{
	g_auto(GStrv) words = NULL;
	GPtrArray *values;
	bool set = field->type == FORM_JID_MULTI || field->type == FORM_LIST_MULTI;

	if (!form_is_asked(field)) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, "%s is not to be filled in.", field->label);
		return false;
	}
	values = g_ptr_array_new_with_free_func(g_free);
	words = *text != '\0' ? words_of(field, text) : g_new0(char *, 1);
	for (char **word = words; *word != NULL; word++) {
		char *value;

		if (set && *g_strstrip(*word) == '\0')
			continue;
		value = value_of(field, *word);
		if (value == NULL) {
			not_allowed(field, *word, error);
			g_ptr_array_unref(values);
			return false;
		}
		if (set && has_value(values, value))
			g_free(value);
		else
			g_ptr_array_add(values, value);
	}
	g_ptr_array_unref(field->values);
	field->values = values;
	field->changed = true;
	return true;
}

bool
form_check(const struct form *form, GError **error)
{
	for (guint i = 0; i < form->fields->len; i++) {
		const struct form_field *field = form->fields->pdata[i];

		if (!field->required || !form_is_asked(field) || field->values->len > 0)
			continue;
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, "%s must be filled in.", field->label);
		return false;
	}
	return true;
}

struct stanza *
form_submit(const struct form *form)
{
	struct stanza *x = stanza_new("x", NS_DATA);

	stanza_set(x, "type", "submit");
	for (guint i = 0; i < form->fields->len; i++) {
		const struct form_field *field = form->fields->pdata[i];
		struct stanza *f;

		if (field->type == FORM_FIXED || field->var == NULL)
			continue;
		f = stanza_add(x, "field", NULL);
		stanza_set(f, "var", field->var);
		if (field->type == FORM_HIDDEN)
			stanza_set(f, "type", form_type_name(field->type));
		for (guint j = 0; j < field->values->len; j++)
			stanza_add_with_text(f, "value", NULL, field->values->pdata[j]);
	}
	return x;
}
