/*
 * ask.c: questions in the input line.  Nothing takes the keyboard: a question stands in the status line until somebody
 * turns to it; then the line is its answer, and Esc gives the chat's own line back as it was.
 *
 * What is secret never goes through readline: not into its undo, its history or its kill ring.
 */
#include <string.h>

#include "base/limits.h"
#include "face/tui/face.h"

static void
wipe(struct face *face)
{
	explicit_bzero(face->ask.text, sizeof face->ask.text);
	face->ask.len = 0;
}

void
ask_open(struct face *face, const char *title, bool secret, const char *initial, ask_done done, int64_t id)
{
	struct ask *ask = &face->ask;

	if (ask->open)
		ask_close(face);
	complete_close(face, true);
	ask->open = true;
	ask->secret = secret;
	ask->title = g_strdup(title);
	ask->done = done;
	ask->id = id;
	wipe(face);
	if (!secret) {
		ask->draft = input_draft_new(initial);
		input_use(face->input, ask->draft);
	}
	face_mark(face, DIRTY_INPUT | DIRTY_BARS);
}

void
ask_close(struct face *face)
{
	struct ask *ask = &face->ask;

	if (!ask->open)
		return;
	ask->open = false;
	wipe(face);
	g_clear_pointer(&ask->title, g_free);
	if (ask->draft != NULL) {
		input_use(face->input, face_draft(face, face->front));
		input_draft_free(face->input, ask->draft);
		ask->draft = NULL;
	}
	face_mark(face, DIRTY_INPUT | DIRTY_BARS);
}

void
ask_leave(struct face *face)
{
	ask_done done = face->ask.done;
	int64_t id = face->ask.id;

	if (!face->ask.open)
		return;
	ask_close(face);
	done(face, NULL, id);
}

/* Takes the line; the question is closed before it is answered, so that the answer may open another one. */
void
ask_line(struct face *face, const char *line)
{
	g_autofree char *value = g_strstrip(g_strdup(line));
	ask_done done = face->ask.done;
	int64_t id = face->ask.id;

	ask_close(face);
	done(face, value, id);
}

static void
add_secret(struct face *face, const char *text, size_t len)
{
	struct ask *ask = &face->ask;

	/* The first line of it; a password has no control characters. */
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n' || text[i] == '\r')
			break;
		if ((unsigned char)text[i] >= 0x20 && text[i] != 0x7f && ask->len + 1 < sizeof ask->text)
			ask->text[ask->len++] = text[i];
	}
	/* What is too long ends at a whole character. */
	while (ask->len > 0 && !g_utf8_validate(ask->text, (gssize)ask->len, NULL))
		ask->len--;
	ask->text[ask->len] = '\0';
}

void
ask_paste(struct face *face, const char *text)
{
	add_secret(face, text, strlen(text));
	face_mark(face, DIRTY_INPUT);
}

bool
ask_key(struct face *face, const char *bytes, size_t len)
{
	struct ask *ask = &face->ask;

	if (!ask->open || !ask->secret || len == 0)
		return false;
	face_mark(face, DIRTY_INPUT);
	switch (bytes[0]) {
	case '\r':
	case '\n': {
		char value[SECRET_BYTES];
		ask_done done = ask->done;
		int64_t id = ask->id;

		memcpy(value, ask->text, sizeof value);
		ask_close(face);
		done(face, value, id);
		explicit_bzero(value, sizeof value);
		return true;
	}
	case 3:
	case 4:
	case 7:
		ask_leave(face);
		return true;
	case 033:
		if (len == 1) {
			ask_leave(face);
			return true;
		}
		return false;
	case 8:
	case 0x7f:
		if (ask->len > 0)
			ask->len = (size_t)(g_utf8_find_prev_char(ask->text, ask->text + ask->len) - ask->text);
		memset(ask->text + ask->len, 0, sizeof ask->text - ask->len);
		return true;
	case 21:
		wipe(face);
		return true;
	case 12:
	case 26:
		return false;
	default:
		if ((unsigned char)bytes[0] >= 0x20)
			add_secret(face, bytes, len);
		return true;
	}
}

