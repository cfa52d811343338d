/*
 * connection.h: how an account gets on line and stays there: password, certificate, back-off, and the callbacks of
 * its stream.  A refused password or certificate stops and asks; everything else is tried again by itself.
 */
#ifndef CORE_CONNECTION_H
#define CORE_CONNECTION_H

#include "core/account.h"

struct connection *connection_new(struct account *);
void	 connection_free(struct connection *);

/* The person (or autoconnect) wants it on line: at once, also while it waits or after a refusal. */
void	 connection_open(struct account *);
/* Where it waits for its next try because the network failed: now, or a second after the last one if that is later. */
void	 connection_try(struct account *);
/* The person wants it off line. */
void	 connection_close(struct account *);
/* The core ends: says good-bye where on line.  Nothing is tried any more.  True: a stream is still going down. */
bool	 connection_end(struct account *);
bool	 connection_down(const struct account *);
/* On line, the session has its list, and its presence is out. */
bool	 connection_ready(const struct account *);

/* The disk refuses (true) or takes again (false): stop reading, go on with what was put aside. */
void	 connection_hold(struct account *, bool hold);
/* Sends text on the stream now; only for what needs no commit before it. */
void	 connection_write(struct account *, const char *xml, size_t len);
/* The server broke the protocol: ends the stream with a stream error and tries again later. */
void	 connection_break(struct account *, const char *condition, const char *sentence);
/* The link is dead though nobody said so: leaves the session on the server, and tries again. */
void	 connection_give_up(struct account *, const char *sentence);

#endif
