/*
 * palette.c: everything that has a name, by typing a part of it: chats, contacts, commands, actions.  It stands in the
 * chat's place and has all keys until it is left; the line below keeps its text.
 *
 * What fits better comes first: the beginning of the name, of a word in it, any part of it, what stands beside it;
 * among equals what was taken lately.
 */
#include <string.h>

#include "base/limits.h"
#include "face/tui/face.h"
#include "face/tui/keyname.h"

enum kind { KIND_CHAT, KIND_CONTACT, KIND_COMMAND, KIND_ACTION, KIND_ADDRESS };
enum { NOT_AT_ALL = 9, RECENT = 10 };

static const struct {
	char		 sign;		/* as the first letter: only these */
	const char	*word;
} kinds[] = {
	[KIND_CHAT] = { '\0', "chat" }, [KIND_CONTACT] = { '\0', "contact" }, [KIND_COMMAND] = { '/', "command" },
	[KIND_ACTION] = { '>', "action" }, [KIND_ADDRESS] = { '\0', "address" },
};

struct choice {
	enum kind	 kind;
	bool		 room;
	char		*name, *detail, *number;	/* number: of a chat; may be NULL */
	char		*target;			/* what is done, and what is remembered as recent */
	int		 fit, recent;
};

static void
choice_free(void *data)
{
	struct choice *choice = data;

	g_free(choice->name);
	g_free(choice->detail);
	g_free(choice->number);
	g_free(choice->target);
	g_free(choice);
}

/* --- what there is --- */

static struct choice *
add(GPtrArray *all, enum kind kind, const char *name, const char *detail, char *target)
{
	struct choice *choice = g_new0(struct choice, 1);

	choice->kind = kind;
	choice->name = g_strdup(name);
	choice->detail = g_strdup(detail);
	choice->target = target;
	g_ptr_array_add(all, choice);
	return choice;
}

static void
add_chats(struct face *face, GPtrArray *all)
{
	const GPtrArray *chats = model_chats(face->model);

	for (guint i = 0; i < chats->len; i++) {
		const struct chat *chat = chats->pdata[i];
		struct choice *choice = add(all, KIND_CHAT, chat_name(face->model, chat), chat->jid,
		    g_strdup_printf("chat\n%s\n%s", chat->account, chat->jid));

		choice->number = g_strdup_printf("%" G_GINT64_FORMAT, chat_number(chat));
		choice->room = chat->object.chat.kind == CHAT_ROOM;
	}
}

static void
add_contacts(struct face *face, GPtrArray *all)
{
	g_autoptr(GPtrArray) contacts = model_contacts(face->model);

	for (guint i = 0; i < contacts->len; i++) {
		const struct event *event = contacts->pdata[i];
		const struct event_contact *contact = &event->contact;
		const struct chat *chat = model_chat(face->model, event->account_name, contact->jid);

		if (chat == NULL || !chat->object.chat.open)
			add(all, KIND_CONTACT, contact->name != NULL && *contact->name != '\0' ? contact->name :
			    contact->jid, contact->jid, g_strdup_printf("msg\n%s\n%s", event->account_name,
			    contact->jid));
	}
}

static void
add_commands(struct face *face, GPtrArray *all)
{
	const char *name, *arguments, *help;
	json_t *row;
	size_t n;

	json_array_foreach(face->page.commands, n, row) {
		const char *word = json_string_value(json_object_get(row, "name"));
		const char *about = json_string_value(json_object_get(row, "help"));
		g_autofree char *line = g_strdup_printf("/%s", word != NULL ? word : "");

		add(all, KIND_COMMAND, line, about != NULL ? about : "", g_strdup_printf("line\n%s", line));
	}
	for (int i = 0; command_row(i, &name, &arguments, &help); i++) {
		g_autofree char *line = g_strdup_printf("/%s", name);
		bool known = false;

		json_array_foreach(face->page.commands, n, row)
			known |= g_strcmp0(json_string_value(json_object_get(row, "name")), name) == 0;
		if (!known)
			add(all, KIND_COMMAND, line, help, g_strdup_printf("line\n%s", line));
	}
}

static void
add_actions(GPtrArray *all)
{
	for (int i = 0; i < ACTIONS; i++) {
		g_autofree char *keys = input_keys_of((enum action)i);
		g_autofree char *detail = *keys != '\0' ? g_strdup_printf("%s: %s", keys, action_table[i].help) :
		    g_strdup(action_table[i].help);

		add(all, KIND_ACTION, action_table[i].name, detail, g_strdup_printf("action\n%s",
		    action_table[i].name));
	}
}

/* --- what fits --- */

static int
fit_of(const struct choice *choice, const char *wanted)
{
	g_autofree char *name = g_utf8_casefold(choice->name, -1), *detail = g_utf8_casefold(choice->detail, -1);
	const char *at = strstr(name, wanted);

	if (at == name || (choice->kind == KIND_COMMAND && at == name + 1))
		return 0;
	for (; at != NULL; at = strstr(at + 1, wanted))
		if (strchr(" -./@", at[-1]) != NULL)
			return 1;
	return strstr(name, wanted) != NULL ? 2 : strstr(detail, wanted) != NULL ? 3 : NOT_AT_ALL;
}

