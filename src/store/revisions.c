/* revisions.c: see revisions.h. */
#include "store/revisions.h"

#include <string.h>

#include "base/limits.h"
#include "store/message_row.h"
#include "store/search.h"

enum { TAKEN_BACK = MESSAGE_RETRACTED | MESSAGE_GONE };

static struct message_row *
load(struct store *store, int64_t id, GError **error)
{
	return message_row_only(store, db_ask(store, MESSAGE_SELECT "WHERE m.id = ?1", "i", id), error);
}

struct message_row *
revision_target(struct store *store, int64_t chat, const char *id, bool archived)
{
	if (archived)
		return message_row_only(store, db_ask(store, MESSAGE_SELECT "WHERE m.chat = ?1 AND m.server_id = ?2",
		    "it", chat,
		    id), NULL);
	return message_row_only(store, db_ask(store, MESSAGE_SELECT "WHERE m.chat = ?1 AND m.origin_id = ?2 "
	    "ORDER BY m.id DESC LIMIT 1", "it", chat, id), NULL);
}

/* --- taken back --- */

/* What it said is nowhere but in unused pages, which are written over. */
static bool
forget_texts(struct store *store, const struct message_row *row, GError **error)
{
	bool ok = db_change(store, error, "DELETE FROM raw WHERE message = ?1", "i", row->id) &&
	    db_change(store, error, "DELETE FROM trace WHERE message = ?1", "i", row->id) &&
	    db_change(store, error, "DELETE FROM version WHERE message = ?1", "i", row->id);

	return ok && ((row->flags & MESSAGE_OUT) == 0 || row->body == NULL || db_change(store, error,
	    "DELETE FROM input WHERE chat = ?1 AND line = ?2", "it", row->chat, row->body));
}

/* The text of a row, as it is from now on. */
static bool
set_body(struct store *store, const struct message_row *row, const char *body, unsigned flags, const char *reason,
    GError **error)
{
	return (row->ord == 0 || search_remove(store, row->ord, row->body, error)) &&
	    db_change(store, error, "UPDATE message SET body = ?2, flags = ?3, reason = ?4, rev = ?5 WHERE id = ?1",
	    "ititi",
	    row->id, body, (int64_t)flags, reason, store_next_rev(store)) &&
	    (row->ord == 0 || search_add(store, row->ord, body, error));
}

struct message_row *
message_retract(struct store *store, int64_t id, const struct revision *revision, bool moderated, bool keep,
    GError **error)
{
	struct message_row *row = load(store, id, error);
	bool ok;

	if (row == NULL || (row->flags & TAKEN_BACK) != 0 || row->state == MESSAGE_CANCELLED) {
		message_row_free(row);
		return NULL;
	}
	ok = (keep || db_exec(store, "PRAGMA secure_delete=ON", error)) &&
	    db_change(store, error, "INSERT OR REPLACE INTO retraction(message, said, moderated, nick, reason, stanza, "
	    "body) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)", "iiitttt", id, revision->said_ms, (int64_t)moderated,
	    revision->nick, revision->text, revision->id, keep ? row->body : NULL) &&
	    (keep || forget_texts(store, row, error)) && set_body(store, row, NULL,
	    (row->flags & ~(unsigned)(MESSAGE_UNREAD | MESSAGE_MENTION)) | MESSAGE_RETRACTED, row->reason, error);
	if (!keep)
		db_exec(store, "PRAGMA secure_delete=OFF", NULL);
	message_row_free(row);
	return ok ? load(store, id, error) : NULL;
}

struct message_row *
message_unretract(struct store *store, int64_t chat, const char *id, const char *reason, GError **error)
{
	sqlite3_stmt *stmt = db_ask(store, "SELECT r.message, r.body FROM message m JOIN retraction r ON r.message = "
	    "m.id WHERE m.chat = ?1 AND m.flags & 16 AND r.stanza = ?2", "it", chat, id);
	g_autofree char *body = NULL;
	struct message_row *row;
	int64_t message;
	bool ok;

	if (!db_row(store, stmt, NULL))
		return NULL;
	message = sqlite3_column_int64(stmt, 0);
	body = db_text(stmt, 1);
	db_done(stmt);
	row = load(store, message, error);
	if (row == NULL)
		return NULL;
	ok = set_body(store, row, body, body != NULL ? row->flags & ~(unsigned)MESSAGE_RETRACTED : row->flags, reason,
	    error) &&
	    (body == NULL || db_change(store, error, "DELETE FROM retraction WHERE message = ?1", "i", message));
	message_row_free(row);
	return ok ? load(store, message, error) : NULL;
}

