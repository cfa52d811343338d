/* requests.c: see requests.h. */
#include "store/requests.h"

#include "base/limits.h"
#include "base/log.h"
#include "store/db.h"

void
request_row_free(struct request_row *row)
{
	if (row == NULL)
		return;
	g_free(row->jid);
	g_free(row->words);
	g_free(row);
}

bool
request_save(struct store *store, const struct request_row *row, GError **error)
{
	int64_t others = 0;

	if (!db_number(store, error, &others, "SELECT count(*) FROM request WHERE account = ?1 AND jid <> ?2", "it",
	    row->account, row->jid))
		return false;
	if (others >= LIMIT_REQUESTS) {
		log_debug("store", "%s asks to see you, but %d others wait already; not kept.", row->jid,
		    LIMIT_REQUESTS);
		return true;
	}
	return db_change(store, error,
	    "INSERT OR REPLACE INTO request(account, jid, words, asked) VALUES(?1, ?2, ?3, ?4)", "itti", row->account,
	    row->jid, row->words, row->asked_ms);
}

bool
request_delete(struct store *store, int64_t account, const char *jid, GError **error)
{
	return db_change(store, error, "DELETE FROM request WHERE account = ?1 AND jid = ?2", "it", account, jid);
}

GPtrArray *
request_list(struct store *store)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))request_row_free);
	sqlite3_stmt *stmt = db_ask(store,
	    "SELECT account, jid, words, asked FROM request ORDER BY asked, account, jid", "");

	while (db_row(store, stmt, NULL)) {
		struct request_row *row = g_new0(struct request_row, 1);

		row->account = sqlite3_column_int64(stmt, 0);
		row->jid = db_text(stmt, 1);
		row->words = db_text(stmt, 2);
		row->asked_ms = sqlite3_column_int64(stmt, 3);
		g_ptr_array_add(rows, row);
	}
	return rows;
}
