/* page.c: see page.h.  What is remembered is the target under the cursor, so that lines may come and go. */
#include "face/tui/page.h"

#include <string.h>

#include "base/limits.h"
#include "face/tui/keyname.h"

static const struct {
	void	(*make)(struct face *, struct page_lines *);
	void	(*follow)(struct face *, const char *target);
	void	(*back)(struct face *);
	/* Another key; NULL: there are none. */
	bool	(*key)(struct face *, const char *target, const char *bytes, size_t len);
	const char *hint;
} kinds[] = {
	[PAGE_HELP] = { page_help_make, page_help_follow, page_help_back, NULL,
		"Enter follows  BS back  / searches  Esc leaves" },
	[PAGE_CONTACTS] = { page_contacts_make, page_contacts_follow, NULL, page_contacts_key,
		"a add  r rename  m groups  x remove  o offline" },
	[PAGE_LEGEND] = { page_legend_make, NULL, NULL, NULL, "/ searches  Esc leaves" },
};

void
page_add(struct page_lines *page, enum slot slot, char *text, const char *target, const char *right)
{
	struct page_line line = { text, g_strdup(right), g_strdup(target), slot };

	g_array_append_val(page->lines, line);
}

void
page_add_wrapped(struct page_lines *page, enum slot slot, int indent, const char *text)
{
	g_autoptr(GArray) slices = text_wrap(text, page->columns - indent, page->columns - indent, page->policy);

	for (guint i = 0; i < slices->len; i++) {
		const struct text_row *slice = &g_array_index(slices, struct text_row, i);

		page_add(page, slot, g_strdup_printf("%*s%.*s", indent, "", (int)slice->len, text + slice->start), NULL, NULL);
	}
}

static void
clear_line(void *data)
{
	struct page_line *line = data;

	g_free(line->text);
	g_free(line->right);
	g_free(line->target);
}

/* Lines that do not hold what is looked for go; their neighbours are no context here. */
static void
filter(struct page_lines *page, const char *wanted)
{
	g_autofree char *small = g_utf8_casefold(wanted, -1);

	for (guint i = page->lines->len; i-- > 0 && *small != '\0'; ) {
		g_autofree char *text = g_utf8_casefold(g_array_index(page->lines, struct page_line, i).text, -1);

		if (strstr(text, small) == NULL)
			g_array_remove_index(page->lines, i);
	}
}

static void
make(struct face *face, struct page_lines *page)
{
	const struct area *area = &face->layout.chat;

	page->lines = g_array_new(FALSE, FALSE, sizeof(struct page_line));
	g_array_set_clear_func(page->lines, clear_line);
	page->title = page->count = NULL;
	page->columns = MAX(10, area->columns - 2);
	page->policy = canvas_policy(face->canvas);
	kinds[face->page.kind].make(face, page);
	if (face->page.filter != NULL)
		filter(page, face->page.filter->str);
}

static void
clear(struct page_lines *page)
{
	g_array_unref(page->lines);
	g_free(page->title);
	g_free(page->count);
}

static const struct page_line *
line(const struct page_lines *page, int i)
{
	return &g_array_index(page->lines, struct page_line, i);
}

/* Where the cursor is; -1: no line leads anywhere. */
static int
cursor(const struct face *face, const struct page_lines *page)
{
	int first = -1;

	for (int i = 0; i < (int)page->lines->len; i++) {
		if (line(page, i)->target == NULL)
			continue;
		if (g_strcmp0(line(page, i)->target, face->page.at) == 0)
			return i;
		if (first < 0)
			first = i;
	}
	return first;
}

static void
set_cursor(struct face *face, const struct page_lines *page, int i)
{
	g_autofree char *target = g_strdup(line(page, i)->target);

	g_free(face->page.at);
	face->page.at = g_steal_pointer(&target);
}

void
page_open(struct face *face, enum page_kind kind, const char *subject)
{
	g_autofree char *about = g_strdup(subject);

	select_leave(face);
	complete_close(face, false);
	page_close(face);
	face->page.on = true;
	face->page.kind = kind;
	face->page.subject = g_steal_pointer(&about);
	face_mark(face, DIRTY_ALL);
}

