/* scenario_verbs.c: what a line of a scenario can say; the table is at the end. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/absence.h"
#include "core/account.h"
#include "core/archive.h"
#include "core/attention.h"
#include "core/caps.h"
#include "core/chat.h"
#include "core/link.h"
#include "core/prompt.h"
#include "core/typing.h"
#include "core/words.h"
#include "faketransport.h"
#include "faultvfs.h"
#include "scenario.h"
#include "scenario_match.h"
#include "store/versions.h"

static char *
expand(struct scenario *s, const char *text)
{
	g_autofree char *missing = NULL;
	char *out = match_expand(text, s->bound, &missing);

	if (out == NULL)
		scenario_fail(s, "$%s is not known", missing);
	return out;
}

/* key=value or key, as words of a command line; "" for a key without a value.  The last one of a key counts. */
static GHashTable *
fields(struct scenario *s, const char *text)
{
	GHashTable *all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(GError) error = NULL;
	char *word;

	while ((word = words_next(&text, &error)) != NULL) {
		char *equals = strchr(word, '=');

		if (equals != NULL)
			*equals++ = '\0';
		g_hash_table_insert(all, word, g_strdup(equals != NULL ? equals : ""));
	}
	if (error != NULL)
		scenario_fail(s, "%s", error->message);
	return all;
}

static char *
first_word(struct scenario *s, const char **rest)
{
	char *word = words_next(rest, NULL);

	if (word == NULL)
		scenario_fail(s, "a word is missing");
	return word;
}

static int64_t
duration(struct scenario *s, const char *text)
{
	char *end;
	int64_t n = strtoll(text, &end, 10);

	if (strcmp(end, "ms") == 0)
		return n;
	if (strcmp(end, "s") == 0)
		return n * 1000;
	if (strcmp(end, "m") == 0)
		return n * 60000;
	if (strcmp(end, "h") == 0)
		return n * 3600000;
	scenario_fail(s, "%s is no time", text);
}

static struct account *
account_of(struct scenario *s)
{
	for (guint i = 0; s->jid != NULL && i < s->core->accounts->len; i++)
		if (strcmp(account_jid(s->core->accounts->pdata[i]), s->jid) == 0)
			return s->core->accounts->pdata[i];
	scenario_fail(s, "there is no such account");
}

/* --- files, and the life of the core --- */

static void
write_file(struct scenario *s, const char *path)
{
	g_autofree char *text = g_strconcat(s->here != NULL ? s->here : "", "\n", NULL);

	if (!g_file_set_contents(path, text, -1, NULL))
		scenario_fail(s, "%s cannot be written", path);
}

static void
accounts(struct scenario *s, const char *argument)
{
	(void)argument;
	write_file(s, s->paths->accounts);
}

static void
config(struct scenario *s, const char *argument)
{
	(void)argument;
	write_file(s, s->paths->config);
}

static void
start(struct scenario *s, const char *argument)
{
	g_autoptr(GError) error = NULL;

	(void)argument;
	if (!scenario_boot(s, &error))
		scenario_fail(s, "it does not start: %s", error->message);
	core_start(s->core);
}

static void
start_fails(struct scenario *s, const char *argument)
{
	g_autoptr(GError) error = NULL;

	if (scenario_boot(s, &error))
		scenario_fail(s, "it started");
	if (strstr(error->message, argument) == NULL)
		scenario_fail(s, "the words are \"%s\"", error->message);
}

static void
crash(struct scenario *s, const char *argument)
{
	scenario_crash(s);
	start(s, argument);
}

static void
restart(struct scenario *s, const char *argument)
{
	scenario_stop(s);
	start(s, argument);
}

static void
at_send(void *ctx)
{
	struct scenario *s = ctx;

	s->snapshot = scenario_copy_home(s);
}

static void
die_at_send(struct scenario *s, const char *argument)
{
	(void)argument;
	fake_at_send(at_send, s);
}

static void
file(struct scenario *s, const char *argument)
{
	g_autofree char *name = first_word(s, &argument), *how = first_word(s, &argument), *text = NULL;

	if (!g_file_get_contents(strcmp(name, "config") == 0 ? s->paths->config : s->paths->accounts, &text, NULL,
	    NULL))
		text = g_strdup("");
	if ((strstr(text, argument) != NULL) != (strcmp(how, "has") == 0))
		scenario_fail(s, "the file is:\n%s", text);
}

