/* acknowledge.c: see acknowledge.h.  Counts are 64 bits wide here and 32 on the wire, where they wrap. */
#include "core/acknowledge.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "core/account.h"
#include "core/connection.h"
#include "core/link.h"
#include "core/outbox.h"
#include "core/turn.h"
#include "store/streams.h"
#include "xmpp/ns.h"

enum {
	UNASKED = 100,		/* stanzas after which we acknowledge unasked: servers keep only some hundred */
	KEPT_MAX = 1000,	/* receipts waiting for an acknowledgement */
	HELD_MAX = 5000,	/* answers that wait for the proof; with more of them it is not waited for */
	SLOW_LINK = 4,		/* bytes per millisecond: a big message on a bad line is not a dead line */
};

static const char ask[] = "<r xmlns='" NS_SM "'/>";

static void lose_patience(void *ctx);

static void
ask_now(struct account *account, int64_t wait_ms)
{
	struct acknowledge *sm = &account->sm;

	connection_write(account, ask, sizeof ask - 1);
	sm->asked = true;
	sm->ask = false;
	sm->asked_ms = clock_boot_ms();
	sm->wait_ms = wait_ms + (int64_t)(sm->unasked_bytes / SLOW_LINK);
	sm->unasked_bytes = 0;
	clock_timer_cancel(&sm->patience);
	sm->patience = clock_timer_start(sm->wait_ms, lose_patience, account);
}

struct kept_stanza {
	int64_t	 number;
	char	*xml;
};

static void
kept_free(struct kept_stanza *kept)
{
	g_free(kept->xml);
	g_free(kept);
}

static void
before_commit(void *ctx)
{
	acknowledge_save(ctx);
}

static void
load(struct account *account)
{
	struct acknowledge *sm = &account->sm;
	struct stream_row row = { 0 };

	if (!stream_row_load(account->core->store, account->id, &row))
		return;
	sm->id = g_strdup(row.resume);
	sm->location = g_strdup(row.location);
	sm->jid = g_strdup(row.bound);
	sm->since_ms = row.since_ms;
	sm->in = sm->in_committed = row.h;
	sm->acked = row.acked;
	sm->out = row.sent;
	stream_row_clear(&row);
}

void
acknowledge_init(struct account *account)
{
	g_queue_init(&account->sm.kept);
	g_queue_init(&account->sm.held);
	g_queue_init(&account->sm.again);
	load(account);
	turn_before_commit(account->core->turn, before_commit, account);
}

void
acknowledge_clear(struct account *account)
{
	struct acknowledge *sm = &account->sm;

	turn_forget_before_commit(account->core->turn, before_commit, account);
	acknowledge_down(account);
	g_free(sm->id);
	g_free(sm->location);
	g_free(sm->jid);
	g_queue_clear_full(&sm->kept, (GDestroyNotify)kept_free);
	g_queue_clear_full(&sm->again, (GDestroyNotify)kept_free);
}

/* The server has everything up to this number. */
static void
settle(struct account *account, int64_t acked)
{
	struct acknowledge *sm = &account->sm;

	while (sm->kept.head != NULL && ((struct kept_stanza *)sm->kept.head->data)->number <= acked)
		kept_free(g_queue_pop_head(&sm->kept));
	/* Also when the count did not grow: the disk may have refused the last time. */
	outbox_stored(account, acked);
	sm->acked = MAX(sm->acked, acked);
}

/* The 64-bit count that a 32-bit h means: the first one from acked on. */
static int64_t
widen(const struct acknowledge *sm, uint32_t h)
{
	return sm->acked + (uint32_t)(h - (uint32_t)sm->acked);
}

/* What the server has not acknowledged, for the stream that comes. */
static void
put_aside(struct acknowledge *sm)
{
	struct kept_stanza *stanza;

	while ((stanza = g_queue_pop_head(&sm->kept)) != NULL)
		g_queue_push_tail(&sm->again, stanza);
}

static void
send_again(struct account *account)
{
	GQueue again = account->sm.again;
	struct kept_stanza *kept;

	g_queue_init(&account->sm.again);
	while ((kept = g_queue_pop_head(&again)) != NULL) {
		struct stanza *stanza = stanza_parse(kept->xml, -1, NULL);

		if (stanza != NULL)
			account_send(account, stanza, true);
		kept_free(kept);
	}
}

