/* archive_fate.c: what became of our messages of which nobody knows whether they arrived. */
#include "core/archive_private.h"

#include "base/jid.h"
#include "core/outbox.h"
#include "core/room.h"
#include "core/roster.h"
#include "xmpp/ns.h"

static bool
listed(const struct stanza *prefs, const char *list, const char *peer)
{
	const struct stanza *jids = stanza_child(prefs, list, NS_MAM);

	for (struct stanza *c = jids != NULL ? stanza_first(jids) : NULL; c != NULL; c = stanza_next(c)) {
		g_autofree char *jid = stanza_is(c, "jid", NS_MAM) ? jid_normalise(stanza_text(c), NULL) : NULL;

		if (jid != NULL && jid_same_bare(jid, peer))
			return true;
	}
	return false;
}

/* XEP-0441: does the archive keep what is said with this one? */
static bool
keeps(void *ctx, struct account *account, const char *peer)
{
	const struct stanza *prefs = ctx;
	const char *standard = stanza_get(prefs, "default");

	if (listed(prefs, "never", peer))
		return false;
	return listed(prefs, "always", peer) || g_strcmp0(standard, "always") == 0 ||
	    (g_strcmp0(standard, "roster") == 0 && roster_has(account->roster, peer));
}

static void
prefs_told(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct archive *a = ctx;
	const struct stanza *prefs = end == IQ_RESULT ? stanza_child(answer, "prefs", NS_MAM) : NULL;
	struct span top = { 0 };

	if (prefs != NULL && a->state == SYNC_COMPLETE && span_find(a->account->core->store, a->row, INT64_MAX, &top))
		outbox_not_found(a->account, top.low, keeps, (void *)(uintptr_t)prefs);
	span_clear(&top);
	if (end != IQ_LOST)
		archive_stop_looking(a);
}

void
archive_settle_unknown(struct archive *a)
{
	struct span top = { 0 };
	struct stanza *iq;

	if (a->vanished || !outbox_has_unknown(a->account)) {
		archive_stop_looking(a);
		return;
	}
	if (a->room != NULL) {
		if (span_find(a->account->core->store, a->row, INT64_MAX, &top))
			outbox_not_found_in(a->account, a->room->jid, archive_ms(top.low));
		span_clear(&top);
		archive_stop_looking(a);
		return;
	}
	iq = stanza_iq("get", NULL);
	stanza_add(iq, "prefs", NS_MAM);
	account_request(a->account, iq, prefs_told, a);
}
