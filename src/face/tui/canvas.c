/*
 * canvas.c: see canvas.h.
 *
 * What a reader would get wrong: a cluster and the cells of its right half live and die together.  Whoever writes into
 * one half turns the other into a blank (mend()), so that no row ever holds half a character.
 */
#include "face/tui/canvas.h"

#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "base/limits.h"

struct glyph {
	char	*bytes;
	size_t	 len;
};

struct canvas {
	int	 rows, columns;
	struct cell *cells;
	int	 cursor_row, cursor_column;
	struct text_policy policy;
	GArray	*glyphs;	/* struct glyph, by number */
	GHashTable *numbers;	/* bytes to number + 1 */
};

static const struct cell blank = { .glyph = ' ', .slot = SLOT_TEXT, .width = 1 };

static void
glyph_clear(void *glyph)
{
	g_free(((struct glyph *)glyph)->bytes);
}

static void
glyphs_open(struct canvas *canvas)
{
	canvas->glyphs = g_array_new(FALSE, FALSE, sizeof(struct glyph));
	g_array_set_clear_func(canvas->glyphs, glyph_clear);
	canvas->numbers = g_hash_table_new(g_str_hash, g_str_equal);
}

static void
glyphs_close(struct canvas *canvas)
{
	g_hash_table_destroy(canvas->numbers);
	g_array_free(canvas->glyphs, TRUE);
}

struct canvas *
canvas_new(int rows, int columns, const struct text_policy *policy)
{
	struct canvas *canvas = g_new0(struct canvas, 1);

	canvas->policy = *policy;
	glyphs_open(canvas);
	canvas_resize(canvas, rows, columns);
	return canvas;
}

void
canvas_free(struct canvas *canvas)
{
	if (canvas == NULL)
		return;
	glyphs_close(canvas);
	g_free(canvas->cells);
	g_free(canvas);
}

void
canvas_resize(struct canvas *canvas, int rows, int columns)
{
	canvas->rows = CLAMP(rows, 1, LIMIT_SCREEN_ROWS);
	canvas->columns = CLAMP(columns, 1, LIMIT_SCREEN_COLUMNS);
	g_free(canvas->cells);
	canvas->cells = g_new(struct cell, (size_t)canvas->rows * (size_t)canvas->columns);
	for (int i = 0; i < canvas->rows * canvas->columns; i++)
		canvas->cells[i] = blank;
	canvas->cursor_row = -1;
	canvas->cursor_column = 0;
	glyphs_close(canvas);
	glyphs_open(canvas);
}

int
canvas_rows(const struct canvas *canvas)
{
	return canvas->rows;
}

int
canvas_columns(const struct canvas *canvas)
{
	return canvas->columns;
}

void
canvas_set_policy(struct canvas *canvas, const struct text_policy *policy)
{
	canvas->policy = *policy;
}

const struct text_policy *
canvas_policy(const struct canvas *canvas)
{
	return &canvas->policy;
}

/* --- glyphs --- */

static uint32_t
glyph_number(struct canvas *canvas, const char *bytes, size_t len)
{
	struct glyph glyph = { .bytes = g_strndup(bytes, len), .len = len };
	size_t number = GPOINTER_TO_SIZE(g_hash_table_lookup(canvas->numbers, glyph.bytes));

	if (number > 0) {
		g_free(glyph.bytes);
		return (uint32_t)number - 1;
	}
	g_array_append_val(canvas->glyphs, glyph);
	g_hash_table_insert(canvas->numbers, glyph.bytes, GSIZE_TO_POINTER(canvas->glyphs->len));
	return canvas->glyphs->len - 1;
}

/* Forgets glyphs that no cell holds any more: a canvas lives as long as the face. */
static void
glyphs_collect(struct canvas *canvas)
{
	GArray *glyphs = canvas->glyphs;
	GHashTable *numbers = canvas->numbers;

	glyphs_open(canvas);
	for (int i = 0; i < canvas->rows * canvas->columns; i++) {
		struct cell *cell = &canvas->cells[i];

		if (cell->glyph >= CANVAS_INTERNED) {
			struct glyph *glyph = &g_array_index(glyphs, struct glyph, cell->glyph - CANVAS_INTERNED);

			cell->glyph = CANVAS_INTERNED + glyph_number(canvas, glyph->bytes, glyph->len);
		}
	}
	g_hash_table_destroy(numbers);
	g_array_free(glyphs, TRUE);
}

