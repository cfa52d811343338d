/*
 * job.c: see job.h.  The shell stays a zombie until the rest of its group was killed: as long as it is not reaped, no
 * other process can have its number.  A daemon in a session of its own that keeps our pipe open gets LIMIT_JOB_DRAIN.
 */
#include "core/job.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/jid.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/bus.h"
#include "core/room.h"
#include "core/turn.h"
#include "proto/error.h"

enum {
	WINDOW_MS = 100,	/* LIMIT_JOB_READ is for so long */
	READS = 20,		/* and in so many pieces at most: each is an event */
	CHUNK = 16384,
	LINE_COST = 32,		/* what a line costs beside its bytes */
	BEHIND_KEYS = G_PRIORITY_DEFAULT + 50,
};

struct output {
	struct job	*job;
	int		 fd;		/* -1 once it ended */
	GSource		*source;	/* NULL while it is not read */
	GString		*partial;	/* of a line whose end has not come */
	bool		 error;
};

struct job {
	struct core	*core;
	const struct job_handler *handler;	/* NULL: nobody wants to hear of it */
	void		*ctx;
	int64_t		 number;	/* 0: not listed */
	char		*command, *account, *chat;
	bool		 background;
	GPid		 pid;
	int		 pidfd;
	GSource		*exit;
	struct output	 outputs[2];
	int		 in;		/* -1: closed */
	GSource		*in_source;
	GString		*input;		/* what it has not read */
	bool		 in_ends;	/* closed once that is written */
	bool		 held, exited, over;
	int		 status;
	int64_t		 started_ms, ended_ms;
	/* What was read since, on the boot clock. */
	int64_t		 window_ms;
	size_t		 window_bytes;
	unsigned	 window_reads;
	struct clock_timer *window, *force, *drain;
	int64_t		 lines, rev;
	GQueue		 tail;		/* of char * */
	size_t		 tail_bytes;
};

struct jobs {
	struct core	*core;
	GPtrArray	*all;		/* of struct job */
	int64_t		 last;
	bool		 stopping;
};

struct jobs *
jobs_new(struct core *core)
{
	struct jobs *jobs = g_new0(struct jobs, 1);

	jobs->core = core;
	jobs->all = g_ptr_array_new();
	return jobs;
}

static void
drop_source(GSource **source)
{
	if (*source == NULL)
		return;
	g_source_destroy(*source);
	g_clear_pointer(source, g_source_unref);
}

