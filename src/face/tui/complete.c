/*
 * complete.c: what could stand at the cursor.  The core is asked and answers later: a line that changed meanwhile takes
 * no candidate.  The candidate stands in the line itself; Esc brings back what was typed.
 */
#include <string.h>

#include "face/tui/face.h"

static bool
same_line(const struct face *face)
{
	return face->complete.before != NULL && strcmp(face->complete.before, input_line(face->input)) == 0 &&
	    face->complete.point == input_point(face->input);
}

bool
complete_close(struct face *face, bool as_typed)
{
	struct complete *complete = &face->complete;
	bool was = complete->open;

	if (was && as_typed)
		input_set(face->input, complete->before, (long)complete->point);
	if (complete->request != 0 && face->client != NULL)
		client_forget(face->client, complete->request);
	g_clear_pointer(&complete->before, g_free);
	g_clear_pointer(&complete->words, g_ptr_array_unref);
	g_clear_pointer(&complete->helps, g_ptr_array_unref);
	complete->open = false;
	complete->request = 0;
	if (was)
		face_mark(face, DIRTY_INPUT | DIRTY_BARS);
	return was;
}

/* The candidate `at` into the line. */
static void
put(struct face *face)
{
	struct complete *complete = &face->complete;
	const char *word = complete->words->pdata[complete->at], *rest = complete->before + complete->to;
	const char *blank = complete->words->len == 1 && *rest == '\0' && !g_str_has_suffix(word, "/") &&
	    !g_str_has_suffix(word, " ") ? " " : "";
	g_autofree char *line = g_strdup_printf("%.*s%s%s%s", (int)complete->from, complete->before, word, blank, rest);

	complete->stepped = true;
	input_set(face->input, line, (long)(complete->from + strlen(word) + strlen(blank)));
	face_mark(face, DIRTY_INPUT | DIRTY_BARS);
}

/* These and no others, for what stands between from and the point. */
static void
offer(struct face *face, size_t from, const GPtrArray *names, const char *(*help)(const char *name))
{
	struct complete *complete = &face->complete;

	g_ptr_array_set_size(complete->words, 0);
	g_ptr_array_set_size(complete->helps, 0);
	if (complete->point < from)
		return;
	complete->from = from;
	complete->to = strlen(complete->before);
	for (guint i = 0; i < names->len; i++)
		if (strncmp(names->pdata[i], complete->before + from, complete->point - from) == 0) {
			g_ptr_array_add(complete->words, g_strdup(names->pdata[i]));
			g_ptr_array_add(complete->helps, g_strdup(help != NULL ? help(names->pdata[i]) : ""));
		}
}

static const char *
help_of_action(const char *name)
{
	for (int i = 0; i < ACTIONS; i++)
		if (strcmp(action_table[i].name, name) == 0)
			return action_table[i].help;
	return "the key does nothing";
}

/* What only the face knows: themes, actions, keys that were bound. */
static void
offer_own(struct face *face)
{
	const struct complete *complete = &face->complete;
	const char *line = complete->before, *key;
	g_autoptr(GPtrArray) names = NULL;
	json_t *what;

	if (g_str_has_prefix(line, "/theme ")) {
		names = theme_names(face);
		offer(face, strlen("/theme "), names, NULL);
	} else if (g_str_has_prefix(line, "/unbind ")) {
		names = g_ptr_array_new();
		json_object_foreach(face->preferences.binds, key, what)
			g_ptr_array_add(names, (char *)(uintptr_t)key);
		offer(face, strlen("/unbind "), names, NULL);
	} else if (g_str_has_prefix(line, "/bind ") && complete->point == strlen(line)) {
		size_t from = (size_t)(strrchr(line, ' ') + 1 - line);

		names = g_ptr_array_new();
		/* The first word is a key. */
		for (int i = 0; from > strlen("/bind ") && i < ACTIONS; i++)
			g_ptr_array_add(names, (char *)(uintptr_t)action_table[i].name);
		if (names->len > 0)
			g_ptr_array_add(names, (char *)(uintptr_t)"none");
		offer(face, from, names, help_of_action);
	}
}

