/*
 * service.h: which part of our server does something: the first of its items (XEP-0030) that says so, or the server
 * itself.
 */
#ifndef CORE_SERVICE_H
#define CORE_SERVICE_H

#include "core/account.h"

/*
 * Calls done with the address (lent) of who has this feature and, if category is not NULL, an identity of that
 * category; NULL: nobody.  At once when not on line.
 */
void	 service_find(struct account *, const char *feature, const char *category,
    void (*done)(void *ctx, const char *jid), void *ctx);

#endif
