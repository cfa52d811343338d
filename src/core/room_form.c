/* room_form.c: see room_form.h. */
#include "core/room_form.h"

#include "base/clock.h"
#include "core/turn.h"
#include "xmpp/ns.h"

enum { FRESH_MS = 60000 };

void
room_form_keep(struct room *room, const struct stanza *x)
{
	form_free(room->config);
	room->config = form_parse(x, NULL);
	room->config_ms = clock_boot_ms();
}

struct asking {
	struct account	*account;
	char		*jid;
};

static void
told(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct asking *asking = ctx;
	struct room *room = end == IQ_RESULT ? room_find(asking->account, asking->jid) : NULL;

	if (room != NULL)
		room_form_keep(room, stanza_child(stanza_child(answer, "query", NS_MUC_OWNER), "x", NS_DATA));
	g_free(asking->jid);
	g_free(asking);
}

const struct form *
room_form_recent(struct room *room)
{
	struct asking *asking;
	struct stanza *iq;

	if (room->config_ms != 0 && clock_boot_ms() - room->config_ms < FRESH_MS)
		return room->config;
	if (room->affiliation != AFFILIATION_OWNER || !account_online(room->account))
		return room->config;
	/* Not at each key. */
	room->config_ms = clock_boot_ms();
	asking = g_new(struct asking, 1);
	asking->account = room->account;
	asking->jid = g_strdup(room->jid);
	iq = stanza_iq("get", room->jid);
	stanza_add(iq, "query", NS_MUC_OWNER);
	account_request(room->account, iq, told, asking);
	turn_wake(room->account->core->turn);
	return room->config;
}
