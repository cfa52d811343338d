/*
 * view_search.c: what was found, as rows of messages with what was said around them, newest first.  The words are a
 * question in the input line (ask.c), and each key in it searches anew: one search is under way at a time, the former
 * is ended.  While one types the last word may be a beginning; a blank behind it, or a quote, makes it whole.
 *
 * A reader would get wrong that what was found stays when the view is left: n and N of the selection go on with it.
 */
#include <string.h>

#include "base/limits.h"
#include "face/tui/page.h"
#include "face/tui/term.h"
#include "proto/error.h"

enum { HITS = 50, HITS_MOST = 400, LINES_MOST = 20, EXCERPT = 600, LEAD = 120, BEGINNING = 3, CONTEXT_TEXT = 300 };

/* Around found words, in a text that is wrapped; shown as brackets.  Private characters, which bodies lose before. */
#define OPEN "\xee\x80\x80"
#define CLOSE "\xee\x80\x81"

struct hit {
	struct entry	 entry;
	GArray		*found;			/* of size_t: from, to, from, to ... */
	GPtrArray	*around;		/* struct entry *, in order, without itself */
	int		 context;		/* how many rows of it were asked for, each side */
};

/* A request that is under way. */
struct asked {
	struct face	*face;
	int64_t		 id;			/* the hit, for more of what is around it */
	int64_t		 request;
};

static void
entry_free(void *data)
{
	struct entry *entry = data;

	event_clear(&entry->event);
	g_free(entry);
}

static void
hit_free(void *data)
{
	struct hit *hit = data;

	event_clear(&hit->entry.event);
	g_array_unref(hit->found);
	g_ptr_array_unref(hit->around);
	g_free(hit);
}

static struct asked *
asked_new(struct face *face, int64_t id)
{
	struct asked *asked = g_new0(struct asked, 1);

	if (face->search.around == NULL)
		face->search.around = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(face->search.around, asked);
	asked->face = face;
	asked->id = id;
	return asked;
}

static struct hit *
hit_of(const struct face *face, int64_t id)
{
	for (guint i = 0; face->search.hits != NULL && i < face->search.hits->len; i++) {
		struct hit *hit = face->search.hits->pdata[i];

		if (hit->entry.id == id)
			return hit;
	}
	return NULL;
}

/* --- what came --- */

static bool
take_entry(struct entry *entry, const json_t *object)
{
	if (!event_from_json(object, &entry->event))
		return false;
	if (entry->event.type != EVENT_message) {
		event_clear(&entry->event);
		return false;
	}
	entry->kind = ENTRY_MESSAGE;
	entry->id = entry->event.message.id;
	entry->order = entry->event.message.order;
	entry->time = entry->event.message.said;
	/* What is shown of it is cut here, and not folded. */
	entry->unfolded = 1;
	entry->event.message.cut = false;
	return true;
}

static void
add_around(struct hit *hit, const json_t *object)
{
	struct entry *entry = g_new0(struct entry, 1);
	guint at = 0;

	if (object == NULL || !take_entry(entry, object)) {
		g_free(entry);
		return;
	}
	while (at < hit->around->len && ((struct entry *)hit->around->pdata[at])->order < entry->order)
		at++;
	g_ptr_array_insert(hit->around, (int)at, entry);
}

static void
take_hit(struct face *face, const json_t *object, GHashTable *others)
{
	struct hit *hit = g_new0(struct hit, 1);
	const char *const sides[] = { "previous", "next" };
	const json_t *pair;
	size_t i;

	if (!take_entry(&hit->entry, object)) {
		g_free(hit);
		return;
	}
	hit->context = 1;
	hit->found = g_array_new(FALSE, FALSE, sizeof(size_t));
	hit->around = g_ptr_array_new_with_free_func(entry_free);
	json_array_foreach(json_object_get(object, "found"), i, pair)
		for (size_t k = 0; k < 2; k++) {
			size_t place = (size_t)MAX(0, json_integer_value(json_array_get(pair, k)));

			g_array_append_val(hit->found, place);
		}
	for (i = 0; i < G_N_ELEMENTS(sides); i++) {
		int64_t id = json_integer_value(json_object_get(object, sides[i]));

		add_around(hit, g_hash_table_lookup(others, &id));
	}
	g_ptr_array_add(face->search.hits, hit);
}

