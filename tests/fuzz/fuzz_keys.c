/* fuzz_keys.c: whatever a terminal sends, the tokens are the same at every split. */
#include <string.h>

#include "face/tui/keys.h"
#include "fuzz.h"

#include <glib.h>

static void
write_token(void *ctx, const struct key_token *token)
{
	GString *out = ctx;

	g_string_append_printf(out, "%d %d %zu:", token->kind, token->cut, token->len);
	g_string_append_len(out, token->bytes, (gssize)token->len);
}

static GString *
feed(const uint8_t *data, size_t size, size_t step)
{
	GString *out = g_string_new(NULL);
	struct keys *keys = keys_new(write_token, out);

	for (size_t i = 0; i < size; i += step)
		keys_feed(keys, (const char *)data + i, MIN(step, size - i));
	if (keys_wait(keys))
		keys_timeout(keys);
	keys_free(keys);
	return out;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	GString *whole = feed(data, size, size == 0 ? 1 : size), *bytes = feed(data, size, 1),
	    *threes = feed(data, size, 3);

	g_assert_true(g_string_equal(whole, bytes));
	g_assert_true(g_string_equal(whole, threes));
	g_string_free(whole, TRUE);
	g_string_free(bytes, TRUE);
	g_string_free(threes, TRUE);
	return 0;
}
