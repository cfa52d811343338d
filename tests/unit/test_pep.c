/* test_pep.c: publishing with rules, and again where the node had others; fetching page by page; taking back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/limits.h"
#include "core/pep.h"
#include "core/turn.h"
#include "faketransport.h"
#include "onecore.h"
#include "xmpp/ns.h"

#define NODE "urn:x:node"
#define PRECONDITION "<error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>" \
	"<precondition-not-met xmlns='http://jabber.org/protocol/pubsub#errors'/></error>"

struct end {
	unsigned	 calls, items;
	enum iq_end	 end;
	char		*condition, *ids;
};

static void
on_done(void *ctx, enum iq_end how, const struct stanza *answer)
{
	struct end *end = ctx;
	struct stanza_fault fault;

	end->calls++;
	end->end = how;
	if (how == IQ_ERROR && stanza_fault_read(answer, &fault)) {
		end->condition = g_strdup(fault.condition);
		stanza_fault_clear(&fault);
	}
}

static void
on_item(void *ctx, const char *id, const struct stanza *payload)
{
	struct end *end = ctx;
	char *ids = g_strconcat(end->ids != NULL ? end->ids : "", id, "=", stanza_name(payload), " ", NULL);

	g_free(end->ids);
	end->ids = ids;
	end->items++;
}

static void
clear(struct end *end)
{
	g_free(end->condition);
	g_free(end->ids);
	memset(end, 0, sizeof(*end));
}

/* The next stanza that leaves, which is a request; the caller's.  Its id in *id. */
static struct stanza *
asked(char **id)
{
	char *xml;
	struct stanza *iq;

	turn_finish(onecore_get()->turn);
	xml = fake_take_sent(ONECORE_ME);
	assert_non_null(xml);
	iq = stanza_parse(xml, -1, NULL);
	assert_non_null(iq);
	*id = g_strdup(stanza_get(iq, "id"));
	g_free(xml);
	return iq;
}

static void
answer(char *id, const char *type, const char *inner)
{
	g_autofree char *xml = g_strdup_printf("<iq type='%s' id='%s'>%s</iq>", type, id, inner);
	GError *error = NULL;

	if (!fake_stanza(ONECORE_ME, xml, &error))
		fail_msg("%s", error->message);
	g_free(id);
	turn_finish(onecore_get()->turn);
}

static const struct stanza *
down(const struct stanza *s, const char *name, const char *ns)
{
	s = stanza_child(s, name, ns);
	assert_non_null(s);
	return s;
}

/* The value of a field of the form in parent. */
static const char *
rule(const struct stanza *parent, const char *var)
{
	const struct stanza *x = down(parent, "x", NS_DATA);

	assert_string_equal(stanza_get(x, "type"), "submit");
	for (struct stanza *f = stanza_first(x); f != NULL; f = stanza_next(f))
		if (g_strcmp0(stanza_get(f, "var"), var) == 0)
			return stanza_text(stanza_child(f, "value", NS_DATA));
	return NULL;
}

static void
assert_private(const struct stanza *parent, const char *form_type)
{
	assert_string_equal(rule(parent, "FORM_TYPE"), form_type);
	assert_string_equal(rule(parent, "pubsub#access_model"), "whitelist");
	assert_string_equal(rule(parent, "pubsub#persist_items"), "true");
	assert_string_equal(rule(parent, "pubsub#max_items"), "max");
	assert_string_equal(rule(parent, "pubsub#send_last_published_item"), "never");
}

static int
setup(void **state)
{
	struct account *account = onecore_account();
	char *left;

	while ((left = fake_take_sent(ONECORE_ME)) != NULL)
		g_free(left);
	g_clear_pointer(&account->features, g_hash_table_unref);
	account->features = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_hash_table_add(account->features, g_strdup(NS_PUBSUB "#publish"));
	g_hash_table_add(account->features, g_strdup(NS_PUBSUB "#publish-options"));
	*state = account;
	return 0;
}

