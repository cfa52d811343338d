/*
 * displayed.c: how far we have read, the same on all our devices (XEP-0490): for each chat the archive's id of the last
 * message that was seen, in a node of our account that nobody else may read.
 *
 * A position only moves forward, here and by what others of ours tell.  One that names a message which is not here
 * waits for it: the archive is still being fetched.  Ours goes out some seconds after it moved, so that reading on is
 * one item.
 */
#include <string.h>

#include "base/clock.h"
#include "base/jid.h"
#include "base/limits.h"
#include "core/archive.h"
#include "core/chat.h"
#include "core/feature.h"
#include "core/pep.h"
#include "core/turn.h"
#include "xmpp/ns.h"

extern const struct feature feature_displayed;

enum { WAIT_MS = 3000 };

/* Of one chat. */
struct position {
	struct account	*account;
	char		*jid;
	char		*told;		/* what the server has, as far as we know; or NULL */
	char		*waits;		/* theirs, whose message is not here; or NULL */
	bool		 moved;		/* ours is not told yet */
	struct clock_timer *due;
};

static void
position_free(void *p)
{
	struct position *position = p;

	clock_timer_cancel(&position->due);
	g_free(position->jid);
	g_free(position->told);
	g_free(position->waits);
	g_free(position);
}

static struct position *
find(const struct account *account, const char *jid)
{
	return account->positions != NULL ? g_hash_table_lookup(account->positions, jid) : NULL;
}

/* NULL when there are too many. */
static struct position *
make(struct account *account, const char *jid)
{
	struct position *position = find(account, jid);

	if (position != NULL)
		return position;
	if (account->positions == NULL)
		account->positions = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, position_free);
	if (g_hash_table_size(account->positions) >= LIMIT_PEP_ITEMS)
		return NULL;
	position = g_new0(struct position, 1);
	position->account = account;
	position->jid = g_strdup(jid);
	g_hash_table_insert(account->positions, position->jid, position);
	return position;
}

/*
 * Without room for an item of each chat, one would push out the others.  ejabberd (23.01) has it and knows "max", but
 * says only that a node has many items.
 */
static bool
keeps(const struct account *account)
{
	return pep_keeps(account) && (account_has(account, NS_PUBSUB "#config-node-max") ||
	    account_has(account, NS_PUBSUB "#multi-items"));
}

/* Whose archive gives the ids of this chat. */
static const char *
giver(const struct account *account, const struct chat_row *chat)
{
	return chat->kind == CHAT_ROOM ? chat->jid : account_jid(account);
}

/* --- ours --- */

/* What was refused is told with the next move, what was lost when we are back. */
static void
published(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct position *position = ctx;

	(void)answer;
	if (end == IQ_RESULT)
		return;
	g_clear_pointer(&position->told, g_free);
	position->moved |= end == IQ_LOST;
}

/* Nothing more comes from the archive, so what waits for a message of it waits in vain. */
static bool
caught_up(struct account *account)
{
	json_t *ledger = archive_ledger(account);
	bool complete = g_strcmp0(json_string_value(json_object_get(ledger, "state")),
	    sync_state_name(SYNC_COMPLETE)) == 0;

	json_decref(ledger);
	return complete;
}

static void
publish(struct position *position)
{
	struct account *account = position->account;
	struct store *store = account->core->store;
	int64_t id = chat_find(store, account->id, position->jid, CHAT_PERSON, false, NULL);
	struct chat_row *chat = id != 0 ? chat_load(store, id) : NULL;
	g_autofree char *last = chat != NULL && chat->kind != CHAT_PRIVATE ?
	    message_archived_at(store, id, chat->read) : NULL;
	struct stanza *displayed, *stanza_id;

	/* Theirs may be further than ours. */
	if (position->waits != NULL && !caught_up(account)) {
		chat_row_free(chat);
		return;
	}
	position->moved = false;
	if (last != NULL && g_strcmp0(last, position->told) != 0) {
		displayed = stanza_new("displayed", NS_MDS);
		stanza_id = stanza_add(displayed, "stanza-id", NS_SID);
		stanza_set(stanza_id, "by", giver(account, chat));
		stanza_set(stanza_id, "id", last);
		g_free(position->told);
		position->told = g_strdup(last);
		pep_publish(account, NS_MDS, position->jid, displayed, published, position);
		turn_wake(account->core->turn);
	}
	chat_row_free(chat);
}

static void
due(void *ctx)
{
	struct position *position = ctx;

	position->due = NULL;
	if (account_online(position->account) && keeps(position->account))
		publish(position);
}

static void
tell(struct position *position)
{
	position->moved = true;
	if (position->due == NULL)
		position->due = clock_timer_start(WAIT_MS, due, position);
}

