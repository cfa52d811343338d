/*
 * alias.h: short forms of commands: those of alias.def, and those that people keep in the group [alias] of the config
 * file, which count first.  What stands behind the name on the line follows what the alias stands for.
 */
#ifndef CORE_ALIAS_H
#define CORE_ALIAS_H

#include "core/core.h"

#define ALIAS_GROUP "alias"

struct alias {
	const char	*name, *line;	/* what "/name" stands for, with its slash */
	bool		 own;		/* from the config file */
};

/* All that count, sorted by name, of struct alias; the caller's, what is in them until the next change. */
GArray	*alias_list(const struct core *);
/* What "/name" stands for; NULL when it is no alias. */
const char *alias_find(const struct core *, const char *name);
/*
 * line is behind its slash.  With its aliases replaced, aliases of aliases too; NULL when there is none.  The caller's.
 */
char	*alias_expand(const struct core *, const char *line);

/*
 * Why this cannot be a name, or what one stands for; NULL: it can.  in_file: a command of that name, which counts then,
 * may have come with a newer confab.
 */
const char *alias_wrong_name(const char *name, bool in_file);
const char *alias_wrong_line(const char *line);

#endif
