/* test_split.c: the tree of splits: dividing, closing, areas, neighbours, and as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "face/tui/split.h"

static const struct area all = { 0, 0, 30, 121 };

static void
is_area(const struct split *leaf, int row, int column, int rows, int columns)
{
	assert_int_equal(leaf->area.row, row);
	assert_int_equal(leaf->area.column, column);
	assert_int_equal(leaf->area.rows, rows);
	assert_int_equal(leaf->area.columns, columns);
}

/* a | b over c; the one given is c. */
static struct split *
three(struct split **root)
{
	struct split *b;

	*root = split_new("home", "a");
	b = split_divide(*root, true);
	split_show(b, "home", "b");
	b = split_divide(b, false);
	split_show(b, "", "");
	assert_true(split_place(*root, &all));
	return b;
}

static void
areas(void **state)
{
	struct split *root, *c = three(&root), *a = split_at(root, 0), *b = split_at(root, 1);

	(void)state;
	assert_int_equal(split_count(root), 3);
	assert_int_equal(split_index(root, c), 2);
	is_area(a, 0, 0, 30, 60);
	is_area(b, 0, 61, 15, 60);
	is_area(c, 15, 61, 15, 60);
	assert_int_equal(split_least_columns(root), 60);
	assert_ptr_equal(split_beside(root, a, SPLIT_RIGHT), b);
	assert_ptr_equal(split_beside(root, c, SPLIT_LEFT), a);
	assert_ptr_equal(split_beside(root, c, SPLIT_UP), b);
	assert_ptr_equal(split_beside(root, b, SPLIT_DOWN), c);
	assert_null(split_beside(root, a, SPLIT_LEFT));
	assert_null(split_beside(root, a, SPLIT_DOWN));
	split_free(root);
}

static void
sizes(void **state)
{
	struct split *root, *c = three(&root), *a = split_at(root, 0);

	(void)state;
	assert_true(split_resize(c, false, 100));
	assert_true(split_resize(c, true, -100));
	assert_false(split_resize(a, false, 100));
	assert_true(split_place(root, &all));
	is_area(c, 12, 73, 18, 48);
	/* Never to nothing. */
	for (int i = 0; i < 100; i++)
		split_resize(c, true, 100);
	assert_int_equal(root->share, 100);
	assert_false(split_place(root, &all));
	split_balance(root);
	assert_int_equal(root->share, 500);
	/* Three in a row get a third each. */
	assert_non_null(split_divide(a, true));
	split_balance(root);
	assert_int_equal(root->share, 666);
	assert_false(split_place(root, &(struct area){ 0, 0, 5, 121 }));
	assert_false(split_place(root, &(struct area){ 0, 0, 30, 50 }));
	split_free(root);
}

static void
closing(void **state)
{
	struct split *root, *c = three(&root), *b = split_at(root, 1);

	(void)state;
	assert_ptr_equal(split_remove(&root, c), b);
	assert_int_equal(split_count(root), 2);
	assert_ptr_equal(split_remove(&root, split_at(root, 0)), b);
	assert_ptr_equal(root, b);
	assert_null(root->parent);
	split_free(root);
}

static struct split *
from_text(const char *text, struct split **focus)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	return split_read(lines, focus);
}

static void
as_text(void **state)
{
	static const char *const bad[] = {
		"", "leaf", "leaf home", "split right 500", "split right 500\nleaf home a",
		    "split left 500\nleaf home a\nleaf home b",
		"split right 50\nleaf home a\nleaf home b", "split right x\nleaf home a\nleaf home b",
		    "leaf home a\nleaf home b",
		"split right 500\nsplit right 500\nsplit right 500\nsplit right 500\nleaf a b\nleaf a b\nleaf a b\nleaf a b\nleaf a b",
	};
	g_autoptr(GString) text = g_string_new(NULL);
	struct split *root, *again, *focus, *c = three(&root);

	(void)state;
	split_show(split_at(root, 1), "home", "room@x/nick with blanks");
	split_write(root, c, text);
	assert_string_equal(text->str,
	    "split right 500\nleaf home a\nsplit below 500\nleaf home room@x/nick with blanks\nfocus - -\n");
	g_strchomp(text->str);
	again = from_text(text->str, &focus);
	assert_non_null(again);
	assert_int_equal(split_count(again), 3);
	assert_ptr_equal(focus, split_at(again, 2));
	assert_string_equal(split_at(again, 1)->jid, "room@x/nick with blanks");
	assert_string_equal(focus->jid, "");
	assert_true(split_place(again, &all));
	split_free(again);
	split_free(root);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		assert_null(from_text(bad[i], &focus));
		assert_null(focus);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(areas), cmocka_unit_test(sizes), cmocka_unit_test(closing), cmocka_unit_test(as_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
