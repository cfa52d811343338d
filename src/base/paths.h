/*
 * paths.h: where everything is: the XDG folders, or everything below one folder given by
 * --home.  A profile other than "default" puts its name after "confab/".
 */
#ifndef BASE_PATHS_H
#define BASE_PATHS_H

#include <glib.h>
#include <stdbool.h>

struct paths {
	char	*config_dir, *config, *accounts, *themes, *plugins;
	char	*data_dir, *database, *lock, *downloads;
	char	*state_dir, *log, *socket;
	char	*profile;
	char	*home;		/* the --home folder, absolute; NULL for XDG */
};

/*
 * home NULL: the XDG folders.  NULL with an error in words where there is neither --home nor HOME nor the XDG
 * variables, or where the profile's name is not made of letters, digits, '.', '-' and '_'.  Creates nothing.
 */
struct paths *paths_new(const char *home, const char *profile, GError **error);
void	 paths_free(struct paths *);

/* Creates config_dir, data_dir and state_dir with mode 0700, parents too.  An existing state_dir is made 0700. */
bool	 paths_create(const struct paths *, GError **error);

#endif
