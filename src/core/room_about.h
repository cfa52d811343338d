/*
 * room_about.h: what a room says of itself to who is not in it (XEP-0045 §6.4): its disco#info with the form in it
 * (XEP-0128).  All of it is safe to show, and believed by nobody.
 */
#ifndef CORE_ROOM_ABOUT_H
#define CORE_ROOM_ABOUT_H

#include <jansson.h>

#include "xmpp/form.h"
#include "xmpp/stanza.h"

struct room_about {
	bool	 is_room;
	char	*name, *description, *language, *subject;	/* or NULL */
	int64_t	 occupants;	/* -1: not said */
	/* addresses: everybody sees who one is */
	bool	 members, password, moderated, hidden, temporary, addresses;
	bool	 has_rules;	/* it said any of that */
	char	*avatar;	/* the hash of its picture (XEP-0486), or NULL */
	struct form *form;	/* all of the form, or NULL */
};

void	 room_about_read(const struct stanza *query, struct room_about *);
void	 room_about_clear(struct room_about *);
/* "members only, moderated, everybody sees your address"; "" when nothing is said.  The caller's. */
char	*room_about_rules(const struct room_about *);
/* [label, value] of everything: for prompts and lists.  A new reference. */
json_t	*room_about_facts(const struct room_about *);

#endif
