/*
 * link.c: what the face says to the core and takes from it.  Subscribes first and lists afterwards; an answer may be
 * older than events that came before it, which the model sorts out by revisions.
 */
#include <string.h>

#include "face/tui/face.h"
#include "face/tui/linear.h"
#include "face/tui/preference.h"
#include "proto/error.h"

/* --- events --- */

void
link_take(struct face *face, const struct event *event, bool live)
{
	int changed;

	if (event->type == EVENT_notice) {
		struct chat *chat = event->chat_jid != NULL ? model_chat(face->model, event->account_name,
		    event->chat_jid) : NULL;

		if (chat == NULL || chat->window == NULL)
			chat = model_console(face->model);
		window_note(chat->window, event->notice.severity, event->time != 0 ? event->time :
		    clock_real_us() / 1000, event->notice.text != NULL ? event->notice.text : "");
		if (live && event->notice.ring)
			attention_ring(face);
		face_mark(face, DIRTY_CHAT);
		return;
	}
	if (event->type == EVENT_attended) {
		face->attention.elsewhere = event->attended.session != 0 &&
		    event->attended.session != face->attention.session;
		return;
	}
	if (event->type == EVENT_sync) {
		link_sync(face, event);
		search_synced(face, event);
		return;
	}
	if (event->type == EVENT_setting) {
		preference_take(face, event);
		return;
	}
	if (event->type == EVENT_typing) {
		struct chat *chat = event->chat_jid != NULL ? model_chat(face->model, event->account_name,
		    event->chat_jid) : NULL;

		if (chat != NULL) {
			model_typing(chat, event);
			face_mark(face, splits_show(face, chat) ? DIRTY_BARS : 0);
		}
		return;
	}
	if (event->type == EVENT_passage) {
		struct chat *chat = event->chat_jid != NULL ? model_chat(face->model, event->account_name,
		    event->chat_jid) : NULL;

		/* Of a chat that is not held nobody wants to know later who came and went. */
		if (chat != NULL && chat->window != NULL && chat->window->at_end) {
			window_passage(chat->window, event);
			face_mark(face, chat == face->front ? DIRTY_CHAT : 0);
		}
		return;
	}
	if (live && event->type == EVENT_message) {
		model_know(face->model, event);
		if (face->linear != NULL)
			linear_message(face, event);
		attention_message(face, event);
	}
	changed = model_take(face->model, event, live);
	if (changed == 0)
		return;
	/* A message elsewhere draws nothing here; its chat's own event tells of it. */
	if (event->type == EVENT_message)
		face_mark(face, splits_show(face, model_chat(face->model, event->account_name, event->chat_jid)) ?
		    DIRTY_CHAT : 0);
	else if (event->type == EVENT_prompt) {
		face_mark(face, DIRTY_CHAT | DIRTY_BARS);
		ask_prompt_changed(face, event);
	} else {
		if (event->type == EVENT_chat)
			face_draft_told(face, model_chat(face->model, event->account_name, event->chat_jid));
		face_mark(face, event->type == EVENT_presence || event->type == EVENT_occupant ? DIRTY_BARS :
		    DIRTY_ALL);
	}
	start_changed(face, event);
}

static void relist(struct face *face);

/* In the chat where the command was entered, if that is known. */
static void
say_output(struct face *face, const struct event *event)
{
	json_t *lines = event->output.lines;
	struct chat *chat = event->chat_jid != NULL ? model_chat(face->model, event->account_name, event->chat_jid) :
	    event->output.request == 0 ? model_console(face->model) : send_chat(face, event->output.request);
	g_autoptr(GString) text = g_string_new(NULL);
	json_t *line;
	size_t i;

	json_array_foreach(lines, i, line)
		g_string_append_printf(text, "%s%s", i > 0 ? "\n" : "",
		    json_string_value(line) != NULL ? json_string_value(line) : "");
	face_note(face, chat != NULL ? chat : face->front, SEVERITY_INFO, "%s", text->str);
}

static void
on_event(void *ctx, const struct event *event, json_t *raw)
{
	struct face *face = ctx;

	(void)raw;
	if (event == NULL || face->ending)
		return;
	if (event->type == EVENT_reset) {
		model_doubt(face->model);
		relist(face);
		if (!chat_is_console(face->front))
			link_page(face, face->front, WINDOW_BEFORE);
	} else if (event->type == EVENT_output)
		say_output(face, event);
	else
		link_take(face, event, true);
}

static void
on_closed(void *ctx)
{
	struct face *face = ctx;

	client_free(face->client);
	face->client = NULL;
	if (face->quitting)
		face_end(face, 0, NULL);
	else if (!face->ending)
		reattach_lost(face);
}

