/*
 * command.c: the face's own commands.  It looks here first; what is not here goes to the core as it is.
 */
#include <stdlib.h>
#include <string.h>

#include "face/tui/face.h"
#include "face/tui/term.h"

/* argument "": none.  False: it is the core's after all. */
typedef bool (*command_fn)(struct face *, const char *argument);

static bool
run_answer(struct face *face, const char *argument)
{
	char *end;
	int64_t id = g_ascii_strtoll(argument, &end, 10);
	const struct event *event = model_prompt(face->model, id);

	if (*argument == '\0')
		id = 0;
	else if (end == argument || *end != '\0' || event == NULL) {
		/* A secret is never an argument: it would stay in the history. */
		if (event != NULL && event->prompt.secret) {
			face_note(face, face->front, SEVERITY_ERROR, "A secret is asked for: /answer %" G_GINT64_FORMAT
			    " without it.", id);
			return true;
		}
		return false;
	}
	ask_prompt(face, id);
	return true;
}

static bool
run_bind(struct face *face, const char *argument)
{
	return bind_run(face, argument);
}

static bool
run_unbind(struct face *face, const char *argument)
{
	return unbind_run(face, argument);
}

/* The line was the command, so one begins with nothing; C-x C-e takes along what is typed. */
static bool
run_edit(struct face *face, const char *argument)
{
	(void)argument;
	face_action(face, ACTION_EDIT_DRAFT, 1);
	return true;
}

static bool
run_scroll(struct face *face, const char *argument)
{
	static const struct { const char *word; enum action action; } words[] = {
		{ "", ACTION_PAGE_UP }, { "up", ACTION_PAGE_UP }, { "down", ACTION_PAGE_DOWN }, { "top", ACTION_TOP },
		{ "bottom", ACTION_BOTTOM }, { "unread", ACTION_UNREAD_LINE },
	};
	gint64 rows;

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (strcmp(words[i].word, argument) == 0) {
			face_action(face, words[i].action, 1);
			return true;
		}
	if (g_ascii_string_to_signed(argument, 10, -10000, 10000, &rows, NULL))
		face_action(face, rows < 0 ? ACTION_LINE_UP : ACTION_LINE_DOWN, (int)ABS(rows));
	else
		face_note(face, face->front, SEVERITY_ERROR, "/scroll N|up|down|top|bottom|unread. Nothing was done.");
	return true;
}

static bool
run_split(struct face *face, const char *argument)
{
	return splits_run_split(face, argument);
}

static bool
run_focus(struct face *face, const char *argument)
{
	return splits_run_focus(face, argument);
}

static bool
run_clear(struct face *face, const char *argument)
{
	(void)argument;
	window_clear_notes(face->front->window);
	face_mark(face, DIRTY_CHAT);
	return true;
}

static bool
run_close(struct face *face, const char *argument)
{
	(void)argument;
	face_close(face, face->front);
	return true;
}

static bool
run_detach(struct face *face, const char *argument)
{
	(void)argument;
	face_end(face, 0, NULL);
	return true;
}

static bool
run_goto(struct face *face, const char *argument)
{
	if (*argument != '\0')
		search_place(face, argument);
	else
		face_note(face, face->front, SEVERITY_ERROR, "/goto DATE|MSG: where to? Nothing was done.");
	return true;
}

static bool
run_inbox(struct face *face, const char *argument)
{
	(void)argument;
	digest_open(face);
	return true;
}

static bool
run_keys(struct face *face, const char *argument)
{
	g_autoptr(GString) text =
	    g_string_new("Keys; /bind KEY ACTION changes them, and so does ~/.inputrc, where the names have \"confab-\" before them.");

	(void)argument;
	for (int i = 0; i < ACTIONS; i++) {
		g_autofree char *keys = input_keys_of((enum action)i);

		g_string_append_printf(text, "\n%-9s %-22s %s", keys, action_table[i].name, action_table[i].help);
	}
	face_note(face, face->front, SEVERITY_INFO, "%s", text->str);
	return true;
}

static bool
run_next(struct face *face, const char *argument)
{
	(void)argument;
	face_action(face, ACTION_NEXT_CHAT, 1);
	return true;
}

static bool
run_prev(struct face *face, const char *argument)
{
	(void)argument;
	face_action(face, ACTION_PREVIOUS_CHAT, 1);
	return true;
}

static bool
run_redraw(struct face *face, const char *argument)
{
	(void)argument;
	face_action(face, ACTION_REDRAW, 1);
	return true;
}

static bool
run_theme(struct face *face, const char *argument)
{
	g_autoptr(GPtrArray) names = theme_names(face);
	g_autofree char *all = NULL;

	if (*argument != '\0') {
		if (theme_use(face, argument))
			link_keep(face);
		return true;
	}
	g_ptr_array_add(names, NULL);
	all = g_strjoinv(", ", (char **)names->pdata);
	face_note(face, face->front, SEVERITY_INFO, "Themes: %s. Now: %s.", all, face->theme != NULL ? face->theme :
	    face->lit ? "light, because the terminal is" : "dark, which is built in");
	return true;
}

