/* Keys, payloads, files, fingerprints and files of them: known answers, and what is damaged or hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/limits.h"
#include "base/secret.h"
#include "crypto/aesgcm.h"
#include "crypto/fingerprint.h"
#include "crypto/payload.h"
#include "crypto/team.h"

static GBytes *
hex(const char *text)
{
	gsize n = strlen(text) / 2;
	uint8_t *bytes = g_malloc(n + 1);

	for (gsize i = 0; i < n; i++)
		bytes[i] = (uint8_t)(g_ascii_xdigit_value(text[2 * i]) << 4 | g_ascii_xdigit_value(text[2 * i + 1]));
	return g_bytes_new_take(bytes, n);
}

static const uint8_t *
data(GBytes *bytes)
{
	return g_bytes_get_data(bytes, NULL);
}

static void
assert_bytes(GBytes *found, const void *wanted, gsize n)
{
	assert_non_null(found);
	assert_int_equal(g_bytes_get_size(found), n);
	assert_memory_equal(g_bytes_get_data(found, NULL), wanted, n);
}

/* --- payloads --- */

/* The test cases 3 and 15 of McGrew and Viega, "The Galois/Counter Mode of Operation". */
#define GCM_PLAIN "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525" \
	"b16aedf5aa0de657ba637b391aafd255"
#define GCM_KEY "feffe9928665731c6d6a8f9467308308"
#define GCM_IV "cafebabefacedbaddecaf888"
#define GCM_3 "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa05" \
	"1ba30b396a0aac973d58e091473f5985"
#define GCM_3_TAG "4d5c2af327cd64a62cf35abd2ba6fab4"
#define GCM_15 "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838" \
	"c5f61e6393ba7a0abcc9f662898015ad"
#define GCM_15_TAG "b094dac5d93471bdec1a502270e3cc6c"

static void
test_payload_known(void **state)
{
	g_autoptr(GBytes) key = hex(GCM_KEY GCM_3_TAG), iv = hex(GCM_IV), bytes = hex(GCM_3), wanted = hex(GCM_PLAIN);
	g_autoptr(GBytes) text = payload_decrypt(data(key), 32, data(iv), 12, data(bytes), 64);

	(void)state;
	assert_bytes(text, data(wanted), 64);
}

static void
test_payload(void **state)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 4096, 100000 };
	g_autofree char *text = g_malloc(100000);
	uint8_t before[PAYLOAD_IV_SIZE] = { 0 };

	(void)state;
	memset(text, 'x', 100000);
	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		struct payload payload;
		g_autoptr(GBytes) found = NULL;
		size_t n = sizes[i];

		assert_true(payload_encrypt(&payload, text, n, NULL));
		assert_int_equal(g_bytes_get_size(payload.bytes), n);
		assert_memory_not_equal(payload.iv, before, sizeof before);
		memcpy(before, payload.iv, sizeof before);
		found = payload_decrypt(payload.key, 32, payload.iv, 12, data(payload.bytes), n);
		assert_bytes(found, text, n);
		/* The key without the tag, another tag, another iv, more or less of it. */
		assert_null(payload_decrypt(payload.key, 16, payload.iv, 12, data(payload.bytes), n));
		assert_null(payload_decrypt(payload.key, 31, payload.iv, 12, data(payload.bytes), n));
		assert_null(payload_decrypt(payload.key, 32, payload.iv, 11, data(payload.bytes), n));
		assert_null(payload_decrypt(payload.key, 32, payload.iv, 0, data(payload.bytes), n));
		if (n > 0)
			assert_null(payload_decrypt(payload.key, 32, payload.iv, 12, data(payload.bytes), n - 1));
		for (int k = 0; k < 32; k++) {
			payload.key[k] ^= 1;
			assert_null(payload_decrypt(payload.key, 32, payload.iv, 12, data(payload.bytes), n));
			payload.key[k] ^= 1;
		}
		payload_clear(&payload);
	}
}

/* --- keys --- */

