/* format.c: see format.h. */
#include "proto/format.h"

#include <string.h>

#include "base/nearest.h"
#include "proto/error.h"

/* Deeper than anybody can read; render and free recurse. */
enum { DEPTH = 8, COLUMNS_MAX = 999 };

static const char *const items[] = {
#define ITEM(constant, name, help) name,
#include "proto/item.def"
#undef ITEM
	NULL
};

static const char *const slots[] = {
#define SLOT(constant, name, used_for, rich, poor, mono) name,
#include "proto/slot.def"
#undef SLOT
	NULL
};

struct parse {
	const char	*text, *at;
	enum format_use	 use;
	int		 depth;
	bool		 right, grouped;
	GError		**error;
};

static GPtrArray *parse_list(struct parse *, const char *ends);

const char *
item_name(enum item item)
{
	return items[item];
}

static void
node_free(void *data)
{
	struct format_node *node = data;

	g_free(node->text);
	g_clear_pointer(&node->yes, g_ptr_array_unref);
	g_clear_pointer(&node->no, g_ptr_array_unref);
	g_free(node);
}

static bool G_GNUC_PRINTF(3, 4)
fail(struct parse *parse, const char *where, const char *format, ...)
{
	va_list list;
	g_autofree char *what = NULL;

	va_start(list, format);
	what = g_strdup_vprintf(format, list);
	va_end(list);
	g_set_error(parse->error, RPC_ERROR, RPC_ERROR_USAGE, "at character %ld: %s",
	    g_utf8_strlen(parse->text, where - parse->text) + 1, what);
	return false;
}

