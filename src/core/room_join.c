/*
 * room_join.c: into a room (XEP-0045 section 7.2): asked what it is, entered, or made on purpose and set up (section
 * 10.1).
 */
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/archive.h"
#include "core/bookmark.h"
#include "core/chat.h"
#include "core/outbox.h"
#include "core/room_private.h"
#include "core/turn.h"
#include "proto/error.h"
#include "store/order.h"
#include "xmpp/form.h"
#include "xmpp/ns.h"

enum {
	JOIN_MS = 30000,
	REFRESH_MS = 10000,
};

struct waiter {
	room_done	 done;
	void		*ctx;
};

void
room_tell_waiters(struct room *room, const GError *error)
{
	g_autoptr(GPtrArray) waiters = room->waiters;

	room->waiters = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < waiters->len; i++) {
		struct waiter *waiter = waiters->pdata[i];

		waiter->done(waiter->ctx, room, error);
	}
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
		room_start(room);
	} else {
		if (room->phase >= PHASE_ENTERING)
			account_send(room->account, room_own_leaving(room, NULL), false);
		room_lost(room, "timeout", text);
	}
	turn_end(turn, true);
}

/* --- entering --- */

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

void
room_enter(struct room *room)
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
	{ NS_MODERATE_OLD, NULL, ROOM_MODERATION_0 },
	{ NS_MODERATE, NULL, ROOM_MODERATION },
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
		room_enter(room);
	}
}

void
room_start(struct room *room)
{
	struct stanza *iq = stanza_iq("get", room->jid);

	clock_timer_cancel(&room->timer);
	room_withdraw_prompt(room);
	stanza_add(iq, "query", NS_DISCO_INFO);
	room->phase = PHASE_ASKING;
	room_set_state(room, ROOM_JOINING, NULL, NULL);
	account_request(room->account, iq, informed, room);
	turn_wake(room->account->core->turn);
}

/* --- there --- */

static void
begin_archive(struct room *room)
{
	if ((room->features & ROOM_ARCHIVE) == 0)
		return;
	if (room->archive == NULL)
		room->archive = archive_new(room->account, room);
	archive_room_in(room->archive);
}

/* We are in, and everything that this needs is done. */
static void
settled(struct room *room)
{
	room_set_state(room, ROOM_IN, NULL, NULL);
	room->backoff_ms = 0;
	room_ping_begin(room);
	begin_archive(room);
	room_tell_waiters(room, NULL);
	outbox_flush(room->account);
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

static void
informed_again(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct room *room = ctx;

	struct core *core = room->account->core;
	int64_t chat;

	room->asking_again = false;
	if (room->state != ROOM_IN || end != IQ_RESULT || !read_info(room, stanza_child(answer, "query",
	    NS_DISCO_INFO)))
		return;
	room_save(room);
	/* The chat is called as the room is. */
	chat = chat_find(core->store, room->account->id, room->jid, CHAT_ROOM, false, NULL);
	if (chat != 0)
		turn_put_chat(core->turn, chat);
	begin_archive(room);
	/* It has given us an id, which comes with our presence. */
	if ((room->features & ROOM_OCCUPANT_IDS) != 0 && room->own_id == NULL)
		account_send(room->account, room_own_presence(room, room->nick), false);
}

void
room_ask_again(struct room *room)
{
	struct stanza *iq;

	if (room->asking_again || room->state != ROOM_IN)
		return;
	iq = stanza_iq("get", room->jid);
	stanza_add(iq, "query", NS_DISCO_INFO);
	room->asking_again = true;
	account_request(room->account, iq, informed_again, room);
	turn_wake(room->account->core->turn);
}

/* It is ours to keep; false: the disk did not take that, and it is done once more when it does. */
static bool
keep(struct room *room)
{
	room->wanted = true;
	room_save(room);
	open_chat(room);
	if (turn_is_stuck(room->account->core->turn))
		return false;
	bookmark_apply(room->account, room->jid);
	return true;
}

static void
made(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct room *room = ctx;
	g_autofree char *text = NULL;

	if (room->phase != PHASE_MAKING || end == IQ_LOST || (end == IQ_RESULT && !keep(room)))
		return;
	clock_timer_cancel(&room->timer);
	if (end == IQ_RESULT) {
		room->create = false;
		room->phase = PHASE_IDLE;
		settled(room);
		/* What it is was asked when it was not there. */
		room_ask_again(room);
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
	struct stanza *x = stanza_new("x", NS_DATA);

	stanza_set(x, "type", "submit");
	room_set_up(room, x);
}

void
room_set_up(struct room *room, struct stanza *form)
{
	struct stanza *iq = stanza_iq("set", room->jid);

	room->form = NULL;
	room->form_ctx = NULL;
	clock_timer_cancel(&room->timer);
	room->timer = clock_timer_start(JOIN_MS, too_late, room);
	stanza_take(stanza_add(iq, "query", NS_MUC_OWNER), form);
	account_request(room->account, iq, made, room);
	turn_wake(room->account->core->turn);
}

static void
form_came(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct room *room = ctx;
	const struct stanza *x = end == IQ_RESULT ?
	    stanza_child(stanza_child(answer, "query", NS_MUC_OWNER), "x", NS_DATA) : NULL;

	if (room->phase != PHASE_MAKING || end == IQ_LOST)
		return;
	if (room->form == NULL || x == NULL) {
		take_standard(room);
		return;
	}
	/* A person may take their time; most services let nobody else in meanwhile. */
	clock_timer_cancel(&room->timer);
	room->form(room->form_ctx, room, x);
}

static void
ask_form(struct room *room)
{
	struct stanza *iq = stanza_iq("get", room->jid);

	stanza_add(iq, "query", NS_MUC_OWNER);
	account_request(room->account, iq, form_came, room);
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
	/* Then this presence is taken once more. */
	if (!is_new && !keep(room))
		return;
	clock_timer_cancel(&room->timer);
	g_clear_pointer(&room->join_id, g_free);
	room->entered = order_live(account->core->store, account->clock_offset_us);
	room->history = room->phase == PHASE_ENTERING;
	room->told = 0;
	if (is_new) {
		room->phase = PHASE_MAKING;
		room->timer = clock_timer_start(JOIN_MS, too_late, room);
		if (room->form != NULL)
			ask_form(room);
		else
			take_standard(room);
		return;
	}
	room->phase = PHASE_IDLE;
	settled(room);
}

/* --- who wants to be there --- */

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
		room_start(room);
	else {
		room->wanted = true;
		room_save(room);
	}
}

void
room_create(struct account *account, const char *jid, const char *nick, room_form form, room_done done, void *ctx)
{
	struct room *room;

	room_join(account, jid, nick, NULL, true, done, ctx);
	room = room_find(account, jid);
	/* It did not end at once, and is not somebody else's wish. */
	if (room != NULL && room->state == ROOM_JOINING && room->phase == PHASE_ASKING && room->create &&
	    room->form == NULL) {
		room->form = form;
		room->form_ctx = ctx;
	}
}

void
room_give_up(struct account *account, const char *jid, void *ctx)
{
	struct room *room = room_find(account, jid);

	room_forget(account, ctx);
	if (room == NULL || room->form_ctx != ctx)
		return;
	room->form = NULL;
	room->form_ctx = NULL;
	if (room->phase == PHASE_MAKING)
		room_leave(room, NULL);
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
