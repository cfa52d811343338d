/* checkup.c: see checkup.h. */
#include "base/checkup.h"

#include <stdio.h>

#include "base/text.h"

static void
put(const char *sign, const char *text)
{
	g_autofree char *safe = text_clean(text, -1, TEXT_LINE, 0);

	printf("  %-3s %s\n", sign, safe);
	fflush(stdout);
}

static void put_format(const char *sign, const char *format, va_list ap) G_GNUC_PRINTF(2, 0);

static void
put_format(const char *sign, const char *format, va_list ap)
{
	g_autofree char *text = g_strdup_vprintf(format, ap);

	put(sign, text);
}

void
checkup_head(const char *title)
{
	printf("%s\n", title);
	fflush(stdout);
}

void
checkup_good(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	put_format("ok", format, ap);
	va_end(ap);
}

void
checkup_note(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	put_format("--", format, ap);
	va_end(ap);
}

void
checkup_wrong(struct checkup *checkup, const char *mend, const char *format, ...)
{
	va_list ap;

	checkup->wrong = true;
	va_start(ap, format);
	put_format("!!", format, ap);
	va_end(ap);
	if (mend != NULL)
		put("", mend);
}
