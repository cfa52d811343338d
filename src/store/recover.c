/*
 * recover.c: see recover.h.  SQLite stops at the first page that it cannot read.  Messages stand in the order of their
 * numbers, so whoever asks for those behind a number goes on behind the page: walk() feels for the next number that can
 * be read.  Indexes are not asked, and the columns are those that are there, so that a file of another schema is read too.
 *
 * Where the first page is broken nothing is found at all.  Then a copy gets the pages of the schema from a new database:
 * the same statements made both, so that the tables begin at the same pages.
 *
 * Where an inner page of the table is broken, the leaves below it are whole and not to be found.  So each leaf of the file
 * that looks like one of messages is put in the place of the table's first page, in a copy, and read as all there is.
 */
#include "store/recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "store/chats.h"
#include "store/erase.h"
#include "store/message_row.h"
#include "store/order.h"
#include "store/search.h"

enum { AT_ONCE = 200, PAGE = 4096, NEAR = 200 };

static const int64_t FAR = G_GINT64_CONSTANT(1) << 42;	/* no number of a message is so great */
static const int64_t DAY_US = 86400000000;
static const char waited[] = "It had not left when the database was damaged. /retry sends it.";
static const char sent[] = "It was on its way when the database was damaged; whether it arrived is not known.";

/* --- names --- */

static bool
rename_both(const char *from, const char *to, GError **error)
{
	g_autofree char *log_from = g_strconcat(from, "-wal", NULL), *log_to = g_strconcat(to, "-wal", NULL);
	g_autofree char *index = g_strconcat(from, "-shm", NULL);

	/* The log first: a database without its log looks whole and is not. */
	if ((rename(log_from, log_to) == -1 && errno != ENOENT) || rename(from, to) == -1) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_IO, "%s cannot be renamed to %s: %s.", from, to, g_strerror(errno));
		return false;
	}
	unlink(index);
	return true;
}

char *
recover_set_aside(const char *path, GError **error)
{
	g_autofree char *utc = clock_format_utc(clock_real_us() / 1000), *doubt = db_doubt_path(path), *name = NULL;
	int n = 1;

	utc[19] = '\0';			/* seconds are enough; no colons, which shells and file systems do not like */
	g_strdelimit(utc, ":", '.');
	name = g_strdup_printf("%s.damaged-%s", path, utc);
	while (g_file_test(name, G_FILE_TEST_EXISTS)) {
		g_free(name);
		name = g_strdup_printf("%s.damaged-%s-%d", path, utc, ++n);
	}
	if (!rename_both(path, name, error))
		return NULL;
	unlink(doubt);
	return g_steal_pointer(&name);
}

bool
recover_done(const char *file, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(file, ".damaged-", 2);
	g_autofree char *to = parts[1] != NULL ? g_strconcat(parts[0], ".recovered-", parts[1], NULL) : NULL;

	return to == NULL || rename_both(file, to, error);
}

static void
aside_free(void *p)
{
	struct aside *aside = p;

	g_free(aside->path);
	g_free(aside);
}

static gint
by_path(gconstpointer a, gconstpointer b)
{
	return strcmp((*(struct aside *const *)a)->path, (*(struct aside *const *)b)->path);
}

GPtrArray *
recover_list(const char *path)
{
	static const char *const ends[] = { ".damaged-", ".recovered-", ".before-" };
	g_autofree char *folder = g_path_get_dirname(path), *base = g_path_get_basename(path);
	GPtrArray *list = g_ptr_array_new_with_free_func(aside_free);
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		if (!g_str_has_prefix(name, base) || g_str_has_suffix(name, "-wal") || g_str_has_suffix(name, "-shm") ||
		    g_str_has_suffix(name, ".part"))
			continue;
		for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
			struct aside *aside;

			if (!g_str_has_prefix(name + strlen(base), ends[i]))
				continue;
			aside = g_new(struct aside, 1);
			aside->kind = (enum aside_kind)i;
			aside->path = g_build_filename(folder, name, NULL);
			aside->bytes = db_file_size(aside->path);
			aside->number = aside->kind == ASIDE_BEFORE ? atoi(name + strlen(base) + strlen(ends[i])) : 0;
			g_ptr_array_add(list, aside);
		}
	}
	if (dir != NULL)
		g_dir_close(dir);
	g_ptr_array_sort(list, by_path);
	return list;
}

