/*
 * archive.c: see archive.h.  One query at a time.  What a reader might get wrong: a catch-up is not "over" when its
 * connection is; column behind of the archive's row keeps where the rows begin that came by themselves meanwhile.
 */
#include "core/archive.h"

#include <string.h>

#include "base/clock.h"
#include "base/jid.h"
#include "base/limits.h"
#include "base/log.h"
#include "core/archive_page.h"
#include "core/bus.h"
#include "core/outbox.h"
#include "core/room.h"
#include "core/roster.h"
#include "core/setting.h"
#include "core/turn.h"
#include "proto/error.h"
#include "store/order.h"
#include "store/spans.h"
#include "xmpp/ns.h"

enum {
	PAGE = 100,		/* asked for; many servers give 50 */
	WAIT_MS = 120000,	/* for one page: a slow link carries its results first */
	RETRY_MS = 300000,	/* after a refusal */
	DISK_MS = 2000,
	/* what came by itself counts as the end of the span only when nothing earlier can follow */
	LIVE_LAG_MS = 60000,
	STRIKES = 10,		/* then a page is left out */
	STRIKE_BROKEN = 5,	/* the stream broke over it */
	STRIKE_CUT = 2,		/* the link was cut, which may have another reason */
	SLACK_MS = 60000,	/* asked by time: clocks differ, and copies are known as such */
	DAY_MS = 86400000,
};

/* What a query goes for. */
enum goal {
	GOAL_NONE,
	GOAL_WANTED,	/* older messages of one chat, for somebody who scrolls back */
	GOAL_UP,	/* from the last span to now */
	GOAL_NEWEST,	/* the newest page, where there is no span or the way up is blocked */
	GOAL_DOWN,	/* below a span */
};

struct want {
	char	*peer;
	int64_t	 ord;
};

struct archive {
	struct account	*account;
	struct room	*room;		/* whose it is; NULL: the account's */
	int64_t		 row;		/* in the store; 0: no session yet */
	enum sync_state	 state;
	char		*reason;	/* of SYNC_WAITING and SYNC_NONE */
	bool		 has;
	bool		 present;	/* the server sends us what comes: before that it may go to the archive alone */
	int64_t		 since;		/* from here on stands what came in this session; 0: it is an earlier process's */
	struct archive_page page;
	uint64_t	 request;	/* the open iq */
	struct clock_timer *retry;
	struct clock_timer *looking;	/* runs until the fate of what is unknown is known, as far as it can be */
	GQueue		 wants;		/* of struct want */

	/* The open query: */
	enum goal	 goal;
	struct span	 span;		/* the one that gets longer; cleared for GOAL_NEWEST */
	int64_t		 target;	/* the row in the store: ours, or the one of a peer */
	struct archive_placing placing;
	char		*edge;		/* the id that it asked from, or NULL */
	char		*joins;		/* placing.joins */
	bool		 by_time;

	/* Over pages: */
	bool		 blocked;	/* the page above the last span breaks the stream */
	bool		 vanished;	/* an id that we had was not there any more */
	char		*strike_at;	/* the edge at which it went wrong */
	int		 strikes;
	bool		 ask_by_time;	/* the next time */
	unsigned	 pages, idle, stored;	/* since the last session */
	char		*mark;		/* an edge seen before, at page mark_at */
	unsigned	 mark_at;
	/* The last message that came by itself with an id, not yet the end of the span. */
	char		*live_id;
	int64_t		 live_ord, live_ms;
};

static void step(struct archive *);
static void settle_unknown(struct archive *);

static void
want_free(void *data)
{
	struct want *want = data;

	g_free(want->peer);
	g_free(want);
}

/* Whose archive it is. */
static const char *
owner(const struct archive *a)
{
	return a->room != NULL ? a->room->jid : account_jid(a->account);
}

struct archive *
archive_new(struct account *account, struct room *room)
{
	struct archive *a = g_new0(struct archive, 1);

	a->account = account;
	a->room = room;
	a->state = SYNC_WAITING;
	archive_page_init(&a->page);
	a->page.room = room;
	g_queue_init(&a->wants);
	a->row = archive_row_find(account->core->store, account->id, owner(a), "", false, NULL);
	return a;
}

void
archive_free(struct archive *a)
{
	clock_timer_cancel(&a->retry);
	clock_timer_cancel(&a->looking);
	archive_page_clear(&a->page);
	g_queue_clear_full(&a->wants, want_free);
	span_clear(&a->span);
	g_free(a->reason);
	g_free(a->edge);
	g_free(a->joins);
	g_free(a->strike_at);
	g_free(a->mark);
	g_free(a->live_id);
	g_free(a);
}

