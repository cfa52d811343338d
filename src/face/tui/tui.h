/* tui.h: the terminal face as one call. */
#ifndef TUI_TUI_H
#define TUI_TUI_H

#include "base/paths.h"

struct tui_options {
	const char	*as;	/* the face's name for its own layout; NULL: main */
	const char	*uri;	/* an xmpp: link, whose line is to stand in the console; NULL: none */
	bool		 linear;	/* lines instead of a screen; a core has to listen already */
	/* Starts a core where one ended, and waits until it listens; called in a thread of its own. */
	bool		(*start_core)(void *ctx, GError **error);
	void		*start_ctx;
};

/*
 * Attaches to the core that listens at paths->socket, or starts one, behind the first frame on the screen; runs until
 * the person leaves or the terminal goes away; when the core ends it waits for the next one.  Returns the exit status:
 * 0, 1 without a terminal or when no core came up, 2 without a core, 4 for a core of another protocol; the reason is
 * then on stderr.
 */
int	 tui_main(const struct paths *, const struct tui_options *);

/* confab doctor: what can be known of the terminal without changing anything in it.  False: something is wrong. */
bool	 tui_doctor(void);

#endif
