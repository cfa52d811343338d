/*
 * muc_config.c: what a room is, set by its owners (XEP-0045 §10): the configuration form as the service made it, and
 * the end of a room.  Each command gets the form anew, so that nothing that another owner changed meanwhile is written
 * back.
 */
#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/feature.h"
#include "core/form_json.h"
#include "core/room.h"
#include "core/room_form.h"
#include "xmpp/ns.h"

extern const struct feature feature_muc_config;

static const char owners[] = "Only owners configure a room.";

/* What is under way: the form, and what to say when it is done. */
struct config {
	char		*room;
	struct form	*form;
	GString		*said;
	void		(*got)(struct command_call *, const struct stanza *x);
};

static void
config_free(void *p)
{
	struct config *config = p;

	g_free(config->room);
	form_free(config->form);
	g_string_free(config->said, TRUE);
	g_free(config);
}

static void
refused(struct command_call *call, enum iq_end end, const struct stanza *answer)
{
	const struct config *config = call->ctx;
	g_autofree char *room = g_strdup(config->room);
	struct stanza_fault fault;
	bool forbidden = false;

	if (end != IQ_ERROR) {
		command_unanswered(call, room, end, answer);
		return;
	}
	if (stanza_fault_read(answer, &fault)) {
		forbidden = strcmp(fault.condition, "forbidden") == 0 || strcmp(fault.condition, "not-allowed") == 0;
		stanza_fault_clear(&fault);
	}
	command_refused_for(call, room, answer, forbidden ? owners : NULL);
}

static void
form_told(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct command_call *call = ctx;
	struct config *config = call->ctx;
	struct room *room;
	const struct stanza *x = end == IQ_RESULT ?
	    stanza_child(stanza_child(answer, "query", NS_MUC_OWNER), "x", NS_DATA) : NULL;
	g_autoptr(GError) error = NULL;

	if (end != IQ_RESULT) {
		refused(call, end, answer);
		return;
	}
	config->form = form_parse(x, &error);
	room = room_find(call->account, config->room);
	if (room != NULL)
		room_form_keep(room, x);
	if (config->form == NULL)
		command_fail_with(call, error);
	else
		config->got(call, x);
}

static void
get_form(struct command_call *call, void (*got)(struct command_call *, const struct stanza *x))
{
	struct config *config = g_new0(struct config, 1);
	struct stanza *iq;

	config->room = jid_bare(call->chat);
	config->said = g_string_new(NULL);
	config->got = got;
	call->ctx = config;
	call->ctx_free = config_free;
	iq = stanza_iq("get", config->room);
	stanza_add(iq, "query", NS_MUC_OWNER);
	account_request(call->account, iq, form_told, call);
}

/* --- sending it back --- */

static void
taken(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct command_call *call = ctx;
	const struct config *config = call->ctx;
	struct room *room;

	if (end != IQ_RESULT) {
		refused(call, end, answer);
		return;
	}
	if (account_find(call->core, call->account_name) == call->account &&
	    (room = room_find(call->account, config->room)) != NULL)
		room->config_ms = 0;
	if (config->said->len > 0)
		command_say(call, "%s", config->said->str);
	command_done(call);
}

/* The account again, after somebody was asked; false and the call is over. */
static bool
still_there(struct command_call *call)
{
	call->account = account_find(call->core, call->account_name);
	if (call->account != NULL && account_online(call->account))
		return true;
	command_fail(call, RPC_ERROR_OFFLINE, "%s is not on line any more. Nothing was done.", call->account_name);
	return false;
}

static void
send_form(struct command_call *call)
{
	const struct config *config = call->ctx;
	struct stanza *iq = stanza_iq("set", config->room);

	stanza_take(stanza_add(iq, "query", NS_MUC_OWNER), form_submit(config->form));
	account_request(call->account, iq, taken, call);
}

static void
confirmed(struct command_call *call, const char *value)
{
	if (strcmp(value, "yes") != 0)
		command_fail(call, RPC_ERROR_CANCELLED, "Nothing was done.");
	else if (still_there(call))
		send_form(call);
}

/* Those whom a room for members would put out. */
static unsigned
guests(const struct room *room)
{
	GHashTableIter iter;
	void *value;
	unsigned n = 0;

	if (room == NULL || room->state != ROOM_IN)
		return 0;
	g_hash_table_iter_init(&iter, room->occupants);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		n += ((struct occupant *)value)->affiliation == AFFILIATION_NONE;
	return n;
}

static bool
becomes(const struct form *form, const char *var, const char *value)
{
	const struct form_field *field = form_find(form, var);
	const char *now = form_value(form, var);

	return field != NULL && field->changed && now != NULL && strcmp(now, value) == 0;
}

