/* keyring.c: see keyring.h. */
#include "core/keyring.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"

static const int64_t DAY_MS = 86400000;

struct keyring {
	struct store	*store;
	int64_t		 account;
	struct own_row	 own;
	struct identity	 identity;
	struct ratchet	*ratchet;
};

/* --- the ratchet's store --- */

static int
load_session(void *ctx, const char *name, uint32_t device, GBytes **record)
{
	struct keyring *ring = ctx;

	return ratchet_row_load(ring->store, ring->account, name, device, record);
}

static bool
save_session(void *ctx, const char *name, uint32_t device, const void *record, size_t n)
{
	struct keyring *ring = ctx;

	return ratchet_row_save(ring->store, ring->account, name, device, record, n, NULL);
}

static int
load_identity(void *ctx, const char *name, uint32_t device, struct key *key)
{
	struct keyring *ring = ctx;

	return device_key_load(ring->store, ring->account, name, device, key->bytes);
}

static bool
save_identity(void *ctx, const char *name, uint32_t device, const struct key *key)
{
	struct keyring *ring = ctx;

	return device_key_save(ring->store, ring->account, name, device, key->bytes, clock_real_us() / 1000, NULL);
}

static int
load_prekey(void *ctx, uint32_t id, GBytes **record)
{
	struct keyring *ring = ctx;

	return prekey_load(ring->store, ring->account, id, record);
}

static bool
use_prekey(void *ctx, uint32_t id)
{
	struct keyring *ring = ctx;

	return prekey_use(ring->store, ring->account, id, NULL);
}

static int
load_signed_prekey(void *ctx, uint32_t id, GBytes **record)
{
	struct keyring *ring = ctx;

	return signed_prekey_load(ring->store, ring->account, id, record);
}

static const struct ratchet_store functions = {
	load_session, save_session, load_identity, save_identity, load_prekey, use_prekey, load_signed_prekey,
};

/* --- making --- */

static bool
make_prekey(struct keyring *ring, GError **error)
{
	uint32_t id = ring->own.next_prekey;
	g_autoptr(GBytes) record = prekey_make(id, error);

	ring->own.next_prekey = id < KEY_ID_MAX ? id + 1 : 1;
	return record != NULL && prekey_save(ring->store, ring->account, id, record, error);
}

static bool
make_signed_prekey(struct keyring *ring, int64_t now_ms, GError **error)
{
	uint32_t id = ring->own.next_signed;
	g_autoptr(GBytes) record = signed_prekey_make(&ring->identity, id, now_ms, error);

	ring->own.next_signed = id < KEY_ID_MAX ? id + 1 : 1;
	return record != NULL && signed_prekey_save(ring->store, ring->account, id, now_ms, record, error);
}

static bool
make_own(struct keyring *ring, GError **error)
{
	struct own_row *own = &ring->own;

	if (!identity_make(&ring->identity, error) || (own->device = key_device_id(error)) == 0)
		return false;
	memcpy(own->key, ring->identity.key.bytes, KEYS_PUBLIC);
	memcpy(own->secret, ring->identity.secret, KEYS_PRIVATE);
	own->made_ms = clock_real_us() / 1000;
	own->next_prekey = own->next_signed = 1;
	return own_save(ring->store, ring->account, own, error);
}

static bool
take_own(struct keyring *ring, GError **error)
{
	if (identity_parse(&ring->identity, ring->own.key, KEYS_PUBLIC, ring->own.secret, KEYS_PRIVATE))
		return true;
	g_set_error_literal(error, CRYPTO_ERROR, CRYPTO_ERROR_REFUSED, "The key of this device is damaged.");
	return false;
}

