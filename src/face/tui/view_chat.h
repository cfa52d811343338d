/*
 * view_chat.h: the rows of one chat on the canvas, from the bottom up, and moving over them.  Only what is on the
 * screen is laid out.
 */
#ifndef TUI_VIEW_CHAT_H
#define TUI_VIEW_CHAT_H

#include <stdbool.h>

#include "face/tui/canvas.h"
#include "face/tui/model.h"
#include "face/tui/rows.h"

struct view_chat {
	struct model	*model;
	struct chat	*chat;
	const struct text_policy *policy;
	const struct rows_select *select;	/* NULL: nothing is selected */
	int		 row, column, rows, columns;
	const struct rows_style *style;	/* NULL: the default */
};

struct view_shown {
	const struct entry *last;	/* the last placed message that is drawn to its end; NULL: none */
	bool		 wants_older, wants_newer;	/* the window ends inside or near the view */
	int64_t		 cut;		/* a message on the screen of which only a beginning is held; 0: none */
};

void	 view_chat_draw(const struct view_chat *, struct canvas *, struct view_shown *);
/* Scrolls no more than it takes to show the entry: its end, or its beginning where it is above. */
void	 view_chat_show(const struct view_chat *, int64_t id);
/* The same, and it stands at a third of the height, with what came after it below. */
void	 view_chat_place(const struct view_chat *, int64_t id);
/* The entry that a row of the screen belongs to; 0: none. */
int64_t	 view_chat_at(const struct view_chat *, int row);
/* How many rows of it folding hides, see rows_folded(). */
int	 view_chat_folded(const struct view_chat *, const struct entry *);
/* Moves by rows, up is negative. */
void	 view_chat_scroll(const struct view_chat *, int rows);
void	 view_chat_top(const struct view_chat *);
void	 view_chat_bottom(const struct view_chat *);
/* Puts the unread line at a third of the height if what is new does not fit below it; false: it is not held. */
bool	 view_chat_unread(const struct view_chat *);
/* The first message that the unread line stands above, NULL when there is none or it is not held. */
const struct entry *view_chat_first_unread(const struct chat *);

#endif