/* --- what others see --- */

static int64_t
ord_ms(int64_t ord)
{
	return ord / 1000;
}

static void
post(struct archive *a, const char *peer, const struct span *span, unsigned stored)
{
	struct event event = { .type = EVENT_sync };

	event.account_name = g_strdup(account_name(a->account));
	event.chat_jid = g_strdup(peer != NULL ? peer : a->room != NULL ? a->room->jid : NULL);
	event.sync.state = a->state;
	event.sync.reason = g_strdup(a->reason);
	event.sync.from = span != NULL ? ord_ms(span->low) : 0;
	event.sync.to = span != NULL ? ord_ms(span->high) : 0;
	event.sync.stored = stored;
	event.sync.total = a->stored;
	bus_post(a->account->core->bus, event);
	turn_wake(a->account->core->turn);
}

static void
set_state(struct archive *a, enum sync_state state, const char *reason)
{
	struct span span = { 0 };
	bool known = span_find(a->account->core->store, a->row, INT64_MAX, &span);

	a->state = state;
	if (reason != a->reason) {
		g_free(a->reason);
		a->reason = g_strdup(reason);
	}
	/* Of a room it is of interest that something came, not how far it is. */
	if (a->room == NULL)
		post(a, NULL, known ? &span : NULL, 0);
	span_clear(&span);
}

static void
drop_wants(struct archive *a)
{
	struct want *want;

	while ((want = g_queue_pop_head(&a->wants)) != NULL) {
		post(a, want->peer, NULL, 0);
		want_free(want);
	}
}

static void
on_retry(void *ctx)
{
	struct archive *a = ctx;

	a->retry = NULL;
	step(a);
}

/* What waited goes out. */
static void
stop_looking(struct archive *a)
{
	if (a->looking == NULL)
		return;
	clock_timer_cancel(&a->looking);
	outbox_flush(a->account);
}

static void
looked_enough(void *ctx)
{
	struct archive *a = ctx;

	a->looking = NULL;
	outbox_flush(a->account);
}

