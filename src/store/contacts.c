/* contacts.c: see contacts.h. */
#include "store/contacts.h"

#include "store/db.h"

bool
contact_row_save(struct store *store, int64_t account, const struct contact_row *row, GError **error)
{
	return db_change(store, error, "INSERT OR REPLACE INTO contact(account, jid, name, subscription, ask, groups) "
	    "VALUES(?1, ?2, ?3, ?4, ?5, ?6)", "ittiit", account, row->jid, row->name, (int64_t)row->subscription,
	    (int64_t)row->ask, row->groups);
}

bool
contact_row_delete(struct store *store, int64_t account, const char *jid, GError **error)
{
	return db_change(store, error, "DELETE FROM contact WHERE account = ?1 AND jid = ?2", "it", account, jid);
}

void
contact_rows_each(struct store *store, int64_t account, void (*fn)(void *ctx, const struct contact_row *), void *ctx)
{
	sqlite3_stmt *stmt = db_ask(store,
	    "SELECT jid, name, subscription, ask, groups FROM contact WHERE account = ?1", "i", account);

	while (db_row(store, stmt, NULL)) {
		g_autofree char *jid = db_text(stmt, 0), *name = db_text(stmt, 1), *groups = db_text(stmt, 4);
		struct contact_row row = { jid, name, sqlite3_column_int(stmt, 2), sqlite3_column_int(stmt, 3) != 0,
		    groups };

		fn(ctx, &row);
	}
}

static char *
version_key(int64_t account)
{
	return g_strdup_printf("contacts:%" G_GINT64_FORMAT, account);
}

char *
contacts_version(struct store *store, int64_t account)
{
	g_autofree char *key = version_key(account);

	return store_get_text(store, key);
}

bool
contacts_set_version(struct store *store, int64_t account, const char *version, GError **error)
{
	g_autofree char *key = version_key(account);

	return store_set_text(store, key, version, error);
}

bool
presence_row_save(struct store *store, int64_t account, const struct presence_row *row, GError **error)
{
	return db_change(store, error, "INSERT OR REPLACE INTO presence(account, jid, show, status, priority, caps) "
	    "VALUES(?1, ?2, ?3, ?4, ?5, ?6)", "ititit", account, row->jid, (int64_t)row->show, row->status,
	    (int64_t)row->priority, row->caps);
}

bool
presence_row_delete(struct store *store, int64_t account, const char *jid, GError **error)
{
	return db_change(store, error, "DELETE FROM presence WHERE account = ?1 AND jid = ?2", "it", account, jid);
}

bool
presence_rows_forget(struct store *store, int64_t account, GError **error)
{
	return db_change(store, error, "DELETE FROM presence WHERE account = ?1", "i", account);
}

void
presence_rows_each(struct store *store, int64_t account, void (*fn)(void *ctx, const struct presence_row *), void *ctx)
{
	sqlite3_stmt *stmt = db_ask(store, "SELECT jid, show, status, priority, caps FROM presence WHERE account = ?1",
	    "i", account);

	while (db_row(store, stmt, NULL)) {
		g_autofree char *jid = db_text(stmt, 0), *status = db_text(stmt, 2), *caps = db_text(stmt, 4);
		struct presence_row row = { jid, sqlite3_column_int(stmt, 1), status, sqlite3_column_int(stmt, 3),
		    caps };

		fn(ctx, &row);
	}
}
