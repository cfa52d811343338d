/*
 * search.c: see search.h.  The thread gives numbers of messages only; the rows are loaded here, so that what was
 * deleted or changed meanwhile is as it now is.
 */
#include "core/search.h"

#include <glib-unix.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "core/archive.h"
#include "core/chat.h"
#include "core/when.h"
#include "proto/error.h"
#include "store/find.h"

struct searching {
	struct finder	*finder;
	guint		 source;
	GHashTable	*open;		/* struct search under way: a set */
};

struct search {
	struct core	*core;
	search_done	 done;		/* NULL: cancelled */
	void		*ctx;
	char		*account, *chat;	/* names, or NULL: what it was kept to */
	bool		 context;
};

static void
free_search(void *data)
{
	struct search *search = data;

	g_free(search->account);
	g_free(search->chat);
	g_free(search);
}

/* --- what was meant --- */

static bool
take_filter(struct find_question *q, const struct search_wish *wish, const char *key, const char *value, GError **error)
{
	int64_t ms;

	if (strcmp(key, "from") == 0) {
		q->own |= strcmp(value, "me") == 0;
		if (strcmp(value, "me") != 0) {
			g_free(q->from);
			q->from = g_utf8_strdown(value, -1);
		}
	} else if (strcmp(key, "in") == 0 && strcmp(value, "here") == 0) {
		if (wish->here == NULL) {
			g_set_error(error, RPC_ERROR, RPC_ERROR_CONTEXT, "in:here needs a chat in front.");
			return false;
		}
		q->account = wish->here_account->id;
		q->chat = chat_find(wish->here_account->core->store, q->account, wish->here, CHAT_PERSON, false, NULL);
		if (q->chat == 0)
			q->high = 0;	/* nothing was said there yet */
	} else if (strcmp(key, "in") == 0) {
		g_free(q->in);
		q->in = g_utf8_strdown(*value == '#' ? value + 1 : value, -1);
	} else if (strcmp(key, "has") == 0) {
		if (strcmp(value, "link") != 0) {
			g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, "has: is followed by link, not \"%s\".", value);
			return false;
		}
		q->link = true;
	} else if (when_parse(value, wish->tz, &ms, error)) {
		if (*key == 'a')
			q->low = MAX(q->low, ms * 1000);
		else
			q->high = MIN(q->high, ms * 1000);
	} else {
		return false;
	}
	return true;
}

/* from:x is a filter; "from:x" in quotes, a:b and https://x are words. */
static bool
is_filter(const char *raw, const char **value, char **key)
{
	static const char *const keys[] = { "after", "before", "from", "has", "in", NULL };
	size_t n = strspn(raw, "abcdefghijklmnopqrstuvwxyz");

	if (raw[n] != ':' || raw[n + 1] == '\0')
		return false;
	*key = g_strndup(raw, n);
	*value = raw + n + 1;
	if (g_strv_contains(keys, *key))
		return true;
	g_clear_pointer(key, g_free);
	return false;
}

/* A '"' begins a phrase, up to the next one or the end; everything else is a word up to the next blank. */
static char *
next_word(const char **at, bool *quoted)
{
	const char *begin;
	size_t n;

	*at += strspn(*at, " \t\n");
	*quoted = **at == '"';
	begin = *at + *quoted;
	n = *quoted ? strcspn(begin, "\"") : strcspn(begin, " \t\n");
	if (**at == '\0')
		return NULL;
	*at = begin + n;
	if (*quoted && **at == '"')
		(*at)++;
	return g_strndup(begin, n);
}

static bool
parse(struct find_question *q, const struct search_wish *wish, GError **error)
{
	g_autoptr(GString) words = g_string_new(NULL);
	const char *at = wish->words, *value;
	bool quoted, filters = false, ok = true;
	unsigned n = 0;
	char *word;

	while (ok && (word = next_word(&at, &quoted)) != NULL) {
		g_autofree char *key = NULL;

		if (++n > LIMIT_SEARCH_WORDS) {
			g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, "A search has at most %d words.",
			    LIMIT_SEARCH_WORDS);
			ok = false;
		} else if (!quoted && is_filter(word, &value, &key)) {
			ok = take_filter(q, wish, key, value, error);
			filters = true;
		} else {
			find_words(words, word);
		}
		g_free(word);
	}
	if (!ok)
		return false;
	if (words->len > 0)
		q->words = g_strdup(words->str);
	else if (!filters) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE,
		    "What is looked for? A word, or one of from: in: after: before: has:link.");
		return false;
	}
	return true;
}

/* --- answers --- */

