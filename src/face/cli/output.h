/*
 * output.h: what a command says.  Text goes to standard output as it is, but made safe first when that is a terminal:
 * whoever wrote the text may not move the cursor of whoever reads it.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>

/*
 * One line, at once.  False with errno EPIPE when nobody reads any more, or after a sentence on stderr when the disk is
 * full or so.
 */
bool	 output_line(const char *text);
/* One line of JSON; NULL is null. */
bool	 output_json(const json_t *);
/* "confab: sentence" on stderr. */
void	 output_error(const char *sentence);

#endif
