/*
 * http.c: see http.h.  libcurl, with the twenty libraries that it needs, is loaded with the first file: they would be a
 * third of the memory of a core that moves none, and 20 ms of its start.  It says which sockets it waits for and when
 * it wants to be called; its callbacks must not call it back, so whatever ends a transfer happens in settle(), after it
 * returned.
 */
#include "http/http.h"

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "proto/error.h"

enum {
	CONNECT_MS = 15000,
	REDIRECTIONS = 3,
	UPLOAD_BUFFER = 262144,
	BUFFER = 131072,
};

struct http {
	CURLM		*multi;
	struct clock_timer *timer;
	GPtrArray	*all;		/* of struct http_transfer */
};

struct http_transfer {
	struct http	*http;
	CURL		*easy;
	struct curl_slist *headers;
	const struct http_handler *handler;
	void		*ctx;
	bool		(*may_be_private)(void *, const char *);
	bool		 put, private_now;
	int		 fd, redirections;
	int64_t		 size, at, limit, got;
	size_t		 header_bytes;
	char		*url;		/* the present one */
	char		*problem;	/* found in a callback; NULL */
	char		 words[CURL_ERROR_SIZE];
};

/* --- the library --- */

#undef curl_easy_getinfo
#undef curl_easy_setopt
#undef curl_multi_setopt

static struct {
	bool	 loaded;
#define FUNCTION(name) __typeof__(&curl_##name) name;
#include "http/curl.def"
#undef FUNCTION
} lib;

static bool
load(void)
{
	static bool tried;
	void *handle, *found;
	bool all = true;

	if (tried)
		return lib.loaded;
	tried = true;
	handle = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL)
		return false;
#define FUNCTION(name) \
	found = dlsym(handle, "curl_" #name); \
	all = all && found != NULL; \
	memcpy(&lib.name, &found, sizeof found);
#include "http/curl.def"
#undef FUNCTION
	lib.loaded = all && lib.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	return lib.loaded;
}

/* --- addresses --- */

static char *
part(const char *url, CURLUPart which)
{
	CURLU *parsed = load() ? lib.url() : NULL;
	char *text = NULL, *own;

	if (parsed == NULL)
		return NULL;
	if (lib.url_set(parsed, CURLUPART_URL, url, CURLU_DISALLOW_USER) != CURLUE_OK ||
	    lib.url_get(parsed, which, &text, 0) != CURLUE_OK)
		text = NULL;
	own = g_strdup(text);
	lib.free(text);
	lib.url_cleanup(parsed);
	return own;
}

bool
http_is_url(const char *url)
{
	g_autofree char *scheme = NULL, *host = NULL;

	if (strlen(url) > LIMIT_URL)
		return false;
	for (const char *at = url; *at != '\0'; at++)
		if (g_ascii_iscntrl(*at) || *at == ' ')
			return false;
	scheme = part(url, CURLUPART_SCHEME);
	host = part(url, CURLUPART_HOST);
	return g_strcmp0(scheme, "https") == 0 && host != NULL && *host != '\0';
}

char *
http_host(const char *url)
{
	return part(url, CURLUPART_HOST);
}

char *
http_file_name(const char *url)
{
	g_autofree char *path = part(url, CURLUPART_PATH);
	const char *last = path != NULL ? strrchr(path, '/') : NULL;
	char *name = last != NULL ? g_uri_unescape_string(last + 1, NULL) : NULL;

	return name != NULL ? name : g_strdup(last != NULL ? last + 1 : "");
}

static bool
is_private_4(const unsigned char *a)
{
	return a[0] == 0 || a[0] == 10 || a[0] == 127 || a[0] >= 224 || (a[0] == 100 && (a[1] & 0xc0) == 64) ||
	    (a[0] == 169 && a[1] == 254) || (a[0] == 172 && (a[1] & 0xf0) == 16) || (a[0] == 192 && a[1] == 168) ||
	    (a[0] == 192 && a[1] == 0 && a[2] == 0) || (a[0] == 198 && (a[1] & 0xfe) == 18);
}