static void
drop_fd(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

static void
close_output(struct output *output)
{
	drop_source(&output->source);
	drop_fd(&output->fd);
}

static void
close_input(struct job *job)
{
	drop_source(&job->in_source);
	drop_fd(&job->in);
}

static void
job_free(struct job *job)
{
	drop_source(&job->exit);
	drop_fd(&job->pidfd);
	close_input(job);
	for (int i = 0; i < 2; i++) {
		close_output(&job->outputs[i]);
		g_string_free(job->outputs[i].partial, TRUE);
	}
	clock_timer_cancel(&job->window);
	clock_timer_cancel(&job->force);
	clock_timer_cancel(&job->drain);
	g_string_free(job->input, TRUE);
	g_queue_clear_full(&job->tail, g_free);
	g_free(job->command);
	g_free(job->account);
	g_free(job->chat);
	g_free(job);
}

/* --- events --- */

struct event
job_event(const struct job *job)
{
	struct event event = { .type = EVENT_job, .rev = job->rev };

	event.account_name = g_strdup(job->account);
	event.chat_jid = g_strdup(job->chat);
	event.job.id = job->number;
	event.job.command = text_clean(job->command, -1, TEXT_LINE, LIMIT_NAME);
	event.job.state = job->over ? JOB_ENDED : JOB_RUNNING;
	event.job.pid = job->pid;
	event.job.status = job_status(job);
	event.job.started = job->started_ms;
	event.job.ended = job->ended_ms;
	event.job.background = job->background;
	event.job.lines = job->lines;
	return event;
}

static void
post(struct job *job, bool gone)
{
	struct event event = { .type = EVENT_job, .gone = true };

	if (job->number == 0)
		return;
	job->rev = store_next_rev(job->core->store);
	if (gone) {
		event.rev = job->rev;
		event.job.id = job->number;
	} else {
		event = job_event(job);
	}
	bus_post(job->core->bus, event);
	turn_wake(job->core->turn);
}

/* --- the end --- */

/* Of those that ended, the newest are kept. */
static void
forget_old(struct jobs *jobs)
{
	unsigned ended = 0;

	for (guint i = jobs->all->len; i-- > 0;) {
		struct job *job = jobs->all->pdata[i];

		if (!job->over || job->number == 0 || ++ended <= LIMIT_JOBS_ENDED)
			continue;
		post(job, true);
		g_ptr_array_remove_index(jobs->all, i);
		job_free(job);
	}
}

static void
finish(struct job *job)
{
	struct jobs *jobs = job->core->jobs;
	const struct job_handler *handler = job->handler;

	if (job->over || !job->exited || job->outputs[0].fd != -1 || job->outputs[1].fd != -1)
		return;
	job->over = true;
	job->ended_ms = clock_real_us() / 1000;
	job->handler = NULL;
	clock_timer_cancel(&job->window);
	clock_timer_cancel(&job->drain);
	close_input(job);
	post(job, false);
	if (handler != NULL)
		handler->ended(job->ctx, job);
	if (job->number != 0) {
		forget_old(jobs);
	} else {
		g_ptr_array_remove(jobs->all, job);
		job_free(job);
	}
}

static void
force(void *ctx)
{
	struct job *job = ctx;

	job->force = NULL;
	if (!job->exited)
		kill(-job->pid, SIGKILL);
}

void
job_kill(struct job *job)
{
	if (job->exited || job->force != NULL)
		return;
	kill(-job->pid, SIGTERM);
	kill(-job->pid, SIGCONT);	/* one that is stopped would not hear of it */
	job->force = clock_timer_start(LIMIT_JOB_TERM, force, job);
}

void
job_abandon(struct job *job)
{
	job->handler = NULL;
	job_hold(job, false);
	job_kill(job);
}

static void tell(struct output *output, bool end);

/* What lies in the pipe, and no more. */
static void
read_rest(struct output *output)
{
	char buffer[CHUNK];
	ssize_t n = 1;

	for (size_t read_bytes = 0; output->fd != -1 && n > 0 && read_bytes < LIMIT_JOB_READ; read_bytes += (size_t)n) {
		n = read(output->fd, buffer, sizeof buffer);
		if (n > 0)
			g_string_append_len(output->partial, buffer, n);
	}
	close_output(output);
	tell(output, true);
}

/* Whoever still has our pipe is in a session of its own, and none of ours. */
static void
drained(void *ctx)
{
	struct job *job = ctx;

	job->drain = NULL;
	if (job->held || job->window != NULL) {
		job->drain = clock_timer_start(LIMIT_JOB_DRAIN, drained, job);
		return;
	}
	read_rest(&job->outputs[0]);
	read_rest(&job->outputs[1]);
	finish(job);
}

static gboolean
on_exit_of(gint fd, GIOCondition condition, gpointer data)
{
	struct job *job = data;
	pid_t pid;

	(void)fd;
	(void)condition;
	kill(-job->pid, SIGKILL);
	while ((pid = waitpid(job->pid, &job->status, 0)) == -1 && errno == EINTR)
		;
	drop_source(&job->exit);
	drop_fd(&job->pidfd);
	clock_timer_cancel(&job->force);
	job->exited = true;
	job->drain = clock_timer_start(LIMIT_JOB_DRAIN, drained, job);
	finish(job);
	return G_SOURCE_REMOVE;
}

/* --- its output --- */

static void
remember(struct job *job, const char *line)
{
	job->lines++;
	if (job->number == 0)
		return;
	g_queue_push_tail(&job->tail, g_strdup(line));
	job->tail_bytes += strlen(line);
	while (job->tail_bytes > LIMIT_JOB_TAIL || job->tail.length > LIMIT_LINES) {
		char *old = g_queue_pop_head(&job->tail);

		job->tail_bytes -= strlen(old);
		g_free(old);
	}
}

static void
take_line(struct job *job, const char *text, size_t n, json_t *lines)
{
	g_autofree char *line = text_clean(text, (gssize)n, TEXT_BODY, 0);

	remember(job, line);
	job->window_bytes += LINE_COST;
	json_array_append_new(lines, json_string(line));
}

/* How much of a line that is too long stands in one row: no character is cut in two. */
static size_t
piece(const char *text)
{
	size_t n = LIMIT_JOB_LINE;

	while (n > LIMIT_JOB_LINE - 4 && ((guchar)text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static void
tell(struct output *output, bool end)
{
	struct job *job = output->job;
	GString *text = output->partial;
	json_t *lines = json_array();
	size_t at = 0;

	for (;;) {
		const char *begin = text->str + at, *newline = memchr(begin, '\n', MIN(text->len - at, LIMIT_JOB_LINE));
		size_t n;

		if (newline == NULL && text->len - at <= LIMIT_JOB_LINE)
			break;
		n = newline != NULL ? (size_t)(newline - begin) : piece(begin);
		/* The line break of the other kind of systems is one too. */
		take_line(job, begin, newline != NULL && n > 0 && begin[n - 1] == '\r' ? n - 1 : n, lines);
		at += newline != NULL ? n + 1 : n;
	}
	g_string_erase(text, 0, (gssize)at);
	if (end && text->len > 0) {
		take_line(job, text->str, text->len, lines);
		g_string_truncate(text, 0);
	}
	if (json_array_size(lines) > 0 && job->handler != NULL)
		job->handler->lines(job->ctx, job, lines, output->error);
	json_decref(lines);
}

static void watch_outputs(struct job *job);

static void
next_window(void *ctx)
{
	struct job *job = ctx;

	job->window = NULL;
	watch_outputs(job);
}

/* False: not now; a timer looks again. */
static bool
may_read(struct job *job)
{
	int64_t now = clock_boot_ms();
	bool room = job->handler == NULL || job->handler->room == NULL || job->handler->room(job->ctx);

	if (now - job->window_ms >= WINDOW_MS) {
		job->window_ms = now;
		job->window_bytes = 0;
		job->window_reads = 0;
	}
	if (room && job->window_bytes < LIMIT_JOB_READ && job->window_reads < READS)
		return true;
	if (job->window == NULL)
		job->window = clock_timer_start(WINDOW_MS, next_window, job);
	return false;
}

static gboolean
on_output(gint fd, GIOCondition condition, gpointer data)
{
	struct output *output = data;
	struct job *job = output->job;
	char buffer[CHUNK];
	ssize_t n;

	(void)condition;
	if (!may_read(job)) {
		watch_outputs(job);
		return G_SOURCE_REMOVE;
	}
	n = read(fd, buffer, sizeof buffer);
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return G_SOURCE_CONTINUE;
	if (n > 0) {
		job->window_bytes += (size_t)n;
		job->window_reads++;
		g_string_append_len(output->partial, buffer, n);
		tell(output, false);
		return G_SOURCE_CONTINUE;	/* held meanwhile: the source is destroyed */
	}
	close_output(output);
	tell(output, true);
	finish(job);
	return G_SOURCE_REMOVE;
}

/* Only what may be read now is watched. */
static void
watch_outputs(struct job *job)
{
	for (int i = 0; i < 2; i++) {
		struct output *output = &job->outputs[i];
		bool wanted = output->fd != -1 && !job->held && job->window == NULL;

		if (!wanted) {
			drop_source(&output->source);
		} else if (output->source == NULL) {
			output->source = g_unix_fd_source_new(output->fd, G_IO_IN | G_IO_HUP | G_IO_ERR);
			g_source_set_priority(output->source, BEHIND_KEYS);
			g_source_set_callback(output->source, (GSourceFunc)(void (*)(void))on_output, output, NULL);
			g_source_attach(output->source, NULL);
		}
	}
}

void
job_hold(struct job *job, bool hold)
{
	job->held = hold;
	watch_outputs(job);
}

/* --- its input --- */

static gboolean
on_input(gint fd, GIOCondition condition, gpointer data)
{
	struct job *job = data;
	ssize_t n = write(fd, job->input->str, job->input->len);

	(void)condition;
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return G_SOURCE_CONTINUE;
	if (n == -1) {
		close_input(job);	/* it reads no more */
		return G_SOURCE_REMOVE;
	}
	g_string_erase(job->input, 0, n);
	if (job->input->len > 0)
		return G_SOURCE_CONTINUE;
	if (job->in_ends)
		close_input(job);
	else
		drop_source(&job->in_source);
	return G_SOURCE_REMOVE;
}

static void
write_input(struct job *job)
{
	if (job->input->len == 0) {
		if (job->in_ends)
			close_input(job);
	} else if (job->in_source == NULL && job->in != -1) {
		job->in_source = g_unix_fd_source_new(job->in, G_IO_OUT | G_IO_HUP | G_IO_ERR);
		g_source_set_callback(job->in_source, (GSourceFunc)(void (*)(void))on_input, job, NULL);
		g_source_attach(job->in_source, NULL);
	}
}

bool
job_input(struct job *job, const char *text, GError **error)
{
	if (job->over || job->in == -1 || job->in_ends) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_FAILED, "Job %" G_GINT64_FORMAT " %s.", job->number, job->over ?
		    "has ended" : "reads no more");
		return false;
	}
	if (text != NULL && job->input->len + strlen(text) >= LIMIT_JOB_INPUT) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_FAILED, "Job %" G_GINT64_FORMAT " has not read what it was given before. "
		    "Nothing was given to it.", job->number);
		return false;
	}
	if (text != NULL)
		g_string_append_printf(job->input, "%s\n", text);
	else
		job->in_ends = true;
	write_input(job);
	return true;
}

