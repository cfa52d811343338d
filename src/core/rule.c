/* rule.c: see rule.h. */
#include "core/rule.h"

#include <string.h>

#include "base/limits.h"
#include "base/nearest.h"
#include "base/text.h"
#include "core/words.h"
#include "proto/error.h"

#define CHANGED "message-changed"

struct filter {
	char		*field, *text;
	char		 how;		/* = ! ~ */
};

static void
filter_free(void *p)
{
	struct filter *filter = p;

	g_free(filter->field);
	g_free(filter->text);
	g_free(filter);
}

void
rule_free(struct rule *rule)
{
	g_ptr_array_unref(rule->filters);
	g_free(rule->line);
	g_free(rule);
}

const char **
rule_events(void)
{
	GPtrArray *names = g_ptr_array_new();

	/* What a command says is no event to act on: it would be what the act says. */
	for (int i = 0; i < EVENT_TYPES; i++)
		if (i != EVENT_output)
			g_ptr_array_add(names, (gpointer)(uintptr_t)event_type_name((enum event_type)i));
	g_ptr_array_add(names, (gpointer)(uintptr_t)CHANGED);
	g_ptr_array_add(names, NULL);
	return (const char **)(uintptr_t)g_ptr_array_free(names, FALSE);
}

/* --- reading --- */

static bool
take_event(struct rule *rule, const char **at, GError **error)
{
	g_autofree char *word = words_next(at, error);
	g_autofree const char **names = rule_events();
	const char *near;

	if (word == NULL)
		return false;
	rule->changed = strcmp(word, CHANGED) == 0;
	if (rule->changed)
		rule->type = EVENT_message;
	if (rule->changed || (g_strv_contains(names, word) && event_type_find(word, &rule->type)))
		return true;
	near = nearest(word, names);
	g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, "there is no event \"%s\" that a rule is for%s%s", word,
	    near != NULL ? "; near to it: " : "", near != NULL ? near : "");
	return false;
}

/* Is there such a field, and can it be that word? */
static bool
check(const struct rule *rule, const struct filter *filter, GError **error)
{
	static const char *const common[] = { "account", "chat", "gone", NULL };
	size_t n;
	const struct event_field *fields = event_fields(rule->type, &n);
	int value;

	if (g_strv_contains(common, filter->field))
		return true;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(fields[i].name, filter->field) != 0)
			continue;
		if (fields[i].kind != KIND_WORD || filter->how == '~' || fields[i].word_find(filter->text, &value))
			return true;
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, "%s is never \"%s\"", filter->field, filter->text);
		return false;
	}
	g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, "%s has no field \"%s\"; a command with = in its first word stands "
	    "behind --", event_type_name(rule->type), filter->field);
	return false;
}

/* A filter that text begins with; NULL: the command begins here, or an error. */
static struct filter *
take_filter(const char **at, GError **error)
{
	size_t n = strspn(*at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
	const char *sign = *at + n;
	struct filter *filter;
	char *word;

	if (n == 0 || !(*sign == '=' || *sign == '~' || (*sign == '!' && sign[1] == '=')) ||
	    (word = words_next(at, error)) == NULL)
		return NULL;
	filter = g_new0(struct filter, 1);
	filter->how = word[n];
	filter->text = g_strdup(word + n + (word[n] == '!' ? 2 : 1));
	word[n] = '\0';
	filter->field = word;
	return filter;
}

static bool
take_filters(struct rule *rule, const char **at, GError **error)
{
	GError *cause = NULL;
	struct filter *filter;

	while ((filter = take_filter(at, &cause)) != NULL) {
		g_ptr_array_add(rule->filters, filter);
		if (!check(rule, filter, error))
			return false;
	}
	if (cause != NULL) {
		g_propagate_error(error, cause);
		return false;
	}
	return true;
}

struct rule *
rule_parse(unsigned number, const char *line, GError **error)
{
	struct rule *rule = g_new0(struct rule, 1);
	const char *at;
	bool ok;

	rule->number = number;
	rule->line = g_strdup(line);
	rule->filters = g_ptr_array_new_with_free_func(filter_free);
	at = rule->line;
	ok = take_event(rule, &at, error) && take_filters(rule, &at, error);
	if (ok && strncmp(at, "--", 2) == 0 && (at[2] == ' ' || at[2] == '\t'))
		at += 2 + words_blanks(at + 2);
	rule->command = at;
	if (ok && *at != '\0' && strlen(line) <= LIMIT_RULE)
		return rule;
	if (error != NULL && *error == NULL)
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE,
		    *at == '\0' ? "there is no command in it%.0d" : "it has more than %d bytes", LIMIT_RULE);
	rule_free(rule);
	return NULL;
}

/* --- whether it is meant --- */

/* As a filter, or the environment, has it; NULL: it is a list, or not there. */
static char *
value_of(const json_t *object, const char *field)
{
	const json_t *value = json_object_get(object, field);

	if (json_is_string(value))
		return g_strdup(json_string_value(value));
	if (json_is_integer(value))
		return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	if (json_is_boolean(value))
		return g_strdup(json_is_true(value) ? "true" : "false");
	return NULL;
}

static bool
passes(const struct filter *filter, const json_t *object)
{
	g_autofree char *is = value_of(object, filter->field), *folded = NULL, *wanted = NULL;
	bool same;

	if (is == NULL)
		is = g_strdup(strcmp(filter->field, "gone") == 0 ? "false" : "");
	if (filter->how == '~') {
		folded = g_utf8_casefold(is, -1);
		wanted = g_utf8_casefold(filter->text, -1);
		return strstr(folded, wanted) != NULL;
	}
	same = strcmp(is, filter->text) == 0;
	return same == (filter->how == '=');
}

bool
rule_fits(const struct rule *rule, const struct event *event, bool fresh, const json_t *object)
{
	if (event->type != rule->type || (event->type == EVENT_message && rule->changed == fresh))
		return false;
	for (guint i = 0; i < rule->filters->len; i++)
		if (!passes(rule->filters->pdata[i], object))
			return false;
	return true;
}

char **
rule_environment(const struct event *event, const json_t *object)
{
	GPtrArray *all = g_ptr_array_new();
	size_t n;
	const struct event_field *fields = event_fields(event->type, &n);

	g_ptr_array_add(all, g_strdup_printf("CONFAB_EVENT=%s", event_type_name(event->type)));
	for (size_t i = 0; i < n; i++) {
		g_autofree char *value = value_of(object, fields[i].name), *cut = NULL;
		g_autofree char *name = g_ascii_strup(fields[i].name, -1);

		if (value == NULL)
			continue;
		cut = text_clean(value, -1, TEXT_BODY, LIMIT_RULE_FIELD);
		g_ptr_array_add(all, g_strdup_printf("CONFAB_EVENT_%s=%s", name, cut));
	}
	g_ptr_array_add(all, NULL);
	return (char **)g_ptr_array_free(all, FALSE);
}
