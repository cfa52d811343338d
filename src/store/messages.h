/*
 * messages.h: the rows of messages: arrival with placing and de-duplication, the way of an outgoing one through its
 * states, and pages to read.  All texts given in were made safe before.
 *
 * What changes something runs in an open savepoint and fails with STORE_ERROR.  What only reads logs what the disk
 * said, and then gives back what it gives for nothing.  Arrays are of struct message_row, freed with them.
 */
#ifndef STORE_MESSAGES_H
#define STORE_MESSAGES_H

#include "proto/event.h"
#include "store/store.h"

enum message_flag {
	MESSAGE_OUT = 1, MESSAGE_UNREAD = 2, MESSAGE_MENTION = 4, MESSAGE_EDITED = 8, MESSAGE_RETRACTED = 16,
	MESSAGE_GONE = 32, MESSAGE_DISPUTED = 64, MESSAGE_MARKABLE = 128, MESSAGE_REACTED = 256, MESSAGE_UNSTYLED = 512,
};

struct message_row {
	int64_t	 id, chat, ord;		/* ord 0: has no place yet (queued while off line) */
	int64_t	 said_ms;
	char	*author;		/* its key: bare JID for people */
	char	*resource;		/* or NULL */
	unsigned flags;
	enum message_state state;
	enum message_via via;
	enum encryption encryption;
	int64_t	 rev;
	int64_t	 sent_number;		/* its number in the stream until that acknowledges it; -1: none */
	char	*origin_id, *server_id, *body, *reason;	/* each may be NULL */
	bool	 recount;		/* not stored: by what was just done to it its chat counts other failed ones */
	char	*corrects;		/* the id that it claims to correct, or NULL */
	char	*reply;			/* the id that it answers: in a room one that the room gave; or NULL */
	char	*thread;		/* XEP-0201, or NULL */
};
void	 message_row_free(struct message_row *);

/* A message from elsewhere, or a copy of one of our own. */
struct message_arrival {
	int64_t	 chat;
	const char *author, *resource;
	bool	 out;			/* ours: a carbon or an archive's copy; not what reached us as the recipient */
	bool	 counts;		/* as unread when it is news */
	int64_t	 said_ms;		/* as far as the claim is believed; 0: now */
	enum message_via via;
	enum encryption encryption;
	const char *origin_id, *server_id, *body;
	bool	 markable;		/* MESSAGE_MARKABLE: its sender wants to know when it is looked at */
	bool	 mention;		/* of us, in a room */
	int64_t	 told_after;		/* VIA_ROOM_HISTORY: the row that the last one told was a copy of; 0: none */
	const char *corrects;		/* what it claims to correct; NULL: nothing */
	const char *reply, *thread;	/* as in the row */
	bool	 unstyled;		/* MESSAGE_UNSTYLED: its marks are meant as they stand (XEP-0393) */
	bool	 retracted;		/* MESSAGE_RETRACTED: an archive has only that it was there; body is NULL */
	const char *raw;		/* the stanza as XML, kept for /explain; NULL: none */
	int64_t	 clock_offset_us;	/* the server's clock minus ours, XEP-0202 */
	bool	 renamed;		/* the archive may have given new ids to what it had: see below */
	int64_t	 ord;			/* the place that an archive gives it when it is new, see order.h; 0: now */
};
enum message_fate {
	MESSAGE_FATE_NEW,
	MESSAGE_FATE_KNOWN,		/* the row was here; it may have learnt an id or a state: then its rev is new */
	MESSAGE_FATE_ERROR,
};
/*
 * Is it a copy of a row that is here?  Asked in this order:
 * - its server_id is here: yes if author and body are the same (or the body was changed since); else the id is
 *   disputed: it goes on without it, and a new row gets MESSAGE_DISPUTED;
 * - its origin_id is here, same author, same body (now, before a correction, or before it was taken back), in a row
 * without server_id (of ours: with any; when renamed, with any
 *   if it was said at most 60 s apart, and the row then has the new one): yes;
 * - it came late with only a server_id, or a room tells it to who comes in: the first row without any id, same author
 * and
 *   body, said at most 60 s apart; what a room tells comes in order, so only a row behind told_after.
 *
 * A copy of our own tells that the server has it (out) or that we ourselves received it (not out: a chat with
 * oneself): its state moves to stored or delivered.  A message from our own address without a row becomes an
 * outgoing one, which never counts as unread.  Ids of more than LIMIT_NAME bytes, and "", are as if not there.
 *
 * *row gets the row as it now is (the caller's), also when known.
 */
