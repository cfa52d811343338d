/*
 * term.h: the terminal: opens /dev/tty, shows canvases, hands over what is typed.  term_curses.c is the only file that
 * knows curses; gate.c is the only one that writes to the terminal.
 *
 * ncurses draws into a memory file; the gate translates that frame and writes it with one non-blocking write.  Nothing
 * here ever blocks (term_close() and its like wait a quarter of a second at most): while the terminal does not take
 * bytes, frames are merged.
 *
 * Between open and close the signals of term_signals.h are blocked, in children too: spawn before, or between
 * term_lend() and term_return().  Main thread.  No handler may call term_close().
 */
#ifndef TUI_TERM_H
#define TUI_TERM_H

#include <glib.h>
#include <stdbool.h>

#include "face/tui/canvas.h"
#include "face/tui/gate.h"
#include "face/tui/keys.h"

struct term;

struct term_handler {
	/* One token of input (keys.h), answers to our own questions left out; lent. */
	void	(*token)(void *ctx, const struct key_token *);
	/* The size changed, the terminal told more about itself (text policy), or it is ours again: draw everything. */
	void	(*changed)(void *ctx);
	/* A frame that had to wait can be shown now: call term_show() again with the newest canvas. */
	void	(*writable)(void *ctx);
	/*
	 * The terminal is gone, or SIGHUP, SIGTERM, SIGINT or SIGQUIT asks us to end.  At most once; from the main
	 * loop.
	 */
	void	(*gone)(void *ctx);
};

/*
 * path NULL: /dev/tty.  Reads TERM, the locale, TMUX, STY, SSH_CONNECTION, NO_COLOR; sets LC_CTYPE.  NULL with a
 * sentence when there is no terminal or TERM cannot place the cursor.  *notice (the caller's, may be NULL): what was
 * chosen instead of what was asked, such as C.UTF-8.  Nothing is written before the first term_show().  One at a time.
 */
struct term *term_open(const char *path, const struct term_handler *, void *ctx, char **notice, GError **error);
/* Leaves the alternate screen and puts everything back. */
void	 term_close(struct term *);

void	 term_size(const struct term *, int *rows, int *columns);
/* Changes, together with a call of changed(), when the terminal has answered. */
const struct text_policy *term_policy(const struct term *);
/* What it is shown in, and may be loaded over (theme_load()); then term_repaint(). */
struct theme *term_theme(struct term *);
/* The terminal says that what is behind its text is light; changes as term_policy() does. */
bool	 term_is_light(const struct term *);
/* 256, 16, 8 or 0. */
int	 term_colours(const struct term *);
/*
 * False: the frame before is still being written, and writable() will come; or the terminal is lent, and changed() will
 * come.  A canvas of another size than term_size() is not shown.
 */
bool	 term_show(struct term *, const struct canvas *);
/* What is typed stays in the kernel until it is held no longer. */
void	 term_hold(struct term *, bool hold);
/* The next term_show() paints everything. */
void	 term_repaint(struct term *);
/* Ctrl-Z: gives the terminal back, stops the process group, comes back and calls changed(). */
void	 term_suspend(struct term *);
/* Gives the terminal to another program (an editor) and takes it back. */
void	 term_lend(struct term *);
void	 term_return(struct term *);
/* How long an Esc waits for what may follow it; 0: what suits the way to the terminal. */
void	 term_set_escape(struct term *, int ms);
/* Clicks and the wheel come as KEY_MOUSE; until then they are the terminal's own. */
void	 term_set_mouse(struct term *, bool);
void	 term_bell(struct term *);
/* False: it is too long, or the terminal has no clipboard to write to.  Whether it took it is not known. */
bool	 term_copy(struct term *, const char *text);
void	 term_title(struct term *, const char *title);

/* Frames, writes and bytes so far. */
void	 term_counts(const struct term *, struct gate_counts *);

/* An async-signal-safe call that puts the terminal back; crashes and exit() do it by themselves. */
void	 term_rescue(void);

#endif