/* A single character stands for itself if everybody agrees about its width; the rest gets a number. */
static uint32_t
glyph_intern(struct canvas *canvas, const char *bytes, size_t len, int width)
{
	if (len <= 4 && (size_t)g_utf8_skip[(unsigned char)*bytes] == len) {
		gunichar c = g_utf8_get_char(bytes);

		if (c < 0xf0000 && wcwidth((wchar_t)c) == width)
			return c;
	}
	if (canvas->glyphs->len > (unsigned)(2 * canvas->rows * canvas->columns))
		glyphs_collect(canvas);
	return CANVAS_INTERNED + glyph_number(canvas, bytes, len);
}

const char *
canvas_glyph(const struct canvas *canvas, uint32_t number, size_t *len)
{
	const struct glyph *glyph;

	g_assert(number >= CANVAS_INTERNED && number - CANVAS_INTERNED < canvas->glyphs->len);
	glyph = &g_array_index(canvas->glyphs, struct glyph, number - CANVAS_INTERNED);
	*len = glyph->len;
	return glyph->bytes;
}

/* --- drawing --- */

static struct cell *
cell_at(const struct canvas *canvas, int row, int column)
{
	return &canvas->cells[(size_t)row * (size_t)canvas->columns + (size_t)column];
}

/* Before the cells from column to end are overwritten: whatever reaches in or out of them loses its other half. */
static void
mend(struct canvas *canvas, int row, int column, int end)
{
	int i = column;

	if (column < canvas->columns && cell_at(canvas, row, column)->width == 0) {
		do {
			struct cell *cell = cell_at(canvas, row, --i);
			bool head = cell->width > 0;

			*cell = (struct cell){ .glyph = ' ', .slot = cell->slot, .width = 1 };
			if (head)
				break;
		} while (i > 0);
	}
	for (i = end; i < canvas->columns && cell_at(canvas, row, i)->width == 0; i++)
		*cell_at(canvas, row, i) = (struct cell){ .glyph = ' ', .slot = cell_at(canvas, row, i)->slot,
		    .width = 1 };
}

void
canvas_clear(struct canvas *canvas, int row, int column, int rows, int columns, enum slot slot)
{
	int last_row = MIN(row + rows, canvas->rows), end = MIN(column + columns, canvas->columns);

	column = MAX(column, 0);
	for (row = MAX(row, 0); row < last_row && column < end; row++) {
		mend(canvas, row, column, end);
		for (int i = column; i < end; i++)
			*cell_at(canvas, row, i) = (struct cell){ .glyph = ' ', .slot = (uint16_t)slot, .width = 1 };
	}
}

static void
put(struct canvas *canvas, int row, int column, int width, enum slot slot, uint32_t glyph)
{
	mend(canvas, row, column, column + width);
	*cell_at(canvas, row, column) =
	    (struct cell){ .glyph = glyph, .slot = (uint16_t)slot, .width = (uint8_t)width };
	for (int i = 1; i < width; i++)
		*cell_at(canvas, row, column + i) = (struct cell){ .glyph = ' ', .slot = (uint16_t)slot, .width = 0 };
}

int
canvas_text(struct canvas *canvas, int row, int column, int end, enum slot slot, const char *text, gssize len)
{
	size_t n = len < 0 ? strlen(text) : (size_t)len, cluster;

	end = MIN(end, canvas->columns);
	if (row < 0 || row >= canvas->rows || column < 0)
		return column;
	for (; n > 0; text += cluster, n -= cluster) {
		char glyph[LIMIT_CLUSTER];
		size_t glyph_len;
		int width;

		cluster = text_cluster(text, n);
		glyph_len = text_glyph(text, cluster, &canvas->policy, glyph, &width);
		if (width == 0)
			continue;
		if (column + width > end)
			break;
		if (glyph[0] == '\t')
			canvas_clear(canvas, row, column, 1, width, slot);
		else
			put(canvas, row, column, width, slot, glyph_intern(canvas, glyph, glyph_len, width));
		column += width;
	}
	return column;
}

