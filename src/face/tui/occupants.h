/*
 * occupants.h: who is in one room, in the order in which they are shown: by standing, then by name.  Taken event by
 * event: one who comes costs a place in a sorted array, however many there are.
 */
#ifndef TUI_OCCUPANTS_H
#define TUI_OCCUPANTS_H

#include <glib.h>
#include <stdbool.h>

#include "proto/event.h"

/* In this order.  Visitors may not speak; participants are those without a lasting standing. */
enum standing { STANDING_OWNER, STANDING_ADMIN, STANDING_MEMBER, STANDING_PARTICIPANT, STANDING_VISITOR, STANDINGS };

struct occupants;

struct occupants *occupants_new(void);
void	 occupants_free(struct occupants *);
/* Takes an occupant event that is newer than what is held; false when nothing changed. */
bool	 occupants_take(struct occupants *, const struct event *);
guint	 occupants_count(const struct occupants *, enum standing);
guint	 occupants_all(const struct occupants *);
/* The i-th of all. */
const struct event_occupant *occupants_at(const struct occupants *, guint i);
const struct event_occupant *occupants_find(const struct occupants *, const char *nick);
enum standing occupants_standing(const struct event_occupant *);

#endif
