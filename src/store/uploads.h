/*
 * uploads.h: the links of files that we uploaded: a message that is nothing but one of them is that file (XEP-0066),
 * whenever it is sent.
 */
#ifndef STORE_UPLOADS_H
#define STORE_UPLOADS_H

#include "store/store.h"

/* In an open savepoint.  size: bytes. */
bool	 upload_keep(struct store *, int64_t account, const char *url, const char *name, int64_t size, GError **error);
bool	 upload_is(struct store *, int64_t account, const char *url);

#endif