/* --- the damaged file --- */

struct source {
	sqlite3	*db;
	const char *path;
	char	*copy;		/* NULL: none was made */
};

static void
remove_copy(const char *copy)
{
	static const char *const ends[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *name = g_strconcat(copy, ends[i], NULL);

		unlink(name);
	}
}

static void
source_close(struct source *source)
{
	sqlite3_close(source->db);
	if (source->copy != NULL)
		remove_copy(source->copy);
	g_free(source->copy);
}

static bool
reads(sqlite3 *db)
{
	sqlite3_stmt *stmt = NULL;
	bool ok = sqlite3_prepare_v2(db, "SELECT id, chat, body FROM message NOT INDEXED LIMIT 0", -1, &stmt, NULL) == SQLITE_OK;

	sqlite3_finalize(stmt);
	return ok;
}

static bool
open_file(struct source *source, const char *path, int flags)
{
	if (sqlite3_open_v2(path, &source->db, flags | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
	    db_harden(source->db) == SQLITE_OK && reads(source->db))
		return true;
	sqlite3_close(source->db);
	source->db = NULL;
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

/* The schema's pages of a new database over those of this one.  False: it is shorter than that, or they lie elsewhere. */
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
make_copy(struct source *source, bool patched, GError **error)
{
	g_autofree char *log = g_strconcat(source->path, "-wal", NULL), *copy_log = NULL, *bytes = NULL, *log_bytes = NULL;
	gsize len, log_len = 0;
	bool has_log;

	if (source->copy != NULL)
		return true;
	if (!g_file_get_contents(source->path, &bytes, &len, error))
		return false;
	has_log = g_file_get_contents(log, &log_bytes, &log_len, NULL) && log_len > 0;
	source->copy = g_strconcat(source->path, ".part", NULL);
	copy_log = g_strconcat(source->copy, "-wal", NULL);
	remove_copy(source->copy);
	if (patched && !take_schema((unsigned char *)bytes, len, has_log)) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_DAMAGED, "%s has nothing in it that could be read.", source->path);
		return false;
	}
	if (write_private(source->copy, bytes, len) && (!has_log || write_private(copy_log, log_bytes, log_len)))
		return true;
	g_set_error(error, STORE_ERROR, STORE_ERROR_IO, "%s cannot be written: %s.", source->copy, g_strerror(errno));
	return false;
}

static bool
source_open(struct source *source, const char *path, GError **error)
{
	source->path = path;
	if (open_file(source, path, SQLITE_OPEN_READONLY))
		return true;
	if (!make_copy(source, true, error))
		return false;
	if (open_file(source, source->copy, SQLITE_OPEN_READWRITE))
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
		bool there = sqlite3_table_column_metadata(db, "main", table, columns[i], NULL, NULL, NULL, NULL, NULL) ==
		    SQLITE_OK;

		g_string_append_printf(sql, ", %s", there ? columns[i] : "NULL");
	}
	g_string_append_printf(sql, " FROM %s NOT INDEXED WHERE %s > ?1 ORDER BY %s", table, key, key);
	return g_string_free(sql, FALSE);
}

/* What stands behind this number: a row, SQLITE_DONE for nothing, or an error. */
static int
look(sqlite3_stmt *stmt, int64_t behind)
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

	while (good < FAR && !answers(look(stmt, last + good))) {
		bad = good;
		good = good < NEAR ? good + 1 : good + good / 10;
	}
	while (good - bad > 1) {
		int64_t middle = bad + (good - bad) / 2;

		if (answers(look(stmt, last + middle)))
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
	rc = look(stmt, last);
	while (go_on && rc != SQLITE_DONE && last < FAR) {
		if (rc == SQLITE_ROW && sqlite3_column_int64(stmt, 0) > last) {
			last = sqlite3_column_int64(stmt, 0);
			go_on = fn(ctx, stmt);
			rc = sqlite3_step(stmt);
		} else {
			*broken = true;
			last = feel(stmt, last);	/* also when pages lead in a circle */
			rc = look(stmt, last);
		}
	}
	sqlite3_finalize(stmt);
	return go_on;
}

/* --- what is in it --- */

