/* method.c: what each method of proto/method.def does. */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/jid.h"
#include "base/limits.h"
#include "core/absence.h"
#include "core/account.h"
#include "core/attention.h"
#include "core/archive.h"
#include "core/chat.h"
#include "core/erase.h"
#include "core/job.h"
#include "core/prompt.h"
#include "core/room.h"
#include "core/roster.h"
#include "core/search.h"
#include "core/setting.h"
#include "core/transfer.h"
#include "core/turn.h"
#include "core/typed.h"
#include "core/typing.h"
#include "core/when.h"
#include "proto/error.h"
#include "proto/method.h"
#include "server/session.h"

enum {
	PROTOCOL = 1,
	PAGE = 100,
	PAGE_MAX = 1000,
	REPLAY_MAX = 5000,	/* changes since a revision; beyond, the asker lists anew */
};

/* Returns the result (a new reference), or NULL with *error.  run answers later, by itself. */
typedef json_t *(*method_fn)(struct session *, int64_t id, const json_t *params, GError **error);

static const char *
text(const json_t *params, const char *name)
{
	return json_string_value(json_object_get(params, name));
}

static int64_t
number(const json_t *params, const char *name, int64_t otherwise)
{
	const json_t *value = json_object_get(params, name);

	return value != NULL ? json_integer_value(value) : otherwise;
}

/* Adds an event to a list; false when the list is full.  Clears the event. */
static bool
append(json_t *list, size_t *bytes, struct event *event)
{
	json_t *object = event_to_json(event);
	char *encoded = json_dumps(object, JSON_COMPACT);
	size_t len = strlen(encoded);

	free(encoded);
	event_clear(event);
	if (*bytes + len > LIMIT_LIST && json_array_size(list) > 0) {
		json_decref(object);
		return false;
	}
	*bytes += len;
	json_array_append_new(list, object);
	return true;
}

static struct account *
need_account(const struct core *core, const json_t *params, GError **error)
{
	struct account *account = account_find(core, text(params, "account"));

	if (account == NULL)
		g_set_error(error, RPC_ERROR, RPC_ERROR_NOT_FOUND, "There is no account \"%s\".",
		    text(params, "account"));
	return account;
}

static json_t *
do_hello(struct session *session, int64_t id, const json_t *params, GError **error)
{
	const struct core *core = session_core(session);
	g_autofree char *since = clock_format_utc(core->started_ms);

	(void)id;
	if (number(params, "protocol", 0) != PROTOCOL) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_PROTOCOL,
		    "The core that runs speaks protocol %d (it is confab %s). End it with confab stop, then start anew.", PROTOCOL,
		    CONFAB_VERSION);
		return NULL;
	}
	session_introduce(session, params);
	return json_pack("{s:s, s:i, s:I, s:s, s:I, s:I, s:s}", "version", CONFAB_VERSION, "protocol", PROTOCOL,
	    "session", (json_int_t)session_caller(session)->session, "epoch", core->epoch, "rev",
	    (json_int_t)store_rev(core->store), "pid", (json_int_t)getpid(), "since", since);
}

static json_t *
do_run(struct session *session, int64_t id, const json_t *params, GError **error)
{
	struct caller *caller = session_caller(session);

	(void)error;
	caller->input = text(params, "input");
	caller->input_name = text(params, "name");
	command_run(session_core(session), caller, id, text(params, "line"), text(params, "account"), text(params, "chat"));
	caller->input = caller->input_name = NULL;
	return NULL;
}

static void cancel_search(struct session *session, int64_t request);

static json_t *
do_cancel(struct session *session, int64_t id, const json_t *params, GError **error)
{
	(void)id;
	(void)error;
	cancel_search(session, number(params, "request", 0));
	command_cancel(session_core(session), session_caller(session), number(params, "request", 0));
	return json_object();
}

