/* chats.c: see chats.h. */
#include "store/chats.h"

#include "store/db.h"

enum { COUNT_MAX = 100, FIRST_NUMBER = 2 };

/*
 * Each count walks at most COUNT_MAX entries of an index that holds nothing else: its condition must stand here as it
 * is.
 */
#define CHAT_SELECT \
	"SELECT c.id, c.account, c.jid, c.kind, c.number, c.read, c.draft, c.rev, " \
	"coalesce((SELECT m.ord FROM message m WHERE m.chat = c.id ORDER BY m.ord DESC LIMIT 1), 0) AS last, " \
	"(SELECT count(*) FROM (SELECT 1 FROM message m INDEXED BY message_unread " \
	"WHERE m.chat = c.id AND m.ord > c.read AND m.flags & 2 LIMIT 100)), " \
	"(SELECT count(*) FROM (SELECT 1 FROM message m INDEXED BY message_mention " \
	"WHERE m.chat = c.id AND m.ord > c.read AND m.flags & 4 LIMIT 100)), c.notify, c.occupant, " \
	"(SELECT count(*) FROM (SELECT 1 FROM message m INDEXED BY message_failed " \
	"WHERE m.chat = c.id AND m.state = 7 LIMIT 100)), c.secrecy FROM chat c "

G_STATIC_ASSERT(COUNT_MAX == 100 && MESSAGE_FAILED == 7);	/* stand in the text above */

void
chat_row_free(struct chat_row *row)
{
	if (row == NULL)
		return;
	g_free(row->jid);
	g_free(row->draft);
	g_free(row->occupant);
	g_free(row);
}

static struct chat_row *
next(struct store *store, sqlite3_stmt *stmt)
{
	struct chat_row *row;

	if (!db_row(store, stmt, NULL))
		return NULL;
	row = g_new0(struct chat_row, 1);
	row->id = sqlite3_column_int64(stmt, 0);
	row->account = sqlite3_column_int64(stmt, 1);
	row->jid = db_text(stmt, 2);
	row->kind = (enum chat_kind)sqlite3_column_int(stmt, 3);
	row->number = sqlite3_column_int(stmt, 4);
	row->open = row->number != 0;
	row->read = sqlite3_column_int64(stmt, 5);
	row->draft = db_text(stmt, 6);
	row->rev = sqlite3_column_int64(stmt, 7);
	row->last = sqlite3_column_int64(stmt, 8);
	row->unread = sqlite3_column_int(stmt, 9);
	row->mentions = sqlite3_column_int(stmt, 10);
	row->notify = sqlite3_column_int(stmt, 11);
	row->occupant = db_text(stmt, 12);
	row->failed = sqlite3_column_int(stmt, 13);
	row->secrecy = (enum secrecy)sqlite3_column_int(stmt, 14);
	return row;
}

static GPtrArray *
all(struct store *store, sqlite3_stmt *stmt)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))chat_row_free);
	struct chat_row *row;

	while ((row = next(store, stmt)) != NULL)
		g_ptr_array_add(rows, row);
	return rows;
}

int64_t
chat_find(struct store *store, int64_t account, const char *jid, enum chat_kind kind, bool create, GError **error)
{
	int64_t id = 0;

	if (!db_number(store, error, &id, "SELECT id FROM chat WHERE account = ?1 AND jid = ?2", "it", account, jid))
		return 0;
	if (id != 0 || !create)
		return id;
	if (!db_change(store, error, "INSERT INTO chat(account, jid, kind, rev) VALUES(?1, ?2, ?3, ?4)", "itii",
	    account, jid, (int64_t)kind, store_next_rev(store)))
		return 0;
	return sqlite3_last_insert_rowid(store->db);
}

bool
chat_kind_get(struct store *store, int64_t account, const char *jid, enum chat_kind *kind)
{
	int64_t found = -1;

	db_number(store, NULL, &found, "SELECT kind FROM chat WHERE account = ?1 AND jid = ?2", "it", account, jid);
	*kind = (enum chat_kind)MAX(found, 0);
	return found >= 0;
}

struct chat_row *
chat_load(struct store *store, int64_t id)
{
	sqlite3_stmt *stmt = db_ask(store, CHAT_SELECT "WHERE c.id = ?1", "i", id);
	struct chat_row *row = next(store, stmt);

	if (row != NULL)
		db_done(stmt);
	return row;
}

GPtrArray *
chat_list(struct store *store, int64_t account)
{
	return all(store, db_ask(store, CHAT_SELECT "WHERE ?1 IN (0, c.account) AND (c.number > 0 OR "
	    "EXISTS (SELECT 1 FROM message m WHERE m.chat = c.id)) ORDER BY c.number = 0, c.number, last DESC, c.id",
	    "i", account));
}

GPtrArray *
chat_changed_since(struct store *store, int64_t rev)
{
	return all(store, db_ask(store, CHAT_SELECT "WHERE c.rev > ?1 ORDER BY c.rev", "i", rev));
}

