/* fingerprint.c: see fingerprint.h. */
#include "crypto/fingerprint.h"

#include <string.h>

#include "base/limits.h"

enum { BLOCK = FINGERPRINT_DIGITS / FINGERPRINT_BLOCKS, TYPE = 5 };

static char *
digits(const struct key *key, bool blocks)
{
	GString *text = g_string_sized_new(FINGERPRINT_DIGITS + FINGERPRINT_BLOCKS);

	for (int i = 1; i < KEY_SIZE; i++) {
		if (blocks && i > 1 && (2 * (i - 1)) % BLOCK == 0)
			g_string_append_c(text, ' ');
		g_string_append_printf(text, "%02x", key->bytes[i]);
	}
	return g_string_free(text, FALSE);
}

char *
fingerprint_text(const struct key *key)
{
	return digits(key, false);
}

char *
fingerprint_blocks(const struct key *key)
{
	return digits(key, true);
}

bool
fingerprint_parse(struct key *key, const char *text)
{
	uint8_t bytes[KEY_SIZE] = { 0 };
	size_t n = 0;

	for (; *text != '\0'; text++) {
		int value = g_ascii_xdigit_value(*text);

		if (value < 0 && strchr(" \t:-", *text) != NULL)
			continue;
		if (value < 0 || n == 2 * KEY_SIZE)
			return false;
		bytes[n / 2] = (uint8_t)(bytes[n / 2] << 4 | value);
		n++;
	}
	if (n == 2 * KEY_SIZE)
		return key_parse(key, bytes, KEY_SIZE);
	if (n != FINGERPRINT_DIGITS)
		return false;
	key->bytes[0] = TYPE;
	memcpy(key->bytes + 1, bytes, KEY_SIZE - 1);
	return true;
}

/* --- links --- */

static const char prefix[] = "omemo-sid-";

char *
fingerprint_link(const char *jid, const struct fingerprint *list, size_t n)
{
	g_autofree char *escaped = g_uri_escape_string(jid, "@", FALSE);
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "xmpp:%s", escaped);
	for (size_t i = 0; i < n; i++) {
		g_autofree char *fingerprint = fingerprint_text(&list[i].key);

		g_string_append_printf(text, "%c%s%u=%s", i == 0 ? '?' : ';', prefix, list[i].device, fingerprint);
	}
	return g_string_free(text, FALSE);
}

/* "omemo-sid-12345=8df0…" */
static bool
parse_part(const char *part, struct fingerprint *one)
{
	const char *number = part + strlen(prefix), *equals = strchr(part, '=');
	guint64 id;
	char *end;

	if (equals == NULL || !g_ascii_isdigit(*number))
		return false;
	id = g_ascii_strtoull(number, &end, 10);
	one->device = (uint32_t)id;
	return end == equals && id > 0 && id <= KEY_DEVICE_MAX && fingerprint_parse(&one->key, equals + 1);
}

/* False: another one of this device is there. */
static bool
add(GArray *list, const struct fingerprint *one)
{
	for (guint i = 0; i < list->len; i++) {
		const struct fingerprint *other = &g_array_index(list, struct fingerprint, i);

		if (other->device == one->device)
			return key_equal(&other->key, &one->key);
	}
	if (list->len < LIMIT_DEVICES)
		g_array_append_val(list, *one);
	return true;
}

static bool
parse_parts(char **parts, GArray *list)
{
	for (; *parts != NULL; parts++) {
		struct fingerprint one;

		if (g_str_has_prefix(*parts, prefix) && (!parse_part(*parts, &one) || !add(list, &one)))
			return false;
	}
	return list->len > 0;
}

GArray *
fingerprint_parse_link(const char *link, char **jid)
{
	const char *query = strchr(link, '?');
	g_auto(GStrv) parts = NULL;
	g_autofree char *address = NULL;
	GArray *list;

	*jid = NULL;
	if (g_ascii_strncasecmp(link, "xmpp:", 5) != 0 || query == NULL || strlen(link) > LIMIT_KEY_LINK)
		return NULL;
	address = g_uri_unescape_segment(link + 5, query, NULL);
	if (address == NULL || *address == '\0' || !g_utf8_validate(address, -1, NULL))
		return NULL;
	parts = g_strsplit_set(query + 1, ";&", -1);
	list = g_array_new(FALSE, FALSE, sizeof(struct fingerprint));
	if (parse_parts(parts, list)) {
		*jid = g_steal_pointer(&address);
		return list;
	}
	g_array_unref(list);
	return NULL;
}
