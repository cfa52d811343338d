/*
 * client.h: a face's end of the core's socket: connect, ask, be told.  On the default main context; a caller that
 * wants to wait runs its own GMainLoop until its answer came.
 */
#ifndef PROTO_CLIENT_H
#define PROTO_CLIENT_H

#include <glib.h>
#include <jansson.h>

#include "proto/event.h"

struct client;

struct client_handler {
	/*
	 * An event came.  event is lent; raw is its JSON as it came, lent too.  event is NULL for a type that this
	 * program does not know.
	 */
	void	(*event)(void *ctx, const struct event *event, json_t *raw);
	/* The core is gone.  Every open request was answered with an error before.  The client may be freed here. */
	void	(*closed)(void *ctx);
};

struct client_hello {
	const char	*client;	/* "tui", "do", ... */
	int		 columns;	/* 0: not known */
	bool		 interactive;
};

/* The answer to a request: result or error, both lent.  The error's domain is RPC_ERROR, its data may be NULL. */
typedef void (*client_done)(void *ctx, json_t *result, const GError *error, json_t *error_data);

/*
 * Connects to the socket through its folder, so that the path's length does not matter.  NULL with RPC_ERROR_OFFLINE
 * when no core listens there.  Says nothing yet: call client_hello() next.
 */
struct client *client_connect(const char *socket_path, const struct client_handler *, void *ctx, GError **error);
/* A socket that is already open, such as a plugin's or a test's.  Takes fd. */
struct client *client_new(int fd, const struct client_handler *, void *ctx);
/* Open requests are dropped without an answer. */
void	 client_free(struct client *);

/* hello with our version, cwd and TZ filled in. */
int64_t	 client_hello(struct client *, const struct client_hello *, client_done, void *ctx);
/* Takes params (NULL: none).  Returns the request's id; done may be NULL. */
int64_t	 client_request(struct client *, const char *method, json_t *params, client_done, void *ctx);
/* The answer to this request is not wanted any more; the core is not told. */
void	 client_forget(struct client *, int64_t request);
/* Keys before events: a face gives its socket a lower priority than its terminal. */
void	 client_set_priority(struct client *, int priority);

#endif
