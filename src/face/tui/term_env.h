/* term_env.h: what the environment says about the terminal, and what is done where it says nothing of use. */
#ifndef TUI_TERM_ENV_H
#define TUI_TERM_ENV_H

#include <glib.h>
#include <stdbool.h>

#include "face/tui/term_curses.h"

struct term_env {
	char	*type;			/* TERM */
	char	*notice;		/* sentences for the person, NULL: all is as asked */
	bool	 multiplexer;		/* tmux or screen */
	bool	 ssh;
	bool	 colours;		/* NO_COLOR is not set */
	bool	 titles;		/* it has a title, and does not print it */
};

/* Sets LC_CTYPE too.  False with a sentence; to be cleared in any case. */
bool	 term_env_read(struct term_env *, GError **error);
void	 term_env_clear(struct term_env *);
/* ncurses for this type, or for one that is like it; says so in notice.  NULL with a sentence. */
struct term_curses *term_env_curses(struct term_env *, GError **error);

#endif
