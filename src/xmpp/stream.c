/*
 * stream.c: transport_net, the main thread's half: which address is tried next, how long a step may take, and the
 * pieces that the connection's thread hands over.
 *
 * What a reader would get wrong: a deadline does not end anything by itself.  It shuts the socket down and remembers
 * the words; the thread then reports its end, and the words replace its own.
 */
#include "xmpp/stream.h"

#include <expat.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <gsasl.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <string.h>
#include <strophe.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/jid.h"
#include "base/limits.h"
#include "xmpp/conn.h"
#include "xmpp/failure.h"
#include "xmpp/guard.h"
#include "xmpp/network.h"
#include "xmpp/resolve.h"
#include "xmpp/tls.h"

struct stream {
	int		 refs;		/* the owner's, and one while a callback runs */
	const struct stream_handler *handler;	/* NULL once nothing may be called any more */
	void		*ctx;

	struct stream_config config;	/* its strings are the following */
	char		*jid, *password, *resource, *host, *ca_file, *pin, *mechanism, *lang, *resume_id, *resume_jid;
	char		*domain, *ascii;

	struct resolve	*resolve;
	GPtrArray	*targets, *addresses;
	guint		 target, address;	/* the ones that are being tried */
	struct conn	*conn;
	guint		 source;	/* of conn's events */
	enum conn_phase	 phase;
	char		*peer;
	struct clock_timer *timer;
	struct stream_failure *verdict;	/* ours, for when conn ends because we cut it */
	struct stream_failure *best;	/* of the attempts so far, the one that came furthest */
	enum conn_phase	 best_phase;
	bool		 up, closing, resume_failed;
};

static void try_target(struct stream *);
static void try_address(struct stream *);

/* --- life --- */

static void
wipe(char **text)
{
	if (*text != NULL)
		explicit_bzero(*text, strlen(*text));
	g_clear_pointer(text, g_free);
}

static void
drop_conn(struct stream *s)
{
	if (s->source != 0)
		g_source_remove(s->source);
	s->source = 0;
	g_clear_pointer(&s->conn, conn_release);
	g_clear_pointer(&s->peer, g_free);
	g_clear_pointer(&s->verdict, stream_failure_free);
}

static void
stop_all(struct stream *s)
{
	resolve_cancel(&s->resolve);
	clock_timer_cancel(&s->timer);
	drop_conn(s);
	g_clear_pointer(&s->targets, g_ptr_array_unref);
	g_clear_pointer(&s->addresses, g_ptr_array_unref);
	g_clear_pointer(&s->best, stream_failure_free);
	wipe(&s->password);
}

static void
stream_unref(struct stream *s)
{
	if (--s->refs > 0)
		return;
	g_free(s->jid);
	g_free(s->resource);
	g_free(s->host);
	g_free(s->ca_file);
	g_free(s->pin);
	g_free(s->mechanism);
	g_free(s->lang);
	g_free(s->resume_id);
	g_free(s->resume_jid);
	g_free(s->domain);
	g_free(s->ascii);
	g_free(s);
}

static void
down(struct stream *s, struct stream_failure *failure)
{
	const struct stream_handler *handler = s->handler;

	stop_all(s);
	s->handler = NULL;
	if (handler != NULL)
		handler->down(s->ctx, failure);	/* may free s */
	else
		stream_failure_free(failure);
}

static void step(struct stream *, const char *, ...) G_GNUC_PRINTF(2, 3);

static void
step(struct stream *s, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list ap;

	if (s->handler == NULL)
		return;
	va_start(ap, format);
	text = g_strdup_vprintf(format, ap);
	va_end(ap);
	s->handler->step(s->ctx, text);
}

/* --- the end of one attempt --- */

/* Failures after which another address of the same server may do better. */
static bool
may_try_next(const struct stream_failure *failure, enum conn_phase phase)
{
	if (phase == CONN_CONNECT)
		return failure->fault != STREAM_CONFIG;
	if (phase != CONN_TLS && phase != CONN_OPEN)
		return false;
	return failure->fault == STREAM_TLS_FAILED || failure->fault == STREAM_SILENT ||
	    failure->fault == STREAM_LOST ||
	    failure->fault == STREAM_BROKEN;
}

static void
tell_failure(struct stream *s, const struct stream_failure *failure)
{
	if (!s->config.look)
		step(s, "%s", failure->text);
	else if (failure->fault != STREAM_CLOSED && s->handler != NULL)
		s->handler->trouble(s->ctx, failure);
}

