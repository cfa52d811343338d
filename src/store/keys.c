/*
 * keys.c: see keys.h.  What holds a secret is changed with SQLite's secure_delete, by change_secret(): replaced and
 * deleted bytes are zeros in the file.  No other table pays for it.  The log keeps them until it is written over or
 * removed.
 */
#include "store/keys.h"

#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/secret.h"
#include "store/db.h"

static const uint32_t device_max = 0x7fffffff;

/* db_change() that leaves nothing of what was there. */
#define change_secret(store, ...) (db_wipe(store, true), wiped(store, db_change(store, __VA_ARGS__)))

static bool
wiped(struct store *store, bool ok)
{
	db_wipe(store, false);
	return ok;
}

/* The statement is at a row. */
static GBytes *
blob(sqlite3_stmt *stmt, int column)
{
	const void *bytes = sqlite3_column_blob(stmt, column);

	return secret_bytes(bytes, (gsize)sqlite3_column_bytes(stmt, column));
}

static bool
take_bytes(sqlite3_stmt *stmt, int column, uint8_t *to, int n)
{
	if (sqlite3_column_bytes(stmt, column) != n)
		return false;
	memcpy(to, sqlite3_column_blob(stmt, column), (size_t)n);
	return true;
}

/* 1: the statement is at a row; 0: there is none; -1: the disk said something, which is logged where error is NULL. */
static int
find(struct store *store, sqlite3_stmt *stmt, GError **error)
{
	g_autoptr(GError) failure = NULL;

	if (db_row(store, stmt, &failure))
		return 1;
	if (failure == NULL)
		return 0;
	if (error == NULL)
		log_error("store", "%s", failure->message);
	else
		g_propagate_error(error, g_steal_pointer(&failure));
	return -1;
}

static int
find_blob(struct store *store, sqlite3_stmt *stmt, GBytes **record)
{
	int found = find(store, stmt, NULL);

	*record = NULL;
	if (found == 1) {
		*record = blob(stmt, 0);
		db_done(stmt);
	}
	return found;
}

/* --- our own device --- */

bool
own_load(struct store *store, int64_t account, struct own_row *row, GError **error)
{
	sqlite3_stmt *stmt = db_ask(store, "SELECT device, key, secret, made, next_prekey, next_signed FROM own "
	    "WHERE account = ?1", "i", account);
	bool ok;

	memset(row, 0, sizeof *row);
	if (find(store, stmt, error) != 1)
		return false;
	ok = take_bytes(stmt, 1, row->key, KEYS_PUBLIC) && take_bytes(stmt, 2, row->secret, KEYS_PRIVATE);
	row->device = (uint32_t)sqlite3_column_int64(stmt, 0);
	row->made_ms = sqlite3_column_int64(stmt, 3);
	row->next_prekey = (uint32_t)sqlite3_column_int64(stmt, 4);
	row->next_signed = (uint32_t)sqlite3_column_int64(stmt, 5);
	db_done(stmt);
	if (!ok)
		g_set_error(error, STORE_ERROR, STORE_ERROR_DAMAGED, "%s is damaged: the key of our device is not "
		    "whole.",
		    store->path);
	return ok;
}

bool
own_save(struct store *store, int64_t account, const struct own_row *row, GError **error)
{
	return change_secret(store, error, "INSERT INTO own(account, device, key, secret, made, next_prekey, "
	    "next_signed) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET device = ?2, key = ?3, secret "
	    "= ?4, made = ?5, next_prekey = ?6, next_signed = ?7", "iibbiii", account, (int64_t)row->device,
	    row->key, sizeof row->key, row->secret, sizeof row->secret, row->made_ms, (int64_t)row->next_prekey,
	    (int64_t)row->next_signed);
}

void
own_clear(struct own_row *row)
{
	explicit_bzero(row, sizeof *row);
}

bool
own_forget(struct store *store, int64_t account, GError **error)
{
	return change_secret(store, error, "DELETE FROM own WHERE account = ?1", "i", account) &&
	    change_secret(store, error, "DELETE FROM prekey WHERE account = ?1", "i", account) &&
	    change_secret(store, error, "DELETE FROM signed_prekey WHERE account = ?1", "i", account) &&
	    change_secret(store, error, "DELETE FROM ratchet WHERE account = ?1", "i", account);
}

bool
prekey_save(struct store *store, int64_t account, uint32_t id, GBytes *record, GError **error)
{
	gsize n;
	const void *bytes = g_bytes_get_data(record, &n);

	return change_secret(store, error, "INSERT OR REPLACE INTO prekey(account, id, used, record) VALUES(?1, ?2, "
	    "0, ?3)", "iib", account, (int64_t)id, bytes, n);
}

