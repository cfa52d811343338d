/* test_styling.c: which bytes of a line are strong, emphasised, struck or code (XEP-0393 section 5.2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>
#include <string.h>

#include "base/limits.h"
#include "face/tui/styling.h"

/* Letters say what each byte is: s strong, e emphasis, t strike, c code, b strong and emphasis, m more, . nothing. */
static char *
styles(const char *line, size_t n)
{
	g_autofree uint8_t *all = g_malloc(n + 1);
	char *out = g_malloc(n + 1);

	styling_line(line, n, all);
	for (size_t i = 0; i < n; i++)
		out[i] = all[i] == 0 ? '.' : all[i] == STYLING_STRONG ? 's' : all[i] == STYLING_EMPHASIS ? 'e' :
		    all[i] == STYLING_STRIKE ? 't' : all[i] == STYLING_CODE ? 'c' :
		    all[i] == (STYLING_STRONG | STYLING_EMPHASIS) ? 'b' : 'm';
	out[n] = '\0';
	return out;
}

static void
spans(void **state)
{
	static const struct { const char *line, *styles; } each[] = {
		{ "", "" }, { "*", "." }, { "**", ".." }, { "***", "..." }, { "****", "...." },
		{ "*a*", "sss" }, { "_a_ ~b~ `c`", "eee.ttt.ccc" },
		{ "a *b c* d", "..sssss.." },
		{ "*strong*ly", "ssssssss.." },			/* nothing has to stand behind it */
		{ "2*3*4", "....." }, { "a_b_c", "....." },		/* something has to stand before it */
		{ "* a*", "...." }, { "*a *", "...." }, { "*a * b*", "sssssss" },
		{ "*a _b_ c*", "sssbbbsss" }, { "*_both_*", "sbbbbbbs" },
		{ "`*a*`", "ccccc" },				/* code has nothing in it */
		{ "*a _b* c_", "ssssss..." },			/* what crosses opens nothing inside */
		{ ">_<", "..." }, { "_>_<_", "eee.." }, { "*a", ".." }, { "*a _b_", "...eee" },
		{ "**a**", "....." },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(each); i++) {
		g_autofree char *got = styles(each[i].line, strlen(each[i].line));

		if (strcmp(got, each[i].styles) != 0)
			fail_msg("\"%s\" is %s, not %s", each[i].line, got, each[i].styles);
	}
}

/* Whoever means harm: as long as a line is looked at, marks that open and never close, and spans in spans. */
static void
hostile(void **state)
{
	static const char *const parts[] = { "*", "* ", " *", "*a ", "*a _b ~c `d ", "*_~", "*a*", "`", "*a_ " };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autoptr(GString) line = g_string_new(NULL);
		g_autofree char *got = NULL;

		while (line->len < LIMIT_STYLED)
			g_string_append(line, parts[i]);
		got = styles(line->str, LIMIT_STYLED);
		assert_int_equal(strlen(got), LIMIT_STYLED);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(spans), cmocka_unit_test(hostile) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
