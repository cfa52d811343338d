/*
 * connection.c: see connection.h.  The states: offline (nobody wants it on line), connecting (a password is fetched or
 * a stream is opening), online, waiting (the next try has a time), failed (a person must do something).
 */
#include "core/connection.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "core/archive.h"
#include "core/attempts.h"
#include "core/attention.h"
#include "core/bus.h"
#include "core/feature.h"
#include "core/link.h"
#include "core/message.h"
#include "core/password.h"
#include "core/presence.h"
#include "core/prompt.h"
#include "core/room.h"
#include "core/roster.h"
#include "core/turn.h"
#include "core/typing.h"
#include "xmpp/ns.h"
#include "xmpp/sasl.h"

enum {
	BACKOFF_FIRST_MS = 1000,
	BACKOFF_MAX_MS = 300000,
	STABLE_MS = 30000,	/* a link that lived this long starts the back-off anew */
	BUSY_MS = 60000,	/* the server asked for patience */
};

struct connection {
	struct account	*account;
	bool		 wanted;	/* a person or autoconnect wants it on line */
	bool		 ended;		/* the core is going: no more tries */
	struct clock_timer *retry;
	int64_t		 backoff_ms;	/* the next wait; 0: the first */
	int64_t		 up_since_ms;	/* boot clock */
	int64_t		 tried_ms;	/* boot clock: the last try */
	int64_t		 prompt;	/* the open question about password or certificate; 0: none */
	char		*asked_pin;	/* the certificate that the question is about */
	unsigned	 asked_flaws;	/* and what it has */
	struct password_fetch *fetch;
	GQueue		 backlog;	/* stanzas that came while the disk refused */
	char		*broken;	/* why we close the stream ourselves, though it is wanted */
	bool		 fresh;		/* no session was up since the core started */
	bool		 ready;		/* the session has its list, and its presence is out */
	bool		 refused;	/* the disk took what a stanza brought back out of the store */
	bool		 spoilt;	/* the disk refused what an answer brought, and nobody waits for it any more */
};

static const char disk_refuses[] = "The disk refuses at present, so nothing can be received.";
static const char counts_wrong[] = "The server acknowledged more than was sent; the connection was closed.";

static void try_now(struct account *account);

struct connection *
connection_new(struct account *account)
{
	struct connection *connection = g_new0(struct connection, 1);

	connection->account = account;
	account->attempts = attempts_new();
	connection->fresh = true;
	g_queue_init(&connection->backlog);
	return connection;
}

/* What a connection attempt or a stream holds. */
static void
let_go(struct account *account)
{
	struct connection *c = account->connection;

	clock_timer_cancel(&c->retry);
	g_clear_pointer(&c->fetch, password_fetch_cancel);
	if (account->stream != NULL) {
		account->core->transport->free(account->stream);
		account->stream = NULL;
		acknowledge_down(account);
	}
	g_queue_clear_full(&c->backlog, (GDestroyNotify)stanza_free);
}

static void
withdraw_prompt(struct connection *c)
{
	if (c->prompt != 0)
		prompt_withdraw(c->account->core->prompts, c->prompt);
	c->prompt = 0;
	g_clear_pointer(&c->asked_pin, g_free);
}

void
connection_free(struct connection *c)
{
	let_go(c->account);
	withdraw_prompt(c);
	attempts_free(c->account->attempts);
	g_free(c->broken);
	g_free(c);
}

static void
set_state(struct account *account, enum account_state state, const char *reason, const char *text, int64_t retry_in_ms)
{
	account->state = state;
	g_free(account->reason);
	account->reason = g_strdup(reason);
	g_free(account->text);
	account->text = g_strdup(text);
	account->retry_ms = state == ACCOUNT_WAITING ? clock_real_us() / 1000 + retry_in_ms : 0;
	if (state == ACCOUNT_CONNECTING)
		attempts_begin(account->attempts);
	else
		attempts_step(account->attempts, text != NULL ? text : account_state_name(state));
	log_notice("account", "%s: %s%s%s", account_name(account), account_state_name(state), text != NULL ? ": " : "",
	    text != NULL ? text : "");
	account_post(account);
	turn_wake(account->core->turn);
}

static void
fail(struct account *account, const char *reason, const char *text)
{
	account->connection->wanted = false;
	set_state(account, ACCOUNT_FAILED, reason, text, 0);
	account_notice(account, SEVERITY_ERROR, "%s", text);
}

