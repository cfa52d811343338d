/* status.c: see status.h. */
#include "face/tui/status.h"

#include <string.h>

#include "base/clock.h"
#include "face/tui/rows.h"

enum { TINY = 30 };

/* Whatever slot the format is in. */
#define CURRENT SLOTS_ALL

static const struct {
	const char	*setting, *standard;
	enum format_use	 use;
} lines[STATUS_LINES] = {
	[STATUS_PROMPT] = { "ui.prompt", STANDARD_PROMPT, FORMAT_PROMPT },
	[STATUS_STATUS] = { "ui.status", STANDARD_STATUS, FORMAT_BAR },
	[STATUS_STATUS_NARROW] = { "ui.status.narrow", STANDARD_STATUS_NARROW, FORMAT_BAR },
	[STATUS_STATUS_WIDE] = { "ui.status.wide", "", FORMAT_BAR },
	[STATUS_TITLE] = { "ui.title", STANDARD_TITLE, FORMAT_BAR },
	[STATUS_TITLE_NARROW] = { "ui.title.narrow", STANDARD_TITLE_NARROW, FORMAT_BAR },
	[STATUS_TITLE_WIDE] = { "ui.title.wide", "", FORMAT_BAR },
};

int
status_line_of(const char *setting)
{
	for (int i = 0; i < STATUS_LINES; i++)
		if (strcmp(lines[i].setting, setting) == 0)
			return i;
	return -1;
}

bool
status_set(struct status_formats *formats, enum status_line i, const char *text, GError **error)
{
	GPtrArray *format = format_parse(text, lines[i].use, error);

	if (format == NULL)
		return false;
	g_clear_pointer(&formats->line[i], g_ptr_array_unref);
	formats->line[i] = format;
	return true;
}

void
status_formats_init(struct status_formats *formats)
{
	for (int i = 0; i < STATUS_LINES; i++) {
		bool good = status_set(formats, (enum status_line)i, lines[i].standard, NULL);

		g_assert(good);
	}
}

void
status_formats_clear(struct status_formats *formats)
{
	for (int i = 0; i < STATUS_LINES; i++)
		g_clear_pointer(&formats->line[i], g_ptr_array_unref);
}

/* The one for such a width; an empty variant stands for the line itself. */
static const GPtrArray *
variant(const struct status *status, enum status_line line, int columns)
{
	static const int by[LAYOUT_SIZES] = { [SIZE_NARROW] = 1, [SIZE_NORMAL] = 0, [SIZE_WIDE] = 2 };
	const GPtrArray *one = status->formats->line[line + by[layout_size(columns)]];

	return one->len > 0 ? one : status->formats->line[line];
}

const char *
status_sign(enum presence_show show, bool known, bool ascii, enum slot *slot)
{
	static const struct {
		const char	*sign, *plain;
		enum slot	 slot;
	} signs[] = {
		[SHOW_OFFLINE] = { "○", ".", SLOT_PRESENCE_OFFLINE },
		[SHOW_CHAT] = { "◉", "c", SLOT_PRESENCE_CHAT },
		[SHOW_ONLINE] = { "●", "o", SLOT_PRESENCE_ONLINE },
		[SHOW_AWAY] = { "◐", "a", SLOT_PRESENCE_AWAY },
		[SHOW_XA] = { "◑", "x", SLOT_PRESENCE_XA },
		[SHOW_DND] = { "⊖", "d", SLOT_PRESENCE_DND },
	};

	if (!known) {
		*slot = SLOT_PRESENCE_UNKNOWN;
		return "?";
	}
	*slot = signs[show].slot;
	return ascii ? signs[show].plain : signs[show].sign;
}

const char *
status_words(enum presence_show show)
{
	static const char *const words[] = {
		[SHOW_OFFLINE] = "offline", [SHOW_CHAT] = "free for chat", [SHOW_ONLINE] = "online",
		[SHOW_AWAY] = "away", [SHOW_XA] = "away for long", [SHOW_DND] = "do not disturb",
	};

	return words[show];
}

static int
accounts_in_use(struct model *model)
{
	const GPtrArray *accounts = model_accounts(model);
	int n = 0;

	for (guint i = 0; i < accounts->len; i++)
		n += ((const struct event *)accounts->pdata[i])->account.enabled;
	return n;
}

