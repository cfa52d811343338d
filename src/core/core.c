/* core.c: see core.h. */
#include "core/core.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/absence.h"
#include "core/account.h"
#include "core/attention.h"
#include "core/bus.h"
#include "core/chat.h"
#include "core/caps.h"
#include "core/connection.h"
#include "core/erase.h"
#include "core/invite.h"
#include "core/job.h"
#include "core/prompt.h"
#include "core/request.h"
#include "core/rules.h"
#include "core/search.h"
#include "core/setting.h"
#include "core/transfer.h"
#include "core/turn.h"
#include "store/aside.h"
#include "store/messages.h"

enum {
	STOP_MS = 2500,		/* a server that does not answer </stream:stream> is left */
	STOP_STEP_MS = 10,
	DAY_MS = 86400000,
	FORGET_AT_ONCE = 500,
};

static void
on_stuck(void *ctx, bool stuck, const char *why)
{
	struct core *core = ctx;
	struct event event = { .type = EVENT_notice };

	event.notice.severity = stuck ? SEVERITY_ERROR : SEVERITY_INFO;
	event.notice.text = stuck ?
	    g_strdup_printf("%s Nothing is received until it works again, and a line that was just entered waits; what you "
	    "type now stays in the line.", why) :
	    g_strdup("The disk takes again. confab goes on.");
	bus_post(core->bus, event);
	for (guint i = 0; i < core->accounts->len; i++) {
		connection_hold(core->accounts->pdata[i], stuck);
		account_post(core->accounts->pdata[i]);
	}
}

static json_t *
no_faces(void *ctx)
{
	(void)ctx;
	return json_array();
}

static void
no_quit(void *ctx)
{
	(void)ctx;
}

/* The account and chat in front are kept as two lines. */
static void
load_front(struct core *core)
{
	g_autofree char *text = store_get_text(core->store, "front");
	char *newline = text != NULL ? strchr(text, '\n') : NULL;

	if (newline == NULL)
		return;
	core->front_account = g_strndup(text, (gsize)(newline - text));
	core->front_chat = g_strdup(newline + 1);
}

/* What is damaged is set aside, never written over, and a new one begins; people are told by say_aside(). */
static struct store *
open_store(struct core *core, const char *vfs, GError **error)
{
	g_autoptr(GError) cause = NULL, trouble = NULL;
	struct store *store = store_open(core->paths->database, vfs, &cause);
	g_autofree char *aside = NULL;

	if (store != NULL)
		return store;
	if (g_error_matches(cause, STORE_ERROR, STORE_ERROR_DAMAGED))
		aside = aside_put(core->paths->database, &trouble);
	if (aside == NULL) {
		g_propagate_error(error, g_steal_pointer(&cause));
		if (trouble != NULL)
			g_prefix_error(error, "%s ", trouble->message);
		return NULL;
	}
	core->set_aside =
	    g_strdup_printf("%s It is kept as %s, and confab goes on with a new one. Your accounts and settings are as they were. confab doctor --recover, while no core runs, brings back the messages that can be read.", cause->message,
	    aside);
	log_error("store", "%s", core->set_aside);
	return store_open(core->paths->database, vfs, error);
}

static void
told_aside(void *ctx, const char *value, bool keep)
{
	(void)ctx;
	(void)value;
	(void)keep;
}

/* A question with one answer: it stands in every face until somebody has read it. */
static void
say_aside(struct core *core)
{
	struct prompt_question question = { .kind = PROMPT_CONFIRM, .scope = SCOPE_EVERYONE,
	    .title = "the database was damaged", .text = core->set_aside, .default_choice = "ok" };

	question.choices = json_pack("[[s,s]]", "ok", "I have read it");
	prompt_open(core->prompts, &question, told_aside, core);
}

struct core *
core_new(const struct paths *paths, const struct transport *transport, const char *vfs, GError **error)
{
	struct core *core = g_new0(struct core, 1);

	core->paths = paths;
	core->transport = transport;
	core->faces = no_faces;
	core->quit = no_quit;
	core->started_ms = clock_real_us() / 1000;
	core->epoch = stanza_new_id();
	core->bus = bus_new();
	core->accounts = g_ptr_array_new();
	core->attention = attention_new(core);
	core->caps = caps_new();
	core->calls = g_ptr_array_new();
	core->jobs = jobs_new(core);
	core->transfers = transfers_new(core);
	core->requests = requests_new();
	core->invites = invites_new();
	core->addresses = chat_addresses_new();
	core->drafters = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	core->settings = settings_load(paths->config, error);
	core->store = core->settings != NULL ? open_store(core, vfs, error) : NULL;
	if (core->store == NULL) {
		core_free(core);
		return NULL;
	}
	settings_number(core);
	core->turn = turn_new(core);
	core->prompts = prompts_new(core);
	core->absence = absence_new(core);
	core->rules = rules_new(core);
	turn_on_stuck(core->turn, on_stuck, core);
	if (!accounts_load(core, error)) {
		core_free(core);
		return NULL;
	}
	load_front(core);
	requests_restore(core);
	invites_restore(core);
	if (core->set_aside != NULL)
		say_aside(core);
	return core;
}

