/* Opening: new, old, newer, damaged, foreign, locked, read-only, far away.  Savepoints, commits, revisions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "faultvfs.h"
#include "store/aside.h"
#include "store/chats.h"
#include "store/db.h"
#include "tempstore.h"

static struct tempstore t;

static int
setup(void **state)
{
	(void)state;
	tempstore_init(&t);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	faultvfs_reset();
	faultvfs_read_only(false);
	tempstore_clear(&t);
	return 0;
}

/* Opening is refused with this code and a sentence that names the file, and no byte of it changes. */
static void
assert_refused(const char *vfs, enum store_error code, const char *word)
{
	g_autofree char *before = NULL, *after = NULL;
	gsize len_before = 0, len_after = 0;
	g_autoptr(GError) error = NULL;
	bool file = g_file_test(t.path, G_FILE_TEST_IS_REGULAR) &&
	    g_file_get_contents(t.path, &before, &len_before, NULL);
	struct store *store = store_open(t.path, vfs, &error);

	assert_null(store);
	assert_non_null(error);
	if (!g_error_matches(error, STORE_ERROR, (gint)code) || strstr(error->message, word) == NULL ||
	    strstr(error->message, t.path) == NULL)
		fail_msg("%s (%d)", error->message, error->code);
	if (!file)
		return;
	assert_true(g_file_get_contents(t.path, &after, &len_after, NULL));
	assert_int_equal(len_before, len_after);
	assert_memory_equal(before, after, len_before);
}