static void
disk(struct scenario *s, const char *argument)
{
	if (strcmp(argument, "full") == 0)
		faultvfs_fail_at(1, FAULT_FULL, true);
	else if (strcmp(argument, "ok") == 0)
		faultvfs_reset();
	else
		scenario_fail(s, "the disk is full or ok");
}

static void
heard(struct scenario *s)
{
	for (guint i = 0; i < s->core->accounts->len; i++)
		((struct account *)s->core->accounts->pdata[i])->sm.heard_ms = clock_boot_ms();
}

static void
advance(struct scenario *s, const char *argument)
{
	int64_t left_ms = duration(s, argument);

	for (; s->chatty && left_ms > 5000; left_ms -= 5000) {
		clock_fake_advance(5000);
		heard(s);
	}
	clock_fake_advance(left_ms);
	if (s->chatty)
		heard(s);
}

static void
chatty(struct scenario *s, const char *argument)
{
	s->chatty = strcmp(argument, "yes") == 0;
}

static void
sleeps(struct scenario *s, const char *argument)
{
	clock_fake_sleep(duration(s, argument));
	link_woke(s->core);
	clock_fake_advance(0);
}

static void
moved(struct scenario *s, const char *argument)
{
	fake_gone(*argument != '\0' ? argument : NULL);
	link_moved(s->core);
	clock_fake_advance(0);
}

static void
include(struct scenario *s, const char *argument)
{
	g_autofree char *folder = g_path_get_dirname(s->file), *path = g_build_filename(folder, argument, NULL);

	scenario_run_file(s, path);
}

/* --- the server --- */

static void
need_stream(struct scenario *s)
{
	if (s->jid == NULL || fake_config(s->jid) == NULL)
		scenario_fail(s, "%s has no stream", s->jid != NULL ? s->jid : "nobody");
}

static void
opened(struct scenario *s, const char *argument)
{
	g_autoptr(GHashTable) wanted = fields(s, argument);
	const struct stream_config *c;
	g_autofree char *h = NULL, *flaws = NULL;
	GHashTableIter iter;
	char *key, *value;

	need_stream(s);
	c = fake_config(s->jid);
	h = g_strdup_printf("%u", c->resume_h);
	flaws = account_flaws_text(c->pin_flaws);
	g_hash_table_iter_init(&iter, wanted);
	while (g_hash_table_iter_next(&iter, (gpointer *)&key, (gpointer *)&value)) {
		const char *is = strcmp(key, "password") == 0 ? c->password : strcmp(key, "resume") == 0 ?
		    c->resume_id : strcmp(key, "h") == 0 ? h : strcmp(key, "pin") == 0 ? c->pin :
		    strcmp(key, "as") == 0 ? c->resume_jid : strcmp(key, "resource") == 0 ? c->resource :
		    strcmp(key, "mechanism") == 0 ? c->mechanism : strcmp(key, "flaws") == 0 ? flaws : "no such key";

		if (!match_value(value, is, s->bound))
			scenario_fail(s, "%s is \"%s\", not \"%s\"", key, is != NULL ? is : "", value);
	}
	if (fake_is_up(s->jid))
		scenario_fail(s, "the stream is up already");
}

static void
not_opened(struct scenario *s, const char *argument)
{
	(void)argument;
	if (s->jid != NULL && fake_config(s->jid) != NULL && !fake_is_up(s->jid))
		scenario_fail(s, "a stream was opened");
}

