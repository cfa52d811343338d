/* room_private.h: what the files room*.c share. */
#ifndef CORE_ROOM_PRIVATE_H
#define CORE_ROOM_PRIVATE_H

#include "core/room.h"

/* The room, or one of its occupants, is another than what was told: events follow at the end of the turn. */
void	 room_changed(struct room *);
void	 room_occupant_changed(struct room *, const char *nick);
void	 room_forget_occupants(struct room *);

/* room.c: one that we are not in. */
struct room *room_new(struct account *, const char *jid, const char *nick);
/* Where we stand, and why; word as in the room event, text is a sentence, or both NULL. */
void	 room_set_state(struct room *, enum room_state, const char *word, const char *text);
/* What belongs to being there, or to trying, ends. */
void	 room_end_stay(struct room *);
void	 room_withdraw_prompt(struct room *);
/* room_join.c: asks what it is, and enters it; or enters it at once. */
void	 room_start(struct room *);
void	 room_enter(struct room *);
/* Those who wait are told; they may begin anew. */
void	 room_tell_waiters(struct room *, const GError *error);
/* Our own presence came: we are in.  made: the room was made by our coming. */
void	 room_entered(struct room *, const char *nick, bool made);
/* Out, and why; word as in the room event, text is a sentence. */
void	 room_failed(struct room *, const char *word, const char *text);
/* As room_failed(), but it is tried again by itself after a while. */
void	 room_lost(struct room *, const char *word, const char *text);
/* What a room or its service answered, as a word and a sentence; the sentence is the caller's. */
const char *room_refusal(const struct room *, const struct stanza *answer, char **text);
struct stanza *room_own_leaving(const struct room *, const char *words);
/* The words for the room event; a new reference. */
json_t	*room_features(const struct room *);
GHashTable *room_occupants_new(void);
/* The occupant-id in a stanza of the room, where it gives any; the caller's. */
char	*room_occupant_id(const struct room *, const struct stanza *);
/* room_like.c: what a nick looks like; the caller's. */
char	*room_skeleton(const char *nick);
/* They came: the one with whom they can be mixed up, or NULL.  And: they are about to go, or to take another nick. */
const struct occupant *room_like_add(struct room *, struct occupant *);
void	 room_like_remove(struct room *, struct occupant *);
/* Posts what changed in this turn. */
void	 room_tell_changes(struct room *);
/* We are not in it any more, though nobody said so: enters it anew. */
void	 room_again(struct room *, const char *why);
/* room_ping.c: we are in, and it was heard just now; asks whether we still are. */
void	 room_ping_begin(struct room *);
void	 room_ping(struct room *);
/* room_join.c: what it says of itself is another: it is asked. */
void	 room_ask_again(struct room *);
/* Saves the row of a room that is wanted, or deletes it. */
void	 room_save(struct room *);
/* The presence of ours that is for this room. */
struct stanza *room_own_presence(struct room *, const char *nick);

/* What the codes of a <x xmlns='…muc#user'/> mean, as a set of enum room_status. */
enum room_status {
	STATUS_SELF = 1 << 0,		/* 110 */
	STATUS_MADE = 1 << 1,		/* 201 */
	STATUS_NICK_GIVEN = 1 << 2,	/* 210 */
	STATUS_BANNED = 1 << 3,		/* 301 */
	STATUS_RENAMED = 1 << 4,	/* 303 */
	STATUS_KICKED = 1 << 5,		/* 307 */
	STATUS_AFFILIATION = 1 << 6,	/* 321 */
	STATUS_MEMBERS = 1 << 7,	/* 322 */
	STATUS_SHUTDOWN = 1 << 8,	/* 332 */
	STATUS_LOST = 1 << 9,		/* 333 */
	STATUS_LOGGED = 1 << 10,	/* 170 */
	STATUS_NOT_LOGGED = 1 << 11,	/* 171 */
	STATUS_NON_ANONYMOUS = 1 << 12,	/* 100, 172 */
	STATUS_SEMI_ANONYMOUS = 1 << 13,	/* 173 */
	STATUS_ANONYMOUS = 1 << 14,	/* 174 */
	STATUS_AFFILIATION_OUTSIDE = 1 << 15,	/* 101 */
	STATUS_CONFIG = 1 << 16,	/* 104 */
};
unsigned room_status(const struct stanza *x);
/* Tells people what is new with those that say something about the room itself. */
void	 room_tell_status(struct room *, unsigned status);

#endif
