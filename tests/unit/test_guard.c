/* test_guard.c: the guard is in effect, and stops what it must without losing what it must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <expat.h>
#include <string.h>
#include <strophe.h>

#include "base/limits.h"
#include "xmpp/guard.h"
#include "xmpp/ns.h"

#define HEADER "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"

/* A parser behind the guard, and what it was told: "(name attribute=value text )". */
struct stream {
	XML_Parser	 parser;
	struct guard_report report;
	GString		*told;
};

static const char *
local(const char *name)
{
	const char *border = strchr(name, '\x1F');

	return border != NULL ? border + 1 : name;
}

static void
on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct stream *stream = data;

	g_string_append_printf(stream->told, "(%s", local(name));
	for (; *attributes != NULL; attributes += 2)
		g_string_append_printf(stream->told, " %s=%s", attributes[0], attributes[1]);
}

static void
on_end(void *data, const XML_Char *name)
{
	struct stream *stream = data;

	(void)name;
	g_string_append_c(stream->told, ')');
}

static void
on_text(void *data, const XML_Char *text, int len)
{
	struct stream *stream = data;

	g_string_append_printf(stream->told, "[%.*s]", len, text);
}

static void
listen_to(struct stream *stream)
{
	XML_SetUserData(stream->parser, stream);
	XML_SetElementHandler(stream->parser, on_start, on_end);
	XML_SetCharacterDataHandler(stream->parser, on_text);
}

static void
feed(struct stream *stream, const char *text, size_t len)
{
	assert_int_equal(XML_Parse(stream->parser, text, (int)len, 0), XML_STATUS_OK);
}

static void
feed_text(struct stream *stream, const char *text)
{
	feed(stream, text, strlen(text));
}

static struct stream *
stream_new(const char *header)
{
	struct stream *stream = g_new0(struct stream, 1);
	const XML_Char separator = '\x1F';

	stream->told = g_string_new(NULL);
	guard_watch(&stream->report);
	stream->parser = XML_ParserCreate_MM(NULL, NULL, &separator);
	assert_ptr_equal(guard_watch(NULL), &stream->report);
	listen_to(stream);
	feed_text(stream, header);
	g_string_truncate(stream->told, 0);
	return stream;
}

static void
stream_end(struct stream *stream)
{
	XML_ParserFree(stream->parser);
	g_string_free(stream->told, TRUE);
	g_free(stream);
}

static void
test_check(void **state)
{
	GError *error = NULL;

	(void)state;
	if (!guard_check(&error))
		fail_msg("%s", error->message);
}

static void
test_told(void **state)
{
	struct stream *stream = stream_new(HEADER);

	(void)state;
	feed_text(stream, "<message from='a' xmlns:e='urn:e' e:from='b' xml:lang='de' "
	    "xml:space='c'><body>one&amp;two\n\n"
	    "<![CDATA[<x>]]></body></message> \n <iq/>");
	assert_string_equal(stream->told->str, "(message from=a xml:lang=de(body[one&two\n\n<x>]))(iq)");
	assert_false(stream->report.failed);
	assert_int_equal(stream->report.border, stream->report.fed);
	assert_int_equal(stream->report.stanza_bytes, strlen("<iq/>"));
	stream_end(stream);
}

/* What is complete is told at once, wherever the pieces end. */
static void
test_every_cut(void **state)
{
	static const char stanza[] = "<message a='1234567890' xml:lang='\xC3\xA9'><body>\xF0\x9F\x98\x80 "
	    "&lt;</body></message>";
	size_t cut, len = strlen(stanza);
	struct stream *stream = stream_new(HEADER);

	(void)state;
	for (cut = 1; cut < len; cut++) {
		g_string_truncate(stream->told, 0);
		feed(stream, stanza, cut);
		feed(stream, stanza + cut, len - cut);
		assert_string_equal(stream->told->str,
		    "(message a=1234567890 xml:lang=\xC3\xA9(body[\xF0\x9F\x98\x80 <]))");
		assert_int_equal(stream->report.stanza_bytes, len);
	}
	assert_int_equal(stream->report.total, strlen(HEADER) + (len - 1) * len);
	stream_end(stream);
}

