/* bookmarks.c: see bookmarks.h. */
#include "store/bookmarks.h"

#include "store/db.h"

void
bookmark_row_free(struct bookmark_row *row)
{
	if (row == NULL)
		return;
	g_free(row->jid);
	g_free(row->xml);
	g_free(row);
}

bool
bookmark_save(struct store *store, int64_t account, const struct bookmark_row *row, GError **error)
{
	return db_change(store, error,
	    "INSERT OR REPLACE INTO bookmark(account, jid, xml, debt) VALUES(?1, ?2, ?3, ?4)", "itti", account,
	    row->jid, row->xml, (int64_t)row->debt);
}

bool
bookmark_delete(struct store *store, int64_t account, const char *jid, GError **error)
{
	return db_change(store, error, "DELETE FROM bookmark WHERE account = ?1 AND jid = ?2", "it", account, jid);
}

GPtrArray *
bookmark_rows(struct store *store, int64_t account)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))bookmark_row_free);
	sqlite3_stmt *stmt = db_ask(store, "SELECT jid, xml, debt FROM bookmark WHERE account = ?1 ORDER BY jid", "i",
	    account);

	while (db_row(store, stmt, NULL)) {
		struct bookmark_row *row = g_new0(struct bookmark_row, 1);

		row->jid = db_text(stmt, 0);
		row->xml = db_text(stmt, 1);
		row->debt = (enum bookmark_debt)sqlite3_column_int64(stmt, 2);
		g_ptr_array_add(rows, row);
	}
	return rows;
}
