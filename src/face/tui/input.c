/*
 * input.c: readline, headless.  It reads from a buffer in memory, draws nothing and knows no terminal.
 *
 * What a reader would get wrong:
 * - A sequence that readline has not bound is dropped here: readline would drop its first bytes and insert the rest.
 * - Functions of ours that run inside readline only note what was asked; it is done when readline is left, so that a
 *   draft can be moved out without the ground going from under it.
 * - Order of right: our defaults are bound first, then readline reads the inputrc, which therefore wins; then a few
 *   functions are swapped wherever they ended up (movement by grapheme cluster, sending, completing).
 */
#include "face/tui/input_private.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "face/tui/keyname.h"

#define BUSY (RL_STATE_ISEARCH | RL_STATE_NSEARCH | RL_STATE_NUMERICARG | RL_STATE_MULTIKEY | RL_STATE_METANEXT | \
	RL_STATE_CHARSEARCH | RL_STATE_VIMOTION | RL_STATE_MACROINPUT)

const struct action_row action_table[ACTIONS] = {
#define ACTION(constant, name, keys, help) { name, keys, help },
#include "face/tui/actions.def"
#undef ACTION
};

/* readline has one line, and its callbacks carry no context. */
static struct input *the;

static int
ask(enum action action, int count)
{
	if (the->n_asked < (int)G_N_ELEMENTS(the->asked)) {
		the->asked[the->n_asked].action = action;
		the->asked[the->n_asked++].count = count;
	}
	return 0;
}

#define ACTION(constant, name, keys, help) \
	static int do_##constant(int count, int key) { (void)key; return ask(ACTION_##constant, count); }
#include "face/tui/actions.def"
#undef ACTION

static rl_command_func_t *const functions[ACTIONS] = {
#define ACTION(constant, name, keys, help) do_##constant,
#include "face/tui/actions.def"
#undef ACTION
};

rl_command_func_t *
input_function(enum action action)
{
	return functions[action];
}

/* --- movement by cluster --- */

static int
cluster_after(int at)
{
	return at >= rl_end ? rl_end : at + (int)text_cluster(rl_line_buffer + at, (size_t)(rl_end - at));
}

static int
cluster_before(int at)
{
	int from = at, next;

	while (from > 0 && rl_line_buffer[from - 1] != '\n')
		from--;
	if (from == at)
		return MAX(0, at - 1);
	while ((next = cluster_after(from)) < at)
		from = next;
	return from;
}

static int forward_cluster(int count, int key);

static int
backward_cluster(int count, int key)
{
	if (count < 0)
		return forward_cluster(-count, key);
	while (count-- > 0 && rl_point > 0)
		rl_point = cluster_before(rl_point);
	return 0;
}

static int
forward_cluster(int count, int key)
{
	if (count < 0)
		return backward_cluster(-count, key);
	while (count-- > 0 && rl_point < rl_end)
		rl_point = cluster_after(rl_point);
	return 0;
}

static int
remove_span(int from, int to, bool many)
{
	if (from == to)
		return rl_ding();
	if (many)
		rl_kill_text(from, to);
	else
		rl_delete_text(from, to);
	rl_point = from;
	return 0;
}

static int rubout_cluster(int count, int key);

static int
delete_cluster(int count, int key)
{
	int to = rl_point;

	if (count < 0)
		return rubout_cluster(-count, key);
	for (int i = 0; i < count; i++)
		to = cluster_after(to);
	return remove_span(rl_point, to, count > 1);
}

static int
rubout_cluster(int count, int key)
{
	int from = rl_point;

	if (count < 0)
		return delete_cluster(-count, key);
	for (int i = 0; i < count && from > 0; i++)
		from = cluster_before(from);
	return remove_span(from, rl_point, count > 1);
}

static const struct {
	rl_command_func_t *from, *to;
} swaps[] = {
	{ rl_backward_char, backward_cluster },
	{ rl_forward_char, forward_cluster },
	{ rl_delete, delete_cluster },
	{ rl_rubout, rubout_cluster },
	{ rl_newline, do_SEND_LINE },
	{ rl_complete, do_COMPLETE_NEXT },
	{ rl_menu_complete, do_COMPLETE_NEXT },
	{ rl_possible_completions, do_COMPLETE_NEXT },
	{ rl_insert_completions, do_COMPLETE_NEXT },
	{ rl_backward_menu_complete, do_COMPLETE_PREVIOUS },
	{ rl_vi_complete, do_COMPLETE_NEXT },
};

/* A map stands in the place of a function; ISO C has no cast from one to the other. */
static Keymap
map_in(rl_command_func_t *function)
{
	Keymap map;

	G_STATIC_ASSERT(sizeof map == sizeof function);
	memcpy(&map, &function, sizeof map);
	return map;
}

