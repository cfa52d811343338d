/*
 * muc_admin.c: who may do what in a room (XEP-0045 §8 and §9): kicks, bans, roles, affiliations, their lists, and
 * asking for voice.  The room decides; what is here only asks it, and says in words what a refusal means.
 */
#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/feature.h"
#include "core/prompt.h"
#include "core/room.h"
#include "core/turn.h"
#include "xmpp/form.h"
#include "xmpp/ns.h"

extern const struct feature feature_muc_admin;

static struct room *
room_here(struct command_call *call)
{
	g_autofree char *bare = jid_bare(call->chat);
	struct room *room = room_find(call->account, bare);

	if (room != NULL && room->state == ROOM_IN)
		return room;
	command_fail(call, RPC_ERROR_CONTEXT, room == NULL ? "%s is no room that you are in." :
	    "You are not in %s. /join enters it.", bare);
	return NULL;
}

static void
ended(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct command_call *call = ctx;
	struct stanza_fault fault;
	const char *meaning = call->ctx;
	bool may = false;

	if (end == IQ_RESULT) {
		command_done(call);
		return;
	}
	if (end == IQ_ERROR && stanza_fault_read(answer, &fault)) {
		may = strcmp(fault.condition, "forbidden") != 0 && strcmp(fault.condition, "not-allowed") != 0;
		stanza_fault_clear(&fault);
	}
	if (end == IQ_ERROR)
		command_refused_for(call, call->chat, answer, may ? NULL : meaning);
	else
		command_unanswered(call, call->chat, end, answer);
}

/* Asks the room for one change; meaning: what it means when it says that we may not. */
static void
change(struct command_call *call, const char *jid, const char *nick, const char *key, const char *value,
    const char *reason, const char *meaning)
{
	g_autofree char *bare = jid_bare(call->chat), *clean = NULL;
	struct stanza *iq = stanza_iq("set", bare), *item = stanza_add(stanza_add(iq, "query", NS_MUC_ADMIN), "item",
	    NULL);

	stanza_set(item, "jid", jid);
	stanza_set(item, "nick", nick);
	stanza_set(item, key, value);
	if (reason != NULL) {
		clean = text_clean(reason, -1, TEXT_BODY, LIMIT_BODY);
		stanza_add_with_text(item, "reason", NULL, clean);
	}
	g_free(call->chat);
	call->chat = g_steal_pointer(&bare);
	call->ctx = (void *)(uintptr_t)meaning;
	account_request(call->account, iq, ended, call);
}

/* --- roles: what somebody may do as long as they are there --- */

static const char role_words[] =
    "Moderators kick and silence participants and visitors whose affiliation is not above theirs; admins and owners make moderators.";

/* The occupant of that nick; NULL and the call is over. */
static const struct occupant *
occupant_here(struct command_call *call, const char *nick)
{
	struct room *room = room_here(call);
	const struct occupant *o = room != NULL ? room_occupant(room, nick) : NULL;

	if (room != NULL && o == NULL)
		command_fail(call, RPC_ERROR_NOT_FOUND, "Nobody in %s is called \"%s\". Nothing was done.", room->jid,
		    nick);
	return o;
}

static void
kick_run(struct command_call *call)
{
	if (occupant_here(call, call->argv[0]) != NULL)
		change(call, NULL, call->argv[0], "role", "none", call->argv[1], role_words);
}

static void
role_run(struct command_call *call)
{
	if (occupant_here(call, call->argv[0]) != NULL)
		change(call, NULL, call->argv[0], "role", call->argv[1], call->argv[2], role_words);
}

/* --- affiliations: what lasts --- */

static const char affiliation_words[] = "Admins change members and bans; owners change admins and owners.";

/*
 * Whom a word means: a nick whose address we see, a nick, an address, a server.  False and the call is over.  The
 * strings are the caller's.
 */
static bool
whom(struct command_call *call, const char *word, char **jid, char **nick)
{
	struct room *room = room_here(call);
	const struct occupant *o = room != NULL ? room_occupant(room, word) : NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *full = NULL;

	if (room == NULL)
		return false;
	if (o != NULL) {
		*jid = o->real != NULL ? jid_bare(o->real) : NULL;
		*nick = o->real != NULL ? NULL : g_strdup(o->nick);
		return true;
	}
	if (strchr(word, '@') == NULL && strchr(word, '.') == NULL) {
		command_fail(call, RPC_ERROR_NOT_FOUND,
		    "Nobody in %s is called \"%s\", and an address or a server it is not. Nothing was done.", room->jid,
		    word);
		return false;
	}
	full = jid_from_person(word, false, &error);
	if (full == NULL) {
		command_fail_with(call, error);
		return false;
	}
	*jid = jid_bare(full);
	return true;
}

