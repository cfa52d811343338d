/* test_canvas.c: text in, cells out; halves of characters never remain. */
#include <glib.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "face/tui/canvas.h"

static const struct text_policy safe;
static const struct text_policy rich = { true, true, true, true, false, false, false };

#define FAMILY "\U0001F468\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466"

static void
assert_dump(const struct canvas *canvas, const char *want)
{
	g_autofree char *got = canvas_dump(canvas, false);

	assert_string_equal(got, want);
}

/* Heads are followed by exactly their right halves; widths fill the row; every glyph can be looked up. */
static void
assert_whole(const struct canvas *canvas)
{
	for (int row = 0; row < canvas_rows(canvas); row++) {
		const struct cell *cells = canvas_row(canvas, row);
		int i = 0;

		while (i < canvas_columns(canvas)) {
			size_t len;

			assert_in_range(cells[i].width, 1, TEXT_COLUMNS_MAX);
			assert_true(i + cells[i].width <= canvas_columns(canvas));
			if (cells[i].glyph >= CANVAS_INTERNED)
				assert_non_null(canvas_glyph(canvas, cells[i].glyph, &len));
			for (int k = 1; k < cells[i].width; k++)
				assert_int_equal(cells[i + k].width, 0);
			i += cells[i].width;
		}
	}
}

static void
goldens(void **state)
{
	struct canvas *canvas = canvas_new(4, 12, &safe);
	g_autofree char *cursor = NULL, *slots = NULL;

	(void)state;
	assert_int_equal(canvas_text(canvas, 0, 0, 12, SLOT_TEXT, "21:14 ada", -1), 9);
	assert_int_equal(canvas_text(canvas, 1, 2, 12, SLOT_MESSAGE_TEXT, "漢字 ❤️ " FAMILY "|", -1), 12);
	assert_int_equal(canvas_text(canvas, 2, 0, 5, SLOT_TEXT, "abcd漢", -1), 4);
	assert_int_equal(canvas_printf(canvas, 3, 1, 12, SLOT_LIST_NUMBER, "%d of %s", 3, "ten"), 9);
	canvas_cursor(canvas, 3, 9);
	assert_dump(canvas, "21:14 ada\n  漢字 ❤ \U0001F468|\nabcd\n 3 of ten\n");
	cursor = canvas_dump(canvas, true);
	assert_string_equal(cursor, "21:14 ada\n  漢字 ❤ \U0001F468|\nabcd\n 3 of ten█\n");
	slots = canvas_dump_slots(canvas);
	assert_string_equal(slots, "\n  aaaaaaaaaa\n\n bbbbbbbb\na message.text\nb list.number\n");
	canvas_paint(canvas, 0, 0, 5, SLOT_MESSAGE_TIME);
	g_free(slots);
	slots = canvas_dump_slots(canvas);
	assert_true(g_str_has_prefix(slots, "aaaaa\n"));
	assert_whole(canvas);
	canvas_free(canvas);
}

static void
cut_with_a_sign(void **state)
{
	struct text_policy ascii = { .ascii = true };
	struct canvas *canvas = canvas_new(3, 8, &safe);

	(void)state;
	assert_int_equal(canvas_text_cut(canvas, 0, 0, 8, SLOT_TEXT, "exactly8"), 8);
	assert_int_equal(canvas_text_cut(canvas, 1, 0, 8, SLOT_TEXT, "more than 8"), 8);
	assert_int_equal(canvas_text_cut(canvas, 2, 0, 4, SLOT_TEXT, "a漢漢"), 4);
	assert_dump(canvas, "exactly8\nmore th…\na漢…\n");
	assert_int_equal(canvas_text_cut(canvas, 0, 5, 5, SLOT_TEXT, "none"), 5);
	canvas_set_policy(canvas, &ascii);
	assert_int_equal(canvas_text_cut(canvas, 1, 0, 8, SLOT_TEXT, "größer als"), 8);
	assert_dump(canvas, "exactly8\ngr??e...\na漢…\n");
	canvas_free(canvas);
}

static void
halves(void **state)
{
	struct canvas *canvas = canvas_new(1, 8, &safe);

	(void)state;
	canvas_text(canvas, 0, 0, 8, SLOT_TEXT, "漢字漢字", -1);
	canvas_text(canvas, 0, 1, 8, SLOT_TEXT, "x", -1);
	assert_dump(canvas, " x字漢字\n");
	canvas_text(canvas, 0, 2, 8, SLOT_TEXT, "y", -1);
	assert_dump(canvas, " xy 漢字\n");
	canvas_clear(canvas, 0, 5, 1, 2, SLOT_TEXT);
	assert_dump(canvas, " xy\n");
	assert_whole(canvas);
	canvas_free(canvas);
}

