/* test_heap.c: memory is given back once, when a burst is over, and never for less. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/heap.h"

int malloc_trim(size_t);

static int trims;

/* Takes the library's place. */
int
malloc_trim(size_t pad)
{
	(void)pad;
	return ++trims;
}

static void
after_a_burst(void **state)
{
	(void)state;
	clock_fake_start(1000000);
	for (int i = 0; i < 100; i++)
		heap_passed(1000);
	clock_fake_advance(60000);
	assert_int_equal(trims, 0);
	heap_passed(1000000);
	clock_fake_advance(499);
	assert_int_equal(trims, 0);
	clock_fake_advance(1);
	assert_int_equal(trims, 1);
	clock_fake_advance(3600000);
	assert_int_equal(trims, 1);
	/* A flood: not before it ends. */
	for (int i = 0; i < 100; i++) {
		heap_passed(100000);
		clock_fake_advance(100);
	}
	assert_int_equal(trims, 1);
	clock_fake_advance(1000);
	assert_int_equal(trims, 2);
	clock_fake_stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(after_a_burst) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
