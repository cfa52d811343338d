/*
 * version.c: confab --version.  The core's libraries are not ours, so the core is asked: as a child, without a shell.
 */
#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>
#include <jansson.h>

#include "face/cli/cli.h"
#include "face/cli/launch.h"
#include "face/cli/output.h"
#include "face/cli/session.h"

int
cli_version(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = launch_core_path(&error);
	g_autofree char *face = g_strdup_printf("face: GLib %u.%u.%u, Jansson %s; built with %s", glib_major_version,
	    glib_minor_version, glib_micro_version, jansson_version_str(), CONFAB_FACE_LIBRARIES);
	char option[] = "--version";
	int status = 0;
	pid_t pid;

	if (!output_line("confab " CONFAB_VERSION) || !output_line(face))
		return CLI_FAILED;
	if (path == NULL) {
		output_error(error->message);
		return CLI_FAILED;
	}
	char *argv[] = { path, option, NULL };
	int spawned = posix_spawn(&pid, path, NULL, NULL, argv, environ);
	if (spawned != 0) {
		g_autofree char *sentence = g_strdup_printf("%s cannot be started: %s.", path, g_strerror(spawned));

		output_error(sentence);
		return CLI_FAILED;
	}
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? CLI_OK : CLI_FAILED;
}
