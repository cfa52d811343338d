/*
 * rooms.c: finding rooms: what a service lists (XEP-0045 §6.3), what a search finds (XEP-0433), what one says of itself
 * (§6.4).  A list is told as it comes in, page by page; the first rooms of it are asked what they are.
 */
#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/feature.h"
#include "core/room_about.h"
#include "core/service.h"
#include "core/setting.h"
#include "core/turn.h"
#include "store/store.h"
#include "xmpp/ns.h"
#include "xmpp/rsm.h"

extern const struct feature feature_rooms;

enum { PAGE = 100, SEARCH_PAGE = 50, DESCRIPTION_MAX = 160 };

/* --- a list --- */

struct entry {
	char		*jid, *name;	/* name or NULL */
	char		*description;	/* or NULL */
	int64_t		 occupants;	/* -1: not known */
	bool		 asked, told;
};

struct listing {
	struct command_call *call;	/* NULL: nobody waits any more */
	struct account	*account;
	char		*service;
	char		**words;	/* folded; what is listed has all of them */
	char		*after;
	unsigned	 seen;		/* rooms of the service */
	GPtrArray	*entries;	/* that fit */
	guint		 said;		/* of them */
	unsigned	 waiting;	/* answers */
	bool		 all;		/* there are no more pages */
	bool		 more;		/* there are more than are kept */
};

struct asking {
	struct listing	*listing;
	struct entry	*entry;
};

static void
entry_free(void *p)
{
	struct entry *entry = p;

	g_free(entry->jid);
	g_free(entry->name);
	g_free(entry->description);
	g_free(entry);
}

static void
listing_free(struct listing *l)
{
	g_free(l->service);
	g_strfreev(l->words);
	g_free(l->after);
	g_ptr_array_unref(l->entries);
	g_free(l);
}

static bool
has_words(char **words, const char *jid, const char *name)
{
	g_autofree char *text = g_strconcat(jid, " ", name, NULL), *folded = g_utf8_casefold(text, -1);

	for (; words != NULL && *words != NULL; words++)
		if (strstr(folded, *words) == NULL)
			return false;
	return true;
}

static char **
fold_words(const char *text)
{
	g_autofree char *folded = text != NULL ? g_utf8_casefold(text, -1) : NULL;

	return folded != NULL ? g_strsplit_set(folded, " \t\n", -1) : NULL;
}

/* One row of it; what was cut says so.  The caller's. */
static char *
in_short(const char *text)
{
	g_autofree char *line = text_clean(text, -1, TEXT_LINE, LIMIT_NAME),
	    *cut = text_clean(line, -1, TEXT_LINE, DESCRIPTION_MAX);

	return strlen(cut) < strlen(line) || strlen(text) > LIMIT_NAME ? g_strconcat(cut, "…", NULL) :
	    g_steal_pointer(&cut);
}

static void
say_entry(struct command_call *call, const struct entry *e)
{
	g_autofree char *count = e->occupants >= 0 ? g_strdup_printf("  %" G_GINT64_FORMAT " in it", e->occupants) :
	    g_strdup("");
	g_autofree char *description = e->description != NULL ? in_short(e->description) : NULL;

	command_say(call, "%s%s%s%s%s%s%s", e->jid, count, e->name != NULL ? "  " : "", e->name != NULL ? e->name : "",
	    description != NULL ? e->name != NULL ? ": " : "  " : "", description != NULL ? description : "", "");
}

static void
say_ready(struct listing *l)
{
	guint before = l->said;

	for (; l->said < l->entries->len; l->said++) {
		const struct entry *e = l->entries->pdata[l->said];

		if (e->asked && !e->told)
			break;
		say_entry(l->call, e);
	}
	if (l->said > before)
		command_flush(l->call);
}

static json_t *
entries_json(const GPtrArray *entries)
{
	json_t *list = json_array();

	for (guint i = 0; i < entries->len; i++) {
		const struct entry *e = entries->pdata[i];
		json_t *o = json_pack("{s:s, s:s?, s:s?}", "jid", e->jid, "name", e->name, "description",
		    e->description);

		if (e->occupants >= 0)
			json_object_set_new(o, "occupants", json_integer(e->occupants));
		json_array_append_new(list, o);
	}
	return list;
}

