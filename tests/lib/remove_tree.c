/* remove_tree.c: see remove_tree.h. */
#include "remove_tree.h"

#include <glib/gstdio.h>

void
remove_tree(const char *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *child = g_build_filename(path, name, NULL);

		if (g_file_test(child, G_FILE_TEST_IS_DIR))
			remove_tree(child);
		else
			g_remove(child);
	}
	if (dir != NULL)
		g_dir_close(dir);
	g_rmdir(path);
}
