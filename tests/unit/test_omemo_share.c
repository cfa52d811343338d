/* test_omemo_share.c: /omemo link, verify, export, team, import, as somebody types them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>

#include <glib/gstdio.h>

#include "core/command.h"
#include "core/keyring.h"
#include "core/omemo_share.h"
#include "core/prompt.h"
#include "core/turn.h"
#include "crypto/fingerprint.h"
#include "onecore.h"

static GString *said;		/* what the last line said, or its error */
static bool well, ended;
static struct keyring *bob;	/* another device, on tables of its own */

static void
on_output(struct caller *caller, int64_t request, json_t *lines)
{
	size_t i;
	json_t *line;

	(void)caller;
	(void)request;
	json_array_foreach(lines, i, line)
		g_string_append_printf(said, "%s\n", json_string_value(line));
}

static void
on_finished(struct caller *caller, int64_t request, json_t *result, const GError *error, json_t *error_data)
{
	json_t *lines = json_object_get(result, "output");

	(void)error_data;
	ended = true;
	well = error == NULL;
	if (lines != NULL)
		on_output(caller, request, lines);
	if (error != NULL)
		g_string_append(said, error->message);
}

static struct caller caller = { .session = 1, .cwd = "/", .output = on_output, .finished = on_finished };

static struct core *
core(void)
{
	return onecore_get();
}

/* Whether it went well; what it said is in said. */
static bool
run(const char *format, ...)
{
	static int64_t requests;
	g_autofree char *line = NULL;
	va_list ap;

	va_start(ap, format);
	line = g_strdup_vprintf(format, ap);
	va_end(ap);
	g_string_truncate(said, 0);
	ended = well = false;
	command_run(core(), &caller, ++requests, line, NULL, NULL);
	turn_finish(core()->turn);
	return well;
}

static void
assert_said(const char *part)
{
	if (strstr(said->str, part) == NULL)
		fail_msg("%s is not in: %s", part, said->str);
}

static enum trust
trust_of(const char *jid, uint32_t device)
{
	struct device_row *row = device_row_load(core()->store, onecore_account()->id, jid, device);
	enum trust trust = row != NULL ? row->trust : TRUST_UNDECIDED;

	device_row_free(row);
	return trust;
}

/* A device with keys, which is not ours. */
static struct keyring *
device_of(const char *name)
{
	struct keyring *ring;

	assert_true(turn_begin(core()->turn));
	ring = keyring_open(core()->store, store_account(core()->store, name, NULL), NULL);
	turn_end(core()->turn, true);
	assert_non_null(ring);
	return ring;
}

static void
make_keys(void)
{
	struct keyring *ours;

	assert_true(turn_begin(core()->turn));
	ours = keyring_open(core()->store, onecore_account()->id, NULL);
	turn_end(core()->turn, true);
	assert_non_null(ours);
	keyring_free(ours);
	g_clear_pointer(&onecore_account()->omemo, omemo_free);
	omemo_mentioned(onecore_account());
	assert_true(omemo_device(onecore_account()) != 0);
}

static int
setup(void **state)
{
	(void)state;
	said = g_string_new(NULL);
	bob = device_of("bobs@device");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	keyring_free(bob);
	g_string_free(said, TRUE);
	return 0;
}

static void
test_without_keys(void **state)
{
	(void)state;
	assert_false(run("/omemo link"));
	assert_said("has no keys yet");
	assert_false(run("/omemo export %s/none", onecore_home()));
	assert_said("has no keys yet");
	make_keys();
}

static void
test_links(void **state)
{
	g_autofree char *link = keyring_link(bob, ONECORE_BOB), *ours = NULL, *begins = NULL;
	uint32_t device = keyring_device(bob);
	struct keyring *eve = device_of("eves@device");
	struct fingerprint lie = { device, keyring_identity(eve)->key };
	g_autofree char *other = fingerprint_link(ONECORE_BOB, &lie, 1);

	(void)state;
	assert_true(run("/omemo link"));
	begins = g_strdup_printf("xmpp:" ONECORE_ME "?omemo-sid-%u=", omemo_device(onecore_account()));
	ours = omemo_fingerprint(onecore_account());
	assert_said(begins);
	assert_said(ours);
	assert_false(run("/omemo verify https://example.org/"));
	assert_said("no link with a fingerprint");
	assert_true(run("/omemo verify %s", link));
	assert_said("verified now: 1;");
	assert_int_equal(trust_of(ONECORE_BOB, device), TRUST_VERIFIED);
	assert_true(run("/omemo verify %s", link));
	assert_said("verified now: 0; that were already: 1");
	/* Another key for the same device, and one that is distrusted here. */
	assert_true(run("/omemo verify %s", other));
	assert_said("1 have another key here");
	assert_true(run("/omemo distrust %u " ONECORE_BOB, device));
	assert_true(run("/omemo verify %s", link));
	assert_said("1 stay distrusted");
	assert_int_equal(trust_of(ONECORE_BOB, device), TRUST_DISTRUSTED);
	keyring_free(eve);
}

