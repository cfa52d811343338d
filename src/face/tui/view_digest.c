/*
 * view_digest.c: what came while nobody was there, in the order in which one wants to know it: for you, to decide, not
 * sent, in rooms, what happened.  After an absence of ten minutes and more it stands in front by itself; then no letter
 * is a key of it: typing goes on in the chat where one left.  /inbox shows it at any time.
 */
#include <string.h>

#include "base/text.h"
#include "face/tui/page.h"

enum { ABSENCE_MS = 10 * 60 * 1000, NAME_COLUMNS = 12, QUOTED = 24 };

static int64_t
time_of(const json_t *object, const char *name)
{
	int64_t ms = 0;

	clock_parse_utc(json_string_value(json_object_get(object, name)), &ms);
	return ms;
}

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

/* A time of today, else the day. */
static char *
when(const struct face *face, int64_t ms)
{
	g_autofree char *day = rows_day(ms), *today = rows_day(clock_real_us() / 1000), *year = NULL;

	if (strcmp(day, today) == 0)
		return rows_time(&face->preferences.style, ms);
	year = g_strdup(day);
	/* "Fri 20 Nov 2026" without the year. */
	if (strlen(year) > 5)
		year[strlen(year) - 5] = '\0';
	return g_steal_pointer(&year);
}

static char *
long_words(int64_t ms)
{
	int64_t minutes = ms / 60000;

	if (minutes >= 48 * 60)
		return g_strdup_printf("%" G_GINT64_FORMAT " days", minutes / (24 * 60));
	return minutes >= 60 ? g_strdup_printf("%" G_GINT64_FORMAT " h %" G_GINT64_FORMAT " min", minutes / 60,
	    minutes % 60) : g_strdup_printf("%" G_GINT64_FORMAT " min", minutes);
}

static bool
for_you(const json_t *one)
{
	return json_integer_value(json_object_get(one, "mentions")) > 0 ||
	    strcmp(text_of(json_object_get(one, "chat"), "kind"), "room") != 0;
}

static void
add_heading(struct page_lines *page, const char *text)
{
	page_add(page, SLOT_TEXT, g_strdup(""), NULL, NULL);
	page_add(page, SLOT_HELP_HEADING, g_strdup(text), NULL, NULL);
}

static char *
one_line(const char *text)
{
	return text_clean(text, -1, TEXT_LINE, 400);
}

static void
add_chat(struct face *face, struct page_lines *page, const json_t *one)
{
	const json_t *chat = json_object_get(one, "chat"), *message = json_object_get(one, "message");
	const char *account = text_of(chat, "account"), *jid = text_of(chat, "chat"), *kind = text_of(chat, "kind");
	const struct chat *known = model_chat(face->model, account, jid);
	json_int_t came = json_integer_value(json_object_get(one, "came")),
	    number = json_integer_value(json_object_get(chat, "number"));
	json_int_t mentions = strcmp(kind, "room") == 0 ? json_integer_value(json_object_get(one, "mentions")) : 0;
	g_autofree char *target = g_strdup_printf("chat\n%s\n%s", account, jid), *at =
	    when(face, time_of(message, "said"));
	g_autofree char *body = one_line(text_of(message, "body"));
	g_autofree char *name = g_strdup_printf("%s%s%s", mentions > 0 ? "@" : "", strcmp(kind, "room") == 0 ?
	    "#" : "", known != NULL ? chat_name(face->model, known) : jid);
	g_autofree char *many = came >= 1000 ? g_strdup("999+") : g_strdup_printf("%" JSON_INTEGER_FORMAT, came);
	const char *nick = strcmp(kind, "room") == 0 ? text_of(message, "nick") : "";

	page_add(page, for_you(one) ? SLOT_LIST_MENTION : SLOT_LIST_UNREAD, g_strdup_printf(" %3" JSON_INTEGER_FORMAT
	    " %s%*s %4s  %s  %s%s%s", number, name, MAX(0, NAME_COLUMNS - text_columns(name, page->policy)), "", many,
	    at, nick, *nick != '\0' ? ": " : "", body), target, NULL);
}

