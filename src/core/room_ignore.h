/*
 * room_ignore.h: people in a room whom we do not want to hear: what they say is kept, but counts as nothing and is
 * marked as ignored; what they say to us alone is dropped.  By occupant-id where the room gives any, else by nick;
 * kept over restarts.
 */
#ifndef CORE_ROOM_IGNORE_H
#define CORE_ROOM_IGNORE_H

#include "core/room.h"

/* author as in store/schema.def. */
bool	 room_ignores(const struct room *, const char *author);
/* Whoever is, or was, called so here; from now on, or no more.  False with a sentence. */
bool	 room_ignore(struct room *, const char *nick, GError **error);
bool	 room_unignore(struct room *, const char *nick, GError **error);
/* "nick" or "nick (id)" of each, as they were called then; the caller's. */
GPtrArray *room_ignored(const struct room *);

#endif
