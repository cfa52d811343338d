/*
 * theme.c: see theme.h.  The default theme is slot.def; a file goes over it, and is read into a copy, so that one with
 * a fault changes nothing.
 */
#include "face/tui/theme.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { PERSON = -2 };		/* a foreground: the colour of the person's name */

/* Terminals fall into three groups; a theme has a variant for each. */
enum depth { RICH, POOR, MONO, DEPTHS };

struct theme {
	enum depth depth;
	struct style styles[SLOTS];
	int16_t	 people[NICK_COLOURS];
};

static const struct slot_row {
	const char *name, *variants[DEPTHS];
} slots[SLOTS] = {
#define SLOT(constant, name, used_for, rich, poor, mono) [SLOT_##constant] = { name, { rich, poor, mono } },
#include "proto/slot.def"
#undef SLOT
};

static const char *const attribute_names[] = { "bold", "dim", "italic", "underline", "reverse" };

/* Spread over the circle of hues, readable on black and on grey. */
static const char *const default_people[DEPTHS] = {
	"174 173 179 143 107 72 80 74 111 140 176 175", "1 3 2 6 5", "-",
};

/* --- colours --- */

static void
palette_rgb(int number, int rgb[3])
{
	static const unsigned char first[16][3] = {
		{ 0, 0, 0 }, { 205, 0, 0 }, { 0, 205, 0 }, { 205, 205, 0 }, { 0, 0, 238 }, { 205, 0, 205 },
		{ 0, 205, 205 }, { 229, 229, 229 }, { 127, 127, 127 }, { 255, 0, 0 }, { 0, 255, 0 }, { 255, 255, 0 },
		{ 92, 92, 255 }, { 255, 0, 255 }, { 0, 255, 255 }, { 255, 255, 255 },
	};
	static const int steps[6] = { 0, 95, 135, 175, 215, 255 };

	for (int i = 0; i < 3; i++) {
		if (number < 16)
			rgb[i] = first[number][i];
		else if (number >= 232)
			rgb[i] = 8 + 10 * (number - 232);
		else
			rgb[i] = steps[(number - 16) / (i == 0 ? 36 : i == 1 ? 6 : 1) % 6];
	}
}

/* Never one of the first 16: people give those other colours. */
static int
nearest(const int rgb[3])
{
	int best = 16, best_distance = INT_MAX;

	for (int number = 16; number < 256; number++) {
		int other[3], distance = 0;

		palette_rgb(number, other);
		for (int i = 0; i < 3; i++)
			distance += (rgb[i] - other[i]) * (rgb[i] - other[i]);
		if (distance < best_distance) {
			best = number;
			best_distance = distance;
		}
	}
	return best;
}

/* The hue of the even circle that XEP-0392 counts on (HSLuv), in degrees; between six known points by rule of three. */
static int
hue(int number)
{
	static const int known[] = { 12, 86, 128, 192, 266, 308, 372 };
	int rgb[3], high, low, sixth, within;

	palette_rgb(number, rgb);
	high = MAX(rgb[0], MAX(rgb[1], rgb[2]));
	low = MIN(rgb[0], MIN(rgb[1], rgb[2]));
	if (high == low)
		return 0;
	if (rgb[0] == high)
		within = 60 * (rgb[1] - rgb[2]) / (high - low);
	else if (rgb[1] == high)
		within = 120 + 60 * (rgb[2] - rgb[0]) / (high - low);
	else
		within = 240 + 60 * (rgb[0] - rgb[1]) / (high - low);
	within = (within + 360) % 360;
	sixth = within / 60;
	return (known[sixth] + (known[sixth + 1] - known[sixth]) * (within % 60) / 60) % 360;
}

static bool
parse_number(const char *text, int *number)
{
	char *end;
	long value;

	if (!g_ascii_isdigit(*text))
		return false;
	errno = 0;
	value = strtol(text, &end, 10);
	*number = (int)value;
	return errno == 0 && *end == '\0' && value <= 255;
}

static bool
parse_rgb(const char *text, int rgb[3])
{
	if (*text != '#' || strlen(text) != 7)
		return false;
	for (int i = 0; i < 3; i++) {
		int high = g_ascii_xdigit_value(text[1 + 2 * i]), low = g_ascii_xdigit_value(text[2 + 2 * i]);

		if (high < 0 || low < 0)
			return false;
		rgb[i] = 16 * high + low;
	}
	return true;
}

