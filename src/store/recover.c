/*
 * recover.c: see recover.h.  What a reader would get wrong: nothing in the file is believed.  Places and times that lie
 * far ahead are damage, texts are made safe again, and nothing that waited there is sent by itself.
 */
#include "store/recover.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "store/chats.h"
#include "store/erase.h"
#include "store/message_row.h"
#include "store/order.h"
#include "store/recover_keys.h"
#include "store/search.h"
#include "store/wreck.h"

enum { AT_ONCE = 200 };

static const int64_t DAY_US = 86400000000;
static const char waited[] = "It had not left when the database was damaged. /retry sends it.";
static const char sent[] = "It was on its way when the database was damaged; whether it arrived is not known.";

/* --- what is in it --- */

struct old_chat {
	char	*account, *jid;
	int64_t	 id;		/* here; 0: not yet */
};

struct merge {
	struct store	*store;
	struct recovered *count;
	struct wreck	 wreck;
	GHashTable	*accounts;	/* id there → address */
	GHashTable	*chats;		/* id there → struct old_chat */
	GHashTable	*authors;	/* id there → key */
	GHashTable	*seen;		/* ids of messages that were read */
	sqlite3_stmt	*raw, *versions, *states, *retractions, *reactions;
	unsigned	 open;		/* messages in the open savepoint */
	GError		*error;
};

static void
old_chat_free(void *p)
{
	struct old_chat *chat = p;

	g_free(chat->account);
	g_free(chat->jid);
	g_free(chat);
}

static GHashTable *
by_id(GDestroyNotify free_value)
{
	return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, free_value);
}

static void
keep(GHashTable *table, int64_t id, void *value)
{
	int64_t *key = g_new(int64_t, 1);

	*key = id;
	g_hash_table_replace(table, key, value);
}

/* Text of one row; what is no text, or "", is NULL. */
static char *
line(sqlite3_stmt *stmt, int column)
{
	const char *text = sqlite3_column_type(stmt, column) == SQLITE_TEXT ?
	    (const char *)sqlite3_column_text(stmt, column) : NULL;

	return text != NULL && *text != '\0' ? text_clean(text, -1, TEXT_LINE, 0) : NULL;
}

static bool
begin(struct merge *m)
{
	m->open = 0;
	return store_begin(m->store, &m->error);
}

static bool
commit(struct merge *m)
{
	return store_end(m->store, true, &m->error) && store_commit(m->store, &m->error);
}

static bool
on_account(void *ctx, sqlite3_stmt *stmt)
{
	struct merge *m = ctx;
	char *jid = line(stmt, 1);

	if (jid == NULL)
		return true;
	keep(m->accounts, sqlite3_column_int64(stmt, 0), jid);
	return store_account(m->store, jid, &m->error) != 0;
}

/* The chat here; made when it is not.  False: the disk. */
static bool
settle_chat(struct merge *m, struct old_chat *old, enum chat_kind kind)
{
	int64_t account = old->id == 0 ? store_account(m->store, old->account, &m->error) : 0;

	if (old->id == 0 && account != 0)
		old->id = chat_find(m->store, account, old->jid, kind, true, &m->error);
	return old->id != 0;
}

/* A place as the file has it: one that is far ahead is damage, and everything that comes would stand behind it. */
static int64_t
sane(int64_t ord)
{
	return ord > 0 && ord < clock_real_us() + DAY_US ? ord : 0;
}

static bool
on_chat(void *ctx, sqlite3_stmt *stmt)
{
	struct merge *m = ctx;
	int64_t account = sqlite3_column_int64(stmt, 1);
	const char *address = g_hash_table_lookup(m->accounts, &account);
	struct old_chat *old;
	struct chat_row *row;
	char *jid = line(stmt, 2);
	bool ok;

	if (address == NULL || jid == NULL) {
		g_free(jid);
		return true;
	}
	old = g_new0(struct old_chat, 1);
	old->account = g_strdup(address);
	old->jid = jid;
	keep(m->chats, sqlite3_column_int64(stmt, 0), old);
	ok = settle_chat(m, old, (enum chat_kind)CLAMP(sqlite3_column_int(stmt, 3), CHAT_PERSON, CHAT_PRIVATE)) &&
	    chat_set_read(m->store, old->id, sane(sqlite3_column_int64(stmt, 5)), &m->error) &&
	    (sqlite3_column_int(stmt, 4) == 0 || chat_set_open(m->store, old->id, true, &m->error)) &&
	    chat_set_notify(m->store, old->id, CLAMP(sqlite3_column_int(stmt, 7), 0, 1 + NOTIFY_NONE), &m->error) &&
	    chat_set_secrecy(m->store, old->id, (enum secrecy)CLAMP(sqlite3_column_int(stmt, 8),
	    SECRECY_OPEN, SECRECY_OFF), &m->error);
	row = ok && sqlite3_column_bytes(stmt, 6) > 0 ? chat_load(m->store, old->id) : NULL;
	if (row != NULL && *row->draft == '\0') {
		g_autofree char *draft = text_clean((const char *)sqlite3_column_text(stmt, 6), -1, TEXT_BODY,
		    LIMIT_BODY);

		ok = chat_set_draft(m->store, old->id, draft, &m->error);
	}
	chat_row_free(row);
	return ok;
}

