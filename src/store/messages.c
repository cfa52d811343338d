/*
 * messages.c: see messages.h: rows, outgoing messages and their states.  What comes in is arrive.c, pages are pages.c.
 */
#include "store/messages.h"

#include "base/clock.h"
#include "base/limits.h"
#include "store/message_row.h"
#include "store/order.h"
#include "store/search.h"

#define TO(state) (1u << (state))

/* What may follow what.  A receipt proves more than any guess of ours; what we gave up may still be heard of. */
static const unsigned may_follow[] = {
	[MESSAGE_HELD] = TO(MESSAGE_QUEUED) | TO(MESSAGE_FAILED) | TO(MESSAGE_CANCELLED),
	[MESSAGE_QUEUED] = TO(MESSAGE_SENT) | TO(MESSAGE_STORED) | TO(MESSAGE_DELIVERED) | TO(MESSAGE_DISPLAYED) |
	    TO(MESSAGE_FAILED) | TO(MESSAGE_CANCELLED),
	[MESSAGE_SENT] = TO(MESSAGE_UNKNOWN) | TO(MESSAGE_STORED) | TO(MESSAGE_DELIVERED) | TO(MESSAGE_DISPLAYED) |
	    TO(MESSAGE_FAILED),
	[MESSAGE_UNKNOWN] = TO(MESSAGE_STORED) | TO(MESSAGE_DELIVERED) | TO(MESSAGE_DISPLAYED) | TO(MESSAGE_FAILED) |
	    TO(MESSAGE_CANCELLED),
	[MESSAGE_STORED] = TO(MESSAGE_DELIVERED) | TO(MESSAGE_DISPLAYED) | TO(MESSAGE_FAILED),
	[MESSAGE_DELIVERED] = TO(MESSAGE_DISPLAYED),
	[MESSAGE_DISPLAYED] = 0,
	[MESSAGE_FAILED] = TO(MESSAGE_DELIVERED) | TO(MESSAGE_DISPLAYED) | TO(MESSAGE_CANCELLED),
	[MESSAGE_CANCELLED] = 0,
	[MESSAGE_RECEIVED] = 0,
};

bool
message_may_follow(enum message_state from, enum message_state to)
{
	return (size_t)from < G_N_ELEMENTS(may_follow) && (may_follow[from] & TO(to)) != 0;
}

void
message_row_free(struct message_row *row)
{
	if (row == NULL)
		return;
	g_free(row->author);
	g_free(row->resource);
	g_free(row->origin_id);
	g_free(row->server_id);
	g_free(row->body);
	g_free(row->reason);
	g_free(row->corrects);
	g_free(row->reply);
	g_free(row->thread);
	g_free(row);
}

struct message_row *
message_row_next(struct store *store, sqlite3_stmt *stmt, GError **error)
{
	struct message_row *row;

	if (!db_row(store, stmt, error))
		return NULL;
	row = g_new0(struct message_row, 1);
	row->id = sqlite3_column_int64(stmt, 0);
	row->ord = sqlite3_column_int64(stmt, 1);
	row->chat = sqlite3_column_int64(stmt, 2);
	row->said_ms = sqlite3_column_int64(stmt, 3);
	row->author = db_text(stmt, 4);
	row->resource = db_text(stmt, 5);
	row->flags = (unsigned)sqlite3_column_int(stmt, 6);
	row->state = (enum message_state)sqlite3_column_int(stmt, 7);
	row->via = (enum message_via)sqlite3_column_int(stmt, 8);
	row->encryption = (enum encryption)sqlite3_column_int(stmt, 9);
	row->rev = sqlite3_column_int64(stmt, 10);
	row->sent_number = sqlite3_column_int64(stmt, 11);
	row->origin_id = db_text(stmt, 12);
	row->server_id = db_text(stmt, 13);
	row->body = db_text(stmt, 14);
	row->reason = db_text(stmt, 15);
	row->corrects = db_text(stmt, 16);
	row->reply = db_text(stmt, 17);
	row->thread = db_text(stmt, 18);
	return row;
}

struct message_row *
message_row_only(struct store *store, sqlite3_stmt *stmt, GError **error)
{
	struct message_row *row = message_row_next(store, stmt, error);

	if (row != NULL)
		db_done(stmt);
	return row;
}

GPtrArray *
message_row_all(struct store *store, sqlite3_stmt *stmt)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))message_row_free);
	struct message_row *row;

	while ((row = message_row_next(store, stmt, NULL)) != NULL)
		g_ptr_array_add(rows, row);
	return rows;
}

