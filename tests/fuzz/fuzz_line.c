/*
 * fuzz_line.c: a command line as typed: cut into words, completed at each of some places, and looked at for a message's
 * name.  It is not run: a line can name programs.
 */
#include <glib.h>
#include <string.h>

#include "core/chat.h"
#include "core/command.h"
#include "core/words.h"
#include "fuzz.h"
#include "onecore.h"

static void
cut(const char *line)
{
	const char *at = line, *end = line + strlen(line);
	g_autoptr(GError) error = NULL;
	char *word;

	for (;;) {
		const char *before = at;

		word = words_next(&at, &error);
		if (word == NULL)
			break;
		g_assert_true(at > before && at <= end);
		g_assert_true(strlen(word) <= (size_t)(at - before));
		g_free(word);
	}
	g_assert_true(error != NULL || at == end);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct core *core = onecore_get();
	g_autofree char *line = g_strndup((const char *)data, size);
	size_t len = strlen(line), from, to, cursor = size > 0 ? data[0] : 0;
	struct message_row *row;

	cut(line);
	if (!g_utf8_validate(line, -1, NULL))
		return 0;
	for (unsigned i = 0; i < 3; i++, cursor = i == 1 ? len : len / 2) {
		json_t *words = command_complete(core, line, cursor, "me", "bob@example.org", &from, &to);

		g_assert_true(json_is_array(words));
		g_assert_true(from <= to && to <= len);
		json_decref(words);
	}
	if ((row = chat_find_message(core, 0, line, NULL)) != NULL)
		message_row_free(row);
	return 0;
}