/* --- the beginning --- */

/* In the child: a session of its own, without a terminal, and the signals as programs expect them. */
static void
be_a_job(gpointer data)
{
	static const int ours[] = { SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGPIPE, SIGXFSZ };
	sigset_t none;

	(void)data;
	setsid();
	for (size_t i = 0; i < G_N_ELEMENTS(ours); i++)
		signal(ours[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);	/* a core that was killed cannot end it */
}

/* What we are called there. */
static char *
nick_in(const struct account *account, const char *chat)
{
	g_autofree char *bare = chat != NULL ? jid_bare(chat) : NULL;
	const struct room *room = bare != NULL ? room_find(account, bare) : NULL;

	if (room != NULL && room->nick != NULL)
		return g_strdup(room->nick);
	if (account->settings->nick != NULL)
		return g_strdup(account->settings->nick);
	return g_strndup(account_jid(account), strcspn(account_jid(account), "@"));
}

static char **
environment(const struct core *core, const struct job_wish *wish)
{
	char **env = g_get_environ();
	g_autofree char *nick = wish->account != NULL ? nick_in(wish->account, wish->chat) : NULL;
	const struct { const char *name, *value; } own[] = {
		{ "CONFAB_ACCOUNT", wish->account != NULL ? account_name(wish->account) : NULL },
		{ "CONFAB_CHAT", wish->chat }, { "CONFAB_NICK", nick }, { "CONFAB_SOCKET", core->paths->socket },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(own); i++)
		env = own[i].value != NULL ? g_environ_setenv(env, own[i].name, own[i].value, TRUE) :
		    g_environ_unsetenv(env, own[i].name);
	/* What looks for a terminal finds that it has none. */
	env = g_environ_setenv(env, "TERM", "dumb", TRUE);
	for (char **more = wish->environment; more != NULL && *more != NULL; more++) {
		g_auto(GStrv) pair = g_strsplit(*more, "=", 2);

		env = g_environ_setenv(env, pair[0], pair[1], TRUE);
	}
	return env;
}

/* pipes: what the child has of in, out and error, and in [3] to [5] what we have.  False: none is open. */
static bool
open_pipes(int fds[6], bool apart, GError **error)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 };

	if (!g_unix_open_pipe(in, FD_CLOEXEC, error) || !g_unix_open_pipe(out, FD_CLOEXEC, error) ||
	    (apart && !g_unix_open_pipe(err, FD_CLOEXEC, error))) {
		for (int i = 0; i < 2; i++) {
			drop_fd(&in[i]);
			drop_fd(&out[i]);
		}
		return false;
	}
	fds[0] = in[0];
	fds[1] = out[1];
	fds[2] = apart ? err[1] : -1;
	fds[3] = in[1];
	fds[4] = out[0];
	fds[5] = err[0];
	for (int i = 3; i < 6; i++)
		if (fds[i] != -1)
			g_unix_set_fd_nonblocking(fds[i], TRUE, NULL);
	return true;
}

