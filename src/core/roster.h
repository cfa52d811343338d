/*
 * roster.h: the contact list of one account and who of it is there (RFC 6121).  The list is the server's; a push counts
 * only from our own account.  Presence is remembered of contacts and of our own other devices, of nobody else.
 */
#ifndef CORE_ROSTER_H
#define CORE_ROSTER_H

#include "core/account.h"

struct roster *roster_new(struct account *);
void	 roster_free(struct roster *);

/* A new session: asks for the list; then done(account) is called, also when the server refused. */
void	 roster_fetch(struct account *, void (*done)(struct account *));
/*
 * The session is gone: nobody is known to be there.  The list stays.  may_come_back: who was there is remembered,
 * because a server does not tell a resumed session again; roster_resumed() says so.
 */
void	 roster_offline(struct account *, bool may_come_back);
void	 roster_resumed(struct account *);
/* The store gave back what a stanza brought, and so does the list: it is as the store has it. */
void	 roster_take_back(struct account *);
/* A new process may go on with the session of one that died: remembered is who was there then. */
void	 roster_restore(struct account *);
/* An iq set of jabber:iq:roster.  False: not from whom it must be (it is then answered as unknown). */
bool	 roster_push(struct account *, const struct stanza *iq);
/* Any presence that is no error. */
void	 roster_presence(struct account *, const struct stanza *);
/* The name given to this contact, or NULL. */
const char *roster_name(const struct roster *, const char *jid);
bool	 roster_has(const struct roster *, const char *jid);
/* They may know when we are there (subscription from or both), or it is ourselves. */
bool	 roster_sees_us(const struct account *, const char *jid);
/* How it stands, "none" when not a contact. */
enum subscription roster_subscription(const struct roster *, const char *jid);
/* The full addresses of a contact that are there, the highest priority first; NULL-terminated, the caller's. */
char	**roster_resources(const struct roster *, const char *bare);
/* Whom to ask about that address: itself, or of a contact without resource the first one of those.  The caller's. */
char	*roster_reach(const struct roster *, const char *jid);
/* What that resource says its client is (caps_key()); NULL: nothing, or it is not there. */
const char *roster_caps(const struct roster *, const char *full);
/*
 * contact and presence events of the whole list; the caller clears them.  Elements: struct event *, freed by the array.
 */
GPtrArray *roster_events(const struct account *);
/* The bare addresses of all contacts, sorted; strings live in the roster. */
GPtrArray *roster_jids(const struct roster *);

/* Changes on the server; done as iq_done.  groups NULL: as they are. */
void	 roster_set(struct account *, const char *jid, const char *name, const char *const *groups, iq_done, void *ctx);
void	 roster_remove(struct account *, const char *jid, iq_done, void *ctx);
/* NULL-terminated; the caller's; empty when not a contact. */
char	**roster_groups(const struct roster *, const char *jid);
/* <presence type=.../> about a subscription: subscribe, subscribed, unsubscribe, unsubscribed.  False: off line. */
bool	 roster_subscribe(struct account *, const char *jid, const char *type, const char *words);

#endif
