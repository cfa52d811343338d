/*
 * Conversations of two devices: in order, lost, late, twice, both beginning at once; and what a hostile one may send.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/limits.h"
#include "memkeys.h"

static struct memkeys alice, bob;

static int
setup(void **state)
{
	(void)state;
	memkeys_init(&alice, "alice@example.org", 1001, 3);
	memkeys_init(&bob, "bob@example.org", 2002, 3);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	memkeys_clear(&alice);
	memkeys_clear(&bob);
	return 0;
}

#define assert_result(found, wanted) \
	assert_string_equal(ratchet_result_name(found), ratchet_result_name(wanted))

static void
send(struct memkeys *from, struct memkeys *to, const char *text, struct ratchet_sealed *sealed)
{
	assert_result(memkeys_send(from, to, text, sealed), RATCHET_OK);
}

static void
assert_arrives(struct memkeys *to, struct memkeys *from, const struct ratchet_sealed *sealed, const char *text)
{
	g_autofree char *found = NULL;

	assert_result(memkeys_receive(to, from, sealed, &found), RATCHET_OK);
	assert_string_equal(found, text);
}

/* It is refused like this, and changes nothing. */
static void
assert_refused(struct memkeys *to, struct memkeys *from, const struct ratchet_sealed *sealed, enum ratchet_result why)
{
	g_autofree char *before = memkeys_state(to), *after = NULL, *text = NULL;

	assert_result(memkeys_receive(to, from, sealed, &text), why);
	assert_null(text);
	after = memkeys_state(to);
	assert_string_equal(before, after);
}

static void
say(struct memkeys *from, struct memkeys *to, const char *text)
{
	struct ratchet_sealed sealed;

	send(from, to, text, &sealed);
	assert_arrives(to, from, &sealed, text);
	ratchet_sealed_clear(&sealed);
}

/* Both have a session and heard of each other. */
static void
acquaint(void)
{
	assert_result(memkeys_start(&alice, &bob), RATCHET_OK);
	say(&alice, &bob, "hello");
	say(&bob, &alice, "hello yourself");
}

static void
test_conversation(void **state)
{
	struct ratchet_sealed sealed;
	char text[32];

	(void)state;
	assert_result(memkeys_send(&alice, &bob, "too early", &sealed), RATCHET_NO_SESSION);
	assert_result(memkeys_start(&alice, &bob), RATCHET_OK);
	for (int i = 0; i < 3; i++) {
		send(&alice, &bob, "first", &sealed);
		assert_true(sealed.prekey);
		assert_arrives(&bob, &alice, &sealed, "first");
		ratchet_sealed_clear(&sealed);
	}
	assert_int_equal(g_hash_table_size(bob.used), 1);
	for (int i = 0; i < 100; i++) {
		g_snprintf(text, sizeof text, "number %d", i);
		if (i % 7 < 4)
			say(&bob, &alice, text);
		else
			say(&alice, &bob, text);
	}
	send(&alice, &bob, "", &sealed);
	assert_false(sealed.prekey);
	assert_arrives(&bob, &alice, &sealed, "");
	ratchet_sealed_clear(&sealed);
}

static void
test_opened(void **state)
{
	struct ratchet_opened opened;
	struct ratchet_sealed sealed;

	(void)state;
	assert_result(memkeys_start(&alice, &bob), RATCHET_OK);
	for (uint32_t i = 0; i < 4; i++) {
		gsize n;
		const void *bytes;

		send(&alice, &bob, "x", &sealed);
		bytes = g_bytes_get_data(sealed.bytes, &n);
		assert_result(ratchet_decrypt(bob.ratchet, alice.name, alice.device, sealed.prekey, bytes, n, &opened),
		    RATCHET_OK);
		assert_int_equal(opened.fresh, i == 0);
		assert_int_equal(opened.counter, i);
		assert_true(key_equal(&opened.identity, &alice.identity.key));
		ratchet_opened_clear(&opened);
		ratchet_sealed_clear(&sealed);
	}
}

enum { MANY = 60 };

