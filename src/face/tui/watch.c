/* watch.c: see watch.h. */
#include "face/tui/watch.h"

#include <glib-unix.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

struct watch {
	int	 fd;
	guint	 source;
	char	*name;
	void	(*fn)(void *ctx);
	void	*ctx;
};

static gboolean
on_folder(gint fd, GIOCondition condition, gpointer data)
{
	struct watch *watch = data;
	/* As large as the kernel wants it at least, many times. */
	_Alignas(struct inotify_event) char bytes[4096];
	bool there = false;
	ssize_t n;

	(void)condition;
	while ((n = read(fd, bytes, sizeof bytes)) > 0)
		for (char *at = bytes; at < bytes + n; ) {
			const struct inotify_event *event = (const struct inotify_event *)(const void *)at;

			there |= event->len > 0 && strcmp(event->name, watch->name) == 0;
			at += sizeof *event + event->len;
		}
	if (there)
		watch->fn(watch->ctx);
	return G_SOURCE_CONTINUE;
}

struct watch *
watch_new(const char *path, bool appears, void (*fn)(void *ctx), void *ctx)
{
	g_autofree char *folder = g_path_get_dirname(path);
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	struct watch *watch;

	if (fd == -1)
		return NULL;
	if (inotify_add_watch(fd, folder, IN_MOVED_TO | (appears ? IN_CREATE : IN_CLOSE_WRITE)) == -1) {
		close(fd);
		return NULL;
	}
	watch = g_new0(struct watch, 1);
	watch->fd = fd;
	watch->name = g_path_get_basename(path);
	watch->fn = fn;
	watch->ctx = ctx;
	watch->source = g_unix_fd_add(fd, G_IO_IN, on_folder, watch);
	return watch;
}

void
watch_free(struct watch *watch)
{
	if (watch == NULL)
		return;
	g_source_remove(watch->source);
	close(watch->fd);
	g_free(watch->name);
	g_free(watch);
}
