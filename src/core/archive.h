/*
 * archive.h: catching up with what the account's archive, or a room's, kept while we were not there (XEP-0313, in pages
 * by XEP-0059), and fetching what is older when somebody scrolls back.
 *
 * What is here without a hole are spans in the database (store/spans.h), each made longer in the savepoint of the page
 * that did it.  So every step begins with a look at them: which hole is next, and which id lies at its edge.  Nothing
 * else must be remembered over a cut, a restart or a kill.  The order: what somebody waits for, then from the last span
 * to now, then the holes from the newest to the oldest, then back to history.first_days before the first log-in.  Of a
 * room that was not entered before only the newest page is fetched: it may be busier than anybody wants to read.
 */
#ifndef CORE_ARCHIVE_H
#define CORE_ARCHIVE_H

#include <jansson.h>

#include "core/account.h"
#include "store/messages.h"
#include "store/spans.h"

struct archive;
struct room;

/* room NULL: the account's own. */
struct archive *archive_new(struct account *, struct room *);
void	 archive_free(struct archive *);

/* On line.  missed: something may have come while no session held it. */
void	 archive_session(struct account *, bool missed);
/* What the server says about itself: it keeps an archive, or not. */
void	 archive_told(struct account *, bool has);
/* Our presence is out.  What came before it went to the archive alone, so the catch-up is asked for behind it. */
void	 archive_present(struct account *);
/* We are in a room that has an archive; and not any more. */
void	 archive_room_in(struct archive *);
void	 archive_room_out(struct archive *);
/* The session goes on, and we were in all the time: what was asked meanwhile is asked again. */
void	 archive_room_on(struct archive *);
/* What became of our messages of which nobody knows is being looked for: what was typed behind them waits. */
bool	 archive_looks(const struct account *);
/* A message with a <result/>, from whomever. */
void	 archive_result(struct account *, const struct stanza *);
/* A message came by itself and is a row now. */
void	 archive_live(struct account *, const struct room *, const struct message_row *);

/*
 * Somebody reads what stands above ord in the chat with peer, and wants what is older than what is here without a hole.
 * True: it is being fetched, and a sync event of this chat tells when it is over.
 */
bool	 archive_want_older(struct account *, const char *peer, int64_t ord);
/* Tries again now, also what was given up.  False with a sentence. */
bool	 archive_try_again(struct account *, GError **error);
/* What is missing of the chat, of struct gap (store/spans.h), those in which nothing can be left out. */
GPtrArray *archive_gaps(struct account *, const char *peer);
/* {from?, to, reason?}: no from, from the beginning.  Times as in events. */
json_t	*archive_gap_json(const struct gap *);

/* {state, reason?, from?, to?, now, spans: [{from, to}], gaps: [archive_gap_json()], stored}; times as in events. */
json_t	*archive_ledger(struct account *);

#endif
