/*
 * recover.h: a database that is damaged: it is set aside under a name with the time, is never written to, and as much
 * of it as can be read is put into another one.  What is kept beside a database is found by its name:
 * "NAME.damaged-TIME", "NAME.recovered-TIME" once that was done, "NAME.before-N" from before the migration to schema N.
 */
#ifndef STORE_RECOVER_H
#define STORE_RECOVER_H

#include "store/store.h"

/* Gives the file, with its log, another name, which is the caller's; nobody has it open.  NULL with an error. */
char	*recover_set_aside(const char *path, GError **error);

enum aside_kind { ASIDE_DAMAGED, ASIDE_RECOVERED, ASIDE_BEFORE };
struct aside {
	enum aside_kind	 kind;
	char		*path;
	int64_t		 bytes;		/* with its log */
	int		 number;	/* ASIDE_BEFORE: of the schema */
};
/* What lies beside this database, by name, of struct aside; the caller's. */
GPtrArray *recover_list(const char *path);

struct recovered {
	int64_t	 expected;	/* messages that were in it, as far as its indexes tell; -1: nobody knows */
	int64_t	 read;		/* could be read */
	int64_t	 added;		/* and were not here */
	int64_t	 homeless;	/* and were not added: with whom they were said is lost */
};
/*
 * Puts accounts, chats, messages with their stanzas, states and earlier texts, and what people deleted, of the damaged
 * file into the store, in commits of their own: done again, it adds nothing.  What waited to be sent there has failed,
 * what was sent and not acknowledged is unknown.  False with an error of the store's own disk, or when there is nothing
 * in the file that could be read; what was added until then stays.
 */
bool	 recover_merge(struct store *, const char *file, struct recovered *, GError **error);
/* It was done: the file gets the name that says so. */
bool	 recover_done(const char *file, GError **error);

#endif
