/*
 * upload.c: files to a service of our server (XEP-0363 version 1.2.0); what is said in the chat is their link, marked
 * as a file (XEP-0066).  The server is asked which part of it takes files, what that takes at most, and for a slot;
 * then the file is on its way beside the stream.  A link that breaks meanwhile costs nothing: what was asked is asked
 * again, and the message waits in the outbox.  Where what is said is encrypted, no file is sent: it would not be.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/bus.h"
#include "core/chat.h"
#include "core/feature.h"
#include "core/service.h"
#include "core/transfer.h"
#include "core/turn.h"
#include "store/uploads.h"
#include "xmpp/form.h"
#include "xmpp/ns.h"

extern const struct feature feature_upload;

#define ENCRYPTED "What is said here is encrypted, and files are not encrypted by this version; /omemo off ends that."

enum { HEADERS = 10, HEADER_BYTES = 4096, NAME_BYTES = 255, LATER_MS = 500 };

struct upload {
	unsigned	 refs;		/* itself, and each question that is not answered */
	struct core	*core;
	struct command_call *call;	/* NULL once it is over */
	struct transfer	*transfer;
	struct clock_timer *later;	/* whether the chat is encrypted is being asked */
	struct bus_subscriber *subscriber;	/* waits for the account to be on line again; NULL */
	char		*account, *chat, *name, *text;
	int		 fd;
	int64_t		 size;
	char		*service, *link;
};

static void
unref(struct upload *u)
{
	if (--u->refs > 0)
		return;
	close(u->fd);
	g_free(u->account);
	g_free(u->chat);
	g_free(u->name);
	g_free(u->text);
	g_free(u->service);
	g_free(u->link);
	g_free(u);
}

/* The end, whatever it is; the call is what is left of it, for the caller to end. */
static struct command_call *
finish(struct upload *u, enum transfer_state state, const char *reason)
{
	struct command_call *call = g_steal_pointer(&u->call);

	if (u->subscriber != NULL)
		bus_unsubscribe(u->core->bus, g_steal_pointer(&u->subscriber));
	clock_timer_cancel(&u->later);
	transfer_end(u->transfer, state, reason);
	call->cancel = NULL;
	call->ctx = NULL;
	return call;
}

static void
fail(struct upload *u, const char *why)
{
	struct command_call *call = finish(u, TRANSFER_FAILED, why);

	command_fail(call, RPC_ERROR_FAILED, "%s Nothing was sent.", why);
	unref(u);
}

/* What is said there may have to be encrypted, and a file beside it would not be. */
static enum leave
how_said(struct account *account, const char *chat)
{
	int64_t id = chat_find(account->core->store, account->id, chat, CHAT_PERSON, false, NULL);
	struct chat_row *row = id != 0 ? chat_load(account->core->store, id) : NULL;
	g_autofree char *why = NULL;
	enum leave leave = row != NULL ? LEAVE_LATER : LEAVE_PLAIN;

	/* That it is encrypted from now on may be written down. */
	if (row != NULL && chat_begin_change(account->core, NULL)) {
		leave = features_leave(account, row, false, &why);
		chat_end_change(account->core, true, NULL);
	}
	chat_row_free(row);
	return leave;
}

static void ask(struct upload *u);

/* --- on and off line --- */

static void
on_event(void *ctx, const struct event *event)
{
	struct upload *u = ctx;

	if (event->type != EVENT_account || event->gone || event->account.state != ACCOUNT_ONLINE ||
	    g_strcmp0(event->account_name, u->account) != 0)
		return;
	bus_unsubscribe(u->core->bus, g_steal_pointer(&u->subscriber));
	ask(u);
}

static void
wait_for_line(struct upload *u)
{
	if (u->subscriber == NULL)
		u->subscriber = bus_subscribe(u->core->bus, on_event, u);
}

/* The account, if it is on line; else it is waited for, and NULL. */
static struct account *
on_line(struct upload *u)
{
	struct account *account = account_find(u->core, u->account);

	if (account == NULL) {
		fail(u, "The account is not there any more.");
		return NULL;
	}
	if (account_online(account))
		return account;
	wait_for_line(u);
	return NULL;
}

