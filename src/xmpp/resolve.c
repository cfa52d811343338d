/*
 * resolve.c: see resolve.h.
 *
 * What a reader would get wrong: an SRV look-up that fails is not the same as one that says "no service"; the first
 * falls back to the domain itself, the second ends there.  The records are taken raw, because the two services are
 * one set with one draw (XEP-0368 §3).
 */
#include "xmpp/resolve.h"

#include <gio/gio.h>
#include <idna.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

enum { PORT_CLIENT = 5222, PORT_DIRECT = 5223 };

struct resolve {
	GCancellable	*cancellable;
	int		 refs;		/* one for each question to GResolver that is not answered */
	char		*host;
	enum stream_tls	 tls;
	GPtrArray	*targets;
	bool		 found;
	resolve_targets_done targets_done;
	resolve_addresses_done addresses_done;
	void		*ctx;
};

/* Which service a question was about. */
struct question {
	struct resolve	*resolve;
	bool		 direct;
};

void
resolve_target_free(void *data)
{
	struct resolve_target *target = data;

	g_free(target->host);
	g_free(target);
}

static struct resolve_target *
target_new(const char *host, uint16_t port, bool direct)
{
	struct resolve_target *target = g_new0(struct resolve_target, 1);

	target->host = g_strdup(host);
	target->port = port;
	target->direct = direct;
	return target;
}

char *
resolve_ascii(const char *domain)
{
	char *out = NULL, *copy;

	if (idna_to_ascii_8z(domain, &out, 0) != IDNA_SUCCESS)
		return NULL;
	copy = g_strdup(out);
	free(out);
	return copy;
}

/* --- order --- */

static gint
by_priority(gconstpointer a, gconstpointer b)
{
	const struct resolve_target *x = *(struct resolve_target *const *)a, *y = *(struct resolve_target *const *)b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	/* Weight 0 first, so that the draw gives it its very small chance. */
	return (x->weight != 0) - (y->weight != 0);
}

static void
swap_to(GPtrArray *array, guint to, guint from)
{
	void *item = array->pdata[from];

	for (; from > to; from--)
		array->pdata[from] = array->pdata[from - 1];
	array->pdata[to] = item;
}

static const struct resolve_target *
target_at(const GPtrArray *targets, guint i)
{
	return targets->pdata[i];
}

void
resolve_sort(GPtrArray *targets, uint32_t (*draw)(uint32_t n))
{
	uint32_t total, sum, drawn;
	guint i, j, end;

	g_ptr_array_sort(targets, by_priority);
	for (i = 0; i < targets->len; i++) {
		total = sum = 0;
		for (end = i; end < targets->len &&
		    target_at(targets, end)->priority == target_at(targets, i)->priority; end++)
			total += target_at(targets, end)->weight;
		drawn = draw(total);
		for (j = i; j + 1 < end; j++) {
			sum += target_at(targets, j)->weight;
			if (sum >= drawn)
				break;
		}
		swap_to(targets, i, j);
	}
	if (targets->len > LIMIT_STREAM_TARGETS)
		g_ptr_array_set_size(targets, LIMIT_STREAM_TARGETS);
}

void
resolve_interleave(GPtrArray *addresses)
{
	guint i, j;
	bool six;

	for (i = 1; i < addresses->len; i++) {
		six = strchr(addresses->pdata[i - 1], ':') != NULL;
		for (j = i; j < addresses->len; j++)
			if ((strchr(addresses->pdata[j], ':') != NULL) != six)
				break;
		if (j < addresses->len)
			swap_to(addresses, i, j);
	}
	if (addresses->len > LIMIT_STREAM_TARGETS)
		g_ptr_array_set_size(addresses, LIMIT_STREAM_TARGETS);
}

static uint32_t
draw_random(uint32_t n)
{
	return (uint32_t)g_random_double_range(0, (double)n + 1);
}

/* --- asking --- */

static struct resolve *
resolve_new(const char *host, void *ctx)
{
	struct resolve *resolve = g_new0(struct resolve, 1);

	resolve->cancellable = g_cancellable_new();
	resolve->host = g_strdup(host);
	resolve->ctx = ctx;
	return resolve;
}

static void
resolve_unref(struct resolve *resolve)
{
	if (--resolve->refs > 0)
		return;
	g_object_unref(resolve->cancellable);
	g_clear_pointer(&resolve->targets, g_ptr_array_unref);
	g_free(resolve->host);
	g_free(resolve);
}

