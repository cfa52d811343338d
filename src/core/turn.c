/*
 * turn.c: see turn.h.  The source that commits has the highest priority and is ready whenever something is open: what
 * several sources did in one iteration of the loop becomes one commit.
 */
#include "core/turn.h"

#include <glib.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/chat.h"
#include "core/core.h"
#include "store/chats.h"

enum { RETRY_MS = 1000 };

struct effect {
	void	(*fn)(void *ctx);
	void	*ctx;
	void	(*release)(void *ctx);
};

struct hook {
	void	(*fn)(void *ctx);
	void	*ctx;
};

struct turn {
	struct core	*core;
	GSource		*source;
	unsigned	 depth;
	bool		 wake;
	GHashTable	*messages;	/* id → struct message_row, newest */
	GArray		*message_order;	/* their ids, in the order of first change */
	GHashTable	*chats;		/* set of ids */
	GQueue		 effects;
	GArray		*hooks;		/* struct hook, before the commit */
	guint		 mark_effects;	/* effects there were at turn_begin() */
	GPtrArray	*put;		/* rows put since turn_begin(): thrown away when it is taken back */
	GArray		*touched;	/* chats put since turn_begin() */
	struct clock_timer *retry;
	bool		 stuck, finishing;
	bool		 refused;	/* something failed since this was last cleared */
	char		*why;		/* it is stuck; NULL when it is not */
	void		(*on_stuck)(void *, bool, const char *);
	void		*on_stuck_ctx;
};

struct turn_source {
	GSource		 source;
	struct turn	*turn;
};

static bool
ready(struct turn *turn)
{
	if (turn->depth > 0)
		return false;
	if (turn->stuck)
		return bus_pending(turn->core->bus);
	return turn->wake || store_dirty(turn->core->store) || turn->effects.length > 0 ||
	    bus_pending(turn->core->bus);
}

static gboolean
source_prepare(GSource *source, gint *timeout)
{
	*timeout = -1;
	return ready(((struct turn_source *)source)->turn);
}

static gboolean
source_check(GSource *source)
{
	return ready(((struct turn_source *)source)->turn);
}

static gboolean
source_dispatch(GSource *source, GSourceFunc fn, gpointer data)
{
	struct turn *turn = ((struct turn_source *)source)->turn;

	(void)fn;
	(void)data;
	if (turn->stuck)
		bus_deliver_up_to(turn->core->bus, store_reserved_rev(turn->core->store));
	else
		turn_finish(turn);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = {
	.prepare = source_prepare, .check = source_check, .dispatch = source_dispatch,
};

static void
row_free(void *row)
{
	message_row_free(row);
}

struct turn *
turn_new(struct core *core)
{
	struct turn *turn = g_new0(struct turn, 1);

	turn->core = core;
	turn->messages = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, row_free);
	turn->message_order = g_array_new(FALSE, FALSE, sizeof(int64_t));
	turn->chats = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	turn->hooks = g_array_new(FALSE, FALSE, sizeof(struct hook));
	turn->put = g_ptr_array_new_with_free_func(row_free);
	turn->touched = g_array_new(FALSE, FALSE, sizeof(int64_t));
	g_queue_init(&turn->effects);
	turn->source = g_source_new(&source_funcs, sizeof(struct turn_source));
	((struct turn_source *)turn->source)->turn = turn;
	g_source_set_priority(turn->source, G_PRIORITY_HIGH - 10);
	g_source_attach(turn->source, NULL);
	return turn;
}

static void
effect_free(struct effect *effect)
{
	if (effect->release != NULL)
		effect->release(effect->ctx);
	g_free(effect);
}

void
turn_abandon(struct turn *turn)
{
	struct effect *effect;

	while ((effect = g_queue_pop_tail(&turn->effects)) != NULL)
		effect_free(effect);
}

void
turn_free(struct turn *turn)
{
	turn_abandon(turn);
	clock_timer_cancel(&turn->retry);
	g_source_destroy(turn->source);
	g_source_unref(turn->source);
	g_array_unref(turn->message_order);
	g_hash_table_unref(turn->messages);
	g_hash_table_unref(turn->chats);
	g_array_unref(turn->hooks);
	g_ptr_array_unref(turn->put);
	g_array_unref(turn->touched);
	g_free(turn->why);
	g_free(turn);
}

