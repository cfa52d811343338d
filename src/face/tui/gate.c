/*
 * gate.c: see gate.h.
 *
 * What a reader would get wrong: the blanks that are written before a cluster.  A terminal that draws it narrower than
 * we count would else leave the old character in the column that is over.
 */
#include "face/tui/gate.h"

#include <errno.h>
#include <glib.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"

enum { ESC = 0x1b };

/* CAN ends a sequence that was cut, ST a string; in any other place both do nothing. */
#define BREAK_OFF "\030\033\\"

struct glyph {
	char	*bytes;		/* and its columns before them, as a digit: the key of numbers */
	size_t	 len;
	int	 columns;
};

struct gate {
	int	 fd;
	enum gate_state state;
	GString	*pending;
	size_t	 done;		/* bytes of pending that are written */
	GArray	*glyphs;
	GHashTable *numbers;	/* columns and bytes to index + 1 */
	char	*title;		/* the newest, not yet pending */
	bool	 bell, synchronized, titles;
	struct gate_counts counts;
};

static void
glyph_clear(void *glyph)
{
	g_free(((struct glyph *)glyph)->bytes);
}

static void
glyphs_open(struct gate *gate)
{
	gate->glyphs = g_array_new(FALSE, FALSE, sizeof(struct glyph));
	g_array_set_clear_func(gate->glyphs, glyph_clear);
	gate->numbers = g_hash_table_new(g_str_hash, g_str_equal);
}

static void
glyphs_close(struct gate *gate)
{
	g_hash_table_destroy(gate->numbers);
	g_array_free(gate->glyphs, TRUE);
}

struct gate *
gate_new(int fd)
{
	struct gate *gate = g_new0(struct gate, 1);

	gate->fd = fd;
	gate->titles = true;
	gate->pending = g_string_new(NULL);
	glyphs_open(gate);
	return gate;
}

void
gate_free(struct gate *gate)
{
	if (gate == NULL)
		return;
	glyphs_close(gate);
	g_string_free(gate->pending, TRUE);
	g_free(gate->title);
	g_free(gate);
}

void
gate_set_synchronized(struct gate *gate, bool on)
{
	gate->synchronized = on;
}

void
gate_set_titles(struct gate *gate, bool on)
{
	gate->titles = on;
}

void
gate_counts(const struct gate *gate, struct gate_counts *counts)
{
	*counts = gate->counts;
}

enum gate_state
gate_state(const struct gate *gate)
{
	return gate->state;
}

/* --- glyphs --- */

uint32_t
gate_glyph(struct gate *gate, const char *bytes, size_t len, int columns)
{
	struct glyph glyph = { .len = len, .columns = columns };
	size_t number;

	glyph.bytes = g_strdup_printf("%d%.*s", columns, (int)len, bytes);
	number = GPOINTER_TO_SIZE(g_hash_table_lookup(gate->numbers, glyph.bytes));
	if (number > 0 || gate->glyphs->len > GATE_LAST_GLYPH - GATE_FIRST_GLYPH) {
		g_free(glyph.bytes);
		return number > 0 ? GATE_FIRST_GLYPH + (uint32_t)number - 1 : 0;
	}
	g_array_append_val(gate->glyphs, glyph);
	g_hash_table_insert(gate->numbers, glyph.bytes, GSIZE_TO_POINTER(gate->glyphs->len));
	return GATE_FIRST_GLYPH + gate->glyphs->len - 1;
}

void
gate_forget_glyphs(struct gate *gate)
{
	glyphs_close(gate);
	glyphs_open(gate);
}

/* --- frames --- */

/* Bytes of the escape sequence that s begins with.  ncurses sends CSI, OSC (status line), ESC x and ESC ( x. */
static size_t
sequence_length(const char *s, size_t n)
{
	size_t i = 2;

	if (n < 2)
		return n;
	if (s[1] == '[') {
		while (i < n && (s[i] < 0x40 || s[i] > 0x7e))
			i++;
	} else if (s[1] == ']') {
		while (i < n && s[i] != '\a' && !(s[i] == '\\' && s[i - 1] == ESC))
			i++;
	} else {
		i = 1;
		while (i < n && s[i] >= 0x20 && s[i] <= 0x2f)
			i++;
	}
	return MIN(i + 1, n);
}

