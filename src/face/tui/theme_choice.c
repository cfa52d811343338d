/*
 * theme_choice.c: which theme a face shows: what /theme said, which its layout keeps; else "light" where the terminal
 * says that it is light, else what is built in.  People's own themes stand before those that are installed.
 */
#include <string.h>

#include "face/tui/face.h"
#include "face/tui/term.h"
#include "face/tui/watch.h"

/* Folders with themes, the first that has one counts; the caller's. */
static char **
folders(const struct face *face)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *folder = self != NULL ? g_path_get_dirname(self) : g_strdup(".");
	g_autofree char *beside = g_build_filename(folder, "..", "themes", NULL);
	/* Beside the folder of the program: one that was built and not installed. */
	const char *const all[] = { face->themes != NULL ? face->themes : beside, beside, CONFAB_DATADIR "/themes",
	    NULL };

	return g_strdupv((char **)(uintptr_t)all);
}

static char *
find(const struct face *face, const char *name)
{
	g_auto(GStrv) all = folders(face);
	g_autofree char *file = g_strconcat(name, ".theme", NULL);

	/* A name is no path. */
	for (int i = 0; all[i] != NULL && strchr(name, '/') == NULL; i++) {
		g_autofree char *path = g_build_filename(all[i], file, NULL);

		if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
			return g_steal_pointer(&path);
	}
	return NULL;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *
theme_names(const struct face *face)
{
	g_auto(GStrv) all = folders(face);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

	for (int i = 0; all[i] != NULL; i++) {
		g_autoptr(GDir) dir = g_dir_open(all[i], 0, NULL);
		const char *file;

		while (dir != NULL && (file = g_dir_read_name(dir)) != NULL)
			if (g_str_has_suffix(file, ".theme") && g_utf8_validate(file, -1, NULL)) {
				char *name = g_strndup(file, strlen(file) - strlen(".theme"));

				if (g_hash_table_add(seen, name))
					g_ptr_array_add(names, name);
				else
					g_free(name);
			}
	}
	g_ptr_array_sort(names, by_name);
	return names;
}

static bool
read_file(struct face *face, const char *path)
{
	g_autoptr(GError) error = NULL;
	struct theme *trial = NULL;
	bool loaded;

	if (face->term == NULL)
		trial = theme_new(256);
	loaded = theme_replace(face->term != NULL ? term_theme(face->term) : trial, path, &error);
	theme_free(trial);
	if (!loaded)
		face_note(face, face->front, SEVERITY_ERROR, "%s The colours stay as they are.", error->message);
	else if (face->term != NULL)
		term_repaint(face->term);
	face_mark(face, DIRTY_ALL);
	return loaded;
}

static void
was_saved(void *ctx)
{
	theme_again(ctx);
}

void
theme_again(struct face *face)
{
	if (face->theme_path != NULL)
		read_file(face, face->theme_path);
}

void
theme_forget(struct face *face)
{
	g_clear_pointer(&face->theme_watch, watch_free);
	g_clear_pointer(&face->theme_path, g_free);
}

static bool
load(struct face *face, const char *name)
{
	g_autofree char *path = find(face, name);

	if (path == NULL) {
		face_note(face, face->front, SEVERITY_ERROR, "There is no theme \"%s\"; /theme lists them.", name);
		return false;
	}
	if (!read_file(face, path))
		return false;
	theme_forget(face);
	face->theme_path = g_steal_pointer(&path);
	/* One edits it and looks at once. */
	face->theme_watch = watch_new(face->theme_path, false, was_saved, face);
	return true;
}

bool
theme_use(struct face *face, const char *name)
{
	if (!load(face, name))
		return false;
	g_free(face->theme);
	face->theme = g_strdup(name);
	return true;
}

void
theme_suit(struct face *face)
{
	if (face->theme != NULL || face->lit || !term_is_light(face->term))
		return;
	face->lit = true;
	if (load(face, "light"))
		face_note(face, face->front, SEVERITY_INFO,
		    "The terminal is light, so the theme is. /theme NAME takes another one, and keeps it.");
}
