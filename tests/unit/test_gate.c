/*
 * test_gate.c: what is written to the terminal.  The gate alone on a pipe; then ncurses, gate and a terminal model
 * together: however a frame was reached, the screen is the one that a full repaint gives.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "face/tui/gate.h"
#include "face/tui/term.h"
#include "face/tui/term_probe.h"
#include "pty_screen.h"

#define FAMILY "\U0001F468\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466"

/* What is wider than counted spills over its neighbours: nothing here is wider in libvterm than this says. */
static const struct text_policy policy = { .vs16_wide = true, .ri_pairs = true };

/* --- the gate on a pipe --- */

static int pipe_fds[2];
static struct gate *gate;

static int
open_gate(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	if (pipe2(pipe_fds, O_NONBLOCK) < 0)
		return -1;
	gate = gate_new(pipe_fds[1]);
	return 0;
}

static int
close_gate(void **state)
{
	(void)state;
	gate_free(gate);
	close(pipe_fds[1]);
	if (pipe_fds[0] >= 0)
		close(pipe_fds[0]);
	return 0;
}

static char *
taken(void)
{
	GString *out = g_string_new(NULL);
	char bytes[4096];
	ssize_t n;

	while ((n = read(pipe_fds[0], bytes, sizeof bytes)) > 0)
		g_string_append_len(out, bytes, n);
	return g_string_free(out, FALSE);
}

static void
assert_taken(const char *want)
{
	g_autofree char *got = taken();

	assert_string_equal(got, want);
}

static void
frame(const char *text)
{
	assert_int_equal(gate_frame(gate, text, strlen(text)), GATE_EMPTY);
}

static void
glyphs_take_their_place(void **state)
{
	char text[64] = "\033[2;3Ha";
	size_t at = strlen(text);
	uint32_t family = gate_glyph(gate, FAMILY, strlen(FAMILY), 2);

	(void)state;
	assert_int_equal(family, GATE_FIRST_GLYPH);
	assert_int_equal(gate_glyph(gate, FAMILY, strlen(FAMILY), 2), family);
	/* The same bytes with another width are another glyph. */
	assert_int_equal(gate_glyph(gate, FAMILY, strlen(FAMILY), 4), family + 1);
	at += (size_t)g_unichar_to_utf8(family, text + at);
	at += (size_t)g_unichar_to_utf8(GATE_RIGHT_HALF, text + at);
	g_strlcat(text, "b漢", sizeof text);
	frame(text);
	assert_taken("\033[2;3Ha\0337\033[2X" FAMILY "\0338\033[C\033[Cb漢");
}

static void
nothing_foreign_passes(void **state)
{
	(void)state;
	frame("a\xc2\x9b" "b\u202E\u2066\u200F\u061C\u2028\x7f" "c\U000F1234\U0010FFFFd");
	assert_taken("a b      c  d");
	/* Sequences are copied as a whole, whatever letters they have. */
	frame("\033[7h\0337\033]0;x\ay\033]2;z\033\\\033M");
	assert_taken("\033[7h\0337\033]0;x\ay\033]2;z\033\\\033M");
	/* Cut short, it reads no further than there is. */
	frame("\033");
	frame("\033[");
	frame("\033]");
	frame("\xf0\x9f");
	free(taken());
}

static void
titles_and_bells(void **state)
{
	g_autofree char *longer = g_strnfill(1000, 'x'), *got = NULL;

	(void)state;
	gate_title(gate, "a\033]52;c;eA==\a\033\\b\nc\xc2\x9c\u202E");
	assert_taken("\033]2;a]52;c;eA==\\b c\a");
	gate_title(gate, longer);
	got = taken();
	assert_int_equal(strlen(got), LIMIT_TITLE + 5);
	gate_bell(gate);
	assert_taken("\a");
	gate_set_titles(gate, false);
	gate_title(gate, "x");
	assert_taken("");
}

static void
synchronized(void **state)
{
	(void)state;
	gate_set_synchronized(gate, true);
	frame("x");
	frame("");
	assert_taken("\033[?2026hx\033[?2026l");
}

