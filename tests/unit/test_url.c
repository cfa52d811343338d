/* Addresses in a text, and what of one a program is given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/url.h"

/* What is found, with blanks between. */
static char *
found(const char *text)
{
	g_autoptr(GArray) all = url_find(text);
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < all->len; i++) {
		const struct url_span *span = &g_array_index(all, struct url_span, i);

		assert_true(span->start + span->len <= strlen(text) && span->len > 0);
		g_string_append_printf(out, "%s%.*s", i > 0 ? " " : "", (int)span->len, text + span->start);
	}
	return g_string_free(out, FALSE);
}

static void
finding(void **state)
{
	static const struct { const char *text, *urls; } rows[] = {
		{ "see https://a.example/b, or http://c.example.", "https://a.example/b http://c.example" },
		{ "(https://a.example/x_(y))", "https://a.example/x_(y)" },
		{ "[text](https://a.example/)", "https://a.example/" },
		{ "<https://a.example/?q=1&r=2>", "https://a.example/?q=1&r=2" },
		{ "\"https://a.example\" 'https://b.example'", "https://a.example https://b.example" },
		{ "*https://a.example* _https://b.example/c_d_", "https://a.example https://b.example/c_d" },
		{ "https://a.example/_", "https://a.example/_" },
		{ "HTTPS://A.example/!?!", "HTTPS://A.example/" },
		{ "mailto:a@b.example, xmpp:a@b.example?join", "mailto:a@b.example xmpp:a@b.example?join" },
		{ "aesgcm://h.example/f#00 file:///etc/passwd", "aesgcm://h.example/f#00 file:///etc/passwd" },
		{ "\xe8\xa6\x8b\xe3\x81\xa6" "https://a.example/\xe3\x81\x82\xe3\x80\x82", "https://a.example/\xe3\x81\x82" },
		{ "\xe2\x80\x9ehttps://a.example\xe2\x80\x9c", "https://a.example" },
		{ "https://a.example/b\xc2\xa0" "c", "https://a.example/b" },
		{ "javascript:alert(1) data:text/html,x 12:30 a:b C:\\x ://x https:// http://", "" },
		{ "x", "" }, { "", "" }, { ":", "" }, { "::://", "" },
		{ "1https://a.example", "" },
		{ "-https://a.example", "https://a.example" },
		{ "http://a.examplehttp://b.example", "http://a.examplehttp://b.example" },
		{ "https://a.example:8443/x#y", "https://a.example:8443/x#y" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *urls = found(rows[i].text);

		assert_string_equal(urls, rows[i].urls);
	}
}

static void
finding_has_an_end(void **state)
{
	g_autoptr(GString) many = g_string_new(NULL), colons = g_string_new(NULL);
	g_autoptr(GArray) all = NULL, none = NULL;

	(void)state;
	for (int i = 0; i < 2 * LIMIT_URLS; i++)
		g_string_append(many, "http://a.example/ ");
	all = url_find(many->str);
	assert_int_equal(all->len, LIMIT_URLS);
	/* A whole body of what could each begin one. */
	for (int i = 0; i < 200000; i++)
		g_string_append(colons, "aaaa:");
	none = url_find(colons->str);
	assert_int_equal(none->len, 0);
}

static void
for_a_program(void **state)
{
	static const struct { const char *url, *given, *host; } rows[] = {
		{ "https://a.example/b?c#d", "https://a.example/b?c#d", NULL },
		{ "http://a'b\"c;$(id)", "http://a'b%22c;$(id)", NULL },
		{ "https://a.example/\xc3\xa4 {|}\\", "https://a.example/%C3%A4%20%7B%7C%7D%5C", NULL },
		{ "https://b\xc3\xbc" "cher.example:80/", "https://xn--bcher-kva.example:80/", "xn--bcher-kva.example" },
		/* A Cyrillic a. */
		{ "https://p\xd0\xb0ypal.example/", "https://xn--pypal-4ve.example/", "xn--pypal-4ve.example" },
		/* A full-width g. */
		{ "https://\xef\xbd\x87oogle.example", "https://google.example", "google.example" },
		{ "https://bank.example@evil.example/x", "https://bank.example@evil.example/x", "evil.example" },
		{ "https://bank.example:443@evil.example:80", "https://bank.example:443@evil.example:80", "evil.example" },
		/* Where some read the backslash as a slash. */
		{ "https://evil.example\\@bank.example", "https://evil.example%5C@bank.example", "bank.example" },
		{ "https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443/", NULL },
		{ "mailto:a@b.example?subject=\xc3\xa4", "mailto:a@b.example?subject=%C3%A4", NULL },
		{ "HTTP://A.example", "HTTP://A.example", NULL },
	};
	static const char *const refused[] = {
		"file:///etc/passwd", "aesgcm://h.example/f#00", "ssh://-oProxyCommand=x/", "x", "", "https://", "https:///x",
		"https://a@/", "javascript://a.example/%0Aalert(1)", "https://\xe2\x88\x95.\xe2\x80\xae.example/",
	};
	g_autofree char *longest = g_strnfill(LIMIT_URL, 'a');

	(void)state;
	memcpy(longest, "http://", 7);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *given = url_for_program(rows[i].url, &error), *host = url_true_host(rows[i].url);

		if (given == NULL)
			fail_msg("%s: %s", rows[i].url, error->message);
		assert_string_equal(given, rows[i].given);
		assert_int_equal(host == NULL, rows[i].host == NULL);
		if (host != NULL)
			assert_string_equal(host, rows[i].host);
		for (const char *at = given; *at != '\0'; at++)
			assert_true(*at > ' ' && *at < 0x7f);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *given = url_for_program(refused[i], &error);

		if (given != NULL)
			fail_msg("%s was given as %s", refused[i], given);
		assert_non_null(error);
	}
	for (int more = 0; more < 2; more++) {
		g_autofree char *url = g_strconcat(longest, more ? "b" : "", NULL), *given = url_for_program(url, NULL);

		assert_int_equal(given == NULL, more);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finding), cmocka_unit_test(finding_has_an_end), cmocka_unit_test(for_a_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
