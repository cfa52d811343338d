/*
 * page_form.c: the form of a question, filled in field by field.  What was changed is kept here until the question is
 * gone, so that leaving the page loses nothing; the core says what it does not take, and the question stays.  What is
 * known of the field under the cursor stands below it.
 */
#include <string.h>

#include "base/limits.h"
#include "face/tui/page.h"

enum { LABEL_MIN = 12 };

static void
wipe(void *data)
{
	char *text = data;

	/* It may be a secret. */
	explicit_bzero(text, strlen(text));
	g_free(text);
}

void
form_forget(struct face *face)
{
	struct form_view *form = &face->form;

	g_clear_pointer(&form->typed, g_hash_table_unref);
	g_clear_pointer(&form->editing, g_free);
	g_clear_pointer(&form->trouble, g_free);
	form->id = 0;
}

void
form_open(struct face *face, const struct event *event)
{
	struct form_view *form = &face->form;

	if (form->id != event->prompt.id) {
		form_forget(face);
		form->id = event->prompt.id;
		form->typed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, wipe);
	}
	page_open(face, PAGE_FORM, NULL);
}

void
form_gone(struct face *face, int64_t id)
{
	if (id != face->form.id)
		return;
	if (face->page.on && face->page.kind == PAGE_FORM) {
		ask_close(face);
		page_close(face);
	}
	form_forget(face);
}

/* --- fields, as the prompt event describes them --- */

static const struct event *
question(const struct face *face)
{
	return face->form.id != 0 ? model_prompt(face->model, face->form.id) : NULL;
}

static const char *
word(const json_t *field, const char *key)
{
	const char *text = json_string_value(json_object_get(field, key));

	return text != NULL ? text : "";
}

static bool
is_type(const json_t *field, const char *type)
{
	return strcmp(word(field, "type"), type) == 0;
}

static const json_t *
find(const struct face *face, const char *var)
{
	const struct event *event = question(face);
	json_t *field;
	size_t i;

	if (event == NULL || var == NULL)
		return NULL;
	json_array_foreach(event->prompt.fields, i, field)
		if (strcmp(word(field, "var"), var) == 0)
			return field;
	return NULL;
}

static const char *
typed(const struct face *face, const json_t *field)
{
	return face->form.typed != NULL ? g_hash_table_lookup(face->form.typed, word(field, "var")) : NULL;
}

static bool
is_yes(const char *value)
{
	return strcmp(value, "1") == 0 || strcmp(value, "true") == 0 || strcmp(value, "yes") == 0;
}

/* As one would type it; the caller's. */
static char *
value_before(const json_t *field)
{
	const char *between = is_type(field, "text-multi") ? "\n" : ", ";
	const json_t *values = json_object_get(field, "values"), *value;
	GString *text = g_string_new(NULL);
	size_t i;

	json_array_foreach(values, i, value)
		g_string_append_printf(text, "%s%s", i > 0 ? between : "", json_string_value(value) != NULL ?
		    json_string_value(value) : "");
	if (is_type(field, "boolean"))
		g_string_assign(text, is_yes(text->str) ? "yes" : "no");
	return g_string_free(text, FALSE);
}

/* The caller's. */
static char *
value_now(const struct face *face, const json_t *field)
{
	const char *now = typed(face, field);

	return now != NULL ? g_strdup(now) : value_before(field);
}

/* The option of a list that this is, by its place; -1: none. */
static int
option_of(const json_t *field, const char *value)
{
	const json_t *options = json_object_get(field, "options"), *option;
	size_t i;

	json_array_foreach(options, i, option)
		if (g_strcmp0(json_string_value(json_array_get(option, 0)), value) == 0 ||
		    g_strcmp0(json_string_value(json_array_get(option, 1)), value) == 0)
			return (int)i;
	return -1;
}

/* In the words of the form, on one row; the caller's. */
static char *
in_words(const json_t *field, const char *value)
{
	g_auto(GStrv) words = NULL;
	g_autoptr(GString) text = NULL;
	bool several = is_type(field, "list-multi");

	if (is_type(field, "text-private"))
		return g_strdup(*value != '\0' ? "****" : "");
	if (is_type(field, "text-multi"))
		return g_strdelimit(g_strdup(value), "\n", ' ');
	if (!several && !is_type(field, "list-single"))
		return g_strdup(value);
	text = g_string_new(NULL);
	words = g_strsplit(value, several ? "," : "\n", -1);
	for (char **one = words; *one != NULL; one++) {
		int at = option_of(field, g_strstrip(*one));
		const char *label = at >= 0 ?
		    json_string_value(json_array_get(json_array_get(json_object_get(field, "options"), (size_t)at),
		    1)) : NULL;

		g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", label != NULL ? label : *one);
	}
	return g_strdup(text->str);
}

