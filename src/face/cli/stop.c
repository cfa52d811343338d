/*
 * stop.c: confab stop: ends the core and returns when its process is gone, and its lock with it.  The process is
 * watched through a pidfd that is opened before it is told to stop, so its number cannot have become somebody else's.
 */
#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "face/cli/cli.h"
#include "face/cli/output.h"
#include "face/cli/session.h"

/* A core ends within 3 s; a slow disk gets as much again and more. */
enum { STOP_WAIT_MS = 15000 };

static bool
wait_for_end(struct session *session, int process)
{
	struct pollfd poll_for = { .fd = process, .events = POLLIN };
	int n;

	while (session_wait(session, STOP_WAIT_MS))
		;
	if (!session->gone)
		return false;
	/* An old kernel, or a core in another PID namespace: the closed socket is all that can be seen. */
	if (process == -1)
		return true;
	do
		n = poll(&poll_for, 1, STOP_WAIT_MS);
	while (n == -1 && errno == EINTR);
	return n == 1;
}

int
cli_stop(const struct cli_options *o, const struct paths *paths)
{
	struct session session;
	struct answer answer;
	int process = -1, status;
	pid_t pid;

	(void)o;
	status = session_open(&session, paths, "stop", false);
	if (status == CLI_OK) {
		pid = (pid_t)json_integer_value(json_object_get(session.hello, "pid"));
		if (pid > 0)
			process = (int)syscall(SYS_pidfd_open, pid, 0);
		/* A core that goes before its answer was read has stopped, which is all that was asked. */
		if (!session_ask(&session, "stop", NULL, &answer) && !session.gone)
			status = session_failure(&session, answer.error);
		answer_clear(&answer);
		if (status == CLI_OK && !wait_for_end(&session, process)) {
			g_autofree char *sentence =
			    g_strdup_printf("The core (process %ld) was told to stop and is still there; its log is %s.", (long)pid, paths->log);

			output_error(sentence);
			status = CLI_FAILED;
		}
	}
	if (process != -1)
		close(process);
	session_close(&session);
	return status;
}
