/*
 * receipts.c: "it arrived" (XEP-0184).  Ours go only to who may know that we are there, once per message, and not for
 * copies: the device that got the message answers.  Theirs count only for a message of ours in the chat with them.
 */
#include <string.h>

#include "core/feature.h"
#include "core/privacy.h"
#include "core/turn.h"
#include "store/chats.h"
#include "xmpp/ns.h"

extern const struct feature feature_receipts;

static void
delivered(struct incoming *in, const char *id)
{
	struct core *core = in->account->core;
	int64_t chat = chat_find(core->store, in->account->id, in->peer, CHAT_PERSON, false, NULL);
	struct message_row *row = chat != 0 && id != NULL ? message_find_out(core->store, chat, id) : NULL, *now;
	g_autoptr(GError) error = NULL;

	if (row == NULL)
		return;
	now = message_advance(core->store, row->id, MESSAGE_DELIVERED, NULL, &error);
	message_traced(in, row->id, TRACE_RECEIPT);
	message_row_free(row);
	if (now != NULL)
		turn_put_message(core->turn, now);
	turn_failed(core->turn, error);
}

static enum verdict
receipts_annotate(struct incoming *in)
{
	const struct stanza *received = stanza_child(in->message, "received", NS_RECEIPTS);

	if (received == NULL)
		return GO_ON;
	if (!in->out && in->kind == CHAT_PERSON)
		delivered(in, stanza_get(received, "id"));
	return in->body == NULL ? DONE : GO_ON;
}

static enum verdict
receipts_report(struct incoming *in)
{
	const char *id = stanza_get(in->message, "id");
	struct stanza *receipt;

	if (in->kind != CHAT_PERSON || in->fate != MESSAGE_FATE_NEW || in->out || in->via == VIA_CARBON ||
	    in->via == VIA_ARCHIVE || id == NULL || stanza_child(in->message, "request", NS_RECEIPTS) == NULL ||
	    !privacy_tells(in->account, in->peer, SETTING_PRIVACY_RECEIPTS))
		return GO_ON;
	receipt = stanza_message(g_strcmp0(stanza_get(in->message, "type"), "chat") == 0 ? "chat" : NULL, in->from);
	g_autofree char *own_id = stanza_new_id();
	stanza_set(receipt, "id", own_id);
	stanza_set(stanza_add(receipt, "received", NS_RECEIPTS), "id", id);
	stanza_add(receipt, "store", NS_HINTS);
	account_send(in->account, receipt, true);
	return GO_ON;
}

static void
receipts_out(struct outgoing *out)
{
	/* XEP-0184 section 5.3: of a room everybody would answer. */
	if (out->kind == CHAT_PERSON)
		stanza_add(out->stanza, "request", NS_RECEIPTS);
}

const struct feature feature_receipts = {
	.name = "receipts",
	.standard = "XEP-0184: Message Delivery Receipts",
	.in[STAGE_ANNOTATE] = receipts_annotate,
	.in[STAGE_REPORT] = receipts_report,
	.out = receipts_out,
};
