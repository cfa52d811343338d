/*
 * view_search.c: what was found, as rows of messages with what was said around them, newest first.  The words are a
 * question in the input line (ask.c), and each key in it searches anew: one search is under way at a time, the former
 * is ended.  While one types the last word may be a beginning; a blank behind it, or a quote, makes it whole.
 *
 * A reader would get wrong that what was found stays when the view is left: n and N of the selection go on with it.
 */
#include <string.h>

#include "face/tui/page.h"
#include "face/tui/search_private.h"
#include "face/tui/term.h"

enum { HITS = 50, HITS_MOST = 400, LINES_MOST = 20, BEGINNING = 3 };

struct asked *
search_asked(struct face *face, int64_t id)
{
	struct asked *asked = g_new0(struct asked, 1);

	if (face->search.around == NULL)
		face->search.around = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(face->search.around, asked);
	asked->face = face;
	asked->id = id;
	return asked;
}

/* --- what came --- */

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
		search_forget(search);
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
	search_take_hits(face, result);
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
	asked = search_asked(face, 0);
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
		search_forget(&face->search);
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
	search_forget(search);
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
/* --- keys --- */

static void
took_around(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct asked *asked = ctx;
	struct face *face = asked->face;
	struct hit *hit = search_hit(face, asked->id);
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
			search_add_around(hit, object);
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
	asked = search_asked(face, hit->entry.id);
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
		asked = search_asked(face, 0);
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
	struct hit *hit = target != NULL ? search_hit(face, g_ascii_strtoll(target, NULL, 10)) : NULL;
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
	const struct hit *hit = search_hit(face, id);
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
