/*
 * canvas.h: what is on the screen, as cells.  Pure: no terminal, no curses; views draw on it, tests read it, term.h
 * shows it.
 *
 * A cell holds one grapheme cluster (interned when it is more than one simple character), its width and a theme slot.
 * The right half of a wide cluster is a cell of width 0.  Control characters and bidi controls are refused here once
 * more: whatever text is given, no such byte reaches a cell.
 */
#ifndef TUI_CANVAS_H
#define TUI_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "face/tui/theme.h"

struct canvas;

struct canvas *canvas_new(int rows, int columns, const struct text_policy *);
void	 canvas_free(struct canvas *);
/* Contents are lost. */
void	 canvas_resize(struct canvas *, int rows, int columns);
int	 canvas_rows(const struct canvas *);
int	 canvas_columns(const struct canvas *);
/* How clusters are measured from now on; everything must be drawn again. */
void	 canvas_set_policy(struct canvas *, const struct text_policy *);
const struct text_policy *canvas_policy(const struct canvas *);

/* Blanks in a slot. */
void	 canvas_clear(struct canvas *, int row, int column, int rows, int columns, enum slot);
/*
 * Draws text from (row, column) up to, not including, column end; what does not fit is cut at a cluster.  Returns the
 * column after it.  len -1: up to the NUL.
 */
int	 canvas_text(struct canvas *, int row, int column, int end, enum slot, const char *text, gssize len);
/* Same, and "…" (or "...") as the last cell when something was cut. */
int	 canvas_text_cut(struct canvas *, int row, int column, int end, enum slot, const char *text);
int	 canvas_printf(struct canvas *, int row, int column, int end, enum slot, const char *format, ...)
	    G_GNUC_PRINTF(6, 7);
/* The slot of cells that are drawn already. */
void	 canvas_paint(struct canvas *, int row, int column, int columns, enum slot);
/* Where the cursor is shown; row -1 hides it. */
void	 canvas_cursor(struct canvas *, int row, int column);

/*
 * The rows as text, each ended by a newline, trailing blanks kept out; with_cursor: U+2588 stands at the cursor.  The
 * caller's.  canvas_dump_slots: one letter per cell, with a legend; for golden tests of colours.
 */
char	*canvas_dump(const struct canvas *, bool with_cursor);
char	*canvas_dump_slots(const struct canvas *);

/* --- for term.h --- */
struct cell {
	uint32_t glyph;		/* a code point, or CANVAS_INTERNED + index */
	uint16_t slot;
	uint8_t	 width;		/* 1, 2; 0: the right half of the cell before */
};
#define CANVAS_INTERNED 0x110000u
const struct cell *canvas_row(const struct canvas *, int row);
/* The bytes of an interned glyph. */
const char *canvas_glyph(const struct canvas *, uint32_t glyph, size_t *len);
void	 canvas_cursor_place(const struct canvas *, int *row, int *column);

#endif
