/*
 * room_words.c: what rooms say by codes and conditions, in words, and what can be done about it (XEP-0045 §15.6 and
 * elsewhere).
 */
#include <stdlib.h>
#include <string.h>

#include "base/jid.h"
#include "base/text.h"
#include "base/limits.h"
#include "core/room_private.h"
#include "xmpp/ns.h"

static const struct { int code; unsigned status; } codes[] = {
	{ 100, STATUS_NON_ANONYMOUS }, { 101, STATUS_AFFILIATION_OUTSIDE }, { 104, STATUS_CONFIG },
	    { 110, STATUS_SELF },
	{ 170, STATUS_LOGGED }, { 171, STATUS_NOT_LOGGED }, { 172, STATUS_NON_ANONYMOUS },
	    { 173, STATUS_SEMI_ANONYMOUS },
	{ 174, STATUS_ANONYMOUS }, { 201, STATUS_MADE }, { 210, STATUS_NICK_GIVEN }, { 301, STATUS_BANNED },
	{ 303, STATUS_RENAMED }, { 307, STATUS_KICKED }, { 321, STATUS_AFFILIATION }, { 322, STATUS_MEMBERS },
	{ 332, STATUS_SHUTDOWN }, { 333, STATUS_LOST },
};

unsigned
room_status(const struct stanza *x)
{
	unsigned status = 0;

	for (struct stanza *c = x != NULL ? stanza_first(x) : NULL; c != NULL; c = stanza_next(c)) {
		const char *code = stanza_is(c, "status", NS_MUC_USER) ? stanza_get(c, "code") : NULL;

		for (size_t i = 0; code != NULL && i < G_N_ELEMENTS(codes); i++)
			if (atoi(code) == codes[i].code)
				status |= codes[i].status;
	}
	return status;
}

void
room_tell_status(struct room *room, unsigned status)
{
	static const struct { unsigned status; enum severity severity; const char *text; } words[] = {
		{ STATUS_NON_ANONYMOUS, SEVERITY_WARNING, "everybody here can see your real address." },
		{ STATUS_SEMI_ANONYMOUS, SEVERITY_INFO, "only moderators can see real addresses from now on." },
		{ STATUS_ANONYMOUS, SEVERITY_INFO, "nobody can see real addresses from now on." },
		{ STATUS_LOGGED, SEVERITY_WARNING, "what is said here is logged where others may read it." },
		{ STATUS_NOT_LOGGED, SEVERITY_INFO, "what is said here is not logged any more." },
		{ STATUS_AFFILIATION_OUTSIDE, SEVERITY_INFO, "your standing was changed while you were not there." },
		{ STATUS_CONFIG, SEVERITY_INFO, "the settings were changed." },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if ((status & words[i].status) != 0)
			room_notice(room, words[i].severity, "%s: %s", room->jid, words[i].text);
	if ((status & (STATUS_CONFIG | STATUS_NON_ANONYMOUS | STATUS_SEMI_ANONYMOUS | STATUS_ANONYMOUS)) != 0)
		room_ask_again(room);
	if ((status & STATUS_LOGGED) != 0)
		room->features |= ROOM_LOGGED;
	if ((status & STATUS_NOT_LOGGED) != 0)
		room->features &= ~(unsigned)ROOM_LOGGED;
}

static const struct { const char *condition, *word, *means; } refusals[] = {
	/* XEP-0045 §7.2 */
	{ "not-authorized", "password", "It needs a password, or another one than was given." },
	{ "registration-required", "members",
	    "Only members may come in. An owner or admin of the room can make you one." },
	{ "forbidden", "banned", "You are banned there, or may not come in." },
	{ "conflict", "nick", "Somebody else has that nick, or it is kept for somebody." },
	{ "not-acceptable", "nick",
	    "It does not take that nick: only the one that is registered for you, or a shorter or plainer one." },
	{ "jid-malformed", "nick", "It does not take that nick." },
	{ "service-unavailable", "full", "It is full, or it does not let anybody in at present. /join tries again." },
	{ "resource-constraint", "full", "It is full, or you are in too many rooms. /join tries again." },
	{ "item-not-found", "not-found", "There is no such room, or it is locked until its owner has set it up." },
	{ "not-allowed", "not-allowed", "Making rooms is not allowed to you there, or this room may not be entered." },
	{ "gone", "gone", "The room is gone." },
	{ "remote-server-not-found", "network", "Your server does not find the server of that room." },
	{ "remote-server-timeout", "network", "Your server does not reach the server of that room." },
};

const char *
room_refusal(const struct room *room, const struct stanza *answer, char **text)
{
	const struct stanza *error = stanza_child(answer, "error", NULL);
	const char *address = error != NULL ? stanza_text(stanza_child(error, "gone", NS_STANZAS)) : NULL;
	const char *word = "server", *means = "";
	g_autofree char *said = NULL, *elsewhere = NULL, *other = NULL;
	struct stanza_fault fault;

	if (!stanza_fault_read(answer, &fault)) {
		*text = g_strdup_printf("%s refuses without a reason.", room->jid);
		return word;
	}
	said = stanza_fault_text(&fault);
	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		if (strcmp(fault.condition, refusals[i].condition) == 0) {
			word = refusals[i].word;
			means = refusals[i].means;
		}
	}
	stanza_fault_clear(&fault);
	elsewhere = address != NULL && *address != '\0' ? jid_from_person(address, false, NULL) : NULL;
	if (elsewhere != NULL)
		other = g_strdup_printf(" It says that it is now at %s: /join %s.", elsewhere, elsewhere);
	*text = g_strdup_printf("%s: %s. %s%s", room->jid, said, means, other != NULL ? other : "");
	g_strchomp(*text);
	return word;
}
