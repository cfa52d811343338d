/* paths.c: see paths.h. */
#include "base/paths.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static bool
profile_ok(const char *profile)
{
	if (*profile == '\0' || *profile == '.')
		return false;
	return strspn(profile, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-") == strlen(profile);
}

/* $variable/confab[/profile], or ~/fallback/confab[/profile]; NULL when neither is known. */
static char *
xdg(const char *variable, const char *fallback, const char *profile)
{
	const char *base = g_getenv(variable), *home = g_getenv("HOME");
	g_autofree char *made = NULL;

	/* The standard says that a relative path there is to be ignored. */
	if (base == NULL || !g_path_is_absolute(base)) {
		if (home == NULL || !g_path_is_absolute(home))
			home = g_get_home_dir();
		if (home == NULL || !g_path_is_absolute(home))
			return NULL;
		base = made = g_build_filename(home, fallback, NULL);
	}
	return strcmp(profile, "default") == 0 ?
	    g_build_filename(base, "confab", NULL) : g_build_filename(base, "confab", profile, NULL);
}

static char *
download_folder(void)
{
	const char *dir = g_getenv("XDG_DOWNLOAD_DIR");

	if (dir != NULL && g_path_is_absolute(dir))
		return g_strdup(dir);
	return g_build_filename(g_get_home_dir(), "Downloads", NULL);
}

static void
fill(struct paths *p)
{
	p->config = g_build_filename(p->config_dir, "config", NULL);
	p->accounts = g_build_filename(p->config_dir, "accounts", NULL);
	p->themes = g_build_filename(p->config_dir, "themes", NULL);
	p->plugins = g_build_filename(p->config_dir, "plugins", NULL);
	p->database = g_build_filename(p->data_dir, "confab.db", NULL);
	p->lock = g_build_filename(p->data_dir, "lock", NULL);
	p->log = g_build_filename(p->state_dir, "confab.log", NULL);
	p->socket = g_build_filename(p->state_dir, "socket", NULL);
}

struct paths *
paths_new(const char *home, const char *profile, GError **error)
{
	struct paths *p;

	if (profile == NULL)
		profile = "default";
	if (!profile_ok(profile)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
		    "A profile's name is made of letters, digits, '.', '-' and '_', and does not begin with a dot.");
		return NULL;
	}
	p = g_new0(struct paths, 1);
	p->profile = g_strdup(profile);
	if (home != NULL) {
		bool standard = strcmp(profile, "default") == 0;

		p->home = g_canonicalize_filename(home, NULL);
		const char *sub = standard ? NULL : profile;
		p->config_dir = g_build_filename(p->home, "config", sub, NULL);
		p->data_dir = g_build_filename(p->home, "data", sub, NULL);
		p->state_dir = g_build_filename(p->home, "state", sub, NULL);
		p->downloads = g_build_filename(p->data_dir, "downloads", NULL);
	} else {
		p->config_dir = xdg("XDG_CONFIG_HOME", ".config", profile);
		p->data_dir = xdg("XDG_DATA_HOME", ".local/share", profile);
		p->state_dir = xdg("XDG_STATE_HOME", ".local/state", profile);
		if (p->config_dir == NULL || p->data_dir == NULL || p->state_dir == NULL) {
			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
			    "Your home folder is not known: HOME is not set. Set it, or name a folder with --home.");
			paths_free(p);
			return NULL;
		}
		p->downloads = download_folder();
	}
	fill(p);
	return p;
}

void
paths_free(struct paths *p)
{
	if (p == NULL)
		return;
	char **all[] = { &p->config_dir, &p->config, &p->accounts, &p->themes, &p->plugins, &p->data_dir,
	    &p->database, &p->lock, &p->downloads, &p->state_dir, &p->log, &p->socket, &p->profile, &p->home };
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		g_free(*all[i]);
	g_free(p);
}

static bool
create(const char *dir, GError **error)
{
	struct stat st;

	if (g_mkdir_with_parents(dir, 0700) == -1) {
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
		    "The folder %s cannot be made: %s.", dir, g_strerror(errno));
		return false;
	}
	if (g_stat(dir, &st) == -1 || !S_ISDIR(st.st_mode) || g_access(dir, R_OK | W_OK | X_OK) == -1) {
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
		    "The folder %s cannot be used: %s.", dir, g_strerror(errno));
		return false;
	}
	return true;
}

bool
paths_create(const struct paths *p, GError **error)
{
	if (!create(p->config_dir, error) || !create(p->data_dir, error) || !create(p->state_dir, error))
		return false;
	/* The folder is the socket's protection: nobody else gets through it. */
	if (g_chmod(p->state_dir, 0700) == -1) {
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
		    "%s: the mode cannot be set to 0700: %s.", p->state_dir, g_strerror(errno));
		return false;
	}
	return true;
}
