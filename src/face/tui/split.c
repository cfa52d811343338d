/* split.c: see split.h. */
#include "face/tui/split.h"

#include <string.h>

#include "base/limits.h"

enum { HALF = 500, SHARE_MIN = 100, SHARE_MAX = 900 };

struct split *
split_new(const char *account, const char *jid)
{
	struct split *leaf = g_new0(struct split, 1);

	leaf->account = g_strdup(account);
	leaf->jid = g_strdup(jid);
	return leaf;
}

void
split_free(struct split *split)
{
	if (split == NULL)
		return;
	split_free(split->a);
	split_free(split->b);
	g_free(split->account);
	g_free(split->jid);
	g_free(split);
}

void
split_show(struct split *leaf, const char *account, const char *jid)
{
	/* They may be the leaf's own. */
	char *new_account = g_strdup(account), *new_jid = g_strdup(jid);

	g_free(leaf->account);
	g_free(leaf->jid);
	leaf->account = new_account;
	leaf->jid = new_jid;
}

static struct split *
child(struct split *parent, const struct split *of)
{
	struct split *leaf = split_new(of->account, of->jid);

	leaf->parent = parent;
	leaf->bottom = of->bottom;
	leaf->bottom_row = of->bottom_row;
	return leaf;
}

struct split *
split_divide(struct split *leaf, bool right)
{
	leaf->a = child(leaf, leaf);
	leaf->b = child(leaf, leaf);
	leaf->right = right;
	leaf->share = HALF;
	g_clear_pointer(&leaf->account, g_free);
	g_clear_pointer(&leaf->jid, g_free);
	return leaf->b;
}

struct split *
split_remove(struct split **root, struct split *leaf)
{
	struct split *parent = leaf->parent, *other = parent->a == leaf ? parent->b : parent->a;

	other->parent = parent->parent;
	if (parent->parent == NULL)
		*root = other;
	else if (parent->parent->a == parent)
		parent->parent->a = other;
	else
		parent->parent->b = other;
	parent->a = parent->b = NULL;
	split_free(leaf);
	split_free(parent);
	while (other->a != NULL)
		other = other->a;
	return other;
}

bool
split_place(struct split *split, const struct area *area)
{
	struct area a = *area, b = *area;
	bool fits;

	split->area = *area;
	if (split->a == NULL)
		return area->columns >= SPLIT_COLUMNS && area->rows >= SPLIT_ROWS;
	if (split->right) {
		/* The border has a column of its own. */
		a.columns = MAX(0, area->columns - 1) * split->share / 1000;
		b.column = area->column + a.columns + 1;
		b.columns = MAX(0, area->columns - a.columns - 1);
	} else {
		a.rows = area->rows * split->share / 1000;
		b.row = area->row + a.rows;
		b.rows = area->rows - a.rows;
	}
	fits = split_place(split->a, &a);
	return split_place(split->b, &b) && fits;
}

int
split_least_columns(const struct split *split)
{
	return split->a == NULL ? split->area.columns : MIN(split_least_columns(split->a),
	    split_least_columns(split->b));
}

int
split_count(const struct split *split)
{
	return split->a == NULL ? 1 : split_count(split->a) + split_count(split->b);
}

struct split *
split_at(struct split *split, int i)
{
	int first;

	if (split->a == NULL)
		return i == 0 ? split : NULL;
	first = split_count(split->a);
	return i < first ? split_at(split->a, i) : split_at(split->b, i - first);
}

int
split_index(struct split *root, const struct split *leaf)
{
	for (int i = 0, n = split_count(root); i < n; i++)
		if (split_at(root, i) == leaf)
			return i;
	return -1;
}

/* How far b is from a at that side, -1 when it is not there; what stands beside a's first row or column is nearest. */
static int
distance(const struct area *a, const struct area *b, enum split_side side)
{
	bool across = side == SPLIT_LEFT || side == SPLIT_RIGHT;
	int from = across ? a->row : a->column, low = across ? b->row : b->column;
	int high = across ? b->row + b->rows : b->column + b->columns, gap;

	if (side == SPLIT_LEFT)
		gap = a->column - (b->column + b->columns);
	else if (side == SPLIT_RIGHT)
		gap = b->column - (a->column + a->columns);
	else if (side == SPLIT_UP)
		gap = a->row - (b->row + b->rows);
	else
		gap = b->row - (a->row + a->rows);
	return gap < 0 || gap > 1 ? -1 : from >= low && from < high ? 0 : 1 + ABS(from - low);
}

