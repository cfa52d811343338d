/*
 * send.c: from Enter to the core's answer.  A line that was entered is out of the way of what is typed next, and is
 * kept here until the core took it.  Refused, it comes back: into the line if that is empty, else by Up, and the answer
 * says so.  The core's copy of the draft goes only when the line was taken.
 */
#include <string.h>

#include "base/text.h"
#include "face/tui/face.h"
#include "proto/error.h"

enum { WORTH_MS = 500 };

struct sending {
	struct face	*face;
	char		*account, *jid, *typed;
	bool		 pasted, refused, quiet;
	int64_t		 since_ms, request;
};

static void
sending_free(void *data)
{
	struct sending *sending = data;

	g_free(sending->account);
	g_free(sending->jid);
	g_free(sending->typed);
	g_free(sending);
}

/* Lines of an answer as one note. */
static void
say_output(struct face *face, struct chat *chat, json_t *lines)
{
	g_autoptr(GString) text = g_string_new(NULL);
	json_t *line;
	size_t i;

	json_array_foreach(lines, i, line) {
		g_autofree char *clean = text_clean(json_string_value(line) != NULL ? json_string_value(line) : "", -1,
		    TEXT_BODY, 0);

		g_string_append_printf(text, "%s%s", i > 0 ? "\n" : "", clean);
	}
	if (text->len > 0)
		face_note(face, chat, SEVERITY_INFO, "%s", text->str);
}

static void
give_back(struct face *face, struct chat *chat, const struct sending *sending, const char *why)
{
	if (sending->quiet) {
		face_note(face, chat, SEVERITY_ERROR, "%s", why);
		return;
	}
	struct input_draft *draft = face_draft(face, chat);
	bool empty = *input_draft_text(face->input, draft) == '\0';

	face_note(face, chat, SEVERITY_ERROR, "%s%s", why, empty ? "" :
	    " The line is in this chat's history: Up brings it back.");
	if (empty)
		input_draft_set(face->input, draft, sending->typed, sending->pasted);
	face_mark(face, DIRTY_ALL);
}

/* A command that opened a chat: one wants to be there. */
static void
follow(struct face *face, json_t *result)
{
	json_t *go = json_object_get(json_object_get(result, "data"), "go");
	const char *account = json_string_value(json_object_get(go, "account"));
	const char *jid = json_string_value(json_object_get(go, "chat"));
	struct chat *chat = account != NULL && jid != NULL ? model_chat(face->model, account, jid) : NULL;

	/* Who has typed on meanwhile stays. */
	if (chat != NULL && (face->page.on || *input_line(face->input) == '\0') && !face->ask.open)
		face_go(face, chat);
}

/* A file that was fetched to be seen. */
static void
open_it(struct face *face, json_t *result)
{
	const char *path = json_string_value(json_object_get(json_object_get(result, "data"), "open"));

	if (path != NULL && *path == '/')
		links_open_file(face, path);
}

static void
drop_refused(struct face *face)
{
	for (guint i = face->sending->len; i-- > 0; )
		if (((struct sending *)face->sending->pdata[i])->refused)
			g_ptr_array_remove_index(face->sending, i);
}

int
send_waiting(const struct face *face)
{
	int n = 0;

	for (guint i = 0; face->sending != NULL && i < face->sending->len; i++) {
		const struct sending *sending = face->sending->pdata[i];

		n += !sending->refused && clock_boot_ms() - sending->since_ms >= WORTH_MS;
	}
	return n;
}

static void
answered(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct sending *sending = ctx;
	struct face *face = sending->face;
	struct chat *chat = model_chat(face->model, sending->account, sending->jid);

	(void)data;
	face->running--;
	face_mark(face, DIRTY_BARS);
	if (chat == NULL)
		chat = model_console(face->model);
	drop_refused(face);
	if (g_error_matches(error, RPC_ERROR, RPC_ERROR_CANCELLED))
		face_note(face, chat, SEVERITY_INFO, "%s", error->message);
	else if (g_error_matches(error, RPC_ERROR, RPC_ERROR_STATUS)) {
		face_note(face, chat, SEVERITY_WARNING, "%s", error->message);
		link_draft(face, chat);
	} else if (error != NULL) {
		bool offline = g_error_matches(error, RPC_ERROR, RPC_ERROR_OFFLINE);

		/* It may be that the core is going: send_left() tells, if it does. */
		give_back(face, chat, sending, offline ?
		    "The core is gone, and took this line or did not: look before you send it again." : error->message);
		if (offline) {
			sending->refused = true;
			return;
		}
	} else {
		say_output(face, chat, json_object_get(result, "output"));
		open_it(face, result);
		link_draft(face, chat);
		follow(face, result);
		if (g_str_has_prefix(sending->typed, "/quit"))
			face->quitting = true;
	}
	g_ptr_array_remove(face->sending, sending);
}

