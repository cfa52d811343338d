/*
 * splits.c: several chats side by side.  One of them has the keys: it is the chat in front, its view is the chat's own,
 * and only it counts as seen.  The others keep their place themselves.
 *
 * Where there is no room for all, or one is zoomed, or a view takes the place of the chat, only the one with the keys
 * is drawn; the tree stays as it is.
 */
#include <string.h>

#include "base/limits.h"
#include "face/tui/face.h"

enum { STEP = 50 };

static struct chat *
chat_of(const struct face *face, const struct split *leaf)
{
	struct chat *chat = *leaf->jid != '\0' ? model_chat(face->model, leaf->account, leaf->jid) : NULL;

	if (leaf == face->focus)
		return face->front;
	/* One that is not told yet, or was closed meanwhile. */
	return chat != NULL && chat->object.chat.open ? chat : model_console(face->model);
}

void
splits_init(struct face *face)
{
	face->splits = face->focus = split_new("", "");
}

void
splits_free(struct face *face)
{
	split_free(face->splits);
}

void
splits_went(struct face *face)
{
	bool same = strcmp(face->focus->account, face->front->account) == 0 &&
	    strcmp(face->focus->jid, face->front->jid) == 0;

	if (same)
		return;
	split_show(face->focus, face->front->account, face->front->jid);
	if (split_count(face->splits) > 1)
		link_keep(face);
}

bool
splits_show(const struct face *face, const struct chat *chat)
{
	if (chat == face->front)
		return true;
	for (int i = 0; face->split && i < split_count(face->splits); i++)
		if (chat_of(face, split_at(face->splits, i)) == chat)
			return true;
	return false;
}

void
splits_layout(struct face *face, int rows, int columns, int input_rows, int box_rows)
{
	struct layout *layout = &face->layout;
	enum list_wish wish = face->list[layout_size(columns)];
	int list_columns = face_list_columns(face, columns);
	struct area all;

	layout_make(layout, rows, columns, input_rows, box_rows, wish, list_columns);
	face->split = false;
	/* A key may divide it, and the next one look for what is beside, before anything is drawn. */
	face->splits->area = layout->chat;
	face->splits->area.row = layout->title.row;
	face->splits->area.rows += layout->title.rows;
	if (split_count(face->splits) == 1 || face->zoomed || face->page.on || face->palette.on || face->start.on ||
	    layout->title.rows == 0)
		return;
	for (int pass = 0; pass < 2 && !face->split; pass++) {
		all = layout->chat;
		all.row = layout->title.row;
		all.rows += layout->title.rows;
		face->split = split_place(face->splits, &all) &&
		    (layout->list.rows == 0 || split_least_columns(face->splits) >= CHAT_BESIDE);
		/* The list gives way before the text does. */
		if (!face->split && layout->list.rows > 0)
			layout_make(layout, rows, columns, input_rows, box_rows, LIST_HIDDEN, list_columns);
		else if (!face->split)
			break;
	}
	if (!face->split) {
		layout_make(layout, rows, columns, input_rows, box_rows, wish, list_columns);
		return;
	}
	if (layout->list.rows > 0) {
		layout->list.row = layout->border.row = layout->title.row;
		layout->list.rows += layout->title.rows;
		layout->border.rows = layout->list.rows;
	}
	layout->title = layout->chat = face->focus->area;
	layout->title.rows = 1;
	layout->chat.row++;
	layout->chat.rows--;
}

static void
draw_leaf(struct face *face, struct split *leaf)
{
	struct chat *chat = chat_of(face, leaf);
	struct window *window = model_window(face->model, chat);
	struct view_chat view = { .model = face->model, .chat = chat, .policy = canvas_policy(face->canvas),
		.style = &face->preferences.style, .row = leaf->area.row + 1, .column = leaf->area.column,
		.rows = leaf->area.rows - 1, .columns = leaf->area.columns };
	int64_t bottom = chat->bottom;
	int bottom_row = chat->bottom_row;
	struct view_shown shown;

	if (!window->loaded) {
		if (chat->unread_after == 0)
			face_unread_from(chat);
		link_page(face, chat, WINDOW_BEFORE);
	}
	/* The chat's own view may be that of the one with the keys. */
	chat->bottom = leaf->bottom;
	chat->bottom_row = leaf->bottom_row;
	view_chat_draw(&view, face->canvas, &shown);
	leaf->bottom = chat->bottom;
	leaf->bottom_row = chat->bottom_row;
	chat->bottom = bottom;
	chat->bottom_row = bottom_row;
	if (shown.wants_older && window->loaded && !window_full(window))
		link_page(face, chat, WINDOW_BEFORE);
	if (shown.wants_newer)
		link_page(face, chat, WINDOW_AFTER);
	if (shown.cut != 0)
		link_message(face, chat, shown.cut);
}

