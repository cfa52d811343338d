/* jid.c: see jid.h.  The only file with <stringprep.h>. */
#include "base/jid.h"

#include <stringprep.h>
#include <string.h>

enum { JID_PART_MAX = 1023 };	/* RFC 6122 §2.1, bytes after preparation */

/* What every profile leaves as it is; a resource also the rest of printable ASCII. */
static bool
is_plain(const char *text, gsize len, bool resource)
{
	for (gsize i = 0; i < len; i++) {
		char c = text[i];

		if (!g_ascii_islower(c) && !g_ascii_isdigit(c) && c != '.' && c != '-' &&
		    !(resource && g_ascii_isprint(c)))
			return false;
	}
	return true;
}

static char *
prepare(const char *text, gsize len, const Stringprep_profile *profile, const char *part, GError **error)
{
	g_autofree char *buffer = NULL;
	int rc;

	if (len == 0 || len > JID_PART_MAX) {
		g_set_error(error, G_CONVERT_ERROR, G_CONVERT_ERROR_FAILED,
		    len == 0 ? "The %s of the address is empty." : "The %s of the address is longer than 1023 bytes.",
		    part);
		return NULL;
	}
	if (is_plain(text, len, profile == stringprep_xmpp_resourceprep))
		return g_strndup(text, len);
	/* Preparation can make text longer (NFKC); 4 bytes a byte is more than any mapping does here. */
	buffer = g_malloc0(4 * JID_PART_MAX + 1);
	memcpy(buffer, text, len);
	rc = stringprep(buffer, 4 * JID_PART_MAX, 0, profile);
	if (rc != STRINGPREP_OK || *buffer == '\0' || strlen(buffer) > JID_PART_MAX) {
		g_set_error(error, G_CONVERT_ERROR, G_CONVERT_ERROR_ILLEGAL_SEQUENCE,
		    "The %s of the address has a character that is not allowed there.", part);
		return NULL;
	}
	return g_steal_pointer(&buffer);
}

static bool
domain_ok(const char *domain)
{
	/* What nameprep lets through and no host name or IP literal has. */
	return strpbrk(domain, "@/ \t\n\"'<>&\\") == NULL && domain[0] != '.' && strstr(domain, "..") == NULL &&
	    !g_str_has_suffix(domain, ".");
}

char *
jid_normalise(const char *text, GError **error)
{
	const char *slash, *at, *rest = text;
	g_autofree char *local = NULL, *domain = NULL, *resource = NULL;
	gsize bare_len;

	if (text == NULL || !g_utf8_validate(text, -1, NULL)) {
		g_set_error(error, G_CONVERT_ERROR, G_CONVERT_ERROR_ILLEGAL_SEQUENCE,
		    "The address is not valid UTF-8.");
		return NULL;
	}
	slash = strchr(text, '/');
	bare_len = slash != NULL ? (gsize)(slash - text) : strlen(text);
	at = memchr(text, '@', bare_len);
	if (at != NULL) {
		local = prepare(text, (gsize)(at - text), stringprep_xmpp_nodeprep, "part before the @", error);
		if (local == NULL)
			return NULL;
		rest = at + 1;
	}
	gsize domain_len = bare_len - (gsize)(rest - text);
	if (domain_len > 1 && rest[domain_len - 1] == '.')
		domain_len--;			/* the root's dot means nothing (RFC 7622 §3.2) */
	domain = prepare(rest, domain_len, stringprep_nameprep, "server", error);
	if (domain == NULL)
		return NULL;
	if (!domain_ok(domain)) {
		g_set_error(error, G_CONVERT_ERROR, G_CONVERT_ERROR_ILLEGAL_SEQUENCE,
		    "\"%s\" is not the name of a server.", domain);
		return NULL;
	}
	if (slash != NULL) {
		resource = prepare(slash + 1, strlen(slash + 1), stringprep_xmpp_resourceprep, "resource", error);
		if (resource == NULL)
			return NULL;
	}
	return g_strconcat(local != NULL ? local : "", local != NULL ? "@" : "", domain,
	    resource != NULL ? "/" : "", resource != NULL ? resource : "", NULL);
}

char *
jid_from_person(const char *text, bool want_local, GError **error)
{
	g_autofree char *copy = g_strstrip(g_strdup(text)), *jid = NULL;
	char *start = copy, *query;

	if (g_ascii_strncasecmp(start, "xmpp:", 5) == 0) {
		start += 5;
		if ((query = strchr(start, '?')) != NULL)
			*query = '\0';
	}
	jid = jid_normalise(start, error);
	if (jid == NULL)
		return NULL;
	if (want_local && (strchr(jid, '@') == NULL || jid_resource(jid) != NULL)) {
		g_set_error(error, G_CONVERT_ERROR, G_CONVERT_ERROR_ILLEGAL_SEQUENCE,
		    "An address looks like name@server; \"%s\" does not.", start);
		return NULL;
	}
	return g_steal_pointer(&jid);
}

char *
jid_bare(const char *jid)
{
	const char *slash = strchr(jid, '/');

	return slash != NULL ? g_strndup(jid, (gsize)(slash - jid)) : g_strdup(jid);
}

char *
jid_local(const char *jid)
{
	g_autofree char *bare = jid_bare(jid);
	char *at = strchr(bare, '@');

	return at != NULL ? g_strndup(bare, (gsize)(at - bare)) : NULL;
}

char *
jid_domain(const char *jid)
{
	g_autofree char *bare = jid_bare(jid);
	char *at = strchr(bare, '@');

	return g_strdup(at != NULL ? at + 1 : bare);
}

const char *
jid_resource(const char *jid)
{
	const char *slash = strchr(jid, '/');

	return slash != NULL ? slash + 1 : NULL;
}

bool
jid_same_bare(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return false;
	gsize n = strcspn(a, "/");

	return n == strcspn(b, "/") && strncmp(a, b, n) == 0;
}
