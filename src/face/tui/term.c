/*
 * term.c: see term.h.  Opening, closing, lending; input, signals and time.
 *
 * What a reader would get wrong: the descriptor is one of our own, opened by name.  O_NONBLOCK on standard input would
 * be the shell's too, and everybody's who shares it.
 */
#include "face/tui/term.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "face/tui/term_curses.h"
#include "face/tui/term_env.h"
#include "face/tui/term_probe.h"
#include "face/tui/term_signals.h"

enum {
	ESCAPE_MS = 25, ESCAPE_SSH_MS = 80,	/* silence that makes a key of an ESC */
	ANSWER_MS = 2000,			/* then the terminal has nothing more to say about itself */
	LEAVE_MS = 250,				/* for a terminal that takes nothing, when we go */
	READS = 16,				/* blocks of input in one turn */
};

/* Presses and the wheel, with places beyond 223. */
#define MOUSE_ON "\033[?1000h\033[?1006h"
#define MOUSE_OFF "\033[?1006l\033[?1000l"

struct term {
	struct term_handler handler;
	void	*ctx;
	int	 fd, signal_fd, rows, columns, escape_ms, escape_default_ms;
	struct termios saved;
	struct term_curses *curses;
	struct theme *theme;
	struct gate *gate;
	struct keys *keys;
	struct term_probe probe;
	struct text_policy policy;
	char	*enter, *leave;
	guint	 input, output, signals, lost;	/* sources */
	struct clock_timer *silence, *answers;
	bool	 lent, waiting, gone;
	bool	 mouse;
	bool	 titles, light;		/* it has a title; what is behind its text is light */
};

/* --- what goes wrong --- */

static gboolean
tell_gone(void *ctx)
{
	struct term *term = ctx;

	term->lost = 0;
	term->handler.gone(term->ctx);
	return G_SOURCE_REMOVE;
}

/* From the main loop and not from here: this may be in the middle of the caller's drawing. */
static void
lose(struct term *term)
{
	g_clear_handle_id(&term->input, g_source_remove);
	g_clear_handle_id(&term->output, g_source_remove);
	if (!term->gone)
		term->lost = g_idle_add_full(G_PRIORITY_HIGH, tell_gone, term, NULL);
	term->gone = true;
}

/* --- output --- */

static void after_write(struct term *, enum gate_state);

static gboolean
on_writable(int fd, GIOCondition condition, void *ctx)
{
	struct term *term = ctx;
	enum gate_state state = gate_flush(term->gate);

	(void)fd;
	(void)condition;
	if (state == GATE_PENDING)
		return G_SOURCE_CONTINUE;
	term->output = 0;
	after_write(term, state);
	if (state == GATE_EMPTY && term->waiting) {
		term->waiting = false;
		term->handler.writable(term->ctx);
	}
	return G_SOURCE_REMOVE;
}

static void
after_write(struct term *term, enum gate_state state)
{
	if (state == GATE_GONE)
		lose(term);
	else if (state == GATE_PENDING && term->output == 0 && !term->lent)
		term->output = g_unix_fd_add_full(G_PRIORITY_DEFAULT, term->fd, G_IO_OUT | G_IO_HUP | G_IO_ERR,
		    on_writable, term, NULL);
}

bool
term_show(struct term *term, const struct canvas *canvas)
{
	GString *frame;

	if (term->gone)
		return true;
	if (term->lent)
		return false;
	if (gate_state(term->gate) == GATE_PENDING) {
		term->waiting = true;
		return false;
	}
	if (canvas_rows(canvas) != term->rows || canvas_columns(canvas) != term->columns)
		return true;
	frame = term_curses_draw(term->curses, canvas, term->theme, term->gate);
	after_write(term, gate_frame(term->gate, frame->str, frame->len));
	return true;
}

void
term_repaint(struct term *term)
{
	term_curses_repaint(term->curses);
}

