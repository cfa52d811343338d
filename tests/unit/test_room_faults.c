/*
 * As test_core_faults.c, in a room: a core is in MODEL_ROOM (modelroom.h), says and hears things there, and its
 * process dies, or the power goes, or the disk refuses, at its n-th write, for every n; links break and sessions are
 * lost meanwhile.  In the end what was said in the room stands here once, in the room's order, and what was typed is
 * in the room once.
 *
 * What fails names the test, FAULT and SEED, which in the environment (the first as TEST=test_name) play it again;
 * STRIDE=1 plays every place, LOG=file says what the core did.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/account.h"
#include "core/archive.h"
#include "core/room.h"
#include "core/turn.h"
#include "faketransport.h"
#include "faultrun.h"
#include "faultvfs.h"
#include "modelroom.h"
#include "remove_tree.h"
#include "scenario.h"

/* 2026-11-20T12:00:00Z */
static const int64_t BEGIN_US = 1795176000000000;
enum { TICK_MS = 1000, TICKS_MAX = 2000, STEPS_MAX = 4000, REFUSE_TICKS = 4 };

enum kind {
	SAYS,		/* anna: a is id and body */
	TYPES,		/* we: a */
	CUT,		/* the link is lost; what follows up to REST happens meanwhile */
	FORGETS,	/* the link and the session, and with it our place in the room */
	REST,		/* everything comes to rest */
};

static const struct step {
	enum kind	 kind;
	const char	*a;
} script[] = {
	{ REST, NULL }, { SAYS, "r1" }, { SAYS, "r2" }, { TYPES, "one" }, { SAYS, "r3" }, { REST, NULL },
	{ CUT, NULL }, { SAYS, "r4" }, { TYPES, "two" }, { SAYS, "r5" }, { REST, NULL },
	{ FORGETS, NULL }, { SAYS, "r6" }, { SAYS, "r7" }, { SAYS, "r8" }, { SAYS, "r9" }, { TYPES, "three" },
	    { TYPES, "four" },
	{ REST, NULL }, { SAYS, "r10" }, { TYPES, "five" }, { REST, NULL },
};
static const char *const typed[] = { "one", "two", "three", "four", "five" };

enum mode { KILLED, POWER_LOST, REFUSED_A_WHILE };

struct life {
	const char	*test;
	unsigned	 fault, seed, ticks, sent;
	bool		 forget;	/* the session does not survive the process */
	enum mode	 mode;
	GRand		*chance;
	struct modelserver *m;
	char		*home;
	struct paths	*paths;
	struct core	*core;
	bool		 fired, dead, ended;
	char		*failed;	/* what the last command said */
	struct caller	 caller;
};

static struct account *
account(struct life *l)
{
	return l->core->accounts->pdata[0];
}

static GPtrArray *
rows(struct life *l)
{
	bool more;
	int64_t chat = chat_find(l->core->store, account(l)->id, MODEL_ROOM, CHAT_ROOM, false, NULL);

	return message_page(l->core->store, chat, PAGE_END, 0, 1000, &more);
}

static bool
is_here(struct life *l, const char *body)
{
	g_autoptr(GPtrArray) page = rows(l);

	for (guint i = 0; i < page->len; i++)
		if (strcmp(((struct message_row *)page->pdata[i])->body, body) == 0)
			return true;
	return false;
}

static void
on_fault(void *ctx)
{
	struct life *l = ctx;

	l->fired = true;
	if (l->mode == REFUSED_A_WHILE)
		return;
	l->dead = true;
	l->sent = fake_mute(MODEL_ME);
}

static void
on_output(struct caller *caller, int64_t request, json_t *lines)
{
	(void)caller;
	(void)request;
	(void)lines;
}

static void
after_commit(void *ctx)
{
	((struct life *)ctx)->ended = true;
}

static void
on_finished(struct caller *caller, int64_t request, json_t *result, const GError *error, json_t *data)
{
	struct life *l = (struct life *)(void *)((char *)caller - offsetof(struct life, caller));

	(void)request;
	(void)result;
	(void)data;
	g_free(l->failed);
	l->failed = error != NULL ? g_strdup(error->message) : NULL;
	/* Who typed it is told once it is on disk. */
	if (error != NULL)
		l->ended = true;
	else
		turn_after(l->core->turn, after_commit, l, NULL);
}

static bool
boot(struct life *l)
{
	g_autoptr(GError) error = NULL;

	l->core = core_new(l->paths, &transport_fake, faultvfs_register(), &error);
	if (l->core == NULL && !l->fired)
		model_fail(l->m, "it does not begin: %s", error->message);
	return l->core != NULL;
}

static void
end(struct life *l)
{
	if (l->core == NULL)
		return;
	command_cancel(l->core, &l->caller, 0);
	g_clear_pointer(&l->core, core_free);
}