static void
swap_in(Keymap map, int depth)
{
	for (int key = 0; key < KEYMAP_SIZE; key++) {
		if (map[key].function == NULL)
			continue;
		if (map[key].type == ISKMAP && depth < 8)
			swap_in(map_in(map[key].function), depth + 1);
		for (size_t i = 0; map[key].type == ISFUNC && i < G_N_ELEMENTS(swaps); i++)
			if (map[key].function == swaps[i].from) {
				map[key].function = swaps[i].to;
				break;
			}
	}
}

/*
 * Debian's /etc/inputrc binds End to end-of-line, which ours does too: whoever bound it to something else keeps that.
 */
static void
take_end(Keymap map)
{
	g_autoptr(GPtrArray) keys = keyname_parse("End");
	int type;

	for (guint i = 0; i < keys->len; i++)
		if (rl_function_of_keyseq_len(keys->pdata[i], strlen(keys->pdata[i]), map, &type) == rl_end_of_line)
			rl_bind_keyseq_in_map(keys->pdata[i], do_END_OR_BOTTOM, map);
}

/* --- life --- */

static int
next_byte(FILE *nowhere)
{
	(void)nowhere;
	if (the->left == 0)
		return EOF;
	the->left--;
	return (unsigned char)*the->bytes++;
}

static int
has_byte(void)
{
	return the->left > 0;
}

static void
draw_nothing(void)
{
}

static void
take_nothing(char *line)
{
	free(line);
}

static char *
no_words(const char *text, int state)
{
	(void)text;
	(void)state;
	return NULL;
}

static const char *const maps[] = { "emacs", "vi-insert", "vi-command" };

static void
bind_defaults(void)
{
	for (int i = 0; i < ACTIONS; i++) {
		g_auto(GStrv) keys = g_strsplit(action_table[i].keys, ", ", -1);
		g_autofree char *name = g_strconcat("confab-", action_table[i].name, NULL);

		/* readline keeps the name. */
		rl_add_defun(g_intern_string(name), functions[i], -1);
		for (int j = 0; keys[j] != NULL; j++) {
			g_autoptr(GPtrArray) bytes = keyname_parse(keys[j]);

			g_assert(bytes != NULL);
			for (guint k = 0; k < bytes->len; k++)
				for (size_t m = 0; m < G_N_ELEMENTS(maps); m++)
					rl_bind_keyseq_in_map(bytes->pdata[k], functions[i],
					    rl_get_keymap_by_name(maps[m]));
		}
	}
}

struct input *
input_new(const struct input_handler *handler, void *ctx)
{
	struct input *input = g_new0(struct input, 1);

	g_assert(the == NULL);
	the = input;
	input->handler = handler;
	input->ctx = ctx;
	input->nowhere = fopen("/dev/null", "r+e");
	rl_readline_name = "confab";
	rl_instream = rl_outstream = input->nowhere;
	rl_catch_signals = rl_catch_sigwinch = rl_change_environment = 0;
	rl_prep_term_function = NULL;
	rl_deprep_term_function = NULL;
	rl_getc_function = next_byte;
	rl_input_available_hook = has_byte;
	rl_redisplay_function = draw_nothing;
	rl_completion_entry_function = no_words;
	rl_attempted_completion_over = 1;
	bind_defaults();
	rl_callback_handler_install("", take_nothing);
	/* Pastes come as tokens; the function that reads them from a terminal has nothing to read. */
	rl_variable_bind("enable-bracketed-paste", "off");
	rl_variable_bind("bell-style", "none");
	for (size_t i = 0; i < G_N_ELEMENTS(maps); i++) {
		swap_in(rl_get_keymap_by_name(maps[i]), 0);
		take_end(rl_get_keymap_by_name(maps[i]));
	}
	input->own = input->draft = input_draft_new("");
	return input;
}

void
input_free(struct input *input)
{
	if (input == NULL)
		return;
	input_use(input, NULL);
	input_draft_free(input, input->own);
	input_bind_free(input);
	rl_callback_handler_remove();
	if (input->nowhere != NULL)
		fclose(input->nowhere);
	g_free(input);
	the = NULL;
}

/* --- keys --- */

static void
feed(struct input *input, const char *bytes, size_t len)
{
	input->bytes = bytes;
	input->left = len;
	while (input->left > 0)
		rl_callback_read_char();
}

void
input_settle(struct input *input)
{
	for (int i = 0; i < 4 && (rl_readline_state & BUSY) != 0; i++)
		feed(input, "\007", 1);
	input->pending_len = 0;
}

void
input_finish(struct input *input)
{
	if (rl_end == 0)
		input->pasted = false;
	for (int i = 0; i < input->n_asked; i++)
		input->handler->action(input->ctx, input->asked[i].action, input->asked[i].count);
	input->n_asked = 0;
	input->handler->changed(input->ctx);
}

