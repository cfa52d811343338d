/* search_rows.c: what was found, as rows of messages with what was said around them, and what was not searched. */
#include <string.h>

#include "face/tui/page.h"
#include "face/tui/search_private.h"

enum { EXCERPT = 600, LEAD = 120, CONTEXT_TEXT = 300 };

/* Around found words, in a text that is wrapped; shown as brackets.  Private characters, which bodies lose before. */
#define OPEN "\xee\x80\x80"
#define CLOSE "\xee\x80\x81"

/* Where a part of the text begins or ends: not inside a character. */
static size_t
at_character(const char *text, size_t at)
{
	while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80)
		at--;
	return at;
}

/* The body from one place to another, the found words in it between OPEN and CLOSE. */
static char *
marked(const char *body, size_t from, size_t to, const GArray *found)
{
	GString *text = g_string_new(from > 0 ? "… " : NULL);
	bool open = false;
	guint next = 0;

	for (size_t i = from; i < to; i++) {
		while (found != NULL && next < found->len && g_array_index(found, size_t, next) < i)
			open = next++ % 2 == 0;
		while (found != NULL && next < found->len && g_array_index(found, size_t, next) == i &&
		    ((unsigned char)body[i] & 0xc0) != 0x80) {
			open = next % 2 == 0;
			g_string_append(text, next++ % 2 == 0 ? OPEN : CLOSE);
		}
		if (strncmp(body + i, OPEN, 3) == 0 || strncmp(body + i, CLOSE, 3) == 0)
			i += 2;
		else
			g_string_append_c(text, body[i]);
	}
	if (open)
		g_string_append(text, CLOSE);
	if (body[to] != '\0')
		g_string_append(text, " …");
	return g_string_free(text, FALSE);
}

/* As much of a body as shows what was found in it. */
static char *
excerpt(const char *body, const GArray *found)
{
	size_t n = strlen(body), first = found->len > 0 ? g_array_index(found, size_t, 0) : 0, from = 0, to;

	if (first > n)
		first = 0;
	if (first > EXCERPT - LEAD) {
		const char *word;

		from = at_character(body, first - LEAD);
		word = memchr(body + from, ' ', first - from);
		from = word != NULL ? (size_t)(word + 1 - body) : from;
	}
	to = at_character(body, MIN(n, from + EXCERPT));
	return marked(body, from, to, found);
}

static bool
is_text(enum slot slot)
{
	return slot == SLOT_MESSAGE_TEXT || slot == SLOT_MESSAGE_TEXT_OWN || slot == SLOT_MESSAGE_ACTION ||
	    slot == SLOT_MESSAGE_QUOTE || slot == SLOT_MESSAGE_CODE || slot == SLOT_SEARCH_HIT;
}

/* A word that was found may go on from row to row. */
static void
mark_row(struct row *row, bool *inside)
{
	for (int i = 0; i < row->n; i++) {
		const char *text = row->span[i].text, *open = g_strrstr(text, OPEN), *close = g_strrstr(text, CLOSE);

		if (!is_text(row->span[i].slot))
			continue;
		if (*inside)
			row->span[i].slot = SLOT_SEARCH_HIT;
		if (open != NULL || close != NULL)
			*inside = close == NULL || (open != NULL && open > close);
	}
}

static void
add_message(struct page_lines *page, const struct rows_look *look, const struct entry *entry, const char *text,
    const char *target)
{
	static const struct rows_unread none;
	struct entry shown = *entry;
	g_autoptr(GPtrArray) rows = NULL;
	bool inside = false;

	shown.event.message.body = (char *)(uintptr_t)text;
	rows = rows_build(look, &none, NULL, &shown);
	for (guint i = 0; rows->len > 0; i++) {
		struct row *row = g_ptr_array_steal_index(rows, 0);

		page_add(page, SLOT_TEXT, g_strdup(""), i == 0 ? target : NULL, NULL);
		page_last(page)->same = target != NULL && i > 0;
		page_last(page)->row = row;
		mark_row(row, &inside);
	}
}