/* After its death: a new process on what is on disk, to which some of what was sent at last got through. */
static void
revive(struct life *l)
{
	g_autoptr(GError) error = NULL;

	model_died(l->m, l->sent > 0 ? (unsigned)g_rand_int_range(l->chance, 0, (gint)l->sent + 1) : 0);
	end(l);
	fake_reset();
	if (l->mode == POWER_LOST)
		faultvfs_lose_power(l->seed + l->fault);
	faultvfs_reset();
	l->dead = false;
	if (l->forget)
		model_forget_session(l->m, g_rand_boolean(l->chance));
	boot(l);
	if (!store_check(l->core->store, &error))
		model_fail(l->m, "%s", error->message);
	clock_fake_advance(1500);
	core_start(l->core);
}

/* --- the main loop --- */

static bool
is_quiet(struct life *l)
{
	static const enum message_state open_states[] = { MESSAGE_QUEUED, MESSAGE_SENT, MESSAGE_UNKNOWN };
	struct account *me = account(l);
	json_t *ledger;
	bool quiet;

	if (turn_is_stuck(l->core->turn) || !account_online(me) || !model_at_rest(l->m) || !room_is_in(me, MODEL_ROOM))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(open_states); i++) {
		g_autoptr(GPtrArray) open = message_in_state(l->core->store, me->id, open_states[i]);

		if (open->len > 0)
			return false;
	}
	ledger = archive_ledger(me);
	quiet = strcmp(json_string_value(json_object_get(ledger, "state")), "complete") == 0;
	json_decref(ledger);
	return quiet;
}

static void G_GNUC_NORETURN
no_rest(struct life *l)
{
	struct room *room = room_find(account(l), MODEL_ROOM);
	g_autoptr(GPtrArray) page = rows(l);
	g_autoptr(GString) all = g_string_new(NULL);

	for (guint i = 0; i < page->len; i++)
		g_string_append_printf(all, "\n%s %s",
		    message_state_name(((struct message_row *)page->pdata[i])->state),
		    ((struct message_row *)page->pdata[i])->body);
	model_fail(l->m, "it does not come to rest: %s, the disk %s, the server %s, the room: %s%s",
	    account_state_name(account(l)->state),
	    turn_is_stuck(l->core->turn) ? "refuses" : "takes", model_at_rest(l->m) ? "is at rest" : "is not",
	    room != NULL ?
	    room_state_name(room->state) : "unknown", all->str);
}

static void
tick(struct life *l)
{
	clock_fake_advance(TICK_MS);
	if (l->mode == REFUSED_A_WHILE && faultvfs_fired() && ++l->ticks == REFUSE_TICKS)
		faultvfs_reset();
	scenario_pump();
}

/* Until nothing happens any more; rest: and all is done.  False: it died. */
static bool
settle(struct life *l, bool rest)
{
	unsigned ticks = 0, steps = 0;

	for (;;) {
		scenario_pump();
		if (l->dead)
			return false;
		if (model_step(l->m, (unsigned)g_rand_int_range(l->chance, 1, 5))) {
			if (++steps > STEPS_MAX)
				model_fail(l->m, "they do not come to an end");
			continue;
		}
		if (l->dead)
			return false;
		if (!rest || is_quiet(l))
			return true;
		if (++ticks > TICKS_MAX)
			no_rest(l);
		tick(l);
	}
}

/* A line, until it is taken.  False: it died. */
static bool
run_line(struct life *l, const char *line, const char *chat)
{
	static int64_t requests;

	for (unsigned i = 0; i < TICKS_MAX; i++) {
		l->ended = false;
		command_run(l->core, &l->caller, ++requests, line, NULL, chat);
		for (unsigned n = 0; !l->ended && !l->dead && n < STEPS_MAX; n++) {
			scenario_pump();
			if (!l->dead && !l->ended && !model_step(l->m, 2))
				tick(l);
		}
		if (l->dead)
			return false;
		if (!l->ended)
			model_fail(l->m, "%s has not ended", line);
		if (l->failed == NULL)
			return true;
		/* The room is entered again by itself, and the disk takes again. */
		if (!settle(l, false))
			return false;
		tick(l);
	}
	model_fail(l->m, "%s: %s", line, l->failed);
}

static bool
play(struct life *l, const struct step *step, bool again)
{
	switch (step->kind) {
	case SAYS:
		if (!again)
			modelroom_says(model_room(l->m), step->a, step->a);
		return settle(l, false);
	case TYPES:
		/* What was on disk before the process died is not typed again. */
		return (again && is_here(l, step->a)) || (run_line(l, step->a, MODEL_ROOM) && settle(l, false));
	case CUT:
	case FORGETS:
		if (!again)
			model_cut(l->m);
		if (!again && step->kind == FORGETS)
			model_forget_session(l->m, g_rand_boolean(l->chance));
		scenario_pump();
		return !l->dead;
	case REST:
		return settle(l, true);
	}
	return true;
}

