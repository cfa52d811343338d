/* typed.h: the lines that people enter, kept for each chat (0: the console) so that every face can bring them back. */
#ifndef CORE_TYPED_H
#define CORE_TYPED_H

#include "core/core.h"

/*
 * Keeps a line, unless it begins with a blank or with /answer or is longer than LIMIT_LINE_KEPT: then nothing happens,
 * and that is no error.
 */
bool	 typed_keep(struct core *, int64_t chat, const char *line, GError **error);
/* The last LIMIT_LINES, oldest first, of char *; the caller's. */
GPtrArray *typed_list(const struct core *, int64_t chat);

#endif
