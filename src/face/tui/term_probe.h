/*
 * term_probe.h: what the terminal says about itself.  Pure: questions out, answers in; nothing waits for them.
 *
 * Widths are asked for by drawing a cluster in row 2 and asking where the cursor is then; row 2, for an answer about
 * row 1 looks like a key.  The last question is one that every terminal answers, so what has not come before its answer
 * will not come.
 */
#ifndef TUI_TERM_PROBE_H
#define TUI_TERM_PROBE_H

#include <stdbool.h>

#include "base/text.h"
#include "face/tui/keys.h"

struct term_probe {
	int	 positions;		/* answers about positions so far */
	struct text_policy policy;	/* what they mean */
	bool	 synchronized;		/* frames may be wrapped in mode 2026 */
	bool	 done;
};

/* Clears row 2 behind itself.  All answers together are below 64 bytes: some terminals keep no more. */
extern const char term_probe_questions[];

/* The colour behind the text (OSC 11): asked by itself when the others are answered, for the same reason. */
extern const char term_probe_background[];
/* 1: it is light; 0: it is dark; -1: this is no answer to that. */
int	 term_probe_is_light(const struct key_token *);

/* One KEY_REPLY; true when that was the last. */
bool	 term_probe_answer(struct term_probe *, const struct key_token *);

#endif