static char *
repeat(const char *text, int n)
{
	GString *out = g_string_new(NULL);

	while (n-- > 0)
		g_string_append(out, text);
	return g_string_free(out, FALSE);
}

static void
assert_stopped(const char *header, const char *text, const char *condition, const char *words)
{
	struct stream *stream = stream_new(header);
	GString *told;

	feed_text(stream, text);
	if (!stream->report.failed)
		fail_msg("not stopped: %.60s", text);
	assert_string_equal(stream->report.condition, condition);
	if (strstr(stream->report.words, words) == NULL)
		fail_msg("%s instead of %s", stream->report.words, words);
	/* It stays so, silently, also for another stream on the same parser. */
	told = g_string_new(stream->told->str);
	feed_text(stream, "<message/>");
	XML_ParserReset(stream->parser, NULL);
	listen_to(stream);
	feed_text(stream, HEADER "<message/>");
	assert_string_equal(stream->told->str, told->str);
	g_string_free(told, TRUE);
	stream_end(stream);
}

static void
test_stopped(void **state)
{
	g_autofree char *deep = repeat("<a>", LIMIT_STANZA_DEPTH + 1), *many = repeat("<a/>", LIMIT_STANZA_ELEMENTS);
	g_autofree char *wide = repeat("<a/>", LIMIT_STANZA_ELEMENTS - 1), *lines = repeat("\n", LIMIT_STANZA);
	g_autofree char *value = repeat("x", LIMIT_STANZA_VALUE + 1), *name = repeat("n", LIMIT_STANZA_NAME + 1);
	g_autofree char *attributes = NULL, *a = g_strdup_printf("<m>%s</m>", many), *b = g_strdup_printf("<m>%s</m>",
	    wide);
	g_autofree char *c = g_strdup_printf("<m>%s</m>", lines), *d = g_strdup_printf("<m x='%s'/>", value);
	g_autofree char *e = g_strdup_printf("<%s/>", name), *f = g_strdup_printf("<m %s='1'/>", name);
	g_autofree char *endless = g_strdup_printf("<m x='%s%s", lines, value);
	GString *text = g_string_new("<m");
	struct stream *stream;
	int i;

	(void)state;
	for (i = 0; i <= LIMIT_STANZA_ATTRIBUTES; i++)
		g_string_append_printf(text, " a%d='1'", i);
	attributes = g_string_free(g_string_append(text, "/>"), FALSE);
	assert_stopped(HEADER, "<m><!-- x --></m>", "restricted-xml", "a comment");
	assert_stopped(HEADER, "<?x?>", "restricted-xml", "a processing instruction");
	assert_stopped("", "<!DOCTYPE s [<!ENTITY a 'b'>]>", "restricted-xml", "document type");
	assert_stopped("", "<?xml version='1.0' encoding='ISO-8859-1'?>", "unsupported-encoding", "UTF-8");
	assert_stopped("", "<stream xmlns='urn:x'>", "invalid-namespace", "not an XMPP stream");
	assert_stopped("", "HTTP/1.1 400", "not-well-formed", "not well-formed");
	assert_stopped(HEADER, "x", "bad-format", "text between two stanzas");
	assert_stopped(HEADER, "<m>\xC0\x80</m>", "not-well-formed", "not well-formed");
	assert_stopped(HEADER, "<m>&nbsp;</m>", "not-well-formed", "not well-formed");
	assert_stopped(HEADER, deep, "policy-violation", "deeper than 64");
	assert_stopped(HEADER, a, "policy-violation", "20000 elements");
	assert_stopped(HEADER, c, "policy-violation", "1048576 bytes");
	assert_stopped(HEADER, endless, "policy-violation", "1048576 bytes");
	assert_stopped(HEADER, d, "policy-violation", "65536 bytes");
	assert_stopped(HEADER, e, "policy-violation", "name");
	assert_stopped(HEADER, f, "policy-violation", "attribute");
	assert_stopped(HEADER, attributes, "policy-violation", "64 attributes");
	stream = stream_new(HEADER);
	feed_text(stream, b);
	feed_text(stream, b);	/* the number is each stanza's own */
	assert_false(stream->report.failed);
	stream_end(stream);
}

