/* pty_screen.c: see pty_screen.h. */
#include "pty_screen.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <vterm.h>

struct pty_screen {
	int	 master, slave, rows, columns;
	char	 path[64];
	VTerm	*vterm;
	VTermScreen *screen;
	GString	*written;
	bool	 answer;
};

struct pty_screen *
pty_screen_open(int rows, int columns)
{
	struct pty_screen *pty = g_new0(struct pty_screen, 1);
	struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns };

	if (openpty(&pty->master, &pty->slave, pty->path, NULL, &size) < 0)
		g_error("openpty: %s", g_strerror(errno));
	fcntl(pty->master, F_SETFL, O_NONBLOCK);
	fcntl(pty->master, F_SETFD, FD_CLOEXEC);
	fcntl(pty->slave, F_SETFD, FD_CLOEXEC);
	pty->rows = rows;
	pty->columns = columns;
	pty->vterm = vterm_new(rows, columns);
	vterm_set_utf8(pty->vterm, 1);
	pty->screen = vterm_obtain_screen(pty->vterm);
	vterm_screen_enable_altscreen(pty->screen, 1);
	vterm_screen_reset(pty->screen, 1);
	pty->written = g_string_new(NULL);
	pty->answer = true;
	return pty;
}

void
pty_screen_close(struct pty_screen *pty)
{
	vterm_free(pty->vterm);
	pty_screen_hang_up(pty);
	g_string_free(pty->written, TRUE);
	g_free(pty);
}

void
pty_screen_hang_up(struct pty_screen *pty)
{
	if (pty->master >= 0)
		close(pty->master);
	if (pty->slave >= 0)
		close(pty->slave);
	pty->master = pty->slave = -1;
}

const char *
pty_screen_path(const struct pty_screen *pty)
{
	return pty->path;
}

int
pty_screen_master(const struct pty_screen *pty)
{
	return pty->master;
}

int
pty_screen_slave(const struct pty_screen *pty)
{
	return pty->slave;
}

void
pty_screen_resize(struct pty_screen *pty, int rows, int columns)
{
	struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns };

	pty->rows = rows;
	pty->columns = columns;
	vterm_set_size(pty->vterm, rows, columns);
	ioctl(pty->master, TIOCSWINSZ, &size);
}

void
pty_screen_answer(struct pty_screen *pty, bool answer)
{
	pty->answer = answer;
}

size_t
pty_screen_pump(struct pty_screen *pty, size_t total)
{
	struct pollfd wait = { .fd = pty->master, .events = POLLIN };
	size_t before = pty->written->len, len;
	char bytes[4096], answer[256];
	ssize_t n;

	/*
	 * The kernel hands over in its own time.  libvterm wants it whole: it loses a mark that comes apart from its
	 * base.
	 */
	do {
		while ((n = read(pty->master, bytes, sizeof bytes)) > 0)
			g_string_append_len(pty->written, bytes, n);
	} while (pty->written->len < total && poll(&wait, 1, 5000) > 0 && (wait.revents & POLLIN));
	vterm_input_write(pty->vterm, pty->written->str + before, pty->written->len - before);
	while ((len = vterm_output_read(pty->vterm, answer, sizeof answer)) > 0)
		if (pty->answer)
			pty_screen_type(pty, answer, (gssize)len);
	return pty->written->len - before;
}

const GString *
pty_screen_written(const struct pty_screen *pty)
{
	return pty->written;
}

void
pty_screen_type(struct pty_screen *pty, const char *bytes, gssize len)
{
	size_t left = len < 0 ? strlen(bytes) : (size_t)len;

	while (left > 0) {
		ssize_t n = write(pty->master, bytes, left);

		if (n <= 0)
			return;
		bytes += n;
		left -= (size_t)n;
	}
}

static void
add_cell(GString *out, const VTermScreenCell *cell, bool looks)
{
	const VTermColor *colours[] = { &cell->fg, &cell->bg };
	/* Of a blank nobody sees the weight or the colour of the ink. */
	bool blank = (cell->chars[0] == 0 || cell->chars[0] == ' ') && !cell->attrs.underline && !cell->attrs.reverse;

	if (cell->chars[0] == 0)
		g_string_append_c(out, ' ');
	for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell->chars[i] != 0; i++)
		if (cell->chars[i] != (uint32_t)-1)
			g_string_append_unichar(out, cell->chars[i]);
	if (!looks)
		return;
	g_string_append_printf(out, "[%d%d%d%d", cell->attrs.bold && !blank, cell->attrs.italic && !blank,
	    cell->attrs.underline, cell->attrs.reverse);
	for (size_t i = blank ? 1 : 0; i < G_N_ELEMENTS(colours); i++) {
		if (VTERM_COLOR_IS_DEFAULT_FG(colours[i]) || VTERM_COLOR_IS_DEFAULT_BG(colours[i]))
			g_string_append(out, " -");
		else if (VTERM_COLOR_IS_INDEXED(colours[i]))
			g_string_append_printf(out, " %d", colours[i]->indexed.idx);
		else
			g_string_append(out, " rgb");
	}
	g_string_append_c(out, ']');
}

static char *
dump(struct pty_screen *pty, bool looks)
{
	GString *out = g_string_new(NULL);

	for (VTermPos at = { 0 }; at.row < pty->rows; at.row++) {
		size_t start = out->len;

		for (at.col = 0; at.col < pty->columns; at.col++) {
			VTermScreenCell cell;

			vterm_screen_get_cell(pty->screen, at, &cell);
			add_cell(out, &cell, looks);
			at.col += cell.width > 1 ? cell.width - 1 : 0;
		}
		while (!looks && out->len > start && out->str[out->len - 1] == ' ')
			g_string_truncate(out, out->len - 1);
		g_string_append_c(out, '\n');
	}
	return g_string_free(out, FALSE);
}

char *
pty_screen_text(struct pty_screen *pty)
{
	return dump(pty, false);
}

char *
pty_screen_looks(struct pty_screen *pty)
{
	return dump(pty, true);
}
