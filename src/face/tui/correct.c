/*
 * correct.c: the line is about one message: it corrects it, mostly our last one, answers it, reacts to it, or takes it
 * back. It is a question like any other (ask.c): the chat's own line waits meanwhile, Esc drops it, and the message
 * stands above the input.
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

/* "/COMMAND NUMBER REST", in the chat where the message stands. */
static void
run(struct face *face, const char *command, int64_t id, const char *rest)
{
	g_autofree char *line = g_strdup_printf("/%s %" G_GINT64_FORMAT "%s%s", command, id, *rest != '\0' ? " " : "",
	    rest);

	send_run(face, face->front, line, line, false);
}

static void
replied(struct face *face, const char *value, int64_t id)
{
	g_autofree char *text = value != NULL ? text_clean(value, -1, TEXT_BODY, 0) : NULL;

	if (text != NULL && text[strspn(text, " \t\n")] != '\0')
		run(face, "reply", id, text);
}

static void
reacted(struct face *face, const char *value, int64_t id)
{
	if (value != NULL)
		run(face, "react", id, value);
}

static void
taken_back(struct face *face, const char *value, int64_t id)
{
	if (value != NULL && (*value == 'y' || *value == 'Y'))
		run(face, "retract", id, "");
}

void
correct_reply(struct face *face, const struct entry *entry, const char *name)
{
	g_autofree char *title = g_strdup_printf("reply to %s", name);

	ask_open(face, title, false, "", replied, entry->id);
}

void
correct_react(struct face *face, const struct entry *entry, const char *name)
{
	g_autofree char *title = g_strdup_printf("reaction to %s (+1, heart, joy, party; nothing takes yours away)",
	    name);

	ask_open(face, title, false, "", reacted, entry->id);
}

void
correct_retract(struct face *face, const struct entry *entry)
{
	ask_open(face, "take it back? others may have read it: y or n", false, "", taken_back, entry->id);
}

static const struct {
	ask_done	 done;
	const char	*label, *hint;
} kinds[] = {
	{ corrected, "correcting: ", "Enter corrects  Esc leaves it" },
	{ replied, "replying to: ", "Enter sends the answer  Esc leaves it" },
	{ reacted, "reacting to: ", "Enter reacts  Esc leaves it" },
	{ taken_back, "taking back: ", "y and Enter takes it back  Esc leaves it" },
};

/* What the line does with a message; -1: nothing. */
static int
kind_of(const struct face *face)
{
	for (size_t i = 0; face->ask.open && i < G_N_ELEMENTS(kinds); i++)
		if (face->ask.done == kinds[i].done)
			return (int)i;
	return -1;
}

/* The message that the line is about; NULL: none that is held. */
static const struct entry *
the_one(const struct face *face)
{
	long at = kind_of(face) >= 0 ? window_find(face->front->window, face->ask.id) : -1;

	return at >= 0 ? face->front->window->entries[at] : NULL;
}

const char *
correct_hint(const struct face *face)
{
	return kind_of(face) >= 0 ? kinds[kind_of(face)].hint : NULL;
}

int
correct_rows(const struct face *face)
{
	return the_one(face) != NULL;
}

void
correct_draw(const struct face *face, const struct area *area)
{
	const struct entry *entry = the_one(face);
	g_autofree char *body = NULL, *text = NULL;

	if (area->rows == 0 || entry == NULL)
		return;
	body = text_clean(entry->event.message.body != NULL ? entry->event.message.body : "", -1, TEXT_LINE, 0);
	text = g_strconcat(kinds[kind_of(face)].label, body, NULL);
	canvas_clear(face->canvas, area->row, area->column, area->rows, area->columns, SLOT_MENU_TEXT);
	canvas_text(face->canvas, area->row, area->column, area->column + area->columns, SLOT_MENU_TEXT, text, -1);
}