static json_t *
do_complete(struct session *session, int64_t id, const json_t *params, GError **error)
{
	size_t from, to;
	json_t *words;

	(void)id;
	(void)error;
	words = command_complete(session_core(session), text(params, "line"),
	    (size_t)MAX(number(params, "cursor", 0), 0), text(params, "account"), text(params, "chat"), &from, &to);
	return json_pack("{s:I, s:I, s:o}", "from", (json_int_t)from, "to", (json_int_t)to, "words", words);
}

/* Chats and messages that changed after rev.  False: too many. */
static bool
replay(struct session *session, int64_t rev)
{
	struct core *core = session_core(session);
	g_autoptr(GPtrArray) chats = chat_changed_since(core->store, rev);
	g_autoptr(GPtrArray) messages = NULL;
	struct event event;
	bool more;

	messages = message_changed_since(core->store, rev, REPLAY_MAX, &more);
	if (more)
		return false;
	for (guint i = 0; i < chats->len; i++) {
		if (chat_event(core, chats->pdata[i], &event)) {
			if (session_wants(session, &event))
				session_replay(session, &event);
			event_clear(&event);
		}
	}
	for (guint i = 0; i < messages->len; i++) {
		if (chat_message_event(core, messages->pdata[i], false, &event)) {
			if (session_wants(session, &event))
				session_replay(session, &event);
			event_clear(&event);
		}
	}
	return true;
}

static json_t *
do_subscribe(struct session *session, int64_t id, const json_t *params, GError **error)
{
	struct core *core = session_core(session);
	json_t *type;
	size_t i;

	(void)id;
	json_array_foreach(json_object_get(params, "types"), i, type) {
		enum event_type known;

		if (!event_type_find(json_string_value(type), &known)) {
			g_set_error(error, RPC_ERROR, RPC_ERROR_PARAMS, "There is no type of events \"%s\".",
			    json_is_string(type) ? json_string_value(type) : "");
			return NULL;
		}
	}
	/* What happened up to now and is not delivered yet would come twice, or not at all. */
	turn_finish(core->turn);
	session_subscribe(session, params);
	if (json_object_get(params, "since") != NULL && (erase_rev(core) > number(params, "since", 0) ||
	    !replay(session, number(params, "since", 0)))) {
		struct event reset = { .type = EVENT_reset, .time = clock_real_us() / 1000 };

		session_replay(session, &reset);
	}
	return json_pack("{s:I}", "rev", (json_int_t)store_rev(core->store));
}

static json_t *
do_accounts(struct session *session, int64_t id, const json_t *params, GError **error)
{
	const struct core *core = session_core(session);
	json_t *list = json_array();
	size_t bytes = 0;

	(void)id;
	(void)params;
	(void)error;
	for (guint i = 0; i < core->accounts->len; i++) {
		struct event event = account_event(core->accounts->pdata[i]);

		append(list, &bytes, &event);
	}
	return json_pack("{s:o}", "accounts", list);
}

static json_t *
do_chats(struct session *session, int64_t id, const json_t *params, GError **error)
{
	const struct core *core = session_core(session);
	struct account *account = NULL;
	g_autoptr(GPtrArray) rows = NULL;
	json_t *list, *result;
	size_t bytes = 0;
	bool more = false;

	(void)id;
	if (text(params, "account") != NULL && (account = need_account(core, params, error)) == NULL)
		return NULL;
	list = json_array();
	rows = chat_list(core->store, account != NULL ? account->id : 0);
	for (guint i = 0; i < rows->len && !more; i++) {
		struct event event;

		if (chat_event(core, rows->pdata[i], &event))
			more = !append(list, &bytes, &event);
	}
	result = json_pack("{s:o, s:b}", "chats", list, "more", more);
	if (core->front_chat != NULL)
		json_object_set_new(result, "front", json_pack("{s:s, s:s}", "account", core->front_account, "chat",
		    core->front_chat));
	return result;
}

