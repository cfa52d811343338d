/*
 * command.c: from a line to a call of the function in its row, and the end of that call.
 */
#include "core/command.h"

#include <stdarg.h>
#include <string.h>

#include "base/jid.h"
#include "base/nearest.h"
#include "core/alias.h"
#include "core/chat.h"
#include "core/feature.h"
#include "core/outbox.h"
#include "core/prompt.h"
#include "core/turn.h"
#include "core/words.h"

/* --- the table --- */

static gint
by_name(gconstpointer a, gconstpointer b)
{
	return strcmp((*(const struct command *const *)a)->name, (*(const struct command *const *)b)->name);
}

const struct command *const *
command_list(void)
{
	static GPtrArray *all;

	if (all == NULL) {
		all = g_ptr_array_new();
		for (const struct feature *const *f = features; *f != NULL; f++)
			for (const struct command *c = (*f)->commands; c != NULL && c->name != NULL; c++)
				g_ptr_array_add(all, (gpointer)(uintptr_t)c);
		g_ptr_array_sort(all, by_name);
		g_ptr_array_add(all, NULL);
	}
	return (const struct command *const *)all->pdata;
}

const struct command *
command_find(const char *name)
{
	for (const struct command *const *c = command_list(); *c != NULL; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	return NULL;
}

bool
command_has_second(const char *name)
{
	size_t n = strlen(name);

	for (const struct command *const *c = command_list(); *c != NULL; c++)
		if (strncmp((*c)->name, name, n) == 0 && (*c)->name[n] == ' ')
			return true;
	return false;
}

char *
command_usage(const struct command *command)
{
	return g_strdup_printf("/%s%s%s", command->name, *command->args != '\0' ? " " : "", command->args);
}

/* --- the end of a call --- */

/* Those of one row: what was not on the line is NULL, and others may follow. */
static void
args_free(const struct command *row, char **args)
{
	g_auto(GStrv) specs = g_strsplit(row->args, " ", -1);

	for (guint i = 0; args != NULL && specs[i] != NULL; i++)
		g_free(args[i]);
	g_free(args);
}

static void
call_free(struct command_call *call)
{
	g_ptr_array_remove_fast(call->core->calls, call);
	if (call->ctx_free != NULL)
		call->ctx_free(call->ctx);
	g_free(call->account_name);
	g_free(call->chat);
	if (call->command != NULL)
		args_free(call->command, call->argv);
	json_decref(call->lines);
	json_decref(call->data);
	g_free(call);
}

void
command_say(struct command_call *call, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = g_strdup_vprintf(format, ap);
	va_end(ap);
	json_array_append_new(call->lines, json_string(text));
}

void
command_flush(struct command_call *call)
{
	json_t *lines = call->lines;

	if (call->caller == NULL || json_array_size(lines) == 0)
		return;
	call->lines = json_array();
	call->caller->output(call->caller, call->request, lines);
	json_decref(lines);
}

void
command_data(struct command_call *call, json_t *data)
{
	json_decref(call->data);
	call->data = data;
}

void
command_message(struct command_call *call, int64_t id)
{
	call->message = id;
}

void
command_done(struct command_call *call)
{
	json_t *result = json_object();

	json_object_set(result, "output", call->lines);
	if (call->message != 0)
		json_object_set_new(result, "message", json_integer(call->message));
	if (call->data != NULL)
		json_object_set(result, "data", call->data);
	if (call->caller != NULL)
		call->caller->finished(call->caller, call->request, result, NULL, NULL);
	json_decref(result);
	turn_wake(call->core->turn);
	call_free(call);
}

static void
end_with(struct command_call *call, const GError *error, json_t *data)
{
	if (call->caller != NULL)
		call->caller->finished(call->caller, call->request, NULL, error, data != NULL ? data : call->data);
	turn_wake(call->core->turn);
	call_free(call);
}

void
command_fail(struct command_call *call, enum rpc_error code, const char *format, ...)
{
	g_autoptr(GError) error = NULL;
	va_list ap;

	va_start(ap, format);
	error = g_error_new_valist(RPC_ERROR, (gint)code, format, ap);
	va_end(ap);
	end_with(call, error, NULL);
}

void
command_fail_with(struct command_call *call, const GError *error)
{
	g_autoptr(GError) own = g_error_new_literal(RPC_ERROR,
	    error->domain == RPC_ERROR ? error->code : error->domain == STORE_ERROR ? RPC_ERROR_STORE :
	    RPC_ERROR_FAILED, error->message);

	end_with(call, own, NULL);
}

void
command_refused(struct command_call *call, const char *who, const struct stanza *answer)
{
	command_refused_for(call, who, answer, NULL);
}

void
command_refused_for(struct command_call *call, const char *who, const struct stanza *answer, const char *meaning)
{
	struct stanza_fault fault;
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	json_t *data;

	if (answer == NULL || !stanza_fault_read(answer, &fault)) {
		command_fail(call, RPC_ERROR_TIMEOUT, answer == NULL ? "%s did not answer." :
		    "%s refused without a reason.", who);
		return;
	}
	text = stanza_fault_text(&fault);
	data = json_pack("{s:s, s:s?}", "condition", fault.condition, "text", fault.words);
	stanza_fault_clear(&fault);
	error = g_error_new(RPC_ERROR, RPC_ERROR_REFUSED, "%s refused: %s.%s%s", who, text, meaning != NULL ? " " : "",
	    meaning != NULL ? meaning : "");
	end_with(call, error, data);
	json_decref(data);
}

void
command_unanswered(struct command_call *call, const char *who, enum iq_end end, const struct stanza *answer)
{
	if (end == IQ_ERROR)
		command_refused(call, who, answer);
	else if (end == IQ_TIMEOUT)
		command_fail(call, RPC_ERROR_TIMEOUT, "%s did not answer.", who);
	else
		command_fail(call, RPC_ERROR_OFFLINE, "The connection broke before %s answered.", who);
}

/* The caller has its answer; what the call waits for still comes, and then nobody is told. */
static void
abandon(struct command_call *call)
{
	g_autoptr(GError) error = g_error_new(RPC_ERROR, RPC_ERROR_CANCELLED, "It was ended before it was done.");

	call->caller->finished(call->caller, call->request, NULL, error, NULL);
	call->caller = NULL;
	turn_wake(call->core->turn);
}

void
command_cancel(struct core *core, struct caller *caller, int64_t request)
{
	for (guint i = core->calls->len; i-- > 0;) {
		struct command_call *call;

		if (i >= core->calls->len)
			continue;
		call = core->calls->pdata[i];
		if (call->caller != caller || (request != 0 && call->request != request))
			continue;
		if (request == 0)
			call->caller = NULL;
		if (call->prompt != 0)
			prompt_answer(core->prompts, call->prompt, 0, NULL, false, NULL);
		else if (call->cancel != NULL)
			call->cancel(call);
		else if (request != 0)
			abandon(call);
	}
}

/* --- asking --- */

struct asking {
	struct command_call *call;
	void	(*answered)(struct command_call *, const char *);
};

static void
on_answer(void *ctx, const char *value, bool keep)
{
	struct asking *asking = ctx;
	struct asking copy = *asking;

	(void)keep;
	g_free(asking);
	copy.call->prompt = 0;
	if (value == NULL)
		command_fail(copy.call, RPC_ERROR_CANCELLED, "It was not answered, so nothing was done.");
	else
		copy.answered(copy.call, value);
}

bool
command_ask(struct command_call *call, enum prompt_kind kind, bool secret, const char *title, const char *text,
    json_t *choices, const char *default_choice, void (*answered)(struct command_call *, const char *value))
{
	struct prompt_question question = { .kind = kind, .scope = SCOPE_SESSION, .title = title, .text = text,
	    .choices = choices, .default_choice = default_choice, .secret = secret };
	struct asking *asking;

	if (call->caller == NULL || !call->caller->interactive) {
		json_decref(choices);
		command_fail(call, RPC_ERROR_NEEDS_ANSWER, "%s", text);
		return false;
	}
	asking = g_new(struct asking, 1);
	asking->call = call;
	asking->answered = answered;
	question.session = call->caller->session;
	question.account = call->account_name;
	call->prompt = prompt_open(call->core->prompts, &question, on_answer, asking);
	turn_wake(call->core->turn);
	return true;
}

/* --- from a line to a call --- */

/* The row that a line (behind its slash) begins with; *rest is what follows the name. */
static const struct command *
find_row(const char *line, const char **rest)
{
	size_t first = strcspn(line, " \t\n");
	const char *second = line + first + words_blanks(line + first);
	size_t second_len = strcspn(second, " \t\n");
	g_autofree char *one = g_strndup(line, first);
	g_autofree char *two = g_strdup_printf("%s %.*s", one, (int)second_len, second);
	const struct command *row = second_len > 0 ? command_find(two) : NULL;

	if (row != NULL) {
		*rest = second + second_len;
		return row;
	}
	*rest = line + first;
	return command_find(one);
}

static bool
is_one_of(const char *alternatives, const char *word)
{
	g_auto(GStrv) words = g_strsplit(alternatives, "|", -1);

	return g_strv_contains((const char *const *)words, word);
}

/* Sub-commands of a first word, for the sentence about a wrong one. */
static char *
subcommands(const char *name)
{
	g_autofree char *prefix = g_strdup_printf("%s ", name);
	GString *list = g_string_new(NULL);

	for (const struct command *const *c = command_list(); *c != NULL; c++)
		if (g_str_has_prefix((*c)->name, prefix))
			g_string_append_printf(list, "%s%s", list->len > 0 ? ", " : "", (*c)->name + strlen(prefix));
	return g_string_free(list, FALSE);
}

static void
usage_error(const struct command *row, const char *what, const char *word, GError **error)
{
	g_autofree char *usage = command_usage(row), *subs = subcommands(row->name);
	g_autofree char *quoted = word != NULL ? g_strdup_printf(" \"%s\"", word) : g_strdup("");
	g_autofree char *more = *subs != '\0' ? g_strdup_printf("; /%s also has %s", row->name, subs) : g_strdup("");

	g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, "%s%s. It is used so: %s%s. Nothing was done.", what, quoted,
	    usage, more);
}

