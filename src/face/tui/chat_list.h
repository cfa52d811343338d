/*
 * chat_list.h: the open chats by account: number, presence, name, a flag (✎ a draft, - muted),
 * and how many messages are unread.  The row of the chat in front has ">" beside its colour.
 */
#ifndef TUI_CHAT_LIST_H
#define TUI_CHAT_LIST_H

#include "face/tui/canvas.h"
#include "face/tui/layout.h"
#include "face/tui/model.h"

/* The chat whose row it is; NULL: none. */
struct chat *chat_list_at(struct model *, const struct chat *front, const struct area *list, int row);
void	 chat_list_draw(struct model *, const struct chat *front, struct canvas *, const struct area *list,
	    const struct area *border);

#endif
