/*
 * select.c: messages are walked over and something is done with one, or with those that are marked.  The only mode
 * there is: it ends with Esc, with the chat, and with what takes the text elsewhere.  Letters act at once and are never
 * typed.
 */
#include <string.h>

#include "base/jid.h"
#include "face/tui/face.h"
#include "face/tui/keyname.h"
#include "face/tui/term.h"

enum select_action {
#define SELECT(constant, name, keys, help) SELECT_##constant,
#include "face/tui/select.def"
#undef SELECT
	SELECTS
};

static const struct action_row table[SELECTS] = {
#define SELECT(constant, name, keys, help) { name, keys, help },
#include "face/tui/select.def"
#undef SELECT
};

const struct action_row *
select_row(int i)
{
	return i < SELECTS ? &table[i] : NULL;
}

static struct entry *
entry_at(const struct face *face)
{
	const struct window *window = face->front->window;
	long at = face->select.rows.at != 0 && window != NULL ? window_find(window, face->select.rows.at) : -1;

	return at < 0 ? NULL : window->entries[at];
}

static void
say(struct face *face, const char *text)
{
	g_free(face->select.said);
	face->select.said = g_strconcat("SELECT  ", text, NULL);
	face_mark(face, DIRTY_BARS);
}

void
select_leave(struct face *face)
{
	struct select *select = &face->select;

	if (select->rows.at == 0)
		return;
	select->rows.at = 0;
	select->menu = false;
	g_clear_pointer(&select->rows.marked, g_hash_table_unref);
	g_clear_pointer(&select->said, g_free);
	face_mark(face, DIRTY_ALL);
}

static void
put(struct face *face, int64_t id)
{
	struct view_chat view;

	face->select.rows.at = id;
	face->select.menu = false;
	view = face_view(face);
	view_chat_show(&view, id);
	face_mark(face, DIRTY_ALL);
}

void
select_at(struct face *face, int64_t id)
{
	struct view_chat view = face_view(face);

	complete_close(face, false);
	if (face->select.rows.marked == NULL)
		face->select.rows.marked = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	view_chat_place(&view, id);
	put(face, id);
}

void
select_click(struct face *face, int64_t id)
{
	complete_close(face, false);
	if (face->select.rows.marked == NULL)
		face->select.rows.marked = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	put(face, id);
}

void
select_prompt(struct face *face, int64_t id)
{
	int64_t entry = window_prompt_id(id);

	if (window_find(face->front->window, entry) < 0)
		return;
	if (face->select.rows.marked == NULL)
		face->select.rows.marked = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	put(face, entry);
}

void
select_begin(struct face *face)
{
	const struct window *window = face->front->window;
	size_t low, high;

	window_range(window, &low, &high);
	if (low == high) {
		face_note(face, face->front, SEVERITY_INFO, "There is nothing here to select.");
		return;
	}
	complete_close(face, false);
	face->select.rows.marked = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	/* The last one that is on the screen. */
	put(face, face->front->bottom != 0 && window_find(window, face->front->bottom) >= 0 ? face->front->bottom :
	    window->entries[high - 1]->id);
}

/* --- moving --- */

static bool
is_stop(const struct entry *entry, const struct entry *from, enum select_action how)
{
	g_autofree char *a = NULL, *b = NULL;

	switch (how) {
	case SELECT_PREVIOUS_DAY:
	case SELECT_NEXT_DAY:
		a = rows_day(entry->time);
		b = rows_day(from->time);
		return strcmp(a, b) != 0;
	case SELECT_PREVIOUS_OWN:
	case SELECT_NEXT_OWN:
		return entry->kind == ENTRY_MESSAGE && entry->event.message.direction == DIRECTION_OUT;
	default:
		return true;
	}
}

static void
move(struct face *face, enum select_action how, int by)
{
	const struct window *window = face->front->window;
	long at = window_find(window, face->select.rows.at), to = at;
	size_t low, high;
	int left = ABS(by);

	window_range(window, &low, &high);
	for (long i = at; left > 0; ) {
		i += by < 0 ? -1 : 1;
		if (i < (long)low || i >= (long)high)
			break;
		if (is_stop(window->entries[i], window->entries[at], how)) {
			to = i;
			left--;
		}
	}
	/* What is older, or newer, comes when the view gets near; then one goes on. */
	if (to == at && by < 0 && !window->at_start)
		link_page(face, face->front, WINDOW_BEFORE);
	if (to == at && by > 0 && !window->at_end)
		link_page(face, face->front, WINDOW_AFTER);
	put(face, window->entries[to]->id);
}

