/* test_text.c: what comes from elsewhere is made safe; what is shown is counted as it is drawn. */
#include <glib.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/text.h"

static const struct text_policy safe;
static const struct text_policy rich = {
	.zwj_joins = true, .tone_joins = true, .vs16_wide = true, .ri_pairs = true,
};
static const struct text_policy ascii = { .ascii = true };

#define FAMILY "\U0001F468\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466"
#define ENGLAND "\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F"

static void
assert_clean(const char *in, gssize len, enum text_kind kind, size_t max, const char *want)
{
	g_autofree char *got = text_clean(in, len, kind, max);
	g_autofree char *again = text_clean(got, -1, kind, 0);

	assert_string_equal(got, want);
	assert_string_equal(again, got);
}

/* What may never come out, said a second time and differently from the code. */
static bool
forbidden(gunichar c, enum text_kind kind)
{
	if (kind == TEXT_BODY && (c == '\n' || c == '\t'))
		return false;
	switch (g_unichar_type(c)) {
	case G_UNICODE_CONTROL:
	case G_UNICODE_LINE_SEPARATOR:
	case G_UNICODE_PARAGRAPH_SEPARATOR:
	case G_UNICODE_SURROGATE:
		return true;
	default:
		break;
	}
	return c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069) || c == 0xfeff || c == 0x200b || c == 0x2060 || (c & 0xfffe) == 0xfffe ||
	    (c >= 0xfdd0 && c <= 0xfdef) || (c >= 0xfff9 && c <= 0xfffb);
}

static void
assert_allowed(const char *text, enum text_kind kind)
{
	assert_true(g_utf8_validate(text, -1, NULL));
	for (const char *p = text; *p != '\0'; p += g_utf8_skip[(unsigned char)*p])
		assert_false(forbidden(g_utf8_get_char(p), kind));
}

/* Alone, between letters, and behind an emoji, where more is kept. */
static void
every_code_point(void **state)
{
	static const char *const around[][2] = { { "", "" }, { "a", "b" }, { "\U0001F468", "\U0001F469" },
	    { "م", "ی" } };
	int kept = 0;

	(void)state;
	for (gunichar c = 0; c <= 0x10ffff; c++) {
		for (int i = 0; i < 8; i++) {
			enum text_kind kind = i & 1 ? TEXT_LINE : TEXT_BODY;
			char in[64], character[8] = { 0 };
			int n = g_unichar_to_utf8(c, character);
			char *out;
			int len = g_snprintf(in, sizeof in, "%s", around[i / 2][0]);

			memcpy(in + len, character, (size_t)n);
			len += n;
			len += g_snprintf(in + len, sizeof in - (size_t)len, "%s", around[i / 2][1]);
			out = text_clean(in, len, kind, 0);
			assert_allowed(out, kind);
			assert_true(g_str_has_prefix(out, around[i / 2][0]));
			assert_true(g_str_has_suffix(out, around[i / 2][1]));
			kept += i == 0 && *out != '\0' && strstr(out, "\uFFFD") == NULL;
			free(out);
		}
	}
	/* Nearly all of Unicode, less what is named in text.c; a filter that drops too much fails here. */
	assert_in_range(kept, 1100000, 0x110000 - 2048);
}

static void
breaks_and_controls(void **state)
{
	(void)state;
	assert_clean("a\r\nb\rc\nd\u2028e\xc2\x85" "f\vg\fh", -1, TEXT_BODY, 0, "a\nb\nc\nd\ne\nf\ng\nh");
	assert_clean("a\r\nb\rc\nd\u2029e\tf", -1, TEXT_LINE, 0, "a b c d e f");
	assert_clean("\tx", -1, TEXT_BODY, 0, "\tx");
	assert_clean("a\0b\033[2Jc\x7f\a\b", 11, TEXT_BODY, 0, "ab[2Jc");
	assert_clean("x\xc2\x9b" "31m\xc2\x90", -1, TEXT_LINE, 0, "x31m");
	assert_clean("", 0, TEXT_BODY, 5, "");
	/* A forged line of our own stays one paragraph of text. */
	assert_clean("hi\r21:14 ada  yes", -1, TEXT_LINE, 0, "hi 21:14 ada  yes");
}

