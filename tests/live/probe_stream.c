/*
 * probe_stream.c: opens one stream by transport_net and prints every callback as a line of JSON, for test_stream.py.
 * Standard input: XML to send, one element a line, or CLOSE, HOLD, GO, FREE, WAKEUPS, BUSY, FLOOD.  Ends after DOWN or
 * FREE.
 */
#include <dirent.h>
#include <glib-unix.h>
#include <glib.h>
#include <jansson.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "xmpp/conn.h"
#include "xmpp/stream.h"

static GMainLoop *loop;
static struct stream *stream;
static int64_t began_us;
static GString *input;
static bool quiet;
static unsigned stanzas;

static void
print(json_t *line)
{
	json_object_set_new(line, "ms", json_real((double)(g_get_monotonic_time() - began_us) / 1000));
	json_dumpf(line, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	putchar('\n');
	fflush(stdout);
	json_decref(line);
}

static void
put(json_t *line, const char *name, const char *value)
{
	json_object_set_new(line, name, value != NULL ? json_string(value) : json_null());
}

static json_t *
line_new(const char *callback)
{
	json_t *line = json_object();

	put(line, "callback", callback);
	return line;
}

static void
on_step(void *ctx, const char *text)
{
	json_t *line = line_new("step");

	(void)ctx;
	put(line, "text", text);
	print(line);
}

static void
on_up(void *ctx, const struct stream_up *up)
{
	g_autofree char *features = up->features != NULL ? stanza_to_xml(up->features) : NULL;
	json_t *line = line_new("up");

	(void)ctx;
	put(line, "jid", up->jid);
	json_object_set_new(line, "resumed", json_boolean(up->resumed));
	json_object_set_new(line, "acked", json_integer(up->acked));
	json_object_set_new(line, "sm", json_boolean(up->sm));
	put(line, "sm_id", up->sm_id);
	put(line, "sm_location", up->sm_location);
	json_object_set_new(line, "sm_max_s", json_integer(up->sm_max_s));
	json_object_set_new(line, "resume_failed", json_boolean(up->resume_failed));
	json_object_set_new(line, "failed_h", up->has_failed_h ? json_integer(up->failed_h) : json_null());
	put(line, "tls", up->tls);
	put(line, "mechanism", up->mechanism);
	put(line, "peer", up->peer);
	put(line, "features", features);
	print(line);
}

static void
on_stanza(void *ctx, struct stanza *s)
{
	json_t *line;

	(void)ctx;
	stanzas++;
	if (!quiet) {
		g_autofree char *xml = stanza_to_xml(s);

		line = line_new("stanza");
		put(line, "xml", xml);
		print(line);
	}
	stanza_free(s);
}

static void
on_down(void *ctx, struct stream_failure *failure)
{
	json_t *line = line_new("down"), *c;

	(void)ctx;
	json_object_set_new(line, "fault", json_integer(failure->fault));
	put(line, "word", stream_fault_word(failure->fault));
	put(line, "condition", failure->condition);
	put(line, "words", failure->words);
	put(line, "text", failure->text);
	json_object_set_new(line, "final", json_boolean(failure->final));
	json_object_set_new(line, "stanzas", json_integer(stanzas));
	if (failure->certificate != NULL) {
		c = json_object();
		put(c, "problem", failure->certificate->problem);
		put(c, "subject", failure->certificate->subject);
		put(c, "issuer", failure->certificate->issuer);
		put(c, "names", failure->certificate->names);
		put(c, "sha256", failure->certificate->sha256);
		json_object_set_new(c, "not_after_ms", json_integer(failure->certificate->not_after_ms));
		json_object_set_new(c, "pin_helps", json_boolean(failure->certificate->pin_helps));
		json_object_set_new(line, "certificate", c);
	}
	print(line);
	stream_failure_free(failure);
	g_main_loop_quit(loop);
}

/* A number of /proc/.../status; 0 when it is not there. */
static long
status_number(const char *path, const char *name)
{
	g_autofree char *text = NULL, *key = g_strdup_printf("\n%s:", name);
	const char *field;

	if (!g_file_get_contents(path, &text, NULL, NULL) || (field = strstr(text, key)) == NULL)
		return 0;
	return strtol(field + strlen(key), NULL, 10);
}

/* Voluntary context switches of the connection's thread. */
static long
wakeups(void)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	long sum = 0;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		g_autofree char *name = g_strdup_printf("/proc/self/task/%s/comm", entry->d_name), *comm = NULL;
		g_autofree char *path = g_strdup_printf("/proc/self/task/%s/status", entry->d_name);

		if (g_file_get_contents(name, &comm, NULL, NULL) && strcmp(comm, "stream\n") == 0)
			sum += status_number(path, "voluntary_ctxt_switches");
	}
	if (dir != NULL)
		closedir(dir);
	return sum;
}

/* More than a server that reads nothing can be sent. */
static void
flood(void)
{
	g_autofree char *body = g_strnfill(1048000, 'x'), *xml = g_strdup_printf("<message><body>%s</body></message>",
	    body);
	int i;

	for (i = 0; i < 100; i++)
		transport_net.send(stream, xml, strlen(xml));
}

static double
cpu_ms(void)
{
	struct timespec cpu;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	return (double)cpu.tv_sec * 1000 + (double)cpu.tv_nsec / 1e6;
}

