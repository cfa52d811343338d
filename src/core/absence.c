/*
 * absence.c: see absence.h.  Where it began is kept in the database when the last face goes.  A core that dies with
 * faces attached keeps nothing: then it began with the newest message, which they may have shown.
 */
#include "core/absence.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/limits.h"
#include "core/account.h"
#include "core/bus.h"
#include "core/chat.h"
#include "core/turn.h"

struct absence {
	struct core	*core;
	int64_t		 from_ms;	/* 0: nobody was ever here */
	int64_t		 from_ord, from_rev;
	int64_t		 to_ms;		/* 0: it goes on */
	int64_t		 to_ord, to_rev;
	bool		 told;		/* somebody was given this one, whole */
	GQueue		 happened;	/* of struct event: warnings and errors meanwhile */
	unsigned	 forgotten;	/* those that were too many */
	struct bus_subscriber *subscriber;
};

static const char key[] = "left";

static void
happened_free(void *event)
{
	event_clear(event);
	g_free(event);
}

static void
on_event(void *ctx, const struct event *event)
{
	struct absence *a = ctx;
	struct event *kept;

	if (a->to_ms != 0 || event->type != EVENT_notice || event->notice.severity == SEVERITY_INFO)
		return;
	kept = g_new0(struct event, 1);
	event_copy(kept, event);
	g_queue_push_tail(&a->happened, kept);
	if (a->happened.length > LIMIT_HAPPENED) {
		happened_free(g_queue_pop_head(&a->happened));
		a->forgotten++;
	}
}

struct absence *
absence_new(struct core *core)
{
	struct absence *a = g_new0(struct absence, 1);
	g_autofree char *text = store_get_text(core->store, key);

	a->core = core;
	g_queue_init(&a->happened);
	if (text == NULL || sscanf(text, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT, &a->from_ms,
	    &a->from_ord, &a->from_rev) != 3) {
		a->from_ord = store_last_ord(core->store);
		a->from_ms = a->from_ord / 1000;
		a->from_rev = store_rev(core->store);
	}
	a->subscriber = bus_subscribe(core->bus, on_event, a);
	return a;
}

void
absence_free(struct absence *a)
{
	if (a == NULL)
		return;
	bus_unsubscribe(a->core->bus, a->subscriber);
	g_queue_clear_full(&a->happened, happened_free);
	g_free(a);
}

/* The disk may refuse: then the next core begins with the newest message. */
static void
keep(struct absence *a, const char *text)
{
	if (!turn_begin(a->core->turn))
		return;
	turn_end(a->core->turn, store_set_text(a->core->store, key, text, NULL));
}

/* What comes from now on stands behind this. */
static int64_t
now_ord(const struct absence *a)
{
	return MAX(clock_real_us(), store_last_ord(a->core->store));
}

void
absence_end(struct absence *a)
{
	a->to_ms = clock_real_us() / 1000;
	a->to_ord = now_ord(a);
	a->to_rev = store_rev(a->core->store);
	keep(a, NULL);
}

void
absence_begin(struct absence *a)
{
	g_autofree char *text = NULL;

	g_queue_clear_full(&a->happened, happened_free);
	a->forgotten = 0;
	a->told = false;
	a->from_ms = clock_real_us() / 1000;
	a->from_ord = now_ord(a);
	a->from_rev = store_rev(a->core->store);
	a->to_ms = 0;
	text = g_strdup_printf("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT, a->from_ms, a->from_ord,
	    a->from_rev);
	keep(a, text);
}

/* --- what it was --- */

static json_t *
message_json(const struct core *core, const struct message_row *row)
{
	struct event event;
	json_t *object;

	if (row == NULL || !chat_message_event(core, row, false, &event))
		return NULL;
	object = event_to_json(&event);
	event_clear(&event);
	return object;
}

static json_t *
chats_json(const struct absence *a)
{
	const struct core *core = a->core;
	g_autoptr(GArray) all = chat_news(core->store, a->from_ord, a->to_ms != 0 ? a->to_ord : INT64_MAX,
	    LIMIT_DIGEST);
	json_t *list = json_array();

	for (guint i = 0; i < all->len; i++) {
		const struct chat_news *news = &g_array_index(all, struct chat_news, i);
		struct chat_row *row = chat_load(core->store, news->chat);
		struct message_row *last = message_load(core->store, news->last);
		json_t *message = message_json(core, last);
		struct event event;

		if (row != NULL && message != NULL && chat_event(core, row, &event)) {
			json_array_append_new(list, json_pack("{s:i, s:i, s:o, s:O}", "came", news->came, "mentions",
			    row->kind == CHAT_PERSON ? news->came : news->mentions, "chat", event_to_json(&event),
			    "message", message));
			event_clear(&event);
		}
		json_decref(message);
		chat_row_free(row);
		message_row_free(last);
	}
	return list;
}

static json_t *
failed_json(const struct absence *a)
{
	g_autoptr(GPtrArray) rows = message_failed_between(a->core->store, a->from_rev,
	    a->to_ms != 0 ? a->to_rev : INT64_MAX, LIMIT_DIGEST);
	json_t *list = json_array();

	for (guint i = 0; i < rows->len; i++) {
		json_t *message = message_json(a->core, rows->pdata[i]);

		if (message != NULL)
			json_array_append_new(list, message);
	}
	return list;
}

static void
set_time(json_t *object, const char *name, int64_t ms)
{
	g_autofree char *utc = clock_format_utc(ms);

	if (ms != 0)
		json_object_set_new(object, name, json_string(utc));
}

json_t *
absence_digest(struct absence *a)
{
	json_t *result, *happened = json_array();

	for (GList *l = a->happened.head; l != NULL; l = l->next)
		json_array_append_new(happened, event_to_json(l->data));
	result = json_pack("{s:o, s:o, s:o, s:i, s:b}", "chats", chats_json(a), "failed", failed_json(a), "happened",
	    happened, "forgotten", (int)a->forgotten, "told", a->told);
	set_time(result, "from", a->from_ms);
	set_time(result, "to", a->to_ms);
	a->told |= a->to_ms != 0;
	return result;
}
