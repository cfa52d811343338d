/*
 * wreck.c: see wreck.h.  SQLite stops at the first page that it cannot read.  Messages stand in the order of their
 * numbers, so whoever asks for those behind a number goes on behind the page: walk() feels for the next number that can
 * be read.  Indexes are not asked, and the columns are those that are there, so that a file of another schema is read
 * too.
 *
 * Where the first page is broken nothing is found at all.  Then a copy gets the pages of the schema from a new
 * database: the same statements made both, so that the tables begin at the same pages.
 *
 * Where an inner page of the table is broken, the leaves below it are whole and not to be found.  So each leaf of the
 * file that looks like one of messages is put in the place of the table's first page, in a copy, and read as all there
 * is.
 */
#include "store/wreck.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "store/db.h"
#include "store/store.h"

enum { PAGE = 4096, NEAR = 200 };

static const int64_t FAR = G_GINT64_CONSTANT(1) << 42;	/* no number of a message is so great */

/* --- the file --- */

static void
remove_copy(const char *copy)
{
	static const char *const ends[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *name = g_strconcat(copy, ends[i], NULL);

		unlink(name);
	}
}

void
wreck_close(struct wreck *wreck)
{
	sqlite3_close(wreck->db);
	if (wreck->copy != NULL)
		remove_copy(wreck->copy);
	g_free(wreck->copy);
}

static bool
reads(sqlite3 *db)
{
	sqlite3_stmt *stmt = NULL;
	bool ok = sqlite3_prepare_v2(db, "SELECT id, chat, body FROM message NOT INDEXED LIMIT 0", -1, &stmt, NULL) ==
	    SQLITE_OK;

	sqlite3_finalize(stmt);
	return ok;
}

static bool
open_file(struct wreck *wreck, const char *path, int flags)
{
	if (sqlite3_open_v2(path, &wreck->db, flags | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
	    db_harden(wreck->db) == SQLITE_OK && reads(wreck->db))
		return true;
	sqlite3_close(wreck->db);
	wreck->db = NULL;
	return false;
}

static void
put32(unsigned char *at, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		at[i] = (unsigned char)(n >> (24 - 8 * i));
}

static uint32_t
get32(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void
take_page(unsigned char *to, gsize len, const unsigned char *from, gsize from_len, uint32_t page)
{
	gsize at = ((gsize)page - 1) * PAGE;

	if (page > 0 && at + PAGE <= len && at + PAGE <= from_len)
		memcpy(to + at, from + at, PAGE);
}

/* The schema's pages of a new database over those of this one.  False: it is shorter, or they lie elsewhere. */
static bool
take_schema(unsigned char *bytes, gsize len, bool has_log)
{
	sqlite3_int64 n = 0;
	unsigned char *fresh = db_fresh_bytes(&n);
	unsigned cells;

	if (fresh == NULL || len < PAGE || n < PAGE) {
		sqlite3_free(fresh);
		return false;
	}
	take_page(bytes, len, fresh, (gsize)n, 1);
	/* Page 1 is an inner page of the schema's tree (the format's section 1.6), its children are leaves. */
	if (bytes[100] == 5) {
		cells = (unsigned)bytes[103] << 8 | bytes[104];
		take_page(bytes, len, fresh, (gsize)n, get32(bytes + 108));
		for (unsigned i = 0; i < cells && 112 + 2 * i + 1 < PAGE; i++) {
			unsigned at = (unsigned)bytes[112 + 2 * i] << 8 | bytes[112 + 2 * i + 1];

			if (at + 4 <= PAGE)
				take_page(bytes, len, fresh, (gsize)n, get32(bytes + at));
		}
	}
	sqlite3_free(fresh);
	bytes[18] = bytes[19] = has_log ? 2 : 1;
	put32(bytes + 28, (uint32_t)(len / PAGE));
	put32(bytes + 32, 0);
	put32(bytes + 36, 0);
	memcpy(bytes + 92, bytes + 24, 4);	/* else the number of pages is not believed */
	return true;
}

static bool
write_private(const char *path, const char *bytes, gsize len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok = fd != -1;

	while (ok && len > 0) {
		ssize_t n = write(fd, bytes, len);

		ok = n > 0;
		bytes += ok ? n : 0;
		len -= ok ? (gsize)n : 0;
	}
	if (fd != -1)
		close(fd);
	return ok;
}

/* A copy of file and log, which may be changed; patched: with the schema of a new one. */
static bool
make_copy(struct wreck *wreck, bool patched, GError **error)
{
	g_autofree char *log = g_strconcat(wreck->path, "-wal", NULL), *copy_log = NULL;
	g_autofree char *bytes = NULL, *log_bytes = NULL;
	gsize len, log_len = 0;
	bool has_log;

	if (wreck->copy != NULL)
		return true;
	if (!g_file_get_contents(wreck->path, &bytes, &len, error))
		return false;
	has_log = g_file_get_contents(log, &log_bytes, &log_len, NULL) && log_len > 0;
	wreck->copy = g_strconcat(wreck->path, ".part", NULL);
	copy_log = g_strconcat(wreck->copy, "-wal", NULL);
	remove_copy(wreck->copy);
	if (patched && !take_schema((unsigned char *)bytes, len, has_log)) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_DAMAGED, "%s has nothing in it that could be read.",
		    wreck->path);
		return false;
	}
	if (write_private(wreck->copy, bytes, len) && (!has_log || write_private(copy_log, log_bytes, log_len)))
		return true;
	g_set_error(error, STORE_ERROR, STORE_ERROR_IO, "%s cannot be written: %s.", wreck->copy, g_strerror(errno));
	return false;
}

