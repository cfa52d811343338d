/* alias.c: see alias.h. */
#include "core/alias.h"

#include <string.h>

#include "base/limits.h"
#include "core/command.h"
#include "core/setting.h"

enum { DEPTH = 8 };	/* an alias of an alias of ...: whoever goes deeper goes in a circle */

static const struct alias shipped[] = {
#define ALIAS(name, line) { #name, line, false },
#include "core/alias.def"
#undef ALIAS
};

static gint
by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(((const struct alias *)a)->name, ((const struct alias *)b)->name);
}

GArray *
alias_list(const struct core *core)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct alias));
	GHashTable *own = settings_aliases(core->settings);
	GHashTableIter iter;
	gpointer name, line;

	g_hash_table_iter_init(&iter, own);
	while (g_hash_table_iter_next(&iter, &name, &line)) {
		struct alias one = { name, line, true };

		g_array_append_val(all, one);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(shipped); i++)
		if (!g_hash_table_contains(own, shipped[i].name))
			g_array_append_val(all, shipped[i]);
	g_array_sort(all, by_name);
	return all;
}

const char *
alias_find(const struct core *core, const char *name)
{
	const char *line = g_hash_table_lookup(settings_aliases(core->settings), name);

	for (size_t i = 0; line == NULL && i < G_N_ELEMENTS(shipped); i++)
		if (strcmp(shipped[i].name, name) == 0)
			line = shipped[i].line;
	return line;
}

char *
alias_expand(const struct core *core, const char *line)
{
	char *expanded = NULL;

	for (int depth = 0; depth < DEPTH; depth++) {
		const char *at = expanded != NULL ? expanded : line;
		size_t n = strcspn(at, " \t\n");
		g_autofree char *name = g_strndup(at, n);
		const char *stands_for = command_find(name) == NULL ? alias_find(core, name) : NULL;
		char *next;

		if (stands_for == NULL)
			break;
		next = g_strconcat(stands_for + 1, at + n, NULL);
		g_free(expanded);
		expanded = next;
	}
	return expanded;
}

const char *
alias_wrong_name(const char *name, bool in_file)
{
	size_t n = strlen(name);

	if (n == 0 || n > 32 || strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != n)
		return "its name is one word of at most 32 letters, digits, - and _";
	if (in_file)
		return NULL;
	if (command_find(name) != NULL || command_has_second(name))
		return "there is a command of that name, and an alias cannot take its place";
	if (command_is_face(name))
		return "the screen has a command of that name, and an alias cannot take its place";
	return NULL;
}

const char *
alias_wrong_line(const char *line)
{
	g_autofree char *word = NULL;

	if (*line != '/' || line[1] == '/' || line[1] == '\0' || line[1] == ' ')
		return "it stands for a command, which begins with /";
	if (strlen(line) > LIMIT_NAME || strpbrk(line, "\n\r") != NULL)
		return "what it stands for is one line of at most 1024 bytes";
	word = g_strndup(line + 1, strcspn(line + 1, " \t"));
	if (command_is_face(word))
		return "it stands for a command of the screen, which the core does not have";
	return NULL;
}
