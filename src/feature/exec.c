/*
 * exec.c: /exec and /jobs: commands of the person's own, run by the core through sh, their output shown as it comes or
 * sent to the chat.  What is sent is standard output alone, and above a size the person is asked first.
 */
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/bus.h"
#include "core/chat.h"
#include "core/feature.h"
#include "core/job.h"
#include "core/turn.h"

extern const struct feature feature_exec;

enum mode {
	SHOW,			/* it goes to who typed the line */
	BACK,			/* to everybody, and the line has ended */
	ONE,			/* it becomes a message when it is complete */
	LINES,			/* each line becomes one as it comes */
};

enum { SEND_MS = 50 };		/* between two messages of LINES */

struct exec {
	struct core	*core;
	struct command_call *call;	/* NULL: BACK */
	enum mode	 mode;
	struct job	*job;		/* NULL once it is over */
	char		*account, *chat;
	GString		*text;		/* ONE */
	unsigned	 lines;
	GQueue		 waiting;	/* LINES: of char * */
	struct clock_timer *next;
	unsigned	 sent;
	int64_t		 message;	/* the last one that was sent */
	bool		 asking, allowed;
	int		 status;
	char		*ended;		/* how */
};

static void
exec_free(void *ctx)
{
	struct exec *exec = ctx;

	if (exec->job != NULL)
		job_abandon(exec->job);
	clock_timer_cancel(&exec->next);
	g_queue_clear_full(&exec->waiting, g_free);
	g_string_free(exec->text, TRUE);
	g_free(exec->account);
	g_free(exec->chat);
	g_free(exec->ended);
	g_free(exec);
}

/* --- the end --- */

static void
end_call(struct exec *exec)
{
	struct command_call *call = exec->call;
	g_autofree char *ended = g_strdup(exec->ended);

	if (exec->sent > 0)
		command_message(call, exec->message);
	command_data(call, json_pack("{s:i, s:i}", "status", exec->status, "sent", (int)exec->sent));
	if (exec->status == 0) {
		if (exec->mode != SHOW && exec->sent == 0)
			command_say(call, "It said nothing, so nothing was sent.");
		command_done(call);
		return;
	}
	command_flush(call);
	if (exec->sent > 0)
		command_fail(call, RPC_ERROR_STATUS, "It %s. What it said was sent.", ended);
	else
		command_fail(call, RPC_ERROR_STATUS, "It %s.", ended);
}

/* False: the call is over. */
static bool
send(struct exec *exec, const char *text)
{
	struct account *account = account_find(exec->core, exec->account);
	g_autoptr(GError) error = NULL;
	int64_t id;

	if (account == NULL) {
		command_fail(exec->call, RPC_ERROR_NOT_FOUND, "The account %s is not there any more.", exec->account);
		return false;
	}
	id = outbox_send(account, exec->chat, text, &error);
	if (id == 0) {
		command_fail_with(exec->call, error);
		return false;
	}
	exec->message = id;
	exec->sent++;
	turn_wake(exec->core->turn);
	return true;
}

static void
ask(struct exec *exec, const char *text, void (*answered)(struct command_call *, const char *))
{
	exec->asking = true;
	command_ask(exec->call, PROMPT_CONFIRM, false, "send all of it", text, json_pack("[[s,s],[s,s]]", "no",
	    "send nothing more", "yes", "send it"), "no", answered);
}

/* --- as one message --- */

static void
send_text(struct exec *exec)
{
	if (send(exec, exec->text->str))
		end_call(exec);
}

static void
text_answered(struct command_call *call, const char *value)
{
	struct exec *exec = call->ctx;

	if (strcmp(value, "yes") == 0)
		send_text(exec);
	else
		command_fail(call, RPC_ERROR_CANCELLED, "Nothing was sent.");
}

static void
text_complete(struct exec *exec)
{
	g_autofree char *question = NULL;

	while (exec->text->len > 0 && strchr(" \t\n", exec->text->str[exec->text->len - 1]) != NULL)
		g_string_truncate(exec->text, exec->text->len - 1);
	if (exec->text->len == 0) {
		end_call(exec);
	} else if (exec->lines <= LIMIT_EXEC_LINES && exec->text->len <= LIMIT_EXEC_BYTES) {
		send_text(exec);
	} else {
		question = g_strdup_printf("It said %u lines, %zu bytes. Send them to %s as one message?", exec->lines,
		    exec->text->len, exec->chat);
		ask(exec, question, text_answered);
	}
}

