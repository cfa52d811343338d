/*
 * room.c: see room.h: the life of a room as seen from here.  Who is in it is room_presence.c.  What a reader might get
 * wrong: leaving is told and done at once, so what the room still sends about the stay that ended is not taken for the
 * next one.
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
#include "core/bookmark.h"
#include "core/bus.h"
#include "core/chat.h"
#include "core/feature.h"
#include "core/outbox.h"
#include "core/prompt.h"
#include "core/room_private.h"
#include "core/turn.h"
#include "proto/error.h"
#include "store/order.h"
#include "store/rooms.h"
#include "xmpp/form.h"
#include "xmpp/ns.h"

enum {
	JOIN_MS = 30000,
	REFRESH_MS = 10000,
	BACKOFF_FIRST_MS = 10000,
	BACKOFF_MAX_MS = 600000,
};

struct waiter {
	room_done	 done;
	void		*ctx;
};

static void start(struct room *room);

GHashTable *
rooms_new(void)
{
	return g_hash_table_new(g_str_hash, g_str_equal);
}

static struct room *
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

static void
set_state(struct room *room, enum room_state state, const char *word, const char *text)
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

/* Tells those who wait; they may begin anew. */
static void
tell_waiters(struct room *room, const GError *error)
{
	g_autoptr(GPtrArray) waiters = room->waiters;

	room->waiters = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < waiters->len; i++) {
		struct waiter *waiter = waiters->pdata[i];

		waiter->done(waiter->ctx, room, error);
	}
}

static void
withdraw(struct room *room)
{
	if (room->prompt != 0)
		prompt_withdraw(room->account->core->prompts, room->prompt);
	room->prompt = 0;
}

/* What belongs to being there, or to trying, ends. */
static void
end_stay(struct room *room)
{
	clock_timer_cancel(&room->timer);
	clock_timer_cancel(&room->silence);
	if (room->archive != NULL)
		archive_room_out(room->archive);
	if (room->state == ROOM_IN || room->phase == PHASE_REFRESHING)
		outbox_room_left(room->account, room->jid);
	room->phase = PHASE_IDLE;
	room->create = room->history = room->pinging = false;
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
		start(room);
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
	withdraw(room);
	room->prompt = prompt_open(room->account->core->prompts, &question, answered, room);
}

void
room_failed(struct room *room, const char *word, const char *text)
{
	bool asked = room->waiters->len > 0;
	bool askable = room->wanted && !asked && (strcmp(word, "nick") == 0 || strcmp(word, "password") == 0);
	g_autoptr(GError) error = g_error_new_literal(RPC_ERROR, strcmp(word, "timeout") == 0 ? RPC_ERROR_TIMEOUT :
	    strcmp(word, "not-found") == 0 ? RPC_ERROR_NOT_FOUND : RPC_ERROR_REFUSED, text);

	end_stay(room);
	room->wanted = askable;
	room_save(room);
	set_state(room, ROOM_FAILED, word, text);
	if (askable)
		ask(room, word, text);
	else if (!asked)
		room_notice(room, SEVERITY_WARNING, "%s", text);
	tell_waiters(room, error);
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
	end_stay(room);
	room->backoff_ms = MIN(wait_ms * 2, BACKOFF_MAX_MS);
	wait_ms = wait_ms * g_random_int_range(80, 121) / 100;
	set_state(room, ROOM_FAILED, word, text);
	room->retry_ms = clock_real_us() / 1000 + wait_ms;
	room->timer = clock_timer_start(wait_ms, again, room);
	if (first && !asked)
		room_notice(room, SEVERITY_WARNING, "%s confab enters it again in %d s.", text,
		    (int)((wait_ms + 999) / 1000));
	tell_waiters(room, error);
}

void
room_again(struct room *room, const char *why)
{
	struct turn *turn = room->account->core->turn;

	if (!turn_begin(turn))
		return;
	room_notice(room, SEVERITY_WARNING, "%s: %s", room->jid, why);
	end_stay(room);
	start(room);
	turn_end(turn, true);
}

