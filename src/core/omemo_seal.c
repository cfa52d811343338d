/*
 * omemo_seal.c: on the way out.  Of a message that is encrypted nothing else leaves than what says nothing of its text:
 * an element that is not known as such is taken out, so that no feature can send in plain what belongs to the text.
 */
#include <string.h>

#include "core/chat.h"
#include "core/omemo_private.h"
#include "core/omemo_room.h"
#include "core/omemo_xml.h"
#include "core/turn.h"
#include "crypto/payload.h"

static const char instead[] = "This message is encrypted with OMEMO, and this program does not read that.";

/* What may stand beside the encrypted text: questions, ids, and what the stanza is. */
static const struct { const char *name, *ns; } outside[] = {
	{ "active", NS_CHATSTATES }, { "fallback", NS_FALLBACK }, { "markable", NS_MARKERS }, { "origin-id", NS_SID },
	{ "replace", NS_CORRECT }, { "reply", NS_REPLY }, { "request", NS_RECEIPTS }, { "thread", NS_CLIENT },
	{ "x", NS_MUC_USER },
};

static bool
may_stay(const struct stanza *child)
{
	for (size_t i = 0; i < G_N_ELEMENTS(outside); i++)
		if (stanza_is(child, outside[i].name, outside[i].ns))
			return true;
	return false;
}

static void
strip(struct stanza *message)
{
	struct stanza *next;

	for (struct stanza *c = stanza_first(message); c != NULL; c = next) {
		next = stanza_next(c);
		if (!may_stay(c))
			stanza_remove(message, c);
	}
}

static void
add_hints(struct stanza *message)
{
	struct stanza *eme = stanza_add(message, "encryption", NS_EME);

	stanza_set(eme, "namespace", NS_OMEMO);
	stanza_set(eme, "name", "OMEMO");
	stanza_add(message, "store", NS_HINTS);
}

/* One more device can read it.  False: it cannot. */
static bool
add_device(struct omemo *o, struct stanza *encrypted, const char *jid, uint32_t device, const struct payload *payload)
{
	struct ratchet_sealed sealed;
	enum ratchet_result result;

	result = ratchet_encrypt(keyring_ratchet(o->keys), jid, device, payload->key, PAYLOAD_KEY_SIZE, &sealed);
	if (result != RATCHET_OK)
		return false;
	omemo_add_key(encrypted, device, sealed.prekey, sealed.bytes);
	ratchet_sealed_clear(&sealed);
	return true;
}

/* How many devices of this person can read it. */
static unsigned
add_person(struct omemo *o, struct stanza *encrypted, const char *jid, const struct payload *payload)
{
	g_autoptr(GPtrArray) rows = device_rows(o->account->core->store, o->account->id, jid);
	unsigned n = 0;

	for (guint i = 0; i < rows->len; i++) {
		const struct device_row *row = rows->pdata[i];

		if (row->active && row->has_session && device_is_trusted(row))
			n += add_device(o, encrypted, jid, row->device, payload);
	}
	return n;
}

/* Everybody who is to read it.  False: *why says who cannot. */
static bool
add_everybody(struct omemo *o, const struct outgoing *out, struct stanza *encrypted, const struct payload *payload,
    char **why)
{
	g_auto(GStrv) readers = out->kind == CHAT_ROOM ? omemo_room_readers(o->account, out->to) : g_new0(char *, 2);

	if (out->kind != CHAT_ROOM)
		readers[0] = g_strdup(out->to);
	for (char **jid = readers; *jid != NULL; jid++) {
		if (strcmp(*jid, account_jid(o->account)) == 0 || add_person(o, encrypted, *jid, payload) > 0)
			continue;
		*why = g_strdup_printf("Nothing can be encrypted for %s. /omemo devices shows why.", *jid);
		return false;
	}
	add_person(o, encrypted, account_jid(o->account), payload);
	return true;
}