/* Which page history means. */
static bool
place(const json_t *params, enum page_place *where, int64_t *anchor, GError **error)
{
	static const struct { const char *name; enum page_place place; } places[] = {
		{ "before", PAGE_BEFORE }, { "after", PAGE_AFTER }, { "around", PAGE_AROUND },
	};
	unsigned n = 0;

	*where = PAGE_END;
	*anchor = 0;
	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		if (json_object_get(params, places[i].name) == NULL)
			continue;
		*where = places[i].place;
		*anchor = number(params, places[i].name, 0);
		n++;
	}
	if (n <= 1)
		return true;
	g_set_error(error, RPC_ERROR, RPC_ERROR_PARAMS, "history takes one of before, after and around.");
	return false;
}

/* A place to look for what is missing of a page: above its first row, or where a hole in it ends. */
static int64_t
hole_in(GPtrArray *rows, GPtrArray *gaps, enum page_place where, bool more)
{
	const struct message_row *first = rows->len > 0 ? rows->pdata[0] : NULL;
	const struct message_row *last = rows->len > 0 ? rows->pdata[rows->len - 1] : NULL;

	for (guint i = gaps->len; first != NULL && i-- > 0;) {
		const struct gap *gap = gaps->pdata[i];

		if (gap->why == NULL && gap->high > first->ord && gap->low != 0 &&
		    (where == PAGE_END || gap->low < last->ord))
			return gap->high;
	}
	return more || where == PAGE_AFTER ? 0 : first != NULL ? first->ord : INT64_MAX;
}

static json_t *
gaps_to_json(const GPtrArray *gaps)
{
	json_t *list = json_array();

	for (guint i = 0; i < gaps->len; i++) {
		const struct gap *gap = gaps->pdata[i];
		json_t *one = archive_gap_json(gap);

		json_object_set_new(one, "after", json_integer(gap->low));
		json_object_set_new(one, "before", json_integer(gap->high));
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *
do_history(struct session *session, int64_t id, const json_t *params, GError **error)
{
	const struct core *core = session_core(session);
	struct account *account = need_account(core, params, error);
	g_autoptr(GPtrArray) rows = NULL;
	int64_t chat, anchor, hole, limit = CLAMP(number(params, "limit", PAGE), 1, PAGE_MAX);
	enum page_place where;
	g_autoptr(GPtrArray) gaps = NULL;
	json_t *list;
	size_t bytes = 0;
	bool more = false, full = false, fetching = false;

	(void)id;
	if (account == NULL || !place(params, &where, &anchor, error))
		return NULL;
	list = json_array();
	gaps = archive_gaps(account, text(params, "chat"));
	chat = chat_find(core->store, account->id, text(params, "chat"), CHAT_PERSON, false, NULL);
	if (chat != 0)
		rows = message_page(core->store, chat, where, anchor, (unsigned)limit, &more);
	for (guint i = 0; rows != NULL && i < rows->len && !full; i++) {
		struct event event;
		/* A list that gets too long loses its far end: that is the old one, except when reading on. */
		guint at = where == PAGE_AFTER ? i : rows->len - 1 - i;

		if (chat_message_event(core, rows->pdata[at], false, &event))
			full = !append(list, &bytes, &event);
	}
	if (where != PAGE_AFTER) {
		json_t *reversed = json_array();

		for (size_t i = json_array_size(list); i-- > 0;)
			json_array_append(reversed, json_array_get(list, i));
		json_decref(list);
		list = reversed;
	}
	if (rows != NULL && !full && (hole = hole_in(rows, gaps, where, more)) != 0)
		fetching = archive_want_older(account, text(params, "chat"), hole);
	return json_pack("{s:o, s:b, s:o, s:b}", "messages", list, "more", more || full || fetching, "gaps",
	    gaps_to_json(gaps), "fetching", fetching);
}

/* A number alone is a message, so a date has a month. */
static bool
is_date(const char *text)
{
	return strcmp(text, "today") == 0 || strcmp(text, "yesterday") == 0 ||
	    (g_ascii_isdigit(*text) && strchr(text, '-') != NULL);
}

static json_t *
do_place(struct session *session, int64_t id, const json_t *params, GError **error)
{
	const char *where = text(params, "where");
	struct account *account = text(params, "account") != NULL ? need_account(session_core(session), params, error) :
	    NULL;
	int64_t chat, ms;
	struct message_row *row;
	struct event event;
	json_t *result = NULL;

	(void)id;
	if (text(params, "account") != NULL && account == NULL)
		return NULL;
	chat = account == NULL || text(params, "chat") == NULL ? 0 :
	    chat_find(account->core->store, account->id, text(params, "chat"), CHAT_PERSON, false, NULL);
	if (!is_date(where))
		row = chat_find_message(session_core(session), chat, where, error);
	else if (chat == 0) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_CONTEXT, "A date is a place in a chat, and no chat is meant.");
		return NULL;
	} else if (!when_parse(where, session_caller(session)->tz, &ms, error))
		return NULL;
	else if ((row = message_at(session_core(session)->store, chat, ms * 1000)) == NULL)
		g_set_error(error, RPC_ERROR, RPC_ERROR_NOT_FOUND, "Nothing was said here since %s.", where);
	if (row != NULL && chat_message_event(session_core(session), row, false, &event)) {
		result = json_pack("{s:s, s:s, s:I}", "account", event.account_name, "chat", event.chat_jid, "id",
		    (json_int_t)row->id);
		event_clear(&event);
	} else if (row != NULL)
		g_set_error(error, RPC_ERROR, RPC_ERROR_NOT_FOUND,
		    "The account of this message is not in use any more.");
	message_row_free(row);
	return result;
}

