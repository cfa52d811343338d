/* versions.c: see versions.h. */
#include "store/versions.h"

#include "base/limits.h"
#include "store/message_row.h"
#include "store/search.h"

static struct message_row *
load(struct store *store, int64_t id, GError **error)
{
	return message_row_only(store, db_ask(store, MESSAGE_SELECT "WHERE m.id = ?1", "i", id), error);
}

/* Was it here, or a later one? */
static bool
is_known(struct store *store, const struct message_row *row, const char *body, const char *by, int64_t said_ms,
    bool *known, GError **error)
{
	int64_t n = 0;

	if (!db_number(store, error, &n, "SELECT count(*) FROM version WHERE message = ?1 AND (by = ?2 OR said > ?3)",
	    "iti", row->id, by, said_ms))
		return false;
	*known = n > 0 || g_strcmp0(row->body, body) == 0;
	return true;
}

static bool
keep_version(struct store *store, const struct message_row *row, const char *by, int64_t said_ms, GError **error)
{
	return db_change(store, error, "INSERT INTO version(message, number, said, body, by) VALUES(?1, "
	    "(SELECT coalesce(max(number), 0) + 1 FROM version WHERE message = ?1), ?2, ?3, ?4)", "iitt", row->id,
	    said_ms, row->body, by) &&
	    db_change(store, error, "DELETE FROM version WHERE message = ?1 AND number > 1 AND number <= "
	    "(SELECT max(number) FROM version WHERE message = ?1) - ?2 + 1", "ii", row->id, (int64_t)LIMIT_VERSIONS);
}

struct message_row *
message_correct(struct store *store, int64_t id, const char *body, const char *by, int64_t said_ms, GError **error)
{
	struct message_row *row = load(store, id, error);
	bool known = true;

	if (row == NULL || !is_known(store, row, body, by, said_ms, &known, error) || known)
		goto none;
	if (!keep_version(store, row, by, said_ms, error) ||
	    (row->ord != 0 && !search_remove(store, row->ord, row->body, error)) ||
	    !db_change(store, error, "UPDATE message SET body = ?2, flags = flags | ?3, rev = ?4 WHERE id = ?1", "itii",
	    id, body, (int64_t)MESSAGE_EDITED, store_next_rev(store)) ||
	    (row->ord != 0 && !search_add(store, row->ord, body, error)))
		goto none;
	message_row_free(row);
	return load(store, id, error);
none:
	message_row_free(row);
	return NULL;
}

/* Its last text before, and the number of that; false: the correction is not its last one. */
static bool
find_last(struct store *store, int64_t chat, const char *by, int64_t *id, int64_t *number, char **body)
{
	sqlite3_stmt *stmt = db_ask(store,
	    "SELECT v.message, v.number, v.body FROM version v JOIN message m ON m.id = v.message WHERE m.chat = ?1 AND m.flags & 1 AND v.by = ?2 "
	    "AND v.number = (SELECT max(number) FROM version WHERE message = v.message)", "it", chat, by);
	bool found = db_row(store, stmt, NULL);

	if (found) {
		*id = sqlite3_column_int64(stmt, 0);
		*number = sqlite3_column_int64(stmt, 1);
		*body = db_text(stmt, 2);
		db_done(stmt);
	}
	return found;
}

struct message_row *
message_uncorrect(struct store *store, int64_t chat, const char *by, const char *reason, GError **error)
{
	g_autofree char *body = NULL;
	struct message_row *row;
	int64_t id, number;
	bool ok;

	if (!find_last(store, chat, by, &id, &number, &body) || (row = load(store, id, error)) == NULL)
		return NULL;
	ok = db_change(store, error, "DELETE FROM version WHERE message = ?1 AND number = ?2", "ii", id, number) &&
	    db_change(store, error, "DELETE FROM edit WHERE message = ?1 AND id = ?2", "it", id, by) &&
	    db_change(store, error, "INSERT OR IGNORE INTO erased(chat, id) VALUES(?1, ?2)", "it", chat, by) &&
	    (row->ord == 0 || search_remove(store, row->ord, row->body, error)) &&
	    db_change(store, error,
	    "UPDATE message SET body = ?2, reason = ?3, rev = ?4, flags = flags & ~(CASE WHEN EXISTS (SELECT 1 FROM version WHERE message = ?1) THEN 0 ELSE ?5 END) WHERE id = ?1", "ittii", id, body, reason,
	    store_next_rev(store), (int64_t)MESSAGE_EDITED) && (row->ord == 0 ||
	    search_add(store, row->ord, body, error));
	message_row_free(row);
	return ok ? load(store, id, error) : NULL;
}

GPtrArray *
message_versions(struct store *store, int64_t id)
{
	GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
	sqlite3_stmt *stmt = db_ask(store, "SELECT body FROM version WHERE message = ?1 ORDER BY number", "i", id);

	while (db_row(store, stmt, NULL))
		g_ptr_array_add(texts, db_text(stmt, 0));
	return texts;
}

