/*
 * delay.c: when a message was sent (XEP-0203).  Anybody can claim a time; only that of our own server, which keeps
 * messages while we are away, is believed, once, and never one that lies ahead.  The order of messages does not depend
 * on it.
 */
#include <string.h>

#include "base/clock.h"
#include "base/jid.h"
#include "core/feature.h"
#include "xmpp/ns.h"

extern const struct feature feature_delay;

static enum verdict
delay_annotate(struct incoming *in)
{
	g_autofree char *domain = jid_domain(account_jid(in->account));
	int64_t now_ms = clock_real_us() / 1000, said_ms, claim_ms = 0;
	unsigned believed = 0;

	/* An archive said it outside of the message, and of rooms it is known already. */
	if (in->via == VIA_ARCHIVE || in->kind == CHAT_ROOM)
		return GO_ON;
	for (struct stanza *c = stanza_first(in->message); c != NULL; c = stanza_next(c)) {
		g_autofree char *by = NULL;

		if (!stanza_is(c, "delay", NS_DELAY) || !clock_parse_utc(stanza_get(c, "stamp"), &said_ms))
			continue;
		by = stanza_get(c, "from") != NULL ? jid_normalise(stanza_get(c, "from"), NULL) : NULL;
		if (by == NULL || (strcmp(by, domain) != 0 && strcmp(by, account_jid(in->account)) != 0))
			continue;
		believed++;
		claim_ms = MIN(said_ms, now_ms);
	}
	if (believed == 1) {
		in->said_ms = claim_ms;
		if (in->via == VIA_LIVE)
			in->via = VIA_OFFLINE;
	}
	return GO_ON;
}

const struct feature feature_delay = {
	.name = "delay",
	.standard = "XEP-0203: Delayed Delivery",
	.in[STAGE_ANNOTATE] = delay_annotate,
};
