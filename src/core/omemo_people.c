/*
 * omemo_people.c: whose devices there are, which are trusted, and their keys.  A list is believed of its owner alone,
 * which core/pep.c and xmpp/iq.h see to.  What is asked has a deadline, since a message waits for it, and is asked once
 * in an hour, since what does not work now will not work for the next line either.
 */
#include <string.h>

#include "base/clock.h"
#include "base/jid.h"
#include "base/limits.h"
#include "base/log.h"
#include "core/chat.h"
#include "core/omemo_private.h"
#include "core/omemo_xml.h"
#include "core/turn.h"
#include "crypto/fingerprint.h"
#include "proto/error.h"

enum { LIST_AGAIN_MS = 600000 };

static struct account *
account_of(const struct person *p)
{
	return p->omemo->account;
}

static struct store *
store_of(const struct person *p)
{
	return p->omemo->account->core->store;
}

static bool
is_own(const struct person *p)
{
	return strcmp(p->jid, account_jid(account_of(p))) == 0;
}

void
fetch_free(void *ctx)
{
	struct fetch *f = ctx;

	g_free(f->why);
	g_free(f);
}

void
person_free(void *ctx)
{
	struct person *p = ctx;

	g_hash_table_unref(p->fetches);
	g_free(p->jid);
	g_free(p);
}

static gboolean
is_over(void *key, void *value, void *ctx)
{
	const struct fetch *f = value;

	(void)key;
	(void)ctx;
	return !f->waiting;
}

void
person_forget(struct person *p)
{
	if (p->list != LIST_ASKED)
		p->list = LIST_UNKNOWN;
	g_hash_table_foreach_remove(p->fetches, is_over, NULL);
}

static struct fetch *
find_fetch(const struct person *p, uint32_t device)
{
	return g_hash_table_lookup(p->fetches, GUINT_TO_POINTER(device));
}

bool
person_waits(const struct person *p)
{
	GHashTableIter iter;
	struct fetch *f;

	g_hash_table_iter_init(&iter, p->fetches);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&f))
		if (f->waiting)
			return true;
	return p->list == LIST_ASKED;
}

void
omemo_ask(struct account *account, const char *to, const char *node, iq_done done, void *ctx)
{
	struct stanza *iq = stanza_iq("get", to);

	stanza_set(stanza_add(stanza_add(iq, "pubsub", NS_PUBSUB), "items", NULL), "node", node);
	if (!account_online(account)) {
		stanza_free(iq);
		done(ctx, IQ_LOST, NULL);
		return;
	}
	iq_expect(account->iqs, iq, LIMIT_OMEMO_WAIT, done, ctx);
	account_send(account, iq, false);
	turn_wake(account->core->turn);
}

static const struct stanza *
items_of(const struct stanza *answer)
{
	return stanza_child(stanza_child(answer, "pubsub", NS_PUBSUB), "items", NS_PUBSUB);
}

/* The chat is safe in another way than before. */
static void
tell_chat(const struct person *p)
{
	struct account *account = account_of(p);
	int64_t chat = chat_find(store_of(p), account->id, p->jid, CHAT_PERSON, false, NULL);
	g_autoptr(GError) error = NULL;

	if (chat != 0 && chat_touch(store_of(p), chat, &error))
		turn_put_chat(account->core->turn, chat);
	turn_failed(account->core->turn, error);
}

void
person_decided(struct person *p)
{
	person_forget(p);
	tell_chat(p);
}

/* --- trust --- */

static char *
policy_key(const struct account *account)
{
	return g_strdup_printf("omemo:%s", account_jid(account));
}

bool
omemo_is_blind(const struct account *account)
{
	g_autofree char *key = policy_key(account), *said = store_get_text(account->core->store, key);

	return said == NULL;
}

bool
omemo_set_blind(struct account *account, bool blind, GError **error)
{
	g_autofree char *key = policy_key(account);

	if (!chat_begin_change(account->core, error))
		return false;
	return chat_end_change(account->core, store_set_text(account->core->store, key, blind ? NULL : "ask", error),
	    error);
}

