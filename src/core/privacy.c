/* privacy.c: see privacy.h. */
#include "core/privacy.h"

#include <string.h>

#include "core/chat.h"
#include "core/roster.h"
#include "core/turn.h"

/* Under what it is kept: addresses hold no blanks where it matters, since a bare one never does. */
static char *
key_of(const struct account *account, const char *jid, enum setting which)
{
	return g_strdup_printf("%s:%s%s%s", setting_name(which), account_jid(account), jid != NULL ? " " : "",
	    jid != NULL ? jid : "");
}

enum privacy
privacy_said(const struct account *account, const char *jid, enum setting which)
{
	g_autofree char *key = key_of(account, jid, which), *text = store_get_text(account->core->store, key);

	return text == NULL ? PRIVACY_DEFAULT : strcmp(text, "on") == 0 ? PRIVACY_ON : PRIVACY_OFF;
}

bool
privacy_say(struct account *account, const char *jid, enum setting which, enum privacy what, GError **error)
{
	g_autofree char *key = key_of(account, jid, which);
	bool ok;

	if (!chat_begin_change(account->core, error))
		return false;
	ok = store_set_text(account->core->store, key, what == PRIVACY_DEFAULT ? NULL : what == PRIVACY_ON ? "on" :
	    "off", error);
	return chat_end_change(account->core, ok, error);
}

bool
privacy_tells(const struct account *account, const char *jid, enum setting which)
{
	enum privacy said;

	if (!roster_sees_us(account, jid))
		return false;
	said = privacy_said(account, jid, which);
	if (said == PRIVACY_DEFAULT)
		said = privacy_said(account, NULL, which);
	return said == PRIVACY_DEFAULT ? setting_get(account->core->settings, which) != 0 : said == PRIVACY_ON;
}
