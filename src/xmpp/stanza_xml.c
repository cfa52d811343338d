/* stanza_xml.c: one element from text, and fresh ids.  The guard is before this parser too. */
#include <expat.h>
#include <string.h>
#include <sys/random.h>

#include "base/limits.h"
#include "xmpp/guard.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"

#define SEPARATOR '\xFF'	/* no byte of UTF-8 */

struct reader {
	struct stanza	*root;
	unsigned	 roots;
};

static void
take(void *ctx, struct stanza *stanza)
{
	struct reader *reader = ctx;

	reader->roots++;
	stanza_free(reader->root);
	reader->root = stanza;
}

struct stanza *
stanza_parse(const char *xml, gssize length, GError **error)
{
	static const char before[] = "<stream:stream xmlns='" NS_CLIENT "' xmlns:stream='" NS_STREAM "'>";
	static const char after[] = "</stream:stream>";
	const XML_Char separator = SEPARATOR;
	struct reader reader = { 0 };
	struct guard_report report = { .stanza = take, .ctx = &reader }, *before_us;
	XML_Parser parser;
	size_t len = length < 0 ? strlen(xml) : (size_t)length;
	bool complete;

	before_us = guard_watch(&report);
	parser = XML_ParserCreate_MM(NULL, NULL, &separator);
	guard_watch(before_us);
	XML_Parse(parser, before, sizeof before - 1, 0);
	XML_Parse(parser, xml, (int)MIN(len, 2 * (size_t)LIMIT_STANZA), 0);
	complete = !report.failed && reader.roots == 1 && report.border == report.fed;
	XML_Parse(parser, after, sizeof after - 1, 1);
	XML_ParserFree(parser);
	if (complete && !report.failed)
		return reader.root;
	stanza_free(reader.root);
	g_set_error(error, g_quark_from_static_string("stanza"), 0, "This is not one XML element that confab takes: "
	    "%s.",
	    report.failed ? report.words : reader.roots > 1 ? "there are several" : "it has no end");
	return NULL;
}

char *
stanza_new_id(void)
{
	unsigned char b[16];

	if (getrandom(b, sizeof b, 0) != sizeof b)
		g_error("the kernel gives no random numbers");
	b[6] = (b[6] & 0x0F) | 0x40;
	b[8] = (b[8] & 0x3F) | 0x80;
	return g_strdup_printf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
	    b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}
