/* The queue between two threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>
#include <poll.h>
#include <pthread.h>

#include "base/queue.h"

enum { ITEMS = 20000, WRITERS = 2 };

static bool
readable(const struct queue *queue, int timeout_ms)
{
	struct pollfd fd = { queue_fd(queue), POLLIN, 0 };

	return poll(&fd, 1, timeout_ms) == 1;
}

static void
test_readable_as_long_as_something_is_left(void **state)
{
	struct queue *queue = queue_new();
	int one, two;

	(void)state;
	assert_null(queue_take(queue));
	assert_false(readable(queue, 0));
	queue_put(queue, &one);
	queue_put(queue, &two);
	assert_true(readable(queue, 0));
	assert_ptr_equal(queue_take(queue), &one);
	assert_true(readable(queue, 0));
	assert_ptr_equal(queue_take(queue), &two);
	assert_false(readable(queue, 0));
	assert_null(queue_take(queue));
	queue_put(queue, &one);
	assert_true(readable(queue, 0));
	queue_free(queue, NULL);
}

static int freed;

static void
count(void *item)
{
	(void)item;
	freed++;
}

static void
test_what_is_left_is_freed(void **state)
{
	struct queue *queue = queue_new();
	int item;

	(void)state;
	queue_put(queue, &item);
	queue_put(queue, &item);
	queue_free(queue, count);
	assert_int_equal(freed, 2);
}

struct writer {
	struct queue *queue;
	int	 first;
};

static void *
write_all(void *data)
{
	const struct writer *writer = data;

	for (int i = 0; i < ITEMS; i++)
		queue_put(writer->queue, GINT_TO_POINTER(writer->first + i));
	return NULL;
}

static void
test_two_threads_put_and_nothing_is_lost_or_overtaken(void **state)
{
	struct writer writers[WRITERS];
	pthread_t threads[WRITERS];
	int next[WRITERS] = { 0 }, got = 0;
	struct queue *queue = queue_new();
	void *item;

	(void)state;
	for (int i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){ queue, 1 + i * ITEMS };
		assert_int_equal(pthread_create(&threads[i], NULL, write_all, &writers[i]), 0);
	}
	while (got < WRITERS * ITEMS) {
		assert_true(readable(queue, 20000));	/* a wake-up that is lost ends here */
		while ((item = queue_take(queue)) != NULL) {
			int number = GPOINTER_TO_INT(item) - 1;

			assert_int_equal(number % ITEMS, next[number / ITEMS]);
			next[number / ITEMS]++;
			got++;
		}
	}
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	assert_false(readable(queue, 0));
	queue_free(queue, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_readable_as_long_as_something_is_left),
		cmocka_unit_test(test_what_is_left_is_freed),
		cmocka_unit_test(test_two_threads_put_and_nothing_is_lost_or_overtaken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
