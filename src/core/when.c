/* when.c: see when.h. */
#include "core/when.h"

#include <string.h>

#include "base/clock.h"
#include "proto/error.h"

/* A zone that nobody knows is the machine's: what a shell does with a wrong TZ is no better. */
static GTimeZone *
zone(const char *tz)
{
	GTimeZone *found = NULL;

	if (tz != NULL && *tz != '\0')
		found = g_time_zone_new_identifier(*tz == ':' ? tz + 1 : tz);
	return found != NULL ? found : g_time_zone_new_local();
}

/* n digits, and then one of the characters of after (or the end); *at moves behind both.  -1: not so. */
static int
digits(const char **at, unsigned n, const char *after)
{
	int value = 0;

	for (unsigned i = 0; i < n; i++, (*at)++) {
		if (!g_ascii_isdigit(**at))
			return -1;
		value = value * 10 + (**at - '0');
	}
	if (**at == '\0')
		return value;
	if (strchr(after, **at) == NULL)
		return -1;
	(*at)++;
	return **at != '\0' ? value : -1;
}

static GDateTime *
parse(const char *text, GTimeZone *tz)
{
	/* year, month, day, hour, minute */
	static const struct { unsigned digits; const char *after; } parts[] = {
		{ 4, "-" }, { 2, "-" }, { 2, "T " }, { 2, ":" }, { 2, "" },
	};
	int value[] = { 0, 1, 1, 0, 0 };
	unsigned n = 0;

	if (strcmp(text, "today") == 0 || strcmp(text, "yesterday") == 0) {
		g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(clock_real_us() / 1000000);
		g_autoptr(GDateTime) now = g_date_time_to_timezone(utc, tz);
		g_autoptr(GDateTime) day = g_date_time_add_days(now, *text == 't' ? 0 : -1);

		return g_date_time_new(tz, g_date_time_get_year(day), g_date_time_get_month(day),
		    g_date_time_get_day_of_month(day), 0, 0, 0);
	}
	for (; n < G_N_ELEMENTS(parts) && *text != '\0'; n++)
		if ((value[n] = digits(&text, parts[n].digits, parts[n].after)) < 0)
			return NULL;
	if (n == 0 || n == 4 || *text != '\0' || value[0] < 1970)
		return NULL;
	return g_date_time_new(tz, value[0], value[1], value[2], value[3], value[4], 0);
}

bool
when_parse(const char *text, const char *tz, int64_t *ms, GError **error)
{
	g_autoptr(GTimeZone) there = zone(tz);
	g_autoptr(GDateTime) time = parse(text, there);

	if (time == NULL) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE,
		    "A date is 2026, 2026-07, 2026-07-12, 2026-07-12T10:30, today or yesterday, not \"%s\".", text);
		return false;
	}
	*ms = g_date_time_to_unix(time) * 1000;
	return true;
}

char *
when_text(int64_t ms, const char *tz)
{
	g_autoptr(GTimeZone) there = zone(tz);
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(ms / 1000);
	g_autoptr(GDateTime) local = utc != NULL ? g_date_time_to_timezone(utc, there) : NULL;
	char *text = local != NULL ? g_date_time_format(local, "%Y-%m-%d %H:%M") : NULL;

	return text != NULL ? text : g_strdup("?");
}
