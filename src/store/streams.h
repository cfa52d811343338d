/* streams.h: what stream management needs after a crash (XEP-0198): one row per account. */
#ifndef STORE_STREAMS_H
#define STORE_STREAMS_H

#include "store/store.h"

struct stream_row {
	char	*resume;	/* the id for <resume/>; NULL: nothing to resume */
	char	*location;
	uint32_t h;		/* stanzas received and committed */
	uint32_t acked;		/* the server's last h */
	uint32_t sent;		/* the number of the last message that was numbered and committed */
	char	*bound;		/* our full address */
	int64_t	 since_ms;	/* when the session began */
};
void	 stream_row_clear(struct stream_row *);
/* False when there is none; the row is then cleared. */
bool	 stream_row_load(struct store *, int64_t account, struct stream_row *);
bool	 stream_row_save(struct store *, int64_t account, const struct stream_row *, GError **error);
bool	 stream_row_delete(struct store *, int64_t account, GError **error);

#endif
