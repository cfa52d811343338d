/*
 * conn_private.h: what conn.c (the main thread's side) and conn_thread.c (the thread) share.  Nobody else includes it.
 */
#ifndef XMPP_CONN_PRIVATE_H
#define XMPP_CONN_PRIVATE_H

#include <pthread.h>
#include <strophe.h>

#include "base/queue.h"
#include "xmpp/conn.h"
#include "xmpp/guard.h"
#include "xmpp/negotiate.h"
#include "xmpp/tls.h"

enum command_kind { COMMAND_SEND, COMMAND_HOLD, COMMAND_GO_ON, COMMAND_CLOSE, COMMAND_WAKE };

struct command {
	enum command_kind kind;
	size_t		 len;
	char		 data[];
};

struct conn {
	struct queue	*events, *commands;

	pthread_mutex_t	 mutex;		/* of what follows, up to the next comment */
	int		 refs;
	int		 fd;		/* a duplicate of libstrophe's socket, so that its number is ours; -1 */
	bool		 cut;
	bool		 stalled;	/* the thread waits for unread to shrink */
	uint64_t	 unread, unsent;	/* bytes */

	/* What was given; constant. */
	struct stream_config config;
	struct conn_setup setup;
	char		*password;

	/* The thread's own. */
	xmpp_ctx_t	*ctx;
	xmpp_conn_t	*library;
	int		 epoll;
	struct guard_report report;
	struct tls_watch watch;
	struct negotiate *negotiate;
	enum conn_phase	 phase;
	GQueue		 out;		/* of struct command, not given to the library yet */
	bool		 want_stream, want_tls;
	uint64_t	 border;	/* where the stream was when a new one was wanted */
	int		 socket_error;
	bool		 hold, closing, over;
	struct stream_failure *failure;
	bool		 forget_resume;
};

/* The thread, from its first to its last act. */
void	*conn_thread_run(void *conn);

/* conn.c, for the thread. */
void	 conn_post(struct conn *, struct conn_event);
void	 conn_setup_free(struct conn *);
void	 conn_unref(struct conn *);
void	 conn_count_thread(int change);

#endif
