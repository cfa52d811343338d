/*
 * wire.c: see wire.h.  What is sent is written when the loop comes around, so that many small lines of one turn leave
 * in one write.  A wire may be freed in any of its callbacks: it then only dies when the outermost of them has
 * returned.
 */
#include "proto/wire.h"

#include <errno.h>
#include <glib-unix.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/limits.h"

enum {
	READ_SIZE = 16384,	/* bytes in one turn of the loop: the keyboard must not wait for a flood */
};

struct wire {
	int		 fd;
	const struct wire_handler *handler;
	void		*ctx;
	GString		*in;		/* a line that is not whole yet */
	gsize		 scanned;	/* bytes of it known to hold no newline */
	bool		 skipping;	/* the line was too long: drop up to its end */
	GString		*out;
	gsize		 written;	/* bytes of out that are gone */
	GSource		*reader, *writer;
	int		 priority;
	unsigned	 busy;		/* callbacks under way */
	bool		 held, closed, freed;
};

static void
free_wiped(void *memory)
{
	if (memory != NULL)
		explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

void
wire_wipe_what_is_freed(void)
{
	json_set_alloc_funcs(malloc, free_wiped);
}

/* What was read may have been the answer to a question: no copy of it stays behind. */
static void
drop(GString *in, gsize len)
{
	gsize before = in->len;

	g_string_erase(in, 0, (gssize)len);
	explicit_bzero(in->str + in->len, before - in->len);
}

static void
destroy(struct wire *wire)
{
	drop(wire->in, wire->in->len);
	g_string_free(wire->in, TRUE);
	g_string_free(wire->out, TRUE);
	close(wire->fd);
	g_free(wire);
}

static void
clear_source(GSource **source)
{
	if (*source == NULL)
		return;
	g_source_destroy(*source);
	g_clear_pointer(source, g_source_unref);
}

static void
enter(struct wire *wire)
{
	wire->busy++;
}

/* False: the wire is gone. */
static bool
leave(struct wire *wire)
{
	bool alive = !wire->freed;

	if (--wire->busy == 0 && wire->freed)
		destroy(wire);
	return alive;
}

static void
hang_up(struct wire *wire)
{
	if (wire->closed)
		return;
	wire->closed = true;
	clear_source(&wire->reader);
	clear_source(&wire->writer);
	wire->handler->closed(wire->ctx);
}

static void
hand_over(struct wire *wire, const char *line, gsize len)
{
	json_t *message = len <= LIMIT_LINE ? json_loadb(line, len, 0, NULL) : NULL;

	if (!json_is_object(message))
		g_clear_pointer(&message, json_decref);
	wire->handler->message(wire->ctx, message);
	json_decref(message);
}

/* Every whole line in the buffer, as long as the callbacks want more. */
static void
split(struct wire *wire)
{
	gsize start = 0;
	char *newline;

	while (!wire->freed && !wire->held &&
	    (newline = memchr(wire->in->str + MAX(start, wire->scanned), '\n',
	    wire->in->len - MAX(start, wire->scanned))) != NULL) {
		gsize end = (gsize)(newline - wire->in->str);

		wire->scanned = 0;
		if (wire->skipping)
			wire->skipping = false;
		else if (end > start)
			hand_over(wire, wire->in->str + start, end - start);
		start = end + 1;
	}
	if (wire->freed)
		return;
	drop(wire->in, start);
	if (wire->held)
		return;
	wire->scanned = wire->in->len;
	if (wire->in->len > LIMIT_LINE) {
		if (!wire->skipping)
			wire->handler->message(wire->ctx, NULL);
		if (wire->freed)
			return;
		wire->skipping = true;
		drop(wire->in, wire->in->len);
		wire->scanned = 0;
	}
}

/* One read in each turn of the loop. */
static gboolean
readable(gint fd, GIOCondition condition, gpointer data)
{
	struct wire *wire = data;
	gsize len = wire->in->len;
	ssize_t n;

	(void)condition;
	enter(wire);
	g_string_set_size(wire->in, len + READ_SIZE);
	do
		n = read(fd, wire->in->str + len, READ_SIZE);
	while (n == -1 && errno == EINTR);
	g_string_set_size(wire->in, len + (n > 0 ? (gsize)n : 0));
	if (n > 0) {
		heap_passed((size_t)n);
		split(wire);
	} else if (n == 0 || errno != EAGAIN) {
		hang_up(wire);
	}
	leave(wire);
	/* Where the wire is closed or held its sources are destroyed already. */
	return G_SOURCE_CONTINUE;
}

static void
flush(struct wire *wire)
{
	while (wire->written < wire->out->len) {
		ssize_t n = write(wire->fd, wire->out->str + wire->written, wire->out->len - wire->written);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			break;
		wire->written += (gsize)n;
		heap_passed((size_t)n);
	}
	if (wire->written == wire->out->len) {
		explicit_bzero(wire->out->str, wire->out->len);
		g_string_truncate(wire->out, 0);
		wire->written = 0;
	} else if (wire->written > LIMIT_LINE) {
		g_string_erase(wire->out, 0, (gssize)wire->written);
		wire->written = 0;
	}
}

static gboolean
writable(gint fd, GIOCondition condition, gpointer data)
{
	struct wire *wire = data;

	(void)fd;
	enter(wire);
	errno = 0;
	flush(wire);
	if (wire_pending(wire) == 0) {
		clear_source(&wire->writer);
		if (wire->handler->drained != NULL)
			wire->handler->drained(wire->ctx);
	} else if (condition & (G_IO_ERR | G_IO_HUP) || (errno != EAGAIN && errno != 0)) {
		hang_up(wire);
	}
	leave(wire);
	return G_SOURCE_CONTINUE;
}

static GSource *
watch(struct wire *wire, GIOCondition condition, GUnixFDSourceFunc fn)
{
	GSource *source = g_unix_fd_source_new(wire->fd, condition);

	g_source_set_priority(source, wire->priority);
	g_source_set_callback(source, (GSourceFunc)(void (*)(void))fn, wire, NULL);
	g_source_attach(source, NULL);
	return source;
}

struct wire *
wire_new(int fd, const struct wire_handler *handler, void *ctx)
{
	struct wire *wire = g_new0(struct wire, 1);

	g_unix_set_fd_nonblocking(fd, TRUE, NULL);
	wire->fd = fd;
	wire->handler = handler;
	wire->ctx = ctx;
	wire->in = g_string_new(NULL);
	wire->out = g_string_new(NULL);
	wire->priority = G_PRIORITY_DEFAULT;
	wire->reader = watch(wire, G_IO_IN | G_IO_HUP | G_IO_ERR, readable);
	return wire;
}

void
wire_free(struct wire *wire)
{
	if (wire == NULL || wire->freed)
		return;
	clear_source(&wire->reader);
	clear_source(&wire->writer);
	if (!wire->closed)
		flush(wire);
	wire->freed = true;
	if (wire->busy == 0)
		destroy(wire);
}

void
wire_send_text(struct wire *wire, const char *line, size_t len)
{
	if (wire->closed || wire->freed)
		return;
	g_string_append_len(wire->out, line, (gssize)len);
	g_string_append_c(wire->out, '\n');
	if (wire->writer == NULL)
		wire->writer = watch(wire, G_IO_OUT | G_IO_HUP | G_IO_ERR, writable);
}

void
wire_send(struct wire *wire, const json_t *message)
{
	char *line = json_dumps(message, JSON_COMPACT);

	g_assert(line != NULL);		/* our own strings are valid UTF-8 */
	wire_send_text(wire, line, strlen(line));
	free_wiped(line);
}

size_t
wire_pending(const struct wire *wire)
{
	return wire->out->len - wire->written;
}

void
wire_hold(struct wire *wire, bool hold)
{
	if (wire->held == hold || wire->closed)
		return;
	wire->held = hold;
	clear_source(&wire->reader);
	if (!hold) {
		wire->reader = watch(wire, G_IO_IN | G_IO_HUP | G_IO_ERR, readable);
		wire->scanned = 0;
		enter(wire);
		split(wire);
		leave(wire);
	}
}

void
wire_set_priority(struct wire *wire, int priority)
{
	wire->priority = priority;
	if (wire->reader != NULL)
		g_source_set_priority(wire->reader, priority);
	if (wire->writer != NULL)
		g_source_set_priority(wire->writer, priority);
}
