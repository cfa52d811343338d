/*
 * docgen.c: a manual page or a script with completions on standard input, the same with its lists on standard output.
 * A line
 *
 *	.\" LIST name		or	# LIST name
 *
 * becomes the list of that name, made from the tables that the programs are made from.  The commands come from the
 * core itself (confab-core --print-commands), as the JSON file named by the argument.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "face/cli/options.h"
#include "proto/event.h"
#include "proto/format.h"
#include "proto/method.h"

/* One word as roff text: no escapes, and no request when it begins a line. */
static void
put_word(const char *word, bool first)
{
	if (first && (*word == '.' || *word == '\''))
		fputs("\\&", stdout);
	for (; *word != '\0'; word++) {
		if (*word == '\\')
			fputs("\\e", stdout);
		else
			putchar(*word);
	}
}

/* Text as lines of at most 78 bytes, without the last newline; a newline in it begins a paragraph. */
static void
put(const char *text)
{
	g_auto(GStrv) paragraphs = g_strsplit(text, "\n", -1);

	for (char **paragraph = paragraphs; *paragraph != NULL; paragraph++) {
		g_auto(GStrv) words = g_strsplit(*paragraph, " ", -1);
		size_t column = 0;
		bool ended = false;	/* a sentence: the next one begins a line */

		if (paragraph != paragraphs && **paragraph != '\0')
			fputs("\n.Pp\n", stdout);
		for (char **word = words; *word != NULL; word++) {
			bool breaks = column > 0 && (ended || column + 1 + strlen(*word) > 78);

			if (**word == '\0')
				continue;
			if (column > 0)
				putchar(breaks ? '\n' : ' ');
			put_word(*word, column == 0 || breaks);
			column = (breaks ? 0 : column + 1) + strlen(*word);
			ended = g_str_has_suffix(*word, ".") || g_str_has_suffix(*word, "?");
		}
	}
}

/* One argument of a macro. */
static void
put_quoted(const char *text)
{
	putchar('"');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			fputs("\\(dq", stdout);
		else if (*text == '\\')
			fputs("\\e", stdout);
		else
			putchar(*text);
	}
	/* Otherwise a '?' or ')' at the end counts as punctuation. */
	fputs("\\&\"", stdout);
}

/* ".It MACRO name" and its meaning. */
static void
item(const char *macro, const char *name, const char *meaning)
{
	printf(".It %s ", macro);
	put_quoted(name);
	putchar('\n');
	put(meaning);
	putchar('\n');
}

static void
list_fields(enum event_type type)
{
	static const char *const kinds[] = { "text", "whole number", "true or false", "time", "word", "JSON" };
	const struct event_field *fields;
	size_t n;

	fields = event_fields(type, &n);
	if (n == 0)
		return;
	puts(".Bl -tag -width Ds -compact");
	for (size_t i = 0; i < n; i++) {
		printf(".It Cm %s Pq ", fields[i].name);
		put(kinds[fields[i].kind]);
		putchar('\n');
		put(fields[i].meaning);
		if (fields[i].kind == KIND_WORD) {
			for (int value = 0; strcmp(fields[i].word_name(value), "?") != 0; value++)
				printf("%s\n.Ql %s", value == 0 ? ":" : " ,", fields[i].word_name(value));
		}
		putchar('\n');
	}
	puts(".El");
}

static void
list_events(void)
{
	puts(".Bl -tag -width Ds");
	for (enum event_type type = 0; type < EVENT_TYPES; type++) {
		g_autofree char *meaning = g_strdup_printf("%s when %s.",
		    event_is_object(type) ? "An object; sent" : "Sent", event_meaning(type));

		item("Cm", event_type_name(type), meaning);
		list_fields(type);
	}
	puts(".El");
}

static void
list_methods(void)
{
	static const char *const kinds[] = { "text", "whole number", "true or false", "array", "anything" };

	puts(".Bl -tag -width Ds");
	for (enum method method = 0; method < METHODS; method++) {
		const struct method_row *row = &method_table[method];
		g_autofree char *meaning = g_strdup_printf("%s.\nThe result holds: %s.", row->what, row->result);

		item("Cm", row->name, meaning);
		if (row->params->name == NULL)
			continue;
		puts(".Bl -tag -width Ds -compact");
		for (const struct method_param *p = row->params; p->name != NULL; p++) {
			printf(".It Cm %s Pq %s%s\n", p->name, kinds[p->kind], p->needed ? "" : ", may be left out");
			put(p->meaning);
			putchar('\n');
		}
		puts(".El");
	}
	puts(".El");
}