static void
summarise(struct listing *l)
{
	struct command_call *call = l->call;

	if (l->seen == 0)
		command_say(call, "%s lists no room. Rooms that are not listed can be entered all the same.",
		    l->service);
	else if (l->entries->len == 0)
		command_say(call, "%s lists %u room%s; none has these words in its name or address.", l->service,
		    l->seen, l->seen == 1 ? "" : "s");
	else
		command_say(call, "%u of the %u room%s that %s lists.%s", l->entries->len, l->seen,
		    l->seen == 1 ? "" : "s", l->service, l->more ?
		    " There are more than are listed here; words choose among them." : "");
	command_data(call, json_pack("{s:s, s:o, s:b}", "service", l->service, "rooms", entries_json(l->entries),
	    "more", (int)l->more));
}

/* After each answer: says what can be said, and ends when there is nothing to wait for. */
static void
go_on(struct listing *l)
{
	if (l->call == NULL) {
		if (l->waiting == 0)
			listing_free(l);
		return;
	}
	say_ready(l);
	if (!l->all || l->waiting > 0)
		return;
	summarise(l);
	command_done(l->call);
	listing_free(l);
}

static void
give_up(struct listing *l, enum iq_end end, const struct stanza *answer)
{
	struct command_call *call = l->call;

	if (call != NULL) {
		l->call = NULL;
		call->cancel = NULL;
		command_unanswered(call, l->service, end, answer);
	}
	go_on(l);
}

static void
cancelled(struct command_call *call)
{
	struct listing *l = call->ctx;

	l->call = NULL;
	command_fail(call, RPC_ERROR_CANCELLED, "The list was ended before it was whole.");
	if (l->waiting == 0)
		listing_free(l);
}

static void
entry_told(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct asking *asking = ctx;
	struct listing *l = asking->listing;
	struct entry *e = asking->entry;
	struct room_about about;

	g_free(asking);
	l->waiting--;
	e->told = true;
	room_about_read(end == IQ_RESULT ? stanza_child(answer, "query", NS_DISCO_INFO) : NULL, &about);
	if (e->name == NULL)
		e->name = g_steal_pointer(&about.name);
	e->description = g_steal_pointer(&about.description);
	e->occupants = about.occupants;
	room_about_clear(&about);
	go_on(l);
}

static void
ask_entry(struct listing *l, struct entry *e)
{
	struct stanza *iq = stanza_iq("get", e->jid);
	struct asking *asking = g_new(struct asking, 1);

	stanza_add(iq, "query", NS_DISCO_INFO);
	asking->listing = l;
	asking->entry = e;
	e->asked = true;
	l->waiting++;
	account_request(l->account, iq, entry_told, asking);
}

static void
take_item(struct listing *l, const struct stanza *item)
{
	g_autofree char *jid = stanza_get(item, "jid") != NULL ? jid_normalise(stanza_get(item, "jid"), NULL) : NULL;
	g_autofree char *name = stanza_get(item, "name") != NULL ?
	    text_clean(stanza_get(item, "name"), -1, TEXT_LINE, LIMIT_NAME) : NULL;
	struct entry *e;

	if (jid == NULL)
		return;
	l->seen++;
	if (!has_words(l->words, jid, name))
		return;
	if (l->entries->len >= LIMIT_ROOMS_LISTED) {
		l->more = true;
		return;
	}
	e = g_new0(struct entry, 1);
	e->jid = g_steal_pointer(&jid);
	e->name = name != NULL && *name != '\0' ? g_steal_pointer(&name) : NULL;
	e->occupants = -1;
	g_ptr_array_add(l->entries, e);
}

static void ask_page(struct listing *l);

