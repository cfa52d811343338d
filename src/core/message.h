/*
 * message.h: the way of an incoming stanza: from the stream to the store in fixed stages.
 *
 *   UNWRAP    a carbon or an archive result: check the envelope, go on with what is in it
 *   DECRYPT
 *   ANNOTATE  ids, delay, receipt, ...: what the elements beside the body mean
 *   REVISE    it is about another message; also without a text
 *   STORE     one row, or the row that was there already; a feature that puts it elsewhere is done with it
 *   REPORT    what follows from a row that is new: a receipt, ...
 *
 * Everything happens inside the savepoint of this stanza.  Features hook into the stages (core/feature.h); within a
 * stage their order does not matter.
 */
#ifndef CORE_MESSAGE_H
#define CORE_MESSAGE_H

#include "core/account.h"
#include "store/messages.h"

enum message_stage { STAGE_UNWRAP, STAGE_DECRYPT, STAGE_ANNOTATE, STAGE_REVISE, STAGE_STORE, STAGE_REPORT, STAGES };

enum verdict {
	GO_ON,
	DONE,		/* nothing more is to be done with this stanza */
};

struct room;

struct incoming {
	struct account	*account;
	const struct stanza *stanza;	/* as it came: whose envelope it is */
	const struct stanza *message;	/* the message itself; UNWRAP may set it to what was forwarded */
	enum message_via via;
	bool		 out;		/* one of ours, sent by another device */
	/* Set before ANNOTATE from message: */
	char		*from;		/* full or bare, normalised; never NULL */
	char		*peer;		/* JID of the chat: bare, or of an occupant full */
	enum chat_kind	 kind;		/* of that chat */
	struct room	*room;		/* of CHAT_ROOM, and of CHAT_PRIVATE where we are in it; else NULL */
	char		*author;	/* its key, see store/schema.def */
	/* Set by ANNOTATE; the caller frees them. */
	char		*origin_id, *server_id;
	int64_t		 said_ms;	/* 0: now */
	bool		 mention;	/* of us, in a room */
	bool		 ignored;	/* somebody does not want to hear its sender: it counts for nothing */
	bool		 markable;	/* its sender wants to know when it is looked at */
	char		*reply, *thread;	/* the id that it answers; XEP-0201; the caller frees them */
	bool		 unstyled;	/* its marks are meant as they stand (XEP-0393) */
	bool		 retracted;	/* VIA_ARCHIVE: the archive has only that it was there */
	char		*corrects;	/* what it claims to correct and may not, or is not here; the caller frees it */
	/* Set by DECRYPT or taken from <body/>; NULL: nothing to show. */
	char		*body;
	enum encryption	 encryption;
	int64_t		 device;	/* encrypted: which wrote it, 0: not known */
	bool		 copy;		/* body is that of the row that this is a copy of */
	char		*device_key;	/* its fingerprint, NULL: not known; the caller frees it */
	enum trust	 trust;		/* how far that is trusted */
	int64_t		 ord;		/* VIA_ARCHIVE: its place if it is new, else 0 */
	bool		 renamed;	/* VIA_ARCHIVE: as in store/messages.h */
	bool		 old;		/* VIA_ARCHIVE: from before this machine knew the account: no news to anybody */
	/* Set by STORE. */
	const struct message_row *row;
	enum message_fate fate;
};

/* A message, presence or iq of the server, in its savepoint.  Not for elements of stream management. */
void	 message_route(struct account *, const struct stanza *);

/* The text of a message as it is shown and compared; NULL: it says nothing.  The caller's. */
char	*message_text(const struct stanza *message);
/* This stanza told something of that message: kept for /explain, with who sent it. */
void	 message_traced(const struct incoming *, int64_t id, enum trace);

/* A message that our own archive kept (XEP-0313 §4); the envelope was checked by core/archive.c. */
struct archived {
	const struct stanza *envelope, *message;
	struct room	*room;		/* whose archive it is; NULL: the account's */
	const char	*from, *chat;	/* as message_archived_chat() found them */
	bool		 out;
	const char	*id;		/* in the archive */
	int64_t		 said_ms;	/* when the archive got it */
	int64_t		 ord;		/* its place if it is new */
	bool		 old;
	bool		 renamed;	/* as in store/messages.h */
};
/*
 * Goes through the stages from DECRYPT on, in the savepoint of its page.  *place is that of its row, 0 when it has
 * none; *news: the row is new.  False: the disk refused, and the page is to be taken back.
 */
bool	 message_archived(struct account *, const struct archived *, int64_t *place, bool *news);
/*
 * Whose it is: *from, the bare address of the chat, and whether we sent it.  False: it is nothing of ours, and nothing
 * is set.
 */
bool	 message_archived_chat(const struct account *, const struct stanza *message, char **from, char **chat,
    bool *out);

#endif