/* Everything that was sent arrives once, in any order, and a second time never; what is lost holds nothing up. */
static void
test_disorder(void **state)
{
	struct ratchet_sealed sealed[MANY];
	g_autoptr(GRand) rand = g_rand_new_with_seed(6);
	int order[MANY];
	char text[32];

	(void)state;
	acquaint();
	for (int round = 0; round < 4; round++) {
		struct memkeys *from = round % 2 == 0 ? &alice : &bob, *to = round % 2 == 0 ? &bob : &alice;

		for (int i = 0; i < MANY; i++) {
			g_snprintf(text, sizeof text, "%d.%d", round, i);
			send(from, to, text, &sealed[i]);
			order[i] = i;
		}
		for (int i = MANY - 1; i > 0; i--) {
			int j = g_rand_int_range(rand, 0, i + 1), kept = order[i];

			order[i] = order[j];
			order[j] = kept;
		}
		for (int i = 0; i < MANY; i++) {
			g_snprintf(text, sizeof text, "%d.%d", round, order[i]);
			if (order[i] % 5 == 3)
				continue;	/* lost */
			assert_arrives(to, from, &sealed[order[i]], text);
			assert_refused(to, from, &sealed[order[i]], RATCHET_DUPLICATE);
			if (i % 9 == 0)
				say(to, from, "meanwhile");
		}
		for (int i = 0; i < MANY; i++) {
			if (order[i] % 5 != 3)
				assert_refused(to, from, &sealed[order[i]], RATCHET_DUPLICATE);
			ratchet_sealed_clear(&sealed[order[i]]);
		}
	}
}

static void
test_both_begin(void **state)
{
	struct ratchet_sealed from_alice[3], from_bob[3];

	(void)state;
	assert_result(memkeys_start(&alice, &bob), RATCHET_OK);
	assert_result(memkeys_start(&bob, &alice), RATCHET_OK);
	for (int i = 0; i < 3; i++) {
		send(&alice, &bob, "a", &from_alice[i]);
		send(&bob, &alice, "b", &from_bob[i]);
	}
	/* Crosswise, and the one from before the other session comes last. */
	assert_arrives(&bob, &alice, &from_alice[1], "a");
	assert_arrives(&alice, &bob, &from_bob[0], "b");
	assert_arrives(&alice, &bob, &from_bob[2], "b");
	assert_arrives(&bob, &alice, &from_alice[0], "a");
	/* No more turns than the library keeps keys of missing messages for. */
	for (int i = 0; i < 3; i++) {
		say(&alice, &bob, "ping");
		say(&bob, &alice, "pong");
	}
	assert_arrives(&bob, &alice, &from_alice[2], "a");
	assert_arrives(&alice, &bob, &from_bob[1], "b");
	say(&alice, &bob, "still");
	say(&bob, &alice, "here");
	for (int i = 0; i < 3; i++) {
		assert_refused(&bob, &alice, &from_alice[i], RATCHET_DUPLICATE);
		assert_refused(&alice, &bob, &from_bob[i], RATCHET_DUPLICATE);
		ratchet_sealed_clear(&from_alice[i]);
		ratchet_sealed_clear(&from_bob[i]);
	}
}

/* Who lost the session begins another; what was sent in the old one is read all the same. */
static void
test_begin_anew(void **state)
{
	struct ratchet_sealed late;

	(void)state;
	memkeys_clear(&bob);
	memkeys_init(&bob, "bob@example.org", 2002, 20);
	acquaint();
	send(&bob, &alice, "late", &late);
	for (int i = 0; i < 5; i++) {
		assert_result(memkeys_start(&alice, &bob), RATCHET_OK);
		say(&alice, &bob, "again");
	}
	say(&bob, &alice, "yes");
	assert_arrives(&alice, &bob, &late, "late");
	say(&alice, &bob, "thanks");
	ratchet_sealed_clear(&late);
}

/* Earlier sessions do not pile up, whoever begins them. */
static void
test_earlier_sessions(void **state)
{
	gsize n, first = 0;

	(void)state;
	memkeys_clear(&bob);
	memkeys_init(&bob, "bob@example.org", 2002, 60);
	for (int i = 0; i < 50; i++) {
		struct ratchet_sealed sealed;

		assert_result(memkeys_start(&alice, &bob), RATCHET_OK);
		send(&alice, &bob, "again", &sealed);
		assert_arrives(&bob, &alice, &sealed, "again");
		ratchet_sealed_clear(&sealed);
		n = g_bytes_get_size(g_hash_table_lookup(bob.sessions, "alice@example.org/1001"));
		if (i == 8)
			first = n;
		assert_true(i <= 8 || n <= first + 64);
	}
}

