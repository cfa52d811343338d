/* test_resolve.c: the order in which servers are tried. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/limits.h"
#include "xmpp/resolve.h"

static uint32_t drawn, drawn_of;

static uint32_t
draw_fixed(uint32_t n)
{
	drawn_of = MAX(drawn_of, n);
	return MIN(drawn, n);
}

static uint32_t
draw_random(uint32_t n)
{
	return (uint32_t)g_random_double_range(0, (double)n + 1);
}

static void
add(GPtrArray *targets, const char *host, uint16_t priority, uint16_t weight)
{
	struct resolve_target *target = g_new0(struct resolve_target, 1);

	target->host = g_strdup(host);
	target->priority = priority;
	target->weight = weight;
	g_ptr_array_add(targets, target);
}

static char *
order(GPtrArray *targets)
{
	GString *text = g_string_new(NULL);
	guint i;

	for (i = 0; i < targets->len; i++)
		g_string_append(text, ((struct resolve_target *)targets->pdata[i])->host);
	return g_string_free(text, FALSE);
}

static char *
order_of_four(uint32_t draw)
{
	g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func(resolve_target_free);

	drawn = draw;
	add(targets, "d", 20, 0);
	add(targets, "a", 10, 60);
	add(targets, "b", 10, 0);
	add(targets, "c", 10, 40);
	resolve_sort(targets, draw_fixed);
	return order(targets);
}

static void
test_sort(void **state)
{
	static const struct { uint32_t draw; const char *order; } rows[] = {
		{ 0, "bacd" },		/* the smallest draw takes the one of weight 0 */
		{ 1, "acbd" },
		{ 60, "acbd" },
		{ 61, "cabd" },
		{ 100, "cabd" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = NULL;

		drawn_of = 0;
		got = order_of_four(rows[i].draw);
		assert_string_equal(got, rows[i].order);
		assert_int_equal(drawn_of, 100);
	}
}

/* Priority is never broken, nobody is lost, and the draw follows the weights. */
static void
test_sort_random(void **state)
{
	unsigned first_a = 0, i;

	(void)state;
	for (i = 0; i < 4000; i++) {
		g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func(resolve_target_free);
		g_autofree char *got = NULL;

		add(targets, "z", 2, 65535);
		add(targets, "a", 1, 75);
		add(targets, "b", 1, 25);
		resolve_sort(targets, draw_random);
		got = order(targets);
		assert_int_equal(strlen(got), 3);
		assert_int_equal(got[2], 'z');
		first_a += got[0] == 'a';
	}
	assert_in_range(first_a, 2700, 3300);
}

static void
test_sort_limits(void **state)
{
	g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func(resolve_target_free);
	int i;

	(void)state;
	for (i = 0; i < 100; i++)
		add(targets, "x", (uint16_t)(100 - i), 65535);
	resolve_sort(targets, draw_random);
	assert_int_equal(targets->len, LIMIT_STREAM_TARGETS);
	assert_int_equal(((struct resolve_target *)targets->pdata[0])->priority, 1);
	g_ptr_array_set_size(targets, 0);
	resolve_sort(targets, draw_random);
	assert_int_equal(targets->len, 0);
}

static void
assert_interleaved(const char *in, const char *out)
{
	g_autoptr(GPtrArray) addresses = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) words = g_strsplit(in, " ", -1);
	g_autofree char *got = NULL;
	guint i;

	for (i = 0; words[i] != NULL; i++)
		g_ptr_array_add(addresses, g_strdup(words[i]));
	resolve_interleave(addresses);
	g_ptr_array_add(addresses, NULL);
	got = g_strjoinv(" ", (char **)addresses->pdata);
	assert_string_equal(got, out);
}

static void
test_interleave(void **state)
{
	(void)state;
	assert_interleaved("::1 ::2 ::3 1.1.1.1 2.2.2.2", "::1 1.1.1.1 ::2 2.2.2.2 ::3");
	assert_interleaved("1.1.1.1 2.2.2.2 ::1", "1.1.1.1 ::1 2.2.2.2");
	assert_interleaved("1.1.1.1", "1.1.1.1");
	assert_interleaved("1.1.1.1 2.2.2.2", "1.1.1.1 2.2.2.2");
	assert_interleaved("::1 1.1.1.1", "::1 1.1.1.1");
	assert_interleaved("::1 ::2 ::3 ::4 ::5 ::6 ::7 ::8 ::9 ::a ::b ::c", "::1 ::2 ::3 ::4 ::5 ::6 ::7 ::8 ::9 ::a");
}

static void
test_ascii(void **state)
{
	g_autofree char *idn = resolve_ascii("b\xC3\xBC" "cher.example"), *plain = resolve_ascii("example.org");
	g_autofree char *label = g_strnfill(64, 'a');

	(void)state;
	assert_string_equal(idn, "xn--bcher-kva.example");
	assert_string_equal(plain, "example.org");
	assert_null(resolve_ascii(label));
}

/* --- asking: what is in /etc/hosts or is a number needs no name server --- */

struct asked {
	GMainLoop	*loop;
	GPtrArray	*addresses;
	char		*words;
	int		 calls;
};

static void
on_addresses(void *ctx, GPtrArray *addresses, const char *words)
{
	struct asked *asked = ctx;

	asked->calls++;
	asked->addresses = addresses;
	asked->words = g_strdup(words);
	g_main_loop_quit(asked->loop);
}

static void
test_addresses(void **state)
{
	struct asked asked = { .loop = g_main_loop_new(NULL, FALSE) };

	(void)state;
	resolve_addresses("127.0.0.1", on_addresses, &asked);
	g_main_loop_run(asked.loop);
	assert_int_equal(asked.addresses->len, 1);
	assert_string_equal(asked.addresses->pdata[0], "127.0.0.1");
	g_ptr_array_unref(asked.addresses);
	g_free(asked.words);
	g_main_loop_unref(asked.loop);
}

static void
on_nothing(void *ctx, GPtrArray *addresses, const char *words)
{
	(void)words;
	(*(int *)ctx)++;
	if (addresses != NULL)
		g_ptr_array_unref(addresses);
}

static void
test_cancel(void **state)
{
	struct asked asked = { .loop = g_main_loop_new(NULL, FALSE) };
	int calls = 0;
	struct resolve *resolve = resolve_addresses("127.0.0.1", on_nothing, &calls);

	(void)state;
	resolve_cancel(&resolve);
	assert_null(resolve);
	resolve_cancel(&resolve);
	resolve_addresses("127.0.0.2", on_addresses, &asked);	/* asked later, answered later */
	g_main_loop_run(asked.loop);
	assert_int_equal(calls, 0);
	g_ptr_array_unref(asked.addresses);
	g_free(asked.words);
	g_main_loop_unref(asked.loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_sort_random),
		cmocka_unit_test(test_sort_limits),
		cmocka_unit_test(test_interleave),
		cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
