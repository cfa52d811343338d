/*
 * spans.h: what of an archive (XEP-0313) is here without a hole: spans of the one order, which never touch each other.
 * What is between two of them, and before the first, is not here or not known to be.
 *
 * A span is written in the same savepoint as the rows of the page that made it longer.  As messages.h says: changes run
 * in an open savepoint, reading logs what the disk said.
 */
#ifndef STORE_SPANS_H
#define STORE_SPANS_H

#include "store/store.h"

struct archive_row {
	int64_t	 id, account;
	char	*jid, *peer;	/* peer "": all that was said */
	int64_t	 made_ms;	/* when it was first looked at here */
	int64_t	 behind;	/* see schema.def */
};
void	 archive_row_clear(struct archive_row *);
/* Its id; made when create, else 0 without an error. */
int64_t	 archive_row_find(struct store *, int64_t account, const char *jid, const char *peer, bool create,
    GError **error);
/* False when there is none; the row is then cleared. */
bool	 archive_row_load(struct store *, int64_t id, struct archive_row *);
bool	 archive_row_set_behind(struct store *, int64_t id, int64_t ord, GError **error);

struct span {
	int64_t	 low, high;	/* orders of its first and last message, or of when it was known that there is none */
	/* ids in the archive.  first NULL: the archive has nothing older; last NULL: none known */
	char	*first, *last;
	char	*why;		/* why what is older is not here; NULL: it was not asked for, or not yet */
};
void	 span_clear(struct span *);
/* Oldest first, of struct span. */
GPtrArray *span_list(struct store *, int64_t archive);
/* The span that holds ord or is the last one below it; false when there is none (it is then cleared). */
bool	 span_find(struct store *, int64_t archive, int64_t ord, struct span *);
/* Is there one that begins above this? */
bool	 span_above(struct store *, int64_t archive, int64_t low);

/* A new one; it swallows those that it touches, and then begins and ends as they do where they reach further. */
bool	 span_add(struct store *, int64_t archive, const struct span *, GError **error);
/*
 * The span that begins or ends here reaches further: up to high, whose message has the id last (NULL: the one it had),
 * or down to low and first (NULL: the beginning).  It swallows others that it now touches.
 */
bool	 span_grow_up(struct store *, int64_t archive, const struct span *, int64_t high, const char *last,
    GError **error);
bool	 span_grow_down(struct store *, int64_t archive, const struct span *, int64_t low, const char *first,
	    GError **error);
/* NULL takes the reason away. */
bool	 span_set_why(struct store *, int64_t archive, int64_t low, const char *why, GError **error);

struct gap {
	int64_t	 low, high;	/* the orders between which something may be missing; low 0: from the beginning */
	char	*why;		/* or NULL */
};
void	 gap_free(struct gap *);
/*
 * What is missing of a chat with this address, by the account's own archive and by what was asked of it about this
 * peer, oldest first: at first what is before everything, if the archive has more, then what is between.  NULL peer: of
 * the whole account.  Empty too when there is no archive.  Of struct gap.
 */
GPtrArray *span_gaps(struct store *, int64_t account, const char *jid, const char *peer);

#endif
