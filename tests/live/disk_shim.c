/*
 * disk_shim.c: a disk under one process (LD_PRELOAD) that refuses or takes its time.  The file that CONFAB_DISK names
 * says what it does, and is read again at each write and sync:
 *
 *	a number	writes and syncs fail with this errno
 *	wait		syncs last until the file says something else; "NAME.met" is there once one of them began
 *	nothing		it is like any other
 *
 * Only what databases use is looked at: what goes into a file at a place, its length, its way to the disk.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
control(char *text, size_t size)
{
	const char *name = getenv("CONFAB_DISK");
	int fd = name != NULL ? open(name, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n = fd != -1 ? read(fd, text, size - 1) : 0;

	text[n > 0 ? n : 0] = '\0';
	if (fd != -1)
		close(fd);
}

static bool
refuses(void)
{
	char text[32];
	int fault;

	control(text, sizeof text);
	fault = atoi(text);
	if (fault != 0)
		errno = fault;
	return fault != 0;
}

static void
linger(void)
{
	char text[32], met[4096];
	int fd;

	control(text, sizeof text);
	if (strcmp(text, "wait") != 0)
		return;
	snprintf(met, sizeof met, "%s.met", getenv("CONFAB_DISK"));
	fd = open(met, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd != -1)
		close(fd);
	while (strcmp(text, "wait") == 0) {
		usleep(10000);
		control(text, sizeof text);
	}
}

/* The function of this name that would have been called, of the type of ours. */
#define REAL(name) (__extension__ (__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define WRITES(name, params, args, type) \
	type name params \
	{ \
		return refuses() ? -1 : REAL(name) args; \
	}
WRITES(pwrite, (int fd, const void *bytes, size_t n, off_t at), (fd, bytes, n, at), ssize_t)
WRITES(pwrite64, (int fd, const void *bytes, size_t n, off64_t at), (fd, bytes, n, at), ssize_t)
WRITES(ftruncate, (int fd, off_t size), (fd, size), int)
WRITES(ftruncate64, (int fd, off64_t size), (fd, size), int)

#define SYNCS(name) \
	int name(int fd) \
	{ \
		linger(); \
		return refuses() ? -1 : REAL(name)(fd); \
	}
SYNCS(fsync)
SYNCS(fdatasync)