static void
add_context(struct page_lines *page, struct rows_look *look, const struct hit *hit, bool before)
{
	look->select = NULL;
	for (guint i = 0; i < hit->around->len; i++) {
		const struct entry *entry = hit->around->pdata[i];
		const char *body = entry->event.message.body != NULL ? entry->event.message.body : "";
		g_autofree char *text = NULL;

		if ((entry->order < hit->entry.order) != before)
			continue;
		text = marked(body, 0, at_character(body, MIN(strlen(body), CONTEXT_TEXT)), NULL);
		add_message(page, look, entry, text, NULL);
	}
}

static void
add_header(struct face *face, struct page_lines *page, const struct rows_look *look, const struct hit *hit, guint i)
{
	const struct hit *former = i > 0 ? face->search.hits->pdata[i - 1] : NULL;
	g_autofree char *day = rows_day(hit->entry.time), *last = former != NULL ? rows_day(former->entry.time) : NULL;
	g_autofree char *text = NULL;
	bool same = former != NULL && strcmp(day, last) == 0 &&
	    g_strcmp0(former->entry.event.account_name, hit->entry.event.account_name) == 0 &&
	    g_strcmp0(former->entry.event.chat_jid, hit->entry.event.chat_jid) == 0;

	text = same ? g_strdup("") : g_strdup_printf("%s%s, %s  %u of %u%s", look->is_room ? "#" : "", look->other, day,
	    i + 1, face->search.hits->len, face->search.more ? " and more" : "");
	page_add(page, SLOT_LINE_DAY, g_strdup(text), NULL, NULL);
	page_last(page)->row = rows_across(rows_rule(text, look->columns, same, page->policy), SLOT_LINE_DAY);
}

static void
add_hit(struct face *face, struct page_lines *page, guint i)
{
	const struct hit *hit = face->search.hits->pdata[i];
	const struct event *event = &hit->entry.event;
	const struct chat *chat = model_chat(face->model, event->account_name, event->chat_jid);
	const struct event_account *account = model_account(face->model, event->account_name);
	g_autofree char *target = g_strdup_printf("%" G_GINT64_FORMAT, hit->entry.id), *text = NULL;
	struct rows_select here = { .at = face->page.at == NULL ? (i == 0 ? hit->entry.id : 0) :
		strcmp(face->page.at, target) == 0 ? hit->entry.id : 0 };
	struct rows_look look = { .columns = face->layout.chat.columns, .policy = page->policy, .no_days = true,
		.style = &face->preferences.style };

	look.is_room = chat != NULL && chat->object.chat.kind == CHAT_ROOM;
	look.other = chat != NULL ? chat_name(face->model, chat) : event->chat_jid;
	look.other_jid = event->chat_jid;
	look.own = account != NULL && account->nick != NULL ? account->nick : event->account_name;
	look.own_jid = account != NULL && account->jid != NULL ? account->jid : "";
	add_header(face, page, &look, hit, i);
	add_context(page, &look, hit, true);
	look.select = &here;
	text = excerpt(event->message.body != NULL ? event->message.body : "", hit->found);
	add_message(page, &look, &hit->entry, text, target);
	add_context(page, &look, hit, false);
}