/* Nothing is asked until the timer, a new session, or a person says so. */
static void
give_up(struct archive *a, int64_t retry_ms, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void
give_up(struct archive *a, int64_t retry_ms, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = g_strdup_vprintf(format, ap);
	va_end(ap);
	log_notice("archive", "%s: %s", account_name(a->account), text);
	a->goal = GOAL_NONE;
	archive_page_close(&a->page);
	set_state(a, SYNC_WAITING, text);
	drop_wants(a);
	stop_looking(a);
	clock_timer_cancel(&a->retry);
	if (retry_ms != 0)
		a->retry = clock_timer_start(retry_ms, on_retry, a);
}

/* --- what is next --- */

static int64_t
first_days_ms(const struct archive *a, const struct archive_row *row)
{
	return row->made_ms - (int64_t)setting_get(a->account->core->settings, SETTING_HISTORY_FIRST_DAYS) * DAY_MS;
}

/* Sets what the query is about: the span and the one below it. */
static void
aim(struct archive *a, enum goal goal, int64_t target, const struct span *span, const struct span *below)
{
	a->goal = goal;
	a->target = target;
	span_clear(&a->span);
	memset(&a->placing, 0, sizeof a->placing);
	g_clear_pointer(&a->edge, g_free);
	g_clear_pointer(&a->joins, g_free);
	if (span != NULL) {
		a->span = *span;
		a->span.first = g_strdup(span->first);
		a->span.last = g_strdup(span->last);
		a->span.why = g_strdup(span->why);
		a->edge = g_strdup(goal == GOAL_UP ? span->last : span->first);
	}
	if (below != NULL) {
		a->placing.joins = a->joins = g_strdup(below->last);
		a->placing.floor = a->placing.joins_ord = below->high;
	}
	if (goal == GOAL_UP)
		a->placing.floor = span->high;
	if (goal == GOAL_DOWN || goal == GOAL_WANTED)
		a->placing.ceil = span->low;
}

/*
 * How far down what stands at ord is here without a hole, by the account's spans and those of the peer.  True: there
 * may be more below *low; *first is the id at which a query about the peer goes on, or NULL.
 */
static bool
reach(struct archive *a, int64_t of_peer, int64_t ord, int64_t *low, char **first)
{
	struct store *store = a->account->core->store;
	const int64_t rows[] = { a->row, of_peer };
	struct span span;
	bool more = true, moved = true;

	*low = ord;
	*first = NULL;
	while (more && moved) {
		moved = false;
		for (size_t i = 0; more && i < G_N_ELEMENTS(rows); i++) {
			bool newest;

			if (rows[i] == 0 || !span_find(store, rows[i], *low, &span))
				continue;
			/* Above the account's last span is what came by itself, up to now. */
			newest = i == 0 && *low == ord && !span_above(store, rows[i], span.low);
			if (newest || span.high >= *low) {
				moved |= span.low < *low;
				if (span.low < *low || i == 1 || a->room != NULL) {
					*low = span.low;
					g_free(*first);
					/*
					 * Only an id of the peer's own pages is in what a query about the peer finds.
					 */
					*first = i == 1 || a->room != NULL ? g_strdup(span.first) : NULL;
				}
				more = span.first != NULL && span.why == NULL;
			}
			span_clear(&span);
		}
	}
	return more;
}

static bool
aim_at_want(struct archive *a, const struct want *want)
{
	g_autoptr(GError) error = NULL;
	struct span span = { 0 };
	bool more;
	int64_t target = a->room != NULL ? a->row : archive_row_find(a->account->core->store, a->account->id, owner(a),
	    want->peer, true, &error);

	if (target == 0) {
		turn_failed(a->account->core->turn, error);
		return false;
	}
	more = reach(a, a->room != NULL ? 0 : target, want->ord, &span.low, &span.first);
	span.high = span.low;
	if (more)
		aim(a, GOAL_WANTED, target, &span, NULL);
	span_clear(&span);
	return more;
}

static bool
choose(struct archive *a, const struct archive_row *row, GPtrArray *spans)
{
	const struct span *top = spans->len > 0 ? spans->pdata[spans->len - 1] : NULL;

	if (row->behind != 0 && (top == NULL || a->blocked)) {
		aim(a, GOAL_NEWEST, a->row, NULL, top);
		return true;
	}
	if (row->behind != 0) {
		aim(a, GOAL_UP, a->row, top, NULL);
		return true;
	}
	for (guint i = spans->len; i-- > 0;) {
		const struct span *span = spans->pdata[i], *below = i > 0 ? spans->pdata[i - 1] : NULL;

		if (span->why != NULL || span->first == NULL)
			continue;
		if (below != NULL || (a->room == NULL && ord_ms(span->low) > first_days_ms(a, row))) {
			aim(a, GOAL_DOWN, a->row, span, below);
			return true;
		}
	}
	return false;
}

/* --- asking --- */

static void
add_field(struct stanza *form, const char *var, const char *type, const char *value)
{
	struct stanza *field = stanza_add(form, "field", NULL);

	stanza_set(field, "var", var);
	if (type != NULL)
		stanza_set(field, "type", type);
	stanza_add_with_text(field, "value", NULL, value);
}

/* Whole seconds: some servers read no parts of them. */
static void
add_time(struct stanza *form, const char *var, int64_t ms)
{
	g_autofree char *text = clock_format_utc(MAX(ms, 0) / 1000 * 1000);

	add_field(form, var, NULL, text);
}

static struct stanza *
query(struct archive *a, const char *peer)
{
	struct stanza *iq = stanza_iq("set", a->room != NULL ? a->room->jid : NULL);
	struct stanza *asked = stanza_add(iq, "query", NS_MAM), *form, *set;
	bool up = a->goal == GOAL_UP;
	g_autofree char *max = g_strdup_printf("%d", PAGE);

	stanza_set(asked, "queryid", a->page.queryid);
	form = stanza_add(asked, "x", NS_DATA);
	stanza_set(form, "type", "submit");
	add_field(form, "FORM_TYPE", "hidden", NS_MAM);
	if (peer != NULL)
		add_field(form, "with", NULL, peer);
	if (a->by_time)
		add_time(form, up ? "start" : "end", up ? ord_ms(a->span.high) - SLACK_MS :
		    ord_ms(a->span.low) + SLACK_MS);
	set = stanza_add(asked, "set", NS_RSM);
	stanza_add_with_text(set, "max", NULL, max);
	if (!up)
		stanza_add_with_text(set, "before", NULL, a->by_time || a->edge == NULL ? "" : a->edge);
	else if (!a->by_time)
		stanza_add_with_text(set, "after", NULL, a->edge);
	return iq;
}

static void page_done(void *ctx, enum iq_end, const struct stanza *answer);

static void
ask(struct archive *a, const char *peer)
{
	struct stanza *iq;

	a->by_time = a->goal != GOAL_NEWEST && (a->edge == NULL || a->ask_by_time);
	a->ask_by_time = false;
	archive_page_open(&a->page);
	iq = query(a, peer);
	a->request = iq_expect(a->account->iqs, iq, WAIT_MS, page_done, a);
	account_send(a->account, iq, false);
}

static void
finished(struct archive *a)
{
	if (a->state == SYNC_COMPLETE)
		return;
	set_state(a, SYNC_COMPLETE, NULL);
	settle_unknown(a);
}

/* The next query, if there is anything to ask for. */
static void
step(struct archive *a)
{
	struct turn *turn = a->account->core->turn;
	g_autoptr(GPtrArray) spans = NULL;
	struct archive_row row;
	struct want *want;
	bool some = false;

	clock_timer_cancel(&a->retry);
	if (!a->has || !a->present || !account_online(a->account) || a->page.queryid != NULL)
		return;
	if (!turn_begin(turn)) {
		a->retry = clock_timer_start(DISK_MS, on_retry, a);
		return;
	}
	while ((want = g_queue_peek_head(&a->wants)) != NULL && !some) {
		if ((some = aim_at_want(a, want)))
			ask(a, a->room != NULL ? NULL : want->peer);
		else {
			post(a, want->peer, NULL, 0);
			want_free(g_queue_pop_head(&a->wants));
		}
	}
	if (!some && archive_row_load(a->account->core->store, a->row, &row)) {
		spans = span_list(a->account->core->store, a->row);
		some = choose(a, &row, spans);
		if (some)
			ask(a, NULL);
		archive_row_clear(&row);
		if (!some) {
			a->goal = GOAL_NONE;
			finished(a);
		}
	}
	turn_end(turn, true);
}

/* --- a page came --- */

/* The id below (or above) which the archive is to be asked next, and whether it says that there is nothing more. */
static const char *
read_fin(struct archive *a, const struct stanza *answer, bool *complete)
{
	const struct stanza *fin = stanza_child(answer, "fin", NS_MAM);
	const struct stanza *set = fin != NULL ? stanza_child(fin, "set", NS_RSM) : NULL;
	const char *edge = archive_page_edge(&a->page, a->goal == GOAL_UP);
	const char *said = fin != NULL ? stanza_get(fin, "complete") : NULL;

	*complete = g_strcmp0(said, "true") == 0 || g_strcmp0(said, "1") == 0;
	/* The results say it themselves; only where the server kept one back that is no message is its word needed. */
	if (edge == NULL && set != NULL)
		edge = stanza_text(stanza_child(set, a->goal == GOAL_UP ? "last" : "first", NS_RSM));
	return edge != NULL && *edge != '\0' && strlen(edge) <= LIMIT_NAME ? edge : NULL;
}

/* True: the archive leads us round in a circle, or tells us nothing time and again. */
static bool
astray(struct archive *a, const char *edge, bool complete)
{
	if (complete)
		return false;
	/* What somebody scrolls back for is a page at a time, each at another place. */
	if (a->goal == GOAL_WANTED)
		return edge == NULL || g_strcmp0(edge, a->edge) == 0 || ++a->pages > LIMIT_ARCHIVE_PAGES;
	if (edge == NULL || g_strcmp0(edge, a->edge) == 0)
		return ++a->idle >= 2;
	a->idle = 0;
	if (g_strcmp0(edge, a->mark) == 0)
		return true;
	/* Brent's way to find a circle of any length with one remembered place. */
	if (++a->pages >= a->mark_at * 2) {
		a->mark_at = a->pages;
		g_free(a->mark);
		a->mark = g_strdup(edge);
	}
	return a->pages > LIMIT_ARCHIVE_PAGES;
}

static bool
grow_up(struct archive *a, const char *edge, bool complete, GError **error)
{
	struct store *store = a->account->core->store;
	int64_t high = MAX(a->span.high, a->placing.high);

	if (complete)
		high = MAX(high, a->placing.behind);
	return span_grow_up(store, a->row, &a->span, high, edge, error) &&
	    (!complete || archive_row_set_behind(store, a->row, 0, error));
}

/* How far down the page reaches: to its first row, or if it brought none, to when it was. */
static int64_t
page_low(const struct archive *a)
{
	int64_t ceil = a->goal == GOAL_NEWEST ? a->placing.behind : a->placing.ceil;
	int64_t low = a->placing.low != 0 ? MIN(a->placing.low, ceil) : ceil;

	return MAX(low, a->placing.floor + 1);
}

static bool
grow_down(struct archive *a, const char *edge, bool complete, GError **error)
{
	struct store *store = a->account->core->store;
	int64_t below = a->placing.joins_ord, low = page_low(a);
	struct span span = { .low = low, .high = a->goal == GOAL_NEWEST ? MAX(a->placing.high, a->placing.behind) :
	    a->span.low, .first = (char *)(uintptr_t)edge };

	/* Where it meets the older span, or the archive has nothing in between any more. */
	if ((complete || a->placing.joined) && below != 0)
		span.low = below;
	else if (complete)
		span.first = NULL;
	if (a->goal == GOAL_DOWN)
		return span_grow_down(store, a->row, &a->span, span.low, span.first, error);
	if (a->goal == GOAL_WANTED)
		return span_add(store, a->target, &span, error);
	a->blocked = false;	/* that page is below this span now */
	span.last = (char *)(uintptr_t)archive_page_edge(&a->page, true);
	return span_add(store, a->row, &span, error) && archive_row_set_behind(store, a->row, 0, error);
}

/* In the savepoint of the answer. */
static bool
keep(struct archive *a, const char *edge, bool complete)
{
	g_autoptr(GError) error = NULL;
	struct archive_row row = { 0 };
	bool ok;

	if (!archive_row_load(a->account->core->store, a->row, &row))
		return false;
	/* Since the row's behind sessions may have come and gone: the newest page is behind what came in them. */
	a->placing.behind = a->goal == GOAL_NEWEST ? MAX(row.behind, a->since) : row.behind;
	a->placing.by_time = a->by_time;
	a->placing.down = a->goal == GOAL_NEWEST || a->goal == GOAL_DOWN;
	a->placing.made_ms = row.made_ms / 1000 * 1000;	/* archives tell whole seconds */
	a->placing.renamed = a->vanished;
	archive_row_clear(&row);
	ok = archive_page_store(&a->page, a->account, &a->placing) &&
	    (a->goal == GOAL_UP ? grow_up : grow_down)(a, edge, complete, &error);
	if (!ok && error != NULL) {
		log_error("archive", "%s", error->message);
		turn_failed(a->account->core->turn, error);
	}
	return ok;
}

static void
too_much(struct archive *a)
{
	give_up(a, RETRY_MS, "The archive sent more for one page than anybody can read.");
}

static void
page_came(struct archive *a, const struct stanza *answer)
{
	bool complete, lost;
	const char *edge = read_fin(a, answer, &complete);
	struct want *want;

	if (a->page.over) {
		too_much(a);
		return;
	}
	lost = astray(a, edge, complete);
	if (!lost && !complete && edge == NULL) {
		archive_page_close(&a->page);
		step(a);
		return;
	}
	if (!lost && !keep(a, edge, complete)) {
		/* Taken back with this savepoint; the page is asked for again. */
		archive_page_close(&a->page);
		clock_timer_cancel(&a->retry);
		a->retry = clock_timer_start(DISK_MS, on_retry, a);
		return;
	}
	if (lost) {
		give_up(a, RETRY_MS, "The archive sends the same pages again and again.");
		return;
	}
	a->stored += a->placing.stored;
	archive_page_close(&a->page);
	if (a->goal == GOAL_WANTED) {
		want = g_queue_pop_head(&a->wants);
		post(a, want->peer, NULL, a->placing.stored);
		want_free(want);
	} else {
		set_state(a, SYNC_FETCHING, NULL);
	}
	step(a);
}

/* The stream went while the page was on its way.  Enough of that, and it is left out. */
static void
strike(struct archive *a, int weight)
{
	g_autofree char *at = g_strdup_printf("%d %s", a->goal, a->edge != NULL ? a->edge : "");
	static const char why[] = "the connection breaks each time this part is fetched";
	g_autoptr(GError) error = NULL;
	struct turn *turn = a->account->core->turn;

	a->strikes = g_strcmp0(at, a->strike_at) == 0 ? a->strikes + weight : weight;
	g_free(a->strike_at);
	a->strike_at = g_steal_pointer(&at);
	if (a->strikes < STRIKES)
		return;
	a->strikes = 0;
	if (a->goal == GOAL_UP) {
		a->blocked = true;
	} else if (a->goal == GOAL_DOWN && turn_begin(turn)) {
		bool ok = span_set_why(a->account->core->store, a->row, a->span.low, why, &error);

		turn_end(turn, ok);
		turn_failed(turn, error);
	} else if (a->goal == GOAL_NEWEST) {
		a->has = false;
		give_up(a, 0, "The connection breaks each time the archive is asked.");
	}
}

static void
refused(struct archive *a, const struct stanza *answer)
{
	struct stanza_fault fault;
	g_autofree char *text = NULL;
	bool vanished;

	if (!stanza_fault_read(answer, &fault)) {
		give_up(a, RETRY_MS, "The archive refuses without a reason.");
		return;
	}
	vanished = strcmp(fault.condition, "item-not-found") == 0 && !a->by_time && a->edge != NULL;
	text = stanza_fault_text(&fault);
	stanza_fault_clear(&fault);
	archive_page_close(&a->page);
	if (vanished) {
		/* The id is gone with what the archive threw away, or was none: by time then. */
		log_notice("archive", "%s: the archive does not know where we were; asked by time",
		    account_name(a->account));
		a->vanished = true;
		a->ask_by_time = true;
		step(a);
	} else {
		give_up(a, RETRY_MS, "The archive says %s.", text);
	}
}

static void
page_done(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct archive *a = ctx;

	a->request = 0;
	switch (end) {
	case IQ_RESULT:
		page_came(a, answer);
		return;
	case IQ_ERROR:
		refused(a, answer);
		return;
	case IQ_TIMEOUT:
		give_up(a, RETRY_MS, "The archive does not answer.");
		return;
	case IQ_LOST:
		archive_page_close(&a->page);
		strike(a, a->account->broke ? STRIKE_BROKEN : STRIKE_CUT);
		if (a->state == SYNC_FETCHING)
			set_state(a, SYNC_WAITING, "The connection is gone.");
		drop_wants(a);
		return;
	}
}

/* --- sessions --- */

static void
forget_circle(struct archive *a)
{
	a->pages = a->idle = 0;
	a->mark_at = 1;
	g_clear_pointer(&a->mark, g_free);
}

/* Something may have been missed: what comes by itself from now on comes after all that. */
static void
begin(struct archive *a)
{
	struct account *account = a->account;
	struct store *store = account->core->store;
	g_autoptr(GError) error = NULL;
	struct archive_row row = { 0 };

	a->stored = 0;
	a->state = SYNC_WAITING;	/* nothing that comes now may count as the end of what is here */
	g_clear_pointer(&a->reason, g_free);
	forget_circle(a);
	a->has = a->present = a->vanished = a->ask_by_time = false;
	g_clear_pointer(&a->live_id, g_free);
	clock_timer_cancel(&a->looking);
	if (a->room == NULL && outbox_has_unknown(account))
		a->looking = clock_timer_start(LIMIT_FATE_WAIT, looked_enough, a);
	if (!turn_begin(account->core->turn))
		return;
	a->row = archive_row_find(store, account->id, owner(a), "", true, &error);
	a->since = order_live(store, account->clock_offset_us);
	if (a->row != 0 && archive_row_load(store, a->row, &row) && row.behind == 0)
		archive_row_set_behind(store, a->row, a->since, &error);
	archive_row_clear(&row);
	turn_end(account->core->turn, error == NULL);
	turn_failed(account->core->turn, error);
}

void
archive_session(struct account *account, bool missed)
{
	if (missed)
		begin(account->archive);
	else
		step(account->archive);
}

void
archive_room_in(struct archive *a)
{
	begin(a);
	a->has = a->present = true;
	step(a);
}

void
archive_room_on(struct archive *a)
{
	step(a);
}

void
archive_room_out(struct archive *a)
{
	a->has = a->present = false;
	clock_timer_cancel(&a->retry);
	if (a->request != 0)
		iq_forget(a->account->iqs, a->request);
	a->request = 0;
	a->goal = GOAL_NONE;
	archive_page_close(&a->page);
	set_state(a, SYNC_WAITING, NULL);
	drop_wants(a);
}

void
archive_told(struct account *account, bool has)
{
	struct archive *a = account->archive;

	a->has = has;
	if (has) {
		step(a);
	} else {
		set_state(a, SYNC_NONE, "The server keeps no archive.");
		stop_looking(a);
	}
}

bool
archive_looks(const struct account *account)
{
	return account->archive->looking != NULL;
}

void
archive_present(struct account *account)
{
	account->archive->present = true;
	step(account->archive);
}

void
archive_result(struct account *account, const struct stanza *stanza)
{
	const char *from = stanza_get(stanza, "from");
	g_autofree char *sender = from != NULL ? jid_normalise(from, NULL) : NULL;
	const struct room *room = sender != NULL ? room_find(account, sender) : NULL;
	struct archive *a = room != NULL && room->archive != NULL ? room->archive : account->archive;

	archive_page_collect(&a->page, account, stanza);
	if (a->page.over && a->request != 0) {
		iq_forget(account->iqs, a->request);
		a->request = 0;
		too_much(a);
	}
}

void
archive_live(struct account *account, const struct room *room, const struct message_row *row)
{
	struct archive *a = room == NULL ? account->archive : room->archive;
	struct store *store = account->core->store;
	int64_t now_ms = clock_boot_ms();
	g_autoptr(GError) error = NULL;
	struct span top = { 0 };

	if (a == NULL || a->state != SYNC_COMPLETE || row->server_id == NULL || row->flags & MESSAGE_DISPUTED)
		return;
	if (a->live_id != NULL && now_ms - a->live_ms < LIVE_LAG_MS)
		return;
	/* While the fate of one of ours is open, the place where it would be looked for must stay ahead. */
	if (a->live_id != NULL && !outbox_waits_for_ack(account) && span_find(store, a->row, INT64_MAX, &top) &&
	    a->live_ord > top.high && !span_grow_up(store, a->row, &top, a->live_ord, a->live_id, &error))
		turn_failed(account->core->turn, error);
	span_clear(&top);
	g_free(a->live_id);
	a->live_id = g_strdup(row->server_id);
	a->live_ord = row->ord;
	a->live_ms = now_ms;
}

/* --- for people --- */

/* The archive in which what was said in this chat is. */
static struct archive *
archive_of(struct account *account, const char *chat)
{
	const struct room *room = room_find(account, chat);

	return room != NULL ? room->archive : account->archive;
}

bool
archive_want_older(struct account *account, const char *peer, int64_t ord)
{
	struct archive *a = archive_of(account, peer);
	g_autofree char *first = NULL;
	struct archive_row row = { 0 };
	struct want *want;
	int64_t low, of_peer;
	bool more;

	if (a == NULL)
		return false;
	for (GList *l = a->wants.head; l != NULL; l = l->next)
		if (strcmp(((struct want *)l->data)->peer, peer) == 0)
			return true;
	if (!a->has || !account_online(account) || a->retry != NULL || a->wants.length >= LIMIT_ARCHIVE_WANTS)
		return false;
	/* A catch-up brings what is missing by itself. */
	more = archive_row_load(account->core->store, a->row, &row) && row.behind == 0;
	archive_row_clear(&row);
	of_peer = a->room != NULL ? 0 :
	    archive_row_find(account->core->store, account->id, account_jid(account), peer, false, NULL);
	if (!more || !reach(a, of_peer, ord, &low, &first))
		return false;
	want = g_new(struct want, 1);
	want->peer = g_strdup(peer);
	want->ord = ord;
	g_queue_push_tail(&a->wants, want);
	step(a);
	return true;
}

bool
archive_try_again(struct account *account, GError **error)
{
	struct archive *a = account->archive;
	struct turn *turn = account->core->turn;
	g_autoptr(GPtrArray) spans = NULL;
	bool ok = true;

	if (!account_online(account)) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_OFFLINE, "%s is not on line.", account_name(account));
		return false;
	}
	if (a->state == SYNC_NONE) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_FAILED, "%s", a->reason);
		return false;
	}
	if (!turn_begin(turn)) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_STORE, "The disk refuses at present.");
		return false;
	}
	spans = span_list(account->core->store, a->row);
	for (guint i = 0; ok && i < spans->len; i++) {
		const struct span *span = spans->pdata[i];

		if (span->why != NULL)
			ok = span_set_why(account->core->store, a->row, span->low, NULL, error);
	}
	a->blocked = false;
	a->has = true;
	a->strikes = 0;
	forget_circle(a);
	/* What came by itself since is looked through as well. */
	if (ok && a->page.queryid == NULL && a->state == SYNC_COMPLETE)
		ok = archive_row_set_behind(account->core->store, a->row, order_live(account->core->store,
		    account->clock_offset_us), error);
	turn_end(turn, ok);
	if (ok)
		step(a);
	return ok;
}