static json_t *
do_message(struct session *session, int64_t id, const json_t *params, GError **error)
{
	const struct core *core = session_core(session);
	struct message_row *row = message_load(core->store, number(params, "id", 0));
	struct event event;
	json_t *object = NULL;

	(void)id;
	if (row != NULL && chat_message_event(core, row, true, &event)) {
		object = json_pack("{s:o}", "message", event_to_json(&event));
		event_clear(&event);
	} else {
		g_set_error(error, RPC_ERROR, RPC_ERROR_NOT_FOUND, "There is no message %" G_GINT64_FORMAT ".",
		    number(params, "id", 0));
	}
	if (row != NULL)
		message_row_free(row);
	return object;
}

static json_t *
do_roster(struct session *session, int64_t id, const json_t *params, GError **error)
{
	const struct core *core = session_core(session);
	struct account *only = NULL;
	json_t *contacts, *presences;
	size_t bytes = 0;
	bool more = false;

	(void)id;
	if (text(params, "account") != NULL && (only = need_account(core, params, error)) == NULL)
		return NULL;
	contacts = json_array();
	presences = json_array();
	for (guint i = 0; i < core->accounts->len; i++) {
		g_autoptr(GPtrArray) events = NULL;

		if (only != NULL && core->accounts->pdata[i] != only)
			continue;
		events = roster_events(core->accounts->pdata[i]);
		for (guint j = 0; j < events->len; j++) {
			struct event *event = events->pdata[j];

			/* A roster is one answer: 20,000 contacts are 4 MiB at most, which a line can hold. */
			bytes = 0;
			more |= !append(event->type == EVENT_contact ? contacts : presences, &bytes, event);
		}
	}
	return json_pack("{s:o, s:o, s:b}", "contacts", contacts, "presences", presences, "more", more);
}

struct searcher {
	struct session	*session;
	int64_t		 id;
};

static void
on_found(void *ctx, json_t *result, const GError *error)
{
	struct searcher *searcher = ctx;

	if (result != NULL)
		session_answer(searcher->session, searcher->id, result);
	else
		session_fail(searcher->session, searcher->id, error, NULL);
	turn_wake(session_core(searcher->session)->turn);
	session_release(searcher->session);
	g_free(searcher);
}

static bool
is_request(const void *ctx, const void *what)
{
	const struct searcher *one = ctx, *wanted = what;

	return one->session == wanted->session && one->id == wanted->id;
}

static void
cancel_search(struct session *session, int64_t request)
{
	struct searcher wanted = { session, request }, *searcher;
	struct search *search = search_find(session_core(session), on_found, is_request, &wanted);
	g_autoptr(GError) error = NULL;

	if (search == NULL)
		return;
	searcher = search_cancel(search);
	error = g_error_new(RPC_ERROR, RPC_ERROR_CANCELLED, "It was ended before it was done.");
	on_found(searcher, NULL, error);
}

