/*
 * keys_bench [DEVICES]: what encryption costs: keys made, a session begun, one message for that many devices (200) with
 * its commit, a thousand messages read, and the dearest thing that a device with a session can make us do.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/keyring.h"
#include "crypto/payload.h"
#include "memkeys.h"

enum { TIMES = 31, READ = 1000, AT_ONCE = 64 };

static struct store *store;
static struct keyring *ring;
static int64_t account;

static void
must(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "keys_bench: %s failed\n", what);
		exit(1);
	}
}

static double
now_ms(void)
{
	return (double)g_get_monotonic_time() / 1000;
}

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
begin(void)
{
	must(store_begin(store, NULL), "a savepoint");
}

static void
end(void)
{
	must(store_end(store, true, NULL) && store_commit(store, NULL), "a commit");
}

static void
make_keys(const char *path)
{
	double start;

	store = store_open(path, NULL, NULL);
	must(store != NULL, "opening");
	begin();
	account = store_account(store, "me@example.net", NULL);
	start = now_ms();
	ring = keyring_open(store, account, NULL);
	must(ring != NULL, "making keys");
	end();
	printf("%-58s %8.1f ms\n", "identity and a hundred prekeys made and kept", now_ms() - start);
}

static void
begin_sessions(struct memkeys *peers, int n)
{
	double start;

	for (int i = 0; i < n; i++) {
		g_autofree char *name = g_strdup_printf("person%d@example.org", i / 3);

		memkeys_init(&peers[i], name, (uint32_t)i + 1, 1);
	}
	start = now_ms();
	begin();
	for (int i = 0; i < n; i++) {
		struct bundle bundle;

		memkeys_bundle(&peers[i], &bundle);
		must(bundle_verify(&bundle) && ratchet_start(keyring_ratchet(ring), peers[i].name, peers[i].device,
		    &bundle) == RATCHET_OK, "beginning");
		bundle_clear(&bundle);
	}
	end();
	start = now_ms() - start;
	printf("%-58s %8.1f ms, %.2f each\n", "sessions begun, bundles verified", start, start / n);
}

static double
encrypt_once(struct memkeys *peers, int n)
{
	double start = now_ms();
	struct payload payload;

	begin();
	must(payload_encrypt(&payload, "a message of some words", 23, NULL), "the payload");
	for (int i = 0; i < n; i++) {
		struct ratchet_sealed sealed;

		must(ratchet_encrypt(keyring_ratchet(ring), peers[i].name, peers[i].device, payload.key,
		    PAYLOAD_KEY_SIZE, &sealed) == RATCHET_OK, "encrypting");
		ratchet_sealed_clear(&sealed);
	}
	payload_clear(&payload);
	end();
	return now_ms() - start;
}

static void
encrypt(struct memkeys *peers, int n)
{
	g_autofree char *what = g_strdup_printf("one message for %d devices, with its commit", n);
	double times[TIMES];

	for (int i = 0; i < TIMES; i++)
		times[i] = encrypt_once(peers, n);
	qsort(times, TIMES, sizeof *times, by_size);
	printf("%-58s %8.1f ms (median), %.1f (worst of %d)\n", what, times[TIMES / 2], times[TIMES - 1], TIMES);
}

static enum ratchet_result
hear(struct memkeys *from, const struct ratchet_sealed *sealed)
{
	struct ratchet_opened opened;
	gsize n;
	const void *bytes = g_bytes_get_data(sealed->bytes, &n);
	enum ratchet_result result = ratchet_decrypt(keyring_ratchet(ring), from->name, from->device, sealed->prekey,
	    bytes, n, &opened);

	ratchet_opened_clear(&opened);
	return result;
}

/* A session with us that has heard of us. */
static void
meet(struct memkeys *you)
{
	struct bundle bundle;

	must(keyring_bundle(ring, &bundle, NULL) && ratchet_start(you->ratchet, "me@example.net", keyring_device(ring),
	    &bundle) == RATCHET_OK, "beginning");
	bundle_clear(&bundle);
}

static void
say(struct memkeys *you, struct ratchet_sealed *sealed)
{
	static const char key[] = "0123456789abcdef0123456789abcdef";

	must(ratchet_encrypt(you->ratchet, "me@example.net", keyring_device(ring), key, PAYLOAD_KEY_SIZE, sealed) ==
	    RATCHET_OK, "encrypting");
}

static void
read_many(struct memkeys *you)
{
	g_autofree struct ratchet_sealed *sealed = g_new(struct ratchet_sealed, READ);
	double start, most = 0;

	meet(you);
	for (int i = 0; i < READ; i++)
		say(you, &sealed[i]);
	start = now_ms();
	for (int i = 0; i < READ; i++) {
		double one = now_ms();

		if (i % AT_ONCE == 0)
			begin();
		must(hear(you, &sealed[i]) == RATCHET_OK, "decrypting");
		if (i % AT_ONCE == AT_ONCE - 1 || i == READ - 1)
			end();
		most = MAX(most, now_ms() - one);
		ratchet_sealed_clear(&sealed[i]);
	}
	printf("%-58s %8.1f ms, %.1f at most at a time\n", "a thousand messages read, 64 a commit", now_ms() - start,
	    most);
}

/* Six sessions, and a message that is as far ahead as it may be and has a wrong end. */
static void
read_forged(struct memkeys *you)
{
	struct ratchet_sealed sealed;
	uint8_t *bytes;
	double start;
	gsize n;

	for (int i = 0; i < 6; i++) {
		meet(you);
		say(you, &sealed);
		begin();
		must(hear(you, &sealed) == RATCHET_OK, "decrypting");
		end();
		ratchet_sealed_clear(&sealed);
	}
	for (int i = 0; i < 1999; i++) {
		say(you, &sealed);
		ratchet_sealed_clear(&sealed);
	}
	say(you, &sealed);
	n = g_bytes_get_size(sealed.bytes);
	bytes = g_memdup2(g_bytes_get_data(sealed.bytes, NULL), n);
	/* In the authentication code; behind it are two numbers of the prekey message. */
	bytes[n - 12] ^= 1;
	g_bytes_unref(sealed.bytes);
	sealed.bytes = g_bytes_new_take(bytes, n);
	begin();
	start = now_ms();
	must(hear(you, &sealed) == RATCHET_BROKEN, "refusing");
	printf("%-58s %8.1f ms\n", "the dearest forged message refused", now_ms() - start);
	must(store_end(store, false, NULL), "taking it back");
	ratchet_sealed_clear(&sealed);
}

int
main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 200;
	g_autofree struct memkeys *peers = g_new(struct memkeys, (gsize)n);
	g_autofree char *folder = g_dir_make_tmp("confab-bench-XXXXXX", NULL), *path = NULL;
	static const char *const ends[] = { "", "-wal", "-shm" };
	struct memkeys you;

	must(folder != NULL && n > 0, "a folder");
	path = g_build_filename(folder, "confab.db", NULL);
	make_keys(path);
	begin_sessions(peers, n);
	encrypt(peers, n);
	memkeys_init(&you, "you@example.org", 77, 1);
	read_many(&you);
	read_forged(&you);
	memkeys_clear(&you);
	for (int i = 0; i < n; i++)
		memkeys_clear(&peers[i]);
	keyring_free(ring);
	store_close(store);
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *name = g_strconcat(path, ends[i], NULL);

		g_unlink(name);
	}
	g_rmdir(folder);
	return 0;
}