bool
http_is_private(const unsigned char *a, size_t n)
{
	static const unsigned char zero[12], mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const unsigned char nat64[12] = { 0, 0x64, 0xff, 0x9b };

	if (n == 4)
		return is_private_4(a);
	if (n != 16)
		return true;
	/* The old address in the new one, and the ways to it. */
	if (memcmp(a, mapped, 12) == 0 || memcmp(a, nat64, 12) == 0)
		return is_private_4(a + 12);
	if (a[0] == 0x20 && a[1] == 0x02)
		return is_private_4(a + 2);
	return memcmp(a, zero, 12) == 0 || (a[0] & 0xfe) == 0xfc || (a[0] == 0xfe && a[1] >= 0x80) || a[0] == 0xff;
}

const char *
http_library(void)
{
	static char text[64];

	if (!load())
		return "no libcurl";
	g_snprintf(text, sizeof text, "libcurl %s", lib.version_info(CURLVERSION_NOW)->version);
	return text;
}

/* --- what libcurl calls --- */

static curl_socket_t
open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct http_transfer *t = ctx;
	const void *address = NULL;
	size_t n = 0;

	if (to->family == AF_INET) {
		address = &((const struct sockaddr_in *)(const void *)&to->addr)->sin_addr;
		n = 4;
	} else if (to->family == AF_INET6) {
		address = &((const struct sockaddr_in6 *)(const void *)&to->addr)->sin6_addr;
		n = 16;
	}
	if (purpose != CURLSOCKTYPE_IPCXN || address == NULL)
		return CURL_SOCKET_BAD;
	if (!t->private_now && http_is_private(address, n)) {
		g_free(t->problem);
		t->problem = g_strdup("its address is one of this machine or of a private network; the setting "
		    "download.private names hosts that may have one");
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static size_t
take_body(char *bytes, size_t one, size_t n, void *ctx)
{
	struct http_transfer *t = ctx;
	long status = 0;

	(void)one;
	lib.easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	t->got += (int64_t)n;
	/* What stands beside a refusal is of no interest; neither is it endless. */
	if (t->put || status < 200 || status > 299)
		return t->got <= LIMIT_HTTP_REFUSAL ? n : 0;
	if (t->got > t->limit)
		t->problem = g_strdup_printf("it is longer than %" G_GINT64_FORMAT " bytes", t->limit);
	else if (t->handler->data(t->ctx, bytes, n, &t->problem))
		return n;
	return 0;
}

static size_t
take_header(char *bytes, size_t one, size_t n, void *ctx)
{
	struct http_transfer *t = ctx;

	(void)bytes;
	(void)one;
	t->header_bytes += n;
	if (t->header_bytes <= LIMIT_HTTP_HEADERS)
		return n;
	if (t->problem == NULL)
		t->problem = g_strdup("the server says too much about it");
	return 0;
}

static size_t
give_body(char *to, size_t one, size_t n, void *ctx)
{
	struct http_transfer *t = ctx;
	ssize_t got = pread(t->fd, to, (size_t)MIN((int64_t)(one * n), t->size - t->at), t->at);

	if (got > 0) {
		t->at += got;
		return (size_t)got;
	}
	if (t->at == t->size)
		return 0;
	if (t->problem == NULL)
		t->problem = got == 0 ? g_strdup("the file became shorter meanwhile") :
		    g_strdup_printf("the file cannot be read: %s", g_strerror(errno));
	return CURL_READFUNC_ABORT;
}

/* A server may want it once more: a connection that it closed just when we used it. */
static int
seek_body(void *ctx, curl_off_t offset, int origin)
{
	struct http_transfer *t = ctx;

	if (origin != SEEK_SET)
		return CURL_SEEKFUNC_CANTSEEK;
	t->at = offset;
	return CURL_SEEKFUNC_OK;
}

static int
tell_progress(void *ctx, curl_off_t down_size, curl_off_t down, curl_off_t up_size, curl_off_t up)
{
	struct http_transfer *t = ctx;

	(void)up_size;
	if (t->put)
		t->handler->progress(t->ctx, up, t->size);
	else
		t->handler->progress(t->ctx, down, down_size > 0 ? down_size : -1);
	return 0;
}

/* --- the loop --- */

static void settle(struct http *http);

static gboolean
on_socket(gint fd, GIOCondition condition, gpointer data)
{
	struct http *http = data;
	int what = (condition & G_IO_IN ? CURL_CSELECT_IN : 0) | (condition & G_IO_OUT ? CURL_CSELECT_OUT : 0) |
	    (condition & (G_IO_ERR | G_IO_HUP) ? CURL_CSELECT_ERR : 0);
	int running;

	lib.multi_socket_action(http->multi, fd, what, &running);
	settle(http);
	return G_SOURCE_CONTINUE;	/* watch_socket() destroys it */
}

static int
watch_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *watched)
{
	struct http *http = ctx;
	GSource *source = watched;
	int condition = (what & CURL_POLL_IN ? G_IO_IN : 0) | (what & CURL_POLL_OUT ? G_IO_OUT : 0);

	(void)easy;
	if (source != NULL) {
		g_source_destroy(source);
		g_source_unref(source);
		source = NULL;
	}
	if (what != CURL_POLL_REMOVE) {
		source = g_unix_fd_source_new(fd, (GIOCondition)(condition | G_IO_ERR | G_IO_HUP));
		/* A file is never more urgent than what people say. */
		g_source_set_priority(source, G_PRIORITY_DEFAULT_IDLE);
		g_source_set_callback(source, (GSourceFunc)(void (*)(void))on_socket, http, NULL);
		g_source_attach(source, NULL);
	}
	lib.multi_assign(http->multi, fd, source);
	return 0;
}

