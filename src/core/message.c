/* message.c: see message.h. */
#include "core/message.h"

#include <string.h>

#include "base/clock.h"
#include "base/jid.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "core/archive.h"
#include "core/chat.h"
#include "core/feature.h"
#include "core/pep.h"
#include "core/reply.h"
#include "core/revise.h"
#include "core/room_message.h"
#include "core/roster.h"
#include "core/turn.h"
#include "store/versions.h"
#include "xmpp/ns.h"

static void
incoming_clear(struct incoming *in)
{
	g_free(in->from);
	g_free(in->peer);
	g_free(in->author);
	g_free(in->origin_id);
	g_free(in->server_id);
	g_free(in->corrects);
	g_free(in->device_key);
	g_free(in->reply);
	g_free(in->thread);
	g_free(in->body);
}

/* Who sent it and which chat it belongs to.  False: it belongs to none. */
static bool
address(struct incoming *in)
{
	const char *from = stanza_get(in->message, "from"), *to = stanza_get(in->message, "to"), *other;
	g_autofree char *receiver = NULL;

	/* RFC 6120 §8.1.2.1: without a from it is from our own account. */
	in->from = from != NULL ? jid_normalise(from, NULL) : g_strdup(account_jid(in->account));
	if (in->from == NULL)
		return false;
	if (!in->out && g_strcmp0(stanza_get(in->message, "type"), "groupchat") == 0) {
		in->peer = jid_bare(in->from);
		return room_message_address(in);
	}
	/* Ours from elsewhere: the chat is with whom it was sent to. */
	if (in->out && (to == NULL || !jid_same_bare(in->from, account_jid(in->account)) ||
	    (receiver = jid_normalise(to, NULL)) == NULL))
		return false;
	other = in->out ? receiver : in->from;
	in->peer = jid_bare(other);
	if (room_is_private(in->account, other, in->message)) {
		in->kind = CHAT_PRIVATE;
		in->room = room_find(in->account, in->peer);
		g_free(in->peer);
		in->peer = g_strdup(other);
	} else if (room_known(in->account, in->peer)) {
		in->kind = CHAT_ROOM;
		in->room = room_find(in->account, in->peer);
	}
	if (in->kind == CHAT_PERSON)
		in->author = jid_bare(in->from);
	else
		room_message_author(in);
	return true;
}

/* A correction of ours came back: the message says again what the other side has. */
static void
correction_bounced(struct incoming *in, int64_t chat, const char *id)
{
	struct core *core = in->account->core;
	g_autofree char *text = NULL, *reason = NULL;
	struct message_row *now;
	struct stanza_fault fault;
	g_autoptr(GError) error = NULL;

	if (!stanza_fault_read(in->message, &fault))
		return;
	text = stanza_fault_text(&fault);
	reason = g_strdup_printf("The correction was refused. %s: %s", fault.by != NULL ? fault.by : in->peer, text);
	stanza_fault_clear(&fault);
	now = message_uncorrect(core->store, chat, id, reason, &error);
	if (now != NULL) {
		turn_put_message(core->turn, now);
		turn_put_chat(core->turn, chat);
		revise_touch_answers(core, now);
		chat_notice(in->account, in->peer, SEVERITY_WARNING, false, reason);
	}
	turn_failed(core->turn, error);
}

void
message_traced(const struct incoming *in, int64_t id, enum trace what)
{
	g_autofree char *xml = stanza_to_xml(in->stanza);
	g_autoptr(GError) error = NULL;

	message_trace(in->account->core->store, id, what, in->via, in->from, xml, &error);
	turn_failed(in->account->core->turn, error);
}

