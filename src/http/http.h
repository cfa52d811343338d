/*
 * http.h: files to and from the web: HTTPS and nothing else, on the main loop.  The only place with libcurl.
 *
 * No cookies, no passwords, no compression, no proxy.  A PUT follows no redirection, a GET three of them, and each to
 * https alone.  A host of this machine or of a private network is connected to only where the wish allows it: what a
 * stranger writes must not make us ask our own network.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct http;
struct http_transfer;

struct http_wish {
	const char	*url;
	const char	*ca_file;	/* certificates to trust instead of the system's; or NULL */
	bool		 put;
	char		*const *headers; /* put: "Name: value"; or NULL */
	int		 fd;		/* put: a file that can be read anywhere; lent for as long as it takes */
	int64_t		 size;		/* put: so much of it */
	int64_t		 limit;		/* get: bytes at most */
	/* May that host have a private address?  NULL: every one may. */
	bool		(*may_be_private)(void *ctx, const char *host);
};

struct http_handler {
	/* get: some of the body.  False: enough, *problem (the callee's) says why. */
	bool	(*data)(void *ctx, const void *bytes, size_t n, char **problem);
	/* size -1: not told. */
	void	(*progress)(void *ctx, int64_t done, int64_t size);
	/* problem NULL: it is done; else a sentence.  The last call; the transfer is gone. */
	void	(*done)(void *ctx, const char *problem);
};

struct http *http_new(void);
/* Transfers under way end without a call. */
void	 http_free(struct http *);
/* NULL with a sentence for an address that is none; nothing is called before this returns. */
struct http_transfer *http_start(struct http *, const struct http_wish *, const struct http_handler *, void *ctx,
    GError **error);
/* It ends without a call; not from data() and progress(). */
void	 http_cancel(struct http_transfer *);
/* https and a host, without a password in it, no blank or control, and not too long. */
bool	 http_is_url(const char *url);
/* The host of one; the caller's, NULL. */
char	*http_host(const char *url);
/* The last part of its path, decoded once; the caller's, "" where there is none. */
char	*http_file_name(const char *url);
/* Of this machine, a private network, or none at all: address is 4 or 16 bytes in network order. */
bool	 http_is_private(const unsigned char *address, size_t n);
/* "libcurl 7.88.1". */
const char *http_library(void);

#endif