bool
device_is_trusted(const struct device_row *row)
{
	return !row->changed && (row->trust == TRUST_BLIND || row->trust == TRUST_VERIFIED);
}

bool
person_is_blind(const struct person *p, const GPtrArray *rows)
{
	/* What is ours is known by hand: somebody logged in there. */
	if (is_own(p) || !omemo_is_blind(account_of(p)))
		return false;
	for (guint i = 0; i < rows->len; i++)
		if (((const struct device_row *)rows->pdata[i])->trust == TRUST_VERIFIED)
			return false;
	return true;
}

void
person_settle(struct person *p, GPtrArray *rows)
{
	bool blind = person_is_blind(p, rows);
	g_autoptr(GError) error = NULL;

	for (guint i = 0; blind && error == NULL && i < rows->len; i++) {
		struct device_row *row = rows->pdata[i];

		if (row->active && row->trust == TRUST_UNDECIDED &&
		    device_trust_save(store_of(p), account_of(p)->id, p->jid, row->device, TRUST_BLIND, &error))
			row->trust = TRUST_BLIND;
	}
	turn_failed(account_of(p)->core->turn, error);
}

/* Once, when its key is known: before anything is encrypted for it. */
static void
announce(struct person *p, struct device_row *row)
{
	struct account *account = account_of(p);
	g_autofree char *blocks = NULL, *text = NULL, *what = NULL;
	struct key key;
	g_autoptr(GError) error = NULL;

	if (row->announced || !row->has_key || !row->active || !key_parse(&key, row->key, KEYS_PUBLIC))
		return;
	row->announced = true;
	if (!device_row_save(store_of(p), account->id, row, &error)) {
		turn_failed(account->core->turn, error);
		return;
	}
	blocks = fingerprint_blocks(&key);
	what = device_is_trusted(row) ? g_strdup("What you write is encrypted for it too.") :
	    g_strdup_printf("What you write is not encrypted for it until you compared the key: /omemo trust %u.",
	    row->device);
	if (is_own(p)) {
		account_notice(account, SEVERITY_WARNING, "%s: another device uses this account now, %u: %s. %s",
		    account_name(account), row->device, blocks, what);
		return;
	}
	text = g_strdup_printf("%s has a new device, %u: %s. %s", p->jid, row->device, blocks, what);
	chat_notice(account, p->jid, device_is_trusted(row) ? SEVERITY_INFO : SEVERITY_WARNING, false, text);
}

/* --- keys of a device --- */

static void
begin_session(struct fetch *f, const struct device_row *row, const struct bundle *bundle)
{
	struct omemo *o = f->person->omemo;
	enum ratchet_result result;

	if (!device_is_trusted(row) || (row->has_session && !f->repair))
		return;
	result = ratchet_start(keyring_ratchet(o->keys), f->person->jid, f->device, bundle);
	if (result != RATCHET_OK)
		f->why = g_strdup(result == RATCHET_NO_PREKEY ? "nothing is left of its keys" :
		    ratchet_result_name(result));
	else if (f->repair)
		omemo_send_empty(o, f->person->jid, f->device);
}

/* The person has another key now: what was begun with the one before is over. */
static bool
replace_key(struct person *p, struct device_row *row, const uint8_t *key, GError **error)
{
	memcpy(row->key, key, KEYS_PUBLIC);
	row->has_key = true;
	row->changed = row->has_session = false;
	return ratchet_row_delete(store_of(p), account_of(p)->id, p->jid, row->device, error) &&
	    device_row_save(store_of(p), account_of(p)->id, row, error);
}

