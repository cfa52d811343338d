/*
 * doctor.c: confab doctor: what a running core says about its accounts; all else is looked at by the core's executable,
 * in a process of its own, so that it also works where no core starts.
 */
#include <stdlib.h>
#include <string.h>

#include "base/checkup.h"
#include "face/cli/cli.h"
#include "face/cli/launch.h"
#include "face/cli/output.h"
#include "face/cli/session.h"

/* Certificates and times of messages take no harm from less. */
enum { CLOCK_MS = 2000 };

static void
check_clock(struct checkup *checkup, struct session *session, const char *name)
{
	g_autofree char *line = g_strdup_printf("/why %s", name);
	struct answer answer;

	if (session_ask(session, "run", json_pack("{s:s}", "line", line), &answer)) {
		int64_t ms = json_integer_value(json_object_get(json_object_get(answer.result, "data"),
		    "clock_offset_ms"));

		if (llabs(ms) >= CLOCK_MS)
			checkup_wrong(checkup,
			    "Times of messages are wrong by as much; let the machine set its clock (NTP).",
			    "The clock here is %.1f s %s that of the server of %s.", (double)llabs(ms) / 1000,
			    ms > 0 ? "behind" : "ahead of", name);
		else
			checkup_good("The clock agrees with that of the server of %s", name);
	}
	answer_clear(&answer);
}

/* What the server offers; a part that matters and is missing is worth knowing, and nothing that is wrong here. */
static void
check_server(struct checkup *checkup, struct session *session, const char *name)
{
	struct answer answer;
	json_t *service;
	size_t i;

	if (!session_ask(session, "run", json_pack("{s:s, s:s}", "line", "/server", "account", name), &answer)) {
		checkup_wrong(checkup, NULL, "What the server of %s offers, it does not tell: %s", name,
		    answer.error->message);
		answer_clear(&answer);
		return;
	}
	json_array_foreach(json_object_get(json_object_get(answer.result, "data"), "services"), i, service) {
		const char *what = json_string_value(json_object_get(service, "name"));
		const char *by = json_string_value(json_object_get(service, "offered_by"));
		const char *use = json_string_value(json_object_get(service, "use"));
		const char *without = json_string_value(json_object_get(service, "without"));

		if (what == NULL || use == NULL)
			continue;
		if (by != NULL && strcmp(use, "used") == 0)
			checkup_good("%s: in use", what);
		else if (by != NULL)
			checkup_note("%s: offered, %s", what, strcmp(use, "needless") == 0 ?
			    "and not needed: the core stays on line" : "and not used by this version");
		else if (without != NULL)
			checkup_note("%s: not offered; %s", what, without);
	}
	answer_clear(&answer);
}

static void
check_account(struct checkup *checkup, struct session *session, const json_t *account)
{
	const char *name = json_string_value(json_object_get(account, "account"));
	const char *state = json_string_value(json_object_get(account, "state"));
	const char *text = json_string_value(json_object_get(account, "text"));
	g_autofree char *mend =
	    g_strdup_printf("confab do '/why %s' tells every step; confab do '/connect %s' tries now.", name, name);

	if (name == NULL || state == NULL)
		return;
	if (strcmp(state, "failed") == 0 || strcmp(state, "waiting") == 0)
		checkup_wrong(checkup, mend, "The core says that %s is %s. %s", name, state, text != NULL ? text : "");
	else
		checkup_good("The core says that %s is %s", name, state);
	if (strcmp(state, "online") == 0)
		check_clock(checkup, session, name);
	if (strcmp(state, "online") == 0)
		check_server(checkup, session, name);
}

static void
check_core(struct checkup *checkup, const struct cli_options *o, const struct paths *paths)
{
	struct session session;
	struct answer answer;
	json_t *account;
	size_t i;

	if (!launch_core_listens(paths))
		return;
	checkup_head("Accounts in the core");
	if (session_open(&session, paths, "doctor", false) != CLI_OK) {
		checkup->wrong = true;
	} else if (session_ask(&session, "accounts", NULL, &answer)) {
		json_array_foreach(json_object_get(answer.result, "accounts"), i, account)
			if (o->account == NULL || g_strcmp0(o->account,
			    json_string_value(json_object_get(account, "account"))) == 0)
				check_account(checkup, &session, account);
		answer_clear(&answer);
	} else {
		checkup_wrong(checkup, NULL, "The core does not tell: %s", answer.error->message);
		answer_clear(&answer);
	}
	session_close(&session);
}

int
cli_doctor(const struct cli_options *o, const struct paths *paths)
{
	struct checkup checkup = { false };
	g_autoptr(GError) error = NULL;
	int files;

	if (!o->recover && !o->config)
		check_core(&checkup, o, paths);
	files = launch_doctor(o, &error);
	if (files == -1)
		output_error(error->message);
	return files == 0 && !checkup.wrong ? CLI_OK : CLI_FAILED;
}