/* A message of ours came back with an error: it failed, and the words are on it. */
static void
bounced(struct incoming *in)
{
	struct account *account = in->account;
	struct core *core = account->core;
	const char *id = stanza_get(in->message, "id");
	int64_t chat = chat_find(core->store, account->id, in->peer, CHAT_PERSON, false, NULL);
	/* What another device of ours sends as an error is about a message of the peer's. */
	struct message_row *row = id != NULL && chat != 0 && !in->out ? message_find_out(core->store, chat, id) : NULL,
	    *now;
	struct stanza_fault fault;
	g_autofree char *text = NULL, *reason = NULL;
	g_autoptr(GError) error = NULL;

	if (row == NULL && id != NULL && chat != 0 && !in->out)
		correction_bounced(in, chat, id);
	if (row == NULL && id != NULL && chat != 0 && !in->out)
		revise_bounced(account, chat, id, in->message);
	if (row == NULL || !stanza_fault_read(in->message, &fault)) {
		if (row != NULL)
			message_row_free(row);
		return;
	}
	text = stanza_fault_text(&fault);
	reason = g_strdup_printf("%s: %s", fault.by != NULL ? fault.by : in->peer, text);
	stanza_fault_clear(&fault);
	now = message_advance(core->store, row->id, MESSAGE_FAILED, reason, &error);
	message_traced(in, row->id, TRACE_ERROR);
	message_row_free(row);
	if (now != NULL) {
		turn_put_message(core->turn, now);
		turn_put_chat(core->turn, chat);
	}
	turn_failed(core->turn, error);
}

/* Of several texts, the one without a language, else the first (RFC 6121 §5.2.3). */
char *
message_text(const struct stanza *message)
{
	const struct stanza *body = stanza_child(message, "body", NS_CLIENT);
	g_autofree char *text = NULL;

	for (const struct stanza *c = body; c != NULL; c = stanza_next(c)) {
		if (stanza_is(c, "body", NS_CLIENT) && stanza_get(c, "xml:lang") == NULL) {
			body = c;
			break;
		}
	}
	text = body != NULL ? text_clean(stanza_text(body), -1, TEXT_BODY, LIMIT_BODY) : NULL;
	if (text != NULL)
		reply_cut(message, text);
	return text != NULL && *text != '\0' ? g_steal_pointer(&text) : NULL;
}

/* Whether it puts its chat among the open ones.  A room that somebody closed comes back for what is meant for them. */
static bool
opens(const struct incoming *in)
{
	if (in->kind == CHAT_ROOM)
		return in->mention && !in->ignored && in->fate == MESSAGE_FATE_NEW && !in->old;
	return in->via != VIA_ARCHIVE || (in->fate == MESSAGE_FATE_NEW && !in->old);
}

static bool
store(struct incoming *in)
{
	struct account *account = in->account;
	struct core *core = account->core;
	g_autoptr(GError) error = NULL;
	g_autofree char *raw = stanza_to_xml(in->stanza);
	struct message_row *row = NULL;
	struct message_arrival arrival = {
		.author = in->author, .resource = jid_resource(in->from), .out = in->out, .counts = !in->out &&
		    !in->old && !in->ignored,
		.said_ms = in->said_ms, .via = in->via, .encryption = in->encryption, .origin_id = in->origin_id,
		.server_id = in->server_id, .body = in->body, .raw = raw, .clock_offset_us = account->clock_offset_us,
		.ord = in->ord, .renamed = in->renamed, .corrects = in->corrects,
		.reply = in->reply, .thread = in->thread, .unstyled = in->unstyled, .retracted = in->retracted,
		.markable = in->markable, .mention = in->mention && !in->out && !in->ignored,
		.told_after = in->via == VIA_ROOM_HISTORY ? in->room->told : 0,
	};
	bool ok;

	arrival.chat = chat_find(core->store, account->id, in->peer, in->kind, true, &error);
	in->fate = arrival.chat != 0 ? message_arrive(core->store, &arrival, &row, &error) : MESSAGE_FATE_ERROR;
	ok = in->fate != MESSAGE_FATE_ERROR;
	/* Who wrote there from elsewhere has read what was there. */
	if (ok && in->fate == MESSAGE_FATE_NEW && in->out)
		ok = chat_set_read(core->store, arrival.chat, row->ord, &error);
	if (ok && opens(in))
		ok = chat_set_open(core->store, arrival.chat, true, &error);
	if (!ok) {
		message_row_free(row);
		log_error("store", "%s", error != NULL ? error->message : "a message was not stored");
		turn_failed(core->turn, error);
		return false;
	}
	if (in->via == VIA_ROOM_HISTORY && in->fate == MESSAGE_FATE_KNOWN)
		in->room->told = row->id;
	in->row = row;
	if (in->fate == MESSAGE_FATE_KNOWN)
		message_traced(in, row->id, TRACE_COPY);
	return true;
}

