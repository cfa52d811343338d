/* test_keys.c: the stream of a terminal, cut anywhere, broken off anywhere. */
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "face/tui/keys.h"

/* Tokens as text: kind, bytes with controls as \ooo, " cut". */
static void
note(void *ctx, const struct key_token *token)
{
	static const char *const kinds[] = { "key", "paste", "focus", "mouse", "reply", "bad" };
	GString *out = ctx;
	g_autofree char *bytes = NULL;
	GString *visible = g_string_new(NULL);

	assert_int_equal(token->bytes[token->len], '\0');
	for (size_t i = 0; i < token->len; i++) {
		unsigned char c = (unsigned char)token->bytes[i];

		if (c < ' ' || c == 0x7f)
			g_string_append_printf(visible, "\\%o", c);
		else
			g_string_append_c(visible, (char)c);
	}
	bytes = g_string_free(visible, FALSE);
	g_string_append_printf(out, "%s %s%s\n", kinds[token->kind], bytes, token->cut ? " cut" : "");
}

static char *
tokens(const char *in, size_t len, size_t piece, bool replies, bool silence)
{
	GString *out = g_string_new(NULL);
	struct keys *keys = keys_new(note, out);

	keys_expect_replies(keys, replies);
	for (size_t i = 0; i < len; i += piece)
		keys_feed(keys, in + i, MIN(piece, len - i));
	while (silence && (keys_wait(keys) || keys_wait_end(keys)))
		keys_timeout(keys);
	keys_free(keys);
	return g_string_free(out, FALSE);
}

static const struct {
	const char *in, *want;
	bool	 replies;
} table[] = {
	{ "a", "key a\n", false },
	{ "aé漢🎉", "key a\nkey é\nkey 漢\nkey 🎉\n", false },
	{ "\r\n\t\x7f\x03", "key \\15\nkey \\12\nkey \\11\nkey \\177\nkey \\3\n", false },
	{ "\033[A", "key \\33[A\n", false },
	{ "\033[1;5C\033[3~\033OP\033[15;2~", "key \\33[1;5C\nkey \\33[3~\nkey \\33OP\nkey \\33[15;2~\n", false },
	{ "\033[[A", "key \\33[[A\n", false },
	{ "\033b\033é\033\r\033\x7f", "key \\33b\nkey \\33é\nkey \\33\\15\nkey \\33\\177\n", false },
	{ "\033\033[A", "key \\33\nkey \\33[A\n", false },
	{ "\033[I\033[O", "focus I\nfocus O\n", false },
	{ "\033[<0;10;10M\033[<0;10;10m", "mouse \\33[<0;10;10M\nmouse \\33[<0;10;10m\n", false },
	{ "\033[200~one\rtwo\033[201~x", "paste one\\15two\nkey x\n", false },
	{ "\033[200~\033[A\033\033[201~", "paste \\33[A\\33\n", false },
	{ "\033[200~\033[20\033[201~", "paste \\33[20\n", false },
	{ "\033[200~\033[201~", "paste \n", false },
	{ "\033[200~\033[200~\033[201~", "paste \\33[200~\n", false },
	{ "\033[201~x", "bad \\33[201~\nkey x\n", false },
	/* Answers: the same bytes are a key while none is awaited, or in row 1. */
	{ "\033[2;5R", "reply \\33[2;5R\n", true },
	{ "\033[2;5R", "key \\33[2;5R\n", false },
	{ "\033[1;2R", "key \\33[1;2R\n", true },
	{ "\033[?1;2c\033[>84;0;0c\033[?2026;2$y", "reply \\33[?1;2c\nreply \\33[>84;0;0c\nreply \\33[?2026;2$y\n",
	    false },
	{ "\033]11;rgb:0/0/0\033\\x", "reply \\33]11;rgb:0/0/0\\33\\\nkey x\n", false },
	{ "\033]52;c;cm0gLXJm\ax", "reply \\33]52;c;cm0gLXJm\\7\nkey x\n", false },
	{ "\033P1$r0m\033\\\033_Gi=1\033\\", "reply \\33P1$r0m\\33\\\nreply \\33_Gi=1\\33\\\n", false },
	/* What breaks off in the middle takes nothing with it. */
	{ "\033[1;5\033[A", "bad \\33[1;5\nkey \\33[A\n", false },
	{ "\033[1\r", "bad \\33[1\nkey \\15\n", false },
	{ "\033[1é", "bad \\33[1\nkey é\n", false },
	{ "\033]0;x\030y", "bad \\33]0;x\nkey y\n", false },
	{ "\033]0;x\033[A", "bad \\33]0;x\nkey \\33[A\n", false },
	/* Not UTF-8. */
	{ "\xff\x80x", "bad \xff\nbad \x80\nkey x\n", false },
	{ "\xc3x", "bad \xc3\nkey x\n", false },
	{ "\xe2\x82\xe2\x82\xac", "bad \xe2\x82\nkey €\n", false },
	{ "\xed\xa0\x80\xf4\x90\x80\x80\xe0\x80\xaf", "bad \xed\xa0\x80\nbad \xf4\x90\x80\x80\nbad \xe0\x80\xaf\n",
	    false },
};

