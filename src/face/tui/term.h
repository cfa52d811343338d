/*
 * term.h: the terminal: opens /dev/tty, shows canvases, hands over what is typed.  term_curses.c is the only file that
 * knows curses; gate.c is the only one that writes to the terminal.
 *
 * ncurses draws into a memory file; the gate translates that frame and writes it with one non-blocking write
 * (terminal.md §1).  Nothing here ever blocks: while the terminal does not take bytes, frames are merged.
 */
#ifndef TUI_TERM_H
#define TUI_TERM_H

#include <glib.h>
#include <stdbool.h>

#include "face/tui/canvas.h"
#include "face/tui/keys.h"

struct term;

struct term_handler {
	/* One token of input (keys.h); lent. */
	void	(*token)(void *ctx, const struct key_token *);
	/* The size changed, or the terminal told more about itself (text policy): draw everything again. */
	void	(*changed)(void *ctx);
	/* A frame that had to wait can be shown now: call term_show() again with the newest canvas. */
	void	(*writable)(void *ctx);
	/* The terminal is gone. */
	void	(*gone)(void *ctx);
};

/*
 * path NULL: /dev/tty.  Reads TERM, LANG, TMUX, SSH_CONNECTION, COLORTERM, NO_COLOR.  NULL with a sentence when there is
 * no terminal or TERM cannot place the cursor.  *notice (the caller's, may be NULL): what was chosen instead of what was
 * asked, such as C.UTF-8.
 */
struct term *term_open(const char *path, const struct term_handler *, void *ctx, char **notice, GError **error);
/* Leaves the alternate screen and puts everything back. */
void	 term_close(struct term *);

void	 term_size(const struct term *, int *rows, int *columns);
const struct text_policy *term_policy(const struct term *);
/* False: the frame before is still being written; writable() will come. */
bool	 term_show(struct term *, const struct canvas *);
/* The next term_show() paints everything. */
void	 term_repaint(struct term *);
/* Ctrl-Z: gives the terminal back, stops the process group, comes back and calls changed(). */
void	 term_suspend(struct term *);
/* Gives the terminal to another program (an editor) and takes it back. */
void	 term_lend(struct term *);
void	 term_return(struct term *);
void	 term_bell(struct term *);
void	 term_title(struct term *, const char *title);

/* An async-signal-safe call that puts the terminal back, for crash handlers. */
void	 term_rescue(void);

#endif