int
canvas_text_cut(struct canvas *canvas, int row, int column, int end, enum slot slot, const char *text)
{
	const char *sign = text_ascii_signs(&canvas->policy) ? "..." : "…";
	int room = MIN(end, canvas->columns) - column, sign_columns = text_columns(sign, &canvas->policy);
	size_t fits;

	if (room <= 0)
		return column;
	if (text[text_fit(text, room, &canvas->policy)] == '\0')
		return canvas_text(canvas, row, column, end, slot, text, -1);
	fits = text_fit(text, MAX(room - sign_columns, 0), &canvas->policy);
	column = canvas_text(canvas, row, column, end, slot, text, (gssize)fits);
	return canvas_text(canvas, row, column, end, slot, sign, -1);
}

int
canvas_printf(struct canvas *canvas, int row, int column, int end, enum slot slot, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	return canvas_text(canvas, row, column, end, slot, text, -1);
}

void
canvas_paint(struct canvas *canvas, int row, int column, int columns, enum slot slot)
{
	int end = MIN(column + columns, canvas->columns);

	if (row < 0 || row >= canvas->rows)
		return;
	for (column = MAX(column, 0); column < end; column++)
		cell_at(canvas, row, column)->slot = (uint16_t)slot;
}

void
canvas_cursor(struct canvas *canvas, int row, int column)
{
	canvas->cursor_row = row < 0 || row >= canvas->rows ? -1 : row;
	canvas->cursor_column = CLAMP(column, 0, canvas->columns - 1);
}

void
canvas_cursor_place(const struct canvas *canvas, int *row, int *column)
{
	*row = canvas->cursor_row;
	*column = canvas->cursor_column;
}

const struct cell *
canvas_row(const struct canvas *canvas, int row)
{
	return cell_at(canvas, row, 0);
}

/* --- dumps --- */

static void
dump_cell(const struct canvas *canvas, const struct cell *cell, GString *out)
{
	size_t len;

	if (cell->width == 0)
		return;
	if (cell->glyph >= CANVAS_INTERNED) {
		const char *bytes = canvas_glyph(canvas, cell->glyph, &len);

		g_string_append_len(out, bytes, (gssize)len);
	} else {
		g_string_append_unichar(out, cell->glyph);
	}
}

static void
drop_blanks(GString *out, size_t from)
{
	while (out->len > from && out->str[out->len - 1] == ' ')
		g_string_truncate(out, out->len - 1);
}

char *
canvas_dump(const struct canvas *canvas, bool with_cursor)
{
	GString *out = g_string_new(NULL);

	for (int row = 0; row < canvas->rows; row++) {
		size_t start = out->len;

		for (int i = 0; i < canvas->columns; i++) {
			const struct cell *cell = cell_at(canvas, row, i);

			if (with_cursor && row == canvas->cursor_row && i == canvas->cursor_column) {
				g_string_append(out, "█");
				for (; i + 1 < canvas->columns && cell_at(canvas, row, i + 1)->width == 0; i++)
					g_string_append_c(out, ' ');
			} else {
				dump_cell(canvas, cell, out);
			}
		}
		drop_blanks(out, start);
		g_string_append_c(out, '\n');
	}
	return g_string_free(out, FALSE);
}

char *
canvas_dump_slots(const struct canvas *canvas)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	GString *out = g_string_new(NULL);
	GString *legend = g_string_new(NULL);
	char given[SLOTS_ALL] = { 0 };
	size_t used = 0;

	/* SLOT_TEXT is what most cells have: a blank. */
	given[SLOT_TEXT] = ' ';
	for (int row = 0; row < canvas->rows; row++) {
		size_t start = out->len;

		for (int i = 0; i < canvas->columns; i++) {
			enum slot slot = cell_at(canvas, row, i)->slot;

			if (given[slot] == 0) {
				given[slot] = used < sizeof letters - 1 ? letters[used++] : '?';
				g_string_append_printf(legend, "%c %s\n", given[slot], theme_slot_name(slot));
			}
			g_string_append_c(out, given[slot]);
		}
		drop_blanks(out, start);
		g_string_append_c(out, '\n');
	}
	g_string_append(out, legend->str);
	g_string_free(legend, TRUE);
	return g_string_free(out, FALSE);
}
