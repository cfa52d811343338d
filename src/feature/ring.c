/*
 * ring.c: /attention: somebody is to look here now (XEP-0224).  Theirs counts from contacts alone, live, and once a
 * minute of each: it rings where people said that it may.
 */
#include "base/clock.h"
#include "base/limits.h"
#include "core/caps.h"
#include "core/chat.h"
#include "core/feature.h"
#include "core/roster.h"
#include "core/setting.h"
#include "core/turn.h"
#include "xmpp/ns.h"

extern const struct feature feature_ring;

/* Not again so soon.  What is remembered belongs to contacts, of whom there are LIMIT_ROSTER at most. */
static bool
too_soon(struct account *account, const char *jid)
{
	int64_t now = clock_boot_ms(), *last;

	if (account->rings == NULL)
		account->rings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	last = g_hash_table_lookup(account->rings, jid);
	if (last != NULL && now - *last < LIMIT_RING_WAIT)
		return true;
	g_hash_table_insert(account->rings, g_strdup(jid), g_memdup2(&now, sizeof now));
	return false;
}

static enum verdict
ring_annotate(struct incoming *in)
{
	g_autofree char *name = NULL, *text = NULL;

	if (in->kind != CHAT_PERSON || in->out || in->via != VIA_LIVE || in->said_ms != 0 ||
	    stanza_child(in->message, "attention", NS_ATTENTION) == NULL ||
	    stanza_child(in->message, "delay", NS_DELAY) != NULL || !roster_sees_us(in->account, in->peer) ||
	    !setting_get(in->account->core->settings, SETTING_PRIVACY_ATTENTION) || too_soon(in->account, in->peer))
		return GO_ON;
	name = chat_name(in->account, in->peer);
	text = g_strdup_printf("%s asks for your attention.", name);
	chat_notice(in->account, in->peer, SEVERITY_WARNING, true, text);
	/* The text that comes with it is for you, like one in a room that names you. */
	in->mention = in->body != NULL;
	return GO_ON;
}

static void
attention_run(struct command_call *call)
{
	g_autofree char *to = roster_reach(call->account->roster, call->chat), *id = stanza_new_id();
	struct stanza *message = stanza_message("headline", to);

	stanza_set(message, "id", id);
	stanza_add(message, "attention", NS_ATTENTION);
	stanza_add(message, "no-store", NS_HINTS);
	account_send(call->account, message, false);
	if (caps_supports(call->account, to, NS_ATTENTION))
		command_say(call, "%s is asked to look here.", to);
	else
		command_say(call, "%s is asked to look here; whether the client there knows how, it does not say.", to);
	command_done(call);
}

static const struct command commands[] = {
	{ "attention", "", "talking", "asks the other side of this chat to look here now",
	  "It rings there, if the client knows it and its person lets you. It is not kept for later. Theirs rings here once a "
	  "minute at most, from contacts that see you, and where the setting privacy.attention is on.",
	  NEEDS_ACCOUNT | NEEDS_ONLINE | NEEDS_CHAT, attention_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

static const char *const disco[] = { NS_ATTENTION, NULL };

const struct feature feature_ring = {
	.name = "ring",
	.standard = "XEP-0224: Attention",
	.in[STAGE_ANNOTATE] = ring_annotate,
	.disco = disco,
	.commands = commands,
};
