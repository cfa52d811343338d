/* archive_private.h: what the files archive*.c share; archive_page.c stands alone. */
#ifndef CORE_ARCHIVE_PRIVATE_H
#define CORE_ARCHIVE_PRIVATE_H

#include "core/archive.h"
#include "core/archive_page.h"

enum {
	ARCHIVE_RETRY_MS = 300000,	/* after a refusal */
	ARCHIVE_DISK_MS = 2000,
};

/* What a query goes for. */
enum goal {
	GOAL_NONE,
	GOAL_WANTED,	/* older messages of one chat, for somebody who scrolls back */
	GOAL_UP,	/* from the last span to now */
	GOAL_NEWEST,	/* the newest page, where there is no span or the way up is blocked */
	GOAL_DOWN,	/* below a span */
};

struct want {
	char	*peer;
	int64_t	 ord;
};

struct archive {
	struct account	*account;
	struct room	*room;		/* whose it is; NULL: the account's */
	int64_t		 row;		/* in the store; 0: no session yet */
	enum sync_state	 state;
	char		*reason;	/* of SYNC_WAITING and SYNC_NONE */
	bool		 has;
	bool		 present;	/* the server sends us what comes: before that it may go to the archive alone */
	/* from here on stands what came in this session; 0: it is an earlier process's */
	int64_t		 since;
	struct archive_page page;
	uint64_t	 request;	/* the open iq */
	struct clock_timer *retry;
	struct clock_timer *looking;	/* runs until the fate of what is unknown is known, as far as it can be */
	GQueue		 wants;		/* of struct want */

	/* The open query: */
	enum goal	 goal;
	struct span	 span;		/* the one that gets longer; cleared for GOAL_NEWEST */
	int64_t		 target;	/* the row in the store: ours, or the one of a peer */
	struct archive_placing placing;
	char		*edge;		/* the id that it asked from, or NULL */
	char		*joins;		/* placing.joins */
	bool		 by_time;

	/* Over pages: */
	bool		 blocked;	/* the page above the last span breaks the stream */
	bool		 vanished;	/* an id that we had was not there any more */
	char		*strike_at;	/* the edge at which it went wrong */
	int		 strikes;
	bool		 ask_by_time;	/* the next time */
	unsigned	 pages, idle, stored;	/* since the last session */
	char		*mark;		/* an edge seen before, at page mark_at */
	unsigned	 mark_at;
	/* The last message that came by itself with an id, not yet the end of the span. */
	char		*live_id;
	int64_t		 live_ord, live_ms;
};

const char *archive_owner(const struct archive *);
int64_t	 archive_ms(int64_t ord);
void	 archive_want_free(void *want);
/* The next query, if there is anything to ask for. */
void	 archive_step(struct archive *);
/* archive_step() after so long. */
void	 archive_step_later(struct archive *, int64_t ms);
/* A sync event: of one chat, or (peer NULL) of the archive. */
void	 archive_post(struct archive *, const char *peer, const struct span *, unsigned stored);
void	 archive_set_state(struct archive *, enum sync_state, const char *reason);
void	 archive_drop_wants(struct archive *);
/* Nothing is asked until the time is over (0: never), a new session, or a person says so. */
void	 archive_give_up(struct archive *, int64_t retry_ms, const char *format, ...) G_GNUC_PRINTF(3, 4);
void	 archive_forget_circle(struct archive *);

/* archive_ask.c */
/* Sets what the query is about: the span and the one below it. */
void	 archive_aim(struct archive *, enum goal, int64_t target, const struct span *, const struct span *below);
/* False: nothing is missing there. */
bool	 archive_aim_at_want(struct archive *, const struct want *);
/*
 * How far down what stands at ord is here without a hole, by the account's spans and those of the peer.  True: there
 * may be more below *low; *first is the id at which a query about the peer goes on, or NULL.
 */
bool	 archive_reach(struct archive *, int64_t of_peer, int64_t ord, int64_t *low, char **first);
void	 archive_ask(struct archive *, const char *peer);

/* archive_answer.c */
void	 archive_answered(void *ctx, enum iq_end, const struct stanza *answer);
void	 archive_too_much(struct archive *);

/* archive_fate.c */
/*
 * The catch-up went past the time at which they were sent and did not bring them: they did not arrive, provided that
 * the archive would have kept them.
 */
void	 archive_settle_unknown(struct archive *);
/* What waited for that goes out. */
void	 archive_stop_looking(struct archive *);

#endif
