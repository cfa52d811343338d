/*
 * paste.c: text of more than three rows asks once what is to become of it.  Enter does nothing here, so that one that
 * was pasted or typed too early sends nothing.
 */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "face/tui/face.h"
#include "face/tui/rows.h"

enum { PASTE_ROWS = 3 };

static int
count_lines(const char *text)
{
	int n = 1;

	for (const char *at = text; (at = strchr(at, '\n')) != NULL && at[1] != '\0'; at++)
		n++;
	return n;
}

static int
count_controls(const char *bytes, size_t len)
{
	int n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)bytes[i] < 0x20 && strchr("\n\r\t", bytes[i]) == NULL) || bytes[i] == 0x7f ||
		    bytes[i] == '\0';
	return n;
}

void
paste_insert(struct face *face, const char *text)
{
	if (strlen(input_line(face->input)) + strlen(text) > LIMIT_BODY)
		face_note(face, face->front, SEVERITY_ERROR,
		    "The paste is longer than a message can be (1 MiB). It was not put into the line.");
	else
		input_insert(face->input, text, true);
	face_mark(face, DIRTY_ALL);
}

void
paste_take(struct face *face, const char *bytes, size_t len, bool cut)
{
	struct paste *paste = &face->paste;
	g_autofree char *text = NULL, *lines = g_strndup(bytes, len);

	/* Terminals send the Enters of a paste as CR. */
	for (char *at = lines; *at != '\0'; at++)
		if (*at == '\r' && at[1] == '\n')
			memmove(at, at + 1, strlen(at));
		else if (*at == '\r')
			*at = '\n';
	text = text_clean(lines, -1, TEXT_BODY, 0);
	complete_close(face, false);
	if (face->ask.open && face->ask.secret) {
		ask_paste(face, text);
		explicit_bzero(text, strlen(text));
		explicit_bzero(lines, strlen(lines));
		return;
	}
	if (face->ask.open) {
		text[strcspn(text, "\n")] = '\0';
		input_insert(face->input, text, true);
		face_mark(face, DIRTY_INPUT);
		return;
	}
	if (paste->text == NULL && count_lines(text) <= PASTE_ROWS && !cut) {
		paste_insert(face, text);
		return;
	}
	g_free(paste->text);
	paste->text = g_steal_pointer(&text);
	paste->lines = count_lines(paste->text);
	paste->removed = count_controls(bytes, len);
	paste->cut = cut;
	face_mark(face, DIRTY_ALL);
}

char *
paste_quoted(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	GString *quote = g_string_new(NULL);

	for (int i = 0; lines[i] != NULL; i++)
		if (lines[i + 1] != NULL || *lines[i] != '\0')
			g_string_append_printf(quote, "> %s\n", lines[i]);
	return g_string_free(quote, FALSE);
}

void
paste_key(struct face *face, const char *bytes, size_t len)
{
	struct paste *paste = &face->paste;
	g_autofree char *text = NULL, *quote = NULL;

	if (len != 1)
		return;
	switch (bytes[0]) {
	case 's':
	case 'i':
	case 'q':
		text = g_steal_pointer(&paste->text);
		break;
	case 033:
	case 3:
	case 7:
		/* C-y has it: through the kill ring, as what C-c empties. */
		text = g_steal_pointer(&paste->text);
		input_yankable(face->input, text);
		face_mark(face, DIRTY_ALL);
		return;
	default:
		return;
	}
	face_mark(face, DIRTY_ALL);
	if (bytes[0] == 'i')
		paste_insert(face, text);
	else if (bytes[0] == 'q') {
		quote = paste_quoted(text);
		paste_insert(face, quote);
	} else if (chat_is_console(face->front)) {
		face_note(face, face->front, SEVERITY_ERROR, "The console is no chat; the paste is in the line.");
		paste_insert(face, text);
	} else {
		g_autofree char *line = g_strconcat(text[0] == '/' ? "/" : "", text, NULL);

		send_run(face, face->front, line, text, true);
	}
}

int
paste_rows(const struct face *face)
{
	return face->paste.text != NULL ? 4 : 0;
}

void
paste_draw(const struct face *face, const struct area *area)
{
	static const char *const rows[] = {
		"   s  send as one message             i  put it into the input line",
		"   q  put it in as a quote (> )      Esc  throw it away (C-y has it)",
		"   Enter does nothing here",
	};
	const struct paste *paste = &face->paste;
	int end = area->column + area->columns;
	g_autoptr(GString) title = g_string_new(NULL);
	g_autofree char *rule = NULL;

	if (area->rows == 0)
		return;
	g_string_printf(title, "pasted: %d %s, %ld characters", paste->lines, paste->lines == 1 ? "line" : "lines",
	    g_utf8_strlen(paste->text, -1));
	if (paste->removed > 0)
		g_string_append_printf(title, ", %d control %s removed", paste->removed,
		    paste->removed == 1 ? "character" : "characters");
	if (paste->cut)
		g_string_append(title, ", its end never came");
	rule = rows_rule(title->str, area->columns, false, canvas_policy(face->canvas));
	canvas_clear(face->canvas, area->row, area->column, area->rows, area->columns, SLOT_MENU_TEXT);
	canvas_text(face->canvas, area->row, area->column, end, SLOT_LINE_UNREAD, rule, -1);
	for (int i = 0; i < 3 && i + 1 < area->rows; i++)
		canvas_text(face->canvas, area->row + 1 + i, area->column, end, SLOT_MENU_TEXT, rows[i], -1);
}
