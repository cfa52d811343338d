/* launch.h: the core's executable: where it is, becoming it, starting it in the background. */
#ifndef CLI_LAUNCH_H
#define CLI_LAUNCH_H

#include <glib.h>
#include <stdbool.h>

#include "base/paths.h"
#include "face/cli/options.h"

/* Beside our own executable, else where it was installed.  NULL with a sentence.  The caller's. */
char	*launch_core_path(GError **error);

/* This process becomes the core; comes back only with a sentence. */
void	 launch_become_core(const struct cli_options *, GError **error);

/* A core listens on the socket. */
bool	 launch_core_listens(const struct paths *);
/* The core's half of confab doctor, in a process that writes where we do; its exit code, -1 with a sentence. */
int	 launch_doctor(const struct cli_options *, GError **error);

/*
 * Makes sure that a core listens on the socket: returns at once when one does, else starts one and waits until it says
 * that it is ready.  False with a sentence, the core's own when it had one.
 */
bool	 launch_core_in_background(const struct cli_options *, const struct paths *, GError **error);

#endif
