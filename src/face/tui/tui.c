/*
 * tui.c: the loop.  Keys come before everything, what they change is drawn in the same turn; what the core tells is
 * drawn at once when nothing was drawn for a while, else at most every 8 ms.  At rest there is no timer and no poll.
 */
#include "face/tui/tui.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"
#include "face/tui/face.h"
#include "face/tui/linear.h"
#include "face/tui/preference.h"
#include "face/tui/term.h"

enum { FRAME_MS = 8, FIRST_MS = 100, SLOW_MS = 1000, TYPING_MS = 1000 };

struct draw_source {
	GSource	 source;
	struct face *face;
	int64_t	 last_us;
};

void
face_mark(struct face *face, int dirty)
{
	face->dirty |= dirty;
}

void
face_end(struct face *face, int status, const char *text)
{
	if (face->ending)
		return;
	face->ending = true;
	face->status = status;
	face->farewell = g_strdup(text);
	if (face->loop != NULL)
		g_main_loop_quit(face->loop);
}

/* --- drawing --- */

static gboolean
draw_prepare(GSource *source, int *timeout)
{
	struct draw_source *draw = (struct draw_source *)source;
	struct face *face = draw->face;
	int64_t wait;

	*timeout = -1;
	if (face->dirty == 0 || !face->ready || face->blocked)
		return FALSE;
	wait = face->urgent ? 0 : draw->last_us / 1000 + FRAME_MS - g_get_monotonic_time() / 1000;
	if (wait > 0)
		*timeout = (int)wait;
	return wait <= 0;
}

static gboolean
draw_check(GSource *source)
{
	int timeout;

	return draw_prepare(source, &timeout);
}

