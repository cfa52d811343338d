/*
 * One scripted session of a whole core with a server (modelserver.h) on a disk that fails at its n-th write, truncation
 * or sync, for every n: the process is killed there, the power goes, or the disk refuses for a while.  Afterwards the
 * rest of the script is played, and on both sides everything is there once, in order; what was acknowledged, told to a
 * face or told to who typed it was on disk when the process died.
 *
 * What fails names the test, FAULT and SEED: given in the environment (the first as TEST=test_name) they play it again.
 * STRIDE=1 plays all of every test, SEED=n another run of chances, LOG=file says what the core did.
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
#include "core/bus.h"
#include "core/chat.h"
#include "core/command.h"
#include "core/turn.h"
#include "faketransport.h"
#include "faultrun.h"
#include "faultvfs.h"
#include "modelserver.h"
#include "remove_tree.h"
#include "scenario.h"
#include "store/contacts.h"
#include "store/db.h"
#include "store/requests.h"
#include "store/versions.h"

/* 2026-11-20T12:00:00Z */
static const int64_t BEGIN_US = 1795176000000000;
enum { TICK_MS = 1000, TICKS_MAX = 1000, REFUSE_TICKS = 4, STEPS_MAX = 2000 };

enum kind {
	SAYS,		/* bob: a id, b body, c more XML */
	TYPES,		/* we: a the line */
	CORRECTS,	/* our last message becomes a */
	LOOKS,		/* somebody looks at the chat */
	TELLS,		/* the server: a a stanza */
	LISTS,		/* the server: a gets into the contact list */
	REQUESTS,	/* a wants to be a contact */
	ASKS,		/* the server asks what was received */
	CUT,		/* the link is lost; what follows up to REST happens meanwhile */
	FORGETS,	/* the link and the session are lost, and so on */
	REST,		/* everything comes to rest */
	RESTART,	/* the core is ended and started */
};

#define CAROL "carol@example.org"
#define BIG "big{8000}"	/* 8,000 letters: more than a page of the database holds */

static const struct step {
	enum kind	 kind;
	const char	*a, *b, *c;
} script[] = {
	{ REST, NULL, NULL, NULL },
	{ SAYS, "m1", "m1", "" },
	{ SAYS, "m2", "m2", "" },
	{ SAYS, "m3", BIG, "" },
	{ TYPES, "one", NULL, NULL },
	{ TYPES, "two", NULL, NULL },
	{ REST, NULL, NULL, NULL },
	{ LISTS, "<item jid='" CAROL "' name='Carol' subscription='to'/>", NULL, NULL },
	{ REQUESTS, "dave@example.org", NULL, NULL },
	{ TELLS, "<presence from='bob@example.org/desk'><show>dnd</show></presence>", NULL, NULL },
	{ SAYS, "m2b", "m2 again", "<replace xmlns='urn:xmpp:message-correct:0' id='m2'/>" },
	{ CORRECTS, "two again", NULL, NULL },
	{ LOOKS, NULL, NULL, NULL },
	{ ASKS, NULL, NULL, NULL },
	{ REST, NULL, NULL, NULL },
	{ CUT, NULL, NULL, NULL },
	{ TYPES, "three", NULL, NULL },
	{ SAYS, "m4", "m4", "" },
	{ SAYS, "m5", "m5", "" },
	{ REST, NULL, NULL, NULL },
	{ FORGETS, NULL, NULL, NULL },
	{ SAYS, "m6", "m6", "" },
	{ SAYS, "m7", BIG, "" },
	{ SAYS, "m8", "m8", "" },
	{ SAYS, "m9", "m9", "" },
	{ SAYS, "m10", "m10", "" },
	{ TYPES, "four", NULL, NULL },
	{ REST, NULL, NULL, NULL },
	{ RESTART, NULL, NULL, NULL },
	{ SAYS, "m11", "m11", "" },
	{ TYPES, "five", NULL, NULL },
	{ ASKS, NULL, NULL, NULL },
	{ REST, NULL, NULL, NULL },
};

