/*
 * rule.h: one rule of /on, as a line: "EVENT [FIELD=TEXT ...] [--] COMMAND".  EVENT is a type of events, with a message
 * meaning one that is new and message-changed one that was here.  FIELD is a field of it, or account, chat or gone:
 * FIELD=TEXT is it, FIELD!=TEXT is not, FIELD~TEXT has TEXT in it, whatever the case.  TEXT may be quoted.  Pure.
 */
#ifndef CORE_RULE_H
#define CORE_RULE_H

#include <glib.h>
#include <stdbool.h>

#include "proto/event.h"

struct rule {
	unsigned	 number;
	char		*line;
	enum event_type	 type;
	bool		 changed;	/* message-changed */
	GPtrArray	*filters;	/* rule.c's */
	const char	*command;	/* in line */
};

/* NULL with a sentence. */
struct rule *rule_parse(unsigned number, const char *line, GError **error);
void	 rule_free(struct rule *);
/* fresh: of a message, that it is new.  object: the event as JSON. */
bool	 rule_fits(const struct rule *, const struct event *, bool fresh, const json_t *object);
/* What EVENT may be; ends with NULL.  The caller's array of what lives for ever. */
const char **rule_events(void);
/* CONFAB_EVENT=..., and CONFAB_EVENT_NAME=... for each field that is no list.  The caller's. */
char	**rule_environment(const struct event *, const json_t *object);

#endif
