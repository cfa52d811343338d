/*
 * archive_ask.c: what a query of an archive is about, and the query itself.  A place in the archive is an id; where
 * there is none, or it is not known there any more, a time.
 */
#include "core/archive_private.h"

#include <string.h>

#include "base/clock.h"
#include "core/room.h"
#include "core/turn.h"
#include "xmpp/ns.h"

enum {
	PAGE = 100,		/* asked for; many servers give 50 */
	WAIT_MS = 120000,	/* for one page: a slow link carries its results first */
	SLACK_MS = 60000,	/* asked by time: clocks differ, and copies are known as such */
};

void
archive_aim(struct archive *a, enum goal goal, int64_t target, const struct span *span, const struct span *below)
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

bool
archive_reach(struct archive *a, int64_t of_peer, int64_t ord, int64_t *low, char **first)
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

bool
archive_aim_at_want(struct archive *a, const struct want *want)
{
	g_autoptr(GError) error = NULL;
	struct span span = { 0 };
	bool more;
	int64_t target = a->room != NULL ? a->row : archive_row_find(a->account->core->store, a->account->id,
	    archive_owner(a), want->peer, true, &error);

	if (target == 0) {
		turn_failed(a->account->core->turn, error);
		return false;
	}
	more = archive_reach(a, a->room != NULL ? 0 : target, want->ord, &span.low, &span.first);
	span.high = span.low;
	if (more)
		archive_aim(a, GOAL_WANTED, target, &span, NULL);
	span_clear(&span);
	return more;
}

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
		add_time(form, up ? "start" : "end", up ? archive_ms(a->span.high) - SLACK_MS :
		    archive_ms(a->span.low) + SLACK_MS);
	set = stanza_add(asked, "set", NS_RSM);
	stanza_add_with_text(set, "max", NULL, max);
	if (!up)
		stanza_add_with_text(set, "before", NULL, a->by_time || a->edge == NULL ? "" : a->edge);
	else if (!a->by_time)
		stanza_add_with_text(set, "after", NULL, a->edge);
	return iq;
}

void
archive_ask(struct archive *a, const char *peer)
{
	struct stanza *iq;

	a->by_time = a->goal != GOAL_NEWEST && (a->edge == NULL || a->ask_by_time);
	a->ask_by_time = false;
	archive_page_open(&a->page);
	iq = query(a, peer);
	a->request = iq_expect(a->account->iqs, iq, WAIT_MS, archive_answered, a);
	account_send(a->account, iq, false);
}
