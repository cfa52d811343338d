/*
 * url.h: addresses of the web and their like, found in a text that somebody else wrote, and what of one may be given to
 * a program.  Pure.
 */
#ifndef BASE_URL_H
#define BASE_URL_H

#include <glib.h>
#include <stddef.h>

struct url_span {
	size_t	 start, len;
};

/*
 * What looks like one, in order, at most LIMIT_URLS: "scheme://...", "mailto:...", "xmpp:...".  What closes it, such as
 * a full stop, a quote or the bracket that stands around it, is no part.  An array of struct url_span.
 */
GArray	*url_find(const char *text);
/*
 * The same address in ASCII, as a browser would ask for it (RFC 3987 section 3.1); NULL with a sentence where it is
 * none that is opened: only http, https, ftp, gemini, gopher and mailto are.  The caller's.
 */
char	*url_for_program(const char *url, GError **error);
/* Whom it leads to, in ASCII; NULL: it names nobody. */
char	*url_host(const char *url);
/* The same where a reader could be misled: other letters, or something before an '@'; else NULL. */
char	*url_true_host(const char *url);

#endif
