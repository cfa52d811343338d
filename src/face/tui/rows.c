/*
 * rows.c: see rows.h.  A reader would get wrong that whether a message is joined to the one above depends on that one
 * only, never on the screen, so that the number of its rows is the same wherever one scrolls.
 */
#include "face/tui/rows.h"

#include <string.h>
#include <time.h>

#include "base/limits.h"
#include "face/tui/styling.h"

#define JOIN_MS (5 * 60 * 1000)

struct columns {
	int	 time, sender, width, marks, text;	/* -1: not drawn; width 0: the name opens the text */
};

enum { FOLD_FROM = 13, FOLD_TO = 8, FOLD_COUNTED = 200 };

struct builder {
	const struct rows_look	*look;
	int			 most;		/* rows of the text that are shown */
	int			 hidden;	/* rows of it that are not; -1: more than were counted */
	struct columns		 at;
	GPtrArray		*rows;
	guint			 head;		/* the row with the name, of those that were added */
	bool			 styled;	/* the text of the entry is */
	uint8_t			 *styling;	/* of the line at hand; see styling.h */
	size_t			 line, line_end;	/* which bytes of the text that is */
};

static struct columns
columns_for(const struct rows_look *look)
{
	const struct rows_style *style = look->style;
	int time = style != NULL && style->time_format != NULL ? style->time_width : 5, at = time + 1;
	int width = style != NULL ? style->sender_width : ROWS_SENDER_WIDTH;

	if (look->columns < 90)
		width = MIN(width, 8);
	/* A long time leaves no room for anything beside it. */
	if (look->columns < 30 || look->columns - time < 25)
		return (struct columns){ -1, -1, 0, 0, 3 };
	if (look->columns < 50 || width == 0 || look->columns - time < 45)
		return (struct columns){ 0, -1, 0, at, at + 3 };
	return (struct columns){ 0, at, width, at + width + 1, at + width + 4 };
}

void
row_free(void *data)
{
	struct row *row = data;

	for (int i = 0; i < row->n; i++)
		g_free(row->span[i].text);
	g_free(row);
}

static struct row *
row_add(struct builder *builder)
{
	struct row *row = g_new0(struct row, 1);

	g_ptr_array_add(builder->rows, row);
	return row;
}

static void
span_take(struct row *row, int column, enum slot slot, char *text)
{
	g_assert(row->n < ROW_SPANS);
	row->span[row->n].column = column;
	row->span[row->n].slot = slot;
	row->span[row->n++].text = text;
}

static void
span(struct row *row, int column, enum slot slot, const char *text)
{
	if (*text != '\0')
		span_take(row, column, slot, g_strdup(text));
}

static struct tm
local(int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm = { 0 };

	localtime_r(&seconds, &tm);
	return tm;
}

char *
rows_time(const struct rows_style *style, int64_t ms)
{
	struct tm tm = local(ms);
	g_autoptr(GDateTime) time = NULL;
	char *text;

	if (style == NULL || style->time_format == NULL)
		return g_strdup_printf("%02d:%02d", tm.tm_hour, tm.tm_min);
	time = g_date_time_new_from_unix_local(ms / 1000);
	text = time != NULL ? g_date_time_format(time, style->time_format) : NULL;
	return text != NULL ? text : g_strdup("");
}

void
rows_style_set_time(struct rows_style *style, const char *format, const struct text_policy *policy)
{
	g_free(style->time_format);
	style->time_format = strcmp(format, "%H:%M") != 0 ? g_strdup(format) : NULL;
	style->time_width = 0;
	/* Hours, days of the week and months all differ between these. */
	for (int i = 0; style->time_format != NULL && i < 24; i++) {
		g_autoptr(GDateTime) sample = g_date_time_new_utc(2026, 1 + i % 12, 10 + i % 7, i, 58, 58);
		g_autofree char *text = g_date_time_format(sample, format);

		style->time_width = MAX(style->time_width, text != NULL ? text_columns(text, policy) : 0);
	}
}

void
rows_style_clear(struct rows_style *style)
{
	g_clear_pointer(&style->time_format, g_free);
}

