/*
 * link.h: whether the server is still there.  The kernel notices a dead line by itself (keep-alive, TCP_USER_TIMEOUT);
 * a proxy or a router that goes on acknowledging hides it from the kernel, and so do a machine that slept and an
 * address that is gone.  Then the server is asked: <r/> where it has stream management (XEP-0198), else a ping
 * (XEP-0199).
 *
 * No answer within LIMIT_LINK_WAIT, and nothing else either, means that it is not there: the link is left, the session
 * stays to be resumed.  Asked is
 *
 *	LIMIT_LINK_SAID		after something was sent to which nothing came
 *	LIMIT_LINK_QUIET	after the last that came at all
 *	at once			when the machine wakes up
 */
#ifndef CORE_LINK_H
#define CORE_LINK_H

#include <stdint.h>

struct account;
struct core;
struct link;

struct link *link_new(struct account *);
void	 link_free(struct link *);

/* The stream is up, or down. */
void	 link_up(struct account *);
void	 link_down(struct account *);
/* A stanza was sent. */
void	 link_said(struct account *);
/* The server took so long to answer.  Told with the account, where it changed by more than people see. */
void	 link_lag(struct account *, int64_t ms);

/* The machine slept, or its clock was set: who is on line asks, who waits tries. */
void	 link_woke(struct core *);
/* Addresses came or went: who is on line through one that is gone leaves it, who waits for the network tries. */
void	 link_moved(struct core *);

#endif