static struct message_row *
load(struct store *store, int64_t id, GError **error)
{
	return message_row_only(store, db_ask(store, MESSAGE_SELECT "WHERE m.id = ?1", "i", id), error);
}

struct message_row *
message_load(struct store *store, int64_t id)
{
	return load(store, id, NULL);
}

/* Has no place yet: not sent, or sent to a room, which says by its echo where it stands. */
static bool
waits(struct store *store, const struct message_row *row)
{
	int64_t room = 0;

	if (row->state == MESSAGE_HELD || row->state == MESSAGE_QUEUED)
		return true;
	if (row->state == MESSAGE_SENT || row->state == MESSAGE_UNKNOWN)
		db_number(store, NULL, &room, "SELECT 1 FROM chat WHERE id = ?1 AND kind = ?2", "ii", row->chat,
		    (int64_t)CHAT_ROOM);
	return room != 0;
}

/* The state of a message of ours, as it is from now on. */
static bool
happen(struct store *store, int64_t id, enum message_state state, GError **error)
{
	return db_change(store, error,
	    "INSERT OR IGNORE INTO happening(message, at, state) SELECT ?1, ?2, ?3 WHERE ?3 IS NOT (SELECT state FROM happening WHERE message = ?1 ORDER BY at DESC, state DESC LIMIT 1)", "iii", id, clock_real_us() / 1000,
	    (int64_t)state);
}

GArray *
message_happenings(struct store *store, int64_t id)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct happening));
	sqlite3_stmt *stmt = db_ask(store, "SELECT state, at FROM happening WHERE message = ?1 ORDER BY at, state", "i",
	    id);

	while (db_row(store, stmt, NULL)) {
		struct happening one = { (enum message_state)sqlite3_column_int(stmt, 0),
		    sqlite3_column_int64(stmt, 1) };

		g_array_append_val(all, one);
	}
	return all;
}

bool
message_row_place(struct store *store, struct message_row *row, int64_t ord, GError **error)
{
	row->ord = ord;
	return ord != 0 && db_change(store, error, "UPDATE message SET ord = ?2, said = ?3 WHERE id = ?1", "iii",
	    row->id, ord, row->said_ms) && search_add(store, ord, row->body, error);
}

bool
message_row_write(struct store *store, struct message_row *row, int64_t clock_offset_us, GError **error)
{
	if (row->ord == 0 && !waits(store, row) &&
	    !message_row_place(store, row, order_live(store, clock_offset_us), error))
		return false;
	row->rev = store_next_rev(store);
	if ((row->flags & MESSAGE_OUT) != 0 && !happen(store, row->id, row->state, error))
		return false;
	return db_change(store, error, "UPDATE message SET state = ?2, reason = ?3, sent_number = nullif(?4, -1), "
	    "server_id = ?5, rev = ?6 WHERE id = ?1", "iititi", row->id, (int64_t)row->state, row->reason,
	    row->sent_number, row->server_id, row->rev);
}

int64_t
message_author(struct store *store, int64_t chat, const char *key, GError **error)
{
	int64_t id = 0;

	if (!db_number(store, error, &id, "SELECT id FROM author WHERE chat = ?1 AND key = ?2", "it", chat, key))
		return 0;
	if (id != 0)
		return id;
	if (!db_change(store, error, "INSERT INTO author(chat, key) VALUES(?1, ?2)", "it", chat, key))
		return 0;
	return sqlite3_last_insert_rowid(store->db);
}

struct message_row *
message_queue(struct store *store, int64_t chat, const char *author, const char *resource, const char *origin_id,
    const char *body, enum encryption encryption, GError **error)
{
	int64_t author_id = message_author(store, chat, author, error), id;

	if (author_id == 0 || !db_change(store, error,
	    "INSERT INTO message(chat, said, author, flags, state, via, encryption, rev, origin_id, body, resource) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)", "iiiiiiiittt", chat,
	    clock_real_us() / 1000, author_id, (int64_t)MESSAGE_OUT, (int64_t)MESSAGE_QUEUED, (int64_t)VIA_LIVE,
	    (int64_t)encryption, store_next_rev(store), origin_id, body, resource))
		return NULL;
	id = sqlite3_last_insert_rowid(store->db);
	return happen(store, id, MESSAGE_QUEUED, error) ? load(store, id, error) : NULL;
}

bool
message_set_reply(struct store *store, int64_t id, const char *reply, const char *thread, GError **error)
{
	return db_change(store, error, "UPDATE message SET reply = ?2, thread = ?3 WHERE id = ?1", "itt", id, reply,
	    thread);
}