static gboolean
draw_dispatch(GSource *source, GSourceFunc callback, void *data)
{
	struct draw_source *draw = (struct draw_source *)source;
	struct face *face = draw->face;

	(void)callback;
	(void)data;
	if (face->linear != NULL) {
		linear_draw(face);
	} else {
		screen_draw(face);
		face->blocked = !term_show(face->term, face->canvas);
	}
	face->urgent = false;
	draw->last_us = g_get_monotonic_time();
	attention_update(face);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs draw_funcs = { draw_prepare, draw_check, draw_dispatch, NULL, NULL, NULL };

static GSource *
draw_source_new(struct face *face)
{
	GSource *source = g_source_new(&draw_funcs, sizeof(struct draw_source));

	((struct draw_source *)source)->face = face;
	/* Before the socket, which would keep it from its turn; its own interval keeps it from taking all of them. */
	g_source_set_priority(source, G_PRIORITY_DEFAULT);
	g_source_attach(source, NULL);
	return source;
}

/* --- keys --- */

static void
take_digit(struct face *face, const struct key_token *token)
{
	struct chat *chat;

	face_mark(face, DIRTY_BARS);
	if (token->len != 1 || !g_ascii_isdigit(token->bytes[0])) {
		face->digits = 0;
		return;
	}
	face->digit = face->digit * 10 + token->bytes[0] - '0';
	if (--face->digits > 0)
		return;
	chat = model_chat_number(face->model, face->digit);
	if (chat != NULL)
		face_go(face, chat);
	else
		face_note(face, face->front, SEVERITY_INFO, "There is no chat %d.", face->digit);
}

static void
take_key(struct face *face, const struct key_token *token)
{
	int detaches = face->detaches;

	attention_key(face);
	if (face->paste.text != NULL) {
		paste_key(face, token->bytes, token->len);
		return;
	}
	if (palette_key(face, token->bytes, token->len))
		return;
	if (describe_key(face, token->bytes, token->len) || select_key(face, token->bytes, token->len) ||
	    ask_key(face, token->bytes, token->len) || (!face->ask.open && face->digits == 0 &&
	    !input_waits(face->input) && page_key(face, token->bytes, token->len)))
		return;
	if (face->digits > 0) {
		take_digit(face, token);
		return;
	}
	face->complete.stepped = false;
	input_key(face->input, token->bytes, token->len);
	/* Whatever else is typed takes the candidate as it stands. */
	if (face->complete.open && !face->complete.stepped)
		complete_close(face, false);
	if (face->detaches == detaches && detaches > 0) {
		face->detaches = 0;
		face_mark(face, DIRTY_BARS);
	}
}

void
face_token(struct face *face, const struct key_token *token)
{
	if (face->ending)
		return;
	reattach_key(face);
	face->settled |= token->kind == KEY_KEY || token->kind == KEY_PASTE;
	switch (token->kind) {
	case KEY_KEY:
		take_key(face, token);
		break;
	case KEY_PASTE:
		attention_key(face);
		select_leave(face);
		page_close(face);
		palette_close(face);
		paste_take(face, token->bytes, token->len, token->cut);
		break;
	case KEY_FOCUS:
		attention_focus(face, token->len > 0 && token->bytes[0] == 'I');
		break;
	case KEY_MOUSE:
		attention_key(face);
		mouse_take(face, token->bytes);
		break;
	default:
		return;
	}
	face->urgent = true;
}

static void
on_token(void *ctx, const struct key_token *token)
{
	face_token(ctx, token);
}

static void
tell_draft(void *ctx)
{
	struct face *face = ctx;

	face->draft_timer = NULL;
	/* The core keeps the line until it has taken it as a message. */
	if (face->running > 0)
		face->draft_timer = clock_timer_start(TYPING_MS, tell_draft, face);
	else
		link_draft(face, face->front);
}

static void
on_changed(void *ctx)
{
	struct face *face = ctx;

	face_mark(face, DIRTY_INPUT);
	if (face->ask.open && face->page.on && face->page.kind == PAGE_SEARCH)
		search_typed(face);
	if (face->ask.open || chat_is_console(face->front) || face->client == NULL)
		return;
	typing_changed(face);
	clock_timer_cancel(&face->draft_timer);
	if (g_strcmp0(face->front->told, input_line(face->input)) != 0)
		face->draft_timer = clock_timer_start(TYPING_MS, tell_draft, face);
}

static void
on_action(void *ctx, enum action action, int count)
{
	face_action(ctx, action, count);
}

static void
on_line(void *ctx, const char *line)
{
	bind_line(ctx, line);
}

static const struct input_handler input_handler = { on_action, on_changed, on_line };

/* --- the terminal --- */

static void
on_terminal_changed(void *ctx)
{
	struct face *face = ctx;
	int rows, columns;

	if (face->canvas == NULL || face->term == NULL)
		return;
	term_size(face->term, &rows, &columns);
	canvas_resize(face->canvas, rows, columns);
	preference_policy(face, term_policy(face->term));
	face->blocked = false;
	face->urgent = true;
	face_mark(face, DIRTY_ALL);
	memset(&face->layout, 0, sizeof face->layout);
	theme_suit(face);
}

static void
on_writable(void *ctx)
{
	struct face *face = ctx;

	face->blocked = false;
	face_mark(face, DIRTY_INPUT);
}

static void
on_gone(void *ctx)
{
	face_end(ctx, 0, NULL);
}

static const struct term_handler term_handler = { on_token, on_terminal_changed, on_writable, on_gone };

/* --- the editor --- */

struct edit {
	struct face	*face;
	char		*path, *account, *jid;
};

static void
edited(GPid pid, int status, void *ctx)
{
	struct edit *edit = ctx;
	struct face *face = edit->face;
	struct chat *chat = model_chat(face->model, edit->account, edit->jid);
	g_autofree char *text = NULL, *clean = NULL;
	gsize length = 0;

	g_spawn_close_pid(pid);
	if (face->ending)
		chat = NULL;
	else
		term_return(face->term);
	if (chat != NULL && g_spawn_check_wait_status(status, NULL) &&
	    g_file_get_contents(edit->path, &text, &length, NULL)) {
		clean = text_clean(text, (gssize)length, TEXT_BODY, 0);
		/* The editor's last newline belongs to the file. */
		if (g_str_has_suffix(clean, "\n"))
			clean[strlen(clean) - 1] = '\0';
		input_draft_set(face->input, face_draft(face, chat), clean, false);
		face_mark(face, DIRTY_ALL);
	}
	unlink(edit->path);
	g_free(edit->path);
	g_free(edit->account);
	g_free(edit->jid);
	g_free(edit);
}

static bool
write_all(int fd, const char *text)
{
	size_t n = strlen(text);

	while (n > 0) {
		ssize_t done = write(fd, text, n);

		if (done < 0 && errno != EINTR)
			return false;
		if (done > 0) {
			text += done;
			n -= (size_t)done;
		}
	}
	return true;
}

static void
edit_failed(struct face *face, struct edit *edit, const char *why)
{
	face_note(face, face->front, SEVERITY_ERROR, "The editor did not start: %s.", why);
	if (edit->path != NULL)
		unlink(edit->path);
	g_free(edit->path);
	g_free(edit->account);
	g_free(edit->jid);
	g_free(edit);
}

void
face_edit(struct face *face)
{
	const char *editor = g_getenv("VISUAL") != NULL ? g_getenv("VISUAL") : g_getenv("EDITOR");
	struct edit *edit = g_new0(struct edit, 1);
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) words = NULL;
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	GPid pid;
	int fd;

	edit->face = face;
	edit->account = g_strdup(face->front->account);
	edit->jid = g_strdup(face->front->jid);
	fd = g_file_open_tmp("confab-XXXXXX", &edit->path, &error);
	if (fd < 0 || !write_all(fd, input_line(face->input)) ||
	    !g_shell_parse_argv(editor != NULL && *editor != '\0' ? editor : "vi", NULL, &words, &error)) {
		if (fd >= 0)
			close(fd);
		edit_failed(face, edit, error != NULL ? error->message : g_strerror(errno));
		return;
	}
	close(fd);
	for (int i = 0; words[i] != NULL; i++)
		g_ptr_array_add(argv, words[i]);
	g_ptr_array_add(argv, edit->path);
	g_ptr_array_add(argv, NULL);
	term_lend(face->term);
	if (!g_spawn_async(NULL, (char **)argv->pdata, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
	    G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL, &pid, &error)) {
		term_return(face->term);
		edit_failed(face, edit, error->message);
		return;
	}
	g_child_watch_add(pid, edited, edit);
}

