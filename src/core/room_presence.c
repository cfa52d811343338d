/*
 * room_presence.c: who is in a room (XEP-0045 §7 to §9), told by increments: what changed in a turn is told once at its
 * end. What a reader might get wrong: rights, addresses and ids are the room's word, and only in its own <x/>, of which
 * there must be one; the room lets everything else in a presence through as its sender wrote it.
 */
#include <string.h>

#include "base/clock.h"
#include "base/jid.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "core/bookmark.h"
#include "core/bus.h"
#include "core/chat.h"
#include "core/room_ignore.h"
#include "core/room_private.h"
#include "core/setting.h"
#include "core/turn.h"
#include "store/order.h"
#include "xmpp/ns.h"

enum { RECENT_MS = 600000 };

static void
occupant_free(void *p)
{
	struct occupant *o = p;

	g_free(o->nick);
	g_free(o->id);
	g_free(o->real);
	g_free(o->status);
	g_free(o->hats);
	g_free(o->like);
	g_free(o->skeleton);
	g_free(o);
}

GHashTable *
room_occupants_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, NULL, occupant_free);
}

struct occupant *
room_occupant(const struct room *room, const char *nick)
{
	return g_hash_table_lookup(room->occupants, nick);
}

struct occupant *
room_occupant_by_id(const struct room *room, const char *id)
{
	GHashTableIter iter;
	struct occupant *o;

	g_hash_table_iter_init(&iter, room->occupants);
	while (id != NULL && g_hash_table_iter_next(&iter, NULL, (gpointer *)&o))
		if (g_strcmp0(o->id, id) == 0)
			return o;
	return NULL;
}

static gint
by_standing(gconstpointer a, gconstpointer b)
{
	const struct occupant *x = *(const struct occupant *const *)a, *y = *(const struct occupant *const *)b;

	if (x->affiliation != y->affiliation)
		return (int)y->affiliation - (int)x->affiliation;
	if (x->role != y->role)
		return (int)y->role - (int)x->role;
	return strcmp(x->nick, y->nick);
}

GPtrArray *
room_occupants(const struct room *room)
{
	GPtrArray *all = g_ptr_array_sized_new(g_hash_table_size(room->occupants));
	GHashTableIter iter;
	void *o;

	g_hash_table_iter_init(&iter, room->occupants);
	while (g_hash_table_iter_next(&iter, NULL, &o))
		g_ptr_array_add(all, o);
	g_ptr_array_sort(all, by_standing);
	return all;
}

char *
room_free_nick(const struct room *room, const char *nick)
{
	char *free_one = g_strconcat(nick, "_", NULL);

	for (unsigned n = 2; room_occupant(room, free_one) != NULL; n++) {
		g_free(free_one);
		free_one = g_strdup_printf("%s%u", nick, n);
	}
	return free_one;
}

/* --- as events --- */

struct event
room_event(const struct room *room)
{
	struct event event = { .type = EVENT_room, .rev = store_next_rev(room->account->core->store) };
	struct event_room *r = &event.room;
	bool there = account_online(room->account);

	event.account_name = g_strdup(account_name(room->account));
	event.chat_jid = g_strdup(room->jid);
	r->state = there || room->state == ROOM_FAILED ? room->state : ROOM_OUT;
	r->reason = g_strdup(room->reason);
	r->text = g_strdup(room->text);
	r->retry = room->retry_ms;
	r->name = g_strdup(room->name);
	r->nick = g_strdup(room->nick);
	r->occupant_id = g_strdup(room->own_id);
	r->affiliation = room->affiliation;
	r->role = room->role;
	r->subject = g_strdup(room->subject);
	r->subject_by = g_strdup(room->subject_by);
	r->subject_at = room->subject_ms;
	r->occupants = there && room->state == ROOM_IN ? g_hash_table_size(room->occupants) : 0;
	r->features = room_features(room);
	return event;
}

