/* typed.c: see typed.h. */
#include "core/typed.h"

#include <string.h>

#include "base/limits.h"
#include "core/chat.h"
#include "store/lines.h"

bool
typed_keep(struct core *core, int64_t chat, const char *line, GError **error)
{
	bool ok;

	/*
	 * Whoever begins a line with a blank wants it forgotten; an answer may be a secret, typed where none belongs.
	 */
	if (*line == ' ' || *line == '\t' || *line == '\0' || g_str_has_prefix(line, "/answer") ||
	    strlen(line) > LIMIT_LINE_KEPT)
		return true;
	if (!chat_begin_change(core, error))
		return false;
	ok = line_keep(core->store, chat, line, error);
	return chat_end_change(core, ok, error);
}

GPtrArray *
typed_list(const struct core *core, int64_t chat)
{
	return line_list(core->store, chat);
}
