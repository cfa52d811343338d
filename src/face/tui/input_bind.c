/*
 * input_bind.c: keys of people's own.  They are looked at before readline is: its maps stay as the inputrc made them,
 * so that a key whose binding goes does again what it did.
 */
#include <string.h>

#include "base/nearest.h"
#include "face/tui/input_private.h"
#include "face/tui/keyname.h"

static void
key_free(void *data)
{
	struct input_key *key = data;

	g_free(key->bytes);
	g_free(key->name);
	g_free(key->line);
	g_free(key);
}

void
input_bind_free(struct input *input)
{
	g_clear_pointer(&input->binds, g_ptr_array_unref);
	input->chord_len = 0;
}

void
input_unbind_all(struct input *input)
{
	input_bind_free(input);
}

const struct input_key *
input_bind_find(const struct input *input, const char *bytes, size_t len, bool *prefix)
{
	*prefix = false;
	for (guint i = 0; input->binds != NULL && i < input->binds->len; i++) {
		const struct input_key *key = input->binds->pdata[i];
		size_t n = strlen(key->bytes);

		if (n < len || memcmp(key->bytes, bytes, len) != 0)
			continue;
		if (n == len)
			return key;
		*prefix = true;
	}
	return NULL;
}

const char *
input_bind_name(const struct input *input, enum action action)
{
	for (guint i = 0; input->binds != NULL && i < input->binds->len; i++)
		if (((const struct input_key *)input->binds->pdata[i])->action == action)
			return ((const struct input_key *)input->binds->pdata[i])->name;
	return NULL;
}

static rl_command_func_t *
function_of(const char *bytes, int *type)
{
	*type = ISFUNC;
	return rl_function_of_keyseq_len(bytes, strlen(bytes), NULL, type);
}

static const char *
name_of(rl_command_func_t *function)
{
	for (int i = 0; i < ACTIONS; i++)
		if (input_function((enum action)i) == function)
			return action_table[i].name;
	for (int i = 0; funmap[i] != NULL; i++)
		if (funmap[i]->function == function)
			return funmap[i]->name;
	return "something else";
}

char *
input_bound(struct input *input, const char *keys)
{
	g_autoptr(GPtrArray) all = keyname_parse(keys);
	const struct input_key *own;
	rl_command_func_t *function;
	bool prefix;
	int type;

	if (all == NULL || all->len == 0 || *(char *)all->pdata[0] == '\0')
		return NULL;
	own = input_bind_find(input, all->pdata[0], strlen(all->pdata[0]), &prefix);
	if (own != NULL)
		return own->action != ACTIONS ? g_strdup(action_table[own->action].name) : g_strdup(own->line);
	function = function_of(all->pdata[0], &type);
	if (prefix || type == ISKMAP)
		return g_strdup("the beginning of other keys");
	return function == NULL ? NULL : g_strdup(function == rl_insert ? "typed" : name_of(function));
}

/* Why the keys cannot be bound: they begin others, or one that does something begins them. */
static char *
conflict(struct input *input, const char *keys)
{
	g_auto(GStrv) names = g_strsplit(keys, " ", -1);
	g_autoptr(GString) begin = g_string_new(NULL);

	for (int i = 0; names[i] != NULL; i++) {
		g_autofree char *now = NULL;
		bool last = names[i + 1] == NULL;

		g_string_append_printf(begin, "%s%s", i > 0 ? " " : "", names[i]);
		now = input_bound(input, begin->str);
		if (last && g_strcmp0(now, "the beginning of other keys") == 0)
			return g_strdup_printf("%s is the beginning of other keys, so it cannot be one by itself.",
			    keys);
		if (last && g_strcmp0(now, "typed") == 0)
			return g_strdup_printf("%s is what one types.", keys);
		if (!last && now != NULL && strcmp(now, "the beginning of other keys") != 0)
			return g_strdup_printf("%s is %s, so nothing can follow it. /unbind %s first.", begin->str, now,
			    begin->str);
	}
	return NULL;
}