/* --- the end --- */

static void
check_end(struct life *l)
{
	const GPtrArray *said = modelroom_said(model_room(l->m));
	g_autoptr(GPtrArray) page = rows(l);
	g_autoptr(GString) all = g_string_new("\nhere:");
	int64_t last_ord = 0;

	for (guint i = 0; i < page->len; i++)
		g_string_append_printf(all, " %s", ((struct message_row *)page->pdata[i])->body);
	g_string_append(all, "\nroom:");
	for (guint i = 0; i < said->len; i++)
		g_string_append_printf(all, " %s", (char *)said->pdata[i]);
	if (page->len != said->len)
		model_fail(l->m, "%u are here of %u:%s", page->len, said->len, all->str);
	for (guint i = 0; i < page->len; i++) {
		const struct message_row *row = page->pdata[i];
		bool ours = row->flags & MESSAGE_OUT;

		if (strcmp(row->body, said->pdata[i]) != 0)
			model_fail(l->m, "%s stands where %s should:%s", row->body, (char *)said->pdata[i], all->str);
		if (ours != (row->body[0] != 'r') || (ours && row->state != MESSAGE_STORED) || row->ord <= last_ord)
			model_fail(l->m, "%s is %s:%s", row->body, message_state_name(row->state), all->str);
		last_ord = row->ord;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(typed); i++) {
		unsigned n = 0;

		for (guint k = 0; k < said->len; k++)
			n += strcmp(said->pdata[k], typed[i]) == 0;
		if (n != 1)
			model_fail(l->m, "%s is in the room %u times:%s", typed[i], n, all->str);
	}
}

static void
begin_life(struct life *l)
{
	g_autofree char *context = g_strdup_printf("%s, FAULT=%u SEED=%u", l->test, l->fault, l->seed);

	clock_fake_start(BEGIN_US);
	l->chance = g_rand_new_with_seed(l->seed + l->fault);
	l->m = model_new(l->seed + l->fault);
	l->caller = (struct caller){ .session = 1, .output = on_output, .finished = on_finished };
	model_context(l->m, context);
	l->home = g_dir_make_tmp("confab-room-XXXXXX", NULL);
	g_assert_nonnull(l->home);
	l->paths = paths_new(l->home, NULL, NULL);
	g_assert_true(paths_create(l->paths, NULL) && g_file_set_contents(l->paths->accounts,
	    "[me]\njid = " MODEL_ME "\npassword = secret\nresource = here\n", -1, NULL));
}

static void
end_life(struct life *l)
{
	end(l);
	fake_reset();
	model_free(l->m);
	g_rand_free(l->chance);
	g_free(l->failed);
	paths_free(l->paths);
	remove_tree(l->home);
	g_free(l->home);
	clock_fake_stop();
}

/* From the first entering to the end.  False: the fault did not come any more. */
static bool
live(const void *what, unsigned fault, unsigned seed)
{
	static const enum fault kinds[] = { FAULT_FULL, FAULT_SHORT, FAULT_IO };
	struct life life = *(const struct life *)what, *l = &life;

	l->fault = fault;
	l->seed = seed;
	begin_life(l);
	faultvfs_on_fault(on_fault, l);
	faultvfs_reset();
	boot(l);
	core_start(l->core);
	g_assert_true(settle(l, false));
	faultvfs_fail_at(l->fault, l->mode != REFUSED_A_WHILE ? FAULT_DEATH : kinds[l->fault % G_N_ELEMENTS(kinds)],
	    true);
	while (!run_line(l, "/join " MODEL_ROOM, NULL))
		revive(l);
	for (size_t i = 0; i < G_N_ELEMENTS(script); i++) {
		bool again = false;

		while (!play(l, &script[i], again)) {
			revive(l);
			again = true;
		}
	}
	check_end(l);
	faultvfs_on_fault(NULL, NULL);
	faultvfs_reset();
	end_life(l);
	return l->fired;
}

#define FAULT_TEST(name, stride, ...) \
	static void \
	test_##name(void **state) \
	{ \
		const struct life life = { .test = #name, __VA_ARGS__ }; \
		(void)state; \
		faultrun(#name, stride, live, &life); \
	}
FAULT_TEST(killed, 7, .mode = KILLED)
FAULT_TEST(killed_and_session_lost, 13, .mode = KILLED, .forget = true)
FAULT_TEST(power_lost, 17, .mode = POWER_LOST)
FAULT_TEST(refused_a_while, 17, .mode = REFUSED_A_WHILE)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_killed_and_session_lost),
		cmocka_unit_test(test_power_lost),
		cmocka_unit_test(test_refused_a_while),
	};

	faultrun_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
