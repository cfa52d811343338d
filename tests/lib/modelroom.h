/*
 * modelroom.h: a room of the model server (modelserver.h): MODEL_ROOM with MODEL_ANNA in it, an archive, ids and
 * occupant-ids. Who is in it is known to the room: a session that is gone is out.
 */
#ifndef TEST_MODELROOM_H
#define TEST_MODELROOM_H

#include "modelserver.h"
#include "xmpp/stanza.h"

#define MODEL_ROOM	"hall@rooms.example.org"
#define MODEL_ANNA	MODEL_ROOM "/anna"

struct modelroom;

struct modelroom *modelroom_new(struct modelserver *);
void	 modelroom_free(struct modelroom *);
/* A stanza of the account.  False: it is for somebody else. */
bool	 modelroom_take(struct modelroom *, const struct stanza *);
/* The session is gone. */
void	 modelroom_out(struct modelroom *);
bool	 modelroom_is_in(const struct modelroom *);
/* Anna says something. */
void	 modelroom_says(struct modelroom *, const char *id, const char *body);
/* All that was said there, in order: bodies; lent. */
const GPtrArray *modelroom_said(const struct modelroom *);

#endif