static json_t *
do_rooms(struct session *session, int64_t id, const json_t *params, GError **error)
{
	const struct core *core = session_core(session);
	json_t *list = json_array();
	size_t bytes = 0;
	bool more = false;

	(void)id;
	(void)params;
	(void)error;
	for (guint i = 0; i < core->accounts->len; i++) {
		const struct account *account = core->accounts->pdata[i];
		GHashTableIter iter;
		struct room *room;

		g_hash_table_iter_init(&iter, account->rooms);
		while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&room)) {
			struct event event = room_event(room);

			more |= !append(list, &bytes, &event);
		}
	}
	return json_pack("{s:o, s:b}", "rooms", list, "more", more);
}

static json_t *
do_room(struct session *session, int64_t id, const json_t *params, GError **error)
{
	struct account *account = need_account(session_core(session), params, error);
	const struct room *room = account != NULL ? room_find(account, text(params, "chat")) : NULL;
	g_autoptr(GPtrArray) all = NULL;
	json_t *list, *object;
	struct event event;
	size_t bytes = 0;
	bool more = false;

	(void)id;
	if (account == NULL)
		return NULL;
	if (room == NULL) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_NOT_FOUND, "%s is no room that you are in or were in.",
		    text(params, "chat"));
		return NULL;
	}
	all = room_occupants(room);
	list = json_array();
	for (guint i = 0; account_online(account) && room->state == ROOM_IN && i < all->len && !more; i++) {
		event = room_occupant_event(room, all->pdata[i]);
		more = !append(list, &bytes, &event);
	}
	event = room_event(room);
	object = event_to_json(&event);
	event_clear(&event);
	return json_pack("{s:o, s:o, s:b}", "room", object, "occupants", list, "more", more);
}

static json_t *
do_search(struct session *session, int64_t id, const json_t *params, GError **error)
{
	struct core *core = session_core(session);
	struct search_wish wish = { .words = text(params, "words"), .tz = session_caller(session)->tz,
	    .chat = text(params, "chat"), .before = number(params, "before", 0),
	    .limit = (unsigned)CLAMP(number(params, "limit", SEARCH_LIMIT), 1, SEARCH_LIMIT_MAX),
	    .context = json_is_true(json_object_get(params, "context")) };
	struct searcher *searcher;

	if (text(params, "account") != NULL && (wish.account = need_account(core, params, error)) == NULL)
		return NULL;
	if (wish.chat != NULL && wish.account == NULL) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_PARAMS, "search needs account beside chat.");
		return NULL;
	}
	wish.here = wish.chat;
	wish.here_account = wish.account;
	searcher = g_new(struct searcher, 1);
	searcher->session = session_hold(session);
	searcher->id = id;
	if (search_begin(core, &wish, on_found, searcher, error) != NULL)
		return NULL;		/* the answer comes later */
	session_release(session);
	g_free(searcher);
	return NULL;
}

static json_t *
do_settings(struct session *session, int64_t id, const json_t *params, GError **error)
{
	json_t *list = json_array();

	(void)id;
	(void)params;
	(void)error;
	for (unsigned i = 0; i < SETTINGS; i++) {
		struct event event = setting_event(session_core(session), (enum setting)i);

		json_array_append_new(list, event_to_json(&event));
		event_clear(&event);
	}
	struct event binds = settings_binds_event(session_core(session));
	json_array_append_new(list, event_to_json(&binds));
	event_clear(&binds);
	return json_pack("{s:o}", "settings", list);
}

static json_t *
do_prompts(struct session *session, int64_t id, const json_t *params, GError **error)
{
	g_autoptr(GPtrArray) events = prompt_list(session_core(session)->prompts, session_caller(session)->session);
	json_t *list = json_array();

	(void)id;
	(void)params;
	(void)error;
	for (guint i = 0; i < events->len; i++)
		json_array_append_new(list, event_to_json(events->pdata[i]));
	return json_pack("{s:o}", "prompts", list);
}