static struct stanza *
check_publish(char **id)
{
	struct stanza *iq = asked(id);
	const struct stanza *pubsub = down(iq, "pubsub", NS_PUBSUB), *publish = down(pubsub, "publish", NS_PUBSUB);

	assert_string_equal(stanza_get(iq, "type"), "set");
	assert_string_equal(stanza_get(publish, "node"), NODE);
	assert_string_equal(stanza_get(down(publish, "item", NS_PUBSUB), "id"), "one");
	assert_string_equal(stanza_text(down(down(publish, "item", NS_PUBSUB), "thing", "urn:x")), "text");
	assert_private(down(pubsub, "publish-options", NS_PUBSUB), NS_PUBSUB "#publish-options");
	return iq;
}

static void
publish(struct account *account, struct end *end)
{
	struct stanza *thing = stanza_new("thing", "urn:x");

	stanza_add_text(thing, "text", -1);
	pep_publish(account, NODE, "one", thing, on_done, end);
}

static void
test_publish(void **state)
{
	struct end end = { 0 };
	char *id;

	publish(*state, &end);
	stanza_free(check_publish(&id));
	answer(id, "result", "");
	assert_int_equal(end.calls, 1);
	assert_int_equal(end.end, IQ_RESULT);
}

static void
test_other_rules(void **state)
{
	struct end end = { 0 };
	struct stanza *iq;
	const struct stanza *configure;
	char *id;

	publish(*state, &end);
	stanza_free(check_publish(&id));
	answer(id, "error", PRECONDITION);
	iq = asked(&id);
	configure = down(down(iq, "pubsub", NS_PUBSUB_OWNER), "configure", NS_PUBSUB_OWNER);
	assert_string_equal(stanza_get(configure, "node"), NODE);
	assert_private(configure, NS_PUBSUB "#node_config");
	stanza_free(iq);
	answer(id, "result", "");
	/* Once more, and a server that still refuses is not asked for ever. */
	stanza_free(check_publish(&id));
	assert_int_equal(end.calls, 0);
	answer(id, "error", PRECONDITION);
	assert_int_equal(end.calls, 1);
	assert_int_equal(end.end, IQ_ERROR);
	assert_string_equal(end.condition, "conflict");
	assert_null(fake_take_sent(ONECORE_ME));
	clear(&end);

	/* The rules cannot be changed: its words are the end. */
	publish(*state, &end);
	stanza_free(check_publish(&id));
	answer(id, "error", PRECONDITION);
	stanza_free(asked(&id));
	answer(id, "error", "<error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
	assert_int_equal(end.calls, 1);
	assert_string_equal(end.condition, "forbidden");
	assert_null(fake_take_sent(ONECORE_ME));
	clear(&end);
}

/* A server that does not know rules would make it public. */
static void
test_not_private(void **state)
{
	struct account *account = *state;
	struct end end = { 0 };

	g_hash_table_remove(account->features, NS_PUBSUB "#publish-options");
	assert_false(pep_keeps(account));
	publish(account, &end);
	turn_finish(onecore_get()->turn);
	assert_int_equal(end.calls, 1);
	assert_int_equal(end.end, IQ_ERROR);
	assert_string_equal(end.condition, "feature-not-implemented");
	assert_null(fake_take_sent(ONECORE_ME));
	clear(&end);
}

static const struct stanza *
check_items(struct stanza **iq, char **id)
{
	const struct stanza *pubsub;

	*iq = asked(id);
	pubsub = down(*iq, "pubsub", NS_PUBSUB);
	assert_string_equal(stanza_get(*iq, "type"), "get");
	assert_string_equal(stanza_get(down(pubsub, "items", NS_PUBSUB), "node"), NODE);
	return stanza_child(pubsub, "set", NS_RSM);
}

#define ITEMS(items, set) "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:x:node'>" items "</items>" \
	set "</pubsub>"
#define ITEM(id, name) "<item id='" id "'><" name " xmlns='urn:x'/></item>"
#define SET(last, count) "<set xmlns='http://jabber.org/protocol/rsm'><first>x</first><last>" last "</last>" count "</set>"

static void
test_fetch(void **state)
{
	struct end end = { 0 };
	struct stanza *iq;
	char *id;

	pep_fetch(*state, NODE, on_item, on_done, &end);
	assert_null(check_items(&iq, &id));
	stanza_free(iq);
	/* What has no id or nothing in it is no item. */
	answer(id, "result", ITEMS(ITEM("a", "x") "<item id='no'/><item><y xmlns='urn:x'/></item>" ITEM("b", "y"),
	    SET("b", "<count>3</count>")));
	assert_int_equal(end.calls, 0);
	assert_string_equal(stanza_text(down(check_items(&iq, &id), "after", NS_RSM)), "b");
	stanza_free(iq);
	answer(id, "result", ITEMS(ITEM("c", "z"), SET("c", "<count>3</count>")));
	assert_int_equal(end.calls, 1);
	assert_int_equal(end.end, IQ_RESULT);
	assert_string_equal(end.ids, "a=x b=y c=z ");
	clear(&end);

	/* Without paging; a node that is not there. */
	pep_fetch(*state, NODE, on_item, on_done, &end);
	check_items(&iq, &id);
	stanza_free(iq);
	answer(id, "result", ITEMS(ITEM("a", "x"), ""));
	assert_int_equal(end.calls, 1);
	assert_int_equal(end.items, 1);
	clear(&end);
	pep_fetch(*state, NODE, on_item, on_done, &end);
	check_items(&iq, &id);
	stanza_free(iq);
	answer(id, "error",
	    "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
	assert_int_equal(end.end, IQ_RESULT);
	assert_int_equal(end.items, 0);
	clear(&end);
}

/* A server that never comes to an end. */
static void
test_endless(void **state)
{
	struct end end = { 0 };
	struct stanza *iq;
	char *id;

	pep_fetch(*state, NODE, on_item, on_done, &end);
	check_items(&iq, &id);
	stanza_free(iq);
	answer(id, "result", ITEMS(ITEM("a", "x"), SET("a", "")));
	check_items(&iq, &id);
	stanza_free(iq);
	answer(id, "result", ITEMS(ITEM("a", "x"), SET("a", "")));
	assert_int_equal(end.calls, 1);
	assert_int_equal(end.end, IQ_RESULT);
	clear(&end);

	pep_fetch(*state, NODE, on_item, on_done, &end);
	for (unsigned page = 0; end.calls == 0; page++) {
		g_autoptr(GString) xml = g_string_new("<pubsub xmlns='http://jabber.org/protocol/pubsub'><items>");

		assert_true(page <= LIMIT_PEP_ITEMS / 1000);
		for (unsigned i = 0; i < 1000; i++)
			g_string_append_printf(xml, "<item id='%u.%u'><x xmlns='urn:x'/></item>", page, i);
		g_string_append_printf(xml,
		    "</items><set xmlns='http://jabber.org/protocol/rsm'><last>%u.999</last></set></pubsub>", page);
		check_items(&iq, &id);
		stanza_free(iq);
		answer(id, "result", xml->str);
	}
	assert_int_equal(end.calls, 1);
	assert_int_equal(end.end, IQ_ERROR);
	assert_string_equal(end.condition, "resource-constraint");
	assert_int_equal(end.items, LIMIT_PEP_ITEMS);
	assert_null(fake_take_sent(ONECORE_ME));
	clear(&end);
}

static void
test_retract(void **state)
{
	struct end end = { 0 };
	const struct stanza *retract;
	struct stanza *iq;
	char *id;

	for (int i = 0; i < 2; i++) {
		pep_retract(*state, NODE, "one", on_done, &end);
		iq = asked(&id);
		retract = down(down(iq, "pubsub", NS_PUBSUB), "retract", NS_PUBSUB);
		assert_string_equal(stanza_get(retract, "node"), NODE);
		assert_string_equal(stanza_get(retract, "notify"), "true");
		assert_string_equal(stanza_get(down(retract, "item", NS_PUBSUB), "id"), "one");
		stanza_free(iq);
		if (i == 0)
			answer(id, "result", "");
		else
			answer(id, "error",
			    "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
		assert_int_equal(end.calls, 1);
		assert_int_equal(end.end, IQ_RESULT);
		clear(&end);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_publish, setup), cmocka_unit_test_setup(test_other_rules, setup),
		cmocka_unit_test_setup(test_not_private, setup), cmocka_unit_test_setup(test_fetch, setup),
		cmocka_unit_test_setup(test_endless, setup), cmocka_unit_test_setup(test_retract, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