GPtrArray *
archive_gaps(struct account *account, const char *peer)
{
	if (peer != NULL && room_known(account, peer))
		return span_gaps(account->core->store, account->id, peer, NULL);
	return span_gaps(account->core->store, account->id, account_jid(account), peer);
}

static void
put_time(json_t *object, const char *name, int64_t ms)
{
	g_autofree char *text = clock_format_utc(ms);

	if (ms > 0)
		json_object_set_new(object, name, json_string(text));
}

json_t *
archive_gap_json(const struct gap *gap)
{
	json_t *object = json_object();

	put_time(object, "from", ord_ms(gap->low));
	put_time(object, "to", ord_ms(gap->high));
	if (gap->why != NULL)
		json_object_set_new(object, "reason", json_string(gap->why));
	return object;
}

json_t *
archive_ledger(struct account *account)
{
	struct archive *a = account->archive;
	g_autoptr(GPtrArray) list = span_list(account->core->store, a->row), holes = archive_gaps(account, NULL);
	json_t *spans = json_array(), *gaps = json_array(), *ledger;
	bool now = account_online(account) && a->state == SYNC_COMPLETE;

	for (guint i = 0; i < list->len; i++) {
		const struct span *span = list->pdata[i];
		json_t *one = json_object();

		if (span->first != NULL)
			put_time(one, "from", ord_ms(span->low));
		if (!now || i + 1 < list->len)
			put_time(one, "to", ord_ms(span->high));
		json_array_append_new(spans, one);
	}
	for (guint i = 0; i < holes->len; i++)
		json_array_append_new(gaps, archive_gap_json(holes->pdata[i]));
	ledger = json_pack("{s:s, s:o, s:o, s:I}", "state", sync_state_name(account_online(account) ? a->state :
	    SYNC_WAITING), "spans", spans, "gaps", gaps, "stored", (json_int_t)a->stored);
	if (a->reason != NULL)
		json_object_set_new(ledger, "reason", json_string(a->reason));
	return ledger;
}

