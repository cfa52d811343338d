/*
 * arrive.c: a message comes: is it here already?  messages.h has the rules.
 *
 * Whoever sends can choose the origin_id and the text, and an archive's id is only as good as the check that the core
 * made; so no look-up believes an id alone, and none walks more rows than a limit allows.
 */
#include "store/messages.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "store/message_row.h"
#include "store/order.h"
#include "store/search.h"

static const int64_t NEAR_MS = 60000;

/* An arrival with what follows from it. */
struct arrival {
	const struct message_arrival *a;
	const char	*origin_id, *server_id;	/* NULL when they are not usable */
	int64_t		 author, said_ms;
	bool		 ours, disputed;
};

static const char *
usable(const char *id)
{
	return id != NULL && *id != '\0' && strlen(id) <= LIMIT_NAME ? id : NULL;
}

/* From our own address, in a chat with a person? */
static bool
from_ourselves(struct store *store, const struct message_arrival *a, bool *ours, GError **error)
{
	int64_t found = 0;

	if (!db_number(store, error, &found, "SELECT 1 FROM chat c JOIN account a ON a.id = c.account "
	    "WHERE c.id = ?1 AND c.kind = ?2 AND a.jid = ?3", "iit", a->chat, (int64_t)CHAT_PERSON, a->author))
		return false;
	*ours = a->out || found != 0;
	return true;
}

/* *known is the id of the row that it is a copy of, 0 for none. */
static bool
find_by_server_id(struct store *store, struct arrival *v, int64_t *known, GError **error)
{
	int64_t holder = 0;

	if (!db_number(store, error, &holder, "SELECT id FROM message WHERE chat = ?1 AND server_id = ?2", "it",
	    v->a->chat, v->server_id))
		return false;
	if (holder == 0)
		return true;
	/* A body that was edited, retracted or removed since cannot be compared. */
	if (!db_number(store, error, known, "SELECT id FROM message WHERE id = ?1 AND author = ?2 AND "
	    "(body IS ?3 OR flags & ?4)", "iiti", holder, v->author, v->a->body,
	    (int64_t)(MESSAGE_EDITED | MESSAGE_RETRACTED | MESSAGE_GONE)))
		return false;
	if (*known == 0) {
		v->disputed = true;
		v->server_id = NULL;
	}
	return true;
}

static bool
find_known(struct store *store, struct arrival *v, int64_t *known, GError **error)
{
	const struct message_arrival *a = v->a;
	int64_t same_id = 0;

	if (v->server_id != NULL && !find_by_server_id(store, v, known, error))
		return false;
	if (*known != 0)
		return true;
	if (v->origin_id != NULL) {
		/* Most ids are new, and the whole question costs five times as much. */
		if (!db_number(store, error, &same_id,
		    "SELECT 1 FROM message WHERE chat = ?1 AND origin_id = ?2 LIMIT 1", "it", a->chat, v->origin_id))
			return false;
		return same_id == 0 || db_number(store, error, known,
		    "SELECT id FROM (SELECT id, author, body, server_id, flags, said FROM message WHERE chat = ?1 AND origin_id = ?2 ORDER BY id DESC LIMIT ?5) "
		    "WHERE author = ?3 AND (body IS ?4 OR EXISTS (SELECT 1 FROM version v WHERE v.message = id AND "
		    "v.body IS ?4) OR EXISTS (SELECT 1 FROM retraction r WHERE r.message = id AND (r.body IS NULL OR "
		    "r.body IS ?4))) AND (server_id IS NULL OR flags & 1 OR abs(said - ?6) <= ?7) "
		    "ORDER BY id LIMIT 1", "ititiii", a->chat, v->origin_id, v->author, a->body, (int64_t)LIMIT_SAME_ID,
		    v->said_ms, a->renamed ? NEAR_MS : (int64_t)-1);
	}
	/* Said twice is not a copy: only what comes late, and with an id that each row can learn once. */
	if ((v->server_id == NULL && !v->disputed && a->via != VIA_ROOM_HISTORY) || a->via == VIA_LIVE)
		return true;
	return db_number(store, error, known, "SELECT id FROM (SELECT id, author, body, said, flags FROM message "
	    "WHERE chat = ?1 AND origin_id IS NULL AND server_id IS NULL AND said BETWEEN ?2 - ?5 AND ?2 + ?5 LIMIT ?6) "
	    "WHERE author = ?3 AND body IS ?4 AND flags & 64 = ?7 AND id > ?8 ORDER BY abs(said - ?2), id LIMIT 1",
	    "iiitiiii", a->chat, v->said_ms, v->author, a->body, NEAR_MS, (int64_t)LIMIT_SAME_ID,
	    (int64_t)(v->disputed ? MESSAGE_DISPUTED : 0), a->told_after);
}

