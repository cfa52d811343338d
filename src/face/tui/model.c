/*
 * model.c: hash tables of events.  A reader would get wrong that lists may be older than events which came before them;
 * hence tombstones (objects that are gone) while a list is under way.
 */
#include "face/tui/model_private.h"

#include <string.h>

#include "base/jid.h"

static void
object_free(void *data)
{
	struct object *object = data;

	event_clear(&object->event);
	g_free(object);
}

static void
chat_free(void *data)
{
	struct chat *chat = data;

	g_free(chat->account);
	g_free(chat->jid);
	g_free(chat->told);
	g_free(chat->typist);
	event_clear(&chat->object);
	event_clear(&chat->room);
	occupants_free(chat->occupants);
	window_free(chat->window);
	g_free(chat);
}

static void
free_array(void *array)
{
	g_ptr_array_unref(array);
}

static struct chat *
chat_new(const char *account, const char *jid)
{
	struct chat *chat = g_new0(struct chat, 1);

	chat->account = g_strdup(account);
	chat->jid = g_strdup(jid);
	chat->object.type = EVENT_chat;
	chat->room.type = EVENT_room;
	return chat;
}

struct model *
model_new(void)
{
	struct model *model = g_new0(struct model, 1);

	model->accounts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, object_free);
	model->contacts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, object_free);
	model->prompts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, object_free);
	model->presences = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_array);
	model->chats = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, chat_free);
	model->gone = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	model->account_list = g_ptr_array_new();
	model->prompt_list = g_ptr_array_new();
	model->chat_list = g_ptr_array_new();
	model->console = chat_new("", "");
	model->console->object.chat.number = 1;
	model->console->object.chat.open = true;
	model->console->window = window_new();
	model->console->window->at_start = model->console->window->loaded = true;
	return model;
}

void
model_free(struct model *model)
{
	if (model == NULL)
		return;
	g_hash_table_unref(model->accounts);
	g_hash_table_unref(model->contacts);
	g_hash_table_unref(model->prompts);
	g_hash_table_unref(model->presences);
	g_hash_table_unref(model->chats);
	g_hash_table_unref(model->gone);
	g_ptr_array_unref(model->account_list);
	g_ptr_array_unref(model->prompt_list);
	g_ptr_array_unref(model->chat_list);
	chat_free(model->console);
	g_free(model);
}

char *
model_key(const char *a, const char *b)
{
	return g_strconcat(a != NULL ? a : "", "\n", b != NULL ? b : "", NULL);
}

/* The key of an object, NULL for one that names nothing. */
static char *
object_key(const struct event *event)
{
	switch (event->type) {
	case EVENT_account:
		return event->account_name != NULL ? g_strdup(event->account_name) : NULL;
	case EVENT_chat:
		return event->chat_jid != NULL ? model_key(event->account_name, event->chat_jid) : NULL;
	case EVENT_contact:
		return event->contact.jid != NULL ? model_key(event->account_name, event->contact.jid) : NULL;
	case EVENT_presence:
		return event->presence.jid != NULL ? model_key(event->account_name, event->presence.jid) : NULL;
	case EVENT_room:
		return event->chat_jid != NULL ? model_key(event->account_name, event->chat_jid) : NULL;
	case EVENT_occupant: {
		g_autofree char *room = model_key(event->account_name, event->chat_jid);

		return event->chat_jid != NULL && event->occupant.nick != NULL ? model_key(room, event->occupant.nick) :
		    NULL;
	}
	case EVENT_prompt:
		return g_strdup_printf("%" G_GINT64_FORMAT, event->prompt.id);
	default:
		return NULL;
	}
}

/* True when a newer word than event's says that the object is gone. */
static bool
was_gone(struct model *model, const struct event *event, const char *key)
{
	g_autofree char *name = g_strdup_printf("%d %s", event->type, key);
	const int64_t *rev = g_hash_table_lookup(model->gone, name);

	return rev != NULL && *rev >= event->rev;
}

static void
remember_gone(struct model *model, const struct event *event, const char *key)
{
	if (model->lists > 0)
		g_hash_table_replace(model->gone, g_strdup_printf("%d %s", event->type, key),
		    g_memdup2(&event->rev, sizeof event->rev));
}

void
model_list_begins(struct model *model)
{
	model->lists++;
}

void
model_list_ended(struct model *model)
{
	if (--model->lists == 0)
		g_hash_table_remove_all(model->gone);
}