int
prekey_load(struct store *store, int64_t account, uint32_t id, GBytes **record)
{
	return find_blob(store, db_ask(store, "SELECT record FROM prekey WHERE account = ?1 AND id = ?2", "ii", account,
	    (int64_t)id), record);
}

bool
prekey_use(struct store *store, int64_t account, uint32_t id, GError **error)
{
	return db_change(store, error, "UPDATE prekey SET used = 1 WHERE account = ?1 AND id = ?2", "ii", account,
	    (int64_t)id);
}

bool
prekey_forget_used(struct store *store, int64_t account, GError **error)
{
	return change_secret(store, error, "DELETE FROM prekey WHERE account = ?1 AND used = 1", "i", account);
}

GPtrArray *
prekey_list(struct store *store, int64_t account)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))g_bytes_unref);
	sqlite3_stmt *stmt = db_ask(store, "SELECT record FROM prekey WHERE account = ?1 AND used = 0 ORDER BY id", "i",
	    account);

	while (db_row(store, stmt, NULL))
		g_ptr_array_add(list, blob(stmt, 0));
	return list;
}

bool
signed_prekey_save(struct store *store, int64_t account, uint32_t id, int64_t made_ms, GBytes *record, GError **error)
{
	gsize n;
	const void *bytes = g_bytes_get_data(record, &n);

	return change_secret(store, error, "INSERT OR REPLACE INTO signed_prekey(account, id, made, record) "
	    "VALUES(?1, ?2, ?3, ?4)", "iiib", account, (int64_t)id, made_ms, bytes, n);
}

int
signed_prekey_load(struct store *store, int64_t account, uint32_t id, GBytes **record)
{
	return find_blob(store, db_ask(store, "SELECT record FROM signed_prekey WHERE account = ?1 AND id = ?2",
	    "ii", account,
	    (int64_t)id), record);
}

int
signed_prekey_newest(struct store *store, int64_t account, int64_t *made_ms, GBytes **record)
{
	sqlite3_stmt *stmt = db_ask(store, "SELECT record, made FROM signed_prekey WHERE account = ?1 "
	    "ORDER BY id DESC LIMIT 1", "i", account);
	int found = find(store, stmt, NULL);

	*record = NULL;
	if (found == 1) {
		*record = blob(stmt, 0);
		*made_ms = sqlite3_column_int64(stmt, 1);
		db_done(stmt);
	}
	return found;
}

bool
signed_prekey_forget(struct store *store, int64_t account, int64_t before_ms, GError **error)
{
	return change_secret(store, error, "DELETE FROM signed_prekey WHERE account = ?1 AND id < "
	    "(SELECT max(id) FROM signed_prekey WHERE account = ?1 AND made < ?2)", "ii", account, before_ms);
}

/* --- sessions --- */

int
ratchet_row_load(struct store *store, int64_t account, const char *jid, uint32_t device, GBytes **record)
{
	return find_blob(store, db_ask(store, "SELECT record FROM ratchet WHERE account = ?1 AND jid = ?2 AND device "
	    "= ?3", "iti", account, jid, (int64_t)device), record);
}

bool
ratchet_row_save(struct store *store, int64_t account, const char *jid, uint32_t device, const void *record, size_t n,
    GError **error)
{
	return change_secret(store, error, "INSERT INTO ratchet(account, jid, device, record) VALUES(?1, ?2, ?3, ?4) "
	    "ON CONFLICT DO UPDATE SET record = ?4", "itib", account, jid, (int64_t)device, record, n);
}

bool
ratchet_row_delete(struct store *store, int64_t account, const char *jid, uint32_t device, GError **error)
{
	return change_secret(store, error, "DELETE FROM ratchet WHERE account = ?1 AND jid = ?2 AND device = ?3", "iti",
	    account, jid, (int64_t)device);
}

/* --- devices --- */

#define DEVICE_SELECT \
	"SELECT jid, device, active, key, trust, label, first, last, announced, repaired, other, EXISTS(SELECT 1 FROM " \
	"ratchet r WHERE r.account = d.account AND r.jid = d.jid AND r.device = d.device) FROM device d "

void
device_row_free(struct device_row *row)
{
	if (row == NULL)
		return;
	g_free(row->jid);
	g_free(row->label);
	g_free(row);
}

