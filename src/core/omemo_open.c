/*
 * omemo_open.c: on the way in.  A message is decrypted once: what a carbon or an archive brings again is known by its
 * id before the ratchet sees it, and what the ratchet has spent is a copy too.  The ratchet moves in the savepoint of
 * the message, so either both are on disk or none.
 *
 * A session belongs to who really sent the stanza, in a room to the real address of the occupant: the same <encrypted/>
 * sent on by somebody else opens nothing.
 */
#include <string.h>

#include "base/clock.h"
#include "base/jid.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "core/chat.h"
#include "core/omemo_private.h"
#include "core/omemo_room.h"
#include "core/omemo_xml.h"
#include "core/turn.h"
#include "crypto/fingerprint.h"
#include "crypto/payload.h"
#include "store/sealed.h"

enum { COUNTER_HIGH = 50 };

/* The row that this is a copy of; NULL: none that is known by an id. */
static struct message_row *
copy_of(const struct incoming *in)
{
	struct store *store = in->account->core->store;
	int64_t chat = chat_find(store, in->account->id, in->peer, in->kind, false, NULL);
	const struct stanza *origin = stanza_child(in->message, "origin-id", NS_SID);
	const char *id = origin != NULL ? stanza_get(origin, "id") : stanza_get(in->message, "id");
	struct message_row *row = NULL;
	bool several;

	if (chat != 0 && in->server_id != NULL)
		row = message_by_stanza_id(store, chat, in->server_id, &several);
	if (chat != 0 && row == NULL && id != NULL && strlen(id) <= LIMIT_NAME)
		row = message_by_stanza_id(store, chat, id, &several);
	if (row != NULL && (strcmp(row->author, in->author) != 0 || row->encryption == ENCRYPTION_NONE ||
	    row->body == NULL))
		g_clear_pointer(&row, message_row_free);
	return row;
}

/* It stands there as what it is: something that cannot be read.  What is lost without a text is nobody's loss. */
static enum verdict
unreadable(struct incoming *in, const struct omemo_message *m, const char *why)
{
	log_notice("omemo", "%s: from device %u of %s: %s", account_name(in->account), m->sender, in->from, why);
	if (m->text == NULL)
		return DONE;
	in->body = g_strdup_printf("[could not be decrypted: %s]", why);
	return GO_ON;
}

/*
 * A session that is of no use is begun anew from our side, with a message that holds nothing; at most once in an
 * hour.
 */
static bool
repair(struct omemo *o, const char *jid, uint32_t device)
{
	struct device_row *row = device_row_load(o->account->core->store, o->account->id, jid, device);
	int64_t now_ms = clock_real_us() / 1000;
	g_autoptr(GError) error = NULL;
	bool may = row != NULL && row->active && device_is_trusted(row) && o->here && account_online(o->account) &&
	    (row->repaired_ms == 0 || now_ms >= row->repaired_ms + LIMIT_OMEMO_AGAIN || now_ms < row->repaired_ms);

	if (may) {
		row->repaired_ms = now_ms;
		may = device_row_save(o->account->core->store, o->account->id, row, &error);
		turn_failed(o->account->core->turn, error);
	}
	if (may)
		person_fetch(omemo_person(o, jid), device, true);
	device_row_free(row);
	return may;
}

static enum verdict
failed(struct incoming *in, struct omemo *o, const char *jid, const struct omemo_message *m, enum ratchet_result result)
{
	g_autofree char *why = NULL;
	const char *cause = result == RATCHET_NO_SESSION ? "this device has no session with the one that wrote it" :
	    result == RATCHET_NO_PREKEY ? "it was made for a key of this device that is used up or gone" :
	    result == RATCHET_FAR ? "too many messages before it are missing" : "it is damaged, or made for other keys";

	if (result == RATCHET_IDENTITY) {
		person_changed(omemo_person(o, jid), m->sender);
		why = g_strdup_printf("device %u of %s has another key than before, see /omemo devices; it can be read "
		    "when it is sent again, once that key is trusted", m->sender, jid);
	} else if (result == RATCHET_LIBRARY) {
		why = g_strdup("the library for it fails here");
	} else if (repair(o, jid, m->sender)) {
		why = g_strdup_printf("%s. confab begins a new session; it can be read when it is sent again", cause);
	} else {
		why = g_strdup(cause);
	}
	return unreadable(in, m, why);
}

/* How far its device is trusted; one that is not known is asked for. */
static enum trust
trust_of(struct omemo *o, const char *jid, uint32_t device)
{
	struct person *p = omemo_person(o, jid);
	g_autoptr(GPtrArray) rows = device_rows(o->account->core->store, o->account->id, jid);
	enum trust trust = TRUST_UNDECIDED;
	bool active = false;

	person_settle(p, rows);
	for (guint i = 0; i < rows->len; i++) {
		const struct device_row *row = rows->pdata[i];

		if (row->device != device)
			continue;
		trust = row->trust;
		active = row->active;
	}
	if (!active && p->list != LIST_KNOWN && o->here && account_online(o->account))
		person_ask_list(p);
	return trust;
}

/*
 * What begins a session is not bound to an address: somebody can send on, as their own, what another device wrote to
 * us.  So the key of somebody else's device opens nothing, unless it is on their own list too.
 */