struct message_row *
message_mark_sent(struct store *store, int64_t id, int64_t sent_number, int64_t clock_offset_us, const char *raw,
    GError **error)
{
	struct message_row *row = load(store, id, error);

	if (row == NULL || row->state != MESSAGE_QUEUED) {
		message_row_free(row);
		return NULL;
	}
	row->state = MESSAGE_SENT;
	row->sent_number = sent_number;
	g_clear_pointer(&row->reason, g_free);
	if (row->ord == 0)
		row->said_ms = clock_real_us() / 1000;
	if (message_row_write(store, row, clock_offset_us, error) &&
	    (raw == NULL || (db_change(store, error, "DELETE FROM raw WHERE message = ?1", "i", id) &&
	    message_keep_raw(store, id, raw, error))))
		return row;
	message_row_free(row);
	return NULL;
}

/* Writes the new state, if the row is there and the caller may. */
static struct message_row *
move(struct store *store, struct message_row *row, bool may, enum message_state to, const char *reason, GError **error)
{
	if (row != NULL && may) {
		row->recount = (row->state == MESSAGE_FAILED) != (to == MESSAGE_FAILED);
		row->state = to;
		row->sent_number = -1;
		g_free(row->reason);
		row->reason = g_strdup(reason);
		if (message_row_write(store, row, 0, error))
			return row;
	}
	message_row_free(row);
	return NULL;
}

struct message_row *
message_advance(struct store *store, int64_t id, enum message_state to, const char *reason, GError **error)
{
	struct message_row *row = load(store, id, error);

	g_assert(to != MESSAGE_SENT);		/* needs a number: message_mark_sent() */
	return move(store, row, row != NULL && message_may_follow(row->state, to), to, reason, error);
}

struct message_row *
message_requeue(struct store *store, int64_t id, GError **error)
{
	struct message_row *row = load(store, id, error);
	bool may = row != NULL &&
	    (row->state == MESSAGE_SENT || row->state == MESSAGE_UNKNOWN || row->state == MESSAGE_FAILED);

	return move(store, row, may, MESSAGE_QUEUED, NULL, error);
}

bool
message_set_encryption(struct store *store, int64_t id, enum encryption encryption, GError **error)
{
	return db_change(store, error,
	    "UPDATE message SET encryption = ?2, rev = ?3 WHERE id = ?1 AND encryption <> ?2", "iii", id,
	    (int64_t)encryption, store_next_rev(store));
}

struct message_row *
message_find_out(struct store *store, int64_t chat, const char *origin_id)
{
	return message_row_only(store, db_ask(store, MESSAGE_SELECT
	    "WHERE m.chat = ?1 AND m.origin_id = ?2 AND m.flags & 1 ORDER BY m.id DESC LIMIT 1", "it", chat, origin_id),
	    NULL);
}

struct message_row *
message_by_stanza_id(struct store *store, int64_t chat, const char *id, bool *several)
{
	static const char *const sql =
	    "SELECT m.id FROM chat c CROSS JOIN message m ON m.chat = c.id AND m.origin_id = ?2 WHERE ?1 IN (0, c.id) "
	    "UNION SELECT m.id FROM chat c CROSS JOIN message m ON m.chat = c.id AND m.server_id = ?2 WHERE ?1 IN (0, c.id) "
	    "LIMIT 2";
	sqlite3_stmt *stmt = db_ask(store, sql, "it", chat, id);
	int64_t found = 0;
	int n;

	for (n = 0; db_row(store, stmt, NULL); n++)
		found = sqlite3_column_int64(stmt, 0);
	*several = n > 1;
	return n == 1 ? message_load(store, found) : NULL;
}

GPtrArray *
message_in_state(struct store *store, int64_t account, enum message_state state)
{
	/* "state <= 3" is the condition of the index message_outbox, which the planner must see. */
	if (state <= MESSAGE_UNKNOWN)
		return message_row_all(store, db_ask(store, MESSAGE_SELECT "JOIN chat c ON c.id = m.chat "
		    "WHERE m.state <= 3 AND m.state = ?2 AND c.account = ?1 ORDER BY m.id", "ii", account,
		    (int64_t)state));
	return message_row_all(store, db_ask(store, MESSAGE_SELECT "JOIN chat c ON c.id = m.chat "
	    "WHERE m.state = ?2 AND c.account = ?1 ORDER BY m.id", "ii", account, (int64_t)state));
}

