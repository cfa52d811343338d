/* bookmarks.h: the rooms that people keep, as the server last had them or is to have them (XEP-0402). */
#ifndef STORE_BOOKMARKS_H
#define STORE_BOOKMARKS_H

#include "store/store.h"

enum bookmark_debt {
	BOOKMARK_SETTLED,
	BOOKMARK_TO_PUBLISH,	/* changed here, and the server does not have it */
	BOOKMARK_TO_REMOVE,	/* removed here, and the server has it still */
};

struct bookmark_row {
	char		*jid;
	char		*xml;		/* the <conference/> */
	enum bookmark_debt debt;
};
void	 bookmark_row_free(struct bookmark_row *);
bool	 bookmark_save(struct store *, int64_t account, const struct bookmark_row *, GError **error);
bool	 bookmark_delete(struct store *, int64_t account, const char *jid, GError **error);
/* Of struct bookmark_row. */
GPtrArray *bookmark_rows(struct store *, int64_t account);

#endif
