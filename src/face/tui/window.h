/*
 * window.h: the part of one chat that this face holds: a run of its messages without a hole, and what was only said
 * here (answers of commands, notices, open questions).  Bounded: what is far from the view is forgotten and asked for
 * again; memory does not grow with the history.
 */
#ifndef TUI_WINDOW_H
#define TUI_WINDOW_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/event.h"

struct passages;

enum entry_kind { ENTRY_MESSAGE, ENTRY_NOTE, ENTRY_PROMPT };

struct entry {
	enum entry_kind	 kind;
	int64_t		 id;		/* the message's number; below 0: made here */
	int64_t		 order;		/* where it stands; INT64_MAX: below all others */
	int64_t		 time;		/* ms; of a message that came late: when it came */
	int64_t		 sent;		/* ms; when it was said, if it came late; else 0 */
	struct event	 event;		/* messages and prompts */
	int		 unfolded;	/* how many times LIMIT_FOLD_ROWS of its rows are shown; 0: folded */
	bool		 asked;		/* the whole of a message that came cut was asked for */
	enum severity	 severity;	/* notes */
	char		*text;		/* notes */
	struct passages	*passages;	/* a note that counts who came and went; else NULL */
};

enum window_side { WINDOW_BEFORE, WINDOW_AFTER };

/* Messages that the core does not have, between two orders. */
struct window_gap {
	int64_t		 after, before;
	int64_t		 from, to;	/* ms */
	char		*reason;	/* or NULL */
};

/* In window.asked: the archive is being asked, and a sync event says when to go on. */
enum { WINDOW_ASKED_ARCHIVE = -1 };

struct window {
	/* Sorted by place.  Read it; change it only by the functions below. */
	struct entry	**entries;
	size_t		  n;
	bool		  at_start, at_end;	/* nothing older, nothing newer is known to the core */
	bool		  loaded;		/* a page came */
	bool		  missed;		/* something newer came while the end was not held */
	int64_t		  asked[2];		/* requests under way, by side; 0: none */
	GArray		  *gaps;		/* of struct window_gap, in order */
	/* private */
	size_t		  room, messages, bytes;
	int64_t		  next_note;
	void		 *by_id;
};

struct window *window_new(void);
void	 window_free(struct window *);

/* The entries that can be drawn: [*low, *high).  Notes whose neighbours are not held are left out. */
void	 window_range(const struct window *, size_t *low, size_t *high);
/* Index of an entry, -1 when it is not held. */
long	 window_find(const struct window *, int64_t id);
/* The first and last message that has a place; NULL when none is held. */
const struct entry *window_edge(const struct window *, enum window_side);

/*
 * Folds a message event in; false when nothing changed.  live: it came by itself and not in a page; a new one is then
 * taken only where the end is held.
 */
bool	 window_take(struct window *, const struct event *, bool live);
/* Says something at the end; text is copied. */
void	 window_note(struct window *, enum severity, int64_t time, const char *text);
/* Somebody came to the room or left it: counted in one note as long as nothing else is said. */
void	 window_passage(struct window *, const struct event *);
/* An open question; the same id again replaces it, gone takes it away. */
void	 window_prompt(struct window *, const struct event *);
/* The entry of a question. */
int64_t	 window_prompt_id(int64_t prompt);
/* The key that gives the i-th answer of a question, "" behind the last one: its own, else the first letter of the word
 * that no answer before it has.  The caller's. */
char	*window_prompt_key(const struct event_prompt *, size_t i);
/* Forgets what was only said here. */
void	 window_clear_notes(struct window *);
/* Forgets the messages: the next page begins anew.  Notes stay. */
void	 window_forget(struct window *);
/* Brings it back below its limits, on one side. */
void	 window_trim(struct window *, enum window_side from);
bool	 window_full(const struct window *);
/* Takes the place of those that were told before; an array as history gives it. */
void	 window_take_gaps(struct window *, const json_t *);

#endif
