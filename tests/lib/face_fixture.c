/* face_fixture.c: see face_fixture.h. */
#include "face_fixture.h"

#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"

static struct {
	int	 fd;
	GString	*got;
} core = { -1, NULL };

static struct face *opened;
static const struct text_policy policy = { .ri_pairs = true };

void
fixture_open(struct face *face, int rows, int columns)
{
	int64_t now;

	setenv("TZ", "UTC", 1);
	setenv("INPUTRC", "/dev/null", 0);
	tzset();
	assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
	assert_true(clock_parse_utc("2026-11-20T21:16:30.000Z", &now));
	clock_fake_start(now * 1000);
	face_init(face, canvas_new(rows, columns, &policy));
	face->ready = face->settled = true;
	opened = face;
}

void
fixture_close(struct face *face)
{
	face_clear(face);
	clock_fake_stop();
	if (core.fd >= 0) {
		close(core.fd);
		g_string_free(core.got, TRUE);
		core.fd = -1;
	}
}

int
fixture_end(void **state)
{
	(void)state;
	fixture_close(opened);
	return 0;
}

void
fixture_event(struct face *face, bool live, const char *format, ...)
{
	va_list list;
	struct event event;
	json_error_t error;
	json_t *object;

	va_start(list, format);
	g_autofree char *text = g_strdup_vprintf(format, list);
	va_end(list);
	for (char *at = text; *at != '\0'; at++)
		if (*at == '\'')
			*at = '"';
	object = json_loads(text, 0, &error);
	if (object == NULL)
		fail_msg("%s: %s", text, error.text);
	assert_true(event_from_json(object, &event));
	link_take(face, &event, live);
	event_clear(&event);
	json_decref(object);
}

void
fixture_message(struct face *face, const char *chat, int id, const char *said, bool out, const char *state,
    const char *body)
{
	struct event event;
	json_t *object = json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:s, s:s, s:s, s:s, s:s}", "type", "message",
	    "account", "home", "chat", chat, "rev", 1000 + id, "id", id, "order", id * 10, "said", said, "direction",
	    out ? "out" : "in", "from", out ? "mira@example.net" : chat, "state", state, "body", body);

	assert_non_null(object);
	assert_true(event_from_json(object, &event));
	link_take(face, &event, true);
	event_clear(&event);
	json_decref(object);
}

void
fixture_people(struct face *face)
{
	fixture_event(face, false,
	    "{'type':'account','account':'home','rev':1,'jid':'mira@example.net','state':'online','show':'online','enabled':true,'nick':'mira','tls':true}");
	fixture_event(face, false,
	    "{'type':'account','account':'work','rev':2,'jid':'mk@work.example','state':'online','show':'online','enabled':true,'nick':'mk','tls':true}");
	fixture_event(face, false, "{'type':'chat','account':'home','chat':'alice@example.org','rev':3,'kind':'chat',"
	    "'name':'alice','open':true,'number':2}");
	fixture_event(face, false, "{'type':'chat','account':'home','chat':'bob@example.com','rev':4,'kind':'chat',"
	    "'name':'bob','open':true,'number':7,'unread':2,'read':5,'draft':'half a thought'}");
	fixture_event(face, false, "{'type':'chat','account':'work','chat':'lena@work.example','rev':5,'kind':'chat',"
	    "'name':'lena','open':true,'number':10}");
	fixture_event(face, false,
	    "{'type':'contact','account':'home','rev':6,'jid':'alice@example.org','name':'alice','subscription':'both'}");
	fixture_event(face, false, "{'type':'presence','account':'home','rev':7,'jid':'alice@example.org/phone',"
	    "'show':'online','status':'at the lab','priority':5}");
	fixture_event(face, false, "{'type':'presence','account':'home','rev':8,'jid':'alice@example.org/tablet',"
	    "'show':'away','priority':1}");
}

void
fixture_go(struct face *face, const char *account, const char *jid)
{
	struct chat *chat = model_chat(face->model, account, jid);

	assert_non_null(chat);
	face_go(face, chat);
	chat->window->loaded = chat->window->at_start = chat->window->at_end = true;
}

void
fixture_key(struct face *face, const char *bytes)
{
	struct key_token token = { KEY_KEY, bytes, strlen(bytes), false };

	face_token(face, &token);
}

void
fixture_type(struct face *face, const char *text)
{
	for (size_t len, n = strlen(text); n > 0; text += len, n -= len) {
		char *one;

		len = text_cluster(text, n);
		one = g_strndup(text, len);
		fixture_key(face, one);
		g_free(one);
	}
}

