/*
 * archive_answer.c: the answer to a query of an archive: what the page makes complete, and whether the archive leads us
 * astray; refusals, and streams that break over a page.
 */
#include "core/archive_private.h"

#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "core/turn.h"
#include "xmpp/ns.h"

enum {
	STRIKES = 10,		/* then a page is left out */
	STRIKE_BROKEN = 5,	/* the stream broke over it */
	STRIKE_CUT = 2,		/* the link was cut, which may have another reason */
};

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

void
archive_too_much(struct archive *a)
{
	archive_give_up(a, ARCHIVE_RETRY_MS, "The archive sent more for one page than anybody can read.");
}

static void
page_came(struct archive *a, const struct stanza *answer)
{
	bool complete, lost;
	const char *edge = read_fin(a, answer, &complete);
	struct want *want;

	if (a->page.over) {
		archive_too_much(a);
		return;
	}
	lost = astray(a, edge, complete);
	if (!lost && !complete && edge == NULL) {
		archive_page_close(&a->page);
		archive_step(a);
		return;
	}
	if (!lost && !keep(a, edge, complete)) {
		/* Taken back with this savepoint; the page is asked for again. */
		archive_page_close(&a->page);
		archive_step_later(a, ARCHIVE_DISK_MS);
		return;
	}
	if (lost) {
		archive_give_up(a, ARCHIVE_RETRY_MS, "The archive sends the same pages again and again.");
		return;
	}
	a->stored += a->placing.stored;
	archive_page_close(&a->page);
	if (a->goal == GOAL_WANTED) {
		want = g_queue_pop_head(&a->wants);
		archive_post(a, want->peer, NULL, a->placing.stored);
		archive_want_free(want);
	} else {
		archive_set_state(a, SYNC_FETCHING, NULL);
	}
	archive_step(a);
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
		archive_give_up(a, 0, "The connection breaks each time the archive is asked.");
	}
}

static void
refused(struct archive *a, const struct stanza *answer)
{
	struct stanza_fault fault;
	g_autofree char *text = NULL;
	bool vanished;

	if (!stanza_fault_read(answer, &fault)) {
		archive_give_up(a, ARCHIVE_RETRY_MS, "The archive refuses without a reason.");
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
		archive_step(a);
	} else {
		archive_give_up(a, ARCHIVE_RETRY_MS, "The archive says %s.", text);
	}
}

void
archive_answered(void *ctx, enum iq_end end, const struct stanza *answer)
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
		archive_give_up(a, ARCHIVE_RETRY_MS, "The archive does not answer.");
		return;
	case IQ_LOST:
		archive_page_close(&a->page);
		strike(a, a->account->broke ? STRIKE_BROKEN : STRIKE_CUT);
		if (a->state == SYNC_FETCHING)
			archive_set_state(a, SYNC_WAITING, "The connection is gone.");
		archive_drop_wants(a);
		return;
	}
}