char *
rows_day(int64_t ms)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
	};
	struct tm tm = local(ms);

	return g_strdup_printf("%s %d %s %d", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900);
}

static bool
same_day(int64_t a, int64_t b)
{
	struct tm x = local(a), y = local(b);

	return x.tm_year == y.tm_year && x.tm_yday == y.tm_yday;
}

char *
rows_rule(const char *text, int columns, bool dashed, const struct text_policy *policy)
{
	const char *sign = text_ascii_signs(policy) ? (dashed ? "." : "-") : dashed ? "╌" : "─";
	GString *line = g_string_new(NULL);
	int n = 0, room = columns - 4;

	for (; n < 2; n++)
		g_string_append(line, sign);
	if (*text != '\0' && room > 0) {
		size_t fit = text_fit(text, room, policy);

		g_string_append_c(line, ' ');
		g_string_append_len(line, text, (gssize)fit);
		g_string_append_c(line, ' ');
		n += 2;
		for (size_t i = 0, len; i < fit; i += len) {
			len = text_cluster(text + i, fit - i);
			n += text_width(text + i, len, policy);
		}
	}
	for (; n < columns; n++)
		g_string_append(line, sign);
	return g_string_free(line, FALSE);
}

const char *
rows_mark(enum message_state state, bool ascii, enum slot *slot)
{
	static const struct {
		const char	*sign, *plain;
		enum slot	 slot;
	} marks[] = {
		[MESSAGE_HELD] = { "…", "~", SLOT_MARK_QUEUED },
		[MESSAGE_QUEUED] = { "…", "~", SLOT_MARK_QUEUED },
		[MESSAGE_SENT] = { "-", "-", SLOT_MARK_SENT },
		[MESSAGE_UNKNOWN] = { "?", "?", SLOT_MARK_UNKNOWN },
		[MESSAGE_STORED] = { "·", "+", SLOT_MARK_STORED },
		[MESSAGE_DELIVERED] = { "✓", "v", SLOT_MARK_DELIVERED },
		[MESSAGE_DISPLAYED] = { "✓✓", "vv", SLOT_MARK_DISPLAYED },
		[MESSAGE_FAILED] = { "!", "!", SLOT_MARK_FAILED },
		[MESSAGE_CANCELLED] = { "", "", SLOT_TEXT },
		[MESSAGE_RECEIVED] = { "", "", SLOT_TEXT },
	};

	*slot = marks[state].slot;
	return ascii ? marks[state].plain : marks[state].sign;
}

/* --- who says it --- */

static bool
is_action(const struct entry *entry)
{
	return entry->kind == ENTRY_MESSAGE && entry->event.message.body != NULL && !entry->event.message.ignored &&
	    g_str_has_prefix(entry->event.message.body, "/me ");
}

static const char *
sender_name(const struct rows_look *look, const struct event_message *message)
{
	if (look->is_room && message->nick != NULL)
		return message->nick;
	if (message->direction == DIRECTION_OUT)
		return look->own;
	if (look->is_room)
		return "";
	return look->other;
}

static enum slot
sender_slot(const struct rows_look *look, const struct event_message *message)
{
	if (message->direction == DIRECTION_OUT)
		return SLOT_MESSAGE_SENDER_OWN;
	return theme_nick(look->is_room && message->nick != NULL ? message->nick : look->other_jid);
}

static bool
same_sender(const struct entry *a, const struct entry *b)
{
	return a->kind == ENTRY_MESSAGE && b->kind == ENTRY_MESSAGE && !is_action(a) && !is_action(b) &&
	    a->event.message.direction == b->event.message.direction &&
	    g_strcmp0(a->event.message.nick, b->event.message.nick) == 0 &&
	    a->event.message.encryption == b->event.message.encryption;
}

/* --- text --- */

/* Rows of quoted text and of code keep their signs and take their colour. */
static enum slot
line_slot(const char *line, bool *in_code, enum slot plain)
{
	if (strncmp(line, "```", 3) == 0) {
		*in_code = !*in_code;
		return SLOT_MESSAGE_CODE;
	}
	if (*in_code)
		return SLOT_MESSAGE_CODE;
	if (line[0] == '>' && (line[1] == ' ' || line[1] == '>' || line[1] == '\n' || line[1] == '\0'))
		return SLOT_MESSAGE_QUOTE;
	return plain;
}

