/*
 * test_omemo.c: one core with keys, and a server and a contact that are the test: our device on the list, what is
 * decrypted once and what is refused, and that what is encrypted never leaves as it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "core/chat.h"
#include "core/keyring.h"
#include "core/omemo.h"
#include "core/omemo_xml.h"
#include "core/turn.h"
#include "crypto/fingerprint.h"
#include "crypto/payload.h"
#include "faketransport.h"
#include "onecore.h"

#define WAITS "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
#define EVENT "<message from='%s' type='headline'><event xmlns='" NS_PUBSUB_EVENT "'><items node='" OMEMO_LIST_NODE \
	"'><item id='current'>%s</item></items></event></message>"

static struct keyring *bob;	/* the contact's device: on tables of its own in the same database */
static struct bundle ours;	/* as published */
static char *published;		/* our list, as last published */
static bool bundle_here;

static struct core *
core(void)
{
	return onecore_get();
}

static void
take(const char *xml)
{
	GError *error = NULL;

	if (!fake_stanza(ONECORE_ME, xml, &error))
		fail_msg("%s: %s", xml, error->message);
	turn_finish(core()->turn);
}

static void
takef(const char *format, ...)
{
	g_autofree char *xml = NULL;
	va_list ap;

	va_start(ap, format);
	xml = g_strdup_vprintf(format, ap);
	va_end(ap);
	take(xml);
}

/* What the server and the contact answer: bob's list and bundle, as XML or NULL for none. */
static char *bobs_list, *bobs_bundle;
static bool bob_silent;

static void
answer_get(const struct stanza *iq, const struct stanza *items)
{
	const char *id = stanza_get(iq, "id"), *to = stanza_get(iq, "to"), *node = stanza_get(items, "node");
	const char *payload = to == NULL ? NULL : g_str_has_prefix(node, OMEMO_BUNDLE_NODE) ? bobs_bundle : bobs_list;

	if (to != NULL && bob_silent)
		return;
	if (to == NULL && published != NULL && strcmp(node, OMEMO_LIST_NODE) == 0)
		payload = published;
	if (payload == NULL)
		takef("<iq type='error' id='%s'%s%s%s>" WAITS "</iq>", id, to != NULL ? " from='" : "", to != NULL ?
		    to : "",
		    to != NULL ? "'" : "");
	else
		takef("<iq type='result' id='%s'%s%s%s><pubsub xmlns='" NS_PUBSUB "'><items node='%s'><item "
		    "id='current'>%s"
		    "</item></items></pubsub></iq>", id, to != NULL ? " from='" : "", to != NULL ? to : "",
		    to != NULL ? "'" :
		    "", node, payload);
}

static void
answer_publish(const struct stanza *iq, const struct stanza *publish)
{
	const struct stanza *item = stanza_child(publish, "item", NS_PUBSUB);

	if (strcmp(stanza_get(publish, "node"), OMEMO_LIST_NODE) == 0) {
		g_free(published);
		published = stanza_to_xml(stanza_first(item));
	} else if (g_str_has_prefix(stanza_get(publish, "node"), OMEMO_BUNDLE_NODE)) {
		bundle_clear(&ours);
		bundle_init(&ours);
		bundle_here = omemo_read_bundle(publish, &ours);
	}
	takef("<iq type='result' id='%s'/>", stanza_get(iq, "id"));
}

/* Answers all that was asked; the messages that left, one a line.  The caller's. */
static char *
serve(void)
{
	g_autoptr(GString) said = g_string_new(NULL);
	char *xml;

	turn_finish(core()->turn);
	while ((xml = fake_take_sent(ONECORE_ME)) != NULL) {
		struct stanza *s = stanza_parse(xml, -1, NULL);
		const struct stanza *pubsub = s != NULL ? stanza_child(s, "pubsub", NS_PUBSUB) : NULL;

		if (stanza_child(pubsub, "items", NULL) != NULL)
			answer_get(s, stanza_child(pubsub, "items", NULL));
		else if (stanza_child(pubsub, "publish", NULL) != NULL)
			answer_publish(s, stanza_child(pubsub, "publish", NULL));
		else if (s != NULL && strcmp(stanza_name(s), "message") == 0)
			g_string_append_printf(said, "%s\n", xml);
		stanza_free(s);
		g_free(xml);
		turn_finish(core()->turn);
	}
	return g_strdup(said->str);
}

