/* last.c: for how long nobody has done anything here (XEP-0012), for who may know that we are there. */
#include "core/attention.h"
#include "core/feature.h"
#include "xmpp/ns.h"

extern const struct feature feature_last;

static void
last_iq(struct account *account, const struct stanza *iq)
{
	struct stanza *result = stanza_result(iq);
	g_autofree char *seconds = g_strdup_printf("%" G_GINT64_FORMAT,
	    attention_idle_ms(account->core->attention) / 1000);

	stanza_set(stanza_add(result, "query", NS_LAST), "seconds", seconds);
	account_send(account, result, false);
}

static const char *const disco[] = { NS_LAST, NULL };

const struct feature feature_last = {
	.name = "last",
	.standard = "XEP-0012: Last Activity",
	.iq_ns = NS_LAST,
	.iq = last_iq,
	.disco = disco,
};
