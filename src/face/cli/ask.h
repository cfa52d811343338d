/*
 * ask.h: the questions of a command that runs in confab do, answered by --yes, --secret-fd, or somebody at a terminal.
 */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include <jansson.h>
#include <stdbool.h>

#include "face/cli/options.h"

/* Somebody sits there: standard input and stderr are a terminal. */
bool	 ask_can(void);
/* The parameters of an answer to this prompt: a value, or a cancel when nobody has one.  A new reference. */
json_t	*ask_person(json_t *prompt, const struct cli_options *);

#endif
