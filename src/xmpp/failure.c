/* failure.c: the end of a stream in words, and which ends are worth another try. */
#include "xmpp/failure.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "xmpp/ns.h"

static const struct {
	const char	*word;
	bool		 final;
} faults[] = {
	[STREAM_CLOSED] = { "closed", true },
	[STREAM_LOST] = { "network", false },
	[STREAM_NO_NAME] = { "name", false },
	[STREAM_UNREACHABLE] = { "network", false },
	[STREAM_SILENT] = { "network", false },
	[STREAM_NO_TLS] = { "tls", true },
	[STREAM_TLS_FAILED] = { "tls", false },
	[STREAM_CERTIFICATE] = { "certificate", true },
	[STREAM_PIN] = { "certificate", true },
	[STREAM_PASSWORD] = { "password", true },
	[STREAM_REFUSED] = { "refused", true },
	[STREAM_BUSY] = { "server", false },
	[STREAM_WEAK] = { "weak", true },
	[STREAM_WEAKER] = { "weak", true },
	[STREAM_FORGED] = { "forged", true },
	[STREAM_BIND] = { "server", true },
	[STREAM_ERROR] = { "server", false },
	[STREAM_CONFLICT] = { "conflict", true },
	[STREAM_BROKEN] = { "server", false },
	[STREAM_CONFIG] = { "configuration", true },
};

const char *
stream_fault_word(enum stream_fault fault)
{
	return (size_t)fault < G_N_ELEMENTS(faults) ? faults[fault].word : "server";
}

struct stream_failure *
failure_new(enum stream_fault fault, const char *condition, const char *words, const char *format, ...)
{
	struct stream_failure *failure = g_new0(struct stream_failure, 1);
	va_list ap;

	failure->fault = fault;
	failure->condition = g_strdup(condition);
	failure->words = g_strdup(words);
	failure->final = faults[fault].final;
	va_start(ap, format);
	failure->text = g_strdup_vprintf(format, ap);
	va_end(ap);
	return failure;
}

void
stream_certificate_free(struct stream_certificate *certificate)
{
	if (certificate == NULL)
		return;
	g_free(certificate->problem);
	g_free(certificate->subject);
	g_free(certificate->issuer);
	g_free(certificate->names);
	g_free(certificate->sha256);
	g_free(certificate);
}

void
stream_failure_free(struct stream_failure *failure)
{
	if (failure == NULL)
		return;
	g_free(failure->condition);
	g_free(failure->words);
	g_free(failure->text);
	stream_certificate_free(failure->certificate);
	g_free(failure);
}

char *
failure_words(const char *text)
{
	char *clean;

	if (text == NULL)
		return NULL;
	clean = g_strstrip(text_clean(text, -1, TEXT_LINE, LIMIT_NAME));
	if (clean[0] == '\0')
		g_clear_pointer(&clean, g_free);
	return clean;
}

char *
failure_quote(const char *condition, const char *words)
{
	g_autofree char *readable = g_strdup(condition);

	if (words != NULL)
		return g_strdup_printf("\"%s\" (%s)", words, condition);
	g_strdelimit(readable, "-", ' ');
	return g_strdup_printf("\"%s\"", readable);
}

/* Conditions of RFC 6120 §4.9.3 that are not simply an error of the stream. */
static const struct {
	const char	*condition;
	enum stream_fault fault;
	bool		 final;
	const char	*meaning;	/* follows the quote */
} stream_errors[] = {
	{ "conflict", STREAM_CONFLICT, true, "Another client has logged in with the same resource." },
	{ "connection-timeout", STREAM_LOST, false, "It takes the connection for dead." },
	{ "host-gone", STREAM_ERROR, true, "The server does not serve this domain any more." },
	{ "host-unknown", STREAM_ERROR, true, "The server does not serve this domain; the address or host may be "
	    "wrong." },
	{ "internal-server-error", STREAM_BUSY, false, "The server has a trouble of its own." },
	{ "not-authorized", STREAM_ERROR, true, "" },
	{ "policy-violation", STREAM_BUSY, false, "Trying earlier than the server likes can make it worse." },
	{ "remote-connection-failed", STREAM_BUSY, false, "Something that the server needs does not answer." },
	{ "reset", STREAM_LOST, false, "It wants the log-in to be made again." },
	{ "resource-constraint", STREAM_BUSY, false, "The server is busy." },
	{ "see-other-host", STREAM_ERROR, true, "confab does not follow that by itself; if it is right, set it as the "
	    "account's host." },
	{ "system-shutdown", STREAM_BUSY, false, "The server is being stopped or restarted." },
};

struct stream_failure *
failure_from_stream_error(const struct stanza *error, const char *server)
{
	const struct stanza *c, *defined = NULL;
	g_autofree char *condition = NULL, *words = NULL, *quote = NULL;
	struct stream_failure *failure;
	size_t i;

	for (c = stanza_first(error); c != NULL && defined == NULL; c = stanza_next(c))
		if (strcmp(stanza_ns(c), NS_STREAMS) == 0 && strcmp(stanza_name(c), "text") != 0)
			defined = c;
	condition = failure_words(defined != NULL ? stanza_name(defined) : "undefined-condition");
	words = failure_words(stanza_text(stanza_child(error, "text", NS_STREAMS)));
	if (words == NULL && defined != NULL)	/* see-other-host has its host here */
		words = failure_words(stanza_text(defined));
	quote = failure_quote(condition, words);
	for (i = 0; i < G_N_ELEMENTS(stream_errors); i++)
		if (strcmp(condition, stream_errors[i].condition) == 0)
			break;
	if (i == G_N_ELEMENTS(stream_errors))
		return failure_new(STREAM_ERROR, condition, words, "%s ended the connection: %s.", server, quote);
	failure = failure_new(stream_errors[i].fault, condition, words, "%s ended the connection: %s.%s%s", server,
	    quote,
	    stream_errors[i].meaning[0] != '\0' ? " " : "", stream_errors[i].meaning);
	failure->final = stream_errors[i].final;
	return failure;
}