static void
test_no_prekey(void **state)
{
	struct ratchet_sealed sealed;
	struct bundle bundle;

	(void)state;
	assert_result(memkeys_start(&alice, &bob), RATCHET_OK);
	send(&alice, &bob, "x", &sealed);
	g_hash_table_remove_all(bob.prekeys);
	assert_refused(&bob, &alice, &sealed, RATCHET_NO_PREKEY);
	bob.signed_id = 2;
	assert_refused(&bob, &alice, &sealed, RATCHET_NO_PREKEY);
	bob.signed_id = 1;
	ratchet_sealed_clear(&sealed);
	memkeys_bundle(&bob, &bundle);
	assert_true(bundle_verify(&bundle));
	assert_result(ratchet_start(alice.ratchet, bob.name, bob.device, &bundle), RATCHET_NO_PREKEY);
	bundle_clear(&bundle);
}

/* Somebody with another identity says to be this device. */
static void
test_another_identity(void **state)
{
	struct memkeys mallory;
	struct ratchet_sealed sealed, real;
	g_autofree char *before = NULL, *after = NULL;

	(void)state;
	acquaint();
	memkeys_init(&mallory, alice.name, alice.device, 3);
	assert_result(memkeys_start(&mallory, &bob), RATCHET_OK);
	send(&mallory, &bob, "I am alice", &sealed);
	assert_refused(&bob, &alice, &sealed, RATCHET_IDENTITY);
	/* The same by a bundle. */
	before = memkeys_state(&bob);
	assert_result(memkeys_start(&bob, &mallory), RATCHET_IDENTITY);
	after = memkeys_state(&bob);
	assert_string_equal(before, after);
	/* What alice wrote, told as another's: the session is another. */
	send(&alice, &bob, "from alice", &real);
	mallory.device = 999;
	assert_refused(&bob, &mallory, &real, RATCHET_NO_SESSION);
	assert_arrives(&bob, &alice, &real, "from alice");
	ratchet_sealed_clear(&real);
	ratchet_sealed_clear(&sealed);
	memkeys_clear(&mallory);
}

static void
test_bad_signature(void **state)
{
	struct bundle bundle;

	(void)state;
	memkeys_bundle(&bob, &bundle);
	assert_true(bundle_verify(&bundle));
	bundle.signature[10] ^= 1;
	assert_false(bundle_verify(&bundle));
	assert_result(ratchet_start(alice.ratchet, bob.name, bob.device, &bundle), RATCHET_BROKEN);
	bundle.signature[10] ^= 1;
	bundle.identity = alice.identity.key;
	assert_false(bundle_verify(&bundle));
	assert_result(ratchet_start(alice.ratchet, bob.name, bob.device, &bundle), RATCHET_BROKEN);
	assert_int_equal(g_hash_table_size(alice.sessions), 0);
	assert_int_equal(g_hash_table_size(alice.identities), 0);
	bundle_clear(&bundle);
}

static void
test_numbers(void **state)
{
	static const uint32_t wrong[] = { 0, 0x80000000u, 0xffffffffu };
	struct ratchet_opened opened;
	struct ratchet_sealed sealed;
	struct bundle bundle;

	(void)state;
	memkeys_bundle(&bob, &bundle);
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		assert_result(ratchet_start(alice.ratchet, bob.name, wrong[i], &bundle), RATCHET_BROKEN);
		assert_result(ratchet_encrypt(alice.ratchet, bob.name, wrong[i], "x", 1, &sealed), RATCHET_BROKEN);
		assert_result(ratchet_decrypt(alice.ratchet, bob.name, wrong[i], false, "x", 1, &opened),
		    RATCHET_BROKEN);
	}
	bundle_clear(&bundle);
}

/*
 * It is refused and changes nothing, or it is read as it was: some bits mean nothing (the number that says
 * "registration", the version that somebody else would speak).  False: it was read.
 */
