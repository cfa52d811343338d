/* session.c: see session.h. */
#include "face/cli/session.h"

#include <string.h>

#include "base/clock.h"
#include "face/cli/output.h"
#include "proto/error.h"

enum {
	PROTOCOL = 1,
	HELLO_WAIT_MS = 10000,	/* a core that is stopped or stuck: a script must not hang on it */
};

struct wait {
	struct session	*session;
	struct answer	*answer;
	struct clock_timer *timer;
	bool		 done, late;
};

static void
on_event(void *ctx, const struct event *event, json_t *raw)
{
	struct session *session = ctx;

	if (session->on_event != NULL)
		session->on_event(session->ctx, event, raw);
}

static void
on_closed(void *ctx)
{
	struct session *session = ctx;

	session->gone = true;
	session_wake(session);
}

static const struct client_handler handler = { .event = on_event, .closed = on_closed };

void
answer_clear(struct answer *answer)
{
	json_decref(answer->result);
	json_decref(answer->data);
	g_clear_error(&answer->error);
	*answer = (struct answer){ 0 };
}

static void
on_answer(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct wait *wait = ctx;

	*wait->answer = (struct answer){ json_incref(result), json_incref(data),
	    error == NULL ? NULL : g_error_copy(error) };
	wait->done = true;
	session_wake(wait->session);
}

static void
on_late(void *ctx)
{
	struct wait *wait = ctx;

	wait->timer = NULL;
	wait->late = true;
	session_wake(wait->session);
}

void
session_wake(struct session *session)
{
	if (g_main_loop_is_running(session->loop))
		g_main_loop_quit(session->loop);
}

bool
session_wait(struct session *session, int64_t timeout_ms)
{
	struct wait wait = { .session = session };

	if (session->gone)
		return false;
	if (timeout_ms >= 0)
		wait.timer = clock_timer_start(timeout_ms, on_late, &wait);
	g_main_loop_run(session->loop);
	clock_timer_cancel(&wait.timer);
	return !wait.late && !session->gone;
}

bool
session_ask(struct session *session, const char *method, json_t *params, struct answer *answer)
{
	struct wait wait = { .session = session, .answer = answer };

	*answer = (struct answer){ 0 };
	if (!session->gone)
		client_request(session->client, method, params, on_answer, &wait);
	else
		json_decref(params);
	while (!wait.done && !session->gone)
		g_main_loop_run(session->loop);
	if (!wait.done)
		answer->error = g_error_new_literal(RPC_ERROR, RPC_ERROR_OFFLINE, "The core is gone.");
	return answer->error == NULL;
}

static enum cli_exit
say_hello(struct session *session, const char *client, bool interactive)
{
	const struct client_hello hello = { .client = client, .interactive = interactive };
	struct answer answer = { 0 };
	struct wait wait = { .session = session, .answer = &answer };
	int64_t id = client_hello(session->client, &hello, on_answer, &wait);
	enum cli_exit status = CLI_OK;

	wait.timer = clock_timer_start(HELLO_WAIT_MS, on_late, &wait);
	while (!wait.done && !wait.late && !session->gone)
		g_main_loop_run(session->loop);
	clock_timer_cancel(&wait.timer);
	if (!wait.done) {
		if (!session->gone)
			client_forget(session->client, id);
		output_error(session->gone ? "The core went away at once; its log may say why." :
		    "A core has the socket but does not answer.");
		return CLI_NO_CORE;
	}
	if (answer.error != NULL) {
		status = answer.error->code == RPC_ERROR_PROTOCOL ? CLI_OTHER_PROTOCOL :
		    session_failure(session, answer.error);
		if (status == CLI_OTHER_PROTOCOL)
			output_error(answer.error->message);
	} else if (json_integer_value(json_object_get(answer.result, "protocol")) != PROTOCOL) {
		output_error("The core that runs speaks another protocol: confab stop ends it.");
		status = CLI_OTHER_PROTOCOL;
	} else {
		session->hello = json_incref(answer.result);
	}
	answer_clear(&answer);
	return status;
}

enum cli_exit
session_open(struct session *session, const struct paths *paths, const char *client, bool interactive)
{
	g_autoptr(GError) error = NULL;

	*session = (struct session){ .loop = g_main_loop_new(NULL, FALSE) };
	session->client = client_connect(paths->socket, &handler, session, &error);
	if (session->client == NULL) {
		session->gone = true;
		output_error(error->message);
		return CLI_NO_CORE;
	}
	return say_hello(session, client, interactive);
}

void
session_close(struct session *session)
{
	g_clear_pointer(&session->client, client_free);
	g_clear_pointer(&session->loop, g_main_loop_unref);
	g_clear_pointer(&session->hello, json_decref);
}

enum cli_exit
session_failure(const struct session *session, const GError *error)
{
	output_error(error->message);
	return session->gone ? CLI_NO_CORE : CLI_FAILED;
}
