/*
 * guard.c: see guard.h.
 *
 * What a reader would get wrong: these functions have Expat's names on purpose.  Expat's own are reached by
 * dlsym(RTLD_NEXT), and a parser's user data is always its struct guard; whoever believes to have set it has set
 * guard->user.  The memory suite that the caller gives is not used: it would tie all parsers to one context.
 */
#include "config.h"

#include "xmpp/guard.h"

#include <dlfcn.h>
#include <expat.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strophe.h>

#include "base/limits.h"
#include "xmpp/ns.h"

#define NS_XML "http://www.w3.org/XML/1998/namespace"

struct guard {
	XML_Parser	 parser;
	__typeof__(&XML_Parse) parse;	/* the real one: looked up once, it is called for every few bytes */
	struct guard_report *report;	/* or NULL */
	char		 separator;
	void		*user;
	XML_StartElementHandler start;
	XML_EndElementHandler end;
	XML_CharacterDataHandler characters;
	unsigned	 depth;		/* 1: inside the root */
	unsigned	 elements;	/* of the stanza that is being read */
	uint64_t	 fed, border;	/* as in the report */
	GString		*text;		/* character data not handed on yet */
	struct stanza	*open[LIMIT_STANZA_DEPTH + 2];	/* being built, by depth, from 2 on */
	bool		 failed;
};

static _Thread_local struct guard_report *watching;

/* The real function of this name. */
#define REAL(name) ((__typeof__(&name))real(#name))

static void
(*real(const char *name))(void)
{
	union { void *object; void (*function)(void); } symbol = { .object = dlsym(RTLD_NEXT, name) };

	if (symbol.object == NULL)
		g_error("%s is not in any library: %s", name, dlerror());
	return symbol.function;
}

static void guard_fail(struct guard *, const char *, const char *, ...) G_GNUC_PRINTF(3, 4);

static void
guard_fail(struct guard *guard, const char *condition, const char *format, ...)
{
	va_list ap;

	if (guard->failed)
		return;
	guard->failed = true;
	XML_StopParser(guard->parser, XML_FALSE);
	if (guard->report == NULL)
		return;
	guard->report->failed = true;
	guard->report->condition = condition;
	va_start(ap, format);
	vsnprintf(guard->report->words, sizeof guard->report->words, format, ap);
	va_end(ap);
}

/* How far the event that is being handled reaches, in bytes of this stream. */
static uint64_t
event_end(const struct guard *guard)
{
	return (uint64_t)(XML_GetCurrentByteIndex(guard->parser) + XML_GetCurrentByteCount(guard->parser));
}

/* Whether stanzas are made here. */
static bool
builds(const struct guard *guard)
{
	return guard->report != NULL && guard->report->stanza != NULL;
}

static void
flush_text(struct guard *guard)
{
	if (guard->text->len == 0)
		return;
	if (builds(guard))
		stanza_add_text(guard->open[guard->depth], guard->text->str, (gssize)guard->text->len);
	else if (guard->characters != NULL)
		guard->characters(guard->user, guard->text->str, (int)guard->text->len);
	g_string_truncate(guard->text, 0);
}

static bool
root_is_stream(const struct guard *guard, const XML_Char *name)
{
	size_t n = strlen(NS_STREAM);

	return strncmp(name, NS_STREAM, n) == 0 && name[n] == guard->separator && strcmp(name + n + 1, "stream") == 0;
}

static bool
start_is_allowed(struct guard *guard, const XML_Char *name)
{
	if (guard->depth == 0 && guard->report != NULL && !root_is_stream(guard, name))
		guard_fail(guard, "invalid-namespace", "something that is not an XMPP stream");
	else if (guard->depth > LIMIT_STANZA_DEPTH)
		guard_fail(guard, "policy-violation", "elements nested deeper than %d", LIMIT_STANZA_DEPTH);
	else if (guard->depth > 0 && ++guard->elements > LIMIT_STANZA_ELEMENTS)
		guard_fail(guard, "policy-violation", "a stanza of more than %d elements", LIMIT_STANZA_ELEMENTS);
	else if (strlen(name) > LIMIT_STANZA_NAME)
		guard_fail(guard, "policy-violation", "an element's name of more than %d bytes", LIMIT_STANZA_NAME);
	else if (event_end(guard) - guard->border > LIMIT_STANZA)
		guard_fail(guard, "policy-violation", "a stanza of more than %d bytes", LIMIT_STANZA);
	return !guard->failed;
}

