/* transfer.c: see transfer.h. */
#include "core/transfer.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/bus.h"
#include "core/turn.h"

enum { TELL_MS = 250 };		/* between two events of one that goes on */

struct transfer {
	struct core	*core;
	const struct transfer_owner *owner;	/* NULL once it is over */
	void		*ctx;
	int64_t		 number, rev;
	char		*account, *chat, *name, *url, *path, *reason;
	enum direction	 direction;
	enum transfer_state state;
	int64_t		 size, at, speed;	/* -1: not known; speed: bytes in a second */
	int64_t		 told_ms, told_at;	/* when it was told last, and how far it was */
	struct http_transfer *http;		/* while it runs */
	struct http_wish wish;			/* while it waits */
	char		*wish_url, *ca_file, **headers;
	bool		 ready;			/* it waits for its turn alone */
};

struct transfers {
	struct core	*core;
	struct http	*http;			/* NULL before the first one */
	GPtrArray	*all;
	int64_t		 last;
	bool		 stopping;
};

struct transfers *
transfers_new(struct core *core)
{
	struct transfers *transfers = g_new0(struct transfers, 1);

	transfers->core = core;
	transfers->all = g_ptr_array_new();
	return transfers;
}

static void
free_wish(struct transfer *t)
{
	g_clear_pointer(&t->wish_url, g_free);
	g_clear_pointer(&t->ca_file, g_free);
	g_clear_pointer(&t->headers, g_strfreev);
	t->ready = false;
}

static void
transfer_free(struct transfer *t)
{
	free_wish(t);
	g_free(t->account);
	g_free(t->chat);
	g_free(t->name);
	g_free(t->url);
	g_free(t->path);
	g_free(t->reason);
	g_free(t);
}

void
transfers_free(struct transfers *transfers)
{
	transfers->stopping = true;
	for (guint i = 0; i < transfers->all->len; i++)
		transfer_cancel(transfers->all->pdata[i]);
	g_ptr_array_set_free_func(transfers->all, (GDestroyNotify)transfer_free);
	g_ptr_array_unref(transfers->all);
	if (transfers->http != NULL)
		http_free(transfers->http);
	g_free(transfers);
}

/* --- events --- */

struct event
transfer_event(const struct transfer *t)
{
	struct event event = { .type = EVENT_transfer, .rev = t->rev };

	event.account_name = g_strdup(t->account);
	event.chat_jid = g_strdup(t->chat);
	event.transfer.id = t->number;
	event.transfer.direction = t->direction;
	event.transfer.state = t->state;
	event.transfer.name = g_strdup(t->name);
	event.transfer.size = MAX(t->size, 0);
	event.transfer.done = t->at;
	event.transfer.speed = t->state == TRANSFER_RUNNING ? t->speed : 0;
	event.transfer.left = event.transfer.speed > 0 && t->size > 0 ? (t->size - t->at) / event.transfer.speed : 0;
	event.transfer.url = g_strdup(t->url);
	event.transfer.path = g_strdup(t->path);
	event.transfer.reason = g_strdup(t->reason);
	return event;
}

static void
post(struct transfer *t, bool gone)
{
	struct event event = { .type = EVENT_transfer, .gone = true };

	t->rev = store_next_rev(t->core->store);
	if (gone) {
		event.rev = t->rev;
		event.transfer.id = t->number;
	} else {
		event = transfer_event(t);
	}
	bus_post(t->core->bus, event);
	turn_wake(t->core->turn);
}

/* --- one after the other --- */

static void
on_progress(void *ctx, int64_t done, int64_t size)
{
	struct transfer *t = ctx;
	int64_t now = clock_boot_ms(), took = now - t->told_ms, speed;

	t->at = done;
	if (size >= 0)
		t->size = size;
	if (took < TELL_MS || done == t->told_at)
		return;
	speed = (done - t->told_at) * 1000 / took;
	t->speed = t->speed == 0 ? speed : (3 * t->speed + speed) / 4;
	t->told_ms = now;
	t->told_at = done;
	post(t, false);
}

static bool
on_data(void *ctx, const void *bytes, size_t n, char **problem)
{
	struct transfer *t = ctx;

	return t->owner->data(t->ctx, bytes, n, problem);
}

static void
on_done(void *ctx, const char *problem)
{
	struct transfer *t = ctx;

	t->http = NULL;
	t->owner->done(t->ctx, problem);
	turn_wake(t->core->turn);
}

static const struct http_handler handler = { .data = on_data, .progress = on_progress, .done = on_done };

/* The wish is about its owner's own; what http has is the transfer. */
static bool
may_be_private(void *ctx, const char *host)
{
	const struct transfer *t = ctx;

	return t->wish.may_be_private(t->ctx, host);
}

