/* test_input.c: keys in; line, cursor and actions out.  No terminal. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include <cmocka.h>

#include "base/text.h"
#include "face/tui/input.h"
#include "face/tui/keyname.h"

#define FAMILY "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7"
#define FLAG "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa"

static enum action last;
static int count, actions;

static void
on_action(void *ctx, enum action action, int n)
{
	(void)ctx;
	last = action;
	count = n;
	actions++;
}

static void
on_changed(void *ctx)
{
	(void)ctx;
}

static char *bound_line;

static void
on_line(void *ctx, const char *line)
{
	(void)ctx;
	g_free(bound_line);
	bound_line = g_strdup(line);
}

static const struct input_handler handler = { on_action, on_changed, on_line };

static struct input *
start(const char *inputrc)
{
	g_autofree char *path = NULL;
	struct input *input;

	assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
	if (inputrc != NULL) {
		int fd = g_file_open_tmp("inputrc-XXXXXX", &path, NULL);

		assert_true(fd >= 0);
		close(fd);
		assert_true(g_file_set_contents(path, inputrc, -1, NULL));
	}
	setenv("INPUTRC", path != NULL ? path : "/dev/null", 1);
	input = input_new(&handler, NULL);
	if (path != NULL)
		unlink(path);
	actions = 0;
	return input;
}

/* Keys as one token each. */
static void
type(struct input *input, const char *text)
{
	for (size_t len, n = strlen(text); n > 0; text += len, n -= len)
		input_key(input, text, len = text_cluster(text, n));
}

static void
key(struct input *input, const char *name)
{
	g_auto(GStrv) keys = g_strsplit(name, " ", -1);

	for (int i = 0; keys[i] != NULL; i++) {
		g_autoptr(GPtrArray) bytes = keyname_parse(keys[i]);

		assert_non_null(bytes);
		input_key(input, bytes->pdata[0], strlen(bytes->pdata[0]));
	}
}

static void
is(struct input *input, const char *line, size_t point)
{
	assert_string_equal(input_line(input), line);
	assert_int_equal(input_point(input), point);
}

static void
editing(void **state)
{
	struct input *input = start(NULL);

	(void)state;
	type(input, "hello world");
	is(input, "hello world", 11);
	key(input, "M-b");
	is(input, "hello world", 6);
	key(input, "C-k");
	is(input, "hello ", 6);
	key(input, "C-y");
	is(input, "hello world", 11);
	key(input, "C-a M-u C-e C-w");
	is(input, "HELLO ", 6);
	key(input, "C-x C-u");
	is(input, "HELLO world", 11);
	assert_int_equal(actions, 0);
	input_free(input);
}

static void
clusters(void **state)
{
	struct input *input = start(NULL);

	(void)state;
	type(input, "a" FAMILY FLAG "e\xcc\x81");
	key(input, "C-b");
	is(input, "a" FAMILY FLAG "e\xcc\x81", strlen("a" FAMILY FLAG));
	key(input, "C-b C-b");
	is(input, "a" FAMILY FLAG "e\xcc\x81", 1);
	key(input, "C-d");
	is(input, "a" FLAG "e\xcc\x81", 1);
	key(input, "C-e BS");
	is(input, "a" FLAG, strlen("a" FLAG));
	key(input, "BS BS BS");
	is(input, "", 0);
	input_free(input);
}

static void
unbound_keys_insert_nothing(void **state)
{
	static const char *const keys[] = {
		"\033[<0;10;10M", "\033[25~", "\033[1;8P", "\033[200~", "\033[99;5u", "\033O5", "\033[[Z",
	};
	struct input *input = start(NULL);

	(void)state;
	type(input, "x");
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		input_key(input, keys[i], strlen(keys[i]));
		is(input, "x", 1);
	}
	/* Behind the beginning of a sequence, too; and that is forgotten then. */
	key(input, "C-x");
	input_key(input, "\033[25~", 5);
	type(input, "d");
	is(input, "xd", 2);
	assert_int_equal(actions, 0);
	key(input, "C-x d");
	assert_int_equal(actions, 1);
	assert_int_equal(last, ACTION_DETACH);
	input_free(input);
}

