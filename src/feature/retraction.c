/*
 * retraction.c: a message is taken back, by its author (XEP-0424) or by a moderator of its room (XEP-0425), in the
 * present form and in the one that servers and clients had before.  The author may say so for what is theirs, the room
 * for anything in it, and it only from its own address.  Nobody can make others forget: what it said may stay here too.
 */
#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/chat.h"
#include "core/feature.h"
#include "core/revise.h"
#include "core/room.h"
#include "core/setting.h"
#include "core/turn.h"
#include "store/versions.h"
#include "xmpp/ns.h"

extern const struct feature feature_retraction;

/* --- in --- */

/* What the stanza says; in it.  by NULL: its author does it, or the room does not say who. */
struct said {
	const char	*id, *by, *reason;
	const struct stanza *moderated;
	bool		 old;
};

static const struct stanza *
only(const struct stanza *parent, const char *name, const char *ns)
{
	return parent != NULL && stanza_count(parent, name, ns) == 1 ? stanza_child(parent, name, ns) : NULL;
}

static bool
read_said(const struct stanza *message, struct said *said)
{
	const struct stanza *retract = only(message, "retract", NS_RETRACT), *fasten = only(message, "apply-to",
	    NS_FASTEN);

	*said = (struct said){ 0 };
	if (retract != NULL) {
		said->moderated = stanza_child(retract, "moderated", NS_MODERATE);
		said->reason = stanza_text(stanza_child(retract, "reason", NULL));
	} else if (fasten != NULL) {
		said->old = true;
		said->moderated = stanza_child(fasten, "moderated", NS_MODERATE_OLD);
		retract = only(said->moderated != NULL ? said->moderated : fasten, "retract", NS_RETRACT_OLD);
		said->reason = said->moderated != NULL ? stanza_text(stanza_child(said->moderated, "reason", NULL)) :
		    NULL;
	}
	if (retract == NULL)
		return false;
	said->id = stanza_get(said->old ? fasten : retract, "id");
	said->by = said->moderated != NULL ? stanza_get(said->moderated, "by") : NULL;
	return said->id != NULL && *said->id != '\0' && strlen(said->id) <= LIMIT_NAME;
}

/* The nick of the moderator, where the room says it; the caller's. */
static char *
moderator(const struct incoming *in, const struct said *said)
{
	g_autofree char *jid = said->by != NULL ? jid_normalise(said->by, NULL) : NULL;
	const struct stanza *id = stanza_child(said->moderated, "occupant-id", NS_OCCUPANT_ID);
	struct occupant *o = in->room != NULL && id != NULL && stanza_get(id, "id") != NULL ?
	    room_occupant_by_id(in->room, stanza_get(id, "id")) : NULL;

	if (jid != NULL && jid_same_bare(jid, in->peer) && jid_resource(jid) != NULL)
		return g_strdup(jid_resource(jid));
	return o != NULL ? g_strdup(o->nick) : NULL;
}

/*
 * The old form names a message of a room by the id that its author gave: theirs alone then.  NULL: none; the
 * caller's.
 */
static char *
old_target(const struct incoming *in, const char *id)
{
	struct core *core = in->account->core;
	int64_t chat = chat_find(core->store, in->account->id, in->peer, CHAT_ROOM, false, NULL);
	struct message_row *row = chat != 0 ? revision_target(core->store, chat, id, false) : NULL;
	char *target = row != NULL && strcmp(row->author, in->author) == 0 ? g_strdup(row->server_id) : NULL;

	message_row_free(row);
	return target;
}

static bool
take(struct incoming *in, const struct said *said)
{
	bool moderated = said->moderated != NULL, ok;
	g_autofree char *nick = NULL, *reason = NULL, *target = text_clean(said->id, -1, TEXT_LINE, 0), *other = NULL;
	struct revise_claim claim = { .kind = REVISION_RETRACTION, .moderated = moderated };

	/* Only the room itself speaks for it. */
	if (moderated && (in->kind != CHAT_ROOM || in->room == NULL || jid_resource(in->from) != NULL))
		return false;
	nick = moderated ? moderator(in, said) : NULL;
	reason = said->reason != NULL ? text_clean(said->reason, -1, TEXT_LINE, LIMIT_NAME) : NULL;
	other = said->old && !moderated && in->kind == CHAT_ROOM ? old_target(in, target) : NULL;
	claim.target = other != NULL ? other : target;
	claim.nick = nick;
	claim.text = moderated && reason != NULL && *reason != '\0' ? reason : NULL;
	ok = revise_take(in, &claim);
	if (ok)
		revise_drop_fallback(in, said->old ? NS_RETRACT_OLD : NS_RETRACT);
	return ok;
}

