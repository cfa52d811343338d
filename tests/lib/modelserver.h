/*
 * modelserver.h: a server on the fake transport (faketransport.h) with the account MODEL_ME and a contact MODEL_BOB of
 * it, that answers by itself, for tests of what must hold whatever happens: sessions with stream management that
 * outlive links, an archive in small pages, roster, and a contact whose client sends receipts.  It keeps what it was
 * given as a real one does, so a test can compare afterwards.  What the core does against the standard ends the process
 * with a sentence (model_fail).
 */
#ifndef TEST_MODELSERVER_H
#define TEST_MODELSERVER_H

#include <glib.h>
#include <stdbool.h>

#define MODEL_ME	"me@example.org"
#define MODEL_BOB	"bob@example.org"

struct modelserver;
struct modelroom;

struct modelserver *model_new(unsigned seed);
void	 model_free(struct modelserver *);
/* In front of the words of model_fail(). */
void	 model_context(struct modelserver *, const char *text);
void	 model_fail(const struct modelserver *, const char *format, ...) G_GNUC_PRINTF(2, 3) G_GNUC_NORETURN;

/* The contact sends this: to the session if there is one, and to the archive.  extra: XML beside the body, or "". */
void	 model_says(struct modelserver *, const char *id, const char *body, const char *extra);
/* Any other stanza for the session; without one it is lost. */
void	 model_tells(struct modelserver *, const char *xml);
/* This one gets into the contact list, as the contact's address with the attributes of its item. */
void	 model_lists(struct modelserver *, const char *item);
/* That address asks to be a contact: told at each log-in, since nobody answers. */
void	 model_requests(struct modelserver *, const char *jid);
/* The server asks what was received; *answered is set when it was. */
void	 model_asks(struct modelserver *, bool *answered);

/* The link is gone, with some of what was sent last; the session stays. */
void	 model_cut(struct modelserver *);
/* The session, and with it what it held: what was said is in the archive.  told: a log-in hears its count. */
void	 model_forget_session(struct modelserver *, bool told);
/* The process of the core is dead, and its fake stream with it: the first so many of what it sent got here. */
void	 model_died(struct modelserver *, unsigned reached);

/* Its room, for modelroom.h. */
struct modelroom *model_room(struct modelserver *);
/* The number of the session; each new one has the next. */
unsigned model_session(const struct modelserver *);
/* One round: takes what was sent, answers, hands out at most so many stanzas.  False: nothing happened. */
bool	 model_step(struct modelserver *, unsigned stanzas);

/* What the contact got from the account, in order: bodies of messages and of corrections, ids, counts. */
unsigned model_got(const struct modelserver *, const char *body);
/* The place at which it came first; -1. */
int	 model_place(const struct modelserver *, const char *body);
/* He got a <displayed/> for this id. */
bool	 model_displayed(const struct modelserver *, const char *id);
/* Stanzas that the core acknowledged, as XML, in order; lent. */
const GPtrArray *model_acknowledged(const struct modelserver *);
/* Session, acknowledgements and link are at rest: all that was said is acknowledged. */
bool	 model_at_rest(const struct modelserver *);

#endif