/* Fills one place of argv.  False with an error. */
static bool
take_arg(const struct command *row, const char *spec, const char **rest, char **arg, GError **error)
{
	bool optional = *spec == '[';
	g_autofree char *name = optional ? g_strndup(spec + 1, strlen(spec) - 2) : g_strdup(spec);

	if (g_str_has_suffix(name, "...")) {
		*rest += words_blanks(*rest);
		if (**rest == '\n')
			(*rest)++;
		if (**rest != '\0')
			*arg = g_strdup(*rest);
		*rest += strlen(*rest);
	} else {
		GError *cause = NULL;
		bool passed = optional && *name == '-' && (*rest)[words_blanks(*rest)] != '-';

		*arg = passed ? NULL : words_next(rest, &cause);
		if (cause != NULL) {
			g_propagate_error(error, cause);
			return false;
		}
		if (*arg != NULL && strchr(name, '|') != NULL && !is_one_of(name, *arg)) {
			usage_error(row, "There is no", *arg, error);
			return false;
		}
		if (*arg != NULL && strchr(name, '|') == NULL && g_ascii_islower(*name) && strcmp(name, *arg) != 0) {
			usage_error(row, "There is no", *arg, error);
			return false;
		}
	}
	if (*arg == NULL && !optional) {
		g_autofree char *what = g_strdup_printf("%s is missing", name);

		usage_error(row, what, NULL, error);
		return false;
	}
	return true;
}

