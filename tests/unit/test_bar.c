/* test_bar.c: the language of title, status line and prompt: what it shows, what gives way, and what is refused. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "face/tui/bar.h"

static const struct text_policy policy;

/* Some items, and one that is as long as a test wants it. */
static void
value(void *ctx, enum item item, struct bar_value *to)
{
	const char *topic = ctx;

	if (item == ITEM_CHAT_NAME)
		bar_put(to, SLOTS_ALL, "alice");
	else if (item == ITEM_CHAT_ADDRESS)
		bar_put(to, SLOTS_ALL, topic);
	else if (item == ITEM_OUTBOX)
		bar_put(to, SLOTS_ALL, "0");
	else if (item == ITEM_REQUESTS)
		bar_put(to, SLOT_STATUS_REQUEST, "3");
	else if (item == ITEM_ACTIVITY) {
		bar_put(to, SLOT_STATUS_DIRECT, "7:bob");
		bar_printf(to, SLOT_STATUS_ROOM, " %d:%s", 9, "dev");
	}
}

static void
shows(const char *text, int columns, const char *topic, const char *wanted)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) format = format_parse(text, FORMAT_BAR, &error);
	struct area area = { 0, 0, 1, columns };
	struct canvas *canvas = canvas_new(1, columns, &policy);
	g_autofree char *dump = NULL;

	if (format == NULL)
		fail_msg("%s: %s", text, error->message);
	bar_draw(format, value, (void *)(uintptr_t)topic, canvas, &area, SLOT_STATUS);
	dump = g_strchomp(canvas_dump(canvas, false));
	assert_string_equal(dump, wanted);
	canvas_free(canvas);
}

static void
what_it_shows(void **state)
{
	(void)state;
	shows("plain, with )} and ##", 40, "", "plain, with )} and #");
	shows("#{chat.name}", 40, "", "alice");
	shows("#{chat.name:3}|#{chat.name:9}|", 40, "", "al…|alice|");
	shows("#{chat.name:-8}|#{chat.name:=8}|#{chat.name:=4}|", 40, "", "   alice|alice   |ali…|");
	shows("#{activity:7}", 40, "", "7:bob …");
	shows("#{?requests,Req #{requests},none}#{?outbox,Out, idle}#{?chat.draft,,!}", 40, "", "Req 3 idle!");
	shows("#{?chat.name=alice,yes#, she,no}#{?chat.name=bob,1,2#}}", 40, "", "yes, she2}");
	shows("#[status.request]#{chat.name}#[] x", 40, "", "alice x");
	shows("left#>right", 12, "", "left   right");
	shows("", 12, "", "");
	/* A group whose items came to nothing goes with its words; one without items stays. */
	shows("a#(1  (#{chat.draft}#))b#(2  words)", 40, "", "ab words");
	shows("a#(1 #{?outbox,Out #{outbox},})b", 40, "", "ab");
}

static void
what_gives_way(void **state)
{
	static const char line[] = "#{chat.name}#(6  #{chat.address})#>#(2  #{activity})";

	(void)state;
	shows(line, 40, "alice@example.org", "alice alice@example.org      7:bob 9:dev");
	shows(line, 35, "alice@example.org", "alice alice@example.org 7:bob 9:dev");
	/* Sixteen columns of it are worth having, fewer are not. */
	shows(line, 34, "alice@example.org", "alice alice@example.o… 7:bob 9:dev");
	shows(line, 32, "alice@example.org", "alice                7:bob 9:dev");
	shows(line, 17, "alice@example.org", "alice 7:bob 9:dev");
	/* Equal ranks: the first goes first. */
	shows("#(2 #{chat.name})#(2  #{requests})", 5, "", " 3");
	/* What is left is cut at the left side; the right one stays. */
	shows("#{chat.address}#>#{activity}", 18, "alice@example.org", "alice@…7:bob 9:dev");
	shows("#{chat.address}#>#{activity}", 11, "alice@example.org", "7:bob 9:dev");
	shows("#{chat.address}#>#{activity}", 5, "alice@example.org", "7:bob");
	shows("漢字#{chat.address}", 3, "", "漢…");
}

