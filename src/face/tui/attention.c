/*
 * attention.c: what was seen by whom.  A message counts as seen when it stood on the screen to its end for a second in
 * front of somebody: the terminal says that it has the focus, or, where it says nothing, a key came within a minute.
 *
 * Timers run only while something is about to change; a face at rest wakes nobody.
 */
#include <string.h>

#include "face/tui/face.h"
#include "face/tui/term.h"

enum { BELL_MS = 3000, TITLE_MS = 1000 };

bool
attention_present(const struct face *face)
{
	const struct attention *a = &face->attention;

	return a->focus_known ? a->focused : a->key_ms != 0 && clock_boot_ms() - a->key_ms < PRESENT_MS;
}

bool
attention_clock(const struct face *face)
{
	const struct attention *a = &face->attention;

	return (!a->focus_known || a->focused) && a->key_ms != 0 && clock_boot_ms() - a->key_ms < CLOCK_MS;
}

static void
minute_passed(void *ctx)
{
	struct face *face = ctx;

	face->attention.minute = NULL;
	face_mark(face, DIRTY_BARS);
}

static void
title_passed(void *ctx)
{
	struct face *face = ctx;

	face->attention.title_timer = NULL;
	attention_update(face);
}

/* The title, at most once a second. */
static void
show_title(struct face *face)
{
	struct attention *a = &face->attention;
	g_autoptr(GPtrArray) route = model_activity(face->model);
	const char *name = chat_name(face->model, face->front);
	g_autofree char *title = NULL;
	guint people = 0;
	int64_t wait;

	for (guint i = 0; i < route->len; i++) {
		const struct chat *chat = route->pdata[i];

		people += chat->object.chat.kind != CHAT_ROOM || chat->object.chat.mentions > 0;
	}
	title = people > 0 ? g_strdup_printf("(%u) %s - confab", people, name) : g_strdup_printf("%s - confab", name);
	if (g_strcmp0(title, a->title) == 0 || face->term == NULL || a->title_timer != NULL)
		return;
	wait = a->title == NULL ? 0 : a->title_ms + TITLE_MS - clock_boot_ms();
	if (wait > 0) {
		a->title_timer = clock_timer_start(wait, title_passed, face);
		return;
	}
	term_title(face->term, title);
	g_free(a->title);
	a->title = g_steal_pointer(&title);
	a->title_ms = clock_boot_ms();
}

/* The message that counts as seen once it stood there for a second; 0: none. */
static int64_t
unseen(const struct face *face)
{
	const struct entry *last = face->shown.last;
	const struct event_chat *chat = &face->front->object.chat;

	if (last == NULL || chat_is_console(face->front) || !attention_present(face) || chat->unread == 0 ||
	    face->paste.text != NULL || last->order <= chat->read || face->front->kept_unread)
		return 0;
	return last->id;
}

static void
lingered(void *ctx)
{
	struct face *face = ctx;
	struct attention *a = &face->attention;

	a->linger = NULL;
	if (a->linger_id != 0 && a->linger_id == unseen(face))
		link_seen(face, face->front, a->linger_id);
}

void
attention_update(struct face *face)
{
	struct attention *a = &face->attention;
	bool present = attention_present(face);
	int64_t id = unseen(face);

	if (!face->ready)
		return;
	if (id != a->linger_id) {
		clock_timer_cancel(&a->linger);
		if (id != 0)
			a->linger = clock_timer_start(LINGER_MS, lingered, face);
		a->linger_id = id;
	}
	if (attention_clock(face) && a->minute == NULL)
		a->minute = clock_timer_start(60000 - clock_real_us() / 1000 % 60000, minute_passed, face);
	if (!a->told || a->told_focused != present) {
		a->told = true;
		a->told_focused = present;
		link_active(face, present, a->key_ms == 0 ? 0 : (clock_boot_ms() - a->key_ms) / 1000);
	}
	show_title(face);
}

void
attention_key(struct face *face)
{
	bool clock = attention_clock(face);

	face->attention.key_ms = clock_boot_ms();
	if (!clock)
		face_mark(face, DIRTY_BARS);
}

void
attention_focus(struct face *face, bool in)
{
	face->attention.focus_known = true;
	face->attention.focused = in;
	face_mark(face, DIRTY_BARS);
}

void
attention_ring(struct face *face)
{
	struct attention *a = &face->attention;

	if (face->term == NULL || face->preferences.silent || a->elsewhere ||
	    (a->bell_ms != 0 && clock_boot_ms() - a->bell_ms < BELL_MS))
		return;
	a->bell_ms = clock_boot_ms();
	term_bell(face->term);
}

void
attention_message(struct face *face, const struct event *event)
{
	struct chat *chat = model_chat(face->model, event->account_name, event->chat_jid);
	const struct event_message *message = &event->message;
	bool here;

	/* A message that is told again, because its state changed, is no news. */
	if (chat == NULL || event->gone || message->direction != DIRECTION_IN || message->order <= chat->heard ||
	    message->ignored)
		return;
	chat->heard = message->order;
	here = chat == face->front && chat->bottom == 0 && attention_present(face);
	/* Somebody looks elsewhere: the line shows where the new begins. */
	if (splits_show(face, chat) && !here && message->order > chat->object.chat.read) {
		if (chat->unread_after == 0) {
			chat->unread_after = MAX(1, message->order - 1);
			chat->unread_count = chat->unread_mentions = 0;
		}
		chat->unread_count++;
		chat->unread_mentions += chat->object.chat.kind == CHAT_ROOM && message->mention;
	}
	if (here || chat->object.chat.muted || message->order <= chat->object.chat.read ||
	    (chat->object.chat.notify == NOTIFY_MENTIONS && !message->mention))
		return;
	attention_ring(face);
}

void
attention_free(struct face *face)
{
	clock_timer_cancel(&face->attention.linger);
	clock_timer_cancel(&face->attention.minute);
	clock_timer_cancel(&face->attention.title_timer);
	g_clear_pointer(&face->attention.title, g_free);
}
