/*
 * faketransport.h: a transport (xmpp/stream.h) without a network: it records what is sent, and the test plays the
 * server.  What is recorded is kept per account, over its streams, until it is taken.
 */
#ifndef TEST_FAKETRANSPORT_H
#define TEST_FAKETRANSPORT_H

#include "xmpp/stream.h"

extern const struct transport transport_fake;

/* What the newest stream of the account (bare JID) was opened with; NULL when none is there.  Lives as long as it. */
const struct stream_config *fake_config(const char *jid);
/* Times that a stream was opened for this account. */
unsigned fake_opened(const char *jid);
bool	 fake_is_up(const char *jid);
bool	 fake_is_held(const char *jid);
/* The core closed it, and waits for DOWN. */
bool	 fake_is_closing(const char *jid);

/* The server's side; the account must have a stream. */
void	 fake_step(const char *jid, const char *text);
void	 fake_up(const char *jid, const struct stream_up *);
/* One element as XML; false with what is wrong with it. */
bool	 fake_stanza(const char *jid, const char *xml, GError **error);
/* Takes failure. */
void	 fake_down(const char *jid, struct stream_failure *);

/* The oldest element that was sent and not taken, as text; NULL.  The caller's. */
char	*fake_take_sent(const char *jid);
/* Until fake_reset() nothing more is recorded: its process is dead.  How much was sent and not taken. */
unsigned fake_mute(const char *jid);
/* Called once, in the next send of any stream, instead of recording: its bytes never leave.  NULL: not any more. */
void	 fake_at_send(void (*fn)(void *ctx), void *ctx);
/* This machine has not that address any more; NULL: it has all. */
void	 fake_gone(const char *address);
/* Forgets everything; streams that are still there are not called back. */
void	 fake_reset(void);

#endif
