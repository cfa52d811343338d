/*
 * gate.c: see gate.h.
 *
 * What a reader would get wrong: the columns of a cluster are erased before it is drawn.  A terminal that draws it
 * narrower than we count would else leave the old character in the column that is over.  Erased, not written over: a
 * blank in the last column makes some terminals wrap the cluster, wherever the cursor is put then.
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

enum { SHIFT_OUT = 0x0e, SHIFT_IN = 0x0f, ESC = 0x1b };

/* CAN ends a sequence that was cut, ST a string; in any other place both do nothing. */
#define BREAK_OFF "\030\033\\"

struct glyph {
	char	*bytes;		/* and its columns before them, as a digit: the key of numbers */
	size_t	 len;
	int	 columns;
};

/* How the terminal draws text.  Colours: as parameters of SGR, 0 is its own. */
struct ink {
	bool	 on[12];		/* SGR 1 to 9; twelve, so that memcmp() sees no padding */
	int	 colour[2];		/* of the ink and of the paper: 30 + n or 1000 + palette number */
};

struct gate {
	int	 fd;
	struct ink asked, set;		/* what ncurses wants now, what the terminal has */
	enum gate_state state;
	GString	*pending;
	size_t	 done;		/* bytes of pending that are written */
	GArray	*glyphs;
	GHashTable *numbers;	/* columns and bytes to index + 1 */
	char	*title;		/* the newest, not yet pending */
	char	*copy;		/* the same, in base64 */
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
	g_free(gate->copy);
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

/* --- ink --- */

/*
 * ncurses goes back to plain ink at the end of every frame and sets colours one by one.  So its sequences are only
 * noted, and what differs is sent when something is drawn: a typed character is one byte instead of twenty.
 */
static const int *
note_one(struct ink *ink, const int *value, const int *end)
{
	int n = *value, which = n >= 40 && n < 50 ? 1 : 0;

	if (n == 0)
		*ink = (struct ink){ .colour = { 0 } };
	else if (n <= 9)
		ink->on[n] = true;
	else if (n == 22)
		ink->on[1] = ink->on[2] = false;
	else if (n > 22 && n <= 29)
		ink->on[n - 20] = false;
	else if ((n == 38 || n == 48) && end - value > 2 && value[1] == 5) {
		ink->colour[which] = 1000 + value[2];
		return value + 3;
	} else if (n == 39 || n == 49)
		ink->colour[which] = 0;
	else if ((n >= 30 && n <= 37) || (n >= 40 && n <= 47))
		ink->colour[which] = n;
	else if ((n >= 90 && n <= 97) || (n >= 100 && n <= 107))
		ink->colour[n >= 100] = n;
	return value + 1;
}

/* True when the sequence was one about ink, and is dealt with. */
static bool
note_ink(struct gate *gate, const char *sequence, size_t len)
{
	int values[16] = { 0 };
	const int *value = values;
	size_t n = 1;

	/* The character set that goes with "plain" is never another one. */
	if (len == 3 && memcmp(sequence, "\033(B", 3) == 0)
		return true;
	if (len < 3 || sequence[1] != '[' || sequence[len - 1] != 'm')
		return false;
	for (size_t i = 2; i + 1 < len; i++) {
		if (sequence[i] == ';' && n < G_N_ELEMENTS(values))
			n++;
		else if (g_ascii_isdigit(sequence[i]) && values[n - 1] < 1000)
			values[n - 1] = 10 * values[n - 1] + sequence[i] - '0';
		else
			return false;
	}
	while (value < values + n)
		value = note_one(&gate->asked, value, values + n);
	return true;
}

static void
put_ink(struct gate *gate)
{
	const struct ink *asked = &gate->asked, *set = &gate->set;
	GString *out = gate->pending;
	size_t begin = out->len;
	bool again = false;

	if (memcmp(asked, set, sizeof *asked) == 0)
		return;
	/* What is on goes off by starting again: there is no one way to end each. */
	for (int i = 1; i < 10; i++)
		again = again || (set->on[i] && !asked->on[i]);
	for (int i = 0; i < 2; i++)
		again = again || (set->colour[i] != 0 && asked->colour[i] == 0);
	g_string_append(out, again ? "\033[0" : "\033[");
	for (int i = 1; i < 10; i++)
		if (asked->on[i] && (again || !set->on[i]))
			g_string_append_printf(out, ";%d", i);
	for (int i = 0; i < 2; i++) {
		int colour = asked->colour[i];

		if (colour == 0 || (!again && colour == set->colour[i]))
			continue;
		if (colour >= 1000)
			g_string_append_printf(out, ";%d8;5;%d", 3 + i, colour - 1000);
		else
			g_string_append_printf(out, ";%d", colour);
	}
	g_string_append_c(out, 'm');
	/* "CSI ;1 m" would begin with a 0. */
	if (!again)
		g_string_erase(out, (gssize)begin + 2, 1);
	gate->set = *asked;
}

/* Moves need no ink; erasing and scrolling do, for they leave the colour of the paper behind. */
static bool
only_moves(const char *sequence, size_t len)
{
	return len > 2 && sequence[1] == '[' && sequence[2] != '?' && strchr("ABCDGHdf", sequence[len - 1]) != NULL;
}

static void
put_glyph(struct gate *gate, const struct glyph *glyph)
{
	GString *out = gate->pending;

	g_string_append_printf(out, "\0337\033[%dX", glyph->columns);
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
put_sequence(struct gate *gate, const char *sequence, size_t len)
{
	if (note_ink(gate, sequence, len))
		return;
	if (!only_moves(sequence, len))
		put_ink(gate);
	g_string_append_len(gate->pending, sequence, (gssize)len);
}

static void
translate(struct gate *gate, const char *s, size_t n)
{
	size_t used;

	for (; n > 0; s += used, n -= used) {
		unsigned char first = (unsigned char)*s;

		if (first == ESC) {
			used = sequence_length(s, n);
			put_sequence(gate, s, used);
		} else if (first == SHIFT_IN || first == SHIFT_OUT) {
			used = 1;
		} else if (first < 0x7f) {
			used = 1;
			if (*s != '\r' && *s != '\b')
				put_ink(gate);
			g_string_append_c(gate->pending, *s);
		} else {
			used = MIN((size_t)g_utf8_skip[first], n);
			put_ink(gate);
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

bool
gate_copy(struct gate *gate, const char *text)
{
	size_t n = strlen(text);

	if (!gate->titles || n > LIMIT_CLIPBOARD)
		return false;
	g_free(gate->copy);
	gate->copy = g_base64_encode((const guchar *)text, n);
	gate_flush(gate);
	return true;
}

static void
put_what_waits(struct gate *gate)
{
	if (gate->title != NULL)
		g_string_append_printf(gate->pending, "\033]2;%s\a", gate->title);
	g_clear_pointer(&gate->title, g_free);
	if (gate->copy != NULL)
		g_string_append_printf(gate->pending, "\033]52;c;%s\a", gate->copy);
	g_clear_pointer(&gate->copy, g_free);
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
	g_clear_pointer(&gate->copy, g_free);
	if (cut)
		g_string_append(gate->pending, BREAK_OFF);
	g_string_append(gate->pending, sequence);
	/* Plain ink, by the sequence or by whoever comes next; ncurses begins again with that too. */
	memset(&gate->asked, 0, sizeof gate->asked);
	memset(&gate->set, 0, sizeof gate->set);
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