/* --- the chat --- */

static void
put_presence(const struct status *status, struct bar_value *to, bool words)
{
	const struct event_contact *contact;
	enum presence_show show = SHOW_OFFLINE;
	const char *text = NULL;
	bool known = model_presence(status->model, status->chat->account, status->chat->jid, &show, &text);
	enum slot unused;

	if (chat_is_console(status->chat) || status->chat->object.chat.kind == CHAT_ROOM)
		return;
	/* Who shows us their presence and shows none is offline; of others nothing is known. */
	contact = model_contact(status->model, status->chat->account, status->chat->jid);
	if (!known && contact != NULL &&
	    (contact->subscription == SUBSCRIPTION_TO || contact->subscription == SUBSCRIPTION_BOTH))
		known = true;
	bar_put(to, CURRENT, status_sign(show, known, text_ascii_signs(status->policy), &unused));
	if (!words || !known)
		return;
	bar_printf(to, CURRENT, " %s", status_words(show));
	if (text != NULL && *text != '\0')
		bar_printf(to, SLOT_TITLE_TOPIC, " \"%s\"", text);
}

/* The reason is the core's word for it. */
static void
put_room_warning(const struct event_room *room, struct bar_value *to)
{
	if (room->state == ROOM_FAILED)
		bar_printf(to, CURRENT, "not joined: %s%s", room->reason != NULL ? room->reason : "refused",
		    room->retry != 0 ?
		    ", tried again" : "");
	else if (room->state != ROOM_IN)
		bar_put(to, CURRENT, room->state == ROOM_JOINING ? "joining" : "not joined");
	else if (room->role == ROLE_VISITOR)
		bar_put(to, CURRENT, "read-only: no voice");
}

/* What is wrong: with the connection, and in the console with any of them. */
static void
put_warning(const struct status *status, struct bar_value *to)
{
	const struct event_account *account = model_account(status->model, status->chat->account);
	const GPtrArray *accounts = model_accounts(status->model);
	int failed = 0, waiting = 0, requests = (int)model_prompts(status->model)->len;

	if (!chat_is_console(status->chat)) {
		if (account == NULL || account->state != ACCOUNT_ONLINE)
			bar_put(to, CURRENT, status->columns < NARROW_BELOW ? "offline" : "offline: will be queued");
		else if (status->chat->room.rev != 0)
			put_room_warning(&status->chat->room.room, to);
		else if (status->chat->object.chat.left_out > 0)
			bar_printf(to, CURRENT, "not for %" G_GINT64_FORMAT " device%s",
			    status->chat->object.chat.left_out,
			    status->chat->object.chat.left_out == 1 ? "" : "s");
		return;
	}
	for (guint i = 0; i < accounts->len; i++) {
		const struct event *event = accounts->pdata[i];

		failed += event->account.state == ACCOUNT_FAILED;
		waiting += event->account.state == ACCOUNT_WAITING;
	}
	if (failed > 0)
		bar_printf(to, CURRENT, "%d failed", failed);
	if (waiting > 0)
		bar_printf(to, CURRENT, "%s%d waiting", failed > 0 ? ", " : "", waiting);
	if (requests > 0)
		bar_printf(to, CURRENT, requests == 1 ? "%s%d request" : "%s%d requests",
		    failed + waiting > 0 ? ", " : "", requests);
}

static bool
is_name_of_two(const struct status *status)
{
	const GPtrArray *chats = model_chats(status->model);
	const char *name = chat_name(status->model, status->chat);

	for (guint i = 0; i < chats->len; i++)
		if (chats->pdata[i] != status->chat && strcmp(chat_name(status->model, chats->pdata[i]), name) == 0)
			return true;
	return false;
}

/* Messages below the row that the view hangs on. */
static int
below(const struct chat *chat)
{
	const struct window *window = chat->window;
	long at = chat->bottom != 0 && window != NULL ? window_find(window, chat->bottom) : -1;
	int n = 0;

	for (size_t i = at < 0 ? SIZE_MAX : (size_t)at + 1; window != NULL && i < window->n; i++)
		n += window->entries[i]->kind == ENTRY_MESSAGE;
	return n;
}