/* Asks before what cannot be taken back; else sends. */
static void
confirm(struct command_call *call)
{
	const struct config *config = call->ctx;
	const struct room *room = room_find(call->account, config->room);
	unsigned n = becomes(config->form, "muc#roomconfig_membersonly", "1") ? guests(room) : 0;
	g_autoptr(GString) text = g_string_new(NULL);

	if (n > 0)
		g_string_append_printf(text, "%u in %s %s no member; the room puts them out at once. ", n, config->room,
		    n == 1 ? "is" : "are");
	if (becomes(config->form, "muc#roomconfig_whois", "anyone"))
		g_string_append_printf(text, "Everybody in %s will see the address of everybody else. ", config->room);
	if (becomes(config->form, "muc#roomconfig_persistentroom", "0"))
		g_string_append_printf(text, "%s will be gone, with its settings, once the last one leaves. ",
		    config->room);
	if (text->len == 0) {
		send_form(call);
		return;
	}
	g_string_append(text, "Do it?");
	command_ask(call, PROMPT_CONFIRM, false, "configure the room", text->str,
	    json_pack("[[s,s],[s,s]]", "no", "leave it", "yes", "change it"), "no", confirmed);
}

/* --- all of it --- */

static void
say_fields(struct command_call *call)
{
	const struct config *config = call->ctx;

	if (config->form->title != NULL)
		command_say(call, "%s", config->form->title);
	for (guint i = 0; i < config->form->fields->len; i++) {
		const struct form_field *field = config->form->fields->pdata[i];
		g_autofree char *text = form_field_text(field), *var = NULL;

		if (field->type == FORM_HIDDEN)
			continue;
		if (field->type == FORM_FIXED) {
			command_say(call, "  -- %s", text);
			continue;
		}
		var = text_clean(field->var, -1, TEXT_LINE, LIMIT_NAME);
		command_say(call, "  %s: %s  %s", field->label, text, strcmp(var, field->label) != 0 ? var : "");
	}
	command_data(call, json_pack("{s:s, s:s?, s:o}", "room", config->room, "title", config->form->title, "fields",
	    form_json(config->form)));
}

static void
form_answered(struct command_call *call, struct form *form)
{
	struct config *config = call->ctx;

	form_free(config->form);
	config->form = form;
	if (still_there(call))
		confirm(call);
}

static void
config_got(struct command_call *call, const struct stanza *x)
{
	const struct config *config = call->ctx;
	g_autofree char *title = NULL, *text = NULL;

	if (call->caller == NULL || !call->caller->interactive) {
		say_fields(call);
		command_say(call, "/room set FIELD VALUE changes one of them.");
		command_done(call);
		return;
	}
	title = g_strdup_printf("configure %s", config->room);
	text = g_strdup_printf("%s%sFIELD=VALUE changes one; the rest stays as it is.",
	    config->form->instructions != NULL ? config->form->instructions : "",
	    config->form->instructions != NULL ? "\n" : "");
	command_ask_form(call, title, text, x, form_answered);
}

static void
config_run(struct command_call *call)
{
	get_form(call, config_got);
}

/* --- one of it --- */

static void
set_value(struct command_call *call, struct form_field *field, const char *value)
{
	struct config *config = call->ctx;
	g_autofree char *before = form_field_text(field), *after = NULL,
	    *var = text_clean(field->var, -1, TEXT_LINE, LIMIT_NAME);
	g_autoptr(GError) error = NULL;

	if (!form_field_set(field, value, &error) || !form_check(config->form, &error)) {
		command_fail_with(call, error);
		return;
	}
	after = form_field_text(field);
	g_string_printf(config->said, "%s (%s): %s%s%s", field->label, var, *after != '\0' ? after : "nothing",
	    field->type != FORM_TEXT_PRIVATE ? ", was " : "", field->type == FORM_TEXT_PRIVATE ? "" : *before != '\0' ?
	    before : "nothing");
	confirm(call);
}

static void
secret_given(struct command_call *call, const char *value)
{
	const struct config *config = call->ctx;

	if (still_there(call))
		set_value(call, form_json_find(config->form, call->argv[0]), value);
}

