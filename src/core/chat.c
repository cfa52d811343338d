/* chat.c: see chat.h. */
#include "core/chat.h"

#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/bus.h"
#include "core/feature.h"
#include "core/omemo.h"
#include "core/room_ignore.h"
#include "core/roster.h"
#include "core/turn.h"
#include "proto/error.h"
#include "store/revisions.h"
#include "store/sealed.h"
#include "store/versions.h"

char *
chat_name(const struct account *account, const char *jid)
{
	const char *name = roster_name(account->roster, jid);
	g_autofree char *local = NULL, *bare = jid_bare(jid);
	const struct room *room = room_find(account, bare);

	local = jid_local(jid);
	if (room != NULL && room->name != NULL)
		name = room->name;
	if (jid_resource(jid) != NULL)
		return g_strdup_printf("%s in %s", jid_resource(jid), name != NULL ? name : local != NULL ? local :
		    bare);
	if (name != NULL && *name != '\0')
		return g_strdup(name);
	return local != NULL ? g_steal_pointer(&local) : g_strdup(jid);
}

enum chat_kind
chat_kind(const struct account *account, const char *jid)
{
	g_autofree char *bare = jid_bare(jid);
	enum chat_kind kind;

	if (chat_kind_get(account->core->store, account->id, jid, &kind))
		return kind;
	if (room_find(account, bare) != NULL)
		return jid_resource(jid) != NULL ? CHAT_PRIVATE : CHAT_ROOM;
	return CHAT_PERSON;
}

char *
chat_meant(const struct core *core, const struct account *account, const char *jid)
{
	g_autofree char *bare = jid_bare(jid);
	bool is_room = account != NULL && room_known(account, bare);

	for (guint i = 0; account == NULL && !is_room && i < core->accounts->len; i++)
		is_room = room_known(core->accounts->pdata[i], bare);
	return is_room ? g_strdup(jid) : g_steal_pointer(&bare);
}

enum notify_level
chat_attention(const struct chat_row *row)
{
	if (row->notify > 0)
		return (enum notify_level)(row->notify - 1);
	return row->kind == CHAT_ROOM ? NOTIFY_MENTIONS : NOTIFY_ALL;
}

static void
safety(const struct account *account, const struct chat_row *row, struct event_chat *chat)
{
	struct omemo_standing standing = row->kind == CHAT_PERSON ? omemo_standing(account, row->jid) :
	    (struct omemo_standing){ 0, false };

	chat->encryption = ENCRYPTION_OMEMO;
	chat->verified = standing.verified;
	chat->left_out = standing.undecided;
}

bool
chat_event(const struct core *core, const struct chat_row *row, struct event *event)
{
	struct account *account = account_find_id(core, row->account);
	struct event_chat *chat = &event->chat;

	if (account == NULL)
		return false;
	memset(event, 0, sizeof *event);
	event->type = EVENT_chat;
	event->rev = row->rev;
	event->account_name = g_strdup(account_name(account));
	event->chat_jid = g_strdup(row->jid);
	chat->kind = row->kind;
	chat->name = chat_name(account, row->jid);
	chat->open = row->open;
	chat->number = row->number;
	chat->unread = row->unread;
	chat->failed = row->failed;
	/* Between two people everything is for you, and where you said so. */
	chat->mentions = row->kind != CHAT_ROOM || chat_attention(row) == NOTIFY_ALL ? row->unread : row->mentions;
	chat->read = row->read;
	chat->last = row->last;
	chat->draft = g_strdup(row->draft);
	chat->notify = chat_attention(row);
	chat->muted = chat->notify == NOTIFY_NONE;
	if (row->secrecy == SECRECY_ON)
		safety(account, row, chat);
	chat->draft_by = g_strdup(g_hash_table_lookup(core->drafters, &row->id));
	return true;
}

struct address {
	int64_t	 account;
	enum chat_kind kind;
	char	*jid;
};

static void
address_free(void *data)
{
	struct address *address = data;

	g_free(address->jid);
	g_free(address);
}

GHashTable *
chat_addresses_new(void)
{
	return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, address_free);
}

/* NULL when there is no such chat (any more). */
static const struct address *
address_of(const struct core *core, int64_t chat)
{
	struct address *address = g_hash_table_lookup(core->addresses, &chat);
	struct chat_row *row = address == NULL ? chat_load(core->store, chat) : NULL;
	int64_t *key;

	if (row == NULL)
		return address;
	address = g_new(struct address, 1);
	address->account = row->account;
	address->kind = row->kind;
	address->jid = g_strdup(row->jid);
	chat_row_free(row);
	key = g_new(int64_t, 1);
	*key = chat;
	g_hash_table_insert(core->addresses, key, address);
	return address;
}

