/*
 * omemo.c: our own device: its number on our list, its keys in our bundle.  What was published is read back, because a
 * server may say yes and keep nothing; and the list is everybody's who uses the account, so another client may take us
 * off it.
 */
#include "core/omemo_private.h"
#include "core/omemo_room.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "core/archive.h"
#include "core/chat.h"
#include "core/connection.h"
#include "core/omemo_xml.h"
#include "core/pep.h"
#include "core/roster.h"
#include "core/turn.h"
#include "crypto/fingerprint.h"
#include "proto/error.h"

enum { LATER_MS = 2000, AGAIN_MS = 10000, AGAIN_MOST_MS = 600000 };

struct omemo *
omemo_of(struct account *account)
{
	struct omemo *o = account->omemo;

	if (o != NULL)
		return o;
	o = g_new0(struct omemo, 1);
	o->account = account;
	o->people = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, person_free);
	o->halls = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, omemo_hall_free);
	o->answers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	account->omemo = o;
	if (keyring_exists(account->core->store, account->id))
		omemo_make_keys(o);
	return o;
}

void
omemo_free(struct omemo *o)
{
	if (o == NULL)
		return;
	clock_timer_cancel(&o->later);
	clock_timer_cancel(&o->again);
	clock_timer_cancel(&o->readd);
	g_hash_table_unref(o->people);
	g_hash_table_unref(o->halls);
	g_hash_table_unref(o->answers);
	keyring_free(o->keys);
	g_free(o);
}

bool
omemo_make_keys(struct omemo *o)
{
	g_autoptr(GError) error = NULL;

	if (o->keys != NULL)
		return true;
	o->keys = keyring_open(o->account->core->store, o->account->id, &error);
	if (o->keys == NULL) {
		log_error("omemo", "%s: %s", account_name(o->account), error->message);
		turn_failed(o->account->core->turn, error);
	}
	return o->keys != NULL;
}

struct person *
omemo_person(struct omemo *o, const char *jid)
{
	struct person *p = g_hash_table_lookup(o->people, jid);

	if (p != NULL)
		return p;
	p = g_new0(struct person, 1);
	p->omemo = o;
	p->jid = g_strdup(jid);
	p->fetches = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, fetch_free);
	g_hash_table_insert(o->people, p->jid, p);
	return p;
}

void
omemo_mentioned(struct account *account)
{
	omemo_of(account);
}

bool
omemo_is_on(const struct account *account)
{
	return account->omemo != NULL && account->omemo->here;
}

bool
omemo_is_unsure(const struct account *account)
{
	return account->omemo != NULL && account->omemo->unsure;
}

uint32_t
omemo_device(const struct account *account)
{
	return account->omemo != NULL && account->omemo->keys != NULL ? keyring_device(account->omemo->keys) : 0;
}

char *
omemo_fingerprint(const struct account *account)
{
	return omemo_device(account) != 0 ? fingerprint_text(&keyring_identity(account->omemo->keys)->key) : NULL;
}

/* --- the bundle --- */

static void
bundle_wrong(struct omemo *o, const char *why)
{
	log_notice("omemo", "%s: the keys of this device: %s", account_name(o->account), why);
	if (!o->told)
		account_notice(o->account, SEVERITY_WARNING, "%s: the server does not keep the keys of this device: "
		    "%s. Who does not have them yet cannot write to it encrypted. It is tried again at the next "
		    "log-in.",
		    account_name(o->account), why);
	o->told = true;
}

/* Who reads what is there can begin a session with us: the same identity, signed prekey and first prekeys. */
static bool
is_ours(struct omemo *o, const struct bundle *there)
{
	struct bundle here;
	bool same;

	bundle_init(&here);
	same = keyring_bundle(o->keys, &here, NULL) && key_equal(&here.identity, &there->identity) &&
	    here.signed_id == there->signed_id && key_equal(&here.signed_key, &there->signed_key) &&
	    there->prekeys->len > 0;
	bundle_clear(&here);
	return same;
}

static void
bundle_read_back(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct omemo *o = ctx;
	struct bundle there;

	if (end == IQ_LOST || end == IQ_TIMEOUT || o->stale)
		return;
	bundle_init(&there);
	if (end != IQ_RESULT || !omemo_read_bundle(stanza_child(stanza_child(answer, "pubsub", NS_PUBSUB), "items",
	    NS_PUBSUB),
	    &there) || !is_ours(o, &there))
		bundle_wrong(o, "it took them, and gives something else");
	bundle_clear(&there);
}

