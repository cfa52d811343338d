/* test_form.c: forms read, shown, filled in, and sent back as they came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/limits.h"
#include "xmpp/form.h"
#include "xmpp/ns.h"

static struct form *
parse(const char *fields)
{
	g_autofree char *xml = g_strdup_printf("<x xmlns='jabber:x:data' type='form'>%s</x>", fields);
	GError *error = NULL;
	struct stanza *x = stanza_parse(xml, -1, &error);
	struct form *form;

	if (x == NULL)
		fail_msg("%s: %s", xml, error->message);
	form = form_parse(x, &error);
	if (form == NULL)
		fail_msg("%s: %s", xml, error->message);
	stanza_free(x);
	return form;
}

static void
assert_submit(const struct form *form, const char *fields)
{
	struct stanza *x = form_submit(form);
	g_autofree char *xml = stanza_to_xml(x);
	g_autofree char *expected = g_strdup_printf("<x xmlns='jabber:x:data' type='submit'>%s</x>", fields);

	assert_string_equal(xml, expected);
	stanza_free(x);
}

static void
assert_text(const struct form *form, const char *var, const char *expected)
{
	g_autofree char *text = form_field_text(form_find(form, var));

	assert_string_equal(text, expected);
}

static void
takes(const struct form *form, const char *var, const char *text)
{
	GError *error = NULL;

	if (!form_field_set(form_find(form, var), text, &error))
		fail_msg("%s: %s", text, error->message);
	assert_true(form_find(form, var)->changed);
}

static void
refuses(const struct form *form, const char *var, const char *text, const char *words)
{
	g_autoptr(GError) error = NULL;
	struct form_field *field = form_find(form, var);
	bool changed = field->changed;
	g_autofree char *before = form_field_text(field), *after = NULL;

	assert_false(form_field_set(field, text, &error));
	if (strstr(error->message, words) == NULL)
		fail_msg("\"%s\" is not in: %s", words, error->message);
	after = form_field_text(field);
	assert_string_equal(before, after);
	assert_int_equal(field->changed, changed);
}

#define FIELD(type, var, inner) "<field type='" type "' var='" var "'>" inner "</field>"
#define V(value) "<value>" value "</value>"
#define O(label, value) "<option label='" label "'><value>" value "</value></option>"
#define INTEGER(range) "<validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:integer'>" range "</validate>"
#define SENT(var, inner) "<field var='" var "'>" inner "</field>"

/* Whatever came goes back, also what has a type that nobody knows; headings stay behind. */
static void
test_kept(void **state)
{
	struct form *form = parse("<title> A\ntitle </title><instructions>Do\nit</instructions>"
	    FIELD("hidden", "FORM_TYPE", V("urn:x")) FIELD("fixed", "f",
	    V("heading")) "<field type='fixed'>" V("h") "</field>" FIELD("x-new", "new",
	    V(" a\tb ") V("c")) FIELD("boolean", "b", V("true")) FIELD("text-multi", "none",
	    "") "<field var='bare'>" V("&lt;") "</field><field>" V("lost") "</field><other xmlns='urn:o'/>");

	(void)state;
	assert_string_equal(form->title, "A title");
	assert_string_equal(form->instructions, "Do\nit");
	assert_int_equal(form->fields->len, 7);
	assert_string_equal(form_value(form, "FORM_TYPE"), "urn:x");
	assert_true(form_is(form, "b"));
	assert_false(form_is(form, "no such"));
	assert_null(form_value(form, "none"));
	assert_int_equal(form_find(form, "new")->type, FORM_TEXT_SINGLE);
	assert_false(form_is_asked(form_find(form, "FORM_TYPE")));
	assert_false(form_is_asked(form_find(form, "f")));
	assert_submit(form, "<field var='FORM_TYPE' type='hidden'>" V("urn:x") "</field>" SENT("new",
	    V(" a\tb ") V("c")) SENT("b", V("true")) "<field var='none'/>" SENT("bare", V("&lt;")));
	form_free(form);
}

static void
test_values(void **state)
{
	struct form *form = parse(FIELD("boolean", "b", "") FIELD("list-single", "l",
	    V("a") O("Letter A", "a") O("Letter B", "b")) FIELD("list-multi", "m",
	    V("1") V("3") O("one", "1") O("two", "2") O("three", "3")) FIELD("text-multi", "t", "") FIELD("jid-single",
	    "j", "") FIELD("jid-multi", "js", V("x@example.org")) FIELD("text-private", "p",
	    V("secret")) FIELD("text-single", "s", ""));

	(void)state;
	assert_text(form, "b", "no");
	takes(form, "b", "On");
	assert_text(form, "b", "yes");
	refuses(form, "b", "perhaps", "yes or no; \"perhaps\" is not");

	assert_text(form, "l", "Letter A");
	takes(form, "l", "letter b");
	assert_string_equal(form_value(form, "l"), "b");
	refuses(form, "l", "c", "l is one of: a (Letter A), b (Letter B); \"c\" is not.");

	assert_text(form, "m", "one, three");
	takes(form, "m", "two , 3,2");
	assert_text(form, "m", "two, three");
	refuses(form, "m", "1,4", "\"4\"");
	takes(form, "m", "");
	assert_text(form, "m", "");

	takes(form, "t", "one\n\ntwo, three");
	assert_int_equal(form_find(form, "t")->values->len, 3);
	assert_text(form, "t", "one\n\ntwo, three");

	refuses(form, "j", "@", "an address");
	takes(form, "j", " Bob@Example.org ");
	assert_string_equal(form_value(form, "j"), "bob@example.org");
	takes(form, "js", "a@example.org,\nb@example.org, A@example.org");
	assert_text(form, "js", "a@example.org, b@example.org");

	assert_text(form, "p", "(not shown)");
	takes(form, "p", "new");
	assert_text(form, "p", "(not shown)");
	takes(form, "s", "a\x01" "b\nc");
	assert_string_equal(form_value(form, "s"), "ab c");
	form_free(form);
}

