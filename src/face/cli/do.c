/*
 * do.c: confab do LINE...: command lines as if typed, one after the other; the first that fails ends it.
 *
 * --wait asks for the message once after its line was run and follows its events from then on: it subscribed before, so
 * no change can fall between.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "face/cli/ask.h"
#include "face/cli/cli.h"
#include "face/cli/output.h"
#include "face/cli/session.h"

struct doing {
	struct session	 session;
	const struct cli_options *options;
	GQueue		 prompts;	/* json_t of open questions that are ours */
	int64_t		 message;	/* the number of the message that is waited for; 0: none */
	int64_t		 rev;		/* of what we know of it */
	enum message_state state;
	char		*reason;
	bool		 stale;		/* events were dropped: ask again */
	bool		 muted;		/* nobody reads our output */
	char		*input;		/* standard input as a file, where a line wants it; NULL */
};

static void
print_lines(struct doing *doing, json_t *lines)
{
	size_t i;
	json_t *line;

	if (doing->options->json)
		return;
	json_array_foreach(lines, i, line)
		if (!doing->muted && json_is_string(line) && !output_line(json_string_value(line)))
			doing->muted = true;
}

/* The message as somebody now knows it; what is older than what we have is ignored. */
static void
take_message(struct doing *doing, const struct event *event)
{
	if (event->message.id != doing->message || event->rev <= doing->rev)
		return;
	doing->rev = event->rev;
	doing->state = event->message.state;
	g_free(doing->reason);
	doing->reason = g_strdup(event->message.reason);
}

static void
on_event(void *ctx, const struct event *event, json_t *raw)
{
	struct doing *doing = ctx;

	if (event == NULL)
		return;
	if (event->type == EVENT_output)
		print_lines(doing, json_object_get(raw, "lines"));
	else if (event->type == EVENT_prompt && !event->gone && event->prompt.scope == SCOPE_SESSION)
		g_queue_push_tail(&doing->prompts, json_incref(raw));
	else if (event->type == EVENT_message && doing->message != 0)
		take_message(doing, event);
	else if (event->type == EVENT_reset)
		doing->stale = true;
	session_wake(&doing->session);
}

static void
drop_prompts(struct doing *doing)
{
	json_t *prompt;

	while ((prompt = g_queue_pop_head(&doing->prompts)) != NULL)
		json_decref(prompt);
}

/* Answers what the command asked meanwhile. */
static void
answer_prompts(struct doing *doing)
{
	json_t *prompt;

	while ((prompt = g_queue_pop_head(&doing->prompts)) != NULL) {
		json_t *params = ask_person(prompt, doing->options);

		json_decref(prompt);
		/* An answer that is refused leaves the question open; then it is cancelled, and the command says so. */
		int64_t id = json_integer_value(json_object_get(params, "id"));
		struct answer answer;
		if (!session_ask(&doing->session, "answer", params, &answer) && !doing->session.gone) {
			output_error(answer.error->message);
			answer_clear(&answer);
			(void)session_ask(&doing->session, "answer", json_pack("{s:I, s:b}", "id", (json_int_t)id,
			    "cancel", 1), &answer);
		}
		answer_clear(&answer);
	}
}

struct run {
	struct doing	*doing;
	struct answer	 answer;
	bool		 done;
};

static void
on_run(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct run *run = ctx;

	run->answer = (struct answer){ json_incref(result), json_incref(data),
	    error == NULL ? NULL : g_error_copy(error) };
	run->done = true;
	session_wake(&run->doing->session);
}

/* A line that reads what we are given: /upload - */
static bool
wants_input(const char *line)
{
	const char *at = g_str_has_prefix(line, "/upload") ? line + strlen("/upload") : "";

	at += strspn(at, " \t");
	return *at == '-' && (at[1] == '\0' || strchr(" \t\n", at[1]) != NULL) && at != line + strlen("/upload");
}

/*
 * Our standard input as a file, for the core to open while we live: itself if it is one, else a copy that has no name
 * any more.  -1 with a sentence.
 */
