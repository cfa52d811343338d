/*
 * ini.h: the two files that people write by hand.  What is wrong is told with file and line; comments survive a change;
 * a change made by hand meanwhile is kept, because each change reads the file again.
 */
#ifndef CORE_INI_H
#define CORE_INI_H

#include <glib.h>
#include <stdbool.h>

struct ini {
	char		*path, *text;
	GKeyFile	*keys;
};

#define INI_ERROR ini_error_quark()
GQuark	 ini_error_quark(void);

/* A file that does not exist is empty.  Error: "PATH:LINE: what is wrong". */
struct ini *ini_load(const char *path, GError **error);
void	 ini_free(struct ini *);
/* Sets *error to "PATH:LINE: " and the text; key NULL: the line of the group. */
void	 ini_complain(const struct ini *, const char *group, const char *key, GError **error, const char *format, ...)
	    G_GNUC_PRINTF(5, 6);

/* The caller's, NULL when not there.  False: complained. */
bool	 ini_string(const struct ini *, const char *group, const char *key, char **value, GError **error);
bool	 ini_bool(const struct ini *, const char *group, const char *key, bool *value, GError **error);
bool	 ini_int(const struct ini *, const char *group, const char *key, int min, int max, int *value, GError **error);

/* Replaces the file as a whole, mode 0600, synced; a link to it stays one. */
bool	 ini_save(const struct ini *, GError **error);

#endif
