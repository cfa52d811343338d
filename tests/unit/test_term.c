/* test_term.c: the life of a terminal, on a pty: what is found, what is asked, what goes wrong, what is left behind. */
#include <fcntl.h>
#include <glib.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "face/tui/term.h"
#include "pty_screen.h"

enum { DEADLINE_MS = 5000 };

static struct {
	struct pty_screen *pty;
	struct term *term;
	GString	*tokens;
	int	 changed, writable, gone;
} t;

static void
on_token(void *ctx, const struct key_token *token)
{
	(void)ctx;
	g_string_append_printf(t.tokens, "%d:%s ", token->kind, token->bytes);
}

static void
on_changed(void *ctx)
{
	(void)ctx;
	t.changed++;
}

static void
on_writable(void *ctx)
{
	(void)ctx;
	t.writable++;
}

static void
on_gone(void *ctx)
{
	(void)ctx;
	t.gone++;
}

static const struct term_handler handler = { on_token, on_changed, on_writable, on_gone };

/* What a login over ssh to a fresh machine has, but with a locale. */
static void
plain_environment(void)
{
	static const char *const unset[] = {
		"TMUX", "STY", "SSH_CONNECTION", "NO_COLOR", "LC_CTYPE", "LANG", "LINES", "COLUMNS", "COLORTERM",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(unset); i++)
		g_unsetenv(unset[i]);
	g_setenv("TERM", "xterm-256color", TRUE);
	g_setenv("LC_ALL", "C.UTF-8", TRUE);
}

static int
setup(void **state)
{
	(void)state;
	memset(&t, 0, sizeof t);
	t.tokens = g_string_new(NULL);
	t.pty = pty_screen_open(24, 80);
	plain_environment();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	term_close(t.term);
	pty_screen_close(t.pty);
	g_string_free(t.tokens, TRUE);
	return 0;
}

static void
open_term(char **notice)
{
	g_autoptr(GError) error = NULL;

	t.term = term_open(pty_screen_path(t.pty), &handler, NULL, notice, &error);
	if (error != NULL)
		print_error("%s\n", error->message);
	assert_non_null(t.term);
}

static gboolean
tick(void *ctx)
{
	(void)ctx;
	return G_SOURCE_CONTINUE;
}

/* Runs the loop, and the terminal if pump, until the condition holds. */
#define assert_comes_true(condition, pump) do { \
	gint64 end = g_get_monotonic_time() + DEADLINE_MS * 1000; \
	guint source = g_timeout_add(5, tick, NULL); \
	while (!(condition) && g_get_monotonic_time() < end) { \
		if (pump) \
			pty_screen_pump(t.pty, 0); \
		g_main_context_iteration(NULL, !(condition)); \
	} \
	g_source_remove(source); \
	assert_true(condition); \
} while (0)

static struct canvas *
canvas_with(const char *text)
{
	int rows, columns;
	struct canvas *canvas;

	term_size(t.term, &rows, &columns);
	canvas = canvas_new(rows, columns, term_policy(t.term));
	canvas_text(canvas, 0, 0, columns, SLOT_TEXT, text, -1);
	return canvas;
}

static bool
show(const char *text)
{
	struct canvas *canvas = canvas_with(text);
	bool shown = term_show(t.term, canvas);

	canvas_free(canvas);
	return shown;
}

static bool
screen_begins(const char *text)
{
	g_autofree char *got = pty_screen_text(t.pty);

	return g_str_has_prefix(got, text);
}

static bool
written(const char *bytes)
{
	return strstr(pty_screen_written(t.pty)->str, bytes) != NULL;
}

/* --- what is asked --- */

static void
first_frame_waits_for_nothing(void **state)
{
	struct gate_counts counts;
	int rows, columns;

	(void)state;
	pty_screen_answer(t.pty, false);
	open_term(NULL);
	term_size(t.term, &rows, &columns);
	assert_int_equal(rows, 24);
	assert_int_equal(columns, 80);
	assert_int_equal(term_colours(t.term), 256);
	term_counts(t.term, &counts);
	assert_int_equal(counts.bytes, 0);
	assert_true(show("hello"));
	term_counts(t.term, &counts);
	assert_int_equal(counts.writes, 1);
	assert_comes_true(screen_begins("hello\n"), true);
	assert_true(written("\033[?2004h") && written("\033[?1004h") && written("\033[?1049h"));
	/* Nothing of the questions is left on the screen. */
	assert_true(screen_begins("hello\n\n\n"));
	assert_int_equal(t.changed, 0);
}

