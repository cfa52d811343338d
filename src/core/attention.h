/*
 * attention.h: who sits in front of a face.  A session counts from when it says so with the active method until it
 * ends. Somebody who goes is missed only after a minute: a look into another window is no absence.  Faces are told
 * which of them was focused last, so that one rings and not all.
 */
#ifndef CORE_ATTENTION_H
#define CORE_ATTENTION_H

#include <stdbool.h>
#include <stdint.h>

struct core;
struct attention;

struct attention *attention_new(struct core *);
void	 attention_free(struct attention *);

void	 attention_set(struct attention *, uint64_t session, bool focused, int64_t idle_s);
/* Something came from a session in front of which somebody sits: a line, a word that was read. */
void	 attention_touch(struct attention *, uint64_t session);
void	 attention_gone(struct attention *, uint64_t session);

/* Somebody is in front of this session, or of any. */
bool	 attention_focused(const struct attention *, uint64_t session);
bool	 attention_here(const struct attention *);
/* Since somebody last did something, at most since the core started. */
int64_t	 attention_idle_ms(const struct attention *);

#endif
