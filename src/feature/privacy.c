/* privacy.c: /receipts, /markers, /typing: what contacts are told, for one chat or a whole account. */
#include <string.h>

#include "core/feature.h"
#include "core/privacy.h"
#include "core/roster.h"

extern const struct feature feature_privacy;

static const char *
word(enum privacy said)
{
	return said == PRIVACY_ON ? "on" : said == PRIVACY_OFF ? "off" : "default";
}

/* What holds, and by whose word. */
static void
show(struct command_call *call, enum setting which)
{
	const struct account *account = call->account;
	enum privacy here = call->chat != NULL ? privacy_said(account, call->chat, which) : PRIVACY_DEFAULT;
	enum privacy there = privacy_said(account, NULL, which);
	bool on = setting_get(call->core->settings, which) != 0;

	if (call->chat != NULL)
		command_say(call, "%s of %s: %s.", call->command->name, call->chat,
		    here != PRIVACY_DEFAULT ? word(here) : "as for the account");
	command_say(call, "%s of %s: %s.", call->command->name, account_name(account),
	    there != PRIVACY_DEFAULT ? word(there) : on ? "on, as the setting says" : "off, as the setting says");
	if (call->chat != NULL && !roster_sees_us(account, call->chat))
		command_say(call, "%s does not see when you are there, and is told nothing of it.", call->chat);
	command_data(call, json_pack("{s:s?, s:s, s:s, s:b, s:b}", "chat", call->chat, "said_of_chat", word(here),
	    "said_of_account", word(there), "setting", on, "told", call->chat != NULL ?
	    privacy_tells(account, call->chat, which) : there == PRIVACY_DEFAULT ? on : there == PRIVACY_ON));
	command_done(call);
}

static void
run(struct command_call *call, enum setting which)
{
	const char *wanted = call->argv[0];
	g_autoptr(GError) error = NULL;

	if (wanted == NULL || privacy_say(call->account, call->chat, which, strcmp(wanted, "on") == 0 ? PRIVACY_ON :
	    strcmp(wanted, "off") == 0 ? PRIVACY_OFF : PRIVACY_DEFAULT, &error))
		show(call, which);
	else
		command_fail_with(call, error);
}

static void
receipts_run(struct command_call *call)
{
	run(call, SETTING_PRIVACY_RECEIPTS);
}

static void
markers_run(struct command_call *call)
{
	run(call, SETTING_PRIVACY_MARKERS);
}

static void
typing_run(struct command_call *call)
{
	run(call, SETTING_PRIVACY_TYPING);
}

#define SCOPE " In a chat it is about that chat, elsewhere about the account; default takes back what was said of it, and " \
	"then the account counts, and after it the setting "

static const struct command commands[] = {
	{ "markers", "[on|off|default]", "privacy", "whether contacts are told what you looked at",
	  "Without a word it says what holds." SCOPE "privacy.markers.", NEEDS_ACCOUNT, markers_run },
	{ "receipts", "[on|off|default]", "privacy", "whether contacts are told that their messages arrived",
	  "Without a word it says what holds." SCOPE "privacy.receipts.", NEEDS_ACCOUNT, receipts_run },
	{ "typing", "[on|off|default]", "privacy", "whether contacts are told that you type",
	  "Without a word it says what holds." SCOPE "privacy.typing.", NEEDS_ACCOUNT, typing_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_privacy = { .name = "privacy", .commands = commands };
