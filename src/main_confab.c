/*
 * main_confab.c: the face's executable: from the command line to the terminal, to a command that talks to the core, or
 * to the core itself.
 */
#include <locale.h>
#include <signal.h>
#include <unistd.h>

#include "face/cli/cli.h"
#include "face/cli/launch.h"
#include "face/cli/output.h"
#include "face/cli/session.h"
#include "face/tui/tui.h"
#include "proto/wire.h"

static int
complain(const GError *error)
{
	output_error(error->message);
	return CLI_FAILED;
}

struct starting {
	const struct cli_options *options;
	const struct paths *paths;
};

static bool
start_core(void *ctx, GError **error)
{
	const struct starting *starting = ctx;

	return launch_core_in_background(starting->options, starting->paths, error);
}

static int
open_terminal(const struct cli_options *o, const struct paths *paths)
{
	struct starting starting = { o, paths };
	g_autoptr(GError) error = NULL;
	const struct tui_options tui = { .as = o->as, .uri = o->uri, .linear = o->linear, .start_core = start_core,
	    .start_ctx = &starting };

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		output_error("There is no terminal here. From a script, use confab do LINE; confab --help says more.");
		return CLI_FAILED;
	}
	if (o->linear && !launch_core_in_background(o, paths, &error))
		return complain(error);
	return tui_main(paths, &tui);
}

static int
see_doctor(const struct cli_options *o, const struct paths *paths)
{
	bool well = o->recover || o->config || tui_doctor();
	int status = cli_doctor(o, paths);

	return well ? status : CLI_FAILED;
}

static int
become_core(const struct cli_options *o)
{
	g_autoptr(GError) error = NULL;

	signal(SIGPIPE, SIG_DFL);
	launch_become_core(o, &error);
	return complain(error);
}

/* A command of /exec talks to the core that runs it, whatever its profile is called. */
static void
take_socket(const struct cli_options *o, struct paths *paths)
{
	const char *socket = g_getenv("CONFAB_SOCKET");

	if (socket == NULL || *socket == '\0' || o->home != NULL || o->profile != NULL ||
	    (o->command != CLI_DO && o->command != CLI_CALL && o->command != CLI_WATCH))
		return;
	g_free(paths->socket);
	paths->socket = g_strdup(socket);
}

static int
dispatch(const struct cli_options *o)
{
	g_autoptr(GError) error = NULL;
	struct paths *paths;
	int status = CLI_FAILED;

	if (o->command == CLI_CORE)
		return become_core(o);
	paths = paths_new(o->home, o->profile, &error);
	if (paths == NULL)
		return complain(error);
	take_socket(o, paths);
	switch (o->command) {
	case CLI_NONE:
		status = open_terminal(o, paths);
		break;
	case CLI_CALL:
		status = cli_call(o, paths);
		break;
	case CLI_DO:
		status = cli_do(o, paths);
		break;
	case CLI_DOCTOR:
		status = see_doctor(o, paths);
		break;
	case CLI_STOP:
		status = cli_stop(o, paths);
		break;
	case CLI_WATCH:
		status = cli_watch(o, paths);
		break;
	case CLI_CORE:
	case CLI_COMMANDS:
		break;
	}
	paths_free(paths);
	return status;
}

int
main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	struct cli_options options;
	int status;

	setlocale(LC_ALL, "");
	wire_wipe_what_is_freed();
	/* A reader that leaves is an error of write(), not the end of the program. */
	signal(SIGPIPE, SIG_IGN);
	if (!cli_options_parse(&options, argc, argv, &error)) {
		status = complain(error);
	} else if (options.help) {
		g_autofree char *help = cli_options_help();

		status = output_line(g_strchomp(help)) ? CLI_OK : CLI_FAILED;
	} else if (options.version) {
		status = cli_version();
	} else {
		status = dispatch(&options);
	}
	cli_options_clear(&options);
	return status;
}
