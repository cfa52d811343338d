/*
 * open.c: from a path to a database that is ours, sound as far as can be seen at once, and of the present schema.
 *
 * A file that is refused must not change by a byte.  So nothing is set and no log is moved into it
 * (NO_CKPT_ON_CLOSE) before it was looked at.
 */
#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "store/aside.h"
#include "store/checkpoint.h"
#include "store/search.h"
#include "store/tokenizer.h"

enum {
	APPLICATION_ID = 0x636f6e66,	/* "conf", at offset 68 of the file */
	COPIES_KEPT = 2,
};

/* File systems over a network, by the magic numbers of statfs(2); <linux/magic.h> has not all of them. */
static const struct {
	uint32_t	 magic;
	const char	*name;
} network[] = {
	{ 0x00006969, "NFS" }, { 0x0000517b, "SMB" }, { 0xfe534d42, "SMB" }, { 0xff534d42, "CIFS" },
	{ 0x01021997, "9P" }, { 0x5346414f, "AFS" }, { 0x73757245, "Coda" }, { 0x00c36400, "Ceph" },
	{ 0x0bd00bd0, "Lustre" }, { 0x47504653, "GPFS" }, { 0x013111a8, "iBrix" }, { 0x7461636f, "OCFS2" },
};
static const uint32_t fuse_magic = 0x65735546;
/* Of FUSE only these are known to be far away; encrypted folders and NTFS are FUSE too, and fine. */
static const char *const fuse_network[] = {
	"fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.davfs", "fuse.curlftpfs", "fuse.glusterfs", "fuse.smbnetfs",
	"fuse.ceph-fuse", "fuse.gvfsd-fuse", "fuse.google-drive-ocamlfuse", "fuse.nfs", "fuse.juicefs",
};

const char *
db_network_name(long magic, const char *proc_name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(network); i++)
		if (network[i].magic == (uint32_t)magic)
			return network[i].name;
	for (size_t i = 0; (uint32_t)magic == fuse_magic && i < G_N_ELEMENTS(fuse_network); i++)
		if (g_strcmp0(proc_name, fuse_network[i]) == 0)
			return fuse_network[i];
	return NULL;
}

/* The type that /proc/self/mountinfo has for this device, "fuse.sshfs"; NULL when it cannot be told. */
static char *
proc_type(dev_t device)
{
	g_autofree char *text = NULL, *want = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents("/proc/self/mountinfo", &text, NULL, NULL))
		return NULL;
	want = g_strdup_printf("%u:%u", major(device), minor(device));
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line != NULL; line++) {
		/* id parent major:minor root place options [fields] - type source options (proc(5)) */
		g_auto(GStrv) words = g_strsplit(*line, " ", -1);
		guint n = g_strv_length(words);

		if (n < 10 || strcmp(words[2], want) != 0)
			continue;
		for (guint i = 6; i + 1 < n; i++)
			if (strcmp(words[i], "-") == 0)
				return g_strdup(words[i + 1]);
	}
	return NULL;
}

static int64_t
size_of(const char *path, const char *end)
{
	g_autofree char *name = g_strconcat(path, end, NULL);
	struct stat st;

	return stat(name, &st) == 0 ? (int64_t)st.st_size : 0;
}

int64_t
db_file_size(const char *path)
{
	return size_of(path, "") + size_of(path, "-wal");
}

static bool
check_place(const char *path, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(path), *type = NULL;
	struct statfs fs;
	struct stat st;
	const char *name;

	if (statfs(folder, &fs) == -1 || stat(folder, &st) == -1) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_IO, "%s cannot be opened: %s.", path, g_strerror(errno));
		return false;
	}
	if ((uint32_t)fs.f_type == fuse_magic)
		type = proc_type(st.st_dev);
	name = db_network_name((long)fs.f_type, type);
	if (name == NULL)
		return true;
	g_set_error(error, STORE_ERROR, STORE_ERROR_NETWORK,
	    "%s is on a network file system (%s), where a database gets damaged. Name a folder on a local disk with --home.",
	    path, name);
	return false;
}

