/* settings.c: the config file from a command line: settings and aliases. */
#include <string.h>

#include "core/alias.h"
#include "core/feature.h"
#include "core/setting.h"
#include "core/words.h"

extern const struct feature feature_settings;

static json_t *
as_json(const struct core *core, enum setting i)
{
	struct event event = setting_event(core, i);
	json_t *object = event_to_json(&event);

	event_clear(&event);
	return object;
}

static bool
is_default(const struct core *core, enum setting i)
{
	return strcmp(setting_text(core->settings, i), setting_default(i)) == 0;
}

static void
say_one(struct command_call *call, enum setting i)
{
	g_autofree char *range = setting_range(i);

	command_say(call, "%s = %s", setting_name(i), setting_text(call->core->settings, i));
	command_say(call, "  %s", setting_meaning(i));
	command_say(call, "  It is %s; the default is %s.", range, setting_default(i));
}

/* All whose name begins so; how many. */
static unsigned
say_list(struct command_call *call, const char *prefix)
{
	const struct core *core = call->core;
	json_t *data = json_array();
	unsigned n = 0;

	for (unsigned k = 0; k < SETTINGS; k++) {
		enum setting i = (enum setting)k;

		if (!g_str_has_prefix(setting_name(i), prefix))
			continue;
		command_say(call, "%s = %s%s%s%s", setting_name(i), setting_text(core->settings, i),
		    is_default(core, i) ? "" : "  (default ", is_default(core, i) ? "" : setting_default(i),
		    is_default(core, i) ? "" : ")");
		json_array_append_new(data, as_json(core, i));
		n++;
	}
	command_data(call, data);
	return n;
}

static void
set(struct command_call *call, enum setting i, const char *value)
{
	g_autoptr(GError) error = NULL;

	if (!settings_set(call->core, i, value, &error)) {
		command_fail_with(call, error);
		return;
	}
	command_say(call, "%s is %s now%s.", setting_name(i), setting_text(call->core->settings, i),
	    value == NULL ? ", the default" : "");
	command_data(call, as_json(call->core, i));
	command_done(call);
}

/* The value is the rest of the line; quotes around all of it keep blanks at its ends. */
static char *
unquoted(const char *text)
{
	g_autofree char *word = NULL;
	const char *at = text;

	if (*text != '"' && *text != '\'')
		return g_strdup(text);
	word = words_next(&at, NULL);
	return word != NULL && *at == '\0' ? g_steal_pointer(&word) : g_strdup(text);
}

/* --- keys --- */

static void
say_binds(struct command_call *call, const char *only)
{
	GHashTable *binds = settings_binds(call->core->settings);
	g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(binds), (GCompareFunc)strcmp);
	struct event event = settings_binds_event(call->core);

	for (GList *key = keys; key != NULL; key = key->next)
		if (only == NULL || strcmp(only, key->data) == 0)
			command_say(call, "bind.%s = %s", (char *)key->data,
			    (char *)g_hash_table_lookup(binds, key->data));
	command_data(call, event_to_json(&event));
	event_clear(&event);
	command_done(call);
}

/* what NULL: no more. */
static void
bind(struct command_call *call, const char *key, const char *what)
{
	g_autoptr(GError) error = NULL;

	if (what == NULL && !g_hash_table_contains(settings_binds(call->core->settings), key))
		command_fail(call, RPC_ERROR_NOT_FOUND, "%s is not bound in the config file.", key);
	else if (!settings_set_bind(call->core, key, what, &error))
		command_fail_with(call, error);
	else
		say_binds(call, key);
}

/* The key of "bind.KEY", "" of "bind" and "bind."; NULL: it is another setting. */
static const char *
bound_key(const char *name)
{
	return name == NULL ? NULL : g_str_has_prefix(name, BIND_GROUP ".") ? name + strlen(BIND_GROUP ".") :
	    strcmp(name, BIND_GROUP) == 0 ? "" : NULL;
}

static void
set_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	const char *name = call->argv[0], *key = bound_key(name);
	g_autofree char *prefix = name != NULL ? g_str_has_suffix(name, ".") ? g_strdup(name) :
	    g_strconcat(name, ".", NULL) : g_strdup("");
	enum setting i;

	if (key != NULL && (*key == '\0' || call->argv[1] == NULL)) {
		say_binds(call, *key != '\0' ? key : NULL);
	} else if (key != NULL) {
		g_autofree char *value = unquoted(call->argv[1]);

		bind(call, key, value);
	} else if (name == NULL || (call->argv[1] == NULL && !setting_find(name, &i, NULL) &&
	    say_list(call, prefix) > 0)) {
		if (name == NULL)
			say_list(call, prefix);
		command_done(call);
	} else if (!setting_find(name, &i, &error)) {
		command_fail_with(call, error);
	} else if (call->argv[1] != NULL) {
		g_autofree char *value = unquoted(call->argv[1]);

		set(call, i, value);
	} else {
		say_one(call, i);
		command_data(call, as_json(call->core, i));
		command_done(call);
	}
}

