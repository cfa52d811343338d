/*
 * carbons.c: copies of what our other devices send and get (XEP-0280).  A carbon counts only from our own bare address:
 * anybody can send us the same elements.
 */
#include "base/jid.h"
#include "base/log.h"
#include "core/feature.h"
#include "xmpp/ns.h"

extern const struct feature feature_carbons;

static enum verdict
carbons_unwrap(struct incoming *in)
{
	const struct stanza *sent = stanza_child(in->stanza, "sent", NS_CARBONS), *message;
	const struct stanza *carbon = sent != NULL ? sent : stanza_child(in->stanza, "received", NS_CARBONS);
	const char *from = stanza_get(in->stanza, "from");
	g_autofree char *sender = from != NULL ? jid_normalise(from, NULL) : NULL;

	if (carbon == NULL)
		return GO_ON;
	if (from != NULL && g_strcmp0(sender, account_jid(in->account)) != 0) {
		log_debug("carbons", "%s: a carbon from somebody else is ignored", account_name(in->account));
		return DONE;
	}
	message = stanza_child(stanza_child(carbon, "forwarded", NS_FORWARD), "message", NS_CLIENT);
	if (message == NULL)
		return DONE;
	in->message = message;
	in->via = VIA_CARBON;
	in->out = sent != NULL;
	return GO_ON;
}

static void
enabled(void *ctx, enum iq_end end, const struct stanza *answer)
{
	(void)answer;
	if (end == IQ_ERROR)
		log_notice("carbons", "%s: the server has no carbons; other devices' messages are not seen here",
		    account_name(ctx));
}

static void
carbons_online(struct account *account)
{
	struct stanza *iq = stanza_iq("set", NULL);

	stanza_add(iq, "enable", NS_CARBONS);
	account_request(account, iq, enabled, account);
}

const struct feature feature_carbons = {
	.name = "carbons",
	.standard = "XEP-0280: Message Carbons",
	.in[STAGE_UNWRAP] = carbons_unwrap,
	.online = carbons_online,
};
