/* lock.c: see lock.h. */
#include "admin/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"

static void
say_who(int fd, GError **error)
{
	char text[128] = "";
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	g_auto(GStrv) words = g_strsplit(g_strchomp(text), " ", 2);

	if (n <= 0 || g_strv_length(words) != 2)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN, "Another core runs for this profile.");
	else
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
		    "Another core runs for this profile: pid %s, since %s. confab stop ends it.", words[0], words[1]);
}

int
lock_look(const char *path, gboolean *taken, GError **error)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	int rc = fd == -1 ? -1 : flock(fd, LOCK_EX | LOCK_NB);

	*taken = fd != -1 && rc == -1 && errno == EWOULDBLOCK;
	if (*taken)
		say_who(fd, error);
	else if (rc == -1)
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "The lock %s cannot be used: %s.",
		    path, g_strerror(errno));
	if (fd != -1)
		close(fd);
	return rc;
}

int
lock_take(const char *path, gboolean *taken, GError **error)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	g_autofree char *now = clock_format_utc(clock_real_us() / 1000), *text = NULL;

	*taken = FALSE;
	if (fd == -1) {
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "The lock %s cannot be opened: %s.",
		    path, g_strerror(errno));
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		*taken = errno == EWOULDBLOCK;
		if (*taken)
			say_who(fd, error);
		else
			g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s cannot be locked: %s.",
			    path, g_strerror(errno));
		close(fd);
		return -1;
	}
	text = g_strdup_printf("%ld %s\n", (long)getpid(), now);
	/* Who has it is only told; a full disk must not keep the core from starting. */
	if (ftruncate(fd, 0) == 0 && pwrite(fd, text, strlen(text), 0) == -1)
		errno = 0;
	return fd;
}
