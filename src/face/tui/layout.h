/*
 * layout.h: which part of the screen is whose.  Pure.
 *
 * From top to bottom: title, chat (the chat list at its left), box (candidates, a question about a paste), status,
 * input.  What there is no room for gives way in this order: chat list below 100 columns (when it is asked for: where
 * it leaves 50 to the chat), title at 8 rows and less, status at 4.  The input always stays.
 */
#ifndef TUI_LAYOUT_H
#define TUI_LAYOUT_H

#include <stdbool.h>

struct area {
	int	 row, column, rows, columns;	/* rows 0: not shown */
};

enum list_wish { LIST_AUTO, LIST_SHOWN, LIST_HIDDEN };

/* What was hidden or shown by a key is so for screens of this size: below 60 columns, below 100, wider. */
enum layout_size { SIZE_NARROW, SIZE_NORMAL, SIZE_WIDE, LAYOUT_SIZES };

enum {
	LIST_COLUMNS = 24, LIST_COLUMNS_MIN = 12, LIST_COLUMNS_MAX = 60,
	LIST_FROM = 100, NARROW_BELOW = 60,
	CHAT_BESIDE = 50,	/* columns that panes leave to the chat */
};

struct layout {
	struct area	 title, list, border, chat, box, status, input;
};

enum layout_size layout_size(int columns);
/*
 * input_rows and box_rows as wished for; the input gets at least one row and at most a third of the height, the box
 * half.
 * list_columns: how wide the chat list is where it is shown.
 */
void	 layout_make(struct layout *, int rows, int columns, int input_rows, int box_rows, enum list_wish,
    int list_columns);

#endif