/* An answer came: is it still of interest?  Gives back what the question held. */
static bool
still(struct upload *u)
{
	bool wanted = u->call != NULL;

	unref(u);
	return wanted;
}

/* --- the message --- */

static bool
say(struct upload *u, struct account *account, int64_t *id, GError **error)
{
	bool ok = chat_begin_change(u->core, error);

	if (ok)
		ok = chat_end_change(u->core, upload_keep(u->core->store, account->id, u->link, u->name, u->size,
		    error), error);
	*id = ok ? outbox_send(account, u->chat, u->link, error) : 0;
	return *id != 0 && (u->text == NULL || outbox_send(account, u->chat, u->text, error) != 0);
}

static void
on_uploaded(void *ctx, const char *problem)
{
	struct upload *u = ctx;
	struct account *account = account_find(u->core, u->account);
	g_autoptr(GError) error = NULL;
	struct command_call *call;
	int64_t id;

	if (problem != NULL || account == NULL) {
		fail(u, problem != NULL ? problem : "The account is not there any more.");
		return;
	}
	if (!say(u, account, &id, &error)) {
		fail(u, error->message);
		return;
	}
	transfer_set_place(u->transfer, u->link, NULL);
	call = finish(u, TRANSFER_DONE, NULL);
	command_message(call, id);
	command_data(call, json_pack("{s:s, s:s, s:I}", "url", u->link, "name", u->name, "size", (json_int_t)u->size));
	command_done(call);
	unref(u);
}

static void
on_cancel(void *ctx)
{
	struct upload *u = ctx;

	command_fail(finish(u, TRANSFER_CANCELLED, NULL), RPC_ERROR_CANCELLED, "%s was not sent.", u->name);
	unref(u);
}

static const struct transfer_owner owner = { .done = on_uploaded, .cancel = on_cancel };

/* --- the slot --- */

static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

/* XEP-0363 section 8: these three and no other, and none that could be more than one. */
static char **
headers_of(const struct stanza *put)
{
	static const char *const allowed[] = { "Authorization", "Cookie", "Expires" };
	GPtrArray *headers = g_ptr_array_new();

	g_ptr_array_add(headers, g_strdup("Content-Type: application/octet-stream"));
	for (struct stanza *c = stanza_first(put); c != NULL; c = stanza_next(c)) {
		const char *name = stanza_is(c, "header", NS_UPLOAD) ? stanza_get(c, "name") : NULL;
		const char *value = name != NULL ? stanza_text(c) : NULL;

		if (value == NULL || *value == '\0' || strlen(value) > HEADER_BYTES || !is_plain(value))
			continue;
		for (size_t i = 0; i < G_N_ELEMENTS(allowed) && headers->len <= HEADERS; i++)
			if (g_ascii_strcasecmp(name, allowed[i]) == 0)
				g_ptr_array_add(headers, g_strdup_printf("%s: %s", allowed[i], value));
	}
	g_ptr_array_add(headers, NULL);
	return (char **)g_ptr_array_free(headers, FALSE);
}

static const char *
url_of(const struct stanza *part)
{
	const char *url = part != NULL ? stanza_get(part, "url") : NULL;

	return url != NULL && is_plain(url) && http_is_url(url) ? url : NULL;
}

static void
send_file(struct upload *u, struct account *account, const struct stanza *slot)
{
	const struct stanza *put = slot != NULL ? stanza_child(slot, "put", NS_UPLOAD) : NULL;
	const char *to = url_of(put), *from = url_of(slot != NULL ? stanza_child(slot, "get", NS_UPLOAD) : NULL);
	g_auto(GStrv) headers = to != NULL ? headers_of(put) : NULL;
	struct http_wish wish = { .url = to, .ca_file = account->settings->ca_file, .put = true, .headers = headers,
		.fd = u->fd, .size = u->size };
	g_autofree char *why = NULL;

	if (to != NULL && from != NULL) {
		u->link = g_strdup(from);
		transfer_go(u->transfer, &wish);
		return;
	}
	why = g_strdup_printf("%s gave no address of https for the file.", u->service);
	fail(u, why);
}

