/* request.c: see request.h. */
#include "core/request.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "core/prompt.h"
#include "core/roster.h"
#include "core/turn.h"
#include "store/chats.h"
#include "store/requests.h"
#include "xmpp/ns.h"

struct request {
	struct core	*core;
	int64_t		 account;
	char		*jid, *words;
	int64_t		 asked_ms;
	int64_t		 prompt;
};

static void
request_free(void *p)
{
	struct request *request = p;

	g_free(request->jid);
	g_free(request->words);
	g_free(request);
}

static struct request *
find(struct core *core, int64_t account, const char *jid)
{
	for (guint i = 0; i < core->requests->len; i++) {
		struct request *request = core->requests->pdata[i];

		if (request->account == account && strcmp(request->jid, jid) == 0)
			return request;
	}
	return NULL;
}

static void
forget_row(struct core *core, int64_t account, const char *jid)
{
	g_autoptr(GError) error = NULL;

	if (!turn_begin(core->turn))
		return;
	if (!request_delete(core->store, account, jid, &error))
		log_error("store", "%s", error->message);
	turn_end(core->turn, error == NULL);
}

static void ask(struct request *request);

static void
answered(void *ctx, const char *value, bool keep)
{
	struct request *request = ctx;
	struct account *account = account_find_id(request->core, request->account);

	(void)keep;
	request->prompt = 0;
	if (account == NULL)
		return;
	if (value == NULL || !account_online(account)) {
		if (value != NULL)
			account_notice(account, SEVERITY_WARNING,
			    "%s is not on line, so the answer to %s could not be sent. The question stays open.",
			    account_name(account), request->jid);
		ask(request);
		return;
	}
	if (strcmp(value, "deny") == 0) {
		roster_subscribe(account, request->jid, "unsubscribed", NULL);
	} else {
		roster_subscribe(account, request->jid, "subscribed", NULL);
		if (strcmp(value, "add") == 0)
			roster_subscribe(account, request->jid, "subscribe", NULL);
	}
	forget_row(request->core, request->account, request->jid);
	g_ptr_array_remove(request->core->requests, request);
}

static void
ask(struct request *request)
{
	struct account *account = account_find_id(request->core, request->account);
	g_autofree char *title = g_strdup_printf("%s asks to be a contact", request->jid);
	g_autofree char *text =
	    g_strdup_printf("%s asks to see when you are on line and to be in your contact list.%s%s%s", request->jid,
	    request->words != NULL ? " The words: \"" : "", request->words != NULL ? request->words : "",
	    request->words != NULL ? "\"" : "");
	bool known = chat_find(request->core->store, request->account, request->jid, CHAT_PERSON, false, NULL) != 0;
	struct prompt_question question = { .kind = PROMPT_CHOICE, .scope = SCOPE_EVERYONE, .title = title,
	    .text = text };

	question.account = account_name(account);
	question.chat = request->jid;
	question.facts = json_pack("[[s,s],[s,s],[s,s]]", "address", request->jid, "for", account_jid(account),
	    "before", known ? "there is a chat with this address" : "no message before");
	question.choices = json_pack("[[s,s,s],[s,s,s],[s,s,s]]",
	    "add", "let them see you, and ask to see them too", "a",
	    "allow", "let them see you", "o",
	    "deny", "refuse; they are told", "d");
	request->prompt = prompt_open(request->core->prompts, &question, answered, request);
}

static void
asked(struct account *account, const char *bare, const struct stanza *presence)
{
	struct core *core = account->core;
	const char *status = stanza_text(stanza_child(presence, "status", NS_CLIENT));
	struct request *request = find(core, account->id, bare);
	struct request_row row = { .account = account->id };
	g_autoptr(GError) error = NULL;

	if (strcmp(bare, account_jid(account)) == 0)
		return;
	/* The server asks again at each log-in until it is answered; or the disk refused the first time. */
	if (request != NULL) {
		row.jid = request->jid;
		row.words = request->words;
		row.asked_ms = request->asked_ms;
		if (!request_save(core->store, &row, &error))
			turn_failed(core->turn, error);
		return;
	}
	if (core->requests->len >= LIMIT_REQUESTS) {
		log_warning("roster", "%s: too many open requests; one more is ignored", account_name(account));
		return;
	}
	request = g_new0(struct request, 1);
	request->core = core;
	request->account = account->id;
	request->jid = g_strdup(bare);
	request->words = status != NULL && *status != '\0' ? text_clean(status, -1, TEXT_LINE, LIMIT_NAME) : NULL;
	row.jid = request->jid;
	row.words = request->words;
	row.asked_ms = request->asked_ms = clock_real_us() / 1000;
	if (!request_save(core->store, &row, &error)) {
		turn_failed(core->turn, error);
		request_free(request);
		return;
	}
	g_ptr_array_add(core->requests, request);
	ask(request);
}

void
request_presence(struct account *account, const char *bare, const char *type, const struct stanza *presence)
{
	if (strcmp(type, "subscribe") == 0) {
		asked(account, bare, presence);
	} else if (strcmp(type, "subscribed") == 0) {
		if (roster_has(account->roster, bare))
			account_notice(account, SEVERITY_INFO, "%s lets you see when they are on line.", bare);
	} else if (strcmp(type, "unsubscribed") == 0) {
		if (roster_has(account->roster, bare))
			account_notice(account, SEVERITY_INFO, "%s does not let you see when they are on line.", bare);
	} else if (strcmp(type, "unsubscribe") == 0) {
		request_settle(account, bare);
		if (roster_has(account->roster, bare))
			account_notice(account, SEVERITY_INFO, "%s does not want to see any more when you are on line.",
			    bare);
	}
	turn_wake(account->core->turn);
}

void
requests_restore(struct core *core)
{
	g_autoptr(GPtrArray) rows = request_list(core->store);

	for (guint i = 0; i < rows->len; i++) {
		const struct request_row *row = rows->pdata[i];
		struct request *request;

		if (account_find_id(core, row->account) == NULL)
			continue;
		request = g_new0(struct request, 1);
		request->core = core;
		request->account = row->account;
		request->jid = g_strdup(row->jid);
		request->words = g_strdup(row->words);
		request->asked_ms = row->asked_ms;
		g_ptr_array_add(core->requests, request);
		ask(request);
	}
}

void
request_settle(struct account *account, const char *bare)
{
	struct request *request = find(account->core, account->id, bare);

	if (request == NULL)
		return;
	prompt_withdraw(account->core->prompts, request->prompt);
	forget_row(account->core, account->id, bare);
	g_ptr_array_remove(account->core->requests, request);
}

void
requests_forget(struct account *account)
{
	GPtrArray *requests = account->core->requests;

	for (guint i = requests->len; i-- > 0;) {
		struct request *request = requests->pdata[i];

		if (request->account != account->id)
			continue;
		prompt_withdraw(account->core->prompts, request->prompt);
		g_ptr_array_remove_index(requests, i);
	}
}

GPtrArray *
requests_new(void)
{
	return g_ptr_array_new_with_free_func(request_free);
}
