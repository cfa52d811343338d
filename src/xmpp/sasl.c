/*
 * sasl.c: see sasl.h.
 *
 * What a reader would get wrong: GNU SASL would derive a key from whatever number of rounds it is told, and takes a
 * nonce that is ours and nothing more, so the first message of the server is read here before it is handed on.
 */
#include "xmpp/sasl.h"

#include <gsasl.h>
#include <stdlib.h>
#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "xmpp/failure.h"
#include "xmpp/ns.h"

enum step { STEP_START, STEP_FIRST, STEP_FINAL, STEP_DONE };

struct sasl {
	Gsasl		*gsasl;
	Gsasl_session	*session;
	char		*jid, *domain;
	const char	*mechanism;
	bool		 scram, proved;
	enum step	 step;
	char		*nonce;		/* ours, as we sent it */
};

/* Best first.  That the link is the same at both ends counts for more than the hash. */
static const char *const mechanisms[] = { "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1" };
static const char *const bindings[] = { "tls-exporter", "tls-unique" };

/* --- choosing --- */

static bool
offers(const struct stanza *list, const char *name)
{
	const struct stanza *c;

	for (c = stanza_first(list); c != NULL; c = stanza_next(c))
		if (stanza_is(c, "mechanism", NS_SASL) && strcmp(stanza_text(c), name) == 0)
			return true;
	return false;
}

static bool
offers_any_scram(const struct stanza *list)
{
	const struct stanza *c;

	for (c = stanza_first(list); c != NULL; c = stanza_next(c))
		if (stanza_is(c, "mechanism", NS_SASL) && g_str_has_prefix(stanza_text(c), "SCRAM-"))
			return true;
	return false;
}

/* XEP-0440; a server that does not tell can only mean tls-unique (RFC 5802 §6.1). */
static bool
server_binds(const struct stanza *features, const char *type)
{
	const struct stanza *list = stanza_child(features, "sasl-channel-binding", NS_SASL_CB), *c;

	if (list == NULL)
		return strcmp(type, "tls-unique") == 0;
	for (c = stanza_first(list); c != NULL; c = stanza_next(c))
		if (stanza_is(c, "channel-binding", NS_SASL_CB) && g_strcmp0(stanza_get(c, "type"), type) == 0)
			return true;
	return false;
}

static GBytes *
choose_binding(const struct sasl_setup *setup, const struct stanza *features, const char **type)
{
	GBytes *data;
	size_t i;

	if (setup->binding == NULL)
		return NULL;
	for (i = 0; i < G_N_ELEMENTS(bindings); i++) {
		*type = bindings[i];
		if (server_binds(features, *type) && (data = setup->binding(setup->ctx, *type)) != NULL)
			return data;
	}
	return NULL;
}

static const char *
choose(const struct sasl_setup *setup, const struct stanza *list, bool can_bind)
{
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(mechanisms); i++)
		if ((can_bind || !g_str_has_suffix(mechanisms[i], "-PLUS")) && offers(list, mechanisms[i]))
			return mechanisms[i];
	/* A server that knows SCRAM and offers only a kind that confab lacks is no reason to show it the password. */
	if (setup->encrypted && !offers_any_scram(list) && offers(list, "PLAIN"))
		return "PLAIN";
	return NULL;
}

unsigned
sasl_strength(const char *mechanism)
{
	for (size_t i = 0; i < G_N_ELEMENTS(mechanisms); i++)
		if (strcmp(mechanism, mechanisms[i]) == 0)
			return (unsigned)(G_N_ELEMENTS(mechanisms) - i) + 1;
	return strcmp(mechanism, "PLAIN") == 0 ? 1 : 0;
}

static struct stream_failure *
nothing_acceptable(const struct sasl *sasl, const struct stanza *list)
{
	g_autoptr(GString) names = g_string_new(NULL);
	g_autofree char *clean = NULL;
	const struct stanza *c = list != NULL ? stanza_first(list) : NULL;

	for (; c != NULL && names->len < 200; c = stanza_next(c))
		if (stanza_is(c, "mechanism", NS_SASL))
			g_string_append_printf(names, "%s%.40s", names->len > 0 ? ", " : "", stanza_text(c));
	clean = failure_words(names->str);
	if (clean == NULL)
		return failure_new(STREAM_WEAK, NULL, NULL, "%s offers no way to log in.", sasl->domain);
	return failure_new(STREAM_WEAK, NULL, NULL, "%s offers no way to log in that confab uses, only \"%s\". "
	    "confab does not show the password to a server that does not prove that it knows it.", sasl->domain, clean);
}

/* --- the password --- */

static void
wipe(char *text)
{
	if (text == NULL)
		return;
	explicit_bzero(text, strlen(text));
	free(text);
}

