/* outbox.c: see outbox.h. */
#include "core/outbox.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/jid.h"
#include "base/log.h"
#include "base/text.h"
#include "core/archive.h"
#include "core/chat.h"
#include "core/feature.h"
#include "core/revise.h"
#include "core/room_message.h"
#include "core/turn.h"
#include "proto/error.h"
#include "store/chats.h"
#include "store/versions.h"
#include "xmpp/ns.h"

/* Tells how many wait, when that changed. */
static void
tell_queued(struct account *account)
{
	int64_t queued = message_count_queued(account->core->store, account->id);

	if (queued == account->queued)
		return;
	account->queued = queued;
	account_post(account);
}

/* What is sent for this text; NULL with an error. */
static char *
clean_body(const char *body, GError **error)
{
	g_autofree char *clean = text_clean(body, -1, TEXT_BODY, 0);

	if (*clean == '\0')
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, "There is nothing to send.");
	else if (strlen(clean) > LIMIT_BODY)
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE,
		    "The text is longer than %d bytes; no server takes that.", LIMIT_BODY);
	else
		return g_steal_pointer(&clean);
	return NULL;
}

/* The room that a chat is, or is in; NULL: none. */
static struct room *
room_of(const struct account *account, const char *chat_jid, enum chat_kind kind)
{
	g_autofree char *bare = kind != CHAT_PERSON ? jid_bare(chat_jid) : NULL;

	return bare != NULL ? room_find(account, bare) : NULL;
}

static const char *
nick_there(const struct account *account, const char *chat_jid, enum chat_kind kind)
{
	const struct room *room = room_of(account, chat_jid, kind);

	return room != NULL ? room->nick : NULL;
}

static bool
may_say(struct account *account, const char *chat_jid, enum chat_kind kind, GError **error)
{
	const struct room *room = room_of(account, chat_jid, kind);
	g_autofree char *bare = jid_bare(chat_jid);

	/* To one alone only what they are there to read. */
	if (kind == CHAT_PRIVATE && room_is_in(account, bare))
		return room_may_whisper(account, chat_jid, false, error);
	if (kind == CHAT_PERSON || (room != NULL && (room->wanted || room->state == ROOM_IN)))
		return true;
	g_set_error(error, RPC_ERROR, RPC_ERROR_FAILED, "You are not in %s. /join %s enters it. Nothing was sent.",
	    bare, bare);
	return false;
}

/* What is for a room waits until we are in it. */
static bool
may_leave(const struct account *account, const struct chat_row *chat)
{
	const struct room *room = room_of(account, chat->jid, chat->kind);

	return chat->kind == CHAT_PERSON || (room != NULL && room->state == ROOM_IN);
}

/* What is said in an encrypted chat stays what it was said as, whatever the chat is when it leaves. */
static enum encryption
encryption_now(struct store *store, int64_t id)
{
	struct chat_row *chat = chat_load(store, id);
	bool on = chat != NULL && chat->secrecy == SECRECY_ON;

	chat_row_free(chat);
	return on ? ENCRYPTION_OMEMO : ENCRYPTION_NONE;
}

int64_t
outbox_reply(struct account *account, const char *chat_jid, const char *body, const char *reply, const char *thread,
    GError **error)
{
	g_autofree char *clean = clean_body(body, error), *id = stanza_new_id();
	struct turn *turn = account->core->turn;
	struct message_row *row = NULL;
	enum chat_kind kind = chat_kind(account, chat_jid);
	int64_t chat, number = 0;

	if (clean == NULL || !chat_begin_change(account->core, error))
		return 0;
	if (!may_say(account, chat_jid, kind, error)) {
		chat_end_change(account->core, false, error);
		return 0;
	}
	chat = chat_find(account->core->store, account->id, chat_jid, kind, true, error);
	if (chat != 0 && chat_set_open(account->core->store, chat, true, error))
		row = message_queue(account->core->store, chat, account_jid(account),
		    nick_there(account, chat_jid, kind), id, clean,
		    encryption_now(account->core->store, chat), error);
	if (row != NULL && (reply == NULL || message_set_reply(account->core->store, row->id, reply, thread, error))) {
		number = row->id;
		g_free(row->reply);
		row->reply = g_strdup(reply);
		g_free(row->thread);
		row->thread = g_strdup(thread);
		turn_put_message(turn, row);
		turn_put_chat(turn, chat);
	}
	if (number == 0)
		message_row_free(row);
	if (!chat_end_change(account->core, number != 0, error))
		return 0;
	outbox_flush(account);
	return number;
}

