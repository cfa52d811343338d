/*
 * mouse.c: the wheel and clicks, where /set ui.mouse says that they are ours: what is under the pointer scrolls, a chat
 * of the list is opened, a message selected.  Nothing can be done by it alone.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "face/tui/chat_list.h"
#include "face/tui/page.h"

enum { WHEEL_UP = 64, WHEEL_DOWN = 65, MODIFIERS = 4 | 8 | 16, WHEEL_ROWS = 3 };

struct click {
	long	 button, column, row;
};

/* CSI < button ; column ; row M, counted from 1; a release ends in m and is none. */
static bool
read_click(const char *bytes, struct click *click)
{
	long *const numbers[] = { &click->button, &click->column, &click->row };
	char *end = (char *)(uintptr_t)bytes + 3;

	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		const char *from = end;

		*numbers[i] = strtol(from, &end, 10);
		if (end == from || *numbers[i] < 0 || *numbers[i] > LIMIT_SCREEN_COLUMNS || *end != (i < 2 ? ';' : 'M'))
			return false;
		end++;
	}
	click->column--;
	click->row--;
	return true;
}

static bool
is_in(const struct area *area, const struct click *click)
{
	return click->row >= area->row && click->row < area->row + area->rows && click->column >= area->column &&
	    click->column < area->column + area->columns;
}

static void
wheel(struct face *face, const struct click *click, int rows)
{
	if (is_in(&face->info.area, click))
		face->info.top = MAX(0, face->info.top + rows);
	else if (is_in(&face->layout.chat, click) && face->page.on)
		page_move(face, rows);
	else if (is_in(&face->layout.chat, click))
		face_scroll(face, rows);
}

static void
press(struct face *face, const struct click *click)
{
	struct view_chat view = face_view(face);
	struct chat *chat = is_in(&face->layout.list, click) ? chat_list_at(face->model, face->front,
	    &face->layout.list, (int)click->row) : NULL;
	int64_t id;

	if (chat != NULL) {
		face_go(face, chat);
		return;
	}
	if (face->page.on)
		return;
	for (int i = 0; face->split && i < split_count(face->splits); i++) {
		struct split *leaf = split_at(face->splits, i);

		if (leaf != face->focus && is_in(&leaf->area, click)) {
			splits_focus(face, leaf);
			return;
		}
	}
	id = is_in(&face->layout.chat, click) ? view_chat_at(&view, (int)click->row) : 0;
	if (id != 0)
		select_click(face, id);
}

void
mouse_take(struct face *face, const char *bytes)
{
	struct click click;

	/* A question is answered by keys. */
	if (!read_click(bytes, &click) || face->paste.text != NULL || face->palette.on || face->ask.open)
		return;
	face_mark(face, DIRTY_ALL);
	switch (click.button & ~MODIFIERS) {
	case WHEEL_UP:
	case WHEEL_DOWN:
		wheel(face, &click, (click.button & ~MODIFIERS) == WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS);
		break;
	case 0:
		press(face, &click);
		break;
	default:
		break;
	}
}