/* What the copy tells about the row. */
static struct message_row *
learn(struct store *store, const struct arrival *v, int64_t id, GError **error)
{
	struct message_row *row = message_row_only(store, db_ask(store, MESSAGE_SELECT "WHERE m.id = ?1", "i", id),
	    error);
	enum message_state state = v->a->out ? MESSAGE_STORED : MESSAGE_DELIVERED;
	bool news = false;

	if (row == NULL)
		return NULL;
	if ((row->server_id == NULL || v->a->renamed) && v->server_id != NULL && (row->flags & MESSAGE_DISPUTED) == 0 &&
	    g_strcmp0(row->server_id, v->server_id) != 0) {
		g_free(row->server_id);
		row->server_id = g_strdup(v->server_id);
		news = true;
	}
	if ((row->flags & MESSAGE_OUT) != 0 && message_may_follow(row->state, state)) {
		row->state = state;
		row->sent_number = -1;
		g_clear_pointer(&row->reason, g_free);
		news = true;
	}
	/* Sent to a room and never seen back: its place is the archive's. */
	if (news && row->ord == 0 && v->a->ord != 0 && !message_row_place(store, row,
	    order_free(store, v->a->ord, error), error)) {
		message_row_free(row);
		return NULL;
	}
	if (!news || message_row_write(store, row, v->a->clock_offset_us, error))
		return row;
	message_row_free(row);
	return NULL;
}

static struct message_row *
insert(struct store *store, const struct arrival *v, GError **error)
{
	const struct message_arrival *a = v->a;
	struct message_row *row = g_new0(struct message_row, 1);

	*row = (struct message_row){
		.chat = a->chat, .said_ms = v->said_ms, .author = g_strdup(a->author),
		    .resource = g_strdup(a->resource),
		.flags = (v->ours ? MESSAGE_OUT : 0) | (a->counts && !v->ours ? MESSAGE_UNREAD : 0) |
		    (v->disputed ? MESSAGE_DISPUTED : 0) | (a->markable && !v->ours ? MESSAGE_MARKABLE : 0) |
		    (a->mention && a->counts && !v->ours ? MESSAGE_MENTION : 0) | (a->unstyled ? MESSAGE_UNSTYLED : 0) |
		    (a->retracted ? MESSAGE_RETRACTED : 0),
		.state = !v->ours ? MESSAGE_RECEIVED : a->out ? MESSAGE_STORED : MESSAGE_DELIVERED, .via = a->via,
		.encryption = a->encryption, .rev = store_next_rev(store), .sent_number = -1,
		.origin_id = g_strdup(v->origin_id), .server_id = g_strdup(v->server_id), .body = g_strdup(a->body),
		.corrects = g_strdup(a->corrects), .reply = g_strdup(a->reply), .thread = g_strdup(a->thread),
	};
	row->ord = a->ord == 0 ? order_live(store, a->clock_offset_us) : order_free(store, a->ord, error);
	if (row->ord != 0 && db_change(store, error,
	    "INSERT INTO message(chat, ord, said, author, resource, flags, state, via, encryption, rev, origin_id, "
	    "server_id, body, corrects, reply, thread) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
	    "?14, ?15, ?16)",
	    "iiiitiiiiitttttt", row->chat, row->ord, row->said_ms, v->author, row->resource,
	    (int64_t)row->flags, (int64_t)row->state, (int64_t)row->via, (int64_t)row->encryption, row->rev,
	    row->origin_id, row->server_id, row->body, row->corrects, row->reply, row->thread)) {
		row->id = sqlite3_last_insert_rowid(store->db);
		if (search_add(store, row->ord, row->body, error) &&
		    (a->raw == NULL || message_keep_raw(store, row->id, a->raw, error)))
			return row;
	}
	message_row_free(row);
	return NULL;
}

