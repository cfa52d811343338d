/*
 * clock.h: what time it is, and timers.  Everything that depends on time asks here, so that a test can
 * stand still and then move on.
 *
 * There are two clocks.  The real one (CLOCK_REALTIME) may jump and is only for what people read and for
 * ordering messages; the boot one (CLOCK_BOOTTIME) never jumps, counts while the machine is suspended, and is
 * what every deadline is measured on.
 *
 * All timers of a process share one timerfd on its default main context; a process without timers makes no
 * wake-ups.  Main thread only, but clock_real_us() and clock_boot_ms(), which any thread may call.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

int64_t clock_real_us(void);
int64_t clock_boot_ms(void);

struct clock_timer;

/* Calls fn(ctx) once, delay_ms from now.  The timer is freed before the call; clear your pointer in fn. */
struct clock_timer *clock_timer_start(int64_t delay_ms, void (*fn)(void *ctx), void *ctx);

/* Forgets *timer and sets it to NULL; NULL in *timer is fine. */
void	 clock_timer_cancel(struct clock_timer **timer);

/*
 * Calls fn(ctx) after the machine slept, or somebody set its clock: the kernel tells, nothing looks.  Once per process.
 */
void	 clock_on_jump(void (*fn)(void *ctx), void *ctx);

/*
 * Tests: from now on both clocks stand still at real_us and move only by clock_fake_advance(), which runs the
 * timers that come due on the way, in order.  Affects the whole process.
 */
void	 clock_fake_start(int64_t real_us);
void	 clock_fake_advance(int64_t ms);
void	 clock_fake_stop(void);
/*
 * From now on each reading of clock_boot_ms() finds it so much later than the one before: for what waits on another
 * thread.
 */
void	 clock_fake_step(int64_t ms);
/* The machine sleeps for so long: timers that come due meanwhile run when it wakes up. */
void	 clock_fake_sleep(int64_t ms);

/*
 * RFC 3339 in UTC with milliseconds, "2026-11-20T21:16:03.512Z"; outside the years 1970 to 9999 the beginning of 1970.
 */
char	*clock_format_utc(int64_t real_ms);
/* XEP-0082 DateTime to milliseconds since 1970; false when text is not one, or is outside the years 1970 to 9999. */
bool	 clock_parse_utc(const char *text, int64_t *real_ms);

#endif