static const char *
kind_of(const struct chat *chat)
{
	return chat_is_console(chat) ? "console" : chat_kind_name(chat->object.chat.kind);
}

/* False: it is no item of a room. */
static bool
put_room(const struct status *status, enum item item, struct bar_value *to)
{
	const struct event_room *room = &status->chat->room.room;
	bool in = status->chat->room.rev != 0 && room->state == ROOM_IN;
	const struct occupants *all = status->chat->occupants;
	const char *text = NULL;

	switch (item) {
	case ITEM_ROOM_HERE:
		if (in)
			bar_printf(to, CURRENT, "%" G_GINT64_FORMAT, all != NULL && status->chat->room_asked == 0 ?
			    (int64_t)occupants_all(all) : room->occupants);
		return true;
	case ITEM_ROOM_TOPIC:
		text = room->subject;
		break;
	case ITEM_ROOM_NICK:
		text = room->nick;
		break;
	case ITEM_ROOM_ROLE:
		text = in ? role_name(room->role) : NULL;
		break;
	case ITEM_ROOM_AFFILIATION:
		text = in ? affiliation_name(room->affiliation) : NULL;
		break;
	default:
		return false;
	}
	bar_put(to, CURRENT, status->chat->room.rev != 0 && text != NULL ? text : "");
	return true;
}

/* False: it is no item of a chat. */
static bool
put_chat(const struct status *status, enum item item, struct bar_value *to)
{
	const struct chat *chat = status->chat;
	const struct event_chat *object = &chat->object.chat;
	const struct event_account *account = model_account(status->model, chat->account);
	bool console = chat_is_console(chat);
	const char *name = chat_name(status->model, chat);

	switch (item) {
	case ITEM_CHAT_NUMBER:
		if (chat_number(chat) > 0)
			bar_printf(to, CURRENT, "%" G_GINT64_FORMAT, chat_number(chat));
		else
			bar_put(to, CURRENT, "-");
		break;
	case ITEM_CHAT_NAME:
		bar_printf(to, CURRENT, "%s%s", !console && object->kind == CHAT_ROOM ? "#" : "", name);
		break;
	case ITEM_CHAT_ADDRESS:
		bar_put(to, CURRENT, strcmp(name, chat->jid) != 0 ? chat->jid : "");
		break;
	case ITEM_CHAT_KIND:
		bar_put(to, CURRENT, kind_of(chat));
		break;
	case ITEM_CHAT_ACCOUNT:
		bar_put(to, CURRENT, !console && accounts_in_use(status->model) > 1 ? chat->account : "");
		break;
	case ITEM_CHAT_WHOSE:
		bar_put(to, CURRENT, !console && is_name_of_two(status) ? chat->account : "");
		break;
	case ITEM_CHAT_ENCRYPTION:
		if (!console && object->encryption != ENCRYPTION_NONE)
			bar_put(to, CURRENT, object->verified ? "OMEMO, verified" : "OMEMO");
		else if (!console)
			bar_put(to, CURRENT, account == NULL || account->tls ? "TLS only" : "no TLS");
		break;
	case ITEM_CHAT_UNREAD:
		bar_printf(to, CURRENT, "%" G_GINT64_FORMAT, object->unread);
		break;
	case ITEM_CHAT_MENTIONS:
		bar_printf(to, CURRENT, "%" G_GINT64_FORMAT, object->mentions);
		break;
	case ITEM_CHAT_MUTED:
		bar_put(to, CURRENT, object->muted ? "1" : "");
		break;
	case ITEM_CHAT_DRAFT:
		bar_put(to, CURRENT, object->draft != NULL && *object->draft != '\0' ? "1" : "");
		break;
	case ITEM_CHAT_SCROLLED:
		bar_printf(to, CURRENT, "%d", below(chat));
		break;
	case ITEM_UNTITLED:
		bar_put(to, CURRENT, status->named ? name : "");
		break;
	case ITEM_TYPING:
		if (chat->typing)
			bar_printf(to, CURRENT, "%s is typing", chat->typist != NULL ? chat->typist : name);
		break;
	default:
		return false;
	}
	return true;
}

/* --- accounts --- */