static void
serve_quietly(void)
{
	g_free(serve());
}

static int
setup(void **state)
{
	struct account *account = onecore_account();
	int64_t id;

	(void)state;
	clock_fake_start(INT64_C(1795219200000000));
	g_clear_pointer(&account->features, g_hash_table_unref);
	account->features = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_hash_table_add(account->features, g_strdup(NS_PUBSUB "#publish"));
	g_hash_table_add(account->features, g_strdup(NS_PUBSUB "#publish-options"));
	serve_quietly();
	bundle_init(&ours);
	assert_true(turn_begin(core()->turn));
	id = store_account(core()->store, "bobs@device", NULL);
	bob = keyring_open(core()->store, id, NULL);
	assert_non_null(bob);
	turn_end(core()->turn, true);
	omemo_session(account);
	serve_quietly();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	keyring_free(bob);
	bundle_clear(&ours);
	g_free(published);
	g_free(bobs_list);
	g_free(bobs_bundle);
	return 0;
}

/* --- our device --- */

static GArray *
list_of(const char *xml)
{
	g_autofree char *whole = g_strdup_printf("<items xmlns='" NS_PUBSUB "'><item id='current'>%s</item></items>",
	    xml);
	struct stanza *items = stanza_parse(whole, -1, NULL);
	GArray *list = items != NULL ? omemo_read_list(items) : NULL;

	stanza_free(items);
	return list;
}

static bool
we_are_on(const char *xml)
{
	g_autoptr(GArray) list = list_of(xml);
	bool here = false;

	for (guint i = 0; list != NULL && i < list->len; i++)
		here |= g_array_index(list, uint32_t, i) == omemo_device(onecore_account());
	return here;
}

static void
test_published(void **state)
{
	(void)state;
	assert_true(omemo_is_on(onecore_account()));
	assert_non_null(published);
	assert_true(we_are_on(published));
	assert_true(bundle_here);
	assert_int_equal(ours.prekeys->len, LIMIT_PREKEYS_OWN);
}

static void
test_put_back(void **state)
{
	(void)state;
	clock_fake_advance(LIMIT_OMEMO_READD);
	for (int i = 0; i < 3; i++) {
		g_free(published);
		published = g_strdup("<list xmlns='" NS_OMEMO "'><device id='77'/></list>");
		takef(EVENT, ONECORE_ME, published);
		serve_quietly();
		/* Once at first; then not before its time, however often somebody takes it off. */
		assert_int_equal(we_are_on(published), i == 0);
	}
	clock_fake_advance(LIMIT_OMEMO_READD);
	serve_quietly();
	assert_true(we_are_on(published));
	/* What another client put there stayed, and what somebody else says of our list counts for nothing. */
	assert_non_null(strstr(published, "'77'"));
	takef(EVENT, "eve@example.org", "<list xmlns='" NS_OMEMO "'><device id='78'/></list>");
	clock_fake_advance(LIMIT_OMEMO_READD);
	serve_quietly();
	assert_null(strstr(published, "'78'"));
}

