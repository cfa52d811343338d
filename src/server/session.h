/*
 * session.h: one connection to the socket: its requests, what it subscribed to, and what happens when it does not read.
 */
#ifndef SERVER_SESSION_H
#define SERVER_SESSION_H

#include "core/command.h"
#include "core/core.h"
#include "proto/event.h"

struct session;

/* Takes fd.  gone is called once, when the other end is gone; free the session in it or later. */
struct session *session_new(struct core *, uint64_t number, int fd, void (*gone)(void *ctx, struct session *),
    void *ctx);
void	 session_free(struct session *);

/* An event happened; text is its notification as JSON, made once for all. */
void	 session_event(struct session *, const struct event *, const char *text, size_t len);
/* {session, client, since, interactive}; NULL before hello. */
json_t	*session_describe(const struct session *);

/* --- for the methods --- */
struct core *session_core(const struct session *);
struct caller *session_caller(struct session *);
bool	 session_is_introduced(const struct session *);
void	 session_introduce(struct session *, const json_t *params);
void	 session_subscribe(struct session *, const json_t *params);
/* It subscribed to events of this kind. */
bool	 session_wants(const struct session *, const struct event *);
/* Answers request id, after the commit; takes result. */
void	 session_answer(struct session *, int64_t id, json_t *result);
void	 session_fail(struct session *, int64_t id, const GError *, json_t *data);
/* For an answer that comes later: the session stays until it is released, though its other end may be gone. */
struct session *session_hold(struct session *);
void	 session_release(struct session *);
/* Sends one event as an answer to subscribe {since}, after the commit; event is lent. */
void	 session_replay(struct session *, const struct event *);

/* method.c: runs one request. */
void	 session_request(struct session *, int64_t id, const char *method, json_t *params);

#endif
