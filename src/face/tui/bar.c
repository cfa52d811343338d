/*
 * bar.c: see bar.h.  A format becomes a list of spans, each of a group or of none; then groups give way until it fits.
 */
#include "face/tui/bar.h"

#include <string.h>

enum { GROUP_LEAST = 16, NONE = -1 };

struct span {
	char		*text;
	int		 width, slot;
	int		 group;		/* NONE: it never gives way */
	bool		 right;
};

struct group {
	int		 rank, width;
	bool		 asks, live;	/* it has items or conditions; one of them came to something */
};

struct bar_value {
	GArray		*spans;		/* struct span */
};

struct bar {
	const struct text_policy *policy;
	bar_item	 item;
	void		*ctx;
	GArray		*spans, *groups;
	int		 slot, group;
	bool		 right;
};

static void
span_clear(void *data)
{
	g_free(((struct span *)data)->text);
}

static GArray *
spans_new(void)
{
	GArray *spans = g_array_new(FALSE, FALSE, sizeof(struct span));

	g_array_set_clear_func(spans, span_clear);
	return spans;
}

void
bar_put(struct bar_value *value, enum slot slot, const char *text)
{
	struct span span = { .text = g_strdup(text), .slot = slot };

	if (*text == '\0')
		g_free(span.text);
	else
		g_array_append_val(value->spans, span);
}

void
bar_printf(struct bar_value *value, enum slot slot, const char *format, ...)
{
	va_list list;
	g_autofree char *text = NULL;

	va_start(list, format);
	text = g_strdup_vprintf(format, list);
	va_end(list);
	bar_put(value, slot, text);
}

static struct span *
span_at(const GArray *spans, guint i)
{
	return &g_array_index(spans, struct span, i);
}

static const char *
cut_sign(const struct bar *bar)
{
	return text_ascii_signs(bar->policy) ? "..." : "…";
}

/* Appends text in the current slot, or in another one, where the bar is now. */
static void
add(struct bar *bar, int slot, const char *text)
{
	struct span span = { .slot = slot == SLOTS_ALL ? bar->slot : slot, .group = bar->group, .right = bar->right };

	span.width = text_columns(text, bar->policy);
	if (span.width == 0)
		return;
	span.text = g_strdup(text);
	g_array_append_val(bar->spans, span);
	if (bar->group != NONE)
		g_array_index(bar->groups, struct group, bar->group).width += span.width;
}

static GArray *
value_of(struct bar *bar, enum item item)
{
	struct bar_value value = { spans_new() };

	bar->item(bar->ctx, item, &value);
	return value.spans;
}

static int
columns_of(const struct bar *bar, const GArray *spans)
{
	int columns = 0;

	for (guint i = 0; i < spans->len; i++)
		columns += text_columns(span_at(spans, i)->text, bar->policy);
	return columns;
}

/* As many of the spans as have room, and the sign that something was cut. */
static void
add_cut(struct bar *bar, const GArray *spans, int columns)
{
	int left = columns - text_columns(cut_sign(bar), bar->policy);

	for (guint i = 0; i < spans->len && left >= 0; i++) {
		const struct span *span = span_at(spans, i);
		g_autofree char *kept = g_strndup(span->text, text_fit(span->text, left, bar->policy));
		bool whole = strcmp(kept, span->text) == 0;

		add(bar, span->slot, kept);
		left -= text_columns(kept, bar->policy);
		if (!whole) {
			add(bar, span->slot, cut_sign(bar));
			return;
		}
	}
}

static void
add_item(struct bar *bar, const struct format_node *node)
{
	g_autoptr(GArray) spans = value_of(bar, node->item);
	int columns = columns_of(bar, spans), blanks = MAX(0, node->columns - columns);
	g_autofree char *padding = g_strnfill(node->width == FORMAT_AS_IS || node->width == FORMAT_CUT ? 0 :
	    (gsize)blanks, ' ');

	if (node->width == FORMAT_LEFT)
		add(bar, SLOTS_ALL, padding);
	if (columns > node->columns && (node->width == FORMAT_CUT || node->width == FORMAT_FIT))
		add_cut(bar, spans, node->columns);
	else
		for (guint i = 0; i < spans->len; i++)
			add(bar, span_at(spans, i)->slot, span_at(spans, i)->text);
	if (node->width == FORMAT_FIT)
		add(bar, SLOTS_ALL, padding);
	if (bar->group != NONE && columns > 0)
		g_array_index(bar->groups, struct group, bar->group).live = true;
}

static bool
holds(struct bar *bar, const struct format_node *node)
{
	g_autoptr(GArray) spans = value_of(bar, node->item);
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < spans->len; i++)
		g_string_append(text, span_at(spans, i)->text);
	return node->text != NULL ? strcmp(node->text, text->str) == 0 : text->len > 0 && strcmp(text->str, "0") != 0;
}

static void render(struct bar *, const GPtrArray *);

static void
add_condition(struct bar *bar, const struct format_node *node)
{
	int before = bar->group != NONE ? g_array_index(bar->groups, struct group, bar->group).width : 0;

	render(bar, holds(bar, node) ? node->yes : node->no);
	if (bar->group != NONE && g_array_index(bar->groups, struct group, bar->group).width > before)
		g_array_index(bar->groups, struct group, bar->group).live = true;
}