struct retraction *
message_retraction(struct store *store, int64_t id)
{
	sqlite3_stmt *stmt = db_ask(store, "SELECT said, moderated, nick, reason, body FROM retraction WHERE message = "
	    "?1", "i",
	    id);
	struct retraction *retraction;

	if (!db_row(store, stmt, NULL))
		return NULL;
	retraction = g_new(struct retraction, 1);
	retraction->said_ms = sqlite3_column_int64(stmt, 0);
	retraction->moderated = sqlite3_column_int64(stmt, 1) != 0;
	retraction->nick = db_text(stmt, 2);
	retraction->reason = db_text(stmt, 3);
	retraction->body = db_text(stmt, 4);
	db_done(stmt);
	return retraction;
}

void
retraction_free(struct retraction *retraction)
{
	if (retraction == NULL)
		return;
	g_free(retraction->nick);
	g_free(retraction->reason);
	g_free(retraction->body);
	g_free(retraction);
}

/* --- reactions --- */

/* What one author has said of a message; was: what before that.  said 0: nothing. */
struct said {
	int64_t	 said;
	char	*emoji, *id;
};

static void
said_clear(struct said *said)
{
	g_free(said->emoji);
	g_free(said->id);
}

static bool
load_said(struct store *store, int64_t id, int64_t author, struct said *said, GError **error)
{
	sqlite3_stmt *stmt = db_ask(store, "SELECT said, emoji, stanza FROM reaction WHERE message = ?1 AND author = "
	    "?2", "ii", id,
	    author);
	g_autoptr(GError) cause = NULL;

	*said = (struct said){ 0 };
	if (db_row(store, stmt, &cause)) {
		said->said = sqlite3_column_int64(stmt, 0);
		said->emoji = db_text(stmt, 1);
		said->id = db_text(stmt, 2);
		db_done(stmt);
	}
	if (cause == NULL)
		return true;
	g_propagate_error(error, g_steal_pointer(&cause));
	return false;
}

static bool
is_full(struct store *store, int64_t id, bool *full, GError **error)
{
	int64_t n = 0;

	if (!db_number(store, error, &n, "SELECT count(*) FROM reaction WHERE message = ?1", "i", id))
		return false;
	*full = n >= LIMIT_REACTIONS;
	return true;
}

static bool
touch(struct store *store, int64_t id, GError **error)
{
	return db_change(store, error, "UPDATE message SET rev = ?2, flags = (flags & ~?3) | (CASE WHEN EXISTS "
	    "(SELECT 1 FROM reaction WHERE message = ?1 AND emoji <> '') THEN ?3 ELSE 0 END) WHERE id = ?1", "iii", id,
	    store_next_rev(store), (int64_t)MESSAGE_REACTED);
}

struct message_row *
message_react(struct store *store, int64_t id, const struct revision *revision, GError **error)
{
	struct message_row *row = load(store, id, error);
	struct said before = { 0 };
	int64_t author;
	bool full = false, ok = false, news;

	if (row == NULL || (row->flags & TAKEN_BACK) != 0)
		goto none;
	author = message_author(store, row->chat, revision->author, error);
	if (author == 0 || !load_said(store, id, author, &before, error) ||
	    (before.said == 0 && !is_full(store, id, &full, error)))
		goto none;
	/* A copy, or older than what is known. */
	if (full || before.said > revision->said_ms || (before.said != 0 && revision->id != NULL &&
	    g_strcmp0(before.id, revision->id) == 0))
		goto none;
	news = strcmp(revision->text, before.emoji != NULL ? before.emoji : "") != 0;
	ok = db_change(store, error, "INSERT OR REPLACE INTO reaction(message, author, first, said, stanza, nick, "
	    "emoji, was) VALUES(?1, ?2, coalesce((SELECT first FROM reaction WHERE message = ?1 AND author = ?2 AND "
	    "emoji <> ''), ?3), ?3, ?4, ?5, ?6, ?7)", "iiitttt", id, author, revision->said_ms, revision->id,
	    revision->nick, revision->text, before.emoji) && news && touch(store, id, error);
none:
	said_clear(&before);
	message_row_free(row);
	return ok ? load(store, id, error) : NULL;
}

