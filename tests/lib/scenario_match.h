/*
 * scenario_match.h: what a scenario expects, compared with what came.
 *
 * A pattern is a text in which "*" alone is anything, "~text" is anything that holds text, and "$name" is what name was
 * bound to, or binds it when it is not.
 */
#ifndef TEST_SCENARIO_MATCH_H
#define TEST_SCENARIO_MATCH_H

#include <glib.h>
#include <stdbool.h>

/* value NULL stands for "". */
bool	 match_value(const char *pattern, const char *value, GHashTable *bound);
/*
 * Two elements: attributes in any order, all of them; children in order, all of them unless the expected text holds
 * "...".  What all of ours carry (caps, chat markers and states) may be left out.  NULL when they match, else what
 * differs.  The caller's.
 */
char	*match_xml(const char *expected, const char *actual, GHashTable *bound);
/* Every $name in text put in place; NULL with *missing when one is not bound.  The caller's. */
char	*match_expand(const char *text, GHashTable *bound, char **missing);

#endif