static void
answers_change_the_policy(void **state)
{
	(void)state;
	pty_screen_answer(t.pty, false);
	open_term(NULL);
	show("x");
	assert_comes_true(written("\033[c"), true);
	assert_false(term_policy(t.term)->zwj_joins);
	pty_screen_type(t.pty, "\033[2;2R\033[2;2R\033[2;3Ra\033[2;3R\033[2;3R\033[2;3R\033[?2026;2$y\033[?1;2c", -1);
	assert_comes_true(t.changed == 1, false);
	assert_true(term_policy(t.term)->zwj_joins && term_policy(t.term)->tone_joins);
	assert_true(term_policy(t.term)->vs16_wide && term_policy(t.term)->ri_pairs);
	assert_false(term_policy(t.term)->ascii || term_policy(t.term)->ambiguous_wide);
	/* What was typed in between is a key; the answers are nobody's. */
	assert_string_equal(t.tokens->str, "0:a ");
	show("y");
	assert_comes_true(written("\033[?2026h"), true);
	/* After the last answer the same bytes are a key again. */
	pty_screen_type(t.pty, "\033[2;2R", -1);
	assert_comes_true(strcmp(t.tokens->str, "0:a 0:\033[2;2R ") == 0, false);
}

static void
terminal_that_is_not_utf8(void **state)
{
	(void)state;
	pty_screen_answer(t.pty, false);
	open_term(NULL);
	show("x");
	pty_screen_type(t.pty, "\033[2;3R\033[2;4R\033[2;9R\033[2;9R\033[2;9R\033[2;9R\033[?6c", -1);
	assert_comes_true(t.changed == 1, true);
	assert_true(term_policy(t.term)->ascii);
}

static void
wide_signs(void **state)
{
	(void)state;
	pty_screen_answer(t.pty, false);
	open_term(NULL);
	show("x");
	pty_screen_type(t.pty, "\033[2;2R\033[2;3R\033[2;9R\033[2;9R\033[2;9R\033[2;9R\033[?6c", -1);
	assert_comes_true(t.changed == 1, true);
	assert_true(term_policy(t.term)->ambiguous_wide);
}

/* libvterm answers for itself, through its 64 bytes. */
static void
real_answers(void **state)
{
	(void)state;
	open_term(NULL);
	show("x");
	assert_comes_true(written("\033[c"), true);
	assert_comes_true(screen_begins("x\n"), true);
	pty_screen_type(t.pty, "z", 1);
	assert_comes_true(strcmp(t.tokens->str, "0:z ") == 0, true);
	assert_false(term_policy(t.term)->ascii || term_policy(t.term)->zwj_joins);
}

static void
silent_in_tmux(void **state)
{
	(void)state;
	g_setenv("TMUX", "/tmp/x,1,0", TRUE);
	open_term(NULL);
	show("x");
	assert_comes_true(screen_begins("x\n"), true);
	assert_false(written("\033[c"));
	assert_false(written("\033[6n"));
}

/* --- input --- */

static void
keys_pastes_and_focus(void **state)
{
	(void)state;
	g_setenv("TMUX", "x", TRUE);
	open_term(NULL);
	pty_screen_type(t.pty, "a\033[A\003\r\033[200~b\rc\033[201~\033[I\xc3\xa9", -1);
	assert_comes_true(strcmp(t.tokens->str, "0:a 0:\033[A 0:\003 0:\r 1:b\rc 2:I 0:é ") == 0, false);
	g_string_truncate(t.tokens, 0);
	/* A lone ESC is a key after a moment. */
	pty_screen_type(t.pty, "\033", -1);
	assert_comes_true(strcmp(t.tokens->str, "0:\033 ") == 0, false);
	assert_int_equal(t.gone, 0);
}

static void
resize(void **state)
{
	int rows, columns;

	(void)state;
	g_setenv("TMUX", "x", TRUE);
	open_term(NULL);
	show("first");
	pty_screen_resize(t.pty, 10, 30);
	/* A pty that is not our controlling terminal sends us no signal. */
	kill(getpid(), SIGWINCH);
	assert_comes_true(t.changed == 1, true);
	term_size(t.term, &rows, &columns);
	assert_int_equal(rows, 10);
	assert_int_equal(columns, 30);
	show("second");
	assert_comes_true(screen_begins("second\n\n"), true);
	/* The same size again is no news. */
	kill(getpid(), SIGWINCH);
	pty_screen_type(t.pty, "q", -1);
	assert_comes_true(t.tokens->len > 0, true);
	assert_int_equal(t.changed, 1);
}

