/* bookmarks.c: the rooms that people keep, on a command line (XEP-0402); what is done with them is core/bookmark.c. */
#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/bookmark.h"
#include "core/feature.h"
#include "core/room.h"
#include "xmpp/ns.h"

extern const struct feature feature_bookmarks;

/*
 * The room that the line is about: argv[0], else the chat.  NULL and the call is over.  *nick: what stands behind the
 * slash.
 */
static char *
room_of(struct command_call *call, char **nick)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *jid = call->argv[0] != NULL ? jid_from_person(call->argv[0], false, &error) :
	    g_strdup(call->chat);
	g_autofree char *local = jid != NULL ? jid_local(jid) : NULL;

	if (jid == NULL && error != NULL) {
		command_fail_with(call, error);
		return NULL;
	}
	if (local == NULL) {
		command_fail(call, RPC_ERROR_CONTEXT, "Which room is meant? /%s JID names one.", call->command->name);
		return NULL;
	}
	if (nick != NULL)
		*nick = g_strdup(jid_resource(jid));
	return jid_bare(jid);
}

static void
told(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct command_call *call = ctx;
	const struct account *account = account_find(call->core, call->account_name);

	if (end != IQ_LOST && end != IQ_RESULT) {
		command_unanswered(call, "The server", end, answer);
		return;
	}
	if (end == IQ_LOST)
		command_say(call, account == NULL || !account_online(account) ?
		    "This is done here, and the server is told at the next log-in." : bookmarks_shared(account) ||
		    account->features == NULL ?
		    "This is done here, and the server is told once it gave the bookmarks that it has." :
		    "This is done here alone: the server keeps no bookmarks.");
	command_done(call);
}

static void
change(struct command_call *call, const char *jid, const struct bookmark_edit *edits, size_t n)
{
	g_autoptr(GError) error = NULL;

	if (!bookmark_change(call->account, jid, edits, n, told, call, &error))
		command_fail_with(call, error);
}

/* --- the list --- */

static json_t *
as_json(const struct bookmark *b)
{
	return json_pack("{s:s, s:s?, s:s?, s:b, s:b, s:s?}", "jid", b->jid, "name", b->name, "nick", b->nick,
	    "autojoin", (int)b->autojoin, "has_password", (int)(b->password != NULL), "notify",
	    b->notify != BOOKMARK_NOTIFY_UNSET ? bookmark_notify_word(b->notify) : NULL);
}

static void
list_run(struct command_call *call)
{
	g_autoptr(GPtrArray) list = bookmark_list(call->account);
	json_t *data = json_array();

	for (guint i = 0; i < list->len; i++) {
		const struct bookmark *b = list->pdata[i];

		command_say(call, "%s%s%s%s%s%s%s%s%s%s", b->jid, b->name != NULL ? "  \"" : "",
		    b->name != NULL ? b->name : "", b->name != NULL ? "\"" : "", b->nick != NULL ? "  as " : "",
		    b->nick != NULL ? b->nick : "", b->autojoin ? "  joined at each log-in" : "",
		    b->password != NULL ? "  with a password" : "", b->notify != BOOKMARK_NOTIFY_UNSET ? "  notify " :
		    "", bookmark_notify_word(b->notify));
		json_array_append_new(data, as_json(b));
	}
	if (list->len == 0)
		command_say(call, "%s keeps no room. /join ROOM enters one and keeps it.", call->account_name);
	command_data(call, data);
	command_done(call);
}

/* --- changes --- */

static void
add_run(struct command_call *call)
{
	g_autofree char *nick = NULL, *jid = room_of(call, &nick);
	g_autofree char *name = jid != NULL && call->argv[1] != NULL ? text_clean(call->argv[1], -1, TEXT_LINE,
	    LIMIT_NAME) : NULL;
	struct bookmark_edit edits[3] = { { BOOKMARK_AUTOJOIN, "on" } };
	const struct room *room;
	size_t n = 0;

	if (jid == NULL)
		return;
	room = room_find(call->account, jid);
	if (bookmark_find(call->account, jid) == NULL && room != NULL && room->wanted)
		n++;
	if (nick != NULL)
		edits[n++] = (struct bookmark_edit){ BOOKMARK_NICK, nick };
	if (name != NULL)
		edits[n++] = (struct bookmark_edit){ BOOKMARK_NAME, name };
	change(call, jid, edits, n);
}

static void
remove_run(struct command_call *call)
{
	g_autofree char *jid = room_of(call, NULL);
	g_autoptr(GError) error = NULL;

	if (jid != NULL && !bookmark_drop(call->account, jid, told, call, &error))
		command_fail_with(call, error);
}