static void
on_timer(void *ctx)
{
	struct http *http = ctx;
	int running;

	http->timer = NULL;
	lib.multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	settle(http);
}

static int
set_timer(CURLM *multi, long ms, void *ctx)
{
	struct http *http = ctx;

	(void)multi;
	clock_timer_cancel(&http->timer);
	if (ms >= 0)
		http->timer = clock_timer_start(ms, on_timer, http);
	return 0;
}

/* --- one transfer --- */

static void
transfer_free(struct http_transfer *t)
{
	g_ptr_array_remove_fast(t->http->all, t);
	lib.multi_remove_handle(t->http->multi, t->easy);
	lib.easy_cleanup(t->easy);
	lib.slist_free_all(t->headers);
	g_free(t->url);
	g_free(t->problem);
	g_free(t);
}

/* What went wrong, as a sentence; NULL: nothing. */
static char *
problem_of(struct http_transfer *t, CURLcode result)
{
	g_autofree char *host = http_host(t->url);
	long status = 0;

	lib.easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (t->problem != NULL)
		return g_strdup_printf("%s: %s.", host, t->problem);
	if (result == CURLE_FILESIZE_EXCEEDED)
		return g_strdup_printf("%s: it is longer than %" G_GINT64_FORMAT " bytes.", host, t->limit);
	if (result == CURLE_PARTIAL_FILE)
		return g_strdup_printf("%s hung up before all of it was here.", host);
	if (result == CURLE_OPERATION_TIMEDOUT)
		return g_strdup_printf("%s takes or gives nothing any more.", host);
	if (status >= 300 && (result == CURLE_OK || result == CURLE_WRITE_ERROR))
		return g_strdup_printf("%s answered %ld.", host, status);
	if (result != CURLE_OK)
		return g_strdup_printf("%s: %s.", host, *t->words != '\0' ? t->words : lib.easy_strerror(result));
	return status >= 200 ? NULL : g_strdup_printf("%s did not say what became of it.", host);
}

/* Where it begins, or goes on after a redirection. */
static void
set_url(struct http_transfer *t, const char *url)
{
	g_autofree char *host = http_host(url);

	g_free(t->url);
	t->url = g_strdup(url);
	t->private_now = t->may_be_private == NULL || t->may_be_private(t->ctx, host);
	t->got = 0;
	t->header_bytes = 0;
	*t->words = '\0';
	lib.easy_setopt(t->easy, CURLOPT_URL, t->url);
}

/* True: it goes on elsewhere. */
static bool
redirected(struct http_transfer *t, CURLcode result)
{
	g_autofree char *to = NULL;
	char *said = NULL;

	if (result != CURLE_OK || t->put)
		return false;
	lib.easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &said);
	if (said == NULL)
		return false;
	to = g_strdup(said);
	if (++t->redirections > REDIRECTIONS) {
		t->problem = g_strdup("it leads from one address to another without an end");
		return false;
	}
	if (!http_is_url(to)) {
		t->problem = g_strdup("it leads to an address that is not https");
		return false;
	}
	lib.multi_remove_handle(t->http->multi, t->easy);
	set_url(t, to);
	lib.multi_add_handle(t->http->multi, t->easy);
	return true;
}

