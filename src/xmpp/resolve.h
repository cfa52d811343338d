/*
 * resolve.h: where the server of a domain is: SRV records of both kinds (RFC 6120 §3.2, XEP-0368), addresses, and the
 * order in which they are tried.  By GResolver, which asks in threads of its own.  Main thread only.
 */
#ifndef XMPP_RESOLVE_H
#define XMPP_RESOLVE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "xmpp/stream.h"

/* One place to go to. */
struct resolve_target {
	char		*host;		/* an A-label name or an address */
	uint16_t	 port;
	bool		 direct;	/* TLS from the first byte */
	uint16_t	 priority, weight;
};
void	 resolve_target_free(void *target);

struct resolve;		/* one look-up that is under way */

/*
 * targets: of struct resolve_target, best first, owned by the receiver; empty when the domain says that it has no such
 * service.  found: SRV records were there; else the only target is the domain itself.
 */
typedef void (*resolve_targets_done)(void *ctx, GPtrArray *targets, bool found);
struct resolve *resolve_targets(const char *domain, enum stream_tls, resolve_targets_done, void *ctx);

/* addresses: of char *, in the order of trying, owned by the receiver; NULL with the resolver's words. */
typedef void (*resolve_addresses_done)(void *ctx, GPtrArray *addresses, const char *words);
struct resolve *resolve_addresses(const char *host, resolve_addresses_done, void *ctx);

/* Nothing will be called; *resolve becomes NULL.  A look-up is over, and freed, when its function is called. */
void	 resolve_cancel(struct resolve **resolve);

/* "bücher.example" as "xn--bcher-kva.example"; NULL when that is no name.  The caller's. */
char	*resolve_ascii(const char *domain);

/*
 * RFC 2782: by priority, among equals by a draw in proportion to the weight; at most LIMIT_STREAM_TARGETS are left.
 * draw(n) gives 0 to n, both included.
 */
void	 resolve_sort(GPtrArray *targets, uint32_t (*draw)(uint32_t n));
/* One family after the other in turns, beginning with that of the first (RFC 8305 §4); same limit. */
void	 resolve_interleave(GPtrArray *addresses);

#endif