static void
retry_due(void *ctx)
{
	struct account *account = ctx;

	account->connection->retry = NULL;
	try_now(account);
}

static void
wait_and_retry(struct account *account, const char *reason, const char *text, int64_t at_least_ms)
{
	struct connection *c = account->connection;
	int64_t wait_ms = MAX(c->backoff_ms != 0 ? c->backoff_ms : BACKOFF_FIRST_MS, at_least_ms);

	c->backoff_ms = MIN(wait_ms * 2, BACKOFF_MAX_MS);
	/* A fifth more or less, so that a thousand clients do not come back at the same instant. */
	wait_ms = wait_ms * g_random_int_range(80, 121) / 100;
	wait_ms = MAX(wait_ms, BACKOFF_FIRST_MS);
	set_state(account, ACCOUNT_WAITING, reason, text, wait_ms);
	account_notice(account, SEVERITY_WARNING, "%s Next try in %d s; /connect %s tries now.", text,
	    (int)((wait_ms + 500) / 1000), account_name(account));
	clock_timer_cancel(&c->retry);
	c->retry = clock_timer_start(wait_ms, retry_due, account);
}

/* --- questions --- */

static void
store_setting(struct account *account, const char *key, const char *value)
{
	g_autoptr(GError) error = NULL;

	if (!account_file_set(account->core->paths->accounts, account_name(account), key, value, false, &error))
		account_notice(account, SEVERITY_WARNING, "The accounts file was not changed: %s", error->message);
}

static void ask_password(struct account *account, const char *text);

static void
password_answered(void *ctx, const char *value, bool keep)
{
	struct account *account = ctx;

	account->connection->prompt = 0;
	if (value != NULL && *value == '\0')
		ask_password(account, account->text != NULL ? account->text : "An empty password is none.");
	if (value == NULL || *value == '\0')
		return;
	g_free(account->session_password);
	account->session_password = g_strdup(value);
	if (keep) {
		store_setting(account, "password", value);
		g_free(account->settings->password);
		account->settings->password = g_strdup(value);
	}
	connection_open(account);
}

static void
ask_password(struct account *account, const char *text)
{
	struct prompt_question question = { .kind = PROMPT_PASSWORD, .scope = SCOPE_EVERYONE, .secret = true };
	g_autofree char *title = g_strdup_printf("password for %s", account_jid(account));

	withdraw_prompt(account->connection);
	question.account = account_name(account);
	question.title = title;
	question.text = text;
	account->connection->prompt = prompt_open(account->core->prompts, &question, password_answered, account);
}

static void
certificate_answered(void *ctx, const char *value, bool keep)
{
	struct account *account = ctx;
	struct connection *c = account->connection;
	g_autofree char *pin = g_steal_pointer(&c->asked_pin), *pin_for = NULL;

	(void)keep;
	c->prompt = 0;
	if (g_strcmp0(value, "pin") != 0)
		return;
	account->settings->pin_flaws = c->asked_flaws;
	pin_for = account_flaws_text(c->asked_flaws);
	store_setting(account, "pin", pin);
	store_setting(account, "pin_for", pin_for);
	g_free(account->settings->pin);
	account->settings->pin = g_steal_pointer(&pin);
	connection_open(account);
}

static char *
day(int64_t ms)
{
	g_autofree char *text = clock_format_utc(ms);

	return g_strndup(text, 10);
}

static void
ask_certificate(struct account *account, const struct stream_failure *failure)
{
	const struct stream_certificate *cert = failure->certificate;
	struct prompt_question question = { .kind = PROMPT_CERTIFICATE, .scope = SCOPE_EVERYONE };
	g_autofree char *from = day(cert->not_before_ms), *to = day(cert->not_after_ms),
	    *now = day(clock_real_us() / 1000);
	g_autofree char *title = g_strdup_printf("certificate of %s", account_jid(account));

	withdraw_prompt(account->connection);
	question.account = account_name(account);
	question.title = title;
	question.text = failure->text;
	question.facts = json_pack("[[s,s],[s,s],[s,s],[s,s],[s,s],[s,s],[s,s]]", "problem",
	    cert->problem != NULL ? cert->problem : "it is not the certificate that was pinned", "for", cert->names,
	    "issuer", cert->issuer, "valid from", from, "valid to", to, "today, says this machine", now,
	    "SHA-256", cert->sha256);
	question.choices = json_pack("[[s,s],[s,s]]", "refuse", "do not log in", "pin",
	    "trust this certificate, and only this one, in spite of what is wrong with it now, from now on");
	question.default_choice = "refuse";
	account->connection->asked_pin = g_strdup(cert->sha256);
	account->connection->asked_flaws = cert->flaws;
	account->connection->prompt = prompt_open(account->core->prompts, &question, certificate_answered, account);
}