/* An element at this depth; its name is "namespace SEPARATOR name", at most LIMIT_STANZA_NAME long. */
static void
build(struct guard *guard, const XML_Char *name, const XML_Char **attributes)
{
	const char *border = strchr(name, guard->separator), *local = border != NULL ? border + 1 : name;
	char ns[LIMIT_STANZA_NAME + 1];
	struct stanza *s;

	if (border != NULL)
		memcpy(ns, name, (size_t)(border - name));
	ns[border != NULL ? border - name : 0] = '\0';
	s = guard->depth == 2 ? stanza_new(local, ns) : stanza_add(guard->open[guard->depth - 1], local, ns);
	for (; *attributes != NULL; attributes += 2)
		stanza_set(s, attributes[0], attributes[1]);
	guard->open[guard->depth] = s;
}

static void
on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	const XML_Char *kept[2 * LIMIT_STANZA_ATTRIBUTES + 1];
	struct guard *guard = data;
	unsigned n = 0, i, total = 0;
	const char *border;

	if (guard->failed || !start_is_allowed(guard, name))
		return;
	for (i = 0; attributes[i] != NULL; i += 2) {
		if (++total > LIMIT_STANZA_ATTRIBUTES) {
			guard_fail(guard, "policy-violation", "an element of more than %d attributes",
			    LIMIT_STANZA_ATTRIBUTES);
			return;
		}
		if (strlen(attributes[i + 1]) > LIMIT_STANZA_VALUE || strlen(attributes[i]) > LIMIT_STANZA_NAME) {
			guard_fail(guard, "policy-violation", "an attribute of more than %d bytes", LIMIT_STANZA_VALUE);
			return;
		}
		/* With the prefix gone, e:from would be from. */
		border = strchr(attributes[i], guard->separator);
		if (border == NULL)
			kept[n++] = attributes[i];
		else if (strncmp(attributes[i], NS_XML, strlen(NS_XML)) == 0 && strcmp(border + 1, "lang") == 0)
			kept[n++] = "xml:lang";
		else
			continue;
		kept[n++] = attributes[i + 1];
	}
	kept[n] = NULL;
	flush_text(guard);
	if (guard->depth++ == 0) {
		guard->border = event_end(guard);
		if (guard->report != NULL)
			guard->report->border = guard->border;
	}
	if (guard->depth > 1 && builds(guard))
		build(guard, name, kept);
	else if (guard->start != NULL)
		guard->start(guard->user, name, kept);
}

static void
on_end(void *data, const XML_Char *name)
{
	struct guard *guard = data;
	uint64_t end;

	if (guard->failed)
		return;
	flush_text(guard);
	if (--guard->depth == 1) {
		end = event_end(guard);
		if (end - guard->border > LIMIT_STANZA) {
			guard_fail(guard, "policy-violation", "a stanza of more than %d bytes", LIMIT_STANZA);
			return;
		}
		if (guard->report != NULL) {
			guard->report->stanza_bytes = end - guard->border;
			guard->report->border = end;
		}
		guard->border = end;
		guard->elements = 0;
	}
	if (guard->depth > 0 && builds(guard)) {
		if (guard->depth == 1)
			guard->report->stanza(guard->report->ctx, g_steal_pointer(&guard->open[2]));
	} else if (guard->end != NULL) {
		guard->end(guard->user, name);
	}
}

static void
on_characters(void *data, const XML_Char *text, int len)
{
	struct guard *guard = data;
	int i;

	if (guard->failed)
		return;
	if (guard->depth > 1) {
		g_string_append_len(guard->text, text, len);
		return;
	}
	for (i = 0; i < len; i++)
		if (strchr(" \t\r\n", text[i]) == NULL) {
			guard_fail(guard, "bad-format", "text between two stanzas");
			return;
		}
	/* White space that keeps the link alive is no part of the next stanza. */
	guard->border = event_end(guard);
	if (guard->report != NULL)
		guard->report->border = guard->border;
}

