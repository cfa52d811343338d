/*
 * search.h: upkeep of the search index.  It holds every message that has a place, also those without a body: FTS5
 * compares the number of rows.  Called by whoever gives a place or changes a body, in the same savepoint.  What was
 * added is in the index from the commit on.
 */
#ifndef STORE_SEARCH_H
#define STORE_SEARCH_H

#include "store/store.h"

bool	 search_add(struct store *, int64_t ord, const char *body, GError **error);
/* body as it was added: the index keeps no text of its own. */
bool	 search_remove(struct store *, int64_t ord, const char *body, GError **error);

/* For store.c: what waits for the commit, and its writing, in the transaction that is then committed. */
GArray	*search_waiting_new(void);
bool	 search_flush(struct store *, GError **error);

#endif