static void
up(struct scenario *s, const char *argument)
{
	g_autoptr(GHashTable) f = fields(s, argument);
	const char *sm = g_hash_table_lookup(f, "sm"), *h = g_hash_table_lookup(f, "h"),
	    *jid = g_hash_table_lookup(f, "jid");
	const char *failed = g_hash_table_lookup(f, "failed"), *mechanism = g_hash_table_lookup(f, "mechanism");
	g_autofree char *bound = g_strdup_printf("%s/here", s->jid);
	struct stanza *features = stanza_new("features", "http://etherx.jabber.org/streams");
	struct stream_up what = { .jid = jid != NULL ? jid : bound, .tls = "TLSv1.3", .mechanism = mechanism != NULL ?
	    mechanism : "SCRAM-SHA-256", .peer = "example.org:5222" };

	need_stream(s);
	what.resumed = g_hash_table_contains(f, "resumed");
	what.acked = h != NULL ? (uint32_t)strtoul(h, NULL, 10) : 0;
	what.sm = what.resumed || (sm != NULL && strcmp(sm, "off") != 0);
	what.sm_id = sm != NULL && strcmp(sm, "off") != 0 && strcmp(sm, "none") != 0 ? sm : NULL;
	what.resume_failed = failed != NULL;
	what.has_failed_h = failed != NULL && *failed != '\0';
	what.failed_h = what.has_failed_h ? (uint32_t)strtoul(failed, NULL, 10) : 0;
	if (g_hash_table_contains(f, "csi"))
		stanza_add(features, "csi", "urn:xmpp:csi:0");
	if (g_hash_table_contains(f, "ver"))
		stanza_add(features, "ver", "urn:xmpp:features:rosterver");
	what.features = features;
	what.local = g_hash_table_lookup(f, "local");
	fake_up(s->jid, &what);
	stanza_free(features);
}

static void
step(struct scenario *s, const char *argument)
{
	need_stream(s);
	fake_step(s->jid, argument);
}

static const struct { const char *name; enum stream_fault fault; } faults[] = {
	{ "closed", STREAM_CLOSED }, { "lost", STREAM_LOST }, { "no-name", STREAM_NO_NAME },
	{ "unreachable", STREAM_UNREACHABLE }, { "silent", STREAM_SILENT }, { "no-tls", STREAM_NO_TLS },
	{ "certificate", STREAM_CERTIFICATE }, { "pin", STREAM_PIN }, { "password", STREAM_PASSWORD },
	{ "refused", STREAM_REFUSED }, { "busy", STREAM_BUSY }, { "weak", STREAM_WEAK }, { "weaker", STREAM_WEAKER },
	    { "forged", STREAM_FORGED },
	{ "error", STREAM_ERROR }, { "conflict", STREAM_CONFLICT }, { "broken", STREAM_BROKEN },
};

