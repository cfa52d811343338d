/* qr.c: see qr.h. */
#include "core/qr.h"

#include <glib.h>

#include "config.h"

#ifdef HAVE_QRENCODE
#include <qrencode.h>

enum { MARGIN = 2 };

/* Outside of the code is light. */
static bool
is_light(const QRcode *code, int x, int y)
{
	if (x < 0 || y < 0 || x >= code->width || y >= code->width)
		return y < code->width + MARGIN;
	return (code->data[y * code->width + x] & 1) == 0;
}

static void
put_dot(GString *text, const QRcode *code, int x, int y, bool ascii)
{
	static const char *const halves[] = { " ", "\u2580", "\u2584", "\u2588" };	/* none, upper, lower, both */

	if (ascii)
		g_string_append(text, is_light(code, x, y) ? "##" : "  ");
	else
		g_string_append(text, halves[is_light(code, x, y) + 2 * is_light(code, x, y + 1)]);
}

char *
qr_text(const char *text, bool ascii)
{
	QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
	GString *lines;

	if (code == NULL)
		return NULL;
	lines = g_string_new(NULL);
	for (int y = -MARGIN; y < code->width + MARGIN; y += ascii ? 1 : 2) {
		for (int x = -MARGIN; x < code->width + MARGIN; x++)
			put_dot(lines, code, x, y, ascii);
		g_string_append_c(lines, '\n');
	}
	QRcode_free(code);
	return g_string_free(lines, FALSE);
}
#else
char *
qr_text(const char *text, bool ascii)
{
	(void)text;
	(void)ascii;
	return NULL;
}
#endif
