/*
 * room_change.c: our nick in a room and its subject: changes that are told by a stanza to the whole room.  An iq goes
 * behind it, and its answer says that the room is through.
 */
#include <string.h>

#include "core/room_private.h"
#include "core/turn.h"
#include "proto/error.h"
#include "xmpp/ns.h"

struct asking {
	struct room	*room;
	char		*wanted;
	room_done	 done;
	void		*ctx;
};

static void
asked(struct asking *a, enum iq_end end, const char *is, const char *refusal, const char *nothing)
{
	g_autoptr(GError) error = NULL;

	if (end == IQ_LOST)
		error = g_error_new(RPC_ERROR, RPC_ERROR_OFFLINE, "The connection broke meanwhile.");
	else if (strcmp(is != NULL ? is : "", a->wanted) != 0)
		error = g_error_new(RPC_ERROR, RPC_ERROR_REFUSED, "%s", refusal != NULL ? refusal : nothing);
	a->done(a->ctx, a->room, error);
	g_free(a->wanted);
	g_free(a);
}

static void
renamed(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct asking *a = ctx;

	(void)answer;
	asked(a, end, a->room->nick, a->room->nick_text, "The room has not said that you are called so.");
}

static void
subject_set(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct asking *a = ctx;

	(void)answer;
	asked(a, end, a->room->subject, a->room->subject_text, "The room has not said that this is its subject now.");
}

/*
 * A presence or message to the room may be kept back while nobody sits here (XEP-0352); an answer is not, and brings it
 * along.
 */
static void
ask_behind(struct room *room, const char *wanted, iq_done then, room_done done, void *ctx)
{
	struct stanza *iq = stanza_iq("get", room->jid);
	struct asking *a = g_new(struct asking, 1);

	a->room = room;
	a->wanted = g_strdup(wanted);
	a->done = done;
	a->ctx = ctx;
	stanza_add(iq, "query", NS_DISCO_INFO);
	account_request(room->account, iq, then, a);
	turn_wake(room->account->core->turn);
}

void
room_rename(struct room *room, const char *nick, room_done done, void *ctx)
{
	struct stanza *presence = room_own_presence(room, nick);

	g_clear_pointer(&room->nick_text, g_free);
	g_free(room->nick_id);
	room->nick_id = stanza_new_id();
	stanza_set(presence, "id", room->nick_id);
	account_send(room->account, presence, false);
	ask_behind(room, nick, renamed, done, ctx);
}

void
room_set_subject(struct room *room, const char *text, room_done done, void *ctx)
{
	struct stanza *message = stanza_message("groupchat", room->jid);

	g_clear_pointer(&room->subject_text, g_free);
	g_free(room->subject_id);
	room->subject_id = stanza_new_id();
	stanza_set(message, "id", room->subject_id);
	stanza_add_with_text(message, "subject", NULL, text);
	account_send(room->account, message, true);
	ask_behind(room, text, subject_set, done, ctx);
}