/* Puts event in the place of object. */
static bool
replace(struct object *object, const struct event *event)
{
	object->stale = false;
	if (event->rev <= object->event.rev)
		return false;
	event_clear(&object->event);
	event_copy(&object->event, event);
	return true;
}

static bool
take_object(struct model *model, GHashTable *table, const struct event *event, const char *key)
{
	struct object *object = g_hash_table_lookup(table, key);

	if (event->gone) {
		remember_gone(model, event, key);
		return object != NULL && event->rev > object->event.rev && g_hash_table_remove(table, key);
	}
	if (object != NULL)
		return replace(object, event);
	if (was_gone(model, event, key))
		return false;
	object = g_new0(struct object, 1);
	event_copy(&object->event, event);
	g_hash_table_insert(table, g_strdup(key), object);
	return true;
}

static bool
take_presence(struct model *model, const struct event *event, const char *key)
{
	g_autofree char *bare = jid_bare(event->presence.jid), *at = model_key(event->account_name, bare);
	GPtrArray *all = g_hash_table_lookup(model->presences, at);
	struct object *object = NULL;
	guint i;

	for (i = 0; all != NULL && i < all->len; i++) {
		object = all->pdata[i];
		if (strcmp(object->event.presence.jid, event->presence.jid) == 0)
			break;
		object = NULL;
	}
	if (event->gone)
		remember_gone(model, event, key);
	if (object != NULL && event->gone) {
		if (event->rev > object->event.rev) {
			g_ptr_array_remove_index(all, i);
			if (all->len == 0)
				g_hash_table_remove(model->presences, at);
			return true;
		}
		return false;
	}
	if (object != NULL)
		return replace(object, event);
	if (event->gone || was_gone(model, event, key))
		return false;
	if (all == NULL) {
		all = g_ptr_array_new_with_free_func(object_free);
		g_hash_table_insert(model->presences, g_strdup(at), all);
	}
	object = g_new0(struct object, 1);
	event_copy(&object->event, event);
	g_ptr_array_add(all, object);
	return true;
}

static bool
take_chat(struct model *model, const struct event *event, const char *key, bool live)
{
	struct chat *chat = g_hash_table_lookup(model->chats, key);

	if (chat == NULL) {
		if (event->gone)
			return false;
		chat = chat_new(event->account_name != NULL ? event->account_name : "", event->chat_jid);
		g_hash_table_insert(model->chats, g_strdup(key), chat);
	}
	chat->stale = false;
	if (event->rev <= chat->object.rev)
		return false;
	/* A chat that is gone is one that is closed: the face may still show it. */
	event_clear(&chat->object);
	event_copy(&chat->object, event);
	if (!live)
		chat->heard = MAX(chat->heard, event->chat.last);
	return true;
}

static int
take_prompt(struct model *model, const struct event *event, const char *key)
{
	if (!take_object(model, model->prompts, event, key))
		return 0;
	window_prompt(model->console->window, event);
	return MODEL_PROMPTS | MODEL_FRONT;
}

void
model_know(struct model *model, const struct event *event)
{
	g_autofree char *key = NULL;

	if (event->account_name == NULL || event->chat_jid == NULL || event->gone ||
	    model_chat(model, event->account_name, event->chat_jid) != NULL)
		return;
	key = model_key(event->account_name, event->chat_jid);
	g_hash_table_insert(model->chats, g_steal_pointer(&key), chat_new(event->account_name, event->chat_jid));
}

static int
take_message(struct model *model, const struct event *event, bool live)
{
	struct chat *chat = model_chat(model, event->account_name, event->chat_jid);

	if (chat == NULL || chat->window == NULL || !window_take(chat->window, event, live))
		return 0;
	if (live)
		window_trim(chat->window, chat->bottom == 0 ? WINDOW_BEFORE : WINDOW_AFTER);
	return MODEL_FRONT;
}

/* Who is in it is asked for anew each time that we come in. */
static bool
take_room(struct model *model, const struct event *event)
{
	struct chat *chat = model_chat(model, event->account_name, event->chat_jid);

	if (chat == NULL || chat_is_console(chat) || event->rev <= chat->room.rev)
		return false;
	event_clear(&chat->room);
	event_copy(&chat->room, event);
	if (event->gone || event->room.state != ROOM_IN) {
		g_clear_pointer(&chat->occupants, occupants_free);
		chat->room_asked = 0;
	} else if (chat->room_asked < 0) {
		chat->room_asked = 0;
	}
	return true;
}