static json_t *
do_answer(struct session *session, int64_t id, const json_t *params, GError **error)
{
	const char *value = json_is_true(json_object_get(params, "cancel")) ? NULL : text(params, "value");

	(void)id;
	if (value == NULL && !json_is_true(json_object_get(params, "cancel"))) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_PARAMS, "answer needs value, or cancel.");
		return NULL;
	}
	if (!prompt_answer(session_core(session)->prompts, number(params, "id", 0), session_caller(session)->session,
	    value, json_is_true(json_object_get(params, "keep")), error))
		return NULL;
	return json_object();
}

static json_t *
do_seen(struct session *session, int64_t id, const json_t *params, GError **error)
{
	struct account *account = need_account(session_core(session), params, error);

	(void)id;
	if (account == NULL || !chat_seen(account, text(params, "chat"), number(params, "id", 0),
	    attention_focused(account->core->attention, session_caller(session)->session), error))
		return NULL;
	return json_object();
}

static bool
keep_text(struct core *core, const char *key, const char *value, GError **error)
{
	bool ok;

	if (!chat_begin_change(core, error))
		return false;
	ok = store_set_text(core->store, key, value, error);
	return chat_end_change(core, ok, error);
}

static json_t *
do_typing(struct session *session, int64_t id, const json_t *params, GError **error)
{
	struct account *account = need_account(session_core(session), params, error);
	g_autofree char *chat = account != NULL ? jid_normalise(text(params, "chat"), error) : NULL;
	enum chat_state state;

	(void)id;
	if (chat == NULL)
		return NULL;
	if (!chat_state_find(text(params, "state"), &state) || state > CHAT_STATE_PAUSED) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_PARAMS, "state is active, composing or paused.");
		return NULL;
	}
	typing_ours(account, chat, state);
	return json_object();
}

static json_t *
do_active(struct session *session, int64_t id, const json_t *params, GError **error)
{
	struct core *core = session_core(session);
	const char *account = text(params, "account"), *chat = text(params, "chat");
	g_autofree char *both = NULL;

	(void)id;
	attention_set(core->attention, session_caller(session)->session,
	    json_is_true(json_object_get(params, "focused")), number(params, "idle_s", 0));
	if (account == NULL || chat == NULL)
		return json_object();
	if (g_strcmp0(core->front_account, account) == 0 && g_strcmp0(core->front_chat, chat) == 0)
		return json_object();
	both = g_strdup_printf("%s\n%s", account, chat);
	if (!keep_text(core, "front", both, error))
		return NULL;
	g_free(core->front_account);
	core->front_account = g_strdup(account);
	g_free(core->front_chat);
	core->front_chat = g_strdup(chat);
	return json_object();
}

static json_t *
do_draft(struct session *session, int64_t id, const json_t *params, GError **error)
{
	struct account *account = need_account(session_core(session), params, error);
	g_autofree char *by = g_strdup_printf("%" G_GUINT64_FORMAT, session_caller(session)->session);

	(void)id;
	if (account == NULL || !chat_draft(account, text(params, "chat"), text(params, "text"), by, error))
		return NULL;
	return json_object();
}

static json_t *
do_close(struct session *session, int64_t id, const json_t *params, GError **error)
{
	struct account *account = need_account(session_core(session), params, error);

	(void)id;
	if (account == NULL || !chat_close(account, text(params, "chat"), error))
		return NULL;
	return json_object();
}

static json_t *
do_layout(struct session *session, int64_t id, const json_t *params, GError **error)
{
	struct core *core = session_core(session);
	g_autofree char *key = g_strdup_printf("layout:%s", text(params, "name")), *kept = NULL;

	(void)id;
	if (text(params, "text") != NULL && !keep_text(core, key, text(params, "text"), error))
		return NULL;
	kept = store_get_text(core->store, key);
	return json_pack("{s:s}", "text", kept != NULL ? kept : "");
}