static void
attempt_failed(struct stream *s, struct stream_failure *failure, enum conn_phase phase)
{
	drop_conn(s);
	clock_timer_cancel(&s->timer);
	if (!may_try_next(failure, phase) && (!s->config.look || failure->fault == STREAM_CONFIG)) {
		down(s, failure);
		return;
	}
	tell_failure(s, failure);
	if (s->handler == NULL || (s->best != NULL && (phase < s->best_phase || s->best->fault == STREAM_CLOSED)))
		stream_failure_free(failure);
	else {
		stream_failure_free(s->best);
		s->best = failure;
		s->best_phase = phase;
	}
	if (s->handler == NULL)
		return;
	s->address++;
	try_address(s);
}

static void
on_end(struct stream *s, struct conn_event *event)
{
	struct stream_failure *failure = g_steal_pointer(&event->failure);

	if (s->verdict != NULL) {
		stream_failure_free(failure);
		failure = g_steal_pointer(&s->verdict);
	}
	if (s->closing || failure == NULL) {
		stream_failure_free(failure);
		down(s, failure_new(STREAM_CLOSED, NULL, NULL, "The connection was closed as asked."));
	} else if (event->forget_resume && s->resume_id != NULL) {
		stream_failure_free(failure);
		drop_conn(s);
		s->config.resume_id = NULL;
		g_clear_pointer(&s->resume_id, g_free);
		s->resume_failed = true;
		step(s, "%s resumed something else; logging in anew", s->domain);
		if (s->handler != NULL)
			try_address(s);
	} else
		attempt_failed(s, failure, event->phase);
}

/* --- deadlines --- */

static void
on_stuck(void *ctx)
{
	struct stream *s = ctx;
	struct conn_event event = { .kind = CONN_EVENT_END, .phase = s->phase };

	s->timer = NULL;
	s->refs++;
	on_end(s, &event);
	stream_unref(s);
}

static void
cut(struct stream *s)
{
	clock_timer_cancel(&s->timer);
	conn_cut(s->conn);
	s->timer = clock_timer_start(conn_deadlines.stuck_ms, on_stuck, s);
}

static char *
seconds(int64_t ms)
{
	if (ms % 1000 == 0)
		return g_strdup_printf("%d s", (int)(ms / 1000));
	return g_strdup_printf("%.1f s", (double)ms / 1000);
}

static void
on_deadline(void *ctx)
{
	struct stream *s = ctx;
	g_autofree char *wait = seconds(conn_deadlines.phase_ms[s->phase]);
	static const char *const during[CONN_PHASES] = {
		[CONN_TLS] = " during the TLS handshake", [CONN_OPEN] = "", [CONN_LOGIN] = " during the log-in",
	};

	s->timer = NULL;
	stream_failure_free(s->verdict);
	if (s->phase == CONN_CONNECT)
		s->verdict = failure_new(STREAM_UNREACHABLE, NULL, NULL, "%s (%s) did not answer for %s.", s->peer,
		    (const char *)s->addresses->pdata[s->address], wait);
	else
		s->verdict = failure_new(STREAM_SILENT, NULL, NULL,
		    "%s accepted the connection and then said nothing for %s%s.",
		    s->peer, wait, during[s->phase]);
	cut(s);
}

static void
on_phase(struct stream *s, enum conn_phase phase)
{
	s->phase = phase;
	if (s->verdict != NULL)		/* cut already; what it still reports is late */
		return;
	clock_timer_cancel(&s->timer);
	if (phase != CONN_UP)
		s->timer = clock_timer_start(conn_deadlines.phase_ms[phase], on_deadline, s);
}

/* --- what the thread hands over --- */

static void
on_up(struct stream *s, struct conn_login *login)
{
	struct stream_up *up = &login->up;

	s->up = true;
	wipe(&s->password);
	up->jid = login->jid;
	up->sm_id = login->sm_id;
	up->sm_location = login->sm_location;
	up->tls = login->tls;
	up->mechanism = login->mechanism;
	up->peer = login->peer;
	up->local = login->local;
	up->features = login->features;
	up->resume_failed = up->resume_failed || s->resume_failed;
	s->handler->up(s->ctx, up);
}

