/*
 * roster.c: see roster.h.  A contact keeps its resources; our own other devices are the resources of a contact that is
 * in no list.
 */
#include "core/roster.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jid.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "core/bus.h"
#include "core/caps.h"
#include "core/chat.h"
#include "core/request.h"
#include "core/turn.h"
#include "store/contacts.h"
#include "xmpp/ns.h"

struct resource {
	char	*jid;		/* full */
	enum presence_show show;
	char	*status;
	int	 priority;
	char	*caps;		/* caps_key(), or NULL */
};

struct contact {
	char	*jid, *name;
	enum subscription subscription;
	bool	 ask, seen;	/* seen: it was in the list that is being read */
	GPtrArray *groups;	/* of char * */
	GHashTable *resources;	/* full JID → struct resource */
};

struct roster {
	struct account	*account;
	GHashTable	*contacts;	/* bare JID → struct contact */
	struct contact	*self;
	bool		 hidden;	/* resources are kept for a resumption, and nobody is told of them */
	void		(*fetched)(struct account *);
};

static void
resource_free(void *p)
{
	struct resource *resource = p;

	g_free(resource->jid);
	g_free(resource->status);
	g_free(resource->caps);
	g_free(resource);
}

static struct contact *
contact_new(const char *jid)
{
	struct contact *contact = g_new0(struct contact, 1);

	contact->jid = g_strdup(jid);
	contact->groups = g_ptr_array_new_with_free_func(g_free);
	contact->resources = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, resource_free);
	return contact;
}

static void
contact_free(void *p)
{
	struct contact *contact = p;

	g_free(contact->jid);
	g_free(contact->name);
	g_ptr_array_unref(contact->groups);
	g_hash_table_unref(contact->resources);
	g_free(contact);
}

static void
load_contact(void *ctx, const struct contact_row *row)
{
	struct roster *roster = ctx;
	struct contact *contact = contact_new(row->jid);
	g_auto(GStrv) groups = g_strsplit(row->groups, "\n", -1);

	contact->name = g_strdup(row->name);
	contact->subscription = CLAMP(row->subscription, SUBSCRIPTION_NONE, SUBSCRIPTION_BOTH);
	contact->ask = row->ask;
	for (char **group = groups; *group != NULL; group++)
		g_ptr_array_add(contact->groups, g_strdup(*group));
	g_hash_table_insert(roster->contacts, contact->jid, contact);
}

struct roster *
roster_new(struct account *account)
{
	struct roster *roster = g_new0(struct roster, 1);

	roster->account = account;
	roster->contacts = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, contact_free);
	roster->self = contact_new(account_jid(account));
	contact_rows_each(account->core->store, account->id, load_contact, roster);
	return roster;
}

void
roster_take_back(struct account *account)
{
	struct roster *roster = account->roster;
	g_autoptr(GHashTable) before = roster->contacts;
	GHashTableIter iter;
	struct contact *contact;

	roster->contacts = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, contact_free);
	contact_rows_each(account->core->store, account->id, load_contact, roster);
	/* Who is there does not depend on it. */
	g_hash_table_iter_init(&iter, roster->contacts);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&contact)) {
		struct contact *old = g_hash_table_lookup(before, contact->jid);
		GHashTable *resources = contact->resources;

		if (old == NULL)
			continue;
		contact->resources = old->resources;
		old->resources = resources;
	}
}

void
roster_free(struct roster *roster)
{
	g_hash_table_unref(roster->contacts);
	contact_free(roster->self);
	g_free(roster);
}

static struct contact *
find(const struct roster *roster, const char *bare)
{
	struct contact *contact = g_hash_table_lookup(roster->contacts, bare);

	if (contact == NULL && strcmp(bare, roster->self->jid) == 0)
		return roster->self;
	return contact;
}

static struct event
contact_event(const struct account *account, const struct contact *contact)
{
	struct event event = { .type = EVENT_contact, .rev = store_next_rev(account->core->store) };

	event.account_name = g_strdup(account_name(account));
	event.contact.jid = g_strdup(contact->jid);
	event.contact.name = g_strdup(contact->name);
	event.contact.subscription = contact->subscription;
	event.contact.ask = contact->ask;
	event.contact.groups = json_array();
	for (guint i = 0; i < contact->groups->len; i++)
		json_array_append_new(event.contact.groups, json_string(contact->groups->pdata[i]));
	return event;
}