/* False: the call is over. */
static bool
take_text(struct exec *exec, json_t *lines)
{
	json_t *line;
	size_t i;

	json_array_foreach(lines, i, line) {
		g_string_append_printf(exec->text, "%s\n", json_string_value(line));
		exec->lines++;
	}
	if (exec->text->len <= LIMIT_EXEC_TEXT)
		return true;
	command_fail(exec->call, RPC_ERROR_FAILED, "It says more than %d bytes, which is too much for a message. It was ended, and "
	    "nothing was sent.", LIMIT_EXEC_TEXT);
	return false;
}

/* --- line by line --- */

static void send_next(void *ctx);

static void
lines_answered(struct command_call *call, const char *value)
{
	struct exec *exec = call->ctx;

	exec->asking = false;
	exec->allowed = true;
	if (strcmp(value, "yes") == 0)
		send_next(exec);
	else
		command_fail(call, RPC_ERROR_CANCELLED, "It was ended; its first %u lines were sent.", exec->sent);
}

static void
send_next(void *ctx)
{
	struct exec *exec = ctx;
	g_autofree char *line = NULL, *question = NULL;

	exec->next = NULL;
	if (exec->waiting.length == 0) {
		if (exec->job != NULL)
			job_hold(exec->job, false);
		else
			end_call(exec);
		return;
	}
	if (exec->sent >= LIMIT_EXEC_SENT) {
		command_fail(exec->call, RPC_ERROR_FAILED, "It was ended after %u lines were sent: that is enough for a chat.",
		    exec->sent);
		return;
	}
	if (exec->sent >= LIMIT_EXEC_LINES && !exec->allowed) {
		question = g_strdup_printf("%u lines were sent to %s, and there are more. Send them all?", exec->sent,
		    exec->chat);
		ask(exec, question, lines_answered);
		return;
	}
	line = g_queue_pop_head(&exec->waiting);
	if (send(exec, line))
		exec->next = clock_timer_start(SEND_MS, send_next, exec);
}

static void
take_lines(struct exec *exec, json_t *lines)
{
	json_t *line;
	size_t i;

	json_array_foreach(lines, i, line) {
		const char *text = json_string_value(line);

		if (text[strspn(text, " \t")] != '\0')
			g_queue_push_tail(&exec->waiting, g_strdup(text));
	}
	/* It waits until these are sent. */
	if (exec->waiting.length > 0 && exec->job != NULL)
		job_hold(exec->job, true);
	if (exec->waiting.length > 0 && exec->next == NULL && !exec->asking)
		exec->next = clock_timer_start(0, send_next, exec);
}

/* --- what a job says --- */

static void
show(struct command_call *call, json_t *lines)
{
	json_t *line;
	size_t i;

	json_array_foreach(lines, i, line)
		command_say(call, "%s", json_string_value(line));
	command_flush(call);
	turn_wake(call->core->turn);
}

static void
tell_all(const struct exec *exec, json_t *lines)
{
	struct event event = { .type = EVENT_output };

	event.account_name = g_strdup(exec->account);
	event.chat_jid = g_strdup(exec->chat);
	event.output.job = job_number(exec->job);
	event.output.lines = json_incref(lines);
	bus_post(exec->core->bus, event);
	turn_wake(exec->core->turn);
}

static void
on_lines(void *ctx, struct job *job, json_t *lines, bool error)
{
	struct exec *exec = ctx;

	(void)job;
	if (exec->mode == BACK)
		tell_all(exec, lines);
	else if (exec->mode == SHOW || error)
		show(exec->call, lines);
	else if (exec->mode == LINES)
		take_lines(exec, lines);
	else
		take_text(exec, lines);
}