/* What is there in the end. */
static const char *const came[] = { "m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9", "m10", "m11" };
static const char *const typed[] = { "one", "two", "three", "four", "five" };

enum mode {
	KILLED,
	POWER_LOST,
	REFUSED_ONCE,
	REFUSED_A_WHILE,
};

struct told {
	int64_t	 id, rev;
};

struct life {
	const char	*test;
	unsigned	 fault, seed;
	bool		 small;		/* next to no cache: changes are written before they are committed */
	unsigned	 deaths;	/* more of them after the first, soon */
	bool		 forget;	/* the session does not survive the process */
	enum mode	 mode;
	GRand		*chance;
	struct modelserver *m;
	char		*home;
	struct paths	*paths;
	struct core	*core;
	struct bus_subscriber *subscriber;
	bool		 fired;		/* the fault came */
	bool		 dead;
	unsigned	 sent;		/* and not taken by the server when it died */
	bool		 stopped;
	unsigned	 ticks;		/* seconds since the disk began to refuse */
	GArray		*told;		/* of struct told: what faces were told of messages */
	struct caller	 caller;
	bool		 ended, acknowledged;	/* the last command; who typed it was told that it went well */
	char		*failed;	/* what it said else */
	GPtrArray	*known;		/* lines that who typed them was told of */
	bool		 asked;		/* the server's last question was answered */
};

static char *template;		/* a home in which the database was made */

/* --- small things --- */

static char *
expand(const char *text)
{
	return strcmp(text, BIG) == 0 ? g_strnfill(8000, 'b') : g_strdup(text);
}

static struct account *
account(struct life *l)
{
	return l->core->accounts->pdata[0];
}

static int64_t
chat_id(struct life *l)
{
	return chat_find(l->core->store, account(l)->id, MODEL_BOB, CHAT_PERSON, false, NULL);
}

static struct message_row *
row_of(struct life *l, const char *id)
{
	bool several;
	struct message_row *row = message_by_stanza_id(l->core->store, chat_id(l), id, &several);

	if (several)
		model_fail(l->m, "%s is there more than once", id);
	return row;
}

static unsigned
rows_with(struct life *l, const char *body, bool out)
{
	bool more;
	g_autoptr(GPtrArray) page = message_page(l->core->store, chat_id(l), PAGE_END, 0, 1000, &more);
	unsigned n = 0;

	for (guint i = 0; i < page->len; i++) {
		const struct message_row *row = page->pdata[i];

		n += g_strcmp0(row->body, body) == 0 && (row->flags & MESSAGE_OUT) == (out ? MESSAGE_OUT : 0);
	}
	return n;
}

/* --- the core --- */

static void
on_fault(void *ctx)
{
	struct life *l = ctx;

	l->fired = true;
	if (l->mode != KILLED && l->mode != POWER_LOST)
		return;
	l->dead = true;
	l->sent = fake_mute(MODEL_ME);
}

static void
on_event(void *ctx, const struct event *event)
{
	struct life *l = ctx;
	struct told told = { event->message.id, event->rev };

	if (event->type == EVENT_message && !event->gone)
		g_array_append_val(l->told, told);
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
	((struct life *)ctx)->acknowledged = true;
}

static void
on_finished(struct caller *caller, int64_t request, json_t *result, const GError *error, json_t *data)
{
	struct life *l = (struct life *)(void *)((char *)caller - offsetof(struct life, caller));

	(void)request;
	(void)result;
	(void)data;
	l->ended = true;
	if (error != NULL)
		l->failed = g_strdup(error->message);
	else
		turn_after(l->core->turn, after_commit, l, NULL);
}

