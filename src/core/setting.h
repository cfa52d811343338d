/* setting.h: setting.def and the config file: group.key is key in [group]. */
#ifndef CORE_SETTING_H
#define CORE_SETTING_H

#include <glib.h>
#include <stdbool.h>

enum setting {
#define SETTING(constant, name, kind, standard, min, max, meaning) SETTING_##constant,
#include "core/setting.def"
#undef SETTING
	SETTINGS
};

struct settings;

/* The defaults where there is no file.  The error names file and line. */
struct settings *settings_load(const char *path, GError **error);
void	 settings_free(struct settings *);
int	 setting_get(const struct settings *, enum setting);

#endif
