/* accounts.c: our own accounts from a command line: the file and the connections. */
#include <string.h>

#include "base/jid.h"
#include "core/connection.h"
#include "core/feature.h"

extern const struct feature feature_accounts;

static void
list_run(struct command_call *call)
{
	json_t *data = json_array();

	for (guint i = 0; i < call->core->accounts->len; i++) {
		struct account *account = call->core->accounts->pdata[i];
		struct event event = account_event(account);

		command_say(call, "%-12s %-10s %s%s%s%s", account_name(account),
		    account->settings->enabled ? account_state_name(account->state) : "disabled",
		    account->bound != NULL ? account->bound : account_jid(account),
		    account->text != NULL ? "  " : "", account->text != NULL ? account->text : "",
		    account->state == ACCOUNT_FAILED && account->reason != NULL &&
		    strcmp(account->reason, "password") == 0 ? " /prompts shows the question." : "");
		json_array_append_new(data, event_to_json(&event));
		event_clear(&event);
	}
	if (call->core->accounts->len == 0)
		command_say(call, "There is no account yet: /account add NAME JID.");
	command_data(call, data);
	command_done(call);
}

/* Reads the file again after a change of it. */
static void
reload(struct command_call *call)
{
	g_autoptr(GError) error = NULL;

	if (accounts_reload(call->core, &error))
		command_done(call);
	else
		command_fail_with(call, error);
}

static void
change(struct command_call *call, const char *key, const char *value, bool create)
{
	g_autoptr(GError) error = NULL;

	if (account_file_set(call->core->paths->accounts, call->argv[0], key, value, create, &error))
		reload(call);
	else
		command_fail_with(call, error);
}

static void
add_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *jid = jid_from_person(call->argv[1], true, &error);

	if (jid == NULL) {
		command_fail_with(call, error);
		return;
	}
	if (account_find(call->core, call->argv[0]) != NULL) {
		command_fail(call, RPC_ERROR_USAGE, "There is an account \"%s\" already. Nothing was done.",
		    call->argv[0]);
		return;
	}
	change(call, "jid", jid, true);
}

/* The account that the first word names; NULL and the call is over. */
static struct account *
named(struct command_call *call)
{
	struct account *account = account_find(call->core, call->argv[0]);

	if (account == NULL)
		command_fail(call, RPC_ERROR_NOT_FOUND, "There is no account \"%s\"; /account lists them.",
		    call->argv[0]);
	return account;
}

static void
set_run(struct command_call *call)
{
	struct account *account = named(call);

	if (account == NULL)
		return;
	if (strcmp(call->argv[1], "password") == 0) {
		command_fail(call, RPC_ERROR_USAGE,
		    "A password is not written on a command line: /account password %s asks for it.", call->argv[0]);
		return;
	}
	change(call, call->argv[1], call->argv[2], false);
}

static void
password_given(struct command_call *call, const char *value)
{
	struct account *account = named(call);

	if (account == NULL)
		return;
	g_clear_pointer(&account->session_password, g_free);
	if (*value == '\0')
		command_fail(call, RPC_ERROR_USAGE, "An empty password is none. Nothing was changed.");
	else
		change(call, "password", value, false);
}

static void
password_run(struct command_call *call)
{
	struct account *account = named(call);
	g_autofree char *title = NULL, *text = NULL;

	if (account == NULL)
		return;
	title = g_strdup_printf("password for %s", account_jid(account));
	text = g_strdup_printf("The password of %s, to be kept in the accounts file, which only you can read.",
	    account_jid(account));
	command_ask(call, PROMPT_PASSWORD, true, title, text, NULL, NULL, password_given);
}

