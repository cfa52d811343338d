/* spans.c: see spans.h.  There are few: a span more is a hole that could not be closed. */
#include "store/spans.h"

#include <string.h>

#include "base/clock.h"
#include "store/db.h"

void
archive_row_clear(struct archive_row *row)
{
	g_free(row->jid);
	g_free(row->peer);
	memset(row, 0, sizeof *row);
}

int64_t
archive_row_find(struct store *store, int64_t account, const char *jid, const char *peer, bool create, GError **error)
{
	int64_t id = 0;

	if (!db_number(store, error, &id, "SELECT id FROM archive WHERE account = ?1 AND jid = ?2 AND peer = ?3", "itt",
	    account, jid, peer) || id != 0 || !create)
		return id;
	if (!db_change(store, error, "INSERT INTO archive(account, jid, peer, made) VALUES(?1, ?2, ?3, ?4)", "itti",
	    account, jid, peer, clock_real_us() / 1000))
		return 0;
	return sqlite3_last_insert_rowid(store->db);
}

bool
archive_row_load(struct store *store, int64_t id, struct archive_row *row)
{
	sqlite3_stmt *stmt = db_ask(store, "SELECT id, account, jid, peer, made, behind FROM archive WHERE id = ?1",
	    "i", id);

	memset(row, 0, sizeof *row);
	if (!db_row(store, stmt, NULL))
		return false;
	row->id = sqlite3_column_int64(stmt, 0);
	row->account = sqlite3_column_int64(stmt, 1);
	row->jid = db_text(stmt, 2);
	row->peer = db_text(stmt, 3);
	row->made_ms = sqlite3_column_int64(stmt, 4);
	row->behind = sqlite3_column_int64(stmt, 5);
	db_done(stmt);
	return true;
}

bool
archive_row_set_behind(struct store *store, int64_t id, int64_t ord, GError **error)
{
	return db_change(store, error, "UPDATE archive SET behind = ?2 WHERE id = ?1", "ii", id, ord);
}

void
span_clear(struct span *span)
{
	g_free(span->first);
	g_free(span->last);
	g_free(span->why);
	memset(span, 0, sizeof *span);
}

static void
span_free(void *span)
{
	span_clear(span);
	g_free(span);
}

static void
read_span(sqlite3_stmt *stmt, struct span *span)
{
	span->low = sqlite3_column_int64(stmt, 0);
	span->high = sqlite3_column_int64(stmt, 1);
	span->first = db_text(stmt, 2);
	span->last = db_text(stmt, 3);
	span->why = db_text(stmt, 4);
}

static GPtrArray *
read_all(struct store *store, sqlite3_stmt *stmt, GError **error)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(span_free);

	while (db_row(store, stmt, error)) {
		struct span *span = g_new0(struct span, 1);

		read_span(stmt, span);
		g_ptr_array_add(all, span);
	}
	return all;
}

GPtrArray *
span_list(struct store *store, int64_t archive)
{
	return read_all(store, db_ask(store,
	    "SELECT low, high, first, last, why FROM span WHERE archive = ?1 ORDER BY low", "i", archive), NULL);
}

bool
span_find(struct store *store, int64_t archive, int64_t ord, struct span *span)
{
	sqlite3_stmt *stmt = db_ask(store,
	    "SELECT low, high, first, last, why FROM span WHERE archive = ?1 AND low <= ?2 ORDER BY low DESC LIMIT 1",
	    "ii", archive, ord);

	memset(span, 0, sizeof *span);
	if (!db_row(store, stmt, NULL))
		return false;
	read_span(stmt, span);
	db_done(stmt);
	return true;
}

bool
span_above(struct store *store, int64_t archive, int64_t low)
{
	int64_t found = 0;

	return db_number(store, NULL, &found, "SELECT 1 FROM span WHERE archive = ?1 AND low > ?2", "ii", archive,
	    low) && found != 0;
}