/* Every default key does what the table says. */
static void
every_action(void **state)
{
	struct input *input = start(NULL);

	(void)state;
	for (int i = 0; i < ACTIONS; i++) {
		g_auto(GStrv) names = g_strsplit(action_table[i].keys, ", ", -1);

		for (int j = 0; names[j] != NULL; j++) {
			g_auto(GStrv) keys = g_strsplit(names[j], " ", -1);
			g_autofree char *name = g_strconcat("confab-", action_table[i].name, NULL);

			if (*names[j] == '\0')
				continue;
			for (int k = 0; keys[k] != NULL; k++) {
				g_autoptr(GPtrArray) ways = keyname_parse(keys[k]);

				assert_non_null(ways);
				if (keys[1] != NULL) {
					input_key(input, ways->pdata[0], strlen(ways->pdata[0]));
					continue;
				}
				for (guint w = 0; w < ways->len; w++) {
					actions = 0;
					input_key(input, ways->pdata[w], strlen(ways->pdata[w]));
					if (actions != 1 || (int)last != i)
						fail_msg("%s, way %u, does not %s", names[j], w, name);
				}
			}
			if ((int)last != i)
				fail_msg("%s does not %s", names[j], name);
		}
	}
	is(input, "", 0);
	key(input, "Enter");
	assert_int_equal(last, ACTION_SEND_LINE);
	input_free(input);
}

static void
inputrc_wins(void **state)
{
	struct input *input = start("\"\\C-p\": beginning-of-line\n\"\\C-xz\": confab-go-next-unread\n"
	    "\"\\e[4~\": end-of-line\n\"\\t\": menu-complete\n$if confab\n\"\\C-xm\": \"mine\"\n$endif\n");

	(void)state;
	type(input, "abc");
	key(input, "C-p");
	is(input, "abc", 0);
	assert_int_equal(actions, 0);
	key(input, "C-x z");
	assert_int_equal(last, ACTION_NEXT_UNREAD);
	key(input, "C-x m");
	is(input, "mineabc", 4);
	input_key(input, "\033[4~", 4);
	assert_int_equal(last, ACTION_END_OR_BOTTOM);
	key(input, "Tab");
	assert_int_equal(last, ACTION_COMPLETE_NEXT);
	input_free(input);
}

static void
vi(void **state)
{
	struct input *input = start("set editing-mode vi\n");

	(void)state;
	type(input, "one two three");
	input_key(input, "\033", 1);
	type(input, "bdw");
	is(input, "one two ", 7);
	type(input, "u");
	assert_string_equal(input_line(input), "one two three");
	type(input, "0i");
	type(input, "x");
	assert_string_equal(input_line(input), "xone two three");
	input_key(input, "\0332", 2);
	assert_int_equal(last, ACTION_CHAT_2);
	assert_string_equal(input_line(input), "xone two three");
	input_free(input);
}

static void
drafts(void **state)
{
	struct input *input = start(NULL);
	struct input_draft *a = input_draft_new("begun elsewhere"), *b = input_draft_new("");

	(void)state;
	input_use(input, a);
	is(input, "begun elsewhere", 15);
	type(input, " more");
	input_use(input, b);
	is(input, "", 0);
	type(input, "to b");
	key(input, "C-a");
	assert_string_equal(input_draft_text(input, a), "begun elsewhere more");
	input_use(input, a);
	is(input, "begun elsewhere more", 20);
	/* Undo is the chat's own, and ends where the draft began. */
	for (int i = 0; i < 20; i++)
		key(input, "C-_");
	is(input, "begun elsewhere", 15);
	input_use(input, b);
	is(input, "to b", 0);
	key(input, "C-_");
	is(input, "", 0);
	input_draft_set(input, a, "from outside", false);
	assert_string_equal(input_draft_text(input, a), "from outside");
	is(input, "", 0);
	input_draft_free(input, b);
	input_draft_free(input, a);
	input_free(input);
}

