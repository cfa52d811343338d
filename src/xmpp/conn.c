/*
 * conn.c: see conn.h.
 *
 * What a reader would get wrong: libstrophe is used in raw mode as a socket, TLS and a parser; it knows nothing of the
 * log-in.  TLS and new streams are begun between two calls of xmpp_run_once() and never inside a handler, so that what
 * the library has read before cannot be taken for what came after.  It reads only what it is called for, and says
 * nowhere how much it holds, so run() calls it until the guard has seen nothing new.
 */
#include "xmpp/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <strophe.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/queue.h"
#include "xmpp/convert.h"
#include "xmpp/failure.h"
#include "xmpp/guard.h"
#include "xmpp/negotiate.h"
#include "xmpp/ns.h"
#include "xmpp/tls.h"

enum { PIECE = 16384, PIECES = 4, STACK = 1024 * 1024 };

struct conn_deadlines conn_deadlines = {
	.name_ms = 10000,
	.phase_ms = { [CONN_CONNECT] = 10000, [CONN_TLS] = 15000, [CONN_OPEN] = 15000, [CONN_LOGIN] = 15000 },
	.close_ms = 2000,
	.stuck_ms = 2000,
};

enum command_kind { COMMAND_SEND, COMMAND_HOLD, COMMAND_GO_ON, COMMAND_CLOSE, COMMAND_WAKE };

struct command {
	enum command_kind kind;
	size_t		 len;
	char		 data[];
};

struct conn {
	struct queue	*events, *commands;

	pthread_mutex_t	 mutex;		/* of what follows, up to the next comment */
	int		 refs;
	int		 fd;		/* a duplicate of libstrophe's socket, so that its number is ours; -1 */
	bool		 cut;
	bool		 stalled;	/* the thread waits for unread to shrink */
	uint64_t	 unread, unsent;	/* bytes */

	/* What was given; constant. */
	struct stream_config config;
	struct conn_setup setup;
	char		*password;

	/* The thread's own. */
	xmpp_ctx_t	*ctx;
	xmpp_conn_t	*library;
	int		 epoll;
	struct guard_report report;
	struct tls_watch watch;
	struct negotiate *negotiate;
	enum conn_phase	 phase;
	GQueue		 out;		/* of struct command, not given to the library yet */
	bool		 want_stream, want_tls;
	uint64_t	 border;	/* where the stream was when a new one was wanted */
	int		 socket_error;
	bool		 hold, closing, over;
	struct stream_failure *failure;
	bool		 forget_resume;
};

static _Thread_local struct conn *current;	/* libstrophe's socket callback has no user data */

/* --- things that pass between the threads --- */

void
conn_login_free(struct conn_login *login)
{
	g_free(login->jid);
	g_free(login->sm_id);
	g_free(login->sm_location);
	g_free(login->tls);
	g_free(login->mechanism);
	g_free(login->peer);
	stanza_free(login->features);
	g_free(login);
}

void
conn_event_free(void *data)
{
	struct conn_event *event = data;

	g_free(event->text);
	if (event->login != NULL)
		conn_login_free(event->login);
	stanza_free(event->stanza);
	stream_failure_free(event->failure);
	g_free(event);
}

static void
post(struct conn *conn, struct conn_event event)
{
	queue_put(conn->events, g_memdup2(&event, sizeof event));
}

static void
command(struct conn *conn, enum command_kind kind, const char *data, size_t len)
{
	struct command *c = g_malloc(sizeof *c + len);

	c->kind = kind;
	c->len = len;
	if (len > 0)
		memcpy(c->data, data, len);
	queue_put(conn->commands, c);
}

static void
conn_unref(struct conn *conn)
{
	bool last;

	pthread_mutex_lock(&conn->mutex);
	last = --conn->refs == 0;
	pthread_mutex_unlock(&conn->mutex);
	if (!last)
		return;
	queue_free(conn->events, conn_event_free);
	queue_free(conn->commands, g_free);
	pthread_mutex_destroy(&conn->mutex);
	g_free(conn);
}

