/* reply.c: see reply.h.  Ranges count code points (XEP-0428 §3.1). */
#include "core/reply.h"

#include <glib.h>
#include <string.h>

#include "base/limits.h"
#include "xmpp/ns.h"

const char *
reply_id(const struct stanza *message)
{
	const struct stanza *reply = stanza_count(message, "reply", NS_REPLY) == 1 ? stanza_child(message, "reply",
	    NS_REPLY) :
	    NULL;
	const char *id = stanza_get(reply != NULL ? reply : message, "id");

	return reply != NULL && id != NULL && *id != '\0' && strlen(id) <= LIMIT_NAME ? id : NULL;
}

/* The only part of the body that is for those who do not know answers; NULL: none, or more. */
static const struct stanza *
part_of(const struct stanza *message)
{
	const struct stanza *found = NULL;

	for (const struct stanza *c = stanza_first(message); c != NULL; c = stanza_next(c)) {
		if (!stanza_is(c, "fallback", NS_FALLBACK) || g_strcmp0(stanza_get(c, "for"), NS_REPLY) != 0)
			continue;
		if (found != NULL || stanza_count(c, "body", NS_FALLBACK) != 1)
			return NULL;
		found = stanza_child(c, "body", NS_FALLBACK);
	}
	return found;
}

static bool
offset(const struct stanza *part, const char *name, guint64 *value)
{
	const char *text = stanza_get(part, name);

	return text != NULL && g_ascii_string_to_unsigned(text, 10, 0, LIMIT_BODY, value, NULL);
}

/* Whole lines, of which each is a quotation. */
static bool
is_quotation(const char *text, const char *from, const char *to)
{
	if ((from > text && from[-1] != '\n') || (to > text && to[-1] != '\n' && *to != '\n'))
		return false;
	for (const char *line = from; line < to; line++) {
		if (*line != '>' && *line != '\n')
			return false;
		while (line < to && *line != '\n')
			line++;
	}
	return true;
}

bool
reply_cut(const struct stanza *message, char *text)
{
	const struct stanza *part = reply_id(message) != NULL ? part_of(message) : NULL;
	guint64 start, end, length = (guint64)g_utf8_strlen(text, -1);
	char *from, *to;

	if (part == NULL || !offset(part, "start", &start) || !offset(part, "end", &end) || start >= end ||
	    end > length)
		return false;
	from = g_utf8_offset_to_pointer(text, (glong)start);
	to = g_utf8_offset_to_pointer(from, (glong)(end - start));
	if (!is_quotation(text, from, to))
		return false;
	while (*to == '\n')
		to++;
	/* What would be left is nothing to show. */
	if (to[strspn(to, " \t\n")] == '\0' && strspn(text, " \t\n") >= (size_t)(from - text))
		return false;
	memmove(from, to, strlen(to) + 1);
	return true;
}

char *
reply_quote(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	GString *out = g_string_new(NULL);

	for (char **line = lines; *line != NULL; line++)
		g_string_append_printf(out, **line == '>' ? ">%s\n" : "> %s\n", *line);
	return g_string_free(out, FALSE);
}

void
reply_add(struct stanza *message, const char *id, const char *author, const char *quoted)
{
	struct stanza *body = stanza_child(message, "body", NS_CLIENT), *reply, *part;
	g_autofree char *quote = quoted != NULL ? reply_quote(quoted) : NULL, *text = NULL, *end = NULL;

	reply = stanza_add(message, "reply", NS_REPLY);
	stanza_set(reply, "id", id);
	stanza_set(reply, "to", author);
	if (quote == NULL || body == NULL || strlen(quote) + strlen(stanza_text(body)) > LIMIT_BODY)
		return;
	text = g_strconcat(quote, stanza_text(body), NULL);
	end = g_strdup_printf("%ld", g_utf8_strlen(quote, -1));
	stanza_remove(message, body);
	stanza_add_with_text(message, "body", NULL, text);
	reply = stanza_add(message, "fallback", NS_FALLBACK);
	stanza_set(reply, "for", NS_REPLY);
	part = stanza_add(reply, "body", NULL);
	stanza_set(part, "start", "0");
	stanza_set(part, "end", end);
}