/* --- life --- */

static void
free_draft(struct chat *chat, void *ctx)
{
	struct face *face = ctx;

	input_draft_free(face->input, chat->draft);
	chat->draft = NULL;
}

static void
not_ready(void *ctx)
{
	struct face *face = ctx;

	face->first = NULL;
	face->ready = true;
}

static void
core_is_slow(void *ctx)
{
	struct face *face = ctx;

	not_ready(face);
	face_note(face, face->front, SEVERITY_INFO, "Starting the core.");
	term_hold(face->term, false);
}

/* What needs no answer is on the screen while a core starts.  A line that is typed before it is here waits for it. */
static void
start_without_core(struct face *face)
{
	face->first = clock_timer_start(SLOW_MS, core_is_slow, face);
	reattach_first(face);
	screen_draw(face);
	face->blocked = !term_show(face->term, face->canvas);
	term_hold(face->term, true);
	face_mark(face, DIRTY_ALL);
}

void
face_attached(struct face *face)
{
	if (face->ready)
		return;
	clock_timer_cancel(&face->first);
	if (face->term != NULL)
		term_hold(face->term, false);
	face->first = clock_timer_start(FIRST_MS, not_ready, face);
}

void
face_init(struct face *face, struct canvas *canvas)
{
	memset(face, 0, sizeof *face);
	face->model = model_new();
	face->canvas = canvas;
	face->input = input_new(&input_handler, face);
	face->front = model_console(face->model);
	input_use(face->input, face_draft(face, face->front));
	splits_init(face);
	face->preferences.style.sender_width = ROWS_SENDER_WIDTH;
	status_formats_init(&face->preferences.formats);
	face->dirty = DIRTY_ALL;
}

