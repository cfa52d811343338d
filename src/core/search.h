/*
 * search.h: what people look for, and what is found, as JSON: confab-protocol(7), search.
 *
 * Words are looked for all at once, "several words" as they stand, word* with any end, and from:WHO, in:CHAT (in:here
 * is the present one), after:DATE, before:DATE (core/when.h), has:link.  WHO and CHAT are parts of addresses; from:me
 * is us.
 */
#ifndef CORE_SEARCH_H
#define CORE_SEARCH_H

#include <jansson.h>

#include "core/core.h"

struct account;
struct search;

struct search_wish {
	const char	*words, *tz;		/* tz may be NULL */
	struct account	*account;		/* only of this one; may be NULL */
	const char	*chat;			/* only in this one; may be NULL, and needs account */
	const char	*here;			/* what in:here means; may be NULL, and needs here_account */
	struct account	*here_account;
	int64_t		 before;		/* only what stands before this message; 0: any */
	unsigned	 limit;
	bool		 context;		/* the neighbours of what is found come too */
};
enum { SEARCH_LIMIT = 20, SEARCH_LIMIT_MAX = 200 };

/* result is taken by whoever is called; NULL: error says why. */
typedef void (*search_done)(void *ctx, json_t *result, const GError *error);
/* NULL with RPC_ERROR_USAGE or the like; else done is called later, unless it is cancelled. */
struct search *search_begin(struct core *, const struct search_wish *, search_done, void *ctx, GError **error);
/* done is not called; its ctx comes back. */
void	*search_cancel(struct search *);
/* The one under way that calls done with a ctx of which is(ctx, what) is true; NULL: none. */
struct search *search_find(const struct core *, search_done done, bool (*is)(const void *ctx, const void *what),
	    const void *what);

/* Before the store closes: what is under way fails. */
void	 search_free(struct core *);

#endif
