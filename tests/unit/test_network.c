/* test_network.c: what the kernel says of addresses, whole, in bunches, cut, and with lengths that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "xmpp/network.h"

static size_t
put(char *to, uint16_t type, uint32_t len, size_t room)
{
	struct nlmsghdr head = { .nlmsg_len = len, .nlmsg_type = type };

	memset(to, 0, room);
	memcpy(to, &head, sizeof head);
	return room;
}

static void
kinds(void **state)
{
	char data[256];
	size_t n;

	(void)state;
	n = put(data, RTM_NEWADDR, 40, 40);
	assert_true(network_parse(data, n));
	n = put(data, RTM_DELADDR, 40, 40);
	assert_true(network_parse(data, n));
	n = put(data, RTM_NEWLINK, 40, 40);
	assert_false(network_parse(data, n));
	/* Behind others; lengths are rounded up to four. */
	n = put(data, RTM_NEWLINK, 38, 40);
	n += put(data + n, RTM_NEWROUTE, 20, 20);
	assert_false(network_parse(data, n));
	n += put(data + n, RTM_DELADDR, 24, 24);
	assert_true(network_parse(data, n));
}

static void
lies(void **state)
{
	static const uint32_t lengths[] = { 0, 1, 15, 41, 4096, UINT32_MAX, UINT32_MAX - 2 };
	size_t i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(lengths); i++) {
		/* Of exactly that size, so that a sanitizer sees a step beyond. */
		char *data = g_malloc(40);

		put(data, RTM_DELADDR, lengths[i], 40);
		assert_false(network_parse(data, 40));
		g_free(data);
	}
	for (i = 0; i < 40; i++) {
		g_autofree char *cut = g_malloc(i + 1);
		char whole[40];

		put(whole, RTM_DELADDR, 40, 40);
		memcpy(cut, whole, i);
		assert_false(network_parse(cut, i));
	}
}

static void
addresses(void **state)
{
	(void)state;
	assert_true(network_has("127.0.0.1"));
	assert_false(network_has("192.0.2.1"));
	assert_false(network_has("2001:db8::1"));
	assert_false(network_has("nonsense"));
	assert_false(network_has(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(kinds), cmocka_unit_test(lies),
	    cmocka_unit_test(addresses) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