static void
history(void **state)
{
	struct input *input = start(NULL);
	struct input_draft *a = input_draft_new(""), *b = input_draft_new("");

	(void)state;
	input_use(input, a);
	input_remember(input, a, "first");
	input_remember(input, a, "second");
	input_remember(input, a, "second");
	input_remember(input, b, "in b");
	type(input, "typed");
	input_recall(input, -1);
	is(input, "second", 6);
	input_recall(input, -1);
	is(input, "first", 5);
	input_recall(input, -1);
	is(input, "first", 5);
	/* A line that is only looked at does not take the place of what was typed. */
	input_use(input, b);
	input_recall(input, -1);
	is(input, "in b", 4);
	input_use(input, a);
	is(input, "typed", 5);
	/* An old line that was changed and sent stays in the history as it was. */
	input_recall(input, -1);
	type(input, "!");
	is(input, "second!", 7);
	input_sent(input);
	is(input, "", 0);
	input_recall(input, -1);
	is(input, "second", 6);
	input_sent(input);
	/* Reverse search shows its prompt. */
	key(input, "C-r");
	type(input, "fir");
	assert_string_equal(input_prompt(input), "(reverse-i-search)`fir': ");
	assert_string_equal(input_line(input), "first");
	key(input, "C-g");
	is(input, "", 0);
	assert_string_equal(input_prompt(input), "");
	input_draft_free(input, a);
	input_draft_free(input, b);
	input_free(input);
}

static void
pastes(void **state)
{
	struct input *input = start(NULL);

	(void)state;
	type(input, "see ");
	input_insert(input, "one\ntwo", true);
	is(input, "see one\ntwo", 11);
	assert_false(input_is_pasted(input));
	key(input, "C-_");
	is(input, "see ", 4);
	key(input, "C-u");
	input_insert(input, "/quit", true);
	assert_true(input_is_pasted(input));
	key(input, "C-u");
	assert_false(input_is_pasted(input));
	input_insert(input, "/quit", true);
	input_sent(input);
	assert_false(input_is_pasted(input));
	input_free(input);
}

static void
special_keys(void **state)
{
	struct input *input = start(NULL);

	(void)state;
	/* C-d deletes, but on the empty line it is an action. */
	type(input, "ab");
	key(input, "C-a C-d");
	is(input, "b", 0);
	key(input, "C-d");
	is(input, "", 0);
	assert_int_equal(actions, 0);
	key(input, "C-d");
	assert_int_equal(last, ACTION_DETACH);
	assert_int_equal(count, 0);
	key(input, "C-d");
	assert_int_equal(actions, 2);
	/* A lone Esc is no prefix. */
	input_key(input, "\033", 1);
	assert_int_equal(last, ACTION_CANCEL);
	type(input, "a");
	is(input, "a", 1);
	/* C-c empties, C-y brings back. */
	input_kill(input);
	is(input, "", 0);
	key(input, "C-y");
	is(input, "a", 1);
	/* C-v takes the next key as it is. */
	key(input, "C-v");
	input_key(input, "\t", 1);
	is(input, "a\t", 2);
	input_free(input);
}

static void
names(void **state)
{
	static const char *const bad[] = { "", "X-a", "C-", "M-", "Foo", "ab", "C-x Foo" };

	(void)state;
	for (size_t i = 1; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GPtrArray) bytes = keyname_parse(bad[i]);

		if (bytes != NULL)
			fail_msg("\"%s\" is taken for a key", bad[i]);
	}
}

/* readline reads an inputrc once in a process: each of these tests has one of its own. */
static const struct {
	const char	*name;
	struct CMUnitTest test;
} alone[] = {
	{ "inputrc_wins", cmocka_unit_test(inputrc_wins) },
	{ "vi", cmocka_unit_test(vi) },
};
static char *self;

static void
in_processes_of_their_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(alone); i++) {
		char *argv[] = { self, g_strdup(alone[i].name), NULL };
		int status;

		assert_true(g_spawn_sync(NULL, argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, NULL, &status,
		    NULL));
		g_free(argv[1]);
		if (!g_spawn_check_wait_status(status, NULL))
			fail_msg("%s failed", alone[i].name);
	}
}

/* --- keys of people's own --- */

static void
bind(struct input *input, const char *keys, const char *what, const char *wrong)
{
	g_autofree char *said = input_bind(input, keys, what);

	if (g_strcmp0(said, wrong) != 0)
		fail_msg("%s %s: %s", keys, what, said != NULL ? said : "(taken)");
}

static void
describes(struct input *input, const char *first, const char *second, const char *wanted)
{
	g_autofree char *one = input_describe(input, first, strlen(first)), *two = NULL;

	if (second != NULL) {
		assert_null(one);
		two = input_describe(input, second, strlen(second));
	}
	assert_string_equal(second != NULL ? two : one, wanted);
}

