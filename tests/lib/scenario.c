/* scenario.c: see scenario.h: reading transcripts, and the life and death of the core they drive. */
#include "scenario.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/account.h"
#include "core/bus.h"
#include "faketransport.h"
#include "faultvfs.h"
#include "proto/event.h"
#include "scenario_match.h"
#include "store/store.h"
#include "remove_tree.h"

enum { STOP_STEPS = 400, STOP_STEP_MS = 10, TURNS_MAX = 100000 };

/* 2026-11-20T12:00:00Z */
static const int64_t BEGIN_US = 1795176000000000;

void
scenario_fail(struct scenario *s, const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "%s:%u: ", s->file, s->line);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	fflush(stderr);
	_exit(1);
}

void
scenario_pump(void)
{
	unsigned turns = 0;

	while (g_main_context_iteration(NULL, FALSE))
		g_assert(++turns < TURNS_MAX);	/* a loop that feeds itself */
}

/* --- homes --- */

static void
use_home(struct scenario *s, char *home)
{
	GError *error = NULL;

	g_ptr_array_add(s->homes, home);
	s->paths = paths_new(home, NULL, &error);
	if (s->paths == NULL || !paths_create(s->paths, &error))
		scenario_fail(s, "%s", error->message);
}

static char *
new_home(void)
{
	char *home = g_dir_make_tmp("confab-scenario-XXXXXX", NULL);

	g_assert_nonnull(home);
	return home;
}

static void
copy_file(const char *from, const char *to)
{
	g_autofree char *bytes = NULL;
	gsize len;

	if (g_file_get_contents(from, &bytes, &len, NULL))
		g_assert_true(g_file_set_contents(to, bytes, (gssize)len, NULL));
}

char *
scenario_copy_home(struct scenario *s)
{
	char *home = new_home();
	struct paths *to = paths_new(home, NULL, NULL);
	g_autofree char *log_from = g_strconcat(s->paths->database, "-wal", NULL);
	g_autofree char *log_to = g_strconcat(to->database, "-wal", NULL);

	g_assert_true(paths_create(to, NULL));
	copy_file(s->paths->database, to->database);
	copy_file(log_from, log_to);
	copy_file(s->paths->accounts, to->accounts);
	copy_file(s->paths->config, to->config);
	paths_free(to);
	return home;
}

/* --- the core --- */

static void
on_event(void *ctx, const struct event *event)
{
	g_queue_push_tail(&((struct scenario *)ctx)->events, event_to_json(event));
}

static void
on_quit(void *ctx)
{
	((struct scenario *)ctx)->quit = true;
}

static json_t *
on_faces(void *ctx)
{
	const struct scenario *s = ctx;
	json_t *list = json_array();

	for (unsigned i = 0; i < s->faces; i++)
		json_array_append_new(list, json_pack("{s:i, s:s, s:s, s:b}", "session", (int)i + 100, "client", "tui",
		    "since", "2026-11-20T12:00:00.000Z", "interactive", 1));
	return list;
}

bool
scenario_boot(struct scenario *s, GError **error)
{
	s->core = core_new(s->paths, &transport_fake, faultvfs_register(), error);
	if (s->core == NULL)
		return false;
	s->core->quit = on_quit;
	s->core->quit_ctx = s;
	s->core->faces = on_faces;
	s->core->faces_ctx = s;
	s->subscriber = bus_subscribe(s->core->bus, on_event, s);
	return true;
}

static void
forget_core(struct scenario *s)
{
	fake_at_send(NULL, NULL);
	bus_unsubscribe(s->core->bus, s->subscriber);
	command_cancel(s->core, &s->caller, 0);
	g_clear_pointer(&s->core, core_free);
	fake_reset();
	s->opened = 0;
	g_queue_clear_full(&s->events, (GDestroyNotify)json_decref);
}

void
scenario_crash(struct scenario *s)
{
	char *home = s->snapshot != NULL ? g_steal_pointer(&s->snapshot) : scenario_copy_home(s);

	forget_core(s);
	g_clear_pointer(&s->paths, paths_free);
	use_home(s, home);
}

static void
on_stopped(void *ctx)
{
	*(bool *)ctx = true;
}

void
scenario_stop(struct scenario *s)
{
	bool stopped = false;

	core_stop(s->core, on_stopped, &stopped);
	for (guint i = 0; i < s->core->accounts->len; i++) {
		const char *jid = account_jid(s->core->accounts->pdata[i]);
		struct stream_failure *failure = g_new0(struct stream_failure, 1);

		failure->text = g_strdup("The connection was closed as asked.");
		if (fake_is_closing(jid))
			fake_down(jid, failure);
		else
			stream_failure_free(failure);
	}
	for (unsigned i = 0; !stopped && i < STOP_STEPS; i++) {
		clock_fake_advance(STOP_STEP_MS);
		scenario_pump();
	}
	if (!stopped)
		scenario_fail(s, "the core does not end");
	forget_core(s);
}

/* --- the caller of command lines --- */

static void
add_lines(struct scenario *s, const json_t *lines)
{
	GString *output = g_string_new(s->result.output);
	json_t *line;
	size_t i;

	json_array_foreach(lines, i, line)
		g_string_append_printf(output, "%s\n", json_string_value(line));
	g_free(s->result.output);
	s->result.output = g_string_free(output, FALSE);
}

static void
on_output(struct caller *caller, int64_t request, json_t *lines)
{
	struct scenario *s = (struct scenario *)(void *)((char *)caller - offsetof(struct scenario, caller));

	if (request == s->result.request)
		add_lines(s, lines);
}