struct message_row *
message_unreact(struct store *store, int64_t chat, const char *id, const char *reason, GError **error)
{
	sqlite3_stmt *stmt = db_ask(store, "SELECT r.message, r.author FROM reaction r JOIN message m ON m.id = "
	    "r.message WHERE r.stanza = ?2 AND m.chat = ?1", "it", chat, id);
	int64_t message, author;

	if (!db_row(store, stmt, NULL))
		return NULL;
	message = sqlite3_column_int64(stmt, 0);
	author = sqlite3_column_int64(stmt, 1);
	db_done(stmt);
	if (!db_change(store, error, "UPDATE reaction SET emoji = coalesce(was, ''), stanza = NULL, was = NULL "
	    "WHERE message = ?1 AND author = ?2", "ii", message, author) ||
	    !db_change(store, error, "DELETE FROM owed WHERE message = ?1 AND kind = ?2", "ii", message,
	    (int64_t)REVISION_REACTION) || !touch(store, message, error) ||
	    !db_change(store, error, "UPDATE message SET reason = ?2 WHERE id = ?1", "it", message, reason))
		return NULL;
	return load(store, message, error);
}

static void
reaction_free(void *p)
{
	struct reaction *reaction = p;

	g_free(reaction->author);
	g_free(reaction->nick);
	g_strfreev(reaction->emoji);
	g_free(reaction);
}

GPtrArray *
message_reactions(struct store *store, int64_t id)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(reaction_free);
	sqlite3_stmt *stmt = db_ask(store, "SELECT a.key, r.nick, r.emoji FROM reaction r JOIN author a ON a.id = "
	    "r.author WHERE r.message = ?1 AND r.emoji <> '' ORDER BY r.first, r.author", "i", id);

	while (db_row(store, stmt, NULL)) {
		struct reaction *one = g_new(struct reaction, 1);
		g_autofree char *lines = db_text(stmt, 2);

		one->author = db_text(stmt, 0);
		one->nick = db_text(stmt, 1);
		one->emoji = g_strsplit(lines, "\n", -1);
		g_ptr_array_add(all, one);
	}
	return all;
}

char *
message_reactions_of(struct store *store, int64_t id, const char *author)
{
	sqlite3_stmt *stmt = db_ask(store, "SELECT r.emoji FROM reaction r JOIN author a ON a.id = r.author AND a.key "
	    "= ?2 WHERE r.message = ?1", "it", id, author);
	char *emoji = NULL;

	if (db_row(store, stmt, NULL)) {
		emoji = db_text(stmt, 0);
		db_done(stmt);
	}
	return emoji != NULL ? emoji : g_strdup("");
}

/* --- before their message --- */

bool
revision_wait(struct store *store, int64_t chat, const char *target, const struct revision *revision, GError **error)
{
	int64_t author = message_author(store, chat, revision->author, error), later = 0;

	if (author == 0 || !db_number(store, error, &later, "SELECT 1 FROM early WHERE chat = ?1 AND target = ?2 AND "
	    "author = ?3 AND kind = ?4 AND said > ?5", "itiii", chat, target, author, (int64_t)revision->kind,
	    revision->said_ms))
		return false;
	if (later != 0)
		return true;
	return db_change(store, error, "INSERT OR REPLACE INTO early(chat, target, author, kind, said, nick, stanza, "
	    "text) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", "itiiittt", chat, target, author, (int64_t)revision->kind,
	    revision->said_ms, revision->nick, revision->id, revision->text) &&
	    db_change(store, error, "DELETE FROM early WHERE chat = ?1 AND number <= (SELECT number FROM early WHERE "
	    "chat = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)", "ii", chat, (int64_t)LIMIT_EARLY);
}

static void
waited_free(void *p)
{
	struct waited_revision *waited = p;

	g_free((char *)(uintptr_t)waited->revision.author);
	g_free((char *)(uintptr_t)waited->revision.nick);
	g_free((char *)(uintptr_t)waited->revision.id);
	g_free((char *)(uintptr_t)waited->revision.text);
	g_free(waited);
}

