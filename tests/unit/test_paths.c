/* Where the files are, also in strange environments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/paths.h"

static int
setup(void **state)
{
	static const char *const unset[] = { "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_DOWNLOAD_DIR" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(unset); i++)
		g_unsetenv(unset[i]);
	g_setenv("HOME", "/home/x", TRUE);
	return 0;
}

static void
test_standard_places(void **state)
{
	struct paths *p = paths_new(NULL, NULL, NULL);

	(void)state;
	assert_string_equal(p->config, "/home/x/.config/confab/config");
	assert_string_equal(p->accounts, "/home/x/.config/confab/accounts");
	assert_string_equal(p->database, "/home/x/.local/share/confab/confab.db");
	assert_string_equal(p->lock, "/home/x/.local/share/confab/lock");
	assert_string_equal(p->socket, "/home/x/.local/state/confab/socket");
	assert_string_equal(p->log, "/home/x/.local/state/confab/confab.log");
	assert_string_equal(p->profile, "default");
	assert_null(p->home);
	paths_free(p);
	paths_free(NULL);
}

static void
test_variables_of_the_standard(void **state)
{
	(void)state;
	g_setenv("XDG_DATA_HOME", "/d", TRUE);
	g_setenv("XDG_STATE_HOME", "relative", TRUE);		/* to be ignored */
	g_setenv("XDG_DOWNLOAD_DIR", "/dl", TRUE);
	struct paths *p = paths_new(NULL, "work", NULL);
	assert_string_equal(p->database, "/d/confab/work/confab.db");
	assert_string_equal(p->socket, "/home/x/.local/state/confab/work/socket");
	assert_string_equal(p->downloads, "/dl");
	paths_free(p);
}

static void
test_one_folder(void **state)
{
	(void)state;
	g_unsetenv("HOME");
	struct paths *p = paths_new("/tmp/a/../b", NULL, NULL);
	assert_string_equal(p->home, "/tmp/b");
	assert_string_equal(p->database, "/tmp/b/data/confab.db");
	assert_string_equal(p->config, "/tmp/b/config/config");
	assert_string_equal(p->socket, "/tmp/b/state/socket");
	assert_string_equal(p->downloads, "/tmp/b/data/downloads");
	paths_free(p);
	p = paths_new("rel", "p", NULL);
	assert_true(g_path_is_absolute(p->home));
	assert_true(g_str_has_suffix(p->database, "/rel/data/p/confab.db"));
	paths_free(p);
}

static void
test_names_of_profiles(void **state)
{
	static const char *const bad[] = { "", ".", "..", ".hidden", "a/b", "../x", "a b", "\xc3\xa4", "a\n" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		assert_null(paths_new("/tmp/x", bad[i], &error));
		assert_non_null(error);
	}
	struct paths *p = paths_new("/tmp/x", "a.B-1_", NULL);
	assert_non_null(p);
	paths_free(p);
}

static void
test_creating(void **state)
{
	g_autofree char *folder = g_dir_make_tmp("confab-test-XXXXXX", NULL), *home = NULL;
	g_autoptr(GError) error = NULL;
	struct stat st;

	(void)state;
	home = g_build_filename(folder, "with blank", "\xc3\xa4", NULL);
	struct paths *p = paths_new(home, NULL, NULL);
	assert_int_not_equal(g_stat(home, &st), 0);		/* naming creates nothing */
	assert_true(paths_create(p, &error));
	assert_true(paths_create(p, &error));
	g_chmod(p->state_dir, 0755);
	assert_true(paths_create(p, &error));
	assert_int_equal(g_stat(p->state_dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(g_stat(p->data_dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	/* something else is where a folder should be */
	g_rmdir(p->config_dir);
	assert_true(g_file_set_contents(p->config_dir, "x", 1, NULL));
	assert_false(paths_create(p, &error));
	assert_non_null(strstr(error->message, p->config_dir));
	g_unlink(p->config_dir);
	g_rmdir(p->data_dir);
	g_rmdir(p->state_dir);
	g_rmdir(p->home);
	g_autofree char *parent = g_path_get_dirname(p->home);
	g_rmdir(parent);
	assert_int_equal(g_rmdir(folder), 0);
	paths_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_standard_places, setup),
		    cmocka_unit_test_setup(test_variables_of_the_standard, setup),
		cmocka_unit_test_setup(test_one_folder, setup), cmocka_unit_test_setup(test_names_of_profiles, setup),
		cmocka_unit_test_setup(test_creating, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
