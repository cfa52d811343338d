/*
 * ini.c: see ini.h.  GKeyFile parses, but tells no line: find_line() looks for it in the text, which is only needed
 * when something is wrong.
 */
#include "core/ini.h"

#include <glib/gstdio.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

G_DEFINE_QUARK(confab-ini-error, ini_error)

static bool
is_key_line(const char *line, const char *key)
{
	gsize n = strlen(key);

	while (*line == ' ' || *line == '\t')
		line++;
	if (strncmp(line, key, n) != 0)
		return false;
	line += n;
	while (*line == ' ' || *line == '\t')
		line++;
	return *line == '=';
}

/* The last one wins in GKeyFile, so the last one is the one that is wrong. */
static unsigned
find_line(const char *text, const char *group, const char *key)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autofree char *header = g_strdup_printf("[%s]", group);
	bool inside = false;
	unsigned found = 0;

	for (unsigned i = 0; lines[i] != NULL; i++) {
		char *line = g_strchomp(lines[i]);

		if (*line == '[') {
			inside = strcmp(line, header) == 0;
			if (inside && (key == NULL || found == 0))
				found = i + 1;
		} else if (inside && key != NULL && is_key_line(line, key)) {
			found = i + 1;
		}
	}
	return found != 0 ? found : 1;
}

/* The first line that is none of blank, comment, [group] and key=value inside a group. */
static unsigned
bad_line(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	bool inside = false;

	for (unsigned i = 0; lines[i] != NULL; i++) {
		char *line = g_strstrip(lines[i]);

		if (*line == '\0' || *line == '#')
			continue;
		if (*line == '[') {
			inside = true;
			if (g_str_has_suffix(line, "]") && strlen(line) > 2)
				continue;
			return i + 1;
		}
		if (!inside || *line == '=' || strchr(line, '=') == NULL)
			return i + 1;
	}
	return 1;
}

struct ini *
ini_load(const char *path, GError **error)
{
	g_autoptr(GError) cause = NULL;
	struct ini *ini = g_new0(struct ini, 1);
	gsize len;

	ini->path = g_strdup(path);
	ini->keys = g_key_file_new();
	if (!g_file_get_contents(path, &ini->text, &len, &cause)) {
		ini->text = g_strdup("");
		if (g_error_matches(cause, G_FILE_ERROR, G_FILE_ERROR_NOENT))
			return ini;
		g_set_error(error, INI_ERROR, 0, "%s.", cause->message);
	} else if (!g_utf8_validate(ini->text, (gssize)len, NULL)) {
		g_set_error(error, INI_ERROR, 0, "%s: the file is not UTF-8 text.", path);
	} else if (len > 0 && !g_key_file_load_from_data(ini->keys, ini->text, len, G_KEY_FILE_KEEP_COMMENTS, &cause)) {
		g_set_error(error, INI_ERROR, 0, "%s:%u: this line is neither [name], key = value, nor a # comment.",
		    path, bad_line(ini->text));
	} else {
		return ini;
	}
	ini_free(ini);
	return NULL;
}

void
ini_free(struct ini *ini)
{
	g_free(ini->path);
	g_free(ini->text);
	g_key_file_unref(ini->keys);
	g_free(ini);
}

void
ini_complain(const struct ini *ini, const char *group, const char *key, GError **error, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = g_strdup_vprintf(format, ap);
	va_end(ap);
	g_set_error(error, INI_ERROR, 0, "%s:%u: %s", ini->path, find_line(ini->text, group, key), text);
}

bool
ini_string(const struct ini *ini, const char *group, const char *key, char **value, GError **error)
{
	g_autoptr(GError) cause = NULL;

	*value = g_key_file_get_string(ini->keys, group, key, &cause);
	if (*value != NULL || g_error_matches(cause, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_KEY_NOT_FOUND) ||
	    g_error_matches(cause, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_GROUP_NOT_FOUND))
		return true;
	ini_complain(ini, group, key, error, "the value of %s has a backslash that begins nothing; write it twice.",
	    key);
	return false;
}

bool
ini_bool(const struct ini *ini, const char *group, const char *key, bool *value, GError **error)
{
	static const char *const yes[] = { "true", "yes", "on", "1", NULL },
	    *const no[] = { "false", "no", "off", "0", NULL };
	g_autofree char *text = NULL;

	if (!ini_string(ini, group, key, &text, error))
		return false;
	if (text == NULL)
		return true;
	if (!g_strv_contains(yes, text) && !g_strv_contains(no, text)) {
		ini_complain(ini, group, key, error, "%s is true or false, not \"%s\".", key, text);
		return false;
	}
	*value = g_strv_contains(yes, text);
	return true;
}

bool
ini_int(const struct ini *ini, const char *group, const char *key, int min, int max, int *value, GError **error)
{
	g_autofree char *text = NULL;
	gint64 number;

	if (!ini_string(ini, group, key, &text, error))
		return false;
	if (text == NULL)
		return true;
	if (!g_ascii_string_to_signed(text, 10, min, max, &number, NULL)) {
		ini_complain(ini, group, key, error, "%s is a number from %d to %d, not \"%s\".", key, min, max, text);
		return false;
	}
	*value = (int)number;
	return true;
}

bool
ini_save(const struct ini *ini, GError **error)
{
	gsize len;
	g_autofree char *data = g_key_file_to_data(ini->keys, &len, NULL);
	/* People keep such files elsewhere and link to them: the link stays. */
	g_autofree char *real = realpath(ini->path, NULL);

	return g_file_set_contents_full(real != NULL ? real : ini->path, data, (gssize)len,
	    G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, error);
}