static struct device_row *
read_row(sqlite3_stmt *stmt)
{
	struct device_row *row = g_new0(struct device_row, 1);

	row->jid = db_text(stmt, 0);
	row->device = (uint32_t)sqlite3_column_int64(stmt, 1);
	row->active = sqlite3_column_int(stmt, 2) != 0;
	row->has_key = take_bytes(stmt, 3, row->key, KEYS_PUBLIC);
	row->trust = (enum trust)sqlite3_column_int(stmt, 4);
	row->label = db_text(stmt, 5);
	row->first_ms = sqlite3_column_int64(stmt, 6);
	row->last_ms = sqlite3_column_int64(stmt, 7);
	row->announced = sqlite3_column_int(stmt, 8) != 0;
	row->repaired_ms = sqlite3_column_int64(stmt, 9);
	row->changed = take_bytes(stmt, 10, row->other, KEYS_PUBLIC);
	row->has_session = sqlite3_column_int(stmt, 11) != 0;
	return row;
}

GPtrArray *
device_rows(struct store *store, int64_t account, const char *jid)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))device_row_free);
	sqlite3_stmt *stmt = jid == NULL ?
	    db_ask(store, DEVICE_SELECT "WHERE account = ?1 ORDER BY jid, first, device", "i", account) :
	    db_ask(store, DEVICE_SELECT "WHERE account = ?1 AND jid = ?2 ORDER BY first, device", "it", account, jid);

	while (db_row(store, stmt, NULL))
		g_ptr_array_add(rows, read_row(stmt));
	return rows;
}

struct device_row *
device_row_load(struct store *store, int64_t account, const char *jid, uint32_t device)
{
	sqlite3_stmt *stmt = db_ask(store, DEVICE_SELECT "WHERE account = ?1 AND jid = ?2 AND device = ?3", "iti",
	    account,
	    jid, (int64_t)device);
	struct device_row *row = NULL;

	if (db_row(store, stmt, NULL)) {
		row = read_row(stmt);
		db_done(stmt);
	}
	return row;
}

bool
device_row_save(struct store *store, int64_t account, const struct device_row *row, GError **error)
{
	return db_change(store, error, "INSERT OR REPLACE INTO device(account, jid, device, active, key, trust, "
	    "label, first, last, announced, repaired, other) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
	    "itiibitiiiib", account, row->jid, (int64_t)row->device, (int64_t)row->active,
	    row->has_key ? row->key : NULL, (size_t)(row->has_key ? KEYS_PUBLIC : 0), (int64_t)row->trust,
	    row->label, row->first_ms, row->last_ms, (int64_t)row->announced, row->repaired_ms,
	    row->changed ? row->other : NULL, (size_t)(row->changed ? KEYS_PUBLIC : 0));
}

bool
device_row_delete(struct store *store, int64_t account, const char *jid, uint32_t device, GError **error)
{
	return ratchet_row_delete(store, account, jid, device, error) &&
	    db_change(store, error, "DELETE FROM device WHERE account = ?1 AND jid = ?2 AND device = ?3", "iti",
	    account, jid, (int64_t)device);
}

/* Those that left the list and of which nothing is known, and then the oldest that left it, go. */
static bool
forget_some(struct store *store, int64_t account, const char *jid, GError **error)
{
	int64_t n = 0;

	if (!db_change(store, error, "DELETE FROM device WHERE account = ?1 AND jid = ?2 AND active = 0 AND key IS "
	    "NULL AND trust = 0", "it", account, jid) || !db_number(store, error, &n, "SELECT count(*) FROM device "
	    "WHERE account = ?1 AND jid = ?2", "it", account, jid)) return false;
	while (n-- > LIMIT_DEVICES_KEPT) {
		int64_t device = 0;

		if (!db_number(store, error, &device, "SELECT device FROM device WHERE account = ?1 AND jid = ?2 AND "
		    "active = 0 AND trust IN (?3, ?4) ORDER BY max(first, last), device LIMIT 1", "itii", account,
		    jid, (int64_t)TRUST_UNDECIDED, (int64_t)TRUST_BLIND)) return false;
		if (device == 0)
			return true;
		if (!device_row_delete(store, account, jid, (uint32_t)device, error))
			return false;
	}
	return true;
}