/* ACTIONS and no line: nothing.  The sentence that it is none. */
static char *
action_of(const char *what, enum action *action)
{
	const char *names[ACTIONS + 2] = { NULL }, *near;

	*action = ACTIONS;
	if (*what == '/' || strcmp(what, "none") == 0)
		return NULL;
	for (int i = 0; i < ACTIONS; i++) {
		names[i] = action_table[i].name;
		if (strcmp(what, names[i]) == 0) {
			*action = (enum action)i;
			return NULL;
		}
	}
	names[ACTIONS] = "none";
	near = nearest(what, names);
	return g_strdup_printf("There is no action \"%s\"%s%s; /keys lists them.", what,
	    near != NULL ? "; near to it: " : "", near != NULL ? near : "");
}

char *
input_bind(struct input *input, const char *keys, const char *what)
{
	g_autoptr(GPtrArray) all = keyname_parse(keys);
	enum action action;
	char *wrong;

	if (all == NULL || all->len == 0 || *(char *)all->pdata[0] == '\0')
		return keyname_wrong(keys);
	for (guint i = 0; i < all->len; i++)
		if (strlen(all->pdata[i]) > PENDING_MAX)
			return g_strdup_printf("%s is too long.", keys);
	wrong = action_of(what, &action);
	if (wrong == NULL)
		wrong = conflict(input, keys);
	if (wrong != NULL)
		return wrong;
	if (input->binds == NULL)
		input->binds = g_ptr_array_new_with_free_func(key_free);
	for (guint i = 0; i < all->len; i++) {
		struct input_key *key = g_new0(struct input_key, 1);

		key->bytes = g_strdup(all->pdata[i]);
		key->name = g_strdup(keys);
		key->action = action;
		key->line = *what == '/' ? g_strdup(what) : NULL;
		/* Before another name of the same key: the last one counts. */
		g_ptr_array_insert(input->binds, 0, key);
	}
	return NULL;
}

static void
act(struct input *input, const struct input_key *key)
{
	g_autofree char *line = g_strdup(key->line);

	input_settle(input);
	input->chord_len = 0;
	if (key->action != ACTIONS) {
		input->asked[input->n_asked].action = key->action;
		input->asked[input->n_asked++].count = 1;
	}
	input_finish(input);
	if (line != NULL)
		input->handler->line(input->ctx, line);
}

bool
input_bind_key(struct input *input, const char *bytes, size_t len)
{
	const struct input_key *key;
	char all[PENDING_MAX];
	size_t n = input->chord_len + len;
	bool prefix, begun = input->chord_len > 0;
	int type = ISFUNC;

	/* readline asked for the next key: a literal one, a letter to look for, a search. */
	if (input->binds == NULL || n > sizeof all || (rl_readline_state & (RL_STATE_ISEARCH | RL_STATE_NSEARCH |
	    RL_STATE_METANEXT | RL_STATE_CHARSEARCH | RL_STATE_VIMOTION | RL_STATE_MACROINPUT)) != 0) {
		input->chord_len = 0;
		return false;
	}
	memcpy(all, input->chord, input->chord_len);
	memcpy(all + input->chord_len, bytes, len);
	key = input_bind_find(input, all, n, &prefix);
	if (key != NULL) {
		act(input, key);
		return true;
	}
	/* A lone Esc is a key of its own, whatever begins with its byte. */
	if (prefix && !(n == 1 && bytes[0] == 033)) {
		memcpy(input->chord, all, n);
		input->chord_len = n;
		/* It may be the beginning of one of readline's too. */
		if (rl_function_of_keyseq_len(all, n, NULL, &type) != NULL && type == ISKMAP)
			return false;
		input_settle(input);
		input_finish(input);
		return true;
	}
	input->chord_len = 0;
	/* Nothing of that beginning, here or there: the key goes with it. */
	if (begun && input->pending_len == 0) {
		input_finish(input);
		return true;
	}
	return false;
}
