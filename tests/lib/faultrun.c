/* faultrun.c: see faultrun.h. */
#include "faultrun.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib.h>

#include "base/log.h"

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define FEWER 16
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define FEWER 16
#endif
#endif
#ifndef FEWER
#define FEWER 1
#endif

/* A life that meets fewer writes than that is not the one that was meant; no place takes longer than that. */
enum { PLACES_LEAST = 500, WORKERS = 2, PLACE_S = 60 };

static unsigned
number(const char *name, unsigned standard)
{
	const char *text = g_getenv(name);

	return text != NULL ? (unsigned)atoi(text) : standard;
}

/* A fault at every stride-th place from first on, until none comes any more. */
static void
at_each(const char *name, unsigned first, unsigned stride, faultrun_live live, const void *life)
{
	unsigned only = number("FAULT", 0), seed = number("SEED", 0), n, done = 0;
	bool fired = true;

	for (n = only != 0 ? only : first; fired && (only == 0 || n == only); n += stride, done++) {
		alarm(PLACE_S);
		fired = live(life, n, seed);
	}
	if (only == 0 && n < PLACES_LEAST) {
		fprintf(stderr, "%s: there were only %u places for a fault\n", name, n);
		_exit(1);
	}
	if (g_getenv("STRIDE") != NULL)
		fprintf(stderr, "%s: %u faults, up to place %u\n", name, done, n);
}

void
faultrun(const char *name, unsigned stride, faultrun_live live, const void *life)
{
	pid_t children[WORKERS];
	bool bad = false;

	stride = number("STRIDE", stride * FEWER);
	for (unsigned i = 0; i < WORKERS; i++) {
		children[i] = fork();
		assert_int_not_equal(children[i], -1);
		if (children[i] == 0) {
			at_each(name, 1 + i * stride, stride * WORKERS, live, life);
			exit(0);
		}
	}
	for (unsigned i = 0; i < WORKERS; i++) {
		int status;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		bad |= status != 0;
		if (WIFSIGNALED(status))
			print_error("%s: ended by signal %d\n", name, WTERMSIG(status));
	}
	assert_false(bad);
}

void
faultrun_begin(void)
{
	const char *log = g_getenv("LOG");

	setlocale(LC_ALL, "C.UTF-8");
	g_setenv("TZ", "UTC", TRUE);
	log_open(log != NULL ? log : "/dev/null", log != NULL ? LOG_DEBUG : LOG_ERROR, NULL);
	if (g_getenv("TEST") != NULL)
		cmocka_set_test_filter(g_getenv("TEST"));
}
