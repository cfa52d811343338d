/*
 * versions.h: what a message said before it was corrected (XEP-0308), corrections that came before their message, and
 * corrections of ours on their way.  As messages.h says: changes run in an open savepoint, reading logs what the disk
 * said.
 */
#ifndef STORE_VERSIONS_H
#define STORE_VERSIONS_H

#include "store/messages.h"

/*
 * The message gets another text; the one it had is kept, at most LIMIT_VERSIONS of them: the first and the newest.  by:
 * the id of the correction, or NULL; said_ms: when it was said.  The row as it now is; NULL without an error when there
 * is nothing to do: this correction was here, or a later one, or the text is the same.
 */
struct message_row *message_correct(struct store *, int64_t id, const char *body, const char *by, int64_t said_ms,
	    GError **error);
/*
 * The correction with this id did not reach the other side: the message of ours says again what it said before, with
 * reason, and copies of the correction that an archive brings are none.  The row as it now is; NULL without an error
 * when there is no such correction, or another one came after it.
 */
struct message_row *message_uncorrect(struct store *, int64_t chat, const char *by, const char *reason, GError **error);
/* The texts before, oldest first, of char *. */
GPtrArray *message_versions(struct store *, int64_t id);

/* The message with this origin-id that this author may correct, or what waits for it as one; 0: none. */
int64_t	 message_correctable(struct store *, int64_t chat, const char *author, bool out, enum encryption,
	    const char *origin_id);
/* This message claims to correct another that is not here; beyond LIMIT_PENDING of a chat it just stands there. */
bool	 message_await(struct store *, const struct message_row *, const char *target, GError **error);
/* What waits for this message; 0: nothing. */
int64_t	 message_awaiting(struct store *, const struct message_row *);
/* The newest of ours in this chat that was not given up; NULL: none. */
struct message_row *message_last_out(struct store *, int64_t chat);

/* A correction of ours that the server does not have yet: one of a message, the newest. */
struct edit_row {
	int64_t	 message;
	char	*id;
};
bool	 edit_save(struct store *, int64_t message, const char *id, GError **error);
/* Those of an account that are to be sent, of struct edit_row. */
GPtrArray *edit_list(struct store *, int64_t account);
/* It is on its way with this number; 0: nobody will acknowledge it. */
bool	 edit_sent(struct store *, int64_t message, int64_t sent_number, GError **error);
/* Some are sent and not acknowledged. */
bool	 edits_on_way(struct store *, int64_t account);
bool	 edits_stored(struct store *, int64_t account, int64_t acked, GError **error);
/* What is on its way goes again: the same correction twice is one. */
bool	 edits_requeue(struct store *, int64_t account, GError **error);

#endif
