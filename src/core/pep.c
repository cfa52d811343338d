/* pep.c: see pep.h. */
#include "core/pep.h"

#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/log.h"
#include "core/feature.h"
#include "xmpp/ns.h"
#include "xmpp/rsm.h"

struct rule {
	const char	*name, *value;
};

/* XEP-0223 §3: whom it is for, that it stays, and that a log-in is not answered with the last of many items. */
static const struct rule own_rules[] = {
	{ "pubsub#persist_items", "true" }, { "pubsub#access_model", "whitelist" }, { "pubsub#max_items", "max" },
	{ "pubsub#send_last_published_item", "never" }, { NULL, NULL },
};
/* What ejabberd (23.01) knows of them in a publication; the rest it must be told of the node itself. */
static const struct rule few_rules[] = {
	{ "pubsub#persist_items", "true" }, { "pubsub#access_model", "whitelist" }, { NULL, NULL },
};
/* One item, for everybody.  Some servers know no more of these than two. */
static const struct rule open_rules[] = {
	{ "pubsub#persist_items", "true" }, { "pubsub#access_model", "open" }, { NULL, NULL },
};

bool
pep_keeps(const struct account *account)
{
	return account_has(account, NS_PUBSUB "#publish") && account_has(account, NS_PUBSUB "#publish-options");
}

static void
add_rules(struct stanza *parent, const struct rule *rules, const char *form_type)
{
	struct stanza *x = stanza_add(parent, "x", NS_DATA), *field;

	stanza_set(x, "type", "submit");
	field = stanza_add(x, "field", NULL);
	stanza_set(field, "var", "FORM_TYPE");
	stanza_set(field, "type", "hidden");
	stanza_add_with_text(field, "value", NULL, form_type);
	for (const struct rule *r = rules; r->name != NULL; r++) {
		field = stanza_add(x, "field", NULL);
		stanza_set(field, "var", r->name);
		stanza_add_with_text(field, "value", NULL, r->value);
	}
}

/* --- publishing --- */

struct publishing {
	struct account	*account;
	char		*node, *item;
	struct stanza	*payload;
	const struct rule *rules;	/* of the node */
	const struct rule *options;	/* those of them that are said with the item */
	bool		 again;		/* the node has our rules now */
	iq_done		 done;
	void		*ctx;
};

static void
publish_end(struct publishing *p, enum iq_end end, const struct stanza *answer)
{
	p->done(p->ctx, end, answer);
	stanza_free(p->payload);
	g_free(p->node);
	g_free(p->item);
	g_free(p);
}

static void try_publish(struct publishing *p);

static void
configured(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct publishing *p = ctx;

	p->again = true;
	if (end == IQ_RESULT && p->options == few_rules) {
		if (p->account->pep_nodes == NULL)
			p->account->pep_nodes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		g_hash_table_add(p->account->pep_nodes, g_strdup(p->node));
	}
	if (end == IQ_RESULT)
		try_publish(p);
	else
		publish_end(p, end, answer);
}

static void
configure(struct publishing *p)
{
	struct stanza *iq = stanza_iq("set", NULL), *node = stanza_add(stanza_add(iq, "pubsub", NS_PUBSUB_OWNER),
	    "configure", NULL);

	stanza_set(node, "node", p->node);
	add_rules(node, p->rules, NS_PUBSUB "#node_config");
	account_request(p->account, iq, configured, p);
}

static void
created(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct publishing *p = ctx;

	if (end == IQ_ERROR)
		configure(p);	/* it is there */
	else
		configured(p, end, answer);
}

/* The node with all rules, and then the item with few. */
static void
create(struct publishing *p)
{
	struct stanza *iq = stanza_iq("set", NULL), *pubsub = stanza_add(iq, "pubsub", NS_PUBSUB);

	p->options = few_rules;
	stanza_set(stanza_add(pubsub, "create", NULL), "node", p->node);
	add_rules(stanza_add(pubsub, "configure", NULL), p->rules, NS_PUBSUB "#node_config");
	account_request(p->account, iq, created, p);
}

