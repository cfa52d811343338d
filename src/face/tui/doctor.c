/*
 * doctor.c: confab doctor, the terminal's half: TERM, locale, colours, and tmux's own settings where it is in between.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/checkup.h"
#include "face/tui/term_env.h"
#include "face/tui/tui.h"

/* More than this makes Esc, and Alt with a key, slow. */
enum { ESCAPE_MS = 50 };

/* What "tmux show -sv OPTION" prints, on one line; NULL when it does not.  No shell in between. */
static char *
ask_tmux(const char *option)
{
	const char *const argv[] = { "tmux", "show", "-sv", option, NULL };
	posix_spawn_file_actions_t actions;
	char text[64] = "";
	size_t len = 0;
	ssize_t n = 1;
	int fd[2], status = -1;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) == -1)
		return NULL;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, argv[0], &actions, NULL, (char **)(guintptr)argv, environ) != 0)
		pid = -1;
	posix_spawn_file_actions_destroy(&actions);
	close(fd[1]);
	while (pid != -1 && n != 0 && len < sizeof text - 1) {
		n = read(fd[0], text + len, sizeof text - 1 - len);
		if (n == -1 && errno != EINTR)
			break;
		len += n > 0 ? (size_t)n : 0;
	}
	close(fd[0]);
	while (pid != -1 && waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return pid != -1 && status == 0 ? g_strdup(g_strstrip(text)) : NULL;
}

static void
check_tmux(struct checkup *checkup)
{
	g_autofree char *escape = ask_tmux("escape-time"), *focus = ask_tmux("focus-events");

	if (escape == NULL || focus == NULL) {
		checkup_note("TMUX is set, and tmux does not answer here.");
		return;
	}
	if (atoi(escape) > ESCAPE_MS)
		checkup_wrong(checkup, "In ~/.tmux.conf: set -sg escape-time 10", "tmux holds Esc back for %s ms.",
		    escape);
	else
		checkup_good("tmux holds Esc back for %s ms", escape);
	if (strcmp(focus, "on") != 0)
		checkup_wrong(checkup, "In ~/.tmux.conf: set -g focus-events on",
		    "tmux does not tell whether somebody looks at confab, so messages count as seen only when a key is pressed.");
	else
		checkup_good("tmux tells whether somebody looks");
}

bool
tui_doctor(void)
{
	struct checkup checkup = { false };
	struct term_env env;
	g_autoptr(GError) error = NULL;
	struct term_curses *curses;

	checkup_head("Terminal");
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		checkup_note("There is no terminal here to look at.");
		return true;
	}
	curses = term_env_read(&env, &error) ? term_env_curses(&env, &error) : NULL;
	if (curses == NULL) {
		checkup_wrong(&checkup, NULL, "%s", error->message);
	} else {
		checkup_good("TERM is %s: %d colours%s", env.type, term_curses_colours(curses),
		    env.colours ? "" : ", not used because NO_COLOR is set");
		if (env.notice != NULL)
			checkup_wrong(&checkup,
			    "export LANG=C.UTF-8, and a TERM that this machine knows, in the shell's profile.", "%s",
			    env.notice);
		else
			checkup_good("The locale is UTF-8");
		term_curses_close(curses);
		if (g_getenv("TMUX") != NULL)
			check_tmux(&checkup);
	}
	term_env_clear(&env);
	return !checkup.wrong;
}