static void
not_utf8(void **state)
{
	const char *const bad[] = { "\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80",
	    "a\xc3" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *out = text_clean(bad[i], -1, TEXT_BODY, 0);

		assert_allowed(out, TEXT_BODY);
		assert_non_null(strstr(out, "\uFFFD"));
	}
	/* A character cut in half does not eat what follows. */
	assert_clean("\xe2" "abc", -1, TEXT_BODY, 0, "\uFFFD" "abc");
}

static void
bidi_and_invisible(void **state)
{
	(void)state;
	assert_clean("invoice\u202Efdp.exe", -1, TEXT_LINE, 0, "invoicefdp.exe");
	assert_clean("\u2066\u2067a\u200F\u061Cb", -1, TEXT_BODY, 0, "ab");
	assert_clean("a\u200Bd\u2060m\uFEFFi\u00ADn\u034F\u200C\u200D", -1, TEXT_LINE, 0, "admin");
	assert_clean("\u3164\uFFA0\u115F\u1160", -1, TEXT_LINE, 0, "");
	assert_clean("x\uFFFE\uFDD0\U0001FFFFy", -1, TEXT_BODY, 0, "xy");
	/* Hidden words in tags; a pile of selectors that carries bytes. */
	assert_clean("a\U000E0001\U000E0068\U000E0069\U000E007Fb", -1, TEXT_BODY, 0, "ab");
	assert_clean("\U0001F3F4\U000E0067b", -1, TEXT_BODY, 0, "\U0001F3F4b");
	assert_clean("a\uFE0F\uFE0F\uFE01\U000E0100b", -1, TEXT_BODY, 0, "a\uFE0Fb");
}

static void
what_belongs_stays(void **state)
{
	static const char *const good[] = {
		FAMILY, ENGLAND, "\U0001F44D\U0001F3FD", "❤️‍🔥", "1️⃣", "🇩🇪", "👩🏽‍💻", "می‌خواهم", "ന്‍", "क्‍ष",
		    "葛\U000E0100",
		"e\u0301", "שָׁלוֹם", "กำ", "한국어", "\U0001F3F3\uFE0F\u200D\U0001F308", "Žluťoučký", "\uE000",
		    "\U000F0000",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
		assert_clean(good[i], -1, TEXT_LINE, 0, good[i]);
}

static void
piles_of_marks(void **state)
{
	GString *pile = g_string_new("e");
	g_autofree char *out = NULL;

	(void)state;
	for (int i = 0; i < 10000; i++)
		g_string_append(pile, "\u0301");
	g_string_append(pile, "x");
	out = text_clean(pile->str, -1, TEXT_BODY, 0);
	assert_in_range(strlen(out), 10, LIMIT_CLUSTER + 1);
	assert_int_equal(out[strlen(out) - 1], 'x');
	/* The x is in a cluster of its own: nothing of the pile is left over. */
	assert_int_equal(text_cluster(out, strlen(out)), strlen(out) - 1);
	g_string_free(pile, TRUE);
}

static void
capped_on_a_border(void **state)
{
	(void)state;
	assert_clean("abcdef", -1, TEXT_BODY, 4, "abcd");
	assert_clean("abcé", -1, TEXT_BODY, 4, "abc");
	assert_clean("abe\u0301", -1, TEXT_BODY, 4, "ab");
	assert_clean("ab" FAMILY "c", -1, TEXT_BODY, 20, "ab");
	assert_clean("ab" FAMILY "c", -1, TEXT_BODY, 27, "ab" FAMILY);
	assert_clean(FAMILY, -1, TEXT_BODY, 1, "");
}

static void
random_bytes(void **state)
{
	GRand *rand = g_rand_new_with_seed(1);

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char in[48];
		int len = g_rand_int_range(rand, 0, (int)sizeof in);
		size_t max = (size_t)g_rand_int_range(rand, 0, 40);
		enum text_kind kind = round & 1 ? TEXT_LINE : TEXT_BODY;
		char *out, *again;

		for (int i = 0; i < len; i++)
			in[i] = (char)g_rand_int_range(rand, 0, 256);
		out = text_clean(in, len, kind, max);
		again = text_clean(out, -1, kind, 0);
		assert_allowed(out, kind);
		assert_string_equal(again, out);
		assert_true(max == 0 || strlen(out) <= max);
		free(out);
		free(again);
	}
	g_rand_free(rand);
}

/*
 * cluster, bytes of its first cluster (0: all), columns on the safe policy and on the rich one, what the safe one shows
 */