static bool
give_password(struct sasl *sasl, const char *password, struct stream_failure **failure)
{
	char *prepared = NULL;
	int rc = gsasl_saslprep(password, GSASL_ALLOW_UNASSIGNED, &prepared, NULL);

	if (rc != GSASL_OK || prepared[0] == '\0') {
		wipe(prepared);
		*failure = failure_new(STREAM_PASSWORD, NULL, NULL, "The password for %s %s, so it cannot be the right one. "
		    "Nothing was sent.", sasl->jid, rc != GSASL_OK ? "contains a character that no server "
		    "takes" : "is empty");
		return false;
	}
	gsasl_property_set(sasl->session, GSASL_PASSWORD, prepared);
	wipe(prepared);
	return true;
}

/* The properties are GNU SASL's own copies, and it does not wipe them. */
static void
wipe_property(struct sasl *sasl, Gsasl_property property)
{
	union { const char *lent; char *ours; } text = { .lent = gsasl_property_fast(sasl->session, property) };

	if (text.lent != NULL)
		explicit_bzero(text.ours, strlen(text.ours));
}

static void
give_binding(struct sasl *sasl, GBytes *data, const char *type)
{
	g_autofree char *base64 = g_base64_encode(g_bytes_get_data(data, NULL), g_bytes_get_size(data));

	gsasl_property_set(sasl->session,
	    strcmp(type, "tls-exporter") == 0 ? GSASL_CB_TLS_EXPORTER : GSASL_CB_TLS_UNIQUE, base64);
}

/* --- life --- */

static bool
prepare(struct sasl *sasl, const struct sasl_setup *setup, GBytes *data, const char *type,
    struct stream_failure **failure)
{
	g_autofree char *local = jid_local(setup->jid);

	if (gsasl_init(&sasl->gsasl) != GSASL_OK ||
	    gsasl_client_start(sasl->gsasl, sasl->mechanism, &sasl->session) != GSASL_OK) {
		*failure = failure_new(STREAM_WEAK, NULL, NULL, "GNU SASL on this machine does not know %s.",
		    sasl->mechanism);
		return false;
	}
	gsasl_property_set(sasl->session, GSASL_AUTHID, local != NULL ? local : "");
	if (data != NULL && g_str_has_suffix(sasl->mechanism, "-PLUS"))
		give_binding(sasl, data, type);
	return give_password(sasl, setup->password, failure);
}

struct sasl *
sasl_new(const struct sasl_setup *setup, const struct stanza *features, struct stream_failure **failure)
{
	const struct stanza *list = stanza_child(features, "mechanisms", NS_SASL);
	struct sasl *sasl = g_new0(struct sasl, 1);
	const char *type = NULL;
	GBytes *data = choose_binding(setup, features, &type);
	bool ready;

	sasl->jid = g_strdup(setup->jid);
	sasl->domain = jid_domain(setup->jid);
	sasl->mechanism = list != NULL ? choose(setup, list, data != NULL) : NULL;
	if (sasl->mechanism != NULL && setup->at_least != NULL &&
	    sasl_strength(sasl->mechanism) < sasl_strength(setup->at_least)) {
		*failure = failure_new(STREAM_WEAKER, NULL, NULL, "%s offers only %s now, and %s worked before. Either it was "
		    "changed, or somebody sits in between and wants the weaker one. The password was not used.",
		    sasl->domain, sasl->mechanism, setup->at_least);
		ready = false;
	} else if (sasl->mechanism != NULL) {
		sasl->scram = g_str_has_prefix(sasl->mechanism, "SCRAM-");
		ready = prepare(sasl, setup, data, type, failure);
	} else {
		*failure = nothing_acceptable(sasl, list);
		ready = false;
	}
	if (data != NULL)
		g_bytes_unref(data);
	if (!ready)
		g_clear_pointer(&sasl, sasl_free);
	return sasl;
}

void
sasl_free(struct sasl *sasl)
{
	if (sasl == NULL)
		return;
	if (sasl->session != NULL) {
		wipe_property(sasl, GSASL_PASSWORD);
		wipe_property(sasl, GSASL_SCRAM_SALTED_PASSWORD);
		gsasl_finish(sasl->session);
	}
	if (sasl->gsasl != NULL)
		gsasl_done(sasl->gsasl);
	g_free(sasl->jid);
	g_free(sasl->domain);
	g_free(sasl->nonce);
	g_free(sasl);
}

const char *
sasl_mechanism(const struct sasl *sasl)
{
	return sasl->mechanism;
}

/* --- the exchange --- */

static struct stream_failure *
forged(const struct sasl *sasl, const char *what)
{
	return failure_new(STREAM_FORGED, NULL, NULL, "What answers for %s could not prove that it knows your "
	    "password: %s. It may not be your server; confab does not log in.", sasl->domain, what);
}