/* Says honestly what was searched, and what is missing here. */
static void
add_end(struct face *face, struct page_lines *page)
{
	const struct search *search = &face->search;
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *since = search->from != 0 ? rows_day(search->from) : NULL;
	const struct chat *chat = search->jid != NULL ? model_chat(face->model, search->account, search->jid) : NULL;
	size_t n = json_array_size(search->holes);
	const json_t *last = n > 0 ? json_array_get(search->holes, n - 1) : NULL;
	g_autofree char *keys = NULL;
	int64_t from = 0, to = 0;

	if (search->partial)
		g_string_append(text,
		    "The time was up, so older ones may be missing; more words, after: or before: make it quicker. ");
	else if (search->more)
		g_string_append(text, "These are the newest; before: finds older ones. ");
	g_string_append_printf(text, "Searched: this machine, %s%s, %s.",
	    since != NULL ? since : "where there is nothing yet", since != NULL ? " to now" : "",
	    chat != NULL ? chat_name(face->model, chat) : search->jid != NULL ? search->jid : "all accounts");
	if (last != NULL) {
		g_autofree char *day = NULL, *until = NULL;
		const char *why = json_string_value(json_object_get(last, "reason"));

		clock_parse_utc(json_string_value(json_object_get(last, "from")), &from);
		clock_parse_utc(json_string_value(json_object_get(last, "to")), &to);
		day = from != 0 ? rows_day(from) : NULL;
		until = rows_day(to);
		g_string_append_printf(text, " Not searched: what %s has and is not here, %s%s%s",
		    json_string_value(json_object_get(last, "account")), day == NULL ? "before " : day,
		    day != NULL && strcmp(day, until) != 0 ? " to " : "",
		    day == NULL || strcmp(day, until) != 0 ? until : "");
		if (why != NULL)
			g_string_append_printf(text, " (%s)", why);
		if (n > 1)
			g_string_append_printf(text, ", and %zu more part%s", n - 1, n == 2 ? "" : "s");
		keys = g_strdup(view_row(VIEW_SEARCH_FETCH)->keys);
		g_string_append_printf(text, search->fetching ? ". It is being fetched." :
		    ". Press %s to fetch it and search again.", keys);
	}
	page_add(page, SLOT_TEXT, g_strdup(""), NULL, NULL);
	page_add_wrapped(page, SLOT_TEXT_DIM, 1, text->str);
}

static char *
count(const struct search *search)
{
	guint n = search->hits != NULL ? search->hits->len : 0;
	const char *more = search->more || search->partial ? " or more" : "";

	if (search->words == NULL || search->error != NULL)
		return NULL;
	return search->took_us < 1000 ? g_strdup_printf("%u%s found in under 1 ms", n, more) :
	    g_strdup_printf("%u%s found in %" G_GINT64_FORMAT " ms", n, more, search->took_us / 1000);
}

void
search_make(struct face *face, struct page_lines *page)
{
	const struct search *search = &face->search;
	const struct chat *chat = search->jid != NULL ? model_chat(face->model, search->account, search->jid) : NULL;

	page->title = g_strdup_printf("search%s%s  %s", chat != NULL ? " in " : "", chat != NULL ?
	    chat_name(face->model, chat) : "", search->words != NULL ? search->words : "");
	page->count = count(search);
	if (search->words == NULL) {
		page_add_wrapped(page, SLOT_TEXT_DIM, 3,
		    "Words, all of which are in the message; \"several words\" as they stand; from:WHO, in:CHAT, after:DATE, "
		    "before:DATE, has:link. The last word may be a beginning of three letters and more; a blank behind it makes "
		    "it whole. Up brings back what was looked for before.");
		return;
	}
	if (search->error != NULL) {
		page_add_wrapped(page, SLOT_NOTICE_WARNING, 3, search->error);
		return;
	}
	for (guint i = 0; i < search->hits->len; i++)
		add_hit(face, page, i);
	add_end(face, page);
}

/* A row with brackets in the place of the marks. */
void
search_draw_row(struct face *face, const struct row *row, int y, const struct area *area)
{
	int end = area->column + area->columns;

	for (int i = 0; i < row->n; i++) {
		const char *text = row->span[i].text, *next;
		int column = area->column + row->span[i].column;
		enum slot plain = row->span[i].slot, slot = plain;

		if (plain == SLOT_SEARCH_HIT)
			plain = SLOT_MESSAGE_TEXT;
		for (; is_text(row->span[i].slot) && (next = strstr(text, "\xee\x80")) != NULL; text = next + 3) {
			bool open = next[2] == OPEN[2];

			column = canvas_text(face->canvas, y, column, end, slot, text, next - text);
			column = canvas_text(face->canvas, y, column, end, SLOT_SEARCH_HIT, open ? "[" : "]", 1);
			slot = open ? SLOT_SEARCH_HIT : plain;
		}
		canvas_text(face->canvas, y, column, end, slot, text, -1);
	}
}
