/*
 * invites.c: invitations to rooms, out and in (XEP-0045 §7.8, XEP-0249).  A room that is for members is asked to
 * invite, so that it makes the person a member; for any other the person is asked directly, which also reaches those
 * whose server takes nothing from rooms.
 */
#include <string.h>

#include "base/clock.h"
#include "base/jid.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/feature.h"
#include "core/invite.h"
#include "core/room.h"
#include "core/room_about.h"
#include "core/roster.h"
#include "core/setting.h"
#include "xmpp/ns.h"

extern const struct feature feature_invites;

enum invites_from { FROM_ALL, FROM_CONTACTS, FROM_NONE };

/* --- what comes in --- */

/* NULL: it says nothing.  The caller's. */
static char *
clean(const char *text, enum text_kind kind)
{
	g_autofree char *line = text != NULL ? text_clean(text, -1, kind, LIMIT_NAME) : NULL;

	return line != NULL && *line != '\0' ? g_steal_pointer(&line) : NULL;
}

static bool
is_wanted(const struct incoming *in, const char *inviter)
{
	enum invites_from from = (enum invites_from)setting_get(in->account->core->settings, SETTING_ROOM_INVITES);
	g_autofree char *bare = inviter != NULL ? jid_bare(inviter) : NULL;

	return from == FROM_ALL || (from == FROM_CONTACTS && bare != NULL && roster_has(in->account->roster, bare));
}

static void
came(struct incoming *in, const char *room, const char *inviter, const char *reason, const char *password,
    bool mediated)
{
	g_autofree char *words = clean(reason, TEXT_LINE);
	struct invitation invitation = { .room = room, .inviter = inviter, .reason = words, .mediated = mediated,
	    .password = password != NULL && *password != '\0' && strlen(password) <= LIMIT_NAME ? password : NULL,
	    .said_ms = in->said_ms != 0 ? in->said_ms : clock_real_us() / 1000 };

	if (is_wanted(in, inviter))
		invite_came(in->account, &invitation);
}

/* The room says that somebody invites us. */
static void
mediated(struct incoming *in, const struct stanza *x)
{
	const struct stanza *invite = stanza_child(x, "invite", NS_MUC_USER);
	const char *from = stanza_get(invite, "from");
	g_autofree char *inviter = from != NULL ? jid_normalise(from, NULL) : NULL, *local = jid_local(in->from);

	if (jid_resource(in->from) == NULL && local != NULL)
		came(in, in->from, inviter, stanza_text(stanza_child(invite, "reason", NS_MUC_USER)),
		    stanza_text(stanza_child(x, "password", NS_MUC_USER)), true);
}

static void
direct(struct incoming *in, const struct stanza *x)
{
	const char *said = stanza_get(x, "jid");
	g_autofree char *room = said != NULL ? jid_normalise(said, NULL) : NULL,
	    *local = room != NULL ? jid_local(room) : NULL;

	if (local != NULL && jid_resource(room) == NULL)
		came(in, room, in->from, stanza_get(x, "reason"), stanza_get(x, "password"), false);
}

/* Somebody does not come; only the room that we invited to says so. */
static void
declined(struct incoming *in, const struct stanza *x)
{
	const struct stanza *decline = stanza_child(x, "decline", NS_MUC_USER);
	struct room *room = room_find(in->account, in->from);
	const char *from = stanza_get(decline, "from");
	g_autofree char *who = from != NULL ? jid_normalise(from, NULL) : NULL;
	g_autofree char *why = clean(stanza_text(stanza_child(decline, "reason", NS_MUC_USER)), TEXT_LINE);

	if (room != NULL && room->state == ROOM_IN && who != NULL)
		room_notice(room, SEVERITY_INFO, "%s does not come%s%s%s.", who, why != NULL ? ": \"" : "",
		    why != NULL ? why : "", why != NULL ? "\"" : "");
}

static enum verdict
invites_annotate(struct incoming *in)
{
	const struct stanza *user = stanza_child(in->message, "x", NS_MUC_USER);
	const struct stanza *conference = stanza_child(in->message, "x", NS_CONFERENCE);
	bool invites = stanza_child(user, "invite", NS_MUC_USER) != NULL,
	    declines = stanza_child(user, "decline", NS_MUC_USER) != NULL;

	if (!invites && !declines && conference == NULL)
		return GO_ON;
	/* What we said from another device, and what was said before this machine knew the account, is no news. */
	if (in->out || in->old || g_strcmp0(stanza_get(in->message, "type"), "groupchat") == 0)
		return invites || declines ? DONE : GO_ON;
	if (invites)
		mediated(in, user);
	else if (declines)
		declined(in, user);
	else
		direct(in, conference);
	return DONE;
}

/* --- what goes out --- */

/* An invitation that was sent, until it is known that nobody refused it. */
struct sending {
	char		*id, *to, *said;
	struct stanza	*refusal;	/* NULL: none came */
};

static void
sending_free(void *p)
{
	struct sending *sending = p;

	g_free(sending->id);
	g_free(sending->to);
	g_free(sending->said);
	stanza_free(sending->refusal);
	g_free(sending);
}