static void
test_keys(void **state)
{
	struct identity identity, other;
	uint8_t signature[KEY_SIGNATURE_SIZE];
	struct key key;

	(void)state;
	assert_true(identity_make(&identity, NULL));
	assert_true(identity_make(&other, NULL));
	assert_false(key_equal(&identity.key, &other.key));
	assert_false(key_parse(&key, identity.key.bytes, 32));
	assert_false(key_parse(&key, identity.key.bytes + 1, 32));
	assert_false(key_parse(&key, identity.key.bytes, 0));
	assert_true(key_parse(&key, identity.key.bytes, 33));
	assert_true(key_equal(&key, &identity.key));
	key.bytes[0] = 6;
	assert_false(key_parse(&other.key, key.bytes, 33));

	assert_true(identity_sign(&identity, "text", 4, signature, NULL));
	assert_true(key_verify(&identity.key, "text", 4, signature));
	assert_false(key_verify(&identity.key, "texT", 4, signature));
	assert_false(key_verify(&identity.key, "text", 3, signature));
	assert_false(key_verify(&other.key, "text", 4, signature));
	for (int i = 0; i < KEY_SIGNATURE_SIZE; i++) {
		signature[i] ^= 0x10;
		assert_false(key_verify(&identity.key, "text", 4, signature));
		signature[i] ^= 0x10;
	}
	/* A pair that is none. */
	assert_true(identity_parse(&other, identity.key.bytes, 33, identity.secret, 32));
	assert_memory_equal(&other, &identity, sizeof identity);
	identity.secret[5] ^= 1;
	assert_false(identity_parse(&other, identity.key.bytes, 33, identity.secret, 32));
	identity.secret[5] ^= 1;
	assert_false(identity_parse(&other, identity.key.bytes, 33, identity.secret, 31));
	assert_false(identity_parse(&other, identity.key.bytes, 32, identity.secret, 32));
	identity_clear(&identity);
	identity_clear(&other);
}

/* RFC 7748, section 6.1: what belongs together. */
static void
test_known_pair(void **state)
{
	g_autoptr(GBytes) secret = hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
	g_autoptr(GBytes) key = hex("05de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
	g_autoptr(GBytes) clamped = NULL;
	uint8_t bytes[32];
	struct identity identity;

	(void)state;
	/* The library takes the number as it is; the RFC's function changes three bits of it first. */
	memcpy(bytes, data(secret), 32);
	bytes[0] &= 248;
	bytes[31] = (uint8_t)((bytes[31] & 127) | 64);
	clamped = g_bytes_new(bytes, 32);
	assert_true(identity_parse(&identity, data(key), 33, data(clamped), 32));
	identity_clear(&identity);
}

static void
test_device_id(void **state)
{
	uint32_t seen = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		uint32_t id = key_device_id(NULL);

		assert_true(id > 0 && id <= KEY_DEVICE_MAX);
		seen |= id;
	}
	assert_int_equal(seen, KEY_DEVICE_MAX);
}

static void
test_records(void **state)
{
	g_autoptr(GBytes) one = prekey_make(17, NULL), nothing = g_bytes_new_static("", 0);
	g_autoptr(GBytes) signed_one = NULL;
	struct identity identity;
	struct bundle bundle;
	uint32_t id = 0;

	(void)state;
	assert_true(identity_make(&identity, NULL));
	signed_one = signed_prekey_make(&identity, 3, 1790000000000, NULL);
	assert_true(prekey_check(one, &id));
	assert_int_equal(id, 17);
	assert_true(signed_prekey_check(signed_one, &id));
	assert_int_equal(id, 3);
	assert_false(prekey_check(nothing, &id));
	assert_false(signed_prekey_check(nothing, &id));
	assert_false(signed_prekey_check(one, &id));
	bundle_init(&bundle);
	bundle.identity = identity.key;
	assert_true(bundle_set_signed_record(&bundle, signed_one));
	assert_true(bundle_verify(&bundle));
	assert_true(bundle_add_record(&bundle, one));
	assert_false(bundle_add_record(&bundle, one));
	bundle_clear(&bundle);
	identity_clear(&identity);
}

