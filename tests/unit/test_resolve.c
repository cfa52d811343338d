/* test_resolve.c: the order in which servers are tried. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gio/gio.h>
#include <stdio.h>
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
	assert_interleaved("::1 ::2 ::3 ::4 ::5 ::6 ::7 ::8 ::9 ::a ::b ::c",
	    "::1 ::2 ::3 ::4 ::5 ::6 ::7 ::8 ::9 ::a");
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

/* --- a name server of our own --- */

/* What it answers: rows of "priority weight port host", ';' between; "" for none; NULL: there is no such name. */
static const char *direct_rows, *starttls_rows;
static unsigned questions;

typedef GResolver FakeResolver;
typedef GResolverClass FakeResolverClass;
GType	 fake_resolver_get_type(void);
G_DEFINE_TYPE(FakeResolver, fake_resolver, G_TYPE_RESOLVER)

static void
free_records(void *records)
{
	g_list_free_full(records, (GDestroyNotify)g_variant_unref);
}

static void
fake_lookup_records(GResolver *resolver, const gchar *name, GResolverRecordType type, GCancellable *cancellable,
    GAsyncReadyCallback done, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(resolver, cancellable, done, data);
	const char *rows = g_str_has_prefix(name, "_xmpps-client._tcp.") ? direct_rows : starttls_rows;
	g_auto(GStrv) words = g_strsplit(rows != NULL ? rows : "", ";", -1);
	GList *records = NULL;
	guint i;

	questions++;
	assert_int_equal(type, G_RESOLVER_RECORD_SRV);
	assert_true(g_str_has_suffix(name, "-client._tcp.example.net"));
	if (rows == NULL) {
		g_task_return_new_error(task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "no such name");
		return;
	}
	for (i = 0; words[i] != NULL; i++) {
		unsigned priority, weight, port;
		char host[100] = "";

		assert_true(sscanf(words[i], "%u %u %u %99s", &priority, &weight, &port, host) >= 3);
		records = g_list_append(records, g_variant_ref_sink(g_variant_new("(qqqs)", (guint16)priority,
		    (guint16)weight,
		    (guint16)port, host)));
	}
	g_task_return_pointer(task, records, free_records);
}

static GList *
fake_lookup_records_finish(GResolver *resolver, GAsyncResult *result, GError **error)
{
	(void)resolver;
	return g_task_propagate_pointer(G_TASK(result), error);
}

static void
fake_resolver_class_init(FakeResolverClass *class)
{
	class->lookup_records_async = fake_lookup_records;
	class->lookup_records_finish = fake_lookup_records_finish;
}

static void
fake_resolver_init(FakeResolver *resolver)
{
	(void)resolver;
}

struct found {
	GMainLoop	*loop;
	GString		*text;
	bool		 found;
};

static void
on_targets(void *ctx, GPtrArray *targets, bool found)
{
	struct found *answer = ctx;
	guint i;

	for (i = 0; i < targets->len; i++) {
		const struct resolve_target *target = targets->pdata[i];

		g_string_append_printf(answer->text, "%s%s:%u%s", i > 0 ? " " : "", target->host, target->port,
		    target->direct ? "+" : "");
	}
	answer->found = found;
	g_ptr_array_unref(targets);
	g_main_loop_quit(answer->loop);
}

/* "+" is direct TLS; a leading "?" says that there were no records. */
static void
assert_targets(enum stream_tls tls, const char *direct, const char *starttls, const char *expected)
{
	struct found answer = { .loop = g_main_loop_new(NULL, FALSE), .text = g_string_new(NULL) };

	direct_rows = direct;
	starttls_rows = starttls;
	questions = 0;
	resolve_targets("example.net", tls, on_targets, &answer);
	g_main_loop_run(answer.loop);
	if (!answer.found)
		g_string_prepend_c(answer.text, '?');
	assert_string_equal(answer.text->str, expected);
	assert_int_equal(questions, tls == STREAM_TLS_DIRECT ? 1 : 2);
	g_string_free(answer.text, TRUE);
	g_main_loop_unref(answer.loop);
}

static void
test_targets(void **state)
{
	g_autoptr(GResolver) before = g_resolver_get_default();
	g_autoptr(GResolver) fake = g_object_new(fake_resolver_get_type(), NULL);

	(void)state;
	g_resolver_set_default(fake);
	assert_targets(STREAM_TLS_STARTTLS, "5 0 443 a", "0 0 5222 b;9 0 5269 c.", "b:5222 a:443+ c:5269");
	assert_targets(STREAM_TLS_STARTTLS, NULL, "0 0 5222 b", "b:5222");
	assert_targets(STREAM_TLS_STARTTLS, "0 0 443 a", NULL, "a:443+");
	assert_targets(STREAM_TLS_STARTTLS, NULL, NULL, "?example.net:5222");
	assert_targets(STREAM_TLS_DIRECT, NULL, "0 0 5222 b", "?example.net:5223+");
	assert_targets(STREAM_TLS_DIRECT, "0 0 443 a", NULL, "a:443+");
	/* "." means that there is no such service, with direct TLS alone or at all. */
	assert_targets(STREAM_TLS_STARTTLS, "0 0 0 .", "0 0 5222 b", "b:5222");
	assert_targets(STREAM_TLS_STARTTLS, "0 0 1 .", "0 0 1 .", "");
	assert_targets(STREAM_TLS_STARTTLS, "0 0 1", "0 0 0 x", "");
	g_resolver_set_default(before);
}

static void
on_never(void *ctx, GPtrArray *targets, bool found)
{
	(void)found;
	(*(int *)ctx)++;
	g_ptr_array_unref(targets);
}

static void
test_targets_cancelled(void **state)
{
	g_autoptr(GResolver) before = g_resolver_get_default();
	g_autoptr(GResolver) fake = g_object_new(fake_resolver_get_type(), NULL);
	struct resolve *resolve;
	int calls = 0;

	(void)state;
	g_resolver_set_default(fake);
	direct_rows = starttls_rows = "0 0 1 a";
	resolve = resolve_targets("example.net", STREAM_TLS_STARTTLS, on_never, &calls);
	resolve_cancel(&resolve);
	assert_targets(STREAM_TLS_STARTTLS, "0 0 443 a", NULL, "a:443+");
	assert_int_equal(calls, 0);
	g_resolver_set_default(before);
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
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_targets_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
