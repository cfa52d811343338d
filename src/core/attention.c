/* attention.c: see attention.h. */
#include "core/attention.h"

#include <glib.h>

#include "base/clock.h"
#include "core/absence.h"
#include "core/bus.h"
#include "core/core.h"
#include "core/feature.h"
#include "core/turn.h"

enum { MISSED_MS = 60000 };

struct attention {
	struct core	*core;
	GHashTable	*faces;		/* uint64_t → nothing: those that ever said it */
	GHashTable	*sessions;	/* of these, those that are focused */
	uint64_t	 front;		/* of faces, the one that was focused last; 0: none */
	int64_t		 last_ms;	/* boot clock */
	bool		 here;
	struct clock_timer *missed;
};

struct attention *
attention_new(struct core *core)
{
	struct attention *attention = g_new0(struct attention, 1);

	attention->core = core;
	attention->faces = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	attention->sessions = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	attention->last_ms = clock_boot_ms();
	return attention;
}

void
attention_free(struct attention *attention)
{
	clock_timer_cancel(&attention->missed);
	g_hash_table_unref(attention->sessions);
	g_hash_table_unref(attention->faces);
	g_free(attention);
}

static void
tell(struct attention *attention, bool here)
{
	const GPtrArray *accounts = attention->core->accounts;

	if (attention->here == here)
		return;
	attention->here = here;
	for (guint i = 0; i < accounts->len; i++)
		features_attention(accounts->pdata[i]);
}

static void
nobody_came_back(void *ctx)
{
	struct attention *attention = ctx;

	attention->missed = NULL;
	tell(attention, false);
}

static void
changed(struct attention *attention)
{
	if (g_hash_table_size(attention->sessions) > 0) {
		clock_timer_cancel(&attention->missed);
		tell(attention, true);
	} else if (attention->here && attention->missed == NULL) {
		attention->missed = clock_timer_start(MISSED_MS, nobody_came_back, attention);
	}
}

static void
post_front(const struct attention *attention)
{
	struct event event = { .type = EVENT_attended };

	event.attended.session = (int64_t)attention->front;
	bus_post(attention->core->bus, event);
	turn_wake(attention->core->turn);
}

/* The one in front is not any more: another one that is focused, if any; else it stays while it is there. */
static uint64_t
successor(const struct attention *attention)
{
	GHashTableIter iter;
	uint64_t *session;

	if (g_hash_table_contains(attention->sessions, &attention->front))
		return attention->front;
	g_hash_table_iter_init(&iter, attention->sessions);
	if (g_hash_table_iter_next(&iter, (gpointer *)&session, NULL))
		return *session;
	return g_hash_table_contains(attention->faces, &attention->front) ? attention->front : 0;
}

static void
add(GHashTable *set, uint64_t session)
{
	uint64_t *key = g_new(uint64_t, 1);

	*key = session;
	g_hash_table_add(set, key);
}

void
attention_set(struct attention *attention, uint64_t session, bool focused, int64_t idle_s)
{
	int64_t now_ms = clock_boot_ms();
	bool fresh = !g_hash_table_contains(attention->faces, &session);
	uint64_t before = attention->front;

	if (g_hash_table_size(attention->faces) == 0)
		absence_end(attention->core->absence);
	add(attention->faces, session);
	attention->last_ms = MAX(attention->last_ms, now_ms - CLAMP(idle_s, 0, now_ms / 1000) * 1000);
	if (focused)
		add(attention->sessions, session);
	else
		g_hash_table_remove(attention->sessions, &session);
	attention->front = focused ? session : successor(attention);
	/* A new face has not heard it yet. */
	if (attention->front != before || fresh)
		post_front(attention);
	changed(attention);
}

void
attention_touch(struct attention *attention, uint64_t session)
{
	if (attention_focused(attention, session))
		attention->last_ms = clock_boot_ms();
}

void
attention_gone(struct attention *attention, uint64_t session)
{
	g_hash_table_remove(attention->sessions, &session);
	if (g_hash_table_remove(attention->faces, &session) && g_hash_table_size(attention->faces) == 0)
		absence_begin(attention->core->absence);
	if (attention->front == session) {
		attention->front = successor(attention);
		post_front(attention);
	}
	changed(attention);
}

bool
attention_focused(const struct attention *attention, uint64_t session)
{
	return g_hash_table_contains(attention->sessions, &session);
}

bool
attention_here(const struct attention *attention)
{
	return attention->here;
}

int64_t
attention_idle_ms(const struct attention *attention)
{
	return clock_boot_ms() - attention->last_ms;
}
