/* omemo_share.c: see omemo_share.h. */
#include "core/omemo_share.h"

#include "core/chat.h"
#include "core/omemo_private.h"
#include "core/turn.h"
#include "proto/error.h"

static struct keyring *
keys_of(struct account *account, GError **error)
{
	struct omemo *o = omemo_of(account);

	if (o->keys == NULL)
		g_set_error(error, RPC_ERROR, RPC_ERROR_CONTEXT, "%s has no keys yet; they are made at the first log-in "
		    "to a server that keeps them (XEP-0163).", account_name(account));
	return o->keys;
}

char *
omemo_link(struct account *account, GError **error)
{
	struct keyring *keys = keys_of(account, error);

	return keys != NULL ? keyring_link(keys, account_jid(account)) : NULL;
}

bool
omemo_take_link(struct account *account, const char *link, char **jid, struct vouched *count, GError **error)
{
	struct omemo *o = omemo_of(account);
	bool ok;

	*jid = NULL;
	if (!chat_begin_change(account->core, error))
		return false;
	ok = keyring_take_link(account->core->store, account->id, link, jid, count, error);
	if (ok)
		person_decided(omemo_person(o, *jid));
	if (!chat_end_change(account->core, ok, error)) {
		g_clear_pointer(jid, g_free);
		return false;
	}
	outbox_flush(account);
	return true;
}

char *
omemo_team(struct account *account, GError **error)
{
	struct keyring *keys = keys_of(account, error);

	return keys != NULL ? keyring_team(keys, account_jid(account), error) : NULL;
}

static void
everybody_decided(struct omemo *o)
{
	GHashTableIter iter;
	struct person *p;

	g_hash_table_iter_init(&iter, o->people);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&p))
		person_decided(p);
}

bool
omemo_take_team(struct account *account, const char *text, gsize n, struct vouched *count, GError **error)
{
	struct keyring *keys = keys_of(account, error);
	bool ok;

	if (keys == NULL || !chat_begin_change(account->core, error))
		return false;
	ok = keyring_take_team(keys, text, n, count, error);
	if (ok)
		everybody_decided(account->omemo);
	if (!chat_end_change(account->core, ok, error))
		return false;
	outbox_flush(account);
	return true;
}

/* --- moving in --- */

/* The device that we had is another one of ours, for which nothing is encrypted; the one that we have is none. */
static bool
give_up(struct account *account, uint32_t before, uint32_t now, GError **error)
{
	char *jid = g_strdup(account_jid(account));
	struct device_row row = { .jid = jid, .device = before, .trust = TRUST_DISTRUSTED, .announced = true };
	bool ok = (before == 0 || before == now || device_row_save(account->core->store, account->id, &row, error)) &&
	    device_row_delete(account->core->store, account->id, jid, now, error);

	g_free(jid);
	return ok;
}

bool
omemo_move_in(struct account *account, const char *folder, struct keyring_moved *moved, GError **error)
{
	struct omemo *o = omemo_of(account);
	uint32_t before = omemo_device(account);
	struct store *store = account->core->store;
	bool ok;

	if (!chat_begin_change(account->core, error))
		return false;
	g_clear_pointer(&o->keys, keyring_free);
	g_hash_table_remove_all(o->answers);
	ok = keyring_move_profanity(store, account->id, folder, TRUST_BLIND, true, moved, error) &&
	    give_up(account, before, moved->device, error);
	ok = chat_end_change(account->core, ok, error);
	/* Those that are there now, whichever. */
	if (keyring_exists(store, account->id))
		omemo_make_keys(o);
	if (ok && o->known && account_online(account))
		omemo_moved(o);
	return ok;
}