void
fixture_paste(struct face *face, const char *text)
{
	struct key_token token = { KEY_PASTE, text, strlen(text), false };

	face_token(face, &token);
}

char *
fixture_dump(struct face *face)
{
	screen_draw(face);
	attention_update(face);
	return canvas_dump(face->canvas, true);
}

bool
fixture_shows(struct face *face, const char *text)
{
	g_autofree char *dump = fixture_dump(face);

	return strstr(dump, text) != NULL;
}

void
fixture_golden(struct face *face, const char *name)
{
	g_autofree char *path = g_strdup_printf("tests/screen/%s.screen", name), *dump = fixture_dump(face);
	g_autofree char *wanted = NULL;

	/* CONFAB_GOLDEN=write makes them anew: look at the difference before you commit it. */
	if (g_strcmp0(g_getenv("CONFAB_GOLDEN"), "write") == 0)
		assert_true(g_file_set_contents(path, dump, -1, NULL));
	assert_true(g_file_get_contents(path, &wanted, NULL, NULL));
	if (strcmp(wanted, dump) != 0)
		fail_msg("%s differs.\n--- wanted\n%s--- is\n%s", path, wanted, dump);
}

void
fixture_resize(struct face *face, int rows, int columns)
{
	canvas_resize(face->canvas, rows, columns);
	face_mark(face, DIRTY_ALL);
}

/* --- the other end --- */

void
fixture_core(struct face *face)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
	core.fd = fds[1];
	core.got = g_string_new(NULL);
	face->client = link_adopt(face, fds[0]);
}

/* The next line that the face wrote, NULL if there is none yet. */
static json_t *
next_line(void)
{
	char bytes[4096], *end;
	ssize_t n;
	json_t *object;

	while ((n = read(core.fd, bytes, sizeof bytes)) > 0)
		g_string_append_len(core.got, bytes, n);
	end = strchr(core.got->str, '\n');
	if (end == NULL)
		return NULL;
	object = json_loadb(core.got->str, (size_t)(end - core.got->str), 0, NULL);
	assert_non_null(object);
	g_string_erase(core.got, 0, end - core.got->str + 1);
	return object;
}

json_t *
fixture_request(struct face *face, const char *method)
{
	gint64 deadline = g_get_monotonic_time() + 5 * G_USEC_PER_SEC;
	json_t *object;

	(void)face;
	while (g_get_monotonic_time() < deadline) {
		while (g_main_context_iteration(NULL, FALSE))
			;
		while ((object = next_line()) != NULL) {
			if (strcmp(json_string_value(json_object_get(object, "method")), method) == 0)
				return object;
			json_decref(object);
		}
		g_usleep(200);
	}
	fail_msg("the face did not ask for %s", method);
	return NULL;
}

/* Whatever was written to the face has been taken when the answer to one more request has been. */
static void
write_line(struct face *face, json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT);
	size_t n = strlen(text);

	(void)face;
	text[n] = '\n';
	for (size_t at = 0; at <= n; ) {
		ssize_t done = write(core.fd, text + at, n + 1 - at);

		assert_true(done > 0 || errno == EAGAIN);
		at += done > 0 ? (size_t)done : 0;
		while (g_main_context_iteration(NULL, FALSE))
			;
	}
	free(text);
	json_decref(line);
	for (int i = 0; i < 10; i++)
		while (g_main_context_iteration(NULL, FALSE))
			;
}

const char *
fixture_param(const json_t *request, const char *name)
{
	return json_string_value(json_object_get(json_object_get(request, "params"), name));
}

void
fixture_runs(struct face *face, const char *line)
{
	json_t *request = fixture_request(face, "run");

	assert_string_equal(fixture_param(request, "line"), line);
	json_decref(request);
}

void
fixture_answer(struct face *face, json_t *request, json_t *result)
{
	write_line(face, json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", json_object_get(request, "id"), "result",
	    result));
	json_decref(request);
}

void
fixture_refuse(struct face *face, json_t *request, const char *code, const char *message)
{
	write_line(face, json_pack("{s:s, s:O, s:{s:s, s:s}}", "jsonrpc", "2.0", "id", json_object_get(request, "id"),
	    "error", "code", code, "message", message));
	json_decref(request);
}

void
fixture_core_gone(struct face *face)
{
	close(core.fd);
	core.fd = -1;
	g_string_free(core.got, TRUE);
	for (int i = 0; i < 50 && !face->ending; i++)
		g_main_context_iteration(NULL, FALSE);
}
