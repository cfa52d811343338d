/*
 * reattach.c: a face whose core went away stays, with all that is typed, and attaches to the next one.  Nothing polls:
 * the kernel tells when the socket appears in its folder; a key looks too, for folders of which it tells nothing.
 */
#include "face/tui/face.h"
#include "face/tui/watch.h"

/* Between its bind and its listen a core refuses; that is over in less than all tries together. */
enum { TRY_MS = 20, TRIES = 8, KEY_MS = 1000 };

static void
stop_watching(struct face *face)
{
	struct reattach *reattach = &face->reattach;

	clock_timer_cancel(&reattach->retry);
	g_clear_pointer(&reattach->watch, watch_free);
}

static bool
attach(struct face *face)
{
	if (face->ending)
		return false;
	face->client = link_connect(face, face->socket, NULL);
	if (face->client == NULL)
		return false;
	stop_watching(face);
	model_doubt(face->model);
	face->reattach.first = false;
	face_attached(face);
	link_attach(face);
	face_mark(face, DIRTY_ALL);
	return true;
}

void
reattach_greeted(struct face *face)
{
	if (face->reattach.lost)
		face_note(face, face->front, SEVERITY_INFO, "The core is here again.");
	face->reattach.lost = false;
}

/* There was nothing on the screen yet but a frame: said like everything that ends the program at once. */
static void
first_failed(struct face *face, int status, const char *why)
{
	g_autofree char *text = g_strdup_printf("confab: %s", why);

	face_end(face, status, text);
}

static void
try_again(void *ctx)
{
	struct face *face = ctx;
	struct reattach *reattach = &face->reattach;

	reattach->retry = NULL;
	if (face->client == NULL && !attach(face) && ++reattach->tries < TRIES)
		reattach->retry = clock_timer_start(TRY_MS << reattach->tries, try_again, face);
	else if (face->client == NULL && reattach->first)
		first_failed(face, 2, "The core was started and does not listen; its log may say why.");
}

static void
begin_trying(struct face *face)
{
	clock_timer_cancel(&face->reattach.retry);
	face->reattach.tries = 0;
	try_again(face);
}

static void
socket_appeared(void *ctx)
{
	begin_trying(ctx);
}

/* What was typed into a question goes where C-y has it, but for a secret. */
static void
leave_question(struct face *face)
{
	g_autofree char *typed = NULL;

	if (!face->ask.open)
		return;
	typed = face->ask.secret ? NULL : g_strdup(input_line(face->input));
	ask_close(face);
	if (typed != NULL && *typed != '\0')
		input_yankable(face->input, typed);
}

/* The next core may not hold what this one was told last. */
static void
forget_told(struct chat *chat, void *ctx)
{
	(void)ctx;
	if (chat->draft != NULL)
		g_clear_pointer(&chat->told, g_free);
}

void
reattach_lost(struct face *face)
{
	complete_close(face, true);
	leave_question(face);
	typing_forget(face);
	clock_timer_cancel(&face->draft_timer);
	model_lost(face->model);
	model_each_chat(face->model, forget_told, face);
	face->attention.told = false;
	face->ready = true;
	json_decref(face->page.commands);
	face->page.commands = NULL;
	face_mark(face, DIRTY_ALL);
	if (!face->reattach.lost)
		face_note(face, face->front, SEVERITY_WARNING,
		    "The core ended. What was stored is stored, and what you type stays here. /restart starts it, and so does confab in another terminal; /detach leaves.");
	if (face->socket == NULL)
		return;
	face->reattach.watch = watch_new(face->socket, true, socket_appeared, face);
	/*
	 * It may have hung up on us, or be another one already.  One that did so before it greeted us would do it
	 * again.
	 */
	if (!face->reattach.lost)
		begin_trying(face);
	face->reattach.lost = true;
}

void
reattach_key(struct face *face)
{
	struct reattach *reattach = &face->reattach;

	if (face->client != NULL || face->socket == NULL || reattach->retry != NULL ||
	    clock_boot_ms() - reattach->looked_ms < KEY_MS)
		return;
	reattach->looked_ms = clock_boot_ms();
	attach(face);
}

void
reattach_free(struct face *face)
{
	stop_watching(face);
	while (face->reattach.starter != NULL)
		g_main_context_iteration(NULL, TRUE);
}

/* --- starting one: it may take seconds, so a thread waits for it --- */

struct outcome {
	struct face	*face;
	char		*why;
};

static gboolean
started(void *data)
{
	struct outcome *outcome = data;
	struct face *face = outcome->face;

	g_thread_join(face->reattach.starter);
	face->reattach.starter = NULL;
	if (outcome->why != NULL && face->reattach.first)
		first_failed(face, 1, outcome->why);
	else if (outcome->why != NULL)
		face_note(face, face->front, SEVERITY_ERROR, "%s", outcome->why);
	else if (face->client == NULL)
		begin_trying(face);
	g_free(outcome->why);
	g_free(outcome);
	return G_SOURCE_REMOVE;
}

static void *
start(void *data)
{
	struct face *face = data;
	struct outcome *outcome = g_new0(struct outcome, 1);
	g_autoptr(GError) error = NULL;

	outcome->face = face;
	if (!face->start_core(face->start_ctx, &error))
		outcome->why = g_strdup(error->message);
	g_idle_add(started, outcome);
	return NULL;
}

static void
start_one(struct face *face)
{
	face->reattach.starter = g_thread_new("start", start, face);
}

void
reattach_start(struct face *face)
{
	if (face->client != NULL || face->start_core == NULL || face->reattach.starter != NULL)
		return;
	face_note(face, face->front, SEVERITY_INFO, "Starting the core.");
	start_one(face);
}

void
reattach_first(struct face *face)
{
	face->reattach.first = true;
	start_one(face);
}
