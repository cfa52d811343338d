/* onering.h: an account with its keyring in a store of its own, and somebody to talk to, for tests. */
#ifndef TEST_ONERING_H
#define TEST_ONERING_H

#include "core/keyring.h"
#include "memkeys.h"
#include "tempstore.h"

#define ONERING_NOW_MS	INT64_C(1790000000000)
#define ONERING_DAY_MS	INT64_C(86400000)

extern struct tempstore t;
extern struct keyring *ring;
extern struct memkeys you;	/* device 77 of you@example.net */

/* For cmocka; the clock stands still at ONERING_NOW_MS. */
int	 onering_setup(void **state);
int	 onering_teardown(void **state);
/* The keyring, in a savepoint and a commit; and with the store closed and opened again. */
void	 onering_open(void);
void	 onering_reopen(void);

/* You begin a session with our bundle, and say something in it. */
void	 onering_you_begin(void);
void	 onering_you_say(const char *text, struct ratchet_sealed *);
/* What is made of it, in a savepoint that is kept or not. */
enum ratchet_result onering_hear(const struct ratchet_sealed *, bool keep);

/* Prekeys in our bundle. */
unsigned onering_prekeys(void);
/* Somebody's list comes, committed; a second passes. */
void	 onering_list(const char *jid, const uint32_t *devices, size_t n);

#endif