void
complete_take(struct face *face, json_t *result)
{
	struct complete *complete = &face->complete;
	json_int_t from = json_integer_value(json_object_get(result, "from"));
	json_int_t to = json_integer_value(json_object_get(result, "to"));
	json_t *word;
	size_t i, length;

	complete->request = 0;
	if (!same_line(face)) {
		complete_close(face, false);
		return;
	}
	length = strlen(complete->before);
	complete->words = g_ptr_array_new_with_free_func(g_free);
	complete->helps = g_ptr_array_new_with_free_func(g_free);
	if (result == NULL || from < 0 || from > to || (size_t)to > length) {
		from = 0;
		to = (json_int_t)complete->point;
	}
	json_array_foreach(json_object_get(result, "words"), i, word) {
		const char *text = json_string_value(json_object_get(word, "word"));
		const char *help = json_string_value(json_object_get(word, "help"));

		if (text == NULL || strchr(text, '\n') != NULL)
			continue;
		g_ptr_array_add(complete->words, g_strdup(text));
		g_ptr_array_add(complete->helps, g_strdup(help != NULL ? help : ""));
	}
	complete->from = (size_t)from;
	complete->to = (size_t)to;
	if (complete->before[0] == '/' && memchr(complete->before, ' ', complete->point) == NULL) {
		g_autofree char *prefix = g_strndup(complete->before, complete->point);

		/* The slash may or may not be part of the word that the core replaces. */
		if (complete->words->len == 0)
			complete->from = 0;
		command_complete(prefix + complete->from, complete->words, complete->helps);
	}
	offer_own(face);
	if (complete->words->len == 0) {
		complete_close(face, false);
		return;
	}
	complete->at = complete->step < 0 ? (int)complete->words->len - 1 : 0;
	put(face);
	if (complete->words->len == 1) {
		complete_close(face, false);
		return;
	}
	complete->open = true;
	face_mark(face, DIRTY_INPUT | DIRTY_BARS);
}

static void
answered(void *ctx, json_t *result, const GError *error, json_t *data)
{
	(void)error;
	(void)data;
	complete_take(ctx, result);
}

void
complete_step(struct face *face, int by)
{
	struct complete *complete = &face->complete;
	int n;

	if (complete->open) {
		n = (int)complete->words->len;
		complete->at = ((complete->at + by) % n + n) % n;
		put(face);
		return;
	}
	if (complete->request != 0 && same_line(face))
		return;
	complete_close(face, false);
	if (face->client == NULL)
		return;
	complete->before = g_strdup(input_line(face->input));
	complete->point = input_point(face->input);
	complete->step = by;
	json_t *params = json_pack("{s:s, s:I}", "line", complete->before, "cursor", (json_int_t)complete->point);
	if (!chat_is_console(face->front)) {
		json_object_set_new(params, "account", json_string(face->front->account));
		json_object_set_new(params, "chat", json_string(face->front->jid));
	}
	complete->request = client_request(face->client, "complete", params, answered, face);
}

int
complete_rows(const struct face *face)
{
	return face->complete.open ? (int)face->complete.words->len + 1 : 0;
}

void
complete_draw(const struct face *face, const struct area *area)
{
	const struct complete *complete = &face->complete;
	int shown = area->rows - 1, first, wide = 8, end = area->column + area->columns;
	g_autofree char *title = g_strdup_printf("%d of %u", complete->at + 1, complete->words->len), *rule = NULL;

	if (area->rows == 0)
		return;
	rule = rows_rule(title, area->columns, false, canvas_policy(face->canvas));
	canvas_clear(face->canvas, area->row, area->column, area->rows, area->columns, SLOT_MENU_TEXT);
	canvas_text(face->canvas, area->row, area->column, end, SLOT_LINE_BORDER, rule, -1);
	for (guint i = 0; i < complete->words->len; i++)
		wide = MAX(wide, text_columns(complete->words->pdata[i], canvas_policy(face->canvas)));
	wide = MIN(wide, area->columns / 2);
	first = CLAMP(complete->at - shown + 1, 0, MAX(0, (int)complete->words->len - shown));
	for (int i = 0; i < shown && first + i < (int)complete->words->len; i++) {
		int row = area->row + 1 + i, at = first + i;

		canvas_text(face->canvas, row, 1, end, SLOT_MENU_TEXT, at == complete->at ? ">" : " ", -1);
		canvas_text_cut(face->canvas, row, 3, MIN(end, 3 + wide), SLOT_MENU_TEXT, complete->words->pdata[at]);
		canvas_text_cut(face->canvas, row, 3 + wide + 2, end, SLOT_MENU_HELP, complete->helps->pdata[at]);
		if (at == complete->at)
			canvas_paint(face->canvas, row, area->column, area->columns, SLOT_MENU_CURRENT);
	}
}