/* An archive has no more of it than that it was there.  True: it is a message that is here, or that is all. */
static bool
is_tombstone(const struct stanza *message)
{
	static const char *const forms[] = { NS_MODERATE, NS_MODERATE_OLD };
	const struct stanza *in = message;

	for (size_t i = 0; i < G_N_ELEMENTS(forms) && in == message; i++)
		if (stanza_child(message, "moderated", forms[i]) != NULL)
			in = stanza_child(message, "moderated", forms[i]);
	return stanza_child(in, "retracted", NS_RETRACT) != NULL || stanza_child(in, "retracted",
	    NS_RETRACT_OLD) != NULL ||
	    stanza_child(message, "retracted", NS_RETRACT) != NULL;
}

static enum verdict
bury(struct incoming *in)
{
	struct core *core = in->account->core;
	int64_t chat = chat_find(core->store, in->account->id, in->peer, in->kind, false, NULL);
	struct message_row *row = chat != 0 && in->server_id != NULL ?
	    revision_target(core->store, chat, in->server_id, true) : NULL, *now = NULL;
	struct revision revision = { REVISION_RETRACTION, in->author, NULL, in->said_ms, NULL, NULL };
	g_autoptr(GError) error = NULL;

	/* One that came without the archive's id is known by its author's. */
	if (row == NULL && chat != 0 && in->origin_id != NULL) {
		row = revision_target(core->store, chat, in->origin_id, false);
		if (row != NULL && (row->server_id != NULL || strcmp(row->author, in->author) != 0))
			g_clear_pointer(&row, message_row_free);
	}
	if (row == NULL) {
		in->retracted = in->old = true;
		return GO_ON;
	}
	now = message_retract(core->store, row->id, &revision, false,
	    setting_get(core->settings, SETTING_HISTORY_KEEP_RETRACTED), &error);
	if (now != NULL) {
		turn_put_message(core->turn, now);
		turn_put_chat(core->turn, chat);
		revise_touch_answers(core, row);
	}
	message_row_free(row);
	turn_failed(core->turn, error);
	return DONE;
}

static enum verdict
retraction_in(struct incoming *in)
{
	struct said said;

	if (in->via == VIA_ARCHIVE && in->body == NULL && is_tombstone(in->message))
		return bury(in);
	if (read_said(in->message, &said))
		take(in, &said);
	return GO_ON;
}

/* --- out --- */

static void
retraction_out(struct outgoing *out, enum revision_kind kind)
{
	const char *id = out->kind == CHAT_ROOM ? out->row->server_id : out->row->origin_id;
	struct stanza *old;

	if (kind != REVISION_RETRACTION)
		return;
	stanza_set(stanza_add(out->stanza, "retract", NS_RETRACT), "id", id);
	old = stanza_add(out->stanza, "apply-to", NS_FASTEN);
	stanza_set(old, "id", out->row->origin_id);
	stanza_add(old, "retract", NS_RETRACT_OLD);
	stanza_set(stanza_add(out->stanza, "fallback", NS_FALLBACK), "for", NS_RETRACT);
	stanza_add_with_text(out->stanza, "body", NULL, "/me took back an earlier message, which this client cannot "
	    "show.");
}

/* The room has answered; what it did came before that, as a message of its own. */
static void
moderated(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct command_call *call = ctx;

	if (end == IQ_RESULT)
		command_done(call);
	else
		command_unanswered(call, call->chat, end, answer);
}

static void
moderate(struct command_call *call, const struct room *room, const char *id)
{
	struct stanza *iq = stanza_iq("set", room->jid), *moderate;
	const char *reason = call->argv[0] != NULL ? call->argv[1] : NULL;
	bool old = (room->features & ROOM_MODERATION) == 0;

	if (old) {
		moderate = stanza_add(iq, "apply-to", NS_FASTEN);
		stanza_set(moderate, "id", id);
		moderate = stanza_add(moderate, "moderate", NS_MODERATE_OLD);
	} else {
		moderate = stanza_add(iq, "moderate", NS_MODERATE);
		stanza_set(moderate, "id", id);
	}
	stanza_add(moderate, "retract", old ? NS_RETRACT_OLD : NS_RETRACT);
	if (reason != NULL)
		stanza_add_with_text(moderate, "reason", NULL, reason);
	account_request(call->account, iq, moderated, call);
}