static void try_again(void *ctx);

static void
set_stuck(struct turn *turn, const GError *error)
{
	if (!turn->stuck) {
		turn->stuck = true;
		turn->why = g_strconcat(error->message, g_error_matches(error, STORE_ERROR, STORE_ERROR_DAMAGED) ?
		    " End confab (confab stop, or /restart): the next start looks through it, and sets it aside if it is so." : NULL,
		    NULL);
		log_error("store", "%s", error->message);
		if (turn->on_stuck != NULL)
			turn->on_stuck(turn->on_stuck_ctx, true, turn->why);
	}
	if (turn->retry == NULL)
		turn->retry = clock_timer_start(RETRY_MS, try_again, turn);
}

bool
turn_begin(struct turn *turn)
{
	g_autoptr(GError) error = NULL;

	if (turn->stuck)
		return false;
	if (turn->depth == 0) {
		if (!store_begin(turn->core->store, &error)) {
			set_stuck(turn, error);
			return false;
		}
		turn->mark_effects = turn->effects.length;
	}
	turn->depth++;
	return true;
}

/* Forgets what came since turn_begin(). */
static void
take_back(struct turn *turn)
{
	g_ptr_array_set_size(turn->put, 0);
	g_array_set_size(turn->touched, 0);
	while (turn->effects.length > turn->mark_effects)
		effect_free(g_queue_pop_tail(&turn->effects));
}

static void
keep_message(struct turn *turn, struct message_row *row)
{
	int64_t *key;

	if (!g_hash_table_contains(turn->messages, &row->id))
		g_array_append_val(turn->message_order, row->id);
	key = g_new(int64_t, 1);
	*key = row->id;
	g_hash_table_replace(turn->messages, key, row);
}

void
turn_end(struct turn *turn, bool keep)
{
	g_autoptr(GError) error = NULL;

	g_assert(turn->depth > 0);
	if (--turn->depth > 0)
		return;
	turn->wake = true;	/* also what changed nothing holds the database until then */
	if (!store_end(turn->core->store, keep, &error)) {
		set_stuck(turn, error);
		keep = false;
	}
	if (!keep) {
		take_back(turn);
		return;
	}
	for (guint i = 0; i < turn->put->len; i++)
		keep_message(turn, turn->put->pdata[i]);
	g_ptr_array_set_free_func(turn->put, NULL);
	g_ptr_array_set_size(turn->put, 0);
	g_ptr_array_set_free_func(turn->put, row_free);
	for (guint i = 0; i < turn->touched->len; i++) {
		int64_t id = g_array_index(turn->touched, int64_t, i);

		if (!g_hash_table_contains(turn->chats, &id)) {
			int64_t *key = g_new(int64_t, 1);

			*key = id;
			g_hash_table_add(turn->chats, key);
		}
	}
	g_array_set_size(turn->touched, 0);
}

void
turn_put_message(struct turn *turn, struct message_row *row)
{
	g_assert(turn->depth > 0);
	g_ptr_array_add(turn->put, row);
	if (row->recount)
		turn_put_chat(turn, row->chat);
}

void
turn_put_chat(struct turn *turn, int64_t chat)
{
	g_assert(turn->depth > 0);
	g_array_append_val(turn->touched, chat);
}

void
turn_after(struct turn *turn, void (*fn)(void *ctx), void *ctx, void (*release)(void *ctx))
{
	struct effect *effect = g_new(struct effect, 1);

	effect->fn = fn;
	effect->ctx = ctx;
	effect->release = release;
	g_queue_push_tail(&turn->effects, effect);
}

void
turn_keep_effects(struct turn *turn)
{
	turn->mark_effects = turn->effects.length;
}

void
turn_before_commit(struct turn *turn, void (*fn)(void *ctx), void *ctx)
{
	struct hook hook = { fn, ctx };

	g_array_append_val(turn->hooks, hook);
}

void
turn_forget_before_commit(struct turn *turn, void (*fn)(void *ctx), void *ctx)
{
	for (guint i = 0; i < turn->hooks->len; i++) {
		struct hook *hook = &g_array_index(turn->hooks, struct hook, i);

		if (hook->fn == fn && hook->ctx == ctx) {
			g_array_remove_index(turn->hooks, i);
			return;
		}
	}
}

