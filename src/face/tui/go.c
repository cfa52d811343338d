/* go.c: which chat is in front, and where its view is. */
#include <stdarg.h>
#include <string.h>

#include "base/clock.h"
#include "face/tui/face.h"
#include "face/tui/term.h"

struct input_draft *
face_draft(struct face *face, struct chat *chat)
{
	const char *text = chat->object.chat.draft;

	(void)face;
	if (chat->draft == NULL) {
		chat->draft = input_draft_new(text != NULL ? text : "");
		chat->told = g_strdup(text != NULL ? text : "");
	}
	return chat->draft;
}

void
face_draft_told(struct face *face, struct chat *chat)
{
	const char *text = chat->object.chat.draft != NULL ? chat->object.chat.draft : "";

	if (chat->draft == NULL || face->running > 0 || g_strcmp0(text, chat->told) == 0)
		return;
	/* What was typed here since the core was told is newer. */
	if (g_strcmp0(input_draft_text(face->input, chat->draft), chat->told) != 0)
		return;
	g_free(chat->told);
	chat->told = g_strdup(text);
	input_draft_set(face->input, chat->draft, text, false);
	face_mark(face, DIRTY_INPUT);
}

struct view_chat
face_view(struct face *face)
{
	const struct area *area = &face->layout.chat;

	return (struct view_chat){ .model = face->model, .chat = face->front, .policy = canvas_policy(face->canvas),
		.select = &face->select.rows, .style = &face->preferences.style, .row = area->row,
		    .column = area->column,
		.rows = area->rows, .columns = area->columns };
}

void
face_note(struct face *face, struct chat *chat, enum severity severity, const char *format, ...)
{
	struct window *window = chat->window;
	va_list list;
	g_autofree char *text = NULL;

	va_start(list, format);
	text = g_strdup_vprintf(format, list);
	va_end(list);
	/* A chat of which nothing is held is not looked at: the console is. */
	if (window == NULL)
		window = model_console(face->model)->window;
	window_note(window, severity, clock_real_us() / 1000, text);
	face_mark(face, DIRTY_CHAT);
}

/* Where the reader left: the line that stays until the chat is left. */
void
face_unread_from(struct chat *chat)
{
	const struct event_chat *object = &chat->object.chat;

	chat->unread_after = object->unread > 0 ? MAX(1, object->read) : 0;
	chat->unread_count = (int)object->unread;
}

void
face_leave(struct face *face, struct chat *next)
{
	struct chat *chat = face->front;

	page_close(face);
	face->jump = 0;
	select_leave(face);
	complete_close(face, true);
	ask_leave(face);
	typing_left(face);
	link_draft(face, chat);
	if (next != chat)
		face->before = chat;
}

void
face_bring(struct face *face, struct chat *chat)
{
	struct window *window;

	face->front = chat;
	chat->kept_unread = false;
	window = model_window(face->model, chat);
	input_use(face->input, face_draft(face, chat));
	recall_load(face, chat);
	if (chat->unread_after == 0)
		face_unread_from(chat);
	if (!window->loaded) {
		face->arriving = true;
		link_page(face, chat, WINDOW_BEFORE);
	}
	splits_went(face);
	face->attention.told = false;
	face_mark(face, DIRTY_ALL);
}

void
face_go(struct face *face, struct chat *chat)
{
	struct chat *old = face->front;

	page_close(face);
	face->jump = 0;
	if (chat == NULL || chat == old)
		return;
	face_leave(face, chat);
	/* What another split shows was not left. */
	if (!splits_show(face, chat))
		chat->unread_after = 0;
	face_bring(face, chat);
	if (!splits_show(face, old))
		old->unread_after = 0;
	if (chat->window->loaded && chat->unread_after != 0)
		face_unread_line(face);
}

void
face_scroll(struct face *face, int rows)
{
	struct view_chat view = face_view(face);

	view_chat_scroll(&view, rows);
	face_mark(face, DIRTY_CHAT);
}

void
face_bottom(struct face *face)
{
	struct chat *chat = face->front;

	chat->bottom = 0;
	/* The end is not held: it is asked for anew. */
	if (!chat->window->at_end) {
		window_forget(chat->window);
		link_page(face, chat, WINDOW_BEFORE);
	}
	face_mark(face, DIRTY_CHAT);
}

void
face_unread_line(struct face *face)
{
	struct view_chat view;

	screen_layout(face);
	view = face_view(face);
	view_chat_unread(&view);
	face_mark(face, DIRTY_CHAT);
}

void
face_close(struct face *face, struct chat *chat)
{
	const GPtrArray *chats = model_chats(face->model);
	struct chat *next = face->before;

	if (chat_is_console(chat)) {
		face_note(face, chat, SEVERITY_INFO, "The console stays.");
		return;
	}
	if (next == NULL || next == chat || !next->object.chat.open)
		next = chats->len > 1 && chats->pdata[1] != chat ? chats->pdata[1] : model_console(face->model);
	face_go(face, next);
	link_chat_closed(face, chat);
}