static struct event
presence_event(const struct account *account, const struct resource *resource)
{
	struct event event = { .type = EVENT_presence, .rev = store_next_rev(account->core->store) };

	event.account_name = g_strdup(account_name(account));
	event.presence.jid = g_strdup(resource->jid);
	event.presence.show = resource->show;
	event.presence.status = g_strdup(resource->status);
	event.presence.priority = resource->priority;
	return event;
}

static void
post_presence_gone(struct account *account, const char *full)
{
	struct event event = { .type = EVENT_presence, .gone = true };

	event.rev = store_next_rev(account->core->store);
	event.account_name = g_strdup(account_name(account));
	event.presence.jid = g_strdup(full);
	bus_post(account->core->bus, event);
}

static void
post_resources_gone(struct account *account, struct contact *contact)
{
	GHashTableIter iter;
	char *full;

	g_hash_table_iter_init(&iter, contact->resources);
	while (g_hash_table_iter_next(&iter, (gpointer *)&full, NULL))
		post_presence_gone(account, full);
}

/* A chat is called after its contact. */
static void
rename_chat(struct account *account, const char *jid)
{
	struct core *core = account->core;
	g_autoptr(GError) error = NULL;
	int64_t chat = chat_find(core->store, account->id, jid, CHAT_PERSON, false, NULL);

	if (chat == 0 || !turn_begin(core->turn))
		return;
	if (chat_touch(core->store, chat, &error))
		turn_put_chat(core->turn, chat);
	turn_end(core->turn, error == NULL);
}

/* Keeps a contact as it is, or (contact NULL) forgets it. */
static void
keep(struct account *account, const char *jid, const struct contact *contact)
{
	struct turn *turn = account->core->turn;
	g_autoptr(GString) groups = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	for (guint i = 0; contact != NULL && i < contact->groups->len; i++)
		g_string_append_printf(groups, "%s%s", i > 0 ? "\n" : "", (const char *)contact->groups->pdata[i]);
	if (!turn_begin(turn))
		return;
	if (contact != NULL) {
		struct contact_row row = { jid, contact->name, (int)contact->subscription, contact->ask, groups->str };

		contact_row_save(account->core->store, account->id, &row, &error);
	} else {
		contact_row_delete(account->core->store, account->id, jid, &error);
	}
	turn_end(turn, error == NULL);
	turn_failed(turn, error);
}

static void
contact_gone(struct account *account, struct contact *contact)
{
	struct event event = { .type = EVENT_contact, .gone = true };
	g_autofree char *jid = g_strdup(contact->jid);
	post_resources_gone(account, contact);
	event.rev = store_next_rev(account->core->store);
	event.account_name = g_strdup(account_name(account));
	event.contact.jid = g_strdup(jid);
	bus_post(account->core->bus, event);
	g_hash_table_remove(account->roster->contacts, jid);
	keep(account, jid, NULL);
	rename_chat(account, jid);
}

static GPtrArray *
read_groups(const struct stanza *item)
{
	GPtrArray *groups = g_ptr_array_new_with_free_func(g_free);

	for (struct stanza *c = stanza_first(item); c != NULL && groups->len < 64; c = stanza_next(c))
		if (stanza_is(c, "group", NS_ROSTER))
			g_ptr_array_add(groups, text_clean(stanza_text(c), -1, TEXT_LINE, LIMIT_NAME));
	return groups;
}

static bool
same_groups(const GPtrArray *a, const GPtrArray *b)
{
	if (a->len != b->len)
		return false;
	for (guint i = 0; i < a->len; i++)
		if (strcmp(a->pdata[i], b->pdata[i]) != 0)
			return false;
	return true;
}

