/*
 * face_fixture.h: a terminal face without a terminal and without a core: events go into it as JSON, keys as bytes, and
 * its screen comes out as text.  The clock stands at Fri 20 Nov 2026 21:16:30 UTC.
 */
#ifndef TESTS_FACE_FIXTURE_H
#define TESTS_FACE_FIXTURE_H

#include <stdbool.h>

#include "face/tui/face.h"

void	 fixture_open(struct face *, int rows, int columns);
void	 fixture_close(struct face *);
/* What was opened last; a teardown of cmocka. */
int	 fixture_end(void **state);
/* One event as JSON with ' for ". */
void	 fixture_event(struct face *, bool live, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* A message in a chat of account home; its order is ten times its number. */
void	 fixture_message(struct face *, const char *chat, int id, const char *said, bool out, const char *state,
	    const char *body);
/* Two accounts, three chats, a contact with two resources. */
void	 fixture_people(struct face *);
/* Into a chat whose whole history is held. */
void	 fixture_go(struct face *, const char *account, const char *jid);
void	 fixture_key(struct face *, const char *bytes);
void	 fixture_type(struct face *, const char *text);
void	 fixture_paste(struct face *, const char *text);
/* Draws and gives the screen; the caller's. */
char	*fixture_dump(struct face *);
/* Draws: does text stand on the screen, in one row? */
bool	 fixture_shows(struct face *, const char *text);
/* The screen is that of tests/screen/NAME.screen. */
void	 fixture_golden(struct face *, const char *name);
void	 fixture_resize(struct face *, int rows, int columns);

/*
 * The other end of the face's socket.  fixture_request() runs the loop until a request of this method came and gives
 * it, whole; others are passed over.  Answering runs the loop until the answer was taken.
 */
void	 fixture_core(struct face *);
json_t	*fixture_request(struct face *, const char *method);
/* A string among its parameters. */
const char *fixture_param(const json_t *request, const char *name);
/* The next line that is run is this one. */
void	 fixture_runs(struct face *, const char *line);
void	 fixture_answer(struct face *, json_t *request, json_t *result);	/* takes both */
void	 fixture_refuse(struct face *, json_t *request, const char *code, const char *message);
/* The core goes away. */
void	 fixture_core_gone(struct face *);

#endif
