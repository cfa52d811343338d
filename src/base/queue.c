/* queue.c: see queue.h.  The eventfd is written only when the queue goes from empty to not empty. */
#include "base/queue.h"

#include <errno.h>
#include <glib.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct queue {
	pthread_mutex_t	 mutex;
	GQueue		 items;
	int		 fd;
};

struct queue *
queue_new(void)
{
	struct queue *queue = g_new0(struct queue, 1);

	pthread_mutex_init(&queue->mutex, NULL);
	g_queue_init(&queue->items);
	queue->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (queue->fd == -1)
		g_error("eventfd: %s", g_strerror(errno));
	return queue;
}

void
queue_free(struct queue *queue, void (*free_item)(void *))
{
	void *item;

	while ((item = g_queue_pop_head(&queue->items)) != NULL)
		if (free_item != NULL)
			free_item(item);
	close(queue->fd);
	pthread_mutex_destroy(&queue->mutex);
	g_free(queue);
}

void
queue_put(struct queue *queue, void *item)
{
	uint64_t one = 1;

	pthread_mutex_lock(&queue->mutex);
	g_queue_push_tail(&queue->items, item);
	if (queue->items.length == 1 && write(queue->fd, &one, sizeof one) == -1)
		g_error("eventfd: %s", g_strerror(errno));
	pthread_mutex_unlock(&queue->mutex);
}

void *
queue_take(struct queue *queue)
{
	uint64_t count;
	void *item;

	pthread_mutex_lock(&queue->mutex);
	item = g_queue_pop_head(&queue->items);
	if (queue->items.length == 0 && read(queue->fd, &count, sizeof count) == -1 && errno != EAGAIN)
		g_error("eventfd: %s", g_strerror(errno));
	pthread_mutex_unlock(&queue->mutex);
	return item;
}

int
queue_fd(const struct queue *queue)
{
	return queue->fd;
}
