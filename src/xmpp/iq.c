/*
 * iq.c: see iq.h.  An id is a random UUID, so that nobody can answer a question that he has not seen; the sender is
 * checked all the same, because who was asked has seen it and may tell others.
 */
#include "xmpp/iq.h"

#include <string.h>

#include "base/clock.h"
#include "base/jid.h"

enum { WAIT_MS = 30000 };

struct request {
	struct iq_table	*table;
	uint64_t	 number;
	char		*id, *to;	/* to: normalised, or NULL for our own account */
	struct clock_timer *timer;
	iq_done		 done;
	void		*ctx;
};

struct iq_table {
	GHashTable	*by_id;		/* owns */
	uint64_t	 last;
	char		*jid, *bare, *domain;
};

static void
request_free(void *data)
{
	struct request *request = data;

	clock_timer_cancel(&request->timer);
	g_free(request->id);
	g_free(request->to);
	g_free(request);
}

struct iq_table *
iq_table_new(void)
{
	struct iq_table *table = g_new0(struct iq_table, 1);

	table->by_id = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, request_free);
	return table;
}

void
iq_table_set_jid(struct iq_table *table, const char *jid)
{
	g_free(table->jid);
	g_free(table->bare);
	g_free(table->domain);
	table->jid = g_strdup(jid);
	table->bare = jid_bare(jid);
	table->domain = jid_domain(jid);
}

void
iq_table_free(struct iq_table *table)
{
	g_hash_table_destroy(table->by_id);
	g_free(table->jid);
	g_free(table->bare);
	g_free(table->domain);
	g_free(table);
}

/* Takes it out of the table first, because done() may ask again. */
static void
request_end(struct request *request, enum iq_end end, const struct stanza *answer)
{
	g_hash_table_steal(request->table->by_id, request->id);
	if (request->done != NULL)
		request->done(request->ctx, end, answer);
	request_free(request);
}

static void
on_timeout(void *ctx)
{
	struct request *request = ctx;

	request->timer = NULL;
	request_end(request, IQ_TIMEOUT, NULL);
}

uint64_t
iq_expect(struct iq_table *table, struct stanza *iq, int64_t timeout_ms, iq_done done, void *ctx)
{
	struct request *request = g_new0(struct request, 1);
	const char *to = stanza_get(iq, "to");

	request->table = table;
	request->number = ++table->last;
	request->id = stanza_new_id();
	request->to = to != NULL ? jid_normalise(to, NULL) : NULL;
	if (to != NULL && request->to == NULL)
		request->to = g_strdup(to);
	request->done = done;
	request->ctx = ctx;
	request->timer = clock_timer_start(timeout_ms > 0 ? timeout_ms : WAIT_MS, on_timeout, request);
	stanza_set(iq, "id", request->id);
	g_hash_table_insert(table->by_id, request->id, request);
	return request->number;
}

void
iq_forget(struct iq_table *table, uint64_t number)
{
	GHashTableIter iter;
	void *value;

	g_hash_table_iter_init(&iter, table->by_id);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		if (((struct request *)value)->number == number) {
			g_hash_table_iter_remove(&iter);
			return;
		}
}

/* RFC 6120 §8.1.2.1 and §10.3.3: no address at all is our own account, and servers put any of these for it. */
static bool
is_own(const struct iq_table *table, const char *jid)
{
	return jid == NULL || g_strcmp0(jid, table->bare) == 0 || g_strcmp0(jid, table->domain) == 0;
}

static bool
may_answer(const struct iq_table *table, const struct request *request, const char *from)
{
	if (is_own(table, request->to))
		/* Some servers answer for the account from the full address. */
		return is_own(table, from) || g_strcmp0(from, table->jid) == 0;
	return g_strcmp0(request->to, from) == 0;
}

bool
iq_answer(struct iq_table *table, const struct stanza *iq)
{
	const char *id = stanza_get(iq, "id"), *from = stanza_get(iq, "from"), *type = stanza_get(iq, "type");
	struct request *request = id != NULL ? g_hash_table_lookup(table->by_id, id) : NULL;
	g_autofree char *normal = from != NULL ? jid_normalise(from, NULL) : NULL;

	if (request == NULL || type == NULL || (from != NULL && normal == NULL))
		return false;
	if (!may_answer(table, request, normal))
		return false;
	if (strcmp(type, "result") == 0)
		request_end(request, IQ_RESULT, iq);
	else if (strcmp(type, "error") == 0)
		request_end(request, IQ_ERROR, iq);
	else
		return false;
	return true;
}

static gint
by_number(gconstpointer a, gconstpointer b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static struct request *
request_find(struct iq_table *table, uint64_t number)
{
	GHashTableIter iter;
	void *value;

	g_hash_table_iter_init(&iter, table->by_id);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		if (((struct request *)value)->number == number)
			return value;
	return NULL;
}

/* Only those that are open now, in the order of asking; what done() asks anew belongs to the next stream. */
void
iq_lose_all(struct iq_table *table)
{
	g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	struct request *request;
	GHashTableIter iter;
	void *value;
	guint i;

	g_hash_table_iter_init(&iter, table->by_id);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		g_array_append_val(numbers, ((struct request *)value)->number);
	g_array_sort(numbers, by_number);
	for (i = 0; i < numbers->len; i++)
		if ((request = request_find(table, g_array_index(numbers, uint64_t, i))) != NULL)
			request_end(request, IQ_LOST, NULL);
}