/* One <item/>: the contact as the server has it now. */
static void
take_item(struct account *account, const struct stanza *item)
{
	struct roster *roster = account->roster;
	g_autofree char *jid = jid_normalise(stanza_get(item, "jid"), NULL);
	const char *word = stanza_get(item, "subscription");
	enum subscription subscription = SUBSCRIPTION_NONE;
	struct contact *contact;
	GPtrArray *groups;
	bool ask, fresh;

	if (jid == NULL || jid_resource(jid) != NULL)
		return;
	contact = g_hash_table_lookup(roster->contacts, jid);
	if (g_strcmp0(word, "remove") == 0) {
		if (contact != NULL)
			contact_gone(account, contact);
		return;
	}
	subscription_find(word, &subscription);
	ask = g_strcmp0(stanza_get(item, "ask"), "subscribe") == 0;
	fresh = contact == NULL;
	if (fresh) {
		if (g_hash_table_size(roster->contacts) >= LIMIT_ROSTER) {
			log_warning("roster", "%s: more than %d contacts; the rest is ignored", account_name(account),
			    LIMIT_ROSTER);
			return;
		}
		contact = contact_new(jid);
		g_hash_table_insert(roster->contacts, contact->jid, contact);
	}
	contact->seen = true;
	g_autofree char *name = stanza_get(item, "name") != NULL ?
	    text_clean(stanza_get(item, "name"), -1, TEXT_LINE, LIMIT_NAME) : NULL;
	groups = read_groups(item);
	bool renamed = g_strcmp0(name, contact->name) != 0;
	if (fresh || renamed || subscription != contact->subscription || ask != contact->ask ||
	    !same_groups(groups, contact->groups)) {
		g_free(contact->name);
		contact->name = g_steal_pointer(&name);
		contact->subscription = subscription;
		contact->ask = ask;
		g_ptr_array_unref(contact->groups);
		contact->groups = groups;
		keep(account, jid, contact);
		bus_post(account->core->bus, contact_event(account, contact));
		if (renamed)
			rename_chat(account, jid);
	} else {
		g_ptr_array_unref(groups);
	}
}

static void
take_list(struct account *account, const struct stanza *query)
{
	GHashTableIter iter;
	struct contact *contact;
	g_autoptr(GPtrArray) missing = g_ptr_array_new();

	g_hash_table_iter_init(&iter, account->roster->contacts);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&contact))
		contact->seen = false;
	for (struct stanza *c = stanza_first(query); c != NULL; c = stanza_next(c))
		if (stanza_is(c, "item", NS_ROSTER))
			take_item(account, c);
	g_hash_table_iter_init(&iter, account->roster->contacts);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&contact))
		if (!contact->seen)
			g_ptr_array_add(missing, contact);
	for (guint i = 0; i < missing->len; i++)
		contact_gone(account, missing->pdata[i]);
}

/* The list has this version now; NULL: the server counts none. */
static void
keep_version(struct account *account, const char *version)
{
	struct turn *turn = account->core->turn;
	g_autoptr(GError) error = NULL;

	/* A cut one would be another version. */
	if ((version != NULL && strlen(version) > LIMIT_NAME) || !turn_begin(turn))
		return;
	contacts_set_version(account->core->store, account->id, version, &error);
	turn_end(turn, error == NULL);
	turn_failed(turn, error);
}

static void
fetched(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct account *account = ctx;
	const struct stanza *query = end == IQ_RESULT ? stanza_child(answer, "query", NS_ROSTER) : NULL;

	/* No list at all: ours is the one that the server has. */
	if (query != NULL) {
		take_list(account, query);
		keep_version(account, stanza_get(query, "ver"));
	} else if (end == IQ_ERROR || end == IQ_TIMEOUT)
		account_notice(account, SEVERITY_WARNING, "The server does not give the contact list of %s%s.",
		    account_jid(account), end == IQ_TIMEOUT ? ": it did not answer" : "");
	if (end != IQ_LOST)
		account->roster->fetched(account);
}

void
roster_fetch(struct account *account, void (*done)(struct account *))
{
	struct stanza *iq = stanza_iq("get", NULL), *query;
	g_autofree char *version = contacts_version(account->core->store, account->id);

	query = stanza_add(iq, "query", NS_ROSTER);
	/* "": we have none, and want versions from now on (RFC 6121 §2.6.2). */
	if (account->has_rosterver)
		stanza_set(query, "ver", version != NULL ? version : "");
	account->roster->fetched = done;
	account_request(account, iq, fetched, account);
}