static bool
open_ring(struct keyring *ring, GError **error)
{
	g_autoptr(GError) failure = NULL;
	bool changed;

	if (own_load(ring->store, ring->account, &ring->own, &failure)) {
		if (!take_own(ring, error))
			return false;
	} else if (failure != NULL) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return false;
	} else if (!make_own(ring, error) || !keyring_refill(ring, &changed, error)) {
		return false;
	}
	ring->ratchet = ratchet_new(&functions, ring, &ring->identity, ring->own.device, error);
	return ring->ratchet != NULL;
}

struct keyring *
keyring_open(struct store *store, int64_t account, GError **error)
{
	struct keyring *ring = g_new0(struct keyring, 1);

	ring->store = store;
	ring->account = account;
	if (open_ring(ring, error))
		return ring;
	keyring_free(ring);
	return NULL;
}

void
keyring_free(struct keyring *ring)
{
	if (ring == NULL)
		return;
	ratchet_free(ring->ratchet);
	own_clear(&ring->own);
	identity_clear(&ring->identity);
	g_free(ring);
}

bool
keyring_exists(struct store *store, int64_t account)
{
	struct own_row own;
	bool there = own_load(store, account, &own, NULL);

	own_clear(&own);
	return there;
}

struct store *
keyring_store(const struct keyring *ring)
{
	return ring->store;
}

int64_t
keyring_account(const struct keyring *ring)
{
	return ring->account;
}

uint32_t
keyring_device(const struct keyring *ring)
{
	return ring->own.device;
}

const struct identity *
keyring_identity(const struct keyring *ring)
{
	return &ring->identity;
}

struct ratchet *
keyring_ratchet(struct keyring *ring)
{
	return ring->ratchet;
}

/* --- the bundle --- */

static bool
damaged(GError **error)
{
	g_set_error_literal(error, CRYPTO_ERROR, CRYPTO_ERROR_REFUSED, "The prekeys of this device are damaged.");
	return false;
}

bool
keyring_bundle(struct keyring *ring, struct bundle *bundle, GError **error)
{
	g_autoptr(GPtrArray) prekeys = prekey_list(ring->store, ring->account);
	g_autoptr(GBytes) newest = NULL;
	int64_t made_ms;

	bundle_init(bundle);
	bundle->identity = ring->identity.key;
	if (signed_prekey_newest(ring->store, ring->account, &made_ms, &newest) != 1 ||
	    !bundle_set_signed_record(bundle, newest))
		return damaged(error);
	for (guint i = 0; i < prekeys->len && i < LIMIT_PREKEYS; i++)
		if (!bundle_add_record(bundle, prekeys->pdata[i]))
			return damaged(error);
	return true;
}

static bool
renew_signed(struct keyring *ring, bool *changed, GError **error)
{
	int64_t now_ms = clock_real_us() / 1000, made_ms = 0;
	g_autoptr(GBytes) newest = NULL;
	int found = signed_prekey_newest(ring->store, ring->account, &made_ms, &newest);

	/* One from the future is of a clock that was wrong. */
	if (found == 1 && made_ms > now_ms - LIMIT_SIGNED_AGE * DAY_MS && made_ms <= now_ms + DAY_MS)
		return true;
	*changed = true;
	return make_signed_prekey(ring, now_ms, error) &&
	    signed_prekey_forget(ring->store, ring->account, now_ms - LIMIT_SIGNED_KEPT * DAY_MS, error);
}

bool
keyring_refill(struct keyring *ring, bool *changed, GError **error)
{
	g_autoptr(GPtrArray) prekeys = prekey_list(ring->store, ring->account);
	bool ok;

	*changed = prekeys->len < LIMIT_PREKEYS_OWN;
	ok = renew_signed(ring, changed, error);
	for (guint n = prekeys->len; ok && n < LIMIT_PREKEYS_OWN; n++)
		ok = make_prekey(ring, error);
	return ok && (!*changed || own_save(ring->store, ring->account, &ring->own, error));
}

bool
keyring_settle(struct keyring *ring, GError **error)
{
	return prekey_forget_used(ring->store, ring->account, error);
}
