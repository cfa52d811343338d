/*
 * room.c: see room.h: the states of a room as seen from here.  How it is entered is room_join.c, who is in it
 * room_presence.c.  What a reader might get wrong: leaving is told and done at once, so what the room still sends
 * about the stay that ended is not taken for the next one.
 */
#include "core/room.h"

#include <stdarg.h>
#include <string.h>

#include "base/clock.h"
#include "base/jid.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "core/archive.h"
#include "core/bus.h"
#include "core/chat.h"
#include "core/feature.h"
#include "core/outbox.h"
#include "core/prompt.h"
#include "core/room_private.h"
#include "core/turn.h"
#include "proto/error.h"
#include "store/rooms.h"
#include "xmpp/form.h"

enum {
	BACKOFF_FIRST_MS = 10000,
	BACKOFF_MAX_MS = 600000,
};

GHashTable *
rooms_new(void)
{
	return g_hash_table_new(g_str_hash, g_str_equal);
}

struct room *
room_new(struct account *account, const char *jid, const char *nick)
{
	struct room *room = g_new0(struct room, 1);

	room->account = account;
	room->jid = g_strdup(jid);
	room->nick = g_strdup(nick);
	room->occupants = room_occupants_new();
	room->skeletons = g_hash_table_new(g_str_hash, g_str_equal);
	room->waiters = g_ptr_array_new_with_free_func(g_free);
	g_hash_table_insert(account->rooms, room->jid, room);
	return room;
}

static void
room_free(struct room *room)
{
	clock_timer_cancel(&room->timer);
	clock_timer_cancel(&room->silence);
	form_free(room->config);
	if (room->archive != NULL)
		archive_free(room->archive);
	g_hash_table_unref(room->skeletons);
	g_hash_table_unref(room->occupants);
	g_ptr_array_unref(room->waiters);
	if (room->changed != NULL)
		g_hash_table_unref(room->changed);
	if (room->password != NULL)
		explicit_bzero(room->password, strlen(room->password));
	g_free(room->password);
	g_free(room->jid);
	g_free(room->nick);
	g_free(room->reason);
	g_free(room->text);
	g_free(room->own_id);
	g_free(room->name);
	g_free(room->subject);
	g_free(room->subject_by);
	g_free(room->join_id);
	g_free(room->nick_id);
	g_free(room->subject_id);
	g_free(room->subject_text);
	g_free(room->nick_text);
	g_strfreev(room->ignored);
	g_free(room);
}

static void
before_commit(void *ctx)
{
	struct account *account = ctx;
	GHashTableIter iter;
	struct room *room;

	g_hash_table_iter_init(&iter, account->rooms);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&room))
		room_tell_changes(room);
}

static void
restore(void *ctx, const struct room_row *row)
{
	struct account *account = ctx;
	struct room *room = room_new(account, row->jid, row->nick);

	room->own_id = g_strdup(row->own_id);
	room->password = g_strdup(row->password);
	room->features = (unsigned)row->features;
	room->wanted = true;
	/* A session that is gone on with may have us there still. */
	if (account->sm.id != NULL) {
		room->state = ROOM_JOINING;
		room->phase = PHASE_REFRESHING;
	}
}

void
rooms_restore(struct account *account)
{
	room_rows_each(account->core->store, account->id, restore, account);
	turn_before_commit(account->core->turn, before_commit, account);
}

void
rooms_free(struct account *account)
{
	GHashTableIter iter;
	struct room *room;

	turn_forget_before_commit(account->core->turn, before_commit, account);
	g_hash_table_iter_init(&iter, account->rooms);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&room))
		room_free(room);
	g_hash_table_unref(account->rooms);
}

struct room *
room_find(const struct account *account, const char *jid)
{
	return g_hash_table_lookup(account->rooms, jid);
}

bool
room_is_in(const struct account *account, const char *jid)
{
	const struct room *room = room_find(account, jid);

	return room != NULL && room->state == ROOM_IN && account_online(account);
}

bool
room_hears(const struct room *room)
{
	return room->state == ROOM_IN || (room->state == ROOM_JOINING && room->phase >= PHASE_ENTERING);
}

bool
room_known(const struct account *account, const char *jid)
{
	enum chat_kind kind;

	return room_find(account, jid) != NULL ||
	    (chat_kind_get(account->core->store, account->id, jid, &kind) && kind == CHAT_ROOM);
}

bool
room_is_self(const struct account *account, const char *full)
{
	g_autofree char *bare = jid_bare(full);
	const struct room *room = room_find(account, bare);

	return room != NULL && room->state == ROOM_IN && g_strcmp0(jid_resource(full), room->nick) == 0;
}

char *
room_address(const struct room *room, const char *nick)
{
	return g_strconcat(room->jid, "/", nick, NULL);
}

char *
room_standard_nick(const struct account *account)
{
	const char *nick = account->settings->nick;
	char *local = jid_local(account_jid(account));

	if (nick == NULL || *nick == '\0')
		return local != NULL ? local : g_strdup(account_jid(account));
	g_free(local);
	return g_strdup(nick);
}