/* --- prompts of the core --- */

static void
keep_answered(struct face *face, const char *value, int64_t id)
{
	if (value != NULL)
		link_answer(face, id, face->ask.held, *value == 'y' || *value == 'Y');
	explicit_bzero(face->ask.held, sizeof face->ask.held);
}

static void
prompt_answered(struct face *face, const char *value, int64_t id)
{
	const struct event *event = model_prompt(face->model, id);

	if (value == NULL || event == NULL)
		return;
	if (*value == '\0' && event->prompt.default_choice != NULL)
		value = event->prompt.default_choice;
	if (*value == '\0')
		return;
	if (event->prompt.kind != PROMPT_PASSWORD) {
		link_answer(face, id, value, false);
		return;
	}
	if (face->start.on) {
		link_answer(face, id, value, true);
		return;
	}
	g_strlcpy(face->ask.held, value, sizeof face->ask.held);
	face_note(face, face->front, SEVERITY_INFO,
	    "The password can be kept in the accounts file, which only you can read; else it is asked for at each start.");
	ask_open(face, "keep it? y or n", false, "", keep_answered, id);
}

/* Without a screen it is answered with FIELD=VALUE. */
static bool
has_form(const struct face *face, const struct event *event)
{
	return event->prompt.kind == PROMPT_FORM && json_array_size(event->prompt.fields) > 0 && face->linear == NULL;
}

void
ask_prompt(struct face *face, int64_t id)
{
	const GPtrArray *all = model_prompts(face->model);
	const struct event *event = id != 0 ? model_prompt(face->model, id) : all->len > 0 ? all->pdata[0] : NULL;
	g_autofree char *title = NULL;

	if (event == NULL) {
		face_note(face, face->front, SEVERITY_INFO, id != 0 ? "There is no question of that number." :
		    "Nothing waits for an answer.");
		return;
	}
	if (has_form(face, event)) {
		form_open(face, event);
		return;
	}
	if (event->prompt.kind == PROMPT_PASSWORD && event->account_name != NULL)
		title = g_strdup_printf("password for %s", event->account_name);
	else
		title = g_strdup(event->prompt.title != NULL ? event->prompt.title : "answer");
	/* The facts that one decides by stand in the console. */
	if (json_array_size(event->prompt.facts) > 0 || json_array_size(event->prompt.choices) > 0)
		face_go(face, model_console(face->model));
	ask_open(face, title, event->prompt.secret, "", prompt_answered, event->prompt.id);
}

void
ask_prompt_changed(struct face *face, const struct event *event)
{
	struct ask *ask = &face->ask;

	select_how(face);
	if (event->gone) {
		if (ask->open && ask->done == prompt_answered && ask->id == event->prompt.id)
			ask_close(face);
		form_gone(face, event->prompt.id);
		return;
	}
	if (event->prompt.scope != SCOPE_SESSION || ask->open)
		return;
	/* The answer to what was just typed here: it is offered in the line, unless something was typed meanwhile. */
	if (has_form(face, event) && *input_line(face->input) == '\0') {
		form_open(face, event);
		return;
	}
	face_note(face, face->front, SEVERITY_WARNING, "%s", event->prompt.text != NULL ? event->prompt.text :
	    event->prompt.title != NULL ? event->prompt.title : "");
	if (*input_line(face->input) == '\0') {
		g_autoptr(GString) title = g_string_new(event->prompt.title != NULL ? event->prompt.title : "answer");
		size_t i;
		json_t *choice;

		json_array_foreach(event->prompt.choices, i, choice) {
			const char *word = json_string_value(json_array_get(choice, 0));

			g_string_append_printf(title, "%s%s", i == 0 ? " (" : ", ", word != NULL ? word : "");
		}
		if (json_array_size(event->prompt.choices) > 0)
			g_string_append_c(title, ')');
		ask_open(face, title->str, event->prompt.secret, "", prompt_answered, event->prompt.id);
	}
}