struct event
room_occupant_event(const struct room *room, const struct occupant *o)
{
	struct event event = { .type = EVENT_occupant, .rev = store_next_rev(room->account->core->store) };
	struct event_occupant *e = &event.occupant;
	g_auto(GStrv) hats = o->hats != NULL ? g_strsplit(o->hats, "\n", -1) : NULL;

	event.account_name = g_strdup(account_name(room->account));
	event.chat_jid = g_strdup(room->jid);
	e->nick = g_strdup(o->nick);
	e->occupant_id = g_strdup(o->id);
	e->real = g_strdup(o->real);
	e->affiliation = o->affiliation;
	e->role = o->role;
	e->show = o->show;
	e->status = g_strdup(o->status);
	e->like = g_strdup(o->like);
	e->self = strcmp(o->nick, room->nick) == 0;
	for (char **hat = hats; hat != NULL && *hat != NULL; hat++) {
		if (e->hats == NULL)
			e->hats = json_array();
		json_array_append_new(e->hats, json_string(*hat));
	}
	return event;
}

void
room_changed(struct room *room)
{
	room->posted = false;
	turn_wake(room->account->core->turn);
}

void
room_occupant_changed(struct room *room, const char *nick)
{
	if (room->state != ROOM_IN)
		return;
	if (room->changed == NULL)
		room->changed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_hash_table_add(room->changed, g_strdup(nick));
	turn_wake(room->account->core->turn);
}

static void
tell_occupant(struct room *room, const char *nick)
{
	const struct occupant *o = room_occupant(room, nick);
	struct event event = { .type = EVENT_occupant, .gone = true };

	if (o != NULL) {
		bus_post(room->account->core->bus, room_occupant_event(room, o));
		return;
	}
	event.rev = store_next_rev(room->account->core->store);
	event.account_name = g_strdup(account_name(room->account));
	event.chat_jid = g_strdup(room->jid);
	event.occupant.nick = g_strdup(nick);
	bus_post(room->account->core->bus, event);
}

void
room_tell_changes(struct room *room)
{
	GHashTableIter iter;
	char *nick;

	if (!room->posted)
		bus_post(room->account->core->bus, room_event(room));
	room->posted = true;
	if (room->changed == NULL)
		return;
	g_hash_table_iter_init(&iter, room->changed);
	while (g_hash_table_iter_next(&iter, (gpointer *)&nick, NULL))
		tell_occupant(room, nick);
	g_clear_pointer(&room->changed, g_hash_table_unref);
}

void
room_forget_occupants(struct room *room)
{
	g_hash_table_remove_all(room->skeletons);
	g_hash_table_remove_all(room->occupants);
	g_clear_pointer(&room->changed, g_hash_table_unref);
	room->affiliation = AFFILIATION_NONE;
	room->role = ROLE_NONE;
	room_changed(room);
}

/* In the order of the words of room.presence. */
enum { PRESENCE_ALL, PRESENCE_RECENT, PRESENCE_NONE };

static bool
spoke_recently(const struct occupant *o)
{
	return o != NULL && o->spoke_ms != 0 && clock_boot_ms() - o->spoke_ms < RECENT_MS;
}

static bool
is_ignored(const struct room *room, const struct occupant *o)
{
	g_autofree char *author = o->id != NULL ? g_strconcat("#", o->id, NULL) : room_address(room, o->nick);

	return room_ignores(room, author);
}

static void
tell_passage(struct room *room, enum passage_kind kind, const char *nick, const char *new_nick, const char *by,
    const char *text)
{
	struct event event = { .type = EVENT_passage };
	int told = setting_get(room->account->core->settings, SETTING_ROOM_PRESENCE);
	const struct occupant *o = room_occupant(room, nick);

	/* Of whom one does not want to hear nothing is told. */
	if (o != NULL && is_ignored(room, o))
		return;
	/* Who is put out by somebody is news in any case. */
	if (room->state != ROOM_IN || (told == PRESENCE_NONE && kind != PASSAGE_KICKED && kind != PASSAGE_BANNED))
		return;
	if (told == PRESENCE_RECENT && (kind == PASSAGE_CAME || kind == PASSAGE_LEFT || kind == PASSAGE_LOST ||
	    kind == PASSAGE_RENAMED) && !spoke_recently(o))
		return;
	event.account_name = g_strdup(account_name(room->account));
	event.chat_jid = g_strdup(room->jid);
	event.passage.kind = kind;
	event.passage.nick = g_strdup(nick);
	event.passage.new_nick = g_strdup(new_nick);
	event.passage.by = g_strdup(by);
	event.passage.text = g_strdup(text);
	bus_post(room->account->core->bus, event);
}

