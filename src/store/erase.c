/* erase.c: see erase.h. */
#include "store/erase.h"

#include "store/message_row.h"
#include "store/search.h"

/* States from MESSAGE_STORED on are settled; the schema counts on it too. */
#define SETTLED " AND ord IS NOT NULL AND state > 3 "
#define DOOMED "SELECT id, chat, ord, body, origin_id, server_id FROM message WHERE "

struct doomed {
	int64_t	 id, chat, ord;
	char	*body, *origin_id, *server_id;
};

static void
doomed_clear(void *data)
{
	struct doomed *d = data;

	g_free(d->body);
	g_free(d->origin_id);
	g_free(d->server_id);
}

/* Rows first, since what is walked must not change meanwhile. */
static GArray *
collect(struct store *store, sqlite3_stmt *stmt, GError **error)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct doomed));
	g_autoptr(GError) cause = NULL;

	g_array_set_clear_func(all, doomed_clear);
	while (db_row(store, stmt, &cause)) {
		struct doomed d = { sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1),
			sqlite3_column_int64(stmt, 2), db_text(stmt, 3), db_text(stmt, 4),
			db_text(stmt, 5) };

		g_array_append_val(all, d);
	}
	if (cause == NULL)
		return all;
	g_propagate_error(error, g_steal_pointer(&cause));
	g_array_unref(all);
	return NULL;
}

static bool
remember(struct store *store, int64_t chat, const char *id, GError **error)
{
	return id == NULL || db_change(store, error, "INSERT OR IGNORE INTO erased(chat, id) VALUES(?1, ?2)", "it",
	    chat, id);
}

static bool
erase(struct store *store, const GArray *all, bool by_hand, GPtrArray *rows, GError **error)
{
	bool ok = all->len == 0 || db_exec(store, "PRAGMA secure_delete=ON", error);

	for (guint i = 0; ok && i < all->len; i++) {
		const struct doomed *d = &g_array_index(all, struct doomed, i);
		struct message_row *row = g_new0(struct message_row, 1);

		row->id = d->id;
		row->chat = d->chat;
		row->ord = d->ord;
		row->flags = MESSAGE_GONE;
		row->sent_number = -1;
		row->rev = store_next_rev(store);
		g_ptr_array_add(rows, row);
		ok = (!by_hand || (remember(store, d->chat, d->origin_id, error) &&
		    remember(store, d->chat, d->server_id, error))) && search_remove(store, d->ord, d->body, error) &&
		    db_change(store, error, "DELETE FROM message WHERE id = ?1", "i", d->id);
	}
	if (all->len > 0) {
		ok = ok && db_change(store, error, "INSERT OR REPLACE INTO counter(name, value) VALUES('erased', ?1)",
		    "i", store_rev(store));
		db_exec(store, "PRAGMA secure_delete=OFF", NULL);
	}
	return ok;
}

/* What was typed is as much the message. */
static bool
erase_typed(struct store *store, int64_t chat, int64_t before, GError **error)
{
	return db_change(store, error, "DELETE FROM input WHERE (?1 = 0 OR chat = ?1) AND at < ?2 / 1000", "ii", chat,
	    before);
}

bool
message_erase(struct store *store, int64_t chat, int64_t before, unsigned limit, GPtrArray *rows, GError **error)
{
	g_autoptr(GArray) all = collect(store, chat == 0 ?
	    db_ask(store, DOOMED "ord < ?1" SETTLED "ORDER BY ord LIMIT ?2", "ii",
	    before, (int64_t)limit) :
	    db_ask(store, DOOMED "chat = ?3 AND ord < ?1" SETTLED "ORDER BY ord LIMIT ?2",
	    "iii", before, (int64_t)limit, chat), error);

	return all != NULL && erase(store, all, chat != 0, rows, error) && erase_typed(store, chat, before, error);
}

bool
message_erase_one(struct store *store, int64_t id, GPtrArray *rows, GError **error)
{
	g_autoptr(GArray) all = collect(store, db_ask(store, DOOMED "id = ?1" SETTLED,
	    "i", id), error);

	return all != NULL && all->len == 1 && erase(store, all, true, rows, error) &&
	    db_change(store, error, "DELETE FROM input WHERE chat = ?1 AND line = ?2", "it",
	    g_array_index(all, struct doomed, 0).chat, g_array_index(all, struct doomed, 0).body);
}

bool
message_was_erased(struct store *store, int64_t chat, const char *origin_id, const char *server_id)
{
	int64_t n = 0;

	db_number(store, NULL, &n, "SELECT EXISTS (SELECT 1 FROM erased WHERE chat = ?1 AND id = ?2) OR "
	    "EXISTS (SELECT 1 FROM erased WHERE chat = ?1 AND id = ?3)", "itt", chat, origin_id, server_id);
	return n > 0;
}

unsigned
message_erasable(struct store *store, int64_t chat, int64_t before, unsigned max)
{
	int64_t n = 0;

	db_number(store, NULL, &n, "SELECT count(*) FROM (SELECT 1 FROM message WHERE chat = ?1 AND ord < ?2" SETTLED
	    "LIMIT ?3)", "iii", chat, before, (int64_t)max);
	return (unsigned)n;
}

int64_t
message_erased_rev(struct store *store)
{
	int64_t rev = 0;

	db_number(store, NULL, &rev, "SELECT value FROM counter WHERE name = 'erased'", "");
	return rev;
}