static void
strange_sizes(void **state)
{
	static const int sizes[][2] = { { 1, 1 }, { 2, 2 }, { 5, 20 }, { 3, 1000 }, { 65535, 65535 }, { 0, 0 } };
	int rows, columns;

	(void)state;
	pty_screen_answer(t.pty, false);
	open_term(NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		struct winsize size = {
			.ws_row = (unsigned short)sizes[i][0], .ws_col = (unsigned short)sizes[i][1],
		};
		int before = t.changed;

		ioctl(pty_screen_master(t.pty), TIOCSWINSZ, &size);
		kill(getpid(), SIGWINCH);
		assert_comes_true(t.changed > before, true);
		term_size(t.term, &rows, &columns);
		assert_in_range(rows, 1, LIMIT_SCREEN_ROWS);
		assert_in_range(columns, 1, LIMIT_SCREEN_COLUMNS);
		show("x漢y");
		/* A canvas of the old size is not shown, and nothing breaks. */
		{
			struct canvas *old = canvas_new(rows + 1, columns, term_policy(t.term));

			term_show(t.term, old);
			canvas_free(old);
		}
	}
}

/* --- going --- */

static void
hang_up(void **state)
{
	(void)state;
	open_term(NULL);
	show("x");
	pty_screen_hang_up(t.pty);
	assert_comes_true(t.gone == 1, false);
	/* Drawing on is harmless, and it is said once. */
	assert_true(show("y"));
	for (int i = 0; i < 20; i++)
		g_main_context_iteration(NULL, FALSE);
	assert_int_equal(t.gone, 1);
}

static void
asked_to_end(void **state)
{
	static const int signals[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT };

	for (size_t i = 0; i < G_N_ELEMENTS(signals); i++) {
		if (i > 0)
			setup(state);
		open_term(NULL);
		kill(getpid(), signals[i]);
		assert_comes_true(t.gone == 1, true);
		if (i + 1 < G_N_ELEMENTS(signals))
			teardown(state);
	}
}

/* struct termios has holes, so not memcmp(). */
static bool
same_modes(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
	    a->c_lflag == b->c_lflag && memcmp(a->c_cc, b->c_cc, sizeof a->c_cc) == 0;
}

/* Not every machine has every entry. */
static bool
is_known(const char *type)
{
	static const char *const folders[] = { "/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo" };

	for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_autofree char *path = g_strdup_printf("%s/%c/%s", folders[i], *type, type);

		if (g_file_test(path, G_FILE_TEST_EXISTS))
			return true;
	}
	return false;
}

static void
everything_is_put_back(void **state)
{
	struct termios before, during, after;
	struct sigaction action;
	sigset_t mask_before, mask_after;
	int flags;

	(void)state;
	tcgetattr(pty_screen_slave(t.pty), &before);
	sigprocmask(SIG_SETMASK, NULL, &mask_before);
	open_term(NULL);
	show("x");
	term_title(t.term, "confab");
	tcgetattr(pty_screen_slave(t.pty), &during);
	assert_int_equal(during.c_lflag & (ICANON | ECHO | ISIG), 0);
	/* Whoever shares the terminal keeps a descriptor that blocks. */
	flags = fcntl(pty_screen_slave(t.pty), F_GETFL);
	assert_int_equal(flags & O_NONBLOCK, 0);
	term_close(t.term);
	t.term = NULL;
	tcgetattr(pty_screen_slave(t.pty), &after);
	assert_true(same_modes(&before, &after));
	sigprocmask(SIG_SETMASK, NULL, &mask_after);
	for (int i = 1; i < SIGRTMIN; i++)
		assert_int_equal(sigismember(&mask_before, i), sigismember(&mask_after, i));
	sigaction(SIGTSTP, NULL, &action);
	assert_true(action.sa_handler == SIG_DFL);
	assert_comes_true(written("\033[?1049l"), true);
	assert_true(written("\033[?2004l") && written("\033[?1004l") && written("\033[23;2t"));
	assert_true(written("\033[22;2t") && written("\033]2;confab\a"));
}

static void
lent_and_returned(void **state)
{
	struct termios before, during;

	(void)state;
	tcgetattr(pty_screen_slave(t.pty), &before);
	g_setenv("TMUX", "x", TRUE);
	open_term(NULL);
	show("mine");
	term_lend(t.term);
	tcgetattr(pty_screen_slave(t.pty), &during);
	assert_true(same_modes(&before, &during));
	assert_false(show("not now"));
	term_bell(t.term);
	pty_screen_type(t.pty, "typed into the editor", -1);
	for (int i = 0; i < 20; i++)
		g_main_context_iteration(NULL, FALSE);
	assert_int_equal(t.tokens->len, 0);
	tcflush(pty_screen_slave(t.pty), TCIFLUSH);
	term_return(t.term);
	assert_int_equal(t.changed, 1);
	assert_true(show("mine again"));
	assert_comes_true(screen_begins("mine again\n"), true);
	assert_false(written("\a"));
}

