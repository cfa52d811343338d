/* url.c: see url.h. */
#include "base/url.h"

#include <idna.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

static const char *const opened[] = { "http", "https", "ftp", "gemini", "gopher", "mailto", NULL };

static bool
is_scheme(char c)
{
	return g_ascii_isalnum(c) || c == '+' || c == '.' || c == '-';
}

/* Where the scheme begins whose colon is here; NULL: it is none. */
static const char *
scheme_before(const char *text, const char *colon)
{
	const char *at = colon;

	while (at > text && colon - at < LIMIT_URL_SCHEME && is_scheme(at[-1]))
		at--;
	while (at < colon && !g_ascii_isalpha(*at))
		at++;
	return at == colon ? NULL : at;
}

static bool
is_one_of(const char *start, const char *colon, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strlen(*names) == (size_t)(colon - start) && g_ascii_strncasecmp(start, *names,
		    strlen(*names)) == 0)
			return true;
	return false;
}

/* Signs that quote an address or end a sentence and are never typed into one. */
static bool
ends(gunichar c)
{
	static const gunichar closing[] = {
		0xab, 0xbb, 0x201c, 0x201d, 0x201e, 0x2018, 0x2019, 0x3001, 0x3002, 0x3008, 0x3009, 0x300a, 0x300b,
		    0x300c,
		0x300d, 0x300e, 0x300f, 0x3010, 0x3011, 0xff08, 0xff09, 0xff0c, 0xff1b, 0xff01, 0xff1f
	};

	if (c <= ' ' || c == '<' || c == '>' || c == '"' || c == '`' || c == 0x7f || g_unichar_isspace(c))
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(closing); i++)
		if (closing[i] == c)
			return true;
	return false;
}

static int
count(const char *from, const char *to, char c)
{
	int n = 0;

	for (; from < to; from++)
		n += *from == c;
	return n;
}

/* Without what closes the sentence, or the sign that stands on both of its sides. */
static const char *
without_tail(const char *text, const char *start, const char *end)
{
	static const char *const brackets[] = { "()", "[]", "{}" };

	for (;;) {
		char last = end[-1];
		bool drop = end > start && (strchr(".,;:!?'", last) != NULL || (start > text && start[-1] == last &&
		    g_ascii_ispunct(last) && last != '/'));

		for (size_t i = 0; i < G_N_ELEMENTS(brackets); i++)
			drop |= last == brackets[i][1] && count(start, end, brackets[i][1]) > count(start, end,
			    brackets[i][0]);
		if (!drop || end - 1 == start)
			return end;
		end--;
	}
}

GArray *
url_find(const char *text)
{
	static const char *const plain[] = { "mailto", "xmpp", NULL };
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct url_span));
	const char *colon, *done = text;

	for (colon = strchr(text, ':'); colon != NULL && all->len < LIMIT_URLS; colon = strchr(colon + 1, ':')) {
		const char *start = scheme_before(done, colon), *end = colon + 1, *least;
		struct url_span span;

		if (start == NULL || (start > done && g_ascii_isalnum(start[-1])))
			continue;
		if (strncmp(end, "//", 2) != 0 && !is_one_of(start, colon, plain))
			continue;
		least = end += strncmp(end, "//", 2) == 0 ? 2 : 0;
		while (*end != '\0' && !ends(g_utf8_get_char(end)))
			end += g_utf8_skip[(unsigned char)*end];
		end = end > least ? without_tail(text, start, end) : end;
		if (end <= least)
			continue;
		span.start = (size_t)(start - text);
		span.len = (size_t)(end - start);
		g_array_append_val(all, span);
		done = end;
		colon = end - 1;
	}
	return all;
}

/* --- what it leads to --- */

/* The part between "//" and the path: [user@]host[:port]. */
static bool
authority(const char *url, const char **from, const char **to)
{
	const char *colon = strchr(url, ':');

	if (colon == NULL || strncmp(colon, "://", 3) != 0)
		return false;
	*from = colon + 3;
	*to = *from + strcspn(*from, "/?#");
	return true;
}

static const char *
host_of(const char *from, const char *to, const char **end)
{
	const char *at = g_strrstr_len(from, to - from, "@"), *host = at != NULL ? at + 1 : from, *port;

	port = *host == '[' ? g_strstr_len(host, to - host, "]") : host;
	port = port != NULL ? g_strstr_len(port, to - port, ":") : NULL;
	*end = port != NULL ? port : to;
	return host;
}

static bool
is_ascii(const char *from, const char *to)
{
	for (; from < to; from++)
		if ((unsigned char)*from >= 0x80)
			return false;
	return true;
}

/* As DNS has it; NULL: there is no such name. */
static char *
plain_host(const char *from, const char *to)
{
	g_autofree char *host = g_strndup(from, (gsize)(to - from));
	char *out = NULL, *copy;

	if (is_ascii(from, to))
		return g_steal_pointer(&host);
	if (idna_to_ascii_8z(host, &out, 0) != IDNA_SUCCESS)
		return NULL;
	copy = g_strdup(out);
	free(out);
	return copy;
}

char *
url_host(const char *url)
{
	const char *from, *to, *host, *end;

	if (!authority(url, &from, &to))
		return NULL;
	host = host_of(from, to, &end);
	return plain_host(host, end);
}

char *
url_true_host(const char *url)
{
	const char *from, *to, *host, *end;

	if (!authority(url, &from, &to))
		return NULL;
	host = host_of(from, to, &end);
	return host == from && is_ascii(host, end) ? NULL : plain_host(host, end);
}

/* Whatever is no character of an address as its bytes in hexadecimal digits. */
static void
append_encoded(GString *out, const char *from, const char *to)
{
	for (; from < to; from++) {
		unsigned char c = (unsigned char)*from;

		if (c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{|}", c) != NULL)
			g_string_append_printf(out, "%%%02X", c);
		else
			g_string_append_c(out, (char)c);
	}
}

char *
url_for_program(const char *url, GError **error)
{
	const char *colon = strchr(url, ':'), *from, *to, *host, *end;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autofree char *name = NULL;

	if (colon == NULL || !is_one_of(url, colon, opened)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSYS, "No program opens \"%.*s\".",
		    (int)(colon != NULL ? MIN(colon - url, LIMIT_URL_SCHEME) + 1 : 0), url);
		return NULL;
	}
	if (strlen(url) > LIMIT_URL) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "It has %zu bytes; no program gets more than %d "
		    "of a link.", strlen(url), LIMIT_URL);
		return NULL;
	}
	if (!authority(url, &from, &to)) {
		append_encoded(out, url, url + strlen(url));
		return g_string_free(g_steal_pointer(&out), FALSE);
	}
	host = host_of(from, to, &end);
	name = plain_host(host, end);
	if (name == NULL || *name == '\0') {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "It names no host that DNS could know.");
		return NULL;
	}
	append_encoded(out, url, host);
	append_encoded(out, name, name + strlen(name));
	append_encoded(out, end, url + strlen(url));
	return g_string_free(g_steal_pointer(&out), FALSE);
}