/* "+" is nothing, RFC 6120 §6.4.2. */
static struct stanza *
element_with(const char *name, const char *data, size_t len)
{
	struct stanza *s = stanza_new(name, NS_SASL);
	g_autofree char *base64 = len > 0 ? g_base64_encode((const guchar *)data, len) : NULL;

	if (base64 != NULL) {
		stanza_add_text(s, base64, -1);
		explicit_bzero(base64, strlen(base64));
	} else if (strcmp(name, "auth") == 0)
		stanza_add_text(s, "=", 1);
	return s;
}

/* The value of "r=..." in a comma-separated list; n bytes. */
static const char *
field(const char *message, char name, size_t *n)
{
	const char *p = message;

	while (p != NULL && *p != '\0') {
		if (p[0] == name && p[1] == '=') {
			*n = strcspn(p + 2, ",");
			return p + 2;
		}
		p = strchr(p, ',');
		p = p != NULL ? p + 1 : NULL;
	}
	return NULL;
}

struct stanza *
sasl_start(struct sasl *sasl, struct stream_failure **failure)
{
	char *out = NULL;
	size_t len = 0, n = 0;
	const char *nonce;
	struct stanza *auth;
	int rc = gsasl_step(sasl->session, NULL, 0, &out, &len);

	if (rc != GSASL_OK && rc != GSASL_NEEDS_MORE) {
		*failure = failure_new(STREAM_CONFIG, NULL, NULL, "GNU SASL cannot begin %s for %s: %s.",
		    sasl->mechanism, sasl->jid, gsasl_strerror(rc));
		return NULL;
	}
	if (sasl->scram) {
		g_autofree char *message = g_strndup(out, len);

		nonce = field(message, 'r', &n);
		sasl->nonce = nonce != NULL ? g_strndup(nonce, n) : g_strdup("");
	}
	sasl->step = sasl->scram ? STEP_FIRST : STEP_DONE;
	sasl->proved = !sasl->scram;	/* PLAIN trusts the certificate */
	auth = element_with("auth", out, len);
	stanza_set(auth, "mechanism", sasl->mechanism);
	if (out != NULL)
		explicit_bzero(out, len);
	gsasl_free(out);
	return auth;
}

/* RFC 5802 §5.1, and what RFC 7677 §4 and common sense add.  NULL when it is good. */
static const char *
fault_of_first(const struct sasl *sasl, const char *message)
{
	size_t r_len = 0, s_len = 0, i_len = 0, own = strlen(sasl->nonce), salt_len = 0;
	const char *r = field(message, 'r', &r_len), *s = field(message, 's', &s_len), *i = field(message, 'i', &i_len);
	g_autofree char *salt64 = NULL;
	char *salt = NULL, *end;
	unsigned long rounds;

	if (message[0] == 'm')
		return "it wants an extension of SCRAM that confab does not know";
	if (r == NULL || own == 0 || r_len <= own || strncmp(r, sasl->nonce, own) != 0)
		return "its answer does not continue what confab sent";
	if (s == NULL || s_len == 0 || s_len > 1400)
		return "its answer has no usable salt";
	salt64 = g_strndup(s, s_len);
	if (gsasl_base64_from(salt64, s_len, &salt, &salt_len) != GSASL_OK || salt_len == 0) {
		gsasl_free(salt);
		return "its answer has no usable salt";
	}
	gsasl_free(salt);
	if (i == NULL || i_len == 0 || i_len > 9 || strspn(i, "0123456789") < i_len)
		return "its answer has no usable number of rounds";
	rounds = strtoul(i, &end, 10);
	if (rounds < LIMIT_SASL_ITERATIONS_LOW)
		return "it asks for so few rounds of key derivation that the password could be guessed from the answer";
	if (rounds > LIMIT_SASL_ITERATIONS)
		return "it asks for more rounds of key derivation than any server needs";
	return NULL;
}

/* What base64 in an element stands for; NULL when it is none or too long.  The caller's. */
static char *
decode(const struct stanza *s, size_t *len)
{
	const char *base64 = stanza_text(s);
	char *data = NULL, *copy;
	size_t n = strlen(base64);

	*len = 0;
	if (n == 0 || strcmp(base64, "=") == 0)
		return g_strdup("");
	if (n > LIMIT_SASL_TEXT || gsasl_base64_from(base64, n, &data, len) != GSASL_OK ||
	    memchr(data, '\0', *len) != NULL) {
		gsasl_free(data);
		return NULL;
	}
	copy = g_strndup(data, *len);
	gsasl_free(data);
	return copy;
}