int64_t
outbox_send(struct account *account, const char *chat_jid, const char *body, GError **error)
{
	return outbox_reply(account, chat_jid, body, NULL, NULL, error);
}

bool
outbox_correct(struct account *account, const struct message_row *row, const char *body, GError **error)
{
	g_autofree char *clean = clean_body(body, error), *id = stanza_new_id();
	struct store *store = account->core->store;
	struct message_row *now;
	bool ok;

	if (clean == NULL)
		return false;
	if (row->state == MESSAGE_FAILED || row->origin_id == NULL) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, "Message %" G_GINT64_FORMAT " cannot be corrected: %s.",
		    row->id, row->state == MESSAGE_FAILED ? "it failed" : "it has no id by which others know it");
		return false;
	}
	if (g_strcmp0(row->body, clean) == 0) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, "That is what it says. Nothing was done.");
		return false;
	}
	if (!chat_begin_change(account->core, error))
		return false;
	now = message_correct(store, row->id, clean, id, clock_real_us() / 1000, error);
	ok = now != NULL && (row->state == MESSAGE_QUEUED || edit_save(store, row->id, id, error));
	if (now != NULL) {
		turn_put_message(account->core->turn, now);
		turn_put_chat(account->core->turn, row->chat);
		revise_touch_answers(account->core, row);
	} else if (*error == NULL) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_FAILED,
		    "It was corrected later than now, says the clock. Nothing was done.");
	}
	if (!chat_end_change(account->core, ok, error))
		return false;
	outbox_flush(account);
	return true;
}

/* sealed: encrypted.  NULL: that could not be done, *why says in words why. */
static struct stanza *
build(struct account *account, const struct message_row *row, const struct chat_row *chat, bool sealed, char **why)
{
	struct stanza *stanza = stanza_message(chat->kind == CHAT_ROOM ? "groupchat" : "chat", chat->jid);
	struct outgoing out = { account, chat->jid, chat->kind, row, stanza };

	stanza_set(stanza, "id", row->origin_id);
	stanza_add_with_text(stanza, "body", NULL, row->body);
	/* XEP-0045 section 7.5: so that our other devices know whom it is for. */
	if (chat->kind == CHAT_PRIVATE)
		stanza_add(stanza, "x", NS_MUC_USER);
	features_outgoing(&out);
	if (sealed && !features_seal(&out, why)) {
		stanza_free(stanza);
		return NULL;
	}
	return stanza;
}

/*
 * The ciphertext that a message had when it left before: sent again as it was, it is read at most once, since the key
 * for it
 * is spent by who read it, whether or not that device compares ids.  NULL: it never left, or says something else now.
 */
static struct stanza *
as_before(struct account *account, const struct message_row *row)
{
	g_autofree char *xml = row->flags & MESSAGE_EDITED ? NULL : message_raw(account->core->store, row->id);

	return xml != NULL && row->encryption != ENCRYPTION_NONE ? stanza_parse(xml, -1, NULL) : NULL;
}

/* It does not leave, and says why.  False: the disk refuses. */
static bool
refuse(struct account *account, const struct message_row *row, const char *why)
{
	struct turn *turn = account->core->turn;
	g_autoptr(GError) error = NULL;
	struct message_row *now = message_advance(account->core->store, row->id, MESSAGE_FAILED, why, &error);

	if (now != NULL) {
		turn_put_message(turn, now);
		turn_put_chat(turn, row->chat);
	}
	return !turn_failed(turn, error);
}

/* What once left in plain goes so again, while nobody encrypts there: whoever could read it then has it. */
static enum leave
protection(struct account *account, const struct message_row *row, const struct chat_row *chat, char **why)
{
	bool sealed = row->encryption != ENCRYPTION_NONE;

	if (!sealed && chat->secrecy != SECRECY_ON && message_raw_came(account->core->store, row->id) != 0)
		return LEAVE_PLAIN;
	return features_leave(account, chat, sealed, why);
}

