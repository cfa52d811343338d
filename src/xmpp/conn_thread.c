/*
 * conn_thread.c: the thread of a connection.  See conn.h.
 *
 * What a reader would get wrong: libstrophe is used in raw mode as a socket, TLS and the feeder of a parser, whose
 * stanzas the guard makes and hands to on_stanza(); it knows nothing of the log-in.  TLS and new streams are begun
 * between two calls of xmpp_run_once() and never inside a handler, so that what the library has read before cannot be
 * taken for what came after.  It reads only what it is called for, and says nowhere how much it holds, so run() calls
 * it until the guard has seen nothing new.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <strophe.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "xmpp/conn_private.h"
#include "xmpp/failure.h"
#include "xmpp/ns.h"

enum { PIECE = 16384, PIECES = 4, KEEP_IDLE_S = 60, KEEP_INTERVAL_S = 7, KEEP_PROBES = 5 };

static _Thread_local struct conn *current;	/* libstrophe's socket callback has no user data */

/* --- for negotiate.c --- */

void
conn_step(struct conn *conn, const char *format, ...)
{
	struct conn_event event = { .kind = CONN_EVENT_STEP };
	va_list ap;

	va_start(ap, format);
	event.text = g_strdup_vprintf(format, ap);
	va_end(ap);
	conn_post(conn, event);
}

void
conn_enter(struct conn *conn, enum conn_phase phase)
{
	conn->phase = phase;
	conn_post(conn, (struct conn_event){ .kind = CONN_EVENT_PHASE, .phase = phase });
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
	if (conn->password != NULL)
		explicit_bzero(conn->password, strlen(conn->password));
	conn_enter(conn, CONN_UP);
	conn_post(conn, (struct conn_event){ .kind = CONN_EVENT_UP, .login = login });
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

char *
conn_local(struct conn *conn)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof address;
	char text[NI_MAXHOST];

	if (getsockname(conn->fd, (struct sockaddr *)&address, &len) == -1 ||
	    getnameinfo((const struct sockaddr *)&address, len, text, sizeof text, NULL, 0, NI_NUMERICHOST) != 0)
		return NULL;
	text[strcspn(text, "%")] = '\0';	/* the zone of a link-local one */
	return g_strdup(text);
}

/* --- the socket --- */

static void
set_option(int fd, int level, int option, int value)
{
	/* A kernel that lacks one of them still gives a connection. */
	(void)setsockopt(fd, level, option, &value, sizeof value);
}

/*
 * A link that dies is noticed by the kernel within 100 s, without waking anybody before; one that dies under a send
 * sooner, by core/link.h.  TCP_USER_TIMEOUT takes the place of the number of probes: were it less than all of them
 * take, the first one that gets lost on an idle line would be the end of it.
 */
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
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE_S);
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEP_INTERVAL_S);
	set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEP_PROBES);
	set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, (KEEP_IDLE_S + KEEP_INTERVAL_S * KEEP_PROBES) * 1000);
	pthread_mutex_lock(&current->mutex);
	if (current->fd != -1)
		close(current->fd);
	current->fd = copy;
	pthread_mutex_unlock(&current->mutex);
	return 0;
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
		return failure_new(STREAM_UNREACHABLE, NULL, NULL, "%s (%s) could not be reached: %s.",
		    conn->setup.peer,
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
		/* A host that was given as an address is not told twice. */
		if (strstr(conn->setup.peer, conn->setup.address) != NULL)
			conn_step(conn, "%s connected", conn->setup.peer);
		else
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
	return stanza_is(s, "message", NS_CLIENT) || stanza_is(s, "presence", NS_CLIENT) ||
	    stanza_is(s, "iq", NS_CLIENT);
}

static void
deliver(struct conn *conn, struct stanza *s)
{
	uint64_t bytes = conn->report.stanza_bytes;

	pthread_mutex_lock(&conn->mutex);
	conn->unread += bytes;
	pthread_mutex_unlock(&conn->mutex);
	conn_post(conn, (struct conn_event){ .kind = CONN_EVENT_STANZA, .stanza = s, .bytes = bytes });
}

