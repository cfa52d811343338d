/*
 * find.c: see find.h.  Newest first is free, because the index's rowid is the order of messages; nothing is ever
 * sorted. A statement is done with before its answer is put out: a reader in the middle of one would pin the
 * write-ahead log.
 */
#include "store/find.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/queue.h"
#include "store/db.h"
#include "store/tokenizer.h"

enum { LOOK_EVERY = 2000 };	/* steps of SQLite's machine between two looks at the clock */
#define NEAR 3000		/* messages that are looked through one by one, before chats are */

struct finder {
	char		*path;
	sqlite3		*db;
	pthread_t	 thread;
	pthread_mutex_t	 mutex;
	pthread_cond_t	 wake;
	GQueue		 questions;
	bool		 stop;		/* under the mutex */
	const void	*now;		/* under the mutex: the ctx of the question under way */
	atomic_bool	 stopping;	/* for the handler: the thread ends, */
	atomic_bool	 unwanted;	/* or nobody wants the answer */
	struct queue	*answers;
	int64_t		 deadline_ms;	/* the thread's own */
};

void
find_question_free(struct find_question *q)
{
	g_free(q->words);
	g_free(q->from);
	g_free(q->in);
	g_free(q);
}

void
find_answer_free(struct find_answer *a)
{
	g_array_unref(a->hits);
	g_clear_error(&a->error);
	g_free(a);
}

static void
drop_answer(void *answer)
{
	find_answer_free(answer);
}

bool
find_words(GString *words, const char *word)
{
	size_t n = strlen(word);
	bool begins = n > 1 && word[n - 1] == '*', any = false;

	n -= begins;
	for (const char *c = word; c < word + n && !any; c += g_utf8_skip[*(const guchar *)c])
		any = g_unichar_isalnum(g_utf8_get_char(c));
	if (!any)
		return false;
	g_string_append(words, words->len > 0 ? " \"" : "\"");
	for (const char *c = word; c < word + n; c++)
		g_string_append(words, *c == '"' ? "\"\"" : (char[]){ *c, '\0' });
	g_string_append(words, begins ? "\"*" : "\"");
	return true;
}

/* --- on the thread --- */

static int
time_is_up(void *data)
{
	const struct finder *f = data;

	return atomic_load(&f->stopping) || atomic_load(&f->unwanted) || clock_boot_ms() > f->deadline_ms;
}

#define FILTERS \
	"AND (?4 = 0 OR c.account = ?4) AND (?5 = 0 OR m.chat = ?5) AND (?6 IS NULL OR instr(a.key, ?6)) " \
	"AND (?7 IS NULL OR instr(c.jid, ?7)) AND (?8 = 0 OR m.flags & 1) " \
	"AND (?9 = 0 OR instr(m.body, 'https://') OR instr(m.body, 'http://')) "
#define CHAT_AND_AUTHOR "CROSS JOIN chat c ON c.id = m.chat CROSS JOIN author a ON a.id = m.author "

static const char *
sql_of(const struct find_question *q)
{
	if (q->words != NULL)
		return "SELECT m.id, m.chat, m.ord, highlight(message_text, 0, char(1), char(2)) "
		    "FROM message_text t CROSS JOIN message m ON m.ord = t.rowid " CHAT_AND_AUTHOR
		    "WHERE t.message_text MATCH ?1 AND t.rowid >= ?2 AND t.rowid < ?3 " FILTERS "ORDER BY t.rowid DESC LIMIT ?10";
	/* A link begins a word, and the index knows words. */
	if (q->link)
		return "SELECT m.id, m.chat, m.ord FROM message_text t CROSS JOIN message m ON m.ord = t.rowid "
		    CHAT_AND_AUTHOR "WHERE t.message_text MATCH 'https OR http' AND ?1 IS NULL AND t.rowid >= ?2 AND t.rowid < ?3 " FILTERS
		    "ORDER BY t.rowid DESC LIMIT ?10";
	/* Of one chat its own index, else the one order of all. */
	if (q->chat != 0)
		return "SELECT m.id, m.chat, m.ord FROM message m " CHAT_AND_AUTHOR "WHERE m.chat = ?5 AND ?1 IS NULL AND m.body "
		    "IS NOT NULL AND m.ord >= ?2 AND m.ord < ?3 " FILTERS "ORDER BY m.ord DESC LIMIT ?10";
	return "SELECT m.id, m.chat, m.ord FROM message m " CHAT_AND_AUTHOR "WHERE ?1 IS NULL AND m.body IS NOT NULL "
	    "AND m.ord >= ?2 AND m.ord < ?3 " FILTERS "ORDER BY m.ord DESC LIMIT ?10";
}

