/* unread.c: what was read counts as unread again, on this machine: others are told nothing. */
#include "core/chat.h"
#include "core/feature.h"
#include "core/turn.h"

extern const struct feature feature_unread;

/* The message that is meant: MSG, else the last of theirs.  NULL and the call is over. */
static struct message_row *
meant(struct command_call *call, int64_t chat)
{
	g_autoptr(GError) error = NULL;
	struct message_row *row = chat == 0 ? NULL : call->argv[0] != NULL ?
	    chat_find_message(call->core, chat, call->argv[0], &error) : message_last_in(call->core->store, chat);

	if (error != NULL)
		command_fail_with(call, error);
	else if (row == NULL)
		command_fail(call, RPC_ERROR_NOT_FOUND, "Nothing of others is here.");
	else if (row->chat != chat)
		command_fail(call, RPC_ERROR_NOT_FOUND, "Message %s is in another chat.", call->argv[0]);
	else
		return row;
	message_row_free(row);
	return NULL;
}

static void
unread_run(struct command_call *call)
{
	struct core *core = call->core;
	int64_t chat = chat_find(core->store, call->account->id, call->chat, CHAT_PERSON, false, NULL);
	struct message_row *row = meant(call, chat);
	struct chat_row *now = NULL;
	g_autoptr(GError) error = NULL;
	bool ok = false;

	if (row == NULL)
		return;
	if (chat_begin_change(core, &error)) {
		ok = row->ord == 0 || chat_set_unread(core->store, chat, row->ord - 1, &error);
		now = ok ? chat_load(core->store, chat) : NULL;
		if (ok && (now == NULL || now->unread == 0)) {
			g_set_error(&error, RPC_ERROR, RPC_ERROR_NOT_FOUND,
			    "There is nothing of others from there on.");
			ok = false;
		}
		if (ok)
			turn_put_chat(core->turn, chat);
		ok = chat_end_change(core, ok, &error);
	}
	if (ok) {
		command_say(call, "%d%s unread.", now->unread, now->unread >= 100 ? " or more" : "");
		command_data(call, json_pack("{s:i}", "unread", now->unread));
		command_done(call);
	} else
		command_fail_with(call, error);
	chat_row_free(now);
	message_row_free(row);
}

static const struct command commands[] = {
	{ "unread", "[MSG]", "history", "MSG and what came after it counts as unread again",
	  "Without MSG it is the last message of the others. Only here: who was told that you read it is told nothing else, and "
	  "what you read on another device later counts as read here too.", NEEDS_ACCOUNT | NEEDS_CHAT, unread_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_unread = { .name = "unread", .commands = commands };
