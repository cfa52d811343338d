/* time.c: what time it is here, for who may know where we are (XEP-0202). */
#include "base/clock.h"
#include "core/feature.h"
#include "xmpp/ns.h"

extern const struct feature feature_time;

static void
time_iq(struct account *account, const struct stanza *iq)
{
	struct stanza *result = stanza_result(iq), *time = stanza_add(result, "time", NS_TIME);
	int64_t now_us = clock_real_us();
	g_autofree char *utc = clock_format_utc(now_us / 1000), *zone = NULL;
	g_autoptr(GDateTime) now = g_date_time_new_from_unix_local(now_us / 1000000);

	zone = now != NULL ? g_date_time_format(now, "%:z") : NULL;
	stanza_add_with_text(time, "tzo", NULL, zone != NULL ? zone : "+00:00");
	stanza_add_with_text(time, "utc", NULL, utc);
	account_send(account, result, false);
}

static const char *const disco[] = { NS_TIME, NULL };

const struct feature feature_time = {
	.name = "time",
	.standard = "XEP-0202: Entity Time",
	.iq_ns = NS_TIME,
	.iq = time_iq,
	.disco = disco,
};
