/* order.c: see order.h. */
#include "store/order.h"

#include "base/clock.h"
#include "store/db.h"

static const int64_t ROOM = 256;			/* between two live messages */
static const int64_t LATEST = 253402300799000000;	/* the end of year 9999: no server's clock goes beyond */

int64_t
order_live(struct store *store, int64_t clock_offset_us)
{
	int64_t now = clock_real_us();

	if (clock_offset_us > LATEST - now)
		now = LATEST;
	else if (clock_offset_us < -now)
		now = 0;
	else
		now += clock_offset_us;
	store->last_ord = MAX(now, store->last_ord + ROOM);
	return store->last_ord;
}
