/* help.c: /help, from the rows of the commands. */
#include <string.h>

#include "core/alias.h"
#include "core/feature.h"

extern const struct feature feature_help;

static json_t *
row_data(const struct command *c)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s?}", "name", c->name, "args", c->args, "group", c->group, "help",
	    c->help, "detail", c->detail);
}

static void
list_all(struct command_call *call)
{
	static const char *const groups[] = { "account", "people", "talking", "rooms", "history", "privacy", "files",
	    "the rest" };
	json_t *data = json_array();

	for (size_t g = 0; g < G_N_ELEMENTS(groups); g++) {
		command_say(call, "%s", groups[g]);
		for (const struct command *const *c = command_list(); *c != NULL; c++) {
			g_autofree char *usage = NULL;

			if (strcmp((*c)->group, groups[g]) != 0)
				continue;
			usage = command_usage(*c);
			command_say(call, "  %-28s %s", usage, (*c)->help);
			json_array_append_new(data, row_data(*c));
		}
	}
	command_say(call, "/help COMMAND tells more. Anything that does not begin with a slash is said in the chat.");
	command_data(call, data);
	command_done(call);
}

static void
help_run(struct command_call *call)
{
	const char *name = call->argv[0], *stands_for;
	json_t *data = json_array();
	g_autofree char *prefix = NULL;
	unsigned found = 0;

	if (name == NULL) {
		json_decref(data);
		list_all(call);
		return;
	}
	if (*name == '/')
		name++;
	stands_for = alias_find(call->core, name);
	if (stands_for != NULL) {
		command_say(call, "/%s is short for %s", name, stands_for);
		name = stands_for + 1;
	}
	prefix = g_strdup_printf("%s ", name);
	for (const struct command *const *c = command_list(); *c != NULL; c++) {
		g_autofree char *usage = NULL;

		/* "/help account" tells about all of them, "/help account add" about one. */
		if (strcmp((*c)->name, name) != 0 && !g_str_has_prefix((*c)->name, prefix) &&
		    !(g_str_has_prefix(name, (*c)->name) && name[strlen((*c)->name)] == ' '))
			continue;
		usage = command_usage(*c);
		command_say(call, "%s", usage);
		command_say(call, "  %s", (*c)->help);
		if ((*c)->detail != NULL)
			command_say(call, "  %s", (*c)->detail);
		json_array_append_new(data, row_data(*c));
		found++;
	}
	command_data(call, data);
	if (found > 0)
		command_done(call);
	else
		command_fail(call, RPC_ERROR_NOT_FOUND, "There is no help about \"%s\"; /help lists the commands.",
		    name);
}

static const struct command commands[] = {
	{ "help", "[COMMAND...]", "the rest", "what there is, or what one command does", NULL, 0, help_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_help = { .name = "help", .commands = commands };