static void
start_session(struct account *account, const struct stream_up *up)
{
	struct acknowledge *sm = &account->sm;
	g_autoptr(GError) error = NULL;

	if (up->resume_failed && up->has_failed_h)
		settle(account, widen(sm, up->failed_h));
	if (sm->clean) {
		outbox_requeue(account);
		put_aside(sm);
	} else {
		/* What was under way on the old session: nobody knows. */
		outbox_lost(account);
		g_queue_clear_full(&sm->kept, (GDestroyNotify)kept_free);
	}
	sm->clean = false;
	g_clear_pointer(&sm->id, g_free);
	g_clear_pointer(&sm->location, g_free);
	sm->on = up->sm;
	sm->id = g_strdup(up->sm_id);
	g_free(sm->jid);
	sm->jid = g_strdup(up->jid);
	sm->location = g_strdup(up->sm_location);
	sm->since_ms = clock_real_us() / 1000;
	sm->in = sm->in_told = sm->out = sm->acked = 0;
	sm->in_committed = -1;	/* the row must be written even if nothing was counted */
	sm->exact = true;
	/* One that cannot be resumed has no row; that of the session before it must not stay. */
	if (sm->id == NULL && !stream_row_delete(account->core->store, account->id, &error))
		turn_failed(account->core->turn, error);
	send_again(account);
}

/* False: the server counts what we never sent. */
static bool
resume_session(struct account *account, const struct stream_up *up)
{
	struct acknowledge *sm = &account->sm;
	int64_t acked = widen(sm, up->acked);

	if (sm->exact && acked > sm->out)
		return false;
	sm->on = sm->exact = true;
	sm->in_told = sm->in;
	settle(account, acked);
	/*
	 * Everything beyond what the server counted goes again, with new numbers.  The old ones go with this commit:
	 * others get them before the messages do, and a process that dies then must not take those for messages that
	 * arrived.
	 */
	sm->out = acked;
	outbox_requeue(account);
	put_aside(sm);
	sm->clean = sm->proving = true;
	ask_now(account, LIMIT_PROOF_WAIT);
	return true;
}

/* The resumed stream carries what we say. */
static void
go_on(struct account *account)
{
	struct acknowledge *sm = &account->sm;
	char *xml;

	sm->proving = sm->clean = false;
	while ((xml = g_queue_pop_head(&sm->held)) != NULL) {
		connection_write(account, xml, strlen(xml));
		g_free(xml);
	}
	outbox_flush(account);
	send_again(account);
}

/* After the commit of what the proof says. */
static void
proved(void *ctx)
{
	struct account *account = ctx;

	if (account->sm.proving && account_online(account))
		go_on(account);
}

void
acknowledge_ask(struct account *account, int64_t wait_ms)
{
	struct acknowledge *sm = &account->sm;

	if (!sm->asked) {
		ask_now(account, wait_ms);
	} else if (clock_boot_ms() + wait_ms < sm->asked_ms + sm->wait_ms) {
		sm->wait_ms = wait_ms;
		clock_timer_cancel(&sm->patience);
		sm->patience = clock_timer_start(wait_ms, lose_patience, account);
	}
}

void
acknowledge_write(struct account *account, const char *xml)
{
	struct acknowledge *sm = &account->sm;

	link_said(account);

	if (sm->proving && sm->held.length >= HELD_MAX)
		go_on(account);
	if (sm->proving)
		g_queue_push_tail(&sm->held, g_strdup(xml));
	else
		connection_write(account, xml, strlen(xml));
}

bool
acknowledge_up(struct account *account, const struct stream_up *up)
{
	struct acknowledge *sm = &account->sm;

	sm->asked = sm->ask = sm->answer = false;
	sm->unasked_bytes = 0;
	if (up->resumed)
		return resume_session(account, up);
	start_session(account, up);
	return true;
}

void
acknowledge_in(struct account *account)
{
	account->sm.in++;
	account->sm.heard_ms = clock_boot_ms();
	turn_wake(account->core->turn);
}

int64_t
acknowledge_out(struct account *account, char *xml, size_t len)
{
	struct acknowledge *sm = &account->sm;
	struct kept_stanza *kept;

	sm->out++;
	sm->unasked_bytes += len;
	if (xml != NULL && sm->on && sm->kept.length < KEPT_MAX) {
		kept = g_new(struct kept_stanza, 1);
		kept->number = sm->out;
		kept->xml = xml;
		g_queue_push_tail(&sm->kept, kept);
	} else {
		g_free(xml);
	}
	return sm->out;
}

void
acknowledge_take_back(struct account *account)
{
	struct acknowledge *sm = &account->sm;
	struct kept_stanza *last = g_queue_peek_tail(&sm->kept);

	if (last != NULL && last->number == sm->out)
		kept_free(g_queue_pop_tail(&sm->kept));
	sm->out--;
}

