/*
 * link.c: see link.h.
 *
 * What a reader would get wrong: the timer is not moved with every stanza.  When it comes due it looks how long it has
 * been quiet, and is set again; so a busy link costs nothing, and a quiet one a wake-up each LIMIT_LINK_QUIET.
 */
#include "core/link.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/jid.h"
#include "base/limits.h"
#include "core/account.h"
#include "core/connection.h"
#include "core/turn.h"
#include "xmpp/ns.h"

struct link {
	struct account	*account;
	struct clock_timer *timer;
	int64_t		 due_ms;
	int64_t		 said_ms;	/* the first stanza since something came; boot clock */
	struct clock_timer *patience;	/* a ping is out */
	int64_t		 pinged_ms;
};

static const char dead[] = "The server does not answer any more, though the line looks alive; the connection was left.";

struct link *
link_new(struct account *account)
{
	struct link *link = g_new0(struct link, 1);

	link->account = account;
	return link;
}

void
link_free(struct link *link)
{
	clock_timer_cancel(&link->timer);
	clock_timer_cancel(&link->patience);
	g_free(link);
}

/* --- asking --- */

void
link_lag(struct account *account, int64_t ms)
{
	int64_t was = account->ping_ms;

	if (was != 0 && llabs(ms - was) <= MAX(was / 4, 5))
		return;
	account->ping_ms = MAX(ms, 1);
	account_post(account);
}

static void
ponged(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct account *account = ctx;

	(void)answer;
	clock_timer_cancel(&account->link->patience);
	/* An error is an answer too. */
	if (end == IQ_RESULT || end == IQ_ERROR)
		link_lag(account, clock_boot_ms() - account->link->pinged_ms);
}

static void
lose_patience(void *ctx)
{
	struct account *account = ctx;
	struct link *link = account->link;

	link->patience = NULL;
	/* While the disk refuses it is us who do not read. */
	if (account->sm.heard_ms >= link->pinged_ms || turn_is_stuck(account->core->turn))
		return;
	connection_give_up(account, dead);
}

static void
ping(struct account *account)
{
	g_autofree char *domain = jid_domain(account_jid(account));
	struct stanza *iq = stanza_iq("get", domain);

	stanza_add(iq, "ping", NS_PING);
	account->link->pinged_ms = clock_boot_ms();
	account_request(account, iq, ponged, account);
	turn_wake(account->core->turn);
}

static void
ask(struct account *account, int64_t wait_ms)
{
	if (account->sm.on) {
		acknowledge_ask(account, wait_ms);
	} else {
		if (account->link->patience == NULL)
			ping(account);
		clock_timer_cancel(&account->link->patience);
		account->link->patience = clock_timer_start(wait_ms, lose_patience, account);
	}
}

/* --- when --- */

static void due(void *ctx);

static void
arm(struct link *link, int64_t at_ms)
{
	clock_timer_cancel(&link->timer);
	link->due_ms = at_ms;
	link->timer = clock_timer_start(at_ms - clock_boot_ms(), due, link);
}

static void
due(void *ctx)
{
	struct link *link = ctx;
	struct account *account = link->account;
	int64_t now = clock_boot_ms(), heard_ms = account->sm.heard_ms;
	bool waits = link->said_ms > heard_ms;
	int64_t at_ms = waits ? link->said_ms + LIMIT_LINK_SAID : heard_ms + LIMIT_LINK_QUIET;

	link->timer = NULL;
	if (at_ms > now) {
		arm(link, at_ms);
		return;
	}
	/* Of what comes now, either ends the wait: an answer, or that there was none. */
	arm(link, now + LIMIT_LINK_QUIET);
	if (!turn_is_stuck(account->core->turn))
		ask(account, LIMIT_LINK_WAIT);
}

void
link_up(struct account *account)
{
	account->sm.heard_ms = account->link->said_ms = clock_boot_ms();
	arm(account->link, account->sm.heard_ms + LIMIT_LINK_QUIET);
}

void
link_down(struct account *account)
{
	clock_timer_cancel(&account->link->timer);
	clock_timer_cancel(&account->link->patience);
}

void
link_said(struct account *account)
{
	struct link *link = account->link;

	if (link->said_ms > account->sm.heard_ms)
		return;
	/* In the same millisecond as what came last is after it. */
	link->said_ms = MAX(clock_boot_ms(), account->sm.heard_ms + 1);
	if (link->timer != NULL && link->due_ms > link->said_ms + LIMIT_LINK_SAID)
		arm(link, link->said_ms + LIMIT_LINK_SAID);
}

/* --- the machine --- */

void
link_woke(struct core *core)
{
	for (guint i = 0; i < core->accounts->len; i++) {
		struct account *account = core->accounts->pdata[i];

		if (account_online(account))
			ask(account, LIMIT_LINK_WAKE);
		else
			connection_try(account);
	}
	turn_wake(core->turn);
}

void
link_moved(struct core *core)
{
	for (guint i = 0; i < core->accounts->len; i++) {
		struct account *account = core->accounts->pdata[i];

		if (!account_online(account)) {
			connection_try(account);
		} else if (account->local != NULL && !core->transport->has_address(account->local)) {
			g_autofree char *text =
			    g_strdup_printf("This machine has not the address %s any more; the connection went with it.", account->local);

			connection_give_up(account, text);
		}
	}
	turn_wake(core->turn);
}
