/* room_about.c: see room_about.h. */
#include "core/room_about.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "xmpp/ns.h"

static char *
clean(const char *text)
{
	g_autofree char *line = text != NULL ? text_clean(text, -1, TEXT_LINE, LIMIT_NAME) : NULL;

	return line != NULL && *line != '\0' ? g_steal_pointer(&line) : NULL;
}

static void
read_feature(struct room_about *about, const char *var)
{
	static const struct { const char *name; size_t offset; bool value; } rules[] = {
#define RULE(name, field, value) { name, offsetof(struct room_about, field), value }
		RULE("muc_membersonly", members, true), RULE("muc_open", members, false),
		RULE("muc_passwordprotected", password, true), RULE("muc_unsecured", password, false),
		RULE("muc_moderated", moderated, true), RULE("muc_unmoderated", moderated, false),
		RULE("muc_hidden", hidden, true), RULE("muc_public", hidden, false),
		RULE("muc_temporary", temporary, true), RULE("muc_persistent", temporary, false),
		RULE("muc_nonanonymous", addresses, true), RULE("muc_semianonymous", addresses, false),
#undef RULE
	};

	if (strcmp(var, NS_MUC) == 0)
		about->is_room = true;
	for (size_t i = 0; i < G_N_ELEMENTS(rules); i++)
		if (strcmp(rules[i].name, var) == 0) {
			*(bool *)((char *)about + rules[i].offset) = rules[i].value;
			about->has_rules = true;
		}
}

static void
read_form(struct room_about *about)
{
	const char *count = form_value(about->form, "muc#roominfo_occupants"), *avatar;
	const struct form_field *description = form_find(about->form, "muc#roominfo_description");
	guint64 n;

	if (count != NULL && g_ascii_string_to_unsigned(count, 10, 0, G_MAXINT32, &n, NULL))
		about->occupants = (int64_t)n;
	about->description = description != NULL ? form_field_text(description) : NULL;
	if (about->description != NULL && *about->description == '\0')
		g_clear_pointer(&about->description, g_free);
	about->language = clean(form_value(about->form, "muc#roominfo_lang"));
	about->subject = clean(form_value(about->form, "muc#roominfo_subject"));
	avatar = form_value(about->form, "muc#roominfo_avatarhash");
	about->avatar = clean(avatar);
}

void
room_about_read(const struct stanza *query, struct room_about *about)
{
	const struct stanza *x = form_among(query, NS_MUC "#roominfo");

	memset(about, 0, sizeof(*about));
	about->occupants = -1;
	for (struct stanza *c = query != NULL ? stanza_first(query) : NULL; c != NULL; c = stanza_next(c)) {
		if (stanza_is(c, "feature", NS_DISCO_INFO) && stanza_get(c, "var") != NULL)
			read_feature(about, stanza_get(c, "var"));
		else if (stanza_is(c, "identity", NS_DISCO_INFO) && about->name == NULL &&
		    g_strcmp0(stanza_get(c, "category"), "conference") == 0)
			about->name = clean(stanza_get(c, "name"));
	}
	about->form = x != NULL ? form_parse(x, NULL) : NULL;
	if (about->form != NULL)
		read_form(about);
}

void
room_about_clear(struct room_about *about)
{
	g_free(about->name);
	g_free(about->description);
	g_free(about->language);
	g_free(about->subject);
	g_free(about->avatar);
	form_free(about->form);
	memset(about, 0, sizeof(*about));
}

char *
room_about_rules(const struct room_about *about)
{
	if (!about->has_rules)
		return g_strdup("");
	return g_strdup_printf("%s%s%s, %s%s%s", about->members ? "for members only" : "open to everybody",
	    about->password ? ", with a password" : "", about->moderated ? ", moderated" : "",
	    about->addresses ? "everybody in it sees your address" : "only its moderators see your address",
	    about->hidden ? ", not listed" : "", about->temporary ? ", gone when the last one leaves" : "");
}

static void
fact(json_t *facts, const char *label, const char *value)
{
	if (value != NULL && *value != '\0')
		json_array_append_new(facts, json_pack("[s,s]", label, value));
}

/* What the form says that has no place of its own, under the room's own words. */
static void
other_facts(const struct room_about *about, json_t *facts)
{
	static const char *const told[] = { "muc#roominfo_occupants", "muc#roominfo_description", "muc#roominfo_lang",
	    "muc#roominfo_subject", "muc#roominfo_avatarhash", "FORM_TYPE", "muc#roomconfig_roomname", NULL };

	for (guint i = 0; about->form != NULL && i < about->form->fields->len; i++) {
		const struct form_field *field = about->form->fields->pdata[i];
		g_autofree char *value = NULL, *line = NULL;

		if (field->var == NULL || g_strv_contains(told, field->var))
			continue;
		value = form_field_text(field);
		line = text_clean(value, -1, TEXT_LINE, LIMIT_NAME);
		fact(facts, field->label, line);
	}
}

json_t *
room_about_facts(const struct room_about *about)
{
	json_t *facts = json_array();
	g_autofree char *rules = room_about_rules(about), *count = about->occupants >= 0 ?
	    g_strdup_printf("%" G_GINT64_FORMAT, about->occupants) : NULL;
	g_autofree char *avatar = about->avatar != NULL ?
	    g_strdup_printf("a picture, not shown here, with the hash %s", about->avatar) : NULL;

	fact(facts, "name", about->name);
	fact(facts, "about", about->description);
	fact(facts, "subject", about->subject);
	fact(facts, "people in it", count);
	fact(facts, "rules", rules);
	fact(facts, "language", about->language);
	fact(facts, "picture", avatar);
	other_facts(about, facts);
	return facts;
}
