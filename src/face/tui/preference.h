/*
 * preference.h: the settings that are the faces' own (ui, time, notify in core/setting.def), as the core keeps and
 * tells them.
 */
#ifndef TUI_PREFERENCE_H
#define TUI_PREFERENCE_H

#include "face/tui/face.h"

/* A setting as it is told; one that is not ours or is older than what we have is passed over. */
void	 preference_take(struct face *, const struct event *);
/* The canvas gets the terminal's policy, with signs as ui.signs wants them. */
void	 preference_policy(struct face *, const struct text_policy *);
void	 preference_free(struct face *);

#endif
