/*
 * keys.c: see keys.h.  A machine that takes one byte at a time, so that it cannot matter how a link cuts the stream.
 *
 * What a reader would get wrong: half of the introducers are also keys (Alt-[ is the beginning of an arrow, Alt-] that
 * of an answer).  Only silence tells; keys_wait() says when to listen for it.  What is not understood is swallowed as a
 * whole, for its tail would be typed into somebody's message.
 */
#include "face/tui/keys.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

enum { ESC = 0x1b, BEL = 0x07, CAN = 0x18, SUB = 0x1a };

enum state {
	GROUND,
	UTF8,			/* the beginning of a character, perhaps behind ESC */
	ESCAPE,			/* ESC */
	CSI,			/* ESC [ ... */
	CSI_LINUX,		/* ESC [ [: one more byte; function keys of the Linux console */
	SS3,			/* ESC O ... */
	STRING,			/* ESC ] or P X ^ _ ... up to ST or BEL */
	STRING_ESCAPE,		/* the same, and ESC: half of ST */
	PASTE,
};

static const char paste_end[] = "\033[201~";

struct keys {
	keys_token token;
	void	*ctx;
	enum state state;
	GString	*pending;
	unsigned need;		/* UTF8: bytes to come */
	size_t	 matched;	/* PASTE: bytes of paste_end seen */
	bool	 overflow;	/* pending is not all there was */
	bool	 replies;
};

struct keys *
keys_new(keys_token token, void *ctx)
{
	struct keys *keys = g_new0(struct keys, 1);

	keys->token = token;
	keys->ctx = ctx;
	keys->pending = g_string_new(NULL);
	return keys;
}

void
keys_free(struct keys *keys)
{
	if (keys == NULL)
		return;
	g_string_free(keys->pending, TRUE);
	g_free(keys);
}

void
keys_expect_replies(struct keys *keys, bool expected)
{
	keys->replies = expected;
}

static void
emit(struct keys *keys, enum key_kind kind)
{
	struct key_token token = {
		.kind = keys->overflow && kind != KEY_PASTE ? KEY_BAD : kind,
		.cut = keys->overflow,
	};
	/* The receiver may do anything, so nothing of ours is half-way while it runs. */
	GString *pending = keys->pending;

	token.bytes = pending->str;
	token.len = pending->len;
	keys->pending = g_string_new(NULL);
	keys->state = GROUND;
	keys->overflow = false;
	keys->matched = 0;
	keys->token(keys->ctx, &token);
	g_string_free(pending, TRUE);
}

static void
hold(struct keys *keys, char byte, size_t limit)
{
	if (keys->pending->len < limit)
		g_string_append_c(keys->pending, byte);
	else
		keys->overflow = true;
}

static bool
has_prefix(const struct keys *keys, const char *prefix)
{
	return g_str_has_prefix(keys->pending->str, prefix);
}

/* CSI r ; c R with r of 2 or more: no key looks like that, for F3 with modifiers says 1. */
static bool
is_position(const char *sequence)
{
	char *end;

	if (!g_ascii_isdigit(sequence[2]) || strtol(sequence + 2, &end, 10) < 2 || *end != ';' ||
	    !g_ascii_isdigit(end[1]))
		return false;
	strtol(end + 1, &end, 10);
	return *end == 'R';
}

static void
end_csi(struct keys *keys, char final)
{
	const char *sequence = keys->pending->str;
	char first = sequence[2];

	if (!keys->overflow && strcmp(sequence, "\033[200~") == 0) {
		g_string_truncate(keys->pending, 0);
		keys->state = PASTE;
	} else if (strcmp(sequence, paste_end) == 0) {
		emit(keys, KEY_BAD);
	} else if (first == 'I' || first == 'O') {
		/* Just the letter, as keys.h says. */
		g_string_erase(keys->pending, 0, 2);
		emit(keys, KEY_FOCUS);
	} else if (first == '<' && (final == 'M' || final == 'm')) {
		emit(keys, KEY_MOUSE);
	} else if ((first >= '<' && first <= '?') || final == 'c' || final == 'n' || final == 't' || final == 'y' ||
	    (keys->replies && is_position(sequence))) {
		emit(keys, KEY_REPLY);
	} else {
		emit(keys, KEY_KEY);
	}
}

static void take(struct keys *, char);

/* The sequence is broken off by a byte that cannot be in it; that one begins anew. */
static void
abandon(struct keys *keys, char byte)
{
	emit(keys, KEY_BAD);
	take(keys, byte);
}

static void
take_first(struct keys *keys, char byte)
{
	unsigned char c = (unsigned char)byte;

	hold(keys, byte, LIMIT_KEY_SEQUENCE);
	if (c == ESC) {
		keys->state = ESCAPE;
	} else if (c < 0x80) {
		emit(keys, KEY_KEY);
	} else if (c >= 0xc2 && c <= 0xf4) {
		keys->need = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
		keys->state = UTF8;
	} else {
		emit(keys, KEY_BAD);
	}
}