static void
tell_changed(struct person *p, const struct device_row *row, const struct key *key, bool taken)
{
	struct account *account = account_of(p);
	g_autofree char *blocks = fingerprint_blocks(key), *text = NULL, *what = taken ?
	    g_strdup("Nobody had compared the one before; what you write is encrypted for this one.") :
	    g_strdup_printf("Somebody set it up anew, or took its place. Nothing is encrypted for it until you compared "
	    "the key: /omemo trust %u accepts it.", row->device);

	text = g_strdup_printf("Device %u of %s has another key than before: %s. %s", row->device, p->jid, blocks,
	    what);
	log_notice("omemo", "%s: device %u of %s has another key than before", account_name(account), row->device,
	    p->jid);
	if (is_own(p))
		account_notice(account, SEVERITY_WARNING, "%s", text);
	else
		chat_notice(account, p->jid, SEVERITY_WARNING, false, text);
}

/*
 * Its key is not the one that is known.  Where nobody decided about that one and the policy takes what comes, the new
 * one takes its place, as the key of a new device would; else it is noted, and nothing is encrypted for the device.
 * False: there is nothing to go on with.
 */
static bool
other_key(struct fetch *f, struct device_row *row, const struct key *key)
{
	struct person *p = f->person;
	g_autoptr(GPtrArray) rows = device_rows(store_of(p), account_of(p)->id, p->jid);
	bool blind = row->trust == TRUST_BLIND && person_is_blind(p, rows), ok;
	bool told = row->changed && memcmp(row->other, key->bytes, KEYS_PUBLIC) == 0;
	g_autoptr(GError) error = NULL;

	if (blind || row->trust == TRUST_UNDECIDED) {
		/* Of one that waits for a decision people are told as of a new one. */
		row->announced = blind;
		ok = replace_key(p, row, key->bytes, &error);
		if (ok && blind)
			tell_changed(p, row, key, true);
	} else {
		row->changed = true;
		memcpy(row->other, key->bytes, KEYS_PUBLIC);
		ok = told || device_row_save(store_of(p), account_of(p)->id, row, &error);
		if (ok && !told)
			tell_changed(p, row, key, false);
		f->why = g_strdup("it has another key than before");
	}
	if (ok && !told)
		tell_chat(p);
	turn_failed(account_of(p)->core->turn, error);
	return ok && !row->changed;
}

/* Its keys are here, and the one that is known is or is not among them. */
static bool
check_key(struct fetch *f, const struct key *key)
{
	struct person *p = f->person;
	struct device_row *row = device_row_load(store_of(p), account_of(p)->id, p->jid, f->device);
	g_autoptr(GError) error = NULL;
	bool ok = true;

	if (row != NULL && row->has_key && memcmp(row->key, key->bytes, KEYS_PUBLIC) != 0) {
		ok = other_key(f, row, key);
	} else if (row != NULL && row->changed) {
		/* The one that was known is back: there is nothing left to decide. */
		row->changed = false;
		ok = device_row_save(store_of(p), account_of(p)->id, row, &error);
		tell_chat(p);
	}
	turn_failed(account_of(p)->core->turn, error);
	device_row_free(row);
	return ok;
}

static void
take_bundle(struct fetch *f, const struct bundle *bundle)
{
	struct person *p = f->person;
	struct account *account = account_of(p);
	g_autoptr(GPtrArray) rows = NULL;
	g_autoptr(GError) error = NULL;

	if (!check_key(f, &bundle->identity))
		return;
	if (!device_key_save(store_of(p), account->id, p->jid, f->device, bundle->identity.bytes,
	    clock_real_us() / 1000,
	    &error)) {
		turn_failed(account->core->turn, error);
		return;
	}
	rows = device_rows(store_of(p), account->id, p->jid);
	person_settle(p, rows);
	for (guint i = 0; i < rows->len; i++) {
		struct device_row *row = rows->pdata[i];

		if (row->device != f->device)
			continue;
		announce(p, row);
		begin_session(f, row, bundle);
	}
}