static void
take_hits(struct face *face, const json_t *result)
{
	g_autoptr(GHashTable) others = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	const char *const lists[] = { "messages", "context" };
	json_t *object;
	size_t i;

	for (size_t k = 0; k < G_N_ELEMENTS(lists); k++)
		json_array_foreach(json_object_get(result, lists[k]), i, object) {
			int64_t id = json_integer_value(json_object_get(object, "id"));

			g_hash_table_insert(others, g_memdup2(&id, sizeof id), object);
		}
	json_array_foreach(json_object_get(result, "messages"), i, object)
		take_hit(face, object, others);
}

static void
forget(struct search *search)
{
	if (search->hits == NULL)
		search->hits = g_ptr_array_new_with_free_func(hit_free);
	g_ptr_array_set_size(search->hits, 0);
	json_decref(search->holes);
	search->holes = NULL;
	search->more = search->partial = false;
	search->from = 0;
	g_clear_pointer(&search->error, g_free);
}

static void
took(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct asked *asked = ctx;
	struct face *face = asked->face;
	struct search *search = &face->search;
	int64_t request = asked->request;
	json_t *searched = json_object_get(result, "searched");

	(void)data;
	g_ptr_array_remove_fast(search->around, asked);
	if (request != search->request)
		return;
	search->request = 0;
	face_mark(face, DIRTY_ALL);
	if (!search->older)
		forget(search);
	if (g_strcmp0(search->words, search->asked) != 0 && face->page.on && face->page.kind == PAGE_SEARCH) {
		g_clear_pointer(&face->page.at, g_free);
		face->page.top = 0;
	}
	g_free(search->words);
	search->words = g_strdup(search->asked);
	if (result == NULL) {
		search->error = g_strdup(error->message);
		return;
	}
	take_hits(face, result);
	search->more = json_is_true(json_object_get(result, "more"));
	search->partial = json_is_true(json_object_get(result, "partial"));
	search->took_us = json_integer_value(json_object_get(result, "took_us"));
	clock_parse_utc(json_string_value(json_object_get(searched, "from")), &search->from);
	json_decref(search->holes);
	search->holes = json_incref(json_object_get(searched, "holes"));
}

/* --- asking --- */

static void
end_former(struct face *face)
{
	if (face->search.request != 0 && face->client != NULL)
		client_request(face->client, "cancel", json_pack("{s:I}", "request", (json_int_t)face->search.request),
		    NULL, NULL);
	face->search.request = 0;
}

/* before: only what is older than this message; 0: from the newest on. */
static void
ask(struct face *face, const char *words, int64_t before)
{
	struct search *search = &face->search;
	g_autofree char *now = g_strdup(words);
	struct asked *asked;
	json_t *params;

	end_former(face);
	if (face->client == NULL)
		return;
	params = json_pack("{s:s, s:b, s:i}", "words", now, "context", 1, "limit", HITS);
	if (search->account != NULL) {
		json_object_set_new(params, "account", json_string(search->account));
		json_object_set_new(params, "chat", json_string(search->jid));
	}
	if (before != 0)
		json_object_set_new(params, "before", json_integer(before));
	g_free(search->asked);
	search->asked = g_steal_pointer(&now);
	search->older = before != 0;
	asked = asked_new(face, 0);
	asked->request = search->request = client_request(face->client, "search", params, took, asked);
}

/*
 * The last word may be a beginning, where it is a word and nothing closes it.  A shorter one begins so many words that
 * the index would walk through most of what was ever said.
 */