/* The rows of text that are shown, and how many are not. */
static GArray *
fold(struct builder *builder, const char *text, int first, int room, int *folded)
{
	const struct text_policy *policy = builder->look->policy;
	int most = builder->most == 0 ? FOLD_COUNTED : builder->most;
	bool more;
	GArray *slices = text_wrap_some(text, first, room, most, policy, &more);
	*folded = more ? -1 : 0;
	/* Folded: what is a little longer is shown whole. */
	if (builder->most == 0 && (more || slices->len >= FOLD_FROM)) {
		*folded = more ? -1 : (int)slices->len - FOLD_TO;
		g_array_set_size(slices, FOLD_TO);
	}
	if (*folded != 0)
		builder->hidden = *folded;
	return slices;
}

static void
add_fold(struct builder *builder, int hidden)
{
	const char *sign = text_ascii_signs(builder->look->policy) ? "..." : "…";
	g_autofree char *text = hidden > 0 ?
	    g_strdup_printf("%s %d more rows, Enter in the selection (M-s) unfolds", sign, hidden) :
	    g_strdup_printf("%s many more rows, Enter in the selection (M-s) unfolds", sign);

	span(row_add(builder), builder->at.text, SLOT_MESSAGE_FOLD, text);
}

static enum slot
styled_slot(uint8_t styling, enum slot plain)
{
	return styling & STYLING_CODE ? SLOT_MESSAGE_CODE : styling & STYLING_STRONG ? SLOT_MESSAGE_STRONG :
	    styling & STYLING_EMPHASIS ? SLOT_MESSAGE_EMPHASIS : styling & STYLING_STRIKE ? SLOT_MESSAGE_STRIKE : plain;
}

/* A new line of the text begins: the slot of all of it, or its spans. */
static enum slot
begin_line(struct builder *builder, const char *text, size_t start, bool *in_code, enum slot plain)
{
	enum slot slot = line_slot(text + start, in_code, plain);

	builder->line = builder->line_end = start;
	if (slot == plain) {
		builder->line_end += MIN(strcspn(text + start, "\n"), (size_t)LIMIT_STYLED);
		builder->styling = g_realloc(builder->styling, builder->line_end - start + 1);
		styling_line(text + start, builder->line_end - start, builder->styling);
	}
	return slot;
}

/* A piece of text at a column of row, in its styles. */
static void
add_slice(struct builder *builder, struct row *row, int column, const char *text, size_t from, size_t len,
    enum slot slot)
{
	size_t end = from + len;

	while (from < end) {
		size_t to = end;
		enum slot now = slot;
		char *piece;

		if (from >= builder->line && from < builder->line_end) {
			uint8_t styling = builder->styling[from - builder->line];

			now = styled_slot(styling, slot);
			/* By clusters: a mark of styling may carry marks of its own. */
			for (to = from; to < end && to < builder->line_end &&
			    builder->styling[to - builder->line] == styling;)
				to += text_cluster(text + to, end - to);
		}
		if (row->n >= ROW_SPANS - ROW_SPANS_LEFT)
			to = end;
		piece = g_strndup(text + from, to - from);
		span_take(row, column, now, piece);
		column += text_columns(piece, builder->look->policy);
		from = to;
	}
}

/*
 * text in rows: the first one begins at column first of row, the others at the text column.  A first row that has no
 * room for a word stays without text.
 */
