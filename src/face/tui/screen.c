/* screen.c: puts the parts together.  Only what is marked is drawn; a key in the line wraps no message. */
#include <string.h>

#include "face/tui/chat_list.h"
#include "face/tui/face.h"
#include "face/tui/field.h"
#include "face/tui/info_pane.h"
#include "face/tui/status.h"

static struct status status_of(const struct face *);

char *
screen_prompt(const struct face *face)
{
	struct status status = status_of(face);
	const char *own = input_prompt(face->input);

	if (face->ask.open)
		return g_strdup_printf("%s> ", face->ask.title);
	if (face->palette.on)
		return palette_prompt(face);
	if (page_covers_line(face))
		return page_prompt(face);
	return *own != '\0' ? g_strdup(own) : status_prompt(&status, canvas_columns(face->canvas));
}

/* What stands in the input line, and where the cursor is. */
char *
screen_line(const struct face *face, size_t *point)
{
	if (face->ask.open && face->ask.secret) {
		*point = (size_t)g_utf8_strlen(face->ask.text, (gssize)face->ask.len);
		return g_strnfill(*point, '*');
	}
	*point = 0;
	if (face->palette.on) {
		*point = face->palette.text->len;
		return g_strdup(face->palette.text->str);
	}
	if (page_covers_line(face) && !face->ask.open)
		return g_strdup("");
	*point = input_point(face->input);
	return g_strdup(input_line(face->input));
}

static const char *
hint(const struct face *face)
{
	if (face->paste.text != NULL)
		return "nothing is sent before you choose";
	if (face->describing)
		return "which key? press it";
	if (face->palette.on)
		return "only # rooms @ people / commands > actions  Esc leaves";
	if (page_hint(face) != NULL)
		return page_hint(face);
	if (select_hint(face) != NULL)
		return select_hint(face);
	if (face->complete.open)
		return "Tab next  Esc as you typed it";
	if (face->ask.open)
		return correct_hint(face) != NULL ? correct_hint(face) : "Enter answers  Esc leaves it open";
	if (face->detaches > 0)
		return "C-d again detaches";
	if (face->digits > 0)
		return "which chat: two digits";
	if (face->client == NULL && face->socket != NULL && !face->reattach.first)
		return "no core: /restart starts one";
	if (chat_is_console(face->front) && model_prompts(face->model)->len > 0)
		return face->select.how;
	return NULL;
}

static const char *
mode(const struct face *face)
{
	return face->client == NULL && face->socket != NULL && !face->reattach.first ? "NO CORE" :
	    face->paste.text != NULL ? "PASTE" : select_hint(face) != NULL ? "SELECT" : face->ask.open ? "ANSWER" :
	    face->page.on || face->palette.on ? "VIEW" : NULL;
}

static struct status
status_of(const struct face *face)
{
	return (struct status){ .model = face->model, .chat = face->front, .formats = &face->preferences.formats,
		.policy = canvas_policy(face->canvas), .clock = attention_clock(face),
		    .named = face->layout.title.rows == 0,
		.running = send_waiting(face), .hint = hint(face), .mode = mode(face), .face = face->name,
		.split = split_index(face->splits, face->focus) + 1, .splits = split_count(face->splits) };
}

static void
draw_bars(struct face *face)
{
	const struct layout *layout = &face->layout;
	struct status status = status_of(face);

	if (face->page.on)
		;	/* the title is the page's */
	else if (face->start.on && chat_is_console(face->front) && layout->title.rows > 0) {
		canvas_clear(face->canvas, 0, 0, 1, layout->title.columns, SLOT_TITLE);
		canvas_text(face->canvas, 0, 1, layout->title.columns, SLOT_TITLE_NAME, "confab  first start", -1);
	} else
		status_draw_title(&status, face->canvas, &layout->title);
	splits_draw_titles(face, status);
	status_draw(&status, face->canvas, &layout->status);
	chat_list_draw(face->model, face->front, face->canvas, &layout->list, &layout->border);
	info_pane_draw(face);
	if (face->paste.text != NULL)
		paste_draw(face, &layout->box);
	else if (face->select.menu)
		select_draw(face, &layout->box);
	else if (face->complete.open)
		complete_draw(face, &layout->box);
	else
		correct_draw(face, &layout->box);
}