enum message_fate message_arrive(struct store *, const struct message_arrival *, struct message_row **row,
	    GError **error);

/*
 * A glance before that: the place of the row that has this server_id, or if that is NULL, of one without any that has
 * this author and origin_id and was said at most 10 minutes apart; 0 for none.  Only for finding out where those around
 * it belong.
 */
int64_t	 message_known_place(struct store *, int64_t account, const char *chat_jid, const char *server_id,
	    const char *author, const char *origin_id, int64_t said_ms);
/*
 * The first place after ord that a message of others in this account, or (chat_jid) any in that chat has; INT64_MAX:
 * none. What we said stands where it was first sent, which may be before what an archive has in front of it.
 */
int64_t	 message_next_place(struct store *, int64_t account, const char *chat_jid, int64_t ord);
/* The last one before ord; 0: none. */
int64_t	 message_previous_place(struct store *, int64_t account, const char *chat_jid, int64_t ord);

/* What a message of ours that has not left answers, and the thread it goes on with; each may be NULL. */
bool	 message_set_reply(struct store *, int64_t id, const char *reply, const char *thread, GError **error);
/* A new outgoing message: MESSAGE_QUEUED, without a place.  resource: in a room our nick; or NULL. */
struct message_row *message_queue(struct store *, int64_t chat, const char *author, const char *resource,
	    const char *origin_id, const char *body, enum encryption, GError **error);
/*
 * queued → sent: gets its number in the stream; if it has no place yet, one by the rule for live messages (in a room at
 * its echo), and said becomes now.  NULL without an error when it is not queued.  raw: the stanza as XML, or NULL.
 */
struct message_row *message_mark_sent(struct store *, int64_t id, int64_t sent_number, int64_t clock_offset_us,
	    const char *raw, GError **error);
/*
 * Moves a state forward; one table says what may follow what.  Returns the row when it changed; NULL without an error
 * when the move is not allowed or changes nothing.  reason may be NULL.  Not for sent and queued, see above and below.
 * sent_number ends with sent.  A row that waits no longer and has no place gets one.
 */
struct message_row *message_advance(struct store *, int64_t id, enum message_state, const char *reason, GError **error);
/* How it was or is to be protected. */
bool	 message_set_encryption(struct store *, int64_t id, enum encryption, GError **error);
/* It is sent, and our server has it, but not yet the room that it is for.  NULL without an error when it is neither. */
struct message_row *message_acknowledged(struct store *, int64_t id, GError **error);
/*
 * sent, unknown or failed → queued again, with the same origin-id and place (found not to have arrived; /retry).  NULL
 * without an error from another state.
 */
struct message_row *message_requeue(struct store *, int64_t id, GError **error);
bool	 message_may_follow(enum message_state from, enum message_state to);