bool
omemo_seal(struct outgoing *out, char **why)
{
	struct omemo *o = omemo_of(out->account);
	const char *text = stanza_text(stanza_child(out->stanza, "body", NS_CLIENT));
	struct stanza *encrypted;
	struct payload payload;
	bool ok;

	if (o->keys == NULL || text == NULL || !payload_encrypt(&payload, text, strlen(text), NULL)) {
		*why = g_strdup("It could not be encrypted: the library for it fails here.");
		return false;
	}
	encrypted = omemo_write_message(keyring_device(o->keys), payload.iv, PAYLOAD_IV_SIZE, payload.bytes);
	ok = add_everybody(o, out, encrypted, &payload, why);
	payload_clear(&payload);
	if (!ok) {
		stanza_free(encrypted);
		return false;
	}
	strip(out->stanza);
	stanza_take(out->stanza, encrypted);
	stanza_add_with_text(out->stanza, "body", NULL, instead);
	add_hints(out->stanza);
	return true;
}

void
omemo_send_empty(struct omemo *o, const char *jid, uint32_t device)
{
	struct stanza *message, *encrypted;
	struct payload payload;
	g_autofree char *id = stanza_new_id();

	if (!payload_encrypt(&payload, "", 0, NULL))
		return;
	encrypted = omemo_write_message(keyring_device(o->keys), payload.iv, PAYLOAD_IV_SIZE, NULL);
	if (!add_device(o, encrypted, jid, device, &payload)) {
		stanza_free(encrypted);
	} else {
		message = stanza_message("chat", jid);
		stanza_set(message, "id", id);
		stanza_take(message, encrypted);
		add_hints(message);
		account_send(o->account, message, true);
		turn_wake(o->account->core->turn);
	}
	payload_clear(&payload);
}

/* --- may it leave, and how? --- */

/* Our server may not know yet what it does; a chat that was never encrypted waits for that as well. */
static enum leave
without_keys(struct omemo *o, const char *chat, bool must, char **why)
{
	if (!o->known && o->account->features == NULL)
		return LEAVE_LATER;
	if (!must)
		return LEAVE_PLAIN;
	if (o->unsure) {
		omemo_hurry(o, chat);
		return LEAVE_LATER;
	}
	*why = g_strdup("Your server keeps no keys for others to read (XEP-0163), so nobody could answer. /omemo off "
	    "in this chat sends without encryption, from then on, until you turn it on.");
	return LEAVE_NEVER;
}

static enum leave
leave_person(struct omemo *o, const struct chat_row *chat, bool must, char **why)
{
	struct person *p = omemo_person(o, chat->jid);
	bool own = strcmp(chat->jid, account_jid(o->account)) == 0;
	enum leave theirs = person_ready(p, why), ours;

	if (theirs == LEAVE_PLAIN && must) {
		*why = g_strdup_printf("%s has no OMEMO device any more. /omemo off in this chat sends without "
		    "encryption, from then on, until you turn it on.", chat->jid);
		return LEAVE_NEVER;
	}
	if (theirs == LEAVE_SEALED || theirs == LEAVE_NEVER)
		person_begin_secrecy(p);
	if (theirs != LEAVE_SEALED || own)
		return theirs;
	/* Our other devices: what they cannot read, they do not show. */
	ours = person_ready(omemo_person(o, account_jid(o->account)), why);
	return ours == LEAVE_LATER ? LEAVE_LATER : LEAVE_SEALED;
}

enum leave
omemo_leave(struct account *account, const struct chat_row *chat, bool sealed, char **why)
{
	struct omemo *o = omemo_of(account);
	bool must = sealed || chat->secrecy == SECRECY_ON, own = strcmp(chat->jid, account_jid(account)) == 0;

	/* A server is nobody who could have keys, and with oneself people say what is encrypted. */
	if (!must && (chat->secrecy == SECRECY_OFF || chat->kind != CHAT_PERSON || own || strchr(chat->jid,
	    '@') == NULL))
		return LEAVE_PLAIN;
	if (!o->here)
		return without_keys(o, chat->jid, must, why);
	if (chat->kind == CHAT_PRIVATE) {
		*why = g_strdup("What is said to an occupant of a room alone cannot be encrypted.");
		return LEAVE_NEVER;
	}
	return chat->kind == CHAT_ROOM ? omemo_room_leave(o, chat->jid, why) : leave_person(o, chat, must, why);
}
