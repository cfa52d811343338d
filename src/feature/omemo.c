/*
 * omemo.c: end-to-end encryption as people meet it (XEP-0384 as deployed): /omemo.  What happens is core/omemo.h.
 */
#include "core/omemo.h"

#include <string.h>

#include "base/jid.h"
#include "core/chat.h"
#include "core/omemo_room.h"
#include "core/omemo_xml.h"
#include "crypto/fingerprint.h"
#include "store/keys.h"

extern const struct feature feature_omemo;

/* "8df0a1b2 …"; key NULL: not known.  The caller's. */
static char *
blocks(const uint8_t *bytes)
{
	struct key key;

	return bytes != NULL && key_parse(&key, bytes, KEYS_PUBLIC) ? fingerprint_blocks(&key) :
	    g_strdup("key not known yet");
}

/* --- on and off --- */

static void
turned(struct command_call *call, bool on)
{
	g_autoptr(GError) error = NULL;

	if (!omemo_switch(call->account, call->chat, on, &error)) {
		command_fail_with(call, error);
		return;
	}
	command_say(call, on ? "What is said in %s is encrypted from now on, or it is not sent." :
	    "What you say in %s is not encrypted from now on; servers on the way can read it.", call->chat);
	command_done(call);
}

static void
on_run(struct command_call *call)
{
	turned(call, true);
}

static void
off_run(struct command_call *call)
{
	turned(call, false);
}

/* --- devices --- */

static const char *
standing(const struct device_row *row)
{
	if (!row->active)
		return "not on the list any more";
	if (row->changed && row->trust != TRUST_DISTRUSTED)
		return "another key since, nothing is encrypted for it";
	switch (row->trust) {
	case TRUST_UNDECIDED:
		return "undecided, nothing is encrypted for it";
	case TRUST_BLIND:
		return "trusted, not compared";
	case TRUST_VERIFIED:
		return "verified";
	case TRUST_DISTRUSTED:
	default:
		return "distrusted, nothing is encrypted for it";
	}
}

static json_t *
device_json(const struct device_row *row, const char *fingerprint, const char *other)
{
	return json_pack("{s:s, s:I, s:s*, s:s*, s:s, s:b, s:b}", "jid", row->jid, "device", (json_int_t)row->device,
	    "key", fingerprint, "other", other,
	    "trust", trust_name(row->trust), "active", (int)row->active, "session", (int)row->has_session);
}

static void
say_device(struct command_call *call, const struct device_row *row, json_t *data)
{
	g_autofree char *text = blocks(row->has_key ? row->key : NULL);
	g_autofree char *other = omemo_changed_key(call->account, row->jid, row->device), *hex = NULL;
	struct key key;

	command_say(call, "  %10u  %s  %s", row->device, text, standing(row));
	if (other != NULL && fingerprint_parse(&key, other)) {
		g_autofree char *now = fingerprint_blocks(&key);

		command_say(call, "  %10s  %s  is its key now, and was not before", "", now);
	}
	if (row->has_key && key_parse(&key, row->key, KEYS_PUBLIC))
		hex = fingerprint_text(&key);
	json_array_append_new(data, device_json(row, hex, other));
}

static void
say_person(struct command_call *call, const char *jid, json_t *data)
{
	g_autoptr(GPtrArray) rows = device_rows(call->core->store, call->account->id, jid);
	bool own = strcmp(jid, account_jid(call->account)) == 0;

	if (own && omemo_device(call->account) != 0) {
		g_autofree char *hex = omemo_fingerprint(call->account), *text = NULL;
		struct key key;

		if (fingerprint_parse(&key, hex))
			text = fingerprint_blocks(&key);
		command_say(call, "%s, yours:", jid);
		command_say(call, "  %10u  %s  this device", omemo_device(call->account), text);
		json_array_append_new(data, json_pack("{s:s, s:I, s:s, s:b}", "jid", jid, "device",
		    (json_int_t)omemo_device(call->account), "key", hex, "this", 1));
	} else {
		command_say(call, rows->len > 0 ? "%s:" : "%s: no device is known.", jid);
	}
	for (guint i = 0; i < rows->len; i++)
		say_device(call, rows->pdata[i], data);
}

static void
devices_run(struct command_call *call)
{
	const char *said = call->argv[0] != NULL ? call->argv[0] : call->chat;
	g_autofree char *jid = said != NULL ? chat_meant(call->core, call->account, said) : NULL;
	json_t *data = json_array();

	omemo_mentioned(call->account);
	if (jid != NULL && chat_kind(call->account, jid) == CHAT_ROOM) {
		g_auto(GStrv) members = omemo_room_readers(call->account, jid);

		for (char **member = members; *member != NULL; member++)
			say_person(call, *member, data);
	} else if (jid != NULL && strcmp(jid, account_jid(call->account)) != 0) {
		say_person(call, jid, data);
	}
	say_person(call, account_jid(call->account), data);
	command_data(call, data);
	command_done(call);
}

