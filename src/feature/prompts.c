/* prompts.c: the open questions, and answering them from a command line. */
#include <stdlib.h>
#include <string.h>

#include "core/feature.h"
#include "core/prompt.h"

extern const struct feature feature_prompts;

static void
prompts_run(struct command_call *call)
{
	g_autoptr(GPtrArray) list = prompt_list(call->core->prompts, call->caller->session);
	json_t *data = json_array(), *pair;
	size_t i;

	for (guint n = 0; n < list->len; n++) {
		const struct event *event = list->pdata[n];
		const struct event_prompt *p = &event->prompt;

		command_say(call, "%" G_GINT64_FORMAT "  %s: %s", p->id, p->title, p->text);
		json_array_foreach(p->facts, i, pair)
			command_say(call, "     %s: %s", json_string_value(json_array_get(pair, 0)),
			    json_string_value(json_array_get(pair, 1)));
		json_array_foreach(p->choices, i, pair)
			command_say(call, "   /answer %" G_GINT64_FORMAT " %s: %s", p->id,
			    json_string_value(json_array_get(pair, 0)), json_string_value(json_array_get(pair, 1)));
		if (p->secret)
			command_say(call, "   /answer %" G_GINT64_FORMAT " asks for it", p->id);
		json_array_append_new(data, event_to_json(event));
	}
	if (list->len == 0)
		command_say(call, "There is no open question.");
	command_data(call, data);
	command_done(call);
}

static void
answer(struct command_call *call, const char *value, bool keep)
{
	int64_t id = (int64_t)(intptr_t)call->ctx;
	g_autoptr(GError) error = NULL;

	if (!prompt_answer(call->core->prompts, id, call->caller != NULL ? call->caller->session : 0, value, keep,
	    &error)) {
		command_fail_with(call, error);
		return;
	}
	command_done(call);
}

static void
secret_given(struct command_call *call, const char *value)
{
	answer(call, value, false);
}

static void
answer_run(struct command_call *call)
{
	g_autoptr(GPtrArray) list = prompt_list(call->core->prompts, call->caller->session);
	const struct event *event = NULL;
	gint64 id;

	if (!g_ascii_string_to_signed(call->argv[0], 10, 1, INT64_MAX, &id, NULL)) {
		command_fail(call, RPC_ERROR_USAGE, "Questions have numbers; /prompts lists them.");
		return;
	}
	for (guint i = 0; i < list->len; i++)
		if (((struct event *)list->pdata[i])->prompt.id == id)
			event = list->pdata[i];
	if (event == NULL) {
		command_fail(call, RPC_ERROR_NOT_FOUND,
		    "There is no open question with the number %s; /prompts lists them.", call->argv[0]);
		return;
	}
	call->ctx = (void *)(intptr_t)id;
	if (event->prompt.secret) {
		if (call->argv[1] != NULL) {
			command_fail(call, RPC_ERROR_USAGE,
			    "A secret is not written on a command line. /answer %s alone asks for it.", call->argv[0]);
			return;
		}
		command_ask(call, PROMPT_TEXT, true, event->prompt.title, event->prompt.text, NULL, NULL, secret_given);
		return;
	}
	if (call->argv[1] == NULL) {
		command_fail(call, RPC_ERROR_USAGE, "The answer is missing; /prompts lists what can be said.");
		return;
	}
	answer(call, call->argv[1], false);
}

static const struct command commands[] = {
	{ "answer", "N [VALUE...]", "the rest", "answers an open question",
	  "N is its number in /prompts. For a password VALUE is left out: it is then asked for, and never shown, logged or "
	  "remembered by the input line.", 0, answer_run },
	{ "prompts", "", "the rest", "lists the questions that wait for an answer", NULL, 0, prompts_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_prompts = { .name = "prompts", .commands = commands };