static void
on_stanza(void *data, struct stanza *s)
{
	struct conn *conn = data;

	/* After <proceed/> nothing is looked at; begin_tls() finds that there was something. */
	if (conn->over || conn->failure != NULL || (conn->want_stream && conn->want_tls))
		;
	else if (conn->phase != CONN_UP)
		negotiate_element(conn->negotiate, s);
	else if (stanza_is(s, "error", NS_STREAM))
		conn_fail(conn, failure_from_stream_error(s, conn->setup.peer));
	else if (is_wanted(s))
		deliver(conn, g_steal_pointer(&s));
	stanza_free(s);
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
		return failure_new(STREAM_TLS_FAILED, NULL, NULL, "The TLS handshake with %s failed: %s. Nothing was "
		    "sent.",
		    conn->setup.peer, words != NULL ? words : "the connection was closed");
	}
	if (conn->watch.pin_differs)
		failure = failure_new(STREAM_PIN, NULL, NULL, "%s showed another certificate than the pinned "
		    "one%s%s. confab does not log in with it. Its SHA-256 is %s.", conn->setup.domain,
		    certificate->problem != NULL ? ": " : "",
		    certificate->problem != NULL ? certificate->problem : "", certificate->sha256);
	else
		failure = failure_new(STREAM_CERTIFICATE, NULL, NULL, "%s showed a certificate that confab does not "
		    "log in with: %s.%s Its SHA-256 is "
		    "%s.", conn->setup.domain, certificate->problem, conn->config.pin != NULL &&
		    certificate->pin_helps ? " It is the pinned one, but it was not pinned for that." : "",
		    certificate->sha256);
	failure->certificate = certificate;
	return failure;
}

static bool
begin_tls(struct conn *conn)
{
	g_autoptr(GDateTime) until = NULL;
	g_autofree char *date = NULL;

	if (conn->report.fed != conn->border) {
		conn_fail(conn, failure_new(STREAM_FORGED, NULL, NULL, "Something was sent in the clear after %s had "
		    "agreed to encryption. Somebody may sit in between; confab does not log in.", conn->setup.peer));
		return false;
	}
	conn_enter(conn, CONN_TLS);
	if (xmpp_conn_tls_start(conn->library) != 0 || !conn->watch.seen || !conn->watch.good) {
		conn_fail(conn, failure_of_tls(conn));
		return false;
	}
	until = g_date_time_new_from_unix_utc(conn->watch.certificate->not_after_ms / 1000);
	date = until != NULL ? g_date_time_format(until, "%Y-%m-%d") : g_strdup("?");
	conn_step(conn, "%s: %s, certificate of %s until %s, %d days left", conn->setup.peer, tls_version(&conn->watch),
	    conn->watch.certificate->issuer, date,
	    (int)((conn->watch.certificate->not_after_ms - clock_real_us() / 1000) / 86400000));
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
		lend("to"), lend(conn->setup.domain), lend("xml:lang"), lend(language(conn)), lend("version"),
		    lend("1.0"),
		lend("xmlns"), lend(NS_CLIENT), lend("xmlns:stream"), lend(NS_STREAM), lend("from"),
		    lend(conn->config.jid),
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
			error = g_strdup_printf("<stream:error><%s "
			    "xmlns='" NS_STREAMS "'/></stream:error></stream:stream>",
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
		conn_fail(conn, failure_new(STREAM_BROKEN, conn->report.condition, NULL,
		    "%s sent %s. confab has closed the connection.", conn->setup.peer, conn->report.words));
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
		/* A server with Nagle's algorithm on waits for what the kernel would hold back for 40 ms. */
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
	errno = 0;
	if (xmpp_connect_raw(conn->library, conn->setup.address, conn->setup.port, on_event, conn) != XMPP_EOK ||
	    conn->fd == -1) {
		conn->socket_error = errno;
		conn_fail(conn, failure_of_loss(conn));
		conn->over = true;
	}
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

void *
conn_thread_run(void *data)
{
	struct conn *conn = data;

	current = conn;
	pthread_setname_np(pthread_self(), "stream");
	conn->report.stanza = on_stanza;
	conn->report.ctx = conn;
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
	conn_setup_free(conn);
	conn_post(conn, (struct conn_event){ .kind = CONN_EVENT_END, .phase = conn->phase, .failure = conn->failure,
	    .forget_resume = conn->forget_resume });
	conn_unref(conn);
	conn_count_thread(-1);
	return NULL;
}