/* May it leave, and how?  LEAVE_NEVER with *why.  Who was there when it was typed may be gone now. */
static enum leave
how(struct account *account, const struct message_row *row, const struct chat_row *chat, char **why)
{
	g_autoptr(GError) error = NULL;

	if (!may_leave(account, chat))
		return LEAVE_LATER;
	if (chat->kind == CHAT_PRIVATE && !room_may_whisper(account, chat->jid, false, &error)) {
		if (turn_failed(account->core->turn, error))
			return LEAVE_LATER;
		*why = g_strdup(error->message);
		return LEAVE_NEVER;
	}
	return protection(account, row, chat, why);
}

/* One queued message becomes sent.  *later: it waits, and what was said behind it too.  False: the disk refuses. */
static bool
send_row(struct account *account, const struct message_row *row, bool *later)
{
	struct core *core = account->core;
	struct chat_row *chat = chat_load(core->store, row->chat);
	g_autoptr(GError) error = NULL;
	g_autofree char *xml = NULL, *why = NULL;
	struct message_row *sent;
	struct stanza *stanza = NULL;
	enum leave leave;

	g_return_val_if_fail(chat != NULL, true);
	leave = how(account, row, chat, &why);
	*later = leave == LEAVE_LATER;
	if (leave == LEAVE_SEALED)
		stanza = as_before(account, row);
	if (stanza == NULL && (leave == LEAVE_PLAIN || leave == LEAVE_SEALED))
		stanza = build(account, row, chat, leave == LEAVE_SEALED, &why);
	chat_row_free(chat);
	if (stanza == NULL)
		return *later || why == NULL ? !turn_is_stuck(core->turn) : refuse(account, row, why);
	if (!message_set_encryption(core->store, row->id, leave == LEAVE_SEALED ? ENCRYPTION_OMEMO : ENCRYPTION_NONE,
	    &error)) {
		stanza_free(stanza);
		return !turn_failed(core->turn, error);
	}
	xml = stanza_to_xml(stanza);
	sent = message_mark_sent(core->store, row->id, account->sm.out + 1, account->clock_offset_us, xml, &error);
	if (sent == NULL) {
		stanza_free(stanza);
		log_error("outbox", "%s", error != NULL ? error->message : "a queued message cannot be sent");
		return !turn_failed(core->turn, error);
	}
	turn_put_message(core->turn, sent);
	turn_put_chat(core->turn, row->chat);
	account_send(account, stanza, false);
	account->sm.ask = true;
	return true;
}

static GPtrArray *
in_state(struct account *account, enum message_state state)
{
	return message_in_state(account->core->store, account->id, state);
}

/* Sent, and not acknowledged by our own server. */
static GPtrArray *
under_way(struct account *account)
{
	GPtrArray *rows = in_state(account, MESSAGE_SENT);

	for (guint i = rows->len; i-- > 0;)
		if (((struct message_row *)rows->pdata[i])->sent_number == -1)
			g_ptr_array_remove_index(rows, i);
	return rows;
}

/* The message says again what the other side has. */
static void
edit_refused(struct account *account, const struct chat_row *chat, const struct edit_row *edit, const char *why,
    GError **error)
{
	g_autofree char *reason = g_strdup_printf("The correction was not sent. %s", why);
	struct message_row *now = message_uncorrect(account->core->store, chat->id, edit->id, reason, error);

	if (now == NULL)
		return;
	turn_put_message(account->core->turn, now);
	turn_put_chat(account->core->turn, chat->id);
	chat_notice(account, chat->jid, SEVERITY_WARNING, false, reason);
}

