/*
 * checkpoint.c: see checkpoint.h.  PASSIVE never waits for the writer nor makes it wait, but while commits keep
 * coming it does not reach the end of the log, and the log grows.  So beyond LOG_MAX frames the writer does it itself,
 * between two commits, which always reaches the end.
 */
#include "store/checkpoint.h"

#include <pthread.h>
#include <stdbool.h>

#include "base/log.h"
#include "store/db.h"

enum {
	LOG_GROWN = 1000,	/* frames of 4 KiB: worth waking the thread */
	LOG_MAX = 16000,	/* 64 MiB */
};

struct checkpoint {
	pthread_t	 thread;
	pthread_mutex_t	 mutex;
	pthread_cond_t	 wake;
	bool		 due, stop;
	sqlite3		*writer, *own;
};

static void
move_log(sqlite3 *db)
{
	int rc = sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

	/* Nothing is lost: it stays in the log, and the next commit asks again. */
	if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_BUSY)
		log_warning("store", "The write-ahead log could not be moved into the database: %s.",
		    sqlite3_errmsg(db));
}

static void *
run(void *data)
{
	struct checkpoint *cp = data;

	pthread_mutex_lock(&cp->mutex);
	while (!cp->stop) {
		if (!cp->due) {
			pthread_cond_wait(&cp->wake, &cp->mutex);
			continue;
		}
		cp->due = false;
		pthread_mutex_unlock(&cp->mutex);
		move_log(cp->own);
		pthread_mutex_lock(&cp->mutex);
	}
	pthread_mutex_unlock(&cp->mutex);
	return NULL;
}

/* After each commit of the writer, on its thread. */
static int
committed(void *data, sqlite3 *db, const char *name, int frames)
{
	struct checkpoint *cp = data;

	(void)name;
	if (frames >= LOG_MAX) {
		move_log(db);
	} else if (frames >= LOG_GROWN) {
		pthread_mutex_lock(&cp->mutex);
		cp->due = true;
		pthread_cond_signal(&cp->wake);
		pthread_mutex_unlock(&cp->mutex);
	}
	return SQLITE_OK;
}

struct checkpoint *
checkpoint_start(sqlite3 *writer, const char *path, const char *vfs, GError **error)
{
	struct checkpoint *cp = g_new0(struct checkpoint, 1);
	int rc;

	rc = sqlite3_open_v2(path, &cp->own, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, vfs);
	/* A connection that never read does not know that there is a log, and its check-points do nothing. */
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(cp->own, "SELECT 1 FROM sqlite_schema LIMIT 1", NULL, NULL, NULL);
	if (rc != SQLITE_OK) {
		db_error(error, path, cp->own, rc);
		sqlite3_close(cp->own);
		g_free(cp);
		return NULL;
	}
	cp->writer = writer;
	pthread_mutex_init(&cp->mutex, NULL);
	pthread_cond_init(&cp->wake, NULL);
	if ((rc = pthread_create(&cp->thread, NULL, run, cp)) != 0) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_IO, "No thread can be started: %s.", g_strerror(rc));
		pthread_cond_destroy(&cp->wake);
		pthread_mutex_destroy(&cp->mutex);
		sqlite3_close(cp->own);
		g_free(cp);
		return NULL;
	}
	sqlite3_wal_hook(writer, committed, cp);	/* takes the place of SQLite's own auto-checkpoint */
	return cp;
}

void
checkpoint_stop(struct checkpoint *cp)
{
	if (cp == NULL)
		return;
	sqlite3_wal_hook(cp->writer, NULL, NULL);
	pthread_mutex_lock(&cp->mutex);
	cp->stop = true;
	pthread_cond_signal(&cp->wake);
	pthread_mutex_unlock(&cp->mutex);
	pthread_join(cp->thread, NULL);
	sqlite3_close(cp->own);
	pthread_cond_destroy(&cp->wake);
	pthread_mutex_destroy(&cp->mutex);
	g_free(cp);
}
