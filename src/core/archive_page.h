/*
 * archive_page.h: one page of an archive: its results are collected until the answer to the query ends it (XEP-0313
 * §4.1), checked, placed in the one order, and stored.
 */
#ifndef CORE_ARCHIVE_PAGE_H
#define CORE_ARCHIVE_PAGE_H

#include "core/account.h"

struct room;

struct archive_page {
	struct room	*room;		/* whose archive it is; NULL: the account's */
	char		*queryid;	/* NULL: no query is open */
	GPtrArray	*results;	/* of struct archive_result */
	size_t		 bytes;
	/* more than any archive should send: LIMIT_ARCHIVE_RESULTS, LIMIT_ARCHIVE_BYTES */
	bool		 over;
};

void	 archive_page_init(struct archive_page *);
void	 archive_page_clear(struct archive_page *);
/* A new query: forgets what was collected. */
void	 archive_page_open(struct archive_page *);
void	 archive_page_close(struct archive_page *);
/* A result from anybody; kept when it is one of the open query and from whom that was asked. */
void	 archive_page_collect(struct archive_page *, const struct account *, const struct stanza *);
/* The id of the first (or last) result; NULL on an empty page. */
const char *archive_page_edge(const struct archive_page *, bool last);

struct archive_placing {
	/* what lies next to the page, see store/order.h; ceil 0: the first row after floor */
	int64_t		 floor, ceil;
	int64_t		 behind;	/* what has no known row behind it in the page comes before this */
	bool		 down;		/* the page was reached from above */
	bool		 by_time;	/* asked so, with some to spare: the page may reach beyond ceil */
	const char	*joins;		/* the id at which an older span ends, or NULL */
	int64_t		 joins_ord;	/* the end of that span; 0: there is none */
	bool		 renamed;	/* as in store/messages.h */
	int64_t		 made_ms;	/* what was said before is no news */
	/* Out: */
	int64_t		 low, high;	/* of the rows of the page that lie between; 0: none does */
	bool		 joined;	/* the page reaches into the older span */
	unsigned	 stored;	/* rows that are new */
};
/* In a savepoint.  False: the disk refused. */
bool	 archive_page_store(struct archive_page *, struct account *, struct archive_placing *);

#endif
