/* order.h: the only place that makes an ord, the one order of all messages. */
#ifndef STORE_ORDER_H
#define STORE_ORDER_H

#include "store/store.h"

/*
 * For what happens now: microseconds of the server's clock (ours plus clock_offset_us), but always after everything
 * that has a place, with room between for what an archive brings later.  Never the same twice.
 */
int64_t	 order_live(struct store *, int64_t clock_offset_us);

/* The last place that was given: what happens now comes after it. */
int64_t	 order_last(const struct store *);
/*
 * For n messages that follow each other in an archive, between a row with a place (floor; 0: none is known) and the
 * next one (ceil; INT64_MAX: none): wanted[i], which is the time at which the archive got it (in: microseconds) and
 * becomes its place (out).  They ascend, keep away from each other where there is room, and are spread evenly where
 * there is little.  A place may be taken by another account's message: order_free().
 */
void	 order_between(int64_t floor, int64_t ceil, int64_t *wanted, size_t n);
/* The first place from this one on that nobody has; it counts as given.  0 with an error. */
int64_t	 order_free(struct store *, int64_t ord, GError **error);

#endif