static void
headline(struct incoming *in)
{
	const char *subject = stanza_text(stanza_child(in->message, "subject", NS_CLIENT));
	g_autofree char *title = subject != NULL ? text_clean(subject, -1, TEXT_LINE, LIMIT_NAME) : NULL;

	if (in->body != NULL)
		account_notice(in->account, SEVERITY_INFO, "%s, notice: \"%s%s%s\"", in->peer,
		    title != NULL ? title : "", title != NULL ? ": " : "", in->body);
}

/* The stages, for a message that is neither an error nor from a room.  False: the disk refused. */
static bool
run_stages(struct incoming *in, int64_t *place)
{
	struct turn *turn = in->account->core->turn;
	int64_t rev;

	if (features_in(in, STAGE_DECRYPT) == DONE)
		return true;
	if (in->body == NULL)
		in->body = message_text(in->message);
	else if (!in->copy)
		reply_cut(in->message, in->body);
	if (features_in(in, STAGE_ANNOTATE) == DONE)
		return true;
	if (g_strcmp0(stanza_get(in->message, "type"), "headline") == 0) {
		if (in->via != VIA_ARCHIVE)
			headline(in);
		return true;
	}
	if (features_in(in, STAGE_REVISE) == DONE || (in->body == NULL && !in->retracted))
		return !turn_is_stuck(turn);
	if (features_in(in, STAGE_STORE) == DONE)
		return !turn_is_stuck(turn);
	rev = store_rev(in->account->core->store);
	if (!store(in))
		return false;
	*place = in->row->ord;
	features_in(in, STAGE_REPORT);
	if (in->fate == MESSAGE_FATE_NEW || in->row->rev > rev)
		revise_waited(in);
	if ((in->via == VIA_LIVE || in->via == VIA_CARBON) && (in->kind != CHAT_ROOM || in->room != NULL))
		archive_live(in->account, in->kind == CHAT_ROOM ? in->room : NULL, in->row);
	/* The row is the turn's from here on; a copy that brought nothing new is nothing to tell. */
	if (in->row->rev > rev) {
		turn_put_chat(turn, in->row->chat);
		turn_put_message(turn, (struct message_row *)(uintptr_t)in->row);
		revise_touch_answers(in->account->core, in->row);
	} else {
		message_row_free((struct message_row *)(uintptr_t)in->row);
	}
	in->row = NULL;
	return true;
}

static void
route_message(struct account *account, const struct stanza *stanza)
{
	struct incoming in = { .account = account, .stanza = stanza, .message = stanza, .via = VIA_LIVE };
	const char *type;
	int64_t place;

	if (stanza_child(stanza, "result", NS_MAM) != NULL) {
		archive_result(account, stanza);
		return;
	}
	if (pep_event(account, stanza))
		return;
	if (features_in(&in, STAGE_UNWRAP) == GO_ON && address(&in)) {
		type = stanza_get(in.message, "type");
		if (in.kind == CHAT_ROOM && in.room != NULL && room_message_control(&in))
			;	/* nothing that anybody said */
		else if (g_strcmp0(type, "error") == 0)
			bounced(&in);
		else
			run_stages(&in, &place);
	}
	incoming_clear(&in);
}

bool
message_archived_chat(const struct account *account, const struct stanza *message, char **from, char **chat, bool *out)
{
	const char *type = stanza_get(message, "type"), *own = account_jid(account);
	const char *said_from = stanza_get(message, "from"), *to = stanza_get(message, "to");
	g_autofree char *sender = said_from != NULL ? jid_normalise(said_from, NULL) : g_strdup(own);
	g_autofree char *receiver = to != NULL ? jid_normalise(to, NULL) : g_strdup(own);

	if (sender == NULL || receiver == NULL || g_strcmp0(type, "error") == 0 || g_strcmp0(type, "groupchat") == 0)
		return false;
	/* With oneself: as what came in, like the live one. */
	*out = jid_same_bare(sender, own) && !jid_same_bare(receiver, own);
	if (!*out && !jid_same_bare(receiver, own))
		return false;
	if (room_is_private(account, *out ? receiver : sender, message))
		*chat = g_strdup(*out ? receiver : sender);
	else
		*chat = jid_bare(*out ? receiver : sender);
	*from = g_steal_pointer(&sender);
	return true;
}