static void
test_hostile_bundle(void **state)
{
	uint8_t key[KEY_SIZE] = { 5 }, signature[KEY_SIGNATURE_SIZE] = { 0 };
	struct bundle bundle;

	(void)state;
	bundle_init(&bundle);
	assert_false(bundle_verify(&bundle));
	assert_false(bundle_add(&bundle, UINT64_C(1) << 32, key, sizeof key));
	assert_false(bundle_add(&bundle, 1, key, 32));
	assert_false(bundle_add(&bundle, 1, key, 0));
	for (unsigned i = 0; i < LIMIT_PREKEYS; i++)
		assert_true(bundle_add(&bundle, i, key, sizeof key));
	assert_false(bundle_add(&bundle, 99999, key, sizeof key));
	assert_false(bundle_set_signed(&bundle, 1, key, sizeof key, signature, 63));
	assert_false(bundle_set_signed(&bundle, 1, key, 1, signature, 64));
	assert_true(bundle_set_signed(&bundle, 1, key, sizeof key, signature, 64));
	assert_false(bundle_set_identity(&bundle, key, 34));
	assert_true(bundle_set_identity(&bundle, key, sizeof key));
	assert_false(bundle_verify(&bundle));
	bundle_clear(&bundle);
}

/* --- files --- */

static void
test_aesgcm_known(void **state)
{
	g_autoptr(GBytes) half = hex(GCM_KEY), iv = hex(GCM_IV), plain = hex(GCM_PLAIN), wanted = hex(GCM_15);
	g_autoptr(GBytes) wanted_tag = hex(GCM_15_TAG);
	struct aesgcm_key key = { .iv_n = 12 };
	uint8_t out[64], tag[AESGCM_TAG_SIZE];
	struct aesgcm *file;

	(void)state;
	memcpy(key.key, data(half), 16);
	memcpy(key.key + 16, data(half), 16);
	memcpy(key.iv, data(iv), 12);
	file = aesgcm_encrypt_new(&key, NULL);
	assert_int_equal(aesgcm_update(file, data(plain), 40, out), 40);
	assert_int_equal(aesgcm_update(file, data(plain) + 40, 24, out + 40), 24);
	assert_true(aesgcm_finish(file, tag));
	assert_memory_equal(out, data(wanted), 64);
	assert_memory_equal(tag, data(wanted_tag), AESGCM_TAG_SIZE);
	aesgcm_free(file);
}

/* Encrypts n bytes in pieces, the tag behind them; the caller's. */
static uint8_t *
encrypt_file(const struct aesgcm_key *key, const uint8_t *plain, size_t n, size_t piece)
{
	uint8_t *out = g_malloc(n + AESGCM_TAG_SIZE);
	struct aesgcm *file = aesgcm_encrypt_new(key, NULL);

	for (size_t at = 0; at < n; at += piece) {
		size_t some = MIN(piece, n - at);

		assert_int_equal(aesgcm_update(file, plain + at, some, out + at), some);
	}
	assert_true(aesgcm_finish(file, out + n));
	aesgcm_free(file);
	return out;
}

/* Decrypts n bytes in pieces; what came out is compared up to there, and the end's word returned. */
static bool
decrypt_file(const struct aesgcm_key *key, const uint8_t *bytes, size_t n, size_t piece, const uint8_t *plain)
{
	g_autofree uint8_t *out = g_malloc(piece);
	struct aesgcm *file = aesgcm_decrypt_new(key, NULL);
	size_t got = 0;
	bool ok;

	for (size_t at = 0; at < n; at += piece) {
		gssize some = aesgcm_update(file, bytes + at, MIN(piece, n - at), out);

		assert_true(some >= 0 && (size_t)some <= piece);
		if (plain != NULL)
			assert_memory_equal(out, plain + got, (size_t)some);
		got += (size_t)some;
	}
	assert_int_equal(got, n > AESGCM_TAG_SIZE ? n - AESGCM_TAG_SIZE : 0);
	ok = aesgcm_finish(file, NULL);
	aesgcm_free(file);
	return ok;
}