static void
on_doctype(void *data, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
	(void)name, (void)system, (void)public, (void)internal;
	guard_fail(data, "restricted-xml", "a document type declaration");
}

static void
on_entity(void *data, const XML_Char *name, int parameter, const XML_Char *value, int len, const XML_Char *base,
    const XML_Char *system, const XML_Char *public, const XML_Char *notation)
{
	(void)name, (void)parameter, (void)value, (void)len, (void)base, (void)system, (void)public, (void)notation;
	guard_fail(data, "restricted-xml", "an entity declaration");
}

static void
on_skipped_entity(void *data, const XML_Char *name, int parameter)
{
	(void)name, (void)parameter;
	guard_fail(data, "restricted-xml", "an entity that XML does not have");
}

static void
on_comment(void *data, const XML_Char *text)
{
	(void)text;
	guard_fail(data, "restricted-xml", "a comment");
}

static void
on_instruction(void *data, const XML_Char *target, const XML_Char *text)
{
	(void)target, (void)text;
	guard_fail(data, "restricted-xml", "a processing instruction");
}

static void
on_declaration(void *data, const XML_Char *version, const XML_Char *encoding, int standalone)
{
	(void)version, (void)standalone;
	if (encoding != NULL && g_ascii_strcasecmp(encoding, "UTF-8") != 0)
		guard_fail(data, "unsupported-encoding", "another encoding than UTF-8");
}

/* Also after a reset, which forgets all handlers. */
static void
guard_install(struct guard *guard)
{
	XML_Parser parser = guard->parser;

	REAL(XML_SetUserData)(parser, guard);
	REAL(XML_SetElementHandler)(parser, on_start, on_end);
	REAL(XML_SetCharacterDataHandler)(parser, on_characters);
	XML_SetStartDoctypeDeclHandler(parser, on_doctype);
	XML_SetEntityDeclHandler(parser, on_entity);
	XML_SetSkippedEntityHandler(parser, on_skipped_entity);
	XML_SetCommentHandler(parser, on_comment);
	XML_SetProcessingInstructionHandler(parser, on_instruction);
	XML_SetXmlDeclHandler(parser, on_declaration);
#ifdef HAVE_XML_SETREPARSEDEFERRALENABLED
	XML_SetReparseDeferralEnabled(parser, XML_FALSE);
#endif
}

static struct guard *
guard_of(XML_Parser parser)
{
	return XML_GetUserData(parser);
}

/* --- in Expat's place --- */

XML_Parser
XML_ParserCreate_MM(const XML_Char *encoding, const XML_Memory_Handling_Suite *memory, const XML_Char *separator)
{
	struct guard *guard;
	XML_Parser parser = REAL(XML_ParserCreate_MM)("UTF-8", NULL, separator);

	(void)encoding;
	(void)memory;
	if (parser == NULL)
		return NULL;
	guard = g_new0(struct guard, 1);
	guard->parser = parser;
	guard->parse = REAL(XML_Parse);
	guard->report = watching;
	guard->separator = separator != NULL ? *separator : '\0';
	guard->text = g_string_new(NULL);
	guard_install(guard);
	return parser;
}

void
XML_ParserFree(XML_Parser parser)
{
	struct guard *guard;

	if (parser == NULL)
		return;
	guard = guard_of(parser);
	stanza_free(guard->open[2]);
	g_string_free(guard->text, TRUE);
	g_free(guard);
	REAL(XML_ParserFree)(parser);
}

XML_Bool
XML_ParserReset(XML_Parser parser, const XML_Char *encoding)
{
	struct guard *guard = guard_of(parser);

	(void)encoding;
	if (REAL(XML_ParserReset)(parser, "UTF-8") != XML_TRUE)
		return XML_FALSE;
	guard->start = NULL;
	guard->end = NULL;
	guard->characters = NULL;
	guard->user = NULL;
	guard->depth = guard->elements = 0;
	guard->fed = guard->border = 0;
	g_string_truncate(guard->text, 0);
	g_clear_pointer(&guard->open[2], stanza_free);
	if (guard->report != NULL)
		guard->report->fed = guard->report->border = 0;
	else
		guard->failed = false;
	guard_install(guard);
	return XML_TRUE;
}

