/*
 * request.h: who asks to see when we are there (RFC 6121 §3).  A request is a prompt for everyone and a row, so that it
 * survives a restart of the core; it is never answered without a person.
 */
#ifndef CORE_REQUEST_H
#define CORE_REQUEST_H

#include "core/account.h"

/* A presence of type subscribe, subscribed, unsubscribe, unsubscribed; others are ignored. */
void	 request_presence(struct account *, const char *bare, const char *type, const struct stanza *presence);
/* Prompts for the rows that were there when the core started. */
void	 requests_restore(struct core *);
/* Answered by a command: the prompt and the row go. */
void	 request_settle(struct account *, const char *bare);
/* The account goes: its questions too.  The rows stay, for when it comes back. */
void	 requests_forget(struct account *);
/* For core.c: the list, empty. */
GPtrArray *requests_new(void);

#endif