/* Words for a server that does not know one of the options, since no standard has one. */
static bool
is_unknown(const struct stanza *answer)
{
	static const char *const words[] = { "resource-constraint", "bad-request", "not-acceptable",
		"feature-not-implemented", NULL };
	struct stanza_fault fault;
	bool it_is;

	if (!stanza_fault_read(answer, &fault))
		return false;
	it_is = g_strv_contains(words, fault.condition);
	stanza_fault_clear(&fault);
	return it_is;
}

static bool
is_precondition(const struct stanza *answer)
{
	struct stanza_fault fault;
	bool it_is;

	if (!stanza_fault_read(answer, &fault))
		return false;
	it_is = g_strcmp0(fault.application, "precondition-not-met") == 0;
	stanza_fault_clear(&fault);
	return it_is;
}

static void
published(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct publishing *p = ctx;

	if (end == IQ_ERROR && !p->again && is_precondition(answer))
		configure(p);
	else if (end == IQ_ERROR && p->options == own_rules && !p->again && is_unknown(answer))
		create(p);
	else
		publish_end(p, end, answer);
}

static void
try_publish(struct publishing *p)
{
	struct stanza *iq = stanza_iq("set", NULL), *pubsub = stanza_add(iq, "pubsub", NS_PUBSUB), *node, *item;

	node = stanza_add(pubsub, "publish", NULL);
	stanza_set(node, "node", p->node);
	item = stanza_add(node, "item", NULL);
	stanza_set(item, "id", p->item);
	stanza_take(item, stanza_copy(p->payload));
	add_rules(stanza_add(pubsub, "publish-options", NULL), p->options, NS_PUBSUB "#publish-options");
	account_request(p->account, iq, published, p);
}

static void
publish(struct account *account, const struct rule *rules, const char *node, const char *item, struct stanza *payload,
    iq_done done, void *ctx)
{
	struct publishing *p = g_new0(struct publishing, 1);

	p->account = account;
	p->node = g_strdup(node);
	p->item = g_strdup(item);
	p->payload = payload;
	p->rules = rules;
	p->options = rules == own_rules && account->pep_nodes != NULL &&
	    g_hash_table_contains(account->pep_nodes, node) ? few_rules : rules;
	p->done = done;
	p->ctx = ctx;
	if (!pep_keeps(account)) {
		struct stanza *iq = stanza_iq("set", NULL), *error = stanza_error(iq, "cancel",
		    "feature-not-implemented");

		publish_end(p, account_online(account) ? IQ_ERROR : IQ_LOST, account_online(account) ? error : NULL);
		stanza_free(error);
		stanza_free(iq);
		return;
	}
	try_publish(p);
}

void
pep_publish(struct account *account, const char *node, const char *item, struct stanza *payload, iq_done done,
    void *ctx)
{
	publish(account, own_rules, node, item, payload, done, ctx);
}

void
pep_publish_open(struct account *account, const char *node, struct stanza *payload, iq_done done, void *ctx)
{
	publish(account, open_rules, node, "current", payload, done, ctx);
}

/* --- retracting --- */

struct retracting {
	iq_done	 done;
	void	*ctx;
};

static bool
is_not_there(enum iq_end end, const struct stanza *answer)
{
	struct stanza_fault fault;
	bool it_is;

	if (end != IQ_ERROR || !stanza_fault_read(answer, &fault))
		return false;
	it_is = strcmp(fault.condition, "item-not-found") == 0;
	stanza_fault_clear(&fault);
	return it_is;
}

static void
retracted(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct retracting *r = ctx;

	r->done(r->ctx, is_not_there(end, answer) ? IQ_RESULT : end, answer);
	g_free(r);
}

void
pep_retract(struct account *account, const char *node, const char *item, iq_done done, void *ctx)
{
	struct stanza *iq = stanza_iq("set", NULL), *retract = stanza_add(stanza_add(iq, "pubsub", NS_PUBSUB),
	    "retract", NULL);
	struct retracting *r = g_new0(struct retracting, 1);

	stanza_set(retract, "node", node);
	stanza_set(retract, "notify", "true");
	stanza_set(stanza_add(retract, "item", NULL), "id", item);
	r->done = done;
	r->ctx = ctx;
	account_request(account, iq, retracted, r);
}