/* -1 where the name is none, and said so. */
static int
find(struct parse *parse, const char *const *names, const char *name, const char *where, const char *what)
{
	const char *near;

	for (int i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	near = nearest(name, names);
	fail(parse, where, "there is no %s \"%s\"%s%s.", what, name, near != NULL ? "; near to it: " : "",
	    near != NULL ? near : "");
	return -1;
}

static char *
take_word(struct parse *parse, const char *ends)
{
	size_t n = strcspn(parse->at, ends);
	char *word = g_strndup(parse->at, n);

	parse->at += n;
	return word;
}

static bool
parse_width(struct parse *parse, struct format_node *node)
{
	gint64 columns;
	g_autofree char *digits = NULL;
	const char *where = ++parse->at;

	node->width = *parse->at == '-' ? FORMAT_LEFT : *parse->at == '=' ? FORMAT_FIT : FORMAT_CUT;
	if (node->width != FORMAT_CUT)
		parse->at++;
	digits = take_word(parse, "}");
	if (!g_ascii_string_to_signed(digits, 10, 1, COLUMNS_MAX, &columns, NULL) || !g_ascii_isdigit(*digits))
		return fail(parse, where,
		    "behind the colon stands a number of columns from 1 to %d, with - or = before it or not.",
		    COLUMNS_MAX);
	node->columns = (int)columns;
	return true;
}

static bool
parse_branches(struct parse *parse, struct format_node *node, const char *from)
{
	if (*parse->at == '=') {
		parse->at++;
		node->text = take_word(parse, ",}");
	}
	if (*parse->at != ',')
		return fail(parse, from, "a condition is #{?item,A,B}.");
	parse->at++;
	node->yes = parse_list(parse, ",}");
	if (node->yes == NULL)
		return false;
	if (*parse->at != ',')
		return fail(parse, from, "a condition is #{?item,A,B}; B may be empty.");
	parse->at++;
	node->no = parse_list(parse, "}");
	return node->no != NULL;
}

/* Behind "#{". */
static bool
parse_item(struct parse *parse, struct format_node *node, const char *from)
{
	bool condition = *parse->at == '?';
	const char *where = parse->at += condition;
	g_autofree char *name = take_word(parse, condition ? "=,}" : ":}");
	int found = find(parse, items, name, where, "item");

	if (found < 0)
		return false;
	node->kind = condition ? FORMAT_IF : FORMAT_ITEM;
	node->item = (enum item)found;
	if (condition ? !parse_branches(parse, node, from) : *parse->at == ':' && !parse_width(parse, node))
		return false;
	if (*parse->at != '}')
		return fail(parse, from, "the } to this #{ is missing.");
	parse->at++;
	return true;
}

/* Behind "#[". */
static bool
parse_slot(struct parse *parse, struct format_node *node, const char *from)
{
	g_autofree char *name = take_word(parse, "]");

	node->kind = FORMAT_SLOT;
	if (parse->use == FORMAT_PROMPT)
		return fail(parse, from, "the prompt has one colour, input.prompt.");
	if (*parse->at != ']')
		return fail(parse, from, "the ] to this #[ is missing.");
	parse->at++;
	node->slot = *name == '\0' ? FORMAT_BASE : find(parse, slots, name, from + 2, "slot");
	return *name == '\0' || node->slot >= 0;
}

/* Behind "#(". */
static bool
parse_group(struct parse *parse, struct format_node *node, const char *from)
{
	node->kind = FORMAT_GROUP;
	if (parse->use == FORMAT_PROMPT)
		return fail(parse, from, "the prompt has no groups.");
	if (parse->grouped)
		return fail(parse, from, "a group stands in no other group.");
	if (*parse->at < '1' || *parse->at > '9' || parse->at[1] != ' ')
		return fail(parse, from, "a group begins with its rank, 1 to 9, and a blank: #(3 text).");
	node->rank = *parse->at - '0';
	parse->at += 2;
	parse->grouped = true;
	node->yes = parse_list(parse, ")");
	parse->grouped = false;
	if (node->yes == NULL)
		return false;
	if (*parse->at != ')')
		return fail(parse, from, "the ) to this #( is missing.");
	parse->at++;
	return true;
}

static bool
parse_right(struct parse *parse, struct format_node *node, const char *from)
{
	node->kind = FORMAT_RIGHT;
	if (parse->use == FORMAT_PROMPT)
		return fail(parse, from, "the prompt has no right side.");
	if (parse->right)
		return fail(parse, from, "#> stands once in a line.");
	if (parse->depth > 1)
		return fail(parse, from, "#> stands in no group and no condition.");
	parse->right = true;
	return true;
}

/* At a sign; its node, or NULL with an error. */
static struct format_node *
parse_sign(struct parse *parse)
{
	const char *from = parse->at;
	struct format_node *node = g_new0(struct format_node, 1);
	char sign = from[1];
	bool ok;

	parse->at += sign != '\0' ? 2 : 1;
	if (sign == '{')
		ok = parse_item(parse, node, from);
	else if (sign == '[')
		ok = parse_slot(parse, node, from);
	else if (sign == '(')
		ok = parse_group(parse, node, from);
	else if (sign == '>')
		ok = parse_right(parse, node, from);
	else
		ok = fail(parse, from, "# begins #{item}, #[slot], #(N text) or #>; the sign itself is ##.");
	if (ok)
		return node;
	node_free(node);
	return NULL;
}

static void
flush(GPtrArray *list, GString *text)
{
	struct format_node *node;

	if (text->len == 0)
		return;
	node = g_new0(struct format_node, 1);
	node->kind = FORMAT_TEXT;
	node->text = g_strdup(text->str);
	g_string_truncate(text, 0);
	g_ptr_array_add(list, node);
}

/* Up to one of the signs that end it, or the end; NULL with an error. */
static GPtrArray *
parse_list(struct parse *parse, const char *ends)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(node_free);
	g_autoptr(GString) text = g_string_new(NULL);
	struct format_node *node;

	if (parse->depth == DEPTH) {
		fail(parse, parse->at, "this is more than %d levels deep.", DEPTH);
		return NULL;
	}
	parse->depth++;
	while (*parse->at != '\0' && strchr(ends, *parse->at) == NULL) {
		if (*parse->at != '#') {
			g_string_append_c(text, *parse->at++);
			continue;
		}
		if (parse->at[1] != '\0' && strchr("#,)}", parse->at[1]) != NULL) {
			g_string_append_c(text, parse->at[1]);
			parse->at += 2;
			continue;
		}
		flush(list, text);
		node = parse_sign(parse);
		if (node == NULL)
			return NULL;
		g_ptr_array_add(list, node);
	}
	flush(list, text);
	parse->depth--;
	return g_steal_pointer(&list);
}

GPtrArray *
format_parse(const char *text, enum format_use use, GError **error)
{
	struct parse parse = { .text = text, .at = text, .use = use, .error = error };

	return parse_list(&parse, "");
}

bool
format_is_bar(const char *text, GError **error)
{
	g_autoptr(GPtrArray) nodes = format_parse(text, FORMAT_BAR, error);

	return nodes != NULL;
}

bool
format_is_prompt(const char *text, GError **error)
{
	g_autoptr(GPtrArray) nodes = format_parse(text, FORMAT_PROMPT, error);

	return nodes != NULL;
}
