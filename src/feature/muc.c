/* muc.c: rooms (XEP-0045) as a person uses them: going in and out, who is there, what it is about. */
#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/bookmark.h"
#include "core/chat.h"
#include "core/feature.h"
#include "core/prompt.h"
#include "core/room_message.h"
#include "core/turn.h"
#include "xmpp/form.h"
#include "xmpp/ns.h"

extern const struct feature feature_muc;

/* The room that the line is about; NULL and the call is over. */
static struct room *
room_here(struct command_call *call)
{
	g_autofree char *bare = jid_bare(call->chat);
	struct room *room = room_find(call->account, bare);

	if (room == NULL || room->state != ROOM_IN) {
		command_fail(call, RPC_ERROR_CONTEXT, room == NULL ? "%s is no room that you are in." :
		    "You are not in %s. /join enters it.", bare);
		return NULL;
	}
	return room;
}

/* --- in and out --- */

static void
go_there(struct command_call *call, const char *jid)
{
	command_data(call, json_pack("{s:{s:s, s:s}}", "go", "account", call->account_name, "chat", jid));
	command_done(call);
}

static void joined(void *ctx, struct room *room, const GError *error);

static void
cancelled(struct command_call *call)
{
	if (account_find(call->core, call->account_name) == call->account)
		room_forget(call->account, call);
	command_fail(call, RPC_ERROR_CANCELLED, "It goes on without you.");
}

/* The room of /join and /create, which join_run() found to be one; the caller's. */
static char *
room_meant(const struct command_call *call)
{
	g_autofree char *full = call->argv[0] != NULL ? jid_from_person(call->argv[0], false, NULL) :
	    g_strdup(call->chat);

	return jid_bare(full);
}

/* A room that is being made: what is left of it goes with the call, however that ends. */
struct making {
	struct core	*core;
	char		*account, *jid;
	struct command_call *call;
};

static void
making_end(void *p)
{
	struct making *making = p;
	struct account *account = account_find(making->core, making->account);

	if (account != NULL)
		room_give_up(account, making->jid, making->call);
	g_free(making->account);
	g_free(making->jid);
	g_free(making);
}

static void
filled_in(struct command_call *call, struct form *form)
{
	const struct making *making = call->ctx;
	struct account *account = account_find(call->core, call->account_name);
	struct room *room = account != NULL ? room_find(account, making->jid) : NULL;

	if (room != NULL && room->phase == PHASE_MAKING) {
		call->cancel = cancelled;
		room_set_up(room, form_submit(form));
	} else {
		command_fail(call, RPC_ERROR_FAILED, "%s was given up meanwhile.", making->jid);
	}
	form_free(form);
}

static void
ask_settings(void *ctx, struct room *room, const struct stanza *x)
{
	struct command_call *call = ctx;
	g_autofree char *title = g_strdup_printf("make %s", room->jid), *text = NULL;
	struct form *form = form_parse(x, NULL);
	const char *persistent = form != NULL ? form_value(form, "muc#roomconfig_persistentroom") : NULL;

	text = g_strdup_printf("%s%s%s is made. Most services let nobody else in before you send this; without it you leave the room again.%s",
	    form != NULL && form->instructions != NULL ? form->instructions : "",
	    form != NULL && form->instructions != NULL ? "\n" : "", room->jid, persistent != NULL &&
	    !form_is(form, "muc#roomconfig_persistentroom") ? " As it is, it is gone once the last one leaves." : "");
	form_free(form);
	call->cancel = NULL;
	command_ask_form(call, title, text, x, filled_in);
}

static void
create(struct command_call *call, const char *jid, const char *nick)
{
	struct making *making = call->ctx;

	if (call->caller == NULL || !call->caller->interactive) {
		room_join(call->account, jid, nick, NULL, true, joined, call);
		return;
	}
	if (making == NULL) {
		making = g_new0(struct making, 1);
		making->core = call->core;
		making->account = g_strdup(call->account_name);
		making->jid = g_strdup(jid);
		making->call = call;
		call->ctx = making;
		call->ctx_free = making_end;
	}
	room_create(call->account, jid, nick, ask_settings, joined, call);
}

static void
try_with(struct command_call *call, const char *nick, const char *password)
{
	g_autofree char *jid = room_meant(call);

	call->account = account_find(call->core, call->account_name);
	if (call->account == NULL || !account_online(call->account)) {
		command_fail(call, RPC_ERROR_OFFLINE, "%s is not on line any more.", call->account_name);
		return;
	}
	call->cancel = cancelled;
	if (strcmp(call->command->name, "create") == 0)
		create(call, jid, nick);
	else
		room_join(call->account, jid, nick, password, false, joined, call);
}

static void
nick_answered(struct command_call *call, const char *value)
{
	try_with(call, value, NULL);
}

static void
password_answered(struct command_call *call, const char *value)
{
	try_with(call, NULL, value);
}

