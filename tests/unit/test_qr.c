/* QR codes as text: read back dot by dot by what the standard (ISO/IEC 18004) puts into every code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>
#include <string.h>

#include "core/qr.h"

enum { MARGIN = 2, MOST = 200 };

/* Whether a dot is dark, with the margin. */
struct dots {
	bool	 dark[MOST][MOST];
	int	 size;
};

static void
read_ascii(const char *text, struct dots *dots)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	dots->size = (int)g_strv_length(lines) - 1;
	assert_true(dots->size > 0 && dots->size < MOST);
	for (int y = 0; y < dots->size; y++) {
		assert_int_equal(strlen(lines[y]), 2 * dots->size);
		for (int x = 0; x < dots->size; x++)
			dots->dark[y][x] = lines[y][2 * x] == ' ';
	}
}

static void
read_halves(const char *text, struct dots *dots)
{
	int x = 0, y = 0;

	dots->size = 0;
	for (const char *p = text; *p != '\0'; p = g_utf8_find_next_char(p, NULL)) {
		gunichar c = g_utf8_get_char(p);

		if (c == '\n') {
			assert_true(dots->size == 0 || dots->size == x);
			dots->size = x;
			x = 0;
			y += 2;
			continue;
		}
		dots->dark[y][x] = c == ' ' || c == 0x2584;
		dots->dark[y + 1][x] = c == ' ' || c == 0x2580;
		x++;
	}
	assert_true(y == dots->size || y == dots->size + 1);
}

/* Three corners have a square in a square; there is none in the fourth. */
static bool
is_finder(const struct dots *dots, int left, int top)
{
	for (int y = 0; y < 7; y++)
		for (int x = 0; x < 7; x++) {
			bool edge = x == 0 || y == 0 || x == 6 || y == 6;
			bool middle = x >= 2 && x <= 4 && y >= 2 && y <= 4;

			if (dots->dark[top + y][left + x] != (edge || middle))
				return false;
		}
	return true;
}

static void
test_text(void **state)
{
	static struct dots dots, same;
	g_autofree char *ascii = qr_text("xmpp:alice@example.org?omemo-sid-12345="
	    "8df03cf11a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5", true);
	g_autofree char *halves = qr_text("xmpp:alice@example.org?omemo-sid-12345="
	    "8df03cf11a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5", false);
	int far;

	(void)state;
	assert_non_null(ascii);
	assert_non_null(halves);
	read_ascii(ascii, &dots);
	read_halves(halves, &same);
	assert_int_equal(dots.size, same.size);
	assert_int_equal((dots.size - 2 * MARGIN - 17) % 4, 0);
	for (int y = 0; y < dots.size; y++)
		assert_memory_equal(dots.dark[y], same.dark[y], (size_t)dots.size);
	for (int i = 0; i < dots.size; i++)
		for (int j = 0; j < MARGIN; j++)
			assert_false(dots.dark[j][i] || dots.dark[i][j] || dots.dark[dots.size - 1 - j][i]);
	far = dots.size - MARGIN - 7;
	assert_true(is_finder(&dots, MARGIN, MARGIN) && is_finder(&dots, far, MARGIN) && is_finder(&dots, MARGIN, far));
	assert_false(is_finder(&dots, far, far));
	/* The timing pattern between them: dark, light, dark. */
	for (int x = 8; x < dots.size - 2 * MARGIN - 8; x++)
		assert_int_equal(dots.dark[MARGIN + 6][MARGIN + x], x % 2 == 0);
}

static void
test_too_long(void **state)
{
	g_autofree char *text = g_strnfill(4000, 'x');

	(void)state;
	assert_null(qr_text(text, false));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_text), cmocka_unit_test(test_too_long) };

	return cmocka_run_group_tests_name("qr", tests, NULL, NULL);
}