/* --- what is done --- */

const char *
entry_text(const struct entry *entry)
{
	if (entry->kind == ENTRY_NOTE)
		return entry->text;
	if (entry->kind == ENTRY_PROMPT)
		return entry->event.prompt.text != NULL ? entry->event.prompt.text : "";
	return entry->event.message.body != NULL ? entry->event.message.body : "";
}

const char *
entry_name(struct face *face, const struct entry *entry)
{
	const struct event_account *account = model_account(face->model, face->front->account);
	const struct event_message *message = &entry->event.message;

	if (entry->kind != ENTRY_MESSAGE)
		return "--";
	if (message->direction == DIRECTION_OUT)
		return account != NULL && account->nick != NULL ? account->nick : face->front->account;
	return message->nick != NULL ? message->nick : chat_name(face->model, face->front);
}

/* The message that it answers; 0: none that is here. */
static int64_t
original_of(const struct entry *entry)
{
	return entry->kind == ENTRY_MESSAGE ? json_integer_value(json_object_get(entry->event.message.reply_to,
	    "id")) : 0;
}

/* NULL: it can be done; else why not, in words. */
static const char *
why_not(const struct face *face, const struct entry *entry, enum select_action action)
{
	const struct event_message *message = &entry->event.message;
	bool message_only = action == SELECT_RESEND || action == SELECT_DROP || action == SELECT_WHO;
	bool own = entry->kind == ENTRY_MESSAGE && message->direction == DIRECTION_OUT;

	bool about = action == SELECT_REPLY || action == SELECT_REACT || action == SELECT_RETRACT ||
	    action == SELECT_ORIGINAL;

	if ((message_only || about) && entry->kind != ENTRY_MESSAGE)
		return "no message";
	if ((about || action == SELECT_CORRECT) && action != SELECT_ORIGINAL && message->retracted)
		return "it was taken back";
	if (action == SELECT_RETRACT && !own && face->front->object.chat.kind != CHAT_ROOM)
		return "not yours";
	if ((action == SELECT_REPLY || action == SELECT_REACT) && own && message->state <= MESSAGE_QUEUED)
		return "it has not left";
	if (action == SELECT_ORIGINAL && message->reply_to == NULL)
		return "it answers none";
	if (action == SELECT_ORIGINAL && original_of(entry) == 0)
		return "that is not here";
	if ((action == SELECT_RESEND || action == SELECT_DROP) && !own)
		return "not yours";
	if (action == SELECT_CORRECT && !own)
		return "not yours";
	if (action == SELECT_CORRECT && (message->state == MESSAGE_CANCELLED || message->body == NULL))
		return message->body == NULL ? "it has no text" : "it was dropped";
	if ((action == SELECT_EXPLAIN || action == SELECT_UNREAD || action == SELECT_FORWARD) &&
	    entry->kind != ENTRY_MESSAGE)
		return "no message";
	if (action == SELECT_OPEN && !links_in(entry))
		return "no link in it";
	if (action == SELECT_UNREAD && own)
		return "yours";
	if (action == SELECT_RESEND && message->state != MESSAGE_FAILED && message->state != MESSAGE_UNKNOWN)
		return "neither failed nor of unknown fate";
	if (action == SELECT_DROP && message->state != MESSAGE_FAILED && message->state != MESSAGE_UNKNOWN &&
	    message->state != MESSAGE_QUEUED)
		return "it has left";
	if ((action == SELECT_COPY || action == SELECT_COPY_LINE || action == SELECT_QUOTE ||
	    action == SELECT_FORWARD || action == SELECT_CORRECT) &&
	    entry->kind == ENTRY_MESSAGE && message->cut)
		return "the rest of it is on its way";
	if (action == SELECT_QUOTE && chat_is_console(face->front))
		return "the console is no chat";
	return NULL;
}