struct old_chat {
	char	*account, *jid;
	int64_t	 id;		/* here; 0: not yet */
};

struct merge {
	struct store	*store;
	struct recovered *count;
	struct source	 source;
	GHashTable	*accounts;	/* id there → address */
	GHashTable	*chats;		/* id there → struct old_chat */
	GHashTable	*authors;	/* id there → key */
	GHashTable	*seen;		/* ids of messages that were read */
	sqlite3_stmt	*raw, *versions, *states;
	unsigned	 open;		/* messages in the open savepoint */
	bool		 broken;	/* not all pages of the tables could be read */
	GError		*error;
};

static void
old_chat_free(void *p)
{
	struct old_chat *chat = p;

	g_free(chat->account);
	g_free(chat->jid);
	g_free(chat);
}

static GHashTable *
by_id(GDestroyNotify free_value)
{
	return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, free_value);
}

static void
keep(GHashTable *table, int64_t id, void *value)
{
	int64_t *key = g_new(int64_t, 1);

	*key = id;
	g_hash_table_replace(table, key, value);
}

/* Text of one row; what is no text, or "", is NULL. */
static char *
line(sqlite3_stmt *stmt, int column)
{
	const char *text = sqlite3_column_type(stmt, column) == SQLITE_TEXT ? (const char *)sqlite3_column_text(stmt, column) :
	    NULL;

	return text != NULL && *text != '\0' ? text_clean(text, -1, TEXT_LINE, 0) : NULL;
}

static bool
begin(struct merge *m)
{
	m->open = 0;
	return store_begin(m->store, &m->error);
}

static bool
commit(struct merge *m)
{
	return store_end(m->store, true, &m->error) && store_commit(m->store, &m->error);
}

static bool
on_account(void *ctx, sqlite3_stmt *stmt)
{
	struct merge *m = ctx;
	char *jid = line(stmt, 1);

	if (jid == NULL)
		return true;
	keep(m->accounts, sqlite3_column_int64(stmt, 0), jid);
	return store_account(m->store, jid, &m->error) != 0;
}

/* The chat here; made when it is not.  False: the disk. */
static bool
settle_chat(struct merge *m, struct old_chat *old, enum chat_kind kind)
{
	int64_t account = old->id == 0 ? store_account(m->store, old->account, &m->error) : 0;

	if (old->id == 0 && account != 0)
		old->id = chat_find(m->store, account, old->jid, kind, true, &m->error);
	return old->id != 0;
}

/* A place as the file has it: one that is far ahead is damage, and everything that comes would stand behind it. */
static int64_t
sane(int64_t ord)
{
	return ord > 0 && ord < clock_real_us() + DAY_US ? ord : 0;
}

static bool
on_chat(void *ctx, sqlite3_stmt *stmt)
{
	struct merge *m = ctx;
	int64_t account = sqlite3_column_int64(stmt, 1);
	const char *address = g_hash_table_lookup(m->accounts, &account);
	struct old_chat *old;
	struct chat_row *row;
	char *jid = line(stmt, 2);
	bool ok;

	if (address == NULL || jid == NULL) {
		g_free(jid);
		return true;
	}
	old = g_new0(struct old_chat, 1);
	old->account = g_strdup(address);
	old->jid = jid;
	keep(m->chats, sqlite3_column_int64(stmt, 0), old);
	ok = settle_chat(m, old, (enum chat_kind)CLAMP(sqlite3_column_int(stmt, 3), CHAT_PERSON, CHAT_PRIVATE)) &&
	    chat_set_read(m->store, old->id, sane(sqlite3_column_int64(stmt, 5)), &m->error) &&
	    (sqlite3_column_int(stmt, 4) == 0 || chat_set_open(m->store, old->id, true, &m->error)) &&
	    chat_set_notify(m->store, old->id, CLAMP(sqlite3_column_int(stmt, 7), 0, 1 + NOTIFY_NONE), &m->error);
	row = ok && sqlite3_column_bytes(stmt, 6) > 0 ? chat_load(m->store, old->id) : NULL;
	if (row != NULL && *row->draft == '\0') {
		g_autofree char *draft = text_clean((const char *)sqlite3_column_text(stmt, 6), -1, TEXT_BODY, LIMIT_BODY);

		ok = chat_set_draft(m->store, old->id, draft, &m->error);
	}
	chat_row_free(row);
	return ok;
}

