/*
 * room_message.c: what is said in a room: by whom, when, and whether it is news.  A room repeats what was said before
 * to who comes in; after its subject (XEP-0045 §7.2.15), or the first message without a time, everything is new,
 * whatever time it claims.
 */
#include "core/room_message.h"

#include <string.h>

#include "base/clock.h"
#include "base/jid.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "core/chat.h"
#include "core/room_private.h"
#include "core/roster.h"
#include "core/setting.h"
#include "core/turn.h"
#include "proto/error.h"
#include "store/chats.h"
#include "store/versions.h"
#include "xmpp/ns.h"

/* When the room says it was said; 0: it does not. */
static int64_t
delayed(const struct room *room, const struct stanza *message)
{
	int64_t said_ms;

	for (struct stanza *c = stanza_first(message); c != NULL; c = stanza_next(c)) {
		g_autofree char *by = NULL;

		if (!stanza_is(c, "delay", NS_DELAY) || !clock_parse_utc(stanza_get(c, "stamp"), &said_ms))
			continue;
		by = stanza_get(c, "from") != NULL ? jid_normalise(stanza_get(c, "from"), NULL) : NULL;
		if (by == NULL || jid_same_bare(by, room->jid))
			return MAX(MIN(said_ms, clock_real_us() / 1000), 1);
	}
	return 0;
}

static bool
is_known_as_ours(const struct incoming *in)
{
	struct store *store = in->account->core->store;
	const struct stanza *origin = stanza_child(in->message, "origin-id", NS_SID);
	const char *id = stanza_get(origin != NULL ? origin : in->message, "id");
	int64_t chat = id != NULL ? chat_find(store, in->account->id, in->peer, CHAT_ROOM, false, NULL) : 0;
	struct message_row *row = chat != 0 ? message_find_out(store, chat, id) : NULL;
	g_autofree char *text = message_text(in->message);
	bool known = row != NULL && g_strcmp0(text, row->body) == 0;

	/* Or what it said before it was corrected. */
	if (row != NULL && !known && (row->flags & MESSAGE_EDITED) != 0) {
		g_autoptr(GPtrArray) texts = message_versions(store, row->id);

		for (guint i = 0; i < texts->len; i++)
			known |= g_strcmp0(text, texts->pdata[i]) == 0;
	}
	message_row_free(row);
	return known;
}

/*
 * By occupant-id where there is one.  By nick only what comes now: who had it before is not known, so of older messages
 * only those are ours that we know.
 */
static bool
is_ours(const struct incoming *in, const char *id)
{
	const struct room *room = in->room;
	const char *nick = jid_resource(in->from);

	if (id != NULL && room->own_id != NULL)
		return strcmp(id, room->own_id) == 0;
	if (g_strcmp0(nick, room->nick) != 0)
		return false;
	return in->via == VIA_LIVE || is_known_as_ours(in);
}

void
room_message_author(struct incoming *in)
{
	g_autofree char *id = NULL;
	struct occupant *o;

	if (in->kind == CHAT_ROOM) {
		id = in->room != NULL ? room_occupant_id(in->room, in->message) : NULL;
		in->out = in->room != NULL && is_ours(in, id);
	} else if (in->room != NULL && !in->out && in->via == VIA_LIVE) {
		o = room_occupant(in->room, jid_resource(in->from));
		id = o != NULL ? g_strdup(o->id) : NULL;
	}
	in->author = in->out ? g_strdup(account_jid(in->account)) : id != NULL ? g_strconcat("#", id, NULL) :
	    g_strdup(in->from);
}

bool
room_message_address(struct incoming *in)
{
	struct room *room = room_find(in->account, in->peer);
	struct occupant *o;

	/* A copy of it goes to each device that is there. */
	if (room == NULL || !room_hears(room) || in->via != VIA_LIVE) {
		log_debug("room", "%s: a message of a room that we are not in is ignored", account_name(in->account));
		return false;
	}
	in->kind = CHAT_ROOM;
	in->room = room;
	room->heard_ms = clock_boot_ms();
	if (room->history || room->state == ROOM_JOINING)
		in->said_ms = delayed(room, in->message);
	if (in->said_ms != 0) {
		in->via = VIA_ROOM_HISTORY;
		in->old = room->first;
	} else if (room->state == ROOM_IN) {
		room->history = false;
	}
	room_message_author(in);
	o = in->via == VIA_LIVE && jid_resource(in->from) != NULL ? room_occupant(room, jid_resource(in->from)) : NULL;
	if (o != NULL)
		o->spoke_ms = clock_boot_ms();
	return true;
}

