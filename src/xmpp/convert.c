/* convert.c: see convert.h.  The guard has bounded depth and numbers, so that recursion is safe here. */
#include "xmpp/convert.h"

#include <string.h>

#include "base/limits.h"

static void
convert_into(struct stanza *to, xmpp_stanza_t *from)
{
	const char *attributes[2 * (LIMIT_STANZA_ATTRIBUTES + 2)], *name, *text;
	xmpp_stanza_t *c;
	int n, i;

	n = xmpp_stanza_get_attribute_count(from) > 0 ?
	    xmpp_stanza_get_attributes(from, attributes, (int)G_N_ELEMENTS(attributes)) : 0;
	for (i = 0; i + 1 < n; i += 2)
		if (strcmp(attributes[i], "xmlns") != 0)	/* libstrophe keeps the namespace there */
			stanza_set(to, attributes[i], attributes[i + 1]);
	for (c = xmpp_stanza_get_children(from); c != NULL; c = xmpp_stanza_get_next(c)) {
		if (xmpp_stanza_is_text(c)) {
			if ((text = xmpp_stanza_get_text_ptr(c)) != NULL)
				stanza_add_text(to, text, -1);
		} else if ((name = xmpp_stanza_get_name(c)) != NULL) {
			const char *ns = xmpp_stanza_get_ns(c);

			convert_into(stanza_add(to, name, ns != NULL ? ns : ""), c);
		}
	}
}

struct stanza *
convert_stanza(xmpp_stanza_t *from)
{
	const char *ns = xmpp_stanza_get_ns(from);
	struct stanza *root = stanza_new(xmpp_stanza_get_name(from), ns != NULL ? ns : "");

	convert_into(root, from);
	return root;
}