GPtrArray *
message_failed_between(struct store *store, int64_t after_rev, int64_t up_to_rev, unsigned limit)
{
	return message_row_all(store, db_ask(store,
	    MESSAGE_SELECT "WHERE m.rev > ?1 AND m.rev <= ?2 AND m.state IN (?3, ?4) ORDER BY m.rev DESC LIMIT ?5",
	    "iiiii", after_rev, up_to_rev, (int64_t)MESSAGE_UNKNOWN, (int64_t)MESSAGE_FAILED, (int64_t)limit));
}

int64_t
message_count_queued(struct store *store, int64_t account)
{
	int64_t n = 0;

	db_number(store, NULL, &n, "SELECT count(*) FROM message m JOIN chat c ON c.id = m.chat "
	    "WHERE m.state <= 3 AND m.state <= 1 AND c.account = ?1", "i", account);
	return n;
}

struct message_row *
message_acknowledged(struct store *store, int64_t id, GError **error)
{
	struct message_row *row = load(store, id, error);

	if (row == NULL || row->state != MESSAGE_SENT || row->sent_number == -1)
		goto none;
	row->sent_number = -1;
	if (message_row_write(store, row, 0, error))
		return row;
none:
	message_row_free(row);
	return NULL;
}

int64_t
message_newest(struct store *store)
{
	int64_t id = 0;

	db_number(store, NULL, &id, "SELECT seq FROM sqlite_sequence WHERE name = 'message'", "");
	return id;
}

GPtrArray *
message_sent_up_to(struct store *store, int64_t account, int64_t last)
{
	return message_row_all(store, db_ask(store, MESSAGE_SELECT "JOIN chat c ON c.id = m.chat "
	    "WHERE m.state <= 3 AND m.state = 2 AND m.sent_number <= ?2 AND c.account = ?1 ORDER BY m.sent_number",
	    "ii", account, last));
}

GPtrArray *
message_not_displayed(struct store *store, int64_t chat, int64_t ord)
{
	return message_row_all(store, db_ask(store,
	    MESSAGE_SELECT "WHERE m.chat = ?1 AND m.ord <= ?2 AND m.flags & 1 AND m.state IN (?3, ?4, ?5, ?6) ORDER BY m.ord DESC LIMIT ?7", "iiiiiii", chat, ord, (int64_t)MESSAGE_SENT,
	    (int64_t)MESSAGE_UNKNOWN, (int64_t)MESSAGE_STORED, (int64_t)MESSAGE_DELIVERED, (int64_t)LIMIT_DISPLAYED));
}

int64_t
message_place_in(struct store *store, int64_t chat, const char *origin_id)
{
	int64_t ord = 0;

	db_number(store, NULL, &ord, "SELECT ord FROM message WHERE chat = ?1 AND origin_id = ?2 AND NOT flags & 1 "
	    "AND ord IS NOT NULL ORDER BY id DESC LIMIT 1", "it", chat, origin_id);
	return ord;
}

int64_t
message_last_said(struct store *store, int64_t chat)
{
	int64_t ms = 0;

	db_number(store, NULL, &ms,
	    "SELECT said FROM message WHERE chat = ?1 AND ord IS NOT NULL ORDER BY ord DESC LIMIT 1", "i", chat);
	return ms;
}

char *
message_last_markable(struct store *store, int64_t chat, int64_t after, int64_t ord)
{
	sqlite3_stmt *stmt = db_ask(store, "SELECT origin_id FROM message WHERE chat = ?1 AND ord > ?2 AND ord <= ?3 "
	    "AND NOT flags & 1 AND flags & 128 AND origin_id IS NOT NULL ORDER BY ord DESC LIMIT 1", "iii", chat, after,
	    ord);
	char *id = NULL;

	if (db_row(store, stmt, NULL)) {
		id = db_text(stmt, 0);
		db_done(stmt);
	}
	return id;
}

int64_t
message_place_archived(struct store *store, int64_t chat, const char *server_id)
{
	int64_t ord = 0;

	db_number(store, NULL, &ord, "SELECT ord FROM message WHERE chat = ?1 AND server_id = ?2 AND ord IS NOT NULL",
	    "it", chat, server_id);
	return ord;
}

char *
message_archived_at(struct store *store, int64_t chat, int64_t ord)
{
	sqlite3_stmt *stmt = db_ask(store,
	    "SELECT server_id FROM (SELECT server_id, ord FROM message WHERE chat = ?1 AND ord <= ?2 ORDER BY ord DESC LIMIT 300) WHERE server_id IS NOT NULL ORDER BY ord DESC LIMIT 1", "ii", chat, ord);
	char *id = NULL;

	if (db_row(store, stmt, NULL)) {
		id = db_text(stmt, 0);
		db_done(stmt);
	}
	return id;
}
