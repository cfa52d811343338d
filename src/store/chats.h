/*
 * chats.h: the chats of all accounts: open or not, read position, draft.  As messages.h says: changes run in an open
 * savepoint, reading logs what the disk said.
 */
#ifndef STORE_CHATS_H
#define STORE_CHATS_H

#include "proto/event.h"
#include "store/store.h"

struct chat_row {
	int64_t	 id, account;
	char	*jid;
	enum chat_kind kind;
	bool	 open;
	int	 number;	/* place in the list of open chats, from 2 (the console is 1); 0 when closed */
	int64_t	 read;		/* ord of the last message seen */
	char	*draft;
	int64_t	 last;		/* ord of the newest message; 0: none */
	enum secrecy secrecy;
	int	 notify;	/* 0: as usual for its kind; else 1 + enum notify_level */
	char	*occupant;	/* CHAT_PRIVATE: whom it is with; NULL: nobody was heard or told yet */
	int	 unread, mentions;	/* each counted up to 100 */
	int	 failed;	/* messages of ours that failed, up to 100 */
	int64_t	 rev;
};
void	 chat_row_free(struct chat_row *);

/* The chat's id; made (closed, empty) when create, else 0 without an error.  One that is here keeps its kind. */
int64_t	 chat_find(struct store *, int64_t account, const char *jid, enum chat_kind, bool create, GError **error);
/* False: there is none. */
bool	 chat_kind_get(struct store *, int64_t account, const char *jid, enum chat_kind *);
/* The caller's; NULL when there is none. */
struct chat_row *chat_load(struct store *, int64_t id);
/* All that are open or hold a message; account 0: of all.  By number, then by newest message.  Free with its func. */
GPtrArray *chat_list(struct store *, int64_t account);

/* Each of these gives the row a new revision; false with an error from the disk.  No change is no new revision. */
/* Opening gives the lowest free number from 2 on and keeps it until closed (a number never moves by itself). */
bool	 chat_set_open(struct store *, int64_t id, bool open, GError **error);
/* Only grows; returns true and changes nothing when it would not. */
bool	 chat_set_read(struct store *, int64_t id, int64_t ord, GError **error);
/* The other way: only shrinks. */
bool	 chat_set_unread(struct store *, int64_t id, int64_t ord, GError **error);
bool	 chat_set_draft(struct store *, int64_t id, const char *text, GError **error);
bool	 chat_set_notify(struct store *, int64_t id, int notify, GError **error);
bool	 chat_set_secrecy(struct store *, int64_t id, enum secrecy, GError **error);
bool	 chat_set_occupant(struct store *, int64_t id, const char *occupant, GError **error);
/* Only a new revision: its counts changed. */
bool	 chat_touch(struct store *, int64_t id, GError **error);
/* What came into chats between two places, newest first; counts go up to 1000. */
struct chat_news {
	int64_t	 chat, last;	/* the id of the newest message that came */
	int	 came, mentions;
};
/* At most limit chats, of struct chat_news; the caller's. */
GArray	*chat_news(struct store *, int64_t after, int64_t up_to, unsigned limit);
/* Chats changed after rev, oldest change first. */
GPtrArray *chat_changed_since(struct store *, int64_t rev);

#endif
