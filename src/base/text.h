/*
 * text.h: remote text made safe, and text measured for a terminal.  On libunistring.
 *
 * Two halves that do not need each other: text_clean() is what the core does once to everything that comes from
 * elsewhere; clusters, widths and rows are for faces only, because width belongs to a face's terminal.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

enum text_kind {
	TEXT_BODY,		/* LF stays, CRLF becomes LF, TAB stays */
	TEXT_LINE,		/* one row: every kind of line break and TAB becomes a blank */
};

/*
 * Valid UTF-8 without C0 (but as said above), DEL, C1, noncharacters, explicit bidi controls, and invisible characters
 * where nothing uses them (a joiner in a family or in Persian stays, between two Latin letters it goes); a pile of
 * marks is cut at LIMIT_CLUSTER.  Cut at max bytes on a grapheme border (0: no cap); U+FFFD stands for bytes that are
 * not UTF-8.  Never NULL; the caller's.  The result is also valid XML 1.0 text, so what we send goes through it too.
 * Cleaning twice changes nothing.  Does not depend on the locale.
 */
char	*text_clean(const char *text, gssize len, enum text_kind, size_t max);

/* One emoji and nothing else, whether or not a selector asks for its picture. */
bool	 text_is_emoji(const char *text);

/* What a terminal does with clusters, as it answered when asked; all false is safe everywhere. */
struct text_policy {
	bool	zwj_joins;	/* a ZWJ sequence takes the width of its first emoji */
	bool	tone_joins;	/* a skin tone adds nothing */
	bool	vs16_wide;	/* U+FE0F makes its base two columns wide */
	bool	ri_pairs;	/* two regional indicators are one flag of two columns */
	bool	ambiguous_wide;	/* as in East Asian fonts, "│", "…" and "é" take two columns: draw with ASCII signs */
	bool	ascii;		/* the terminal is not UTF-8: what is not ASCII is shown as '?' */
	bool	ascii_signs;	/* lines, marks and signs of our own are ASCII all the same */
};
/* Our own signs are to be ASCII, for either reason. */
bool	 text_ascii_signs(const struct text_policy *);

enum {
	TEXT_TAB = 4,		/* columns of a TAB, wherever it stands */
	TEXT_COLUMNS_MAX = 4,	/* columns of a cluster: beyond 2 only a TAB and letters with spacing marks */
};

/* Bytes of the grapheme cluster that text begins with, at most LIMIT_CLUSTER; 0 only for "" (n == 0). */
size_t	 text_cluster(const char *text, size_t n);
/*
 * What of a cluster is shown on such a terminal: a family may be its first person, a flag its two letters, a mark
 * without a base stands on a dotted circle.  Writes at most LIMIT_CLUSTER bytes to out, not ended, and the columns
 * (0: nothing is shown).  From here on LC_CTYPE must be UTF-8.
 */
size_t	 text_glyph(const char *cluster, size_t n, const struct text_policy *, char *out, int *columns);
/* Columns it takes, 0 to TEXT_COLUMNS_MAX. */
int	 text_width(const char *cluster, size_t n, const struct text_policy *);
int	 text_columns(const char *text, const struct text_policy *);
/* The longest beginning of text that fits columns, in bytes. */
size_t	 text_fit(const char *text, int columns, const struct text_policy *);

/* One row of wrapped text: a slice of the original, and its width. */
struct text_row {
	size_t	 start, len;
	int	 columns;
};

/*
 * Breaks text into rows (UAX #14 over grapheme clusters).  The first row has first columns, the others rest; a word
 * that is wider is broken at a cluster.  LF always breaks.  Blanks at a break belong to no row.  An array of struct
 * text_row, at least one row.
 */
GArray	*text_wrap(const char *text, int first, int rest, const struct text_policy *);
/* The first `rows` of them, looking at no more of the text than that takes; *more: there are others. */
GArray	*text_wrap_some(const char *text, int first, int rest, int rows, const struct text_policy *, bool *more);

#endif
