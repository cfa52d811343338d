/* status.c: what we show to contacts. */
#include <stdlib.h>
#include <string.h>

#include "core/connection.h"
#include "core/feature.h"
#include "core/presence.h"
#include "core/turn.h"

extern const struct feature feature_status;

static void
status_run(struct command_call *call)
{
	enum presence_show show;
	bool known = presence_show_find(call->argv[0], &show);

	g_assert(known);	/* the parser has checked it */
	presence_set(call->account, show, call->argv[1]);
	command_done(call);
}

static void
priority_run(struct command_call *call)
{
	struct account *account = call->account;
	g_autoptr(GError) error = NULL;
	gint64 n;

	if (!g_ascii_string_to_signed(call->argv[0], 10, -128, 127, &n, NULL)) {
		command_fail(call, RPC_ERROR_USAGE, "A priority is a number from -128 to 127, not \"%s\". It stays %d.",
		    call->argv[0], account->settings->priority);
		return;
	}
	if (!account_file_set(call->core->paths->accounts, call->account_name, "priority", call->argv[0], false,
	    &error)) {
		command_fail_with(call, error);
		return;
	}
	account->settings->priority = (int)n;
	presence_send(account);
	account_post(account);
	command_done(call);
}

static const struct command commands[] = {
	{ "priority", "N", "account", "sets which of your clients gets what is sent to you, -128 to 127",
	  "Messages to your address go to the client with the highest priority; one below 0 gets none.", NEEDS_ACCOUNT,
	  priority_run },
	{ "status", "online|chat|away|xa|dnd|offline [TEXT...]", "account",
	    "what your contacts see of you, with a text",
	  "It is kept over restarts, but for offline, which closes the connection; /connect or another status opens it.",
	  NEEDS_ACCOUNT, status_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_status = { .name = "status", .commands = commands };
