/* history.c: what was said, as lines, and deleting it from this machine. */
#include <string.h>

#include "base/clock.h"
#include "core/chat.h"
#include "core/erase.h"
#include "core/feature.h"
#include "core/when.h"
#include "store/erase.h"

extern const struct feature feature_history;

enum { SHOWN = 20, SHOWN_MAX = 1000, COUNT_MAX = 10000 };

static const char *
tz_of(const struct command_call *call)
{
	return call->caller != NULL ? call->caller->tz : NULL;
}

/* The chat of the line; 0 and the call is over. */
static int64_t
chat_of(struct command_call *call)
{
	int64_t chat = chat_find(call->core->store, call->account->id, call->chat, CHAT_PERSON, false, NULL);

	if (chat == 0)
		command_fail(call, RPC_ERROR_NOT_FOUND, "There is no chat with %s.", call->chat);
	return chat;
}

static void
say_message(struct command_call *call, const struct event *event)
{
	const struct event_message *m = &event->message;
	g_autofree char *time = when_text(m->said, tz_of(call));
	g_autofree char *name = m->direction == DIRECTION_OUT ? g_strdup(event->account_name) :
	    m->nick != NULL ? g_strdup(m->nick) : chat_name(call->account, event->chat_jid);
	g_auto(GStrv) lines = g_strsplit(m->retracted ? "(retracted)" : m->body != NULL ? m->body : "", "\n", -1);

	command_say(call, "%" G_GINT64_FORMAT "  %s  %s: %s", m->id, time, name, lines[0] != NULL ? lines[0] : "");
	for (char **line = lines[0] != NULL ? lines + 1 : lines; *line != NULL; line++)
		command_say(call, "    %s", *line);
}

static void
history_run(struct command_call *call)
{
	g_autoptr(GPtrArray) rows = NULL;
	json_t *messages;
	gint64 n = SHOWN;
	int64_t chat;
	bool more;

	if (call->argv[0] != NULL && !g_ascii_string_to_signed(call->argv[0], 10, 1, SHOWN_MAX, &n, NULL)) {
		command_fail(call, RPC_ERROR_USAGE, "/history N shows the last N messages, 1 to %d, not \"%s\".",
		    SHOWN_MAX, call->argv[0]);
		return;
	}
	if ((chat = chat_of(call)) == 0)
		return;
	rows = message_page(call->core->store, chat, PAGE_END, 0, (unsigned)n, &more);
	messages = json_array();
	for (guint i = 0; i < rows->len; i++) {
		struct event event;

		if (!chat_message_event(call->core, rows->pdata[i], false, &event))
			continue;
		say_message(call, &event);
		json_array_append_new(messages, event_to_json(&event));
		event_clear(&event);
	}
	if (rows->len == 0)
		command_say(call, "Nothing was said here yet.");
	command_data(call, json_pack("{s:o, s:b}", "messages", messages, "more", more));
	command_done(call);
}

/* --- deleting --- */

/* What was deleted is not brought back by an archive or another device; what is said now is heard in any case. */
static enum verdict
history_store(struct incoming *in)
{
	struct store *store = in->account->core->store;
	int64_t chat = in->via != VIA_LIVE ? chat_find(store, in->account->id, in->peer, CHAT_PERSON, false, NULL) : 0;

	return chat != 0 && message_was_erased(store, chat, in->origin_id, in->server_id) ? DONE : GO_ON;
}

/* A chat is emptied over several turns of the main loop. */
struct erasing {
	struct command_call *call;
	int64_t	 chat, before;
	unsigned n;
	struct clock_timer *timer;
};

static void
deleted(struct command_call *call, unsigned n)
{
	command_say(call, "%u message%s deleted on this machine.", n, n == 1 ? " is" : "s are");
	command_data(call, json_pack("{s:I}", "deleted", (json_int_t)n));
	command_done(call);
}

static void
erase_step(void *ctx)
{
	struct erasing *e = ctx;
	struct command_call *call = e->call;
	g_autoptr(GError) error = NULL;
	unsigned n;
	bool left;

	e->timer = NULL;
	if (erase_some(call->core, e->chat, e->before, &e->n, &left, &error) && left) {
		e->timer = clock_timer_start(0, erase_step, e);
		return;
	}
	n = e->n;
	g_free(e);
	if (error == NULL) {
		deleted(call, n);
		return;
	}
	g_prefix_error(&error, "After %u messages: ", n);
	command_fail_with(call, error);
}

static void
erase_cancelled(struct command_call *call)
{
	struct erasing *e = call->ctx;
	unsigned n = e->n;

	clock_timer_cancel(&e->timer);
	g_free(e);
	command_fail(call, RPC_ERROR_CANCELLED, "It was ended after %u messages.", n);
}

/* Before which place: DATE's, or (chat) now.  False and the call is over. */
static bool
bound(struct command_call *call, int64_t *before)
{
	g_autoptr(GError) error = NULL;
	bool all = strcmp(call->argv[0], "chat") == 0;

	*before = INT64_MAX;
	if (all && call->argv[1] == NULL)
		return true;
	if (!all && call->argv[1] != NULL && when_parse(call->argv[1], tz_of(call), before, &error)) {
		*before *= 1000;
		return true;
	}
	if (error != NULL)
		command_fail_with(call, error);
	else
		command_fail(call, RPC_ERROR_USAGE, all ?
		    "/history delete chat takes nothing after it. Nothing was done." :
		    "The date is missing: /history delete before DATE. Nothing was done.");
	return false;
}