static json_t *
found_to_json(const GArray *found, size_t length)
{
	json_t *list = json_array();

	for (guint i = 0; i + 1 < found->len && g_array_index(found, unsigned, i + 1) <= length; i += 2)
		json_array_append_new(list, json_pack("[i, i]", (int)g_array_index(found, unsigned, i),
		    (int)g_array_index(found, unsigned, i + 1)));
	return list;
}

/* The message as an object that the caller adds to; NULL when it is not there any more, or there is no room for it. */
static json_t *
load(struct core *core, int64_t id, size_t *bytes, bool *full)
{
	struct message_row *row = message_load(core->store, id);
	json_t *object = NULL;
	struct event event;

	if (row != NULL && !(row->flags & MESSAGE_GONE) && chat_message_event(core, row, false, &event)) {
		*bytes += (event.message.body != NULL ? strlen(event.message.body) : 0) + 512;
		*full = *bytes > LIMIT_LIST;
		object = *full ? NULL : event_to_json(&event);
		event_clear(&event);
	}
	message_row_free(row);
	return object;
}

static void
append(json_t *list, size_t *bytes, struct core *core, const struct find_hit *hit, bool *full)
{
	json_t *object = load(core, hit->id, bytes, full);
	const char *body = json_string_value(json_object_get(object, "body"));

	if (object == NULL)
		return;
	if (hit->previous != 0)
		json_object_set_new(object, "previous", json_integer(hit->previous));
	if (hit->next != 0)
		json_object_set_new(object, "next", json_integer(hit->next));
	if (hit->found != NULL)
		json_object_set_new(object, "found", found_to_json(hit->found, body != NULL ? strlen(body) : 0));
	json_array_append_new(list, object);
}

/* The neighbours that are not hits themselves, each once. */
static json_t *
context_of(struct core *core, const GArray *hits, size_t *bytes)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_int64_hash, g_int64_equal);
	json_t *list = json_array();
	bool full = false;

	for (guint i = 0; i < hits->len; i++)
		g_hash_table_add(seen, &g_array_index(hits, struct find_hit, i).id);
	for (guint i = 0; i < 2 * hits->len && !full; i++) {
		struct find_hit *hit = &g_array_index(hits, struct find_hit, i / 2);
		int64_t *id = i % 2 == 0 ? &hit->previous : &hit->next;
		json_t *object = *id != 0 && g_hash_table_add(seen, id) ? load(core, *id, bytes, &full) : NULL;

		if (object != NULL)
			json_array_append_new(list, object);
	}
	return list;
}

/*
 * Holes that are known in what was searched, each account's oldest first; of a part that is before everything no from.
 */
static json_t *
holes_of(const struct search *search)
{
	const struct core *core = search->core;
	json_t *list = json_array();

	for (guint i = 0; i < core->accounts->len; i++) {
		const char *name = account_name(core->accounts->pdata[i]);
		g_autoptr(GPtrArray) gaps = NULL;

		if (search->account != NULL && strcmp(search->account, name) != 0)
			continue;
		gaps = archive_gaps(core->accounts->pdata[i], search->chat);
		for (guint k = 0; k < gaps->len && json_array_size(list) < LIMIT_HOLES; k++) {
			json_t *one = archive_gap_json(gaps->pdata[k]);

			json_object_set_new(one, "account", json_string(name));
			json_array_append_new(list, one);
		}
	}
	return list;
}

static json_t *
to_json(const struct search *search, const struct find_answer *a)
{
	json_t *list = json_array(), *searched = json_object(), *holes = holes_of(search), *result;
	g_autofree char *from = clock_format_utc(a->oldest / 1000);
	size_t bytes = 0;
	bool full = false;

	for (guint i = 0; i < a->hits->len && !full; i++)
		append(list, &bytes, search->core, &g_array_index(a->hits, struct find_hit, i), &full);
	if (a->oldest != 0)
		json_object_set_new(searched, "from", json_string(from));
	json_object_set_new(searched, "gaps", json_integer((json_int_t)json_array_size(holes)));
	json_object_set_new(searched, "holes", holes);
	if (search->account != NULL)
		json_object_set_new(searched, "account", json_string(search->account));
	if (search->chat != NULL)
		json_object_set_new(searched, "chat", json_string(search->chat));
	result = json_pack("{s:o, s:b, s:b, s:I, s:o}", "messages", list, "more", a->more || full, "partial",
	    a->partial, "took_us", (json_int_t)a->took_us, "searched", searched);
	if (search->context)
		json_object_set_new(result, "context", context_of(search->core, a->hits, &bytes));
	return result;
}

