/*
 * invite.h: who asks us into a room (XEP-0045 §7.8, XEP-0249).  An invitation is a prompt for everyone and a row, so
 * that it survives a restart; nothing is entered without a person.  What the room says of itself is among the facts
 * when a contact invites: asking it for anybody would tell strangers that we are there.
 */
#ifndef CORE_INVITE_H
#define CORE_INVITE_H

#include "core/account.h"

struct invitation {
	const char	*room;		/* bare */
	const char	*inviter;	/* an address, or NULL */
	const char	*reason, *password;	/* or NULL; safe to show */
	bool		 mediated;	/* the room says that the inviter did; else it came from the inviter */
	int64_t		 said_ms;
};
/* One that is open, was answered, is to a room where we are, or is one too many changes nothing. */
void	 invite_came(struct account *, const struct invitation *);
/* Prompts for what waited when the core ended. */
void	 invites_restore(struct core *);
/* The account goes: its questions too.  The rows stay. */
void	 invites_forget(struct account *);
/* For core.c: the list, empty. */
GPtrArray *invites_new(void);

#endif