static void
list_errors(void)
{
	puts(".Bl -tag -width Ds -compact");
#define CODE(constant, word, meaning) item("Cm", word, meaning);
#include "proto/error.def"
#undef CODE
	puts(".El");
}

static void
list_limits(void)
{
	puts(".Bl -tag -width Ds -compact");
#define LIMIT(name, value, unit, reason) item("Cm", #name " " #value " " unit, reason);
#include "base/limits.def"
#undef LIMIT
	puts(".El");
}

static void
list_sub_commands(void)
{
	puts(".Bl -tag -width Ds");
#define COMMAND(constant, word, arguments, help) item("Cm", word " " arguments, help);
#include "face/cli/command.def"
#undef COMMAND
	puts(".El");
}

static void
list_option(const char *name, const char *value, const char *help)
{
	printf(".It Fl -%s%s%s\n", name, value == NULL ? "" : " Ar ", value == NULL ? "" : value);
	put(help);
	putchar('\n');
}

static void
list_options(void)
{
	puts(".Bl -tag -width Ds");
#define OPTION(name, field, kind, where, value, help) list_option(name, value, help);
#include "face/cli/option.def"
#undef OPTION
	puts(".El");
}

static void
list_account_keys(void)
{
	puts(".Bl -tag -width Ds -compact");
#define KEY(name, nature, meaning) item("Cm", #name, meaning);
#include "core/account_key.def"
#undef KEY
	puts(".El");
}

static void
setting(const char *name, const char *meaning, const char *standard, const char *range)
{
	g_auto(GStrv) words = g_strsplit(range, "|", -1);
	g_autofree char *values = g_strjoinv(", ", words);
	/* Blanks count in a format, and its line is long. */
	bool format = strstr(standard, "#{") != NULL;
	g_autofree char *text = g_strdup_printf(format ? "%s. It is %s; /set %s tells what it is without a line" :
	    *standard == '\0' ? "%s. It is %s; without a line it is empty%.0s" : "%s. It is %s; without a line: %s",
	    meaning, values, format ? name : standard);

	item("Cm", name, text);
}

static void
list_settings(void)
{
	puts(".Bl -tag -width Ds -compact");
#define BOOL(value, least, most) value ? "true" : "false", "true or false"
#define NUMBER(value, least, most) #value, "a number from " #least " to " #most
#define SETTING(constant, name, kind, standard, least, most, meaning) \
	setting(name, meaning, kind(standard, least, most));
#define CHOICE(constant, name, standard, words, meaning) setting(name, meaning, standard, words);
#define TEXT(constant, name, standard, most, check, range, meaning) setting(name, meaning, standard, range);
#include "core/setting.def"
#undef TEXT
#undef CHOICE
#undef SETTING
#undef NUMBER
#undef BOOL
	puts(".El");
}

static void
list_items(void)
{
	puts(".Bl -tag -width Ds -compact");
#define ITEM(constant, name, help) item("Cm", name, help);
#include "proto/item.def"
#undef ITEM
	puts(".El");
}

static void
list_keys(void)
{
	puts(".Bl -tag -width Ds -compact");
#define ACTION(constant, name, keys, help) item("Cm", *keys == '\0' ? "(" name ")" : keys, help);
#include "face/tui/actions.def"
#undef ACTION
	puts(".El");
}

static void
view_key(const char *kind, const char *keys, const char *help)
{
	g_autofree char *where = g_ascii_strdown(kind, -1);
	g_autofree char *text = strcmp(kind, "ANY") == 0 ? g_strdup(help) : g_strdup_printf("%s: %s", where, help);

	item("Cm", keys, text);
}

static void
list_select_keys(void)
{
	puts(".Bl -tag -width Ds -compact");
#define SELECT(constant, name, keys, help) item("Cm", keys, *help == '\0' ? name : help);
#include "face/tui/select.def"
#undef SELECT
	puts(".El");
}