static void
add_chat(struct merge *m, int64_t id, const char *account, const char *jid)
{
	struct old_chat *old = g_new0(struct old_chat, 1);

	old->account = g_strdup(account);
	old->jid = g_strdup(jid);
	keep(m->chats, id, old);
}

/* Of a chat that is lost, who spoke there tells whose it was: the other one than we. */
static bool
on_author(void *ctx, sqlite3_stmt *stmt)
{
	struct merge *m = ctx;
	char *key = line(stmt, 1);
	int64_t chat = sqlite3_column_int64(stmt, 2);
	GHashTableIter iter;
	gpointer own = NULL;

	if (key == NULL)
		return true;
	g_hash_table_iter_init(&iter, m->accounts);
	if (g_hash_table_size(m->accounts) == 1 && g_hash_table_iter_next(&iter, NULL, &own) && strcmp(own, key) != 0 &&
	    !g_hash_table_contains(m->chats, &chat))
		add_chat(m, chat, own, key);
	keep(m->authors, sqlite3_column_int64(stmt, 0), key);
	return true;
}

/* Where no account can be read: the one that is here, if there is one. */
static bool
guess_account(struct merge *m)
{
	sqlite3_stmt *stmt = db_ask(m->store, "SELECT min(jid), count(*) FROM account", "");

	if (g_hash_table_size(m->accounts) == 0 && db_row(m->store, stmt, &m->error) &&
	    sqlite3_column_int(stmt, 1) == 1)
		keep(m->accounts, 1, db_text(stmt, 0));
	db_done(stmt);
	return m->error == NULL;
}

/* What people deleted stays deleted. */
static bool
take_erased(struct merge *m)
{
	sqlite3_stmt *stmt = NULL;
	bool ok = true;

	if (sqlite3_prepare_v2(m->wreck.db, "SELECT chat, id FROM erased", -1, &stmt, NULL) != SQLITE_OK)
		return true;
	while (ok && sqlite3_step(stmt) == SQLITE_ROW) {
		int64_t id = sqlite3_column_int64(stmt, 0);
		const struct old_chat *old = g_hash_table_lookup(m->chats, &id);

		if (old != NULL && sqlite3_column_text(stmt, 1) != NULL)
			ok = db_change(m->store, &m->error, "INSERT OR IGNORE INTO erased(chat, id) VALUES(?1, ?2)",
			    "it", old->id, (const char *)sqlite3_column_text(stmt, 1));
	}
	sqlite3_finalize(stmt);
	return ok;
}

/* --- messages --- */

static const char *const columns[] = { "chat", "ord", "said", "author", "resource", "flags", "state", "via",
	"encryption", "origin_id", "server_id", "body", "reason", "corrects", "reply", "thread" };
enum { C_ID, C_CHAT, C_ORD, C_SAID, C_AUTHOR, C_RESOURCE, C_FLAGS, C_STATE, C_VIA, C_ENCRYPTION, C_ORIGIN, C_SERVER,
	C_BODY, C_REASON, C_CORRECTS, C_REPLY, C_THREAD };