bool
acknowledge_element(struct account *account, const struct stanza *element)
{
	struct acknowledge *sm = &account->sm;
	const char *text = stanza_get(element, "h");
	guint64 h;
	int64_t acked;

	sm->heard_ms = clock_boot_ms();
	if (strcmp(stanza_name(element), "r") == 0) {
		sm->answer = true;
		turn_wake(account->core->turn);
		return true;
	}
	if (strcmp(stanza_name(element), "a") != 0)
		return true;
	if (text == NULL || !g_ascii_string_to_unsigned(text, 10, 0, UINT32_MAX, &h, NULL))
		return false;
	acked = widen(sm, (uint32_t)h);
	if (acked > sm->out) {
		log_warning("sm", "%s: acknowledged %u, sent %u", account_name(account), (unsigned)h,
		    (unsigned)sm->out);
		return false;
	}
	if (sm->asked)
		link_lag(account, clock_boot_ms() - sm->asked_ms);
	sm->asked = false;
	clock_timer_cancel(&sm->patience);
	settle(account, acked);
	if (sm->proving)
		turn_after(account->core->turn, proved, account, NULL);
	/* More went out meanwhile: the burst is not over. */
	sm->ask = outbox_waits_for_ack(account);
	turn_wake(account->core->turn);
	return true;
}

/*
 * A link can be dead without a word, also where the kernel sees it alive: a proxy between, a server that hangs.
 * Whoever does not say within this time what it has is not there; the session stays, to be resumed.
 */
static void
lose_patience(void *ctx)
{
	struct account *account = ctx;
	struct acknowledge *sm = &account->sm;
	int64_t left_ms = sm->heard_ms + sm->wait_ms - clock_boot_ms();

	sm->patience = NULL;
	/* While the disk refuses it is us who do not read. */
	if (turn_is_stuck(account->core->turn))
		left_ms = sm->wait_ms;
	/* What others say comes also where the question was swallowed. */
	if (sm->proving)
		left_ms = MIN(left_ms, sm->asked_ms + LIMIT_PROOF_MOST - clock_boot_ms());
	if (left_ms > 0)
		sm->patience = clock_timer_start(left_ms, lose_patience, account);
	else if (sm->proving) {
		/* It took the session back and does not hear us: a new one. */
		g_clear_pointer(&sm->id, g_free);
		connection_give_up(account,
		    "The server resumed the session and does not answer in it; a new one is made.");
	} else
		connection_give_up(account, "The server does not say any more what it got; the connection was left.");
}

void
acknowledge_down(struct account *account)
{
	clock_timer_cancel(&account->sm.patience);
	link_down(account);
	account->sm.proving = false;
	g_queue_clear_full(&account->sm.held, g_free);
}

void
acknowledge_flush(struct account *account)
{
	struct acknowledge *sm = &account->sm;

	if (!sm->on || !account_online(account))
		return;
	if (sm->answer || sm->in_committed - sm->in_told >= UNASKED) {
		g_autofree char *answer = g_strdup_printf("<a xmlns='" NS_SM "' h='%u'/>", (uint32_t)sm->in_committed);

		connection_write(account, answer, strlen(answer));
		sm->in_told = sm->in_committed;
		sm->answer = false;
	}
	if (sm->ask && !sm->asked)
		ask_now(account, LIMIT_ACK_WAIT);
}

static void
flush_effect(void *ctx)
{
	acknowledge_flush(ctx);
}

static bool
save_row(struct account *account, const struct stream_row *row, GError **error)
{
	struct store *store = account->core->store;

	/* A hook of the commit: no savepoint is open. */
	if (!store_begin(store, error))
		return false;
	if (stream_row_save(store, account->id, row, error))
		return store_end(store, true, error);
	store_end(store, false, NULL);
	return false;
}

void
acknowledge_save(struct account *account)
{
	struct acknowledge *sm = &account->sm;
	g_autoptr(GError) error = NULL;
	struct stream_row row = { .resume = sm->id, .location = sm->location, .h = (uint32_t)sm->in,
	    .acked = (uint32_t)sm->acked, .sent = (uint32_t)sm->out, .bound = sm->jid, .since_ms = sm->since_ms };

	if (!sm->on)
		return;
	/*
	 * What changed nothing may come again: its count alone is no reason to wait for the disk.  But what the next
	 * stream tells in order to resume must never be more than a later process would.
	 */
	if (account_online(account) && !sm->answer && !sm->ask && sm->in - sm->in_told < UNASKED &&
	    !store_dirty(account->core->store))
		return;
	if (sm->id != NULL && sm->in != sm->in_committed && !save_row(account, &row, &error)) {
		turn_failed(account->core->turn, error);
		return;
	}
	sm->in_committed = sm->in;
	if (sm->answer || sm->ask || sm->in_committed - sm->in_told >= UNASKED)
		turn_after(account->core->turn, flush_effect, account, NULL);
}

void
acknowledge_forget(struct account *account)
{
	struct acknowledge *sm = &account->sm;

	sm->on = false;
	g_clear_pointer(&sm->id, g_free);
	g_clear_pointer(&sm->location, g_free);
}

void
acknowledge_end(struct account *account)
{
	g_autoptr(GError) error = NULL;

	acknowledge_forget(account);
	if (!turn_begin(account->core->turn))
		return;
	if (!stream_row_delete(account->core->store, account->id, &error))
		log_error("sm", "%s", error->message);
	turn_end(account->core->turn, error == NULL);
}