static void
password_given(struct command_call *call, const char *value)
{
	struct account *account = account_find(call->core, call->account_name);
	g_autofree char *jid = room_of(call, NULL);
	const struct bookmark_edit edit = { BOOKMARK_PASSWORD, *value != '\0' ? value : NULL };

	if (jid == NULL)
		return;
	call->account = account;
	if (account == NULL)
		command_fail(call, RPC_ERROR_NOT_FOUND, "The account is gone.");
	else
		change(call, jid, &edit, 1);
}

/* "on" for yes, "off" for no; NULL: neither. */
static const char *
on_or_off(const char *word)
{
	static const char *const yes[] = { "on", "yes", "true", NULL }, *const no[] = { "off", "no", "false", NULL };

	return word == NULL ? NULL : g_strv_contains(yes, word) ? "on" : g_strv_contains(no, word) ? "off" : NULL;
}

static void
set_run(struct command_call *call)
{
	static const char *const levels[] = { "all", "mentions", "none", NULL };
	g_autofree char *jid = room_of(call, NULL);
	g_autofree char *text = jid != NULL && call->argv[2] != NULL ? text_clean(call->argv[2], -1, TEXT_LINE,
	    LIMIT_NAME) : NULL;
	struct bookmark_edit edit = { BOOKMARK_NAME, text };
	const char *key = call->argv[1];

	if (jid == NULL)
		return;
	if (bookmark_find(call->account, jid) == NULL) {
		command_fail(call, RPC_ERROR_NOT_FOUND, "%s is not among the bookmarks of %s. Nothing was done.", jid,
		    call->account_name);
		return;
	}
	if (strcmp(key, "password") == 0) {
		if (text != NULL)
			command_fail(call, RPC_ERROR_USAGE,
			    "A password is not written on a command line. /bookmark set %s password alone asks for it.",
			    jid);
		else
			command_ask(call, PROMPT_TEXT, true, "password of the room",
			    "The password that the room asks for. It is kept on your server with the bookmark; an empty one takes it away.", NULL, NULL, password_given);
		return;
	}
	if (strcmp(key, "nick") == 0) {
		edit.key = BOOKMARK_NICK;
	} else if (strcmp(key, "autojoin") == 0) {
		edit.key = BOOKMARK_AUTOJOIN;
		edit.value = on_or_off(text);
		if (edit.value == NULL) {
			command_fail(call, RPC_ERROR_USAGE, "autojoin is on or off. Nothing was done.");
			return;
		}
	} else if (strcmp(key, "notify") == 0) {
		edit.key = BOOKMARK_NOTIFY;
		if (text != NULL && !g_strv_contains(levels, text)) {
			command_fail(call, RPC_ERROR_USAGE,
			    "notify is all, mentions or none; without a word it is taken away. Nothing was done.");
			return;
		}
	}
	change(call, jid, &edit, 1);
}

static const struct command commands[] = {
	{ "bookmark", "[list]", "rooms", "lists the rooms that you keep",
	    "What you keep is on your server, where other devices "
	  "see it too. While the setting room.bookmarks is true, /join keeps the room and /leave makes it one that is not joined "
	  "at log-in; a room that another device joins or leaves is joined or left here, where the server does not tell at once at "
	  "the next log-in.", NEEDS_ACCOUNT, list_run },
	{ "bookmark add", "[JID] [NAME...]", "rooms", "keeps a room without entering it",
	  "JID may have the nick behind a slash. Without JID it is the room in front. A room in which you are is joined at each "
	  "log-in from then on.", NEEDS_ACCOUNT, add_run },
	{ "bookmark remove", "[JID]", "rooms", "keeps a room no more", "You stay in it, and its messages stay here.",
	  NEEDS_ACCOUNT, remove_run },
	{ "bookmark set", "JID name|nick|autojoin|notify|password [VALUE...]", "rooms",
	    "changes what is kept of a room",
	  "autojoin on or off: whether it is joined at each log-in. notify all, mentions or none: what in it asks for attention, "
	  "on all your devices. A password is asked for, and stands on your server as it is. Without VALUE a name, a nick or a "
	  "level is taken away.", NEEDS_ACCOUNT, set_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_bookmarks = {
	.name = "bookmarks",
	.standard = "XEP-0402: PEP Native Bookmarks",
	.known = bookmarks_known,
	.attention = bookmarks_again,
	.own_node = NS_BOOKMARKS,
	.own_event = bookmarks_event,
	.commands = commands,
};