static void
test_numbers(void **state)
{
	struct form *form = parse(FIELD("text-single", "n", INTEGER("<range min='1' max='9'/>"))
	    FIELD("text-single", "any", INTEGER("")) FIELD("text-single", "odd", INTEGER("<range min='9' max='1'/>"))
	    FIELD("list-single", "open", O("a",
	    "a") "<validate xmlns='http://jabber.org/protocol/xdata-validate'><open/></validate>"));

	(void)state;
	takes(form, "n", "9");
	refuses(form, "n", "10", "a whole number from 1 to 9; \"10\"");
	refuses(form, "n", "4x", "\"4x\"");
	takes(form, "n", "");
	assert_null(form_value(form, "n"));
	takes(form, "any", "-5");
	refuses(form, "any", "99999999999999999999", "a whole number;");
	refuses(form, "odd", "5", "from 9 to 1");
	takes(form, "open", "else");
	assert_text(form, "open", "else");
	form_free(form);
}

static void
test_required(void **state)
{
	struct form *form = parse("<field type='text-single' var='r' label='Nick'><required/></field>"
	    "<field type='hidden' var='h'><required/></field>");
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_false(form_check(form, &error));
	assert_string_equal(error->message, "Nick must be filled in.");
	takes(form, "r", "me");
	assert_true(form_check(form, NULL));
	form_free(form);
}

/* What they call things is text: no controls, no end, and a name where there is none. */
static void
test_shown(void **state)
{
	g_autoptr(GString) xml = g_string_new("<field var='v' label='");
	struct form *form;

	(void)state;
	for (int i = 0; i < 5000; i++)
		g_string_append(xml, "ab");
	g_string_append(xml,
	    "'/><field var='w' label='a&#10;b&#x202e;c'><desc>x&#10;y</desc></field><field var='u' label='  '/>");
	form = parse(xml->str);
	assert_int_equal(strlen(form_find(form, "v")->label), LIMIT_NAME);
	assert_string_equal(form_find(form, "W")->label, "a bc");
	assert_string_equal(form_find(form, "w")->meaning, "x\ny");
	assert_string_equal(form_find(form, "u")->label, "u");
	form_free(form);
}

static void
test_too_long(void **state)
{
	g_autoptr(GString) xml = g_string_new("<x xmlns='jabber:x:data'>");
	g_autoptr(GError) error = NULL;
	struct stanza *x;

	(void)state;
	for (int i = 0; i <= LIMIT_FORM_FIELDS; i++)
		g_string_append_printf(xml, "<field var='%d'/>", i);
	g_string_append(xml, "</x>");
	x = stanza_parse(xml->str, -1, NULL);
	assert_non_null(x);
	assert_null(form_parse(x, &error));
	assert_non_null(strstr(error->message, "more than 1000 fields"));
	assert_null(form_parse(NULL, NULL));
	stanza_free(x);
	/* What passes the parser's own limits is no stanza at all. */
	g_string_assign(xml, "<x xmlns='jabber:x:data'>");
	for (int i = 0; i <= 100000; i++)
		g_string_append_printf(xml, "<field var='%d'/>", i);
	g_string_append(xml, "</x>");
	assert_null(stanza_parse(xml->str, -1, NULL));
}

static void
test_among(void **state)
{
	struct stanza *s = stanza_parse("<query><x xmlns='jabber:x:data'>" FIELD("hidden", "FORM_TYPE",
	    V("b") V("a")) "</x><x xmlns='jabber:x:data'>" FIELD("hidden", "FORM_TYPE", V("a")) FIELD("hidden",
	    "FORM_TYPE", V("a")) "</x><x xmlns='jabber:x:data'>" FIELD("text-single", "k", V("1")) FIELD("hidden",
	    "FORM_TYPE", V("a")) "</x><x xmlns='jabber:x:data'/></query>", -1, NULL);
	const struct stanza *x = form_among(s, "a");
	struct form *form = form_parse(x, NULL);

	(void)state;
	assert_non_null(form);
	assert_string_equal(form_value(form, "k"), "1");
	assert_null(form_among(s, "b"));
	assert_null(form_among(NULL, "b"));
	form_free(form);
	stanza_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept), cmocka_unit_test(test_values), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_required), cmocka_unit_test(test_shown), cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_among),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
