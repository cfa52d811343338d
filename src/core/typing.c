/* typing.c: see typing.h.  Of each chat what we said last, and what was heard and is told to the faces. */
#include "core/typing.h"

#include <string.h>

#include "base/clock.h"
#include "base/jid.h"
#include "base/limits.h"
#include "core/bus.h"
#include "core/caps.h"
#include "core/chat.h"
#include "core/privacy.h"
#include "core/room.h"
#include "core/roster.h"
#include "core/turn.h"
#include "xmpp/ns.h"

enum {
	SILENT_MS = 30000,	/* who says nothing more for so long does not type any more */
	EVENT_MS = 1000,	/* between two events of one chat */
};

struct talk {
	struct account	*account;
	char		*jid;
	enum chat_state	 ours;
	struct clock_timer *ours_end;
	bool		 is_room;	/* jid is that of a room, or of somebody in it */
	bool		 heard;		/* they sent a state: they know what that is */
	enum chat_state	 theirs, posted;
	int64_t		 heard_ms, posted_ms;	/* boot clock; posted_ms 0: never */
	struct clock_timer *theirs_due;
};

struct typing {
	struct account	*account;
	GHashTable	*talks;		/* bare JID, in a room also room@service/nick → struct talk */
};

static void
talk_free(void *p)
{
	struct talk *talk = p;

	clock_timer_cancel(&talk->ours_end);
	clock_timer_cancel(&talk->theirs_due);
	g_free(talk->jid);
	g_free(talk);
}

struct typing *
typing_new(struct account *account)
{
	struct typing *typing = g_new0(struct typing, 1);

	typing->account = account;
	typing->talks = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, talk_free);
	return typing;
}

void
typing_free(struct typing *typing)
{
	g_hash_table_unref(typing->talks);
	g_free(typing);
}

/* NULL: too many talk at once. */
static struct talk *
find_talk(struct account *account, const char *jid)
{
	GHashTable *talks = account->typing->talks;
	struct talk *talk = g_hash_table_lookup(talks, jid);
	g_autofree char *bare = NULL;

	if (talk != NULL || g_hash_table_size(talks) >= LIMIT_TALKS)
		return talk;
	talk = g_new0(struct talk, 1);
	talk->account = account;
	talk->jid = g_strdup(jid);
	bare = jid_bare(jid);
	talk->is_room = room_known(account, bare);
	talk->ours = talk->theirs = talk->posted = CHAT_STATE_ACTIVE;
	g_hash_table_insert(talks, talk->jid, talk);
	return talk;
}

/* --- ours --- */

/* Of a large room nobody wants to know who types, and it would be told to all of them. */
static bool
is_small_room(const struct account *account, const char *jid)
{
	const struct room *room = room_find(account, jid);

	return room != NULL && room->state == ROOM_IN && account_online(account) &&
	    (int)g_hash_table_size(room->occupants) <=
	    setting_get(account->core->settings, SETTING_ROOM_TYPING);
}

static bool
is_off(const struct account *account, const char *jid)
{
	return privacy_said(account, jid, SETTING_PRIVACY_TYPING) == PRIVACY_OFF;
}

static bool
may_say_in_room(const struct account *account, const char *jid)
{
	return is_small_room(account, jid) && room_find(account, jid)->role != ROLE_VISITOR && !is_off(account, jid) &&
	    !is_off(account, NULL) && setting_get(account->core->settings, SETTING_PRIVACY_TYPING) != 0;
}

static bool
may_say(const struct talk *talk)
{
	const struct account *account = talk->account;
	g_auto(GStrv) there = roster_resources(account->roster, talk->jid);

	if (talk->is_room)
		return may_say_in_room(account, talk->jid);
	return account_online(account) && there[0] != NULL && privacy_tells(account, talk->jid,
	    SETTING_PRIVACY_TYPING) && (talk->heard || caps_any_supports(account, talk->jid, NS_CHATSTATES));
}

static void ours_silent(void *ctx);

