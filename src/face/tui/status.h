/*
 * status.h: the title line and the status line.  Their parts have ranks; where a line is too narrow they give way, the
 * highest rank first: shortened while 16 columns of it remain, else left out.
 */
#ifndef TUI_STATUS_H
#define TUI_STATUS_H

#include <stdbool.h>

#include "face/tui/layout.h"
#include "face/tui/model.h"
#include "face/tui/canvas.h"

struct status {
	struct model	*model;
	struct chat	*chat;
	bool		 clock;		/* the time is true and will be kept so */
	bool		 named;		/* there is no title: begin with the chat's name */
	int		 running;	/* commands without an answer yet */
	const char	*hint;		/* what the keys do now; may be NULL */
};

void	 status_draw_title(const struct status *, struct canvas *, const struct area *);
void	 status_draw(const struct status *, struct canvas *, const struct area *);
/* What stands before the input line: "alice> ".  The caller's. */
char	*status_prompt(struct model *, const struct chat *, int columns);
/* An availability in words: "away for long". */
const char *status_words(enum presence_show);
/* The sign of an availability, and its slot. */
const char *status_sign(enum presence_show, bool known, bool ascii, enum slot *);

#endif
