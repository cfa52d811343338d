/*
 * server.c: /server: what our server offers, what of it is in use, and what it means where something is missing.  Asked
 * are the server, our account, and what the server names as its parts.
 */
#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/feature.h"
#include "xmpp/ns.h"

extern const struct feature feature_server;

struct look {
	struct command_call *call;
	char		*domain;
	GHashTable	*found;		/* namespace → who offers it */
	char		*software;
	unsigned	 open;
	bool		 gone;		/* nobody waits for it any more, or the account went */
};

/* How far something of the server's is used here. */
enum use { IN_USE, NOT_YET, NEEDLESS };
/* Who may offer it for us: rooms have archives as well, which keep nothing of what two people say. */
enum side { SERVER, PART };

static const struct {
	const char	*name, *standard;
	const char	*ns;		/* NULL: see offered() */
	enum use	 use;
	enum side	 side;
	const char	*without;	/* what it means when it is not there; NULL: nothing worth a word */
} services[] = {
	{ "stream management", "XEP-0198", NULL, IN_USE, SERVER,
	  "what is under way when a line breaks cannot be told from what was lost" },
	{ "archive", "XEP-0313", NS_MAM, IN_USE, SERVER,
	  "what is said while no client of yours is on line may reach one of them only, or none" },
	{ "carbons", "XEP-0280", NS_CARBONS, IN_USE, SERVER, "what your other devices send and get is not seen here" },
	{ "client state", "XEP-0352", NULL, IN_USE, SERVER, NULL },
	{ "contact list by version", "RFC 6121", NULL, IN_USE, SERVER, NULL },
	{ "personal storage", "XEP-0163", NS_PUBSUB "#publish", IN_USE, SERVER,
	  "nothing of yours can be kept on the server for your other devices" },
	{ "rooms", "XEP-0045", NS_MUC, IN_USE, PART, NULL },
	{ "ping", "XEP-0199", NS_PING, IN_USE, SERVER, NULL },
	{ "blocking", "XEP-0191", "urn:xmpp:blocking", NOT_YET, SERVER, NULL },
	{ "upload of files", "XEP-0363", NS_UPLOAD, IN_USE, PART, "no file can be sent" },
	{ "push", "XEP-0357", "urn:xmpp:push:0", NEEDLESS, SERVER, NULL },
};

static void
look_free(struct look *look)
{
	g_hash_table_unref(look->found);
	g_free(look->domain);
	g_free(look->software);
	g_free(look);
}

/* Who offers it; NULL: nobody. */
static const char *
offered(const struct look *look, size_t i)
{
	const struct account *account = look->call->account;

	if (services[i].ns != NULL)
		return g_hash_table_lookup(look->found, services[i].ns);
	if (strcmp(services[i].standard, "XEP-0198") == 0)
		return account->sm.on ? look->domain : NULL;
	return (strcmp(services[i].standard, "XEP-0352") == 0 ? account->has_csi : account->has_rosterver) ?
	    look->domain : NULL;
}

static const char *
use_text(const struct look *look, size_t i)
{
	if (services[i].use == NOT_YET)
		return "not used by this version";
	if (services[i].use == NEEDLESS)
		return "not needed: the core stays on line";
	if (strcmp(services[i].standard, "XEP-0198") == 0 && look->call->account->sm.id == NULL)
		return "in use, but a session cannot be resumed";
	return "in use";
}

static void
finish(struct look *look)
{
	static const char *const words[] = { [IN_USE] = "used", [NOT_YET] = "not yet", [NEEDLESS] = "needless" };
	struct command_call *call = look->call;
	json_t *list = json_array();

	command_say(call, "%s%s%s", look->domain, look->software != NULL ? " is " : "",
	    look->software != NULL ? look->software : "");
	for (size_t i = 0; i < G_N_ELEMENTS(services); i++) {
		const char *by = offered(look, i);
		g_autofree char *name = g_strdup_printf("%s (%s)", services[i].name, services[i].standard);

		if (by != NULL)
			command_say(call, "  %-36s %s%s%s", name, use_text(look, i),
			    strcmp(by, look->domain) != 0 ? ", at " : "", strcmp(by, look->domain) != 0 ? by : "");
		else
			command_say(call, "  %-36s not offered%s%s", name, services[i].without != NULL ? ": " : "",
			    services[i].without != NULL ? services[i].without : "");
		json_array_append_new(list, json_pack("{s:s, s:s, s:s?, s:s, s:s?}", "name", services[i].name,
		    "standard", services[i].standard, "offered_by", by, "use", words[services[i].use], "without",
		    services[i].without));
	}
	command_data(call, json_pack("{s:s, s:s, s:s?, s:o}", "account", account_name(call->account), "server",
	    look->domain, "software", look->software, "services", list));
	command_done(call);
}

