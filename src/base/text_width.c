/*
 * text_width.c: clusters, the columns they take, and rows; see text.h.  For faces: wcwidth() needs a UTF-8 LC_CTYPE.
 *
 * What a reader would get wrong: no library knows what a terminal does with a family, a flag or a heart, so a cluster
 * that terminals disagree about is shown as a simpler one that they all agree about, until the terminal has said
 * better (struct text_policy).  text_glyph() makes that choice; everything that measures asks it, so that what is
 * counted and what is drawn cannot differ.
 */
#include "base/text.h"

#include <stdint.h>
#include <string.h>
#include <unictype.h>
#include <unigbrk.h>
#include <unilbrk.h>
#include <unistr.h>
#include <wchar.h>

#include "base/limits.h"

enum { SOFT_HYPHEN = 0xad, ZWJ = 0x200d, VS15 = 0xfe0e, VS16 = 0xfe0f, DOTTED_CIRCLE = 0x25cc, REPLACEMENT = 0xfffd };

static bool
is_tone(ucs4_t c)
{
	return c >= 0x1f3fb && c <= 0x1f3ff;
}

static bool
is_regional(ucs4_t c)
{
	return c >= 0x1f1e6 && c <= 0x1f1ff;
}

static bool
is_tag(ucs4_t c)
{
	return c >= 0xe0020 && c <= 0xe007f;
}

static bool
is_plain(char c)
{
	return c >= ' ' && c < 0x7f;
}

/* The first n bytes or less, so that no character is cut. */
static size_t
whole_characters(const char *text, size_t n)
{
	size_t end = n;

	while (end > 0 && n - end < 4) {
		unsigned char c = (unsigned char)text[end - 1];
		size_t need = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 0;

		if (need > 0)
			return n - end + 1 >= need ? n : end - 1 > 0 ? end - 1 : n;
		end--;
	}
	return n;
}

size_t
text_cluster(const char *text, size_t n)
{
	static const size_t windows[] = { 12, LIMIT_CLUSTER };
	char breaks[LIMIT_CLUSTER + 4];
	size_t all = n;

	if (n <= 1 || (is_plain(text[0]) && (signed char)text[1] >= 0))
		return MIN(n, 1);
	for (size_t w = 0; w < G_N_ELEMENTS(windows); w++) {
		/* A few bytes more than the window, so that a border at its end is seen. */
		n = all <= windows[w] + 4 ? all : whole_characters(text, windows[w] + 4);
		u8_grapheme_breaks((const uint8_t *)text, n, breaks);
		for (size_t i = 1; i < n && i <= windows[w]; i++)
			if (breaks[i])
				return i;
	}
	return n <= LIMIT_CLUSTER ? n : whole_characters(text, LIMIT_CLUSTER);
}

/* Columns of one character on its own; -1: no terminal would know it. */
static int
character_width(ucs4_t c, const struct text_policy *policy)
{
	int width = c == '\t' ? TEXT_TAB : c == SOFT_HYPHEN ? 0 : wcwidth((wchar_t)c);

	if (width == 1 && policy->ambiguous_wide && g_unichar_iswide_cjk(c))
		return 2;
	if (width >= 0)
		return width;
	if (c < ' ' || (c >= 0x7f && c < 0xa0) || uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Z))
		return 0;
	/* Younger than the C library: emoji, as a rule. */
	if ((c >= 0x1f000 && c <= 0x1faff) || !uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Cn))
		return 2;
	return -1;
}

struct glyph {
	char	*out;
	size_t	 len;
	int	 columns;
};

static void
glyph_put(struct glyph *glyph, ucs4_t c, int columns)
{
	uint8_t bytes[6];
	int n = u8_uctomb(bytes, c, sizeof bytes);

	if (n <= 0 || glyph->len + (size_t)n > LIMIT_CLUSTER || glyph->columns + columns > TEXT_COLUMNS_MAX)
		return;
	memcpy(glyph->out + glyph->len, bytes, (size_t)n);
	glyph->len += (size_t)n;
	glyph->columns += columns;
}

/* A character that is not the first of its cluster.  False: nothing behind it is shown either. */
static bool
glyph_put_further(struct glyph *glyph, ucs4_t before, ucs4_t c, const struct text_policy *policy)
{
	int width;

	if (c == VS16) {
		if (policy->vs16_wide)
			glyph_put(glyph, c, glyph->columns == 1 ? 1 : 0);
	} else if (c == VS15) {
		if (glyph->columns == 1)
			glyph_put(glyph, c, 0);
	} else if (is_tone(c)) {
		if (policy->tone_joins)
			glyph_put(glyph, c, 0);
	} else if (is_tag(c)) {
		if (policy->zwj_joins)
			glyph_put(glyph, c, 0);
	} else if (c == ZWJ && uc_is_property_extended_pictographic(before)) {
		if (!policy->zwj_joins)
			return false;
		glyph_put(glyph, c, 0);
	} else if (before == ZWJ && uc_is_property_extended_pictographic(c)) {
		glyph_put(glyph, c, 0);
	} else {
		width = character_width(c, policy);
		glyph_put(glyph, c, MAX(width, 0));
	}
	return true;
}

