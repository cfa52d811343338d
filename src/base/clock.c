/*
 * clock.c: the two clocks and one timerfd for all timers.
 *
 * The list is sorted by due time and then by age; a client has a handful of timers, so a list is enough.
 */
#include "base/clock.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

struct clock_timer {
	int64_t		 due_ms;
	uint64_t	 born;
	void		(*fn)(void *);
	void		*ctx;
};

static GList	*timers;	/* of struct clock_timer, next due first */
static uint64_t	 births;
static int	 timer_fd = -1;
static int64_t	 armed_ms = -1;
static struct { void (*fn)(void *); void *ctx; } jump;

/* Atomic: other threads read the clock while a test moves it. */
static _Atomic bool fake;
static _Atomic int64_t fake_real_us, fake_boot_ms, fake_step_ms;

int64_t
clock_real_us(void)
{
	struct timespec ts;

	if (fake)
		return fake_real_us;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t
clock_boot_ms(void)
{
	struct timespec ts;

	if (fake) {
		int64_t now = fake_boot_ms + fake_step_ms;

		fake_boot_ms = now;
		return now;
	}
	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
run_due(void)
{
	struct clock_timer *timer;

	while (timers != NULL) {
		timer = timers->data;
		if (timer->due_ms > clock_boot_ms())
			break;
		timers = g_list_delete_link(timers, timers);
		void (*fn)(void *) = timer->fn;
		void *ctx = timer->ctx;
		g_free(timer);
		fn(ctx);
	}
}

static void
arm(void)
{
	struct itimerspec when = { 0 };
	int64_t due = -1;

	if (fake || timer_fd == -1)
		return;
	if (timers != NULL)
		due = MAX(((struct clock_timer *)timers->data)->due_ms, 1);
	if (due == armed_ms)
		return;
	armed_ms = due;
	if (due != -1) {
		when.it_value.tv_sec = due / 1000;
		when.it_value.tv_nsec = due % 1000 * 1000000;
	}
	timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static gboolean
timer_ready(gint fd, GIOCondition condition, gpointer data)
{
	uint64_t expirations;

	(void)condition;
	(void)data;
	if (read(fd, &expirations, sizeof expirations) == -1 && errno != EAGAIN)
		g_error("timerfd: %s", g_strerror(errno));
	armed_ms = -1;
	run_due();
	arm();
	return G_SOURCE_CONTINUE;
}

static gint
by_due(gconstpointer a, gconstpointer b)
{
	const struct clock_timer *x = a, *y = b;

	if (x->due_ms != y->due_ms)
		return x->due_ms < y->due_ms ? -1 : 1;
	return x->born < y->born ? -1 : 1;
}

struct clock_timer *
clock_timer_start(int64_t delay_ms, void (*fn)(void *ctx), void *ctx)
{
	struct clock_timer *timer = g_new0(struct clock_timer, 1);

	if (timer_fd == -1) {
		timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
		if (timer_fd == -1)
			g_error("timerfd: %s", g_strerror(errno));
		g_unix_fd_add(timer_fd, G_IO_IN, timer_ready, NULL);
	}
	timer->due_ms = clock_boot_ms() + MAX(delay_ms, 0);
	timer->born = births++;
	timer->fn = fn;
	timer->ctx = ctx;
	timers = g_list_insert_sorted(timers, timer, by_due);
	arm();
	return timer;
}

void
clock_timer_cancel(struct clock_timer **timer)
{
	if (*timer == NULL)
		return;
	timers = g_list_remove(timers, *timer);
	g_clear_pointer(timer, g_free);
	arm();
}

/*
 * A timer on the real clock that never comes due and is cancelled when that clock jumps, which it does on waking up,
 * too (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET).
 */
static void
await_jump(int fd)
{
	struct itimerspec never = { .it_value.tv_sec = INT32_MAX };

	timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

static gboolean
jumped(gint fd, GIOCondition condition, gpointer data)
{
	uint64_t expirations;
	ssize_t n = read(fd, &expirations, sizeof expirations);

	(void)condition;
	(void)data;
	if (n == -1 && errno == EAGAIN)
		return G_SOURCE_CONTINUE;
	if (n != -1) {		/* it is 2038 */
		close(fd);
		return G_SOURCE_REMOVE;
	}
	await_jump(fd);
	jump.fn(jump.ctx);
	return G_SOURCE_CONTINUE;
}

void
clock_on_jump(void (*fn)(void *ctx), void *ctx)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);

	if (fd == -1)
		g_error("timerfd: %s", g_strerror(errno));
	jump.fn = fn;
	jump.ctx = ctx;
	await_jump(fd);
	g_unix_fd_add(fd, G_IO_IN, jumped, NULL);
}

void
clock_fake_start(int64_t real_us)
{
	fake = true;
	fake_real_us = real_us;
	fake_boot_ms = 1000000;
}

void
clock_fake_advance(int64_t ms)
{
	int64_t end = fake_boot_ms + ms;

	g_assert(fake);
	while (timers != NULL && ((struct clock_timer *)timers->data)->due_ms <= end) {
		int64_t due = MAX(((struct clock_timer *)timers->data)->due_ms, fake_boot_ms);

		fake_real_us += (due - fake_boot_ms) * 1000;
		fake_boot_ms = due;
		run_due();
	}
	fake_real_us += (end - fake_boot_ms) * 1000;
	fake_boot_ms = end;
}

void
clock_fake_step(int64_t ms)
{
	g_assert(fake);
	fake_step_ms = ms;
}

void
clock_fake_sleep(int64_t ms)
{
	g_assert(fake);
	fake_real_us += ms * 1000;
	fake_boot_ms += ms;
	run_due();
}

void
clock_fake_stop(void)
{
	fake_step_ms = 0;
	fake = false;
}

char *
clock_format_utc(int64_t real_ms)
{
	g_autoptr(GDateTime) when = real_ms >= 0 ? g_date_time_new_from_unix_utc(real_ms / 1000) : NULL;
	g_autofree char *seconds = NULL;

	if (when == NULL)
		return g_strdup("1970-01-01T00:00:00.000Z");
	seconds = g_date_time_format(when, "%Y-%m-%dT%H:%M:%S");
	return g_strdup_printf("%s.%03dZ", seconds, (int)(real_ms % 1000));
}

bool
clock_parse_utc(const char *text, int64_t *real_ms)
{
	g_autoptr(GDateTime) when = NULL;
	int64_t ms;

	/* GLib also takes dates without a time or a zone, and weeks and days of a year; XEP-0082 has none of them. */
	if (text == NULL || strlen(text) < 20 || strlen(text) > 40 || text[4] != '-' || text[7] != '-' ||
	    text[10] != 'T')
		return false;
	when = g_date_time_new_from_iso8601(text, NULL);
	if (when == NULL)
		return false;
	ms = g_date_time_to_unix(when) * 1000 + g_date_time_get_microsecond(when) / 1000;
	if (ms < 0)
		return false;
	*real_ms = ms;
	return true;
}
