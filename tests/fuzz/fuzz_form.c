/* fuzz_form.c: what a form holds goes back as it came; what it says can be shown; what is typed is taken or refused. */
#include <glib.h>
#include <string.h>

#include "fuzz.h"
#include "xmpp/form.h"
#include "xmpp/ns.h"

/* Each field that may go back is there in order, with its values. */
static void
check_submit(const struct form *form)
{
	struct stanza *x = form_submit(form), *f = stanza_first(x);

	for (guint i = 0; i < form->fields->len; i++) {
		const struct form_field *field = form->fields->pdata[i];
		struct stanza *v;

		if (field->type == FORM_FIXED)
			continue;
		g_assert_nonnull(f);
		g_assert_cmpstr(stanza_get(f, "var"), ==, field->var);
		v = stanza_first(f);
		for (guint j = 0; j < field->values->len; j++, v = stanza_next(v))
			g_assert_cmpstr(stanza_text(v), ==, field->values->pdata[j]);
		g_assert_null(v);
		f = stanza_next(f);
	}
	g_assert_null(f);
	stanza_free(x);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stanza *stanza = stanza_parse((const char *)data, (gssize)size, NULL);
	struct form *form = stanza != NULL ? form_parse(stanza, NULL) : NULL;

	if (form == NULL) {
		stanza_free(stanza);
		return 0;
	}
	form_among(stanza, "x");
	check_submit(form);
	form_check(form, NULL);
	for (guint i = 0; i < form->fields->len; i++) {
		struct form_field *field = form->fields->pdata[i];
		g_autofree char *text = form_field_text(field), *range = form_field_range(field);

		g_assert_true(g_utf8_validate(text, -1, NULL) && g_utf8_validate(range, -1, NULL));
		g_assert_true(g_utf8_validate(field->label, -1, NULL) && strchr(field->label, '\n') == NULL);
		if (form_field_set(field, text, NULL))
			g_assert_true(field->changed);
		form_field_set(field, "a,b\n2", NULL);
	}
	check_submit(form);
	form_free(form);
	stanza_free(stanza);
	return 0;
}
