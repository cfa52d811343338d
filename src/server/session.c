/*
 * session.c: see session.h.  A session lives as long as something waits to be answered on it; once its wire is gone,
 * answers to it go nowhere.
 */
#include "server/session.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "core/attention.h"
#include "core/prompt.h"
#include "core/turn.h"
#include "proto/error.h"
#include "proto/wire.h"

/* What one subscribe request asked for; empty members mean everything. */
struct filter {
	uint32_t	 types;		/* bits of enum event_type; 0: all */
	char		*account, *chat;
};

struct session {
	unsigned	 refs;
	struct core	*core;
	struct caller	 caller;	/* first thing that commands see */
	struct wire	*wire;		/* NULL once it is gone */
	void		(*gone)(void *, struct session *);
	void		*gone_ctx;
	char		*client, *cwd, *tz;
	int64_t		 since_ms;
	GPtrArray	*filters;	/* of struct filter */
	bool		 overrun;	/* events were dropped: reset comes when everything is read */
	struct clock_timer *patience;
};

static void
filter_free(void *p)
{
	struct filter *filter = p;

	g_free(filter->account);
	g_free(filter->chat);
	g_free(filter);
}

static void
unref(void *p)
{
	struct session *session = p;

	if (--session->refs > 0)
		return;
	g_ptr_array_unref(session->filters);
	g_free(session->client);
	g_free(session->cwd);
	g_free(session->tz);
	g_free(session);
}

static struct session *
of_caller(struct caller *caller)
{
	return (struct session *)(void *)((char *)caller - offsetof(struct session, caller));
}

/* --- sending --- */

static void
lose_patience(void *ctx)
{
	struct session *session = ctx;

	session->patience = NULL;
	log_notice("socket", "session %" G_GUINT64_FORMAT " (%s) read nothing for %d s and was hung up on",
	    session->caller.session, session->client, LIMIT_READER_WAIT / 1000);
	session->gone(session->gone_ctx, session);
}

/* Somebody who does not read: nothing more is taken from it, and its patience is ours. */
static void
watch_backlog(struct session *session)
{
	if (wire_pending(session->wire) <= LIMIT_READER)
		return;
	wire_hold(session->wire, true);
	if (session->patience == NULL)
		session->patience = clock_timer_start(LIMIT_READER_WAIT, lose_patience, session);
}

static void
send_json(struct session *session, json_t *message)
{
	if (session->wire != NULL) {
		wire_send(session->wire, message);
		watch_backlog(session);
	}
}

static void
send_reset(struct session *session)
{
	struct event event = { .type = EVENT_reset, .time = clock_real_us() / 1000 };
	json_t *params = event_to_json(&event), *message;

	json_object_set_new(params, "rev", json_integer(store_rev(session->core->store)));
	message = json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", "event", "params", params);
	send_json(session, message);
	json_decref(message);
}

static void
on_drained(void *ctx)
{
	struct session *session = ctx;

	clock_timer_cancel(&session->patience);
	if (session->overrun) {
		session->overrun = false;
		send_reset(session);
	}
	wire_hold(session->wire, false);
}

bool
session_wants(const struct session *session, const struct event *event)
{
	if (event->type == EVENT_prompt && event->prompt.scope == SCOPE_SESSION && !event->gone &&
	    prompt_session(session->core->prompts, event->prompt.id) != session->caller.session)
		return false;
	for (guint i = 0; i < session->filters->len; i++) {
		const struct filter *f = session->filters->pdata[i];

		if ((f->types == 0 || f->types & (1u << event->type)) &&
		    (f->account == NULL || g_strcmp0(f->account, event->account_name) == 0) &&
		    (f->chat == NULL || g_strcmp0(f->chat, event->chat_jid) == 0))
			return true;
	}
	return false;
}

void
session_event(struct session *session, const struct event *event, const char *text, size_t len)
{
	if (session->wire == NULL || session->overrun || !session_wants(session, event))
		return;
	if (wire_pending(session->wire) > LIMIT_READER) {
		session->overrun = true;
		watch_backlog(session);
		return;
	}
	wire_send_text(session->wire, text, len);
}

/* An answer on its way through the commit. */
struct reply {
	struct session	*session;
	json_t		*message;
};

static void
reply_send(void *ctx)
{
	struct reply *reply = ctx;

	send_json(reply->session, reply->message);
}

static void
reply_free(void *ctx)
{
	struct reply *reply = ctx;

	json_decref(reply->message);
	unref(reply->session);
	g_free(reply);
}

/* Takes message. */
static void
send_after_commit(struct session *session, json_t *message)
{
	struct reply *reply;

	/* While the disk refuses there is no commit, and what is said depends on none. */
	if (turn_is_stuck(session->core->turn)) {
		send_json(session, message);
		json_decref(message);
		return;
	}
	reply = g_new(struct reply, 1);
	reply->session = session;
	reply->message = message;
	session->refs++;
	turn_after(session->core->turn, reply_send, reply, reply_free);
}

struct session *
session_hold(struct session *session)
{
	session->refs++;
	return session;
}

void
session_release(struct session *session)
{
	unref(session);
}

void
session_answer(struct session *session, int64_t id, json_t *result)
{
	send_after_commit(session, json_pack("{s:s, s:I, s:o}", "jsonrpc", "2.0", "id", (json_int_t)id, "result",
	    result));
}

