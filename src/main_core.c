/*
 * main_core.c: the core's executable: options, lock, signals, and then one main loop until somebody ends it.
 *
 *   confab-core [--home DIR] [--profile NAME] [--log LEVEL] [--background --ready-fd N]
 *   confab-core [--home DIR] [--profile NAME] --doctor [--account NAME | --config | --recover]
 *
 * With --ready-fd the one who started it reads "ready" once the socket listens, or a sentence that says why not.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/doctor.h"
#include "admin/lock.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/paths.h"
#include "core/command.h"
#include "core/core.h"
#include "core/link.h"
#include "http/http.h"
#include "proto/wire.h"
#include "server/server.h"
#include "store/store.h"
#include "xmpp/network.h"
#include "xmpp/stream.h"

enum { EXIT_TAKEN = 3 };

struct options {
	const char	*home, *profile, *account, *level_name;
	enum log_level	 level;
	bool		 background, doctor, recover, config;
	int		 ready_fd;
};

struct program {
	struct core	*core;
	struct server	*server;
	GMainLoop	*loop;
	bool		 stopping;
};

static void
usage(FILE *to)
{
	fputs("usage: confab-core [--home DIR] [--profile NAME] [--log LEVEL] [--background] [--ready-fd N]\n"
	    "       confab-core [--home DIR] [--profile NAME] --doctor [--account NAME | --config | --recover]\n"
	    "People start it with confab, or with confab core.\n", to);
}

static void
print_version(void)
{
	printf("confab-core %s\n%s, %s, %s\n", CONFAB_VERSION, stream_libraries(), store_library(), http_library());
}

static void
print_commands(void)
{
	json_t *list = json_array();

	for (const struct command *const *c = command_list(); *c != NULL; c++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s?}", "name", (*c)->name, "args",
		    (*c)->args, "group", (*c)->group, "help", (*c)->help, "detail", (*c)->detail));
	json_dumpf(list, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(list);
}

static void
parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "home", required_argument, NULL, 'H' }, { "profile", required_argument, NULL, 'p' },
		{ "log", required_argument, NULL, 'l' }, { "background", no_argument, NULL, 'b' },
		{ "ready-fd", required_argument, NULL, 'r' }, { "version", no_argument, NULL, 'V' },
		{ "print-commands", no_argument, NULL, 'c' }, { "help", no_argument, NULL, 'h' },
		{ "doctor", no_argument, NULL, 'd' }, { "account", required_argument, NULL, 'a' },
		{ "recover", no_argument, NULL, 'R' }, { "config", no_argument, NULL, 'C' }, { NULL, 0, NULL, 0 },
	};
	int c;

	*o = (struct options){ .level = LOG_NOTICE, .ready_fd = -1 };
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'H':
			o->home = optarg;
			break;
		case 'p':
			o->profile = optarg;
			break;
		case 'l':
			o->level_name = optarg;
			if (log_level_parse(optarg, &o->level))
				break;
			fprintf(stderr,
			    "confab-core: the levels are error, warning, notice, debug and trace, not \"%s\".\n",
			    optarg);
			exit(1);
		case 'b':
			o->background = true;
			break;
		case 'r':
			o->ready_fd = atoi(optarg);
			break;
		case 'R':
			o->recover = true;
			break;
		case 'C':
			o->config = true;
			break;
		case 'd':
			o->doctor = true;
			break;
		case 'a':
			o->account = optarg;
			break;
		case 'V':
			print_version();
			exit(0);
		case 'c':
			print_commands();
			exit(0);
		case 'h':
			usage(stdout);
			exit(0);
		default:
			usage(stderr);
			exit(1);
		}
	}
	if (optind != argc) {
		usage(stderr);
		exit(1);
	}
}

/* Tells whoever waits for the start; then nobody does any more. */
static void
tell(struct options *o, const char *text)
{
	if (o->ready_fd >= 0) {
		ssize_t n = write(o->ready_fd, text, strlen(text));

		(void)n;	/* nobody there to read it any more */
		close(o->ready_fd);
		o->ready_fd = -1;
	} else if (strcmp(text, "ready\n") != 0) {
		fputs(text, stderr);
	}
}

static int
give_up(struct options *o, int status, const GError *error)
{
	g_autofree char *line = g_strdup_printf("%s\n", error->message);

	/* In the foreground the log is what the person sees anyway. */
	if (o->background)
		log_error("core", "%s", error->message);
	tell(o, line);
	return status;
}

static void
woke(void *core)
{
	log_debug("core", "the machine slept, or its clock was set");
	link_woke(core);
}

