/* streams.c: see streams.h. */
#include "store/streams.h"

#include <string.h>

#include "store/db.h"

void
stream_row_clear(struct stream_row *row)
{
	g_free(row->resume);
	g_free(row->location);
	g_free(row->bound);
	memset(row, 0, sizeof *row);
}

bool
stream_row_load(struct store *store, int64_t account, struct stream_row *row)
{
	sqlite3_stmt *stmt = db_ask(store, "SELECT resume, location, h, acked, sent, bound, since FROM stream "
	    "WHERE account = ?1", "i", account);

	memset(row, 0, sizeof *row);
	if (!db_row(store, stmt, NULL))
		return false;
	row->resume = db_text(stmt, 0);
	row->location = db_text(stmt, 1);
	row->h = (uint32_t)sqlite3_column_int64(stmt, 2);
	row->acked = (uint32_t)sqlite3_column_int64(stmt, 3);
	row->sent = (uint32_t)sqlite3_column_int64(stmt, 4);
	row->bound = db_text(stmt, 5);
	row->since_ms = sqlite3_column_int64(stmt, 6);
	db_done(stmt);
	return true;
}

bool
stream_row_save(struct store *store, int64_t account, const struct stream_row *row, GError **error)
{
	return db_change(store, error,
	    "INSERT OR REPLACE INTO stream(account, resume, location, h, acked, sent, bound, since) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", "ittiiiti", account, row->resume, row->location, (int64_t)row->h,
	    (int64_t)row->acked, (int64_t)row->sent, row->bound, row->since_ms);
}

bool
stream_row_delete(struct store *store, int64_t account, GError **error)
{
	return db_change(store, error, "DELETE FROM stream WHERE account = ?1", "i", account);
}