/* Not ours: as a moderator, where the room knows that. */
static void
retract_theirs(struct command_call *call, const struct message_row *row)
{
	struct room *room = room_find(call->account, call->chat);
	g_autoptr(GError) error = NULL;
	const char *id;

	if (chat_kind_of(call->core, row->chat) != CHAT_ROOM)
		command_fail(call, RPC_ERROR_USAGE, "Message %" G_GINT64_FORMAT " is not yours. Nothing was done.",
		    row->id);
	else if (room == NULL || room->state != ROOM_IN)
		command_fail(call, RPC_ERROR_FAILED, "You are not in %s. /join %s enters it.", call->chat, call->chat);
	else if ((room->features & (ROOM_MODERATION | ROOM_MODERATION_0)) == 0)
		command_fail(call, RPC_ERROR_FAILED, "%s has no way for moderators to take a message back. Nothing was "
		    "done.",
		    call->chat);
	else if (room->role != ROLE_MODERATOR)
		command_fail(call, RPC_ERROR_FAILED, "Message %" G_GINT64_FORMAT " is not yours, and only moderators "
		    "take back what others said. Nothing was done.", row->id);
	else if ((id = revise_id(call->account, row, &error)) == NULL)
		command_fail_with(call, error);
	else
		moderate(call, room, id);
}

static void
retract_ours(struct command_call *call, const struct message_row *row)
{
	g_autoptr(GError) error = NULL;
	int64_t id = row->id;
	bool ok;

	if (call->argv[0] != NULL && call->argv[1] != NULL) {
		command_fail(call, RPC_ERROR_USAGE, "What is yours is taken back without a reason. Nothing was done.");
		return;
	}
	if (row->state == MESSAGE_FAILED || row->state == MESSAGE_CANCELLED) {
		command_fail(call, RPC_ERROR_USAGE, "Message %" G_GINT64_FORMAT " %s; nobody has it.", row->id,
		    row->state == MESSAGE_FAILED ? "failed" : "was cancelled");
		return;
	}
	/* One that has not left is not sent at all. */
	ok = row->state == MESSAGE_QUEUED ? outbox_cancel(call->account, id, &error) :
	    revise_send(call->account, row, REVISION_RETRACTION, NULL, &error);
	if (!ok) {
		command_fail_with(call, error);
		return;
	}
	command_message(call, id);
	command_done(call);
}

static void
retract_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	int64_t chat = chat_find(call->core->store, call->account->id, call->chat, CHAT_PERSON, false, NULL);
	struct message_row *row = call->argv[0] != NULL ? chat_find_message(call->core, chat, call->argv[0], &error) :
	    chat != 0 ? message_last_out(call->core->store, chat) : NULL;

	if (row == NULL && error != NULL)
		command_fail_with(call, error);
	else if (row == NULL)
		command_fail(call, RPC_ERROR_NOT_FOUND, "You have said nothing here yet that could be taken back.");
	else if (row->chat != chat)
		command_fail(call, RPC_ERROR_USAGE, "Message %" G_GINT64_FORMAT " is not of this chat.", row->id);
	else if ((row->flags & MESSAGE_RETRACTED) != 0)
		command_fail(call, RPC_ERROR_USAGE, "Message %" G_GINT64_FORMAT " was taken back before.", row->id);
	else if ((row->flags & MESSAGE_OUT) != 0)
		retract_ours(call, row);
	else
		retract_theirs(call, row);
	message_row_free(row);
}

static const struct command commands[] = {
	{ "retract", "[MSG] [REASON...]", "talking", "takes a message back",
	  "Without MSG your last one in this chat. Clients that know retractions show that there was a message, and "
	  "not what it said; others, archives and who has read it keep it. One that has not left is not sent. A "
	  "moderator of a room takes back "
	  "what anybody said there, with a REASON for all to read, where the room knows that. What it said stays on "
	  "this machine, for /explain, unless history.keep_retracted is "
	  "off.", NEEDS_ACCOUNT | NEEDS_CHAT, retract_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

static const char *const disco[] = { NS_RETRACT, NULL };

const struct feature feature_retraction = {
	.name = "retraction",
	.standard = "XEP-0424: Message Retraction, XEP-0425: Moderated Message Retraction",
	.in[STAGE_REVISE] = retraction_in,
	.revise = retraction_out,
	.disco = disco,
	.commands = commands,
};
