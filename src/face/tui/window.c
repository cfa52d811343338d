/*
 * window.c: one sorted array.  A reader would get wrong that messages without a place (order 0: not sent yet) stand
 * below all others and move up, once, when they get one; and that a note keeps the place of the message it followed.
 */
#include "face/tui/window.h"

#include <glib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"

enum { LATE_MS = 120000 };

#define PROMPT_BASE (INT64_C(1) << 40)

/* Who came, who went, who did both. */
enum { CAME = 1, WENT = 2, PASSAGE_NAMES = 3 };
struct passages {
	GHashTable	*ways;		/* nick: a set of CAME and WENT */
	guint		 count[4];	/* of those in each set; that of the empty one is not kept */
	GString		*names;		/* of the first PASSAGE_NAMES */
};

static void
entry_free(struct entry *entry)
{
	if (entry->kind != ENTRY_NOTE)
		event_clear(&entry->event);
	g_free(entry->text);
	if (entry->passages != NULL) {
		g_hash_table_unref(entry->passages->ways);
		g_string_free(entry->passages->names, TRUE);
		g_free(entry->passages);
	}
	g_free(entry);
}

static void
gap_clear(void *gap)
{
	g_free(((struct window_gap *)gap)->reason);
}

static size_t
entry_bytes(const struct entry *entry)
{
	size_t n = sizeof *entry;

	if (entry->kind == ENTRY_MESSAGE && entry->event.message.body != NULL)
		n += strlen(entry->event.message.body);
	return n;
}

static int
entry_compare(const struct entry *a, const struct entry *b)
{
	int64_t x = ABS(a->id), y = ABS(b->id);

	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return x < y ? -1 : x > y;
}

struct window *
window_new(void)
{
	struct window *window = g_new0(struct window, 1);

	window->at_end = true;
	window->next_note = -1;
	window->by_id = g_hash_table_new(g_int64_hash, g_int64_equal);
	window->gaps = g_array_new(FALSE, FALSE, sizeof(struct window_gap));
	g_array_set_clear_func(window->gaps, gap_clear);
	return window;
}

void
window_free(struct window *window)
{
	if (window == NULL)
		return;
	g_hash_table_unref(window->by_id);
	g_array_unref(window->gaps);
	for (size_t i = 0; i < window->n; i++)
		entry_free(window->entries[i]);
	g_free(window->entries);
	g_free(window);
}