enum chat_kind
chat_kind_of(const struct core *core, int64_t chat)
{
	const struct address *address = address_of(core, chat);

	return address != NULL ? address->kind : CHAT_PERSON;
}

/* What is shown of a nick: safe, and blanks at its ends are seen. */
static char *
shown_nick(const char *nick)
{
	g_autofree char *clean = nick != NULL ? text_clean(nick, -1, TEXT_LINE, LIMIT_NAME) : NULL;
	size_t len = clean != NULL ? strlen(clean) : 0;
	bool before = len > 0 && clean[0] == ' ', after = len > 1 && clean[len - 1] == ' ';

	if (!before && !after)
		return g_steal_pointer(&clean);
	if (after)
		clean[len - 1] = '\0';
	return g_strdup_printf("%s%s%s", before ? "␣" : "", clean + before, after ? "␣" : "");
}

/* The sender's address; in a room the one there, also our own. */
static char *
from_of(const struct message_row *row, const struct address *chat)
{
	g_autofree char *bare = NULL;

	if (chat->kind == CHAT_PRIVATE && (row->flags & MESSAGE_OUT) == 0)
		return g_strdup(chat->jid);
	bare = chat->kind == CHAT_PERSON ? g_strdup(row->author) : jid_bare(chat->jid);
	return row->resource != NULL ? g_strconcat(bare, "/", row->resource, NULL) : g_steal_pointer(&bare);
}

/* NULL: it is ours, or was never known. */
static char *
trust_then(const struct core *core, int64_t id)
{
	struct sealed_row *sealed = sealed_load(core->store, id);
	char *word = sealed != NULL ? g_strdup(trust_name(sealed->trust)) : NULL;

	sealed_row_free(sealed);
	return word;
}

static json_t *
versions(const struct core *core, int64_t id)
{
	g_autoptr(GPtrArray) texts = message_versions(core->store, id);
	json_t *array = json_array();

	for (guint i = 0; i < texts->len; i++)
		json_array_append_new(array, json_string(texts->pdata[i] != NULL ? texts->pdata[i] : ""));
	return array;
}

/* Adds what one person reacts with to the array of what all do. */
static void
count_reactions(json_t *array, const struct reaction *one, const char *name)
{
	for (char **emoji = one->emoji; *emoji != NULL; emoji++) {
		json_t *found = NULL, *row, *by;
		size_t i;

		json_array_foreach(array, i, row)
			if (g_strcmp0(json_string_value(json_object_get(row, "emoji")), *emoji) == 0)
				found = row;
		if (found == NULL) {
			found = json_pack("{s:s, s:i, s:b, s:[]}", "emoji", *emoji, "count", 0, "own", 0, "by");
			json_array_append_new(array, found);
		}
		json_object_set_new(found, "count", json_integer(json_integer_value(json_object_get(found,
		    "count")) + 1));
		by = json_object_get(found, "by");
		if (name == NULL)
			json_object_set_new(found, "own", json_true());
		else if (json_array_size(by) < LIMIT_REACTION_NAMES)
			json_array_append_new(by, json_string(name));
	}
}

static json_t *
reactions(const struct account *account, const struct message_row *row)
{
	g_autoptr(GPtrArray) all = message_reactions(account->core->store, row->id);
	json_t *array = json_array();

	for (guint i = 0; i < all->len; i++) {
		const struct reaction *one = all->pdata[i];
		g_autofree char *name = strcmp(one->author, account_jid(account)) == 0 ? NULL : one->nick != NULL ?
		    shown_nick(one->nick) : chat_name(account, one->author);

		count_reactions(array, one, name);
	}
	return array;
}

/* The message that a row answers. */
static json_t *
answered(const struct account *account, const struct message_row *row, const struct address *chat)
{
	struct message_row *target = revision_target(account->core->store, row->chat, row->reply,
	    chat->kind == CHAT_ROOM);
	g_autofree char *from = target != NULL ? from_of(target, chat) : NULL, *body = NULL;
	g_autofree char *nick = target != NULL && chat->kind != CHAT_PERSON ? shown_nick(target->resource) : NULL;
	json_t *object = json_object();

	if (target != NULL) {
		const struct room *room = chat->kind == CHAT_ROOM ? room_find(account, chat->jid) : NULL;
		bool ignored = room != NULL && (target->flags & MESSAGE_OUT) == 0 && room_ignores(room, target->author);

		body = ignored ? g_strdup("(you ignore them)") : target->body == NULL ? NULL :
		    text_clean(target->body, -1, TEXT_LINE, LIMIT_QUOTED);
		json_object_update_new(object, json_pack("{s:I, s:s, s:s, s:s*, s:s*, s:b}", "id",
		    (json_int_t)target->id, "direction",
		    direction_name(target->flags & MESSAGE_OUT ? DIRECTION_OUT : DIRECTION_IN), "from", from, "nick",
		    nick, "body",
		    body, "retracted", (target->flags & MESSAGE_RETRACTED) != 0));
	}
	message_row_free(target);
	return object;
}