static char *
bundle_node(uint32_t device)
{
	return g_strdup_printf(OMEMO_BUNDLE_NODE "%u", device);
}

static void
bundle_published(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct omemo *o = ctx;
	g_autofree char *node = bundle_node(keyring_device(o->keys)), *text = NULL;
	struct stanza_fault fault;

	if (end == IQ_LOST || end == IQ_TIMEOUT)
		o->stale = true;
	if (end == IQ_RESULT) {
		omemo_ask(o->account, NULL, node, bundle_read_back, o);
	} else if (end == IQ_ERROR && stanza_fault_read(answer, &fault)) {
		text = stanza_fault_text(&fault);
		bundle_wrong(o, text);
		stanza_fault_clear(&fault);
	}
}

static void
bundle_publish(struct omemo *o)
{
	g_autofree char *node = bundle_node(keyring_device(o->keys));
	g_autoptr(GError) error = NULL;
	struct bundle bundle;

	o->stale = false;
	bundle_init(&bundle);
	if (keyring_bundle(o->keys, &bundle, &error))
		pep_publish_open(o->account, node, omemo_write_bundle(&bundle), bundle_published, o);
	else
		turn_failed(o->account->core->turn, error);
	bundle_clear(&bundle);
}

/* --- the list --- */

static void publish_list(struct omemo *);

static void
list_published(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct omemo *o = ctx;
	struct stanza_fault fault;

	/* Nobody knows whether it is there: the next look at the list says so. */
	if (end == IQ_LOST || end == IQ_TIMEOUT)
		o->readded_ms = 0;
	if (end == IQ_ERROR && stanza_fault_read(answer, &fault)) {
		g_autofree char *text = stanza_fault_text(&fault);

		bundle_wrong(o, text);
		stanza_fault_clear(&fault);
	}
}

static void
readd_now(void *ctx)
{
	struct omemo *o = ctx;

	o->readd = NULL;
	if (o->here && account_online(o->account) && turn_begin(o->account->core->turn)) {
		omemo_person(o, account_jid(o->account))->list = LIST_UNKNOWN;
		person_ask_list(omemo_person(o, account_jid(o->account)));
		turn_end(o->account->core->turn, true);
	}
}

static void
publish_list(struct omemo *o)
{
	g_autoptr(GPtrArray) rows = device_rows(o->account->core->store, o->account->id, account_jid(o->account));
	g_autoptr(GArray) devices = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	uint32_t own = keyring_device(o->keys);

	g_array_append_val(devices, own);
	for (guint i = 0; i < rows->len; i++) {
		const struct device_row *row = rows->pdata[i];

		if (row->active && row->device != own)
			g_array_append_val(devices, row->device);
	}
	pep_publish_open(o->account, OMEMO_LIST_NODE, omemo_write_list((const uint32_t *)(const void *)devices->data,
	    devices->len), list_published, o);
}

/* Our list came: are we on it? */
static void
own_list(struct omemo *o, const GArray *devices)
{
	uint32_t own = keyring_device(o->keys);
	int64_t wait_ms = o->readded_ms != 0 ? o->readded_ms + LIMIT_OMEMO_READD - clock_boot_ms() : 0;

	for (guint i = 0; i < devices->len; i++)
		if (g_array_index(devices, uint32_t, i) == own)
			return;
	if (wait_ms > 0) {
		if (o->readd == NULL)
			o->readd = clock_timer_start(wait_ms, readd_now, o);
		return;
	}
	if (o->readded_ms != 0)
		account_notice(o->account, SEVERITY_WARNING, "%s: another client took this device off the list of "
		    "those that are encrypted for. It is put back.", account_name(o->account));
	o->readded_ms = MAX(clock_boot_ms(), 1);
	publish_list(o);
}

void
omemo_own_list(struct omemo *o, const GArray *devices)
{
	if (!o->here)
		return;
	own_list(o, devices);
	if (o->stale)
		omemo_do_later(o);
}

/* --- what the hooks call --- */

void
omemo_flush(struct account *account)
{
	/* Before that, what waits goes with our presence. */
	if (connection_ready(account))
		outbox_flush(account);
}

static void ask_server(void *ctx);

static void
ask_server_later(struct omemo *o)
{
	if (o->again == NULL && !o->asking)
		o->again = clock_timer_start(o->again_ms, ask_server, o);
}

