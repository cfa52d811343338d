/*
 * chat.h: chats and messages as events, and what is done to a chat as a whole.
 */
#ifndef CORE_CHAT_H
#define CORE_CHAT_H

#include "core/account.h"
#include "store/chats.h"
#include "store/messages.h"

/* How much of a body lists and events carry; the rest comes with the message method. */
enum { CHAT_BODY_MAX = 65536 };

/* The objects as they now are; whole: the body is not cut.  False when the chat's account is not in use any more. */
bool	 chat_event(const struct core *, const struct chat_row *, struct event *);
bool	 chat_message_event(const struct core *, const struct message_row *, bool whole, struct event *);
/* For core.c: where the addresses of chats are remembered, empty. */
GHashTable *chat_addresses_new(void);
/* On the bus; called by the turn after its commit. */
void	 chat_post(struct core *, int64_t chat);
void	 chat_post_message(struct core *, const struct message_row *);

/* turn_begin() with a sentence for the person who asked; and its end. */
bool	 chat_begin_change(struct core *, GError **error);
/* *error is what made keep false, if anything did; when the end itself fails it is set. */
bool	 chat_end_change(struct core *, bool keep, GError **error);

/* Opens (makes) or closes; the chat's id, 0 with an error. */
int64_t	 chat_open(struct account *, const char *jid, GError **error);
bool	 chat_close(struct account *, const char *jid, GError **error);
/* Everything up to this message is read; focused: because somebody looks at it, which others may hear. */
bool	 chat_seen(struct account *, const char *jid, int64_t message, bool focused, GError **error);
bool	 chat_draft(struct account *, const char *jid, const char *text, const char *session, GError **error);
/* Which of its messages ask for attention; what is unread is counted in any case. */
bool	 chat_set_attention(struct account *, const char *jid, enum notify_level, GError **error);
/* Which of its messages do, as a person said or as usual: in a room those for us. */
enum notify_level chat_attention(const struct chat_row *);
/* What kind of chat that is, or would be. */
enum chat_kind chat_kind(const struct account *, const char *jid);
enum chat_kind chat_kind_of(const struct core *, int64_t chat);
/*
 * The chat that an address as a person gives it means: without the device of a contact, with the nick of an occupant.
 * account NULL: not known yet.  The caller's.
 */
char	*chat_meant(const struct core *, const struct account *, const char *jid);
/*
 * The contact's name as we call it: from the roster, else the local part; of a room as it calls itself.  The caller's.
 */
char	*chat_name(const struct account *, const char *jid);

/* A notice of this chat on the bus; ring: somebody asks for it to be noticed now. */
void	 chat_notice(struct account *, const char *jid, enum severity, bool ring, const char *text);

/*
 * The message that MSG of a command line names: a number, -N for the N-th from the end of this chat (0: no chat), or
 * id:TEXT.  RPC_ERROR_NOT_FOUND in words.
 */
struct message_row *chat_find_message(struct core *, int64_t chat, const char *text, GError **error);

#endif