static bool
spawn(const struct core *core, const struct job_wish *wish, int fds[6], GPid *pid, int *pidfd, GError **error)
{
	const char *argv[] = { "/bin/sh", "-c", wish->command, NULL };
	g_auto(GStrv) env = environment(core, wish);
	const char *cwd = wish->cwd;

	if (cwd == NULL || !g_file_test(cwd, G_FILE_TEST_IS_DIR))
		cwd = g_get_home_dir();
	if (!g_spawn_async_with_fds(cwd, (char **)(uintptr_t)argv, env, G_SPAWN_DO_NOT_REAP_CHILD, be_a_job, NULL, pid,
	    fds[0], fds[1], wish->apart ? fds[2] : fds[1], error))
		return false;
	*pidfd = (int)syscall(SYS_pidfd_open, *pid, 0);
	if (*pidfd != -1)
		return true;
	g_set_error(error, RPC_ERROR, RPC_ERROR_FAILED, "it cannot be watched: %s", g_strerror(errno));
	kill(-*pid, SIGKILL);
	waitpid(*pid, NULL, 0);
	return false;
}

static unsigned
running(const struct jobs *jobs)
{
	unsigned n = 0;

	for (guint i = 0; i < jobs->all->len; i++)
		n += !((const struct job *)jobs->all->pdata[i])->over;
	return n;
}