static void
binds(void **state)
{
	struct input *input = start(NULL);
	g_autofree char *keys = NULL;

	(void)state;
	bind(input, "F12", "go-next-chat", NULL);
	bind(input, "C-x 4 f", "/search ", NULL);
	bind(input, "M-q x", "open-console", NULL);
	bind(input, "C-n", "none", NULL);
	key(input, "F12");
	assert_int_equal(actions, 1);
	assert_int_equal(last, ACTION_NEXT_CHAT);
	/* Its default does nothing any more. */
	key(input, "C-n");
	assert_int_equal(actions, 1);
	/*
	 * Through a prefix that readline has, and one that it has not; what begins so and goes on otherwise is dropped.
	 */
	key(input, "C-x 4");
	assert_true(input_waits(input));
	key(input, "f");
	assert_string_equal(bound_line, "/search ");
	key(input, "M-q");
	assert_true(input_waits(input));
	key(input, "x");
	assert_int_equal(last, ACTION_OPEN_CONSOLE);
	key(input, "M-q y");
	assert_false(input_waits(input));
	key(input, "C-x 4 z");
	assert_false(input_waits(input));
	assert_string_equal(input_line(input), "");
	/* The others of that prefix go on working, and so does what is typed, and Esc. */
	key(input, "C-x k");
	assert_int_equal(last, ACTION_CLOSE_CHAT);
	type(input, "f");
	assert_string_equal(input_line(input), "f");
	input_key(input, "\033", 1);
	assert_int_equal(last, ACTION_CANCEL);
	keys = input_keys_of(ACTION_NEXT_CHAT);
	assert_string_equal(keys, "F12");
	describes(input, "\033[24~", NULL, "F12 is go-next-chat: the next chat of the list. You bound it.");
	describes(input, "\016", NULL, "C-n does nothing: you unbound it.");
	describes(input, "\033q", "x", "M-q x is open-console: the console. You bound it.");
	input_unbind_all(input);
	key(input, "C-n");
	assert_int_equal(last, ACTION_NEXT_CHAT);
	key(input, "M-q");
	assert_false(input_waits(input));
	g_clear_pointer(&bound_line, g_free);
	input_free(input);
}

static void
binds_that_cannot_be(void **state)
{
	struct input *input = start(NULL);

	(void)state;
	bind(input, "PgUpp", "send-line", "There is no key \"PgUpp\"; near to it: PgUp.");
	bind(input, "C-F17", "send-line", "There is no key \"C-F17\"; near to it: C-F1.");
	bind(input, "Strg-x", "send-line", "There is no key \"Strg-x\". Keys are written C-x, M-a, S-Tab, F7, PgUp.");
	bind(input, "", "send-line", "Which key?");
	bind(input, "F12", "go-next-chta",
	    "There is no action \"go-next-chta\"; near to it: go-next-chat; /keys lists them.");
	bind(input, "C-x", "send-line", "C-x is the beginning of other keys, so it cannot be one by itself.");
	bind(input, "a", "send-line", "a is what one types.");
	bind(input, "M-a b", "send-line", "M-a is go-next-unread, so nothing can follow it. /unbind M-a first.");
	bind(input, "M-a", "none", NULL);
	bind(input, "M-a b", "send-line", NULL);
	bind(input, "F12 F12", "/win 2", NULL);
	bind(input, "F12", "send-line", "F12 is the beginning of other keys, so it cannot be one by itself.");
	bind(input, "C-BracketRight", "/win 2", NULL);
	key(input, "C-]");
	assert_string_equal(bound_line, "/win 2");
	g_clear_pointer(&bound_line, g_free);
	input_free(input);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(editing), cmocka_unit_test(clusters), cmocka_unit_test(unbound_keys_insert_nothing),
		cmocka_unit_test(every_action), cmocka_unit_test(drafts), cmocka_unit_test(history),
		cmocka_unit_test(pastes), cmocka_unit_test(special_keys), cmocka_unit_test(names),
		cmocka_unit_test(binds), cmocka_unit_test(binds_that_cannot_be),
		cmocka_unit_test(in_processes_of_their_own),
	};

	self = argv[0];
	for (size_t i = 0; argc > 1 && i < G_N_ELEMENTS(alone); i++)
		if (strcmp(argv[1], alone[i].name) == 0) {
			const struct CMUnitTest one[] = { alone[i].test };

			return cmocka_run_group_tests(one, NULL, NULL);
		}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
