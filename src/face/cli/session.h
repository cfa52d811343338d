/*
 * session.h: a command's session with the core: connect, say hello, ask and wait.  Waiting runs the main loop, so
 * events come in meanwhile.
 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "base/paths.h"
#include "proto/client.h"

/* Exit codes of confab. */
enum cli_exit { CLI_OK = 0, CLI_FAILED = 1, CLI_NO_CORE = 2, CLI_OTHER_PROTOCOL = 4 };

struct session {
	struct client	*client;
	bool		 gone;		/* the core went */
	GMainLoop	*loop;		/* whoever waits runs it; session_wake() ends the wait */
	json_t		*hello;		/* the core's answer to hello */
	/* Set between open and the first wait; may be NULL. */
	void		(*on_event)(void *ctx, const struct event *, json_t *raw);
	void		*ctx;
};

/* An answer; error is set or it is not. */
struct answer {
	json_t		*result, *data;
	GError		*error;
};
void	 answer_clear(struct answer *);

/* CLI_OK; else the sentence was printed, and session_close() must still be called. */
enum cli_exit session_open(struct session *, const struct paths *, const char *client, bool interactive);
void	 session_close(struct session *);
/* Takes params.  False when the core went before it answered, or answered with an error; see answer->error. */
bool	 session_ask(struct session *, const char *method, json_t *params, struct answer *);
/* Waits until session_wake(), the end of the core, or timeout_ms (-1: for ever).  False for the last two. */
bool	 session_wait(struct session *, int64_t timeout_ms);
void	 session_wake(struct session *);
/* Prints the error and says which exit code it is. */
enum cli_exit session_failure(const struct session *, const GError *);

#endif