void
session_fail(struct session *session, int64_t id, const GError *error, json_t *data)
{
	enum rpc_error code = error->domain == RPC_ERROR ? (enum rpc_error)error->code :
	    error->domain == STORE_ERROR ? RPC_ERROR_STORE : RPC_ERROR_FAILED;
	json_t *body = json_pack("{s:s, s:s}", "code", rpc_error_word(code), "message", error->message);
	json_t *message = json_pack("{s:s, s:o}", "jsonrpc", "2.0", "error", body);

	json_object_set_new(message, "id", id >= 0 ? json_integer(id) : json_null());
	if (data != NULL)
		json_object_set(body, "data", data);
	send_after_commit(session, message);
}

void
session_replay(struct session *session, const struct event *event)
{
	send_after_commit(session, json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", "event", "params",
	    event_to_json(event)));
}

/* --- commands --- */

static void
on_output(struct caller *caller, int64_t request, json_t *lines)
{
	struct event event = { .type = EVENT_output, .time = clock_real_us() / 1000 };

	event.output.request = request;
	event.output.lines = lines;
	session_replay(of_caller(caller), &event);
}

static size_t
unread(struct caller *caller)
{
	const struct session *session = of_caller(caller);

	return session->wire != NULL ? wire_pending(session->wire) : 0;
}

static void
on_finished(struct caller *caller, int64_t request, json_t *result, const GError *error, json_t *data)
{
	if (error != NULL)
		session_fail(of_caller(caller), request, error, data);
	else
		session_answer(of_caller(caller), request, json_incref(result));
}

/* --- receiving --- */

static void
on_message(void *ctx, json_t *message)
{
	struct session *session = ctx;
	json_t *id = json_object_get(message, "id");
	const char *method = json_string_value(json_object_get(message, "method"));
	g_autoptr(GError) error = NULL;

	if (message == NULL || method == NULL || !json_is_integer(id)) {
		error = g_error_new(RPC_ERROR, RPC_ERROR_PARSE,
		    "A request is one JSON object on one line of at most %d bytes, with a number as id and a method.",
		    LIMIT_LINE);
		session_fail(session, json_is_integer(id) ? json_integer_value(id) : -1, error, NULL);
		return;
	}
	session_request(session, json_integer_value(id), method, json_object_get(message, "params"));
}

static void
on_closed(void *ctx)
{
	struct session *session = ctx;

	session->gone(session->gone_ctx, session);
}

static const struct wire_handler wire_handler = {
	.message = on_message, .closed = on_closed, .drained = on_drained,
};

struct session *
session_new(struct core *core, uint64_t number, int fd, void (*gone)(void *ctx, struct session *), void *ctx)
{
	struct session *session = g_new0(struct session, 1);

	session->refs = 1;
	session->core = core;
	session->caller.session = number;
	session->caller.unread = unread;
	session->caller.output = on_output;
	session->caller.finished = on_finished;
	session->gone = gone;
	session->gone_ctx = ctx;
	session->since_ms = clock_real_us() / 1000;
	session->filters = g_ptr_array_new_with_free_func(filter_free);
	session->wire = wire_new(fd, &wire_handler, session);
	return session;
}

void
session_free(struct session *session)
{
	clock_timer_cancel(&session->patience);
	attention_gone(session->core->attention, session->caller.session);
	command_cancel(session->core, &session->caller, 0);
	g_clear_pointer(&session->wire, wire_free);
	unref(session);
}

struct core *
session_core(const struct session *session)
{
	return session->core;
}

struct caller *
session_caller(struct session *session)
{
	return &session->caller;
}

bool
session_is_introduced(const struct session *session)
{
	return session->client != NULL;
}

void
session_introduce(struct session *session, const json_t *params)
{
	g_free(session->client);
	session->client = g_strdup(json_string_value(json_object_get(params, "client")));
	g_free(session->cwd);
	session->cwd = g_strdup(json_string_value(json_object_get(params, "cwd")));
	session->caller.cwd = session->cwd;
	g_free(session->tz);
	session->tz = g_strdup(json_string_value(json_object_get(params, "tz")));
	session->caller.tz = session->tz;
	session->caller.columns = (int)CLAMP(json_integer_value(json_object_get(params, "columns")), 0, 10000);
	session->caller.interactive = json_is_true(json_object_get(params, "interactive"));
}

void
session_subscribe(struct session *session, const json_t *params)
{
	struct filter *filter = g_new0(struct filter, 1);
	json_t *type;
	size_t i;

	json_array_foreach(json_object_get(params, "types"), i, type) {
		enum event_type known;

		if (event_type_find(json_string_value(type), &known))
			filter->types |= 1u << known;
	}
	filter->account = g_strdup(json_string_value(json_object_get(params, "account")));
	filter->chat = g_strdup(json_string_value(json_object_get(params, "chat")));
	g_ptr_array_add(session->filters, filter);
}

json_t *
session_describe(const struct session *session)
{
	g_autofree char *since = clock_format_utc(session->since_ms);

	if (session->client == NULL)
		return NULL;
	return json_pack("{s:I, s:s, s:s, s:b, s:b}", "session", (json_int_t)session->caller.session, "client",
	    session->client, "since", since, "interactive", session->caller.interactive, "subscribed",
	    session->filters->len > 0);
}
