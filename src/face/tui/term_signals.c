/* term_signals.c: see term_signals.h. */
#include "face/tui/term_signals.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "face/tui/term.h"

static const int watched[] = { SIGWINCH, SIGTSTP, SIGCONT, SIGHUP, SIGTERM, SIGINT, SIGQUIT };
static const int fatal[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };

static sigset_t before;
static struct sigaction actions_before[G_N_ELEMENTS(watched)], fatal_before[G_N_ELEMENTS(fatal)];

/* Written with the handlers off, read by them. */
static struct {
	int	 fd;
	struct termios termios;
	char	 leave[256];
	size_t	 len;
} rescue = { .fd = -1 };
static volatile sig_atomic_t armed;

static void
nothing(int signal)
{
	/* A handler of ours keeps ncurses from installing its own. */
	(void)signal;
}

static void
watched_set(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < G_N_ELEMENTS(watched); i++)
		sigaddset(set, watched[i]);
}

void
term_signals_take(void)
{
	struct sigaction action = { .sa_handler = nothing, .sa_flags = SA_RESTART };
	sigset_t set;

	watched_set(&set);
	sigprocmask(SIG_BLOCK, &set, &before);
	for (size_t i = 0; i < G_N_ELEMENTS(watched); i++)
		sigaction(watched[i], &action, &actions_before[i]);
}

void
term_signals_give(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(watched); i++)
		sigaction(watched[i], &actions_before[i], NULL);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

int
term_signals_open(void)
{
	sigset_t set;

	watched_set(&set);
	term_signals_take();
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

void
term_signals_close(int fd)
{
	/* What still waits is for us, and we are leaving already. */
	while (term_signals_next(fd) != 0)
		;
	term_signals_give();
	if (fd >= 0)
		close(fd);
}

int
term_signals_next(int fd)
{
	struct signalfd_siginfo info;

	return read(fd, &info, sizeof info) == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

void
term_signals_stop(void)
{
	struct sigaction standard = { .sa_handler = SIG_DFL }, ours;
	struct timespec now = { 0 };
	sigset_t stop, go_on;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	sigemptyset(&go_on);
	sigaddset(&go_on, SIGCONT);
	sigaction(SIGTSTP, &standard, &ours);
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
	/*
	 * The group and not only us: a script around us must stop too.  Where no shell could wake us nothing happens.
	 */
	kill(0, SIGTSTP);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	sigaction(SIGTSTP, &ours, NULL);
	/* That we go on is known here. */
	sigtimedwait(&go_on, NULL, &now);
}

/* --- the last resort --- */

void
term_rescue(void)
{
	ssize_t written;

	if (!armed)
		return;
	armed = 0;
	/* CAN and ST end whatever the terminal is in the middle of. */
	written = write(rescue.fd, "\030\033\\", 3);
	written = write(rescue.fd, rescue.leave, rescue.len);
	(void)written;
	tcsetattr(rescue.fd, TCSANOW, &rescue.termios);
}

static void
crashed(int signal)
{
	int saved = errno;

	term_rescue();
	for (size_t i = 0; i < G_N_ELEMENTS(fatal); i++)
		if (fatal[i] == signal)
			sigaction(signal, &fatal_before[i], NULL);
	/* A fault repeats by itself; a signal that was sent does not. */
	raise(signal);
	errno = saved;
}

static void
handlers_install(void)
{
	static bool installed;
	static char stack[64 * 1024];
	stack_t alternative = { .ss_sp = stack, .ss_size = sizeof stack }, current;
	struct sigaction action = { .sa_handler = crashed, .sa_flags = SA_ONSTACK };

	if (installed)
		return;
	installed = true;
	if (sigaltstack(NULL, &current) == 0 && (current.ss_flags & SS_DISABLE))
		sigaltstack(&alternative, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(fatal); i++)
		sigaction(fatal[i], &action, &fatal_before[i]);
	atexit(term_rescue);
}

void
term_signals_arm(int fd, const struct termios *termios, const char *leave)
{
	armed = 0;
	if (fd < 0)
		return;
	rescue.fd = fd;
	rescue.termios = *termios;
	rescue.len = MIN(strlen(leave), sizeof rescue.leave);
	memcpy(rescue.leave, leave, rescue.len);
	handlers_install();
	armed = 1;
}