static void
test_aesgcm_pieces(void **state)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 31, 32, 33, 1000 };
	static const size_t pieces[] = { 1, 2, 7, 15, 16, 17, 64, 2000 };
	uint8_t plain[1000];
	struct aesgcm_key key;

	(void)state;
	for (size_t i = 0; i < sizeof plain; i++)
		plain[i] = (uint8_t)(i * 7);
	assert_true(aesgcm_key_make(&key, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		for (size_t j = 0; j < G_N_ELEMENTS(pieces); j++) {
			g_autofree uint8_t *bytes = encrypt_file(&key, plain, sizes[i], pieces[j]);
			size_t n = sizes[i] + AESGCM_TAG_SIZE;

			assert_true(decrypt_file(&key, bytes, n, pieces[G_N_ELEMENTS(pieces) - 1 - j], plain));
			/* Cut off, longer, changed. */
			assert_false(decrypt_file(&key, bytes, n - 1, pieces[j], NULL));
			bytes[sizes[i] / 2] ^= 1;
			assert_false(decrypt_file(&key, bytes, n, pieces[j], NULL));
		}
	}
	assert_false(decrypt_file(&key, plain, 0, 16, NULL));
	assert_false(decrypt_file(&key, plain, 15, 16, NULL));
	aesgcm_key_clear(&key);
}

#define HEX_KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void
test_aesgcm_links(void **state)
{
	static const char *const good[] = {
		"aesgcm://host/f#" GCM_IV HEX_KEY, "AESGCM://Host.example:5443/a/b%20c.jpg?x=1#" GCM_IV HEX_KEY,
		"aesgcm://[2001:db8::1]:443/f#" GCM_KEY HEX_KEY, "aesgcm://192.0.2.1/#" GCM_IV HEX_KEY,
	};
	static const char *const bad[] = {
		"", "aesgcm://", "aesgcm:///f#" GCM_IV HEX_KEY, "aesgcm://host#" GCM_IV HEX_KEY, "aesgcm://host/f",
		"aesgcm://host/f#", "aesgcm://host/f#" GCM_IV, "aesgcm://host/f#" HEX_KEY,
		"https://host/f#" GCM_IV HEX_KEY,
		"aesgcm://user@host/f#" GCM_IV HEX_KEY, "aesgcm://bank.example@host/f#" GCM_IV HEX_KEY,
		"aesgcm://host/f#" GCM_IV HEX_KEY "00", "aesgcm://host/f#" GCM_IV HEX_KEY "#",
		"aesgcm://host/f##" GCM_IV,
		"aesgcm://host/f#zz" HEX_KEY GCM_IV, "aesgcm://host/a b#" GCM_IV HEX_KEY,
		"aesgcm://host/\xc3\xa4#" GCM_IV HEX_KEY, "aesgcm://host/\n#" GCM_IV HEX_KEY,
		"aesgcm://host/\"x#" GCM_IV HEX_KEY, "aesgcm://h%6fst/f#" GCM_IV HEX_KEY,
		"aesgcm://:443/f#" GCM_IV HEX_KEY,
		"aesgcm://host\\x/f#" GCM_IV HEX_KEY, "aesgcm://host?/f#" GCM_IV HEX_KEY, "aesgc#" GCM_IV HEX_KEY,
	};
	struct aesgcm_key key;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
		g_autofree char *https = aesgcm_parse_link(good[i], &key), *link = NULL;

		assert_non_null(https);
		assert_int_equal(key.iv_n, i == 2 ? 16 : 12);
		assert_int_equal(key.key[31], 0x1f);
		link = aesgcm_link(https, &key);
		assert_string_equal(link + 6, good[i] + 6);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *https = aesgcm_parse_link(bad[i], &key);

		if (https != NULL)
			fail_msg("%s", bad[i]);
	}
	assert_null(aesgcm_link("http://host/f", &key));
	assert_null(aesgcm_link("https://host/f#x", &key));
}

/* --- fingerprints --- */

#define PRINT "8df03cf11a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5"