void
face_clear(struct face *face)
{
	clock_timer_cancel(&face->first);
	clock_timer_cancel(&face->draft_timer);
	reattach_free(face);
	typing_forget(face);
	attention_free(face);
	preference_free(face);
	recall_free(face);
	complete_close(face, false);
	select_leave(face);
	page_free(face);
	palette_free(face);
	search_free(face);
	links_free(face);
	digest_free(face);
	g_free(face->select.how);
	g_free(face->select.forward);
	ask_close(face);
	g_clear_pointer(&face->client, client_free);
	model_each_chat(face->model, free_draft, face);
	input_free(face->input);
	model_free(face->model);
	send_free(face);
	link_free(face);
	start_free(face);
	canvas_free(face->canvas);
	splits_free(face);
	g_free(face->paste.text);
	g_free(face->farewell);
	g_free(face->name);
	g_free(face->theme);
	theme_forget(face);
	g_free(face->themes);
	g_free(face->socket);
}

/* What was typed and is nowhere else, when the core went away under it. */
static void
say_unsent(struct chat *chat, void *ctx)
{
	struct face *face = ctx;
	const char *text = chat->draft != NULL ? input_draft_text(face->input, chat->draft) : "";

	if (*text != '\0' && g_strcmp0(text, chat->told) != 0)
		fprintf(stderr, "Not sent%s%s: %s\n", *chat->jid != '\0' ? " to " : "", chat->jid, text);
}

static int
leave(struct face *face)
{
	bool lost = face->client == NULL && !face->quitting;
	int status = face->status;
	g_autofree char *left = lost ? send_left(face) : NULL;

	ask_close(face);
	link_close(face);
	if (face->linear != NULL)
		linear_close(face->linear);
	else
		term_close(face->term);
	face->linear = NULL;
	face->term = NULL;
	if (face->farewell != NULL)
		fprintf(stderr, "%s\n", face->farewell);
	if (left != NULL)
		fputs(left, stderr);
	if (lost)
		model_each_chat(face->model, say_unsent, face);
	face_clear(face);
	return status;
}

int
tui_main(const struct paths *paths, const struct tui_options *options)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *notice = NULL;
	struct face face;
	struct client *client;
	static const struct text_policy plain;
	struct term *term = NULL;
	struct canvas *canvas;
	GSource *draw;
	int rows = 24, columns = 80;

	memset(&face, 0, sizeof face);
	client = link_connect(&face, paths->socket, NULL);
	if (!options->linear) {
		term = term_open(NULL, &term_handler, &face, &notice, &error);
	} else if (client == NULL) {
		fprintf(stderr, "No core answers.\n");
		return 2;
	}
	if (term == NULL && !options->linear) {
		fprintf(stderr, "%s\n", error->message);
		client_free(client);
		return 1;
	}
	if (term != NULL)
		term_size(term, &rows, &columns);
	canvas = canvas_new(rows, columns, term != NULL ? term_policy(term) : &plain);
	face_init(&face, canvas);
	face.term = term;
	if (term != NULL)
		preference_policy(&face, term_policy(term));
	if (options->linear && (face.linear = linear_open(&face, &error)) == NULL) {
		fprintf(stderr, "%s\n", error->message);
		client_free(client);
		face_clear(&face);
		return 1;
	}
	face.client = client;
	face.socket = g_strdup(paths->socket);
	face.start_core = options->start_core;
	face.start_ctx = options->start_ctx;
	face.uri = options->uri;
	face.themes = g_strdup(paths->themes);
	face.name = text_clean(options->as != NULL ? options->as : "main", -1, TEXT_LINE, LIMIT_NAME);
	face.loop = g_main_loop_new(NULL, FALSE);
	if (client != NULL) {
		face_attached(&face);
		link_attach(&face);
	} else {
		start_without_core(&face);
	}
	if (notice != NULL)
		face_note(&face, face.front, SEVERITY_WARNING, "%s", notice);
	draw = draw_source_new(&face);
	if (!face.ending)
		g_main_loop_run(face.loop);
	g_source_destroy(draw);
	g_source_unref(draw);
	g_main_loop_unref(face.loop);
	face.loop = NULL;
	return leave(&face);
}