static bool
refuses_or_reads(const struct ratchet_sealed *sealed, const char *wanted)
{
	g_autofree char *before = memkeys_state(&bob), *after = NULL, *text = NULL;
	struct memkeys_copy kept;
	bool refused;

	memkeys_keep(&bob, &kept);
	refused = memkeys_receive(&bob, &alice, sealed, &text) != RATCHET_OK;
	after = memkeys_state(&bob);
	if (refused)
		assert_string_equal(before, after);
	else
		assert_string_equal(text, wanted);
	memkeys_restore(&bob, &kept);
	return refused;
}

/* Each byte of a message changed, and each of its beginnings. */
static void
garble(const struct ratchet_sealed *sealed, const char *wanted, unsigned idle)
{
	gsize n;
	const uint8_t *bytes = g_bytes_get_data(sealed->bytes, &n);
	struct ratchet_sealed other = { .prekey = sealed->prekey };

	for (gsize i = 0; i < n; i++) {
		uint8_t *copy = g_memdup2(bytes, n);

		copy[i] ^= (uint8_t)(1 + i % 255);
		other.bytes = g_bytes_new_take(copy, n);
		if (!refuses_or_reads(&other, wanted))
			assert_true(idle-- > 0);
		ratchet_sealed_clear(&other);
		other.bytes = g_bytes_new(bytes, i);
		assert_true(refuses_or_reads(&other, wanted));
		ratchet_sealed_clear(&other);
	}
}

static void
test_garbled(void **state)
{
	struct ratchet_sealed first, second, other;

	(void)state;
	assert_result(memkeys_start(&alice, &bob), RATCHET_OK);
	send(&alice, &bob, "first", &first);
	assert_true(first.prekey);
	garble(&first, "first", 6);
	other = (struct ratchet_sealed){ .bytes = first.bytes };
	assert_refused(&bob, &alice, &other, RATCHET_BROKEN);
	assert_arrives(&bob, &alice, &first, "first");
	assert_refused(&bob, &alice, &other, RATCHET_BROKEN);
	say(&bob, &alice, "yes");
	send(&alice, &bob, "second", &second);
	assert_false(second.prekey);
	garble(&second, "second", 1);
	other = (struct ratchet_sealed){ .bytes = second.bytes, .prekey = true };
	assert_refused(&bob, &alice, &other, RATCHET_BROKEN);
	assert_arrives(&bob, &alice, &second, "second");
	ratchet_sealed_clear(&first);
	ratchet_sealed_clear(&second);
}

static void
test_too_long(void **state)
{
	g_autofree uint8_t *bytes = g_malloc0(LIMIT_SEALED + 1);
	struct ratchet_opened opened;

	(void)state;
	acquaint();
	bytes[0] = 0x33;
	for (size_t n = LIMIT_SEALED - 1; n <= LIMIT_SEALED + 1; n++) {
		assert_result(ratchet_decrypt(bob.ratchet, alice.name, alice.device, false, bytes, n, &opened),
		    RATCHET_BROKEN);
		assert_result(ratchet_decrypt(bob.ratchet, alice.name, alice.device, true, bytes, n, &opened),
		    RATCHET_BROKEN);
	}
	assert_result(ratchet_decrypt(bob.ratchet, alice.name, alice.device, false, bytes, 0, &opened), RATCHET_BROKEN);
}

/* So many may be missing, and one more not; and then another session helps. */
static void
test_far(void **state)
{
	struct ratchet_sealed near, far;

	(void)state;
	acquaint();
	for (int i = 0; i < 2000; i++) {
		struct ratchet_sealed lost;

		send(&alice, &bob, "lost", &lost);
		ratchet_sealed_clear(&lost);
	}
	send(&alice, &bob, "near", &near);
	send(&alice, &bob, "far", &far);
	assert_refused(&bob, &alice, &far, RATCHET_FAR);
	assert_arrives(&bob, &alice, &near, "near");
	assert_arrives(&bob, &alice, &far, "far");
	assert_true(g_bytes_get_size(g_hash_table_lookup(bob.sessions, "alice@example.org/1001")) < LIMIT_SESSION);
	ratchet_sealed_clear(&near);
	ratchet_sealed_clear(&far);
}