static bool
is_forbidden(gunichar c)
{
	return c == 0x7f || (c >= 0x80 && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
	    c == 0x200e || c == 0x200f || c == 0x61c || (c >= GATE_FIRST_GLYPH && c != GATE_RIGHT_HALF);
}

static void
put_glyph(struct gate *gate, const struct glyph *glyph)
{
	GString *out = gate->pending;

	g_string_append(out, "\0337");
	g_string_append_printf(out, "%*s", glyph->columns, "");
	g_string_append(out, "\0338");
	g_string_append_len(out, glyph->bytes + 1, (gssize)glyph->len);
	/* One column on, as ncurses believes; it sends GATE_RIGHT_HALF for the others. */
	g_string_append(out, "\0338\033[C");
}

static void
put_character(struct gate *gate, const char *s, size_t n)
{
	gunichar c = g_utf8_get_char_validated(s, (gssize)n);

	if (c == GATE_RIGHT_HALF)
		g_string_append(gate->pending, "\033[C");
	else if (c >= GATE_FIRST_GLYPH && c - GATE_FIRST_GLYPH < gate->glyphs->len)
		put_glyph(gate, &g_array_index(gate->glyphs, struct glyph, c - GATE_FIRST_GLYPH));
	else if (is_forbidden(c))
		g_string_append_c(gate->pending, ' ');
	else
		g_string_append_len(gate->pending, s, (gssize)n);
}

static void
translate(struct gate *gate, const char *s, size_t n)
{
	size_t used;

	for (; n > 0; s += used, n -= used) {
		unsigned char first = (unsigned char)*s;

		if (first == ESC) {
			used = sequence_length(s, n);
			g_string_append_len(gate->pending, s, (gssize)used);
		} else if (first < 0x7f) {
			used = 1;
			g_string_append_c(gate->pending, *s);
		} else {
			used = MIN((size_t)g_utf8_skip[first], n);
			put_character(gate, s, used);
		}
	}
}

enum gate_state
gate_frame(struct gate *gate, const char *bytes, size_t len)
{
	g_assert(gate->state != GATE_PENDING);
	if (len == 0)
		return gate->state;
	gate->counts.frames++;
	if (gate->synchronized)
		g_string_append(gate->pending, "\033[?2026h");
	translate(gate, bytes, len);
	if (gate->synchronized)
		g_string_append(gate->pending, "\033[?2026l");
	return gate_flush(gate);
}

/* --- between frames --- */

void
gate_queue(struct gate *gate, const char *sequence)
{
	g_string_append(gate->pending, sequence);
}

enum gate_state
gate_bell(struct gate *gate)
{
	gate->bell = true;
	return gate_flush(gate);
}

enum gate_state
gate_title(struct gate *gate, const char *title)
{
	if (!gate->titles)
		return gate->state;
	g_free(gate->title);
	gate->title = text_clean(title, -1, TEXT_LINE, LIMIT_TITLE);
	return gate_flush(gate);
}

static void
put_what_waits(struct gate *gate)
{
	if (gate->title != NULL)
		g_string_append_printf(gate->pending, "\033]2;%s\a", gate->title);
	g_clear_pointer(&gate->title, g_free);
	if (gate->bell)
		g_string_append_c(gate->pending, '\a');
	gate->bell = false;
}

/* All that is pending in one go, and again only if the terminal took a part. */
enum gate_state
gate_flush(struct gate *gate)
{
	/* While a frame is not out, title and bell wait: they may still be replaced by newer ones. */
	if (gate->state != GATE_PENDING)
		put_what_waits(gate);
	while (gate->state != GATE_GONE && gate->done < gate->pending->len) {
		ssize_t n = write(gate->fd, gate->pending->str + gate->done, gate->pending->len - gate->done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return gate->state = GATE_PENDING;
		if (n <= 0)
			return gate->state = GATE_GONE;
		gate->counts.writes++;
		gate->counts.bytes += (uint64_t)n;
		gate->done += (size_t)n;
		if (gate->done == gate->pending->len) {
			g_string_truncate(gate->pending, 0);
			gate->done = 0;
			put_what_waits(gate);
		}
	}
	return gate->state == GATE_GONE ? GATE_GONE : (gate->state = GATE_EMPTY);
}

void
gate_leave(struct gate *gate, const char *sequence, int wait_ms)
{
	struct pollfd wait = { .fd = gate->fd, .events = POLLOUT };
	bool cut = gate->done > 0;

	g_string_truncate(gate->pending, 0);
	gate->done = 0;
	gate->bell = false;
	g_clear_pointer(&gate->title, g_free);
	if (cut)
		g_string_append(gate->pending, BREAK_OFF);
	g_string_append(gate->pending, sequence);
	if (gate_flush(gate) != GATE_PENDING)
		return;
	if (poll(&wait, 1, wait_ms) > 0 && gate_flush(gate) != GATE_PENDING)
		return;
	/* It takes nothing: what it has not read yet is of no use any more. */
	tcflush(gate->fd, TCOFLUSH);
	g_string_assign(gate->pending, BREAK_OFF);
	g_string_append(gate->pending, sequence);
	gate->done = 0;
	gate_flush(gate);
}
