/* test_stanza.c: trees, their text, and what an <error/> says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/limits.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"

static void
assert_xml(const struct stanza *s, const char *expected)
{
	g_autofree char *xml = stanza_to_xml(s);

	assert_string_equal(xml, expected);
}

static struct stanza *
parse(const char *xml)
{
	GError *error = NULL;
	struct stanza *s = stanza_parse(xml, -1, &error);

	if (s == NULL)
		fail_msg("%s: %s", xml, error->message);
	return s;
}

static void
test_build(void **state)
{
	struct stanza *s = stanza_message("chat", "bob@example.org"), *x;

	(void)state;
	stanza_set(s, "id", "1'<&>\"\n\t\r");
	stanza_add_with_text(s, "body", NULL, "a<b>&'\"\r\n\tc");
	x = stanza_add(s, "x", "urn:x'<");
	stanza_add(x, "y", NULL);
	stanza_add(x, "z", NS_CLIENT);
	assert_xml(s, "<message type='chat' to='bob@example.org' id='1&apos;&lt;&amp;&gt;\"&#10;&#9;&#13;'><body>"
	    "a&lt;b&gt;&amp;'\"&#13;\n\tc</body><x xmlns='urn:x&apos;&lt;'><y/><z "
	    "xmlns='jabber:client'/></x></message>");
	stanza_set(s, "id", NULL);
	stanza_set(s, "type", "headline");
	stanza_remove(s, x);
	assert_null(stanza_get(s, "id"));
	assert_xml(s, "<message type='headline' "
	    "to='bob@example.org'><body>a&lt;b&gt;&amp;'\"&#13;\n\tc</body></message>");
	stanza_add(s, "last", NULL);	/* after a removal the end is still the end */
	assert_string_equal(stanza_name(stanza_next(stanza_first(s))), "last");
	stanza_free(s);
}

static void
test_remove_only_child(void **state)
{
	struct stanza *s = stanza_new("a", "urn:x");

	(void)state;
	stanza_remove(s, stanza_add(s, "b", NULL));
	assert_null(stanza_first(s));
	stanza_add(s, "c", NULL);
	assert_xml(s, "<a xmlns='urn:x'><c/></a>");
	stanza_free(s);
}

