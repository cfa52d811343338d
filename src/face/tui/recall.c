/* recall.c: what was typed in a chat, kept by the core, so that Up finds it in the next face too. */
#include "face/tui/face.h"

/* The chat is found again when the answer comes. */
struct recall {
	struct face	*face;
	char		*account, *jid;
};

static void
recall_drop(void *data)
{
	struct recall *recall = data;

	g_free(recall->account);
	g_free(recall->jid);
	g_free(recall);
}

void
recall_free(struct face *face)
{
	g_clear_pointer(&face->recalls, g_ptr_array_unref);
}

static void
took(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct recall *recall = ctx;
	struct face *face = recall->face;
	struct chat *chat = model_chat(face->model, recall->account, recall->jid);
	json_t *line;
	size_t i;

	(void)error;
	(void)data;
	if (chat != NULL && face->client != NULL) {
		json_array_foreach(json_object_get(result, "lines"), i, line)
			if (json_is_string(line))
				input_remember(face->input, face_draft(face, chat), json_string_value(line));
	}
	g_ptr_array_remove_fast(face->recalls, recall);
}

static json_t *
place(const struct chat *chat)
{
	return chat_is_console(chat) ? json_object() : json_pack("{s:s, s:s}", "account", chat->account, "chat",
	    chat->jid);
}

void
recall_load(struct face *face, struct chat *chat)
{
	struct recall *recall;

	if (chat->recalled || face->client == NULL)
		return;
	chat->recalled = true;
	recall = g_new(struct recall, 1);
	recall->face = face;
	recall->account = g_strdup(chat->account);
	recall->jid = g_strdup(chat->jid);
	if (face->recalls == NULL)
		face->recalls = g_ptr_array_new_with_free_func(recall_drop);
	g_ptr_array_add(face->recalls, recall);
	client_request(face->client, "typed", place(chat), took, recall);
}

void
recall_keep(struct face *face, struct chat *chat, const char *line)
{
	json_t *params;

	/* An answer may be a secret, typed where none belongs; the core keeps none either. */
	if (face->client == NULL || g_str_has_prefix(line, "/answer"))
		return;
	params = place(chat);
	json_object_set_new(params, "line", json_string(line));
	client_request(face->client, "typed", params, NULL, NULL);
}