/* With the signs of what it is: a choice of two, one of several, or a text.  The caller's. */
static char *
drawn(const struct face *face, const json_t *field)
{
	g_autofree char *now = value_now(face, field), *words = in_words(field, now);

	if (is_type(field, "boolean"))
		return g_strdup(is_yes(now) ? "(x) yes   ( ) no" : "( ) yes   (x) no");
	if (is_type(field, "text-private") && typed(face, field) == NULL)
		return g_strdup("[not shown]");
	return g_strdup_printf(is_type(field, "list-single") || is_type(field, "list-multi") ? "[%s  v]" : "[%s]",
	    words);
}

/* --- the page --- */

static bool
is_asked(const json_t *field)
{
	return *word(field, "var") != '\0' && !is_type(field, "fixed");
}

static int
label_columns(const json_t *fields, const struct page_lines *page)
{
	const json_t *field;
	int widest = LABEL_MIN;
	size_t i;

	json_array_foreach(fields, i, field)
		if (is_asked(field))
			widest = MAX(widest, text_columns(word(field, "label"), page->policy));
	return MIN(widest, page->columns * 2 / 5);
}

/* Below the field under the cursor: its name, what it may be, what it means, what it was. */
static void
add_details(struct face *face, struct page_lines *page, const json_t *field)
{
	guint first = page->lines->len;
	g_autofree char *range = g_strdup_printf("%s  %s%s", word(field, "var"), word(field, "range"),
	    json_is_true(json_object_get(field, "required")) ? "; it must be filled in" : "");

	page_add_wrapped(page, SLOT_FORM_NAME, 4, range);
	if (*word(field, "meaning") != '\0')
		page_add_wrapped(page, SLOT_FORM_NAME, 4, word(field, "meaning"));
	if (typed(face, field) != NULL && !is_type(field, "text-private")) {
		g_autofree char *before = value_before(field), *words = in_words(field, before);
		g_autofree char *was = g_strdup_printf("was: %s", *words != '\0' ? words : "nothing");

		page_add_wrapped(page, SLOT_FORM_NAME, 4, was);
	}
	if (face->form.trouble != NULL)
		page_add_wrapped(page, SLOT_FORM_ERROR, 4, face->form.trouble);
	for (guint i = first; i < page->lines->len; i++)
		g_array_index(page->lines, struct page_line, i).same = true;
}

/* The caller's. */
static char *
row_of(const struct face *face, const struct page_lines *page, const json_t *field, int columns)
{
	g_autofree char *value = drawn(face, field);
	const char *label = word(field, "label");
	g_autofree char *cut = g_strndup(label, text_fit(label, columns, page->policy));

	return g_strdup_printf("  %s%*s  %s", cut, MAX(0, columns - text_columns(cut, page->policy)), "", value);
}

/* The field under the cursor: the one where it was, as long as it is shown. */
static const char *
current(const struct face *face, const struct page_lines *page, const json_t *fields, int columns)
{
	const char *first = NULL;
	const json_t *field;
	size_t i;

	json_array_foreach(fields, i, field) {
		g_autofree char *row = is_asked(field) ? row_of(face, page, field, columns) : NULL;

		if (row == NULL || !page_fits(face, row))
			continue;
		if (g_strcmp0(face->page.at, word(field, "var")) == 0)
			return word(field, "var");
		if (first == NULL)
			first = word(field, "var");
	}
	return first;
}

void
page_form_make(struct face *face, struct page_lines *page)
{
	const struct event *event = question(face);
	const json_t *fields = event != NULL ? event->prompt.fields : NULL, *field;
	guint n = face->form.typed != NULL ? g_hash_table_size(face->form.typed) : 0;
	int columns = label_columns(fields, page);
	const char *at = current(face, page, fields, columns);
	bool changed;
	size_t i;

	page->title = g_strdup(event != NULL && event->prompt.title != NULL ? event->prompt.title : "form");
	page->count = n == 0 ? NULL : g_strdup_printf("%u change%s", n, n == 1 ? "" : "s");
	if (event == NULL) {
		page_add(page, SLOT_TEXT_DIM, g_strdup("  This question is over."), NULL, NULL);
		return;
	}
	if (event->prompt.text != NULL)
		page_add_wrapped(page, SLOT_TEXT_DIM, 0, event->prompt.text);
	page_add(page, SLOT_TEXT, g_strdup(""), NULL, NULL);
	json_array_foreach(fields, i, field) {
		if (!is_asked(field)) {
			g_autofree char *text = value_before(field);

			page_add_wrapped(page, SLOT_HELP_HEADING, 1, text);
			continue;
		}
		changed = typed(face, field) != NULL;
		page_add(page, changed ? SLOT_FORM_CHANGED : SLOT_FORM_LABEL, row_of(face, page, field, columns),
		    word(field, "var"),
		    changed ? "changed" : NULL);
		if (g_strcmp0(at, word(field, "var")) == 0)
			add_details(face, page, field);
	}
}

/* --- filling in --- */

