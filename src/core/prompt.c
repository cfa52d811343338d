/* prompt.c: see prompt.h.  A list: there are never many. */
#include "core/prompt.h"

#include <string.h>

#include "base/clock.h"
#include "core/bus.h"
#include "core/turn.h"
#include "proto/error.h"

struct prompt {
	struct event	 event;		/* of type prompt: the object as it now is */
	uint64_t	 session;
	prompt_done	 done;
	bool		(*check)(void *ctx, const char *value, GError **error);
	void		(*release)(void *ctx);
	void		*ctx;
};

struct prompts {
	struct core	*core;
	GPtrArray	*open;
	int64_t		 last_id;
};

static void
prompt_free(struct prompt *prompt)
{
	if (prompt->release != NULL)
		prompt->release(prompt->ctx);
	event_clear(&prompt->event);
	g_free(prompt);
}

struct prompts *
prompts_new(struct core *core)
{
	struct prompts *prompts = g_new0(struct prompts, 1);

	prompts->core = core;
	prompts->open = g_ptr_array_new_with_free_func((GDestroyNotify)prompt_free);
	return prompts;
}

void
prompts_free(struct prompts *prompts)
{
	g_ptr_array_unref(prompts->open);
	g_free(prompts);
}

int64_t
prompt_open(struct prompts *prompts, const struct prompt_question *q, prompt_done done, void *ctx)
{
	struct prompt *prompt = g_new0(struct prompt, 1);
	struct event *event = &prompt->event, copy;

	event->type = EVENT_prompt;
	event->time = clock_real_us() / 1000;
	event->rev = store_next_rev(prompts->core->store);
	event->account_name = g_strdup(q->account);
	event->chat_jid = g_strdup(q->chat);
	event->prompt.id = ++prompts->last_id;
	event->prompt.kind = q->kind;
	event->prompt.scope = q->scope;
	event->prompt.title = g_strdup(q->title);
	event->prompt.text = g_strdup(q->text);
	event->prompt.facts = q->facts;
	event->prompt.choices = q->choices;
	event->prompt.default_choice = g_strdup(q->default_choice);
	event->prompt.secret = q->secret;
	event->prompt.fields = q->fields;
	prompt->session = q->session;
	prompt->done = done;
	prompt->check = q->check;
	prompt->release = q->release;
	prompt->ctx = ctx;
	g_ptr_array_add(prompts->open, prompt);
	event_copy(&copy, event);
	bus_post(prompts->core->bus, copy);
	return event->prompt.id;
}

static struct prompt *
find(struct prompts *prompts, int64_t id, guint *index)
{
	for (guint i = 0; i < prompts->open->len; i++) {
		struct prompt *prompt = prompts->open->pdata[i];

		if (prompt->event.prompt.id == id) {
			*index = i;
			return prompt;
		}
	}
	return NULL;
}

/* Takes it off the list and tells the faces; the caller frees it. */
static struct prompt *
close_prompt(struct prompts *prompts, guint index)
{
	struct prompt *prompt = prompts->open->pdata[index];
	struct event gone = { .type = EVENT_prompt, .gone = true };

	gone.account_name = g_strdup(prompt->event.account_name);
	gone.chat_jid = g_strdup(prompt->event.chat_jid);
	gone.prompt.id = prompt->event.prompt.id;
	gone.prompt.scope = prompt->event.prompt.scope;
	gone.rev = store_next_rev(prompts->core->store);
	g_ptr_array_steal_index(prompts->open, index);
	bus_post(prompts->core->bus, gone);
	return prompt;
}

void
prompt_withdraw(struct prompts *prompts, int64_t id)
{
	guint index;

	if (find(prompts, id, &index) != NULL)
		prompt_free(close_prompt(prompts, index));
}

void
prompt_session_gone(struct prompts *prompts, uint64_t session)
{
	for (guint i = prompts->open->len; i-- > 0;) {
		struct prompt *prompt = prompts->open->pdata[i];

		if (prompt->session != session)
			continue;
		prompt = close_prompt(prompts, i);
		prompt->done(prompt->ctx, NULL, false);
		prompt_free(prompt);
	}
}

static bool
is_choice(const struct prompt *prompt, const char *value)
{
	json_t *choice;
	size_t i;

	if (prompt->event.prompt.choices == NULL)
		return true;
	json_array_foreach(prompt->event.prompt.choices, i, choice)
		if (g_strcmp0(json_string_value(json_array_get(choice, 0)), value) == 0)
			return true;
	return false;
}

bool
prompt_answer(struct prompts *prompts, int64_t id, uint64_t session, const char *value, bool keep, GError **error)
{
	guint index;
	struct prompt *prompt = find(prompts, id, &index);

	if (prompt == NULL || (prompt->session != 0 && session != 0 && prompt->session != session)) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_NOT_FOUND,
		    "There is no open question with the number %" G_GINT64_FORMAT "; /prompts lists them.", id);
		return false;
	}
	if (value != NULL && !is_choice(prompt, value)) {
		g_autoptr(GString) words = g_string_new(NULL);
		json_t *choice;
		size_t i;

		json_array_foreach(prompt->event.prompt.choices, i, choice)
			g_string_append_printf(words, "%s%s", i > 0 ? ", " : "",
			    json_string_value(json_array_get(choice, 0)));
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, "The answers to this question are: %s.", words->str);
		return false;
	}
	if (value != NULL && prompt->check != NULL && !prompt->check(prompt->ctx, value, error))
		return false;
	prompt = close_prompt(prompts, index);
	prompt->done(prompt->ctx, value, keep);
	prompt_free(prompt);
	return true;
}

GPtrArray *
prompt_list(struct prompts *prompts, uint64_t session)
{
	GPtrArray *list = g_ptr_array_new();

	for (guint i = 0; i < prompts->open->len; i++) {
		struct prompt *prompt = prompts->open->pdata[i];

		if (prompt->session == 0 || prompt->session == session)
			g_ptr_array_add(list, &prompt->event);
	}
	return list;
}

uint64_t
prompt_session(struct prompts *prompts, int64_t id)
{
	guint index;
	struct prompt *prompt = find(prompts, id, &index);

	return prompt != NULL ? prompt->session : 0;
}
