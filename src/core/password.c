/* password.c: see password.h. */
#include "core/password.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"

enum { PASSWORD_MAX = 4096 };

struct password_fetch {
	password_done	 done;
	void		*ctx;
	GPid		 pid;
	int		 fd;
	GSource		*reader;
	guint		 child;		/* source of the exit; 0 once it came */
	char		 text[PASSWORD_MAX + 1];
	size_t		 len;
	bool		 eof;
	int		 status;
	struct clock_timer *deadline;
};

static void
release(struct password_fetch *fetch)
{
	if (fetch->reader != NULL) {
		g_source_destroy(fetch->reader);
		g_source_unref(fetch->reader);
	}
	if (fetch->child != 0)
		g_source_remove(fetch->child);
	clock_timer_cancel(&fetch->deadline);
	close(fetch->fd);
	explicit_bzero(fetch->text, sizeof fetch->text);
	g_free(fetch);
}

static void
reap(GPid pid, gint status, gpointer data)
{
	(void)status;
	(void)data;
	g_spawn_close_pid(pid);
}

void
password_fetch_cancel(struct password_fetch *fetch)
{
	if (fetch->child != 0) {
		kill(-fetch->pid, SIGTERM);
		g_child_watch_add(fetch->pid, reap, NULL);	/* so that it is no zombie */
	}
	release(fetch);
}

static void
finish(struct password_fetch *fetch)
{
	g_autofree char *problem = NULL;

	if (!fetch->eof || fetch->child != 0)
		return;
	fetch->text[fetch->len] = '\0';
	fetch->text[strcspn(fetch->text, "\r\n")] = '\0';
	if (!WIFEXITED(fetch->status) || WEXITSTATUS(fetch->status) != 0)
		problem = WIFEXITED(fetch->status) ?
		    g_strdup_printf("The password_command ended with status %d.", WEXITSTATUS(fetch->status)) :
		    g_strdup_printf("The password_command was ended by signal %d.", WTERMSIG(fetch->status));
	else if (fetch->text[0] == '\0')
		problem = g_strdup("The password_command printed nothing.");
	else if (!g_utf8_validate(fetch->text, -1, NULL))
		problem = g_strdup("What the password_command printed is not UTF-8.");
	fetch->done(fetch->ctx, problem == NULL ? fetch->text : NULL, problem);
	release(fetch);
}

static void
exited(GPid pid, gint status, gpointer data)
{
	struct password_fetch *fetch = data;

	g_spawn_close_pid(pid);
	fetch->child = 0;
	fetch->status = status;
	finish(fetch);
}

static gboolean
readable(gint fd, GIOCondition condition, gpointer data)
{
	struct password_fetch *fetch = data;
	char rest[512];
	ssize_t n;

	(void)condition;
	/* What is beyond the first lines is read and thrown away, so that the program can end. */
	if (fetch->len < PASSWORD_MAX)
		n = read(fd, fetch->text + fetch->len, PASSWORD_MAX - fetch->len);
	else
		n = read(fd, rest, sizeof rest);
	if (n > 0) {
		if (fetch->len < PASSWORD_MAX)
			fetch->len += (size_t)n;
		return G_SOURCE_CONTINUE;
	}
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return G_SOURCE_CONTINUE;
	g_clear_pointer(&fetch->reader, g_source_unref);
	fetch->eof = true;
	finish(fetch);
	return G_SOURCE_REMOVE;
}

static void
too_late(void *ctx)
{
	struct password_fetch *fetch = ctx;
	password_done done = fetch->done;
	void *done_ctx = fetch->ctx;

	fetch->deadline = NULL;
	password_fetch_cancel(fetch);
	done(done_ctx, NULL, "The password_command gave no password within 30 s and was ended.");
}

/*
 * In the child: a group of its own, so that what it starts ends with it, and the signals that the core keeps for
 * itself.
 */
static void
own_group(gpointer data)
{
	sigset_t none;

	(void)data;
	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

struct password_fetch *
password_fetch(const char *command, password_done done, void *ctx)
{
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) argv = NULL;
	g_autofree char *problem = NULL;
	struct password_fetch *fetch;
	GPid pid;
	int fd;

	if (!g_shell_parse_argv(command, NULL, &argv, &error) ||
	    !g_spawn_async_with_pipes(NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, own_group,
	    NULL, &pid, NULL, &fd, NULL, &error)) {
		problem = g_strdup_printf("The password_command cannot be started: %s.", error->message);
		done(ctx, NULL, problem);
		return NULL;
	}
	fetch = g_new0(struct password_fetch, 1);
	fetch->done = done;
	fetch->ctx = ctx;
	fetch->pid = pid;
	fetch->fd = fd;
	fetch->reader = g_unix_fd_source_new(fd, G_IO_IN | G_IO_HUP | G_IO_ERR);
	g_source_set_callback(fetch->reader, (GSourceFunc)(void (*)(void))readable, fetch, NULL);
	g_source_attach(fetch->reader, NULL);
	fetch->child = g_child_watch_add(pid, exited, fetch);
	fetch->deadline = clock_timer_start(LIMIT_PASSWORD_WAIT, too_late, fetch);
	return fetch;
}
