/* raw.c: /raw: a stanza as typed, for those who look into servers and clients. */
#include <string.h>

#include "core/feature.h"
#include "xmpp/ns.h"

extern const struct feature feature_raw;

static void
answered(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct command_call *call = ctx;
	g_autofree char *xml = NULL;

	if (answer == NULL) {
		command_unanswered(call, "The other side", end, answer);
		return;
	}
	xml = stanza_to_xml(answer);
	command_say(call, "%s", xml);
	command_data(call, json_pack("{s:s}", "xml", xml));
	command_done(call);
}

static bool
is_request(const struct stanza *stanza)
{
	const char *type = stanza_get(stanza, "type");

	return strcmp(stanza_name(stanza), "iq") == 0 && (g_strcmp0(type, "get") == 0 || g_strcmp0(type, "set") == 0);
}

static void
raw_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	struct stanza *stanza = stanza_parse(call->argv[0], -1, &error);
	const char *name = stanza != NULL ? stanza_name(stanza) : "";

	if (stanza == NULL) {
		command_fail(call, RPC_ERROR_USAGE, "That is not XML: %s Nothing was sent.", error->message);
	} else if (strcmp(stanza_ns(stanza), NS_CLIENT) != 0 ||
	    (strcmp(name, "message") != 0 && strcmp(name, "presence") != 0 && strcmp(name, "iq") != 0)) {
		command_fail(call, RPC_ERROR_USAGE,
		    "A <message/>, a <presence/> or an <iq/> can be sent, nothing else. Nothing was sent.");
		stanza_free(stanza);
	} else if (is_request(stanza)) {
		account_request(call->account, stanza, answered, call);
	} else {
		account_send(call->account, stanza, false);
		command_done(call);
	}
}

static const struct command commands[] = {
	{ "raw", "XML...", "the rest", "sends a stanza as you type it",
	  "It goes out as it is, and nothing of it is kept here. To an <iq/> that asks, which gets an id of its own, the answer "
	  "is shown.", NEEDS_ACCOUNT | NEEDS_ONLINE, raw_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_raw = { .name = "raw", .commands = commands };
