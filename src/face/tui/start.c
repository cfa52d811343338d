/*
 * start.c: the first start.  Three questions on one page, each in the input line, the next steps visible from the
 * beginning.
 */
#include <string.h>

#include "base/jid.h"
#include "face/tui/face.h"
#include "proto/error.h"

static void ask_step(struct face *face, int step);

static void
stop(struct face *face)
{
	struct start *start = &face->start;

	start->on = false;
	g_clear_pointer(&start->jid, g_free);
	g_clear_pointer(&start->name, g_free);
	g_clear_pointer(&start->trouble, g_free);
	face_mark(face, DIRTY_ALL);
}

void
start_leave(struct face *face)
{
	if (face->start.on)
		stop(face);
}

void
start_free(struct face *face)
{
	g_free(face->start.jid);
	g_free(face->start.name);
	g_free(face->start.trouble);
}

static void
left(struct face *face)
{
	stop(face);
	face_note(face, model_console(face->model), SEVERITY_INFO,
	    "No account was made. /account add NAME ADDRESS makes one; /help lists what else there is.");
}

/* A command works here as everywhere; what it says stands in the console, so the page goes. */
static bool
is_command(struct face *face, const char *value)
{
	if (value[0] != '/')
		return false;
	stop(face);
	if (!command_run(face, value))
		send_run(face, model_console(face->model), value, value, false);
	return true;
}

static void
trouble(struct face *face, const char *text)
{
	g_free(face->start.trouble);
	face->start.trouble = g_strdup(text);
	face_mark(face, DIRTY_CHAT);
}

static void
added(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct face *face = ctx;

	(void)data;
	if (!face->start.on || face->client == NULL)
		return;
	if (result == NULL) {
		trouble(face, error->message);
		ask_step(face, 2);
	}
}

static void
took_name(struct face *face, const char *value, int64_t id)
{
	struct start *start = &face->start;
	g_autofree char *line = NULL;

	(void)id;
	if (value == NULL) {
		left(face);
		return;
	}
	if (is_command(face, value))
		return;
	if (*value == '\0' || value[strspn(value,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] != '\0') {
		trouble(face, "The name is one word of letters, digits, '.', '_' and '-'.");
		ask_step(face, 2);
		return;
	}
	trouble(face, NULL);
	g_free(start->name);
	start->name = g_strdup(value);
	start->step = 3;
	line = g_strdup_printf("/account add %s %s", value, start->jid);
	client_request(face->client, "run", json_pack("{s:s}", "line", line), added, face);
	face_mark(face, DIRTY_ALL);
}

static void
took_address(struct face *face, const char *value, int64_t id)
{
	struct start *start = &face->start;
	g_autoptr(GError) error = NULL;
	g_autofree char *jid = NULL, *domain = NULL;

	(void)id;
	if (value == NULL) {
		left(face);
		return;
	}
	if (is_command(face, value))
		return;
	jid = jid_from_person(value, true, &error);
	if (jid == NULL) {
		trouble(face, error->message);
		g_free(start->jid);
		start->jid = g_strdup(value);
		ask_step(face, 1);
		return;
	}
	trouble(face, NULL);
	g_free(start->jid);
	start->jid = g_steal_pointer(&jid);
	/* example.net's account is called "example". */
	domain = jid_domain(start->jid);
	domain[strcspn(domain, ".")] = '\0';
	g_free(start->name);
	start->name = g_steal_pointer(&domain);
	ask_step(face, 2);
}

static void
ask_step(struct face *face, int step)
{
	struct start *start = &face->start;

	start->step = step;
	if (step == 1)
		ask_open(face, "address", false, start->jid != NULL ? start->jid : "", took_address, 0);
	else
		ask_open(face, "name", false, start->name, took_name, 0);
	face_mark(face, DIRTY_ALL);
}

void
start_begin(struct face *face)
{
	if (face->start.on || face->ask.open || !chat_is_console(face->front))
		return;
	face->start.on = true;
	ask_step(face, 1);
}

/* The password is asked for by the core; then it tells how the log-in went. */
void
start_changed(struct face *face, const struct event *event)
{
	struct start *start = &face->start;

	if (!start->on || start->step < 3 || g_strcmp0(event->account_name, start->name) != 0)
		return;
	if (event->type == EVENT_prompt && !event->gone && event->prompt.kind == PROMPT_PASSWORD && !face->ask.open) {
		start->step = 3;
		ask_prompt(face, event->prompt.id);
	} else if (event->type == EVENT_prompt && !event->gone) {
		/* A certificate, for example: its facts are in the console. */
		stop(face);
	} else if (event->type == EVENT_account && (event->account.state == ACCOUNT_ONLINE ||
	    event->account.state == ACCOUNT_WAITING || (event->account.state == ACCOUNT_FAILED &&
	    g_strcmp0(event->account.reason, "password") != 0))) {
		/* On line, or a matter for commands: the console says what happened and what can be done. */
		stop(face);
	} else if (event->type == EVENT_account && event->account.state == ACCOUNT_FAILED) {
		trouble(face, event->account.text);
	}
	face_mark(face, DIRTY_ALL);
}

static const char *
sign(const struct start *start, int step)
{
	return start->step > step ? "done" : start->step == step ? "now" : "";
}

void
start_draw(const struct face *face, const struct area *area)
{
	static const char *const questions[] = {
		"Your XMPP address, like name@server", "A short name for this account", "Your password",
	};
	static const char *const rest[] = {
		"", "What happens then: confab finds the server, checks its certificate and logs",
		"in.  The password is kept in a file that only you can read; a program can",
		"supply it instead (/help account).  Esc leaves this page.",
	};
	const struct start *start = &face->start;
	int end = area->column + area->columns, row = area->row + 1, last = area->row + area->rows;
	struct canvas *canvas = face->canvas;

	canvas_clear(canvas, area->row, area->column, area->rows, area->columns, SLOT_TEXT);
	if (row < last)
		canvas_text(canvas, row, area->column + 3, end, SLOT_HELP_HEADING,
		    "confab has no account yet. Three questions, then you can talk.", -1);
	row += 2;
	for (int i = 0; i < 3 && row < last; i++, row++) {
		const char *value = i == 0 ? start->jid : i == 1 && start->step > 1 ? start->name : NULL;
		int column = canvas_printf(canvas, row, area->column + 3, end, SLOT_TEXT, "%d  %-38s %-5s ", i + 1,
		    questions[i], sign(start, i + 1));

		if (value != NULL)
			canvas_text_cut(canvas, row, column, end, SLOT_TEXT_DIM, value);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(rest) && row < last; i++, row++)
		canvas_text(canvas, row, area->column + 3, end, SLOT_TEXT, rest[i], -1);
	row++;
	if (start->trouble != NULL && *start->trouble != '\0') {
		g_autoptr(GArray) slices = text_wrap(start->trouble, area->columns - 6, area->columns - 6,
		    canvas_policy(canvas));

		for (guint i = 0; i < slices->len && row < last; i++, row++) {
			const struct text_row *slice = &g_array_index(slices, struct text_row, i);

			canvas_text(canvas, row, area->column + 3, end, SLOT_NOTICE_ERROR,
			    start->trouble + slice->start, (gssize)slice->len);
		}
	}
}
