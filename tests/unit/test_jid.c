/* Addresses: one normal form, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <stringprep.h>

#include "base/jid.h"

static void
test_normal_form(void **state)
{
	static const struct { const char *text, *normal; } rows[] = {
		{ "boss@localhost", "boss@localhost" }, { "BOSS@LocalHost", "boss@localhost" },
		{ "\xef\xbd\x82oss@localhost", "boss@localhost" },		/* full-width b */
		{ "boss@localhost.", "boss@localhost" }, { "localhost", "localhost" },
		{ "boss@localhost/Desk Top", "boss@localhost/Desk Top" },
		    { "boss@localhost/a@b/c", "boss@localhost/a@b/c" },
		{ "Stra\xc3\x9f" "e@localhost", "strasse@localhost" }, { "a@[::1]", "a@[::1]" },
		    { "a@127.0.0.1", "a@127.0.0.1" },
		{ "room@conf.example/N\xc3\xad" "ck \xf0\x9f\x98\x80", "room@conf.example/N\xc3\xad"
		    "ck \xf0\x9f\x98\x80" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *jid = jid_normalise(rows[i].text, &error), *again = NULL;

		if (jid == NULL)
			fail_msg("%s: %s", rows[i].text, error->message);
		assert_string_equal(jid, rows[i].normal);
		again = jid_normalise(jid, NULL);
		assert_string_equal(again, jid);		/* the normal form is its own */
	}
}

/* Each character of ASCII in each part is what the profile makes of it. */
static void
test_ascii(void **state)
{
	static const struct { const char *before, *after; const Stringprep_profile *profile; const char *others;
	    } parts[] = {
		{ "a", "b@x", stringprep_xmpp_nodeprep, "/@" }, { "a@x", "b", stringprep_nameprep, "@/ \t\n\"'<>&\\" },
		{ "a@x/b", "b", stringprep_xmpp_resourceprep, "" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		for (char c = 1; c != 0x7f; c++) {
			const char one[] = { c, '\0' };
			g_autofree char *text = g_strconcat(parts[i].before, one, parts[i].after, NULL);
			g_autofree char *jid = jid_normalise(text, NULL), *normal = NULL;
			char part[64];

			if (strchr(parts[i].others, c) != NULL)
				continue;	/* a border, or no host name */
			g_strlcpy(part, one, sizeof part);
			if (stringprep(part, sizeof part, 0, parts[i].profile) == STRINGPREP_OK)
				normal = g_strconcat(parts[i].before, part, parts[i].after, NULL);
			if (g_strcmp0(jid, normal) != 0)
				fail_msg("%s\\x%02x%s: %s", parts[i].before, c, parts[i].after,
				    jid != NULL ? jid : "(none)");
		}
	}
}

static void
test_what_is_no_address(void **state)
{
	g_autofree char *longest = g_strnfill(1023, 'a'), *too_long = g_strnfill(1024, 'a'),
	    *huge = g_strnfill(1000000, 'a');
	g_autofree char *good = g_strconcat(longest, "@x", NULL), *bad = g_strconcat(too_long, "@x", NULL);
	g_autofree char *bad_domain = g_strconcat("a@", huge, NULL), *bad_resource = g_strconcat("a@x/", too_long,
	    NULL);
	const char *const rows[] = { NULL, "", "@x", "x@", "a@b@c", "x@y/", "a b@x", "a\"b@x", "a@x y", "a@x\ny",
	    "a@.x", "a@x..y", "a@x<y", "\xff@x", "a@x/\x01", "a\xe2\x80\xaeg@x", "a@.", bad, bad_domain, bad_resource,
	    huge };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *jid = jid_normalise(rows[i], &error);

		if (jid != NULL)
			fail_msg("%s was taken as %s", rows[i], jid);
		assert_non_null(error);
		assert_true(strlen(error->message) < 2000);
	}
	g_autofree char *jid = jid_normalise(good, NULL);
	assert_string_equal(jid, good);
}

static void
test_as_people_type_it(void **state)
{
	static const struct { const char *text, *jid; } rows[] = {
		{ "  Boss@LocalHost \n", "boss@localhost" }, { "xmpp:boss@localhost", "boss@localhost" },
		{ "XMPP:boss@localhost?message;body=hi", "boss@localhost" }, { "boss", NULL },
		    { "boss@localhost/x", NULL },
		{ "", NULL }, { "   ", NULL }, { "xmpp:", NULL }, { "localhost", NULL },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *jid = jid_from_person(rows[i].text, true, &error);

		if (g_strcmp0(jid, rows[i].jid) != 0)
			fail_msg("%s gives %s", rows[i].text, jid);
		assert_true((jid == NULL) == (error != NULL));
	}
	g_autofree char *domain = jid_from_person("LocalHost/x", false, NULL);
	assert_string_equal(domain, "localhost/x");
}

static void
test_parts(void **state)
{
	g_autofree char *bare = jid_bare("a@x/r/s@t"), *local = jid_local("a@x/r@s"), *domain = jid_domain("a@x/r@s");
	g_autofree char *bare2 = jid_bare("x/a@b"), *domain2 = jid_domain("x/a@b");

	(void)state;
	assert_string_equal(bare, "a@x");
	assert_string_equal(local, "a");
	assert_string_equal(domain, "x");
	assert_string_equal(jid_resource("a@x/r/s@t"), "r/s@t");
	assert_string_equal(bare2, "x");
	assert_null(jid_local("x/a@b"));
	assert_string_equal(domain2, "x");
	assert_null(jid_resource("a@x"));
}

static void
test_same_bare(void **state)
{
	(void)state;
	assert_true(jid_same_bare("a@x/r", "a@x"));
	assert_true(jid_same_bare("a@x/r", "a@x/s"));
	assert_false(jid_same_bare("a@x", "a@xy"));
	assert_false(jid_same_bare("a@xy/a", "a@x/a"));
	assert_false(jid_same_bare("a@x", NULL));
	assert_false(jid_same_bare(NULL, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_normal_form), cmocka_unit_test(test_ascii),
		    cmocka_unit_test(test_what_is_no_address),
		cmocka_unit_test(test_as_people_type_it), cmocka_unit_test(test_parts),
		    cmocka_unit_test(test_same_bare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