/* What others ask of account_has() they know from then on as well. */
static bool
take_features(struct account *account, const struct stanza *query)
{
	for (struct stanza *c = query != NULL ? stanza_first(query) : NULL; c != NULL; c = stanza_next(c))
		if (stanza_is(c, "feature", NS_DISCO_INFO) && stanza_get(c, "var") != NULL && account->features != NULL)
			g_hash_table_add(account->features, g_strdup(stanza_get(c, "var")));
	return account->features != NULL && g_hash_table_size(account->features) > 0;
}

static void
server_said(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct omemo *o = ctx;

	o->asking = false;
	/* Then the next session asks, or a resumed one at its time. */
	if (end != IQ_LOST && end != IQ_TIMEOUT && take_features(o->account, end == IQ_RESULT ?
	    stanza_child(answer, "query", NS_DISCO_INFO) : NULL)) {
		omemo_session(o->account);
		return;
	}
	o->again_ms = MIN(2 * o->again_ms, AGAIN_MOST_MS);
	if (o->unsure)
		ask_server_later(o);
}

static void
ask_server(void *ctx)
{
	struct omemo *o = ctx;
	struct stanza *iq;

	o->again = NULL;
	if (!account_online(o->account)) {
		ask_server_later(o);
		return;
	}
	o->asking = true;
	iq = stanza_iq("get", account_jid(o->account));
	stanza_add(iq, "query", NS_DISCO_INFO);
	iq_expect(o->account->iqs, iq, LIMIT_OMEMO_WAIT, server_said, o);
	account_send(o->account, iq, false);
	turn_wake(o->account->core->turn);
}

void
omemo_hurry(struct omemo *o, const char *chat)
{
	g_autofree char *text = NULL;

	if (o->hurried)
		return;
	o->hurried = true;
	text = g_strdup_printf("The server of %s does not say whether it keeps keys for others, so what you say to %s "
	    "waits. It is asked again.", account_name(o->account), chat);
	chat_notice(o->account, chat, SEVERITY_WARNING, false, text);
	if (o->asking)
		return;
	clock_timer_cancel(&o->again);
	ask_server(o);
}

/* Without keys here nobody waits for it: only when a message does. */
static void
look_at_features(struct omemo *o)
{
	const GHashTable *told = o->account->features;

	clock_timer_cancel(&o->again);
	o->again_ms = AGAIN_MS;
	o->hurried = false;
	o->unsure = told == NULL || g_hash_table_size(o->account->features) == 0;
	if (o->unsure && o->keys != NULL)
		ask_server_later(o);
}

void
omemo_session(struct account *account)
{
	struct omemo *o = omemo_of(account);
	GHashTableIter iter;
	struct person *p;
	bool changed;
	g_autoptr(GError) error = NULL;

	if (!turn_begin(account->core->turn))
		return;
	o->known = true;
	o->told = false;
	look_at_features(o);
	o->here = pep_keeps(account) && omemo_make_keys(o) && keyring_refill(o->keys, &changed, &error);
	turn_failed(account->core->turn, error);
	g_hash_table_iter_init(&iter, o->people);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&p))
		person_forget(p);
	omemo_rooms_forget(o);
	if (o->here) {
		person_ask_list(omemo_person(o, account_jid(account)));
		/* Each time, which also gives the node its rules again. */
		bundle_publish(o);
	}
	turn_end(account->core->turn, true);
	omemo_flush(account);
}

void
omemo_moved(struct omemo *o)
{
	if (o->here && turn_begin(o->account->core->turn)) {
		publish_list(o);
		turn_end(o->account->core->turn, true);
	}
	omemo_session(o->account);
}

/* The list in a change of the node; a node that is emptied or deleted has none.  NULL: it says nothing of a list. */
static GArray *
changed_list(const struct stanza *change)
{
	if (strcmp(stanza_name(change), "purge") == 0 || strcmp(stanza_name(change), "delete") == 0)
		return g_array_new(FALSE, FALSE, sizeof(uint32_t));
	return omemo_read_list(change);
}

void
omemo_own_event(struct account *account, const struct stanza *change)
{
	struct omemo *o = omemo_of(account);
	g_autoptr(GArray) devices = changed_list(change);

	if (o->here && devices != NULL)
		person_list(omemo_person(o, account_jid(account)), devices);
}

