/*
 * pty_screen.h: a terminal for tests: a pty with libvterm behind it, which is what a person would see, and which
 * answers what it is asked.
 */
#ifndef PTY_SCREEN_H
#define PTY_SCREEN_H

#include <glib.h>
#include <stdbool.h>

struct pty_screen;

struct pty_screen *pty_screen_open(int rows, int columns);
void	 pty_screen_close(struct pty_screen *);
/* The path that the program opens. */
const char *pty_screen_path(const struct pty_screen *);
/* The master's descriptor, and our own of the other side. */
int	 pty_screen_master(const struct pty_screen *);
int	 pty_screen_slave(const struct pty_screen *);
/* Hangs up: the program reads its end. */
void	 pty_screen_hang_up(struct pty_screen *);
void	 pty_screen_resize(struct pty_screen *, int rows, int columns);
/*
 * Takes what was written, until there are that many bytes since the beginning (0: what is there), shows it, and sends
 * back what the terminal answers; returns how many bytes were new.
 */
size_t	 pty_screen_pump(struct pty_screen *, size_t total);
void	 pty_screen_answer(struct pty_screen *, bool);
/* Everything that was ever written; lent. */
const GString *pty_screen_written(const struct pty_screen *);
/* What is on the screen: rows with trailing blanks cut, each with a line feed. */
char	*pty_screen_text(struct pty_screen *);
/* The same with the attributes and colours of each cell. */
char	*pty_screen_looks(struct pty_screen *);
void	 pty_screen_type(struct pty_screen *, const char *bytes, gssize len);

#endif
