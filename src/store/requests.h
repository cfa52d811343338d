/* requests.h: what waits for a person and survives a restart: subscription requests (contract.md §6). */
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
bool	 request_save(struct store *, const struct request_row *, GError **error);
bool	 request_delete(struct store *, int64_t account, const char *jid, GError **error);
GPtrArray *request_list(struct store *);

#endif