/* What has no end is stopped by what has come, not when its end comes. */
static void
test_drip(void **state)
{
	struct stream *stream = stream_new(HEADER "<m x='");
	g_autofree char *piece = repeat("x", 4096);
	unsigned fed = 0;

	(void)state;
	while (!stream->report.failed) {
		feed(stream, piece, 4096);
		fed += 4096;
		assert_true(fed < LIMIT_STANZA + 3 * 4096);
	}
	stream_end(stream);
}

static void
test_reset(void **state)
{
	struct stream *stream = stream_new(HEADER "<message><body>ha");

	(void)state;
	XML_ParserReset(stream->parser, NULL);
	listen_to(stream);
	assert_int_equal(stream->report.fed, 0);
	feed_text(stream, HEADER "<iq e:x='1' xmlns:e='urn:e'/>");
	assert_non_null(strstr(stream->told->str, "(iq)"));
	assert_null(strstr(stream->told->str, "ha"));
	assert_false(stream->report.failed);
	stream_end(stream);
}

static void
keep(void *ctx, struct stanza *s)
{
	g_ptr_array_add(ctx, s);
}

static void
free_stanza(void *s)
{
	stanza_free(s);
}

/* Whoever takes stanzas gets trees, wherever the pieces end; libstrophe hears of the root alone. */
static void
test_taken(void **state)
{
	static const char xml[] =
	    "<message from='a' xmlns:e='u' e:from='b'>one<x xmlns='urn:x' xml:lang='de'><y xmlns=''/></x>two<body>&lt;\xC3\xA9</body></message>";
	static const char as_text[] = "<message from='a'>one<x xmlns='urn:x' xml:lang='de'><y xmlns=''/></x>two"
	    "<body>&lt;\xC3\xA9</body></message>";
	g_autoptr(GPtrArray) taken = g_ptr_array_new_with_free_func(free_stanza);
	struct stream *stream = stream_new(HEADER);
	size_t cut, len = strlen(xml);

	(void)state;
	stream->report.stanza = keep;
	stream->report.ctx = taken;
	for (cut = 1; cut < len; cut++) {
		feed(stream, xml, cut);
		assert_int_equal(taken->len, 0);
		feed(stream, xml + cut, len - cut);
		assert_int_equal(taken->len, 1);
		g_autofree char *text = stanza_to_xml(taken->pdata[0]);
		assert_string_equal(text, as_text);
		g_ptr_array_set_size(taken, 0);
	}
	assert_string_equal(stream->told->str, "");
	feed_text(stream, "<iq/><message><body>ha");
	assert_int_equal(taken->len, 1);
	XML_ParserReset(stream->parser, NULL);
	listen_to(stream);
	feed_text(stream, HEADER "<presence/><message><body><deep>");
	assert_int_equal(taken->len, 2);
	assert_true(stanza_is(taken->pdata[1], "presence", NS_CLIENT));
	stream_end(stream);
}

/* At every limit, and what 1 MiB of line breaks costs. */
static void
test_taken_at_the_limits(void **state)
{
	g_autofree char *lines = repeat("\n", 500000), *deep = repeat("<a>", LIMIT_STANZA_DEPTH), *up = repeat("</a>",
	    LIMIT_STANZA_DEPTH), *name = repeat("n", LIMIT_STANZA_NAME - 4);
	g_autofree char *text = g_strdup_printf("<m><body>%s</body></m>%s%s<m><n xmlns='%s'/></m>", lines, deep, up,
	    name);
	g_autoptr(GPtrArray) taken = g_ptr_array_new_with_free_func(free_stanza);
	struct stream *stream = stream_new(HEADER);
	int64_t began = g_get_monotonic_time();

	(void)state;
	stream->report.stanza = keep;
	stream->report.ctx = taken;
	feed_text(stream, text);
	assert_true(g_get_monotonic_time() - began < G_USEC_PER_SEC);
	assert_false(stream->report.failed);
	assert_int_equal(taken->len, 3);
	assert_int_equal(strlen(stanza_text(stanza_child(taken->pdata[0], "body", NS_CLIENT))), 500000);
	assert_string_equal(stanza_ns(stanza_child(taken->pdata[2], "n", NULL)), name);
	feed_text(stream, deep);
	feed_text(stream, "<a>");
	assert_true(stream->report.failed);
	stream_end(stream);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_drip),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_taken_at_the_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
