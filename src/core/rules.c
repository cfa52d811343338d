/* rules.c: see rules.h. */
#include "core/rules.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "core/account.h"
#include "core/bus.h"
#include "core/job.h"
#include "core/rule.h"
#include "core/setting.h"
#include "core/turn.h"
#include "store/messages.h"

enum { WINDOW_MS = 10000, TELL_MS = 60000 };

/* An event that waits for its command. */
struct waiting {
	char		*command, *account, *chat, *input;
	char		**environment;
};

/* What became of one rule; it is known by its number and its line. */
struct act {
	struct rules	*rules;
	unsigned	 number;
	GQueue		 waiting;	/* of struct waiting */
	struct job	*job;		/* NULL: none runs */
	struct clock_timer *deadline, *next;
	bool		 late;
	char		*last;		/* what it said last */
	int64_t		 window_ms;
	unsigned	 begun;		/* in this window */
	int64_t		 told_ms;	/* when somebody was told something; 0: never */
	unsigned	 passed_over;	/* since */
};

struct rules {
	struct core	*core;
	struct bus_subscriber *subscriber;
	GHashTable	*acts;		/* "number line" → struct act */
	int64_t		 newest;	/* the highest number of a message that was told */
};

static void
waiting_free(void *p)
{
	struct waiting *waiting = p;

	g_free(waiting->command);
	g_free(waiting->account);
	g_free(waiting->chat);
	g_free(waiting->input);
	g_strfreev(waiting->environment);
	g_free(waiting);
}

static void
act_free(void *p)
{
	struct act *act = p;

	if (act->job != NULL)
		job_abandon(act->job);
	clock_timer_cancel(&act->deadline);
	clock_timer_cancel(&act->next);
	g_queue_clear_full(&act->waiting, waiting_free);
	g_free(act->last);
	g_free(act);
}

/* --- what people are told --- */

static bool
may_tell(struct act *act)
{
	int64_t now = clock_boot_ms();

	if (act->told_ms != 0 && now - act->told_ms < TELL_MS)
		return false;
	act->told_ms = MAX(now, 1);
	return true;
}

static void
tell(struct act *act, const char *what)
{
	struct event event = { .type = EVENT_notice };
	g_autofree char *more = act->passed_over > 0 ?
	    g_strdup_printf(" %u events were passed over.", act->passed_over) : g_strdup("");

	if (!may_tell(act))
		return;
	act->passed_over = 0;
	event.notice.severity = SEVERITY_WARNING;
	event.notice.text = g_strdup_printf("Rule %u of /on %s.%s", act->number, what, more);
	bus_post(act->rules->core->bus, event);
	turn_wake(act->rules->core->turn);
}

/* --- running --- */

static void begin_next(void *ctx);

static void
on_lines(void *ctx, struct job *job, json_t *lines, bool error)
{
	struct act *act = ctx;
	size_t n = json_array_size(lines);

	(void)job;
	(void)error;
	g_free(act->last);
	act->last = g_strdup(json_string_value(json_array_get(lines, n - 1)));
}

static void
on_ended(void *ctx, struct job *job)
{
	struct act *act = ctx;
	g_autofree char *how = job_end_text(job), *what = NULL;

	act->job = NULL;
	clock_timer_cancel(&act->deadline);
	if (act->late)
		what = g_strdup_printf("took more than %d s and was ended", LIMIT_RULE_TIME / 1000);
	else if (job_status(job) != 0 && !act->rules->core->quitting)
		what = g_strdup_printf("%s%s%s", how, act->last != NULL ? ": " : "", act->last != NULL ? act->last : "");
	if (what != NULL)
		tell(act, what);
	if (act->next == NULL)
		act->next = clock_timer_start(0, begin_next, act);
}

static const struct job_handler handler = { .lines = on_lines, .ended = on_ended };

static void
too_late(void *ctx)
{
	struct act *act = ctx;

	act->deadline = NULL;
	act->late = true;
	job_kill(act->job);
}

static void
begin(struct act *act, const struct waiting *waiting)
{
	struct core *core = act->rules->core;
	const struct account *account = waiting->account != NULL ? account_find(core, waiting->account) : NULL;
	struct job_wish wish = { .command = waiting->command, .account = account, .chat = waiting->chat,
		.environment = waiting->environment, .input = waiting->input };
	g_autoptr(GError) error = NULL;
	g_autofree char *what = NULL;

	act->late = false;
	g_clear_pointer(&act->last, g_free);
	act->begun++;
	act->job = job_start(core, &wish, &handler, act, &error);
	if (act->job != NULL) {
		act->deadline = clock_timer_start(LIMIT_RULE_TIME, too_late, act);
		return;
	}
	what = g_strdup_printf("cannot be run: %s", error->message);
	act->passed_over++;
	tell(act, what);
}

