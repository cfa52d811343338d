/*
 * launch.c: see launch.h.  A core in the background gets a session of its own, /dev/null as standard input and output,
 * and one pipe, on which it says "ready" or one sentence.  The pipe is also its stderr until it detaches: when the
 * loader finds a library missing, that is the sentence.
 *
 * Two faces may start at the same time: whoever holds the lock on the state folder starts the core, the other finds it.
 */
#include "face/cli/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "proto/client.h"

enum {
	READY_WAIT_MS = 20000,	/* opening a big database after a crash takes seconds, not longer */
	READY_FD = 3,
	SENTENCE = 4096,
};

static G_GNUC_PRINTF(2, 3) bool
fail(GError **error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (error != NULL)
		*error = g_error_new_valist(G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED, format, ap);
	va_end(ap);
	return false;
}

char *
launch_core_path(GError **error)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *folder = self == NULL ? NULL : g_path_get_dirname(self);
	g_autofree char *beside = folder == NULL ? NULL : g_build_filename(folder, "confab-core", NULL);

	if (beside != NULL && access(beside, X_OK) == 0)
		return g_steal_pointer(&beside);
	if (access(CONFAB_LIBEXECDIR "/confab-core", X_OK) == 0)
		return g_strdup(CONFAB_LIBEXECDIR "/confab-core");
	fail(error, "confab-core is neither in %s nor in %s: confab is not installed completely.",
	    folder == NULL ? "the folder of confab" : folder, CONFAB_LIBEXECDIR);
	return NULL;
}

/* The core's argument vector; strings are lent, the array ends with NULL. */
static GPtrArray *
core_arguments(const struct cli_options *o, const char *path)
{
	const char *const pairs[][2] = { { "--home", o->home }, { "--profile", o->profile }, { "--log", o->log } };
	GPtrArray *argv = g_ptr_array_new();

	g_ptr_array_add(argv, (gpointer)(guintptr)path);
	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		if (pairs[i][1] == NULL)
			continue;
		g_ptr_array_add(argv, (gpointer)(guintptr)pairs[i][0]);
		g_ptr_array_add(argv, (gpointer)(guintptr)pairs[i][1]);
	}
	return argv;
}

void
launch_become_core(const struct cli_options *o, GError **error)
{
	g_autofree char *path = launch_core_path(error);

	if (path == NULL)
		return;
	g_autoptr(GPtrArray) argv = core_arguments(o, path);
	g_ptr_array_add(argv, NULL);
	execv(path, (char **)argv->pdata);
	fail(error, "%s cannot be started: %s.", path, g_strerror(errno));
}

int
launch_doctor(const struct cli_options *o, GError **error)
{
	g_autofree char *path = launch_core_path(error);
	pid_t pid, ended;
	int status;

	if (path == NULL)
		return -1;
	g_autoptr(GPtrArray) argv = core_arguments(o, path);
	const char *const part = o->config ? "--config" : o->recover ? "--recover" : NULL;
	const char *const more[] = { "--doctor", part != NULL ? part : o->account != NULL ? "--account" : NULL,
		part != NULL ? NULL : o->account, NULL };
	for (size_t i = 0; i < G_N_ELEMENTS(more); i++)
		g_ptr_array_add(argv, (gpointer)(guintptr)more[i]);
	status = posix_spawn(&pid, path, NULL, NULL, (char **)argv->pdata, environ);
	if (status != 0) {
		fail(error, "%s cannot be started: %s.", path, g_strerror(status));
		return -1;
	}
	do
		ended = waitpid(pid, &status, 0);
	while (ended == -1 && errno == EINTR);
	if (ended == pid && WIFEXITED(status))
		return WEXITSTATUS(status);
	fail(error, "%s did not come to its end.", path);
	return -1;
}

bool
launch_core_listens(const struct paths *paths)
{
	static const struct client_handler deaf = { 0 };
	struct client *client = client_connect(paths->socket, &deaf, NULL, NULL);
	bool listens = client != NULL;

	client_free(client);
	return listens;
}

