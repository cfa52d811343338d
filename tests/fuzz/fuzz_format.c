/* fuzz_format.c: whatever a title is set to: it is refused with a sentence, or drawn in any width. */
#include <locale.h>

#include "face/tui/bar.h"
#include "fuzz.h"

static void
value(void *ctx, enum item item, struct bar_value *to)
{
	const char *text = ctx;

	if (item % 3 != 0)
		bar_put(to, item % 2 == 0 ? SLOTS_ALL : SLOT_STATUS_DIRECT, text);
	if (item % 5 == 0)
		bar_printf(to, SLOTS_ALL, "%d 漢字", item);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct text_policy policy;
	g_autofree char *text = g_strndup((const char *)data, MIN(size, 2000));
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) format = NULL;

	setlocale(LC_ALL, "C.UTF-8");
	if (!g_utf8_validate(text, -1, NULL))
		return 0;
	format = format_parse(text, FORMAT_BAR, &error);
	g_assert_true((format == NULL) == (error != NULL));
	for (int columns = 1; format != NULL && columns < 90; columns += 11) {
		struct canvas *canvas = canvas_new(1, columns, &policy);

		bar_draw(format, value, text, canvas, &(struct area){ 0, 0, 1, columns }, SLOT_TITLE);
		canvas_free(canvas);
	}
	g_clear_pointer(&format, g_ptr_array_unref);
	format = format_parse(text, FORMAT_PROMPT, NULL);
	if (format != NULL)
		g_free(bar_text(format, value, text, &policy));
	return 0;
}
