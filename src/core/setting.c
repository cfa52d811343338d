/*
 * setting.c: see setting.h.  Every value is kept as the text that the file would have for it, beside the number that
 * code asks for; so that showing, comparing and writing are the same for all kinds.
 */
#include "core/setting.h"

#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/nearest.h"
#include "core/alias.h"
#include "core/bus.h"
#include "core/ini.h"
#include "core/rule.h"
#include "core/turn.h"
#include "proto/error.h"
#include "proto/format.h"

enum kind { BOOL, NUMBER, WORD, LITERAL };

static const struct {
	const char	*name, *standard, *words, *range, *meaning;
	enum kind	 kind;
	int		 min, max;
	bool		(*check)(const char *, GError **);
} table[SETTINGS] = {
#define SETTING(constant, name, kind, standard, min, max, meaning) \
	{ name, #standard, NULL, NULL, meaning, kind, min, max, NULL },
#define CHOICE(constant, name, standard, words, meaning) { name, standard, words, NULL, meaning, WORD, 0, 0, NULL },
#define TEXT(constant, name, standard, max, check, range, meaning) \
	{ name, standard, NULL, range, meaning, LITERAL, 0, max, check },
#include "core/setting.def"
#undef TEXT
#undef CHOICE
#undef SETTING
};

struct settings {
	struct value {
		char	*text;
		int	 number;
		int64_t	 rev;
	}		 values[SETTINGS];
	GHashTable	*aliases, *binds;
	GPtrArray	*rules;
	int64_t		 binds_rev;
};

const char *
setting_name(enum setting i)
{
	return table[i].name;
}

const char *
setting_meaning(enum setting i)
{
	return table[i].meaning;
}

const char *
setting_default(enum setting i)
{
	/* The table has 0 and 1 for these. */
	return table[i].kind != BOOL ? table[i].standard : strcmp(table[i].standard, "0") != 0 ? "true" : "false";
}

char **
setting_words(enum setting i)
{
	const char *words = table[i].kind == BOOL ? "true|false" : table[i].kind == WORD ? table[i].words : NULL;

	return words != NULL ? g_strsplit(words, "|", -1) : NULL;
}

char *
setting_range(enum setting i)
{
	g_auto(GStrv) words = setting_words(i);
	GString *text = g_string_new(NULL);

	if (table[i].kind == NUMBER)
		g_string_printf(text, "a number from %d to %d", table[i].min, table[i].max);
	else if (table[i].kind == LITERAL)
		g_string_assign(text, table[i].range);
	for (char **word = words; word != NULL && *word != NULL; word++)
		g_string_append_printf(text, "%s%s", word == words ? "" : word[1] != NULL ? ", " : " or ", *word);
	return g_string_free(text, FALSE);
}

bool
setting_is_time_format(const char *text, GError **error)
{
	g_autoptr(GDateTime) sample = g_date_time_new_utc(2026, 9, 30, 22, 48, 58);
	g_autofree char *shown = g_date_time_format(sample, text);

	if (shown != NULL && *shown != '\0' && g_utf8_strlen(shown, -1) <= 16)
		return true;
	g_set_error_literal(error, RPC_ERROR, RPC_ERROR_USAGE, "that shows nothing, or more than 16 columns.");
	return false;
}

bool
setting_is_command(const char *text, GError **error)
{
	g_autoptr(GError) wrong = NULL;

	if (*text == '\0' || g_shell_parse_argv(text, NULL, NULL, &wrong))
		return true;
	g_set_error_literal(error, RPC_ERROR, RPC_ERROR_USAGE, "a quote in it is not closed, or it names no program.");
	return false;
}

bool
setting_is_address(const char *text, GError **error)
{
	g_autofree char *jid = *text != '\0' ? jid_normalise(text, error) : g_strdup("");

	return jid != NULL;
}

/* One line without anything that a terminal would obey. */
static bool
is_plain(const char *text, size_t max)
{
	if (strlen(text) > max || !g_utf8_validate(text, -1, NULL))
		return false;
	/* C0, DEL, and C1, which begins with 0xc2 in UTF-8. */
	for (; *text != '\0'; text++)
		if (g_ascii_iscntrl(*text) || ((guchar)text[0] == 0xc2 && (guchar)text[1] < 0xa0))
			return false;
	return true;
}

/* text as the setting has it; false when it is no value of it, and *value is then untouched; *why may say more. */
static bool
parse(enum setting i, const char *text, struct value *value, GError **why)
{
	static const char *const yes[] = { "true", "yes", "on", "1", NULL },
	    *const no[] = { "false", "no", "off", "0", NULL };
	g_auto(GStrv) words = setting_words(i);
	gint64 number = 0;

	switch (table[i].kind) {
	case BOOL:
		number = g_strv_contains(yes, text);
		if (!number && !g_strv_contains(no, text))
			return false;
		text = number ? "true" : "false";
		break;
	case NUMBER:
		if (!g_ascii_string_to_signed(text, 10, table[i].min, table[i].max, &number, NULL))
			return false;
		break;
	case WORD:
		while (words[number] != NULL && strcmp(words[number], text) != 0)
			number++;
		if (words[number] == NULL)
			return false;
		break;
	case LITERAL:
		if (!is_plain(text, (size_t)table[i].max) || (table[i].check != NULL && !table[i].check(text, why)))
			return false;
		break;
	}
	value->number = (int)number;
	value->text = table[i].kind == NUMBER ? g_strdup_printf("%d", value->number) : g_strdup(text);
	return true;
}

static const char *
near_setting(const char *name)
{
	const char *names[SETTINGS + 1] = { NULL };

	for (unsigned i = 0; i < SETTINGS; i++)
		names[i] = table[i].name;
	return nearest(name, names);
}

bool
setting_find(const char *name, enum setting *found, GError **error)
{
	const char *near;

	for (unsigned i = 0; i < SETTINGS; i++) {
		if (strcmp(table[i].name, name) == 0) {
			*found = (enum setting)i;
			return true;
		}
	}
	near = near_setting(name);
	g_set_error(error, RPC_ERROR, RPC_ERROR_NOT_FOUND, "There is no setting \"%s\"%s%s; /set lists them.", name,
	    near != NULL ? "; near to it: " : "", near != NULL ? near : "");
	return false;
}

/* --- the file --- */

static bool
read_alias(struct settings *settings, const struct ini *ini, const char *name, GError **error)
{
	g_autofree char *line = NULL;
	const char *wrong = alias_wrong_name(name, true);

	if (!ini_string(ini, ALIAS_GROUP, name, &line, error))
		return false;
	if (wrong == NULL && g_hash_table_size(settings->aliases) >= LIMIT_ALIASES)
		wrong = "there are too many aliases";
	if (wrong == NULL)
		wrong = alias_wrong_line(line);
	if (wrong == NULL) {
		g_hash_table_insert(settings->aliases, g_strdup(name), g_steal_pointer(&line));
		return true;
	}
	ini_complain(ini, ALIAS_GROUP, name, error, "the alias %s: %s.", name, wrong);
	return false;
}

/* Which keys and actions there are is the faces' to know: they say what is wrong with a name. */
static bool
read_bind(struct settings *settings, const struct ini *ini, const char *key, GError **error)
{
	g_autofree char *what = NULL;

	if (!ini_string(ini, BIND_GROUP, key, &what, error))
		return false;
	if (*what != '\0' && is_plain(what, LIMIT_NAME) && is_plain(key, LIMIT_KEY_SEQUENCE) &&
	    g_hash_table_size(settings->binds) < LIMIT_BINDS) {
		g_hash_table_insert(settings->binds, g_strdup(key), g_steal_pointer(&what));
		return true;
	}
	ini_complain(ini, BIND_GROUP, key, error,
	    "a key is bound to an action, or to a command of at most %d bytes; to at most %d of them.", LIMIT_NAME,
	    LIMIT_BINDS);
	return false;
}

static gint
by_number(gconstpointer a, gconstpointer b)
{
	const struct rule *x = *(const struct rule *const *)a, *y = *(const struct rule *const *)b;

	return (x->number > y->number) - (x->number < y->number);
}

static bool
read_rule(struct settings *settings, const struct ini *ini, const char *key, GError **error)
{
	g_autofree char *line = NULL;
	g_autoptr(GError) why = NULL;
	struct rule *rule = NULL;
	gint64 number = 0;

	if (!ini_string(ini, RULE_GROUP, key, &line, error))
		return false;
	if (settings->rules->len < LIMIT_RULES && g_ascii_string_to_signed(key, 10, 1, G_MAXINT, &number, NULL))
		rule = rule_parse((unsigned)number, line, &why);
	if (rule != NULL) {
		g_ptr_array_add(settings->rules, rule);
		return true;
	}
	ini_complain(ini, RULE_GROUP, key, error, "the rule %s: %s.", key, why != NULL ? why->message :
	    "its name is a number, and there is a limit to how many there are");
	return false;
}

/* Of a group whose keys are people's own; NULL: it is another. */
static bool
(*reader_of(const char *group))(struct settings *, const struct ini *, const char *, GError **)
{
	return strcmp(group, ALIAS_GROUP) == 0 ? read_alias : strcmp(group, BIND_GROUP) == 0 ? read_bind :
	    strcmp(group, RULE_GROUP) == 0 ? read_rule : NULL;
}

static bool
check_name(struct settings *settings, const struct ini *ini, const char *group, const char *key, GError **error)
{
	bool (*reader)(struct settings *, const struct ini *, const char *, GError **) = reader_of(group);
	g_autofree char *name = g_strdup_printf("%s.%s", group, key);
	const char *near;
	enum setting found;

	if (reader != NULL)
		return reader(settings, ini, key, error);
	if (setting_find(name, &found, NULL))
		return true;
	near = near_setting(name);
	ini_complain(ini, group, key, error, "there is no setting %s%s%s.", name, near != NULL ? "; near to it: " : "",
	    near != NULL ? near : "");
	return false;
}

/* What is wrong goes to wrong (of GError *), at most so many. */
static void
check_names(struct settings *settings, const struct ini *ini, GPtrArray *wrong, guint most)
{
	g_auto(GStrv) groups = g_key_file_get_groups(ini->keys, NULL);

	for (char **group = groups; *group != NULL; group++) {
		g_auto(GStrv) keys = g_key_file_get_keys(ini->keys, *group, NULL, NULL);

		for (char **key = keys; *key != NULL && wrong->len < most; key++) {
			GError *error = NULL;

			if (!check_name(settings, ini, *group, *key, &error))
				g_ptr_array_add(wrong, error);
		}
	}
}

static bool
read_value(const struct ini *ini, enum setting i, struct value *value, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(table[i].name, ".", 2);
	g_autofree char *text = NULL, *range = NULL;
	g_autoptr(GError) why = NULL;

	if (!ini_string(ini, parts[0], parts[1], &text, error))
		return false;
	if (parse(i, text != NULL ? text : setting_default(i), value, &why))
		return true;
	range = setting_range(i);
	ini_complain(ini, parts[0], parts[1], error, "%s is %s, not \"%s\"%s%s", parts[1], range, text,
	    why != NULL ? ": " : ".", why != NULL ? why->message : "");
	return false;
}

static void
free_error(void *error)
{
	g_error_free(error);
}

/* All that was right; the rest is in wrong. */
static struct settings *
read_most(const struct ini *ini, GPtrArray *wrong, guint most)
{
	struct settings *settings = g_new0(struct settings, 1);

	settings->aliases = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	settings->binds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	settings->rules = g_ptr_array_new_with_free_func((GDestroyNotify)rule_free);
	check_names(settings, ini, wrong, most);
	g_ptr_array_sort(settings->rules, by_number);
	for (unsigned i = 0; i < SETTINGS && wrong->len < most; i++) {
		GError *error = NULL;

		if (!read_value(ini, (enum setting)i, &settings->values[i], &error))
			g_ptr_array_add(wrong, error);
	}
	return settings;
}

static struct settings *
read_all(const struct ini *ini, GError **error)
{
	g_autoptr(GPtrArray) wrong = g_ptr_array_new_with_free_func(free_error);
	struct settings *settings = read_most(ini, wrong, 1);

	if (wrong->len == 0)
		return settings;
	g_propagate_error(error, g_error_copy(wrong->pdata[0]));
	settings_free(settings);
	return NULL;
}

GPtrArray *
settings_check(const char *path, GPtrArray *changed)
{
	GPtrArray *wrong = g_ptr_array_new_with_free_func(free_error);
	GError *error = NULL;
	struct ini *ini = ini_load(path, &error);
	struct settings *settings;

	if (ini == NULL) {
		g_ptr_array_add(wrong, error);
		return wrong;
	}
	settings = read_most(ini, wrong, SETTINGS_WRONG_MAX);
	for (unsigned i = 0; i < SETTINGS; i++)
		if (settings->values[i].text != NULL && strcmp(settings->values[i].text,
		    setting_default((enum setting)i)) != 0)
			g_ptr_array_add(changed, g_strdup_printf("%s = %s (default %s)", table[i].name,
			    settings->values[i].text, setting_default((enum setting)i)));
	settings_free(settings);
	ini_free(ini);
	return wrong;
}

struct settings *
settings_load(const char *path, GError **error)
{
	struct ini *ini = ini_load(path, error);
	struct settings *settings = ini != NULL ? read_all(ini, error) : NULL;

	if (ini != NULL)
		ini_free(ini);
	return settings;
}

void
settings_free(struct settings *settings)
{
	for (unsigned i = 0; i < SETTINGS; i++)
		g_free(settings->values[i].text);
	g_hash_table_unref(settings->aliases);
	g_hash_table_unref(settings->binds);
	g_ptr_array_unref(settings->rules);
	g_free(settings);
}

int
setting_get(const struct settings *settings, enum setting setting)
{
	return settings->values[setting].number;
}

const char *
setting_text(const struct settings *settings, enum setting setting)
{
	return settings->values[setting].text;
}

GHashTable *
settings_aliases(const struct settings *settings)
{
	return settings->aliases;
}

GPtrArray *
settings_rules(const struct settings *settings)
{
	return settings->rules;
}

GHashTable *
settings_binds(const struct settings *settings)
{
	return settings->binds;
}

/* --- changes --- */

static json_t *
to_json(enum setting i, const char *text)
{
	switch (table[i].kind) {
	case BOOL:
		return json_boolean(strcmp(text, "true") == 0);
	case NUMBER:
		return json_integer(g_ascii_strtoll(text, NULL, 10));
	default:
		return json_string(text);
	}
}

struct event
setting_event(const struct core *core, enum setting i)
{
	const struct value *value = &core->settings->values[i];
	struct event event = { .type = EVENT_setting, .rev = value->rev };

	event.setting.name = g_strdup(table[i].name);
	event.setting.value = to_json(i, value->text);
	event.setting.standard = to_json(i, setting_default(i));
	event.setting.range = setting_range(i);
	event.setting.meaning = g_strdup(table[i].meaning);
	return event;
}

struct event
settings_binds_event(const struct core *core)
{
	struct event event = { .type = EVENT_setting, .rev = core->settings->binds_rev };
	GHashTableIter iter;
	void *key, *what;

	event.setting.name = g_strdup(BIND_GROUP);
	event.setting.value = json_object();
	event.setting.standard = json_object();
	event.setting.range = g_strdup("keys with the actions or commands that they are bound to");
	event.setting.meaning = g_strdup("what keys do on a screen");
	g_hash_table_iter_init(&iter, core->settings->binds);
	while (g_hash_table_iter_next(&iter, &key, &what))
		json_object_set_new(event.setting.value, key, json_string(what));
	return event;
}

void
settings_number(struct core *core)
{
	core->settings->binds_rev = store_next_rev(core->store);
	for (unsigned i = 0; i < SETTINGS; i++)
		core->settings->values[i].rev = store_next_rev(core->store);
}

static bool
same_table(GHashTable *a, GHashTable *b)
{
	GHashTableIter iter;
	void *key, *value;

	if (g_hash_table_size(a) != g_hash_table_size(b))
		return false;
	g_hash_table_iter_init(&iter, a);
	while (g_hash_table_iter_next(&iter, &key, &value))
		if (g_strcmp0(value, g_hash_table_lookup(b, key)) != 0)
			return false;
	return true;
}

/* The settings as they were just read become those in force. */
static GArray *
adopt(struct core *core, struct settings *fresh)
{
	GArray *changed = g_array_new(FALSE, FALSE, sizeof(enum setting));
	struct settings *old = core->settings;

	core->settings = fresh;
	for (unsigned n = 0; n < SETTINGS; n++) {
		enum setting i = (enum setting)n;

		fresh->values[i].rev = old->values[i].rev;
		if (strcmp(fresh->values[i].text, old->values[i].text) == 0)
			continue;
		fresh->values[i].rev = store_next_rev(core->store);
		g_array_append_val(changed, i);
		bus_post(core->bus, setting_event(core, i));
	}
	fresh->binds_rev = old->binds_rev;
	if (!same_table(fresh->binds, old->binds)) {
		fresh->binds_rev = store_next_rev(core->store);
		bus_post(core->bus, settings_binds_event(core));
	}
	settings_free(old);
	turn_wake(core->turn);
	return changed;
}

GArray *
settings_reload(struct core *core, GError **error)
{
	struct settings *fresh = settings_load(core->paths->config, error);

	return fresh != NULL ? adopt(core, fresh) : NULL;
}

/* Checks the changed file as it would be read, writes it, and takes what it says. */
static bool
change(struct core *core, const char *group, const char *key, const char *value, GError **error)
{
	struct ini *ini = ini_load(core->paths->config, error);
	struct settings *fresh = NULL;

	if (ini == NULL)
		return false;
	if (value != NULL)
		g_key_file_set_string(ini->keys, group, key, value);
	else
		g_key_file_remove_key(ini->keys, group, key, NULL);
	g_free(ini->text);
	ini->text = g_key_file_to_data(ini->keys, NULL, NULL);
	fresh = read_all(ini, error);
	if (fresh != NULL && !ini_save(ini, error))
		g_clear_pointer(&fresh, settings_free);
	ini_free(ini);
	if (fresh == NULL)
		return false;
	g_array_unref(adopt(core, fresh));
	return true;
}

bool
settings_set(struct core *core, enum setting i, const char *text, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(table[i].name, ".", 2);
	g_autofree char *range = setting_range(i);
	g_autoptr(GError) why = NULL;
	struct value value = { 0 };
	bool ok;

	if (text != NULL && !parse(i, text, &value, &why)) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, "%s is %s, not \"%s\"%s%s It stays %s.", table[i].name,
		    range, text, why != NULL ? ": " : ".", why != NULL ? why->message : "",
		    core->settings->values[i].text);
		return false;
	}
	ok = change(core, parts[0], parts[1], value.text, error);
	if (!ok)
		g_prefix_error(error, "%s stays %s. ", table[i].name, core->settings->values[i].text);
	g_free(value.text);
	return ok;
}

bool
settings_set_alias(struct core *core, const char *name, const char *line, GError **error)
{
	return change(core, ALIAS_GROUP, name, line, error);
}

bool
settings_set_rule(struct core *core, unsigned number, const char *line, GError **error)
{
	g_autofree char *key = g_strdup_printf("%u", number);

	return change(core, RULE_GROUP, key, line, error);
}

bool
settings_set_bind(struct core *core, const char *key, const char *what, GError **error)
{
	const char *at = key;

	/* What a key of the file may be. */
	while (*at != '\0' && strchr("=[]", *at) == NULL)
		at++;
	if (*key == '\0' || *key == ' ' || *key == '#' || *at != '\0' || at[-1] == ' ') {
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE,
		    "\"%s\" cannot stand in the file; [ ] = and # are BracketLeft, BracketRight, Equals and Hash there.", key);
		return false;
	}
	return change(core, BIND_GROUP, key, what, error);
}