static void
set_option(int fd, int level, int option, int value)
{
	/* A kernel that lacks one of them still gives a connection. */
	(void)setsockopt(fd, level, option, &value, sizeof value);
}

/* --- for negotiate.c --- */

void
conn_step(struct conn *conn, const char *format, ...)
{
	struct conn_event event = { .kind = CONN_EVENT_STEP };
	va_list ap;

	va_start(ap, format);
	event.text = g_strdup_vprintf(format, ap);
	va_end(ap);
	post(conn, event);
}

void
conn_enter(struct conn *conn, enum conn_phase phase)
{
	conn->phase = phase;
	post(conn, (struct conn_event){ .kind = CONN_EVENT_PHASE, .phase = phase });
}

static void
queue_out(struct conn *conn, const char *data, size_t len)
{
	size_t n;

	for (; len > 0; data += n, len -= n) {
		struct command *piece;

		n = MIN(len, PIECE);
		piece = g_malloc(sizeof *piece + n + 1);
		piece->kind = COMMAND_SEND;
		piece->len = n;
		memcpy(piece->data, data, n);
		piece->data[n] = '\0';	/* the library is told the length and looks for the end all the same */
		g_queue_push_tail(&conn->out, piece);
	}
}

/* Whether anything but our wish for TLS may be said. */
static bool
may_speak(const struct conn *conn)
{
	return conn->watch.good || conn->config.tls == STREAM_TLS_OFF;
}

void
conn_write(struct conn *conn, const char *xml)
{
	if (may_speak(conn) || g_str_has_prefix(xml, "<starttls "))
		queue_out(conn, xml, strlen(xml));
}

void
conn_write_stanza(struct conn *conn, const struct stanza *s)
{
	char *xml = stanza_to_xml(s);

	conn_write(conn, xml);
	explicit_bzero(xml, strlen(xml));	/* it may be <auth/> */
	g_free(xml);
}

void
conn_restart(struct conn *conn, bool with_tls)
{
	conn->want_stream = true;
	conn->want_tls = with_tls;
	conn->border = conn->report.border;
}

void
conn_forget_resume(struct conn *conn)
{
	conn->forget_resume = true;
}

void
conn_fail(struct conn *conn, struct stream_failure *failure)
{
	if (conn->failure == NULL && !conn->over)
		conn->failure = failure;
	else
		stream_failure_free(failure);
}

void
conn_up(struct conn *conn, struct conn_login *login)
{
	conn_enter(conn, CONN_UP);
	post(conn, (struct conn_event){ .kind = CONN_EVENT_UP, .login = login });
}

GBytes *
conn_binding(void *data, const char *type)
{
	struct conn *conn = data;

	return conn->watch.good ? tls_binding(&conn->watch, type) : NULL;
}

const char *
conn_tls_version(const struct conn *conn)
{
	return conn->watch.good ? tls_version(&conn->watch) : NULL;
}

/* --- the socket --- */

/* A link that dies while idle is noticed by the kernel within 100 s, one that dies under a send within 30 s; neither
 * wakes anybody before. */
static int
on_socket(xmpp_conn_t *library, void *data)
{
	int fd = *(int *)data, copy;

	(void)library;
	if (fd >= FD_SETSIZE) {		/* libstrophe uses select() */
		errno = EMFILE;
		return -1;
	}
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (copy == -1)
		return -1;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 60);
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 10);
	set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 4);
	set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 30000);
	pthread_mutex_lock(&current->mutex);
	if (current->fd != -1)
		close(current->fd);
	current->fd = copy;
	pthread_mutex_unlock(&current->mutex);
	return 0;
}

void
conn_cut(struct conn *conn)
{
	pthread_mutex_lock(&conn->mutex);
	conn->cut = true;
	if (conn->fd != -1)
		shutdown(conn->fd, SHUT_RDWR);
	pthread_mutex_unlock(&conn->mutex);
	command(conn, COMMAND_WAKE, NULL, 0);
}