/* The size that the header of a database tells (the file format's section 1.3). */
static int64_t
said_size(const unsigned char *head)
{
	int64_t page = head[16] << 8 | head[17], n = 0;

	for (int i = 28; i < 32; i++)
		n = n << 8 | head[i];
	return (page == 1 ? 65536 : page) * n;
}

/* Makes an empty file of our mode when there is none; refuses what is no file or no database by its looks. */
static bool
check_file(const char *path, GError **error)
{
	unsigned char head[32];
	struct stat st;
	ssize_t n;
	/* O_NONBLOCK: a FIFO must not hold us.  SQLite opens by name, so that its locks are not lost by our close. */
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);

	if (fd == -1) {
		enum store_error code = errno == EROFS || errno == EACCES || errno == EPERM ? STORE_ERROR_READ_ONLY :
		    errno == ENOSPC || errno == EDQUOT ? STORE_ERROR_FULL : STORE_ERROR_IO;

		g_set_error(error, STORE_ERROR, (gint)code, "%s cannot be opened: %s.", path, g_strerror(errno));
		return false;
	}
	n = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? read(fd, head, sizeof head) : -1;
	if (n > 0 && (st.st_mode & 077) != 0 && fchmod(fd, 0600) == -1)
		log_warning("store", "%s: others may read it, and that cannot be changed: %s.", path,
		    g_strerror(errno));
	close(fd);
	if (n == -1) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_DAMAGED, "%s is not a plain file.", path);
		return false;
	}
	if (n > 0 && (n < 16 || memcmp(head, "SQLite format 3", 16) != 0)) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_DAMAGED, "%s is damaged: it is not an SQLite database.",
		    path);
		return false;
	}
	if (n == 0 && size_of(path, "-wal") > 0) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_DAMAGED, "%s is damaged: it is empty, but its log is not.",
		    path);
		return false;
	}
	/*
	 * With a log, the end may be there; with a journal (of the very first transaction) it is taken back to what it
	 * was.
	 */
	if (n == sizeof head && st.st_size < said_size(head) && size_of(path, "-wal") == 0 &&
	    size_of(path, "-journal") == 0) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_DAMAGED, "%s is damaged: its end is missing.", path);
		return false;
	}
	return true;
}

int
db_harden(sqlite3 *db)
{
	static const struct { int option, on; } options[] = {
		{ SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1 }, { SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 }, { SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
		{ SQLITE_DBCONFIG_ENABLE_FKEY, 1 }, { SQLITE_DBCONFIG_DQS_DDL, 0 }, { SQLITE_DBCONFIG_DQS_DML, 0 },
	};
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < G_N_ELEMENTS(options); i++)
		rc = sqlite3_db_config(db, options[i].option, options[i].on, NULL);
	sqlite3_extended_result_codes(db, 1);
	sqlite3_busy_timeout(db, 0);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, LIMIT_ROW);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 1);	/* VACUUM INTO needs one */
	return rc == SQLITE_OK ? tokenizer_register(db) : rc;
}