static bool
is_here(struct merge *m, const struct message_row *row, int64_t author, bool *here)
{
	int64_t n = 0;
	bool ok;

	if (row->server_id != NULL && !db_number(m->store, &m->error, &n,
	    "SELECT 1 FROM message WHERE chat = ?1 AND server_id = ?2", "it", row->chat, row->server_id))
		return false;
	if (n == 0 && row->origin_id != NULL)
		ok = db_number(m->store, &m->error, &n, "SELECT 1 FROM message WHERE chat = ?1 AND origin_id = ?2 "
		    "AND author = ?3 AND (body IS ?4 OR (flags | ?5) & ?6) LIMIT 1", "ititii", row->chat,
		    row->origin_id, author, row->body, (int64_t)row->flags,
		    (int64_t)(MESSAGE_EDITED | MESSAGE_RETRACTED));
	else
		ok = n != 0 || db_number(m->store, &m->error, &n, "SELECT 1 FROM message WHERE chat = ?1 "
		    "AND said = ?2 AND author = ?3 AND body IS ?4 AND origin_id IS NULL AND server_id IS NULL LIMIT 1",
		    "iiit", row->chat, row->said_ms, author, row->body);
	*here = n != 0 || message_was_erased(m->store, row->chat, row->origin_id, row->server_id);
	return ok;
}

/* What somebody reacts with, if it can be told who that is. */
static bool
take_reaction(struct merge *m, int64_t to, int64_t chat)
{
	int64_t there = sqlite3_column_int64(m->reactions, 0), author;
	const char *key = g_hash_table_lookup(m->authors, &there);

	if (key == NULL)
		return true;
	author = message_author(m->store, chat, key, &m->error);
	return author != 0 && db_change(m->store, &m->error,
	    "INSERT OR IGNORE INTO reaction(message, author, first, said, nick, emoji) VALUES(?1, ?2, ?3, ?4, ?5, coalesce(?6, ''))", "iiiitt", to, author,
	    sqlite3_column_int64(m->reactions, 1), sqlite3_column_int64(m->reactions, 2),
	    (const char *)sqlite3_column_text(m->reactions, 3), (const char *)sqlite3_column_text(m->reactions, 4));
}

/* The stanza, earlier texts, states, and what was done to it: as they are, where they can be read. */
static bool
take_rest(struct merge *m, int64_t from, int64_t to, int64_t chat)
{
	bool ok = true;

	if (wreck_look(m->raw, from - 1) == SQLITE_ROW && sqlite3_column_int64(m->raw, 0) == from)
		ok = db_change(m->store, &m->error, "INSERT OR IGNORE INTO raw(message, came, xml) "
		    "VALUES(?1, ?2, ?3)", "iib", to, sqlite3_column_int64(m->raw, 1), sqlite3_column_blob(m->raw, 2),
		    (size_t)sqlite3_column_bytes(m->raw, 2));
	for (int rc = wreck_look(m->versions, from); ok && rc == SQLITE_ROW; rc = sqlite3_step(m->versions))
		ok = db_change(m->store, &m->error, "INSERT OR IGNORE INTO version(message, number, said, body, by) "
		    "VALUES(?1, ?2, ?3, ?4, ?5)", "iiitt", to, sqlite3_column_int64(m->versions, 0),
		    sqlite3_column_int64(m->versions, 1), (const char *)sqlite3_column_text(m->versions, 2),
		    (const char *)sqlite3_column_text(m->versions, 3));
	for (int rc = wreck_look(m->states, from); ok && rc == SQLITE_ROW; rc = sqlite3_step(m->states))
		ok = db_change(m->store, &m->error, "INSERT OR IGNORE INTO happening(message, at, state) "
		    "VALUES(?1, ?2, ?3)", "iii", to, sqlite3_column_int64(m->states, 0),
		    sqlite3_column_int64(m->states, 1));
	if (ok && wreck_look(m->retractions, from - 1) == SQLITE_ROW && sqlite3_column_int64(m->retractions, 0) == from)
		ok = db_change(m->store, &m->error, "INSERT OR IGNORE INTO retraction(message, said, moderated, nick, "
		    "reason, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6)", "iiittt", to,
		    sqlite3_column_int64(m->retractions, 1), sqlite3_column_int64(m->retractions, 2),
		    (const char *)sqlite3_column_text(m->retractions, 3),
		    (const char *)sqlite3_column_text(m->retractions, 4),
		    (const char *)sqlite3_column_text(m->retractions, 5));
	for (int rc = wreck_look(m->reactions, from); ok && rc == SQLITE_ROW; rc = sqlite3_step(m->reactions))
		ok = take_reaction(m, to, chat);
	sqlite3_reset(m->retractions);
	sqlite3_reset(m->reactions);
	sqlite3_reset(m->raw);
	sqlite3_reset(m->versions);
	sqlite3_reset(m->states);
	return ok;
}

