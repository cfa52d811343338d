/* account.c: see account.h. */
#include "core/account.h"

#include <stdarg.h>
#include <string.h>

#include "base/jid.h"
#include "base/text.h"
#include "core/archive.h"
#include "core/bookmark.h"
#include "core/bus.h"
#include "core/connection.h"
#include "core/feature.h"
#include "core/invite.h"
#include "core/link.h"
#include "core/omemo.h"
#include "core/request.h"
#include "core/room.h"
#include "core/roster.h"
#include "core/turn.h"
#include "core/typing.h"
#include "store/messages.h"

static bool
own_presence_load(struct account *account)
{
	g_autofree char *key = g_strdup_printf("presence:%s", account_jid(account));
	g_autofree char *saved = store_get_text(account->core->store, key);
	char *blank;

	account->show = SHOW_ONLINE;
	if (saved == NULL)
		return false;
	if ((blank = strchr(saved, ' ')) != NULL)
		*blank++ = '\0';
	if (!presence_show_find(saved, &account->show) || account->show == SHOW_OFFLINE)
		account->show = SHOW_ONLINE;
	account->status = blank != NULL && *blank != '\0' ? g_strdup(blank) : NULL;
	return true;
}

static struct account *
account_new(struct core *core, struct account_settings *settings, GError **error)
{
	struct account *account = g_new0(struct account, 1);

	account->core = core;
	account->settings = settings;
	if (turn_begin(core->turn)) {
		account->id = store_account(core->store, settings->jid, error);
		turn_end(core->turn, account->id != 0);
	}
	if (account->id == 0) {
		if (error != NULL && *error == NULL)
			g_set_error(error, STORE_ERROR, STORE_ERROR_IO, "The disk refuses.");
		g_free(account);
		return NULL;
	}
	account->state = ACCOUNT_OFFLINE;
	account->iqs = iq_table_new();
	account->roster = roster_new(account);
	account->typing = typing_new(account);
	account->connection = connection_new(account);
	account->link = link_new(account);
	account->archive = archive_new(account, NULL);
	account->bookmarks = bookmarks_new(account);
	acknowledge_init(account);
	if (account->sm.id != NULL)
		roster_restore(account);
	account->rooms = rooms_new();
	rooms_restore(account);
	own_presence_load(account);
	account->tls = settings->tls != STREAM_TLS_OFF;
	account->queued = message_count_queued(core->store, account->id);
	return account;
}

void
account_free(struct account *account)
{
	/* Who is told that an answer is lost sends nothing more on it. */
	account->state = ACCOUNT_OFFLINE;
	iq_lose_all(account->iqs);
	omemo_free(account->omemo);
	archive_free(account->archive);
	bookmarks_free(account->bookmarks);
	connection_free(account->connection);
	acknowledge_clear(account);
	link_free(account->link);
	iq_table_free(account->iqs);
	typing_free(account->typing);
	g_clear_pointer(&account->marks, g_hash_table_unref);
	g_clear_pointer(&account->positions, g_hash_table_unref);
	g_clear_pointer(&account->pep_nodes, g_hash_table_unref);
	g_clear_pointer(&account->rings, g_hash_table_unref);
	g_clear_pointer(&account->features, g_hash_table_unref);
	rooms_free(account);
	roster_free(account->roster);
	if (account->session_password != NULL)
		explicit_bzero(account->session_password, strlen(account->session_password));
	g_free(account->session_password);
	g_free(account->reason);
	g_free(account->text);
	g_free(account->status);
	g_free(account->bound);
	g_free(account->local);
	account_settings_free(account->settings);
	g_free(account);
}

bool
accounts_load(struct core *core, GError **error)
{
	g_autoptr(GPtrArray) all = account_file_load(core->paths->accounts, error);

	if (all == NULL)
		return false;
	while (all->len > 0) {
		struct account_settings *settings = g_ptr_array_steal_index(all, 0);
		struct account *account = account_new(core, settings, error);

		if (account == NULL) {
			account_settings_free(settings);
			return false;
		}
		g_ptr_array_add(core->accounts, account);
	}
	return true;
}

static struct account_settings *
take_settings(GPtrArray *all, const char *name)
{
	for (guint i = 0; i < all->len; i++)
		if (strcmp(((struct account_settings *)all->pdata[i])->name, name) == 0)
			return g_ptr_array_steal_index(all, i);
	return NULL;
}

static void
post_gone(struct account *account)
{
	struct event gone = { .type = EVENT_account, .gone = true };

	gone.account_name = g_strdup(account_name(account));
	gone.account.jid = g_strdup(account_jid(account));
	gone.rev = store_next_rev(account->core->store);
	bus_post(account->core->bus, gone);
}

static void
nothing(void *ctx)
{
	(void)ctx;
}

static void
free_account(void *ctx)
{
	account_free(ctx);
}

static void
forget(struct core *core, guint index)
{
	struct account *account = core->accounts->pdata[index];

	connection_close(account);
	requests_forget(account);
	invites_forget(account);
	post_gone(account);
	/* What this turn still has to do for it comes first. */
	g_ptr_array_steal_index(core->accounts, index);
	turn_after(core->turn, nothing, account, free_account);
}

