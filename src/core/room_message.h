/* room_message.h: messages of rooms, and of occupants to us alone, on their way in. */
#ifndef CORE_ROOM_MESSAGE_H
#define CORE_ROOM_MESSAGE_H

#include "core/message.h"
#include "core/room.h"

/* type='groupchat', from and peer (the room) are set: the rest of whose it is.  False: no room of ours. */
bool	 room_message_address(struct incoming *);
/* Sets author, and in a room whether it is ours; kind, room and via are set. */
void	 room_message_author(struct incoming *);
/* What the room says about itself, its subject among it.  True: that was all. */
bool	 room_message_control(struct incoming *);
/* In the room's archive: *from, *chat, *author and whether it is ours.  False: it is nothing that somebody said there. */
bool	 room_message_archived(struct room *, const struct stanza *message, char **from, char **chat, char **author, bool *out);
/* A full address: is it that of an occupant? */
bool	 room_is_private(const struct account *, const char *full, const struct stanza *message);
/* Whoever wrote this wrote also what stands at ord with the same author. */
bool	 room_message_same_stay(const struct incoming *, int64_t ord);

#endif