/* Those that are marked, as they stand, else the selected one; of them those for which it can be done. */
static GPtrArray *
chosen(struct face *face, enum select_action action)
{
	const struct window *window = face->front->window;
	struct entry *one = entry_at(face);
	GPtrArray *all = g_ptr_array_new();

	for (size_t i = 0; i < window->n && g_hash_table_size(face->select.rows.marked) > 0; i++)
		if (g_hash_table_contains(face->select.rows.marked, &window->entries[i]->id) &&
		    why_not(face, window->entries[i], action) == NULL)
			g_ptr_array_add(all, window->entries[i]);
	if (g_hash_table_size(face->select.rows.marked) == 0)
		g_ptr_array_add(all, one);
	return all;
}

static char *
text_of(struct face *face, const GPtrArray *entries, enum select_action action)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < entries->len; i++) {
		const struct entry *entry = entries->pdata[i];

		if (i > 0)
			g_string_append_c(text, '\n');
		if (action == SELECT_COPY_LINE) {
			g_autofree char *at = rows_time(&face->preferences.style, entry->time);

			g_string_append_printf(text, "%s %s: ", at, entry_name(face, entry));
		}
		g_string_append(text, entry_text(entry));
	}
	return g_string_free(text, FALSE);
}

/* To the clipboard, where the terminal has one, and in any case where C-y finds it. */
static void
copy(struct face *face, const GPtrArray *entries, enum select_action action)
{
	g_autofree char *text = text_of(face, entries, action), *said = NULL;
	bool sent = face->term != NULL && term_copy(face->term, text);

	input_yankable(face->input, text);
	said = g_strdup_printf("copied%s; C-y puts it into the line", sent ? ", for the terminal too" : "");
	say(face, said);
}

static void
quote(struct face *face, const GPtrArray *entries)
{
	g_autofree char *text = text_of(face, entries, SELECT_QUOTE), *lines = paste_quoted(text);

	select_leave(face);
	paste_insert(face, lines);
}

static void
open_link(struct face *face, const GPtrArray *entries)
{
	g_autofree char *said = links_open(face, entries);

	if (said != NULL && face->select.rows.at != 0)
		say(face, said);
}

static void
each_run(struct face *face, const GPtrArray *entries, const char *command)
{
	for (guint i = 0; i < entries->len; i++) {
		g_autofree char *line = g_strdup_printf("/%s %" G_GINT64_FORMAT, command,
		    ((struct entry *)entries->pdata[i])->id);

		send_quietly(face, face->front, line);
	}
}

/* What was chosen, to the chat that is named in the line. */
static void
forwarded(struct face *face, const char *value, int64_t id)
{
	g_autofree char *text = g_steal_pointer(&face->select.forward), *line = NULL;
	bool many = false;
	struct chat *chat = value != NULL && *value != '\0' ? face_find_chat(face, value, &many) : NULL;

	(void)id;
	if (value == NULL || *value == '\0' || text == NULL)
		return;
	if (chat != NULL && !chat_is_console(chat)) {
		line = g_strconcat(*text == '/' ? "/" : "", text, NULL);
		send_quietly(face, chat, line);
		face_go(face, chat);
	} else if (!many && strchr(value, '@') != NULL && !chat_is_console(face->front)) {
		line = g_strdup_printf("/msg %s %s", value, text);
		send_for_account(face, face->front->account, line);
	} else
		face_note(face, face->front, SEVERITY_ERROR, many ?
		    "More than one chat begins with \"%s\". Nothing was sent." :
		    "No open chat is called \"%s\", and it is no address. Nothing was sent.", value);
}

static void
forward(struct face *face, const GPtrArray *entries)
{
	g_autofree char *text = text_of(face, entries, entries->len > 1 ? SELECT_COPY_LINE : SELECT_COPY);

	select_leave(face);
	g_free(face->select.forward);
	face->select.forward = g_steal_pointer(&text);
	ask_open(face, "forward to (number, name or address)", false, "", forwarded, 0);
}

static void
correct(struct face *face)
{
	const struct entry *entry = entry_at(face);

	select_leave(face);
	correct_one(face, entry);
}

static void
original(struct face *face, const struct entry *entry)
{
	int64_t id = original_of(entry);

	select_leave(face);
	link_jump(face, face->front, id);
}

static void
about(struct face *face, const struct entry *entry, enum select_action action)
{
	const char *name = entry_name(face, entry);

	select_leave(face);
	if (action == SELECT_REPLY)
		correct_reply(face, entry, name);
	else if (action == SELECT_REACT)
		correct_react(face, entry, name);
	else
		correct_retract(face, entry);
}

