/*
 * core_bench [MESSAGES]: what the core's own thread spends on a message, from the stanza to the commit and the event,
 * without a network, a parser or a reader: live ones, and pages of an archive.  Seconds of processor.
 */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/archive_page.h"
#include "core/message.h"
#include "core/turn.h"
#include "onecore.h"
#include "xmpp/ns.h"

enum { GROUP = 64, PAGE = 100 };

static double
processor_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct stanza *
parse(const char *xml)
{
	GError *error = NULL;
	struct stanza *stanza = stanza_parse(xml, -1, &error);

	g_assert_no_error(error);
	return stanza;
}

static struct stanza *
live(unsigned n)
{
	g_autofree char *id = stanza_new_id(), *server = stanza_new_id();
	g_autofree char *xml =
	    g_strdup_printf("<message xmlns='" NS_CLIENT "' from='" ONECORE_BOB "/phone' to='" ONECORE_ME "/here' type='chat' id='%s'><body>%u is the number of this one, which is as long as what people write to each "
	    "other</body><origin-id xmlns='" NS_SID "' id='%s'/><stanza-id xmlns='" NS_SID "' by='" ONECORE_ME "' id='%s'/>"
	    "<active xmlns='http://jabber.org/protocol/chatstates'/></message>", id, n, id, server);

	return parse(xml);
}

static struct stanza *
archived(unsigned n, const char *query)
{
	g_autofree char *id = stanza_new_id(), *server = stanza_new_id();
	g_autofree char *xml =
	    g_strdup_printf("<message xmlns='" NS_CLIENT "' to='" ONECORE_ME "/here'><result xmlns='" NS_MAM
	    "' id='%s' queryid='%s'><forwarded xmlns='" NS_FORWARD "'><delay xmlns='" NS_DELAY
	    "' stamp='2024-11-02T%02u:%02u:%02uZ'/><message xmlns='" NS_CLIENT
	    "' from='" ONECORE_BOB "/phone' to='" ONECORE_ME "' type='chat' id='%s'><body>%u is the number of this one, which is as long as what people write to each other"
	    "</body></message></forwarded></result></message>", server, query, n / 3600 % 24, n / 60 % 60, n % 60, id,
	    n);

	return parse(xml);
}

static void
report(const char *what, double seconds, unsigned n)
{
	printf("%-46s %6.3f s, %5.1f us each\n", what, seconds, seconds * 1e6 / n);
}

static void
bench_live(struct core *core, struct account *account, unsigned count)
{
	g_autoptr(GPtrArray) stanzas = g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))stanza_free);
	double start;

	for (unsigned i = 0; i < count; i++)
		g_ptr_array_add(stanzas, live(i));
	start = processor_s();
	for (unsigned i = 0; i < count; i++) {
		g_assert_true(turn_begin(core->turn));
		message_route(account, stanzas->pdata[i]);
		turn_end(core->turn, true);
		if (i % GROUP == GROUP - 1)
			turn_finish(core->turn);
	}
	turn_finish(core->turn);
	report("live, 64 a commit", processor_s() - start, count);
}

static void
bench_archive(struct core *core, struct account *account, unsigned count)
{
	struct archive_page page;
	struct archive_placing placing = { 0 };
	double spent = 0;

	archive_page_init(&page);
	for (unsigned begin = 0; begin < count; begin += PAGE) {
		g_autoptr(GPtrArray) stanzas =
		    g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))stanza_free);
		double start;

		archive_page_open(&page);
		for (unsigned i = 0; i < PAGE; i++)
			g_ptr_array_add(stanzas, archived(begin + i, page.queryid));
		start = processor_s();
		for (unsigned i = 0; i < PAGE; i++)
			archive_page_collect(&page, account, stanzas->pdata[i]);
		g_assert_true(turn_begin(core->turn) && archive_page_store(&page, account, &placing));
		turn_end(core->turn, true);
		archive_page_close(&page);
		turn_finish(core->turn);
		spent += processor_s() - start;
		g_assert_cmpuint(placing.stored, ==, PAGE);
		placing.floor = placing.high;
	}
	archive_page_clear(&page);
	report("from an archive, pages of 100", spent, count);
}

int
main(int argc, char **argv)
{
	unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 10000;
	struct core *core = onecore_get();

	bench_live(core, onecore_account(), count);
	bench_archive(core, onecore_account(), count);
	return 0;
}
