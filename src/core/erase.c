/* erase.c: see erase.h. */
#include "core/erase.h"

#include "base/clock.h"
#include "core/chat.h"
#include "core/turn.h"
#include "proto/error.h"
#include "store/erase.h"

enum { AT_ONCE = 200 };

int64_t
erase_before(int days)
{
	return clock_real_us() - days * G_GINT64_CONSTANT(86400000000);
}

static void
row_free(void *row)
{
	message_row_free(row);
}

/* The rows become events; what is counted in their chats may have changed. */
static void
put(struct core *core, GPtrArray *rows)
{
	for (guint i = 0; i < rows->len; i++) {
		struct message_row *row = rows->pdata[i];

		turn_put_chat(core->turn, row->chat);
		turn_put_message(core->turn, row);
	}
	g_ptr_array_set_free_func(rows, NULL);
}

static bool
touch(struct core *core, const GPtrArray *rows, GError **error)
{
	int64_t last = 0;
	bool ok = true;

	for (guint i = 0; ok && i < rows->len; i++) {
		const struct message_row *row = rows->pdata[i];

		if (row->chat != last)
			ok = chat_touch(core->store, row->chat, error);
		last = row->chat;
	}
	return ok;
}

bool
erase_some(struct core *core, int64_t chat, int64_t before, unsigned *n, bool *left, GError **error)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(row_free);
	bool ok;

	*left = false;
	if (!chat_begin_change(core, error))
		return false;
	ok = message_erase(core->store, chat, before, AT_ONCE, rows, error) && touch(core, rows, error);
	if (ok) {
		*n += rows->len;
		*left = rows->len == AT_ONCE;
		put(core, rows);
	}
	return chat_end_change(core, ok, error);
}

bool
erase_message(struct core *core, int64_t id, GError **error)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(row_free);
	bool ok;

	if (!chat_begin_change(core, error))
		return false;
	ok = message_erase_one(core->store, id, rows, error) && touch(core, rows, error);
	if (ok)
		put(core, rows);
	else if (error != NULL && *error == NULL)
		g_set_error(error, RPC_ERROR, RPC_ERROR_FAILED, "Message %"
		    G_GINT64_FORMAT " is still under way; /cancel %" G_GINT64_FORMAT " drops one that has not left.",
		    id, id);
	return chat_end_change(core, ok, error);
}

int64_t
erase_rev(const struct core *core)
{
	return message_erased_rev(core->store);
}
