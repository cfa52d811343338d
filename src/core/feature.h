/*
 * feature.h: the contract of one feature: what a file in feature/ may take part in.  All members but name may be NULL.
 * Adding a feature is one file with one `const struct feature feature_NAME` and one line in feature/features.def.
 */
#ifndef CORE_FEATURE_H
#define CORE_FEATURE_H

#include "core/account.h"
#include "core/command.h"
#include "core/message.h"
#include "core/outbox.h"
#include "store/chats.h"
#include "store/revisions.h"

struct feature {
	const char	*name;
	const char	*standard;	/* "XEP-0280: Message Carbons" */
	enum verdict	(*in[STAGES])(struct incoming *);
	/* Adds to a message of ours before it leaves. */
	void		(*out)(struct outgoing *);
	/*
	 * How what is said in this chat leaves.  sealed: it was said when the chat was encrypted, and never leaves in
	 * plain. LEAVE_NEVER: *why is a sentence for people, the caller's.  Inside a savepoint.
	 */
	enum leave	(*leave)(struct account *, const struct chat_row *, bool sealed, char **why);
	/*
	 * After LEAVE_SEALED and out: takes the text out of the stanza and puts it back encrypted.  False: as
	 * LEAVE_NEVER.
	 */
	bool		(*seal)(struct outgoing *, char **why);
	/* Says in a stanza without a text what changes a message of this chat, which is out->row (core/revise.h). */
	void		(*revise)(struct outgoing *, enum revision_kind);
	/* Adds to our own presence. */
	void		(*presence)(struct account *, struct stanza *);
	/* What of it others may count on: namespaces for service discovery (XEP-0030); ends with NULL. */
	const char	*const *disco;
	/*
	 * An iq get or set whose child has this namespace (or one of several, blanks between); answered with
	 * account_send().
	 */
	const char	*iq_ns;
	void		(*iq)(struct account *, const struct stanza *);
	/* A new session is up (not after a resumption), before roster and presence. */
	void		(*online)(struct account *);
	/*
	 * Then, once in each session: what the server does for our account is known, or will not be told
	 * (account_has()).
	 */
	void		(*known)(struct account *);
	/* A node of ours whose changes we want to be told (XEP-0163 §4), and one change: items, purge or delete. */
	const char	*own_node;
	void		(*own_event)(struct account *, const struct stanza *change);
	/*
	 * A change of the node of that name which somebody else keeps; who is their bare address, and nothing else is
	 * checked.
	 */
	void		(*their_event)(struct account *, const char *who, const struct stanza *change);
	/* Somebody came to a face or all went (core/attention.h); and after a resumption, whose server may not know. */
	void		(*attention)(struct account *);
	/* What came into that chat after one place, up to and with another, was looked at by somebody. */
	void		(*seen)(struct account *, const char *jid, int64_t chat, int64_t after, int64_t ord);
	/* We have read further in that chat. */
	void		(*read)(struct account *, const char *jid);
	const struct command *commands;	/* ends with a NULL name */
};

/* features.def; ends with NULL. */
extern const struct feature *const features[];

enum verdict features_in(struct incoming *, enum message_stage);
void	 features_outgoing(struct outgoing *);
/* LEAVE_PLAIN where no feature encrypts and it was not sealed. */
enum leave features_leave(struct account *, const struct chat_row *, bool sealed, char **why);
bool	 features_seal(struct outgoing *, char **why);
void	 features_revise(struct outgoing *, enum revision_kind);
void	 features_presence(struct account *, struct stanza *);
/* False: no feature takes it. */
bool	 features_iq(struct account *, const struct stanza *);
void	 features_online(struct account *);
void	 features_known(struct account *);
void	 features_attention(struct account *);
void	 features_read(struct account *, const char *jid);
void	 features_seen(struct account *, const char *jid, int64_t chat, int64_t after, int64_t ord);

#endif