/* --- what a presence says --- */

/* A presence of somebody in a room, read. */
struct passing {
	struct room	*room;
	const struct stanza *presence, *x, *item;
	const char	*nick;		/* in from; not NULL */
	unsigned	 status;
	bool		 self;
	char		*by, *words;	/* of <item/>: who did it and why */
};

static char *
clean(const char *text)
{
	return text != NULL && *text != '\0' ? text_clean(text, -1, TEXT_LINE, LIMIT_NAME) : NULL;
}

/* The one <x/> of the room; NULL when there is none, or several: then one is not the room's. */
static const struct stanza *
room_x(const struct stanza *stanza)
{
	return stanza_count(stanza, "x", NS_MUC_USER) == 1 ? stanza_child(stanza, "x", NS_MUC_USER) : NULL;
}

/* XEP-0421: where the room announces ids it takes off what others put there; two of them are a forgery all the same. */
static char *
occupant_id(const struct room *room, const struct stanza *stanza)
{
	const char *id;

	if ((room->features & ROOM_OCCUPANT_IDS) == 0 || stanza_count(stanza, "occupant-id", NS_OCCUPANT_ID) != 1)
		return NULL;
	id = stanza_get(stanza_child(stanza, "occupant-id", NS_OCCUPANT_ID), "id");
	return id != NULL && *id != '\0' && strlen(id) <= LIMIT_NAME ? text_clean(id, -1, TEXT_LINE, 0) : NULL;
}

char *
room_occupant_id(const struct room *room, const struct stanza *stanza)
{
	return occupant_id(room, stanza);
}

/* XEP-0317, and as Prosody wrote it before: titles, as lines. */
static char *
read_hats(const struct stanza *presence)
{
	const struct stanza *hats = stanza_child(presence, "hats", NS_HATS);
	g_autoptr(GString) lines = g_string_new(NULL);
	unsigned n = 0;

	if (hats == NULL)
		hats = stanza_child(presence, "hats", NS_HATS_OLD);
	for (struct stanza *c = hats != NULL ? stanza_first(hats) : NULL; c != NULL && n < LIMIT_HATS;
	    c = stanza_next(c)) {
		g_autofree char *title = stanza_is(c, "hat", NULL) ? clean(stanza_get(c, "title")) : NULL;

		if (title == NULL)
			continue;
		g_string_append_printf(lines, "%s%s", n++ > 0 ? "\n" : "", title);
	}
	return n > 0 ? g_string_free(g_steal_pointer(&lines), FALSE) : NULL;
}

static bool
take_text(char **to, char *text)
{
	bool differs = g_strcmp0(*to, text) != 0;

	g_free(*to);
	*to = text;
	return differs;
}

/* True: something about them is new. */
static bool
read_occupant(struct passing *p, struct occupant *o)
{
	const char *show = stanza_text(stanza_child(p->presence, "show", NS_CLIENT)), *real;
	enum affiliation affiliation = AFFILIATION_NONE;
	enum role role = ROLE_NONE;
	enum presence_show shown = SHOW_ONLINE;
	bool news = false;

	affiliation_find(p->item != NULL ? stanza_get(p->item, "affiliation") : NULL, &affiliation);
	role_find(p->item != NULL ? stanza_get(p->item, "role") : NULL, &role);
	if (show != NULL && (!presence_show_find(show, &shown) || shown == SHOW_OFFLINE))
		shown = SHOW_ONLINE;
	news = affiliation != o->affiliation || role != o->role || shown != o->show;
	o->affiliation = affiliation;
	o->role = role;
	o->show = shown;
	real = p->item != NULL ? stanza_get(p->item, "jid") : NULL;
	news |= take_text(&o->real, real != NULL ? jid_normalise(real, NULL) : NULL);
	news |= take_text(&o->id, occupant_id(p->room, p->presence));
	news |= take_text(&o->status, clean(stanza_text(stanza_child(p->presence, "status", NS_CLIENT))));
	news |= take_text(&o->hats, read_hats(p->presence));
	return news;
}

