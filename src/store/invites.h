/* invites.h: invitations to rooms that wait for a person, or were answered: an archive may bring them once more. */
#ifndef STORE_INVITES_H
#define STORE_INVITES_H

#include "store/store.h"

struct invite_row {
	int64_t	 account;
	char	*room;		/* bare */
	char	*inviter;	/* an address, or NULL: the room did not say */
	char	*reason, *password;	/* or NULL */
	bool	 mediated;	/* by the room; else by the inviter */
	int64_t	 came_ms;
	int64_t	 settled_ms;	/* 0: it waits */
};
void	 invite_row_free(struct invite_row *);
/* In the place of an earlier one to the same room; the oldest answered one goes when there are LIMIT_INVITES. */
bool	 invite_save(struct store *, const struct invite_row *, GError **error);
/* NULL: there was none. */
struct invite_row *invite_load(struct store *, int64_t account, const char *room);
/* Those that wait, oldest first, of struct invite_row. */
GPtrArray *invite_list(struct store *);

#endif
