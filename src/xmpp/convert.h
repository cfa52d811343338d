/* convert.h: libstrophe's tree as ours.  The caller's; what was given stays as it is. */
#ifndef XMPP_CONVERT_H
#define XMPP_CONVERT_H

#include <strophe.h>

#include "xmpp/stanza.h"

struct stanza *convert_stanza(xmpp_stanza_t *);

#endif
