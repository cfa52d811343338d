/*
 * log.h: the log of one process.  Lines are "2026-11-20T21:16:03.512Z level area: text".
 *
 * Never given to it at any level: passwords, keys, SASL data.  Message bodies only at LOG_TRACE.  What came from
 * elsewhere goes through log_quote(), which also keeps it on one line.  Any thread may log.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <glib.h>
#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_NOTICE, LOG_DEBUG, LOG_TRACE };

/* False for a name that is no level. */
bool	 log_level_parse(const char *name, enum log_level *);

/* Appends to the file (mode 0600); path NULL is stderr.  Also takes GLib's own messages in. */
bool	 log_open(const char *path, enum log_level, GError **error);
void	 log_close(void);
bool	 log_wants(enum log_level);
void	 log_write(enum log_level, const char *area, const char *format, ...) G_GNUC_PRINTF(3, 4);

#define log_error(area, ...)	log_write(LOG_ERROR, area, __VA_ARGS__)
#define log_warning(area, ...)	log_write(LOG_WARNING, area, __VA_ARGS__)
#define log_notice(area, ...)	log_write(LOG_NOTICE, area, __VA_ARGS__)
#define log_debug(area, ...)	log_write(LOG_DEBUG, area, __VA_ARGS__)

/* Foreign text in double quotes, controls escaped, cut at 200 bytes.  The caller's. */
char	*log_quote(const char *text);

#endif
