/* onecore.c: see onecore.h. */
#include "onecore.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/paths.h"
#include "core/connection.h"
#include "core/turn.h"
#include "faketransport.h"
#include "remove_tree.h"

static struct core *core;
static struct paths *paths;
static char *home;

static void
clean(void)
{
	core_free(core);
	fake_reset();
	paths_free(paths);
	remove_tree(home);
	g_free(home);
}

/* Takes what was sent, and answers the one that asks for the contact list. */
static void
answer_list(void)
{
	char *sent;

	while ((sent = fake_take_sent(ONECORE_ME)) != NULL) {
		const char *id = strstr(sent, " id='");
		g_autofree char *value = id != NULL ? g_strndup(id + 5, strcspn(id + 5, "'")) : NULL;
		g_autofree char *answer = g_strdup_printf("<iq type='result' id='%s'><query xmlns='jabber:iq:roster'>"
		    "<item jid='" ONECORE_BOB "' subscription='both'/></query></iq>", value);

		if (strstr(sent, "jabber:iq:roster") != NULL)
			g_assert_true(fake_stanza(ONECORE_ME, answer, NULL));
		g_free(sent);
	}
	turn_finish(core->turn);
}

struct core *
onecore_get(void)
{
	const struct stream_up up = { .jid = ONECORE_ME "/here", .sm = true, .sm_id = "s1",
	    .mechanism = "SCRAM-SHA-256", .peer = "example.org:5222" };
	GError *error = NULL;

	if (core != NULL)
		return core;
	setlocale(LC_ALL, "C.UTF-8");
	log_open("/dev/null", LOG_ERROR, NULL);
	home = g_dir_make_tmp("confab-core-XXXXXX", &error);
	g_assert_no_error(error);
	paths = paths_new(home, NULL, &error);
	g_assert_no_error(error);
	g_assert_true(paths_create(paths, NULL) && g_file_set_contents(paths->accounts,
	    "[me]\njid = " ONECORE_ME "\npassword = x\nautoconnect = false\n", -1, NULL));
	core = core_new(paths, &transport_fake, NULL, &error);
	g_assert_no_error(error);
	atexit(clean);
	connection_open(onecore_account());
	fake_up(ONECORE_ME, &up);
	turn_finish(core->turn);
	answer_list();
	return core;
}

struct account *
onecore_account(void)
{
	return onecore_get()->accounts->pdata[0];
}

const char *
onecore_home(void)
{
	onecore_get();
	return home;
}
