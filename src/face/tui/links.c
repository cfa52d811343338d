/*
 * links.c: addresses of the web in messages: which there are, and the program that opens one.
 *
 * The program gets the address as one argument, in ASCII, and no shell sees it; it has no terminal, and outlives us.
 * Where there is no program the address goes to the clipboard of the terminal, which is where the person sits.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/url.h"
#include "face/tui/page.h"
#include "face/tui/term.h"

struct link {
	char		*url, *where;		/* where: whose message, and when */
};

/* A program that opens one. */
struct opener {
	struct face	*face;
	guint		 source;
	char		*name;
};

static void
link_free_one(void *data)
{
	struct link *link = data;

	g_free(link->url);
	g_free(link->where);
	g_free(link);
}

static void
opener_free(void *data)
{
	struct opener *opener = data;

	g_clear_handle_id(&opener->source, g_source_remove);
	g_free(opener->name);
	g_free(opener);
}

void
links_free(struct face *face)
{
	g_clear_pointer(&face->links.all, g_ptr_array_unref);
	g_clear_pointer(&face->links.openers, g_ptr_array_unref);
	g_clear_pointer(&face->links.command, g_free);
}

/* --- opening --- */

/* The program is a process of its own: what ends the terminal, and the signals that we read, are not for it. */
static void
in_child(void *data)
{
	sigset_t none;

	(void)data;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
}

static void
ended(GPid pid, int status, void *ctx)
{
	struct opener *opener = ctx;
	struct face *face = opener->face;
	g_autoptr(GError) error = NULL;

	g_spawn_close_pid(pid);
	opener->source = 0;
	if (!g_spawn_check_wait_status(status, &error))
		face_note(face, face->front, SEVERITY_ERROR, "\"%s\" did not open a link: %s.", opener->name,
		    error->message);
	g_ptr_array_remove_fast(face->links.openers, opener);
}

/* What /set ui.opener says, else what the desktop has; NULL: there is no desktop here. */
static char **
command_of(const struct face *face)
{
	static const char *const displays[] = { "WAYLAND_DISPLAY", "DISPLAY" };
	g_auto(GStrv) words = NULL;

	if (face->links.command != NULL && g_shell_parse_argv(face->links.command, NULL, &words, NULL))
		return g_steal_pointer(&words);
	for (size_t i = 0; i < G_N_ELEMENTS(displays); i++)
		if (g_getenv(displays[i]) != NULL && *g_getenv(displays[i]) != '\0')
			return g_strsplit("xdg-open", " ", 1);
	return NULL;
}

static char *
start(struct face *face, char *const *command, const char *url)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *host = NULL;
	struct opener *opener;
	GPid pid;

	if (face->links.openers == NULL)
		face->links.openers = g_ptr_array_new_with_free_func(opener_free);
	if (face->links.openers->len >= LIMIT_OPENERS)
		return g_strdup_printf("%d programs that open links still run; y copies it.", LIMIT_OPENERS);
	for (; *command != NULL; command++)
		g_ptr_array_add(argv, *command);
	g_ptr_array_add(argv, (char *)(uintptr_t)url);
	g_ptr_array_add(argv, NULL);
	if (!g_spawn_async(NULL, (char **)argv->pdata, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
	    G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, in_child, NULL, &pid, &error))
		return g_strdup_printf("\"%s\" did not start: %s; y copies the link.", (char *)argv->pdata[0],
		    error->message);
	opener = g_new0(struct opener, 1);
	opener->face = face;
	opener->name = g_path_get_basename(argv->pdata[0]);
	g_ptr_array_add(face->links.openers, opener);
	opener->source = g_child_watch_add(pid, ended, opener);
	host = url_host(url);
	return g_strdup_printf("opened with %s%s%s", opener->name, host != NULL ? ": " : "", host != NULL ? host : "");
}

static char *
copy(struct face *face, const char *text, const char *why)
{
	bool sent = face->term != NULL && term_copy(face->term, text);

	input_yankable(face->input, text);
	return g_strdup_printf("%scopied%s; C-y puts it into the line", why, sent ? ", for the terminal too" : "");
}