static void
joined(void *ctx, struct room *room, const GError *error)
{
	struct command_call *call = ctx;
	g_autofree char *free_one = NULL;

	call->cancel = NULL;
	/* It ended in the middle of a question. */
	if (call->prompt != 0)
		prompt_withdraw(call->core->prompts, call->prompt);
	call->prompt = 0;
	if (error == NULL) {
		bookmark_joined(room->account, room->jid, room->nick);
		go_there(call, room->jid);
		return;
	}
	if (g_strcmp0(room->reason, "password") == 0 && call->caller != NULL && call->caller->interactive) {
		command_ask(call, PROMPT_PASSWORD, true, "password of the room", error->message, NULL, NULL,
		    password_answered);
	} else if (g_strcmp0(room->reason, "nick") == 0 && call->caller != NULL && call->caller->interactive) {
		free_one = room_free_nick(room, room->nick);
		command_ask(call, PROMPT_TEXT, false, "another nick", error->message, NULL, free_one, nick_answered);
	} else {
		command_fail_with(call, error);
	}
}

/* The nick of ROOM/NICK as given, or NULL; false and the call is over. */
static bool
check_room(struct command_call *call, char **nick)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *full = jid_from_person(call->argv[0], false, &error);

	if (full == NULL) {
		command_fail_with(call, error);
		return false;
	}
	if (strchr(full, '@') == NULL) {
		command_fail(call, RPC_ERROR_USAGE, "A room is named as room@service; \"%s\" is a service or a server.",
		    full);
		return false;
	}
	*nick = g_strdup(jid_resource(full));
	return true;
}

static void
join_run(struct command_call *call)
{
	g_autofree char *nick = NULL;

	/* Without a name: again, in a room that we were put out of. */
	if (call->argv[0] == NULL && call->chat == NULL)
		command_fail(call, RPC_ERROR_CONTEXT, "Which room? /join room@service names one.");
	else if (call->argv[0] == NULL || check_room(call, &nick))
		try_with(call, nick, NULL);
}

static void
leave_run(struct command_call *call)
{
	g_autofree char *bare = jid_bare(call->chat);
	g_autofree char *words = call->argv[0] != NULL ? text_clean(call->argv[0], -1, TEXT_LINE, LIMIT_NAME) : NULL;
	struct room *room = room_find(call->account, bare);
	g_autoptr(GError) error = NULL;

	if (room == NULL || (room->state == ROOM_OUT && !room->wanted)) {
		command_fail(call, RPC_ERROR_CONTEXT, "You are not in %s.", bare);
		return;
	}
	if (!chat_begin_change(call->core, &error)) {
		command_fail_with(call, error);
		return;
	}
	room_leave(room, words);
	bookmark_left(call->account, bare);
	if (!chat_end_change(call->core, true, &error))
		command_fail_with(call, error);
	else
		command_done(call);
}

/* --- who --- */

static void
names_run(struct command_call *call)
{
	struct room *room = room_here(call);
	g_autoptr(GPtrArray) all = room != NULL ? room_occupants(room) : NULL;
	json_t *list;

	if (room == NULL)
		return;
	list = json_array();
	for (guint i = 0; i < all->len; i++) {
		const struct occupant *o = all->pdata[i];
		struct event event = room_occupant_event(room, o);

		command_say(call, "%-11s %-7s %s%s%s%s%s", role_name(o->role),
		    o->affiliation != AFFILIATION_NONE ? affiliation_name(o->affiliation) : "", o->nick,
		    o->real != NULL ? "  " : "", o->real != NULL ? o->real : "", o->status != NULL ? "  " : "",
		    o->status != NULL ? o->status : "");
		json_array_append_new(list, event_to_json(&event));
		event_clear(&event);
	}
	command_data(call, json_pack("{s:s, s:o}", "room", room->jid, "occupants", list));
	command_done(call);
}

static void
changed(void *ctx, struct room *room, const GError *error)
{
	(void)room;
	if (error != NULL)
		command_fail_with(ctx, error);
	else
		command_done(ctx);
}

static void
nick_run(struct command_call *call)
{
	struct room *room = room_here(call);
	g_autofree char *address = room != NULL ? g_strconcat(room->jid, "/", call->argv[0], NULL) : NULL, *full = NULL;
	g_autoptr(GError) error = NULL;

	if (room == NULL)
		return;
	full = jid_normalise(address, &error);
	if (full == NULL) {
		command_fail_with(call, error);
		return;
	}
	if (strcmp(jid_resource(full), room->nick) != 0)
		room_rename(room, jid_resource(full), changed, call);
	else
		command_done(call);
}

static void
topic_run(struct command_call *call)
{
	struct room *room = room_here(call);
	g_autofree char *text = call->argv[0] != NULL ? text_clean(call->argv[0], -1, TEXT_BODY, LIMIT_SUBJECT) : NULL;

	if (room == NULL)
		return;
	if (text == NULL) {
		command_say(call, "%s", room->subject != NULL ? room->subject : "It has no subject.");
		if (room->subject_by != NULL)
			command_say(call, "Set by %s.", room->subject_by);
		command_done(call);
		return;
	}
	room_set_subject(room, text, changed, call);
}