/* A correction goes like the message it is about, under an id of its own.  False: the disk refuses. */
static bool
send_edit(struct account *account, const struct edit_row *edit)
{
	struct core *core = account->core;
	struct message_row *row = message_load(core->store, edit->message), as_sent;
	struct chat_row *chat = row != NULL ? chat_load(core->store, row->chat) : NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *why = NULL;
	struct stanza *stanza = NULL;
	enum leave leave = LEAVE_LATER;

	if (chat != NULL && row->state != MESSAGE_QUEUED && may_leave(account, chat))
		leave = protection(account, row, chat, &why);
	if (leave == LEAVE_PLAIN || leave == LEAVE_SEALED) {
		as_sent = *row;
		as_sent.origin_id = edit->id;
		stanza = build(account, &as_sent, chat, leave == LEAVE_SEALED, &why);
	}
	if (stanza != NULL && edit_sent(core->store, row->id, account->sm.on ? account->sm.out + 1 : 0, &error)) {
		stanza_set(stanza_add(stanza, "replace", NS_CORRECT), "id", row->origin_id);
		account_send(account, g_steal_pointer(&stanza), false);
		account->sm.ask = true;
	}
	stanza_free(stanza);
	if (why != NULL)
		edit_refused(account, chat, edit, why, &error);
	chat_row_free(chat);
	message_row_free(row);
	return !turn_failed(core->turn, error);
}

/* One of this chat waits, or is being looked for: what was typed behind it would come before it. */
static bool
must_wait(const struct message_row *row, const GPtrArray *unknown, const GArray *waiting)
{
	for (guint i = 0; unknown != NULL && i < unknown->len; i++)
		if (((const struct message_row *)unknown->pdata[i])->chat == row->chat)
			return true;
	for (guint i = 0; i < waiting->len; i++)
		if (g_array_index(waiting, int64_t, i) == row->chat)
			return true;
	return false;
}

static void
send_queued(struct account *account)
{
	g_autoptr(GPtrArray) rows = NULL, edits = NULL, unknown = NULL;
	g_autoptr(GArray) waiting = g_array_new(FALSE, FALSE, sizeof(int64_t));

	/* A resumed stream is proved first, and what is older goes first. */
	if (!account_online(account) || account->sm.proving || !turn_begin(account->core->turn))
		return;
	rows = in_state(account, MESSAGE_QUEUED);
	bool ok = true;
	unknown = archive_looks(account) ? in_state(account, MESSAGE_UNKNOWN) : NULL;
	for (guint i = 0; ok && i < rows->len; i++) {
		const struct message_row *row = rows->pdata[i];
		bool later = false;

		ok = must_wait(row, unknown, waiting) || send_row(account, row, &later);
		if (later)
			g_array_append_val(waiting, row->chat);
	}
	edits = edit_list(account->core->store, account->id);
	for (guint i = 0; ok && i < edits->len; i++)
		ok = send_edit(account, edits->pdata[i]);
	ok = ok && revise_flush(account);
	turn_end(account->core->turn, ok);
}

/* Corrections on their way: settled up to a number, or (acked -1) to go again. */
static void
settle_edits(struct account *account, int64_t acked)
{
	struct turn *turn = account->core->turn;
	g_autoptr(GError) error = NULL;

	if (!turn_begin(turn))
		return;
	if (acked >= 0)
		edits_stored(account->core->store, account->id, acked, &error);
	else
		edits_requeue(account->core->store, account->id, &error);
	turn_end(turn, error == NULL);
	turn_failed(turn, error);
	revise_settle(account, acked);
}

void
outbox_flush(struct account *account)
{
	send_queued(account);
	tell_queued(account);
}

/* Moves each row on and puts it; what fails is told once. */
static void
advance_all(struct account *account, GPtrArray *rows, enum message_state state, const char *reason)
{
	struct turn *turn = account->core->turn;
	g_autoptr(GError) error = NULL;

	if (!turn_begin(turn))
		return;
	for (guint i = 0; error == NULL && i < rows->len; i++) {
		const struct message_row *row = rows->pdata[i];
		struct message_row *now = message_advance(account->core->store, row->id, state, reason, &error);

		if (now != NULL)
			turn_put_message(turn, now);
	}
	turn_end(turn, error == NULL);
	turn_failed(turn, error);
}

