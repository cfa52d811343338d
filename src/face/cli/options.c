/*
 * options.c: see options.h.  Options may stand before and after the sub-command; which one takes what is checked last.
 */
#include "face/cli/options.h"

#include <stddef.h>
#include <string.h>

#include "base/log.h"

enum kind { TEXT, NUMBER, REV, STATE, FLAG };

#define IN(command) (1u << CLI_##command)
#define ANY (~0u)

static const struct option_row {
	const char	*name;
	size_t		 offset;
	enum kind	 kind;
	unsigned	 where;
	const char	*value, *help;
} options[] = {
#define OPTION(name, field, kind, where, value, help) \
	{ name, offsetof(struct cli_options, field), kind, where, value, help },
#include "face/cli/option.def"
#undef OPTION
};

static const struct command_row {
	const char	*word, *arguments, *help;
} commands[CLI_COMMANDS] = {
	[CLI_NONE] = { "", "[xmpp:LINK]",
	    "open the terminal, with a link's line in it; start the core if none is running" },
#define COMMAND(constant, word, arguments, help) [CLI_##constant] = { word, arguments, help },
#include "face/cli/command.def"
#undef COMMAND
};

static G_GNUC_PRINTF(2, 3) bool
fail(GError **error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (error != NULL)
		*error = g_error_new_valist(G_OPTION_ERROR, G_OPTION_ERROR_FAILED, format, ap);
	va_end(ap);
	return false;
}

static const struct option_row *
find_option(const char *name, size_t len)
{
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
		if (strlen(options[i].name) == len && strncmp(options[i].name, name, len) == 0)
			return &options[i];
	return NULL;
}

static bool
store_state(void *field, const char *value, GError **error)
{
	static const enum message_state allowed[] = { MESSAGE_SENT, MESSAGE_STORED, MESSAGE_DELIVERED };
	enum message_state *state = field;

	for (size_t i = 0; i < G_N_ELEMENTS(allowed); i++) {
		if (strcmp(value, message_state_name(allowed[i])) == 0) {
			*state = allowed[i];
			return true;
		}
	}
	return fail(error, "--wait takes sent, stored or delivered, not \"%s\".", value);
}

static bool
store_value(struct cli_options *o, const struct option_row *row, const char *value, GError **error)
{
	void *field = (char *)o + row->offset;
	gint64 number;

	switch (row->kind) {
	case TEXT:
		/* What is not UTF-8 cannot be said to a core; file names may be anything. */
		if (row->offset != offsetof(struct cli_options, home) && !g_utf8_validate(value, -1, NULL))
			return fail(error, "The value of --%s is not UTF-8.", row->name);
		*(const char **)field = value;
		return true;
	case NUMBER:
		if (!g_ascii_string_to_signed(value, 10, 0, 1000000, &number, NULL))
			return fail(error, "--%s takes a number from 0 to 1000000, not \"%s\".", row->name, value);
		*(int *)field = (int)number;
		return true;
	case REV:
		if (!g_ascii_string_to_signed(value, 10, 0, G_MAXINT64, &number, NULL))
			return fail(error, "--%s takes a revision, a number, not \"%s\".", row->name, value);
		*(int64_t *)field = number;
		return true;
	case STATE:
		return store_state(field, value, error);
	case FLAG:
		break;
	}
	*(bool *)field = true;
	return true;
}

/* One option at argv[*i]; moves *i on when its value is the next word. */
static bool
take_option(struct cli_options *o, char **argv, int *i, unsigned *seen, GError **error)
{
	const char *word = argv[*i] + 2, *value = strchr(word, '=');
	const struct option_row *row = find_option(word, value != NULL ? (size_t)(value - word) : strlen(word));

	if (row == NULL)
		return fail(error,
		    "There is no option \"%s\"; confab --help lists them. A line that begins with a dash stands after --.", argv[*i]);
	if (row->kind == FLAG && value != NULL)
		return fail(error, "--%s takes no value.", row->name);
	if (row->kind != FLAG && value == NULL && argv[*i + 1] == NULL)
		return fail(error, "--%s needs a value: %s.", row->name, row->value);
	*seen |= 1u << (row - options);
	if (value != NULL)
		value++;
	else if (row->kind != FLAG)
		value = argv[++*i];
	return store_value(o, row, value, error);
}