void
room_notice(struct room *room, enum severity severity, const char *format, ...)
{
	struct event event = { .type = EVENT_notice };
	g_autofree char *text = NULL;
	int64_t minute = clock_boot_ms() / 60000;
	va_list ap;

	if (room->minute != minute) {
		room->minute = minute;
		room->notices = 0;
	}
	va_start(ap, format);
	text = g_strdup_vprintf(format, ap);
	va_end(ap);
	if (++room->notices > LIMIT_ROOM_NOTICES) {
		log_notice("room", "%s", text);
		return;
	}
	event.account_name = g_strdup(account_name(room->account));
	event.chat_jid = g_strdup(room->jid);
	event.notice.severity = severity;
	event.notice.text = text_clean(text, -1, TEXT_BODY, 0);
	bus_post(room->account->core->bus, event);
	turn_wake(room->account->core->turn);
}

void
room_save(struct room *room)
{
	struct turn *turn = room->account->core->turn;
	struct room_row row = { room->jid, room->nick, room->own_id, room->password, room->features };
	g_autoptr(GError) error = NULL;

	if (!turn_begin(turn))
		return;
	if (room->wanted)
		room_row_save(room->account->core->store, room->account->id, &row, &error);
	else
		room_row_delete(room->account->core->store, room->account->id, room->jid, &error);
	turn_end(turn, error == NULL);
	turn_failed(turn, error);
}

/* --- the states --- */

void
room_set_state(struct room *room, enum room_state state, const char *word, const char *text)
{
	room->state = state;
	room->retry_ms = 0;
	if (word != room->reason) {
		g_free(room->reason);
		room->reason = g_strdup(word);
	}
	if (text != room->text) {
		g_free(room->text);
		room->text = g_strdup(text);
	}
	log_debug("room", "%s: %s%s%s", room->jid, room_state_name(state), text != NULL ? ": " : "",
	    text != NULL ? text : "");
	room_changed(room);
}

void
room_withdraw_prompt(struct room *room)
{
	if (room->prompt != 0)
		prompt_withdraw(room->account->core->prompts, room->prompt);
	room->prompt = 0;
}

void
room_end_stay(struct room *room)
{
	clock_timer_cancel(&room->timer);
	clock_timer_cancel(&room->silence);
	if (room->archive != NULL)
		archive_room_out(room->archive);
	if (room->state == ROOM_IN || room->phase == PHASE_REFRESHING)
		outbox_room_left(room->account, room->jid);
	room->phase = PHASE_IDLE;
	room->create = room->history = room->pinging = room->asking_again = false;
	room->form = NULL;
	room->form_ctx = NULL;
	g_clear_pointer(&room->join_id, g_free);
	g_clear_pointer(&room->nick_id, g_free);
	room_forget_occupants(room);
}

static void
again(void *ctx)
{
	struct room *room = ctx;

	room->timer = NULL;
	if (room->wanted && account_online(room->account))
		room_start(room);
}

static void
answered(void *ctx, const char *value, bool keep)
{
	struct room *room = ctx;
	bool nick = g_strcmp0(room->reason, "nick") == 0;

	(void)keep;
	room->prompt = 0;
	if (value == NULL || *value == '\0' || room->state != ROOM_FAILED)
		return;
	room_join(room->account, room->jid, nick ? value : NULL, nick ? NULL : value, false, NULL, NULL);
}

/* What would let us in again is asked of whoever comes to a face. */
static void
ask(struct room *room, const char *word, const char *text)
{
	bool nick = strcmp(word, "nick") == 0;
	g_autofree char *title = g_strdup_printf("%s for %s", nick ? "another nick" : "password", room->jid);
	g_autofree char *free_one = nick ? room_free_nick(room, room->nick) : NULL;
	struct prompt_question question = { .kind = nick ? PROMPT_TEXT : PROMPT_PASSWORD, .scope = SCOPE_EVERYONE,
	    .title = title, .text = text, .default_choice = free_one, .secret = !nick };

	question.account = account_name(room->account);
	question.chat = room->jid;
	room_withdraw_prompt(room);
	room->prompt = prompt_open(room->account->core->prompts, &question, answered, room);
}

void
room_failed(struct room *room, const char *word, const char *text)
{
	bool asked = room->waiters->len > 0;
	bool askable = room->wanted && !asked && (strcmp(word, "nick") == 0 || strcmp(word, "password") == 0);
	g_autoptr(GError) error = g_error_new_literal(RPC_ERROR, strcmp(word, "timeout") == 0 ? RPC_ERROR_TIMEOUT :
	    strcmp(word, "not-found") == 0 ? RPC_ERROR_NOT_FOUND : RPC_ERROR_REFUSED, text);

	room_end_stay(room);
	room->wanted = askable;
	room_save(room);
	room_set_state(room, ROOM_FAILED, word, text);
	if (askable)
		ask(room, word, text);
	else if (!asked)
		room_notice(room, SEVERITY_WARNING, "%s", text);
	room_tell_waiters(room, error);
}

