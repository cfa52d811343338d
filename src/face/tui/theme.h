/*
 * theme.h: slot.def as slots.  Views name a slot (SLOT_MESSAGE_TIME), never a colour; what a slot looks like on this
 * terminal is the theme's business.
 */
#ifndef TUI_THEME_H
#define TUI_THEME_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum slot {
#define SLOT(constant, name, used_for, rich, poor, mono) SLOT_##constant,
#include "proto/slot.def"
#undef SLOT
	SLOTS,
	/* Names of people: SLOT_NICK + 0 ... NICK_COLOURS-1, see theme_nick(). */
	SLOT_NICK = SLOTS,
	NICK_COLOURS = 24,
	SLOTS_ALL = SLOT_NICK + NICK_COLOURS,
};

enum attribute {
	ATTRIBUTE_BOLD = 1, ATTRIBUTE_DIM = 2, ATTRIBUTE_ITALIC = 4, ATTRIBUTE_UNDERLINE = 8, ATTRIBUTE_REVERSE = 16,
};

struct style {
	int16_t	 foreground, background;	/* palette number, -1: the terminal's own */
	uint8_t	 attributes;
};

struct theme;

/* The default theme for a terminal with so many colours (0: none). */
struct theme *theme_new(int colours);
void	 theme_free(struct theme *);
/*
 * Lines of a theme file over what is there; false with file, line and what is wrong, and then nothing has changed.  A
 * line is "slot foreground background attributes", or "nick.palette" and colours for the names of people; "#" begins a
 * comment.  What is for 256 colours, for 16 and for none stands in this order with "/" between; a colour may begin
 * with #rrggbb instead.  A slot without a line takes that of the nearest slot above it that has one ("title" is above
 * "title.name", "text" above all), else it stays as it is.
 */
bool	 theme_load(struct theme *, const char *path, GError **error);
/* The same over the default theme, whatever is there. */
bool	 theme_replace(struct theme *, const char *path, GError **error);
/* SLOT_MESSAGE_SENDER itself has no person's colour: paint with theme_nick(). */
struct style theme_style(const struct theme *, enum slot);
/* XEP-0392: the same colour for the same person everywhere.  A slot from SLOT_NICK on. */
enum slot theme_nick(const char *jid_or_nick);
/* "message.time", "nick.7".  Main thread. */
const char *theme_slot_name(enum slot);

#endif