/* The value of a key of a query (RFC 5122, section 2.2), as one line; NULL where there is none. */
static char *
value_of(char *const *parts, const char *key)
{
	size_t n = strlen(key);

	for (; *parts != NULL; parts++) {
		g_autofree char *value = NULL;

		if (strncmp(*parts, key, n) != 0 || (*parts)[n] != '=')
			continue;
		value = g_uri_unescape_string(*parts + n + 1, NULL);
		return value != NULL ? text_clean(value, -1, TEXT_LINE, 0) : NULL;
	}
	return NULL;
}

/* What one would type to go where an address of this network leads (XEP-0147); NULL: it is none. */
static char *
line_of(const char *url)
{
	const char *path = url + strlen("xmpp:");
	g_autofree char *plain = g_strndup(path, strcspn(path, "#"));
	char *query = plain + strcspn(plain, "?");
	g_autofree char *address = g_uri_unescape_segment(plain, query, NULL), *jid = NULL, *bare = NULL, *body = NULL;
	g_auto(GStrv) parts = g_strsplit(*query != '\0' ? query + 1 : "", ";", -1);

	jid = address != NULL && g_utf8_validate(address, -1, NULL) ? jid_normalise(address, NULL) : NULL;
	if (jid == NULL)
		return NULL;
	bare = jid_bare(jid);
	if (parts[0] != NULL && strcmp(parts[0], "join") == 0)
		return g_strdup_printf("/join %s ", bare);
	body = parts[0] != NULL && strcmp(parts[0], "message") == 0 ? value_of(parts, "body") : NULL;
	return g_strdup_printf("/msg %s %s", bare, body != NULL ? body : "");
}

/* For the person to send, or not: whoever made the link is not to be the one who speaks. */
static char *
into_line(struct face *face, const char *url)
{
	g_autofree char *line = line_of(url);

	if (line == NULL)
		return g_strdup("that is no address of a person or a room; y copies it");
	page_close(face);
	select_leave(face);
	if (*input_line(face->input) != '\0')
		input_kill(face->input);
	input_insert(face->input, line, false);
	face_mark(face, DIRTY_ALL);
	return NULL;
}

void
links_started(struct face *face)
{
	g_autofree char *url = text_clean(face->uri, -1, TEXT_LINE, 0), *line = line_of(url);
	struct chat *console = model_console(face->model);

	face->uri = NULL;
	if (line == NULL) {
		face_note(face, console, SEVERITY_ERROR, "%s is no address of a person or a room.", url);
	} else if (model_accounts(face->model)->len == 0) {
		face_note(face, console, SEVERITY_INFO, "When there is an account: %s", line);
	} else {
		face_go(face, console);
		g_free(into_line(face, url));
	}
}

/* What came of it, as the status line says it; NULL: it shows. */
static char *
open_one(struct face *face, const char *url)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *given = NULL;
	g_auto(GStrv) command = NULL;

	if (g_ascii_strncasecmp(url, "xmpp:", 5) == 0)
		return into_line(face, url);
	given = url_for_program(url, &error);
	if (given == NULL)
		return g_strdup_printf("%s y copies it.", error->message);
	command = command_of(face);
	if (command == NULL)
		return copy(face, given, "there is no display here: ");
	return start(face, command, given);
}

void
links_open_file(struct face *face, const char *path)
{
	g_auto(GStrv) command = command_of(face);
	g_autofree char *said = command == NULL ? copy(face, path, "there is no display here: ") :
	    start(face, command, path);

	face_note(face, face->front, SEVERITY_INFO, "%s.", said);
}

/* --- which there are --- */

static void
add_of(struct face *face, const struct entry *entry)
{
	const char *body = entry_text(entry);
	g_autofree char *at = rows_time(&face->preferences.style, entry->time);
	g_autoptr(GArray) spans = url_find(body);

	for (guint i = 0; i < spans->len && face->links.all->len < LIMIT_URLS; i++) {
		const struct url_span *span = &g_array_index(spans, struct url_span, i);
		struct link *link = g_new0(struct link, 1);

		link->url = g_strndup(body + span->start, span->len);
		link->where = g_strdup_printf("%s %s", entry_name(face, entry), at);
		g_ptr_array_add(face->links.all, link);
	}
}

