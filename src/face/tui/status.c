/* status.c: see status.h. */
#include "face/tui/status.h"

#include <string.h>

#include "base/clock.h"
#include "face/tui/rows.h"

enum { GROUP_SPANS = 24, GROUPS = 10, GROUP_LEAST = 16, NARROW = 60 };

struct group {
	int	 rank, n, width;
	bool	 right;
	struct {
		enum slot	 slot;
		char		*text;
		int		 width;
	} span[GROUP_SPANS];
};

struct line {
	const struct text_policy *policy;
	struct group	 group[GROUPS];
	int		 n;
};

static struct group *
group(struct line *line, int rank, bool right)
{
	struct group *one = &line->group[line->n++];

	g_assert(line->n <= GROUPS);
	memset(one, 0, sizeof *one);
	one->rank = rank;
	one->right = right;
	return one;
}

static void
add_take(struct line *line, struct group *to, enum slot slot, char *text)
{
	int width = text_columns(text, line->policy);

	if (to->n == GROUP_SPANS || width == 0) {
		g_free(text);
		return;
	}
	to->span[to->n].slot = slot;
	to->span[to->n].width = width;
	to->span[to->n++].text = text;
	to->width += width;
}

static void
add(struct line *line, struct group *to, enum slot slot, const char *text)
{
	add_take(line, to, slot, g_strdup(text));
}

static int
line_width(const struct line *line)
{
	int width = 0;

	for (int i = 0; i < line->n; i++)
		width += line->group[i].width;
	return width;
}

/* Makes the group at most width wide: cut, with a sign that it was. */
static void
shorten(struct line *line, struct group *one, int width)
{
	while (one->width > width && one->n > 0) {
		int last = one->n - 1, over = one->width - width;
		const char *sign = text_ascii_signs(line->policy) ? "..." : "…";
		int room = one->span[last].width - over - text_columns(sign, line->policy);

		one->width -= one->span[last].width;
		if (room < 1) {
			g_free(one->span[last].text);
			one->n--;
			continue;
		}
		char *old = one->span[last].text;
		g_autofree char *kept = g_strndup(old, text_fit(old, room, line->policy));
		one->span[last].text = g_strconcat(kept, sign, NULL);
		one->span[last].width = text_columns(one->span[last].text, line->policy);
		one->width += one->span[last].width;
		g_free(old);
		return;
	}
}

static void
give_way(struct line *line, int columns)
{
	int over;

	while ((over = line_width(line) - columns) > 0) {
		struct group *worst = NULL;

		for (int i = 0; i < line->n; i++)
			if (line->group[i].width > 0 && line->group[i].rank > 0 &&
			    (worst == NULL || line->group[i].rank > worst->rank))
				worst = &line->group[i];
		if (worst == NULL)
			return;
		shorten(line, worst, worst->width - over >= GROUP_LEAST ? worst->width - over : 0);
	}
}

