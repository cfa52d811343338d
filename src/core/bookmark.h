/*
 * bookmark.h: the rooms that people keep, with what they are called in them.  The server's copy is shared by all
 * devices: as items of a node of our own (XEP-0402), or, where a server does not join the two, as one text in its
 * private storage (XEP-0048, XEP-0049).  A copy is here, so that they are known off line and a change made off line is
 * not lost.
 *
 * What others wrote into a bookmark and we do not understand stays in it.  A bookmark that another device sets to be
 * joined is joined here, and one that it sets not to be is left, if the setting room.bookmarks is true.
 */
#ifndef CORE_BOOKMARK_H
#define CORE_BOOKMARK_H

#include "core/account.h"

/* What in a room asks for attention (XEP-0492). */
enum bookmark_notify { BOOKMARK_NOTIFY_UNSET, BOOKMARK_NOTIFY_ALWAYS, BOOKMARK_NOTIFY_MENTION, BOOKMARK_NOTIFY_NEVER };

struct bookmark {
	char		*jid;		/* the room, bare */
	char		*name, *nick, *password;	/* or NULL */
	bool		 autojoin;
	enum bookmark_notify notify;
};

/* value: a name, nick or password, NULL for none; "on" or "off"; "all", "mentions", "none" or NULL. */
struct bookmark_edit {
	enum { BOOKMARK_NAME, BOOKMARK_NICK, BOOKMARK_PASSWORD, BOOKMARK_AUTOJOIN, BOOKMARK_NOTIFY } key;
	const char	*value;
};

struct bookmarks;
struct bookmarks *bookmarks_new(struct account *);
void	 bookmarks_free(struct bookmarks *);

/* NULL: not kept. */
const struct bookmark *bookmark_find(const struct account *, const char *jid);
/* By name, else address; the elements are lent until the next change. */
GPtrArray *bookmark_list(const struct account *);
/* The server keeps them; not known before the log-in. */
bool	 bookmarks_shared(const struct account *);

/*
 * Changes are here at once, and done (may be NULL) is called when the server answered.  IQ_LOST: it is told at the next
 * log-in, or it keeps none.  False with an error: nothing was changed, and done is not called.  A bookmark that is not
 * there is made.
 */
bool	 bookmark_change(struct account *, const char *jid, const struct bookmark_edit *, size_t n, iq_done done,
    void *ctx, GError **error);
bool	 bookmark_drop(struct account *, const char *jid, iq_done done, void *ctx, GError **error);

/* A person entered a room under that nick, or left it. */
void	 bookmark_joined(struct account *, const char *jid, const char *nick);
void	 bookmark_left(struct account *, const char *jid);
/*
 * A person set what in a room asks for attention; and the chat of a room is there, and is to ask as its bookmark says.
 */
void	 bookmark_noted(struct account *, const char *jid, enum notify_level);
void	 bookmark_apply(struct account *, const char *jid);

/* From feature/bookmarks.c: what the server does is known; the link may be a new one; a change on the server. */
void	 bookmarks_known(struct account *);
void	 bookmarks_again(struct account *);
void	 bookmarks_event(struct account *, const struct stanza *change);

const char *bookmark_notify_word(enum bookmark_notify);

#endif
