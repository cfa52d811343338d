/*
 * lines.h: what was typed in a chat, for Up in the next face: the last LIMIT_LINES of each chat; chat 0 is the console.
 */
#ifndef STORE_LINES_H
#define STORE_LINES_H

#include "store/store.h"

/* In an open savepoint.  The same line as the last one is not kept twice. */
bool	 line_keep(struct store *, int64_t chat, const char *line, GError **error);
/* Oldest first, of char *; the caller's. */
GPtrArray *line_list(struct store *, int64_t chat);

#endif