/* Whose device is meant: of who is named, of the chat's, or one of ours.  *device 0: the call has failed. */
static char *
whose(struct command_call *call, uint32_t *device)
{
	const char *said = call->argv[1] != NULL ? call->argv[1] : call->chat;
	g_autofree char *jid = said != NULL ? chat_meant(call->core, call->account, said) :
	    g_strdup(account_jid(call->account));
	struct device_row *row;
	guint64 n = 0;

	*device = 0;
	if (!g_ascii_string_to_unsigned(call->argv[0], 10, 1, KEY_DEVICE_MAX, &n, NULL)) {
		command_fail(call, RPC_ERROR_USAGE, "A device has a number, as /omemo devices says.");
		return NULL;
	}
	row = device_row_load(call->core->store, call->account->id, jid, (uint32_t)n);
	if (row == NULL && call->argv[1] == NULL) {
		g_free(jid);
		jid = g_strdup(account_jid(call->account));
	}
	device_row_free(row);
	*device = (uint32_t)n;
	return g_steal_pointer(&jid);
}

static void
decide(struct command_call *call, enum trust trust)
{
	g_autoptr(GError) error = NULL;
	uint32_t device;
	g_autofree char *jid = whose(call, &device);

	if (device == 0)
		return;
	if (!omemo_trust(call->account, jid, device, trust, &error)) {
		command_fail_with(call, error);
		return;
	}
	command_say(call, trust == TRUST_VERIFIED ? "Device %u of %s is verified." :
	    "Device %u of %s is distrusted: nothing is encrypted for it.", device, jid);
	command_done(call);
}

static void
trust_run(struct command_call *call)
{
	decide(call, TRUST_VERIFIED);
}

static void
distrust_run(struct command_call *call)
{
	decide(call, TRUST_DISTRUSTED);
}

static void
remove_run(struct command_call *call)
{
	guint64 n = 0;
	g_autoptr(GError) error = NULL;

	if (!g_ascii_string_to_unsigned(call->argv[0], 10, 1, KEY_DEVICE_MAX, &n, NULL)) {
		command_fail(call, RPC_ERROR_USAGE, "A device has a number, as /omemo devices says.");
		return;
	}
	if (!omemo_remove_own(call->account, (uint32_t)n, &error)) {
		command_fail_with(call, error);
		return;
	}
	command_say(call, "Device %u is taken off the list of %s; a client that still uses it puts it back.",
	    (unsigned)n,
	    account_jid(call->account));
	command_done(call);
}

static void
refresh_run(struct command_call *call)
{
	const char *said = call->argv[0] != NULL ? call->argv[0] : call->chat;
	g_autofree char *jid = said != NULL ? chat_meant(call->core, call->account, said) : NULL;

	if (jid == NULL) {
		command_fail(call, RPC_ERROR_CONTEXT, "Whose devices? /omemo refresh JID.");
		return;
	}
	omemo_refresh(call->account, jid);
	command_say(call, "The devices of %s, and keys that could not be had, are asked for anew.", jid);
	command_done(call);
}

/* --- what is so --- */

static void
fingerprint_run(struct command_call *call)
{
	g_autofree char *hex = NULL, *text = NULL;
	struct key key;

	omemo_mentioned(call->account);
	hex = omemo_fingerprint(call->account);
	if (hex == NULL || !fingerprint_parse(&key, hex)) {
		command_fail(call, RPC_ERROR_CONTEXT, "%s has no keys yet; they are made at the first log-in to a "
		    "server that keeps them (XEP-0163).", account_name(call->account));
		return;
	}
	text = fingerprint_blocks(&key);
	command_say(call, "%s, device %u:", account_jid(call->account), omemo_device(call->account));
	command_say(call, "%s", text);
	command_data(call, json_pack("{s:s, s:I, s:s}", "jid", account_jid(call->account), "device",
	    (json_int_t)omemo_device(call->account), "key", hex));
	command_done(call);
}

static void
say_chat(struct command_call *call)
{
	int64_t id = chat_find(call->core->store, call->account->id, call->chat, CHAT_PERSON, false, NULL);
	struct chat_row *chat = id != 0 ? chat_load(call->core->store, id) : NULL;
	enum secrecy secrecy = chat != NULL ? chat->secrecy : SECRECY_OPEN;
	unsigned left_out = omemo_standing(call->account, call->chat).undecided;

	chat_row_free(chat);
	command_say(call, secrecy == SECRECY_ON ? "%s: what you say is encrypted, or it is not sent." :
	    secrecy == SECRECY_OFF ?
	    "%s: what you say is not encrypted, because somebody said /omemo off." :
	    "%s: what you say is not encrypted; it will be when there is a device that it can be encrypted for.",
	    call->chat);
	if (secrecy == SECRECY_ON && left_out > 0)
		command_say(call, "%u of the devices of %s cannot read it, because nobody decided about %s: /omemo "
		    "devices.", left_out,
		    call->chat, left_out == 1 ? "it" : "them");
}