static void
set_got(struct command_call *call, const struct stanza *x)
{
	const struct config *config = call->ctx;
	struct form_field *field = form_json_find(config->form, call->argv[0]);
	g_autofree char *text = NULL, *range = NULL;

	(void)x;
	if (field == NULL || !form_is_asked(field)) {
		command_fail(call, RPC_ERROR_NOT_FOUND,
		    "%s has no \"%s\" to set, for you. /room config lists what it has.", config->room, call->argv[0]);
	} else if (field->type == FORM_TEXT_PRIVATE) {
		if (call->argv[1] != NULL)
			command_fail(call, RPC_ERROR_USAGE,
			    "A secret is not written on a command line. /room set %s alone asks for it.",
			    call->argv[0]);
		else
			command_ask(call, PROMPT_TEXT, true, field->label,
			    "It is not shown; an empty one takes it away.", NULL, NULL, secret_given);
	} else if (call->argv[1] == NULL) {
		text = form_field_text(field);
		range = form_field_range(field);
		command_say(call, "%s: %s", field->label, *text != '\0' ? text : "nothing");
		command_say(call, "It may be %s.", range);
		if (field->meaning != NULL)
			command_say(call, "%s", field->meaning);
		command_done(call);
	} else {
		set_value(call, field, strcmp(call->argv[1], "''") == 0 || strcmp(call->argv[1], "\"\"") == 0 ? "" :
		    call->argv[1]);
	}
}

static void
set_run(struct command_call *call)
{
	get_form(call, set_got);
}

/* --- the end --- */

/* A first word that is the address of another room; the rest is the reason.  Both the caller's. */
static void
split_destroy(const char *text, char **alternative, char **reason)
{
	size_t n = text != NULL ? strcspn(text, " \t\n") : 0;
	g_autofree char *word = g_strndup(text != NULL ? text : "", n);
	const char *rest = text;

	*alternative = *reason = NULL;
	if (strchr(word, '@') != NULL && (*alternative = jid_from_person(word, true, NULL)) != NULL)
		rest = text + n + strspn(text + n, " \t\n");
	if (rest != NULL && *rest != '\0')
		*reason = text_clean(rest, -1, TEXT_BODY, LIMIT_BODY);
}

static void
destroy(struct command_call *call, const char *value)
{
	const struct config *config = call->ctx;
	g_autofree char *alternative = NULL, *reason = NULL;
	struct stanza *iq, *end;

	if (strcmp(value, "yes") != 0) {
		command_fail(call, RPC_ERROR_CANCELLED, "Nothing was done.");
		return;
	}
	if (!still_there(call))
		return;
	split_destroy(call->argv[0], &alternative, &reason);
	iq = stanza_iq("set", config->room);
	end = stanza_add(stanza_add(iq, "query", NS_MUC_OWNER), "destroy", NULL);
	stanza_set(end, "jid", alternative);
	if (reason != NULL)
		stanza_add_with_text(end, "reason", NULL, reason);
	account_request(call->account, iq, taken, call);
}

static void
destroy_run(struct command_call *call)
{
	struct config *config = g_new0(struct config, 1);
	g_autofree char *alternative = NULL, *reason = NULL, *text = NULL;

	config->room = jid_bare(call->chat);
	config->said = g_string_new(NULL);
	call->ctx = config;
	call->ctx_free = config_free;
	split_destroy(call->argv[0], &alternative, &reason);
	text = g_strdup_printf("Destroy %s for everybody?%s%s%s It cannot be taken back: members, bans and settings go, everybody is put "
	    "out, and anybody can make a room of that name. /room set membersonly yes closes it instead.", config->room,
	    alternative != NULL ? " They are sent to " : "", alternative != NULL ? alternative : "",
	    alternative != NULL ? "." : "");
	command_ask(call, PROMPT_CONFIRM, false, "destroy the room", text,
	    json_pack("[[s,s],[s,s]]", "no", "leave it", "yes", "destroy it for ever"), "no", destroy);
}

static const struct command commands[] = {
	{ "room config", "", "rooms", "the settings of this room, as its service names them",
	  "For owners. Every setting is shown with the service's own words and with the name of its field; what you do not change goes "
	  "back as it came. It is answered with lines FIELD=VALUE, or by a program with an object; a script gets the list.",
	  NEEDS_ACCOUNT | NEEDS_CHAT | NEEDS_ONLINE, config_run },
	{ "room destroy", "[TEXT...]", "rooms", "ends this room for everybody; asks first",
	  "A first word that is the address of a room tells where to go instead; the rest is the reason that everybody reads.",
	  NEEDS_ACCOUNT | NEEDS_CHAT | NEEDS_ONLINE, destroy_run },
	{ "room set", "FIELD [VALUE...]", "rooms", "changes one setting of this room",
	  "FIELD is its name in /room config, as muc#roomconfig_membersonly or membersonly, or its label in quotes. Without VALUE it says "
	  "what it is and what it may be; '' takes a value away. Several values have commas between. A secret is asked for.",
	  NEEDS_ACCOUNT | NEEDS_CHAT | NEEDS_ONLINE, set_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_muc_config = { .name = "muc_config", .standard = "XEP-0004: Data Forms",
    .commands = commands };
