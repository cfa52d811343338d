/*
 * linear.c: see linear.h.  The row that is typed in is changed by backspaces and what then follows, so that a screen
 * reader hears what is typed and nothing else; what came meanwhile waits until the line is empty, but for
 * linear.interrupt.
 */
#include "face/tui/linear.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "face/tui/keys.h"
#include "face/tui/term_signals.h"

enum {
	ESCAPE_MS = 25,
	UNSENT_MAX = 1 << 20,	/* a terminal that takes nothing: what is older is not said any more */
	WAITING_MAX = 200,	/* lines that wait for the line to be empty */
	LEAST = 3,		/* messages that are said of a chat where nothing is new */
	TYPED = 16,		/* lines that may come back as messages */
	SAID_SPARE = 500,	/* more than are held of the chat, before they are looked through */
};

struct linear {
	struct face	*face;
	int		 fd, signal_fd;
	guint		 in, out, signals;
	struct termios	 before;
	struct keys	*keys;
	struct clock_timer *silence;
	GString		*unsent;	/* for the terminal */
	GPtrArray	*waiting;	/* char *: said when the line is empty */
	char		*row;		/* what stands in the row now; NULL: nothing */
	int		 cursor;	/* in columns of it */
	struct chat	*chat;		/* whose messages are being said */
	GHashTable	*said;		/* of that chat: id -> what was said of it */
	GPtrArray	*typed;		/* char *: messages from here, which stand above already */
	bool		 candidates, pasted;
	char		*trouble;
	bool		 greeted;
};

static const struct text_policy policy;

/* --- the terminal --- */