static char **
take_args(const struct command *row, const char *rest, GError **error)
{
	g_auto(GStrv) specs = g_strsplit(row->args, " ", -1);
	guint n = *row->args != '\0' ? g_strv_length(specs) : 0;
	char **args = g_new0(char *, n + 1);
	bool ok = true;

	for (guint i = 0; ok && i < n; i++)
		ok = take_arg(row, specs[i], &rest, &args[i], error);
	rest += strspn(rest, " \t\n");
	if (ok && *rest != '\0') {
		usage_error(row, "There is too much on the line:", rest, error);
		ok = false;
	}
	if (ok)
		return args;
	args_free(row, args);
	return NULL;
}

static char *
account_names(const struct core *core)
{
	GString *names = g_string_new(NULL);

	for (guint i = 0; i < core->accounts->len; i++)
		g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", account_name(core->accounts->pdata[i]));
	return g_string_free(names, FALSE);
}

/* The one account that has this chat open; NULL when none or several. */
static struct account *
account_of_chat(struct core *core, const char *jid)
{
	g_autoptr(GPtrArray) rows = chat_list(core->store, 0);
	struct account *found = NULL;

	for (guint i = 0; i < rows->len; i++) {
		const struct chat_row *row = rows->pdata[i];
		struct account *account = account_find_id(core, row->account);

		if (!row->open || account == NULL || !account->settings->enabled || strcmp(row->jid, jid) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = account;
	}
	return found;
}

/* The JID that decides which account is meant: the chat, or a first argument that is an address. */
static char *
deciding_jid(const struct command_call *call)
{
	if (call->chat != NULL)
		return g_strdup(call->chat);
	if (call->command != NULL && call->argv != NULL && call->argv[0] != NULL &&
	    (g_str_has_prefix(call->command->args, "JID") || g_str_has_prefix(call->command->args, "[JID]"))) {
		g_autofree char *jid = jid_from_person(call->argv[0], false, NULL);

		return jid != NULL ? jid_bare(jid) : NULL;
	}
	return NULL;
}

static bool
set_context(struct command_call *call, const char *account, const char *chat, unsigned needs, GError **error)
{
	struct core *core = call->core;
	g_autofree char *names = account_names(core), *jid = NULL, *full = NULL;

	if (chat != NULL && (full = jid_from_person(chat, false, error)) == NULL)
		return false;
	call->chat = full != NULL ? chat_meant(core, account != NULL ? account_find(core, account) : NULL, full) : NULL;
	jid = deciding_jid(call);
	if (account != NULL && (call->account = account_find(core, account)) == NULL) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_NOT_FOUND, "There is no account \"%s\"%s%s.", account,
		    *names != '\0' ? "; there is: " : "; none is set up yet", names);
		return false;
	}
	if (call->account == NULL && jid != NULL)
		call->account = account_of_chat(core, jid);
	if (call->account == NULL)
		call->account = account_only(core);
	if (call->account == NULL && needs & (NEEDS_ACCOUNT | NEEDS_CHAT | NEEDS_ONLINE)) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_CONTEXT, *names != '\0' ?
		    "Which account is meant? There is: %s." : "There is no account yet: /account add NAME JID.%s",
		    names);
		return false;
	}
	if (call->chat == NULL && needs & NEEDS_CHAT) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_CONTEXT, "This needs a chat: /msg JID TEXT names one.");
		return false;
	}
	if (needs & NEEDS_ONLINE && !account_online(call->account)) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_OFFLINE, "%s is not on line (%s). /connect %s tries.",
		    account_name(call->account), account_state_name(call->account->state), account_name(call->account));
		return false;
	}
	if (needs & NEEDS_ONLINE && turn_is_stuck(core->turn)) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_STORE,
		    "The disk refuses at present, so nothing is received, also no answer. Nothing was asked.");
		return false;
	}
	if (call->account != NULL)
		call->account_name = g_strdup(account_name(call->account));
	return true;
}