static void
forget_old(void *ctx)
{
	struct core *core = ctx;
	g_autoptr(GError) error = NULL;
	int64_t before_ms = clock_real_us() / 1000 - (int64_t)setting_get(core->settings,
	    SETTING_HISTORY_RAW_DAYS) * DAY_MS;
	int keep_days = setting_get(core->settings, SETTING_HISTORY_KEEP_DAYS);
	unsigned erased = 0;
	bool left = false;

	if (turn_begin(core->turn)) {
		if (!message_forget_raw(core->store, before_ms, FORGET_AT_ONCE, &left, &error))
			log_warning("store", "%s", error->message);
		turn_end(core->turn, error == NULL);
	}
	if (error == NULL && !left && keep_days > 0 && !erase_some(core, 0, erase_before(keep_days), &erased, &left,
	    &error))
		log_warning("store", "%s", error->message);
	core->daily = clock_timer_start(left && error == NULL ? 0 : DAY_MS, forget_old, core);
}

void
core_start(struct core *core)
{
	forget_old(core);
	for (guint i = 0; i < core->accounts->len; i++) {
		struct account *account = core->accounts->pdata[i];

		if (account->settings->enabled && account->settings->autoconnect)
			connection_open(account);
	}
}

struct stopping {
	struct core	*core;
	int64_t		 deadline_ms;
	void		(*done)(void *ctx);
	void		*ctx;
};

static void
stop_step(void *ctx)
{
	struct stopping *stopping = ctx;
	struct core *core = stopping->core;
	bool down = jobs_over(core->jobs);

	for (guint i = 0; i < core->accounts->len; i++)
		down &= connection_down(core->accounts->pdata[i]);
	if (!down && clock_boot_ms() < stopping->deadline_ms) {
		clock_timer_start(STOP_STEP_MS, stop_step, stopping);
		return;
	}
	turn_finish(core->turn);
	stopping->done(stopping->ctx);
	g_free(stopping);
}

void
core_stop(struct core *core, void (*done)(void *ctx), void *ctx)
{
	struct stopping *stopping = g_new(struct stopping, 1);

	core->quitting = true;
	stopping->core = core;
	stopping->deadline_ms = clock_boot_ms() + STOP_MS;
	stopping->done = done;
	stopping->ctx = ctx;
	jobs_stop(core->jobs);
	turn_finish(core->turn);
	for (guint i = 0; i < core->accounts->len; i++)
		connection_end(core->accounts->pdata[i]);
	clock_timer_start(0, stop_step, stopping);
}

void
core_free(struct core *core)
{
	clock_timer_cancel(&core->daily);
	search_free(core);
	transfers_free(core->transfers);
	jobs_free(core->jobs);
	g_clear_pointer(&core->rules, rules_free);
	if (core->turn != NULL) {
		turn_finish(core->turn);
		turn_abandon(core->turn);
	}
	/* Whoever hears that an answer is lost does not find an account that is gone. */
	while (core->accounts->len > 0)
		account_free(g_ptr_array_steal_index(core->accounts, 0));
	g_ptr_array_unref(core->accounts);
	if (core->prompts != NULL)
		prompts_free(core->prompts);
	if (core->turn != NULL)
		turn_free(core->turn);
	if (core->store != NULL)
		store_close(core->store);
	if (core->settings != NULL)
		settings_free(core->settings);
	g_ptr_array_unref(core->requests);
	g_ptr_array_unref(core->invites);
	g_ptr_array_unref(core->calls);
	g_hash_table_unref(core->drafters);
	g_hash_table_unref(core->addresses);
	g_hash_table_unref(core->caps);
	absence_free(core->absence);
	attention_free(core->attention);
	bus_free(core->bus);
	g_free(core->set_aside);
	g_free(core->front_account);
	g_free(core->front_chat);
	g_free(core->epoch);
	g_free(core);
}