static void
down(struct scenario *s, const char *argument)
{
	g_autofree char *name = first_word(s, &argument), *words = words_next(&argument, NULL);
	struct stream_failure *failure = g_new0(struct stream_failure, 1);
	size_t i;

	need_stream(s);
	for (i = 0; i < G_N_ELEMENTS(faults) && strcmp(faults[i].name, name) != 0; i++)
		;
	if (i == G_N_ELEMENTS(faults))
		scenario_fail(s, "there is no fault %s", name);
	failure->fault = faults[i].fault;
	failure->text = g_strdup(words != NULL ? words : "The connection broke.");
	failure->final = strcmp(argument, "final") == 0;
	if (failure->fault == STREAM_CERTIFICATE || failure->fault == STREAM_PIN) {
		struct stream_certificate *c = failure->certificate = g_new0(struct stream_certificate, 1);

		c->problem = failure->fault == STREAM_PIN ? NULL : g_strdup("it is signed by nobody who is known here");
		c->subject = g_strdup("example.org");
		c->issuer = g_strdup("example.org");
		c->names = g_strdup("example.org");
		c->not_after_ms = clock_real_us() / 1000;
		c->sha256 = g_strdup("00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
		    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF");
		c->pin_helps = strcmp(argument, "hopeless") != 0;
		c->flaws = g_str_has_prefix(argument, "flaws=") ? (unsigned)atoi(argument + strlen("flaws=")) :
		    STREAM_FLAW_ISSUER;
	}
	fake_down(s->jid, failure);
}

static void
recv_stanza(struct scenario *s, const char *argument)
{
	g_autofree char *xml = expand(s, argument);
	g_autoptr(GError) error = NULL;

	need_stream(s);
	if (!fake_stanza(s->jid, xml, &error))
		scenario_fail(s, "%s", error->message);
}

static void
send_stanza(struct scenario *s, const char *argument)
{
	g_autofree char *sent = fake_take_sent(s->jid), *problem = NULL;

	if (sent == NULL)
		scenario_fail(s, "nothing was sent; expected %s", argument);
	problem = match_xml(argument, sent, s->bound);
	if (problem != NULL)
		scenario_fail(s, "%s\n  expected %s\n  sent     %s", problem, argument, sent);
}

static void
nothing(struct scenario *s, const char *argument)
{
	g_autofree char *sent = s->jid != NULL ? fake_take_sent(s->jid) : NULL;

	(void)argument;
	if (sent != NULL)
		scenario_fail(s, "this was sent: %s", sent);
}

static void
stream_is(struct scenario *s, const char *argument)
{
	bool held = fake_is_held(s->jid), closing = fake_is_closing(s->jid);

	need_stream(s);
	if (strcmp(argument, held ? "held" : closing ? "closing" : "open") != 0)
		scenario_fail(s, "the stream is %s", held ? "held" : closing ? "closing" : "open");
}

/* --- people --- */

static void
run_line(struct scenario *s, const char *argument)
{
	static int64_t requests;
	g_autofree char *account = NULL, *chat = NULL, *line = NULL;

	while (g_str_has_prefix(argument, "account=") || g_str_has_prefix(argument, "chat=")) {
		char **to = *argument == 'a' ? &account : &chat;

		argument = strchr(argument, '=') + 1;
		*to = first_word(s, &argument);
	}
	g_clear_pointer(&s->result.output, g_free);
	g_clear_pointer(&s->result.code, g_free);
	g_clear_pointer(&s->result.words, g_free);
	s->result = (struct scenario_result){ .request = ++requests };
	line = expand(s, s->here != NULL ? s->here : argument);
	command_run(s->core, &s->caller, s->result.request, line, account, chat);
}

static void
run(struct scenario *s, const char *argument)
{
	run_line(s, argument);
	if (s->result.code != NULL)
		scenario_fail(s, "it failed (%s): %s", s->result.code, s->result.words);
}

static void
ok(struct scenario *s, const char *argument)
{
	(void)argument;
	if (!s->result.ended || s->result.code != NULL)
		scenario_fail(s, "the command %s%s", s->result.ended ? "failed: " : "has not ended",
		    s->result.ended ? s->result.words : "");
}

static void
pending(struct scenario *s, const char *argument)
{
	(void)argument;
	if (s->result.ended)
		scenario_fail(s, "the command has ended");
}

static void
ended(struct scenario *s, const char *argument)
{
	(void)argument;
	while (!s->result.ended)
		g_main_context_iteration(NULL, TRUE);
	scenario_pump();
}

static void
fails(struct scenario *s, const char *argument)
{
	g_autofree char *code = first_word(s, &argument);

	if (s->result.code == NULL)
		scenario_fail(s, "the command %s", s->result.ended ? "went well" : "has not ended");
	if (strcmp(code, s->result.code) != 0 || strstr(s->result.words, argument) == NULL)
		scenario_fail(s, "it failed (%s): %s", s->result.code, s->result.words);
}

static void
output(struct scenario *s, const char *argument)
{
	ok(s, "");
	if (strstr(s->result.output, argument) == NULL)
		scenario_fail(s, "the output is:\n%s", s->result.output);
}

/* What could stand at the end of the line; argument is as for run. */
static void
complete(struct scenario *s, const char *argument)
{
	g_autofree char *chat = NULL;
	json_t *words, *word;
	size_t from, to, i;

	if (g_str_has_prefix(argument, "chat=")) {
		argument += 5;
		chat = first_word(s, &argument);
	}
	words = command_complete(s->core, argument, strlen(argument), "me", chat, &from, &to);
	g_free(s->result.output);
	s->result.output = g_strdup("");
	json_array_foreach(words, i, word) {
		const char *help = json_string_value(json_object_get(word, "help"));
		char *more = g_strdup_printf("%s%s%s%s\n", s->result.output,
		    json_string_value(json_object_get(word, "word")), *help != '\0' ? "  " : "", help);

		g_free(s->result.output);
		s->result.output = more;
	}
	json_decref(words);
}

/* The words that complete found, whole. */
static void
words(struct scenario *s, const char *argument)
{
	(void)argument;
	if (strcmp(g_strchomp(s->result.output), s->here != NULL ? s->here : "") != 0)
		scenario_fail(s, "the words are:\n%s", s->result.output);
}

static void
lacks(struct scenario *s, const char *argument)
{
	if (s->result.output == NULL || strstr(s->result.output, argument) != NULL)
		scenario_fail(s, "the output is:\n%s", s->result.output != NULL ? s->result.output : "");
}

static void
told(struct scenario *s, const char *argument)
{
	if (s->result.ended)
		scenario_fail(s, "the command has ended");
	if (s->result.output == NULL || strstr(s->result.output, argument) == NULL)
		scenario_fail(s, "the output so far is:\n%s", s->result.output != NULL ? s->result.output : "");
}

static void
answer_with(struct scenario *s, const char *argument, bool keep)
{
	g_autofree char *text = expand(s, argument), *number = NULL;
	const char *rest = text;
	g_autoptr(GError) error = NULL;

	number = first_word(s, &rest);
	if (!prompt_answer(s->core->prompts, strtoll(number, NULL, 10), 1, *rest != '\0' ? rest : NULL, keep, &error))
		scenario_fail(s, "%s", error->message);
}

static void
answer(struct scenario *s, const char *argument)
{
	answer_with(s, argument, false);
}

static void
answer_keep(struct scenario *s, const char *argument)
{
	answer_with(s, argument, true);
}

static void
prompts(struct scenario *s, const char *argument)
{
	g_autoptr(GPtrArray) list = prompt_list(s->core->prompts, 1);

	if (list->len != (guint)atoi(argument))
		scenario_fail(s, "%u questions are open", list->len);
}

static int64_t
chat_id(struct scenario *s, const char *jid)
{
	return chat_find(s->core->store, account_of(s)->id, jid, CHAT_PERSON, false, NULL);
}

static void
seen(struct scenario *s, const char *argument)
{
	struct message_row *row = message_nth_last(s->core->store, chat_id(s, argument), 1);
	g_autoptr(GError) error = NULL;

	if (row == NULL || !chat_seen(account_of(s), argument, row->id, attention_focused(s->core->attention, 1),
	    &error))
		scenario_fail(s, "%s", error != NULL ? error->message : "there is no message");
	message_row_free(row);
}

static void
unread(struct scenario *s, const char *argument)
{
	g_autofree char *jid = first_word(s, &argument);
	struct chat_row *row = chat_load(s->core->store, chat_id(s, jid));
	int n = row != NULL ? row->unread : 0;

	chat_row_free(row);
	if (n != atoi(argument))
		scenario_fail(s, "%d are unread", n);
}

static void
older(struct scenario *s, const char *argument)
{
	g_autofree char *jid = g_strstrip(g_strdup(argument));
	g_autoptr(GPtrArray) page = NULL;
	bool more;

	page = message_page(s->core->store, chat_id(s, jid), PAGE_END, 0, 1000, &more);
	if (page->len == 0 || !archive_want_older(account_of(s), jid, ((struct message_row *)page->pdata[0])->ord))
		scenario_fail(s, "nothing is fetched");
}

/* The messages of a chat, oldest first: "STATE BODY" each. */
static void
rows(struct scenario *s, const char *argument)
{
	g_autofree char *jid = g_strstrip(g_strdup(argument));
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GPtrArray) page = NULL;
	bool more;

	page = message_page(s->core->store, chat_id(s, jid), PAGE_END, 0, 1000, &more);
	for (guint i = 0; i < page->len; i++) {
		const struct message_row *row = page->pdata[i];
		g_auto(GStrv) lines = g_strsplit(row->body != NULL ? row->body : "(none)", "\n", -1);
		g_autofree char *one = g_strjoinv("\\n", lines);

		g_string_append_printf(text, "%s%s %s", i > 0 ? "\n" : "", message_state_name(row->state), one);
	}
	if (strcmp(text->str, s->here != NULL ? s->here : "") != 0)
		scenario_fail(s, "the rows are:\n%s", text->str);
}

