/* caps.h: lists of features by their hash (XEP-0115), at most LIMIT_CAPS of them: the oldest gives way. */
#ifndef STORE_CAPS_H
#define STORE_CAPS_H

#include "store/store.h"

/* Lines, one feature each; NULL when it is not here.  The caller's. */
char	*caps_row_load(struct store *, const char *key);
bool	 caps_row_save(struct store *, const char *key, const char *features, GError **error);

#endif