/* Where entry is, or would go. */
static size_t
place_of(const struct window *window, const struct entry *entry)
{
	size_t low = 0, high = window->n;

	if (high > 0 && entry_compare(window->entries[high - 1], entry) < 0)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (entry_compare(window->entries[middle], entry) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
insert(struct window *window, struct entry *entry)
{
	size_t at = place_of(window, entry);

	if (window->n == window->room) {
		window->room = MAX(64, window->room * 2);
		window->entries = g_renew(struct entry *, window->entries, window->room);
	}
	memmove(&window->entries[at + 1], &window->entries[at], (window->n - at) * sizeof *window->entries);
	window->entries[at] = entry;
	window->n++;
	g_hash_table_insert(window->by_id, &entry->id, entry);
	window->messages += entry->kind == ENTRY_MESSAGE;
	window->bytes += entry_bytes(entry);
}

/* Takes entries [from, to) out. */
static void
drop(struct window *window, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		struct entry *entry = window->entries[i];

		window->messages -= entry->kind == ENTRY_MESSAGE;
		window->bytes -= entry_bytes(entry);
		g_hash_table_remove(window->by_id, &entry->id);
		entry_free(entry);
	}
	memmove(&window->entries[from], &window->entries[to], (window->n - to) * sizeof *window->entries);
	window->n -= to - from;
}

long
window_find(const struct window *window, int64_t id)
{
	const struct entry *entry = g_hash_table_lookup(window->by_id, &id);

	return entry == NULL ? -1 : (long)place_of(window, entry);
}

const struct entry *
window_edge(const struct window *window, enum window_side side)
{
	for (size_t i = 0; i < window->n; i++) {
		const struct entry *entry = window->entries[side == WINDOW_BEFORE ? i : window->n - 1 - i];

		if (entry->kind == ENTRY_MESSAGE && entry->order != INT64_MAX)
			return entry;
	}
	return NULL;
}

void
window_range(const struct window *window, size_t *low, size_t *high)
{
	const struct entry *first = window_edge(window, WINDOW_BEFORE), *last = window_edge(window, WINDOW_AFTER);

	*low = 0;
	*high = window->n;
	if (!window->at_start && first != NULL)
		while (*low < *high && window->entries[*low]->order < first->order)
			++*low;
	if (!window->at_end && last != NULL)
		while (*high > *low && window->entries[*high - 1]->order > last->order)
			--*high;
}

static int64_t
message_place(const struct event *event)
{
	return event->message.order > 0 ? event->message.order : INT64_MAX;
}

/* Who was away gets late what was said; its place is where it came, so that is its time. */
static void
set_time(struct entry *entry, const struct event_message *message)
{
	int64_t came = message->order / 1000;

	entry->time = message->said;
	entry->sent = 0;
	if (message->direction == DIRECTION_IN && message->via == VIA_OFFLINE && came - message->said > LATE_MS) {
		entry->time = came;
		entry->sent = message->said;
	}
}

static void
take_new(struct window *window, const struct event *event)
{
	struct entry *entry = g_new0(struct entry, 1);

	entry->kind = ENTRY_MESSAGE;
	entry->id = event->message.id;
	entry->order = message_place(event);
	set_time(entry, &event->message);
	event_copy(&entry->event, event);
	insert(window, entry);
}

bool
window_take(struct window *window, const struct event *event, bool live)
{
	int64_t id = event->message.id;
	struct entry *entry = g_hash_table_lookup(window->by_id, &id);

	if (id <= 0)
		return false;
	if (entry == NULL) {
		const struct entry *last = window_edge(window, WINDOW_AFTER);

		if (event->gone)
			return false;
		/* What is older than the part held comes with its page. */
		if (live && !window->at_end && (last == NULL || message_place(event) > last->order)) {
			window->missed = true;
			return false;
		}
		if (live && !window->at_start && window->loaded) {
			const struct entry *first = window_edge(window, WINDOW_BEFORE);

			if (first != NULL && message_place(event) < first->order)
				return false;
		}
		take_new(window, event);
		return true;
	}
	/* The whole body of one that came cut has the same revision. */
	if (event->rev < entry->event.rev || (event->rev == entry->event.rev &&
	    !(entry->event.message.cut && !event->gone && !event->message.cut)))
		return false;
	long at = window_find(window, id);
	int unfolded = entry->unfolded;
	bool gone = event->gone;

	struct event copy;
	if (!gone)
		event_copy(&copy, event);
	drop(window, (size_t)at, (size_t)at + 1);
	if (!gone) {
		take_new(window, &copy);
		event_clear(&copy);
		((struct entry *)g_hash_table_lookup(window->by_id, &id))->unfolded = unfolded;
	}
	return true;
}

void
window_note(struct window *window, enum severity severity, int64_t time, const char *text)
{
	const struct entry *last = window_edge(window, WINDOW_AFTER);
	struct entry *entry = g_new0(struct entry, 1);
	size_t notes = window->n - window->messages, oldest = 0;

	entry->kind = ENTRY_NOTE;
	entry->id = window->next_note--;
	entry->order = last == NULL ? 0 : last->order;
	/* Notes keep their own order even where the message they followed is held no more. */
	for (size_t i = window->n; i-- > 0 && notes > 0; )
		if (window->entries[i]->kind == ENTRY_NOTE) {
			entry->order = MAX(entry->order, window->entries[i]->order);
			break;
		}
	entry->time = time;
	entry->severity = severity;
	entry->text = g_strdup(text);
	insert(window, entry);
	if (notes < LIMIT_FACE_NOTES)
		return;
	while (oldest < window->n && window->entries[oldest]->kind != ENTRY_NOTE)
		oldest++;
	drop(window, oldest, oldest + 1);
}

/* "3 joined, 2 left, 4 came and went: ada, ben, kai_, and 6 more". */
static char *
passages_text(const struct passages *passages)
{
	static const char *const words[] = { "", "joined", "left", "came and went" };
	guint all = g_hash_table_size(passages->ways);
	GString *text = g_string_new(NULL);

	for (int i = CAME; i <= (CAME | WENT); i++)
		if (passages->count[i] > 0)
			g_string_append_printf(text, "%s%u %s", text->len > 0 ? ", " : "", passages->count[i],
			    words[i]);
	g_string_append_printf(text, ": %s", passages->names->str);
	if (all > PASSAGE_NAMES)
		g_string_append_printf(text, ", and %u more", all - PASSAGE_NAMES);
	return g_string_free(text, FALSE);
}

static void
count_passage(struct passages *passages, const char *nick, int way)
{
	int before = GPOINTER_TO_INT(g_hash_table_lookup(passages->ways, nick));

	if (before == 0 && g_hash_table_size(passages->ways) < PASSAGE_NAMES)
		g_string_append_printf(passages->names, "%s%s", passages->names->len > 0 ? ", " : "", nick);
	passages->count[before]--;
	passages->count[before | way]++;
	g_hash_table_replace(passages->ways, g_strdup(nick), GINT_TO_POINTER(before | way));
}

/* What is no mere coming and going stands for itself; NULL: it is one. */
static char *
passage_words(const struct event_passage *passage)
{
	const char *nick = passage->nick, *by = passage->by, *text = passage->text, *done;

	switch (passage->kind) {
	case PASSAGE_RENAMED:
		return g_strdup_printf("%s is now called %s", nick, passage->new_nick != NULL ? passage->new_nick :
		    "?");
	case PASSAGE_KICKED:
	case PASSAGE_BANNED:
		done = passage->kind == PASSAGE_KICKED ? "kicked out" : "banned";
		return g_strdup_printf("%s was %s%s%s%s%s%s", nick, done, by != NULL ? " by " : "",
		    by != NULL ? by : "", text != NULL ? ": \"" : "", text != NULL ? text : "",
		    text != NULL ? "\"" : "");
	case PASSAGE_REMOVED:
		return g_strdup_printf("%s had to leave: the rules of the room changed", nick);
	default:
		return NULL;
	}
}

void
window_passage(struct window *window, const struct event *event)
{
	const struct event_passage *passage = &event->passage;
	int64_t time = event->time != 0 ? event->time : clock_real_us() / 1000;
	struct entry *last = window->n > 0 ? window->entries[window->n - 1] : NULL;
	g_autofree char *words = passage->nick != NULL ? passage_words(passage) : NULL;
	int way = passage->kind == PASSAGE_CAME ? CAME : WENT;

	if (passage->nick == NULL)
		return;
	if (words != NULL) {
		window_note(window, SEVERITY_INFO, time, words);
		return;
	}
	if (last == NULL || last->passages == NULL || g_hash_table_size(last->passages->ways) >= LIMIT_FACE_PASSAGES) {
		int64_t id = window->next_note;

		window_note(window, SEVERITY_INFO, time, "");
		last = g_hash_table_lookup(window->by_id, &id);
		last->passages = g_new0(struct passages, 1);
		last->passages->ways = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		last->passages->names = g_string_new(NULL);
	}
	count_passage(last->passages, passage->nick, way);
	g_free(last->text);
	last->text = passages_text(last->passages);
}

void
window_prompt(struct window *window, const struct event *event)
{
	int64_t id = window_prompt_id(event->prompt.id);
	long at = window_find(window, id);
	struct entry *entry;

	if (at >= 0)
		drop(window, (size_t)at, (size_t)at + 1);
	if (event->gone)
		return;
	entry = g_new0(struct entry, 1);
	entry->kind = ENTRY_PROMPT;
	entry->id = id;
	entry->order = INT64_MAX;
	entry->time = event->time;
	event_copy(&entry->event, event);
	insert(window, entry);
}

int64_t
window_prompt_id(int64_t prompt)
{
	return -PROMPT_BASE - prompt;
}

char *
window_prompt_key(const struct event_prompt *prompt, size_t i)
{
	const json_t *choice = json_array_get(prompt->choices, i);
	const char *own = json_string_value(json_array_get(choice, 2)), *word =
	    json_string_value(json_array_get(choice, 0));

	if (own != NULL)
		return g_strdup(own);
	for (; word != NULL && *word != '\0'; word++) {
		bool taken = !g_ascii_isalpha(*word);

		for (size_t k = 0; k < i && !taken; k++) {
			g_autofree char *other = window_prompt_key(prompt, k);

			taken = *other == *word;
		}
		if (!taken)
			return g_strndup(word, 1);
	}
	return g_strdup("");
}

static void
drop_kind(struct window *window, enum entry_kind kind)
{
	for (size_t i = window->n; i-- > 0; )
		if (window->entries[i]->kind == kind)
			drop(window, i, i + 1);
}

void
window_clear_notes(struct window *window)
{
	drop_kind(window, ENTRY_NOTE);
}

void
window_forget(struct window *window)
{
	drop_kind(window, ENTRY_MESSAGE);
	window->at_start = window->loaded = window->missed = false;
	window->at_end = true;
	window->asked[WINDOW_BEFORE] = window->asked[WINDOW_AFTER] = 0;
}

bool
window_full(const struct window *window)
{
	return window->messages > LIMIT_FACE_MESSAGES || window->bytes > LIMIT_FACE_BYTES;
}

void
window_trim(struct window *window, enum window_side from)
{
	size_t messages = window->messages, bytes = window->bytes, i = 0;

	/* A quarter more than the limit is let through, so that not each message moves the whole array. */
	if (messages <= LIMIT_FACE_MESSAGES + LIMIT_FACE_MESSAGES / 4 && bytes <= LIMIT_FACE_BYTES * 5 / 4)
		return;
	while (i < window->n && messages > 1 && (messages > LIMIT_FACE_MESSAGES || bytes > LIMIT_FACE_BYTES)) {
		const struct entry *entry = window->entries[from == WINDOW_BEFORE ? i : window->n - 1 - i];

		if (from == WINDOW_AFTER && entry->order == INT64_MAX && entry->kind != ENTRY_MESSAGE)
			break;
		messages -= entry->kind == ENTRY_MESSAGE;
		bytes -= entry_bytes(entry);
		i++;
	}
	if (i == 0)
		return;
	if (from == WINDOW_BEFORE) {
		drop(window, 0, i);
		window->at_start = false;
	} else {
		drop(window, window->n - i, window->n);
		window->at_end = false;
		window->missed = true;
	}
}

void
window_take_gaps(struct window *window, const json_t *gaps)
{
	json_t *one;
	size_t i;

	g_array_set_size(window->gaps, 0);
	json_array_foreach(gaps, i, one) {
		struct window_gap gap = { .after = json_integer_value(json_object_get(one, "after")),
		    .before = json_integer_value(json_object_get(one, "before")),
		    .reason = g_strdup(json_string_value(json_object_get(one, "reason"))) };

		clock_parse_utc(json_string_value(json_object_get(one, "from")), &gap.from);
		clock_parse_utc(json_string_value(json_object_get(one, "to")), &gap.to);
		g_array_append_val(window->gaps, gap);
	}
}