static void
add_text(struct builder *builder, struct row *row, int first, const char *text, enum slot slot)
{
	int room = MAX(1, builder->look->columns - builder->at.text);
	int begin = builder->look->columns - first, folded;
	g_autoptr(GArray) slices = NULL;
	bool in_code = false, styled = builder->styled && (slot == SLOT_MESSAGE_TEXT || slot == SLOT_MESSAGE_TEXT_OWN);
	enum slot now = slot;

	if (begin < MIN(12, room)) {
		row = row_add(builder);
		first = builder->at.text;
		begin = room;
	}
	builder->line = builder->line_end = 0;
	slices = fold(builder, text, begin, room, &folded);
	for (guint i = 0; i < slices->len; i++) {
		const struct text_row *slice = &g_array_index(slices, struct text_row, i);

		if (i > 0)
			row = row_add(builder);
		if (styled && (slice->start == 0 || text[slice->start - 1] == '\n'))
			now = begin_line(builder, text, slice->start, &in_code, slot);
		add_slice(builder, row, i == 0 ? first : builder->at.text, text, slice->start, slice->len, now);
	}
	if (folded != 0)
		add_fold(builder, folded);
}

struct row *
rows_across(char *text, enum slot slot)
{
	struct row *row = g_new0(struct row, 1);

	row->across = true;
	span_take(row, 0, slot, text);
	return row;
}

static void
add_rule(struct builder *builder, const char *text, bool dashed, enum slot slot)
{
	g_ptr_array_add(builder->rows, rows_across(rows_rule(text, builder->look->columns, dashed,
	    builder->look->policy), slot));
}

/* --- one entry --- */

/*
 * Time, sender and marks of the first row.  name NULL: joined.  Returns the column at which the text begins; *opening:
 * the name that opens the text where there is no sender column (the caller's), else NULL.
 */
static int
add_head(struct builder *builder, struct row *row, int64_t time, const char *name, enum slot name_slot,
    const char *mark, enum slot mark_slot)
{
	const struct columns *at = &builder->at;
	const struct text_policy *policy = builder->look->policy;
	int end, width;

	if (time != 0 && at->time >= 0)
		span_take(row, at->time, SLOT_MESSAGE_TIME, rows_time(builder->look->style, time));
	if (at->width == 0) {
		span(row, at->marks, mark_slot, mark);
		if (name == NULL)
			return at->text;
		size_t fit = text_fit(name, MAX(4, builder->look->columns - at->text - 2), policy);
		g_autofree char *cut = g_strndup(name, fit);
		span_take(row, at->text, name_slot, g_strconcat(cut, ":", NULL));
		return at->text + text_columns(cut, policy) + 2;
	}
	width = name == NULL ? 0 : text_columns(name, policy);
	if (width <= at->width) {
		if (name != NULL)
			span(row, at->sender, name_slot, name);
		span(row, at->marks, mark_slot, mark);
		return at->text;
	}
	/* A long name is never cut, so that nobody can pose by a shared beginning: it pushes the row. */
	span(row, at->sender, name_slot, name);
	end = at->sender + width + 1;
	if (*mark != '\0' && end + 3 < builder->look->columns) {
		span(row, end, mark_slot, mark);
		end += 3;
	}
	return end;
}

static void
add_long_name(struct builder *builder, const char *name, enum slot slot)
{
	g_autoptr(GArray) slices = text_wrap(name, builder->look->columns - builder->at.sender,
	    builder->look->columns - builder->at.sender, builder->look->policy);

	for (guint i = 0; i < slices->len; i++) {
		const struct text_row *slice = &g_array_index(slices, struct text_row, i);

		span_take(row_add(builder), builder->at.sender, slot, g_strndup(name + slice->start, slice->len));
	}
}

static char *
with_time_sent(const struct rows_look *look, const char *body, const struct entry *entry)
{
	g_autofree char *at = rows_time(look->style, entry->sent), *day = rows_day(entry->sent);
	bool today = same_day(entry->sent, entry->time);

	return g_strdup_printf("%s (sent %s%s%s)", body, today ? "" : day, today ? "" : ", ", at);
}

/* Only what differs from the chat is told, and a device that nobody trusts. */
static const char *
safety_words(const struct rows_look *look, const struct event_message *message)
{
	bool encrypted = message->encryption != ENCRYPTION_NONE;

	if (encrypted && message->trust != NULL &&
	    (strcmp(message->trust, "undecided") == 0 || strcmp(message->trust, "distrusted") == 0))
		return strcmp(message->trust, "undecided") == 0 ? " (from a device that nobody verified)" :
		    " (from a device that is distrusted)";
	if (encrypted == look->encrypted || message->state == MESSAGE_CANCELLED)
		return NULL;
	return encrypted ? " (encrypted)" : " (not encrypted)";
}