bool
accounts_reload(struct core *core, GError **error)
{
	g_autoptr(GPtrArray) all = account_file_load(core->paths->accounts, error);

	if (all == NULL)
		return false;
	for (guint i = core->accounts->len; i-- > 0;) {
		struct account *account = core->accounts->pdata[i];
		struct account_settings *settings = take_settings(all, account_name(account));

		/* Another address under the same name is another account. */
		if (settings == NULL || strcmp(settings->jid, account_jid(account)) != 0) {
			if (settings != NULL)
				g_ptr_array_add(all, settings);
			forget(core, i);
			continue;
		}
		bool was = account->settings->enabled;
		account_settings_free(account->settings);
		account->settings = settings;
		if (account->stream == NULL)
			account->tls = settings->tls != STREAM_TLS_OFF;
		if (was && !settings->enabled)
			connection_close(account);
		else if (!was && settings->enabled && settings->autoconnect)
			connection_open(account);
		account_post(account);
	}
	while (all->len > 0) {
		struct account_settings *settings = g_ptr_array_steal_index(all, 0);
		struct account *account = account_new(core, settings, error);

		if (account == NULL) {
			account_settings_free(settings);
			return false;
		}
		g_ptr_array_add(core->accounts, account);
		account_post(account);
		if (settings->enabled && settings->autoconnect)
			connection_open(account);
	}
	turn_wake(core->turn);
	return true;
}

struct account *
account_find(const struct core *core, const char *name)
{
	for (guint i = 0; name != NULL && i < core->accounts->len; i++)
		if (strcmp(account_name(core->accounts->pdata[i]), name) == 0)
			return core->accounts->pdata[i];
	return NULL;
}

struct account *
account_find_id(const struct core *core, int64_t id)
{
	for (guint i = 0; i < core->accounts->len; i++)
		if (((struct account *)core->accounts->pdata[i])->id == id)
			return core->accounts->pdata[i];
	return NULL;
}

struct account *
account_only(const struct core *core)
{
	struct account *only = NULL;

	for (guint i = 0; i < core->accounts->len; i++) {
		struct account *account = core->accounts->pdata[i];

		if (!account->settings->enabled)
			continue;
		if (only != NULL)
			return NULL;
		only = account;
	}
	return only;
}

const char *
account_name(const struct account *account)
{
	return account->settings->name;
}

const char *
account_jid(const struct account *account)
{
	return account->settings->jid;
}

bool
account_online(const struct account *account)
{
	return account->state == ACCOUNT_ONLINE;
}

bool
account_has(const struct account *account, const char *feature)
{
	return account->features != NULL && g_hash_table_contains(account->features, feature);
}

struct event
account_event(const struct account *account)
{
	struct event event = { .type = EVENT_account, .rev = store_next_rev(account->core->store) };
	struct event_account *a = &event.account;
	const char *why = account_online(account) ? turn_why(account->core->turn) : NULL;

	event.account_name = g_strdup(account_name(account));
	a->jid = g_strdup(account_jid(account));
	a->state = account->state;
	/* On line, but deaf: see turn.h. */
	a->reason = g_strdup(why != NULL ? "disk" : account->reason);
	a->text = g_strdup(why != NULL ? why : account->text);
	a->resumed = account->resumed;
	a->resource = account->bound != NULL ? g_strdup(jid_resource(account->bound)) : NULL;
	a->show = account_online(account) ? account->show : SHOW_OFFLINE;
	a->status = g_strdup(account->status);
	a->priority = account->settings->priority;
	a->retry = account->retry_ms;
	a->enabled = account->settings->enabled;
	a->queued = account->queued;
	a->tls = account->tls;
	a->ping = account->ping_ms;
	a->nick = account->settings->nick != NULL ? g_strdup(account->settings->nick) : jid_local(account_jid(account));
	return event;
}

void
account_post(struct account *account)
{
	bus_post(account->core->bus, account_event(account));
}

void
account_notice(struct account *account, enum severity severity, const char *format, ...)
{
	struct event event = { .type = EVENT_notice };
	g_autofree char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = g_strdup_vprintf(format, ap);
	va_end(ap);
	event.account_name = g_strdup(account_name(account));
	event.notice.severity = severity;
	event.notice.text = text_clean(text, -1, TEXT_BODY, 0);
	bus_post(account->core->bus, event);
}

struct parcel {
	struct account	*account;
	struct stream	*stream;
	char		*xml;
	bool		 left;
};

static void
parcel_free(void *ctx)
{
	struct parcel *parcel = ctx;

	/* Its cause was taken back, and its number with it: these come from the last one to the first. */
	if (!parcel->left && parcel->account->stream == parcel->stream)
		acknowledge_take_back(parcel->account);
	g_free(parcel->xml);
	g_free(parcel);
}

static void
parcel_send(void *ctx)
{
	struct parcel *parcel = ctx;

	parcel->left = true;
	/* Only on the stream it was numbered for. */
	if (parcel->account->stream == parcel->stream && account_online(parcel->account))
		acknowledge_write(parcel->account, parcel->xml);
}

bool
account_send(struct account *account, struct stanza *stanza, bool keep)
{
	struct parcel *parcel;

	if (!account_online(account)) {
		stanza_free(stanza);
		return false;
	}
	parcel = g_new0(struct parcel, 1);
	parcel->account = account;
	parcel->stream = account->stream;
	parcel->xml = stanza_to_xml(stanza);
	stanza_free(stanza);
	acknowledge_out(account, keep ? g_strdup(parcel->xml) : NULL, strlen(parcel->xml));
	turn_after(account->core->turn, parcel_send, parcel, parcel_free);
	return true;
}

void
account_request(struct account *account, struct stanza *iq, iq_done done, void *ctx)
{
	if (!account_online(account)) {
		stanza_free(iq);
		done(ctx, IQ_LOST, NULL);
		return;
	}
	iq_expect(account->iqs, iq, 0, done, ctx);
	account_send(account, iq, false);
}