static bool
take_command(struct cli_options *o, const char *word, GError **error)
{
	static const char *const later[] = { "import", "export" };

	if (g_ascii_strncasecmp(word, "xmpp:", 5) == 0) {
		o->uri = word;
		return g_utf8_validate(word, -1, NULL) || fail(error, "The link is not UTF-8.");
	}
	for (enum cli_command c = CLI_NONE + 1; c < CLI_COMMANDS; c++) {
		if (strcmp(word, commands[c].word) == 0) {
			o->command = c;
			return true;
		}
	}
	for (size_t i = 0; i < G_N_ELEMENTS(later); i++)
		if (strcmp(word, later[i]) == 0)
			return fail(error, "%s is not part of this version.", word);
	return fail(error, "There is no sub-command \"%s\"; confab --help lists them.", word);
}

static bool
check_words(const struct cli_options *o, GError **error)
{
	const struct command_row *row = &commands[o->command];
	guint most = o->command == CLI_CALL ? 2 : *row->arguments == '\0' ? 0 : G_MAXUINT;
	bool needs_one = *row->arguments != '\0' && *row->arguments != '[';

	if (o->command == CLI_NONE && o->words->len > 0)
		return fail(error, "One link at a time: \"%s\" is too much.", (const char *)o->words->pdata[0]);
	if (needs_one && o->words->len == 0)
		return fail(error, "confab %s needs more: confab %s %s.", row->word, row->word, row->arguments);
	if (o->words->len > most)
		return fail(error, "confab %s takes no \"%s\": confab %s%s%s.", row->word,
		    (const char *)o->words->pdata[most], row->word, *row->arguments == '\0' ? "" : " ", row->arguments);
	for (guint i = 0; i < o->words->len; i++)
		if (!g_utf8_validate(o->words->pdata[i], -1, NULL))
			return fail(error, "Argument %u of confab %s is not UTF-8.", i + 1, row->word);
	return true;
}

static bool
check(const struct cli_options *o, unsigned seen, GError **error)
{
	enum log_level level;

	for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
		if ((seen & 1u << i) != 0 && (options[i].where & 1u << o->command) == 0)
			return fail(error, o->command == CLI_NONE ? "--%s needs a sub-command%s; see confab --help." :
			    "--%s means nothing to confab %s.", options[i].name, commands[o->command].word);
	if (o->log != NULL && !log_level_parse(o->log, &level))
		return fail(error, "--log takes error, warning, notice, debug or trace, not \"%s\".", o->log);
	return check_words(o, error);
}

bool
cli_options_parse(struct cli_options *o, int argc, char **argv, GError **error)
{
	bool plain = false;
	unsigned seen = 0;

	*o = (struct cli_options){ .words = g_ptr_array_new(), .wait = MESSAGE_HELD, .timeout_s = 30, .secret_fd = -1,
	    .since = -1, .as = "main" };
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];

		if (!plain && strcmp(word, "--") == 0)
			plain = true;
		else if (!plain && g_str_has_prefix(word, "--")) {
			if (!take_option(o, argv, &i, &seen, error))
				return false;
		} else if (!plain && *word == '-' && word[1] != '\0') {
			return fail(error,
			    "There is no option \"%s\"; confab --help lists them. A line that begins with a dash stands after --.", word);
		} else if (o->command == CLI_NONE && o->uri == NULL) {
			if (!take_command(o, word, error))
				return false;
		} else {
			g_ptr_array_add(o->words, argv[i]);
		}
	}
	return o->help || o->version || check(o, seen, error);
}

void
cli_options_clear(struct cli_options *o)
{
	g_clear_pointer(&o->words, g_ptr_array_unref);
}

const char *
cli_command_word(enum cli_command command)
{
	return commands[command].word;
}

char *
cli_options_help(void)
{
	GString *text = g_string_new("confab: XMPP in a terminal\n\n");

	for (enum cli_command c = CLI_NONE; c < CLI_COMMANDS; c++) {
		g_autofree char *usage = g_strdup_printf("confab %s%s%s", commands[c].word,
		    c == CLI_NONE ? "" : " ", commands[c].arguments);

		g_string_append_printf(text, "  %-26s %s\n", usage, commands[c].help);
	}
	g_string_append(text, "\nOptions:\n\n");
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
		const struct option_row *row = &options[i];
		g_autofree char *usage = g_strdup_printf("--%s%s%s", row->name, row->value != NULL ? " " : "",
		    row->value != NULL ? row->value : "");

		g_string_append_printf(text, "  %-18s %s", usage, row->help);
		if (row->where != ANY) {
			const char *between = " (";

			for (enum cli_command c = CLI_NONE; c < CLI_COMMANDS; c++) {
				if ((row->where & 1u << c) == 0)
					continue;
				g_string_append_printf(text, "%s%s", between,
				    c == CLI_NONE ? "terminal" : commands[c].word);
				between = ", ";
			}
			g_string_append_c(text, ')');
		}
		g_string_append_c(text, '\n');
	}
	return g_string_append(text, "\nThe manual is confab(1).\n"), g_string_free(text, FALSE);
}