/* "(retracted by lena, moderator: "reason")"; the caller's. */
static char *
retracted(const struct event_message *message)
{
	bool why = message->retracted_for != NULL && *message->retracted_for != '\0';

	if (!message->moderated)
		return g_strdup("(retracted)");
	return g_strdup_printf("(retracted by %s%s%s%s%s)", message->retracted_by != NULL ? message->retracted_by : "a "
	    "moderator",
	    message->retracted_by != NULL ? ", moderator" : "", why ? ": \"" : "", why ? message->retracted_for : "",
	    why ? "\"" : "");
}

/* What an entry says, with what is to be said of it in brackets; NULL: nothing more than its body.  The caller's. */
static char *
text_of(const struct rows_look *look, const struct entry *entry, const char *name, const char *body)
{
	const struct event_message *message = &entry->event.message;

	if (message->retracted)
		return retracted(message);
	if (is_action(entry))
		return g_strconcat(name, " ", body + 4, message->edited ? " (edited)" : "", NULL);
	if (message->state == MESSAGE_CANCELLED)
		return g_strconcat(body, " (cancelled)", NULL);
	if (entry->sent != 0)
		return with_time_sent(look, body, entry);
	if (message->edited)
		return g_strconcat(body, " (edited)", NULL);
	if (message->corrects != NULL)
		return g_strconcat(body, " (claims to correct an earlier message)", NULL);
	return message->cut ? g_strconcat(body, "… (the rest is on its way)", NULL) : NULL;
}

static const char *
word_of(const json_t *object, const char *key)
{
	const char *word = json_string_value(json_object_get(object, key));

	return word != NULL ? word : "";
}

/* The message that is answered, in one row above. */
static void
add_answered(struct builder *builder, const json_t *to)
{
	const struct rows_look *look = builder->look;
	const char *sign = text_ascii_signs(look->policy) ? ",-" : "┌", *nick = word_of(to, "nick");
	const char *name = *nick != '\0' ? nick : strcmp(word_of(to, "direction"), "out") == 0 ? look->own :
	    look->other;
	g_autofree char *text = json_object_size(to) == 0 ? g_strdup_printf("%s (a message that is not here)", sign) :
	    g_strdup_printf("%s %s: %s", sign, name, json_is_true(json_object_get(to, "retracted")) ? "(retracted)" :
	    word_of(to, "body"));
	size_t fit = text_fit(text, MAX(1, look->columns - builder->at.text), look->policy);

	if (text[fit] != '\0') {
		const char *more = text_ascii_signs(look->policy) ? "..." : "…";

		fit = text_fit(text, MAX(1, look->columns - builder->at.text - (int)g_utf8_strlen(more, -1)),
		    look->policy);
		span_take(row_add(builder), builder->at.text, SLOT_MESSAGE_QUOTE, g_strdup_printf("%.*s%s", (int)fit,
		    text, more));
	} else
		span(row_add(builder), builder->at.text, SLOT_MESSAGE_QUOTE, text);
}

char *
rows_reactions(const json_t *reactions)
{
	enum { NAMES = 3 };
	GString *text = g_string_new(NULL);
	json_t *one, *name;
	size_t i, k;

	json_array_foreach(reactions, i, one) {
		json_int_t count = json_integer_value(json_object_get(one, "count"));

		g_string_append_printf(text, "%s%s", i > 0 ? "   " : "", word_of(one, "emoji"));
		if (count > NAMES)
			g_string_append_printf(text, " %lld", (long long)count);
		if (json_is_true(json_object_get(one, "own")))
			g_string_append(text, " you");
		json_array_foreach(count > NAMES ? NULL : json_object_get(one, "by"), k, name)
			g_string_append_printf(text, " %s", json_string_value(name) != NULL ?
			    json_string_value(name) : "");
	}
	return g_string_free(text, FALSE);
}

static void
add_reactions(struct builder *builder, const json_t *reactions)
{
	g_autofree char *text = rows_reactions(reactions);

	if (*text != '\0')
		add_text(builder, row_add(builder), builder->at.text, text, SLOT_MESSAGE_TAG);
}