/* Two letters of a flag, or one that has lost its other. */
static void
glyph_put_flag(struct glyph *glyph, const uint8_t *s, size_t n, const struct text_policy *policy)
{
	ucs4_t c;
	bool pair = n == 8;

	for (size_t i = 0; i + 4 <= n; i += 4) {
		u8_mbtouc(&c, s + i, n - i);
		if (is_regional(c))
			glyph_put(glyph, pair && policy->ri_pairs ? c : c - 0x1f1e6 + 'A', 1);
	}
}

static void
glyph_put_first(struct glyph *glyph, ucs4_t c, const struct text_policy *policy)
{
	int width = character_width(c, policy);

	if (width < 0) {
		glyph_put(glyph, REPLACEMENT, 1);
	} else if (width > 0) {
		glyph_put(glyph, c, width);
	} else if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_M)) {
		/* A mark without a base would be drawn onto whatever stands before it. */
		glyph_put(glyph, DOTTED_CIRCLE, 1);
		glyph_put(glyph, c, 0);
	} else if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L)) {
		/* A vowel or final jamo without its leading consonant. */
		glyph_put(glyph, c, 2);
	}
}

size_t
text_glyph(const char *cluster, size_t n, const struct text_policy *policy, char *out, int *columns)
{
	struct glyph glyph = { .out = out };
	const uint8_t *s = (const uint8_t *)cluster;
	ucs4_t c, before = 0;

	if (n == 1 && is_plain(*cluster)) {
		out[0] = *cluster;
		*columns = 1;
		return 1;
	}
	if (policy->ascii) {
		if (n > 1)
			glyph_put(&glyph, '?', 1);
		else if (*cluster == '\t')
			glyph_put(&glyph, '\t', TEXT_TAB);
		*columns = glyph.columns;
		return glyph.len;
	}
	u8_mbtouc(&c, s, n);
	if (is_regional(c)) {
		glyph_put_flag(&glyph, s, n, policy);
		n = 0;
	}
	while (n > 0) {
		int used = u8_mbtouc(&c, s, n);

		if (glyph.len == 0)
			glyph_put_first(&glyph, c, policy);
		else if (!glyph_put_further(&glyph, before, c, policy))
			break;
		/* Tone and selector stand between an emoji and its joiner. */
		before = c == VS16 || is_tone(c) ? before : c;
		s += used;
		n -= (size_t)used;
	}
	*columns = glyph.columns;
	return glyph.len;
}

bool
text_ascii_signs(const struct text_policy *policy)
{
	return policy->ascii || policy->ascii_signs;
}

int
text_width(const char *cluster, size_t n, const struct text_policy *policy)
{
	char glyph[LIMIT_CLUSTER];
	int columns;

	text_glyph(cluster, n, policy, glyph, &columns);
	return columns;
}

int
text_columns(const char *text, const struct text_policy *policy)
{
	int columns = 0;
	size_t n = strlen(text), cluster;

	for (; n > 0; text += cluster, n -= cluster) {
		cluster = text_cluster(text, n);
		columns += text_width(text, cluster, policy);
	}
	return columns;
}

size_t
text_fit(const char *text, int columns, const struct text_policy *policy)
{
	size_t n = strlen(text), at = 0, cluster;

	while (at < n) {
		cluster = text_cluster(text + at, n - at);
		columns -= text_width(text + at, cluster, policy);
		if (columns < 0)
			break;
		at += cluster;
	}
	return at;
}

/* --- rows --- */

enum { KEPT_WORD = 48 };

/* An address is broken only when it does not fit a row: whoever copies it from the screen wants it whole. */
static void
keep_addresses(const char *text, size_t n, char *breaks)
{
	const char *end = text + n, *at = text;

	while ((at = memmem(at, (size_t)(end - at), "://", 3)) != NULL) {
		const char *first = at;

		while (first > text && g_ascii_isalnum(first[-1]))
			first--;
		if (first == at) {
			at += 3;
			continue;
		}
		for (at = first + 1; at < end && *at != ' ' && *at != '\t'; at++)
			breaks[at - text] = UC_BREAK_PROHIBITED;
	}
}

/*
 * Nor is a name, a path or a command, but at its hyphens.  What is longer, such as a fingerprint, breaks where it can.
 */
