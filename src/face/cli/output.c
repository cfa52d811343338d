/* output.c: see output.h.  No stdio: a line is written whole or it is known not to be. */
#include "face/cli/output.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

static bool
write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN) {
			/* Somebody else made the descriptor non-blocking: it is shared with whoever started us. */
			GPollFD wait = { .fd = fd, .events = G_IO_OUT };

			g_poll(&wait, 1, -1);
			continue;
		}
		if (n == -1)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

static bool
write_line(int fd, const char *text)
{
	g_autofree char *line = NULL;

	if (isatty(fd)) {
		g_autofree char *safe = text_clean(text, -1, TEXT_BODY, 0);

		line = g_strconcat(safe, "\n", NULL);
	} else {
		line = g_strconcat(text, "\n", NULL);
	}
	return write_all(fd, line, strlen(line));
}

bool
output_line(const char *text)
{
	if (write_line(STDOUT_FILENO, text))
		return true;
	if (errno != EPIPE) {
		g_autofree char *sentence = g_strdup_printf("The answer could not be written: %s.", g_strerror(errno));

		output_error(sentence);
	}
	return false;
}

bool
output_json(const json_t *value)
{
	char *text = value == NULL ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	bool ok = output_line(text == NULL ? "null" : text);

	free(text);
	return ok;
}

void
output_error(const char *sentence)
{
	g_autofree char *line = g_strdup_printf("confab: %s", sentence);

	/* When stderr cannot be written there is nobody left to tell. */
	(void)write_line(STDERR_FILENO, line);
}