static void
affiliate(struct command_call *call, const char *affiliation, const char *reason)
{
	g_autofree char *jid = NULL, *nick = NULL;

	if (whom(call, call->argv[0], &jid, &nick))
		change(call, jid, nick, "affiliation", affiliation, reason, affiliation_words);
}

static void
ban_run(struct command_call *call)
{
	affiliate(call, "outcast", call->argv[1]);
}

static void
unban_run(struct command_call *call)
{
	affiliate(call, "none", NULL);
}

static void
resigned(struct command_call *call, const char *value)
{
	call->account = account_find(call->core, call->account_name);
	if (strcmp(value, "yes") != 0 || call->account == NULL || !account_online(call->account))
		command_fail(call, RPC_ERROR_CANCELLED, "Nothing was done.");
	else
		affiliate(call, call->argv[1], call->argv[2]);
}

static void
affiliation_run(struct command_call *call)
{
	const struct room *room = room_here(call);
	g_autofree char *jid = NULL, *nick = NULL, *text = NULL;

	if (room == NULL || !whom(call, call->argv[0], &jid, &nick))
		return;
	/* What one gives away oneself, one cannot take back. */
	if ((g_strcmp0(jid, account_jid(call->account)) == 0 || g_strcmp0(nick, room->nick) == 0) &&
	    room->affiliation == AFFILIATION_OWNER && strcmp(call->argv[1], "owner") != 0) {
		text = g_strdup_printf("You are an owner of %s and want to be %s. Only another owner can make you one again; a room "
		    "without an owner cannot be mended by anybody. Do it?", room->jid, call->argv[1]);
		command_ask(call, PROMPT_CONFIRM, false, "give the room away", text, json_pack("[[s,s],[s,s]]", "no",
		    "stay an owner", "yes", "be an owner no more"), "no", resigned);
		return;
	}
	affiliate(call, call->argv[1], call->argv[2]);
}

/* --- lists --- */

static void
list_told(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct command_call *call = ctx;
	const struct stanza *query = end == IQ_RESULT ? stanza_child(answer, "query", NS_MUC_ADMIN) : NULL;
	json_t *list;
	unsigned n = 0;

	if (end != IQ_RESULT) {
		ended(call, end, answer);
		return;
	}
	list = json_array();
	for (struct stanza *c = query != NULL ? stanza_first(query) : NULL; c != NULL; c = stanza_next(c)) {
		g_autofree char *jid = stanza_is(c, "item", NS_MUC_ADMIN) && stanza_get(c, "jid") != NULL ?
		    jid_normalise(stanza_get(c, "jid"), NULL) : NULL;
		const char *said_nick = stanza_get(c, "nick"), *said_reason =
		    stanza_text(stanza_child(c, "reason", NS_MUC_ADMIN));
		g_autofree char *nick = said_nick != NULL ? text_clean(said_nick, -1, TEXT_LINE, LIMIT_NAME) : NULL;
		g_autofree char *reason = said_reason != NULL ? text_clean(said_reason, -1, TEXT_LINE, LIMIT_NAME) :
		    NULL;

		if (jid == NULL)
			continue;
		if (++n > LIMIT_AFFILIATIONS)
			continue;
		command_say(call, "%s%s%s%s%s%s", jid, nick != NULL ? "  as " : "", nick != NULL ? nick : "",
		    reason != NULL ? "  \"" : "", reason != NULL ? reason : "", reason != NULL ? "\"" : "");
		json_array_append_new(list, json_pack("{s:s, s:s?, s:s?}", "jid", jid, "nick", nick, "reason", reason));
	}
	if (n == 0)
		command_say(call, "%s has no %s.", call->chat, call->argv[0]);
	if (n > LIMIT_AFFILIATIONS)
		command_say(call, "There are %u; the first %d are listed.", n, LIMIT_AFFILIATIONS);
	command_data(call, json_pack("{s:s, s:s, s:o, s:b}", "room", call->chat, "list", call->argv[0], "entries", list,
	    "more", n > LIMIT_AFFILIATIONS ? 1 : 0));
	command_done(call);
}