static const struct {
	const char *text;
	size_t	 first;
	int	 safe, rich;
	const char *shown;
} clusters[] = {
	{ "a", 0, 1, 1, "a" }, { "é", 0, 1, 1, "é" }, { "e\u0301", 0, 1, 1, "e\u0301" }, { "漢", 0, 2, 2, "漢" },
	{ "か\u3099", 0, 2, 2, "か\u3099" }, { "ｱ", 0, 1, 1, "ｱ" }, { "🎉", 0, 2, 2, "🎉" },
	{ FAMILY, 0, 2, 2, "\U0001F468" }, { "\U0001F44D\U0001F3FD", 0, 2, 2, "\U0001F44D" },
	{ "👩🏽‍💻", 0, 2, 2, "👩" }, { "❤️", 0, 1, 2, "❤" }, { "1️⃣", 0, 1, 2, "1⃣" }, { "🇩🇪", 0, 2, 2, "DE" },
	{ "🇩", 0, 1, 1, "D" }, { "🇩🇪🇫", 8, 2, 2, "DE" }, { ENGLAND, 0, 2, 2, "\U0001F3F4" },
	{ "\u1112\u1161\u11AB", 0, 2, 2, "\u1112\u1161\u11AB" }, { "\u0301", 0, 1, 1, "\u25CC\u0301" },
	{ "\u200D", 0, 0, 0, "" }, { "\t", 0, TEXT_TAB, TEXT_TAB, "\t" }, { "\n", 0, 0, 0, "" },
	    { "\u202E", 0, 0, 0, "" },
	{ "\u00AD", 0, 0, 0, "" }, { "\033", 0, 0, 0, "" }, { "\xc2\x9b", 0, 0, 0, "" },
	    { "\uFFFE", 0, 1, 1, "\uFFFD" },
	{ "\U0001FAE8", 0, 2, 2, "\U0001FAE8" }, { "ab", 1, 1, 1, "a" }, { "a\u0300\u0301\u0302\u0303\u0304", 0, 1, 1,
	    "a\u0300\u0301\u0302\u0303\u0304" }, { "🏳️‍🌈", 0, 1, 2, "🏳" }, { "⌚", 0, 2, 2, "⌚" },
	{ "😀\uFE0E", 0, 2, 2, "😀" }, { "\u2764\uFE0E", 0, 1, 1, "\u2764\uFE0E" }, { "กำ", 0, 2, 2, "กำ" },
};

static void
cluster_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(clusters); i++) {
		const char *text = clusters[i].text;
		size_t n = text_cluster(text, strlen(text)), len;
		char shown[LIMIT_CLUSTER + 1];
		int columns;

		assert_int_equal(n, clusters[i].first > 0 ? clusters[i].first : strlen(text));
		len = text_glyph(text, n, &safe, shown, &columns);
		shown[len] = '\0';
		assert_string_equal(shown, clusters[i].shown);
		assert_int_equal(columns, clusters[i].safe);
		assert_int_equal(text_width(text, n, &safe), clusters[i].safe);
		assert_int_equal(text_width(text, n, &rich), clusters[i].rich);
		assert_in_range(text_width(text, n, &ascii), 0, TEXT_TAB);
	}
	assert_int_equal(text_cluster("", 0), 0);
	assert_int_equal(text_columns("a漢é" FAMILY, &safe), 6);
	assert_int_equal(text_columns("a漢é", &ascii), 3);
}

static void
ambiguous_width(void **state)
{
	struct text_policy wide = { .ambiguous_wide = true };

	(void)state;
	assert_int_equal(text_columns("│…é漢a\u0105", &wide), 2 + 2 + 2 + 2 + 1 + 1);
	assert_int_equal(text_columns("│…é漢a\u0105", &safe), 1 + 1 + 1 + 2 + 1 + 1);
}

static void
long_clusters_end(void **state)
{
	GString *text = g_string_new("\U0001F468");
	size_t at = 0, n, rounds = 0;

	(void)state;
	for (int i = 0; i < 400; i++)
		g_string_append(text, "\u200D\U0001F469");
	while (at < text->len) {
		n = text_cluster(text->str + at, text->len - at);
		assert_in_range(n, 1, LIMIT_CLUSTER);
		at += n;
		assert_true(g_utf8_validate(text->str, (gssize)at, NULL));
		rounds++;
	}
	assert_in_range(rounds, text->len / LIMIT_CLUSTER, text->len);
	g_string_free(text, TRUE);
}