/* --- events --- */

static bool
fits_fields(struct scenario *s, const json_t *event, GHashTable *wanted, bool variables)
{
	GHashTableIter iter;
	char *key, *value;

	g_hash_table_iter_init(&iter, wanted);
	while (g_hash_table_iter_next(&iter, (gpointer *)&key, (gpointer *)&value)) {
		const json_t *found = json_object_get(event, key);
		g_autofree char *text = json_is_string(found) ? g_strdup(json_string_value(found)) :
		    json_is_integer(found) ? g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(found)) :
		    json_is_boolean(found) ? g_strdup(json_is_true(found) ? "true" : "false") : NULL;
		char *list = found != NULL && text == NULL ? json_dumps(found, JSON_COMPACT) : NULL;
		bool fit = (*value == '$') != variables || match_value(value, list != NULL ? list : text, s->bound);

		free(list);
		if (!fit)
			return false;
	}
	return true;
}

/* Variables last: what does not fit binds none. */
static GPtrArray *
versions_of(struct scenario *s, const char **argument)
{
	g_autofree char *jid = first_word(s, argument), *n = first_word(s, argument);
	struct message_row *row = message_nth_last(s->core->store, chat_id(s, jid), (unsigned)atoi(n));
	GPtrArray *texts;

	if (row == NULL)
		scenario_fail(s, "there is no such message");
	texts = message_versions(s->core->store, row->id);
	message_row_free(row);
	return texts;
}