/* A notice where it was started. */
static void
tell_end(const struct exec *exec, const struct job *job, const char *ended)
{
	struct event event = { .type = EVENT_notice };
	g_autofree char *number = g_strdup_printf("Job %" G_GINT64_FORMAT, job_number(job));
	g_autofree char *command = text_clean(job_command(job), -1, TEXT_LINE, LIMIT_NAME);

	event.account_name = g_strdup(exec->account);
	event.chat_jid = g_strdup(exec->chat);
	event.notice.severity = job_status(job) == 0 ? SEVERITY_INFO : SEVERITY_WARNING;
	event.notice.text = g_strdup_printf("%s %s: %s", number, ended, command);
	bus_post(exec->core->bus, event);
	turn_wake(exec->core->turn);
}

static void
on_ended(void *ctx, struct job *job)
{
	struct exec *exec = ctx;

	exec->job = NULL;
	exec->status = job_status(job);
	exec->ended = job_end_text(job);
	if (exec->mode == BACK) {
		tell_end(exec, job, exec->ended);
		exec_free(exec);
	} else if (exec->mode == ONE) {
		text_complete(exec);
	} else if (exec->mode == SHOW || (exec->next == NULL && !exec->asking)) {
		end_call(exec);
	}
}

/* Who reads slowly makes it wait. */
static bool
has_room(void *ctx)
{
	const struct exec *exec = ctx;
	struct caller *caller = exec->call != NULL ? exec->call->caller : NULL;

	return caller == NULL || caller->unread == NULL || caller->unread(caller) < LIMIT_READER / 4;
}

static const struct job_handler handler = { .lines = on_lines, .ended = on_ended, .room = has_room };

static void
exec_cancel(struct command_call *call)
{
	command_fail(call, RPC_ERROR_CANCELLED, "It was ended before it was done.");
}

static struct exec *
exec_new(struct command_call *call, enum mode mode)
{
	struct exec *exec = g_new0(struct exec, 1);

	exec->core = call->core;
	exec->mode = mode;
	exec->account = g_strdup(call->account_name);
	exec->chat = g_strdup(call->chat);
	exec->text = g_string_new(NULL);
	g_queue_init(&exec->waiting);
	return exec;
}

static void
exec_run(struct command_call *call)
{
	const char *option = call->argv[0];
	enum mode mode = option == NULL ? SHOW : option[1] == 'o' ? ONE : option[1] == 'l' ? LINES : BACK;
	struct job_wish wish = { .command = call->argv[1], .cwd = call->caller != NULL ? call->caller->cwd : NULL,
		.account = call->account, .chat = call->chat, .apart = mode == ONE || mode == LINES, .listed = true,
		.background = mode == BACK };
	g_autoptr(GError) error = NULL;
	struct exec *exec;

	if ((mode == ONE || mode == LINES) && (call->chat == NULL || call->account == NULL)) {
		command_fail(call, RPC_ERROR_CONTEXT, "To whom? /exec %s needs a chat. Nothing was done.", option);
		return;
	}
	exec = exec_new(call, mode);
	exec->job = job_start(call->core, &wish, &handler, exec, &error);
	if (exec->job == NULL) {
		exec_free(exec);
		command_fail(call, RPC_ERROR_FAILED, "It cannot be started: %s", error->message);
	} else if (mode == BACK) {
		command_say(call, "Job %" G_GINT64_FORMAT " runs.", job_number(exec->job));
		command_data(call, json_pack("{s:I}", "job", (json_int_t)job_number(exec->job)));
		command_done(call);
	} else {
		exec->call = call;
		call->ctx = exec;
		call->ctx_free = exec_free;
		call->cancel = exec_cancel;
	}
}

/* --- /jobs --- */

/* NULL: the call is over. */
static struct job *
named(struct command_call *call)
{
	gint64 number = 0;
	struct job *job = g_ascii_string_to_signed(call->argv[0], 10, 1, G_MAXINT64, &number, NULL) ?
	    job_find(call->core->jobs, number) : NULL;

	if (job == NULL)
		command_fail(call, RPC_ERROR_NOT_FOUND, "There is no job %s; /jobs lists them.", call->argv[0]);
	return job;
}

