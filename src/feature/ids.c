/*
 * ids.c: the ids of a message (XEP-0359): the one its sender gave, and the one our archive gave, or in a room its
 * archive. The second is believed only where our account, or the room, says that it gives such ids, and only when there
 * is exactly one: a forged one arrives beside the real one, and nobody can tell which is which.
 */
#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/archive.h"
#include "core/feature.h"
#include "core/room.h"
#include "xmpp/ns.h"

extern const struct feature feature_ids;

enum { ID_MAX = 1024 };

static char *
clean_id(const char *id)
{
	/* A longer one is no id of a sane client, and a cut one would be another id. */
	if (id == NULL || *id == '\0' || strlen(id) > ID_MAX)
		return NULL;
	return text_clean(id, -1, TEXT_LINE, 0);
}

/* Whose ids count; NULL: nobody's. */
static const char *
giver(const struct incoming *in)
{
	if (in->kind == CHAT_ROOM)
		return in->room != NULL && (in->room->features & ROOM_IDS) != 0 ? in->room->jid : NULL;
	return in->account->gives_ids ? account_jid(in->account) : NULL;
}

static enum verdict
ids_annotate(struct incoming *in)
{
	const struct stanza *origin = stanza_child(in->message, "origin-id", NS_SID);
	const char *id = stanza_get(in->message, "id"), *server = NULL, *by_whom = giver(in);
	unsigned ours = 0;

	in->origin_id = clean_id(origin != NULL ? stanza_get(origin, "id") : id);
	/* The archive itself names its id outside of the message. */
	if (by_whom == NULL || in->via == VIA_ARCHIVE)
		return GO_ON;
	for (struct stanza *c = stanza_first(in->message); c != NULL; c = stanza_next(c)) {
		g_autofree char *by = stanza_is(c, "stanza-id", NS_SID) && stanza_get(c, "by") != NULL ?
		    jid_normalise(stanza_get(c, "by"), NULL) : NULL;

		if (by != NULL && strcmp(by, by_whom) == 0) {
			server = stanza_get(c, "id");
			ours++;
		}
	}
	if (ours == 1)
		in->server_id = clean_id(server);
	return GO_ON;
}

static void
ids_out(struct outgoing *out)
{
	stanza_set(stanza_add(out->stanza, "origin-id", NS_SID), "id", out->row->origin_id);
}

static void
told(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct account *account = ctx;
	const struct stanza *query = end == IQ_RESULT ? stanza_child(answer, "query", NS_DISCO_INFO) : NULL;

	if (end == IQ_LOST)
		return;
	g_clear_pointer(&account->features, g_hash_table_unref);
	account->features = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (struct stanza *c = query != NULL ? stanza_first(query) : NULL; c != NULL; c = stanza_next(c)) {
		const char *var = stanza_is(c, "feature", NS_DISCO_INFO) ? stanza_get(c, "var") : NULL;

		if (var != NULL)
			g_hash_table_add(account->features, g_strdup(var));
		else if (stanza_is(c, "identity", NS_DISCO_INFO) && stanza_get(c, "category") != NULL &&
		    stanza_get(c, "type") != NULL)
			g_hash_table_add(account->features, g_strconcat(stanza_get(c, "category"), "/",
			    stanza_get(c, "type"), NULL));
	}
	account->gives_ids = account_has(account, NS_SID) || account_has(account, NS_MAM);
	if (end == IQ_RESULT || end == IQ_ERROR)
		archive_told(account, account_has(account, NS_MAM));
	features_known(account);
}

static void
ids_online(struct account *account)
{
	struct stanza *iq = stanza_iq("get", account_jid(account));

	account->gives_ids = false;
	g_clear_pointer(&account->features, g_hash_table_unref);
	stanza_add(iq, "query", NS_DISCO_INFO);
	account_request(account, iq, told, account);
}

const struct feature feature_ids = {
	.name = "ids",
	.standard = "XEP-0359: Unique and Stable Stanza IDs",
	.in[STAGE_ANNOTATE] = ids_annotate,
	.out = ids_out,
	.online = ids_online,
};
