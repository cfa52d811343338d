/* bus.c: see bus.h. */
#include "core/bus.h"

#include <glib.h>

#include "base/clock.h"

struct posted {
	struct event	 event;
	uint64_t	 number;
};

struct bus_subscriber {
	bus_fn		 fn;		/* NULL once unsubscribed */
	void		*ctx;
	uint64_t	 born;		/* the number of the first event it may see */
};

struct bus {
	GQueue		 queue;		/* of struct posted */
	GQueue		 waiting;	/* what bus_deliver_up_to() left */
	GPtrArray	*subscribers;
	uint64_t	 next;
	bool		 delivering, sweep;
};

static void
posted_free(void *p)
{
	struct posted *posted = p;

	event_clear(&posted->event);
	g_free(posted);
}

struct bus *
bus_new(void)
{
	struct bus *bus = g_new0(struct bus, 1);

	g_queue_init(&bus->queue);
	g_queue_init(&bus->waiting);
	bus->subscribers = g_ptr_array_new_with_free_func(g_free);
	return bus;
}

void
bus_free(struct bus *bus)
{
	g_queue_clear_full(&bus->queue, posted_free);
	g_queue_clear_full(&bus->waiting, posted_free);
	g_ptr_array_unref(bus->subscribers);
	g_free(bus);
}

void
bus_post(struct bus *bus, struct event event)
{
	struct posted *posted = g_new(struct posted, 1);

	posted->event = event;
	posted->number = bus->next++;
	if (event.time == 0)
		posted->event.time = clock_real_us() / 1000;
	g_queue_push_tail(&bus->queue, posted);
}

static void
sweep(struct bus *bus)
{
	for (guint i = bus->subscribers->len; i-- > 0;) {
		struct bus_subscriber *s = bus->subscribers->pdata[i];

		if (s->fn == NULL)
			g_ptr_array_remove_index(bus->subscribers, i);
	}
	bus->sweep = false;
}

void
bus_deliver(struct bus *bus)
{
	struct posted *posted;

	if (bus->delivering)
		return;
	while ((posted = g_queue_pop_tail(&bus->waiting)) != NULL)
		g_queue_push_head(&bus->queue, posted);
	bus_deliver_up_to(bus, INT64_MAX);
}

void
bus_deliver_up_to(struct bus *bus, int64_t rev)
{
	struct posted *posted;

	if (bus->delivering)
		return;
	bus->delivering = true;
	while ((posted = g_queue_pop_head(&bus->queue)) != NULL) {
		if (posted->event.rev > rev) {
			g_queue_push_tail(&bus->waiting, posted);
			continue;
		}
		for (guint i = 0; i < bus->subscribers->len; i++) {
			struct bus_subscriber *s = bus->subscribers->pdata[i];

			if (s->fn != NULL && s->born <= posted->number)
				s->fn(s->ctx, &posted->event);
		}
		posted_free(posted);
	}
	bus->delivering = false;
	if (bus->sweep)
		sweep(bus);
}

bool
bus_pending(const struct bus *bus)
{
	return bus->queue.length > 0;
}

struct bus_subscriber *
bus_subscribe(struct bus *bus, bus_fn fn, void *ctx)
{
	struct bus_subscriber *s = g_new0(struct bus_subscriber, 1);

	s->fn = fn;
	s->ctx = ctx;
	s->born = bus->next;
	g_ptr_array_add(bus->subscribers, s);
	return s;
}

void
bus_unsubscribe(struct bus *bus, struct bus_subscriber *s)
{
	s->fn = NULL;
	if (bus->delivering)
		bus->sweep = true;
	else
		sweep(bus);
}
