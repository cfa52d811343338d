/*
 * info_pane.h: right of a room: who is in it, in groups by their standing.  From 120 columns on, or where it is asked
 * for; in any case only where 50 columns stay for the chat.
 */
#ifndef TUI_INFO_PANE_H
#define TUI_INFO_PANE_H

#include "face/tui/face.h"

/* Takes its columns from the chat, where a room is in front. */
void	 info_pane_place(struct face *);
void	 info_pane_draw(struct face *);
void	 info_pane_toggle(struct face *);
void	 info_pane_scroll(struct face *, int pages);
/* Where it is wished for, as keep.c writes and reads it. */
void	 info_pane_write(const struct face *, GString *);
void	 info_pane_take(struct face *, const char *size, const char *wish);

#endif