static void
versions(struct scenario *s, const char *argument)
{
	g_autoptr(GPtrArray) texts = versions_of(s, &argument);
	g_autofree char *all = NULL;

	g_ptr_array_add(texts, NULL);
	all = g_strjoinv("\n", (char **)texts->pdata);
	if (strcmp(all, s->here != NULL ? s->here : "") != 0)
		scenario_fail(s, "the texts were:\n%s", all);
}

static void
version_count(struct scenario *s, const char *argument)
{
	g_autoptr(GPtrArray) texts = versions_of(s, &argument);

	if (texts->len != (guint)atoi(argument))
		scenario_fail(s, "there are %u", texts->len);
}

static bool
fits(struct scenario *s, const json_t *event, GHashTable *wanted)
{
	return fits_fields(s, event, wanted, false) && fits_fields(s, event, wanted, true);
}

/* Takes the first event of this type that fits, and those of the type before it.  Lists the others in seen. */
static bool
take_event(struct scenario *s, const char *type, GHashTable *wanted, GString *others)
{
	for (GList *l = s->events.head; l != NULL;) {
		GList *next = l->next;
		json_t *event = l->data;
		bool fit;
		char *text;

		if (strcmp(json_string_value(json_object_get(event, "type")), type) == 0) {
			fit = fits(s, event, wanted);
			text = json_dumps(event, JSON_COMPACT);
			g_string_append_printf(others, "\n  %s", text);
			free(text);
			json_decref(event);
			g_queue_delete_link(&s->events, l);
			if (fit)
				return true;
		}
		l = next;
	}
	return false;
}

static void
event(struct scenario *s, const char *argument)
{
	g_autofree char *type = first_word(s, &argument);
	g_autoptr(GHashTable) wanted = fields(s, argument);
	g_autoptr(GString) others = g_string_new(NULL);

	if (!take_event(s, type, wanted, others))
		scenario_fail(s, "no such event; of this type there were:%s", others->str);
}

static void
no_event(struct scenario *s, const char *argument)
{
	g_autofree char *type = first_word(s, &argument);
	g_autoptr(GHashTable) wanted = fields(s, argument);
	g_autoptr(GString) others = g_string_new(NULL);

	if (take_event(s, type, wanted, others))
		scenario_fail(s, "there was such an event:%s", others->str);
}

static void
forget(struct scenario *s, const char *argument)
{
	g_auto(GStrv) names = g_strsplit(argument, " ", -1);

	for (char **name = names; *name != NULL; name++)
		g_hash_table_remove(s->bound, *name);
}

static void
forget_events(struct scenario *s, const char *argument)
{
	(void)argument;
	g_queue_clear_full(&s->events, (GDestroyNotify)json_decref);
}

