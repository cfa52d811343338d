/* input_private.h: what input.c and input_draft.c share: readline's one line, and where drafts keep theirs. */
#ifndef TUI_INPUT_PRIVATE_H
#define TUI_INPUT_PRIVATE_H

#include "face/tui/input.h"

/* readline's headers want it. */
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
	int		 n_asked;
	struct input_draft *draft, *own;	/* in use; own: when nobody gave one */
	bool		 pasted;
	FILE		*nowhere;
};

/* Whatever readline waits for is given up. */
void	 input_settle(struct input *);
/* Gives a line of history that was edited while it was shown its own text back. */
void	 input_mend_history(void);

#endif
