/*
 * network.h: the addresses of this machine, and the news that they changed, as the kernel tells it (rtnetlink(7)): no
 * polling, and no other program is asked.  Main thread only.
 */
#ifndef XMPP_NETWORK_H
#define XMPP_NETWORK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Calls changed(ctx) after addresses came or went, NETWORK_SETTLE_MS after the first of them: they come in bunches.
 * Once per process.  A kernel that does not tell is only logged.
 */
void	 network_watch(void (*changed)(void *ctx), void *ctx);
enum { NETWORK_SETTLE_MS = 1000 };

/* Whether this machine has the numeric address.  True where that cannot be found out. */
bool	 network_has(const char *address);

/* --- for tests --- */
/* Whether what was read from the kernel says that an address came or went. */
bool	 network_parse(const void *data, size_t len);

#endif