/* Takes the place of all that lie within or touch it. */
static bool
write_span(struct store *store, int64_t archive, const struct span *span, GError **error)
{
	g_autoptr(GError) failure = NULL;
	g_autoptr(GPtrArray) touched = read_all(store, db_ask(store, "SELECT low, high, first, last, why FROM span "
	    "WHERE archive = ?1 AND low <= ?3 AND high >= ?2 ORDER BY low", "iii", archive, span->low, span->high),
	    &failure);
	struct span now = *span;

	for (guint i = 0; i < touched->len; i++) {
		const struct span *other = touched->pdata[i];

		if (other->low < now.low) {
			now.low = other->low;
			now.first = other->first;
			now.why = other->why;
		}
		if (other->high > now.high) {
			now.high = other->high;
			now.last = other->last;
		}
	}
	if (failure != NULL) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return false;
	}
	return db_change(store, error, "DELETE FROM span WHERE archive = ?1 AND low <= ?3 AND high >= ?2", "iii",
	    archive, now.low, now.high) &&
	    db_change(store, error,
	    "INSERT INTO span(archive, low, high, first, last, why) VALUES(?1, ?2, ?3, ?4, ?5, ?6)", "iiittt", archive,
	    now.low, now.high, now.first, now.last, now.why);
}

bool
span_add(struct store *store, int64_t archive, const struct span *span, GError **error)
{
	return write_span(store, archive, span, error);
}

bool
span_grow_up(struct store *store, int64_t archive, const struct span *span, int64_t high, const char *last,
    GError **error)
{
	struct span now = *span;

	now.high = MAX(span->high, high);
	if (last != NULL)
		now.last = (char *)(uintptr_t)last;
	return write_span(store, archive, &now, error);
}

bool
span_grow_down(struct store *store, int64_t archive, const struct span *span, int64_t low, const char *first,
    GError **error)
{
	struct span now = *span;

	now.low = MIN(span->low, low);
	now.first = (char *)(uintptr_t)first;
	now.why = NULL;
	/* Its own row has the higher beginning: it must not count as another one. */
	return db_change(store, error, "DELETE FROM span WHERE archive = ?1 AND low = ?2", "ii", archive, span->low) &&
	    write_span(store, archive, &now, error);
}

bool
span_set_why(struct store *store, int64_t archive, int64_t low, const char *why, GError **error)
{
	return db_change(store, error, "UPDATE span SET why = ?3 WHERE archive = ?1 AND low = ?2", "iit", archive, low,
	    why);
}

void
gap_free(struct gap *gap)
{
	g_free(gap->why);
	g_free(gap);
}

static void
gap_add(GPtrArray *gaps, int64_t low, int64_t high, const char *why)
{
	struct gap *gap = g_new(struct gap, 1);

	gap->low = low;
	gap->high = high;
	gap->why = g_strdup(why);
	g_ptr_array_add(gaps, gap);
}

/* What of [low, high] no span covers; spans by where they begin. */
static void
uncovered(GPtrArray *gaps, GPtrArray *spans, int64_t low, int64_t high, const char *why)
{
	for (guint i = 0; i < spans->len && low < high; i++) {
		const struct span *span = spans->pdata[i];
		bool begins = i == 0 && span->first == NULL;

		if (span->low > low && !begins)
			gap_add(gaps, low, MIN(span->low, high), why != NULL ? why : span->why);
		low = MAX(low, span->high);
	}
	if (low < high)
		gap_add(gaps, low, high, why);
}

static void
free_gap(void *gap)
{
	gap_free(gap);
}

GPtrArray *
span_gaps(struct store *store, int64_t account, const char *jid, const char *peer)
{
	GPtrArray *gaps = g_ptr_array_new_with_free_func(free_gap);
	g_autoptr(GPtrArray) spans = NULL, with = NULL;
	struct archive_row row;
	int64_t last = 0, of_peer = 0;

	if (!archive_row_load(store, archive_row_find(store, account, jid, "", false, NULL), &row))
		return gaps;
	spans = span_list(store, row.id);
	if (peer != NULL)
		of_peer = archive_row_find(store, account, jid, peer, false, NULL);
	with = span_list(store, of_peer);
	for (guint i = 0; i < spans->len; i++) {
		const struct span *span = spans->pdata[i];

		if (i > 0 || span->first != NULL)
			uncovered(gaps, with, last, span->low, span->why);
		last = span->high;
	}
	if (row.behind > last && spans->len > 0)
		uncovered(gaps, with, last, row.behind, NULL);
	archive_row_clear(&row);
	return gaps;
}