static void
list_run(struct command_call *call)
{
	/* "outcasts" is the list, "outcast" what they are. */
	g_autofree char *affiliation = g_strndup(call->argv[0], strlen(call->argv[0]) - 1),
	    *bare = jid_bare(call->chat);
	struct stanza *iq = stanza_iq("get", bare);

	stanza_set(stanza_add(stanza_add(iq, "query", NS_MUC_ADMIN), "item", NULL), "affiliation", affiliation);
	g_free(call->chat);
	call->chat = g_steal_pointer(&bare);
	call->ctx = (void *)(uintptr_t)"Members may see who is a member where the room allows it; bans are seen by admins and owners, "
	    "admins and owners by owners.";
	account_request(call->account, iq, list_told, call);
}

/* --- voice: to be heard in a moderated room --- */

static void
ask_for_voice(struct command_call *call, const struct room *room)
{
	struct stanza *message, *x, *field;

	if (room->role != ROLE_VISITOR) {
		command_fail(call, RPC_ERROR_USAGE,
		    "You are heard in %s already. /voice grant NICK gives voice to somebody else.", room->jid);
		return;
	}
	message = stanza_message(NULL, room->jid);
	x = stanza_add(message, "x", NS_DATA);
	stanza_set(x, "type", "submit");
	field = stanza_add(x, "field", NULL);
	stanza_set(field, "var", "FORM_TYPE");
	stanza_add_with_text(field, "value", NULL, NS_MUC_REQUEST);
	field = stanza_add(x, "field", NULL);
	stanza_set(field, "var", "muc#role");
	stanza_set(field, "type", "list-single");
	stanza_add_with_text(field, "value", NULL, "participant");
	account_send(call->account, message, true);
	command_say(call, "The moderators of %s are asked.", room->jid);
	command_done(call);
}

static void
voice_run(struct command_call *call)
{
	const char *what = call->argv[0];
	const struct room *room = room_here(call);

	if (room == NULL)
		return;
	if (what == NULL || strcmp(what, "request") == 0)
		ask_for_voice(call, room);
	else if (call->argv[1] == NULL)
		command_fail(call, RPC_ERROR_USAGE, "Whose? /voice %s NICK. Nothing was done.", what);
	else if (occupant_here(call, call->argv[1]) != NULL)
		change(call, NULL, call->argv[1], "role", strcmp(what, "grant") == 0 ? "participant" : "visitor", NULL,
		    role_words);
}

/* Somebody asks us, who are a moderator: the form that goes back, and whose it is. */
struct asked {
	struct core	*core;
	int64_t		 account;
	char		*room;
	struct form	*form;
};

static void
voice_answered(void *ctx, const char *value, bool keep)
{
	struct asked *asked = ctx;
	struct account *account = account_find_id(asked->core, asked->account);
	struct room *room = account != NULL ? room_find(account, asked->room) : NULL;
	struct form_field *allow = form_find(asked->form, "muc#request_allow");

	(void)keep;
	if (room != NULL && room->state == ROOM_IN && g_strcmp0(value, "later") != 0 && value != NULL) {
		struct stanza *message = stanza_message(NULL, asked->room);

		form_field_set(allow, strcmp(value, "grant") == 0 ? "true" : "false", NULL);
		stanza_take(message, form_submit(asked->form));
		account_send(account, message, true);
		turn_wake(account->core->turn);
	}
}

static void
asked_free(void *p)
{
	struct asked *asked = p;

	form_free(asked->form);
	g_free(asked->room);
	g_free(asked);
}

/* The same question is open already, or so many others are. */
static bool
is_too_much(const struct account *account, const char *room, const char *title)
{
	g_autoptr(GPtrArray) open = prompt_list(account->core->prompts, 0);
	unsigned same_room = 0;

	for (guint i = 0; i < open->len; i++) {
		const struct event *e = open->pdata[i];

		if (g_strcmp0(e->account_name, account_name(account)) != 0 || g_strcmp0(e->chat_jid, room) != 0)
			continue;
		if (g_strcmp0(e->prompt.title, title) == 0)
			return true;
		same_room++;
	}
	return same_room >= LIMIT_VOICE_REQUESTS;
}

