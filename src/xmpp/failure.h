/* failure.h: making the one struct in which a stream says why it ended. */
#ifndef XMPP_FAILURE_H
#define XMPP_FAILURE_H

#include "xmpp/stream.h"

/*
 * format makes the text.  condition and words may be NULL; words must have been through failure_words().
 * final follows from the fault; the caller may change it.
 */
struct stream_failure *failure_new(enum stream_fault, const char *condition, const char *words, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* Foreign text as one safe line; NULL for NULL and for nothing but blanks.  The caller's. */
char	*failure_words(const char *text);
/* The server's words and condition as they are quoted: "\"words\" (condition)" or "\"condition\"".  The caller's. */
char	*failure_quote(const char *condition, const char *words);

/* What a <stream:error/> says; server is how the sentence names it. */
struct stream_failure *failure_from_stream_error(const struct stanza *, const char *server);

#endif