/* One account: name and sign, and in a word why it is not there. */
static void
put_account(const struct status *status, const struct event *event, bool sign_only, struct bar_value *to)
{
	const struct event_account *account = &event->account;
	bool ascii = text_ascii_signs(status->policy);
	enum slot slot = SLOT_STATUS_ACCOUNT, unused;
	const char *sign = "", *why = "";

	switch (account->state) {
	case ACCOUNT_ONLINE:
		sign = status_sign(account->show == SHOW_OFFLINE ? SHOW_ONLINE : account->show, true, ascii, &unused);
		if (account->reason != NULL) {	/* the disk refuses */
			why = account->reason;
			slot = SLOT_STATUS_PROBLEM;
		}
		break;
	case ACCOUNT_CONNECTING:
		sign = ascii ? "..." : "…";
		break;
	case ACCOUNT_WAITING:
		sign = ascii ? "..." : "…";
		why = account->reason != NULL ? account->reason : "";
		slot = SLOT_STATUS_PROBLEM;
		break;
	case ACCOUNT_FAILED:
		sign = ascii ? "x" : "✗";
		why = account->reason != NULL ? account->reason : "";
		slot = SLOT_STATUS_PROBLEM;
		break;
	case ACCOUNT_OFFLINE:
		sign = ascii ? "." : "○";
		break;
	}
	if (sign_only)
		bar_put(to, slot, sign);
	else
		bar_printf(to, slot, "%s %s%s%s", event->account_name, sign, *why != '\0' ? " " : "", why);
}

static void
put_accounts(const struct status *status, bool signs_only, struct bar_value *to)
{
	const GPtrArray *accounts = model_accounts(status->model);
	bool first = true;

	for (guint i = 0; i < accounts->len; i++) {
		const struct event *event = accounts->pdata[i];

		if (!event->account.enabled)
			continue;
		if (!first)
			bar_put(to, SLOT_STATUS_ACCOUNT, " ");
		put_account(status, event, signs_only, to);
		first = false;
	}
	if (accounts->len == 0)
		bar_put(to, CURRENT, "no account");
}

static void
put_own(const struct status *status, enum item item, struct bar_value *to)
{
	const struct event_account *account = model_account(status->model, status->chat->account);
	const char *text = NULL;

	if (account == NULL)
		return;
	if (item == ITEM_ACCOUNT_PING && account->ping > 0) {
		bar_printf(to, CURRENT, "%" G_GINT64_FORMAT " ms", account->ping);
		return;
	}
	if (item == ITEM_ACCOUNT_NAME)
		text = status->chat->account;
	else if (item == ITEM_ACCOUNT_JID)
		text = account->jid;
	else if (item == ITEM_ACCOUNT_RESOURCE)
		text = account->resource;
	else if (item == ITEM_ACCOUNT_STATE)
		text = account_state_name(account->state);
	else if (item == ITEM_ACCOUNT_STATUS)
		text = account->status;
	bar_put(to, CURRENT, text != NULL ? text : "");
}

/* --- attention --- */

static void
put_activity(const struct status *status, bool numbers_only, struct bar_value *to)
{
	g_autoptr(GPtrArray) route = model_activity(status->model);
	bool first = true;

	for (guint i = 0; i < route->len; i++) {
		const struct chat *chat = route->pdata[i];
		const struct event_chat *object = &chat->object.chat;
		bool person = object->kind != CHAT_ROOM;
		enum slot slot = object->mentions > 0 && !person ? SLOT_STATUS_MENTION :
		    person ? SLOT_STATUS_DIRECT : SLOT_STATUS_ROOM;

		/* What is in front is looked at. */
		if (chat == status->chat)
			continue;
		if (!first)
			bar_put(to, CURRENT, " ");
		first = false;
		if (numbers_only)
			bar_printf(to, slot, "%" G_GINT64_FORMAT, object->number);
		else
			bar_printf(to, slot, "%s%" G_GINT64_FORMAT ":%s(%" G_GINT64_FORMAT "%s)",
			    object->mentions > 0 && !person ? "@" : "", object->number, chat_name(status->model, chat),
			    object->unread, object->unread >= 100 ? "+" : "");
	}
}