enum message_fate
message_arrive(struct store *store, const struct message_arrival *a, struct message_row **row, GError **error)
{
	struct arrival v = { .a = a, .origin_id = usable(a->origin_id), .server_id = usable(a->server_id) };
	int64_t known = 0;

	*row = NULL;
	v.said_ms = a->said_ms != 0 ? a->said_ms : clock_real_us() / 1000;
	v.author = message_author(store, a->chat, a->author, error);
	if (v.author == 0 || !from_ourselves(store, a, &v.ours, error) || !find_known(store, &v, &known, error))
		return MESSAGE_FATE_ERROR;
	*row = known != 0 ? learn(store, &v, known, error) : insert(store, &v, error);
	return *row == NULL ? MESSAGE_FATE_ERROR : known != 0 ? MESSAGE_FATE_KNOWN : MESSAGE_FATE_NEW;
}

int64_t
message_known_place(struct store *store, int64_t account, const char *chat_jid, const char *server_id,
    const char *author, const char *origin_id, int64_t said_ms)
{
	int64_t ord = 0;

	if (server_id != NULL)
		db_number(store, NULL, &ord,
		    "SELECT m.ord FROM chat c CROSS JOIN message m ON m.chat = c.id AND m.server_id = ?3 WHERE c.account = ?1 AND c.jid = ?2 AND m.ord IS NOT NULL", "itt", account, chat_jid, server_id);
	else if (usable(origin_id) != NULL)
		db_number(store, NULL, &ord, "SELECT ord FROM (SELECT m.ord, m.author, m.server_id, m.said FROM chat c "
		    "CROSS JOIN message m ON m.chat = c.id AND m.origin_id = ?3 WHERE c.account = ?1 AND c.jid = ?2 LIMIT ?5) t "
		    "CROSS JOIN author a ON a.id = t.author AND a.key = ?4 WHERE t.server_id IS NULL "
		    "AND t.ord IS NOT NULL AND abs(t.said - ?6) <= 600000", "itttii", account, chat_jid, origin_id,
		    author, (int64_t)LIMIT_SAME_ID, said_ms);
	return ord;
}

int64_t
message_next_place(struct store *store, int64_t account, const char *chat_jid, int64_t ord)
{
	int64_t next = INT64_MAX;

	/* From each chat its next one: an index has them so. */
	db_number(store, NULL, &next, "SELECT coalesce(min(o), ?3) FROM (SELECT (SELECT m.ord FROM message m "
	    "WHERE m.chat = c.id AND m.ord > ?2 AND (?4 IS NOT NULL OR m.flags & 1 = 0) ORDER BY m.ord LIMIT 1) AS o "
	    "FROM chat c WHERE c.account = ?1 AND (?4 IS NULL OR c.jid = ?4))", "iiit", account, ord, next, chat_jid);
	return next;
}

int64_t
message_previous_place(struct store *store, int64_t account, const char *chat_jid, int64_t ord)
{
	int64_t previous = 0;

	db_number(store, NULL, &previous, "SELECT coalesce(max(o), 0) FROM (SELECT (SELECT m.ord FROM message m "
	    "WHERE m.chat = c.id AND m.ord < ?2 ORDER BY m.ord DESC LIMIT 1) AS o FROM chat c WHERE c.account = ?1 "
	    "AND (?3 IS NULL OR c.jid = ?3))", "iit", account, ord, chat_jid);
	return previous;
}
