/*
 * correct.c: a message of ours, mostly the last one, comes back into the line and goes out as its correction.  It is a
 * question like any other (ask.c): the chat's own line waits meanwhile, and what is corrected stands above the input.
 */
#include <string.h>

#include "base/text.h"
#include "face/tui/face.h"

static void
corrected(struct face *face, const char *value, int64_t id)
{
	g_autofree char *text = value != NULL ? text_clean(value, -1, TEXT_BODY, 0) : NULL, *line = NULL;

	if (text == NULL || text[strspn(text, " \t\n")] == '\0')
		return;
	/* By its number: another one may be the last by now. */
	line = g_strdup_printf("/correct @%" G_GINT64_FORMAT " %s", id, text);
	send_run(face, face->front, line, line, false);
}

/* The newest of ours that is shown and was not given up; NULL: none. */
static const struct entry *
last_own(const struct face *face)
{
	const struct window *window = face->front->window;

	for (size_t i = window != NULL ? window->n : 0; i-- > 0;) {
		const struct entry *entry = window->entries[i];

		if (entry->kind == ENTRY_MESSAGE && entry->event.message.direction == DIRECTION_OUT &&
		    entry->event.message.state != MESSAGE_CANCELLED)
			return entry;
	}
	return NULL;
}

void
correct_one(struct face *face, const struct entry *entry)
{
	ask_open(face, "correcting", false, entry->event.message.body, corrected, entry->id);
}

void
correct_last(struct face *face)
{
	const struct entry *entry = chat_is_console(face->front) || face->ask.open ? NULL : last_own(face);

	if (face->ask.open)
		return;
	if (entry == NULL || entry->event.message.body == NULL || entry->event.message.cut) {
		face_note(face, face->front, SEVERITY_INFO, entry != NULL && entry->event.message.cut ?
		    "The message is longer than what is shown; it is not corrected from here." :
		    "There is nothing of yours here to correct.");
		return;
	}
	correct_one(face, entry);
}

static const struct entry *
being_corrected(const struct face *face)
{
	long at = face->ask.open && face->ask.done == corrected ? window_find(face->front->window, face->ask.id) : -1;

	return at >= 0 ? face->front->window->entries[at] : NULL;
}

int
correct_rows(const struct face *face)
{
	return being_corrected(face) != NULL;
}

void
correct_draw(const struct face *face, const struct area *area)
{
	const struct entry *entry = being_corrected(face);
	g_autofree char *body = NULL, *text = NULL;

	if (area->rows == 0 || entry == NULL || entry->event.message.body == NULL)
		return;
	body = text_clean(entry->event.message.body, -1, TEXT_LINE, 0);
	text = g_strconcat("correcting: ", body, NULL);
	canvas_clear(face->canvas, area->row, area->column, area->rows, area->columns, SLOT_MENU_TEXT);
	canvas_text(face->canvas, area->row, area->column, area->column + area->columns, SLOT_MENU_TEXT, text, -1);
}
