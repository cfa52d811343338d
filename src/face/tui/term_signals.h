/*
 * term_signals.h: signals as something to read, and the terminal put back when the program dies.
 *
 * The signals that concern a terminal are blocked and read from a descriptor: no handler runs in the middle of
 * anything, and GLib needs no thread.  A child inherits the mask: spawn it before, or between term_signals_give() and
 * term_signals_take().
 */
#ifndef TUI_TERM_SIGNALS_H
#define TUI_TERM_SIGNALS_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

/*
 * Blocks SIGWINCH, SIGTSTP, SIGCONT, SIGHUP, SIGTERM, SIGINT, SIGQUIT; returns a descriptor to read them from, or -1.
 */
int	 term_signals_open(void);
/* Everything as it was before. */
void	 term_signals_close(int fd);
void	 term_signals_give(void);
void	 term_signals_take(void);
/* The next signal that waits, 0 when there is none. */
int	 term_signals_next(int fd);
/* Stops the whole process group, as Ctrl-Z does, and returns when it goes on. */
void	 term_signals_stop(void);

/*
 * From now on a crash, exit() or term_rescue() first writes what changes the screen back and restores the modes.  fd
 * -1: no longer.
 */
void	 term_signals_arm(int fd, const struct termios *, const char *leave);

#endif
