/*
 * text.c: text_clean(), see text.h.  One pass over code points; what is dropped is dropped by what it is and by what
 * was kept before it, so that cleaning twice changes nothing.
 *
 * What a reader would get wrong: joiners, selectors and tags are not forbidden as such, they are part of Persian,
 * Malayalam, families and flags.  They stay where a script or an emoji uses them, and only there; anywhere else they
 * are a way to hide words or to make two names look like one.
 */
#include "base/text.h"

#include <string.h>
#include <unictype.h>
#include <unistr.h>

#include "base/limits.h"

enum { ZWNJ = 0x200c, ZWJ = 0x200d, VS16 = 0xfe0f, BLACK_FLAG = 0x1f3f4, TAG_END = 0xe007f };

struct cleaner {
	GString		*out;
	enum text_kind	 kind;
	ucs4_t		 last;		/* the last code point in out, 0 at the beginning */
	ucs4_t		 raw;		/* the last code point that was read */
	size_t		 cluster;	/* bytes since the last code point that begins one */
	unsigned	 tags;		/* tags still to come of a flag that was looked at as a whole */
	bool		 joins;		/* the last letter is of a script that uses ZWJ and ZWNJ */
};

/* Never kept, whatever stands around it.  Sorted.  Line breaks and TAB were taken out before. */
static const struct { ucs4_t first, last; } dropped[] = {
	{ 0x0000, 0x001f }, { 0x007f, 0x009f },
	{ 0x00ad, 0x00ad },			/* soft hyphen */
	{ 0x034f, 0x034f },			/* grapheme joiner */
	{ 0x061c, 0x061c },			/* bidi: Arabic letter mark */
	{ 0x115f, 0x1160 },			/* Hangul fillers: blanks that are letters */
	{ 0x17b4, 0x17b5 }, { 0x180e, 0x180e },
	{ 0x200b, 0x200b }, { 0x200e, 0x200f },	/* zero width space; bidi marks */
	{ 0x202a, 0x202e },			/* bidi embeddings and overrides */
	/* word joiner, invisible operators, bidi isolates, deprecated controls */
	{ 0x2060, 0x206f },
	{ 0x3164, 0x3164 },
	{ 0xd800, 0xdfff },
	{ 0xfdd0, 0xfdef },			/* noncharacters; those that end a plane: see is_dropped() */
	{ 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb },
	{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
	{ 0xe0000, 0xe00ff },			/* tags, but those of flags */
	{ 0xe01f0, 0xe0fff },
};

static bool
is_dropped(ucs4_t c)
{
	size_t low = 0, high = G_N_ELEMENTS(dropped);

	if ((c & 0xfffe) == 0xfffe)
		return true;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (c > dropped[middle].last)
			low = middle + 1;
		else if (c < dropped[middle].first)
			high = middle;
		else
			return true;
	}
	return false;
}

static bool
is_line_break(ucs4_t c)
{
	return (c >= 0x0a && c <= 0x0d) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

static bool
is_selector(ucs4_t c)
{
	return (c >= 0xfe00 && c <= VS16) || (c >= 0xe0100 && c <= 0xe01ef);
}

static bool
is_mark(ucs4_t c)
{
	return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_M);
}

/* How many tags make a whole flag of a region (UTS #51 ED-14a) of what follows a black flag; 0 when they do not. */
static unsigned
flag_tags(const uint8_t *s, size_t n)
{
	unsigned count = 0;

	while (n > 0) {
		ucs4_t c;
		int used = u8_mbtouc(&c, s, n);

		count++;
		if (c == TAG_END)
			return count > 1 ? count : 0;
		if (count > 6 || !((c >= 0xe0030 && c <= 0xe0039) || (c >= 0xe0061 && c <= 0xe007a)))
			return 0;
		s += used;
		n -= (size_t)used;
	}
	return 0;
}

/* Whether letters of c's script change their shape for a joiner; said of the others, to be short. */
static bool
script_joins(ucs4_t c)
{
	static const char *const plain[] = {
		"Latin", "Greek", "Cyrillic", "Armenian", "Hebrew", "Georgian", "Han", "Hiragana", "Katakana", "Hangul",
		"Bopomofo", "Thai", "Lao", "Common", "Inherited", NULL
	};
	const uc_script_t *script = uc_script(c);

	return script != NULL && !g_strv_contains(plain, script->name);
}

static bool
joiner_belongs(const struct cleaner *cleaner, ucs4_t joiner, const uint8_t *rest, size_t n)
{
	ucs4_t next, last = cleaner->last;

	if (cleaner->joins && last != ZWJ && last != ZWNJ)
		return true;
	if (joiner != ZWJ || n == 0)
		return false;
	u8_mbtouc(&next, rest, n);
	return uc_is_property_extended_pictographic(next) &&
	    (uc_is_property_extended_pictographic(last) || uc_is_property_emoji_modifier(last) || last == VS16 ||
		last == TAG_END);
}