static void
test_lists(void **state)
{
	static const char *const none[] = { "<list/>", "<x xmlns='" NS_OMEMO "'/>", "" };
	g_autoptr(GString) many = g_string_new("<list xmlns='" NS_OMEMO "'><device/><device id=''/><device id='0'/>"
	    "<device id='-1'/><device id='x'/><device id='2147483648'/><device id='4294967297'/><thing id='3'/>"
	    "<device id='5'/><device id='5'/>");
	g_autoptr(GArray) list = NULL;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(none); i++)
		assert_null(list_of(none[i]));
	for (int i = 0; i < 5000; i++)
		g_string_append_printf(many, "<device id='%d'/>", 1000 + i);
	g_string_append(many, "</list>");
	list = list_of(many->str);
	assert_int_equal(list->len, LIMIT_DEVICES);
	assert_int_equal(g_array_index(list, uint32_t, 0), 5);
	assert_int_equal(g_array_index(list, uint32_t, 1), 1000);
}

/* --- in --- */

/* What bob's device writes to ours, as <encrypted/>; the caller's.  text NULL: only a key. */
static struct stanza *
by_bob(const char *text)
{
	struct payload payload;
	struct ratchet_sealed sealed;
	struct stanza *encrypted;
	uint32_t device = omemo_device(onecore_account());
	enum ratchet_result result;

	assert_true(payload_encrypt(&payload, text != NULL ? text : "", text != NULL ? strlen(text) : 0, NULL));
	assert_true(turn_begin(core()->turn));
	result = ratchet_encrypt(keyring_ratchet(bob), "us", device, payload.key, PAYLOAD_KEY_SIZE, &sealed);
	if (result == RATCHET_NO_SESSION) {
		assert_int_equal(ratchet_start(keyring_ratchet(bob), "us", device, &ours), RATCHET_OK);
		result = ratchet_encrypt(keyring_ratchet(bob), "us", device, payload.key, PAYLOAD_KEY_SIZE, &sealed);
	}
	turn_end(core()->turn, true);
	assert_int_equal(result, RATCHET_OK);
	encrypted = omemo_write_message(keyring_device(bob), payload.iv, PAYLOAD_IV_SIZE, text != NULL ?
	    payload.bytes : NULL);
	omemo_add_key(encrypted, device, sealed.prekey, sealed.bytes);
	ratchet_sealed_clear(&sealed);
	payload_clear(&payload);
	return encrypted;
}

static void
give(const char *from, const char *id, const struct stanza *encrypted)
{
	g_autofree char *xml = stanza_to_xml(encrypted);

	takef("<message type='chat' from='%s/x' id='%s'><body>INSTEAD</body>%s</message>", from, id, xml);
}

/* The texts of the chat, with what they were protected by; the caller's. */
static char *
rows_of(const char *jid)
{
	int64_t chat = chat_find(core()->store, onecore_account()->id, jid, CHAT_PERSON, false, NULL);
	g_autoptr(GString) all = g_string_new(NULL);
	g_autoptr(GPtrArray) rows = NULL;
	bool more;

	if (chat != 0)
		rows = message_page(core()->store, chat, PAGE_END, 0, 100, &more);
	for (guint i = 0; rows != NULL && i < rows->len; i++) {
		const struct message_row *row = rows->pdata[i];

		g_string_append_printf(all, "%s %s|", encryption_name(row->encryption), row->body);
	}
	return g_strdup(all->str);
}

static void
assert_rows(const char *jid, const char *expected)
{
	g_autofree char *rows = rows_of(jid);

	assert_string_equal(rows, expected);
}

static void
test_read_once(void **state)
{
	struct stanza *one = by_bob("one"), *two = by_bob("two"), *empty = by_bob(NULL);

	(void)state;
	give(ONECORE_BOB, "1", one);
	assert_rows(ONECORE_BOB, "omemo one|");
	/* A copy with its id; the same keys under another id; the same from somebody else. */
	give(ONECORE_BOB, "1", one);
	give(ONECORE_BOB, "1b", one);
	assert_rows(ONECORE_BOB, "omemo one|");
	give("eve@example.org", "1", one);
	{
		g_autofree char *rows = rows_of("eve@example.org");

		assert_non_null(strstr(rows, "could not be decrypted"));
		assert_null(strstr(rows, "one|"));
	}
	/* A carbon of what came already, and the archive's copy by its id. */
	give(ONECORE_BOB, "2", two);
	give(ONECORE_BOB, "3", empty);
	assert_rows(ONECORE_BOB, "omemo one|omemo two|");
	serve_quietly();
	stanza_free(one);
	stanza_free(two);
	stanza_free(empty);
}