static void
start(struct transfers *transfers, struct transfer *t)
{
	struct http_wish wish = t->wish;
	g_autoptr(GError) error = NULL;

	if (transfers->http == NULL)
		transfers->http = http_new();
	wish.url = t->wish_url;
	wish.ca_file = t->ca_file;
	wish.headers = t->headers;
	wish.may_be_private = t->wish.may_be_private != NULL ? may_be_private : NULL;
	t->state = TRANSFER_RUNNING;
	t->told_ms = clock_boot_ms();
	post(t, false);
	t->http = http_start(transfers->http, &wish, &handler, t, &error);
	free_wish(t);
	if (t->http == NULL)
		t->owner->done(t->ctx, error->message);
}

/* The next one whose turn it is; NULL: none, or enough of them run. */
static struct transfer *
next_one(const struct transfers *transfers)
{
	struct transfer *next = NULL;
	unsigned running = 0;

	for (guint i = transfers->all->len; i-- > 0;) {
		struct transfer *t = transfers->all->pdata[i];

		running += t->http != NULL;
		if (t->ready)
			next = t;
	}
	return running < LIMIT_TRANSFERS && !transfers->stopping ? next : NULL;
}

static void
start_next(struct transfers *transfers)
{
	struct transfer *t;

	while ((t = next_one(transfers)) != NULL)
		start(transfers, t);
}

void
transfer_go(struct transfer *t, const struct http_wish *wish)
{
	t->wish = *wish;
	t->wish_url = g_strdup(wish->url);
	t->ca_file = g_strdup(wish->ca_file);
	t->headers = g_strdupv((char **)(uintptr_t)wish->headers);
	t->ready = true;
	start_next(t->core->transfers);
}

static void
forget_old(struct transfers *transfers)
{
	unsigned over = 0;

	for (guint i = transfers->all->len; i-- > 0 && !transfers->stopping;) {
		struct transfer *t = transfers->all->pdata[i];

		if (t->owner != NULL || ++over <= LIMIT_TRANSFERS_ENDED)
			continue;
		post(t, true);
		g_ptr_array_remove_index(transfers->all, i);
		transfer_free(t);
	}
}

void
transfer_end(struct transfer *t, enum transfer_state state, const char *reason)
{
	if (t->http != NULL)
		http_cancel(g_steal_pointer(&t->http));
	free_wish(t);
	t->owner = NULL;
	t->state = state;
	t->reason = g_strdup(reason);
	if (state == TRANSFER_DONE && t->size >= 0)
		t->at = t->size;
	post(t, false);
	forget_old(t->core->transfers);
	start_next(t->core->transfers);
}

struct transfer *
transfer_new(struct core *core, const char *account, const char *chat, enum direction direction, const char *name,
    int64_t size, const struct transfer_owner *owner, void *ctx)
{
	struct transfer *t = g_new0(struct transfer, 1);

	t->core = core;
	t->owner = owner;
	t->ctx = ctx;
	t->number = ++core->transfers->last;
	t->account = g_strdup(account);
	t->chat = g_strdup(chat);
	t->direction = direction;
	t->name = text_clean(name, -1, TEXT_LINE, LIMIT_NAME);
	t->state = TRANSFER_WAITING;
	t->size = size;
	g_ptr_array_add(core->transfers->all, t);
	post(t, false);
	return t;
}

void
transfer_set_place(struct transfer *t, const char *url, const char *path)
{
	if (url != NULL) {
		g_free(t->url);
		t->url = g_strdup(url);
	}
	if (path != NULL) {
		g_free(t->path);
		t->path = text_clean(path, -1, TEXT_LINE, 0);
	}
}

/* --- for people --- */

GPtrArray *
transfer_list(const struct transfers *transfers)
{
	return g_ptr_array_copy(transfers->all, NULL, NULL);
}

struct transfer *
transfer_find(const struct transfers *transfers, int64_t number)
{
	for (guint i = 0; i < transfers->all->len; i++)
		if (((struct transfer *)transfers->all->pdata[i])->number == number)
			return transfers->all->pdata[i];
	return NULL;
}

int64_t
transfer_number(const struct transfer *t)
{
	return t->number;
}

bool
transfer_cancel(struct transfer *t)
{
	if (t->owner == NULL)
		return false;
	t->owner->cancel(t->ctx);
	return true;
}

char *
transfer_size_text(int64_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	double n = (double)bytes;
	size_t i = 0;

	while (n >= 1024 && i + 1 < G_N_ELEMENTS(units)) {
		n /= 1024;
		i++;
	}
	return g_strdup_printf(i == 0 || n >= 100 ? "%.0f %s" : "%.1f %s", n, units[i]);
}
