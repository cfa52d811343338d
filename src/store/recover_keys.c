/*
 * recover_keys.c: see recover_keys.h.  Records are libsignal's and are looked at when they are used; a garbled one is
 * refused then, and the session begun anew.  Tables without numbers end at their first page that cannot be read.
 */
#include "store/recover_keys.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "store/db.h"
#include "store/keys.h"

enum { KEY_TYPE = 5, RECORD_MAX = 4096 };

struct job {
	struct store	*store;
	struct wreck	*wreck;
	GHashTable	*accounts;
	struct recovered *count;
	GHashTable	*ours;		/* accounts there whose own device is taken */
	GError		**error;
};

/* The account here; 0: it is none, or the disk. */
static int64_t
account_of(struct job *job, sqlite3_stmt *stmt)
{
	int64_t there = sqlite3_column_int64(stmt, 0);
	const char *jid = g_hash_table_lookup(job->accounts, &there);

	return jid != NULL ? store_account(job->store, jid, job->error) : 0;
}

static bool
is_taken(struct job *job, sqlite3_stmt *stmt)
{
	int64_t there = sqlite3_column_int64(stmt, 0);

	return g_hash_table_contains(job->ours, &there);
}

/* An address as it was written here; NULL: garbled. */
static char *
address(sqlite3_stmt *stmt, int column)
{
	g_autofree char *text = db_text(stmt, column), *clean = NULL;

	if (text == NULL || *text == '\0')
		return NULL;
	clean = text_clean(text, -1, TEXT_LINE, 0);
	return strcmp(text, clean) == 0 ? g_steal_pointer(&text) : NULL;
}

static bool
is_device(sqlite3_stmt *stmt, int column)
{
	int64_t device = sqlite3_column_int64(stmt, column);

	return device > 0 && device <= G_MAXINT32;
}

static bool
is_key(sqlite3_stmt *stmt, int column, int size)
{
	const uint8_t *bytes = sqlite3_column_blob(stmt, column);

	return bytes != NULL && sqlite3_column_bytes(stmt, column) == size && (size != KEYS_PUBLIC ||
	    bytes[0] == KEY_TYPE);
}

static bool
is_record(sqlite3_stmt *stmt, int column, int most)
{
	int n = sqlite3_column_bytes(stmt, column);

	return n > 0 && n <= most;
}

/* --- rows; false: the disk --- */

static bool
take_own(struct job *job, sqlite3_stmt *stmt)
{
	struct own_row row = { .made_ms = sqlite3_column_int64(stmt, 4) }, here;
	int64_t account = account_of(job, stmt), there = sqlite3_column_int64(stmt, 0), *number;
	bool known, ok;

	if (account == 0 || !is_device(stmt, 1) || !is_key(stmt, 2, KEYS_PUBLIC) || !is_key(stmt, 3, KEYS_PRIVATE))
		return *job->error == NULL;
	known = own_load(job->store, account, &here, job->error);
	own_clear(&here);
	if (known || *job->error != NULL)
		return *job->error == NULL;
	row.device = (uint32_t)sqlite3_column_int64(stmt, 1);
	memcpy(row.key, sqlite3_column_blob(stmt, 2), KEYS_PUBLIC);
	memcpy(row.secret, sqlite3_column_blob(stmt, 3), KEYS_PRIVATE);
	row.next_prekey = (uint32_t)MAX(sqlite3_column_int64(stmt, 5), 1);
	row.next_signed = (uint32_t)MAX(sqlite3_column_int64(stmt, 6), 1);
	ok = own_save(job->store, account, &row, job->error);
	own_clear(&row);
	number = g_new(int64_t, 1);
	*number = there;
	g_hash_table_add(job->ours, number);
	job->count->identities += ok;
	return ok;
}

static bool
take_prekey(struct job *job, sqlite3_stmt *stmt)
{
	int64_t account = is_taken(job, stmt) ? account_of(job, stmt) : 0;

	if (account == 0 || !is_record(stmt, 3, RECORD_MAX))
		return *job->error == NULL;
	return db_change(job->store, job->error, "INSERT OR IGNORE INTO prekey(account, id, used, record) "
	    "VALUES(?1, ?2, ?3, ?4)", "iiib", account, sqlite3_column_int64(stmt, 1),
	    (int64_t)(sqlite3_column_int64(stmt, 2) != 0), sqlite3_column_blob(stmt, 3),
	    (size_t)sqlite3_column_bytes(stmt, 3));
}

