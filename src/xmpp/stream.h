/*
 * stream.h: one logged-in XML stream, the seam between confab and the network.  Everything from the name look-up
 * to resource binding (or resumption) happens behind it; what comes out is stanzas, and in the end one failure in
 * words.  tests/lib has a fake one.
 *
 * All calls and all callbacks are on the main thread.  After open() the order is: STEP*, then UP, STANZA*, then DOWN;
 * or STEP*, DOWN.  DOWN comes exactly once and is the last, and the stream must then be freed with free(), in the
 * callback or later.
 */
#ifndef XMPP_STREAM_H
#define XMPP_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xmpp/stanza.h"

struct stream;

enum stream_tls {
	STREAM_TLS_STARTTLS,	/* both kinds of SRV record; without SRV port 5222 and STARTTLS */
	STREAM_TLS_DIRECT,	/* direct TLS only */
	STREAM_TLS_OFF,		/* none; open() refuses it for a host that is not loopback */
};

/*
 * What can be wrong with a certificate and be taken by a person who knows why; bits.  A pin covers those that it was
 * given for: who takes one that has ended has not said that it may be for another host.
 */
enum stream_flaw {
	STREAM_FLAW_ISSUER = 1,		/* nobody who is known here has signed it */
	STREAM_FLAW_DATE = 2,		/* it has ended, or has not begun */
	STREAM_FLAW_NAME = 4,		/* it is for another host */
};

/* What to open.  Copied by open(). */
struct stream_config {
	const char	*jid;		/* bare, normalised */
	const char	*password;	/* UTF-8 */
	const char	*resource;	/* wanted; NULL: the server chooses */
	const char	*host;		/* instead of SRV; NULL: SRV of the domain */
	uint16_t	 port;		/* 0: the usual one; only with host */
	enum stream_tls	 tls;
	const char	*ca_file;	/* instead of the system's CAs; NULL: the system's */
	/* SHA-256 of the server's certificate, hex with or without colons; NULL: none */
	const char	*pin;
	unsigned	 pin_flaws;	/* of enum stream_flaw: what the pinned certificate may have */
	const char	*mechanism;	/* the best that has worked: a weaker one is not used; NULL: none yet */
	const char	*lang;		/* xml:lang of the stream; NULL: "en" */
	/*
	 * Only look: every address is tried up to where a log-in would begin, no password is needed, and none of it
	 * goes out.  What is wrong with one comes as TROUBLE.  DOWN has STREAM_CLOSED when one at least was good.
	 */
	bool		 look;
	/* XEP-0198: NULL, or what to resume and how many stanzas of it are committed. */
	const char	*resume_id;
	const char	*resume_jid;	/* the full address of that session; a resumed stream does not tell it again */
	uint32_t	 resume_h;
};

enum stream_fault {
	STREAM_CLOSED,		/* we asked for it */
	STREAM_LOST,		/* the connection broke, or the server closed it without a reason */
	STREAM_NO_NAME,		/* the name does not resolve */
	STREAM_UNREACHABLE,	/* no address could be connected to */
	STREAM_SILENT,		/* a deadline of a step passed */
	STREAM_NO_TLS,		/* no encryption offered, or refused */
	STREAM_TLS_FAILED,	/* the handshake failed for another reason than the certificate */
	STREAM_CERTIFICATE,	/* the certificate is not good; certificate is set */
	STREAM_PIN,		/* it is not the pinned one; certificate is set */
	STREAM_PASSWORD,	/* not-authorized: the password or the name is wrong */
	STREAM_REFUSED,		/* the log-in was refused for another reason: locked, disabled, expired, ... */
	/* the server says that it works later: temporary-auth-failure, resource-constraint, ... */
	STREAM_BUSY,
	STREAM_WEAK,		/* it offers no mechanism that we accept */
	STREAM_WEAKER,		/* it offers none as strong as the one that worked before */
	STREAM_FORGED,		/* the server could not prove that it knows the password, or injected something */
	STREAM_BIND,		/* binding refused, or bound to somebody else's address */
	STREAM_ERROR,		/* a <stream:error/> of another kind */
	STREAM_CONFLICT,	/* <conflict/>: another client took the resource */
	STREAM_BROKEN,		/* what came is not well-formed or not allowed XML, or passes a limit */
	STREAM_CONFIG,		/* the configuration cannot be used: ca_file unreadable, tls off for a far host, ... */
};
/* "password", "certificate", "network", "tls", "server", ...: the reason word of the account event. */
const char *stream_fault_word(enum stream_fault);