void
page_close(struct face *face)
{
	struct page *page = &face->page;

	if (!page->on)
		return;
	page->on = page->filtering = false;
	page->top = 0;
	g_clear_pointer(&page->subject, g_free);
	g_clear_pointer(&page->at, g_free);
	if (page->filter != NULL)
		g_string_free(page->filter, TRUE);
	page->filter = NULL;
	face_mark(face, DIRTY_ALL);
}

void
page_free(struct face *face)
{
	page_close(face);
	g_free(face->page.asked);
	face->page.asked = NULL;
	json_decref(face->page.commands);
	face->page.commands = NULL;
}

/* By lines that lead somewhere, or by lines where none does. */
static void
move(struct face *face, int by)
{
	struct page_lines page;
	int at, to, left = ABS(by);

	make(face, &page);
	at = to = cursor(face, &page);
	if (at < 0)
		face->page.top += by;
	for (int i = at; at >= 0 && left > 0; ) {
		i += by < 0 ? -1 : 1;
		if (i < 0 || i >= (int)page.lines->len)
			break;
		if (line(&page, i)->target != NULL) {
			to = i;
			left--;
		}
	}
	/* Above the first one there may be lines to read. */
	if (at >= 0 && to == at && by < 0)
		face->page.top = 0;
	if (to >= 0)
		set_cursor(face, &page, to);
	clear(&page);
}

static void
follow(struct face *face)
{
	struct page_lines page;
	g_autofree char *target = NULL;
	int at;

	make(face, &page);
	at = cursor(face, &page);
	if (at >= 0)
		target = g_strdup(line(&page, at)->target);
	clear(&page);
	if (target != NULL && kinds[face->page.kind].follow != NULL)
		kinds[face->page.kind].follow(face, target);
}

static bool
other_key(struct face *face, const char *bytes, size_t len)
{
	struct page_lines page;
	g_autofree char *target = NULL;
	int at;

	if (kinds[face->page.kind].key == NULL)
		return false;
	make(face, &page);
	at = cursor(face, &page);
	if (at >= 0)
		target = g_strdup(line(&page, at)->target);
	clear(&page);
	return kinds[face->page.kind].key(face, target, bytes, len);
}

static void
begin_filter(struct face *face)
{
	face->page.filtering = true;
	if (face->page.filter == NULL)
		face->page.filter = g_string_new(NULL);
	g_string_truncate(face->page.filter, 0);
	face->page.top = 0;
}

static void
end_filter(struct face *face, bool keep)
{
	face->page.filtering = false;
	if (!keep)
		g_string_truncate(face->page.filter, 0);
}

static void
filter_key(struct face *face, const char *bytes, size_t len)
{
	GString *filter_text = face->page.filter;

	if (keyname_is("Enter", bytes, len))
		end_filter(face, true);
	else if (keyname_is("Esc, C-g, C-c", bytes, len))
		end_filter(face, false);
	else if (keyname_is("BS, C-h", bytes, len) && filter_text->len > 0)
		g_string_truncate(filter_text,
		    (gsize)(g_utf8_find_prev_char(filter_text->str, filter_text->str + filter_text->len) - filter_text->str));
	else if ((unsigned char)bytes[0] >= 0x20 && bytes[0] != 0x7f && filter_text->len + len < LIMIT_NAME)
		g_string_append_len(filter_text, bytes, (gssize)len);
}

