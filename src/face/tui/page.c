/* page.c: see page.h.  What is remembered is the target under the cursor, so that lines may come and go. */
#include "face/tui/page.h"

#include <string.h>

#include "base/limits.h"
#include "face/tui/keyname.h"

static const struct {
	void	(*make)(struct face *, struct page_lines *);
	void	(*follow)(struct face *, const char *target);
	/* Its own rows of views.def; target may be NULL. */
	void	(*act)(struct face *, enum view_action, const char *target);
} kinds[] = {
	[PAGE_HELP] = { page_help_make, page_help_follow, page_help_act },
	[PAGE_CONTACTS] = { page_contacts_make, page_contacts_follow, page_contacts_act },
	[PAGE_LEGEND] = { page_legend_make, NULL, NULL },
	[PAGE_TEXT] = { page_text_make, NULL, NULL },
	[PAGE_INFO] = { page_info_make, NULL, NULL },
	[PAGE_FORM] = { page_form_make, NULL, page_form_act },
	[PAGE_LINKS] = { page_links_make, page_links_follow, page_links_act },
	[PAGE_DIGEST] = { digest_make, digest_follow, digest_act },
	[PAGE_SEARCH] = { search_make, search_follow, search_act },
};

static const struct view_row table[VIEWS] = {
#define VIEW(constant, name, kind, keys, hint, help) { name, keys, hint, help, PAGE_##kind },
#include "face/tui/views.def"
#undef VIEW
};

const struct view_row *
view_row(int i)
{
	return i < VIEWS ? &table[i] : NULL;
}

/* The row of that name, or else of that key, among those of this kind; -1: none. */
static int
row_of(int kind, const char *name, const char *bytes, size_t len)
{
	for (int i = 0; i < VIEWS; i++)
		if (table[i].kind == kind && (name != NULL ? strcmp(table[i].name, name) == 0 :
		    keyname_is(table[i].keys, bytes, len)))
			return i;
	return -1;
}

/* What people bound counts, then a view's own keys, then those that all have. */
static int
action_of(const struct face *face, const char *own, const char *bytes, size_t len)
{
	int row = row_of((int)face->page.kind, own, bytes, len);

	return row >= 0 ? row : row_of(PAGE_ANY, own, bytes, len);
}

void
page_add(struct page_lines *page, enum slot slot, char *text, const char *target, const char *right)
{
	struct page_line line = { .text = text, .right = g_strdup(right), .target = g_strdup(target), .slot = slot };

	g_array_append_val(page->lines, line);
}

bool
page_is_filtered(const struct face *face)
{
	return face->page.filter != NULL && face->page.filter->len > 0;
}

struct page_line *
page_last(struct page_lines *page)
{
	return &g_array_index(page->lines, struct page_line, page->lines->len - 1);
}

void
page_add_wrapped(struct page_lines *page, enum slot slot, int indent, const char *text)
{
	g_autoptr(GArray) slices = text_wrap(text, page->columns - indent, page->columns - indent, page->policy);

	for (guint i = 0; i < slices->len; i++) {
		const struct text_row *slice = &g_array_index(slices, struct text_row, i);

		page_add(page, slot, g_strdup_printf("%*s%.*s", indent, "", (int)slice->len, text + slice->start), NULL,
		    NULL);
	}
}

void
page_add_hanging(struct page_lines *page, enum slot slot, const char *head, const char *text, const char *target)
{
	int indent = text_columns(head, page->policy);
	bool below = page->columns - indent < 20;
	g_autoptr(GArray) slices = NULL;

	if (below) {
		page_add(page, slot, g_strdup(head), target, NULL);
		indent = 6;
	}
	slices = text_wrap(text, page->columns - indent, page->columns - indent, page->policy);
	for (guint i = 0; i < slices->len; i++) {
		const struct text_row *slice = &g_array_index(slices, struct text_row, i);
		bool first = i == 0 && !below;

		if (slice->len == 0 && !first)
			continue;
		page_add(page, slot, g_strdup_printf("%*s%.*s", first ? 0 : indent, first ? head : "", (int)slice->len,
		    text + slice->start), first ? target : NULL, NULL);
		page_last(page)->same = target != NULL && !first;
	}
}

static void
clear_line(void *data)
{
	struct page_line *line = data;

	g_free(line->text);
	g_free(line->right);
	g_free(line->target);
	if (line->row != NULL)
		row_free(line->row);
}

bool
page_fits(const struct face *face, const char *text)
{
	g_autofree char *small = NULL, *wanted = NULL;

	if (!page_is_filtered(face))
		return true;
	small = g_utf8_casefold(text, -1);
	wanted = g_utf8_casefold(face->page.filter->str, -1);
	return strstr(small, wanted) != NULL;
}