static void
begin_next(void *ctx)
{
	struct act *act = ctx;
	int64_t now = clock_boot_ms();

	act->next = NULL;
	if (now - act->window_ms >= WINDOW_MS) {
		act->window_ms = now;
		act->begun = 0;
	}
	while (act->job == NULL && act->begun < LIMIT_RULE_RATE && act->waiting.length > 0 &&
	    !act->rules->core->quitting) {
		struct waiting *waiting = g_queue_pop_head(&act->waiting);

		begin(act, waiting);
		waiting_free(waiting);
	}
	if (act->job == NULL && act->waiting.length > 0)
		act->next = clock_timer_start(act->window_ms + WINDOW_MS - now, begin_next, act);
}

static struct act *
act_of(struct rules *rules, const struct rule *rule)
{
	char *key = g_strdup_printf("%u %s", rule->number, rule->line);
	struct act *act = g_hash_table_lookup(rules->acts, key);

	if (act == NULL) {
		act = g_new0(struct act, 1);
		act->rules = rules;
		act->number = rule->number;
		act->window_ms = clock_boot_ms();
		g_queue_init(&act->waiting);
		g_hash_table_insert(rules->acts, key, act);
	} else {
		g_free(key);
	}
	return act;
}

static void
take(struct rules *rules, const struct rule *rule, const struct event *event, const json_t *object)
{
	struct act *act = act_of(rules, rule);
	struct waiting *waiting;
	char *text;

	if (act->waiting.length >= LIMIT_RULE_WAITING) {
		act->passed_over++;
		tell(act, "is behind: more happens than it can take");
		return;
	}
	waiting = g_new0(struct waiting, 1);
	waiting->command = g_strdup(rule->command);
	waiting->account = g_strdup(event->account_name);
	waiting->chat = g_strdup(event->chat_jid);
	waiting->environment = rule_environment(event, object);
	text = json_dumps(object, JSON_COMPACT);
	waiting->input = g_strconcat(text, "\n", NULL);
	free(text);
	g_queue_push_tail(&act->waiting, waiting);
	/* Not from here: what is told now is not yet told to all. */
	if (act->job == NULL && act->next == NULL)
		act->next = clock_timer_start(0, begin_next, act);
}

/* Those that were removed or changed have nothing to do any more. */
static gboolean
is_no_rule(gpointer key, gpointer value, gpointer data)
{
	const GPtrArray *rules = data;

	(void)value;
	for (guint i = 0; i < rules->len; i++) {
		const struct rule *rule = rules->pdata[i];
		g_autofree char *own = g_strdup_printf("%u %s", rule->number, rule->line);

		if (strcmp(key, own) == 0)
			return FALSE;
	}
	return TRUE;
}

static void
on_event(void *ctx, const struct event *event)
{
	struct rules *rules = ctx;
	GPtrArray *all = settings_rules(rules->core->settings);
	bool fresh = event->type == EVENT_message && !event->gone && event->message.id > rules->newest;
	json_t *object = NULL;

	if (fresh)
		rules->newest = event->message.id;
	if (g_hash_table_size(rules->acts) > all->len)
		g_hash_table_foreach_remove(rules->acts, is_no_rule, all);
	/* A question to one session is nobody else's. */
	if (event->type == EVENT_prompt && event->prompt.scope == SCOPE_SESSION)
		return;
	for (guint i = 0; i < all->len; i++) {
		const struct rule *rule = all->pdata[i];

		if (rule->type != event->type)
			continue;
		if (object == NULL)
			object = event_to_json(event);
		if (rule_fits(rule, event, fresh, object))
			take(rules, rule, event, object);
	}
	json_decref(object);
}

struct rules *
rules_new(struct core *core)
{
	struct rules *rules = g_new0(struct rules, 1);

	rules->core = core;
	rules->acts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, act_free);
	rules->newest = message_newest(core->store);
	rules->subscriber = bus_subscribe(core->bus, on_event, rules);
	return rules;
}

void
rules_free(struct rules *rules)
{
	bus_unsubscribe(rules->core->bus, rules->subscriber);
	g_hash_table_unref(rules->acts);
	g_free(rules);
}
