/* account_file.c: see account_file.h. */
#include "core/account_file.h"

#include <string.h>

#include "base/jid.h"
#include "base/nearest.h"
#include "core/ini.h"

enum { SHOWN, SECRET };

const struct account_key account_keys[] = {
#define KEY(name, secrecy, meaning) { #name, meaning, secrecy == SECRET },
#include "core/account_key.def"
#undef KEY
	{ NULL, NULL, false }
};

static const char *const key_names[] = {
#define KEY(name, secrecy, meaning) #name,
#include "core/account_key.def"
#undef KEY
	NULL
};

void
account_settings_free(struct account_settings *s)
{
	if (s == NULL)
		return;
	if (s->password != NULL)
		explicit_bzero(s->password, strlen(s->password));
	char *all[] = { s->name, s->jid, s->password, s->password_command, s->host, s->ca_file, s->pin, s->resource,
	    s->nick };
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		g_free(all[i]);
	g_free(s);
}

static bool
check_keys(const struct ini *ini, const char *name, GError **error)
{
	g_auto(GStrv) keys = g_key_file_get_keys(ini->keys, name, NULL, NULL);

	for (char **key = keys; key != NULL && *key != NULL; key++) {
		if (strcmp(*key, "proxy") == 0) {
			/* Going on without it would be a connection that the person did not want. */
			ini_complain(ini, name, *key, error, "this version connects without a proxy only; "
			    "the account is not used with one.");
			return false;
		}
		if (!g_strv_contains(key_names, *key)) {
			const char *near = nearest(*key, key_names);

			ini_complain(ini, name, *key, error, "an account has no \"%s\"%s%s.", *key,
			    near != NULL ? "; near to it: " : "", near != NULL ? near : "");
			return false;
		}
	}
	return true;
}

static bool
pin_ok(const char *pin)
{
	unsigned digits = 0;

	for (; *pin != '\0'; pin++) {
		if (g_ascii_isxdigit(*pin))
			digits++;
		else if (*pin != ':')
			return false;
	}
	return digits == 64;
}

static const struct {
	const char	*word;
	unsigned	 flaw;
} flaws[] = { { "issuer", STREAM_FLAW_ISSUER }, { "date", STREAM_FLAW_DATE }, { "name", STREAM_FLAW_NAME },
    { "nothing", 0 } };

char *
account_flaws_text(unsigned which)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(flaws); i++)
		if ((which & flaws[i].flaw) != 0)
			g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", flaws[i].word);
	return g_string_free(text->len > 0 ? text : g_string_append(text, "nothing"), FALSE);
}

static bool
read_flaws(const struct ini *ini, struct account_settings *s, GError **error)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) words = NULL;

	if (!ini_string(ini, s->name, "pin_for", &text, error))
		return false;
	words = g_strsplit(text != NULL ? text : "issuer", " ", -1);
	for (char **word = words; *word != NULL; word++) {
		size_t i = 0;

		while (i < G_N_ELEMENTS(flaws) && strcmp(flaws[i].word, *word) != 0)
			i++;
		if (i == G_N_ELEMENTS(flaws)) {
			ini_complain(ini, s->name, "pin_for", error,
			    "pin_for is issuer, date, name, several of them, or nothing; not \"%s\".", *word);
			return false;
		}
		s->pin_flaws |= flaws[i].flaw;
	}
	return true;
}

static bool
read_tls(const struct ini *ini, struct account_settings *s, GError **error)
{
	g_autofree char *text = NULL;

	if (!ini_string(ini, s->name, "tls", &text, error))
		return false;
	if (text == NULL || strcmp(text, "starttls") == 0)
		s->tls = STREAM_TLS_STARTTLS;
	else if (strcmp(text, "direct") == 0)
		s->tls = STREAM_TLS_DIRECT;
	else if (strcmp(text, "off") == 0)
		s->tls = STREAM_TLS_OFF;
	else {
		ini_complain(ini, s->name, "tls", error, "tls is starttls, direct or off, not \"%s\".", text);
		return false;
	}
	return true;
}

static bool
read_jid(const struct ini *ini, struct account_settings *s, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_autofree char *text = NULL;

	if (!ini_string(ini, s->name, "jid", &text, error))
		return false;
	if (text == NULL) {
		ini_complain(ini, s->name, NULL, error, "the account has no jid, such as jid = name@server.");
		return false;
	}
	s->jid = jid_from_person(text, true, &cause);
	if (s->jid == NULL) {
		ini_complain(ini, s->name, "jid", error, "%s", cause->message);
		return false;
	}
	return true;
}