/* --- what of ours had an unknown fate --- */

static bool
listed(const struct stanza *prefs, const char *list, const char *peer)
{
	const struct stanza *jids = stanza_child(prefs, list, NS_MAM);

	for (struct stanza *c = jids != NULL ? stanza_first(jids) : NULL; c != NULL; c = stanza_next(c)) {
		g_autofree char *jid = stanza_is(c, "jid", NS_MAM) ? jid_normalise(stanza_text(c), NULL) : NULL;

		if (jid != NULL && jid_same_bare(jid, peer))
			return true;
	}
	return false;
}

/* XEP-0441: does the archive keep what is said with this one? */
static bool
keeps(void *ctx, struct account *account, const char *peer)
{
	const struct stanza *prefs = ctx;
	const char *standard = stanza_get(prefs, "default");

	if (listed(prefs, "never", peer))
		return false;
	return listed(prefs, "always", peer) || g_strcmp0(standard, "always") == 0 ||
	    (g_strcmp0(standard, "roster") == 0 && roster_has(account->roster, peer));
}

static void
prefs_told(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct archive *a = ctx;
	const struct stanza *prefs = end == IQ_RESULT ? stanza_child(answer, "prefs", NS_MAM) : NULL;
	struct span top = { 0 };

	if (prefs != NULL && a->state == SYNC_COMPLETE && span_find(a->account->core->store, a->row, INT64_MAX, &top))
		outbox_not_found(a->account, top.low, keeps, (void *)(uintptr_t)prefs);
	span_clear(&top);
	if (end != IQ_LOST)
		stop_looking(a);
}

/*
 * The catch-up went past the time at which they were sent and did not bring them: they did not arrive, provided that
 * the archive would have kept them.
 */
static void
settle_unknown(struct archive *a)
{
	struct span top = { 0 };
	struct stanza *iq;

	if (a->vanished || !outbox_has_unknown(a->account)) {
		stop_looking(a);
		return;
	}
	if (a->room != NULL) {
		if (span_find(a->account->core->store, a->row, INT64_MAX, &top))
			outbox_not_found_in(a->account, a->room->jid, ord_ms(top.low));
		span_clear(&top);
		stop_looking(a);
		return;
	}
	iq = stanza_iq("get", NULL);
	stanza_add(iq, "prefs", NS_MAM);
	account_request(a->account, iq, prefs_told, a);
}