/* The letter before the rest says which kind is wanted. */
static bool
is_wanted(const struct choice *choice, char sign, bool chats_only)
{
	bool person = choice->kind == KIND_CONTACT || choice->kind == KIND_ADDRESS ||
	    (choice->kind == KIND_CHAT && !choice->room);

	if (sign == '#')
		return choice->kind == KIND_CHAT && choice->room;
	if (sign == '@')
		return person;
	if (sign != '\0')
		return kinds[choice->kind].sign == sign;
	return !chats_only || choice->kind == KIND_CHAT || person;
}

static gint
by_fit(gconstpointer a, gconstpointer b)
{
	const struct choice *one = *(const struct choice *const *)a, *other = *(const struct choice *const *)b;

	if (one->fit != other->fit)
		return one->fit - other->fit;
	if (one->recent != other->recent)
		return one->recent - other->recent;
	return one->kind != other->kind ? (int)one->kind - (int)other->kind :
	    one->kind == KIND_CHAT ? 0 : g_utf8_collate(one->name, other->name);
}

static int
recent_of(const struct face *face, const char *target)
{
	const GPtrArray *recent = face->palette.recent;

	for (guint i = 0; recent != NULL && i < recent->len; i++)
		if (strcmp(recent->pdata[i], target) == 0)
			return (int)i;
	return RECENT;
}

/* *of: how many there are of the kind that is wanted. */
static GPtrArray *
choices(struct face *face, int *of)
{
	const struct palette *palette = &face->palette;
	const char *text = palette->text->str;
	char sign = *text != '\0' && strchr("#@/>", *text) != NULL ? *text : '\0';
	g_autofree char *wanted = g_utf8_casefold(text + (sign != '\0'), -1);
	GPtrArray *all = g_ptr_array_new_with_free_func(choice_free);

	add_chats(face, all);
	add_contacts(face, all);
	add_commands(face, all);
	add_actions(all);
	*of = 0;
	for (guint i = all->len; i-- > 0; ) {
		struct choice *choice = all->pdata[i];
		bool counts = is_wanted(choice, sign, palette->chats_only);

		*of += counts;
		choice->fit = counts ? fit_of(choice, wanted) : NOT_AT_ALL;
		choice->recent = recent_of(face, choice->target);
		if (choice->fit == NOT_AT_ALL)
			g_ptr_array_remove_index(all, i);
	}
	g_ptr_array_sort(all, by_fit);
	if (all->len == 0 && strchr(text, '@') != NULL && sign == '\0')
		add(all, KIND_ADDRESS, text, "opens a chat with it", g_strdup_printf("line\n/msg %s", text));
	return all;
}

/* --- keys --- */

void
palette_open(struct face *face, bool chats_only)
{
	page_help_load(face);
	select_leave(face);
	complete_close(face, false);
	page_close(face);
	ask_leave(face);
	face->palette.on = true;
	face->palette.chats_only = chats_only;
	face->palette.at = 0;
	if (face->palette.text == NULL)
		face->palette.text = g_string_new(NULL);
	g_string_truncate(face->palette.text, 0);
	face_mark(face, DIRTY_ALL);
}

void
palette_close(struct face *face)
{
	face->palette.on = false;
	face_mark(face, DIRTY_ALL);
}

void
palette_free(struct face *face)
{
	if (face->palette.text != NULL)
		g_string_free(face->palette.text, TRUE);
	g_clear_pointer(&face->palette.recent, g_ptr_array_unref);
}

void
palette_used(struct face *face, const char *target)
{
	struct palette *palette = &face->palette;

	if (palette->recent == NULL)
		palette->recent = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < palette->recent->len; i++)
		if (strcmp(palette->recent->pdata[i], target) == 0)
			g_ptr_array_remove_index(palette->recent, i--);
	g_ptr_array_insert(palette->recent, 0, g_strdup(target));
	if (palette->recent->len > RECENT)
		g_ptr_array_set_size(palette->recent, RECENT);
}

/* A command comes into the line: Enter runs it then, and more can be typed behind it. */
static void
offer_line(struct face *face, const char *line)
{
	g_autofree char *with_blank = g_strconcat(line, " ", NULL);

	if (*input_line(face->input) != '\0')
		input_kill(face->input);
	input_insert(face->input, with_blank, false);
}

static void
take(struct face *face, const char *target)
{
	g_auto(GStrv) part = g_strsplit(target, "\n", 3);
	g_autofree char *line = NULL;

	palette_used(face, target);
	palette_close(face);
	link_keep(face);
	if (strcmp(part[0], "chat") == 0)
		face_go(face, *part[2] != '\0' ? model_chat(face->model, part[1], part[2]) :
		    model_console(face->model));
	else if (strcmp(part[0], "msg") == 0) {
		line = g_strdup_printf("/msg %s", part[2]);
		send_for_account(face, part[1], line);
	} else if (strcmp(part[0], "line") == 0)
		offer_line(face, part[1]);
	for (int i = 0; strcmp(part[0], "action") == 0 && i < ACTIONS; i++)
		if (strcmp(action_table[i].name, part[1]) == 0)
			face_action(face, (enum action)i, 1);
}

