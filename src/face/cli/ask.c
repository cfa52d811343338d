/*
 * ask.c: see ask.h.  Reading blocks, and may: nothing else happens in confab do meanwhile, and the core waits for
 * nobody.
 */
#include "face/cli/ask.h"

#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/limits.h"
#include "face/cli/output.h"

bool
ask_can(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/*
 * A line without its newline, byte by byte because the rest belongs to the next question; NULL at the end of the file
 * or past the limit.  The caller's, to be wiped.
 */
static char *
read_line(int fd)
{
	char *line = g_malloc0(LIMIT_NAME + 1);
	size_t len = 0;
	ssize_t n;
	char c;

	for (;;) {
		n = read(fd, &c, 1);
		if (n == -1 && errno == EINTR)
			continue;
		if (n != 1 || c == '\n')
			break;
		if (len == LIMIT_NAME) {
			n = -1;
			break;
		}
		line[len++] = c;
	}
	if (n < 0 || (n == 0 && len == 0) || !g_utf8_validate(line, (gssize)len, NULL)) {
		explicit_bzero(line, LIMIT_NAME + 1);
		g_clear_pointer(&line, g_free);
	}
	return line;
}

static char *
read_secretly(void)
{
	struct termios before, quiet;
	char *line;

	if (tcgetattr(STDIN_FILENO, &before) == -1)
		return NULL;
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	line = read_line(STDIN_FILENO);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	(void)!write(STDERR_FILENO, "\n", 1);
	return line;
}

static void
show(json_t *prompt)
{
	const char *title = json_string_value(json_object_get(prompt, "title"));
	const char *text = json_string_value(json_object_get(prompt, "text"));
	json_t *row;
	size_t i;

	if (title != NULL)
		output_error(title);
	if (text != NULL)
		output_error(text);
	json_array_foreach(json_object_get(prompt, "facts"), i, row) {
		const char *label = json_string_value(json_array_get(row, 0)),
		    *value = json_string_value(json_array_get(row, 1));
		g_autofree char *line = g_strdup_printf("  %s: %s", label == NULL ? "" : label,
		    value == NULL ? "" : value);

		output_error(line);
	}
	json_array_foreach(json_object_get(prompt, "choices"), i, row) {
		const char *value = json_string_value(json_array_get(row, 0)),
		    *means = json_string_value(json_array_get(row, 1));
		g_autofree char *line = g_strdup_printf("  [%s] %s", value == NULL ? "" : value,
		    means == NULL ? "" : means);

		output_error(line);
	}
}

static char *
find_value(json_t *prompt, const struct cli_options *o)
{
	bool secret = json_is_true(json_object_get(prompt, "secret"));
	enum prompt_kind kind = PROMPT_TEXT;

	(void)prompt_kind_find(json_string_value(json_object_get(prompt, "kind")), &kind);
	if (kind == PROMPT_CONFIRM && o->yes)
		return g_strdup("yes");
	if (secret && o->secret_fd != -1) {
		char *line = read_line(o->secret_fd);

		if (line == NULL)
			output_error("--secret-fd: there is no line of UTF-8 to read there.");
		return line;
	}
	/* A form is sent as it came. */
	if (kind == PROMPT_FORM && o->yes)
		return g_strdup("");
	if (!ask_can())
		return NULL;
	show(prompt);
	return secret ? read_secretly() : read_line(STDIN_FILENO);
}

json_t *
ask_person(json_t *prompt, const struct cli_options *o)
{
	json_t *params = json_pack("{s:O}", "id", json_object_get(prompt, "id"));
	char *value = find_value(prompt, o);

	if (value == NULL) {
		json_object_set_new(params, "cancel", json_true());
	} else {
		json_object_set_new(params, "value", json_string(value));
		explicit_bzero(value, strlen(value));
		g_free(value);
	}
	return params;
}