/* Every place of the element is turned over once: nothing of the text is shown, and the next one is read. */
static void
test_damaged(void **state)
{
	static const struct { const char *what, *name; } parts[] = { { "key", NULL }, { "iv", NULL }, { "payload",
	    NULL } };
	struct stanza *next;
	g_autofree char *rows = NULL;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		for (int way = 0; way < 4; way++) {
			struct stanza *e = by_bob("SECRET"), *header = stanza_child(e, "header", NS_OMEMO);
			struct stanza *parent = strcmp(parts[i].what, "payload") == 0 ? e : header;
			struct stanza *part = stanza_child(parent, parts[i].what, NS_OMEMO), *copy;
			g_autofree char *text = g_strdup(stanza_text(part)), *id = g_strdup_printf("d%zu-%d", i, way);

			/* Gone, empty, no base64, another byte. */
			copy = stanza_new(parts[i].what, NS_OMEMO);
			if (stanza_get(part, "rid") != NULL)
				stanza_set(copy, "rid", stanza_get(part, "rid"));
			if (stanza_get(part, "prekey") != NULL)
				stanza_set(copy, "prekey", stanza_get(part, "prekey"));
			text[strlen(text) / 2] = text[strlen(text) / 2] == 'A' ? 'B' : 'A';
			stanza_add_text(copy, way == 1 ? "" : way == 2 ? "?!" : text, -1);
			stanza_remove(parent, part);
			if (way != 0)
				stanza_take(parent, copy);
			else
				stanza_free(copy);
			give(ONECORE_BOB, id, e);
			stanza_free(e);
		}
	}
	rows = rows_of(ONECORE_BOB);
	assert_null(strstr(rows, "SECRET"));
	assert_null(strstr(rows, "INSTEAD"));
	assert_non_null(strstr(rows, "could not be decrypted"));
	take("<message type='chat' from='" ONECORE_BOB "/x' id='h1'><encrypted xmlns='" NS_OMEMO "'/></message>");
	take("<message type='chat' from='" ONECORE_BOB "/x' id='h2'><encrypted "
	    "xmlns='" NS_OMEMO "'><header/></encrypted></message>");
	take("<message type='chat' from='" ONECORE_BOB "/x' id='h3'><encrypted xmlns='" NS_OMEMO
	    "'><header sid='0'><key rid='0'/></header><payload>AAAA</payload></encrypted></message>");
	next = by_bob("after it");
	give(ONECORE_BOB, "next", next);
	stanza_free(next);
	g_free(rows);
	rows = rows_of(ONECORE_BOB);
	assert_true(g_str_has_suffix(rows, "|omemo after it|"));
	serve_quietly();
}

/* --- out --- */

static void
put(char **to, struct stanza *payload)
{
	g_free(*to);
	*to = payload != NULL ? stanza_to_xml(payload) : NULL;
	stanza_free(payload);
}

/* bob's device is on a list, with a bundle. */
static void
give_bob_keys(uint32_t device)
{
	struct bundle bundle;

	put(&bobs_list, omemo_write_list(&device, 1));
	bundle_init(&bundle);
	assert_true(turn_begin(core()->turn));
	assert_true(keyring_bundle(bob, &bundle, NULL));
	turn_end(core()->turn, true);
	put(&bobs_bundle, omemo_write_bundle(&bundle));
	bundle_clear(&bundle);
}

/* Says it, and gives what left; the state that it got to in *state.  The caller's. */
static char *
say(const char *jid, const char *text, enum message_state *state)
{
	g_autoptr(GError) error = NULL;
	int64_t id = outbox_send(onecore_account(), jid, text, &error);
	char *said;
	struct message_row *row;

	assert_true(id != 0);
	said = serve();
	row = message_load(core()->store, id);
	*state = row->state;
	message_row_free(row);
	return said;
}

