/*
 * checkup.h: the lines of confab doctor, on standard output: a heading, below it a row for each thing that was looked
 * at; what is wrong is followed by how to mend it.
 */
#ifndef BASE_CHECKUP_H
#define BASE_CHECKUP_H

#include <glib.h>
#include <stdbool.h>

struct checkup {
	bool	 wrong;		/* something is */
};

void	 checkup_head(const char *title);
void	 checkup_good(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* Neither good nor wrong, but worth knowing. */
void	 checkup_note(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* mend: what to do, in a sentence; NULL where the finding says it. */
void	 checkup_wrong(struct checkup *, const char *mend, const char *format, ...) G_GNUC_PRINTF(3, 4);

#endif