/* True when it was the last. */
static bool
dispatch(struct stream *s, struct conn_event *event)
{
	switch (event->kind) {
	case CONN_EVENT_STEP:
		s->handler->step(s->ctx, event->text);
		return false;
	case CONN_EVENT_PHASE:
		on_phase(s, event->phase);
		return false;
	case CONN_EVENT_UP:
		if (s->verdict == NULL)
			on_up(s, event->login);
		return false;
	case CONN_EVENT_STANZA:
		if (s->up)
			s->handler->stanza(s->ctx, g_steal_pointer(&event->stanza));
		return false;
	case CONN_EVENT_END:
		clock_timer_cancel(&s->timer);
		on_end(s, event);
		return true;
	}
	return false;
}

static gboolean
on_events(gint fd, GIOCondition condition, gpointer data)
{
	int64_t until = g_get_monotonic_time() + LIMIT_TURN_TIME * 1000;
	struct stream *s = data;
	struct conn *conn = s->conn;
	struct conn_event *event;
	bool last = false;
	int n;

	(void)fd;
	(void)condition;
	s->refs++;
	for (n = 0; n < LIMIT_TURN_STANZAS && !last && s->handler != NULL && s->conn == conn; n++) {
		event = conn_take(conn);
		if (event == NULL)
			break;
		last = dispatch(s, event);
		conn_event_free(event);
		if (g_get_monotonic_time() >= until)
			break;
	}
	stream_unref(s);
	/* The source of this conn was removed together with it. */
	return G_SOURCE_CONTINUE;
}

/* --- which address --- */

static void
all_failed(struct stream *s)
{
	struct stream_failure *failure = g_steal_pointer(&s->best);

	if (failure == NULL)
		failure = failure_new(STREAM_NO_NAME, NULL, NULL, "%s has no address that could be tried.", s->domain);
	down(s, failure);
}

static const struct resolve_target *
target_now(const struct stream *s)
{
	return s->targets->pdata[s->target];
}

static bool
is_loopback(const char *address)
{
	g_autoptr(GInetAddress) inet = g_inet_address_new_from_string(address);

	return inet != NULL && g_inet_address_get_is_loopback(inet);
}

static void
try_address(struct stream *s)
{
	const struct resolve_target *target = target_now(s);
	const char *address;
	struct conn_setup setup = { .config = &s->config, .domain = s->domain, .ascii = s->ascii };

	if (s->address >= s->addresses->len) {
		s->target++;
		try_target(s);
		return;
	}
	address = s->addresses->pdata[s->address];
	if (s->config.tls == STREAM_TLS_OFF && !is_loopback(address)) {
		down(s, failure_new(STREAM_CONFIG, NULL, NULL, "tls is off for %s, but %s is not this machine. "
		    "Without encryption confab talks to this machine only.", s->jid, address));
		return;
	}
	s->peer = g_strdup_printf(strchr(target->host, ':') != NULL ? "[%s]:%u" : "%s:%u", target->host, target->port);
	setup.address = address;
	setup.port = target->port;
	setup.peer = s->peer;
	setup.direct = target->direct;
	s->phase = CONN_CONNECT;
	s->conn = conn_start(&setup);
	s->source = g_unix_fd_add(conn_fd(s->conn), G_IO_IN, on_events, s);
}

static void
no_address(struct stream *s, const char *words)
{
	g_autofree char *safe = failure_words(words);

	struct stream_failure *failure = failure_new(STREAM_NO_NAME, NULL, NULL,
	    "The name %s was not found: \"%s\". Is it right? Nothing was sent.", target_now(s)->host,
	    safe != NULL ? safe : "");

	tell_failure(s, failure);
	if (s->handler == NULL || (s->best != NULL && s->best->fault == STREAM_CLOSED)) {
		stream_failure_free(failure);
	} else {
		stream_failure_free(s->best);
		s->best_phase = CONN_CONNECT;
		s->best = failure;
	}
	if (s->handler == NULL)
		return;
	s->target++;
	try_target(s);
}

static void
on_addresses(void *ctx, GPtrArray *addresses, const char *words)
{
	struct stream *s = ctx;

	s->resolve = NULL;
	clock_timer_cancel(&s->timer);
	s->refs++;
	g_clear_pointer(&s->addresses, g_ptr_array_unref);
	s->addresses = addresses;
	s->address = 0;
	if (addresses != NULL)
		try_address(s);
	else
		no_address(s, words);
	stream_unref(s);
}

static void
on_name_deadline(void *ctx)
{
	struct stream *s = ctx;
	g_autofree char *wait = seconds(conn_deadlines.name_ms);

	s->timer = NULL;
	down(s, failure_new(STREAM_NO_NAME, NULL, NULL, "The name server of this machine did not answer for %s when "
	    "asked for %s.", wait, s->targets != NULL ? target_now(s)->host : s->domain));
}

