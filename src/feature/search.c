/* search.c: /search: what was said, found by words (core/search.h). */
#include <string.h>

#include "base/clock.h"
#include "core/chat.h"
#include "core/feature.h"
#include "core/search.h"
#include "core/when.h"

extern const struct feature feature_search;

static void
say_hit(struct command_call *call, const json_t *object, const char *tz)
{
	const char *chat = json_string_value(json_object_get(object, "chat"));
	const char *nick = json_string_value(json_object_get(object, "nick"));
	const char *own = json_string_value(json_object_get(object, "account"));
	const struct account *account = account_find(call->core, own);
	const char *body = json_string_value(json_object_get(object, "body"));
	bool out = strcmp(json_string_value(json_object_get(object, "direction")), "out") == 0;
	g_auto(GStrv) lines = g_strsplit(body != NULL ? body : "", "\n", -1);
	g_autofree char *time = NULL, *name = out ? g_strdup(own) : nick != NULL || account == NULL ? g_strdup(nick) :
	    chat_name(account, chat);
	int64_t said = 0;

	clock_parse_utc(json_string_value(json_object_get(object, "said")), &said);
	time = when_text(said, tz);
	command_say(call, "%" JSON_INTEGER_FORMAT "  %s  %s  %s: %s", json_integer_value(json_object_get(object, "id")),
	    time, chat, name != NULL ? name : chat, lines[0] != NULL ? lines[0] : "");
	for (char **line = lines[0] != NULL ? lines + 1 : lines; *line != NULL; line++)
		command_say(call, "    %s", *line);
}

/* What was searched, and what is missing here. */
static void
say_end(struct command_call *call, const json_t *result, const char *tz)
{
	const json_t *searched = json_object_get(result, "searched");
	const char *chat = json_string_value(json_object_get(searched, "chat"));
	size_t n = json_array_size(json_object_get(result, "messages"));
	json_int_t gaps = json_integer_value(json_object_get(searched, "gaps"));
	g_autofree char *from = NULL;
	int64_t ms;

	if (clock_parse_utc(json_string_value(json_object_get(searched, "from")), &ms))
		from = when_text(ms, tz);
	if (json_is_true(json_object_get(result, "partial")))
		command_say(call,
		    "%zu found; the time was up, so older ones may be missing. More words, or after: and before:, make it quicker.", n);
	else
		command_say(call, n == 0 ? "Nothing found.%.0zu" : json_is_true(json_object_get(result, "more")) ?
		    "The newest %zu; there are more, before: goes on." : "%zu found.", n);
	command_say(call, "Searched: this machine, %s%s, %s.%s", from != NULL ? "from " : "where there is nothing yet",
	    from != NULL ? from : "", chat != NULL ? chat : "all chats",
	    gaps > 0 ? " Not searched: what the server's archive has and is not here; /sync tells more." : "");
}

static void
on_found(void *ctx, json_t *result, const GError *error)
{
	struct command_call *call = ctx;
	const char *tz = call->caller != NULL ? call->caller->tz : NULL;
	json_t *object;
	size_t i;

	if (result == NULL) {
		command_fail_with(call, error);
		return;
	}
	json_array_foreach(json_object_get(result, "messages"), i, object)
		say_hit(call, object, tz);
	say_end(call, result, tz);
	command_data(call, result);
	command_done(call);
}

static void
cancelled(struct command_call *call)
{
	search_cancel(call->ctx);
	command_fail(call, RPC_ERROR_CANCELLED, "It was ended before it was done.");
}

static void
search_run(struct command_call *call)
{
	struct search_wish wish = { .words = call->argv[0], .tz = call->caller != NULL ? call->caller->tz : NULL,
	    .here = call->account != NULL ? call->chat : NULL, .here_account = call->account, .limit = SEARCH_LIMIT };
	g_autoptr(GError) error = NULL;

	call->ctx = search_begin(call->core, &wish, on_found, call, &error);
	if (call->ctx == NULL)
		command_fail_with(call, error);
	else
		call->cancel = cancelled;
}

static const struct command commands[] = {
	{ "search", "WORDS...", "history", "finds what was said, newest first",
	  "All WORDS must be in a message, in any order; \"several words\" as they stand; word* with any end. Case and accents do "
	  "not matter, and Chinese, Japanese, Korean, Thai, Lao and Khmer are found anywhere in a sentence. from:WHO (from:me), "
	  "in:CHAT (in:here: this one), after:DATE, before:DATE and has:link narrow it; WHO and CHAT are parts of addresses, DATE "
	  "is 2026, 2026-07, 2026-07-12, 2026-07-12T10:30, today or yesterday, and means its beginning. Searched is what is on this "
	  "machine, in all chats, for at most two seconds.", 0, search_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_search = { .name = "search", .commands = commands };
