/*
 * page_help.c: the help view and the legend.  What the commands are is the core's to say, once per attaching; what the
 * keys are is our own table, as they are bound now.
 */
#include <string.h>

#include "face/tui/page.h"
#include "face/tui/status.h"

static void
took_commands(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct face *face = ctx;
	json_t *commands = json_object_get(result, "data");

	(void)data;
	if (json_is_array(commands)) {
		json_decref(face->page.commands);
		face->page.commands = json_incref(commands);
	} else if (error != NULL && face->client != NULL)
		face_note(face, face->front, SEVERITY_ERROR, "%s", error->message);
	face_mark(face, DIRTY_ALL);
}

void
page_help_load(struct face *face)
{
	if (face->page.commands == NULL && face->client != NULL)
		client_request(face->client, "run", json_pack("{s:s}", "line", "/help"), took_commands, face);
}

void
page_help_open(struct face *face, const char *subject)
{
	page_help_load(face);
	page_open(face, PAGE_HELP, subject);
}

static const char *
text(json_t *row, const char *name)
{
	const char *value = json_string_value(json_object_get(row, name));

	return value != NULL ? value : "";
}

/* What a page is called: a command without its arguments, "keys". */
static void
add_index_line(struct page_lines *page, const char *usage, const char *help, const char *target)
{
	g_autofree char *head = g_strdup_printf("   %-28s ", usage);

	if (page->columns < NARROW_BELOW)
		page_add_hanging(page, SLOT_TEXT, g_strchomp(head), help, target);
	else
		page_add(page, SLOT_TEXT, g_strdup_printf("   %-28s  %s", usage, help), target, NULL);
}

static void
add_group(struct face *face, struct page_lines *page, const char *group)
{
	json_t *row;
	size_t i;

	page_add(page, SLOT_HELP_HEADING, g_strdup(group), NULL, NULL);
	json_array_foreach(face->page.commands, i, row) {
		g_autofree char *usage = g_strdup_printf("/%s %s", text(row, "name"), text(row, "args"));
		g_autofree char *target = g_strdup_printf("/%s", text(row, "name"));

		if (strcmp(text(row, "group"), group) == 0)
			add_index_line(page, g_strchomp(usage), text(row, "help"), target);
	}
}

static void
make_index(struct face *face, struct page_lines *page)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	const char *name, *arguments, *help;
	json_t *row;
	size_t i;

	page->title = g_strdup("help");
	page->count = g_strdup_printf("%zu commands", json_array_size(face->page.commands));
	add_index_line(page, "keys", "what every key does, and the signs", "keys");
	json_array_foreach(face->page.commands, i, row)
		if (g_hash_table_add(seen, (char *)(uintptr_t)text(row, "group")))
			add_group(face, page, text(row, "group"));
	page_add(page, SLOT_HELP_HEADING, g_strdup("on this screen"), NULL, NULL);
	for (int n = 0; command_row(n, &name, &arguments, &help); n++) {
		g_autofree char *usage = g_strdup_printf("/%s %s", name, arguments);
		g_autofree char *target = g_strdup_printf("/%s", name);

		add_index_line(page, g_strchomp(usage), help, target);
	}
}

static void
add_command(struct page_lines *page, const char *name, const char *arguments, const char *help, const char *detail)
{
	page_add(page, SLOT_HELP_HEADING, g_strdup_printf("/%s %s", name, arguments), NULL, NULL);
	page_add(page, SLOT_TEXT, g_strdup(""), NULL, NULL);
	page_add_wrapped(page, SLOT_TEXT, 3, help);
	if (*detail != '\0') {
		page_add(page, SLOT_TEXT, g_strdup(""), NULL, NULL);
		page_add_wrapped(page, SLOT_TEXT, 3, detail);
	}
	page_add(page, SLOT_TEXT, g_strdup(""), NULL, NULL);
}

static void
make_command(struct face *face, struct page_lines *page, const char *wanted)
{
	const char *name, *arguments, *help;
	json_t *row;
	size_t i;

	page->title = g_strdup_printf("help  /%s", wanted);
	json_array_foreach(face->page.commands, i, row)
		if (strcmp(text(row, "name"), wanted) == 0) {
			page->count = g_strdup(text(row, "group"));
			add_command(page, wanted, text(row, "args"), text(row, "help"), text(row, "detail"));
		}
	for (int n = 0; command_row(n, &name, &arguments, &help); n++)
		if (strcmp(name, wanted) == 0)
			add_command(page, name, arguments, help, "");
	page_add(page, SLOT_TEXT, bind_of(face, wanted) != NULL ? g_strdup_printf("   Key: %s", bind_of(face, wanted)) :
	    g_strdup_printf("   Key: none. To have one: /bind C-x I '/%s '", wanted), NULL, NULL);
	page_add(page, SLOT_TEXT, g_strdup(""), NULL, NULL);
	page_add(page, SLOT_TEXT_DIM, g_strdup("See also"), NULL, NULL);
	json_array_foreach(face->page.commands, i, row)
		if (page->count != NULL && strcmp(text(row, "group"), page->count) == 0 &&
		    strcmp(text(row, "name"), wanted) != 0) {
			g_autofree char *target = g_strdup_printf("/%s", text(row, "name"));

			add_index_line(page, target, text(row, "help"), target);
		}
}