/* False for a sequence that would leave its tail in the line. */
static bool
is_bound(struct input *input, const char *bytes, size_t len)
{
	char all[PENDING_MAX];
	int type;

	if (input->pending_len + len > sizeof all)
		return false;
	memcpy(all, input->pending, input->pending_len);
	memcpy(all + input->pending_len, bytes, len);
	/* The pending keys were read from the top map. */
	return rl_function_of_keyseq_len(all, input->pending_len + len, NULL, &type) != NULL;
}

void
input_key(struct input *input, const char *bytes, size_t len)
{
	unsigned long waits = rl_readline_state & BUSY;
	bool plain = len > 0 && ((unsigned char)bytes[0] >= 0x80 || (bytes[0] >= 0x20 && bytes[0] != 0x7f));

	if (len == 0 || input_bind_key(input, bytes, len))
		return;
	/* A literal key, or the letter that somebody looks for: readline asked for it. */
	if ((waits & (RL_STATE_METANEXT | RL_STATE_CHARSEARCH)) == 0) {
		if (len == 1 && bytes[0] == 4 && rl_end == 0 && waits == 0) {
			ask(ACTION_DETACH, 0);
			input_finish(input);
			return;
		}
		if (len == 1 && bytes[0] == 033 && rl_editing_mode == 1 && waits == 0) {
			ask(ACTION_CANCEL, 1);
			input_finish(input);
			return;
		}
		if ((waits & RL_STATE_MULTIKEY) == 0)
			input->pending_len = 0;
		/* Plain text needs no binding, but behind the beginning of a sequence. */
		if ((!plain || input->pending_len > 0) && !is_bound(input, bytes, len)) {
			if (input->pending_len > 0)
				input_settle(input);
			input_finish(input);
			return;
		}
	}
	feed(input, bytes, len);
	/* A lone Esc ended a search: it is the whole key, and nothing is to follow it. */
	if (len == 1 && bytes[0] == 033 && rl_editing_mode == 1)
		input_settle(input);
	if ((rl_readline_state & RL_STATE_MULTIKEY) != 0 && input->pending_len + len <= sizeof input->pending) {
		memcpy(input->pending + input->pending_len, bytes, len);
		input->pending_len += len;
	} else
		input->pending_len = 0;
	input_finish(input);
}

/* --- the line --- */

void
input_insert(struct input *input, const char *text, bool pasted)
{
	input_settle(input);
	if (pasted && rl_point == 0 && *text != '\0')
		input->pasted = true;
	rl_begin_undo_group();
	rl_insert_text(text);
	rl_end_undo_group();
}

void
input_set(struct input *input, const char *text, long point)
{
	input_settle(input);
	rl_begin_undo_group();
	rl_delete_text(0, rl_end);
	rl_point = 0;
	rl_insert_text(text);
	rl_end_undo_group();
	rl_mark = 0;
	if (point >= 0 && point <= rl_end)
		rl_point = (int)point;
}

void
input_mend_history(void)
{
	HIST_ENTRY *entry = current_history();

	if (entry == NULL || rl_undo_list == NULL)
		return;
	rl_revert_line(1, 0);
	entry = replace_history_entry(where_history(), rl_line_buffer, NULL);
	if (entry != NULL)
		free_history_entry(entry);
}

void
input_sent(struct input *input)
{
	input_settle(input);
	input_mend_history();
	if (rl_undo_list != NULL)
		rl_free_undo_list();
	/* Empties the line and lets go of the line that was typed before history was looked at. */
	rl_initialize();
	input->pasted = false;
}

const char *
input_line(const struct input *input)
{
	(void)input;
	return rl_line_buffer != NULL ? rl_line_buffer : "";
}

size_t
input_point(const struct input *input)
{
	(void)input;
	return (size_t)rl_point;
}

void
input_set_point(struct input *input, size_t point)
{
	(void)input;
	rl_point = MIN((int)point, rl_end);
}

bool
input_is_pasted(const struct input *input)
{
	return input->pasted;
}

bool
input_waits(const struct input *input)
{
	return input->pending_len > 0 || input->chord_len > 0 || (rl_readline_state & BUSY) != 0;
}

const char *
input_prompt(const struct input *input)
{
	(void)input;
	return rl_display_prompt != NULL ? rl_display_prompt : "";
}

void
input_recall(struct input *input, int by)
{
	input_settle(input);
	if (by < 0)
		rl_get_previous_history(-by, 0);
	else
		rl_get_next_history(by, 0);
	rl_point = rl_end;
	input->pasted = false;
}

void
input_kill(struct input *input)
{
	input_settle(input);
	rl_kill_text(0, rl_end);
	rl_point = 0;
	input->pasted = false;
}

