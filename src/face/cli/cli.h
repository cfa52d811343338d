/* cli.h: the sub-commands that talk to a running core.  Each returns the exit code of confab. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/paths.h"
#include "face/cli/options.h"

int	 cli_call(const struct cli_options *, const struct paths *);
int	 cli_doctor(const struct cli_options *, const struct paths *);
int	 cli_do(const struct cli_options *, const struct paths *);
int	 cli_stop(const struct cli_options *, const struct paths *);
int	 cli_watch(const struct cli_options *, const struct paths *);

/* confab --version: ours, the face's libraries, and what the core says about its own. */
int	 cli_version(void);

#endif
