/*
 * page.h: a view that stands in the chat's place: lines to read, some of which lead somewhere.  Keys without Ctrl or
 * Alt are the page's; all others do what they do everywhere, and going to a chat leaves it.  The line keeps its text.
 *
 * A page is made anew whenever it is drawn: page_help.c, page_contacts.c and search_rows.c make the lines.  What the
 * keys do is in views.def.
 */
#ifndef TUI_PAGE_H
#define TUI_PAGE_H

#include "face/tui/face.h"
#include "face/tui/rows.h"

struct page_line {
	char		*text, *right;		/* right may be NULL: what stands at the right edge */
	char		*target;		/* what Enter follows; NULL: nothing */
	struct row	*row;			/* drawn instead of the text; the '>' is its own affair */
	bool		 same;			/* it belongs to the target above it */
	bool		 later;			/* the cursor does not begin here */
	enum slot	 slot;
};

struct page_lines {
	GArray		*lines;			/* struct page_line */
	char		*title, *count;		/* of the title row; count stands right */
	int		 columns;
	const struct text_policy *policy;
};

/* Adds a line; text is taken. */
void	 page_add(struct page_lines *, enum slot, char *text, const char *target, const char *right);
/* Only some lines are shown: those that have what is looked for. */
bool	 page_is_filtered(const struct face *);
/* This line is shown, as far as it is its own text that decides. */
bool	 page_fits(const struct face *, const char *text);
/* The line that was added last, to be changed. */
struct page_line *page_last(struct page_lines *);
/* Adds text wrapped to the page, indented. */
void	 page_add_wrapped(struct page_lines *, enum slot, int indent, const char *text);

/* The same behind head, each row below the first one; where head leaves no room, below it. */
void	 page_add_hanging(struct page_lines *, enum slot, const char *head, const char *text, const char *target);

void	 page_help_make(struct face *, struct page_lines *);
void	 page_legend_make(struct face *, struct page_lines *);
void	 page_contacts_make(struct face *, struct page_lines *);
void	 page_contacts_follow(struct face *, const char *target);
/* A key of views.def that is the view's own. */
void	 page_contacts_act(struct face *, enum view_action, const char *target);
void	 page_help_follow(struct face *, const char *target);
void	 page_help_act(struct face *, enum view_action, const char *target);

/* links.c */
void	 page_links_make(struct face *, struct page_lines *);
void	 page_links_follow(struct face *, const char *target);
void	 page_links_act(struct face *, enum view_action, const char *target);

/* page_text.c */
void	 page_text_make(struct face *, struct page_lines *);
void	 page_text_free(struct face *);
void	 page_info_make(struct face *, struct page_lines *);

/* page_form.c */
void	 page_form_make(struct face *, struct page_lines *);
void	 page_form_act(struct face *, enum view_action, const char *target);

/* view_digest.c */
void	 digest_make(struct face *, struct page_lines *);
void	 digest_follow(struct face *, const char *target);
void	 digest_act(struct face *, enum view_action, const char *target);

/* By lines that lead somewhere. */
void	 page_move(struct face *, int by);

/* search_rows.c, view_search.c */
void	 search_draw_row(struct face *, const struct row *, int row, const struct area *);
void	 search_make(struct face *, struct page_lines *);
void	 search_follow(struct face *, const char *target);
void	 search_act(struct face *, enum view_action, const char *target);

#endif
