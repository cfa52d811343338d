/* archive_tell.c: an archive for people: what is older, what is missing, what is here, and trying again. */
#include "core/archive_private.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "core/room.h"
#include "core/turn.h"
#include "proto/error.h"
#include "store/order.h"

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
	if (!more || !archive_reach(a, of_peer, ord, &low, &first))
		return false;
	want = g_new(struct want, 1);
	want->peer = g_strdup(peer);
	want->ord = ord;
	g_queue_push_tail(&a->wants, want);
	archive_step(a);
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
	archive_forget_circle(a);
	/* What came by itself since is looked through as well. */
	if (ok && a->page.queryid == NULL && a->state == SYNC_COMPLETE)
		ok = archive_row_set_behind(account->core->store, a->row, order_live(account->core->store,
		    account->clock_offset_us), error);
	turn_end(turn, ok);
	if (ok)
		archive_step(a);
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

	put_time(object, "from", archive_ms(gap->low));
	put_time(object, "to", archive_ms(gap->high));
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
			put_time(one, "from", archive_ms(span->low));
		if (!now || i + 1 < list->len)
			put_time(one, "to", archive_ms(span->high));
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