static struct job *
make(struct core *core, const struct job_wish *wish, const int fds[6], GPid pid, int pidfd)
{
	struct job *job = g_new0(struct job, 1);

	job->core = core;
	job->number = wish->listed ? ++core->jobs->last : 0;
	job->command = g_strdup(wish->command);
	job->account = wish->account != NULL ? g_strdup(account_name(wish->account)) : NULL;
	job->chat = g_strdup(wish->chat);
	job->background = wish->background;
	job->pid = pid;
	job->pidfd = pidfd;
	job->in = fds[3];
	job->input = g_string_new(wish->input);
	job->in_ends = wish->input != NULL;
	job->started_ms = clock_real_us() / 1000;
	job->window_ms = clock_boot_ms();
	g_queue_init(&job->tail);
	for (int i = 0; i < 2; i++)
		job->outputs[i] = (struct output){ job, fds[4 + i], NULL, g_string_new(NULL), i == 1 };
	job->exit = g_unix_fd_source_new(pidfd, G_IO_IN);
	g_source_set_priority(job->exit, BEHIND_KEYS);
	g_source_set_callback(job->exit, (GSourceFunc)(void (*)(void))on_exit_of, job, NULL);
	g_source_attach(job->exit, NULL);
	return job;
}

struct job *
job_start(struct core *core, const struct job_wish *wish, const struct job_handler *handler, void *ctx, GError **error)
{
	struct job *job = NULL;
	int fds[6], pidfd;
	GPid pid;

	if (core->jobs->stopping || running(core->jobs) >= LIMIT_JOBS) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_FAILED, core->jobs->stopping ? "confab is ending.%.0d" :
		    "%d jobs run already; /jobs lists them.", LIMIT_JOBS);
		return NULL;
	}
	if (!open_pipes(fds, wish->apart, error))
		return NULL;
	if (spawn(core, wish, fds, &pid, &pidfd, error)) {
		job = make(core, wish, fds, pid, pidfd);
		job->handler = handler;
		job->ctx = ctx;
		g_ptr_array_add(core->jobs->all, job);
		watch_outputs(job);
		write_input(job);
		post(job, false);
	} else {
		for (int i = 3; i < 6; i++)
			drop_fd(&fds[i]);
	}
	for (int i = 0; i < 3; i++)
		drop_fd(&fds[i]);
	return job;
}

/* --- all of them --- */

void
jobs_stop(struct jobs *jobs)
{
	jobs->stopping = true;
	for (guint i = 0; i < jobs->all->len; i++)
		job_kill(jobs->all->pdata[i]);
}

bool
jobs_over(const struct jobs *jobs)
{
	return running(jobs) == 0;
}

void
jobs_free(struct jobs *jobs)
{
	jobs->stopping = true;
	for (guint i = 0; i < jobs->all->len; i++) {
		struct job *job = jobs->all->pdata[i];

		if (!job->exited) {
			kill(-job->pid, SIGKILL);
			while (waitpid(job->pid, &job->status, 0) == -1 && errno == EINTR)
				;
		}
		job->exited = job->over = true;
		if (job->handler != NULL)
			job->handler->ended(job->ctx, job);
		job_free(job);
	}
	g_ptr_array_unref(jobs->all);
	g_free(jobs);
}

GPtrArray *
job_list(const struct jobs *jobs)
{
	GPtrArray *list = g_ptr_array_new();

	for (guint i = 0; i < jobs->all->len; i++)
		if (((struct job *)jobs->all->pdata[i])->number != 0)
			g_ptr_array_add(list, jobs->all->pdata[i]);
	return list;
}

struct job *
job_find(const struct jobs *jobs, int64_t number)
{
	for (guint i = 0; number > 0 && i < jobs->all->len; i++)
		if (((struct job *)jobs->all->pdata[i])->number == number)
			return jobs->all->pdata[i];
	return NULL;
}

int64_t
job_number(const struct job *job)
{
	return job->number;
}

const char *
job_command(const struct job *job)
{
	return job->command;
}

bool
job_is_over(const struct job *job)
{
	return job->over;
}

int
job_status(const struct job *job)
{
	if (!job->over)
		return 0;
	return WIFEXITED(job->status) ? WEXITSTATUS(job->status) : 128 + WTERMSIG(job->status);
}

char *
job_end_text(const struct job *job)
{
	int number = WTERMSIG(job->status);

	if (WIFEXITED(job->status))
		return g_strdup_printf("ended with status %d", WEXITSTATUS(job->status));
	return g_strdup_printf("was ended by signal %d (%s)", number, g_strsignal(number));
}

const GQueue *
job_tail(const struct job *job)
{
	return &job->tail;
}
