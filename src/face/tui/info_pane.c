/*
 * info_pane.c: see info_pane.h.  Only the lines that are shown are laid out, so a room of thousands costs what one of
 * ten does.
 */
#include "face/tui/info_pane.h"

#include <string.h>

#include "face/tui/status.h"

enum { INFO_COLUMNS = 18, INFO_FROM = 120, CHAT_LEAST = 50 };

static const char *const sizes[LAYOUT_SIZES] = { "narrow", "normal", "wide" };
static const char *const wishes[] = { "auto", "shown", "hidden" };

static const struct {
	const char	*words;
	enum slot	 slot;
} groups[STANDINGS] = {
	[STANDING_OWNER] = { "owners", SLOT_INFO_OWNER },
	[STANDING_ADMIN] = { "admins", SLOT_INFO_ADMIN },
	[STANDING_MEMBER] = { "members", SLOT_INFO_MEMBER },
	[STANDING_PARTICIPANT] = { "participants", SLOT_INFO_MEMBER },
	[STANDING_VISITOR] = { "visitors", SLOT_INFO_VISITOR },
};

/* What stands behind a name: us, whom one could take them for, or a title. */
static void
draw_fact(const struct event_occupant *one, struct canvas *canvas, int row, int column, int end)
{
	const char *hat = json_string_value(json_array_get(one->hats, 0));

	if (column + 4 > end)
		return;
	if (one->self)
		canvas_text(canvas, row, column, end, SLOT_INFO_SELF, "you", -1);
	else if (one->like != NULL) {
		column = canvas_text(canvas, row, column, end, SLOT_PRESENCE_ASKS, "not ", -1);
		canvas_text_cut(canvas, row, column, end, SLOT_PRESENCE_ASKS, one->like);
	} else if (hat != NULL)
		canvas_text_cut(canvas, row, column, end, SLOT_INFO_HAT, hat);
}

static void
draw_one(const struct event_occupant *one, struct canvas *canvas, int row, const struct area *area)
{
	int end = area->column + area->columns, column = area->column + 1;
	enum slot slot;
	const char *sign = status_sign(one->show == SHOW_OFFLINE ? SHOW_ONLINE : one->show, true,
	    text_ascii_signs(canvas_policy(canvas)), &slot);

	column = canvas_text(canvas, row, column, end, slot, sign, -1) + 1;
	column = canvas_text_cut(canvas, row, column, end, one->self ? SLOT_INFO_SELF :
	    groups[occupants_standing(one)].slot, one->nick);
	draw_fact(one, canvas, row, column + 1, end);
}

static bool
is_room(const struct face *face)
{
	return !chat_is_console(face->front) && face->front->object.chat.kind == CHAT_ROOM;
}

void
info_pane_place(struct face *face)
{
	struct area *chat = &face->layout.chat;
	int columns = canvas_columns(face->canvas);
	enum list_wish wish = face->info.wish[layout_size(columns)];

	memset(&face->info.area, 0, sizeof face->info.area);
	if (face->info.of != face->front)
		face->info.top = 0;
	face->info.of = face->front;
	if (!is_room(face) || face->page.on || wish == LIST_HIDDEN || (wish == LIST_AUTO && columns < INFO_FROM) ||
	    chat->rows == 0 || chat->columns < INFO_COLUMNS + 1 + CHAT_LEAST)
		return;
	chat->columns -= INFO_COLUMNS + 1;
	face->info.area = *chat;
	face->info.area.column = chat->column + chat->columns + 1;
	face->info.area.columns = INFO_COLUMNS;
}

void
info_pane_toggle(struct face *face)
{
	int columns = canvas_columns(face->canvas), least = INFO_COLUMNS + 1 + CHAT_LEAST;

	if (!is_room(face))
		face_note(face, face->front, SEVERITY_INFO, "Only a room has a list of who is in it.");
	else if (face->info.area.rows == 0 && face->layout.chat.columns < least)
		face_note(face, face->front, SEVERITY_INFO, "Who is in the room needs %d columns; there are %d.",
		    columns - face->layout.chat.columns + least, columns);
	else {
		face->info.wish[layout_size(columns)] = face->info.area.rows > 0 ? LIST_HIDDEN : LIST_SHOWN;
		link_keep(face);
	}
}

void
info_pane_scroll(struct face *face, int pages)
{
	face->info.top = MAX(0, face->info.top + pages * MAX(1, face->info.area.rows - 1));
}

void
info_pane_write(const struct face *face, GString *text)
{
	for (int i = 0; i < LAYOUT_SIZES; i++)
		if (face->info.wish[i] != LIST_AUTO)
			g_string_append_printf(text, "info.%s %s\n", sizes[i], wishes[face->info.wish[i]]);
}

void
info_pane_take(struct face *face, const char *size, const char *wish)
{
	for (int i = 0; i < LAYOUT_SIZES; i++)
		for (size_t k = 0; k < G_N_ELEMENTS(wishes); k++)
			if (strcmp(sizes[i], size) == 0 && strcmp(wishes[k], wish) == 0)
				face->info.wish[i] = (enum list_wish)k;
}

void
info_pane_draw(struct face *face)
{
	struct canvas *canvas = face->canvas;
	const struct occupants *all = face->front->occupants;
	const struct area *area = &face->info.area;
	int *top = &face->info.top;
	bool ascii = text_ascii_signs(canvas_policy(canvas));
	int line = 0, n = 0;
	guint next = 0;

	if (area->rows == 0)
		return;
	for (int row = area->row; row < area->row + area->rows; row++)
		canvas_text(canvas, row, area->column - 1, area->column, SLOT_LINE_BORDER, ascii ? "|" : "│", -1);
	canvas_clear(canvas, area->row, area->column, area->rows, area->columns, SLOT_INFO_MEMBER);
	for (int i = 0; all != NULL && i < STANDINGS; i++)
		n += occupants_count(all, (enum standing)i) > 0 ? (int)occupants_count(all, (enum standing)i) + 1 : 0;
	*top = CLAMP(*top, 0, MAX(0, n - area->rows));
	for (int i = 0; all != NULL && i < STANDINGS; i++) {
		guint count = occupants_count(all, (enum standing)i), first = next;
		int row = area->row + line - *top;

		next += count;
		if (count == 0)
			continue;
		if (line >= *top && row < area->row + area->rows)
			canvas_printf(canvas, row, area->column, area->column + area->columns, SLOT_INFO_HEADER,
			    "%s %u", groups[i].words, count);
		line++;
		/* Those of the group that are in sight. */
		for (int k = MAX(0, *top - line); k < (int)count && line + k - *top < area->rows; k++)
			draw_one(occupants_at(all, first + (guint)k), canvas, area->row + line + k - *top, area);
		line += (int)count;
	}
	/* What does not fit is told in the last line. */
	if (n - *top > area->rows && area->rows > 2) {
		int row = area->row + area->rows - 1;

		canvas_clear(canvas, row, area->column, 1, area->columns, SLOT_TEXT_DIM);
		canvas_printf(canvas, row, area->column + 1, area->column + area->columns, SLOT_TEXT_DIM, "%s %d more",
		    ascii ? "..." : "…", n - *top - area->rows + 1);
	}
}