static void invite_run(struct command_call *call);

/* A message of ours came back. */
static enum verdict
invites_unwrap(struct incoming *in)
{
	const char *id = stanza_get(in->stanza, "id"), *from = stanza_get(in->stanza, "from");
	g_autofree char *sender = from != NULL ? jid_normalise(from, NULL) : NULL;
	const GPtrArray *calls = in->account->core->calls;

	if (g_strcmp0(stanza_get(in->stanza, "type"), "error") != 0 || id == NULL || sender == NULL)
		return GO_ON;
	for (guint i = 0; i < calls->len; i++) {
		const struct command_call *call = calls->pdata[i];
		struct sending *sending = call->command != NULL && call->command->run == invite_run ? call->ctx : NULL;

		if (sending == NULL || g_strcmp0(sending->id, id) != 0 || strcmp(sending->to, sender) != 0 ||
		    sending->refusal != NULL)
			continue;
		sending->refusal = stanza_copy(in->stanza);
		return DONE;
	}
	return GO_ON;
}

/*
 * Whoever was asked behind the invitation answered: a refusal would have come before, since two stanzas to one address
 * do not overtake each other (RFC 6120 §10.1).
 */
static void
asked(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct command_call *call = ctx;
	const struct sending *sending = call->ctx;

	(void)answer;
	if (sending->refusal != NULL) {
		command_refused_for(call, sending->to, sending->refusal, NULL);
		return;
	}
	if (end == IQ_LOST) {
		command_fail(call, RPC_ERROR_OFFLINE,
		    "The connection broke; whether the invitation arrived is not known.");
		return;
	}
	command_say(call, "%s", sending->said);
	command_done(call);
}

static void
send_invitation(struct command_call *call, const char *room, const char *jid, const struct room_about *about)
{
	struct sending *sending = call->ctx;
	g_autofree char *reason = clean(call->argv[1], TEXT_LINE);
	struct stanza *message, *x, *iq;

	sending->id = stanza_new_id();
	sending->to = g_strdup(about->members ? room : jid);
	sending->said = g_strdup_printf("%s is asked to come to %s%s.%s", jid, room,
	    about->members ? ", by the room, which makes them a member" : "",
	    about->password ? " The password is not in the invitation." : "");
	message = stanza_message(NULL, sending->to);
	stanza_set(message, "id", sending->id);
	if (about->members) {
		x = stanza_add(stanza_add(message, "x", NS_MUC_USER), "invite", NULL);
		stanza_set(x, "to", jid);
		if (reason != NULL)
			stanza_add_with_text(x, "reason", NULL, reason);
	} else {
		x = stanza_add(message, "x", NS_CONFERENCE);
		stanza_set(x, "jid", room);
		stanza_set(x, "reason", reason);
	}
	account_send(call->account, message, true);
	iq = stanza_iq("get", sending->to);
	stanza_add(iq, "query", NS_DISCO_INFO);
	account_request(call->account, iq, asked, call);
}

/* The room said what it is now: how one is invited depends on it. */
static void
looked(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct command_call *call = ctx;
	g_autofree char *jid = jid_from_person(call->argv[0], true, NULL), *room = jid_bare(call->chat);
	struct room_about about;

	if (end != IQ_RESULT) {
		command_unanswered(call, room, end, answer);
		return;
	}
	room_about_read(stanza_child(answer, "query", NS_DISCO_INFO), &about);
	send_invitation(call, room, jid, &about);
	room_about_clear(&about);
}

static void
invite_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *jid = jid_from_person(call->argv[0], true, &error), *bare = jid_bare(call->chat);
	const struct room *room = room_find(call->account, bare);
	struct stanza *iq;

	if (jid == NULL) {
		command_fail_with(call, error);
		return;
	}
	if (room == NULL || room->state != ROOM_IN) {
		command_fail(call, RPC_ERROR_CONTEXT, "%s is no room that you are in.", bare);
		return;
	}
	call->ctx = g_new0(struct sending, 1);
	call->ctx_free = sending_free;
	iq = stanza_iq("get", bare);
	stanza_add(iq, "query", NS_DISCO_INFO);
	account_request(call->account, iq, looked, call);
}

static const struct command commands[] = {
	{ "invite", "JID [TEXT...]", "rooms", "asks somebody to come into this room",
	  "TEXT is what they read with it. In a room for members the room itself is asked to invite them, which makes them a member; it "
	  "refuses when you may not. For any other room the invitation goes to them directly. A password is never in it. Invitations "
	  "that you get are in /prompts; the setting room.invites says whose.",
	  NEEDS_ACCOUNT | NEEDS_CHAT | NEEDS_ONLINE, invite_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

static const char *const disco[] = { NS_CONFERENCE, NULL };

const struct feature feature_invites = {
	.name = "invites",
	.standard = "XEP-0249: Direct MUC Invitations",
	.in[STAGE_UNWRAP] = invites_unwrap,
	.in[STAGE_ANNOTATE] = invites_annotate,
	.disco = disco,
	.commands = commands,
};
