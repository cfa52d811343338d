/* action.c: what keys do, by the table of actions.def. */
#include <string.h>

#include "face/tui/face.h"
#include "face/tui/field.h"
#include "face/tui/linear.h"
#include "face/tui/info_pane.h"
#include "face/tui/term.h"

enum { LIST_STEP = 2 };

static void
step_chat(struct face *face, int by)
{
	const GPtrArray *chats = model_chats(face->model);
	int n = (int)chats->len, at = 0;

	for (int i = 0; i < n; i++)
		if (chats->pdata[i] == face->front)
			at = i;
	face_go(face, chats->pdata[((at + by) % n + n) % n]);
}

static void
go_number(struct face *face, int64_t number)
{
	struct chat *chat = model_chat_number(face->model, number);

	if (chat == NULL)
		face_note(face, face->front, SEVERITY_INFO, "There is no chat %" G_GINT64_FORMAT ".", number);
	else
		face_go(face, chat);
}

/* Who goes on from where the last one led is on the same walk; at its end it leads back to where it began. */
static void
next_unread(struct face *face, bool mine)
{
	struct walk *walk = &face->walk;
	struct chat *chat, *back;

	if (walk->at != face->front || walk->mine != mine) {
		walk->number++;
		walk->from = face->front;
		walk->mine = mine;
	}
	face->front->walk = walk->number;
	face->front->walked = face->front->object.chat.last;
	chat = model_next_unread(face->model, face->front, walk->number, mine);
	if (chat != NULL) {
		face_go(face, chat);
		walk->at = chat;
		return;
	}
	back = walk->from;
	walk->at = NULL;
	face_go(face, back);
	face_note(face, face->front, SEVERITY_INFO, model_next_unread(face->model, face->front, 0, mine) == NULL ?
	    mine ? "Nothing more is for you." : "All read." :
	    "That was all of them; what was not looked at long enough stays unread.");
}

/* Up and down go through the rows of the line first, then through the history. */
static void
recall(struct face *face, int by)
{
	g_autofree char *prompt = screen_prompt(face);
	long to = field_move(canvas_columns(face->canvas), prompt, input_line(face->input), input_point(face->input),
	    by, canvas_policy(face->canvas));

	if (to >= 0)
		input_set_point(face->input, (size_t)to);
	else
		input_recall(face->input, by);
}

static void
cancel(struct face *face)
{
	if (complete_close(face, true))
		return;
	if (face->ask.open)
		ask_leave(face);
	else
		start_leave(face);
	face->digits = 0;
	face_mark(face, DIRTY_BARS);
}

static void
clear_line(struct face *face)
{
	if (face->complete.open || face->ask.open) {
		cancel(face);
		return;
	}
	if (*input_line(face->input) != '\0')
		input_kill(face->input);
	else
		face_note(face, face->front, SEVERITY_INFO, "/detach leaves and stays online, /quit ends confab.");
}

static void
detach(struct face *face, int count)
{
	/* C-d on the empty line, the first time: it is often one too many. */
	if (count == 0 && face->detaches++ == 0) {
		face_mark(face, DIRTY_BARS);
		return;
	}
	face_end(face, 0, NULL);
}

static void
toggle_list(struct face *face)
{
	int columns = canvas_columns(face->canvas), least = face_list_columns(face, columns) + 1 + CHAT_BESIDE;

	if (columns < least)
		face_note(face, face->front, SEVERITY_INFO, "The chat list needs %d columns; there are %d.", least,
		    columns);
	else {
		face->list[layout_size(canvas_columns(face->canvas))] = face->layout.list.rows > 0 ? LIST_HIDDEN :
		    LIST_SHOWN;
		link_keep(face);
	}
}

static void
size_list(struct face *face, int by)
{
	int columns = canvas_columns(face->canvas), now = face_list_columns(face, columns);
	int wanted = CLAMP(now + by, LIST_COLUMNS_MIN, MIN(LIST_COLUMNS_MAX, columns - 1 - CHAT_BESIDE));

	if (face->layout.list.rows == 0)
		face_note(face, face->front, SEVERITY_INFO, "The chat list is not shown.");
	else if (wanted == now || (by > 0) != (wanted > now))
		face_note(face, face->front, SEVERITY_INFO, by > 0 ? "It gets no wider here." : "It gets no narrower.");
	else {
		face->list_columns[layout_size(columns)] = wanted;
		link_keep(face);
	}
}

static void
unread_line(struct face *face)
{
	if (face->front->unread_after == 0)
		face_note(face, face->front, SEVERITY_INFO, "Nothing here was unread.");
	else if (view_chat_first_unread(face->front) == NULL)
		face_scroll(face, -1000000);
	else
		face_unread_line(face);
}

static void
mark_read(struct face *face)
{
	const struct entry *last = window_edge(face->front->window, WINDOW_AFTER);

	if (last != NULL && face->front->window->at_end && !chat_is_console(face->front))
		link_seen(face, face->front, last->id);
	face->front->unread_after = 0;
}

static void
mute(struct face *face)
{
	if (chat_is_console(face->front))
		face_note(face, face->front, SEVERITY_INFO, "The console is never muted.");
	else
		send_quietly(face, face->front, face->front->object.chat.muted ? "/notify all" : "/notify none");
}

static void
scroll(struct face *face, enum action action, int count)
{
	int page = MAX(1, face->layout.chat.rows - 2);

	switch (action) {
	case ACTION_PAGE_UP:
		face_scroll(face, -page * count);
		break;
	case ACTION_PAGE_DOWN:
		face_scroll(face, page * count);
		break;
	case ACTION_LINE_UP:
		face_scroll(face, -count);
		break;
	case ACTION_LINE_DOWN:
		face_scroll(face, count);
		break;
	case ACTION_TOP:
		face_scroll(face, -1000000);
		break;
	default:
		face_bottom(face);
		break;
	}
}