static const struct client_handler handler = { on_event, on_closed };

/* --- lists --- */

/* Elements of one list; what the list does not name is gone, where it was doubted and the list is whole. */
static void
take_list(struct face *face, json_t *result, const char *name, enum event_type type)
{
	json_t *element;
	size_t i;

	json_array_foreach(json_object_get(result, name), i, element) {
		struct event event;

		if (!event_from_json(element, &event))
			continue;
		link_take(face, &event, false);
		event_clear(&event);
	}
	if (!json_is_true(json_object_get(result, "more")))
		model_drop_doubted(face->model, type);
	face_mark(face, DIRTY_ALL);
}

static bool
refused(struct face *face, json_t *result, const GError *error)
{
	model_list_ended(face->model);
	if (result == NULL && face->client != NULL && !face->ending)
		face_note(face, model_console(face->model), SEVERITY_ERROR, "%s", error->message);
	return result == NULL;
}

/* The console begins with how things stand. */
static void
say_accounts(struct face *face)
{
	const GPtrArray *accounts = model_accounts(face->model);

	for (guint i = 0; i < accounts->len; i++) {
		const struct event *event = accounts->pdata[i];
		const struct event_account *account = &event->account;
		bool told = account->text != NULL && *account->text != '\0';

		face_note(face, model_console(face->model), account->state == ACCOUNT_FAILED ? SEVERITY_ERROR :
		    SEVERITY_INFO, "%s is %s as %s.%s%s", event->account_name, account_state_name(account->state),
		    account->jid != NULL ? account->jid : "", told ? " " : "", told ? account->text : "");
	}
}

static void
took_accounts(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct face *face = ctx;

	(void)data;
	if (refused(face, result, error))
		return;
	take_list(face, result, "accounts", EVENT_account);
	if (!face->greeted)
		say_accounts(face);
	face->greeted = true;
	if (model_accounts(face->model)->len == 0)
		start_begin(face);
}

static void
took_chats(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct face *face = ctx;
	json_t *front = json_object_get(result, "front");
	struct chat *chat = NULL;

	(void)data;
	if (refused(face, result, error))
		return;
	take_list(face, result, "chats", EVENT_chat);
	if (face->settled || (front == NULL && face->uri == NULL)) {
		face->settled = face->ready = true;
		return;
	}
	face->settled = true;
	if (face->uri != NULL) {
		face->ready = true;
		links_started(face);
		return;
	}
	/* Where somebody was last.  The page makes it ready. */
	if (json_string_value(json_object_get(front, "chat")) != NULL)
		chat = model_chat(face->model, json_string_value(json_object_get(front, "account")),
		    json_string_value(json_object_get(front, "chat")));
	if ((chat == NULL || !chat->object.chat.open) && *face->focus->jid != '\0')
		chat = model_chat(face->model, face->focus->account, face->focus->jid);
	if (chat == NULL || chat_is_console(chat) || !chat->object.chat.open) {
		face->ready = true;
		return;
	}
	splits_prefer(face, chat);
	face_go(face, chat);
}

static void
took_roster(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct face *face = ctx;

	(void)data;
	if (refused(face, result, error))
		return;
	take_list(face, result, "contacts", EVENT_contact);
	take_list(face, result, "presences", EVENT_presence);
}

static void
took_prompts(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct face *face = ctx;

	(void)data;
	if (!refused(face, result, error))
		take_list(face, result, "prompts", EVENT_prompt);
}

static void
took_rooms(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct face *face = ctx;

	(void)data;
	if (refused(face, result, error))
		return;
	take_list(face, result, "rooms", EVENT_room);
	model_rooms_told(face->model);
}

static void
took_settings(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct face *face = ctx;

	(void)data;
	if (!refused(face, result, error))
		take_list(face, result, "settings", EVENT_setting);
}

static void
list(struct face *face, const char *method, client_done done)
{
	model_list_begins(face->model);
	client_request(face->client, method, NULL, done, face);
}

static void
took_layout(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct face *face = ctx;
	const char *text = json_string_value(json_object_get(result, "text"));

	(void)data;
	face->kept = true;
	if (text != NULL)
		keep_take(face, text);
	else if (error != NULL && face->client != NULL && !face->ending)
		face_note(face, model_console(face->model), SEVERITY_ERROR, "%s", error->message);
}