GPtrArray *
revision_waited(struct store *store, int64_t chat, const char *target, enum revision_kind kind, GError **error)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(waited_free);
	sqlite3_stmt *stmt = target == NULL ? NULL : db_ask(store, "SELECT a.key, e.nick, e.stanza, e.text, e.said "
	    "FROM early e JOIN author a ON a.id = e.author WHERE e.chat = ?1 AND e.target = ?2 AND e.kind = ?3 ORDER "
	    "BY e.number",
	    "iti",
	    chat, target, (int64_t)kind);

	while (stmt != NULL && db_row(store, stmt, error)) {
		struct waited_revision *one = g_new0(struct waited_revision, 1);

		one->revision = (struct revision){ .kind = kind, .author = db_text(stmt, 0), .nick = db_text(stmt, 1),
			.id = db_text(stmt, 2), .text = db_text(stmt, 3), .said_ms = sqlite3_column_int64(stmt, 4) };
		g_ptr_array_add(all, one);
	}
	if (all->len > 0)
		db_change(store, error, "DELETE FROM early WHERE chat = ?1 AND target = ?2 AND kind = ?3", "iti",
		    chat, target,
		    (int64_t)kind);
	return all;
}

/* --- ours on their way --- */

static void
owed_row_free(void *p)
{
	struct owed_row *row = p;

	g_free(row->id);
	g_free(row);
}

bool
revision_owe(struct store *store, int64_t message, enum revision_kind kind, const char *id, GError **error)
{
	return db_change(store, error, "INSERT OR REPLACE INTO owed(message, kind, id) VALUES(?1, ?2, ?3)", "iit",
	    message,
	    (int64_t)kind, id);
}

GPtrArray *
revisions_owed(struct store *store, int64_t account)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func(owed_row_free);
	sqlite3_stmt *stmt = db_ask(store, "SELECT o.message, o.kind, o.id FROM owed o JOIN message m ON m.id = "
	    "o.message JOIN chat c ON c.id = m.chat WHERE c.account = ?1 AND o.sent_number IS NULL ORDER BY o.message, "
	    "o.kind",
	    "i",
	    account);

	while (db_row(store, stmt, NULL)) {
		struct owed_row *row = g_new(struct owed_row, 1);

		row->message = sqlite3_column_int64(stmt, 0);
		row->kind = (enum revision_kind)sqlite3_column_int(stmt, 1);
		row->id = db_text(stmt, 2);
		g_ptr_array_add(rows, row);
	}
	return rows;
}

bool
revision_sent(struct store *store, const struct owed_row *row, int64_t sent_number, GError **error)
{
	if (sent_number == 0)
		return db_change(store, error, "DELETE FROM owed WHERE message = ?1 AND kind = ?2", "ii", row->message,
		    (int64_t)row->kind);
	return db_change(store, error, "UPDATE owed SET sent_number = ?3 WHERE message = ?1 AND kind = ?2", "iii",
	    row->message,
	    (int64_t)row->kind, sent_number);
}

bool
revisions_on_way(struct store *store, int64_t account)
{
	int64_t found = 0;

	db_number(store, NULL, &found, "SELECT 1 FROM owed o JOIN message m ON m.id = o.message JOIN chat c ON c.id = "
	    "m.chat WHERE c.account = ?1 AND o.sent_number IS NOT NULL LIMIT 1", "i", account);
	return found != 0;
}

bool
revisions_stored(struct store *store, int64_t account, int64_t acked, GError **error)
{
	return db_change(store, error, "DELETE FROM owed WHERE sent_number <= ?2 AND message IN "
	    "(SELECT m.id FROM owed o JOIN message m ON m.id = o.message JOIN chat c ON c.id = m.chat WHERE c.account "
	    "= ?1)",
	    "ii", account, acked);
}

bool
revisions_requeue(struct store *store, int64_t account, GError **error)
{
	return db_change(store, error, "UPDATE owed SET sent_number = NULL WHERE message IN "
	    "(SELECT m.id FROM owed o JOIN message m ON m.id = o.message JOIN chat c ON c.id = m.chat WHERE c.account "
	    "= ?1)",
	    "i", account);
}

/* --- what answers it --- */

GPtrArray *
message_answers(struct store *store, int64_t chat, const char *origin_id, const char *server_id, GError **error)
{
	GPtrArray *rows = message_row_all(store, db_ask(store, MESSAGE_SELECT "WHERE m.chat = ?1 AND m.reply IS NOT "
	    "NULL AND m.reply IN (?2, ?3) ORDER BY m.id DESC LIMIT ?4", "itti", chat, origin_id, server_id,
	    (int64_t)LIMIT_ANSWERS));
	bool ok = true;

	for (guint i = 0; ok && i < rows->len; i++) {
		struct message_row *row = rows->pdata[i];

		row->rev = store_next_rev(store);
		ok = db_change(store, error, "UPDATE message SET rev = ?2 WHERE id = ?1", "ii", row->id, row->rev);
	}
	return rows;
}
