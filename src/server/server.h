/*
 * server.h: the core's socket: who connects, and what they are told.  Only our own uid is let in.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "core/core.h"

struct server;

/* Binds core->paths->socket.  NULL with a sentence. */
struct server *server_new(struct core *, GError **error);
/* Takes a connected socket as a session, such as a test's. */
void	 server_adopt(struct server *, int fd);
/* Binds again when the socket's file is gone (SIGUSR1). */
void	 server_restore(struct server *);
/* Ends all sessions and removes the socket's file. */
void	 server_free(struct server *);

#endif
