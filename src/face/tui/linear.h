/*
 * linear.h: the face without a screen, for screen readers, Braille and terminals that can only print: what happens is
 * said in lines, one after the other, who before what and the time last; below them the line that is typed.  Nothing
 * that was said is ever touched again, and the cursor never goes up.
 */
#ifndef TUI_LINEAR_H
#define TUI_LINEAR_H

#include "face/tui/face.h"

struct linear;

/* On the descriptor of a terminal, which is set to give keys one by one; NULL with a sentence. */
struct linear *linear_open(struct face *, GError **error);
/* Puts the terminal back. */
void	 linear_close(struct linear *);
/* Says what is new, and shows the line; called where a screen would be drawn. */
void	 linear_draw(struct face *);
/* Enter: what was typed stays where it is. */
void	 linear_entered(struct face *);
/* A message that came; of another chat it is said with its name. */
void	 linear_message(struct face *, const struct event *);
/* The action needs a drawn screen, and that was said. */
bool	 linear_cannot(struct face *, enum action);

#endif