static gboolean
on_answer(gint fd, GIOCondition condition, gpointer data)
{
	struct core *core = data;
	struct find_answer *a;

	(void)fd;
	(void)condition;
	while (core->searching != NULL && (a = finder_take(core->searching->finder)) != NULL) {
		struct search *search = a->ctx;

		g_hash_table_steal(core->searching->open, search);
		if (search->done != NULL && a->error != NULL)
			search->done(search->ctx, NULL, a->error);
		else if (search->done != NULL)
			search->done(search->ctx, to_json(search, a), NULL);
		free_search(search);
		find_answer_free(a);
	}
	return G_SOURCE_CONTINUE;
}

static bool
start(struct core *core, GError **error)
{
	struct finder *finder;

	if (core->searching != NULL)
		return true;
	finder = finder_open(core->paths->database, error);
	if (finder == NULL)
		return false;
	core->searching = g_new0(struct searching, 1);
	core->searching->finder = finder;
	core->searching->open = g_hash_table_new_full(NULL, NULL, free_search, NULL);
	core->searching->source = g_unix_fd_add(finder_fd(finder), G_IO_IN, on_answer, core);
	return true;
}

/* The chat and place that the wish is kept to. */
static bool
narrow(struct core *core, const struct search_wish *wish, struct find_question *q, GError **error)
{
	struct message_row *row;

	if (wish->account != NULL)
		q->account = wish->account->id;
	if (wish->chat != NULL) {
		q->chat = chat_find(core->store, q->account, wish->chat, CHAT_PERSON, false, NULL);
		if (q->chat == 0) {
			g_set_error(error, RPC_ERROR, RPC_ERROR_NOT_FOUND, "There is no chat with %s.", wish->chat);
			return false;
		}
	}
	if (wish->before == 0)
		return true;
	row = message_load(core->store, wish->before);
	if (row == NULL) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_NOT_FOUND, "There is no message %" G_GINT64_FORMAT ".",
		    wish->before);
		return false;
	}
	q->high = row->ord != 0 ? row->ord : INT64_MAX;
	message_row_free(row);
	return true;
}

struct search *
search_begin(struct core *core, const struct search_wish *wish, search_done done, void *ctx, GError **error)
{
	struct find_question *q = g_new0(struct find_question, 1);
	struct search *search;

	q->high = INT64_MAX;
	q->limit = CLAMP(wish->limit, 1, SEARCH_LIMIT_MAX);
	if (!narrow(core, wish, q, error) || !parse(q, wish, error) || !start(core, error)) {
		find_question_free(q);
		return NULL;
	}
	search = g_new0(struct search, 1);
	search->core = core;
	search->done = done;
	search->ctx = ctx;
	search->context = wish->context;
	if (q->chat != 0 || q->account != 0) {
		search->account = g_strdup(account_name(account_find_id(core, q->account)));
		search->chat = g_strdup(q->chat == 0 ? NULL : wish->chat != NULL ? wish->chat : wish->here);
	}
	q->ctx = search;
	if (finder_ask(core->searching->finder, q)) {
		g_hash_table_add(core->searching->open, search);
		return search;
	}
	find_question_free(q);
	free_search(search);
	g_set_error(error, RPC_ERROR, RPC_ERROR_FAILED, "Too many searches wait already.");
	return NULL;
}

void *
search_cancel(struct search *search)
{
	struct searching *s = search->core->searching;
	void *ctx = search->ctx;

	search->done = NULL;
	if (finder_drop(s->finder, search))
		g_hash_table_remove(s->open, search);
	return ctx;
}

struct search *
search_find(const struct core *core, search_done done, bool (*is)(const void *ctx, const void *what), const void *what)
{
	GHashTableIter iter;
	gpointer each;

	if (core->searching == NULL)
		return NULL;
	g_hash_table_iter_init(&iter, core->searching->open);
	while (g_hash_table_iter_next(&iter, &each, NULL)) {
		struct search *search = each;

		if (search->done == done && is(search->ctx, what))
			return search;
	}
	return NULL;
}

void
search_free(struct core *core)
{
	struct searching *s = core->searching;
	g_autoptr(GError) error = NULL;
	GHashTableIter iter;
	gpointer each;

	if (s == NULL)
		return;
	core->searching = NULL;
	error = g_error_new(RPC_ERROR, RPC_ERROR_CANCELLED, "The core ends.");
	g_hash_table_iter_init(&iter, s->open);
	while (g_hash_table_iter_next(&iter, &each, NULL)) {
		struct search *search = each;

		if (search->done != NULL)
			search->done(search->ctx, NULL, error);
	}
	g_source_remove(s->source);
	finder_close(s->finder);
	g_hash_table_unref(s->open);
	g_free(s);
}