static void
refused(void **state)
{
	struct canvas *canvas = canvas_new(1, 40, &safe);

	(void)state;
	canvas_text(canvas, 0, 0, 40, SLOT_TEXT, "a\033[2Jb\r\nc\u202Ed\xc2\x9b" "e\u200Bf\x7fg", -1);
	assert_dump(canvas, "a[2Jbcdefg\n");
	canvas_clear(canvas, 0, 0, 1, 40, SLOT_TEXT);
	canvas_text(canvas, 0, 0, 40, SLOT_TEXT, "a\tb", -1);
	assert_dump(canvas, "a    b\n");
	canvas_free(canvas);
}

/* No place that a layout could compute, however wrong, is written outside. */
static void
out_of_bounds(void **state)
{
	struct canvas *canvas = canvas_new(0, -3, &safe);

	(void)state;
	assert_int_equal(canvas_rows(canvas), 1);
	assert_int_equal(canvas_columns(canvas), 1);
	canvas_resize(canvas, 1 << 20, 1 << 20);
	assert_int_equal(canvas_rows(canvas), LIMIT_SCREEN_ROWS);
	assert_int_equal(canvas_columns(canvas), LIMIT_SCREEN_COLUMNS);
	canvas_resize(canvas, 2, 4);
	for (int row = -2; row < 5; row++) {
		for (int column = -2; column < 7; column++) {
			canvas_text(canvas, row, column, 99, SLOT_TEXT, "漢字x", -1);
			canvas_text_cut(canvas, row, column, 3, SLOT_TEXT, "漢字x");
			canvas_paint(canvas, row, column, 9, SLOT_TEXT);
			canvas_clear(canvas, row, column, 2, 2, SLOT_TEXT);
			canvas_cursor(canvas, row, column);
			assert_whole(canvas);
		}
	}
	canvas_free(canvas);
}

static void
random_drawing(void **state)
{
	static const char *const words[] = { "a", "漢", FAMILY, "e\u0301", "🇩🇪", "❤️", "\t", "กำ", "long words",
	    "\u0301" };
	GRand *rand = g_rand_new_with_seed(3);
	struct canvas *canvas = canvas_new(6, 17, &rich);

	(void)state;
	for (int i = 0; i < 50000; i++) {
		int row = g_rand_int_range(rand, 0, 6), column = g_rand_int_range(rand, 0, 17);

		if (i % 5 == 0)
			canvas_clear(canvas, row, column, 2, g_rand_int_range(rand, 0, 9), SLOT_TEXT);
		else
			canvas_text(canvas, row, column, g_rand_int_range(rand, 0, 20), SLOT_TEXT,
			    words[g_rand_int_range(rand, 0, G_N_ELEMENTS(words))], -1);
		if (i % 16 == 0)
			assert_whole(canvas);
	}
	canvas_free(canvas);
	g_rand_free(rand);
}

/* A face runs for weeks: clusters that are not on the screen any more are forgotten. */
static void
glyphs_are_collected(void **state)
{
	struct canvas *canvas = canvas_new(2, 10, &rich);
	uint32_t highest = 0;

	(void)state;
	canvas_text(canvas, 1, 0, 10, SLOT_TEXT, FAMILY, -1);
	for (gunichar c = 0x300; c < 0x340; c++) {
		for (char base = 'a'; base <= 'z'; base++) {
			char text[16] = { base };

			text[1 + g_unichar_to_utf8(c, text + 1)] = '\0';
			canvas_text(canvas, 0, 0, 10, SLOT_TEXT, text, -1);
			highest = MAX(highest, canvas_row(canvas, 0)->glyph);
		}
	}
	assert_in_range(highest, CANVAS_INTERNED, CANVAS_INTERNED + 2 * 20 + 2);
	assert_dump(canvas, "z\u033F\n" FAMILY "\n");
	canvas_free(canvas);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goldens),
		cmocka_unit_test(cut_with_a_sign),
		cmocka_unit_test(halves),
		cmocka_unit_test(refused),
		cmocka_unit_test(out_of_bounds),
		cmocka_unit_test(random_drawing),
		cmocka_unit_test(glyphs_are_collected),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("canvas", tests, NULL, NULL);
}