static void
fits(void **state)
{
	(void)state;
	assert_int_equal(text_fit("abc", 2, &safe), 2);
	assert_int_equal(text_fit("abc", 9, &safe), 3);
	assert_int_equal(text_fit("a漢b", 2, &safe), 1);
	assert_int_equal(text_fit("a漢b", 3, &safe), 4);
	assert_int_equal(text_fit("e\u0301x", 1, &safe), 3);
	assert_int_equal(text_fit("abc", 0, &safe), 0);
	assert_int_equal(text_fit("abc", -3, &safe), 0);
}

static void
assert_wrap(const char *text, int first, int rest, const char *want)
{
	g_autoptr(GArray) rows = text_wrap(text, first, rest, &safe);
	GString *got = g_string_new(NULL);

	for (unsigned i = 0; i < rows->len; i++) {
		struct text_row row = g_array_index(rows, struct text_row, i);
		g_autofree char *slice = g_strndup(text + row.start, row.len);

		assert_int_equal(text_columns(slice, &safe), row.columns);
		g_string_append(got, i > 0 ? "|" : "");
		g_string_append(got, slice);
	}
	assert_string_equal(got->str, want);
	g_string_free(got, TRUE);
}

static void
wrap_goldens(void **state)
{
	(void)state;
	assert_wrap("", 10, 10, "");
	assert_wrap("one two three", 7, 7, "one two|three");
	assert_wrap("one two three", 6, 7, "one|two|three");
	assert_wrap("one two three", 13, 1, "one two three");
	assert_wrap("a\n\nb\n", 10, 10, "a||b|");
	assert_wrap("one   two", 4, 4, "one|two");
	assert_wrap("  indented", 20, 20, "  indented");
	assert_wrap("abcdefgh", 3, 3, "abc|def|gh");
	assert_wrap("x abcdefgh", 4, 4, "x|abcd|efgh");
	assert_wrap("trailing   ", 8, 8, "trailing");
	assert_wrap("well-known thing", 6, 6, "well-|known|thing");
	/* No break before a full stop or after an opening bracket; between ideographs anywhere. */
	assert_wrap("漢字漢字。漢", 8, 8, "漢字漢|字。漢");
	assert_wrap("ab漢字", 3, 3, "ab|漢|字");
	assert_wrap("漢", 1, 1, "漢");
	assert_wrap("e\u0301e\u0301e\u0301", 2, 2, "e\u0301e\u0301|e\u0301");
	assert_wrap(FAMILY FAMILY, 2, 2, FAMILY "|" FAMILY);
	assert_wrap("🇩🇪🇫🇷", 3, 3, "🇩🇪|🇫🇷");
	/* An address moves to the next row as a whole; if it does not fit there, it is broken anywhere. */
	assert_wrap("see https://example.com/a", 21, 21, "see|https://example.com/a");
	assert_wrap("see https://example.com/a/b ok", 12, 12, "see|https://exam|ple.com/a/b|ok");
	assert_wrap("a://b", 80, 80, "a://b");
	assert_wrap("://", 2, 2, ":/|/");
	assert_wrap("one two", 0, -5, "o|n|e|t|w|o");
}

/* Rows never overlap, keep the order, hold everything but blanks and line feeds, and are no wider than asked. */
static void
wrap_keeps_all(void **state)
{
	static const char *const words[] = {
		"a", "漢字", " ", "  ", "\n", "https://x.example/y?z=1", FAMILY, "e\u0301", "-", "(", ")", "long-winded",
		    "🇩🇪", "\t",
		"ไทยไทยไทย", "עברית",
	};
	GRand *rand = g_rand_new_with_seed(2);

	(void)state;
	for (int round = 0; round < 3000; round++) {
		GString *text = g_string_new(NULL);
		int columns = g_rand_int_range(rand, 2, 24), pieces = g_rand_int_range(rand, 0, 30);
		GArray *rows;
		size_t at = 0;

		for (int i = 0; i < pieces; i++)
			g_string_append(text, words[g_rand_int_range(rand, 0, G_N_ELEMENTS(words))]);
		rows = text_wrap(text->str, columns, columns, &safe);
		assert_true(rows->len >= 1);
		for (unsigned i = 0; i < rows->len; i++) {
			struct text_row row = g_array_index(rows, struct text_row, i);

			assert_true(row.start >= at && row.start + row.len <= text->len);
			for (; at < row.start; at++)
				assert_non_null(strchr(" \t\n", text->str[at]));
			at = row.start + row.len;
			/* One TAB can be wider than the whole row. */
			assert_true(row.columns <= MAX(columns, TEXT_TAB));
		}
		for (; at < text->len; at++)
			assert_non_null(strchr(" \t\n", text->str[at]));
		g_array_free(rows, TRUE);
		g_string_free(text, TRUE);
	}
	g_rand_free(rand);
}

