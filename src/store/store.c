/*
 * store.c: see store.h.
 *
 * SQLite rolls a whole transaction back when COMMIT fails, and may do so in the middle of one, when the disk is full.
 * The savepoints that were kept before must not be lost with it: their stanzas will not come again while the process
 * lives.  So each change is remembered until it is committed (redo: statement and values), and done again in the next
 * transaction.  All values in it are bound by us and ids come from AUTOINCREMENT, so that it makes the same rows.
 *
 * A savepoint is therefore only a mark in redo.  To take one back, which is rare, the transaction is rolled back and
 * what was kept is done again; SQLite's own would copy each page before its first change, for every stanza.
 */
#include "store/store.h"

#include <string.h>

#include "base/heap.h"
#include "base/limits.h"
#include "store/checkpoint.h"
#include "store/db.h"
#include "store/search.h"

/* Both compilers that build this take a longer literal than the 4095 bytes that the standard promises. */
#pragma GCC diagnostic ignored "-Woverlength-strings"
static const struct migration migrations[] = {
#define MIGRATION(number, what, sql) { number, sql },
#include "store/schema.def"
#undef MIGRATION
};

enum { REDO_KEPT = 262144 };	/* bytes */

struct store *
store_open(const char *path, const char *vfs, GError **error)
{
	return db_open(path, vfs, migrations, G_N_ELEMENTS(migrations), error);
}

bool
store_examine(const char *path, struct store_facts *facts, GError **error)
{
	return db_examine(path, migrations, G_N_ELEMENTS(migrations), facts, error);
}

