/* input_private.h: what input.c and input_draft.c share: readline's one line, and where drafts keep theirs. */
#ifndef TUI_INPUT_PRIVATE_H
#define TUI_INPUT_PRIVATE_H

#include "face/tui/input.h"

/* readline's headers want it. */
#include <glib.h>
#include <stdio.h>

#include <readline/history.h>
#include <readline/readline.h>

enum { PENDING_MAX = 64 };

struct input_draft {
	char		*line;		/* while it is not in use */
	int		 point, mark;
	UNDO_LIST	*undo;
	HISTORY_STATE	*history;
	bool		 pasted;
};

struct input {
	const struct input_handler *handler;
	void		*ctx;
	const char	*bytes;		/* what readline is to read */
	size_t		 left;
	char		 pending[PENDING_MAX];	/* the beginning of a sequence of keys */
	size_t		 pending_len;
	struct { enum action action; int count; } asked[8];
	GPtrArray	*binds;		/* struct input_key, input_bind.c */
	char		 chord[PENDING_MAX];	/* the beginning of a sequence of one of them */
	size_t		 chord_len;
	int		 n_asked;
	struct input_draft *draft, *own;	/* in use; own: when nobody gave one */
	bool		 pasted;
	FILE		*nowhere;
};

/* A key that people bound themselves, as the terminal may send it: several of these stand for one name. */
struct input_key {
	char		*bytes, *name, *line;
	enum action	 action;	/* ACTIONS: the line; NULL as the line: nothing */
};

/* Looks there first; true: the key is dealt with. */
bool	 input_bind_key(struct input *, const char *bytes, size_t len);
void	 input_bind_free(struct input *);
/* The one that these bytes are; *prefix: they are the beginning of one. */
const struct input_key *input_bind_find(const struct input *, const char *bytes, size_t len, bool *prefix);
/* As the function of readline: what an action is done by. */
rl_command_func_t *input_function(enum action);
/* The action's keys of people's own; NULL: it has none. */
const char *input_bind_name(const struct input *, enum action);
/* After a key: what was asked for is done. */
void	 input_finish(struct input *);

/* Whatever readline waits for is given up. */
void	 input_settle(struct input *);
/* Gives a line of history that was edited while it was shown its own text back. */
void	 input_mend_history(void);

#endif