static void
add_chat(struct merge *m, int64_t id, const char *account, const char *jid)
{
	struct old_chat *old = g_new0(struct old_chat, 1);

	old->account = g_strdup(account);
	old->jid = g_strdup(jid);
	keep(m->chats, id, old);
}

/* Of a chat that is lost, who spoke there tells whose it was: the other one than we. */
static bool
on_author(void *ctx, sqlite3_stmt *stmt)
{
	struct merge *m = ctx;
	char *key = line(stmt, 1);
	int64_t chat = sqlite3_column_int64(stmt, 2);
	GHashTableIter iter;
	gpointer own = NULL;

	if (key == NULL)
		return true;
	g_hash_table_iter_init(&iter, m->accounts);
	if (g_hash_table_size(m->accounts) == 1 && g_hash_table_iter_next(&iter, NULL, &own) && strcmp(own, key) != 0 &&
	    !g_hash_table_contains(m->chats, &chat))
		add_chat(m, chat, own, key);
	keep(m->authors, sqlite3_column_int64(stmt, 0), key);
	return true;
}

/* Where no account can be read: the one that is here, if there is one. */
static bool
guess_account(struct merge *m)
{
	sqlite3_stmt *stmt = db_ask(m->store, "SELECT min(jid), count(*) FROM account", "");

	if (g_hash_table_size(m->accounts) == 0 && db_row(m->store, stmt, &m->error) && sqlite3_column_int(stmt, 1) == 1)
		keep(m->accounts, 1, db_text(stmt, 0));
	db_done(stmt);
	return m->error == NULL;
}

/* What people deleted stays deleted. */
static bool
take_erased(struct merge *m)
{
	sqlite3_stmt *stmt = NULL;
	bool ok = true;

	if (sqlite3_prepare_v2(m->source.db, "SELECT chat, id FROM erased", -1, &stmt, NULL) != SQLITE_OK)
		return true;
	while (ok && sqlite3_step(stmt) == SQLITE_ROW) {
		int64_t id = sqlite3_column_int64(stmt, 0);
		const struct old_chat *old = g_hash_table_lookup(m->chats, &id);

		if (old != NULL && sqlite3_column_text(stmt, 1) != NULL)
			ok = db_change(m->store, &m->error, "INSERT OR IGNORE INTO erased(chat, id) VALUES(?1, ?2)", "it", old->id,
			    (const char *)sqlite3_column_text(stmt, 1));
	}
	sqlite3_finalize(stmt);
	return ok;
}

/* --- messages --- */

static const char *const columns[] = { "chat", "ord", "said", "author", "resource", "flags", "state", "via", "encryption",
	"origin_id", "server_id", "body", "reason", "corrects" };
enum { C_ID, C_CHAT, C_ORD, C_SAID, C_AUTHOR, C_RESOURCE, C_FLAGS, C_STATE, C_VIA, C_ENCRYPTION, C_ORIGIN, C_SERVER, C_BODY,
	C_REASON, C_CORRECTS };

static bool
is_here(struct merge *m, const struct message_row *row, int64_t author, bool *here)
{
	int64_t n = 0;
	bool ok;

	if (row->server_id != NULL && !db_number(m->store, &m->error, &n,
	    "SELECT 1 FROM message WHERE chat = ?1 AND server_id = ?2", "it", row->chat, row->server_id))
		return false;
	if (n == 0 && row->origin_id != NULL)
		ok = db_number(m->store, &m->error, &n, "SELECT 1 FROM message WHERE chat = ?1 AND origin_id = ?2 AND author = ?3 "
		    "AND (body IS ?4 OR (flags | ?5) & ?6) LIMIT 1", "ititii", row->chat, row->origin_id, author, row->body,
		    (int64_t)row->flags, (int64_t)(MESSAGE_EDITED | MESSAGE_RETRACTED));
	else
		ok = n != 0 || db_number(m->store, &m->error, &n, "SELECT 1 FROM message WHERE chat = ?1 AND said = ?2 AND author = ?3 "
		    "AND body IS ?4 AND origin_id IS NULL AND server_id IS NULL LIMIT 1", "iiit", row->chat, row->said_ms, author,
		    row->body);
	*here = n != 0 || message_was_erased(m->store, row->chat, row->origin_id, row->server_id);
	return ok;
}

