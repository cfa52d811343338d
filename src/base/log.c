/* log.c: see log.h.  One write() per line, so that two processes may share a file. */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static const char *const level_names[] = { "error", "warning", "notice", "debug", "trace" };

static pthread_mutex_t	 mutex = PTHREAD_MUTEX_INITIALIZER;
static int		 fd = STDERR_FILENO;
static enum log_level	 threshold = LOG_NOTICE;

bool
log_level_parse(const char *name, enum log_level *level)
{
	for (size_t i = 0; i < G_N_ELEMENTS(level_names); i++) {
		if (strcmp(name, level_names[i]) == 0) {
			*level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

static GLogWriterOutput
take_glib(GLogLevelFlags flags, const GLogField *fields, gsize n, gpointer data)
{
	const char *text = "";

	(void)data;
	for (gsize i = 0; i < n; i++)
		if (strcmp(fields[i].key, "MESSAGE") == 0)
			text = fields[i].value;
	log_write(flags & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL) ? LOG_ERROR :
	    flags & G_LOG_LEVEL_WARNING ? LOG_WARNING :
	    flags & G_LOG_LEVEL_DEBUG ? LOG_TRACE : LOG_DEBUG, "glib", "%s", text);
	return G_LOG_WRITER_HANDLED;
}

bool
log_open(const char *path, enum log_level level, GError **error)
{
	int file = STDERR_FILENO;

	if (path != NULL) {
		/* O_NONBLOCK: where somebody put a FIFO that nobody reads, the log is lost and not the program. */
		file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
		if (file == -1) {
			g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
			    "%s: %s", path, g_strerror(errno));
			return false;
		}
	}
	log_close();
	pthread_mutex_lock(&mutex);
	fd = file;
	threshold = level;
	pthread_mutex_unlock(&mutex);
	static gsize once;
	if (g_once_init_enter(&once)) {
		g_log_set_writer_func(take_glib, NULL, NULL);
		g_once_init_leave(&once, 1);
	}
	return true;
}

void
log_close(void)
{
	pthread_mutex_lock(&mutex);
	if (fd != STDERR_FILENO)
		close(fd);
	fd = STDERR_FILENO;
	pthread_mutex_unlock(&mutex);
}

bool
log_wants(enum log_level level)
{
	bool wants;

	pthread_mutex_lock(&mutex);
	wants = level <= threshold;
	pthread_mutex_unlock(&mutex);
	return wants;
}

/* C0, DEL, and C1 as UTF-8: whoever shows the log in a terminal gets text. */
static void
blank_controls(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f)
			*p = ' ';
		else if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
			p[0] = p[1] = ' ';
	}
}

void
log_write(enum log_level level, const char *area, const char *format, ...)
{
	g_autofree char *stamp = NULL, *text = NULL, *line = NULL;
	va_list ap;
	ssize_t written;

	if (!log_wants(level))
		return;
	va_start(ap, format);
	text = g_strdup_vprintf(format, ap);
	va_end(ap);
	stamp = clock_format_utc(clock_real_us() / 1000);
	blank_controls(text);
	line = g_strdup_printf("%s %s %s: %s\n", stamp, level_names[level], area, text);
	pthread_mutex_lock(&mutex);
	written = write(fd, line, strlen(line));	/* a log that cannot be written has nowhere to say so */
	(void)written;
	pthread_mutex_unlock(&mutex);
}

char *
log_quote(const char *text)
{
	g_autofree char *cut = g_strndup(text == NULL ? "" : text, 200);
	g_autofree char *valid = g_utf8_make_valid(cut, -1);
	g_autofree char *escaped = g_strescape(valid, NULL);

	return g_strdup_printf("\"%s\"", escaped);
}
