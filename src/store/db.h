/*
 * db.h: what the files of this folder share: the connection, its statements, its errors.  For nobody else.
 *
 * A statement is prepared once, known by the address of its text, and so must be a literal.  The text of its
 * arguments is borrowed until it is done: db_row() returned false, or db_done().  The same statement is never
 * walked twice at a time: whoever wants to ask more for each row collects the rows first.
 *
 * kinds has a letter for each argument: i int64_t, t const char * (NULL is NULL), b const void * and size_t.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <sqlite3.h>
#include <sys/types.h>

#include "store/store.h"

struct checkpoint;

struct store {
	sqlite3		*db;
	char		*path, *log;	/* log: the write-ahead log's */
	dev_t		 device;	/* which file it is: what has its name later may be another */
	ino_t		 inode;
	int		 schema;
	GHashTable	*statements;	/* text, by address → sqlite3_stmt */
	struct checkpoint *checkpoint;
	/* everything that the open commit changed, see store.c; written by db_change() */
	GByteArray	*redo;
	guint		 redo_mark;	/* where the open savepoint begins in it */
	GArray		*waiting;	/* for the search index, until the commit: see search.c */
	guint		 waiting_mark;	/* where the open savepoint begins in it */
	bool		 in_savepoint;
	GError		*failure;	/* the first thing in the open savepoint that failed */
	bool		 index_dirty;	/* see give_up() in store.c */
	int64_t		 rev, reserved, reserve_above;
	int64_t		 last_ord;	/* the highest ever given */
};

struct migration {
	int		 number;
	const char	*sql;
};

/* store_open() with other tables; for it and for tests of migrating. */
struct store *db_open(const char *path, const char *vfs, const struct migration *, size_t n, GError **error);
/* store_examine() with other tables. */
bool	 db_examine(const char *path, const struct migration *, size_t n, struct store_facts *, GError **error);
/* "NFS" for a file system type (statfs) where locks do not hold, with /proc's name for those of FUSE; NULL: fine. */
const char *db_network_name(long magic, const char *proc_name);

/*
 * Are database and log still the files that were opened?  Without them, what is written goes nowhere, and without an
 * error.
 */
bool	 db_in_place(const struct store *, GError **error);

/* Before anything is read: what a file itself could do to us is switched off; our tokenizer.  SQLite's result. */
int	 db_harden(sqlite3 *);
/* Of the database and its log. */
int64_t	 db_file_size(const char *path);
/* All bytes of a new database of the present schema; for sqlite3_free(). */
unsigned char *db_fresh_bytes(sqlite3_int64 *n);
/*
 * Damage was seen: the next one who opens the database looks through all of it.  Until then a file "NAME.doubt" says
 * so, because a start cannot look through a large one each time.
 */
void	 db_doubt(const struct store *);
char	*db_doubt_path(const char *path);

/* What SQLite said as a STORE_ERROR about path; db may be NULL. */
void	 db_error(GError **error, const char *path, sqlite3 *db, int rc);

/* Reading.  An error that nobody wants to have (error NULL) is logged. */
sqlite3_stmt *db_ask(struct store *, const char *sql, const char *kinds, ...);
bool	 db_row(struct store *, sqlite3_stmt *, GError **error);
void	 db_done(sqlite3_stmt *);
/* The first column of the first row; *value stays as it is when there is no row.  False only for an error. */
bool	 db_number(struct store *, GError **error, int64_t *value, const char *sql, const char *kinds, ...);
char	*db_text(sqlite3_stmt *, int column);

/* Changing, in an open savepoint; kinds is a literal too.  What is done for the first time, and all of it once more. */
bool	 db_change(struct store *, GError **error, const char *sql, const char *kinds, ...);
bool	 db_redo(struct store *, GError **error);
/* From now on what is deleted or replaced is overwritten with zeros in the file, or no longer: for keys. */
void	 db_wipe(struct store *, bool on);
/* What is no part of a savepoint: BEGIN and COMMIT; and any text, of several statements too, prepared each time. */
bool	 db_control(struct store *, const char *sql, GError **error);
bool	 db_exec(struct store *, const char *sql, GError **error);

#endif
