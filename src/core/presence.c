/* presence.c: see presence.h. */
#include "core/presence.h"

#include "base/text.h"
#include "base/limits.h"
#include "base/log.h"
#include "core/connection.h"
#include "core/feature.h"
#include "core/room.h"
#include "core/turn.h"
#include "xmpp/ns.h"

void
presence_send(struct account *account)
{
	struct stanza *presence = stanza_presence(NULL, NULL);
	g_autofree char *priority = g_strdup_printf("%d", account->settings->priority);

	if (account->show != SHOW_ONLINE)
		stanza_add_with_text(presence, "show", NULL, presence_show_name(account->show));
	if (account->status != NULL)
		stanza_add_with_text(presence, "status", NULL, account->status);
	if (account->settings->priority != 0)
		stanza_add_with_text(presence, "priority", NULL, priority);
	features_presence(account, presence);
	account_send(account, presence, false);
	rooms_tell(account);
	account->presence_number = account->sm.out;
}

static void
save(struct account *account)
{
	g_autofree char *key = g_strdup_printf("presence:%s", account_jid(account));
	g_autofree char *value = g_strdup_printf("%s %s", presence_show_name(account->show),
	    account->status != NULL ? account->status : "");
	g_autoptr(GError) error = NULL;

	if (!turn_begin(account->core->turn))
		return;
	if (!store_set_text(account->core->store, key, value, &error))
		log_error("store", "%s", error->message);
	turn_end(account->core->turn, error == NULL);
}

void
presence_set(struct account *account, enum presence_show show, const char *status)
{
	g_free(account->status);
	account->status = status != NULL && *status != '\0' ? text_clean(status, -1, TEXT_LINE, LIMIT_NAME) : NULL;
	if (show == SHOW_OFFLINE) {
		connection_close(account);
		return;
	}
	account->show = show;
	save(account);
	if (account_online(account))
		presence_send(account);
	else
		connection_open(account);
	account_post(account);
	turn_wake(account->core->turn);
}
