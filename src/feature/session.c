/* session.c: who is attached, and the end of the core. */
#include <string.h>

#include "base/clock.h"
#include "core/chat.h"
#include "core/feature.h"

extern const struct feature feature_session;

static void
faces_run(struct command_call *call)
{
	json_t *faces = call->core->faces(call->core->faces_ctx), *face;
	size_t i;

	json_array_foreach(faces, i, face)
		command_say(call, "%s  since %s", json_string_value(json_object_get(face, "client")),
		    json_string_value(json_object_get(face, "since")));
	command_data(call, faces);
	command_done(call);
}

static void
leave(struct command_call *call)
{
	struct core *core = call->core;

	command_done(call);
	core->quit(core->quit_ctx);
}

static void
quit_answered(struct command_call *call, const char *value)
{
	if (strcmp(value, "yes") == 0)
		leave(call);
	else
		command_fail(call, RPC_ERROR_CANCELLED, "The core goes on.");
}

/* Messages that are on this machine only. */
static unsigned
unsent(struct core *core)
{
	unsigned n = 0;

	for (guint i = 0; i < core->accounts->len; i++) {
		struct account *account = core->accounts->pdata[i];
		g_autoptr(GPtrArray) queued = message_in_state(core->store, account->id, MESSAGE_QUEUED);
		g_autoptr(GPtrArray) sent = message_in_state(core->store, account->id, MESSAGE_SENT);

		/* Without stream management nobody ever says that a message is there. */
		n += queued->len + (account->sm.on ? sent->len : 0);
	}
	return n;
}

/* Terminals and the like: a script that runs one line and goes is nobody to ask for. */
static unsigned
others(struct command_call *call)
{
	json_t *faces = call->core->faces(call->core->faces_ctx), *face;
	unsigned n = 0;
	size_t i;

	json_array_foreach(faces, i, face)
		if ((uint64_t)json_integer_value(json_object_get(face, "session")) != call->caller->session &&
		    json_is_true(json_object_get(face, "interactive")))
			n++;
	json_decref(faces);
	return n;
}

static void
quit_run(struct command_call *call)
{
	unsigned waiting = unsent(call->core), attached = others(call);
	g_autoptr(GString) text = g_string_new(NULL);

	if (waiting == 0 && attached == 0) {
		leave(call);
		return;
	}
	if (attached > 0)
		g_string_append_printf(text, "%u other%s attached. ", attached, attached == 1 ? " is" : "s are");
	if (waiting > 0)
		g_string_append_printf(text, "%u message%s not on the server yet; %s sent when confab runs again. ",
		    waiting, waiting == 1 ? " is" : "s are", waiting == 1 ? "it is" : "they are");
	g_string_append(text, "End the core?");
	command_ask(call, PROMPT_CONFIRM, false, "end the core", text->str,
	    json_pack("[[s,s],[s,s]]", "no", "go on", "yes", "end it"), "no", quit_answered);
}

static void
restart_run(struct command_call *call)
{
	call->core->restart = true;
	leave(call);
}

static const struct command commands[] = {
	{ "faces", "", "the rest", "lists who is attached to this core", NULL, 0, faces_run },
	{ "quit", "", "the rest", "ends the core and this screen",
	  "It asks first when somebody else is attached or something is not sent yet; other terminals stay and wait for the next "
	  "core. /detach ends only the screen.", 0,
	  quit_run },
	{ "restart", "", "the rest", "starts the core anew, as the executable that is on disk now",
	  "Terminals that are attached come back by themselves, with what is typed in them; what was not sent yet is sent then. "
	  "A terminal whose core is gone starts one with it.", 0, restart_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_session = { .name = "session", .commands = commands };
