/*
 * notify.c: which messages of a chat ask for attention.  What is unread is counted in any case; a muted chat rings no
 * bell and is no stop of Alt-a.
 */
#include <string.h>

#include "core/bookmark.h"
#include "core/chat.h"
#include "core/feature.h"

extern const struct feature feature_notify;

static void
show(struct command_call *call)
{
	int64_t id = chat_find(call->core->store, call->account->id, call->chat, CHAT_PERSON, false, NULL);
	struct chat_row *row = id != 0 ? chat_load(call->core->store, id) : NULL;
	enum notify_level now = row != NULL ? chat_attention(row) : NOTIFY_ALL;
	static const char *const more[] = { [NOTIFY_ALL] = "", [NOTIFY_MENTIONS] = ", what is for you",
	    [NOTIFY_NONE] = ", it is muted" };

	command_say(call, "%s: %s%s.", call->chat, notify_level_name(now), more[now]);
	command_data(call, json_pack("{s:s, s:s}", "chat", call->chat, "notify", notify_level_name(now)));
	chat_row_free(row);
	command_done(call);
}

static void
notify_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	const char *wanted = call->argv[0];
	enum notify_level level;

	if (wanted == NULL)
		show(call);
	else if (!notify_level_find(wanted, &level) ||
	    (level == NOTIFY_MENTIONS && chat_kind(call->account, call->chat) != CHAT_ROOM))
		command_fail(call, RPC_ERROR_USAGE,
		    "/notify all, none, or in a room mentions; \"%s\" does not fit. Nothing was done.", wanted);
	else if (!chat_set_attention(call->account, call->chat, level, &error))
		command_fail_with(call, error);
	else {
		if (chat_kind(call->account, call->chat) == CHAT_ROOM)
			bookmark_noted(call->account, call->chat, level);
		show(call);
	}
}

static const struct command commands[] = {
	{ "notify", "[all|mentions|none]", "talking", "which messages of this chat ask for your attention",
	  "mentions is how rooms begin: what has your nick in it, or one of the words in notify.words. none mutes the chat: what is "
	  "unread is counted, but nothing rings, and Alt-a passes it by. Messages of yours that failed are told all the same. "
	  "Without a word it says what holds now. For a room that you keep (/bookmark) it holds on your other devices too.", NEEDS_ACCOUNT | NEEDS_CHAT, notify_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_notify = { .name = "notify", .commands = commands };
