/*
 * fuzz_route.c: a stanza of a server or a peer into a core that is on line.  Each is taken back afterwards, so that one
 * does not depend on another, also its numbers in stream management.
 */
#include <glib.h>

#include "core/acknowledge.h"
#include "core/message.h"
#include "core/turn.h"
#include "faketransport.h"
#include "fuzz.h"
#include "onecore.h"
#include "store/store.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct account *account = onecore_account();
	struct turn *turn = onecore_get()->turn;
	struct stanza *stanza = stanza_parse((const char *)data, (gssize)size, NULL);
	int64_t out = account->sm.out;
	char *sent;

	if (stanza == NULL)
		return 0;
	g_assert_true(turn_begin(turn));
	message_route(account, stanza);
	turn_end(turn, false);
	g_assert_cmpint(account->sm.out, ==, out);
	turn_finish(turn);
	g_assert_false(turn_is_stuck(turn));
	while ((sent = fake_take_sent(ONECORE_ME)) != NULL)
		g_free(sent);
	stanza_free(stanza);
	return 0;
}
