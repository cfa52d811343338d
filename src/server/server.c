/* server.c: see server.h. */
#include "server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "core/bus.h"
#include "server/session.h"

enum {
	BACKLOG = 64,
	SESSIONS_MAX = 512,	/* faces and scripts of one person; one more is turned away */
};

struct server {
	struct core	*core;
	int		 fd, folder;
	guint		 source;
	char		*name;		/* of the socket in its folder */
	uint64_t	 last_session;
	GPtrArray	*sessions;
	struct bus_subscriber *subscriber;
};

static void
on_event(void *ctx, const struct event *event)
{
	struct server *server = ctx;
	json_t *message;
	char *text;
	size_t len;

	if (server->sessions->len == 0)
		return;
	message = json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", "event", "params", event_to_json(event));
	text = json_dumps(message, JSON_COMPACT);
	json_decref(message);
	len = strlen(text);
	for (guint i = 0; i < server->sessions->len; i++)
		session_event(server->sessions->pdata[i], event, text, len);
	free(text);
}

static void
on_gone(void *ctx, struct session *session)
{
	struct server *server = ctx;

	g_ptr_array_remove(server->sessions, session);
	session_free(session);
}

static json_t *
list_faces(void *ctx)
{
	struct server *server = ctx;
	json_t *list = json_array(), *face;

	for (guint i = 0; i < server->sessions->len; i++)
		if ((face = session_describe(server->sessions->pdata[i])) != NULL)
			json_array_append_new(list, face);
	return list;
}

void
server_adopt(struct server *server, int fd)
{
	g_ptr_array_add(server->sessions, session_new(server->core, ++server->last_session, fd, on_gone, server));
}

static gboolean
on_connection(gint fd, GIOCondition condition, gpointer data)
{
	struct server *server = data;
	struct ucred peer;
	socklen_t len = sizeof peer;
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)condition;
	if (client == -1)
		return G_SOURCE_CONTINUE;
	/* The folder keeps others out; this is for whoever made it wider. */
	if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1 || peer.uid != geteuid()) {
		log_warning("socket", "somebody else's connection was refused");
		close(client);
	} else if (server->sessions->len >= SESSIONS_MAX) {
		log_warning("socket", "more than %d sessions; one more was refused", SESSIONS_MAX);
		close(client);
	} else {
		server_adopt(server, client);
	}
	return G_SOURCE_CONTINUE;
}

static bool
listen_there(struct server *server, GError **error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask;
	bool ok;

	/* The lock of the profile is ours, so what is there is left over. */
	unlinkat(server->folder, server->name, 0);
	g_snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", server->folder, server->name);
	mask = umask(0177);
	ok = fd != -1 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, BACKLOG) == 0;
	umask(mask);
	if (!ok) {
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "The socket %s cannot be made: %s.",
		    server->core->paths->socket, g_strerror(errno));
		if (fd != -1)
			close(fd);
		return false;
	}
	if (server->source != 0) {
		g_source_remove(server->source);
		close(server->fd);
	}
	server->fd = fd;
	server->source = g_unix_fd_add(fd, G_IO_IN, on_connection, server);
	return true;
}

struct server *
server_new(struct core *core, GError **error)
{
	struct server *server = g_new0(struct server, 1);

	server->core = core;
	server->fd = -1;
	server->name = g_path_get_basename(core->paths->socket);
	server->sessions = g_ptr_array_new();
	/* Through the folder's descriptor the length of its path does not matter. */
	server->folder = open(core->paths->state_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (server->folder == -1 || !listen_there(server, error)) {
		if (error != NULL && *error == NULL)
			g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
			    "The folder %s cannot be opened: %s.", core->paths->state_dir, g_strerror(errno));
		server_free(server);
		return NULL;
	}
	server->subscriber = bus_subscribe(core->bus, on_event, server);
	core->faces = list_faces;
	core->faces_ctx = server;
	return server;
}

void
server_restore(struct server *server)
{
	g_autoptr(GError) error = NULL;
	struct stat st;

	if (fstatat(server->folder, server->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(st.st_mode))
		return;
	if (listen_there(server, &error))
		log_notice("socket", "made again");
	else
		log_error("socket", "%s", error->message);
}

void
server_free(struct server *server)
{
	while (server->sessions->len > 0)
		on_gone(server, server->sessions->pdata[0]);
	if (server->subscriber != NULL)
		bus_unsubscribe(server->core->bus, server->subscriber);
	if (server->source != 0) {
		g_source_remove(server->source);
		close(server->fd);
		unlinkat(server->folder, server->name, 0);
	}
	if (server->folder != -1)
		close(server->folder);
	g_ptr_array_unref(server->sessions);
	g_free(server->name);
	g_free(server);
}
