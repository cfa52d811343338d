/*
 * revise.c: see revise.h.  In a room everybody names a message by the id that the room gave, because nobody else can
 * give that; between two people by the one that its sender gave.
 */
#include "core/revise.h"

#include <string.h>

#include "base/clock.h"
#include "base/jid.h"
#include "core/chat.h"
#include "core/feature.h"
#include "core/room_message.h"
#include "core/setting.h"
#include "core/turn.h"
#include "proto/error.h"
#include "xmpp/ns.h"

static int64_t
chat_of(const struct incoming *in)
{
	return chat_find(in->account->core->store, in->account->id, in->peer, CHAT_PERSON, false, NULL);
}

static struct message_row *
target_in(const struct incoming *in, int64_t chat, const char *id)
{
	struct store *store = in->account->core->store;
	struct message_row *row = chat != 0 ? revision_target(store, chat, id, in->kind == CHAT_ROOM) : NULL;

	return row;
}

struct message_row *
revise_target(const struct incoming *in, const char *id)
{
	return target_in(in, chat_of(in), id);
}

/* May whoever sent this take that back? */
static bool
may_retract(const struct incoming *in, const struct message_row *row, bool moderated)
{
	bool out = in->out || strcmp(in->author, account_jid(in->account)) == 0;

	return moderated || (strcmp(row->author, in->author) == 0 && ((row->flags & MESSAGE_OUT) != 0) == out &&
	    room_message_same_stay(in, row->ord));
}

void
revise_touch_answers(struct core *core, const struct message_row *row)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) rows = message_answers(core->store, row->chat, row->origin_id, row->server_id, &error);

	g_ptr_array_set_free_func(rows, NULL);
	for (guint i = 0; i < rows->len; i++)
		turn_put_message(core->turn, rows->pdata[i]);
	turn_failed(core->turn, error);
}

/* The row as it now is; NULL: nothing changed. */
static struct message_row *
apply(struct core *core, int64_t id, const struct revision *revision, bool moderated, GError **error)
{
	if (revision->kind == REVISION_REACTION)
		return message_react(core->store, id, revision, error);
	return message_retract(core->store, id, revision, moderated,
	    setting_get(core->settings, SETTING_HISTORY_KEEP_RETRACTED), error);
}

/* Who says it is known for certain also when its message comes: by an id, an address, or the room. */
static bool
may_wait(const struct incoming *in, const struct revise_claim *claim)
{
	return claim->kind == REVISION_REACTION || claim->moderated || in->kind == CHAT_PERSON || in->out ||
	    *in->author == '#';
}

bool
revise_take(struct incoming *in, const struct revise_claim *claim)
{
	struct core *core = in->account->core;
	int64_t chat = chat_of(in);
	struct message_row *row = target_in(in, chat, claim->target), *now = NULL;
	struct revision revision = { claim->kind, in->author, claim->nick,
		in->said_ms != 0 ? in->said_ms : clock_real_us() / 1000, in->origin_id, claim->text };
	g_autoptr(GError) error = NULL;
	bool may = claim->kind == REVISION_REACTION || row == NULL || may_retract(in, row, claim->moderated);

	if (chat == 0 || !may || (row == NULL && !may_wait(in, claim))) {
		message_row_free(row);
		return false;
	}
	if (row == NULL) {
		revision_wait(core->store, chat, claim->target, &revision, &error);
	} else if ((now = apply(core, row->id, &revision, claim->moderated, &error)) != NULL) {
		/* With what it said goes who told it, where nothing is to be kept. */
		if (claim->kind == REVISION_REACTION || setting_get(core->settings, SETTING_HISTORY_KEEP_RETRACTED))
			message_traced(in, row->id, claim->kind == REVISION_REACTION ? TRACE_REACTION :
			    TRACE_RETRACTION);
		turn_put_message(core->turn, now);
		turn_put_chat(core->turn, chat);
		if (claim->kind == REVISION_RETRACTION)
			revise_touch_answers(core, row);
	}
	message_row_free(row);
	turn_failed(core->turn, error);
	return true;
}