/* The stanza, earlier texts and states: as they are, where they can be read. */
static bool
take_rest(struct merge *m, int64_t from, int64_t to)
{
	bool ok = true;

	if (look(m->raw, from - 1) == SQLITE_ROW && sqlite3_column_int64(m->raw, 0) == from)
		ok = db_change(m->store, &m->error, "INSERT OR IGNORE INTO raw(message, came, xml) VALUES(?1, ?2, ?3)", "iib", to,
		    sqlite3_column_int64(m->raw, 1), sqlite3_column_blob(m->raw, 2), (size_t)sqlite3_column_bytes(m->raw, 2));
	for (int rc = look(m->versions, from); ok && rc == SQLITE_ROW; rc = sqlite3_step(m->versions))
		ok = db_change(m->store, &m->error, "INSERT OR IGNORE INTO version(message, number, said, body, by) "
		    "VALUES(?1, ?2, ?3, ?4, ?5)", "iiitt", to, sqlite3_column_int64(m->versions, 0),
		    sqlite3_column_int64(m->versions, 1), (const char *)sqlite3_column_text(m->versions, 2),
		    (const char *)sqlite3_column_text(m->versions, 3));
	for (int rc = look(m->states, from); ok && rc == SQLITE_ROW; rc = sqlite3_step(m->states))
		ok = db_change(m->store, &m->error, "INSERT OR IGNORE INTO happening(message, at, state) VALUES(?1, ?2, ?3)", "iii",
		    to, sqlite3_column_int64(m->states, 0), sqlite3_column_int64(m->states, 1));
	sqlite3_reset(m->raw);
	sqlite3_reset(m->versions);
	sqlite3_reset(m->states);
	return ok;
}

/* As it is put here: nothing that would be sent by itself. */
static void
calm(struct message_row *row)
{
	bool out = row->flags & MESSAGE_OUT;

	if (out && (row->state == MESSAGE_HELD || row->state == MESSAGE_QUEUED)) {
		row->state = MESSAGE_FAILED;
		g_free(row->reason);
		row->reason = g_strdup(waited);
	} else if (out && row->state == MESSAGE_SENT) {
		row->state = MESSAGE_UNKNOWN;
		g_free(row->reason);
		row->reason = g_strdup(sent);
	} else if (!out || row->state < MESSAGE_HELD || row->state > MESSAGE_CANCELLED) {
		row->state = out ? MESSAGE_STORED : MESSAGE_RECEIVED;
	}
}

static bool
insert(struct merge *m, struct message_row *row, int64_t author)
{
	int64_t taken = 0, from = row->id;

	/* Its number, unless another message has it by now. */
	if (!db_number(m->store, &m->error, &taken, "SELECT id FROM message WHERE id = ?1", "i", row->id))
		return false;
	if (taken != 0 && !db_number(m->store, &m->error, &row->id, "SELECT max(id) + 1 FROM message", ""))
		return false;
	row->ord = order_free(m->store, row->ord > 0 ? row->ord : row->said_ms * 1000 + 1, &m->error);
	if (row->ord == 0 || !db_change(m->store, &m->error, "INSERT INTO message(id, chat, ord, said, author, resource, flags, "
	    "state, via, encryption, rev, origin_id, server_id, body, reason, corrects) "
	    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)", "iiiiitiiiiittttt", row->id,
	    row->chat, row->ord, row->said_ms, author, row->resource, (int64_t)row->flags, (int64_t)row->state,
	    (int64_t)row->via, (int64_t)row->encryption, store_next_rev(m->store), row->origin_id, row->server_id, row->body,
	    row->reason, row->corrects))
		return false;
	return search_add(m->store, row->ord, row->body, &m->error) && take_rest(m, from, row->id);
}

/* Whose chat it is, and who said it, also where that is lost.  False: that cannot be told, or (error) the disk. */
static bool
place(struct merge *m, sqlite3_stmt *stmt, struct message_row *row)
{
	int64_t chat = sqlite3_column_int64(stmt, C_CHAT), author = sqlite3_column_int64(stmt, C_AUTHOR);
	struct old_chat *old = g_hash_table_lookup(m->chats, &chat);
	const char *key = g_hash_table_lookup(m->authors, &author);

	if (old == NULL || !settle_chat(m, old, CHAT_PERSON))
		return false;
	row->chat = old->id;
	row->author = g_strdup(key != NULL ? key : row->flags & MESSAGE_OUT ? old->account : old->jid);
	return true;
}

