/*
 * caps.h: what clients can do (XEP-0030, XEP-0115).  A contact's presence names the hash of its list of features; the
 * list is asked for once per hash, believed only when the hash is really that of the list, and kept for everybody who
 * names the same one.  Asked is only who may know that we are there.
 */
#ifndef CORE_CAPS_H
#define CORE_CAPS_H

#include "core/account.h"

/* Our own: identity and the features of all features, into a <query/> of disco#info. */
void	 caps_describe(struct stanza *query);
/* "confab" and the hash of that; live for ever. */
const char *caps_own_node(void);
const char *caps_own_hash(void);

/* The <c/> of a presence as the key under which its list is kept; NULL: it has none that is good.  The caller's. */
char	*caps_key(const struct stanza *presence);
/* That resource came with this presence: its list is asked for unless it is known or under way. */
void	 caps_announced(struct account *, const char *full, const struct stanza *presence);
/* Does the client of that resource, or of any resource that is there, announce this namespace?  Not known is no. */
bool	 caps_supports(const struct account *, const char *full, const char *feature);
bool	 caps_any_supports(const struct account *, const char *bare, const char *feature);

/* XEP-0115 §5.1; NULL when the list cannot be hashed in one way only (§5.4).  The caller's. */
char	*caps_hash(const struct stanza *query, GChecksumType);
/* For core.c: what is in memory, empty. */
GHashTable *caps_new(void);

#endif