static void
too_late(void *ctx)
{
	struct room *room = ctx;
	g_autofree char *text = g_strdup_printf("%s does not answer.", room->jid);
	struct turn *turn = room->account->core->turn;

	room->timer = NULL;
	if (!turn_begin(turn)) {
		room->timer = clock_timer_start(JOIN_MS, too_late, room);
		return;
	}
	if (room->phase == PHASE_REFRESHING) {
		/* It does not take us for somebody who is there: out and in again. */
		account_send(room->account, room_own_leaving(room, NULL), false);
		room->phase = PHASE_IDLE;
		room_forget_occupants(room);
		start(room);
	} else {
		if (room->phase == PHASE_ENTERING)
			account_send(room->account, room_own_leaving(room, NULL), false);
		room_lost(room, "timeout", text);
	}
	turn_end(turn, true);
}

/* --- entering --- */

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

/* What of it was said before we came is to be sent: nothing where the archive can be asked. */
static void
add_history(struct room *room, struct stanza *x)
{
	struct stanza *history = stanza_add(x, "history", NULL);
	struct store *store = room->account->core->store;
	g_autofree char *max = g_strdup_printf("%d", LIMIT_ROOM_HISTORY), *since = NULL;
	int64_t chat, last_ms;

	if (room->phase == PHASE_REFRESHING || (room->features & ROOM_ARCHIVE) != 0) {
		stanza_set(history, "maxstanzas", "0");
		return;
	}
	stanza_set(history, "maxstanzas", max);
	chat = chat_find(store, room->account->id, room->jid, CHAT_ROOM, false, NULL);
	last_ms = chat != 0 ? message_last_said(store, chat) : 0;
	room->first = last_ms == 0;
	if (last_ms == 0)
		return;
	/* Clocks differ; copies are known as such. */
	since = clock_format_utc((last_ms - 60000) / 1000 * 1000);
	stanza_set(history, "since", since);
}

static void
enter(struct room *room)
{
	struct stanza *presence = room_own_presence(room, room->nick), *x = stanza_add(presence, "x", NS_MUC);

	if (room->phase != PHASE_REFRESHING)
		room->phase = PHASE_ENTERING;
	add_history(room, x);
	if (room->password != NULL)
		stanza_add_with_text(x, "password", NULL, room->password);
	g_free(room->join_id);
	room->join_id = stanza_new_id();
	stanza_set(presence, "id", room->join_id);
	clock_timer_cancel(&room->timer);
	room->timer = clock_timer_start(room->phase == PHASE_REFRESHING ? REFRESH_MS : JOIN_MS, too_late, room);
	account_send(room->account, presence, false);
}

static const struct { const char *var, *word; unsigned feature; } features_by_var[] = {
	{ NS_MAM, "archive", ROOM_ARCHIVE },
	{ NS_SID, NULL, ROOM_IDS },
	{ NS_OCCUPANT_ID, "occupant-id", ROOM_OCCUPANT_IDS },
	{ NS_SELF_PING, NULL, ROOM_SELF_PING },
	{ "muc_hidden", "hidden", ROOM_HIDDEN },
	{ "muc_public", "public", ROOM_PUBLIC },
	{ "muc_membersonly", "membersonly", ROOM_MEMBERS },
	{ "muc_open", "open", ROOM_OPEN },
	{ "muc_moderated", "moderated", ROOM_MODERATED },
	{ "muc_unmoderated", "unmoderated", ROOM_UNMODERATED },
	{ "muc_nonanonymous", "nonanonymous", ROOM_NON_ANONYMOUS },
	{ "muc_semianonymous", "semianonymous", ROOM_SEMI_ANONYMOUS },
	{ "muc_passwordprotected", "passwordprotected", ROOM_PASSWORD },
	{ "muc_unsecured", "unsecured", ROOM_UNSECURED },
	{ "muc_persistent", "persistent", ROOM_PERSISTENT },
	{ "muc_temporary", "temporary", ROOM_TEMPORARY },
	{ "urn:xmpp:message-moderate:0", NULL, ROOM_MODERATION_0 },
	{ "urn:xmpp:message-moderate:1", NULL, ROOM_MODERATION },
	{ NULL, "logged", ROOM_LOGGED },
};

