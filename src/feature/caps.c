/* caps.c: our presence says what we can do (XEP-0115); what others say is core/caps.h. */
#include "core/caps.h"

#include "core/feature.h"
#include "xmpp/ns.h"

extern const struct feature feature_caps;

static void
caps_presence(struct account *account, struct stanza *presence)
{
	struct stanza *c = stanza_add(presence, "c", NS_CAPS);

	(void)account;
	stanza_set(c, "hash", "sha-1");
	stanza_set(c, "node", caps_own_node());
	stanza_set(c, "ver", caps_own_hash());
}

static const char *const disco[] = { NS_CAPS, NULL };

const struct feature feature_caps = {
	.name = "caps",
	.standard = "XEP-0115: Entity Capabilities",
	.presence = caps_presence,
	.disco = disco,
};