struct message_row *message_load(struct store *, int64_t id);
/* Our message with this origin-id in this chat: receipts and errors name it so.  NULL: none. */
struct message_row *message_find_out(struct store *, int64_t chat, const char *origin_id);
/* Ours up to this place that are on the server or further and not displayed, at most the newest LIMIT_DISPLAYED. */
GPtrArray *message_not_displayed(struct store *, int64_t chat, int64_t ord);
/* The place of the one that came in with this origin-id, 0: none. */
int64_t	 message_place_in(struct store *, int64_t chat, const char *origin_id);
/* When the newest message with a place was said; 0: there is none. */
/* The highest number that a message ever had; 0: there was none. */
int64_t	 message_newest(struct store *);
int64_t	 message_last_said(struct store *, int64_t chat);
/* The place of the one that has this archive's id, 0: none. */
int64_t	 message_place_archived(struct store *, int64_t chat, const char *server_id);
/* The archive's id of the last one up to this place that has one, among the last few hundred; NULL: none. */
char	*message_archived_at(struct store *, int64_t chat, int64_t ord);
/* The origin-id of the last one after one place and up to another that came in and is MESSAGE_MARKABLE; NULL: none. */
char	*message_last_markable(struct store *, int64_t chat, int64_t after, int64_t ord);
/* The first of the chat from this place on; NULL: none. */
struct message_row *message_at(struct store *, int64_t chat, int64_t ord);
/* The last one that counts as unread where it is; NULL: none. */
struct message_row *message_last_in(struct store *, int64_t chat);
/* n = 1: the newest of the chat as shown. */
struct message_row *message_nth_last(struct store *, int64_t chat, unsigned n);
/* By origin_id or server_id in one chat (0: all); *several when more than one fits, then NULL. */
struct message_row *message_by_stanza_id(struct store *, int64_t chat, const char *id, bool *several);

/*
 * Those of ours, of all accounts, that failed or whose fate is unknown, changed after one revision and up to another.
 */
GPtrArray *message_failed_between(struct store *, int64_t after_rev, int64_t up_to_rev, unsigned limit);
/* Rows of one account in this state, in the order in which they were typed. */
GPtrArray *message_in_state(struct store *, int64_t account, enum message_state);
/* How many of an account wait to be sent: queued, or held. */
int64_t	 message_count_queued(struct store *, int64_t account);
/* State sent, with sent_number ≤ last: the server has them.  In the order of their numbers. */
GPtrArray *message_sent_up_to(struct store *, int64_t account, int64_t last);

enum page_place { PAGE_END, PAGE_BEFORE, PAGE_AFTER, PAGE_AROUND };
/*
 * At most limit rows, oldest first; rows without a place come after all others.  id: what before, after and around
 * mean, ignored for PAGE_END; one that is not in the chat gives nothing.  *more: there is something beyond in that
 * direction; at PAGE_AROUND in either.
 */
GPtrArray *message_page(struct store *, int64_t chat, enum page_place, int64_t id, unsigned limit, bool *more);
/* Oldest change first. */
GPtrArray *message_changed_since(struct store *, int64_t rev, unsigned limit, bool *more);

/* When a message of ours got to which state, oldest first, of struct happening; the caller's. */
struct happening {
	enum message_state state;
	int64_t	 at_ms;
};
GArray	*message_happenings(struct store *, int64_t id);

/*
 * A stanza that told something of a message that was here already, for /explain; beyond LIMIT_TRACES of one message it
 * is not kept.  by: whose it was.
 */
enum trace { TRACE_COPY, TRACE_RECEIPT, TRACE_MARKER, TRACE_ERROR, TRACE_CORRECTION, TRACE_RETRACTION, TRACE_REACTION };
struct trace_row {
	enum trace what;
	enum message_via via;
	int64_t	 at_ms;
	char	*by, *xml;	/* xml: NULL when it cannot be read */
};
bool	 message_trace(struct store *, int64_t id, enum trace, enum message_via, const char *by, const char *xml,
    GError **error);
/* As they came, of struct trace_row; the caller's. */
GPtrArray *message_traces(struct store *, int64_t id);

/* The stanza as it came or went, as XML; NULL when it is not kept (any more). */
char	*message_raw(struct store *, int64_t id);
/* When it came or went, ms; 0 when it is not kept. */
int64_t	 message_raw_came(struct store *, int64_t id);
/*
 * Forgets at most limit stanzas, and as many traces, that came before this; *left: there are more.  For once a day,
 * with a turn of the main loop between two calls.
 */
bool	 message_forget_raw(struct store *, int64_t before_ms, unsigned limit, bool *left, GError **error);

#endif