static enum verdict
muc_annotate(struct incoming *in)
{
	if (in->kind == CHAT_ROOM && in->room != NULL && !in->out && in->body != NULL && jid_resource(in->from) != NULL)
		in->mention = room_mentions(in->room, in->body);
	return GO_ON;
}

static enum verdict
muc_report(struct incoming *in)
{
	if (in->kind == CHAT_PRIVATE && in->fate == MESSAGE_FATE_NEW)
		room_whispered(in);
	return GO_ON;
}

static void
private_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	bool ok;

	if (chat_kind(call->account, call->chat) != CHAT_PRIVATE) {
		command_fail(call, RPC_ERROR_CONTEXT, "%s is no chat with somebody in a room.", call->chat);
		return;
	}
	if (!chat_begin_change(call->core, &error)) {
		command_fail_with(call, error);
		return;
	}
	ok = room_may_whisper(call->account, call->chat, true, &error);
	if (!chat_end_change(call->core, ok, &error))
		command_fail_with(call, error);
	else
		command_done(call);
}

static void
whois_run(struct command_call *call)
{
	struct room *room = room_here(call);
	const char *nick = call->argv[0] != NULL ? call->argv[0] : jid_resource(call->chat);
	const struct occupant *o = room != NULL && nick != NULL ? room_occupant(room, nick) : NULL;
	g_auto(GStrv) hats = NULL;
	struct event event;

	if (room == NULL)
		return;
	if (o == NULL) {
		command_fail(call, nick != NULL ? RPC_ERROR_NOT_FOUND : RPC_ERROR_USAGE,
		    nick != NULL ? "%s is not in %s." : "Who? /whois NICK names somebody%s in %s.",
		    nick != NULL ? nick : "", room->jid);
		return;
	}
	command_say(call, "%s, %s, standing: %s", o->nick, role_name(o->role), affiliation_name(o->affiliation));
	command_say(call, "address: %s", o->real != NULL ? o->real : "not shown to you");
	if (o->id != NULL)
		command_say(call, "id here: %s", o->id);
	if (o->like != NULL)
		command_say(call, "can be mixed up with %s", o->like);
	command_say(call, "%s%s%s", presence_show_name(o->show), o->status != NULL ? ": " : "",
	    o->status != NULL ? o->status : "");
	hats = o->hats != NULL ? g_strsplit(o->hats, "\n", -1) : NULL;
	for (char **hat = hats; hat != NULL && *hat != NULL; hat++)
		command_say(call, "title: %s", *hat);
	event = room_occupant_event(room, o);
	command_data(call, event_to_json(&event));
	event_clear(&event);
	command_done(call);
}

static const struct command commands[] = {
	{ "create", "JID", "rooms", "makes a room and enters it",
	  "JID is room@service, with the nick behind a slash where it is not to be your usual one. A room that is there already is "
	  "not entered. At a terminal you fill in its settings first, and most services let nobody in before that; a script makes it with "
	  "what its service takes for settings.", NEEDS_ACCOUNT | NEEDS_ONLINE, join_run },
	{ "join", "[JID]", "rooms", "enters a room",
	  "JID is room@service, with the nick behind a slash where it is not to be your usual one. Without it the room in front is "
	  "entered again. A room that does not exist is not made: /create does that. You are in it again after each log-in, until "
	  "you leave it.", NEEDS_ACCOUNT | NEEDS_ONLINE, join_run },
	{ "leave", "[TEXT...]", "rooms", "leaves the room in front; TEXT is what the others read", NULL,
	  NEEDS_ACCOUNT | NEEDS_CHAT, leave_run },
	{ "names", "", "rooms", "lists who is in the room, by standing", NULL, NEEDS_ACCOUNT | NEEDS_CHAT, names_run },
	{ "nick", "NAME...", "rooms", "changes what you are called in the room in front", NULL,
	  NEEDS_ACCOUNT | NEEDS_CHAT | NEEDS_ONLINE, nick_run },
	{ "private", "", "rooms", "says that you mean whoever has the nick of this private chat now",
	  "A private chat is with one person in a room. When somebody else has taken their nick, or may have, nothing more is sent "
	  "until you say this.", NEEDS_ACCOUNT | NEEDS_CHAT | NEEDS_ONLINE, private_run },
	{ "topic", "[TEXT...]", "rooms", "shows what the room is about, or sets it", NULL,
	  NEEDS_ACCOUNT | NEEDS_CHAT | NEEDS_ONLINE, topic_run },
	{ "whois", "[NICK...]", "rooms", "what is known of somebody in the room",
	  "Without NICK it is about the private chat in front.", NEEDS_ACCOUNT | NEEDS_CHAT, whois_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_muc = {
	.name = "muc",
	.standard = "XEP-0045: Multi-User Chat",
	.in[STAGE_ANNOTATE] = muc_annotate,
	.in[STAGE_REPORT] = muc_report,
	.commands = commands,
};
