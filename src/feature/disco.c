/*
 * disco.c: says what we can do, and asks others (XEP-0030).  What they are called and what they can do is their word:
 * shown as text, believed by nobody.
 */
#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/caps.h"
#include "core/feature.h"
#include "xmpp/ns.h"

extern const struct feature feature_disco;

enum { LINES_MAX = 1000 };

static bool
is_our_node(const char *node)
{
	g_autofree char *own = g_strconcat(caps_own_node(), "#", caps_own_hash(), NULL);

	return node == NULL || strcmp(node, own) == 0;
}

static void
disco_iq(struct account *account, const struct stanza *iq)
{
	const struct stanza *asked = stanza_first(iq);
	bool info = strcmp(stanza_ns(asked), NS_DISCO_INFO) == 0;
	const char *node = stanza_get(asked, "node");
	struct stanza *result, *query;

	if (strcmp(stanza_get(iq, "type"), "get") != 0 || strcmp(stanza_name(asked), "query") != 0) {
		account_send(account, stanza_error(iq, "modify", "bad-request"), false);
		return;
	}
	if (info ? !is_our_node(node) : node != NULL) {
		account_send(account, stanza_error(iq, "cancel", "item-not-found"), false);
		return;
	}
	result = stanza_result(iq);
	query = stanza_add(result, "query", stanza_ns(asked));
	stanza_set(query, "node", node);
	if (info)
		caps_describe(query);
	account_send(account, result, false);
}

/* --- /disco --- */

struct asking {
	char		*jid;
	bool		 items;		/* the second question is under way */
	unsigned	 lines;
	json_t		*data;
};

static void
asking_free(struct asking *asking)
{
	g_free(asking->jid);
	json_decref(asking->data);
	g_free(asking);
}

/* The attributes of one child, as text to say and as data. */
static void
say_child(struct command_call *call, struct asking *asking, const struct stanza *child, const char *const *names)
{
	g_autoptr(GString) text = g_string_new(NULL);
	json_t *object = json_object();

	for (; *names != NULL; names++) {
		const char *value = stanza_get(child, *names);
		g_autofree char *clean = value != NULL ? text_clean(value, -1, TEXT_LINE, LIMIT_NAME) : NULL;

		if (clean == NULL)
			continue;
		g_string_append_printf(text, "%s%s", text->len > 0 ? "  " : "", clean);
		json_object_set_new(object, *names, json_string(clean));
	}
	json_array_append_new(json_object_get(asking->data, stanza_is(child, "identity", NULL) ? "identities" :
	    stanza_is(child, "feature", NULL) ? "features" : "items"), object);
	command_say(call, "%-8s %s", stanza_name(child), text->str);
}

static void
say_query(struct command_call *call, struct asking *asking, const struct stanza *query, const char *ns)
{
	static const char *const identity[] = { "category", "type", "name", NULL }, *const feature[] = { "var", NULL };
	static const char *const item[] = { "jid", "node", "name", NULL };

	for (struct stanza *c = query != NULL ? stanza_first(query) : NULL; c != NULL; c = stanza_next(c)) {
		const char *const *names = stanza_is(c, "identity", ns) ? identity : stanza_is(c, "feature", ns) ?
		    feature : stanza_is(c, "item", ns) ? item : NULL;

		if (names == NULL)
			continue;
		if (asking->lines++ == LINES_MAX) {
			command_say(call, "There is more; the first %d are shown.", LINES_MAX);
			return;
		}
		if (asking->lines < LINES_MAX)
			say_child(call, asking, c, names);
	}
}

static void ask(struct command_call *call);

static void
told(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct command_call *call = ctx;
	struct asking *asking = call->ctx;
	const char *ns = asking->items ? NS_DISCO_ITEMS : NS_DISCO_INFO;

	/* Many answer what they are and say nothing of items. */
	if (end != IQ_RESULT && !(asking->items && end == IQ_ERROR)) {
		g_autofree char *jid = g_strdup(asking->jid);

		asking_free(asking);
		command_unanswered(call, jid, end, answer);
		return;
	}
	say_query(call, asking, end == IQ_RESULT ? stanza_child(answer, "query", ns) : NULL, ns);
	if (!asking->items && account_find(call->core, call->account_name) == call->account) {
		asking->items = true;
		ask(call);
		return;
	}
	command_data(call, json_incref(asking->data));
	asking_free(asking);
	command_done(call);
}

static void
ask(struct command_call *call)
{
	struct asking *asking = call->ctx;
	struct stanza *iq = stanza_iq("get", asking->jid);

	stanza_set(stanza_add(iq, "query", asking->items ? NS_DISCO_ITEMS : NS_DISCO_INFO), "node", call->argv[1]);
	account_request(call->account, iq, told, call);
}

static void
disco_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *jid = call->argv[0] != NULL ? jid_from_person(call->argv[0], false, &error) :
	    jid_domain(account_jid(call->account));
	struct asking *asking;

	if (jid == NULL) {
		command_fail_with(call, error);
		return;
	}
	asking = g_new0(struct asking, 1);
	asking->jid = g_steal_pointer(&jid);
	asking->data = json_pack("{s:s, s:[], s:[], s:[]}", "jid", asking->jid, "identities", "features", "items");
	call->ctx = asking;
	ask(call);
}

static const struct command commands[] = {
	{ "disco", "[JID] [NODE]", "the rest", "asks a server, a room or a client what it is and what it can do",
	  "Without JID your own server is asked. A client is named with its resource, as alice@example.org/phone.",
	  NEEDS_ACCOUNT | NEEDS_ONLINE, disco_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

static const char *const disco[] = { NS_DISCO_INFO, NS_DISCO_ITEMS, NULL };

const struct feature feature_disco = {
	.name = "disco",
	.standard = "XEP-0030: Service Discovery",
	.iq_ns = NS_DISCO_INFO " " NS_DISCO_ITEMS,
	.iq = disco_iq,
	.disco = disco,
	.commands = commands,
};