/* What bob reads of what left; NULL: nothing is for his device.  The caller's. */
static char *
bob_reads(const char *said)
{
	g_autofree char *line = g_strndup(said, strcspn(said, "\n"));
	struct stanza *s = stanza_parse(line, -1, NULL);
	struct omemo_message m;
	struct ratchet_opened opened;
	g_autoptr(GBytes) text = NULL;
	char *read = NULL;

	assert_non_null(s);
	if (omemo_read_message(stanza_child(s, "encrypted", NS_OMEMO), keyring_device(bob), &m) && m.key != NULL) {
		assert_true(turn_begin(core()->turn));
		if (ratchet_decrypt(keyring_ratchet(bob), "us", m.sender, m.prekey, g_bytes_get_data(m.key, NULL),
		    g_bytes_get_size(m.key), &opened) == RATCHET_OK) {
			text = payload_decrypt(g_bytes_get_data(opened.plain, NULL), g_bytes_get_size(opened.plain),
			    g_bytes_get_data(m.iv, NULL), g_bytes_get_size(m.iv), g_bytes_get_data(m.text, NULL),
			    g_bytes_get_size(m.text));
			ratchet_opened_clear(&opened);
		}
		turn_end(core()->turn, true);
	}
	if (text != NULL)
		read = g_strndup(g_bytes_get_data(text, NULL), g_bytes_get_size(text));
	omemo_message_clear(&m);
	stanza_free(s);
	return read;
}

static void
test_in_plain_until_there_are_keys(void **state)
{
	enum message_state now;
	g_autofree char *said = say("carol@example.org", "hello", &now);

	(void)state;
	assert_non_null(strstr(said, "<body>hello</body>"));
	assert_null(strstr(said, "encrypted"));
	assert_int_equal(now, MESSAGE_SENT);
}

static void
test_never_in_plain(void **state)
{
	enum message_state now;
	g_autofree char *said = NULL, *again = NULL, *text = NULL;
	g_autoptr(GError) error = NULL;

	(void)state;
	give_bob_keys(keyring_device(bob));
	omemo_refresh(onecore_account(), ONECORE_BOB);
	said = say(ONECORE_BOB, "MARK one", &now);
	assert_int_equal(now, MESSAGE_SENT);
	assert_null(strstr(said, "MARK"));
	text = bob_reads(said);
	assert_string_equal(text, "MARK one");
	/* The list is empty, the list does not come, the keys are wrong: it stays here, and says why. */
	put(&bobs_list, omemo_write_list(NULL, 0));
	takef(EVENT, ONECORE_BOB, bobs_list);
	g_free(said);
	said = say(ONECORE_BOB, "MARK two", &now);
	assert_string_equal(said, "");
	assert_int_equal(now, MESSAGE_FAILED);
	{
		uint32_t other = 4711;

		put(&bobs_list, omemo_write_list(&other, 1));
		put(&bobs_bundle, NULL);
	}
	takef(EVENT, ONECORE_BOB, bobs_list);
	serve_quietly();
	g_free(said);
	said = say(ONECORE_BOB, "MARK three", &now);
	assert_string_equal(said, "");
	assert_int_equal(now, MESSAGE_FAILED);
	/* Said again, it is no less secret. */
	{
		g_autoptr(GPtrArray) failed = message_in_state(core()->store, onecore_account()->id, MESSAGE_FAILED);

		assert_true(failed->len >= 2);
		for (guint i = 0; i < failed->len; i++)
			assert_true(outbox_retry(onecore_account(), ((struct message_row *)failed->pdata[i])->id,
			    NULL));
	}
	g_free(said);
	said = serve();
	assert_string_equal(said, "");
	/* Nobody answers: it waits so long, and no longer. */
	bob_silent = true;
	omemo_refresh(onecore_account(), ONECORE_BOB);
	g_free(said);
	said = say(ONECORE_BOB, "MARK four", &now);
	assert_int_equal(now, MESSAGE_QUEUED);
	/* First for the list, then for the keys. */
	clock_fake_advance(LIMIT_OMEMO_WAIT);
	clock_fake_advance(LIMIT_OMEMO_WAIT);
	again = serve();
	assert_string_equal(again, "");
	bob_silent = false;
	/* Only this takes it off. */
	assert_true(omemo_switch(onecore_account(), ONECORE_BOB, false, &error));
	g_free(said);
	said = say(ONECORE_BOB, "in plain", &now);
	assert_non_null(strstr(said, "<body>in plain</body>"));
	assert_null(strstr(said, "MARK"));
}