bool
message_archived(struct account *account, const struct archived *archived, int64_t *place, bool *news)
{
	struct incoming in = { .account = account, .stanza = archived->envelope, .message = archived->message,
	    .via = VIA_ARCHIVE, .out = archived->out, .said_ms = archived->said_ms, .ord = archived->ord,
	    .old = archived->old, .renamed = archived->renamed, .fate = MESSAGE_FATE_KNOWN };
	bool ok;

	*place = 0;
	in.from = g_strdup(archived->from);
	in.peer = g_strdup(archived->chat);
	in.room = archived->room;
	in.kind = archived->room != NULL ? CHAT_ROOM : jid_resource(in.peer) != NULL ? CHAT_PRIVATE : CHAT_PERSON;
	if (in.kind == CHAT_PERSON)
		in.author = jid_bare(in.from);
	else
		room_message_author(&in);
	in.server_id = text_clean(archived->id, -1, TEXT_LINE, 0);
	ok = run_stages(&in, place);
	*news = ok && in.fate == MESSAGE_FATE_NEW;
	incoming_clear(&in);
	return ok;
}

/* Who asks may not even learn that we are there (RFC 6120 §8.4): only our server, ourselves, and who sees us. */
static bool
may_know(struct account *account, const struct stanza *iq)
{
	g_autofree char *from = jid_normalise(stanza_get(iq, "from"), NULL);
	g_autofree char *bare = from != NULL ? jid_bare(from) : NULL, *domain = jid_domain(account_jid(account));

	return from == NULL || strcmp(bare, domain) == 0 || roster_sees_us(account, bare) ||
	    room_is_self(account, from);
}

/* Questions of others are cheap to ask.  Ours and our server's are not counted. */
static bool
is_flood(struct account *account, const struct stanza *iq)
{
	g_autofree char *from = stanza_get(iq, "from") != NULL ? jid_normalise(stanza_get(iq, "from"), NULL) : NULL;
	g_autofree char *domain = jid_domain(account_jid(account));
	int64_t second = clock_boot_ms() / 1000;

	if (stanza_get(iq, "from") == NULL || g_strcmp0(from, domain) == 0 ||
	    (from != NULL && (jid_same_bare(from, account_jid(account)) || room_is_self(account, from))))
		return false;
	if (account->iq_second != second) {
		account->iq_second = second;
		account->iqs_answered = 0;
	}
	return account->iqs_answered++ >= LIMIT_IQ_RATE;
}

static void
route_iq(struct account *account, const struct stanza *iq)
{
	const char *type = stanza_get(iq, "type");
	bool taken = false;

	if (g_strcmp0(type, "result") == 0 || g_strcmp0(type, "error") == 0) {
		iq_answer(account->iqs, iq);
		return;
	}
	if ((g_strcmp0(type, "get") != 0 && g_strcmp0(type, "set") != 0) || stanza_get(iq, "id") == NULL)
		return;
	if (is_flood(account, iq))
		return;
	if (strcmp(type, "set") == 0 && stanza_child(iq, "query", NS_ROSTER) != NULL) {
		taken = roster_push(account, iq);
		if (taken)
			account_send(account, stanza_result(iq), false);
	} else if (may_know(account, iq)) {
		taken = features_iq(account, iq);
	}
	if (!taken)
		account_send(account, stanza_error(iq, "cancel", "service-unavailable"), false);
}

void
message_route(struct account *account, const struct stanza *stanza)
{
	if (strcmp(stanza_ns(stanza), NS_CLIENT) != 0)
		return;
	if (strcmp(stanza_name(stanza), "message") == 0)
		route_message(account, stanza);
	else if (strcmp(stanza_name(stanza), "iq") == 0)
		route_iq(account, stanza);
	else if (strcmp(stanza_name(stanza), "presence") == 0 && !room_presence(account, stanza) &&
	    g_strcmp0(stanza_get(stanza, "type"), "error") != 0)
		roster_presence(account, stanza);
}