static void
keep_words(const char *text, size_t n, char *breaks)
{
	for (size_t from = 0, to; from < n; from = to + 1) {
		for (to = from; to < n && g_ascii_isgraph(text[to]); to++)
			;
		for (size_t i = from + 1; i < to && to - from <= KEPT_WORD; i++)
			if (text[i - 1] != '-')
				breaks[i] = UC_BREAK_PROHIBITED;
	}
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct wrap {
	GArray	*rows;
	const char *text;
	int	 rest;
	const struct text_policy *policy;
};

static void
wrap_row(struct wrap *wrap, size_t start, size_t end)
{
	struct text_row row = { .start = start, .len = end - start };
	size_t cluster;

	for (size_t at = start; at < end; at += cluster) {
		cluster = text_cluster(wrap->text + at, end - at);
		row.columns += text_width(wrap->text + at, cluster, wrap->policy);
	}
	g_array_append_val(wrap->rows, row);
}

static size_t
without_blanks(const char *text, size_t start, size_t end)
{
	while (end > start && is_blank(text[end - 1]))
		end--;
	return end;
}

/* One paragraph, from start up to its LF or the end of the text. */
static void
wrap_paragraph(struct wrap *wrap, size_t start, size_t end, int columns)
{
	const char *text = wrap->text;
	g_autofree char *breaks = g_malloc(end - start + 1);
	size_t row = start, chance = start, at = start, cluster;
	int used = 0;

	u8_possible_linebreaks((const uint8_t *)text + start, end - start, "UTF-8", breaks);
	keep_addresses(text + start, end - start, breaks);
	keep_words(text + start, end - start, breaks);
	while (at < end) {
		int width;

		cluster = text_cluster(text + at, end - at);
		width = text_width(text + at, cluster, wrap->policy);
		if (breaks[at - start] == UC_BREAK_POSSIBLE)
			chance = at;
		if (used + width > columns && at > row && !is_blank(text[at])) {
			size_t cut = chance > row ? chance : at;

			wrap_row(wrap, row, without_blanks(text, row, cut));
			row = chance = at = cut;
			used = 0;
			columns = wrap->rest;
			continue;
		}
		used += width;
		at += cluster;
	}
	wrap_row(wrap, row, used > columns ? without_blanks(text, row, end) : end);
}

/*
 * Up to `rows` rows; a paragraph that is longer than these can be (clusters of 4 bytes a column, which hardly any are)
 * is taken in parts.
 */
static bool
wrap_some(struct wrap *wrap, int first, size_t rows)
{
	int columns = MAX(first, 1);
	size_t start = 0, n = strlen(wrap->text);

	for (;;) {
		const char *lf = memchr(wrap->text + start, '\n', n - start);
		size_t end = lf != NULL ? (size_t)(lf - wrap->text) : n;
		size_t part = rows == SIZE_MAX ? SIZE_MAX : 4 * (rows + 1) * (size_t)MAX(columns, wrap->rest);
		bool whole = end - start <= part;

		if (!whole) {
			end = start + part;
			while (end > start && ((unsigned char)wrap->text[end] & 0xc0) == 0x80)
				end--;
		}
		wrap_paragraph(wrap, start, end, columns);
		columns = wrap->rest;
		if (whole && lf == NULL)
			return wrap->rows->len > rows;
		start = whole ? end + 1 : end;
		if (wrap->rows->len > rows || (wrap->rows->len == rows && start <= n))
			return true;
	}
}

GArray *
text_wrap(const char *text, int first, int rest, const struct text_policy *policy)
{
	struct wrap wrap = { g_array_new(FALSE, FALSE, sizeof(struct text_row)), text, MAX(rest, 1), policy };

	wrap_some(&wrap, first, SIZE_MAX);
	return wrap.rows;
}

GArray *
text_wrap_some(const char *text, int first, int rest, int rows, const struct text_policy *policy, bool *more)
{
	struct wrap wrap = { g_array_new(FALSE, FALSE, sizeof(struct text_row)), text, MAX(rest, 1), policy };

	*more = wrap_some(&wrap, first, (size_t)MAX(rows, 1));
	if (wrap.rows->len > (guint)MAX(rows, 1))
		g_array_set_size(wrap.rows, (guint)MAX(rows, 1));
	return wrap.rows;
}

bool
text_is_emoji(const char *text)
{
	const uint8_t *s = (const uint8_t *)text;
	size_t n = strlen(text), len;
	ucs4_t first = 0, last = 0;

	if (n == 0 || text_cluster(text, n) != n)
		return false;
	len = (size_t)u8_mbtouc(&first, s, n);
	u8_prev(&last, s + n, s);
	/* A digit is one when it is a key; two regional letters are a flag. */
	if (last == 0x20e3)
		return true;
	if (is_regional(first))
		return len < n;
	return uc_is_property_extended_pictographic(first);
}
