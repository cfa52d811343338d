/*
 * revise.h: what somebody says about another message: it is taken back, or reacted to.  Which message is meant, whether
 * they may, what is done when it is not here yet; and ours on their way.  What it looks like in a stanza is the
 * features' affair.
 */
#ifndef CORE_REVISE_H
#define CORE_REVISE_H

#include "core/message.h"
#include "core/outbox.h"
#include "store/revisions.h"

/* What a stanza claims; its texts are clean. */
struct revise_claim {
	enum revision_kind kind;
	const char	*target;	/* the id that it names */
	const char	*text;		/* as in struct revision */
	const char	*nick;
	bool		 moderated;	/* the room itself says so; the caller has looked who sent it */
};
/*
 * Applies it, or keeps it until its message is here.  False: whoever says so may not, and it is as if it was not said.
 * In the savepoint of its stanza.
 */
bool	 revise_take(struct incoming *, const struct revise_claim *);
/* The message that an id means to the others in this chat; NULL: none that is here. */
struct message_row *revise_target(const struct incoming *, const char *id);
/* The body is for clients that do not know this namespace, and says so (XEP-0428): it is dropped. */
void	 revise_drop_fallback(struct incoming *, const char *ns);
/* A row is new, or learnt an id: what waited for it is done. */
void	 revise_waited(struct incoming *);
/* One of ours came back as an error; id is that of its stanza. */
void	 revise_bounced(struct account *, int64_t chat, const char *id, const struct stanza *error);

/* The id by which others know this message in its chat; NULL: there is none (yet), with a sentence. */
const char *revise_id(const struct account *, const struct message_row *, GError **error);
/* Ours: done here at once, and on its way like a message.  The chat's own words where it cannot be. */
bool	 revise_send(struct account *, const struct message_row *, enum revision_kind, const char *text,
    GError **error);
/* Its text or state changed: those that answer it are told again. */
void	 revise_touch_answers(struct core *, const struct message_row *);

/*
 * For outbox.c: what is owed goes; up to a number it is settled, or (acked -1) goes again; some wait for an
 * acknowledgement.
 */
bool	 revise_flush(struct account *);
void	 revise_settle(struct account *, int64_t acked);
bool	 revise_on_way(const struct account *);

#endif
