/*
 * download.c: files that somebody's message links to, when a person asks for them and never before.  They are fetched
 * into a file beside their place and get their name in the end, one that was free: what the sender calls a file is a
 * wish, and nothing that is there is ever written over.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/url.h"
#include "core/chat.h"
#include "core/feature.h"
#include "core/setting.h"
#include "core/transfer.h"

extern const struct feature feature_download;

enum { NAME_BYTES = 200, NAMES = 1000, MIB = 1048576 };

struct download {
	struct command_call *call;	/* with its core; caller NULL: nobody waits for it */
	struct transfer	*transfer;
	int		 dir, fd;	/* the folder, and the file in it under the name part */
	char		*part, *folder, *name;
	bool		 exact;		/* that name and no other */
	bool		 open;		/* whoever asked wants to see it */
	char		*domain;	/* of our server */
};

static void
download_free(struct download *d)
{
	if (d->part != NULL)
		unlinkat(d->dir, d->part, 0);
	if (d->fd != -1)
		close(d->fd);
	if (d->dir != -1)
		close(d->dir);
	g_free(d->part);
	g_free(d->folder);
	g_free(d->name);
	g_free(d->domain);
	g_free(d);
}

/* --- names --- */

/* What a file may be called: the sender's wish made safe. */
static char *
safe_name(const char *wish)
{
	g_autofree char *clean = text_clean(wish, -1, TEXT_LINE, 0), *cut = NULL;
	const char *begin;

	g_strdelimit(clean, "/\\", '_');
	begin = clean + strspn(clean, ".- ");
	cut = text_clean(begin, -1, TEXT_LINE, NAME_BYTES);
	return g_strdup(*g_strchomp(cut) != '\0' ? cut : "file");
}

/* "name.txt" and 2: "name (2).txt". */
static char *
numbered(const char *name, unsigned n)
{
	const char *dot = strrchr(name, '.');
	size_t stem = dot != NULL && dot != name ? (size_t)(dot - name) : strlen(name);

	return n < 2 ? g_strdup(name) : g_strdup_printf("%.*s (%u)%s", (int)stem, name, n, name + stem);
}

/* Gives the file its name; what it was called in the end, NULL with errno.  The caller's. */
static char *
settle(struct download *d)
{
	for (unsigned n = 1; n <= (d->exact ? 1 : NAMES); n++) {
		g_autofree char *name = numbered(d->name, n);

		if (renameat2(d->dir, d->part, d->dir, name, RENAME_NOREPLACE) == 0) {
			g_clear_pointer(&d->part, g_free);
			return g_steal_pointer(&name);
		}
		if (errno != EEXIST)
			return NULL;
	}
	return NULL;
}

/* --- on its way --- */

static bool
on_data(void *ctx, const void *bytes, size_t n, char **problem)
{
	struct download *d = ctx;
	const char *at = bytes;

	while (n > 0) {
		ssize_t written = write(d->fd, at, n);

		if (written == -1 && errno == EINTR)
			continue;
		if (written == -1) {
			*problem = g_strdup_printf("it cannot be written to %s: %s", d->folder, g_strerror(errno));
			return false;
		}
		at += written;
		n -= (size_t)written;
	}
	return true;
}

static void
fail(struct download *d, const char *why)
{
	transfer_end(d->transfer, TRANSFER_FAILED, why);
	command_fail(d->call, RPC_ERROR_FAILED, "%s Nothing was kept.", why);
}

static void
on_done(void *ctx, const char *problem)
{
	struct download *d = ctx;
	struct command_call *call = d->call;
	g_autofree char *name = NULL, *path = NULL, *shown = NULL, *why = NULL;

	if (problem != NULL) {
		fail(d, problem);
		return;
	}
	name = settle(d);
	if (name == NULL) {
		why = g_strdup_printf("%s cannot be kept in %s: %s.", d->name, d->folder, g_strerror(errno));
		fail(d, why);
		return;
	}
	path = g_build_filename(d->folder, name, NULL);
	shown = text_clean(path, -1, TEXT_LINE, 0);
	transfer_set_place(d->transfer, NULL, path);
	transfer_end(d->transfer, TRANSFER_DONE, NULL);
	command_say(call, "%s", shown);
	command_data(call, json_pack("{s:s}", d->open ? "open" : "path", shown));
	command_done(call);
}

static void
on_cancel(void *ctx)
{
	struct download *d = ctx;

	transfer_end(d->transfer, TRANSFER_CANCELLED, NULL);
	command_fail(d->call, RPC_ERROR_CANCELLED, "It was ended before it was done; nothing was kept.");
}

static const struct transfer_owner owner = { .data = on_data, .done = on_done, .cancel = on_cancel };

/* Our own server's hosts may be beside it in a private network, and those that a person named. */
static bool
may_be_private(void *ctx, const char *host)
{
	const struct download *d = ctx;
	g_auto(GStrv) hosts = g_strsplit_set(setting_text(d->call->core->settings, SETTING_DOWNLOAD_PRIVATE), " ", -1);
	g_autofree char *below = g_strconcat(".", d->domain, NULL);

	return g_ascii_strcasecmp(host, d->domain) == 0 || g_str_has_suffix(host, below) ||
	    g_strv_contains((const char *const *)hosts, host);
}

/* --- what is to be fetched, and where to --- */

/* The first link of https in a text; the caller's, NULL. */
static char *
link_in(const char *body)
{
	g_autoptr(GArray) spans = body != NULL ? url_find(body) : g_array_new(FALSE, FALSE, sizeof(struct url_span));

	for (guint i = 0; i < spans->len; i++) {
		const struct url_span *span = &g_array_index(spans, struct url_span, i);
		g_autofree char *found = g_strndup(body + span->start, span->len), *ascii = NULL;

		if (g_ascii_strncasecmp(found, "https://", 8) == 0 && (ascii = url_for_program(found, NULL)) != NULL)
			return g_steal_pointer(&ascii);
	}
	return NULL;
}

