/*
 * archive.c: see archive.h.  One query at a time.  What a reader might get wrong: a catch-up is not "over" when its
 * connection is; column behind of the archive's row keeps where the rows begin that came by themselves meanwhile.
 */
#include "core/archive_private.h"

#include "base/clock.h"
#include "base/jid.h"
#include "base/limits.h"
#include "base/log.h"
#include "core/bus.h"
#include "core/outbox.h"
#include "core/room.h"
#include "core/setting.h"
#include "core/turn.h"
#include "store/order.h"

enum {
	/* what came by itself counts as the end of the span only when nothing earlier can follow */
	LIVE_LAG_MS = 60000,
	DAY_MS = 86400000,
};

void
archive_want_free(void *data)
{
	struct want *want = data;

	g_free(want->peer);
	g_free(want);
}

const char *
archive_owner(const struct archive *a)
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
	a->row = archive_row_find(account->core->store, account->id, archive_owner(a), "", false, NULL);
	return a;
}

void
archive_free(struct archive *a)
{
	clock_timer_cancel(&a->retry);
	clock_timer_cancel(&a->looking);
	archive_page_clear(&a->page);
	g_queue_clear_full(&a->wants, archive_want_free);
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

int64_t
archive_ms(int64_t ord)
{
	return ord / 1000;
}

void
archive_post(struct archive *a, const char *peer, const struct span *span, unsigned stored)
{
	struct event event = { .type = EVENT_sync };

	event.account_name = g_strdup(account_name(a->account));
	event.chat_jid = g_strdup(peer != NULL ? peer : a->room != NULL ? a->room->jid : NULL);
	event.sync.state = a->state;
	event.sync.reason = g_strdup(a->reason);
	event.sync.from = span != NULL ? archive_ms(span->low) : 0;
	event.sync.to = span != NULL ? archive_ms(span->high) : 0;
	event.sync.stored = stored;
	event.sync.total = a->stored;
	bus_post(a->account->core->bus, event);
	turn_wake(a->account->core->turn);
}

void
archive_set_state(struct archive *a, enum sync_state state, const char *reason)
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
		archive_post(a, NULL, known ? &span : NULL, 0);
	span_clear(&span);
}

void
archive_drop_wants(struct archive *a)
{
	struct want *want;

	while ((want = g_queue_pop_head(&a->wants)) != NULL) {
		archive_post(a, want->peer, NULL, 0);
		archive_want_free(want);
	}
}

static void
on_retry(void *ctx)
{
	struct archive *a = ctx;

	a->retry = NULL;
	archive_step(a);
}

void
archive_step_later(struct archive *a, int64_t ms)
{
	clock_timer_cancel(&a->retry);
	a->retry = clock_timer_start(ms, on_retry, a);
}

void
archive_stop_looking(struct archive *a)
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

void
archive_give_up(struct archive *a, int64_t retry_ms, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = g_strdup_vprintf(format, ap);
	va_end(ap);
	log_notice("archive", "%s: %s", account_name(a->account), text);
	a->goal = GOAL_NONE;
	archive_page_close(&a->page);
	archive_set_state(a, SYNC_WAITING, text);
	archive_drop_wants(a);
	archive_stop_looking(a);
	clock_timer_cancel(&a->retry);
	if (retry_ms != 0)
		archive_step_later(a, retry_ms);
}

/* --- what is next --- */

static int64_t
first_days_ms(const struct archive *a, const struct archive_row *row)
{
	return row->made_ms - (int64_t)setting_get(a->account->core->settings, SETTING_HISTORY_FIRST_DAYS) * DAY_MS;
}

static bool
choose(struct archive *a, const struct archive_row *row, GPtrArray *spans)
{
	const struct span *top = spans->len > 0 ? spans->pdata[spans->len - 1] : NULL;

	if (row->behind != 0 && (top == NULL || a->blocked)) {
		archive_aim(a, GOAL_NEWEST, a->row, NULL, top);
		return true;
	}
	if (row->behind != 0) {
		archive_aim(a, GOAL_UP, a->row, top, NULL);
		return true;
	}
	for (guint i = spans->len; i-- > 0;) {
		const struct span *span = spans->pdata[i], *below = i > 0 ? spans->pdata[i - 1] : NULL;

		if (span->why != NULL || span->first == NULL)
			continue;
		if (below != NULL || (a->room == NULL && archive_ms(span->low) > first_days_ms(a, row))) {
			archive_aim(a, GOAL_DOWN, a->row, span, below);
			return true;
		}
	}
	return false;
}

static void
finished(struct archive *a)
{
	if (a->state == SYNC_COMPLETE)
		return;
	archive_set_state(a, SYNC_COMPLETE, NULL);
	archive_settle_unknown(a);
}

void
archive_step(struct archive *a)
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
		archive_step_later(a, ARCHIVE_DISK_MS);
		return;
	}
	while ((want = g_queue_peek_head(&a->wants)) != NULL && !some) {
		if ((some = archive_aim_at_want(a, want)))
			archive_ask(a, a->room != NULL ? NULL : want->peer);
		else {
			archive_post(a, want->peer, NULL, 0);
			archive_want_free(g_queue_pop_head(&a->wants));
		}
	}
	if (!some && archive_row_load(a->account->core->store, a->row, &row)) {
		spans = span_list(a->account->core->store, a->row);
		some = choose(a, &row, spans);
		if (some)
			archive_ask(a, NULL);
		archive_row_clear(&row);
		if (!some) {
			a->goal = GOAL_NONE;
			finished(a);
		}
	}
	turn_end(turn, true);
}

/* --- sessions --- */

void
archive_forget_circle(struct archive *a)
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
	archive_forget_circle(a);
	a->has = a->present = a->vanished = a->ask_by_time = false;
	g_clear_pointer(&a->live_id, g_free);
	clock_timer_cancel(&a->looking);
	if (a->room == NULL && outbox_has_unknown(account))
		a->looking = clock_timer_start(LIMIT_FATE_WAIT, looked_enough, a);
	if (!turn_begin(account->core->turn))
		return;
	a->row = archive_row_find(store, account->id, archive_owner(a), "", true, &error);
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
		archive_step(account->archive);
}

void
archive_room_in(struct archive *a)
{
	begin(a);
	a->has = a->present = true;
	archive_step(a);
}

void
archive_room_on(struct archive *a)
{
	archive_step(a);
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
	archive_set_state(a, SYNC_WAITING, NULL);
	archive_drop_wants(a);
}

void
archive_told(struct account *account, bool has)
{
	struct archive *a = account->archive;

	a->has = has;
	if (has) {
		archive_step(a);
	} else {
		archive_set_state(a, SYNC_NONE, "The server keeps no archive.");
		archive_stop_looking(a);
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
	archive_step(account->archive);
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
		archive_too_much(a);
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