static void
try_target(struct stream *s)
{
	if (s->target >= s->targets->len) {
		all_failed(s);
		return;
	}
	s->timer = clock_timer_start(conn_deadlines.name_ms, on_name_deadline, s);
	s->resolve = resolve_addresses(target_now(s)->host, on_addresses, s);
}

static void
tell_targets(struct stream *s)
{
	g_autoptr(GString) text = g_string_new("found ");
	guint i;

	for (i = 0; i < s->targets->len; i++) {
		const struct resolve_target *target = s->targets->pdata[i];

		g_string_append_printf(text, "%s%s port %u%s", i > 0 ? ", " : "", target->host, target->port,
		    target->direct ? " (direct TLS)" : "");
	}
	step(s, "%s", text->str);
}

static void
on_targets(void *ctx, GPtrArray *targets, bool found)
{
	struct stream *s = ctx;
	struct stream_failure *failure;

	s->resolve = NULL;
	clock_timer_cancel(&s->timer);
	s->refs++;
	s->targets = targets;
	if (targets->len == 0) {
		failure = failure_new(STREAM_NO_NAME, NULL, NULL, "%s says that it has no XMPP service. Nothing was "
		    "sent.",
		    s->domain);
		failure->final = true;
		down(s, failure);
	} else {
		if (found)
			tell_targets(s);
		if (s->handler != NULL)
			try_target(s);
	}
	stream_unref(s);
}

/* localhost and bare addresses are not in the DNS. */
static bool
has_services(const struct stream *s)
{
	return s->config.tls != STREAM_TLS_OFF && !g_hostname_is_ip_address(s->ascii) &&
	    strcmp(s->ascii, "localhost") != 0 && !g_str_has_suffix(s->ascii, ".localhost");
}

static void
one_target(struct stream *s, const char *host, uint16_t port)
{
	struct resolve_target *target = g_new0(struct resolve_target, 1);

	target->host = g_strdup(host);
	target->direct = s->config.tls == STREAM_TLS_DIRECT;
	target->port = port != 0 ? port : target->direct ? 5223 : 5222;
	s->targets = g_ptr_array_new_with_free_func(resolve_target_free);
	g_ptr_array_add(s->targets, target);
	try_target(s);
}

static void
begin(void *ctx)
{
	struct stream *s = ctx;
	g_autofree char *host = NULL;

	s->timer = NULL;
	s->refs++;
	if (s->ca_file != NULL && access(s->ca_file, R_OK) == -1) {
		down(s, failure_new(STREAM_CONFIG, NULL, NULL, "The CA file %s cannot be read: %s.", s->ca_file,
		    g_strerror(errno)));
	} else if (s->ascii == NULL) {
		down(s, failure_new(STREAM_CONFIG, NULL, NULL, "%s is not a name that the DNS can have.", s->domain));
	} else if (s->host != NULL) {
		host = g_hostname_is_ip_address(s->host) ? g_strdup(s->host) : resolve_ascii(s->host);
		if (host == NULL)
			down(s, failure_new(STREAM_CONFIG, NULL, NULL,
			    "The host %s is not a name that the DNS can have.", s->host));
		else
			one_target(s, host, s->config.port);
	} else if (has_services(s)) {
		step(s, "looking up _xmpps-client._tcp%s of %s",
		    s->config.tls == STREAM_TLS_STARTTLS ? " and _xmpp-client._tcp" : "", s->domain);
		if (s->handler != NULL) {
			s->timer = clock_timer_start(conn_deadlines.name_ms, on_name_deadline, s);
			s->resolve = resolve_targets(s->ascii, s->config.tls, on_targets, s);
		}
	} else
		one_target(s, s->ascii, 0);
	stream_unref(s);
}

/* --- transport_net --- */

static struct stream *
net_open(const struct stream_config *config, const struct stream_handler *handler, void *ctx)
{
	struct stream *s = g_new0(struct stream, 1);

	s->refs = 1;
	s->handler = handler;
	s->ctx = ctx;
	s->config = *config;
	s->config.jid = s->jid = g_strdup(config->jid);
	s->config.password = s->password = g_strdup(config->password);
	s->config.resource = s->resource = g_strdup(config->resource);
	s->config.host = s->host = g_strdup(config->host);
	s->config.ca_file = s->ca_file = g_strdup(config->ca_file);
	s->config.pin = s->pin = g_strdup(config->pin);
	s->config.mechanism = s->mechanism = g_strdup(config->mechanism);
	s->config.lang = s->lang = g_strdup(config->lang);
	s->config.resume_id = s->resume_id = g_strdup(config->resume_id);
	s->config.resume_jid = s->resume_jid = g_strdup(config->resume_jid);
	s->domain = jid_domain(s->jid);
	s->ascii = g_hostname_is_ip_address(s->domain) ? g_strdup(s->domain) : resolve_ascii(s->domain);
	s->timer = clock_timer_start(0, begin, s);
	return s;
}