/* Nobody reads: frames merge, nothing blocks, and in the end the newest is there. */
static void
stalled_reader(void **state)
{
	struct gate_counts counts;
	int refused = 0;
	char text[64];

	(void)state;
	g_setenv("TMUX", "x", TRUE);
	open_term(NULL);
	for (int i = 0; i < 3000; i++) {
		struct canvas *canvas = canvas_with("");

		for (int row = 0; row < 24; row++)
			canvas_printf(canvas, row, 0, 80, SLOT_TEXT, "%d %d abcdefghij klmnopq rstuvwxyz 0123456789", i,
			    row * i);
		refused += !term_show(t.term, canvas);
		canvas_free(canvas);
		g_main_context_iteration(NULL, FALSE);
	}
	term_counts(t.term, &counts);
	assert_true(refused > 2900);
	assert_true(counts.frames < 100);
	assert_int_equal(t.writable, 0);
	assert_comes_true(t.writable == 1, true);
	assert_true(show("the newest"));
	g_snprintf(text, sizeof text, "the newest\n\n");
	assert_comes_true(screen_begins(text), true);
}

/* Closing it while it takes nothing does not hang either. */
static void
closed_while_stalled(void **state)
{
	gint64 start;

	(void)state;
	g_setenv("TMUX", "x", TRUE);
	open_term(NULL);
	for (int i = 0; i < 1000 && show(i % 2 ? "漢字漢字漢字漢字" : "abcdefghijklmnop"); i++)
		term_repaint(t.term);
	for (int i = 0; i < 100; i++) {
		term_repaint(t.term);
		show("x");
	}
	start = g_get_monotonic_time();
	term_close(t.term);
	t.term = NULL;
	assert_true(g_get_monotonic_time() - start < 3 * G_USEC_PER_SEC);
	assert_comes_true(written("\033[?1049l"), true);
}

/* A crash leaves a terminal that one can type in, and dies of the signal that it had. */
static void
crash(void **state)
{
	static const int signals[] = { SIGSEGV, SIGABRT };
	struct termios before, after;

	(void)state;
	tcgetattr(pty_screen_slave(t.pty), &before);
	for (size_t i = 0; i < G_N_ELEMENTS(signals); i++) {
		pid_t child = fork();
		char number[8];
		int status;

		g_snprintf(number, sizeof number, "%d", signals[i]);
		if (child == 0) {
			execl("/proc/self/exe", "test_term", "crash", pty_screen_path(t.pty), number, (char *)NULL);
			_exit(0);
		}
		assert_true(child > 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		tcgetattr(pty_screen_slave(t.pty), &after);
		assert_true(same_modes(&before, &after));
		assert_comes_true(written("\033[?1049l"), true);
		/* Sanitizers end with a report and a status instead. */
		assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
	}
}

/* --- what the environment says --- */

static void
assert_notice(const char *want)
{
	g_autofree char *notice = NULL;
	struct canvas *canvas;

	open_term(&notice);
	if (want == NULL)
		assert_null(notice);
	else
		assert_non_null(strstr(notice != NULL ? notice : "", want));
	/* Whatever was said, this is drawn as it is. */
	canvas = canvas_with("é漢ü");
	term_show(t.term, canvas);
	assert_comes_true(screen_begins("é漢ü\n"), true);
	canvas_free(canvas);
	term_close(t.term);
	t.term = NULL;
	pty_screen_pump(t.pty, 0);
	plain_environment();
}

static void
locales(void **state)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	(void)state;
	assert_notice(NULL);
	g_unsetenv("LC_ALL");
	assert_notice("LANG is not set");
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_unsetenv("LC_ALL");
		g_setenv(names[i], "C", TRUE);
		assert_notice("\"C\" is not UTF-8");
		g_unsetenv("LC_ALL");
		g_setenv(names[i], "POSIX", TRUE);
		assert_notice("\"POSIX\" is not UTF-8");
		g_unsetenv("LC_ALL");
		g_setenv(names[i], "tlh_QO.UTF-8", TRUE);
		assert_notice("\"tlh_QO.UTF-8\" does not exist");
		g_unsetenv(names[i]);
	}
	g_setenv("LC_ALL", "../../\033[2Jx", TRUE);
	assert_notice("\"../../[2Jx\" does not exist");
}

