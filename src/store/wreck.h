/*
 * wreck.h: a database that is damaged, to be read as far as it goes.  The file itself is never written to; what must be
 * changed to be read is a copy beside it, which goes when the wreck is closed.
 */
#ifndef STORE_WRECK_H
#define STORE_WRECK_H

#include <glib.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct wreck {
	sqlite3	*db;
	const char *path;	/* lent */
	char	*copy;		/* NULL: none was made */
	bool	 broken;	/* not all pages of the tables that were walked could be read */
};

/* False with an error: the disk, or there is nothing in it that could be read. */
bool	 wreck_open(struct wreck *, const char *path, GError **error);
void	 wreck_close(struct wreck *);

/* NULL where there is no such table or column: then looking there finds nothing. */
sqlite3_stmt *wreck_prepare(struct wreck *, const char *sql);
/* What stands behind this number (?1 of the statement): a row, SQLITE_DONE for nothing, or an error. */
int	 wreck_look(sqlite3_stmt *, int64_t behind);
/*
 * Each row of the table that can be read, by its id: column 0, before those named; one that the table does not have is
 * NULL.  False: fn said that it wants no more.
 */
bool	 wreck_each(struct wreck *, const char *table, const char *const *columns, size_t n,
	    bool (*fn)(void *ctx, sqlite3_stmt *), void *ctx);
/* The same of messages that nothing leads to; some may come twice.  False with an error: no copy can be made. */
bool	 wreck_each_lost(struct wreck *, const char *const *columns, size_t n, bool (*fn)(void *ctx, sqlite3_stmt *),
	    void *ctx, GError **error);
/* How many messages there were, as far as anything tells; -1: nothing does. */
int64_t	 wreck_count(struct wreck *);

#endif