static void
unset_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	enum setting i;

	if (bound_key(call->argv[0]) != NULL)
		bind(call, bound_key(call->argv[0]), NULL);
	else if (!setting_find(call->argv[0], &i, &error))
		command_fail_with(call, error);
	else
		set(call, i, NULL);
}

static void
reload_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) changed = settings_reload(call->core, &error);
	json_t *data;

	if (changed == NULL) {
		g_prefix_error(&error, "Everything stays as it is. ");
		command_fail_with(call, error);
		return;
	}
	data = json_array();
	for (guint n = 0; n < changed->len; n++) {
		enum setting i = g_array_index(changed, enum setting, n);

		command_say(call, "%s is %s now.", setting_name(i), setting_text(call->core->settings, i));
		json_array_append_new(data, as_json(call->core, i));
	}
	if (changed->len == 0)
		command_say(call, "No setting changed; aliases are as the file has them.");
	command_data(call, data);
	command_done(call);
}

/* --- aliases --- */

static void
say_aliases(struct command_call *call, const char *only)
{
	g_autoptr(GArray) aliases = alias_list(call->core);
	json_t *data = json_array();

	for (guint i = 0; i < aliases->len; i++) {
		const struct alias *a = &g_array_index(aliases, struct alias, i);

		if (only != NULL && strcmp(only, a->name) != 0)
			continue;
		command_say(call, "/%s is %s%s", a->name, a->line, a->own ? "" : "  (comes with confab)");
		json_array_append_new(data, json_pack("{s:s, s:s, s:b}", "name", a->name, "line", a->line, "own",
		    a->own));
	}
	if (only != NULL && json_array_size(data) == 0) {
		json_decref(data);
		command_fail(call, RPC_ERROR_NOT_FOUND, "There is no alias /%s; /alias lists them.", only);
		return;
	}
	command_data(call, data);
	command_done(call);
}

static void
keep_alias(struct command_call *call, const char *name, const char *line)
{
	g_autoptr(GError) error = NULL;
	const char *now;

	if (!settings_set_alias(call->core, name, line, &error)) {
		command_fail_with(call, error);
		return;
	}
	now = alias_find(call->core, name);
	if (now != NULL)
		command_say(call, "/%s is %s now.", name, now);
	else
		command_say(call, "/%s is no alias any more.", name);
	command_done(call);
}

static void
alias_run(struct command_call *call)
{
	const char *name = call->argv[0] != NULL && *call->argv[0] == '/' ? call->argv[0] + 1 : call->argv[0];
	const char *line = call->argv[1], *wrong;

	if (line == NULL) {
		say_aliases(call, name);
		return;
	}
	wrong = alias_wrong_name(name, false);
	if (wrong == NULL)
		wrong = alias_wrong_line(line);
	if (wrong != NULL)
		command_fail(call, RPC_ERROR_USAGE, "The alias %s: %s. Nothing was done.", name, wrong);
	else
		keep_alias(call, name, line);
}

static void
unalias_run(struct command_call *call)
{
	const char *name = *call->argv[0] == '/' ? call->argv[0] + 1 : call->argv[0];

	if (g_hash_table_contains(settings_aliases(call->core->settings), name))
		keep_alias(call, name, NULL);
	else
		command_fail(call, RPC_ERROR_NOT_FOUND, alias_find(call->core, name) != NULL ?
		    "/%s comes with confab and stays; /alias %s LINE gives it another meaning." :
		    "There is no alias /%s; /alias lists them.%.0s", name, name);
}

static const struct command commands[] = {
	{ "alias", "[ALIAS] [LINE...]", "the rest", "lists the aliases, shows one, or makes one",
	  "LINE is the command that it stands for, with its slash; what follows the alias on a line follows that. Aliases are "
	  "kept in the config file, in the group [alias]. No alias takes the place of a command.", 0, alias_run },
	{ "reload", "", "the rest", "reads the config file again",
	  "What is wrong in it is told with its line, and then everything stays as it is. The accounts file is read when the core "
	  "starts.", 0, reload_run },
	{ "set", "[SETTING] [VALUE...]", "the rest", "lists the settings, shows one, or changes one",
	  "SETTING alone tells its value, what it may be and what it does; a group such as ui lists those of the group. A change "
	  "takes effect at once, in all faces, and is kept in the config file, whose comments stay; what was changed in it by hand "
	  "meanwhile stays too. bind.KEY is what a key is bound to, which /bind of a screen sets.", 0, set_run },
	{ "unalias", "ALIAS", "the rest", "takes an alias of yours away", NULL, 0, unalias_run },
	{ "unset", "SETTING", "the rest", "gives a setting its default back", "Its line leaves the config file.", 0,
	    unset_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_settings = { .name = "settings", .commands = commands };