/* An element <fallback/> that means all of the body: no part is named, or the body without a range. */
static bool
means_all(const struct stanza *fallback)
{
	const struct stanza *part = stanza_first(fallback);

	return part == NULL || (stanza_next(part) == NULL && stanza_is(part, "body", NS_FALLBACK) &&
	    stanza_get(part, "start") == NULL && stanza_get(part, "end") == NULL);
}

void
revise_drop_fallback(struct incoming *in, const char *ns)
{
	for (const struct stanza *c = stanza_first(in->message); c != NULL; c = stanza_next(c)) {
		const char *what = stanza_is(c, "fallback", NS_FALLBACK) ? stanza_get(c, "for") : ns;

		if (stanza_is(c, "fallback", NS_FALLBACK) && (what == NULL || strcmp(what, ns) == 0) && means_all(c)) {
			g_clear_pointer(&in->body, g_free);
			return;
		}
	}
}

/* --- before their message --- */

static void
take_waited(struct incoming *in, const struct revision *revision, GError **error)
{
	struct core *core = in->account->core;
	bool moderated = in->kind == CHAT_ROOM && strcmp(revision->author, in->peer) == 0;
	struct message_row *now = NULL;

	if (revision->kind == REVISION_REACTION || moderated || strcmp(revision->author, in->row->author) == 0)
		now = apply(core, in->row->id, revision, moderated, error);
	if (now == NULL)
		return;
	message_row_free((struct message_row *)(uintptr_t)in->row);
	in->row = now;
}

void
revise_waited(struct incoming *in)
{
	const char *id = in->kind == CHAT_ROOM ? in->row->server_id : in->row->origin_id;
	g_autofree char *target = g_strdup(id);
	g_autoptr(GError) error = NULL;

	for (int kind = REVISION_RETRACTION; target != NULL && kind <= REVISION_REACTION; kind++) {
		g_autoptr(GPtrArray) all = revision_waited(in->account->core->store, in->row->chat, target,
		    (enum revision_kind)kind, &error);

		for (guint i = 0; error == NULL && i < all->len; i++)
			take_waited(in, all->pdata[i], &error);
	}
	turn_failed(in->account->core->turn, error);
}

/* --- ours --- */

const char *
revise_id(const struct account *account, const struct message_row *row, GError **error)
{
	bool room = chat_kind_of(account->core, row->chat) == CHAT_ROOM;
	const char *id = room ? row->server_id : row->origin_id;

	if (id == NULL)
		g_set_error(error, RPC_ERROR, RPC_ERROR_FAILED, room && (row->flags & MESSAGE_OUT) != 0 &&
		    row->ord == 0 ?
		    "The room has not sent message %" G_GINT64_FORMAT " back yet. Nothing was done." :
		    "Message %" G_GINT64_FORMAT " has no id by which others know it. Nothing was done.", row->id);
	return id;
}

bool
revise_send(struct account *account, const struct message_row *row, enum revision_kind kind, const char *text,
    GError **error)
{
	struct core *core = account->core;
	struct store *store = core->store;
	g_autofree char *id = stanza_new_id();
	struct revision revision = { kind, account_jid(account), NULL, clock_real_us() / 1000, id, text };
	struct message_row *now;
	bool ok;

	if (revise_id(account, row, error) == NULL || !chat_begin_change(core, error))
		return false;
	now = apply(core, row->id, &revision, false, error);
	ok = now != NULL && revision_owe(store, row->id, kind, id, error);
	if (now != NULL) {
		turn_put_message(core->turn, now);
		turn_put_chat(core->turn, row->chat);
		if (kind == REVISION_RETRACTION)
			revise_touch_answers(core, row);
	} else if (*error == NULL) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, kind == REVISION_REACTION ?
		    "That is what you react with. Nothing was done." : "It was taken back before. Nothing was done.");
	}
	if (!chat_end_change(core, ok, error))
		return false;
	outbox_flush(account);
	return true;
}

/* May it go to that chat now?  Where it never can, *why says so. */
static bool
may_go(struct account *account, const struct chat_row *chat, char **why)
{
	g_autofree char *bare = jid_bare(chat->jid);
	g_autoptr(GError) error = NULL;

	if (chat->kind != CHAT_PERSON && !room_is_in(account, bare))
		return false;
	if (chat->kind == CHAT_PRIVATE && !room_may_whisper(account, chat->jid, false, &error))
		*why = turn_failed(account->core->turn, error) ? NULL : g_strdup(error->message);
	return error == NULL;
}