static void
on_finished(struct caller *caller, int64_t request, json_t *result, const GError *error, json_t *data)
{
	struct scenario *s = (struct scenario *)(void *)((char *)caller - offsetof(struct scenario, caller));

	(void)data;
	if (request == s->result.request) {
		s->result.ended = true;
		add_lines(s, json_object_get(result, "output"));
		s->result.message = json_integer_value(json_object_get(result, "message"));
		if (error != NULL) {
			s->result.code = g_strdup(rpc_error_word(error->domain == RPC_ERROR ?
			    (enum rpc_error)error->code : error->domain == STORE_ERROR ? RPC_ERROR_STORE :
			    RPC_ERROR_FAILED));
			s->result.words = g_strdup(error->message);
		}
	}
}

/* --- lines --- */

/* The bare address that the line is about: a name of an account, or an address. */
static char *
address_of(struct scenario *s, const char *name)
{
	struct account *account = NULL;

	if (name != NULL && strchr(name, '@') != NULL)
		return g_strdup(name);
	if (s->core == NULL)
		return NULL;
	if (name != NULL)
		account = account_find(s->core, name);
	else if (s->core->accounts->len > 0)
		account = s->core->accounts->pdata[0];
	if (account == NULL && name != NULL)
		scenario_fail(s, "there is no account %s", name);
	return account != NULL ? g_strdup(account_jid(account)) : NULL;
}

static char *
take_word(const char **at)
{
	size_t n = strcspn(*at, " ");
	char *word = g_strndup(*at, n);

	*at += n + strspn(*at + n, " ");
	return word;
}

static void
repeat(struct scenario *s, const char *line)
{
	g_autofree char *count = take_word(&line);
	int n = atoi(count);

	for (int i = 1; i <= n; i++) {
		g_auto(GStrv) parts = g_strsplit(line, "{n}", -1);
		g_autofree char *number = g_strdup_printf("%d", i), *one = g_strjoinv(number, parts);

		scenario_run_line(s, one);
	}
}

void
scenario_run_line(struct scenario *s, const char *line)
{
	g_autofree char *name = NULL, *verb = NULL;
	scenario_verb fn;

	if (*line == '@') {
		line++;
		name = take_word(&line);
	}
	verb = take_word(&line);
	if (strcmp(verb, "repeat") == 0) {
		repeat(s, line);
		return;
	}
	if (strcmp(verb, "unfinished") == 0) {
		s->unfinished = true;
		g_free(verb);
		verb = take_word(&line);
	}
	fn = scenario_find_verb(verb);
	if (fn == NULL)
		scenario_fail(s, "there is no verb %s", verb);
	g_free(s->jid);
	s->jid = address_of(s, name);
	fn(s, line);
	if (!s->unfinished)
		scenario_pump();
	s->unfinished = false;
}

/* The lines up to the word behind "<<", which is cut off line. */
static void
take_here(struct scenario *s, GString *line, char **lines, unsigned *at)
{
	char *mark = strstr(line->str, "<<");
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *word = mark != NULL ? g_strdup(mark + 2) : NULL;

	g_clear_pointer(&s->here, g_free);
	if (word == NULL || *word == '\0' || strpbrk(word, " <>'\"") != NULL)
		return;
	g_string_truncate(line, (gsize)(mark - line->str));
	while (lines[*at] != NULL && strcmp(lines[*at], word) != 0)
		g_string_append_printf(text, "%s%s", text->len > 0 ? "\n" : "", lines[(*at)++]);
	if (lines[*at] == NULL)
		scenario_fail(s, "%s does not come", word);
	(*at)++;
	s->here = g_strdup(text->str);
}

void
scenario_run_file(struct scenario *s, const char *path)
{
	const char *file_before = s->file;
	unsigned line_before = s->line;
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		scenario_fail(s, "%s cannot be read", path);
	lines = g_strsplit(text, "\n", -1);
	s->file = path;
	for (unsigned at = 0; lines[at] != NULL;) {
		g_autoptr(GString) line = g_string_new(g_strchomp(lines[at]));

		s->line = ++at;
		while (g_str_has_suffix(line->str, "\\") && lines[at] != NULL) {
			g_string_truncate(line, line->len - 1);
			g_string_append(line, g_strstrip(lines[at++]));
		}
		if (line->len == 0 || line->str[0] == '#')
			continue;
		take_here(s, line, lines, &at);
		scenario_run_line(s, line->str);
	}
	s->file = file_before;
	s->line = line_before;
}

void
scenario_run(const char *path)
{
	struct scenario s = { .file = path, .chatty = true };
	g_autoptr(GError) error = NULL;

	setlocale(LC_ALL, "C.UTF-8");
	g_setenv("TZ", "UTC", TRUE);
	log_open("/dev/null", LOG_ERROR, NULL);
	clock_fake_start(BEGIN_US);
	g_queue_init(&s.events);
	s.homes = g_ptr_array_new_with_free_func(g_free);
	s.bound = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	s.caller = (struct caller){ .session = 1, .interactive = true, .output = on_output, .finished = on_finished };
	use_home(&s, new_home());
	scenario_run_file(&s, path);
	if (s.core != NULL && !store_check(s.core->store, &error))
		scenario_fail(&s, "after it: %s", error->message);
	if (s.core != NULL)
		forget_core(&s);
	paths_free(s.paths);
	for (guint i = 0; i < s.homes->len; i++)
		remove_tree(s.homes->pdata[i]);
	g_ptr_array_unref(s.homes);
	g_hash_table_unref(s.bound);
	g_free(s.result.output);
	g_free(s.result.code);
	g_free(s.result.words);
	g_free(s.jid);
	g_free(s.here);
	clock_fake_stop();
	log_close();
}