static struct message_row *
read_row(sqlite3_stmt *stmt)
{
	struct message_row *row = g_new0(struct message_row, 1);
	const char *body = (const char *)sqlite3_column_text(stmt, C_BODY);

	row->id = sqlite3_column_int64(stmt, C_ID);
	row->ord = sane(sqlite3_column_int64(stmt, C_ORD));
	row->said_ms = sane(sqlite3_column_int64(stmt, C_SAID) * 1000) / 1000;
	row->resource = line(stmt, C_RESOURCE);
	row->flags = (unsigned)sqlite3_column_int(stmt, C_FLAGS);
	row->state = (enum message_state)sqlite3_column_int(stmt, C_STATE);
	row->via = (enum message_via)CLAMP(sqlite3_column_int(stmt, C_VIA), VIA_LIVE, VIA_OFFLINE);
	row->encryption = (enum encryption)CLAMP(sqlite3_column_int(stmt, C_ENCRYPTION), ENCRYPTION_NONE, ENCRYPTION_OMEMO);
	row->origin_id = line(stmt, C_ORIGIN);
	row->server_id = line(stmt, C_SERVER);
	row->body = body != NULL ? text_clean(body, -1, TEXT_BODY, LIMIT_BODY) : NULL;
	row->reason = line(stmt, C_REASON);
	row->corrects = line(stmt, C_CORRECTS);
	return row;
}

static bool
on_message(void *ctx, sqlite3_stmt *stmt)
{
	struct merge *m = ctx;
	struct message_row *row = read_row(stmt);
	int64_t author;
	bool here = false;

	if (g_hash_table_contains(m->seen, &row->id)) {
		message_row_free(row);
		return true;
	}
	keep(m->seen, row->id, NULL);
	m->count->read++;
	calm(row);
	if (place(m, stmt, row)) {
		author = message_author(m->store, row->chat, row->author, &m->error);
		if (author != 0 && is_here(m, row, author, &here) && !here && insert(m, row, author))
			m->count->added++;
	} else if (m->error == NULL) {
		m->count->homeless++;
	}
	message_row_free(row);
	if (m->error == NULL && ++m->open >= AT_ONCE && commit(m))
		begin(m);
	return m->error == NULL;
}

