/* order.h: the only place that makes an ord, the one order of all messages. */
#ifndef STORE_ORDER_H
#define STORE_ORDER_H

#include "store/store.h"

/*
 * For what happens now: microseconds of the server's clock (ours plus clock_offset_us), but always after everything
 * that has a place, with room between for what an archive brings later.  Never the same twice.
 */
int64_t	 order_live(struct store *, int64_t clock_offset_us);

#endif
