/*
 * omemo_room.h: end-to-end encryption in rooms.  Only where it means something: everybody who can read is a member
 * (members only), and everybody can see who the others are (non-anonymous).  It is encrypted for all members, also
 * those who are not there; whoever of them has no keys is named, and nothing leaves.
 */
#ifndef CORE_OMEMO_ROOM_H
#define CORE_OMEMO_ROOM_H

#include "core/omemo_private.h"

/* For whom it is encrypted, without ourselves: bare addresses; the caller's. */
char	**omemo_room_readers(struct account *, const char *room);
/* As the hook leave, for a room that is encrypted. */
enum leave omemo_room_leave(struct omemo *, const char *room, char **why);
/* The room is none in which encryption means something: why, a sentence; NULL: it is.  The caller's. */
char	*omemo_room_unfit(const struct account *, const char *room);
/* The bare address of who wrote what came from a room, or from an occupant alone; NULL: not known.  The caller's. */
char	*omemo_room_writer(const struct incoming *);
/* Another session: who the members are is asked anew. */
void	 omemo_rooms_forget(struct omemo *);
void	 omemo_hall_free(void *);

#endif
