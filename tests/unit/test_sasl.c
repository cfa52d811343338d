/*
 * test_sasl.c: the choice of a mechanism, and an exchange with GNU SASL's own server that lies in one place at a time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gsasl.h>
#include <string.h>

#include "xmpp/ns.h"
#include "xmpp/sasl.h"

#define PASSWORD "pencil\xC2\xAD"	/* SASLprep drops the soft hyphen */

static GBytes *
bind_unique(void *ctx, const char *type)
{
	(void)ctx;
	return strcmp(type, "tls-unique") == 0 ? g_bytes_new_static("finished!", 9) : NULL;
}

static struct stanza *
features(const char *names, const char *more)
{
	struct stanza *s = stanza_new("features", NS_STREAM), *list = stanza_add(s, "mechanisms", NS_SASL);
	g_auto(GStrv) words = g_strsplit(names, " ", -1);
	guint i;

	for (i = 0; words[i] != NULL; i++)
		stanza_add_with_text(list, "mechanism", NULL, words[i]);
	if (more != NULL)
		stanza_take(s, stanza_parse(more, -1, NULL));
	return s;
}

/* What is chosen; NULL with failure set. */
static struct sasl *
choose(const char *names, const char *more, bool encrypted, bool bound, struct stream_failure **failure)
{
	struct sasl_setup setup = { .jid = "user@example.com", .password = PASSWORD, .encrypted = encrypted,
	    .binding = bound ? bind_unique : NULL };
	struct stanza *s = features(names, more);
	struct sasl *sasl;

	*failure = NULL;
	sasl = sasl_new(&setup, s, failure);
	stanza_free(s);
	return sasl;
}

static void
test_choice(void **state)
{
	static const char exporter[] = "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding "
	    "type='tls-exporter'/>"
	    "</sasl-channel-binding>";
	static const struct { const char *names, *more; bool encrypted, bound; const char *mechanism; } rows[] = {
		{ "PLAIN SCRAM-SHA-1 SCRAM-SHA-256", NULL, true, false, "SCRAM-SHA-256" },
		{ "PLAIN SCRAM-SHA-1", NULL, true, false, "SCRAM-SHA-1" },
		{ "SCRAM-SHA-1", NULL, false, false, "SCRAM-SHA-1" },
		{ "SCRAM-SHA-256 SCRAM-SHA-256-PLUS", NULL, true, false, "SCRAM-SHA-256" },
		{ "SCRAM-SHA-256 SCRAM-SHA-256-PLUS", NULL, true, true, "SCRAM-SHA-256-PLUS" },
		{ "SCRAM-SHA-256 SCRAM-SHA-1-PLUS", NULL, true, true, "SCRAM-SHA-1-PLUS" },
		{ "SCRAM-SHA-256 SCRAM-SHA-256-PLUS", exporter, true, true, "SCRAM-SHA-256" },
		{ "PLAIN", NULL, true, false, "PLAIN" },
		{ "PLAIN", NULL, false, false, NULL },
		{ "PLAIN SCRAM-SHA-512", NULL, true, false, NULL },
		{ "PLAIN SCRAM-SHA-256-PLUS", NULL, true, false, NULL },
		{ "DIGEST-MD5 CRAM-MD5 ANONYMOUS LOGIN EXTERNAL", NULL, true, false, NULL },
		{ "scram-sha-1", NULL, true, false, NULL },
		{ "", NULL, true, false, NULL },
	};
	struct stream_failure *failure;
	size_t i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct sasl *sasl = choose(rows[i].names, rows[i].more, rows[i].encrypted, rows[i].bound, &failure);

		if (rows[i].mechanism != NULL)
			assert_string_equal(sasl_mechanism(sasl), rows[i].mechanism);
		else {
			assert_null(sasl);
			assert_int_equal(failure->fault, STREAM_WEAK);
			assert_true(failure->final);
		}
		stream_failure_free(failure);
		sasl_free(sasl);
	}
}

/* --- the server --- */

enum lie { HONEST, NONCE_CUT, NONCE_OTHER, FEW_ROUNDS, MANY_ROUNDS, NO_SALT, SIGNATURE, NO_SIGNATURE, EARLY,
    IN_CHALLENGE };

static int
on_property(Gsasl *ctx, Gsasl_session *session, Gsasl_property property)
{
	(void)ctx;
	switch (property) {
	case GSASL_PASSWORD:
		gsasl_property_set(session, property, "pencil");
		return GSASL_OK;
	case GSASL_CB_TLS_UNIQUE:
		gsasl_property_set(session, property, "ZmluaXNoZWQh");
		return GSASL_OK;
	default:
		return GSASL_NO_CALLBACK;
	}
}

static char *
told(const struct stanza *s)
{
	gsize n;
	g_autofree guchar *data = g_base64_decode(stanza_text(s), &n);

	return g_strndup((char *)data, n);
}

static struct stanza *
saying(const char *name, const char *text)
{
	g_autofree char *base64 = g_base64_encode((const guchar *)text, strlen(text));
	struct stanza *s = stanza_new(name, NS_SASL);

	stanza_add_text(s, base64, -1);
	return s;
}