bool
wreck_open(struct wreck *wreck, const char *path, GError **error)
{
	wreck->path = path;
	if (open_file(wreck, path, SQLITE_OPEN_READONLY))
		return true;
	if (!make_copy(wreck, true, error))
		return false;
	wreck->broken = true;	/* the tables may begin elsewhere */
	if (open_file(wreck, wreck->copy, SQLITE_OPEN_READWRITE))
		return true;
	g_set_error(error, STORE_ERROR, STORE_ERROR_DAMAGED, "%s has nothing in it that could be read.", path);
	return false;
}

/* --- walking --- */

/* "SELECT id, a, NULL FROM table ...": what the table does not have is NULL. */
static char *
select_sql(sqlite3 *db, const char *table, const char *key, const char *const *columns, size_t n)
{
	GString *sql = g_string_new("SELECT ");

	g_string_append(sql, key);
	for (size_t i = 0; i < n; i++) {
		bool there = sqlite3_table_column_metadata(db, "main", table, columns[i], NULL, NULL, NULL, NULL,
		    NULL) == SQLITE_OK;

		g_string_append_printf(sql, ", %s", there ? columns[i] : "NULL");
	}
	g_string_append_printf(sql, " FROM %s NOT INDEXED WHERE %s > ?1 ORDER BY %s", table, key, key);
	return g_string_free(sql, FALSE);
}

int
wreck_look(sqlite3_stmt *stmt, int64_t behind)
{
	sqlite3_reset(stmt);
	sqlite3_bind_int64(stmt, 1, behind);
	return sqlite3_step(stmt);
}

static bool
answers(int rc)
{
	return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

/* Behind last is a page that cannot be read: the least number behind which something can, or nothing is. */
static int64_t
feel(sqlite3_stmt *stmt, int64_t last)
{
	int64_t bad = 0, good = 1;

	while (good < FAR && !answers(wreck_look(stmt, last + good))) {
		bad = good;
		good = good < NEAR ? good + 1 : good + good / 10;
	}
	while (good - bad > 1) {
		int64_t middle = bad + (good - bad) / 2;

		if (answers(wreck_look(stmt, last + middle)))
			good = middle;
		else
			bad = middle;
	}
	return last + good;
}

/* Each row that can be read, by its number; *broken: there are pages that cannot.  False: fn wants no more. */
static bool
walk(sqlite3 *db, const char *sql, bool (*fn)(void *ctx, sqlite3_stmt *), void *ctx, bool *broken)
{
	sqlite3_stmt *stmt = NULL;
	int64_t last = 0;
	bool go_on = true;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return true;
	rc = wreck_look(stmt, last);
	while (go_on && rc != SQLITE_DONE && last < FAR) {
		if (rc == SQLITE_ROW && sqlite3_column_int64(stmt, 0) > last) {
			last = sqlite3_column_int64(stmt, 0);
			go_on = fn(ctx, stmt);
			rc = sqlite3_step(stmt);
		} else {
			*broken = true;
			last = feel(stmt, last);	/* also when pages lead in a circle */
			rc = wreck_look(stmt, last);
		}
	}
	sqlite3_finalize(stmt);
	return go_on;
}

/* The indexes have other pages than the table: the greatest number that one of them can tell. */
int64_t
wreck_count(struct wreck *wreck)
{
	static const char *const sqls[] = { "SELECT count(*) FROM message INDEXED BY message_rev",
		"SELECT count(*) FROM message INDEXED BY message_page", "SELECT count(*) FROM message NOT INDEXED" };
	int64_t most = -1;

	for (size_t i = 0; i < G_N_ELEMENTS(sqls); i++) {
		sqlite3_stmt *stmt = NULL;

		if (sqlite3_prepare_v2(wreck->db, sqls[i], -1, &stmt, NULL) == SQLITE_OK &&
		    sqlite3_step(stmt) == SQLITE_ROW)
			most = MAX(most, sqlite3_column_int64(stmt, 0));
		sqlite3_finalize(stmt);
	}
	return most;
}

sqlite3_stmt *
wreck_prepare(struct wreck *wreck, const char *sql)
{
	sqlite3_stmt *stmt = NULL;

	sqlite3_prepare_v2(wreck->db, sql, -1, &stmt, NULL);
	return stmt;
}

bool
wreck_each(struct wreck *wreck, const char *table, const char *const *columns, size_t n,
    bool (*fn)(void *ctx, sqlite3_stmt *), void *ctx)
{
	g_autofree char *sql = select_sql(wreck->db, table, "id", columns, n);

	return walk(wreck->db, sql, fn, ctx, &wreck->broken);
}

/* --- leaves that nothing leads to --- */

/* The format's section 1.6: a number of 1 to 9 bytes; 0 when it does not end before. */
static size_t
varint(const unsigned char *at, const unsigned char *end, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < 9 && at + i < end; i++) {
		*value = i < 8 ? *value << 7 | (at[i] & 0x7f) : *value << 8 | at[i];
		if (i == 8 || (at[i] & 0x80) == 0)
			return i + 1;
	}
	return 0;
}

