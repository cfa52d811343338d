/*
 * jid.h: addresses (RFC 6122: nodeprep, nameprep, resourceprep by libidn).  Inside confab a JID is a plain string
 * in its one normal form, so strcmp() is equality; what comes from people or from the wire is normalised first.
 */
#ifndef BASE_JID_H
#define BASE_JID_H

#include <glib.h>
#include <stdbool.h>

/*
 * The normal form of "[local@]domain[/resource]", or NULL with a sentence that names the part and the character at
 * fault.  The caller's.
 */
char	*jid_normalise(const char *text, GError **error);

/*
 * As a person typed or pasted it: blanks around are dropped, "xmpp:" and "?..." too, capitals fold.  Must be bare
 * with a local part if want_local.
 */
char	*jid_from_person(const char *text, bool want_local, GError **error);

/* Parts of a normalised JID.  jid_bare, jid_local and jid_domain are the caller's; jid_resource lives in jid. */
char	*jid_bare(const char *jid);
char	*jid_local(const char *jid);		/* NULL when there is none */
char	*jid_domain(const char *jid);
const char *jid_resource(const char *jid);	/* NULL when there is none */
/* Both normalised, resources ignored; NULL equals nothing. */
bool	 jid_same_bare(const char *a, const char *b);

#endif