/* The indexes have other pages than the table: the greatest number that one of them can tell. */
static int64_t
count_by_indexes(sqlite3 *db)
{
	static const char *const sqls[] = { "SELECT count(*) FROM message INDEXED BY message_rev",
		"SELECT count(*) FROM message INDEXED BY message_page", "SELECT count(*) FROM message NOT INDEXED" };
	int64_t most = -1;

	for (size_t i = 0; i < G_N_ELEMENTS(sqls); i++) {
		sqlite3_stmt *stmt = NULL;

		if (sqlite3_prepare_v2(db, sqls[i], -1, &stmt, NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
			most = MAX(most, sqlite3_column_int64(stmt, 0));
		sqlite3_finalize(stmt);
	}
	return most;
}

static sqlite3_stmt *
prepare(struct merge *m, const char *sql)
{
	sqlite3_stmt *stmt = NULL;

	/* NULL where there is no such table: then looking there finds nothing. */
	sqlite3_prepare_v2(m->source.db, sql, -1, &stmt, NULL);
	return stmt;
}

static bool
walk_table(struct merge *m, const char *table, const char *const *names, size_t n, bool (*fn)(void *, sqlite3_stmt *))
{
	g_autofree char *sql = select_sql(m->source.db, table, "id", names, n);

	return walk(m->source.db, sql, fn, m, &m->broken);
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

/* Is the first row of this page one of the table of messages?  Its first columns: id (NULL), chat, ord, said, author. */
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

/* One leaf in the place of the first page of the table; the change counter says that what is known of the file is old. */
static bool
put_leaf(int fd, unsigned root, const unsigned char *leaf, uint32_t change)
{
	unsigned char counter[4];

	put32(counter, change);
	return pwrite(fd, leaf, PAGE, (off_t)(root - 1) * PAGE) == PAGE && pwrite(fd, counter, 4, 24) == 4 &&
	    pwrite(fd, counter, 4, 92) == 4;
}

/* False: the disk of the store. */
static bool
scan_leaves(struct merge *m)
{
	unsigned char page[PAGE], head[28];
	struct source copy = { .path = m->source.path };
	unsigned root, n_columns;
	bool unused;
	int fd;

	/* The log goes into the copy, so that each page is there once. */
	if (!make_copy(&m->source, false, &m->error) || !open_file(&copy, m->source.copy, SQLITE_OPEN_READWRITE) ||
	    sqlite3_exec(copy.db, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL) != SQLITE_OK ||
	    !ask_number(copy.db, "SELECT rootpage FROM sqlite_schema WHERE name = 'message'", &root) || root < 2 ||
	    !ask_number(copy.db, "SELECT count(*) FROM pragma_table_info('message')", &n_columns) ||
	    (fd = open(m->source.copy, O_RDWR | O_CLOEXEC)) == -1) {
		sqlite3_close(copy.db);
		return m->error == NULL;
	}
	g_autofree char *sql = select_sql(copy.db, "message", "id", columns, G_N_ELEMENTS(columns));
	if (pread(fd, head, sizeof head, 0) == sizeof head)
		for (uint32_t at = 1, change = get32(head + 24); m->error == NULL && pread(fd, page, PAGE, (off_t)at * PAGE) == PAGE;
		    at++)
			if (at + 1 != root && is_leaf_of_messages(page, n_columns) && put_leaf(fd, root, page, ++change))
				walk(copy.db, sql, on_message, m, &unused);
	close(fd);
	sqlite3_close(copy.db);
	return m->error == NULL;
}

static void
take_all(struct merge *m)
{
	static const char *const of_account[] = { "jid" }, *const of_author[] = { "key", "chat" };
	static const char *const of_chat[] = { "account", "jid", "kind", "number", "read", "draft", "notify" };

	if (!begin(m))
		return;
	if (walk_table(m, "account", of_account, G_N_ELEMENTS(of_account), on_account) && guess_account(m) &&
	    walk_table(m, "chat", of_chat, G_N_ELEMENTS(of_chat), on_chat) &&
	    walk_table(m, "author", of_author, G_N_ELEMENTS(of_author), on_author) && take_erased(m) &&
	    walk_table(m, "message", columns, G_N_ELEMENTS(columns), on_message) && (!m->broken || scan_leaves(m)))
		commit(m);
	else
		store_end(m->store, false, NULL);
}

bool
recover_merge(struct store *store, const char *file, struct recovered *count, GError **error)
{
	struct merge m = { .store = store, .count = count };

	*count = (struct recovered){ .expected = -1 };
	if (!source_open(&m.source, file, error)) {
		source_close(&m.source);
		return false;
	}
	m.accounts = by_id(g_free);
	m.chats = by_id(old_chat_free);
	m.authors = by_id(g_free);
	m.seen = by_id(NULL);
	m.raw = prepare(&m, "SELECT message, came, xml FROM raw WHERE message > ?1 ORDER BY message LIMIT 1");
	m.versions = prepare(&m, "SELECT number, said, body, by FROM version WHERE message = ?1");
	m.states = prepare(&m, "SELECT at, state FROM happening WHERE message = ?1");
	m.broken = m.source.copy != NULL;	/* the tables may begin elsewhere */
	count->expected = count_by_indexes(m.source.db);
	take_all(&m);
	count->expected = count->expected == -1 ? -1 : MAX(count->expected, count->read);
	if (m.error == NULL && m.broken && count->read == 0 && g_hash_table_size(m.chats) == 0)
		g_set_error(&m.error, STORE_ERROR, STORE_ERROR_DAMAGED, "%s has nothing in it that could be read.", file);
	sqlite3_finalize(m.raw);
	sqlite3_finalize(m.versions);
	sqlite3_finalize(m.states);
	source_close(&m.source);
	g_hash_table_unref(m.accounts);
	g_hash_table_unref(m.chats);
	g_hash_table_unref(m.authors);
	g_hash_table_unref(m.seen);
	if (m.error == NULL)
		return true;
	g_propagate_error(error, m.error);
	return false;
}
