/*
 * conn.h: one attempt at one address, and the connection that comes of it: a thread that owns libstrophe's context and
 * does everything up to binding by itself; then it takes bytes in and hands stanzas out.
 *
 * The thread holds no deadline.  Whoever waits for it ends a step with conn_cut(), which shuts the socket down; the
 * library returns from wherever it is.  A thread that does not come back is left behind: it frees what is its own.
 */
#ifndef XMPP_CONN_H
#define XMPP_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xmpp/stream.h"

/* What is being waited for. */
enum conn_phase { CONN_CONNECT, CONN_TLS, CONN_OPEN, CONN_LOGIN, CONN_UP, CONN_PHASES };

/* How long each may take, and the polite end.  Tests make them short. */
struct conn_deadlines {
	int64_t	 name_ms;
	int64_t	 phase_ms[CONN_PHASES];	/* CONN_UP: not used */
	int64_t	 close_ms;
	int64_t	 stuck_ms;	/* after conn_cut(), until the thread is left behind */
};
extern struct conn_deadlines conn_deadlines;

/* Copied by conn_start(). */
struct conn_setup {
	const struct stream_config *config;
	const char	*domain;	/* of config->jid */
	const char	*ascii;		/* the same as an A-label */
	const char	*address;	/* numeric */
	uint16_t	 port;
	const char	*peer;		/* "xmpp.example.net:5223", for people */
	bool		 direct;
};

/* What a log-in brought; the strings of struct stream_up. */
struct conn_login {
	struct stream_up up;	/* points to the rest */
	char		*jid, *sm_id, *sm_location, *tls, *mechanism, *peer, *local;
	struct stanza	*features;
};
void	 conn_login_free(struct conn_login *);

enum conn_event_kind { CONN_EVENT_STEP, CONN_EVENT_PHASE, CONN_EVENT_UP, CONN_EVENT_STANZA, CONN_EVENT_END };

struct conn_event {
	enum conn_event_kind kind;
	enum conn_phase	 phase;		/* PHASE; END: where it was */
	char		*text;		/* STEP */
	struct conn_login *login;	/* UP */
	struct stanza	*stanza;	/* STANZA */
	uint64_t	 bytes;		/* STANZA: on the wire */
	struct stream_failure *failure;	/* END, which is the last; NULL: closed as we asked */
	bool		 forget_resume;	/* END: the same again without resumption can help */
};
void	 conn_event_free(void *event);

struct conn;

/* --- for the main thread --- */

struct conn *conn_start(const struct conn_setup *);
/* Readable when conn_take() has something. */
int	 conn_fd(const struct conn *);
/* NULL when there is nothing.  The caller's. */
struct conn_event *conn_take(struct conn *);
/* False when too much waits to go out already. */
bool	 conn_send(struct conn *, const char *xml, size_t len);
void	 conn_hold(struct conn *, bool);
/* Sends what was given, then </stream:stream>; END comes when the server has answered. */
void	 conn_close(struct conn *);
/* Any thread. */
void	 conn_cut(struct conn *);
/* Cuts, and forgets it: the thread ends by itself. */
void	 conn_release(struct conn *);

/* Before the process ends: until all threads are gone, those that were released too, or the time is over. */
void	 conn_wait_all(int64_t timeout_ms);

/* --- for negotiate.c, on the connection's thread --- */

void	 conn_step(struct conn *, const char *format, ...) G_GNUC_PRINTF(2, 3);
void	 conn_enter(struct conn *, enum conn_phase);
/* Queues text; not before TLS, but for what opens it. */
void	 conn_write(struct conn *, const char *xml);
void	 conn_write_stanza(struct conn *, const struct stanza *);
/* A new stream header, after the handlers have returned; first with a TLS handshake. */
void	 conn_restart(struct conn *, bool with_tls);
/* The server resumed something else: the next attempt must not ask for it. */
void	 conn_forget_resume(struct conn *);
/* Ends it; takes failure.  The first one counts. */
void	 conn_fail(struct conn *, struct stream_failure *);
/* Logged in: takes login; what comes from now on is given to the main thread. */
void	 conn_up(struct conn *, struct conn_login *);
GBytes	*conn_binding(void *conn, const char *type);
/* NULL without TLS. */
const char *conn_tls_version(const struct conn *);
/* The address that it comes from; NULL: not known.  The caller's. */
char	*conn_local(struct conn *);

#endif
