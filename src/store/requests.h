/* requests.h: what waits for a person and survives a restart: people who ask to see us (RFC 6121 §3.1). */
#ifndef STORE_REQUESTS_H
#define STORE_REQUESTS_H

#include "store/store.h"

struct request_row {
	int64_t	 account;
	char	*jid;		/* bare, who asks */
	char	*words;		/* what they wrote, or NULL */
	int64_t	 asked_ms;
};
void	 request_row_free(struct request_row *);
/*
 * One more from the same address takes the place of the earlier.  Beyond LIMIT_REQUESTS of an account it is not kept.
 */
bool	 request_save(struct store *, const struct request_row *, GError **error);
bool	 request_delete(struct store *, int64_t account, const char *jid, GError **error);
/* Oldest first, of struct request_row. */
GPtrArray *request_list(struct store *);

#endif
