/*
 * account.h: one account of ours while the core runs: its settings, the state of its connection, and what belongs to
 * the stream.  core/connection.h moves it through its states.
 */
#ifndef CORE_ACCOUNT_H
#define CORE_ACCOUNT_H

#include "core/account_file.h"
#include "core/acknowledge.h"
#include "core/core.h"
#include "proto/event.h"
#include "xmpp/iq.h"

struct archive;
struct bookmarks;
struct connection;
struct link;
struct omemo;
struct roster;
struct typing;

struct account {
	struct core	*core;
	struct account_settings *settings;
	int64_t		 id;		/* in the store */
	char		*session_password;	/* answered to a prompt and not to be stored */

	enum account_state state;
	char		*reason, *text;	/* see the account event; NULL while all is well */
	int64_t		 retry_ms;	/* real time of the next attempt, while ACCOUNT_WAITING; else 0 */
	bool		 resumed;
	bool		 tls;		/* of the stream; of the next one while there is none */
	int64_t		 queued;	/* messages, as last told */

	enum presence_show show;	/* ours; SHOW_OFFLINE: the person wants to be off line */
	char		*status;
	int64_t		 presence_number;	/* up to this one of the stream our presence is told */

	struct connection *connection;	/* never NULL */
	struct attempts	*attempts;	/* the last ways to the server; connection.c's */
	struct stream	*stream;	/* from open() until DOWN */
	char		*bound;		/* our full address while on line */
	char		*local;		/* the address of this machine that the stream comes from; NULL: not known */
	struct acknowledge sm;
	struct link	*link;
	int64_t		 ping_ms;	/* how long the server takes, at least 1; 0: not known */
	struct iq_table	*iqs;
	struct roster	*roster;
	struct typing	*typing;
	GHashTable	*rooms;		/* JID → struct room: core/room.h */
	GHashTable	*marks;		/* feature/markers.c; NULL: none */
	GHashTable	*positions;	/* feature/displayed.c; NULL: none */
	GHashTable	*pep_nodes;	/* pep.c: set of those that were made with rules of ours; NULL: none */
	GHashTable	*rings;		/* feature/ring.c; NULL: none */
	struct archive	*archive;
	struct omemo	*omemo;		/* core/omemo.h; NULL: not used yet */
	struct bookmarks *bookmarks;
	bool		 broke;		/* the last stream ended because of what came on it */
	int64_t		 clock_offset_us;	/* the server's clock minus ours */
	int64_t		 iq_second;	/* boot clock; how many requests of others were answered in it */
	unsigned	 iqs_answered;
	bool		 has_rosterver;	/* the server counts versions of the contact list (RFC 6121 §2.6) */
	bool		 has_csi;	/* the server takes client state indication (XEP-0352) */
	bool		 told_active;	/* what it was told */
	GHashTable	*features;	/* what the server does for our account (disco#info of it): a set of
					 * features and of identities as category/type; NULL: not told */
	bool		 gives_ids;	/* our archive puts ids on messages (XEP-0359), and takes forged ones off */
};

/* Makes the accounts of the file.  False: nothing was made. */
bool	 accounts_load(struct core *, GError **error);
/* One more, or what changed in the file since: connects, disconnects, forgets.  Error as account_file_load(). */
bool	 accounts_reload(struct core *, GError **error);
void	 account_free(struct account *);

/* By name in the file; NULL. */
struct account *account_find(const struct core *, const char *name);
/* By id in the store; NULL. */
struct account *account_find_id(const struct core *, int64_t id);
/* The only enabled one; NULL when there is none or more than one. */
struct account *account_only(const struct core *);
const char *account_name(const struct account *);
const char *account_jid(const struct account *);	/* bare */
bool	 account_online(const struct account *);
/* The server announced this namespace for our account; not told yet is no. */
bool	 account_has(const struct account *, const char *feature);

/* The account as it now is, for lists; account_post() puts it on the bus. */
struct event account_event(const struct account *);
void	 account_post(struct account *);
/* A notice of this account on the bus. */
void	 account_notice(struct account *, enum severity, const char *format, ...) G_GNUC_PRINTF(3, 4);

/*
 * Hands a stanza to the stream after the commit, numbered for stream management.  Takes it.  False: not on line; it is
 * dropped.  keep: sent again after a resumption that says the server did not get it (messages have the outbox for
 * that; what is only true at the moment, such as presence, has nothing).
 */
bool	 account_send(struct account *, struct stanza *, bool keep);
/* Sends an iq and calls done with the answer; IQ_LOST at once when not on line.  Takes it. */
void	 account_request(struct account *, struct stanza *iq, iq_done, void *ctx);

#endif