static void
begin(struct face *face)
{
	g_clear_pointer(&face->links.all, g_ptr_array_unref);
	face->links.all = g_ptr_array_new_with_free_func(link_free_one);
}

bool
links_in(const struct entry *entry)
{
	g_autoptr(GArray) spans = url_find(entry_text(entry));

	return spans->len > 0;
}

char *
links_open(struct face *face, const GPtrArray *entries)
{
	const struct link *first;
	g_autofree char *host = NULL;

	begin(face);
	for (guint i = 0; i < entries->len; i++)
		add_of(face, entries->pdata[i]);
	if (face->links.all->len == 0)
		return g_strdup("there is no link in it");
	first = face->links.all->pdata[0];
	host = url_true_host(first->url);
	/* Whose name one could take for another's is shown first. */
	if (face->links.all->len == 1 && host == NULL)
		return open_one(face, first->url);
	page_open(face, PAGE_LINKS, NULL);
	return NULL;
}

void
links_of_chat(struct face *face)
{
	const struct window *window = face->front->window;
	size_t low, high;
	long at;

	begin(face);
	window_range(window, &low, &high);
	at = face->front->bottom != 0 ? window_find(window, face->front->bottom) : -1;
	for (size_t i = at >= 0 ? (size_t)at + 1 : high; i-- > low; )
		add_of(face, window->entries[i]);
	if (face->links.all->len == 0)
		face_note(face, face->front, SEVERITY_INFO,
		    "There is no link in what this chat shows and in what stands above it.");
	else
		page_open(face, PAGE_LINKS, NULL);
}

/* --- the list --- */

void
page_links_make(struct face *face, struct page_lines *page)
{
	const GPtrArray *all = face->links.all;
	int indent = 5, columns = MAX(10, page->columns - indent);

	page->title = g_strdup_printf("links  %s", chat_name(face->model, face->front));
	page->count = g_strdup_printf("%u", all->len);
	for (guint i = 0; i < all->len; i++) {
		const struct link *link = all->pdata[i];
		g_autofree char *target = g_strdup_printf("%u", i), *host = url_true_host(link->url);
		g_autoptr(GArray) slices = text_wrap(link->url, columns, columns, page->policy);

		page_add(page, SLOT_TEXT_DIM, g_strdup_printf("%3u  %s", i + 1, link->where), target, NULL);
		for (guint k = 0; k < slices->len; k++) {
			const struct text_row *slice = &g_array_index(slices, struct text_row, k);

			page_add(page, SLOT_MESSAGE_LINK, g_strdup_printf("%*s%.*s", indent, "", (int)slice->len,
			    link->url + slice->start), NULL, NULL);
			page_last(page)->same = true;
		}
		if (host == NULL)
			continue;
		page_add(page, SLOT_NOTICE_WARNING, g_strdup_printf("%*sleads to %s", indent, "", host), NULL, NULL);
		page_last(page)->same = true;
	}
}

static const char *
url_of(const struct face *face, const char *target)
{
	return ((const struct link *)face->links.all->pdata[g_ascii_strtoull(target, NULL, 10)])->url;
}

static void
say(struct face *face, char *said)
{
	if (said != NULL)
		face_note(face, face->front, SEVERITY_INFO, "%s%s", said, g_str_has_suffix(said, ".") ? "" : ".");
	g_free(said);
}

void
page_links_follow(struct face *face, const char *target)
{
	g_autofree char *url = g_strdup(url_of(face, target));

	page_close(face);
	say(face, open_one(face, url));
}

void
page_links_act(struct face *face, enum view_action action, const char *target)
{
	(void)action;
	if (target == NULL)
		return;
	say(face, copy(face, url_of(face, target), ""));
	page_close(face);
}