static void
put_sums(const struct status *status, enum item item, struct bar_value *to)
{
	const GPtrArray *chats = model_chats(status->model), *accounts = model_accounts(status->model);
	int64_t sum = 0;

	for (guint i = 0; item != ITEM_OUTBOX && i < chats->len; i++) {
		const struct event_chat *object = &((const struct chat *)chats->pdata[i])->object.chat;

		sum += item == ITEM_UNREAD_TOTAL ? object->unread : object->mentions;
	}
	for (guint i = 0; item == ITEM_OUTBOX && i < accounts->len; i++)
		sum += ((const struct event *)accounts->pdata[i])->account.queued;
	bar_printf(to, CURRENT, "%" G_GINT64_FORMAT, sum);
}

static void
put_time(const struct status *status, bool day, struct bar_value *to)
{
	int64_t ms = clock_real_us() / 1000;
	g_autofree char *now = day ? rows_day(ms) : rows_time(NULL, ms);

	if (status->clock)
		bar_put(to, CURRENT, now);
}

static const char *
size_of(int columns)
{
	static const char *const names[LAYOUT_SIZES] = { "narrow", "normal", "wide" };

	return columns < TINY ? "tiny" : names[layout_size(columns)];
}

static void
put(void *ctx, enum item item, struct bar_value *to)
{
	const struct status *status = ctx;

	if (put_room(status, item, to) || put_chat(status, item, to))
		return;
	switch (item) {
	case ITEM_CHAT_PRESENCE:
	case ITEM_CHAT_PRESENCE_SIGN:
		put_presence(status, to, item == ITEM_CHAT_PRESENCE);
		break;
	case ITEM_CHAT_WARNING:
		put_warning(status, to);
		break;
	case ITEM_ACCOUNTS:
	case ITEM_ACCOUNTS_SHORT:
		put_accounts(status, item == ITEM_ACCOUNTS_SHORT, to);
		break;
	case ITEM_ACTIVITY:
	case ITEM_ACTIVITY_SHORT:
		put_activity(status, item == ITEM_ACTIVITY_SHORT, to);
		break;
	case ITEM_UNREAD_TOTAL:
	case ITEM_MENTIONS_TOTAL:
	case ITEM_OUTBOX:
		put_sums(status, item, to);
		break;
	case ITEM_REQUESTS:
		bar_printf(to, CURRENT, "%u", model_prompts(status->model)->len);
		break;
	case ITEM_ASKING:
		bar_printf(to, CURRENT, "%d", status->running);
		break;
	case ITEM_TIME:
	case ITEM_DATE:
		put_time(status, item == ITEM_DATE, to);
		break;
	case ITEM_HINT:
		bar_put(to, CURRENT, status->hint != NULL ? status->hint : "");
		break;
	case ITEM_MODE:
		bar_put(to, CURRENT, status->mode != NULL ? status->mode : "");
		break;
	case ITEM_FACE:
		bar_put(to, CURRENT, status->face != NULL ? status->face : "");
		break;
	case ITEM_SIZE:
		bar_put(to, CURRENT, size_of(status->columns));
		break;
	case ITEM_SPLIT:
		if (status->splits > 1)
			bar_printf(to, CURRENT, "%d/%d", status->split, status->splits);
		break;
	default:
		put_own(status, item, to);
		break;
	}
}

void
status_draw_title(struct status *status, struct canvas *canvas, const struct area *area)
{
	status->policy = canvas_policy(canvas);
	status->columns = area->columns;
	bar_draw(variant(status, STATUS_TITLE, area->columns), put, status, canvas, area, SLOT_TITLE);
	if (status->inactive && area->rows > 0)
		canvas_paint(canvas, area->row, area->column, area->columns, SLOT_TITLE_INACTIVE);
}

void
status_draw(struct status *status, struct canvas *canvas, const struct area *area)
{
	status->policy = canvas_policy(canvas);
	status->columns = area->columns;
	bar_draw(variant(status, STATUS_STATUS, area->columns), put, status, canvas, area, SLOT_STATUS);
}

char *
status_prompt(struct status *status, int columns)
{
	status->columns = columns;
	return bar_text(status->formats->line[STATUS_PROMPT], put, status, status->policy);
}
