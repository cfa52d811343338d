/*
 * view_chat.c: the view hangs on one row of one entry, the last one drawn.  So nothing moves when messages come below
 * or older ones are loaded above; at the end (bottom 0) it follows what comes.
 */
#include "face/tui/view_chat.h"

#include <string.h>

#include "base/jid.h"

/* A place in the list: the first `rows` rows of entry `index`. */
struct spot {
	size_t	 index;
	int	 rows;
};

struct pass {
	const struct view_chat	*view;
	const struct window	*window;
	struct rows_look	 look;
	struct rows_unread	 unread;
	size_t			 low, high;
};

const struct entry *
view_chat_first_unread(const struct chat *chat)
{
	const struct window *window = chat->window;

	if (chat->unread_after == 0 || window == NULL)
		return NULL;
	for (size_t i = 0; i < window->n; i++) {
		const struct entry *entry = window->entries[i];

		if (entry->kind == ENTRY_MESSAGE && entry->event.message.direction == DIRECTION_IN &&
		    entry->order > chat->unread_after && entry->order != INT64_MAX)
			return entry;
	}
	return NULL;
}

/* When somebody was here last: the time of the last message that was read, if it is of the same day. */
static int64_t
since(const struct window *window, const struct entry *first)
{
	long at = window_find(window, first->id);
	g_autofree char *a = NULL, *b = NULL;

	while (at-- > 0)
		if (window->entries[at]->kind == ENTRY_MESSAGE) {
			a = rows_day(window->entries[at]->time);
			b = rows_day(first->time);
			return strcmp(a, b) == 0 ? window->entries[at]->time : 0;
		}
	return 0;
}

/* False when there is nothing to lay out. */
static bool
begin(struct pass *pass, const struct view_chat *view)
{
	const struct event_account *account = model_account(view->model, view->chat->account);
	const struct entry *first = view_chat_first_unread(view->chat);

	memset(pass, 0, sizeof *pass);
	pass->view = view;
	pass->window = view->chat->window;
	if (pass->window == NULL || view->rows < 1 || view->columns < 1)
		return false;
	pass->look.columns = view->columns;
	pass->look.policy = view->policy;
	pass->look.gaps = pass->window->gaps;
	pass->look.style = view->style;
	pass->look.select = view->select;
	pass->look.encrypted = view->chat->object.chat.encryption != ENCRYPTION_NONE;
	pass->look.is_room = view->chat->object.chat.kind == CHAT_ROOM;
	pass->look.other = chat_name(view->model, view->chat);
	pass->look.other_jid = view->chat->jid;
	pass->look.own_jid = account != NULL && account->jid != NULL ? account->jid : "";
	pass->look.own = pass->look.is_room && view->chat->room.room.nick != NULL ? view->chat->room.room.nick :
	    account != NULL && account->nick != NULL ? account->nick : view->chat->account;
	if (first != NULL) {
		pass->unread.before = first->id;
		pass->unread.count = view->chat->unread_count;
		pass->unread.mentions = view->chat->unread_mentions;
		pass->unread.since = since(pass->window, first);
	}
	window_range(pass->window, &pass->low, &pass->high);
	/* A page that did not fill to the beginning of the chat says nothing about the day above its first message. */
	return pass->high > pass->low;
}

static GPtrArray *
rows_of(const struct pass *pass, size_t index)
{
	return rows_build(&pass->look, &pass->unread, index > pass->low ? pass->window->entries[index - 1] : NULL,
	    pass->window->entries[index]);
}

static int
count_rows(const struct pass *pass, size_t index)
{
	g_autoptr(GPtrArray) rows = rows_of(pass, index);

	return (int)rows->len;
}

static struct spot
end_of(const struct pass *pass)
{
	return (struct spot){ pass->high - 1, count_rows(pass, pass->high - 1) };
}

static bool
is_end(const struct pass *pass, struct spot spot)
{
	return spot.index + 1 == pass->high && spot.rows >= count_rows(pass, spot.index);
}

/* Where the view hangs.  What it hung on may be gone: then it is at the end again. */
static struct spot
bottom_of(const struct pass *pass)
{
	struct chat *chat = pass->view->chat;
	long at = chat->bottom == 0 ? -1 : window_find(pass->window, chat->bottom);
	int n;

	if (at < (long)pass->low || at >= (long)pass->high) {
		chat->bottom = 0;
		return end_of(pass);
	}
	n = count_rows(pass, (size_t)at);
	return (struct spot){ (size_t)at, CLAMP(chat->bottom_row, 1, n) };
}

