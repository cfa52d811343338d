/*
 * rows.h: one entry of a chat as rows of the screen: time, sender, marks, text; the day and unread lines, and what is
 * missing, before it; the reason below it.  Pure, and made anew whenever it is drawn: nothing wrapped is kept.
 *
 * Where a time takes 5 columns and ui.sender_width is 12:
 *
 *	columns		time	sender	marks	text at
 *	90 and more	0	6 (12)	19	22
 *	50 to 89	0	6 (8)	15	18
 *	30 to 49	0	-	6	9, the name opens the text
 *	below 30	-	-	0	3, the name opens the text
 */
#ifndef TUI_ROWS_H
#define TUI_ROWS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "face/tui/canvas.h"
#include "face/tui/window.h"

/* What people set; all zero but sender_width: the default. */
struct rows_style {
	int		 sender_width;		/* columns; 0: the name opens the text */
	char		*time_format;		/* of strftime(3); NULL: HH:MM */
	int		 time_width;		/* columns that it takes at most */
	bool		 plain;			/* no text is styled */
};
enum { ROWS_SENDER_WIDTH = 12 };
/* format is copied. */
void	 rows_style_set_time(struct rows_style *, const char *format, const struct text_policy *);
void	 rows_style_clear(struct rows_style *);

/* The selection: the entry in front of the reader's eye, and those that are marked. */
struct rows_select {
	int64_t		 at;			/* 0: nothing is selected */
	GHashTable	*marked;		/* int64_t *, a set; may be NULL */
};

struct rows_look {
	int		 columns;
	const struct text_policy *policy;
	const struct rows_style *style;		/* NULL: the default */
	bool		 is_room;
	bool		 encrypted;	/* the chat is, so what is not says so */
	const struct rows_select *select;	/* NULL: nothing is selected */
	const char	*own, *own_jid;		/* how we are called */
	const char	*other, *other_jid;	/* the person; in a room the message's nick is used */
	const GArray	*gaps;			/* of struct window_gap; NULL: none */
	bool		 no_days;		/* whoever draws it says which day it is */
};

struct rows_unread {
	int64_t		 before;	/* the message that the line stands above; 0: none */
	int		 count, mentions;	/* mentions: of them for you, in a room */
	int64_t		 since;		/* ms; when one was there last; 0: not known */
};

/* Time, sender, marks, cursor, the opening name, and pieces of text: what is styled beyond that is plain. */
enum { ROW_SPANS = 24, ROW_SPANS_LEFT = 2 };

struct row {
	int		 n;
	bool		 across;		/* a line across the screen: it belongs to no message */
	struct {
		int		 column;
		enum slot	 slot;
		char		*text;
	} span[ROW_SPANS];
};

/*
 * The rows of entry, of which previous (may be NULL) stands above.  joined to it: the name is left out when the same
 * person goes on within 5 minutes, the time when it is the same minute.  An array of struct row, at least one.
 */
GPtrArray *rows_build(const struct rows_look *, const struct rows_unread *, const struct entry *previous,
	    const struct entry *);
void	 row_free(void *row);
void	 rows_draw(const struct row *, struct canvas *, int row, int column, int end);

/* How many rows of it are not shown because it is folded; -1: more than were counted. */
int	 rows_folded(const struct rows_look *, const struct entry *);

/* A line across: "── text ────"; dashed for states of the view.  The caller's. */
char	*rows_rule(const char *text, int columns, bool dashed, const struct text_policy *);
/* Such a line as a row; takes text. */
struct row *rows_across(char *text, enum slot);
/* "👍 you ada   🎉 4": up to three names, then how many; "" for none.  The caller's. */
char	*rows_reactions(const json_t *reactions);
/* "21:14" or as the style (NULL: the default) wants it, and "Fri 20 Nov 2026", in local time.  The caller's. */
char	*rows_time(const struct rows_style *, int64_t ms);
char	*rows_day(int64_t ms);
/* The sign of a message's state, and its slot; "" when there is nothing to say. */
const char *rows_mark(enum message_state, bool ascii, enum slot *);

#endif
