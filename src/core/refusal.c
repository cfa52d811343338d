/*
 * refusal.c: see refusal.h.  Words are those of ejabberd and Prosody, which most servers are; where they are in another
 * language the condition decides.  The first row that fits counts.
 */
#include "core/refusal.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#include "base/jid.h"

enum address { ANY, WITH_LINK, SERVER };	/* SERVER: there is nobody before an @ */

static const struct {
	const char	*condition;
	const char	*words;		/* in any case; NULL: whatever they are */
	enum address	 address;
	const char	*meaning;
} rows[] = {
	{ "remote-server-not-found", NULL, WITH_LINK,
	    "The address has something behind it that belongs to a link: leave away the ? and what follows." },
	{ "item-not-found", NULL, SERVER,
	    "That is the address of a server, and servers read no messages. /disco tells what it is." },
	{ "service-unavailable", NULL, SERVER,
	    "That is the address of a server, and servers read no messages. /disco tells what it is." },
	{ "bad-request", "'to'", ANY, "The address is not one that a server takes: is there a blank in it?" },
	{ "not-acceptable", "privacy list", ANY, "A privacy list of your own, kept by your server, forbids it." },
	{ "not-allowed", "remote domain", ANY, "Your server talks to no other servers, or not to that one." },
	{ "policy-violation", "stranger", ANY,
	    "They take messages from contacts only. /sub request asks to become one." },
	{ "service-unavailable", "session not found", ANY,
	    "Nobody has that address at present: they are off line there, or it is no room." },
	{ "resource-constraint", "offline", ANY, "Their server keeps no more for them until they log in." },
	{ "resource-constraint", NULL, ANY, "Their server has no room for it at present. /retry sends it once more." },
	{ NULL, "certificate", ANY,
	    "Their server does not trust the certificate of yours. Only who runs your server can mend that; from another server it works meanwhile." },
	{ NULL, "non-existing domain", ANY,
	    "There is no such server: is the address spelled right? Another way of your own into the network changes nothing." },
	{ NULL, "connection refused", ANY,
	    "At that address nobody speaks XMPP to other servers: is it spelled right? If it is, their server is set up wrong or down. Another way of your own into the network changes nothing." },
	{ NULL, "connection closed", ANY,
	    "Their server broke off when yours called. /retry sends it once more, later." },
	{ "remote-server-timeout", NULL, ANY,
	    "Their server does not answer yours. Another way of your own into the network changes nothing; /retry sends it once more, later." },
	{ "remote-server-not-found", NULL, ANY,
	    "Your server finds no such server, or cannot reach it: is the address spelled right? Another way of your own into the network changes nothing." },
	{ "service-unavailable", NULL, ANY,
	    "There is no such person, or no more; or they block you, or take messages from contacts only. Which of these, their server does not say. /sub request asks to become a contact." },
	{ "item-not-found", NULL, ANY, "Their server knows no such address: is it spelled right?" },
	{ "gone", NULL, ANY, "That address is not used any more." },
	{ "recipient-unavailable", NULL, ANY, "They are not there, and their server keeps nothing for them." },
	{ "forbidden", NULL, ANY,
	    "It is not allowed to you. Who says so stands before the words: your own server, or the other side." },
	{ "policy-violation", NULL, ANY,
	    "It breaks a rule of who says so: often its size, its links, or too many in a short time." },
	{ "not-acceptable", NULL, ANY,
	    "The other side does not take it as it is, or does not take it from you: you may be blocked." },
	{ "not-allowed", NULL, ANY, "Nobody may do that there, whoever it is." },
	{ "internal-server-error", NULL, ANY, "Something is broken at who says so. /retry sends it once more, later." },
	{ "not-authorized", NULL, ANY, "The two servers do not trust each other, or you have to be let in first." },
	{ "jid-malformed", NULL, ANY, "That is no address." },
	{ "undefined-condition", "omemo", ANY, "They want it encrypted." },
};

/* What stands in the last brackets, or else in the quotes.  The caller's. */
static char *
condition_of(const char *reason)
{
	const char *open = strrchr(reason, '('), *quote = strchr(reason, '"'), *end = quote != NULL ?
	    strchr(quote + 1, '"') : NULL;
	size_t len = strlen(reason);
	char *condition;

	if (open != NULL && len > 0 && reason[len - 1] == ')')
		return g_strndup(open + 1, len - 2 - (size_t)(open - reason));
	if (end == NULL)
		return g_strdup("");
	condition = g_strndup(quote + 1, (gsize)(end - quote - 1));
	return g_strdelimit(condition, " ", '-');
}

static bool
is_address(enum address wanted, const char *jid)
{
	g_autofree char *local = jid_local(jid);

	return wanted == ANY || (wanted == WITH_LINK ? strchr(jid, '?') != NULL : local == NULL);
}

const char *
refusal_means(const char *reason, const char *jid)
{
	g_autofree char *condition = condition_of(reason), *lower = g_ascii_strdown(reason, -1);

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		if ((rows[i].condition == NULL || strcmp(rows[i].condition, condition) == 0) &&
		    (rows[i].words == NULL || strstr(lower, rows[i].words) != NULL) && is_address(rows[i].address, jid))
			return rows[i].meaning;
	return NULL;
}