/* False: it is no room. */
static bool
read_info(struct room *room, const struct stanza *query)
{
	unsigned found = room->features & ROOM_LOGGED;
	const char *name = NULL;
	bool is_room = false;

	for (struct stanza *c = query != NULL ? stanza_first(query) : NULL; c != NULL; c = stanza_next(c)) {
		const char *var = stanza_is(c, "feature", NS_DISCO_INFO) ? stanza_get(c, "var") : NULL;

		if (stanza_is(c, "identity", NS_DISCO_INFO) && g_strcmp0(stanza_get(c, "category"),
		    "conference") == 0 && name == NULL)
			name = stanza_get(c, "name");
		is_room |= g_strcmp0(var, NS_MUC) == 0;
		for (size_t i = 0; var != NULL && i < G_N_ELEMENTS(features_by_var); i++)
			if (g_strcmp0(var, features_by_var[i].var) == 0)
				found |= features_by_var[i].feature;
	}
	if (!is_room)
		return false;
	room->features = found | ((found & ROOM_ARCHIVE) != 0 ? ROOM_IDS : 0);
	g_free(room->name);
	room->name = name != NULL && *name != '\0' ? text_clean(name, -1, TEXT_LINE, LIMIT_NAME) : NULL;
	room_changed(room);
	return true;
}

json_t *
room_features(const struct room *room)
{
	json_t *words = json_array();

	for (size_t i = 0; i < G_N_ELEMENTS(features_by_var); i++)
		if (features_by_var[i].word != NULL && (room->features & features_by_var[i].feature) != 0)
			json_array_append_new(words, json_string(features_by_var[i].word));
	return words;
}

static bool
is_condition(const struct stanza *answer, const char *condition)
{
	struct stanza_fault fault;
	bool is;

	if (!stanza_fault_read(answer, &fault))
		return false;
	is = strcmp(fault.condition, condition) == 0;
	stanza_fault_clear(&fault);
	return is;
}

static void
informed(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct room *room = ctx;
	g_autofree char *text = NULL;
	const char *word;

	if (room->phase != PHASE_ASKING || end == IQ_LOST)
		return;
	if (end == IQ_TIMEOUT) {
		text = g_strdup_printf("%s does not answer.", room->jid);
		room_lost(room, "timeout", text);
	} else if (end == IQ_RESULT && !read_info(room, stanza_child(answer, "query", NS_DISCO_INFO))) {
		text = g_strdup_printf("%s is no room.", room->jid);
		room_failed(room, "not-found", text);
	} else if (end == IQ_RESULT && room->create) {
		text = g_strdup_printf("%s is there already. /join %s enters it.", room->jid, room->jid);
		room_failed(room, "exists", text);
	} else if (end == IQ_ERROR && is_condition(answer, "item-not-found") && !room->create) {
		text = g_strdup_printf("There is no room %s. /create %s makes it.", room->jid, room->jid);
		room_failed(room, "not-found", text);
	} else if (end == IQ_ERROR && (is_condition(answer, "remote-server-not-found") ||
	    is_condition(answer, "remote-server-timeout") || is_condition(answer, "gone"))) {
		word = room_refusal(room, answer, &text);
		(strcmp(word, "gone") == 0 ? room_failed : room_lost)(room, word, text);
	} else {
		/* Who may not ask is told by the room itself why they may not come in. */
		enter(room);
	}
}

static void
start(struct room *room)
{
	struct stanza *iq = stanza_iq("get", room->jid);

	clock_timer_cancel(&room->timer);
	withdraw(room);
	stanza_add(iq, "query", NS_DISCO_INFO);
	room->phase = PHASE_ASKING;
	set_state(room, ROOM_JOINING, NULL, NULL);
	account_request(room->account, iq, informed, room);
	turn_wake(room->account->core->turn);
}

/* --- there --- */

/* We are in, and everything that this needs is done. */
static void
settled(struct room *room)
{
	set_state(room, ROOM_IN, NULL, NULL);
	room->backoff_ms = 0;
	room_ping_begin(room);
	if ((room->features & ROOM_ARCHIVE) != 0) {
		if (room->archive == NULL)
			room->archive = archive_new(room->account, room);
		archive_room_in(room->archive);
	}
	tell_waiters(room, NULL);
	outbox_flush(room->account);
}

static void
made(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct room *room = ctx;
	g_autofree char *text = NULL;

	if (room->phase != PHASE_ENTERING || end == IQ_LOST)
		return;
	clock_timer_cancel(&room->timer);
	if (end == IQ_RESULT) {
		room->create = false;
		room->phase = PHASE_IDLE;
		settled(room);
		return;
	}
	account_send(room->account, room_own_leaving(room, NULL), false);
	if (end == IQ_ERROR)
		room_refusal(room, answer, &text);
	else
		text = g_strdup_printf("%s does not answer.", room->jid);
	room_failed(room, "server", text);
}

