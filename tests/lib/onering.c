/* onering.c: see onering.h. */
#include "onering.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "base/clock.h"
#include "faultvfs.h"

struct tempstore t;
struct keyring *ring;
struct memkeys you;

void
onering_open(void)
{
	g_autoptr(GError) error = NULL;

	tempstore_begin(&t);
	ring = keyring_open(t.store, t.account, &error);
	assert_null(error);
	tempstore_end(&t);
	tempstore_commit(&t);
}

int
onering_setup(void **state)
{
	(void)state;
	clock_fake_start(ONERING_NOW_MS * 1000);
	tempstore_init(&t);
	tempstore_open(&t);
	onering_open();
	memkeys_init(&you, TEMPSTORE_YOU, 77, 5);
	return 0;
}

int
onering_teardown(void **state)
{
	(void)state;
	memkeys_clear(&you);
	keyring_free(ring);
	faultvfs_reset();
	tempstore_clear(&t);
	clock_fake_stop();
	return 0;
}

void
onering_reopen(void)
{
	keyring_free(ring);
	tempstore_reopen(&t);
	onering_open();
}

void
onering_you_begin(void)
{
	struct bundle bundle;

	assert_true(keyring_bundle(ring, &bundle, NULL));
	assert_true(bundle_verify(&bundle));
	assert_int_equal(ratchet_start(you.ratchet, TEMPSTORE_ME, keyring_device(ring), &bundle), RATCHET_OK);
	bundle_clear(&bundle);
}

void
onering_you_say(const char *text, struct ratchet_sealed *sealed)
{
	assert_int_equal(ratchet_encrypt(you.ratchet, TEMPSTORE_ME, keyring_device(ring), text, strlen(text), sealed),
	    RATCHET_OK);
}

enum ratchet_result
onering_hear(const struct ratchet_sealed *sealed, bool keep)
{
	struct ratchet_opened opened;
	gsize n;
	const void *bytes = g_bytes_get_data(sealed->bytes, &n);
	enum ratchet_result result;

	assert_true(store_begin(t.store, NULL));
	result = ratchet_decrypt(keyring_ratchet(ring), you.name, you.device, sealed->prekey, bytes, n, &opened);
	ratchet_opened_clear(&opened);
	store_end(t.store, keep && result == RATCHET_OK, NULL);
	return result;
}

unsigned
onering_prekeys(void)
{
	struct bundle bundle;
	unsigned n;

	assert_true(keyring_bundle(ring, &bundle, NULL));
	n = bundle.prekeys->len;
	bundle_clear(&bundle);
	return n;
}

void
onering_list(const char *jid, const uint32_t *devices, size_t n)
{
	tempstore_begin(&t);
	assert_true(device_list_save(t.store, t.account, jid, devices, n, clock_real_us() / 1000, NULL));
	tempstore_end(&t);
	tempstore_commit(&t);
	clock_fake_advance(1000);
}
