/*
 * status.h: title line, status line and prompt: what their items are now (proto/item.def), put together as their
 * formats say.
 */
#ifndef TUI_STATUS_H
#define TUI_STATUS_H

#include <stdbool.h>

#include "face/tui/bar.h"
#include "face/tui/layout.h"
#include "face/tui/model.h"
#include "face/tui/canvas.h"

/* In the order of their settings' names. */
enum status_line {
	STATUS_PROMPT, STATUS_STATUS, STATUS_STATUS_NARROW, STATUS_STATUS_WIDE, STATUS_TITLE, STATUS_TITLE_NARROW,
	STATUS_TITLE_WIDE, STATUS_LINES
};

/* Their formats; the standard ones after status_formats_init(). */
struct status_formats {
	GPtrArray	*line[STATUS_LINES];
};
void	 status_formats_init(struct status_formats *);
void	 status_formats_clear(struct status_formats *);
/* The setting "ui.title" or its like; -1: it is none of them. */
int	 status_line_of(const char *setting);
/* Takes a format; false with an error, and then it stays as it was. */
bool	 status_set(struct status_formats *, enum status_line, const char *text, GError **error);

struct status {
	struct model	*model;
	struct chat	*chat;
	const struct status_formats *formats;
	const struct text_policy *policy;
	bool		 clock;		/* the time is true and will be kept so */
	bool		 named;		/* there is no title */
	bool		 inactive;	/* the title of a split that has not the keys */
	int		 running;	/* commands without an answer yet */
	const char	*hint, *mode;	/* what the keys do now; may be NULL */
	const char	*face;		/* its name */
	int		 split, splits;	/* which one this is, from 1 */
	int		 columns;	/* of the screen, or of the split */
};

void	 status_draw_title(struct status *, struct canvas *, const struct area *);
void	 status_draw(struct status *, struct canvas *, const struct area *);
/* What stands before the input line: "alice> ".  The caller's. */
char	*status_prompt(struct status *, int columns);
/* An availability in words: "away for long". */
const char *status_words(enum presence_show);
/* The sign of an availability, and its slot. */
const char *status_sign(enum presence_show, bool known, bool ascii, enum slot *);

#endif
