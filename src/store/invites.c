/* invites.c: see invites.h. */
#include "store/invites.h"

#include "base/limits.h"
#include "store/db.h"

void
invite_row_free(struct invite_row *row)
{
	if (row == NULL)
		return;
	g_free(row->room);
	g_free(row->inviter);
	g_free(row->reason);
	g_free(row->password);
	g_free(row);
}

bool
invite_save(struct store *store, const struct invite_row *row, GError **error)
{
	return db_change(store, error,
	    "DELETE FROM invite WHERE account = ?1 AND settled > 0 AND room IN (SELECT room FROM invite WHERE account = ?1 AND settled > 0 AND room <> ?2 ORDER BY settled DESC LIMIT -1 OFFSET ?3)", "iti", row->account,
	    row->room, (int64_t)LIMIT_INVITES - 1) &&
	    db_change(store, error,
	    "INSERT OR REPLACE INTO invite(account, room, inviter, reason, password, mediated, came, settled) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", "ittttiii", row->account, row->room, row->inviter, row->reason, row->password,
	    (int64_t)row->mediated, row->came_ms, row->settled_ms);
}

static struct invite_row *
read_row(sqlite3_stmt *stmt)
{
	struct invite_row *row = g_new0(struct invite_row, 1);

	row->account = sqlite3_column_int64(stmt, 0);
	row->room = db_text(stmt, 1);
	row->inviter = db_text(stmt, 2);
	row->reason = db_text(stmt, 3);
	row->password = db_text(stmt, 4);
	row->mediated = sqlite3_column_int64(stmt, 5) != 0;
	row->came_ms = sqlite3_column_int64(stmt, 6);
	row->settled_ms = sqlite3_column_int64(stmt, 7);
	return row;
}

struct invite_row *
invite_load(struct store *store, int64_t account, const char *room)
{
	sqlite3_stmt *stmt = db_ask(store,
	    "SELECT account, room, inviter, reason, password, mediated, came, settled FROM invite WHERE account = ?1 AND room = ?2", "it", account, room);
	struct invite_row *row = db_row(store, stmt, NULL) ? read_row(stmt) : NULL;

	if (row != NULL)
		db_done(stmt);
	return row;
}

GPtrArray *
invite_list(struct store *store)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))invite_row_free);
	sqlite3_stmt *stmt = db_ask(store,
	    "SELECT account, room, inviter, reason, password, mediated, came, settled FROM invite WHERE settled = 0 ORDER BY came, account, room", "");

	while (db_row(store, stmt, NULL))
		g_ptr_array_add(rows, read_row(stmt));
	return rows;
}