/* A peer that skips as many as it may, in chain after chain, and begins session after session, fills no disk. */
static void
test_hoard(void **state)
{
	struct ratchet_sealed sealed;
	g_autofree char *text = NULL;
	size_t most = 0;

	(void)state;
	memkeys_clear(&bob);
	memkeys_init(&bob, "bob@example.org", 2002, 20);
	for (int session = 0; session < 2; session++) {
		assert_result(memkeys_start(&alice, &bob), RATCHET_OK);
		for (int chain = 0; chain < 6; chain++) {
			for (int i = 0; i < 1990; i++) {
				send(&alice, &bob, "lost", &sealed);
				ratchet_sealed_clear(&sealed);
			}
			send(&alice, &bob, "x", &sealed);
			assert_result(memkeys_receive(&bob, &alice, &sealed, &text), RATCHET_OK);
			g_clear_pointer(&text, g_free);
			ratchet_sealed_clear(&sealed);
			say(&bob, &alice, "y");
			most = MAX(most, g_bytes_get_size(g_hash_table_lookup(bob.sessions, "alice@example.org/1001")));
		}
	}
	assert_true(most <= LIMIT_SESSION);
	assert_true(most > LIMIT_SESSION / 2);
}

/* The store fails at each of its calls: what was not told as done can be done again, from the savepoint. */
static void
test_store_fails(void **state)
{
	struct ratchet_sealed first, sealed;

	(void)state;
	assert_result(memkeys_start(&alice, &bob), RATCHET_OK);
	send(&alice, &bob, "first", &first);
	for (int what = 0; what < 3; what++) {
		enum ratchet_result result = RATCHET_STORE;
		int tries = 0;

		while (result != RATCHET_OK) {
			struct memkeys_copy kept;
			g_autofree char *text = NULL;

			memkeys_keep(&bob, &kept);
			bob.calls = 0;
			bob.fail_at = ++tries;
			if (what == 0)
				result = memkeys_start(&bob, &alice);
			else if (what == 1)
				result = memkeys_receive(&bob, &alice, &first, &text);
			else
				result = memkeys_send(&bob, &alice, "back", &sealed);
			bob.fail_at = 0;
			memkeys_restore(&bob, &kept);
			assert_true(result == RATCHET_STORE || result == RATCHET_OK);
			if (result == RATCHET_OK && what == 2)
				ratchet_sealed_clear(&sealed);
		}
		assert_true(tries >= (what == 1 ? 7 : 3));
		if (what == 1)
			assert_arrives(&bob, &alice, &first, "first");
	}
	say(&bob, &alice, "and now");
	ratchet_sealed_clear(&first);
}

/* Records of which a disk changed any one byte are refused, or still good, and never end the process. */
static void
test_store_garbles(void **state)
{
	struct ratchet_sealed first, second;
	unsigned refused = 0;

	(void)state;
	assert_result(memkeys_start(&alice, &bob), RATCHET_OK);
	send(&alice, &bob, "first", &first);
	for (bob.garble = 1; bob.garble <= 200; bob.garble++)
		refused += refuses_or_reads(&first, "first");
	assert_true(refused >= 30);
	bob.garble = 0;
	assert_arrives(&bob, &alice, &first, "first");
	say(&bob, &alice, "yes");
	send(&alice, &bob, "second", &second);
	for (bob.garble = 1; bob.garble <= 600; bob.garble++)
		refuses_or_reads(&second, "second");
	bob.garble = 0;
	assert_arrives(&bob, &alice, &second, "second");
	ratchet_sealed_clear(&first);
	ratchet_sealed_clear(&second);
}

