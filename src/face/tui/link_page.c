/*
 * link_page.c: pages of history, and messages that came cut, asked of the core.  A reader would get wrong that the
 * answer may find the chat's window forgotten and begun anew meanwhile: then it is dropped.
 */
#include "face/tui/face.h"

enum { PAGE = 100 };

/* What a request for a page or a message is for; the chat is found again when the answer comes. */
struct asked {
	struct face	*face;
	char		*account, *jid;
	enum window_side side;
	int64_t		 request;
	bool		 around;		/* a page around face->jump: nothing is known of what is beyond it */
};

static void
asked_free(void *data)
{
	struct asked *asked = data;

	g_free(asked->account);
	g_free(asked->jid);
	g_free(asked);
}

/* The face keeps it until the answer: a client that is freed calls nobody. */
static struct asked *
asked_new(struct face *face, const struct chat *chat, enum window_side side)
{
	struct asked *asked = g_new0(struct asked, 1);

	asked->face = face;
	asked->account = g_strdup(chat->account);
	asked->jid = g_strdup(chat->jid);
	asked->side = side;
	if (face->asked == NULL)
		face->asked = g_ptr_array_new_with_free_func(asked_free);
	g_ptr_array_add(face->asked, asked);
	return asked;
}

void
link_free(struct face *face)
{
	g_clear_pointer(&face->asked, g_ptr_array_unref);
}

void
link_took_page(struct face *face, struct chat *chat, enum window_side side, json_t *result)
{
	struct window *window = chat->window;
	bool first = !window->loaded, missed = window->missed;
	json_t *element;
	size_t i;

	window->asked[side] = 0;
	if (result == NULL) {
		/* Refused: nobody asks again by himself. */
		window->at_start |= side == WINDOW_BEFORE;
		window->loaded = true;
	}
	json_array_foreach(json_object_get(result, "messages"), i, element) {
		struct event event;

		if (!event_from_json(element, &event))
			continue;
		if (event.type == EVENT_message)
			window_take(window, &event, false);
		event_clear(&event);
	}
	window->loaded = true;
	if (result != NULL)
		window_take_gaps(window, json_object_get(result, "gaps"));
	if (json_is_true(json_object_get(result, "fetching")))
		window->asked[WINDOW_BEFORE] = WINDOW_ASKED_ARCHIVE;
	if (result != NULL && !json_is_true(json_object_get(result, "more"))) {
		if (side == WINDOW_BEFORE)
			window->at_start = true;
		else if (!missed)
			window->at_end = true;
	}
	window_trim(window, side == WINDOW_BEFORE && chat->bottom != 0 ? WINDOW_AFTER : WINDOW_BEFORE);
	if (chat != face->front) {
		face_mark(face, splits_show(face, chat) ? DIRTY_CHAT : 0);
		return;
	}
	if (first && face->arriving) {
		face->arriving = false;
		if (chat->unread_after != 0)
			face_unread_line(face);
	}
	face->ready = true;
	face_mark(face, DIRTY_ALL);
}

/* The message that one wanted to get to is here, if it is there at all. */
static void
arrive(struct face *face, struct chat *chat)
{
	int64_t id = face->jump;

	if (chat != face->front || id == 0)
		return;
	face->jump = 0;
	if (window_find(chat->window, id) >= 0)
		select_at(face, id);
	else {
		face_note(face, chat, SEVERITY_INFO, "Message %" G_GINT64_FORMAT " is not here any more.", id);
		face_bottom(face);
	}
}

static void
took_page(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct asked *asked = ctx;
	struct face *face = asked->face;
	enum window_side side = asked->side;
	int64_t request = asked->request;
	bool around = asked->around;
	struct chat *chat = model_chat(face->model, asked->account, asked->jid);

	(void)data;
	g_ptr_array_remove_fast(face->asked, asked);
	/* What was asked before the window was forgotten would leave a hole in the new one. */
	if (chat == NULL || chat->window == NULL || face->client == NULL || chat->window->asked[side] != request)
		return;
	if (error != NULL)
		face_note(face, chat, SEVERITY_ERROR, "%s", error->message);
	link_took_page(face, chat, side, result);
	if (around && result != NULL) {
		chat->window->at_start = chat->window->at_end = false;
		arrive(face, chat);
	}
}

void
link_jump(struct face *face, struct chat *chat, int64_t id)
{
	struct asked *asked;
	struct window *window;
	size_t low, high;
	long at;

	face_go(face, chat);
	face->jump = id;
	face_mark(face, DIRTY_ALL);
	window = chat->window;
	window_range(window, &low, &high);
	at = window_find(window, id);
	if (window->loaded && at >= (long)low && at < (long)high) {
		arrive(face, chat);
		return;
	}
	if (face->client == NULL)
		return;
	window_forget(window);
	window->at_end = face->arriving = false;
	chat->bottom = 0;
	asked = asked_new(face, chat, WINDOW_BEFORE);
	asked->around = true;
	asked->request = window->asked[WINDOW_BEFORE] = client_request(face->client, "history", json_pack(
	    "{s:s, s:s, s:I, s:i}", "account", chat->account, "chat", chat->jid, "around", (json_int_t)id, "limit",
	    PAGE), took_page, asked);
}