/* A group whose items all came to nothing goes with its words. */
static void
add_group(struct bar *bar, const struct format_node *node)
{
	struct group group = { .rank = node->rank };
	guint first = bar->spans->len;

	g_array_append_val(bar->groups, group);
	bar->group = (int)bar->groups->len - 1;
	render(bar, node->yes);
	group = g_array_index(bar->groups, struct group, bar->group);
	bar->group = NONE;
	if (group.asks && !group.live) {
		g_array_set_size(bar->spans, first);
		g_array_index(bar->groups, struct group, bar->groups->len - 1).width = 0;
	}
}

static void
render(struct bar *bar, const GPtrArray *nodes)
{
	for (guint i = 0; i < nodes->len; i++) {
		const struct format_node *node = nodes->pdata[i];

		if (bar->group != NONE && (node->kind == FORMAT_ITEM || node->kind == FORMAT_IF))
			g_array_index(bar->groups, struct group, bar->group).asks = true;
		switch (node->kind) {
		case FORMAT_TEXT:
			add(bar, SLOTS_ALL, node->text);
			break;
		case FORMAT_ITEM:
			add_item(bar, node);
			break;
		case FORMAT_IF:
			add_condition(bar, node);
			break;
		case FORMAT_SLOT:
			bar->slot = node->slot == FORMAT_BASE ? SLOTS_ALL : node->slot;
			break;
		case FORMAT_GROUP:
			add_group(bar, node);
			break;
		case FORMAT_RIGHT:
			bar->right = true;
			break;
		}
	}
}

static void
begin(struct bar *bar, const GPtrArray *format, bar_item item, void *ctx, const struct text_policy *policy)
{
	*bar = (struct bar){ policy, item, ctx, spans_new(), g_array_new(FALSE, FALSE, sizeof(struct group)), SLOTS_ALL,
	    NONE, false };
	render(bar, format);
}

static void
end(struct bar *bar)
{
	g_array_unref(bar->spans);
	g_array_unref(bar->groups);
}

static int
width(const struct bar *bar, bool right)
{
	int columns = 0;

	for (guint i = 0; i < bar->spans->len; i++)
		columns += span_at(bar->spans, i)->right == right ? span_at(bar->spans, i)->width : 0;
	return columns;
}

/*
 * Takes columns from the end of some of the spans: of one group, or of the whole left part; a sign says that it was
 * cut.
 */
static void
shorten(struct bar *bar, int group, int over)
{
	int sign = text_columns(cut_sign(bar), bar->policy);

	for (guint i = bar->spans->len; i-- > 0 && over > 0; ) {
		struct span *span = span_at(bar->spans, i);
		int room = span->width - over - sign;

		if (group != NONE ? span->group != group : span->right)
			continue;
		over -= span->width;
		if (room >= 1) {
			g_autofree char *old = span->text, *kept = g_strndup(old, text_fit(old, room, bar->policy));

			span->text = g_strconcat(kept, cut_sign(bar), NULL);
			span->width = text_columns(span->text, bar->policy);
			return;
		}
		g_array_remove_index(bar->spans, i);
	}
}

static void
give_way(struct bar *bar, int columns)
{
	int over;

	while ((over = width(bar, false) + width(bar, true) - columns) > 0) {
		struct group *worst = NULL;
		int at = NONE;

		for (guint i = 0; i < bar->groups->len; i++) {
			struct group *one = &g_array_index(bar->groups, struct group, i);

			if (one->width > 0 && (worst == NULL || one->rank > worst->rank))
				worst = one, at = (int)i;
		}
		if (worst == NULL)
			break;
		shorten(bar, at, worst->width - over >= GROUP_LEAST ? over : worst->width);
		worst->width = 0;
	}
	if (over > 0)
		shorten(bar, NONE, over);
}

static void
draw_side(const struct bar *bar, bool right, struct canvas *canvas, const struct area *area, int column, int limit,
    enum slot base)
{
	for (guint i = 0; i < bar->spans->len; i++) {
		const struct span *span = span_at(bar->spans, i);

		if (span->right == right)
			column = canvas_text(canvas, area->row, column, limit, span->slot == SLOTS_ALL ? base :
			    (enum slot)span->slot, span->text, -1);
	}
}

void
bar_draw(const GPtrArray *format, bar_item item, void *ctx, struct canvas *canvas, const struct area *area,
    enum slot base)
{
	int stop = area->column + area->columns, right;
	struct bar bar;

	if (area->rows == 0)
		return;
	begin(&bar, format, item, ctx, canvas_policy(canvas));
	give_way(&bar, area->columns);
	canvas_clear(canvas, area->row, area->column, 1, area->columns, base);
	right = MAX(area->column, stop - width(&bar, true));
	draw_side(&bar, false, canvas, area, area->column, right, base);
	draw_side(&bar, true, canvas, area, right, stop, base);
	end(&bar);
}

char *
bar_text(const GPtrArray *format, bar_item item, void *ctx, const struct text_policy *policy)
{
	GString *text = g_string_new(NULL);
	struct bar bar;

	begin(&bar, format, item, ctx, policy);
	for (guint i = 0; i < bar.spans->len; i++)
		g_string_append(text, span_at(bar.spans, i)->text);
	end(&bar);
	return g_string_free(text, FALSE);
}
