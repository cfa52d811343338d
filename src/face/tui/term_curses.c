/*
 * term_curses.c: see term_curses.h.  The only file that knows ncurses.
 *
 * ncurses writes with write(2) to the descriptor behind the FILE it is given, so that has to be a real one: a file in
 * memory.  It knows nothing of the terminal then, which is the point: it cannot block on it, tear a frame into dozens
 * of writes, or change its modes.
 *
 * What a reader would get wrong: the bytes are right only in order.  ncurses compares with what it drew last, so every
 * frame goes out, or everything is painted anew.
 */
#include "face/tui/term_curses.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wchar.h>

#include <ncurses.h>
#include <term.h>

/* Of the names in <term.h> the two that hurt. */
#undef columns
#undef lines

enum { TRUSTED_MARKS = 4 };	/* that ncurses keeps in one cell */

/* What a cell of the screen holds: as in the canvas, but with a number that outlives the canvas. */
struct shown {
	uint32_t glyph;
	uint16_t slot;
	uint16_t width;		/* two bytes, so that memcmp() sees no padding */
};

struct look {
	attr_t	 attributes;
	short	 pair;
	bool	 known;
};

struct term_curses {
	SCREEN	*screen;
	FILE	*out, *in;
	int	 fd;		/* of out */
	int	 rows, columns, colours;
	char	*enter, *leave;
	struct shown *shown, *row;
	cchar_t	*cells;
	GArray	*numbers;	/* uint32_t: the gate's number of a glyph of the canvas, 0: not asked yet */
	struct look looks[SLOTS_ALL];
	GHashTable *pairs;	/* colours to number of the pair */
	GString	*frame;
	bool	 cursor_shown, forget;
	bool	 corner;	/* ncurses cannot write the last cell of the last row by itself: add_corner() does */
	int	 corner_from;	/* the column from which that was done, -1: the corner is blank */
};

/* --- the memory file --- */

static void
collect_frame(struct term_curses *curses)
{
	off_t n = lseek(curses->fd, 0, SEEK_CUR);
	ssize_t got;

	g_string_set_size(curses->frame, n > 0 ? (gsize)n : 0);
	got = pread(curses->fd, curses->frame->str, curses->frame->len, 0);
	g_string_truncate(curses->frame, got > 0 ? (gsize)got : 0);
	lseek(curses->fd, 0, SEEK_SET);
}

/* Strings of terminfo with their "$<5>" taken out: no terminal that is left needs the pause. */
static void
add_string(GString *out, const char *string)
{
	while (string != NULL && *string != '\0') {
		const char *end = g_str_has_prefix(string, "$<") ? strchr(string, '>') : NULL;

		if (end == NULL)
			g_string_append_c(out, *string++);
		else
			string = end + 1;
	}
}

static char *
leave_string(void)
{
	GString *out = g_string_new("\033[?2026l\033[?1004l\033[?2004l\033[?7h\033[r");

	add_string(out, exit_attribute_mode);
	add_string(out, cursor_normal);
	if (exit_ca_mode != NULL)
		add_string(out, exit_ca_mode);
	else
		g_string_append(out, "\033[999;1H\r\n");
	return g_string_free(out, FALSE);
}

static int
start_colours(bool wanted)
{
	if (!wanted || start_color() == ERR)
		return 0;
	use_default_colors();
	return COLORS >= 256 ? 256 : COLORS >= 16 ? 16 : COLORS >= 8 ? 8 : 0;
}

static bool
curses_start(struct term_curses *curses, const char *type, bool colours, GError **error)
{
	int known;

	if (curses->fd < 0 || curses->out == NULL || curses->in == NULL) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NFILE, "There is no memory file to draw into.");
		return false;
	}
	/* newterm() would say the same, and leak. */
	if (setupterm(type, curses->fd, &known) == ERR)
		return false;
	del_curterm(cur_term);
	curses->screen = newterm(type, curses->out, curses->in);
	if (curses->screen == NULL)
		return false;
	if (cursor_address == NULL) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSYS,
		    "The terminal (TERM=%s) cannot place the cursor.  \"confab do\" works without that.", type);
		return false;
	}
	typeahead(-1);
	raw();
	nonl();
	noecho();
	scrollok(stdscr, FALSE);
	/* Inserting and deleting cells in a row cuts wide characters in half at its end. */
	idcok(stdscr, FALSE);
	leaveok(stdscr, FALSE);
	curses->colours = start_colours(colours);
	/* Without these (tmux) it draws the last cell one to the left and shifts it, which tears wide characters. */
	curses->corner = auto_right_margin && (enter_am_mode == NULL || exit_am_mode == NULL);
	doupdate();
	collect_frame(curses);
	curses->enter = g_strdup(curses->frame->str);
	curses->leave = leave_string();
	return true;
}

