/*
 * acknowledge.h: stream management (XEP-0198) as counted by us: what is acknowledged is on disk.
 *
 * In: every stanza handed to the router counts, also one that is ignored.  An <a/> carries only the count of a finished
 * commit; <r/> is answered after the commit of all that came before it.  Out: a stanza gets its number when it is given
 * to the stream; the number of a message is committed with it before its first byte leaves.
 *
 * A resumed stream is proved first: an <r/> goes alone, and what is to be sent waits for its answer.  Servers (Prosody
 * 0.12) go on with the parser of the broken link, and when that broke inside a stanza, what follows falls into it and
 * is lost or ends the session.  Since nothing else was sent, it is then known what the server has, and a new session
 * goes on from there.
 */
#ifndef CORE_ACKNOWLEDGE_H
#define CORE_ACKNOWLEDGE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "xmpp/stream.h"

struct account;
struct clock_timer;

struct acknowledge {
	bool	 on;
	char	*id, *location;	/* what to resume; NULL: cannot be */
	char	*jid;		/* the full address of that session */
	int64_t	 since_ms;
	int64_t	 in;		/* stanzas handled */
	int64_t	 in_committed, in_told;
	int64_t	 out;		/* number of the last stanza given to the stream */
	int64_t	 acked;		/* the server's last count, same scale as out */
	bool	 exact;		/* this process gave all numbers: out is what was sent */
	bool	 asked;		/* an <r/> of ours is open */
	int64_t	 asked_ms;	/* when; boot clock */
	struct clock_timer *patience;	/* runs while it is: a server that does not answer is gone */
	int64_t	 wait_ms;	/* for how long */
	int64_t	 heard_ms;	/* boot clock: when something last came in */
	size_t	 unasked_bytes;	/* given to the stream since the last <r/> */
	bool	 ask;		/* ask at the end of this turn */
	bool	 answer;	/* an <r/> of the server waits for the commit */
	GQueue	 kept;		/* of struct kept_stanza: not messages, not acknowledged, worth sending again */
	bool	 proving;	/* resumed, and the first <r/> is not answered yet */
	bool	 clean;		/* nothing was sent since the server told what it has */
	GQueue	 held;		/* of char *: has its number, waits for the proof */
	GQueue	 again;		/* of struct kept_stanza: of the broken link, waits for the proof */
};

void	 acknowledge_init(struct account *);
void	 acknowledge_clear(struct account *);

/*
 * The stream is up, in the savepoint of that: starts a new session, or goes on with the old one and settles what the
 * server had.  False: the server counts what we never sent; the stream must end.
 */
bool	 acknowledge_up(struct account *, const struct stream_up *);
/* A stanza was handled. */
void	 acknowledge_in(struct account *);
/* Gives the next number to a stanza of so many bytes; xml (taken, may be NULL) is kept until acknowledged. */
int64_t	 acknowledge_out(struct account *, char *xml, size_t len);
/* Writes what has its number, now or when the stream is proved. */
void	 acknowledge_write(struct account *, const char *xml);
/* The stanza with the last number will not be given to the stream: what caused it was taken back. */
void	 acknowledge_take_back(struct account *);
/* Asks at once, if it is not asked already; a server that says nothing at all for so long is gone. */
void	 acknowledge_ask(struct account *, int64_t wait_ms);
/* <r/> or <a/> came, in its savepoint.  False: the server counts what we never sent; the stream must end. */
bool	 acknowledge_element(struct account *, const struct stanza *);
/* After a commit: writes what is due. */
void	 acknowledge_flush(struct account *);
/* The stream is down, to be resumed or not. */
void	 acknowledge_down(struct account *);
/* Before a commit: the row of the stream, when something else is to be committed or told, or the link is gone. */
void	 acknowledge_save(struct account *);
/* The disk took nothing of a session that had begun: it will not be gone on with. */
void	 acknowledge_forget(struct account *);
/* The session is over for good: the row goes. */
void	 acknowledge_end(struct account *);

#endif