static char *
as_typed(const char *line)
{
	g_autofree char *words = g_strdup(line);
	const char *last = strrchr(words, ' ');
	size_t n = strlen(words), quotes = 0;

	last = last != NULL ? last + 1 : words;
	for (size_t i = 0; i < n; i++)
		quotes += words[i] == '"';
	if (g_utf8_strlen(last, -1) < BEGINNING || quotes > 0 || strchr(last, ':') != NULL || words[n - 1] == '*')
		return g_strdup(g_strchomp(words));
	return g_strconcat(words, "*", NULL);
}

void
search_typed(struct face *face)
{
	g_autofree char *words = as_typed(input_line(face->input));

	if (words[strspn(words, " ")] == '\0') {
		end_former(face);
		forget(&face->search);
		g_clear_pointer(&face->search.words, g_free);
		face_mark(face, DIRTY_ALL);
	} else if (g_strcmp0(words, face->search.request != 0 ? face->search.asked : face->search.words) != 0)
		ask(face, words, 0);
}

static void
remember(struct search *search, const char *line)
{
	if (search->lines == NULL)
		search->lines = g_ptr_array_new_with_free_func(g_free);
	if (search->lines->len > 0 && strcmp(search->lines->pdata[search->lines->len - 1], line) == 0)
		return;
	if (search->lines->len == LINES_MOST)
		g_ptr_array_remove_index(search->lines, 0);
	g_ptr_array_add(search->lines, g_strdup(line));
}

/* Enter: the letters are keys from now on.  Esc: back to where one was. */
static void
typed(struct face *face, const char *value, int64_t id)
{
	struct search *search = &face->search;

	(void)id;
	if (!face->page.on || face->page.kind != PAGE_SEARCH)
		return;
	if (value != NULL && *value != '\0') {
		remember(search, value);
		search->walking = true;
	} else if (!search->walking)
		page_close(face);
	face_mark(face, DIRTY_ALL);
}

static void
ask_words(struct face *face, const char *initial)
{
	ask_open(face, "search", false, initial, typed, 0);
	for (guint i = 0; face->search.lines != NULL && i < face->search.lines->len; i++)
		input_remember(face->input, face->ask.draft, face->search.lines->pdata[i]);
}

void
search_open(struct face *face, bool everywhere)
{
	struct search *search = &face->search;
	const struct chat *front = face->front;

	/* The key again: to the next one. */
	if (face->page.on && face->page.kind == PAGE_SEARCH && face->ask.open) {
		if (*input_line(face->input) == '\0' && search->lines != NULL)
			input_recall(face->input, -1);
		else
			page_move(face, 1);
		return;
	}
	ask_leave(face);
	end_former(face);
	forget(search);
	search->walking = search->fetching = false;
	g_clear_pointer(&search->words, g_free);
	g_clear_pointer(&search->account, g_free);
	g_clear_pointer(&search->jid, g_free);
	if (!everywhere && !chat_is_console(front)) {
		search->account = g_strdup(front->account);
		search->jid = g_strdup(front->jid);
	}
	page_open(face, PAGE_SEARCH, NULL);
	ask_words(face, "");
}

void
search_free(struct face *face)
{
	struct search *search = &face->search;

	g_clear_pointer(&search->hits, g_ptr_array_unref);
	g_clear_pointer(&search->lines, g_ptr_array_unref);
	g_clear_pointer(&search->around, g_ptr_array_unref);
	json_decref(search->holes);
	g_free(search->words);
	g_free(search->asked);
	g_free(search->account);
	g_free(search->jid);
	g_free(search->error);
	memset(search, 0, sizeof *search);
}

/* --- the lines --- */

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
		    "Words, all of which are in the message; \"several words\" as they stand; from:WHO, in:CHAT, after:DATE, before:DATE, has:link. The last word may be a beginning of three letters and more; a "
		    "blank behind it makes it whole. Up brings back what was looked for before.");
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

/* --- keys --- */

