/*
 * keep.c: see face.h.  The core keeps the text as it is, under the face's name (confab --as NAME); only faces know what is
 * in it.
 */
#include <string.h>

#include "face/tui/face.h"

static const char *const sizes[LAYOUT_SIZES] = { "narrow", "normal", "wide" };
static const char *const wishes[] = { "auto", "shown", "hidden" };

char *
keep_text(const struct face *face)
{
	GString *text = g_string_new(NULL);

	for (int i = 0; i < LAYOUT_SIZES; i++)
		g_string_append_printf(text, "list.%s %s\n", sizes[i], wishes[face->list[i]]);
	if (face->theme != NULL)
		g_string_append_printf(text, "theme %s\n", face->theme);
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

void
keep_take(struct face *face, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (int i = 0; lines[i] != NULL; i++) {
		char *value = strchr(lines[i], ' ');

		if (value == NULL)
			continue;
		*value++ = '\0';
		if (g_str_has_prefix(lines[i], "list."))
			take_list(face, lines[i] + strlen("list."), value);
		else if (strcmp(lines[i], "theme") == 0)
			theme_use(face, value);
	}
	face_mark(face, DIRTY_ALL);
}
