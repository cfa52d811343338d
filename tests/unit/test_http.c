/* test_http.c: which addresses are fetched from, and which are nobody's to ask for. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "http/http.h"

static bool
is_private(const char *text)
{
	unsigned char address[16];
	bool six = strchr(text, ':') != NULL;

	assert_int_equal(inet_pton(six ? AF_INET6 : AF_INET, text, address), 1);
	return http_is_private(address, six ? 16 : 4);
}

static void
test_private(void **state)
{
	static const char *const closed[] = { "0.0.0.0", "10.0.0.1", "127.0.0.1", "127.255.255.254", "100.64.0.1",
	    "100.127.255.255", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1", "192.0.0.1", "198.18.0.1",
	    "198.19.255.255", "224.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.1.2.3", "fc00::1",
	    "fdff::1", "fe80::1", "fec0::1", "ff02::1", "64:ff9b::7f00:1", "2002:7f00:1::", "2002:a00:1::1", "::127.0.0.1" };
	static const char *const open[] = { "1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.0.0.1",
	    "128.0.0.1", "169.253.1.1", "172.15.0.1", "172.32.0.1", "192.167.0.1", "192.0.1.1", "198.17.0.1", "198.20.0.1",
	    "223.255.255.255", "2001:db8::1", "2a00::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(closed); i++)
		if (!is_private(closed[i]))
			fail_msg("%s is asked", closed[i]);
	for (size_t i = 0; i < G_N_ELEMENTS(open); i++)
		if (is_private(open[i]))
			fail_msg("%s is not asked", open[i]);
	assert_true(http_is_private((const unsigned char *)"12345", 5));
}

static void
test_urls(void **state)
{
	static const char *const good[] = { "https://example.org", "https://example.org/", "https://example.org:5443/a?b#c",
	    "HTTPS://example.org/x", "https://[2001:db8::1]/x", "https://b\303\274cher.example/x" };
	static const char *const bad[] = { "", "x", "http://example.org/", "ftp://example.org/", "file:///etc/passwd",
	    "https://", "https://a:b@example.org/", "https://a@example.org/", "//example.org/x", "/x",
	    "https://example.org/a b", "https://example.org/\r\nX: y", "https://example.org:99999/", "javascript:https://x/",
	    "https://example.org/\x7f" };
	g_autofree char *filler = g_strnfill(LIMIT_URL, 'x'), *longest = g_strconcat("https://e/", filler, NULL);

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
		if (!http_is_url(good[i]))
			fail_msg("%s is none", good[i]);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		if (http_is_url(bad[i]))
			fail_msg("%s is one", bad[i]);
	assert_false(http_is_url(longest));
}

static void
test_names(void **state)
{
	static const struct { const char *url, *name; } rows[] = {
		{ "https://e/a/b.txt", "b.txt" }, { "https://e/a/", "" }, { "https://e", "" }, { "https://e/x?y=/z", "x" },
		{ "https://e/x#/z", "x" }, { "https://e/%2e%2e", ".." }, { "https://e/a%2Fb", "a/b" },
		{ "https://e/%252F", "%2F" }, { "https://e/a%00b", "a%00b" }, { "https://e/a%zz", "a%zz" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *name = http_file_name(rows[i].url), *host = http_host(rows[i].url);

		assert_string_equal(name, rows[i].name);
		assert_string_equal(host, "e");
	}
	assert_null(http_host("nothing"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_private),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