static void
test_fingerprint(void **state)
{
	struct key key;
	g_autofree char *text = NULL, *blocks = NULL;

	(void)state;
	assert_true(fingerprint_parse(&key, PRINT));
	text = fingerprint_text(&key);
	blocks = fingerprint_blocks(&key);
	assert_string_equal(text, PRINT);
	assert_string_equal(blocks, "8df03cf1 1a2b3c4d 5e6f7081 92a3b4c5 d6e7f809 1a2b3c4d 5e6f7081 92a3b4c5");
	assert_true(fingerprint_parse(&key, blocks));
	assert_true(fingerprint_parse(&key, "05" PRINT));
	assert_true(fingerprint_parse(&key, "8DF03CF1-1a2b3c4d:5e6f7081 92a3b4c5 d6e7f809 "
	    "1a2b3c4d 5e6f7081 92a3b4c5 "));
	assert_false(fingerprint_parse(&key, ""));
	assert_false(fingerprint_parse(&key, PRINT "0"));
	assert_false(fingerprint_parse(&key, "06" PRINT));
	assert_false(fingerprint_parse(&key, PRINT PRINT PRINT));
	assert_false(fingerprint_parse(&key, "g" PRINT));
}

static void
test_links(void **state)
{
	static const char *const bad[] = {
		"", "xmpp:", "xmpp:a@b", "xmpp:a@b?message", "xmpp:?omemo-sid-1=" PRINT, "a@b?omemo-sid-1=" PRINT,
		"xmpp:a@b?omemo-sid-0=" PRINT, "xmpp:a@b?omemo-sid-2147483648=" PRINT, "xmpp:a@b?omemo-sid--1=" PRINT,
		"xmpp:a@b?omemo-sid-1x=" PRINT, "xmpp:a@b?omemo-sid-=" PRINT, "xmpp:a@b?omemo-sid-1=" PRINT "0",
		"xmpp:a@b?omemo-sid-1", "xmpp:a@b?omemo-sid-1=", "xmpp:a%00@b?omemo-sid-1=" PRINT,
		"xmpp:a%ff@b?omemo-sid-1=" PRINT, "xmpp:a@b?omemo-sid-18446744073709551617=" PRINT,
		"xmpp:a@b?omemo-sid-1=" PRINT ";omemo-sid-1=9" PRINT, "xmpp:a@b?omemo-sid-1=" PRINT ";omemo-sid-2=77",
	};
	struct fingerprint list[2] = { { .device = 1 }, { .device = KEY_DEVICE_MAX } };
	g_autofree char *link = NULL, *jid = NULL, *huge = NULL;
	GArray *found;

	(void)state;
	assert_true(fingerprint_parse(&list[0].key, PRINT));
	list[1].key = list[0].key;
	list[1].key.bytes[32] = 0;
	link = fingerprint_link("j\xc3\xbcrgen#1@example.org", list, 2);
	found = fingerprint_parse_link(link, &jid);
	assert_non_null(found);
	assert_string_equal(jid, "j\xc3\xbcrgen#1@example.org");
	assert_int_equal(found->len, 2);
	for (guint i = 0; i < 2; i++) {
		assert_int_equal(g_array_index(found, struct fingerprint, i).device, list[i].device);
		assert_true(key_equal(&g_array_index(found, struct fingerprint, i).key, &list[i].key));
	}
	g_array_unref(found);
	g_clear_pointer(&jid, g_free);
	found = fingerprint_parse_link("XMPP:a@b?message;omemo-sid-5=" PRINT ";x=y;omemo-sid-5=" PRINT, &jid);
	assert_int_equal(found->len, 1);
	assert_string_equal(jid, "a@b");
	g_array_unref(found);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *nobody = NULL;

		found = fingerprint_parse_link(bad[i], &nobody);
		if (found != NULL || nobody != NULL)
			fail_msg("%s", bad[i]);
	}
	huge = g_strnfill(LIMIT_KEY_LINK + 1, 'x');
	memcpy(huge, "xmpp:a@b?", 9);
	g_free(jid);
	assert_null(fingerprint_parse_link(huge, &jid));
}

/* --- files of fingerprints --- */