static gboolean
on_writable(gint fd, GIOCondition condition, gpointer data)
{
	struct linear *linear = data;
	ssize_t n;

	(void)condition;
	while (linear->unsent->len > 0) {
		n = write(fd, linear->unsent->str, linear->unsent->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		g_string_erase(linear->unsent, 0, n);
	}
	if (linear->unsent->len > 0)
		return G_SOURCE_CONTINUE;
	linear->out = 0;
	return G_SOURCE_REMOVE;
}

static void
put(struct linear *linear, const char *text)
{
	if (linear->unsent->len + strlen(text) > UNSENT_MAX)
		g_string_assign(linear->unsent, "\n(some lines are missing: the terminal did not take them)\n");
	g_string_append(linear->unsent, text);
	if (linear->out == 0)
		linear->out = g_unix_fd_add(linear->fd, G_IO_OUT, on_writable, linear);
}

static void
on_token(void *ctx, const struct key_token *token)
{
	struct linear *linear = ctx;

	face_token(linear->face, token);
}

static void
on_silence(void *ctx)
{
	struct linear *linear = ctx;

	linear->silence = NULL;
	keys_timeout(linear->keys);
}

static gboolean
on_input(gint fd, GIOCondition condition, gpointer data)
{
	struct linear *linear = data;
	char bytes[4096];
	ssize_t n = read(fd, bytes, sizeof bytes);

	(void)condition;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	if (n <= 0) {
		linear->in = 0;
		face_end(linear->face, 0, NULL);
		return G_SOURCE_REMOVE;
	}
	clock_timer_cancel(&linear->silence);
	keys_feed(linear->keys, bytes, (size_t)n);
	if (keys_wait(linear->keys))
		linear->silence = clock_timer_start(ESCAPE_MS, on_silence, linear);
	return G_SOURCE_CONTINUE;
}

static gboolean
on_signal(gint fd, GIOCondition condition, gpointer data)
{
	struct linear *linear = data;
	int number;

	(void)condition;
	while ((number = term_signals_next(fd)) != 0)
		if (number == SIGHUP || number == SIGTERM || number == SIGINT || number == SIGQUIT)
			face_end(linear->face, 0, NULL);
	return G_SOURCE_CONTINUE;
}

struct linear *
linear_open(struct face *face, GError **error)
{
	int fd = open("/dev/tty", O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct linear *linear;
	struct termios raw;

	if (fd == -1) {
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "The terminal cannot be opened: %s.",
		    g_strerror(errno));
		return NULL;
	}
	linear = g_new0(struct linear, 1);
	linear->face = face;
	linear->fd = fd;
	tcgetattr(fd, &linear->before);
	raw = linear->before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	raw.c_iflag &= ~(tcflag_t)(IXON | ICRNL | INLCR | IGNCR);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	term_signals_arm(fd, &linear->before, "\r\n");
	tcsetattr(fd, TCSANOW, &raw);
	linear->signal_fd = term_signals_open();
	linear->keys = keys_new(on_token, linear);
	linear->unsent = g_string_new(NULL);
	linear->typed = g_ptr_array_new_with_free_func(g_free);
	linear->waiting = g_ptr_array_new_with_free_func(g_free);
	linear->said = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	linear->in = g_unix_fd_add(fd, G_IO_IN | G_IO_HUP, on_input, linear);
	if (linear->signal_fd != -1)
		linear->signals = g_unix_fd_add(linear->signal_fd, G_IO_IN, on_signal, linear);
	return linear;
}

void
linear_close(struct linear *linear)
{
	if (linear->row != NULL)
		put(linear, "\n");
	if (linear->out != 0) {
		g_source_remove(linear->out);
		on_writable(linear->fd, G_IO_OUT, linear);
	}
	if (linear->in != 0)
		g_source_remove(linear->in);
	if (linear->signals != 0)
		g_source_remove(linear->signals);
	clock_timer_cancel(&linear->silence);
	tcsetattr(linear->fd, TCSADRAIN, &linear->before);
	term_signals_arm(-1, NULL, NULL);
	if (linear->signal_fd != -1)
		term_signals_close(linear->signal_fd);
	close(linear->fd);
	keys_free(linear->keys);
	g_string_free(linear->unsent, TRUE);
	g_ptr_array_unref(linear->waiting);
	g_ptr_array_unref(linear->typed);
	g_hash_table_unref(linear->said);
	g_free(linear->row);
	g_free(linear->trouble);
	g_free(linear);
}

/* --- the row that is typed in --- */

static void
repeat(GString *out, const char *text, int n)
{
	while (n-- > 0)
		g_string_append(out, text);
}

/* From what stands there to what is to: back to where they differ, and on from there. */
static void
show_row(struct linear *linear, const char *row, int cursor)
{
	const char *old = linear->row != NULL ? linear->row : "";
	g_autoptr(GString) out = g_string_new(NULL);
	size_t same = 0, n;
	int at, old_columns = text_columns(old, &policy), columns = text_columns(row, &policy);

	while (old[same] != '\0' && row[same] != '\0' && (n = text_cluster(row + same, strlen(row + same))) ==
	    text_cluster(old + same, strlen(old + same)) && memcmp(old + same, row + same, n) == 0)
		same += n;
	g_autofree char *kept = g_strndup(row, same);
	at = text_columns(kept, &policy);
	if (strcmp(old, row) != 0 || linear->row == NULL) {
		/* To the place in the old row, without leaving it. */
		if (linear->cursor < at) {
			g_autofree char *before = g_strndup(old, text_fit(old, linear->cursor, &policy));

			g_string_append(out, kept + MIN(strlen(before), strlen(kept)));
		} else
			repeat(out, "\b", linear->cursor - at);
		g_string_append(out, row + same);
		repeat(out, " ", old_columns - columns);
		repeat(out, "\b", MAX(0, old_columns - columns));
		linear->cursor = columns;
	}
	if (cursor < linear->cursor)
		repeat(out, "\b", linear->cursor - cursor);
	else if (cursor > linear->cursor)
		g_string_append(out, row + text_fit(row, linear->cursor, &policy));
	/* What was just written goes to the end; back from there. */
	if (cursor > linear->cursor)
		repeat(out, "\b", columns - cursor);
	linear->cursor = cursor;
	g_free(linear->row);
	linear->row = g_strdup(row);
	put(linear, out->str);
}

/* The row goes, so that something can be said. */
static void
hide_row(struct linear *linear)
{
	if (linear->row == NULL)
		return;
	show_row(linear, "", 0);
	g_clear_pointer(&linear->row, g_free);
	linear->cursor = 0;
}

static void draw_row(struct linear *);

void
linear_entered(struct face *face)
{
	struct linear *linear = face->linear;

	/* Who types fast is ahead of what was drawn. */
	draw_row(linear);
	if (!face->ask.open && *input_line(face->input) != '\0') {
		g_ptr_array_add(linear->typed, g_strdup(input_line(face->input)));
		if (linear->typed->len > TYPED)
			g_ptr_array_remove_index(linear->typed, 0);
	}
	put(linear, "\n");
	g_clear_pointer(&linear->row, g_free);
	linear->cursor = 0;
}

static int
terminal_columns(const struct linear *linear)
{
	struct winsize size = { 0 };

	return ioctl(linear->fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20 ? MIN(size.ws_col, 1000) : 80;
}

static char *
prompt_of(const struct face *face)
{
	const char *own = input_prompt(face->input);

	if (face->ask.open)
		return g_strdup_printf("%s: ", face->ask.title);
	if (*own != '\0')
		return g_strdup(own);
	return chat_is_console(face->front) ? g_strdup("console: ") : g_strdup_printf("to %s%s: ",
	    face->front->object.chat.kind == CHAT_ROOM ? "room " : "", chat_name(face->model, face->front));
}

/* One row of it: where it is longer than the terminal its beginning goes, as much as it takes to see the cursor. */
static void
draw_row(struct linear *linear)
{
	struct face *face = linear->face;
	size_t point;
	g_autofree char *prompt = prompt_of(face), *typed = screen_line(face, &point), *whole = NULL, *clean = NULL,
	    *row = NULL;
	int columns = terminal_columns(linear) - 1, cursor;
	const char *from;

	/* A newline of a message of several rows is one sign here. */
	g_strdelimit(typed, "\n", '|');
	g_autofree char *head = g_strndup(typed, point);
	whole = g_strconcat(prompt, typed, NULL);
	clean = text_clean(whole, -1, TEXT_LINE, 0);
	cursor = text_columns(prompt, &policy) + text_columns(head, &policy);
	from = clean;
	while (cursor >= columns && *from != '\0') {
		size_t n = text_fit(from, columns / 2, &policy);

		n = MAX(n, text_cluster(from, strlen(from)));
		g_autofree char *gone = g_strndup(from, n);
		cursor -= text_columns(gone, &policy);
		from += n;
	}
	row = g_strndup(from, text_fit(from, columns, &policy));
	show_row(linear, row, MIN(cursor, text_columns(row, &policy)));
}

/* --- what is said --- */

static void
say_now(struct linear *linear, const char *text)
{
	g_autofree char *clean = g_strchomp(text_clean(text, -1, TEXT_BODY, 0));
	int columns = terminal_columns(linear) - 1;
	g_autoptr(GArray) rows = text_wrap(clean, columns, columns - 2, &policy);

	hide_row(linear);
	for (guint i = 0; i < rows->len; i++) {
		const struct text_row *row = &g_array_index(rows, struct text_row, i);
		g_autofree char *line = g_strdup_printf("%s%.*s\n", i > 0 ? "  " : "", (int)row->len,
		    clean + row->start);

		put(linear, line);
	}
}

/* text is taken. */
static void
say(struct linear *linear, char *text)
{
	g_ptr_array_add(linear->waiting, text);
}

static void
say_waiting(struct linear *linear)
{
	const struct face *face = linear->face;
	bool busy = !face->ask.open && *input_line(face->input) != '\0' && !face->preferences.interrupt;

	if (busy && linear->waiting->len < WAITING_MAX)
		return;
	for (guint i = 0; i < linear->waiting->len; i++)
		say_now(linear, linear->waiting->pdata[i]);
	g_ptr_array_set_size(linear->waiting, 0);
}

static char *
who(const struct face *face, const struct chat *chat, const struct event_message *message)
{
	if (message->direction == DIRECTION_OUT)
		return g_strdup(message->via == VIA_CARBON ? "you, from another device" : "you");
	if (message->nick != NULL && *message->nick != '\0')
		return g_strdup_printf("%s%s", message->nick, message->mention ? ", for you" : "");
	return g_strdup(chat_name(face->model, chat));
}

/* ", answering alice"; "": it answers none that is here.  The caller's. */
static char *
answering(const struct face *face, const struct chat *chat, const json_t *to)
{
	const char *nick = json_string_value(json_object_get(to, "nick"));
	const char *direction = json_string_value(json_object_get(to, "direction"));

	if (direction == NULL)
		return g_strdup("");
	return g_strconcat(", answering ", strcmp(direction, "out") == 0 ? "you" : nick != NULL ? nick :
	    chat_name(face->model, chat), NULL);
}

/* "alice, answering you: text. 21:06" */
static char *
spoken(const struct face *face, const struct chat *chat, const struct event_message *message, int64_t time)
{
	g_autofree char *name = who(face, chat, message), *at = rows_time(face->preferences.style.time_format != NULL ?
	    &face->preferences.style : NULL, time);
	const char *body = message->retracted ? "(retracted)" : message->ignored ? "(you ignore them)" :
	    message->body != NULL ? message->body : "";
	bool action = g_str_has_prefix(body, "/me ");
	g_autofree char *reactions = rows_reactions(message->retracted ? NULL : message->reactions);
	g_autofree char *to = answering(face, chat, message->reply_to);

	return g_strdup_printf("%s%s%s%s %s%s%s%s %s", name, message->edited ? ", edited" : "", to, action ? "" : ":",
	    action ? body + strlen("/me ") : body, message->state == MESSAGE_CANCELLED ? " (dropped)" : "",
	    *reactions != '\0' ? " Reactions: " : "", reactions, at);
}

static char *
spoken_entry(const struct face *face, const struct entry *entry)
{
	const struct event_message *message = &entry->event.message;

	if (entry->kind == ENTRY_NOTE)
		return g_strdup(entry->text);
	if (entry->kind == ENTRY_PROMPT)
		return g_strdup_printf("Question %" G_GINT64_FORMAT ": %s Say /answer %" G_GINT64_FORMAT ".",
		    entry->event.prompt.id, entry->event.prompt.text != NULL ? entry->event.prompt.text : "",
		    entry->event.prompt.id);
	if (message->direction == DIRECTION_OUT && message->state == MESSAGE_FAILED)
		return g_strdup_printf("Failed: message %" G_GINT64_FORMAT ", \"%s\". %s Say /retry %"
		    G_GINT64_FORMAT ", or /why %" G_GINT64_FORMAT ".", message->id,
		    message->body != NULL ? message->body : "", message->reason != NULL ? message->reason : "",
		    message->id, message->id);
	return spoken(face, face->front, message, entry->time);
}

/* What was typed here stands above already; NULL: it was not. */
static bool
was_typed(struct linear *linear, const struct event_message *message)
{
	for (guint i = 0; message->body != NULL && i < linear->typed->len; i++)
		if (strcmp(linear->typed->pdata[i], message->body) == 0) {
			g_ptr_array_remove_index(linear->typed, i);
			return true;
		}
	return false;
}

/* What became of one of ours is said when it failed, or when that is wanted; NULL: it is said whole. */
static char *
spoken_state(struct linear *linear, const struct event_message *message, const char *before)
{
	bool stands = before != NULL ? g_str_has_prefix(before, "\001") : was_typed(linear, message);

	if (message->direction != DIRECTION_OUT || message->state == MESSAGE_FAILED || !stands)
		return NULL;
	return g_strdup_printf("\001%s, message %" G_GINT64_FORMAT ".", linear->face->preferences.all_states ?
	    message_state_name(message->state) : "", message->id);
}

/* Once, and again when it became something else. */
static void
say_entry(struct linear *linear, const struct entry *entry, bool old)
{
	const struct face *face = linear->face;
	const char *before = g_hash_table_lookup(linear->said, &entry->id);
	g_autofree char *state = entry->kind == ENTRY_MESSAGE && !old ? spoken_state(linear, &entry->event.message,
	    before) : NULL;
	g_autofree char *text = state != NULL ? g_steal_pointer(&state) : spoken_entry(face, entry);

	if (g_strcmp0(before, text) == 0)
		return;
	if (*text != '\001')
		say(linear, g_strdup(text));
	else if (face->preferences.all_states)
		say(linear, g_strdup(text + 1));
	g_hash_table_replace(linear->said, g_memdup2(&entry->id, sizeof entry->id), g_steal_pointer(&text));
}

static char *
heading(const struct face *face)
{
	const struct chat *chat = face->front;
	const struct event_chat *object = &chat->object.chat;
	enum presence_show show = SHOW_OFFLINE;
	const char *status = NULL;
	bool known = model_presence(face->model, chat->account, chat->jid, &show, &status);

	if (chat_is_console(chat))
		return g_strdup("Console.");
	return g_strdup_printf("Chat %" G_GINT64_FORMAT ", %s%s%s%s. %" G_GINT64_FORMAT " new.", chat_number(chat),
	    object->kind == CHAT_ROOM ? "room " : "", chat_name(face->model, chat), known ? ", " : "",
	    known ? status_words(show) : "", object->unread);
}

/* The chat that came to the front: what is new in it, or a little of what was said last. */
static void
enter_chat(struct linear *linear)
{
	const struct face *face = linear->face;
	const struct window *window = face->front->window;
	const struct entry *unread = view_chat_first_unread(face->front);
	size_t from = window->n > LEAST ? window->n - LEAST : 0;

	linear->chat = face->front;
	g_hash_table_remove_all(linear->said);
	say(linear, heading(face));
	if (unread != NULL)
		from = (size_t)window_find(window, unread->id);
	for (size_t i = 0; i < window->n; i++) {
		if (i >= from || window->entries[i]->kind != ENTRY_MESSAGE)
			say_entry(linear, window->entries[i], true);
		else
			g_hash_table_replace(linear->said, g_memdup2(&window->entries[i]->id, sizeof(int64_t)),
			    spoken_entry(face, window->entries[i]));
	}
}

void
linear_message(struct face *face, const struct event *event)
{
	const struct chat *chat = model_chat(face->model, event->account_name, event->chat_jid);
	const struct event_message *message = &event->message;
	g_autofree char *text = NULL;

	/* A row that is told again is no news. */
	if (chat == NULL || chat == face->front || event->gone || message->direction != DIRECTION_IN ||
	    message->order <= chat->heard || chat->object.chat.muted || message->ignored)
		return;
	text = spoken(face, chat, message, message->said);
	/* The first message of somebody comes before the chat has a number. */
	say(face->linear, chat_number(chat) > 0 ? g_strdup_printf("Elsewhere, chat %" G_GINT64_FORMAT ", %s",
	    chat_number(chat), text) : g_strdup_printf("Elsewhere, a new chat, %s", text));
}

static void
say_candidates(struct linear *linear)
{
	const struct complete *complete = &linear->face->complete;
	g_autoptr(GString) text = NULL;

	if (complete->open && !linear->candidates) {
		text = g_string_new(NULL);
		g_string_printf(text, "%u candidates:", complete->words->len);
		for (guint i = 0; i < complete->words->len; i++)
			g_string_append_printf(text, " %s", (char *)complete->words->pdata[i]);
		say_now(linear, text->str);
	}
	linear->candidates = complete->open;
}

static void
say_questions(struct linear *linear)
{
	const struct face *face = linear->face;
	g_autofree char *text = NULL;

	if (face->paste.text != NULL && !linear->pasted) {
		text = g_strdup_printf("Pasted %d lines. s sends them as one message, i puts them into the line, q as a quote, Escape "
		    "throws them away.", face->paste.lines);
		say_now(linear, text);
	}
	linear->pasted = face->paste.text != NULL;
	if (face->start.on && g_strcmp0(face->start.trouble, linear->trouble) != 0) {
		g_free(linear->trouble);
		linear->trouble = g_strdup(face->start.trouble);
		if (linear->trouble != NULL)
			say_now(linear, linear->trouble);
	}
}

static void
greet(struct linear *linear)
{
	const struct face *face = linear->face;
	g_autoptr(GPtrArray) route = model_activity(face->model);
	int online = 0;
	const GPtrArray *accounts = model_accounts(face->model);

	for (guint i = 0; i < accounts->len; i++)
		online += ((const struct event *)accounts->pdata[i])->account.state == ACCOUNT_ONLINE;
	linear->greeted = true;
	say(linear, g_strdup_printf("confab, linear mode. %d of %u %s online. %u %s with news. /help lists commands, /help linear says "
	    "what is different here.", online, accounts->len, accounts->len == 1 ? "account" : "accounts", route->len,
	    route->len == 1 ? "chat" : "chats"));
	if (face->start.on)
		say(linear, g_strdup("There is no account yet. Answer three questions: your address, like name@server; a short name "
		    "for the account; your password. Escape leaves."));
}

static gboolean
is_forgotten(void *key, void *value, void *window)
{
	(void)value;
	return window_find(window, *(int64_t *)key) < 0;
}

void
linear_draw(struct face *face)
{
	struct linear *linear = face->linear;
	struct window *window = model_window(face->model, face->front);

	if (!linear->greeted)
		greet(linear);
	if (linear->chat != face->front && (window->loaded || chat_is_console(face->front)))
		enter_chat(linear);
	for (size_t i = 0; linear->chat == face->front && i < window->n; i++)
		say_entry(linear, window->entries[i], false);
	if (g_hash_table_size(linear->said) > window->n + SAID_SPARE)
		g_hash_table_foreach_remove(linear->said, is_forgotten, window);
	say_waiting(linear);
	say_candidates(linear);
	say_questions(linear);
	draw_row(linear);
	face->dirty = 0;
	/* What was said counts as seen, as what is shown does. */
	memset(&face->shown, 0, sizeof face->shown);
	if (linear->waiting->len == 0 && linear->chat == face->front && window->at_end)
		face->shown.last = window_edge(window, WINDOW_AFTER);
}

bool
linear_cannot(struct face *face, enum action action)
{
	static const struct { enum action action; const char *instead; } drawn[] = {
		{ ACTION_OPEN_HELP, "/help" }, { ACTION_OPEN_CONTACTS, "/roster" }, { ACTION_SHOW_LEGEND, "/keys" },
		{ ACTION_OPEN_PALETTE, "/help" }, { ACTION_GO_CHAT, "/win NAME" }, { ACTION_SELECT, "/history 20" },
		{ ACTION_TOGGLE_LIST, "/win NAME" }, { ACTION_PAGE_UP, "/history 20" },
		    { ACTION_PAGE_DOWN, "/history 20" },
		{ ACTION_LINE_UP, "/history 20" }, { ACTION_LINE_DOWN, "/history 20" }, { ACTION_TOP, "/history 100" },
		{ ACTION_SPLIT_BELOW, "/win NAME" }, { ACTION_SPLIT_RIGHT, "/win NAME" },
		    { ACTION_ZOOM_SPLIT, "/win NAME" },
		{ ACTION_UNREAD_LINE, "/history 20" }, { ACTION_SEARCH_CHAT, "/search WORDS" },
		{ ACTION_SEARCH_ALL, "/search WORDS" }, { ACTION_EDIT_DRAFT, "insert-newline, for another row" },
		{ ACTION_SUSPEND, "/detach; the core stays online" },
	};

	for (size_t i = 0; face->linear != NULL && i < G_N_ELEMENTS(drawn); i++)
		if (drawn[i].action == action) {
			face_note(face, face->front, SEVERITY_INFO, "%s needs a drawn screen. Instead: %s.",
			    action_table[action].name, drawn[i].instead);
			return true;
		}
	return false;
}