/* "C-x d" for the bytes. */
static char *
key_words(const char *bytes, size_t len)
{
	GString *words = g_string_new(NULL);

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c == 033 && i + 1 < len && bytes[i + 1] != '[' && bytes[i + 1] != 'O')
			g_string_append(words, "M-");
		else if (c == 033)
			g_string_append(words, i + 1 < len ? "Esc-" : "Esc");
		else if (c == '\r')
			g_string_append(words, "Enter ");
		else if (c == '\t')
			g_string_append(words, "Tab ");
		else if (c < 0x20)
			g_string_append_printf(words, "C-%c ", g_ascii_tolower((char)(c | 0x40)));
		else if (c == 0x7f)
			g_string_append(words, "BS ");
		else
			g_string_append_c(words, (char)c);
	}
	return g_strchomp(g_string_free(words, FALSE));
}

/* The same for how readline writes a sequence; the caller's. */
static char *
readable(const char *sequence)
{
	g_autofree char *bytes = g_malloc(2 * strlen(sequence) + 1);
	int len;

	if (rl_translate_keyseq(sequence, bytes, &len) != 0)
		return g_strdup(sequence);
	return key_words(bytes, (size_t)len);
}

char *
input_keys_of(enum action action)
{
	g_auto(GStrv) names = g_strsplit(action_table[action].keys, ", ", -1);
	char **found, *first = NULL;
	int type;

	if (input_bind_name(the, action) != NULL)
		return g_strdup(input_bind_name(the, action));
	/* readline's own newline became it, wherever that was bound. */
	if (rl_function_of_keyseq_len("\r", 1, NULL, &type) == functions[action])
		return g_strdup("Enter");
	for (int i = 0; names[i] != NULL; i++) {
		g_autoptr(GPtrArray) bytes = keyname_parse(names[i]);

		bool prefix;

		/* One that does something else now is none of its keys. */
		if (*names[i] != '\0' && bytes != NULL && bytes->len > 0 &&
		    input_bind_find(the, bytes->pdata[0], strlen(bytes->pdata[0]), &prefix) == NULL &&
		    rl_function_of_keyseq_len(bytes->pdata[0], strlen(bytes->pdata[0]), NULL,
		    &type) == functions[action])
			return g_strdup(names[i]);
	}
	found = rl_invoking_keyseqs(functions[action]);
	for (int i = 0; found != NULL && found[i] != NULL; i++) {
		if (first == NULL)
			first = readable(found[i]);
		free(found[i]);
	}
	free(found);
	return first != NULL ? first : g_strdup("");
}

static const char *
readline_name(rl_command_func_t *function)
{
	for (int i = 0; funmap[i] != NULL; i++)
		if (funmap[i]->function == function)
			return funmap[i]->name;
	return function == forward_cluster ? "forward-char" : function == backward_cluster ? "backward-char" :
	    function == delete_cluster ? "delete-char" : function == rubout_cluster ? "backward-delete-char" : NULL;
}

char *
input_describe(struct input *input, const char *bytes, size_t len)
{
	char all[PENDING_MAX];
	size_t n = input->pending_len + len;
	g_autofree char *words = NULL;
	const struct input_key *own;
	rl_command_func_t *function;
	int type = ISFUNC;
	bool prefix;

	if (n > sizeof all) {
		input->pending_len = 0;
		return g_strdup("That is no key.");
	}
	memcpy(all, input->pending, input->pending_len);
	memcpy(all + input->pending_len, bytes, len);
	words = key_words(all, n);
	own = input_bind_find(input, all, n, &prefix);
	if (own != NULL) {
		input->pending_len = 0;
		return own->action != ACTIONS ? g_strdup_printf("%s is %s: %s. You bound it.", own->name,
		    action_table[own->action].name, action_table[own->action].help) : g_strdup_printf(
		    own->line != NULL ? "%s is %s. You bound it." : "%s does nothing: you unbound it.%.0s", own->name,
		    own->line);
	}
	if (prefix && !(n == 1 && all[0] == 033)) {
		memcpy(input->pending, all, n);
		input->pending_len = n;
		return NULL;
	}
	function = rl_function_of_keyseq_len(all, n, NULL, &type);
	/* A lone Esc is a key of its own. */
	if (type == ISKMAP && !(n == 1 && all[0] == 033)) {
		memcpy(input->pending, all, n);
		input->pending_len = n;
		return NULL;
	}
	input->pending_len = 0;
	if (n == 1 && all[0] == 033)
		return g_strdup("Esc leaves what is open: cancel-action.");
	for (int i = 0; i < ACTIONS; i++)
		if (function == functions[i])
			return g_strdup_printf("%s is %s: %s.", words, action_table[i].name, action_table[i].help);
	if (function == rl_insert)
		return g_strdup_printf("%s is typed.", words);
	if (function == NULL || readline_name(function) == NULL)
		return g_strdup_printf("%s does nothing.", words);
	return g_strdup_printf("%s is readline's %s.", words, readline_name(function));
}