/* The strongest mechanism that has worked; NULL.  The caller's. */
static char *
best_mechanism(struct account *account)
{
	g_autofree char *key = g_strdup_printf("mechanism:%s", account_jid(account));

	return store_get_text(account->core->store, key);
}

/* In a savepoint. */
static void
keep_mechanism(struct account *account, const char *mechanism)
{
	g_autofree char *key = g_strdup_printf("mechanism:%s", account_jid(account));
	g_autoptr(GError) error = NULL;

	if (!store_set_text(account->core->store, key, mechanism, &error))
		turn_failed(account->core->turn, error);
}

static void
weaker_answered(void *ctx, const char *value, bool keep)
{
	struct account *account = ctx;

	(void)keep;
	account->connection->prompt = 0;
	if (g_strcmp0(value, "accept") != 0 || !turn_begin(account->core->turn))
		return;
	keep_mechanism(account, NULL);
	turn_end(account->core->turn, true);
	connection_open(account);
}

static void
ask_weaker(struct account *account, const char *text)
{
	struct prompt_question question = { .kind = PROMPT_CHOICE, .scope = SCOPE_EVERYONE };
	g_autofree char *title = g_strdup_printf("log-in of %s", account_jid(account));

	withdraw_prompt(account->connection);
	question.account = account_name(account);
	question.title = title;
	question.text = text;
	question.choices = json_pack("[[s,s],[s,s]]", "refuse", "do not log in", "accept",
	    "log in with what the server offers now, and expect no more of it from now on");
	question.default_choice = "refuse";
	account->connection->prompt = prompt_open(account->core->prompts, &question, weaker_answered, account);
}

/* --- the stream --- */

/* The session is over, or its link is: what was bound to it goes. */
static void
leave(struct account *account)
{
	account->state = ACCOUNT_OFFLINE;
	account->ping_ms = 0;
	g_clear_pointer(&account->bound, g_free);
	acknowledge_down(account);
	iq_lose_all(account->iqs);
	typing_reset(account->typing);
	roster_offline(account, account->sm.id != NULL);
	rooms_offline(account, account->sm.id != NULL);
	if (clock_boot_ms() - account->connection->up_since_ms >= STABLE_MS)
		account->connection->backoff_ms = 0;
}

/* The stream is gone. */
static void
end_session(struct account *account)
{
	account->core->transport->free(account->stream);
	account->stream = NULL;
	/* Never counted, so the server sends them again after a resumption. */
	g_queue_clear_full(&account->connection->backlog, (GDestroyNotify)stanza_free);
	if (account_online(account))
		leave(account);
	account->state = ACCOUNT_OFFLINE;
}

static void
on_step(void *ctx, const char *text)
{
	struct account *account = ctx;

	log_debug("stream", "%s: %s", account_name(account), text);
	attempts_step(account->attempts, text);
	account_notice(account, SEVERITY_INFO, "%s: %s", account_jid(account), text);
	turn_wake(account->core->turn);
}

bool
connection_ready(const struct account *account)
{
	return account_online(account) && account->connection->ready;
}

static void
session_ready(struct account *account)
{
	account->connection->ready = true;
	presence_send(account);
	archive_present(account);
	rooms_session(account);
	account->presence_number = account->sm.out;
	outbox_flush(account);
}

/* What each new session asks for; presence goes out when the list is there. */
static void
begin_session(struct account *account)
{
	account->connection->ready = false;
	features_online(account);
	roster_fetch(account, session_ready);
}

/* The session from before goes on. */
static void
go_on(struct account *account)
{
	struct connection *c = account->connection;

	roster_resumed(account);
	rooms_resumed(account);
	/* What was asked was lost with the link, or with the process. */
	if (c->fresh || !c->ready)
		begin_session(account);
	else
		outbox_flush(account);
}

