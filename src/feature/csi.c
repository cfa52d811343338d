/*
 * csi.c: tells the server whether somebody looks (XEP-0352), so that it may hold back what can wait.
 */
#include <string.h>

#include "core/attention.h"
#include "core/connection.h"
#include "core/feature.h"
#include "xmpp/ns.h"

extern const struct feature feature_csi;

static void
csi_attention(struct account *account)
{
	bool here = attention_here(account->core->attention);
	const char *xml = here ? "<active xmlns='" NS_CSI "'/>" : "<inactive xmlns='" NS_CSI "'/>";

	/* No stanza: it is not counted, and depends on nothing that is to be committed. */
	if (!account->has_csi || !account_online(account) || here == account->told_active)
		return;
	connection_write(account, xml, strlen(xml));
	account->told_active = here;
}

const struct feature feature_csi = {
	.name = "csi",
	.standard = "XEP-0352: Client State Indication",
	.attention = csi_attention,
};