/*
 * Where nothing but the person, the chat or the account is asked for: the newest of each chat that it can be, by the
 * index of chats, which knows authors.  Right always, but more work than the one order of all where there is much.
 */
static const char by_chats[] =
    "SELECT m.id, m.chat, m.ord FROM chat c CROSS JOIN message m ON m.id IN (SELECT n.id FROM message n "
    "WHERE n.chat = c.id AND n.ord >= ?2 AND n.ord < ?3 "
    "AND (?6 IS NULL OR n.author IN (SELECT id FROM author WHERE instr(key, ?6))) "
    "AND n.body IS NOT NULL AND (?8 = 0 OR n.flags & 1) ORDER BY n.ord DESC LIMIT ?10) "
    "WHERE ?1 IS NULL AND ?9 = 0 AND (?4 = 0 OR c.account = ?4) AND (?5 = 0 OR c.id = ?5) "
    "AND (?7 IS NULL OR instr(c.jid, ?7)) AND (?6 IS NULL OR c.id IN (SELECT chat FROM author WHERE instr(key, ?6))) "
    "ORDER BY m.ord DESC LIMIT ?10";

static int
bind_question(sqlite3_stmt *stmt, const struct find_question *q, int64_t low)
{
	const char *const texts[] = { q->from, q->in };
	const int64_t numbers[] = { q->account, q->chat };
	int rc = sqlite3_bind_text(stmt, 1, q->words, -1, SQLITE_STATIC);

	sqlite3_bind_int64(stmt, 2, low);
	sqlite3_bind_int64(stmt, 3, q->high);
	for (int i = 0; i < 2; i++) {
		sqlite3_bind_int64(stmt, 4 + i, numbers[i]);
		sqlite3_bind_text(stmt, 6 + i, texts[i], -1, SQLITE_STATIC);
	}
	sqlite3_bind_int(stmt, 8, q->own);
	sqlite3_bind_int(stmt, 9, q->link);
	sqlite3_bind_int64(stmt, 10, (int64_t)q->limit + 1);
	return rc;
}