struct term_curses *
term_curses_open(const char *type, bool colours, GError **error)
{
	struct term_curses *curses = g_new0(struct term_curses, 1);

	curses->frame = g_string_new(NULL);
	curses->numbers = g_array_new(FALSE, TRUE, sizeof(uint32_t));
	curses->pairs = g_hash_table_new(NULL, NULL);
	curses->fd = memfd_create("screen", MFD_CLOEXEC);
	curses->out = curses->fd < 0 ? NULL : fdopen(curses->fd, "w");
	curses->in = fopen("/dev/null", "re");
	curses->cursor_shown = true;
	if (!curses_start(curses, type, colours, error)) {
		term_curses_close(curses);
		return NULL;
	}
	term_curses_resize(curses, LINES, COLS);
	return curses;
}

void
term_curses_close(struct term_curses *curses)
{
	if (curses == NULL)
		return;
	if (curses->screen != NULL) {
		endwin();
		delscreen(curses->screen);
	}
	if (curses->out != NULL)
		fclose(curses->out);
	if (curses->in != NULL)
		fclose(curses->in);
	g_free(curses->enter);
	g_free(curses->leave);
	g_free(curses->shown);
	g_free(curses->row);
	g_free(curses->cells);
	g_array_free(curses->numbers, TRUE);
	g_hash_table_destroy(curses->pairs);
	g_string_free(curses->frame, TRUE);
	g_free(curses);
}

int
term_curses_colours(const struct term_curses *curses)
{
	return curses->colours;
}

const char *
term_curses_enter(const struct term_curses *curses)
{
	return curses->enter;
}

const char *
term_curses_leave(const struct term_curses *curses)
{
	return curses->leave;
}

void
term_curses_resize(struct term_curses *curses, int rows, int columns)
{
	curses->rows = rows;
	curses->columns = columns;
	curses->shown = g_renew(struct shown, curses->shown, (gsize)rows * (gsize)columns);
	curses->row = g_renew(struct shown, curses->row, (gsize)columns);
	curses->cells = g_renew(cchar_t, curses->cells, (gsize)columns);
	resizeterm(rows, columns);
	term_curses_repaint(curses);
}

void
term_curses_repaint(struct term_curses *curses)
{
	curses->forget = true;
}

/* --- colours --- */

static short
pair_for(struct term_curses *curses, struct style style)
{
	gsize key = (gsize)(style.foreground + 1) * 512 + (gsize)(style.background + 1), number;

	if (key == 0 || curses->colours == 0)
		return 0;
	number = GPOINTER_TO_SIZE(g_hash_table_lookup(curses->pairs, GSIZE_TO_POINTER(key)));
	if (number > 0)
		return (short)number;
	number = g_hash_table_size(curses->pairs) + 1;
	/* More than the terminal can have: its own colours are always readable. */
	if (number >= (gsize)MIN(COLOR_PAIRS, SHRT_MAX) ||
	    init_pair((short)number, style.foreground, style.background) == ERR)
		return 0;
	g_hash_table_insert(curses->pairs, GSIZE_TO_POINTER(key), GSIZE_TO_POINTER(number));
	return (short)number;
}

static const struct look *
look_for(struct term_curses *curses, const struct theme *theme, enum slot slot)
{
	static const struct { enum attribute ours; attr_t theirs; } attributes[] = {
		{ ATTRIBUTE_BOLD, A_BOLD }, { ATTRIBUTE_DIM, A_DIM }, { ATTRIBUTE_ITALIC, A_ITALIC },
		{ ATTRIBUTE_UNDERLINE, A_UNDERLINE }, { ATTRIBUTE_REVERSE, A_REVERSE },
	};
	struct look *look = &curses->looks[slot];
	struct style style;

	if (look->known)
		return look;
	style = theme_style(theme, slot);
	look->known = true;
	look->attributes = A_NORMAL;
	for (size_t i = 0; i < G_N_ELEMENTS(attributes); i++)
		if (style.attributes & attributes[i].ours)
			look->attributes |= attributes[i].theirs;
	/* The second eight are the first eight, brighter. */
	if (curses->colours == 8) {
		style.foreground = style.foreground > 7 ? (int16_t)(style.foreground - 8) : style.foreground;
		style.background = style.background > 7 ? (int16_t)(style.background - 8) : style.background;
	}
	look->pair = pair_for(curses, style);
	return look;
}

/* --- rows --- */

