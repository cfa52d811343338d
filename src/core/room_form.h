/* room_form.h: the configuration form of a room (XEP-0045 §10.2) as it last was, for completing lines. */
#ifndef CORE_ROOM_FORM_H
#define CORE_ROOM_FORM_H

#include "core/room.h"
#include "xmpp/form.h"

/*
 * Lent until the next turn; NULL: not here, or a minute old.  Then it is asked for where we own the room, and here
 * later.
 */
const struct form *room_form_recent(struct room *);
/* It came: an element x. */
void	 room_form_keep(struct room *, const struct stanza *x);

#endif