/* The first column of the first row, 0 for none. */
static int64_t
number(struct finder *f, const char *sql, int64_t argument)
{
	sqlite3_stmt *stmt = NULL;
	int64_t value = 0;

	if (sqlite3_prepare_v2(f->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return 0;
	sqlite3_bind_int64(stmt, 1, argument);
	if (sqlite3_step(stmt) == SQLITE_ROW)
		value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return value;
}

/* Prepared once for all hits: that is most of what it takes. */
static void
find_neighbours(struct finder *f, struct find_answer *a, const GArray *places)
{
	static const char *const sql[] = {
		"SELECT id FROM message WHERE chat = ?1 AND ord < ?2 ORDER BY ord DESC LIMIT 1",
		"SELECT id FROM message WHERE chat = ?1 AND ord > ?2 ORDER BY ord LIMIT 1",
	};

	for (int side = 0; side < 2; side++) {
		sqlite3_stmt *stmt = NULL;

		if (sqlite3_prepare_v2(f->db, sql[side], -1, &stmt, NULL) != SQLITE_OK)
			return;
		for (guint i = 0; i < a->hits->len; i++) {
			struct find_hit *hit = &g_array_index(a->hits, struct find_hit, i);
			const int64_t *place = &g_array_index(places, int64_t, 2 * i);

			sqlite3_bind_int64(stmt, 1, place[0]);
			sqlite3_bind_int64(stmt, 2, place[1]);
			if (sqlite3_step(stmt) == SQLITE_ROW)
				*(side == 0 ? &hit->previous : &hit->next) = sqlite3_column_int64(stmt, 0);
			sqlite3_reset(stmt);
		}
		sqlite3_finalize(stmt);
	}
}

/* Where a search of this could begin. */
static int64_t
oldest(struct finder *f, const struct find_question *q)
{
	if (q->chat != 0)
		return number(f, "SELECT min(ord) FROM message WHERE chat = ?1", q->chat);
	return number(f,
	    "SELECT min((SELECT min(m.ord) FROM message m WHERE m.chat = c.id)) FROM chat c WHERE ?1 IN (0, c.account)",
	    q->account);
}

/* Where what stands between \1 and \2 is in the text without them. */
static GArray *
places_in(const char *marked)
{
	GArray *places = NULL;
	unsigned at = 0;

	for (const char *c = marked; c != NULL && *c != '\0'; c++) {
		if (*c != '\1' && *c != '\2') {
			at++;
			continue;
		}
		if (places == NULL)
			places = g_array_new(FALSE, FALSE, sizeof at);
		if (places->len == 2 * LIMIT_FOUND)
			break;
		g_array_append_val(places, at);
	}
	return places;
}

static void
collect(struct finder *f, const struct find_question *q, const char *sql, int64_t low, struct find_answer *a,
    GArray *places)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(f->db, sql, -1, &stmt, NULL);

	g_array_set_size(a->hits, 0);
	g_array_set_size(places, 0);
	if (rc == SQLITE_OK)
		rc = bind_question(stmt, q, low);
	while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct find_hit hit = { .id = sqlite3_column_int64(stmt, 0) };
		int64_t place[2] = { sqlite3_column_int64(stmt, 1), sqlite3_column_int64(stmt, 2) };

		rc = SQLITE_OK;
		if (a->hits->len == q->limit) {
			a->more = true;
			rc = SQLITE_DONE;
		} else {
			if (q->words != NULL)
				hit.found = places_in((const char *)sqlite3_column_text(stmt, 3));
			g_array_append_val(a->hits, hit);
			g_array_append_vals(places, place, 2);
		}
	}
	if (rc == SQLITE_INTERRUPT)
		a->partial = true;
	else if (rc != SQLITE_DONE)
		db_error(&a->error, f->path, f->db, rc);
	sqlite3_finalize(stmt);
}

static void
look(struct finder *f, const struct find_question *q, struct find_answer *a)
{
	g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(int64_t));	/* chat, ord, ... */
	bool walks = q->words == NULL && !q->link && (q->from != NULL || (q->chat == 0 && (q->in != NULL ||
	    q->account != 0)));
	int64_t low = walks ? MAX(q->low, number(f, "SELECT ord FROM message WHERE ord < ?1 ORDER BY ord DESC "
	    "LIMIT 1 OFFSET " G_STRINGIFY(NEAR), q->high)) : q->low;

	/* What is found soon is found so. */
	collect(f, q, sql_of(q), low, a, places);
	if (low > q->low && !a->more && !a->partial && a->error == NULL)
		collect(f, q, by_chats, q->low, a, places);
	/* These are quick in any case. */
	f->deadline_ms += LIMIT_SEARCH_TIME;
	find_neighbours(f, a, places);
	a->oldest = oldest(f, q);
}

static void
clear_hit(void *hit)
{
	g_clear_pointer(&((struct find_hit *)hit)->found, g_array_unref);
}

static void
answer(struct finder *f, struct find_question *q)
{
	struct find_answer *a = g_new0(struct find_answer, 1);
	int64_t begin_us = g_get_monotonic_time();

	a->ctx = q->ctx;
	a->hits = g_array_new(FALSE, FALSE, sizeof(struct find_hit));
	g_array_set_clear_func(a->hits, clear_hit);
	f->deadline_ms = clock_boot_ms() + LIMIT_SEARCH_TIME;
	look(f, q, a);
	a->took_us = g_get_monotonic_time() - begin_us;
	find_question_free(q);
	queue_put(f->answers, a);
}

