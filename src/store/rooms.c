/* rooms.c: see rooms.h. */
#include "store/rooms.h"

#include "store/db.h"

bool
room_row_save(struct store *store, int64_t account, const struct room_row *row, GError **error)
{
	return db_change(store, error, "INSERT OR REPLACE INTO room(account, jid, nick, own_id, password, features) "
	    "VALUES(?1, ?2, ?3, ?4, ?5, ?6)", "itttti", account, row->jid, row->nick, row->own_id, row->password,
	    row->features);
}

bool
room_row_delete(struct store *store, int64_t account, const char *jid, GError **error)
{
	return db_change(store, error, "DELETE FROM room WHERE account = ?1 AND jid = ?2", "it", account, jid);
}

void
room_rows_each(struct store *store, int64_t account, void (*fn)(void *ctx, const struct room_row *), void *ctx)
{
	sqlite3_stmt *stmt = db_ask(store,
	    "SELECT jid, nick, own_id, password, features FROM room WHERE account = ?1 ORDER BY jid", "i", account);

	while (db_row(store, stmt, NULL)) {
		g_autofree char *jid = db_text(stmt, 0), *nick = db_text(stmt, 1), *id = db_text(stmt, 2);
		g_autofree char *password = db_text(stmt, 3);
		struct room_row row = { jid, nick, id, password, sqlite3_column_int64(stmt, 4) };

		fn(ctx, &row);
	}
}
