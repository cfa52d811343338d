/* contacts.c: the contact list from a command line (RFC 6121 §2 and §3). */
#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/feature.h"
#include "core/request.h"
#include "core/roster.h"

extern const struct feature feature_contacts;

/* The bare address that a word means; NULL and the call is over. */
static char *
contact_jid(struct command_call *call, const char *word)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *jid = jid_from_person(word, false, &error);

	if (jid == NULL) {
		command_fail_with(call, error);
		return NULL;
	}
	return jid_bare(jid);
}

static void
ended(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct command_call *call = ctx;

	if (end == IQ_RESULT)
		command_done(call);
	else if (end == IQ_ERROR)
		command_refused(call, "The server", answer);
	else
		command_fail(call, end == IQ_TIMEOUT ? RPC_ERROR_TIMEOUT : RPC_ERROR_OFFLINE, end == IQ_TIMEOUT ?
		    "The server did not answer." : "The connection broke before the server answered.");
}

/* The best presence of a contact among these events. */
static const struct event *
best_presence(GPtrArray *events, const char *jid)
{
	const struct event *best = NULL;

	for (guint i = 0; i < events->len; i++) {
		const struct event *e = events->pdata[i];

		if (e->type == EVENT_presence && jid_same_bare(e->presence.jid, jid) &&
		    (best == NULL || e->presence.priority > best->presence.priority))
			best = e;
	}
	return best;
}

static void
say_contact(struct command_call *call, const struct event_contact *c, const struct event *presence)
{
	g_autofree char *label = c->name != NULL ? g_strdup_printf("%s <%s>", c->name, c->jid) : g_strdup(c->jid);
	g_autoptr(GString) groups = g_string_new(NULL);
	json_t *group;
	size_t i;

	json_array_foreach(c->groups, i, group)
		g_string_append_printf(groups, "%s%s", i > 0 ? ", " : "  in ", json_string_value(group));
	command_say(call, "%-8s %s%s%s%s%s%s%s", presence != NULL ? presence_show_name(presence->presence.show) :
	    "offline", label, presence != NULL && presence->presence.status != NULL ? "  \"" : "",
	    presence != NULL && presence->presence.status != NULL ? presence->presence.status : "",
	    presence != NULL && presence->presence.status != NULL ? "\"" : "",
	    c->subscription == SUBSCRIPTION_BOTH ? "" : "  subscription ",
	    c->subscription == SUBSCRIPTION_BOTH ? "" : c->ask ? "asked for" : subscription_name(c->subscription),
	    groups->str);
}

static void
list_run(struct command_call *call)
{
	g_autoptr(GPtrArray) events = roster_events(call->account);
	json_t *data = json_array();
	unsigned n = 0;

	for (guint i = 0; i < events->len; i++) {
		const struct event *e = events->pdata[i];

		if (e->type == EVENT_contact) {
			say_contact(call, &e->contact, best_presence(events, e->contact.jid));
			n++;
		}
		json_array_append_new(data, event_to_json(e));
	}
	if (n == 0)
		command_say(call, "%s has no contacts%s. /roster add JID adds one.", call->account_name,
		    account_online(call->account) ? "" : " that are known here while it is off line");
	command_data(call, data);
	command_done(call);
}

static void
added(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct command_call *call = ctx;
	g_autofree char *jid = contact_jid(call, call->argv[0]);
	struct account *account = account_find(call->core, call->account_name);

	if (jid == NULL)
		return;
	if (end == IQ_RESULT && account != NULL) {
		roster_subscribe(account, jid, "subscribe", NULL);
		command_say(call, "%s is asked to let you see when they are on line.", jid);
	}
	ended(call, end, answer);
}

static void
add_run(struct command_call *call)
{
	/* First the name: the call is gone when the address is none. */
	g_autofree char *name = call->argv[1] != NULL ? text_clean(call->argv[1], -1, TEXT_LINE, LIMIT_NAME) : NULL;
	g_autofree char *jid = contact_jid(call, call->argv[0]);

	if (jid != NULL)
		roster_set(call->account, jid, name, NULL, added, call);
}

