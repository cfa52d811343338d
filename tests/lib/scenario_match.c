/* scenario_match.c: see scenario_match.h.  Prefixes and namespaces are compared as they are written. */
#include "scenario_match.h"

#include <string.h>

struct node {
	char		*name;
	GHashTable	*attributes;
	GString		*text;
	GPtrArray	*children;	/* of struct node */
};

static void
node_free(void *p)
{
	struct node *node = p;

	g_free(node->name);
	g_hash_table_unref(node->attributes);
	g_string_free(node->text, TRUE);
	g_ptr_array_unref(node->children);
	g_free(node);
}

struct reader {
	struct node	*root;
	GPtrArray	*open;
};

static void
on_start(GMarkupParseContext *context, const char *name, const char **names, const char **values, gpointer data,
    GError **error)
{
	struct reader *reader = data;
	struct node *node = g_new0(struct node, 1);

	(void)context;
	(void)error;
	node->name = g_strdup(name);
	node->attributes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	node->text = g_string_new(NULL);
	node->children = g_ptr_array_new_with_free_func(node_free);
	for (; *names != NULL; names++, values++)
		g_hash_table_insert(node->attributes, g_strdup(*names), g_strdup(*values));
	if (reader->open->len > 0)
		g_ptr_array_add(((struct node *)reader->open->pdata[reader->open->len - 1])->children, node);
	else
		reader->root = node;
	g_ptr_array_add(reader->open, node);
}

static void
on_end(GMarkupParseContext *context, const char *name, gpointer data, GError **error)
{
	struct reader *reader = data;

	(void)context;
	(void)name;
	(void)error;
	g_ptr_array_set_size(reader->open, (int)reader->open->len - 1);
}

static void
on_text(GMarkupParseContext *context, const char *text, gsize len, gpointer data, GError **error)
{
	struct reader *reader = data;

	(void)context;
	(void)error;
	if (reader->open->len > 0)
		g_string_append_len(((struct node *)reader->open->pdata[reader->open->len - 1])->text, text,
		    (gssize)len);
}

static struct node *
parse(const char *xml, char **problem)
{
	static const GMarkupParser parser = { on_start, on_end, on_text, NULL, NULL };
	g_autoptr(GError) error = NULL;
	struct reader reader = { NULL, g_ptr_array_new() };
	GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, &reader, NULL);
	bool ok = g_markup_parse_context_parse(context, xml, -1, &error) &&
	    g_markup_parse_context_end_parse(context, &error);

	g_markup_parse_context_free(context);
	g_ptr_array_unref(reader.open);
	if (ok)
		return reader.root;
	if (reader.root != NULL)
		node_free(reader.root);
	*problem = g_strdup(error->message);
	return NULL;
}

bool
match_value(const char *pattern, const char *value, GHashTable *bound)
{
	const char *known;

	if (value == NULL)
		value = "";
	if (strcmp(pattern, "*") == 0)
		return true;
	if (*pattern == '~')
		return strstr(value, pattern + 1) != NULL;
	if (*pattern != '$')
		return strcmp(pattern, value) == 0;
	known = g_hash_table_lookup(bound, pattern + 1);
	if (known != NULL)
		return strcmp(known, value) == 0;
	if (*value == '\0')
		return false;
	g_hash_table_insert(bound, g_strdup(pattern + 1), g_strdup(value));
	return true;
}

static char *compare(const struct node *expected, const struct node *actual, GHashTable *bound);

static char *
compare_attributes(const struct node *expected, const struct node *actual, GHashTable *bound)
{
	GHashTableIter iter;
	char *name, *value;

	g_hash_table_iter_init(&iter, expected->attributes);
	while (g_hash_table_iter_next(&iter, (gpointer *)&name, (gpointer *)&value)) {
		const char *found = g_hash_table_lookup(actual->attributes, name);

		if (found == NULL)
			return g_strdup_printf("<%s> has no %s", actual->name, name);
		if (!match_value(value, found, bound))
			return g_strdup_printf("%s of <%s> is '%s', not '%s'", name, actual->name, found, value);
	}
	g_hash_table_iter_init(&iter, actual->attributes);
	while (g_hash_table_iter_next(&iter, (gpointer *)&name, (gpointer *)&value))
		if (!g_hash_table_contains(expected->attributes, name))
			return g_strdup_printf("<%s> also has %s='%s'", actual->name, name, value);
	return NULL;
}

