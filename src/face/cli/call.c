/* call.c: confab call METHOD [JSON]. */
#include "face/cli/cli.h"
#include "face/cli/output.h"
#include "face/cli/session.h"

static json_t *
read_params(const char *text)
{
	json_error_t at;
	json_t *params = json_loads(text, JSON_REJECT_DUPLICATES, &at);

	if (params == NULL) {
		g_autofree char *sentence = g_strdup_printf("The parameters are not JSON: %s at column %d.", at.text,
		    at.column);

		output_error(sentence);
	} else if (!json_is_object(params)) {
		output_error("The parameters are not an object, such as '{\"limit\": 5}'.");
		g_clear_pointer(&params, json_decref);
	}
	return params;
}

int
cli_call(const struct cli_options *o, const struct paths *paths)
{
	json_t *params = o->words->len > 1 ? read_params(o->words->pdata[1]) : json_object();
	struct session session;
	struct answer answer;

	if (params == NULL)
		return CLI_FAILED;
	if (o->account != NULL)
		json_object_set_new(params, "account", json_string(o->account));
	if (o->chat != NULL)
		json_object_set_new(params, "chat", json_string(o->chat));
	int status = session_open(&session, paths, "call", false);
	if (status == CLI_OK) {
		if (!session_ask(&session, o->words->pdata[0], json_incref(params), &answer))
			status = session_failure(&session, answer.error);
		else if (!output_json(answer.result))
			status = CLI_FAILED;
		answer_clear(&answer);
	}
	json_decref(params);
	session_close(&session);
	return status;
}