/* Editing and what belongs to the line; false: it is something else. */
static bool
line_action(struct face *face, enum action action)
{
	switch (action) {
	case ACTION_SEND_LINE:
		if (face->linear != NULL)
			linear_entered(face);
		/* With candidates open Enter takes one, and the next Enter sends. */
		if (complete_close(face, false))
			return true;
		if (face->ask.open)
			ask_line(face, input_line(face->input));
		else
			send_line(face);
		return true;
	case ACTION_INSERT_NEWLINE:
		input_insert(face->input, "\n", false);
		return true;
	case ACTION_COMPLETE_NEXT:
		if (!face->ask.open)
			complete_step(face, 1);
		return true;
	case ACTION_COMPLETE_PREVIOUS:
		if (!face->ask.open)
			complete_step(face, -1);
		return true;
	case ACTION_CANCEL:
		cancel(face);
		return true;
	case ACTION_CLEAR_LINE:
		clear_line(face);
		return true;
	case ACTION_RECALL_PREVIOUS:
		recall(face, -1);
		return true;
	case ACTION_RECALL_NEXT:
		recall(face, 1);
		return true;
	case ACTION_END_OR_BOTTOM:
		if (input_point(face->input) == strlen(input_line(face->input)))
			face_bottom(face);
		else
			input_set_point(face->input, strlen(input_line(face->input)));
		return true;
	case ACTION_CORRECT_LAST:
		correct_last(face);
		return true;
	case ACTION_EDIT_DRAFT:
		face_edit(face);
		return true;
	default:
		return false;
	}
}

static void
screen_action(struct face *face, enum action action, int count)
{
	switch (action) {
	case ACTION_REDRAW:
		if (face->term != NULL)
			term_repaint(face->term);
		face_mark(face, DIRTY_ALL);
		break;
	case ACTION_SUSPEND:
		if (face->term != NULL)
			term_suspend(face->term);
		break;
	case ACTION_DETACH:
		detach(face, count);
		break;
	case ACTION_OPEN_HELP:
		page_help_open(face, NULL);
		break;
	case ACTION_OPEN_PALETTE:
	case ACTION_GO_CHAT:
		palette_open(face, action == ACTION_GO_CHAT);
		break;
	case ACTION_OPEN_CONTACTS:
		page_open(face, PAGE_CONTACTS, NULL);
		break;
	case ACTION_SHOW_LEGEND:
		page_open(face, PAGE_LEGEND, NULL);
		break;
	case ACTION_DESCRIBE_KEY:
		describe_begin(face);
		break;
	case ACTION_SELECT:
		select_begin(face);
		break;
	case ACTION_OPEN_LINK:
		links_of_chat(face);
		break;
	case ACTION_SEARCH_CHAT:
	case ACTION_SEARCH_ALL:
		search_open(face, action == ACTION_SEARCH_ALL);
		break;
	case ACTION_TOGGLE_INFO:
		info_pane_toggle(face);
		break;
	case ACTION_INFO_UP:
	case ACTION_INFO_DOWN:
		info_pane_scroll(face, action == ACTION_INFO_UP ? -count : count);
		break;
	case ACTION_OPEN_INBOX:
		digest_open(face);
		break;
	case ACTION_GO_DATE:
		search_ask_place(face);
		break;
	case ACTION_ANSWER_REQUEST:
		ask_prompt(face, 0);
		break;
	case ACTION_TOGGLE_LIST:
		toggle_list(face);
		break;
	case ACTION_WIDEN_LIST:
		size_list(face, LIST_STEP * count);
		break;
	case ACTION_NARROW_LIST:
		size_list(face, -LIST_STEP * count);
		break;
	case ACTION_MUTE:
		mute(face);
		break;
	case ACTION_MARK_UNREAD:
		if (!chat_is_console(face->front)) {
			send_quietly(face, face->front, "/unread");
			face->front->kept_unread = true;
		}
		break;
	case ACTION_MARK_READ:
		mark_read(face);
		break;
	case ACTION_UNREAD_LINE:
		unread_line(face);
		break;
	default:
		scroll(face, action, count);
		break;
	}
}

void
face_action(struct face *face, enum action action, int count)
{
	face_mark(face, DIRTY_ALL);
	if (linear_cannot(face, action))
		return;
	if (action != ACTION_DETACH)
		face->detaches = 0;
	if (line_action(face, action) || splits_action(face, action, count))
		return;
	if (action >= ACTION_CHAT_1 && action <= ACTION_CHAT_10) {
		go_number(face, action - ACTION_CHAT_1 + 1);
		return;
	}
	switch (action) {
	case ACTION_NEXT_UNREAD:
	case ACTION_NEXT_MENTION_CHAT:
		next_unread(face, action == ACTION_NEXT_MENTION_CHAT);
		break;
	case ACTION_PREVIOUS_PLACE:
		face_go(face, face->before);
		break;
	case ACTION_CHAT_NUMBER:
		face->digits = 2;
		face->digit = 0;
		break;
	case ACTION_NEXT_CHAT:
		step_chat(face, count);
		break;
	case ACTION_PREVIOUS_CHAT:
		step_chat(face, -count);
		break;
	case ACTION_OPEN_CONSOLE:
		face_go(face, model_console(face->model));
		break;
	case ACTION_CLOSE_CHAT:
		face_close(face, face->front);
		break;
	default:
		screen_action(face, action, count);
		break;
	}
}
