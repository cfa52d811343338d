/*
 * transfer.h: files on their way, up or down, as objects that faces are told of; LIMIT_TRANSFERS of them at a time, the
 * others wait.  A feature makes one, and does with the file what is to be done; what is over stays listed for a while.
 */
#ifndef CORE_TRANSFER_H
#define CORE_TRANSFER_H

#include "core/account.h"
#include "http/http.h"

struct transfer;
struct transfers;

struct transfer_owner {
	/* As in http.h; progress is kept here. */
	bool	(*data)(void *ctx, const void *bytes, size_t n, char **problem);
	void	(*done)(void *ctx, const char *problem);
	/* A person wants it to end: the owner calls transfer_end(). */
	void	(*cancel)(void *ctx);
};

struct transfers *transfers_new(struct core *);
/* What is under way ends; owners are called with cancel. */
void	 transfers_free(struct transfers *);

/* name is made safe; size -1: not known.  ctx and owner are wanted until transfer_end(). */
struct transfer *transfer_new(struct core *, const char *account, const char *chat, enum direction, const char *name,
    int64_t size, const struct transfer_owner *, void *ctx);
/* Begins when it is its turn.  What the wish names is copied, but for its file. */
void	 transfer_go(struct transfer *, const struct http_wish *);
/* It is over, whatever of it was under way; reason NULL where there is none.  ctx is not used any more. */
void	 transfer_end(struct transfer *, enum transfer_state, const char *reason);
/* What faces are told: where it lies in the end; NULL as it was. */
void	 transfer_set_place(struct transfer *, const char *url, const char *path);

GPtrArray *transfer_list(const struct transfers *);	/* the array is the caller's */
struct transfer *transfer_find(const struct transfers *, int64_t number);
struct event transfer_event(const struct transfer *);
int64_t	 transfer_number(const struct transfer *);
/* False: it is over. */
bool	 transfer_cancel(struct transfer *);
/* "1.5 MiB"; the caller's. */
char	*transfer_size_text(int64_t bytes);

#endif