static json_t *
as_json(const struct job *job)
{
	struct event event = job_event(job);
	json_t *object = event_to_json(&event);

	event_clear(&event);
	return object;
}

static void
say_job(struct command_call *call, const struct job *job)
{
	struct event event = job_event(job);
	int64_t end = job_is_over(job) ? event.job.ended : clock_real_us() / 1000;
	g_autofree char *how = job_is_over(job) ? job_end_text(job) : g_strdup("runs");

	command_say(call, "%" G_GINT64_FORMAT "  %s, %" G_GINT64_FORMAT " s, %" G_GINT64_FORMAT " lines%s%s: %s",
	    event.job.id, how, MAX(end - event.job.started, 0) / 1000, event.job.lines,
	    event.chat_jid != NULL ? ", " : "", event.chat_jid != NULL ? event.chat_jid : "", event.job.command);
	event_clear(&event);
}

static void
jobs_run(struct command_call *call)
{
	g_autoptr(GPtrArray) all = job_list(call->core->jobs);
	struct job *one = NULL;
	json_t *data;

	if (call->argv[0] != NULL && (one = named(call)) == NULL)
		return;
	data = json_array();
	for (guint i = 0; i < all->len; i++) {
		if (one != NULL && all->pdata[i] != one)
			continue;
		say_job(call, all->pdata[i]);
		json_array_append_new(data, as_json(all->pdata[i]));
	}
	if (all->len == 0)
		command_say(call, "No job runs.");
	for (const GList *line = one != NULL ? job_tail(one)->head : NULL; line != NULL; line = line->next)
		command_say(call, "%s", (const char *)line->data);
	command_data(call, data);
	command_done(call);
}

static void
kill_run(struct command_call *call)
{
	struct job *job = named(call);

	if (job == NULL)
		return;
	if (job_is_over(job)) {
		g_autofree char *how = job_end_text(job);

		command_fail(call, RPC_ERROR_FAILED, "Job %" G_GINT64_FORMAT " %s already.", job_number(job), how);
		return;
	}
	job_kill(job);
	command_done(call);
}

static void
give(struct command_call *call, const char *text)
{
	struct job *job = named(call);
	g_autoptr(GError) error = NULL;

	if (job == NULL)
		return;
	if (job_input(job, text, &error))
		command_done(call);
	else
		command_fail_with(call, error);
}

static void
input_run(struct command_call *call)
{
	give(call, call->argv[1] != NULL ? call->argv[1] : "");
}

static void
eof_run(struct command_call *call)
{
	give(call, NULL);
}

static const struct command commands[] = {
	{ "exec", "[-o|-l|-b] COMMAND...", "the rest", "runs a command of the shell",
	  "COMMAND goes to sh -c as it stands, in the folder of whoever types it. What it says, on standard output and error, is "
	  "shown as it comes; it ends with /jobs kill, with the terminal or program that started it, or with the core, and all "
	  "of its group with it. With a status other than 0 the line has failed.\n"
	  "-o sends what it says on standard output to the chat, as one message when it has ended; above 20 lines or 4096 bytes "
	  "you are asked first. -l sends each line that is not empty as a message of its own, as it comes, 20 in a second; after "
	  "20 of them you are asked. What it says on standard error is shown to you alone.\n"
	  "-b does not wait: it goes on when the terminal is gone, what it says is shown in the chat where it was started, and a "
	  "notice tells of its end.\n"
	  "It has no terminal. Its environment has CONFAB_SOCKET, CONFAB_ACCOUNT, CONFAB_CHAT and CONFAB_NICK, our name there; "
	  "confab do, call and watch in it talk to this core.", 0, exec_run },
	{ "jobs", "[N]", "the rest", "lists what /exec runs or ran, or shows what one said last", NULL, 0, jobs_run },
	{ "jobs eof", "N", "the rest", "ends the standard input of a job", NULL, 0, eof_run },
	{ "jobs input", "N [TEXT...]", "the rest", "gives a job a line on its standard input", NULL, 0, input_run },
	{ "jobs kill", "N", "the rest", "ends a job and all of its group",
	  "What does not go within a second and a half is ended by force.", 0, kill_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_exec = { .name = "exec", .commands = commands };