static void
unread(struct face *face, const struct entry *entry)
{
	g_autofree char *line = g_strdup_printf("/unread %" G_GINT64_FORMAT, entry->id);
	struct chat *chat = face->front;

	send_quietly(face, chat, line);
	/* It stands in front and would be seen at once. */
	chat->kept_unread = true;
	select_leave(face);
}

static void
explain(struct face *face, const struct entry *entry)
{
	g_autofree char *line = g_strdup_printf("/explain %" G_GINT64_FORMAT, entry->id);
	g_autofree char *title = g_strdup_printf("message %" G_GINT64_FORMAT, entry->id);

	page_text_open(face, title, line);
}

static void
who(struct face *face, const struct entry *entry)
{
	const struct event_message *message = &entry->event.message;
	g_autofree char *day = rows_day(message->said), *at = rows_time(NULL, message->said), *text = NULL;

	text = g_strdup_printf("%s is %s; said %s %s, message %" G_GINT64_FORMAT, entry_name(face, entry),
	    message->from != NULL ? message->from : face->front->jid, day, at, entry->id);
	say(face, text);
}

/* --- a question --- */

/* To the question beside it, or out of the selection. */
static void
after_answer(struct face *face)
{
	const struct window *window = face->front->window;
	long at = window_find(window, face->select.rows.at);
	const struct entry *next = at >= 0 && (size_t)at + 1 < window->n ? window->entries[at + 1] :
	    at > 0 ? window->entries[at - 1] : NULL;

	if (next != NULL && next->kind == ENTRY_PROMPT)
		put(face, next->id);
	else
		select_leave(face);
}

static void
typed_out(struct face *face, const char *value, int64_t id)
{
	if (value != NULL && *value != '\0')
		link_answer(face, id, value, false);
}

/* The answer that this key is of the selected question; false: none. */
static bool
answer(struct face *face, const char *bytes, size_t len)
{
	const struct entry *entry = entry_at(face);
	const struct event_prompt *prompt = &entry->event.prompt;
	g_autofree char *title = NULL;

	if (entry->kind != ENTRY_PROMPT)
		return false;
	for (size_t i = 0; i < json_array_size(prompt->choices); i++) {
		const char *value = json_string_value(json_array_get(json_array_get(prompt->choices, i), 0));
		g_autofree char *key = window_prompt_key(prompt, i);

		if (value == NULL || strlen(key) != len || memcmp(key, bytes, len) != 0)
			continue;
		/* What is not the safe answer of a question about safety is typed out. */
		if (prompt->kind != PROMPT_CHOICE && g_strcmp0(value, prompt->default_choice) != 0) {
			int64_t id = prompt->id;

			title = g_strdup_printf("type %s to do it", value);
			select_leave(face);
			ask_open(face, title, false, "", typed_out, id);
			return true;
		}
		link_answer(face, prompt->id, value, false);
		after_answer(face);
		return true;
	}
	return false;
}

/* Enter: the chat with whoever asks, else the line asks for the answer. */
static void
open_question(struct face *face, const struct entry *entry)
{
	const struct event *event = &entry->event;
	g_autofree char *account = g_strdup(event->account_name), *line = NULL;
	int64_t id = event->prompt.id;

	if (event->prompt.kind == PROMPT_CHOICE && event->chat_jid != NULL && account != NULL) {
		line = g_strdup_printf("/msg %s", event->chat_jid);
		select_leave(face);
		send_for_account(face, account, line);
		return;
	}
	select_leave(face);
	ask_prompt(face, id);
}

static void
toggle_mark(struct face *face)
{
	GHashTable *marked = face->select.rows.marked;
	int64_t id = face->select.rows.at;

	if (!g_hash_table_remove(marked, &id))
		g_hash_table_add(marked, g_memdup2(&id, sizeof id));
	move(face, SELECT_NEXT, 1);
}

static void
enter(struct face *face)
{
	struct entry *entry = entry_at(face);
	struct view_chat view = face_view(face);

	if (entry->kind == ENTRY_PROMPT) {
		open_question(face, entry);
		return;
	}
	if (!face->select.menu && view_chat_folded(&view, entry) != 0) {
		entry->unfolded++;
		put(face, entry->id);
		return;
	}
	face->select.menu = !face->select.menu;
	face_mark(face, DIRTY_ALL);
}