/* The contact that a command is about must be one. */
static char *
existing(struct command_call *call)
{
	char *jid = contact_jid(call, call->argv[0]);

	if (jid == NULL || roster_has(call->account->roster, jid))
		return jid;
	command_fail(call, RPC_ERROR_NOT_FOUND, "%s is not in the contact list of %s. Nothing was done.", jid,
	    call->account_name);
	g_free(jid);
	return NULL;
}

static void
remove_run(struct command_call *call)
{
	g_autofree char *jid = existing(call);

	if (jid != NULL)
		roster_remove(call->account, jid, ended, call);
}

static void
name_run(struct command_call *call)
{
	g_autofree char *name = call->argv[1] != NULL ? text_clean(call->argv[1], -1, TEXT_LINE, LIMIT_NAME) : NULL;
	g_autofree char *jid = existing(call);

	if (jid != NULL)
		roster_set(call->account, jid, name, NULL, ended, call);
}

static void
group_run(struct command_call *call)
{
	bool adds = strcmp(call->argv[0], "add") == 0;
	g_autofree char *group = text_clean(call->argv[2], -1, TEXT_LINE, LIMIT_NAME);
	g_autofree char *jid = contact_jid(call, call->argv[1]);
	g_auto(GStrv) groups = jid != NULL ? roster_groups(call->account->roster, jid) : NULL;
	g_autoptr(GPtrArray) changed = g_ptr_array_new();

	if (jid == NULL)
		return;
	if (!roster_has(call->account->roster, jid)) {
		command_fail(call, RPC_ERROR_NOT_FOUND, "%s is not in the contact list of %s. Nothing was done.", jid,
		    call->account_name);
		return;
	}
	for (char **g = groups; *g != NULL; g++)
		if (strcmp(*g, group) != 0)
			g_ptr_array_add(changed, *g);
	if (adds)
		g_ptr_array_add(changed, group);
	g_ptr_array_add(changed, NULL);
	roster_set(call->account, jid, roster_name(call->account->roster, jid), (const char *const *)changed->pdata,
	    ended, call);
}

static void
sub_run(struct command_call *call)
{
	static const struct { const char *word, *type; bool settles; } kinds[] = {
		{ "request", "subscribe", false }, { "allow", "subscribed", true }, { "deny", "unsubscribed", true },
		{ "cancel", "unsubscribe", false },
	};
	g_autofree char *jid = contact_jid(call, call->argv[1]);

	if (jid == NULL)
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (strcmp(call->argv[0], kinds[i].word) != 0)
			continue;
		roster_subscribe(call->account, jid, kinds[i].type, call->argv[2]);
		if (kinds[i].settles)
			request_settle(call->account, jid);
	}
	command_done(call);
}

static const struct command commands[] = {
	{ "roster", "[list]", "people", "lists the contacts", NULL, NEEDS_ACCOUNT, list_run },
	{ "roster add", "JID [NAME...]", "people", "adds a contact and asks to see when they are on line", NULL,
	  NEEDS_ACCOUNT | NEEDS_ONLINE, add_run },
	{ "roster group", "add|remove JID GROUP...", "people", "puts a contact into a group or takes it out", NULL,
	  NEEDS_ACCOUNT | NEEDS_ONLINE, group_run },
	{ "roster name", "JID [NAME...]", "people", "gives a contact a name, or takes it away", NULL,
	  NEEDS_ACCOUNT | NEEDS_ONLINE, name_run },
	{ "roster remove", "JID", "people", "removes a contact; neither sees the other any more",
	  "The chat and its messages stay.", NEEDS_ACCOUNT | NEEDS_ONLINE, remove_run },
	{ "sub", "request|allow|deny|cancel JID [TEXT...]", "people", "who sees whom",
	  "request asks to see when they are on line, TEXT is what they read with it; allow lets them see you; deny refuses "
	  "that, or takes it back; cancel stops seeing them.", NEEDS_ACCOUNT | NEEDS_ONLINE, sub_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_contacts = { .name = "contacts", .standard = "RFC 6121", .commands = commands };