/* False: the fault hit it while it began. */
static bool
boot(struct life *l)
{
	g_autoptr(GError) error = NULL;

	l->core = core_new(l->paths, &transport_fake, faultvfs_register(), &error);
	if (l->core == NULL) {
		if (!l->fired)
			model_fail(l->m, "it does not begin: %s", error->message);
		return false;
	}
	if (l->small)
		sqlite3_exec(l->core->store->db, "PRAGMA cache_size=4", NULL, NULL, NULL);
	l->subscriber = bus_subscribe(l->core->bus, on_event, l);
	return true;
}

static void
end(struct life *l)
{
	if (l->core == NULL)
		return;
	bus_unsubscribe(l->core->bus, l->subscriber);
	command_cancel(l->core, &l->caller, 0);
	g_clear_pointer(&l->core, core_free);
}

struct search {
	const char	*jid;
	bool		 found;
};

static void
compare_contact(void *ctx, const struct contact_row *row)
{
	struct search *search = ctx;

	search->found |= strcmp(row->jid, search->jid) == 0;
}

static bool
has_contact(struct life *l, const char *jid)
{
	struct search search = { jid, false };

	contact_rows_each(l->core->store, account(l)->id, compare_contact, &search);
	return search.found;
}

/* What was acknowledged, and what anybody was told, is on disk. */
static void
check_promises(struct life *l)
{
	const GPtrArray *acknowledged = model_acknowledged(l->m);

	for (guint i = 0; i < acknowledged->len; i++) {
		struct stanza *stanza = stanza_parse(acknowledged->pdata[i], -1, NULL);
		const char *id = stanza_get(stanza, "id"), *type = stanza_get(stanza, "type");
		struct message_row *row = NULL;

		if (stanza_child(stanza, "body", NULL) != NULL && stanza_child(stanza, "replace", NULL) == NULL &&
		    (row = row_of(l, id)) == NULL)
			model_fail(l->m, "%s was acknowledged and is not there", id);
		message_row_free(row);
		if (stanza_child(stanza, "replace", NULL) != NULL && rows_with(l, "m2 again", false) != 1)
			model_fail(l->m, "the correction was acknowledged and is not there");
		if (g_strcmp0(type, "subscribe") == 0) {
			g_autoptr(GPtrArray) requests = request_list(l->core->store);

			if (requests->len != 1)
				model_fail(l->m, "a request was acknowledged, and %u are there", requests->len);
		}
		if (g_strcmp0(type, "set") == 0 && !has_contact(l, CAROL))
			model_fail(l->m, "a contact was acknowledged and is not there");
		stanza_free(stanza);
	}
	for (guint i = 0; i < l->told->len; i++) {
		const struct told *told = &g_array_index(l->told, struct told, i);
		struct message_row *row = message_load(l->core->store, told->id);

		if (row == NULL || row->rev < told->rev)
			model_fail(l->m, "a face was told of message %" G_GINT64_FORMAT " as it is not", told->id);
		message_row_free(row);
	}
	for (guint i = 0; i < l->known->len; i++)
		if (rows_with(l, l->known->pdata[i], true) == 0 && (strcmp(l->known->pdata[i], "two") != 0 ||
		    rows_with(l, "two again", true) == 0))
			model_fail(l->m, "\"%s\" was promised and is not there", (char *)l->known->pdata[i]);
}

/* After its death: a new process on what is on disk. */
static void
revive(struct life *l)
{
	g_autoptr(GError) error = NULL;
	/* What was sent at last got there, or some of it. */
	unsigned reached = l->sent > 0 ? (unsigned)g_rand_int_range(l->chance, 0, (gint)l->sent + 1) : 0;

	model_died(l->m, reached);
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
	check_promises(l);
	clock_fake_advance(1500);
	if (l->deaths > 0) {
		l->deaths--;
		faultvfs_fail_at((unsigned)g_rand_int_range(l->chance, 1, 150), FAULT_DEATH, true);
	}
	core_start(l->core);
}

/* --- the main loop --- */