/* Our own standing, and what follows from a change of it. */
static void
take_self(struct passing *p, const struct occupant *o)
{
	struct room *room = p->room;
	bool was_in = room->state == ROOM_IN;

	if (o->id != NULL && g_strcmp0(o->id, room->own_id) != 0) {
		g_free(room->own_id);
		room->own_id = g_strdup(o->id);
		if (was_in)
			room_save(room);
		room_changed(room);
	}
	if (was_in && o->role != room->role)
		room_notice(room, SEVERITY_INFO, "You are a %s in %s now%s.", role_name(o->role), room->jid,
		    o->role == ROLE_VISITOR ? ": you can read, not speak" : "");
	if (was_in && o->affiliation != room->affiliation)
		room_notice(room, SEVERITY_INFO, "Your standing in %s is now: %s.", room->jid,
		    affiliation_name(o->affiliation));
	if (o->role != room->role || o->affiliation != room->affiliation)
		room_changed(room);
	room->role = o->role;
	room->affiliation = o->affiliation;
}

/* Only where it matters: somebody with a standing, who spoke, or we. */
static void
tell_like(struct room *room, const struct occupant *o, const struct occupant *other)
{
	if (other == NULL || room->state != ROOM_IN)
		return;
	if (other->affiliation >= AFFILIATION_MEMBER || spoke_recently(other) || strcmp(other->nick, room->nick) == 0)
		room_notice(room, SEVERITY_WARNING,
		    "\"%s\" came into %s and can be mixed up with \"%s\", who is somebody else.", o->nick, room->jid,
		    other->nick);
}

static void
came(struct passing *p)
{
	struct room *room = p->room;
	struct occupant *o = room_occupant(room, p->nick);
	bool fresh = o == NULL, news;

	if (fresh) {
		/* We ourselves are always among them. */
		if (g_hash_table_size(room->occupants) >= LIMIT_OCCUPANTS && !p->self)
			return;
		o = g_new0(struct occupant, 1);
		o->nick = g_strdup(p->nick);
		o->since = order_last(room->account->core->store);
		g_hash_table_insert(room->occupants, o->nick, o);
		if (room->state == ROOM_IN)
			room_changed(room);
	}
	news = read_occupant(p, o);
	if (fresh)
		tell_like(room, o, room_like_add(room, o));
	if (fresh || news)
		room_occupant_changed(room, p->nick);
	if (fresh && !p->self)
		tell_passage(room, PASSAGE_CAME, p->nick, NULL, NULL, NULL);
	if (!p->self)
		return;
	take_self(p, o);
	room_tell_status(room, p->status);
	if (room->state == ROOM_JOINING && (room->phase == PHASE_ENTERING || room->phase == PHASE_REFRESHING)) {
		room_entered(room, p->nick, (p->status & STATUS_MADE) != 0);
	} else if (strcmp(p->nick, room->nick) != 0) {
		g_free(room->nick);
		room->nick = g_strdup(p->nick);
		g_clear_pointer(&room->nick_id, g_free);
		room_save(room);
		room_changed(room);
	}
}