/* Moves spot up by n rows, not above the first row; how many rows that was. */
static int
go_up(const struct pass *pass, struct spot *spot, int n)
{
	int left = n;

	while (left > 0) {
		if (spot->rows > left) {
			spot->rows -= left;
			return n;
		}
		if (spot->index == pass->low) {
			left -= spot->rows - 1;
			spot->rows = 1;
			return n - left;
		}
		left -= spot->rows;
		spot->index--;
		spot->rows = count_rows(pass, spot->index);
	}
	return n;
}

static void
go_down(const struct pass *pass, struct spot *spot, int n)
{
	int count = count_rows(pass, spot->index);

	while (n > 0) {
		if (count - spot->rows >= n) {
			spot->rows += n;
			return;
		}
		n -= count - spot->rows;
		spot->rows = count;
		if (spot->index + 1 == pass->high)
			return;
		spot->index++;
		spot->rows = 0;
		count = count_rows(pass, spot->index);
	}
}

static void
hang(const struct pass *pass, struct spot spot)
{
	struct chat *chat = pass->view->chat;

	if (is_end(pass, spot) && pass->window->at_end) {
		chat->bottom = 0;
		return;
	}
	chat->bottom = pass->window->entries[spot.index]->id;
	chat->bottom_row = spot.rows;
}

void
view_chat_scroll(const struct view_chat *view, int rows)
{
	struct pass pass;
	struct spot spot, top;
	int above;

	if (!begin(&pass, view))
		return;
	spot = bottom_of(&pass);
	if (rows > 0)
		go_down(&pass, &spot, rows);
	else {
		/*
		 * The screen stays full: the row that goes to the top has to exist.  One row less is text, since the
		 * last one says that the view is scrolled back.
		 */
		top = spot;
		above = go_up(&pass, &top, view->rows - rows);
		if (view->chat->bottom == 0 && above < view->rows)
			return;
		above -= MAX(0, view->rows - 2);
		if (above > 0)
			go_up(&pass, &spot, MIN(above, -rows));
	}
	hang(&pass, spot);
}

void
view_chat_top(const struct view_chat *view)
{
	view_chat_scroll(view, -1000000);
}

void
view_chat_bottom(const struct view_chat *view)
{
	view->chat->bottom = 0;
}

bool
view_chat_unread(const struct view_chat *view)
{
	const struct entry *first = view_chat_first_unread(view->chat);
	struct pass pass;
	struct spot spot, end;

	if (first == NULL || !begin(&pass, view))
		return false;
	spot.index = (size_t)window_find(pass.window, first->id);
	if (spot.index < pass.low || spot.index >= pass.high)
		return false;
	spot.rows = 1;
	end = spot;
	go_down(&pass, &end, view->rows - 1);
	if (is_end(&pass, end)) {
		view->chat->bottom = 0;
		return true;
	}
	go_down(&pass, &spot, view->rows - view->rows / 3 - 1);
	hang(&pass, spot);
	return true;
}

/* How many messages stand below spot. */
static int
newer_than(const struct pass *pass, struct spot spot)
{
	int n = 0;

	for (size_t i = spot.index + 1; i < pass->high; i++)
		n += pass->window->entries[i]->kind == ENTRY_MESSAGE;
	return n;
}

static void
draw_scrolled(const struct pass *pass, struct canvas *canvas, struct spot spot)
{
	const struct view_chat *view = pass->view;
	int newer = newer_than(pass, spot), y = view->row + view->rows - 1;
	g_autofree char *text = g_strdup_printf("scrolled back: %s%d newer below, End returns",
	    pass->window->at_end ? "" : "more than ", newer);
	g_autofree char *rule = rows_rule(text, view->columns, true, view->policy);

	canvas_clear(canvas, y, view->column, 1, view->columns, SLOT_LINE_UNREAD);
	canvas_text(canvas, y, view->column, view->column + view->columns, SLOT_LINE_UNREAD, rule, -1);
}