static bool
take_signed(struct job *job, sqlite3_stmt *stmt)
{
	int64_t account = is_taken(job, stmt) ? account_of(job, stmt) : 0;

	if (account == 0 || !is_record(stmt, 3, RECORD_MAX))
		return *job->error == NULL;
	return db_change(job->store, job->error, "INSERT OR IGNORE INTO signed_prekey(account, id, made, record) "
	    "VALUES(?1, ?2, ?3, ?4)", "iiib", account, sqlite3_column_int64(stmt, 1), sqlite3_column_int64(stmt, 2),
	    sqlite3_column_blob(stmt, 3), (size_t)sqlite3_column_bytes(stmt, 3));
}

static bool
take_session(struct job *job, sqlite3_stmt *stmt)
{
	int64_t account = is_taken(job, stmt) ? account_of(job, stmt) : 0;
	g_autofree char *jid = address(stmt, 1);

	if (account == 0 || jid == NULL || !is_device(stmt, 2) || !is_record(stmt, 3, LIMIT_SESSION))
		return *job->error == NULL;
	return ratchet_row_save(job->store, account, jid, (uint32_t)sqlite3_column_int64(stmt, 2),
	    sqlite3_column_blob(stmt, 3), (size_t)sqlite3_column_bytes(stmt, 3), job->error);
}

static bool
take_device(struct job *job, sqlite3_stmt *stmt)
{
	int64_t account = account_of(job, stmt), trust = sqlite3_column_int64(stmt, 5);
	g_autofree char *jid = address(stmt, 1), *label = address(stmt, 6);
	struct device_row *known, row = { .jid = jid, .label = label };
	bool ok;

	if (account == 0 || jid == NULL || !is_device(stmt, 2) || !is_key(stmt, 4, KEYS_PUBLIC) || trust < 0 ||
	    trust > TRUST_DISTRUSTED)
		return *job->error == NULL;
	row.device = (uint32_t)sqlite3_column_int64(stmt, 2);
	known = device_row_load(job->store, account, jid, row.device);
	if (known != NULL && (known->has_key || known->trust != TRUST_UNDECIDED)) {
		device_row_free(known);
		return true;
	}
	row.active = known != NULL ? known->active : sqlite3_column_int64(stmt, 3) != 0;
	row.has_key = true;
	memcpy(row.key, sqlite3_column_blob(stmt, 4), KEYS_PUBLIC);
	row.trust = (enum trust)trust;
	row.first_ms = sqlite3_column_int64(stmt, 7);
	row.last_ms = sqlite3_column_int64(stmt, 8);
	row.announced = sqlite3_column_int64(stmt, 9) != 0;
	row.repaired_ms = sqlite3_column_int64(stmt, 10);
	row.changed = is_key(stmt, 11, KEYS_PUBLIC);
	if (row.changed)
		memcpy(row.other, sqlite3_column_blob(stmt, 11), KEYS_PUBLIC);
	device_row_free(known);
	ok = device_row_save(job->store, account, &row, job->error);
	job->count->devices += ok;
	return ok;
}

static bool
each(struct job *job, const char *sql, bool (*fn)(struct job *, sqlite3_stmt *))
{
	sqlite3_stmt *stmt = wreck_prepare(job->wreck, sql);
	bool ok = true;

	while (ok && stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW)
		ok = fn(job, stmt);
	sqlite3_finalize(stmt);
	return ok;
}

bool
recover_keys(struct store *store, struct wreck *wreck, GHashTable *accounts, struct recovered *count, GError **error)
{
	GError *failure = NULL;
	struct job job = { store, wreck, accounts, count, NULL, &failure };
	bool ok;

	job.ours = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	ok = each(&job, "SELECT account, device, key, secret, made, next_prekey, next_signed FROM own", take_own) &&
	    each(&job, "SELECT account, id, used, record FROM prekey", take_prekey) &&
	    each(&job, "SELECT account, id, made, record FROM signed_prekey", take_signed) &&
	    each(&job, "SELECT account, jid, device, record FROM ratchet", take_session) &&
	    each(&job, "SELECT account, jid, device, active, key, trust, label, first, last, announced, repaired, "
	    "other FROM device", take_device);
	g_hash_table_unref(job.ours);
	if (failure != NULL)
		g_propagate_error(error, failure);
	return ok;
}