/* Two megabytes of what costs most are a matter of moments, not of squares. */
static void
large_input(void **state)
{
	static const char *const pieces[] = { "\u2028", "e\u0301", FAMILY "\u200D", "\u202E", "http://", " ", "x",
	    "🇩" };
	gint64 start = g_get_monotonic_time();

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
		GString *text = g_string_new(NULL);
		g_autofree char *clean = NULL;
		GArray *rows;

		while (text->len < 256 * 1024)
			g_string_append(text, pieces[i]);
		clean = text_clean(text->str, -1, TEXT_BODY, LIMIT_BODY);
		rows = text_wrap(clean, 60, 60, &safe);
		assert_true(rows->len >= 1);
		g_array_free(rows, TRUE);
		g_string_free(text, TRUE);
	}
	assert_true(g_get_monotonic_time() - start < 30 * G_USEC_PER_SEC);
}

/* The first rows are the same rows, whatever the text; and the rest of it is not looked at. */
static void
some_rows(void **state)
{
	static const char *const texts[] = { "", "one", "one\ntwo\n\nfour",
	    "a word, and another one that is longer than the row",
		"\xe6\xbc\xa2\xe5\xad\x97\xe3\x81\xae\xe9\x95\xb7\xe3\x81\x84\xe8\xa1\x8c\xe3\x81\xaf\xe4\xba\x8c" };
	g_autofree char *huge = g_strnfill(1024 * 1024, 'x');
	const struct text_policy policy = { 0 };
	bool more;

	(void)state;
	for (size_t t = 0; t < G_N_ELEMENTS(texts); t++)
		for (int rows = 1; rows < 8; rows++)
			for (int width = 1; width < 12; width++) {
				g_autoptr(GArray) all = text_wrap(texts[t], width, width + 2, &policy);
				g_autoptr(GArray) some = text_wrap_some(texts[t], width, width + 2, rows, &policy,
				    &more);

				assert_int_equal(some->len, MIN(all->len, (guint)rows));
				assert_int_equal(more, all->len > (guint)rows);
				for (guint i = 0; i < some->len; i++)
					assert_memory_equal(&g_array_index(some, struct text_row, i),
					    &g_array_index(all, struct text_row, i), sizeof(struct text_row));
			}
	for (int i = 0; i < 200; i++) {
		g_autoptr(GArray) some = text_wrap_some(huge, 62, 62, 13, &policy, &more);

		assert_int_equal(some->len, 13);
		assert_true(more);
	}
}

static void
emoji(void **state)
{
	static const char *const are[] = { "👍", "👍🏿", "❤", "❤️", "👨‍👩‍👧", "🇩🇪", "7️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "✅" };
	static const char *const are_not[] = { "", "a", "7", "*", "👍👍", "👍 ", " 👍", "hello", "é", "漢", "🇩", "\n", "👍a", "‍" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(are); i++)
		if (!text_is_emoji(are[i]))
			fail_msg("%s is one", are[i]);
	for (size_t i = 0; i < G_N_ELEMENTS(are_not); i++)
		if (text_is_emoji(are_not[i]))
			fail_msg("\"%s\" is none", are_not[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(emoji),
		cmocka_unit_test(every_code_point),
		cmocka_unit_test(breaks_and_controls),
		cmocka_unit_test(not_utf8),
		cmocka_unit_test(bidi_and_invisible),
		cmocka_unit_test(what_belongs_stays),
		cmocka_unit_test(piles_of_marks),
		cmocka_unit_test(capped_on_a_border),
		cmocka_unit_test(random_bytes),
		cmocka_unit_test(cluster_table),
		cmocka_unit_test(ambiguous_width),
		cmocka_unit_test(long_clusters_end),
		cmocka_unit_test(fits),
		cmocka_unit_test(wrap_goldens),
		cmocka_unit_test(wrap_keeps_all),
		cmocka_unit_test(large_input), cmocka_unit_test(some_rows),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