bool
turn_failed(struct turn *turn, const GError *error)
{
	if (error == NULL || error->domain != STORE_ERROR)
		return false;
	turn->refused = true;
	set_stuck(turn, error);
	return true;
}

void
turn_wake(struct turn *turn)
{
	turn->wake = true;
}

/* The events of what was put. */
static void
post_objects(struct turn *turn)
{
	GHashTableIter iter;
	int64_t *id;

	for (guint i = 0; i < turn->message_order->len; i++) {
		id = &g_array_index(turn->message_order, int64_t, i);
		chat_post_message(turn->core, g_hash_table_lookup(turn->messages, id));
	}
	g_array_set_size(turn->message_order, 0);
	g_hash_table_remove_all(turn->messages);
	g_hash_table_iter_init(&iter, turn->chats);
	while (g_hash_table_iter_next(&iter, (gpointer *)&id, NULL))
		chat_post(turn->core, *id);
	g_hash_table_remove_all(turn->chats);
}

/* A chat whose messages changed is another object than before: who compares revisions must see that. */
static bool
touch_chats(struct turn *turn, GError **error)
{
	GHashTableIter iter;
	int64_t *id;
	bool ok = true;

	if (g_hash_table_size(turn->chats) == 0)
		return true;
	if (!store_begin(turn->core->store, error))
		return false;
	g_hash_table_iter_init(&iter, turn->chats);
	while (ok && g_hash_table_iter_next(&iter, (gpointer *)&id, NULL))
		ok = chat_touch(turn->core->store, *id, error);
	return store_end(turn->core->store, ok, ok ? error : NULL) && ok;
}

/* All of the turn, with what the hooks add.  What they fail with they tell by turn_failed(). */
static bool
commit(struct turn *turn, GError **error)
{
	struct store *store = turn->core->store;

	turn->refused = false;
	for (guint i = 0; i < turn->hooks->len; i++) {
		struct hook *hook = &g_array_index(turn->hooks, struct hook, i);

		hook->fn(hook->ctx);
	}
	return !turn->refused && touch_chats(turn, error) && store_commit(store, error);
}

void
turn_finish(struct turn *turn)
{
	g_autoptr(GError) error = NULL;
	struct effect *effect;
	guint n;

	if (turn->finishing || turn->stuck || turn->depth > 0)
		return;
	turn->finishing = true;
	turn->wake = false;
	if (!commit(turn, &error)) {
		turn->finishing = false;
		turn->wake = true;
		if (error != NULL)
			set_stuck(turn, error);
		return;
	}
	post_objects(turn);
	bus_deliver(turn->core->bus);
	/* What an effect causes belongs to the next turn. */
	for (n = turn->effects.length; n > 0 && (effect = g_queue_pop_head(&turn->effects)) != NULL; n--) {
		effect->fn(effect->ctx);
		effect_free(effect);
	}
	turn->finishing = false;
}

static void
try_again(void *ctx)
{
	struct turn *turn = ctx;
	g_autoptr(GError) error = NULL;

	turn->retry = NULL;
	/* Where nothing is left to commit, only a new change shows whether the disk takes one. */
	if (!commit(turn, &error) || !store_begin(turn->core->store, &error) ||
	    !store_end(turn->core->store, true, &error)) {
		clock_timer_cancel(&turn->retry);
		turn->retry = clock_timer_start(RETRY_MS, try_again, turn);
		return;
	}
	turn->stuck = false;
	g_clear_pointer(&turn->why, g_free);
	turn->wake = true;
	log_notice("store", "The disk takes again.");
	if (turn->on_stuck != NULL)
		turn->on_stuck(turn->on_stuck_ctx, false, NULL);
}

void
turn_on_stuck(struct turn *turn, void (*stuck)(void *, bool, const char *), void *ctx)
{
	turn->on_stuck = stuck;
	turn->on_stuck_ctx = ctx;
}

bool
turn_is_stuck(const struct turn *turn)
{
	return turn->stuck;
}

const char *
turn_why(const struct turn *turn)
{
	return turn->why;
}