static void
net_send(struct stream *s, const char *xml, size_t len)
{
	if (s->conn == NULL || !s->up || s->closing || s->verdict != NULL || conn_send(s->conn, xml, len))
		return;
	s->verdict = failure_new(STREAM_LOST, NULL, NULL, "%s takes nothing any more; %d MiB wait to be sent.", s->peer,
	    LIMIT_STREAM_UNSENT / 1048576);
	cut(s);
}

static void
net_hold(struct stream *s, bool hold)
{
	if (s->conn != NULL)
		conn_hold(s->conn, hold);
}

static void
on_close_deadline(void *ctx)
{
	struct stream *s = ctx;

	s->timer = NULL;
	if (s->conn != NULL && s->up)
		cut(s);
	else
		down(s, failure_new(STREAM_CLOSED, NULL, NULL, "The connection was closed as asked."));
}

static void
net_close(struct stream *s)
{
	if (s->closing || s->handler == NULL)
		return;
	s->closing = true;
	if (!s->up) {	/* nobody there to be polite to */
		resolve_cancel(&s->resolve);
		drop_conn(s);
	} else if (s->conn != NULL)
		conn_close(s->conn);
	clock_timer_cancel(&s->timer);
	s->timer = clock_timer_start(s->up ? conn_deadlines.close_ms : 0, on_close_deadline, s);
}

/* --- streams without an owner that say good-bye --- */

static GSList *leaving;

static void
leaver_step(void *ctx, const char *text)
{
	(void)ctx;
	(void)text;
}

/* The server sends it again to whoever is there, or keeps it: nothing is acknowledged any more. */
static void
leaver_stanza(void *ctx, struct stanza *stanza)
{
	(void)ctx;
	stanza_free(stanza);
}

static void
leaver_down(void *ctx, struct stream_failure *failure)
{
	struct stream *s = ctx;

	leaving = g_slist_remove(leaving, s);
	stream_failure_free(failure);
	stream_unref(s);
}

static const struct stream_handler leaver = { .step = leaver_step, .stanza = leaver_stanza, .down = leaver_down };

static void
net_free(struct stream *s)
{
	if (s == NULL)
		return;
	if (s->handler != NULL && s->closing && s->up && s->conn != NULL) {
		s->handler = &leaver;
		s->ctx = s;
		leaving = g_slist_prepend(leaving, s);
		return;
	}
	s->handler = NULL;
	stop_all(s);
	stream_unref(s);
}

const struct transport transport_net = {
	.open = net_open,
	.send = net_send,
	.hold = net_hold,
	.has_address = network_has,
	.close = net_close,
	.free = net_free,
};

bool
stream_initialise(GError **error)
{
	static bool done;

	if (!done) {
		/*
		 * A connection's thread may be in the middle of a handshake when the process ends; OpenSSL's clean-up
		 * at exit would take the tables away from under it.  First of all, before anything initialises it
		 * another way.
		 */
		OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
		xmpp_initialize();
		signal(SIGPIPE, SIG_IGN);	/* libstrophe writes without MSG_NOSIGNAL */
		done = true;
	}
	return guard_check(error) && tls_check(error);
}

void
stream_finish(void)
{
	while (leaving != NULL) {
		struct stream *s = leaving->data;

		leaving = g_slist_delete_link(leaving, leaving);
		s->handler = NULL;
		stop_all(s);
		stream_unref(s);
	}
	conn_wait_all(2000);
}

const char *
stream_libraries(void)
{
	static char *text;

	if (text == NULL)
		text = g_strdup_printf("libstrophe %d.%d, GNU SASL %s, Expat %s, OpenSSL %s", LIBXMPP_VERSION_MAJOR,
		    LIBXMPP_VERSION_MINOR, gsasl_check_version(NULL), XML_ExpatVersion() + strlen("expat_"),
		    OpenSSL_version(OPENSSL_VERSION_STRING));
	return text;
}