static void
list_view_keys(void)
{
	puts(".Bl -tag -width Ds -compact");
#define VIEW(constant, name, kind, keys, hint, help) view_key(#kind, keys, help);
#include "face/tui/views.def"
#undef VIEW
	puts(".El");
}

static void
list_slots(void)
{
	puts(".Bl -tag -width Ds -compact");
#define SLOT(constant, name, used_for, rich, poor, mono) item("Cm", name, used_for);
#include "proto/slot.def"
#undef SLOT
	puts(".El");
}

static void
list_screen_commands(void)
{
	puts(".Bl -tag -width Ds -compact");
#define COMMAND(name, arguments, help) item("Ic", *arguments == '\0' ? "/" #name : "/" #name " " arguments, help);
#include "face/tui/commands.def"
#undef COMMAND
	puts(".El");
}

static const char *commands_path;

static const char *
text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}

static void
list_commands(void)
{
	json_error_t at;
	json_t *commands = json_load_file(commands_path, 0, &at), *command;
	size_t i;

	if (!json_is_array(commands) || json_array_size(commands) == 0) {
		fprintf(stderr, "docgen: %s: no commands: %s\n", commands_path, at.text);
		exit(1);
	}
	puts(".Bl -tag -width Ds");
	json_array_foreach(commands, i, command) {
		g_autofree char *usage = g_strdup_printf("/%s %s", text_of(command, "name"), text_of(command, "args"));

		item("Ic", g_strchomp(usage), text_of(command, "help"));
		if (*text_of(command, "detail") != '\0') {
			puts(".Pp");
			put(text_of(command, "detail"));
			putchar('\n');
		}
	}
	puts(".El");
	json_decref(commands);
}

/* --- completions --- */

#define IN(command) (1u << CLI_##command)
#define ANY (~0u)

static const struct completion_option {
	const char	*name;
	unsigned	 where;
	const char	*value, *help;
} completion_options[] = {
#define OPTION(name, field, kind, where, value, help) { name, where, value, help },
#include "face/cli/option.def"
#undef OPTION
};

static const struct completion_command {
	const char	*word, *help;
} completion_commands[CLI_COMMANDS] = {
	[CLI_NONE] = { "", "" },
#define COMMAND(constant, word, arguments, help) [CLI_##constant] = { word, help },
#include "face/cli/command.def"
#undef COMMAND
};

/* Inside single quotes of a shell; every one of `escaped` gets a backslash. */
static void
put_shell(const char *text, const char *quote, const char *escaped)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			fputs(quote, stdout);
		else if (strchr(escaped, *text) != NULL)
			printf("\\%c", *text);
		else
			putchar(*text);
	}
}

static void
bash_options(void)
{
	for (enum cli_command c = CLI_NONE; c < CLI_COMMANDS; c++) {
		printf("\t'%s') echo '", completion_commands[c].word);
		for (size_t i = 0; i < G_N_ELEMENTS(completion_options); i++)
			if ((completion_options[i].where & 1u << c) != 0)
				printf("--%s ", completion_options[i].name);
		puts("' ;;");
	}
}

static void
bash_commands(void)
{
	fputs("\twords='", stdout);
	for (enum cli_command c = CLI_NONE + 1; c < CLI_COMMANDS; c++)
		printf("%s%s", c > CLI_NONE + 1 ? " " : "", completion_commands[c].word);
	puts("'");
}

/* Options whose value nobody can guess. */
static void
bash_values(void)
{
	const char *between = "\t";

	for (size_t i = 0; i < G_N_ELEMENTS(completion_options); i++) {
		const char *name = completion_options[i].name;

		if (completion_options[i].value == NULL || strcmp(name, "home") == 0 || strcmp(name, "log") == 0 ||
		    strcmp(name, "wait") == 0)
			continue;
		printf("%s--%s", between, name);
		between = "|";
	}
	puts(") ;;");
}

static const char *
zsh_value(const char *value)
{
	return strcmp(value, "DIR") == 0 ? "_files -/" : strcmp(value, "LEVEL") == 0 ?
	    "(error warning notice debug trace)" : strcmp(value, "STATE") == 0 ? "(sent stored delivered)" : " ";
}

static void
zsh_commands(void)
{
	puts("\tcommands=(");
	for (enum cli_command c = CLI_NONE + 1; c < CLI_COMMANDS; c++) {
		printf("\t\t'%s:", completion_commands[c].word);
		put_shell(completion_commands[c].help, "'\\''", ":");
		puts("'");
	}
	puts("\t)");
}