static void
draw_border(const struct face *face, const struct split *node)
{
	const struct area *area = &node->area;
	bool ascii = text_ascii_signs(canvas_policy(face->canvas));

	if (node->a == NULL)
		return;
	for (int row = area->row; node->right && row < area->row + area->rows; row++)
		canvas_text(face->canvas, row, node->b->area.column - 1, node->b->area.column, SLOT_LINE_BORDER,
		    ascii ? "|" : "│", -1);
	draw_border(face, node->a);
	draw_border(face, node->b);
}

void
splits_draw(struct face *face)
{
	for (int i = 0; face->split && i < split_count(face->splits); i++) {
		struct split *leaf = split_at(face->splits, i);

		if (leaf != face->focus)
			draw_leaf(face, leaf);
	}
	if (face->split)
		draw_border(face, face->splits);
}

void
splits_draw_titles(struct face *face, struct status status)
{
	for (int i = 0; face->split && i < split_count(face->splits); i++) {
		struct split *leaf = split_at(face->splits, i);
		struct area title = leaf->area;

		if (leaf == face->focus)
			continue;
		title.rows = 1;
		status.chat = chat_of(face, leaf);
		status.split = i + 1;
		status.inactive = true;
		status_draw_title(&status, face->canvas, &title);
	}
}

static struct split *
beside(struct face *face, enum split_side side)
{
	struct area all = face->splits->area;

	split_place(face->splits, &all);
	return split_beside(face->splits, face->focus, side);
}

void
splits_focus(struct face *face, struct split *leaf)
{
	struct split *old = face->focus;
	struct chat *chat;

	if (leaf == NULL || leaf == old)
		return;
	chat = chat_of(face, leaf);
	old->bottom = face->front->bottom;
	old->bottom_row = face->front->bottom_row;
	face_leave(face, chat);
	face->focus = leaf;
	split_show(leaf, chat->account, chat->jid);
	chat->bottom = leaf->bottom;
	chat->bottom_row = leaf->bottom_row;
	face_bring(face, chat);
	link_keep(face);
}

/* --- what keys and commands do --- */

static void
divide(struct face *face, bool right)
{
	struct split *node = face->focus;
	struct area all = face->splits->area;
	int have, need = right ? SPLIT_COLUMNS : SPLIT_ROWS;

	split_place(face->splits, &all);
	/* The chat list gives way. */
	have = right ? (node->area.columns + (face->split ? 0 : face->layout.chat.column) - 1) / 2 :
	    node->area.rows / 2;
	if (split_count(face->splits) >= LIMIT_SPLITS)
		face_note(face, face->front, SEVERITY_INFO, "There are %d splits already.", LIMIT_SPLITS);
	else if (face->layout.title.rows == 0)
		face_note(face, face->front, SEVERITY_INFO, "The screen has no room for titles, so it is not divided.");
	else if (have < need)
		face_note(face, face->front, SEVERITY_INFO, right ? "A split needs %d columns; there would be %d." :
		    "A split needs %d rows; there would be %d.", need, MAX(0, have));
	else {
		node->bottom = face->front->bottom;
		node->bottom_row = face->front->bottom_row;
		split_divide(node, right);
		face->focus = node->a;
		face->zoomed = false;
		link_keep(face);
	}
}

static void
close_one(struct face *face)
{
	struct split *gone = face->focus, *next;
	struct chat *chat;

	if (split_count(face->splits) == 1) {
		face_note(face, face->front, SEVERITY_INFO, "There is one split. /close closes the chat.");
		return;
	}
	next = gone->parent->a == gone ? gone->parent->b : gone->parent->a;
	while (next->a != NULL)
		next = next->a;
	chat = chat_of(face, next);
	face_leave(face, chat);
	face->focus = split_remove(&face->splits, gone);
	split_show(face->focus, chat->account, chat->jid);
	chat->bottom = face->focus->bottom;
	chat->bottom_row = face->focus->bottom_row;
	face_bring(face, chat);
	face->zoomed &= split_count(face->splits) > 1;
	link_keep(face);
}

static void
close_others(struct face *face)
{
	while (split_count(face->splits) > 1) {
		struct split *first = split_at(face->splits, 0);

		split_remove(&face->splits, first != face->focus ? first : split_at(face->splits, 1));
	}
	face->zoomed = false;
	link_keep(face);
}