bool
room_message_archived(struct room *room, const struct stanza *message, char **from, char **chat, char **author,
    bool *out)
{
	struct incoming in = { .account = room->account, .message = message, .via = VIA_ARCHIVE, .kind = CHAT_ROOM,
	    .room = room };
	const char *said_from = stanza_get(message, "from");

	in.from = said_from != NULL ? jid_normalise(said_from, NULL) : NULL;
	if (in.from == NULL || !jid_same_bare(in.from, room->jid) || g_strcmp0(stanza_get(message, "type"),
	    "groupchat") != 0) {
		g_free(in.from);
		return false;
	}
	in.peer = room->jid;
	room_message_author(&in);
	*from = in.from;
	*chat = g_strdup(room->jid);
	*author = in.author;
	*out = in.out;
	return true;
}

bool
room_is_private(const struct account *account, const char *full, const struct stanza *message)
{
	g_autofree char *bare = jid_bare(full);

	if (jid_resource(full) == NULL || roster_has(account->roster, bare))
		return false;
	/* XEP-0045 §7.5: also of a room that only another device of ours is in. */
	return room_known(account, bare) || stanza_count(message, "x", NS_MUC_USER) == 1;
}

bool
room_message_same_stay(const struct incoming *in, int64_t ord)
{
	const struct occupant *o;

	/* Anybody may take a nick that somebody else had. */
	if (in->kind == CHAT_PERSON || in->out || *in->author == '#')
		return true;
	o = in->room != NULL && in->via == VIA_LIVE && jid_resource(in->from) != NULL ?
	    room_occupant(in->room, jid_resource(in->from)) : NULL;
	return o != NULL && ord > o->since;
}

/* --- to one alone --- */

char *
room_who(const struct occupant *o)
{
	if (o->id != NULL)
		return g_strconcat("#", o->id, NULL);
	return o->real != NULL ? jid_bare(o->real) : g_strdup_printf("@%" G_GINT64_FORMAT, o->since);
}

static const char *
elsewhere(const struct room *room, const char *who)
{
	const struct occupant *o = who != NULL && *who == '#' ? room_occupant_by_id(room, who + 1) : NULL;

	return o != NULL ? o->nick : NULL;
}

bool
room_may_whisper(struct account *account, const char *chat, bool settle, GError **error)
{
	struct store *store = account->core->store;
	const char *nick = jid_resource(chat), *now;
	g_autofree char *bare = jid_bare(chat), *who = NULL;
	struct room *room = room_find(account, bare);
	struct occupant *o = room != NULL && room->state == ROOM_IN && nick != NULL ? room_occupant(room, nick) : NULL;
	int64_t id = chat_find(store, account->id, chat, CHAT_PRIVATE, false, NULL);
	struct chat_row *row = id != 0 ? chat_load(store, id) : NULL;
	bool may = false;

	if (room == NULL || room->state != ROOM_IN) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_FAILED, "You are not in %s. /join %s enters it.", bare, bare);
	} else if (o == NULL) {
		now = elsewhere(room, row != NULL ? row->occupant : NULL);
		if (now != NULL)
			g_set_error(error, RPC_ERROR, RPC_ERROR_NOT_FOUND, "%s is called %s in %s now.", nick, now,
			    bare);
		else
			g_set_error(error, RPC_ERROR, RPC_ERROR_NOT_FOUND, "%s is not in %s.", nick, bare);
	} else {
		who = room_who(o);
		may = row == NULL || row->occupant == NULL || strcmp(row->occupant, who) == 0;
		if (row != NULL && (settle || row->occupant == NULL))
			may = g_strcmp0(row->occupant, who) == 0 || chat_set_occupant(store, id, who, error);
		else if (!may)
			g_set_error(error, RPC_ERROR, RPC_ERROR_FAILED, *who == '@' && *row->occupant == '@' ?
			    "%s went from %s and came back, and that room does not tell whether it is the same person. "
			    "/private says that you mean who is called so now." :
			    "%s in %s is somebody else than before. /private says that you mean who is called so now.",
			    nick, bare);
	}
	chat_row_free(row);
	return may;
}

void
room_whispered(struct incoming *in)
{
	struct core *core = in->account->core;
	const char *nick = jid_resource(in->peer);
	struct occupant *o = in->room != NULL && in->via == VIA_LIVE ? room_occupant(in->room, nick) : NULL;
	struct chat_row *row = o != NULL && !in->out ? chat_load(core->store, in->row->chat) : NULL;
	g_autofree char *who = row != NULL ? room_who(o) : NULL;
	g_autoptr(GError) error = NULL;

	if (row != NULL && row->occupant == NULL)
		chat_set_occupant(core->store, row->id, who, &error);
	else if (row != NULL && strcmp(row->occupant, who) != 0 && !o->told_other) {
		o->told_other = true;
		room_notice(in->room, SEVERITY_WARNING,
		    "%s, who writes to you alone, may be somebody else than before under that nick. What you write there is not sent before you say /private.", nick);
	}
	turn_failed(core->turn, error);
	chat_row_free(row);
}

