/* stanza_kind.c: message, presence and iq, the answers to them, and what an <error/> says (RFC 6120 §8). */
#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/text.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"

static struct stanza *
kind_new(const char *name, const char *type, const char *to)
{
	struct stanza *s = stanza_new(name, NS_CLIENT);

	stanza_set(s, "type", type);
	stanza_set(s, "to", to);
	return s;
}

struct stanza *
stanza_message(const char *type, const char *to)
{
	return kind_new("message", type, to);
}

struct stanza *
stanza_presence(const char *type, const char *to)
{
	return kind_new("presence", type, to);
}

struct stanza *
stanza_iq(const char *type, const char *to)
{
	return kind_new("iq", type, to);
}

struct stanza *
stanza_result(const struct stanza *iq)
{
	struct stanza *s = stanza_iq("result", stanza_get(iq, "from"));

	stanza_set(s, "id", stanza_get(iq, "id"));
	return s;
}

struct stanza *
stanza_error(const struct stanza *s, const char *type, const char *condition)
{
	struct stanza *answer = kind_new(stanza_name(s), "error", stanza_get(s, "from"));
	struct stanza *error = stanza_add(answer, "error", NULL);

	stanza_set(answer, "id", stanza_get(s, "id"));
	stanza_set(error, "type", type);
	stanza_add(error, condition, NS_STANZAS);
	return answer;
}

static char *
clean_line(const char *text)
{
	return text_clean(text, -1, TEXT_LINE, LIMIT_NAME);
}

bool
stanza_fault_read(const struct stanza *s, struct stanza_fault *fault)
{
	const struct stanza *error = stanza_child(s, "error", NULL), *c;
	const char *value;

	memset(fault, 0, sizeof *fault);
	if (g_strcmp0(stanza_get(s, "type"), "error") != 0)
		return false;
	if (error != NULL) {
		value = stanza_get(error, "type");
		fault->type = clean_line(value != NULL ? value : "");
		if ((value = stanza_get(error, "by")) != NULL)
			fault->by = clean_line(value);
		for (c = stanza_first(error); c != NULL; c = stanza_next(c)) {
			if (strcmp(stanza_ns(c), NS_STANZAS) != 0) {
				if (fault->application == NULL)
					fault->application = clean_line(stanza_name(c));
			} else if (strcmp(stanza_name(c), "text") == 0) {
				if (fault->words == NULL && stanza_text(c)[0] != '\0')
					fault->words = clean_line(stanza_text(c));
			} else if (fault->condition == NULL)
				fault->condition = clean_line(stanza_name(c));
		}
	}
	if (fault->type == NULL)
		fault->type = g_strdup("");
	if (fault->condition == NULL)
		fault->condition = g_strdup("undefined-condition");
	return true;
}

void
stanza_fault_clear(struct stanza_fault *fault)
{
	g_clear_pointer(&fault->type, g_free);
	g_clear_pointer(&fault->condition, g_free);
	g_clear_pointer(&fault->application, g_free);
	g_clear_pointer(&fault->words, g_free);
	g_clear_pointer(&fault->by, g_free);
}

char *
stanza_fault_text(const struct stanza_fault *fault)
{
	g_autofree char *readable = g_strdup(fault->condition);

	if (fault->words != NULL)
		return g_strdup_printf("\"%s\" (%s)", fault->words, fault->condition);
	g_strdelimit(readable, "-", ' ');
	return g_strdup_printf("\"%s\"", readable);
}
