/*
 * typing.h: who is typing (XEP-0085), also in a room that is small enough: there theirs is room@service/nick.  Ours
 * is told only to who may know that we are there, is there, and either announces chat states or sent one; theirs is
 * an event, at most one a second for each chat, and ends by itself after 30 s without news.
 */
#ifndef CORE_TYPING_H
#define CORE_TYPING_H

#include "core/account.h"

struct typing;

struct typing *typing_new(struct account *);
void	 typing_free(struct typing *);
/* The session is gone: nobody types, and what was said to whom is forgotten. */
void	 typing_reset(struct typing *);

/* A face says what happens in the line of this chat. */
void	 typing_ours(struct account *, const char *chat, enum chat_state);
/* A message of ours goes there now: true when it is to say that we are in that chat. */
bool	 typing_sent(struct account *, const char *chat);
/* They sent a state; told: in words of XEP-0085, so that they know what it is. */
void	 typing_theirs(struct account *, const char *chat, enum chat_state, bool told);

#endif
