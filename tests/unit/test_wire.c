/*
 * test_wire.c: what a line carried is not found in memory any more once it was handed over: answers may be secrets.
 * The memory that is not of a file is searched, by /proc/self/maps, for a text that this program never holds in one
 * piece.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib.h>

#include "proto/wire.h"

enum { LONG = 24, MOST = 1 << 28 };

static unsigned messages;
static bool whole;

/* Letters that stand in no file: c(i) of them one after the other. */
static char
letter(size_t i)
{
	return (char)('a' + (i * 7 + 3) % 26);
}

/* It looks where nobody may: at what was freed, and between. */
#define ANYWHERE __attribute__((no_sanitize("address", "thread"), noinline))

ANYWHERE static bool
is_secret(const char *text)
{
	size_t i = 0;

	while (i < LONG && text[i] == letter(i))
		i++;
	return i == LONG;
}

ANYWHERE static unsigned
count_in(const char *from, const char *to)
{
	unsigned n = 0;

	for (const char *at = from; at + LONG <= to; at++)
		n += is_secret(at);
	return n;
}

static unsigned
count_in_memory(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	unsigned n = 0;

	assert_non_null(maps);
	while (fgets(line, sizeof line, maps) != NULL) {
		uintptr_t from, to;
		char rights[8], path[16] = "";

		/* What malloc() got, in pieces of whatever size; a sanitizer's shadow is larger than any. */
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s %*s %*s %*s %15s", &from, &to, rights, path) >= 3 &&
		    strcmp(rights, "rw-p") == 0 && (path[0] == '\0' || strcmp(path, "[heap]") == 0) && to - from < MOST)
			n += count_in((const char *)from, (const char *)to);
	}
	fclose(maps);
	return n;
}

static void
on_message(void *ctx, json_t *message)
{
	const char *value = json_string_value(json_object_get(message, "value"));

	(void)ctx;
	messages++;
	whole = value != NULL && is_secret(value);
}

static void
on_closed(void *ctx)
{
	(void)ctx;
}

/* Letter by letter, so that the kernel has it and nobody else. */
static void
say(int fd, const char *before, const char *after)
{
	assert_int_equal(write(fd, before, strlen(before)), strlen(before));
	for (size_t i = 0; i < LONG; i++) {
		char c = letter(i);

		assert_int_equal(write(fd, &c, 1), 1);
	}
	assert_int_equal(write(fd, after, strlen(after)), strlen(after));
}

static void
wait_for(unsigned n)
{
	while (messages < n)
		g_main_context_iteration(NULL, TRUE);
}

static void
nothing_stays(void **state)
{
	static const struct wire_handler handler = { .message = on_message, .closed = on_closed };
	struct wire *wire;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	wire = wire_new(fds[0], &handler, NULL);
	/* In one piece, behind another line and before one that is not whole. */
	say(fds[1], "{\"id\": 1}\n{\"value\": \"", "\"}\n{\"id\":");
	wait_for(2);
	assert_true(whole);
	assert_int_equal(count_in_memory(), 0);
	/* In two pieces. */
	say(fds[1], "2}\n{\"value\": \"", "");
	wait_for(3);
	while (g_main_context_iteration(NULL, FALSE))
		;
	say(fds[1], "\"}\n{\"value\": \"", "\"}\n");
	wait_for(5);
	assert_true(whole);
	assert_int_equal(count_in_memory(), 0);
	/* Never ended. */
	say(fds[1], "{\"id\": 6}\n{\"value\": \"", "");
	wait_for(6);
	while (g_main_context_iteration(NULL, FALSE))
		;
	wire_free(wire);
	assert_int_equal(count_in_memory(), 0);
	close(fds[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(nothing_stays) };

	wire_wipe_what_is_freed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
