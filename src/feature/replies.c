/*
 * replies.c: an answer to a certain message (XEP-0461), and a quotation of one.  To whom it says that it answers is a
 * claim; what stands above it is the message as it is here, and its author as we know them.  It goes on with the thread
 * of what it answers (XEP-0201).
 */
#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/chat.h"
#include "core/feature.h"
#include "core/reply.h"
#include "core/revise.h"
#include "core/room.h"
#include "core/turn.h"
#include "xmpp/ns.h"

extern const struct feature feature_replies;

static enum verdict
replies_annotate(struct incoming *in)
{
	const char *id = reply_id(in->message);
	const char *thread = stanza_text(stanza_child(in->message, "thread", NS_CLIENT));

	in->reply = id != NULL ? text_clean(id, -1, TEXT_LINE, 0) : NULL;
	if (thread != NULL && *thread != '\0' && strlen(thread) <= LIMIT_NAME)
		in->thread = text_clean(thread, -1, TEXT_LINE, 0);
	in->unstyled = stanza_child(in->message, "unstyled", NS_STYLING) != NULL;
	return GO_ON;
}

/* An answer to what we said in a room is for us. */
static enum verdict
replies_store(struct incoming *in)
{
	struct message_row *row = in->kind == CHAT_ROOM && !in->out && in->reply != NULL ? revise_target(in,
	    in->reply) : NULL;

	if (row != NULL && (row->flags & MESSAGE_OUT) != 0)
		in->mention = true;
	message_row_free(row);
	return GO_ON;
}

/* The address under which its author is known in that chat; the caller's. */
static char *
author_of(const struct outgoing *out, const struct message_row *row)
{
	if (out->kind == CHAT_ROOM && row->resource != NULL)
		return g_strconcat(out->to, "/", row->resource, NULL);
	return g_strdup((row->flags & MESSAGE_OUT) != 0 ? account_jid(out->account) : out->to);
}

static void
replies_out(struct outgoing *out)
{
	struct message_row *row = out->row->reply != NULL ? revision_target(out->account->core->store, out->row->chat,
	    out->row->reply, out->kind == CHAT_ROOM) : NULL;
	g_autofree char *author = row != NULL ? author_of(out, row) : NULL;

	if (row != NULL)
		reply_add(out->stanza, out->row->reply, author, row->body);
	if (out->row->thread != NULL)
		stanza_add_with_text(out->stanza, "thread", NULL, out->row->thread);
	message_row_free(row);
}

/* The one that a line is about; NULL and the call is over. */
static struct message_row *
find_meant(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	int64_t chat = chat_find(call->core->store, call->account->id, call->chat, CHAT_PERSON, false, NULL);
	struct message_row *row = chat_find_message(call->core, chat, call->argv[0], &error);
	const char *why = row == NULL ? NULL : row->chat != chat ? "it is not of this chat" :
	    (row->flags & MESSAGE_RETRACTED) != 0 ? "it was taken back" :
	    (row->flags & MESSAGE_OUT) != 0 && (row->state < MESSAGE_SENT || row->state == MESSAGE_CANCELLED ||
	    row->state == MESSAGE_FAILED) ? "it has not arrived" : NULL;

	if (row == NULL)
		command_fail_with(call, error);
	else if (why != NULL) {
		command_fail(call, RPC_ERROR_USAGE, "Message %" G_GINT64_FORMAT " cannot be answered: %s. Nothing was "
		    "sent.", row->id,
		    why);
		g_clear_pointer(&row, message_row_free);
	}
	return row;
}

static void
ended(struct command_call *call, int64_t id, const GError *error)
{
	if (id == 0) {
		command_fail_with(call, error);
		return;
	}
	command_message(call, id);
	command_done(call);
}

static void
reply_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	struct message_row *row = find_meant(call);
	const char *id = row != NULL ? revise_id(call->account, row, &error) : NULL;
	int64_t sent;

	if (row == NULL)
		return;
	sent = id != NULL ? outbox_reply(call->account, call->chat, call->argv[1], id, row->thread, &error) : 0;
	message_row_free(row);
	ended(call, sent, error);
}

/* Its lines, each behind a >; without TEXT they are only told, for a line that is still to be written. */
static void
quote_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	struct message_row *row = find_meant(call);
	g_autofree char *quote = NULL, *text = NULL;

	if (row == NULL)
		return;
	quote = reply_quote(row->body != NULL ? row->body : "");
	message_row_free(row);
	if (call->argv[1] == NULL) {
		quote[strlen(quote) - 1] = '\0';
		command_say(call, "%s", quote);
		command_data(call, json_pack("{s:s}", "quote", quote));
		command_done(call);
		return;
	}
	text = g_strconcat(quote, call->argv[1], NULL);
	ended(call, outbox_send(call->account, call->chat, text, &error), error);
}

static const struct command commands[] = {
	{ "quote", "MSG [TEXT...]", "talking", "says TEXT below the lines of a message, each behind a >",
	  "Without TEXT nothing is sent, and the lines are shown.", NEEDS_ACCOUNT | NEEDS_CHAT, quote_run },
	{ "reply", "MSG TEXT...", "talking", "answers a message",
	  "Clients that know answers show which one it is; for the others its lines go in front, each behind a >. In a "
	  "room only what the room has given an id can be answered.", NEEDS_ACCOUNT | NEEDS_CHAT, reply_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

static const char *const disco[] = { NS_REPLY, NULL };

const struct feature feature_replies = {
	.name = "replies",
	.standard = "XEP-0461: Message Replies",
	.in[STAGE_ANNOTATE] = replies_annotate,
	.in[STAGE_STORE] = replies_store,
	.out = replies_out,
	.disco = disco,
	.commands = commands,
};
