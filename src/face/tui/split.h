/*
 * split.h: the chat's part of the screen as a tree: a leaf shows a chat, with a title row of its own and a view that
 * scrolls by itself; a node divides its area between two.  Pure.
 */
#ifndef TUI_SPLIT_H
#define TUI_SPLIT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "face/tui/layout.h"

struct split {
	struct split	*parent, *a, *b;	/* a and b NULL: a leaf */
	bool		 right;			/* b stands right of a; else below it */
	int		 share;			/* a's part, in thousandths */
	struct area	 area;			/* of a leaf: its title row and its chat; where it was placed */
	/* Of a leaf. */
	char		*account, *jid;		/* what it shows; "" both: the console */
	int64_t		 bottom;		/* where its view hangs while it has not the keys, as in struct chat */
	int		 bottom_row;
};

/* Below this nothing can be read. */
enum { SPLIT_COLUMNS = 20, SPLIT_ROWS = 3 };

enum split_side { SPLIT_LEFT, SPLIT_RIGHT, SPLIT_UP, SPLIT_DOWN };

struct split *split_new(const char *account, const char *jid);
void	 split_free(struct split *);
void	 split_show(struct split *leaf, const char *account, const char *jid);
/*
 * The leaf becomes two that show the same: it stays the same struct and becomes their node.  Returns the second; the
 * first is ->parent->a.
 */
struct split *split_divide(struct split *leaf, bool right);
/* Takes a leaf away; what stood beside it gets its place.  Returns the leaf nearest to it.  Not for the last leaf. */
struct split *split_remove(struct split **root, struct split *leaf);
/* Gives everything its area; false: somewhere it is less than can be read, and then areas are as they come out. */
bool	 split_place(struct split *root, const struct area *);
/* The least columns that a leaf has. */
int	 split_least_columns(const struct split *root);

int	 split_count(const struct split *root);
/* Leaves are counted from 0, in the order in which they stand. */
struct split *split_at(struct split *root, int i);
int	 split_index(struct split *root, const struct split *leaf);
/* The leaf at that side of this one, NULL when there is none; by the areas. */
struct split *split_beside(struct split *root, const struct split *leaf, enum split_side);
/* Makes the leaf larger or smaller, to the right or downwards; false: nothing stands there that could give way. */
bool	 split_resize(struct split *leaf, bool right, int thousandths);
void	 split_balance(struct split *root);

/* As lines "split right 500", "leaf ACCOUNT JID", "focus ACCOUNT JID"; "-" for the console. */
void	 split_write(const struct split *root, const struct split *focus, GString *);
/* From such lines; NULL when they are none, or more leaves than LIMIT_SPLITS. */
struct split *split_read(char *const *lines, struct split **focus);

#endif