/* Everything from the first descriptor after the ready pipe on is closed: ours are nobody else's business. */
static int
spawn(const char *path, char **argv, int ready, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, standard;
	int status;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, ready, STDERR_FILENO);
	posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, READY_FD);
	posix_spawn_file_actions_addclosefrom_np(&actions, READY_FD + 1);
	posix_spawnattr_init(&attributes);
	sigemptyset(&none);
	sigfillset(&standard);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &standard);
	posix_spawnattr_setflags(&attributes,
	    POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	status = posix_spawn(pid, path, &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return status;
}

/* What the core says until it is ready, closes the pipe, or takes too long. */
static bool
read_answer(int fd, char *text, bool *late)
{
	int64_t deadline = clock_boot_ms() + READY_WAIT_MS;
	size_t len = 0;

	*late = false;
	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		int64_t left = deadline - clock_boot_ms();
		int n = left <= 0 ? 0 : poll(&wait, 1, (int)left);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == 0)
			*late = true;
		if (n <= 0)
			return false;
		ssize_t got = read(fd, text + len, SENTENCE - 1 - len);
		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		len += (size_t)got;
		text[len] = '\0';
		if (strcmp(text, "ready\n") == 0 || g_str_has_suffix(text, "\nready\n"))
			return true;
		if (len == SENTENCE - 1)
			return false;
	}
}

static bool
start(const struct cli_options *o, const struct paths *paths, GError **error)
{
	g_autofree char *path = launch_core_path(error);
	char text[SENTENCE] = "";
	int pipe_fd[2], status;
	bool ready, late;
	pid_t pid;

	if (path == NULL)
		return false;
	if (pipe2(pipe_fd, O_CLOEXEC) == -1)
		return fail(error, "No pipe to the core: %s.", g_strerror(errno));
	g_autoptr(GPtrArray) argv = core_arguments(o, path);
	const char *const more[] = { "--background", "--ready-fd", G_STRINGIFY(3), NULL };
	for (size_t i = 0; i < G_N_ELEMENTS(more); i++)
		g_ptr_array_add(argv, (gpointer)(guintptr)more[i]);
	status = spawn(path, (char **)argv->pdata, pipe_fd[1], &pid);
	close(pipe_fd[1]);
	if (status != 0) {
		close(pipe_fd[0]);
		return fail(error, "%s cannot be started: %s.", path, g_strerror(status));
	}
	ready = read_answer(pipe_fd[0], text, &late);
	close(pipe_fd[0]);
	/*
	 * A core that detaches leaves its first process behind to be reaped; one that does not is init's when we end.
	 */
	(void)waitpid(pid, &status, WNOHANG);
	if (ready)
		return true;
	g_strchomp(text);
	if (late)
		return fail(error, "The core was started and is not ready after %d s; its log is %s.",
		    READY_WAIT_MS / 1000, paths->log);
	/* Its log may have gone to the same pipe before: the sentence is what came last. */
	const char *last = strrchr(text, '\n') == NULL ? text : strrchr(text, '\n') + 1;
	if (*last == '\0')
		return fail(error, "The core ended before it was ready; its log is %s.", paths->log);
	return fail(error, "%s", last);
}

bool
launch_core_in_background(const struct cli_options *o, const struct paths *paths, GError **error)
{
	bool ok;
	int lock, locked;

	if (launch_core_listens(paths))
		return true;
	if (!paths_create(paths, error))
		return false;
	lock = open(paths->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock == -1)
		return fail(error, "The folder %s cannot be used: %s.", paths->state_dir, g_strerror(errno));
	do
		locked = flock(lock, LOCK_EX);
	while (locked == -1 && errno == EINTR);
	ok = launch_core_listens(paths) || start(o, paths, error);
	close(lock);
	return ok;
}