void
resolve_cancel(struct resolve **resolve)
{
	if (*resolve == NULL)
		return;
	(*resolve)->targets_done = NULL;
	(*resolve)->addresses_done = NULL;
	g_cancellable_cancel((*resolve)->cancellable);
	*resolve = NULL;
}

static void
targets_complete(struct resolve *resolve)
{
	resolve_targets_done done = resolve->targets_done;
	bool direct = resolve->tls == STREAM_TLS_DIRECT;
	guint i;

	if (done == NULL)
		return;
	if (!resolve->found)
		g_ptr_array_add(resolve->targets,
		    target_new(resolve->host, direct ? PORT_DIRECT : PORT_CLIENT, direct));
	for (i = resolve->targets->len; i-- > 0;)	/* ".", RFC 2782: decidedly not available */
		if (target_at(resolve->targets, i)->host[0] == '\0' || target_at(resolve->targets, i)->port == 0)
			g_ptr_array_remove_index(resolve->targets, i);
	resolve_sort(resolve->targets, draw_random);
	resolve->targets_done = NULL;
	done(resolve->ctx, g_steal_pointer(&resolve->targets), resolve->found);
}

static void
on_records(GObject *resolver, GAsyncResult *result, gpointer data)
{
	struct question *question = data;
	struct resolve *resolve = question->resolve;
	GList *records = g_resolver_lookup_records_finish(G_RESOLVER(resolver), result, NULL), *l;
	guint16 priority, weight, port;
	const char *host;

	for (l = records; l != NULL; l = l->next) {
		struct resolve_target *target;

		g_variant_get(l->data, "(qqq&s)", &priority, &weight, &port, &host);
		resolve->found = true;
		target = target_new(host, port, question->direct);
		if (g_str_has_suffix(target->host, "."))
			target->host[strlen(target->host) - 1] = '\0';
		target->priority = priority;
		target->weight = weight;
		g_ptr_array_add(resolve->targets, target);
	}
	g_list_free_full(records, (GDestroyNotify)g_variant_unref);
	g_free(question);
	if (resolve->refs == 1)
		targets_complete(resolve);
	resolve_unref(resolve);
}

static void
ask_records(struct resolve *resolve, const char *service, bool direct)
{
	g_autoptr(GResolver) resolver = g_resolver_get_default();
	g_autofree char *name = g_strdup_printf("%s._tcp.%s", service, resolve->host);
	struct question *question = g_new(struct question, 1);

	question->resolve = resolve;
	question->direct = direct;
	resolve->refs++;
	g_resolver_lookup_records_async(resolver, name, G_RESOLVER_RECORD_SRV, resolve->cancellable, on_records,
	    question);
}

struct resolve *
resolve_targets(const char *domain, enum stream_tls tls, resolve_targets_done done, void *ctx)
{
	struct resolve *resolve = resolve_new(domain, ctx);

	resolve->tls = tls;
	resolve->targets_done = done;
	resolve->targets = g_ptr_array_new_with_free_func(resolve_target_free);
	ask_records(resolve, "_xmpps-client", true);
	if (tls == STREAM_TLS_STARTTLS)
		ask_records(resolve, "_xmpp-client", false);
	return resolve;
}

static void
on_addresses(GObject *resolver, GAsyncResult *result, gpointer data)
{
	struct resolve *resolve = data;
	resolve_addresses_done done = resolve->addresses_done;
	g_autoptr(GError) error = NULL;
	GList *list = g_resolver_lookup_by_name_finish(G_RESOLVER(resolver), result, &error), *l;
	GPtrArray *addresses = g_ptr_array_new_with_free_func(g_free);

	for (l = list; l != NULL; l = l->next)
		g_ptr_array_add(addresses, g_inet_address_to_string(l->data));
	g_resolver_free_addresses(list);
	resolve_interleave(addresses);
	resolve->addresses_done = NULL;
	if (addresses->len == 0 || done == NULL)
		g_clear_pointer(&addresses, g_ptr_array_unref);
	if (done != NULL)
		done(resolve->ctx, addresses, error != NULL ? error->message : "it has no address");
	resolve_unref(resolve);
}

struct resolve *
resolve_addresses(const char *host, resolve_addresses_done done, void *ctx)
{
	struct resolve *resolve = resolve_new(host, ctx);
	g_autoptr(GResolver) resolver = g_resolver_get_default();

	resolve->addresses_done = done;
	resolve->refs = 1;
	g_resolver_lookup_by_name_async(resolver, host, resolve->cancellable, on_addresses, resolve);
	return resolve;
}