bool
page_key(struct face *face, const char *bytes, size_t len)
{
	int page = MAX(1, face->layout.chat.rows - 2);
	bool filtered = face->page.filter != NULL && face->page.filter->len > 0;

	if (!face->page.on || len == 0)
		return false;
	face_mark(face, DIRTY_ALL);
	if (face->page.filtering) {
		filter_key(face, bytes, len);
		return true;
	}
	if (other_key(face, bytes, len))
		return true;
	if (keyname_is("j, Down", bytes, len))
		move(face, 1);
	else if (keyname_is("k, Up", bytes, len))
		move(face, -1);
	else if (keyname_is("PgDn, Space", bytes, len))
		move(face, page);
	else if (keyname_is("PgUp", bytes, len))
		move(face, -page);
	else if (keyname_is("g, Home", bytes, len))
		move(face, -1000000);
	else if (keyname_is("G, End", bytes, len))
		move(face, 1000000);
	else if (keyname_is("Enter", bytes, len))
		follow(face);
	else if (keyname_is("/", bytes, len))
		begin_filter(face);
	else if (keyname_is("BS, C-h", bytes, len) && kinds[face->page.kind].back != NULL)
		kinds[face->page.kind].back(face);
	else if (keyname_is("Esc, q, C-g, C-c", bytes, len)) {
		if (filtered)
			end_filter(face, false);
		else
			page_close(face);
	} else
		/* No other letter is typed; what has Ctrl or Alt, and function keys, do what they do everywhere. */
		return (unsigned char)bytes[0] >= 0x20 && bytes[0] != 0x7f;
	return true;
}

char *
page_prompt(const struct face *face)
{
	const struct page *page = &face->page;

	if (!page->on)
		return NULL;
	if (page->filtering || (page->filter != NULL && page->filter->len > 0))
		return g_strdup_printf("/%s", page->filter->str);
	return g_strdup_printf("Esc back to %s", chat_name(face->model, face->front));
}

const char *
page_hint(const struct face *face)
{
	if (!face->page.on)
		return NULL;
	return face->page.filtering ? "Enter keeps it  Esc shows all" : kinds[face->page.kind].hint;
}

static void
draw_title(struct face *face, const struct page_lines *page)
{
	const struct area *area = &face->layout.title;
	const char *count = page->count != NULL ? page->count : "";
	int end = area->columns - text_columns(count, page->policy) - 1;

	if (area->rows == 0)
		return;
	canvas_clear(face->canvas, area->row, 0, 1, area->columns, SLOT_TITLE);
	canvas_text_cut(face->canvas, area->row, 1, MAX(1, end - 1), SLOT_TITLE_NAME, page->title);
	canvas_text(face->canvas, area->row, MAX(1, end), area->columns, SLOT_TITLE, count, -1);
}

static void
draw_line(struct face *face, const struct page_line *one, int row, const struct area *area, bool here)
{
	int end = area->column + area->columns;
	int right = one->right != NULL ? text_columns(one->right, canvas_policy(face->canvas)) + 1 : 0;

	canvas_text(face->canvas, row, area->column, end, SLOT_SELECT_MARK, here ? ">" : " ", -1);
	canvas_text_cut(face->canvas, row, area->column + 1, MAX(area->column + 2, end - right - 1), one->slot, one->text);
	if (right > 0 && right < area->columns)
		canvas_text(face->canvas, row, end - right, end, SLOT_TEXT_DIM, one->right, -1);
	if (here)
		canvas_paint(face->canvas, row, area->column, area->columns, SLOT_SELECT_ROW);
}

void
page_draw(struct face *face)
{
	const struct area *area = &face->layout.chat;
	struct page_lines page;
	int at, n;

	make(face, &page);
	n = (int)page.lines->len;
	at = cursor(face, &page);
	draw_title(face, &page);
	canvas_clear(face->canvas, area->row, area->column, area->rows, area->columns, SLOT_TEXT);
	face->page.top = CLAMP(face->page.top, 0, MAX(0, n - area->rows));
	if (at >= 0 && face->page.top + area->rows <= at)
		face->page.top = at - area->rows + 1;
	if (at >= 0 && at < face->page.top)
		face->page.top = at;
	for (int i = 0; i < area->rows && face->page.top + i < n; i++)
		draw_line(face, line(&page, face->page.top + i), area->row + i, area, face->page.top + i == at);
	if (n == 0 && area->rows > 1)
		canvas_text(face->canvas, area->row + 1, area->column + 3, area->column + area->columns, SLOT_TEXT_DIM,
		    face->page.filter != NULL && face->page.filter->len > 0 ? "Nothing here has that. Esc shows all." :
		    "There is nothing here yet.", -1);
	clear(&page);
}
