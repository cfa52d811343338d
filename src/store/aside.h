/*
 * aside.h: what is kept beside a database, found by its name: "NAME.damaged-TIME" was set aside because it is damaged,
 * "NAME.recovered-TIME" is such a one of which what could be read was brought back, "NAME.before-N" is from before the
 * migration to schema N.
 */
#ifndef STORE_ASIDE_H
#define STORE_ASIDE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Gives the database, with its log, another name, which is the caller's; nobody has it open.  NULL with an error. */
char	*aside_put(const char *path, GError **error);

enum aside_kind { ASIDE_DAMAGED, ASIDE_RECOVERED, ASIDE_BEFORE };
struct aside {
	enum aside_kind	 kind;
	char		*path;
	int64_t		 bytes;		/* with its log */
	int		 number;	/* ASIDE_BEFORE: of the schema */
};
/* What lies beside this database, by name, of struct aside; the caller's. */
GPtrArray *aside_list(const char *path);

/* What could be read of it was brought back: it gets the name that says so. */
bool	 aside_recovered(const char *file, GError **error);

#endif
