/* message_row.h: reading and moving rows of messages, for messages.c, arrive.c and pages.c only. */
#ifndef STORE_MESSAGE_ROW_H
#define STORE_MESSAGE_ROW_H

#include "store/db.h"
#include "store/messages.h"

/* CROSS JOIN: the message first, whatever the planner thinks of the table of authors. */
#define MESSAGE_SELECT \
	"SELECT m.id, coalesce(m.ord, 0), m.chat, m.said, a.key, m.resource, m.flags, m.state, m.via, m.encryption, m.rev, " \
	"coalesce(m.sent_number, -1), m.origin_id, m.server_id, m.body, m.reason, m.corrects, m.reply, m.thread " \
	"FROM message m CROSS JOIN author a ON a.id = m.author "

/* The next row of such a statement; NULL at its end. */
struct message_row *message_row_next(struct store *, sqlite3_stmt *, GError **error);
/* The only row of such a statement. */
struct message_row *message_row_only(struct store *, sqlite3_stmt *, GError **error);
GPtrArray *message_row_all(struct store *, sqlite3_stmt *);

/* Gives a row without a place this one; 0 fails. */
bool	 message_row_place(struct store *, struct message_row *, int64_t ord, GError **error);
/*
 * Writes state, reason, sent_number and server_id of row with a new revision, and gives it a place if it waits no
 * longer and has none.
 */
bool	 message_row_write(struct store *, struct message_row *, int64_t clock_offset_us, GError **error);

/* The id of the author with this key in the chat, made when new; 0 with an error. */
int64_t	 message_author(struct store *, int64_t chat, const char *key, GError **error);
/* Of a message that has none. */
bool	 message_keep_raw(struct store *, int64_t id, const char *xml, GError **error);

#endif
