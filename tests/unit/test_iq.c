/* test_iq.c: who may answer, how often, and how long one waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "xmpp/iq.h"

struct seen {
	struct iq_table	*table;
	int		 calls;
	enum iq_end	 end;
	bool		 had_answer, ask_again;
};

static void
on_done(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct seen *seen = ctx;

	seen->calls++;
	seen->end = end;
	seen->had_answer = answer != NULL;
	if (seen->ask_again) {
		struct stanza *iq = stanza_iq("get", NULL);

		iq_expect(seen->table, iq, 0, on_done, seen);
		stanza_free(iq);
	}
}

static int
setup(void **state)
{
	struct iq_table *table = iq_table_new();

	clock_fake_start(1000000);
	iq_table_set_jid(table, "mira@example.org/desk");
	*state = table;
	return 0;
}

static int
teardown(void **state)
{
	iq_table_free(*state);
	clock_fake_stop();
	return 0;
}

/* Asks to, gets type from from: whether it counts. */
static bool
counts(struct iq_table *table, const char *to, const char *from, const char *type)
{
	struct stanza *iq = stanza_iq("get", to), *answer = stanza_iq(type, NULL);
	struct seen seen = { .table = table };
	uint64_t number = iq_expect(table, iq, 0, on_done, &seen);
	bool taken;

	stanza_set(answer, "id", stanza_get(iq, "id"));
	stanza_set(answer, "from", from);
	taken = iq_answer(table, answer);
	assert_int_equal(seen.calls, taken ? 1 : 0);
	if (taken)
		assert_true(seen.had_answer && !iq_answer(table, answer));	/* only once */
	iq_forget(table, number);
	stanza_free(iq);
	stanza_free(answer);
	return taken;
}

static void
test_senders(void **state)
{
	struct iq_table *t = *state;

	assert_true(counts(t, NULL, NULL, "result"));
	assert_true(counts(t, NULL, "mira@example.org", "error"));
	assert_true(counts(t, NULL, "example.org", "result"));
	assert_true(counts(t, NULL, "mira@example.org/desk", "result"));
	assert_true(counts(t, "mira@example.org", NULL, "result"));
	assert_true(counts(t, "example.org", "mira@example.org", "result"));
	assert_true(counts(t, "Bob@Example.ORG/x", "bob@example.org/x", "result"));
	assert_true(counts(t, "bob@example.org/x", "BOB@example.org/x", "result"));
	assert_false(counts(t, NULL, "eve@example.org", "result"));
	assert_false(counts(t, NULL, "mira@example.org/phone", "result"));
	assert_false(counts(t, "bob@example.org/x", NULL, "result"));
	assert_false(counts(t, "bob@example.org/x", "bob@example.org", "result"));
	assert_false(counts(t, "bob@example.org/x", "bob@example.org/X", "result"));
	assert_false(counts(t, "bob@example.org", "example.org", "result"));
	assert_false(counts(t, NULL, "@@", "result"));
	assert_false(counts(t, NULL, NULL, "get"));
	assert_false(counts(t, NULL, NULL, "set"));
	assert_false(counts(t, NULL, NULL, NULL));
}

static void
test_unknown(void **state)
{
	struct stanza *answer = stanza_iq("result", NULL);

	assert_false(iq_answer(*state, answer));
	stanza_set(answer, "id", "x");
	assert_false(iq_answer(*state, answer));
	stanza_free(answer);
}

static void
test_timeout(void **state)
{
	struct seen a = { .table = *state }, b = { .table = *state };
	struct stanza *iq = stanza_iq("get", NULL), *answer = stanza_iq("result", NULL);

	iq_expect(*state, iq, 0, on_done, &a);
	stanza_set(answer, "id", stanza_get(iq, "id"));
	iq_expect(*state, iq, 5000, on_done, &b);
	clock_fake_advance(5000);
	assert_int_equal(b.calls, 1);
	assert_int_equal(b.end, IQ_TIMEOUT);
	assert_false(b.had_answer);
	clock_fake_advance(24999);
	assert_int_equal(a.calls, 0);
	clock_fake_advance(1);
	assert_int_equal(a.calls, 1);
	assert_false(iq_answer(*state, answer));	/* too late */
	stanza_free(iq);
	stanza_free(answer);
}

static void
test_lost(void **state)
{
	struct seen seen = { .table = *state, .ask_again = true };
	struct stanza *iq = stanza_iq("get", NULL);

	iq_expect(*state, iq, 0, on_done, &seen);
	iq_lose_all(*state);
	assert_int_equal(seen.calls, 1);	/* what is asked meanwhile belongs to the next stream */
	assert_int_equal(seen.end, IQ_LOST);
	seen.ask_again = false;
	iq_lose_all(*state);
	assert_int_equal(seen.calls, 2);
	stanza_free(iq);
}

static void
test_forget(void **state)
{
	struct seen seen = { .table = *state };
	struct stanza *iq = stanza_iq("get", NULL);

	iq_forget(*state, iq_expect(*state, iq, 0, on_done, &seen));
	iq_forget(*state, 4711);
	iq_expect(*state, iq, 0, NULL, NULL);
	clock_fake_advance(60000);
	assert_int_equal(seen.calls, 0);
	stanza_free(iq);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_senders, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unknown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_timeout, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forget, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