/* --- a device that has another key than before --- */

/* What is not in the database is gone. */
static void
restart(void)
{
	struct account *account = onecore_account();

	serve_quietly();
	g_clear_pointer(&account->omemo, omemo_free);
	omemo_session(account);
	serve_quietly();
}

/* The contact's device is set up anew, under its number, and people are told so. */
static void
other_keys(void)
{
	static int n;
	uint32_t device = keyring_device(bob);
	g_autofree char *name = g_strdup_printf("bobs@device/%d", n++);
	struct own_row own;
	int64_t id;

	keyring_free(bob);
	assert_true(turn_begin(core()->turn));
	id = store_account(core()->store, name, NULL);
	bob = keyring_open(core()->store, id, NULL);
	assert_non_null(bob);
	assert_true(own_load(core()->store, id, &own, NULL));
	own.device = device;
	assert_true(own_save(core()->store, id, &own, NULL));
	own_clear(&own);
	keyring_free(bob);
	bob = keyring_open(core()->store, id, NULL);
	turn_end(core()->turn, true);
	assert_int_equal(keyring_device(bob), device);
	give_bob_keys(device);
}

/* It writes to us with its keys, which is how we hear of them. */
static void
bob_writes(const char *id)
{
	struct stanza *hello = by_bob("hello");

	give(ONECORE_BOB, id, hello);
	stanza_free(hello);
	serve_quietly();
}

static void
assert_bob_reads(const char *text)
{
	enum message_state now;
	g_autofree char *said = say(ONECORE_BOB, text, &now), *read = NULL;

	assert_int_equal(now, MESSAGE_SENT);
	read = bob_reads(said);
	assert_string_equal(read, text);
}

static bool
is_changed(void)
{
	g_autofree char *other = omemo_changed_key(onecore_account(), ONECORE_BOB, keyring_device(bob));
	g_autofree char *key = fingerprint_text(&keyring_identity(bob)->key);

	assert_true(other == NULL || strcmp(other, key) == 0);
	return other != NULL;
}

static void
test_changed_key(void **state)
{
	struct account *account = onecore_account();
	uint32_t device = keyring_device(bob);
	enum message_state now;
	g_autofree char *said = NULL;

	(void)state;
	bob_silent = false;
	give_bob_keys(device);
	takef(EVENT, ONECORE_BOB, bobs_list);
	assert_true(omemo_switch(account, ONECORE_BOB, true, NULL));
	omemo_refresh(account, ONECORE_BOB);
	serve_quietly();
	assert_bob_reads("to the first key");
	/* Nobody compared the first: the second comes as a new device would. */
	other_keys();
	bob_writes("c1");
	assert_false(is_changed());
	assert_bob_reads("to the second key");
	/* Somebody compared it: the third is not believed, nor is it forgotten. */
	assert_true(omemo_trust(account, ONECORE_BOB, device, TRUST_VERIFIED, NULL));
	other_keys();
	bob_writes("c2");
	for (int i = 0; i < 2; i++) {
		assert_true(is_changed());
		assert_int_equal(omemo_standing(account, ONECORE_BOB).undecided, 1);
		assert_false(omemo_standing(account, ONECORE_BOB).verified);
		g_free(said);
		said = say(ONECORE_BOB, "MARK", &now);
		assert_int_equal(now, MESSAGE_FAILED);
		assert_string_equal(said, "");
		omemo_refresh(account, ONECORE_BOB);
		restart();
	}
	assert_true(omemo_trust(account, ONECORE_BOB, device, TRUST_VERIFIED, NULL));
	assert_false(is_changed());
	assert_bob_reads("to the third key");
	/* One that is distrusted stays so, whatever key it has. */
	assert_true(omemo_trust(account, ONECORE_BOB, device, TRUST_DISTRUSTED, NULL));
	other_keys();
	bob_writes("c3");
	restart();
	g_free(said);
	said = say(ONECORE_BOB, "MARK", &now);
	assert_int_equal(now, MESSAGE_FAILED);
	assert_string_equal(said, "");
}

