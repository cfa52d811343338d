/*
 * command.h: command lines: one table row per command, from which parsing, help, completion and the manual follow.
 *
 * A row's args describe what may follow the name, separated by blanks:
 *
 *   NAME        must be there            [NAME]      may be there
 *   NAME...     the rest of the line, untouched (last only; [NAME...] too)
 *   a|b|c       one of these words; [-a|-b] is passed over where no word with a dash stands
 *
 * What NAME is written as decides its completion: NICK (somebody in the room), ACCOUNT, JID (a contact, or a nick), KEY
 * (of an account), COMMAND, ALIAS, SETTING, VALUE (of the setting before it), WHO (a nick or a JID), FIELD (of the form
 * of the room in front, and VALUE of it), EVENT (of a rule), MSG, N, TEXT; any other has none.
 */
#ifndef CORE_COMMAND_H
#define CORE_COMMAND_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/account.h"
#include "proto/error.h"

struct command_call;

enum command_needs {
	NEEDS_ACCOUNT = 1,	/* call->account is set, or the command fails with the names */
	NEEDS_ONLINE = 2,	/* and it is on line */
	NEEDS_CHAT = 4,		/* call->chat is set, and call->account */
};

struct command {
	const char	*name;		/* without the slash; may be two words: "account add" */
	const char	*args;		/* "" for none */
	const char	*group;		/* of /help: account, people, talking, history, rest */
	const char	*help;		/* one line, no full stop */
	const char	*detail;	/* paragraphs for /help NAME and the manual; may be NULL */
	unsigned	 needs;
	void		(*run)(struct command_call *);
};

/* Who typed the line.  Lives until it is gone; a call whose caller is gone has caller NULL. */
struct caller {
	uint64_t	 session;	/* never 0 */
	bool		 interactive;
	int		 columns;	/* 0: not known */
	const char	*cwd, *tz;	/* or NULL */
	/* While a line is begun: what it has as standard input, a file, and what that is called; or NULL. */
	const char	*input, *input_name;
	/* Bytes that it was sent and has not read; NULL: not known. */
	size_t		(*unread)(struct caller *);
	/* What a command says before it ends. */
	void		(*output)(struct caller *, int64_t request, json_t *lines);
	/* The end of the call; error NULL: well.  All lent. */
	void		(*finished)(struct caller *, int64_t request, json_t *result, const GError *error,
	    json_t *error_data);
};

/*
 * One command under way.  The function of its row must see to it that exactly one of command_done() and command_fail()
 * is called, at once or later; the call is freed by it.
 */
struct command_call {
	struct core	*core;
	struct caller	*caller;
	int64_t		 request;
	const struct command *command;
	struct account	*account;	/* may be NULL without NEEDS_ACCOUNT */
	char		*account_name;	/* the same after a time: account_find() again when something took a while */
	char		*chat;		/* JID or NULL */
	char		**argv;		/* as args has them; what is not there is NULL */
	/*
	 * Set by the function: what to do when the caller cancels or is gone.  NULL: it goes on, and nobody hears of
	 * it.
	 */
	void		(*cancel)(struct command_call *);
	void		*ctx;		/* the function's own */
	void		(*ctx_free)(void *ctx);	/* what the end of the call does with it; NULL: nothing */
	/* private */
	json_t		*lines, *data;
	int64_t		 message, prompt;
};

void	 command_say(struct command_call *, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* What was said so far is told now, before the end. */
void	 command_flush(struct command_call *);
/* What scripts read, with the result or with the error; taken. */
void	 command_data(struct command_call *, json_t *data);
/* The number of the message that the line became. */
void	 command_message(struct command_call *, int64_t id);
void	 command_done(struct command_call *);
void	 command_fail(struct command_call *, enum rpc_error, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* error is lent; NULL: "failed" without a word would be a bug. */
void	 command_fail_with(struct command_call *, const GError *error);
/* A server refused: its condition and words, as text and as data. */
void	 command_refused(struct command_call *, const char *who, const struct stanza *answer);
/* The same, and what it means or what to do, as a sentence. */
void	 command_refused_for(struct command_call *, const char *who, const struct stanza *answer, const char *meaning);
/* An iq ended with something else than a result: refused, silent, or the connection broke meanwhile. */
void	 command_unanswered(struct command_call *, const char *who, enum iq_end, const struct stanza *answer);
/* Asks the person who typed the line (contract: scope session).  Without one the call fails with needs_answer. */
bool	 command_ask(struct command_call *, enum prompt_kind, bool secret, const char *title, const char *text,
	    json_t *choices, const char *default_choice, void (*answered)(struct command_call *, const char *value));

/* The same with a form, an element x of jabber:x:data, lent; answered gets it filled in, to be freed by it. */
struct form;
void	 command_ask_form(struct command_call *, const char *title, const char *text, const struct stanza *x,
    void (*answered)(struct command_call *, struct form *));

/* Runs a line as if typed.  account and chat may be NULL. */
void	 command_run(struct core *, struct caller *, int64_t request, const char *line, const char *account,
	    const char *chat);
/* The caller cancels one call, or (request 0) is gone. */
void	 command_cancel(struct core *, struct caller *, int64_t request);

/* All rows of all features, sorted by name; ends with NULL. */
const struct command *const *command_list(void);
const struct command *command_find(const char *name);

/* There are rows "name SOMETHING". */
bool	 command_has_second(const char *name);
/* Only a screen has it (face_command.def). */
bool	 command_is_face(const char *name);

/* complete.c: what could stand at the cursor.  An array of {word, help}; from and to in bytes. */
json_t	*command_complete(struct core *, const char *line, size_t cursor, const char *account, const char *chat,
	    size_t *from, size_t *to);
/* Usage as shown: "/account add NAME JID".  The caller's. */
char	*command_usage(const struct command *);

#endif