static void
enter(struct face *face)
{
	int of;
	g_autoptr(GPtrArray) all = choices(face, &of);
	g_autofree char *target = NULL;

	if (all->len == 0)
		return;
	target = g_strdup(((struct choice *)all->pdata[MIN(face->palette.at, (int)all->len - 1)])->target);
	take(face, target);
}

static void
move(struct face *face, int by)
{
	int of, n;
	g_autoptr(GPtrArray) all = choices(face, &of);

	n = (int)all->len;
	if (n > 0)
		face->palette.at = CLAMP(MIN(face->palette.at, n - 1) + by, 0, n - 1);
}

bool
palette_key(struct face *face, const char *bytes, size_t len)
{
	GString *text = face->palette.text;
	int page = MAX(1, face->layout.chat.rows - 2);

	if (!face->palette.on || len == 0)
		return false;
	face_mark(face, DIRTY_ALL);
	if (keyname_is("Esc, C-g, C-c", bytes, len))
		palette_close(face);
	else if (keyname_is("Enter", bytes, len))
		enter(face);
	else if (keyname_is("Down, C-n, Tab", bytes, len))
		move(face, 1);
	else if (keyname_is("Up, C-p, S-Tab", bytes, len))
		move(face, -1);
	else if (keyname_is("PgDn", bytes, len))
		move(face, page);
	else if (keyname_is("PgUp", bytes, len))
		move(face, -page);
	else if (keyname_is("C-u", bytes, len))
		g_string_truncate(text, 0);
	else if (keyname_is("BS, C-h", bytes, len) && text->len > 0)
		g_string_truncate(text, (gsize)(g_utf8_find_prev_char(text->str, text->str + text->len) - text->str));
	else if ((unsigned char)bytes[0] >= 0x20 && bytes[0] != 0x7f && text->len + len < LIMIT_NAME &&
	    g_utf8_validate(bytes, (gssize)len, NULL)) {
		g_string_append_len(text, bytes, (gssize)len);
		face->palette.at = 0;
	}
	return true;
}

/* --- the screen --- */

static void
draw_choice(struct face *face, const struct choice *choice, int row, const struct area *area, bool here)
{
	int column = area->column, end = area->column + area->columns;
	/* Where there is no room for more, names and kinds are what one chooses by. */
	int name = area->columns < NARROW_BELOW ? (area->columns < 30 ? end : end - 8) :
	    column + 6 + (area->columns - 16) / 3;
	struct canvas *canvas = face->canvas;

	canvas_text(canvas, row, column + 1, end, SLOT_SELECT_MARK, here ? ">" : " ", -1);
	if (choice->number != NULL)
		canvas_text(canvas, row, column + 3, column + 6, SLOT_LIST_NUMBER, choice->number, -1);
	canvas_text_cut(canvas, row, column + 6, name, SLOT_MENU_TEXT, choice->name);
	canvas_text_cut(canvas, row, name + 1, end, SLOT_MENU_HELP, choice->room ? "room" : kinds[choice->kind].word);
	if (name + 10 < end)
		canvas_text_cut(canvas, row, name + 10, end, SLOT_MENU_HELP, choice->detail);
	if (here)
		canvas_paint(canvas, row, area->column, area->columns, SLOT_MENU_CURRENT);
}

void
palette_draw(struct face *face)
{
	const struct area *area = &face->layout.chat;
	int of, n, at, shown = MAX(0, area->rows - 1), first;
	g_autoptr(GPtrArray) all = choices(face, &of);
	g_autofree char *title = NULL, *rule = NULL;

	n = (int)all->len;
	at = CLAMP(face->palette.at, 0, MAX(0, n - 1));
	first = CLAMP(at - shown + 1, 0, MAX(0, n - shown));
	title = g_strdup_printf("%d of %d", n, of);
	rule = rows_rule(title, area->columns, false, canvas_policy(face->canvas));
	canvas_clear(face->canvas, area->row, area->column, area->rows, area->columns, SLOT_MENU_TEXT);
	if (area->rows > 1)
		canvas_text(face->canvas, area->row, area->column, area->column + area->columns, SLOT_LINE_BORDER, rule,
		    -1);
	for (int i = 0; i < shown && first + i < n; i++)
		draw_choice(face, all->pdata[first + i], area->row + 1 + i, area, first + i == at);
	if (n == 0 && shown > 0)
		canvas_printf(face->canvas, area->row + 1, area->column + 3, area->column + area->columns,
		    SLOT_TEXT_DIM, "Nothing is called \"%s\". An address opens a chat.", face->palette.text->str);
}

char *
palette_prompt(const struct face *face)
{
	return face->palette.on ? g_strdup(face->palette.chats_only ? "chat> " : "go> ") : NULL;
}