/* Nothing but our wish made it: the service's own settings are taken (XEP-0045 section 10.1.2). */
static void
take_standard(struct room *room)
{
	struct stanza *iq = stanza_iq("set", room->jid);
	struct stanza *form = stanza_add(stanza_add(iq, "query", NS_MUC_OWNER), "x", NS_DATA);

	stanza_set(form, "type", "submit");
	account_request(room->account, iq, made, room);
}

static void
open_chat(struct room *room)
{
	struct core *core = room->account->core;
	g_autoptr(GError) error = NULL;
	int64_t chat = chat_find(core->store, room->account->id, room->jid, CHAT_ROOM, true, &error);

	if (chat != 0 && (room->phase == PHASE_REFRESHING || chat_set_open(core->store, chat, true, &error)))
		turn_put_chat(core->turn, chat);
	turn_failed(core->turn, error);
}

void
room_entered(struct room *room, const char *nick, bool is_new)
{
	struct account *account = room->account;
	g_autofree char *text = NULL;

	if (is_new && !room->create) {
		account_send(account, room_own_leaving(room, NULL), false);
		text = g_strdup_printf("There was no room %s: by coming we made it, and left it again. /create %s makes it on purpose.",
		    room->jid, room->jid);
		room_failed(room, "not-found", text);
		return;
	}
	if (strcmp(nick, room->nick) != 0) {
		g_free(room->nick);
		room->nick = g_strdup(nick);
	}
	room->wanted = true;
	room_save(room);
	open_chat(room);
	/* Then this presence is taken once more when the disk does. */
	if (turn_is_stuck(account->core->turn))
		return;
	bookmark_apply(account, room->jid);
	clock_timer_cancel(&room->timer);
	g_clear_pointer(&room->join_id, g_free);
	room->entered = order_live(account->core->store, account->clock_offset_us);
	room->history = room->phase == PHASE_ENTERING;
	room->told = 0;
	if (is_new) {
		room->timer = clock_timer_start(JOIN_MS, too_late, room);
		take_standard(room);
		return;
	}
	room->phase = PHASE_IDLE;
	settled(room);
}

/* --- what people and sessions want --- */

/* Another wish while one is open.  False: it is answered. */
static bool
may_begin(struct room *room, const char *nick, room_done done, void *ctx)
{
	g_autoptr(GError) error = NULL;

	if (room->state != ROOM_IN && room->state != ROOM_JOINING)
		return true;
	if (nick != NULL && strcmp(nick, room->nick) != 0)
		error = g_error_new(RPC_ERROR, RPC_ERROR_FAILED, room->state == ROOM_IN ?
		    "You are in %s already, as %s. /nick %s changes that." :
		    "%s is being entered as %s; /nick %s changes that later.", room->jid, room->nick, nick);
	if (room->state == ROOM_JOINING && error == NULL)
		return done != NULL;
	if (done != NULL)
		done(ctx, room, error);
	return false;
}

void
room_join(struct account *account, const char *jid, const char *nick, const char *password, bool create, room_done done,
    void *ctx)
{
	struct room *room = room_find(account, jid);
	const struct bookmark *kept = bookmark_find(account, jid);
	g_autofree char *standard = NULL;
	struct waiter *waiter;

	if (room == NULL) {
		standard = kept != NULL && kept->nick != NULL ? g_strdup(kept->nick) : room_standard_nick(account);
		room = room_new(account, jid, nick != NULL ? nick : standard);
	}
	if (!may_begin(room, nick, done, ctx))
		return;
	if (done != NULL) {
		waiter = g_new(struct waiter, 1);
		waiter->done = done;
		waiter->ctx = ctx;
		g_ptr_array_add(room->waiters, waiter);
	}
	if (room->state == ROOM_JOINING)
		return;
	if (nick != NULL && strcmp(nick, room->nick) != 0) {
		g_free(room->nick);
		room->nick = g_strdup(nick);
	}
	if (password == NULL && room->password == NULL && kept != NULL)
		password = kept->password;
	if (password != NULL) {
		g_free(room->password);
		room->password = g_strdup(password);
	}
	room->create = create;
	room->backoff_ms = 0;
	if (account_online(account))
		start(room);
	else {
		room->wanted = true;
		room_save(room);
	}
}

