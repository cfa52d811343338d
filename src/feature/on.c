/* on.c: /on: rules that run a command of the person's own when something happens; kept in the config file, in [on]. */
#include "base/limits.h"
#include "core/feature.h"
#include "core/rule.h"
#include "core/setting.h"

extern const struct feature feature_on;

static void
say_rules(struct command_call *call)
{
	const GPtrArray *rules = settings_rules(call->core->settings);
	json_t *data = json_array();

	for (guint i = 0; i < rules->len; i++) {
		const struct rule *rule = rules->pdata[i];

		command_say(call, "%u  %s", rule->number, rule->line);
		json_array_append_new(data, json_pack("{s:i, s:s}", "number", (int)rule->number, "rule", rule->line));
	}
	if (rules->len == 0)
		command_say(call, "There is no rule.");
	command_data(call, data);
	command_done(call);
}

static void
keep(struct command_call *call, unsigned number, const char *line)
{
	g_autoptr(GError) error = NULL;

	if (!settings_set_rule(call->core, number, line, &error)) {
		command_fail_with(call, error);
		return;
	}
	command_say(call, "Rule %u is %s.", number, line != NULL ? "in force" : "gone");
	command_data(call, json_pack("{s:i}", "number", (int)number));
	command_done(call);
}

static void
on_run(struct command_call *call)
{
	const GPtrArray *rules = settings_rules(call->core->settings);
	const struct rule *last = rules->len > 0 ? rules->pdata[rules->len - 1] : NULL;
	unsigned number = last != NULL ? last->number + 1 : 1;
	g_autofree char *line = g_strjoin(" ", call->argv[0], call->argv[1], NULL);
	g_autoptr(GError) error = NULL;
	struct rule *rule;

	if (call->argv[0] == NULL) {
		say_rules(call);
		return;
	}
	rule = rule_parse(number, line, &error);
	if (rule == NULL) {
		command_fail(call, RPC_ERROR_USAGE, "This is no rule: %s. Nothing was done.", error->message);
		return;
	}
	rule_free(rule);
	if (rules->len >= LIMIT_RULES)
		command_fail(call, RPC_ERROR_FAILED, "There are %u rules already. Nothing was done.", rules->len);
	else
		keep(call, number, line);
}

static void
remove_run(struct command_call *call)
{
	const GPtrArray *rules = settings_rules(call->core->settings);
	gint64 number = 0;

	if (g_ascii_string_to_signed(call->argv[0], 10, 1, G_MAXINT, &number, NULL))
		for (guint i = 0; i < rules->len; i++)
			if (((const struct rule *)rules->pdata[i])->number == number) {
				keep(call, (unsigned)number, NULL);
				return;
			}
	command_fail(call, RPC_ERROR_NOT_FOUND, "There is no rule %s; /on lists them.", call->argv[0]);
}

static const struct command commands[] = {
	{ "on", "[EVENT] [COMMAND...]", "the rest", "lists the rules, or makes one: runs COMMAND at each EVENT",
	  "EVENT is a type of confab-protocol(7), where message is one that is new; message-changed is one that was here. Before "
	  "COMMAND may stand what must hold: FIELD=TEXT, FIELD!=TEXT, or FIELD~TEXT for a part of it, with quotes around TEXT "
	  "that has blanks; FIELD is one of the event, or account or chat. COMMAND goes to sh -c as it stands; -- may precede "
	  "it.\n"
	  "What happened never becomes part of COMMAND. It gets the event as one line of JSON on its standard input, each "
	  "plain field in its environment (CONFAB_EVENT_BODY, CONFAB_EVENT_FROM, CONFAB_EVENT_STATE ...: the first 4096 bytes), "
	  "the type in CONFAB_EVENT, and what /exec gives.\n"
	  "The events of a rule are taken one by one, in their order: at most 20 in ten seconds, and 60 seconds for each; 100 "
	  "wait, and what is passed over is told, as is a status other than 0. Its output goes nowhere. Rules are kept in the "
	  "config file, in the group [on].", 0, on_run },
	{ "on remove", "N", "the rest", "takes a rule away", NULL, 0, remove_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_on = { .name = "on", .commands = commands };
