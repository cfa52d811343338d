/* team.c: see team.h. */
#include "crypto/team.h"

#include <openssl/crypto.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "crypto/fingerprint.h"

static const char heading[] = "confab fingerprints 1", ending[] = "signature ";

static void
member_clear(void *p)
{
	struct team_member *member = p;

	g_clear_pointer(&member->jid, g_free);
}

void
team_init(struct team *team)
{
	memset(team, 0, sizeof *team);
	team->members = g_array_new(FALSE, FALSE, sizeof(struct team_member));
	g_array_set_clear_func(team->members, member_clear);
}

void
team_clear(struct team *team)
{
	member_clear(&team->by);
	g_clear_pointer(&team->members, g_array_unref);
}

void
team_add(struct team *team, const char *jid, uint32_t device, const struct key *key)
{
	struct team_member member = { g_strdup(jid), device, *key };

	g_array_append_val(team->members, member);
}

/* --- making --- */

static void
put_member(GString *text, const struct team_member *member)
{
	g_autofree char *fingerprint = fingerprint_text(&member->key);

	g_string_append_printf(text, "%s %u %s\n", member->jid, member->device, fingerprint);
}

char *
team_sign(struct team *team, const struct identity *identity, GError **error)
{
	g_autofree char *at = clock_format_utc(team->at_ms), *base64 = NULL;
	uint8_t signature[KEY_SIGNATURE_SIZE];
	GString *text = g_string_new(heading);

	team->by.key = identity->key;
	g_string_append(text, "\nby ");
	put_member(text, &team->by);
	g_string_append_printf(text, "at %s\n", at);
	for (guint i = 0; i < team->members->len; i++)
		put_member(text, &g_array_index(team->members, struct team_member, i));
	if (!identity_sign(identity, text->str, text->len, signature, error)) {
		g_string_free(text, TRUE);
		return NULL;
	}
	base64 = g_base64_encode(signature, sizeof signature);
	g_string_append_printf(text, "%s%s\n", ending, base64);
	return g_string_free(text, FALSE);
}

/* --- reading --- */

/* "alice@example.org 12345 <fingerprint>"; the address is the caller's. */
static bool
parse_member(const char *line, struct team_member *member)
{
	g_auto(GStrv) words = g_strsplit(line, " ", 4);
	guint64 device;

	if (g_strv_length(words) != 3 || *words[0] == '\0' ||
	    !g_ascii_string_to_unsigned(words[1], 10, 1, KEY_DEVICE_MAX, &device, NULL) ||
	    !fingerprint_parse(&member->key, words[2]))
		return false;
	member->device = (uint32_t)device;
	member->jid = g_strdup(words[0]);
	return true;
}

static bool
parse_line(struct team *team, guint number, const char *line)
{
	struct team_member member = { 0 };

	if (number == 0)
		return true;
	if (number == 1)
		return g_str_has_prefix(line, "by ") && parse_member(line + 3, &team->by);
	if (number == 2)
		return g_str_has_prefix(line, "at ") && clock_parse_utc(line + 3, &team->at_ms);
	if (team->members->len >= LIMIT_TEAM || !parse_member(line, &member))
		return false;
	g_array_append_val(team->members, member);
	return true;
}

static bool
check_signature(const struct team *team, const GString *read, const char *base64)
{
	gsize n = 0;
	g_autofree guchar *signature = g_base64_decode(base64, &n);
	g_autofree char *again = g_base64_encode(signature, n);

	/* GLib reads nearly everything. */
	return n == KEY_SIGNATURE_SIZE && strcmp(again, base64) == 0 && key_verify(&team->by.key, read->str, read->len,
	    signature);
}

static bool
fail(GError **error, const char *sentence)
{
	g_set_error_literal(error, CRYPTO_ERROR, CRYPTO_ERROR_REFUSED, sentence);
	return false;
}

/* The lines of the file; a mail may have put blanks or another end behind them. */
static bool
parse_lines(struct team *team, char **lines, GError **error)
{
	GString *read = g_string_new(NULL);
	const char *base64 = NULL;
	bool ok;

	for (guint i = 0; lines[i] != NULL && base64 == NULL; i++) {
		g_strchomp(lines[i]);
		if (i > 2 && g_str_has_prefix(lines[i], ending)) {
			base64 = lines[i] + strlen(ending);
		} else if (parse_line(team, i, lines[i])) {
			g_string_append_printf(read, "%s\n", lines[i]);
		} else {
			g_string_free(read, TRUE);
			return fail(error, "The file of fingerprints has a line that is none.");
		}
	}
	ok = base64 != NULL && check_signature(team, read, base64);
	g_string_free(read, TRUE);
	if (base64 == NULL)
		return fail(error, "The file of fingerprints has no end: its signature is missing.");
	return ok || fail(error, "The file of fingerprints was changed: its signature is that of another text.");
}

bool
team_parse(struct team *team, const char *bytes, gsize n, GError **error)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (n > LIMIT_TEAM_FILE || !g_utf8_validate(bytes, (gssize)n, NULL))
		return fail(error, "This is no file of fingerprints: it is too long, or no text.");
	text = g_strndup(bytes, n);
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line != NULL; line++) {
		if (g_str_has_prefix(*line, heading) && strspn(*line + strlen(heading), " \t\r") ==
		    strlen(*line + strlen(heading)))
			return parse_lines(team, line, error);
	}
	return fail(error, "There are no fingerprints in this file.");
}
