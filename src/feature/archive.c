/*
 * archive.c: what the account's archive is asked (core/archive.c) as commands: /sync tells what is here without a hole,
 * /archive what the server keeps at all (XEP-0441).
 */
#include <string.h>

#include "core/archive.h"
#include "core/feature.h"
#include "xmpp/ns.h"

extern const struct feature feature_archive;

/* "2026-11-20 18:02Z" of a time as events carry it. */
static const char *
minute(const json_t *object, const char *name, const char *otherwise, char *room)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (text == NULL)
		return otherwise;
	g_strlcpy(room, text, 17);
	room[10] = ' ';
	strcat(room, "Z");
	return room;
}

static void
say_account(struct command_call *call, struct account *account, const json_t *ledger)
{
	const json_t *part;
	char from[32], to[32];
	const char *state = json_string_value(json_object_get(ledger, "state"));
	const char *reason = json_string_value(json_object_get(ledger, "reason"));
	long long stored = json_integer_value(json_object_get(ledger, "stored"));
	size_t i;

	if (!account_online(account))
		command_say(call, "%s is off line; it catches up with the next log-in.", account_name(account));
	else if (strcmp(state, "fetching") == 0)
		command_say(call, "%s fetches what it missed: %lld message%s so far.", account_name(account), stored,
		    stored == 1 ? "" : "s");
	else if (strcmp(state, "complete") == 0)
		command_say(call, "%s is complete up to now; %lld message%s fetched since the log-in.",
		    account_name(account), stored, stored == 1 ? "" : "s");
	else
		command_say(call, "%s: %s", account_name(account), reason != NULL ? reason :
		    "The archive was not asked yet.");
	json_array_foreach(json_object_get(ledger, "spans"), i, part)
		command_say(call, "  complete   %s to %s", minute(part, "from", "the beginning", from),
		    minute(part, "to", "now", to));
	json_array_foreach(json_object_get(ledger, "gaps"), i, part) {
		reason = json_string_value(json_object_get(part, "reason"));
		command_say(call, "  not here   %s to %s%s%s", minute(part, "from", "the beginning", from),
		    minute(part, "to", "now", to), reason != NULL ? ": " : "", reason != NULL ? reason : "");
	}
}

static void
ledger_run(struct command_call *call)
{
	json_t *all = json_array();

	for (guint i = 0; i < call->core->accounts->len; i++) {
		struct account *account = call->core->accounts->pdata[i];
		json_t *ledger;

		if (!account->settings->enabled)
			continue;
		ledger = archive_ledger(account);
		say_account(call, account, ledger);
		json_object_set_new(ledger, "account", json_string(account_name(account)));
		json_array_append_new(all, ledger);
	}
	command_data(call, all);
	command_done(call);
}

static void
now_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;

	if (!archive_try_again(call->account, &error)) {
		command_fail_with(call, error);
		return;
	}
	command_say(call, "%s asks its archive; /sync shows how far it is.", account_name(call->account));
	command_done(call);
}

/* --- what the server keeps --- */

static const char *
meaning(const char *standard)
{
	if (g_strcmp0(standard, "always") == 0)
		return "keeps everything that is said from now on";
	if (g_strcmp0(standard, "roster") == 0)
		return "keeps what is said with your contacts from now on, and nothing else";
	if (g_strcmp0(standard, "never") == 0)
		return "keeps nothing that is said from now on; what was kept stays";
	return "did not say what it keeps";
}

static void
say_list(struct command_call *call, const struct stanza *prefs, const char *name)
{
	const struct stanza *list = stanza_child(prefs, name, NS_MAM);

	for (struct stanza *c = list != NULL ? stanza_first(list) : NULL; c != NULL; c = stanza_next(c))
		if (stanza_is(c, "jid", NS_MAM))
			command_say(call, "  %-6s  %s", name, stanza_text(c));
}

static void
prefs_came(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct command_call *call = ctx;
	const struct stanza *prefs = end == IQ_RESULT ? stanza_child(answer, "prefs", NS_MAM) : NULL;
	const char *standard;

	if (end == IQ_ERROR) {
		command_refused(call, "the archive", answer);
		return;
	}
	if (prefs == NULL) {
		command_fail(call, end == IQ_RESULT ? RPC_ERROR_FAILED : RPC_ERROR_TIMEOUT,
		    "The archive did not answer.");
		return;
	}
	standard = stanza_get(prefs, "default");
	command_say(call, "The archive of %s %s.", call->account_name, meaning(standard));
	say_list(call, prefs, "always");
	say_list(call, prefs, "never");
	command_data(call, json_pack("{s:s?}", "default", standard));
	command_done(call);
}

/* The lists of exceptions go back as they came: setting one thing must not lose another. */
static void
prefs_known(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct command_call *call = ctx;
	const struct stanza *prefs = end == IQ_RESULT ? stanza_child(answer, "prefs", NS_MAM) : NULL;
	static const char *const lists[] = { "always", "never" };
	struct account *account = account_find(call->core, call->account_name);
	struct stanza *iq, *now;

	if (prefs == NULL || account == NULL) {
		prefs_came(ctx, end, answer);
		return;
	}
	iq = stanza_iq("set", NULL);
	now = stanza_add(iq, "prefs", NS_MAM);
	stanza_set(now, "default", call->argv[0]);
	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
		const struct stanza *list = stanza_child(prefs, lists[i], NS_MAM);
		struct stanza *copy = stanza_add(now, lists[i], NULL);

		for (struct stanza *c = list != NULL ? stanza_first(list) : NULL; c != NULL; c = stanza_next(c))
			if (stanza_is(c, "jid", NS_MAM))
				stanza_add_with_text(copy, "jid", NULL, stanza_text(c));
	}
	account_request(account, iq, prefs_came, call);
}

static void
archive_run(struct command_call *call)
{
	struct stanza *iq = stanza_iq("get", NULL);

	stanza_add(iq, "prefs", NS_MAM);
	account_request(call->account, iq, call->argv[0] != NULL ? prefs_known : prefs_came, call);
}

static const struct command commands[] = {
	{ "archive", "[always|never|roster]", "history", "shows or says what your server's archive keeps of you",
	  "always: everything that is said; roster: what is said with your contacts; never: nothing, so that what comes while "
	  "no device of yours is on line may be lost. It holds for what is said from now on.",
	      NEEDS_ACCOUNT | NEEDS_ONLINE,
	  archive_run },
	{ "sync", "", "history", "shows what is here without a hole, and what is being fetched",
	  "After each log-in confab fetches what the server's archive kept meanwhile. The first time it goes back as many days "
	  "as history.first_days says; scrolling back fetches what is older. Times are in UTC.", 0, ledger_run },
	{ "sync now", "", "history", "asks the archive again, also for what was given up", NULL,
	    NEEDS_ACCOUNT | NEEDS_ONLINE,
	  now_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_archive = {
	.name = "archive",
	.standard = "XEP-0313: Message Archive Management, XEP-0441: Message Archive Management Preferences",
	.commands = commands,
};