/* All of the schema in one text, to be compared. */
static char *
schema_text(sqlite3 *db, int *rc)
{
	GString *text = g_string_new(NULL);
	sqlite3_stmt *stmt = NULL;

	*rc = sqlite3_prepare_v2(db, "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite!_%' "
	    "ESCAPE '!' ORDER BY type, name", -1, &stmt, NULL);
	while (*rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
		for (int i = 0; i < 4; i++)
			g_string_append_printf(text, "%s\n", (const char *)sqlite3_column_text(stmt, i));
	if (*rc == SQLITE_OK)
		*rc = sqlite3_finalize(stmt);
	return g_string_free(text, FALSE);
}

/* Migrations up to this number applied to nothing, in memory. */
static char *
expected_text(const struct migration *migrations, size_t n, int number)
{
	sqlite3 *db = NULL;
	char *text;
	int rc = sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, "memdb");

	if (rc == SQLITE_OK)
		rc = tokenizer_register(db);
	for (size_t i = 0; rc == SQLITE_OK && i < n && migrations[i].number <= number; i++)
		rc = sqlite3_exec(db, migrations[i].sql, NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		g_error("store schema %d: %s", number, sqlite3_errmsg(db));
	text = schema_text(db, &rc);
	sqlite3_close(db);
	return text;
}

static int
pragma(sqlite3 *db, const char *sql, int *rc)
{
	sqlite3_stmt *stmt = NULL;
	int value = 0;

	*rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	if (*rc != SQLITE_OK)
		return 0;
	if (sqlite3_step(stmt) == SQLITE_ROW)
		value = sqlite3_column_int(stmt, 0);
	*rc = sqlite3_finalize(stmt);
	return value;
}

/* Is it ours, and of which schema?  Only reads. */
static bool
check_contents(struct store *store, const struct migration *migrations, size_t n, GError **error)
{
	g_autofree char *found = NULL, *expected = NULL;
	int rc, application = pragma(store->db, "PRAGMA application_id", &rc);

	if (rc == SQLITE_OK)
		store->schema = pragma(store->db, "PRAGMA user_version", &rc);
	if (rc == SQLITE_OK)
		found = schema_text(store->db, &rc);
	if (rc != SQLITE_OK) {
		db_error(error, store->path, store->db, rc);
		return false;
	}
	if (application == 0 && store->schema == 0 && *found == '\0')
		return true;			/* new */
	if (application != APPLICATION_ID) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_DAMAGED, "%s is the database of another program.",
		    store->path);
		return false;
	}
	if (store->schema > migrations[n - 1].number) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_NEWER,
		    "%s was written by a newer confab (schema %d; this one knows %d). Install that version again.",
		    store->path, store->schema, migrations[n - 1].number);
		return false;
	}
	expected = expected_text(migrations, n, store->schema);
	if (store->schema <= 0 || strcmp(found, expected) != 0) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_DAMAGED,
		    "%s is damaged: its tables are not those of schema %d.", store->path, store->schema);
		return false;
	}
	return true;
}

char *
db_doubt_path(const char *path)
{
	return g_strconcat(path, ".doubt", NULL);
}

void
db_doubt(const struct store *store)
{
	g_autofree char *path = db_doubt_path(store->path);
	/* Who only examines makes nothing, and who has not opened it yet tells so. */
	int fd = store->checkpoint != NULL ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;

	if (fd != -1)
		close(fd);
}

/* All of it is read; *failure is a disk's. */
static bool
is_whole(struct store *store, GError **failure)
{
	g_autofree char *said = NULL;
	sqlite3_stmt *stmt = db_ask(store, "PRAGMA integrity_check(1)", "");

	if (db_row(store, stmt, failure)) {
		said = db_text(stmt, 0);
		db_done(stmt);
	}
	if (*failure == NULL && g_strcmp0(said, "ok") != 0)
		g_set_error(failure, STORE_ERROR, STORE_ERROR_DAMAGED, "%s is damaged: %s.", store->path, said);
	return *failure == NULL;
}

static bool
mend_search(struct store *store, GError **error)
{
	g_autoptr(GError) failure = NULL;

	if (db_exec(store, "INSERT INTO message_text(message_text, rank) VALUES('integrity-check', 1)", &failure))
		return true;
	if (!db_exec(store, "INSERT INTO message_text(message_text) VALUES('rebuild')", error))
		return false;
	log_warning("store", "The search index of %s was damaged; it is made anew, and nothing is lost.", store->path);
	return true;
}