void
room_lost(struct room *room, const char *word, const char *text)
{
	bool first = room->backoff_ms == 0, asked = room->waiters->len > 0;
	int64_t wait_ms = first ? BACKOFF_FIRST_MS : room->backoff_ms;
	g_autoptr(GError) error = NULL;

	/* Who asks for it may ask again; what was there before comes back by itself. */
	if (!room->wanted) {
		room_failed(room, word, text);
		return;
	}
	error = g_error_new_literal(RPC_ERROR, strcmp(word, "timeout") == 0 ? RPC_ERROR_TIMEOUT : RPC_ERROR_FAILED,
	    text);
	room_end_stay(room);
	room->backoff_ms = MIN(wait_ms * 2, BACKOFF_MAX_MS);
	wait_ms = wait_ms * g_random_int_range(80, 121) / 100;
	room_set_state(room, ROOM_FAILED, word, text);
	room->retry_ms = clock_real_us() / 1000 + wait_ms;
	room->timer = clock_timer_start(wait_ms, again, room);
	if (first && !asked)
		room_notice(room, SEVERITY_WARNING, "%s confab enters it again in %d s.", text,
		    (int)((wait_ms + 999) / 1000));
	room_tell_waiters(room, error);
}

void
room_again(struct room *room, const char *why)
{
	struct turn *turn = room->account->core->turn;

	if (!turn_begin(turn))
		return;
	room_notice(room, SEVERITY_WARNING, "%s: %s", room->jid, why);
	room_end_stay(room);
	room_start(room);
	turn_end(turn, true);
}

/* --- what is told to it --- */

struct stanza *
room_own_leaving(const struct room *room, const char *words)
{
	g_autofree char *to = room_address(room, room->nick);
	struct stanza *presence = stanza_presence("unavailable", to);

	if (words != NULL)
		stanza_add_with_text(presence, "status", NULL, words);
	return presence;
}

struct stanza *
room_own_presence(struct room *room, const char *nick)
{
	struct account *account = room->account;
	g_autofree char *to = room_address(room, nick);
	struct stanza *presence = stanza_presence(NULL, to);

	if (account->show != SHOW_ONLINE)
		stanza_add_with_text(presence, "show", NULL, presence_show_name(account->show));
	if (account->status != NULL)
		stanza_add_with_text(presence, "status", NULL, account->status);
	features_presence(account, presence);
	return presence;
}

/* --- what people and sessions want --- */

void
room_leave(struct room *room, const char *words)
{
	g_autoptr(GError) error = g_error_new(RPC_ERROR, RPC_ERROR_CANCELLED, "%s was left before we were in.",
	    room->jid);

	if (room_hears(room))
		account_send(room->account, room_own_leaving(room, words), false);
	room_end_stay(room);
	room_withdraw_prompt(room);
	room->wanted = false;
	room_save(room);
	room_set_state(room, ROOM_OUT, NULL, NULL);
	room_tell_waiters(room, error);
	turn_wake(room->account->core->turn);
}

void
rooms_session(struct account *account)
{
	GHashTableIter iter;
	struct room *room;

	g_hash_table_iter_init(&iter, account->rooms);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&room)) {
		if (room->phase == PHASE_REFRESHING)
			room_enter(room);
		else if (room->wanted && room->state != ROOM_IN && room->state != ROOM_JOINING)
			room_start(room);
	}
}

static void
go_off_line(struct room *room, bool may_come_back)
{
	g_autoptr(GError) error = g_error_new(RPC_ERROR, RPC_ERROR_OFFLINE,
	    "The connection broke before %s was entered.", room->jid);

	if (may_come_back && (room->state == ROOM_IN || room->phase == PHASE_REFRESHING)) {
		clock_timer_cancel(&room->silence);
		clock_timer_cancel(&room->timer);
		room->pinging = false;
		room_changed(room);
		return;
	}
	room_end_stay(room);
	room->backoff_ms = 0;
	if (room->state != ROOM_FAILED || room->wanted)
		room_set_state(room, ROOM_OUT, NULL, NULL);
	room_tell_waiters(room, error);
}

void
rooms_offline(struct account *account, bool may_come_back)
{
	g_autoptr(GList) rooms = g_hash_table_get_values(account->rooms);

	for (GList *l = rooms; l != NULL; l = l->next)
		go_off_line(l->data, may_come_back);
}

void
rooms_resumed(struct account *account)
{
	GHashTableIter iter;
	struct room *room;

	g_hash_table_iter_init(&iter, account->rooms);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&room)) {
		room_changed(room);
		/* What our server kept for us may not be all that happened meanwhile between it and the room's. */
		room_ping(room);
		if (room->state == ROOM_IN && room->archive != NULL)
			archive_room_on(room->archive);
	}
}

void
rooms_tell(struct account *account)
{
	GHashTableIter iter;
	struct room *room;

	g_hash_table_iter_init(&iter, account->rooms);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&room))
		if (room->state == ROOM_IN)
			account_send(account, room_own_presence(room, room->nick), false);
}
