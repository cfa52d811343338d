/*
 * core.h: what one running core consists of.  Made by main_core.c (or by a test, with a fake transport), lent to
 * everything else.
 */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/paths.h"
#include "store/store.h"
#include "xmpp/stream.h"

struct absence;
struct attention;
struct jobs;
struct rules;
struct transfers;
struct bus;
struct clock_timer;
struct turn;
struct prompts;
struct settings;

struct core {
	const struct paths *paths;
	const struct transport *transport;
	struct store	*store;
	struct turn	*turn;		/* savepoints, group commits and what waits for them */
	struct bus	*bus;
	struct prompts	*prompts;
	struct settings	*settings;
	GPtrArray	*accounts;	/* struct account, in the order of the accounts file */
	GPtrArray	*calls;		/* struct command_call, under way */
	struct jobs	*jobs;		/* core/job.h */
	struct rules	*rules;		/* core/rules.h */
	struct transfers *transfers;	/* core/transfer.h */
	GPtrArray	*requests;	/* core/request.h */
	GPtrArray	*invites;	/* core/invite.h */
	struct attention *attention;	/* who sits in front of a face */
	struct absence	*absence;	/* what came while nobody did */
	GHashTable	*caps;		/* core/caps.h: what clients can do, by their hash */
	GHashTable	*addresses;	/* chat id → account and address, which never change: see chat.c */
	GHashTable	*drafters;	/* chat id → which session typed its draft */
	struct searching *searching;	/* core/search.h; NULL before the first one */
	struct clock_timer *daily;
	char		*set_aside;	/* what people are told of a database that was damaged; NULL */
	char		*epoch;		/* another one at each start */
	int64_t		 started_ms;
	/* The chat that was last in front of somebody: where the next face begins. */
	char		*front_account, *front_chat;
	/* Somebody asked for the end of the core. */
	void		(*quit)(void *ctx);
	void		*quit_ctx;
	bool		 quitting;
	bool		 restart;	/* when it has ended, the executable that is on disk then takes its place */
	/* Who is attached; set by server/, so that /quit and /faces can tell.  An array of {session, client, since}. */
	json_t		*(*faces)(void *ctx);
	void		*faces_ctx;
};

/*
 * Opens the store and reads the accounts and the settings.  NULL with a sentence that names file and line.  Nothing is
 * connected yet: core_start() does that.
 */
struct core *core_new(const struct paths *, const struct transport *, const char *vfs, GError **error);
void	 core_start(struct core *);
/*
 * Ends all streams politely and calls done when they are down (at most 2.5 s); then core_free().
 */
void	 core_stop(struct core *, void (*done)(void *ctx), void *ctx);
void	 core_free(struct core *);

#endif