static bool
is_somebody(struct account *account, const char *jid)
{
	return roster_has(account->roster, jid) ||
	    chat_find(account->core->store, account->id, jid, CHAT_PERSON, false, NULL) != 0;
}

void
omemo_their_event(struct account *account, const char *who, const struct stanza *change)
{
	struct omemo *o = omemo_of(account);
	g_autoptr(GArray) devices = changed_list(change);

	if (o->here && devices != NULL && is_somebody(account, who))
		person_list(omemo_person(o, who), devices);
}

/* --- what people decide --- */

bool
omemo_switch(struct account *account, const char *jid, bool on, GError **error)
{
	enum chat_kind kind = chat_kind(account, jid);
	g_autofree char *unfit = on && kind == CHAT_ROOM ? omemo_room_unfit(account, jid) : NULL;
	struct core *core = account->core;
	int64_t chat;
	bool ok;

	if (on && kind == CHAT_PRIVATE)
		unfit = g_strdup("What is said to an occupant of a room alone cannot be encrypted.");
	if (on && kind == CHAT_PERSON && strchr(jid, '@') == NULL)
		unfit = g_strdup_printf("%s is a server, not a person; it has no keys.", jid);
	if (unfit != NULL) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_FAILED, "%s Nothing was changed.", unfit);
		return false;
	}
	if (!chat_begin_change(core, error))
		return false;
	chat = chat_find(core->store, account->id, jid, kind, true, error);
	ok = chat != 0 && chat_set_secrecy(core->store, chat, on ? SECRECY_ON : SECRECY_OFF, error);
	if (ok)
		turn_put_chat(core->turn, chat);
	if (!chat_end_change(core, ok, error))
		return false;
	outbox_flush(account);
	return true;
}

bool
omemo_remove_own(struct account *account, uint32_t device, GError **error)
{
	struct omemo *o = omemo_of(account);
	struct device_row *row = device_row_load(account->core->store, account->id, account_jid(account), device);
	bool ok;

	if (row == NULL || !row->active || !o->here) {
		device_row_free(row);
		g_set_error(error, RPC_ERROR, RPC_ERROR_NOT_FOUND, !o->here ? "%s is not on line with keys on its "
		    "server; nothing was "
		    "done." : "%s has no other device of that number on its list.", account_name(account));
		return false;
	}
	row->active = false;
	row->trust = TRUST_DISTRUSTED;
	ok = chat_begin_change(account->core, error);
	if (ok)
		ok = chat_end_change(account->core, device_row_save(account->core->store, account->id, row, error),
		    error);
	device_row_free(row);
	if (ok)
		publish_list(o);
	return ok;
}

/* --- what can wait a little --- */

/* Nothing that an archive kept is missing here any more. */
static bool
caught_up(struct account *account)
{
	json_t *ledger = archive_ledger(account);
	const char *state = json_string_value(json_object_get(ledger, "state"));
	bool up = g_strcmp0(state, sync_state_name(SYNC_COMPLETE)) == 0 || g_strcmp0(state,
	    sync_state_name(SYNC_NONE)) == 0;

	json_decref(ledger);
	return up;
}

static void
later(void *ctx)
{
	struct omemo *o = ctx;
	struct turn *turn = o->account->core->turn;
	g_autoptr(GError) error = NULL;
	g_autofree gpointer *keys = NULL;
	bool changed = false;

	o->later = NULL;
	/* At the next log-in, then. */
	if (!o->here || !account_online(o->account) || !turn_begin(turn))
		return;
	keys = g_hash_table_get_keys_as_array(o->answers, NULL);
	for (guint i = 0; keys[i] != NULL; i++) {
		g_auto(GStrv) parts = g_strsplit(keys[i], " ", 2);

		omemo_send_empty(o, parts[1], (uint32_t)g_ascii_strtoull(parts[0], NULL, 10));
	}
	g_hash_table_remove_all(o->answers);
	/* While an archive may still bring what others began with the same prekeys, those are kept. */
	if (caught_up(o->account))
		keyring_settle(o->keys, &error);
	if (error == NULL && keyring_refill(o->keys, &changed, &error) && (changed || o->stale))
		bundle_publish(o);
	turn_end(turn, error == NULL);
	turn_failed(turn, error);
}

void
omemo_do_later(struct omemo *o)
{
	if (o->later == NULL)
		o->later = clock_timer_start(LATER_MS, later, o);
}
