/*
 * bar.h: a row of title or status as its format says (proto/format.h).  What has no room gives way by rank; then the
 * left part is cut, the right one never is.
 */
#ifndef TUI_BAR_H
#define TUI_BAR_H

#include "face/tui/canvas.h"
#include "face/tui/layout.h"
#include "proto/format.h"

/* What an item's value is put into. */
struct bar_value;
/* Adds text of a slot, SLOTS_ALL: whatever is current.  Anything may be added several times. */
void	 bar_put(struct bar_value *, enum slot, const char *text);
void	 bar_printf(struct bar_value *, enum slot, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Puts what the item is now; nothing where it has no value. */
typedef void (*bar_item)(void *ctx, enum item, struct bar_value *);

void	 bar_draw(const GPtrArray *format, bar_item, void *ctx, struct canvas *, const struct area *, enum slot base);
/* All of it as text.  The caller's. */
char	*bar_text(const GPtrArray *format, bar_item, void *ctx, const struct text_policy *);

#endif