static void
settle(struct http *http)
{
	CURLMsg *message;
	int left;

	while ((message = lib.multi_info_read(http->multi, &left)) != NULL) {
		CURLcode result = message->data.result;
		struct http_transfer *t = NULL;
		const struct http_handler *handler;
		g_autofree char *problem = NULL;
		void *ctx;

		if (message->msg != CURLMSG_DONE)
			continue;
		lib.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		if (redirected(t, result))
			continue;
		problem = problem_of(t, result);
		handler = t->handler;
		ctx = t->ctx;
		transfer_free(t);
		handler->done(ctx, problem);
	}
}

/* What all of them have. */
static void
set_common(struct http_transfer *t, const struct http_wish *wish)
{
	CURL *easy = t->easy;

	lib.easy_setopt(easy, CURLOPT_PRIVATE, t);
	lib.easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
	lib.easy_setopt(easy, CURLOPT_PROXY, "");
	lib.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	lib.easy_setopt(easy, CURLOPT_ERRORBUFFER, t->words);
	lib.easy_setopt(easy, CURLOPT_USERAGENT, "confab");
	lib.easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	lib.easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	lib.easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)LIMIT_HTTP_QUIET / 1000);
	lib.easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	lib.easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
	lib.easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	lib.easy_setopt(easy, CURLOPT_WRITEDATA, t);
	lib.easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	lib.easy_setopt(easy, CURLOPT_HEADERDATA, t);
	lib.easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, tell_progress);
	lib.easy_setopt(easy, CURLOPT_XFERINFODATA, t);
	lib.easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	lib.easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)BUFFER);
	if (wish->ca_file != NULL) {
		lib.easy_setopt(easy, CURLOPT_CAINFO, wish->ca_file);
		lib.easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
}

static void
set_put(struct http_transfer *t, const struct http_wish *wish)
{
	/* Whoever would answer to that has given a slot already. */
	t->headers = lib.slist_append(NULL, "Expect:");
	for (char *const *header = wish->headers; header != NULL && *header != NULL; header++)
		t->headers = lib.slist_append(t->headers, *header);
	lib.easy_setopt(t->easy, CURLOPT_UPLOAD, 1L);
	lib.easy_setopt(t->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)wish->size);
	lib.easy_setopt(t->easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER);
	lib.easy_setopt(t->easy, CURLOPT_READFUNCTION, give_body);
	lib.easy_setopt(t->easy, CURLOPT_READDATA, t);
	lib.easy_setopt(t->easy, CURLOPT_SEEKFUNCTION, seek_body);
	lib.easy_setopt(t->easy, CURLOPT_SEEKDATA, t);
	lib.easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
}

struct http_transfer *
http_start(struct http *http, const struct http_wish *wish, const struct http_handler *handler, void *ctx,
    GError **error)
{
	struct http_transfer *t;

	if (!load()) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_FAILED, "Files need libcurl, which is not here: libcurl.so.4.");
		return NULL;
	}
	if (!http_is_url(wish->url)) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_FAILED, "That is no https address of at most %d bytes.",
		    LIMIT_URL);
		return NULL;
	}
	t = g_new0(struct http_transfer, 1);
	t->http = http;
	t->easy = lib.easy_init();
	t->handler = handler;
	t->ctx = ctx;
	t->may_be_private = wish->may_be_private;
	t->put = wish->put;
	t->fd = wish->fd;
	t->size = wish->size;
	t->limit = wish->limit;
	set_common(t, wish);
	if (t->put)
		set_put(t, wish);
	else
		lib.easy_setopt(t->easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)wish->limit);
	set_url(t, wish->url);
	g_ptr_array_add(http->all, t);
	lib.multi_add_handle(http->multi, t->easy);
	return t;
}

void
http_cancel(struct http_transfer *t)
{
	transfer_free(t);
}

struct http *
http_new(void)
{
	struct http *http = g_new0(struct http, 1);

	http->all = g_ptr_array_new();
	if (!load())
		return http;
	http->multi = lib.multi_init();
	lib.multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	lib.multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	lib.multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	lib.multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	return http;
}

void
http_free(struct http *http)
{
	while (http->all->len > 0)
		transfer_free(http->all->pdata[0]);
	if (http->multi != NULL)
		lib.multi_cleanup(http->multi);
	clock_timer_cancel(&http->timer);
	g_ptr_array_unref(http->all);
	g_free(http);
}
