/*
 * words.h: a command line cut into words: blanks and line breaks separate, '...' and "..." and \ quote.  Pure.
 */
#ifndef CORE_WORDS_H
#define CORE_WORDS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * The next word from *at on; *at moves behind it and the blanks that follow.  NULL at the end of the line, and when a
 * quote is not closed (then *error is set).  The caller's.
 */
char	*words_next(const char **at, GError **error);
/* Bytes of blanks that text begins with. */
size_t	 words_blanks(const char *text);

#endif