/* Where damage was seen: is it so? */
static bool
settle_doubt(struct store *store, GError **error)
{
	g_autofree char *path = db_doubt_path(store->path);
	g_autoptr(GError) failure = NULL;

	if (access(path, F_OK) == -1)
		return true;
	if (is_whole(store, &failure) && mend_search(store, &failure)) {
		unlink(path);
		return true;
	}
	g_propagate_error(error, g_steal_pointer(&failure));
	return false;
}

/* "NAME.before-N", whole or not there: written under another name first. */
static bool
keep_copy(struct store *store, int number, GError **error)
{
	g_autofree char *copy = g_strdup_printf("%s.before-%d", store->path, number);
	g_autofree char *part = g_strconcat(copy, ".part", NULL);
	sqlite3_stmt *stmt = NULL;
	int fd, rc;

	unlink(part);
	fd = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);	/* SQLite's own would be readable for others */
	if (fd == -1) {
		g_set_error(error, STORE_ERROR, errno == ENOSPC ? STORE_ERROR_FULL : STORE_ERROR_IO,
		    "%s cannot be written: %s.", part, g_strerror(errno));
		return false;
	}
	rc = sqlite3_prepare_v2(store->db, "VACUUM INTO ?1", -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, part, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		sqlite3_step(stmt);
	rc = sqlite3_finalize(stmt);
	if (rc != SQLITE_OK)
		db_error(error, part, store->db, rc);
	else if (fsync(fd) == -1 || rename(part, copy) == -1)
		g_set_error(error, STORE_ERROR, errno == ENOSPC ? STORE_ERROR_FULL : STORE_ERROR_IO,
		    "%s cannot be written: %s.", copy, g_strerror(errno));
	else
		rc = SQLITE_ROW;
	close(fd);
	if (rc != SQLITE_ROW)
		unlink(part);
	return rc == SQLITE_ROW;
}

/* Of copies from before migrations the COPIES_KEPT newest stay. */
static void
forget_copies(const char *path)
{
	g_autoptr(GPtrArray) list = aside_list(path);

	for (guint i = 0; i < list->len; i++) {
		const struct aside *one = list->pdata[i];
		unsigned newer = 0;

		for (guint j = 0; one->kind == ASIDE_BEFORE && j < list->len; j++) {
			const struct aside *other = list->pdata[j];

			newer += other->kind == ASIDE_BEFORE && other->number > one->number;
		}
		if (newer >= COPIES_KEPT)
			unlink(one->path);
	}
}

static bool
migrate(struct store *store, const struct migration *migrations, size_t n, GError **error)
{
	int latest = migrations[n - 1].number;
	g_autofree char *stamp = g_strdup_printf("PRAGMA application_id=%d; PRAGMA user_version=%d", APPLICATION_ID,
	    latest);
	bool ok;

	if (store->schema == latest)
		return true;
	if (store->schema > 0 && !keep_copy(store, latest, error))
		return false;
	if (!db_exec(store, "BEGIN IMMEDIATE", error))
		return false;
	ok = true;
	for (size_t i = 0; ok && i < n; i++)
		if (migrations[i].number > store->schema)
			ok = db_exec(store, migrations[i].sql, error);
	if (!ok || !db_exec(store, stamp, error) || !db_exec(store, "COMMIT", error)) {
		if (!sqlite3_get_autocommit(store->db))
			db_exec(store, "ROLLBACK", NULL);
		return false;
	}
	store->schema = latest;
	forget_copies(store->path);
	return true;
}

/* journal_mode first: it cannot change inside a transaction, and answers with a row instead of an error. */
static bool
prepare_writing(struct store *store, GError **error)
{
	if (sqlite3_db_readonly(store->db, "main") == 1) {
		db_error(error, store->path, NULL, SQLITE_READONLY);
		return false;
	}
	return db_exec(store, "PRAGMA journal_mode=WAL", error) &&
	    db_exec(store, "PRAGMA synchronous=FULL", error) &&
	    db_exec(store, "PRAGMA temp_store=MEMORY", error) &&
	    db_exec(store, "PRAGMA cell_size_check=ON", error) &&
	    db_exec(store, "PRAGMA cache_size=-4096", error) &&
	    db_exec(store, "PRAGMA journal_size_limit=16777216", error);
}

