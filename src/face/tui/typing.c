/*
 * typing.c: tells the core that something is being typed in the chat in front; it knows who may hear of that.  Commands
 * are nobody's business, and a line that rests for a while is not being typed.
 */
#include <string.h>

#include "face/tui/face.h"

enum { AGAIN_MS = 10000, REST_MS = 5000 };

static void
tell(struct face *face, const struct chat *chat, const char *state)
{
	if (face->client != NULL)
		client_request(face->client, "typing", json_pack("{s:s, s:s, s:s}", "account", chat->account, "chat",
		    chat->jid, "state", state), NULL, NULL);
}

static void
rested(void *ctx)
{
	struct face *face = ctx;

	face->typing.rest = NULL;
	tell(face, face->front, "paused");
	face->typing.told_ms = 0;
}

void
typing_changed(struct face *face)
{
	const char *line = input_line(face->input);
	bool message = *line != '\0' &&
	    (*line != '/' || line[1] == '/' || g_str_has_prefix(line, "/me ") || input_is_pasted(face->input));

	clock_timer_cancel(&face->typing.rest);
	if (!message) {
		typing_left(face);
		return;
	}
	if (face->typing.told_ms == 0 || clock_boot_ms() - face->typing.told_ms >= AGAIN_MS) {
		tell(face, face->front, "composing");
		face->typing.told_ms = clock_boot_ms();
	}
	face->typing.on = true;
	face->typing.rest = clock_timer_start(REST_MS, rested, face);
}

void
typing_left(struct face *face)
{
	if (face->typing.on)
		tell(face, face->front, "active");
	typing_forget(face);
}

void
typing_forget(struct face *face)
{
	clock_timer_cancel(&face->typing.rest);
	face->typing.on = false;
	face->typing.told_ms = 0;
}