static char *
twisted(const char *first, enum lie lie)
{
	g_auto(GStrv) parts = g_strsplit(first, ",", -1);

	switch (lie) {
	case NONCE_CUT:		/* GNU SASL's own nonces are 24 characters each */
		parts[0][2 + 24] = '\0';
		break;
	case NONCE_OTHER:
		parts[0][2] ^= 1;
		break;
	case FEW_ROUNDS:
		g_free(parts[2]);
		parts[2] = g_strdup("i=4095");
		break;
	case MANY_ROUNDS:
		g_free(parts[2]);
		parts[2] = g_strdup("i=1000001");
		break;
	case NO_SALT:
		parts[1][2] = '\0';
		break;
	default:
		break;
	}
	return g_strjoinv(",", parts);
}

/* True when the client takes what the server did for a log-in. */
static bool
exchange(const char *mechanism, enum lie lie)
{
	struct stream_failure *failure = NULL;
	struct sasl *sasl = choose(mechanism, NULL, true, true, &failure);
	struct stanza *auth, *challenge = NULL, *response = NULL, *success = NULL, *second = NULL;
	Gsasl *server;
	Gsasl_session *session;
	char *out = NULL, *final = NULL;
	size_t n;
	bool good = false;

	assert_non_null(sasl);
	assert_int_equal(gsasl_init(&server), GSASL_OK);
	gsasl_callback_set(server, on_property);
	assert_int_equal(gsasl_server_start(server, mechanism, &session), GSASL_OK);
	gsasl_property_set(session, GSASL_SCRAM_ITER, "4096");
	auth = sasl_start(sasl, &failure);
	assert_string_equal(stanza_get(auth, "mechanism"), mechanism);
	if (lie == EARLY)
		success = stanza_new("success", NS_SASL);
	else {
		g_autofree char *said = told(auth), *first = NULL;

		assert_int_equal(gsasl_step(session, said, strlen(said), &out, &n), GSASL_NEEDS_MORE);
		first = g_strndup(out, n);
		gsasl_free(out);
		out = NULL;
		g_free(g_steal_pointer(&said));
		said = twisted(first, lie);
		challenge = saying("challenge", said);
		response = sasl_challenge(sasl, challenge, &failure);
	}
	if (response != NULL) {
		g_autofree char *said = told(response);

		assert_int_equal(gsasl_step(session, said, strlen(said), &out, &n), GSASL_OK);
		final = g_strndup(out, n);
		gsasl_free(out);
		if (lie == SIGNATURE)
			final[5] ^= 1;
		if (lie == IN_CHALLENGE) {
			struct stanza *last = saying("challenge", final);

			second = sasl_challenge(sasl, last, &failure);
			assert_non_null(second);
			assert_string_equal(stanza_text(second), "");
			stanza_free(last);
		}
		success = lie == NO_SIGNATURE || lie == IN_CHALLENGE ? stanza_new("success",
		    NS_SASL) : saying("success", final);
	}
	if (success != NULL)
		good = sasl_success(sasl, success, &failure);
	assert_true(good == (failure == NULL));
	if (failure != NULL)
		assert_int_equal(failure->fault, STREAM_FORGED);
	stream_failure_free(failure);
	stanza_free(auth);
	stanza_free(challenge);
	stanza_free(response);
	stanza_free(second);
	stanza_free(success);
	g_free(final);
	gsasl_finish(session);
	gsasl_done(server);
	sasl_free(sasl);
	return good;
}

static void
test_exchange(void **state)
{
	static const char *const names[] = { "SCRAM-SHA-256", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS" };
	enum lie lie;
	size_t i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(names); i++) {
		assert_true(exchange(names[i], HONEST));
		assert_true(exchange(names[i], IN_CHALLENGE));
		for (lie = NONCE_CUT; lie <= EARLY; lie++)
			assert_false(exchange(names[i], lie));
	}
}

static void
test_plain(void **state)
{
	struct stream_failure *failure;
	struct sasl *sasl = choose("PLAIN", NULL, true, false, &failure);
	struct stanza *auth = sasl_start(sasl, &failure), *success = stanza_new("success", NS_SASL), *challenge;
	gsize n;
	g_autofree guchar *data = g_base64_decode(stanza_text(auth), &n);

	(void)state;
	assert_int_equal(n, strlen("user") + strlen("pencil") + 2);
	assert_memory_equal(data, "\0user\0pencil", n);
	challenge = stanza_new("challenge", NS_SASL);
	assert_null(sasl_challenge(sasl, challenge, &failure));
	stream_failure_free(failure);
	failure = NULL;
	assert_true(sasl_success(sasl, success, &failure));
	stanza_free(challenge);
	stanza_free(auth);
	stanza_free(success);
	sasl_free(sasl);
}

static void
test_passwords_that_cannot_be(void **state)
{
	static const char *const passwords[] = { "", "a\x07", "\xFF" };
	struct stanza *s = features("SCRAM-SHA-1", NULL);
	size_t i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(passwords); i++) {
		struct sasl_setup setup = { .jid = "user@example.com", .password = passwords[i], .encrypted = true };
		struct stream_failure *failure = NULL;

		assert_null(sasl_new(&setup, s, &failure));
		assert_int_equal(failure->fault, STREAM_PASSWORD);
		stream_failure_free(failure);
	}
	stanza_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_exchange),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_passwords_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