static void
displayed_read(struct account *account, const char *jid)
{
	struct position *position = make(account, jid);

	if (position != NULL)
		tell(position);
}

/* --- theirs --- */

/* Moves what is read here up to their message; false: it is not here. */
static bool
follow(struct account *account, int64_t chat, const char *id)
{
	struct core *core = account->core;
	int64_t ord = message_place_archived(core->store, chat, id);
	struct chat_row *row = ord != 0 ? chat_load(core->store, chat) : NULL;
	g_autoptr(GError) error = NULL;
	bool further = row != NULL && ord > row->read;

	chat_row_free(row);
	if (ord == 0)
		return false;
	if (further && chat_set_read(core->store, chat, ord, &error))
		turn_put_chat(core->turn, chat);
	turn_failed(core->turn, error);
	return true;
}

/* One item, in a savepoint. */
static void
take(struct account *account, const char *item, const struct stanza *displayed)
{
	struct store *store = account->core->store;
	const struct stanza *stanza_id = displayed != NULL && stanza_is(displayed, "displayed", NS_MDS) ?
	    stanza_child(displayed, "stanza-id", NS_SID) : NULL;
	const char *id = stanza_id != NULL ? stanza_get(stanza_id, "id") : NULL;
	g_autofree char *jid = item != NULL ? jid_normalise(item, NULL) : NULL;
	g_autofree char *by = id != NULL && stanza_get(stanza_id, "by") != NULL ?
	    jid_normalise(stanza_get(stanza_id, "by"), NULL) : NULL;
	int64_t chat = jid != NULL ? chat_find(store, account->id, jid, CHAT_PERSON, false, NULL) : 0;
	struct chat_row *row = chat != 0 ? chat_load(store, chat) : NULL;
	/* Ids of another archive are other ids. */
	bool ours = by != NULL && jid != NULL && strcmp(by, row != NULL ? giver(account, row) :
	    account_jid(account)) == 0;
	struct position *position = ours && strlen(id) <= LIMIT_NAME ? make(account, jid) : NULL;

	chat_row_free(row);
	if (position == NULL)
		return;
	g_free(position->told);
	position->told = g_strdup(id);
	g_clear_pointer(&position->waits, g_free);
	if (chat == 0 || !follow(account, chat, id))
		position->waits = g_strdup(id);
}

static void
displayed_event(struct account *account, const struct stanza *change)
{
	if (strcmp(stanza_name(change), "items") != 0 || !turn_begin(account->core->turn))
		return;
	for (struct stanza *c = stanza_first(change); c != NULL; c = stanza_next(c))
		if (strcmp(stanza_name(c), "item") == 0)
			take(account, stanza_get(c, "id"), stanza_first(c));
	turn_end(account->core->turn, true);
}

/* A message got its archive's id: somebody may have read up to it already. */
static enum verdict
displayed_report(struct incoming *in)
{
	struct position *position = find(in->account, in->peer);

	if (position != NULL && position->waits != NULL && g_strcmp0(in->row->server_id, position->waits) == 0 &&
	    follow(in->account, in->row->chat, position->waits))
		g_clear_pointer(&position->waits, g_free);
	return GO_ON;
}

/* --- a session --- */

static void
each(void *ctx, const char *id, const struct stanza *payload)
{
	struct account *account = ctx;

	if (!turn_begin(account->core->turn))
		return;
	take(account, id, payload);
	turn_end(account->core->turn, true);
}

/* What was read here while off line is told; where theirs is not here yet, nobody knows who is further. */
static void
fetched(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct account *account = ctx;
	g_autoptr(GPtrArray) chats = NULL;

	(void)answer;
	if (end != IQ_RESULT)
		return;
	chats = chat_list(account->core->store, account->id);
	for (guint i = 0; i < chats->len; i++) {
		const struct chat_row *chat = chats->pdata[i];
		struct position *position = chat->open && chat->read != 0 ? make(account, chat->jid) : NULL;

		if (position != NULL && position->waits == NULL)
			tell(position);
	}
}

static void
displayed_known(struct account *account)
{
	if (keeps(account))
		pep_fetch(account, NS_MDS, each, fetched, account);
}

/* After a resumption: what could not leave. */
static void
displayed_again(struct account *account)
{
	GHashTableIter iter;
	struct position *position;

	if (account->positions == NULL || !account_online(account))
		return;
	g_hash_table_iter_init(&iter, account->positions);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&position))
		if (position->moved)
			tell(position);
}

const struct feature feature_displayed = {
	.name = "displayed",
	.standard = "XEP-0490: Message Displayed Synchronization",
	.in[STAGE_REPORT] = displayed_report,
	.known = displayed_known,
	.attention = displayed_again,
	.read = displayed_read,
	.own_node = NS_MDS,
	.own_event = displayed_event,
};
