/*
 * servertime.c: asks the server what time it is (XEP-0202), so that messages are ordered by its clock and not by ours,
 * which may be wrong.  A server that does not say leaves the offset at 0.
 */
#include "base/clock.h"
#include "base/jid.h"
#include "base/log.h"
#include "core/feature.h"
#include "xmpp/ns.h"

extern const struct feature feature_servertime;

struct asking {
	struct account	*account;
	int64_t		 asked_us;
};

static void
told(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct asking *asking = ctx;
	const struct stanza *time = end == IQ_RESULT ? stanza_child(answer, "time", NS_TIME) : NULL;
	int64_t now_us = clock_real_us(), server_ms;

	if (clock_parse_utc(stanza_text(stanza_child(time, "utc", NS_TIME)), &server_ms)) {
		int64_t middle_us = asking->asked_us + (now_us - asking->asked_us) / 2;

		/* The answer has whole seconds on most servers: less than that is not known. */
		int64_t offset_us = server_ms * 1000 - middle_us;
		asking->account->clock_offset_us = ABS(offset_us) > 2000000 ? offset_us : 0;
		if (asking->account->clock_offset_us != 0)
			account_notice(asking->account, SEVERITY_WARNING,
			    "The clock of the server and the clock here differ by %d s.", (int)(offset_us / 1000000));
	}
	g_free(asking);
}

static void
servertime_online(struct account *account)
{
	g_autofree char *domain = jid_domain(account_jid(account));
	struct stanza *iq = stanza_iq("get", domain);
	struct asking *asking = g_new(struct asking, 1);

	asking->account = account;
	asking->asked_us = clock_real_us();
	account->clock_offset_us = 0;
	stanza_add(iq, "time", NS_TIME);
	account_request(account, iq, told, asking);
}

const struct feature feature_servertime = {
	.name = "servertime",
	.standard = "XEP-0202: Entity Time (asking only)",
	.online = servertime_online,
};