static void
take_utf8(struct keys *keys, char byte)
{
	const char *character;

	if (((unsigned char)byte & 0xc0) != 0x80) {
		abandon(keys, byte);
		return;
	}
	hold(keys, byte, LIMIT_KEY_SEQUENCE);
	if (--keys->need > 0)
		return;
	character = keys->pending->str + (*keys->pending->str == ESC ? 1 : 0);
	emit(keys, g_utf8_validate(character, -1, NULL) ? KEY_KEY : KEY_BAD);
}

static void
take_escape(struct keys *keys, char byte)
{
	switch (byte) {
	case ESC:
		emit(keys, KEY_KEY);
		take_first(keys, byte);
		return;
	case '[':
		keys->state = CSI;
		break;
	case 'O':
		keys->state = SS3;
		break;
	case ']':
	case 'P':
	case 'X':
	case '^':
	case '_':
		keys->state = STRING;
		break;
	default:
		/* Alt and a character of one byte or more. */
		take_first(keys, byte);
		return;
	}
	hold(keys, byte, LIMIT_KEY_SEQUENCE);
}

static void
take_csi(struct keys *keys, char byte)
{
	unsigned char c = (unsigned char)byte;

	if (c < 0x20 || c > 0x7e) {
		abandon(keys, byte);
		return;
	}
	hold(keys, byte, LIMIT_KEY_SEQUENCE);
	if (keys->state == CSI && byte == '[' && keys->pending->len == 3)
		keys->state = CSI_LINUX;
	else if (keys->state == CSI_LINUX)
		emit(keys, KEY_KEY);
	else if (c >= 0x40)
		end_csi(keys, byte);
}

static void
take_ss3(struct keys *keys, char byte)
{
	unsigned char c = (unsigned char)byte;

	if (c < 0x20 || c > 0x7e) {
		abandon(keys, byte);
		return;
	}
	hold(keys, byte, LIMIT_KEY_SEQUENCE);
	if (!g_ascii_isdigit(byte) && byte != ';')
		emit(keys, KEY_KEY);
}

static void
take_string(struct keys *keys, char byte)
{
	if (keys->state == STRING_ESCAPE && byte == '\\') {
		hold(keys, ESC, LIMIT_KEY_STRING);
		hold(keys, byte, LIMIT_KEY_STRING);
		emit(keys, KEY_REPLY);
	} else if (keys->state == STRING_ESCAPE) {
		emit(keys, KEY_BAD);
		take(keys, ESC);
		take(keys, byte);
	} else if (byte == ESC) {
		keys->state = STRING_ESCAPE;
	} else if (byte == BEL) {
		hold(keys, byte, LIMIT_KEY_STRING);
		emit(keys, KEY_REPLY);
	} else if (byte == CAN || byte == SUB) {
		emit(keys, KEY_BAD);
	} else {
		hold(keys, byte, LIMIT_KEY_STRING);
	}
}

static void
take_paste(struct keys *keys, char byte)
{
	if (byte == paste_end[keys->matched]) {
		if (++keys->matched == sizeof paste_end - 1)
			emit(keys, KEY_PASTE);
		return;
	}
	/* What looked like the end was text.  ESC is nowhere in the mark but at its beginning. */
	for (size_t i = 0; i < keys->matched; i++)
		hold(keys, paste_end[i], LIMIT_PASTE);
	keys->matched = byte == ESC ? 1 : 0;
	if (byte != ESC)
		hold(keys, byte, LIMIT_PASTE);
}

static void
take(struct keys *keys, char byte)
{
	switch (keys->state) {
	case GROUND:
		take_first(keys, byte);
		break;
	case UTF8:
		take_utf8(keys, byte);
		break;
	case ESCAPE:
		take_escape(keys, byte);
		break;
	case CSI:
	case CSI_LINUX:
		take_csi(keys, byte);
		break;
	case SS3:
		take_ss3(keys, byte);
		break;
	case STRING:
	case STRING_ESCAPE:
		take_string(keys, byte);
		break;
	case PASTE:
		take_paste(keys, byte);
		break;
	}
}

void
keys_feed(struct keys *keys, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		take(keys, bytes[i]);
}

bool
keys_wait(const struct keys *keys)
{
	return keys->state == ESCAPE || (keys->pending->len == 2 && has_prefix(keys, "\033") &&
	    (keys->state == CSI || keys->state == SS3 || keys->state == STRING));
}

bool
keys_wait_end(const struct keys *keys)
{
	return !keys_wait(keys) && (keys->state == PASTE || keys->state == STRING || keys->state == STRING_ESCAPE);
}

void
keys_timeout(struct keys *keys)
{
	bool is_key = keys_wait(keys);

	if (keys->state == PASTE) {
		for (size_t i = 0; i < keys->matched; i++)
			hold(keys, paste_end[i], LIMIT_PASTE);
		keys->overflow = true;
		emit(keys, KEY_PASTE);
	} else if (keys->state == STRING_ESCAPE && keys->pending->len == 2) {
		/* Alt-] and then Esc. */
		emit(keys, KEY_KEY);
		take(keys, ESC);
		emit(keys, KEY_KEY);
	} else if (is_key) {
		emit(keys, KEY_KEY);
	} else if (keys_wait_end(keys)) {
		emit(keys, KEY_BAD);
	}
}
