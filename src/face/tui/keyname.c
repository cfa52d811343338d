/* keyname.c: see keyname.h. */
#include "face/tui/keyname.h"

#include <string.h>

#include "base/nearest.h"

/* What the key sends, then what it sends with a modifier: letter of "CSI 1 ; m letter", or number of "CSI n ; m ~". */
static const struct {
	const char	*name, *plain[4], *letter;
	int		 number;
} named[] = {
	{ "Enter", { "\r" }, NULL, 0 },
	{ "Tab", { "\t" }, NULL, 0 },
	{ "Space", { " " }, NULL, 0 },
	{ "BS", { "\x7f" }, NULL, 0 },
	{ "Esc", { "\033" }, NULL, 0 },
	{ "Up", { "\033[A", "\033OA" }, "A", 0 },
	{ "Down", { "\033[B", "\033OB" }, "B", 0 },
	{ "Right", { "\033[C", "\033OC" }, "C", 0 },
	{ "Left", { "\033[D", "\033OD" }, "D", 0 },
	{ "Home", { "\033[H", "\033OH", "\033[1~", "\033[7~" }, "H", 0 },
	{ "End", { "\033[F", "\033OF", "\033[4~", "\033[8~" }, "F", 0 },
	{ "Ins", { "\033[2~" }, NULL, 2 },
	{ "Del", { "\033[3~" }, NULL, 3 },
	{ "PgUp", { "\033[5~" }, NULL, 5 },
	{ "PgDn", { "\033[6~" }, NULL, 6 },
	{ "F1", { "\033OP", "\033[11~", "\033[[A" }, "P", 0 },
	{ "F2", { "\033OQ", "\033[12~", "\033[[B" }, "Q", 0 },
	{ "F3", { "\033OR", "\033[13~", "\033[[C" }, "R", 0 },
	{ "F4", { "\033OS", "\033[14~", "\033[[D" }, "S", 0 },
	{ "F5", { "\033[15~", "\033[[E" }, NULL, 15 },
	{ "F6", { "\033[17~" }, NULL, 17 },
	{ "F7", { "\033[18~" }, NULL, 18 },
	{ "F8", { "\033[19~" }, NULL, 19 },
	{ "F9", { "\033[20~" }, NULL, 20 },
	{ "F10", { "\033[21~" }, NULL, 21 },
	{ "F11", { "\033[23~" }, NULL, 23 },
	{ "F12", { "\033[24~" }, NULL, 24 },
	/* What the config file cannot hold as a key. */
	{ "BracketLeft", { "[" }, NULL, 0 },
	{ "BracketRight", { "]" }, NULL, 0 },
	{ "Equals", { "=" }, NULL, 0 },
	{ "Hash", { "#" }, NULL, 0 },
};

enum { WITH_SHIFT = 1, WITH_ALT = 2, WITH_CTRL = 4 };

static void
parse_named(GPtrArray *out, size_t i, int with)
{
	if (with == WITH_SHIFT && strcmp(named[i].name, "Tab") == 0) {
		g_ptr_array_add(out, g_strdup("\033[Z"));
		return;
	}
	if (with == 0 || with == WITH_ALT)
		for (int j = 0; j < 4 && named[i].plain[j] != NULL; j++)
			g_ptr_array_add(out, g_strconcat(with == WITH_ALT ? "\033" : "", named[i].plain[j], NULL));
	if (with != 0 && named[i].letter != NULL)
		g_ptr_array_add(out, g_strdup_printf("\033[1;%d%s", with + 1, named[i].letter));
	if (with != 0 && named[i].number != 0)
		g_ptr_array_add(out, g_strdup_printf("\033[%d;%d~", named[i].number, with + 1));
}

