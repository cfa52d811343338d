/*
 * setting.h: setting.def and the config file: group.key is key in [group]; [alias] holds the aliases (core/alias.h),
 * [bind] what keys do, [on] the rules (core/rule.h).
 *
 * A change reads the file again, so that what was changed by hand meanwhile is kept and takes effect with it.  A file
 * with anything wrong in it changes nothing, and is never written over.
 */
#ifndef CORE_SETTING_H
#define CORE_SETTING_H

#include <glib.h>
#include <stdbool.h>

#include "core/core.h"
#include "proto/event.h"

enum setting {
#define SETTING(constant, name, kind, standard, min, max, meaning) SETTING_##constant,
#define CHOICE(constant, name, standard, words, meaning) SETTING_##constant,
#define TEXT(constant, name, standard, max, check, range, meaning) SETTING_##constant,
#include "core/setting.def"
#undef TEXT
#undef CHOICE
#undef SETTING
	SETTINGS
};

/* The group of keys that were bound, which only faces understand. */
#define BIND_GROUP "bind"
/* The group of the rules of /on: core/rule.h. */
#define RULE_GROUP "on"

struct settings;

/* The defaults where there is no file.  The error names file and line. */
struct settings *settings_load(const char *path, GError **error);
void	 settings_free(struct settings *);
/*
 * Everything that is wrong with a file, of GError *, the caller's; each as settings_load() would tell it.  Where the
 * file cannot be parsed it is that alone.  changed takes a line, char *, for each setting that is right and not the
 * default.
 */
enum { SETTINGS_WRONG_MAX = 100 };	/* as many as somebody mends at once */
GPtrArray *settings_check(const char *path, GPtrArray *changed);
/* A number, 0 or 1, or which of the words it is, from 0. */
int	 setting_get(const struct settings *, enum setting);
/* As the file has it: "30", "true", "auto", or the text.  Lives until the next change. */
const char *setting_text(const struct settings *, enum setting);
/* What people gave names to: name → line, both without a slash before the name.  Lives until the next change. */
GHashTable *settings_aliases(const struct settings *);

/* The rules of /on, of struct rule, by number.  Lives until the next change. */
GPtrArray *settings_rules(const struct settings *);

/* What people bound keys to: key → action or command.  Lives until the next change. */
GHashTable *settings_binds(const struct settings *);

const char *setting_name(enum setting);
const char *setting_meaning(enum setting);
const char *setting_default(enum setting);
/* "a number from 0 to 30".  The caller's. */
char	*setting_range(enum setting);
/* The words that it can be, NULL when they are not a few. */
char	**setting_words(enum setting);
/* RPC_ERROR_NOT_FOUND with the nearest name. */
bool	 setting_find(const char *name, enum setting *, GError **error);
/* TEXT's check: a time as strftime(3) writes it, in at most 16 columns. */
bool	 setting_is_time_format(const char *text, GError **error);
/* TEXT's check: nothing, or words that are quoted as a shell wants them. */
bool	 setting_is_command(const char *text, GError **error);
/* TEXT's check: nothing, or an address. */
bool	 setting_is_address(const char *text, GError **error);

/* The object as it now is. */
struct event setting_event(const struct core *, enum setting);
/* All binds as one setting, "bind". */
struct event settings_binds_event(const struct core *);
/* At the start: gives all of them a revision. */
void	 settings_number(struct core *);
/*
 * Writes one setting, value NULL takes it out of the file.  Error: what is wrong with the value, and that it stays; or
 * with the file.  Events for all that changed.
 */
bool	 settings_set(struct core *, enum setting, const char *value, GError **error);
/* The same for an alias, which the caller has checked. */
bool	 settings_set_alias(struct core *, const char *name, const char *line, GError **error);
/* The same for a rule, which the caller has parsed. */
bool	 settings_set_rule(struct core *, unsigned number, const char *line, GError **error);
/* The same for a key, named as in the file. */
bool	 settings_set_bind(struct core *, const char *key, const char *what, GError **error);
/* Reads the file again.  The settings that changed, as the caller's array of enum setting; NULL with an error. */
GArray	*settings_reload(struct core *, GError **error);

#endif