static void
draw_input(struct face *face, const char *prompt, const char *line, size_t point)
{
	bool command = !face->ask.open && !face->palette.on && line[0] == '/' && line[1] != '/' &&
	    !input_is_pasted(face->input) && strchr(line, '\n') == NULL;

	if (page_covers_line(face) && !face->ask.open && !face->palette.on) {
		const struct area *area = &face->layout.input;

		canvas_clear(face->canvas, area->row, area->column, area->rows, area->columns, SLOT_INPUT_TEXT);
		canvas_cursor(face->canvas, area->row, MIN(area->columns - 1,
		    canvas_text_cut(face->canvas, area->row, area->column, area->column + area->columns,
		    SLOT_INPUT_PROMPT, prompt)));
		return;
	}
	field_draw(face->canvas, &face->layout.input, prompt, SLOT_INPUT_PROMPT, line, point,
	    command ? SLOT_INPUT_COMMAND : SLOT_INPUT_TEXT);
}

static void
draw_chat(struct face *face)
{
	struct view_chat view = face_view(face);
	bool reached;

	if (face->palette.on) {
		memset(&face->shown, 0, sizeof face->shown);
		palette_draw(face);
		return;
	}
	if (face->page.on) {
		memset(&face->shown, 0, sizeof face->shown);
		page_draw(face);
		return;
	}
	if (face->start.on && chat_is_console(face->front)) {
		memset(&face->shown, 0, sizeof face->shown);
		start_draw(face, &face->layout.chat);
		return;
	}
	link_room(face, face->front);
	/* The box, or what came, must not cover it. */
	if (face->select.rows.at != 0)
		view_chat_show(&view, face->select.rows.at);
	view_chat_draw(&view, face->canvas, &face->shown);
	reached = view.chat->bottom == 0 && window_full(view.chat->window);
	if (face->shown.wants_older && !reached)
		link_page(face, view.chat, WINDOW_BEFORE);
	if (face->shown.wants_newer)
		link_page(face, view.chat, WINDOW_AFTER);
	if (face->shown.cut != 0)
		link_message(face, view.chat, face->shown.cut);
	splits_draw(face);
}

void
screen_layout(struct face *face)
{
	int rows = canvas_rows(face->canvas), columns = canvas_columns(face->canvas), box;
	g_autofree char *prompt = screen_prompt(face), *line = NULL;
	struct layout before = face->layout;
	size_t point;

	line = screen_line(face, &point);
	box = face->paste.text != NULL ? paste_rows(face) : face->select.menu ? select_rows(face) :
	    face->complete.open ? MIN(complete_rows(face), MAX(1, rows / 3)) : correct_rows(face);
	splits_layout(face, rows, columns, field_height(columns, prompt, line, point, canvas_policy(face->canvas)),
	    box);
	info_pane_place(face);
	if (memcmp(&before, &face->layout, sizeof before) != 0)
		face->dirty = DIRTY_ALL;
}

void
screen_draw(struct face *face)
{
	g_autofree char *prompt = screen_prompt(face), *line = NULL;
	size_t point;

	line = screen_line(face, &point);
	screen_layout(face);
	if (face->page.on && (face->dirty & DIRTY_BARS) != 0)
		face->dirty |= DIRTY_CHAT;
	if ((face->dirty & DIRTY_CHAT) != 0)
		draw_chat(face);
	if ((face->dirty & DIRTY_BARS) != 0)
		draw_bars(face);
	draw_input(face, prompt, line, point);
	face->dirty = 0;
}