static void
step(struct face *face, int by)
{
	int n = split_count(face->splits);

	splits_focus(face, split_at(face->splits, (split_index(face->splits, face->focus) + by + n) % n));
}

static void
resize(struct face *face, bool right, int by)
{
	struct area all = face->splits->area;
	bool moved = split_resize(face->focus, right, by);

	/* Nobody becomes too small for it. */
	if (moved && face->split && !split_place(face->splits, &all)) {
		split_resize(face->focus, right, -by);
		moved = false;
	}
	if (moved)
		link_keep(face);
	else
		face_note(face, face->front, SEVERITY_INFO, right ? "Nothing beside it can give way." :
		    "Nothing above or below it can give way.");
}

bool
splits_action(struct face *face, enum action action, int count)
{
	switch (action) {
	case ACTION_SPLIT_BELOW:
	case ACTION_SPLIT_RIGHT:
		divide(face, action == ACTION_SPLIT_RIGHT);
		break;
	case ACTION_CLOSE_SPLIT:
		close_one(face);
		break;
	case ACTION_CLOSE_OTHER_SPLITS:
		close_others(face);
		break;
	case ACTION_FOCUS_NEXT_SPLIT:
		step(face, 1);
		break;
	case ACTION_FOCUS_LEFT:
	case ACTION_FOCUS_RIGHT:
	case ACTION_FOCUS_UP:
	case ACTION_FOCUS_DOWN:
		splits_focus(face, beside(face, (enum split_side)(SPLIT_LEFT + (int)(action - ACTION_FOCUS_LEFT))));
		break;
	case ACTION_ZOOM_SPLIT:
		face->zoomed = !face->zoomed && split_count(face->splits) > 1;
		break;
	case ACTION_BALANCE_SPLITS:
		split_balance(face->splits);
		link_keep(face);
		break;
	case ACTION_GROW_SPLIT:
	case ACTION_SHRINK_SPLIT:
		resize(face, false, action == ACTION_GROW_SPLIT ? STEP * count : -STEP * count);
		break;
	case ACTION_WIDEN_SPLIT:
	case ACTION_NARROW_SPLIT:
		resize(face, true, action == ACTION_WIDEN_SPLIT ? STEP * count : -STEP * count);
		break;
	default:
		return false;
	}
	return true;
}

static bool
run_word(struct face *face, const char *argument, const char *command, const char *const *words,
    const enum action *actions)
{
	g_autofree char *all = NULL;

	for (int i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], argument) == 0) {
			face_action(face, actions[i], 1);
			return true;
		}
	all = g_strjoinv("|", (char **)(uintptr_t)words);
	face_note(face, face->front, SEVERITY_ERROR, "/%s %s. Nothing was done.", command, all);
	return true;
}

bool
splits_run_split(struct face *face, const char *argument)
{
	static const char *const words[] = { "right", "below", "close", "only", "zoom", "balance", NULL };
	static const enum action actions[] = { ACTION_SPLIT_RIGHT, ACTION_SPLIT_BELOW, ACTION_CLOSE_SPLIT,
		ACTION_CLOSE_OTHER_SPLITS, ACTION_ZOOM_SPLIT, ACTION_BALANCE_SPLITS };

	return run_word(face, *argument != '\0' ? argument : "below", "split", words, actions);
}

bool
splits_run_focus(struct face *face, const char *argument)
{
	static const char *const words[] = { "next", "left", "right", "up", "down", NULL };
	static const enum action actions[] = { ACTION_FOCUS_NEXT_SPLIT, ACTION_FOCUS_LEFT, ACTION_FOCUS_RIGHT,
		ACTION_FOCUS_UP, ACTION_FOCUS_DOWN };

	return run_word(face, *argument != '\0' ? argument : "next", "focus", words, actions);
}

/* --- kept --- */

void
splits_write(const struct face *face, GString *text)
{
	if (split_count(face->splits) > 1)
		split_write(face->splits, face->focus, text);
}

void
splits_take(struct face *face, char *const *lines)
{
	struct split *focus, *root = split_read(lines, &focus);

	if (root == NULL)
		return;
	split_free(face->splits);
	face->splits = root;
	face->focus = focus;
	/* The keys stay where they are, if that is shown; else they get there with what is in front. */
	splits_prefer(face, face->front);
	splits_went(face);
}

void
splits_prefer(struct face *face, const struct chat *chat)
{
	for (int i = 0; i < split_count(face->splits); i++) {
		struct split *leaf = split_at(face->splits, i);

		if (!chat_is_console(chat) && strcmp(leaf->account, chat->account) == 0 &&
		    strcmp(leaf->jid, chat->jid) == 0)
			face->focus = leaf;
	}
}
