/*
 * wire.h: JSON objects, one on a line, over a stream socket on the main loop.  Used by both ends.
 *
 * Nothing here blocks: what cannot be written now waits in memory, and wire_pending() says how much that is.
 */
#ifndef PROTO_WIRE_H
#define PROTO_WIRE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct wire;

struct wire_handler {
	/* One line came; message is lent.  NULL: the line was no JSON object, or longer than LIMIT_LINE. */
	void	(*message)(void *ctx, json_t *message);
	/* The other end is gone, or the socket broke.  The wire may be freed in here. */
	void	(*closed)(void *ctx);
	/* Everything that was pending is written.  May be NULL. */
	void	(*drained)(void *ctx);
};

/* Takes fd, which becomes non-blocking.  The handler must live as long as the wire. */
struct wire *wire_new(int fd, const struct wire_handler *, void *ctx);
/* Closes the socket; what is still pending is tried once and then dropped.  May be called in any callback. */
void	 wire_free(struct wire *);

void	 wire_send(struct wire *, const json_t *message);
/* One line that is already JSON, without the newline. */
void	 wire_send_text(struct wire *, const char *line, size_t len);
/* Bytes that were not yet written. */
size_t	 wire_pending(const struct wire *);
/* Stop and go on reading: back-pressure towards the other end. */
void	 wire_hold(struct wire *, bool hold);
/* Once, before the first wire: JSON is overwritten before it is freed, since answers to questions may be secrets. */
void	 wire_wipe_what_is_freed(void);
/* Priority of the reading source, as GLib's; G_PRIORITY_DEFAULT at first. */
void	 wire_set_priority(struct wire *, int priority);

#endif
