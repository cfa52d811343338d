/*
 * conn.c: the main thread's side of a connection: what it gives to the thread, and what it takes.  See conn.h.
 */
#include "xmpp/conn.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/limits.h"
#include "xmpp/conn_private.h"
#include "xmpp/failure.h"

enum { STACK = 1024 * 1024 };

struct conn_deadlines conn_deadlines = {
	.name_ms = 10000,
	.phase_ms = { [CONN_CONNECT] = 10000, [CONN_TLS] = 15000, [CONN_OPEN] = 15000, [CONN_LOGIN] = 15000 },
	.close_ms = 2000,
	.stuck_ms = 2000,
};

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
	g_free(login->local);
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

void
conn_post(struct conn *conn, struct conn_event event)
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

void
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

/* What was copied is constant while it is used, and ours all the same. */
static void
give_back(const char *text)
{
	union { const char *lent; char *ours; } pointer = { .lent = text };

	g_free(pointer.ours);
}

void
conn_setup_free(struct conn *conn)
{
	if (conn->password != NULL)
		explicit_bzero(conn->password, strlen(conn->password));
	g_free(conn->password);
	give_back(conn->config.jid);
	give_back(conn->config.resource);
	give_back(conn->config.ca_file);
	give_back(conn->config.pin);
	give_back(conn->config.mechanism);
	give_back(conn->config.lang);
	give_back(conn->config.resume_id);
	give_back(conn->config.resume_jid);
	give_back(conn->setup.domain);
	give_back(conn->setup.ascii);
	give_back(conn->setup.address);
	give_back(conn->setup.peer);
}

/* --- threads that are there --- */

static struct {
	pthread_mutex_t	 mutex;
	pthread_cond_t	 changed;
	int		 count;
} threads = { .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

void
conn_count_thread(int change)
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
	conn->config.mechanism = g_strdup(config->mechanism);
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
	conn->watch.pin_flaws = conn->config.pin_flaws;
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
	conn_count_thread(1);
	error = pthread_create(&id, &attributes, conn_thread_run, conn);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (error != 0) {
		conn_count_thread(-1);
		conn_post(conn, (struct conn_event){ .kind = CONN_EVENT_END, .failure = failure_new(STREAM_UNREACHABLE,
		    NULL, NULL,
		    "This machine does not let confab make a thread: %s.", g_strerror(error)) });
		conn_setup_free(conn);
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

bool
conn_send(struct conn *conn, const char *xml, size_t len)
{
	bool full;

	pthread_mutex_lock(&conn->mutex);
	full = conn->unsent + len > LIMIT_STREAM_UNSENT;
	if (!full)
		conn->unsent += len;
	pthread_mutex_unlock(&conn->mutex);
	if (!full)
		command(conn, COMMAND_SEND, xml, len);
	return !full;
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
