/* test_theme.c: the table, the file that says the same, and files with faults. */
#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "face/tui/term_probe.h"
#include "face/tui/theme.h"

static const int depths[] = { 256, 16, 8, 0 };

static void
sorted_and_unique(void **state)
{
	(void)state;
	for (int i = 1; i < SLOTS; i++)
		assert_true(strcmp(theme_slot_name(i - 1), theme_slot_name(i)) < 0);
	for (int i = SLOT_NICK; i < SLOTS_ALL; i++)
		assert_true(g_str_has_prefix(theme_slot_name(i), "nick."));
}

/* The installed file is the built-in theme, to the last attribute, on every kind of terminal. */
static void
dark_is_the_default(void **state)
{
	(void)state;
	for (size_t d = 0; d < G_N_ELEMENTS(depths); d++) {
		struct theme *built_in = theme_new(depths[d]), *loaded = theme_new(depths[d]);
		g_autoptr(GError) error = NULL;

		assert_true(theme_load(loaded, "themes/dark.theme", &error));
		for (int i = 0; i < SLOTS_ALL; i++) {
			struct style a = theme_style(built_in, i), b = theme_style(loaded, i);

			assert_int_equal(a.foreground, b.foreground);
			assert_int_equal(a.background, b.background);
			assert_int_equal(a.attributes, b.attributes);
			assert_true(a.foreground >= -1 && a.foreground < MAX(depths[d], 16));
		}
		theme_free(built_in);
		theme_free(loaded);
	}
}

/* It names every slot: who copies it sees all there is. */
static void
dark_is_complete(void **state)
{
	g_autofree char *text = NULL;

	(void)state;
	assert_true(g_file_get_contents("themes/dark.theme", &text, NULL, NULL));
	for (int i = 0; i < SLOTS; i++) {
		g_autofree char *line = g_strdup_printf("\n%s ", theme_slot_name(i));

		assert_non_null(strstr(text, line));
	}
}

static struct theme *
load(int colours, const char *text, GError **error)
{
	struct theme *theme = theme_new(colours);
	g_autofree char *path = NULL;
	int fd = g_file_open_tmp("confab-theme-XXXXXX", &path, NULL);

	assert_true(fd >= 0);
	close(fd);
	assert_true(g_file_set_contents(path, text, -1, NULL));
	theme_load(theme, path, error);
	g_unlink(path);
	return theme;
}

static void
assert_style(const char *text, int colours, enum slot slot, int foreground, int background, int attributes)
{
	g_autoptr(GError) error = NULL;
	struct theme *theme = load(colours, text, &error);
	struct style style = theme_style(theme, slot);

	assert_null(error);
	assert_int_equal(style.foreground, foreground);
	assert_int_equal(style.background, background);
	assert_int_equal(style.attributes, attributes);
	theme_free(theme);
}

static void
variants(void **state)
{
	const char *title = "# mine\n\n  title\t#ff0000/200/9  17/-  bold/reverse/underline,dim\r\n";

	(void)state;
	assert_style(title, 256, SLOT_TITLE, 200, 17, ATTRIBUTE_BOLD);
	assert_style(title, 16, SLOT_TITLE, 9, -1, ATTRIBUTE_REVERSE);
	assert_style(title, 0, SLOT_TITLE, -1, -1, ATTRIBUTE_UNDERLINE | ATTRIBUTE_DIM);
	/* A colour by its parts is the nearest of the 240 that nobody changes. */
	assert_style("title #ff0000 #000000 -", 256, SLOT_TITLE, 196, 16, 0);
	assert_style("title #ff0000 - -", 16, SLOT_TITLE, -1, -1, 0);
	assert_style("title 3 250 -", 16, SLOT_TITLE, 3, -1, 0);
	assert_style("title - - -", 256, SLOT_TITLE, -1, -1, 0);
}

