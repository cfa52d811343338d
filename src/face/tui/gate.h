/*
 * gate.h: the only writer to the terminal.  Takes frames that ncurses drew into memory, puts in what ncurses cannot
 * say, and writes what is pending with one non-blocking write.
 *
 * Clusters travel through ncurses as private code points of one column each: gate_glyph() gives the one that stands
 * for the bytes, GATE_RIGHT_HALF fills the columns after it.  In the frame the gate replaces them by the bytes, and
 * sets the cursor itself, so that the rest of a row is right however wide the terminal draws a cluster.
 *
 * Whatever is not ours to send cannot get through: frames lose C1, bidi controls and noncharacters, titles are cleaned.
 * Title and bell go out between frames, never inside one.
 */
#ifndef TUI_GATE_H
#define TUI_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gate;

enum {
	GATE_FIRST_GLYPH = 0xf0000,
	GATE_LAST_GLYPH = 0xffffd,
	GATE_RIGHT_HALF = 0x10fffd,
};

enum gate_state {
	GATE_EMPTY,		/* everything is written */
	GATE_PENDING,		/* the terminal takes no more for now: call gate_flush() when the fd is writable */
	GATE_GONE,		/* there is nobody behind the fd any more */
};

/* fd must be non-blocking; it stays the caller's. */
struct gate *gate_new(int fd);
void	 gate_free(struct gate *);

/* Terminals that know synchronized output (mode 2026) show a frame at once. */
void	 gate_set_synchronized(struct gate *, bool);
/* Terminals that would print a title instead of setting it get none. */
void	 gate_set_titles(struct gate *, bool);

/* The private code point for these bytes; 0 when there are no more: then gate_forget_glyphs() and paint everything. */
uint32_t gate_glyph(struct gate *, const char *bytes, size_t len, int columns);
void	 gate_forget_glyphs(struct gate *);

/* One frame of ncurses.  Only while nothing is pending. */
enum gate_state gate_frame(struct gate *, const char *bytes, size_t len);
/* A constant of ours, such as modes and questions; goes out with the next frame. */
void	 gate_queue(struct gate *, const char *sequence);
enum gate_state gate_bell(struct gate *);
enum gate_state gate_title(struct gate *, const char *title);
/*
 * Into the clipboard of the terminal (OSC 52), as far as that allows it; it does not tell.  False: longer than
 * LIMIT_CLIPBOARD, or a terminal that would print it.
 */
bool	 gate_copy(struct gate *, const char *text);
enum gate_state gate_flush(struct gate *);
enum gate_state gate_state(const struct gate *);

/*
 * Forgets what is pending, ends what the terminal may be in the middle of, and writes the sequence; waits at most
 * wait_ms for a terminal that takes nothing.
 */
void	 gate_leave(struct gate *, const char *sequence, int wait_ms);

/* Since gate_new(). */
struct gate_counts {
	uint64_t frames, writes, bytes;
};
void	 gate_counts(const struct gate *, struct gate_counts *);

#endif
