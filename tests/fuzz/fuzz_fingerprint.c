/* fuzz_fingerprint.c: texts with keys in them: what is read can be written, and reads the same. */
#include <string.h>

#include "crypto/aesgcm.h"
#include "crypto/fingerprint.h"
#include "crypto/team.h"
#include "fuzz.h"

static void
read_link(const char *text)
{
	g_autofree char *jid = NULL, *link = NULL, *same = NULL;
	GArray *list = fingerprint_parse_link(text, &jid), *again;

	if (list == NULL)
		return;
	g_assert(list->len > 0 && *jid != '\0' && g_utf8_validate(jid, -1, NULL));
	link = fingerprint_link(jid, (const struct fingerprint *)(void *)list->data, list->len);
	again = fingerprint_parse_link(link, &same);
	/* Only its length may forbid what was read with all that is not needed. */
	if (again != NULL) {
		g_assert_cmpstr(jid, ==, same);
		g_assert_cmpuint(again->len, ==, list->len);
		g_array_unref(again);
	}
	g_array_unref(list);
}

static void
read_media(const char *text)
{
	struct aesgcm_key key, other;
	g_autofree char *https = aesgcm_parse_link(text, &key), *link = NULL, *again = NULL;

	if (https == NULL)
		return;
	link = aesgcm_link(https, &key);
	g_assert(link != NULL);
	again = aesgcm_parse_link(link, &other);
	g_assert_cmpstr(https, ==, again);
	g_assert(memcmp(&key, &other, sizeof key) == 0);
}

static void
read_team(const char *text, size_t n)
{
	g_autoptr(GError) error = NULL;
	struct team team;

	team_init(&team);
	g_assert(team_parse(&team, text, n, &error) == (error == NULL));
	team_clear(&team);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	struct key key;

	if (fingerprint_parse(&key, text)) {
		g_autofree char *blocks = fingerprint_blocks(&key);
		struct key again;

		g_assert(fingerprint_parse(&again, blocks) && key_equal(&key, &again));
	}
	read_link(text);
	read_media(text);
	read_team((const char *)data, size);
	return 0;
}
