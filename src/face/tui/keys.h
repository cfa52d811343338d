/*
 * keys.h: the bytes of a terminal cut into tokens.  Pure; any split of the stream gives the same tokens, and what
 * is not understood is swallowed whole, never typed.
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
	KEY_BAD,	/* not understood, or longer than LIMIT_KEY_SEQUENCE; to be dropped */
};

struct key_token {
	enum key_kind	 kind;
	const char	*bytes;	/* followed by a NUL; may hold others */
	size_t		 len;
	bool		 cut;	/* KEY_PASTE: it was too long, or never ended */
};

struct keys;

typedef void (*keys_token)(void *ctx, const struct key_token *);

struct keys *keys_new(keys_token, void *ctx);
void	 keys_free(struct keys *);
void	 keys_feed(struct keys *, const char *bytes, size_t len);
/*
 * An ESC is all that is pending, or one with a byte that may open a sequence or be Alt and a key ("ESC [", "ESC O",
 * "ESC ]"): without more bytes for some 25 ms (80 over ssh) call keys_timeout().
 */
bool	 keys_wait(const struct keys *);
/* A paste or an answer has begun and its end has not come: after LIMIT_PASTE_WAIT of silence call keys_timeout(). */
bool	 keys_wait_end(const struct keys *);
void	 keys_timeout(struct keys *);
/* While true, position reports (CSI r ; c R) are replies and not a modified F3. */
void	 keys_expect_replies(struct keys *, bool);

#endif