static bool
take_occupant(struct model *model, const struct event *event, const char *key)
{
	struct chat *chat = model_chat(model, event->account_name, event->chat_jid);

	if (event->gone)
		remember_gone(model, event, key);
	else if (was_gone(model, event, key))
		return false;
	return chat != NULL && chat->occupants != NULL && occupants_take(chat->occupants, event);
}

int
model_take(struct model *model, const struct event *event, bool live)
{
	g_autofree char *key = object_key(event);
	bool changed = false;

	if (event->type == EVENT_message)
		return take_message(model, event, live);
	if (key == NULL)
		return 0;
	switch (event->type) {
	case EVENT_account:
		changed = take_object(model, model->accounts, event, key);
		g_ptr_array_set_size(model->account_list, 0);
		break;
	case EVENT_chat:
		changed = take_chat(model, event, key, live);
		g_ptr_array_set_size(model->chat_list, 0);
		break;
	case EVENT_contact:
		changed = take_object(model, model->contacts, event, key);
		break;
	case EVENT_presence:
		changed = take_presence(model, event, key);
		break;
	case EVENT_room:
		changed = take_room(model, event);
		break;
	case EVENT_occupant:
		changed = take_occupant(model, event, key);
		break;
	case EVENT_prompt:
		g_ptr_array_set_size(model->prompt_list, 0);
		return take_prompt(model, event, key);
	default:
		break;
	}
	return changed ? MODEL_LIST : 0;
}

static void
doubt_table(GHashTable *table)
{
	GHashTableIter iter;
	void *value;

	g_hash_table_iter_init(&iter, table);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		((struct object *)value)->stale = true;
}

static void
doubt_presences(struct model *model)
{
	GHashTableIter iter;
	void *value;

	g_hash_table_iter_init(&iter, model->presences);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		GPtrArray *all = value;

		for (guint i = 0; i < all->len; i++)
			((struct object *)all->pdata[i])->stale = true;
	}
}

void
model_doubt(struct model *model)
{
	GHashTableIter iter;
	void *value;

	doubt_table(model->accounts);
	doubt_table(model->contacts);
	doubt_table(model->prompts);
	doubt_presences(model);
	g_hash_table_iter_init(&iter, model->chats);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct chat *chat = value;

		chat->stale = true;
		chat->typing = false;
		g_clear_pointer(&chat->occupants, occupants_free);
		chat->room_asked = 0;
		if (chat->window != NULL)
			window_forget(chat->window);
	}
}

static gboolean
is_stale(void *key, void *value, void *data)
{
	struct object *object = value;
	struct model *model = data;

	(void)key;
	if (object->stale && object->event.type == EVENT_prompt) {
		object->event.gone = true;
		window_prompt(model->console->window, &object->event);
	}
	return object->stale;
}

static void
drop_presences(struct model *model)
{
	GHashTableIter iter;
	void *value;

	g_hash_table_iter_init(&iter, model->presences);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		GPtrArray *all = value;

		for (guint i = all->len; i-- > 0; )
			if (((struct object *)all->pdata[i])->stale)
				g_ptr_array_remove_index(all, i);
		if (all->len == 0)
			g_hash_table_iter_remove(&iter);
	}
}

static void
close_stale(struct chat *chat, void *model)
{
	(void)model;
	if (chat->stale)
		chat->object.chat.open = false;
	chat->stale = false;
}

void
model_drop_doubted(struct model *model, enum event_type type)
{
	switch (type) {
	case EVENT_account:
		g_hash_table_foreach_remove(model->accounts, is_stale, model);
		g_ptr_array_set_size(model->account_list, 0);
		break;
	case EVENT_contact:
		g_hash_table_foreach_remove(model->contacts, is_stale, model);
		break;
	case EVENT_prompt:
		g_hash_table_foreach_remove(model->prompts, is_stale, model);
		g_ptr_array_set_size(model->prompt_list, 0);
		break;
	case EVENT_presence:
		drop_presences(model);
		break;
	case EVENT_chat:
		model_each_chat(model, close_stale, model);
		g_ptr_array_set_size(model->chat_list, 0);
		break;
	default:
		break;
	}
}

static void
is_offline(void *key, void *value, void *data)
{
	struct object *object = value;

	(void)key;
	(void)data;
	object->event.account.state = ACCOUNT_OFFLINE;
}

