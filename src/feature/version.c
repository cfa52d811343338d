/*
 * version.c: which program this is, and which one others use (XEP-0092).  The system it runs on is nobody's business.
 */
#include "base/jid.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/feature.h"
#include "core/roster.h"
#include "xmpp/ns.h"

extern const struct feature feature_version;

static void
version_iq(struct account *account, const struct stanza *iq)
{
	struct stanza *result = stanza_result(iq), *query = stanza_add(result, "query", NS_VERSION);

	stanza_add_with_text(query, "name", NULL, "confab");
	stanza_add_with_text(query, "version", NULL, CONFAB_VERSION);
	account_send(account, result, false);
}

static void
told(void *ctx, enum iq_end end, const struct stanza *answer)
{
	static const char *const parts[] = { "name", "version", "os" };
	struct command_call *call = ctx;
	g_autofree char *jid = g_steal_pointer(&call->ctx);
	const struct stanza *query = end == IQ_RESULT ? stanza_child(answer, "query", NS_VERSION) : NULL;
	g_autoptr(GString) line = g_string_new(NULL);
	json_t *data;

	if (query == NULL) {
		command_unanswered(call, jid, end == IQ_RESULT ? IQ_ERROR : end, answer);
		return;
	}
	data = json_pack("{s:s}", "jid", jid);
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		const char *text = stanza_text(stanza_child(query, parts[i], NS_VERSION));
		g_autofree char *clean = text != NULL ? text_clean(text, -1, TEXT_LINE, LIMIT_NAME) : NULL;

		if (clean == NULL || *clean == '\0')
			continue;
		g_string_append_printf(line, i == 2 ? " on %s" : " %s", clean);
		json_object_set_new(data, parts[i], json_string(clean));
	}
	command_say(call, "%s says that it uses%s.", jid, line->len > 0 ? line->str : " something without a name");
	command_data(call, data);
	command_done(call);
}

static void
version_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *jid = NULL;
	struct stanza *iq;

	if (call->argv[0] == NULL) {
		command_say(call, "confab %s on %s", CONFAB_VERSION, stream_libraries());
		command_data(call, json_pack("{s:s, s:s, s:s}", "name", "confab", "version", CONFAB_VERSION,
		    "libraries", stream_libraries()));
		command_done(call);
		return;
	}
	if (call->account == NULL || !account_online(call->account)) {
		command_fail(call, RPC_ERROR_OFFLINE, "That is asked with an account that is on line.");
		return;
	}
	jid = jid_from_person(call->argv[0], false, &error);
	if (jid == NULL) {
		command_fail_with(call, error);
		return;
	}
	call->ctx = roster_reach(call->account->roster, jid);
	iq = stanza_iq("get", call->ctx);
	stanza_add(iq, "query", NS_VERSION);
	account_request(call->account, iq, told, call);
}

static const struct command commands[] = {
	{ "version", "[JID]", "the rest", "says which program this is, or asks a server or client which one it uses",
	  "Of a contact without a resource the client with the highest priority is asked, if one is there.", 0,
	      version_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

static const char *const disco[] = { NS_VERSION, NULL };

const struct feature feature_version = {
	.name = "version",
	.standard = "XEP-0092: Software Version",
	.iq_ns = NS_VERSION,
	.iq = version_iq,
	.disco = disco,
	.commands = commands,
};
