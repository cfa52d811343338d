/*
 * negotiate.c: see negotiate.h.
 *
 * What a reader would get wrong: between asking for a new stream and its header nothing may come, and what comes in
 * that gap is injected, not early; each state takes exactly the elements that it names, and everything else ends it.
 */
#include "xmpp/negotiate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "xmpp/failure.h"
#include "xmpp/ns.h"
#include "xmpp/sasl.h"

enum state {
	WAIT_HEADER,		/* nothing but the header may come */
	WAIT_FEATURES,
	WAIT_PROCEED,
	WAIT_SASL,
	WAIT_RESUMED,
	WAIT_BOUND,
	WAIT_SESSION,
	WAIT_ENABLED,
};

struct negotiate {
	struct conn	*conn;
	const struct conn_setup *setup;
	enum state	 state;
	bool		 encrypted, authenticated;
	struct sasl	*sasl;
	struct conn_login *login;
	char		*id;		/* of the iq that is open */
};

struct negotiate *
negotiate_new(struct conn *conn, const struct conn_setup *setup)
{
	struct negotiate *n = g_new0(struct negotiate, 1);

	n->conn = conn;
	n->setup = setup;
	n->login = g_new0(struct conn_login, 1);
	return n;
}

void
negotiate_free(struct negotiate *n)
{
	sasl_free(n->sasl);
	if (n->login != NULL)
		conn_login_free(n->login);
	g_free(n->id);
	g_free(n);
}

static bool
is_safe(const struct negotiate *n)
{
	return n->encrypted || n->setup->config->tls == STREAM_TLS_OFF;
}

static void
fail(struct negotiate *n, struct stream_failure *failure)
{
	conn_fail(n->conn, failure);
}

static void
broken(struct negotiate *n, const struct stanza *s)
{
	g_autofree char *name = failure_words(stanza_name(s));

	fail(n, failure_new(STREAM_BROKEN, NULL, NULL, "%s sent <%s/> where the log-in has no place for it.",
	    n->setup->peer,
	    name != NULL ? name : "?"));
}

/* --- streams --- */

static void
restart(struct negotiate *n, bool with_tls)
{
	n->state = WAIT_HEADER;
	conn_restart(n->conn, with_tls);
}

void
negotiate_connected(struct negotiate *n)
{
	n->encrypted = n->setup->direct;
	restart(n, n->setup->direct);
}

void
negotiate_opened(struct negotiate *n)
{
	if (n->state == WAIT_HEADER)
		n->state = WAIT_FEATURES;
}

/* --- management of the stream, XEP-0198 --- */

static void
finish(struct negotiate *n)
{
	const char *tls = conn_tls_version(n->conn);

	n->login->tls = g_strdup(tls);
	n->login->peer = g_strdup(n->setup->peer);
	n->login->local = conn_local(n->conn);
	conn_up(n->conn, g_steal_pointer(&n->login));
}

static void
enable_or_finish(struct negotiate *n)
{
	if (stanza_child(n->login->features, "sm", NS_SM) == NULL) {
		finish(n);
		return;
	}
	n->state = WAIT_ENABLED;
	conn_write(n->conn, "<enable xmlns='" NS_SM "' resume='true'/>");
}

