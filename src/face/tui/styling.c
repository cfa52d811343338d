/*
 * styling.c: see styling.h.  A span opens where a mark stands at the beginning, behind a blank or behind another
 * opening mark, and something that is no blank follows; it closes at the next such mark that has no blank before it.
 * What closes nowhere is text.
 */
#include "face/tui/styling.h"

#include <string.h>

/* Spans in spans beyond that are text: nobody can tell them apart. */
enum { DEPTH = 4 };

static const struct { char mark; enum styling styling; } marks[] = {
	{ '*', STYLING_STRONG }, { '_', STYLING_EMPHASIS }, { '~', STYLING_STRIKE }, { '`', STYLING_CODE },
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Where the span that opens at i ends; 0: nowhere before end. */
static size_t
closing(const char *line, size_t i, size_t end)
{
	for (size_t k = i + 2; k < end; k++)
		if (line[k] == line[i] && !is_blank(line[k - 1]))
			return k;
	return 0;
}

static void
spans(const char *line, size_t from, size_t end, uint8_t *out, int depth)
{
	bool hopeless[G_N_ELEMENTS(marks)] = { false }, may_open = true;

	for (size_t i = from; i < end; i++) {
		size_t kind = 0, close = 0;

		while (kind < G_N_ELEMENTS(marks) && line[i] != marks[kind].mark)
			kind++;
		/* Nothing closes behind here, so nothing does behind what comes later: that keeps it linear. */
		if (kind < G_N_ELEMENTS(marks) && may_open && i + 2 < end && !is_blank(line[i + 1]) &&
		    line[i + 1] != line[i] &&
		    !hopeless[kind]) {
			close = closing(line, i, end);
			hopeless[kind] = close == 0;
		}
		if (close == 0) {
			may_open = is_blank(line[i]);
			continue;
		}
		for (size_t k = i; k <= close; k++)
			out[k] |= (uint8_t)marks[kind].styling;
		if (marks[kind].styling != STYLING_CODE && depth < DEPTH)
			spans(line, i + 1, close, out, depth + 1);
		i = close;
		may_open = false;
	}
}

void
styling_line(const char *line, size_t n, uint8_t *out)
{
	memset(out, 0, n);
	spans(line, 0, n, out, 1);
}