static void
set(struct face *face, const json_t *field, const char *value)
{
	g_autofree char *before = value_before(field);

	if (value == NULL || (strcmp(value, before) == 0 && !is_type(field, "text-private")))
		g_hash_table_remove(face->form.typed, word(field, "var"));
	else
		g_hash_table_replace(face->form.typed, g_strdup(word(field, "var")), g_strdup(value));
	g_clear_pointer(&face->form.trouble, g_free);
	face_mark(face, DIRTY_ALL);
}

static void
edited(struct face *face, const char *value, int64_t id)
{
	const json_t *field = id == face->form.id ? find(face, face->form.editing) : NULL;

	if (field != NULL && value != NULL)
		set(face, field, value);
}

static void
edit(struct face *face, const json_t *field)
{
	g_autofree char *now = value_now(face, field);
	bool secret = is_type(field, "text-private");

	g_free(face->form.editing);
	face->form.editing = g_strdup(word(field, "var"));
	ask_open(face, word(field, "label"), secret, secret ? "" : now, edited, face->form.id);
}

/* The other one of two, the next one of a list; a text is edited. */
static void
change(struct face *face, const json_t *field)
{
	const json_t *options = json_object_get(field, "options");
	g_autofree char *now = value_now(face, field);
	size_t next;

	if (is_type(field, "boolean")) {
		set(face, field, is_yes(now) ? "no" : "yes");
	} else if (is_type(field, "list-single") && json_array_size(options) > 0) {
		next = (size_t)(option_of(field, now) + 1) % json_array_size(options);
		set(face, field, json_string_value(json_array_get(json_array_get(options, next), 0)));
	} else {
		edit(face, field);
	}
}

/* --- the end of it --- */

/* The field that the core's sentence begins with gets the cursor, so that the sentence stands there. */
static void
show_trouble(struct face *face, const char *text)
{
	const struct event *event = question(face);
	json_t *field;
	size_t i;

	g_free(face->form.trouble);
	face->form.trouble = g_strdup(text);
	json_array_foreach(event != NULL ? event->prompt.fields : NULL, i, field)
		if (is_asked(field) && (g_str_has_prefix(text, word(field, "var")) || g_str_has_prefix(text,
		    word(field, "label")))) {
			g_free(face->page.at);
			face->page.at = g_strdup(word(field, "var"));
			break;
		}
	face_mark(face, DIRTY_ALL);
}

static void
took(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct face *face = ctx;

	(void)result;
	(void)data;
	if (error == NULL || face->client == NULL)
		return;
	/* Another face, or the end of the connection, was faster than the answer. */
	if (question(face) == NULL || !face->page.on || face->page.kind != PAGE_FORM)
		face_note(face, face->front, SEVERITY_ERROR, "%s", error->message);
	else
		show_trouble(face, error->message);
}

static void
submit(struct face *face)
{
	json_t *object, *params;
	GHashTableIter iter;
	char *var, *value, *text;

	if (face->client == NULL || question(face) == NULL)
		return;
	object = json_object();
	g_hash_table_iter_init(&iter, face->form.typed);
	while (g_hash_table_iter_next(&iter, (gpointer *)&var, (gpointer *)&value))
		json_object_set_new(object, var, json_string(value));
	text = json_dumps(object, JSON_COMPACT);
	params = json_pack("{s:I, s:s}", "id", (json_int_t)face->form.id, "value", text);
	explicit_bzero(text, strlen(text));
	free(text);
	json_decref(object);
	client_request(face->client, "answer", params, took, face);
}

static void
cancel(struct face *face)
{
	if (face->client != NULL && question(face) != NULL)
		client_request(face->client, "answer", json_pack("{s:I, s:b}", "id", (json_int_t)face->form.id, "cancel", 1), took, face);
}

static void
drop_answered(struct face *face, const char *value, int64_t id)
{
	if (value != NULL && id == face->form.id && (*value == 'y' || *value == 'Y'))
		cancel(face);
}

void
page_form_act(struct face *face, enum view_action action, const char *target)
{
	const json_t *field = find(face, target);

	if (action == VIEW_FORM_NEXT || action == VIEW_FORM_BACK) {
		page_move(face, action == VIEW_FORM_NEXT ? 1 : -1);
	} else if (action == VIEW_FORM_SEND) {
		submit(face);
	} else if (action == VIEW_FORM_DROP) {
		if (face->form.typed != NULL && g_hash_table_size(face->form.typed) > 0)
			ask_open(face, "drop what you changed? y or n", false, "", drop_answered, face->form.id);
		else
			cancel(face);
	} else if (field == NULL) {
		return;
	} else if (action == VIEW_FORM_EDIT) {
		if (is_type(field, "boolean"))
			change(face, field);
		else
			edit(face, field);
	} else if (action == VIEW_FORM_CHANGE) {
		change(face, field);
	} else if (action == VIEW_FORM_UNDO) {
		set(face, field, NULL);
	}
}