static void
act(struct face *face, enum select_action action)
{
	g_autoptr(GPtrArray) entries = chosen(face, action);
	const char *why = entries->len > 0 ? why_not(face, entries->pdata[0], action) : "none of those marked";
	g_autofree char *text = NULL;

	if (why != NULL) {
		text = g_strdup_printf("%s: %s", table[action].help, why);
		say(face, text);
		return;
	}
	switch (action) {
	case SELECT_QUOTE:
		quote(face, entries);
		break;
	case SELECT_COPY:
	case SELECT_COPY_LINE:
		copy(face, entries, action);
		break;
	case SELECT_OPEN:
		open_link(face, entries);
		break;
	case SELECT_CORRECT:
		correct(face);
		break;
	case SELECT_REPLY:
	case SELECT_REACT:
	case SELECT_RETRACT:
		about(face, entry_at(face), action);
		break;
	case SELECT_ORIGINAL:
		original(face, entry_at(face));
		break;
	case SELECT_FORWARD:
		forward(face, entries);
		break;
	case SELECT_EXPLAIN:
		explain(face, entry_at(face));
		break;
	case SELECT_UNREAD:
		unread(face, entry_at(face));
		break;
	case SELECT_WHO:
		who(face, entry_at(face));
		break;
	case SELECT_RESEND:
		each_run(face, entries, "retry");
		break;
	default:
		each_run(face, entries, "cancel");
		break;
	}
}

static void
run(struct face *face, enum select_action action)
{
	int page = MAX(1, face->layout.chat.rows / 3);
	g_autofree char *said = NULL;

	switch (action) {
	case SELECT_PREVIOUS:
	case SELECT_PREVIOUS_DAY:
	case SELECT_PREVIOUS_OWN:
		move(face, action, -1);
		break;
	case SELECT_NEXT:
	case SELECT_NEXT_DAY:
	case SELECT_NEXT_OWN:
		move(face, action, 1);
		break;
	case SELECT_PAGE_UP:
	case SELECT_PAGE_DOWN:
		move(face, action, action == SELECT_PAGE_UP ? -page : page);
		break;
	case SELECT_FIRST:
	case SELECT_LAST:
		move(face, action, action == SELECT_FIRST ? -1000000 : 1000000);
		break;
	case SELECT_SEARCH:
		search_open(face, false);
		break;
	case SELECT_REPEAT:
	case SELECT_REVERSE:
		said = search_step(face, action == SELECT_REPEAT ? 1 : -1);
		say(face, said);
		break;
	case SELECT_MARK:
		toggle_mark(face);
		break;
	case SELECT_ENTER:
		enter(face);
		break;
	case SELECT_LEGEND:
		select_leave(face);
		page_open(face, PAGE_LEGEND, NULL);
		break;
	case SELECT_LEAVE:
		/* The menu first. */
		if (face->select.menu)
			enter(face);
		else
			select_leave(face);
		break;
	default:
		act(face, action);
		break;
	}
}

bool
select_key(struct face *face, const char *bytes, size_t len)
{
	const char *own;

	if (face->select.rows.at == 0)
		return false;
	/* It may have gone, or moved out of what is held.  The key was meant for it, so it is not typed. */
	if (entry_at(face) == NULL) {
		if (face->jump != 0 && !keyname_is(table[SELECT_LEAVE].keys, bytes, len))
			return true;
		select_leave(face);
		if (face->jump != 0)
			face_bottom(face);
		face->jump = 0;
		return true;
	}
	g_clear_pointer(&face->select.said, g_free);
	face_mark(face, DIRTY_BARS);
	if (answer(face, bytes, len))
		return true;
	own = bind_view_find(face, BIND_SELECT, bytes, len);
	if (own != NULL && *own == '/') {
		g_autofree char *line = g_strdup(own);

		select_leave(face);
		bind_line(face, line);
		return true;
	}
	for (int i = 0; i < SELECTS; i++)
		if (own != NULL ? strcmp(table[i].name, own) == 0 : keyname_is(table[i].keys, bytes, len)) {
			run(face, (enum select_action)i);
			break;
		}
	return true;
}