/* Is the first row of this page one of messages?  Its first columns: id (NULL), chat, ord, said, author. */
static bool
is_leaf_of_messages(const unsigned char *page, unsigned n_columns)
{
	const unsigned char *end = page + PAGE, *at, *head_end;
	uint64_t value, head;
	unsigned n = 0, cell = (unsigned)page[8] << 8 | page[9];
	size_t len;

	if (page[0] != 13 || (page[3] == 0 && page[4] == 0) || cell < 8 || cell >= PAGE)
		return false;
	at = page + cell;
	for (int i = 0; i < 2; i++, at += len)		/* the row's length, its number */
		if ((len = varint(at, end, &value)) == 0)
			return false;
	if ((len = varint(at, end, &head)) == 0 || head > (uint64_t)(end - at))
		return false;
	head_end = at + head;
	for (at += len; at < head_end; at += len, n++) {
		if ((len = varint(at, head_end, &value)) == 0)
			return false;
		if (n == 0 ? value != 0 : n < 5 && n != 2 ? value == 0 || value > 9 : n == 2 && value > 9)
			return false;
	}
	return n == n_columns;
}

static bool
ask_number(sqlite3 *db, const char *sql, unsigned *value)
{
	sqlite3_stmt *stmt = NULL;
	bool ok = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW;

	*value = ok ? (unsigned)sqlite3_column_int(stmt, 0) : 0;
	sqlite3_finalize(stmt);
	return ok;
}

/* One leaf in the place of the first page of the table; the change counter says that what is cached is old. */
static bool
put_leaf(int fd, unsigned root, const unsigned char *leaf, uint32_t change)
{
	unsigned char counter[4];

	put32(counter, change);
	return pwrite(fd, leaf, PAGE, (off_t)(root - 1) * PAGE) == PAGE && pwrite(fd, counter, 4, 24) == 4 &&
	    pwrite(fd, counter, 4, 92) == 4;
}

bool
wreck_each_lost(struct wreck *wreck, const char *const *columns, size_t n, bool (*fn)(void *ctx, sqlite3_stmt *),
    void *ctx, GError **error)
{
	unsigned char page[PAGE], head[28];
	struct wreck copy = { .path = wreck->path };
	unsigned root, n_columns;
	bool go_on = true;
	int fd;

	if (!make_copy(wreck, false, error))
		return false;
	/* The log goes into the copy, so that each page is there once. */
	if (!open_file(&copy, wreck->copy, SQLITE_OPEN_READWRITE) ||
	    sqlite3_exec(copy.db, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL) != SQLITE_OK ||
	    !ask_number(copy.db, "SELECT rootpage FROM sqlite_schema WHERE name = 'message'", &root) || root < 2 ||
	    !ask_number(copy.db, "SELECT count(*) FROM pragma_table_info('message')", &n_columns) ||
	    (fd = open(wreck->copy, O_RDWR | O_CLOEXEC)) == -1) {
		sqlite3_close(copy.db);
		return true;
	}
	g_autofree char *sql = select_sql(copy.db, "message", "id", columns, n);
	if (pread(fd, head, sizeof head, 0) == sizeof head)
		for (uint32_t at = 1, change = get32(head + 24);
		    go_on && pread(fd, page, PAGE, (off_t)at * PAGE) == PAGE; at++)
			if (at + 1 != root && is_leaf_of_messages(page, n_columns) &&
			    put_leaf(fd, root, page, ++change))
				go_on = walk(copy.db, sql, fn, ctx, &copy.broken);
	close(fd);
	sqlite3_close(copy.db);
	return true;
}
