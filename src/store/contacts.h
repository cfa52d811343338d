/*
 * contacts.h: the contact list as the server last told it (RFC 6121 §2.6), so that it is there while off line and need
 * not be sent again; and who of it is there, for a process that goes on with the session of one that died.  As
 * messages.h says: changes run in an open savepoint, reading logs what the disk said.
 */
#ifndef STORE_CONTACTS_H
#define STORE_CONTACTS_H

#include "store/store.h"

struct contact_row {
	const char *jid;	/* bare */
	const char *name;	/* or NULL */
	int	 subscription;	/* proto/enum.def */
	bool	 ask;
	const char *groups;	/* lines */
};
bool	 contact_row_save(struct store *, int64_t account, const struct contact_row *, GError **error);
bool	 contact_row_delete(struct store *, int64_t account, const char *jid, GError **error);
/* Each of them is lent to fn. */
void	 contact_rows_each(struct store *, int64_t account, void (*fn)(void *ctx, const struct contact_row *),
    void *ctx);
/* The version of that list; NULL: none is known.  The one got is the caller's. */
char	*contacts_version(struct store *, int64_t account);
bool	 contacts_set_version(struct store *, int64_t account, const char *version, GError **error);

struct presence_row {
	const char *jid;	/* full */
	int	 show;		/* proto/enum.def */
	const char *status;	/* or NULL */
	int	 priority;
	const char *caps;	/* the key of what its client can do, or NULL */
};
bool	 presence_row_save(struct store *, int64_t account, const struct presence_row *, GError **error);
bool	 presence_row_delete(struct store *, int64_t account, const char *jid, GError **error);
bool	 presence_rows_forget(struct store *, int64_t account, GError **error);
void	 presence_rows_each(struct store *, int64_t account, void (*fn)(void *ctx, const struct presence_row *),
    void *ctx);

#endif