/* --- a server that does not say what it does --- */

/* Answers questions of that kind; how many there were. */
static int
asked_what_it_does(bool answer)
{
	int n = 0;
	char *xml;

	turn_finish(core()->turn);
	while ((xml = fake_take_sent(ONECORE_ME)) != NULL) {
		struct stanza *s = stanza_parse(xml, -1, NULL);

		assert_null(strstr(xml, "<body>MARK"));
		if (stanza_child(s, "query", NS_DISCO_INFO) != NULL) {
			n++;
			takef("<iq type='%s' id='%s' from='" ONECORE_ME "'>%s</iq>", answer ? "result" : "error",
			    stanza_get(s, "id"), answer ? "<query xmlns='" NS_DISCO_INFO "'><feature var='" NS_PUBSUB
			    "#publish'/><feature var='" NS_PUBSUB "#publish-options'/></query>" :
			    "<error type='wait'><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
			    "</error>");
		}
		stanza_free(s);
		g_free(xml);
		/* What follows is for serve(). */
		if (answer && n > 0)
			break;
	}
	return n;
}

static void
test_silent_server(void **state)
{
	struct account *account = onecore_account();
	g_autoptr(GError) error = NULL;
	g_autofree char *said = NULL, *read = NULL;
	struct message_row *row;
	int64_t id;

	(void)state;
	assert_true(omemo_trust(account, ONECORE_BOB, keyring_device(bob), TRUST_VERIFIED, NULL));
	serve_quietly();
	g_hash_table_remove_all(account->features);
	omemo_session(account);
	assert_false(omemo_is_on(account));
	assert_int_equal(asked_what_it_does(false), 0);
	/* A message waits: once at once, and then at its time, which gets longer. */
	id = outbox_send(account, ONECORE_BOB, "MARK waits", &error);
	assert_true(id != 0);
	assert_int_equal(asked_what_it_does(false), 1);
	assert_true(outbox_send(account, ONECORE_BOB, "MARK too", &error) != 0);
	assert_int_equal(asked_what_it_does(false), 0);
	clock_fake_advance(19999);
	assert_int_equal(asked_what_it_does(false), 0);
	row = message_load(core()->store, id);
	assert_int_equal(row->state, MESSAGE_QUEUED);
	message_row_free(row);
	assert_true(omemo_is_unsure(account));
	clock_fake_advance(1);
	assert_int_equal(asked_what_it_does(true), 1);
	said = serve();
	assert_true(omemo_is_on(account));
	read = bob_reads(said);
	assert_string_equal(read, "MARK waits");
	assert_null(strstr(said, "MARK"));
	row = message_load(core()->store, id);
	assert_int_equal(row->state, MESSAGE_SENT);
	message_row_free(row);
	assert_false(omemo_is_unsure(account));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published), cmocka_unit_test(test_put_back), cmocka_unit_test(test_lists),
		cmocka_unit_test(test_read_once), cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_in_plain_until_there_are_keys), cmocka_unit_test(test_never_in_plain),
		cmocka_unit_test(test_changed_key), cmocka_unit_test(test_silent_server),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
