/*
 * term_curses.h: canvases turned into frames by ncurses, in memory.  Nothing here touches the terminal: no descriptor,
 * no mode, no signal (but see term_signals.h: ncurses installs handlers wherever there are none).
 */
#ifndef TUI_TERM_CURSES_H
#define TUI_TERM_CURSES_H

#include <glib.h>
#include <stdbool.h>

#include "face/tui/canvas.h"
#include "face/tui/gate.h"
#include "face/tui/theme.h"

struct term_curses;

/*
 * type: as in TERM.  NULL without a reason when nothing is known about it, with an error when it is known and cannot
 * place the cursor.  One at a time.
 */
struct term_curses *term_curses_open(const char *type, bool colours, GError **error);
void	 term_curses_close(struct term_curses *);
/* 256, 16, 8 or 0. */
int	 term_curses_colours(const struct term_curses *);
/* What changes to our screen and clears it, and what changes back; both live in the object. */
const char *term_curses_enter(const struct term_curses *);
const char *term_curses_leave(const struct term_curses *);
void	 term_curses_resize(struct term_curses *, int rows, int columns);
/* The next frame is a whole one, and in the colours that the theme has then. */
void	 term_curses_repaint(struct term_curses *);
/*
 * The bytes that make the screen show the canvas; to be given to this gate, which is asked for glyphs.  The caller
 * must have that frame shown before the next, or repaint.
 */
GString	*term_curses_draw(struct term_curses *, const struct canvas *, const struct theme *, struct gate *);

#endif