void
XML_SetUserData(XML_Parser parser, void *user)
{
	guard_of(parser)->user = user;
}

void
XML_SetElementHandler(XML_Parser parser, XML_StartElementHandler start, XML_EndElementHandler end)
{
	guard_of(parser)->start = start;
	guard_of(parser)->end = end;
}

void
XML_SetCharacterDataHandler(XML_Parser parser, XML_CharacterDataHandler characters)
{
	guard_of(parser)->characters = characters;
}

enum XML_Status
XML_Parse(XML_Parser parser, const char *bytes, int len, int final)
{
	struct guard *guard = guard_of(parser);
	struct guard_report *report = guard->report;
	enum XML_Status status;

	guard->fed += (unsigned)len;
	if (report != NULL) {
		report->total += (unsigned)len;
		report->fed = guard->fed;
	}
	if (!guard->failed) {
		status = guard->parse(parser, bytes, len, final);
		if (status == XML_STATUS_ERROR)
			guard_fail(guard, "not-well-formed", "XML that is not well-formed (%s)",
			    XML_ErrorString(XML_GetErrorCode(parser)));
		/* One token without end would otherwise be collected for ever. */
		else if (guard->fed - guard->border > LIMIT_STANZA)
			guard_fail(guard, "policy-violation", "a stanza of more than %d bytes", LIMIT_STANZA);
	}
	return guard->failed && report == NULL ? XML_STATUS_ERROR : XML_STATUS_OK;
}

/* --- the rest --- */

struct guard_report *
guard_watch(struct guard_report *report)
{
	struct guard_report *was = watching;

	watching = report;
	return was;
}

/* False when libstrophe makes a stanza of it. */
static bool
is_refused(xmpp_ctx_t *ctx, const char *xml)
{
	xmpp_stanza_t *stanza = xmpp_stanza_new_from_string(ctx, xml);

	if (stanza != NULL)
		xmpp_stanza_release(stanza);
	return stanza == NULL;
}

static bool
attributes_are_clean(xmpp_ctx_t *ctx)
{
	xmpp_stanza_t *stanza = xmpp_stanza_new_from_string(ctx,
	    "<message from='a@example.org' xmlns:e='urn:e' e:from='b@example.org' xml:lang='de'/>");
	const char *from, *lang;
	bool clean;

	if (stanza == NULL)
		return false;
	from = xmpp_stanza_get_attribute(stanza, "from");
	lang = xmpp_stanza_get_attribute(stanza, "xml:lang");
	clean = g_strcmp0(from, "a@example.org") == 0 && g_strcmp0(lang, "de") == 0;
	xmpp_stanza_release(stanza);
	return clean;
}

bool
guard_check(GError **error)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	GString *deep = g_string_new(NULL);
	const char *missed = NULL;
	struct guard_report *was = guard_watch(NULL);
	int i;

	for (i = 0; i <= LIMIT_STANZA_DEPTH; i++)
		g_string_append(deep, "<a>");
	for (i = 0; i <= LIMIT_STANZA_DEPTH; i++)
		g_string_append(deep, "</a>");
	if (!attributes_are_clean(ctx))
		missed = "an attribute with a prefix";
	else if (!is_refused(ctx, "<message><!-- c --></message>"))
		missed = "a comment";
	else if (!is_refused(ctx, deep->str))
		missed = "a deep stanza";
	g_string_free(deep, TRUE);
	xmpp_ctx_free(ctx);
	watching = was;
	if (missed == NULL)
		return true;
	g_set_error(error, g_quark_from_static_string("guard"), 0, "The guard before libstrophe's parser is not in "
	    "effect: %s came through.  confab does not go on line like this; it was linked in another way than its "
	    "Makefile does.", missed);
	return false;
}
