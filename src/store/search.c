/* search.c: see search.h. */
#include "store/search.h"

#include "store/db.h"

bool
search_add(struct store *store, int64_t ord, const char *body, GError **error)
{
	return db_change(store, error, "INSERT INTO message_text(rowid, body) VALUES(?1, ?2)", "it", ord, body);
}

bool
search_remove(struct store *store, int64_t ord, const char *body, GError **error)
{
	return db_change(store, error, "INSERT INTO message_text(message_text, rowid, body) VALUES('delete', ?1, ?2)",
	    "it", ord, body);
}