static void
fetched(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct fetch *f = ctx;
	struct account *account = account_of(f->person);
	struct stanza_fault fault;
	struct bundle bundle;

	f->waiting = false;
	g_clear_pointer(&f->why, g_free);
	if (end == IQ_LOST || !turn_begin(account->core->turn)) {
		f->asked_ms = 0;
		return;
	}
	bundle_init(&bundle);
	if (end == IQ_RESULT && omemo_read_bundle(items_of(answer), &bundle)) {
		take_bundle(f, &bundle);
	} else if (end == IQ_TIMEOUT) {
		f->why = g_strdup("its server did not answer");
	} else if (end == IQ_RESULT) {
		f->why = g_strdup("its keys are damaged or missing");
	} else if (stanza_fault_read(answer, &fault)) {
		f->why = stanza_fault_text(&fault);
		stanza_fault_clear(&fault);
	}
	bundle_clear(&bundle);
	if (f->why != NULL)
		log_notice("omemo", "%s: device %u of %s: %s", account_name(account), f->device, f->person->jid,
		    f->why);
	f->repair = false;
	turn_end(account->core->turn, true);
	if (!person_waits(f->person))
		omemo_flush(account);
}

void
person_fetch(struct person *p, uint32_t device, bool repair)
{
	struct fetch *f = find_fetch(p, device);
	g_autofree char *node = g_strdup_printf(OMEMO_BUNDLE_NODE "%u", device);

	if (f == NULL) {
		f = g_new0(struct fetch, 1);
		f->person = p;
		f->device = device;
		g_hash_table_insert(p->fetches, GUINT_TO_POINTER(device), f);
	}
	f->repair |= repair;
	if (f->waiting)
		return;
	if (f->asked_ms != 0 && clock_boot_ms() < f->asked_ms + LIMIT_OMEMO_AGAIN && !repair)
		return;
	f->waiting = true;
	f->asked_ms = MAX(clock_boot_ms(), 1);
	omemo_ask(account_of(p), is_own(p) ? NULL : p->jid, node, fetched, f);
}

/* --- the list --- */

/* Those that people have seen, because they were there from the beginning, and those of which they are told first. */
static void
welcome(struct person *p, GPtrArray *rows, bool first)
{
	struct account *account = account_of(p);
	bool told = is_own(p) || chat_find(store_of(p), account->id, p->jid, CHAT_PERSON, false, NULL) != 0;
	g_autoptr(GError) error = NULL;

	for (guint i = 0; error == NULL && i < rows->len; i++) {
		struct device_row *row = rows->pdata[i];

		if (!row->active || row->announced)
			continue;
		if (first) {
			row->announced = true;
			if (is_own(p) && row->trust == TRUST_UNDECIDED)
				row->trust = TRUST_BLIND;
			device_row_save(store_of(p), account->id, row, &error);
		} else if (row->has_key) {
			announce(p, row);
		} else if (told) {
			person_fetch(p, row->device, false);
		}
	}
	turn_failed(account->core->turn, error);
}

void
person_begin_secrecy(struct person *p)
{
	struct account *account = account_of(p);
	int64_t id = chat_find(store_of(p), account->id, p->jid, CHAT_PERSON, false, NULL);
	struct chat_row *chat = id != 0 ? chat_load(store_of(p), id) : NULL;
	g_autoptr(GError) error = NULL;

	if (chat != NULL && chat->kind == CHAT_PERSON && chat->secrecy == SECRECY_OPEN &&
	    chat_set_secrecy(store_of(p), id, SECRECY_ON, &error))
		turn_put_chat(account->core->turn, id);
	turn_failed(account->core->turn, error);
	chat_row_free(chat);
}