static char *
compare_children(const struct node *expected, const struct node *actual, GHashTable *bound)
{
	bool more = strstr(expected->text->str, "...") != NULL;
	guint at = 0;

	for (guint i = 0; i < expected->children->len; i++) {
		char *problem = g_strdup_printf("<%s> lacks <%s>", actual->name,
		    ((struct node *)expected->children->pdata[i])->name);

		while (problem != NULL && at < actual->children->len) {
			g_free(problem);
			problem = compare(expected->children->pdata[i], actual->children->pdata[at++], bound);
			if (!more)
				break;
		}
		if (problem != NULL)
			return problem;
	}
	if (!more && at < actual->children->len)
		return g_strdup_printf("<%s> also holds <%s>", actual->name,
		    ((struct node *)actual->children->pdata[at])->name);
	if (more || expected->text->len + actual->text->len == 0 || match_value(expected->text->str, actual->text->str,
	    bound))
		return NULL;
	return g_strdup_printf("the text in <%s> is \"%s\", not \"%s\"", actual->name, actual->text->str,
	    expected->text->str);
}

static char *
compare(const struct node *expected, const struct node *actual, GHashTable *bound)
{
	char *problem;

	if (strcmp(expected->name, actual->name) != 0)
		return g_strdup_printf("it is <%s>, not <%s>", actual->name, expected->name);
	problem = compare_attributes(expected, actual, bound);
	return problem != NULL ? problem : compare_children(expected, actual, bound);
}

static bool
holds(const struct node *parent, const char *name, const char *ns)
{
	for (guint i = 0; i < parent->children->len; i++) {
		const struct node *child = parent->children->pdata[i];

		if (strcmp(child->name, name) == 0 && g_strcmp0(g_hash_table_lookup(child->attributes, "xmlns"),
		    ns) == 0)
			return true;
	}
	return false;
}

/* What every presence and message of ours carries is compared only where a scenario names it. */
static void
drop_usual(const struct node *expected, struct node *actual)
{
	static const struct { const char *name, *ns; } usual[] = {
		{ "c", "http://jabber.org/protocol/caps" }, { "markable", "urn:xmpp:chat-markers:0" },
		{ "active", "http://jabber.org/protocol/chatstates" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(usual); i++) {
		if (holds(expected, usual[i].name, usual[i].ns))
			continue;
		for (guint j = actual->children->len; j-- > 0;) {
			struct node *child = actual->children->pdata[j];

			if (strcmp(child->name, usual[i].name) == 0 &&
			    g_strcmp0(g_hash_table_lookup(child->attributes, "xmlns"), usual[i].ns) == 0)
				g_ptr_array_remove_index(actual->children, j);
		}
	}
}

char *
match_xml(const char *expected, const char *actual, GHashTable *bound)
{
	char *problem = NULL;
	struct node *e = parse(expected, &problem), *a = e != NULL ? parse(actual, &problem) : NULL;

	if (a != NULL)
		drop_usual(e, a);
	if (a != NULL)
		problem = compare(e, a, bound);
	if (e != NULL)
		node_free(e);
	if (a != NULL)
		node_free(a);
	return problem;
}

char *
match_expand(const char *text, GHashTable *bound, char **missing)
{
	GString *out = g_string_new(NULL);

	while (*text != '\0') {
		size_t n = *text == '$' ? strspn(text + 1, "abcdefghijklmnopqrstuvwxyz0123456789") : 0;
		g_autofree char *name = g_strndup(text + 1, n);
		const char *value = n > 0 ? g_hash_table_lookup(bound, name) : NULL;

		if (n == 0) {
			g_string_append_c(out, *text++);
			continue;
		}
		if (value == NULL) {
			*missing = g_steal_pointer(&name);
			g_string_free(out, TRUE);
			return NULL;
		}
		g_string_append(out, value);
		text += n + 1;
	}
	return g_string_free(out, FALSE);
}
