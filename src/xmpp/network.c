/* network.c: see network.h. */
#include "xmpp/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib-unix.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum { READ = 16384 };

static struct {
	void		(*changed)(void *);
	void		*ctx;
	struct clock_timer *settle;
} watch;

bool
network_parse(const void *data, size_t len)
{
	const char *at = data;
	struct nlmsghdr head;

	while (len >= sizeof head) {
		memcpy(&head, at, sizeof head);
		if (head.nlmsg_len < sizeof head || head.nlmsg_len > len)
			return false;
		if (head.nlmsg_type == RTM_NEWADDR || head.nlmsg_type == RTM_DELADDR)
			return true;
		at += MIN(NLMSG_ALIGN(head.nlmsg_len), len);
		len -= MIN(NLMSG_ALIGN(head.nlmsg_len), len);
	}
	return false;
}

static void
settled(void *ctx)
{
	(void)ctx;
	watch.settle = NULL;
	watch.changed(watch.ctx);
}

static gboolean
on_news(gint fd, GIOCondition condition, gpointer data)
{
	char buffer[READ];
	bool changed = false;
	ssize_t n;

	(void)condition;
	(void)data;
	while ((n = recv(fd, buffer, sizeof buffer, 0)) > 0)
		changed |= network_parse(buffer, (size_t)n);
	/* More came than the kernel keeps: something will have been about addresses. */
	if (n == -1 && errno == ENOBUFS)
		changed = true;
	if (changed && watch.settle == NULL)
		watch.settle = clock_timer_start(NETWORK_SETTLE_MS, settled, NULL);
	return G_SOURCE_CONTINUE;
}

void
network_watch(void (*changed)(void *ctx), void *ctx)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	watch.changed = changed;
	watch.ctx = ctx;
	if (fd == -1 || bind(fd, (const struct sockaddr *)&address, sizeof address) == -1) {
		log_notice("network", "The kernel does not tell when addresses change: %s.", g_strerror(errno));
		if (fd != -1)
			close(fd);
		return;
	}
	g_unix_fd_add(fd, G_IO_IN, on_news, NULL);
}

/* Numeric, without the zone. */
static bool
is_address(const struct sockaddr *sa, const char *wanted)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	if (sa != NULL && sa->sa_family == AF_INET && inet_pton(AF_INET, wanted, bytes) == 1)
		return memcmp(&((const struct sockaddr_in *)(const void *)sa)->sin_addr, bytes,
		    sizeof(struct in_addr)) == 0;
	if (sa != NULL && sa->sa_family == AF_INET6 && inet_pton(AF_INET6, wanted, bytes) == 1)
		return memcmp(&((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, bytes, sizeof bytes) == 0;
	return false;
}

bool
network_has(const char *address)
{
	struct ifaddrs *list, *one;
	bool found = false;

	if (getifaddrs(&list) == -1)
		return true;
	for (one = list; one != NULL && !found; one = one->ifa_next)
		found = (one->ifa_flags & IFF_UP) != 0 && is_address(one->ifa_addr, address);
	freeifaddrs(list);
	return found;
}