/* --- for us --- */

static bool
is_word_part(gunichar c)
{
	return g_unichar_isalnum(c) || g_unichar_ismark(c) || c == '_';
}

/* What is compared: without case, in one form. */
static char *
folded(const char *text)
{
	g_autofree char *fold = g_utf8_casefold(text, -1);
	char *normal = g_utf8_normalize(fold, -1, G_NORMALIZE_NFKC);

	return normal != NULL ? normal : g_strdup("");
}

/*
 * As a word of its own: what stands before and after is no part of one.  Scripts without blanks have no borders to look
 * for.
 */
static bool
has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; len > 0 && (at = strstr(at, word)) != NULL; at++) {
		gunichar before = at > text ? g_utf8_get_char(g_utf8_prev_char(at)) : 0,
		    after = g_utf8_get_char(at + len);
		gunichar first = g_utf8_get_char(word), last = g_utf8_get_char(g_utf8_prev_char(word + len));

		if ((g_unichar_iswide(first) || !is_word_part(before) || !is_word_part(first)) &&
		    (g_unichar_iswide(last) || !is_word_part(after) || !is_word_part(last)))
			return true;
	}
	return false;
}

bool
room_mentions(const struct room *room, const char *body)
{
	g_autofree char *text = folded(body), *nick = folded(room->nick);
	g_auto(GStrv) words = g_strsplit_set(setting_text(room->account->core->settings, SETTING_NOTIFY_WORDS), " \t",
	    -1);
	bool found = has_word(text, nick);

	for (char **word = words; !found && *word != NULL; word++) {
		g_autofree char *fold = folded(*word);

		found = has_word(text, fold);
	}
	return found;
}

static void
take_subject(struct incoming *in, const char *text)
{
	struct room *room = in->room;
	const char *nick = jid_resource(in->from);
	g_autofree char *subject = text_clean(text, -1, TEXT_BODY, LIMIT_SUBJECT);
	bool news = g_strcmp0(subject, room->subject != NULL ? room->subject : "") != 0, first = room->history;
	int64_t said_ms = in->said_ms;

	room->history = false;
	g_free(room->subject);
	room->subject = *subject != '\0' ? g_strdup(subject) : NULL;
	g_free(room->subject_by);
	room->subject_by = g_strdup(nick);
	room->subject_ms = said_ms != 0 ? said_ms : first ? 0 : clock_real_us() / 1000;
	room_changed(room);
	if (news && !first && nick != NULL)
		room_notice(room, SEVERITY_INFO, *subject != '\0' ? "%s sets the subject: %s" :
		    "%s takes the subject away.%s", nick, subject);
}

static bool
subject_refused(struct incoming *in)
{
	struct room *room = in->room;
	const char *id = stanza_get(in->message, "id");
	struct stanza_fault fault;

	if (id == NULL || room->subject_id == NULL || strcmp(id, room->subject_id) != 0)
		return false;
	g_clear_pointer(&room->subject_id, g_free);
	if (stanza_fault_read(in->message, &fault)) {
		g_autofree char *text = stanza_fault_text(&fault);
		bool who = g_strcmp0(fault.condition, "forbidden") == 0 ||
		    g_strcmp0(fault.condition, "not-allowed") == 0;

		room->subject_text = g_strdup_printf("%s: %s.%s", room->jid, text,
		    who ? " Only its moderators set the subject there; an owner changes that with /room set muc#roomconfig_changesubject on." : "");
		stanza_fault_clear(&fault);
	}
	return true;
}

bool
room_message_control(struct incoming *in)
{
	const struct stanza *subject = stanza_child(in->message, "subject", NS_CLIENT), *x;

	if (g_strcmp0(stanza_get(in->message, "type"), "error") == 0)
		return subject_refused(in);
	/* XEP-0045 §8.1: a subject and no body, nor a thread. */
	if (subject != NULL && stanza_child(in->message, "body", NS_CLIENT) == NULL &&
	    stanza_child(in->message, "thread", NS_CLIENT) == NULL) {
		take_subject(in, stanza_text(subject));
		return true;
	}
	x = jid_resource(in->from) == NULL && stanza_count(in->message, "x", NS_MUC_USER) == 1 ?
	    stanza_child(in->message, "x", NS_MUC_USER) : NULL;
	if (x != NULL)
		room_tell_status(in->room, room_status(x));
	return false;
}
