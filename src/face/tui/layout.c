/* layout.c: see layout.h. */
#include "face/tui/layout.h"

#include <glib.h>
#include <string.h>

enum layout_size
layout_size(int columns)
{
	return columns < NARROW_BELOW ? SIZE_NARROW : columns < LIST_FROM ? SIZE_NORMAL : SIZE_WIDE;
}

void
layout_make(struct layout *layout, int rows, int columns, int input_rows, int box_rows, enum list_wish wish,
    int list_columns)
{
	int third = MAX(1, rows / 3), top = 0, bottom = rows;

	memset(layout, 0, sizeof *layout);
	layout->input.rows = CLAMP(input_rows, 1, third);
	bottom -= layout->input.rows;
	if (rows > 4)
		layout->status.rows = 1, bottom--;
	if (rows > 8)
		layout->title.rows = 1, top++;
	layout->box.rows = CLAMP(box_rows, 0, MIN(MAX(1, rows / 2), MAX(0, bottom - top)));
	layout->chat.rows = MAX(0, bottom - layout->box.rows - top);
	layout->chat.row = top;
	layout->box.row = top + layout->chat.rows;
	layout->status.row = bottom;
	layout->input.row = rows - layout->input.rows;
	layout->title.columns = layout->box.columns = layout->status.columns = layout->input.columns = columns;
	layout->chat.columns = columns;
	if (wish == LIST_HIDDEN || columns < (wish == LIST_SHOWN ? 0 : LIST_FROM) ||
	    columns < list_columns + 1 + CHAT_BESIDE)
		return;
	layout->list = layout->chat;
	layout->list.columns = list_columns;
	layout->border = layout->chat;
	layout->border.column = list_columns;
	layout->border.columns = 1;
	layout->chat.column = list_columns + 1;
	layout->chat.columns -= list_columns + 1;
}