static void
zsh_options(void)
{
	for (enum cli_command c = CLI_NONE; c < CLI_COMMANDS; c++) {
		printf("\t('%s') options=(\n", completion_commands[c].word);
		for (size_t i = 0; i < G_N_ELEMENTS(completion_options); i++) {
			const struct completion_option *o = &completion_options[i];

			if ((o->where & 1u << c) == 0)
				continue;
			printf("\t\t'--%s[", o->name);
			put_shell(o->help, "'\\''", ":[]");
			if (o->value == NULL)
				puts("]'");
			else
				printf("]:%s:%s'\n", o->value, zsh_value(o->value));
		}
		puts("\t\t) ;;");
	}
}

static void
fish_lists(void)
{
	/* fish's own __fish_use_subcommand takes the value of an option for one. */
	fputs("function __confab_no_subcommand\n\tnot __fish_seen_subcommand_from", stdout);
	for (enum cli_command c = CLI_NONE + 1; c < CLI_COMMANDS; c++)
		printf(" %s", completion_commands[c].word);
	puts("\nend");
	for (enum cli_command c = CLI_NONE + 1; c < CLI_COMMANDS; c++) {
		printf("complete -c confab -n __confab_no_subcommand -a %s -d '", completion_commands[c].word);
		put_shell(completion_commands[c].help, "\\'", "\\");
		puts("'");
	}
	for (size_t i = 0; i < G_N_ELEMENTS(completion_options); i++) {
		const struct completion_option *o = &completion_options[i];

		printf("complete -c confab");
		if (o->where != ANY) {
			const char *before = " -n '";

			for (enum cli_command c = CLI_NONE; c < CLI_COMMANDS; c++) {
				if ((o->where & 1u << c) == 0)
					continue;
				if (c == CLI_NONE)
					printf("%s__confab_no_subcommand", before);
				else
					printf("%s__fish_seen_subcommand_from %s", before, completion_commands[c].word);
				before = "; or ";
			}
			putchar('\'');
		}
		printf(" -l %s", o->name);
		if (o->value != NULL)
			printf(" -x -a '%s'", strcmp(o->value, "DIR") == 0 ? "(__fish_complete_directories)" :
			    strcmp(o->value, "LEVEL") == 0 ? "error warning notice debug trace" :
			    strcmp(o->value, "STATE") == 0 ? "sent stored delivered" : "");
		fputs(" -d '", stdout);
		put_shell(o->help, "\\'", "\\");
		puts("'");
	}
}

static const struct {
	const char	*name;
	void		(*print)(void);
} lists[] = {
	{ "account-keys", list_account_keys }, { "bash-commands", bash_commands }, { "bash-options", bash_options },
	{ "bash-values", bash_values }, { "commands", list_commands }, { "errors", list_errors },
	{ "events", list_events }, { "fish", fish_lists }, { "items", list_items }, { "keys", list_keys },
	    { "limits", list_limits }, { "methods", list_methods },
	{ "options", list_options }, { "screen-commands", list_screen_commands }, { "settings", list_settings },
	{ "select-keys", list_select_keys }, { "slots", list_slots }, { "sub-commands", list_sub_commands },
	{ "view-keys", list_view_keys },
	{ "zsh-commands", zsh_commands }, { "zsh-options", zsh_options },
};

static bool
print_list(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
		if (strcmp(name, lists[i].name) == 0) {
			lists[i].print();
			return true;
		}
	}
	return false;
}

int
main(int argc, char **argv)
{
	static const char *const marks[] = { ".\\\" LIST ", "# LIST " };
	char line[4096];

	if (argc != 2) {
		fputs("usage: docgen COMMANDS.json < page > page\n", stderr);
		return 1;
	}
	commands_path = argv[1];
	while (fgets(line, sizeof line, stdin) != NULL) {
		const char *name = NULL;

		for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
			if (g_str_has_prefix(line, marks[i]))
				name = g_strchomp(line + strlen(marks[i]));
		if (name == NULL) {
			fputs(line, stdout);
		} else if (!print_list(name)) {
			fprintf(stderr, "docgen: there is no list \"%s\"\n", name);
			return 1;
		}
	}
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
