/*
 * muc_register.c: registering with a room (XEP-0045 §7.10): it keeps a nick for us, and may make us a member.  What
 * the room asks beside the nick is its form, filled in by a person.
 */
#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/feature.h"
#include "core/room.h"
#include "xmpp/form.h"
#include "xmpp/ns.h"

extern const struct feature feature_muc_register;

static const char nick_field[] = "muc#register_roomnick";

static void
refused(struct command_call *call, enum iq_end end, const struct stanza *answer)
{
	if (end != IQ_ERROR)
		command_unanswered(call, call->chat, end, answer);
	else
		command_refused_for(call, call->chat, answer, "Not every room keeps nicks, and one that somebody else has is not given away.");
}

static void
taken(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct command_call *call = ctx;

	if (end != IQ_RESULT) {
		refused(call, end, answer);
		return;
	}
	if (strcmp(call->command->name, "room register") == 0)
		command_say(call, "%s keeps a nick for you.", call->chat);
	else
		command_say(call, "%s keeps nothing for you any more.", call->chat);
	command_done(call);
}

static void
send_form(struct command_call *call, struct form *form)
{
	struct stanza *iq;

	call->account = account_find(call->core, call->account_name);
	if (call->account == NULL || !account_online(call->account)) {
		command_fail(call, RPC_ERROR_OFFLINE, "%s is not on line any more. Nothing was done.",
		    call->account_name);
	} else {
		iq = stanza_iq("set", call->chat);
		stanza_take(stanza_add(iq, "query", NS_REGISTER), form_submit(form));
		account_request(call->account, iq, taken, call);
	}
	form_free(form);
}

/* Somebody has to say more than the nick. */
static bool
asks_more(const struct form *form)
{
	for (guint i = 0; i < form->fields->len; i++) {
		const struct form_field *field = form->fields->pdata[i];

		if (form_is_asked(field) && field->required && field->values->len == 0)
			return true;
	}
	return false;
}

static void
form_came(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct command_call *call = ctx;
	const struct stanza *query = end == IQ_RESULT ? stanza_child(answer, "query", NS_REGISTER) : NULL;
	const struct room *room = room_find(call->account, call->chat);
	const char *nick = call->argv[0] != NULL ? call->argv[0] : room != NULL ? room->nick : NULL;
	struct form_field *field;
	struct form *form;
	g_autoptr(GError) error = NULL;

	if (end != IQ_RESULT) {
		refused(call, end, answer);
		return;
	}
	if (query != NULL && stanza_child(query, "registered", NS_REGISTER) != NULL && call->argv[0] == NULL) {
		const char *kept = stanza_text(stanza_child(query, "username", NS_REGISTER));
		g_autofree char *clean = text_clean(kept != NULL ? kept : "", -1, TEXT_LINE, LIMIT_NAME);

		command_say(call, *clean != '\0' ? "%s keeps the nick %s for you." : "%s knows you already.",
		    call->chat, clean);
		command_done(call);
		return;
	}
	form = form_parse(stanza_child(query, "x", NS_DATA), &error);
	field = form != NULL ? form_find(form, nick_field) : NULL;
	if (field != NULL && nick != NULL && !form_field_set(field, nick, &error))
		g_clear_pointer(&form, form_free);
	if (form == NULL)
		command_fail_with(call, error);
	else if (!asks_more(form))
		send_form(call, form);
	else {
		form_free(form);
		command_ask_form(call, "register with the room", "What it asks of who wants to be known to it.",
		    stanza_child(query, "x", NS_DATA), send_form);
	}
}

/* The bare address of the room in front becomes the call's chat. */
static struct stanza *
request(struct command_call *call, const char *type)
{
	char *bare = jid_bare(call->chat);

	g_free(call->chat);
	call->chat = bare;
	return stanza_iq(type, bare);
}

static void
register_run(struct command_call *call)
{
	struct stanza *iq = request(call, "get");

	stanza_add(iq, "query", NS_REGISTER);
	account_request(call->account, iq, form_came, call);
}

static void
unregister_run(struct command_call *call)
{
	struct stanza *iq = request(call, "set");

	stanza_add(stanza_add(iq, "query", NS_REGISTER), "remove", NULL);
	account_request(call->account, iq, taken, call);
}

static const struct command commands[] = {
	{ "room register", "[NICK...]", "rooms", "has the room keep a nick for you",
	  "Without NICK it is the one that you have there. Nobody else can take it then, and some rooms make you a member by that. "
	  "What a room asks beside it is a form to fill in.", NEEDS_ACCOUNT | NEEDS_CHAT | NEEDS_ONLINE, register_run },
	{ "room unregister", "", "rooms", "has the room forget you", "The nick is free again; who was a member by it is none any more.",
	  NEEDS_ACCOUNT | NEEDS_CHAT | NEEDS_ONLINE, unregister_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_muc_register = { .name = "muc_register", .commands = commands };
