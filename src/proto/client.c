/* client.c: see client.h.  Open requests are a hash table by id; answers may come in any order. */
#include "proto/client.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/error.h"
#include "proto/wire.h"

struct client {
	struct wire	*wire;
	const struct client_handler *handler;
	void		*ctx;
	GHashTable	*open;		/* id → struct request */
	int64_t		 last_id;
	bool		*gone;		/* set by client_free() while on_closed() is at work */
};

struct request {
	gint64		 id;		/* its own key in the table */
	client_done	 done;
	void		*ctx;
};

static void
answer(struct client *client, json_t *id, json_t *result, json_t *error)
{
	gint64 key = json_integer_value(id);
	struct request *request;
	g_autoptr(GError) failure = NULL;

	if (!g_hash_table_steal_extended(client->open, &key, NULL, (gpointer *)&request))
		return;
	if (error != NULL) {
		const char *sentence = json_string_value(json_object_get(error, "message"));

		failure = g_error_new_literal(RPC_ERROR,
		    (int)rpc_error_find(json_string_value(json_object_get(error, "code"))),
		    sentence != NULL ? sentence : "The core gave no reason.");
	}
	if (request->done != NULL)
		request->done(request->ctx, result, failure, json_object_get(error, "data"));
	g_free(request);
}

static void
take_event(struct client *client, json_t *params)
{
	struct event event;

	if (event_from_json(params, &event)) {
		client->handler->event(client->ctx, &event, params);
		event_clear(&event);
	} else {
		client->handler->event(client->ctx, NULL, params);
	}
}

static void
on_message(void *ctx, json_t *message)
{
	struct client *client = ctx;
	json_t *id = json_object_get(message, "id");
	const char *method = json_string_value(json_object_get(message, "method"));

	if (method != NULL && strcmp(method, "event") == 0)
		take_event(client, json_object_get(message, "params"));
	else if (method == NULL && json_is_integer(id))
		answer(client, id, json_object_get(message, "result"), json_object_get(message, "error"));
}

static void
on_closed(void *ctx)
{
	struct client *client = ctx;
	g_autoptr(GError) error = g_error_new_literal(RPC_ERROR, RPC_ERROR_OFFLINE, "The core is gone.");
	GHashTableIter iter;
	struct request *request;

	/* Answering may ask again: only those that are open now. */
	g_autoptr(GPtrArray) lost = g_ptr_array_new_with_free_func(g_free);
	g_hash_table_iter_init(&iter, client->open);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&request)) {
		g_ptr_array_add(lost, request);
		g_hash_table_iter_steal(&iter);
	}
	bool gone = false;
	client->gone = &gone;
	for (guint i = 0; i < lost->len && !gone; i++) {
		request = lost->pdata[i];
		if (request->done != NULL)
			request->done(request->ctx, NULL, error, NULL);
	}
	if (gone)
		return;
	client->gone = NULL;
	client->handler->closed(client->ctx);
}

static const struct wire_handler wire_handler = { .message = on_message, .closed = on_closed };

struct client *
client_new(int fd, const struct client_handler *handler, void *ctx)
{
	struct client *client = g_new0(struct client, 1);

	client->handler = handler;
	client->ctx = ctx;
	client->open = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
	client->wire = wire_new(fd, &wire_handler, client);
	return client;
}

struct client *
client_connect(const char *socket_path, const struct client_handler *handler, void *ctx, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(socket_path), *name = g_path_get_basename(socket_path);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int dir, fd;

	dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = dir == -1 ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd != -1) {
		/* sun_path is short; through the folder's descriptor every path fits. */
		g_snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", dir, name);
		if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
			close(dir);
			return client_new(fd, handler, ctx);
		}
	}
	int saved = errno;
	if (fd != -1)
		close(fd);
	if (dir != -1)
		close(dir);
	if (saved == ENOENT || saved == ECONNREFUSED)
		g_set_error(error, RPC_ERROR, RPC_ERROR_OFFLINE, "No core is running for this profile.");
	else
		g_set_error(error, RPC_ERROR, RPC_ERROR_OFFLINE, "%s: %s.", socket_path, g_strerror(saved));
	return NULL;
}

void
client_free(struct client *client)
{
	if (client == NULL)
		return;
	if (client->gone != NULL)
		*client->gone = true;
	wire_free(client->wire);
	g_hash_table_unref(client->open);
	g_free(client);
}

int64_t
client_request(struct client *client, const char *method, json_t *params, client_done done, void *ctx)
{
	int64_t id = ++client->last_id;
	struct request *request = g_new0(struct request, 1);
	json_t *message = json_pack("{s:s, s:I, s:s}", "jsonrpc", "2.0", "id", (json_int_t)id, "method", method);

	if (params != NULL)
		json_object_set_new(message, "params", params);
	request->id = id;
	request->done = done;
	request->ctx = ctx;
	g_hash_table_insert(client->open, &request->id, request);
	wire_send(client->wire, message);
	json_decref(message);
	return id;
}

int64_t
client_hello(struct client *client, const struct client_hello *hello, client_done done, void *ctx)
{
	g_autofree char *cwd = g_get_current_dir();
	json_t *params = json_pack("{s:s, s:s, s:i, s:b}", "client", hello->client, "version", CONFAB_VERSION,
	    "protocol", 1, "interactive", hello->interactive);
	const char *tz = g_getenv("TZ");

	if (g_utf8_validate(cwd, -1, NULL))
		json_object_set_new(params, "cwd", json_string(cwd));
	if (tz != NULL && g_utf8_validate(tz, -1, NULL))
		json_object_set_new(params, "tz", json_string(tz));
	if (hello->columns > 0)
		json_object_set_new(params, "columns", json_integer(hello->columns));
	return client_request(client, "hello", params, done, ctx);
}

void
client_forget(struct client *client, int64_t id)
{
	gint64 key = id;

	g_hash_table_remove(client->open, &key);
}

void
client_set_priority(struct client *client, int priority)
{
	wire_set_priority(client->wire, priority);
}
