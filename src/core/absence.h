/*
 * absence.h: what happened while nobody looked: since the last face went, also over restarts of the core, until one
 * came. A face is a session that said whether somebody sits in front of it (the active method); scripts never do.
 */
#ifndef CORE_ABSENCE_H
#define CORE_ABSENCE_H

#include <jansson.h>

#include "core/core.h"

struct absence;

/* With the store open, before anything is received. */
struct absence *absence_new(struct core *);
void	 absence_free(struct absence *);

/* The first face came; the last one went. */
void	 absence_end(struct absence *);
void	 absence_begin(struct absence *);

/* The result of the digest method (proto/method.def); a new reference. */
json_t	*absence_digest(struct absence *);

#endif
