/*
 * page.h: a view that stands in the chat's place: lines to read, some of which lead somewhere.  Keys without Ctrl or Alt
 * are the page's; all others do what they do everywhere, and going to a chat leaves it.  The line keeps its text.
 *
 * A page is made anew whenever it is drawn: page_help.c and page_contacts.c make the lines.
 */
#ifndef TUI_PAGE_H
#define TUI_PAGE_H

#include "face/tui/face.h"

struct page_line {
	char		*text, *right;		/* right may be NULL: what stands at the right edge */
	char		*target;		/* what Enter follows; NULL: nothing */
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
/* Adds text wrapped to the page, indented. */
void	 page_add_wrapped(struct page_lines *, enum slot, int indent, const char *text);

void	 page_help_make(struct face *, struct page_lines *);
void	 page_legend_make(struct face *, struct page_lines *);
void	 page_contacts_make(struct face *, struct page_lines *);
void	 page_contacts_follow(struct face *, const char *target);
bool	 page_contacts_key(struct face *, const char *target, const char *bytes, size_t len);
/* Enter, and Backspace where there is nothing to filter. */
void	 page_help_follow(struct face *, const char *target);
void	 page_help_back(struct face *);

#endif