static char *
too_large(const struct upload *u, const char *most)
{
	guint64 limit;
	g_autofree char *size = transfer_size_text(u->size), *takes = NULL;

	if (most == NULL || !g_ascii_string_to_unsigned(most, 10, 0, G_MAXINT64, &limit, NULL))
		return g_strdup_printf("%s is too large for %s: %s.", u->name, u->service, size);
	takes = transfer_size_text((int64_t)limit);
	return g_strdup_printf("%s takes files up to %s; %s has %s.", u->service, takes, u->name, size);
}

static void
on_slot(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct upload *u = ctx;
	struct account *account;
	const struct stanza *error = end == IQ_ERROR ? stanza_child(answer, "error", NULL) : NULL;
	const struct stanza *large = error != NULL ? stanza_child(error, "file-too-large", NS_UPLOAD) : NULL;
	g_autofree char *why = NULL;

	if (!still(u))
		return;
	if (end == IQ_LOST) {
		wait_for_line(u);
		return;
	}
	account = account_find(u->core, u->account);
	if (end == IQ_RESULT && account != NULL) {
		send_file(u, account, stanza_child(answer, "slot", NS_UPLOAD));
		return;
	}
	if (large != NULL) {
		const struct stanza *most = stanza_child(large, "max-file-size", NS_UPLOAD);

		why = too_large(u, most != NULL ? stanza_text(most) : NULL);
		fail(u, why);
		return;
	}
	struct command_call *call = finish(u, TRANSFER_FAILED, "the service refused");
	command_unanswered(call, u->service, end, answer);
	unref(u);
}

static void
ask_slot(struct upload *u, struct account *account)
{
	struct stanza *iq = stanza_iq("get", u->service), *request = stanza_add(iq, "request", NS_UPLOAD);
	g_autofree char *size = g_strdup_printf("%" G_GINT64_FORMAT, u->size);

	stanza_set(request, "filename", u->name);
	stanza_set(request, "size", size);
	stanza_set(request, "content-type", "application/octet-stream");
	u->refs++;
	account_request(account, iq, on_slot, u);
}

static void
on_limit(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct upload *u = ctx;
	const struct stanza *query = end == IQ_RESULT ? stanza_child(answer, "query", NS_DISCO_INFO) : NULL;
	const struct stanza *x = query != NULL ? form_among(query, NS_UPLOAD) : NULL;
	struct form *form = x != NULL ? form_parse(x, NULL) : NULL;
	const char *most = form != NULL ? form_value(form, "max-file-size") : NULL;
	guint64 limit;
	g_autofree char *why = NULL;
	struct account *account;

	if (still(u)) {
		if (most != NULL && g_ascii_string_to_unsigned(most, 10, 0, G_MAXINT64, &limit, NULL) &&
		    (guint64)u->size > limit) {
			why = too_large(u, most);
			fail(u, why);
		} else if (end == IQ_LOST) {
			wait_for_line(u);
		} else if ((account = on_line(u)) != NULL) {
			ask_slot(u, account);
		}
	}
	if (form != NULL)
		form_free(form);
}

static void
on_service(void *ctx, const char *jid)
{
	struct upload *u = ctx;
	struct account *account;
	struct stanza *iq;

	if (!still(u) || (account = on_line(u)) == NULL)
		return;
	if (jid == NULL) {
		g_autofree char *why = g_strdup_printf("The server of %s has no service for files.", u->account);

		fail(u, why);
		return;
	}
	g_free(u->service);
	u->service = g_strdup(jid);
	iq = stanza_iq("get", jid);
	stanza_add(iq, "query", NS_DISCO_INFO);
	u->refs++;
	account_request(account, iq, on_limit, u);
}

static void
look_again(void *ctx)
{
	struct upload *u = ctx;

	u->later = NULL;
	ask(u);
}

static void
ask(struct upload *u)
{
	struct account *account = on_line(u);

	if (account == NULL)
		return;
	switch (how_said(account, u->chat)) {
	case LEAVE_PLAIN:
		break;
	case LEAVE_LATER:
		u->later = clock_timer_start(LATER_MS, look_again, u);
		return;
	default:
		fail(u, ENCRYPTED);
		return;
	}
	u->refs++;
	service_find(account, NS_UPLOAD, NULL, on_service, u);
}