/* One narrow character with a few marks ncurses draws right by itself: the characters, or 0 when it is not that. */
static size_t
trusted(const char *bytes, size_t len, int width, wchar_t out[TRUSTED_MARKS + 2])
{
	size_t n = 0;

	for (size_t i = 0; i < len; i += (size_t)g_utf8_skip[(unsigned char)bytes[i]], n++) {
		gunichar c = g_utf8_get_char(bytes + i);

		/* Private code points in a text are not ours. */
		if (n > TRUSTED_MARKS || c >= GATE_FIRST_GLYPH || wcwidth((wchar_t)c) != (n == 0 ? 1 : 0) ||
		    (n > 0 && !g_unichar_ismark(c)))
			return 0;
		out[n] = (wchar_t)c;
	}
	out[n] = L'\0';
	return width == 1 ? n : 0;
}

static uint32_t
number_of(struct term_curses *curses, const struct canvas *canvas, const struct cell *cell, struct gate *gate)
{
	unsigned index = cell->glyph - CANVAS_INTERNED;
	uint32_t *number;
	const char *bytes;
	size_t len;

	if (cell->glyph < CANVAS_INTERNED)
		return cell->glyph;
	if (index >= curses->numbers->len)
		g_array_set_size(curses->numbers, index + 1);
	number = &g_array_index(curses->numbers, uint32_t, index);
	if (*number == 0) {
		bytes = canvas_glyph(canvas, cell->glyph, &len);
		*number = gate_glyph(gate, bytes, len, cell->width);
	}
	return *number;
}

/* False: the gate has no numbers left; may_fail false: a sign for what has none. */
static bool
resolve_row(struct term_curses *curses, const struct canvas *canvas, const struct cell *cells, struct gate *gate,
    bool may_fail)
{
	for (int i = 0; i < curses->columns; i++) {
		uint32_t number = number_of(curses, canvas, &cells[i], gate);

		if (number == 0 && may_fail)
			return false;
		if (number == 0)
			number = 0xfffd;
		curses->row[i] = (struct shown){ .glyph = number, .slot = cells[i].slot, .width = cells[i].width };
	}
	return true;
}

/* Where the cluster begins that fills the last column, or the one before if that is wide: it would be shifted too. */
static int
corner_column(const struct term_curses *curses, const struct cell *cells)
{
	int column = curses->columns - 1;

	while (column > 0 && cells[column].width == 0)
		column--;
	if (column > 1 && cells[column - 1].width == 0)
		for (column--; column > 0 && cells[column].width == 0; column--)
			;
	return column;
}

static void
hand_over(struct term_curses *curses, const struct canvas *canvas, const struct cell *cells, const struct theme *theme,
    int row)
{
	cchar_t *out = curses->cells;
	int end = curses->corner && row == curses->rows - 1 ? corner_column(curses, cells) : curses->columns;

	for (int i = 0; i < end; i += MAX(cells[i].width, 1)) {
		const struct look *look = look_for(curses, theme, cells[i].slot);
		wchar_t text[TRUSTED_MARKS + 2] = { (wchar_t)curses->row[i].glyph };
		wchar_t half[] = { GATE_RIGHT_HALF, L'\0' };
		bool plain = cells[i].glyph < CANVAS_INTERNED;
		const char *bytes;
		size_t len;

		if (!plain) {
			bytes = canvas_glyph(canvas, cells[i].glyph, &len);
			if (trusted(bytes, len, cells[i].width, text) == 0) {
				text[0] = (wchar_t)curses->row[i].glyph;
				text[1] = L'\0';
			}
		}
		setcchar(out++, text, look->attributes, look->pair, NULL);
		for (int k = 1; !plain && k < cells[i].width; k++)
			setcchar(out++, half, look->attributes, look->pair, NULL);
	}
	for (int i = end; i < curses->columns; i++)
		setcchar(out++, L" ", A_NORMAL, 0, NULL);
	mvwadd_wchnstr(stdscr, row, 0, curses->cells, (int)(out - curses->cells));
}

static bool
draw_rows(struct term_curses *curses, const struct canvas *canvas, const struct theme *theme, struct gate *gate,
    bool may_fail)
{
	for (int row = 0; row < curses->rows; row++) {
		struct shown *before = curses->shown + (gsize)row * (gsize)curses->columns;
		const struct cell *cells = canvas_row(canvas, row);
		gsize size = (gsize)curses->columns * sizeof *before;

		if (!resolve_row(curses, canvas, cells, gate, may_fail))
			return false;
		if (memcmp(before, curses->row, size) == 0)
			continue;
		memcpy(before, curses->row, size);
		hand_over(curses, canvas, cells, theme, row);
	}
	return true;
}

static void
forget(struct term_curses *curses, struct gate *gate)
{
	gate_forget_glyphs(gate);
	g_array_set_size(curses->numbers, 0);
	/* No cell is so wide: every row differs. */
	memset(curses->shown, 0xff, (gsize)curses->rows * (gsize)curses->columns * sizeof *curses->shown);
	memset(curses->looks, 0, sizeof curses->looks);
	if (g_hash_table_size(curses->pairs) > 0)
		reset_color_pairs();
	g_hash_table_remove_all(curses->pairs);
	clearok(curscr, TRUE);
	curses->corner_from = -1;
	/* Whoever had the terminal in between may have changed it. */
	curs_set(0);
	curs_set(1);
	curses->cursor_shown = true;
	curses->forget = false;
}