/* The lowest number from FIRST_NUMBER on that no open chat has. */
static bool
free_number(struct store *store, int64_t *number, GError **error)
{
	*number = FIRST_NUMBER;
	return db_number(store, error, number, "SELECT n FROM (SELECT ?1 AS n UNION ALL SELECT number + 1 FROM chat "
	    "WHERE number >= ?1) WHERE n NOT IN (SELECT number FROM chat WHERE number > 0) ORDER BY n LIMIT 1", "i",
	    *number);
}

bool
chat_set_open(struct store *store, int64_t id, bool open, GError **error)
{
	int64_t now = 0, number = 0;

	if (!db_number(store, error, &now, "SELECT number FROM chat WHERE id = ?1", "i", id))
		return false;
	if ((now != 0) == open)
		return true;
	if (open && !free_number(store, &number, error))
		return false;
	return db_change(store, error, "UPDATE chat SET number = ?2, rev = ?3 WHERE id = ?1", "iii", id, number,
	    store_next_rev(store));
}

bool
chat_set_read(struct store *store, int64_t id, int64_t ord, GError **error)
{
	int64_t now = G_MAXINT64;

	if (!db_number(store, error, &now, "SELECT read FROM chat WHERE id = ?1", "i", id))
		return false;
	return ord <= now || db_change(store, error, "UPDATE chat SET read = ?2, rev = ?3 WHERE id = ?1", "iii", id,
	    ord, store_next_rev(store));
}

bool
chat_set_unread(struct store *store, int64_t id, int64_t ord, GError **error)
{
	int64_t now = 0;

	if (!db_number(store, error, &now, "SELECT read FROM chat WHERE id = ?1", "i", id))
		return false;
	return ord >= now || db_change(store, error, "UPDATE chat SET read = ?2, rev = ?3 WHERE id = ?1", "iii", id,
	    ord, store_next_rev(store));
}

bool
chat_set_draft(struct store *store, int64_t id, const char *text, GError **error)
{
	int64_t same = 1;

	if (!db_number(store, error, &same, "SELECT draft = ?2 FROM chat WHERE id = ?1", "it", id, text))
		return false;
	return same != 0 || db_change(store, error, "UPDATE chat SET draft = ?2, rev = ?3 WHERE id = ?1", "iti", id,
	    text, store_next_rev(store));
}

bool
chat_set_notify(struct store *store, int64_t id, int notify, GError **error)
{
	int64_t same = 1;

	if (!db_number(store, error, &same, "SELECT notify = ?2 FROM chat WHERE id = ?1", "ii", id, (int64_t)notify))
		return false;
	return same != 0 || db_change(store, error, "UPDATE chat SET notify = ?2, rev = ?3 WHERE id = ?1", "iii", id,
	    (int64_t)notify, store_next_rev(store));
}

bool
chat_set_secrecy(struct store *store, int64_t id, enum secrecy secrecy, GError **error)
{
	return db_change(store, error, "UPDATE chat SET secrecy = ?2, rev = ?3 WHERE id = ?1 AND secrecy <> ?2", "iii",
	    id, (int64_t)secrecy, store_next_rev(store));
}

bool
chat_set_occupant(struct store *store, int64_t id, const char *occupant, GError **error)
{
	return db_change(store, error, "UPDATE chat SET occupant = ?2, rev = ?3 WHERE id = ?1", "iti", id, occupant,
	    store_next_rev(store));
}

bool
chat_touch(struct store *store, int64_t id, GError **error)
{
	return db_change(store, error, "UPDATE chat SET rev = ?2 WHERE id = ?1", "ii", id, store_next_rev(store));
}

GArray *
chat_news(struct store *store, int64_t after, int64_t up_to, unsigned limit)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(struct chat_news));
	sqlite3_stmt *stmt = db_ask(store, "SELECT l.chat, m.id, "
	    "(SELECT count(*) FROM (SELECT 1 FROM message n INDEXED BY message_unread "
	    "WHERE n.chat = l.chat AND n.ord > ?1 AND n.ord <= ?2 AND n.flags & 2 LIMIT 1000)), "
	    "(SELECT count(*) FROM (SELECT 1 FROM message n INDEXED BY message_mention "
	    "WHERE n.chat = l.chat AND n.ord > ?1 AND n.ord <= ?2 AND n.flags & 4 LIMIT 1000)) "
	    "FROM (SELECT c.id AS chat, (SELECT n.ord FROM message n INDEXED BY message_unread "
	    "WHERE n.chat = c.id AND n.ord > ?1 AND n.ord <= ?2 AND n.flags & 2 ORDER BY n.ord DESC LIMIT 1) AS ord "
	    "FROM chat c) l JOIN message m ON m.ord = l.ord ORDER BY l.ord DESC LIMIT ?3", "iii", after, up_to,
	    (int64_t)limit);

	while (db_row(store, stmt, NULL)) {
		struct chat_news news = { sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1),
			sqlite3_column_int(stmt, 2), sqlite3_column_int(stmt, 3) };

		g_array_append_val(list, news);
	}
	return list;
}