void
person_list(struct person *p, const GArray *devices)
{
	struct account *account = account_of(p);
	bool first = !device_list_known(store_of(p), account->id, p->jid, NULL);
	uint32_t own = is_own(p) ? omemo_device(account) : 0;
	g_autoptr(GArray) others = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	g_autoptr(GPtrArray) rows = NULL;
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < devices->len; i++)
		if (g_array_index(devices, uint32_t, i) != own)
			g_array_append_val(others, g_array_index(devices, uint32_t, i));
	if (!device_list_save(store_of(p), account->id, p->jid, (const uint32_t *)(const void *)others->data,
	    others->len,
	    clock_real_us() / 1000, &error)) {
		turn_failed(account->core->turn, error);
		return;
	}
	p->list = LIST_KNOWN;
	rows = device_rows(store_of(p), account->id, p->jid);
	person_settle(p, rows);
	welcome(p, rows, first);
	if (is_own(p))
		omemo_own_list(p->omemo, devices);
	else if (others->len > 0)
		person_begin_secrecy(p);
	tell_chat(p);
}

static bool
is_not_there(const struct stanza *answer)
{
	struct stanza_fault fault;
	bool it_is;

	if (!stanza_fault_read(answer, &fault))
		return false;
	it_is = strcmp(fault.condition, "item-not-found") == 0;
	stanza_fault_clear(&fault);
	return it_is;
}

static void
listed(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct person *p = ctx;
	struct account *account = account_of(p);
	g_autoptr(GArray) devices = NULL;

	if (p->list == LIST_ASKED)
		p->list = LIST_UNKNOWN;
	if (end == IQ_LOST || !turn_begin(account->core->turn))
		return;
	if (end == IQ_RESULT)
		devices = omemo_read_list(items_of(answer));
	if (devices == NULL && (end == IQ_RESULT || (end == IQ_ERROR && is_not_there(answer))))
		devices = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	if (devices != NULL && p->list != LIST_KNOWN)
		person_list(p, devices);
	/* Then what was known before counts. */
	if (p->list != LIST_KNOWN) {
		p->list = LIST_SILENT;
		p->list_ms = clock_boot_ms();
		log_notice("omemo", "%s: the devices of %s could not be had", account_name(account), p->jid);
	}
	turn_end(account->core->turn, true);
	if (!person_waits(p))
		omemo_flush(account);
}

void
person_ask_list(struct person *p)
{
	if (p->list == LIST_ASKED)
		return;
	p->list = LIST_ASKED;
	omemo_ask(account_of(p), is_own(p) ? NULL : p->jid, OMEMO_LIST_NODE, listed, p);
}

/* --- may it leave? --- */

/* What is counted of the active devices of one person. */
struct count {
	unsigned listed, trusted, ready, pending;
	const struct fetch *broken;
	uint32_t changed;
};

static void
count_device(struct person *p, const struct device_row *row, struct count *count)
{
	struct fetch *f = find_fetch(p, row->device);

	if (!row->active)
		return;
	count->listed++;
	if (row->changed && row->trust != TRUST_DISTRUSTED)
		count->changed = row->device;
	else if (device_is_trusted(row) && row->has_session)
		count->ready++;
	else if (device_is_trusted(row))
		person_fetch(p, row->device, false);
	count->trusted += device_is_trusted(row);
	f = find_fetch(p, row->device);
	/* One that is not trusted yet is announced before anything leaves. */
	if (f != NULL && f->waiting)
		count->pending++;
	else if (f != NULL && f->why != NULL)
		count->broken = f;
}

static enum leave
never(const struct person *p, const struct count *count, char **why)
{
	if (count->changed != 0)
		*why = g_strdup_printf("Device %u of %s has another key than before: somebody set it up anew, or took "
		    "its place. /omemo devices shows both keys; /omemo trust %u accepts the new "
		    "one.", count->changed, p->jid,
		    count->changed);
	else if (count->trusted == 0)
		*why = g_strdup_printf("No device of %s is trusted. /omemo devices shows them; /omemo trust N trusts "
		    "one whose key you compared.", p->jid);
	else
		*why = g_strdup_printf("The keys of %s could not be had (device %u: %s). /omemo refresh asks anew, "
		    "then /retry sends it.", p->jid,
		    count->broken != NULL ? count->broken->device : 0,
		    count->broken != NULL && count->broken->why != NULL ? count->broken->why : "no answer");
	return LEAVE_NEVER;
}