static void
one_write_a_frame(void **state)
{
	struct gate_counts counts;

	(void)state;
	gate_queue(gate, "\033[?2004h");
	for (int i = 0; i < 100; i++)
		frame("\033[H\033[2Jtext\n\033[38;5;1mmore\033[m");
	gate_counts(gate, &counts);
	assert_int_equal(counts.frames, 100);
	assert_int_equal(counts.writes, 100);
}

/* A terminal that has stopped: bells and titles do not pile up, a frame is never cut by them. */
static void
stalled(void **state)
{
	g_autofree char *large = g_strnfill(1 << 20, 'x'), *got = NULL;
	GString *all = g_string_new(NULL);

	(void)state;
	assert_int_equal(gate_frame(gate, large, 1 << 20), GATE_PENDING);
	for (int i = 0; i < 1000; i++) {
		g_autofree char *title = g_strdup_printf("title %d", i);

		assert_int_equal(gate_bell(gate), GATE_PENDING);
		assert_int_equal(gate_title(gate, title), GATE_PENDING);
	}
	do {
		g_free(got);
		got = taken();
		g_string_append(all, got);
	} while (gate_flush(gate) == GATE_PENDING);
	g_free(got);
	got = taken();
	g_string_append(all, got);
	assert_int_equal(all->len, (1 << 20) + strlen("\033]2;title 999\a\a"));
	assert_string_equal(all->str + (1 << 20), "\033]2;title 999\a\a");
	g_string_free(all, TRUE);
}

static void
leaving(void **state)
{
	g_autofree char *large = g_strnfill(1 << 20, 'x'), *got = NULL;

	(void)state;
	gate_leave(gate, "LEFT", 0);
	assert_taken("LEFT");
	/* Half a frame is out: what it is in the middle of is ended, and the rest is not sent. */
	assert_int_equal(gate_frame(gate, large, 1 << 20), GATE_PENDING);
	free(taken());
	gate_bell(gate);
	free(taken());
	gate_leave(gate, "LEFT", 0);
	got = taken();
	assert_string_equal(got, "\030\033\\LEFT");
}

static void
nobody_there(void **state)
{
	(void)state;
	close(pipe_fds[0]);
	pipe_fds[0] = -1;
	assert_int_equal(gate_frame(gate, "x", 1), GATE_GONE);
	assert_int_equal(gate_frame(gate, "x", 1), GATE_GONE);
	assert_int_equal(gate_bell(gate), GATE_GONE);
	gate_leave(gate, "LEFT", 1000);
}

static void
glyphs_run_out(void **state)
{
	uint32_t number = 0;

	(void)state;
	for (unsigned i = 0; i <= GATE_LAST_GLYPH - GATE_FIRST_GLYPH; i++) {
		char text[16];

		g_snprintf(text, sizeof text, "%u", i);
		number = gate_glyph(gate, text, strlen(text), 1);
		assert_int_equal(number, GATE_FIRST_GLYPH + i);
	}
	assert_int_equal(number, GATE_LAST_GLYPH);
	assert_int_equal(gate_glyph(gate, "x", 1, 1), 0);
	assert_int_equal(gate_glyph(gate, "7", 1, 1), GATE_FIRST_GLYPH + 7);
	gate_forget_glyphs(gate);
	assert_int_equal(gate_glyph(gate, "x", 1, 1), GATE_FIRST_GLYPH);
}

/* --- frames on a screen --- */

static void
ignore_token(void *ctx, const struct key_token *token)
{
	(void)ctx;
	(void)token;
}

static void
ignore(void *ctx)
{
	(void)ctx;
}

static const struct term_handler handler = { ignore_token, ignore, ignore, ignore };

struct screen {
	struct pty_screen *pty;
	struct term *term;
	struct canvas *canvas;
};

static void
settle(struct screen *screen)
{
	struct gate_counts counts;

	do {
		while (g_main_context_iteration(NULL, FALSE))
			;
		term_counts(screen->term, &counts);
	} while (pty_screen_pump(screen->pty, counts.bytes) > 0);
}

static void
show(struct screen *screen)
{
	while (!term_show(screen->term, screen->canvas))
		settle(screen);
	settle(screen);
}

