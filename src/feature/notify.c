/* notify.c: which chats ask for attention.  A muted one counts what is unread, but rings no bell and is no stop of Alt-a. */
#include <string.h>

#include "core/chat.h"
#include "core/feature.h"

extern const struct feature feature_notify;

static void
show(struct command_call *call)
{
	int64_t id = chat_find(call->core->store, call->account->id, call->chat, CHAT_PERSON, false, NULL);
	struct chat_row *row = id != 0 ? chat_load(call->core->store, id) : NULL;
	const char *now = row != NULL && row->muted ? "none" : "all";

	command_say(call, "%s: %s.", call->chat, strcmp(now, "none") == 0 ? "none, it is muted" : "all");
	command_data(call, json_pack("{s:s, s:s}", "chat", call->chat, "notify", now));
	chat_row_free(row);
	command_done(call);
}

static void
notify_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	const char *wanted = call->argv[0];

	if (wanted == NULL)
		show(call);
	else if (strcmp(wanted, "all") != 0 && strcmp(wanted, "none") != 0)
		command_fail(call, RPC_ERROR_USAGE, "/notify all or /notify none; \"%s\" is neither. Nothing was done.", wanted);
	else if (!chat_mute(call->account, call->chat, strcmp(wanted, "none") == 0, &error))
		command_fail_with(call, error);
	else
		show(call);
}

static const struct command commands[] = {
	{ "notify", "[all|none]", "talking", "which messages of this chat ask for your attention",
	  "none mutes the chat: what is unread is counted, but nothing rings, and Alt-a passes it by. Messages of yours that "
	  "failed are told all the same. Without a word it says what holds now.", NEEDS_ACCOUNT | NEEDS_CHAT, notify_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_notify = { .name = "notify", .commands = commands };