/* As it is put here: nothing that would be sent by itself. */
static void
calm(struct message_row *row)
{
	bool out = row->flags & MESSAGE_OUT;

	if (out && (row->state == MESSAGE_HELD || row->state == MESSAGE_QUEUED)) {
		row->state = MESSAGE_FAILED;
		g_free(row->reason);
		row->reason = g_strdup(waited);
	} else if (out && row->state == MESSAGE_SENT) {
		row->state = MESSAGE_UNKNOWN;
		g_free(row->reason);
		row->reason = g_strdup(sent);
	} else if (!out || row->state < MESSAGE_HELD || row->state > MESSAGE_CANCELLED) {
		row->state = out ? MESSAGE_STORED : MESSAGE_RECEIVED;
	}
}

static bool
insert(struct merge *m, struct message_row *row, int64_t author)
{
	int64_t taken = 0, from = row->id;

	/* Its number, unless another message has it by now. */
	if (!db_number(m->store, &m->error, &taken, "SELECT id FROM message WHERE id = ?1", "i", row->id))
		return false;
	if (taken != 0 && !db_number(m->store, &m->error, &row->id, "SELECT max(id) + 1 FROM message", ""))
		return false;
	row->ord = order_free(m->store, row->ord > 0 ? row->ord : row->said_ms * 1000 + 1, &m->error);
	if (row->ord == 0 || !db_change(m->store, &m->error, "INSERT INTO message(id, chat, ord, said, author, "
	    "resource, flags, state, via, encryption, rev, origin_id, server_id, body, reason, corrects, reply, "
	    "thread) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
	    "iiiiitiiiiittttttt",
	    row->id, row->chat, row->ord, row->said_ms, author, row->resource, (int64_t)row->flags,
	    (int64_t)row->state, (int64_t)row->via, (int64_t)row->encryption, store_next_rev(m->store),
	    row->origin_id, row->server_id, row->body, row->reason, row->corrects, row->reply, row->thread))
		return false;
	return search_add(m->store, row->ord, row->body, &m->error) && take_rest(m, from, row->id, row->chat);
}

/* Whose chat it is, and who said it, also where that is lost.  False: that cannot be told, or (error) the disk. */
static bool
place(struct merge *m, sqlite3_stmt *stmt, struct message_row *row)
{
	int64_t chat = sqlite3_column_int64(stmt, C_CHAT), author = sqlite3_column_int64(stmt, C_AUTHOR);
	struct old_chat *old = g_hash_table_lookup(m->chats, &chat);
	const char *key = g_hash_table_lookup(m->authors, &author);

	if (old == NULL || !settle_chat(m, old, CHAT_PERSON))
		return false;
	row->chat = old->id;
	row->author = g_strdup(key != NULL ? key : row->flags & MESSAGE_OUT ? old->account : old->jid);
	return true;
}

static struct message_row *
read_row(sqlite3_stmt *stmt)
{
	struct message_row *row = g_new0(struct message_row, 1);
	const char *body = (const char *)sqlite3_column_text(stmt, C_BODY);

	row->id = sqlite3_column_int64(stmt, C_ID);
	row->ord = sane(sqlite3_column_int64(stmt, C_ORD));
	row->said_ms = sane(sqlite3_column_int64(stmt, C_SAID) * 1000) / 1000;
	row->resource = line(stmt, C_RESOURCE);
	row->flags = (unsigned)sqlite3_column_int(stmt, C_FLAGS);
	row->state = (enum message_state)sqlite3_column_int(stmt, C_STATE);
	row->via = (enum message_via)CLAMP(sqlite3_column_int(stmt, C_VIA), VIA_LIVE, VIA_OFFLINE);
	row->encryption = (enum encryption)CLAMP(sqlite3_column_int(stmt, C_ENCRYPTION), ENCRYPTION_NONE,
	    ENCRYPTION_OMEMO);
	row->origin_id = line(stmt, C_ORIGIN);
	row->server_id = line(stmt, C_SERVER);
	row->body = body != NULL ? text_clean(body, -1, TEXT_BODY, LIMIT_BODY) : NULL;
	row->reason = line(stmt, C_REASON);
	row->corrects = line(stmt, C_CORRECTS);
	row->reply = line(stmt, C_REPLY);
	row->thread = line(stmt, C_THREAD);
	return row;
}