static void
test_check_session(void **state)
{
	GBytes *record;
	struct key identity;
	g_autoptr(GBytes) garbage = g_bytes_new_static("\x0a\x02xy", 4);
	g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);

	(void)state;
	acquaint();
	record = g_hash_table_lookup(alice.sessions, "bob@example.org/2002");
	assert_true(ratchet_check_session(alice.ratchet, record, &identity));
	assert_true(key_equal(&identity, &bob.identity.key));
	assert_false(ratchet_check_session(bob.ratchet, record, &identity));
	assert_false(ratchet_check_session(alice.ratchet, garbage, &identity));
	assert_false(ratchet_check_session(alice.ratchet, nothing, &identity));
	for (gsize n = 0; n < g_bytes_get_size(record); n += 7) {
		g_autoptr(GBytes) part = g_bytes_new_from_bytes(record, 0, n);

		ratchet_check_session(alice.ratchet, part, &identity);
	}
}

/* --- what python3-oldmemo said, recorded by tests/live/test_ratchet.py --- */

static GBytes *
unhex(const char *text)
{
	gsize n = strlen(text) / 2;
	uint8_t *bytes = g_malloc(n + 1);

	for (gsize i = 0; i < n; i++)
		bytes[i] = (uint8_t)(g_ascii_xdigit_value(text[2 * i]) << 4 | g_ascii_xdigit_value(text[2 * i + 1]));
	return g_bytes_new_take(bytes, n);
}

/* KEY SECRET ID SIGNED ID:PREKEY,... THEIRS SESSION: all that bob knew. */
static void
know(char **words)
{
	g_autoptr(GBytes) key = unhex(words[0]), secret = unhex(words[1]);
	g_auto(GStrv) prekeys = g_strsplit(words[4], ",", -1);
	struct identity identity;

	assert_true(identity_parse(&identity, g_bytes_get_data(key, NULL), 33, g_bytes_get_data(secret, NULL), 32));
	memkeys_become(&bob, &identity);
	identity_clear(&identity);
	bob.signed_id = (uint32_t)g_ascii_strtoull(words[2], NULL, 10);
	g_bytes_unref(bob.signed_prekey);
	bob.signed_prekey = unhex(words[3]);
	for (char **p = prekeys; *p != NULL; p++)
		g_hash_table_replace(bob.prekeys, GUINT_TO_POINTER(g_ascii_strtoull(*p, NULL, 10)),
		    unhex(strchr(*p, ':') + 1));
	g_hash_table_remove_all(bob.identities);
	g_hash_table_remove_all(bob.sessions);
	if (*words[5] != '-')
		g_hash_table_insert(bob.identities, g_strdup("you@example.org/77"), unhex(words[5]));
	if (*words[6] != '-')
		g_hash_table_insert(bob.sessions, g_strdup("you@example.org/77"), unhex(words[6]));
}

static void
test_recorded(void **state)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	unsigned n = 0, begun = 0;

	(void)state;
	assert_true(g_file_get_contents(TESTS_DIR "/unit/ratchet.recorded", &text, NULL, NULL));
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; **line != '\0'; line++, n++) {
		g_auto(GStrv) words = g_strsplit(*line, " ", -1);
		g_autoptr(GBytes) message = NULL, wanted = NULL;
		struct ratchet_opened opened;

		assert_int_equal(g_strv_length(words), 10);
		know(words);
		message = unhex(words[8]);
		wanted = unhex(words[9]);
		for (int i = 0; i < 2; i++) {
			enum ratchet_result result = ratchet_decrypt(bob.ratchet, "you@example.org", 77,
			    *words[7] == '1', g_bytes_get_data(message, NULL), g_bytes_get_size(message), &opened);

			assert_result(result, i == 0 ? RATCHET_OK : RATCHET_DUPLICATE);
			assert_true(i == 1 || g_bytes_equal(opened.plain, wanted));
			begun += opened.fresh;
			ratchet_opened_clear(&opened);
		}
	}
	assert_true(n >= 10);
	assert_int_equal(begun, 1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_conversation), TEST(test_opened), TEST(test_disorder), TEST(test_both_begin),
		TEST(test_begin_anew), TEST(test_earlier_sessions), TEST(test_no_prekey), TEST(test_another_identity),
		TEST(test_bad_signature), TEST(test_numbers), TEST(test_garbled), TEST(test_too_long), TEST(test_far),
		TEST(test_hoard), TEST(test_store_fails), TEST(test_store_garbles), TEST(test_check_session),
		TEST(test_recorded),
	};

	return cmocka_run_group_tests_name("ratchet", tests, NULL, NULL);
}