/* What was done to it since it was said. */
static void
add_revisions(const struct account *account, const struct message_row *row, const struct address *chat, bool whole,
    struct event_message *m)
{
	struct retraction *r = row->flags & MESSAGE_RETRACTED ? message_retraction(account->core->store, row->id) :
	    NULL;

	m->retracted = row->flags & MESSAGE_RETRACTED;
	if (r != NULL) {
		m->moderated = r->moderated;
		m->retracted_by = shown_nick(r->nick);
		m->retracted_for = g_strdup(r->reason);
		if (whole && r->body != NULL) {
			m->versions = m->versions != NULL ? m->versions : json_array();
			json_array_append_new(m->versions, json_string(r->body));
		}
	}
	retraction_free(r);
	m->reply_to = row->reply != NULL ? answered(account, row, chat) : NULL;
	m->reactions = row->flags & MESSAGE_REACTED ? reactions(account, row) : NULL;
	m->thread = g_strdup(row->thread);
	m->unstyled = row->flags & MESSAGE_UNSTYLED;
}

bool
chat_message_event(const struct core *core, const struct message_row *row, bool whole, struct event *event)
{
	const struct address *chat = address_of(core, row->chat);
	struct account *account = chat != NULL ? account_find_id(core, chat->account) : NULL;
	struct event_message *m = &event->message;
	const struct room *room;

	if (account == NULL)
		return false;
	memset(event, 0, sizeof *event);
	event->type = EVENT_message;
	event->rev = row->rev;
	event->gone = row->flags & MESSAGE_GONE;
	event->account_name = g_strdup(account_name(account));
	event->chat_jid = g_strdup(chat->jid);
	m->id = row->id;
	m->order = row->ord;
	m->said = row->said_ms;
	m->direction = row->flags & MESSAGE_OUT ? DIRECTION_OUT : DIRECTION_IN;
	m->from = from_of(row, chat);
	if (chat->kind != CHAT_PERSON)
		m->nick = shown_nick(row->resource);
	m->state = row->state;
	m->reason = g_strdup(row->reason);
	m->encryption = row->encryption;
	if (row->encryption != ENCRYPTION_NONE)
		m->trust = trust_then(core, row->id);
	m->origin_id = g_strdup(row->origin_id);
	m->stanza_id = g_strdup(row->server_id);
	m->via = row->via;
	m->mention = row->flags & MESSAGE_MENTION;
	room = chat->kind == CHAT_ROOM && m->direction == DIRECTION_IN ? room_find(account, chat->jid) : NULL;
	m->ignored = room != NULL && row->author != NULL && room_ignores(room, row->author);
	m->edited = row->flags & MESSAGE_EDITED;
	m->versions = whole && m->edited ? versions(core, row->id) : NULL;
	m->corrects = g_strdup(row->corrects);
	add_revisions(account, row, chat, whole, m);
	m->cut = !whole && row->body != NULL && strlen(row->body) > CHAT_BODY_MAX;
	m->body = m->cut ? text_clean(row->body, -1, TEXT_BODY, CHAT_BODY_MAX) : g_strdup(row->body);
	return true;
}

void
chat_post(struct core *core, int64_t id)
{
	struct chat_row *row = chat_load(core->store, id);
	struct event event;

	if (row == NULL)
		return;
	if (chat_event(core, row, &event))
		bus_post(core->bus, event);
	chat_row_free(row);
}

void
chat_post_message(struct core *core, const struct message_row *row)
{
	struct event event;

	if (chat_message_event(core, row, false, &event))
		bus_post(core->bus, event);
}

bool
chat_begin_change(struct core *core, GError **error)
{
	if (turn_begin(core->turn))
		return true;
	g_set_error(error, RPC_ERROR, RPC_ERROR_STORE,
	    "The disk refuses at present, so nothing can be kept and nothing was done. confab tries again each "
	    "second.");
	return false;
}

bool
chat_end_change(struct core *core, bool keep, GError **error)
{
	turn_end(core->turn, keep);
	if (!keep) {
		if (error != NULL && *error != NULL)
			turn_failed(core->turn, *error);
		return false;
	}
	if (turn_is_stuck(core->turn)) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_STORE, "The disk refuses; nothing was done.");
		return false;
	}
	return true;
}

int64_t
chat_open(struct account *account, const char *jid, GError **error)
{
	struct core *core = account->core;
	int64_t chat;
	bool ok;

	if (!chat_begin_change(core, error))
		return 0;
	chat = chat_find(core->store, account->id, jid, chat_kind(account, jid), true, error);
	ok = chat != 0 && chat_set_open(core->store, chat, true, error);
	if (ok)
		turn_put_chat(core->turn, chat);
	return chat_end_change(core, ok, error) ? chat : 0;
}