static void
say_up(struct account *account, const struct stream_up *up)
{
	int64_t now = clock_boot_ms();
	struct connection *c = account->connection;

	if (up->resumed)
		account_notice(account, SEVERITY_INFO,
		    "%s is back. Resumed: nothing was missed, nothing is sent twice.", account_name(account));
	else
		account_notice(account, SEVERITY_INFO, "%s is on line as %s (%s, %s, %s).", account_name(account),
		    up->jid, up->peer, up->tls != NULL ? up->tls : "no TLS", up->mechanism);
	c->up_since_ms = now;
}

static void
on_up(void *ctx, const struct stream_up *up)
{
	struct account *account = ctx;
	struct core *core = account->core;
	struct connection *c = account->connection;
	g_autofree char *best = NULL;

	if (!turn_begin(core->turn)) {
		let_go(account);
		wait_and_retry(account, "disk", disk_refuses, 0);
		return;
	}
	g_free(account->bound);
	account->bound = g_strdup(up->jid);
	account->resumed = up->resumed;
	account->tls = up->tls != NULL;
	g_free(account->local);
	account->local = g_strdup(up->local);
	account->ping_ms = 0;
	best = best_mechanism(account);
	if (best == NULL || sasl_strength(up->mechanism) > sasl_strength(best))
		keep_mechanism(account, up->mechanism);
	iq_table_set_jid(account->iqs, up->jid);
	link_up(account);
	set_state(account, ACCOUNT_ONLINE, NULL, NULL, 0);
	withdraw_prompt(c);
	say_up(account, up);
	account->has_rosterver = stanza_child(up->features, "ver", NS_ROSTERVER) != NULL;
	account->has_csi = stanza_child(up->features, "csi", NS_CSI) != NULL;
	/* A new session is active; of a resumed one nobody knows. */
	account->told_active = up->resumed ? !attention_here(core->attention) : true;
	if (!acknowledge_up(account, up)) {
		connection_break(account, "undefined-condition", counts_wrong);
	} else if (up->resumed) {
		/* Lost with the link: the server takes us for away, and what comes goes to the archive alone. */
		if (c->ready && account->presence_number > account->sm.acked)
			c->fresh = true;
		features_attention(account);
		archive_session(account, c->fresh);
		go_on(account);
	} else {
		account->presence_number = 0;
		features_attention(account);
		archive_session(account, true);
		roster_offline(account, false);
		rooms_offline(account, false);
		begin_session(account);
	}
	c->fresh = false;
	turn_end(core->turn, true);
	if (turn_is_stuck(core->turn)) {
		/* What was asked for went back with the rest: once more, from the beginning. */
		c->fresh = true;
		if (!up->resumed)
			acknowledge_forget(account);
		end_session(account);
		wait_and_retry(account, "disk", disk_refuses, 0);
	}
}

/* Who asked has been called, and cannot be called again. */
static bool
is_answer(const struct stanza *stanza)
{
	const char *type = stanza_get(stanza, "type");

	return strcmp(stanza_name(stanza), "iq") == 0 && (g_strcmp0(type, "result") == 0 ||
	    g_strcmp0(type, "error") == 0);
}

/* True: it was handled; false: the disk refused, and it must be kept. */
static bool
handle(struct account *account, const struct stanza *stanza)
{
	struct turn *turn = account->core->turn;
	bool ok, answer = is_answer(stanza);

	if (!turn_begin(turn))
		return false;
	message_route(account, stanza);
	ok = !turn_is_stuck(turn);
	if (answer)
		turn_keep_effects(turn);
	turn_end(turn, ok);
	if (ok && !turn_is_stuck(turn)) {
		acknowledge_in(account);
		return true;
	}
	account->connection->refused = true;
	account->connection->spoilt |= answer;
	return false;
}

/* The same for one of stream management. */
static bool
handle_sm(struct account *account, const struct stanza *element)
{
	struct turn *turn = account->core->turn;
	bool good;

	if (account->connection->broken != NULL)
		return true;
	if (!turn_begin(turn))
		return false;
	good = acknowledge_element(account, element);
	turn_end(turn, !turn_is_stuck(turn));
	if (turn_is_stuck(turn))
		return false;
	if (!good)
		connection_break(account, "undefined-condition", counts_wrong);
	return true;
}

static bool
take(struct account *account, const struct stanza *stanza)
{
	return strcmp(stanza_ns(stanza), NS_SM) == 0 ? handle_sm(account, stanza) : handle(account, stanza);
}