/* A variation selector says something about the one character before it. */
static bool
selector_belongs(const struct cleaner *cleaner, ucs4_t selector)
{
	ucs4_t last = cleaner->last;

	if (last <= ' ' || is_selector(last) || last == ZWJ || last == ZWNJ)
		return false;
	return selector < 0xe0000 || uc_is_property_ideographic(last);
}

static bool
cleaner_keeps(struct cleaner *cleaner, ucs4_t c, const uint8_t *rest, size_t n)
{
	if (cleaner->tags > 0) {
		cleaner->tags--;
		return true;
	}
	if (is_dropped(c))
		return false;
	if (is_selector(c))
		return selector_belongs(cleaner, c) && cleaner->cluster + 4 <= LIMIT_CLUSTER;
	if (c == ZWJ || c == ZWNJ)
		return joiner_belongs(cleaner, c, rest, n) && cleaner->cluster + 4 <= LIMIT_CLUSTER;
	if (is_mark(c))
		return cleaner->cluster + 4 <= LIMIT_CLUSTER;
	if (c == BLACK_FLAG)
		cleaner->tags = flag_tags(rest, n);
	return true;
}

static void
cleaner_append(struct cleaner *cleaner, ucs4_t c)
{
	uint8_t bytes[6];
	int n = u8_uctomb(bytes, c, sizeof bytes);
	bool goes_on = is_mark(c) || c == ZWJ || c == ZWNJ || (c >= 0xe0020 && c <= TAG_END) || cleaner->last == ZWJ;

	g_string_append_len(cleaner->out, (char *)bytes, n);
	cleaner->cluster = goes_on ? cleaner->cluster + (size_t)n : (size_t)n;
	if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L))
		cleaner->joins = script_joins(c);
	else if (!is_mark(c) && c != ZWJ && c != ZWNJ)
		cleaner->joins = false;
	cleaner->last = c;
}

static void
cleaner_take(struct cleaner *cleaner, ucs4_t c, const uint8_t *rest, size_t n)
{
	ucs4_t before = cleaner->raw;

	cleaner->raw = c;
	if (c == '\n' && before == '\r')
		return;
	if (is_line_break(c))
		cleaner_append(cleaner, cleaner->kind == TEXT_BODY ? '\n' : ' ');
	else if (c == '\t')
		cleaner_append(cleaner, cleaner->kind == TEXT_BODY ? '\t' : ' ');
	else if (cleaner_keeps(cleaner, c, rest, n))
		cleaner_append(cleaner, c);
}

/* Most text is ASCII, of which a run needs no look at each character: none of it joins, marks or is dropped. */
static size_t
take_plain(struct cleaner *cleaner, const uint8_t *s, size_t n)
{
	size_t run = 0;

	if (cleaner->tags > 0 || cleaner->last == ZWJ)
		return 0;
	while (run < n && s[run] >= ' ' && s[run] < 0x7f)
		run++;
	if (run == 0)
		return 0;
	g_string_append_len(cleaner->out, (const char *)s, (gssize)run);
	cleaner->last = cleaner->raw = s[run - 1];
	cleaner->cluster = 1;
	cleaner->joins = false;
	return run;
}

char *
text_clean(const char *text, gssize len, enum text_kind kind, size_t max)
{
	struct cleaner cleaner = { .kind = kind };
	const uint8_t *s = (const uint8_t *)text;
	size_t n = len < 0 ? strlen(text) : (size_t)len, cut = 0, cluster;

	cleaner.out = g_string_sized_new(n + 1);
	/* One cluster more than fits tells where the last border is. */
	while (n > 0 && (max == 0 || cleaner.out->len <= max + 2 * LIMIT_CLUSTER)) {
		size_t used = take_plain(&cleaner, s, max == 0 ? n : MIN(n,
		    max + 2 * LIMIT_CLUSTER + 1 - cleaner.out->len));
		ucs4_t c;

		s += used;
		n -= used;
		if (used > 0)
			continue;
		used = (size_t)u8_mbtouc(&c, s, n);
		s += used;
		n -= used;
		cleaner_take(&cleaner, c, s, n);
	}
	if (max > 0 && cleaner.out->len > max) {
		while (cluster = text_cluster(cleaner.out->str + cut, cleaner.out->len - cut), cut + cluster <= max)
			cut += cluster;
		g_string_truncate(cleaner.out, cut);
	}
	return g_string_free(cleaner.out, FALSE);
}