static json_t *
do_typed(struct session *session, int64_t id, const json_t *params, GError **error)
{
	struct core *core = session_core(session);
	const char *jid = text(params, "chat"), *line = text(params, "line");
	struct account *account = NULL;
	g_autoptr(GPtrArray) kept = NULL;
	json_t *lines;
	int64_t chat = 0;

	(void)id;
	if ((jid == NULL) != (text(params, "account") == NULL)) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_PARAMS, "typed takes account and chat, or none of them.");
		return NULL;
	}
	if (jid != NULL && (account = need_account(core, params, error)) == NULL)
		return NULL;
	if (account != NULL)
		chat = chat_find(core->store, account->id, jid, CHAT_PERSON, false, NULL);
	/* In a chat that there is not nothing was typed. */
	if (jid != NULL && chat == 0)
		return json_pack("{s:[]}", "lines");
	if (line != NULL)
		return typed_keep(core, chat, line, error) ? json_object() : NULL;
	kept = typed_list(core, chat);
	lines = json_array();
	for (guint i = 0; i < kept->len; i++)
		json_array_append_new(lines, json_string(kept->pdata[i]));
	return json_pack("{s:o}", "lines", lines);
}

static json_t *
do_digest(struct session *session, int64_t id, const json_t *params, GError **error)
{
	(void)id;
	(void)params;
	(void)error;
	return absence_digest(session_core(session)->absence);
}

static json_t *
do_faces(struct session *session, int64_t id, const json_t *params, GError **error)
{
	struct core *core = session_core(session);

	(void)id;
	(void)params;
	(void)error;
	return json_pack("{s:o}", "faces", core->faces(core->faces_ctx));
}

static json_t *
do_jobs(struct session *session, int64_t id, const json_t *params, GError **error)
{
	g_autoptr(GPtrArray) jobs = job_list(session_core(session)->jobs);
	json_t *list = json_array();

	(void)id;
	(void)params;
	(void)error;
	for (guint i = 0; i < jobs->len; i++) {
		struct event event = job_event(jobs->pdata[i]);

		json_array_append_new(list, event_to_json(&event));
		event_clear(&event);
	}
	return json_pack("{s:o}", "jobs", list);
}

static json_t *
do_transfers(struct session *session, int64_t id, const json_t *params, GError **error)
{
	g_autoptr(GPtrArray) all = transfer_list(session_core(session)->transfers);
	json_t *list = json_array();

	(void)id;
	(void)params;
	(void)error;
	for (guint i = 0; i < all->len; i++) {
		struct event event = transfer_event(all->pdata[i]);

		json_array_append_new(list, event_to_json(&event));
		event_clear(&event);
	}
	return json_pack("{s:o}", "transfers", list);
}

static json_t *
do_stop(struct session *session, int64_t id, const json_t *params, GError **error)
{
	struct core *core = session_core(session);

	(void)id;
	(void)params;
	(void)error;
	core->quit(core->quit_ctx);
	return json_object();
}

static const method_fn functions[METHODS] = {
#define METHOD(name, what, result, ...) [METHOD_##name] = do_##name,
#include "proto/method.def"
#undef METHOD
};

void
session_request(struct session *session, int64_t id, const char *name, json_t *params)
{
	g_autoptr(GError) error = NULL;
	enum method method;
	json_t *result;

	if (!method_find(name, &method)) {
		error = g_error_new(RPC_ERROR, RPC_ERROR_METHOD, "There is no method \"%s\".", name);
	} else if (method != METHOD_hello && !session_is_introduced(session)) {
		error = g_error_new(RPC_ERROR, RPC_ERROR_HELLO, "The first request must be hello.");
	} else if (method_check(method, params, &error)) {
		if (method == METHOD_run || method == METHOD_draft || method == METHOD_seen ||
		    method == METHOD_typing)
			attention_touch(session_core(session)->attention, session_caller(session)->session);
		result = functions[method](session, id, params, &error);
		if (result != NULL)
			session_answer(session, id, result);
	}
	if (error != NULL)
		session_fail(session, id, error, NULL);
}