/* "#rrggbb/252/7", each part optional but one; the colour for this depth. */
static bool
parse_colour(const char *text, enum depth depth, bool person, int16_t *colour)
{
	g_auto(GStrv) parts = g_strsplit(text, "/", -1);
	int given[3] = { -1, -1, -1 }, rgb[3], n = 0;
	bool has_rgb = parse_rgb(parts[0] != NULL ? parts[0] : "", rgb);

	if (person && strcmp(text, "@") == 0) {
		*colour = depth == MONO ? -1 : PERSON;
		return true;
	}
	for (unsigned i = has_rgb ? 1 : 0; parts[i] != NULL; i++, n++)
		if (n >= 2 || (strcmp(parts[i], "-") != 0 && !parse_number(parts[i], &given[n])))
			return false;
	if (n == 0 && !has_rgb)
		return false;
	if (depth == RICH)
		*colour = (int16_t)(n > 0 ? given[0] : nearest(rgb));
	else if (depth == POOR)
		/* One number is for 256 colours; if it is below 16 it is right here too. */
		*colour = (int16_t)(n > 1 ? given[1] : given[0] < 16 ? given[0] : -1);
	else
		*colour = -1;
	return depth != POOR || *colour < 16;
}

/* "bold,underline" or "-"; with "/" between what is for 256 colours, for 16 and for none. */
static bool
parse_attributes(const char *text, enum depth depth, uint8_t *attributes)
{
	g_auto(GStrv) parts = g_strsplit(text, "/", -1);

	if (*text == '\0' || g_strv_length(parts) > DEPTHS)
		return false;
	for (int i = 0; parts[i] != NULL; i++) {
		g_auto(GStrv) names = g_strsplit(parts[i], ",", -1);
		uint8_t found = 0;

		if (*parts[i] == '\0')
			return false;
		for (int k = 0; names[k] != NULL && strcmp(parts[i], "-") != 0; k++) {
			size_t a = 0;

			while (a < G_N_ELEMENTS(attribute_names) && strcmp(names[k], attribute_names[a]) != 0)
				a++;
			if (a == G_N_ELEMENTS(attribute_names))
				return false;
			found |= (uint8_t)(1u << a);
		}
		if (i <= (int)depth)
			*attributes = found;
	}
	return true;
}

/* The words of a line, NULL at the end. */
static char **
words(const char *line)
{
	g_auto(GStrv) all = g_strsplit_set(line, " \t\r", -1);
	GPtrArray *kept = g_ptr_array_new();

	for (int i = 0; all[i] != NULL; i++)
		if (*all[i] != '\0')
			g_ptr_array_add(kept, g_strdup(all[i]));
	g_ptr_array_add(kept, NULL);
	return (char **)g_ptr_array_free(kept, FALSE);
}

/* NULL, or what is wrong; the caller's. */
static char *
parse_style(char *const *word, enum depth depth, struct style *style)
{
	if (word[0] == NULL || word[1] == NULL || word[2] == NULL || word[3] != NULL)
		return g_strdup("a slot is followed by foreground, background and attributes");
	if (!parse_colour(word[0], depth, true, &style->foreground))
		return g_strdup_printf("\"%s\" is not a colour: a number up to 255, #rrggbb, \"-\", or these joined by \"/\"",
		    word[0]);
	if (!parse_colour(word[1], depth, false, &style->background))
		return g_strdup_printf("\"%s\" is not a colour for a background", word[1]);
	if (!parse_attributes(word[2], depth, &style->attributes))
		return g_strdup_printf("\"%s\" has an attribute that is none of bold, dim, italic, underline, reverse",
		    word[2]);
	return NULL;
}

/* For every hue of a person the nearest of the colours given. */
static char *
parse_people(char *const *word, enum depth depth, int16_t people[NICK_COLOURS])
{
	int16_t colours[NICK_COLOURS];
	int n = 0, count = 0;

	while (word[count] != NULL)
		count++;
	if (count > NICK_COLOURS)
		return g_strdup_printf("nick.palette has more than %d colours", NICK_COLOURS);
	for (; *word != NULL; word++) {
		if (!parse_colour(*word, depth, false, &colours[n]))
			return g_strdup_printf("\"%s\" is not a colour", *word);
		n += colours[n] >= 0;
	}
	/* None for this kind of terminal: what was there stays. */
	for (int i = 0; i < NICK_COLOURS && n > 0; i++) {
		int angle = i * 360 / NICK_COLOURS, best = 360;

		for (int k = 0; k < n; k++) {
			int apart = abs(hue(colours[k]) - angle);

			apart = MIN(apart, 360 - apart);
			if (apart < best) {
				best = apart;
				people[i] = colours[k];
			}
		}
	}
	return NULL;
}

/* --- the theme --- */

struct theme *
theme_new(int colours)
{
	struct theme *theme = g_new0(struct theme, 1);
	g_auto(GStrv) people = NULL;
	char *fault;

	theme->depth = colours >= 256 ? RICH : colours >= 8 ? POOR : MONO;
	for (int i = 0; i < SLOTS; i++) {
		g_auto(GStrv) word = words(slots[i].variants[theme->depth]);

		/* A column of slot.def is already one variant: its numbers are meant for its depth. */
		fault = parse_style(word, theme->depth, &theme->styles[i]);
		g_assert(fault == NULL);
	}
	for (int i = 0; i < NICK_COLOURS; i++)
		theme->people[i] = -1;
	people = words(default_people[theme->depth]);
	fault = parse_people(people, theme->depth, theme->people);
	g_assert(fault == NULL);
	return theme;
}