/* One key; false for a name that is none. */
static bool
parse_key(GPtrArray *out, const char *name)
{
	int with = 0;

	while (name[0] != '\0' && name[1] == '-' && name[2] != '\0' && strchr("CMS", name[0]) != NULL) {
		with |= name[0] == 'C' ? WITH_CTRL : name[0] == 'M' ? WITH_ALT : WITH_SHIFT;
		name += 2;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(named); i++) {
		if (strcmp(name, named[i].name) != 0)
			continue;
		if (named[i].plain[0][0] > ' ' && named[i].plain[0][0] < 0x7f) {
			name = named[i].plain[0];	/* a sign with a name */
			break;
		}
		parse_named(out, i, with);
		return out->len > 0;
	}
	if (name[0] == '\0' || name[1] != '\0' || (with & WITH_SHIFT) != 0)
		return false;
	char key = (with & WITH_CTRL) != 0 ? (char)(g_ascii_toupper(name[0]) & 0x1f) : name[0];
	g_ptr_array_add(out, g_strdup_printf("%s%c", (with & WITH_ALT) != 0 ? "\033" : "", key));
	return true;
}

GPtrArray *
keyname_parse(const char *text)
{
	g_auto(GStrv) keys = g_strsplit(text, " ", -1);
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(all, g_strdup(""));
	for (int i = 0; keys[i] != NULL; i++) {
		g_autoptr(GPtrArray) one = g_ptr_array_new_with_free_func(g_free);
		GPtrArray *longer;

		if (*keys[i] == '\0')
			continue;
		if (!parse_key(one, keys[i])) {
			g_ptr_array_unref(all);
			return NULL;
		}
		longer = g_ptr_array_new_with_free_func(g_free);
		for (guint a = 0; a < all->len; a++)
			for (guint b = 0; b < one->len; b++)
				g_ptr_array_add(longer, g_strconcat(all->pdata[a], one->pdata[b], NULL));
		g_ptr_array_unref(all);
		all = longer;
	}
	return all;
}

char *
keyname_wrong(const char *text)
{
	g_auto(GStrv) keys = g_strsplit(text, " ", -1);

	for (int i = 0; keys[i] != NULL; i++) {
		const char *names[G_N_ELEMENTS(named) + 1] = { NULL }, *name = keys[i], *near;
		g_autoptr(GPtrArray) one = g_ptr_array_new_with_free_func(g_free);

		if (*name == '\0' || parse_key(one, name))
			continue;
		while (name[0] != '\0' && name[1] == '-' && name[2] != '\0' && strchr("CMS", name[0]) != NULL)
			name += 2;
		for (size_t j = 0; j < G_N_ELEMENTS(named); j++)
			names[j] = named[j].name;
		near = nearest(name, names);
		if (near != NULL && strcmp(near, name) != 0)
			return g_strdup_printf("There is no key \"%s\"; near to it: %.*s%s.", keys[i],
			    (int)(name - keys[i]), keys[i], near);
		return g_strdup_printf("There is no key \"%s\". Keys are written C-x, M-a, S-Tab, F7, PgUp.", keys[i]);
	}
	return g_strdup("Which key?");
}

char *
keyname_plain(const char *text)
{
	static const struct {
		char		 sign;
		const char	*name;
	} signs[] = { { '[', "BracketLeft" }, { ']', "BracketRight" }, { '=', "Equals" }, { '#', "Hash" } };
	g_auto(GStrv) keys = g_strsplit(text, " ", -1);
	GString *plain = g_string_new(NULL);

	for (int i = 0; keys[i] != NULL; i++) {
		size_t n = strlen(keys[i]);

		if (n == 0)
			continue;
		if (plain->len > 0)
			g_string_append_c(plain, ' ');
		g_string_append(plain, keys[i]);
		for (size_t j = 0; j < G_N_ELEMENTS(signs); j++)
			if (keys[i][n - 1] == signs[j].sign) {
				g_string_truncate(plain, plain->len - 1);
				g_string_append(plain, signs[j].name);
				break;
			}
	}
	return g_string_free(plain, FALSE);
}

bool
keyname_is(const char *keys, const char *bytes, size_t len)
{
	g_auto(GStrv) names = g_strsplit(keys, ", ", -1);
	bool found = false;

	for (int i = 0; names[i] != NULL && !found; i++) {
		g_autoptr(GPtrArray) all = keyname_parse(names[i]);

		for (guint j = 0; all != NULL && j < all->len; j++)
			found |= strlen(all->pdata[j]) == len && memcmp(all->pdata[j], bytes, len) == 0;
	}
	return found;
}
