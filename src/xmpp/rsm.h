/* rsm.h: lists that come page by page (XEP-0059). */
#ifndef XMPP_RSM_H
#define XMPP_RSM_H

#include "xmpp/stanza.h"

/* <set><max/><after/></set> into a question; max 0: as many as the other side likes; after NULL: from the beginning. */
void	 rsm_ask(struct stanza *parent, unsigned max, const char *after);
/*
 * After what the next page begins; NULL: this was the last.  here: how many this page had; so_far: with it; before:
 * what was given to rsm_ask().  A side that names the same place again would be asked for ever.  The caller's.
 */
char	*rsm_next(const struct stanza *parent, unsigned here, unsigned so_far, const char *before);

#endif
