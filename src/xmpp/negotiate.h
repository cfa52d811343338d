/*
 * negotiate.h: from a TCP connection to a bound resource (RFC 6120 §4.3, §5 to §7; XEP-0198): what to say next.  Runs
 * on the connection's thread and speaks through conn.h.
 */
#ifndef XMPP_NEGOTIATE_H
#define XMPP_NEGOTIATE_H

#include "xmpp/conn.h"

struct negotiate;

/* setup must live as long. */
struct negotiate *negotiate_new(struct conn *, const struct conn_setup *);
void	 negotiate_free(struct negotiate *);

/* The connection is made. */
void	 negotiate_connected(struct negotiate *);
/* The server's stream header came. */
void	 negotiate_opened(struct negotiate *);
/* A top-level element before conn_up(). */
void	 negotiate_element(struct negotiate *, const struct stanza *);

#endif