static void
post_resources(struct account *account, struct contact *contact)
{
	GHashTableIter iter;
	struct resource *resource;

	g_hash_table_iter_init(&iter, contact->resources);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&resource))
		bus_post(account->core->bus, presence_event(account, resource));
}

static void
forget_resources(struct account *account, struct contact *contact)
{
	if (!account->roster->hidden)
		post_resources_gone(account, contact);
	g_hash_table_remove_all(contact->resources);
}

/* All contacts, and ourselves. */
static void
for_everybody(struct account *account, void (*fn)(struct account *, struct contact *))
{
	GHashTableIter iter;
	struct contact *contact;

	g_hash_table_iter_init(&iter, account->roster->contacts);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&contact))
		fn(account, contact);
	fn(account, account->roster->self);
}

/* Nothing to do where the disk refuses: a new session begins without them in any case. */
static void
forget_rows(struct account *account)
{
	struct turn *turn = account->core->turn;
	g_autoptr(GError) error = NULL;

	if (!turn_begin(turn))
		return;
	presence_rows_forget(account->core->store, account->id, &error);
	turn_end(turn, error == NULL);
	turn_failed(turn, error);
}

void
roster_offline(struct account *account, bool may_come_back)
{
	if (!may_come_back) {
		forget_rows(account);
		for_everybody(account, forget_resources);
	} else if (!account->roster->hidden)
		for_everybody(account, post_resources_gone);
	account->roster->hidden = may_come_back;
}

void
roster_resumed(struct account *account)
{
	if (account->roster->hidden)
		for_everybody(account, post_resources);
	account->roster->hidden = false;
}

bool
roster_push(struct account *account, const struct stanza *iq)
{
	const char *from = stanza_get(iq, "from");
	const struct stanza *query = stanza_child(iq, "query", NS_ROSTER);
	g_autofree char *sender = from != NULL ? jid_normalise(from, NULL) : NULL;

	/* RFC 6121 §2.1.6: from our own account or from nobody, or else it is an attack. */
	if (from != NULL && (sender == NULL || strcmp(sender, account_jid(account)) != 0)) {
		log_debug("roster", "%s: push from somebody else ignored", account_name(account));
		return false;
	}
	if (stanza_count(query, "item", NS_ROSTER) == 1)
		take_item(account, stanza_child(query, "item", NS_ROSTER));
	if (stanza_get(query, "ver") != NULL)
		keep_version(account, stanza_get(query, "ver"));
	return true;
}

/* Keeps a resource as it is, or (resource NULL) forgets it. */
static void
keep_resource(struct account *account, const char *full, const struct resource *resource)
{
	struct turn *turn = account->core->turn;
	g_autoptr(GError) error = NULL;

	if (!turn_begin(turn))
		return;
	if (resource != NULL) {
		struct presence_row row = { full, (int)resource->show, resource->status, resource->priority,
		    resource->caps };

		presence_row_save(account->core->store, account->id, &row, &error);
	} else {
		presence_row_delete(account->core->store, account->id, full, &error);
	}
	turn_end(turn, error == NULL);
	turn_failed(turn, error);
}

static void
load_resource(void *ctx, const struct presence_row *row)
{
	struct roster *roster = ctx;
	g_autofree char *bare = jid_bare(row->jid);
	struct contact *contact = find(roster, bare);
	struct resource *resource;

	if (contact == NULL)
		return;
	resource = g_new0(struct resource, 1);
	resource->jid = g_strdup(row->jid);
	resource->show = CLAMP(row->show, SHOW_CHAT, SHOW_DND);
	resource->status = g_strdup(row->status);
	resource->priority = row->priority;
	resource->caps = g_strdup(row->caps);
	g_hash_table_replace(contact->resources, resource->jid, resource);
}

void
roster_restore(struct account *account)
{
	presence_rows_each(account->core->store, account->id, load_resource, account->roster);
	account->roster->hidden = true;
}