static void
add_chats(struct face *face, struct page_lines *page, bool mine, const char *heading)
{
	const json_t *one;
	size_t i;
	bool any = false;

	json_array_foreach(json_object_get(face->digest.data, "chats"), i, one) {
		if (for_you(one) != mine || (!mine && json_is_true(json_object_get(json_object_get(one, "chat"),
		    "muted"))))
			continue;
		if (!any)
			add_heading(page, heading);
		any = true;
		add_chat(face, page, one);
	}
}

static void
add_prompts(struct face *face, struct page_lines *page)
{
	const GPtrArray *prompts = model_prompts(face->model);

	for (guint i = 0; i < prompts->len; i++) {
		const struct event *event = prompts->pdata[i];
		g_autofree char *target = g_strdup_printf("prompt\n%" G_GINT64_FORMAT, event->prompt.id);

		if (i == 0)
			add_heading(page, "to decide");
		page_add(page, SLOT_TEXT, g_strdup_printf("   %s", event->prompt.title != NULL ? event->prompt.title :
		    "?"), target, event->account_name);
	}
}

static void
add_failed(struct face *face, struct page_lines *page)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(face->digest.data, "failed"), i, one) {
		const char *account = text_of(one, "account"), *jid = text_of(one, "chat");
		const struct chat *chat = model_chat(face->model, account, jid);
		g_autofree char *at = when(face, time_of(one, "said")), *body = one_line(text_of(one, "body"));
		g_autofree char *reason = one_line(text_of(one, "reason"));
		g_autofree char *target = g_strdup_printf("message\n%s\n%s\n%" JSON_INTEGER_FORMAT, account, jid,
		    json_integer_value(json_object_get(one, "id")));
		const char *state = text_of(one, "state");

		if (i == 0)
			add_heading(page, "not sent");
		if (text_columns(body, page->policy) > QUOTED)
			body[text_fit(body, QUOTED, page->policy)] = '\0';
		page_add(page, SLOT_NOTICE_ERROR, g_strdup_printf("   %s  %s  \"%s\"  %s", chat != NULL ?
		    chat_name(face->model, chat) : jid, at, body, *reason != '\0' ? reason : state), target, NULL);
	}
}

static void
add_happened(struct face *face, struct page_lines *page)
{
	json_int_t forgotten = json_integer_value(json_object_get(face->digest.data, "forgotten"));
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(face->digest.data, "happened"), i, one) {
		g_autofree char *at = when(face, time_of(one, "time")), *text = one_line(text_of(one, "text")),
		    *all = NULL;

		if (i == 0)
			add_heading(page, "happened");
		all = g_strdup_printf("%s %s%s%s", at, text_of(one, "account"),
		    *text_of(one, "account") != '\0' ? ": " : "", text);
		page_add_wrapped(page, SLOT_TEXT, 3, all);
	}
	if (forgotten > 0)
		page_add(page, SLOT_TEXT_DIM,
		    g_strdup_printf("   and %" JSON_INTEGER_FORMAT " before that, which the log has", forgotten), NULL,
		    NULL);
}

void
digest_make(struct face *face, struct page_lines *page)
{
	const json_t *data = face->digest.data;
	int64_t from = time_of(data, "from"), to = time_of(data, "to");
	guint before;

	page->title = g_strdup(face->page.passive ? "welcome back" : "inbox");
	if (data == NULL) {
		page_add(page, SLOT_TEXT_DIM, g_strdup(face->digest.error != NULL ? face->digest.error : ""), NULL,
		    NULL);
		return;
	}
	if (from != 0) {
		g_autofree char *day = rows_day(from), *end = to != 0 ? when(face, to) : NULL;
		g_autofree char *length = long_words((to != 0 ? to : clock_real_us() / 1000) - from);
		g_autofree char *clock = rows_time(&face->preferences.style, from);

		page_add(page, SLOT_TEXT_DIM, g_strdup_printf("While nobody was attached: %s %s to %s (%s)", day, clock,
		    end != NULL ? end : "now", length), NULL, NULL);
	}
	before = page->lines->len;
	add_chats(face, page, true, "for you");
	add_prompts(face, page);
	add_failed(face, page);
	add_chats(face, page, false, "rooms");
	add_happened(face, page);
	if (page->lines->len == before)
		page_add(page, SLOT_TEXT, g_strdup(" Nothing came that you have not seen."), NULL, NULL);
}