static void
on_stanza(void *ctx, struct stanza *stanza)
{
	struct account *account = ctx;
	struct connection *c = account->connection;

	if (c->backlog.length > 0 || !take(account, stanza))
		g_queue_push_tail(&c->backlog, stanza);
	else
		stanza_free(stanza);
}

static void
on_down(void *ctx, struct stream_failure *failure)
{
	struct account *account = ctx;
	struct connection *c = account->connection;
	const char *word = stream_fault_word(failure->fault);
	g_autofree char *broken = g_steal_pointer(&c->broken);
	bool was_offline = account->state == ACCOUNT_OFFLINE;

	account->broke = failure->fault == STREAM_BROKEN;
	if (g_strcmp0(failure->condition, "policy-violation") == 0 && account_online(account))
		outbox_refused(account, failure->text);
	end_session(account);
	/* Resumed, the server would send the same again. */
	if (account->broke)
		acknowledge_end(account);
	if (c->ended || !c->wanted) {
		if (failure->fault == STREAM_CLOSED)
			acknowledge_end(account);
		if (!was_offline)
			set_state(account, ACCOUNT_OFFLINE, NULL, NULL, 0);
	} else if (broken != NULL) {
		wait_and_retry(account, "server", broken, 0);
	} else if (failure->fault == STREAM_CLOSED) {
		/* It was wanted again while it went down. */
		acknowledge_end(account);
		try_now(account);
	} else if (failure->fault == STREAM_PASSWORD) {
		fail(account, word, failure->text);
		if (account->session_password != NULL)
			explicit_bzero(account->session_password, strlen(account->session_password));
		g_clear_pointer(&account->session_password, g_free);
		ask_password(account, failure->text);
	} else if (failure->certificate != NULL) {
		fail(account, word, failure->text);
		if (failure->certificate->pin_helps)
			ask_certificate(account, failure);
	} else if (failure->fault == STREAM_WEAKER) {
		fail(account, word, failure->text);
		ask_weaker(account, failure->text);
	} else if (failure->final || failure->fault == STREAM_CONFLICT) {
		fail(account, word, failure->text);
	} else {
		wait_and_retry(account, word, failure->text, failure->fault == STREAM_BUSY ? BUSY_MS : 0);
	}
	stream_failure_free(failure);
}

static const struct stream_handler stream_handler = {
	.step = on_step, .up = on_up, .stanza = on_stanza, .down = on_down,
};

static void
open_stream(struct account *account, const char *password)
{
	const struct account_settings *s = account->settings;
	g_autofree char *best = best_mechanism(account);
	struct stream_config config = {
		.jid = s->jid, .password = password, .resource = s->resource, .host = s->host,
		    .port = (uint16_t)s->port,
		.tls = s->tls, .ca_file = s->ca_file, .pin = s->pin, .pin_flaws = s->pin_flaws, .mechanism = best,
		.resume_id = account->sm.id, .resume_jid = account->sm.jid, .resume_h = (uint32_t)account->sm.in,
	};

	account->stream = account->core->transport->open(&config, &stream_handler, account);
}

static void
password_fetched(void *ctx, const char *password, const char *problem)
{
	struct account *account = ctx;

	account->connection->fetch = NULL;
	if (password != NULL) {
		open_stream(account, password);
		return;
	}
	fail(account, "password", problem);
	ask_password(account, problem);
}

static void
try_now(struct account *account)
{
	struct connection *c = account->connection;
	const struct account_settings *s = account->settings;
	g_autofree char *text = NULL;

	if (account->stream != NULL || c->fetch != NULL || c->ended)
		return;
	turn_finish(account->core->turn);	/* what a resumption tells the server is on disk */
	if (turn_is_stuck(account->core->turn)) {
		wait_and_retry(account, "disk", disk_refuses, 0);
		return;
	}
	c->tried_ms = clock_boot_ms();
	set_state(account, ACCOUNT_CONNECTING, NULL, NULL, 0);
	if (account->session_password != NULL) {
		open_stream(account, account->session_password);
	} else if (s->password != NULL) {
		open_stream(account, s->password);
	} else if (s->password_command != NULL) {
		c->fetch = password_fetch(s->password_command, password_fetched, account);
	} else {
		text = g_strdup_printf("No password is known for %s.", account_jid(account));
		fail(account, "password", text);
		ask_password(account, text);
	}
}