static void
place_cursor(struct term_curses *curses, const struct canvas *canvas)
{
	int row, column;

	canvas_cursor_place(canvas, &row, &column);
	if (row >= 0)
		wmove(stdscr, row, column);
	if (curses->cursor_shown != (row >= 0))
		curs_set(row >= 0);
	curses->cursor_shown = row >= 0;
}

/*
 * For ncurses the corner is blank for ever.  So before its frame, which may scroll the row, the corner is made blank,
 * and what is there is written behind it; without wrapping, and the cursor goes back to where ncurses thinks it is.
 */
static void
erase_corner(struct term_curses *curses, int cursor_row, int cursor_column)
{
	g_autofree char *erase = NULL;

	if (curses->corner_from < 0)
		return;
	erase = g_strdup_printf("\033[?7l\033[%d;%dH%*s\033[?7h\033[%d;%dH", curses->rows, curses->corner_from + 1,
	    curses->columns - curses->corner_from, "", cursor_row + 1, cursor_column + 1);
	g_string_prepend(curses->frame, erase);
	curses->corner_from = -1;
}

static void
add_look(struct term_curses *curses, struct style style)
{
	static const int codes[] = { 1, 2, 3, 4, 7 };
	GString *out = curses->frame;

	g_string_append(out, "\033[0");
	for (size_t i = 0; i < G_N_ELEMENTS(codes); i++)
		if (style.attributes & (1u << i))
			g_string_append_printf(out, ";%d", codes[i]);
	if (curses->colours >= 8 && style.foreground >= 0)
		g_string_append_printf(out, ";38;5;%d", style.foreground);
	if (curses->colours >= 8 && style.background >= 0)
		g_string_append_printf(out, ";48;5;%d", style.background);
	g_string_append_c(out, 'm');
}

static void
add_corner(struct term_curses *curses, const struct canvas *canvas, const struct theme *theme)
{
	const struct cell *cells = canvas_row(canvas, curses->rows - 1);
	const struct shown *shown = curses->shown + (gsize)(curses->rows - 1) * (gsize)curses->columns;
	int column = corner_column(curses, cells), cursor_row, cursor_column;
	struct style last = theme_style(theme, cells[curses->columns - 1].slot);
	GString *out = curses->frame;

	if (column == curses->columns - 1 && shown[column].glyph == ' ' && last.background < 0 &&
	    !(last.attributes & (ATTRIBUTE_UNDERLINE | ATTRIBUTE_REVERSE)))
		return;
	curses->corner_from = column;
	getyx(stdscr, cursor_row, cursor_column);
	g_string_append_printf(out, "\033[?7l\033[%d;%dH", curses->rows, column + 1);
	for (; column < curses->columns; column += MAX(shown[column].width, 1)) {
		add_look(curses, theme_style(theme, cells[column].slot));
		g_string_append_unichar(out, shown[column].glyph);
		for (int i = 1; shown[column].glyph >= GATE_FIRST_GLYPH && i < shown[column].width; i++)
			g_string_append_unichar(out, GATE_RIGHT_HALF);
	}
	g_string_append_printf(out, "\033[m\033[?7h\033[%d;%dH", cursor_row + 1, cursor_column + 1);
}

GString *
term_curses_draw(struct term_curses *curses, const struct canvas *canvas, const struct theme *theme, struct gate *gate)
{
	struct shown before[2 * TEXT_COLUMNS_MAX], *end;
	int cursor_row, cursor_column, corner = MIN(2 * TEXT_COLUMNS_MAX, curses->columns);
	bool changed;

	g_assert(canvas_rows(canvas) == curses->rows && canvas_columns(canvas) == curses->columns);
	if (curses->forget)
		forget(curses, gate);
	end = curses->shown + curses->rows * curses->columns - corner;
	memcpy(before, end, (gsize)corner * sizeof *before);
	/* Numbers of the canvas before mean nothing now. */
	g_array_set_size(curses->numbers, 0);
	if (!draw_rows(curses, canvas, theme, gate, true)) {
		forget(curses, gate);
		draw_rows(curses, canvas, theme, gate, false);
	}
	getyx(curscr, cursor_row, cursor_column);
	changed = memcmp(before, end, (gsize)corner * sizeof *before) != 0;
	place_cursor(curses, canvas);
	wnoutrefresh(stdscr);
	doupdate();
	collect_frame(curses);
	if (curses->corner && (curses->frame->len > 0 || changed)) {
		erase_corner(curses, cursor_row, cursor_column);
		add_corner(curses, canvas, theme);
	}
	return curses->frame;
}