void
room_forget(struct account *account, void *ctx)
{
	GHashTableIter iter;
	struct room *room;

	g_hash_table_iter_init(&iter, account->rooms);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&room)) {
		for (guint i = room->waiters->len; i-- > 0;)
			if (((struct waiter *)room->waiters->pdata[i])->ctx == ctx)
				g_ptr_array_remove_index(room->waiters, i);
	}
}

void
room_leave(struct room *room, const char *words)
{
	g_autoptr(GError) error = g_error_new(RPC_ERROR, RPC_ERROR_CANCELLED, "%s was left before we were in.",
	    room->jid);

	if (room_hears(room))
		account_send(room->account, room_own_leaving(room, words), false);
	end_stay(room);
	withdraw(room);
	room->wanted = false;
	room_save(room);
	set_state(room, ROOM_OUT, NULL, NULL);
	tell_waiters(room, error);
	turn_wake(room->account->core->turn);
}

/*
 * A change that is told by a stanza to the whole room: an iq goes behind it, and its answer says that the room is
 * through.
 */
struct asking {
	struct room	*room;
	char		*wanted;
	room_done	 done;
	void		*ctx;
};

static void
asked(struct asking *a, enum iq_end end, const char *is, const char *refusal, const char *nothing)
{
	g_autoptr(GError) error = NULL;

	if (end == IQ_LOST)
		error = g_error_new(RPC_ERROR, RPC_ERROR_OFFLINE, "The connection broke meanwhile.");
	else if (strcmp(is != NULL ? is : "", a->wanted) != 0)
		error = g_error_new(RPC_ERROR, RPC_ERROR_REFUSED, "%s", refusal != NULL ? refusal : nothing);
	a->done(a->ctx, a->room, error);
	g_free(a->wanted);
	g_free(a);
}

static void
renamed(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct asking *a = ctx;

	(void)answer;
	asked(a, end, a->room->nick, a->room->nick_text, "The room has not said that you are called so.");
}

static void
subject_set(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct asking *a = ctx;

	(void)answer;
	asked(a, end, a->room->subject, a->room->subject_text, "The room has not said that this is its subject now.");
}

/*
 * A presence or message to the room may be kept back while nobody sits here (XEP-0352); an answer is not, and brings it
 * along.
 */
static void
ask_behind(struct room *room, const char *wanted, iq_done then, room_done done, void *ctx)
{
	struct stanza *iq = stanza_iq("get", room->jid);
	struct asking *a = g_new(struct asking, 1);

	a->room = room;
	a->wanted = g_strdup(wanted);
	a->done = done;
	a->ctx = ctx;
	stanza_add(iq, "query", NS_DISCO_INFO);
	account_request(room->account, iq, then, a);
	turn_wake(room->account->core->turn);
}

void
room_rename(struct room *room, const char *nick, room_done done, void *ctx)
{
	struct stanza *presence = room_own_presence(room, nick);

	g_clear_pointer(&room->nick_text, g_free);
	g_free(room->nick_id);
	room->nick_id = stanza_new_id();
	stanza_set(presence, "id", room->nick_id);
	account_send(room->account, presence, false);
	ask_behind(room, nick, renamed, done, ctx);
}

void
room_set_subject(struct room *room, const char *text, room_done done, void *ctx)
{
	struct stanza *message = stanza_message("groupchat", room->jid);

	g_clear_pointer(&room->subject_text, g_free);
	g_free(room->subject_id);
	room->subject_id = stanza_new_id();
	stanza_set(message, "id", room->subject_id);
	stanza_add_with_text(message, "subject", NULL, text);
	account_send(room->account, message, true);
	ask_behind(room, text, subject_set, done, ctx);
}

void
rooms_session(struct account *account)
{
	GHashTableIter iter;
	struct room *room;

	g_hash_table_iter_init(&iter, account->rooms);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&room)) {
		if (room->phase == PHASE_REFRESHING)
			enter(room);
		else if (room->wanted && room->state != ROOM_IN && room->state != ROOM_JOINING)
			start(room);
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
	end_stay(room);
	room->backoff_ms = 0;
	if (room->state != ROOM_FAILED || room->wanted)
		set_state(room, ROOM_OUT, NULL, NULL);
	tell_waiters(room, error);
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
