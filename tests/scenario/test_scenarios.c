/*
 * test_scenarios.c: runs tests/scenario/NAME.scn, or the files named on the command line, each in a process of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib.h>

#include "scenario.h"

enum { SECONDS_MAX = 120 };

static void
run_one(void **state)
{
	const char *path = *state;
	pid_t child = fork();
	int status;

	assert_int_not_equal(child, -1);
	if (child == 0) {
		alarm(SECONDS_MAX);
		scenario_run(path);
		exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status))
		fail_msg("%s: ended by signal %d", path, WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		fail_msg("%s: exit %d", path, WEXITSTATUS(status));
}

static gint
by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *
find_all(void)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
	GDir *dir = g_dir_open(TESTS_DIR "/scenario", 0, NULL);
	const char *name;

	assert_non_null(dir);
	while ((name = g_dir_read_name(dir)) != NULL)
		if (g_str_has_suffix(name, ".scn"))
			g_ptr_array_add(all, g_build_filename(TESTS_DIR "/scenario", name, NULL));
	g_dir_close(dir);
	g_ptr_array_sort(all, by_text);
	return all;
}

int
main(int argc, char **argv)
{
	GPtrArray *files = argc > 1 ? g_ptr_array_new_with_free_func(g_free) : find_all();
	struct CMUnitTest *tests;
	int failed;

	for (int i = 1; i < argc; i++)
		g_ptr_array_add(files, g_strdup(argv[i]));
	tests = g_new0(struct CMUnitTest, files->len);
	for (guint i = 0; i < files->len; i++)
		tests[i] = (struct CMUnitTest){ .name = strrchr(files->pdata[i], '/') != NULL ?
		    strrchr(files->pdata[i], '/') + 1 : files->pdata[i], .test_func = run_one,
		    .initial_state = files->pdata[i] };
	failed = _cmocka_run_group_tests("scenarios", tests, files->len, NULL, NULL);
	g_free(tests);
	g_ptr_array_unref(files);
	return failed;
}
