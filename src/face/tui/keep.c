/*
 * keep.c: see face.h.  The core keeps the text as it is, under the face's name (confab --as NAME); only faces know what
 * is in it.
 */
#include <string.h>

#include "face/tui/info_pane.h"

static const char *const sizes[LAYOUT_SIZES] = { "narrow", "normal", "wide" };
static const char *const wishes[] = { "auto", "shown", "hidden" };

char *
keep_text(const struct face *face)
{
	GString *text = g_string_new(NULL);

	for (int i = 0; i < LAYOUT_SIZES; i++)
		g_string_append_printf(text, "list.%s %s\n", sizes[i], wishes[face->list[i]]);
	for (int i = 0; i < LAYOUT_SIZES; i++)
		if (face->list_columns[i] != 0)
			g_string_append_printf(text, "list-columns.%s %d\n", sizes[i], face->list_columns[i]);
	splits_write(face, text);
	for (guint i = face->palette.recent != NULL ? face->palette.recent->len : 0; i-- > 0; ) {
		g_autofree char *target = g_strdelimit(g_strdup(face->palette.recent->pdata[i]), "\n", '\t');

		g_string_append_printf(text, "recent %s\n", target);
	}
	if (face->theme != NULL)
		g_string_append_printf(text, "theme %s\n", face->theme);
	info_pane_write(face, text);
	return g_string_free(text, FALSE);
}

static void
take_list(struct face *face, const char *size, const char *wish)
{
	for (int i = 0; i < LAYOUT_SIZES; i++)
		for (size_t j = 0; j < G_N_ELEMENTS(wishes); j++)
			if (strcmp(sizes[i], size) == 0 && strcmp(wishes[j], wish) == 0)
				face->list[i] = (enum list_wish)j;
}

static void
take_columns(struct face *face, const char *size, const char *value)
{
	gint64 columns;

	for (int i = 0; i < LAYOUT_SIZES; i++)
		if (strcmp(sizes[i], size) == 0 &&
		    g_ascii_string_to_signed(value, 10, LIST_COLUMNS_MIN, LIST_COLUMNS_MAX, &columns, NULL))
			face->list_columns[i] = (int)columns;
}

void
keep_take(struct face *face, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autoptr(GPtrArray) splits = g_ptr_array_new_with_free_func(g_free);

	for (int i = 0; lines[i] != NULL; i++) {
		char *value = strchr(lines[i], ' ');

		if (value == NULL)
			continue;
		if (g_str_has_prefix(lines[i], "split ") || g_str_has_prefix(lines[i], "leaf ") ||
		    g_str_has_prefix(lines[i], "focus ")) {
			g_ptr_array_add(splits, g_strdup(lines[i]));
			continue;
		}
		*value++ = '\0';
		if (g_str_has_prefix(lines[i], "list."))
			take_list(face, lines[i] + strlen("list."), value);
		else if (g_str_has_prefix(lines[i], "list-columns."))
			take_columns(face, lines[i] + strlen("list-columns."), value);
		else if (strcmp(lines[i], "recent") == 0)
			palette_used(face, g_strdelimit(value, "\t", '\n'));
		else if (strcmp(lines[i], "theme") == 0)
			theme_use(face, value);
		else if (g_str_has_prefix(lines[i], "info."))
			info_pane_take(face, lines[i] + strlen("info."), value);
	}
	g_ptr_array_add(splits, NULL);
	splits_take(face, (char **)splits->pdata);
	face_mark(face, DIRTY_ALL);
}
