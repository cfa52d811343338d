/* setting.c: see setting.h. */
#include "core/setting.h"

#include <string.h>

#include "core/ini.h"

enum kind { BOOL, NUMBER };

static const struct {
	const char	*name;
	enum kind	 kind;
	int		 standard, min, max;
} table[SETTINGS] = {
#define SETTING(constant, name, kind, standard, min, max, meaning) { name, kind, standard, min, max },
#include "core/setting.def"
#undef SETTING
};

struct settings {
	int	 values[SETTINGS];
};

static bool
check_names(const struct ini *ini, GError **error)
{
	g_auto(GStrv) groups = g_key_file_get_groups(ini->keys, NULL);
	const char *names[SETTINGS + 1] = { NULL };

	for (unsigned i = 0; i < SETTINGS; i++)
		names[i] = table[i].name;
	for (char **group = groups; *group != NULL; group++) {
		g_auto(GStrv) keys = g_key_file_get_keys(ini->keys, *group, NULL, NULL);

		for (char **key = keys; *key != NULL; key++) {
			g_autofree char *name = g_strdup_printf("%s.%s", *group, *key);
			const char *near;

			if (g_strv_contains(names, name))
				continue;
			near = ini_nearest(name, names);
			ini_complain(ini, *group, *key, error, "there is no setting %s%s%s.", name,
			    near != NULL ? "; near to it: " : "", near != NULL ? near : "");
			return false;
		}
	}
	return true;
}

static bool
read_value(const struct ini *ini, enum setting i, int *value, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(table[i].name, ".", 2);
	bool flag = table[i].standard != 0;

	*value = table[i].standard;
	if (table[i].kind == NUMBER)
		return ini_int(ini, parts[0], parts[1], table[i].min, table[i].max, value, error);
	if (!ini_bool(ini, parts[0], parts[1], &flag, error))
		return false;
	*value = flag;
	return true;
}

struct settings *
settings_load(const char *path, GError **error)
{
	struct ini *ini = ini_load(path, error);
	struct settings *settings;
	bool ok;

	if (ini == NULL)
		return NULL;
	settings = g_new0(struct settings, 1);
	ok = check_names(ini, error);
	for (unsigned i = 0; ok && i < SETTINGS; i++)
		ok = read_value(ini, (enum setting)i, &settings->values[i], error);
	ini_free(ini);
	if (ok)
		return settings;
	settings_free(settings);
	return NULL;
}

void
settings_free(struct settings *settings)
{
	g_free(settings);
}

int
setting_get(const struct settings *settings, enum setting setting)
{
	return settings->values[setting];
}