static void
assert_refused(const char *path, const char *want)
{
	g_autoptr(GError) error = NULL;
	struct term *term = term_open(path, &handler, NULL, NULL, &error);

	assert_null(term);
	assert_non_null(error);
	assert_non_null(strstr(error->message, want));
	plain_environment();
}

static void
kinds_of_terminal(void **state)
{
	static const char *const good[] = { "xterm", "tmux-256color", "screen-256color", "linux", "vt100",
	    "xterm-mono" };
	const char *path = pty_screen_path(t.pty);

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
		if (!is_known(good[i]))
			continue;
		g_setenv("TERM", good[i], TRUE);
		assert_notice(NULL);
	}
	g_setenv("TERM", "xterm-of-tomorrow", TRUE);
	assert_notice("\"xterm-of-tomorrow\"; confab takes it for xterm-256color");
	g_setenv("TERM", "tmux-of-tomorrow", TRUE);
	assert_notice("confab takes it for screen-256color");
	g_setenv("TERM", "dumb", TRUE);
	assert_refused(path, "confab do");
	g_setenv("TERM", "toaster", TRUE);
	assert_refused(path, "\"toaster\"");
	g_setenv("TERM", "../../etc/\033[2Jpasswd", TRUE);
	assert_refused(path, "\"../../etc/[2Jpasswd\"");
	g_setenv("TERM", "", TRUE);
	assert_refused(path, "TERM is not set");
	g_unsetenv("TERM");
	assert_refused(path, "TERM is not set");
	assert_refused("/dev/null", "no terminal");
	assert_refused("/nonexistent", "no terminal");
}

static void
colours(void **state)
{
	static const struct { const char *type; int colours; } types[] = {
		{ "xterm-256color", 256 }, { "xterm", 8 }, { "linux", 8 }, { "vt100", 0 },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		if (!is_known(types[i].type))
			continue;
		g_setenv("TERM", types[i].type, TRUE);
		open_term(NULL);
		assert_int_equal(term_colours(t.term), types[i].colours);
		term_close(t.term);
		t.term = NULL;
	}
	plain_environment();
	g_setenv("NO_COLOR", "1", TRUE);
	open_term(NULL);
	assert_int_equal(term_colours(t.term), 0);
	assert_int_equal(theme_style(term_theme(t.term), SLOT_NOTICE_ERROR).foreground, -1);
}

/* No thread, no wake-up: nothing happens where nothing happens. */
static void
idle(void **state)
{
	g_autoptr(GDir) tasks = NULL;
	struct pollfd fds[16];
	int timeout, n;

	(void)state;
	g_setenv("TMUX", "x", TRUE);
	open_term(NULL);
	show("x");
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_main_context_acquire(g_main_context_default());
	g_main_context_prepare(g_main_context_default(), &n);
	n = g_main_context_query(g_main_context_default(), INT_MAX, &timeout, (GPollFD *)fds, G_N_ELEMENTS(fds));
	g_main_context_release(g_main_context_default());
	assert_int_equal(timeout, -1);
	assert_int_equal(poll(fds, (nfds_t)n, 0), 0);
	tasks = g_dir_open("/proc/self/task", 0, NULL);
	for (n = 0; g_dir_read_name(tasks) != NULL; n++)
		;
	assert_int_equal(n, 1);
}

/* Another process, for cmocka has handlers of its own in this one. */
static int
fall(const char *path, int signal)
{
	struct term *term = term_open(path, &handler, NULL, NULL, NULL);
	struct canvas *canvas = canvas_new(24, 80, term_policy(term));

	term_show(term, canvas);
	raise(signal);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "crash") == 0)
		return fall(argv[2], atoi(argv[3]));
#define LIFE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		LIFE(first_frame_waits_for_nothing),
		LIFE(answers_change_the_policy),
		LIFE(terminal_that_is_not_utf8),
		LIFE(wide_signs),
		LIFE(real_answers),
		LIFE(silent_in_tmux),
		LIFE(keys_pastes_and_focus),
		LIFE(resize),
		LIFE(strange_sizes),
		LIFE(hang_up),
		LIFE(asked_to_end),
		LIFE(everything_is_put_back),
		LIFE(lent_and_returned),
		LIFE(stalled_reader),
		LIFE(closed_while_stalled),
		LIFE(crash),
		LIFE(locales),
		LIFE(kinds_of_terminal),
		LIFE(colours),
		LIFE(idle),
	};

	return cmocka_run_group_tests_name("term", tests, NULL, NULL);
}
