/* db.c: see db.h. */
#include "store/db.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/log.h"

G_DEFINE_QUARK(confab-store-error, store_error)

static enum store_error
error_code(int rc, int os)
{
	switch (rc & 0xff) {
	case SQLITE_FULL:
		return STORE_ERROR_FULL;
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return STORE_ERROR_READ_ONLY;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return STORE_ERROR_LOCKED;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return STORE_ERROR_DAMAGED;
	case SQLITE_CANTOPEN:
		return os == EROFS ? STORE_ERROR_READ_ONLY : STORE_ERROR_IO;
	case SQLITE_IOERR:
		return os == ENOSPC || os == EDQUOT ? STORE_ERROR_FULL : os == EROFS ? STORE_ERROR_READ_ONLY :
		    STORE_ERROR_IO;
	default:
		return STORE_ERROR_IO;
	}
}

/* What the system said last.  Of what fails in a commit SQLite itself knows no more than that; the files do. */
static int
system_errno(sqlite3 *db)
{
	sqlite3_file *log = NULL;
	int os = sqlite3_system_errno(db);

	if (os == 0 && sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK &&
	    log != NULL && log->pMethods != NULL)
		log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &os);
	if (os == 0)
		sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &os);
	return os;
}

void
db_error(GError **error, const char *path, sqlite3 *db, int rc)
{
	int os = db != NULL && ((rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN) ? system_errno(db) : 0;
	enum store_error code = error_code(rc, os);

	switch (code) {
	case STORE_ERROR_FULL:
		g_set_error(error, STORE_ERROR, (gint)code, "%s cannot be written: %s.", path,
		    os == EDQUOT ? "your disk quota is used up" : "the disk is full");
		break;
	case STORE_ERROR_READ_ONLY:
		g_set_error(error, STORE_ERROR, (gint)code, "%s cannot be written: it may only be read.", path);
		break;
	case STORE_ERROR_LOCKED:
		g_set_error(error, STORE_ERROR, (gint)code, "%s cannot be used now: another program has it locked.",
		    path);
		break;
	case STORE_ERROR_DAMAGED:
		g_set_error(error, STORE_ERROR, (gint)code, "%s is damaged: %s.", path,
		    db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
		break;
	default:
		if ((rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN)
			g_set_error(error, STORE_ERROR, (gint)code, "%s cannot be %s: %s.", path,
			    (rc & 0xff) == SQLITE_CANTOPEN ? "opened" : "used",
			    os != 0 ? g_strerror(os) : "the disk reports an error");
		else
			g_set_error(error, STORE_ERROR, (gint)code, "%s cannot be used: %s.", path,
			    db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
		break;
	}
}

/* The statement, from the cache or new; NULL when it cannot be prepared (the connection then holds the error). */
static sqlite3_stmt *
prepare(struct store *store, const char *sql)
{
	sqlite3_stmt *stmt = g_hash_table_lookup(store->statements, sql);

	if (stmt != NULL) {
		g_assert(!sqlite3_stmt_busy(stmt));
		return stmt;
	}
	if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK)
		return NULL;
	g_hash_table_insert(store->statements, (char *)(uintptr_t)sql, stmt);
	return stmt;
}

static void
bind_one(sqlite3_stmt *stmt, int i, char kind, int64_t number, const void *bytes)
{
	int rc;

	if (kind == 'i')
		rc = sqlite3_bind_int64(stmt, i, number);
	else if (kind == 't')
		rc = sqlite3_bind_text(stmt, i, bytes, bytes != NULL ? (int)number : 0, SQLITE_STATIC);
	else
		rc = sqlite3_bind_blob64(stmt, i, bytes, (sqlite3_uint64)number, SQLITE_STATIC);
	/* A text above SQLite's limit stays NULL and the limits of what we take in are far below. */
	g_assert(rc == SQLITE_OK || rc == SQLITE_TOOBIG || rc == SQLITE_NOMEM);
}

/* The next argument: its number, or its bytes with their number. */
static const void *
argument(char kind, va_list *ap, int64_t *number)
{
	const void *bytes = NULL;

	if (kind == 'i') {
		*number = va_arg(*ap, int64_t);
	} else if (kind == 't') {
		bytes = va_arg(*ap, const char *);
		*number = bytes != NULL ? (int64_t)strlen(bytes) : -1;
	} else {
		bytes = va_arg(*ap, const void *);
		*number = (int64_t)va_arg(*ap, size_t);
		if (bytes == NULL)
			*number = -1;
	}
	return bytes;
}

static void
bind(sqlite3_stmt *stmt, const char *kinds, va_list ap)
{
	va_list rest;

	va_copy(rest, ap);
	for (int i = 0; kinds[i] != '\0'; i++) {
		int64_t number;
		const void *bytes = argument(kinds[i], &rest, &number);

		bind_one(stmt, i + 1, kinds[i], number, bytes);
	}
	va_end(rest);
}

sqlite3_stmt *
db_ask(struct store *store, const char *sql, const char *kinds, ...)
{
	sqlite3_stmt *stmt = prepare(store, sql);
	va_list ap;

	if (stmt == NULL)
		return NULL;
	va_start(ap, kinds);
	bind(stmt, kinds, ap);
	va_end(ap);
	return stmt;
}

static void
report(struct store *store, int rc, GError **error)
{
	g_autoptr(GError) told = NULL;

	db_error(&told, store->path, store->db, rc);
	/* Also reading writes where the cache is full; and who could not read must not decide. */
	if (store->in_savepoint && store->failure == NULL)
		store->failure = g_error_copy(told);
	if (told->code == STORE_ERROR_DAMAGED)
		db_doubt(store);
	if (error == NULL)
		log_error("store", "%s", told->message);
	else
		g_propagate_error(error, g_steal_pointer(&told));
}

bool
db_row(struct store *store, sqlite3_stmt *stmt, GError **error)
{
	int rc = stmt != NULL ? sqlite3_step(stmt) : sqlite3_extended_errcode(store->db);

	if (rc == SQLITE_ROW)
		return true;
	if (rc != SQLITE_DONE)
		report(store, rc, error);
	db_done(stmt);
	return false;
}

void
db_done(sqlite3_stmt *stmt)
{
	if (stmt == NULL)
		return;
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
}

bool
db_number(struct store *store, GError **error, int64_t *value, const char *sql, const char *kinds, ...)
{
	sqlite3_stmt *stmt = prepare(store, sql);
	g_autoptr(GError) failure = NULL;
	va_list ap;

	if (stmt != NULL) {
		va_start(ap, kinds);
		bind(stmt, kinds, ap);
		va_end(ap);
	}
	if (db_row(store, stmt, &failure)) {
		*value = sqlite3_column_int64(stmt, 0);
		db_done(stmt);
	}
	if (failure == NULL)
		return true;
	if (error == NULL)
		log_error("store", "%s", failure->message);
	g_propagate_error(error, g_steal_pointer(&failure));
	return false;
}

char *
db_text(sqlite3_stmt *stmt, int column)
{
	return g_strdup((const char *)sqlite3_column_text(stmt, column));
}

/* --- what is done again when a commit fails --- */

/* A change as it stands in redo: which statement, then for each argument its number and, if it has some, its bytes. */
struct change {
	const char	*sql, *kinds;
	size_t		 len;		/* of all of it */
};

static void
remember(GByteArray *redo, const char *sql, const char *kinds, va_list ap)
{
	struct change change = { sql, kinds, 0 };
	guint start = redo->len;
	va_list rest;

	va_copy(rest, ap);
	g_byte_array_append(redo, (const guint8 *)&change, sizeof change);
	for (; *kinds != '\0'; kinds++) {
		int64_t number;
		const void *bytes = argument(*kinds, &rest, &number);

		g_byte_array_append(redo, (const guint8 *)&number, sizeof number);
		if (bytes != NULL)
			g_byte_array_append(redo, bytes, (guint)number);
	}
	va_end(rest);
	change.len = redo->len - start;
	memcpy(redo->data + start, &change, sizeof change);
}

/* Does the change at this place of redo, whose bytes stay where they are meanwhile; SQLite's word. */
static int
apply(struct store *store, guint at, struct change *change)
{
	const guint8 *next = store->redo->data + at;
	sqlite3_stmt *stmt;

	memcpy(change, next, sizeof *change);
	if ((stmt = prepare(store, change->sql)) == NULL)
		return sqlite3_extended_errcode(store->db);
	next += sizeof *change;
	for (int i = 0; change->kinds[i] != '\0'; i++) {
		const guint8 *bytes;
		int64_t number;

		memcpy(&number, next, sizeof number);
		bytes = next += sizeof number;
		if (change->kinds[i] != 'i' && number >= 0)
			next += number;
		bind_one(stmt, i + 1, change->kinds[i], number, number >= 0 ? bytes : NULL);
	}
	return sqlite3_step(stmt);
}

bool
db_change(struct store *store, GError **error, const char *sql, const char *kinds, ...)
{
	struct change change;
	guint at = store->redo->len;
	va_list ap;
	int rc;

	g_assert(store->in_savepoint);
	/* SQLite may have ended the transaction: what came now would be a commit of its own. */
	if (store->failure != NULL) {
		g_propagate_error(error, g_error_copy(store->failure));
		return false;
	}
	va_start(ap, kinds);
	remember(store->redo, sql, kinds, ap);
	va_end(ap);
	rc = apply(store, at, &change);
	if (rc != SQLITE_DONE) {
		report(store, rc, error);
		g_byte_array_set_size(store->redo, at);
	}
	db_done(g_hash_table_lookup(store->statements, sql));
	return rc == SQLITE_DONE;
}

void
db_wipe(struct store *store, bool on)
{
	/* It is done while the text is parsed, so a prepared one would do nothing; it does not touch the disk. */
	sqlite3_exec(store->db, on ? "PRAGMA secure_delete=ON" : "PRAGMA secure_delete=OFF", NULL, NULL, NULL);
}

static bool
redo_all(struct store *store, GError **error)
{
	struct change change;

	for (guint at = 0; at < store->redo->len; at += (guint)change.len) {
		int rc = apply(store, at, &change);

		if (rc != SQLITE_DONE)
			report(store, rc, error);
		db_done(g_hash_table_lookup(store->statements, change.sql));
		if (rc != SQLITE_DONE)
			return false;
	}
	return true;
}

/* Rare, and some of it may be keys. */
bool
db_redo(struct store *store, GError **error)
{
	bool ok;

	db_wipe(store, true);
	ok = redo_all(store, error);
	db_wipe(store, false);
	return ok;
}

bool
db_control(struct store *store, const char *sql, GError **error)
{
	sqlite3_stmt *stmt = prepare(store, sql);
	int rc = stmt != NULL ? sqlite3_step(stmt) : sqlite3_extended_errcode(store->db);

	if (rc != SQLITE_DONE)
		report(store, rc, error);
	db_done(stmt);
	return rc == SQLITE_DONE;
}

bool
db_exec(struct store *store, const char *sql, GError **error)
{
	int rc = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

	if (rc != SQLITE_OK)
		report(store, sqlite3_extended_errcode(store->db), error);
	return rc == SQLITE_OK;
}