static void
show_run(struct command_call *call)
{
	struct account *account = named(call);
	g_autoptr(GKeyFile) file = g_key_file_new();
	json_t *data;

	if (account == NULL)
		return;
	data = json_object();
	g_key_file_load_from_file(file, call->core->paths->accounts, G_KEY_FILE_NONE, NULL);
	for (const struct account_key *k = account_keys; k->name != NULL; k++) {
		g_autofree char *value = g_key_file_get_string(file, call->argv[0], k->name, NULL);

		if (value == NULL)
			continue;
		command_say(call, "%-16s %s", k->name, k->secret ? "(set, not shown)" : value);
		if (!k->secret)
			json_object_set_new(data, k->name, json_string(value));
	}
	command_say(call, "%-16s %s", "state", account_state_name(account->state));
	if (account->bound != NULL)
		command_say(call, "%-16s %s", "on line as", account->bound);
	if (account->text != NULL)
		command_say(call, "%-16s %s", "why", account->text);
	command_data(call, data);
	command_done(call);
}

static void
enable_run(struct command_call *call)
{
	if (named(call) != NULL)
		change(call, "enabled", "true", false);
}

static void
disable_run(struct command_call *call)
{
	if (named(call) != NULL)
		change(call, "enabled", "false", false);
}

static void
remove_confirmed(struct command_call *call, const char *value)
{
	g_autoptr(GError) error = NULL;

	if (strcmp(value, "yes") != 0)
		command_fail(call, RPC_ERROR_CANCELLED, "The account stays.");
	else if (account_file_remove(call->core->paths->accounts, call->argv[0], &error))
		reload(call);
	else
		command_fail_with(call, error);
}

static void
remove_run(struct command_call *call)
{
	struct account *account = named(call);
	g_autofree char *text = NULL;

	if (account == NULL)
		return;
	text = g_strdup_printf("Take %s (%s) out of confab? The account on the server and the messages kept here stay.",
	    call->argv[0], account_jid(account));
	command_ask(call, PROMPT_CONFIRM, false, "remove an account", text,
	    json_pack("[[s,s],[s,s]]", "no", "it stays", "yes", "take it out"), "no", remove_confirmed);
}

/* The named account, or the one that is meant without a name, or NULL for all. */
static bool
for_accounts(struct command_call *call, void (*fn)(struct account *))
{
	struct account *account;

	if (call->argv[0] != NULL) {
		if ((account = named(call)) == NULL)
			return false;
		fn(account);
		return true;
	}
	for (guint i = 0; i < call->core->accounts->len; i++) {
		account = call->core->accounts->pdata[i];
		if (account->settings->enabled)
			fn(account);
	}
	return true;
}

static void
connect_run(struct command_call *call)
{
	if (call->core->accounts->len == 0)
		command_fail(call, RPC_ERROR_CONTEXT, "There is no account yet: /account add NAME JID.");
	else if (for_accounts(call, connection_open))
		command_done(call);
}

static void
disconnect_run(struct command_call *call)
{
	if (for_accounts(call, connection_close))
		command_done(call);
}

static const struct command commands[] = {
	{ "account", "[list]", "account", "lists the accounts and how they stand", NULL, 0, list_run },
	{ "account add", "NAME JID", "account", "sets up an account; NAME is what you call it",
	  "The password is asked for at the first log-in. /account set NAME KEY VALUE changes the rest.", 0, add_run },
	{ "account disable", "ACCOUNT", "account", "logs out and stays so until it is enabled", NULL, 0, disable_run },
	{ "account enable", "ACCOUNT", "account", "uses the account again", NULL, 0, enable_run },
	{ "account password", "ACCOUNT", "account", "asks for the password and keeps it in the accounts file", NULL, 0,
	  password_run },
	{ "account remove", "ACCOUNT", "account", "takes the account out of confab; asks first", NULL, 0, remove_run },
	{ "account set", "ACCOUNT KEY [VALUE...]", "account", "changes one key of the accounts file, or takes it away",
	  NULL, 0, set_run },
	{ "account show", "ACCOUNT", "account", "shows the keys of an account and how it stands", NULL, 0, show_run },
	{ "connect", "[ACCOUNT]", "account", "logs in now: this account, or all", NULL, 0, connect_run },
	{ "disconnect", "[ACCOUNT]", "account", "logs out: this account, or all", NULL, 0, disconnect_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_accounts = { .name = "accounts", .commands = commands };
