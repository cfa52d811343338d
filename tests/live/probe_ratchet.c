/*
 * probe_ratchet.c: one device with one session, for test_ratchet.py.  Standard input, a line each; bytes are
 * hexadecimal:
 *
 *	bundle				→ bundle IDENTITY ID KEY SIGNATURE ID:KEY,ID:KEY,...
 *	start the same words		→ ok | refused WHY
 *	seal BYTES			→ sealed PREKEY BYTES | refused WHY
 *	open PREKEY BYTES		→ opened BYTES | refused WHY
 *	record				→ record KEY SECRET ID SIGNED ID:PREKEY,... THEIRS SESSION ("-": there is none)
 */
#include <stdio.h>
#include <string.h>

#include "memkeys.h"

static struct memkeys us;
static const struct memkeys you = { .name = (char *)(uintptr_t)"you@example.org", .device = 77 };

static void
put(const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%02x", ((const uint8_t *)bytes)[i]);
}

static void
put_bytes(GBytes *bytes)
{
	if (bytes != NULL)
		put(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
	else
		putchar('-');
}

static GBytes *
take(const char *hex)
{
	gsize n = strlen(hex) / 2;
	uint8_t *bytes = g_malloc(n + 1);

	for (gsize i = 0; i < n; i++)
		bytes[i] = (uint8_t)(g_ascii_xdigit_value(hex[2 * i]) << 4 | g_ascii_xdigit_value(hex[2 * i + 1]));
	return g_bytes_new_take(bytes, n);
}

static void
print_bundle(void)
{
	struct bundle bundle;

	memkeys_bundle(&us, &bundle);
	printf("bundle ");
	put(bundle.identity.bytes, KEY_SIZE);
	printf(" %u ", bundle.signed_id);
	put(bundle.signed_key.bytes, KEY_SIZE);
	putchar(' ');
	put(bundle.signature, KEY_SIGNATURE_SIZE);
	for (guint i = 0; i < bundle.prekeys->len; i++) {
		const struct bundle_prekey *prekey = &g_array_index(bundle.prekeys, struct bundle_prekey, i);

		printf("%c%u:", i == 0 ? ' ' : ',', prekey->id);
		put(prekey->key.bytes, KEY_SIZE);
	}
	bundle_clear(&bundle);
}

static bool
read_bundle(char **words, struct bundle *bundle)
{
	g_autoptr(GBytes) identity = take(words[1]), key = take(words[3]), signature = take(words[4]);
	g_auto(GStrv) prekeys = g_strsplit(words[5], ",", -1);
	bool ok = bundle_set_identity(bundle, g_bytes_get_data(identity, NULL), g_bytes_get_size(identity)) &&
	    bundle_set_signed(bundle, g_ascii_strtoull(words[2], NULL, 10), g_bytes_get_data(key, NULL),
	    g_bytes_get_size(key), g_bytes_get_data(signature, NULL), g_bytes_get_size(signature));

	for (char **p = prekeys; ok && *p != NULL; p++) {
		char *colon = strchr(*p, ':');
		g_autoptr(GBytes) bytes = take(colon + 1);

		ok = bundle_add(bundle, g_ascii_strtoull(*p, NULL, 10), g_bytes_get_data(bytes, NULL),
		    g_bytes_get_size(bytes));
	}
	return ok && bundle_verify(bundle);
}

static void
start(char **words)
{
	enum ratchet_result result = RATCHET_BROKEN;
	struct bundle bundle;

	bundle_init(&bundle);
	if (read_bundle(words, &bundle))
		result = ratchet_start(us.ratchet, you.name, you.device, &bundle);
	bundle_clear(&bundle);
	if (result == RATCHET_OK)
		printf("ok");
	else
		printf("refused %s", ratchet_result_name(result));
}

static void
seal(const char *hex)
{
	g_autoptr(GBytes) bytes = take(hex);
	struct ratchet_sealed sealed;
	enum ratchet_result result = ratchet_encrypt(us.ratchet, you.name, you.device, g_bytes_get_data(bytes, NULL),
	    g_bytes_get_size(bytes), &sealed);

	if (result == RATCHET_OK) {
		printf("sealed %d ", sealed.prekey);
		put_bytes(sealed.bytes);
		ratchet_sealed_clear(&sealed);
	} else {
		printf("refused %s", ratchet_result_name(result));
	}
}

static void
open_one(bool prekey, const char *hex)
{
	g_autoptr(GBytes) bytes = take(hex);
	struct ratchet_opened opened;
	enum ratchet_result result = ratchet_decrypt(us.ratchet, you.name, you.device, prekey,
	    g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &opened);

	if (result == RATCHET_OK) {
		printf("opened ");
		put_bytes(opened.plain);
		ratchet_opened_clear(&opened);
	} else {
		printf("refused %s", ratchet_result_name(result));
	}
}

static void
print_record(void)
{
	g_autofree char *name = g_strdup_printf("%s/%u", you.name, you.device);

	printf("record ");
	put(us.identity.key.bytes, KEY_SIZE);
	putchar(' ');
	put(us.identity.secret, KEY_PRIVATE_SIZE);
	printf(" %u ", us.signed_id);
	put_bytes(us.signed_prekey);
	for (unsigned id = 1; id <= g_hash_table_size(us.prekeys); id++) {
		printf("%c%u:", id == 1 ? ' ' : ',', id);
		put_bytes(g_hash_table_lookup(us.prekeys, GUINT_TO_POINTER(id)));
	}
	putchar(' ');
	put_bytes(g_hash_table_lookup(us.identities, name));
	putchar(' ');
	put_bytes(g_hash_table_lookup(us.sessions, name));
}

static bool
obey(char **words)
{
	guint n = g_strv_length(words);

	if (n == 1 && strcmp(words[0], "bundle") == 0)
		print_bundle();
	else if (n == 1 && strcmp(words[0], "record") == 0)
		print_record();
	else if (n == 6 && strcmp(words[0], "start") == 0)
		start(words);
	else if (n == 2 && strcmp(words[0], "seal") == 0)
		seal(words[1]);
	else if (n == 3 && strcmp(words[0], "open") == 0)
		open_one(*words[1] == '1', words[2]);
	else
		return false;
	putchar('\n');
	return fflush(stdout) == 0;
}

int
main(void)
{
	g_autofree char *line = NULL;
	size_t size = 0;
	ssize_t n;
	bool ok = true;

	memkeys_init(&us, "us@example.org", 5, 3);
	while (ok && (n = getline(&line, &size, stdin)) > 0) {
		g_auto(GStrv) words = NULL;

		g_strchomp(line);
		words = g_strsplit(line, " ", -1);
		ok = obey(words);
	}
	memkeys_clear(&us);
	return ok ? 0 : 1;
}