static bool
load_counters(struct store *store, GError **error)
{
	if (!db_number(store, error, &store->reserved, "SELECT value FROM counter WHERE name = 'rev'", "") ||
	    !db_number(store, error, &store->last_ord, "SELECT coalesce(max(ord), 0) FROM message", ""))
		return false;
	store->rev = store->reserve_above = store->reserved;
	return true;
}

bool
db_in_place(const struct store *store, GError **error)
{
	struct stat st;

	if (stat(store->path, &st) == 0 && st.st_dev == store->device && st.st_ino == store->inode &&
	    access(store->log, F_OK) == 0)
		return true;
	g_set_error(error, STORE_ERROR, STORE_ERROR_GONE,
	    "%s was taken away or replaced beneath confab. Put it back, with %s.", store->path, store->log);
	return false;
}

static bool
remember_place(struct store *store, GError **error)
{
	struct stat st;

	if (stat(store->path, &st) == -1) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_GONE, "%s was taken away: %s.", store->path,
		    g_strerror(errno));
		return false;
	}
	store->device = st.st_dev;
	store->inode = st.st_ino;
	return true;
}

struct store *
db_open(const char *path, const char *vfs, const struct migration *migrations, size_t n, GError **error)
{
	struct store *store;
	int rc;

	if (!check_place(path, error) || !check_file(path, error))
		return NULL;
	store = g_new0(struct store, 1);
	store->path = g_strdup(path);
	store->log = g_strconcat(path, "-wal", NULL);
	store->statements = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)(void (*)(void))sqlite3_finalize);
	store->redo = g_byte_array_new();
	store->waiting = search_waiting_new();
	rc = sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, vfs);
	if (rc == SQLITE_OK)
		rc = db_harden(store->db);
	if (rc != SQLITE_OK)
		db_error(error, path, store->db, rc);
	else if (check_contents(store, migrations, n, error) && prepare_writing(store, error) &&
	    settle_doubt(store, error) && migrate(store, migrations, n, error) && load_counters(store, error) &&
	    remember_place(store, error) && (store->checkpoint = checkpoint_start(store->db, path, vfs,
	    error)) != NULL) {
		sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
		return store;
	}
	store_close(store);
	return NULL;
}

static bool
read_all(struct store *store, const struct migration *migrations, size_t n, struct store_facts *facts, GError **error)
{
	g_autoptr(GError) failure = NULL;

	if (!check_contents(store, migrations, n, error))
		return false;
	if (store->schema > 0 && !db_number(store, error, &facts->messages, "SELECT count(*) FROM message", ""))
		return false;
	facts->schema = store->schema;
	if (is_whole(store, &failure))
		return true;
	g_propagate_error(error, g_steal_pointer(&failure));
	return false;
}

bool
db_examine(const char *path, const struct migration *migrations, size_t n, struct store_facts *facts, GError **error)
{
	struct store store = { .path = g_strdup(path) };
	bool ok = false;
	int rc;

	*facts = (struct store_facts){ .bytes = db_file_size(path) };
	if (check_place(path, error)) {
		store.statements = g_hash_table_new_full(NULL, NULL, NULL,
		    (GDestroyNotify)(void (*)(void))sqlite3_finalize);
		rc = sqlite3_open_v2(path, &store.db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
		if (rc == SQLITE_OK)
			rc = db_harden(store.db);
		if (rc != SQLITE_OK)
			db_error(error, path, store.db, rc);
		else
			ok = read_all(&store, migrations, n, facts, error);
		g_hash_table_destroy(store.statements);
		sqlite3_close(store.db);
	}
	g_free(store.path);
	return ok;
}