static void
add_message(struct builder *builder, const struct entry *previous, const struct entry *entry, bool fresh)
{
	const struct rows_look *look = builder->look;
	const struct event_message *message = &entry->event.message;
	const char *body = message->ignored ? "(you ignore them)" : message->body != NULL ? message->body : "";
	const char *name = sender_name(look, message), *mark;
	bool own = message->direction == DIRECTION_OUT, action = is_action(entry), joined;
	enum slot mark_slot, slot = action ? SLOT_MESSAGE_ACTION : message->retracted ? SLOT_MESSAGE_TAG :
	    own ? SLOT_MESSAGE_TEXT_OWN : message->ignored ? SLOT_TEXT_DIM : SLOT_MESSAGE_TEXT;
	g_autofree char *text = text_of(look, entry, name, body);
	struct row *row;
	int first;

	mark = rows_mark(message->state, text_ascii_signs(look->policy), &mark_slot);
	if (!own && message->mention && look->is_room) {
		mark = "@";
		mark_slot = SLOT_MESSAGE_MENTION;
	}
	joined = !fresh && same_sender(previous, entry) && ABS(entry->time - previous->time) < JOIN_MS;
	if (message->reply_to != NULL && !message->retracted && !message->ignored)
		add_answered(builder, message->reply_to);
	builder->head = builder->rows->len;
	/* A name wider than the row gets rows of its own. */
	if (!joined && !action && builder->at.width > 0 &&
	    text_columns(name, look->policy) > look->columns - builder->at.sender - 4) {
		add_long_name(builder, name, sender_slot(look, message));
		joined = true;
	}
	row = row_add(builder);
	first = add_head(builder, row, !fresh && previous->time / 60000 == entry->time / 60000 ? 0 : entry->time,
	    action ? "*" : joined ? NULL : name, action ? SLOT_MESSAGE_ACTION : sender_slot(look, message), mark,
	    mark_slot);
	/* "*:" would read as a name. */
	if (action && builder->at.width == 0) {
		row->span[row->n - 1].text[1] = '\0';
		first--;
	}
	builder->styled = !message->unstyled && (look->style == NULL || !look->style->plain);
	if (!message->retracted && safety_words(look, message) != NULL) {
		g_autofree char *told = g_strconcat(text != NULL ? text : body, safety_words(look, message), NULL);

		add_text(builder, row, first, told, slot);
	} else {
		add_text(builder, row, first, text != NULL ? text : body, slot);
	}
	builder->styled = false;
	if (message->reactions != NULL && !message->retracted)
		add_reactions(builder, message->reactions);
	/* Of what arrived: why its correction did not. */
	if (message->state != MESSAGE_QUEUED && message->state != MESSAGE_HELD && message->reason != NULL &&
	    *message->reason != '\0')
		add_text(builder, row_add(builder), builder->at.text, message->reason,
		    message->state == MESSAGE_FAILED ? SLOT_NOTICE_ERROR : SLOT_NOTICE_WARNING);
}

static void
add_note(struct builder *builder, const struct entry *previous, const struct entry *entry, bool fresh)
{
	bool bad = entry->severity == SEVERITY_ERROR;
	enum slot slot = bad ? SLOT_NOTICE_ERROR :
	    entry->severity == SEVERITY_WARNING ? SLOT_NOTICE_WARNING : SLOT_NOTICE_INFO;
	struct row *row = row_add(builder);
	int first = add_head(builder, row, !fresh && previous->time / 60000 == entry->time / 60000 ? 0 : entry->time,
	    bad ? "!!" : "--", slot, "", slot);

	/* Lists have columns of their own: they get the room. */
	if (builder->at.width > 0 && entry->severity == SEVERITY_INFO && strchr(entry->text, '\n') != NULL)
		builder->at.text = builder->at.sender + 3;
	if (builder->at.width == 0) {
		row->span[row->n - 1].text[2] = '\0';
		first--;
	}
	add_text(builder, row, MIN(first, builder->at.text), entry->text, bad ? SLOT_NOTICE_WARNING : SLOT_TEXT);
}