static bool
is_of_another(struct omemo *o, const char *jid, uint32_t device, const struct key *key)
{
	g_autoptr(GPtrArray) rows = device_rows(o->account->core->store, o->account->id, NULL);
	bool another = false, listed = false;

	for (guint i = 0; i < rows->len; i++) {
		const struct device_row *row = rows->pdata[i];
		bool same = strcmp(row->jid, jid) == 0;

		another |= !same && row->has_key && memcmp(row->key, key->bytes, KEYS_PUBLIC) == 0;
		listed |= same && row->device == device && row->active;
	}
	return another && !listed;
}

/* The key was ours: what it opens. */
static enum verdict
read_text(struct incoming *in, const struct omemo_message *m, const struct ratchet_opened *opened)
{
	g_autoptr(GBytes) text = NULL;

	if (m->text == NULL)
		return DONE;
	text = payload_decrypt(g_bytes_get_data(opened->plain, NULL), g_bytes_get_size(opened->plain),
	    g_bytes_get_data(m->iv, NULL), g_bytes_get_size(m->iv), g_bytes_get_data(m->text, NULL),
	    g_bytes_get_size(m->text));
	if (text == NULL)
		return unreadable(in, m, "its text is damaged");
	in->body = text_clean(g_bytes_get_data(text, NULL), (gssize)g_bytes_get_size(text), TEXT_BODY, LIMIT_BODY);
	in->device_key = fingerprint_text(&opened->identity);
	return *in->body != '\0' ? GO_ON : DONE;
}

static enum verdict
decrypt(struct incoming *in, struct omemo *o, const char *jid, const struct omemo_message *m)
{
	struct ratchet_opened opened;
	enum ratchet_result result;
	enum verdict verdict;
	g_autoptr(GError) error = NULL;

	result = ratchet_decrypt(keyring_ratchet(o->keys), jid, m->sender, m->prekey, g_bytes_get_data(m->key, NULL),
	    g_bytes_get_size(m->key), &opened);
	if (result == RATCHET_DUPLICATE) {
		log_debug("omemo", "%s: from device %u of %s: a copy", account_name(in->account), m->sender, jid);
		return DONE;
	}
	/* The savepoint fails with it. */
	if (result == RATCHET_STORE)
		return DONE;
	if (result != RATCHET_OK)
		return failed(in, o, jid, m, result);
	if (opened.fresh && is_of_another(o, jid, m->sender, &opened.identity)) {
		ratchet_opened_clear(&opened);
		device_row_delete(in->account->core->store, in->account->id, jid, m->sender, &error);
		turn_failed(in->account->core->turn, error);
		return unreadable(in, m, "its key is that of somebody else's device");
	}
	device_seen(in->account->core->store, in->account->id, jid, m->sender, clock_real_us() / 1000, &error);
	turn_failed(in->account->core->turn, error);
	verdict = read_text(in, m, &opened);
	in->device = m->sender;
	in->trust = trust_of(o, jid, m->sender);
	if ((opened.fresh || opened.counter > COUNTER_HIGH) && (in->trust == TRUST_BLIND ||
	    in->trust == TRUST_VERIFIED))
		g_hash_table_add(o->answers, g_strdup_printf("%u %s", m->sender, jid));
	o->stale |= opened.fresh;
	if (opened.fresh || g_hash_table_size(o->answers) > 0)
		omemo_do_later(o);
	ratchet_opened_clear(&opened);
	return verdict;
}

/* Whose device wrote it; NULL: nobody can know.  The caller's. */
static char *
writer(const struct incoming *in)
{
	if (in->kind == CHAT_PERSON)
		return jid_bare(in->from);
	return omemo_room_writer(in);
}

static enum verdict
open_it(struct incoming *in, struct omemo *o, const struct stanza *encrypted)
{
	g_autofree char *jid = writer(in);
	struct omemo_message m;
	enum verdict verdict;
	bool whole = omemo_read_message(encrypted, omemo_device(in->account), &m);

	if (!whole)
		verdict = unreadable(in, &m, "it is damaged");
	else if (o->keys == NULL)
		verdict = unreadable(in, &m, "this device has no keys");
	else if (jid == NULL)
		verdict = unreadable(in, &m, "who wrote it is not known here");
	else if (m.key == NULL && m.sender == omemo_device(in->account) && strcmp(jid, account_jid(in->account)) == 0)
		verdict = unreadable(in, &m, "it was written here, and its text is not here any more");
	else if (m.key == NULL)
		verdict = unreadable(in, &m, "it was not encrypted for this device, which its writer did not know or "
		    "does not trust");
	else
		verdict = decrypt(in, o, jid, &m);
	omemo_message_clear(&m);
	return verdict;
}

enum verdict
omemo_open(struct incoming *in)
{
	const struct stanza *encrypted = stanza_child(in->message, "encrypted", NS_OMEMO);
	struct message_row *row;

	if (encrypted == NULL)
		return GO_ON;
	in->encryption = ENCRYPTION_OMEMO;
	row = copy_of(in);
	if (row != NULL) {
		in->body = g_strdup(row->body);
		in->copy = true;
		message_row_free(row);
		return GO_ON;
	}
	return open_it(in, omemo_of(in->account), encrypted);
}

enum verdict
omemo_opened(struct incoming *in)
{
	g_autoptr(GError) error = NULL;

	if (in->encryption != ENCRYPTION_NONE && in->fate == MESSAGE_FATE_NEW && in->device != 0)
		sealed_save(in->account->core->store, in->row->id, in->device, in->device_key, in->trust, &error);
	turn_failed(in->account->core->turn, error);
	return GO_ON;
}