static bool
is_quiet(struct life *l)
{
	struct account *me = account(l);
	static const enum message_state open_states[] = { MESSAGE_QUEUED, MESSAGE_SENT, MESSAGE_UNKNOWN };
	g_autoptr(GPtrArray) edits = edit_list(l->core->store, me->id);
	json_t *ledger;
	bool quiet;

	if (turn_is_stuck(l->core->turn) || !account_online(me) || !model_at_rest(l->m) || edits->len > 0 ||
	    edits_on_way(l->core->store, me->id))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(open_states); i++) {
		g_autoptr(GPtrArray) rows = message_in_state(l->core->store, me->id, open_states[i]);

		if (rows->len > 0)
			return false;
	}
	ledger = archive_ledger(me);
	quiet = strcmp(json_string_value(json_object_get(ledger, "state")), "complete") == 0;
	json_decref(ledger);
	return quiet;
}

static void
no_rest(struct life *l)
{
	json_t *ledger = archive_ledger(account(l));
	g_autoptr(GPtrArray) edits = edit_list(l->core->store, account(l)->id);
	struct message_row *last = message_nth_last(l->core->store, chat_id(l), 1);

	model_fail(l->m,
	    "it does not come to rest: %s, the disk %s, the server %s, the archive %s, %u corrections, \"%s\" is %s",
	    account_state_name(account(l)->state), turn_is_stuck(l->core->turn) ? "refuses" : "takes",
	    model_at_rest(l->m) ? "is at rest" : "is not", json_string_value(json_object_get(ledger, "state")),
	    edits->len, last != NULL ? last->body : "", last != NULL ? message_state_name(last->state) : "nothing");
}

