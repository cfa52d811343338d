/*
 * preference.c: see preference.h.  What a setting may be was checked by the core; a value of another kind is not taken.
 */
#include "face/tui/preference.h"

#include <string.h>

#include "face/tui/term.h"

static void
take_bell(struct face *face, const json_t *value)
{
	if (json_is_boolean(value))
		face->preferences.silent = !json_is_true(value);
}

static void
take_interrupt(struct face *face, const json_t *value)
{
	face->preferences.interrupt = json_is_true(value);
}

static void
take_states(struct face *face, const json_t *value)
{
	face->preferences.all_states = g_strcmp0(json_string_value(value), "all") == 0;
}

static void
take_escape(struct face *face, const json_t *value)
{
	if (json_is_integer(value) && face->term != NULL)
		term_set_escape(face->term, (int)CLAMP(json_integer_value(value), 0, 1000));
}

static void
take_mouse(struct face *face, const json_t *value)
{
	if (face->term != NULL)
		term_set_mouse(face->term, json_is_true(value));
}

static void
take_opener(struct face *face, const json_t *value)
{
	const char *text = json_string_value(value);

	if (text == NULL)
		return;
	g_free(face->links.command);
	face->links.command = *text != '\0' ? g_strdup(text) : NULL;
}

static void
take_sender_width(struct face *face, const json_t *value)
{
	if (json_is_integer(value))
		face->preferences.style.sender_width = (int)CLAMP(json_integer_value(value), 0, 30);
}

static void
take_styling(struct face *face, const json_t *value)
{
	face->preferences.style.plain = json_is_false(value);
}

static void
take_signs(struct face *face, const json_t *value)
{
	struct text_policy policy = *canvas_policy(face->canvas);

	if (!json_is_string(value))
		return;
	face->preferences.ascii = strcmp(json_string_value(value), "ascii") == 0;
	face->preferences.unicode = strcmp(json_string_value(value), "unicode") == 0;
	preference_policy(face, &policy);
}

static void
take_time_format(struct face *face, const json_t *value)
{
	const char *format = json_string_value(value);

	if (format != NULL)
		rows_style_set_time(&face->preferences.style, format, canvas_policy(face->canvas));
}

static void
take_list_width(struct face *face, const json_t *value)
{
	if (json_is_integer(value))
		face->preferences.list_width = (int)CLAMP(json_integer_value(value), LIST_COLUMNS_MIN,
		    LIST_COLUMNS_MAX);
}

int
face_list_columns(const struct face *face, int columns)
{
	int kept = face->list_columns[layout_size(columns)];

	return kept != 0 ? kept : face->preferences.list_width != 0 ? face->preferences.list_width : LIST_COLUMNS;
}

static const struct {
	const char	*name;
	void		(*take)(struct face *, const json_t *);
} table[] = {
	{ "linear.interrupt", take_interrupt },
	{ "linear.states", take_states },
	{ "notify.bell", take_bell },
	{ "time.format", take_time_format },
	{ "ui.escape_ms", take_escape },
	{ "ui.list_width", take_list_width },
	{ "ui.mouse", take_mouse },
	{ "ui.opener", take_opener },
	{ "ui.sender_width", take_sender_width },
	{ "ui.signs", take_signs },
	{ "ui.styling", take_styling },
};

G_STATIC_ASSERT(G_N_ELEMENTS(table) == PREFERENCES);

/* Title, status line and prompt. */
static void
take_line(struct face *face, const struct event *event)
{
	int line = event->setting.name != NULL ? status_line_of(event->setting.name) : -1;
	const char *text = json_string_value(event->setting.value);
	g_autoptr(GError) error = NULL;

	if (line < 0 || text == NULL || event->rev <= face->preferences.line_revs[line])
		return;
	face->preferences.line_revs[line] = event->rev;
	if (!status_set(&face->preferences.formats, (enum status_line)line, text, &error))
		face_note(face, face->front, SEVERITY_ERROR, "%s %s It looks as before.", event->setting.name,
		    error->message);
	face_mark(face, DIRTY_ALL);
}

void
preference_take(struct face *face, const struct event *event)
{
	if (g_strcmp0(event->setting.name, "bind") == 0) {
		if (event->rev > face->preferences.binds_rev && json_is_object(event->setting.value)) {
			face->preferences.binds_rev = event->rev;
			bind_take(face, event->setting.value);
		}
		return;
	}
	take_line(face, event);
	for (size_t i = 0; i < PREFERENCES; i++) {
		if (g_strcmp0(event->setting.name, table[i].name) != 0 || event->rev <= face->preferences.revs[i])
			continue;
		face->preferences.revs[i] = event->rev;
		table[i].take(face, event->setting.value);
		face_mark(face, DIRTY_ALL);
	}
}

void
preference_policy(struct face *face, const struct text_policy *policy)
{
	struct text_policy changed = *policy;
	/* Its font has no check marks, whatever it says of their width. */
	bool console = face->term != NULL && g_strcmp0(g_getenv("TERM"), "linux") == 0;

	changed.ascii_signs = face->preferences.ascii ||
	    (!face->preferences.unicode && (policy->ambiguous_wide || console));
	canvas_set_policy(face->canvas, &changed);
}

void
preference_free(struct face *face)
{
	rows_style_clear(&face->preferences.style);
	status_formats_clear(&face->preferences.formats);
	json_decref(face->preferences.binds);
	face->preferences.binds = NULL;
}
