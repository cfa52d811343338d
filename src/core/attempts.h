/*
 * attempts.h: the last ways of an account to its server, step by step with times, for /why.  In memory only.
 */
#ifndef CORE_ATTEMPTS_H
#define CORE_ATTEMPTS_H

#include <glib.h>
#include <stdint.h>

struct attempt_step {
	int64_t	 at_ms;		/* real time */
	char	*text;
};

/* One of them; steps of struct attempt_step.  untold: steps that were too many to keep. */
struct attempt {
	GArray	*steps;
	unsigned untold;
};

struct attempts;

struct attempts *attempts_new(void);
void	 attempts_free(struct attempts *);
/* One more; the oldest goes. */
void	 attempts_begin(struct attempts *);
/* A step of the newest, also what became of it later; without any it is nothing. */
void	 attempts_step(struct attempts *, const char *text);
/* 0: the oldest that is kept.  NULL: there are not so many. */
const struct attempt *attempts_get(const struct attempts *, guint i);

#endif