void
connection_open(struct account *account)
{
	struct connection *c = account->connection;

	c->wanted = true;
	clock_timer_cancel(&c->retry);
	withdraw_prompt(c);
	if (account_online(account))
		return;
	if (account->show == SHOW_OFFLINE)
		account->show = SHOW_ONLINE;
	try_now(account);
}

void
connection_try(struct account *account)
{
	struct connection *c = account->connection;
	int64_t wait_ms = c->tried_ms + BACKOFF_FIRST_MS - clock_boot_ms();

	if (account->state != ACCOUNT_WAITING || (g_strcmp0(account->reason, "network") != 0 &&
	    g_strcmp0(account->reason, "name") != 0))
		return;
	clock_timer_cancel(&c->retry);
	c->retry = clock_timer_start(wait_ms, retry_due, account);
}

void
connection_close(struct account *account)
{
	struct connection *c = account->connection;

	c->wanted = false;
	withdraw_prompt(c);
	clock_timer_cancel(&c->retry);
	if (account_online(account)) {
		account_send(account, stanza_presence("unavailable", NULL), false);
		account->sm.answer = true;	/* what is committed is acknowledged before we go */
		turn_finish(account->core->turn);
		account->core->transport->close(account->stream);
		leave(account);
		set_state(account, ACCOUNT_OFFLINE, NULL, NULL, 0);
		return;
	}
	if (account->stream != NULL && account->state == ACCOUNT_OFFLINE)
		return;		/* it goes down already */
	let_go(account);
	if (account->state != ACCOUNT_OFFLINE)
		set_state(account, ACCOUNT_OFFLINE, NULL, NULL, 0);
}

bool
connection_end(struct account *account)
{
	account->connection->ended = true;
	connection_close(account);
	return account->stream != NULL;
}

bool
connection_down(const struct account *account)
{
	return account->stream == NULL;
}

/* Everything is asked again, as by a new process that goes on with the session. */
static void
begin_again(struct account *account)
{
	struct connection *c = account->connection;

	c->spoilt = false;
	c->fresh = true;
	if (account->stream == NULL || !account_online(account))
		return;
	end_session(account);
	if (c->wanted && !c->ended)
		try_now(account);
	else
		set_state(account, ACCOUNT_OFFLINE, NULL, NULL, 0);
}

void
connection_hold(struct account *account, bool hold)
{
	struct connection *c = account->connection;
	struct stanza *stanza;

	if (!hold && c->refused)
		roster_take_back(account);
	c->refused &= hold;
	/* What was put aside was not counted: the server sends it again. */
	if (!hold && c->spoilt && account->sm.id != NULL)
		begin_again(account);
	while (!hold && (stanza = g_queue_pop_head(&c->backlog)) != NULL) {
		if (!take(account, stanza)) {
			g_queue_push_head(&c->backlog, stanza);
			return;
		}
		stanza_free(stanza);
	}
	if (!hold && c->spoilt)
		begin_again(account);
	if (!hold && account->state == ACCOUNT_WAITING && g_strcmp0(account->reason, "disk") == 0) {
		clock_timer_cancel(&c->retry);
		try_now(account);
	}
	/* What was to be sent when the disk refused. */
	if (!hold && c->ready && account_online(account))
		outbox_flush(account);
	/* What was put aside may have filled the disk again. */
	if (account->stream != NULL && account_online(account))
		account->core->transport->hold(account->stream, hold || turn_is_stuck(account->core->turn));
}

void
connection_write(struct account *account, const char *xml, size_t len)
{
	if (account->stream != NULL && account_online(account))
		account->core->transport->send(account->stream, xml, len);
}

void
connection_break(struct account *account, const char *condition, const char *sentence)
{
	g_autofree char *xml = g_strdup_printf("<stream:error><%s xmlns='" NS_STREAMS "'/></stream:error>", condition);

	connection_write(account, xml, strlen(xml));
	account->core->transport->close(account->stream);
	g_free(account->connection->broken);
	account->connection->broken = g_strdup(sentence);
	acknowledge_end(account);	/* counts that are wrong are not gone on with */
	leave(account);
}

void
connection_give_up(struct account *account, const char *sentence)
{
	if (account->stream == NULL)
		return;
	end_session(account);
	if (account->connection->ended || !account->connection->wanted)
		set_state(account, ACCOUNT_OFFLINE, NULL, NULL, 0);
	else
		wait_and_retry(account, "network", sentence, 0);
}