static void
status_run(struct command_call *call)
{
	omemo_mentioned(call->account);
	if (call->chat != NULL)
		say_chat(call);
	command_say(call, "%s: %s", account_name(call->account), omemo_is_on(call->account) ?
	    "this device has keys, and its server gives them to others." : !account_online(call->account) ?
	    "not on line." : omemo_is_unsure(call->account) ?
	    "its server did not say whether it keeps keys for others; what is to be encrypted waits." :
	    "its server keeps no keys for others (XEP-0163), so nothing can be encrypted.");
	command_say(call, omemo_is_blind(call->account) ? "New devices are trusted as they come, until one of a "
	    "person is verified." :
	    "New devices are trusted when you say so: /omemo trust.");
	command_done(call);
}

static void
policy_run(struct command_call *call)
{
	bool blind = strcmp(call->argv[0], "blind") == 0;
	g_autoptr(GError) error = NULL;

	if (!omemo_set_blind(call->account, blind, &error)) {
		command_fail_with(call, error);
		return;
	}
	command_say(call, blind ? "%s: new devices of a person are trusted as they come, until you verify one of "
	    "them." :
	    "%s: nothing is encrypted for a new device until you say /omemo trust.", account_name(call->account));
	command_done(call);
}

static const struct command commands[] = {
	{ "omemo", "", "privacy", "whether this chat is encrypted, and what that takes", NULL, NEEDS_ACCOUNT,
	    status_run },
	{ "omemo devices", "[JID]", "privacy", "the devices of a person or a room, and yours, with their keys",
	  "Each with its number, its key in eight blocks, and how far it is trusted. Compare the blocks with what the "
	  "other client shows, over another way than this chat.", NEEDS_ACCOUNT, devices_run },
	{ "omemo distrust", "DEVICE [JID]", "privacy", "nothing is encrypted for this device any more",
	  "What comes from it is shown all the same, and marked.", NEEDS_ACCOUNT, distrust_run },
	{ "omemo fingerprint", "", "privacy", "the key of this device, for others to compare", NULL, NEEDS_ACCOUNT,
	    fingerprint_run },
	{ "omemo off", "", "privacy", "what you say in this chat is not encrypted, from now on",
	  "Nothing else takes encryption off a chat. What was said before and has not left stays encrypted; /retry "
	  "sends it without.", NEEDS_ACCOUNT | NEEDS_CHAT, off_run },
	{ "omemo on", "", "privacy", "what you say in this chat is encrypted, or it is not sent",
	  "Chats with people who have devices are encrypted without this. A room is encrypted only when it says so, "
	  "is for members only, and shows who they are; then it is encrypted for all members, also those who are not "
	  "there.",
	  NEEDS_ACCOUNT | NEEDS_CHAT, on_run },
	{ "omemo policy", "blind|ask", "privacy", "whether new devices are trusted as they come",
	  "blind: those of a person are, until you verify one of them; ask: never. Your own other devices are trusted "
	  "as they come only when the keys of this one are made.", NEEDS_ACCOUNT, policy_run },
	{ "omemo refresh", "[JID]", "privacy", "asks anew for the devices and keys of a person", NULL,
	    NEEDS_ACCOUNT | NEEDS_ONLINE,
	  refresh_run },
	{ "omemo remove", "DEVICE", "privacy", "takes another device of yours off the list that others encrypt for",
	  "For one that is gone. A client that still uses it puts it back.", NEEDS_ACCOUNT | NEEDS_ONLINE, remove_run },
	{ "omemo status", "", "privacy", "the same as /omemo", NULL, NEEDS_ACCOUNT, status_run },
	{ "omemo trust", "DEVICE [JID]", "privacy", "you compared the key of this device: it is who it says",
	  "Once one device of a person is verified, new ones are not trusted before you say so. A key that took the "
	  "place of another is accepted by this.", NEEDS_ACCOUNT, trust_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_omemo = {
	.name = "omemo",
	.standard = "XEP-0384: OMEMO Encryption",
	.in[STAGE_DECRYPT] = omemo_open,
	.in[STAGE_REPORT] = omemo_opened,
	.leave = omemo_leave,
	.seal = omemo_seal,
	.known = omemo_session,
	.own_node = OMEMO_LIST_NODE,
	.own_event = omemo_own_event,
	.their_event = omemo_their_event,
	.commands = commands,
};
