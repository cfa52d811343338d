/* search_place.c: /goto and its key: to a date, or to a message by its number. */
#include "face/tui/search_private.h"

static void
took_place(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct asked *asked = ctx;
	struct face *face = asked->face;
	struct chat *chat = result == NULL ? NULL : model_chat(face->model, json_string_value(json_object_get(result,
	    "account")), json_string_value(json_object_get(result, "chat")));

	(void)data;
	g_ptr_array_remove_fast(face->search.around, asked);
	if (chat != NULL)
		link_jump(face, chat, json_integer_value(json_object_get(result, "id")));
	else if (error != NULL && face->client != NULL)
		face_note(face, face->front, SEVERITY_ERROR, "%s", error->message);
}

void
search_place(struct face *face, const char *where)
{
	json_t *params;
	struct asked *asked;

	if (face->client == NULL)
		return;
	params = json_pack("{s:s}", "where", where);
	if (!chat_is_console(face->front)) {
		json_object_set_new(params, "account", json_string(face->front->account));
		json_object_set_new(params, "chat", json_string(face->front->jid));
	}
	asked = search_asked(face, 0);
	asked->request = client_request(face->client, "place", params, took_place, asked);
}

static void
placed(struct face *face, const char *value, int64_t id)
{
	(void)id;
	if (value != NULL && *value != '\0')
		search_place(face, value);
}

void
search_ask_place(struct face *face)
{
	if (!face->ask.open)
		ask_open(face, "go to (2026-03-01, yesterday, or a message's number)", false, "", placed, 0);
}