static void
ask_moderator(struct account *account, const struct room *room, struct form *form, const char *nick)
{
	const char *said = form_value(form, "muc#jid");
	g_autofree char *jid = said != NULL ? jid_normalise(said, NULL) : NULL;
	g_autofree char *title = g_strdup_printf("%s asks to be heard in %s", nick, room->jid);
	g_autofree char *text = g_strdup_printf("%s. Until somebody gives them voice, they only read.", title);
	struct prompt_question question = { .kind = PROMPT_CHOICE, .scope = SCOPE_EVERYONE, .title = title,
	    .text = text, .default_choice = "later", .release = asked_free };
	struct asked *asked;

	if (is_too_much(account, room->jid, title)) {
		form_free(form);
		return;
	}
	asked = g_new0(struct asked, 1);
	asked->core = account->core;
	asked->account = account->id;
	asked->room = g_strdup(room->jid);
	asked->form = form;
	question.account = account_name(account);
	question.chat = room->jid;
	question.facts = json_pack("[[s,s],[s,s]]", "nick", nick, "in the room",
	    room_occupant(room, nick) != NULL ? "yes" : "not any more");
	if (jid != NULL)
		json_array_append_new(question.facts, json_pack("[s,s]", "address", jid));
	question.choices = json_pack("[[s,s],[s,s],[s,s]]", "grant", "they may speak", "deny", "they may not", "later",
	    "leave it to other moderators");
	prompt_open(account->core->prompts, &question, voice_answered, asked);
}

/* XEP-0045 §8.6: only from the room itself, and only to who can answer it. */
static enum verdict
request_annotate(struct incoming *in)
{
	const struct stanza *x = form_among(in->message, NS_MUC_REQUEST);
	struct room *room = x != NULL ? room_find(in->account, in->from) : NULL;
	struct form *form;
	g_autofree char *nick = NULL;
	const char *said;

	if (x == NULL || in->via != VIA_LIVE || in->out)
		return GO_ON;
	if (room == NULL || room->state != ROOM_IN || room->role != ROLE_MODERATOR ||
	    (form = form_parse(x, NULL)) == NULL)
		return DONE;
	said = form_value(form, "muc#roomnick");
	nick = said != NULL ? text_clean(said, -1, TEXT_LINE, LIMIT_NAME) : NULL;
	if (nick != NULL && *nick != '\0' && form_find(form, "muc#request_allow") != NULL)
		ask_moderator(in->account, room, form, nick);
	else
		form_free(form);
	return DONE;
}

static const struct command commands[] = {
	{ "affiliation", "WHO owner|admin|member|none|outcast [REASON...]", "rooms",
	    "changes what somebody is in this room, for ever",
	  "WHO is a nick of the room or an address, whether they are there or not. Owners configure the room and make owners and "
	  "admins; admins make members and bans; members may enter a room that is for members. Their role becomes what goes with it.",
	  NEEDS_ACCOUNT | NEEDS_CHAT | NEEDS_ONLINE, affiliation_run },
	{ "ban", "WHO [REASON...]", "rooms", "puts somebody out of the room for ever",
	  "WHO is a nick, an address, or a server: then everybody from there. /unban takes it back; /room list outcasts shows them.",
	  NEEDS_ACCOUNT | NEEDS_CHAT | NEEDS_ONLINE, ban_run },
	{ "kick", "NICK [REASON...]", "rooms", "puts somebody out of the room; they may come back",
	  "A nick with blanks stands in quotes. REASON is what they and the others read.",
	  NEEDS_ACCOUNT | NEEDS_CHAT | NEEDS_ONLINE, kick_run },
	{ "role", "NICK moderator|participant|visitor|none [REASON...]", "rooms",
	    "changes what somebody may do while they are there",
	  "Visitors only read where the room is moderated; participants speak; moderators kick and give voice. It lasts as long as "
	  "they are in the room, on many servers.", NEEDS_ACCOUNT | NEEDS_CHAT | NEEDS_ONLINE, role_run },
	{ "room list", "owners|admins|members|outcasts", "rooms",
	    "lists who is what in this room, whether they are there or not",
	  "/affiliation changes it.", NEEDS_ACCOUNT | NEEDS_CHAT | NEEDS_ONLINE, list_run },
	{ "unban", "JID", "rooms", "lets somebody enter again", NULL, NEEDS_ACCOUNT | NEEDS_CHAT | NEEDS_ONLINE,
	    unban_run },
	{ "voice", "[request|grant|revoke] [NICK...]", "rooms",
	    "asks to be heard in a moderated room, or gives and takes voice",
	  "Without a word the moderators are asked. A moderator answers such a request in /prompts.",
	  NEEDS_ACCOUNT | NEEDS_CHAT | NEEDS_ONLINE, voice_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_muc_admin = {
	.name = "muc_admin",
	.in[STAGE_ANNOTATE] = request_annotate,
	.commands = commands,
};