static bool
on_message(void *ctx, sqlite3_stmt *stmt)
{
	struct merge *m = ctx;
	struct message_row *row = read_row(stmt);
	int64_t author;
	bool here = false;

	if (g_hash_table_contains(m->seen, &row->id)) {
		message_row_free(row);
		return true;
	}
	keep(m->seen, row->id, NULL);
	m->count->read++;
	calm(row);
	if (place(m, stmt, row)) {
		author = message_author(m->store, row->chat, row->author, &m->error);
		if (author != 0 && is_here(m, row, author, &here) && !here && insert(m, row, author))
			m->count->added++;
	} else if (m->error == NULL) {
		m->count->homeless++;
	}
	message_row_free(row);
	if (m->error == NULL && ++m->open >= AT_ONCE && commit(m))
		begin(m);
	return m->error == NULL;
}

static bool
take_each(struct merge *m, const char *table, const char *const *names, size_t n, bool (*fn)(void *, sqlite3_stmt *))
{
	return wreck_each(&m->wreck, table, names, n, fn, m);
}

static bool
take_lost(struct merge *m)
{
	return !m->wreck.broken ||
	    (wreck_each_lost(&m->wreck, columns, G_N_ELEMENTS(columns), on_message, m, &m->error) && m->error == NULL);
}

static void
take_all(struct merge *m)
{
	static const char *const of_account[] = { "jid" }, *const of_author[] = { "key", "chat" };
	static const char *const of_chat[] = { "account", "jid", "kind", "number", "read", "draft", "notify",
	    "secrecy" };

	if (!begin(m))
		return;
	if (take_each(m, "account", of_account, G_N_ELEMENTS(of_account), on_account) && guess_account(m) &&
	    recover_keys(m->store, &m->wreck, m->accounts, m->count, &m->error) &&
	    take_each(m, "chat", of_chat, G_N_ELEMENTS(of_chat), on_chat) &&
	    take_each(m, "author", of_author, G_N_ELEMENTS(of_author), on_author) && take_erased(m) &&
	    take_each(m, "message", columns, G_N_ELEMENTS(columns), on_message) && take_lost(m))
		commit(m);
	else
		store_end(m->store, false, NULL);
}

bool
recover_merge(struct store *store, const char *file, struct recovered *count, GError **error)
{
	struct merge m = { .store = store, .count = count };

	*count = (struct recovered){ .expected = -1 };
	if (!wreck_open(&m.wreck, file, error)) {
		wreck_close(&m.wreck);
		return false;
	}
	m.accounts = by_id(g_free);
	m.chats = by_id(old_chat_free);
	m.authors = by_id(g_free);
	m.seen = by_id(NULL);
	m.raw = wreck_prepare(&m.wreck, "SELECT message, came, xml FROM raw WHERE message > ?1 ORDER BY message LIMIT "
	    "1");
	m.versions = wreck_prepare(&m.wreck, "SELECT number, said, body, by FROM version WHERE message = ?1");
	m.states = wreck_prepare(&m.wreck, "SELECT at, state FROM happening WHERE message = ?1");
	m.retractions = wreck_prepare(&m.wreck, "SELECT message, said, moderated, nick, reason, body FROM retraction "
	    "WHERE message > ?1 ORDER BY message LIMIT 1");
	m.reactions = wreck_prepare(&m.wreck, "SELECT author, first, said, nick, emoji FROM reaction "
	    "WHERE message = ?1");
	count->expected = wreck_count(&m.wreck);
	take_all(&m);
	count->expected = count->expected == -1 ? -1 : MAX(count->expected, count->read);
	if (m.error == NULL && m.wreck.broken && count->read == 0 && g_hash_table_size(m.chats) == 0)
		g_set_error(&m.error, STORE_ERROR, STORE_ERROR_DAMAGED, "%s has nothing in it that could be read.",
		    file);
	sqlite3_finalize(m.raw);
	sqlite3_finalize(m.versions);
	sqlite3_finalize(m.states);
	sqlite3_finalize(m.retractions);
	sqlite3_finalize(m.reactions);
	wreck_close(&m.wreck);
	g_hash_table_unref(m.accounts);
	g_hash_table_unref(m.chats);
	g_hash_table_unref(m.authors);
	g_hash_table_unref(m.seen);
	if (m.error == NULL)
		return true;
	g_propagate_error(error, m.error);
	return false;
}