static void
say(struct talk *talk, enum chat_state state)
{
	struct stanza *message;

	clock_timer_cancel(&talk->ours_end);
	if (state == CHAT_STATE_COMPOSING)
		talk->ours_end = clock_timer_start(SILENT_MS, ours_silent, talk);
	if (talk->ours == state || !may_say(talk))
		return;
	talk->ours = state;
	message = stanza_message(talk->is_room ? "groupchat" : "chat", talk->jid);
	stanza_add(message, chat_state_name(state), NS_CHATSTATES);
	stanza_add(message, "no-store", NS_HINTS);
	account_send(talk->account, message, false);
	turn_wake(talk->account->core->turn);
}

static void
ours_silent(void *ctx)
{
	struct talk *talk = ctx;

	talk->ours_end = NULL;
	say(talk, CHAT_STATE_PAUSED);
}

void
typing_ours(struct account *account, const char *jid, enum chat_state state)
{
	struct talk *talk = find_talk(account, jid);

	/* What cannot leave now is old when it can. */
	if (talk != NULL && !turn_is_stuck(account->core->turn))
		say(talk, state);
}

bool
typing_sent(struct account *account, const char *jid)
{
	struct talk *talk = find_talk(account, jid);
	bool typed;

	if (talk == NULL)
		return false;
	typed = talk->ours != CHAT_STATE_ACTIVE;
	clock_timer_cancel(&talk->ours_end);
	talk->ours = CHAT_STATE_ACTIVE;
	/* A room hears it only after it heard of typing. */
	return may_say(talk) && (typed || !talk->is_room);
}

/* --- theirs --- */

static void theirs_due(void *ctx);

/* Tells the faces what is so now, when that may be told; and waits for the next thing that happens by itself. */
static void
settle(struct talk *talk)
{
	struct core *core = talk->account->core;
	int64_t now_ms = clock_boot_ms(), wait_ms;

	clock_timer_cancel(&talk->theirs_due);
	if (talk->theirs == CHAT_STATE_COMPOSING && now_ms >= talk->heard_ms + SILENT_MS)
		talk->theirs = CHAT_STATE_PAUSED;
	wait_ms = talk->posted_ms + EVENT_MS - now_ms;
	if (talk->theirs != talk->posted && (talk->posted_ms == 0 || wait_ms <= 0)) {
		struct event event = { .type = EVENT_typing };

		event.account_name = g_strdup(account_name(talk->account));
		event.chat_jid = jid_bare(talk->jid);
		event.typing.nick = g_strdup(talk->is_room ? jid_resource(talk->jid) : NULL);
		event.typing.state = talk->theirs;
		bus_post(core->bus, event);
		turn_wake(core->turn);
		talk->posted = talk->theirs;
		talk->posted_ms = now_ms;
	}
	if (talk->theirs != talk->posted)
		talk->theirs_due = clock_timer_start(wait_ms, theirs_due, talk);
	else if (talk->theirs == CHAT_STATE_COMPOSING)
		talk->theirs_due = clock_timer_start(talk->heard_ms + SILENT_MS - now_ms, theirs_due, talk);
}

static void
theirs_due(void *ctx)
{
	struct talk *talk = ctx;

	talk->theirs_due = NULL;
	settle(talk);
}

void
typing_theirs(struct account *account, const char *jid, enum chat_state state, bool told)
{
	g_autofree char *bare = jid_bare(jid);
	struct talk *talk;
	bool in_room = is_small_room(account, bare);

	/* A stranger with whom there is no chat types for nobody. */
	if (!in_room && !roster_has(account->roster, jid) &&
	    chat_find(account->core->store, account->id, jid, CHAT_PERSON, false, NULL) == 0)
		return;
	talk = find_talk(account, jid);
	if (talk == NULL)
		return;
	talk->heard |= told;
	talk->heard_ms = clock_boot_ms();
	talk->theirs = state;
	settle(talk);
}

void
typing_reset(struct typing *typing)
{
	GHashTableIter iter;
	struct talk *talk;

	g_hash_table_iter_init(&iter, typing->talks);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&talk)) {
		talk->posted_ms = 0;
		if (talk->theirs == CHAT_STATE_COMPOSING)
			talk->theirs = CHAT_STATE_PAUSED;
		settle(talk);
	}
	g_hash_table_remove_all(typing->talks);
}
