/* talk.c: saying something to a person, and what can be done about a message that did not get through. */
#include <string.h>

#include "base/jid.h"
#include "core/chat.h"
#include "core/feature.h"
#include "core/room.h"

extern const struct feature feature_talk;

static void
say(struct command_call *call, const char *jid, const char *text)
{
	g_autoptr(GError) error = NULL;
	int64_t id = outbox_send(call->account, jid, text, &error);

	if (id == 0) {
		command_fail_with(call, error);
		return;
	}
	command_message(call, id);
	command_done(call);
}

/*
 * Whom /msg means: in a room first an occupant with exactly that nick, and what is no address at all is nobody else.
 * NULL with an error.
 */
static char *
whom(const struct command_call *call, GError **error)
{
	g_autofree char *bare = call->chat != NULL ? jid_bare(call->chat) : NULL, *jid = NULL;
	const struct room *room = bare != NULL ? room_find(call->account, bare) : NULL;

	if (room != NULL && room_occupant(room, call->argv[0]) != NULL)
		return room_address(room, call->argv[0]);
	if (room != NULL && strpbrk(call->argv[0], "@/") == NULL) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_NOT_FOUND, "%s is not in %s. Nothing was sent.", call->argv[0],
		    bare);
		return NULL;
	}
	jid = jid_from_person(call->argv[0], false, error);
	return jid != NULL ? chat_meant(call->core, call->account, jid) : NULL;
}

static void
msg_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *bare = whom(call, &error);
	json_t *data;

	if (bare == NULL) {
		command_fail_with(call, error);
		return;
	}
	if (call->argv[1] != NULL) {
		say(call, bare, call->argv[1]);
		return;
	}
	if (chat_open(call->account, bare, &error) == 0) {
		command_fail_with(call, error);
		return;
	}
	/* A face goes there. */
	data = json_pack("{s:{s:s, s:s}}", "go", "account", call->account_name, "chat", bare);
	command_data(call, data);
	command_done(call);
}

static void
say_run(struct command_call *call)
{
	say(call, call->chat, call->argv[0]);
}

static void
me_run(struct command_call *call)
{
	g_autofree char *text = g_strconcat("/me ", call->argv[0], NULL);

	say(call, call->chat, text);
}

/* The message that an argument names, in the chat of the line if it has one; 0 and the call is over. */
static int64_t
named_message(struct command_call *call, const char *text)
{
	g_autoptr(GError) error = NULL;
	int64_t chat = call->chat != NULL ?
	    chat_find(call->core->store, call->account->id, call->chat, CHAT_PERSON, false, NULL) : 0;
	struct message_row *row = chat_find_message(call->core, chat, text, &error);
	int64_t id;

	if (row == NULL) {
		command_fail_with(call, error);
		return 0;
	}
	id = row->id;
	message_row_free(row);
	return id;
}

static void
decide(struct command_call *call, bool (*how)(struct account *, int64_t, GError **))
{
	g_autoptr(GError) error = NULL;
	int64_t id = named_message(call, call->argv[0]);

	if (id == 0)
		return;
	if (!how(call->account, id, &error)) {
		command_fail_with(call, error);
		return;
	}
	command_message(call, id);
	command_done(call);
}

static void
retry_run(struct command_call *call)
{
	decide(call, outbox_retry);
}

static void
cancel_run(struct command_call *call)
{
	decide(call, outbox_cancel);
}

static const struct command commands[] = {
	{ "cancel", "MSG", "talking", "drops a message that has not left",
	  "MSG is its number, -1 for the last message of the chat, or id:TEXT. Only a message that is queued, failed, or whose "
	  "fate is unknown can be dropped.", NEEDS_ACCOUNT, cancel_run },
	{ "me", "TEXT...", "talking", "says what you do, as \"/me waves\"", NULL, NEEDS_ACCOUNT | NEEDS_CHAT, me_run },
	{ "msg", "JID [TEXT...]", "talking", "opens the chat with somebody, and says TEXT there",
	  "In a room, JID may be the nick of somebody there: then the chat is with them alone, through the room, which does not show "
	  "their real address. Without TEXT the chat is only opened. While the account is off line the message waits on this machine and goes out "
	  "with the next log-in.", NEEDS_ACCOUNT, msg_run },
	{ "retry", "MSG", "talking", "sends a message again that failed or whose fate is unknown",
	  "The message keeps its id, so a client that has it already can tell.", NEEDS_ACCOUNT, retry_run },
	{ "say", "TEXT...", "talking", "says TEXT in this chat, also when it begins with a slash", NULL,
	  NEEDS_ACCOUNT | NEEDS_CHAT, say_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_talk = { .name = "talk", .commands = commands };
