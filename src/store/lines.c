/* lines.c: see lines.h. */
#include "store/lines.h"

#include "base/clock.h"
#include "base/limits.h"
#include "store/db.h"

bool
line_keep(struct store *store, int64_t chat, const char *line, GError **error)
{
	return db_change(store, error, "INSERT INTO input(chat, at, line) SELECT ?1, ?2, ?3 WHERE ?3 IS NOT "
	    "(SELECT line FROM input WHERE chat = ?1 ORDER BY id DESC LIMIT 1)", "iit", chat, clock_real_us() / 1000,
	    line) && db_change(store, error,
	    "DELETE FROM input WHERE chat = ?1 AND id <= (SELECT id FROM input WHERE chat = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)", "ii", chat, (int64_t)LIMIT_LINES);
}

GPtrArray *
line_list(struct store *store, int64_t chat)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	sqlite3_stmt *stmt = db_ask(store, "SELECT line FROM input WHERE chat = ?1 ORDER BY id", "i", chat);

	while (db_row(store, stmt, NULL))
		g_ptr_array_add(lines, db_text(stmt, 0));
	return lines;
}
