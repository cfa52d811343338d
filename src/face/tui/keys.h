/*
 * keys.h: the bytes of a terminal cut into tokens (terminal.md §3.4).  Pure; any split of the stream gives the same
 * tokens.
 */
#ifndef TUI_KEYS_H
#define TUI_KEYS_H

#include <stdbool.h>
#include <stddef.h>

enum key_kind {
	KEY_KEY,	/* one key: a character, a control, ESC and a character, or a whole escape sequence */
	KEY_PASTE,	/* the text of a bracketed paste, as it came */
	KEY_FOCUS,	/* bytes is "I" or "O" */
	KEY_MOUSE,	/* CSI < ... M or m */
	KEY_REPLY,	/* an answer of the terminal to a question of ours */
	KEY_BAD,	/* not understood; to be dropped */
};

struct key_token {
	enum key_kind	 kind;
	const char	*bytes;
	size_t		 len;
	bool		 cut;	/* KEY_PASTE: it was too long, or never ended */
};

struct keys;

typedef void (*keys_token)(void *ctx, const struct key_token *);

struct keys *keys_new(keys_token, void *ctx);
void	 keys_free(struct keys *);
void	 keys_feed(struct keys *, const char *bytes, size_t len);
/* An ESC (or "ESC [", "ESC O") is all that is pending: without more bytes for escape_ms call keys_timeout(). */
bool	 keys_wait(const struct keys *);
void	 keys_timeout(struct keys *);
/* While true, position reports (CSI r ; c R) are replies and not a modified F3. */
void	 keys_expect_replies(struct keys *, bool);

#endif
