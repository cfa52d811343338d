/*
 * checkpoint.h: a thread that moves what the write-ahead log holds into the database, so that a commit on the main
 * thread never does.  It sleeps until the log has grown.
 */
#ifndef STORE_CHECKPOINT_H
#define STORE_CHECKPOINT_H

#include <glib.h>
#include <sqlite3.h>

struct checkpoint;

/* Watches the writer and takes over its check-points.  NULL when no thread or no second connection can be had. */
struct checkpoint *checkpoint_start(sqlite3 *writer, const char *path, const char *vfs, GError **error);
/* Waits for the thread.  Before the writer is closed; NULL is fine. */
void	 checkpoint_stop(struct checkpoint *);

#endif