static bool
is_selected(const struct rows_look *look, const struct entry *entry)
{
	return look->select != NULL && look->select->at == entry->id && entry->id != 0;
}

static void
add_prompt(struct builder *builder, const struct entry *previous, const struct entry *entry)
{
	const struct event_prompt *prompt = &entry->event.prompt;
	struct row *row;
	g_autofree char *head = NULL;
	size_t i;
	json_t *pair;
	int first;

	if (previous == NULL || previous->kind != ENTRY_PROMPT)
		add_rule(builder, "to be answered", true, SLOT_STATUS_REQUEST);
	row = row_add(builder);
	first = add_head(builder, row, entry->time, entry->event.account_name != NULL ? entry->event.account_name : "?",
	    SLOT_PRESENCE_ASKS, "?", SLOT_PRESENCE_ASKS);
	head = g_strconcat(prompt->title != NULL ? prompt->title : "",
	    prompt->title != NULL && prompt->text != NULL ? ": " : "", prompt->text != NULL ? prompt->text : "", NULL);
	add_text(builder, row, first, head, SLOT_TEXT);
	/* A form is a page of its own. */
	json_array_foreach(prompt->kind != PROMPT_FORM ? prompt->facts : NULL, i, pair) {
		const char *label = json_string_value(json_array_get(pair, 0));
		const char *value = json_string_value(json_array_get(pair, 1));
		g_autofree char *fact = g_strdup_printf("%s: %s", label != NULL ? label : "", value != NULL ? value :
		    "");

		add_text(builder, row_add(builder), builder->at.text, fact, SLOT_TEXT_DIM);
	}
	json_array_foreach(prompt->choices, i, pair) {
		const char *value = json_string_value(json_array_get(pair, 0));
		const char *meaning = json_string_value(json_array_get(pair, 1));
		g_autofree char *key = is_selected(builder->look, entry) ? window_prompt_key(prompt, i) : NULL;
		g_autofree char *choice = g_strdup_printf("%s%s/answer %" G_GINT64_FORMAT " %s   %s", key != NULL ?
		    key : "",
		    key != NULL ? "  " : "", prompt->id, value != NULL ? value : "", meaning != NULL ? meaning : "");

		add_text(builder, row_add(builder), builder->at.text, choice, SLOT_MENU_KEY);
	}
	if (json_array_size(prompt->choices) == 0) {
		g_autofree char *how = g_strdup_printf("%s/answer %" G_GINT64_FORMAT " asks for it",
		    is_selected(builder->look, entry) ? "Enter  " : "", prompt->id);

		add_text(builder, row_add(builder), builder->at.text, how, SLOT_MENU_KEY);
	}
}

static void
add_unread_line(struct builder *builder, const struct rows_unread *unread)
{
	g_autofree char *count = unread->count >= 100 ? g_strdup("100 or more new") :
	    g_strdup_printf("%d new", unread->count), *at = NULL, *text = NULL, *mine = NULL;

	if (unread->since != 0)
		at = rows_time(builder->look->style, unread->since);
	if (unread->mentions > 0)
		mine = g_strdup_printf(", %d%s for you", unread->mentions, unread->mentions >= 100 ? " or more" : "");
	text = g_strconcat(count, mine != NULL ? mine : "", at == NULL ? "" : mine != NULL ? ", since " : " since ",
	    at != NULL ? at : "", NULL);
	add_rule(builder, text, false, SLOT_LINE_UNREAD);
}

/* The last one that lies between the two. */
static const struct window_gap *
gap_above(const GArray *gaps, const struct entry *previous, const struct entry *entry)
{
	for (guint i = gaps != NULL && previous != NULL ? gaps->len : 0; i-- > 0;) {
		const struct window_gap *gap = &g_array_index(gaps, struct window_gap, i);

		if (previous->order < gap->before && entry->order >= gap->before)
			return gap;
	}
	return NULL;
}

