/*
 * revisions.h: what changes a message that is there and leaves its row: it is taken back (XEP-0424, XEP-0425), and
 * people react to it (XEP-0444).  Also that which came before its message, and ours that the server does not have yet.
 *
 * As messages.h says: changes run in an open savepoint, reading logs what the disk said.
 */
#ifndef STORE_REVISIONS_H
#define STORE_REVISIONS_H

#include "store/messages.h"

enum revision_kind { REVISION_RETRACTION, REVISION_REACTION };

struct revision {
	enum revision_kind kind;
	const char	*author;	/* its key, as that of a message; the room's address: the room itself */
	const char	*nick;		/* in a room who it is, or for whom the room did it; or NULL */
	int64_t		 said_ms;
	const char	*id;		/* of its own stanza, or NULL */
	const char	*text;		/* the reason, or NULL; the reactions as lines, "" for none */
};

/*
 * The newest message of a chat with this id: that which the archive gave, or that which its sender gave.  NULL: none.
 */
struct message_row *revision_target(struct store *, int64_t chat, const char *id, bool archived);

/*
 * The message is taken back: it has no text, counts nowhere and is not found by words.  keep: what it said stays here
 * to be looked up; else that goes, with the stanzas that told it.  moderated: by the room.  The row as it now is; NULL
 * without an error when it was taken back before, or cancelled.
 */
struct message_row *message_retract(struct store *, int64_t id, const struct revision *, bool moderated, bool keep,
	    GError **error);
/*
 * What took it back, as this stanza of ours said it, did not reach the others: it says again what it said, where that
 * was kept, and reason in any case.  NULL without an error when there is no such thing.
 */
struct message_row *message_unretract(struct store *, int64_t chat, const char *id, const char *reason, GError **error);
struct retraction {
	int64_t	 said_ms;
	bool	 moderated;
	char	*nick, *reason;	/* or NULL */
	char	*body;		/* what it said; NULL: not kept */
};
/* NULL: it was not taken back. */
struct retraction *message_retraction(struct store *, int64_t id);
void	 retraction_free(struct retraction *);

/*
 * All that this author reacts with; what was said before that, and comes later, changes nothing.  The row as it now is;
 * NULL without an error when nothing changed, or LIMIT_REACTIONS people have reacted already.
 */
struct message_row *message_react(struct store *, int64_t id, const struct revision *, GError **error);
/* As message_unretract(): it is again as before. */
struct message_row *message_unreact(struct store *, int64_t chat, const char *id, const char *reason, GError **error);
struct reaction {
	char	*author, *nick;	/* nick: or NULL */
	char	**emoji;	/* at least one */
};
/* By who was first, of struct reaction; the caller's. */
GPtrArray *message_reactions(struct store *, int64_t id);
/* What this author reacts with, as lines; "" for nothing.  The caller's. */
char	*message_reactions_of(struct store *, int64_t id, const char *author);

/*
 * The message is not here yet: kept by the id that it names.  Of one author the latest of a kind; at most LIMIT_EARLY
 * of a chat, of which the oldest go.
 */
bool	 revision_wait(struct store *, int64_t chat, const char *target, const struct revision *, GError **error);
/*
 * Takes what waits for this id out again: of one kind, and (author not NULL) of that author, of struct waited_revision;
 * the caller's.
 */
struct waited_revision {
	struct revision	 revision;	/* with what it points to */
};
GPtrArray *revision_waited(struct store *, int64_t chat, const char *target, enum revision_kind, GError **error);

/* Ours that the server does not have: of one message and kind the newest. */
struct owed_row {
	int64_t	 message;
	enum revision_kind kind;
	char	*id;		/* of the stanza */
};
bool	 revision_owe(struct store *, int64_t message, enum revision_kind, const char *id, GError **error);
/* Those of an account that are to be sent, of struct owed_row. */
GPtrArray *revisions_owed(struct store *, int64_t account);
/* It is on its way with this number; 0: nobody will acknowledge it, and it is done with. */
bool	 revision_sent(struct store *, const struct owed_row *, int64_t sent_number, GError **error);
bool	 revisions_on_way(struct store *, int64_t account);
bool	 revisions_stored(struct store *, int64_t account, int64_t acked, GError **error);
bool	 revisions_requeue(struct store *, int64_t account, GError **error);

/*
 * Messages that answer one of these ids (each may be NULL): each gets a new revision, at most LIMIT_ANSWERS, the
 * newest.
 */
GPtrArray *message_answers(struct store *, int64_t chat, const char *origin_id, const char *server_id, GError **error);

#endif