static int
take_input(GError **error)
{
	g_autofree char *name = NULL;
	char buffer[65536];
	struct stat st;
	ssize_t n;
	int fd;

	if (fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode))
		return STDIN_FILENO;
	fd = g_file_open_tmp("confab-XXXXXX", &name, error);
	if (fd == -1)
		return -1;
	unlink(name);
	while ((n = read(STDIN_FILENO, buffer, sizeof buffer)) > 0 || (n == -1 && errno == EINTR)) {
		for (ssize_t at = 0, written; n > 0 && at < n; at += MAX(written, 0)) {
			written = write(fd, buffer + at, (size_t)(n - at));
			if (written == -1 && errno != EINTR)
				goto fail;
		}
	}
	if (n == 0)
		return fd;
fail:
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "Standard input cannot be kept in %s: %s.",
	    g_get_tmp_dir(), g_strerror(errno));
	close(fd);
	return -1;
}

static json_t *
run_params(const struct doing *doing, const char *line)
{
	const struct cli_options *o = doing->options;
	json_t *params = json_pack("{s:s}", "line", line);

	if (doing->input != NULL && wants_input(line)) {
		json_object_set_new(params, "input", json_string(doing->input));
		if (o->name != NULL)
			json_object_set_new(params, "name", json_string(o->name));
	}
	if (o->account != NULL)
		json_object_set_new(params, "account", json_string(o->account));
	if (o->chat != NULL)
		json_object_set_new(params, "chat", json_string(o->chat));
	return params;
}

static bool
ask_message(struct doing *doing, GError **error)
{
	struct answer answer;
	struct event event;

	doing->stale = false;
	if (!session_ask(&doing->session, "message", json_pack("{s:I}", "id", (json_int_t)doing->message), &answer)) {
		g_propagate_error(error, g_steal_pointer(&answer.error));
		answer_clear(&answer);
		return false;
	}
	if (event_from_json(json_object_get(answer.result, "message"), &event)) {
		if (event.type == EVENT_message)
			take_message(doing, &event);
		event_clear(&event);
	}
	answer_clear(&answer);
	return true;
}

/* "unknown" stands between sent and stored in the enumeration, and is at least sent. */
static bool
reached(const struct doing *doing)
{
	return doing->state >= doing->options->wait && doing->state <= MESSAGE_DISPLAYED;
}

static enum cli_exit
complain(struct doing *doing, bool late)
{
	g_autofree char *sentence = NULL;
	const char *reason = doing->reason, *sep = reason != NULL && *reason != '\0' ? ": " : "";

	if (doing->session.gone) {
		output_error("The core is gone.");
		return CLI_NO_CORE;
	}
	if (late)
		sentence = g_strdup_printf("After %d s message %" G_GINT64_FORMAT " is %s, not %s%s%s",
		    doing->options->timeout_s, doing->message, message_state_name(doing->state),
		    message_state_name(doing->options->wait), sep, *sep == '\0' ? "." : reason);
	else
		sentence = g_strdup_printf("Message %" G_GINT64_FORMAT " is %s%s%s", doing->message,
		    message_state_name(doing->state), sep, *sep == '\0' ? "." : reason);
	output_error(sentence);
	return CLI_FAILED;
}

static enum cli_exit
wait_for_state(struct doing *doing, int64_t message)
{
	int64_t deadline = clock_boot_ms() + (int64_t)doing->options->timeout_s * 1000, left;
	g_autoptr(GError) error = NULL;

	doing->message = message;
	doing->rev = -1;
	doing->state = MESSAGE_HELD;
	doing->stale = true;
	for (;;) {
		if (doing->stale && !ask_message(doing, &error))
			return session_failure(&doing->session, error);
		if (reached(doing))
			return CLI_OK;
		if (doing->state == MESSAGE_FAILED || doing->state == MESSAGE_CANCELLED)
			return complain(doing, false);
		left = deadline - clock_boot_ms();
		if (left <= 0)
			return complain(doing, true);
		/* Events may have been dropped again while the answer was on its way. */
		if (!doing->stale && !session_wait(&doing->session, left) && doing->session.gone)
			return complain(doing, false);
	}
}