/* --- the command --- */

/* Its file and what it is called; -1 with an error. */
static int
open_file(const struct command_call *call, char **name, int64_t *size, GError **error)
{
	const char *path = call->argv[0], *cwd = call->caller != NULL ? call->caller->cwd : NULL;
	bool input = strcmp(path, "-") == 0;
	g_autofree char *full = NULL, *base = NULL;
	struct stat st;
	int fd;

	if (input && (call->caller == NULL || call->caller->input == NULL)) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, "Only confab do has a standard input: command | confab do "
		    "--name NAME '/upload -'.");
		return -1;
	}
	full = input ? g_strdup(call->caller->input) : g_str_has_prefix(path, "~/") ?
	    g_build_filename(g_get_home_dir(), path + 2, NULL) : g_canonicalize_filename(path, cwd);
	fd = open(full, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_size == 0) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_FAILED, "%s %s%s. Nothing was sent.", path,
		    fd == -1 ? "cannot be opened: " : !S_ISREG(st.st_mode) ? "is no file" : "is empty",
		    fd == -1 ? g_strerror(errno) : "");
		if (fd != -1)
			close(fd);
		return -1;
	}
	base = g_path_get_basename(input && call->caller->input_name != NULL ? call->caller->input_name : full);
	*name = text_clean(input && call->caller->input_name == NULL ? "stdin" : base, -1, TEXT_LINE, NAME_BYTES);
	*size = st.st_size;
	return fd;
}

/* Who typed it is gone: it goes on.  Else it was cancelled. */
static void
call_cancelled(struct command_call *call)
{
	if (call->caller != NULL)
		on_cancel(call->ctx);
}

static void
upload_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *name = NULL;
	int64_t size = 0;
	struct upload *u;
	int fd;

	fd = open_file(call, &name, &size, &error);
	/* Whether it is encrypted is known of a chat that there is. */
	if (fd != -1 && chat_open(call->account, call->chat, &error) == 0) {
		close(fd);
		fd = -1;
	}
	if (fd == -1) {
		command_fail_with(call, error);
		return;
	}
	u = g_new0(struct upload, 1);
	u->refs = 1;
	u->core = call->core;
	u->call = call;
	u->account = g_strdup(call->account_name);
	u->chat = g_strdup(call->chat);
	u->text = g_strdup(call->argv[1]);
	u->name = g_steal_pointer(&name);
	u->fd = fd;
	u->size = size;
	u->transfer = transfer_new(u->core, u->account, u->chat, DIRECTION_OUT, u->name, size, &owner, u);
	call->ctx = u;
	call->cancel = call_cancelled;
	ask(u);
}

/* A message that is nothing but the link of a file of ours. */
static void
upload_out(struct outgoing *out)
{
	const char *body = out->row->body;

	if (body != NULL && g_str_has_prefix(body, "https://") && strpbrk(body, " \n") == NULL &&
	    upload_is(out->account->core->store, out->account->id, body))
		stanza_add_with_text(stanza_add(out->stanza, "x", NS_OOB), "url", NS_OOB, body);
}

static const struct command commands[] = {
	{ "upload", "FILE [TEXT...]", "files", "sends a file to this chat",
	  "FILE goes to the service of your server that keeps files, and its link to the chat, as a message; then TEXT as "
	  "another. Whoever has the link can fetch it, so nothing is sent where what is said is encrypted. The size that the service takes is asked first. In confab do, - is the "
	  "standard input, with --name as what it is called.\n"
	  "It goes on when the terminal is gone, and when the connection breaks; /transfers shows how far it is and ends it.",
	  NEEDS_ACCOUNT | NEEDS_CHAT | NEEDS_ONLINE, upload_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

static const char *const disco[] = { NS_OOB, NULL };

const struct feature feature_upload = {
	.name = "upload",
	.standard = "XEP-0363: HTTP File Upload",
	.out = upload_out,
	.disco = disco,
	.commands = commands,
};
