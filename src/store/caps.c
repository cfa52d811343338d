/* caps.c: see caps.h. */
#include "store/caps.h"

#include "base/limits.h"
#include "store/db.h"

char *
caps_row_load(struct store *store, const char *key)
{
	sqlite3_stmt *stmt = db_ask(store, "SELECT features FROM caps WHERE key = ?1", "t", key);
	char *features = NULL;

	if (db_row(store, stmt, NULL)) {
		features = db_text(stmt, 0);
		db_done(stmt);
	}
	return features;
}

bool
caps_row_save(struct store *store, const char *key, const char *features, GError **error)
{
	return db_change(store, error, "INSERT OR REPLACE INTO caps(key, features) VALUES(?1, ?2)", "tt", key,
	    features) && db_change(store, error, "DELETE FROM caps WHERE id <= (SELECT max(id) FROM caps) - ?1", "i",
	    (int64_t)LIMIT_CAPS);
}