static void
take_available(struct account *account, struct contact *contact, const char *full, const struct stanza *presence)
{
	const char *show = stanza_text(stanza_child(presence, "show", NS_CLIENT));
	const char *status = stanza_text(stanza_child(presence, "status", NS_CLIENT));
	const char *priority = stanza_text(stanza_child(presence, "priority", NS_CLIENT));
	struct resource *resource = g_hash_table_lookup(contact->resources, full);

	if (resource == NULL) {
		if (g_hash_table_size(contact->resources) >= LIMIT_RESOURCES)
			return;
		resource = g_new0(struct resource, 1);
		resource->jid = g_strdup(full);
		g_hash_table_insert(contact->resources, resource->jid, resource);
	}
	resource->show = SHOW_ONLINE;
	if (show != NULL && (!presence_show_find(show, &resource->show) || resource->show == SHOW_OFFLINE))
		resource->show = SHOW_ONLINE;
	g_free(resource->status);
	resource->status = status != NULL && *status != '\0' ? text_clean(status, -1, TEXT_LINE, LIMIT_NAME) : NULL;
	resource->priority = priority != NULL ? CLAMP(atoi(priority), -128, 127) : 0;
	g_free(resource->caps);
	resource->caps = caps_key(presence);
	keep_resource(account, full, resource);
	bus_post(account->core->bus, presence_event(account, resource));
	caps_announced(account, full, presence);
}

void
roster_presence(struct account *account, const struct stanza *presence)
{
	const char *type = stanza_get(presence, "type");
	g_autofree char *full = jid_normalise(stanza_get(presence, "from"), NULL);
	g_autofree char *bare = full != NULL ? jid_bare(full) : NULL;
	struct contact *contact = bare != NULL ? find(account->roster, bare) : NULL;

	if (bare == NULL)
		return;
	if (type != NULL && strcmp(type, "unavailable") != 0) {
		request_presence(account, bare, type, presence);
		return;
	}
	if (contact == NULL)
		return;
	if (type == NULL) {
		/* Our own echo is no other device. */
		if (g_strcmp0(full, account->bound) != 0)
			take_available(account, contact, full, presence);
	} else if (jid_resource(full) == NULL) {
		g_auto(GStrv) all = roster_resources(account->roster, bare);

		for (char **one = all; *one != NULL; one++)
			keep_resource(account, *one, NULL);
		forget_resources(account, contact);	/* RFC 6121 §4.5.4: none is left */
	} else {
		if (g_hash_table_remove(contact->resources, full))
			post_presence_gone(account, full);
		/* Also when it is the second time: the disk may have refused the first. */
		keep_resource(account, full, NULL);
	}
	turn_wake(account->core->turn);
}

const char *
roster_name(const struct roster *roster, const char *jid)
{
	const struct contact *contact = g_hash_table_lookup(roster->contacts, jid);

	return contact != NULL ? contact->name : NULL;
}

bool
roster_has(const struct roster *roster, const char *jid)
{
	return g_hash_table_contains(roster->contacts, jid);
}

enum subscription
roster_subscription(const struct roster *roster, const char *jid)
{
	const struct contact *contact = g_hash_table_lookup(roster->contacts, jid);

	return contact != NULL ? contact->subscription : SUBSCRIPTION_NONE;
}

bool
roster_sees_us(const struct account *account, const char *jid)
{
	enum subscription s = roster_subscription(account->roster, jid);

	return s == SUBSCRIPTION_FROM || s == SUBSCRIPTION_BOTH || strcmp(jid, account_jid(account)) == 0;
}

static void
event_free(void *p)
{
	event_clear(p);
	g_free(p);
}

static void
add_event(GPtrArray *events, struct event event)
{
	struct event *copy = g_new(struct event, 1);

	*copy = event;
	g_ptr_array_add(events, copy);
}

GPtrArray *
roster_events(const struct account *account)
{
	GPtrArray *events = g_ptr_array_new_with_free_func(event_free);
	GHashTableIter iter, inner;
	struct contact *contact;
	struct resource *resource;

	g_hash_table_iter_init(&iter, account->roster->contacts);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&contact)) {
		add_event(events, contact_event(account, contact));
		if (account->roster->hidden)
			continue;
		g_hash_table_iter_init(&inner, contact->resources);
		while (g_hash_table_iter_next(&inner, NULL, (gpointer *)&resource))
			add_event(events, presence_event(account, resource));
	}
	g_hash_table_iter_init(&inner, account->roster->self->resources);
	while (!account->roster->hidden && g_hash_table_iter_next(&inner, NULL, (gpointer *)&resource))
		add_event(events, presence_event(account, resource));
	return events;
}