/*
 * Lines that do not hold what is looked for go; what belongs together stays so, other neighbours are no context here.
 */
static void
filter(const struct face *face, struct page_lines *page)
{
	for (guint end = page->lines->len; end > 0; ) {
		guint first = end;
		bool any = false;

		do {
			first--;
			any |= page_fits(face, g_array_index(page->lines, struct page_line, first).text);
		} while (first > 0 && g_array_index(page->lines, struct page_line, first).same);
		if (!any)
			g_array_remove_range(page->lines, first, end - first);
		end = first;
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
	if (page_is_filtered(face))
		filter(face, page);
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
		if (first < 0 || (line(page, first)->later && !line(page, i)->later))
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

/*
 * What is not true there: nothing is followed, nothing is behind it, '/' is the view's own; and what the prompt says.
 */
static bool
is_hinted(const struct page *page, int i)
{
	switch (i) {
	case VIEW_FOLLOW:
		return kinds[page->kind].follow != NULL;
	case VIEW_FILTER:
		return page->kind != PAGE_SEARCH;
	case VIEW_LEAVE:
		return page->kind == PAGE_SEARCH;
	case VIEW_LEGEND:
		return page->kind != PAGE_LEGEND;
	case VIEW_HELP_BACK:
		return page->subject != NULL;
	default:
		return *table[i].hint != '\0';
	}
}

static void
add_hint(const struct face *face, int i, GString *text)
{
	int kind = (int)face->page.kind;
	g_autofree char *now = bind_view_keys(face, kind, table[i].name, table[i].keys);
	g_auto(GStrv) keys = g_strsplit(now, ", ", 2);

	if ((table[i].kind == kind || table[i].kind == PAGE_ANY) && *now != '\0' && is_hinted(&face->page, i))
		g_string_append_printf(text, "%s%s %s", text->len > 0 ? "  " : "", keys[0], table[i].hint);
}

/* Where the row is too narrow, its end gives way: what one needs most stands first. */
static char *
hint_of(const struct face *face)
{
	GString *text = g_string_new(NULL);

	add_hint(face, VIEW_FOLLOW, text);
	for (int i = 0; i < VIEWS; i++)
		if (i != VIEW_FOLLOW)
			add_hint(face, i, text);
	return g_string_free(text, FALSE);
}

void
page_open(struct face *face, enum page_kind kind, const char *subject)
{
	g_autofree char *about = g_strdup(subject);

	if (face->linear != NULL) {
		face_note(face, face->front, SEVERITY_INFO,
		    "That view needs a drawn screen; the command of its name does not.");
		return;
	}
	select_leave(face);
	complete_close(face, false);
	page_close(face);
	face->page.on = true;
	face->page.kind = kind;
	g_free(face->page.hint);
	face->page.subject = g_steal_pointer(&about);
	face->page.hint = hint_of(face);
	face_mark(face, DIRTY_ALL);
}

void
page_close(struct face *face)
{
	struct page *page = &face->page;

	if (!page->on)
		return;
	page->on = page->filtering = page->passive = false;
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
	g_clear_pointer(&face->page.folded, g_hash_table_unref);
	g_clear_pointer(&face->page.hint, g_free);
	page_text_free(face);
	form_forget(face);
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

/* Where the line under the cursor leads, or NULL; the caller's. */
static char *
target_here(struct face *face)
{
	struct page_lines page;
	char *target = NULL;
	int at;

	make(face, &page);
	at = cursor(face, &page);
	if (at >= 0)
		target = g_strdup(line(&page, at)->target);
	clear(&page);
	return target;
}

static void
follow(struct face *face)
{
	g_autofree char *target = target_here(face);

	if (target != NULL && kinds[face->page.kind].follow != NULL)
		kinds[face->page.kind].follow(face, target);
}

/* A key of the view's own. */
static void
act(struct face *face, enum view_action action)
{
	g_autofree char *target = target_here(face);

	kinds[face->page.kind].act(face, action, target);
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
		    (gsize)(g_utf8_find_prev_char(filter_text->str,
		    filter_text->str + filter_text->len) - filter_text->str));
	else if ((unsigned char)bytes[0] >= 0x20 && bytes[0] != 0x7f && filter_text->len + len < LIMIT_NAME)
		g_string_append_len(filter_text, bytes, (gssize)len);
}

/* What every view does. */
static void
act_any(struct face *face, enum view_action action)
{
	int page = MAX(1, face->layout.chat.rows - 2);

	switch (action) {
	case VIEW_DOWN:
	case VIEW_UP:
		move(face, action == VIEW_DOWN ? 1 : -1);
		break;
	case VIEW_PAGE_DOWN:
	case VIEW_PAGE_UP:
		move(face, action == VIEW_PAGE_DOWN ? page : -page);
		break;
	case VIEW_FIRST:
	case VIEW_LAST:
		move(face, action == VIEW_LAST ? 1000000 : -1000000);
		break;
	case VIEW_FOLLOW:
		follow(face);
		break;
	case VIEW_FILTER:
		begin_filter(face);
		break;
	case VIEW_LEGEND:
		page_open(face, PAGE_LEGEND, NULL);
		break;
	default:
		if (page_is_filtered(face))
			end_filter(face, false);
		else
			page_close(face);
		break;
	}
}

bool
page_key(struct face *face, const char *bytes, size_t len)
{
	const char *own;
	int action;

	if (!face->page.on || len == 0)
		return false;
	face_mark(face, DIRTY_ALL);
	if (face->page.filtering) {
		filter_key(face, bytes, len);
		return true;
	}
	/* What is typed is meant for the chat. */
	if (face->page.passive && (unsigned char)bytes[0] >= 0x20 && bytes[0] != 0x7f) {
		page_close(face);
		return false;
	}
	own = bind_view_find(face, (int)face->page.kind, bytes, len);
	if (own != NULL && *own == '/') {
		g_autofree char *line = g_strdup(own);

		page_close(face);
		bind_line(face, line);
		return true;
	}
	action = action_of(face, own, bytes, len);
	/* No other letter is typed; what has Ctrl or Alt, and function keys, do what they do everywhere. */
	if (action < 0)
		return (unsigned char)bytes[0] >= 0x20 && bytes[0] != 0x7f;
	if (table[action].kind == PAGE_ANY)
		act_any(face, (enum view_action)action);
	else
		act(face, (enum view_action)action);
	return true;
}

void
page_move(struct face *face, int by)
{
	move(face, by);
	face_mark(face, DIRTY_ALL);
}

bool
page_covers_line(const struct face *face)
{
	return face->page.on && !face->page.passive;
}

char *
page_prompt(const struct face *face)
{
	const struct page *page = &face->page;

	if (!page->on)
		return NULL;
	if (page->kind == PAGE_SEARCH)
		return g_strdup_printf("search> %s", face->search.lines != NULL ?
		    (char *)face->search.lines->pdata[face->search.lines->len - 1] : "");
	if (page->filtering || (page->filter != NULL && page->filter->len > 0))
		return g_strdup_printf("/%s", page->filter->str);
	return g_strdup_printf("Esc back to %s", chat_name(face->model, face->front));
}

const char *
page_hint(const struct face *face)
{
	if (!face->page.on)
		return NULL;
	if (face->page.passive)
		return "Enter opens  Del done  Esc leaves";
	if (face->page.kind == PAGE_SEARCH && face->ask.open)
		return "Enter to the results  Up former words  Esc leaves";
	return face->page.filtering ? "Enter keeps it  Esc shows all" : face->page.hint;
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

	if (one->row != NULL) {
		search_draw_row(face, one->row, row, area);
		if (here)
			canvas_paint(face->canvas, row, area->column, area->columns, SLOT_SELECT_ROW);
		return;
	}

	canvas_text(face->canvas, row, area->column, end, SLOT_SELECT_MARK, here ? ">" : " ", -1);
	canvas_text_cut(face->canvas, row, area->column + 1, MAX(area->column + 2, end - right - 1), one->slot,
	    one->text);
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
	int at, last, n;

	make(face, &page);
	n = (int)page.lines->len;
	at = cursor(face, &page);
	draw_title(face, &page);
	canvas_clear(face->canvas, area->row, area->column, area->rows, area->columns, SLOT_TEXT);
	for (last = MAX(0, at); at >= 0 && last + 1 < n && line(&page, last + 1)->same; last++)
		;
	face->page.top = CLAMP(face->page.top, 0, MAX(0, n - area->rows));
	if (at >= 0 && face->page.top + area->rows <= last)
		face->page.top = last - area->rows + 1;
	if (at >= 0 && at < face->page.top)
		face->page.top = at;
	for (int i = 0; i < area->rows && face->page.top + i < n; i++)
		draw_line(face, line(&page, face->page.top + i), area->row + i, area,
		    at >= 0 && face->page.top + i >= at && face->page.top + i <= last);
	if (n == 0 && area->rows > 1 && face->page.kind != PAGE_SEARCH)
		canvas_text(face->canvas, area->row + 1, area->column + 3, area->column + area->columns, SLOT_TEXT_DIM,
		    face->page.filter != NULL && face->page.filter->len > 0 ? "Nothing here has that. Esc shows all." :
		    "There is nothing here yet.", -1);
	clear(&page);
}