static void
moved(void *core)
{
	log_debug("core", "addresses of this machine changed");
	link_moved(core);
}

static void
stopped(void *ctx)
{
	struct program *program = ctx;

	g_main_loop_quit(program->loop);
}

static void
quit(void *ctx)
{
	struct program *program = ctx;

	if (program->stopping)
		return;
	program->stopping = true;
	log_notice("core", program->core->restart ? "starting anew" : "ending");
	core_stop(program->core, stopped, program);
}

static gboolean
on_signal(gint fd, GIOCondition condition, gpointer data)
{
	struct program *program = data;
	struct signalfd_siginfo info;

	(void)condition;
	while (read(fd, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo == SIGUSR1)
			server_restore(program->server);
		else {
			program->core->restart = false;
			quit(program);
		}
	}
	return G_SOURCE_CONTINUE;
}

/* Before any thread starts, so that all of them have these blocked. */
static int
take_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* A signal that is ignored, as in the background of a script, never gets to the descriptor. */
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
go_to_background(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	for (int fd = 0; fd <= 2; fd++)
		if (null != -1)
			dup2(null, fd);
	if (chdir("/") == -1)
		log_debug("core", "chdir: %s", g_strerror(errno));
}

/* Comes back only where it cannot; self is where our executable was when we started. */
static int
start_anew(const struct options *o, const struct paths *paths, const char *self)
{
	const char *argv[10] = { self };
	int n = 1;

	if (o->level_name != NULL) {
		argv[n++] = "--log";
		argv[n++] = o->level_name;
	}
	if (paths->home != NULL) {
		argv[n++] = "--home";
		argv[n++] = paths->home;
	}
	argv[n++] = "--profile";
	argv[n++] = paths->profile;
	if (o->background)
		argv[n++] = "--background";
	execv(self, (char **)(uintptr_t)argv);
	log_error("core", "%s cannot be started: %s", self, g_strerror(errno));
	return 1;
}

/* *restart: the executable is to take our place. */
static int
run(struct options *o, const struct paths *paths, int signals, bool *restart)
{
	struct program program = { 0 };
	g_autoptr(GError) error = NULL;
	gboolean taken;
	int lock = lock_take(paths->lock, &taken, &error);

	if (lock == -1)
		return give_up(o, taken ? EXIT_TAKEN : 1, error);
	if (!stream_initialise(&error) || (program.core = core_new(paths, &transport_net, NULL, &error)) == NULL)
		return give_up(o, 1, error);
	program.server = server_new(program.core, &error);
	if (program.server == NULL) {
		core_free(program.core);
		return give_up(o, 1, error);
	}
	program.loop = g_main_loop_new(NULL, FALSE);
	program.core->quit = quit;
	program.core->quit_ctx = &program;
	g_unix_fd_add(signals, G_IO_IN, on_signal, &program);
	log_notice("core", "confab %s runs, profile %s, pid %ld", CONFAB_VERSION, paths->profile, (long)getpid());
	tell(o, "ready\n");
	if (o->background)
		go_to_background();
	core_start(program.core);
	clock_on_jump(woke, program.core);
	network_watch(moved, program.core);
	g_main_loop_run(program.loop);
	*restart = program.core->restart;
	server_free(program.server);
	core_free(program.core);
	stream_finish();
	g_main_loop_unref(program.loop);
	close(lock);
	return 0;
}

int
main(int argc, char **argv)
{
	struct options o;
	struct paths *paths;
	g_autoptr(GError) error = NULL;
	const struct rlimit no_core = { 0, 0 };
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	bool restart = false;
	int status, signals;

	setlocale(LC_ALL, "C.UTF-8");
	wire_wipe_what_is_freed();
	parse_options(argc, argv, &o);
	umask(077);
	setrlimit(RLIMIT_CORE, &no_core);	/* a core dump would hold the keys */
	signals = take_signals();
	signal(SIGXFSZ, SIG_IGN);		/* a file-size limit is an error like a full disk, not the end */
	paths = paths_new(o.home, o.profile, &error);
	if (paths != NULL && o.doctor)
		status = log_open(NULL, LOG_ERROR, &error) ? (o.config ? doctor_config(paths) :
		    o.recover ? doctor_recover(paths) : doctor_run(paths, o.account)) : give_up(&o, 1, error);
	else if (paths == NULL || !paths_create(paths, &error) ||
	    !log_open(o.background ? paths->log : NULL, o.level, &error))
		status = give_up(&o, 1, error);
	else
		status = run(&o, paths, signals, &restart);
	if (restart && self != NULL)
		status = start_anew(&o, paths, self);
	log_close();
	paths_free(paths);
	return status;
}