int
device_key_load(struct store *store, int64_t account, const char *jid, uint32_t device, uint8_t *key)
{
	sqlite3_stmt *stmt = db_ask(store, "SELECT key FROM device WHERE account = ?1 AND jid = ?2 AND device = ?3 "
	    "AND key IS NOT NULL", "iti", account, jid, (int64_t)device);
	int found = find(store, stmt, NULL);

	if (found == 1) {
		/* Another length is damage: nobody's key is taken for unknown. */
		found = take_bytes(stmt, 0, key, KEYS_PUBLIC) ? 1 : -1;
		db_done(stmt);
	}
	return found;
}

bool
device_key_save(struct store *store, int64_t account, const char *jid, uint32_t device, const uint8_t *key,
    int64_t now_ms, GError **error)
{
	return db_change(store, error, "INSERT INTO device(account, jid, device, active, key, trust, first, last, "
	    "announced, repaired) VALUES(?1, ?2, ?3, 0, ?4, 0, ?5, 0, 0, 0) ON CONFLICT DO UPDATE SET key = ?4 WHERE "
	    "key IS NULL", "itibi", account, jid, (int64_t)device, key, (size_t)KEYS_PUBLIC, now_ms) &&
	    forget_some(store, account, jid, error);
}

bool
device_trust_save(struct store *store, int64_t account, const char *jid, uint32_t device, enum trust trust,
    GError **error)
{
	return db_change(store, error, "UPDATE device SET trust = ?4 WHERE account = ?1 AND jid = ?2 AND device = ?3",
	    "itii", account, jid, (int64_t)device, (int64_t)trust);
}

bool
device_seen(struct store *store, int64_t account, const char *jid, uint32_t device, int64_t now_ms, GError **error)
{
	return db_change(store, error, "UPDATE device SET last = ?4 WHERE account = ?1 AND jid = ?2 AND device = ?3",
	    "itii", account, jid, (int64_t)device, now_ms);
}

/* --- lists --- */

static gint
by_number(gconstpointer a, gconstpointer b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Those that may be devices, each once, by number; the first of them where there are too many. */
static GArray *
sound(const uint32_t *devices, size_t n)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof *devices);

	for (size_t i = 0; i < n && list->len < LIMIT_DEVICES; i++) {
		bool there = devices[i] == 0 || devices[i] > device_max;

		for (guint j = 0; j < list->len && !there; j++)
			there = g_array_index(list, uint32_t, j) == devices[i];
		if (!there)
			g_array_append_val(list, devices[i]);
	}
	g_array_sort(list, by_number);
	return list;
}

static bool
is_same(struct store *store, int64_t account, const char *jid, const GArray *list)
{
	sqlite3_stmt *stmt = db_ask(store, "SELECT device FROM device WHERE account = ?1 AND jid = ?2 AND active = 1 "
	    "ORDER BY device", "it", account, jid);
	bool same = true;
	guint n = 0;

	while (db_row(store, stmt, NULL)) {
		same = same && n < list->len && sqlite3_column_int64(stmt, 0) == g_array_index(list, uint32_t, n);
		n++;
	}
	return same && n == list->len;
}

static bool
save_list(struct store *store, int64_t account, const char *jid, const GArray *list, int64_t now_ms, GError **error)
{
	bool ok = db_change(store, error, "UPDATE device SET active = 0 WHERE account = ?1 AND jid = ?2 AND active = "
	    "1", "it", account, jid);

	for (guint i = 0; ok && i < list->len; i++) ok = db_change(store, error, "INSERT INTO device(account, jid, "
	    "device, active, trust, first, last, announced, repaired) VALUES(?1, ?2, ?3, 1, 0, ?4, 0, 0, 0) ON "
	    "CONFLICT DO UPDATE SET active = 1", "itii", account, jid, (int64_t)g_array_index(list, uint32_t, i),
	    now_ms);
	return ok && forget_some(store, account, jid, error) &&
	    db_change(store, error, "INSERT OR REPLACE INTO device_list(account, jid, came) VALUES(?1, ?2, ?3)", "iti",
	    account, jid, now_ms);
}

bool
device_list_save(struct store *store, int64_t account, const char *jid, const uint32_t *devices, size_t n,
    int64_t now_ms, GError **error)
{
	g_autoptr(GArray) list = sound(devices, n);

	return (device_list_known(store, account, jid, NULL) && is_same(store, account, jid, list)) ||
	    save_list(store, account, jid, list, now_ms, error);
}

bool
device_list_known(struct store *store, int64_t account, const char *jid, int64_t *came_ms)
{
	int64_t came = -1;

	db_number(store, NULL, &came, "SELECT came FROM device_list WHERE account = ?1 AND jid = ?2", "it", account,
	    jid);
	if (came_ms != NULL)
		*came_ms = came;
	return came != -1;
}