void
link_page(struct face *face, struct chat *chat, enum window_side side)
{
	struct window *window = chat->window;
	const struct entry *edge = window_edge(window, side);
	struct asked *asked;
	json_t *params;

	if (window->asked[side] != 0 || face->client == NULL || chat_is_console(chat))
		return;
	params = json_pack("{s:s, s:s, s:i}", "account", chat->account, "chat", chat->jid, "limit", PAGE);
	if (edge != NULL && window->loaded)
		json_object_set_new(params, side == WINDOW_BEFORE ? "before" : "after",
		    json_integer((json_int_t)edge->id));
	if (side == WINDOW_AFTER)
		window->missed = false;
	asked = asked_new(face, chat, side);
	asked->request = window->asked[side] = client_request(face->client, "history", params, took_page, asked);
}

static void
took_room(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct asked *asked = ctx;
	struct face *face = asked->face;
	struct chat *chat = model_chat(face->model, asked->account, asked->jid);
	json_t *element;
	struct event event;
	size_t i;
	int64_t request = asked->request;

	(void)error;
	(void)data;
	g_ptr_array_remove_fast(face->asked, asked);
	/* The room was left meanwhile, and perhaps entered anew: that is another list. */
	if (chat != NULL && chat->room_asked == request) {
		chat->room_asked = result != NULL ? 0 : -1;
		if (event_from_json(json_object_get(result, "room"), &event)) {
			model_take(face->model, &event, false);
			event_clear(&event);
		}
		json_array_foreach(json_object_get(result, "occupants"), i, element)
			if (event_from_json(element, &event)) {
				model_take(face->model, &event, false);
				event_clear(&event);
			}
		face_mark(face, DIRTY_ALL);
	}
	model_list_ended(face->model);
}

void
link_room(struct face *face, struct chat *chat)
{
	struct asked *asked;

	if (chat->object.chat.kind != CHAT_ROOM || chat->occupants != NULL || chat->room_asked != 0 ||
	    face->client == NULL || (chat->room.rev != 0 && chat->room.room.state != ROOM_IN))
		return;
	/* What is told from now on may be newer than the answer. */
	chat->occupants = occupants_new();
	model_list_begins(face->model);
	asked = asked_new(face, chat, WINDOW_BEFORE);
	asked->request = chat->room_asked = client_request(face->client, "room", json_pack("{s:s, s:s}", "account",
	    chat->account, "chat", chat->jid), took_room, asked);
}

/* The archive may have more than it was known to. */
static void
look_again(struct chat *chat, void *ctx)
{
	struct face *face = ctx;

	if (chat->window == NULL || !chat->window->loaded || g_strcmp0(chat->account, face->synced) != 0)
		return;
	chat->window->at_start = false;
	/* A hole that was drawn may be closed; what is before everything waits until somebody goes there. */
	for (guint i = 0; splits_show(face, chat) && i < chat->window->gaps->len; i++)
		if (g_array_index(chat->window->gaps, struct window_gap, i).from != 0) {
			link_page(face, chat, WINDOW_BEFORE);
			break;
		}
}

void
link_sync(struct face *face, const struct event *event)
{
	struct chat *chat = event->chat_jid != NULL ? model_chat(face->model, event->account_name, event->chat_jid) :
	    NULL;

	if (chat != NULL && chat->window != NULL && chat->window->asked[WINDOW_BEFORE] == WINDOW_ASKED_ARCHIVE)
		chat->window->asked[WINDOW_BEFORE] = 0;
	if (event->chat_jid == NULL && event->sync.state == SYNC_COMPLETE) {
		face->synced = event->account_name;
		model_each_chat(face->model, look_again, face);
		face->synced = NULL;
	}
	face_mark(face, event->chat_jid == NULL || (chat != NULL && splits_show(face, chat)) ? DIRTY_CHAT : 0);
}

static void
took_message(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct event event;

	(void)error;
	(void)data;
	if (result == NULL || !event_from_json(json_object_get(result, "message"), &event))
		return;
	if (event.type == EVENT_message)
		link_take(ctx, &event, false);
	event_clear(&event);
}

void
link_message(struct face *face, struct chat *chat, int64_t id)
{
	long at = window_find(chat->window, id);

	if (face->client == NULL || at < 0)
		return;
	chat->window->entries[at]->asked = true;
	client_request(face->client, "message", json_pack("{s:I}", "id", (json_int_t)id), took_message, face);
}