static void
unknown_command(const struct core *core, const char *line, GError **error)
{
	g_autofree char *word = g_strndup(line, strcspn(line, " \t\n"));
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autoptr(GArray) aliases = alias_list(core);
	const char *near;

	for (const struct command *const *c = command_list(); *c != NULL; c++)
		g_ptr_array_add(names, (gpointer)(uintptr_t)(*c)->name);
	for (guint i = 0; i < aliases->len; i++)
		g_ptr_array_add(names, (gpointer)(uintptr_t)g_array_index(aliases, struct alias, i).name);
	g_ptr_array_add(names, NULL);
	near = nearest(word, (const char *const *)names->pdata);
	g_set_error(error, RPC_ERROR, RPC_ERROR_COMMAND, "/%s: there is no such command.%s%s%s Nothing was done.", word,
	    near != NULL ? " Near to it: /" : "", near != NULL ? near : "", near != NULL ? "." : "");
}

bool
command_is_face(const char *name)
{
	static const char *const names[] = {
#define FACE_COMMAND(name) #name,
#include "core/face_command.def"
#undef FACE_COMMAND
		NULL
	};

	return g_strv_contains(names, name);
}

static void
run_row(struct command_call *call, const char *line, const char *account, const char *chat)
{
	g_autofree char *expanded = alias_expand(call->core, line), *word = NULL;
	g_autoptr(GError) error = NULL;
	const char *rest;

	if (expanded != NULL)
		line = expanded;
	call->command = find_row(line, &rest);
	word = g_strndup(line, strcspn(line, " \t\n"));
	if (call->command == NULL) {
		/* So that the answer is not "there is no such command". */
		if (command_is_face(word))
			g_set_error(&error, RPC_ERROR, RPC_ERROR_FACE_ONLY,
			    "/%s means something only on a screen.", word);
		else
			unknown_command(call->core, line, &error);
	} else if ((call->argv = take_args(call->command, rest, &error)) != NULL &&
	    set_context(call, account, chat, call->command->needs, &error)) {
		call->command->run(call);
		return;
	}
	end_with(call, error, NULL);
}

static void
run_text(struct command_call *call, const char *text, const char *account, const char *chat)
{
	g_autoptr(GError) error = NULL;
	int64_t id = 0;

	if (set_context(call, account, chat, NEEDS_ACCOUNT | NEEDS_CHAT, &error))
		id = outbox_send(call->account, call->chat, text, &error);
	if (id == 0) {
		end_with(call, error, NULL);
		return;
	}
	command_message(call, id);
	command_done(call);
}

void
command_run(struct core *core, struct caller *caller, int64_t request, const char *line, const char *account,
    const char *chat)
{
	struct command_call *call = g_new0(struct command_call, 1);

	call->core = core;
	call->caller = caller;
	call->request = request;
	call->lines = json_array();
	g_ptr_array_add(core->calls, call);
	if (*line == '/' && line[1] != '/')
		run_row(call, line + 1, account, chat);
	else
		run_text(call, *line == '/' ? line + 1 : line, account, chat);
}
