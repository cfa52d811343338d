/*
 * outbox.h: our messages on their way: a row before a byte.  A message is queued (on our disk), then sent (it has a
 * number in the stream, committed before its first byte), then what the server and the peer say of it.
 */
#ifndef CORE_OUTBOX_H
#define CORE_OUTBOX_H

#include "core/account.h"
#include "store/messages.h"

/* A message being made into a stanza; features add to it (core/feature.h). */
struct outgoing {
	struct account	*account;
	const char	*to;		/* the chat's JID */
	enum chat_kind	 kind;
	const struct message_row *row;
	struct stanza	*stanza;	/* type, to, id and body are set */
};

/* How what is said in a chat can leave now; a feature decides (core/feature.h). */
enum leave {
	LEAVE_PLAIN,
	LEAVE_SEALED,		/* encrypted; the feature has all that it needs */
	LEAVE_LATER,		/* something is asked first; outbox_flush() follows when that is known */
	LEAVE_NEVER,		/* it would have to be encrypted, and cannot be */
};

/*
 * Stores body as a new message of this chat and sends it when the account is on line.  The chat is opened.  The
 * message's number; 0 with an error (nothing is stored then).
 */
int64_t	 outbox_send(struct account *, const char *chat_jid, const char *body, GError **error);
/* The same as an answer to the message that has this id there, in that thread (or NULL). */
int64_t	 outbox_reply(struct account *, const char *chat_jid, const char *body, const char *reply, const char *thread,
	    GError **error);

/*
 * Another text for a message of ours: here at once, and as a correction (XEP-0308) on its way like a message; one that
 * has not left simply goes with it.
 */
bool	 outbox_correct(struct account *, const struct message_row *, const char *body, GError **error);

/* On line: everything that is queued goes, in the order in which it was typed. */
void	 outbox_flush(struct account *);
/* The server has every stanza up to this number. */
void	 outbox_stored(struct account *, int64_t acked);
/* The server does not have what is sent and not stored: it is queued again, same id. */
void	 outbox_requeue(struct account *);
/* A new session: of what is still "sent" nobody knows whether it arrived. */
void	 outbox_lost(struct account *);
/*
 * The server ended the stream over something that it does not allow.  When the first long message that it did not
 * acknowledge is the cause, sending it again would end the next stream too: it has failed.
 */
void	 outbox_refused(struct account *, const char *reason);
bool	 outbox_waits_for_ack(struct account *);
bool	 outbox_has_unknown(struct account *);
/*
 * Of what is unknown and has its place from here on nothing was found in the archive: what is in chats that the archive
 * keeps did not arrive, and is sent again with the same id.
 */
void	 outbox_not_found(struct account *, int64_t from_ord, bool (*keeps)(void *ctx, struct account *,
    const char *peer),
	    void *ctx);

/* The same of a room whose archive was looked through from this time on. */
void	 outbox_not_found_in(struct account *, const char *room, int64_t from_ms);
/* We are in a room, or not any more: nobody knows of what went there before and was not sent back. */
void	 outbox_room_left(struct account *, const char *room);

/* A person decides: sends again what is unknown or failed; drops what is queued.  Errors in words. */
bool	 outbox_retry(struct account *, int64_t message, GError **error);
bool	 outbox_cancel(struct account *, int64_t message, GError **error);

#endif
