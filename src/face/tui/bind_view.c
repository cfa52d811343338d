/*
 * bind_view.c: keys that people bound for the selection or for a view: "select r", "contacts C-r" in the group of the
 * settings that keeps all that is bound.  They count before those of select.def and views.def; a key is one key there.
 */
#include <string.h>

#include "base/nearest.h"
#include "face/tui/face.h"
#include "face/tui/keyname.h"

static const char *const names[] = {
	[PAGE_HELP] = "help", [PAGE_LEGEND] = "legend", [PAGE_CONTACTS] = "contacts", [PAGE_SEARCH] = "search",
	[PAGE_DIGEST] = "inbox", [PAGE_TEXT] = "text", [PAGE_INFO] = "info", [PAGE_FORM] = "form",
	    [PAGE_LINKS] = "links",
	[PAGE_ANY] = "views", [BIND_SELECT] = "select",
};

int
bind_view_of(const char *name, const char **key)
{
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		size_t n = strlen(names[i]);

		if (strncmp(name, names[i], n) == 0 && name[n] == ' ') {
			*key = name + n + 1;
			return (int)i;
		}
	}
	return -1;
}

/* The i-th row that this view has, its own before those that all have; false behind the last one. */
static bool
row(int view, int i, const char **name, const char **keys)
{
	if (view == BIND_SELECT) {
		const struct action_row *one = select_row(i);

		*name = one != NULL ? one->name : NULL;
		*keys = one != NULL ? one->keys : NULL;
		return one != NULL;
	}
	for (int of = view; ; of = PAGE_ANY) {
		const struct view_row *one;

		for (int k = 0; (one = view_row(k)) != NULL; k++)
			if (one->kind == of && i-- == 0) {
				*name = one->name;
				*keys = one->keys;
				return true;
			}
		if (of == PAGE_ANY)
			return false;
	}
}

/* Under this view's name alone. */
static const char *
find_own(const struct face *face, int view, const char *bytes, size_t len)
{
	const char *name, *key;
	json_t *what;

	json_object_foreach(face->preferences.binds, name, what)
		if (bind_view_of(name, &key) == view && keyname_is(key, bytes, len))
			return json_string_value(what);
	return NULL;
}

const char *
bind_view_find(const struct face *face, int view, const char *bytes, size_t len)
{
	const char *own = find_own(face, view, bytes, len);

	return own != NULL || view == BIND_SELECT ? own : find_own(face, PAGE_ANY, bytes, len);
}

char *
bind_view_bound(const struct face *face, int view, const char *key)
{
	g_autoptr(GPtrArray) all = keyname_parse(key);
	const char *bytes = all != NULL ? all->pdata[0] : "", *own = bind_view_find(face, view, bytes, strlen(bytes));
	const char *name, *keys;

	if (own != NULL)
		return strcmp(own, "none") == 0 ? NULL : g_strdup(own);
	for (int i = 0; row(view, i, &name, &keys); i++)
		if (keyname_is(keys, bytes, strlen(bytes)))
			return g_strdup(name);
	return NULL;
}

char *
bind_view_wrong(int view, const char *key, const char *what)
{
	g_autoptr(GPtrArray) known = keyname_parse(key), all = g_ptr_array_new();
	const char *name, *keys, *near;

	if (*key == '\0' || known == NULL)
		return keyname_wrong(key);
	if (strchr(key, ' ') != NULL)
		return g_strdup_printf("In %s a key is one key alone.", names[view]);
	g_ptr_array_add(all, (char *)(uintptr_t)"none");
	for (int i = 0; row(view, i, &name, &keys); i++) {
		if (strcmp(name, what) == 0)
			return NULL;
		g_ptr_array_add(all, (char *)(uintptr_t)name);
	}
	if (*what == '/' || strcmp(what, "none") == 0)
		return NULL;
	g_ptr_array_add(all, NULL);
	near = nearest(what, (const char *const *)all->pdata);
	return g_strdup_printf("There is no action \"%s\" in %s%s%s; /keys lists them.", what, names[view],
	    near != NULL ? "; near to it: " : "", near != NULL ? near : "");
}

char *
bind_view_keys(const struct face *face, int view, const char *action, const char *keys)
{
	g_auto(GStrv) all = g_strsplit(keys, ", ", -1);
	GString *now = g_string_new(NULL);
	const char *name, *key;
	json_t *what;

	json_object_foreach(face->preferences.binds, name, what) {
		int of = bind_view_of(name, &key);

		if ((of == view || (of == PAGE_ANY && view != BIND_SELECT)) &&
		    g_strcmp0(json_string_value(what), action) == 0)
			g_string_append_printf(now, "%s%s", now->len > 0 ? ", " : "", key);
	}
	for (int i = 0; all[i] != NULL; i++) {
		g_autoptr(GPtrArray) bytes = keyname_parse(all[i]);
		const char *other = bytes != NULL ? bind_view_find(face, view, bytes->pdata[0],
		    strlen(bytes->pdata[0])) : NULL;

		if (other == NULL)
			g_string_append_printf(now, "%s%s", now->len > 0 ? ", " : "", all[i]);
	}
	return g_string_free(now, FALSE);
}