/* Whatever goes in, an XML parser takes what comes out. */
static void
test_made_valid(void **state)
{
	static const struct { const char *in; gssize len; const char *out; } rows[] = {
		{ "plain", -1, "plain" },
		{ "\x01\x1b[2J\x7f", -1, "\xEF\xBF\xBD\xEF\xBF\xBD[2J\x7f" },
		{ "a\0b", 3, "a\xEF\xBF\xBD" "b" },
		{ "\xff\xfe", -1, "\xEF\xBF\xBD\xEF\xBF\xBD" },
		{ "\xc3", -1, "\xEF\xBF\xBD" },
		{ "\xed\xa0\x80", -1, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" },
		{ "x\xef\xbf\xbe\xef\xbf\xbfy", -1, "x\xEF\xBF\xBD\xEF\xBF\xBDy" },
		{ "\xef\xbf\xbd", -1, "\xef\xbf\xbd" },
		{ "\xf0\x9f\x98\x80", -1, "\xf0\x9f\x98\x80" },
		{ "\xe2\x80", 2, "\xEF\xBF\xBD\xEF\xBF\xBD" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct stanza *s = stanza_new("a", NS_CLIENT), *again;
		g_autofree char *xml = NULL;

		stanza_add_text(s, rows[i].in, rows[i].len);
		stanza_add_text(s, rows[i].in, rows[i].len);
		if (rows[i].len == -1)
			stanza_set(s, "v", rows[i].in);
		assert_memory_equal(stanza_text(s), rows[i].out, strlen(rows[i].out));
		assert_string_equal(stanza_text(s) + strlen(rows[i].out), rows[i].out);
		xml = stanza_to_xml(s);
		again = parse(xml);
		assert_string_equal(stanza_text(again), stanza_text(s));
		stanza_free(again);
		stanza_free(s);
	}
}

static void
test_mixed(void **state)
{
	static const char xml[] = "<a>one<b>two</b>three<c/>four</a>";
	struct stanza *s = parse(xml), *copy = stanza_copy(s);

	(void)state;
	assert_string_equal(stanza_text(s), "onethreefour");
	assert_string_equal(stanza_text(stanza_child(s, "b", NULL)), "two");
	assert_string_equal(stanza_text(stanza_child(s, "c", NULL)), "");
	assert_xml(s, xml);
	stanza_add_text(s, "five", -1);
	assert_string_equal(stanza_text(s), "onethreefourfive");
	stanza_free(s);
	assert_xml(copy, xml);
	stanza_free(copy);
}

static void
test_read(void **state)
{
	struct stanza *s = parse("<message xml:lang='de' a='1'><x xmlns='urn:1'/><x xmlns='urn:2'>t</x><x "
	    "xmlns='urn:2'/></message>");

	(void)state;
	assert_true(stanza_is(s, "message", NS_CLIENT));
	assert_string_equal(stanza_get(s, "xml:lang"), "de");
	assert_null(stanza_get(s, "b"));
	assert_string_equal(stanza_text(stanza_child(s, "x", "urn:2")), "t");
	assert_string_equal(stanza_ns(stanza_child(s, "x", NULL)), "urn:1");
	assert_null(stanza_child(s, "x", "urn:3"));
	assert_null(stanza_child(stanza_child(s, "y", NULL), "z", NULL));
	assert_null(stanza_text(NULL));
	assert_int_equal(stanza_count(s, "x", "urn:2"), 2);
	assert_int_equal(stanza_count(s, "x", NULL), 3);
	stanza_free(s);
}

static void
test_take(void **state)
{
	struct stanza *outer = stanza_new("outer", "urn:o"), *inner = parse("<inner xmlns='urn:i'><deep/></inner>"),
	    *most;

	(void)state;
	most = stanza_new("most", "urn:o");
	stanza_take(outer, inner);
	stanza_set(inner, "grown", "after");	/* a taken root can still grow */
	stanza_add(inner, "more", NULL);
	stanza_take(most, outer);
	assert_xml(most, "<most xmlns='urn:o'><outer><inner xmlns='urn:i' "
	    "grown='after'><deep/><more/></inner></outer></most>");
	stanza_free(most);
}

static void
assert_refused(const char *xml, gssize len, const char *why)
{
	GError *error = NULL;

	assert_null(stanza_parse(xml, len, &error));
	if (strstr(error->message, why) == NULL)
		fail_msg("%.100s: %s", xml, error->message);
	g_error_free(error);
}

static void
test_parse_refuses(void **state)
{
	g_autofree char *big = g_strnfill(LIMIT_STANZA + 10, 'x'), *huge = g_strdup_printf("<a>%s</a>", big);

	(void)state;
	assert_refused("", -1, "no end");
	assert_refused("text", -1, "text");
	assert_refused("<a>", -1, "mismatched");
	assert_refused("<a/><b/>", -1, "several");
	assert_refused("<a/></stream:stream>", -1, "XML");
	assert_refused("</stream:stream><a/>", -1, "XML");
	assert_refused("<a><!-- c --></a>", -1, "comment");
	assert_refused("<?x y?><a/>", -1, "instruction");
	assert_refused("<!DOCTYPE a><a/>", -1, "");
	assert_refused("<a>&nbsp;</a>", -1, "");
	assert_refused("<a b='1' b='2'/>", -1, "not well-formed");
	assert_refused("<a\0/>", 5, "not well-formed");
	assert_refused("<p:a/>", -1, "not well-formed");
	assert_refused(huge, -1, "1048576 bytes");
}

static void
test_answers(void **state)
{
	struct stanza *iq = parse("<iq type='get' id='7' from='a@example.org/r' to='b@example.org'><q "
	    "xmlns='urn:q'/></iq>"), *s;

	(void)state;
	s = stanza_result(iq);
	assert_xml(s, "<iq type='result' to='a@example.org/r' id='7'/>");
	stanza_free(s);
	s = stanza_error(iq, "cancel", "service-unavailable");
	assert_xml(s, "<iq type='error' to='a@example.org/r' id='7'><error type='cancel'><service-unavailable "
	    "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
	stanza_free(s);
	stanza_free(iq);
}

static void
assert_fault(const char *xml, const char *condition, const char *words, const char *application, const char *text)
{
	struct stanza *s = parse(xml);
	struct stanza_fault fault;
	g_autofree char *said = NULL;

	assert_true(stanza_fault_read(s, &fault));
	assert_string_equal(fault.condition, condition);
	assert_int_equal(g_strcmp0(fault.words, words), 0);
	assert_int_equal(g_strcmp0(fault.application, application), 0);
	said = stanza_fault_text(&fault);
	assert_string_equal(said, text);
	stanza_fault_clear(&fault);
	stanza_free(s);
}

static void
test_fault(void **state)
{
	struct stanza *s = parse("<iq type='result'><error/></iq>");
	struct stanza_fault fault;

	(void)state;
	assert_fault("<message type='error'/>", "undefined-condition", NULL, NULL, "\"undefined condition\"");
	assert_fault("<message type='error'><error type='wait'><text "
	    "xmlns='" NS_STANZAS "'>to\xE2\x80\xAE" "o\nbad</text>"
	    "<x xmlns='urn:app'/><forbidden xmlns='" NS_STANZAS "'/></error></message>", "forbidden", "too bad", "x",
	    "\"too bad\" (forbidden)");
	assert_fault("<message type='error'><error><item-not-found xmlns='" NS_STANZAS "'/><text "
	    "xmlns='" NS_STANZAS "'/>"
	    "</error></message>", "item-not-found", NULL, NULL, "\"item not found\"");
	assert_false(stanza_fault_read(s, &fault));
	stanza_fault_clear(&fault);
	stanza_free(s);
}

static void
test_ids(void **state)
{
	g_autofree char *a = stanza_new_id(), *b = stanza_new_id();

	(void)state;
	assert_int_equal(strlen(a), 36);
	assert_int_equal(a[14], '4');
	assert_non_null(strchr("89ab", a[19]));
	assert_string_not_equal(a, b);
}

/* One text in very many pieces costs what it is long, not its square. */
static void
test_many_pieces(void **state)
{
	struct stanza *s = stanza_new("a", NS_CLIENT);
	int64_t began = g_get_monotonic_time();
	int i;

	(void)state;
	for (i = 0; i < 1000000; i++)
		stanza_add_text(s, "x", 1);
	assert_int_equal(strlen(stanza_text(s)), 1000000);
	assert_true(g_get_monotonic_time() - began < 5 * G_USEC_PER_SEC);
	stanza_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_build),
		cmocka_unit_test(test_remove_only_child),
		cmocka_unit_test(test_made_valid),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_fault),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_many_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