struct stream_certificate {
	char	*problem;	/* in words; NULL when only the pin differs */
	char	*subject, *issuer;
	char	*names;		/* the host names it is for, ", " between */
	int64_t	 not_before_ms, not_after_ms;
	char	*sha256;	/* upper-case hex with colons */
	unsigned flaws;		/* of enum stream_flaw, all that it has */
	bool	 pin_helps;	/* it has no other than those: a person may pin it.  A pin that changed: also true */
};

struct stream_failure {
	enum stream_fault fault;
	char	*condition;	/* the server's condition, or NULL */
	char	*words;		/* the server's own words made safe, or NULL */
	char	*text;		/* one or two sentences for the person, words and condition quoted in it.  Never NULL */
	struct stream_certificate *certificate;	/* or NULL */
	bool	 final;		/* trying again without a change is pointless or harmful */
};
void	 stream_failure_free(struct stream_failure *);
void	 stream_certificate_free(struct stream_certificate *);

struct stream_up {
	const char	*jid;		/* the full address we are bound to */
	bool		 resumed;	/* everything below jid belongs to the stream from before */
	uint32_t	 acked;		/* resumed: the server's h; see also failed_h */
	bool		 sm;		/* <enabled/> came: count from here.  False: no stream management */
	const char	*sm_id;		/* NULL: cannot be resumed */
	const char	*sm_location;	/* or NULL */
	uint32_t	 sm_max_s;	/* 0: not told */
	bool		 resume_failed;	/* <failed/> came to resume_id, and a new session was made */
	bool		 has_failed_h;
	uint32_t	 failed_h;	/* the h in that <failed/> */
	const char	*tls;		/* "TLSv1.3"; NULL without TLS */
	const char	*mechanism;	/* "SCRAM-SHA-256" */
	const char	*peer;		/* "xmpp.example.net:5223" */
	const char	*local;		/* the numeric address of this machine that it comes from; NULL: not known */
	const struct stanza *features;	/* the last <stream:features/>, for sm, rosterver, csi, ... */
};

struct stream_handler {
	/* What was just done or is being tried, for the console and the log; lent. */
	void	(*step)(void *ctx, const char *text);
	void	(*up)(void *ctx, const struct stream_up *);
	/*
	 * A top-level element after UP: message, presence, iq, and those of NS_SM (<r/>, <a/>).  Takes stanza.  Comes
	 * in the order of the wire, at most LIMIT_TURN_STANZAS or LIMIT_TURN_TIME in one turn of the main loop.
	 */
	void	(*stanza)(void *ctx, struct stanza *);
	/* The end; takes failure. */
	void	(*down)(void *ctx, struct stream_failure *);
	/* Only with look: this address is no good; lent. */
	void	(*trouble)(void *ctx, const struct stream_failure *);
};

/* A way to get a stream.  The handler must live until DOWN or free(). */
struct transport {
	struct stream *(*open)(const struct stream_config *, const struct stream_handler *, void *ctx);
	/* Complete elements as text, in the order of the calls.  Only after UP; lost silently when the link breaks. */
	void	(*send)(struct stream *, const char *xml, size_t len);
	/* Stop reading (true) when the store cannot commit, and go on (false); what is sent meanwhile goes out then. */
	void	(*hold)(struct stream *, bool);
	/* Whether this machine has the numeric address; true where that cannot be known. */
	bool	(*has_address)(const char *address);
	/* Polite end: what was sent goes out, </stream:stream>, at most 2 s; then DOWN with STREAM_CLOSED. */
	void	(*close)(struct stream *);
	/* At any time, also before DOWN: no callback comes any more.  Leaves a logged-in stream without closing it (so
	 * the server keeps the session for resumption); one that is being closed comes to its polite end by itself. */
	void	(*free)(struct stream *);
};

extern const struct transport transport_net;

/* Once per process, before the first open(): libraries, SIGPIPE, and the guard's self-test.  False with an error when
 * the guard is not in effect: then the program must not go on line. */
bool	 stream_initialise(GError **error);
/* Before exit(): waits, at most 2 s, for the threads of streams that were freed, so that none works in libraries that
 * are being taken down. */
void	 stream_finish(void);
/* "libstrophe 0.12, GNU SASL 2.2.0, Expat 2.5.0, OpenSSL 3.0.17": what the process runs on. */
const char *stream_libraries(void);

#endif
