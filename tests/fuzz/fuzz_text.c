/* fuzz_text.c: clean text is UTF-8 without controls and cleaning it again changes nothing; rows cover what is shown. */
#include <string.h>

#include "base/text.h"
#include "fuzz.h"

static void
check_clean(const char *text, enum text_kind kind)
{
	g_autofree char *again = text_clean(text, -1, kind, 0);

	g_assert_true(g_utf8_validate(text, -1, NULL));
	g_assert_cmpstr(text, ==, again);
	for (const char *p = text; *p != '\0'; p += g_utf8_skip[(unsigned char)*p]) {
		gunichar c = g_utf8_get_char(p);

		g_assert_true(c >= 0x20 || (kind == TEXT_BODY && (c == '\n' || c == '\t')));
		g_assert_true(c < 0x7f || c > 0x9f);
		g_assert_true(c < 0x202a || c > 0x202e);
		g_assert_true(c < 0x2066 || c > 0x2069);
	}
}

static void
check_rows(const char *text)
{
	static const struct text_policy policy;
	size_t length = strlen(text), last = 0;
	GArray *rows = text_wrap(text, 9, 7, &policy);

	g_assert_cmpuint(rows->len, >, 0);
	for (guint i = 0; i < rows->len; i++) {
		const struct text_row *row = &g_array_index(rows, struct text_row, i);

		g_assert_cmpuint(row->start, >=, last);
		last = row->start + row->len;
		g_assert_cmpuint(last, <=, length);
		g_assert_true(g_utf8_validate(text + row->start, (gssize)row->len, NULL));
	}
	g_array_unref(rows);
	g_assert_cmpuint(text_fit(text, 5, &policy), <=, length);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *body = text_clean((const char *)data, (gssize)size, TEXT_BODY, 0);
	g_autofree char *line = text_clean((const char *)data, (gssize)size, TEXT_LINE, 0);
	g_autofree char *cut = text_clean((const char *)data, (gssize)size, TEXT_BODY, 16);

	check_clean(body, TEXT_BODY);
	check_clean(line, TEXT_LINE);
	g_assert_cmpuint(strlen(cut), <=, 16);
	check_rows(body);
	return 0;
}