void
digest_follow(struct face *face, const char *target)
{
	g_auto(GStrv) part = g_strsplit(target, "\n", 4);
	struct chat *chat = part[1] != NULL && part[2] != NULL ? model_chat(face->model, part[1], part[2]) : NULL;

	if (strcmp(part[0], "prompt") == 0) {
		face_go(face, model_console(face->model));
		select_prompt(face, g_ascii_strtoll(part[1], NULL, 10));
	} else if (chat != NULL && part[3] != NULL)
		link_jump(face, chat, g_ascii_strtoll(part[3], NULL, 10));
	else if (chat != NULL)
		face_go(face, chat);
}

/* Done with it: what came there is read. */
void
digest_act(struct face *face, enum view_action action, const char *target)
{
	g_auto(GStrv) part = target != NULL ? g_strsplit(target, "\n", 3) : NULL;
	struct chat *chat = part != NULL && strcmp(part[0], "chat") == 0 ? model_chat(face->model, part[1], part[2]) :
	    NULL;
	json_t *chats = json_object_get(face->digest.data, "chats"), *one;
	size_t i;

	(void)action;
	json_array_foreach(chats, i, one) {
		const json_t *object = json_object_get(one, "chat");

		if (chat == NULL || strcmp(text_of(object, "account"), chat->account) != 0 ||
		    strcmp(text_of(object, "chat"), chat->jid) != 0)
			continue;
		link_seen(face, chat, json_integer_value(json_object_get(json_object_get(one, "message"), "id")));
		json_array_remove(chats, i);
		break;
	}
}

/* --- when it is shown --- */

static bool
is_worth_it(const json_t *data)
{
	int64_t from = time_of(data, "from"), to = time_of(data, "to");
	size_t n = json_array_size(json_object_get(data, "chats")) + json_array_size(json_object_get(data, "failed")) +
	    json_array_size(json_object_get(data, "happened"));

	if (to == 0)
		to = clock_real_us() / 1000;
	return !json_is_true(json_object_get(data, "told")) && from != 0 && to - from >= ABSENCE_MS && n > 0;
}

static void
take(struct face *face, json_t *result, const GError *error)
{
	json_decref(face->digest.data);
	face->digest.data = result != NULL ? json_incref(result) : NULL;
	g_free(face->digest.error);
	face->digest.error = error != NULL ? g_strdup(error->message) : NULL;
	face_mark(face, DIRTY_ALL);
}

/* After attaching: only where nobody is about to do something already. */
static void
took_first(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct face *face = ctx;

	(void)data;
	take(face, result, error);
	if (result == NULL || !is_worth_it(result) || face->page.on || face->ask.open || face->start.on ||
	    face->attention.key_ms != 0)
		return;
	page_open(face, PAGE_DIGEST, NULL);
	face->page.passive = true;
}

static void
took(void *ctx, json_t *result, const GError *error, json_t *data)
{
	(void)data;
	take(ctx, result, error);
}

void
digest_first(struct face *face)
{
	client_request(face->client, "digest", NULL, took_first, face);
}

void
digest_open(struct face *face)
{
	if (face->client != NULL)
		client_request(face->client, "digest", NULL, took, face);
	page_open(face, PAGE_DIGEST, NULL);
}

void
digest_free(struct face *face)
{
	json_decref(face->digest.data);
	g_free(face->digest.error);
}
