/*
 * job.h: programs of the person: what /exec runs (numbered, told in events, listed) and what rules start (neither).
 *
 * The text of a command goes to sh -c as the person wrote it; nothing that came from the network is ever part of it:
 * such data is given by standard input and the environment.  A job is a session of its own; it ends when its shell
 * does, and what is left of its group ends with it, as it does when the core ends.  Who wants to outlive that uses
 * setsid(1).
 *
 * Output is read as fast as LIMIT_JOB_READ says and no faster than its reader takes it; the job waits meanwhile.
 */
#ifndef CORE_JOB_H
#define CORE_JOB_H

#include <jansson.h>
#include <stdbool.h>

#include "core/account.h"

struct job;
struct jobs;

struct job_handler {
	/* What it said, whole lines, made safe; lent.  error: on standard error, where that is apart. */
	void	(*lines)(void *ctx, struct job *, json_t *lines, bool error);
	/* It is over and all that it said was told: the last call.  The job lives on as long as it is listed. */
	void	(*ended)(void *ctx, struct job *);
	/* Whoever gets the lines still has room for more; NULL: always. */
	bool	(*room)(void *ctx);
};

struct job_wish {
	const char	*command;
	const char	*cwd;			/* NULL: the home folder */
	const struct account *account;		/* or NULL */
	const char	*chat;			/* or NULL */
	char		**environment;		/* NAME=VALUE beside the CONFAB_ four; or NULL */
	const char	*input;			/* all that it gets; NULL: job_input() gives it */
	bool		 apart;			/* standard error is not mixed with the output */
	bool		 listed, background;
};

struct jobs *jobs_new(struct core *);
/* Asks all of them to end; jobs_over() then tells whether they did. */
void	 jobs_stop(struct jobs *);
bool	 jobs_over(const struct jobs *);
/* Ends them by force, while there are a bus and a turn. */
void	 jobs_free(struct jobs *);

/* NULL with a sentence. */
struct job *job_start(struct core *, const struct job_wish *, const struct job_handler *, void *ctx, GError **error);
/* SIGTERM to all of it, and after LIMIT_JOB_TERM SIGKILL.  Its end is told by its handler. */
void	 job_kill(struct job *);
/* The same, and the handler is not called any more. */
void	 job_abandon(struct job *);
/* Its output is not read until it is held no more. */
void	 job_hold(struct job *, bool hold);
/* One line for its standard input; text NULL: nothing more comes. */
bool	 job_input(struct job *, const char *text, GError **error);

/* The listed ones, by number: those that run and the last ones that ended; the array is the caller's. */
GPtrArray *job_list(const struct jobs *);
/* NULL: there is none. */
struct job *job_find(const struct jobs *, int64_t number);
struct event job_event(const struct job *);
int64_t	 job_number(const struct job *);
const char *job_command(const struct job *);
bool	 job_is_over(const struct job *);
/* Of one that is over: its exit status, or 128 and the number of the signal that ended it. */
int	 job_status(const struct job *);
/* "ended with status 2", "was ended by signal 9 (Killed)".  The caller's. */
char	*job_end_text(const struct job *);
/* What it said last, of one that is listed; GQueue of char *, lent. */
const GQueue *job_tail(const struct job *);

#endif
