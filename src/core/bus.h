/*
 * bus.h: events on their way to whoever subscribed.  What is posted is delivered by the turn after its commit
 * (core/turn.h), in order: an event is a committed fact.  While the disk refuses there is no commit; then what is
 * posted is delivered as it comes: it is true as long as this process lives, which is what "epoch" says, and messages
 * and chats are not posted before they are committed.
 */
#ifndef CORE_BUS_H
#define CORE_BUS_H

#include "proto/event.h"

struct bus;
struct bus_subscriber;

/* The event is lent for the length of the call. */
typedef void (*bus_fn)(void *ctx, const struct event *);

struct bus *bus_new(void);
void	 bus_free(struct bus *);

/* Takes what the event owns.  Its time is set when it is 0. */
void	 bus_post(struct bus *, struct event);
/* Delivers what was posted, also by subscribers meanwhile.  A subscriber sees only what is posted after it came. */
void	 bus_deliver(struct bus *);
/* While nothing can be committed: only what has no revision above this one; the rest waits for bus_deliver(). */
void	 bus_deliver_up_to(struct bus *, int64_t rev);
/* Something was posted since one of these. */
bool	 bus_pending(const struct bus *);

struct bus_subscriber *bus_subscribe(struct bus *, bus_fn, void *ctx);
/* Also from inside a call of the subscriber. */
void	 bus_unsubscribe(struct bus *, struct bus_subscriber *);

#endif