void
theme_free(struct theme *theme)
{
	g_free(theme);
}

static int
slot_find(const char *name, size_t len)
{
	int low = 0, high = SLOTS;

	while (low < high) {
		int middle = (low + high) / 2, order = strncmp(name, slots[middle].name, len);

		if (order == 0 && slots[middle].name[len] != '\0')
			order = -1;
		if (order == 0)
			return middle;
		if (order > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

/* Slots without a line: as the nearest slot above that has one; "text" is above all. */
static void
inherit(struct theme *theme, const bool given[SLOTS])
{
	for (int i = 0; i < SLOTS; i++) {
		size_t len = strlen(slots[i].name);
		int above = -1;

		if (given[i])
			continue;
		while (above < 0 && len > 0) {
			while (len > 0 && slots[i].name[len - 1] != '.')
				len--;
			if (len > 0)
				len--;
			above = len > 0 ? slot_find(slots[i].name, len) : SLOT_TEXT;
			if (!given[above < 0 ? 0 : above])
				above = -1;
		}
		if (above >= 0)
			theme->styles[i] = theme->styles[above];
	}
}

static char *
take_line(struct theme *theme, const char *line, bool given[SLOTS])
{
	g_auto(GStrv) word = words(line);
	int slot;

	if (word[0] == NULL || *word[0] == '#')
		return NULL;
	if (strcmp(word[0], "nick.palette") == 0)
		return parse_people(word + 1, theme->depth, theme->people);
	slot = slot_find(word[0], strlen(word[0]));
	if (slot < 0)
		return g_strdup_printf("\"%s\" is not a slot", word[0]);
	if (given[slot])
		return g_strdup_printf("\"%s\" is there twice", word[0]);
	given[slot] = true;
	return parse_style(word + 1, theme->depth, &theme->styles[slot]);
}

bool
theme_load(struct theme *theme, const char *path, GError **error)
{
	struct theme copy = *theme;
	bool given[SLOTS] = { false };
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) && g_file_test(path, G_FILE_TEST_EXISTS)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s is not a file.", path);
		return false;
	}
	if (!g_file_get_contents(path, &text, NULL, error))
		return false;
	lines = g_strsplit(text, "\n", -1);
	for (int i = 0; lines[i] != NULL; i++) {
		g_autofree char *line = text_clean(lines[i], -1, TEXT_LINE, 0);
		g_autofree char *fault = take_line(&copy, line, given);

		if (fault != NULL) {
			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s:%d: %s.", path, i + 1, fault);
			return false;
		}
	}
	inherit(&copy, given);
	*theme = copy;
	return true;
}

bool
theme_replace(struct theme *theme, const char *path, GError **error)
{
	static const int colours[DEPTHS] = { [RICH] = 256, [POOR] = 16, [MONO] = 0 };
	struct theme *fresh = theme_new(colours[theme->depth]);
	bool loaded = theme_load(fresh, path, error);

	if (loaded)
		*theme = *fresh;
	theme_free(fresh);
	return loaded;
}

struct style
theme_style(const struct theme *theme, enum slot slot)
{
	struct style style;

	if (slot < SLOTS) {
		style = theme->styles[slot];
	} else {
		style = theme->styles[SLOT_MESSAGE_SENDER];
		if (style.foreground == PERSON)
			style.foreground = theme->people[slot - SLOT_NICK];
	}
	if (style.foreground == PERSON)
		style.foreground = -1;
	return style;
}

enum slot
theme_nick(const char *name)
{
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA1);
	guint8 digest[20];
	gsize len = sizeof digest;
	unsigned angle;

	g_checksum_update(checksum, (const guchar *)name, (gssize)strlen(name));
	g_checksum_get_digest(checksum, digest, &len);
	/* XEP-0392 §5.1: the first two bytes, the lower one first, are 65536th parts of the circle. */
	angle = (unsigned)digest[1] * 256 + digest[0];
	return SLOT_NICK + (angle * NICK_COLOURS + 32768) / 65536 % NICK_COLOURS;
}

const char *
theme_slot_name(enum slot slot)
{
	static char people[NICK_COLOURS][8];

	if (slot < SLOTS)
		return slots[slot].name;
	g_assert(slot < SLOTS_ALL);
	if (*people[0] == '\0')
		for (int i = 0; i < NICK_COLOURS; i++)
			g_snprintf(people[i], sizeof people[i], "nick.%d", i);
	return people[slot - SLOT_NICK];
}