void
term_set_escape(struct term *term, int ms)
{
	term->escape_ms = ms > 0 ? ms : term->escape_default_ms;
}

void
term_set_mouse(struct term *term, bool on)
{
	if (term->mouse == on)
		return;
	term->mouse = on;
	if (!term->lent)
		gate_queue(term->gate, on ? MOUSE_ON : MOUSE_OFF);
}

void
term_bell(struct term *term)
{
	if (!term->lent)
		after_write(term, gate_bell(term->gate));
}

bool
term_copy(struct term *term, const char *text)
{
	bool sent = !term->lent && gate_copy(term->gate, text);

	if (sent)
		after_write(term, gate_state(term->gate));
	return sent;
}

void
term_title(struct term *term, const char *title)
{
	if (!term->lent)
		after_write(term, gate_title(term->gate, title));
}

bool
term_is_light(const struct term *term)
{
	return term->light;
}

/* --- size --- */

static int
size_from_environment(const char *name, int otherwise)
{
	const char *text = g_getenv(name);
	gint64 value = text != NULL ? g_ascii_strtoll(text, NULL, 10) : 0;

	return value > 0 && value < 10000 ? (int)value : otherwise;
}

/* True when it is another than before. */
static bool
measure(struct term *term)
{
	struct winsize size = { 0 };
	int rows, columns;

	ioctl(term->fd, TIOCGWINSZ, &size);
	rows = size.ws_row > 0 ? size.ws_row : size_from_environment("LINES", 24);
	columns = size.ws_col > 0 ? size.ws_col : size_from_environment("COLUMNS", 80);
	rows = MIN(rows, LIMIT_SCREEN_ROWS);
	columns = MIN(columns, LIMIT_SCREEN_COLUMNS);
	if (rows == term->rows && columns == term->columns)
		return false;
	term->rows = rows;
	term->columns = columns;
	term_curses_resize(term->curses, rows, columns);
	return true;
}

void
term_size(const struct term *term, int *rows, int *columns)
{
	*rows = term->rows;
	*columns = term->columns;
}

/* --- input --- */

static void
end_of_answers(void *ctx)
{
	struct term *term = ctx;

	term->answers = NULL;
	term->probe.done = true;
	keys_expect_replies(term->keys, false);
}

static void
take_answer(struct term *term, const struct key_token *token)
{
	if (!term_probe_answer(&term->probe, token))
		return;
	clock_timer_cancel(&term->answers);
	end_of_answers(term);
	gate_set_synchronized(term->gate, term->probe.synchronized);
	/* Who has no title may print what it does not know. */
	if (term->titles)
		gate_queue(term->gate, term_probe_background);
	if (memcmp(&term->policy, &term->probe.policy, sizeof term->policy) == 0)
		return;
	term->policy = term->probe.policy;
	term_curses_repaint(term->curses);
	term->handler.changed(term->ctx);
}

static void
on_token(void *ctx, const struct key_token *token)
{
	struct term *term = ctx;

	if (token->kind == KEY_REPLY && !term->probe.done)
		take_answer(term, token);
	else if (token->kind == KEY_REPLY && !term->light && term_probe_is_light(token) == 1) {
		term->light = true;
		term->handler.changed(term->ctx);
	} else
		term->handler.token(term->ctx, token);
}

static void
on_silence(void *ctx)
{
	struct term *term = ctx;

	term->silence = NULL;
	keys_timeout(term->keys);
}

static void
listen_for_silence(struct term *term)
{
	clock_timer_cancel(&term->silence);
	if (keys_wait(term->keys))
		term->silence = clock_timer_start(term->escape_ms, on_silence, term);
	else if (keys_wait_end(term->keys))
		term->silence = clock_timer_start(LIMIT_PASTE_WAIT, on_silence, term);
}

