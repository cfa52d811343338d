/*
 * chatstates.c: typing, paused and the like on the wire (XEP-0085); what follows is core/typing.h.  Only what comes
 * live counts: who typed once does not type now.
 */
#include <string.h>

#include "base/jid.h"
#include "core/feature.h"
#include "core/room_ignore.h"
#include "core/typing.h"
#include "xmpp/ns.h"

extern const struct feature feature_chatstates;

static enum verdict
chatstates_annotate(struct incoming *in)
{
	enum chat_state state = CHAT_STATE_ACTIVE;
	bool found = false;

	bool in_room = in->kind == CHAT_ROOM && in->room != NULL && jid_resource(in->from) != NULL;

	if ((in->kind != CHAT_PERSON && !in_room) || in->out || (in_room && room_ignores(in->room, in->author)) ||
	    (in->via != VIA_LIVE && in->via != VIA_CARBON) ||
	    stanza_child(in->message, "delay", NS_DELAY) != NULL)
		return GO_ON;
	for (struct stanza *c = stanza_first(in->message); c != NULL && !found; c = stanza_next(c))
		found = strcmp(stanza_ns(c), NS_CHATSTATES) == 0 && chat_state_find(stanza_name(c), &state);
	/* Who sent something has stopped typing it. */
	if (found || in->body != NULL)
		typing_theirs(in->account, in_room ? in->from : in->peer, in->body != NULL ? CHAT_STATE_ACTIVE :
		    state, found);
	return GO_ON;
}

static void
chatstates_out(struct outgoing *out)
{
	if (out->kind != CHAT_PRIVATE && typing_sent(out->account, out->to))
		stanza_add(out->stanza, "active", NS_CHATSTATES);
}

static const char *const disco[] = { NS_CHATSTATES, NULL };

const struct feature feature_chatstates = {
	.name = "chatstates",
	.standard = "XEP-0085: Chat State Notifications",
	.in[STAGE_ANNOTATE] = chatstates_annotate,
	.out = chatstates_out,
	.disco = disco,
};
