/* presence.h: our own presence: what we show, its text, its priority (RFC 6121 §4.7). */
#ifndef CORE_PRESENCE_H
#define CORE_PRESENCE_H

#include "core/account.h"

/* Sends it as it is, when on line. */
void	 presence_send(struct account *);
/* Remembers it over restarts and sends it.  SHOW_OFFLINE closes the connection.  status NULL: none. */
void	 presence_set(struct account *, enum presence_show, const char *status);

#endif