static bool
is_cut(struct conn *conn)
{
	bool cut;

	pthread_mutex_lock(&conn->mutex);
	cut = conn->cut;
	pthread_mutex_unlock(&conn->mutex);
	return cut;
}

/* --- libstrophe's callbacks --- */

static struct stream_failure *
failure_of_loss(struct conn *conn)
{
	static const char *const during[CONN_PHASES] = {
		[CONN_TLS] = "in the TLS handshake", [CONN_OPEN] = "before the log-in", [CONN_LOGIN] = "in the log-in",
	};
	const char *why = conn->socket_error != 0 ? g_strerror(conn->socket_error) : NULL;

	if (conn->phase == CONN_CONNECT)
		return failure_new(STREAM_UNREACHABLE, NULL, NULL, "%s (%s) could not be reached: %s.", conn->setup.peer,
		    conn->setup.address, why != NULL ? why : "connection refused");
	if (conn->socket_error == ETIMEDOUT)
		return failure_new(STREAM_LOST, NULL, NULL, "The connection to %s is dead: nothing comes back from it.",
		    conn->setup.peer);
	if (conn->phase == CONN_UP)
		return failure_new(STREAM_LOST, NULL, NULL, "The connection to %s was closed%s%s.", conn->setup.peer,
		    why != NULL ? ": " : "", why != NULL ? why : "");
	return failure_new(STREAM_LOST, NULL, NULL, "%s closed the connection %s without a reason.", conn->setup.peer,
	    during[conn->phase]);
}

static void
on_event(xmpp_conn_t *library, xmpp_conn_event_t event, int error, xmpp_stream_error_t *stream_error, void *data)
{
	struct conn *conn = data;

	(void)library;
	(void)error;
	(void)stream_error;
	if (conn->over)
		return;
	switch (event) {
	case XMPP_CONN_RAW_CONNECT:
		conn_step(conn, "%s connected (%s)", conn->setup.peer, conn->setup.address);
		negotiate_connected(conn->negotiate);
		break;
	case XMPP_CONN_CONNECT:
		negotiate_opened(conn->negotiate);
		break;
	default:
		if (!conn->closing)
			conn_fail(conn, failure_of_loss(conn));
		conn->over = true;
	}
}

/* What belongs to nobody is dropped: it cannot hurt, and ending the stream over it would. */
static bool
is_wanted(const struct stanza *s)
{
	if (strcmp(stanza_ns(s), NS_SM) == 0)
		return true;
	return stanza_is(s, "message", NS_CLIENT) || stanza_is(s, "presence", NS_CLIENT) || stanza_is(s, "iq", NS_CLIENT);
}

static void
deliver(struct conn *conn, struct stanza *s)
{
	uint64_t bytes = conn->report.stanza_bytes;

	pthread_mutex_lock(&conn->mutex);
	conn->unread += bytes;
	pthread_mutex_unlock(&conn->mutex);
	post(conn, (struct conn_event){ .kind = CONN_EVENT_STANZA, .stanza = s, .bytes = bytes });
}

static int
on_stanza(xmpp_conn_t *library, xmpp_stanza_t *stanza, void *data)
{
	struct conn *conn = data;
	struct stanza *s;

	(void)library;
	/* After <proceed/> nothing is looked at; begin_tls() finds that there was something. */
	if (conn->over || conn->failure != NULL || (conn->want_stream && conn->want_tls))
		return 1;
	s = convert_stanza(stanza);
	if (conn->phase != CONN_UP)
		negotiate_element(conn->negotiate, s);
	else if (stanza_is(s, "error", NS_STREAM))
		conn_fail(conn, failure_from_stream_error(s, conn->setup.peer));
	else if (is_wanted(s)) {
		deliver(conn, s);
		return 1;
	}
	stanza_free(s);
	return 1;
}

/* --- TLS and streams --- */

