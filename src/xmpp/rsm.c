/* rsm.c: see rsm.h. */
#include "xmpp/rsm.h"

#include "xmpp/ns.h"

void
rsm_ask(struct stanza *parent, unsigned max, const char *after)
{
	struct stanza *set = stanza_add(parent, "set", NS_RSM);

	if (max > 0) {
		g_autofree char *number = g_strdup_printf("%u", max);

		stanza_add_with_text(set, "max", NULL, number);
	}
	if (after != NULL)
		stanza_add_with_text(set, "after", NULL, after);
}

char *
rsm_next(const struct stanza *parent, unsigned here, unsigned so_far, const char *before)
{
	const struct stanza *set = stanza_child(parent, "set", NS_RSM);
	const char *last = stanza_text(stanza_child(set, "last", NS_RSM)), *count =
	    stanza_text(stanza_child(set, "count", NS_RSM));

	if (here == 0 || last == NULL || *last == '\0' || g_strcmp0(last, before) == 0)
		return NULL;
	if (count != NULL && g_ascii_strtoull(count, NULL, 10) <= so_far)
		return NULL;
	return g_strdup(last);
}