static void
note_shown(const struct entry *entry, struct view_shown *shown)
{
	if (entry->kind != ENTRY_MESSAGE)
		return;
	if (entry->event.message.cut && !entry->asked && shown->cut == 0)
		shown->cut = entry->id;
	if (shown->last == NULL && entry->order != INT64_MAX)
		shown->last = entry;
}

static void
draw_row(const struct view_chat *view, const struct entry *entry, const struct row *row, struct canvas *canvas, int y)
{
	rows_draw(row, canvas, y, view->column, view->column + view->columns);
	if (view->select != NULL && view->select->at == entry->id && !row->across)
		canvas_paint(canvas, y, view->column, view->columns, SLOT_SELECT_ROW);
}

void
view_chat_show(const struct view_chat *view, int64_t id)
{
	struct pass pass;
	struct spot spot, top, wanted;
	long at;

	if (!begin(&pass, view) || (at = window_find(pass.window, id)) < (long)pass.low || at >= (long)pass.high)
		return;
	spot = bottom_of(&pass);
	wanted.index = (size_t)at;
	wanted.rows = count_rows(&pass, wanted.index);
	top = spot;
	go_up(&pass, &top, MAX(0, view->rows - 2));
	if (wanted.index > spot.index || (wanted.index == spot.index && wanted.rows > spot.rows)) {
		hang(&pass, wanted);
	} else if (wanted.index < top.index || (wanted.index == top.index && top.rows > 1 &&
	    wanted.rows < view->rows)) {
		/* Its first row at the top; what fits below it follows. */
		wanted.rows = 1;
		go_down(&pass, &wanted, MAX(0, view->rows - 2));
		hang(&pass, wanted);
	}
}

void
view_chat_place(const struct view_chat *view, int64_t id)
{
	struct pass pass;
	struct spot spot;
	long at;

	if (!begin(&pass, view) || (at = window_find(pass.window, id)) < (long)pass.low || at >= (long)pass.high)
		return;
	spot.index = (size_t)at;
	spot.rows = 1;
	go_down(&pass, &spot, view->rows - view->rows / 3 - 1);
	hang(&pass, spot);
}

int64_t
view_chat_at(const struct view_chat *view, int row)
{
	struct pass pass;
	struct spot spot;
	int y = view->row + view->rows - 1;

	if (!begin(&pass, view))
		return 0;
	spot = bottom_of(&pass);
	/* The last row says that the view is scrolled back. */
	if (view->chat->bottom != 0 && view->rows > 1)
		y--;
	if (row < view->row || row > y || go_up(&pass, &spot, y - row) < y - row)
		return 0;
	return pass.window->entries[spot.index]->id;
}

int
view_chat_folded(const struct view_chat *view, const struct entry *entry)
{
	struct pass pass;

	return begin(&pass, view) ? rows_folded(&pass.look, entry) : 0;
}

void
view_chat_draw(const struct view_chat *view, struct canvas *canvas, struct view_shown *shown)
{
	struct pass pass;
	struct spot spot;
	bool scrolled, whole;
	int y = view->row + view->rows - 1;
	size_t index;

	memset(shown, 0, sizeof *shown);
	canvas_clear(canvas, view->row, view->column, view->rows, view->columns, SLOT_TEXT);
	if (!begin(&pass, view))
		return;
	spot = bottom_of(&pass);
	scrolled = view->chat->bottom != 0;
	whole = spot.rows >= count_rows(&pass, spot.index);
	if (scrolled && view->rows > 1)
		draw_scrolled(&pass, canvas, spot), y--;
	for (index = spot.index; y >= view->row; index--) {
		g_autoptr(GPtrArray) rows = rows_of(&pass, index);
		int n = index == spot.index ? MIN(spot.rows, (int)rows->len) : (int)rows->len;

		if (whole || index != spot.index)
			note_shown(pass.window->entries[index], shown);
		while (n-- > 0 && y >= view->row)
			draw_row(view, pass.window->entries[index], rows->pdata[n], canvas, y--);
		if (index == pass.low)
			break;
	}
	/* A screen ahead is asked for before one gets there. */
	shown->wants_older = !pass.window->at_start && index < pass.low + (size_t)view->rows;
	shown->wants_newer = scrolled && !pass.window->at_end && spot.index + (size_t)view->rows > pass.high;
}