static struct stream_failure *
failure_of_tls(struct conn *conn)
{
	struct stream_certificate *certificate = g_steal_pointer(&conn->watch.certificate);
	g_autofree char *reason = tls_error_text(), *words = failure_words(reason);
	struct stream_failure *failure;

	if (certificate == NULL || conn->watch.good) {
		stream_certificate_free(certificate);
		return failure_new(STREAM_TLS_FAILED, NULL, NULL, "The TLS handshake with %s failed: %s. Nothing was sent.",
		    conn->setup.peer, words != NULL ? words : "the connection was closed");
	}
	if (conn->watch.pin_differs)
		failure = failure_new(STREAM_PIN, NULL, NULL, "%s showed another certificate than the pinned one%s%s. confab does "
		    "not log in with it. Its SHA-256 is %s.", conn->setup.domain, certificate->problem != NULL ? ": " : "",
		    certificate->problem != NULL ? certificate->problem : "", certificate->sha256);
	else
		failure = failure_new(STREAM_CERTIFICATE, NULL, NULL, "%s showed a certificate that confab does not log in with: "
		    "%s. Its SHA-256 is %s.", conn->setup.domain, certificate->problem, certificate->sha256);
	failure->certificate = certificate;
	return failure;
}

static bool
begin_tls(struct conn *conn)
{
	g_autoptr(GDateTime) until = NULL;
	g_autofree char *date = NULL;

	if (conn->report.fed != conn->border) {
		conn_fail(conn, failure_new(STREAM_FORGED, NULL, NULL, "Something was sent in the clear after %s had agreed to "
		    "encryption. Somebody may sit in between; confab does not log in.", conn->setup.peer));
		return false;
	}
	conn_enter(conn, CONN_TLS);
	if (xmpp_conn_tls_start(conn->library) != 0 || !conn->watch.seen || !conn->watch.good) {
		conn_fail(conn, failure_of_tls(conn));
		return false;
	}
	until = g_date_time_new_from_unix_utc(conn->watch.certificate->not_after_ms / 1000);
	date = until != NULL ? g_date_time_format(until, "%Y-%m-%d") : g_strdup("?");
	conn_step(conn, "%s: %s, certificate of %s until %s", conn->setup.peer, tls_version(&conn->watch),
	    conn->watch.certificate->issuer, date);
	return true;
}