static char *
team_text(struct identity *identity)
{
	struct team team;
	struct key key;
	char *text;

	assert_true(identity_make(identity, NULL));
	assert_true(fingerprint_parse(&key, PRINT));
	team_init(&team);
	team.by.jid = g_strdup("alice@example.org");
	team.by.device = 12345;
	team.at_ms = 1790000000000;
	team_add(&team, "bob@example.org", 777, &key);
	team_add(&team, "j\xc3\xbcrgen@example.org", 1, &key);
	text = team_sign(&team, identity, NULL);
	assert_non_null(text);
	team_clear(&team);
	return text;
}

static void
assert_team(const char *text, const struct identity *identity)
{
	struct team team;
	struct team_member *member;

	team_init(&team);
	assert_true(team_parse(&team, text, strlen(text), NULL));
	assert_string_equal(team.by.jid, "alice@example.org");
	assert_int_equal(team.by.device, 12345);
	assert_true(key_equal(&team.by.key, &identity->key));
	assert_int_equal(team.at_ms, 1790000000000);
	assert_int_equal(team.members->len, 2);
	member = &g_array_index(team.members, struct team_member, 1);
	assert_string_equal(member->jid, "j\xc3\xbcrgen@example.org");
	assert_int_equal(member->device, 1);
	team_clear(&team);
}

static bool
team_reads(const char *text, gsize n)
{
	g_autoptr(GError) error = NULL;
	struct team team;
	bool ok;

	team_init(&team);
	ok = team_parse(&team, text, n, &error);
	team_clear(&team);
	assert_true(ok == (error == NULL));
	return ok;
}

static void
test_team(void **state)
{
	struct identity identity, other;
	g_autofree char *text = team_text(&identity), *mailed = NULL, *two = NULL;
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	(void)state;
	assert_team(text, &identity);
	mailed = g_strjoinv(" \r\n", lines);
	two = g_strdup_printf("Hello,\r\nhere they are:\r\n\r\n%s\r\nBye\r\n", mailed);
	assert_team(two, &identity);
	/* Each byte changed: blanks and case may be. */
	for (gsize i = 0; i < strlen(text); i++) {
		g_autofree char *copy = g_strdup(text);

		copy[i] = copy[i] == '7' ? '8' : '7';
		if (team_reads(copy, strlen(copy)))
			fail_msg("byte %zu does not matter", (size_t)i);
		if (i < strlen(text) - 1)
			assert_false(team_reads(text, i));
	}
	/* Signed by somebody else, who says to be alice. */
	{
		g_autofree char *forged = team_text(&other);
		g_auto(GStrv) theirs = g_strsplit(forged, "\n", -1);
		g_autofree char *mixed = NULL;

		g_free(theirs[1]);
		theirs[1] = g_strdup(lines[1]);
		mixed = g_strjoinv("\n", theirs);
		assert_false(team_reads(mixed, strlen(mixed)));
	}
	assert_false(team_reads("", 0));
	assert_false(team_reads("\xff\xfe", 2));
	assert_false(team_reads(text, LIMIT_TEAM_FILE + 1));
	identity_clear(&identity);
	identity_clear(&other);
}

/* --- secrets --- */

static void
test_secret(void **state)
{
	GBytes *bytes = secret_bytes("abc", 3), *none = secret_bytes(NULL, 0);

	(void)state;
	assert_bytes(bytes, "abc", 3);
	assert_int_equal(g_bytes_get_size(none), 0);
	g_bytes_unref(bytes);
	g_bytes_unref(none);
	secret_free(NULL, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_payload_known), cmocka_unit_test(test_payload), cmocka_unit_test(test_keys),
		cmocka_unit_test(test_known_pair), cmocka_unit_test(test_device_id), cmocka_unit_test(test_records),
		cmocka_unit_test(test_hostile_bundle), cmocka_unit_test(test_aesgcm_known),
		cmocka_unit_test(test_aesgcm_pieces), cmocka_unit_test(test_aesgcm_links),
		cmocka_unit_test(test_fingerprint), cmocka_unit_test(test_links), cmocka_unit_test(test_team),
		cmocka_unit_test(test_secret),
	};

	return cmocka_run_group_tests_name("crypto", tests, NULL, NULL);
}