/* With plain SQLite, as somebody else would. */
static void
outside(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(t.path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
}

static void
test_new_file(void **state)
{
	struct stat st;

	(void)state;
	mode_t mask = umask(0);
	tempstore_open(&t);
	umask(mask);
	assert_int_equal(store_schema(t.store), 1);
	assert_int_equal(g_stat(t.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	g_autofree char *wal = g_strconcat(t.path, "-wal", NULL);
	assert_int_equal(g_stat(wal, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(store_check(t.store, NULL));
}

static void
test_settings_of_the_connection(void **state)
{
	static const struct { const char *pragma; int64_t value; } rows[] = {
		{ "PRAGMA synchronous", 2 }, { "PRAGMA foreign_keys", 1 }, { "PRAGMA trusted_schema", 0 },
		{ "PRAGMA busy_timeout", 0 }, { "PRAGMA cell_size_check", 1 }, { "PRAGMA wal_autocheckpoint", 0 },
	};
	int64_t value;

	(void)state;
	tempstore_open(&t);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		value = -1;
		assert_true(db_number(t.store, NULL, &value, rows[i].pragma, ""));
		assert_int_equal(value, rows[i].value);
	}
	sqlite3_stmt *stmt = db_ask(t.store, "PRAGMA journal_mode", "");
	assert_true(db_row(t.store, stmt, NULL));
	assert_string_equal(sqlite3_column_text(stmt, 0), "wal");
	db_done(stmt);
}

static void
test_loose_mode_is_tightened(void **state)
{
	struct stat st;

	(void)state;
	tempstore_open(&t);
	store_close(t.store);
	g_chmod(t.path, 0644);
	tempstore_open(&t);
	g_stat(t.path, &st);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
test_empty_file_is_new(void **state)
{
	(void)state;
	assert_true(g_file_set_contents(t.path, "", 0, NULL));
	tempstore_open(&t);
	assert_int_equal(store_schema(t.store), 1);
}

static void
test_newer_is_refused_untouched(void **state)
{
	(void)state;
	tempstore_open(&t);
	store_close(t.store);
	t.store = NULL;
	outside("PRAGMA user_version=2");
	assert_refused(NULL, STORE_ERROR_NEWER, "schema 2; this one knows 1");
	outside("PRAGMA user_version=1001");
	assert_refused(NULL, STORE_ERROR_NEWER, "1001");
}

static void
test_newer_in_the_log_is_refused_untouched(void **state)
{
	sqlite3 *db;

	(void)state;
	tempstore_open(&t);
	store_close(t.store);
	t.store = NULL;
	/* The newer program was killed: what makes the file newer is still in its log. */
	assert_int_equal(sqlite3_open(t.path, &db), SQLITE_OK);
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version=7", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	g_autofree char *wal = g_strconcat(t.path, "-wal", NULL);
	struct stat st;
	assert_int_equal(g_stat(wal, &st), 0);
	assert_true(st.st_size > 0);
	assert_refused(NULL, STORE_ERROR_NEWER, "schema 7");
	assert_int_equal(g_stat(wal, &st), 0);
	assert_true(st.st_size > 0);
}

static void
test_not_a_database(void **state)
{
	g_autofree char *noise = g_malloc(5000);

	(void)state;
	for (int i = 0; i < 5000; i++)
		noise[i] = (char)(i * 37 + 11);
	assert_true(g_file_set_contents(t.path, noise, 5000, NULL));
	assert_refused(NULL, STORE_ERROR_DAMAGED, "not an SQLite database");
	assert_true(g_file_set_contents(t.path, "SQLite f", 8, NULL));
	assert_refused(NULL, STORE_ERROR_DAMAGED, "not an SQLite database");
	memcpy(noise, "SQLite format 3", 16);
	assert_true(g_file_set_contents(t.path, noise, 5000, NULL));
	assert_refused(NULL, STORE_ERROR_DAMAGED, "damaged");
	memset(noise + 16, 0, 4984);
	assert_true(g_file_set_contents(t.path, noise, 5000, NULL));
	assert_refused(NULL, STORE_ERROR_DAMAGED, "damaged");
}

static void
test_of_another_program(void **state)
{
	(void)state;
	outside("CREATE TABLE bookmarks(url TEXT)");
	assert_refused(NULL, STORE_ERROR_DAMAGED, "another program");
}

static void
test_schema_that_was_changed(void **state)
{
	static const char *const changes[] = {
		"CREATE TRIGGER t AFTER INSERT ON chat BEGIN DELETE FROM chat; END",
		"CREATE VIEW v AS SELECT 1",
		"CREATE TABLE extra(x)",
		"DROP INDEX message_page",
		"ALTER TABLE chat DROP COLUMN draft",
		"PRAGMA user_version=-1",
		"PRAGMA user_version=0",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
		tempstore_open(&t);
		store_close(t.store);
		t.store = NULL;
		outside(changes[i]);
		assert_refused(NULL, STORE_ERROR_DAMAGED, "damaged");
		g_remove(t.path);
	}
}

static void
test_statistics_are_no_change(void **state)
{
	(void)state;
	tempstore_open(&t);
	store_close(t.store);
	outside("ANALYZE");
	tempstore_open(&t);
}

static void
test_no_plain_file(void **state)
{
	(void)state;
	assert_int_equal(g_mkdir(t.path, 0700), 0);
	assert_refused(NULL, STORE_ERROR_IO, "directory");
	g_rmdir(t.path);
	assert_int_equal(mkfifo(t.path, 0600), 0);
	assert_refused(NULL, STORE_ERROR_DAMAGED, "not a plain file");
	g_unlink(t.path);
	assert_int_equal(symlink("confab.db", t.path), 0);
	assert_refused(NULL, STORE_ERROR_IO, g_strerror(ELOOP));
	g_unlink(t.path);
}

static void
test_no_folder(void **state)
{
	g_autofree char *good = t.path;

	(void)state;
	t.path = g_build_filename(t.folder, "none", "confab.db", NULL);
	assert_refused(NULL, STORE_ERROR_IO, g_strerror(ENOENT));
	g_free(t.path);
	t.path = g_steal_pointer(&good);
}

static void
test_cut_anywhere_is_refused_or_whole(void **state)
{
	g_autofree char *whole = NULL;
	gsize len;

	(void)state;
	tempstore_open(&t);
	store_close(t.store);
	t.store = NULL;
	assert_true(g_file_get_contents(t.path, &whole, &len, NULL));
	for (gsize n = 4096; n < len; n += 4096) {
		g_autoptr(GError) error = NULL;

		assert_true(g_file_set_contents(t.path, whole, (gssize)n, NULL));
		t.store = store_open(t.path, NULL, &error);
		if (t.store == NULL) {
			assert_true(g_error_matches(error, STORE_ERROR, STORE_ERROR_DAMAGED));
			continue;
		}
		/* SQLite does not look at the end of a file until it needs it. */
		assert_false(store_check(t.store, &error));
		store_close(t.store);
		t.store = NULL;
	}
}

static void
test_one_byte_changed_never_crashes(void **state)
{
	g_autofree char *whole = NULL;
	guint32 random = 1;
	gsize len;

	(void)state;
	tempstore_open(&t);
	for (int i = 0; i < 20; i++)
		message_row_free(tempstore_hear(&t, "some words to be indexed"));
	tempstore_commit(&t);
	int64_t chat = t.chat;
	store_close(t.store);
	t.store = NULL;
	assert_true(g_file_get_contents(t.path, &whole, &len, NULL));
	for (int i = 0; i < 200; i++) {
		gsize at = (random = random * 1664525 + 1013904223) % len;
		char byte = whole[at];
		bool more;

		whole[at] = (char)~byte;
		assert_true(g_file_set_contents(t.path, whole, (gssize)len, NULL));
		whole[at] = byte;
		t.store = store_open(t.path, NULL, NULL);
		if (t.store != NULL) {
			g_ptr_array_unref(message_page(t.store, chat, PAGE_END, 0, 100, &more));
			g_ptr_array_unref(chat_list(t.store, 0));
			store_check(t.store, NULL);
		}
		store_close(t.store);
		t.store = NULL;
	}
}

static void
test_locked_by_another_program(void **state)
{
	GError *error = NULL;
	sqlite3 *db;

	(void)state;
	tempstore_open(&t);
	assert_int_equal(sqlite3_open(t.path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_false(store_begin(t.store, &error));
	assert_true(g_error_matches(error, STORE_ERROR, STORE_ERROR_LOCKED));
	assert_non_null(strstr(error->message, t.path));
	g_clear_error(&error);
	assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	tempstore_begin(&t);
	tempstore_end(&t);
	sqlite3_close(db);
}

/* The file, or its log, is taken away or another one put in its place: nothing is written into nowhere. */
static void
test_taken_away(void **state)
{
	g_autofree char *aside = g_strconcat(t.path, ".aside", NULL), *log = g_strconcat(t.path, "-wal", NULL);
	const char *const names[] = { t.path, log };

	(void)state;
	tempstore_open(&t);
	for (size_t i = 0; i < 2; i++) {
		GError *error = NULL;

		assert_int_equal(g_rename(names[i], aside), 0);
		assert_false(store_begin(t.store, &error));
		assert_true(g_error_matches(error, STORE_ERROR, STORE_ERROR_GONE));
		g_clear_error(&error);
		assert_int_equal(g_rename(aside, names[i]), 0);
		tempstore_begin(&t);
		assert_true(store_set_text(t.store, "a", names[i], NULL));
		tempstore_end(&t);
		assert_int_equal(g_rename(names[i], aside), 0);
		assert_false(store_commit(t.store, &error));
		assert_true(g_error_matches(error, STORE_ERROR, STORE_ERROR_GONE));
		assert_non_null(strstr(error->message, t.path));
		g_clear_error(&error);
		if (i == 0) {
			assert_true(g_file_set_contents(names[i], "another", -1, NULL));
			assert_false(store_commit(t.store, NULL));
		}
		assert_int_equal(g_rename(aside, names[i]), 0);
		tempstore_commit(&t);
		tempstore_reopen(&t);
		g_autofree char *kept = store_get_text(t.store, "a");
		assert_string_equal(kept, names[i]);
	}
}

static void
test_locked_when_it_is_made(void **state)
{
	sqlite3 *db;

	(void)state;
	assert_int_equal(sqlite3_open(t.path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	assert_refused(NULL, STORE_ERROR_LOCKED, "locked");
	sqlite3_close(db);
	tempstore_open(&t);
}

static void
test_read_only(void **state)
{
	const char *vfs = faultvfs_register();

	(void)state;
	tempstore_open(&t);
	store_close(t.store);
	t.store = NULL;
	faultvfs_read_only(true);
	assert_refused(vfs, STORE_ERROR_READ_ONLY, "may only be read");
}

static void
test_far_file_systems(void **state)
{
	(void)state;
	assert_string_equal(db_network_name(0x6969, NULL), "NFS");
	assert_string_equal(db_network_name((long)0xff534d42, NULL), "CIFS");
	assert_string_equal(db_network_name((long)(int32_t)0xfe534d42, NULL), "SMB");	/* f_type is signed in places */
	assert_string_equal(db_network_name(0x65735546, "fuse.sshfs"), "fuse.sshfs");
	assert_null(db_network_name(0x65735546, "fuse.gocryptfs"));
	assert_null(db_network_name(0x65735546, NULL));
	assert_null(db_network_name(0xef53, NULL));
}

static const struct migration old_tables[] = {
	{ 1, "CREATE TABLE counter(name TEXT PRIMARY KEY, value INTEGER NOT NULL); CREATE TABLE message(ord INTEGER);"
	    "INSERT INTO counter VALUES('kept', 42)" },
	{ 2, "ALTER TABLE message ADD COLUMN body TEXT" },
	{ 3, "CREATE TABLE more(x); UPDATE counter SET value = value + 1" },
};

static int64_t
kept(struct store *store)
{
	int64_t value = 0;

	assert_true(db_number(store, NULL, &value, "SELECT value FROM counter WHERE name = 'kept'", ""));
	return value;
}

static void
test_migration_keeps_a_copy(void **state)
{
	g_autofree char *copy = g_strconcat(t.path, ".before-3", NULL), *other = NULL;
	GError *error = NULL;
	struct stat st;

	(void)state;
	t.store = db_open(t.path, NULL, old_tables, 1, &error);
	assert_non_null(t.store);
	assert_int_equal(store_schema(t.store), 1);
	store_close(t.store);
	t.store = db_open(t.path, NULL, old_tables, 3, &error);
	if (t.store == NULL)
		fail_msg("%s", error->message);
	assert_int_equal(store_schema(t.store), 3);
	assert_int_equal(kept(t.store), 43);
	store_close(t.store);
	assert_int_equal(g_stat(copy, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* the copy is the old one, and opens */
	other = t.path;
	t.path = g_strdup(copy);
	t.store = db_open(t.path, NULL, old_tables, 1, &error);
	assert_non_null(t.store);
	assert_int_equal(kept(t.store), 42);
	store_close(t.store);
	g_free(t.path);
	t.path = g_steal_pointer(&other);
	/* once is enough */
	g_remove(copy);
	t.store = db_open(t.path, NULL, old_tables, 3, &error);
	assert_non_null(t.store);
	assert_int_equal(kept(t.store), 43);
	assert_int_equal(g_stat(copy, &st), -1);
}

static void
test_old_copies_go(void **state)
{
	static const int numbers[] = { 2, 9, 10 };

	(void)state;
	store_close(db_open(t.path, NULL, old_tables, 1, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		g_autofree char *old = g_strdup_printf("%s.before-%d", t.path, numbers[i]);

		assert_true(g_file_set_contents(old, "old", -1, NULL));
	}
	t.store = db_open(t.path, NULL, old_tables, 3, NULL);
	assert_non_null(t.store);
	/* 2, 3, 9, 10: by number, not by name. */
	g_autoptr(GPtrArray) list = aside_list(t.path);
	assert_int_equal(list->len, 2);
	assert_int_equal(((struct aside *)list->pdata[0])->number, 10);
	assert_int_equal(((struct aside *)list->pdata[1])->number, 9);
}

/* No room for the copy: nothing is changed, the words name it, and nothing of it stays. */
static void
test_migration_without_room_for_the_copy(void **state)
{
	const char *vfs = faultvfs_register();
	g_autoptr(GError) error = NULL;

	(void)state;
	store_close(db_open(t.path, vfs, old_tables, 1, NULL));
	faultvfs_fail_at(1, FAULT_FULL, true);
	assert_null(db_open(t.path, vfs, old_tables, 3, &error));
	assert_true(g_error_matches(error, STORE_ERROR, STORE_ERROR_FULL));
	assert_non_null(strstr(error->message, ".before-3"));
	faultvfs_reset();
	g_autoptr(GPtrArray) list = aside_list(t.path);
	assert_int_equal(list->len, 0);
	t.store = db_open(t.path, vfs, old_tables, 1, NULL);
	assert_non_null(t.store);
	assert_int_equal(kept(t.store), 42);
}

static void
test_migration_is_all_or_nothing_at_every_write(void **state)
{
	const char *vfs = faultvfs_register();
	g_autofree char *whole = NULL;
	unsigned n;
	gsize len;

	(void)state;
	store_close(db_open(t.path, NULL, old_tables, 1, NULL));
	assert_true(g_file_get_contents(t.path, &whole, &len, NULL));
	for (n = 1; ; n++) {
		assert_true(g_file_set_contents(t.path, whole, (gssize)len, NULL));
		faultvfs_fail_at(n, n % 2 == 0 ? FAULT_FULL : FAULT_DEATH, true);
		store_close(db_open(t.path, vfs, old_tables, 3, NULL));
		bool fired = faultvfs_fired();
		faultvfs_reset();
		t.store = db_open(t.path, vfs, old_tables, 3, NULL);
		assert_non_null(t.store);
		assert_int_equal(kept(t.store), 43);
		store_close(t.store);
		t.store = NULL;
		if (!fired)
			break;
	}
	assert_true(n > 10);
}

static void
test_savepoint_that_failed_takes_only_itself_back(void **state)
{
	(void)state;
	tempstore_open(&t);
	tempstore_begin(&t);
	assert_true(store_set_text(t.store, "a", "1", NULL));
	tempstore_end(&t);
	tempstore_begin(&t);
	assert_true(store_set_text(t.store, "a", "2", NULL));
	assert_true(store_set_text(t.store, "b", "2", NULL));
	assert_true(store_end(t.store, false, NULL));
	g_autofree char *a = store_get_text(t.store, "a");
	assert_string_equal(a, "1");
	assert_null(store_get_text(t.store, "b"));
	assert_true(store_dirty(t.store));
	tempstore_commit(&t);
	assert_false(store_dirty(t.store));
	tempstore_reopen(&t);
	g_autofree char *still = store_get_text(t.store, "a");
	assert_string_equal(still, "1");
}

static void
test_nothing_changed_holds_no_lock(void **state)
{
	(void)state;
	tempstore_open(&t);
	tempstore_begin(&t);
	g_free(store_get_text(t.store, "a"));
	tempstore_end(&t);
	assert_false(store_dirty(t.store));
	tempstore_commit(&t);
	outside("BEGIN IMMEDIATE; ROLLBACK");		/* somebody else may write */
	tempstore_begin(&t);
	assert_true(store_set_text(t.store, "a", "1", NULL));
	assert_true(store_end(t.store, false, NULL));
	outside("BEGIN IMMEDIATE; ROLLBACK");
}

static void
test_uncommitted_is_not_there_after_closing(void **state)
{
	(void)state;
	tempstore_open(&t);
	tempstore_begin(&t);
	assert_true(store_set_text(t.store, "a", "1", NULL));
	tempstore_end(&t);
	tempstore_reopen(&t);
	assert_null(store_get_text(t.store, "a"));
}

static void
test_revisions_never_go_back(void **state)
{
	int64_t last = 0;

	(void)state;
	tempstore_open(&t);
	for (int round = 0; round < 4; round++) {
		assert_true(store_rev(t.store) >= last);
		for (int i = 0; i < LIMIT_REV_BLOCK * round; i++) {
			int64_t rev = store_next_rev(t.store);

			assert_true(rev > last);
			last = rev;
		}
		/* revisions without a row (a contact, an account) also make the store commit before they are told */
		if (round > 0)
			assert_true(store_dirty(t.store));
		tempstore_commit(&t);
		assert_false(store_dirty(t.store));
		/* a few more after the commit that reserved them; then the end comes without warning */
		for (int i = 0; i < LIMIT_REV_BLOCK / 3; i++)
			last = store_next_rev(t.store);
		assert_false(store_dirty(t.store));
		store_close(t.store);
		t.store = store_open(t.path, NULL, NULL);
		assert_non_null(t.store);
	}
}

static void
test_accounts(void **state)
{
	(void)state;
	tempstore_open(&t);
	tempstore_begin(&t);
	int64_t b = store_account(t.store, "b@x", NULL);
	assert_true(b > 0 && b != t.account);
	assert_int_equal(store_account(t.store, "b@x", NULL), b);
	assert_int_equal(store_account(t.store, TEMPSTORE_ME, NULL), t.account);
	tempstore_end(&t);
}

static void
test_log_is_moved_by_the_other_thread(void **state)
{
	g_autofree char *body = g_strnfill(200000, 'x'), *wal = NULL;
	gint64 deadline = g_get_monotonic_time() + 20 * G_TIME_SPAN_SECOND;
	struct stat st = { 0 };

	(void)state;
	tempstore_open(&t);
	wal = g_strconcat(t.path, "-wal", NULL);
	/* It moves what is committed; when all of it is, the next commit begins the log anew. */
	for (int i = 0; i < 40; i++) {
		message_row_free(tempstore_hear(&t, body));
		tempstore_commit(&t);
	}
	do {
		assert_true(g_get_monotonic_time() < deadline);
		g_thread_yield();
		g_stat(t.path, &st);
	} while (st.st_size < 4000000);
	assert_true(store_check(t.store, NULL));
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_new_file),
		TEST(test_settings_of_the_connection),
		TEST(test_loose_mode_is_tightened),
		TEST(test_empty_file_is_new),
		TEST(test_newer_is_refused_untouched),
		TEST(test_newer_in_the_log_is_refused_untouched),
		TEST(test_not_a_database),
		TEST(test_of_another_program),
		TEST(test_schema_that_was_changed),
		TEST(test_statistics_are_no_change),
		TEST(test_no_plain_file),
		TEST(test_no_folder),
		TEST(test_cut_anywhere_is_refused_or_whole),
		TEST(test_one_byte_changed_never_crashes),
		TEST(test_locked_by_another_program),
		TEST(test_taken_away),
		TEST(test_locked_when_it_is_made),
		TEST(test_read_only),
		TEST(test_far_file_systems),
		TEST(test_migration_keeps_a_copy),
		TEST(test_old_copies_go),
		TEST(test_migration_without_room_for_the_copy),
		TEST(test_migration_is_all_or_nothing_at_every_write),
		TEST(test_savepoint_that_failed_takes_only_itself_back),
		TEST(test_nothing_changed_holds_no_lock),
		TEST(test_uncommitted_is_not_there_after_closing),
		TEST(test_revisions_never_go_back),
		TEST(test_accounts),
		TEST(test_log_is_moved_by_the_other_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