static const char *
language(const struct conn *conn)
{
	const char *lang = conn->config.lang;

	return lang != NULL && lang[0] != '\0' && strspn(lang, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789-") == strlen(lang) ? lang : "en";
}

/* libstrophe takes the attributes without const, and only reads them. */
static char *
lend(const char *text)
{
	union { const char *lent; char *taken; } pointer = { .lent = text };

	return pointer.taken;
}

static void
begin_stream(struct conn *conn)
{
	bool with_tls = conn->want_tls;
	char *attributes[] = {
		lend("to"), lend(conn->setup.domain), lend("xml:lang"), lend(language(conn)), lend("version"), lend("1.0"),
		lend("xmlns"), lend(NS_CLIENT), lend("xmlns:stream"), lend(NS_STREAM), lend("from"), lend(conn->config.jid),
	};
	/* Who we are is nobody's business before TLS. */
	size_t n = G_N_ELEMENTS(attributes) - (conn->watch.good || with_tls ? 0 : 2);

	conn->want_stream = conn->want_tls = false;
	if (with_tls && !begin_tls(conn))
		return;
	conn_enter(conn, CONN_OPEN);
	xmpp_conn_open_stream(conn->library, attributes, n);
}

/* --- the loop --- */

/* At most a few pieces, so that the library never holds more than what the socket takes soon. */
static bool
give_out(struct conn *conn)
{
	struct pollfd ready = { .fd = conn->fd, .events = POLLOUT };
	struct command *piece;
	bool some = false;
	int i;

	if (conn->out.length == 0 || !xmpp_conn_is_connected(conn->library) ||
	    xmpp_conn_send_queue_len(conn->library) > 0 || poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0)
		return false;
	for (i = 0; i < PIECES && (piece = g_queue_pop_head(&conn->out)) != NULL; i++) {
		xmpp_send_raw(conn->library, piece->data, piece->len);
		pthread_mutex_lock(&conn->mutex);
		conn->unsent -= MIN(conn->unsent, piece->len);
		pthread_mutex_unlock(&conn->mutex);
		explicit_bzero(piece->data, piece->len);
		g_free(piece);
		some = true;
	}
	return some;
}

/* Whether the main thread has more than enough to do; it wakes us when it has not. */
static bool
is_stalled(struct conn *conn)
{
	bool stalled;

	pthread_mutex_lock(&conn->mutex);
	stalled = conn->unread >= LIMIT_STREAM_UNREAD && !conn->cut;
	if (stalled)
		conn->stalled = true;
	pthread_mutex_unlock(&conn->mutex);
	return stalled;
}

static void
end_politely(struct conn *conn)
{
	g_autofree char *error = NULL;
	int i;

	if (xmpp_conn_is_connected(conn->library) && may_speak(conn) && !conn->want_tls &&
	    (conn->phase == CONN_UP || conn->phase == CONN_OPEN || conn->phase == CONN_LOGIN)) {
		if (conn->report.failed)
			error = g_strdup_printf("<stream:error><%s xmlns='" NS_STREAMS "'/></stream:error></stream:stream>",
			    conn->report.condition);
		queue_out(conn, error != NULL ? error : "</stream:stream>",
		    strlen(error != NULL ? error : "</stream:stream>"));
		for (i = 0; i < PIECES && give_out(conn); i++)
			xmpp_run_once(conn->ctx, 0);
	}
	conn->over = true;
}

static void
after_run(struct conn *conn)
{
	if (conn->over)
		return;
	if (conn->want_stream && conn->failure == NULL && !(conn->report.failed && !conn->want_tls))
		begin_stream(conn);
	if (conn->report.failed && conn->failure == NULL)
		conn_fail(conn, failure_new(STREAM_BROKEN, conn->report.condition, NULL, "%s sent %s. confab has closed the "
		    "connection.", conn->setup.peer, conn->report.words));
	if (conn->failure != NULL)
		end_politely(conn);
}

static void
run(struct conn *conn)
{
	uint64_t before;
	int quiet = 0;
	bool busy;

	/* Twice, because one call that read nothing may have been the one that only wrote. */
	while (!conn->over && quiet < 2) {
		if ((conn->hold && !is_cut(conn)) || is_stalled(conn))
			return;
		before = conn->report.total;
		busy = give_out(conn);
		xmpp_run_once(conn->ctx, 0);
		/* A server that does not switch Nagle's algorithm off waits for what the kernel holds back for 40 ms. */
		if (conn->phase < CONN_UP)
			set_option(conn->fd, IPPROTO_TCP, TCP_QUICKACK, 1);
		busy = busy || conn->want_stream || conn->report.total != before;
		after_run(conn);
		quiet = busy ? 0 : quiet + 1;
	}
}

static void
begin_close(struct conn *conn)
{
	static const char end[] = "</stream:stream>";

	if (conn->closing)
		return;
	conn->closing = true;
	conn->hold = false;
	queue_out(conn, end, sizeof end - 1);
}

static void
take_commands(struct conn *conn)
{
	struct command *c;

	while ((c = queue_take(conn->commands)) != NULL) {
		switch (c->kind) {
		case COMMAND_SEND:
			if (conn->phase == CONN_UP && !conn->closing)
				queue_out(conn, c->data, c->len);
			break;
		case COMMAND_HOLD:
			conn->hold = !conn->closing;
			break;
		case COMMAND_GO_ON:
			conn->hold = false;
			break;
		case COMMAND_CLOSE:
			begin_close(conn);
			break;
		case COMMAND_WAKE:
			break;
		}
		g_free(c);
	}
}

static void
watch_fd(struct conn *conn, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	if (epoll_ctl(conn->epoll, EPOLL_CTL_ADD, fd, &event) == -1)
		g_error("epoll: %s", g_strerror(errno));
}

static void
loop(struct conn *conn)
{
	struct epoll_event events[4];
	socklen_t len = sizeof conn->socket_error;
	int n, i;

	watch_fd(conn, queue_fd(conn->commands), EPOLLIN);
	watch_fd(conn, conn->fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
	while (!conn->over) {
		n = epoll_wait(conn->epoll, events, G_N_ELEMENTS(events), -1);
		for (i = 0; i < n; i++)
			if (events[i].data.fd == conn->fd && (events[i].events & EPOLLERR) != 0)
				getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &conn->socket_error, &len);
		take_commands(conn);
		run(conn);
		if (is_cut(conn) && !conn->over) {	/* the library has nothing that it could notice */
			conn_fail(conn, failure_of_loss(conn));
			conn->over = true;
		}
	}
}

static void
start_library(struct conn *conn)
{
	conn->ctx = xmpp_ctx_new(NULL, NULL);
	conn->library = xmpp_conn_new(conn->ctx);
	xmpp_conn_set_jid(conn->library, conn->setup.ascii);
	xmpp_conn_set_sockopt_callback(conn->library, on_socket);
	xmpp_handler_add(conn->library, on_stanza, NULL, NULL, NULL, conn);
	errno = 0;
	if (xmpp_connect_raw(conn->library, conn->setup.address, conn->setup.port, on_event, conn) != XMPP_EOK ||
	    conn->fd == -1) {
		conn->socket_error = errno;
		conn_fail(conn, failure_of_loss(conn));
		conn->over = true;
	}
}

static void
free_setup(struct conn *conn)
{
	if (conn->password != NULL)
		explicit_bzero(conn->password, strlen(conn->password));
	g_free(conn->password);
	g_free(lend(conn->config.jid));
	g_free(lend(conn->config.resource));
	g_free(lend(conn->config.ca_file));
	g_free(lend(conn->config.pin));
	g_free(lend(conn->config.lang));
	g_free(lend(conn->config.resume_id));
	g_free(lend(conn->config.resume_jid));
	g_free(lend(conn->setup.domain));
	g_free(lend(conn->setup.ascii));
	g_free(lend(conn->setup.address));
	g_free(lend(conn->setup.peer));
}

static void
stop_library(struct conn *conn)
{
	/* Without this the library would wait for the other side's end of TLS. */
	pthread_mutex_lock(&conn->mutex);
	if (conn->fd != -1)
		shutdown(conn->fd, SHUT_RDWR);
	pthread_mutex_unlock(&conn->mutex);
	conn->over = true;
	xmpp_conn_release(conn->library);
	xmpp_ctx_free(conn->ctx);
	pthread_mutex_lock(&conn->mutex);
	if (conn->fd != -1)
		close(conn->fd);
	conn->fd = -1;
	pthread_mutex_unlock(&conn->mutex);
}

static void count_thread(int);

static void *
thread(void *data)
{
	struct conn *conn = data;

	current = conn;
	guard_watch(&conn->report);
	tls_watch(&conn->watch);
	conn->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (conn->epoll == -1)
		g_error("epoll: %s", g_strerror(errno));
	conn->negotiate = negotiate_new(conn, &conn->setup);
	conn_enter(conn, CONN_CONNECT);
	start_library(conn);
	if (!conn->over)
		loop(conn);
	stop_library(conn);
	negotiate_free(conn->negotiate);
	g_queue_clear_full(&conn->out, g_free);
	tls_watch_clear(&conn->watch);
	tls_leave_thread();
	guard_watch(NULL);
	close(conn->epoll);
	free_setup(conn);
	post(conn, (struct conn_event){ .kind = CONN_EVENT_END, .phase = conn->phase, .failure = conn->failure,
	    .forget_resume = conn->forget_resume });
	conn_unref(conn);
	count_thread(-1);
	return NULL;
}

/* --- threads that are there --- */

static struct {
	pthread_mutex_t	 mutex;
	pthread_cond_t	 changed;
	int		 count;
} threads = { .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static void
count_thread(int change)
{
	pthread_mutex_lock(&threads.mutex);
	threads.count += change;
	pthread_cond_broadcast(&threads.changed);
	pthread_mutex_unlock(&threads.mutex);
}

void
conn_wait_all(int64_t timeout_ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += timeout_ms / 1000;
	pthread_mutex_lock(&threads.mutex);
	while (threads.count > 0 &&
	    pthread_cond_clockwait(&threads.changed, &threads.mutex, CLOCK_MONOTONIC, &until) == 0)
		;
	pthread_mutex_unlock(&threads.mutex);
}

/* --- for the main thread --- */

static void
copy_setup(struct conn *conn, const struct conn_setup *setup)
{
	const struct stream_config *config = setup->config;

	conn->config = *config;
	conn->config.jid = g_strdup(config->jid);
	conn->config.password = conn->password = g_strdup(config->password);
	conn->config.resource = g_strdup(config->resource);
	conn->config.host = NULL;
	conn->config.ca_file = g_strdup(config->ca_file);
	conn->config.pin = g_strdup(config->pin);
	conn->config.lang = g_strdup(config->lang);
	conn->config.resume_id = g_strdup(config->resume_id);
	conn->config.resume_jid = g_strdup(config->resume_jid);
	conn->setup = *setup;
	conn->setup.config = &conn->config;
	conn->setup.domain = g_strdup(setup->domain);
	conn->setup.ascii = g_strdup(setup->ascii);
	conn->setup.address = g_strdup(setup->address);
	conn->setup.peer = g_strdup(setup->peer);
	conn->watch.domain = conn->setup.ascii;
	conn->watch.pin = conn->config.pin;
	conn->watch.pin_trusted = conn->config.pin_trusted;
	conn->watch.ca_file = conn->config.ca_file;
}

struct conn *
conn_start(const struct conn_setup *setup)
{
	struct conn *conn = g_new0(struct conn, 1);
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t id;
	int error;

	conn->events = queue_new();
	conn->commands = queue_new();
	pthread_mutex_init(&conn->mutex, NULL);
	conn->refs = 2;
	conn->fd = -1;
	g_queue_init(&conn->out);
	copy_setup(conn, setup);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);	/* the new thread takes none */
	count_thread(1);
	error = pthread_create(&id, &attributes, thread, conn);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (error != 0) {
		count_thread(-1);
		post(conn, (struct conn_event){ .kind = CONN_EVENT_END, .failure = failure_new(STREAM_UNREACHABLE, NULL, NULL,
		    "This machine does not let confab make a thread: %s.", g_strerror(error)) });
		free_setup(conn);
		conn_unref(conn);
	}
	return conn;
}

int
conn_fd(const struct conn *conn)
{
	return queue_fd(conn->events);
}

struct conn_event *
conn_take(struct conn *conn)
{
	struct conn_event *event = queue_take(conn->events);
	bool wake = false;

	if (event == NULL || event->bytes == 0)
		return event;
	pthread_mutex_lock(&conn->mutex);
	conn->unread -= event->bytes;
	if (conn->stalled && conn->unread < LIMIT_STREAM_UNREAD / 2) {
		conn->stalled = false;
		wake = true;
	}
	pthread_mutex_unlock(&conn->mutex);
	if (wake)
		command(conn, COMMAND_WAKE, NULL, 0);
	return event;
}

void
conn_send(struct conn *conn, const char *xml, size_t len)
{
	bool full;

	pthread_mutex_lock(&conn->mutex);
	conn->unsent += len;
	full = conn->unsent > LIMIT_STREAM_UNSENT;
	pthread_mutex_unlock(&conn->mutex);
	if (full)
		conn_cut(conn);
	else
		command(conn, COMMAND_SEND, xml, len);
}

void
conn_hold(struct conn *conn, bool hold)
{
	command(conn, hold ? COMMAND_HOLD : COMMAND_GO_ON, NULL, 0);
}

void
conn_close(struct conn *conn)
{
	command(conn, COMMAND_CLOSE, NULL, 0);
}

void
conn_release(struct conn *conn)
{
	conn_cut(conn);
	conn_unref(conn);
}
