/*
 * field.h: a line that is edited, in rows: broken at the cell, every blank kept, so that the cursor always stands where
 * the next key goes.  Pure.
 */
#ifndef TUI_FIELD_H
#define TUI_FIELD_H

#include <glib.h>
#include <stddef.h>

#include "base/text.h"
#include "face/tui/canvas.h"
#include "face/tui/layout.h"

/* Rows as struct text_row; where the byte at point is shown. */
GArray	*field_rows(const char *line, size_t point, int columns, const struct text_policy *, int *row, int *column);
/*
 * Draws prompt and line, the rows below the first indented under the prompt, scrolled so that the cursor is seen, and
 * puts the cursor there.
 */
void	 field_draw(struct canvas *, const struct area *, const char *prompt, enum slot prompt_slot, const char *line,
	    size_t point, enum slot text_slot);
/* How many rows it would take. */
int	 field_height(int columns, const char *prompt, const char *line, size_t point, const struct text_policy *);
/* Byte offset of the place a row above (-1) or below (1) the point; -1 when there is no such row. */
long	 field_move(int columns, const char *prompt, const char *line, size_t point, int by,
    const struct text_policy *);

#endif