const char *
select_hint(const struct face *face)
{
	if (face->select.rows.at == 0)
		return NULL;
	if (face->select.said != NULL)
		return face->select.said;
	if (entry_at(face) == NULL)
		return face->jump != 0 ? "SELECT  it is on its way" : "SELECT  that one is gone; any key goes on";
	if (entry_at(face)->kind == ENTRY_PROMPT)
		return "SELECT  its letters answer  Enter opens  q leave";
	if (face->select.menu)
		return "SELECT  a letter does it  Esc closes";
	return "SELECT  j k  Enter menu  q leave";
}

void
select_how(struct face *face)
{
	g_autofree char *keys = input_keys_of(ACTION_SELECT);

	g_free(face->select.how);
	face->select.how = g_strdup_printf("%s selects the question", keys);
}

/* --- the menu --- */

enum { MENU_COLUMNS = 46, MENU_KEY = 7, MENU_ONE_BELOW = 60 };

/* Rows of the table that have a place in the menu, the first n. */
static GPtrArray *
menu_rows(const struct face *face, size_t n)
{
	const struct entry *entry = entry_at(face);
	GPtrArray *all = g_ptr_array_new(), *can = g_ptr_array_new();

	for (int i = 0; i < SELECTS; i++) {
		if (*table[i].help == '\0')
			continue;
		g_ptr_array_add(all, GINT_TO_POINTER(i));
		if (why_not(face, entry, (enum select_action)i) == NULL)
			g_ptr_array_add(can, GINT_TO_POINTER(i));
	}
	/* Where there is no room for all, what cannot be done gives way. */
	g_ptr_array_unref(all->len <= n ? can : all);
	return all->len <= n ? all : can;
}

static int
menu_beside(int columns)
{
	return columns < MENU_ONE_BELOW ? 1 : 2;
}

int
select_rows(const struct face *face)
{
	int n = 0, beside = menu_beside(canvas_columns(face->canvas));

	for (int i = 0; i < SELECTS; i++)
		n += *table[i].help != '\0';
	return face->select.menu ? (n + beside - 1) / beside + 1 : 0;
}

static void
draw_item(struct face *face, const struct entry *entry, int i, int row, int column, int end)
{
	const char *why = why_not(face, entry, (enum select_action)i);
	g_autofree char *now = bind_view_keys(face, BIND_SELECT, table[i].name, table[i].keys);
	g_auto(GStrv) keys = g_strsplit(now, ", ", 2);
	g_autofree char *text = g_strconcat(table[i].help, why != NULL ? " (" : "", why, why != NULL ? ")" : "", NULL);

	canvas_text(face->canvas, row, column + 1, end, why != NULL ? SLOT_MENU_DISABLED : SLOT_MENU_KEY,
	    keys[0] != NULL ? keys[0] : "", -1);
	canvas_text_cut(face->canvas, row, MIN(end, column + MENU_KEY), end, why != NULL ? SLOT_MENU_DISABLED :
	    SLOT_MENU_TEXT, text);
}

void
select_draw(struct face *face, const struct area *area)
{
	const struct entry *entry = entry_at(face);
	int beside = menu_beside(area->columns), rows = area->rows - 1, width = MIN(area->columns / beside,
	    MENU_COLUMNS);
	g_autofree char *title = NULL, *rule = NULL, *at = NULL, *day = NULL;
	g_autoptr(GPtrArray) items = NULL;

	if (area->rows == 0 || entry == NULL)
		return;
	at = rows_time(&face->preferences.style, entry->time);
	day = rows_day(entry->time);
	title = entry->kind == ENTRY_MESSAGE ? g_strdup_printf("%s, %s %s, message %" G_GINT64_FORMAT,
	    entry_name(face, entry), day, at, entry->id) : g_strdup_printf("%s %s", day, at);
	rule = rows_rule(title, area->columns, false, canvas_policy(face->canvas));
	canvas_clear(face->canvas, area->row, area->column, area->rows, area->columns, SLOT_MENU_TEXT);
	canvas_text(face->canvas, area->row, area->column, area->column + area->columns, SLOT_LINE_BORDER, rule, -1);
	items = menu_rows(face, (size_t)(rows * beside));
	if (items->len < (guint)(rows * beside))
		rows = ((int)items->len + beside - 1) / beside;
	for (int i = 0; i < (int)items->len && i < rows * beside; i++) {
		int column = area->column + i / rows * width;

		draw_item(face, entry, GPOINTER_TO_INT(items->pdata[i]), area->row + 1 + i % rows, column,
		    MIN(area->column + area->columns, column + width - 1));
	}
}