static bool
read_account(const struct ini *ini, struct account_settings *s, GError **error)
{
	const struct { const char *key; char **to; } strings[] = {
		{ "password", &s->password }, { "password_command", &s->password_command }, { "host", &s->host },
		{ "ca_file", &s->ca_file }, { "pin", &s->pin }, { "resource", &s->resource }, { "nick", &s->nick },
	};

	if (!check_keys(ini, s->name, error) || !read_jid(ini, s, error) || !read_tls(ini, s, error))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(strings); i++)
		if (!ini_string(ini, s->name, strings[i].key, strings[i].to, error))
			return false;
	if (!ini_int(ini, s->name, "port", 1, 65535, &s->port, error) ||
	    !ini_int(ini, s->name, "priority", -128, 127, &s->priority, error) ||
	    !ini_bool(ini, s->name, "autoconnect", &s->autoconnect, error) ||
	    !ini_bool(ini, s->name, "enabled", &s->enabled, error))
		return false;
	if (!read_flaws(ini, s, error))
		return false;
	if (s->pin != NULL && !pin_ok(s->pin)) {
		ini_complain(ini, s->name, "pin", error,
		    "pin is the SHA-256 of a certificate: 64 hexadecimal digits, with or without colons.");
		return false;
	}
	if (s->port != 0 && s->host == NULL) {
		ini_complain(ini, s->name, "port", error, "port needs host beside it.");
		return false;
	}
	return true;
}

/* A name is one word on a command line, and a group of the file. */
static bool
name_ok(const char *name)
{
	return *name != '\0' && *name != '/' && strlen(name) <= 64 && strpbrk(name, " \t\"'\\[]") == NULL &&
	    g_utf8_validate(name, -1, NULL);
}

static GPtrArray *
read_all(const struct ini *ini, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)account_settings_free);
	g_auto(GStrv) names = g_key_file_get_groups(ini->keys, NULL);

	for (char **name = names; *name != NULL; name++) {
		struct account_settings *s = g_new0(struct account_settings, 1);

		s->name = g_strdup(*name);
		s->autoconnect = s->enabled = true;
		g_ptr_array_add(all, s);
		if (!name_ok(*name)) {
			ini_complain(ini, *name, NULL, error,
			    "an account's name is one word without quotes, brackets and backslashes.");
			return NULL;
		}
		if (!read_account(ini, s, error))
			return NULL;
		for (guint i = 0; i + 1 < all->len; i++) {
			struct account_settings *other = all->pdata[i];

			if (strcmp(other->jid, s->jid) == 0) {
				ini_complain(ini, *name, "jid", error, "%s is already the address of [%s].", s->jid,
				    other->name);
				return NULL;
			}
		}
	}
	return g_steal_pointer(&all);
}

GPtrArray *
account_file_load(const char *path, GError **error)
{
	struct ini *ini = ini_load(path, error);
	GPtrArray *all;

	if (ini == NULL)
		return NULL;
	all = read_all(ini, error);
	ini_free(ini);
	return all;
}

/* Checks the changed file as it would be read, then writes it. */
static bool
check_and_save(struct ini *ini, GError **error)
{
	g_autoptr(GPtrArray) all = NULL;

	g_free(ini->text);
	ini->text = g_key_file_to_data(ini->keys, NULL, NULL);
	all = read_all(ini, error);
	return all != NULL && ini_save(ini, error);
}

bool
account_file_set(const char *path, const char *name, const char *key, const char *value, bool create, GError **error)
{
	struct ini *ini = ini_load(path, error);
	bool ok = false;

	if (ini == NULL)
		return false;
	if (!create && !g_key_file_has_group(ini->keys, name)) {
		g_set_error(error, INI_ERROR, 0, "There is no account \"%s\".", name);
	} else if (!name_ok(name)) {
		g_set_error(error, INI_ERROR, 0,
		    "An account's name is one word without quotes, brackets and backslashes.");
	} else if (!g_strv_contains(key_names, key)) {
		const char *near = nearest(key, key_names);

		g_set_error(error, INI_ERROR, 0, "An account has no \"%s\"%s%s.", key,
		    near != NULL ? "; near to it: " : "", near != NULL ? near : "");
	} else {
		if (value != NULL)
			g_key_file_set_string(ini->keys, name, key, value);
		else
			g_key_file_remove_key(ini->keys, name, key, NULL);
		ok = check_and_save(ini, error);
	}
	ini_free(ini);
	return ok;
}

bool
account_file_remove(const char *path, const char *name, GError **error)
{
	struct ini *ini = ini_load(path, error);
	bool ok = false;

	if (ini == NULL)
		return false;
	if (g_key_file_remove_group(ini->keys, name, NULL))
		ok = ini_save(ini, error);
	else
		g_set_error(error, INI_ERROR, 0, "There is no account \"%s\".", name);
	ini_free(ini);
	return ok;
}
