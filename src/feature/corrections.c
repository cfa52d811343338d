/*
 * corrections.c: a message gets another text (XEP-0308).  Only its author may do that, and only protected as the
 * message was; whatever fails that test is a message of its own which says that it claims to be a correction.  One that
 * comes before its message stands there as such until the message comes.
 */
#include <string.h>

#include "base/clock.h"
#include "base/jid.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/chat.h"
#include "core/feature.h"
#include "core/revise.h"
#include "core/room_message.h"
#include "core/turn.h"
#include "store/erase.h"
#include "store/versions.h"
#include "xmpp/ns.h"

extern const struct feature feature_corrections;

/* The id that the message says it corrects; NULL: it says none, or two.  The caller's. */
static char *
claimed(const struct stanza *message)
{
	const struct stanza *replace = stanza_child(message, "replace", NS_CORRECT);
	const char *id = replace != NULL && stanza_count(message, "replace", NS_CORRECT) == 1 ?
	    stanza_get(replace, "id") : NULL;

	if (id == NULL || *id == '\0' || strlen(id) > LIMIT_NAME)
		return NULL;
	return text_clean(id, -1, TEXT_LINE, 0);
}

static int64_t
said(const struct incoming *in)
{
	return in->said_ms != 0 ? in->said_ms : clock_real_us() / 1000;
}

static enum verdict
corrections_store(struct incoming *in)
{
	struct core *core = in->account->core;
	g_autofree char *target = claimed(in->message);
	int64_t chat = target != NULL ? chat_find(core->store, in->account->id, in->peer, CHAT_PERSON, false, NULL) : 0;
	int64_t id = chat != 0 ? message_correctable(core->store, chat, in->author,
	    in->out || strcmp(in->author, account_jid(in->account)) == 0, in->encryption, target) : 0;
	/* One that came back to us does not count, whatever an archive kept of it. */
	bool void_one = id != 0 && message_was_erased(core->store, chat, in->origin_id, NULL);
	struct message_row *row = id != 0 && !void_one ? message_load(core->store, id) : NULL;
	g_autoptr(GError) error = NULL;

	if (void_one)
		return DONE;
	if (row == NULL || !room_message_same_stay(in, row->ord)) {
		message_row_free(row);
		in->corrects = g_steal_pointer(&target);
		return GO_ON;
	}
	message_row_free(row);
	row = message_correct(core->store, id, in->body, in->origin_id, said(in), &error);
	if (row != NULL) {
		message_traced(in, row->id, TRACE_CORRECTION);
		turn_put_message(core->turn, row);
		turn_put_chat(core->turn, row->chat);
		revise_touch_answers(core, row);
	}
	turn_failed(core->turn, error);
	return DONE;
}

/* The correction waits already: its text goes into the message, and its own row goes. */
static void
settle(struct incoming *in, int64_t waiting)
{
	struct store *store = in->account->core->store;
	struct message_row *early = message_load(store, waiting), *now = NULL;
	g_autoptr(GPtrArray) gone = g_ptr_array_new();
	g_autoptr(GError) error = NULL;

	if (early != NULL)
		now = message_correct(store, in->row->id, early->body, early->origin_id, early->said_ms, &error);
	if (now != NULL) {
		g_autofree char *xml = message_raw(store, waiting);

		message_row_free((struct message_row *)(uintptr_t)in->row);
		in->row = now;
		if (xml != NULL)
			message_trace(store, now->id, TRACE_CORRECTION, early->via, early->author, xml, &error);
		message_erase_one(store, waiting, gone, &error);
	}
	for (guint i = 0; i < gone->len; i++)
		turn_put_message(in->account->core->turn, gone->pdata[i]);
	message_row_free(early);
	turn_failed(in->account->core->turn, error);
}

static enum verdict
corrections_report(struct incoming *in)
{
	struct core *core = in->account->core;
	g_autoptr(GError) error = NULL;
	int64_t waiting;

	if (in->fate != MESSAGE_FATE_NEW)
		return GO_ON;
	if (in->corrects != NULL)
		message_await(core->store, in->row, in->corrects, &error);
	turn_failed(core->turn, error);
	waiting = message_awaiting(core->store, in->row);
	if (waiting != 0)
		settle(in, waiting);
	return GO_ON;
}

/*
 * "@MSG TEXT" has a name of a message before the text; *text then begins behind it.  NULL: it has none.  The caller's.
 */
static char *
split_name(const char **text)
{
	const char *name = *text + 1, *end = name + strcspn(name, " \t\n");
	const char *digits = *name == '-' ? name + 1 : name;
	bool number = end > digits && strspn(digits, "0123456789") == (size_t)(end - digits);

	if (**text != '@' || *end != ' ' || !(number || g_str_has_prefix(name, "id:")))
		return NULL;
	*text = end + 1;
	return g_strndup(name, (gsize)(end - name));
}

/* The one that is meant; NULL with an error. */
static struct message_row *
find_meant(struct command_call *call, int64_t chat, const char *name, GError **error)
{
	struct message_row *row;

	if (name == NULL) {
		row = chat != 0 ? message_last_out(call->core->store, chat) : NULL;
		if (row == NULL)
			g_set_error(error, RPC_ERROR, RPC_ERROR_NOT_FOUND,
			    "You have said nothing here yet that could be corrected.");
		return row;
	}
	row = chat_find_message(call->core, chat, name, error);
	if (row != NULL && (row->chat != chat || (row->flags & MESSAGE_OUT) == 0 || row->state == MESSAGE_CANCELLED)) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, "Message %" G_GINT64_FORMAT " cannot be corrected: %s.",
		    row->id, row->chat != chat ? "it is not of this chat" : (row->flags & MESSAGE_OUT) == 0 ?
		    "it is not yours" : "it was cancelled");
		g_clear_pointer(&row, message_row_free);
	}
	return row;
}

static void
correct_run(struct command_call *call)
{
	const char *text = call->argv[0];
	g_autofree char *name = split_name(&text);
	g_autoptr(GError) error = NULL;
	int64_t chat = chat_find(call->core->store, call->account->id, call->chat, CHAT_PERSON, false, NULL);
	struct message_row *row = find_meant(call, chat, name, &error);
	int64_t id = row != NULL ? row->id : 0;

	if (row == NULL) {
		command_fail_with(call, error);
		return;
	}
	if (!outbox_correct(call->account, row, text, &error)) {
		command_fail_with(call, error);
	} else {
		command_message(call, id);
		command_done(call);
	}
	message_row_free(row);
}

static const struct command commands[] = {
	{ "correct", "TEXT...", "talking", "gives your last message in this chat another text",
	  "Before the text may stand @ and which message it is: @N, @-N for the N-th from the end of the chat, or @id:TEXT. "
	  "Clients that know corrections show the new text in its place, some of them only that of the last message; others show "
	  "it as one more message. What it said before is kept here, and is what it says again when the correction comes back as "
	  "refused.", NEEDS_ACCOUNT | NEEDS_CHAT, correct_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

static const char *const disco[] = { NS_CORRECT, NULL };

const struct feature feature_corrections = {
	.name = "corrections",
	.standard = "XEP-0308: Last Message Correction",
	.in[STAGE_STORE] = corrections_store,
	.in[STAGE_REPORT] = corrections_report,
	.disco = disco,
	.commands = commands,
};
