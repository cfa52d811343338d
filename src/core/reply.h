/*
 * reply.h: an answer to a certain message (XEP-0461): the quotation that stands in its text for clients that do not
 * know answers (XEP-0428), taken off and put on.
 */
#ifndef CORE_REPLY_H
#define CORE_REPLY_H

#include "xmpp/stanza.h"

/* The id of the message that this one answers; NULL: none, or two.  In the stanza. */
const char *reply_id(const struct stanza *message);
/*
 * Takes the quotation off text, which is the message's, where there is one: an answer says of exactly one part of its
 * body that it is for others, that part is whole lines, each of them a quotation, and something is left.  Anything else
 * stays: nothing but a quotation is ever hidden.  True: something was taken off.
 */
bool	 reply_cut(const struct stanza *message, char *text);
/* The lines of text as a quotation, each with a line feed.  The caller's. */
char	*reply_quote(const char *text);
/* Says in a stanza of ours which message it answers, by that id and author, with what it said in front of the body. */
void	 reply_add(struct stanza *message, const char *id, const char *author, const char *quoted);

#endif