static struct stanza *
build(struct account *account, const struct message_row *row, const struct chat_row *chat, const struct owed_row *owed)
{
	struct stanza *stanza = stanza_message(chat->kind == CHAT_ROOM ? "groupchat" : "chat", chat->jid);
	struct outgoing out = { .account = account, .to = chat->jid, .kind = chat->kind, .row = row, .stanza = stanza };

	stanza_set(stanza, "id", owed->id);
	if (chat->kind == CHAT_PRIVATE)
		stanza_add(stanza, "x", NS_MUC_USER);
	features_revise(&out, owed->kind);
	stanza_set(stanza_add(stanza, "origin-id", NS_SID), "id", owed->id);
	/* Archives keep what has no text only when they are told to (XEP-0334). */
	stanza_add(stanza, "store", NS_HINTS);
	return stanza;
}

/* It is as before, and says why.  False: no stanza of ours had that id. */
static bool
take_back(struct core *core, const struct chat_row *chat, const char *id, const char *why, GError **error)
{
	struct account *account = account_find_id(core, chat->account);
	g_autofree char *first = g_strdup_printf("The retraction was refused. %s", why);
	g_autofree char *second = g_strdup_printf("The reaction was refused. %s", why);
	struct message_row *now = message_unretract(core->store, chat->id, id, first, error);
	const char *said = now != NULL ? first : second;

	if (now == NULL && *error == NULL)
		now = message_unreact(core->store, chat->id, id, second, error);
	if (now == NULL)
		return false;
	turn_put_message(core->turn, now);
	turn_put_chat(core->turn, chat->id);
	revise_touch_answers(core, now);
	if (account != NULL)
		chat_notice(account, chat->jid, SEVERITY_WARNING, false, said);
	return true;
}

void
revise_bounced(struct account *account, int64_t chat, const char *id, const struct stanza *stanza)
{
	struct chat_row *row = chat_load(account->core->store, chat);
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL, *why = NULL;
	struct stanza_fault fault;

	if (row != NULL && stanza_fault_read(stanza, &fault)) {
		text = stanza_fault_text(&fault);
		why = g_strdup_printf("%s: %s", fault.by != NULL ? fault.by : row->jid, text);
		stanza_fault_clear(&fault);
		take_back(account->core, row, id, why, &error);
	}
	chat_row_free(row);
	turn_failed(account->core->turn, error);
}

/* One of them leaves.  False: the disk refuses. */
static bool
send_owed(struct account *account, const struct owed_row *owed)
{
	struct core *core = account->core;
	struct message_row *row = message_load(core->store, owed->message);
	struct chat_row *chat = row != NULL ? chat_load(core->store, row->chat) : NULL;
	g_autofree char *why = NULL;
	g_autoptr(GError) error = NULL;
	bool go = chat != NULL && may_go(account, chat, &why);

	if (go && revision_sent(core->store, owed, account->sm.on ? account->sm.out + 1 : 0, &error)) {
		account_send(account, build(account, row, chat, owed), false);
		account->sm.ask = true;
	} else if (why != NULL && take_back(core, chat, owed->id, why, &error)) {
		revision_sent(core->store, owed, 0, &error);
	}
	chat_row_free(chat);
	message_row_free(row);
	return !turn_failed(core->turn, error) && !turn_is_stuck(core->turn);
}

bool
revise_flush(struct account *account)
{
	g_autoptr(GPtrArray) all = revisions_owed(account->core->store, account->id);
	bool ok = true;

	for (guint i = 0; ok && i < all->len; i++)
		ok = send_owed(account, all->pdata[i]);
	return ok;
}

void
revise_settle(struct account *account, int64_t acked)
{
	struct turn *turn = account->core->turn;
	g_autoptr(GError) error = NULL;

	if (!turn_begin(turn))
		return;
	if (acked >= 0)
		revisions_stored(account->core->store, account->id, acked, &error);
	else
		revisions_requeue(account->core->store, account->id, &error);
	turn_end(turn, error == NULL);
	turn_failed(turn, error);
}

bool
revise_on_way(const struct account *account)
{
	return revisions_on_way(account->core->store, account->id);
}