static void *
run(void *data)
{
	struct finder *f = data;

	pthread_mutex_lock(&f->mutex);
	while (!f->stop) {
		struct find_question *q = g_queue_pop_head(&f->questions);

		if (q == NULL) {
			pthread_cond_wait(&f->wake, &f->mutex);
			continue;
		}
		f->now = q->ctx;
		atomic_store(&f->unwanted, false);
		pthread_mutex_unlock(&f->mutex);
		answer(f, q);
		pthread_mutex_lock(&f->mutex);
		f->now = NULL;
	}
	pthread_mutex_unlock(&f->mutex);
	return NULL;
}

/* --- on the main thread --- */

static int
open_reader(struct finder *f)
{
	int rc = sqlite3_open_v2(f->path, &f->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_db_config(f->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (rc == SQLITE_OK)
		rc = tokenizer_register(f->db);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_extended_result_codes(f->db, 0);
	sqlite3_busy_timeout(f->db, LIMIT_SEARCH_TIME);
	sqlite3_limit(f->db, SQLITE_LIMIT_LENGTH, LIMIT_ROW);
	sqlite3_progress_handler(f->db, LOOK_EVERY, time_is_up, f);
	return rc;
}

struct finder *
finder_open(const char *path, GError **error)
{
	struct finder *f = g_new0(struct finder, 1);
	int rc;

	f->path = g_strdup(path);
	f->deadline_ms = INT64_MAX;
	rc = open_reader(f);
	if (rc != SQLITE_OK) {
		db_error(error, path, f->db, rc);
		goto failed;
	}
	f->answers = queue_new();
	pthread_mutex_init(&f->mutex, NULL);
	pthread_cond_init(&f->wake, NULL);
	g_queue_init(&f->questions);
	if ((rc = pthread_create(&f->thread, NULL, run, f)) == 0)
		return f;
	g_set_error(error, STORE_ERROR, STORE_ERROR_IO, "No thread can be started: %s.", g_strerror(rc));
	pthread_cond_destroy(&f->wake);
	pthread_mutex_destroy(&f->mutex);
	queue_free(f->answers, NULL);
failed:
	sqlite3_close(f->db);
	g_free(f->path);
	g_free(f);
	return NULL;
}

void
finder_close(struct finder *f)
{
	struct find_question *q;

	if (f == NULL)
		return;
	atomic_store(&f->stopping, true);
	pthread_mutex_lock(&f->mutex);
	f->stop = true;
	pthread_cond_signal(&f->wake);
	pthread_mutex_unlock(&f->mutex);
	pthread_join(f->thread, NULL);
	while ((q = g_queue_pop_head(&f->questions)) != NULL)
		find_question_free(q);
	queue_free(f->answers, drop_answer);
	sqlite3_close(f->db);
	pthread_cond_destroy(&f->wake);
	pthread_mutex_destroy(&f->mutex);
	g_free(f->path);
	g_free(f);
}

bool
finder_ask(struct finder *f, struct find_question *q)
{
	bool taken;

	pthread_mutex_lock(&f->mutex);
	taken = g_queue_get_length(&f->questions) < LIMIT_SEARCHES;
	if (taken) {
		g_queue_push_tail(&f->questions, q);
		pthread_cond_signal(&f->wake);
	}
	pthread_mutex_unlock(&f->mutex);
	return taken;
}

bool
finder_drop(struct finder *f, const void *ctx)
{
	bool waited = false;

	pthread_mutex_lock(&f->mutex);
	if (f->now == ctx)
		atomic_store(&f->unwanted, true);
	for (GList *at = f->questions.head; at != NULL && !waited; at = at->next) {
		struct find_question *q = at->data;

		if (q->ctx != ctx)
			continue;
		waited = true;
		find_question_free(q);
		g_queue_delete_link(&f->questions, at);
		break;
	}
	pthread_mutex_unlock(&f->mutex);
	return waited;
}

int
finder_fd(const struct finder *f)
{
	return queue_fd(f->answers);
}

struct find_answer *
finder_take(struct finder *f)
{
	return queue_take(f->answers);
}
