/*
 * why.c: /why: what happened on the last ways to the server, step by step; or why a message is where it is.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jid.h"
#include "core/attempts.h"
#include "core/chat.h"
#include "core/feature.h"
#include "core/refusal.h"
#include "core/room.h"
#include "core/turn.h"
#include "core/when.h"

extern const struct feature feature_why;

/* Below this a clock is right for all that matters here. */
enum { CLOCK_MS = 2000 };

static char *
second(const struct command_call *call, int64_t ms)
{
	g_autofree char *minute = when_text(ms, call->caller != NULL ? call->caller->tz : NULL);

	return g_strdup_printf("%s:%02d", minute, (int)(ms / 1000 % 60));
}

/* --- an account --- */

static void
say_state(struct command_call *call, const struct account *account)
{
	bool told = account->text != NULL && *account->text != '\0';
	int64_t offset_ms = account->clock_offset_us / 1000;

	command_say(call, "%s (%s) is %s.%s%s", account_name(account), account_jid(account),
	    account_state_name(account->state), told ? " " : "", told ? account->text : "");
	if (account->state == ACCOUNT_WAITING) {
		g_autofree char *time = second(call, account->retry_ms);

		command_say(call, "The next try is at %s; /connect %s tries now.", time, account_name(account));
	}
	if (account_online(account) && llabs(offset_ms) >= CLOCK_MS)
		command_say(call, "The clock here is %.1f s %s that of the server.", (double)llabs(offset_ms) / 1000,
		    offset_ms > 0 ? "behind" : "ahead of");
}

static json_t *
say_attempt(struct command_call *call, const struct attempt *attempt)
{
	json_t *steps = json_array();

	for (guint i = 0; i < attempt->steps->len; i++) {
		const struct attempt_step *step = &g_array_index(attempt->steps, struct attempt_step, i);
		g_autofree char *time = second(call, step->at_ms), *utc = clock_format_utc(step->at_ms);

		command_say(call, "%s  %s", time, step->text);
		json_array_append_new(steps, json_pack("{s:s, s:s}", "at", utc, "text", step->text));
	}
	if (attempt->untold > 0)
		command_say(call, "and %u steps more", attempt->untold);
	return steps;
}

static void
why_account(struct command_call *call, const struct account *account)
{
	json_t *list = json_array();
	const struct attempt *attempt;

	say_state(call, account);
	for (guint i = 0; (attempt = attempts_get(account->attempts, i)) != NULL; i++) {
		command_say(call, i == 0 ? "What was done, oldest first:" : "--");
		json_array_append_new(list, say_attempt(call, attempt));
	}
	command_data(call, json_pack("{s:s, s:s, s:s?, s:I, s:o}", "account", account_name(account), "state",
	    account_state_name(account->state), "text", account->text, "clock_offset_ms",
	    (json_int_t)(account->clock_offset_us / 1000), "attempts", list));
	command_done(call);
}

/* --- a message --- */

static char *
why_failed(const char *reason, const char *peer)
{
	const char *means = reason != NULL ? refusal_means(reason, peer) : NULL;

	return g_strdup_printf("It was refused. %s%s%s", reason != NULL ? reason : "No reason was given.",
	    means == NULL ? "" : g_str_has_suffix(reason, ".") ? " " : ". ", means != NULL ? means : "");
}

