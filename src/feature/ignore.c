/* ignore.c: /ignore and /unignore of somebody in a room; what follows from it is core/room_ignore.h. */
#include "base/jid.h"
#include "core/chat.h"
#include "core/feature.h"
#include "core/room_ignore.h"

extern const struct feature feature_ignore;

/* The room that the line is about; NULL and the call is over. */
static struct room *
room_here(struct command_call *call)
{
	g_autofree char *bare = jid_bare(call->chat);
	struct room *room = room_find(call->account, bare);

	if (room == NULL)
		command_fail(call, RPC_ERROR_CONTEXT, "%s is no room that you are in.", bare);
	return room;
}

/* The one that is named, or with whom the private chat in front is; NULL: nobody. */
static const char *
nick_meant(const struct command_call *call)
{
	if (call->argv[0] != NULL)
		return call->argv[0];
	return chat_kind(call->account, call->chat) == CHAT_PRIVATE ? jid_resource(call->chat) : NULL;
}

static void
ignore_run(struct command_call *call)
{
	struct room *room = room_here(call);
	const char *nick = room != NULL ? nick_meant(call) : NULL;
	g_autoptr(GPtrArray) names = NULL;
	g_autoptr(GError) error = NULL;
	json_t *list;

	if (room == NULL)
		return;
	if (nick != NULL) {
		if (!room_ignore(room, nick, &error))
			command_fail_with(call, error);
		else
			command_done(call);
		return;
	}
	names = room_ignored(room);
	list = json_array();
	for (guint i = 0; i < names->len; i++) {
		command_say(call, "%s", (char *)names->pdata[i]);
		json_array_append_new(list, json_string(names->pdata[i]));
	}
	if (names->len == 0)
		command_say(call, "You ignore nobody in %s.", room->jid);
	command_data(call, json_pack("{s:s, s:o}", "room", room->jid, "ignored", list));
	command_done(call);
}

static void
unignore_run(struct command_call *call)
{
	struct room *room = room_here(call);
	const char *nick = room != NULL ? nick_meant(call) : NULL;
	g_autoptr(GError) error = NULL;

	if (room == NULL)
		return;
	if (nick == NULL)
		command_fail(call, RPC_ERROR_USAGE, "Whom? /unignore NICK names them; /ignore lists whom you ignore.");
	else if (!room_unignore(room, nick, &error))
		command_fail_with(call, error);
	else
		command_done(call);
}

static enum verdict
ignore_annotate(struct incoming *in)
{
	if (in->room == NULL || in->out || !room_ignores(in->room, in->author))
		return GO_ON;
	/* What is said to us alone is kept nowhere. */
	if (in->kind == CHAT_PRIVATE)
		return DONE;
	in->ignored = true;
	return GO_ON;
}

static const struct command commands[] = {
	{ "ignore", "[NICK...]", "rooms", "does not show what somebody in this room says; without NICK it lists them",
	  "What they say is kept and marked, counts for nothing, and its text is not drawn; what they write to you alone is dropped, and "
	  "nobody is told. In a room that gives people ids it holds under any nick that they take, else for the nick. In a "
	  "private chat it is about whom you chat with.", NEEDS_ACCOUNT | NEEDS_CHAT, ignore_run },
	{ "unignore", "[NICK...]", "rooms", "shows again what somebody in this room says",
	  "NICK is what they are called, or were when you ignored them.", NEEDS_ACCOUNT | NEEDS_CHAT, unignore_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_ignore = { .name = "ignore", .in[STAGE_ANNOTATE] = ignore_annotate, .commands = commands };
