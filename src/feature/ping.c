/* ping.c: are you there (XEP-0199): answered, and asked with /ping. */
#include "base/clock.h"
#include "base/jid.h"
#include "core/feature.h"
#include "core/roster.h"
#include "xmpp/ns.h"

extern const struct feature feature_ping;

static void
ping_iq(struct account *account, const struct stanza *iq)
{
	account_send(account, stanza_result(iq), false);
}

struct asking {
	char	*jid;
	int64_t	 asked_ms;	/* boot clock */
};

static void
told(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct command_call *call = ctx;
	struct asking *asking = call->ctx;
	g_autofree char *jid = g_steal_pointer(&asking->jid);
	int64_t took_ms = clock_boot_ms() - asking->asked_ms;

	g_free(asking);
	if (end != IQ_RESULT) {
		command_unanswered(call, jid, end, answer);
		return;
	}
	command_say(call, "%s answered after %" G_GINT64_FORMAT " ms.", jid, took_ms);
	command_data(call, json_pack("{s:s, s:I}", "jid", jid, "ms", (json_int_t)took_ms));
	command_done(call);
}

static void
ping_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *jid = call->argv[0] != NULL ? jid_from_person(call->argv[0], false, &error) :
	    jid_domain(account_jid(call->account));
	struct asking *asking;
	struct stanza *iq;

	if (jid == NULL) {
		command_fail_with(call, error);
		return;
	}
	asking = g_new(struct asking, 1);
	asking->jid = roster_reach(call->account->roster, jid);
	asking->asked_ms = clock_boot_ms();
	call->ctx = asking;
	iq = stanza_iq("get", asking->jid);
	stanza_add(iq, "ping", NS_PING);
	account_request(call->account, iq, told, call);
}

static const struct command commands[] = {
	{ "ping", "[JID]", "the rest", "measures how long an answer takes, from your server or from somebody",
	  "Of a contact without a resource the client with the highest priority is asked, if one is there.",
	  NEEDS_ACCOUNT | NEEDS_ONLINE, ping_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

static const char *const disco[] = { NS_PING, NULL };

const struct feature feature_ping = {
	.name = "ping",
	.standard = "XEP-0199: XMPP Ping",
	.iq_ns = NS_PING,
	.iq = ping_iq,
	.disco = disco,
	.commands = commands,
};