/* The next try of the account comes so far from now. */
static void
retry(struct scenario *s, const char *argument)
{
	g_autofree char *least = first_word(s, &argument), *most = first_word(s, &argument);
	int64_t wait_ms = account_of(s)->retry_ms - clock_real_us() / 1000;

	if (wait_ms < duration(s, least) || wait_ms > duration(s, most))
		scenario_fail(s, "it waits %d ms", (int)wait_ms);
}

static void
faces(struct scenario *s, const char *argument)
{
	s->faces = (unsigned)atoi(argument);
}

static void
active(struct scenario *s, const char *argument)
{
	g_autofree char *word = first_word(s, &argument);

	g_autofree char *idle = words_next(&argument, NULL);
	attention_set(s->core->attention, *argument != '\0' ? (uint64_t)atoi(argument) : 1, strcmp(word, "yes") == 0,
	    idle != NULL ? atoi(idle) : 0);
}

static void
leave(struct scenario *s, const char *argument)
{
	attention_gone(s->core->attention, *argument != '\0' ? (uint64_t)atoi(argument) : 1);
}

static void
add_texts(GString *text, const json_t *list, const char *word, const char *field)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		g_string_append_printf(text, "\n%s %s", word, json_string_value(json_object_get(one, field)));
}

static void
digest(struct scenario *s, const char *argument)
{
	json_t *digest = absence_digest(s->core->absence), *one;
	const char *from = json_string_value(json_object_get(digest, "from"));
	const char *to = json_string_value(json_object_get(digest, "to"));
	int64_t from_ms = 0, to_ms = clock_real_us() / 1000;
	g_autoptr(GString) text = g_string_new("away");
	size_t i;

	(void)argument;
	if (from != NULL && clock_parse_utc(from, &from_ms) && (to == NULL || clock_parse_utc(to, &to_ms)))
		g_string_append_printf(text, " %d", (int)((to_ms - from_ms) / 1000));
	json_array_foreach(json_object_get(digest, "chats"), i, one)
		g_string_append_printf(text, "\nchat %s %d %s",
		    json_string_value(json_object_get(json_object_get(one, "chat"), "chat")),
		    (int)json_integer_value(json_object_get(one, "came")),
		    json_string_value(json_object_get(json_object_get(one, "message"), "body")));
	add_texts(text, json_object_get(digest, "failed"), "failed", "body");
	add_texts(text, json_object_get(digest, "happened"), "happened", "text");
	if (json_is_true(json_object_get(digest, "told")))
		g_string_append(text, "\ntold");
	json_decref(digest);
	g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1), expected = g_strsplit(s->here != NULL ? s->here : "",
	    "\n", -1);
	bool same = g_strv_length(lines) == g_strv_length(expected);

	for (i = 0; same && lines[i] != NULL; i++)
		same = match_value(expected[i], lines[i], s->bound);
	if (!same)
		scenario_fail(s, "the digest is:\n%s", text->str);
}

static void
caps(struct scenario *s, const char *argument)
{
	g_autofree char *jid = first_word(s, &argument), *feature = first_word(s, &argument);

	if (caps_supports(account_of(s), jid, feature) != (strcmp(argument, "yes") == 0))
		scenario_fail(s, "it is known otherwise");
}

static void
take_sent(struct scenario *s, const char *argument)
{
	char *sent;

	(void)argument;
	while ((sent = fake_take_sent(s->jid)) != NULL)
		g_free(sent);
}

static void
typing(struct scenario *s, const char *argument)
{
	g_autofree char *jid = first_word(s, &argument);
	enum chat_state state;

	if (!chat_state_find(argument, &state))
		scenario_fail(s, "there is no state %s", argument);
	typing_ours(account_of(s), jid, state);
}

static void
interactive(struct scenario *s, const char *argument)
{
	s->caller.interactive = strcmp(argument, "yes") == 0;
}

static void
quit(struct scenario *s, const char *argument)
{
	if (s->quit != (strcmp(argument, "yes") == 0))
		scenario_fail(s, "the core was %sasked to end", s->quit ? "" : "not ");
}