/* The last message of the server: its signature.  True when it is right. */
static bool
verify_final(struct sasl *sasl, const char *message, size_t len)
{
	char *out = NULL;
	size_t n = 0;
	int rc;

	if (sasl->step != STEP_FINAL || !g_str_has_prefix(message, "v="))
		return false;
	rc = gsasl_step(sasl->session, message, len, &out, &n);
	gsasl_free(out);
	sasl->step = STEP_DONE;
	sasl->proved = rc == GSASL_OK;
	return sasl->proved;
}

struct stanza *
sasl_challenge(struct sasl *sasl, const struct stanza *challenge, struct stream_failure **failure)
{
	size_t len, n = 0;
	g_autofree char *message = decode(challenge, &len);
	const char *fault = NULL;
	struct stanza *response;
	char *out = NULL;

	if (message == NULL)
		fault = "its answer is not what SCRAM says";
	else if (sasl->step == STEP_FIRST)
		fault = fault_of_first(sasl, message);
	else if (sasl->step == STEP_FINAL)	/* servers without additional data in <success/> */
		fault = verify_final(sasl, message, len) ? NULL : "its signature is wrong";
	else
		fault = "it asks again after the exchange was over";
	if (fault != NULL) {
		*failure = forged(sasl, fault);
		return NULL;
	}
	if (sasl->step == STEP_DONE)
		return element_with("response", "", 0);
	if (gsasl_step(sasl->session, message, len, &out, &n) != GSASL_NEEDS_MORE) {
		gsasl_free(out);
		*failure = forged(sasl, "its answer is not what SCRAM says");
		return NULL;
	}
	sasl->step = STEP_FINAL;
	response = element_with("response", out, n);
	gsasl_free(out);
	return response;
}

bool
sasl_success(struct sasl *sasl, const struct stanza *success, struct stream_failure **failure)
{
	size_t len;
	g_autofree char *message = decode(success, &len);
	const char *fault = NULL;

	if (message == NULL)
		fault = "its answer is not what SCRAM says";
	else if (sasl->scram && !sasl->proved) {
		if (sasl->step != STEP_FINAL)
			fault = "it said yes before the exchange was over";
		else if (len == 0)
			fault = "it said yes without a signature";
		else if (!verify_final(sasl, message, len))
			fault = "its signature is wrong";
	}
	if (fault != NULL)
		*failure = forged(sasl, fault);
	return fault == NULL;
}

/* --- refusals --- */

/* RFC 6120 §6.5. */
static const struct {
	const char	*condition;
	enum stream_fault fault;
} refusals[] = {
	{ "account-disabled", STREAM_REFUSED },
	{ "credentials-expired", STREAM_REFUSED },
	{ "encryption-required", STREAM_REFUSED },
	{ "incorrect-encoding", STREAM_REFUSED },
	{ "invalid-authzid", STREAM_PASSWORD },
	{ "invalid-mechanism", STREAM_REFUSED },
	{ "malformed-request", STREAM_PASSWORD },
	{ "mechanism-too-weak", STREAM_REFUSED },
	{ "not-authorized", STREAM_PASSWORD },
	{ "policy-violation", STREAM_BUSY },
	{ "temporary-auth-failure", STREAM_BUSY },
};

struct stream_failure *
sasl_refused(const struct sasl *sasl, const struct stanza *refusal)
{
	const struct stanza *c, *defined = NULL;
	g_autofree char *condition = NULL, *words = NULL, *quote = NULL;
	enum stream_fault fault = STREAM_REFUSED;
	size_t i;

	for (c = stanza_first(refusal); c != NULL && defined == NULL; c = stanza_next(c))
		if (!stanza_is(c, "text", NULL))
			defined = c;
	condition = failure_words(defined != NULL ? stanza_name(defined) : "not-authorized");
	words = failure_words(stanza_text(stanza_child(refusal, "text", NULL)));
	quote = failure_quote(condition, words);
	for (i = 0; i < G_N_ELEMENTS(refusals); i++)
		if (strcmp(refusals[i].condition, condition) == 0)
			fault = refusals[i].fault;
	switch (fault) {
	case STREAM_PASSWORD:
		return failure_new(fault, condition, words, "%s refused the password for %s: %s. confab does not try "
		    "again until you change it.", sasl->domain, sasl->jid, quote);
	case STREAM_BUSY:
		return failure_new(fault, condition, words, "%s does not let %s log in now: %s. Trying often can "
		    "make it wait longer.", sasl->domain, sasl->jid, quote);
	default:
		return failure_new(fault, condition, words, "%s refused the log-in of %s: %s. The password was not "
		    "the reason; ask the operator of %s.", sasl->domain, sasl->jid, quote, sasl->domain);
	}
}