static void
test_files(void **state)
{
	g_autofree char *path = g_build_filename(onecore_home(), "our team.txt", NULL), *text = NULL, *theirs = NULL;
	struct keyring *carol = device_of("carols@device");
	g_autofree char *link = keyring_link(carol, "carol@example.org");
	uint32_t device = keyring_device(carol);

	(void)state;
	assert_true(run("/omemo verify %s", link));
	/* What is on nobody's list is nobody's device. */
	assert_true(turn_begin(core()->turn));
	assert_true(device_list_save(core()->store, onecore_account()->id, "carol@example.org", &device, 1, 1, NULL));
	turn_end(core()->turn, true);
	assert_true(run("/omemo export %s", path));
	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	assert_non_null(strstr(text, "carol@example.org"));
	assert_null(strstr(text, ONECORE_BOB));
	/* It takes nothing's place. */
	assert_false(run("/omemo export %s", path));
	assert_said("cannot be written");
	/* Our own is believed; one of somebody who was not compared is not, nor what is no such file. */
	assert_true(run("/omemo team %s", path));
	assert_said("verified now: 0; that were already: 1");
	theirs = keyring_team(bob, ONECORE_BOB, NULL);
	assert_true(g_file_set_contents(path, theirs, -1, NULL));
	assert_false(run("/omemo team %s", path));
	assert_said("verified here");
	assert_true(g_file_set_contents(path, "hello", -1, NULL));
	assert_false(run("/omemo team %s", path));
	assert_false(run("/omemo team %s", onecore_home()));
	assert_said("it is no file");
	assert_false(run("/omemo team %s/not there", onecore_home()));
	assert_said("cannot be read");
	g_unlink(path);
	keyring_free(carol);
}

/* --- moving in --- */

static void
put_base64(GKeyFile *file, const char *key, const uint8_t *bytes, size_t n)
{
	g_autofree char *text = g_base64_encode(bytes, n);

	g_key_file_set_string(file, "identity", key, text);
}

/* Profanity's folder with this identity and nothing else; the caller's. */
static char *
be_profanity(struct keyring *ring)
{
	char *folder = g_build_filename(onecore_home(), "prof", NULL);
	g_autofree char *path = g_build_filename(folder, "identity.txt", NULL);
	GKeyFile *file = g_key_file_new();

	assert_int_equal(g_mkdir_with_parents(folder, 0700), 0);
	g_key_file_set_uint64(file, "identity", "device_id", keyring_device(ring));
	put_base64(file, "identity_key_public", keyring_identity(ring)->key.bytes, KEYS_PUBLIC);
	put_base64(file, "identity_key_private", keyring_identity(ring)->secret, KEYS_PRIVATE);
	assert_true(g_key_file_save_to_file(file, path, NULL));
	g_key_file_free(file);
	return folder;
}

/* Answers the question that is open. */
static void
answer(const char *value)
{
	GPtrArray *open = prompt_list(core()->prompts, caller.session);

	assert_int_equal(open->len, 1);
	assert_true(prompt_answer(core()->prompts, ((const struct event *)open->pdata[0])->prompt.id, caller.session,
	    value, false, NULL));
	g_ptr_array_unref(open);
	turn_finish(core()->turn);
}

static void
test_import(void **state)
{
	struct keyring *prof = device_of("prof@device");
	uint32_t before = omemo_device(onecore_account());
	g_autofree char *folder = be_profanity(prof), *empty = g_build_filename(onecore_home(), "nothing", NULL);

	(void)state;
	/* Nobody is there to be asked. */
	assert_false(run("/omemo import %s", folder));
	assert_said("is given up");
	caller.interactive = true;
	run("/omemo import %s", folder);
	assert_false(ended);
	answer("no");
	assert_false(well);
	assert_int_equal(omemo_device(onecore_account()), before);
	/* What fails leaves the device that we have. */
	run("/omemo import %s", empty);
	answer("yes");
	assert_true(ended && !well);
	assert_said("cannot be read");
	assert_int_equal(omemo_device(onecore_account()), before);
	run("/omemo import %s", folder);
	answer("yes");
	assert_true(ended && well);
	assert_said("Profanity must not use OMEMO");
	assert_int_equal(omemo_device(onecore_account()), keyring_device(prof));
	assert_int_equal(trust_of(ONECORE_ME, before), TRUST_DISTRUSTED);
	caller.interactive = false;
	keyring_free(prof);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_keys), cmocka_unit_test(test_links), cmocka_unit_test(test_files),
		cmocka_unit_test(test_import),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