/* The chat's id when it is there. */
static int64_t
existing(struct account *account, const char *jid, GError **error)
{
	g_autoptr(GError) cause = NULL;
	int64_t chat = chat_find(account->core->store, account->id, jid, CHAT_PERSON, false, &cause);

	if (chat == 0 && cause == NULL)
		g_set_error(error, RPC_ERROR, RPC_ERROR_NOT_FOUND, "There is no chat with %s.", jid);
	else if (chat == 0)
		g_propagate_error(error, g_steal_pointer(&cause));
	return chat;
}

bool
chat_close(struct account *account, const char *jid, GError **error)
{
	struct core *core = account->core;
	int64_t chat = existing(account, jid, error);
	bool ok;

	if (chat == 0 || !chat_begin_change(core, error))
		return false;
	ok = chat_set_open(core->store, chat, false, error);
	if (ok)
		turn_put_chat(core->turn, chat);
	return chat_end_change(core, ok, error);
}

bool
chat_seen(struct account *account, const char *jid, int64_t message, bool focused, GError **error)
{
	struct core *core = account->core;
	int64_t chat = existing(account, jid, error), before, ord;
	struct chat_row *was = chat != 0 ? chat_load(core->store, chat) : NULL;
	struct message_row *row;
	bool ok;

	if (was == NULL)
		return false;
	before = was->read;
	chat_row_free(was);
	row = message_load(core->store, message);
	if (row == NULL || row->chat != chat) {
		message_row_free(row);
		g_set_error(error, RPC_ERROR, RPC_ERROR_NOT_FOUND,
		    "Message %" G_GINT64_FORMAT " is not in the chat with %s.", message, jid);
		return false;
	}
	ord = row->ord;
	message_row_free(row);
	if (!chat_begin_change(core, error))
		return false;
	ok = chat_set_read(core->store, chat, ord, error);
	if (ok)
		turn_put_chat(core->turn, chat);
	if (ok && ord > before)
		features_read(account, jid);
	if (ok && focused && ord > before)
		features_seen(account, jid, chat, before, ord);
	return chat_end_change(core, ok, error);
}

bool
chat_draft(struct account *account, const char *jid, const char *text, const char *session, GError **error)
{
	struct core *core = account->core;
	g_autofree char *clean = text_clean(text, -1, TEXT_BODY, 0);
	int64_t chat = existing(account, jid, error);
	bool ok;

	if (chat == 0 || !chat_begin_change(core, error))
		return false;
	ok = chat_set_draft(core->store, chat, clean, error);
	if (ok) {
		int64_t *key = g_new(int64_t, 1);

		*key = chat;
		g_hash_table_replace(core->drafters, key, g_strdup(session));
		turn_put_chat(core->turn, chat);
	}
	return chat_end_change(core, ok, error);
}

bool
chat_set_attention(struct account *account, const char *jid, enum notify_level level, GError **error)
{
	struct core *core = account->core;
	int64_t chat = existing(account, jid, error);
	bool ok;

	if (chat == 0 || !chat_begin_change(core, error))
		return false;
	ok = chat_set_notify(core->store, chat, 1 + (int)level, error);
	if (ok)
		turn_put_chat(core->turn, chat);
	return chat_end_change(core, ok, error);
}

struct message_row *
chat_find_message(struct core *core, int64_t chat, const char *text, GError **error)
{
	struct message_row *row = NULL;
	gint64 number;
	bool several = false;

	if (g_str_has_prefix(text, "id:")) {
		row = message_by_stanza_id(core->store, chat, text + 3, &several);
	} else if (g_ascii_string_to_signed(text, 10, -1000000, -1, &number, NULL)) {
		row = chat != 0 ? message_nth_last(core->store, chat, (unsigned)-number) : NULL;
	} else if (g_ascii_string_to_signed(text, 10, 1, INT64_MAX, &number, NULL)) {
		row = message_load(core->store, number);
	} else {
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE,
		    "A message is named by its number, by -1 for the last one of the chat, -2 for the one before, or "
		    "by id:TEXT.");
		return NULL;
	}
	if (row == NULL)
		g_set_error(error, RPC_ERROR, RPC_ERROR_NOT_FOUND, several ?
		    "More than one message has the id in %s; name it by its number." : "There is no message %s.", text);
	return row;
}

void
chat_notice(struct account *account, const char *jid, enum severity severity, bool ring, const char *text)
{
	struct event event = { .type = EVENT_notice };

	event.account_name = g_strdup(account_name(account));
	event.chat_jid = g_strdup(jid);
	event.notice.severity = severity;
	event.notice.text = text_clean(text, -1, TEXT_BODY, 0);
	event.notice.ring = ring;
	bus_post(account->core->bus, event);
}
