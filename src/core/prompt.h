/*
 * prompt.h: questions to a person (contract: "Nobody waits for a person").  A prompt is an object on the bus; the first
 * answer wins.  A prompt of SCOPE_EVERYONE stays open until it is answered or withdrawn; one of SCOPE_SESSION belongs
 * to the session whose command asked, and ends with it.
 */
#ifndef CORE_PROMPT_H
#define CORE_PROMPT_H

#include <glib.h>

#include "core/core.h"
#include "proto/event.h"

struct prompt;
struct prompts;

struct prompts *prompts_new(struct core *);
/* Nobody is called. */
void	 prompts_free(struct prompts *);

/*
 * value NULL: cancelled, or nobody can answer.  keep: a password may be stored.  The prompt is gone when this is
 * called.
 */
typedef void (*prompt_done)(void *ctx, const char *value, bool keep);

struct prompt_question {
	enum prompt_kind kind;
	enum prompt_scope scope;
	const char	*account, *chat;	/* or NULL */
	const char	*title, *text;
	json_t		*facts, *choices;	/* taken; or NULL */
	const char	*default_choice;
	bool		 secret;
	uint64_t	 session;		/* SCOPE_SESSION: whose */
	json_t		*fields;		/* PROMPT_FORM: taken; or NULL */
	/* Is that an answer?  False with a sentence, and the question stays.  NULL: all are. */
	bool		(*check)(void *ctx, const char *value, GError **error);
	void		(*release)(void *ctx);	/* when the question is gone, answered or not; NULL: nothing */
};
/* The number of the new prompt. */
int64_t	 prompt_open(struct prompts *, const struct prompt_question *, prompt_done, void *ctx);
/* The question is moot: it goes without a call. */
void	 prompt_withdraw(struct prompts *, int64_t id);
/* A session ended: its prompts are cancelled. */
void	 prompt_session_gone(struct prompts *, uint64_t session);

/* RPC_ERROR_NOT_FOUND, or RPC_ERROR_USAGE for a value that is not among the choices.  session 0: any. */
bool	 prompt_answer(struct prompts *, int64_t id, uint64_t session, const char *value, bool keep, GError **error);
/* The open ones as events, oldest first; events are lent and stay with the prompts. */
GPtrArray *prompt_list(struct prompts *, uint64_t session);
/* Which session may see it; 0: all. */
uint64_t prompt_session(struct prompts *, int64_t id);

#endif
