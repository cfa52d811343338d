/* order.c: see order.h. */
#include "store/order.h"

#include "base/clock.h"
#include "store/db.h"

static const int64_t ROOM = 256;			/* between two messages, where nothing is in the way */
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

int64_t
order_last(const struct store *store)
{
	return store->last_ord;
}

void
order_between(int64_t floor, int64_t ceil, int64_t *wanted, size_t n)
{
	int64_t last = floor, next = ceil;

	for (size_t i = 0; i < n; i++)
		wanted[i] = last = MAX(CLAMP(wanted[i], 0, LATEST), last + (last != 0 ? ROOM : 1));
	if (n == 0 || wanted[n - 1] < ceil)
		return;
	/* Too late for what comes after them: no later than that. */
	for (size_t i = n; i-- > 0 && wanted[i] > next - ROOM;)
		wanted[i] = next = next - ROOM;
	if (wanted[0] > floor)
		return;
	for (size_t i = 0; i < n; i++)
		wanted[i] = MAX(floor + (ceil - floor) / (int64_t)(n + 1) * (int64_t)(i + 1), floor + 1 + (int64_t)i);
}

int64_t
order_free(struct store *store, int64_t ord, GError **error)
{
	int64_t taken = 0;

	if (!db_number(store, error, &taken, "SELECT 1 FROM message WHERE ord = ?1", "i", ord))
		return 0;
	if (taken != 0 && !db_number(store, error, &ord,
	    "SELECT m.ord + 1 FROM message m WHERE m.ord >= ?1 AND NOT EXISTS (SELECT 1 FROM message n WHERE n.ord = m.ord + 1) ORDER BY m.ord LIMIT 1", "i", ord))
		return 0;
	store->last_ord = MAX(store->last_ord, ord);
	return ord;
}
