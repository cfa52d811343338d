/*
 * onecore.h: a core for fuzz targets, in a folder of its own that goes with the process: on line by faketransport.h as
 * ONECORE_ME, with ONECORE_BOB as a contact.
 */
#ifndef TEST_ONECORE_H
#define TEST_ONECORE_H

#include "core/account.h"
#include "core/core.h"

#define ONECORE_ME	"me@example.org"
#define ONECORE_BOB	"bob@example.org"

/* The same one at each call. */
struct core *onecore_get(void);
struct account *onecore_account(void);
/* The folder. */
const char *onecore_home(void);

#endif
