/* words.c: see words.h. */
#include "core/words.h"

#include <string.h>

#include "proto/error.h"

size_t
words_blanks(const char *text)
{
	return strspn(text, " \t");
}

char *
words_next(const char **at, GError **error)
{
	const char *p = *at + strspn(*at, " \t\n");
	g_autoptr(GString) word = NULL;
	char quote = '\0';

	if (*p == '\0') {
		*at = p;
		return NULL;
	}
	word = g_string_new(NULL);
	for (; *p != '\0' && (quote != '\0' || strchr(" \t\n", *p) == NULL); p++) {
		if (quote != '\0' && *p == quote)
			quote = '\0';
		else if (quote == '\0' && (*p == '\'' || *p == '"'))
			quote = *p;
		else if (*p == '\\' && quote != '\'' && p[1] != '\0')
			g_string_append_c(word, *++p);
		else
			g_string_append_c(word, *p);
	}
	if (quote != '\0') {
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, "The quote %c is not closed.", quote);
		return NULL;
	}
	*at = p + words_blanks(p);
	return g_string_free(g_steal_pointer(&word), FALSE);
}
