/* command_form.c: a command that has a form filled in.  Each answer is tried on the form as it came, so that one that
 * is refused leaves nothing behind. */
#include <string.h>

#include "core/command.h"
#include "core/form_json.h"
#include "core/prompt.h"
#include "core/turn.h"

struct asking {
	struct command_call *call;
	struct stanza	*x;
	void		(*answered)(struct command_call *, struct form *);
};

static void
release(void *ctx)
{
	struct asking *asking = ctx;

	stanza_free(asking->x);
	g_free(asking);
}

static struct form *
fill(const struct asking *asking, const char *value, GError **error)
{
	struct form *form = form_parse(asking->x, error);

	if (form != NULL && !form_json_fill(form, value, error))
		g_clear_pointer(&form, form_free);
	return form;
}

static bool
check(void *ctx, const char *value, GError **error)
{
	struct form *form = fill(ctx, value, error);

	form_free(form);
	return form != NULL;
}

static void
on_answer(void *ctx, const char *value, bool keep)
{
	const struct asking *asking = ctx;

	(void)keep;
	asking->call->prompt = 0;
	if (value == NULL)
		command_fail(asking->call, RPC_ERROR_CANCELLED, "It was not answered, so nothing was done.");
	else
		asking->answered(asking->call, fill(asking, value, NULL));
}

/* What one decides by, where a face does not draw the form. */
static json_t *
facts_of(const struct form *form)
{
	json_t *facts = json_array();

	for (guint i = 0; i < form->fields->len; i++) {
		const struct form_field *field = form->fields->pdata[i];
		g_autofree char *text = NULL, *range = NULL, *value = NULL;

		if (!form_is_asked(field))
			continue;
		text = form_field_text(field);
		range = form_field_range(field);
		value = g_strdup_printf("%s=%s (%s)", field->var, g_strdelimit(text, "\n", ' '), range);
		json_array_append_new(facts, json_pack("[s,s%]", field->label, value, strlen(value)));
	}
	return facts;
}

void
command_ask_form(struct command_call *call, const char *title, const char *text, const struct stanza *x,
    void (*answered)(struct command_call *, struct form *))
{
	struct prompt_question question = { .kind = PROMPT_FORM, .scope = SCOPE_SESSION, .title = title, .text = text,
	    .check = check, .release = release };
	g_autoptr(GError) error = NULL;
	struct form *form = form_parse(x, &error);
	struct asking *asking;

	if (form == NULL) {
		command_fail_with(call, error);
		return;
	}
	if (call->caller == NULL || !call->caller->interactive) {
		form_free(form);
		command_fail(call, RPC_ERROR_NEEDS_ANSWER, "%s", text);
		return;
	}
	asking = g_new(struct asking, 1);
	asking->call = call;
	asking->x = stanza_copy(x);
	asking->answered = answered;
	question.session = call->caller->session;
	question.account = call->account_name;
	question.chat = call->chat;
	question.fields = form_json(form);
	question.facts = facts_of(form);
	form_free(form);
	call->prompt = prompt_open(call->core->prompts, &question, on_answer, asking);
	turn_wake(call->core->turn);
}
