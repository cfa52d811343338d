/*
 * tls.h: what confab wants from a TLS handshake that libstrophe makes.  libstrophe gives no way to ask for it, so
 * SSL_connect() is defined in the executable and sets up the connection before it calls the real one: TLS 1.2 at
 * least, ALPN (XEP-0368 §2), the name as an A-label, the certificate judged by us.
 */
#ifndef XMPP_TLS_H
#define XMPP_TLS_H

#include <glib.h>
#include <stdbool.h>

#include "xmpp/stream.h"

struct tls_watch {
	/* set by the caller, lent */
	const char	*domain;	/* of the JID: what the certificate must be for; an A-label */
	const char	*pin;		/* 64 hex digits or with colons, or NULL */
	unsigned	 pin_flaws;	/* of enum stream_flaw: what the pinned one may have */
	const char	*ca_file;	/* instead of the system's authorities, or NULL */
	/* results */
	void		*ssl;		/* SSL of the connection, as long as that lives */
	bool		 seen;		/* the handshake went through here */
	bool		 good;		/* the certificate was accepted */
	bool		 pin_differs;
	struct stream_certificate *certificate;	/* facts of the server's own one; problem NULL when good */
};

/* The handshakes of this thread are judged by this (NULL: not by us).  Must live until they are over. */
void	 tls_watch(struct tls_watch *);
void	 tls_watch_clear(struct tls_watch *);

/* After the handshake.  "TLSv1.3". */
const char *tls_version(const struct tls_watch *);
/*
 * Channel binding data of this type ("tls-exporter", RFC 9266; "tls-unique", RFC 5929), NULL when this connection
 * has none that is safe to use.
 */
GBytes	*tls_binding(const struct tls_watch *, const char *type);

/* Why the last handshake of this thread failed, as OpenSSL says it; "" when it does not say.  The caller's. */
char	*tls_error_text(void);

/* The thread makes no TLS any more: what OpenSSL keeps for it goes now, and not while the process ends. */
void	 tls_leave_thread(void);

/* False with an error when libstrophe does not come through here. */
bool	 tls_check(GError **error);

#endif