/* --- fetching --- */

struct fetching {
	struct account	*account;
	char		*node;
	char		*after;		/* the last item of the page before; NULL on the first */
	unsigned	 items;
	void		(*each)(void *ctx, const char *id, const struct stanza *payload);
	iq_done		 done;
	void		*ctx;
};

static void
fetch_end(struct fetching *f, enum iq_end end, const struct stanza *answer)
{
	f->done(f->ctx, end, answer);
	g_free(f->node);
	g_free(f->after);
	g_free(f);
}

static void fetch_page(struct fetching *f);

static void
fetched(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct fetching *f = ctx;
	const struct stanza *items = end == IQ_RESULT ?
	    stanza_child(stanza_child(answer, "pubsub", NS_PUBSUB), "items", NS_PUBSUB) : NULL;
	unsigned before = f->items;
	char *after;

	if (end != IQ_RESULT) {
		fetch_end(f, is_not_there(end, answer) && f->items == 0 ? IQ_RESULT : end, answer);
		return;
	}
	for (struct stanza *i = items != NULL ? stanza_first(items) : NULL; i != NULL; i = stanza_next(i)) {
		if (!stanza_is(i, "item", NS_PUBSUB) || stanza_get(i, "id") == NULL || stanza_first(i) == NULL)
			continue;
		if (f->items++ == LIMIT_PEP_ITEMS) {
			struct stanza *iq = stanza_iq("get", NULL), *error = stanza_error(iq, "cancel",
			    "resource-constraint");

			fetch_end(f, IQ_ERROR, error);
			stanza_free(error);
			stanza_free(iq);
			return;
		}
		f->each(f->ctx, stanza_get(i, "id"), stanza_first(i));
	}
	after = rsm_next(stanza_child(answer, "pubsub", NS_PUBSUB), f->items - before, f->items, f->after);
	if (after == NULL) {
		fetch_end(f, end, answer);
		return;
	}
	g_free(f->after);
	f->after = after;
	fetch_page(f);
}

static void
fetch_page(struct fetching *f)
{
	struct stanza *iq = stanza_iq("get", NULL), *pubsub = stanza_add(iq, "pubsub", NS_PUBSUB);

	stanza_set(stanza_add(pubsub, "items", NULL), "node", f->node);
	if (f->after != NULL)
		rsm_ask(pubsub, 0, f->after);
	account_request(f->account, iq, fetched, f);
}

void
pep_fetch(struct account *account, const char *node, void (*each)(void *ctx, const char *id,
    const struct stanza *payload), iq_done done, void *ctx)
{
	struct fetching *f = g_new0(struct fetching, 1);

	f->account = account;
	f->node = g_strdup(node);
	f->each = each;
	f->done = done;
	f->ctx = ctx;
	fetch_page(f);
}

/* --- events --- */

bool
pep_event(struct account *account, const struct stanza *message)
{
	const struct stanza *event = stanza_child(message, "event", NS_PUBSUB_EVENT);
	const char *from = stanza_get(message, "from"), *node;
	g_autofree char *sender = from != NULL ? jid_normalise(from, NULL) : NULL;
	bool own;

	if (event == NULL || g_strcmp0(stanza_get(message, "type"), "error") == 0)
		return false;
	/* Anybody can send us the same elements: what is ours is believed of nobody else. */
	own = from == NULL || g_strcmp0(sender, account_jid(account)) == 0;
	for (struct stanza *c = stanza_first(event); c != NULL; c = stanza_next(c)) {
		node = stanza_get(c, "node");
		for (const struct feature *const *f = features; node != NULL && *f != NULL; f++) {
			if (g_strcmp0((*f)->own_node, node) != 0)
				continue;
			if (own)
				(*f)->own_event(account, c);
			else if ((*f)->their_event != NULL && sender != NULL && jid_resource(sender) == NULL)
				(*f)->their_event(account, sender, c);
			else
				log_debug("pep", "%s: an event of somebody else is ignored", account_name(account));
		}
	}
	return true;
}