struct split *
split_beside(struct split *root, const struct split *leaf, enum split_side side)
{
	struct split *best = NULL;
	int least = -1;

	for (int i = 0, n = split_count(root); i < n; i++) {
		struct split *other = split_at(root, i);
		int far = other == leaf ? -1 : distance(&leaf->area, &other->area, side);

		if (far >= 0 && (least < 0 || far < least)) {
			best = other;
			least = far;
		}
	}
	return best;
}

bool
split_resize(struct split *leaf, bool right, int thousandths)
{
	struct split *one = leaf;

	while (one->parent != NULL && one->parent->right != right)
		one = one->parent;
	if (one->parent == NULL)
		return false;
	one->parent->share = CLAMP(one->parent->share + (one == one->parent->a ? thousandths : -thousandths), SHARE_MIN,
	    SHARE_MAX);
	return true;
}

/* Leaves that stand beside each other in that direction. */
static int
weight(const struct split *split, bool right)
{
	return split->a == NULL || split->right != right ? 1 : weight(split->a, right) + weight(split->b, right);
}

void
split_balance(struct split *split)
{
	if (split->a == NULL)
		return;
	split->share = 1000 * weight(split->a, split->right) / weight(split, split->right);
	split_balance(split->a);
	split_balance(split->b);
}

void
split_write(const struct split *split, const struct split *focus, GString *text)
{
	if (split->a == NULL) {
		g_string_append_printf(text, "%s %s %s\n", split == focus ? "focus" : "leaf",
		    *split->account != '\0' ? split->account : "-", *split->jid != '\0' ? split->jid : "-");
		return;
	}
	g_string_append_printf(text, "split %s %d\n", split->right ? "right" : "below", split->share);
	split_write(split->a, focus, text);
	split_write(split->b, focus, text);
}

static struct split *
read_leaf(const char *line, struct split **focus)
{
	g_auto(GStrv) words = g_strsplit(line, " ", 3);
	struct split *leaf;
	bool focused = strcmp(words[0], "focus") == 0;

	if ((!focused && strcmp(words[0], "leaf") != 0) || g_strv_length(words) != 3)
		return NULL;
	leaf = split_new(strcmp(words[1], "-") != 0 ? words[1] : "", strcmp(words[2], "-") != 0 ? words[2] : "");
	if (focused || *focus == NULL)
		*focus = leaf;
	return leaf;
}

static struct split *
read_node(char *const **lines, struct split **focus, int *left)
{
	const char *line = **lines;
	struct split *node;
	gint64 share = 0;
	bool right;

	if (line == NULL || (*left)-- == 0)
		return NULL;
	(*lines)++;
	if (!g_str_has_prefix(line, "split "))
		return read_leaf(line, focus);
	right = g_str_has_prefix(line, "split right ");
	if (!right && !g_str_has_prefix(line, "split below "))
		return NULL;
	if (!g_ascii_string_to_signed(line + strlen("split right "), 10, SHARE_MIN, SHARE_MAX, &share, NULL))
		return NULL;
	node = g_new0(struct split, 1);
	node->right = right;
	node->share = (int)share;
	node->a = read_node(lines, focus, left);
	node->b = node->a != NULL ? read_node(lines, focus, left) : NULL;
	if (node->b == NULL) {
		split_free(node);
		return NULL;
	}
	node->a->parent = node->b->parent = node;
	return node;
}

struct split *
split_read(char *const *lines, struct split **focus)
{
	char *const *at = lines;
	/* So many leaves have one node less. */
	int left = 2 * LIMIT_SPLITS - 1;
	struct split *root;

	*focus = NULL;
	root = read_node(&at, focus, &left);
	if (root != NULL && *at == NULL)
		return root;
	split_free(root);
	*focus = NULL;
	return NULL;
}
