/*
 * rooms.h: the rooms that a person wants to be in (XEP-0045): entered again at each log-in, until they leave.  As
 * messages.h says: changes run in an open savepoint, reading logs what the disk said.
 */
#ifndef STORE_ROOMS_H
#define STORE_ROOMS_H

#include "store/store.h"

struct room_row {
	const char *jid;	/* bare */
	const char *nick;
	const char *own_id;	/* our occupant-id there (XEP-0421), or NULL */
	const char *password;	/* or NULL */
	int64_t	 features;	/* enum room_feature: what it was when we were last told */
};
bool	 room_row_save(struct store *, int64_t account, const struct room_row *, GError **error);
bool	 room_row_delete(struct store *, int64_t account, const char *jid, GError **error);
/* Each of them is lent to fn. */
void	 room_rows_each(struct store *, int64_t account, void (*fn)(void *ctx, const struct room_row *), void *ctx);

#endif