/* account NULL: the chat's. */
static void
request_as(struct face *face, struct chat *chat, const char *account, const char *line, const char *typed, bool pasted,
    bool quiet)
{
	struct sending *sending;
	json_t *params;

	sending = g_new0(struct sending, 1);
	sending->face = face;
	sending->since_ms = clock_boot_ms();
	sending->account = g_strdup(chat->account);
	sending->jid = g_strdup(chat->jid);
	sending->typed = g_strdup(typed);
	sending->pasted = pasted;
	sending->quiet = quiet;
	if (face->client == NULL) {
		give_back(face, chat, sending, "There is no core now: nothing was done. /restart starts one.");
		sending_free(sending);
		return;
	}
	if (face->sending == NULL)
		face->sending = g_ptr_array_new_with_free_func(sending_free);
	g_ptr_array_add(face->sending, sending);
	params = json_pack("{s:s}", "line", line);
	if (account != NULL) {
		json_object_set_new(params, "account", json_string(account));
	} else if (!chat_is_console(chat)) {
		json_object_set_new(params, "account", json_string(chat->account));
		json_object_set_new(params, "chat", json_string(chat->jid));
	}
	face->running++;
	face_mark(face, DIRTY_BARS);
	sending->request = client_request(face->client, "run", params, answered, sending);
}

struct chat *
send_chat(const struct face *face, int64_t request)
{
	for (guint i = 0; face->sending != NULL && i < face->sending->len; i++) {
		const struct sending *sending = face->sending->pdata[i];

		if (sending->request == request)
			return model_chat(face->model, sending->account, sending->jid);
	}
	return NULL;
}

static void
request_run(struct face *face, struct chat *chat, const char *line, const char *typed, bool pasted, bool quiet)
{
	request_as(face, chat, NULL, line, typed, pasted, quiet);
}

void
send_run(struct face *face, struct chat *chat, const char *line, const char *typed, bool pasted)
{
	input_remember(face->input, face_draft(face, chat), typed);
	request_run(face, chat, line, typed, pasted, false);
	recall_keep(face, chat, typed);
}

void
send_quietly(struct face *face, struct chat *chat, const char *line)
{
	request_run(face, chat, line, line, false, true);
}

void
send_for_account(struct face *face, const char *account, const char *line)
{
	request_as(face, face->front, account, line, line, false, true);
}

void
send_line(struct face *face)
{
	g_autofree char *line = text_clean(input_line(face->input), -1, TEXT_BODY, 0), *wire = NULL;
	bool pasted = input_is_pasted(face->input), command = line[0] == '/' && line[1] != '/' && !pasted;

	if (line[strspn(line, " \t\n")] == '\0') {
		input_sent(face->input);
		face_mark(face, DIRTY_INPUT);
		return;
	}
	if (!command && chat_is_console(face->front)) {
		face_note(face, face->front, SEVERITY_ERROR,
		    "The console is no chat. Commands begin with a slash; /help lists them. Nothing was sent.");
		return;
	}
	/* One looks at what comes of it, but for the command that moves the view. */
	if (!command || !g_str_has_prefix(line, "/scroll"))
		face_bottom(face);
	typing_forget(face);
	input_sent(face->input);
	face_mark(face, DIRTY_ALL);
	if (command && command_run(face, line)) {
		input_remember(face->input, face_draft(face, face->front), line);
		recall_keep(face, face->front, line);
		return;
	}
	/* A pasted slash is text: two of them say so. */
	wire = g_strconcat(pasted && line[0] == '/' ? "/" : "", line, NULL);
	send_run(face, face->front, wire, line, pasted);
}

char *
send_left(struct face *face)
{
	GString *text;

	if (face->sending == NULL || face->sending->len == 0 || face->quitting)
		return NULL;
	text = g_string_new("The core took or did not take these lines; look before you send them again:\n");
	for (guint i = 0; i < face->sending->len; i++) {
		const struct sending *sending = face->sending->pdata[i];

		g_string_append_printf(text, "  %s%s%s\n", sending->jid, *sending->jid != '\0' ? ": " : "",
		    sending->typed);
	}
	return g_string_free(text, FALSE);
}

void
send_free(struct face *face)
{
	g_clear_pointer(&face->sending, g_ptr_array_unref);
}
