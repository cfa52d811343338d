/* tempstore.h: a store in a folder of its own, with one account and one chat in it, for tests. */
#ifndef TEST_TEMPSTORE_H
#define TEST_TEMPSTORE_H

#include "store/messages.h"
#include "store/store.h"

#define TEMPSTORE_ME	"me@example.net"
#define TEMPSTORE_YOU	"you@example.net"

struct tempstore {
	char	*folder, *path;
	struct store *store;
	int64_t	 account, chat;
};

/* A folder and no store yet. */
void	 tempstore_init(struct tempstore *);
void	 tempstore_open(struct tempstore *);
/* Closes and opens again, without a commit. */
void	 tempstore_reopen(struct tempstore *);
/* Closes and removes all. */
void	 tempstore_clear(struct tempstore *);

/* A savepoint around what stands between; fails the test when the store does. */
void	 tempstore_begin(struct tempstore *);
void	 tempstore_end(struct tempstore *);
void	 tempstore_commit(struct tempstore *);

/* What you@example.net says, live and new; each in a savepoint.  The row is the caller's. */
struct message_row *tempstore_hear(struct tempstore *, const char *body);
/* Any arrival, in a savepoint. */
struct message_row *tempstore_arrive(struct tempstore *, const struct message_arrival *, enum message_fate *);
/* Queues what we say. */
struct message_row *tempstore_say(struct tempstore *, const char *origin_id, const char *body);

#endif