static gint
by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
roster_jids(const struct roster *roster)
{
	GPtrArray *jids = g_ptr_array_new();
	GHashTableIter iter;
	char *jid;

	g_hash_table_iter_init(&iter, roster->contacts);
	while (g_hash_table_iter_next(&iter, (gpointer *)&jid, NULL))
		g_ptr_array_add(jids, jid);
	g_ptr_array_sort(jids, by_text);
	return jids;
}

static const struct resource *
find_resource(const struct roster *roster, const char *full)
{
	g_autofree char *bare = jid_bare(full);
	const struct contact *contact = find(roster, bare);

	return contact != NULL ? g_hash_table_lookup(contact->resources, full) : NULL;
}

const char *
roster_caps(const struct roster *roster, const char *full)
{
	const struct resource *resource = find_resource(roster, full);

	return resource != NULL ? resource->caps : NULL;
}

static gint
by_priority(gconstpointer a, gconstpointer b)
{
	const struct resource *x = *(const struct resource *const *)a, *y = *(const struct resource *const *)b;

	return x->priority != y->priority ? y->priority - x->priority : strcmp(x->jid, y->jid);
}

char **
roster_resources(const struct roster *roster, const char *bare)
{
	const struct contact *contact = find(roster, bare);
	g_autoptr(GPtrArray) all = g_ptr_array_new();
	GHashTableIter iter;
	void *resource;
	char **names;

	if (contact != NULL)
		g_hash_table_iter_init(&iter, contact->resources);
	while (contact != NULL && g_hash_table_iter_next(&iter, NULL, &resource))
		g_ptr_array_add(all, resource);
	names = g_new0(char *, all->len + 1);
	g_ptr_array_sort(all, by_priority);
	for (guint i = 0; i < all->len; i++)
		names[i] = g_strdup(((const struct resource *)all->pdata[i])->jid);
	return names;
}

char *
roster_reach(const struct roster *roster, const char *jid)
{
	g_auto(GStrv) resources = roster_resources(roster, jid);

	return g_strdup(resources[0] != NULL ? resources[0] : jid);
}

char **
roster_groups(const struct roster *roster, const char *jid)
{
	const struct contact *contact = g_hash_table_lookup(roster->contacts, jid);
	char **groups = g_new0(char *, contact != NULL ? contact->groups->len + 1 : 1);

	for (guint i = 0; contact != NULL && i < contact->groups->len; i++)
		groups[i] = g_strdup(contact->groups->pdata[i]);
	return groups;
}

void
roster_set(struct account *account, const char *jid, const char *name, const char *const *groups, iq_done done,
    void *ctx)
{
	g_auto(GStrv) kept = roster_groups(account->roster, jid);
	struct stanza *iq = stanza_iq("set", NULL);
	struct stanza *item = stanza_add(stanza_add(iq, "query", NS_ROSTER), "item", NULL);

	stanza_set(item, "jid", jid);
	stanza_set(item, "name", name);
	if (groups == NULL)
		groups = (const char *const *)kept;
	for (; *groups != NULL; groups++)
		stanza_add_with_text(item, "group", NULL, *groups);
	account_request(account, iq, done, ctx);
}

void
roster_remove(struct account *account, const char *jid, iq_done done, void *ctx)
{
	struct stanza *iq = stanza_iq("set", NULL);
	struct stanza *item = stanza_add(stanza_add(iq, "query", NS_ROSTER), "item", NULL);

	stanza_set(item, "jid", jid);
	stanza_set(item, "subscription", "remove");
	account_request(account, iq, done, ctx);
}

bool
roster_subscribe(struct account *account, const char *jid, const char *type, const char *words)
{
	struct stanza *presence = stanza_presence(type, jid);

	if (words != NULL)
		stanza_add_with_text(presence, "status", NULL, words);
	return account_send(account, presence, true);
}
