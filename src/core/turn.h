/*
 * turn.h: one turn of the main loop as one commit (HACKING, "Commits").
 *
 * What one stanza, command or timer changes is a savepoint: turn_begin(), turn_end().  What leaves the core because of
 * it (events, stanzas, answers on the socket) is given to the turn and leaves after the commit, in order.  The commit
 * happens when the loop comes around, before anything else is dispatched.
 *
 * When the disk refuses, nothing leaves that depends on it: no stanza, no acknowledgement, no message or chat as an
 * event.  The turn tells its watcher (who stops reading the XMPP sockets), tries again every second, and tells it when
 * it works again.  Events of anything else go on (core/bus.h), and answers to requests, of which none can change the
 * database.
 */
#ifndef CORE_TURN_H
#define CORE_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/bus.h"
#include "store/chats.h"
#include "store/messages.h"

struct core;
struct turn;

struct turn *turn_new(struct core *);
/* What still waits is given to its release, while what it is about is there; nothing is done. */
void	 turn_abandon(struct turn *);
void	 turn_free(struct turn *);

/*
 * Opens the savepoint of one cause.  False: the disk refuses at present; nothing may be changed, and the cause is to
 * be kept for later.  Nesting is allowed and means the outer one.
 */
bool	 turn_begin(struct turn *);
/* keep false takes back what was changed in the store, and the objects that were put since turn_begin(). */
void	 turn_end(struct turn *, bool keep);

/*
 * The newest row of a message or chat that changed; the event is made of the last one put before the commit.  Takes
 * row.
 */
void	 turn_put_message(struct turn *, struct message_row *row);
/* The chat changed, or what is counted in it: it is loaded again when the event is made. */
void	 turn_put_chat(struct turn *, int64_t chat);
/* Anything else that is to happen after the commit, in order; ctx is given to release (may be NULL) in any case. */
void	 turn_after(struct turn *, void (*fn)(void *ctx), void *ctx, void (*release)(void *ctx));
/* In an open savepoint: what was given to turn_after() in it happens also when the rest of it is taken back. */
void	 turn_keep_effects(struct turn *);
/* Called just before each commit, to write what it is to hold (stream counters); turn_failed() in it puts it off. */
void	 turn_before_commit(struct turn *, void (*fn)(void *ctx), void *ctx);
void	 turn_forget_before_commit(struct turn *, void (*fn)(void *ctx), void *ctx);
/* A change inside turn_begin() failed: when the disk refused, the turn is stuck from now on.  True: it was the disk. */
bool	 turn_failed(struct turn *, const GError *error);
/* There is something to commit or to deliver: bus_post() and counters alone do not say so themselves. */
void	 turn_wake(struct turn *);

/* Commits and delivers now: for tests, and for the end. */
void	 turn_finish(struct turn *);
/* stuck(true, why) when the disk begins to refuse, stuck(false, NULL) when it takes again. */
void	 turn_on_stuck(struct turn *, void (*stuck)(void *ctx, bool stuck, const char *why), void *ctx);
bool	 turn_is_stuck(const struct turn *);
/* Why, as a sentence; NULL when it is not. */
const char *turn_why(const struct turn *);

#endif
