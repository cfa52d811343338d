/*
 * carbons.c: copies of what our other devices send and get (XEP-0280).  A carbon counts only from our own bare address:
 * anybody can send us the same elements.
 */
#include "base/jid.h"
#include "base/log.h"
#include "core/feature.h"
#include "xmpp/ns.h"

extern const struct feature feature_carbons;

/* The one message in a carbon; NULL for anything that is not exactly that. */
static const struct stanza *
carried(const struct stanza *envelope, const struct stanza *carbon)
{
	const struct stanza *forwarded = stanza_child(carbon, "forwarded", NS_FORWARD);
	const struct stanza *message = stanza_child(forwarded, "message", NS_CLIENT);

	if (message == NULL || stanza_count(carbon, "forwarded", NS_FORWARD) != 1 ||
	    stanza_count(forwarded, "message", NS_CLIENT) != 1 ||
	    stanza_count(envelope, "sent", NS_CARBONS) + stanza_count(envelope, "received", NS_CARBONS) != 1)
		return NULL;
	/* A copy of a copy. */
	if (stanza_count(message, "sent", NS_CARBONS) + stanza_count(message, "received", NS_CARBONS) != 0)
		return NULL;
	return message;
}

/* From us to somebody, or from somebody to us: a server that copies what is between others is not believed. */
static bool
addressed(const struct account *account, const struct stanza *message, bool sent)
{
	const char *from = stanza_get(message, "from"), *to = stanza_get(message, "to");
	g_autofree char *sender = from != NULL ? jid_normalise(from, NULL) : NULL;
	g_autofree char *receiver = to != NULL ? jid_normalise(to, NULL) : NULL;

	if (sender == NULL || receiver == NULL)
		return false;
	return jid_same_bare(sent ? sender : receiver, account_jid(account));
}

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
	message = carried(in->stanza, carbon);
	if (message == NULL || !addressed(in->account, message, sent != NULL))
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