static void
end_one(struct look *look)
{
	if (--look->open > 0)
		return;
	if (look->gone || account_find(look->call->core, look->call->account_name) != look->call->account)
		command_fail(look->call, RPC_ERROR_FAILED, "The connection broke meanwhile.");
	else
		finish(look);
	look_free(look);
}

/* One that was asked what it is; who belongs to the answer. */
struct question {
	struct look	*look;
	char		*who;
};

static void
told_info(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct question *question = ctx;
	struct look *look = question->look;
	const struct stanza *query = end == IQ_RESULT ? stanza_child(answer, "query", NS_DISCO_INFO) : NULL;
	/* A lost answer may come as the account goes. */
	bool ours = query != NULL && (strcmp(question->who, look->domain) == 0 ||
	    strcmp(question->who, account_jid(look->call->account)) == 0);

	look->gone |= end == IQ_LOST;
	for (const struct stanza *c = query != NULL ? stanza_first(query) : NULL; c != NULL; c = stanza_next(c)) {
		const char *ns = stanza_is(c, "feature", NS_DISCO_INFO) ? stanza_get(c, "var") : NULL;

		/* Only what is looked for, so that nobody fills memory; the first who offers it counts. */
		for (size_t i = 0; ns != NULL && i < G_N_ELEMENTS(services); i++)
			if (services[i].ns != NULL && (ours || services[i].side == PART) &&
			    strcmp(services[i].ns, ns) == 0 && !g_hash_table_contains(look->found, ns))
				g_hash_table_insert(look->found, g_strdup(ns), g_strdup(question->who));
		if (look->software == NULL && strcmp(question->who, look->domain) == 0 &&
		    stanza_is(c, "identity", NS_DISCO_INFO) && stanza_get(c, "name") != NULL)
			look->software = text_clean(stanza_get(c, "name"), -1, TEXT_LINE, LIMIT_NAME);
	}
	g_free(question->who);
	g_free(question);
	end_one(look);
}

static void
ask_info(struct look *look, const char *jid)
{
	struct question *question = g_new(struct question, 1);
	struct stanza *iq = stanza_iq("get", jid);

	question->look = look;
	question->who = g_strdup(jid);
	stanza_add(iq, "query", NS_DISCO_INFO);
	look->open++;
	account_request(look->call->account, iq, told_info, question);
}

static void
told_items(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct look *look = ctx;
	const struct stanza *query = end == IQ_RESULT ? stanza_child(answer, "query", NS_DISCO_ITEMS) : NULL;
	unsigned n = 0;

	look->gone |= end == IQ_LOST;
	for (const struct stanza *c = query != NULL && !look->gone ? stanza_first(query) : NULL; c != NULL &&
	    n < LIMIT_PARTS;
	    c = stanza_next(c)) {
		g_autofree char *jid = stanza_is(c, "item", NS_DISCO_ITEMS) && stanza_get(c, "jid") != NULL &&
		    stanza_get(c, "node") == NULL ? jid_normalise(stanza_get(c, "jid"), NULL) : NULL;

		if (jid == NULL)
			continue;
		n++;
		ask_info(look, jid);
	}
	end_one(look);
}

static void
server_run(struct command_call *call)
{
	struct look *look = g_new0(struct look, 1);
	struct stanza *iq;

	look->call = call;
	look->domain = jid_domain(account_jid(call->account));
	look->found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	look->open = 1;
	ask_info(look, look->domain);
	ask_info(look, account_jid(call->account));
	iq = stanza_iq("get", look->domain);
	stanza_add(iq, "query", NS_DISCO_ITEMS);
	account_request(call->account, iq, told_items, look);
}

static const struct command commands[] = {
	{ "server", "", "the rest", "what your server offers, and what of it is in use here",
	  "The server, your account and the parts that the server names are asked. Where something that matters is missing, it "
	  "says what that means.", NEEDS_ACCOUNT | NEEDS_ONLINE, server_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_server = { .name = "server", .commands = commands };