enum leave
person_ready(struct person *p, char **why)
{
	g_autoptr(GPtrArray) rows = NULL;
	struct count count = { 0 };

	if (p->list == LIST_UNKNOWN || (p->list == LIST_SILENT && clock_boot_ms() >= p->list_ms + LIST_AGAIN_MS))
		person_ask_list(p);
	if (p->list == LIST_ASKED)
		return LEAVE_LATER;
	rows = device_rows(store_of(p), account_of(p)->id, p->jid);
	person_settle(p, rows);
	for (guint i = 0; i < rows->len; i++)
		count_device(p, rows->pdata[i], &count);
	if (count.pending > 0)
		return LEAVE_LATER;
	if (is_own(p))
		return LEAVE_SEALED;
	if (count.listed == 0)
		return LEAVE_PLAIN;
	return count.changed != 0 || count.ready == 0 ? never(p, &count, why) : LEAVE_SEALED;
}

/* --- what people ask and decide --- */

void
person_changed(struct person *p, uint32_t device)
{
	/* Its keys on the server say which key it has now. */
	person_fetch(p, device, true);
}

char *
omemo_changed_key(const struct account *account, const char *jid, uint32_t device)
{
	struct device_row *row = device_row_load(account->core->store, account->id, jid, device);
	struct key key;
	char *text = row != NULL && row->changed && key_parse(&key, row->other, KEYS_PUBLIC) ? fingerprint_text(&key) :
	    NULL;

	device_row_free(row);
	return text;
}

static bool
accept(struct person *p, struct device_row *row, GError **error)
{
	struct fetch *f = find_fetch(p, row->device);

	/* Its keys may be here since nothing was to be encrypted for it: they are asked for once more. */
	if (f != NULL)
		f->asked_ms = 0;
	if (!row->changed)
		return true;
	row->announced = true;
	return replace_key(p, row, row->other, error);
}

bool
omemo_trust(struct account *account, const char *jid, uint32_t device, enum trust trust, GError **error)
{
	struct person *p = omemo_person(omemo_of(account), jid);
	struct device_row *row = device_row_load(account->core->store, account->id, jid, device);
	bool ok;

	if (row == NULL) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_NOT_FOUND, "%s has no device %u. /omemo devices %s lists "
		    "them.", jid, device,
		    jid);
		return false;
	}
	if (!chat_begin_change(account->core, error)) {
		device_row_free(row);
		return false;
	}
	ok = (trust == TRUST_DISTRUSTED || accept(p, row, error)) &&
	    device_trust_save(account->core->store, account->id, jid, device, trust, error);
	if (ok)
		tell_chat(p);
	device_row_free(row);
	if (!chat_end_change(account->core, ok, error))
		return false;
	outbox_flush(account);
	return true;
}

void
omemo_refresh(struct account *account, const char *jid)
{
	struct person *p = omemo_person(omemo_of(account), jid);

	g_hash_table_foreach_remove(p->fetches, is_over, NULL);
	if (p->list != LIST_ASKED)
		p->list = LIST_UNKNOWN;
	person_ask_list(p);
}

struct omemo_standing
omemo_standing(const struct account *account, const char *jid)
{
	g_autoptr(GPtrArray) rows = device_rows(account->core->store, account->id, jid);
	struct omemo_standing standing = { 0, false };
	bool blind = false;

	for (guint i = 0; i < rows->len; i++) {
		const struct device_row *row = rows->pdata[i];

		if (!row->active)
			continue;
		standing.undecided += row->trust == TRUST_UNDECIDED ||
		    (row->changed && row->trust != TRUST_DISTRUSTED);
		standing.verified |= row->trust == TRUST_VERIFIED && !row->changed;
		blind |= row->trust == TRUST_BLIND;
	}
	standing.verified &= !blind;
	return standing;
}