int64_t
message_correctable(struct store *store, int64_t chat, const char *author, bool out, enum encryption encryption,
    const char *origin_id)
{
	int64_t id = 0;

	db_number(store, NULL, &id, "SELECT m.id FROM message m CROSS JOIN author a ON a.id = m.author AND a.key = ?3 "
	    "WHERE m.chat = ?1 AND m.origin_id = ?2 AND (m.flags & 1) = ?4 AND m.flags & 48 = 0 AND m.encryption = ?5 "
	    "ORDER BY m.id DESC LIMIT 1", "ittii", chat, origin_id, author, (int64_t)out, (int64_t)encryption);
	if (id != 0)
		return id;
	db_number(store, NULL, &id, "SELECT p.message FROM pending p JOIN author a ON a.id = p.author AND a.key = ?3 "
	    "JOIN message m ON m.id = p.message AND m.encryption = ?4 WHERE p.chat = ?1 AND p.target = ?2", "itti",
	    chat, origin_id, author, (int64_t)encryption);
	return id;
}

bool
message_await(struct store *store, const struct message_row *row, const char *target, GError **error)
{
	int64_t n = 0;

	if (!db_number(store, error, &n, "SELECT count(*) FROM pending WHERE chat = ?1", "i", row->chat))
		return false;
	if (n >= LIMIT_PENDING)
		return true;
	return db_change(store, error, "INSERT OR REPLACE INTO pending(chat, target, author, message) "
	    "SELECT chat, ?2, author, id FROM message WHERE id = ?1", "it", row->id, target);
}

int64_t
message_awaiting(struct store *store, const struct message_row *row)
{
	int64_t id = 0;

	if (row->origin_id != NULL)
		db_number(store, NULL, &id,
		    "SELECT p.message FROM pending p JOIN author a ON a.id = p.author AND a.key = ?3 JOIN message m ON m.id = p.message AND m.encryption = ?4 WHERE p.chat = ?1 AND p.target = ?2 AND m.id <> ?5",
		    "ittii", row->chat, row->origin_id, row->author, (int64_t)row->encryption, row->id);
	return id;
}

struct message_row *
message_last_out(struct store *store, int64_t chat)
{
	return message_row_only(store, db_ask(store,
	    MESSAGE_SELECT "WHERE m.chat = ?1 AND m.flags & 1 AND m.flags & 48 = 0 AND m.state <> ?2 ORDER BY m.ord IS NULL DESC, m.ord DESC, m.id DESC LIMIT 1", "ii", chat,
	    (int64_t)MESSAGE_CANCELLED), NULL);
}

/* --- ours on their way --- */

static void
edit_row_free(void *p)
{
	struct edit_row *row = p;

	g_free(row->id);
	g_free(row);
}

bool
edit_save(struct store *store, int64_t message, const char *id, GError **error)
{
	return db_change(store, error, "INSERT OR REPLACE INTO edit(message, id) VALUES(?1, ?2)", "it", message, id);
}

GPtrArray *
edit_list(struct store *store, int64_t account)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func(edit_row_free);
	sqlite3_stmt *stmt = db_ask(store, "SELECT e.message, e.id FROM edit e JOIN message m ON m.id = e.message "
	    "JOIN chat c ON c.id = m.chat WHERE c.account = ?1 AND e.sent_number IS NULL ORDER BY e.message", "i",
	    account);

	while (db_row(store, stmt, NULL)) {
		struct edit_row *row = g_new(struct edit_row, 1);

		row->message = sqlite3_column_int64(stmt, 0);
		row->id = db_text(stmt, 1);
		g_ptr_array_add(rows, row);
	}
	return rows;
}

bool
edit_sent(struct store *store, int64_t message, int64_t sent_number, GError **error)
{
	if (sent_number == 0)
		return db_change(store, error, "DELETE FROM edit WHERE message = ?1", "i", message);
	return db_change(store, error, "UPDATE edit SET sent_number = ?2 WHERE message = ?1", "ii", message,
	    sent_number);
}

bool
edits_on_way(struct store *store, int64_t account)
{
	int64_t found = 0;

	db_number(store, NULL, &found,
	    "SELECT 1 FROM edit e JOIN message m ON m.id = e.message JOIN chat c ON c.id = m.chat WHERE c.account = ?1 AND e.sent_number IS NOT NULL LIMIT 1", "i", account);
	return found != 0;
}

bool
edits_stored(struct store *store, int64_t account, int64_t acked, GError **error)
{
	return db_change(store, error, "DELETE FROM edit WHERE sent_number <= ?2 AND message IN "
	    "(SELECT m.id FROM edit e JOIN message m ON m.id = e.message JOIN chat c ON c.id = m.chat WHERE c.account = ?1)",
	    "ii", account, acked);
}

bool
edits_requeue(struct store *store, int64_t account, GError **error)
{
	return db_change(store, error, "UPDATE edit SET sent_number = NULL WHERE message IN "
	    "(SELECT m.id FROM edit e JOIN message m ON m.id = e.message JOIN chat c ON c.id = m.chat WHERE c.account = ?1)",
	    "i", account);
}
