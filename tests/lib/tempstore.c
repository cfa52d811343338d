/* tempstore.c: see tempstore.h. */
#include "tempstore.h"

#include <glib/gstdio.h>
#include <stdio.h>

#include "store/chats.h"

static void
must(bool ok, const char *what, GError *error)
{
	if (ok && error == NULL)
		return;
	fprintf(stderr, "%s: %s\n", what, error != NULL ? error->message : "failed without an error");
	abort();
}

void
tempstore_init(struct tempstore *t)
{
	GError *error = NULL;

	*t = (struct tempstore){ 0 };
	t->folder = g_dir_make_tmp("confab-test-XXXXXX", &error);
	must(t->folder != NULL, "tempstore_init", error);
	t->path = g_build_filename(t->folder, "confab.db", NULL);
}

void
tempstore_open(struct tempstore *t)
{
	GError *error = NULL;

	if (t->folder == NULL)
		tempstore_init(t);
	t->store = store_open(t->path, NULL, &error);
	must(t->store != NULL, "store_open", error);
	tempstore_begin(t);
	t->account = store_account(t->store, TEMPSTORE_ME, &error);
	must(t->account != 0, "store_account", error);
	t->chat = chat_find(t->store, t->account, TEMPSTORE_YOU, CHAT_PERSON, true, &error);
	must(t->chat != 0, "chat_find", error);
	tempstore_end(t);
	tempstore_commit(t);
}

void
tempstore_reopen(struct tempstore *t)
{
	store_close(t->store);
	tempstore_open(t);
}

void
tempstore_clear(struct tempstore *t)
{
	GDir *dir = g_dir_open(t->folder, 0, NULL);
	const char *name;

	store_close(t->store);
	while ((name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(t->folder, name, NULL);

		g_remove(path);
	}
	g_dir_close(dir);
	g_rmdir(t->folder);
	g_free(t->folder);
	g_free(t->path);
	*t = (struct tempstore){ 0 };
}

void
tempstore_begin(struct tempstore *t)
{
	GError *error = NULL;
	bool ok = store_begin(t->store, &error);

	must(ok, "store_begin", error);
}

void
tempstore_end(struct tempstore *t)
{
	GError *error = NULL;
	bool ok = store_end(t->store, true, &error);

	must(ok, "store_end", error);
}

void
tempstore_commit(struct tempstore *t)
{
	GError *error = NULL;
	bool ok = store_commit(t->store, &error);

	must(ok, "store_commit", error);
}

struct message_row *
tempstore_arrive(struct tempstore *t, const struct message_arrival *a, enum message_fate *fate)
{
	struct message_row *row;
	GError *error = NULL;

	tempstore_begin(t);
	*fate = message_arrive(t->store, a, &row, &error);
	must(*fate != MESSAGE_FATE_ERROR, "message_arrive", error);
	tempstore_end(t);
	return row;
}

struct message_row *
tempstore_hear(struct tempstore *t, const char *body)
{
	struct message_arrival a = { .chat = t->chat, .author = TEMPSTORE_YOU, .counts = true, .body = body };
	enum message_fate fate;

	return tempstore_arrive(t, &a, &fate);
}

struct message_row *
tempstore_say(struct tempstore *t, const char *origin_id, const char *body)
{
	struct message_row *row;
	GError *error = NULL;

	tempstore_begin(t);
	row = message_queue(t->store, t->chat, TEMPSTORE_ME, NULL, origin_id, body, ENCRYPTION_NONE, &error);
	must(row != NULL, "message_queue", error);
	tempstore_end(t);
	return row;
}
