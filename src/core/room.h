/*
 * room.h: the rooms of one account (XEP-0045): entering and leaving, who is there, what it is about.
 *
 *   out      we are not there; a room that is wanted is entered with the next session
 *   joining  asked what it is (service discovery), then entered; or after a resumption by a new process: told that we
 * are
 *            here, because nobody tells such a process who else is
 *   in       our own presence came back: before it came that of everybody else
 *   failed   it did not work, or we were put out; with a time it is tried again by itself
 *
 * A room that is wanted is a row in the database from the first entering until somebody leaves it, or it puts us out
 * for good.  Joining never makes a room: what does not exist is not entered, and one that is made all the same is left.
 *
 * What a room sends counts only from a room that we are in or entering.
 */
#ifndef CORE_ROOM_H
#define CORE_ROOM_H

#include "core/account.h"

struct archive;
struct form;

enum room_feature {
	ROOM_ARCHIVE = 1 << 0,		/* XEP-0313 */
	ROOM_IDS = 1 << 1,		/* stanza-id: XEP-0359 */
	ROOM_OCCUPANT_IDS = 1 << 2,	/* XEP-0421 */
	ROOM_SELF_PING = 1 << 3,	/* the service answers a ping to ourselves: XEP-0410 */
	ROOM_HIDDEN = 1 << 4, ROOM_PUBLIC = 1 << 5, ROOM_MEMBERS = 1 << 6, ROOM_OPEN = 1 << 7, ROOM_MODERATED = 1 << 8,
	ROOM_UNMODERATED = 1 << 9, ROOM_NON_ANONYMOUS = 1 << 10, ROOM_SEMI_ANONYMOUS = 1 << 11, ROOM_PASSWORD = 1 << 12,
	ROOM_UNSECURED = 1 << 13, ROOM_PERSISTENT = 1 << 14, ROOM_TEMPORARY = 1 << 15,
	ROOM_LOGGED = 1 << 16,		/* it said that what is said is logged for others to read */
	ROOM_MODERATION_0 = 1 << 17, ROOM_MODERATION = 1 << 18,	/* XEP-0425, old and new */
};

struct occupant {
	char	*nick;			/* exactly: as in the address; also the key */
	char	*id;			/* occupant-id where the room announces them, else NULL */
	char	*real;			/* full JID, or NULL */
	enum affiliation affiliation;
	enum role role;
	enum presence_show show;
	char	*status, *hats;		/* hats: lines; or NULL */
	char	*like;			/* the nick of another with which it can be mixed up, or NULL */
	char	*skeleton;		/* what it looks like */
	int64_t	 since;			/* order: what this nick said up to here may have been somebody else */
	int64_t	 spoke_ms;		/* boot clock; 0: not since we are in */
	bool	 told_other;		/* people know that this is not who had the nick before */
};

struct room;
/* A room is made, and not set up yet: its form, an element x of jabber:x:data, lent. */
typedef void (*room_form)(void *ctx, struct room *, const struct stanza *x);

struct room {
	struct account	*account;
	char		*jid;		/* bare */
	char		*nick;		/* ours, or the one that is tried */
	enum room_state	 state;
	char		*reason, *text;	/* as in the room event; NULL while all is well */
	int64_t		 retry_ms;	/* real time; 0: not by itself */
	char		*own_id;	/* our occupant-id; known over restarts */
	enum affiliation affiliation;
	enum role	 role;
	GHashTable	*occupants;	/* nick → struct occupant, we among them */
	GHashTable	*skeletons;	/* what a nick looks like → struct occupant, the first that does */
	char		*name, *subject, *subject_by;
	int64_t		 subject_ms;
	unsigned	 features;	/* of enum room_feature */
	bool		 wanted;	/* entered with each session; a row in the store */
	struct archive	*archive;	/* of the room; NULL: it has none, or that is not known yet */
	/* For core/room*.c: */
	char		*password;
	enum { PHASE_IDLE, PHASE_ASKING, PHASE_ENTERING, PHASE_REFRESHING, PHASE_MAKING } phase;
	bool		 create;	/* is to be made when it is not there */
	room_form	 form;		/* who fills in its form, once it is made; NULL: nobody */
	void		*form_ctx;
	bool		 asking_again;	/* what it is */
	bool		 first;		/* nothing that it said was here before we came */
	bool		 history;	/* in, and what it sends may still be what was said before */
	int64_t		 entered;	/* order: when we came in */
	char		*nick_text;	/* why the last change of our nick was refused */
	char		*join_id, *nick_id;	/* ids of presences whose answer is waited for */
	char		*subject_id;	/* of the message with which we set the subject */
	char		*subject_text;	/* why that was refused */
	GPtrArray	*waiters;
	struct clock_timer *timer;	/* patience while joining, or until the next try */
	int64_t		 backoff_ms;
	int64_t		 heard_ms;	/* boot clock: when something last came from it */
	struct clock_timer *silence;
	bool		 pinging;
	unsigned	 unsure;	/* pings to which nobody said anything */
	char		**ignored;	/* core/room_ignore.h; NULL: not read yet */
	GHashTable	*changed;	/* nicks of which the faces are not told yet; NULL: none */
	bool		 posted;	/* nothing about the room itself is new to the faces */
	int64_t		 told;		/* the last row that it told again as what was said before; 0: none */
	int64_t		 prompt;
	unsigned	 notices;	/* told people since the last minute began */
	int64_t		 minute;
	struct form	*config;	/* core/room_form.h; NULL: not here */
	int64_t		 config_ms;	/* boot clock: when it came, or was asked for */
};

