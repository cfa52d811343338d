/* watch.h: the kernel tells when a file appears in its folder, or was written and closed.  On the main loop. */
#ifndef TUI_WATCH_H
#define TUI_WATCH_H

#include <stdbool.h>

struct watch;

/*
 * appears: also when it is made, as a socket is; else when all of it is there.  fn may free the watch.  NULL: it cannot
 * be told.
 */
struct watch *watch_new(const char *path, bool appears, void (*fn)(void *ctx), void *ctx);
void	 watch_free(struct watch *);

#endif
