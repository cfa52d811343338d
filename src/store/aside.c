/* aside.c: see aside.h. */
#include "store/aside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/db.h"
#include "store/store.h"

static bool
rename_both(const char *from, const char *to, GError **error)
{
	g_autofree char *log_from = g_strconcat(from, "-wal", NULL), *log_to = g_strconcat(to, "-wal", NULL);
	g_autofree char *index = g_strconcat(from, "-shm", NULL);

	/* The log first: a database without its log looks whole and is not. */
	if ((rename(log_from, log_to) == -1 && errno != ENOENT) || rename(from, to) == -1) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_IO, "%s cannot be renamed to %s: %s.", from, to,
		    g_strerror(errno));
		return false;
	}
	unlink(index);
	return true;
}

char *
aside_put(const char *path, GError **error)
{
	g_autofree char *utc = clock_format_utc(clock_real_us() / 1000), *doubt = db_doubt_path(path), *name = NULL;
	int n = 1;

	utc[19] = '\0';			/* seconds are enough; no colons, which shells and file systems do not like */
	g_strdelimit(utc, ":", '.');
	name = g_strdup_printf("%s.damaged-%s", path, utc);
	while (g_file_test(name, G_FILE_TEST_EXISTS)) {
		g_free(name);
		name = g_strdup_printf("%s.damaged-%s-%d", path, utc, ++n);
	}
	if (!rename_both(path, name, error))
		return NULL;
	unlink(doubt);
	return g_steal_pointer(&name);
}

bool
aside_recovered(const char *file, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(file, ".damaged-", 2);
	g_autofree char *to = parts[1] != NULL ? g_strconcat(parts[0], ".recovered-", parts[1], NULL) : NULL;

	return to == NULL || rename_both(file, to, error);
}

static void
aside_free(void *p)
{
	struct aside *aside = p;

	g_free(aside->path);
	g_free(aside);
}

static gint
by_path(gconstpointer a, gconstpointer b)
{
	return strcmp((*(struct aside *const *)a)->path, (*(struct aside *const *)b)->path);
}

GPtrArray *
aside_list(const char *path)
{
	static const char *const ends[] = { ".damaged-", ".recovered-", ".before-" };
	g_autofree char *folder = g_path_get_dirname(path), *base = g_path_get_basename(path);
	GPtrArray *list = g_ptr_array_new_with_free_func(aside_free);
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		if (!g_str_has_prefix(name, base) || g_str_has_suffix(name, "-wal") || g_str_has_suffix(name, "-shm") ||
		    g_str_has_suffix(name, ".part"))
			continue;
		for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
			struct aside *aside;

			if (!g_str_has_prefix(name + strlen(base), ends[i]))
				continue;
			aside = g_new(struct aside, 1);
			aside->kind = (enum aside_kind)i;
			aside->path = g_build_filename(folder, name, NULL);
			aside->bytes = db_file_size(aside->path);
			aside->number = aside->kind == ASIDE_BEFORE ? atoi(name + strlen(base) + strlen(ends[i])) : 0;
			g_ptr_array_add(list, aside);
		}
	}
	if (dir != NULL)
		g_dir_close(dir);
	g_ptr_array_sort(list, by_path);
	return list;
}