static void
inheritance(void **state)
{
	const char *title = "title 1 2 bold\ntitle.name 3 4 -\n";

	(void)state;
	assert_style(title, 256, SLOT_TITLE_TOPIC, 1, 2, ATTRIBUTE_BOLD);
	assert_style(title, 256, SLOT_TITLE_NAME, 3, 4, 0);
	/* Not named and nothing above it is: as it was. */
	assert_style(title, 256, SLOT_STATUS, 252, 237, 0);
	assert_style("text 7 - -", 256, SLOT_STATUS_CLOCK, 7, -1, 0);
	assert_style("message.sender.own 5 - -\ntext 7 - -\nmessage.sender 6 - -", 256, SLOT_MESSAGE_SENDER_OWN, 5, -1,
	    0);
	assert_style("input.command 6 - -\n", 256, SLOT_INPUT_COMMAND_UNKNOWN, 6, -1, 0);
	/* input.prompt is not above input.text, nor text above it but as the root. */
	assert_style("input.prompt 6 - -\n", 256, SLOT_INPUT_TEXT, 252, -1, 0);
}

static void
faults(void **state)
{
	static const struct { const char *text, *line, *word; } bad[] = {
		{ "title 1 2 -\n\nnosuch 1 2 -\n", ":3: ", "\"nosuch\" is not a slot" },
		{ "titl 1 2 -", ":1: ", "\"titl\"" },
		{ "title 256 - -", ":1: ", "\"256\" is not a colour" },
		{ "title 99999999999999999999 - -", ":1: ", "is not a colour" },
		{ "title -1 - -", ":1: ", "\"-1\"" },
		{ "title 1x - -", ":1: ", "\"1x\"" },
		{ "title / - -", ":1: ", "\"/\"" },
		{ "title #12345 - -", ":1: ", "\"#12345\"" },
		{ "title #12345g - -", ":1: ", "\"#12345g\"" },
		{ "title 1/2/3 - -", ":1: ", "\"1/2/3\"" },
		{ "title - @ -", ":1: ", "\"@\"" },
		{ "title - - blink", ":1: ", "\"blink\"" },
		{ "title - - bold,", ":1: ", "\"bold,\"" },
		{ "title - - bold/", ":1: ", "\"bold/\"" },
		{ "title - - -/-/-/-", ":1: ", "attribute" },
		{ "title - -", ":1: ", "followed by" },
		{ "title", ":1: ", "followed by" },
		{ "title - - - -", ":1: ", "followed by" },
		{ "title - - -\ntitle - - -", ":2: ", "twice" },
		{ "nick.palette 1 2 red", ":1: ", "\"red\"" },
		{ "nick.palette 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", ":1: ", "more than 24" },
		{ "\033[2Jx 1 1 -", ":1: ", "\"[2Jx\"" },
		{ "\xff\xfe", ":1: ", "is not a slot" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		for (size_t d = 0; d < G_N_ELEMENTS(depths); d++) {
			g_autoptr(GError) error = NULL;
			struct theme *theme, *fresh = theme_new(depths[d]);
			/* The file has a right line too; it changes nothing either. */
			g_autofree char *text = g_strconcat(bad[i].text, "\nstatus 9 9 bold\n", NULL);

			theme = load(depths[d], text, &error);
			assert_non_null(error);
			assert_non_null(strstr(error->message, bad[i].line));
			assert_non_null(strstr(error->message, bad[i].word));
			assert_int_equal(theme_style(theme, SLOT_STATUS).background,
			    theme_style(fresh, SLOT_STATUS).background);
			theme_free(theme);
			theme_free(fresh);
		}
	}
}

static void
no_file(void **state)
{
	struct theme *theme = theme_new(256);
	GError *error = NULL;

	(void)state;
	assert_false(theme_load(theme, "/nonexistent/x.theme", &error));
	assert_non_null(strstr(error->message, "/nonexistent/x.theme"));
	g_clear_error(&error);
	assert_false(theme_load(theme, "/dev/zero", &error));
	assert_non_null(error);
	g_clear_error(&error);
	assert_false(theme_load(theme, "/", &error));
	g_clear_error(&error);
	theme_free(theme);
}

/* XEP-0392 §13.2.1 gives the angles: Romeo 327.255249, juliet@capulet.lit 209.410400, council 359.994507. */
static void
people(void **state)
{
	struct theme *theme = theme_new(256), *mono = theme_new(0);
	int colours = 0;

	(void)state;
	assert_int_equal(theme_nick("Romeo"), SLOT_NICK + 22);
	assert_int_equal(theme_nick("juliet@capulet.lit"), SLOT_NICK + 14);
	assert_int_equal(theme_nick("council"), SLOT_NICK + 0);
	for (int i = SLOT_NICK; i < SLOTS_ALL; i++) {
		assert_true(theme_style(theme, i).foreground >= 16);
		assert_int_equal(theme_style(mono, i).foreground, -1);
		assert_int_equal(theme_style(theme, i).attributes, ATTRIBUTE_BOLD);
		colours += i == SLOT_NICK || theme_style(theme, i).foreground != theme_style(theme, i - 1).foreground;
	}
	assert_in_range(colours, 10, NICK_COLOURS);
	theme_free(theme);
	theme_free(mono);
	/* A theme may do without, or choose others: red, green and blue here. */
	assert_style("message.sender 9 - -\n", 256, SLOT_NICK + 5, 9, -1, 0);
	assert_style("nick.palette 196 46 21\n", 256, SLOT_NICK + 1, 196, -1, ATTRIBUTE_BOLD);
	assert_style("nick.palette 196 46 21\n", 256, SLOT_NICK + 9, 46, -1, ATTRIBUTE_BOLD);
	assert_style("nick.palette 196 46 21\n", 256, SLOT_NICK + 18, 21, -1, ATTRIBUTE_BOLD);
}

/* What terminals say of the colour behind the text, and what is no answer. */
static void
light_or_dark(void **state)
{
	static const struct { const char *answer; int light; } each[] = {
		{ "\033]11;rgb:ffff/ffff/ffff\033\\", 1 }, { "\033]11;rgb:fdfd/f6f6/e3e3\a", 1 },
		    { "\033]11;rgb:ff/ff/ff\a", 1 },
		{ "\033]11;rgb:0000/0000/0000\033\\", 0 }, { "\033]11;rgb:0000/2b2b/3636\a", 0 },
		    { "\033]11;rgb:1/1/1\a", 0 },
		{ "\033]10;rgb:ffff/ffff/ffff\a", -1 }, { "\033]11;rgb:ffff/ffff\a", -1 }, { "\033]11;rgb:", -1 },
		{ "\033]11;rgb:fffff/ffff/ffff\a", -1 }, { "\033]11;#ffffff\a", -1 }, { "\033[?62c", -1 },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(each); i++) {
		struct key_token token = { KEY_REPLY, each[i].answer, strlen(each[i].answer), false };

		assert_int_equal(term_probe_is_light(&token), each[i].light);
	}
}

/* --- the six that are installed --- */

static const struct {
	const char *name;
	double	 contrast;		/* at least, of every text; 0: it leaves colours to the terminal */
	int	 behind[2];		/* what the terminal's own background may be */
} six[] = {
	{ "dark", 4.5, { 16, 235 } }, { "light", 4.5, { 231, 254 } }, { "high-contrast", 7, { 16, 16 } },
	{ "solarized", 4.5, { 234, 234 } }, { "mono", 0, { 0, 0 } }, { "sixteen", 0, { 0, 0 } },
};

static struct theme *
installed(const char *name, int colours)
{
	g_autofree char *path = g_strdup_printf("themes/%s.theme", name);
	struct theme *theme = theme_new(colours);
	g_autoptr(GError) error = NULL;

	if (!theme_replace(theme, path, &error))
		fail_msg("%s", error->message);
	return theme;
}

static void
all_parse_and_name_every_slot(void **state)
{
	(void)state;
	for (size_t t = 0; t < G_N_ELEMENTS(six); t++) {
		g_autofree char *path = g_strdup_printf("themes/%s.theme", six[t].name), *text = NULL;

		assert_true(g_file_get_contents(path, &text, NULL, NULL));
		for (size_t d = 0; d < G_N_ELEMENTS(depths); d++)
			theme_free(installed(six[t].name, depths[d]));
		for (int i = 0; i < SLOTS; i++) {
			g_autofree char *line = g_strdup_printf("\n%s ", theme_slot_name(i));

			if (strstr(text, line) == NULL)
				fail_msg("%s has no %s", path, theme_slot_name(i));
		}
	}
}

/* Of WCAG 2: of a part of a colour, 0 to 255. */
static double
linear(int part)
{
	double v = part / 255.0;

	return v <= 0.03928 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double
luminance(int colour)
{
	static const int steps[6] = { 0, 95, 135, 175, 215, 255 };
	int n = colour - 16, grey = 8 + 10 * (colour - 232);

	assert_in_range(colour, 16, 255);
	if (colour >= 232)
		return linear(grey);
	return 0.2126 * linear(steps[n / 36]) + 0.7152 * linear(steps[n / 6 % 6]) + 0.0722 * linear(steps[n % 6]);
}

static double
contrast(int a, int b)
{
	double x = luminance(a), y = luminance(b);

	return (MAX(x, y) + 0.05) / (MIN(x, y) + 0.05);
}

static void
every_text_can_be_read(void **state)
{
	(void)state;
	for (size_t t = 0; t < G_N_ELEMENTS(six); t++) {
		struct theme *theme = installed(six[t].name, 256);

		for (int i = 0; i < SLOTS_ALL && six[t].contrast > 0; i++)
			for (int b = 0; b < 2; b++) {
				struct style style = theme_style(theme, i);
				int behind = style.background >= 0 ? style.background : six[t].behind[b];

				/* Lines that part panes are no text; a name's colour is that of nick.palette. */
				if (i == SLOT_LINE_BORDER || i == SLOT_MESSAGE_SENDER)
					continue;
				if (contrast(style.foreground, behind) < six[t].contrast)
					fail_msg("%s: %s is %d on %d, %.2f to 1", six[t].name, theme_slot_name(i),
					    style.foreground, behind, contrast(style.foreground, behind));
			}
		theme_free(theme);
	}
}

/* What means something by its looks alone is told apart without colours too. */
static void
without_colours(void **state)
{
	static const struct { enum slot a, b; } pairs[] = {
		{ SLOT_SELECT_ROW, SLOT_TEXT }, { SLOT_SELECT_MARK, SLOT_TEXT }, { SLOT_MENU_CURRENT, SLOT_MENU_TEXT },
		{ SLOT_LIST_CURRENT, SLOT_LIST_NAME }, { SLOT_LIST_UNREAD, SLOT_LIST_NAME },
		{ SLOT_LIST_MENTION, SLOT_LIST_UNREAD }, { SLOT_STATUS, SLOT_TEXT },
		    { SLOT_STATUS_PROBLEM, SLOT_STATUS },
		{ SLOT_STATUS_MENTION, SLOT_STATUS_ROOM }, { SLOT_TITLE, SLOT_TEXT },
		    { SLOT_TITLE_WARNING, SLOT_TITLE },
		{ SLOT_TITLE_INACTIVE, SLOT_TITLE }, { SLOT_LINE_UNREAD, SLOT_TEXT }, { SLOT_INPUT_COMMAND_UNKNOWN,
		SLOT_INPUT_COMMAND }, { SLOT_INPUT_PROMPT_PLAIN, SLOT_INPUT_PROMPT },
	};

	(void)state;
	for (size_t t = 0; t < G_N_ELEMENTS(six); t++) {
		struct theme *theme = installed(six[t].name, 0);

		for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++)
			if (theme_style(theme, pairs[i].a).attributes == theme_style(theme, pairs[i].b).attributes &&
			    strcmp(six[t].name, "mono") == 0)
				fail_msg("%s: %s and %s look the same", six[t].name, theme_slot_name(pairs[i].a),
				    theme_slot_name(pairs[i].b));
		for (int i = 0; i < SLOTS_ALL; i++)
			assert_int_equal(theme_style(theme, i).foreground, -1);
		theme_free(theme);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorted_and_unique),
		cmocka_unit_test(dark_is_the_default),
		cmocka_unit_test(dark_is_complete),
		cmocka_unit_test(variants),
		cmocka_unit_test(inheritance),
		cmocka_unit_test(faults),
		cmocka_unit_test(no_file),
		cmocka_unit_test(people),
		cmocka_unit_test(all_parse_and_name_every_slot), cmocka_unit_test(every_text_can_be_read),
		cmocka_unit_test(without_colours), cmocka_unit_test(light_or_dark),
	};

	return cmocka_run_group_tests_name("theme", tests, NULL, NULL);
}
