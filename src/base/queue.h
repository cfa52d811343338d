/*
 * queue.h: pointers from one thread to another.  A mutex and an eventfd, nothing lock-free, so that
 * ThreadSanitizer sees what happens.  The receiver polls queue_fd() and then takes until NULL.
 */
#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include <stdbool.h>

struct queue;

struct queue *queue_new(void);
/* Frees the queue; whatever is still in it is given to free_item (may be NULL). */
void	 queue_free(struct queue *, void (*free_item)(void *));

/* Any thread.  The item belongs to the receiver from now on. */
void	 queue_put(struct queue *, void *item);
/* NULL when there is nothing.  The fd is readable as long as something is left. */
void	*queue_take(struct queue *);
int	 queue_fd(const struct queue *);

#endif