void
page_help_make(struct face *face, struct page_lines *page)
{
	const char *subject = face->page.subject;

	if (subject == NULL)
		make_index(face, page);
	else if (*subject == '/')
		make_command(face, page, subject + 1);
	else
		page_legend_make(face, page);
}

void
page_help_follow(struct face *face, const char *target)
{
	page_open(face, PAGE_HELP, target);
}

void
page_help_act(struct face *face, enum view_action action, const char *target)
{
	g_autofree char *from = g_strdup(face->page.subject);

	(void)action;
	(void)target;
	if (from == NULL)
		return;
	page_open(face, PAGE_HELP, NULL);
	/* To the line that one came from. */
	face->page.at = g_steal_pointer(&from);
}

/* --- the legend --- */

static void
add_signs(struct page_lines *page)
{
	static const struct { enum message_state state; const char *words; } marks[] = {
		{ MESSAGE_QUEUED, "queued: on this machine only" },
		{ MESSAGE_SENT, "sent: written to the connection, nobody has confirmed it" },
		{ MESSAGE_STORED, "stored: the server has it" },
		{ MESSAGE_DELIVERED, "delivered: a device of theirs said so" },
		{ MESSAGE_DISPLAYED, "displayed: it was shown to them" },
		{ MESSAGE_UNKNOWN, "fate unknown: the connection broke under way" },
		{ MESSAGE_FAILED, "failed: the reason stands below it" },
	};
	static const struct { enum presence_show show; const char *words; } people[] = {
		{ SHOW_ONLINE, "online" }, { SHOW_CHAT, "free for chat" }, { SHOW_AWAY, "away" },
		    { SHOW_XA, "away for long" },
		{ SHOW_DND, "do not disturb" }, { SHOW_OFFLINE, "offline" },
	};
	bool ascii = text_ascii_signs(page->policy);
	enum slot slot;

	page_add(page, SLOT_HELP_HEADING, g_strdup("beside a message"), NULL, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
		page_add(page, SLOT_TEXT, g_strdup_printf("   %s\t%s", rows_mark(marks[i].state, ascii, &slot),
		    marks[i].words), NULL, NULL);
	page_add(page, SLOT_TEXT, g_strdup("   @\tin a room: it is for you"), NULL, NULL);
	page_add(page, SLOT_HELP_HEADING, g_strdup("beside a name"), NULL, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(people); i++)
		page_add(page, SLOT_TEXT, g_strdup_printf("   %s\t%s", status_sign(people[i].show, true, ascii, &slot),
		    people[i].words), NULL, NULL);
	page_add(page, SLOT_TEXT, g_strdup("   ?\tnot told to us"), NULL, NULL);
	page_add(page, SLOT_HELP_HEADING, g_strdup("in the chat list"), NULL, NULL);
	page_add(page, SLOT_TEXT, g_strdup_printf("   %s\ta draft", ascii ? "d" : "✎"), NULL, NULL);
	page_add(page, SLOT_TEXT,
	    g_strdup("   !\ta message of yours failed: R in the selection sends it again, D drops it"), NULL, NULL);
	page_add(page, SLOT_TEXT, g_strdup("   -\tmuted"), NULL, NULL);
	page_add(page, SLOT_TEXT, g_strdup("   @2\ta room: two messages are for you"), NULL, NULL);
	page_add(page, SLOT_TEXT, g_strdup_printf("   #%s\ta room that you are not in, #%s one that is being entered, #! one that does "
	    "not let you in: the title says why", ascii ? "." : "○", ascii ? "~" : "…"), NULL, NULL);
}

static void
add_key(struct page_lines *page, const char *keys, const char *name, const char *help)
{
	g_autofree char *head = g_strdup_printf("   %-9s  %-22s  ", keys, name);

	page_add_hanging(page, SLOT_TEXT, head, help, NULL);
}

void
page_legend_make(struct face *face, struct page_lines *page)
{
	const struct action_row *row;

	page->title = g_strdup("keys and signs");
	page_add(page, SLOT_HELP_HEADING, g_strdup("keys, as they are bound now"), NULL, NULL);
	for (int i = 0; i < ACTIONS; i++) {
		g_autofree char *keys = input_keys_of((enum action)i);

		add_key(page, keys, action_table[i].name, action_table[i].help);
	}
	page_add(page, SLOT_HELP_HEADING, g_strdup("while a message is selected"), NULL, NULL);
	for (int i = 0; (row = select_row(i)) != NULL; i++) {
		g_autofree char *keys = bind_view_keys(face, BIND_SELECT, row->name, row->keys);

		add_key(page, keys, row->name, row->help);
	}
	page_add(page, SLOT_HELP_HEADING, g_strdup("in the views: help, contacts, search, forms"), NULL, NULL);
	for (int i = 0; i < VIEWS; i++) {
		const struct view_row *one = view_row(i);
		g_autofree char *keys = bind_view_keys(face, one->kind, one->name, one->keys);

		add_key(page, keys, one->name, one->help);
	}
	add_signs(page);
}

/* --- what a key does --- */

void
describe_begin(struct face *face)
{
	face->describing = true;
	face_mark(face, DIRTY_BARS);
}

bool
describe_key(struct face *face, const char *bytes, size_t len)
{
	g_autofree char *said = NULL;

	if (!face->describing)
		return false;
	face_mark(face, DIRTY_BARS);
	said = input_describe(face->input, bytes, len);
	if (said != NULL) {
		face->describing = false;
		face_note(face, face->front, SEVERITY_INFO, "%s", said);
	}
	return true;
}