static void
stop_waiting(struct chat *chat, void *ctx)
{
	(void)ctx;
	chat->typing = false;
	if (chat->window != NULL)
		chat->window->asked[WINDOW_BEFORE] = chat->window->asked[WINDOW_AFTER] = 0;
}

void
model_lost(struct model *model)
{
	g_hash_table_foreach(model->accounts, is_offline, NULL);
	doubt_table(model->prompts);
	doubt_presences(model);
	model_drop_doubted(model, EVENT_prompt);
	model_drop_doubted(model, EVENT_presence);
	model_each_chat(model, stop_waiting, NULL);
}

const struct event_account *
model_account(const struct model *model, const char *name)
{
	const struct object *object = g_hash_table_lookup(model->accounts, name);

	return object == NULL ? NULL : &object->event.account;
}

const struct event_contact *
model_contact(const struct model *model, const char *account, const char *jid)
{
	g_autofree char *key = model_key(account, jid);
	const struct object *object = g_hash_table_lookup(model->contacts, key);

	return object == NULL ? NULL : &object->event.contact;
}

GPtrArray *
model_contacts(const struct model *model)
{
	GPtrArray *all = g_ptr_array_new();
	GHashTableIter iter;
	void *value;

	g_hash_table_iter_init(&iter, model->contacts);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		g_ptr_array_add(all, &((struct object *)value)->event);
	return all;
}

bool
model_presence(const struct model *model, const char *account, const char *jid, enum presence_show *show,
    const char **status)
{
	g_autofree char *key = model_key(account, jid);
	const GPtrArray *all = g_hash_table_lookup(model->presences, key);
	const struct event_presence *best = NULL;

	for (guint i = 0; all != NULL && i < all->len; i++) {
		const struct event_presence *one = &((struct object *)all->pdata[i])->event.presence;

		if (best == NULL || (best->show == SHOW_OFFLINE && one->show != SHOW_OFFLINE) ||
		    (one->show != SHOW_OFFLINE && one->priority > best->priority))
			best = one;
	}
	if (best == NULL)
		return false;
	*show = best->show;
	*status = best->status;
	return true;
}

static int
by_priority(const void *a, const void *b)
{
	const struct event_presence *x = *(struct event_presence *const *)a, *y = *(struct event_presence *const *)b;

	return x->priority != y->priority ? (x->priority < y->priority ? 1 : -1) : strcmp(x->jid, y->jid);
}

GPtrArray *
model_resources(const struct model *model, const char *account, const char *jid)
{
	g_autofree char *key = model_key(account, jid);
	const GPtrArray *all = g_hash_table_lookup(model->presences, key);
	GPtrArray *list = g_ptr_array_new();

	for (guint i = 0; all != NULL && i < all->len; i++)
		if (((struct object *)all->pdata[i])->event.presence.show != SHOW_OFFLINE)
			g_ptr_array_add(list, &((struct object *)all->pdata[i])->event.presence);
	g_ptr_array_sort(list, by_priority);
	return list;
}

static void
fill_list(GHashTable *table, GPtrArray *list, GCompareFunc compare)
{
	GHashTableIter iter;
	void *value;

	if (list->len > 0)
		return;
	g_hash_table_iter_init(&iter, table);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		g_ptr_array_add(list, &((struct object *)value)->event);
	g_ptr_array_sort(list, compare);
}

static int
by_account(const void *a, const void *b)
{
	const struct event *x = *(struct event *const *)a, *y = *(struct event *const *)b;

	return strcmp(x->account_name, y->account_name);
}

static int
by_prompt(const void *a, const void *b)
{
	const struct event *x = *(struct event *const *)a, *y = *(struct event *const *)b;

	return (x->prompt.id > y->prompt.id) - (x->prompt.id < y->prompt.id);
}

const GPtrArray *
model_accounts(struct model *model)
{
	fill_list(model->accounts, model->account_list, by_account);
	return model->account_list;
}

const GPtrArray *
model_prompts(struct model *model)
{
	fill_list(model->prompts, model->prompt_list, by_prompt);
	return model->prompt_list;
}

const struct event *
model_prompt(struct model *model, int64_t id)
{
	g_autofree char *key = g_strdup_printf("%" G_GINT64_FORMAT, id);
	const struct object *object = g_hash_table_lookup(model->prompts, key);

	return object == NULL ? NULL : &object->event;
}
