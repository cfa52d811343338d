/*
 * store.h: the database: opening, savepoints, group commits, revisions.
 *
 * One writer, on the main thread.  What one stanza or one command changes is a savepoint (store_begin, store_end);
 * what a turn of the main loop brought is one commit (store_commit, called by core/turn).  A failed savepoint takes
 * only itself back.  After an error of store_commit nothing of the turn is on disk, but all of it is kept and is seen
 * by who reads; call store_commit again later.  What tells others of a change (an event, an acknowledgement, a receipt)
 * waits for store_commit to succeed, also what has only a revision.
 *
 * Errors are STORE_ERROR with a sentence for people.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct store;

#define STORE_ERROR store_error_quark()
GQuark	 store_error_quark(void);
enum store_error {
	STORE_ERROR_NEWER,	/* written by a newer confab; untouched */
	STORE_ERROR_DAMAGED,	/* not a database, or corrupt; untouched */
	STORE_ERROR_NETWORK,	/* on a file system where SQLite's locks do not hold */
	STORE_ERROR_LOCKED,	/* another program has it locked */
	STORE_ERROR_FULL,	/* no space */
	STORE_ERROR_READ_ONLY,
	STORE_ERROR_GONE,	/* the file was taken away beneath us, or another one is in its place */
	STORE_ERROR_IO,		/* anything else that the disk said */
};

/*
 * Opens or creates the file (mode 0600), migrates it to the present schema (after a copy "NAME.before-N" when there
 * was an older one; the last two copies are kept), starts the check-point worker.  vfs: SQLite's name of a VFS, for
 * fault tests; NULL: the default.
 */
struct store *store_open(const char *path, const char *vfs, GError **error);
/* Commits nothing; commit before.  Waits for the worker.  NULL is fine. */
void	 store_close(struct store *);
/* "sqlite 3.40.1": what the process runs on. */
const char *store_library(void);
/* The schema's number, user_version. */
int	 store_schema(const struct store *);

/*
 * A savepoint; they do not nest, and nothing can be changed outside of one.  store_end(keep false) takes back what was
 * changed since store_begin and never fails; store_end(keep true) does so too, and fails, when a change in it failed.
 * store_commit follows before the thread sleeps, also when nothing was changed: the database is locked until then.
 */
bool	 store_begin(struct store *, GError **error);
bool	 store_end(struct store *, bool keep, GError **error);
/* There is something to commit: changes, or revisions. */
bool	 store_dirty(const struct store *);
bool	 store_commit(struct store *, GError **error);

/*
 * The next revision: grows by one with each call and never goes back, also over a crash: numbers are reserved in the
 * database in blocks, by store_commit.  Whatever has one is told to others only after the next store_commit.
 */
int64_t	 store_next_rev(struct store *);
int64_t	 store_rev(const struct store *);	/* the last one given */
int64_t	 store_reserved_rev(const struct store *);	/* up to this one no crash takes a revision back */
/* The highest place that a message has or had, see order.h; 0: none has. */
int64_t	 store_last_ord(const struct store *);

/* Small texts by key: the face layouts, the last chat in front.  Value NULL removes.  The text got is the caller's. */
bool	 store_set_text(struct store *, const char *key, const char *value, GError **error);
char	*store_get_text(struct store *, const char *key);

/*
 * Only reads, and makes nothing: what is in the file, which another process may have open.  False: it is no database of
 * ours, of a newer one, damaged (all of it is read), or cannot be opened.
 */
struct store_facts {
	int		 schema;
	int64_t		 messages, bytes;
};
bool	 store_examine(const char *path, struct store_facts *, GError **error);

/* Commits, then PRAGMA integrity_check and FTS5's integrity-check; for tests and doctor. */
bool	 store_check(struct store *, GError **error);

/* An account's id, made when it is new (in a savepoint); 0 with an error.  By JID: the name in the file may change. */
int64_t	 store_account(struct store *, const char *jid, GError **error);

#endif
