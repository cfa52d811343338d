/*
 * model_chats.c: the chats of the model: their order, their names, the route of Alt-a, and which of them have a window.
 */
#include "face/tui/model_private.h"

#include <string.h>

#include "base/limits.h"

struct chat *
model_console(struct model *model)
{
	return model->console;
}

struct chat *
model_chat(struct model *model, const char *account, const char *jid)
{
	g_autofree char *key = NULL;

	if (jid == NULL || *jid == '\0')
		return model->console;
	key = model_key(account, jid);
	return g_hash_table_lookup(model->chats, key);
}

int64_t
chat_number(const struct chat *chat)
{
	return chat->object.chat.number;
}

bool
chat_is_console(const struct chat *chat)
{
	return *chat->jid == '\0';
}

void
model_typing(struct chat *chat, const struct event *event)
{
	bool begins = event->typing.state == CHAT_STATE_COMPOSING;

	/* Who stops is not always who is shown. */
	if (!begins && chat->typing && g_strcmp0(chat->typist, event->typing.nick) != 0)
		return;
	chat->typing = begins;
	g_free(chat->typist);
	chat->typist = begins ? g_strdup(event->typing.nick) : NULL;
}

void
model_rooms_told(struct model *model)
{
	model->rooms_told = true;
}

enum room_state
model_room_state(const struct model *model, const struct chat *chat)
{
	const struct event_account *account = model_account(model, chat->account);

	if (account == NULL || account->state != ACCOUNT_ONLINE)
		return ROOM_OUT;
	if (chat->room.rev == 0)
		return model->rooms_told ? ROOM_OUT : ROOM_IN;
	return chat->room.room.state;
}

static int
by_number(const void *a, const void *b)
{
	const struct chat *x = *(struct chat *const *)a, *y = *(struct chat *const *)b;
	int64_t n = chat_number(x), m = chat_number(y);

	return (n > m) - (n < m);
}

const GPtrArray *
model_chats(struct model *model)
{
	GHashTableIter iter;
	void *value;

	if (model->chat_list->len > 0)
		return model->chat_list;
	g_ptr_array_add(model->chat_list, model->console);
	g_hash_table_iter_init(&iter, model->chats);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		if (((struct chat *)value)->object.chat.open)
			g_ptr_array_add(model->chat_list, value);
	g_ptr_array_sort(model->chat_list, by_number);
	return model->chat_list;
}

struct chat *
model_chat_number(struct model *model, int64_t number)
{
	const GPtrArray *chats = model_chats(model);

	for (guint i = 0; i < chats->len; i++)
		if (chat_number(chats->pdata[i]) == number)
			return chats->pdata[i];
	return NULL;
}

void
model_each_chat(struct model *model, void (*fn)(struct chat *, void *ctx), void *ctx)
{
	GHashTableIter iter;
	void *value;

	fn(model->console, ctx);
	g_hash_table_iter_init(&iter, model->chats);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		fn(value, ctx);
}

const char *
chat_name(const struct model *model, const struct chat *chat)
{
	const struct event_contact *contact;

	if (chat_is_console(chat))
		return "console";
	contact = model_contact(model, chat->account, chat->jid);
	if (contact != NULL && contact->name != NULL && *contact->name != '\0')
		return contact->name;
	if (chat->object.chat.name != NULL && *chat->object.chat.name != '\0')
		return chat->object.chat.name;
	return chat->jid;
}

/* People before rooms; inside each the chat that was read longest ago. */
static int
by_route(const void *a, const void *b)
{
	const struct chat *x = *(struct chat *const *)a, *y = *(struct chat *const *)b;
	bool p = x->object.chat.kind != CHAT_ROOM || x->object.chat.mentions > 0;
	bool q = y->object.chat.kind != CHAT_ROOM || y->object.chat.mentions > 0;

	if (p != q)
		return p ? -1 : 1;
	if (x->object.chat.read != y->object.chat.read)
		return x->object.chat.read < y->object.chat.read ? -1 : 1;
	return by_number(a, b);
}

GPtrArray *
model_activity(struct model *model)
{
	const GPtrArray *chats = model_chats(model);
	GPtrArray *route = g_ptr_array_new();

	for (guint i = 0; i < chats->len; i++) {
		struct chat *chat = chats->pdata[i];

		if (chat->object.chat.unread > 0 && !chat->object.chat.muted)
			g_ptr_array_add(route, chat);
	}
	g_ptr_array_sort(route, by_route);
	return route;
}

struct chat *
model_next_unread(struct model *model, const struct chat *from, uint64_t walk, bool mine)
{
	g_autoptr(GPtrArray) route = model_activity(model);

	for (guint i = 0; i < route->len; i++) {
		struct chat *chat = route->pdata[i];
		const struct event_chat *object = &chat->object.chat;
		bool ours = object->kind != CHAT_ROOM || object->mentions > 0;

		if (chat != from && (ours || !mine) && !(chat->walk == walk && chat->walked >= object->last))
			return chat;
	}
	return NULL;
}

struct oldest {
	struct chat	*chat;
	int		 windows;
};

static void
find_oldest(struct chat *chat, void *ctx)
{
	struct oldest *oldest = ctx;

	if (chat->window == NULL || chat_is_console(chat))
		return;
	oldest->windows++;
	if (oldest->chat == NULL || chat->used < oldest->chat->used)
		oldest->chat = chat;
}

struct window *
model_window(struct model *model, struct chat *chat)
{
	struct oldest oldest = { NULL, 0 };

	chat->used = ++model->clock;
	if (chat->window != NULL)
		return chat->window;
	model_each_chat(model, find_oldest, &oldest);
	/* Its requests are answered to the chat, which then has no window: they are let go. */
	if (oldest.windows >= LIMIT_FACE_WINDOWS) {
		g_clear_pointer(&oldest.chat->window, window_free);
		g_clear_pointer(&oldest.chat->occupants, occupants_free);
		oldest.chat->room_asked = 0;
		oldest.chat->bottom = 0;
	}
	chat->window = window_new();
	return chat->window;
}