/* For account.c: empty; what is wanted according to the store. */
GHashTable *rooms_new(void);
void	 rooms_restore(struct account *);
void	 rooms_free(struct account *);
/* The session has its list and its presence is out: enters what is wanted. */
void	 rooms_session(struct account *);
/* As roster_offline() and roster_resumed(). */
void	 rooms_offline(struct account *, bool may_come_back);
void	 rooms_resumed(struct account *);
/* Our own presence changed: tells all rooms. */
void	 rooms_tell(struct account *);

/* NULL: never entered since the core started, nor wanted. */
struct room *room_find(const struct account *, const char *jid);
bool	 room_is_in(const struct account *, const char *jid);
/* What it sends is ours to read. */
bool	 room_hears(const struct room *);
/* Is or was that the address of a room? */
bool	 room_known(const struct account *, const char *jid);
/* Is that full address ours in a room that we are in?  What we ask ourselves through it comes back so (XEP-0410). */
bool	 room_is_self(const struct account *, const char *full);
/* NULL: nobody is called so. */
struct occupant *room_occupant(const struct room *, const char *nick);
/* By occupant-id; NULL. */
struct occupant *room_occupant_by_id(const struct room *, const char *id);
/* room@service/nick; the caller's. */
char	*room_address(const struct room *, const char *nick);
/* All of them by standing, then by nick; of struct occupant, lent. */
GPtrArray *room_occupants(const struct room *);
/* What we are called where nobody said anything else; the caller's. */
char	*room_standard_nick(const struct account *);
/* A nick like this one that nobody there has; the caller's. */
char	*room_free_nick(const struct room *, const char *nick);

/* error NULL: we are in.  Called once; room->reason says why it failed. */
typedef void (*room_done)(void *ctx, struct room *, const GError *error);
/*
 * Enters the room; nick and password NULL: as before, as its bookmark has them, or the standard.  create: makes it when
 * it is not there, and fails when it is.  done may be NULL: then people are asked and told by prompts and notices.  Off
 * line: it is entered with the next session.
 */
void	 room_join(struct account *, const char *jid, const char *nick, const char *password, bool create,
    room_done done,
	    void *ctx);
/*
 * As room_join() with create; once it is made, form gets its form, and room_set_up() goes on with what was filled in,
 * which is taken.  Without a form it gets what its service takes for settings.
 */
void	 room_create(struct account *, const char *jid, const char *nick, room_form form, room_done done, void *ctx);
void	 room_set_up(struct room *, struct stanza *form);
/* Who began with this does not go on: what was made and not set up is left, and with that gone. */
void	 room_give_up(struct account *, const char *jid, void *ctx);
/* Whoever waited with this does not any more. */
void	 room_forget(struct account *, void *ctx);
/* words NULL: none.  Leaves also what is being entered; then it is wanted no more. */
void	 room_leave(struct room *, const char *words);
/* done as above, when the room has answered. */
void	 room_rename(struct room *, const char *nick, room_done done, void *ctx);
/* Sets what it is about (XEP-0045 §8.1); "" takes it away.  done as above. */
void	 room_set_subject(struct room *, const char *text, room_done done, void *ctx);

/* A presence.  True: it was a room's. */
bool	 room_presence(struct account *, const struct stanza *);
/* A notice in the room's chat. */
void	 room_notice(struct room *, enum severity, const char *format, ...) G_GNUC_PRINTF(3, 4);

struct event room_event(const struct room *);
struct event room_occupant_event(const struct room *, const struct occupant *);

#endif