static void
on_line(const char *text)
{
	json_t *line;

	if (strcmp(text, "CLOSE") == 0)
		transport_net.close(stream);
	else if (strcmp(text, "HOLD") == 0)
		transport_net.hold(stream, true);
	else if (strcmp(text, "GO") == 0)
		transport_net.hold(stream, false);
	else if (strcmp(text, "BUSY") == 0)	/* a main loop that has something else to do for a second */
		g_usleep(G_USEC_PER_SEC);
	else if (strcmp(text, "FLOOD") == 0)
		flood();
	else if (strcmp(text, "WAKEUPS") == 0) {
		line = line_new("wakeups");
		json_object_set_new(line, "count", json_integer(wakeups()));
		json_object_set_new(line, "cpu_ms", json_real(cpu_ms()));
		json_object_set_new(line, "peak_kib", json_integer(status_number("/proc/self/status", "VmHWM")));
		json_object_set_new(line, "stanzas", json_integer(stanzas));
		print(line);
	} else if (strcmp(text, "FREE") == 0)
		g_main_loop_quit(loop);
	else if (text[0] != '\0')
		transport_net.send(stream, text, strlen(text));
}

static gboolean
on_input(gint fd, GIOCondition condition, gpointer data)
{
	char buffer[65536], *end;
	ssize_t n = read(fd, buffer, sizeof buffer);

	(void)condition;
	(void)data;
	if (n <= 0)
		return G_SOURCE_REMOVE;
	g_string_append_len(input, buffer, n);
	while ((end = strchr(input->str, '\n')) != NULL) {
		*end = '\0';
		on_line(input->str);
		g_string_erase(input, 0, end - input->str + 1);
	}
	return G_SOURCE_CONTINUE;
}

static char *
read_secret(int fd)
{
	char buffer[4096];
	ssize_t n = read(fd, buffer, sizeof buffer - 1);

	close(fd);
	return n >= 0 ? g_strndup(buffer, (gsize)n) : g_strdup("");
}

static char *jid, *host, *tls, *ca, *pin, *mechanism, *resource, *resume, *resume_jid;
static int port, pin_flaws, password_fd = -1, resume_h, deadline_ms, close_ms;

static const GOptionEntry options[] = {
	{ "jid", 0, 0, G_OPTION_ARG_STRING, &jid, NULL, NULL },
	{ "host", 0, 0, G_OPTION_ARG_STRING, &host, NULL, NULL },
	{ "port", 0, 0, G_OPTION_ARG_INT, &port, NULL, NULL },
	{ "tls", 0, 0, G_OPTION_ARG_STRING, &tls, NULL, NULL },
	{ "ca", 0, 0, G_OPTION_ARG_STRING, &ca, NULL, NULL },
	{ "pin", 0, 0, G_OPTION_ARG_STRING, &pin, NULL, NULL },
	{ "pin-flaws", 0, 0, G_OPTION_ARG_INT, &pin_flaws, NULL, NULL },
	{ "mechanism", 0, 0, G_OPTION_ARG_STRING, &mechanism, NULL, NULL },
	{ "resource", 0, 0, G_OPTION_ARG_STRING, &resource, NULL, NULL },
	{ "resume", 0, 0, G_OPTION_ARG_STRING, &resume, NULL, NULL },
	{ "resume-jid", 0, 0, G_OPTION_ARG_STRING, &resume_jid, NULL, NULL },
	{ "resume-h", 0, 0, G_OPTION_ARG_INT, &resume_h, NULL, NULL },
	{ "password-fd", 0, 0, G_OPTION_ARG_INT, &password_fd, NULL, NULL },
	{ "deadline", 0, 0, G_OPTION_ARG_INT, &deadline_ms, NULL, NULL },
	{ "close-deadline", 0, 0, G_OPTION_ARG_INT, &close_ms, NULL, NULL },
	{ "quiet", 0, 0, G_OPTION_ARG_NONE, &quiet, NULL, NULL },
	{ NULL, 0, 0, 0, NULL, NULL, NULL },
};

static void
set_deadlines(void)
{
	int i;

	for (i = 0; deadline_ms > 0 && i < CONN_UP; i++)
		conn_deadlines.phase_ms[i] = deadline_ms;
	if (close_ms > 0)
		conn_deadlines.close_ms = close_ms;
}

int
main(int argc, char **argv)
{
	static const struct stream_handler handler = { .step = on_step, .up = on_up, .stanza = on_stanza,
	    .down = on_down };
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autofree char *password = NULL;
	struct stream_config config = { 0 };

	setlocale(LC_ALL, "");
	g_option_context_add_main_entries(context, options, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error) || !stream_initialise(&error)) {
		fprintf(stderr, "probe_stream: %s\n", error->message);
		return 2;
	}
	password = password_fd != -1 ? read_secret(password_fd) : NULL;
	set_deadlines();
	config.jid = jid;
	config.password = password;
	config.resource = resource;
	config.host = host;
	config.port = (uint16_t)port;
	config.tls = g_strcmp0(tls, "direct") == 0 ? STREAM_TLS_DIRECT :
	    g_strcmp0(tls, "off") == 0 ? STREAM_TLS_OFF : STREAM_TLS_STARTTLS;
	config.ca_file = ca;
	config.pin = pin;
	config.pin_flaws = (unsigned)pin_flaws;
	config.mechanism = mechanism;
	config.resume_id = resume;
	config.resume_jid = resume_jid;
	config.resume_h = (uint32_t)resume_h;
	began_us = g_get_monotonic_time();
	input = g_string_new(NULL);
	loop = g_main_loop_new(NULL, FALSE);
	stream = transport_net.open(&config, &handler, NULL);
	g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP, on_input, NULL);
	g_main_loop_run(loop);
	transport_net.free(stream);
	stream_finish();
	g_main_loop_unref(loop);
	g_string_free(input, TRUE);
	return 0;
}