void
outbox_stored(struct account *account, int64_t acked)
{
	g_autoptr(GPtrArray) rows = message_sent_up_to(account->core->store, account->id, acked),
	    direct = g_ptr_array_new();
	struct turn *turn = account->core->turn;
	g_autoptr(GError) error = NULL;

	if (!turn_begin(turn))
		return;
	for (guint i = 0; error == NULL && i < rows->len; i++) {
		struct message_row *row = rows->pdata[i], *now;

		if (chat_kind_of(account->core, row->chat) != CHAT_ROOM) {
			g_ptr_array_add(direct, row);
		} else if ((now = message_acknowledged(account->core->store, row->id, &error)) != NULL) {
			turn_put_message(turn, now);
		}
	}
	turn_end(turn, error == NULL);
	turn_failed(turn, error);
	advance_all(account, direct, MESSAGE_STORED, NULL);
	settle_edits(account, acked);
}

void
outbox_lost(struct account *account)
{
	g_autoptr(GPtrArray) rows = in_state(account, MESSAGE_SENT);

	advance_all(account, rows, MESSAGE_UNKNOWN,
	    "The connection broke while this was under way; it may have arrived. /retry sends it again.");
	settle_edits(account, -1);
}

void
outbox_requeue(struct account *account)
{
	struct turn *turn = account->core->turn;
	g_autoptr(GPtrArray) rows = under_way(account);
	g_autoptr(GError) error = NULL;

	if (!turn_begin(turn))
		return;
	for (guint i = 0; error == NULL && i < rows->len; i++) {
		struct message_row *now = message_requeue(account->core->store,
		    ((struct message_row *)rows->pdata[i])->id, &error);

		if (now != NULL)
			turn_put_message(turn, now);
	}
	turn_end(turn, error == NULL);
	turn_failed(turn, error);
	settle_edits(account, -1);
	tell_queued(account);
}

void
outbox_refused(struct account *account, const char *reason)
{
	g_autoptr(GPtrArray) rows = under_way(account);
	g_autoptr(GPtrArray) first = g_ptr_array_new();

	for (guint i = 0; i < rows->len; i++) {
		struct message_row *row = rows->pdata[i], *least = first->len > 0 ? first->pdata[0] : NULL;

		if (row->body == NULL || strlen(row->body) < LIMIT_STANZA_LEAST)
			continue;
		if (least != NULL && least->sent_number <= row->sent_number)
			continue;
		g_ptr_array_set_size(first, 0);
		g_ptr_array_add(first, row);
	}
	advance_all(account, first, MESSAGE_FAILED, reason);
}

bool
outbox_waits_for_ack(struct account *account)
{
	g_autoptr(GPtrArray) rows = under_way(account);

	return rows->len > 0 || edits_on_way(account->core->store, account->id) || revise_on_way(account);
}

bool
outbox_has_unknown(struct account *account)
{
	g_autoptr(GPtrArray) rows = in_state(account, MESSAGE_UNKNOWN);

	return rows->len > 0;
}

/* Back into the queue, and out with it. */
static void
requeue_all(struct account *account, const GPtrArray *rows)
{
	struct turn *turn = account->core->turn;
	g_autoptr(GError) error = NULL;

	if (!turn_begin(turn))
		return;
	for (guint i = 0; error == NULL && i < rows->len; i++) {
		struct message_row *now = message_requeue(account->core->store,
		    ((struct message_row *)rows->pdata[i])->id, &error);

		if (now != NULL)
			turn_put_message(turn, now);
	}
	turn_end(turn, error == NULL);
	turn_failed(turn, error);
	outbox_flush(account);
}

void
outbox_not_found(struct account *account, int64_t from_ord, bool (*keeps)(void *, struct account *, const char *),
    void *ctx)
{
	g_autoptr(GPtrArray) rows = in_state(account, MESSAGE_UNKNOWN);

	for (guint i = rows->len; i-- > 0;) {
		const struct message_row *row = rows->pdata[i];
		struct chat_row *chat = chat_load(account->core->store, row->chat);

		if (chat == NULL || row->ord < from_ord || !keeps(ctx, account, chat->jid))
			g_ptr_array_remove_index(rows, i);
		chat_row_free(chat);
	}
	requeue_all(account, rows);
}

void
outbox_not_found_in(struct account *account, const char *room, int64_t from_ms)
{
	int64_t chat = chat_find(account->core->store, account->id, room, CHAT_ROOM, false, NULL);
	g_autoptr(GPtrArray) rows = in_state(account, MESSAGE_UNKNOWN);

	for (guint i = rows->len; i-- > 0;) {
		const struct message_row *row = rows->pdata[i];

		if (row->chat != chat || row->said_ms < from_ms)
			g_ptr_array_remove_index(rows, i);
	}
	requeue_all(account, rows);
}