static void
line_draw(struct line *line, struct canvas *canvas, const struct area *area, enum slot base)
{
	int column = area->column, end = area->column + area->columns, right = 0;

	give_way(line, area->columns);
	canvas_clear(canvas, area->row, area->column, 1, area->columns, base);
	for (int i = 0; i < line->n; i++)
		right += line->group[i].right ? line->group[i].width : 0;
	for (int side = 0; side < 2; side++) {
		int limit = side == 0 ? MAX(column, end - right) : end;

		if (side == 1)
			column = MAX(area->column, end - right);
		for (int i = 0; i < line->n; i++) {
			struct group *one = &line->group[i];

			for (int j = 0; one->right == (side == 1) && j < one->n; j++)
				column = canvas_text(canvas, area->row, column, limit, one->span[j].slot,
				    one->span[j].text, -1);
		}
	}
	for (int i = 0; i < line->n; i++)
		for (int j = 0; j < line->group[i].n; j++)
			g_free(line->group[i].span[j].text);
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

static void
add_presence(const struct status *status, struct line *line, bool narrow)
{
	struct group *one = group(line, narrow ? 2 : 3, false);
	const struct event_contact *contact;
	enum presence_show show = SHOW_OFFLINE;
	const char *words = NULL, *sign;
	bool known = model_presence(status->model, status->chat->account, status->chat->jid, &show, &words);
	enum slot slot;

	/* Who shows us their presence and shows none is offline; of others nothing is known. */
	contact = model_contact(status->model, status->chat->account, status->chat->jid);
	if (!known && contact != NULL &&
	    (contact->subscription == SUBSCRIPTION_TO || contact->subscription == SUBSCRIPTION_BOTH))
		known = true;
	sign = status_sign(show, known, text_ascii_signs(line->policy), &slot);
	add_take(line, one, SLOT_TITLE, g_strconcat("  ", sign, NULL));
	if (narrow || !known)
		return;
	add_take(line, one, SLOT_TITLE, g_strconcat(" ", status_words(show), NULL));
	if (words != NULL && *words != '\0')
		add_take(line, one, SLOT_TITLE_TOPIC, g_strconcat(" \"", words, "\"", NULL));
}

static void
add_console_title(const struct status *status, struct line *line)
{
	const GPtrArray *accounts = model_accounts(status->model);
	int failed = 0, waiting = 0, requests = (int)model_prompts(status->model)->len;
	g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *all = NULL;

	for (guint i = 0; i < accounts->len; i++) {
		const struct event *event = accounts->pdata[i];

		failed += event->account.state == ACCOUNT_FAILED;
		waiting += event->account.state == ACCOUNT_WAITING;
	}
	if (failed > 0)
		g_ptr_array_add(parts, g_strdup_printf("%d failed", failed));
	if (waiting > 0)
		g_ptr_array_add(parts, g_strdup_printf("%d waiting", waiting));
	if (requests > 0)
		g_ptr_array_add(parts, g_strdup_printf(requests == 1 ? "%d request" : "%d requests", requests));
	g_ptr_array_add(parts, NULL);
	all = g_strjoinv(", ", (char **)parts->pdata);
	add_take(line, group(line, 1, true), SLOT_TITLE_WARNING, g_strconcat(" ", all, NULL));
}

void
status_draw_title(const struct status *status, struct canvas *canvas, const struct area *area)
{
	struct line line = { .policy = canvas_policy(canvas) };
	const struct chat *chat = status->chat;
	const struct event_account *account = model_account(status->model, chat->account);
	const char *name = chat_name(status->model, chat);
	bool narrow = area->columns < NARROW;
	struct group *one;

	if (area->rows == 0)
		return;
	one = group(&line, 9, false);
	if (chat_number(chat) > 0)
		add_take(&line, one, SLOT_TITLE, g_strdup_printf(" %" G_GINT64_FORMAT " ", chat_number(chat)));
	else
		add(&line, one, SLOT_TITLE, " - ");
	one->rank = 0;
	one = group(&line, narrow ? 1 : 2, false);
	add(&line, one, SLOT_TITLE_NAME, name);
	if (chat_is_console(chat))
		add_console_title(status, &line);
	else {
		add_presence(status, &line, narrow);
		if (!narrow && strcmp(name, chat->jid) != 0)
			add_take(&line, group(&line, 6, false), SLOT_TITLE, g_strconcat("  ", chat->jid, NULL));
		if (account == NULL || account->state != ACCOUNT_ONLINE)
			add(&line, group(&line, 1, true), SLOT_TITLE_WARNING,
			    narrow ? "  offline" : "  offline: will be queued");
		if (!narrow && accounts_in_use(status->model) > 1)
			add_take(&line, group(&line, 2, true), SLOT_TITLE, g_strconcat("  ", chat->account, NULL));
		if (account == NULL || account->tls)
			add(&line, group(&line, 0, true), SLOT_TITLE_PLAIN, "  TLS only");
		else
			add(&line, group(&line, 0, true), SLOT_TITLE_WARNING, "  no TLS");
	}
	one = group(&line, 0, true);
	add(&line, one, SLOT_TITLE, " ");
	line_draw(&line, canvas, area, SLOT_TITLE);
}

/* One account: name and sign, and in a word why it is not there. */
static void
add_account(struct line *line, struct group *one, const struct event *event, bool narrow)
{
	const struct event_account *account = &event->account;
	bool ascii = text_ascii_signs(line->policy);
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
	if (narrow)
		add_take(line, one, slot, g_strconcat(" ", sign, NULL));
	else
		add_take(line, one, slot, g_strconcat(" ", event->account_name, " ", sign, *why != '\0' ? " " : "", why,
		    NULL));
}

static void
add_accounts(const struct status *status, struct line *line, bool narrow)
{
	const GPtrArray *accounts = model_accounts(status->model);
	struct group *one = group(line, 2, false);

	if (!narrow)
		add(line, one, SLOT_STATUS, " ");
	for (guint i = 0; i < accounts->len; i++) {
		const struct event *event = accounts->pdata[i];

		if (event->account.enabled)
			add_account(line, one, event, narrow);
	}
	if (accounts->len == 0)
		add(line, one, SLOT_STATUS, " no account");
}

static void
add_activity(const struct status *status, struct line *line, bool narrow)
{
	g_autoptr(GPtrArray) route = model_activity(status->model);
	struct group *one = group(line, 1, false);

	for (guint i = 0; i < route->len; i++) {
		const struct chat *chat = route->pdata[i];
		const struct event_chat *object = &chat->object.chat;
		bool person = object->kind != CHAT_ROOM;
		enum slot slot = object->mentions > 0 && !person ? SLOT_STATUS_MENTION :
		    person ? SLOT_STATUS_DIRECT : SLOT_STATUS_ROOM;

		/* What is in front is looked at. */
		if (chat == status->chat)
			continue;
		if (one->n == 0)
			add(line, one, SLOT_STATUS, narrow ? " Act" : "  Act");
		if (narrow)
			add_take(line, one, slot, g_strdup_printf(" %" G_GINT64_FORMAT, object->number));
		else
			add_take(line, one, slot, g_strdup_printf(" %s%" G_GINT64_FORMAT ":%s(%" G_GINT64_FORMAT "%s)",
			    object->mentions > 0 && !person ? "@" : "", object->number, chat_name(status->model, chat),
			    object->unread, object->unread >= 100 ? "+" : ""));
	}
}

void
status_draw(const struct status *status, struct canvas *canvas, const struct area *area)
{
	struct line line = { .policy = canvas_policy(canvas) };
	bool narrow = area->columns < NARROW;
	const GPtrArray *accounts = model_accounts(status->model);
	guint requests = model_prompts(status->model)->len;
	int64_t queued = 0;
	struct group *one;

	if (area->rows == 0)
		return;
	one = group(&line, 5, false);
	if (status->clock) {
		g_autofree char *now = rows_time(NULL, clock_real_us() / 1000);

		add_take(&line, one, SLOT_STATUS_CLOCK, g_strconcat(" ", now, NULL));
	}
	if (status->named) {
		one = group(&line, 1, false);
		add_take(&line, one, SLOT_STATUS_DIRECT, g_strconcat(" ", chat_name(status->model, status->chat), NULL));
	}
	add_accounts(status, &line, narrow);
	for (guint i = 0; i < accounts->len; i++)
		queued += ((const struct event *)accounts->pdata[i])->account.queued;
	if (queued > 0)
		add_take(&line, group(&line, 3, false), SLOT_STATUS, g_strdup_printf("  Out %" G_GINT64_FORMAT, queued));
	if (requests > 0)
		add_take(&line, group(&line, 2, false), SLOT_STATUS_REQUEST, g_strdup_printf("  Req %u", requests));
	add_activity(status, &line, narrow);
	if (status->running > 0)
		add(&line, group(&line, 3, true), SLOT_STATUS_MODE, "  asking");
	if (status->hint != NULL)
		add_take(&line, group(&line, 4, true), SLOT_STATUS_TYPING, g_strconcat("  ", status->hint, NULL));
	else if (status->chat->typing)
		add_take(&line, group(&line, 4, true), SLOT_STATUS_TYPING, g_strconcat("  ",
		    chat_name(status->model, status->chat), " is typing", NULL));
	add(&line, group(&line, 0, true), SLOT_STATUS, " ");
	line_draw(&line, canvas, area, SLOT_STATUS);
}

char *
status_prompt(struct model *model, const struct chat *chat, int columns)
{
	const GPtrArray *chats = model_chats(model);
	const char *name = chat_name(model, chat);
	bool twice = false;

	if (columns < 30)
		return g_strdup("> ");
	for (guint i = 0; i < chats->len; i++)
		twice |= chats->pdata[i] != chat && strcmp(chat_name(model, chats->pdata[i]), name) == 0;
	return twice && !chat_is_console(chat) ? g_strdup_printf("%s (%s)> ", name, chat->account) :
	    g_strdup_printf("%s> ", name);
}
