/* sealed.c: see sealed.h. */
#include "store/sealed.h"

#include "store/db.h"

void
sealed_row_free(struct sealed_row *row)
{
	if (row == NULL)
		return;
	g_free(row->key);
	g_free(row);
}

bool
sealed_save(struct store *store, int64_t message, int64_t device, const char *key, enum trust trust, GError **error)
{
	return db_change(store, error, "INSERT OR REPLACE INTO sealed(message, device, key, trust) VALUES(?1, ?2, ?3, ?4)", "iiti",
	    message, device, key, (int64_t)trust);
}

struct sealed_row *
sealed_load(struct store *store, int64_t message)
{
	sqlite3_stmt *stmt = db_ask(store, "SELECT device, key, trust FROM sealed WHERE message = ?1", "i", message);
	struct sealed_row *row;

	if (!db_row(store, stmt, NULL))
		return NULL;
	row = g_new(struct sealed_row, 1);
	row->device = sqlite3_column_int64(stmt, 0);
	row->key = db_text(stmt, 1);
	row->trust = (enum trust)sqlite3_column_int(stmt, 2);
	db_done(stmt);
	return row;
}
