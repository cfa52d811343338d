/*
 * options.h: the command line of confab.  One table says which options there are, where they may stand, and what
 * --help says about them.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <glib.h>
#include <stdbool.h>

#include "proto/event.h"

enum cli_command {
	CLI_NONE,		/* no sub-command: the terminal */
#define COMMAND(constant, word, arguments, help) CLI_##constant,
#include "face/cli/command.def"
#undef COMMAND
	CLI_COMMANDS
};

/* Everything is lent from argv, but words, an array of the arguments that are no options. */
struct cli_options {
	enum cli_command command;
	const char	*home, *profile, *log, *as;
	const char	*account, *chat, *name;
	const char	*uri;		/* "xmpp:...", of the terminal; NULL: none */
	GPtrArray	*words;
	enum message_state wait;	/* MESSAGE_HELD: do not wait */
	int64_t		 since;		/* a revision; -1: none */
	int		 timeout_s;
	int		 secret_fd;	/* -1: none */
	bool		 yes, json, linear, config, recover, help, version;
};

/* False with a sentence.  Options end at "--". */
bool	 cli_options_parse(struct cli_options *, int argc, char **argv, GError **error);
void	 cli_options_clear(struct cli_options *);
const char *cli_command_word(enum cli_command);
/* What --help prints; the caller's. */
char	*cli_options_help(void);

#endif
