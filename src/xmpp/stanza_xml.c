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
	GPtrArray	*open;		/* from the root inwards; of struct stanza, not owned */
	unsigned	 roots;
};

static void
on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct reader *reader = data;
	const char *border = strchr(name, SEPARATOR), *local = border != NULL ? border + 1 : name;
	g_autofree char *ns = border != NULL ? g_strndup(name, (gsize)(border - name)) : g_strdup("");
	struct stanza *s;
	unsigned i;

	if (reader->open == NULL) {	/* the wrapper */
		reader->open = g_ptr_array_new();
		return;
	}
	if (reader->open->len > 0)
		s = stanza_add(g_ptr_array_index(reader->open, reader->open->len - 1), local, ns);
	else {
		reader->roots++;
		g_clear_pointer(&reader->root, stanza_free);
		s = reader->root = stanza_new(local, ns);
	}
	for (i = 0; attributes[i] != NULL; i += 2)
		stanza_set(s, attributes[i], attributes[i + 1]);
	g_ptr_array_add(reader->open, s);
}

static void
on_end(void *data, const XML_Char *name)
{
	struct reader *reader = data;

	(void)name;
	if (reader->open->len > 0)
		g_ptr_array_set_size(reader->open, (int)reader->open->len - 1);
}

static void
on_text(void *data, const XML_Char *text, int len)
{
	struct reader *reader = data;

	if (reader->open->len > 0)
		stanza_add_text(g_ptr_array_index(reader->open, reader->open->len - 1), text, len);
}

struct stanza *
stanza_parse(const char *xml, gssize length, GError **error)
{
	static const char before[] = "<stream:stream xmlns='" NS_CLIENT "' xmlns:stream='" NS_STREAM "'>";
	static const char after[] = "</stream:stream>";
	const XML_Char separator = SEPARATOR;
	struct guard_report report = { 0 }, *before_us;
	struct reader reader = { 0 };
	XML_Parser parser;
	size_t len = length < 0 ? strlen(xml) : (size_t)length;
	bool complete;

	before_us = guard_watch(&report);
	parser = XML_ParserCreate_MM(NULL, NULL, &separator);
	guard_watch(before_us);
	XML_SetUserData(parser, &reader);
	XML_SetElementHandler(parser, on_start, on_end);
	XML_SetCharacterDataHandler(parser, on_text);
	XML_Parse(parser, before, sizeof before - 1, 0);
	XML_Parse(parser, xml, (int)MIN(len, 2 * (size_t)LIMIT_STANZA), 0);
	complete = !report.failed && reader.roots == 1 && report.border == report.fed;
	XML_Parse(parser, after, sizeof after - 1, 1);
	XML_ParserFree(parser);
	if (reader.open != NULL)
		g_ptr_array_free(reader.open, TRUE);
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
