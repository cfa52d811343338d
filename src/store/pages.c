/*
 * pages.c: pages of a chat.  A chat is two lists one after the other: rows with a place, by ord, and rows that wait for
 * one, by id.  A place in it is (ord, id) of a row, where ord 0 means the second list.
 */
#include "store/messages.h"

#include "store/message_row.h"

static void
move_into(GPtrArray *rows, GPtrArray *from)
{
	g_ptr_array_extend_and_steal(rows, from);
}

/* At most n rows before (ord, id), newest first. */
static GPtrArray *
back(struct store *store, int64_t chat, int64_t ord, int64_t id, unsigned n)
{
	GPtrArray *rows = ord != 0 ? NULL : message_row_all(store, db_ask(store, MESSAGE_SELECT
	    "WHERE m.chat = ?1 AND m.ord IS NULL AND m.id < ?2 ORDER BY m.id DESC LIMIT ?3", "iii", chat, id,
	    (int64_t)n));
	GPtrArray *placed;

	if (rows != NULL && rows->len >= n)
		return rows;
	placed = message_row_all(store, db_ask(store, MESSAGE_SELECT
	    "WHERE m.chat = ?1 AND m.ord < ?2 ORDER BY m.ord DESC LIMIT ?3", "iii", chat, ord != 0 ? ord : G_MAXINT64,
	    (int64_t)(n - (rows != NULL ? rows->len : 0))));
	if (rows == NULL)
		return placed;
	move_into(rows, placed);
	return rows;
}

/* At most n rows after (ord, id), oldest first. */
static GPtrArray *
forth(struct store *store, int64_t chat, int64_t ord, int64_t id, unsigned n)
{
	GPtrArray *rows = ord == 0 ? NULL : message_row_all(store, db_ask(store, MESSAGE_SELECT
	    "WHERE m.chat = ?1 AND m.ord > ?2 ORDER BY m.ord LIMIT ?3", "iii", chat, ord, (int64_t)n));
	GPtrArray *waiting;

	if (rows != NULL && rows->len >= n)
		return rows;
	waiting = message_row_all(store, db_ask(store, MESSAGE_SELECT
	    "WHERE m.chat = ?1 AND m.ord IS NULL AND m.id > ?2 ORDER BY m.id LIMIT ?3", "iii", chat, ord == 0 ? id : 0,
	    (int64_t)(n - (rows != NULL ? rows->len : 0))));
	if (rows == NULL)
		return waiting;
	move_into(rows, waiting);
	return rows;
}

/* Drops what is beyond limit: it was asked for only to know that it is there. */
static bool
cut(GPtrArray *rows, unsigned limit)
{
	if (rows->len <= limit)
		return false;
	g_ptr_array_set_size(rows, (gint)limit);
	return true;
}

static void
reverse(GPtrArray *rows)
{
	for (guint i = 0; i < rows->len / 2; i++) {
		gpointer other = rows->pdata[rows->len - 1 - i];

		rows->pdata[rows->len - 1 - i] = rows->pdata[i];
		rows->pdata[i] = other;
	}
}

static GPtrArray *
around(struct store *store, int64_t chat, struct message_row *row, unsigned limit, bool *more)
{
	/* Half before it, itself, the rest after it; what one side lacks the other may have. */
	GPtrArray *older = back(store, chat, row->ord, row->id, limit + 1);
	GPtrArray *newer = forth(store, chat, row->ord, row->id, limit + 1);
	unsigned rest = limit > 0 ? limit - 1 : 0, half = rest / 2;
	unsigned n_older = newer->len < rest - half ? MIN(rest - newer->len, older->len) : MIN(half, older->len);
	bool beyond = cut(older, n_older);

	*more = cut(newer, rest - n_older) || beyond;
	reverse(older);
	g_ptr_array_add(older, row);
	move_into(older, newer);
	return older;
}

GPtrArray *
message_page(struct store *store, int64_t chat, enum page_place place, int64_t id, unsigned limit, bool *more)
{
	struct message_row *row = place != PAGE_END ? message_load(store, id) : NULL;
	int64_t ord = row != NULL ? row->ord : 0;
	GPtrArray *rows;

	*more = false;
	limit = MIN(limit, (unsigned)G_MAXINT / 2);
	if (place != PAGE_END && (row == NULL || row->chat != chat)) {
		message_row_free(row);
		return g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))message_row_free);
	}
	if (place == PAGE_AROUND)
		return around(store, chat, row, limit, more);
	if (place == PAGE_AFTER) {
		rows = forth(store, chat, ord, id, limit + 1);
		*more = cut(rows, limit);
	} else {
		rows = back(store, chat, ord, place == PAGE_END ? G_MAXINT64 : id, limit + 1);
		*more = cut(rows, limit);
		reverse(rows);
	}
	message_row_free(row);
	return rows;
}

struct message_row *
message_at(struct store *store, int64_t chat, int64_t ord)
{
	int64_t id = 0;

	db_number(store, NULL, &id, "SELECT id FROM message WHERE chat = ?1 AND ord >= ?2 ORDER BY ord LIMIT 1", "ii",
	    chat, ord);
	return id != 0 ? message_load(store, id) : NULL;
}

struct message_row *
message_last_in(struct store *store, int64_t chat)
{
	int64_t id = 0;

	db_number(store, NULL, &id, "SELECT id FROM message INDEXED BY message_unread WHERE chat = ?1 AND flags & 2 "
	    "ORDER BY ord DESC LIMIT 1", "i", chat);
	return id != 0 ? message_load(store, id) : NULL;
}

struct message_row *
message_nth_last(struct store *store, int64_t chat, unsigned n)
{
	int64_t waiting = 0, id = 0;

	if (n == 0 || !db_number(store, NULL, &waiting, "SELECT count(*) FROM message WHERE chat = ?1 AND ord IS NULL",
	    "i", chat))
		return NULL;
	if (n <= waiting)
		db_number(store, NULL, &id, "SELECT id FROM message WHERE chat = ?1 AND ord IS NULL ORDER BY id DESC "
		    "LIMIT 1 OFFSET ?2", "ii", chat, (int64_t)n - 1);
	else
		db_number(store, NULL, &id,
		    "SELECT id FROM message WHERE chat = ?1 AND ord IS NOT NULL ORDER BY ord DESC LIMIT 1 OFFSET ?2",
		    "ii", chat, n - 1 - waiting);
	return id != 0 ? message_load(store, id) : NULL;
}

GPtrArray *
message_changed_since(struct store *store, int64_t rev, unsigned limit, bool *more)
{
	GPtrArray *rows;

	limit = MIN(limit, (unsigned)G_MAXINT / 2);
	rows = message_row_all(store, db_ask(store, MESSAGE_SELECT "WHERE m.rev > ?1 ORDER BY m.rev LIMIT ?2", "ii",
	    rev, (int64_t)limit + 1));
	*more = cut(rows, limit);
	return rows;
}