/* By number, by name or address, by a beginning that only one has. */
struct chat *
face_find_chat(struct face *face, const char *text, bool *many)
{
	const GPtrArray *chats = model_chats(face->model);
	struct chat *found = NULL;
	char *end;
	int64_t number = g_ascii_strtoll(text, &end, 10);

	*many = false;
	if (end != text && *end == '\0')
		return model_chat_number(face->model, number);
	for (guint i = 0; i < chats->len; i++) {
		struct chat *chat = chats->pdata[i];
		const char *name = chat_name(face->model, chat);

		if (g_ascii_strcasecmp(name, text) == 0 || strcmp(chat->jid, text) == 0)
			return chat;
		if (g_ascii_strncasecmp(name, text, strlen(text)) == 0 || g_str_has_prefix(chat->jid, text)) {
			*many |= found != NULL;
			found = chat;
		}
	}
	return *many ? NULL : found;
}

static bool
run_win(struct face *face, const char *argument)
{
	bool many;
	struct chat *chat = *argument != '\0' ? face_find_chat(face, argument, &many) : NULL;

	if (*argument == '\0')
		face_note(face, face->front, SEVERITY_ERROR, "/win N|NAME: which chat? Nothing was done.");
	else if (chat == NULL)
		face_note(face, face->front, SEVERITY_ERROR, many ? "More than one chat begins with \"%s\"." :
		    "No open chat is called \"%s\".", argument);
	else
		face_go(face, chat);
	return true;
}

static const struct {
	const char	*name, *arguments, *help;
	command_fn	 fn;
} table[] = {
#define COMMAND(name, arguments, help) { #name, arguments, help, run_##name },
#include "face/tui/commands.def"
#undef COMMAND
};

bool
command_row(int i, const char **name, const char **arguments, const char **help)
{
	if (i >= (int)G_N_ELEMENTS(table))
		return false;
	*name = table[i].name;
	*arguments = table[i].arguments;
	*help = table[i].help;
	return true;
}

char *
command_help(void)
{
	GString *text = g_string_new("On this screen:");

	for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
		g_string_append_printf(text, "\n/%s %s   %s", table[i].name, table[i].arguments, table[i].help);
	return g_string_free(text, FALSE);
}

/* /help goes to the core; what only the face knows is said first. */
static bool
run_help(struct face *face, const char *argument)
{
	const char *name = *argument == '/' ? argument + 1 : argument;
	g_autofree char *own = NULL;

	if (*name == '\0') {
		own = command_help();
		face_note(face, face->front, SEVERITY_INFO, "%s", own);
		return false;
	}
	if (strcmp(name, "linear") == 0) {
		face_note(face, face->front, SEVERITY_INFO,
		    "Linear mode says what happens line by line: who, what, and the time last. Views, splits and the selection are not there; /roster, /search and /history say what they would show. What "
		    "comes while you type waits until the line is empty; /set linear.interrupt on does not wait. /set linear.states "
		    "all says how far each message got.");
		return true;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
		if (strcmp(table[i].name, name) == 0) {
			face_note(face, face->front, SEVERITY_INFO, "/%s %s   %s", name, table[i].arguments,
			    table[i].help);
			/* The core has an /answer of its own, with a value. */
			return strcmp(name, "answer") != 0;
		}
	return false;
}

/* Two commands of the core's that mean something where there is none. */
static bool
without_core(struct face *face, const char *name)
{
	if (strcmp(name, "quit") == 0)
		face_end(face, 0, NULL);
	else if (strcmp(name, "restart") == 0)
		reattach_start(face);
	else
		return false;
	return true;
}

bool
command_run(struct face *face, const char *line)
{
	size_t n = strcspn(line + 1, " \t\n");
	g_autofree char *name = g_strndup(line + 1, n), *argument = g_strstrip(g_strdup(line + 1 + n));

	if (strcmp(name, "help") == 0)
		return run_help(face, argument);
	/* The core reads its files, we ours. */
	if (strcmp(name, "reload") == 0)
		theme_again(face);
	if (face->client == NULL && face->socket != NULL && without_core(face, name))
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
		if (strcmp(table[i].name, name) == 0) {
			/* What takes no argument and got one is not guessed at. */
			if (*table[i].arguments == '\0' && *argument != '\0') {
				face_note(face, face->front, SEVERITY_ERROR,
				    "/%s takes nothing after it. Nothing was done.", name);
				return true;
			}
			return table[i].fn(face, argument);
		}
	return false;
}

void
command_complete(const char *prefix, GPtrArray *words, GPtrArray *helps)
{
	/* With or without the slash, as the word that is replaced has it. */
	const char *slash = *prefix == '/' ? "/" : "", *name = *prefix == '/' ? prefix + 1 : prefix;

	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *word = g_strconcat(slash, table[i].name, NULL);
		bool known = false;

		if (!g_str_has_prefix(table[i].name, name))
			continue;
		for (guint j = 0; j < words->len; j++)
			known |= strcmp(words->pdata[j], word) == 0;
		if (known)
			continue;
		g_ptr_array_add(words, g_steal_pointer(&word));
		g_ptr_array_add(helps, g_strdup(table[i].help));
	}
}
