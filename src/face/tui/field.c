/* field.c: see field.h. */
#include "face/tui/field.h"

#include <string.h>

GArray *
field_rows(const char *line, size_t point, int columns, const struct text_policy *policy, int *row, int *column)
{
	GArray *rows = g_array_new(FALSE, TRUE, sizeof(struct text_row));
	struct text_row now = { 0, 0, 0 };
	size_t n = strlen(line), len;
	bool found = false;

	columns = MAX(2, columns);
	for (size_t i = 0; i < n; i += len) {
		bool end = line[i] == '\n';
		int width;

		len = MAX(1, text_cluster(line + i, n - i));
		width = end ? 0 : text_width(line + i, len, policy);
		if (!end && now.columns + width > columns) {
			g_array_append_val(rows, now);
			now = (struct text_row){ i, 0, 0 };
		}
		if (!found && point < i + len) {
			*row = (int)rows->len;
			*column = now.columns;
			found = true;
		}
		now.columns += width;
		if (end) {
			g_array_append_val(rows, now);
			now = (struct text_row){ i + 1, 0, 0 };
		} else
			now.len += len;
	}
	/* Behind the last cell of a full row the cursor goes to the next one. */
	if (now.columns >= columns) {
		g_array_append_val(rows, now);
		now = (struct text_row){ n, 0, 0 };
	}
	g_array_append_val(rows, now);
	if (!found) {
		*row = (int)rows->len - 1;
		*column = now.columns;
	}
	return rows;
}

/* The prompt takes at most a third of the row. */
static size_t
prompt_fit(const char *prompt, int columns, const struct text_policy *policy, int *width)
{
	size_t fit = text_fit(prompt, MAX(2, columns / 3), policy);
	g_autofree char *cut = g_strndup(prompt, fit);

	*width = text_columns(cut, policy);
	return fit;
}

void
field_draw(struct canvas *canvas, const struct area *area, const char *prompt, enum slot prompt_slot, const char *line,
    size_t point, enum slot text_slot)
{
	const struct text_policy *policy = canvas_policy(canvas);
	int width, row = 0, column = 0, first, end = area->column + area->columns;
	size_t fit = prompt_fit(prompt, area->columns, policy, &width);
	g_autoptr(GArray) rows = field_rows(line, point, area->columns - width, policy, &row, &column);

	canvas_clear(canvas, area->row, area->column, area->rows, area->columns, text_slot);
	first = CLAMP(row - area->rows + 1, 0, MAX(0, (int)rows->len - area->rows));
	if (fit == strlen(prompt))
		canvas_text(canvas, area->row, area->column, end, prompt_slot, prompt, -1);
	else {
		/* What is cut is the name, not the sign before the text. */
		g_autofree char *start = g_strndup(prompt, text_fit(prompt, MAX(0, width - 2), policy));

		canvas_text(canvas, area->row, area->column, end, prompt_slot, start, -1);
		canvas_text(canvas, area->row, area->column + width - 2, end, prompt_slot, "> ", -1);
	}
	for (int i = 0; i < area->rows && first + i < (int)rows->len; i++) {
		const struct text_row *one = &g_array_index(rows, struct text_row, first + i);

		canvas_text(canvas, area->row + i, area->column + width, end, text_slot, line + one->start,
		    (gssize)one->len);
	}
	canvas_cursor(canvas, area->row + row - first, MIN(end - 1, area->column + width + column));
}

int
field_height(int columns, const char *prompt, const char *line, size_t point, const struct text_policy *policy)
{
	int width, row, column;

	prompt_fit(prompt, columns, policy, &width);
	g_autoptr(GArray) rows = field_rows(line, point, columns - width, policy, &row, &column);
	return (int)rows->len;
}

long
field_move(int columns, const char *prompt, const char *line, size_t point, int by, const struct text_policy *policy)
{
	int width, row = 0, column = 0, at = 0;
	const struct text_row *to;
	size_t i, len;

	prompt_fit(prompt, columns, policy, &width);
	g_autoptr(GArray) rows = field_rows(line, point, columns - width, policy, &row, &column);
	if (row + by < 0 || row + by >= (int)rows->len)
		return -1;
	to = &g_array_index(rows, struct text_row, row + by);
	for (i = 0; i < to->len && at < column; i += len) {
		len = MAX(1, text_cluster(line + to->start + i, to->len - i));
		at += text_width(line + to->start + i, len, policy);
	}
	return (long)(to->start + i);
}