static void
took_around(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct asked *asked = ctx;
	struct face *face = asked->face;
	struct hit *hit = hit_of(face, asked->id);
	json_t *object;
	size_t i;

	(void)error;
	(void)data;
	g_ptr_array_remove_fast(face->search.around, asked);
	if (hit == NULL || result == NULL)
		return;
	g_ptr_array_set_size(hit->around, 0);
	json_array_foreach(json_object_get(result, "messages"), i, object)
		if (json_integer_value(json_object_get(object, "id")) != hit->entry.id)
			add_around(hit, object);
	face_mark(face, DIRTY_ALL);
}

/* One row each side, then four, then twelve, then one again. */
static void
more_context(struct face *face, struct hit *hit)
{
	struct asked *asked;
	const struct event *event = &hit->entry.event;

	if (face->client == NULL)
		return;
	hit->context = hit->context == 1 ? 4 : hit->context == 4 ? 12 : 1;
	asked = asked_new(face, hit->entry.id);
	asked->request = client_request(face->client, "history", json_pack("{s:s, s:s, s:I, s:i}", "account",
	    event->account_name, "chat", event->chat_jid, "around", (json_int_t)hit->entry.id, "limit",
	    2 * hit->context + 1), took_around, asked);
}

static void
copy(struct face *face, const struct hit *hit)
{
	const struct event *event = &hit->entry.event;
	const struct chat *chat = model_chat(face->model, event->account_name, event->chat_jid);
	g_autofree char *day = rows_day(hit->entry.time), *at = rows_time(NULL, hit->entry.time), *text = NULL;

	text = g_strdup_printf("%s %s %s: %s", day, at, event->message.direction == DIRECTION_OUT ?
	    event->account_name : event->message.nick != NULL ? event->message.nick : chat != NULL ?
	    chat_name(face->model, chat) : event->chat_jid, event->message.body != NULL ? event->message.body : "");
	if (face->term != NULL)
		term_copy(face->term, text);
	input_yankable(face->input, text);
}

static void
fetched(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct asked *asked = ctx;
	struct face *face = asked->face;

	(void)data;
	g_ptr_array_remove_fast(face->search.around, asked);
	if (result != NULL)
		return;
	face->search.fetching = false;
	g_free(face->search.error);
	face->search.error = g_strdup(error->message);
	face_mark(face, DIRTY_ALL);
}

/* Each account with a hole tries again what it gave up. */
static void
fetch(struct face *face)
{
	g_autoptr(GHashTable) done = g_hash_table_new(g_str_hash, g_str_equal);
	const json_t *hole;
	size_t i;

	json_array_foreach(face->search.holes, i, hole) {
		const char *account = json_string_value(json_object_get(hole, "account"));
		struct asked *asked;

		if (account == NULL || face->client == NULL || !g_hash_table_add(done, (char *)(uintptr_t)account))
			continue;
		asked = asked_new(face, 0);
		face->search.fetching = true;
		asked->request = client_request(face->client, "run", json_pack("{s:s, s:s}", "line", "/sync now",
		    "account", account), fetched, asked);
	}
}

void
search_synced(struct face *face, const struct event *event)
{
	struct search *search = &face->search;
	g_autofree char *words = NULL;

	if (!search->fetching || event->chat_jid != NULL || event->sync.state == SYNC_FETCHING)
		return;
	search->fetching = false;
	face_mark(face, DIRTY_ALL);
	if (search->words == NULL || !face->page.on || face->page.kind != PAGE_SEARCH)
		return;
	words = g_strdup(search->words);
	ask(face, words, 0);
}

/* Near the last one: the older ones are asked for. */
static void
look_for_older(struct face *face)
{
	const struct search *search = &face->search;
	const struct hit *last = search->hits->len > 0 ? search->hits->pdata[search->hits->len - 1] : NULL;
	g_autofree char *target = last != NULL ? g_strdup_printf("%" G_GINT64_FORMAT, last->entry.id) : NULL;

	if (last != NULL && search->more && search->request == 0 && search->hits->len < HITS_MOST &&
	    g_strcmp0(face->page.at, target) == 0)
		ask(face, search->words, last->entry.id);
}

