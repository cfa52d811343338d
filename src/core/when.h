/* when.h: times as people write and read them, in the time zone of whoever sits there. */
#ifndef CORE_WHEN_H
#define CORE_WHEN_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The beginning of a year, month, day or minute: 2026, 2026-07, 2026-07-12, 2026-07-12T10:30 (or a blank for the T), or
 * today, yesterday.  tz: as in TZ, NULL: the machine's.  Milliseconds since 1970; false with RPC_ERROR_USAGE.
 */
bool	 when_parse(const char *text, const char *tz, int64_t *ms, GError **error);
/* "2026-07-12 10:30".  The caller's. */
char	*when_text(int64_t ms, const char *tz);

#endif
