/* watch.c: confab watch [TYPE...]: the core's events, one JSON object on a line, until somebody stops reading. */
#include <errno.h>
#include <glib-unix.h>
#include <unistd.h>

#include "face/cli/cli.h"
#include "face/cli/output.h"
#include "face/cli/session.h"

struct watch {
	struct session	 session;
	bool		 left;		/* nobody reads our output any more */
	bool		 broken;	/* it could not be written for another reason */
	guint		 source;	/* watches for the reader */
};

static void
on_event(void *ctx, const struct event *event, json_t *raw)
{
	struct watch *watch = ctx;

	(void)event;
	if (watch->left || watch->broken || output_json(raw))
		return;
	watch->broken = errno != EPIPE;
	watch->left = !watch->broken;
	session_wake(&watch->session);
}

/* The reader of our pipe left: without this we would notice at the next event, which may be tomorrow. */
static gboolean
on_reader_gone(gint fd, GIOCondition condition, gpointer ctx)
{
	struct watch *watch = ctx;

	(void)fd;
	(void)condition;
	watch->left = true;
	watch->source = 0;
	session_wake(&watch->session);
	return G_SOURCE_REMOVE;
}

static json_t *
subscription(const struct cli_options *o)
{
	json_t *params = json_object();

	if (o->words->len > 0) {
		json_t *types = json_array();

		for (guint i = 0; i < o->words->len; i++)
			json_array_append_new(types, json_string(o->words->pdata[i]));
		json_object_set_new(params, "types", types);
	}
	if (o->account != NULL)
		json_object_set_new(params, "account", json_string(o->account));
	if (o->chat != NULL)
		json_object_set_new(params, "chat", json_string(o->chat));
	if (o->since >= 0)
		json_object_set_new(params, "since", json_integer(o->since));
	return params;
}

static bool
types_known(const struct cli_options *o)
{
	for (guint i = 0; i < o->words->len; i++) {
		enum event_type type;

		if (!event_type_find(o->words->pdata[i], &type)) {
			g_autofree char *sentence =
			    g_strdup_printf("There is no event type \"%s\"; confab-protocol(7) lists them.",
			    (const char *)o->words->pdata[i]);

			output_error(sentence);
			return false;
		}
	}
	return true;
}

int
cli_watch(const struct cli_options *o, const struct paths *paths)
{
	struct watch watch = { 0 };
	struct answer answer;
	int status;

	if (!types_known(o))
		return CLI_FAILED;
	status = session_open(&watch.session, paths, "watch", false);
	watch.session.on_event = on_event;
	watch.session.ctx = &watch;
	watch.source = g_unix_fd_add(STDOUT_FILENO, G_IO_ERR | G_IO_HUP, on_reader_gone, &watch);
	if (status == CLI_OK) {
		if (!session_ask(&watch.session, "subscribe", subscription(o), &answer))
			status = session_failure(&watch.session, answer.error);
		answer_clear(&answer);
	}
	if (status == CLI_OK) {
		while (!watch.left && !watch.broken && session_wait(&watch.session, -1))
			;
		if (watch.session.gone) {
			output_error("The core is gone.");
			status = CLI_NO_CORE;
		} else if (watch.broken) {
			status = CLI_FAILED;
		}
	}
	if (watch.source != 0)
		g_source_remove(watch.source);
	session_close(&watch.session);
	return status;
}