static void
refused(const char *text, enum format_use use, const char *wanted)
{
	g_autoptr(GError) error = NULL;

	assert_null(format_parse(text, use, &error));
	assert_non_null(error);
	assert_string_equal(error->message, wanted);
}

static void
what_is_refused(void **state)
{
	(void)state;
	refused("grüße #{chat.nmae}", FORMAT_BAR,
	    "at character 9: there is no item \"chat.nmae\"; near to it: chat.name.");
	refused("#{}", FORMAT_BAR, "at character 3: there is no item \"\".");
	refused("#{chat.name", FORMAT_BAR, "at character 1: the } to this #{ is missing.");
	refused("#{chat.name:0}", FORMAT_BAR,
	    "at character 13: behind the colon stands a number of columns from 1 to 999, with - or = before it or not.");
	refused("#{chat.name:-}", FORMAT_BAR,
	    "at character 13: behind the colon stands a number of columns from 1 to 999, with - or = before it or not.");
	refused("#{?chat.name,x}", FORMAT_BAR, "at character 1: a condition is #{?item,A,B}; B may be empty.");
	refused("#{?chat.name}", FORMAT_BAR, "at character 1: a condition is #{?item,A,B}.");
	refused("#{?chat.name,a,b", FORMAT_BAR, "at character 1: the } to this #{ is missing.");
	refused("#[titel]", FORMAT_BAR, "at character 3: there is no slot \"titel\"; near to it: title.");
	refused("#[title", FORMAT_BAR, "at character 1: the ] to this #[ is missing.");
	refused("#(0 x)", FORMAT_BAR, "at character 1: a group begins with its rank, 1 to 9, and a blank: #(3 text).");
	refused("#(3 x", FORMAT_BAR, "at character 1: the ) to this #( is missing.");
	refused("#(3 #(2 x))", FORMAT_BAR, "at character 5: a group stands in no other group.");
	refused("#(3 #>)", FORMAT_BAR, "at character 5: #> stands in no group and no condition.");
	refused("a#>b#>c", FORMAT_BAR, "at character 5: #> stands once in a line.");
	refused("#x", FORMAT_BAR, "at character 1: # begins #{item}, #[slot], #(N text) or #>; the sign itself is ##.");
	refused("#", FORMAT_BAR, "at character 1: # begins #{item}, #[slot], #(N text) or #>; the sign itself is ##.");
	refused("#[title]x", FORMAT_PROMPT, "at character 1: the prompt has one colour, input.prompt.");
	refused("#(1 x)", FORMAT_PROMPT, "at character 1: the prompt has no groups.");
	refused("a#>", FORMAT_PROMPT, "at character 2: the prompt has no right side.");
}

/* Conditions in conditions: as deep as anybody reads, and no deeper. */
static void
depth(void **state)
{
	(void)state;
	for (int levels = 1; levels < 400; levels++) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autoptr(GPtrArray) format = NULL;

		for (int i = 0; i < levels; i++)
			g_string_append(text, "#{?outbox,,");
		for (int i = 0; i < levels; i++)
			g_string_append(text, "}");
		format = format_parse(text->str, FORMAT_BAR, NULL);
		assert_true((format != NULL) == (levels < 8));
	}
}

static void
standards(void **state)
{
	static const char *const all[] = { STANDARD_STATUS, STANDARD_STATUS_NARROW, STANDARD_TITLE,
	    STANDARD_TITLE_NARROW };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
		assert_true(format_is_bar(all[i], NULL));
		assert_true(strlen(all[i]) <= LIMIT_FORMAT);
	}
	assert_true(format_is_prompt(STANDARD_PROMPT, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_shows), cmocka_unit_test(what_gives_way), cmocka_unit_test(what_is_refused),
		cmocka_unit_test(depth), cmocka_unit_test(standards),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