void
outbox_room_left(struct account *account, const char *room)
{
	int64_t chat = chat_find(account->core->store, account->id, room, CHAT_ROOM, false, NULL);
	g_autoptr(GPtrArray) rows = in_state(account, MESSAGE_SENT);

	for (guint i = rows->len; i-- > 0;)
		if (((struct message_row *)rows->pdata[i])->chat != chat)
			g_ptr_array_remove_index(rows, i);
	if (rows->len > 0)
		advance_all(account, rows, MESSAGE_UNKNOWN,
		    "The room did not send this back before we were out of it; it may have arrived. /retry sends it "
		    "again.");
}

/* How far a message got.  False when it is not ours, or not of this account. */
static bool
own_state(struct account *account, int64_t message, enum message_state *state, GError **error)
{
	struct message_row *row = message_load(account->core->store, message);
	struct chat_row *chat = row != NULL ? chat_load(account->core->store, row->chat) : NULL;
	bool own = chat != NULL && chat->account == account->id && (row->flags & MESSAGE_OUT);

	if (own)
		*state = row->state;
	else
		g_set_error(error, RPC_ERROR, RPC_ERROR_NOT_FOUND,
		    "%" G_GINT64_FORMAT " is not the number of a message of yours.", message);
	if (chat != NULL)
		chat_row_free(chat);
	if (row != NULL)
		message_row_free(row);
	return own;
}

/* Changes the state of one message because a person says so. */
static bool
decide(struct account *account, struct message_row *now, GError **cause, GError **error)
{
	struct turn *turn = account->core->turn;

	if (now != NULL) {
		turn_put_message(turn, now);
		turn_put_chat(turn, now->chat);
	}
	turn_end(turn, now != NULL);
	if (now == NULL && *cause != NULL) {
		turn_failed(turn, *cause);
		g_propagate_error(error, *cause);
	} else if (now == NULL) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_FAILED,
		    "The message has moved on meanwhile. Nothing was done.");
	}
	return now != NULL;
}

/* Who says it again after /omemo off says it in plain. */
static bool
decide_encryption(struct store *store, int64_t message, GError **cause)
{
	struct message_row *row = message_load(store, message);
	struct chat_row *chat = row != NULL ? chat_load(store, row->chat) : NULL;
	bool off = chat != NULL && chat->secrecy == SECRECY_OFF;

	chat_row_free(chat);
	message_row_free(row);
	return !off || message_set_encryption(store, message, ENCRYPTION_NONE, cause);
}

bool
outbox_retry(struct account *account, int64_t message, GError **error)
{
	struct message_row *now;
	GError *cause = NULL;
	enum message_state state;

	if (!own_state(account, message, &state, error))
		return false;
	if (state != MESSAGE_UNKNOWN && state != MESSAGE_FAILED) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE,
		    "Message %" G_GINT64_FORMAT " is %s; only a message that failed or whose fate is unknown is sent "
		    "again.",
		    message, message_state_name(state));
		return false;
	}
	if (!chat_begin_change(account->core, error))
		return false;
	now = decide_encryption(account->core->store, message, &cause) ?
	    message_requeue(account->core->store, message, &cause) : NULL;
	if (!decide(account, now, &cause, error))
		return false;
	outbox_flush(account);
	return true;
}

bool
outbox_cancel(struct account *account, int64_t message, GError **error)
{
	GError *cause = NULL;
	enum message_state state;

	if (!own_state(account, message, &state, error))
		return false;
	if (state != MESSAGE_QUEUED && state != MESSAGE_UNKNOWN && state != MESSAGE_FAILED) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE,
		    "Message %" G_GINT64_FORMAT " is %s already; it cannot be taken back.", message,
		    message_state_name(state));
		return false;
	}
	if (!chat_begin_change(account->core, error))
		return false;
	if (!decide(account, message_advance(account->core->store, message, MESSAGE_CANCELLED, NULL, &cause), &cause,
	    error))
		return false;
	tell_queued(account);
	return true;
}
