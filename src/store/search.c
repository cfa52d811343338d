/*
 * search.c: see search.h.  FTS5 writes what it was given to the disk as a segment of its own whenever a savepoint or a
 * statement with a journal begins (3.40: at every stanza), and merges segments later: a third of what a message cost.
 * So additions wait for the commit.
 */
#include "store/search.h"

#include "store/db.h"

struct entry {
	int64_t	 ord;
	char	*body;		/* or NULL */
	bool	 cancels;	/* the addition of this ord before it */
};

static void
entry_clear(void *entry)
{
	g_free(((struct entry *)entry)->body);
}

GArray *
search_waiting_new(void)
{
	GArray *waiting = g_array_new(FALSE, FALSE, sizeof(struct entry));

	g_array_set_clear_func(waiting, entry_clear);
	return waiting;
}

bool
search_add(struct store *store, int64_t ord, const char *body, GError **error)
{
	struct entry entry = { .ord = ord, .body = g_strdup(body) };

	(void)error;
	g_assert(store->in_savepoint);
	g_array_append_val(store->waiting, entry);
	return true;
}

bool
search_remove(struct store *store, int64_t ord, const char *body, GError **error)
{
	struct entry cancel = { .ord = ord, .cancels = true };

	for (guint i = store->waiting->len; i-- > 0; ) {
		const struct entry *entry = &g_array_index(store->waiting, struct entry, i);

		if (entry->ord != ord)
			continue;
		if (entry->cancels)
			break;
		g_array_append_val(store->waiting, cancel);
		return true;
	}
	return db_change(store, error, "INSERT INTO message_text(message_text, rowid, body) VALUES('delete', ?1, ?2)",
	    "it", ord, body);
}

static bool
is_cancelled(const struct store *store, guint i)
{
	int64_t ord = g_array_index(store->waiting, struct entry, i).ord;

	while (++i < store->waiting->len)
		if (g_array_index(store->waiting, struct entry, i).ord == ord)
			return g_array_index(store->waiting, struct entry, i).cancels;
	return false;
}

bool
search_flush(struct store *store, GError **error)
{
	bool cancels = false;
	g_autoptr(GError) failure = NULL;

	for (guint i = 0; i < store->waiting->len && !cancels; i++)
		cancels = g_array_index(store->waiting, struct entry, i).cancels;
	for (guint i = 0; i < store->waiting->len && failure == NULL; i++) {
		const struct entry *entry = &g_array_index(store->waiting, struct entry, i);

		if (!entry->cancels && !(cancels && is_cancelled(store, i)))
			db_row(store, db_ask(store, "INSERT INTO message_text(rowid, body) VALUES(?1, ?2)", "it",
			    entry->ord, entry->body), &failure);
	}
	if (failure == NULL)
		return true;
	g_propagate_error(error, g_steal_pointer(&failure));
	return false;
}
