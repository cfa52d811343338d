/*
 * input_draft.c: the lines of the chats that are not in front.  readline has one line, one undo list and one history:
 * those of a draft are moved in and out, and one that is not in use is changed by moving it in for a moment.
 */
#include "face/tui/input_private.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum { HISTORY_LINES = 200, HISTORY_BYTES = 65536 };

struct input_draft *
input_draft_new(const char *text)
{
	struct input_draft *draft = g_new0(struct input_draft, 1);

	draft->line = g_strdup(text);
	draft->point = (int)strlen(text);
	return draft;
}

/* The line and its history go into the draft that is in use; readline is left empty. */
static void
move_out(struct input *input)
{
	struct input_draft *draft = input->draft;
	HIST_ENTRY *shown;
	bool changed;

	input_settle(input);
	/* A recalled line stays only if it was changed; else what was typed before it comes back. */
	shown = current_history();
	changed = shown != NULL && strcmp(shown->line, rl_line_buffer) != 0;
	if (shown != NULL && !changed)
		rl_maybe_unsave_line();
	g_free(draft->line);
	draft->line = g_strdup(rl_line_buffer);
	draft->point = rl_point;
	draft->mark = rl_mark;
	if (changed) {
		input_mend_history();
		if (rl_undo_list != NULL)
			rl_free_undo_list();
	}
	draft->undo = rl_undo_list;
	draft->pasted = input->pasted;
	rl_undo_list = NULL;
	using_history();
	draft->history = history_get_history_state();
}

static void
set_history(HISTORY_STATE *state)
{
	HISTORY_STATE empty = { 0 };

	history_set_history_state(state != NULL ? state : &empty);
	free(state);
}

static void
move_in(struct input *input, struct input_draft *draft)
{
	input->draft = draft;
	set_history(draft->history);
	draft->history = NULL;
	rl_initialize();
	rl_insert_text(draft->line);
	rl_free_undo_list();
	rl_undo_list = draft->undo;
	draft->undo = NULL;
	rl_point = MIN(draft->point, rl_end);
	rl_mark = MIN(draft->mark, rl_end);
	input->pasted = draft->pasted;
	using_history();
	g_clear_pointer(&draft->line, g_free);
}

void
input_use(struct input *input, struct input_draft *draft)
{
	if (draft == NULL)
		draft = input->own;
	if (draft == input->draft)
		return;
	move_out(input);
	move_in(input, draft);
}

/* Works on a draft that is not in use as if it were. */
static struct input_draft *
borrow(struct input *input, struct input_draft *draft)
{
	struct input_draft *before = input->draft;

	input_use(input, draft);
	return before;
}

void
input_draft_free(struct input *input, struct input_draft *draft)
{
	if (draft == NULL)
		return;
	if (input->draft == draft && draft != input->own)
		input_use(input, NULL);
	struct input_draft *before = borrow(input, draft);
	if (rl_undo_list != NULL)
		rl_free_undo_list();
	clear_history();
	if (before != draft)
		input_use(input, before);
	if (draft->history != NULL)
		free(draft->history->entries);
	free(draft->history);
	g_free(draft->line);
	g_free(draft);
}

const char *
input_draft_text(const struct input *input, const struct input_draft *draft)
{
	return draft == input->draft ? rl_line_buffer : draft->line;
}

void
input_draft_set(struct input *input, struct input_draft *draft, const char *text, bool pasted)
{
	struct input_draft *before = borrow(input, draft);

	input_set(input, text, -1);
	input->pasted = pasted;
	input_use(input, before);
}

void
input_remember(struct input *input, struct input_draft *draft, const char *line)
{
	struct input_draft *before;

	/* An answer may be a secret, typed where none belongs. */
	if (*line == '\0' || strlen(line) > HISTORY_BYTES || g_str_has_prefix(line, "/answer"))
		return;
	before = borrow(input, draft);
	if (history_length == 0 || strcmp(history_get(history_base + history_length - 1)->line, line) != 0)
		add_history(line);
	if (history_length > HISTORY_LINES) {
		HIST_ENTRY *oldest = remove_history(0);

		if (oldest != NULL)
			free_history_entry(oldest);
	}
	using_history();
	input_use(input, before);
}

void
input_yankable(struct input *input, const char *text)
{
	struct input_draft *before = borrow(input, input->own);

	input_set(input, text, -1);
	input_kill(input);
	if (rl_undo_list != NULL)
		rl_free_undo_list();
	input_use(input, before);
}