static gboolean
on_input(int fd, GIOCondition condition, void *ctx)
{
	struct term *term = ctx;
	char bytes[4096];

	(void)condition;
	for (int i = 0; i < READS && !term->lent && !term->gone; i++) {
		ssize_t n = read(fd, bytes, sizeof bytes);

		if (n > 0) {
			keys_feed(term->keys, bytes, (size_t)n);
		} else if (n < 0 && errno == EINTR) {
			continue;
		} else {
			/* 0 or EIO: nobody holds the other end.  That stays so, and poll() would say it for ever. */
			if (n == 0 || errno != EAGAIN)
				lose(term);
			break;
		}
	}
	listen_for_silence(term);
	return G_SOURCE_CONTINUE;
}

static void
listen_to(struct term *term)
{
	/* Keys before everything else: what is typed is echoed however much comes in. */
	term->input = g_unix_fd_add_full(G_PRIORITY_HIGH, term->fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, term,
	    NULL);
}

/* --- giving it away and taking it back --- */

static void
set_raw(struct term *term)
{
	struct termios raw = term->saved;

	raw.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
	raw.c_oflag &= ~(tcflag_t)OPOST;
	raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	raw.c_cflag = (raw.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
	/* With 0 a read that finds nothing could not be told from the end. */
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(term->fd, TCSANOW, &raw);
}

static void
enter(struct term *term)
{
	gate_queue(term->gate, term->enter);
	if (term->mouse)
		gate_queue(term->gate, MOUSE_ON);
}

static void
take_terminal(struct term *term)
{
	set_raw(term);
	term_signals_arm(term->fd, &term->saved, term->leave);
	enter(term);
	term->lent = false;
	listen_to(term);
	/* It took nothing when it was given away, not even the farewell. */
	after_write(term, gate_state(term->gate));
}

static void
give_terminal(struct term *term)
{
	term->lent = true;
	g_clear_handle_id(&term->input, g_source_remove);
	g_clear_handle_id(&term->output, g_source_remove);
	clock_timer_cancel(&term->silence);
	if (!term->gone)
		gate_leave(term->gate, term->leave, LEAVE_MS);
	term_signals_arm(-1, NULL, NULL);
	tcsetattr(term->fd, TCSANOW, &term->saved);
}

static void
come_back(struct term *term)
{
	/* Whoever had it may have left other modes; those are what we leave behind in the end. */
	tcgetattr(term->fd, &term->saved);
	take_terminal(term);
	measure(term);
	term_curses_repaint(term->curses);
	term->handler.changed(term->ctx);
}

void
term_suspend(struct term *term)
{
	if (term->lent || term->gone)
		return;
	give_terminal(term);
	term_signals_stop();
	come_back(term);
}

void
term_hold(struct term *term, bool hold)
{
	if (hold)
		g_clear_handle_id(&term->input, g_source_remove);
	else if (term->input == 0 && !term->lent && !term->gone)
		listen_to(term);
}

void
term_lend(struct term *term)
{
	if (term->lent || term->gone)
		return;
	give_terminal(term);
	term_signals_give();
}

void
term_return(struct term *term)
{
	if (!term->lent)
		return;
	term_signals_take();
	come_back(term);
}

/* --- signals --- */

static void
take_signal(struct term *term, int signal)
{
	switch (signal) {
	case SIGWINCH:
		if (!term->lent && measure(term))
			term->handler.changed(term->ctx);
		break;
	case SIGTSTP:
		term_suspend(term);
		break;
	case SIGCONT:
		/* Stopped by SIGSTOP: the shell has set its own modes meanwhile. */
		if (!term->lent && !term->gone) {
			set_raw(term);
			enter(term);
			measure(term);
			term_curses_repaint(term->curses);
			term->handler.changed(term->ctx);
		}
		break;
	default:
		lose(term);
		break;
	}
}

static gboolean
on_signal(int fd, GIOCondition condition, void *ctx)
{
	struct term *term = ctx;
	int signal;

	(void)condition;
	while ((signal = term_signals_next(fd)) != 0)
		take_signal(term, signal);
	return G_SOURCE_CONTINUE;
}

/* --- opening and closing --- */

static bool
open_terminal(struct term *term, const char *path, GError **error)
{
	term->fd = open(path != NULL ? path : "/dev/tty", O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (term->fd < 0 || tcgetattr(term->fd, &term->saved) < 0) {
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
		    "There is no terminal here (%s: %s).  \"confab do\" works without one.",
		    path != NULL ? path : "/dev/tty", g_strerror(errno));
		return false;
	}
	return true;
}

static void
build_strings(struct term *term, bool titles)
{
	term->enter = g_strconcat(titles ? "\033[22;2t" : "", term_curses_enter(term->curses), "\033[?2004h\033[?1004h",
	    NULL);
	term->leave = g_strconcat(titles ? "\033[23;2t" : "", MOUSE_OFF, term_curses_leave(term->curses), NULL);
}

static void
ask(struct term *term, const struct term_env *env)
{
	/* In a multiplexer the answers are its own, and may be wrong of the terminal behind it. */
	term->probe.done = env->multiplexer || term->rows < 3 || term->columns < 20;
	if (term->probe.done)
		return;
	keys_expect_replies(term->keys, true);
	gate_queue(term->gate, term_probe_questions);
	term->answers = clock_timer_start(ANSWER_MS, end_of_answers, term);
}

struct term *
term_open(const char *path, const struct term_handler *handler, void *ctx, char **notice, GError **error)
{
	struct term *term = g_new0(struct term, 1);
	struct term_env env;

	term->handler = *handler;
	term->ctx = ctx;
	term->fd = term->signal_fd = -1;
	term->lent = true;
	if (!term_env_read(&env, error) || !open_terminal(term, path, error)) {
		term_env_clear(&env);
		term_close(term);
		return NULL;
	}
	/* Before ncurses, which takes the signals that nobody has. */
	term->signal_fd = term_signals_open();
	term->curses = term_env_curses(&env, error);
	if (term->curses == NULL) {
		term_env_clear(&env);
		term_close(term);
		return NULL;
	}
	term->escape_ms = term->escape_default_ms = env.ssh ? ESCAPE_SSH_MS : ESCAPE_MS;
	term->theme = theme_new(term_curses_colours(term->curses));
	term->gate = gate_new(term->fd);
	term->titles = env.titles;
	gate_set_titles(term->gate, env.titles);
	term->keys = keys_new(on_token, term);
	build_strings(term, env.titles);
	measure(term);
	take_terminal(term);
	ask(term, &env);
	term->signals = g_unix_fd_add_full(G_PRIORITY_HIGH, term->signal_fd, G_IO_IN, on_signal, term, NULL);
	if (notice != NULL)
		*notice = g_steal_pointer(&env.notice);
	term_env_clear(&env);
	return term;
}

void
term_close(struct term *term)
{
	if (term == NULL)
		return;
	if (!term->lent)
		give_terminal(term);
	else if (term->curses != NULL)
		term_signals_take();
	g_clear_handle_id(&term->signals, g_source_remove);
	g_clear_handle_id(&term->lost, g_source_remove);
	clock_timer_cancel(&term->answers);
	term_curses_close(term->curses);
	if (term->signal_fd >= 0)
		term_signals_close(term->signal_fd);
	keys_free(term->keys);
	gate_free(term->gate);
	theme_free(term->theme);
	if (term->fd >= 0)
		close(term->fd);
	g_free(term->enter);
	g_free(term->leave);
	g_free(term);
}

const struct text_policy *
term_policy(const struct term *term)
{
	return &term->policy;
}

struct theme *
term_theme(struct term *term)
{
	return term->theme;
}

int
term_colours(const struct term *term)
{
	return term_curses_colours(term->curses);
}

void
term_counts(const struct term *term, struct gate_counts *counts)
{
	gate_counts(term->gate, counts);
}