static bool
number_of(const struct stanza *s, const char *attribute, uint32_t *value)
{
	const char *text = stanza_get(s, attribute);
	char *end;
	unsigned long long n;

	if (text == NULL || text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (*end != '\0' || errno != 0 || n > UINT32_MAX)
		return false;
	*value = (uint32_t)n;
	return true;
}

static void
on_enabled(struct negotiate *n, const struct stanza *s)
{
	const char *resume = stanza_get(s, "resume"), *id = stanza_get(s, "id"), *location = stanza_get(s, "location");

	if (stanza_is(s, "enabled", NS_SM)) {
		n->login->up.sm = true;
		if (id != NULL && id[0] != '\0' && strlen(id) <= LIMIT_NAME && resume != NULL &&
		    (strcmp(resume, "true") == 0 || strcmp(resume, "1") == 0)) {
			n->login->sm_id = g_strdup(id);
			if (location != NULL && strlen(location) <= LIMIT_NAME)
				n->login->sm_location = g_strdup(location);
			if (!number_of(s, "max", &n->login->up.sm_max_s))
				n->login->up.sm_max_s = 0;
		}
	} else if (stanza_is(s, "iq", NS_CLIENT) || stanza_is(s, "presence", NS_CLIENT)) {
		return;
	} else if (!stanza_is(s, "failed", NS_SM)) {
		/* A message that overtakes <enabled/> would be lost or miscounted; the next stream brings it again. */
		broken(n, s);
		return;
	}
	finish(n);
}

static void bind(struct negotiate *);

static void
on_resumed(struct negotiate *n, const struct stanza *s)
{
	const struct stream_config *config = n->setup->config;
	struct stream_up *up = &n->login->up;

	if (stanza_is(s, "resumed", NS_SM) && g_strcmp0(stanza_get(s, "previd"), config->resume_id) == 0 &&
	    number_of(s, "h", &up->acked)) {
		up->resumed = up->sm = true;
		n->login->sm_id = g_strdup(config->resume_id);
		n->login->jid = config->resume_jid != NULL ? g_strdup(config->resume_jid) : g_strdup(config->jid);
		finish(n);
	} else if (stanza_is(s, "resumed", NS_SM)) {
		/* Whatever was resumed is not ours, and on such a stream nothing can be bound any more. */
		conn_forget_resume(n->conn);
		fail(n, failure_new(STREAM_ERROR, NULL, NULL, "%s resumed another session than the one that confab "
		    "asked for.",
		    n->setup->domain));
	} else if (stanza_is(s, "failed", NS_SM)) {
		up->resume_failed = true;
		up->has_failed_h = number_of(s, "h", &up->failed_h);
		conn_step(n->conn, "%s does not know the earlier session any more", n->setup->domain);
		bind(n);
	} else
		broken(n, s);
}

/* --- binding --- */

static void
send_iq(struct negotiate *n, struct stanza *iq, enum state state)
{
	g_free(n->id);
	n->id = stanza_new_id();
	stanza_set(iq, "id", n->id);
	conn_write_stanza(n->conn, iq);
	stanza_free(iq);
	n->state = state;
}

static void
bind(struct negotiate *n)
{
	const char *resource = n->setup->config->resource;
	struct stanza *iq = stanza_iq("set", NULL), *request = stanza_add(iq, "bind", NS_BIND);

	if (resource != NULL)
		stanza_add_with_text(request, "resource", NULL, resource);
	send_iq(n, iq, WAIT_BOUND);
}

/* The answer to our iq; false when it is not. */
static bool
is_answer(const struct negotiate *n, const struct stanza *s)
{
	return stanza_is(s, "iq", NS_CLIENT) && g_strcmp0(stanza_get(s, "id"), n->id) == 0;
}

static struct stream_failure *
iq_refused(struct negotiate *n, const struct stanza *s, const char *what)
{
	struct stanza_fault fault;
	struct stream_failure *failure;
	g_autofree char *quote = NULL;

	if (!stanza_fault_read(s, &fault))
		return failure_new(STREAM_BIND, NULL, NULL, "%s answered %s in a way that means nothing.",
		    n->setup->domain,
		    what);
	quote = stanza_fault_text(&fault);
	failure = failure_new(strcmp(fault.condition, "resource-constraint") == 0 ? STREAM_BUSY : STREAM_BIND,
	    fault.condition, fault.words, "%s took the password and then refused %s: %s.", n->setup->domain, what,
	    quote);
	stanza_fault_clear(&fault);
	return failure;
}

/* Only for servers of RFC 3921, which need it and do not say that it is optional. */
static bool
needs_session(const struct negotiate *n)
{
	const struct stanza *session = stanza_child(n->login->features, "session", NS_SESSION);

	return session != NULL && stanza_child(session, "optional", NULL) == NULL;
}

static void
on_bound(struct negotiate *n, const struct stanza *s)
{
	const struct stanza *bound = stanza_child(stanza_child(s, "bind", NS_BIND), "jid", NS_BIND);
	g_autofree char *jid = NULL, *words = NULL;
	struct stanza *session;

	if (g_strcmp0(stanza_get(s, "type"), "result") != 0 || bound == NULL) {
		fail(n, iq_refused(n, s, "to give this client an address of its own"));
		return;
	}
	jid = strlen(stanza_text(bound)) <= 3071 ? jid_normalise(stanza_text(bound), NULL) : NULL;
	if (jid == NULL || jid_resource(jid) == NULL || !jid_same_bare(jid, n->setup->config->jid)) {
		words = failure_words(stanza_text(bound));
		fail(n, failure_new(STREAM_BIND, NULL, NULL, "%s bound us to \"%.200s\", which is not an address of "
		    "%s.",
		    n->setup->domain, words != NULL ? words : "", n->setup->config->jid));
		return;
	}
	n->login->jid = g_steal_pointer(&jid);
	if (needs_session(n)) {
		session = stanza_iq("set", NULL);
		stanza_add(session, "session", NS_SESSION);
		send_iq(n, session, WAIT_SESSION);
	} else
		enable_or_finish(n);
}

static void
on_session(struct negotiate *n, const struct stanza *s)
{
	if (g_strcmp0(stanza_get(s, "type"), "result") == 0)
		enable_or_finish(n);
	else
		fail(n, iq_refused(n, s, "to open a session"));
}

/* --- log-in --- */

/* Tells what is offered, in the server's order, and goes. */
static void
look(struct negotiate *n, const struct stanza *features)
{
	const struct stanza *list = stanza_child(features, "mechanisms", NS_SASL);
	g_autoptr(GString) names = g_string_new(NULL);

	for (const struct stanza *c = list != NULL ? stanza_first(list) : NULL; c != NULL; c = stanza_next(c))
		if (stanza_is(c, "mechanism", NS_SASL) && names->len < LIMIT_NAME)
			g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", stanza_text(c));
	g_autofree char *safe = failure_words(names->str);
	conn_step(n->conn, "%s offers %s; confab would log in with %s", n->setup->peer, safe, sasl_mechanism(n->sasl));
	fail(n, failure_new(STREAM_CLOSED, NULL, NULL, "Looked, and went."));
}

static void
log_in(struct negotiate *n, const struct stanza *features)
{
	struct stream_failure *failure = NULL;
	struct sasl_setup setup = {
		.jid = n->setup->config->jid,
		.password = n->setup->config->password != NULL ? n->setup->config->password : "",
		.at_least = n->setup->config->mechanism,
		.encrypted = n->encrypted,
		.binding = n->encrypted ? conn_binding : NULL,
		.ctx = n->conn,
	};
	struct stanza *auth = NULL;

	/* To choose, it wants a password; none goes out. */
	if (n->setup->config->look)
		setup.password = "-";
	else
		conn_enter(n->conn, CONN_LOGIN);
	n->sasl = sasl_new(&setup, features, &failure);
	if (n->sasl != NULL && n->setup->config->look) {
		look(n, features);
		return;
	}
	if (n->sasl != NULL)
		auth = sasl_start(n->sasl, &failure);
	if (auth == NULL) {
		fail(n, failure);
		return;
	}
	n->state = WAIT_SASL;
	conn_step(n->conn, "logging in with %s", sasl_mechanism(n->sasl));
	conn_write_stanza(n->conn, auth);
	stanza_free(auth);
}

static void
on_sasl(struct negotiate *n, const struct stanza *s)
{
	struct stream_failure *failure = NULL;
	struct stanza *response;

	if (stanza_is(s, "challenge", NS_SASL)) {
		response = sasl_challenge(n->sasl, s, &failure);
		if (response == NULL) {
			conn_write(n->conn, "<abort xmlns='" NS_SASL "'/>");
			fail(n, failure);
			return;
		}
		conn_write_stanza(n->conn, response);
		stanza_free(response);
	} else if (stanza_is(s, "success", NS_SASL)) {
		if (!sasl_success(n->sasl, s, &failure)) {
			fail(n, failure);
			return;
		}
		n->login->mechanism = g_strdup(sasl_mechanism(n->sasl));
		g_clear_pointer(&n->sasl, sasl_free);
		n->authenticated = true;
		conn_step(n->conn, "%s knows the password too; logged in", n->setup->domain);
		restart(n, false);
	} else if (stanza_is(s, "failure", NS_SASL))
		fail(n, sasl_refused(n->sasl, s));
	else
		broken(n, s);
}

static void
resume(struct negotiate *n)
{
	const struct stream_config *config = n->setup->config;
	struct stanza *s = stanza_new("resume", NS_SM);
	g_autofree char *h = g_strdup_printf("%u", config->resume_h);

	stanza_set(s, "previd", config->resume_id);
	stanza_set(s, "h", h);
	conn_write_stanza(n->conn, s);
	stanza_free(s);
	n->state = WAIT_RESUMED;
}

static void
on_features(struct negotiate *n, const struct stanza *s)
{
	if (!stanza_is(s, "features", NS_STREAM)) {
		broken(n, s);
	} else if (!is_safe(n)) {
		if (stanza_child(s, "starttls", NS_TLS) == NULL) {
			fail(n, failure_new(STREAM_NO_TLS, NULL, NULL,
			    "%s offers no encryption. confab does not send a password over it.", n->setup->peer));
			return;
		}
		n->state = WAIT_PROCEED;
		conn_write(n->conn, "<starttls xmlns='" NS_TLS "'/>");
	} else if (!n->authenticated) {
		log_in(n, s);
	} else {
		n->login->features = stanza_copy(s);
		conn_enter(n->conn, CONN_LOGIN);
		if (n->setup->config->resume_id != NULL && stanza_child(s, "sm", NS_SM) != NULL)
			resume(n);
		else {
			n->login->up.resume_failed = n->setup->config->resume_id != NULL;
			bind(n);
		}
	}
}

static void
on_proceed(struct negotiate *n, const struct stanza *s)
{
	if (stanza_is(s, "proceed", NS_TLS)) {
		n->encrypted = true;
		restart(n, true);
	} else if (stanza_is(s, "failure", NS_TLS))
		fail(n, failure_new(STREAM_NO_TLS, NULL, NULL, "%s offered encryption and then refused to begin it. "
		    "confab does not send a password over it.", n->setup->peer));
	else
		broken(n, s);
}

void
negotiate_element(struct negotiate *n, const struct stanza *s)
{
	if (stanza_is(s, "error", NS_STREAM)) {
		fail(n, failure_from_stream_error(s, n->setup->peer));
		return;
	}
	switch (n->state) {
	case WAIT_HEADER:
		broken(n, s);
		break;
	case WAIT_FEATURES:
		on_features(n, s);
		break;
	case WAIT_PROCEED:
		on_proceed(n, s);
		break;
	case WAIT_SASL:
		on_sasl(n, s);
		break;
	case WAIT_RESUMED:
		on_resumed(n, s);
		break;
	case WAIT_BOUND:
		if (is_answer(n, s))
			on_bound(n, s);
		break;
	case WAIT_SESSION:
		if (is_answer(n, s))
			on_session(n, s);
		break;
	case WAIT_ENABLED:
		on_enabled(n, s);
		break;
	}
}