static void
renamed(struct passing *p, struct occupant *o)
{
	struct room *room = p->room;
	g_autofree char *wanted = p->item != NULL && stanza_get(p->item, "nick") != NULL ?
	    g_strconcat(room->jid, "/", stanza_get(p->item, "nick"), NULL) : NULL;
	g_autofree char *address = wanted != NULL ? jid_normalise(wanted, NULL) : NULL;
	const char *nick = address != NULL ? jid_resource(address) : NULL;
	char *key;

	if (nick == NULL || strcmp(nick, p->nick) == 0)
		return;
	tell_passage(room, PASSAGE_RENAMED, p->nick, nick, NULL, NULL);
	room_occupant_changed(room, p->nick);
	room_occupant_changed(room, nick);
	/* The same person goes on under it; their presence follows. */
	room_like_remove(room, o);
	g_clear_pointer(&o->like, g_free);
	g_hash_table_steal_extended(room->occupants, p->nick, (gpointer *)&key, NULL);
	g_free(o->nick);
	o->nick = g_strdup(nick);
	o->since = order_last(room->account->core->store);
	/* Whoever stood under it before is not there. */
	if (room_occupant(room, nick) != NULL)
		room_like_remove(room, room_occupant(room, nick));
	g_hash_table_replace(room->occupants, o->nick, o);
	tell_like(room, o, room_like_add(room, o));
	if (!p->self)
		return;
	g_free(room->nick);
	room->nick = g_strdup(nick);
	g_clear_pointer(&room->nick_id, g_free);
	room_save(room);
	room_changed(room);
	room_notice(room, SEVERITY_INFO, "You are called %s in %s now.", nick, room->jid);
}

/* " by carol: \"enough\"", as far as it was said.  The caller's. */
static char *
by_and_why(const struct passing *p)
{
	return g_strdup_printf("%s%s%s%s%s", p->by != NULL ? " by " : "", p->by != NULL ? p->by : "",
	    p->words != NULL ? ": \"" : "", p->words != NULL ? p->words : "", p->words != NULL ? "\"" : "");
}

static void
destroyed(struct passing *p, const struct stanza *destroy)
{
	g_autofree char *other = stanza_get(destroy, "jid") != NULL ? jid_normalise(stanza_get(destroy, "jid"), NULL) :
	    NULL;
	g_autofree char *why = clean(stanza_text(stanza_child(destroy, "reason", NS_MUC_USER)));
	g_autofree char *text = g_strdup_printf("%s was destroyed%s%s%s.%s%s%s%s", p->room->jid,
	    why != NULL ? ": \"" : "", why != NULL ? why : "", why != NULL ? "\"" : "",
	    other != NULL ? " It names another room: /join " : "", other != NULL ? other : "", other != NULL ? "." : "",
	    " What was said stays here.");

	room_failed(p->room, "destroyed", text);
}

/* We ourselves are out, and did not ask for it. */
static void
put_out(struct passing *p)
{
	struct room *room = p->room;
	const struct stanza *destroy = p->x != NULL ? stanza_child(p->x, "destroy", NS_MUC_USER) : NULL;
	g_autofree char *by = by_and_why(p), *text = NULL;

	if (destroy != NULL) {
		destroyed(p, destroy);
	} else if ((p->status & STATUS_BANNED) != 0) {
		text = g_strdup_printf("You were banned from %s%s.", room->jid, by);
		room_failed(room, "banned", text);
	} else if ((p->status & STATUS_LOST) != 0) {
		text = g_strdup_printf("%s took you out for a technical reason%s.", room->jid, by);
		room_lost(room, "network", text);
	} else if ((p->status & STATUS_SHUTDOWN) != 0) {
		text = g_strdup_printf("The service of %s shuts down.", room->jid);
		room_lost(room, "shutdown", text);
	} else if ((p->status & STATUS_KICKED) != 0) {
		text = g_strdup_printf("You were kicked from %s%s. /join %s enters it again.", room->jid, by,
		    room->jid);
		room_failed(room, "kicked", text);
	} else if ((p->status & (STATUS_AFFILIATION | STATUS_MEMBERS)) != 0) {
		text = g_strdup_printf("You were taken out of %s%s: only members may be there.", room->jid, by);
		room_failed(room, "members", text);
	} else {
		text = g_strdup_printf("%s says that you left.", room->jid);
		room_lost(room, "removed", text);
	}
	/* Neither at the next log-in; and whoever makes a room of that name again is somebody else. */
	if (!room->wanted)
		bookmark_left(room->account, room->jid);
}