void
link_keep(struct face *face)
{
	g_autofree char *text = keep_text(face);

	/* Before the kept one is here, it would be overwritten. */
	if (face->client != NULL && face->kept)
		client_request(face->client, "layout", json_pack("{s:s, s:s}", "name", face->name, "text", text), NULL,
		    NULL);
}

static void
relist(struct face *face)
{
	list(face, "settings", took_settings);
	list(face, "accounts", took_accounts);
	list(face, "chats", took_chats);
	list(face, "rooms", took_rooms);
	list(face, "prompts", took_prompts);
	list(face, "roster", took_roster);
}

static void
took_hello(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct face *face = ctx;

	(void)data;
	if (result != NULL) {
		face->attention.session = json_integer_value(json_object_get(result, "session"));
		face->attention.elsewhere = false;
		reattach_greeted(face);
	}
	else if (!g_error_matches(error, RPC_ERROR, RPC_ERROR_OFFLINE))
		face_end(ctx, g_error_matches(error, RPC_ERROR, RPC_ERROR_PROTOCOL) ? 4 : 2, error->message);
}

struct client *
link_connect(struct face *face, const char *socket, GError **error)
{
	return client_connect(socket, &handler, face, error);
}

struct client *
link_adopt(struct face *face, int fd)
{
	return client_new(fd, &handler, face);
}

static void
tell_draft(struct chat *chat, void *ctx)
{
	link_draft(ctx, chat);
}

void
link_attach(struct face *face)
{
	struct client_hello hello = { "tui", canvas_columns(face->canvas), true };

	/* Keys before events. */
	client_set_priority(face->client, G_PRIORITY_DEFAULT + 10);
	client_hello(face->client, &hello, took_hello, face);
	client_request(face->client, "subscribe", NULL, NULL, NULL);
	recall_load(face, face->front);
	/* What was changed here while there was no core is newer than what it kept. */
	if (face->kept)
		link_keep(face);
	else
		client_request(face->client, "layout", json_pack("{s:s}", "name", face->name), took_layout, face);
	relist(face);
	digest_first(face);
	if (!chat_is_console(face->front)) {
		link_page(face, face->front, WINDOW_BEFORE);
		model_each_chat(face->model, tell_draft, face);
	}
}

void
link_close(struct face *face)
{
	typing_left(face);
	if (face->client != NULL)
		link_draft(face, face->front);
	g_clear_pointer(&face->client, client_free);
	clock_timer_cancel(&face->draft_timer);
}

/* --- small things --- */

void
link_seen(struct face *face, struct chat *chat, int64_t id)
{
	if (face->client != NULL)
		client_request(face->client, "seen", json_pack("{s:s, s:s, s:I}", "account", chat->account, "chat",
		    chat->jid, "id", (json_int_t)id), NULL, NULL);
}

void
link_active(struct face *face, bool focused, int64_t idle_s)
{
	json_t *params;

	if (face->client == NULL)
		return;
	params = json_pack("{s:b, s:I}", "focused", focused, "idle_s", (json_int_t)idle_s);
	if (!chat_is_console(face->front)) {
		json_object_set_new(params, "account", json_string(face->front->account));
		json_object_set_new(params, "chat", json_string(face->front->jid));
	}
	client_request(face->client, "active", params, NULL, NULL);
}

void
link_draft(struct face *face, struct chat *chat)
{
	const char *text;

	if (face->client == NULL || chat == NULL || chat_is_console(chat) || chat->draft == NULL)
		return;
	text = input_draft_text(face->input, chat->draft);
	/* It may hold a secret, typed where none belongs. */
	if (g_str_has_prefix(text, "/answer"))
		return;
	if (g_strcmp0(text, chat->told) == 0)
		return;
	g_free(chat->told);
	chat->told = g_strdup(text);
	client_request(face->client, "draft", json_pack("{s:s, s:s, s:s%}", "account", chat->account, "chat",
	    chat->jid, "text", text, strlen(text)), NULL, NULL);
}

static void
answer_taken(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct face *face = ctx;

	(void)result;
	(void)data;
	if (error != NULL && face->client != NULL)
		face_note(face, face->front, SEVERITY_ERROR, "%s", error->message);
}

void
link_chat_closed(struct face *face, struct chat *chat)
{
	if (face->client != NULL)
		client_request(face->client, "close", json_pack("{s:s, s:s}", "account", chat->account, "chat",
		    chat->jid), answer_taken, face);
}

void
link_answer(struct face *face, int64_t id, const char *value, bool keep)
{
	if (face->client == NULL)
		return;
	client_request(face->client, "answer", json_pack("{s:I, s:s, s:b}", "id", (json_int_t)id, "value", value,
	    "keep", keep), answer_taken, face);
}