unsigned char *
db_fresh_bytes(sqlite3_int64 *n)
{
	unsigned char *bytes = NULL;
	sqlite3 *db = NULL;
	int rc = sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

	if (rc == SQLITE_OK)
		rc = db_harden(db);
	for (size_t i = 0; rc == SQLITE_OK && i < G_N_ELEMENTS(migrations); i++)
		rc = sqlite3_exec(db, migrations[i].sql, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		bytes = sqlite3_serialize(db, "main", n, 0);
	sqlite3_close(db);
	return bytes;
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	checkpoint_stop(store->checkpoint);
	g_hash_table_destroy(store->statements);
	sqlite3_close(store->db);
	g_byte_array_unref(store->redo);
	g_array_unref(store->waiting);
	g_clear_error(&store->failure);
	g_free(store->path);
	g_free(store->log);
	g_free(store);
}

const char *
store_library(void)
{
	static char text[32];

	g_snprintf(text, sizeof text, "sqlite %s", sqlite3_libversion());
	return text;
}

int
store_schema(const struct store *store)
{
	return store->schema;
}

static bool
in_transaction(const struct store *store)
{
	return !sqlite3_get_autocommit(store->db);
}

static void
roll_back(struct store *store)
{
	if (in_transaction(store))
		db_control(store, "ROLLBACK", NULL);
}

/*
 * Something failed, and the transaction goes.  Where SQLite ended it by itself it may have been in the middle of a
 * change of the search index: FTS5 (3.40) then keeps in memory what it had begun, and would write it with the next one.
 */
static void
give_up(struct store *store)
{
	store->index_dirty |= !in_transaction(store);
	roll_back(store);
}

/* A transaction with the index in it that is rolled back: then FTS5 forgets. */
static bool
clean_index(struct store *store, GError **error)
{
	if (!store->index_dirty)
		return true;
	if (!db_control(store, "BEGIN IMMEDIATE", error))
		return false;
	store->index_dirty = !db_exec(store, "INSERT INTO message_text(rowid, body) SELECT 0, NULL WHERE 0", error);
	roll_back(store);
	return !store->index_dirty;
}

/* Sees to it that a transaction is open and that all that was kept is in it. */
static bool
open_transaction(struct store *store, GError **error)
{
	if (in_transaction(store))
		return true;
	if (!clean_index(store, error) || !db_control(store, "BEGIN IMMEDIATE", error))
		return false;
	if (db_redo(store, error))
		return true;
	give_up(store);
	return false;
}

/* An open transaction with nothing in it would only keep the lock and pin the log. */
static void
drop_empty(struct store *store)
{
	if (store->redo->len == 0)
		roll_back(store);
}

bool
store_begin(struct store *store, GError **error)
{
	g_assert(!store->in_savepoint);
	if ((!in_transaction(store) && !db_in_place(store, error)) || !open_transaction(store, error))
		return false;
	store->in_savepoint = true;
	store->redo_mark = store->redo->len;
	store->waiting_mark = store->waiting->len;
	return true;
}

bool
store_end(struct store *store, bool keep, GError **error)
{
	g_autoptr(GError) failure = g_steal_pointer(&store->failure);

	g_assert(store->in_savepoint);
	store->in_savepoint = false;
	if (keep && failure == NULL)
		return true;
	if (failure != NULL || store->redo->len > store->redo_mark)
		give_up(store);
	g_byte_array_set_size(store->redo, store->redo_mark);
	g_array_set_size(store->waiting, store->waiting_mark);
	/* If what was kept does not come back now, it will in store_commit(). */
	if (store->redo->len > 0)
		open_transaction(store, NULL);
	drop_empty(store);
	if (!keep)
		return true;
	g_propagate_error(error, g_steal_pointer(&failure));
	return false;
}

static bool
reserve_due(const struct store *store)
{
	return store->rev > store->reserve_above;
}

bool
store_dirty(const struct store *store)
{
	return store->redo->len > 0 || reserve_due(store);
}

/* What one big turn needed is not kept for ever. */
static void
forget_changes(struct store *store)
{
	heap_passed(store->redo->len);
	/* Some of it may be keys. */
	if (store->redo->len > 0)
		explicit_bzero(store->redo->data, store->redo->len);
	if (store->redo->len > REDO_KEPT) {
		g_byte_array_unref(store->redo);
		store->redo = g_byte_array_new();
	}
	g_byte_array_set_size(store->redo, 0);
}

bool
store_commit(struct store *store, GError **error)
{
	bool reserve = reserve_due(store);
	int64_t reserved = store->rev + LIMIT_REV_BLOCK;
	g_autofree char *sql = NULL;

	g_assert(!store->in_savepoint);
	if (!store_dirty(store)) {
		drop_empty(store);
		return true;
	}
	if (!db_in_place(store, error) || !open_transaction(store, error))
		return false;
	sql = g_strdup_printf("INSERT OR REPLACE INTO counter(name, value) VALUES('rev', %" G_GINT64_FORMAT ")",
	    reserved);
	if (!search_flush(store, error) || (reserve && !db_exec(store, sql, error)) ||
	    !db_control(store, "COMMIT", error)) {
		/* The next try begins with what redo and waiting hold; meanwhile reading sees the turn as it is. */
		give_up(store);
		open_transaction(store, NULL);
		drop_empty(store);
		return false;
	}
	forget_changes(store);
	g_array_set_size(store->waiting, 0);
	if (reserve) {
		store->reserved = reserved;
		store->reserve_above = reserved - LIMIT_REV_BLOCK / 2;
	}
	return true;
}

int64_t
store_next_rev(struct store *store)
{
	return ++store->rev;
}

int64_t
store_rev(const struct store *store)
{
	return store->rev;
}

int64_t
store_reserved_rev(const struct store *store)
{
	return store->reserved;
}

int64_t
store_last_ord(const struct store *store)
{
	return store->last_ord;
}

bool
store_set_text(struct store *store, const char *key, const char *value, GError **error)
{
	if (value == NULL)
		return db_change(store, error, "DELETE FROM text WHERE key = ?1", "t", key);
	return db_change(store, error, "INSERT OR REPLACE INTO text(key, value) VALUES(?1, ?2)", "tt", key, value);
}

char *
store_get_text(struct store *store, const char *key)
{
	sqlite3_stmt *stmt = db_ask(store, "SELECT value FROM text WHERE key = ?1", "t", key);
	char *value = NULL;

	if (db_row(store, stmt, NULL)) {
		value = db_text(stmt, 0);
		db_done(stmt);
	}
	return value;
}

bool
store_check(struct store *store, GError **error)
{
	sqlite3_stmt *stmt;
	g_autoptr(GError) failure = NULL;
	g_autofree char *said = NULL;

	/* The search index knows only what was committed. */
	if (!store_commit(store, error))
		return false;
	stmt = db_ask(store, "PRAGMA integrity_check(1)", "");

	if (db_row(store, stmt, &failure)) {
		said = db_text(stmt, 0);
		db_done(stmt);
	}
	if (failure == NULL && g_strcmp0(said, "ok") != 0)
		g_set_error(&failure, STORE_ERROR, STORE_ERROR_DAMAGED, "%s is damaged: %s.", store->path, said);
	/* The number asks FTS5 to compare the index with the messages, not only with itself. */
	if (failure == NULL)
		db_exec(store, "INSERT INTO message_text(message_text, rank) VALUES('integrity-check', 1)", &failure);
	if (failure == NULL)
		return true;
	g_propagate_error(error, g_steal_pointer(&failure));
	return false;
}

int64_t
store_account(struct store *store, const char *jid, GError **error)
{
	int64_t id = 0;

	if (!db_number(store, error, &id, "SELECT id FROM account WHERE jid = ?1", "t", jid) || id != 0)
		return id;
	if (!db_change(store, error, "INSERT INTO account(jid) VALUES(?1)", "t", jid))
		return 0;
	return sqlite3_last_insert_rowid(store->db);
}