static void
page_told(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct listing *l = ctx;
	const struct stanza *query = end == IQ_RESULT ? stanza_child(answer, "query", NS_DISCO_ITEMS) : NULL;
	unsigned before = l->seen;
	guint fitting = l->entries->len;
	char *after;

	l->waiting--;
	if (end != IQ_RESULT) {
		give_up(l, end, answer);
		return;
	}
	for (struct stanza *c = query != NULL ? stanza_first(query) : NULL; c != NULL; c = stanza_next(c))
		if (stanza_is(c, "item", NS_DISCO_ITEMS))
			take_item(l, c);
	after = query != NULL ? rsm_next(query, l->seen - before, l->seen, l->after) : NULL;
	/* One that never ends is left where nobody can read it any more. */
	if (after != NULL && (l->more || l->seen >= LIMIT_ROOMS_SEEN)) {
		l->more = true;
		g_clear_pointer(&after, g_free);
	}
	g_free(l->after);
	l->after = after;
	l->all = after == NULL;
	if (l->call != NULL) {
		/* So that no answer that comes at once ends it. */
		l->waiting++;
		if (after != NULL)
			ask_page(l);
		for (guint i = fitting; i < l->entries->len && i < LIMIT_ROOMS_ASKED; i++)
			ask_entry(l, l->entries->pdata[i]);
		l->waiting--;
	}
	go_on(l);
}

static void
ask_page(struct listing *l)
{
	struct stanza *iq = stanza_iq("get", l->service), *query = stanza_add(iq, "query", NS_DISCO_ITEMS);

	rsm_ask(query, PAGE, l->after);
	l->waiting++;
	account_request(l->account, iq, page_told, l);
}

static void
list(struct command_call *call, const char *service, char **words)
{
	struct listing *l = g_new0(struct listing, 1);

	l->call = call;
	l->account = call->account;
	l->service = g_strdup(service);
	l->words = words;
	l->entries = g_ptr_array_new_with_free_func(entry_free);
	call->ctx = l;
	call->cancel = cancelled;
	ask_page(l);
}

static void
found_service(void *ctx, const char *jid)
{
	struct command_call *call = ctx;

	if (jid == NULL) {
		if (account_find(call->core, call->account_name) == call->account && account_online(call->account))
			command_fail(call, RPC_ERROR_NOT_FOUND,
			    "Your server names no service for rooms. /rooms SERVICE asks another one.");
		else
			command_unanswered(call, "The server", IQ_LOST, NULL);
		return;
	}
	list(call, jid, fold_words(call->argv[0]));
}

static void
rooms_run(struct command_call *call)
{
	g_autofree char *first = call->argv[0] != NULL ? g_strndup(call->argv[0], strcspn(call->argv[0], " \t\n")) :
	    NULL;
	g_autofree char *service = NULL;
	const char *rest;

	/* A word with a dot in it is the address of a service. */
	if (first != NULL && strchr(first, '.') != NULL)
		service = jid_from_person(first, false, NULL);
	if (service == NULL) {
		service_find(call->account, NS_MUC, "conference", found_service, call);
		return;
	}
	rest = call->argv[0] + strlen(first);
	rest += strspn(rest, " \t\n");
	list(call, service, fold_words(*rest != '\0' ? rest : NULL));
}

/* --- searching everywhere --- */

static void
say_found(struct command_call *call, const struct stanza *item, json_t *rooms)
{
	const char *said = stanza_get(item, "address"), *count = stanza_text(stanza_child(item, "nusers", NULL));
	const char *type = stanza_text(stanza_child(item, "service-type", NULL));
	const char *name = stanza_text(stanza_child(item, "name", NULL));
	const char *description = stanza_text(stanza_child(item, "description", NULL));
	g_autoptr(GPtrArray) one = g_ptr_array_new_with_free_func(entry_free);
	struct entry *e;
	json_t *list;
	guint64 n;

	/* Other kinds of rooms cannot be entered. */
	if (said == NULL || (type != NULL && *type != '\0' && strcmp(type, "xep-0045") != 0))
		return;
	e = g_new0(struct entry, 1);
	g_ptr_array_add(one, e);
	e->jid = jid_normalise(said, NULL);
	e->name = name != NULL && *name != '\0' ? text_clean(name, -1, TEXT_LINE, LIMIT_NAME) : NULL;
	e->description = description != NULL && *description != '\0' ? text_clean(description, -1, TEXT_BODY,
	    LIMIT_NAME) : NULL;
	e->occupants = count != NULL && g_ascii_string_to_unsigned(count, 10, 0, G_MAXINT32, &n, NULL) ? (int64_t)n :
	    -1;
	if (e->jid == NULL)
		return;
	say_entry(call, e);
	list = entries_json(one);
	json_array_extend(rooms, list);
	json_decref(list);
}