/* Where it is, and what it waits for. */
static char *
standing(const struct core *core, const struct event *event)
{
	const struct event_message *m = &event->message;
	const struct account *account = account_find(core, event->account_name);
	const char *name = event->account_name, *peer = event->chat_jid;
	g_autofree char *bare = jid_bare(peer);
	const struct room *room = account != NULL ? room_find(account, bare) : NULL;

	switch (m->state) {
	case MESSAGE_QUEUED:
		if (account == NULL || !account_online(account))
			return g_strdup_printf("It waits on this machine, because %s is %s.%s%s It goes out when %s is online; "
			    "/why %s tells more.", name, account != NULL ? account_state_name(account->state) : "gone",
			    account != NULL && account->text != NULL ? " " : "",
			    account != NULL && account->text != NULL ? account->text : "", name, name);
		if (turn_is_stuck(core->turn))
			return g_strdup("It waits on this machine, because the disk refuses at present.");
		if (room != NULL && room->state != ROOM_IN)
			return g_strdup_printf("It waits on this machine until you are in %s. %s", room->jid,
			    room->text != NULL ? room->text : "It is being entered.");
		return g_strdup_printf("It waits on this machine for its turn; %s is online.", name);
	case MESSAGE_SENT:
		if (room != NULL)
			return g_strdup_printf("It is on its way to %s, which has not sent it back yet.", room->jid);
		return g_strdup("It was handed to the connection, and the server has not confirmed that it has it. When the "
		    "connection breaks now, it is sent again.");
	case MESSAGE_STORED:
		if (room != NULL && strcmp(peer, room->jid) == 0)
			return g_strdup_printf("%s has it: it came back from there.", peer);
		return g_strdup_printf("The server has it. No device of %s has confirmed it: they may be off line, or send no "
		    "receipts.", peer);
	case MESSAGE_DELIVERED:
		return g_strdup_printf("A device of %s has it. Whether somebody has seen it, it did not say.", peer);
	case MESSAGE_DISPLAYED:
		return g_strdup_printf("It was shown to %s, says their device.", peer);
	case MESSAGE_FAILED:
		return why_failed(m->reason, peer);
	case MESSAGE_CANCELLED:
		return g_strdup("It was cancelled here and did not go out.");
	case MESSAGE_UNKNOWN:
		return g_strdup("The connection broke while it was under way, and nothing can tell whether it arrived. /retry "
		    "sends it again.");
	case MESSAGE_RECEIVED:
		return g_strdup("It came from there and is stored here. /explain tells which way.");
	case MESSAGE_HELD:
		return g_strdup("It waits on this machine and was not released yet.");
	}
	return g_strdup("");
}

static void
why_message(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	int64_t chat = call->chat != NULL && call->account != NULL ?
	    chat_find(call->core->store, call->account->id, call->chat, CHAT_PERSON, false, NULL) : 0;
	struct message_row *row = chat_find_message(call->core, chat, call->argv[0], &error);
	struct event event;

	if (row == NULL) {
		command_fail_with(call, error);
		return;
	}
	if (chat_message_event(call->core, row, true, &event)) {
		g_autofree char *text = standing(call->core, &event);

		command_say(call, "Message %" G_GINT64_FORMAT " is %s. %s", row->id,
		    message_state_name(event.message.state), text);
		command_data(call, json_pack("{s:I, s:s, s:s}", "id", (json_int_t)row->id, "state",
		    message_state_name(event.message.state), "why", text));
		event_clear(&event);
		command_done(call);
	} else {
		command_fail(call, RPC_ERROR_NOT_FOUND, "The account of this message is not in use any more.");
	}
	message_row_free(row);
}

static bool
names_message(const char *text)
{
	const char *digits = *text == '-' ? text + 1 : text;

	return g_str_has_prefix(text, "id:") || (*digits != '\0' && strspn(digits, "0123456789") == strlen(digits));
}

static void
why_run(struct command_call *call)
{
	const char *what = call->argv[0];
	struct account *account = what != NULL ? account_find(call->core, what) : call->account;

	if (account != NULL)
		why_account(call, account);
	else if (what == NULL)
		command_fail(call, RPC_ERROR_USAGE, "Which account? /account lists them.");
	else if (names_message(what))
		why_message(call);
	else
		command_fail(call, RPC_ERROR_NOT_FOUND,
		    "\"%s\" is no account and no message; /account lists the accounts.", what);
}

static const struct command commands[] = {
	{ "why", "[ACCOUNT]", "history",
	    "tells what happened on the way to the server, or why a message is where it is",
	  "Every step of the last three ways to the server, with times: names, addresses, encryption, log-in, and what the server "
	  "said. The number of a message, -N or id:TEXT in place of ACCOUNT asks about that message.", 0, why_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_why = { .name = "why", .commands = commands };