static const struct {
	const char	*name;		/* with its arguments */
	scenario_verb	 fn;
} verbs[] = {
	{ "active", active },		/* yes|no [IDLE_S [SESSION]]: somebody sits in front of a face, or went */
	{ "accounts", accounts },	/* <<END: the accounts file */
	{ "advance", advance },		/* 500ms, 30s, 5m, 1h */
	{ "answer", answer },		/* N [VALUE]: a question; without a value it is cancelled */
	{ "answer-keep", answer_keep },	/* N VALUE */
	{ "caps", caps },		/* JID FEATURE yes|no: its client is known to have it */
	{ "chatty", chatty },		/* yes (at first), no: while time advances, servers show that they are there */
	{ "complete", complete },	/* [chat=JID] LINE: what could stand at its end */
	{ "config", config },		/* <<END: the config file */
	{ "crash", crash },		/* kill -9, and a new core on what is on disk */
	{ "die-at-send", die_at_send },	/* the next crash happens in the next send, before its bytes leave */
	/* <<END: while nobody was there: "away SECONDS", "chat JID CAME BODY", "failed BODY", "happened TEXT",
	   "told" */
	{ "digest", digest },
	{ "disk", disk },		/* full, ok */
	{ "down", down },		/* FAULT ["WORDS" [final|hopeless|flaws=BITS]] */
	{ "ended", ended },		/* waits for a command whose end comes from a thread */
	/* TYPE FIELD=VALUE...: takes the next one that fits, and those of the type before */
	{ "event", event },
	{ "faces", faces },		/* N: others that are attached */
	{ "fails", fails },		/* CODE [TEXT]: so the command ended; TEXT is in its words */
	{ "file", file },		/* accounts|config has|lacks TEXT */
	{ "forget", forget },		/* NAME...: $NAME can be bound anew */
	{ "forget-events", forget_events },
	{ "include", include },		/* FILE beside this one */
	{ "interactive", interactive },	/* yes, no: whether who runs commands can be asked */
	{ "no-event", no_event },	/* TYPE FIELD=VALUE...: takes all of the type */
	{ "not-opened", not_opened },
	{ "lacks", lacks },		/* TEXT is not in the output */
	{ "leave", leave },		/* [SESSION]: the face of active is closed */
	/* [ADDRESS]: addresses of this machine changed, and it has not this one any more */
	{ "moved", moved },
	{ "nothing", nothing },		/* was sent */
	{ "ok", ok },			/* the command ended well */
	/* [password= resume= h= as= pin= flaws= mechanism= resource=]: a stream waits to come up */
	{ "opened", opened },
	{ "older", older },		/* JID: somebody scrolls back beyond what is here */
	{ "output", output },		/* TEXT is in it */
	{ "pending", pending },		/* the command has not ended */
	{ "prompts", prompts },		/* N are open */
	{ "quit", quit },		/* yes, no */
	{ "recv", recv_stanza },	/* XML */
	{ "restart", restart },		/* a clean end, and a new core */
	{ "retry", retry },		/* LEAST MOST */
	{ "rows", rows },		/* JID <<END: "STATE BODY" of each */
	{ "run", run },			/* [account=NAME] [chat=JID] LINE, or <<END: must not fail at once */
	{ "seen", seen },		/* JID: up to its last message */
	{ "send", send_stanza },	/* XML: the next that was sent */
	{ "sleeps", sleeps },		/* DURATION: the machine, and then it wakes up */
	{ "start", start },
	{ "start-fails", start_fails },	/* TEXT is in the words */
	{ "step", step },		/* TEXT */
	{ "stream", stream_is },	/* open, held, closing */
	{ "try", run_line },		/* as run, but it may fail */
	{ "version-count", version_count },	/* JID N COUNT */
	{ "versions", versions },	/* JID N <<END: the earlier texts of the N-th from the end */
	{ "words", words },		/* <<END: "WORD  HELP" of each that complete found */
	{ "take-sent", take_sent },	/* whatever was sent so far is of no interest */
	{ "told", told },		/* TEXT is in what the command said, which has not ended */
	{ "typing", typing },		/* JID active|composing|paused: a face says so */
	{ "unread", unread },		/* JID N */
	{ "up", up },			/* [resumed] [h=N] [sm=ID|none|off] [failed[=H]] [jid=FULL] [mechanism=NAME]
					   [local=ADDRESS] [csi] [ver] */
};

scenario_verb
scenario_find_verb(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return verbs[i].fn;
	return NULL;
}