static void
search_told(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct command_call *call = ctx;
	const char *service = call->ctx;
	const struct stanza *result = end == IQ_RESULT ? stanza_child(answer, "result", NS_CHANNEL_SEARCH) : NULL;
	json_t *rooms;
	unsigned seen = 0;
	g_autofree char *next = NULL;

	if (end != IQ_RESULT) {
		command_unanswered(call, service, end, answer);
		return;
	}
	rooms = json_array();
	for (struct stanza *c = result != NULL ? stanza_first(result) : NULL; c != NULL; c = stanza_next(c))
		if (stanza_is(c, "item", NS_CHANNEL_SEARCH) && seen++ < SEARCH_PAGE)
			say_found(call, c, rooms);
	next = result != NULL ? rsm_next(result, seen, seen, NULL) : NULL;
	if (json_array_size(rooms) == 0)
		command_say(call, "%s found no room with these words.", service);
	else if (next != NULL || seen > SEARCH_PAGE)
		command_say(call, "%s found more; these are the first.", service);
	command_data(call, json_pack("{s:s, s:o, s:b}", "service", service, "rooms", rooms, "more",
	    next != NULL || seen > SEARCH_PAGE ? 1 : 0));
	command_done(call);
}

static void
search(struct command_call *call)
{
	struct stanza *iq = stanza_iq("get", call->ctx), *s = stanza_add(iq, "search", NS_CHANNEL_SEARCH), *x, *field;

	rsm_ask(s, SEARCH_PAGE, NULL);
	x = stanza_add(s, "x", NS_DATA);
	stanza_set(x, "type", "submit");
	field = stanza_add(x, "field", NULL);
	stanza_set(field, "var", "FORM_TYPE");
	stanza_set(field, "type", "hidden");
	stanza_add_with_text(field, "value", NULL, "urn:xmpp:channel-search:0:search-params");
	field = stanza_add(x, "field", NULL);
	stanza_set(field, "var", "q");
	stanza_add_with_text(field, "value", NULL, call->argv[0]);
	account_request(call->account, iq, search_told, call);
}

static char *
consent_key(const char *service)
{
	return g_strconcat("room.search:", service, NULL);
}

static void
consented(struct command_call *call, const char *value)
{
	g_autofree char *key = consent_key(call->ctx);
	struct core *core = call->core;

	call->account = account_find(core, call->account_name);
	if (strcmp(value, "yes") != 0 || call->account == NULL) {
		command_fail(call, RPC_ERROR_CANCELLED, "Nothing was asked.");
		return;
	}
	/* When it cannot be kept, it is asked again. */
	if (turn_begin(core->turn))
		turn_end(core->turn, store_set_text(core->store, key, "yes", NULL));
	search(call);
}

static void
search_at(struct command_call *call, const char *service)
{
	g_autofree char *key = consent_key(service), *yes = store_get_text(call->core->store, key), *text = NULL;
	g_autofree char *theirs = jid_domain(service), *ours = jid_domain(account_jid(call->account));

	call->ctx = g_strdup(service);
	call->ctx_free = g_free;
	if (yes != NULL || strcmp(theirs, ours) == 0) {
		search(call);
		return;
	}
	text = g_strdup_printf("%s is not your server: it reads your words and your address. Ask it?", service);
	command_ask(call, PROMPT_CONFIRM, false, "search for rooms", text,
	    json_pack("[[s,s],[s,s]]", "no", "ask nobody", "yes", "ask it, now and later"), "no", consented);
}