static void
tick(struct life *l)
{
	clock_fake_advance(TICK_MS);
	/* The disk takes again. */
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

/* A line, again while the disk refuses it.  False: it died. */
static bool
run_line(struct life *l, const char *line)
{
	static int64_t requests;

	for (unsigned i = 0; i < TICKS_MAX; i++) {
		l->ended = l->acknowledged = false;
		g_clear_pointer(&l->failed, g_free);
		command_run(l->core, &l->caller, ++requests, line, NULL, MODEL_BOB);
		scenario_pump();
		if (l->dead)
			return false;
		if (!l->ended)
			model_fail(l->m, "%s has not ended", line);
		if (l->failed == NULL)
			return true;
		if (!l->fired)
			model_fail(l->m, "%s: %s", line, l->failed);
		tick(l);
	}
	model_fail(l->m, "%s: %s", line, l->failed);
}

/* --- steps --- */

static bool
types(struct life *l, const char *line, const char *body)
{
	if (rows_with(l, body, true) > 0)
		return true;		/* it was here before the process died */
	if (!run_line(l, line)) {
		if (l->acknowledged)
			g_ptr_array_add(l->known, g_strdup(body));
		return false;
	}
	/* While the disk refuses its answer waits with it. */
	for (unsigned i = 0; !l->acknowledged && i < TICKS_MAX && !l->dead; i++)
		tick(l);
	if (l->acknowledged)
		g_ptr_array_add(l->known, g_strdup(body));
	return !l->dead;
}

static bool
looks(struct life *l)
{
	struct message_row *last = message_nth_last(l->core->store, chat_id(l), 1);
	bool ok = false;

	for (unsigned i = 0; last != NULL && !ok && i < TICKS_MAX && !l->dead; i++) {
		g_autoptr(GError) error = NULL;

		ok = chat_seen(account(l), MODEL_BOB, last->id, true, &error);
		scenario_pump();
		if (!ok && !l->fired)
			model_fail(l->m, "%s", error->message);
		if (!ok)
			tick(l);
	}
	message_row_free(last);
	return !l->dead;
}

static void
on_stopped(void *ctx)
{
	((struct life *)ctx)->stopped = true;
}

static bool
restart(struct life *l)
{
	unsigned ticks = 0;

	/* On a disk that refuses, ending would lose what waits for it: that is for the person to decide. */
	if (!settle(l, true))
		return false;
	l->stopped = false;
	core_stop(l->core, on_stopped, l);
	while (!l->stopped && !l->dead && ticks++ < TICKS_MAX) {
		scenario_pump();
		if (!l->dead)
			model_step(l->m, 1);
		clock_fake_advance(20);
	}
	if (l->dead)
		return false;
	end(l);
	if (l->dead)
		return false;
	fake_reset();
	if (!boot(l) && l->mode != REFUSED_ONCE && l->mode != REFUSED_A_WHILE)
		return false;
	if (l->core == NULL) {
		faultvfs_reset();
		boot(l);
	}
	core_start(l->core);
	return true;
}

/* What a person does is done again after a death that came before it was on disk; what others do happens once. */
static bool
play(struct life *l, const struct step *step, bool again)
{
	g_autofree char *body = step->b != NULL ? expand(step->b) : NULL, *line = NULL;
	static bool answered;

	switch (step->kind) {
	case SAYS:
		if (!again)
			model_says(l->m, step->a, body, step->c);
		return settle(l, false);
	case TYPES:
		return types(l, step->a, step->a) && settle(l, false);
	case CORRECTS:
		line = g_strdup_printf("/correct %s", step->a);
		return types(l, line, step->a) && settle(l, false);
	case LOOKS:
		return looks(l) && settle(l, false);
	case TELLS:
		if (!again)
			model_tells(l->m, step->a);
		return settle(l, false);
	case LISTS:
		if (!again)
			model_lists(l->m, step->a);
		return settle(l, false);
	case REQUESTS:
		if (!again)
			model_requests(l->m, step->a);
		return settle(l, false);
	case ASKS:
		model_asks(l->m, &answered);
		return settle(l, true);
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
	case RESTART:
		return again || restart(l);
	}
	return true;
}

/* --- the end --- */

static void
check_end(struct life *l)
{
	bool more;
	g_autoptr(GPtrArray) page = message_page(l->core->store, chat_id(l), PAGE_END, 0, 1000, &more);
	g_autoptr(GPtrArray) requests = request_list(l->core->store);
	g_autoptr(GString) all = g_string_new(NULL);
	unsigned in = 0, out = 0;
	int place = -1;

	for (guint i = 0; i < page->len; i++) {
		const struct message_row *row = page->pdata[i];

		g_string_append_printf(all, "\n%s %s %.20s", message_state_name(row->state), row->origin_id, row->body);
	}
	for (guint i = 0; i < page->len; i++) {
		const struct message_row *row = page->pdata[i];
		bool ours = row->flags & MESSAGE_OUT;
		const char *wanted = ours ? (out < G_N_ELEMENTS(typed) ? typed[out++] : "nothing") :
		    in < G_N_ELEMENTS(came) ? came[in++] : "nothing";
		g_autofree char *body = ours && strcmp(wanted, "two") == 0 ? g_strdup("two again") : g_strdup(wanted);

		if (ours ? strcmp(row->body, body) != 0 : g_strcmp0(row->origin_id, wanted) != 0)
			model_fail(l->m, "%s %.20s stands where %s should:%s", row->origin_id, row->body, wanted,
			    all->str);
		if (ours && row->state != MESSAGE_DELIVERED && row->state != MESSAGE_STORED)
			model_fail(l->m, "%s is %s", row->body, message_state_name(row->state));
	}
	if (in != G_N_ELEMENTS(came) || out != G_N_ELEMENTS(typed))
		model_fail(l->m, "%u came and %u went:%s", in, out, all->str);
	if (rows_with(l, "m2 again", false) != 1)
		model_fail(l->m, "the correction of bob is not there:%s", all->str);
	for (size_t i = 0; i < G_N_ELEMENTS(typed); i++) {
		int here = model_place(l->m, typed[i]);

		if (strcmp(typed[i], "two") == 0 && model_got(l->m, "two") == 0)
			here = model_place(l->m, "two again");	/* corrected before it left */
		else if (model_got(l->m, typed[i]) != 1)
			model_fail(l->m, "bob got %s %u times", typed[i], model_got(l->m, typed[i]));
		if (here <= place)
			model_fail(l->m, "bob got %s out of order", typed[i]);
		place = here;
	}
	if (model_got(l->m, "two again") == 0)
		model_fail(l->m, "bob did not get the correction");
	if (requests->len != 1)
		model_fail(l->m, "%u ask to be contacts", requests->len);
	if (!has_contact(l, CAROL) || !has_contact(l, MODEL_BOB))
		model_fail(l->m, "a contact is not there");
	struct chat_row *chat = chat_load(l->core->store, chat_id(l));
	struct message_row *m3 = row_of(l, "m3");
	if (chat->read < m3->ord || chat->unread < 1 || chat->unread > 8)
		model_fail(l->m, "%d are unread", chat->unread);
	chat_row_free(chat);
	message_row_free(m3);
}

static void
check_disk(struct life *l)
{
	g_autoptr(GError) error = NULL;

	end(l);
	fake_reset();
	boot(l);
	if (!store_check(l->core->store, &error))
		model_fail(l->m, "%s", error->message);
	check_end(l);
	check_promises(l);
}

/* --- runs --- */

static void
copy_file(const char *from, const char *to)
{
	g_autofree char *bytes = NULL;
	gsize len;

	if (from != NULL && g_file_get_contents(from, &bytes, &len, NULL))
		g_assert_true(g_file_set_contents(to, bytes, (gssize)len, NULL));
}

static struct paths *
new_home(char **home)
{
	struct paths *paths;

	*home = g_dir_make_tmp("confab-faults-XXXXXX", NULL);
	g_assert_nonnull(*home);
	paths = paths_new(*home, NULL, NULL);
	g_assert_true(paths_create(paths, NULL) && g_file_set_contents(paths->accounts,
	    "[me]\njid = " MODEL_ME "\npassword = secret\nresource = here\n", -1, NULL));
	return paths;
}

static void
begin_life(struct life *l)
{
	g_autofree char *context = g_strdup_printf("%s, FAULT=%u SEED=%u", l->test, l->fault, l->seed);
	g_autofree char *from = g_build_filename(template, "data", "confab.db", NULL);

	clock_fake_start(BEGIN_US);
	l->chance = g_rand_new_with_seed(l->seed + l->fault);
	l->m = model_new(l->seed + l->fault);
	l->told = g_array_new(FALSE, FALSE, sizeof(struct told));
	l->known = g_ptr_array_new_with_free_func(g_free);
	l->caller = (struct caller){ .session = 1, .output = on_output, .finished = on_finished };
	model_context(l->m, context);
	l->paths = new_home(&l->home);
	copy_file(from, l->paths->database);
}

static void
end_life(struct life *l)
{
	end(l);
	fake_reset();
	model_free(l->m);
	g_rand_free(l->chance);
	g_array_unref(l->told);
	g_ptr_array_unref(l->known);
	g_free(l->failed);
	paths_free(l->paths);
	remove_tree(l->home);
	g_free(l->home);
	clock_fake_stop();
}

/* From the first log-in to the end.  False: the fault did not come any more. */
static bool
live(const void *what, unsigned fault, unsigned seed)
{
	static const enum fault kinds[] = { FAULT_FULL, FAULT_SHORT, FAULT_IO };
	struct life life = *(const struct life *)what, *l = &life;
	bool kill = l->mode == KILLED || l->mode == POWER_LOST;

	l->fault = fault;
	l->seed = seed;
	begin_life(l);
	model_says(l->m, "m0", "m0", "");
	clock_fake_advance(60000);
	faultvfs_on_fault(on_fault, l);
	faultvfs_reset();
	faultvfs_fail_at(l->fault, kill ? FAULT_DEATH : kinds[l->fault % G_N_ELEMENTS(kinds)], l->mode != REFUSED_ONCE);
	if (boot(l)) {
		core_start(l->core);
	} else if (kill) {
		revive(l);
	} else {
		faultvfs_reset();
		boot(l);
		core_start(l->core);
	}
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
	check_disk(l);
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
FAULT_TEST(killed, 1, .mode = KILLED)
FAULT_TEST(killed_and_session_lost, 29, .mode = KILLED, .forget = true)
FAULT_TEST(killed_again_and_again, 5, .mode = KILLED, .deaths = 4)
FAULT_TEST(killed_with_small_cache, 29, .mode = KILLED, .small = true)
FAULT_TEST(power_lost, 11, .mode = POWER_LOST)
FAULT_TEST(power_lost_with_small_cache, 29, .mode = POWER_LOST, .small = true, .forget = true)
FAULT_TEST(refused_once, 29, .mode = REFUSED_ONCE)
FAULT_TEST(refused_a_while, 29, .mode = REFUSED_A_WHILE)
FAULT_TEST(refused_once_in_savepoints, 23, .mode = REFUSED_ONCE, .small = true)
FAULT_TEST(refused_a_while_in_savepoints, 23, .mode = REFUSED_A_WHILE, .small = true)

/*
 * No fault of the disk: the link goes after each of 700 stanzas that came in one burst, and the session is the first.
 */
static void
test_resumed_after_each(void **state)
{
	enum { BURST = 700 };
	struct life l = { .test = "resumed_after_each" };
	g_autoptr(GPtrArray) page = NULL;
	bool more;

	(void)state;
	faultvfs_reset();
	begin_life(&l);
	boot(&l);
	core_start(l.core);
	assert_true(settle(&l, true));
	for (unsigned i = 0; i < BURST; i++) {
		g_autofree char *id = g_strdup_printf("burst%u", i);

		model_says(l.m, id, id, "");
	}
	for (unsigned i = 0; i < BURST; i++) {
		while (!fake_is_up(MODEL_ME))
			if (!model_step(l.m, 0))
				tick(&l);
		/* What is due is said, one more comes, and the link goes. */
		for (unsigned n = 0; n < 8; n++) {
			scenario_pump();
			model_step(l.m, n == 7);
		}
		scenario_pump();
		model_cut(l.m);
		scenario_pump();
	}
	assert_true(settle(&l, true));
	assert_int_equal(model_session(l.m), 1);
	page = message_page(l.core->store, chat_id(&l), PAGE_END, 0, 2 * BURST, &more);
	assert_int_equal(page->len, BURST);
	for (unsigned i = 0; i < page->len; i++) {
		g_autofree char *id = g_strdup_printf("burst%u", i);

		assert_string_equal(((struct message_row *)page->pdata[i])->body, id);
	}
	end_life(&l);
}

static int
make_template(void **state)
{
	struct paths *paths = new_home(&template);
	struct core *core = core_new(paths, &transport_fake, faultvfs_register(), NULL);

	(void)state;
	g_assert_nonnull(core);
	core_free(core);
	fake_reset();
	paths_free(paths);
	return 0;
}

static int
drop_template(void **state)
{
	(void)state;
	remove_tree(template);
	g_clear_pointer(&template, g_free);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resumed_after_each),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_killed_and_session_lost),
		cmocka_unit_test(test_killed_again_and_again),
		cmocka_unit_test(test_killed_with_small_cache),
		cmocka_unit_test(test_power_lost),
		cmocka_unit_test(test_power_lost_with_small_cache),
		cmocka_unit_test(test_refused_once),
		cmocka_unit_test(test_refused_a_while),
		cmocka_unit_test(test_refused_once_in_savepoints),
		cmocka_unit_test(test_refused_a_while_in_savepoints),
	};

	faultrun_begin();
	return cmocka_run_group_tests_name("core faults", tests, make_template, drop_template);
}
