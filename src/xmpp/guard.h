/*
 * guard.h: what stands between the wire and libstrophe's parser.  It takes the place of the few Expat functions that
 * libstrophe calls (the executable defines them, so the dynamic linker finds them first) and so holds for every
 * parser in the process: no DTD, comment or processing instruction (RFC 6120 §11.1), UTF-8 only, no attribute with a
 * prefix but xml:lang, the LIMIT_STANZA... limits, character data in one piece, and every complete element delivered
 * at once.
 *
 * Of a stream whose owner takes the stanzas libstrophe sees nothing but the root: its own tree would be built only to
 * be printed into a log that nobody reads, converted, and thrown away, which took a third of the connection's thread.
 */
#ifndef XMPP_GUARD_H
#define XMPP_GUARD_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "xmpp/stanza.h"

struct guard_report {
	/* Takes each complete top-level element, in XML_Parse(); NULL: they go on to whoever set handlers. */
	void		(*stanza)(void *ctx, struct stanza *);
	void		*ctx;
	/* The rest is the guard's. */
	bool		 failed;	/* the parser has stopped for good */
	const char	*condition;	/* then: the stream error to answer with, RFC 6120 §4.9.3 */
	char		 words[160];	/* then: what came, "a comment", "an element with more than 64 attributes" */
	uint64_t	 total;		/* bytes that passed, ever */
	uint64_t	 fed;		/* bytes of this stream, counted from its header */
	uint64_t	 border;	/* of these, up to the end of the last header or top-level element */
	uint64_t	 stanza_bytes;	/* what the last complete top-level element took */
};

/*
 * Parsers that this thread makes from now on write here (NULL: nowhere), must outlive them, and are streams: the
 * root element has to be <stream:stream>.  Their XML_Parse() says yes even after a failure, so that nobody but the
 * owner of the report reacts to it.  Returns what was there before.
 */
struct guard_report *guard_watch(struct guard_report *);

/* Sends probes through libstrophe.  False with an error when one came through that must not. */
bool	 guard_check(GError **error);

#endif