static struct screen
screen_open(const char *type, int rows, int columns)
{
	struct screen screen = { .pty = pty_screen_open(rows, columns) };
	g_autoptr(GError) error = NULL;

	g_setenv("TERM", type, TRUE);
	screen.term = term_open(pty_screen_path(screen.pty), &handler, NULL, NULL, &error);
	assert_non_null(screen.term);
	screen.canvas = canvas_new(rows, columns, &policy);
	show(&screen);
	return screen;
}

static void
screen_close(struct screen *screen)
{
	canvas_free(screen->canvas);
	term_close(screen->term);
	pty_screen_close(screen->pty);
}

/* Nothing goes to the terminal but text and sequences of ours: no C1, no bidi control, no string but titles. */
static void
assert_written_is_ours(const GString *written)
{
	assert_true(g_utf8_validate(written->str, (gssize)written->len, NULL));
	for (size_t i = 0; i < written->len; i += (size_t)g_utf8_skip[(unsigned char)written->str[i]]) {
		gunichar c;

		/* The one question that is a string. */
		if (g_str_has_prefix(written->str + i, term_probe_background))
			i += strlen(term_probe_background);
		c = g_utf8_get_char(written->str + i);
		assert_false(c >= 0x7f && c < 0xa0);
		assert_false((c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e ||
		    c == 0x200f);
		/* One is in the text itself. */
		assert_false(c >= 0xf0000 && c != 0xf0001);
		assert_true(c >= ' ' || c == '\r' || c == '\n' || c == '\b' || c == 033 || c == '\t' || c == 016 ||
		    c == 017);
		if (c == 033)
			assert_null(strchr("]PX^_c", written->str[i + 1]));
	}
}

static const char *const pieces[] = {
	"a", "bc", "word ", "  ", "漢字", "が", FAMILY, "🇩🇪", "❤️", "\U0001F44D\U0001F3FD", "e\u0301",
	"z\u0301\u0302\u0303\u0304\u0305\u0306", "กำ", "क्षि", "\U0001FAE8", "│", "1️⃣", "\uE000", "\U000F0001", "é",
	    "\u1112\u1161\u11AB",
	"שלום", "\t",
};

/* One change as a chat makes it: a scroll, a row, a piece, a pane, an edge. */
static void
change(struct canvas *canvas, GRand *rand, GPtrArray *lines)
{
	int rows = canvas_rows(canvas), columns = canvas_columns(canvas), kind = g_rand_int_range(rand, 0, 10);
	int row = g_rand_int_range(rand, 0, rows), column = g_rand_int_range(rand, 0, columns);

	if (kind < 4) {
		GString *line = g_string_new(NULL);

		for (int i = g_rand_int_range(rand, 0, 20); i > 0; i--)
			g_string_append(line, pieces[g_rand_int_range(rand, 0, G_N_ELEMENTS(pieces))]);
		g_ptr_array_remove_index(lines, 0);
		g_ptr_array_add(lines, g_string_free(line, FALSE));
		for (int i = 0; i < rows - 2; i++) {
			canvas_clear(canvas, 1 + i, 0, 1, columns, SLOT_TEXT);
			canvas_text(canvas, 1 + i, 0, columns, SLOT_MESSAGE_TEXT, g_ptr_array_index(lines, i), -1);
		}
	} else if (kind < 8) {
		canvas_text(canvas, row, column, columns, (enum slot)g_rand_int_range(rand, 0, SLOTS_ALL),
		    pieces[g_rand_int_range(rand, 0, G_N_ELEMENTS(pieces))], -1);
	} else if (kind == 8) {
		canvas_clear(canvas, row, column, 3, 5, SLOT_STATUS);
	} else {
		canvas_text(canvas, row, columns - 3, columns, SLOT_TEXT, FAMILY "漢", -1);
		canvas_cursor(canvas, row - 1, column);
	}
}

/* Of two screens the first rows that differ, not pages of both. */
static void
assert_same(const char *reached, const char *repainted)
{
	g_auto(GStrv) a = g_strsplit(reached, "\n", -1);
	g_auto(GStrv) b = g_strsplit(repainted, "\n", -1);

	assert_int_equal(g_strv_length(a), g_strv_length(b));
	for (int i = 0; a[i] != NULL; i++)
		assert_string_equal(a[i], b[i]);
}

/* libvterm 0.1.4 may put the marks of a cluster in the last column onto the next row. */
static void
spare_last_column(struct canvas *canvas)
{
	int last = canvas_columns(canvas) - 1;

	for (int row = 0; row < canvas_rows(canvas); row++)
		if (canvas_row(canvas, row)[last].glyph >= CANVAS_INTERNED)
			canvas_clear(canvas, row, last, 1, 1, SLOT_TEXT);
}

static void
frames_equal_repaint(const char *type, int rows, int columns, unsigned seed)
{
	struct screen screen = screen_open(type, rows, columns);
	GRand *rand = g_rand_new_with_seed(seed);
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

	for (int i = 0; i < rows; i++)
		g_ptr_array_add(lines, g_strdup(""));
	for (int round = 0; round < 8; round++) {
		g_autofree char *reached = NULL, *repainted = NULL;

		for (int k = 0; k < 40; k++) {
			change(screen.canvas, rand, lines);
			spare_last_column(screen.canvas);
			show(&screen);
		}
		reached = pty_screen_looks(screen.pty);
		term_repaint(screen.term);
		show(&screen);
		repainted = pty_screen_looks(screen.pty);
		assert_same(reached, repainted);
	}
	assert_written_is_ours(pty_screen_written(screen.pty));
	g_ptr_array_free(lines, TRUE);
	g_rand_free(rand);
	screen_close(&screen);
}

static void
random_canvases(void **state)
{
	static const char *const types[] = { "xterm-256color", "tmux-256color", "linux", "xterm", "vt100" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		g_autofree char *path = g_strdup_printf("/lib/terminfo/%c/%s", *types[i], types[i]);

		/* The first two are what most people have; not every machine knows the others. */
		if (i > 1 && !g_file_test(path, G_FILE_TEST_EXISTS))
			continue;
		for (unsigned seed = 0; seed < 3; seed++) {
			frames_equal_repaint(types[i], 20, 40, 100 + seed);
			frames_equal_repaint(types[i], 24, 80, 200 + seed);
		}
		frames_equal_repaint(types[i], 3, 8, 300);
	}
}

/* Where all agree about widths, the screen is the canvas. */
static void
screen_is_canvas(void **state)
{
	struct screen screen = screen_open("xterm-256color", 6, 30);
	g_autofree char *want = NULL, *got = NULL;

	(void)state;
	canvas_text(screen.canvas, 0, 0, 30, SLOT_TITLE, "title 漢字", -1);
	canvas_text(screen.canvas, 2, 28, 30, SLOT_TEXT, "漢", -1);
	canvas_text(screen.canvas, 5, 0, 30, SLOT_INPUT_TEXT, "ada> e\u0301 é ü 漢|", -1);
	canvas_text(screen.canvas, 5, 29, 30, SLOT_TEXT, "x", -1);
	show(&screen);
	want = canvas_dump(screen.canvas, false);
	got = pty_screen_text(screen.pty);
	assert_string_equal(got, want);
	screen_close(&screen);
}

/* The last cell of all, also where ncurses alone cannot reach it; drawn, drawn over, erased. */
static void
last_corner(void **state)
{
	static const char *const types[] = { "xterm-256color", "tmux-256color" };
	static const char *const texts[] = { "12345漢", "123456漢", "1234567x", "漢漢漢漢", "123456❤️", "12345678", "",
	    "1234567y" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		struct screen screen = screen_open(types[i], 2, 8);

		for (size_t k = 0; k < G_N_ELEMENTS(texts); k++) {
			g_autofree char *want = NULL, *got = NULL;

			canvas_clear(screen.canvas, 1, 0, 1, 8, SLOT_TEXT);
			canvas_text(screen.canvas, 1, 0, 8, SLOT_STATUS, texts[k], -1);
			canvas_cursor(screen.canvas, 0, (int)k);
			show(&screen);
			want = canvas_dump(screen.canvas, false);
			got = pty_screen_text(screen.pty);
			assert_string_equal(got, want);
			canvas_text(screen.canvas, 0, (int)k, 8, SLOT_TEXT, "k", -1);
			canvas_cursor(screen.canvas, 0, (int)k + 1);
			show(&screen);
			g_free(got);
			g_free(want);
			want = canvas_dump(screen.canvas, false);
			got = pty_screen_text(screen.pty);
			assert_string_equal(got, want);
		}
		screen_close(&screen);
	}
}

static void
frames_are_small(void **state)
{
	struct screen screen = screen_open("xterm-256color", 40, 120);
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	struct gate_counts before, after;

	(void)state;
	for (int i = 0; i < 300; i++) {
		g_ptr_array_add(lines,
		    g_strdup_printf("21:%02d ada         this is message number %d of them, as long as they are",
		    i % 60, i * 7919));
	}
	for (int top = 0; top < 200; top++) {
		for (int i = 1; i < 38; i++) {
			canvas_clear(screen.canvas, i, 0, 1, 120, SLOT_TEXT);
			canvas_text(screen.canvas, i, 0, 120, SLOT_MESSAGE_TEXT, g_ptr_array_index(lines, top + i), -1);
		}
		canvas_cursor(screen.canvas, 39, 5);
		term_counts(screen.term, &before);
		show(&screen);
		term_counts(screen.term, &after);
		assert_int_equal(after.writes - before.writes, 1);
		if (top > 0)
			assert_in_range(after.bytes - before.bytes, 1, 200);
	}
	for (int i = 0; i < 50; i++) {
		canvas_text(screen.canvas, 39, 5 + i, 120, SLOT_INPUT_TEXT, "k", -1);
		canvas_cursor(screen.canvas, 39, 6 + i);
		term_counts(screen.term, &before);
		show(&screen);
		term_counts(screen.term, &after);
		assert_int_equal(after.writes - before.writes, 1);
		/* The first one also sets the colour. */
		assert_in_range(after.bytes - before.bytes, 1, i > 0 ? 8 : 30);
	}
	/* Nothing new, nothing written. */
	term_counts(screen.term, &before);
	show(&screen);
	term_counts(screen.term, &after);
	assert_int_equal(after.bytes, before.bytes);
	g_ptr_array_free(lines, TRUE);
	screen_close(&screen);
}

/* More clusters over time than there are private numbers: the screen stays right. */
static void
glyphs_start_again(void **state)
{
	struct screen screen = screen_open("xterm-256color", 4, 160);
	g_autofree char *text = NULL, *again = NULL;

	(void)state;
	for (int i = 0; i < 460; i++) {
		GString *row = g_string_new(NULL);

		for (int k = 0; k < 150; k++) {
			int n = i * 150 + k;

			/* Five marks: more than ncurses keeps, so it needs a number. */
			g_string_append_c(row, (char)('a' + n % 26));
			for (int m = 0, rest = n / 26; m < 5; m++, rest /= 7)
				g_string_append_unichar(row, (gunichar)(0x300 + rest % 7));
		}
		canvas_clear(screen.canvas, 1, 0, 1, 160, SLOT_TEXT);
		canvas_text(screen.canvas, 1, 0, 160, SLOT_TEXT, row->str, -1);
		g_string_free(row, TRUE);
		show(&screen);
	}
	text = pty_screen_text(screen.pty);
	term_repaint(screen.term);
	show(&screen);
	again = pty_screen_text(screen.pty);
	assert_string_equal(text, again);
	screen_close(&screen);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(glyphs_take_their_place, open_gate, close_gate),
		cmocka_unit_test_setup_teardown(nothing_foreign_passes, open_gate, close_gate),
		cmocka_unit_test_setup_teardown(titles_and_bells, open_gate, close_gate),
		cmocka_unit_test_setup_teardown(synchronized, open_gate, close_gate),
		cmocka_unit_test_setup_teardown(one_write_a_frame, open_gate, close_gate),
		cmocka_unit_test_setup_teardown(stalled, open_gate, close_gate),
		cmocka_unit_test_setup_teardown(leaving, open_gate, close_gate),
		cmocka_unit_test_setup_teardown(nobody_there, open_gate, close_gate),
		cmocka_unit_test_setup_teardown(glyphs_run_out, open_gate, close_gate),
		cmocka_unit_test(screen_is_canvas),
		cmocka_unit_test(random_canvases),
		cmocka_unit_test(last_corner),
		cmocka_unit_test(frames_are_small),
		cmocka_unit_test(glyphs_start_again),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	g_setenv("LC_ALL", "C.UTF-8", TRUE);
	g_unsetenv("TMUX");
	g_unsetenv("STY");
	g_unsetenv("NO_COLOR");
	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
