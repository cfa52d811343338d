/*
 * markers.c: "it was looked at" (XEP-0333).  Ours go only for what stood in front of somebody, only to who may know
 * that we are there, and at most one per chat in two seconds: the newest says it for all before it.  Theirs count only
 * for messages of ours in the chat with them; those of our own other devices move what is read here.
 */
#include <string.h>

#include "base/clock.h"
#include "core/chat.h"
#include "core/feature.h"
#include "core/privacy.h"
#include "core/turn.h"
#include "xmpp/ns.h"

extern const struct feature feature_markers;

enum { EVERY_MS = 2000 };

/* What one chat is told. */
struct mark {
	struct account	*account;
	char		*jid;
	char		*id;		/* waits to be said; NULL: nothing */
	int64_t		 said_ms;	/* boot clock; 0: never */
	struct clock_timer *due;
};

static void
mark_free(void *p)
{
	struct mark *mark = p;

	clock_timer_cancel(&mark->due);
	g_free(mark->jid);
	g_free(mark->id);
	g_free(mark);
}

/* --- theirs --- */

static void
displayed(struct incoming *in, int64_t chat, const char *id)
{
	struct core *core = in->account->core;
	struct message_row *row = message_find_out(core->store, chat, id);
	g_autoptr(GPtrArray) rows = NULL;
	g_autoptr(GError) error = NULL;

	if (row == NULL || row->ord == 0) {
		message_row_free(row);
		return;
	}
	rows = message_not_displayed(core->store, chat, row->ord);
	for (guint i = 0; error == NULL && i < rows->len; i++) {
		struct message_row *now = message_advance(core->store, ((struct message_row *)rows->pdata[i])->id,
		    MESSAGE_DISPLAYED, NULL, &error);

		if (now != NULL)
			turn_put_message(core->turn, now);
	}
	message_traced(in, row->id, TRACE_MARKER);
	message_row_free(row);
	turn_failed(core->turn, error);
}

static void
read_elsewhere(struct incoming *in, int64_t chat, const char *id)
{
	struct core *core = in->account->core;
	int64_t ord = message_place_in(core->store, chat, id);
	g_autoptr(GError) error = NULL;

	if (ord != 0 && chat_set_read(core->store, chat, ord, &error))
		turn_put_chat(core->turn, chat);
	turn_failed(core->turn, error);
}

static enum verdict
markers_annotate(struct incoming *in)
{
	const struct stanza *marker = stanza_child(in->message, "displayed", NS_MARKERS);
	const char *id = marker != NULL ? stanza_get(marker, "id") : NULL;
	int64_t chat = id != NULL && in->kind == CHAT_PERSON ? chat_find(in->account->core->store, in->account->id,
	    in->peer, CHAT_PERSON, false, NULL) : 0;

	in->markable = in->kind == CHAT_PERSON && stanza_child(in->message, "markable", NS_MARKERS) != NULL;
	if (chat != 0 && in->out)
		read_elsewhere(in, chat, id);
	else if (chat != 0)
		displayed(in, chat, id);
	return GO_ON;
}

/* --- ours --- */

static void
markers_out(struct outgoing *out)
{
	if (out->kind == CHAT_PERSON)
		stanza_add(out->stanza, "markable", NS_MARKERS);
}

static void
say(struct mark *mark)
{
	struct stanza *message = stanza_message("chat", mark->jid);
	g_autofree char *own_id = stanza_new_id();

	stanza_set(message, "id", own_id);
	stanza_set(stanza_add(message, "displayed", NS_MARKERS), "id", mark->id);
	stanza_add(message, "store", NS_HINTS);
	account_send(mark->account, message, true);
	turn_wake(mark->account->core->turn);
	g_clear_pointer(&mark->id, g_free);
	mark->said_ms = clock_boot_ms();
}

static void
due(void *ctx)
{
	struct mark *mark = ctx;

	mark->due = NULL;
	say(mark);
}

static struct mark *
find_mark(struct account *account, const char *jid)
{
	struct mark *mark;

	if (account->marks == NULL)
		account->marks = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, mark_free);
	mark = g_hash_table_lookup(account->marks, jid);
	if (mark == NULL) {
		mark = g_new0(struct mark, 1);
		mark->account = account;
		mark->jid = g_strdup(jid);
		g_hash_table_insert(account->marks, mark->jid, mark);
	}
	return mark;
}

static void
markers_seen(struct account *account, const char *jid, int64_t chat, int64_t after, int64_t ord)
{
	g_autofree char *id = NULL;
	struct mark *mark;
	int64_t wait_ms;

	if (!privacy_tells(account, jid, SETTING_PRIVACY_MARKERS) ||
	    (id = message_last_markable(account->core->store, chat, after, ord)) == NULL)
		return;
	mark = find_mark(account, jid);
	g_free(mark->id);
	mark->id = g_steal_pointer(&id);
	wait_ms = mark->said_ms != 0 ? mark->said_ms + EVERY_MS - clock_boot_ms() : 0;
	if (wait_ms <= 0)
		say(mark);
	else if (mark->due == NULL)
		mark->due = clock_timer_start(wait_ms, due, mark);
}

static const char *const disco[] = { NS_MARKERS, NULL };

const struct feature feature_markers = {
	.name = "markers",
	.standard = "XEP-0333: Displayed Markers",
	.in[STAGE_ANNOTATE] = markers_annotate,
	.out = markers_out,
	.seen = markers_seen,
	.disco = disco,
};