static bool
is_range(const struct command_call *call)
{
	return strcmp(call->argv[0], "chat") == 0 || strcmp(call->argv[0], "before") == 0;
}

/* The message that the argument names; 0 and the call is over. */
static int64_t
named(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	int64_t chat = chat_find(call->core->store, call->account->id, call->chat, CHAT_PERSON, false, NULL), id;
	struct message_row *row = call->argv[1] == NULL ? chat_find_message(call->core, chat, call->argv[0], &error) :
	    NULL;

	if (row == NULL) {
		if (error != NULL)
			command_fail_with(call, error);
		else
			command_fail(call, RPC_ERROR_USAGE, "It is used so: /history delete MSG, /history delete chat, "
			    "/history delete before DATE. Nothing was done.");
		return 0;
	}
	id = row->id;
	message_row_free(row);
	return id;
}

static int64_t
last_place(const struct command_call *call, int64_t chat)
{
	struct chat_row *row = chat_load(call->core->store, chat);
	int64_t last = row != NULL ? row->last : 0;

	if (row != NULL)
		chat_row_free(row);
	return last;
}

static void
delete_answered(struct command_call *call, const char *value)
{
	g_autoptr(GError) error = NULL;
	struct erasing *e;
	int64_t before, id;

	if (strcmp(value, "yes") != 0) {
		command_fail(call, RPC_ERROR_CANCELLED, "Nothing was deleted.");
		return;
	}
	/* All anew: it may have been a while. */
	call->account = account_find(call->core, call->account_name);
	if (call->account == NULL) {
		command_fail(call, RPC_ERROR_NOT_FOUND, "The account %s is not there any more.", call->account_name);
		return;
	}
	if (!is_range(call)) {
		id = (int64_t)GPOINTER_TO_SIZE(call->ctx);
		if (!erase_message(call->core, id, &error))
			command_fail_with(call, error);
		else
			deleted(call, 1);
		return;
	}
	e = g_new0(struct erasing, 1);
	e->chat = chat_find(call->core->store, call->account->id, call->chat, CHAT_PERSON, false, NULL);
	e->call = call;
	if (e->chat == 0 || !bound(call, &before)) {
		g_free(e);
		return;
	}
	e->before = MIN(before, last_place(call, e->chat) + 1);	/* what comes from now on is not meant */
	call->ctx = e;
	call->cancel = erase_cancelled;
	erase_step(e);
}

static void
delete_run(struct command_call *call)
{
	g_autofree char *text = NULL, *until = NULL, *many = NULL;
	int64_t chat, before = 0, id;
	unsigned n;

	if (!is_range(call)) {
		if ((id = named(call)) == 0)
			return;
		call->ctx = GSIZE_TO_POINTER((gsize)id);
		text = g_strdup_printf("Delete message %" G_GINT64_FORMAT " on this machine? Others keep theirs.", id);
	} else {
		if (!bound(call, &before) || (chat = chat_of(call)) == 0)
			return;
		n = message_erasable(call->core->store, chat, before, COUNT_MAX);
		if (n == 0) {
			command_fail(call, RPC_ERROR_NOT_FOUND, "There is nothing to delete.");
			return;
		}
		many = n == COUNT_MAX ? g_strdup("10,000 messages or more") :
		    g_strdup_printf("%u message%s", n, n == 1 ? "" : "s");
		until = before != INT64_MAX ? when_text(before / 1000, tz_of(call)) : NULL;
		text = g_strdup_printf("Delete %s with %s%s%s on this machine? Others, and your server's archive, keep theirs.", many,
		    call->chat, until != NULL ? " from before " : "", until != NULL ? until : "");
	}
	command_ask(call, PROMPT_CONFIRM, false, "delete", text, json_pack("[[s,s],[s,s]]", "no", "keep them", "yes",
	    "delete for ever"), "no", delete_answered);
}

static const struct command commands[] = {
	{ "history", "[N]", "history", "shows the last N messages of this chat",
	    "N is 20 when it is left out, at most 1000. Each "
	  "line has the message's number, when it was said, and by whom.", NEEDS_ACCOUNT | NEEDS_CHAT, history_run },
	{ "history delete", "MSG [DATE...]", "history", "deletes messages of this chat from this machine; asks first",
	  "MSG deletes one message, \"chat\" all of them, \"before DATE\" those from before a date such as 2026, 2026-07, "
	  "2026-07-12, 2026-07-12T10:30, today or yesterday. Text, stanza and search index go for ever; what takes their place in "
	  "the file is zeros, though words may stay in unused parts of the index, and pages in the write-ahead log, until these are "
	  "written over. A message that is under way is kept. Others and the server's archive keep what they have.",
	  NEEDS_ACCOUNT | NEEDS_CHAT, delete_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_history = { .name = "history", .in[STAGE_STORE] = history_store, .commands = commands };
