/*
 * fuzz_reply.c: an answer whose quotation is for others, as a stanza: nothing but quotations is taken off, something is
 * left, and what is left is as it was; and marks of styling in its text, which stays as it is.
 */
#include <glib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "core/reply.h"
#include "face/tui/styling.h"
#include "fuzz.h"
#include "xmpp/ns.h"

static void
check_cut(const char *before, const char *after)
{
	size_t n = strlen(before), left = strlen(after), head = 0, tail = 0;

	g_assert_true(g_utf8_validate(after, -1, NULL));
	g_assert_cmpuint(left, <, n);
	while (head < left && before[head] == after[head])
		head++;
	while (tail < left - head && before[n - 1 - tail] == after[left - 1 - tail])
		tail++;
	g_assert_cmpuint(head + tail, ==, left);
	g_assert_cmpuint(strspn(after, " \t\n"), <, MAX(left, 1));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stanza *stanza = stanza_parse((const char *)data, (gssize)size, NULL);
	const char *body = stanza != NULL ? stanza_text(stanza_child(stanza, "body", NS_CLIENT)) : NULL;
	g_autofree char *before = body != NULL ? text_clean(body, -1, TEXT_BODY, LIMIT_BODY) : NULL;
	g_autofree char *text = g_strdup(before);
	uint8_t styling[LIMIT_STYLED];

	if (text != NULL) {
		if (reply_cut(stanza, text))
			check_cut(before, text);
		else
			g_assert_cmpstr(before, ==, text);
		styling_line(text, MIN(strlen(text), sizeof styling), styling);
	}
	stanza_free(stanza);
	return 0;
}
