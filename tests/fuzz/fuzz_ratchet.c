/*
 * fuzz_ratchet.c: what others send to a session, and what a disk may have made of keys.  The first byte says what the
 * rest is, the second in which of the recorded states (tests/unit/ratchet.recorded) it arrives.  What is refused
 * changes nothing.
 */
#include <string.h>

#include "crypto/payload.h"
#include "fuzz.h"
#include "memkeys.h"

enum { PREKEY_MESSAGE, MESSAGE, SESSION, PREKEY, SIGNED_PREKEY, BUNDLE, PAYLOAD, KINDS };

static const char name[] = "you@example.org/77";
static struct memkeys us;
static char **lines;
static guint n_lines;

static GBytes *
unhex(const char *text)
{
	gsize n = strlen(text) / 2;
	uint8_t *bytes = g_malloc(n + 1);

	for (gsize i = 0; i < n; i++)
		bytes[i] = (uint8_t)(g_ascii_xdigit_value(text[2 * i]) << 4 | g_ascii_xdigit_value(text[2 * i + 1]));
	return g_bytes_new_take(bytes, n);
}

static void
open_lines(void)
{
	g_autofree char *text = NULL;

	g_assert(g_file_get_contents(TESTS_DIR "/unit/ratchet.recorded", &text, NULL, NULL));
	lines = g_strsplit(g_strchomp(text), "\n", -1);
	n_lines = g_strv_length(lines);
	memkeys_init(&us, "us@example.org", 5, 1);
}

static void
know(guint which)
{
	g_auto(GStrv) words = g_strsplit(lines[which % n_lines], " ", -1), prekeys = g_strsplit(words[4], ",", -1);
	g_autoptr(GBytes) key = unhex(words[0]), secret = unhex(words[1]);
	struct identity identity;

	g_assert(identity_parse(&identity, g_bytes_get_data(key, NULL), 33, g_bytes_get_data(secret, NULL), 32));
	memkeys_become(&us, &identity);
	g_bytes_unref(us.signed_prekey);
	us.signed_prekey = unhex(words[3]);
	for (char **p = prekeys; *p != NULL; p++)
		g_hash_table_replace(us.prekeys, GUINT_TO_POINTER(g_ascii_strtoull(*p, NULL, 10)), unhex(strchr(*p,
		    ':') + 1));
	g_hash_table_remove_all(us.identities);
	g_hash_table_remove_all(us.sessions);
	g_hash_table_remove_all(us.used);
	if (*words[5] != '-')
		g_hash_table_insert(us.identities, g_strdup(name), unhex(words[5]));
	if (*words[6] != '-')
		g_hash_table_insert(us.sessions, g_strdup(name), unhex(words[6]));
}

static void
receive(bool prekey, const uint8_t *data, size_t size)
{
	g_autofree char *before = memkeys_state(&us), *after = NULL;
	struct ratchet_opened opened;
	enum ratchet_result result = ratchet_decrypt(us.ratchet, "you@example.org", 77, prekey, data, size, &opened);

	g_assert((result == RATCHET_OK) == (opened.plain != NULL));
	ratchet_opened_clear(&opened);
	after = memkeys_state(&us);
	g_assert(result == RATCHET_OK || strcmp(before, after) == 0);
}

/* The recorded message that belongs to this state. */
static void
receive_recorded(guint which)
{
	g_auto(GStrv) words = g_strsplit(lines[which % n_lines], " ", -1);
	g_autoptr(GBytes) message = unhex(words[8]);

	receive(*words[7] == '1', g_bytes_get_data(message, NULL), g_bytes_get_size(message));
}

static void
use_session(guint which, GBytes *record)
{
	struct ratchet_sealed sealed;
	struct key identity;

	g_hash_table_replace(us.sessions, g_strdup(name), g_bytes_ref(record));
	ratchet_check_session(us.ratchet, record, &identity);
	if (ratchet_encrypt(us.ratchet, "you@example.org", 77, "0123456789", 10, &sealed) == RATCHET_OK)
		ratchet_sealed_clear(&sealed);
	receive_recorded(which);
}

static void
use_bundle(const uint8_t *data, size_t size)
{
	struct bundle bundle;
	size_t at = KEY_SIZE + KEY_SIZE + KEY_SIGNATURE_SIZE;

	if (size < at)
		return;
	bundle_init(&bundle);
	bundle_set_identity(&bundle, data, KEY_SIZE);
	bundle_set_signed(&bundle, data[1], data + KEY_SIZE, KEY_SIZE, data + 2 * KEY_SIZE, KEY_SIGNATURE_SIZE);
	for (; at + KEY_SIZE <= size; at += KEY_SIZE)
		bundle_add(&bundle, at, data + at, KEY_SIZE);
	if (!bundle_verify(&bundle))
		g_assert(ratchet_start(us.ratchet, "other@example.org", 7, &bundle) != RATCHET_OK);
	else
		ratchet_start(us.ratchet, "other@example.org", 7, &bundle);
	bundle_clear(&bundle);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GBytes) record = NULL, text = NULL;
	guint which;
	uint32_t id;

	if (size < 2)
		return 0;
	if (lines == NULL)
		open_lines();
	which = data[1];
	record = g_bytes_new(data + 2, size - 2);
	if (data[0] % KINDS != PAYLOAD)
		know(which);
	switch (data[0] % KINDS) {
	case PREKEY_MESSAGE:
	case MESSAGE:
		receive(data[0] % KINDS == PREKEY_MESSAGE, data + 2, size - 2);
		break;
	case SESSION:
		use_session(which, record);
		break;
	case PREKEY:
		if (prekey_check(record, &id))
			g_hash_table_replace(us.prekeys, GUINT_TO_POINTER(id), g_bytes_ref(record));
		receive_recorded(which);
		break;
	case SIGNED_PREKEY:
		signed_prekey_check(record, &id);
		g_bytes_unref(us.signed_prekey);
		us.signed_prekey = g_bytes_ref(record);
		receive_recorded(which);
		break;
	case BUNDLE:
		use_bundle(data + 2, size - 2);
		break;
	default:
		text = size >= 46 ? payload_decrypt(data + 2, 32, data + 34, 12, data + 46, size - 46) : NULL;
		break;
	}
	return 0;
}