static void
went(struct passing *p)
{
	struct room *room = p->room;
	struct occupant *o = room_occupant(room, p->nick);
	enum passage_kind kind = (p->status & STATUS_BANNED) != 0 ? PASSAGE_BANNED : (p->status & STATUS_LOST) != 0 ?
	    PASSAGE_LOST : (p->status & STATUS_KICKED) != 0 ? PASSAGE_KICKED :
	    (p->status & (STATUS_AFFILIATION | STATUS_MEMBERS)) != 0 ? PASSAGE_REMOVED : PASSAGE_LEFT;
	g_autofree char *words = NULL;

	if (o == NULL)
		return;
	if ((p->status & STATUS_RENAMED) != 0) {
		renamed(p, o);
		return;
	}
	if (p->self) {
		if (room->state == ROOM_IN)
			put_out(p);
		return;
	}
	words = p->words != NULL ? g_strdup(p->words) : clean(stanza_text(stanza_child(p->presence, "status",
	    NS_CLIENT)));
	tell_passage(room, kind, p->nick, NULL, p->by, words);
	room_like_remove(room, o);
	g_hash_table_remove(room->occupants, p->nick);
	room_occupant_changed(room, p->nick);
	room_changed(room);
}

static void
refused(struct room *room, const struct stanza *presence)
{
	const char *id = stanza_get(presence, "id");
	g_autofree char *text = NULL;
	const char *word;

	if (room->state == ROOM_JOINING && room->phase >= PHASE_ENTERING) {
		if (id != NULL && g_strcmp0(id, room->join_id) != 0)
			return;
		word = room_refusal(room, presence, &text);
		if (strcmp(word, "network") == 0)
			room_lost(room, word, text);
		else
			room_failed(room, word, text);
	} else if (room->state == ROOM_IN && room->nick_id != NULL && (id == NULL || strcmp(id, room->nick_id) == 0)) {
		g_clear_pointer(&room->nick_id, g_free);
		room_refusal(room, presence, &text);
		g_free(room->nick_text);
		room->nick_text = g_strdup_printf("Your nick stays %s. %s", room->nick, text);
	} else if (room->state == ROOM_IN) {
		word = room_refusal(room, presence, &text);
		if (strcmp(word, "network") == 0 || strcmp(word, "gone") == 0 || strcmp(word, "not-found") == 0)
			room_lost(room, word, text);
	}
}

bool
room_presence(struct account *account, const struct stanza *presence)
{
	const char *type = stanza_get(presence, "type"), *from = stanza_get(presence, "from"), *actor;
	g_autofree char *full = from != NULL ? jid_normalise(from, NULL) : NULL;
	g_autofree char *bare = full != NULL ? jid_bare(full) : NULL;
	struct room *room = bare != NULL ? room_find(account, bare) : NULL;
	struct passing p = { .room = room, .presence = presence };
	const struct stanza *by;

	if (room == NULL || (type != NULL && strcmp(type, "unavailable") != 0 && strcmp(type, "error") != 0))
		return false;
	room->heard_ms = clock_boot_ms();
	if (g_strcmp0(type, "error") == 0) {
		refused(room, presence);
		return true;
	}
	p.nick = jid_resource(full);
	if (p.nick == NULL || !room_hears(room))
		return true;
	p.x = room_x(presence);
	p.item = p.x != NULL ? stanza_child(p.x, "item", NS_MUC_USER) : NULL;
	p.status = room_status(p.x);
	/* Without a code it is ours by its name, as of old. */
	p.self = (p.status & STATUS_SELF) != 0 || strcmp(p.nick, room->nick) == 0;
	by = p.item != NULL ? stanza_child(p.item, "actor", NS_MUC_USER) : NULL;
	actor = by != NULL ? stanza_get(by, "nick") : NULL;
	p.by = clean(actor != NULL ? actor : by != NULL ? stanza_get(by, "jid") : NULL);
	p.words = p.item != NULL ? clean(stanza_text(stanza_child(p.item, "reason", NS_MUC_USER))) : NULL;
	if (type == NULL)
		came(&p);
	else
		went(&p);
	g_free(p.by);
	g_free(p.words);
	return true;
}