static void
found_search(void *ctx, const char *jid)
{
	struct command_call *call = ctx;

	if (jid != NULL)
		search_at(call, jid);
	else if (account_find(call->core, call->account_name) == call->account && account_online(call->account))
		command_fail(call, RPC_ERROR_NOT_FOUND,
		    "Your server has no search for rooms. /set room.search ADDRESS names another one; /rooms lists what your server has.");
	else
		command_unanswered(call, "The server", IQ_LOST, NULL);
}

static void
search_run(struct command_call *call)
{
	g_autofree char *service = g_strdup(setting_text(call->core->settings, SETTING_ROOM_SEARCH));

	if (*service == '\0')
		service_find(call->account, NS_CHANNEL_SEARCH, NULL, found_search, call);
	else
		search_at(call, service);
}

/* --- one room --- */

static void
info_told(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct command_call *call = ctx;
	const char *jid = call->ctx;
	const struct stanza *query = end == IQ_RESULT ? stanza_child(answer, "query", NS_DISCO_INFO) : NULL;
	struct room_about about;
	json_t *facts, *pair;
	size_t i;

	if (end != IQ_RESULT) {
		command_unanswered(call, jid, end, answer);
		return;
	}
	room_about_read(query, &about);
	if (!about.is_room) {
		room_about_clear(&about);
		command_fail(call, RPC_ERROR_NOT_FOUND, "%s is no room; /disco %s tells what it is.", jid, jid);
		return;
	}
	facts = room_about_facts(&about);
	command_say(call, "%s", jid);
	json_array_foreach(facts, i, pair)
		command_say(call, "  %s: %s", json_string_value(json_array_get(pair, 0)),
		    json_string_value(json_array_get(pair, 1)));
	command_data(call, json_pack("{s:s, s:s?, s:s?, s:I, s:o}", "jid", jid, "name", about.name, "description",
	    about.description, "occupants", (json_int_t)about.occupants, "facts", facts));
	room_about_clear(&about);
	command_done(call);
}

static void
info_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *full = call->argv[0] != NULL ? jid_from_person(call->argv[0], false, &error) :
	    g_strdup(call->chat);
	struct stanza *iq;

	if (full == NULL && error != NULL) {
		command_fail_with(call, error);
		return;
	}
	if (full == NULL || strchr(full, '@') == NULL) {
		command_fail(call, RPC_ERROR_CONTEXT, "Which room? /room info room@service names one.");
		return;
	}
	call->ctx = jid_bare(full);
	call->ctx_free = g_free;
	iq = stanza_iq("get", call->ctx);
	stanza_add(iq, "query", NS_DISCO_INFO);
	account_request(call->account, iq, info_told, call);
}

static const struct command commands[] = {
	{ "room info", "[JID]", "rooms", "what a room says of itself to who is not in it",
	  "Its name, what it is about, how many are in it, its rules, and whatever else it tells. Without JID it is the room in "
	  "front.", NEEDS_ACCOUNT | NEEDS_ONLINE, info_run },
	{ "rooms", "[WORDS...]", "rooms", "lists the rooms of a service",
	  "Without words, those of your own server. A first word with a dot in it is the address of another service, as "
	  "rooms.example.org. Of the other words a room has all in its name or its address. The list is told as it comes in; the "
	  "first fifty rooms are asked what they are about and how many are in them.",
	  NEEDS_ACCOUNT | NEEDS_ONLINE, rooms_run },
	{ "rooms search", "WORDS...", "rooms", "searches for public rooms on all servers",
	  "A search service is asked (XEP-0433): the one that the setting room.search names, else one of your own server. One that "
	  "is not your server's reads your words and your address; before the first time you are asked.",
	  NEEDS_ACCOUNT | NEEDS_ONLINE, search_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_rooms = { .name = "rooms", .standard = "XEP-0433: Extended Channel Search",
    .commands = commands };
