/* heap.c: see heap.h.  A process in which little happens has no timer, and one that is busy gives nothing back. */
#include "base/heap.h"

#include <malloc.h>

#include "base/clock.h"

enum {
	BURST = 262144,		/* bytes: less is kept in any case, for the next time */
	QUIET_MS = 500,
};

static struct clock_timer *timer;
static size_t passed;

static void
look(void *ctx)
{
	(void)ctx;
	timer = passed >= BURST ? clock_timer_start(QUIET_MS, look, NULL) : NULL;
	passed = 0;
#ifdef __GLIBC__
	if (timer == NULL)
		malloc_trim(0);
#endif
}

void
heap_passed(size_t bytes)
{
	passed += bytes;
	if (timer != NULL || passed < BURST)
		return;
	passed = 0;
	timer = clock_timer_start(QUIET_MS, look, NULL);
}