/* Of the last message of the chat that has one. */
static char *
last_link(const struct core *core, int64_t chat)
{
	bool more;
	g_autoptr(GPtrArray) rows = message_page(core->store, chat, PAGE_END, 0, LIMIT_LINES, &more);
	char *url = NULL;

	for (guint i = rows->len; url == NULL && i-- > 0;)
		url = link_in(((const struct message_row *)rows->pdata[i])->body);
	return url;
}

/* NULL: the call is over. */
static char *
wanted(struct command_call *call, const char *which)
{
	struct core *core = call->core;
	g_autoptr(GError) error = NULL;
	int64_t chat = call->chat == NULL ? 0 :
	    chat_find(core->store, call->account->id, call->chat, CHAT_PERSON, false, NULL);
	struct message_row *row = which != NULL ? chat_find_message(core, chat, which, &error) : NULL;
	char *url = row != NULL ? link_in(row->body) : which == NULL && chat != 0 ? last_link(core, chat) : NULL;

	message_row_free(row);
	if (error != NULL)
		command_fail_with(call, error);
	else if (url == NULL)
		command_fail(call, RPC_ERROR_NOT_FOUND, "There is no link of https in %s.", which != NULL ? "that message" :
		    "what was said here last");
	return url;
}

/* Where a path leads: a folder, or a name in one.  False with an error. */
static bool
find_place(struct download *d, const char *path, GError **error)
{
	const struct command_call *call = d->call;
	g_autofree char *full = path == NULL ? g_strdup(call->core->paths->downloads) : g_str_has_prefix(path, "~/") ?
	    g_build_filename(g_get_home_dir(), path + 2, NULL) :
	    g_canonicalize_filename(path, call->caller != NULL ? call->caller->cwd : NULL);

	if (path == NULL)
		g_mkdir_with_parents(full, 0700);
	if (path != NULL && !g_file_test(full, G_FILE_TEST_IS_DIR)) {
		g_free(d->name);
		d->name = g_path_get_basename(full);
		d->folder = g_path_get_dirname(full);
		d->exact = true;
	} else {
		d->folder = g_steal_pointer(&full);
	}
	d->dir = open(d->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->dir != -1 && d->exact && faccessat(d->dir, d->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_FAILED, "%s is there already.", path);
		return false;
	}
	if (d->dir != -1) {
		g_autofree char *id = stanza_new_id();

		d->part = g_strdup_printf(".confab-%s.part", id);
		d->fd = openat(d->dir, d->part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	}
	if (d->fd != -1)
		return true;
	g_set_error(error, RPC_ERROR, RPC_ERROR_FAILED, "Nothing can be kept in %s: %s.", d->folder, g_strerror(errno));
	g_clear_pointer(&d->part, g_free);
	return false;
}

/* Who typed it is gone: it goes on.  Else it was cancelled. */
static void
call_cancelled(struct command_call *call)
{
	if (call->caller != NULL)
		on_cancel(call->ctx);
}

static void
fetch(struct command_call *call, const char *which, const char *path, bool open_it)
{
	g_autofree char *url = wanted(call, which), *file = NULL;
	struct http_wish wish = { .url = url, .may_be_private = may_be_private };
	g_autoptr(GError) error = NULL;
	struct download *d;

	if (url == NULL)
		return;
	wish.ca_file = call->account->settings->ca_file;
	wish.limit = (int64_t)setting_get(call->core->settings, SETTING_DOWNLOAD_LIMIT) * MIB;
	d = g_new0(struct download, 1);
	d->call = call;
	d->dir = d->fd = -1;
	d->open = open_it;
	d->domain = jid_domain(account_jid(call->account));
	file = http_file_name(url);
	d->name = safe_name(file);
	call->ctx = d;
	call->ctx_free = (void (*)(void *))download_free;
	if (!find_place(d, path, &error)) {
		command_fail_with(call, error);
		return;
	}
	call->cancel = call_cancelled;
	d->transfer = transfer_new(call->core, call->account_name, call->chat, DIRECTION_IN, d->name, -1, &owner, d);
	transfer_set_place(d->transfer, url, NULL);
	transfer_go(d->transfer, &wish);
}

static void
download_run(struct command_call *call)
{
	fetch(call, call->argv[0], call->argv[1], false);
}

static void
open_run(struct command_call *call)
{
	fetch(call, call->argv[0], NULL, true);
}

static void
save_run(struct command_call *call)
{
	fetch(call, NULL, call->argv[0], false);
}

static const struct command commands[] = {
	{ "download", "[MSG] [PATH]", "files", "fetches the file that a message links to",
	  "The first link of https in MSG, or in the last message of the chat that has one, goes to PATH, a folder or a new "
	  "name, else to the folder of downloads, under the name that it has in the link, made safe; never over another file. "
	  "What is longer than download.limit is not kept. A host that has an address of a private network is asked only where "
	  "download.private names it or it is your own server's. Nothing is ever fetched by itself.",
	  NEEDS_ACCOUNT, download_run },
	{ "open", "[MSG]", "files", "fetches it and opens it, at a terminal",
	  "As /download; then the terminal gives it to the program of ui.opener. A command of the shell is told where it "
	  "lies.", NEEDS_ACCOUNT, open_run },
	{ "save", "[PATH]", "files", "fetches the last file of this chat to PATH", "As /download without MSG.",
	  NEEDS_ACCOUNT | NEEDS_CHAT, save_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_download = { .name = "download", .commands = commands };
