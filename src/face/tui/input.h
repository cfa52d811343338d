/*
 * input.h: the line one types, edited by readline without a terminal: people's own ~/.inputrc, vi mode, kill ring, undo
 * and reverse search work as everywhere; nothing is drawn here.  There is one input in a process, as readline has one
 * line.
 *
 * Each chat has a draft: text, cursor, undo and history of its own, which are moved in and out.
 */
#ifndef TUI_INPUT_H
#define TUI_INPUT_H

#include <stdbool.h>
#include <stddef.h>

enum action {
#define ACTION(constant, name, keys, help) ACTION_##constant,
#include "face/tui/actions.def"
#undef ACTION
	ACTIONS
};

struct action_row {
	const char	*name, *keys, *help;
};
extern const struct action_row action_table[ACTIONS];

struct input;
struct input_draft;

struct input_handler {
	/*
	 * A key asked for something that is not editing.  count: the number given before it, 1 if none.  Called outside
	 * of readline: every function of this header may be called.
	 */
	void	(*action)(void *ctx, enum action, int count);
	/* The line, the cursor or the prompt changed. */
	void	(*changed)(void *ctx);
	/* A key that input_bind() gave to a line; called as action is. */
	void	(*line)(void *ctx, const char *line);
};

/* The locale must be set before.  Reads ~/.inputrc, or what $INPUTRC names. */
struct input *input_new(const struct input_handler *, void *ctx);
void	 input_free(struct input *);

/* One key as the terminal sent it. */
void	 input_key(struct input *, const char *bytes, size_t len);
/*
 * Keys of people's own, which count before all others.  what is an action's name, "none", or a line that begins with a
 * slash.  NULL, or why it cannot be, as a sentence (the caller's); then nothing changed.
 */
char	*input_bind(struct input *, const char *keys, const char *what);
void	 input_unbind_all(struct input *);
/* What such keys do now, in words: "go-next-chat", "typed"; NULL: nothing.  The caller's. */
char	*input_bound(struct input *, const char *keys);

/* Text into the line, undone as one.  pasted: a slash at the line's beginning that came so makes no command. */
void	 input_insert(struct input *, const char *text, bool pasted);
/* The whole line anew, undone as one; the cursor goes to point (-1: the end). */
void	 input_set(struct input *, const char *text, long point);
/* Empties the line after it was sent: no undo leads back to it, the history does. */
void	 input_sent(struct input *);

const char *input_line(const struct input *);
size_t	 input_point(const struct input *);
void	 input_set_point(struct input *, size_t point);
/* The line begins with a slash that was pasted. */
bool	 input_is_pasted(const struct input *);
/* A key of a sequence came and the rest of it did not yet, or a search is under way. */
bool	 input_waits(const struct input *);
/* readline's own prompt while it has one (reverse search, a count), else "". */
const char *input_prompt(const struct input *);
/* The line before or after in the history of this chat. */
void	 input_recall(struct input *, int by);
/* The line goes into the kill ring and is empty. */
void	 input_kill(struct input *);

/* C-y will put this into the line. */
void	 input_yankable(struct input *, const char *text);

struct input_draft *input_draft_new(const char *text);
void	 input_draft_free(struct input *, struct input_draft *);
/* Its text, also while it is in use; lives until the next change. */
const char *input_draft_text(const struct input *, const struct input_draft *);
/* Changes the text of one, whether it is in use or not. */
void	 input_draft_set(struct input *, struct input_draft *, const char *text, bool pasted);
/* Edits this one from now on; NULL: none (an empty line that is thrown away). */
void	 input_use(struct input *, struct input_draft *);
/* Puts a line into a draft's history. */
void	 input_remember(struct input *, struct input_draft *, const char *line);

/*
 * What a key does, as a sentence (the caller's); NULL: it is the beginning of a sequence, and the next call goes on
 * with it.
 */
char	*input_describe(struct input *, const char *bytes, size_t len);
/* The keys that an action has now, as a text such as "M-a"; the caller's. */
char	*input_keys_of(enum action);

#endif