static enum cli_exit
run_line(struct doing *doing, const char *line, bool *sent)
{
	struct run run = { .doing = doing };
	enum cli_exit status = CLI_OK;
	int64_t message;

	doing->message = 0;
	client_request(doing->session.client, "run", run_params(doing, line), on_run, &run);
	while (!run.done && !doing->session.gone) {
		g_main_loop_run(doing->session.loop);
		if (!doing->session.gone)
			answer_prompts(doing);
	}
	drop_prompts(doing);
	if (!run.done || run.answer.error != NULL) {
		if (run.done)
			status = session_failure(&doing->session, run.answer.error);
		else
			status = complain(doing, false);
		answer_clear(&run.answer);
		return status;
	}
	print_lines(doing, json_object_get(run.answer.result, "output"));
	if (doing->options->json && !doing->muted && !output_json(json_object_get(run.answer.result, "data")))
		doing->muted = true;
	message = json_integer_value(json_object_get(run.answer.result, "message"));
	answer_clear(&run.answer);
	if (message == 0 || doing->options->wait == MESSAGE_HELD)
		return CLI_OK;
	*sent = true;
	return wait_for_state(doing, message);
}

static enum cli_exit
subscribe(struct doing *doing, bool interactive)
{
	json_t *types = json_array();
	struct answer answer;
	enum cli_exit status = CLI_OK;

	/* What a command says meanwhile comes to the session that runs it, subscribed or not. */
	if (interactive)
		json_array_append_new(types, json_string("prompt"));
	if (doing->options->wait != MESSAGE_HELD)
		json_array_append_new(types, json_string("message"));
	if (json_array_size(types) == 0) {
		json_decref(types);
		return CLI_OK;
	}
	if (!session_ask(&doing->session, "subscribe", json_pack("{s:o}", "types", types), &answer))
		status = session_failure(&doing->session, answer.error);
	answer_clear(&answer);
	return status;
}

/* False: said. */
static bool
prepare_input(struct doing *doing)
{
	const struct cli_options *o = doing->options;
	g_autoptr(GError) error = NULL;
	int fd;

	for (guint i = 0; i < o->words->len && doing->input == NULL; i++) {
		if (!wants_input(o->words->pdata[i]))
			continue;
		fd = take_input(&error);
		if (fd == -1) {
			output_error(error->message);
			return false;
		}
		doing->input = g_strdup_printf("/proc/%ld/fd/%d", (long)getpid(), fd);
	}
	if (o->name == NULL || doing->input != NULL)
		return true;
	output_error("--name is for a line /upload -, and there is none.");
	return false;
}

int
cli_do(const struct cli_options *o, const struct paths *paths)
{
	struct doing doing = { .options = o };
	bool interactive = o->yes || o->secret_fd != -1 || ask_can(), sent = false;
	enum cli_exit status = session_open(&doing.session, paths, "do", interactive);

	doing.session.on_event = on_event;
	doing.session.ctx = &doing;
	g_queue_init(&doing.prompts);
	if (status == CLI_OK && !prepare_input(&doing))
		status = CLI_FAILED;
	if (status == CLI_OK)
		status = subscribe(&doing, interactive);
	for (guint i = 0; status == CLI_OK && i < o->words->len; i++)
		status = run_line(&doing, o->words->pdata[i], &sent);
	if (status == CLI_OK && o->wait != MESSAGE_HELD && !sent) {
		output_error("There is nothing to wait for: no line sent a message.");
		status = CLI_FAILED;
	}
	/* The lines did run, but what they said is lost. */
	if (status == CLI_OK && doing.muted)
		status = CLI_FAILED;
	drop_prompts(&doing);
	g_free(doing.reason);
	g_free(doing.input);
	session_close(&doing.session);
	return status;
}