static void
table_in_every_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		size_t len = strlen(table[i].in);

		for (size_t piece = 1; piece <= len; piece++) {
			g_autofree char *got = tokens(table[i].in, len, piece, table[i].replies, false);

			assert_string_equal(got, table[i].want);
		}
	}
}

static void
nul_is_a_key(void **state)
{
	g_autofree char *got = tokens("\0\033\0", 3, 1, false, false);

	(void)state;
	assert_string_equal(got, "key \\0\nkey \\33\\0\n");
}

/* After any beginning of anything and some silence the next key is a key again, and nothing was typed by itself. */
static void
every_prefix_then_silence(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		size_t len = strlen(table[i].in);

		for (size_t n = 0; n <= len; n++) {
			GString *out = g_string_new(NULL);
			struct keys *keys = keys_new(note, out);

			keys_feed(keys, table[i].in, n);
			while (keys_wait(keys) || keys_wait_end(keys))
				keys_timeout(keys);
			/* Half a CSI and half a character wait for as long as it takes: links cut there. */
			keys_feed(keys, "\r", 1);
			assert_true(g_str_has_suffix(out->str, "key \\15\n"));
			keys_free(keys);
			g_string_free(out, TRUE);
		}
	}
}

static void
silence_makes_keys(void **state)
{
	static const char *const in[] = { "\033", "\033[", "\033O", "\033]", "\033P", "\033X", "\033^", "\033_",
	    "\033\033" };
	static const char *const want[] = {
		"key \\33\n", "key \\33[\n", "key \\33O\n", "key \\33]\n", "key \\33P\n", "key \\33X\n", "key \\33^\n",
		"key \\33_\n", "key \\33\nkey \\33\n",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(in); i++) {
		g_autofree char *got = tokens(in[i], strlen(in[i]), 1, false, true);

		assert_string_equal(got, want[i]);
	}
}

static void
paste_without_end(void **state)
{
	g_autofree char *got = tokens("\033[200~rm -rf /\r\033[20", 19, 3, false, true);

	(void)state;
	assert_string_equal(got, "paste rm -rf /\\15\\33[20 cut\n");
}

static size_t largest;
static int pastes, bads, keys_seen;
static bool was_cut;

static void
count(void *ctx, const struct key_token *token)
{
	(void)ctx;
	largest = MAX(largest, token->len);
	pastes += token->kind == KEY_PASTE;
	bads += token->kind == KEY_BAD;
	keys_seen += token->kind == KEY_KEY;
	was_cut = token->cut;
}

static void
nothing_grows(void **state)
{
	struct keys *keys = keys_new(count, NULL);

	(void)state;
	keys_feed(keys, "\033[200~", 6);
	for (int i = 0; i < LIMIT_PASTE / 8 + 1000; i++)
		keys_feed(keys, "/quit\r\033x", 8);
	keys_feed(keys, "\033[201~", 6);
	assert_int_equal(pastes, 1);
	assert_true(was_cut);
	assert_int_equal(largest, LIMIT_PASTE);
	keys_feed(keys, "\033[", 2);
	for (int i = 0; i < 1 << 20; i++)
		keys_feed(keys, "1", 1);
	keys_feed(keys, "~", 1);
	assert_int_equal(bads, 1);
	keys_feed(keys, "\033]", 2);
	for (int i = 0; i < 1 << 20; i++)
		keys_feed(keys, "x", 1);
	keys_feed(keys, "\a", 1);
	assert_int_equal(bads, 2);
	assert_int_equal(keys_seen, 0);
	assert_int_equal(largest, LIMIT_PASTE);
	keys_free(keys);
}

/* Anything: the same tokens in any split. */
static void
random_stream(void **state)
{
	GRand *rand = g_rand_new_with_seed(4);

	(void)state;
	for (int round = 0; round < 2000; round++) {
		static const char alphabet[] = "\033\033\033[[]OPa1;?<~MRIu\\\a\xc3\xa9\xe2";
		char in[64];
		size_t len = (size_t)g_rand_int_range(rand, 1, sizeof in);
		g_autofree char *whole = NULL;

		for (size_t i = 0; i < len; i++)
			in[i] = round % 2 ? (char)g_rand_int_range(rand, 0, 256) :
			    alphabet[g_rand_int_range(rand, 0, sizeof alphabet - 1)];
		whole = tokens(in, len, len, true, true);
		for (size_t piece = 1; piece < len; piece += 3) {
			g_autofree char *split = tokens(in, len, piece, true, true);

			assert_string_equal(split, whole);
		}
	}
	g_rand_free(rand);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_in_every_split),
		cmocka_unit_test(nul_is_a_key),
		cmocka_unit_test(every_prefix_then_silence),
		cmocka_unit_test(silence_makes_keys),
		cmocka_unit_test(paste_without_end),
		cmocka_unit_test(nothing_grows),
		cmocka_unit_test(random_stream),
	};

	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
