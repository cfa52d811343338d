/* transfers.c: /transfers: the files that are on their way. */
#include "core/feature.h"
#include "core/transfer.h"

extern const struct feature feature_transfers;

static void
say_one(struct command_call *call, const struct event_transfer *t)
{
	g_autofree char *done = transfer_size_text(t->done), *size = transfer_size_text(t->size);
	g_autofree char *speed = transfer_size_text(t->speed), *more = NULL;

	more = t->state == TRANSFER_RUNNING && t->speed > 0 ?
	    g_strdup_printf(", %s/s, %" G_GINT64_FORMAT " s left", speed, t->left) :
	    t->reason != NULL ? g_strdup_printf(": %s", t->reason) : g_strdup("");
	command_say(call, "%" G_GINT64_FORMAT "  %s %s: %s, %s%s%s%s", t->id, t->direction == DIRECTION_OUT ? "to send" :
	    "to fetch", t->name, transfer_state_name(t->state), done, t->size > 0 ? " of " : "", t->size > 0 ? size : "", more);
}

static void
transfers_run(struct command_call *call)
{
	g_autoptr(GPtrArray) all = transfer_list(call->core->transfers);
	json_t *data = json_array();

	for (guint i = 0; i < all->len; i++) {
		struct event event = transfer_event(all->pdata[i]);

		say_one(call, &event.transfer);
		json_array_append_new(data, event_to_json(&event));
		event_clear(&event);
	}
	if (all->len == 0)
		command_say(call, "No file is on its way.");
	command_data(call, data);
	command_done(call);
}

static void
cancel_run(struct command_call *call)
{
	gint64 number = 0;
	struct transfer *t = g_ascii_string_to_signed(call->argv[0], 10, 1, G_MAXINT64, &number, NULL) ?
	    transfer_find(call->core->transfers, number) : NULL;

	if (t == NULL)
		command_fail(call, RPC_ERROR_NOT_FOUND, "There is no transfer %s; /transfers lists them.",
		    call->argv[0]);
	else if (!transfer_cancel(t))
		command_fail(call, RPC_ERROR_FAILED, "Transfer %s is over.", call->argv[0]);
	else
		command_done(call);
}

static const struct command commands[] = {
	{ "transfers", "", "files", "lists the files that are on their way, and the last ones that were",
	  "Four go at a time.", 0, transfers_run },
	{ "transfers cancel", "N", "files", "ends one", NULL, 0, cancel_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_transfers = { .name = "transfers", .commands = commands };