static void
add_gap(struct builder *builder, const struct window_gap *gap)
{
	g_autofree char *from_day = rows_day(gap->from), *from = rows_time(builder->look->style, gap->from);
	g_autofree char *to_day = rows_day(gap->to), *to = rows_time(builder->look->style, gap->to), *text = NULL;

	if (gap->from == 0)
		text = g_strdup_printf("not here: what was before %s %s", to_day, to);
	else
		text = g_strdup_printf("not here: %s %s to %s%s%s", from_day, from, strcmp(from_day, to_day) != 0 ?
		    to_day : "",
		    strcmp(from_day, to_day) != 0 ? " " : "", to);
	add_rule(builder, text, true, SLOT_LINE_DAY);
	if (gap->reason != NULL) {
		g_autofree char *reason = g_strdup_printf("%s; /sync now tries again", gap->reason);

		add_rule(builder, reason, true, SLOT_LINE_DAY);
	}
}

/* ">" before the name of the selected one, "*" before those that are marked. */
static void
add_cursor(struct builder *builder, struct row *row, const struct entry *entry)
{
	const struct rows_select *select = builder->look->select;
	bool marked = select != NULL && select->marked != NULL && g_hash_table_contains(select->marked, &entry->id);
	int column = builder->at.time < 0 ? 2 : builder->at.width == 0 ? builder->at.marks - 1 : builder->at.sender - 1;

	if (is_selected(builder->look, entry))
		span(row, column, SLOT_SELECT_MARK, ">");
	else if (marked)
		span(row, column, SLOT_SELECT_MARK, "*");
}

static int
rows_wanted(const struct entry *entry)
{
	bool long_form = entry->kind != ENTRY_MESSAGE || entry->event.message.direction == DIRECTION_OUT;

	return entry->unfolded == 0 && !long_form ? 0 : LIMIT_FOLD_ROWS * MAX(1, entry->unfolded);
}

static void
build(struct builder *builder, const struct rows_unread *unread, const struct entry *previous,
    const struct entry *entry)
{
	const struct window_gap *gap = gap_above(builder->look->gaps, previous, entry);
	bool fresh = previous == NULL || gap != NULL || is_selected(builder->look, entry);
	guint first;

	if (gap != NULL)
		add_gap(builder, gap);
	if (entry->kind == ENTRY_MESSAGE && !builder->look->no_days && (previous == NULL || !same_day(previous->time,
	    entry->time))) {
		g_autofree char *day = rows_day(entry->time);

		add_rule(builder, day, false, SLOT_LINE_DAY);
		fresh = true;
	}
	if (unread->before == entry->id) {
		add_unread_line(builder, unread);
		fresh = true;
	}
	first = builder->rows->len;
	builder->head = first;
	if (entry->kind == ENTRY_MESSAGE)
		add_message(builder, previous, entry, fresh);
	else if (entry->kind == ENTRY_NOTE)
		add_note(builder, previous, entry, fresh);
	else
		add_prompt(builder, previous, entry);
	first = builder->head;
	while (first + 1 < builder->rows->len && ((struct row *)builder->rows->pdata[first])->across)
		first++;
	add_cursor(builder, builder->rows->pdata[first], entry);
}

GPtrArray *
rows_build(const struct rows_look *look, const struct rows_unread *unread, const struct entry *previous,
    const struct entry *entry)
{
	struct builder builder = { .look = look, .most = rows_wanted(entry), .at = columns_for(look),
		.rows = g_ptr_array_new_with_free_func(row_free) };

	build(&builder, unread, previous, entry);
	g_free(builder.styling);
	return builder.rows;
}

int
rows_folded(const struct rows_look *look, const struct entry *entry)
{
	struct rows_unread none = { 0 };
	struct builder builder = { .look = look, .most = rows_wanted(entry), .at = columns_for(look),
		.rows = g_ptr_array_new_with_free_func(row_free) };

	build(&builder, &none, NULL, entry);
	g_free(builder.styling);
	g_ptr_array_unref(builder.rows);
	return builder.hidden;
}

void
rows_draw(const struct row *row, struct canvas *canvas, int y, int column, int end)
{
	for (int i = 0; i < row->n; i++)
		canvas_text(canvas, y, column + row->span[i].column, end, row->span[i].slot, row->span[i].text, -1);
}