void
search_act(struct face *face, enum view_action action, const char *target)
{
	struct hit *hit = target != NULL ? hit_of(face, g_ascii_strtoll(target, NULL, 10)) : NULL;
	g_autofree char *words = g_strdup(face->search.words);

	switch (action) {
	case VIEW_SEARCH_OLDER:
	case VIEW_SEARCH_NEWER:
		page_move(face, action == VIEW_SEARCH_OLDER ? 1 : -1);
		look_for_older(face);
		break;
	case VIEW_SEARCH_CONTEXT:
		if (hit != NULL)
			more_context(face, hit);
		break;
	case VIEW_SEARCH_COPY:
		if (hit != NULL)
			copy(face, hit);
		break;
	case VIEW_SEARCH_WORDS:
		if (words != NULL && g_str_has_suffix(words, "*"))
			words[strlen(words) - 1] = '\0';
		ask_words(face, words != NULL ? words : "");
		break;
	default:
		fetch(face);
		break;
	}
}

void
search_follow(struct face *face, const char *target)
{
	int64_t id = g_ascii_strtoll(target, NULL, 10);
	const struct hit *hit = hit_of(face, id);
	struct chat *chat = hit != NULL ? model_chat(face->model, hit->entry.event.account_name,
	    hit->entry.event.chat_jid) : NULL;

	if (chat != NULL)
		link_jump(face, chat, id);
}

char *
search_step(struct face *face, int by)
{
	const struct window *window = face->front->window;
	long at = window_find(window, face->select.rows.at);
	const struct hit *best = NULL;
	int64_t order = at >= 0 ? window->entries[at]->order : 0;
	guint place = 0;

	if (face->search.hits == NULL || face->search.words == NULL)
		return g_strdup("nothing was looked for yet; / looks");
	for (guint i = 0; i < face->search.hits->len; i++) {
		const struct hit *hit = face->search.hits->pdata[i];
		int64_t other = hit->entry.order;

		if (g_strcmp0(hit->entry.event.account_name, face->front->account) != 0 ||
		    g_strcmp0(hit->entry.event.chat_jid, face->front->jid) != 0 ||
		    (by > 0 ? other >= order : other <= order))
			continue;
		if (best == NULL || (by > 0 ? other > best->entry.order : other < best->entry.order)) {
			best = hit;
			place = i + 1;
		}
	}
	if (best == NULL)
		return g_strdup(by > 0 ? "no older one of those found is in this chat" :
		    "no newer one of those found is in this chat");
	link_jump(face, face->front, best->entry.id);
	return g_strdup_printf("%s: %u of %u", face->search.words, place, face->search.hits->len);
}

/* --- /goto --- */

static void
took_place(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct asked *asked = ctx;
	struct face *face = asked->face;
	struct chat *chat = result == NULL ? NULL : model_chat(face->model, json_string_value(json_object_get(result,
	    "account")), json_string_value(json_object_get(result, "chat")));

	(void)data;
	g_ptr_array_remove_fast(face->search.around, asked);
	if (chat != NULL)
		link_jump(face, chat, json_integer_value(json_object_get(result, "id")));
	else if (error != NULL && face->client != NULL)
		face_note(face, face->front, SEVERITY_ERROR, "%s", error->message);
}

void
search_place(struct face *face, const char *where)
{
	json_t *params;
	struct asked *asked;

	if (face->client == NULL)
		return;
	params = json_pack("{s:s}", "where", where);
	if (!chat_is_console(face->front)) {
		json_object_set_new(params, "account", json_string(face->front->account));
		json_object_set_new(params, "chat", json_string(face->front->jid));
	}
	asked = asked_new(face, 0);
	asked->request = client_request(face->client, "place", params, took_place, asked);
}

static void
placed(struct face *face, const char *value, int64_t id)
{
	(void)id;
	if (value != NULL && *value != '\0')
		search_place(face, value);
}

void
search_ask_place(struct face *face)
{
	if (!face->ask.open)
		ask_open(face, "go to (2026-03-01, yesterday, or a message's number)", false, "", placed, 0);
}
