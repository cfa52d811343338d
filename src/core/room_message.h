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
/*
 * In the room's archive: *from, *chat, *author and whether it is ours.  False: it is nothing that somebody said there.
 */
bool	 room_message_archived(struct room *, const struct stanza *message, char **from, char **chat, char **author,
    bool *out);
/* A full address: is it that of an occupant? */
bool	 room_is_private(const struct account *, const char *full, const struct stanza *message);
/*
 * Whom somebody in a room is, as far as can be known: "#" and the occupant-id, the real address, or "@" and since when
 * they are there.  The caller's.
 */
char	*room_who(const struct occupant *);
/*
 * May something be said to that occupant alone, now?  No when they are not there, or somebody else has their nick than
 * the one that the chat was with.  settle: the chat is with whoever has it from now on; in a savepoint.
 */
bool	 room_may_whisper(struct account *, const char *chat, bool settle, GError **error);
/* Something came from an occupant to us alone and is a row now: says so when they are not the one from before. */
void	 room_whispered(struct incoming *);
/* Is it for us: our nick, or one of the words that people set? */
bool	 room_mentions(const struct room *, const char *body);
/* Whoever wrote this wrote also what stands at ord with the same author. */
bool	 room_message_same_stay(const struct incoming *, int64_t ord);

#endif
